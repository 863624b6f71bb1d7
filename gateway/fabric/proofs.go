package fabric

import (
	"context"
	"strconv"

	"github.com/datarights/datarights/chaincode/rights"
)

// functionRead reads a record as it stands.
const functionRead = "Read"

// RawBlock returns a block as the own peer keeps it, a serialized common.Block.
// The errors are Evaluate's; a block that is not there yet is E_NOT_FOUND.
func (p *Peer) RawBlock(ctx context.Context, number uint64) ([]byte, error) {
	height, err := p.Height(ctx)
	if err != nil {
		return nil, err
	}
	if number >= height {
		return nil, &rights.Error{Code: rights.CodeNotFound, Field: "number", Detail: "there is no such block yet", DetailZh: "尚无此区块"}
	}
	return p.evaluate(ctx, "qscc", Call{Function: "GetBlockByNumber", Args: [][]byte{[]byte(p.channel), strconv.AppendUint(nil, number, 10)}})
}

// Attest has several organisations' peers endorse what a record reads as, by
// the ledger's endorsement policy or, when named, by those organisations. It
// returns a serialized common.Envelope that nobody signed: it cannot be
// submitted. The errors are Submit's before anything is sent.
func (p *Peer) Attest(ctx context.Context, kind rights.Kind, id string, organisations []string) ([]byte, error) {
	return p.endorseOnly(ctx, Call{Function: functionRead, Args: [][]byte{[]byte(kind), []byte(id)}, Endorsers: organisations})
}

// functionStatement states a certificate, pledge or trade as it stands.
const functionStatement = "Statement"

// State has several organisations' peers endorse one statement of a certificate,
// pledge or trade, with the commands of those receipts; otherwise it is Attest.
func (p *Peer) State(ctx context.Context, kind rights.Kind, id string, receipts, organisations []string) ([]byte, error) {
	args := [][]byte{[]byte(kind), []byte(id)}
	for _, r := range receipts {
		args = append(args, []byte(r))
	}
	return p.endorseOnly(ctx, Call{Function: functionStatement, Args: args, Endorsers: organisations})
}

func (p *Peer) endorseOnly(ctx context.Context, c Call) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, p.pace.Answer)
	defer cancel()
	q := &pursuit{engine: p.engine, own: p.mspID, pace: p.pace, log: func(msg string, args ...any) { p.log.Warn(msg, args...) }}
	e, err := q.endorse(ctx, c)
	if err != nil {
		return nil, err
	}
	return p.engine.Envelope(e)
}

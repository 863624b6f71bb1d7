package fabric

import (
	"context"

	"github.com/datarights/datarights/chaincode/rights"
	"github.com/datarights/datarights/gateway/outcome"
)

// functionReadSecret reads what a private collection keeps of a record.
const functionReadSecret = "ReadSecret"

// Secrets is the way of the organisation's peer to the private collections it is
// a member of. A secret is in the transient field of a proposal: the own peer
// executes it first, and from the collections it touched its gateway finds whom
// else it may send it to. A command that touches none is refused by the
// chaincode, so that no secret goes further than to its members.
type Secrets struct{ peer *Peer }

// Secrets returns the peer's.
func (p *Peer) Secrets() Secrets { return Secrets{p} }

// Submit is Peer.Submit of a command with its secret.
func (s Secrets) Submit(ctx context.Context, jws, secret []byte) (outcome.Outcome, error) {
	c := submission(jws, secret)
	return s.peer.launch(c, c.key()).wait(ctx, s.peer.pace.Answer) //nolint:contextcheck // a flight outlives the request that starts it
}

// SubmitAsync is Peer.SubmitAsync of a command with its secret.
func (s Secrets) SubmitAsync(ctx context.Context, jws, secret []byte) (outcome.Outcome, error) {
	c := submission(jws, secret)
	return s.peer.launch(c, c.key()).waitSent(ctx, s.peer.pace.Answer) //nolint:contextcheck // a flight outlives the request that starts it
}

// Read asks the own peer for what a collection keeps of a record. It never
// becomes a transaction, which would put the answer into a block.
func (s Secrets) Read(ctx context.Context, c rights.Collection, kind rights.Kind, id string) ([]byte, error) {
	return s.peer.Evaluate(ctx, functionReadSecret, []byte(c), []byte(kind), []byte(id))
}

func submission(jws, secret []byte) Call {
	c := Call{Function: functionSubmit, Args: [][]byte{jws}}
	if len(secret) > 0 {
		c.Transient = map[string][]byte{rights.FieldSecret: secret}
	}
	return c
}

// appliedBefore reports a refusal that says: the command is applied, ask again
// without its secret.
func appliedBefore(c Call, err error) bool {
	r := refusal(err)
	return len(c.Transient) > 0 && r != nil && r.Code == rights.CodeReplay && r.Field == rights.FieldSecret
}

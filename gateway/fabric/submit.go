package fabric

import (
	"context"
	"encoding/json"
	"errors"
	"math/rand/v2"
	"time"

	"github.com/hyperledger/fabric-protos-go-apiv2/peer"

	"github.com/datarights/datarights/chaincode/rights"
	"github.com/datarights/datarights/gateway/outcome"
)

// pursuit carries one call to its end: it owns the call from the first
// endorsement until its fate is known, whether or not anybody still waits.
type pursuit struct {
	engine engine
	own    string // MSP ID of the organisation whose peer the engine speaks to
	pace   Pace
	sent   func(txID string) // told before a transaction goes to ordering
	log    func(msg string, args ...any)
}

// run returns the outcome, or one of the errors Peer.Submit documents.
func (p *pursuit) run(ctx context.Context, c Call) (outcome.Outcome, error) {
	for attempt, unguarded := 1, 0; ; attempt++ {
		e, err := p.endorse(ctx, c)
		if appliedBefore(c, err) {
			c.Transient = nil
			e, err = p.endorse(ctx, c)
		}
		if err != nil {
			return outcome.Outcome{}, err
		}
		if first, ok := replayed(c, e.Payload); ok {
			return p.replay(ctx, first, e.Payload), nil
		}
		p.sent(e.TxID)
		s, err := p.settle(ctx, e)
		if err != nil {
			return outcome.Outcome{}, &outcome.UnknownError{TxID: e.TxID, Err: err}
		}
		if s.Code == peer.TxValidationCode_VALID {
			return outcome.Outcome{TxID: e.TxID, Block: s.Block, Payload: e.Payload}, nil
		}
		again := conflict(s.Code)
		if s.Code == peer.TxValidationCode_ENDORSEMENT_POLICY_FAILURE {
			unguarded++
			again = unguarded <= guardMoves
		}
		if !again || attempt >= p.pace.Attempts || p.pause(ctx, attempt) != nil {
			return outcome.Outcome{}, &outcome.InvalidError{TxID: e.TxID, Block: s.Block, Validation: s.Code.String()}
		}
		p.log("another transaction was faster; endorsing again", "txId", e.TxID, "validation", s.Code.String(), "attempt", attempt)
	}
}

// guardMoves is how often a transaction that too few endorsed is taken for one
// that a guard came before: what was planned while a key was free does not do
// any more once a pledge has been laid on it, and is planned anew. More often
// than that it is a fault.
const guardMoves = 2

// conflict reports that a transaction failed only because another one came
// first, so that the same command may well succeed on what is there now.
func conflict(code peer.TxValidationCode) bool {
	return code == peer.TxValidationCode_MVCC_READ_CONFLICT || code == peer.TxValidationCode_PHANTOM_READ_CONFLICT
}

// endorse tries again while that can help: the peer is busy, or peers disagree
// because one of them has not yet committed what the others have. Only a refusal
// that the organisation's own peer shares is told at once: that peer has every
// block the caller has seen through this gateway, another may lag behind it.
func (p *pursuit) endorse(ctx context.Context, c Call) (*endorsed, error) {
	patience := time.Now().Add(p.pace.Busy)
	for attempt := 1; ; attempt++ {
		asking, cancel := context.WithTimeout(ctx, p.pace.Endorse)
		e, err := p.engine.Endorse(asking, c)
		cancel()
		if err == nil {
			return e, nil
		}
		refused, accepted := refusal(err) != nil, false
		if refused {
			var ours *rights.Error
			if ours, accepted = p.ownWord(ctx, c, err); ours != nil {
				return nil, ours
			}
		}
		again := busy(err) && time.Now().Before(patience) || (refused || disagree(err)) && attempt < p.pace.Attempts
		switch {
		case again && p.pause(ctx, attempt) == nil:
		case accepted: // others lag for longer than a caller should wait
			return nil, unavailable(err)
		default:
			return nil, endorseFault(err)
		}
	}
}

// ownWord is what the own organisation's peer says of a call that somebody
// refused: its refusal, or whether it would accept. Neither, if it cannot be asked.
func (p *pursuit) ownWord(ctx context.Context, c Call, somebodys error) (ours *rights.Error, accepted bool) {
	if r := refusalBy(somebodys, p.own); r != nil {
		return r, false
	}
	asking, cancel := context.WithTimeout(ctx, p.pace.Evaluate)
	defer cancel()
	_, err := p.engine.Evaluate(asking, "", c)
	if err == nil {
		p.log("another organisation's peer refuses what the own one accepts; endorsing again", "error", spoken(somebodys).Error())
		return nil, true
	}
	return refusal(err), false
}

// settle hands a transaction to ordering and learns its fate. While that cannot
// be learned it submits the very same transaction again, which the ledger
// ignores if it has it. It fails only when the context ends.
func (p *pursuit) settle(ctx context.Context, e *endorsed) (commitStatus, error) {
	for attempt := 1; ; attempt++ {
		submitting, cancel := context.WithTimeout(ctx, p.pace.Submit)
		err := p.engine.Submit(submitting, e)
		cancel()
		wait := p.pace.Settle
		switch {
		case err != nil && notEvenLooked(err) && attempt == 1:
			// Not even looked at: there is nothing to ask for yet.
			if err := p.pause(ctx, attempt); err != nil {
				return commitStatus{}, &PhaseError{PhaseSubmit, e.TxID, err}
			}
			attempt--
			continue
		case err != nil:
			p.log("submitting failed, which proves nothing; asking for the commit status", "txId", e.TxID, "error", err.Error())
			wait = p.pace.Doubt
		}
		s, err := p.ask(ctx, e.TxID, wait)
		if err == nil {
			return s, nil
		}
		if err := p.pause(ctx, attempt); err != nil {
			return commitStatus{}, &PhaseError{PhaseStatus, e.TxID, err}
		}
		p.log("the commit status is still unknown; submitting the same transaction again", "txId", e.TxID, "error", err.Error())
	}
}

// errTwice is a status that speaks of the second copy of a transaction.
var errTwice = errors.New("the peer spoke of a second copy of the transaction")

// ask asks for a commit status until it is known or the wait is over.
func (p *pursuit) ask(ctx context.Context, txID string, wait time.Duration) (commitStatus, error) {
	ctx, cancel := context.WithTimeout(ctx, wait)
	defer cancel()
	for attempt := 1; ; attempt++ {
		s, err := p.engine.CommitStatus(ctx, txID)
		if err == nil && s.Code == peer.TxValidationCode_DUPLICATE_TXID {
			err = errTwice // the first copy decides; the peer finds it when asked again
		}
		if err == nil {
			return s, nil
		}
		if p.pause(ctx, attempt) != nil {
			return commitStatus{}, err
		}
	}
}

// pause waits a little longer each time, never in step with others.
func (p *pursuit) pause(ctx context.Context, attempt int) error {
	wait := p.pace.FirstBackoff << min(attempt-1, 16)
	if wait <= 0 || wait > p.pace.LastBackoff {
		wait = p.pace.LastBackoff
	}
	wait = wait/2 + rand.N(wait/2+1)
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(wait):
		return nil
	}
}

// replayed reports whether an answer says that the same bytes were applied
// before, and by which transaction.
func replayed(c Call, payload []byte) (string, bool) {
	var answer struct {
		TxID     string `json:"txId"`
		Replayed bool   `json:"replayed"`
	}
	if c.Function != functionSubmit || json.Unmarshal(payload, &answer) != nil {
		return "", false
	}
	return answer.TxID, answer.Replayed
}

// replay answers with the first transaction. Its block is told if the peer
// knows it at once, which it does unless it is behind the peer that endorsed.
func (p *pursuit) replay(ctx context.Context, txID string, payload []byte) outcome.Outcome {
	o := outcome.Outcome{TxID: txID, Replayed: true, Payload: payload}
	if s, err := p.ask(ctx, txID, p.pace.Doubt); err == nil {
		o.Block = s.Block
	}
	return o
}

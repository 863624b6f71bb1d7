package fabric

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"log/slog"
	"maps"
	"slices"

	"github.com/hyperledger/fabric-protos-go-apiv2/common"

	"github.com/datarights/datarights/gateway/outcome"
)

// functionSubmit is the chaincode function that takes signed commands.
const functionSubmit = "Submit"

// Peer is the organisation's own peer. Its methods may be used from any
// goroutine. It needs no reconnecting by its owner.
type Peer struct {
	engine  engine
	mspID   string
	channel string
	pace    Pace
	log     *slog.Logger
	tower   *tower

	ctx context.Context // until Close; what flights live on
	end context.CancelFunc
}

// Connect prepares the connection; it does not wait for the peer to be there.
func Connect(c Config) (*Peer, error) {
	if err := c.check(); err != nil {
		return nil, err
	}
	e, err := dial(c)
	if err != nil {
		return nil, err
	}
	return newPeer(e, c), nil
}

func newPeer(e engine, c Config) *Peer {
	log := c.Logger
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	ctx, end := context.WithCancel(context.Background())
	return &Peer{engine: e, mspID: c.MSPID, channel: c.Channel, pace: c.Pace.orDefaults(), log: log, tower: newTower(), ctx: ctx, end: end}
}

// Close ends the connection. Submissions on their way end with UnknownError.
func (p *Peer) Close() error {
	p.end()
	p.tower.flights.Wait()
	return p.engine.Close()
}

// Submit sends a signed command and returns once it is in a block and took
// effect, now or, if the same bytes were applied before, earlier. The same
// command submitted several times at once is one submission.
//
// The error is a *rights.Error when the rules refuse it, an
// *outcome.UnavailableError when nothing was sent, an *outcome.InvalidError when
// the block has it without effect, an *outcome.UnknownError when its fate could
// not be learned in Pace.Answer or before the context ended (it is still being
// pursued, and Fate can be asked), and a *PhaseError otherwise.
func (p *Peer) Submit(ctx context.Context, jws []byte) (outcome.Outcome, error) {
	c := submission(jws, nil)
	return p.launch(c, c.key()).wait(ctx, p.pace.Answer) //nolint:contextcheck // a flight outlives the request that starts it
}

// SubmitAsync is Submit that returns when the command is endorsed and on its
// way, with the transaction's id alone; Fate tells the rest. If the end comes
// sooner it returns that.
func (p *Peer) SubmitAsync(ctx context.Context, jws []byte) (outcome.Outcome, error) {
	c := submission(jws, nil)
	return p.launch(c, c.key()).waitSent(ctx, p.pace.Answer) //nolint:contextcheck // a flight outlives the request that starts it
}

// Invoke sends any call, as Submit sends commands but for this: equal calls are
// not one.
func (p *Peer) Invoke(ctx context.Context, c Call) (outcome.Outcome, error) {
	var key [32]byte
	rand.Read(key[:])
	return p.launch(c, key).wait(ctx, p.pace.Answer) //nolint:contextcheck // a flight outlives the request that starts it
}

func (p *Peer) launch(c Call, key [32]byte) *flight {
	return p.tower.join(key, p.pace.Remember, func(sent func(string)) (outcome.Outcome, error) {
		// The flight is nobody's request: a client that goes away must not
		// leave a transaction behind whose fate nobody learns.
		ctx, cancel := context.WithTimeout(p.ctx, p.pace.Pursue)
		defer cancel()
		return (&pursuit{engine: p.engine, own: p.mspID, pace: p.pace, sent: sent, log: func(msg string, args ...any) { p.log.Warn(msg, args...) }}).run(ctx, c)
	})
}

// key is the same for calls that are the same.
func (c Call) key() [32]byte {
	h := sha256.New()
	write := func(b []byte) {
		h.Write(binary.BigEndian.AppendUint64(nil, uint64(len(b))))
		h.Write(b)
	}
	write([]byte(c.Function))
	for _, a := range c.Args {
		write(a)
	}
	for _, name := range slices.Sorted(maps.Keys(c.Transient)) {
		write([]byte(name))
		write(c.Transient[name])
	}
	return [32]byte(h.Sum(nil))
}

// Fate tells what became of a transaction sent through this Peer, for
// Pace.Remember after its end. If the command had to be sent again as another
// transaction, it tells of that one. False means that it knows nothing of it.
func (p *Peer) Fate(txID string) (outcome.Fate, bool) {
	f := p.tower.of(txID)
	if f == nil {
		return outcome.Fate{}, false
	}
	return f.fate(), true
}

// InFlight is the number of submissions on their way.
func (p *Peer) InFlight() int { return p.tower.count() }

// Evaluate asks the chaincode on the own peer without writing. A refusal is a *rights.Error.
func (p *Peer) Evaluate(ctx context.Context, function string, args ...[]byte) ([]byte, error) {
	return p.evaluate(ctx, "", Call{Function: function, Args: args})
}

func (p *Peer) evaluate(ctx context.Context, chaincode string, c Call) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, p.pace.Evaluate)
	defer cancel()
	q := &pursuit{pace: p.pace}
	for attempt := 1; ; attempt++ {
		answer, err := p.engine.Evaluate(ctx, chaincode, c)
		if err == nil {
			return answer, nil
		}
		if busy(err) && q.pause(ctx, attempt) == nil {
			continue
		}
		if r := refusal(err); r != nil {
			return nil, r
		}
		return nil, &outcome.UnavailableError{RetryAfter: unavailableRetry, Err: &PhaseError{PhaseEvaluate, "", spoken(err)}}
	}
}

// Height is the number of blocks the peer has.
func (p *Peer) Height(ctx context.Context) (uint64, error) {
	ctx, cancel := context.WithTimeout(ctx, p.pace.Evaluate)
	defer cancel()
	return heightOf(ctx, p.engine, p.channel)
}

// Stream hands every block from a number on to fn, in order, waiting for new
// ones. It returns when the stream breaks, fn fails or the context ends.
func (p *Peer) Stream(ctx context.Context, from uint64, fn func(*common.Block) error) error {
	return p.engine.Deliver(ctx, from, fn)
}

// Blocks is Stream that reconnects by itself, from the first block fn has not
// had, until fn fails or the context ends, and returns that error.
func (p *Peer) Blocks(ctx context.Context, from uint64, fn func(*common.Block) error) error {
	q := &pursuit{pace: p.pace}
	next, failures := from, 0
	var refused error
	for {
		err := p.engine.Deliver(ctx, next, func(b *common.Block) error {
			if got := b.GetHeader().GetNumber(); got != next {
				return fmt.Errorf("the peer sent block %d for block %d", got, next)
			}
			if refused = fn(b); refused != nil {
				return refused
			}
			next, failures = next+1, 0
			return nil
		})
		if refused != nil {
			return refused
		}
		failures++
		p.log.Warn("the stream of blocks broke; reconnecting", "next", next, "error", err)
		if err := q.pause(ctx, failures); err != nil {
			return err
		}
	}
}

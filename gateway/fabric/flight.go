package fabric

import (
	"context"
	"sync"
	"time"

	"github.com/datarights/datarights/gateway/outcome"
)

// maxRemembered bounds how many finished flights Fate can tell of.
const maxRemembered = 10_000

// flight is one call on its way, shared by everybody who asked for it.
type flight struct {
	sent chan struct{} // closed when the first transaction goes to ordering
	done chan struct{} // closed when outcome and err are final

	mu      sync.Mutex // guards what follows until done is closed
	txID    string     // the newest transaction
	outcome outcome.Outcome
	err     error
}

func (f *flight) newest() string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.txID
}

// tower knows all flights.
type tower struct {
	flights sync.WaitGroup

	mu       sync.Mutex
	under    map[[32]byte]*flight // on their way, by what is being submitted
	byTx     map[string]*flight   // on their way, and for a while after
	landed   []landing            // what byTx still has of those that ended, oldest first
	inFlight int
}

type landing struct {
	txIDs []string
	at    time.Time
}

func newTower() *tower {
	return &tower{under: map[[32]byte]*flight{}, byTx: map[string]*flight{}}
}

// join returns the flight of that key, starting it if there is none.
func (t *tower) join(key [32]byte, remember time.Duration, fly func(sent func(txID string)) (outcome.Outcome, error)) *flight {
	t.mu.Lock()
	defer t.mu.Unlock()
	if f := t.under[key]; f != nil {
		return f
	}
	f := &flight{sent: make(chan struct{}), done: make(chan struct{})}
	t.under[key] = f
	t.inFlight++
	t.flights.Go(func() {
		var txIDs []string
		o, err := fly(func(txID string) {
			t.mu.Lock()
			t.byTx[txID] = f
			t.mu.Unlock()
			f.mu.Lock()
			f.txID = txID
			f.mu.Unlock()
			if txIDs = append(txIDs, txID); len(txIDs) == 1 {
				close(f.sent)
			}
		})
		f.mu.Lock()
		f.outcome, f.err = o, err
		if err == nil {
			f.txID = o.TxID
		}
		f.mu.Unlock()
		t.land(key, txIDs, remember)
		close(f.done)
	})
	return f
}

// land takes a flight off the way and forgets old ones.
func (t *tower) land(key [32]byte, txIDs []string, remember time.Duration) {
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.under, key)
	t.inFlight--
	now := time.Now()
	if len(txIDs) > 0 {
		t.landed = append(t.landed, landing{txIDs, now})
	}
	for len(t.landed) > 0 && (len(t.landed) > maxRemembered || now.Sub(t.landed[0].at) > remember) {
		for _, id := range t.landed[0].txIDs {
			delete(t.byTx, id)
		}
		t.landed = t.landed[1:]
	}
}

func (t *tower) of(txID string) *flight {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.byTx[txID]
}

func (t *tower) count() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.inFlight
}

// wait returns a flight's end, or UnknownError when the caller's patience ends
// first; the flight goes on.
func (f *flight) wait(ctx context.Context, patience time.Duration) (outcome.Outcome, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	select {
	case <-f.done:
		return f.outcome, f.err
	case <-ctx.Done():
		return outcome.Outcome{}, &outcome.UnknownError{TxID: f.newest(), Err: ctx.Err()}
	}
}

// waitSent returns when a transaction is on its way to ordering, or with the
// flight's end if that comes first.
func (f *flight) waitSent(ctx context.Context, patience time.Duration) (outcome.Outcome, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	select {
	case <-f.done:
		return f.outcome, f.err
	default:
	}
	select {
	case <-f.done:
		return f.outcome, f.err
	case <-f.sent:
		return outcome.Outcome{TxID: f.newest()}, nil
	case <-ctx.Done():
		return outcome.Outcome{}, &outcome.UnknownError{TxID: f.newest(), Err: ctx.Err()}
	}
}

// fate tells how far a flight has come.
func (f *flight) fate() outcome.Fate {
	select {
	case <-f.done:
	default:
		return outcome.Fate{TxID: f.newest(), Status: outcome.Pending}
	}
	fate := outcome.Fate{TxID: f.txID}
	switch err := f.err.(type) { //nolint:errorlint // set by this package, never wrapped
	case nil:
		fate.Status, fate.Block = outcome.Committed, f.outcome.Block
	case *outcome.InvalidError:
		fate.Status, fate.Block, fate.Validation = outcome.Invalid, err.Block, err.Validation
	case *outcome.UnknownError:
		fate.Status = outcome.Unknown
	default:
		// The last transaction was without effect, and then the command was
		// refused or could not be endorsed again.
		fate.Status = outcome.Invalid
	}
	return fate
}

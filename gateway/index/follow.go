package index

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"github.com/hyperledger/fabric-protos-go-apiv2/common"
)

// Source is a peer, as far as the index needs one.
type Source interface {
	// Stream hands every block from a number on to fn, in order, waiting for new
	// ones. It returns when the stream breaks, fn fails or the context ends; it
	// does not reconnect.
	Stream(ctx context.Context, from uint64, fn func(*common.Block) error) error
	// Height is the number of blocks the peer has.
	Height(ctx context.Context) (uint64, error)
}

// Follower keeps an index at its peer's tip.
type Follower struct {
	index  *Index
	source Source
	log    *slog.Logger

	mu     sync.Mutex // guards status
	status FollowStatus
}

// FollowStatus tells how far the index is behind its peer.
type FollowStatus struct {
	PeerReachable bool      `json:"peerReachable"`
	PeerHeight    uint64    `json:"peerHeight"` // as last seen
	IndexHeight   uint64    `json:"indexHeight"`
	Lag           uint64    `json:"lag"` // blocks
	LastBlockAt   time.Time `json:"lastBlockAt,omitzero"`
	LastError     string    `json:"lastError,omitempty"`
	LastErrorAt   time.Time `json:"lastErrorAt,omitzero"`
	Reconnects    uint64    `json:"reconnects"`
}

// Pace of a Follower.
const (
	heightInterval = 2 * time.Second
	heightTimeout  = 2 * time.Second
	firstBackoff   = 100 * time.Millisecond
	lastBackoff    = 3 * time.Second
)

// NewFollower makes a follower; Run starts it. log may be nil.
func NewFollower(x *Index, s Source, log *slog.Logger) *Follower {
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	return &Follower{index: x, source: s, log: log}
}

// Run follows until the context ends, reconnecting from the checkpoint whenever
// the stream breaks. It returns nil then, and an error only when following can
// never succeed: the index is of another chain, or closed.
func (f *Follower) Run(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	var watching sync.WaitGroup
	watching.Go(func() { f.watchHeight(ctx) })
	defer watching.Wait()
	defer cancel()
	backoff := firstBackoff
	for {
		before := f.index.Status().Height
		// One block again, to notice a peer of another chain.
		err := f.source.Stream(ctx, max(before, 1)-1, f.apply)
		if ctx.Err() != nil {
			return nil
		}
		f.failed(err)
		if errors.Is(err, ErrOtherChain) || errors.Is(err, ErrClosed) {
			f.log.Error("the index cannot follow its peer", "error", err)
			return err
		}
		if f.index.Status().Height > before {
			backoff = firstBackoff
		}
		f.log.Warn("the block stream broke; reconnecting", "height", f.index.Status().Height, "after", backoff, "error", err)
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(backoff):
		}
		backoff = min(2*backoff, lastBackoff)
	}
}

func (f *Follower) apply(b *common.Block) error {
	if err := f.index.Apply(b); err != nil {
		return err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.status.PeerReachable = true
	f.status.PeerHeight = max(f.status.PeerHeight, b.GetHeader().GetNumber()+1)
	f.status.LastBlockAt = time.Now()
	return nil
}

func (f *Follower) failed(err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.status.Reconnects++
	if err != nil {
		f.status.LastError, f.status.LastErrorAt = err.Error(), time.Now()
	}
}

// watchHeight asks the peer how far it is: the stream alone cannot tell a peer
// that is gone from one that has nothing new.
func (f *Follower) watchHeight(ctx context.Context) {
	tick := time.NewTicker(heightInterval)
	defer tick.Stop()
	for {
		asking, cancel := context.WithTimeout(ctx, heightTimeout)
		height, err := f.source.Height(asking)
		cancel()
		if ctx.Err() != nil {
			return
		}
		f.mu.Lock()
		if f.status.PeerReachable = err == nil; err == nil {
			f.status.PeerHeight = height
		} else {
			f.status.LastError, f.status.LastErrorAt = err.Error(), time.Now()
		}
		f.mu.Unlock()
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// Status tells where the follower stands.
func (f *Follower) Status() FollowStatus {
	height := f.index.Status().Height
	f.mu.Lock()
	defer f.mu.Unlock()
	s := f.status
	s.IndexHeight = height
	if s.PeerHeight > height {
		s.Lag = s.PeerHeight - height
	}
	return s
}

package index

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"time"

	"github.com/hyperledger/fabric-protos-go-apiv2/common"
)

// flaky is a peer whose stream breaks after every few blocks.
type flaky struct {
	blocks  []*common.Block
	each    int
	down    atomic.Bool
	streams atomic.Int32
	err     error
}

func (f *flaky) Stream(ctx context.Context, from uint64, fn func(*common.Block) error) error {
	f.streams.Add(1)
	if f.err != nil {
		return f.err
	}
	for n := 0; from < uint64(len(f.blocks)); from++ {
		if n++; f.each > 0 && n > f.each || f.down.Load() {
			return errors.New("the stream broke")
		}
		if err := fn(f.blocks[from]); err != nil {
			return err
		}
	}
	<-ctx.Done()
	return ctx.Err()
}

func (f *flaky) Height(context.Context) (uint64, error) {
	if f.down.Load() {
		return 0, errors.New("connection refused")
	}
	return uint64(len(f.blocks)), nil
}

func TestFollowReconnects(t *testing.T) {
	c := registrations(4)
	x := open(t, t.TempDir(), Options{})
	src := &flaky{blocks: c.blocks, each: 3}
	f := NewFollower(x, src, nil)
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error)
	go func() { done <- f.Run(ctx) }()
	waiting, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	if err := x.Wait(waiting, uint64(len(c.blocks))); err != nil {
		t.Fatal(err)
	}
	if s := f.Status(); s.Lag != 0 || s.IndexHeight != 6 || s.PeerHeight != 6 || !s.PeerReachable || s.LastError != "the stream broke" || s.Reconnects == 0 {
		t.Errorf("status: %+v", s)
	}
	if src.streams.Load() < 3 {
		t.Errorf("%d streams", src.streams.Load())
	}
	stop()
	if err := <-done; err != nil {
		t.Errorf("stopped with %v", err)
	}
	checkIndex(t, x)
}

func TestFollowOtherChain(t *testing.T) {
	x := indexOf(t, registrations(2))
	other := &chain{}
	for range 6 {
		other.add(nil, testTx{id: "another"})
	}
	f := NewFollower(x, &flaky{blocks: other.blocks}, nil)
	if err := f.Run(t.Context()); !errors.Is(err, ErrOtherChain) {
		t.Errorf("got %v", err)
	}
	if f.Status().LastError == "" {
		t.Error("the status does not tell")
	}
}

func TestFollowPeerDown(t *testing.T) {
	x := open(t, t.TempDir(), Options{})
	src := &flaky{blocks: registrations(1).blocks}
	src.down.Store(true)
	f := NewFollower(x, src, nil)
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error)
	go func() { done <- f.Run(ctx) }()
	for deadline := time.Now().Add(5 * time.Second); f.Status().LastError == ""; time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("the status never told")
		}
	}
	if f.Status().PeerReachable {
		t.Error("reachable")
	}
	src.down.Store(false)
	waiting, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	if err := x.Wait(waiting, 3); err != nil {
		t.Fatal(err)
	}
	stop()
	<-done
}

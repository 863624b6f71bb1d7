package index

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/hyperledger/fabric-protos-go-apiv2/common"
)

// Rebuilt tells what rebuilding found.
type Rebuilt struct {
	Status
	// Old is where the index stood before; zero if there was none to read.
	Old Status
	// OldDamage says why the old index could not be read, if so.
	OldDamage error
	// Agrees tells that the old index had, at its height, the digest the chain
	// gives. It is true where there was nothing to compare.
	Agrees bool
}

// errReached ends the stream at the height wanted.
var errReached = errors.New("reached")

// Rebuild makes the index in a directory anew from a peer's blocks, up to the
// height the peer has now, and puts it in the old one's place. The old index
// stays until the new one is finished and checked; killed in between, the worst
// is that the next start builds from the first block. It needs twice the room
// for a while. No other process may have the index open. progress may be nil.
func Rebuild(ctx context.Context, dir string, o Options, src Source, progress func(done, total uint64)) (Rebuilt, error) {
	var r Rebuilt
	if progress == nil {
		progress = func(uint64, uint64) {}
	}
	old, err := Open(dir, o)
	switch {
	case errors.Is(err, ErrInUse):
		return r, err
	case err != nil:
		r.OldDamage = err
	default:
		r.Old = old.Status()
		// Held to the end, so that nobody else opens what is about to go.
		defer old.Close()
	}
	total, err := src.Height(ctx)
	if err != nil {
		return r, fmt.Errorf("couldn't ask the peer for its height: %w", err)
	}
	fresh, spare := dir+".rebuild", dir+".old"
	for _, leftover := range []string{fresh, spare} {
		if err := os.RemoveAll(leftover); err != nil {
			return r, fmt.Errorf("couldn't remove what an earlier rebuild left: %w", err)
		}
	}
	o.NoSync, o.bulk = true, true // it ends with a Close, which writes everything
	x, err := Open(fresh, o)
	if err != nil {
		return r, err
	}
	defer x.Close()
	if total > 0 {
		err = x.applyAhead(ctx, src, func() error {
			progress(x.Status().Height, total)
			if x.Status().Height >= total {
				return errReached
			}
			return nil
		})
		if !errors.Is(err, errReached) {
			return r, fmt.Errorf("couldn't read the peer's blocks: %w", err)
		}
		if err := x.finish(); err != nil {
			return r, fmt.Errorf("couldn't write the new index: %w", err)
		}
	}
	if err := x.Check(ctx, nil); err != nil {
		return r, err
	}
	r.Status = x.Status()
	r.Agrees = true
	if r.Old.Height > 0 {
		at, err := x.DigestAt(r.Old.Height)
		r.Agrees = err == nil && at == r.Old.Digest
	}
	if err := x.Close(); err != nil {
		return r, fmt.Errorf("couldn't finish the new index: %w", err)
	}
	if old != nil {
		if err := old.Close(); err != nil {
			return r, fmt.Errorf("couldn't close the old index: %w", err)
		}
	}
	if err := os.Rename(dir, spare); err != nil {
		return r, fmt.Errorf("couldn't put the old index aside: %w", err)
	}
	if err := os.Rename(fresh, dir); err != nil {
		return r, fmt.Errorf("couldn't put the new index in place: %w", err)
	}
	if err := os.RemoveAll(spare); err != nil {
		return r, fmt.Errorf("couldn't remove the old index: %w", err)
	}
	return r, nil
}

// ahead is how many blocks are read while one is written. A block is a few
// megabytes, and several times that when it is taken apart.
const ahead = 4

// readAhead is a block on its way from the peer into the index.
type readAhead struct {
	block *common.Block
	read  *decodedBlock
	err   error
}

// applyAhead applies a peer's blocks from the first on, calling then after each,
// until the stream ends or anything fails. The next blocks are received and read
// while one is applied.
func (x *Index) applyAhead(ctx context.Context, src Source, then func() error) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	blocks := make(chan readAhead, ahead)
	streamed := make(chan error, 1)
	go func() {
		defer close(blocks)
		streamed <- src.Stream(ctx, 0, func(b *common.Block) error {
			d, err := readBlock(b, x.namespace)
			select {
			case blocks <- readAhead{b, d, err}:
				return err
			case <-ctx.Done():
				return ctx.Err()
			}
		})
	}()
	for b := range blocks {
		err := x.apply(b.block, func() (*decodedBlock, error) { return b.read, b.err })
		if err == nil {
			err = then()
		}
		if err != nil {
			stop()
			for range blocks { // the stream ends first, for its owner closes what it reads from
			}
			return err
		}
	}
	return <-streamed
}

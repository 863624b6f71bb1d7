package index

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
)

func TestRebuild(t *testing.T) {
	c := registrations(6)
	src := &flaky{blocks: c.blocks}
	dir := filepath.Join(t.TempDir(), "index")
	x := open(t, dir, Options{})
	applyAll(t, x, c.blocks[:5])
	if _, err := Rebuild(t.Context(), dir, Options{}, src, nil); !errors.Is(err, ErrInUse) {
		t.Errorf("while it is open: %v", err)
	}
	was := x.Status()
	x.Close()

	var last uint64
	r, err := Rebuild(t.Context(), dir, Options{}, src, func(done, total uint64) { last = done*100 + total })
	if err != nil || !r.Agrees || r.Old != was || r.Height != 8 || last != 808 {
		t.Fatalf("%+v, progress %d, %v", r, last, err)
	}
	x = open(t, dir, Options{})
	if x.Status() != r.Status {
		t.Errorf("opened at %+v", x.Status())
	}
	checkIndex(t, x)

	x.Close()

	// One that cannot be opened at all is replaced.
	if err := os.WriteFile(filepath.Join(dir, "MANIFEST"), []byte("nonsense"), 0o600); err != nil {
		t.Fatal(err)
	}
	r, err = Rebuild(t.Context(), dir, Options{}, src, nil)
	if err != nil || r.OldDamage == nil || !r.Agrees || r.Height != 8 {
		t.Errorf("%+v, %v", r, err)
	}
	for _, left := range []string{dir + ".old", dir + ".rebuild"} {
		if _, err := os.Stat(left); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("%s is left: %v", left, err)
		}
	}
	checkIndex(t, open(t, dir, Options{}))
}

func TestRebuildOfAnotherChainDisagrees(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "index")
	x := open(t, dir, Options{})
	applyAll(t, x, registrations(2).blocks)
	x.Close()
	other := &chain{}
	for range 6 {
		other.add(nil, testTx{id: "another"})
	}
	r, err := Rebuild(t.Context(), dir, Options{}, &flaky{blocks: other.blocks}, nil)
	if err != nil || r.Agrees || r.Height != 6 {
		t.Errorf("%+v, %v", r, err)
	}
}

// When the peer goes away the old index stays.
func TestRebuildKeepsTheOldOne(t *testing.T) {
	c := registrations(4)
	dir := filepath.Join(t.TempDir(), "index")
	x := open(t, dir, Options{})
	applyAll(t, x, c.blocks)
	was := x.Status()
	x.Close()
	if _, err := Rebuild(t.Context(), dir, Options{}, &flaky{blocks: c.blocks, each: 2}, nil); err == nil {
		t.Error("rebuilt from half a chain")
	}
	x = open(t, dir, Options{})
	if x.Status() != was {
		t.Errorf("stands at %+v, stood at %+v", x.Status(), was)
	}
	checkIndex(t, x)
}

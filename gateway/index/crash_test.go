package index

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"syscall"
	"testing"
)

const (
	crashDir = "DATARIGHTS_INDEX_CRASH_DIR"
	crashAt  = "DATARIGHTS_INDEX_CRASH_AT"
)

// crashChain writes enough for several store transactions in each block: new
// records, changed ones, a batch and an invalid transaction.
func crashChain() *chain {
	c := &chain{}
	c.genesis()
	c.add([]uint32{1, 2, 3}, caseTx(0, 0, "Submitted", 1, 1))
	bad := caseTx(0, 1, "Submitted", 1, 2)
	bad.code = 11
	c.add([]uint32{1, 2, 4}, caseTx(0, 0, "Accepted", 2, 2), batchTx(0, 25, 2), bad)
	return c
}

// TestCrashChild is the process that is killed; on its own it does nothing.
func TestCrashChild(t *testing.T) {
	dir := os.Getenv(crashDir)
	if dir == "" {
		return
	}
	at := must(strconv.Atoi(os.Getenv(crashAt)))
	steps := 0
	x, err := Open(dir, Options{maxOps: 5, fault: func(string) {
		if steps++; steps == at {
			syscall.Kill(os.Getpid(), syscall.SIGKILL)
			select {}
		}
	}})
	if err != nil {
		t.Fatal(err)
	}
	applyAll(t, x, crashChain().blocks)
	if err := x.Close(); err != nil {
		t.Fatal(err)
	}
}

// Killed at every step of every block, the index opens at a whole block, misses
// nothing, has nothing twice, and ends with the digest of an undisturbed run.
func TestKilledAtEveryStep(t *testing.T) {
	c := crashChain()
	undisturbed := indexOf(t, c)
	want := undisturbed.Status()
	for step := 1; ; step++ {
		dir := t.TempDir()
		child := exec.Command(os.Args[0], "-test.run=^TestCrashChild$")
		child.Env = append(os.Environ(), crashDir+"="+dir, fmt.Sprintf("%s=%d", crashAt, step))
		out, err := child.CombinedOutput()
		if err == nil { // it came through without a step of that number
			if step < 30 {
				t.Fatalf("only %d steps: the store transactions are not split any more", step)
			}
			return
		}
		var exit *exec.ExitError
		if !errors.As(err, &exit) || exit.Sys().(syscall.WaitStatus).Signal() != syscall.SIGKILL {
			t.Fatalf("step %d: %v\n%s", step, err, out)
		}
		x := open(t, dir, Options{})
		if s := x.Status(); s.Digest != must(undisturbed.DigestAt(s.Height)) {
			t.Fatalf("step %d: opened at %+v, which never was", step, s)
		}
		checkIndex(t, x)
		applyAll(t, x, c.blocks)
		if x.Status() != want {
			t.Fatalf("step %d: ended at %+v, want %+v", step, x.Status(), want)
		}
		checkIndex(t, x)
		x.Close()
	}
}

package supervisor

import (
	"os/exec"
	"runtime"
	"syscall"
	"testing"
	"time"
)

// TestChildOutlivesTheThreadThatAskedForIt: a goroutine that ends while locked
// to its thread ends the thread, and with it every child forked from there.
func TestChildOutlivesTheThreadThatAskedForIt(t *testing.T) {
	s := newSpawner()
	cmd := exec.Command("sleep", "1000")
	cmd.SysProcAttr = childAttributes()
	started := make(chan error, 1)
	go onThreadThatEnds(func() { started <- s.start(cmd) })
	if err := <-started; err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	select {
	case err := <-ended:
		t.Fatalf("the child ended with the thread: %v", err)
	case <-time.After(500 * time.Millisecond):
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	<-ended
}

// onThreadThatEnds runs do on a thread that ends with it. The program's first
// thread never ends, so a goroutine that finds itself there holds it while
// another does the work.
func onThreadThatEnds(do func()) {
	runtime.LockOSThread()
	if syscall.Gettid() != syscall.Getpid() {
		do()
		return
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		runtime.LockOSThread()
		do()
	}()
	<-done
}

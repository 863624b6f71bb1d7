package network

import (
	"errors"
	"sync"
	"testing"
)

// Whoever looks for a supervisor sees the one that holds the lock and nobody
// else who looks.
func TestSupervisedSeesHoldersOnly(t *testing.T) {
	d := &Deployment{Dir: t.TempDir()}
	if supervised, err := d.supervised(); supervised || err != nil {
		t.Fatalf("an empty directory: %t, %v", supervised, err)
	}
	held, err := acquireLock(d.lockFile())
	if err != nil {
		t.Fatal(err)
	}
	if supervised, err := d.supervised(); !supervised || err != nil {
		t.Errorf("held: %t, %v", supervised, err)
	}
	if _, err := acquireLock(d.lockFile()); !errors.Is(err, errLocked) {
		t.Errorf("held twice: %v", err)
	}
	held.release()
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for range 500 {
				if supervised, err := d.supervised(); supervised || err != nil {
					t.Errorf("somebody who looks was taken for a supervisor: %t, %v", supervised, err)
					return
				}
			}
		})
	}
	all.Wait()
}

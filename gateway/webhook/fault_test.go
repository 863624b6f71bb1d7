package webhook

import (
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
)

// A write that fails stops nothing for good: what was not noted as delivered is
// delivered again, under the same id, and nothing is missed.
func TestStoreFaults(t *testing.T) {
	for _, step := range []string{stepProgress, stepLetter, stepSubscription} {
		t.Run(step, func(t *testing.T) {
			r := newReceiver(t, func(_ int, d delivery) int {
				if step == stepLetter && d.id == "1:0:0" {
					return http.StatusBadGateway
				}
				return http.StatusOK
			})
			var mu sync.Mutex
			failed := map[string]int{}
			begun := false
			o := options(t.TempDir(), newFeed(3))
			o.fault = func(s string) error {
				mu.Lock()
				defer mu.Unlock()
				if begun && s == step && failed[s] < 2 {
					failed[s]++
					return errors.New("disk full")
				}
				return nil
			}
			m, _ := run(t, o)
			if step == stepSubscription {
				begun = true
				from := uint64(0)
				if _, _, err := m.Create(owner, New{URL: r.URL, From: &from}); err == nil {
					t.Fatal("made although it could not be kept")
				}
				if list, err := m.List(owner); err != nil || len(list) != 0 || len(r.all()) != 0 {
					t.Fatalf("it is there all the same: %+v %v", list, err)
				}
				return
			}
			mu.Lock()
			begun = true
			mu.Unlock()
			st, _ := create(t, m, r.URL, 0)
			want := uint64(3)
			if step == stepLetter {
				want = 2
			}
			end := until(t, m, st.ID, func(s Status) bool { return s.Progress.Delivered == want })
			got := slices.Compact(ids(r.all()))
			if !slices.Equal(got, sequence(0, 2)) || failed[step] != 2 || end.State != Active {
				t.Errorf("got %v after %v: %+v", ids(r.all()), failed, end)
			}
			if step == stepProgress && len(r.all()) != 5 {
				t.Errorf("%d deliveries, want the first thrice", len(r.all()))
			}
		})
	}
}

const (
	crashDir = "DATARIGHTS_WEBHOOK_CRASH_DIR"
	crashURL = "DATARIGHTS_WEBHOOK_CRASH_URL"
	crashAt  = "DATARIGHTS_WEBHOOK_CRASH_AT"
)

// TestCrashChild is the process that is killed; on its own it does nothing.
func TestCrashChild(t *testing.T) {
	dir := os.Getenv(crashDir)
	if dir == "" {
		return
	}
	writes := 0
	o := options(dir, newFeed(4))
	o.fault = func(step string) error {
		if step == stepProgress {
			if writes++; fmt.Sprint(writes) == os.Getenv(crashAt) { // delivered, and not noted yet
				_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
				select {}
			}
		}
		return nil
	}
	m, _ := run(t, o)
	list, err := m.List(owner)
	if err != nil {
		t.Fatal(err)
	}
	if len(list) == 0 {
		create(t, m, os.Getenv(crashURL), 0)
	}
	select {}
}

// Killed between a delivery and its checkpoint, again and again: every event
// arrives, in order, and what arrives twice has the same id and body.
func TestKilledBeforeTheCheckpoint(t *testing.T) {
	r := newReceiver(t, nil)
	dir := t.TempDir()
	for _, at := range []string{"2", "1", "2"} {
		child := exec.Command(os.Args[0], "-test.run=^TestCrashChild$")
		child.Env = append(os.Environ(), crashDir+"="+dir, crashURL+"="+r.URL, crashAt+"="+at)
		out, err := child.CombinedOutput()
		var exit *exec.ExitError
		if errors.As(err, &exit) {
			status, ok := exit.Sys().(syscall.WaitStatus)
			if !ok || status.Signal() != syscall.SIGKILL {
				t.Fatalf("%v\n%s", err, out)
			}
		} else {
			t.Fatalf("%v\n%s", err, out)
		}
	}
	m, _ := run(t, options(dir, newFeed(4)))
	list, err := m.List(owner)
	if err != nil || len(list) != 1 {
		t.Fatalf("%+v %v", list, err)
	}
	until(t, m, list[0].ID, func(s Status) bool { return s.Progress.Next == "3:0:1" || strings.HasPrefix(s.Progress.Next, "4:") })
	got := r.all()
	// 0, 1 | 1 | 1, 2 | 2, 3
	if want := []string{"0:0:0", "1:0:0", "1:0:0", "1:0:0", "2:0:0", "2:0:0", "3:0:0"}; !slices.Equal(ids(got), want) {
		t.Fatalf("got %v, want %v", ids(got), want)
	}
	for _, d := range got {
		first := got[slices.IndexFunc(got, func(o delivery) bool { return o.id == d.id })]
		if string(first.body) != string(d.body) {
			t.Errorf("%s came as %s and as %s", d.id, first.body, d.body)
		}
	}
}

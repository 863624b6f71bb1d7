package explorer

import (
	"errors"
	"fmt"
	"testing"

	"github.com/datarights/datarights/client"
)

// A session that has ended is not a record that is kept from somebody: a workplace
// asks to sign in again, and only what guests may read goes on without.
func TestUnseen(t *testing.T) {
	for status, want := range map[int][2]bool{401: {false, true}, 403: {true, true}, 404: {true, true}, 409: {}, 503: {}} {
		err := fmt.Errorf("couldn't read: %w", &client.Problem{Status: status})
		if got := [2]bool{unseen(err), notShown(err)}; got != want {
			t.Errorf("%d: unseen and not shown are %v, want %v", status, got, want)
		}
	}
	if unseen(nil) || notShown(errors.New("broken")) {
		t.Error("no answer of the API is taken for one")
	}
}

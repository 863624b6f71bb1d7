package client_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/datarights/datarights/client"
)

// What was refused is told from what is not known.
func TestOutcomeOfAnError(t *testing.T) {
	for name, c := range map[string]struct {
		err              error
		refused, unknown bool
	}{
		"none":                  {nil, false, false},
		"a refusal":             {fmt.Errorf("x: %w", &client.Problem{Status: 409, Code: "E_DUP"}), true, false},
		"too many requests":     {&client.Problem{Status: 429, Code: "E_RATE"}, false, true},
		"outcome unknown":       {&client.Problem{Status: 504, Code: "E_UNKNOWN_OUTCOME"}, false, true},
		"a proxy's answer":      {&client.Problem{Status: 404}, false, true},
		"the end of patience":   {errors.Join(context.DeadlineExceeded, &client.Problem{Status: 503, Code: "E_UNAVAILABLE"}), false, true},
		"a connection cut off":  {errors.New("EOF"), false, true},
		"a fault of the ledger": {&client.Problem{Status: 500, Code: "E_INTERNAL"}, false, true},
	} {
		if p, refused := client.Refusal(c.err); refused != c.refused || refused != (p != nil) || client.OutcomeUnknown(c.err) != c.unknown {
			t.Errorf("%s: refused %v, unknown %v", name, refused, client.OutcomeUnknown(c.err))
		}
	}
}

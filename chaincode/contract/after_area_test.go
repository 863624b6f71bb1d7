package contract_test

import (
	"github.com/datarights/datarights/chaincode/rights"
	"pgregory.net/rapid"
)

// The area's part in the tests over the whole ledger: registration after the first and objections to what is registered.

// afterMoves are the area's commands in the exhaustive test.
func afterMoves() []move { return nil }

// afterElsewhere names rows that another command writes or another test tries.
var afterElsewhere = map[string]string{}

// afterEventsOn are the events that a command sends to records of other machines
// than its own; afterTouches the kinds it rewrites without moving them.
var (
	afterEventsOn = map[string][]string{}
	afterTouches  = map[string][]rights.Kind{}
)

// tellAfter plays every command of the area to its good end.
func tellAfter(m *market) {}

// checkAfter holds the ledger to the area's invariants.
func checkAfter(w *world, fault func(string, ...any)) {}

// anyAfter draws a command of the area that makes some sense; no name when
// there is nothing to do.
func anyAfter(r *rapid.T, m *market, w *world) (kid, name string, body any) { return "", "", nil }

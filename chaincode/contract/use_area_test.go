package contract_test

import (
	"github.com/datarights/datarights/chaincode/rights"
	"pgregory.net/rapid"
)

// The area's part in the tests over the whole ledger: lineage, permits, meters, grants, admissions, disclosure, custody and catalogues.

// useMoves are the area's commands in the exhaustive test.
func useMoves() []move { return nil }

// useElsewhere names rows that another command writes or another test tries.
var useElsewhere = map[string]string{}

// useEventsOn are the events that a command sends to records of other machines
// than its own; useTouches the kinds it rewrites without moving them.
var (
	useEventsOn = map[string][]string{}
	useTouches  = map[string][]rights.Kind{}
)

// tellUse plays every command of the area to its good end.
func tellUse(m *market) {}

// checkUse holds the ledger to the area's invariants.
func checkUse(w *world, fault func(string, ...any)) {}

// anyUse draws a command of the area that makes some sense; no name when
// there is nothing to do.
func anyUse(r *rapid.T, m *market, w *world) (kid, name string, body any) { return "", "", nil }

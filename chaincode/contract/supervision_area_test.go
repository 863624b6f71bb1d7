package contract_test

import (
	"github.com/datarights/datarights/chaincode/rights"
	"pgregory.net/rapid"
)

// The area's part in the tests over the whole ledger: measures, alerts, evidence, indicators, scenarios, policy and support.

// supervisionMoves are the area's commands in the exhaustive test.
func supervisionMoves() []move { return nil }

// supervisionElsewhere names rows that another command writes or another test tries.
var supervisionElsewhere = map[string]string{}

// supervisionEventsOn are the events that a command sends to records of other machines
// than its own; supervisionTouches the kinds it rewrites without moving them.
var (
	supervisionEventsOn = map[string][]string{}
	supervisionTouches  = map[string][]rights.Kind{}
)

// tellSupervision plays every command of the area to its good end.
func tellSupervision(m *market) {}

// checkSupervision holds the ledger to the area's invariants.
func checkSupervision(w *world, fault func(string, ...any)) {}

// anySupervision draws a command of the area that makes some sense; no name when
// there is nothing to do.
func anySupervision(r *rapid.T, m *market, w *world) (kid, name string, body any) { return "", "", nil }

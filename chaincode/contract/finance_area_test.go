package contract_test

import (
	"github.com/datarights/datarights/chaincode/rights"
	"pgregory.net/rapid"
)

// The area's part in the tests over the whole ledger: evaluations, accounting, pledges and guarantees.

// castFinance adds to the cast of the exhaustive test those whom finance knows.
func castFinance(s *stage) {}

// financeMoves are the area's commands in the exhaustive test.
func financeMoves() []move { return nil }

// financeElsewhere names rows that another command writes or another test tries.
var financeElsewhere = map[string]string{"evaluation.supersede": "evaluation.issue"}

// financeEventsOn are the events that a command sends to records of other machines
// than its own; financeTouches the kinds it rewrites without moving them.
var (
	financeEventsOn = map[string][]string{"evaluation.issue": {"evaluation.supersede"}}
	financeTouches  = map[string][]rights.Kind{
		"pledge.register":      {rights.KindRight, rights.KindPledge},
		"pledge.vary":          {rights.KindPledge},
		"pledge.partRelease":   {rights.KindRight, rights.KindPledge},
		"pledge.release":       {rights.KindRight, rights.KindPledge},
		"pledge.finishEnforce": {rights.KindRight, rights.KindPledge},
	}
)

// tellFinance plays every command of the area to its good end.
func tellFinance(m *market) {}

// checkFinance holds the ledger to the area's invariants.
func checkFinance(w *world, fault func(string, ...any)) {}

// anyFinance draws a command of the area that makes some sense; no name when
// there is nothing to do.
func anyFinance(r *rapid.T, m *market, w *world) (kid, name string, body any) { return "", "", nil }

package contract_test

import (
	"github.com/datarights/datarights/chaincode/rights"
	"pgregory.net/rapid"
)

// The area's part in the tests over the whole ledger: trades, deliveries, copies, settlements and disputes.

// tradeMoves are the area's commands in the exhaustive test.
func tradeMoves() []move { return nil }

// tradeElsewhere names rows that another command writes or another test tries.
var tradeElsewhere = map[string]string{}

// tradeEventsOn are the events that a command sends to records of other machines
// than its own; tradeTouches the kinds it rewrites without moving them.
var (
	tradeEventsOn = map[string][]string{}
	tradeTouches  = map[string][]rights.Kind{}
)

// tellTrades plays every command of the area to its good end.
func tellTrades(m *market) {}

// checkTrades holds the ledger to the area's invariants.
func checkTrades(w *world, fault func(string, ...any)) {}

// anyTrade draws a command of the area that makes some sense; no name when
// there is nothing to do.
func anyTrade(r *rapid.T, m *market, w *world) (kid, name string, body any) { return "", "", nil }

package contract_test

import (
	"github.com/datarights/datarights/chaincode/rights"
	"pgregory.net/rapid"
)

// The area's part in the tests over the whole ledger: products, listings, demands and recognition.

// productMoves are the area's commands in the exhaustive test.
func productMoves() []move { return nil }

// productElsewhere names rows that another command writes or another test tries.
var productElsewhere = map[string]string{}

// productEventsOn are the events that a command sends to records of other machines
// than its own; productTouches the kinds it rewrites without moving them.
var (
	productEventsOn = map[string][]string{}
	productTouches  = map[string][]rights.Kind{}
)

// tellProducts plays every command of the area to its good end.
func tellProducts(m *market) {}

// checkProducts holds the ledger to the area's invariants.
func checkProducts(w *world, fault func(string, ...any)) {}

// anyProduct draws a command of the area that makes some sense; no name when
// there is nothing to do.
func anyProduct(r *rapid.T, m *market, w *world) (kid, name string, body any) { return "", "", nil }

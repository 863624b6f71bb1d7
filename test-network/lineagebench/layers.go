package main

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"

	"github.com/datarights/datarights/chaincode/rights"
	"github.com/datarights/datarights/gateway/index"
)

// layers is a lineage of so many layers: every content of a layer but the first
// is made by one lineage record of some contents of the layer above it, mostly
// near its own place, now and then far away.
type layers struct {
	depth, width int
	inputs       [][]uint32 // of each content, by number; those of the first layer have none
	edges        int
}

// newLayers makes a lineage of about so many edges, the same for a seed.
func newLayers(edges, depth int, seed uint64) *layers {
	const fewest, most = 1, 7 // inputs of a record
	const average = 3.33      // less than four, for one that is drawn twice is one
	l := &layers{depth: depth, width: max(1, int(float64(edges)/(float64(depth)*average)))}
	r := rand.New(rand.NewPCG(seed, 9))
	l.inputs = make([][]uint32, (depth+1)*l.width)
	for layer := 1; layer <= depth; layer++ {
		for i := range l.width {
			var in []uint32
			for range fewest + r.IntN(most-fewest+1) {
				at := (i + r.IntN(9) - 4 + l.width) % l.width
				if r.IntN(10) == 0 {
					at = r.IntN(l.width)
				}
				n := uint32((layer-1)*l.width + at)
				if !has(in, n) {
					in = append(in, n)
				}
			}
			l.inputs[layer*l.width+i] = in
			l.edges += len(in)
		}
	}
	return l
}

func has(list []uint32, n uint32) bool {
	for _, have := range list {
		if have == n {
			return true
		}
	}
	return false
}

func rootOf(n uint32) string { return fmt.Sprintf("sm3:%064x", n) }

func idOf(n uint32) string { return fmt.Sprintf("LN-320900-20261123-%012x-00", n) }

const inOneBlock = 500

func positionOf(n uint32) index.Position {
	return index.Position{Block: uint64(n / inOneBlock), Tx: int(n % inOneBlock)}
}

// record is the lineage record that made a content, as the ledger keeps it.
func (l *layers) record(n uint32) (index.Entry, bool) {
	if int(n) >= len(l.inputs) || l.inputs[n] == nil {
		return index.Entry{}, false
	}
	id := idOf(n)
	rec := rights.Lineage{Head: rights.Head{DocType: "LN", ID: id, SchemaVersion: 1, Version: 1, State: rights.StateAttested, CreatedAt: 1764000000, CreatedBy: operator + "#1", UpdatedAt: 1764000000, UpdatedBy: operator + "#1"},
		Outputs: []rights.LineageOutput{{Type: "Result", ContentRoot: rootOf(n), Grade: 2}}, Op: "OpMerge", OperatorID: operator, Env: "EnvTEE", StartedAt: 1764000000, FinishedAt: 1764000100}
	for _, in := range l.inputs[n] {
		rec.Inputs = append(rec.Inputs, rights.LineageInput{Type: "Result", ContentRoot: rootOf(in)})
	}
	raw, err := json.Marshal(&rec)
	if err != nil {
		panic(err) // a record of ours
	}
	at := positionOf(n)
	return index.Entry{Kind: rights.KindLineage, ID: id, JSON: raw, Created: at, Updated: at}, true
}

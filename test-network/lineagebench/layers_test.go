package main

import (
	"testing"

	"github.com/datarights/datarights/gateway/lineage"
)

// The graph reaches what a plain search over the layers reaches.
func TestGraphReachesWhatTheLayersSay(t *testing.T) {
	l := newLayers(3000, 20, 7)
	if l.edges < 2500 || l.edges > 3500 {
		t.Errorf("%d edges", l.edges)
	}
	g := lineage.New()
	if err := g.Load(t.Context(), &ledger{layers: l}, nil); err != nil {
		t.Fatal(err)
	}
	outputs := make([][]uint32, len(l.inputs))
	for n, in := range l.inputs {
		for _, i := range in {
			outputs[i] = append(outputs[i], uint32(n))
		}
	}
	for d, next := range map[lineage.Direction][][]uint32{lineage.Back: l.inputs, lineage.Forward: outputs} {
		for start := range uint32(len(l.inputs)) {
			met := map[uint32]bool{start: true}
			for level := []uint32{start}; len(level) > 0; {
				var below []uint32
				for _, n := range level {
					for _, m := range next[n] {
						if !met[m] {
							met[m] = true
							below = append(below, m)
						}
					}
				}
				level = below
			}
			if got := g.Reach(lineage.State{ContentRoot: rootOf(start)}, d, 20); got != len(met) {
				t.Fatalf("from %d the graph reaches %d, want %d", start, got, len(met))
			}
		}
	}
}

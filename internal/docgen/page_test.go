package main

import (
	"bytes"
	"os"
	"strings"
	"testing"

	"github.com/datarights/datarights/chaincode/rights"
)

// The committed pages are what the tables print.
func TestPagesAreNotStale(t *testing.T) {
	for name, print := range pages {
		committed, err := os.ReadFile("../../docs/" + name)
		if err != nil {
			t.Fatal(err)
		}
		want := print()
		if bytes.Equal(committed, want) {
			continue
		}
		is, should := strings.Split(string(committed), "\n"), strings.Split(string(want), "\n")
		for i := range should {
			if i >= len(is) || is[i] != should[i] {
				t.Fatalf("docs/%s is stale from line %d; run make docs. It should read:\n%s", name, i+1, should[i])
			}
		}
		t.Fatalf("docs/%s has %d lines too many; run make docs", name, len(is)-len(should))
	}
}

// Nothing is left out and nothing is printed differently from run to run.
func TestPageIsWhole(t *testing.T) {
	text := string(page()) + string(commandsPage())
	if text != string(page())+string(commandsPage()) {
		t.Error("two printings differ")
	}
	for _, m := range rights.Machines() {
		for _, s := range m.States {
			if !strings.Contains(text, "| `"+string(s.Name)+"` | "+s.Title.Zh+" · "+s.Title.En) {
				t.Errorf("%s: no state %s", m.Entity, s.Name)
			}
		}
		for _, row := range m.Transitions {
			for _, c := range row.By {
				if capacities[c].Zh == "" || capacities[c].En == "" {
					t.Errorf("no words for %s", c)
				}
			}
			if !strings.Contains(text, cell(row.Guard.En)) || !strings.Contains(text, cell(row.Guard.Zh)) {
				t.Errorf("%s.%s: guard is left out", m.Entity, row.Event)
			}
		}
	}
	for _, c := range rights.Commands() {
		if !strings.Contains(text, "\n### "+c.Name+"\n") || !strings.Contains(text, "(#"+anchor(c.Name)+")") {
			t.Errorf("no command %s", c.Name)
		}
	}
	if strings.Contains(text, "%!") || strings.Contains(text, "| `` |") {
		t.Error("something is printed badly")
	}
}

package main

import (
	"slices"
	"testing"

	"github.com/datarights/datarights/gateway/api"
)

// Whatever the API has can be queried, and no two kinds share a name.
func TestEveryCollectionCanBeQueried(t *testing.T) {
	for _, name := range api.CollectionNames() {
		if k := kindOf(name); k == nil || k.name != name {
			t.Errorf("datarights query %s does not work", name)
		}
	}
	var names []string
	for _, k := range kinds {
		for _, name := range append([]string{k.name}, k.aliases...) {
			if slices.Contains(names, name) {
				t.Errorf("%s names two kinds", name)
			}
			names = append(names, name)
		}
		if len(k.columns) == 0 || k.zh == "" {
			t.Errorf("%s has no columns or no name", k.name)
		}
	}
}

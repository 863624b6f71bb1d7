package main

import (
	"os"
	"strings"
	"testing"

	"github.com/datarights/datarights/gateway/demand"
)

// What docs/events.md says in numbers is what the code does.
func TestEventsPageKeepsUp(t *testing.T) {
	raw, err := os.ReadFile("../../docs/events.md")
	if err != nil {
		t.Fatal(err)
	}
	text := string(raw)
	for _, a := range []demand.Aspect{demand.AspectRegion, demand.AspectField, demand.AspectWords, demand.AspectIndustry} {
		if !strings.Contains(text, "| "+string(a)+" |") {
			t.Errorf("events.md does not say how %s counts", a)
		}
	}
	if !strings.Contains(text, "From 60 points") || demand.Threshold != 60 {
		t.Error("events.md names another threshold")
	}
}

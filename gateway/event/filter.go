package event

import (
	"fmt"
	"slices"
	"strings"

	"github.com/datarights/datarights/chaincode/rights"
)

// Filter says which events a reader wants. An empty list wants all; of several
// lists all must hold.
type Filter struct {
	Types        []string      `json:"types,omitempty"` // exact, or the beginning of a type and ".*"
	Kinds        []rights.Kind `json:"kinds,omitempty"`
	Subjects     []string      `json:"subjects,omitempty"` // KIND/id
	States       []string      `json:"states,omitempty"`
	Participants []string      `json:"participants,omitempty"` // named by what the reader sees
}

// MaxItems bounds each list of a filter.
const MaxItems = 50

// FilterError is a filter that cannot be meant.
type FilterError struct{ Field, Zh, En string }

func (e *FilterError) Error() string { return e.Field + ": " + e.En }

// Check refuses a filter that no event could pass.
func (f *Filter) Check() error {
	for _, l := range []struct {
		field string
		n     int
	}{{"types", len(f.Types)}, {"kinds", len(f.Kinds)}, {"subjects", len(f.Subjects)}, {"states", len(f.States)}, {"participants", len(f.Participants)}} {
		if l.n > MaxItems {
			return &FilterError{l.field, fmt.Sprintf("最多 %d 项", MaxItems), fmt.Sprintf("at most %d items", MaxItems)}
		}
	}
	for _, t := range f.Types {
		if !slices.ContainsFunc(typeNames, func(name string) bool { return typeMatches(t, name) }) {
			return &FilterError{"types", "没有此事件类型 " + short(t) + "；见 docs/events.md", "no such type of events: " + short(t) + "; docs/events.md lists them"}
		}
	}
	for _, k := range f.Kinds {
		if _, ok := entities[k]; !ok {
			return &FilterError{"kinds", "没有此记录种类 " + short(string(k)), "no such kind of records: " + short(string(k))}
		}
	}
	for _, s := range f.Subjects {
		kind, id, ok := strings.Cut(s, "/")
		if _, known := entities[rights.Kind(kind)]; !ok || !known || id == "" || len(s) > 200 {
			return &FilterError{"subjects", "须为 种类/编号，如 DM/DM-320900-…", "must be KIND/id, such as DM/DM-320900-…"}
		}
	}
	for _, p := range f.Participants {
		if !rights.ValidUSCC(p) {
			return &FilterError{"participants", "须为统一社会信用代码", "must be a unified social credit code"}
		}
	}
	for _, s := range f.States {
		if s == "" || len(s) > 64 {
			return &FilterError{"states", "须为状态名，如 Listed", "must be the name of a state, such as Listed"}
		}
	}
	return nil
}

func short(s string) string {
	if len(s) > 64 {
		s = strings.ToValidUTF8(s[:64], "") + "…"
	}
	return s
}

var typeNames = func() []string {
	var names []string
	for _, t := range Types() {
		names = append(names, t.Name)
	}
	return names
}()

func typeMatches(want, name string) bool {
	if prefix, ok := strings.CutSuffix(want, ".*"); ok {
		return strings.HasPrefix(name, prefix+".")
	}
	return want == name
}

// Concerns reports whether an event can pass, by what is known of it before it
// is known what its reader sees.
func (f *Filter) Concerns(e *Event) bool {
	return (len(f.Types) == 0 || slices.ContainsFunc(f.Types, func(t string) bool { return typeMatches(t, e.Type) })) &&
		(len(f.Kinds) == 0 || slices.Contains(f.Kinds, e.Kind)) &&
		(len(f.Subjects) == 0 || slices.Contains(f.Subjects, e.Subject()))
}

// Passes decides on what the reader sees: a filter on what he does not see would
// tell it to him.
func (f *Filter) Passes(e Envelope) bool {
	return (len(f.States) == 0 || slices.Contains(f.States, string(e.Data.State))) &&
		(len(f.Participants) == 0 || slices.ContainsFunc(f.Participants, func(p string) bool { return slices.Contains(e.Data.Participants, p) }))
}

package index

import (
	"encoding/json"
	"slices"
	"strings"

	"github.com/datarights/datarights/chaincode/rights"
)

// face is a record as far as it can be looked for: its members, each read only
// when a field asks for it. So one name may be of several types in several
// kinds, and what does not fit one field takes nothing from the others. A record
// that is no JSON object has no members; it is still listed and read.
type face map[string]json.RawMessage

func readFace(raw []byte) face {
	var f face
	if json.Unmarshal(raw, &f) != nil {
		return nil
	}
	return f
}

func (f face) state() string {
	var s string
	_ = json.Unmarshal(f["state"], &s)
	return s
}

func (f face) version() int64 {
	var v int64
	_ = json.Unmarshal(f["version"], &v)
	return v
}

// values are the scalars at a path such as "inputs.id": a list on the way gives
// those of each of its items, anything else that is no scalar gives none.
func (f face) values(path string) []string {
	name, rest, _ := strings.Cut(path, ".")
	return valuesOf(f[name], rest)
}

func valuesOf(raw json.RawMessage, path string) []string {
	if len(raw) == 0 {
		return nil
	}
	switch raw[0] {
	case '"':
		var s string
		if path != "" || json.Unmarshal(raw, &s) != nil || s == "" {
			return nil
		}
		return []string{s}
	case '[':
		var items []json.RawMessage
		if json.Unmarshal(raw, &items) != nil {
			return nil
		}
		var all []string
		for _, item := range items {
			all = append(all, valuesOf(item, path)...)
		}
		return all
	case '{':
		if path == "" {
			return nil
		}
		return readFace(raw).values(path)
	case 't', 'f', '-', '0', '1', '2', '3', '4', '5', '6', '7', '8', '9':
		if path != "" {
			return nil
		}
		return []string{string(raw)}
	}
	return nil // null
}

// field is something a Query may name in Where.
type field struct {
	paths []string              // where its values are; found by each of them
	under func(string) []string // what a value is found under besides; nil: itself alone
}

func (f field) values(of face) []string {
	var all []string
	for _, path := range f.paths {
		all = append(all, of.values(path)...)
	}
	if f.under == nil {
		return all
	}
	var found []string
	for _, v := range all {
		found = append(found, f.under(v)...)
	}
	return found
}

// at is a field whose values are at any of some paths.
func at(paths ...string) field { return field{paths: paths} }

// region finds a GB/T 2260 code by itself and by what contains it: 320902, 3209, 32.
func region(path string) field {
	return field{paths: []string{path}, under: func(v string) []string { return beginnings(v, 2, 4) }}
}

// industry finds a GB/T 4754 code by itself and by what contains it: M744, M74, M.
func industry(path string) field {
	return field{paths: []string{path}, under: func(v string) []string { return beginnings(v, 1, 3, 4) }}
}

func beginnings(v string, lengths ...int) []string {
	all := []string{v}
	for _, n := range lengths {
		if n < len(v) {
			all = append(all, v[:n])
		}
	}
	return all
}

// Fields names, sorted, what Query.Where may hold for a kind.
func Fields(kind rights.Kind) []string {
	names := make([]string, 0, len(fields[kind]))
	for name := range fields[kind] {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// FieldPaths tells where the values of a field are in a record.
func FieldPaths(kind rights.Kind, name string) []string { return fields[kind][name].paths }

// derived is everything secondary that follows from one record in the mirror:
// the prefixes of its postings and the counters it is counted in.
type derived struct {
	postings []string // prefixes of chunk keys, without doubles
	counters []string
}

// maxCountedState is longer than any state's name; a counter's key holds it.
const maxCountedState = 64

func derive(kind rights.Kind, f face) derived {
	if isPointer(kind) {
		return derived{}
	}
	d := derived{counters: []string{counterKind + string(kind)}}
	if s := f.state(); s != "" && len(s) <= maxCountedState {
		d.counters = append(d.counters, counterState+string(kind)+"/"+s)
	}
	for name, field := range fields[kind] {
		for _, v := range field.values(f) {
			d.postings = append(d.postings, string(fieldPrefix(kind, name, v)))
		}
	}
	var texts []string
	for _, path := range texted[kind] {
		texts = append(texts, f.values(path)...)
	}
	for _, term := range documentTerms(texts...) {
		d.postings = append(d.postings, string(textPrefix(kind, term)))
	}
	slices.Sort(d.postings)
	d.postings = slices.Compact(d.postings)
	return d
}

package index

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"slices"
	"strings"

	"github.com/datarights/datarights/chaincode/rights"
	"github.com/datarights/datarights/internal/jsonobject"
)

// face is a record as far as it can be looked for: its members, each read only
// when a field asks for it. So one name may be of several types in several
// kinds, and what does not fit one field takes nothing from the others. A record
// that is no JSON object has no members; it is still listed and read.
type face []jsonobject.Member

// readFace tells the members of an object apart and reads none of them. What its
// members cannot be told apart of has none.
func readFace(raw []byte) face { return readFaceInto(nil, raw) }

// readFaceInto is readFace in the room of a face that is done with.
func readFaceInto(room face, raw []byte) face { return jsonobject.Members(room, raw) }

// get is the member of a name; the last of several, as elsewhere in Go.
func (f face) get(name string) json.RawMessage {
	for _, m := range slices.Backward(f) {
		if string(m.Name) == name {
			return m.Value
		}
	}
	return nil
}

func (f face) state() string {
	return textOf(f.get("state"))
}

func (f face) version() int64 {
	var v int64
	_ = json.Unmarshal(f.get("version"), &v)
	return v
}

// mark is a hash of the members of a record that anything secondary rests on.
// While it stays, so do the record's places in every list.
type mark [16]byte

// marked names, for each kind, the members that its mark is over.
var marked = func() map[rights.Kind][]string {
	all := map[rights.Kind][]string{}
	add := func(kind rights.Kind, path string) {
		name, _, _ := strings.Cut(path, ".")
		all[kind] = append(all[kind], name)
	}
	for kind, named := range fields {
		for _, f := range named {
			for _, path := range f.paths {
				add(kind, path)
			}
		}
	}
	for kind, paths := range texted {
		for _, path := range paths {
			add(kind, path)
		}
	}
	for kind, names := range all {
		names = append(names, "state")
		slices.Sort(names)
		all[kind] = slices.Compact(names)
	}
	return all
}()

// stateAlone is what a kind without fields and texts is looked for by.
var stateAlone = []string{"state"}

func (f face) mark(kind rights.Kind) mark {
	names, ok := marked[kind]
	if !ok {
		names = stateAlone
	}
	h := sha256.New()
	var size [4]byte
	for _, name := range names {
		raw := f.get(name)
		binary.BigEndian.PutUint32(size[:], uint32(len(raw)))
		h.Write(size[:])
		h.Write(raw)
	}
	var sum [sha256.Size]byte
	return mark(h.Sum(sum[:0])[:16])
}

// values are the scalars at a path such as "inputs.id": a list on the way gives
// those of each of its items, anything else that is no scalar gives none.
func (f face) values(path string) []string { return f.appendValues(nil, path) }

func (f face) appendValues(all []string, path string) []string {
	name, rest, _ := strings.Cut(path, ".")
	return appendValues(all, f.get(name), rest)
}

func appendValues(all []string, raw json.RawMessage, path string) []string {
	if len(raw) == 0 {
		return all
	}
	switch raw[0] {
	case '"':
		if path == "" {
			if s := textOf(raw); s != "" {
				all = append(all, s)
			}
		}
	case '[':
		var items []json.RawMessage
		if json.Unmarshal(raw, &items) != nil {
			return all
		}
		for _, item := range items {
			all = appendValues(all, item, path)
		}
	case '{':
		if path != "" {
			return readFace(raw).appendValues(all, path)
		}
	case 't', 'f', '-', '0', '1', '2', '3', '4', '5', '6', '7', '8', '9':
		if path == "" {
			all = append(all, string(raw))
		}
	}
	return all // null gives none
}

// textOf is a JSON string's text, and empty for anything else.
func textOf(raw json.RawMessage) string {
	s, _ := jsonobject.Text(raw)
	return s
}

// field is something a Query may name in Where.
type field struct {
	paths []string              // where its values are; found by each of them
	under func(string) []string // what a value is found under besides; nil: itself alone
}

func (f field) appendValues(all []string, of face) []string {
	from := len(all)
	for _, path := range f.paths {
		all = of.appendValues(all, path)
	}
	if f.under == nil {
		return all
	}
	var found []string
	for _, v := range all[from:] {
		found = append(found, f.under(v)...)
	}
	return append(all[:from], found...)
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
	_, is := deriveBoth(kind, nil, f)
	return is
}

// deriveBoth is what follows from a record before and after, but for what follows
// from members that stayed as they were: neither result has that.
func deriveBoth(kind rights.Kind, old, now face) (was, is derived) {
	if isPointer(kind) {
		return was, is
	}
	same := func(paths []string) bool {
		for _, path := range paths {
			name, _, _ := strings.Cut(path, ".")
			if !bytes.Equal(old.get(name), now.get(name)) {
				return false
			}
		}
		return true
	}
	both := [2]struct {
		face
		*derived
	}{{old, &was}, {now, &is}}
	var values []string
	for name, field := range fields[kind] {
		if same(field.paths) {
			continue
		}
		for _, d := range both {
			values = field.appendValues(values[:0], d.face)
			for _, v := range values {
				d.postings = append(d.postings, fieldPrefix(kind, name, v))
			}
		}
	}
	if paths := texted[kind]; !same(paths) {
		for _, d := range both {
			values = values[:0]
			for _, path := range paths {
				values = d.face.appendValues(values, path)
			}
			for _, term := range documentTerms(values...) {
				d.postings = append(d.postings, textPrefix(kind, term))
			}
		}
	}
	for _, d := range both {
		d.counters = append(d.counters, counterKind+string(kind))
		if s := d.face.state(); s != "" && len(s) <= maxCountedState {
			d.counters = append(d.counters, counterState+string(kind)+"/"+s)
		}
		slices.Sort(d.postings)
		d.postings = slices.Compact(d.postings)
	}
	return was, is
}

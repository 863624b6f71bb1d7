package api

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"unicode/utf8"

	"github.com/datarights/datarights/internal/jsonobject"
)

// member is one field of a record as the ledger wrote it. Answers are built
// from members rather than from Go types, so that nothing a newer chaincode
// added is lost and nothing is added that is not on the ledger.
type member struct {
	name  []byte // as JSON has it between quotes; the ledger writes none with escapes
	value json.RawMessage
}

var errNoObject = errors.New("not a JSON object")

// members splits what is JSON and should be an object, keeping the order of its
// fields. The values are parts of raw. It runs for every record of every answer.
func members(raw json.RawMessage) ([]member, error) {
	parts := jsonobject.Members(nil, raw)
	if parts == nil {
		return nil, errNoObject
	}
	ms := make([]member, len(parts), len(parts)+added)
	for i, p := range parts {
		ms[i] = member{p.Name, p.Value}
		if bytes.IndexByte(p.Name, '\\') < 0 && utf8.Valid(p.Name) {
			continue
		}
		// So that no name goes by another spelling.
		var name string
		if err := json.Unmarshal(fmt.Appendf(nil, `"%s"`, p.Name), &name); err != nil {
			return nil, err
		}
		written, err := encode(name)
		if err != nil {
			return nil, err
		}
		ms[i].name = written[1 : len(written)-1]
	}
	return ms, nil
}

// added is how many fields answers add to a record: view, ledger, and what is
// computed.
const added = 4

// object joins what members split.
func object(ms []member) json.RawMessage {
	size := 2
	for _, m := range ms {
		size += len(m.name) + len(m.value) + 4
	}
	b := append(make([]byte, 0, size), '{')
	for i, m := range ms {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(append(append(b, '"'), m.name...), '"', ':')
		b = append(b, m.value...)
	}
	return append(b, '}')
}

// text is the value of the field of that name, if it is a string.
func text(ms []member, name string) string {
	for _, m := range ms {
		if string(m.name) != name || len(m.value) < 2 || m.value[0] != '"' {
			continue
		}
		if bytes.IndexByte(m.value, '\\') < 0 && utf8.Valid(m.value) {
			return string(m.value[1 : len(m.value)-1])
		}
		var s string
		if json.Unmarshal(m.value, &s) == nil {
			return s
		}
	}
	return ""
}

// with appends a field, in place of one of that name.
func with(ms []member, name string, v any) ([]member, error) {
	raw, err := encode(v)
	if err != nil {
		return nil, err
	}
	for i := range ms {
		if string(ms[i].name) == name {
			ms[i].value = raw
			return ms, nil
		}
	}
	return append(ms, member{[]byte(name), raw}), nil
}

// keep returns the members of those names, in place.
func keep(ms []member, names map[string]bool) []member {
	return slices.DeleteFunc(ms, func(m member) bool { return !names[string(m.name)] })
}

// drop returns the members not of those names, in place.
func drop(ms []member, names ...string) []member {
	return slices.DeleteFunc(ms, func(m member) bool { return slices.Contains(names, string(m.name)) })
}

func set(names ...string) map[string]bool {
	m := make(map[string]bool, len(names))
	for _, n := range names {
		m[n] = true
	}
	return m
}

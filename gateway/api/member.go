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
type member = jsonobject.Member

var errNoObject = errors.New("not a JSON object")

// members splits what is JSON and should be an object, keeping the order of its
// fields. The values are parts of raw. It runs for every record of every answer.
func members(raw json.RawMessage) ([]member, error) {
	ms := jsonobject.Members(nil, raw)
	if ms == nil {
		return nil, errNoObject
	}
	for i := range ms {
		m := &ms[i]
		if bytes.IndexByte(m.Name, '\\') < 0 && utf8.Valid(m.Name) {
			continue
		}
		// So that no name goes by another spelling.
		var name string
		if err := json.Unmarshal(fmt.Appendf(nil, `"%s"`, m.Name), &name); err != nil {
			return nil, err
		}
		written, err := encode(name)
		if err != nil {
			return nil, err
		}
		m.Name = written[1 : len(written)-1]
	}
	return ms, nil
}

// object joins what members split.
func object(ms []member) json.RawMessage {
	size := 2
	for _, m := range ms {
		size += len(m.Name) + len(m.Value) + 4
	}
	b := append(make([]byte, 0, size), '{')
	for i, m := range ms {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(append(append(b, '"'), m.Name...), '"', ':')
		b = append(b, m.Value...)
	}
	return append(b, '}')
}

// text is the value of the field of that name, if it is a string.
func text(ms []member, name string) string {
	for _, m := range ms {
		if string(m.Name) != name {
			continue
		}
		if s, ok := jsonobject.Text(m.Value); ok {
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
		if string(ms[i].Name) == name {
			ms[i].Value = raw
			return ms, nil
		}
	}
	return append(ms, member{Name: []byte(name), Value: raw}), nil
}

// keep returns the members of those names, in place.
func keep(ms []member, names map[string]bool) []member {
	return slices.DeleteFunc(ms, func(m member) bool { return !names[string(m.Name)] })
}

// drop returns the members not of those names, in place.
func drop(ms []member, names ...string) []member {
	return slices.DeleteFunc(ms, func(m member) bool { return slices.Contains(names, string(m.Name)) })
}

func set(names ...string) map[string]bool {
	m := make(map[string]bool, len(names))
	for _, n := range names {
		m[n] = true
	}
	return m
}

package api

import (
	"bytes"
	"encoding/json"
	"errors"
)

// member is one field of a record as the ledger wrote it. Answers are built
// from members rather than from Go types, so that nothing a newer chaincode
// added is lost and nothing is added that is not on the ledger.
type member struct {
	name  string
	value json.RawMessage
}

// members splits a JSON object, keeping the order of its fields.
func members(raw json.RawMessage) ([]member, error) {
	d := json.NewDecoder(bytes.NewReader(raw))
	if t, err := d.Token(); err != nil || t != json.Delim('{') {
		return nil, errors.Join(errors.New("not a JSON object"), err)
	}
	var ms []member
	for d.More() {
		t, err := d.Token()
		if err != nil {
			return nil, err
		}
		m := member{name: t.(string)} // a key, or Token would have failed
		if err := d.Decode(&m.value); err != nil {
			return nil, err
		}
		ms = append(ms, m)
	}
	_, err := d.Token()
	return ms, err
}

// object joins what members split.
func object(ms []member) (json.RawMessage, error) {
	b := []byte{'{'}
	for i, m := range ms {
		if i > 0 {
			b = append(b, ',')
		}
		name, err := encode(m.name)
		if err != nil {
			return nil, err
		}
		b = append(append(append(b, name...), ':'), m.value...)
	}
	return append(b, '}'), nil
}

// with appends a field, in place of one of that name.
func with(ms []member, name string, v any) ([]member, error) {
	raw, err := encode(v)
	if err != nil {
		return nil, err
	}
	for i := range ms {
		if ms[i].name == name {
			ms[i].value = raw
			return ms, nil
		}
	}
	return append(ms, member{name, raw}), nil
}

// keep returns the members of those names.
func keep(ms []member, names map[string]bool) []member {
	var out []member
	for _, m := range ms {
		if names[m.name] {
			out = append(out, m)
		}
	}
	return out
}

// drop returns the members not of those names.
func drop(ms []member, names ...string) []member {
	var out []member
next:
	for _, m := range ms {
		for _, n := range names {
			if m.name == n {
				continue next
			}
		}
		out = append(out, m)
	}
	return out
}

func set(names ...string) map[string]bool {
	m := make(map[string]bool, len(names))
	for _, n := range names {
		m[n] = true
	}
	return m
}

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

var errNoObject = errors.New("not a JSON object")

// members splits a JSON object, keeping the order of its fields. The values
// are parts of raw. It runs for every record of every answer, so it looks only
// for where values end; that all of it is JSON is checked first.
func members(raw json.RawMessage) ([]member, error) {
	if !json.Valid(raw) {
		return nil, errNoObject
	}
	rest := bytes.TrimLeft(raw, space)
	if rest[0] != '{' {
		return nil, errNoObject
	}
	ms := make([]member, 0, 32)
	for rest = bytes.TrimLeft(rest[1:], space); rest[0] != '}'; rest = bytes.TrimLeft(rest, space+",") {
		n := valueEnd(rest)
		var m member
		if err := json.Unmarshal(rest[:n], &m.name); err != nil {
			return nil, err
		}
		rest = bytes.TrimLeft(rest[n:], space+":")
		n = valueEnd(rest)
		m.value, rest = rest[:n:n], rest[n:]
		ms = append(ms, m)
	}
	return ms, nil
}

// space is what JSON allows between tokens.
const space = " \t\r\n"

// valueEnd is the length of the value that valid JSON begins with.
func valueEnd(b []byte) int {
	depth := 0
	for i := 0; i < len(b); i++ {
		switch b[i] {
		case '"':
			for i++; b[i] != '"'; i++ {
				if b[i] == '\\' {
					i++
				}
			}
		case '{', '[':
			depth++
			continue
		case '}', ']':
			if depth == 0 { // of what the value stands in
				return i
			}
			depth--
		case ',', ' ', '\t', '\r', '\n':
			if depth == 0 {
				return i
			}
			continue
		default:
			continue
		}
		if depth == 0 {
			return i + 1
		}
	}
	return len(b)
}

// object joins what members split.
func object(ms []member) (json.RawMessage, error) {
	size := 2
	for _, m := range ms {
		size += len(m.name) + len(m.value) + 4
	}
	b := append(make([]byte, 0, size), '{')
	for i, m := range ms {
		if i > 0 {
			b = append(b, ',')
		}
		name := []byte(`"` + m.name + `"`)
		if !plain(m.name) {
			var err error
			if name, err = encode(m.name); err != nil {
				return nil, err
			}
		}
		b = append(append(append(b, name...), ':'), m.value...)
	}
	return append(b, '}'), nil
}

// plain reports whether a name stands in JSON as it is.
func plain(name string) bool {
	for i := range len(name) {
		if c := name[i]; c < ' ' || c > '~' || c == '"' || c == '\\' {
			return false
		}
	}
	return true
}

// text is the value of the field of that name, if it is a string.
func text(ms []member, name string) string {
	for _, m := range ms {
		var s string
		if m.name == name && json.Unmarshal(m.value, &s) == nil {
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

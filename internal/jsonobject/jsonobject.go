// Package jsonobject tells the members of a JSON object apart without reading
// them: each value stays the bytes it was written as.
package jsonobject

import (
	"bytes"
	"encoding/json"
	"unicode/utf8"
)

// Member is one member of an object. Both are parts of the object's bytes.
type Member struct {
	Name  []byte // as it stands between its quotes
	Value json.RawMessage
}

// Members are those of an object, in their order, in the room of a slice that is
// done with. It looks only for where names and values end: of what is JSON it
// finds every member, of anything else it may find some that are not JSON
// themselves, or none, which is nil. An empty object has none either, but is not nil.
func Members(room []Member, object []byte) []Member {
	s := splitter{b: object}
	if s.space(); !s.take('{') {
		return nil
	}
	if room == nil {
		room = make([]Member, 0, 28)
	}
	return s.members(room[:0])
}

// members are those of an object whose brace is open.
func (s *splitter) members(f []Member) []Member {
	for s.space(); !s.take('}'); s.space() {
		if len(f) > 0 {
			if !s.take(',') {
				return nil
			}
			s.space()
		}
		name, ok := s.text()
		if s.space(); !ok || !s.take(':') {
			return nil
		}
		s.space()
		value, ok := s.value()
		if !ok {
			return nil
		}
		f = append(f, Member{name, value})
	}
	if s.space(); s.at < len(s.b) {
		return nil
	}
	return f
}

// Text is what a JSON string says; most need no more than to lose their quotes.
func Text(value json.RawMessage) (s string, ok bool) {
	if len(value) < 2 || value[0] != '"' {
		return "", false
	}
	if value[len(value)-1] == '"' && bytes.IndexByte(value, '\\') < 0 && utf8.Valid(value) {
		return string(value[1 : len(value)-1]), true
	}
	ok = json.Unmarshal(value, &s) == nil
	return s, ok
}

// splitter finds where JSON values end.
type splitter struct {
	b  []byte
	at int
}

func (s *splitter) space() {
	for s.at < len(s.b) && (s.b[s.at] == ' ' || s.b[s.at] == '\n' || s.b[s.at] == '\t' || s.b[s.at] == '\r') {
		s.at++
	}
}

func (s *splitter) take(c byte) bool {
	if s.at < len(s.b) && s.b[s.at] == c {
		s.at++
		return true
	}
	return false
}

// text is what stands between two quotes.
func (s *splitter) text() ([]byte, bool) {
	if !s.take('"') {
		return nil, false
	}
	for from := s.at; s.at < len(s.b); s.at++ {
		switch s.b[s.at] {
		case '"':
			s.at++
			return s.b[from : s.at-1], true
		case '\\':
			s.at++
		}
	}
	return nil, false
}

// value goes over one value.
func (s *splitter) value() ([]byte, bool) {
	from, depth := s.at, 0
	for s.at < len(s.b) {
		switch s.b[s.at] {
		case '"':
			if _, ok := s.text(); !ok {
				return nil, false
			}
		case '{', '[':
			depth++
			s.at++
			continue
		case '}', ']':
			if depth == 0 {
				return nil, false
			}
			depth--
			s.at++
		case ',', ':', ' ', '\n', '\t', '\r':
			if depth == 0 {
				return nil, false
			}
			s.at++
			continue
		default:
			for s.at < len(s.b) && bytes.IndexByte([]byte(",:}] \n\t\r"), s.b[s.at]) < 0 {
				s.at++
			}
		}
		if depth == 0 {
			return s.b[from:s.at], true
		}
	}
	return nil, false
}

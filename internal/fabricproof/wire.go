package fabricproof

import (
	"slices"
	"unicode/utf8"

	"google.golang.org/protobuf/encoding/protowire"
)

// message is a serialized message taken apart where it stands. A transaction is
// eight messages one in the other, each as bytes in a field of the one around it,
// and unmarshalling copies them at every level; a reader of whole chains cannot
// afford that. What is read means what it means to generated code: the last of
// several values of a field counts, several parts of a message are one, and a
// field of another wire type is not there.
type message []field

type field struct {
	number protowire.Number
	kind   protowire.Type
	bytes  []byte // of protowire.BytesType
	varint uint64 // of protowire.VarintType
}

// parse takes a message apart. Nothing of raw may change while the message is read.
func parse(raw []byte) (message, error) { return parseInto(make(message, 0, 4), raw) }

// parseInto is parse in the room of a message that is done with.
func parseInto(room message, raw []byte) (message, error) {
	m := room[:0]
	for len(raw) > 0 {
		number, kind, n := protowire.ConsumeTag(raw)
		if n < 0 {
			return nil, protowire.ParseError(n)
		}
		raw = raw[n:]
		f := field{number: number, kind: kind}
		switch kind {
		case protowire.BytesType:
			f.bytes, n = protowire.ConsumeBytes(raw)
		case protowire.VarintType:
			f.varint, n = protowire.ConsumeVarint(raw)
		default:
			n = protowire.ConsumeFieldValue(number, kind, raw)
		}
		if n < 0 {
			return nil, protowire.ParseError(n)
		}
		raw = raw[n:]
		m = append(m, f)
	}
	return m, nil
}

// each visits the values of a repeated field.
func (m message) each(number protowire.Number, visit func([]byte) error) error {
	for i := range m {
		if m[i].number == number && m[i].kind == protowire.BytesType {
			if err := visit(m[i].bytes); err != nil {
				return err
			}
		}
	}
	return nil
}

// get is a field of bytes.
func (m message) get(number protowire.Number) (value []byte) {
	for i := range m {
		if m[i].number == number && m[i].kind == protowire.BytesType {
			value = m[i].bytes
		}
	}
	return value
}

// integer is a field that is a number or a truth.
func (m message) integer(number protowire.Number) (value uint64) {
	for i := range m {
		if m[i].number == number && m[i].kind == protowire.VarintType {
			value = m[i].varint
		}
	}
	return value
}

// text is a field that is a string.
func (m message) text(number protowire.Number) (string, error) {
	value := m.get(number)
	if !utf8.Valid(value) {
		return "", malformed("a string that is not UTF-8")
	}
	return string(value), nil
}

// sub is a field that is a message.
func (m message) sub(number protowire.Number) (message, error) { return parse(m.whole(number)) }

// whole is a field that is a message, as it is serialized.
func (m message) whole(number protowire.Number) (whole []byte) {
	for i := range m {
		switch {
		case m[i].number != number || m[i].kind != protowire.BytesType:
		case whole == nil:
			whole = m[i].bytes
		default:
			whole = append(slices.Clip(whole), m[i].bytes...)
		}
	}
	return whole
}

package table

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// Kinds of cell. The zero cell is empty.
const (
	Number = 'n'
	Text   = 't'
	Nested = 'j'
)

// maxNesting bounds arrays and objects inside one cell.
const maxNesting = 64

// Cell is one value in canonical form.
type Cell struct {
	Kind byte
	Text string
}

// Empty tells a missing value.
func (c Cell) Empty() bool { return c.Kind == 0 }

// ParseCell makes any text canonical (rules 1 to 4).
func ParseCell(s string) Cell {
	s = canonicalText(s)
	if s == "" {
		return Cell{}
	}
	if n, ok := canonicalNumber(s); ok {
		return Cell{Number, n}
	}
	return Cell{Text, s}
}

func canonicalText(s string) string {
	if strings.Contains(s, "\r\n") {
		s = strings.ReplaceAll(s, "\r\n", "\n")
	}
	return norm.NFC.String(strings.TrimFunc(s, unicode.IsSpace))
}

// canonicalNumber reads a number in JSON's grammar and writes it as
// <coefficient>e<exponent>.
func canonicalNumber(s string) (string, bool) {
	rest, negative := strings.CutPrefix(s, "-")
	whole := digits(rest)
	rest = rest[len(whole):]
	if whole == "" || len(whole) > 1 && whole[0] == '0' {
		return "", false
	}
	fraction := ""
	if r, ok := strings.CutPrefix(rest, "."); ok {
		if fraction = digits(r); fraction == "" {
			return "", false
		}
		rest = r[len(fraction):]
	}
	exponent := 0
	if rest != "" {
		if rest[0] != 'e' && rest[0] != 'E' {
			return "", false
		}
		sign, r := 1, rest[1:]
		if r != "" && (r[0] == '+' || r[0] == '-') {
			if r[0] == '-' {
				sign = -1
			}
			r = r[1:]
		}
		if d := digits(r); d == "" || d != r || len(d) > 9 {
			return "", false
		}
		v, err := strconv.Atoi(r)
		if err != nil {
			return "", false
		}
		exponent = sign * v
	}
	all := strings.TrimLeft(whole+fraction, "0")
	if all == "" {
		return "0e0", true
	}
	coefficient := strings.TrimRight(all, "0")
	exponent += len(all) - len(coefficient) - len(fraction)
	if negative {
		coefficient = "-" + coefficient
	}
	return coefficient + "e" + strconv.Itoa(exponent), true
}

// digits returns the decimal digits s begins with.
func digits(s string) string {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return s[:i]
		}
	}
	return s
}

// jsonCell reads the next value of dec, which has UseNumber set.
func jsonCell(dec *json.Decoder) (Cell, error) {
	tok, err := dec.Token()
	if err != nil {
		return Cell{}, err
	}
	switch v := tok.(type) {
	case nil:
		return Cell{}, nil
	case string:
		return ParseCell(v), nil
	case json.Number:
		return ParseCell(v.String()), nil
	case bool:
		return Cell{Text, strconv.FormatBool(v)}, nil
	}
	var b bytes.Buffer
	if err := nested(&b, dec, tok, 1); err != nil {
		return Cell{}, err
	}
	return Cell{Nested, b.String()}, nil
}

var errNesting = fmt.Errorf("a value is nested more than %d levels deep", maxNesting)

// nested writes the value that begins with tok as canonical JSON (rule 5).
func nested(b *bytes.Buffer, dec *json.Decoder, tok json.Token, depth int) error {
	if depth > maxNesting {
		return errNesting
	}
	switch v := tok.(type) {
	case nil:
		b.WriteString("null")
	case bool:
		b.WriteString(strconv.FormatBool(v))
	case json.Number:
		if n, ok := canonicalNumber(v.String()); ok {
			b.WriteString(n)
		} else {
			b.WriteString(v.String())
		}
	case string:
		writeString(b, canonicalText(v))
	case json.Delim:
		if v == '[' {
			return nestedArray(b, dec, depth)
		}
		return nestedObject(b, dec, depth)
	}
	return nil
}

func nestedArray(b *bytes.Buffer, dec *json.Decoder, depth int) error {
	b.WriteByte('[')
	for i := 0; dec.More(); i++ {
		if i > 0 {
			b.WriteByte(',')
		}
		tok, err := dec.Token()
		if err != nil {
			return err
		}
		if err := nested(b, dec, tok, depth+1); err != nil {
			return err
		}
	}
	b.WriteByte(']')
	_, err := dec.Token()
	return err
}

func nestedObject(b *bytes.Buffer, dec *json.Decoder, depth int) error {
	type member struct{ key, text string }
	var members []member
	for dec.More() {
		key, err := objectKey(dec)
		if err != nil {
			return err
		}
		tok, err := dec.Token()
		if err != nil {
			return err
		}
		var v bytes.Buffer
		if err := nested(&v, dec, tok, depth+1); err != nil {
			return err
		}
		members = append(members, member{key, v.String()})
	}
	if _, err := dec.Token(); err != nil {
		return err
	}
	slices.SortFunc(members, func(x, y member) int { return strings.Compare(x.key, y.key) })
	b.WriteByte('{')
	for i, m := range members {
		if i > 0 {
			if members[i-1].key == m.key {
				return fmt.Errorf("the key %q appears twice", m.key)
			}
			b.WriteByte(',')
		}
		writeString(b, m.key)
		b.WriteByte(':')
		b.WriteString(m.text)
	}
	b.WriteByte('}')
	return nil
}

// objectKey reads a key, canonical as a text is.
func objectKey(dec *json.Decoder) (string, error) {
	tok, err := dec.Token()
	if err != nil {
		return "", err
	}
	key, ok := tok.(string)
	if !ok { // unreachable: the decoder gives keys as strings
		return "", errors.New("a key is expected")
	}
	return canonicalText(key), nil
}

// writeString writes s as JSON with no more escapes than JSON asks for.
func writeString(b *bytes.Buffer, s string) {
	const hexDigits = "0123456789abcdef"
	b.WriteByte('"')
	for i := range len(s) {
		switch c := s[i]; {
		case c == '"' || c == '\\':
			b.WriteByte('\\')
			b.WriteByte(c)
		case c < 0x20:
			b.WriteString(`\u00`)
			b.WriteByte(hexDigits[c>>4])
			b.WriteByte(hexDigits[c&15])
		default:
			b.WriteByte(c)
		}
	}
	b.WriteByte('"')
}

// cleanEOF turns the decoder's end of input in the middle of a value into what
// it is.
func cleanEOF(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return errors.New("the file ends in the middle of a value")
	}
	return err
}

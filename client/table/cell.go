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
	"unicode/utf8"

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

// AppendCell appends the canonical text of raw to b and returns its kind, 0 for
// an empty cell, as ParseCell would; it allocates nothing for plain ASCII.
func AppendCell(b, raw []byte) (byte, []byte) {
	if len(raw) > 0 && (isSpace(raw[0]) || isSpace(raw[len(raw)-1])) {
		raw = bytes.TrimFunc(raw, unicode.IsSpace)
	}
	if len(raw) == 0 {
		return 0, b
	}
	if ascii(raw) < len(raw) || bytes.IndexByte(raw, '\r') >= 0 {
		c := ParseCell(string(raw))
		return c.Kind, append(b, c.Text...)
	}
	if raw[0] == '-' || '0' <= raw[0] && raw[0] <= '9' {
		if out, ok := appendDecimal(b, raw); ok {
			return Number, out
		}
		if n, ok := canonicalNumber(string(raw)); ok {
			return Number, append(b, n...)
		}
	}
	return Text, append(b, raw...)
}

func isSpace(c byte) bool { return c == ' ' || '\t' <= c && c <= '\r' || c >= utf8.RuneSelf }

// appendDecimal is canonicalNumber for numbers without an exponent; ok is false
// for all else.
func appendDecimal(b, s []byte) (out []byte, ok bool) {
	from := len(b)
	if s[0] == '-' {
		b, s = append(b, '-'), s[1:]
	}
	digits := len(b)
	point := -1
	for i, c := range s {
		if c == '.' && point < 0 && i > 0 {
			point = i
			continue
		}
		if c < '0' || c > '9' {
			return b[:from], false
		}
		if c != '0' || len(b) > digits {
			b = append(b, c)
		}
	}
	whole, fraction := len(s), 0
	if point >= 0 {
		whole, fraction = point, len(s)-point-1
	}
	if whole == 0 || whole > 1 && s[0] == '0' || point >= 0 && fraction == 0 {
		return b[:from], false
	}
	end := len(b)
	for end > digits && b[end-1] == '0' {
		end--
	}
	if end == digits {
		return append(b[:from], "0e0"...), true
	}
	exponent := len(b) - end - fraction
	return strconv.AppendInt(append(b[:end], 'e'), int64(exponent), 10), true
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

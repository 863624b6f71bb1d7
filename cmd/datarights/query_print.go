package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"unicode"

	"github.com/datarights/datarights/chaincode/rights"
)

// print shows records of a kind in columns; a column that none has is left out.
func (k *kind) print(out io.Writer, items []json.RawMessage) error {
	if len(items) == 0 {
		_, err := fmt.Fprintln(out, "（无 none）")
		return err
	}
	cells := make([][]string, len(items))
	used := make([]bool, len(k.columns))
	for i, item := range items {
		record, err := decodeAny(item)
		if err != nil {
			return err
		}
		for j, c := range k.columns {
			text := c.text(k, record)
			used[j] = used[j] || text != "-"
			cells[i] = append(cells[i], text)
		}
	}
	var t table
	for j, c := range k.columns {
		if used[j] {
			t.header = append(t.header, c.title)
		}
	}
	for _, row := range cells {
		var kept []string
		for j, text := range row {
			if used[j] {
				kept = append(kept, text)
			}
		}
		t.add(kept...)
	}
	return t.print(out)
}

func (c column) text(k *kind, record any) string {
	v := record
	for _, name := range strings.Split(c.path, ".") {
		object, ok := v.(map[string]any)
		if !ok {
			return "-"
		}
		v = object[name]
	}
	if v == nil {
		return "-"
	}
	if c.show != nil {
		return c.show(v)
	}
	if c.path == "state" {
		return stateText(k.record, rights.State(plain(v)))
	}
	return plain(v)
}

// plain is a value on one line.
func plain(v any) string {
	switch v := v.(type) {
	case string:
		return printable(v)
	case []any:
		var parts []string
		for _, e := range v {
			parts = append(parts, plain(e))
		}
		return strings.Join(parts, ", ")
	case map[string]any:
		text, err := encodeJSON(v)
		if err != nil {
			return "?"
		}
		return string(text)
	default:
		return fmt.Sprint(v)
	}
}

// printable keeps what others wrote from steering the terminal.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || unicode.Is(unicode.Cf, r) {
			return '�'
		}
		return r
	}, s)
}

func showTime(v any) string {
	if n, ok := v.(json.Number); ok {
		if unix, err := n.Int64(); err == nil && unix > 0 {
			return when(unix)
		}
	}
	return "-"
}

func showYes(v any) string {
	if v == true {
		return "是 yes"
	}
	return "否 no"
}

// kindTitles are the three rights as certificates name them.
var kindTitles = map[string]string{"RightHolding": "持有权 holding", "RightUse": "使用权 use", "RightOperation": "经营权 operation"}

func showKind(v any) string {
	if list, ok := v.([]any); ok {
		var parts []string
		for _, k := range list {
			parts = append(parts, showKind(k))
		}
		return strings.Join(parts, ", ")
	}
	if t := kindTitles[plain(v)]; t != "" {
		return t
	}
	return plain(v)
}

func decodeAny(raw json.RawMessage) (v any, err error) {
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	if err := d.Decode(&v); err != nil {
		return nil, fmt.Errorf("couldn't read a record: %w", err)
	}
	return v, nil
}

// printRecord shows a JSON object field by field, in the order it has them.
func printRecord(out io.Writer, raw json.RawMessage, indent string) error {
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	var t table
	if err := addRecord(&t, d, "", indent); err != nil {
		return fmt.Errorf("couldn't read a record: %w", err)
	}
	return t.print(out)
}

// addRecord adds the next value of d under a name.
func addRecord(t *table, d *json.Decoder, name, indent string) error {
	token, err := d.Token()
	if err != nil {
		return err
	}
	inner := indent
	if name != "" {
		inner += "  "
	}
	switch token {
	case json.Delim('{'):
		if name != "" {
			t.add(indent + name)
		}
		for d.More() {
			key, err := d.Token()
			if err != nil {
				return err
			}
			if err := addRecord(t, d, printable(fmt.Sprint(key)), inner); err != nil {
				return err
			}
		}
		_, err = d.Token()
		return err
	case json.Delim('['):
		n := 0
		var words []string
		for d.More() {
			var item json.RawMessage
			if err := d.Decode(&item); err != nil {
				return err
			}
			n++
			if item[0] == '{' || item[0] == '[' {
				sub := json.NewDecoder(bytes.NewReader(item))
				sub.UseNumber()
				if err := addRecord(t, sub, fmt.Sprintf("%s[%d]", name, n-1), indent); err != nil {
					return err
				}
				continue
			}
			v, err := decodeAny(item)
			if err != nil {
				return err
			}
			words = append(words, plain(v))
		}
		if n == 0 {
			t.add(indent+name, "（无 none）")
		}
		if len(words) > 0 {
			t.add(indent+name, strings.Join(words, ", "))
		}
		_, err = d.Token()
		return err
	}
	t.add(indent+name, scalar(name, token))
	return nil
}

// scalar adds to an instant its date.
func scalar(name string, v any) string {
	text := plain(v)
	if n, ok := v.(json.Number); ok && isInstant(name) {
		if unix, err := n.Int64(); err == nil && unix > 1e9 {
			return text + "  （" + when(unix) + "）"
		}
	}
	if title := kindTitles[text]; title != "" && name == "kind" {
		return text + "  （" + title + "）"
	}
	return text
}

func isInstant(name string) bool {
	switch name {
	case "at", "from", "to", "until", "validFrom", "validTo", "iat", "exp":
		return true
	}
	return strings.HasSuffix(name, "At")
}

package table

import (
	"bytes"
	"encoding/csv"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
	"unicode/utf8"
)

// plainRows reads with encoding/csv alone.
func plainRows(text string) (rows [][]string, err error) {
	r := csv.NewReader(strings.NewReader(text))
	for {
		row, err := r.Read()
		if errors.Is(err, io.EOF) {
			return rows, nil
		}
		if err != nil {
			return rows, csvError(err, 0)
		}
		rows = append(rows, row)
	}
}

// blockRows reads through blocks, which are as small as step says if it is not 0.
func blockRows(t *testing.T, text string, step int) (rows [][]string, err error) {
	b, err := NewBlocks(strings.NewReader(text), Options{Header: HeaderNone})
	if err != nil {
		return nil, err
	}
	p := b.Parser()
	for {
		block, err := b.Next(nil)
		if errors.Is(err, io.EOF) {
			return rows, nil
		}
		if err != nil {
			return rows, err
		}
		for _, piece := range pieces(block, step) {
			if err := p.Rows(piece, func(fields [][]byte) error {
				row := make([]string, len(fields))
				for i, f := range fields {
					if cap(f) < len(f)+Slack {
						t.Fatalf("field %q has a capacity of %d", f, cap(f))
					}
					row[i] = string(f)
				}
				rows = append(rows, row)
				return nil
			}); err != nil {
				return rows, err
			}
		}
	}
}

// pieces cuts a block as if it had been read in steps.
func pieces(b Block, step int) (list []Block) {
	if step == 0 {
		return []Block{b}
	}
	from, checked, odd := 0, 0, false
	cut := func(to int) {
		data := append(make([]byte, 0, to-from+Slack), b.data[from:to]...)
		list = append(list, Block{data: data, line: b.line + bytes.Count(b.data[:from], []byte{'\n'}), quotes: bytes.IndexByte(data, '"') >= 0})
		from, checked, odd = to, to, false
	}
	for at := step; at < len(b.data); at += step {
		n := bytes.Count(b.data[checked:at], []byte{'"'})
		odd = odd != (n&1 == 1)
		if end := rowsEnd(b.data[from:at], checked-from, odd, n > 0); end > 0 {
			cut(from + end)
			at = from
			continue
		}
		checked = at
	}
	if from < len(b.data) {
		cut(len(b.data))
	}
	return list
}

// FuzzBlocks holds the parser of blocks against encoding/csv: the same rows, or
// the same refusal in the same line after the same rows.
func FuzzBlocks(f *testing.F) {
	for _, s := range []string{
		"a,b\n1,2\n", "a,b\r\n1,2\r\n\r\n3,4", "a,b\n\"x\"\"y\",\"l\nm\"\n", "a,b\n1\n", "a,b\n1,2,3\n", "a,b\n1,x\"y\n", "a,b\n\"x\"y,2\n",
		"a,b\n1,\"2\n", "a,b\n1,", "a,b\n1,2\r", "\n\n\r\na,b\n", "a,b\n\"\",\"\"\n", "a\n\"\r\n\"\n", "a\n\r\r\n\"\"\n", "a,b\n\"1\",\n\n,\"2\"",
		"a,b\n\"1\"\r\n", "a,b\n\"1\",\"2\"\r\n\"3\",\"4\"\r", "a,b\n1,\xff\n", "a,b,c,d,e\n12345678,123456789,1,,\n", "a\n1\n\"\n2\n3\n", "a,b\n\"a\nb\",c\n\nd,\"e\"\n",
	} {
		f.Add(s, uint8(3))
	}
	f.Fuzz(func(t *testing.T, text string, step uint8) {
		if !utf8.ValidString(text) || strings.Contains(text, "\x00") || strings.HasPrefix(text, utf8BOM) {
			return // refused or decoded first
		}
		want, wantErr := plainRows(text)
		for _, step := range []int{0, int(step)} {
			got, err := blockRows(t, text, step)
			if len(want) == 0 { // no header
				if err == nil {
					t.Fatalf("accepted: %q", got)
				}
				return
			}
			if !slices.EqualFunc(got, want, slices.Equal) {
				t.Fatalf("step %d: rows %q, want %q (%v, %v)", step, got, want, err, wantErr)
			}
			if (err == nil) != (wantErr == nil) || err != nil && err.Error() != wantErr.Error() {
				t.Fatalf("step %d: error %v, want %v", step, err, wantErr)
			}
		}
	})
}

func TestReadersReturnRowsAcrossBlocks(t *testing.T) {
	var b strings.Builder
	w := csv.NewWriter(&b)
	_ = w.Write([]string{"a", "b"})
	for i := range 60000 {
		_ = w.Write([]string{strings.Repeat("x", i%50), "l\n\"" + strings.Repeat("y", i%7)})
	}
	w.Flush()
	want, err := plainRows(b.String())
	if err != nil {
		t.Fatal(err)
	}
	for name, in := range map[string]io.Reader{"at once": strings.NewReader(b.String()), "in halves": iotest.HalfReader(strings.NewReader(b.String()))} {
		r, err := NewReader(in, Options{Format: CSV})
		if err != nil {
			t.Fatal(err)
		}
		raw := r.(RawReader)
		n := 1
		for ; ; n++ {
			cells, err := r.Next()
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				t.Fatal(err)
			}
			if !slices.Equal(raw.Raw(), want[n]) || cells[1] != ParseCell(want[n][1]) {
				t.Fatalf("%s: row %d is %q", name, n, raw.Raw())
			}
		}
		if n != len(want) {
			t.Errorf("%s: %d rows, want %d", name, n, len(want))
		}
	}
}

func TestGiantRecordsAreRefused(t *testing.T) {
	giant := strings.Repeat("x", 3*BlockSize)
	for name, c := range map[string]struct {
		text string
		line int
	}{"line": {"a,b\n1,2\n" + giant, 3}, "quoted": {"a\n1\n\"" + strings.Repeat("l\n", 2*BlockSize), 3}, "header": {giant, 1}} {
		b, err := newBlocks(strings.NewReader(c.text), Options{}, 2*BlockSize)
		for err == nil {
			var block Block
			if block, err = b.Next(nil); err == nil {
				err = b.Parser().Rows(block, func([][]byte) error { return nil })
			}
		}
		var e *InputError
		if !errors.As(err, &e) || e.Line != c.line || !strings.Contains(e.Detail, "MiB") {
			t.Errorf("%s: %v", name, err)
		}
	}
	lines, err := newJSONLines(strings.NewReader("[1]\n[\""+giant+"\"]\n"), HeaderAuto)
	if err != nil {
		t.Fatal(err)
	}
	lines.source.(*jsonLines).limit = BlockSize
	_, _ = lines.Next()
	var e *InputError
	if _, err := lines.Next(); !errors.As(err, &e) || e.Line != 2 || !strings.Contains(e.Detail, "MiB") {
		t.Errorf("JSON Lines: %v", err)
	}
}

package table

import (
	"archive/zip"
	"bytes"
	"errors"
	"io"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/parquet-go/parquet-go"
	"github.com/xuri/excelize/v2"
)

// all reads a table to its end.
func all(r io.Reader, o Options) (names []string, rows [][]Cell, err error) {
	t, err := NewReader(r, o)
	if err != nil {
		return nil, nil, err
	}
	if c, ok := t.(io.Closer); ok {
		defer func() { err = errors.Join(err, c.Close()) }()
	}
	for {
		row, err := t.Next()
		if errors.Is(err, io.EOF) {
			return t.Columns(), rows, nil
		}
		if err != nil {
			return nil, rows, err
		}
		rows = append(rows, append([]Cell(nil), row...))
	}
}

func cellsOf(texts ...string) (row []Cell) {
	for _, s := range texts {
		row = append(row, ParseCell(s))
	}
	return row
}

func parquetFile(t testing.TB, write func(w io.Writer) error) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := write(&b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestParquetValues(t *testing.T) {
	type row struct {
		Text   string    `parquet:"text"`
		Whole  int64     `parquet:"whole"`
		Big    uint64    `parquet:"big"`
		Double float64   `parquet:"double"`
		Float  float32   `parquet:"float"`
		Truth  bool      `parquet:"truth"`
		Maybe  *string   `parquet:"maybe,optional"`
		Price  int64     `parquet:"price,decimal(2:18)"`
		Day    int32     `parquet:"day,date"`
		At     time.Time `parquet:"at,timestamp(millisecond)"`
		ID     [16]byte  `parquet:"id,uuid"`
		Raw    []byte    `parquet:"raw"`
	}
	at := time.Date(2010, 1, 1, 1, 0, 0, 500_000_000, time.UTC)
	x := "x"
	data := parquetFile(t, func(w io.Writer) error {
		return parquet.Write(w, []row{
			{" 射阳 ", -12, 1<<64 - 1, 4.1, 0.1, true, &x, 1250, 14610, at, [16]byte{0xab, 15: 1}, []byte{0, 0xff}},
			{"", 0, 0, 1e21, 3, false, nil, -5, -1, at.Add(-500 * time.Millisecond), [16]byte{}, []byte("t")},
		})
	})
	want := [][]Cell{
		cellsOf("射阳", "-12", "18446744073709551615", "4.1", "0.1", "true", "x", "12.50", "2010-01-01", "2010-01-01T01:00:00.5Z", "ab000000-0000-0000-0000-000000000001", "00ff"),
		cellsOf("", "0", "0", "1e21", "3", "false", "", "-0.05", "1969-12-31", "2010-01-01T01:00:00Z", "00000000-0000-0000-0000-000000000000", "t"),
	}
	for name, in := range map[string]io.Reader{"in any order": bytes.NewReader(data), "as a stream": io.MultiReader(bytes.NewReader(data))} {
		dir := t.TempDir()
		names, rows, err := all(in, Options{Format: Parquet, TempDir: dir})
		if err != nil {
			t.Fatal(err)
		}
		if len(names) != 12 || names[0] != "text" || !reflect.DeepEqual(rows, want) {
			t.Errorf("%s: %q\n%v\nwant\n%v", name, names, rows, want)
		}
	}
	type nested struct {
		List []int64 `parquet:"list"`
	}
	data = parquetFile(t, func(w io.Writer) error { return parquet.Write(w, []nested{{[]int64{1}}}) })
	refused(t, "nested", data, Options{Format: Parquet}, "nested")
}

// refused checks that data is refused as bad input, in both languages.
func refused(t *testing.T, name string, data []byte, o Options, says string) {
	t.Helper()
	_, _, err := all(bytes.NewReader(data), o)
	var e *InputError
	if !errors.As(err, &e) || !strings.Contains(e.Detail, says) || e.DetailZh == "" || e.Format != o.Format {
		t.Errorf("%s: %v, want an InputError that says %q", name, err, says)
	}
}

func workbook(t testing.TB, edit func(f *excelize.File) error) []byte {
	t.Helper()
	f := excelize.NewFile()
	if err := edit(f); err != nil {
		t.Fatal(err)
	}
	b, err := f.WriteToBuffer()
	if err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestXLSXValues(t *testing.T) {
	data := workbook(t, func(f *excelize.File) error {
		_, err := f.NewSheet("other")
		date, err2 := f.NewStyle(&excelize.Style{CustomNumFmt: ptr("yyyy-mm-dd hh:mm")})
		money, err3 := f.NewStyle(&excelize.Style{NumFmt: 4}) // #,##0.00
		return errors.Join(err, err2, err3,
			f.SetSheetRow("Sheet1", "A2", &[]any{"date", "value", "truth", "text"}),
			f.SetSheetRow("Sheet1", "A4", &[]any{time.Date(2010, 1, 1, 1, 0, 0, 0, time.UTC), 1234.567, true, " 射阳 "}),
			f.SetSheetRow("Sheet1", "A5", &[]any{nil, 0.1 + 0.2, false}),
			f.SetSheetRow("Sheet1", "A6", &[]any{"x", 320902199001011, nil, "007"}),
			f.SetCellStyle("Sheet1", "A4", "A4", date), f.SetCellStyle("Sheet1", "B4", "B6", money),
			f.SetSheetRow("other", "A1", &[]any{"only"}), f.SetSheetRow("other", "A2", &[]any{7}))
	})
	names, rows, err := all(bytes.NewReader(data), Options{Format: XLSX})
	if err != nil {
		t.Fatal(err)
	}
	want := [][]Cell{cellsOf("2010-01-01 01:00", "1234.567", "true", "射阳"), cellsOf("", "0.3", "false", ""), cellsOf("x", "320902199001011", "", "007")}
	if strings.Join(names, ",") != "date,value,truth,text" || !reflect.DeepEqual(rows, want) {
		t.Errorf("%q\n%v\nwant\n%v", names, rows, want)
	}
	if names, rows, err = all(bytes.NewReader(data), Options{Format: XLSX, Sheet: "other", Header: HeaderNone}); err != nil || names[0] != "1" || len(rows) != 2 {
		t.Errorf("the other sheet: %q, %v, %v", names, rows, err)
	}
	refused(t, "no such sheet", data, Options{Format: XLSX, Sheet: "missing"}, "missing")
	refused(t, "cut", data[:len(data)/2], Options{Format: XLSX}, "workbook")
	refused(t, "no workbook", []byte("a,b\n1,2\n"), Options{Format: XLSX}, "workbook")
	refused(t, "empty sheet", workbook(t, func(*excelize.File) error { return nil }), Options{Format: XLSX}, "empty")
	refused(t, "a long row", workbook(t, func(f *excelize.File) error {
		return errors.Join(f.SetSheetRow("Sheet1", "A1", &[]any{"a"}), f.SetSheetRow("Sheet1", "A2", &[]any{1, 2}))
	}), Options{Format: XLSX}, "2 cells")
	refused(t, "no parquet", []byte("PAR1 and nothing"), Options{Format: Parquet}, "valid")
	refused(t, "empty parquet", nil, Options{Format: Parquet}, "empty")
}

func ptr[T any](v T) *T { return &v }

// A small archive that unpacks to much more.
func TestZipBombsAreRefused(t *testing.T) {
	data := workbook(t, func(f *excelize.File) error { return f.SetCellValue("Sheet1", "A1", "a") })
	in, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	w := zip.NewWriter(&out)
	for _, f := range in.File {
		if err := w.Copy(f); err != nil {
			t.Fatal(err)
		}
	}
	big, err := w.Create("xl/media/image1.png")
	if err != nil {
		t.Fatal(err)
	}
	for range 64 {
		if _, err := big.Write(make([]byte, 1<<20)); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if out.Len() > 1<<20 {
		t.Fatalf("the archive has %d bytes: it is no bomb", out.Len())
	}
	_, err = newXLSXWithin(bytes.NewReader(out.Bytes()), Options{}, 32<<20)
	var e *InputError
	if !errors.As(err, &e) || !strings.Contains(e.Detail, "unpacks") {
		t.Errorf("%v", err)
	}
	if tab, err := newXLSXWithin(bytes.NewReader(out.Bytes()), Options{}, 128<<20); err != nil {
		t.Errorf("within its bounds: %v", err)
	} else if err := tab.Close(); err != nil {
		t.Error(err)
	}
}

func TestEncodings(t *testing.T) {
	want := [][]Cell{cellsOf("射阳", "4.0"), cellsOf("鹽城€", "x")}
	for name, text := range map[string]string{
		"UTF-8":    "name,v\n射阳,4.0\n鹽城€,x\n",
		"BOM":      "\ufeffname,v\n射阳,4.0\n鹽城€,x\n",
		"GB18030":  "name,v\n\xc9\xe4\xd1\xf4,4.0\n\xfb\x7d\xb3\xc7\xa2\xe3,x\n",
		"UTF-16LE": "\xff\xfe" + utf16(binaryLE, "name,v\n射阳,4.0\n鹽城€,x\n"),
		"UTF-16BE": "\xfe\xff" + utf16(binaryBE, "name,v\n射阳,4.0\n鹽城€,x\n"),
		"late":     "name,v\n" + strings.Repeat("a,b\n", 100000) + "\xc9\xe4\xd1\xf4,4.0\n\xfb\x7d\xb3\xc7\xa2\xe3,x\n",
	} {
		_, rows, err := all(strings.NewReader(text), Options{Format: CSV})
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if got := rows[len(rows)-2:]; !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %v, want %v", name, got, want)
		}
	}
}

func utf16(order func(b []byte, v uint16) []byte, s string) string {
	var b []byte
	for _, r := range s {
		b = order(b, uint16(r))
	}
	return string(b)
}

func binaryLE(b []byte, v uint16) []byte { return append(b, byte(v), byte(v>>8)) }
func binaryBE(b []byte, v uint16) []byte { return append(b, byte(v>>8), byte(v)) }

func TestRawCells(t *testing.T) {
	for _, c := range []struct {
		format Format
		text   string
		want   [][]string
	}{
		{CSV, "a,b\n 4.00 ,\"x\"\"\r\ny\"\n,z\n", [][]string{{" 4.00 ", "x\"\ny"}, {"", "z"}}},
		{JSON, `[{"a":4.00,"b":" \u5c04 "},{"b":null,"c":[1, 2]}]`, [][]string{{"4.00", " 射 "}, {"", "null", "[1, 2]"}}},
		{JSONLines, "[4.00,true]\n[\"\",1e3]\n", [][]string{{"4.00", "true"}, {"", "1e3"}}},
	} {
		r, err := NewReader(strings.NewReader(c.text), Options{Format: c.format})
		if err != nil {
			t.Fatal(err)
		}
		for i, want := range c.want {
			cells, err := r.Next()
			if got := r.(RawReader).Raw(); err != nil || !reflect.DeepEqual(got, want) || len(cells) != len(want) {
				t.Errorf("%s row %d: %q, %v, want %q", c.format, i, got, err, want)
			}
		}
	}
}

func fuzzBinary(f *testing.F, format Format) {
	f.Fuzz(func(t *testing.T, data []byte) {

		_, _, err := all(bytes.NewReader(data), Options{Format: format, TempDir: t.TempDir()})

		var e *InputError
		if err != nil && (!errors.As(err, &e) || e.Detail == "" || e.DetailZh == "") {
			t.Fatalf("refused with %#v", err)
		}
	})
}

func FuzzParquet(f *testing.F) {
	type row struct {
		A string   `parquet:"a,dict"`
		B *float64 `parquet:"b,optional"`
		C int64    `parquet:"c,timestamp(microsecond)"`
	}
	for _, codec := range []parquet.WriterOption{parquet.Compression(&parquet.Uncompressed), parquet.Compression(&parquet.Snappy)} {
		f.Add(parquetFile(f, func(w io.Writer) error { return parquet.Write(w, []row{{"x", ptr(4.5), 7}, {"y", nil, 8}}, codec) }))
	}
	f.Add([]byte("PAR1PAR1"))
	fuzzBinary(f, Parquet)
}

func FuzzXLSX(f *testing.F) {
	f.Add(workbook(f, func(w *excelize.File) error { return w.SetSheetRow("Sheet1", "A1", &[]any{"a", 1, true}) }))
	f.Add([]byte("PK\x03\x04"))
	fuzzBinary(f, XLSX)
}

// Damaged files are refused, or read as something else, and nothing panics.
func TestDamagedFiles(t *testing.T) {
	type row struct {
		A string   `parquet:"a,dict"`
		B *float64 `parquet:"b,optional"`
	}
	files := map[Format][]byte{
		Parquet: parquetFile(t, func(w io.Writer) error {
			return parquet.Write(w, []row{{"x", ptr(4.5)}, {"y", nil}, {"x", ptr(1.0)}}, parquet.Compression(&parquet.Snappy))
		}),
		XLSX: workbook(t, func(w *excelize.File) error { return w.SetSheetRow("Sheet1", "A1", &[]any{"a", 1, true}) }),
	}
	r := rand.New(rand.NewPCG(7, 8))
	for format, whole := range files {
		refusedOnes := 0
		for range 120 {
			data := bytes.Clone(whole)
			for range 1 + r.IntN(4) {
				data[r.IntN(len(data))] = byte(r.Uint32())
			}
			if r.IntN(4) == 0 {
				data = data[:r.IntN(len(data))]
			}
			_, _, err := all(bytes.NewReader(data), Options{Format: format, TempDir: t.TempDir()})
			var e *InputError
			if err != nil && (!errors.As(err, &e) || e.Detail == "" || e.DetailZh == "") {
				t.Fatalf("%s: refused with %#v", format, err)
			}
			if err != nil {
				refusedOnes++
			}
		}
		if refusedOnes < 20 {
			t.Errorf("%s: %d of 120 refused: the damage does nothing", format, refusedOnes)
		}
	}
}

package fingerprint_test

import (
	"bytes"
	"cmp"
	"context"
	"encoding/binary"
	"encoding/csv"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/zeebo/xxh3"
	"pgregory.net/rapid"

	"github.com/datarights/datarights/client/fingerprint"
	"github.com/datarights/datarights/client/table"
	"github.com/datarights/datarights/internal/gm"
)

var testSalt = bytes.Repeat([]byte{7}, fingerprint.MasterSaltSize)

func of(t require, format fingerprint.Format, text string) fingerprint.Result {
	t.Helper()
	return with(t, text, fingerprint.Options{Format: format, MasterSalt: testSalt})
}

func with(t require, text string, o fingerprint.Options) fingerprint.Result {
	t.Helper()
	res, _, err := fingerprint.OfReader(context.Background(), strings.NewReader(text), o)
	if err != nil {
		t.Fatalf("%v in\n%s", err, text)
	}
	return res
}

// require is what testing.T, testing.F and rapid.T share.
type require interface {
	Helper()
	Fatalf(string, ...any)
	Errorf(string, ...any)
}

// toCSV and toJSON write one table in two formats.
func toCSV(t require, header []string, rows [][]string) string {
	t.Helper()
	var b bytes.Buffer
	w := csv.NewWriter(&b)
	if err := w.WriteAll(append([][]string{header}, rows...)); err != nil {
		t.Fatalf("%v", err)
	}
	return b.String()
}

func toJSON(t require, header []string, rows [][]string) string {
	t.Helper()
	records := make([]map[string]any, len(rows))
	for i, row := range rows {
		records[i] = map[string]any{}
		for j, v := range row {
			switch {
			case v == "" && j%2 == 0: // left out
			case v == "":
				records[i][header[j]] = nil
			case json.Valid([]byte(v)) && strings.ContainsAny(v[:1], "-0123456789"):
				records[i][header[j]] = json.Number(v)
			default:
				records[i][header[j]] = v
			}
		}
	}
	text, err := json.Marshal(records)
	if err != nil {
		t.Fatalf("%v", err)
	}
	return string(text)
}

func TestOneTableInManyForms(t *testing.T) {
	want := of(t, fingerprint.CSV, "date,station,temp\n2010-01-01,射阳,4.0\n2010-01-02,\"a, \"\"b\"\"\",-3.50\n2010-01-03,,1000\n")
	if want.RecordCount != 3 || !slices.Equal(want.Columns, []string{"date", "station", "temp"}) {
		t.Errorf("%+v", want)
	}
	for name, got := range map[string]fingerprint.Result{
		"rows in another order":        of(t, fingerprint.CSV, "date,station,temp\n2010-01-03,,1000\n2010-01-02,\"a, \"\"b\"\"\",-3.50\n2010-01-01,射阳,4.0\n"),
		"columns in another order":     of(t, fingerprint.CSV, "temp,date,station\n4.0,2010-01-01,射阳\n-3.50,2010-01-02,\"a, \"\"b\"\"\"\n1000,2010-01-03,\n"),
		"other names":                  of(t, fingerprint.CSV, "日期,站点,温度\n2010-01-01,射阳,4.0\n2010-01-02,\"a, \"\"b\"\"\",-3.50\n2010-01-03,,1000\n"),
		"numbers written otherwise":    of(t, fingerprint.CSV, "date,station,temp\n2010-01-01,射阳,4\n2010-01-02,\"a, \"\"b\"\"\",-35e-1\n2010-01-03,,1E+3\n"),
		"white space, CR LF and a BOM": of(t, fingerprint.CSV, "\ufeffdate,station,temp\r\n 2010-01-01 ,\u3000射阳,4.00\r\n2010-01-02,\"a, \"\"b\"\"\",-3.5\r\n2010-01-03,\u00a0,1000.0\r\n"),
		"an empty column and row":      of(t, fingerprint.CSV, "date,x,station,temp\n2010-01-01,,射阳,4.0\n,,,\n2010-01-02,,\"a, \"\"b\"\"\",-3.50\n2010-01-03,,,1000\n"),
		"tabs":                         with(t, "date\tstation\ttemp\n2010-01-01\t射阳\t4.0\n2010-01-02\t\"a, \"\"b\"\"\"\t-3.50\n2010-01-03\t\t1000\n", fingerprint.Options{Format: "csv", Comma: '\t'}),
		"no header":                    with(t, "2010-01-01,射阳,4.0\n2010-01-02,\"a, \"\"b\"\"\",-3.50\n2010-01-03,,1000\n", fingerprint.Options{Format: "csv", Header: fingerprint.HeaderNone}),
		"objects":                      of(t, fingerprint.JSON, `[{"date":"2010-01-01","station":"射阳","temp":4},{"temp":-3.5,"station":"a, \"b\"","date":"2010-01-02"},{"date":"2010-01-03","station":null,"temp":1e3}]`),
		"numbers as strings":           of(t, fingerprint.JSON, ` [ {"date":"2010-01-01","station":"\u5c04\u9633","temp":"4.0"},{"temp":"-3.50","station":"a, \"b\"","date":"2010-01-02"},{"date":"2010-01-03","temp":"1000"} ] `),
		"arrays":                       of(t, fingerprint.JSON, `[["2010-01-01","射阳",4],["2010-01-02","a, \"b\"",-3.5],["2010-01-03",null,1000]]`),
		"arrays with header":           with(t, `[["a",2,null],["2010-01-01","射阳",4],["2010-01-02","a, \"b\"",-3.5],["2010-01-03",null,1000]]`, fingerprint.Options{Format: "json", Header: fingerprint.HeaderFirst}),
	} {
		if got.OrderFreeDigest != want.OrderFreeDigest {
			t.Errorf("%s: the order-free digest differs", name)
		}
	}
	same := of(t, fingerprint.JSON, `[{"date":"2010-01-01","station":"射阳","temp":4},{"temp":-3.5,"station":"a, \"b\"","date":"2010-01-02"},{"date":"2010-01-03","station":null,"temp":1e3}]`)
	if same.ContentRoot != want.ContentRoot || same.SchemaHash != want.SchemaHash {
		t.Error("the same table under the same salts has another root or schema in JSON")
	}
	for name, got := range map[string]fingerprint.Result{
		"a cell changed":       of(t, fingerprint.CSV, "date,station,temp\n2010-01-01,射阳,4.1\n2010-01-02,\"a, \"\"b\"\"\",-3.50\n2010-01-03,,1000\n"),
		"a cell filled":        of(t, fingerprint.CSV, "date,station,temp\n2010-01-01,射阳,4.0\n2010-01-02,\"a, \"\"b\"\"\",-3.50\n2010-01-03,x,1000\n"),
		"a row twice":          of(t, fingerprint.CSV, "date,station,temp\n2010-01-01,射阳,4.0\n2010-01-01,射阳,4.0\n2010-01-02,\"a, \"\"b\"\"\",-3.50\n2010-01-03,,1000\n"),
		"a column twice":       of(t, fingerprint.CSV, "date,station,temp,temp\n2010-01-01,射阳,4.0,4.0\n2010-01-02,\"a, \"\"b\"\"\",-3.50,-3.50\n2010-01-03,,1000,1000\n"),
		"a row less":           of(t, fingerprint.CSV, "date,station,temp\n2010-01-01,射阳,4.0\n2010-01-02,\"a, \"\"b\"\"\",-3.50\n"),
		"a column less":        of(t, fingerprint.CSV, "date,temp\n2010-01-01,4.0\n2010-01-02,-3.50\n2010-01-03,1000\n"),
		"a value moved across": of(t, fingerprint.CSV, "date,station,temp\n2010-01-01,4.0,射阳\n2010-01-02,\"a, \"\"b\"\"\",-3.50\n2010-01-03,,1000\n"),
		"as a file":            of(t, fingerprint.File, "date,station,temp\n2010-01-01,射阳,4.0\n2010-01-02,\"a, \"\"b\"\"\",-3.50\n2010-01-03,,1000\n"),
	} {
		if got.OrderFreeDigest == want.OrderFreeDigest || got.ContentRoot == want.ContentRoot {
			t.Errorf("%s: a digest does not notice", name)
		}
	}
}

// The definition in the package's documentation, written out by hand for a
// table of two columns.
func TestDigestsFollowTheirDefinition(t *testing.T) {
	u64 := func(n uint64) []byte { return binary.BigEndian.AppendUint64(nil, n) }
	u32s := func(s string) []byte { return append(binary.BigEndian.AppendUint32(nil, uint32(len(s))), s...) }
	sm3 := func(parts ...[]byte) []byte { sum := gm.SM3(parts...); return sum[:] }
	cat := func(ds ...[]byte) []byte { slices.SortFunc(ds, bytes.Compare); return bytes.Join(ds, nil) }
	ref := func(b []byte) string { return "sm3:" + hex.EncodeToString(b) }

	// Heads of cells: length and kind in one number below 0x80.
	cell := func(code byte, s string) []byte { return append([]byte{byte(len(s))<<2 | code}, s...) }
	// A column's values, each with its count of one byte, go into 16 parts.
	multiset := func(tag byte, cells uint64, values map[string]byte) []byte {
		hashes := slices.SortedFunc(maps.Keys(values), func(a, b string) int {
			return cmp.Or(cmp.Compare(xxh3.HashString(a), xxh3.HashString(b)), strings.Compare(a, b))
		})
		parts := [][]byte{{tag}, u64(cells)}
		for p := range uint64(16) {
			part := []byte{0x18}
			for _, v := range hashes {
				if xxh3.HashString(v)>>60 == p {
					part = append(append(part, v...), values[v])
				}
			}
			parts = append(parts, sm3(part))
		}
		return sm3(parts...)
	}

	got := of(t, fingerprint.CSV, "b,a\nx,10\n,2\nx,\n")
	one := multiset(0x11, 2, map[string]byte{string(cell(2, "x")): 2})
	two := multiset(0x11, 2, map[string]byte{string(cell(1, "1e1")): 1, string(cell(1, "2e0")): 1})
	if want := ref(sm3([]byte{0x12}, u64(2), cat(one, two))); got.OrderFreeDigest != want {
		t.Errorf("order-free digest %s, want %s", got.OrderFreeDigest, want)
	}

	salt := func(i uint64) []byte { h := gm.HMAC(testSalt, u64(i)); return h[:16] }
	record := func(cells ...[]byte) []byte {
		all := bytes.Join(cells, nil)
		return append([]byte{byte(len(all))}, all...)
	}
	records := bytes.Join([][]byte{record(cell(2, "x"), cell(1, "1e1")), record([]byte{0}, cell(1, "2e0")), record(cell(2, "x"))}, nil)
	root := func(records, leaves uint64, names []string, tree []byte) string {
		all := bytes.Join([][]byte{{0x17}, u64(records), u64(leaves), u64(uint64(len(names)))}, nil)
		for _, n := range names {
			all = append(all, u32s(n)...)
		}
		return ref(sm3(all, tree))
	}
	if want := root(3, 1, []string{"b", "a"}, sm3([]byte{0}, salt(0), u64(0), records)); got.ContentRoot != want {
		t.Errorf("content root %s, want %s", got.ContentRoot, want)
	}
	if want := ref(sm3([]byte{0x15}, u64(2), u32s("a"), u32s("b"))); got.SchemaHash != want {
		t.Errorf("schema hash %s, want %s", got.SchemaHash, want)
	}

	// A record of 1,024 bytes fills a leaf.
	long := strings.Repeat("y", 1021)
	two2 := of(t, fingerprint.CSV, "a\n"+long+"\nz\n")
	first := bytes.Join([][]byte{{0xff, 0x07}, binary.AppendUvarint(nil, 1021<<2|2), []byte(long)}, nil)
	tree := sm3([]byte{1}, sm3([]byte{0}, salt(0), u64(0), first), sm3([]byte{0}, salt(1), u64(1), record(cell(2, "z"))))
	if want := root(2, 2, []string{"a"}, tree); two2.ContentRoot != want {
		t.Errorf("content root %s, want %s", two2.ContentRoot, want)
	}

	file := of(t, fingerprint.File, "short")
	chunk := cell(2, "") // the head for 32 bytes takes two
	chunk = append(binary.AppendUvarint(chunk[:0], 32<<2|2), sm3([]byte{0x14}, []byte("short"))...)
	if want := ref(multiset(0x13, 1, map[string]byte{string(chunk): 1})); file.OrderFreeDigest != want {
		t.Errorf("file digest %s, want %s", file.OrderFreeDigest, want)
	}
	if want := root(1, 1, nil, sm3([]byte{0}, salt(0), u64(0), []byte("\x05short"))); file.ContentRoot != want {
		t.Errorf("file root %s, want %s", file.ContentRoot, want)
	}
	if want := ref(sm3([]byte{0x16})); file.SchemaHash != want {
		t.Errorf("file schema %s, want %s", file.SchemaHash, want)
	}
}

// draw makes a table with a good share of repeated and empty cells.
func draw(t *rapid.T) (header []string, rows [][]string) {
	width := rapid.IntRange(1, 5).Draw(t, "width")
	value := rapid.OneOf(
		rapid.SampledFrom([]string{"", "0", "-0", "4.0", "4", "1e3", "007", "射阳", "é", "e\u0301", "true", " x ", "a,b", "q\"q", "l\nm", "-1.50"}),
		rapid.StringMatching(`[a-z0-9.]{0,6}`),
	)
	rows = rapid.SliceOfN(rapid.SliceOfN(value, width, width), 1, 12).Draw(t, "rows")
	rows[0][0] = "always" // a table of empty cells alone is an error
	for i := range width {
		header = append(header, fmt.Sprintf("col%d", i))
	}
	return header, rows
}

func TestPropertiesOfTables(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		header, rows := draw(t)
		want := of(t, fingerprint.CSV, toCSV(t, header, rows))

		inJSON := of(t, fingerprint.JSON, toJSON(t, header, rows))
		if inJSON.OrderFreeDigest != want.OrderFreeDigest {
			t.Errorf("JSON differs:\n%s\n%s", toCSV(t, header, rows), toJSON(t, header, rows))
		}

		shuffled := rapid.Permutation(rows).Draw(t, "shuffled")
		order := rapid.Permutation(indexes(len(header))).Draw(t, "columns")
		renamed := make([]string, len(header))
		for i := range renamed {
			renamed[i] = fmt.Sprintf("renamed%d", i)
		}
		permuted := make([][]string, len(shuffled))
		for i, row := range shuffled {
			for _, j := range order {
				permuted[i] = append(permuted[i], row[j])
			}
		}
		if got := of(t, fingerprint.CSV, toCSV(t, renamed, permuted)); got.OrderFreeDigest != want.OrderFreeDigest {
			t.Errorf("permuted and renamed, the digest differs:\n%s", toCSV(t, renamed, permuted))
		}

		// A tiny memory sorts on disk and gives the same.
		small := with(t, toCSV(t, header, rows), fingerprint.Options{Format: "csv", MasterSalt: testSalt, Memory: 3 * 32})
		if small.OrderFreeDigest != want.OrderFreeDigest || small.ContentRoot != want.ContentRoot {
			t.Errorf("sorted on disk, the digest differs")
		}

		// Other salts, another root; the digest stays.
		salted := with(t, toCSV(t, header, rows), fingerprint.Options{Format: "csv"})
		if salted.ContentRoot == want.ContentRoot || salted.OrderFreeDigest != want.OrderFreeDigest {
			t.Errorf("salts must change the root and nothing else")
		}

		i, j := rapid.IntRange(0, len(rows)-1).Draw(t, "i"), rapid.IntRange(0, len(header)-1).Draw(t, "j")
		rows[i][j] += "changed"
		if got := of(t, fingerprint.CSV, toCSV(t, header, rows)); got.OrderFreeDigest == want.OrderFreeDigest || got.ContentRoot == want.ContentRoot {
			t.Errorf("one changed cell goes unnoticed at %d,%d:\n%s", i, j, toCSV(t, header, rows))
		}
	})
}

func indexes(n int) []int {
	out := make([]int, n)
	for i := range out {
		out[i] = i
	}
	return out
}

func TestSortingOnDiskLeavesNothingBehind(t *testing.T) {
	var b strings.Builder
	b.WriteString("a,b,c\n")
	r := rand.New(rand.NewPCG(1, 2))
	for range 5000 {
		fmt.Fprintf(&b, "%d,%d,x%d\n", r.IntN(50), r.IntN(1<<30), r.IntN(1<<30))
	}
	dir := t.TempDir()
	want := of(t, fingerprint.CSV, b.String())
	got := with(t, b.String(), fingerprint.Options{Format: "csv", MasterSalt: testSalt, Memory: 100 * 32, TempDir: dir})
	if got.OrderFreeDigest != want.OrderFreeDigest {
		t.Error("the digest depends on the memory it is computed in")
	}
	if left, _ := os.ReadDir(dir); len(left) != 0 {
		t.Errorf("left behind: %v", left)
	}
	if _, _, err := fingerprint.OfReader(context.Background(), strings.NewReader(b.String()),
		fingerprint.Options{Format: "csv", Memory: 100 * 32, TempDir: filepath.Join(dir, "missing")}); err == nil {
		t.Error("the temporary folder was not used: this test proves nothing")
	}
	// Nor does a fault in the middle.
	if _, _, err := fingerprint.OfReader(context.Background(), strings.NewReader(b.String()+"ragged\n"),
		fingerprint.Options{Format: "csv", Memory: 100 * 32, TempDir: dir}); err == nil {
		t.Error("a ragged row was accepted")
	}
	if left, _ := os.ReadDir(dir); len(left) != 0 {
		t.Errorf("left behind after a fault: %v", left)
	}
}

func TestBadInputIsNamed(t *testing.T) {
	for _, c := range []struct {
		format fingerprint.Format
		text   string
		line   int
		record int64
		says   string
	}{
		{"csv", "", 0, 0, "empty"},
		{"csv", "\ufeff", 0, 0, "empty"},
		{"csv", "a,b\n", 0, 0, "no records"},
		{"csv", "a,b\n,\n , \n", 0, 0, "every cell"},
		{"csv", "a,b\n1,2\n1\n", 3, 0, "fewer fields"},
		{"csv", "a,b\n1,2,3\n", 2, 0, "fewer fields"},
		{"csv", "a,b\n1,\"2\n", 2, 0, "double quote"},
		{"csv", "a,b\n1,x\"y\n", 2, 0, "double quote"},
		{"csv", "a,b\n1,2\n1,\xc9\xe4\xff\n", 3, 0, "GB18030"},
		{"csv", "a,b\n1,2\n1,射\n2,\xc9\xe4\xd1\xf4\n", 4, 0, "mixed"},
		{"csv", "\xc9\xff,b\n1,2\n", 1, 0, "GB18030"},
		{"csv", "\xff\xfea\x00\n\x00\x00\xd8,\x00\n\x00", 2, 0, "mixed"},
		{"csv", "a,b\n1,2\n1,\x00\n", 3, 0, "NUL"},
		{"csv", "PK\x03\x04\x00,", 1, 0, "NUL"},
		{"jsonl", "", 0, 0, "empty"},
		{"jsonl", "\n \n", 0, 0, "no records"},
		{"jsonl", "{\"a\":1}\n\n{\"a\":", 3, 0, "ends"},
		{"jsonl", "{\"a\":1}\n7\n", 2, 0, "object or an array"},
		{"jsonl", "[1]\n[1,2]\n", 2, 0, "2 cells"},
		{"jsonl", "[1]\n{}\n", 2, 0, "mixed"},
		{"jsonl", "[1] [2]\n", 1, 0, "not valid"},
		{"jsonl", "[\"射\"]\n[\"\xc9\xe4\"]\n", 2, 0, "mixed"},
		{"csv", strings.Repeat(",", fingerprint.MaxColumns) + "\n", 0, 0, "columns"},
		{"json", "", 0, 0, "empty"},
		{"json", "[]", 0, 0, "no records"},
		{"json", "{}", 0, 0, "array"},
		{"json", "7", 0, 0, "array"},
		{"json", "[1,2]", 0, 1, "object or an array"},
		{"json", "[[1],{}]", 0, 2, "mixed"},
		{"json", "[[1],[1,2]]", 0, 2, "2 cells"},
		{"json", `[{"a":1},{"a":1,"a":2}]`, 0, 2, "twice"},
		{"json", `[{"a":{"b":1,"b":2}}]`, 0, 1, "twice"},
		{"json", `[{"a":1},{"a":"` + "\xff" + `"}]`, 0, 2, "UTF-8"},
		{"json", `[{"a":1} {"a":1}]`, 0, 2, "not valid"},
		{"json", `[{"a":1},`, 0, 2, "ends"},
		{"json", `[{"a":1}`, 0, 2, "ends"},
		{"json", `[{"a":1}] x`, 0, 2, "not valid"},
		{"json", `[{"a":1}] []`, 0, 2, "follows"},
		{"json", `[{"a":` + strings.Repeat("[", 100) + strings.Repeat("]", 100) + `}]`, 0, 1, "nested"},
		{"json", "[{},{}]", 0, 0, "every cell"},
		{"file", "", 0, 0, "empty"},
	} {
		_, _, err := fingerprint.OfReader(context.Background(), strings.NewReader(c.text), fingerprint.Options{Format: c.format})
		var e *fingerprint.InputError
		name := c.text[:min(len(c.text), 40)]
		if !errors.As(err, &e) {
			t.Errorf("%s %q: error %v, want an InputError", c.format, name, err)
			continue
		}
		if e.Line != c.line || e.Record != c.record || !strings.Contains(e.Detail, c.says) || e.DetailZh == "" || e.Format != c.format {
			t.Errorf("%s %q: %+v, want line %d, record %d, %q", c.format, name, e, c.line, c.record, c.says)
		}
	}
	for name, o := range map[string]fingerprint.Options{"no format": {}, "unknown format": {Format: "xml"}, "short salt": {Format: "csv", MasterSalt: []byte{1}}} {
		if _, _, err := fingerprint.OfReader(context.Background(), strings.NewReader("a\n1\n"), o); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}

func TestFilesAreChunkedByContent(t *testing.T) {
	data := make([]byte, 3<<20)
	r := rand.New(rand.NewPCG(3, 4))
	for i := range data {
		data[i] = byte(r.Uint32())
	}
	whole := of(t, fingerprint.File, string(data))
	if whole.RecordCount < 20 || whole.RecordCount > 120 {
		t.Errorf("%d chunks in 3 MiB: the average is far from 64 KiB", whole.RecordCount)
	}
	if again := of(t, fingerprint.File, string(data)); again.OrderFreeDigest != whole.OrderFreeDigest {
		t.Error("not deterministic")
	}
	changed := bytes.Clone(data)
	changed[1<<20] ^= 1
	if got := of(t, fingerprint.File, string(changed)); got.OrderFreeDigest == whole.OrderFreeDigest || got.ContentRoot == whole.ContentRoot {
		t.Error("a changed byte goes unnoticed")
	}
}

func write(t *testing.T, path, text string) string {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestKeepAndProve(t *testing.T) {
	ctx := context.Background()
	long := strings.Repeat("x", 600)
	path := write(t, filepath.Join(t.TempDir(), "data.csv"), "a,b\n1,"+long+"\n2,"+long+"\n3,z\n")
	first, err := fingerprint.Keep(ctx, path, fingerprint.Options{})
	if err != nil {
		t.Fatal(err)
	}
	at := path + fingerprint.SaltsSuffix
	info, err := os.Stat(at)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Fatalf("salts %v, %v", info, err)
	}
	again, err := fingerprint.Keep(ctx, path, fingerprint.Options{})
	if err != nil || again.ContentRoot != first.ContentRoot {
		t.Fatalf("the same file again: %+v, %v", again, err)
	}
	salts, err := fingerprint.LoadSalts(at)
	if err != nil || salts.File != "data.csv" || salts.ContentRoot != first.ContentRoot || salts.SizeBytes != first.SizeBytes {
		t.Fatalf("salts %+v, %v", salts, err)
	}
	for i := range first.RecordCount {
		p, err := fingerprint.Prove(ctx, path, salts, i)
		if err != nil {
			t.Fatal(err)
		}
		text, err := json.Marshal(p)
		if err != nil {
			t.Fatal(err)
		}
		if bytes.Contains(text, []byte(hex.EncodeToString(salts.MasterSalt))) {
			t.Error("the proof discloses the master salt")
		}
		var q fingerprint.Inclusion
		if err := json.Unmarshal(text, &q); err != nil {
			t.Fatal(err)
		}
		if !q.Verify(first.ContentRoot, first.RecordCount) {
			t.Errorf("proof of record %d refused", i)
		}
		cells, err := fingerprint.Cells(q.Record())
		if err != nil || len(cells) != 2 || cells[0] != table.ParseCell(fmt.Sprint(i+1)) {
			t.Errorf("record %d reads %v, %v", i, cells, err)
		}
		if q.LeafCount != 2 || q.Leaf != i/2 || q.First != q.Leaf*2 {
			t.Errorf("record %d is in leaf %d of %d, from %d", i, q.Leaf, q.LeafCount, q.First)
		}
		for name, change := range map[string]func(p *fingerprint.Inclusion){
			"another record":       func(p *fingerprint.Inclusion) { p.Records = append(bytes.Clone(p.Records), 1, 0) },
			"a record elsewhere":   func(p *fingerprint.Inclusion) { p.Index = (p.Index + 2) % 4 },
			"another first":        func(p *fingerprint.Inclusion) { p.First++; p.Index++ },
			"another leaf":         func(p *fingerprint.Inclusion) { p.Leaf = 1 - p.Leaf },
			"another name":         func(p *fingerprint.Inclusion) { p.Columns = []string{"a", "c"} },
			"another leaf count":   func(p *fingerprint.Inclusion) { p.LeafCount++ },
			"another record count": func(p *fingerprint.Inclusion) { p.RecordCount++ },
			"another version":      func(p *fingerprint.Inclusion) { p.Version = 1 },
			"nothing":              func(p *fingerprint.Inclusion) { *p = fingerprint.Inclusion{} },
		} {
			bad := q
			change(&bad)
			if bad.Verify(first.ContentRoot, 3) {
				t.Errorf("%s passes for a proof", name)
			}
		}
		if q.Verify(first.ContentRoot, 4) || q.Verify(first.OrderFreeDigest, 3) {
			t.Error("a proof passes for another version's")
		}
	}
	for _, i := range []int64{-1, 3} {
		if _, err := fingerprint.Prove(ctx, path, salts, i); err == nil {
			t.Errorf("record %d was proved", i)
		}
	}

	write(t, path, "a,b\n1,x\n2,y\n3,Z\n")
	if _, err := fingerprint.Keep(ctx, path, fingerprint.Options{}); !errors.Is(err, fingerprint.ErrChanged) {
		t.Errorf("changed file: %v", err)
	}
	if _, err := fingerprint.Prove(ctx, path, salts, 0); !errors.Is(err, fingerprint.ErrChanged) {
		t.Errorf("proof from a changed file: %v", err)
	}
	if kept, err := fingerprint.LoadSalts(at); err != nil || kept.ContentRoot != first.ContentRoot {
		t.Errorf("the earlier version's salts are gone: %v", err)
	}
	if err := salts.Save(at); !errors.Is(err, fs.ErrExist) {
		t.Errorf("overwritten: %v", err)
	}
	for name, text := range map[string]string{"not JSON": "{", "another version": `{"version":9}`, "an earlier version": `{"version":1,"comma":","}`, "no salt": `{"version":2,"comma":","}`} {
		if _, err := fingerprint.LoadSalts(write(t, filepath.Join(t.TempDir(), "s"), text)); err == nil {
			t.Errorf("%s: salts were read", name)
		}
	}
}

func TestOfFileGoesByTheName(t *testing.T) {
	ctx, dir := context.Background(), t.TempDir()
	for name, c := range map[string]struct {
		text string
		want fingerprint.Format
	}{
		"t.csv": {"a,b\n1,2\n", "csv"}, "t.CSV": {"a,b\n1,2\n", "csv"}, "t.tsv": {"a\tb\n1\t2\n", "csv"},
		"t.json": {`[{"a":1,"b":2}]`, "json"}, "t.pdf": {"%PDF", "file"}, "t": {"x", "file"},
	} {
		res, salts, err := fingerprint.OfFile(ctx, write(t, filepath.Join(dir, name), c.text), fingerprint.Options{})
		if err != nil || res.Format != c.want || salts.File != name || res.SizeBytes != int64(len(c.text)) {
			t.Errorf("%s: %+v, %v", name, res, err)
		}
		if c.want != "file" && len(res.Columns) != 2 {
			t.Errorf("%s: columns %q", name, res.Columns)
		}
	}
	for _, bad := range []string{dir, filepath.Join(dir, "missing.csv")} {
		if _, _, err := fingerprint.OfFile(ctx, bad, fingerprint.Options{}); err == nil || !strings.Contains(err.Error(), bad) {
			t.Errorf("%s: error %v", bad, err)
		}
	}
}

func TestProgressAndCancellation(t *testing.T) {
	text := strings.Repeat("x", 5<<20)
	var done []int64
	res := with(t, text, fingerprint.Options{Format: "file", Progress: func(d, total int64) {
		if total != -1 {
			t.Errorf("total %d", total)
		}
		done = append(done, d)
	}})
	if len(done) < 4 || !slices.IsSorted(done) || done[len(done)-1] != res.SizeBytes {
		t.Errorf("progress %v of %d", done, res.SizeBytes)
	}
	ctx, cancel := context.WithCancel(context.Background())
	_, _, err := fingerprint.OfReader(ctx, strings.NewReader(text), fingerprint.Options{Format: "file", Progress: func(int64, int64) { cancel() }})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
}

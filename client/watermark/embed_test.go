package watermark

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/datarights/datarights/client/table"
	"github.com/datarights/datarights/internal/marks"
	"github.com/datarights/datarights/internal/tardos"
)

// A marked copy of the weather table differs in the three columns of the plan
// alone, by the tolerance at most, and is written as the original is.
func TestCopyKeepsToThePlan(t *testing.T) {
	original := parseSheet(t, readFile(t, weather))
	for _, tolerance := range []string{"0.1", "0.5"} {
		m := newMarket(t, weather, weatherPlan(tolerance), 2, 2)
		limit, _ := units(tolerance, 1)
		changed := 0
		for i, row := range m.copies[0].rows {
			if row[0] != original.rows[i][0] {
				t.Fatalf("row %d: the date changed to %s", i, row[0])
			}
			for j := 1; j < 4; j++ {
				was, now := original.rows[i][j], row[j]
				a, _ := units(was, 1)
				b, ok := units(now, 1)
				if !ok || b-a > limit || a-b > limit || decimalsOf(was) != decimalsOf(now) {
					t.Fatalf("row %d: %s became %s", i, was, now)
				}
				if a >= 0 && b < 0 {
					t.Fatalf("row %d: %s became negative", i, was)
				}
				if was != now {
					changed++
				}
			}
		}
		if changed < 5000 || changed > 15000 {
			t.Errorf("tolerance %s: %d cells changed", tolerance, changed)
		}
		if bytes.Equal(m.copies[0].csv(), m.copies[1].csv()) {
			t.Error("two buyers' copies are the same")
		}
	}
}

// Whatever is written around and between the cells stays byte for byte: cut the
// changed cells out of both, and what is left is the same.
func TestOnlyChosenCellsDiffer(t *testing.T) {
	for name, c := range map[string]struct{ head, row, tail, file string }{
		"CSV with everything": {"\ufeff id ,\"v\",\"note, \"\"x\"\"\"\r\n", "%[1]d,\" %[2]d.50 \",\"a \"\"b\"\"\nc %[1]d\"\r\n", "\r\n\r\n", "t.csv"},
		"CSV without the end": {"id,v,n\n", "%[1]d,%[2]d.5,x%[1]d\n\n", "7,7.5,x7", "t.csv"},
		"TSV":                 {"id\tv\tn\n", "%[1]d\t%[2]d.5\ta,b\n", "", "t.tsv"},
		"JSON":                {"[ \n", "  {\"id\" : \"k%[1]d\",\n \"v\": %[2]d.5 , \"n\":{\"a\":[1,2]}},\n", "{\"v\":\"3.5\", \"id\":null}\n]\n\n", "t.json"},
		"JSON Lines":          {"", "{\"id\":\"k%[1]d\",\"v\":\"%[2]d.5\",\"n\":\"\\u4e00<&>\"}\r\n", "", "t.jsonl"},
	} {
		t.Run(name, func(t *testing.T) {
			r := rand.New(rand.NewPCG(5, 6))
			var b strings.Builder
			b.WriteString(c.head)
			for i := range 2000 {
				fmt.Fprintf(&b, c.row, i, r.IntN(900))
			}
			b.WriteString(c.tail)
			path := filepath.Join(t.TempDir(), c.file)
			writeFile(t, path, []byte(b.String()))
			k := newTestKey(t, Plan{Columns: []Column{{Name: "v", Tolerance: "0.5"}}}, 3)
			code := tardos.Code{0x33, 0x99}
			out := embedCode(t, k, path, &code)
			was, now := cells(t, path, []byte(b.String())), cells(t, path, out)
			if len(was) != len(now) {
				t.Fatalf("%d records became %d", len(was), len(now))
			}
			changed := 0
			for i := range was {
				if was[i].around != now[i].around {
					t.Fatalf("record %d: %q became %q", i, was[i].around, now[i].around)
				}
				if was[i].value != now[i].value {
					changed++
					a, _ := units(strings.Trim(was[i].value, "\" "), 1)
					b, ok := units(strings.Trim(now[i].value, "\" "), 1)
					if !ok || a-b > 5 || b-a > 5 {
						t.Fatalf("record %d: %s became %s", i, was[i].value, now[i].value)
					}
				}
			}
			if changed < 100 {
				t.Errorf("%d of %d cells changed", changed, len(was))
			}
		})
	}
}

// around is a record's bytes without those of the column v, and those.
type around struct{ around, value string }

func cells(t *testing.T, path string, content []byte) []around {
	t.Helper()
	in, err := newRows(bytes.NewReader(content), path, Layout{})
	if err != nil {
		t.Fatal(err)
	}
	var list []around
	for {
		r, err := in.next()
		if err != nil {
			return append(list, around{string(in.rest()), ""})
		}
		a := around{around: string(r.chunk)}
		for i, name := range in.columns() {
			if s := r.spans[i]; name == "v" {
				a = around{string(r.chunk[:s.from]) + "|" + string(r.chunk[s.to:]), string(r.chunk[s.from:s.to])}
			}
		}
		list = append(list, a)
	}
}

// With no code to write, the copy is the original: reading and writing lose
// nothing, of whatever CSV or JSON package table reads, and both read the same.
func FuzzRowsAreThoseOfTheTable(f *testing.F) {
	for _, s := range []string{"a,b\n1,2\n", "\ufeffa\r\n\"x\"\"y\"\r\n\r\n", "a,b\n\"1\n2\",3", "[]", `[{"a":1},{"b":[1, {"c":null}],"a":"é"}]`, `[[1,"x"],[2,null]]`, `[{" a ":1e3}]x`, "a,a\n\xff,1\n", "\"a\",b\n"} {
		f.Add([]byte(s), false)
		f.Add([]byte(s), true)
	}
	f.Fuzz(func(t *testing.T, content []byte, isJSON bool) {
		format, path := table.CSV, "t.csv"
		if isJSON {
			format, path = table.JSON, "t.json"
		}
		in, err := newRows(bytes.NewReader(content), path, Layout{})
		ref, refErr := table.NewReader(bytes.NewReader(content), table.Options{Format: format})
		if (err == nil) != (refErr == nil) {
			t.Fatalf("opening: %v, package table: %v", err, refErr)
		}
		if err != nil {
			return
		}
		var whole []byte
		for {
			r, err := in.next()
			want, refErr := ref.Next()
			if (err == nil) != (refErr == nil) {
				t.Fatalf("a record: %v, package table: %v", err, refErr)
			}
			if errors.Is(err, io.EOF) {
				if whole = append(whole, in.rest()...); !bytes.Equal(content, whole) {
					t.Fatalf("%q was read as %q", content, whole)
				}
			}
			if err != nil {
				return
			}
			whole = append(whole, r.chunk...)
			for i := range want {
				var got table.Cell
				if i < len(r.cells) {
					got = r.cells[i]
				}
				if got != want[i] {
					t.Fatalf("column %d is %+v, package table has %+v", i, got, want[i])
				}
			}
			if got, want := in.columns(), ref.Columns(); strings.Join(got, "\x00") != strings.Join(want, "\x00") {
				t.Fatalf("columns %q, package table has %q", got, want)
			}
		}
	})
}

func weatherKey(t testing.TB) *Key { return newTestKey(t, weatherPlan("0.1"), 50) }

func TestEmbedRegistersBeforeItWrites(t *testing.T) {
	dir := t.TempDir()
	reg, err := marks.CreateRegister(filepath.Join(dir, "register"))
	if err != nil {
		t.Fatal(err)
	}
	k, ctx := weatherKey(t), context.Background()
	d := Delivery{ID: "DL-1", RecipientID: "91320903MA0A00022Y", ProductVersion: 1}
	out := filepath.Join(dir, "copy.csv")

	// The file cannot be written: the entry is there, and serves the next attempt.
	nowhere := filepath.Join(dir, "none", "copy.csv")
	if _, _, err := Embed(ctx, weather, nowhere, k, d, reg, Options{}); err == nil {
		t.Fatal("wrote into a folder that is not there")
	}
	kept, err := reg.Get("DL-1")
	if err != nil {
		t.Fatalf("the delivery was not registered before writing: %v", err)
	}
	e, report, err := Embed(ctx, weather, out, k, d, reg, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if e.Commitment != kept.Commitment {
		t.Error("the same delivery was given a second code")
	}
	if report.Changed == 0 || report.Rows != 8759 || !report.Names() {
		t.Errorf("report %+v", report)
	}
	if info, err := os.Stat(out); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the copy has mode %v, %v", info.Mode(), err)
	}
	if _, _, err := Embed(ctx, weather, out, k, d, reg, Options{}); !errors.Is(err, fs.ErrExist) {
		t.Errorf("written over: %v", err)
	}
	d.RecipientID = "someone else"
	if _, _, err := Embed(ctx, weather, out+"2", k, d, reg, Options{}); !errors.Is(err, fs.ErrExist) {
		t.Errorf("a delivery was made to two recipients: %v", err)
	}
	x, _, err := Extract(ctx, out, k, table.Options{}, nil)
	if err != nil {
		t.Fatal(err)
	}
	entries, err := reg.Entries(k.ID)
	if err != nil {
		t.Fatal(err)
	}
	seed, err := reg.Seed(k.ID)
	if err != nil {
		t.Fatal(err)
	}
	j, err := marks.Accuse(x, entries, seed, marks.DefaultEpsilon)
	if err != nil || len(j.Accused()) != 1 {
		t.Errorf("judged %+v, %v", j, err)
	}
	cancelled, cancel := context.WithCancel(ctx)
	cancel()
	if _, _, err := Embed(cancelled, weather, out+"3", k, Delivery{ID: "DL-3", RecipientID: "x"}, reg, Options{}); !errors.Is(err, context.Canceled) {
		t.Errorf("went on after it was stopped: %v", err)
	}
	if _, err := os.Stat(out + "3"); !errors.Is(err, fs.ErrNotExist) {
		t.Error("half a copy stayed")
	}
}

func TestEmbedRefuses(t *testing.T) {
	dir := t.TempDir()
	big := func(cell string) string {
		var b strings.Builder
		b.WriteString("id,v\n")
		for i := range 3000 {
			fmt.Fprintf(&b, "%d,%d.5\n", i, i%700)
		}
		return b.String() + "x," + cell + "\n"
	}
	for name, c := range map[string]struct{ file, content, want string }{
		"a column that is not there":    {"a.csv", "id,w\n1,2\n", "no column v"},
		"a number that is none":         {"b.csv", big("n/a"), "record 3001"},
		"a number too fine":             {"c.csv", big("1.25"), "finer than"},
		"a number too large":            {"d.csv", big("1e40"), "too large"},
		"an empty file":                 {"e.csv", "", "empty"},
		"a ragged file":                 {"f.csv", big("1,2"), "line 3002"},
		"a stray quote":                 {"g.csv", big(`1"`), "double quote"},
		"Latin-1":                       {"h.csv", big("\xe9"), "UTF-8"},
		"UTF-16":                        {"i.csv", "\xff\xfea\x00", "UTF-16"},
		"another format":                {"j.parquet", "PAR1", "only CSV"},
		"broken JSON":                   {"k.json", `[{"v":1},{"v":`, "record 2"},
		"JSON that is no table":         {"l.json", `{"v":1}`, "array"},
		"a JSON record of another kind": {"m.json", `[{"v":1},2]`, "record 2"},
		"a table too small":             {"n.csv", "id,v\n1,2.5\n2,3.5\n", "too few"},
		"a table of one column":         {"o.csv", "v\n" + strings.Repeat("2.5\n3.5\n", 3000), "too few"},
	} {
		path := filepath.Join(dir, c.file)
		writeFile(t, path, []byte(c.content))
		reg, err := marks.CreateRegister(filepath.Join(dir, c.file+".register"))
		if err != nil {
			t.Fatal(err)
		}
		k := newTestKey(t, Plan{Columns: []Column{{Name: "v", Tolerance: "0.5"}}}, 60)
		_, _, err = Embed(context.Background(), path, path+".out", k, Delivery{ID: "DL-1", RecipientID: "x"}, reg, Options{})
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
		if entries, _ := reg.Entries(k.ID); len(entries) != 0 {
			t.Errorf("%s: a delivery was registered all the same", name)
		}
		if _, err := os.Stat(path + ".out"); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%s: a copy was written", name)
		}
	}
	// Forced, the small table is marked, and says how little it shows.
	reg, _ := marks.CreateRegister(filepath.Join(dir, "forced"))
	k := newTestKey(t, Plan{Columns: []Column{{Name: "v", Tolerance: "0.5"}}}, 61)
	_, r, err := Embed(context.Background(), filepath.Join(dir, "n.csv"), filepath.Join(dir, "n.out.csv"), k, Delivery{ID: "DL-1", RecipientID: "x"}, reg, Options{Force: true})
	if err != nil || r.Names() || r.Kept[0].Log10 < -2 {
		t.Errorf("forced: %+v, %v", r, err)
	}
}

// A table of texts alone is marked by its synonyms.
func TestSynonyms(t *testing.T) {
	r := rand.New(rand.NewPCG(21, 22))
	groups := [][]string{{"有限公司", "有限责任公司"}, {"St.", "Street"}, {"晴", "晴天", "晴朗"}}
	s := sheet{header: []string{"firm", "kind", "street", "sky"}}
	for i := range 6000 {
		s.rows = append(s.rows, []string{fmt.Sprintf("企业%d", i), groups[0][r.IntN(2)], groups[1][r.IntN(2)], groups[2][r.IntN(3)]})
	}
	path := filepath.Join(t.TempDir(), "t.csv")
	writeFile(t, path, s.csv())
	p := Plan{Columns: []Column{{Name: "kind", Synonyms: groups[:1]}, {Name: "street", Synonyms: groups[1:2]}, {Name: "sky", Synonyms: groups[2:]}}}
	m := newMarket(t, path, p, 50, 1)
	for i, row := range m.copies[0].rows {
		if row[0] != s.rows[i][0] {
			t.Fatalf("row %d: the firm changed to %s", i, row[0])
		}
		for j, g := range groups {
			if !strings.Contains(strings.Join(g, "|"), row[j+1]) {
				t.Fatalf("row %d: %s is no synonym of %s", i, row[j+1], s.rows[i][j+1])
			}
		}
	}
	for name, content := range map[string][]byte{
		"whole":         m.copies[0].csv(),
		"20 %, renamed": m.copies[0].keep(r, 20).columns(2, 0, 3, 1).rename().csv(),
	} {
		if a := m.judge(t, content, table.CSV).Accused(); len(a) != 1 || a[0].DeliveryID != "DL-000" {
			t.Errorf("%s: accused %+v", name, a)
		}
	}
	// Its limit: whoever writes one synonym of each group everywhere erases it.
	plain := m.copies[0].clone()
	for _, row := range plain.rows {
		for j, g := range groups {
			row[j+1] = g[0]
		}
	}
	if a := m.judge(t, plain.csv(), table.CSV).Accused(); len(a) != 0 {
		t.Errorf("accused by a table without marks: %+v", a)
	}
}

// However large the table, the votes counted are bounded, and do not depend on
// the order of its rows.
func TestTallyIsBoundedAndOrderFree(t *testing.T) {
	for seed := range uint64(3) {
		r := rand.New(rand.NewPCG(seed, 1))
		list := make([]claim, 0, maxAnchors*3)
		for range cap(list) {
			list = append(list, claim{r.Uint64() >> 2, r.IntN(tardos.Length), r.IntN(2)}) // small ones, as the smallest of several are
		}
		var before tardos.Votes
		for i := range 2 {
			y := newTally()
			for _, cl := range list {
				y.add(cl, int(cl.anchor&1))
			}
			v, n := y.positions()
			if n > maxAnchors || n < maxAnchors/4 {
				t.Fatalf("%d votes", n)
			}
			if i == 1 && v != before {
				t.Fatal("another order gives other votes")
			}
			before = v
			r.Shuffle(len(list), func(i, j int) { list[i], list[j] = list[j], list[i] })
		}
	}
}

func TestCapacityIsWhatDetectionFinds(t *testing.T) {
	m := newMarket(t, weather, weatherPlan("0.1"), 100, 1)
	c, err := Survey(context.Background(), weather, m.key, Options{})
	if err != nil {
		t.Fatal(err)
	}
	r := rand.New(rand.NewPCG(31, 32))
	for _, k := range c.Kept {
		j := m.judge(t, m.copies[0].keep(r, k.Percent).csv(), table.CSV)
		if got := j.Deliveries[0].Log10; got > k.Log10*0.7 || got < k.Log10*1.4 {
			t.Errorf("%d %% of the rows: expected 10^%.1f, found 10^%.1f", k.Percent, k.Log10, got)
		}
	}
	if raw, err := json.Marshal(c); err != nil || !bytes.Contains(raw, []byte(`"percent":20`)) {
		t.Errorf("%s, %v", raw, err)
	}
}

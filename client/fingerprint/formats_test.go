package fingerprint_test

import (
	"bytes"
	"context"
	"encoding/csv"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"testing"

	"github.com/parquet-go/parquet-go"
	"github.com/xuri/excelize/v2"

	"github.com/datarights/datarights/client/fingerprint"
	"github.com/datarights/datarights/internal/sketch"
)

// sample reads one of the sample tables.
func sample(t *testing.T, name string) (text string, header []string, rows [][]string) {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("..", "..", "test-network", "data", name))
	if err != nil {
		t.Fatal(err)
	}
	all, err := csv.NewReader(bytes.NewReader(data)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	return string(data), all[0], all[1:]
}

func toLines(t *testing.T, header []string, rows [][]string) string {
	text := strings.TrimSuffix(strings.TrimPrefix(toJSON(t, header, rows), "["), "]")
	return strings.ReplaceAll(text, "},{", "}\n{")
}

func toXLSX(t *testing.T, header []string, rows [][]string) string {
	t.Helper()
	f := excelize.NewFile()
	w, err := f.NewStreamWriter("Sheet1")
	if err != nil {
		t.Fatal(err)
	}
	for i, row := range append([][]string{header}, rows...) {
		cells := make([]any, len(row))
		for j, v := range row {
			cells[j] = v
			if n, err := strconv.ParseFloat(v, 64); err == nil {
				cells[j] = n
			}
		}
		if err := w.SetRow("A"+strconv.Itoa(i+1), cells); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
	b, err := f.WriteToBuffer()
	if err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func weatherParquet(t *testing.T, rows [][]string) string {
	t.Helper()
	type hour struct {
		Wind        float64 `parquet:"wind"`
		Date        string  `parquet:"date"`
		Temperature float32 `parquet:"temperature"`
		Pressure    int64   `parquet:"pressure,decimal(1:9)"`
	}
	var list []hour
	for _, r := range rows {
		n := func(s string, bits int) float64 {
			f, err := strconv.ParseFloat(s, bits)
			if err != nil {
				t.Fatal(err)
			}
			return f
		}
		list = append(list, hour{n(r[3], 64), r[0], float32(n(r[2], 32)), int64(10*n(r[1], 64) + 0.5)})
	}
	var b bytes.Buffer
	if err := parquet.Write(&b, list); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// The same data gives the same digest and the same sketch in every format.
func TestOneTableInAllFormats(t *testing.T) {
	for _, name := range []string{"seattle-weather-hourly-normals.csv", "iowa-electricity.csv"} {
		text, header, rows := sample(t, name)
		want := of(t, fingerprint.CSV, text)
		forms := map[string]fingerprint.Result{
			"tsv":   with(t, strings.ReplaceAll(text, ",", "\t"), fingerprint.Options{Format: fingerprint.CSV, Comma: '\t'}),
			"json":  of(t, fingerprint.JSON, toJSON(t, header, rows)),
			"jsonl": of(t, fingerprint.JSONLines, toLines(t, header, rows)),
			"xlsx":  of(t, fingerprint.XLSX, toXLSX(t, header, rows)),
		}
		if strings.HasPrefix(name, "seattle") {
			forms["parquet"] = of(t, fingerprint.Parquet, weatherParquet(t, rows))
		}
		for form, got := range forms {
			if got.OrderFreeDigest != want.OrderFreeDigest || !bytes.Equal(got.Sketch, want.Sketch) || got.RecordCount != want.RecordCount {
				t.Errorf("%s as %s: %d records, another digest or sketch", name, form, got.RecordCount)
			}
		}
		s, err := sketch.Parse(want.Sketch)
		if err != nil || s.Keyed() || s.Rows() != want.RecordCount || s.OfFile() {
			t.Errorf("%s: the sketch is %+v, %v", name, s, err)
		}
	}
}

// A part of the table, rounded, is found inside it, and another is not.
func TestSketchesOfRealTables(t *testing.T) {
	text, _, rows := sample(t, "seattle-weather-hourly-normals.csv")
	whole := sketchOf(t, text)
	var part, rounded strings.Builder
	part.WriteString("wind,t\n")
	rounded.WriteString("a,b,c,d\n")
	for i, r := range rows {
		if i%5 == 0 {
			part.WriteString(r[3] + "," + r[0] + "\n")
		}
		for j, v := range r {
			if f, err := strconv.ParseFloat(v, 64); err == nil {
				v = strconv.FormatInt(int64(f+0.5), 10)
			}
			rounded.WriteString(map[bool]string{true: ",", false: ""}[j > 0] + v)
		}
		rounded.WriteString("\n")
	}
	if m := sketch.Compare(sketchOf(t, part.String()), whole); m.How != "exact" || m.Permille != 1000 || m.Sampled < 10 {
		t.Errorf("a fifth of the rows, half of the columns: %+v", m)
	}
	if m := sketch.Compare(sketchOf(t, rounded.String()), whole); m.How != "rounded" || m.Permille < 950 {
		t.Errorf("rounded: %+v", m)
	}
	iowa, _, _ := sample(t, "iowa-electricity.csv")
	if m := sketch.Compare(sketchOf(t, iowa), whole); m.Shared > 0 {
		t.Errorf("another table: %+v", m)
	}
}

func sketchOf(t *testing.T, text string) *sketch.Sketch {
	t.Helper()
	s, err := sketch.Parse(of(t, fingerprint.CSV, text).Sketch)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// Results do not depend on how many work on them, nor on how the file is cut.
func TestWorkersDoNotMatter(t *testing.T) {
	texts := map[string]string{"narrow": string(weatherTable(70000)), "wide": string(wideTable(12000))}
	texts["quoted"] = strings.ReplaceAll(texts["wide"], "盐城市射阳县", "\"盐城市\r\n\"\"射阳县\"\"\"")
	for name, text := range texts {
		var want fingerprint.Result
		for _, n := range []int{1, 2, 5} {
			before := runtime.GOMAXPROCS(n)
			got := of(t, fingerprint.CSV, text)
			little, _, err := fingerprint.OfReader(context.Background(), io.LimitReader(strings.NewReader(text), 1<<40),
				fingerprint.Options{Format: fingerprint.CSV, MasterSalt: testSalt, Memory: 1 << 20, TempDir: t.TempDir()})
			runtime.GOMAXPROCS(before)
			if err != nil {
				t.Fatal(err)
			}
			if want.Version == 0 {
				want = got
			}
			for _, r := range []fingerprint.Result{got, little} {
				if r.ContentRoot != want.ContentRoot || r.OrderFreeDigest != want.OrderFreeDigest || !bytes.Equal(r.Sketch, want.Sketch) ||
					r.RecordCount != want.RecordCount || r.LeafCount != want.LeafCount || r.SizeBytes != int64(len(text)) {
					t.Errorf("%s with %d workers: %+v", name, n, r)
				}
			}
		}
	}
}

package watermark

import (
	"bufio"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"github.com/datarights/datarights/client/table"
	"github.com/datarights/datarights/internal/marks"
)

// meters is a table of n readings: meter, time, energy, voltage, temperature,
// district.
func meters(b *testing.B, n int) string {
	b.Helper()
	path := filepath.Join(b.TempDir(), "meters.csv")
	f, err := os.Create(path)
	if err != nil {
		b.Fatal(err)
	}
	w := bufio.NewWriter(f)
	r := rand.New(rand.NewPCG(1, 1))
	fmt.Fprintln(w, "meter,time,kwh,voltage,temperature,district")
	for i := range n {
		fmt.Fprintf(w, "M%06d,2026-%02d-%02dT%02d:%02d,%d.%03d,%d.%d,%d.%d,盐都区%d\n", i%20000, 1+i/20000%12, 1+i/7%28, i%24, i%4*15, r.IntN(90), r.IntN(1000), 210+r.IntN(25), r.IntN(10), r.IntN(35), r.IntN(10), r.IntN(40))
	}
	if err := w.Flush(); err != nil {
		b.Fatal(err)
	}
	if err := f.Close(); err != nil {
		b.Fatal(err)
	}
	return path
}

const benchRows = 1_000_000

func metersPlan() Plan {
	return Plan{Columns: []Column{{Name: "kwh", Tolerance: "0.005"}, {Name: "voltage", Tolerance: "0.2"}, {Name: "temperature", Tolerance: "0.1"}}}
}

func BenchmarkEmbed(b *testing.B) {
	path := meters(b, benchRows)
	info, err := os.Stat(path)
	if err != nil {
		b.Fatal(err)
	}
	k := newTestKey(b, metersPlan(), 1)
	reg, err := marks.CreateRegister(filepath.Join(b.TempDir(), "register"))
	if err != nil {
		b.Fatal(err)
	}
	b.SetBytes(info.Size())
	for i := 0; b.Loop(); i++ {
		_, report, err := Embed(context.Background(), path, fmt.Sprintf("%s.%d", path, i), k, Delivery{ID: fmt.Sprintf("DL-%d", i), RecipientID: "x"}, reg, Options{})
		if err != nil {
			b.Fatal(err)
		}
		b.Logf("%d bytes, %+v", info.Size(), report)
	}
}

func BenchmarkDetect(b *testing.B) {
	m := newMarket(b, meters(b, benchRows), metersPlan(), 100, 0)
	whole := parseSheet(b, m.copyOf(b, 0))
	r := rand.New(rand.NewPCG(2, 2))
	for _, kept := range []float64{100, 20, 5, 1, 0.1} {
		b.Run(fmt.Sprintf("%g%%", kept), func(b *testing.B) {
			s := whole
			if kept < 100 {
				s = sheet{header: whole.header}
				for _, row := range whole.rows {
					if r.Float64()*100 < kept {
						s.rows = append(s.rows, row)
					}
				}
			}
			path := filepath.Join(b.TempDir(), "suspect.csv")
			content := s.csv()
			writeFile(b, path, content)
			b.SetBytes(int64(len(content)))
			for b.Loop() {
				x, _, err := Extract(context.Background(), path, m.key, table.Options{}, nil)
				if err != nil {
					b.Fatal(err)
				}
				j, err := marks.Accuse(x, m.entries, m.key.Seed(), marks.DefaultEpsilon)
				if err != nil {
					b.Fatal(err)
				}
				if a := j.Accused(); len(a) != 1 || a[0].DeliveryID != "DL-000" {
					b.Fatalf("accused %+v", a)
				}
				b.Logf("%d rows, %d marks, log10 %.1f, next %.1f", x.Rows, x.Marks, j.Deliveries[0].Log10, j.Deliveries[1].Log10)
			}
		})
	}
}

package watermark

import (
	"bufio"
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
	"testing"

	"github.com/datarights/datarights/client/table"
	"github.com/datarights/datarights/internal/marks"
	"github.com/datarights/datarights/internal/tardos"
)

const (
	weather = "../../test-network/data/seattle-weather-hourly-normals.csv"
	power   = "../../test-network/data/iowa-electricity.csv"
)

// sheet is a table in memory.
type sheet struct {
	header []string
	rows   [][]string
}

func parseSheet(t testing.TB, content []byte) sheet {
	t.Helper()
	all, err := csv.NewReader(bytes.NewReader(content)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	return sheet{all[0], all[1:]}
}

func (s sheet) clone() sheet {
	c := sheet{slices.Clone(s.header), make([][]string, len(s.rows))}
	for i, row := range s.rows {
		c.rows[i] = slices.Clone(row)
	}
	return c
}

func (s sheet) csv() []byte {
	var b bytes.Buffer
	_ = csv.NewWriter(&b).WriteAll(append([][]string{s.header}, s.rows...)) // to memory
	return b.Bytes()
}

// json is the table as an array of objects with numbers as numbers.
func (s sheet) json() []byte {
	var list []map[string]any
	for _, row := range s.rows {
		o := map[string]any{}
		for i, v := range row {
			if f, err := strconv.ParseFloat(v, 64); err == nil {
				o[s.header[i]] = f
			} else {
				o[s.header[i]] = v
			}
		}
		list = append(list, o)
	}
	raw, _ := json.Marshal(list) // strings and finite numbers
	return raw
}

// market is a marked product with the copies of some of its buyers.
type market struct {
	key     *Key
	entries []marks.Entry
	copies  []sheet // of the first entries
	file    string
}

func weatherPlan(tolerance string) Plan {
	return Plan{Columns: []Column{{Name: "pressure", Tolerance: tolerance, Resolution: "0.1"}, {Name: "temperature", Tolerance: tolerance, Resolution: "0.1"}, {Name: "wind", Tolerance: tolerance, Resolution: "0.1"}}}
}

func newTestKey(t testing.TB, p Plan, secret byte) *Key {
	t.Helper()
	k, err := GenerateKey("DP-test", p)
	if err != nil {
		t.Fatal(err)
	}
	k.secret = [secretSize]byte{secret, 1, 2, 3} // tests are to say the same every time
	k.ID = k.id()
	return k
}

func newMarket(t testing.TB, file string, p Plan, buyers, copies int) *market {
	t.Helper()
	m := &market{key: newTestKey(t, p, 9), file: file}
	draws := rand.NewChaCha8([32]byte{byte(buyers), 1})
	biases := tardos.NewBiases(m.key.Seed())
	for i := range buyers {
		e, err := marks.NewEntry(draws, m.key.ID, biases, fmt.Sprintf("DL-%03d", i), fmt.Sprintf("buyer-%03d", i), m.key.Product, 1)
		if err != nil {
			t.Fatal(err)
		}
		m.entries = append(m.entries, e)
	}
	for i := range copies {
		m.copies = append(m.copies, parseSheet(t, m.copyOf(t, i)))
	}
	return m
}

func (m *market) copyOf(t testing.TB, buyer int) []byte {
	t.Helper()
	code := m.entries[buyer].TardosCode()
	return embedCode(t, m.key, m.file, &code)
}

func embedCode(t testing.TB, k *Key, file string, code *tardos.Code) []byte {
	t.Helper()
	mk, _, err := survey(context.Background(), file, k, Options{})
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	w := bufio.NewWriter(&b)
	if _, err := mk.copyTo(context.Background(), w, file, code, Options{}); err != nil {
		t.Fatal(err)
	}
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func extract(t testing.TB, k *Key, content []byte, f table.Format) (*marks.Extraction, []Reading) {
	t.Helper()
	x, readings, err := ExtractFrom(context.Background(), func() (table.Reader, io.Closer, error) {
		r, err := table.NewReader(bytes.NewReader(content), table.Options{Format: f})
		return r, io.NopCloser(nil), err
	}, k)
	if err != nil {
		t.Fatal(err)
	}
	return x, readings
}

func (m *market) judge(t testing.TB, content []byte, f table.Format) *marks.Judgement {
	t.Helper()
	x, readings := extract(t, m.key, content, f)
	j, err := marks.Accuse(x, m.entries, m.key.Seed(), marks.DefaultEpsilon)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("marks %d, agreement %.1f, hypotheses %d, best 10^%.1f; first %s 10^%.1f, second 10^%.1f; %v",
		x.Marks, x.Agreement, x.Hypotheses, j.Best, j.Deliveries[0].DeliveryID, j.Deliveries[0].Log10, j.Deliveries[1].Log10, readings)
	return j
}

// renumber changes a cell's number and writes it with some decimals.
func renumber(s string, decimals int, f func(float64) float64) string {
	v, err := strconv.ParseFloat(s, 64)
	if err != nil {
		return s
	}
	return strconv.FormatFloat(f(v), 'f', decimals, 64)
}

func (s sheet) keep(r *rand.Rand, percent int) sheet {
	c := s.clone()
	r.Shuffle(len(c.rows), func(i, j int) { c.rows[i], c.rows[j] = c.rows[j], c.rows[i] })
	c.rows = c.rows[:len(c.rows)*percent/100]
	return c
}

func (s sheet) columns(order ...int) sheet {
	pick := func(row []string) []string {
		var out []string
		for _, i := range order {
			out = append(out, row[i])
		}
		return out
	}
	c := sheet{header: pick(s.header)}
	for _, row := range s.rows {
		c.rows = append(c.rows, pick(row))
	}
	return c
}

func (s sheet) apply(column, decimals int, f func(float64) float64) sheet {
	c := s.clone()
	for _, row := range c.rows {
		row[column] = renumber(row[column], decimals, f)
	}
	return c
}

func fahrenheit(v float64) float64 { return v*1.8 + 32 }

// round rounds to multiples of a step.
func round(step float64) func(float64) float64 {
	return func(v float64) float64 { return math.Round(v/step) * step }
}

func (s sheet) foreign(r *rand.Rand, percent int) sheet {
	c := s.clone()
	n := len(c.rows) * percent / 100
	for range n {
		row := slices.Clone(s.rows[r.IntN(len(s.rows))])
		row[0] = fmt.Sprintf("2031-%02d-%02dT%02d:00:00", 1+r.IntN(12), 1+r.IntN(28), r.IntN(24))
		for i := 1; i < len(row); i++ {
			row[i] = renumber(row[i], 1, func(v float64) float64 { return v + float64(r.IntN(41)-20)/10 })
		}
		c.rows = append(c.rows, row)
	}
	r.Shuffle(len(c.rows), func(i, j int) { c.rows[i], c.rows[j] = c.rows[j], c.rows[i] })
	return c
}

func (s sheet) rename() sheet {
	c := s.clone()
	for i := range c.header {
		c.header[i] = string(rune('q' - i))
	}
	return c
}

// attack makes a suspect table of the copy of buyer 0.
type attack struct {
	name string
	make func(t *testing.T, m *market, r *rand.Rand) []byte
	json bool
	// weak attacks leave too little to name anyone for certain; they must only
	// accuse nobody else.
	weak bool
	// fine attacks leave something to go by only where the tolerance is small
	// against the range of the values.
	fine bool
}

var attacks = []attack{
	{name: "the copy itself", make: func(_ *testing.T, m *market, _ *rand.Rand) []byte { return m.copies[0].csv() }},
	{name: "50 % of the rows", make: func(_ *testing.T, m *market, r *rand.Rand) []byte { return m.copies[0].keep(r, 50).csv() }},
	{name: "20 % of the rows", make: func(_ *testing.T, m *market, r *rand.Rand) []byte { return m.copies[0].keep(r, 20).csv() }},
	{name: "5 % of the rows", make: func(_ *testing.T, m *market, r *rand.Rand) []byte { return m.copies[0].keep(r, 5).csv() }},
	{name: "1 % of the rows", make: func(_ *testing.T, m *market, r *rand.Rand) []byte { return m.copies[0].keep(r, 1).csv() }, weak: true},
	{name: "columns shuffled and renamed", make: func(_ *testing.T, m *market, r *rand.Rand) []byte {
		return m.copies[0].keep(r, 100).columns(2, 0, 3, 1).rename().csv()
	}},
	{name: "20 %, shuffled, renamed, JSON", json: true, make: func(_ *testing.T, m *market, r *rand.Rand) []byte {
		return m.copies[0].keep(r, 20).columns(3, 2, 1, 0).rename().json()
	}},
	{name: "5 %, shuffled, renamed, JSON", json: true, make: func(_ *testing.T, m *market, r *rand.Rand) []byte {
		return m.copies[0].keep(r, 5).columns(3, 2, 1, 0).rename().json()
	}},
	{name: "without the key column", fine: true, make: func(_ *testing.T, m *market, _ *rand.Rand) []byte { return m.copies[0].columns(1, 2, 3).rename().csv() }},
	{name: "half of the columns", make: func(_ *testing.T, m *market, _ *rand.Rand) []byte { return m.copies[0].columns(0, 2).rename().csv() }},
	{name: "the other half", make: func(_ *testing.T, m *market, _ *rand.Rand) []byte { return m.copies[0].columns(1, 2).rename().csv() }, weak: true},
	{name: "rounded within the tolerance", make: func(_ *testing.T, m *market, _ *rand.Rand) []byte {
		s := m.copies[0]
		for c := 1; c <= 3; c++ {
			s = s.apply(c, 1, round(0.2))
		}
		return s.csv()
	}},
	{name: "other units", make: func(_ *testing.T, m *market, _ *rand.Rand) []byte {
		return m.copies[0].apply(2, 1, fahrenheit).apply(1, 0, func(v float64) float64 { return v * 100 }).apply(3, 2, func(v float64) float64 { return v * 3.6 }).rename().csv()
	}},
	{name: "20 %, other units", make: func(_ *testing.T, m *market, r *rand.Rand) []byte {
		return m.copies[0].keep(r, 20).apply(2, 1, fahrenheit).apply(1, 0, func(v float64) float64 { return v * 1000 }).apply(3, 2, func(v float64) float64 { return v * 3.6 }).rename().csv()
	}},
	{name: "no key column, other units", weak: true, make: func(_ *testing.T, m *market, _ *rand.Rand) []byte {
		return m.copies[0].columns(1, 2, 3).apply(1, 1, fahrenheit).apply(0, 0, func(v float64) float64 { return v * 1000 }).apply(2, 2, func(v float64) float64 { return v * 3.6 }).rename().csv()
	}},
	{name: "20 % foreign rows", make: func(_ *testing.T, m *market, r *rand.Rand) []byte { return m.copies[0].foreign(r, 20).csv() }},
	{name: "merged with another product", make: func(t *testing.T, m *market, _ *rand.Rand) []byte {
		other := newTestKey(t, m.key.Plan, 77)
		code := m.entries[5].TardosCode() // whoever bought both
		s, o := m.copies[0].clone(), parseSheet(t, embedCode(t, other, m.file, &code))
		s.header = append(s.header, "p2", "t2", "w2")
		for i := range s.rows {
			s.rows[i] = append(s.rows[i], o.rows[i][1:]...)
		}
		return s.csv()
	}},
	{name: "20 %, rounded, renamed, half foreign", make: func(_ *testing.T, m *market, r *rand.Rand) []byte {
		s := m.copies[0].keep(r, 20)
		for c := 1; c <= 3; c++ {
			s = s.apply(c, 1, round(0.2))
		}
		return s.foreign(r, 50).columns(3, 1, 0, 2).rename().csv()
	}},
	{name: "noise of one unit in half of the cells", make: func(_ *testing.T, m *market, r *rand.Rand) []byte {
		s := m.copies[0]
		for c := 1; c <= 3; c++ {
			s = s.apply(c, 1, func(v float64) float64 { return v + float64(r.IntN(2)*(2*r.IntN(2)-1))/10 })
		}
		return s.csv()
	}},
}

func TestAttacks(t *testing.T) {
	for _, tolerance := range []string{"0.1", "0.5"} {
		m := newMarket(t, weather, weatherPlan(tolerance), 100, 1)
		for i, a := range attacks {
			t.Run(tolerance+"/"+a.name, func(t *testing.T) {
				f := table.CSV
				if a.json {
					f = table.JSON
				}
				j := m.judge(t, a.make(t, m, rand.New(rand.NewPCG(uint64(i), 7))), f)
				accused := j.Accused()
				if len(accused) > 1 || len(accused) == 1 && accused[0].DeliveryID != "DL-000" {
					t.Fatalf("an innocent is accused: %+v", accused)
				}
				if len(accused) == 0 && !a.weak && !(a.fine && tolerance != "0.1") {
					t.Errorf("nobody is accused: %s", j.Reason)
				}
			})
		}
	}
}

package main

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"strconv"

	"github.com/datarights/datarights/client/watermark"
	"github.com/datarights/datarights/test-network/data"
)

// grid is a table in memory.
type grid struct {
	header []string
	rows   [][]string
}

// source is a registered table: what it is, which numbers it has, and what its
// holder lets marks change.
type source struct {
	name    string
	grid    grid
	numbers []int // columns
	plan    watermark.Plan
	unit    unit
	// instrument is the error of a measurement, by column: what two who measure
	// the same independently differ by.
	instrument map[int]float64
}

// unit is a change of unit that an attacker makes in one column.
type unit struct {
	column   int
	name     string
	factor   float64
	offset   float64
	decimals int
}

// sources are the tables attacked: the two samples and one generated.
func sources(rows int) ([]*source, error) {
	weather, err := sample("seattle-weather-hourly-normals.csv")
	if err != nil {
		return nil, err
	}
	energy, err := sample("iowa-electricity.csv")
	if err != nil {
		return nil, err
	}
	tenth := func(name string) watermark.Column { return watermark.Column{Name: name, Tolerance: "0.1"} }
	return []*source{
		{name: "weather", grid: weather, numbers: []int{1, 2, 3}, plan: watermark.Plan{Columns: []watermark.Column{tenth("pressure"), tenth("temperature"), tenth("wind")}},
			unit: unit{2, "°C → °F", 1.8, 32, 2}, instrument: map[int]float64{1: 0.15, 2: 0.2, 3: 0.5}}, // attainable uncertainty, WMO-No. 8, annex 1.A
		{name: "electricity", grid: energy, numbers: []int{2}, plan: watermark.Plan{Columns: []watermark.Column{{Name: "net_generation", Tolerance: "5"}}},
			unit: unit{2, "thousand MWh → GWh·10", 0.1, 0, 1}, instrument: map[int]float64{2: 150}}, // two surveys
		{name: "meters", grid: meters(rand.New(rand.NewPCG(2026, 1)), rows, 5000), numbers: []int{2, 3, 5}, plan: watermark.Plan{Columns: []watermark.Column{
			{Name: "kwh", Tolerance: "0.05"}, {Name: "peak_kw", Tolerance: "0.1"}, {Name: "amount_yuan", Tolerance: "0.05"}}},
			unit: unit{2, "kWh → MWh", 0.001, 0, 5}, instrument: map[int]float64{2: 0.2, 3: 0.1, 5: 0.1}}, // meters of class 1
	}, nil
}

func sample(name string) (grid, error) {
	content, err := data.Files.ReadFile(name)
	if err != nil {
		return grid{}, err
	}
	rows, err := csv.NewReader(bytes.NewReader(content)).ReadAll()
	if err != nil {
		return grid{}, fmt.Errorf("couldn't read %s: %w", name, err)
	}
	return grid{rows[0], rows[1:]}, nil
}

var tariffs = []string{"居民", "工商业", "农业", "大工业"}

// meters are daily readings of a fleet of meters: what they use is lognormal and
// depends on the meter, its tariff and the season.
func meters(r *rand.Rand, rows, fleet int) grid {
	g := grid{header: []string{"meter", "day", "kwh", "peak_kw", "tariff", "amount_yuan", "power_factor"}, rows: make([][]string, 0, rows)}
	base, tariff := make([]float64, fleet), make([]int, fleet)
	for m := range fleet {
		base[m], tariff[m] = math.Exp(3+r.NormFloat64()*0.8), r.IntN(len(tariffs))
	}
	for i := range rows {
		m, day := i%fleet, i/fleet
		season := 1 + 0.3*math.Sin(float64(day)/58)
		kwh := base[m] * season * math.Exp(r.NormFloat64()*0.25)
		g.rows = append(g.rows, []string{
			fmt.Sprintf("M%06d", m), fmt.Sprintf("2025-%02d-%02d", day/28%12+1, day%28+1),
			strconv.FormatFloat(kwh, 'f', 2, 64), strconv.FormatFloat(kwh/24*(2+r.Float64()*2), 'f', 1, 64),
			tariffs[tariff[m]], strconv.FormatFloat(kwh*(0.45+0.1*float64(tariff[m])), 'f', 2, 64), strconv.FormatFloat(0.85+0.14*r.Float64(), 'f', 2, 64),
		})
	}
	return g
}

// decoys are other tables of the sources' kinds, which the right one must be
// told from: other stations at the same hours, other years of the same list,
// other fleets with the same numbers of meters on the same days.
func decoys(r *rand.Rand, of *source, n int) []grid {
	list := make([]grid, n)
	for i := range list {
		switch of.name {
		case "meters":
			list[i] = meters(r, 1500, 300)
		default:
			list[i] = shifted(r, of, min(len(of.grid.rows), 1500), 4)
		}
	}
	return list
}

// shifted is a table like a source's, of another place: the same keys, each
// number another by so many standard deviations of its column.
func shifted(r *rand.Rand, of *source, rows int, by float64) grid {
	spread := spreads(of)
	for c := range spread {
		spread[c] *= by
	}
	start := r.IntN(len(of.grid.rows) - rows + 1)
	return moved(r, of, of.grid.rows[start:start+rows], spread)
}

// independent is somebody else's measurement of the same: the same keys, each
// number with the error of another instrument.
func independent(r *rand.Rand, of *source) grid { return moved(r, of, of.grid.rows, of.instrument) }

func moved(r *rand.Rand, of *source, rows [][]string, by map[int]float64) grid {
	g := grid{header: of.grid.header}
	for _, row := range rows {
		again := append([]string(nil), row...)
		for _, c := range of.numbers {
			v, decimals := number(row[c])
			again[c] = strconv.FormatFloat(v+r.NormFloat64()*by[c], 'f', decimals, 64)
		}
		g.rows = append(g.rows, again)
	}
	return g
}

func spreads(of *source) map[int]float64 {
	out := map[int]float64{}
	for _, c := range of.numbers {
		var sum, square, n float64
		for _, row := range of.grid.rows {
			v, _ := number(row[c])
			sum, square, n = sum+v, square+v*v, n+1
		}
		out[c] = math.Sqrt(square/n - sum/n*sum/n)
	}
	return out
}

// number reads a cell and how many decimals it is written with.
func number(s string) (float64, int) {
	v, err := strconv.ParseFloat(s, 64)
	if err != nil {
		panic("the tables here have numbers where they are said to: " + s)
	}
	for i := range s {
		if s[i] == '.' {
			return v, len(s) - i - 1
		}
	}
	return v, 0
}

func (g grid) writeCSV(path string) error {
	var b bytes.Buffer
	w := csv.NewWriter(&b)
	if err := w.Write(g.header); err != nil {
		return err
	}
	if err := w.WriteAll(g.rows); err != nil {
		return err
	}
	return os.WriteFile(path, b.Bytes(), 0o600)
}

func readCSV(path string) (grid, error) {
	content, err := os.ReadFile(path)
	if err != nil {
		return grid{}, err
	}
	rows, err := csv.NewReader(bytes.NewReader(content)).ReadAll()
	if err != nil {
		return grid{}, err
	}
	return grid{rows[0], rows[1:]}, nil
}

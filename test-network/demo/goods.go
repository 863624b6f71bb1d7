package demo

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/datarights/datarights/client/watermark"
)

// The tables of the story. The first two are the holders' own; the others are
// made of them in its course, each by whoever makes it in the story.
const (
	energyFile  = "iowa-electricity.csv"
	weatherFile = "seattle-weather-hourly-normals.csv"
	windFile    = "public-wind-daily.csv"      // the weather bureau's, of the hourly normals
	productFile = "green-power-daily.csv"      // fused of the energy company's and the bureau's
	sentFile    = "green-power-daily.sent.csv" // the buyer's own copy, marked
	resoldFile  = "my-own-power-data.json"     // what the buyer passes it off as
	nearFile    = "my-own-forecast.csv"        // and then, changed: some rows, shuffled, rounded
)

// table is a CSV file.
type table struct {
	header []string
	rows   [][]string
}

func readTable(path string) (table, error) {
	content, err := os.ReadFile(path)
	if err != nil {
		return table{}, err
	}
	rows, err := csv.NewReader(bytes.NewReader(content)).ReadAll()
	if err != nil {
		return table{}, fmt.Errorf("couldn't read %s: %w", path, err)
	}
	return table{rows[0], rows[1:]}, nil
}

func (t table) bytes() ([]byte, error) {
	var b bytes.Buffer
	err := csv.NewWriter(&b).WriteAll(append([][]string{t.header}, t.rows...))
	return b.Bytes(), err
}

func (t table) write(path string) error {
	raw, err := t.bytes()
	if err != nil {
		return err
	}
	return os.WriteFile(path, raw, 0o600)
}

// tenths reads a number with one decimal as an integer, so that nothing here
// depends on how a machine rounds.
func tenths(s string) (int64, error) {
	whole, tenth, _ := strings.Cut(s, ".")
	if tenth == "" {
		tenth = "0"
	}
	return strconv.ParseInt(whole+tenth, 10, 64)
}

// daily is the weather bureau's table: the mean wind of each day, in tenths of
// a metre a second.
func daily(hourly table) (table, error) {
	t := table{header: []string{"day", "wind_dm_s"}}
	var sum, n int64
	for i, row := range hourly.rows {
		v, err := tenths(row[3])
		if err != nil {
			return t, err
		}
		sum, n = sum+v, n+1
		if i+1 == len(hourly.rows) || hourly.rows[i+1][0][:10] != row[0][:10] {
			t.rows = append(t.rows, []string{row[0][:10], strconv.FormatInt(sum/n, 10)})
			sum, n = 0, 0
		}
	}
	return t, nil
}

// fused is the product: each year's generation from renewables over its days, by
// how much the wind blows on them.
func fused(energy, wind table) (table, error) {
	var all int64
	days := make([]int64, len(wind.rows))
	for i, row := range wind.rows {
		v, err := strconv.ParseInt(row[1], 10, 64)
		if err != nil {
			return table{}, err
		}
		days[i] = v
		all += v
	}
	t := table{header: []string{"day", "renewables_mwh", "wind_m_s"}}
	for _, row := range energy.rows {
		if row[1] != "Renewables" {
			continue
		}
		thousands, err := strconv.ParseInt(row[2], 10, 64)
		if err != nil {
			return t, err
		}
		for i, wind10 := range days {
			t.rows = append(t.rows, []string{row[0][:4] + wind.rows[i][0][4:], strconv.FormatInt(thousands*1000*wind10/all, 10), fmt.Sprintf("%d.%d", wind10/10, wind10%10)})
		}
	}
	return t, nil
}

// markPlan is what the developer lets the platform change: ten megawatt hours of
// some thousands, a tenth of a metre a second.
var markPlan = watermark.Plan{Columns: []watermark.Column{{Name: "renewables_mwh", Tolerance: "10"}, {Name: "wind_m_s", Tolerance: "0.1"}}}

// disguised is a table in another format, its columns renamed and in another
// order, its rows backwards.
func disguised(t table) ([]byte, error) {
	var rows []map[string]any
	for _, row := range slices.Backward(t.rows) {
		rows = append(rows, map[string]any{"a_output": json.Number(row[1]), "b_period": row[0], "c_speed": json.Number(row[2])})
	}
	return json.MarshalIndent(rows, "", " ")
}

// changed is less than half of a table, the rows shuffled, the generation
// rounded to ten, the columns renamed and in another order.
func changed(t table) (table, error) {
	near := table{header: []string{"预测风速", "预测发电量", "日期"}}
	r := rand.New(rand.NewPCG(17, 2026)) // the same on every play
	for _, i := range r.Perm(len(t.rows))[:len(t.rows)*2/5] {
		row := t.rows[i]
		v, err := strconv.ParseInt(row[1], 10, 64)
		if err != nil {
			return near, err
		}
		near.rows = append(near.rows, []string{row[2], strconv.FormatInt((v+5)/10*10, 10), row[0]})
	}
	return near, nil
}

func (s *story) file(name string) string { return filepath.Join(s.memory, name) }

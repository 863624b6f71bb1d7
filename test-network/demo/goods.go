package demo

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// The tables of the story. The first two are the holders' own; the others are
// made of them in its course, each by whoever makes it in the story.
const (
	energyFile  = "iowa-electricity.csv"
	weatherFile = "seattle-weather-hourly-normals.csv"
	windFile    = "public-wind-daily.csv"        // the weather bureau's, of the hourly normals
	productFile = "green-power-monthly.csv"      // fused of the energy company's and the bureau's
	sentFile    = "green-power-monthly.sent.csv" // the buyer's own copy, marked
	resoldFile  = "my-own-power-data.json"       // what the buyer passes it off as
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

// fused is the product: each year's generation from renewables over its months,
// by how much the wind blows in them.
func fused(energy, wind table) (table, error) {
	var months [12]int64
	var all int64
	for _, row := range wind.rows {
		month, err := strconv.Atoi(row[0][5:7])
		if err != nil {
			return table{}, err
		}
		v, err := strconv.ParseInt(row[1], 10, 64)
		if err != nil {
			return table{}, err
		}
		months[month-1] += v
		all += v
	}
	t := table{header: []string{"month", "renewables_mwh"}}
	for _, row := range energy.rows {
		if row[1] != "Renewables" {
			continue
		}
		thousands, err := strconv.ParseInt(row[2], 10, 64)
		if err != nil {
			return t, err
		}
		for m, wind := range months {
			t.rows = append(t.rows, []string{fmt.Sprintf("%s-%02d", row[0][:4], m+1), strconv.FormatInt(thousands*1000*wind/all, 10)})
		}
	}
	return t, nil
}

// marked is the copy of one recipient: the bits of his code are in the last
// digits, one a row, where they change nothing that matters.
func marked(t table, code []byte) table {
	copied := table{header: t.header}
	for i, row := range t.rows {
		v, _ := strconv.ParseInt(row[1], 10, 64)
		bit := int64(code[i/8%len(code)]>>(i%8)) & 1
		copied.rows = append(copied.rows, []string{row[0], strconv.FormatInt(v/2*2+bit, 10)})
	}
	return copied
}

// mark reads the code back from the last digits of n·8 rows in the product's
// order.
func mark(values []int64, n int) []byte {
	code := make([]byte, n)
	for i := range min(len(values), n*8) {
		code[i/8] |= byte(values[i]&1) << (i % 8)
	}
	return code
}

// undisguised reads the values of a disguised table in the order of its periods.
func undisguised(content []byte) ([]int64, error) {
	type row struct {
		Output int64  `json:"a_output"`
		Period string `json:"b_period"`
	}
	var rows []row
	if err := json.Unmarshal(content, &rows); err != nil {
		return nil, err
	}
	slices.SortFunc(rows, func(x, y row) int { return strings.Compare(x.Period, y.Period) })
	values := make([]int64, len(rows))
	for i, row := range rows {
		values[i] = row.Output
	}
	return values, nil
}

// disguised is a table in another format, its columns renamed and in another
// order, its rows backwards.
func disguised(t table) ([]byte, error) {
	var rows []map[string]any
	for i := len(t.rows) - 1; i >= 0; i-- {
		rows = append(rows, map[string]any{"a_output": json.Number(t.rows[i][1]), "b_period": t.rows[i][0]})
	}
	return json.MarshalIndent(rows, "", " ")
}

func (s *story) file(name string) string { return filepath.Join(s.memory, name) }

package watermark

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/datarights/datarights/client/table"
)

// Plan is the holder's word on what marking may change. What it does not name
// stays byte for byte as it is.
type Plan struct {
	Columns []Column `json:"columns" yaml:"columns"`
	// Every thins the marks: of the cells that could carry one, one in Every does.
	// 0 is 1: all.
	Every int `json:"every,omitempty" yaml:"every,omitempty"`
}

// Column is one column that may change: a number's by Tolerance, or a text's
// among Synonyms.
type Column struct {
	Name string `json:"name" yaml:"name"`
	// Tolerance is the most by which a number may change, as a decimal: "0.1".
	Tolerance string `json:"tolerance,omitempty" yaml:"tolerance,omitempty"`
	// Resolution is the unit in which the column is written, a power of ten; left
	// out, that of the tolerance's last digit.
	Resolution string `json:"resolution,omitempty" yaml:"resolution,omitempty"`
	// Min and Max are bounds that a changed number keeps to. Left out, a column
	// without negative numbers gets none.
	Min string `json:"min,omitempty" yaml:"min,omitempty"`
	Max string `json:"max,omitempty" yaml:"max,omitempty"`
	// Synonyms are groups of texts each of which may stand for the others of its
	// group.
	Synonyms [][]string `json:"synonyms,omitempty" yaml:"synonyms,omitempty"`
}

const (
	maxPlan      = 1 << 20 // bytes
	maxEvery     = 1000
	maxTolerance = 1_000_000 // units of the resolution
	maxNumber    = 1 << 50   // units; a double still tells neighbours apart
)

// LoadPlan reads a plan in YAML or JSON.
func LoadPlan(path string) (Plan, error) {
	f, err := os.Open(path)
	if err != nil {
		return Plan{}, fmt.Errorf("couldn't read the plan: %w", err)
	}
	defer func() { _ = f.Close() }() // only read
	data, err := io.ReadAll(io.LimitReader(f, maxPlan+1))
	if err != nil {
		return Plan{}, fmt.Errorf("couldn't read the plan: %w", err)
	}
	p, err := ParsePlan(data)
	if err != nil {
		return Plan{}, fmt.Errorf("couldn't read the plan in %s: %w", path, err)
	}
	return p, nil
}

// ParsePlan reads a plan in YAML, of which JSON is a part: one document, known
// fields alone, and nothing in it that marking could not follow.
func ParsePlan(data []byte) (Plan, error) {
	var p Plan
	if len(data) > maxPlan {
		return p, problem("计划文件超过 %[1]d 字节", "the plan is over %[1]d bytes", maxPlan)
	}
	dec := yaml.NewDecoder(bytes.NewReader(data))
	dec.KnownFields(true)
	if err := dec.Decode(&p); err != nil {
		if errors.Is(err, io.EOF) {
			err = errors.New("it is empty")
		}
		return p, problem("计划文件不合法：%[1]v", "the plan is not valid: %[1]v", err)
	}
	if err := dec.Decode(new(any)); !errors.Is(err, io.EOF) {
		return p, problem("计划文件须为单个 YAML 文档", "want one YAML document")
	}
	_, err := p.carriers()
	return p, err
}

// spec is how the numbers of some columns carry marks: the unit 10^-decimals
// and the tolerance in it.
type spec struct {
	decimals  int
	tolerance int64
}

// number is a numeric column's carrier.
type number struct {
	spec
	min, max int64 // units
	bounded  bool  // below, by the plan
}

// synonym is a text's place: its group and which of it.
type synonym struct{ group, member int }

// carriers is a plan ready to be followed.
type carriers struct {
	numbers map[string]number
	words   map[string]bool // columns with synonyms
	specs   []spec          // distinct, sorted
	places  map[string]synonym
	groups  [][]string // canonical texts, sorted
	every   uint64
}

func (p *Plan) carriers() (*carriers, error) {
	c := &carriers{numbers: map[string]number{}, words: map[string]bool{}, places: map[string]synonym{}, every: uint64(max(p.Every, 1))}
	if len(p.Columns) == 0 {
		return nil, problem("计划未列出任何列", "the plan names no column")
	}
	if p.Every < 0 || p.Every > maxEvery {
		return nil, problem("every 须为 1 至 %[1]d", "every must be 1 to %[1]d", maxEvery)
	}
	seen := map[string]bool{}
	for _, col := range p.Columns {
		name := table.ParseCell(col.Name)
		if name.Empty() {
			return nil, problem("有一列未写名称", "a column has no name")
		}
		if seen[col.Name] {
			return nil, problem("列 %[1]q 重复", "the column %[1]q appears twice", col.Name)
		}
		seen[col.Name] = true
		switch {
		case (col.Tolerance == "") == (len(col.Synonyms) == 0):
			return nil, problem("列 %[1]q 须写明 tolerance 或 synonyms，二者之一", "the column %[1]q needs a tolerance or synonyms, one of them", col.Name)
		case col.Tolerance != "":
			n, err := col.number()
			if err != nil {
				return nil, err
			}
			c.numbers[col.Name] = n
			if !slices.Contains(c.specs, n.spec) {
				c.specs = append(c.specs, n.spec)
			}
		default:
			if col.Resolution != "" || col.Min != "" || col.Max != "" {
				return nil, problem("列 %[1]q 为文本，没有精度与上下限", "the column %[1]q is text: it has no resolution, min or max", col.Name)
			}
			c.words[col.Name] = true
			if err := c.addGroups(&col); err != nil {
				return nil, err
			}
		}
	}
	slices.SortFunc(c.specs, func(a, b spec) int {
		if a.decimals != b.decimals {
			return a.decimals - b.decimals
		}
		return int(a.tolerance - b.tolerance)
	})
	return c, nil
}

func (col *Column) number() (n number, err error) {
	bad := func(field, v string) error {
		return problem("列 %[1]q 的 %[2]s %[3]q 不是十进制数或不是精度的整数倍", "the column %[1]q: %[2]s %[3]q is no decimal, or no multiple of the resolution", col.Name, field, v)
	}
	n.decimals = decimalsOf(col.Tolerance)
	if col.Resolution != "" {
		coefficient, exponent, ok := scientific(col.Resolution)
		if !ok || coefficient != 1 {
			return n, problem("列 %[1]q 的精度 %[2]q 不是 10 的幂，例如 0.1、1、10", "the column %[1]q: the resolution %[2]q is no power of ten, such as 0.1, 1 or 10", col.Name, col.Resolution)
		}
		n.decimals = -exponent
	}
	if n.decimals < -15 || n.decimals > 15 {
		return n, problem("列 %[1]q 的精度须在 10⁻¹⁵ 与 10¹⁵ 之间", "the column %[1]q: the resolution must be between 1e-15 and 1e15", col.Name)
	}
	if v, exponent, ok := scientific(col.Tolerance); ok && v > 0 && exponent < -n.decimals && math.Pow10(exponent+n.decimals)*float64(v) < 1 {
		return n, problem("列 %[1]q 的允许误差 %[2]s 小于精度，无法作标", "the column %[1]q: the tolerance %[2]s is smaller than the resolution: nothing could be changed", col.Name, col.Tolerance)
	}
	var ok bool
	if n.tolerance, ok = units(col.Tolerance, n.decimals); !ok {
		return n, bad("tolerance", col.Tolerance)
	}
	if n.tolerance < 1 || n.tolerance > maxTolerance {
		return n, problem("列 %[1]q 的允许误差须为精度的 1 至 %[2]d 倍", "the column %[1]q: the tolerance must be 1 to %[2]d times the resolution", col.Name, maxTolerance)
	}
	n.min, n.max = -maxNumber, maxNumber
	if col.Min != "" {
		if n.min, ok = units(col.Min, n.decimals); !ok {
			return n, bad("min", col.Min)
		}
		n.bounded = true
	}
	if col.Max != "" {
		if n.max, ok = units(col.Max, n.decimals); !ok {
			return n, bad("max", col.Max)
		}
	}
	if n.min > n.max {
		return n, problem("列 %[1]q 的下限高于上限", "the column %[1]q: min is above max", col.Name)
	}
	return n, nil
}

func (c *carriers) addGroups(col *Column) error {
	for _, g := range col.Synonyms {
		var texts []string
		for _, s := range g {
			cell := table.ParseCell(s)
			if cell.Kind != table.Text {
				return problem("列 %[1]q 的同义词 %[2]q 不是文本", "the column %[1]q: the synonym %[2]q is no text", col.Name, s)
			}
			if slices.Contains(texts, cell.Text) {
				return problem("列 %[1]q 的同义词 %[2]q 重复", "the column %[1]q: the synonym %[2]q appears twice", col.Name, s)
			}
			texts = append(texts, cell.Text)
		}
		if len(texts) < 2 {
			return problem("列 %[1]q 有一组同义词不足两个", "the column %[1]q: a group has fewer than two synonyms", col.Name)
		}
		slices.Sort(texts)
		if known, ok := c.places[texts[0]]; ok && slices.Equal(c.groups[known.group], texts) {
			continue // the same group in another column
		}
		for i, s := range texts {
			if _, ok := c.places[s]; ok {
				return problem("同义词 %[1]q 属于两组", "the synonym %[1]q is in two groups", s)
			}
			c.places[s] = synonym{len(c.groups), i}
		}
		c.groups = append(c.groups, texts)
	}
	return nil
}

// scientific splits a number in JSON's grammar into coefficient and exponent.
func scientific(s string) (coefficient int64, exponent int, ok bool) {
	cell := table.ParseCell(s)
	if cell.Kind != table.Number {
		return 0, 0, false
	}
	return split(cell.Text)
}

// split takes a canonical number apart.
func split(canonical string) (coefficient int64, exponent int, ok bool) {
	digits, power, _ := strings.Cut(canonical, "e")
	coefficient, err := strconv.ParseInt(digits, 10, 64)
	if err != nil {
		return 0, 0, false
	}
	exponent, err = strconv.Atoi(power)
	return coefficient, exponent, err == nil
}

// decimalsOf counts the digits after the point.
func decimalsOf(s string) int {
	_, fraction, _ := strings.Cut(strings.TrimSpace(s), ".")
	return len(fraction)
}

// units reads a number as a whole number of 10^-decimals; not ok if it is none
// or too large.
func units(s string, decimals int) (int64, bool) {
	coefficient, exponent, ok := scientific(s)
	if !ok {
		return 0, false
	}
	return scale(coefficient, exponent+decimals)
}

func scale(coefficient int64, power int) (int64, bool) {
	if coefficient == 0 {
		return 0, true
	}
	if power < 0 || power > 16 {
		return 0, false // canonical coefficients end in no zero
	}
	for range power {
		if coefficient > maxNumber || coefficient < -maxNumber {
			return 0, false
		}
		coefficient *= 10
	}
	return coefficient, coefficient <= maxNumber && coefficient >= -maxNumber
}

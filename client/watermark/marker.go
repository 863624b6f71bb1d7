package watermark

import (
	"strconv"
	"strings"
	"unicode"

	"github.com/datarights/datarights/client/table"
	"github.com/datarights/datarights/internal/tardos"
)

// marker finds out what the cells of a table with the plan's columns carry, and
// makes them carry a code.
type marker struct {
	*carriers
	hash    *hasher
	claimer *claimer
	columns []part // by column
	lowest  []int64
	row     []trait
	places  []place // of the row's numbers
	units   []int64
	found   int // columns of the plan
}

// part says what a column is to the marks.
type part struct {
	kind   byte // 'n' number, 'w' words, 0 left alone
	number number
	spec   int
	name   string
}

func newMarker(k *Key) (*marker, error) {
	c, err := k.Plan.carriers()
	if err != nil {
		return nil, err
	}
	cl, err := newClaimer(k, c.every)
	if err != nil {
		return nil, err
	}
	return &marker{carriers: c, hash: newHasher(k, c), claimer: cl}, nil
}

// know takes up the columns of the table, as far as they are known.
func (m *marker) know(names []string) {
	for i := len(m.columns); i < len(names); i++ {
		p := part{name: names[i]}
		if n, ok := m.numbers[p.name]; ok {
			p.kind, p.number = 'n', n
			for j, s := range m.specs {
				if s == n.spec {
					p.spec = j
				}
			}
			m.found++
		} else if m.words[p.name] {
			p.kind = 'w'
			m.found++
		}
		m.columns = append(m.columns, p)
		m.lowest = append(m.lowest, 0)
	}
	for len(m.row) < len(m.columns) {
		m.row, m.places, m.units = append(m.row, trait{}), append(m.places, place{}), append(m.units, 0)
	}
}

// missing names the plan's columns that the table lacks.
func (m *marker) missing() []string {
	have := map[string]bool{}
	for _, p := range m.columns {
		have[p.name] = true
	}
	var list []string
	for name := range m.numbers {
		if !have[name] {
			list = append(list, name)
		}
	}
	for name := range m.words {
		if !have[name] {
			list = append(list, name)
		}
	}
	return list
}

// read finds the traits of a row; n is its number, for errors.
func (m *marker) read(cells []table.Cell, n int64) error {
	for i := range m.columns {
		m.row[i] = trait{}
		if i >= len(cells) || cells[i].Empty() {
			continue
		}
		p := &m.columns[i]
		switch p.kind {
		case 'n':
			if err := m.readNumber(i, cells[i], n); err != nil {
				return err
			}
		case 'w':
			if s, ok := m.carriers.places[cells[i].Text]; ok && cells[i].Kind == table.Text {
				m.row[i] = trait{m.hash.groups[s.group], true, s.member & 1}
				break
			}
			m.row[i].ref = m.hash.cell(cells[i])
		default:
			m.row[i].ref = m.hash.cell(cells[i])
		}
	}
	return nil
}

func (m *marker) readNumber(i int, cell table.Cell, n int64) error {
	p := &m.columns[i]
	if cell.Kind != table.Number {
		return problem("第 %[1]d 条记录的列 %[2]q 不是数值：%.40[3]q", "record %[1]d: the column %[2]q is no number: %.40[3]q", n, p.name, cell.Text)
	}
	coefficient, exponent, ok := split(cell.Text)
	var x int64
	if ok {
		x, ok = scale(coefficient, exponent+p.number.decimals)
	}
	if !ok {
		return problem("第 %[1]d 条记录的列 %[2]q 的 %.40[3]s 比精度 1e%[4]d 更精细或过大；请在计划中写明 resolution", "record %[1]d: the column %[2]q has %.40[3]s, finer than the resolution 1e%[4]d or too large; say the resolution in the plan", n, p.name, cell.Text, -p.number.decimals)
	}
	m.lowest[i] = min(m.lowest[i], x)
	m.units[i] = x
	if at, ok := p.number.locate(x); ok {
		m.places[i] = at
		m.row[i] = trait{m.hash.block(m.carriers, p.spec, at.block), true, at.parity}
	}
	return nil
}

// want is the parity that a claim asks of its cell, for a code.
func want(code *tardos.Code, cl claim) int {
	bit := 0
	if code.Bit(cl.position) {
		bit = 1
	}
	return bit ^ cl.mask
}

// change is what the text of a column's cell becomes for a parity; the present
// text if it has it, or if bounds bar the way.
func (m *marker) change(i, parity int, text string) string {
	p := &m.columns[i]
	core := strings.TrimFunc(text, unicode.IsSpace)
	at := strings.Index(text, core)
	replaced := core
	if p.kind == 'w' {
		s := m.carriers.places[table.ParseCell(core).Text]
		g := m.groups[s.group]
		if o := other(s.member, len(g), parity); o != s.member {
			replaced = g[o]
		}
	} else {
		n := p.number
		if !n.bounded && m.lowest[i] == 0 { // no negative numbers came up: make none
			n.min = 0
		}
		if y, ok := n.set(m.units[i], parity); ok && y != m.units[i] {
			replaced = decimal(y, n.decimals, decimalsOf(core))
		}
	}
	return text[:at] + replaced + text[at+len(core):]
}

// decimal writes y·10^-decimals with at least as many digits after the point as
// wanted, if a number may have them.
func decimal(y int64, decimals, wanted int) string {
	sign := ""
	if y < 0 {
		sign, y = "-", -y
	}
	digits := strconv.FormatInt(y, 10)
	if decimals <= 0 {
		if y != 0 {
			digits += strings.Repeat("0", -decimals)
		}
		if wanted > 0 {
			digits += "." + strings.Repeat("0", wanted)
		}
		return sign + digits
	}
	if len(digits) <= decimals {
		digits = strings.Repeat("0", decimals-len(digits)+1) + digits
	}
	whole, fraction := digits[:len(digits)-decimals], digits[len(digits)-decimals:]
	if len(fraction) < wanted {
		fraction += strings.Repeat("0", wanted-len(fraction))
	}
	for len(fraction) > wanted && fraction[len(fraction)-1] == '0' {
		fraction = fraction[:len(fraction)-1]
	}
	if fraction == "" {
		return sign + whole
	}
	return sign + whole + "." + fraction
}

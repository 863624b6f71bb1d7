package sketch

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/datarights/datarights/internal/gm"
)

// decimal is canonical for a number with up to one decimal.
func decimal(tenths int) string {
	if tenths%10 == 0 {
		s := strings.TrimRight(fmt.Sprint(tenths), "0")
		if s == "" {
			return "0e0"
		}
		return fmt.Sprintf("%se%d", s, len(fmt.Sprint(tenths))-len(s)-1)
	}
	return fmt.Sprintf("%de-1", tenths)
}

// rounded is decimal of the number without its decimal.
func rounded(tenths int) string { return decimal((tenths + 5) / 10 * 10) }

type row []string // canonical: 'n' if it begins with a digit or '-' and has an e, 't' else

func tokens(r row) (list []Token) {
	for _, cell := range r {
		switch {
		case cell == "":
			list = append(list, Token{})
		case strings.HasPrefix(cell, "t:"):
			list = append(list, NewToken('t', cell[2:]))
		default:
			list = append(list, NewToken('n', cell))
		}
	}
	return list
}

func of(rows []row) *Sketch {
	b := NewBuilder(0)
	for _, r := range rows {
		b.Row(tokens(r))
	}
	return b.Sketch()
}

// weather is a table of hours with values drawn from seed; the hours are the
// same for every seed.
func weather(n int, seed uint64, show func(int) string) (rows []row) {
	r := rand.New(rand.NewPCG(seed, 1))
	for i := range n {
		rows = append(rows, row{fmt.Sprintf("t:2010-%02d-%02dT%02d:%05d", i/720%12, i/24%30, i%24, i), show(10000 + r.IntN(300)), show(r.IntN(400)), show(r.IntN(90))})
	}
	return rows
}

// wide has 20 columns.
func wide(n int, seed uint64) (rows []row) {
	r := rand.New(rand.NewPCG(seed, 2))
	for i := range n {
		line := row{fmt.Sprintf("t:key %09d", i)}
		for range 19 {
			line = append(line, fmt.Sprintf("%de-2", r.IntN(100000)*10+1+r.IntN(9)))
		}
		rows = append(rows, line)
	}
	return rows
}

func TestContainment(t *testing.T) {
	all := weather(20000, 1, decimal)
	whole := of(all)
	some := func(step int) (rows []row) {
		for i := 0; i < len(all); i += step {
			rows = append(rows, all[i])
		}
		return rows
	}
	cut := func(rows []row, keep ...int) (out []row) {
		for _, r := range rows {
			line := row{}
			for _, k := range keep {
				line = append(line, r[k])
			}
			out = append(out, line)
		}
		return out
	}
	foreign := append(some(2), weather(2500, 9, decimal)...)
	for i := 10000; i < len(foreign); i++ {
		foreign[i][0] += "other"
	}
	scaled := make([]row, len(all))
	for i, r := range all {
		scaled[i] = slices.Clone(r)
		if c, e, _ := strings.Cut(r[1], "e"); e != "" {
			scaled[i][1] = c + "e-4"
		}
	}
	wideTable := wide(5000, 3)
	var half []int
	for i := 0; i < 20; i += 2 {
		half = append(half, i)
	}
	for _, c := range []struct {
		name        string
		a, b        *Sketch
		how         string
		least, most int64
		sampled     int64
	}{
		{"itself", whole, whole, "exact", 1000, 1000, 250},
		{"one row in 5", of(some(5)), whole, "exact", 1000, 1000, 50},
		{"one row in 20", of(some(20)), whole, "exact", 1000, 1000, 10},
		{"columns dropped and reordered", of(cut(all, 3, 0)), whole, "exact", 1000, 1000, 50},
		{"a fifth foreign", of(foreign), whole, "exact", 700, 900, 100},
		{"rounded", of(weather(20000, 1, rounded)), whole, "rounded", 950, 1000, 50},
		{"unit changed", of(scaled), whole, "exact", 990, 1000, 250},
		// What they share are combinations of everyday values.
		{"other values at the same hours", of(weather(20000, 2, decimal)), whole, "exact", 0, 300, 100},
		{"half the columns of a wide table", of(cut(wideTable, half...)), of(wideTable), "exact", 1000, 1000, 40},
		{"another wide table", of(wide(5000, 4)), of(wideTable), "exact", 0, 20, 150},
	} {
		m := Compare(c.a, c.b)
		if m.How != c.how || m.Permille < c.least || m.Permille > c.most || m.Sampled < c.sampled || m.Low > m.Permille || m.High < m.Permille {
			t.Errorf("%s: %+v, want %s %d to %d of %d", c.name, m, c.how, c.least, c.most, c.sampled)
		}
		if k := Compare(c.a.Key([]byte("k")), c.b.Key([]byte("k"))); k != m {
			t.Errorf("%s: keyed %+v, unkeyed %+v", c.name, k, m)
		}
		for _, s := range []*Sketch{c.a, c.b, c.a.Key([]byte("k"))} {
			again, err := Parse(s.Bytes())
			if err != nil {
				t.Errorf("%s: an honest sketch is refused: %v", c.name, err)
			} else if !bytes.Equal(again.Bytes(), s.Bytes()) || again.Hash() != s.Hash() || again.Rows() != s.Rows() || len(s.Bytes()) > MaxSize {
				t.Errorf("%s: the sketch does not survive its encoding", c.name)
			}
		}
	}
	if m := Compare(of(some(5)), whole); m.Reverse < 120 || m.Reverse > 290 {
		t.Errorf("a fifth of the rows: reverse %d", m.Reverse)
	}
	if m := Compare(whole, whole.Key([]byte("k"))); m != (Match{}) {
		t.Errorf("keyed and unkeyed are mixed: %+v", m)
	}
	if m := Compare(whole.Key([]byte("k")), whole.Key([]byte("l"))); m.Shared != 0 {
		t.Errorf("keys do not separate: %+v", m)
	}
	if m := Compare(whole.Key([]byte("k")), whole.Key([]byte("k")).Key([]byte("k"))); m.Shared != 0 {
		t.Errorf("keyed twice, it still matches: %+v", m)
	}
}

// The estimate's interval holds the truth about as often as it says.
func TestIntervals(t *testing.T) {
	held, trials := 0, 100
	for i := range trials {
		a := weather(4000, uint64(100+i), decimal)
		for j := range a {
			a[j][0] += fmt.Sprint("#", i)
		}
		foreign := weather(4000, uint64(9000+i), decimal)
		for j := range foreign {
			foreign[j][0] += fmt.Sprint("+", i)
		}
		// Only pairs with the key are counted on: drop the rest.
		strip := func(rows []row) (out []row) {
			for _, r := range rows {
				out = append(out, row{r[0], r[1]})
			}
			return out
		}
		a, foreign = strip(a), strip(foreign)
		m := Compare(of(append(slices.Clone(a[:2400]), foreign[:1600]...)), of(a))
		if m.Low <= 600 && 600 <= m.High {
			held++
		}
	}
	if held < trials*88/100 {
		t.Errorf("the 95 %% interval held the truth %d times of %d", held, trials)
	}
}

func TestMergedIsWhole(t *testing.T) {
	for name, rows := range map[string][]row{"narrow": weather(3000, 1, decimal), "wide": wide(700, 1), "growing": append(weather(500, 1, decimal), wide(300, 1)...)} {
		want := of(rows)
		r := rand.New(rand.NewPCG(5, 6))
		for _, workers := range []int{1, 2, 7} {
			parts := make([]*Builder, workers)
			for i := range parts {
				parts[i] = NewBuilder(20)
			}
			shuffled := slices.Clone(rows)
			r.Shuffle(len(rows), func(i, j int) { shuffled[i], shuffled[j] = shuffled[j], shuffled[i] })
			for i, row := range shuffled {
				parts[i%workers].Row(tokens(row))
			}
			for _, p := range parts[1:] {
				parts[0].Merge(p)
			}
			if got := parts[0].Sketch(); !bytes.Equal(got.Bytes(), want.Bytes()) {
				t.Errorf("%s: %d parts merge into another sketch", name, workers)
			}
		}
		narrow := NewBuilder(4)
		if name == "narrow" {
			for _, row := range rows {
				narrow.Row(tokens(row))
			}
			if !bytes.Equal(narrow.Sketch().Bytes(), want.Bytes()) {
				t.Error("a bound on the columns changes the sketch")
			}
		}
	}
}

func TestChunks(t *testing.T) {
	b, half := NewBuilder(0), NewBuilder(0)
	for i := range 5000 {
		sum := gm.SM3([]byte(fmt.Sprint(i)))
		b.Chunk(sum[:])
		if i%2 == 0 {
			half.Chunk(sum[:])
		}
	}
	m := Compare(half.Sketch(), b.Sketch())
	if m.How != "chunks" || m.Permille != 1000 || m.Reverse < 420 || m.Reverse > 580 {
		t.Errorf("%+v", m)
	}
	if _, err := Parse(b.Sketch().Bytes()); err != nil {
		t.Error(err)
	}
	if m := Compare(half.Sketch(), of(weather(10, 1, decimal))); m.How != "" {
		t.Errorf("a file is compared with a table: %+v", m)
	}
}

func TestRounding(t *testing.T) {
	for in, want := range map[string]string{"10166": "1017", "4": "0", "5": "1", "-5": "-1", "-4": "0", "995": "1", "-995": "-1", "1995": "2", "104": "1", "-10164": "-1016", "": "0", "-": "0"} {
		if got := string(round(nil, []byte(in))); got != want {
			t.Errorf("%s rounds to %s, want %s", in, got, want)
		}
	}
	if a, b := NewToken('n', "6166e-1"), NewToken('n', "617e0"); a.rounded != b.exact || a.exact == b.exact || b.exact != b.rounded {
		t.Error("rounded tokens are not those of the rounded number")
	}
	if y, n, m := NewToken('n', "2017e0"), NewToken('n', "3017e0"), NewToken('n', "302e1"); y.exact != y.rounded || n.rounded != m.exact {
		t.Error("a year is rounded, or a number of four digits is not")
	}
	if NewToken('n', "5e-2").exact != NewToken('n', "5e3").exact || NewToken('n', "5e0").exact == NewToken('t', "5").exact {
		t.Error("units or kinds are confused")
	}
}

func TestValuesThatTell(t *testing.T) {
	for text, want := range map[string]bool{"12345678": false, "2010-01-01T10:00": false, "2010年01月01日": false, "江苏省盐城市射阳县": true, "abcdefgh": true, "short": false} {
		if NewToken('t', text).value != want {
			t.Errorf("%q: %t", text, !want)
		}
	}
	if NewToken('n', "-123e5").value || !NewToken('n', "-1234e5").value {
		t.Error("four significant digits tell something, three do not")
	}
	one := of([]row{{"t:a column alone"}, {"t:has no pairs at all"}})
	if m := Compare(one, one); m.How != "values" || m.Shared != 2 {
		t.Errorf("%+v", m)
	}
}

// The encoding is for other implementations too.
func TestGolden(t *testing.T) {
	s := of([]row{{"t:2010-01-01", "4e0", "10166e-1"}, {"t:2010-01-02", "39e-1", ""}})
	const want = "4452534b01000000000000000000000200000400000300000100000008afe64a06f0671a040b460384d34728009fa667767d0a4e002f0394ad9cbd001037df3f9dea4a9e0ce1f00775d2905c00653d5e33f2aa6b00666c68020a02e8"
	if got := hex.EncodeToString(s.Bytes()); got != want {
		t.Errorf("%s, want %s", got, want)
	}
	if want := "sm3:0eb8d5860e32e6ca893ab4a98cf3f921d02e81c8c8c38a7d1967672d6006952d"; s.Hash() != want {
		t.Errorf("%s, want %s", s.Hash(), want)
	}
}

func TestCraftedSketchesAreRefused(t *testing.T) {
	whole := of(weather(20000, 1, decimal))
	edit := func(f func(s *Sketch)) []byte {
		s, err := Parse(whole.Bytes())
		if err != nil {
			t.Fatal(err)
		}
		f(s)
		return s.Bytes()
	}
	fold := func(f func(b []byte) []byte) []byte { return f(whole.Bytes()) }
	for name, b := range map[string][]byte{
		"nothing":              {},
		"cut":                  fold(func(b []byte) []byte { return b[:len(b)-1] }),
		"something follows":    fold(func(b []byte) []byte { return append(b, 0) }),
		"huge":                 make([]byte, MaxSize+1),
		"another version":      fold(func(b []byte) []byte { b[4] = 2; return b }),
		"unknown flag":         fold(func(b []byte) []byte { b[5] = 4; return b }),
		"reserved byte":        fold(func(b []byte) []byte { b[7] = 1; return b }),
		"no records":           edit(func(s *Sketch) { s.rows = 0 }),
		"too few records":      edit(func(s *Sketch) { s.rows = 100 }),
		"table as a file":      edit(func(s *Sketch) { s.file = true }),
		"order":                edit(func(s *Sketch) { e := s.parts[Exact].elements; e[0], e[1] = e[1], e[0] }),
		"twice":                edit(func(s *Sketch) { e := s.parts[Exact].elements; e[1] = e[0] }),
		"below the level":      edit(func(s *Sketch) { s.parts[Exact].level++ }),
		"most selective only":  edit(func(s *Sketch) { s.parts[Exact].elements = s.parts[Exact].elements[:20] }),
		"a few at level 0":     edit(func(s *Sketch) { s.parts[Exact] = part{0, s.parts[Exact].elements[:20]} }),
		"many at level 0":      edit(func(s *Sketch) { s.parts[Exact].level = 0 }),
		"a higher level":       edit(func(s *Sketch) { p := &s.parts[Exact]; *p = part{p.level + 3, p.from(p.level + 3)} }),
		"level without any":    edit(func(s *Sketch) { s.parts[Rounded] = part{40, nil} }),
		"anchors of no pair":   edit(func(s *Sketch) { s.anchor = 3 }),
		"values with anchors":  edit(func(s *Sketch) { s.parts[Values].elements[0] |= 3 << payloadBits }),
		"too many of one zero": edit(func(s *Sketch) { s.parts[Values] = part{0, []uint64{60 << 58}} }),
	} {
		if _, err := Parse(b); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
	// Collected from many tables, elements are not distributed as in one.
	var best []uint64
	for i := range 40 {
		other := of(weather(3000, uint64(i), func(n int) string { return fmt.Sprintf("%de%d", n*100+i, -1) }))
		best = append(best, other.parts[Exact].elements[:10]...)
	}
	if _, err := Parse(edit(func(s *Sketch) { s.parts[Exact] = part{6, descending(best)} })); err == nil {
		t.Error("the most selective elements of many tables pass for one table")
	}
	// Cells crafted to hash to nothing spoil the maker's own sketch.
	b := NewBuilder(3)
	for i := range 3000 {
		b.Row([]Token{{exact: mixLevel, rounded: mixLevel, present: true}, NewToken('t', fmt.Sprint(i))})
	}
	if len(b.exact[0].elements) > capacity[Exact] {
		t.Error("crafted cells claim memory")
	}
	if _, err := Parse(b.Sketch().Bytes()); err == nil {
		t.Error("a sketch of crafted cells is accepted")
	}
}

// Honest tables of every size pass Parse.
func TestHonestSketchesPass(t *testing.T) {
	for n := 1; n < 3000; n = n*5/4 + 1 {
		for seed := range uint64(4) {
			for name, rows := range map[string][]row{"weather": weather(n, seed, decimal), "wide": wide(n/4+1, seed)} {
				if _, err := Parse(of(rows).Bytes()); err != nil {
					t.Errorf("%s of %d: %v", name, n, err)
				}
			}
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add(of(weather(50, 1, decimal)).Bytes())
	f.Add(of(weather(2000, 1, decimal)).Key([]byte("k")).Bytes())
	f.Add(of(wide(100, 1)).Bytes())
	f.Add([]byte("DRSK\x01\x02"))
	other := of(weather(2000, 1, decimal))
	f.Fuzz(func(t *testing.T, b []byte) {
		s, err := Parse(b)
		if err != nil {
			return
		}
		if !bytes.Equal(s.Bytes(), b) {
			t.Fatal("not canonical")
		}
		if m := Compare(s, s); !s.file && m.Shared != m.Sampled {
			t.Fatalf("it differs from itself: %+v", m)
		}
		for _, m := range []Match{Compare(s, other), Compare(other, s)} {
			if m.Permille < 0 || m.Permille > 1000 || m.Low > m.High || m.Reverse > 1000 || m.Shared > m.Sampled {
				t.Fatalf("%+v", m)
			}
		}
		s.Key([]byte("k"))
	})
}

func BenchmarkRow(b *testing.B) {
	for name, rows := range map[string][]row{"narrow": weather(1000, 1, decimal), "wide": wide(1000, 1)} {
		b.Run(name, func(b *testing.B) {
			list := make([][]Token, len(rows))
			for i, r := range rows {
				list[i] = tokens(r)
			}
			s := NewBuilder(len(rows[0]))
			i := 0
			for b.Loop() {
				s.Row(list[i%len(list)])
				i++
			}
		})
	}
}

func BenchmarkCompare(b *testing.B) {
	x, y := of(weather(20000, 1, decimal)), of(weather(20000, 2, decimal))
	for b.Loop() {
		Compare(x, y)
	}
}

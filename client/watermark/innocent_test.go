package watermark

import (
	"bytes"
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"os"
	"slices"
	"testing"
	"time"

	"github.com/datarights/datarights/client/table"
	"github.com/datarights/datarights/internal/marks"
	"github.com/datarights/datarights/internal/tardos"
)

// suspectVotes makes the votes of a table that no buyer of the register had a
// hand in, or that one had.
type suspectVotes func(r *rand.Rand, codes func() tardos.Code, v *tardos.Votes)

// marked votes n marks by a rule for each position.
func marked(r *rand.Rand, n int, v *tardos.Votes, bit func(p int) bool) {
	for range n {
		p := r.IntN(tardos.Length)
		if bit(p) {
			v[p]++
		} else {
			v[p]--
		}
	}
}

var innocentVotes = map[string]suspectVotes{
	"no marks": func(r *rand.Rand, _ func() tardos.Code, v *tardos.Votes) {
		marked(r, 50+r.IntN(9000), v, func(int) bool { return r.IntN(2) == 1 })
	},
	"another's copy": func(r *rand.Rand, codes func() tardos.Code, v *tardos.Votes) {
		c := codes()
		marked(r, 50+r.IntN(9000), v, c.Bit)
	},
	"a mix of three others'": func(r *rand.Rand, codes func() tardos.Code, v *tardos.Votes) {
		c := []tardos.Code{codes(), codes(), codes()}
		marked(r, 50+r.IntN(9000), v, func(p int) bool { return c[r.IntN(3)].Bit(p) })
	},
	"crafted": func(r *rand.Rand, _ func() tardos.Code, v *tardos.Votes) {
		size, mode := 1<<r.IntN(20), r.IntN(3)
		for p := range v {
			switch mode {
			case 0:
				v[p] = size
			case 1:
				v[p] = -size
			default:
				v[p] = size * (1 - 2*(p&1))
			}
		}
	},
}

func extractionOf(k *Key, v *tardos.Votes) *marks.Extraction {
	x := &marks.Extraction{Version: marks.Version, KeyID: k.ID, Votes: v[:]}
	for _, y := range v {
		x.Marks += max(y, -y)
	}
	return x
}

// Ten thousand suspect tables are held against a register of a hundred buyers
// who had nothing to do with them: nobody is accused. At lines far looser than
// the one in use, innocents do cross it, and not more often than computed.
func TestNoFalseAccusationInTenThousandTrials(t *testing.T) {
	const trials, buyers = 10_000, 100
	m := newMarket(t, weather, weatherPlan("0.1"), buyers, 0)
	biases := tardos.NewBiases(m.key.Seed())
	draws := rand.NewChaCha8([32]byte{42})
	codes := func() tardos.Code {
		c, err := tardos.NewCode(draws, biases)
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	lines := []float64{1e-1, 1e-2, 1e-3, 1e-4}
	var beyond [4]int
	all := 0
	r := rand.New(rand.NewPCG(11, 12))
	for _, name := range slices.Sorted(maps.Keys(innocentVotes)) {
		for range trials / len(innocentVotes) {
			var v tardos.Votes
			innocentVotes[name](r, codes, &v)
			j, err := marks.Accuse(extractionOf(m.key, &v), m.entries, m.key.Seed(), marks.DefaultEpsilon)
			if err != nil {
				t.Fatal(err)
			}
			if a := j.Accused(); len(a) > 0 {
				t.Fatalf("%s: innocents are accused: %+v", name, a)
			}
			for _, d := range j.Deliveries {
				for i, line := range lines {
					if d.Log10 <= math.Log10(line) {
						beyond[i]++
					}
				}
			}
			all += j.Candidates
		}
	}
	t.Logf("%d trials of %d innocents each: none accused; beyond 1e-1, 1e-2, 1e-3, 1e-4: %v of %d", trials, buyers, beyond, all)
	for i, line := range lines {
		want := line * float64(all)
		if got := float64(beyond[i]); got > want {
			t.Errorf("%.0f of %d innocents are beyond the line of %g, more than computed", got, all, line)
		}
		// Trials share the register's hundred codes, so that the counts vary more
		// than independent ones; but a bound that nobody ever meets is idle.
		if want >= 1000 && beyond[i] == 0 {
			t.Errorf("nobody is beyond the line of %g", line)
		}
	}
}

// The same by whole tables: unmarked, marked for buyers who are not in the
// register, and marked under another key, cut and changed in various ways.
func TestNoFalseAccusationByTables(t *testing.T) {
	m := newMarket(t, weather, weatherPlan("0.1"), 100, 0)
	original := parseSheet(t, readFile(t, weather))
	strangers := make([]sheet, 0, 4)
	draws := rand.NewChaCha8([32]byte{43})
	other := newTestKey(t, m.key.Plan, 10)
	for i := range 4 {
		k := m.key
		if i%2 == 1 {
			k = other
		}
		code, err := tardos.NewCode(draws, tardos.NewBiases(k.Seed()))
		if err != nil {
			t.Fatal(err)
		}
		strangers = append(strangers, parseSheet(t, embedCode(t, k, weather, &code)))
	}
	r := rand.New(rand.NewPCG(13, 14))
	trials := 200
	if testing.Short() {
		trials = 40
	}
	var least float64
	for i := range trials {
		s := original
		if i%3 != 0 {
			s = strangers[r.IntN(len(strangers))]
		}
		s = s.keep(r, []int{2, 5, 10}[r.IntN(3)])
		if r.IntN(2) == 0 {
			s = s.columns(2, 0, 3, 1).rename()
		}
		if r.IntN(2) == 0 {
			s = s.apply(r.IntN(4), 1, round([]float64{0.2, 0.5, 1}[r.IntN(3)]))
		}
		x, _ := extract(t, m.key, s.csv(), table.CSV)
		j, err := marks.Accuse(x, m.entries, m.key.Seed(), marks.DefaultEpsilon)
		if err != nil {
			t.Fatal(err)
		}
		if a := j.Accused(); len(a) > 0 {
			t.Fatalf("trial %d: innocents are accused: %+v", i, a)
		}
		least = min(least, j.Deliveries[0].Log10)
	}
	t.Logf("%d tables against 100 innocents each: none accused; the most suspect 10^%.1f, the line 10^-11", trials, least)
}

// Another key, or none, reads fair coins: single positions agree no more than by
// chance. On the masks of the marks rests that the reading of columns can be
// found without a code, and that a table's own regularities are no votes.
func TestVotesWithoutMarksAreFairCoins(t *testing.T) {
	code := tardos.Code{1, 2, 3}
	k := newTestKey(t, weatherPlan("0.1"), 20)
	for name, content := range map[string][]byte{
		"unmarked": readFile(t, weather), "marked under another key": embedCode(t, newTestKey(t, k.Plan, 21), weather, &code),
	} {
		votes := 0
		for i := range byte(4) {
			x, _ := extract(t, newTestKey(t, k.Plan, 30+i), content, table.CSV)
			if math.Abs(x.Agreement) > 5 {
				t.Errorf("%s: the votes agree by %.1f standard deviations", name, x.Agreement)
			}
			votes += x.Marks
		}
		if votes < 10_000 {
			t.Errorf("%s: only %d votes: nothing was tested", name, votes)
		}
	}
}

// A table of 51 rows cannot name anyone, and says so.
func TestSmallTableAccusesNobody(t *testing.T) {
	p := Plan{Columns: []Column{{Name: "net_generation", Tolerance: "5"}}}
	m := newMarket(t, power, p, 100, 1)
	j := m.judge(t, m.copies[0].csv(), table.CSV)
	if len(j.Accused()) != 0 || j.Reason != marks.FewMarks {
		t.Errorf("reason %q, accused %+v", j.Reason, j.Accused())
	}
	if j.Deliveries[0].DeliveryID != "DL-000" || j.Deliveries[0].Log10 > -3 {
		t.Errorf("its marks are not read: %+v", j.Deliveries[0])
	}
}

// A seller who knows a buyer's code, and not the key, writes it into a table as
// well as it can: with a key of its own. Whoever stole the key, and knows no
// code, makes up one. Neither accuses anyone.
func TestFraming(t *testing.T) {
	m := newMarket(t, weather, weatherPlan("0.1"), 100, 0)
	victim := m.entries[7].TardosCode()
	seller := newTestKey(t, m.key.Plan, 99)
	for name, content := range map[string][]byte{
		"the code known, not the key": embedCode(t, seller, weather, &victim),
		"the key known, not the code": embedCode(t, m.key, weather, &tardos.Code{0xff, 0, 0xff}),
	} {
		if a := m.judge(t, content, table.CSV).Accused(); len(a) != 0 {
			t.Errorf("%s: %+v is accused", name, a)
		}
	}
	// That both together frame is why the codes never leave the register.
	if a := m.judge(t, embedCode(t, m.key, weather, &victim), table.CSV).Accused(); len(a) != 1 || a[0].DeliveryID != "DL-007" {
		t.Errorf("code and key together name %v", a)
	}
}

// A thief of the key can take the marks out: what is written over with another
// code names nobody any more.
func TestKeyErases(t *testing.T) {
	m := newMarket(t, weather, weatherPlan("0.1"), 100, 1)
	path := t.TempDir() + "/copy.csv"
	writeFile(t, path, m.copies[0].csv())
	code := tardos.Code{0xaa, 0x55}
	if a := m.judge(t, embedCode(t, m.key, path, &code), table.CSV).Accused(); len(a) != 0 {
		t.Errorf("%+v is accused", a)
	}
}

func readFile(t testing.TB, path string) []byte {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return content
}

func writeFile(t testing.TB, path string, content []byte) {
	t.Helper()
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
}

// A stranger's table of very many columns is read in bounded time.
func TestWideTable(t *testing.T) {
	var b bytes.Buffer
	for row := range 120 {
		for column := range 2000 {
			if column > 0 {
				b.WriteByte(',')
			}
			fmt.Fprintf(&b, "%d.%d", (row*column)%977, row%10)
		}
		b.WriteByte('\n')
	}
	began := time.Now()
	x, _ := extract(t, weatherKey(t), b.Bytes(), table.CSV)
	if x.Rows != 119 || time.Since(began) > time.Minute {
		t.Errorf("%d rows in %s", x.Rows, time.Since(began))
	}
}

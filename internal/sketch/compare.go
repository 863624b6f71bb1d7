package sketch

import "math"

// Match is what the comparison of a with b found.
type Match struct {
	// How is what was compared: "exact", "rounded" (the numbers of one or both
	// rounded by a digit), "values" (single cells: weak, and only if there are
	// no pairs) or "chunks"; "" if the two cannot be compared.
	How string `json:"how"`
	// Permille estimates the share of a that is inside b; Low and High are the
	// bounds of its 95 % interval (Wilson, 1927).
	Permille int64 `json:"permille"`
	Low      int64 `json:"low"`
	High     int64 `json:"high"`
	// Shared of Sampled elements of a are in b.
	Shared  int64 `json:"shared"`
	Sampled int64 `json:"sampled"`
	// Reverse estimates the share of b that is inside a, in permille.
	Reverse int64 `json:"reverse"`
	// BothRounded says that the numbers of both were rounded, and not those of
	// b alone.
	BothRounded bool `json:"bothRounded,omitempty"`
	// Of single cells, whatever How is. Independent tables share many.
	ValuesShared  int64 `json:"valuesShared"`
	ValuesSampled int64 `json:"valuesSampled"`
}

// Compare estimates how much of a is inside b. What share makes a case, and how
// many elements it must rest on, is the caller's to say.
func Compare(a, b *Sketch) Match {
	if a.keyed != b.keyed || a.file != b.file {
		return Match{}
	}
	v := view{a, b, max(a.anchor, b.anchor)}
	if a.file {
		return v.match("chunks", Chunks, Chunks)
	}
	values := v.match("values", Values, Values)
	m := v.match("exact", Exact, Exact)
	if len(b.parts[Rounded].elements) > 0 {
		m = better(m, v.match("rounded", Exact, Exact, Rounded))
	}
	if len(a.parts[Rounded].elements) > 0 {
		both := v.match("rounded", Rounded, Exact, Rounded)
		both.BothRounded = true
		m = better(m, both)
	}
	if m.Sampled == 0 && len(a.parts[Exact].elements) == 0 {
		m = values
	}
	m.ValuesShared, m.ValuesSampled = values.Shared, values.Sampled
	return m
}

// better prefers the plainer comparison unless the other is surely larger: what
// is rounded is more easily alike.
func better(plain, other Match) Match {
	if plain.Sampled == 0 && other.Sampled > 0 || other.Low > plain.High {
		return other
	}
	return plain
}

// view is two sketches brought to one anchor class.
type view struct {
	a, b   *Sketch
	anchor byte
}

// match looks for the elements of a's class among those of b's.
func (v view) match(how string, of Class, in ...Class) Match {
	level := v.a.parts[of].level
	for _, c := range in {
		level = max(level, v.b.parts[c].level)
	}
	pairs := of == Exact || of == Rounded
	// What is blunt once rounded stands only for what is written so.
	counts := func(e uint64) bool { return (!pairs || anchorOf(e) >= v.anchor) && (of != Rounded || e&bluntBit == 0) }
	var lists [2][]uint64
	for i, c := range in {
		lists[i] = v.b.parts[c].from(level)
	}
	m := Match{How: how}
	for _, e := range v.a.parts[of].from(level) {
		if !counts(e) {
			continue
		}
		m.Sampled++
		found := false
		for i := range lists {
			for len(lists[i]) > 0 && lists[i][0]|bluntBit > e|bluntBit {
				lists[i] = lists[i][1:]
			}
			found = found || len(lists[i]) > 0 && lists[i][0]|bluntBit == e|bluntBit
		}
		if found {
			m.Shared++
		}
	}
	var whole int64 // of b, in the class that answers to a's
	like := in[0]
	if of == Rounded && len(v.b.parts[Rounded].elements) > 0 {
		like = Rounded
	}
	for _, e := range v.b.parts[like].from(level) {
		if counts(e) {
			whole++
		}
	}
	m.Permille, m.Low, m.High = interval(m.Shared, m.Sampled)
	m.Reverse, _, _ = interval(min(m.Shared, whole), whole)
	return m
}

// interval returns x/n in permille with Wilson's 95 % interval; of nothing
// nothing is known.
func interval(x, n int64) (share, low, high int64) {
	if n == 0 {
		return 0, 0, 1000
	}
	const z = 1.959964
	p, m := float64(x)/float64(n), float64(n)
	mid := p + z*z/(2*m)
	half := z * math.Sqrt(p*(1-p)/m+z*z/(4*m*m))
	scale := 1000 / (1 + z*z/m)
	low = int64(math.Floor((mid-half)*scale + 1e-9))
	high = int64(math.Ceil((mid+half)*scale - 1e-9))
	return (2000*x + n) / (2 * n), max(0, low), min(1000, high)
}

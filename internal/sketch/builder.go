package sketch

// Builder makes the sketch of a table from its rows, or of a file from its
// chunks, in any order and constant memory. It is for one goroutine; parts
// built apart are merged.
type Builder struct {
	rows    int64
	file    bool
	seen    []bool // columns with a cell that is not empty
	columns int    // how many
	least   byte   // anchor class of columns, which only grows
	most    byte   // anchor class it can grow to
	// A pair's sample by anchor class, least to most: the table's width is
	// known at its end, and what a class leaves out cannot be had back.
	exact, rounded [4]sample
	values, chunks sample

	tokens  [2][]uint64 // of a row: exact, rounded
	changed []change
}

// NewBuilder returns an empty Builder. Rows have at most the given number of
// columns; 0 means that it is not known. The bound changes the speed alone.
func NewBuilder(columns int) *Builder {
	b := &Builder{most: 3, values: newSample(Values), chunks: newSample(Chunks)}
	if columns > 0 {
		b.most = anchorClass(columns)
	}
	for i := range b.exact {
		b.exact[i], b.rounded[i] = newSample(Exact), newSample(Rounded)
	}
	return b
}

// anchorClass is that of a table with so many columns that are not empty.
func anchorClass(columns int) byte {
	for class, most := range widest[:3] {
		if columns <= int(most) {
			return byte(class)
		}
	}
	return 3
}

// Row adds a row, its tokens by column. It does not keep the slice.
func (b *Builder) Row(tokens []Token) {
	b.rows++
	for len(b.seen) < len(tokens) {
		b.seen = append(b.seen, false)
	}
	exact, rounded, changed := b.tokens[0][:0], b.tokens[1][:0], b.changed[:0]
	some := false
	for i := range tokens {
		t := &tokens[i]
		if !t.present {
			continue
		}
		if !b.seen[i] {
			b.see(i)
		}
		exact, rounded, changed = append(exact, t.exact), append(rounded, t.rounded), append(changed, t.change())
		some = some || t.exact != t.rounded
		if t.value {
			if h := fold(t.exact, mixValue, mixLevel); h <= b.values.most {
				b.values.add(element(h, fold(t.exact, mixValue, mixPayload), 0))
			}
		}
	}
	b.tokens, b.changed = [2][]uint64{exact, rounded}, changed
	if b.most == 0 {
		b.narrow(some)
	} else {
		b.wide()
	}
}

func (b *Builder) see(column int) {
	b.seen[column] = true
	b.columns++
	b.least = anchorClass(b.columns)
	b.most = max(b.most, b.least)
}

// narrow adds the pairs of a row in which every pair counts.
func (b *Builder) narrow(some bool) {
	s := &b.exact[0]
	for i, x := range b.tokens[0] {
		for _, y := range b.tokens[0][:i] {
			if h := fold(x, y, mixLevel); h <= s.most {
				s.add(pair(x, y, h, 0))
			}
		}
	}
	if !some {
		return
	}
	s = &b.rounded[0]
	add := func(x, y uint64, how change) {
		if h := fold(x, y, mixLevel); h <= s.most {
			s.add(pair(x, y, h, how))
		}
	}
	exact, rounded := b.tokens[0], b.tokens[1]
	for i := range exact {
		for j := range i {
			ci, cj := b.changed[i], b.changed[j]
			if ci != 0 {
				add(rounded[i], exact[j], ci|half(cj))
				if cj != 0 {
					add(rounded[i], rounded[j], ci|cj)
				}
			}
			if cj != 0 {
				add(exact[i], rounded[j], cj|half(ci))
			}
		}
	}
}

// half is what a pair is marked with for a token that was left as it is though
// rounding would change it.
func half(left change) change {
	if left == 0 {
		return 0
	}
	return blunted
}

// wide adds the pairs with an anchor.
func (b *Builder) wide() {
	add := func(samples *[4]sample, x, y uint64, class byte, how change) {
		if class < b.least {
			return
		}
		h := fold(x, y, mixLevel)
		for c := b.least; c <= min(class, b.most); c++ {
			if h <= samples[c].most {
				samples[c].add(pair(x, y, h, how))
			}
		}
	}
	exact, rounded := b.tokens[0], b.tokens[1]
	for i, x := range exact {
		ci := b.changed[i]
		xi, ri := anchor(x), anchor(rounded[i])
		if max(xi, ri) < b.least {
			continue
		}
		for j, y := range exact {
			cj := b.changed[j]
			xj, rj := anchor(y), anchor(rounded[j])
			if j == i || j < i && max(xj, rj) >= b.least {
				continue // that pair came up before
			}
			add(&b.exact, x, y, max(xi, xj), 0)
			if ci != 0 {
				add(&b.rounded, rounded[i], y, max(ri, xj), ci|half(cj))
				if cj != 0 {
					add(&b.rounded, rounded[i], rounded[j], max(ri, rj), ci|cj)
				}
			}
			if cj != 0 {
				add(&b.rounded, x, rounded[j], max(xi, rj), cj|half(ci))
			}
		}
	}
}

func pair(x, y, h uint64, how change) uint64 {
	e := element(h, fold(x, y, mixPayload), max(anchor(x), anchor(y)))
	if how&blunted != 0 {
		e |= bluntBit
	}
	return e
}

// Chunk adds a file's chunk by its digest of 16 bytes at least.
func (b *Builder) Chunk(digest []byte) {
	b.rows++
	b.file = true
	var h, e uint64
	for i := range 8 {
		h, e = h<<8|uint64(digest[i]), e<<8|uint64(digest[8+i])
	}
	b.chunks.add(element(h, e, 0))
}

// Merge adds all that o was given, as if it had been given to b. The two must
// have been made for the same number of columns.
func (b *Builder) Merge(o *Builder) {
	b.rows += o.rows
	b.file = b.file || o.file
	for len(b.seen) < len(o.seen) {
		b.seen = append(b.seen, false)
	}
	for i, seen := range o.seen {
		if seen && !b.seen[i] {
			b.see(i)
		}
	}
	for c := b.least; c <= b.most; c++ {
		b.exact[c].merge(&o.exact[c])
		b.rounded[c].merge(&o.rounded[c])
	}
	b.values.merge(&o.values)
	b.chunks.merge(&o.chunks)
}

// Sketch returns the sketch of what was added so far, nil if that is nothing.
func (b *Builder) Sketch() *Sketch {
	if b.rows == 0 {
		return nil
	}
	s := &Sketch{rows: b.rows, file: b.file}
	if b.file {
		s.parts[Chunks] = b.chunks.part()
		return s
	}
	s.anchor = b.least
	s.parts = [classes]part{Exact: b.exact[b.least].part(), Rounded: b.rounded[b.least].part(), Values: b.values.part()}
	return s
}

// sample keeps the elements of the smallest level at which no more remain than
// the capacity.
type sample struct {
	most     uint64 // the largest hash of the level
	level    int
	capacity int
	elements map[uint64]struct{}
	// spoilt means that crafted cells brought too many to the highest level:
	// the class is left empty there, which Parse refuses.
	spoilt bool
}

func newSample(c Class) sample {
	return sample{most: 1<<64 - 1, capacity: capacity[c], elements: make(map[uint64]struct{})}
}

func (s *sample) add(e uint64) {
	if Level(e) < s.level {
		return
	}
	s.elements[e] = struct{}{}
	for len(s.elements) > s.capacity && s.level < 63 {
		s.raise(s.level + 1)
	}
	if len(s.elements) > s.capacity || s.spoilt {
		s.spoilt = true
		clear(s.elements)
	}
}

func (s *sample) raise(level int) {
	s.level, s.most = level, 1<<(64-level)-1
	for e := range s.elements {
		if Level(e) < level {
			delete(s.elements, e)
		}
	}
}

func (s *sample) merge(o *sample) {
	if o.level > s.level {
		s.raise(o.level)
	}
	if s.spoilt = s.spoilt || o.spoilt; s.spoilt {
		clear(s.elements)
	}
	for e := range o.elements {
		s.add(e)
	}
}

func (s *sample) part() part {
	elements := make([]uint64, 0, len(s.elements))
	for e := range s.elements {
		elements = append(elements, e)
	}
	return part{s.level, descending(elements)}
}

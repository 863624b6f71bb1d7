package sketch

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
)

// improbable is the chance below which no honest file is believed to have what
// a sketch shows. A sketch is put to some 500 such tests, so that an honest one
// passes them all but with a chance below 10⁻⁹.
const improbable = 1e-12

// widest is the widest table, by anchor class.
var widest = [4]float64{8, 16, 64, 10_000}

// Parse reads what Bytes wrote, and nothing else. The error says what is wrong.
func Parse(b []byte) (*Sketch, error) {
	s, err := parse(b)
	if err != nil {
		return nil, fmt.Errorf("couldn't read the sketch: %w", err)
	}
	return s, nil
}

func parse(b []byte) (*Sketch, error) {
	if len(b) > MaxSize {
		return nil, fmt.Errorf("it has %d bytes, at most %d are allowed", len(b), MaxSize)
	}
	if len(b) < headerSize || string(b[:len(magic)]) != magic {
		return nil, fmt.Errorf("it does not begin with %q and a header of %d bytes", magic, headerSize)
	}
	head, body := b[len(magic):headerSize], b[headerSize:]
	if head[0] != Version {
		return nil, fmt.Errorf("it is of version %d, this program knows %d", head[0], Version)
	}
	s := &Sketch{keyed: head[1]&flagKeyed != 0, file: head[1]&flagFile != 0, anchor: head[2]}
	rows := binary.BigEndian.Uint64(head[4:])
	if head[1]&^(flagKeyed|flagFile) != 0 || s.anchor > 3 || head[3] != 0 || s.file && s.anchor != 0 || rows == 0 || rows > math.MaxInt64 {
		return nil, errors.New("its header is not canonical")
	}
	s.rows = int64(rows)
	for c := range classes {
		field := head[12+3*int(c):]
		p, n := &s.parts[c], int(binary.BigEndian.Uint16(field[1:]))
		p.level = int(field[0])
		if n > capacity[c] || len(body) < 8*n {
			return nil, fmt.Errorf("class %d is said to have %d elements; at most %d are allowed and %d bytes are left", c, n, capacity[c], len(body))
		}
		if s.file != (c == Chunks) && (n > 0 || p.level > 0) {
			return nil, errors.New("it mixes the features of a table with those of a file")
		}
		if n > 0 {
			p.elements = make([]uint64, n)
		}
		for i := range p.elements {
			p.elements[i] = binary.BigEndian.Uint64(body[8*i:])
		}
		body = body[8*n:]
		if err := s.check(c); err != nil {
			return nil, fmt.Errorf("class %d: %w", c, err)
		}
	}
	if len(body) > 0 {
		return nil, fmt.Errorf("%d bytes follow its last element", len(body))
	}
	return s, nil
}

// check holds one class against what every file has.
func (s *Sketch) check(c Class) error {
	p := s.parts[c]
	for i, e := range p.elements {
		if i > 0 && e|bluntBit >= p.elements[i-1]|bluntBit {
			return errors.New("its elements are not in descending order, each once")
		}
		if Level(e) < p.level {
			return errors.New("an element lies below the level")
		}
		pair := c == Exact || c == Rounded
		if c != Rounded && e&bluntBit != 0 {
			return errors.New("an element is marked as blunt in a class that is not rounded")
		}
		if pair && anchorOf(e) < s.anchor || !pair && anchorOf(e) != 0 {
			return errors.New("an element is of the wrong anchor class")
		}
	}
	if p.level > 63 {
		return errors.New("there is no such level")
	}
	n := float64(len(p.elements))
	// One level lower there were more than the capacity.
	if k := float64(capacity[c] + 1); p.level > 0 && tail(n, k, 0.5, false) < improbable {
		return fmt.Errorf("%d elements are too few for level %d", len(p.elements), p.level)
	}
	for up := 1; p.level+up <= 63; up++ {
		above, chance := float64(len(p.from(p.level+up))), math.Ldexp(1, -up)
		if tail(above, n, chance, true) < improbable || tail(above, n, chance, false) < improbable {
			return errors.New("its elements are not distributed like those of any file")
		}
	}
	w := widest[s.anchor]
	features := float64(s.rows)
	switch c {
	case Exact, Rounded:
		features *= w * (w - 1) / 2
	case Values:
		features *= w
	}
	if n > features || tail(n, features, math.Ldexp(1, -p.level), true) < improbable {
		return fmt.Errorf("%d records cannot have as many features", s.rows)
	}
	return nil
}

// tail bounds from above the chance that of n events, each of chance p, at
// least x happen, or at most x (Chernoff, by relative entropy).
func tail(x, n, p float64, atLeast bool) float64 {
	if n == 0 || atLeast == (x <= n*p) || p >= 1 {
		return 1
	}
	q := x / n
	var d float64
	if q > 0 {
		d += q * math.Log(q/p)
	}
	if q < 1 {
		d += (1 - q) * (math.Log1p(-q) - math.Log1p(-p))
	}
	return math.Exp(-n * d)
}

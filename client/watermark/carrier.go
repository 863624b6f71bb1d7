package watermark

import "math"

// A number carries a bit in the parity of the cell it lies in (quantisation
// index modulation, Chen and Wornell 2001). Cells are 2T units wide, T being the
// tolerance, and lie around the multiples of 2T, so that rounding to such
// multiples leaves a number where it is. Any number can reach a neighbouring
// cell, of the other parity, by T units or fewer.
//
// Four cells are a block. A number whose distance from the block's ends is at
// least T stays in its block however it is marked, and keeps that distance: of
// the block, marking and detection therefore see the same thing. Numbers nearer
// to an end carry nothing.
const cellsPerBlock = 4

// place is where a number lies.
type place struct {
	block  int64
	parity int
}

// locate finds the place of x units; not ok if it carries nothing there.
func (s spec) locate(x int64) (p place, ok bool) {
	t := s.tolerance
	p.block = floorDiv(x+t, 2*t*cellsPerBlock)
	offset := x + t - p.block*2*t*cellsPerBlock
	p.parity = int(offset/(2*t)) & 1
	return p, offset >= t && offset < (2*cellsPerBlock-1)*t
}

// set moves x, which locate says carries a mark, into the nearest cell of the
// parity wanted, and half a tolerance into it where the tolerance allows, so
// that small changes do not undo it. A number of the parity wanted stays. It is
// not ok, and x unchanged, if bounds bar the way.
func (n number) set(x int64, parity int) (y int64, ok bool) {
	t := n.tolerance
	cell := floorDiv(x+t, 2*t)
	if int(cell&1) == parity {
		return x, true
	}
	first := cell*2*t - t // of the cell x is in
	if up := first + 2*t; up-x <= t {
		y = min(x+t, up+t/2, n.max)
		if y < up {
			return x, false
		}
		return y, true
	}
	y = max(x-t, first-1-t/2, n.min)
	if y >= first {
		return x, false
	}
	return y, true
}

// fromFloat rounds a number, in the column's own unit, to whole units.
func (s spec) fromFloat(v float64) (int64, bool) {
	if s.decimals >= 0 {
		v *= math.Pow10(s.decimals)
	} else {
		v /= math.Pow10(-s.decimals)
	}
	v = math.Round(v)
	if !(math.Abs(v) <= maxNumber) { // NaN too
		return 0, false
	}
	return int64(v), true
}

func floorDiv(a, b int64) int64 {
	q := a / b
	if a%b != 0 && (a < 0) != (b < 0) {
		q--
	}
	return q
}

// other returns the member of a group of n synonyms, in sorted order, that
// stands for the parity wanted, nearest to member i; members' parities alternate.
func other(i, n, parity int) int {
	switch {
	case i&1 == parity:
		return i
	case i^1 < n:
		return i ^ 1
	}
	return i - 1
}

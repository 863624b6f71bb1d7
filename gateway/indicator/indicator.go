// Package indicator computes supervision indicators from records, off the path
// of any transaction (IN-3). It is pure: records come from a Source, in any
// order, and the same records give the same value and the same root. A value
// carries the list of what went into it, so that anyone entitled to the records
// computes it again (IN-2).
package indicator

import (
	"cmp"
	"encoding/hex"
	"errors"
	"fmt"
	"math/bits"
	"slices"
	"strings"

	"github.com/datarights/datarights/chaincode/rights"
	"github.com/datarights/datarights/internal/gm"
	"github.com/datarights/datarights/internal/merkle"
)

// ErrOverflow says that an indicator is no number of 63 bits.
var ErrOverflow = errors.New("the indicator does not fit 63 bits")

// Input is one record that went into a value, with what it added. A record that
// only shows why another one counts adds 0.
type Input struct {
	ID      string `json:"id"`
	Version int64  `json:"version"`
	Amount  int64  `json:"amount"`
}

// Part is a value by itself that belongs to another one: a reading of it, or
// what it is of one kind.
type Part struct {
	Key      string `json:"key"`
	ValueInt int64  `json:"value"`
	Num      int64  `json:"num,omitempty"`
	Den      int64  `json:"den,omitempty"`
}

// Value is what an indicator came to: integers only, a ratio as its parts and
// their permille (IN-1).
type Value struct {
	Code     string
	ValueInt int64
	Num      int64
	Den      int64
	Permille int64
	Parts    []Part  // sorted by key
	Inputs   []Input // sorted by id, version and amount
	Root     string
	// Missing counts records that belong into the value and whose amounts are
	// kept no more: it is what the others come to.
	Missing int64
}

// Root is the Merkle root over a sorted list of inputs: RFC 6962 with SM3 over
// leaves "<id>\n<version>". The amounts are not in it: a version binds its record,
// a private amount by its salted commitment, and a leaf with the amount would let
// anybody guess it (G-12).
func Root(inputs []Input) string {
	leaves := make([][]byte, len(inputs))
	for i, in := range inputs {
		leaves[i] = fmt.Appendf(nil, "%s\n%d", in.ID, in.Version)
	}
	return "sm3:" + hex.EncodeToString(merkle.Root(gm.NewSM3, leaves))
}

// tally gathers what goes into a value.
type tally struct {
	inputs   []Input
	num, den int64 // of a share
	parts    map[string]*Part
	missing  int64
}

// add enters a record with what it adds.
func (t *tally) add(r rights.Record, amount int64) { t.inputs = append(t.inputs, inputOf(r, amount)) }

func inputOf(r rights.Record, amount int64) Input {
	h := rights.HeadOf(r)
	return Input{ID: h.ID, Version: h.Version, Amount: amount}
}

// share enters a record of those a share is of, good or not.
func (t *tally) share(r rights.Record, good bool) {
	t.den++
	t.num += one(good)
	t.add(r, one(good))
}

func one(yes bool) int64 {
	if yes {
		return 1
	}
	return 0
}

// part is the part of a name.
func (t *tally) part(key string) *Part {
	if t.parts == nil {
		t.parts = map[string]*Part{}
	}
	if t.parts[key] == nil {
		t.parts[key] = &Part{Key: key}
	}
	return t.parts[key]
}

// partShare enters something into the share that a part is.
func (t *tally) partShare(key string, good bool) {
	p := t.part(key)
	p.Den++
	p.Num += one(good)
}

// sum is the sum of what was entered.
func (t *tally) sum() (Value, error) {
	var total int64
	for _, in := range t.inputs {
		var ok bool
		if total, ok = plus(total, in.Amount); !ok {
			return Value{}, fmt.Errorf("couldn't add %s: %w", in.ID, ErrOverflow)
		}
	}
	return t.value(total)
}

// ratio is num parts in den; a share of nothing is 0 permille.
func (t *tally) ratio() (Value, error) {
	if t.den == 0 {
		return t.value(0)
	}
	permille, ok := rights.Permille(t.num, t.den)
	if !ok {
		return Value{}, ErrOverflow
	}
	v, err := t.value(permille)
	v.Num, v.Den, v.Permille = t.num, t.den, permille
	return v, err
}

// value seals what was entered under its root.
func (t *tally) value(n int64) (Value, error) {
	v := Value{ValueInt: n, Inputs: t.inputs, Missing: t.missing}
	if v.Inputs == nil {
		v.Inputs = []Input{}
	}
	slices.SortFunc(v.Inputs, func(a, b Input) int {
		return cmp.Or(strings.Compare(a.ID, b.ID), cmp.Compare(a.Version, b.Version), cmp.Compare(a.Amount, b.Amount))
	})
	v.Root = Root(v.Inputs)
	for _, p := range t.parts {
		if p.Den > 0 {
			permille, ok := rights.Permille(p.Num, p.Den)
			if !ok {
				return Value{}, ErrOverflow
			}
			p.ValueInt = permille
		}
		v.Parts = append(v.Parts, *p)
	}
	slices.SortFunc(v.Parts, func(a, b Part) int { return strings.Compare(a.Key, b.Key) })
	return v, nil
}

// plus adds what must not be negative.
func plus(a, b int64) (int64, bool) {
	sum, carry := bits.Add64(uint64(a), uint64(b), 0)
	return int64(sum), a >= 0 && b >= 0 && carry == 0 && sum < 1<<63
}

// prorated is amount·num/den, floored.
func prorated(amount, num, den int64) (int64, bool) {
	if amount < 0 || num < 0 || den <= 0 {
		return 0, false
	}
	hi, lo := bits.Mul64(uint64(amount), uint64(num))
	if hi >= uint64(den) {
		return 0, false
	}
	q, _ := bits.Div64(hi, lo, uint64(den))
	return int64(q), q < 1<<63
}

// median is the lower one of an even number, so that it is an integer that was
// there, as the ledger's own medians are; of nothing it is 0.
func median(list []int64) int64 {
	if len(list) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(list))
	return sorted[(len(sorted)-1)/2]
}

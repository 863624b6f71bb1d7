// Package indicator computes supervision indicators from records, off the path
// of any transaction (IN-3). It is pure: records come from the caller, in any
// order, and the same records give the same value and the same root. A value
// carries the list of what went into it, so that anyone entitled to the records
// computes it again (IN-2).
package indicator

import (
	"cmp"
	"encoding/hex"
	"errors"
	"fmt"
	"iter"
	"math/bits"
	"slices"
	"strings"

	"github.com/datarights/datarights/chaincode/rights"
	"github.com/datarights/datarights/internal/gm"
	"github.com/datarights/datarights/internal/merkle"
)

// ErrOverflow says that an indicator is no number of 63 bits.
var ErrOverflow = errors.New("the indicator does not fit 63 bits")

// Input is one record that went into a value, with what it added.
type Input struct {
	ID      string `json:"id"`
	Version int64  `json:"version"`
	Amount  int64  `json:"amount"`
}

// Value is what an indicator came to: integers only, a ratio as its parts and
// their permille (IN-1).
type Value struct {
	Code     string  `json:"code"`
	ValueInt int64   `json:"valueInt"`
	Num      int64   `json:"num,omitempty"`
	Den      int64   `json:"den,omitempty"`
	Permille int64   `json:"permille,omitempty"`
	Inputs   []Input `json:"inputs"` // sorted by id, version and amount
	Root     string  `json:"inputRoot"`
}

// Root is the Merkle root over a sorted list of inputs: RFC 6962 with SM3 over
// leaves "<id>\n<version>\n<amount>".
func Root(inputs []Input) string {
	leaves := make([][]byte, len(inputs))
	for i, in := range inputs {
		leaves[i] = fmt.Appendf(nil, "%s\n%d\n%d", in.ID, in.Version, in.Amount)
	}
	return "sm3:" + hex.EncodeToString(merkle.Root(gm.NewSM3, leaves))
}

// finish sorts the inputs and seals them under their root.
func (v Value) finish() Value {
	if v.Inputs == nil {
		v.Inputs = []Input{}
	}
	slices.SortFunc(v.Inputs, func(a, b Input) int {
		return cmp.Or(strings.Compare(a.ID, b.ID), cmp.Compare(a.Version, b.Version), cmp.Compare(a.Amount, b.Amount))
	})
	v.Root = Root(v.Inputs)
	return v
}

// sum makes a value that is the sum of its inputs' amounts.
func sum(code string, inputs []Input) (Value, error) {
	var total int64
	for _, in := range inputs {
		t, carry := bits.Add64(uint64(total), uint64(in.Amount), 0)
		if in.Amount < 0 || carry != 0 || t >= 1<<63 {
			return Value{}, fmt.Errorf("couldn't add %s to %s: %w", in.ID, code, ErrOverflow)
		}
		total = int64(t)
	}
	return Value{Code: code, ValueInt: total, Inputs: inputs}.finish(), nil
}

// ratio makes a value of num parts in den; a share of nothing is 0 permille.
func ratio(code string, num, den int64, inputs []Input) (Value, error) {
	v := Value{Code: code, Num: num, Den: den, Inputs: inputs}
	if den > 0 {
		permille, ok := rights.Permille(num, den)
		if !ok {
			return Value{}, fmt.Errorf("couldn't divide for %s: %w", code, ErrOverflow)
		}
		v.ValueInt, v.Permille = permille, permille
	} else {
		v.Num = 0
	}
	return v.finish(), nil
}

// Count counts the records that are counted: each adds 1, one of several with
// the same key adds for all of them; the one with the smallest id is named.
func Count[R rights.Record](code string, records iter.Seq2[R, error], key func(R) (key string, counts bool)) (Value, error) {
	named := map[string]Input{}
	for r, err := range records {
		if err != nil {
			return Value{}, fmt.Errorf("couldn't read the records of %s: %w", code, err)
		}
		k, counts := key(r)
		if !counts {
			continue
		}
		h := rights.HeadOf(r)
		if old, again := named[k]; !again || h.ID < old.ID {
			named[k] = Input{ID: h.ID, Version: h.Version, Amount: 1}
		}
	}
	var inputs []Input
	for _, in := range named {
		inputs = append(inputs, in)
	}
	return sum(code, inputs)
}

// Share is the part of the records with of(r) that are good as well.
func Share[R rights.Record](code string, records iter.Seq2[R, error], of, good func(R) bool) (Value, error) {
	var num, den int64
	var inputs []Input
	for r, err := range records {
		if err != nil {
			return Value{}, fmt.Errorf("couldn't read the records of %s: %w", code, err)
		}
		if !of(r) {
			continue
		}
		den++
		h, in := rights.HeadOf(r), int64(0)
		if good(r) {
			num++
			in = 1
		}
		inputs = append(inputs, Input{ID: h.ID, Version: h.Version, Amount: in})
	}
	return ratio(code, num, den, inputs)
}

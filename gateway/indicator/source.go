package indicator

import (
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"strings"

	"github.com/datarights/datarights/chaincode/rights"
)

// Source is where records come from, as they stood at one point of the chain.
type Source interface {
	// Find decodes a record; pointers too.
	rights.Finder
	// Records are those of a kind, in any order; where selects by indexed fields
	// that never change.
	Records(kind rights.Kind, where map[string]string) iter.Seq2[json.RawMessage, error]
	// History is the versions of a record, oldest first.
	History(kind rights.Kind, id string) ([]json.RawMessage, error)
	// When finds records as they stood when a record was first written.
	When(kind rights.Kind, id string) (rights.Finder, error)
	// Amounts are the bytes kept in private of a record. The error is ErrEntitled
	// or ErrPurged where there are none to be had.
	Amounts(kind rights.Kind, id string) ([]byte, error)
}

// Why there are no amounts.
var (
	ErrEntitled = errors.New("not entitled to these amounts")
	ErrPurged   = errors.New("these amounts are kept no more")
)

// Period is a run of civil days, both ends in it. An empty From is the
// beginning: a cumulative window.
type Period struct{ From, To string }

// Year is a calendar year.
func Year(y int) Period { return Period{fmt.Sprintf("%04d-01-01", y), fmt.Sprintf("%04d-12-31", y)} }

func (p Period) holds(day string) bool { return day != "" && p.From <= day && day <= p.To }

func (p Period) holdsAt(t rights.UnixSec) bool { return t > 0 && p.holds(rights.CivilDate(t)) }

// Ask is what a value is asked for.
type Ask struct {
	AsOf   rights.UnixSec // the last second that counts
	Period Period         // the days of what is counted; what stands at an instant has none
	Region string         // GB/T 2260; 320900 is all of 3209…; empty is everywhere
}

// day is the last civil day.
func (a Ask) day() string { return rights.CivilDate(a.AsOf) }

// in reports whether a place is in the region asked for.
func (a Ask) in(region string) bool {
	return strings.HasPrefix(region, strings.TrimSuffix(strings.TrimSuffix(a.Region, "00"), "00"))
}

// each visits the records of a kind; where is pairs of a field and its value.
func each[R any](src Source, kind rights.Kind, visit func(*R) error, where ...string) error {
	var fields map[string]string
	for i := 0; i+1 < len(where); i += 2 {
		fields = map[string]string{where[i]: where[i+1]}
	}
	for raw, err := range src.Records(kind, fields) {
		if err != nil {
			return fmt.Errorf("couldn't read the records %s: %w", kind, err)
		}
		r := new(R)
		if err := json.Unmarshal(raw, r); err != nil {
			return fmt.Errorf("couldn't decode a record %s: %w", kind, err)
		}
		if err := visit(r); err != nil {
			return err
		}
	}
	return nil
}

// find reads one record; nil when there is none.
func find[R any](src rights.Finder, kind rights.Kind, id string) (*R, error) {
	if id == "" {
		return nil, nil
	}
	r := new(R)
	found, err := src.Find(kind, id, r)
	if err != nil || !found {
		return nil, err
	}
	return r, nil
}

// amounts reads what is private of a record; nil when it is kept no more.
func amounts[A any](src Source, kind rights.Kind, id string) (*A, error) {
	raw, err := src.Amounts(kind, id)
	if errors.Is(err, ErrPurged) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("couldn't read the amounts of %s: %w", id, err)
	}
	a := new(A)
	if err := json.Unmarshal(raw, a); err != nil {
		return nil, fmt.Errorf("couldn't decode the amounts of %s", id) // of what is private, no word
	}
	return a, nil
}

// isOf reports whether an id is of a kind of records.
func isOf(id string, kind rights.Kind) bool { return strings.HasPrefix(id, string(kind)+"-") }

// defaultBasisDepth holds where a rule profile does not say.
const defaultBasisDepth = 16

// parameter is a number of the rule profile a record began under.
func parameter(src rights.Finder, ver, key string, otherwise int64) (int64, error) {
	p, err := find[rights.RuleProfile](src, rights.KindProfile, ver)
	if err != nil || p == nil {
		return otherwise, err
	}
	if n := p.Int(key); n > 0 {
		return n, nil
	}
	return otherwise, nil
}

// effective is the predicate of what a reference names (3.0.5).
func effective(src rights.Finder, id string, at rights.UnixSec, profile string) (bool, error) {
	depth, err := parameter(src, profile, rights.ParamBasisMaxDepth, defaultBasisDepth)
	if err != nil {
		return false, err
	}
	why, err := rights.EffectiveRef(src, id, at, depth)
	return why == nil, err
}

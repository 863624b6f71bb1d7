package api

import (
	"encoding/json"
	"errors"
	"fmt"

	"github.com/datarights/datarights/chaincode/rights"
	"github.com/datarights/datarights/gateway/index"
)

// effective says whether a right can be relied on now, and if not why.
type effective struct {
	Now      bool   `json:"now"`
	Reason   string `json:"reason"`
	ReasonZh string `json:"reasonZh"`
}

// defaultBasisDepth holds where a rule profile does not say.
const defaultBasisDepth = 16

// Find lets the rules look up what a right rests on.
func (s *server) Find(kind rights.Kind, id string, v any) (bool, error) {
	return s.look().Find(kind, id, v)
}

func decodeInto(kind rights.Kind, id string, raw json.RawMessage, v any) (bool, error) {
	if err := json.Unmarshal(raw, v); err != nil {
		return false, fmt.Errorf("couldn't decode %s %s: %w", kind, id, err)
	}
	return true, nil
}

// effective computes the predicate (3.0.5 of the rules) at the gateway's own
// time, for information: when it matters the ledger computes it again.
func (s *server) effective(find rights.Finder, r *rights.Right) (effective, error) {
	depth, err := s.basisDepth(r.RuleProfileVer)
	if err != nil {
		return effective{}, err
	}
	why, err := rights.EffectiveAt(find, r, s.now().Unix(), depth)
	if why != nil {
		return effective{Reason: why.Detail, ReasonZh: why.DetailZh}, err
	}
	return effective{Now: true}, err
}

// basisDepth is how deep a version of the rule profile lets rights rest on one
// another. A published version never changes, so it is read once.
func (s *server) basisDepth(ver string) (int64, error) {
	if depth, ok := s.depths.Load(ver); ok {
		return depth.(int64), nil
	}
	e, err := s.read.Get(rights.KindProfile, ver)
	if errors.Is(err, index.ErrNotFound) {
		return defaultBasisDepth, nil
	}
	if err != nil {
		return 0, err
	}
	var p rights.RuleProfile
	if err := json.Unmarshal(e.JSON, &p); err != nil {
		return 0, fmt.Errorf("couldn't decode rule profile %s: %w", ver, err)
	}
	depth := p.Int(rights.ParamBasisMaxDepth)
	if depth <= 0 {
		depth = defaultBasisDepth
	}
	s.depths.Store(ver, depth)
	return depth, nil
}

// withEffect adds to what can be a basis whether it is effective now.
func withEffect(s *server, e entry, ms []member) ([]member, error) {
	depth, err := s.basisDepth(text(ms, "ruleProfileVer"))
	if err != nil {
		return nil, err
	}
	eff, err := effectOf(e.seen, e.ID, s.now().Unix(), depth)
	if err != nil {
		return nil, err
	}
	return with(ms, "effective", eff)
}

// withRestraints adds to a right whether it is effective and, to its own
// encumbrances, those that lie beside it. The record has what it had; what is
// added is as it is now.
func withRestraints(s *server, e entry, ms []member) ([]member, error) {
	var r rights.Right
	if err := json.Unmarshal(e.JSON, &r); err != nil {
		return nil, err
	}
	all, err := rights.EncumbrancesOf(e.seen, &r)
	if err != nil {
		return nil, err
	}
	if len(all) > len(r.Encumbrances) {
		if ms, err = with(ms, "encumbrances", all); err != nil {
			return nil, err
		}
		if text(ms, "view") == string(seePublic) {
			if ms, err = publicEncumbrances(ms); err != nil {
				return nil, err
			}
		}
	}
	eff, err := s.effective(e.seen, &r)
	if err != nil {
		return nil, err
	}
	return with(ms, "effective", eff)
}

package explorer

import (
	"encoding/json"
	"errors"

	"github.com/datarights/datarights/chaincode/rights"
	"github.com/datarights/datarights/gateway/index"
)

// Effect is whether a right is effective now, and if not, why.
type Effect struct {
	Now bool
	Why rights.Text
}

// defaultBasisDepth ends the walk along bases where no profile says how deep.
const defaultBasisDepth = 16

// effect asks the domain's own predicate, at this request's time.
func (q *request) effect(r *rights.Right) Effect {
	depth := q.parameter(rights.ParamBasisMaxDepth)
	if depth <= 0 {
		depth = defaultBasisDepth
	}
	why, err := rights.EffectiveAt(q, r, q.now, min(depth, 64))
	switch {
	case err != nil:
		return Effect{Why: rights.Text{Zh: "暂时无法判断", En: "this cannot be told now"}}
	case why != nil:
		return Effect{Why: rights.Text{Zh: why.DetailZh, En: why.Detail}}
	}
	return Effect{Now: true}
}

// Find implements rights.Finder. A record that cannot be decoded counts as
// missing: nothing is shown as effective on a guess.
func (q *request) Find(kind rights.Kind, id string, v any) (bool, error) {
	if r, ok := v.(*rights.Right); ok && kind == rights.KindRight {
		found := q.loadRight(id)
		if found != nil {
			*r = *found
		}
		return found != nil, nil
	}
	e, err := q.Reader.Get(kind, id)
	if errors.Is(err, index.ErrNotFound) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	return json.Unmarshal(e.JSON, v) == nil, nil
}

// loadRight reads a right once per request; nil when it cannot be had.
func (q *request) loadRight(id string) *rights.Right {
	if r, ok := q.rights[id]; ok {
		return r
	}
	r, _, err := load[rights.Right](q, rights.KindRight, id)
	if err != nil {
		r = nil
	}
	q.rights[id] = r
	return r
}

package explorer

import (
	"github.com/datarights/datarights/chaincode/rights"
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
	ok, why, err := rights.EffectiveAt(basesOf{q}, r, q.now, min(depth, 64))
	if err != nil { // basesOf returns none
		return Effect{Why: rights.Text{Zh: "暂时无法判断", En: "this cannot be told now"}}
	}
	return Effect{ok, why}
}

// basesOf finds the rights that a right rests on.
type basesOf struct{ q *request }

// Right implements rights.Rights. A right that cannot be read counts as
// missing: nothing is shown as effective on a guess.
func (b basesOf) Right(id string) (*rights.Right, bool, error) {
	r := b.q.loadRight(id)
	return r, r != nil, nil
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

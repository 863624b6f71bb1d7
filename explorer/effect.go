package explorer

import (
	"slices"

	"github.com/datarights/datarights/chaincode/rights"
)

// Effect is whether a right is effective now, and if not, every reason.
type Effect struct {
	Now bool
	Why []rights.Text
}

// paramDemoSeconds is the parameter that shortens a working day.
const paramDemoSeconds = "demo.secondsPerWorkday"

// maxBasisDepth ends the walk along bases, as on the ledger.
const maxBasisDepth = 16

// effect evaluates the effective predicate (3.0.5) at this request's time.
func (q *request) effect(r *rights.Right) Effect {
	var why []rights.Text
	if r.State != "Active" {
		t := term(aState, string(r.State))
		why = append(why, rights.Text{Zh: "状态为" + t.Zh, En: "its state is " + t.En})
	}
	if q.now < r.ValidFrom {
		why = append(why, rights.Text{Zh: "尚未到生效时间", En: "its term has not begun"})
	}
	if q.now >= r.ValidTo {
		why = append(why, rights.Text{Zh: "有效期已过", En: "its term is over"})
	}
	for _, e := range r.Encumbrances {
		if e.Type == "EncFreeze" && e.From <= q.now && (e.To == 0 || q.now < e.To) {
			why = append(why, rights.Text{Zh: "已被查封冻结", En: "it is frozen"})
		}
	}
	if !q.basesHold(r, nil) {
		why = append(why, rights.Text{Zh: "所依据的权利或协议已失效", En: "a right or agreement it rests on is no longer effective"})
	}
	return Effect{len(why) == 0, why}
}

// basesHold reports whether everything the right rests on is effective.
func (q *request) basesHold(r *rights.Right, path []string) bool {
	if len(path) >= maxBasisDepth || slices.Contains(path, r.ID) {
		return false
	}
	path = append(path, r.ID)
	for _, b := range r.Basis {
		if b.To != 0 && q.now >= b.To {
			return false
		}
		if b.Type != "BasisOwnRight" {
			continue
		}
		on := q.loadRight(b.RefID)
		if on == nil || on.State != "Active" || q.now < on.ValidFrom || q.now >= on.ValidTo || !q.basesHold(on, path) {
			return false
		}
		for _, e := range on.Encumbrances {
			if e.Type == "EncFreeze" && e.From <= q.now && (e.To == 0 || q.now < e.To) {
				return false
			}
		}
	}
	return true
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

package rights

import (
	"slices"
	"strings"
)

// Rights finds rights for those that compute effectiveness: an Act during a
// command, an index for a reader.
type Rights interface {
	Right(id string) (*Right, bool, error)
}

// Right loads a right; it makes an Act a Rights.
func (a *Act) Right(id string) (*Right, bool, error) {
	r := new(Right)
	ok, err := a.Ledger.Load(KindRight, id, r)
	return r, ok, err
}

// EffectiveAt is the effective predicate: the right is active, inside its
// term, not frozen, and everything it rests on is effective too. There are no
// timers; it is computed at every use. When false, the text says why. Bases
// nested deeper than maxDepth count as not effective, and so does a circle of
// them.
func EffectiveAt(rights Rights, r *Right, t UnixSec, maxDepth int64) (bool, Text, error) {
	e := effectiveness{rights: rights, at: t, below: map[string]int64{}}
	_, ok, why, err := e.of(r, maxDepth)
	return ok, why, err
}

// effectiveness is one evaluation of the predicate. It looks at every right
// once, however many rest on it.
type effectiveness struct {
	rights Rights
	at     UnixSec
	below  map[string]int64 // rights found effective → levels of bases below them; never iterated
}

// of returns how many levels of bases lie below an effective right.
func (ev *effectiveness) of(r *Right, maxDepth int64) (levels int64, ok bool, why Text, err error) {
	t := ev.at
	no := func(zh, en string) (int64, bool, Text, error) { return 0, false, Text{zh, en}, nil }
	switch {
	case r.State != StateActive:
		title := rightMachine.Titled(r.State)
		return no("权利"+title.Zh, "the right is "+strings.ToLower(title.En))
	case t < r.ValidFrom:
		return no("尚未生效", "not yet valid")
	case t >= r.ValidTo:
		return no("有效期已届满", "past its term")
	case maxDepth < 0:
		return no("权利依据层级过深", "its bases nest too deep")
	}
	for _, e := range r.Encumbrances {
		if e.Type == "EncFreeze" && e.From <= t && (e.To == 0 || t < e.To) {
			return no("被冻结", "frozen")
		}
	}
	for _, b := range r.Basis {
		if b.To > 0 && t >= b.To {
			return no("所依据的协议已到期", "the agreement it rests on has ended")
		}
		if !strings.HasPrefix(b.RefID, string(KindRight)+"-") {
			continue
		}
		deep, seen := ev.below[b.RefID]
		if !seen {
			base, found, err := ev.rights.Right(b.RefID)
			if err != nil {
				return 0, false, Text{}, err
			}
			if !found {
				return no("所依据的权利 "+b.RefID+" 不存在", "the right it rests on, "+b.RefID+", does not exist")
			}
			var effective bool
			if deep, effective, why, err = ev.of(base, maxDepth-1); err != nil {
				return 0, false, Text{}, err
			} else if !effective {
				return no("所依据的权利 "+b.RefID+" 未生效："+why.Zh, "the right it rests on, "+b.RefID+", is not effective: "+why.En)
			}
			ev.below[b.RefID] = deep
		}
		if levels = max(levels, deep+1); levels > maxDepth {
			return no("权利依据层级过深", "its bases nest too deep")
		}
	}
	return levels, true, Text{}, nil
}

// pair is the id of a pointer over two or more parts.
func pair(parts ...string) string { return strings.Join(parts, "/") }

// heldRights is the pointer from an object and a holder to the newest right of
// each kind.
type heldRights struct {
	Rights []heldRight `json:"rights"`
}

type heldRight struct {
	Kind RightKind `json:"kind"`
	ID   string    `json:"id"`
}

// notYetHeld refuses kinds of which the holder has a right in being over the
// object (2.6; DRWG 39(2)).
func (a *Act) notYetHeld(field, objectID, holderID string, kinds []RightKind) error {
	var held heldRights
	if ok, err := a.Ledger.Load(PointerHeld, pair(objectID, holderID), &held); err != nil || !ok {
		return err
	}
	for _, h := range held.Rights {
		if !slices.Contains(kinds, h.Kind) {
			continue
		}
		var r Right
		if err := need(a, KindRight, field, h.ID, &r); err != nil {
			return err
		}
		if r.State == StateActive || r.State == StateSuspended {
			return refuse(CodeDup, "持有人对该对象已有同种权利 %s", "the holder has a right of this kind over the object already: %s", r.ID).at(field).on(r.ID).by("DRWG 39(2)")
		}
	}
	return nil
}

// RightMeasure is the body of right.suspend and right.resume. CourtPaper is
// the hash of the effective document when the registrar acts on a court's word.
type RightMeasure struct {
	RightID    string `json:"rightId"`
	MeasureRef string `json:"measureRef,omitempty"`
	CourtPaper string `json:"courtPaper,omitempty"`
}

func rightMeasured(event string) func(*Act, *RightMeasure) error {
	return func(a *Act, b *RightMeasure) error {
		var r Right
		if err := need(a, KindRight, "rightId", b.RightID, &r); err != nil {
			return err
		}
		to, err := a.step(&rightMachine, r.ID, r.State, event, "", Relations{Registrar: r.RegistrarID})
		if err != nil {
			return err
		}
		byRegulator := slices.Contains(a.Key.Officer.Duties, RoleRegulator)
		ref := b.MeasureRef
		if byRegulator {
			if err := checkText("measureRef", ref, 80); err != nil {
				return err
			}
		} else {
			if err := checkHash("courtPaper", b.CourtPaper); err != nil {
				return err
			}
			ref = b.CourtPaper
		}
		if event == "resume" {
			if err := a.mayLift(r.MeasureBy, r.ID); err != nil {
				return err
			}
		}
		r.State, r.MeasureRef, r.MeasureBy = to, ref, a.Actor.USCC
		return a.update(KindRight, &r)
	}
}

// OfRight is the body of right.expire.
type OfRight struct {
	RightID string `json:"rightId"`
}

// expireRight writes down what is already true.
func expireRight(a *Act, b *OfRight) error {
	var r Right
	if err := need(a, KindRight, "rightId", b.RightID, &r); err != nil {
		return err
	}
	if err := a.expire(&r); err != nil {
		return err
	}
	var c Certificate
	if err := need(a, KindCertificate, "rightId", r.CertNo, &c); err != nil {
		return err
	}
	live, err := a.liveRights(&c)
	if err != nil || live || c.State != StateValid {
		return err
	}
	c.State = StateExpired // CT-2
	return a.update(KindCertificate, &c)
}

func (a *Act) expire(r *Right) error {
	to, err := a.step(&rightMachine, r.ID, r.State, "expire", "", Relations{})
	if err != nil {
		return err
	}
	if a.Now < r.ValidTo {
		return refuse(CodeDeadline, "有效期至 %s，尚未届满", "its term runs until %s", stamp(r.ValidTo)).on(r.ID)
	}
	r.State = to
	return a.update(KindRight, r)
}

// liveRights reports whether any right of the certificate is still in being.
func (a *Act) liveRights(c *Certificate) (bool, error) {
	for _, cr := range c.Rights {
		var r Right
		if err := need(a, KindRight, "certNo", cr.RightID, &r); err != nil {
			return false, err
		}
		if r.State == StateActive || r.State == StateSuspended {
			return true, nil
		}
	}
	return false, nil
}

// OfCertificate is the body of certificate.expire.
type OfCertificate struct {
	CertNo string `json:"certNo"`
}

// expireCertificate expires the certificate and those of its rights that are
// past their term; it is refused while one of them is not.
func expireCertificate(a *Act, b *OfCertificate) error {
	var c Certificate
	if err := need(a, KindCertificate, "certNo", b.CertNo, &c); err != nil {
		return err
	}
	to, err := a.step(&certificateMachine, c.ID, c.State, "expire", "", Relations{})
	if err != nil {
		return err
	}
	for _, cr := range c.Rights {
		var r Right
		if err := need(a, KindRight, "certNo", cr.RightID, &r); err != nil {
			return err
		}
		if r.State == StateActive && a.Now >= r.ValidTo {
			if err := a.expire(&r); err != nil {
				return err
			}
		} else if r.State == StateActive || r.State == StateSuspended {
			return refuse(CodeDeadline, "权利 %s 尚未终止", "right %s has not ended", r.ID).on(c.ID).by("CT-2")
		}
	}
	c.State = to
	return a.update(KindCertificate, &c)
}

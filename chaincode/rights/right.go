package rights

import (
	"slices"
	"strings"
)

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
		to, err := a.step(&rightMachine, r.ID, r.State, event, "", Relations{ByRegistrar: {r.RegistrarID}})
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
		if err := a.update(KindRight, &r); err != nil || event == "resume" {
			return err
		}
		return a.basisLost(&r)
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
	if err != nil || live || certificateMachine.Ended(c.State) {
		return err
	}
	c.State = StateExpired // CT-2
	if err := a.dropHolding(&c); err != nil {
		return err
	}
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
	renewing, err := newEffectiveness(a, a.Now).renewing(r)
	if err != nil {
		return err
	}
	if renewing {
		return refuse(CodeDeadline, "续期已按期提出，尚在办理", "its renewal was asked for in time and is under way").on(r.ID).by("RT-9")
	}
	r.State = to
	if err := a.ended(r); err != nil {
		return err
	}
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
	if err := a.dropHolding(&c); err != nil {
		return err
	}
	return a.update(KindCertificate, &c)
}

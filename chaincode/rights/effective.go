package rights

import (
	"slices"
	"strings"
)

// Finder finds records, and pointers, for those that compute effectiveness: an
// Act during a command, an index for a reader.
type Finder interface {
	// Find decodes a record into v and reports whether it exists.
	Find(kind Kind, id string, v any) (bool, error)
}

// Find makes an Act a Finder.
func (a *Act) Find(kind Kind, id string, v any) (bool, error) { return a.Ledger.Load(kind, id, v) }

// EffectiveAt is the effective predicate of a right (3.0.5): it is active,
// inside its term or its pending renewal (RT-9), not frozen, and everything it
// rests on is effective too. There are no timers; it is computed at every use.
// A nil why is yes; otherwise why says what is missing: E_STATE, E_TERM, E_ENC
// or E_BASIS. Bases nested deeper than maxDepth count as not effective, and so
// does a circle of them.
func EffectiveAt(find Finder, r *Right, t UnixSec, maxDepth int64) (why *Error, err error) {
	_, why, err = newEffectiveness(find, t).right(r, maxDepth)
	return why, err
}

// EffectiveRef is the same predicate for whatever a reference names: a right,
// licence, grant, permit, copy, listing, evaluation, certificate or
// recognition, told by the prefix of its id.
func EffectiveRef(find Finder, id string, t UnixSec, maxDepth int64) (why *Error, err error) {
	_, why, err = newEffectiveness(find, t).ref(id, maxDepth)
	return why, err
}

// effectiveness is one evaluation of the predicate. It looks at every record
// once, however many rest on it.
type effectiveness struct {
	find  Finder
	at    UnixSec
	below map[string]int64 // references found effective → levels of bases below them; never iterated

	open   []Kind   // when set, the kinds of bases that are looked into
	closed []string // the bases that were not, each once
}

func newEffectiveness(find Finder, t UnixSec) *effectiveness {
	return &effectiveness{find: find, at: t, below: map[string]int64{}}
}

// in refuses a time outside a half-open term.
func (ev *effectiveness) in(id string, from, to UnixSec) *Error {
	switch {
	case ev.at < from:
		return refuse(CodeTerm, "尚未生效", "not yet valid").on(id).by("3.0.5")
	case ev.at >= to:
		return refuse(CodeTerm, "有效期已届满", "past its term").on(id).by("3.0.5")
	}
	return nil
}

// state refuses a record that is not in the state that counts.
func (ev *effectiveness) state(m *Machine, h *Head, want ...State) *Error {
	for _, s := range want {
		if h.State == s {
			return nil
		}
	}
	title := m.Titled(h.State)
	return refuse(CodeState, "%[1]s%[2]s", "the %[3]s is %[4]s", m.Title.Zh, title.Zh, strings.ToLower(m.Title.En), strings.ToLower(title.En)).on(h.ID)
}

func tooDeep(id string) *Error {
	return refuse(CodeBasis, "权利依据层级过深", "its bases nest too deep").on(id)
}

// ref evaluates whatever id names and returns how many levels of bases lie
// below it.
func (ev *effectiveness) ref(id string, maxDepth int64) (levels int64, why *Error, err error) {
	if deep, seen := ev.below[id]; seen {
		return deep, nil, nil
	}
	if maxDepth < 0 {
		return 0, tooDeep(id), nil
	}
	kind, _, _ := strings.Cut(id, "-")
	if ev.open != nil && !slices.Contains(ev.open, Kind(kind)) {
		if !slices.Contains(ev.closed, id) {
			ev.closed = append(ev.closed, id)
		}
		return 0, nil, nil
	}
	switch Kind(kind) {
	case KindRight:
		levels, why, err = evaluate(ev, KindRight, id, maxDepth, ev.right)
	case KindGrant:
		levels, why, err = evaluate(ev, KindGrant, id, maxDepth, ev.grant)
	case KindPermit:
		levels, why, err = evaluate(ev, KindPermit, id, maxDepth, ev.permit)
	case KindCopy:
		levels, why, err = evaluate(ev, KindCopy, id, maxDepth, ev.copy)
	case KindResource:
		levels, why, err = evaluate(ev, KindResource, id, maxDepth, ev.resource)
	case KindListing:
		levels, why, err = evaluate(ev, KindListing, id, maxDepth, ev.listing)
	case KindEvaluation:
		levels, why, err = evaluate(ev, KindEvaluation, id, maxDepth, ev.evaluation)
	case KindRecognition:
		levels, why, err = evaluate(ev, KindRecognition, id, maxDepth, ev.recognition)
	default:
		if ValidCertNo(id) {
			levels, why, err = evaluate(ev, KindCertificate, id, maxDepth, ev.certificate)
		} else {
			why = refuse(CodeBasis, "%s 不能作为依据", "%s is nothing that can be relied on", id).on(id)
		}
	}
	if err == nil && why == nil {
		ev.below[id] = levels
	}
	return levels, why, err
}

func evaluate[R any](ev *effectiveness, kind Kind, id string, maxDepth int64, of func(*R, int64) (int64, *Error, error)) (int64, *Error, error) {
	r := new(R)
	found, err := ev.find.Find(kind, id, r)
	if err != nil {
		return 0, nil, err
	}
	if !found {
		return 0, refuse(CodeBasis, "%s 不存在", "%s does not exist", id).on(id), nil
	}
	return of(r, maxDepth)
}

// on evaluates what a record rests on, one level down.
func (ev *effectiveness) on(id, base string, maxDepth int64) (levels int64, why *Error, err error) {
	deep, why, err := ev.ref(base, maxDepth-1)
	if err != nil {
		return 0, nil, err
	}
	if why != nil {
		return 0, refuse(CodeBasis, "所依据的 %[1]s 未生效：%[2]s", "what it rests on, %[1]s, is not effective: %[3]s", base, why.DetailZh, why.Detail).on(id).by("RT-4"), nil
	}
	if deep+1 > maxDepth {
		return 0, tooDeep(id), nil
	}
	return deep + 1, nil, nil
}

func (ev *effectiveness) right(r *Right, maxDepth int64) (levels int64, why *Error, err error) {
	if why = ev.state(&rightMachine, &r.Head, StateActive); why != nil {
		return 0, why, nil
	}
	if why = ev.in(r.ID, r.ValidFrom, r.ValidTo); why != nil {
		pending := false
		if ev.at >= r.ValidTo {
			if pending, err = ev.renewing(r); err != nil {
				return 0, nil, err
			}
		}
		if !pending {
			return 0, why, nil
		}
	}
	if maxDepth < 0 {
		return 0, tooDeep(r.ID), nil
	}
	for _, b := range r.Basis {
		if b.Survives {
			continue
		}
		if b.To > 0 && ev.at >= b.To {
			return 0, refuse(CodeBasis, "所依据的协议已到期", "the agreement it rests on has ended").on(r.ID).by("RT-4"), nil
		}
		if b.RefID == "" {
			continue
		}
		deep, why, err := ev.on(r.ID, b.RefID, maxDepth)
		if why != nil || err != nil {
			return 0, why, err
		}
		levels = max(levels, deep)
	}
	// Last, so that whoever may act on a frozen right still hears of its bases.
	list, err := encumbrancesOf(ev.find, r)
	if err != nil {
		return 0, nil, err
	}
	for _, e := range list {
		if e.Type == EncFreeze && e.inForce(ev.at) {
			return 0, refuse(CodeEnc, "被冻结", "frozen").on(r.ID).by("G-11"), nil
		}
	}
	return levels, nil, nil
}

// renewing reports whether a renewal asked for in time keeps the right
// effective past its term (RT-9).
func (ev *effectiveness) renewing(r *Right) (bool, error) {
	var open openCases
	if ok, err := ev.find.Find(PointerOpen, pair(r.ObjectID, r.HolderID, RegRenewal), &open); err != nil || !ok {
		return false, err
	}
	for _, o := range open.Cases {
		if o.Kind != r.Kind {
			continue
		}
		var c Case
		if ok, err := ev.find.Find(KindCase, o.ID, &c); err != nil || !ok {
			return false, err
		}
		return !caseMachine.Ended(c.State) && ev.at < c.PendingUntil, nil
	}
	return false, nil
}

// resource: in the catalogue. Only sharing among departments rests on one.
func (ev *effectiveness) resource(r *Resource, _ int64) (levels int64, why *Error, err error) {
	return 0, ev.state(&resourceMachine, &r.Head, StateCatalogued), nil
}

// grant: effective, in its term, and so is the grant above it (GR-3); the
// developer's admission has not been left or barred since (GR-7).
func (ev *effectiveness) grant(g *Grant, maxDepth int64) (levels int64, why *Error, err error) {
	if why = ev.state(&grantMachine, &g.Head, StateEffective); why == nil {
		why = ev.in(g.ID, g.ValidFrom, g.ValidTo)
	}
	if why != nil || g.ParentGrantID == "" {
		return 0, why, nil
	}
	if g.AdmissionID != "" {
		var ad Admission
		found, err := ev.find.Find(KindAdmission, g.AdmissionID, &ad)
		if err != nil {
			return 0, nil, err
		}
		if !found || ad.State != StateAdmitted {
			return 0, refuse(CodeBasis, "开发主体已退出或被取消准入", "the developer's admission was left or barred").on(g.ID).by("GR-7"), nil
		}
	}
	return ev.on(g.ID, g.ParentGrantID, maxDepth)
}

func (ev *effectiveness) permit(p *Permit, maxDepth int64) (levels int64, why *Error, err error) {
	if why = ev.state(&permitMachine, &p.Head, StateActive); why == nil {
		why = ev.in(p.ID, p.ValidFrom, p.ValidTo)
	}
	if why != nil {
		return 0, why, nil
	}
	return ev.on(p.ID, p.BasisID, maxDepth)
}

func (ev *effectiveness) copy(c *Copy, _ int64) (levels int64, why *Error, err error) {
	if why = ev.state(&copyMachine, &c.Head, StateHeld); why == nil {
		why = ev.in(c.ID, c.CreatedAt, c.HoldUntil)
	}
	return 0, why, nil
}

func (ev *effectiveness) listing(l *Listing, maxDepth int64) (levels int64, why *Error, err error) {
	if why = ev.state(&listingMachine, &l.Head, StateListed); why == nil {
		why = ev.in(l.ID, l.ValidFrom, l.ValidTo)
	}
	base := l.RightID
	if base == "" {
		base = l.RecognitionID // MR-1; a pure service rests on neither
	}
	if why != nil || base == "" {
		return 0, why, nil
	}
	return ev.on(l.ID, base, maxDepth)
}

func (ev *effectiveness) evaluation(e *Evaluation, _ int64) (levels int64, why *Error, err error) {
	if why = ev.state(&evaluationMachine, &e.Head, StateIssued, StateFiled); why == nil {
		why = ev.in(e.ID, e.IssuedAt, e.ValidTo)
	}
	return 0, why, nil
}

func (ev *effectiveness) recognition(r *Recognition, _ int64) (levels int64, why *Error, err error) {
	if why = ev.state(&recognitionMachine, &r.Head, StateRecognised); why == nil {
		why = ev.in(r.ID, r.CreatedAt, r.ValidTo)
	}
	return 0, why, nil
}

// certificate: valid, and at least one of its rights is effective (CT-2).
func (ev *effectiveness) certificate(c *Certificate, maxDepth int64) (levels int64, why *Error, err error) {
	if why = ev.state(&certificateMachine, &c.Head, StateValid, StateAdjusted); why != nil {
		return 0, why, nil
	}
	for _, r := range c.Rights {
		var deep int64
		if deep, why, err = ev.on(c.ID, r.RightID, maxDepth); err != nil || why == nil {
			return deep, nil, err
		}
	}
	return 0, why, nil
}

// effective refuses unless what id names is effective now; field is the body
// field that named it.
func (a *Act) effective(p *Profile, field, id string) error {
	why, err := EffectiveRef(a, id, a.Now, p.Int(ParamBasisMaxDepth))
	if err != nil {
		return err
	}
	if why != nil {
		return why.at(field)
	}
	return nil
}

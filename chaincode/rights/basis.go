package rights

import (
	"slices"
	"strconv"
)

// The types of basis that name a record of a kind of their own; the others that
// name one name a right.
const (
	basisOwnRight = "BasisOwnRight"
	basisTrade    = "BasisTrade"
	basisGrant    = "BasisGrant"
	basisLicence  = "BasisLicence"
)

var basisTypes = []string{"BasisOriginal", basisOwnRight, basisLicence, "BasisTransfer", "BasisJoint", "BasisOffLedger", basisTrade, basisGrant}

// checkBasis refuses a basis that is malformed, missing or not effective, and
// returns the bases with the implied one written out: what one collected
// oneself needs no more than its proof of source.
func (a *Act) checkBasis(p *Profile, applicant, source string, kinds []RightKind, basis []Basis, papers []Evidence) ([]Basis, error) {
	if len(basis) > 20 {
		return nil, refuse(CodeFormat, "依据最多 20 项", "at most 20 bases").at("basis")
	}
	if len(basis) == 0 {
		if source != "SrcCollected" && source != "SrcCrawled" {
			return nil, refuse(CodeBasis, "此来源须写明权利依据", "this source needs its basis named").at("basis").by("RT-1")
		}
		i := slices.IndexFunc(papers, func(e Evidence) bool { return e.DocType == DocSource })
		return []Basis{{Type: "BasisOriginal", EvidenceHash: papers[i].Hash}}, nil
	}
	usable := false // RT-1: what a use right may rest on
	for i := range basis {
		b, field := &basis[i], "basis["+strconv.Itoa(i)+"]"
		if b.EvidenceHash != "" {
			if err := checkHash(field+".evidenceHash", b.EvidenceHash); err != nil {
				return nil, err
			}
		}
		if err := oneOf(field+".type", b.Type, basisTypes...); err != nil {
			return nil, err
		}
		if b.To < 0 || (b.To > 0 && b.To <= a.Now) {
			return nil, refuse(CodeTerm, "依据已到期", "the basis has ended").at(field + ".to").by("RT-3")
		}
		b.Survives = false // the permission says it, not the applicant
		if b.RefID == "" {
			if b.Type == basisOwnRight || b.Type == basisTrade || b.Type == basisGrant {
				return nil, refuse(CodeBasis, "须写明权利、副本或授权的编号", "must name the right, copy or grant").at(field + ".refId")
			}
			if err := checkHash(field+".evidenceHash", b.EvidenceHash); err != nil {
				return nil, err
			}
			usable = true
			continue
		}
		if slices.ContainsFunc(basis[:i], func(o Basis) bool { return o.RefID == b.RefID }) {
			return nil, refuse(CodeFormat, "重复", "is given twice").at(field + ".refId")
		}
		useful, err := a.checkReference(p, field+".refId", applicant, b)
		if err != nil {
			return nil, err
		}
		usable = usable || useful
	}
	if !usable && slices.Contains(kinds, RightUse) {
		return nil, refuse(CodeBasis, "使用权须以自有持有权、许可、交易、授权、转让、共同或协议为据", "a use right rests on one's own holding right, a licence, trade, grant, transfer, joint production or agreement").at("basis").by("RT-1")
	}
	return basis, nil
}

// checkReference refuses a basis that names what is not there, not effective or
// not the applicant's, and reports whether a use right may rest on it (RT-1).
func (a *Act) checkReference(p *Profile, field, applicant string, b *Basis) (usable bool, err error) {
	if b.Type == basisTrade || b.Type == basisGrant {
		kind := KindCopy
		if b.Type == basisGrant {
			kind = KindGrant
		}
		if !isOf(b.RefID, kind) {
			return false, refuse(CodeBasis, "交易以副本、授权以授权记录为据", "a trade is named by its copy, a grant by its own id").at(field)
		}
		pm, err := a.permits(p, field, b.RefID, applicant, "")
		if err != nil {
			return false, err
		}
		b.Survives = pm.Survives
		return b.Type == basisGrant || pm.Scope.allows(ActProcess), nil
	}
	var r Right
	if err := need(a, KindRight, field, b.RefID, &r); err != nil {
		return false, err
	}
	if b.Type == basisOwnRight && r.HolderID != applicant {
		return false, refuse(CodeBasis, "权利 %s 不属于申请人", "right %s is not the applicant's", r.ID).at(field).on(r.ID).by("RT-1")
	}
	why, err := EffectiveAt(a, &r, a.Now, p.Int(ParamBasisMaxDepth))
	if err != nil {
		return false, err
	}
	if why != nil {
		return false, refuse(CodeBasis, "依据的权利未生效：%[1]s", "the right relied on is not effective: %[2]s", why.DetailZh, why.Detail).at(field).on(r.ID).by("RT-4")
	}
	if b.Type == basisLicence && r.HolderID == applicant { // a licence registered as a right of its own
		scope := r.scope()
		return scope.allows(ActProcess), nil
	}
	return b.Type != basisOwnRight || r.Kind == RightHolding, nil
}

// capTerm shortens a term to the end of every basis, but for those whose
// derived output survives them (RT-3).
func (a *Act) capTerm(until UnixSec, basis []Basis) (UnixSec, error) {
	for _, b := range basis {
		if b.Survives {
			continue
		}
		if b.To > 0 {
			until = min(until, b.To)
		}
		if b.RefID == "" {
			continue
		}
		end, err := a.endOf(b.RefID)
		if err != nil {
			return 0, err
		}
		until = min(until, end)
	}
	return until, nil
}

// endOf is the end of the term of what a basis names.
func (a *Act) endOf(ref string) (UnixSec, error) {
	switch {
	case isOf(ref, KindCopy):
		var c Copy
		err := need(a, KindCopy, "basis", ref, &c)
		return c.HoldUntil, err
	case isOf(ref, KindGrant):
		var g Grant
		err := need(a, KindGrant, "basis", ref, &g)
		return g.ValidTo, err
	}
	var r Right
	err := need(a, KindRight, "basis", ref, &r)
	return r.ValidTo, err
}

// limitedTo is the scope that the bases leave of a right over the object (G-4,
// RT-2). Nil means that nothing limits it. What is derived in substance is the
// maker's own: of its bases only a grant narrows it, and not in what may be done
// with the result; whoever passes on what he got has what he got.
func (a *Act) limitedTo(o *object, k RightKind, basis []Basis, derived bool, from, to UnixSec) (*Scope, error) {
	var limit *Scope
	for _, b := range basis {
		if b.RefID == "" || derived && b.Type != basisGrant {
			continue
		}
		if isOf(b.RefID, KindRight) {
			var r Right
			if err := need(a, KindRight, "basis", b.RefID, &r); err != nil {
				return nil, err
			}
			if r.Scope == nil {
				continue
			}
		}
		pm, err := a.permission("basis", b.RefID)
		if err != nil {
			return nil, err
		}
		s := pm.Scope
		if limit == nil {
			whole := (&Right{Kind: k, ObjectID: o.ID}).unlimited()
			limit = &whole
		}
		if !derived {
			limit.Actions = shared(limit.Actions, s.Actions, equal)
		}
		limit.Purposes = shared(limit.Purposes, s.Purposes, equal)
		limit.Regions = shared(limit.Regions, s.Regions, prefixed)
		limit.Industries = shared(limit.Industries, s.Industries, prefixed)
		limit.Envs = shared(limit.Envs, s.Envs, equal)
		limit.MaxGrade = min(limit.MaxGrade, s.MaxGrade)
	}
	if limit != nil {
		limit.From, limit.To = from, to
	}
	return limit, nil
}

func prefixed(v, item string) bool { return len(v) >= len(item) && v[:len(item)] == item }

// shared lists what is in both sets.
func shared[T ~string](x, y []T, under func(v, item string) bool) []T {
	both := []T{}
	for _, pairOf := range [][2][]T{{x, y}, {y, x}} {
		for _, v := range pairOf[0] {
			if v == anything && !slices.Contains(pairOf[1], v) {
				continue // the other set's items stand for it
			}
			if covers(strs(pairOf[1]), string(v), under) && !slices.Contains(both, v) {
				both = append(both, v)
			}
		}
	}
	return both
}

package contract_test

import (
	"maps"
	"slices"
	"strings"

	"pgregory.net/rapid"

	"github.com/datarights/datarights/chaincode/rights"
)

// The area's part in the tests over the whole ledger: registration after the first and objections to what is registered.

// afterMoves are the area's commands in the exhaustive test.
func afterMoves() []move {
	var list []move
	add := func(m move) { list = append(list, entityMove(m)) }

	// Applications: by both sides, and of the office's own motion.
	add(move{command: "registration.submit", outcome: "bilateral", states: fresh, set: func(*stage, rights.State) {},
		guard: func(w *somebody, _ rights.State) rights.Code {
			if w.role == rights.RoleRegistrar || w.role == rights.RolePlatform || w.role == rights.RoleRegulator || w.id() == buyerID {
				return rights.CodeSelf // nor does one transfer to oneself
			}
			return ""
		},
		body: func(s *stage, w *somebody, _ rights.State) any {
			r := s.market.right(s.right)
			r.ID, r.HolderID, r.State, r.ValidTo = "RT-of-"+w.id(), w.id(), rights.StateActive, far
			s.put(rights.KindRight, r.ID, r)
			return s.later("RegTransfer", s.recorded, func(x *rights.Submit) {
				x.TargetRightIDs, x.CounterpartyID, x.TermsHash = []string{r.ID}, buyerID, hash(terms)
			})
		}})
	add(move{command: "registration.submit", outcome: "ownMotion", states: fresh, set: func(*stage, rights.State) {}, body: fixed(func(s *stage) any {
		return s.later("RegRevoke", s.recorded, func(x *rights.Submit) { x.Profile, x.CancelReason = "LOCAL", "Fraud" })
	})})
	add(move{command: "registration.countersign", body: fixed(func(s *stage) any { return rights.Countersign{CaseID: s.noticed, TermsHash: hash(terms)} }),
		set: func(s *stage, state rights.State) {
			caseIn(far)(s, state)
			edit(rights.KindCase, s.noticed, func(c *rights.Case) {
				c.RegType, c.CounterpartyID, c.TermsHash = "RegTransfer", weatherID, hash(terms)
			})(s.market)
		}})
	add(move{command: "registration.consent", body: fixed(func(s *stage) any { return rights.Consent{CaseID: s.noticed} }),
		guard: func(w *somebody, _ rights.State) rights.Code {
			if w.id() != weatherID {
				return rights.CodeRole // nothing of its rests on the right
			}
			return ""
		},
		set: func(s *stage, state rights.State) {
			caseIn(far)(s, state)
			edit(rights.KindCase, s.noticed, func(c *rights.Case) { c.RegType, c.TargetRightIDs = "RegCancel", []string{s.right} })(s.market)
			s.restsOn(s.right, "RT-320902-20260714-0123456789ab-00", weatherID)
		}})
	add(move{command: "registration.issueCode", set: func(s *stage, state rights.State) {
		caseIn(start)(s, state)
		edit(rights.KindCase, s.noticed, func(c *rights.Case) { c.Profile, c.RightKinds = "PUBLIC", nil })(s.market)
	}, body: func(s *stage, _ *somebody, state rights.State) any {
		b := rights.IssueCode{CaseID: s.noticed, PublicRegCode: "GGSJ-1"}
		if state == rights.StateUnderReview {
			b.NoticeExempt = &rights.Exemption{Exempt: true, Reason: "x"}
		}
		return b
	}})

	// Objections to what is registered.
	add(move{command: "objection.file", states: fresh, set: func(*stage, rights.State) {}, body: fixed(func(s *stage) any { return registeredObjection(s.certificate) }),
		guard: func(w *somebody, _ rights.State) rights.Code {
			switch {
			case w.is(rights.ByHolder):
				return rights.CodeSelf
			case w.id() == registrarID:
				return rights.CodeFormat // on whose behalf?
			}
			return ""
		}})
	objection := func(event, outcome string, due int64, change func(*rights.Objection), body func(s *stage) any) {
		add(move{command: "objection." + event, outcome: outcome, body: fixed(body), set: func(s *stage, state rights.State) {
			edit(rights.KindObjection, s.objection, func(o *rights.Objection) {
				*o = rights.Objection{Head: o.Head, Stage: rights.PostRegistration, RightIDs: []string{s.right}, CertNo: s.certificate, HolderID: energyID, RegistrarID: registrarID,
					ObjectorID: weatherID, ReasonHash: o.ReasonHash, MaterialHashes: o.MaterialHashes, FiledAt: start, DueAt: due, NotifyDueAt: due, SuitDueAt: due}
				o.State = state
				if change != nil {
					change(o)
				}
			})(s.market)
		}})
	}
	of := func(s *stage) any { return rights.OfObjection{ObjectionID: s.objection} }
	accepted := func(outcome string) func(*rights.Objection) {
		return func(o *rights.Objection) { o.Outcome, o.AcceptedBy = outcome, []string{"the other side"} }
	}
	objection("returnIncomplete", "", far, nil, func(s *stage) any { return rights.ReturnIncomplete{ObjectionID: s.objection, Missing: []string{"x"}} })
	objection("resubmit", "", far, nil, func(s *stage) any {
		return rights.MoreMaterial{ObjectionID: s.objection, MaterialHashes: []string{hash("more")}}
	})
	objection("lapse", "", start, nil, of)
	objection("notifyHolder", "", far, nil, of)
	objection("concede", "", far, nil, func(s *stage) any { return rights.Concede{ObjectionID: s.objection, Outcome: "Cancel"} })
	objection("contest", "", far, nil, func(s *stage) any {
		return rights.Contest{ObjectionID: s.objection, StatementHash: hash("statement")}
	})
	objection("conclude", "", start, nil, func(s *stage) any {
		return rights.Conclude{ObjectionID: s.objection, Outcome: "Change", ConclusionHash: hash("c")}
	})
	objection("acceptConclusion", "one", far, nil, of)
	objection("acceptConclusion", "dismissed", far, accepted("Dismissed"), of)
	objection("acceptConclusion", "toCarryOut", far, accepted("Change"), of)
	objection("goToCourt", "", far, nil, func(s *stage) any { return rights.GoToCourt{ObjectionID: s.objection, ForumRef: "x"} })
	objection("lapseNoSuit", "dismissed", start, accepted("Dismissed"), of)
	objection("lapseNoSuit", "toCarryOut", start, accepted("Cancel"), of)
	for outcome, row := range map[string]string{"Dismissed": "dismissed", "Cancel": "toCarryOut"} {
		objection("enterJudgment", row, far, nil, func(s *stage) any {
			return rights.EnterJudgment{ObjectionID: s.objection, Outcome: outcome, JudgmentHash: hash("judgment")}
		})
	}
	objection("withdraw", "", far, nil, of)
	return list
}

// restsOn puts a right of a licensee's under another.
func (m *market) restsOn(licensor, id, licensee string) {
	r := m.right(licensor)
	r.ID, r.HolderID, r.Basis = id, licensee, []rights.Basis{{Type: "BasisLicence", RefID: licensor}}
	m.put(rights.KindRight, id, r)
	m.put(rights.PointerRelying, rights.RelyingName(licensor, id), map[string]any{"ids": []string{id}})
}

func registeredObjection(certNo string, rightIDs ...string) rights.File {
	return rights.File{CertNo: certNo, RightIDs: rightIDs, ReasonHash: hash("reason"), MaterialHashes: []string{hash("material")}}
}

// afterElsewhere names rows that another command writes or another test tries.
var afterElsewhere = map[string]string{
	"right.amend": "TestChange, TestRenewal, TestLicence", "right.transfer": "TestTransfer", "right.cancel": "TestCancel",
	"certificate.adjust": "TestTransferInPart, TestChange", "certificate.cancel": "TestTransfer, TestCancel",
	"objection.execute": "TestObjectionIsCarriedOut",
}

// afterEventsOn are the events that a command sends to records of other machines
// than its own; afterTouches the kinds it rewrites without moving them.
var (
	afterEventsOn = map[string][]string{
		"registration.record": {"right.amend", "right.transfer", "right.cancel", "certificate.adjust", "certificate.cancel", "objection.execute"},
	}
	afterTouches = map[string][]rights.Kind{
		// a change reaches the catalogue; a transfer takes along pledges and the licences under a right
		"registration.record":    {rights.KindResource, rights.KindPledge, rights.KindRight},
		"registration.submit":    {},
		"registration.issueCode": {rights.KindResource, rights.KindProduct},
	}
)

// tellAfter plays every command of the area to its good end.
func tellAfter(m *market) {
	const seller, buyer = "91320924MA0D10011A", "91320925MA0D10022B"
	from, to := m.joined(seller, "响水潮汐数据有限公司"), m.joined(buyer, "建湖湿地数据有限公司")
	must := m.must
	m.now = max(m.now, start)

	// a transfer of one right, by batch; the rest changed, corrected, renewed, cancelled
	rec := m.recorded(from, "after tide", "SJ3212026070201")
	x := m.transferTo(to, rec, 0)
	id := must(m.do(from+"#1", "registration.submit", x)).id(rights.KindCase)
	must(m.do(to+"#1", "registration.countersignBatch", batch{nil, []object{{"caseId": id, "termsHash": hash(terms)}}}))
	must(m.done(id, "SJ3212026070202"))
	rest := func(s *rights.Submit) { s.TargetRightIDs = s.TargetRightIDs[1:] }
	apply := func(kid string, s rights.Submit) string {
		return must(m.do(kid, "registration.submit", s)).id(rights.KindCase)
	}
	must(m.done(apply(from+"#1", m.later("RegChange", rec, func(s *rights.Submit) { rest(s); s.Changes = &rights.Changes{Overview: "改写的概述", Note: "x"} })), ""))

	// a licence, and its end by consent
	s := m.later("RegLicence", rec, func(s *rights.Submit) {
		s.TargetRightIDs, s.CounterpartyID, s.TermsHash, s.Profile = s.TargetRightIDs[2:], to, hash(terms), "LOCAL"
		s.Licence = licence(m, m.the(rec).ObjectID, true)
	})
	id = apply(from+"#1", s)
	must(m.do(to+"#1", "registration.countersign", rights.Countersign{CaseID: id, TermsHash: hash(terms)}))
	must(m.done(id, "SJ3212026070203"))
	id = apply(from+"#1", m.later("RegCancel", rec, func(s *rights.Submit) { rest(s); s.CancelReason = "Voluntary" }))
	must(m.do(to+"#1", "registration.consent", rights.Consent{CaseID: id}))
	must(m.done(id, ""))

	// public data
	r := m.resource(from, "after public")
	r.SubjectClass, r.PublicKind, r.SourceUnitID = "SubjectPublic", "GovDuty", from
	obj := must(m.do(from+"#1", "resource.catalogue", r)).id(rights.KindResource)
	p := publicApplication(obj, "RegFirst")
	id = apply(from+"#1", p)
	must(m.event(officer, "accept", id))
	must(m.registrar("registration.publishNotice", rights.PublishNotice{CaseID: id, Findings: positive()}))
	m.now = m.the(id).NoticeEndsAt
	must(m.registrar("registration.issueCodeBatch", batch{nil, []object{{"caseId": id, "publicRegCode": "GGSJ-320900-0001"}}}))

	// objections to what is registered, each to another end
	cert := m.the(m.recorded(from, "after contested", "SJ3212026070204")).ResultCertNo
	file := func() string {
		return must(m.do(to+"#1", "objection.file", registeredObjection(cert))).id(rights.KindObjection)
	}
	of := func(kid, event, o string) { must(m.do(kid, "objection."+event, rights.OfObjection{ObjectionID: o})) }
	o := file()
	must(m.registrar("objection.returnIncomplete", rights.ReturnIncomplete{ObjectionID: o, Missing: []string{"x"}}))
	must(m.do(to+"#1", "objection.resubmit", rights.MoreMaterial{ObjectionID: o, MaterialHashes: []string{hash("more")}}))
	of(to+"#1", "withdraw", o)
	o = file()
	must(m.registrar("objection.returnIncomplete", rights.ReturnIncomplete{ObjectionID: o, Missing: []string{"x"}}))
	m.now = m.objection(o).DueAt
	of(from+"#1", "lapse", o)
	contested := func(outcome string) string {
		o := file()
		of(officer, "notifyHolder", o)
		must(m.do(from+"#1", "objection.contest", rights.Contest{ObjectionID: o, StatementHash: hash("statement")}))
		must(m.registrar("objection.conclude", rights.Conclude{ObjectionID: o, Outcome: outcome, ConclusionHash: hash("c")}))
		return o
	}
	o = contested("Dismissed")
	of(to+"#1", "acceptConclusion", o)
	of(from+"#1", "acceptConclusion", o)
	o = contested("Dismissed")
	m.now = m.objection(o).SuitDueAt
	of(to+"#1", "lapseNoSuit", o)
	o = contested("Dismissed")
	must(m.do(to+"#1", "objection.goToCourt", rights.GoToCourt{ObjectionID: o, ForumRef: "（2026）苏09民初1号"}))
	must(m.registrar("objection.enterJudgment", rights.EnterJudgment{ObjectionID: o, Outcome: "Dismissed", JudgmentHash: hash("judgment")}))
	o = file()
	of(officer, "notifyHolder", o)
	must(m.do(from+"#1", "objection.concede", rights.Concede{ObjectionID: o, Outcome: "Cancel"}))
	id = apply(officer, rights.Submit{RegType: "RegCancel", RegistrarID: registrarID, TargetRightIDs: m.objection(o).RightIDs, CancelReason: "ObjectionOutcome", ExecutionOf: o, Papers: aside(rights.DocOther)})
	must(m.done(id, ""))
}

func (m *market) objection(id string) *rights.Objection {
	return read[rights.Objection](m, rights.KindObjection, id)
}

// joined lets somebody in under a code of its own, made valid.
func (m *market) joined(code, name string) string {
	m.t.Helper()
	check, _ := rights.USCCCheck(code[:17])
	id := code[:17] + string(check)
	if m.keys[id+"#1"].IsZero() {
		m.join(id, name)
	}
	return id
}

// licence is what an operation right lets its holder give on.
func licence(m *market, object string, exclusive bool) *rights.LicenceTerms {
	all := []string{"*"}
	to := m.now + 300*86400
	return &rights.LicenceTerms{ValidFrom: m.now, ValidTo: to, Exclusive: exclusive, Scope: rights.Scope{ObjectIDs: []string{object}, Purposes: all, Regions: []string{"3209"}, Industries: all,
		Actions: []rights.Action{rights.ActHold, rights.ActQuery, rights.ActProcess}, MaxGrade: 3, Envs: []rights.Env{"*"}, From: m.now, To: to}}
}

func publicApplication(object, regType string) rights.Submit {
	return rights.Submit{RegType: regType, Profile: "PUBLIC", RegistrarID: registrarID, ObjectID: object,
		Papers: aside(rights.DocForm, rights.DocIdentity, rights.DocSource, rights.DocDescription, rights.DocCommitment, rights.DocGrading, rights.DocChange)}
}

// checkAfter holds the ledger to the area's invariants.
func checkAfter(w *world, fault func(string, ...any)) {
	restraints := decodeAll[rights.Restraints](w.raw[rights.KindRestraints])
	lies := func(right, ref string) bool {
		r := restraints[right]
		return r != nil && slices.ContainsFunc(r.Encumbrances, func(e rights.Encumbrance) bool { return e.RefID == ref })
	}
	for id, o := range w.objections {
		if o.Stage != rights.PostRegistration {
			continue
		}
		over := ended("objection", o.State)
		if over != (o.DecidedAt > 0) || (o.ObjectorID == "") == (o.OutsiderHash == "") || o.ObjectorID == o.HolderID || len(o.RightIDs) == 0 {
			fault("objection %s is %s, decided at %d, by %q", id, o.State, o.DecidedAt, o.ObjectorID)
		}
		for _, r := range o.RightIDs { // it lies on the rights from the notice to the holder to its end
			if want := o.NotifiedAt > 0 && !over; lies(r, id) != want {
				fault("2.11: objection %s is %s and on right %s: %t", id, o.State, r, !want)
			}
		}
		if (o.ExecutionCaseID != "") != (o.State == rights.StateObjExecuted && o.Outcome != rights.OutcomeDismissed) {
			fault("objection %s is %s with outcome %s, carried out by %q", id, o.State, o.Outcome, o.ExecutionCaseID)
		}
	}
	for id, r := range w.rights {
		next := w.rights[r.NextRightID]
		if (r.State == rights.StateTransferred) != (next != nil) || next != nil && (next.PrevRightID != id || next.Kind != r.Kind || next.ObjectID != r.ObjectID || next.ValidFrom < r.ValidFrom) {
			fault("right %s is %s and leads on to %q", id, r.State, r.NextRightID)
		}
		if r.PrevRightID != "" && (w.rights[r.PrevRightID] == nil || w.rights[r.PrevRightID].NextRightID != id) {
			fault("right %s does not follow %s", id, r.PrevRightID)
		}
		if (r.State == rights.StateCancelled) != (r.CancelReason != "") {
			fault("right %s is %s for the reason %q", id, r.State, r.CancelReason)
		}
		if r.Scope != nil && (r.Scope.From < r.ValidFrom || r.Scope.To > r.ValidTo) {
			fault("G-4: right %s has a scope beyond its term", id)
		}
		for _, e := range r.Encumbrances {
			if e.Type != rights.EncExclusive {
				continue
			}
			if under := w.rights[e.RefID]; under == nil || under.HolderID != e.ByID || under.Basis[0].RefID != id && r.State != rights.StateTransferred {
				fault("right %s: exclusive licence %s", id, e.RefID)
			}
		}
	}
	// A case that both sides must sign has both words before the registrar has it.
	for id, c := range w.cases {
		bilateral := c.RegType == rights.RegTransfer || c.RegType == rights.RegLicence
		signed := c.Countersigned != nil && c.Countersigned.PartyID == c.CounterpartyID && c.Countersigned.TermsHash == c.TermsHash
		if bilateral && !signed && c.State != rights.StateDraft && c.State != rights.StateWithdrawn || !bilateral && (c.State == rights.StateDraft || c.CounterpartyID != "") {
			fault("G-5: case %s of %s is %s, signed by the other side: %t", id, c.RegType, c.State, signed)
		}
	}
	// Whoever has rights in being is known to.
	known := map[string]bool{}
	for shard, h := range decodeAll[struct {
		CertNos []string `json:"certNos"`
	}](w.raw[rights.PointerHoldings]) {
		for _, no := range h.CertNos {
			known[no] = w.certificates[no] != nil && strings.HasPrefix(shard, w.certificates[no].HolderID+"/")
		}
	}
	for no, c := range w.certificates {
		if over := ended("certificate", c.State); over == known[no] {
			fault("certificate %s is %s, among its holder's: %t", no, c.State, known[no])
		}
	}
}

// anyAfter draws a command of the area that makes some sense; no name when
// there is nothing to do.
func anyAfter(r *rapid.T, m *market, w *world) (kid, name string, body any) {
	newest := func(id string) string {
		if p := w.participants[id]; p != nil && p.MSPID == "" {
			return rights.KeyID(id, len(p.Keys))
		}
		return id + "#1"
	}
	open := slices.DeleteFunc(ids(w.objections), func(id string) bool {
		return w.objections[id].Stage != rights.PostRegistration || ended("objection", w.objections[id].State)
	})
	if len(open) > 0 && rapid.Bool().Draw(r, "an objection") {
		o := w.objections[pick(r, "objection", open...)]
		holder, objector := newest(o.HolderID), newest(o.ObjectorID)
		of := rights.OfObjection{ObjectionID: o.ID}
		outcome := pick(r, "outcome", "Change", "Cancel", "Dismissed")
		switch pick(r, "event", "notifyHolder", "notifyHolder", "returnIncomplete", "resubmit", "lapse", "concede", "contest", "conclude", "accept", "accept", "court", "judgment", "noSuit", "withdraw") {
		case "notifyHolder":
			return officer, "objection.notifyHolder", of
		case "returnIncomplete":
			return officer, "objection.returnIncomplete", rights.ReturnIncomplete{ObjectionID: o.ID, Missing: []string{"x"}}
		case "resubmit":
			return objector, "objection.resubmit", rights.MoreMaterial{ObjectionID: o.ID, MaterialHashes: []string{hash("more")}}
		case "lapse":
			return objector, "objection.lapse", of
		case "concede":
			return holder, "objection.concede", rights.Concede{ObjectionID: o.ID, Outcome: outcome}
		case "contest":
			return holder, "objection.contest", rights.Contest{ObjectionID: o.ID, StatementHash: hash("s")}
		case "conclude":
			return officer, "objection.conclude", rights.Conclude{ObjectionID: o.ID, Outcome: outcome, ConclusionHash: hash("c")}
		case "accept":
			return pick(r, "side", holder, objector), "objection.acceptConclusion", of
		case "court":
			return pick(r, "side", holder, objector), "objection.goToCourt", rights.GoToCourt{ObjectionID: o.ID, ForumRef: "x"}
		case "judgment":
			return officer, "objection.enterJudgment", rights.EnterJudgment{ObjectionID: o.ID, Outcome: outcome, JudgmentHash: hash("j")}
		case "noSuit":
			return objector, "objection.lapseNoSuit", of
		}
		return objector, "objection.withdraw", of
	}
	drafts := slices.DeleteFunc(ids(w.cases), func(id string) bool { return w.cases[id].State != rights.StateDraft })
	if len(drafts) > 0 && rapid.IntRange(0, 2).Draw(r, "sign") > 0 {
		c := w.cases[pick(r, "draft", drafts...)]
		return newest(c.CounterpartyID), "registration.countersign", rights.Countersign{CaseID: c.ID, TermsHash: c.TermsHash}
	}
	if len(w.certificates) == 0 {
		return "", "", nil
	}
	cert := w.certificates[pick(r, "certificate", slices.Sorted(maps.Keys(w.certificates))...)]
	other := pick(r, "other", energyID, weatherID, buyerID)
	if rapid.IntRange(0, 3).Draw(r, "object") == 0 {
		return newest(other), "objection.file", registeredObjection(cert.CertNo)
	}
	some := cert.Rights[rapid.IntRange(0, len(cert.Rights)-1).Draw(r, "from"):]
	s := rights.Submit{RegistrarID: registrarID, Papers: aside(rights.DocForm, rights.DocIdentity, rights.DocAgreement, rights.DocCommitment, rights.DocChange, rights.DocOther)}
	for _, x := range some {
		s.TargetRightIDs = append(s.TargetRightIDs, x.RightID)
	}
	kid = newest(cert.HolderID)
	switch s.RegType = pick(r, "type", "RegTransfer", "RegTransfer", "RegChange", "RegCorrection", "RegRenewal", "RegCancel", "RegLicence"); s.RegType {
	case "RegTransfer":
		s.CounterpartyID, s.TermsHash = other, hash(terms)
	case "RegChange", "RegCorrection":
		s.Changes = &rights.Changes{Overview: "新的概述", Note: "x", Substantial: rapid.Bool().Draw(r, "in substance")}
	case "RegCancel":
		if s.CancelReason = "Voluntary"; len(open) > 0 && rapid.Bool().Draw(r, "carries out") {
			kid, s.CancelReason, s.ExecutionOf = officer, "ObjectionOutcome", pick(r, "objection", open...)
		}
	case "RegLicence":
		s.Profile, s.CounterpartyID, s.TermsHash, s.Licence = "LOCAL", other, hash(terms), licence(m, cert.ObjectID, rapid.Bool().Draw(r, "exclusive"))
		s.TargetRightIDs = s.TargetRightIDs[len(s.TargetRightIDs)-1:]
	}
	return kid, "registration.submit", s
}

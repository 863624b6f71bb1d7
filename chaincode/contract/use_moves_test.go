package contract_test

import (
	"slices"

	"github.com/datarights/datarights/chaincode/rights"
	"github.com/datarights/datarights/chaincode/state/statetest"
)

// useMoves are the area's commands in the exhaustive test, on an operation whose
// participants are of its cast.
func useMoves() []move {
	var (
		o                                                operation
		base                                             *statetest.Ledger
		grant, meter, lineage, custody, entry, admission string
	)
	series := "91320902MA0B" // the cast's
	o.auditor, o.unit, o.implementing, o.operating, o.developer = synthetic(series, 2), synthetic(series, 4), synthetic(series, 5), synthetic(series, 6), synthetic(series, 7)
	o.platform = registrarID + "#2"
	build := func(s *stage) { // once; every scene is a clone of it
		m := *s.market
		m.ledger, m.quiet = s.ledger.Clone(), true
		o.market = &m
		o.data = o.public("stage")
		o.run()
		grant = o.granted(o.implementing, o.first())
		meter = m.must(o.meter(o.period(10))).id(rights.KindMeter)
		job := o.fusion("staged")
		job.AuditorID = o.auditor
		lineage = m.must(o.lineage(job)).id(rights.KindLineage)
		custody = m.must(m.do(o.unit+"#1", "custody.propose", o.hosting())).id(rights.KindCustody)
		entry = m.must(m.do(o.unit+"#1", "catalogue.publish", rights.PublishEntry{Kind: "Data", ObjectID: o.data, Ver: 1})).id(rights.KindCatalogue)
		m.must(m.do(o.unit+"#1", "catalogue.withdraw", rights.WithdrawEntry{EntryID: entry, Reason: "x"}))
		entry = m.must(m.do(o.unit+"#1", "catalogue.publish", rights.PublishEntry{Kind: "Data", ObjectID: o.data, Ver: 2})).id(rights.KindCatalogue)
		admission = read[rights.Grant](&m, rights.KindGrant, o.l2).AdmissionID
		m.now += 7200
		base = m.ledger
	}
	on := func(changes ...func(s *stage, state rights.State)) func(*stage, rights.State) {
		return func(s *stage, state rights.State) {
			if base == nil {
				build(s)
			}
			s.ledger, s.now = base.Clone(), o.now
			for _, c := range changes {
				c(s, state)
			}
		}
	}
	var list []move
	add := func(command string, m move) {
		m.command = command
		list = append(list, entityMove(m))
	}
	fixed := func(body func() any) func(*stage, *somebody, rights.State) any {
		return func(*stage, *somebody, rights.State) any { return body() }
	}
	except := func(code rights.Code, whom ...string) func(*somebody, rights.State) rights.Code {
		return func(w *somebody, _ rights.State) rights.Code {
			if slices.Contains(whom, w.id()) {
				return code
			}
			return ""
		}
	}
	desk := func(w *somebody, _ rights.State) rights.Code { // the registrar's officer is not its platform
		if w.kid == officer {
			return rights.CodeRole
		}
		return ""
	}
	suspended := func(s *rights.Suspension, state rights.State, from rights.State, by ...string) {
		*s = rights.Suspension{}
		for i, id := range by {
			s.SuspendedBy = append(s.SuspendedBy, rights.SuspendedBy{RefID: string(rune('a' + i)), ByID: id})
		}
		if len(by) > 0 {
			s.SuspendedFrom = from
		}
	}

	// Permits and meters.
	parties := map[rights.Capacity]string{rights.ByGrantor: o.developer, rights.ByPlatform: registrarID}
	permit := func(change func(u *rights.Permit, s *stage)) func(*stage, rights.State) {
		return on(func(s *stage, state rights.State) {
			edit(rights.KindPermit, o.permit, func(u *rights.Permit) {
				u.State = state
				if change != nil {
					change(u, s)
				}
			})(s.market)
		})
	}
	reason := fixed(func() any { return rights.PermitWithReason{PermitID: o.permit, Reason: "x"} })
	add("permit.request", move{states: fresh, set: on(), body: fixed(func() any { return o.request() })})
	add("permit.clear", move{set: permit(func(u *rights.Permit, _ *stage) { u.Important = true }), body: reason})
	add("permit.approve", move{set: permit(nil), party: parties, body: reason})
	add("permit.deny", move{set: permit(nil), party: parties, body: reason})
	add("permit.topUp", move{set: permit(func(u *rights.Permit, _ *stage) { u.Used[0].Qty = u.Units[0].Qty }), party: parties,
		body: fixed(func() any {
			return rights.TopUp{PermitID: o.permit, Units: []rights.Amount{{Unit: "Calls", Qty: 5}}}
		})})
	interrupted := fixed(func() any { return rights.Interruption{PermitID: o.permit, Ref: "a", Reason: "x"} })
	add("permit.suspend", move{set: permit(func(u *rights.Permit, _ *stage) { u.Suspension = rights.Suspension{} }), party: parties, body: interrupted})
	byGrantor := func(w *somebody, _ rights.State) rights.Code { // SM-3
		if w.id() != o.developer {
			return rights.CodeRole
		}
		return ""
	}
	add("permit.resume", move{party: parties, body: interrupted, guard: byGrantor,
		set: permit(func(u *rights.Permit, _ *stage) {
			suspended(&u.Suspension, u.State, rights.StateActive, o.developer)
		})})
	add("permit.resume", move{party: parties, outcome: "othersRemain", body: interrupted, guard: byGrantor,
		set: permit(func(u *rights.Permit, _ *stage) {
			suspended(&u.Suspension, u.State, rights.StateActive, o.developer, regulatorID)
		})})
	add("permit.revoke", move{set: permit(nil), party: parties, body: reason})
	add("permit.expire", move{set: permit(func(u *rights.Permit, s *stage) { u.ValidTo = s.now }), body: reason})
	add("permit.closeOut", move{set: permit(nil), party: parties, guard: desk, body: fixed(func() any {
		return rights.CloseOut{PermitID: o.permit, WipeEvidence: o.paper("wiped")}
	})})
	metered := func(qty int64) func(*stage, *somebody, rights.State) any {
		return fixed(func() any { return o.period(qty) })
	}
	add("meter.record", move{states: fresh, set: on(), party: parties, guard: desk, body: metered(1)})
	add("meter.record", move{machine: machine("permit"), event: "meter", set: permit(nil), party: parties, guard: desk, body: metered(1)})
	add("meter.record", move{machine: machine("permit"), event: "meter", outcome: "exhausted", set: permit(nil), party: parties, guard: desk, body: metered(90)})
	adjusted := func(qty int64) func(*stage, *somebody, rights.State) any {
		return fixed(func() any {
			return rights.AdjustMeter{MeterID: meter, Items: []rights.Amount{{Unit: "Calls", Qty: qty}}, JobRoot: hash("x"), Reason: "x"}
		})
	}
	running := slices.DeleteFunc(statesOf(machine("permit")), func(s rights.State) bool { return s == rights.StateExpired })
	add("meter.adjust", move{states: fresh, set: on(), party: parties, guard: desk, body: adjusted(1)})
	add("meter.adjust", move{machine: machine("permit"), states: running, set: permit(nil), party: parties, guard: desk, body: adjusted(1)})
	add("meter.adjust", move{machine: machine("permit"), states: running, outcome: "exhausted", set: permit(nil), party: parties, guard: desk, body: adjusted(100)})
	add("meter.adjust", move{machine: machine("permit"), states: []rights.State{rights.StateExpired}, outcome: "ended", set: permit(nil), party: parties, guard: desk, body: adjusted(1)})

	// Grants.
	parties = map[rights.Capacity]string{rights.ByAuthoriser: o.implementing, rights.ByGrantee: o.operating}
	granted := func(change func(g *rights.Grant, s *stage)) func(*stage, rights.State) {
		return on(func(s *stage, state rights.State) {
			edit(rights.KindGrant, grant, func(g *rights.Grant) {
				g.State, g.Signatures = state, nil
				if change != nil {
					change(g, s)
				}
			})(s.market)
		})
	}
	ends := fixed(func() any { return rights.EndGrant{GrantID: grant, Reason: "x", Evidence: o.paper("x")} })
	signs := fixed(func() any { return rights.SignGrant{GrantID: grant, AgreementHash: hash("agreement")} })
	objected := func(g *rights.Grant, s *stage) {
		g.NoticeEndsAt, g.Objections = s.now+86400, []rights.GrantObjection{{No: 1, ByID: "x"}}
	}
	add("grant.propose", move{states: fresh, set: on(), body: fixed(func() any { return o.first() }), guard: func(w *somebody, _ rights.State) rights.Code {
		if w.id() != o.implementing {
			return rights.CodeRole
		}
		return ""
	}})
	add("grant.publish", move{set: granted(nil), party: parties, body: fixed(func() any { return rights.PublishGrant{GrantID: grant, NoticeText: "x"} })})
	add("grant.object", move{set: granted(objected), guard: except(rights.CodeSelf, o.implementing, o.operating),
		body: fixed(func() any { return rights.ObjectToGrant{GrantID: grant, ReasonHash: hash("x")} })})
	for _, outcome := range []string{"Upheld", "Dismissed"} {
		add("grant.decideObjection", move{set: granted(objected), outcome: outcome, body: fixed(func() any {
			return rights.DecideGrantObjection{GrantID: grant, No: 1, Outcome: outcome, DecisionHash: hash("x")}
		})})
	}
	add("grant.withdraw", move{set: granted(nil), party: parties, body: ends})
	add("grant.sign", move{set: granted(nil), outcome: "first", party: parties, body: signs})
	add("grant.sign", move{set: granted(func(g *rights.Grant, _ *stage) { g.Signatures = []rights.Signature{{PartyID: "x"}} }), outcome: "last", party: parties, body: signs})
	fee := rights.FeeRule{UseClass: "PublicBenefit"}
	add("grant.proposeAmendment", move{set: granted(nil), party: parties, body: fixed(func() any {
		return rights.ProposeAmendment{GrantID: grant, TermsHash: hash("x"), FeeRule: &fee}
	})})
	add("grant.amend", move{party: parties, body: fixed(func() any { return rights.AmendGrant{GrantID: grant, TermsHash: hash("x")} }),
		set: granted(func(g *rights.Grant, _ *stage) {
			g.Amendment = &rights.GrantAmendment{TermsHash: hash("x"), FeeRule: &fee, Signature: rights.Signature{PartyID: "x"}}
		})})
	interruptedGrant := fixed(func() any { return rights.Interruption{GrantID: grant, Ref: "a", Reason: "x"} })
	byAuthoriser := func(w *somebody, _ rights.State) rights.Code {
		if w.id() != o.implementing {
			return rights.CodeRole
		}
		return ""
	}
	add("grant.suspend", move{set: granted(func(g *rights.Grant, s *stage) { g.Suspension = rights.Suspension{} }), party: parties, body: interruptedGrant})
	add("grant.resume", move{party: parties, body: interruptedGrant, guard: byAuthoriser, set: granted(func(g *rights.Grant, _ *stage) {
		suspended(&g.Suspension, g.State, rights.StateEffective, o.implementing)
	})})
	add("grant.resume", move{party: parties, outcome: "othersRemain", body: interruptedGrant, guard: byAuthoriser, set: granted(func(g *rights.Grant, _ *stage) {
		suspended(&g.Suspension, g.State, rights.StateEffective, o.implementing, regulatorID)
	})})
	add("grant.revoke", move{set: granted(nil), party: parties, body: ends})
	add("grant.exit", move{set: granted(nil), party: parties, body: ends})
	add("grant.expire", move{set: granted(func(g *rights.Grant, s *stage) { g.ValidTo = s.now }), body: ends})

	// Admissions, disclosure, custody, catalogues.
	parties = map[rights.Capacity]string{rights.ByAuthoriser: o.operating, rights.ByGrantee: o.developer}
	add("admission.admit", move{states: fresh, set: on(), body: fixed(func() any {
		return rights.Admit{DeveloperID: o.developer, Rule: "x", Evidence: o.paper("x"), ValidFrom: o.now, ValidTo: o.now + 86400}
	}), guard: func(w *somebody, _ rights.State) rights.Code {
		switch w.id() {
		case o.implementing:
			return ""
		case o.operating: // admitted it already
			return rights.CodeExists
		}
		return rights.CodeRole
	}})
	for _, event := range []string{"exit", "bar"} {
		add("admission."+event, move{party: parties, body: fixed(func() any { return rights.EndAdmission{AdmissionID: admission, Reason: "x"} }),
			set: on(func(s *stage, state rights.State) {
				edit(rights.KindAdmission, admission, func(a *rights.Admission) { a.State = state })(s.market)
			})})
	}
	add("disclosure.file", move{states: fresh, party: parties, set: on(func(s *stage, _ rights.State) {
		edit(rights.KindGrant, o.l2, func(g *rights.Grant) { g.EndedAt = s.now })(s.market)
	}), body: fixed(func() any {
		return rights.FileDisclosure{GrantID: o.l2, Year: 2026, Items: []rights.DisclosureItem{{Name: "x", Value: "x"}}, DocHash: hash("x")}
	})})
	parties = map[rights.Capacity]string{rights.ByOwner: o.unit, rights.ByCustodian: registrarID, rights.BySubmitter: o.unit}
	hosted := on(func(s *stage, state rights.State) {
		edit(rights.KindCustody, custody, func(c *rights.Custody) { c.State = state })(s.market)
	})
	add("custody.propose", move{states: fresh, set: on(), party: parties, body: fixed(func() any { return o.hosting() })})
	add("custody.sign", move{set: hosted, party: parties, body: fixed(func() any { return rights.SignCustody{CustodyID: custody, AgreementHash: hash("hosting")} })})
	add("custody.end", move{set: hosted, party: parties, body: fixed(func() any { return rights.EndCustody{CustodyID: custody, Reason: "x"} })})
	add("custody.certifyDestroyed", move{set: hosted, party: parties, body: fixed(func() any {
		return rights.CustodyDestroyed{CustodyID: custody, Destruction: o.paper("x")}
	})})
	published := func(state rights.State) func(*stage, rights.State) {
		return on(func(s *stage, to rights.State) {
			if state != "" {
				to = state
			}
			edit(rights.KindCatalogue, entry, func(e *rights.CatalogueEntry) { e.State = to })(s.market)
		})
	}
	add("catalogue.publish", move{states: fresh, set: published(rights.StateWithdrawn), party: parties,
		body: fixed(func() any { return rights.PublishEntry{Kind: "Data", ObjectID: o.data, Ver: 3} })})
	add("catalogue.withdraw", move{set: published(""), party: parties, body: fixed(func() any { return rights.WithdrawEntry{EntryID: entry, Reason: "x"} })})

	// Lineage.
	parties = map[rights.Capacity]string{rights.ByPlatform: registrarID, rights.ByEvaluator: o.auditor}
	add("lineage.record", move{states: fresh, set: on(), body: fixed(func() any {
		return rights.RecordLineage{Op: "OpCollect", Env: rights.EnvOpen, Outputs: []rights.LineageOutput{{Type: "Resource", ContentRoot: hash("x"), Grade: 1}}, StartedAt: o.now, FinishedAt: o.now}
	})})
	traced := on(func(s *stage, state rights.State) {
		edit(rights.KindLineage, lineage, func(l *rights.Lineage) { l.State = state })(s.market)
	})
	verdict := fixed(func() any { return rights.LineageVerdict{LineageID: lineage, Hash: hash("x"), Reason: "x"} })
	add("lineage.attest", move{set: traced, party: parties, body: verdict})
	add("lineage.dispute", move{set: traced, guard: except(rights.CodeSelf, o.developer), body: verdict})
	add("lineage.uphold", move{set: traced, body: verdict})
	add("lineage.refute", move{set: traced, body: verdict})
	return list
}

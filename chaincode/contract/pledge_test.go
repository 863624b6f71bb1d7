package contract_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/datarights/datarights/chaincode/rights"
	"github.com/datarights/datarights/chaincode/state"
	"github.com/datarights/datarights/chaincode/state/statetest"
)

func key(kind rights.Kind, id string) string {
	k, err := state.Key(kind, id)
	if err != nil {
		panic(err)
	}
	return k
}

func contains(s, part string) bool { return strings.Contains(s, part) }

func (m *market) ask(function string, args ...string) answer {
	raw := [][]byte{[]byte(function)}
	for _, x := range args {
		raw = append(raw, []byte(x))
	}
	return m.try(statetest.Creator(bankMSP, "client"), raw...)
}

// The whole way: value, application, confirmation, registration, consent, release.
func TestPledge(t *testing.T) {
	m := newMarket(t)
	m.lend()
	x := m.asset("turbines", "SJ3212026070901")
	if ev := read[rights.Evaluation](m, rights.KindEvaluation, x.evaluation); ev.State != rights.StateIssued || ev.ValidTo != rights.AddMonths(day(ev.BaseDate), 12) ||
		string(m.ledger.Secret("tradeTerms", key(rights.KindEvaluation, x.evaluation))) != string(x.valuation) {
		t.Errorf("%+v", ev)
	}

	body, secret := m.pledgeOf(x)
	id := m.must(m.doSecretly(borrowerID+"#1", "pledge.apply", body, secret)).id(rights.KindPledge)
	if string(m.ledger.Secret("pledgeTerms_"+bankMSP, key(rights.KindPledge, id))) != string(secret) {
		t.Error("the amounts are not with the bank")
	}
	if pl := m.pledge(id); pl.State != rights.StateApplied || pl.PledgeeMSP != bankMSP || !slices.Equal(pl.CertNos, []string{x.certNo}) || pl.DebtorID != borrowerID || pl.RegistrarID != registrarID {
		t.Errorf("%+v", pl)
	}
	m.must(m.do(borrowerID+"#1", "pledge.consentToVerify", rights.ConsentToVerify{PledgeID: id, VerifyToken: hash("token")}))
	m.confirmed(id)
	if len(m.right(x.rights[0]).Encumbrances) > 0 || !m.guardedBy(x.rights[0]) {
		t.Error("a pledge not registered lies on the right")
	}
	m.must(m.do(exchangeID+"#1", "pledge.register", m.registration(id, "ZDW-1")))
	for _, r := range x.rights {
		if m.rank(r, id) != 1 || !m.guardedBy(r, bankMSP) {
			t.Errorf("%+v", m.right(r).Encumbrances)
		}
	}
	if pl := m.pledge(id); pl.State != rights.StateRegistered || pl.Rank != 1 || pl.ZdwRegNo != "ZDW-1" {
		t.Errorf("%+v", pl)
	}

	m.must(m.do(bankID+"#1", "pledge.giveConsent", rights.GivePledgeConsent{PledgeID: id, Action: rights.UseTransfer, TargetID: x.rights[2], TermsHash: hash("sale"), ExpiresAt: m.now + 86400}))
	if c := m.pledge(id).Consents; len(c) != 1 || c[0].UsedAt != 0 || c[0].TermsHash != hash("sale") {
		t.Errorf("%+v", c)
	}

	rep := m.reported(x.certNo)
	if !rep.Effective || !rep.LineageHealthy || len(rep.Rights) != 3 || len(rep.Pledges) != 1 || rep.Pledges[0].Rank != 1 || !rep.Pledges[0].EvaluationUsable || rep.Pledges[0].EvaluationState != rights.StateIssued {
		t.Errorf("%+v", rep)
	}

	m.must(m.do(bankID+"#1", "pledge.partRelease", rights.PartReleasePledge{PledgeID: id, RightIDs: x.rights[:1]}))
	if m.rank(x.rights[0], id) != 0 || !m.guardedBy(x.rights[0]) || !m.guardedBy(x.rights[1], bankMSP) {
		t.Error("part release")
	}
	m.must(m.do(bankID+"#1", "pledge.release", rights.ReleasePledge{PledgeID: id, Reason: "已清偿"}))
	for _, r := range x.rights {
		if len(m.right(r).Encumbrances) != 0 || !m.guardedBy(r) {
			t.Errorf("after release: %+v", m.right(r).Encumbrances)
		}
	}
	if pl := m.pledge(id); pl.State != rights.StateReleased || pl.EndedAt != m.now || pl.Rank != 0 {
		t.Errorf("%+v", pl)
	}
}

// freeze lays something on a right past every rule.
func (m *market) lay(right string, e rights.Encumbrance) {
	m.put(rights.KindRestraints, right, &rights.Restraints{Head: headOf(rights.KindRestraints, right, rights.StateInForce), RightID: right, Encumbrances: []rights.Encumbrance{e}})
}

// Every rule at the application: refused with its code, accepted without the harm.
func TestPledgeApplyRefuses(t *testing.T) {
	m := secondBank(t)
	x := m.asset("turbines", "SJ3212026070901")
	y := m.asset("blades", "SJ3212026070902")
	m.quiet = true
	// Of the borrower's and of an operating body's, beside what the scene has.
	use := m.right(x.rights[1])
	for _, c := range []struct {
		name   string
		harm   func(m *market, b *rights.ApplyPledge, a *rights.PledgeAmounts)
		code   rights.Code
		rule   string
		accept bool
	}{
		{name: "as it is", harm: func(*market, *rights.ApplyPledge, *rights.PledgeAmounts) {}, accept: true},
		{name: "the operation right held, not pledged", harm: func(_ *market, b *rights.ApplyPledge, _ *rights.PledgeAmounts) { b.RightIDs = x.rights[:2] }, accept: true},
		{"to oneself", func(_ *market, b *rights.ApplyPledge, _ *rights.PledgeAmounts) { b.PledgeeID = borrowerID }, rights.CodeRole, "", false},
		{"to a bank without a node", func(m *market, b *rights.ApplyPledge, _ *rights.PledgeAmounts) {
			edit(rights.KindParticipant, suretyID, func(p *rights.Participant) { p.Roles = append(p.Roles, rights.RoleBank) })(m)
			b.PledgeeID = suretyID
		}, rights.CodeRole, "3.16", false},
		{"to a bank suspended", func(m *market, _ *rights.ApplyPledge, _ *rights.PledgeAmounts) {
			edit(rights.KindParticipant, bankID, func(p *rights.Participant) { p.State = rights.StateSuspended })(m)
		}, rights.CodeInactive, "G-2", false},
		{"a debtor not here", func(_ *market, b *rights.ApplyPledge, _ *rights.PledgeAmounts) { b.DebtorID = appraiserID }, rights.CodeNotFound, "", false},
		{"no right", func(_ *market, b *rights.ApplyPledge, _ *rights.PledgeAmounts) { b.RightIDs = nil }, rights.CodeFormat, "", false},
		{"too many rights", func(_ *market, b *rights.ApplyPledge, _ *rights.PledgeAmounts) { b.RightIDs = make([]string, 21) }, rights.CodeFormat, "", false},
		{"a right twice", func(_ *market, b *rights.ApplyPledge, _ *rights.PledgeAmounts) {
			b.RightIDs = []string{x.rights[0], x.rights[0]}
		}, rights.CodeFormat, "", false},
		{"rights over two objects", func(_ *market, b *rights.ApplyPledge, _ *rights.PledgeAmounts) {
			b.RightIDs = []string{x.rights[0], y.rights[0]}
		}, rights.CodeBasis, "", false},
		{"rights of two registrars", func(m *market, _ *rights.ApplyPledge, _ *rights.PledgeAmounts) {
			edit(rights.KindRight, x.rights[1], func(r *rights.Right) { r.RegistrarID = exchangeID })(m)
		}, rights.CodeFormat, "", false},
		{"another's right", func(m *market, _ *rights.ApplyPledge, _ *rights.PledgeAmounts) {
			edit(rights.KindRight, x.rights[1], func(r *rights.Right) { r.HolderID = energyID })(m)
		}, rights.CodeBasis, "3.16", false},
		{"no operation right", func(m *market, b *rights.ApplyPledge, _ *rights.PledgeAmounts) {
			b.RightIDs = x.rights[:2]
			m.put(rights.PointerHeld, x.object+"/"+borrowerID, map[string]any{"rights": []any{}})
		}, rights.CodeBasis, "3.16", false},
		{"an operation right that ended", func(m *market, b *rights.ApplyPledge, _ *rights.PledgeAmounts) {
			b.RightIDs = x.rights[:2]
			edit(rights.KindRight, x.rights[2], func(r *rights.Right) { r.ValidTo = m.now })(m)
		}, rights.CodeBasis, "3.16", false},
		{"an operation right without ActPledge", func(m *market, b *rights.ApplyPledge, _ *rights.PledgeAmounts) {
			edit(rights.KindRight, x.rights[2], func(r *rights.Right) {
				r.Scope = &rights.Scope{ObjectIDs: []string{"*"}, Purposes: []string{"*"}, Regions: []string{"*"}, Industries: []string{"*"}, Actions: []rights.Action{rights.ActProvide}, Envs: []rights.Env{"*"}, MaxGrade: 5, From: 1, To: far}
			})(m)
		}, rights.CodeBasis, "3.16", false},
		{"a right past its term", func(m *market, _ *rights.ApplyPledge, _ *rights.PledgeAmounts) {
			edit(rights.KindRight, x.rights[1], func(r *rights.Right) { r.ValidTo = m.now })(m)
		}, rights.CodeTerm, "", false},
		{"a frozen right (A-24)", func(m *market, _ *rights.ApplyPledge, _ *rights.PledgeAmounts) {
			m.lay(x.rights[1], rights.Encumbrance{Type: rights.EncFreeze, RefID: "SM-1", From: 1})
		}, rights.CodeEnc, "3.0.6", false},
		{"a right objected to", func(m *market, _ *rights.ApplyPledge, _ *rights.PledgeAmounts) {
			m.lay(x.rights[1], rights.Encumbrance{Type: rights.EncObjection, RefID: "OB-1", From: 1})
		}, rights.CodeEnc, "3.0.6", false},
		{"an exclusive licence, not disclosed", func(m *market, _ *rights.ApplyPledge, _ *rights.PledgeAmounts) {
			edit(rights.KindRight, x.rights[1], func(r *rights.Right) {
				r.Encumbrances = []rights.Encumbrance{{Type: rights.EncExclusive, RefID: "RT-1", From: 1}}
			})(m)
		}, rights.CodeEnc, "3.0.6", false},
		{name: "an exclusive licence, disclosed", harm: func(m *market, b *rights.ApplyPledge, _ *rights.PledgeAmounts) {
			edit(rights.KindRight, x.rights[1], func(r *rights.Right) {
				r.Encumbrances = []rights.Encumbrance{{Type: rights.EncExclusive, RefID: "RT-1", From: 1}}
			})(m)
			b.Disclosures = []string{"EncExclusive"}
		}, accept: true},
		{"raw public data (PL-4)", func(m *market, _ *rights.ApplyPledge, _ *rights.PledgeAmounts) {
			edit(rights.KindResource, x.object, func(r *rights.Resource) { r.SubjectClass = "SubjectPublic" })(m)
		}, rights.CodeBasis, "PL-4", false},
		{"resting on a grant without ActPledge (PL-4)", func(m *market, _ *rights.ApplyPledge, _ *rights.PledgeAmounts) {
			m.underGrant(x.rights[1])
		}, rights.CodeBasis, "PL-4", false},
		{name: "resting on a grant with ActPledge", harm: func(m *market, _ *rights.ApplyPledge, _ *rights.PledgeAmounts) {
			m.underGrant(x.rights[1], rights.ActPledge)
		}, accept: true},
		{"a product under a grant without ActPledge (PL-4)", func(m *market, _ *rights.ApplyPledge, _ *rights.PledgeAmounts) {
			m.underGrant("")
			m.asProduct(x, "GR-320900-20260715-0f0f0f0f0f0f-00")
		}, rights.CodeBasis, "PL-4", false},
		{name: "a product under a grant with ActPledge", harm: func(m *market, _ *rights.ApplyPledge, _ *rights.PledgeAmounts) {
			m.underGrant("", rights.ActPledge)
			m.asProduct(x, "GR-320900-20260715-0f0f0f0f0f0f-00")
		}, accept: true},
		{"a quality evaluation", func(m *market, b *rights.ApplyPledge, _ *rights.PledgeAmounts) {
			edit(rights.KindEvaluation, b.EvaluationID, func(e *rights.Evaluation) { e.Kind = "Quality" })(m)
		}, rights.CodeBasis, "3.16", false},
		{"an evaluation of another object", func(_ *market, b *rights.ApplyPledge, _ *rights.PledgeAmounts) { b.EvaluationID = y.evaluation }, rights.CodeBasis, "3.16", false},
		{"an evaluation past its term (A-23)", func(m *market, b *rights.ApplyPledge, _ *rights.PledgeAmounts) {
			edit(rights.KindEvaluation, b.EvaluationID, func(e *rights.Evaluation) { e.ValidTo = m.now })(m)
		}, rights.CodeTerm, "EV-4", false},
		{"an evaluation challenged", func(m *market, b *rights.ApplyPledge, _ *rights.PledgeAmounts) {
			edit(rights.KindEvaluation, b.EvaluationID, func(e *rights.Evaluation) { e.State = rights.StateChallenged })(m)
		}, rights.CodeState, "EV-4", false},
		{"a right not valued", func(m *market, b *rights.ApplyPledge, _ *rights.PledgeAmounts) {
			edit(rights.KindEvaluation, b.EvaluationID, func(e *rights.Evaluation) { e.RightIDs = x.rights[:2] })(m)
		}, rights.CodeBasis, "EV-3", false},
		{"the evaluator of the bank's group (SD-3)", func(m *market, _ *rights.ApplyPledge, _ *rights.PledgeAmounts) {
			m.group(appraisalID, bankID)
		}, rights.CodeSelf, "EV-1", false},
		{"a claim that ended", func(m *market, b *rights.ApplyPledge, _ *rights.PledgeAmounts) { b.ClaimFrom, b.ClaimTo = 1, m.now }, rights.CodeTerm, "", false},
		{"an empty claim", func(m *market, b *rights.ApplyPledge, _ *rights.PledgeAmounts) { b.ClaimFrom = b.ClaimTo }, rights.CodeTerm, "", false},
		{"a claim that outlives a right (PL-3)", func(_ *market, b *rights.ApplyPledge, _ *rights.PledgeAmounts) { b.ClaimTo = use.ValidTo + 1 }, rights.CodeTerm, "PL-3", false},
		{name: "a claim to the right's last second", harm: func(_ *market, b *rights.ApplyPledge, _ *rights.PledgeAmounts) { b.ClaimTo = use.ValidTo }, accept: true},
		{name: "a claim that outlives a right, acknowledged", harm: func(_ *market, b *rights.ApplyPledge, _ *rights.PledgeAmounts) {
			b.ClaimTo, b.TermWarning = use.ValidTo+1, true
		}, accept: true},
		{"no contract", func(_ *market, b *rights.ApplyPledge, _ *rights.PledgeAmounts) { b.ContractHash = "" }, rights.CodeFormat, "", false},
		{"an unknown disclosure", func(_ *market, b *rights.ApplyPledge, _ *rights.PledgeAmounts) {
			b.Disclosures = []string{"EncFreeze"}
		}, rights.CodeFormat, "", false},
		{"a token that is no hash", func(_ *market, b *rights.ApplyPledge, _ *rights.PledgeAmounts) { b.VerifyToken = "x" }, rights.CodeFormat, "", false},
		{"no principal", func(_ *market, _ *rights.ApplyPledge, a *rights.PledgeAmounts) { a.PrincipalFen = 0 }, rights.CodeMoney, "", false},
		{"beyond counting", func(_ *market, _ *rights.ApplyPledge, a *rights.PledgeAmounts) { a.MaxSecuredFen = 1 << 62 }, rights.CodeMoney, "", false},
		{"less secured than lent", func(_ *market, _ *rights.ApplyPledge, a *rights.PledgeAmounts) { a.MaxSecuredFen = a.PrincipalFen - 1 }, rights.CodeMoney, "", false},
		{"more lent than it is worth", func(_ *market, _ *rights.ApplyPledge, a *rights.PledgeAmounts) {
			a.PrincipalFen, a.MaxSecuredFen = worth+1, worth+1
		}, rights.CodeMoney, "", false},
		{"a wrong loan to value", func(_ *market, _ *rights.ApplyPledge, a *rights.PledgeAmounts) { a.LTVBps = 4999 }, rights.CodeMoney, "", false},
		{name: "the highest loan to value", harm: func(_ *market, _ *rights.ApplyPledge, a *rights.PledgeAmounts) {
			a.PrincipalFen, a.MaxSecuredFen, a.LTVBps = worth*7/10, worth, 7000
		}, accept: true},
		{"a fen more", func(_ *market, _ *rights.ApplyPledge, a *rights.PledgeAmounts) {
			a.PrincipalFen, a.MaxSecuredFen, a.LTVBps = worth*7/10+1, worth, 7001
		}, rights.CodeMoney, rights.ParamLTVMaxBps, false},
		{"worth more than evaluated", func(_ *market, _ *rights.ApplyPledge, a *rights.PledgeAmounts) {
			a.ValueAtPledgeFen, a.LTVBps = worth*2, 2500
		}, rights.CodeMoney, "EV-4", false},
		{"another valuation", func(_ *market, _ *rights.ApplyPledge, a *rights.PledgeAmounts) { a.Valuation += " " }, rights.CodeBasis, "EV-4", false},
		{"no salt", func(_ *market, _ *rights.ApplyPledge, a *rights.PledgeAmounts) { a.Salt = "" }, rights.CodeFormat, "", false},
	} {
		harmed := *m
		harmed.ledger = m.ledger.Clone()
		harmed.t = t
		body, _ := harmed.pledgeOf(x)
		var harm func(*rights.PledgeAmounts)
		if c.harm != nil {
			harm = func(a *rights.PledgeAmounts) { c.harm(&harmed, &body, a) }
		}
		secret, commitment := amounts(x, harm)
		body.AmountsCommitment = commitment
		a := harmed.doSecretly(borrowerID+"#1", "pledge.apply", body, secret)
		if c.accept {
			if a.refusal != nil || a.failure != "" {
				t.Errorf("%s: %v %s", c.name, a.refusal, a.failure)
			}
			continue
		}
		if a.refusal == nil || a.refusal.Code != c.code || a.refusal.Rule != c.rule && c.rule != "" || contains(a.refusal.Detail+a.refusal.DetailZh, "%!") {
			t.Errorf("%s: %+v; want %s by %s %s", c.name, a.refusal, c.code, c.rule, a.failure)
		}
	}
	// What came beside the command must be what the command commits to.
	body, secret := m.pledgeOf(x)
	m.refuses(m.do(borrowerID+"#1", "pledge.apply", body), rights.CodeFormat)
	m.refuses(m.doSecretly(borrowerID+"#1", "pledge.apply", body, append(secret, ' ')), rights.CodeFormat)
}

// underGrant puts a grant on the ledger, and a right on it.
func (m *market) underGrant(right string, acts ...rights.Action) {
	const id = "GR-320900-20260715-0f0f0f0f0f0f-00"
	m.put(rights.KindGrant, id, &rights.Grant{Head: headOf(rights.KindGrant, id, rights.StateEffective), GranteeID: borrowerID, Scope: rights.Scope{Actions: acts}, ValidFrom: 1, ValidTo: far})
	if right != "" {
		edit(rights.KindRight, right, func(r *rights.Right) { r.Basis = []rights.Basis{{Type: "BasisGrant", RefID: id}} })(m)
	}
}

// asProduct makes an asset's object a product under a grant.
func (m *market) asProduct(x *asset, grant string) {
	m.put(rights.KindProduct, x.object, &rights.Product{Head: headOf(rights.KindProduct, x.object, rights.StateListed), OwnerID: borrowerID,
		Inputs: []rights.ProductInput{{ObjectType: "Resource", ObjectID: "DR-1", Version: 1, PermissionRef: grant}}})
	for _, id := range x.rights {
		edit(rights.KindRight, id, func(r *rights.Right) { r.ObjectType = "Product" })(m)
	}
}

// group makes participants one group.
func (m *market) group(of ...string) {
	for _, id := range of {
		edit(rights.KindParticipant, id, func(p *rights.Participant) { p.GroupID = hash("group") })(m)
	}
}

// A-22, PL-1: a second bank needs the first one's consent to exactly this
// pledge, and an application uses none of it up.
func TestSecondPledge(t *testing.T) {
	m := secondBank(t)
	x := m.asset("turbines", "SJ3212026070901")
	body, secret := m.pledgeOf(x)
	one := m.pledged(body, secret, "ZDW-1")
	second := body
	second.PledgeeID, second.ContractHash = otherBankID, hash("second contract")
	borrower := borrowerID + "#1"

	if e := m.refuses(m.doSecretly(borrower, "pledge.apply", second, secret), rights.CodeConsent); e.Rule != "PL-2" || e.Record != x.rights[0] {
		t.Errorf("%+v", e)
	}
	consent := func(right, terms string) rights.GivePledgeConsent {
		return rights.GivePledgeConsent{PledgeID: one, Action: rights.UsePledge, TargetID: right, TermsHash: hash(terms), ExpiresAt: m.now + 86400}
	}
	m.must(m.do(bankID+"#1", "pledge.giveConsent", consent(x.rights[0], "another contract")))
	m.refuses(m.doSecretly(borrower, "pledge.apply", second, secret), rights.CodeConsent)
	for _, r := range x.rights[:2] {
		m.must(m.do(bankID+"#1", "pledge.giveConsent", consent(r, "second contract")))
	}
	m.refuses(m.doSecretly(borrower, "pledge.apply", second, secret), rights.CodeConsent) // one right is left
	m.must(m.do(bankID+"#1", "pledge.giveConsent", consent(x.rights[2], "second contract")))
	m.refuses(m.do(bankID+"#1", "pledge.giveConsent", consent(x.rights[2], "second contract")), rights.CodeExists)

	two := m.must(m.doSecretly(borrower, "pledge.apply", second, secret)).id(rights.KindPledge)
	twin := m.must(m.doSecretly(borrower, "pledge.apply", second, secret)).id(rights.KindPledge) // nothing is used up yet
	m.confirmed(two)
	m.confirmed(twin)
	if c := m.pledge(one).Consents; c[1].UsedAt != 0 {
		t.Errorf("used before registration: %+v", c)
	}
	m.now += 3600
	m.must(m.do(officer, "pledge.register", m.registration(two, "ZDW-2")))
	if c := m.pledge(one).Consents; c[0].UsedAt != 0 || c[1].UsedAt != m.now || c[1].UsedBy == "" || c[3].UsedAt != m.now {
		t.Errorf("%+v", c)
	}
	m.refuses(m.do(exchangeID+"#1", "pledge.register", m.registration(twin, "ZDW-3")), rights.CodeConsent)
	if pl := m.pledge(two); pl.Rank != 2 || !slices.Equal(pl.PriorPledgeIDs, []string{one}) {
		t.Errorf("%+v", pl)
	}
	for _, r := range x.rights {
		if m.rank(r, one) != 1 || m.rank(r, two) != 2 || !m.guardedBy(r, bankMSP, otherBankMSP) {
			t.Errorf("%+v", m.right(r).Encumbrances)
		}
	}
	// The first is varied: those behind are told. It goes: they move up, and its guard goes with it.
	vary := rights.VaryPledge{PledgeID: one, ContractHash: hash("varied")}
	m.must(m.do(borrower, "pledge.vary", vary))
	m.must(m.do(bankID+"#1", "pledge.vary", vary))
	if n := m.pledge(two).Notices; len(n) != 1 || n[0].Event != "vary" || n[0].RefID != one {
		t.Errorf("%+v", n)
	}
	m.must(m.do(bankID+"#1", "pledge.release", rights.ReleasePledge{PledgeID: one}))
	if pl := m.pledge(two); pl.Rank != 1 || m.rank(x.rights[0], two) != 1 || !m.guardedBy(x.rights[0], otherBankMSP) || pl.Notices[1].Event != "rank" {
		t.Errorf("%+v", pl)
	}
}

// PL-1: rank follows the unified registry, not the order on the ledger.
func TestRankFollowsRegistry(t *testing.T) {
	m := secondBank(t)
	x := m.asset("turbines", "SJ3212026070901")
	body, secret := m.pledgeOf(x)
	one := m.pledged(body, secret, "ZDW-1")
	for _, r := range x.rights {
		m.must(m.do(bankID+"#1", "pledge.giveConsent", rights.GivePledgeConsent{PledgeID: one, Action: rights.UsePledge, TargetID: r, TermsHash: hash("earlier"), ExpiresAt: m.now + 86400}))
	}
	body.PledgeeID, body.ContractHash = otherBankID, hash("earlier")
	two := m.must(m.doSecretly(borrowerID+"#1", "pledge.apply", body, secret)).id(rights.KindPledge)
	m.confirmed(two)
	entry := m.registration(two, "ZDW-2")
	entry.ZdwRegAt = m.pledge(one).ZdwRegAt - 1
	m.must(m.do(exchangeID+"#1", "pledge.register", entry))
	if a, b := m.pledge(one), m.pledge(two); a.Rank != 2 || b.Rank != 1 || m.rank(x.rights[1], one) != 2 || m.rank(x.rights[1], two) != 1 || a.Notices[0] != (rights.PledgeNotice{Event: "rank", RefID: two, At: m.now}) {
		t.Errorf("%+v\n%+v", a, b)
	}
}

func TestPledgeConfirmRefuses(t *testing.T) {
	m := newMarket(t)
	m.lend()
	x := m.asset("turbines", "SJ3212026070901")
	m.quiet = true
	edit(rights.KindRight, x.rights[0], func(r *rights.Right) {
		r.Encumbrances = []rights.Encumbrance{{Type: rights.EncExclusive, RefID: "RT-1", From: 1}}
	})(m)
	body, secret := m.pledgeOf(x)
	body.Disclosures, body.ClaimTo, body.TermWarning = []string{"EncExclusive"}, m.right(x.rights[0]).ValidTo+1, true
	id := m.must(m.doSecretly(borrowerID+"#1", "pledge.apply", body, secret)).id(rights.KindPledge)
	good := rights.ConfirmPledge{PledgeID: id, ContractHash: body.ContractHash, AmountsCommitment: body.AmountsCommitment, Disclosures: body.Disclosures, TermWarning: true}
	for _, c := range []struct {
		harm  func(*rights.ConfirmPledge)
		code  rights.Code
		field string
	}{
		{func(b *rights.ConfirmPledge) { b.ContractHash = hash("x") }, rights.CodeConsent, "contractHash"},
		{func(b *rights.ConfirmPledge) { b.AmountsCommitment = hash("x") }, rights.CodeConsent, "amountsCommitment"},
		{func(b *rights.ConfirmPledge) { b.Disclosures = nil }, rights.CodeEnc, "disclosures"},
		{func(b *rights.ConfirmPledge) { b.TermWarning = false }, rights.CodeTerm, "termWarning"},
	} {
		b := good
		c.harm(&b)
		if e := m.refuses(m.do(bankID+"#1", "pledge.confirm", b), c.code); e.Field != c.field {
			t.Errorf("%+v; want %s", e, c.field)
		}
	}
	m.must(m.do(bankID+"#1", "pledge.confirm", good))
	// PL-3: registered, the warning becomes an alert of the system.
	a := m.must(m.do(exchangeID+"#1", "pledge.register", m.registration(id, "ZDW-1")))
	if al := read[rights.Alert](m, rights.KindAlert, a.id(rights.KindAlert)); al.RuleCode != "AL-PLEDGE-TERM" || al.TargetID != id || !slices.Equal(al.SubjectIDs, []string{borrowerID, bankID}) {
		t.Errorf("%+v", al)
	}
}

func TestPledgeRegisterRefuses(t *testing.T) {
	m := newMarket(t)
	m.lend()
	x, y := m.asset("turbines", "SJ3212026070901"), m.asset("blades", "SJ3212026070902")
	other, otherSecret := m.pledgeOf(y)
	m.pledged(other, otherSecret, "ZDW-TAKEN")
	body, secret := m.pledgeOf(x)
	id := m.must(m.doSecretly(borrowerID+"#1", "pledge.apply", body, secret)).id(rights.KindPledge)
	m.confirmed(id)
	m.quiet = true
	for _, c := range []struct {
		name string
		harm func(*market, *rights.RegisterPledge)
		code rights.Code
		rule string
	}{
		{"no number", func(_ *market, b *rights.RegisterPledge) { b.ZdwRegNo = "" }, rights.CodeFormat, ""},
		{"a number that is no key", func(_ *market, b *rights.RegisterPledge) { b.ZdwRegNo = "ZDW\U0010FFFF" }, rights.CodeFormat, ""},
		{"a number taken", func(_ *market, b *rights.RegisterPledge) { b.ZdwRegNo = "ZDW-TAKEN" }, rights.CodeExists, ""},
		{"an entry to come", func(m *market, b *rights.RegisterPledge) { b.ZdwRegAt = m.now + 1 }, rights.CodeTerm, "PL-6"},
		{"an entry that ended", func(m *market, b *rights.RegisterPledge) { b.ZdwValidTo = m.now }, rights.CodeTerm, "PL-6"},
		{"frozen meanwhile", func(m *market, _ *rights.RegisterPledge) {
			m.lay(x.rights[0], rights.Encumbrance{Type: rights.EncFreeze, RefID: "SM-1", From: 1})
		}, rights.CodeEnc, "3.0.6"},
		{"transferred meanwhile", func(m *market, _ *rights.RegisterPledge) {
			edit(rights.KindRight, x.rights[0], func(r *rights.Right) { r.State = rights.StateTransferred })(m)
		}, rights.CodeState, ""},
		{"evaluation out of date meanwhile", func(m *market, _ *rights.RegisterPledge) {
			edit(rights.KindEvaluation, x.evaluation, func(e *rights.Evaluation) { e.ValidTo = m.now })(m)
		}, rights.CodeTerm, "EV-4"},
		{"a right shortened meanwhile", func(m *market, _ *rights.RegisterPledge) {
			edit(rights.KindRight, x.rights[0], func(r *rights.Right) { r.ValidTo = body.ClaimTo - 1 })(m)
		}, rights.CodeTerm, "PL-3"},
		{"pledgor suspended", func(m *market, _ *rights.RegisterPledge) {
			edit(rights.KindParticipant, borrowerID, func(p *rights.Participant) { p.State = rights.StateSuspended })(m)
		}, rights.CodeInactive, "G-2"},
	} {
		harmed := *m
		harmed.ledger = m.ledger.Clone()
		b := harmed.registration(id, "ZDW-1")
		c.harm(&harmed, &b)
		a := harmed.do(exchangeID+"#1", "pledge.register", b)
		if a.refusal == nil || a.refusal.Code != c.code || c.rule != "" && a.refusal.Rule != c.rule {
			t.Errorf("%s: %+v; want %s by %s", c.name, a.refusal, c.code, c.rule)
		}
	}
	m.must(m.do(exchangeID+"#1", "pledge.register", m.registration(id, "ZDW-1")))
}

// What comes after registration, each refused as it should be and done as it may.
func TestPledgeLife(t *testing.T) {
	m := newMarket(t)
	m.lend()
	x := m.asset("turbines", "SJ3212026070901")
	body, secret := m.pledgeOf(x)
	id := m.pledged(body, secret, "ZDW-1")
	bank, borrower := bankID+"#1", borrowerID+"#1"

	consent := rights.GivePledgeConsent{PledgeID: id, Action: rights.UseLicence, TargetID: x.rights[0], TermsHash: hash("t"), ExpiresAt: m.now + 90*86400}
	for _, c := range []struct {
		harm func(*rights.GivePledgeConsent)
		code rights.Code
	}{
		{func(b *rights.GivePledgeConsent) { b.Action = rights.UseCancel }, rights.CodeFormat},
		{func(b *rights.GivePledgeConsent) { b.TermsHash = "" }, rights.CodeFormat},
		{func(b *rights.GivePledgeConsent) { b.TargetID = m.asset("other", "SJ3212026070903").rights[0] }, rights.CodeBasis},
		{func(b *rights.GivePledgeConsent) { b.ExpiresAt = m.now + 90*86400 + 1 }, rights.CodeTerm},
		{func(b *rights.GivePledgeConsent) { b.ExpiresAt = m.now }, rights.CodeTerm},
	} {
		b := consent
		c.harm(&b)
		m.refuses(m.do(bank, "pledge.giveConsent", b), c.code)
	}
	consent.ExpiresAt = m.now + 90*86400
	m.must(m.do(bank, "pledge.giveConsent", consent))

	// Varied by both, the same; one side's word twice is no agreement (G-5).
	secret, commitment := amounts(x, func(a *rights.PledgeAmounts) { a.PrincipalFen, a.LTVBps = worth*6/10, 6000 })
	vary := rights.VaryPledge{PledgeID: id, ContractHash: hash("varied"), AmountsCommitment: commitment}
	m.must(m.doSecretly(borrower, "pledge.vary", vary, secret))
	m.must(m.doSecretly(borrower, "pledge.vary", vary, secret))
	if pl := m.pledge(id); pl.ContractHash != body.ContractHash || len(pl.Variation.SignedBy) != 1 {
		t.Errorf("%+v", pl)
	}
	m.refuses(m.do(bank, "pledge.vary", vary), rights.CodeFormat) // without the amounts
	other := vary
	other.ClaimTo = body.ClaimTo + 1
	m.must(m.doSecretly(bank, "pledge.vary", other, secret)) // a proposal of its own
	m.must(m.doSecretly(borrower, "pledge.vary", other, secret))
	if pl := m.pledge(id); pl.ContractHash != hash("varied") || pl.ClaimTo != body.ClaimTo+1 || pl.AmountsCommitment != commitment || pl.Variation != nil ||
		string(m.ledger.Secret("pledgeTerms_"+bankMSP, key(rights.KindPledge, id))) != string(secret) {
		t.Errorf("%+v", pl)
	}
	for _, c := range []struct {
		body rights.VaryPledge
		code rights.Code
	}{
		{rights.VaryPledge{PledgeID: id, ContractHash: hash("varied")}, rights.CodeFormat},
		{rights.VaryPledge{PledgeID: id, ContractHash: "x"}, rights.CodeFormat},
		{rights.VaryPledge{PledgeID: id, ContractHash: hash("late"), ClaimTo: m.now}, rights.CodeTerm},
		{rights.VaryPledge{PledgeID: id, ContractHash: hash("late"), ClaimTo: far}, rights.CodeTerm},
		{rights.VaryPledge{PledgeID: id, ContractHash: hash("late"), TermWarning: true}, rights.CodeFormat},
		{rights.VaryPledge{PledgeID: id, ContractHash: hash("late"), ClaimTo: body.ClaimTo + 2, TermWarning: true}, rights.CodeFormat},
	} {
		m.refuses(m.do(borrower, "pledge.vary", c.body), c.code)
	}
	frozen := *m
	frozen.ledger, frozen.quiet = m.ledger.Clone(), true
	frozen.lay(x.rights[1], rights.Encumbrance{Type: rights.EncFreeze, RefID: "SM-1", From: 1})
	frozen.refuses(frozen.do(borrower, "pledge.vary", rights.VaryPledge{PledgeID: id, ContractHash: hash("late")}), rights.CodeEnc)
	frozen.must(frozen.do(bank, "pledge.release", rights.ReleasePledge{PledgeID: id})) // a bank may always give up its security

	// The unified registry: a lapse is a mark, no release (PL-6).
	m.refuses(m.do(borrower, "pledge.lapseRegistry", rights.LapseRegistry{PledgeID: id}), rights.CodeDeadline)
	m.refuses(m.do(bank, "pledge.extendRegistry", rights.ExtendRegistry{PledgeID: id, ZdwValidTo: m.pledge(id).ZdwValidTo}), rights.CodeTerm)
	m.now = m.pledge(id).ZdwValidTo
	m.must(m.do(borrower, "pledge.lapseRegistry", rights.LapseRegistry{PledgeID: id}))
	m.refuses(m.do(borrower, "pledge.lapseRegistry", rights.LapseRegistry{PledgeID: id}), rights.CodeExists)
	if pl := m.pledge(id); !pl.ZdwLapsed || pl.State != rights.StateRegistered || m.rank(x.rights[0], id) != 1 {
		t.Errorf("%+v", pl)
	}
	m.must(m.do(bank, "pledge.extendRegistry", rights.ExtendRegistry{PledgeID: id, ZdwValidTo: m.now + 86400}))
	if m.pledge(id).ZdwLapsed {
		t.Error("extended and lapsed")
	}

	for _, ids := range [][]string{nil, x.rights, {"RT-0"}, {x.rights[0], x.rights[0]}} {
		m.refuses(m.do(bank, "pledge.partRelease", rights.PartReleasePledge{PledgeID: id, RightIDs: ids}), rights.CodeFormat)
	}
	m.must(m.do(bank, "pledge.partRelease", rights.PartReleasePledge{PledgeID: id, RightIDs: x.rights[:1]}))
	m.refuses(m.do(bank, "pledge.partRelease", rights.PartReleasePledge{PledgeID: id, RightIDs: x.rights[:1]}), rights.CodeFormat)

	// Enforcement: the transfer it comes down to must be recorded, of all that is left.
	m.refuses(m.do(bank, "pledge.startEnforce", rights.StartEnforcement{PledgeID: id}), rights.CodeFormat)
	m.must(m.do(bank, "pledge.startEnforce", rights.StartEnforcement{PledgeID: id, Default: &rights.Evidence{DocType: rights.DocOther, Hash: hash("d")}}))
	m.must(m.do(regulatorID+"#1", "workCalendar.publish", rights.PublishCalendar{Year: 2028, Ver: 1, NonWorking: []string{}, ExtraWorking: []string{}}))
	m.refuses(m.do(borrower, "registration.submit", m.transferTo(suretyID, m.right(x.rights[1]).CaseID, 1, 2)), rights.CodeConsent)
	moved := m.the(m.enforced(id, "SJ3212028070902"))
	// It went with the rights, guard and all, until it is enforced.
	for _, r := range moved.ResultRightIDs {
		if m.rank(r, id) != 1 || !m.guardedBy(r, bankMSP) || m.right(r).HolderID != suretyID {
			t.Errorf("%+v", m.right(r))
		}
	}
	finish := rights.FinishEnforcement{PledgeID: id, EnforcementHash: hash("agreement"), TransferCaseID: moved.ID}
	for _, c := range []struct {
		harm func(*rights.Case)
		code rights.Code
	}{
		{func(c *rights.Case) { c.RegType = rights.RegChange }, rights.CodeState},
		{func(c *rights.Case) { c.State = rights.StateUnderReview }, rights.CodeState},
		{func(c *rights.Case) { c.ResultRightIDs = c.ResultRightIDs[1:] }, rights.CodeBasis},
		{func(c *rights.Case) { c.EndedAt = m.pledge(id).EnforcingAt - 1 }, rights.CodeTerm},
	} {
		harmed := *m
		harmed.ledger, harmed.quiet = m.ledger.Clone(), true
		edit(rights.KindCase, moved.ID, c.harm)(&harmed)
		harmed.refuses(harmed.do(officer, "pledge.finishEnforce", finish), c.code)
	}
	m.must(m.do(officer, "pledge.finishEnforce", finish))
	for _, r := range moved.ResultRightIDs {
		if len(m.right(r).Encumbrances) != 0 || !m.guardedBy(r) || m.pledge(id).State != rights.StateEnforced {
			t.Errorf("%+v", m.right(r))
		}
	}
}

// Amounts go through those who may see them.
func TestPledgeGateways(t *testing.T) {
	m := secondBank(t)
	x := m.asset("turbines", "SJ3212026070901")
	body, secret := m.pledgeOf(x)
	for msp, may := range map[string]bool{groupMSP: false, exchangeMSP: true, regulatorMSP: true, bankMSP: true, otherBankMSP: false} {
		a := m.tryWith(secret, statetest.Creator(msp, "client"), []byte("Submit"), m.sign(borrowerID+"#1", "pledge.apply", body))
		if may != (a.refusal == nil) || !may && (a.refusal.Code != rights.CodeRole || a.refusal.Rule != "3.0.8") {
			t.Errorf("through %s: %v", msp, a.refusal)
		}
	}
}

package contract_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"testing"

	"github.com/datarights/datarights/chaincode/rights"
	"github.com/datarights/datarights/chaincode/state/statetest"
	"github.com/datarights/datarights/test-network/data"
)

// The catalogue of indicators goes onto the ledger as it is.
func TestIndicatorCatalogue(t *testing.T) {
	m := newMarket(t)
	a := m.must(m.invoke(creatorOf(regulatorMSP), "Submit", m.sign(regulator, "indicator.defineBatch", rawJSON(data.Indicators()))))
	if len(a.Result.Records) != 51 {
		t.Errorf("%d records", len(a.Result.Records))
	}
	if in := read[rights.Indicator](m, rights.KindIndicator, "OP-08@1"); !in.Restricted || in.OwnerID != regulatorID || in.RuleProfileVer != "LOCAL@1" {
		t.Errorf("%+v", in)
	}
}

func TestDefineIndicator(t *testing.T) {
	m := newMarket(t)
	for field, change := range map[string]func(*rights.DefineIndicator){
		"code":       func(b *rights.DefineIndicator) { b.Code = "IN/1@" },
		"nameZh":     func(b *rights.DefineIndicator) { b.NameZh = "" },
		"formula":    func(b *rights.DefineIndicator) { b.Formula = "" },
		"sources":    func(b *rights.DefineIndicator) { b.Sources = nil },
		"window":     func(b *rights.DefineIndicator) { b.Window = "Ever" },
		"direction":  func(b *rights.DefineIndicator) { b.Direction = "" },
		"target":     func(b *rights.DefineIndicator) { b.Target = -1 },
		"targetDate": func(b *rights.DefineIndicator) { b.TargetDate = "2025" },
		"ver":        func(b *rights.DefineIndicator) { b.Ver = 2 },
	} {
		b := indicatorOf("IN-01Y", 1)
		change(&b)
		if e := m.refuses(m.do(regulator, "indicator.define", b), rights.CodeFormat); e.Field != field {
			t.Errorf("field %q; want %q", e.Field, field)
		}
	}
	m.must(m.do(regulator, "indicator.define", indicatorOf("IN-01Y", 1)))
	m.refuses(m.do(regulator, "indicator.define", indicatorOf("IN-01Y", 1)), rights.CodeFormat)
	other := m.regulatorOf(subjectCode(1), "finance")
	m.refuses(m.do(other, "indicator.define", indicatorOf("IN-01Y", 2)), rights.CodeRole) // the owner's
	m.refuses(m.do(other, "indicator.retire", rights.RetireIndicator{Code: "IN-01Y", Ver: 1}), rights.CodeRole)
	m.must(m.do(regulator, "indicator.define", indicatorOf("IN-01Y", 2)))
	if in := read[rights.Indicator](m, rights.KindIndicator, "IN-01Y@1"); in.State != rights.StateRetired {
		t.Errorf("%+v", in)
	}
}

// IN-1 to IN-4.
func TestSnapshots(t *testing.T) {
	m := newMarket(t)
	ratio, secret := indicatorOf("SI-01", 1), indicatorOf("OP-08", 1)
	ratio.Window, secret.Restricted = "AsOf", true
	few := indicatorOf("IN-01C", 1) // over private amounts
	few.MinInputs = 3
	for _, b := range []rights.DefineIndicator{indicatorOf("IN-01Y", 1), ratio, secret, few} {
		m.must(m.do(regulator, "indicator.define", b))
	}
	part := rights.ComputeSnapshot{Code: "SI-01", DefVersion: 1, AsOf: start, ValueInt: 666, Num: 2, Den: 3, Permille: 666, InputRoot: hash("root")}
	hiddenValue := valueOf("OP-08", 0)
	hiddenValue.Commitment = hash("value")
	for _, x := range []struct {
		name   string
		base   rights.ComputeSnapshot
		change func(*rights.ComputeSnapshot)
		code   rights.Code
		field  string
	}{
		{"IN-1 another permille", part, func(b *rights.ComputeSnapshot) { b.Permille, b.ValueInt = 667, 667 }, rights.CodeMoney, "permille"},
		{"IN-1 a value that is not the permille", part, func(b *rights.ComputeSnapshot) { b.ValueInt = 2 }, rights.CodeMoney, "permille"},
		{"IN-1 a part without a whole", part, func(b *rights.ComputeSnapshot) { b.Den = 0 }, rights.CodeFormat, "den"},
		{"IN-1 a ratio over 63 bits", part, func(b *rights.ComputeSnapshot) { b.Num, b.Den = 1<<62, 1 }, rights.CodeMoney, "permille"},
		{"negative", part, func(b *rights.ComputeSnapshot) { b.Num = -1 }, rights.CodeFormat, "valueInt"},
		{"IN-2 no root", part, func(b *rights.ComputeSnapshot) { b.InputRoot = "" }, rights.CodeFormat, "inputRoot"},
		{"in the future", part, func(b *rights.ComputeSnapshot) { b.AsOf = m.now + 1 }, rights.CodeTerm, "asOf"},
		{"a period where none is", part, func(b *rights.ComputeSnapshot) { b.PeriodFrom, b.PeriodTo = 1, 2 }, rights.CodeTerm, "periodFrom"},
		{"no period", valueOf("IN-01Y", 5), func(b *rights.ComputeSnapshot) { b.PeriodFrom, b.PeriodTo = 0, 0 }, rights.CodeTerm, "periodFrom"},
		{"a period backwards", valueOf("IN-01Y", 5), func(b *rights.ComputeSnapshot) { b.PeriodFrom = b.PeriodTo }, rights.CodeTerm, "periodFrom"},
		{"no such definition", valueOf("IN-02", 5), func(*rights.ComputeSnapshot) {}, rights.CodeNotFound, "code"},
		{"no such version", valueOf("IN-01Y", 5), func(b *rights.ComputeSnapshot) { b.DefVersion = 2 }, rights.CodeNotFound, "code"},
		{"a restricted value in clear", hiddenValue, func(b *rights.ComputeSnapshot) { b.ValueInt = 5 }, rights.CodeFormat, "valueInt"},
		{"a restricted value without commitment", hiddenValue, func(b *rights.ComputeSnapshot) { b.Commitment = "" }, rights.CodeFormat, "commitment"},
		{"G-12 the sum of two contracts in clear", valueOf("IN-01C", 5), func(b *rights.ComputeSnapshot) { b.InputCount = 2 }, rights.CodeFormat, "valueInt"},
		{"a commitment of what is public", valueOf("IN-01Y", 5), func(b *rights.ComputeSnapshot) { b.Commitment = hash("x") }, rights.CodeFormat, "commitment"},
	} {
		b := x.base
		x.change(&b)
		if e := m.refuses(m.do(m.platform, "snapshot.compute", b), x.code); e.Field != x.field {
			t.Errorf("%s: field %q; want %q: %v", x.name, e.Field, x.field, e)
		}
	}
	m.refuses(m.do(energyID+"#1", "snapshot.compute", part), rights.CodeRole)
	m.must(m.do(m.platform, "snapshot.compute", hiddenValue))
	enough, none := valueOf("IN-01C", 5), valueOf("IN-01C", 0)
	enough.InputCount, none.InputCount = 3, 0
	m.must(m.do(m.platform, "snapshot.compute", enough))
	m.must(m.do(m.platform, "snapshot.compute", none))
	id := m.must(m.do(m.platform, "snapshot.compute", part)).id(rights.KindSnapshot)
	for _, wrong := range []rights.ConfirmSnapshot{{InputRoot: hash("other"), ValueInt: 666}, {InputRoot: hash("root"), ValueInt: 667}, {InputRoot: hash("root"), ValueInt: 666, Commitment: hash("x")}} {
		wrong.SnapshotID = id
		if e := m.refuses(m.do(regulator, "snapshot.confirm", wrong), rights.CodeMoney); e.Rule != "IN-2" {
			t.Errorf("%+v", e)
		}
	}
	m.must(m.do(regulator, "snapshot.confirm", rights.ConfirmSnapshot{SnapshotID: id, InputRoot: hash("root"), ValueInt: 666}))
	m.must(m.do(regulator, "snapshot.publish", rights.OfSnapshot{SnapshotID: id}))
	correct := rights.CorrectSnapshot{SnapshotID: id, Reason: "补报", Value: part}
	correct.Value.AsOf--
	if e := m.refuses(m.do(regulator, "snapshot.correct", correct), rights.CodeFormat); e.Rule != "IN-4" {
		t.Errorf("%+v", e)
	}
	correct.Value.AsOf, correct.Reason = start, ""
	m.refuses(m.do(regulator, "snapshot.correct", correct), rights.CodeFormat)
	correct.Reason = "补报"
	a := m.must(m.do(regulator, "snapshot.correct", correct))
	i := slices.IndexFunc(a.Result.Records, func(r rights.RecordRef) bool { return r.ID != id })
	if s := read[rights.Snapshot](m, rights.KindSnapshot, a.Result.Records[i].ID); s.Corrects != id || s.State != rights.StateComputed || s.Reason != "补报" {
		t.Errorf("%+v", s)
	}
	// Nothing is computed of a retired definition.
	m.must(m.do(regulator, "indicator.retire", rights.RetireIndicator{Code: "SI-01", Ver: 1}))
	m.refuses(m.do(m.platform, "snapshot.compute", part), rights.CodeState)
}

func scenarioScene(t *testing.T) *market {
	m := newMarket(t)
	m.quiet = true
	m.marketScene()
	m.useScene()
	return m
}

func (m *market) reviewed(b rights.SubmitScenario) string {
	m.t.Helper()
	id := m.must(m.do(energyID+"#1", "scenario.submit", b)).id(rights.KindScenario)
	m.must(m.do(regulator, "scenario.review", rights.ReviewScenario{ScenarioID: id, OpinionHash: hash("opinion")}))
	return id
}

func (m *market) include(id string) answer {
	m.t.Helper()
	return m.do(regulator, "scenario.include", rights.OfScenario{ScenarioID: id})
}

func TestSubmitScenario(t *testing.T) {
	m := scenarioScene(t)
	for _, x := range []struct {
		name   string
		change func(*rights.SubmitScenario)
		code   rights.Code
		field  string
	}{
		{"no link", func(b *rights.SubmitScenario) { b.GrantIDs = nil }, rights.CodeFormat, "productIds"},
		{"no such field", func(b *rights.SubmitScenario) { b.Field = "Games" }, rights.CodeFormat, "field"},
		{"no such action", func(b *rights.SubmitScenario) { b.NationalAction = "x" }, rights.CodeFormat, "nationalAction"},
		{"no such source", func(b *rights.SubmitScenario) { b.Source = "" }, rights.CodeFormat, "source"},
		{"no such kind", func(b *rights.SubmitScenario) { b.Kind = "" }, rights.CodeFormat, "kind"},
		{"a product that is a grant", func(b *rights.SubmitScenario) { b.ProductIDs = []string{sceneGrant} }, rights.CodeFormat, "productIds[0]"},
		{"a grant not there", func(b *rights.SubmitScenario) { b.GrantIDs = []string{"GR-320902-20260706-000000000000-00"} }, rights.CodeNotFound, "grantIds[0]"},
		{"twice", func(b *rights.SubmitScenario) { b.GrantIDs = []string{sceneGrant, sceneGrant} }, rights.CodeFormat, "grantIds"},
		{"impact", func(b *rights.SubmitScenario) { b.ImpactHash = "x" }, rights.CodeFormat, "impactHash"},
	} {
		b := scenarioOf("x")
		x.change(&b)
		if e := m.refuses(m.do(energyID+"#1", "scenario.submit", b), x.code); e.Field != x.field {
			t.Errorf("%s: field %q; want %q", x.name, e.Field, x.field)
		}
	}
}

// SC-1, SC-2: one case counts once a year however it came, until it is removed.
func TestScenarioCountsOnce(t *testing.T) {
	m := scenarioScene(t)
	typical := scenarioOf("风电功率预测")
	typical.Kind, typical.ProductIDs = rights.ScenarioTypical, []string{sceneProduct}
	first := m.reviewed(typical)
	m.must(m.include(first))
	byCall := typical
	byCall.Source = "CaseCall"
	renamed := byCall
	renamed.Name = "另一名称"
	for _, b := range []rights.SubmitScenario{byCall, renamed} {
		if e := m.refuses(m.include(m.reviewed(b)), rights.CodeExists); e.Rule != "SC-1" || e.Record != first {
			t.Errorf("%+v", e)
		}
	}
	elsewhere := renamed
	elsewhere.Field = "GreenLowCarbon"
	m.must(m.include(m.reviewed(elsewhere)))
	m.now = day("2027-01-04") // another year
	again := m.reviewed(byCall)
	m.must(m.include(again))
	if sc := read[rights.Scenario](m, rights.KindScenario, again); sc.BatchYear != 2027 || sc.IncludedOn != "2027-01-04" {
		t.Errorf("%+v", sc)
	}
	m.must(m.do(regulator, "scenario.remove", rights.RemoveScenario{ScenarioID: again, Reason: "停用"}))
	m.must(m.include(m.reviewed(byCall)))
	// Links that no longer hold.
	edit(rights.KindProduct, sceneProduct, func(p *rights.Product) { p.State = rights.StateSuspended })(m)
	m.refuses(m.do(energyID+"#1", "scenario.submit", typical), rights.CodeState)
}

func TestMarkLanded(t *testing.T) {
	m := scenarioScene(t)
	settled := "TR-320902-20260706-5ce0e0000009-00"
	m.put(rights.KindTrade, settled, &rights.Trade{Head: sceneHead(rights.KindTrade, settled, rights.StateSettled), GrantID: sceneGrant})
	id := m.reviewed(scenarioOf("落地场景"))
	m.must(m.include(id))
	for _, x := range []struct {
		name  string
		harm  func(*market)
		use   string
		code  rights.Code
		field string
	}{
		{"of another kind", edit(rights.KindScenario, id, func(sc *rights.Scenario) { sc.Kind = rights.ScenarioTypical }), theMeter, rights.CodeState, ""},
		{"not linked", edit(rights.KindScenario, id, func(sc *rights.Scenario) { sc.GrantIDs = nil }), theMeter, rights.CodeBasis, "grantId"},
		{"first level", edit(rights.KindGrant, sceneGrant, func(g *rights.Grant) { g.Tier = "GrantL1" }), theMeter, rights.CodeBasis, "grantId"},
		{"ended", edit(rights.KindGrant, sceneGrant, func(g *rights.Grant) { g.ValidTo = start }), theMeter, rights.CodeTerm, "grantId"},
		{"suspended", edit(rights.KindGrant, sceneGrant, func(g *rights.Grant) { g.State = rights.StateSuspended }), theMeter, rights.CodeState, "grantId"},
		{"metered under another grant", edit(rights.KindPermit, scenePermit, func(p *rights.Permit) { p.BasisID = "GR-1" }), theMeter, rights.CodeBasis, "useId"},
		{"a trade under another", edit(rights.KindTrade, settled, func(tr *rights.Trade) { tr.GrantID = "" }), settled, rights.CodeBasis, "useId"},
		{"a trade not settled", edit(rights.KindTrade, settled, func(tr *rights.Trade) { tr.State = rights.StateDelivered }), settled, rights.CodeState, "useId"},
		{"no use", func(*market) {}, sceneGrant, rights.CodeFormat, "useId"},
		{"a meter record", func(*market) {}, theMeter, "", ""},
		{"a settled trade", func(*market) {}, settled, "", ""},
	} {
		w := *m
		w.ledger = m.ledger.Clone()
		x.harm(&w)
		a := w.do(regulator, "scenario.markLanded", rights.MarkLanded{ScenarioID: id, GrantID: sceneGrant, UseID: x.use})
		if x.code == "" {
			w.must(a)
			if sc := read[rights.Scenario](&w, rights.KindScenario, id); sc.LandedBy != x.use || sc.LandedOn != rights.CivilDate(m.now) {
				t.Errorf("%s: %+v", x.name, sc)
			}
			continue
		}
		if e := w.refuses(a, x.code); e.Field != x.field {
			t.Errorf("%s: field %q; want %q: %v", x.name, e.Field, x.field, e)
		}
	}
}

func TestPolicyAndSupport(t *testing.T) {
	m := newMarket(t)
	m.recorded(energyID, "supported", "SJ3212026070001")
	doc := convention("盐数商协〔2026〕1号")
	late := doc
	late.IssuedOn = "2026-08-31"
	m.refuses(m.do(regulator, "policy.publish", late), rights.CodeTerm)
	rule := doc
	rule.Kind = "Trading"
	m.refuses(m.do(exchangeID+"#1", "policy.publish", rule), rights.CodeRole)
	id := m.must(m.do(exchangeID+"#1", "policy.publish", doc)).id(rights.KindPolicy)
	if e := m.refuses(m.do(regulator, "policy.publish", doc), rights.CodeExists); e.Field != "no" || e.Record != id {
		t.Errorf("%+v", e)
	}
	m.must(m.do(energyID+"#1", "policy.adhere", rights.AdherePolicy{PolicyID: id}))
	m.refuses(m.do(energyID+"#1", "policy.adhere", rights.AdherePolicy{PolicyID: id}), rights.CodeExists)
	rule.No = "盐政办发〔2026〕1号"
	m.refuses(m.do(energyID+"#1", "policy.adhere", rights.AdherePolicy{PolicyID: m.must(m.do(regulator, "policy.publish", rule)).id(rights.KindPolicy)}), rights.CodeState)

	secret, commitment := hidden(rights.SupportAmount{Salt: salt, AmountFen: 5_000_000})
	zero, none := hidden(rights.SupportAmount{Salt: salt})
	good := rights.RecordSupport{RecipientID: energyID, Kind: "Registration", FactID: "SJ3212026070001", DecisionHash: hash("decision"), AmountsCommitment: commitment}
	for _, x := range []struct {
		name   string
		change func(*rights.RecordSupport)
		secret []byte
		code   rights.Code
		field  string
	}{
		{"somebody else's fact", func(b *rights.RecordSupport) { b.RecipientID = weatherID }, secret, rights.CodeBasis, "factId"},
		{"no fact", func(b *rights.RecordSupport) { b.FactID = "SJ3212026079999" }, secret, rights.CodeNotFound, "factId"},
		{"no kind of fact", func(b *rights.RecordSupport) { b.FactID = energyID }, secret, rights.CodeFormat, "factId"},
		{"no decision", func(b *rights.RecordSupport) { b.DecisionHash = "" }, secret, rights.CodeFormat, "decisionHash"},
		{"no secret", func(*rights.RecordSupport) {}, nil, rights.CodeFormat, "amountsCommitment"},
		{"no money", func(b *rights.RecordSupport) { b.AmountsCommitment = none }, zero, rights.CodeMoney, "secret.amountFen"},
	} {
		b := good
		x.change(&b)
		if e := m.refuses(m.doSecretly(regulator, "support.record", b, x.secret), x.code); e.Field != x.field {
			t.Errorf("%s: field %q; want %q", x.name, e.Field, x.field)
		}
	}
	first := m.must(m.doSecretly(regulator, "support.record", good, secret)).id(rights.KindSupport)
	good.Kind = "Other" // once a fact, whatever it is called
	if e := m.refuses(m.doSecretly(regulator, "support.record", good, secret), rights.CodeExists); e.Record != first || e.Rule != "3.21" {
		t.Errorf("%+v", e)
	}
}

func TestMaturityAndMarks(t *testing.T) {
	m := newMarket(t)
	m.join(buyerID, "评估机构")
	edit(rights.KindParticipant, buyerID, func(p *rights.Participant) { p.Roles = []rights.Role{rights.RoleThirdParty} })(m)
	for _, x := range []struct {
		name   string
		change func(*rights.RecordMaturity)
		code   rights.Code
		field  string
	}{
		{"level 0", func(b *rights.RecordMaturity) { b.Level = 0 }, rights.CodeFormat, "level"},
		{"level 6", func(b *rights.RecordMaturity) { b.Level = 6 }, rights.CodeFormat, "level"},
		{"no such model", func(b *rights.RecordMaturity) { b.Model = "CMM" }, rights.CodeFormat, "model"},
		{"over", func(b *rights.RecordMaturity) { b.To = "2026-07-05" }, rights.CodeTerm, "to"},
		{"backwards", func(b *rights.RecordMaturity) { b.From = "2030-01-01" }, rights.CodeTerm, "to"},
		{"nobody", func(b *rights.RecordMaturity) { b.EnterpriseID = unitID }, rights.CodeNotFound, "enterpriseId"},
		{"assessed by an enterprise", func(b *rights.RecordMaturity) { b.AssessorID = weatherID }, rights.CodeRole, "assessorId"},
		{"SD-3 assessed by itself", func(b *rights.RecordMaturity) { b.EnterpriseID, b.AssessorID = buyerID, buyerID }, rights.CodeSelf, "assessorId"},
	} {
		b := maturityOf(energyID, 3)
		x.change(&b)
		if e := m.refuses(m.do(regulator, "maturity.record", b), x.code); e.Field != x.field {
			t.Errorf("%s: field %q; want %q", x.name, e.Field, x.field)
		}
	}
	b := maturityOf(energyID, 2)
	b.AssessorID = buyerID
	m.must(m.do(regulator, "maturity.record", b))
	m.must(m.do(regulator, "maturity.record", maturityOf(energyID, 4)))
	mark := func(name, tag string, off bool) answer {
		return m.do(regulator, name, rights.TagParticipant{USCC: energyID, Tag: tag, Off: off, EvidenceHash: hash("e")})
	}
	m.refuses(mark("participant.tag", "TaxViolation", false), rights.CodeFormat)
	m.refuses(mark("participant.flag", rights.TagChainLeader, false), rights.CodeFormat)
	m.refuses(mark("participant.tag", rights.TagChainLeader, true), rights.CodeNotFound)
	m.must(mark("participant.tag", rights.TagDataElementEnterprise, false))
	m.must(mark("participant.tag", rights.TagChainLeader, false))
	m.refuses(mark("participant.tag", rights.TagChainLeader, false), rights.CodeExists)
	m.must(mark("participant.flag", "SeriousBreach", false))
	m.must(mark("participant.tag", rights.TagDataElementEnterprise, true))
	m.must(m.do(energyID+"#1", "participant.update", rights.UpdateParticipant{HasCDO: true, EvidenceHash: hash("e")}))
	p := read[rights.Participant](m, rights.KindParticipant, energyID)
	if len(p.Maturity) != 1 || p.Maturity[0].Level != 4 || !slices.Equal(p.Tags, []string{rights.TagChainLeader}) || !slices.Equal(p.CreditFlags, []string{"SeriousBreach"}) || !p.HasCDO {
		t.Errorf("%+v", p)
	}
}

// SI-15: no command takes a paper signed outside the profile in force, wherever
// in its body the paper is.
func TestCryptoProfile(t *testing.T) {
	m := newMarket(t)
	signed := func(alg string) rights.Catalogue {
		c := m.resource(energyID, fmt.Sprint("signed", m.txs))
		c.GradeReport.SignAlg, c.GradeReport.SignHash = alg, hash("signature")
		return c
	}
	m.must(m.do(energyID+"#1", "resource.catalogue", signed("ECDSA-P256"))) // no profile yet
	publish := func(kid string, ver int64, algorithms ...string) answer {
		return m.do(kid, "cryptoProfile.publish", rights.PublishCryptoProfile{Ver: ver, Algorithms: algorithms})
	}
	m.refuses(publish(exchangeID+"#1", 1, "SM2", "SM3"), rights.CodeRole)
	m.refuses(publish(regulator, 1, "SM2"), rights.CodeFormat)
	m.refuses(publish(regulator, 1, "SM2", "SM3", "MD5"), rights.CodeFormat)
	m.refuses(publish(regulator, 2, "SM2", "SM3"), rights.CodeFormat)
	m.must(publish(regulator, 1, "SM2", "SM3"))
	if e := m.refuses(m.do(energyID+"#1", "resource.catalogue", signed("ECDSA-P256")), rights.CodeFormat); e.Rule != "SI-15" || e.Field != "gradeReport.signAlg" || e.Record != "CRYPTO@1" {
		t.Errorf("%+v", e)
	}
	m.must(m.do(energyID+"#1", "resource.catalogue", signed("SM2")))
	sub := application(m.catalogue(energyID, "papers"))
	sub.Papers[3].SignAlg, sub.Papers[3].SignHash = "ECDSA-P256", hash("signature")
	if e := m.refuses(m.do(energyID+"#1", "registration.submit", sub), rights.CodeFormat); e.Field != "evidence[3].signAlg" {
		t.Errorf("%+v", e)
	}
	m.must(publish(regulator, 2, "SM2", "SM3", "ECDSA-P256"))
	m.must(m.do(energyID+"#1", "registration.submit", sub))
}

// A published table of regions is the measure of regions.
func TestCodeTable(t *testing.T) {
	m := newMarket(t)
	publish := func(ver int64, items ...rights.CodeItem) answer {
		return m.do(regulator, "codeTable.publish", rights.PublishCodeTable{Name: rights.TableRegions, Ver: ver, Items: items})
	}
	m.refuses(publish(1), rights.CodeFormat)
	m.refuses(publish(1, rights.CodeItem{Code: "32", Name: "x"}), rights.CodeFormat)
	m.refuses(publish(1, regions[0], regions[0]), rights.CodeFormat)
	m.refuses(m.do(exchangeID+"#1", "codeTable.publish", rights.PublishCodeTable{Name: rights.TableRegions, Ver: 1, Items: regions}), rights.CodeRole)
	m.must(m.do(regulator, "codeTable.publish", rights.PublishCodeTable{Name: rights.TableIndustries, Ver: 1, Items: []rights.CodeItem{{Code: "D44", Name: "电力"}}}))
	away := m.resource(energyID, "away")
	away.RegionCode = "320500"
	m.must(m.do(energyID+"#1", "resource.catalogue", away)) // nothing published of regions
	shuffled := slices.Clone(regions)
	slices.Reverse(shuffled)
	m.must(publish(1, shuffled...))
	away = m.resource(energyID, "further")
	away.RegionCode = "320500"
	if e := m.refuses(m.do(energyID+"#1", "resource.catalogue", away), rights.CodeFormat); e.Field != "regionCode" || e.Record != "GB2260@1" {
		t.Errorf("%+v", e)
	}
	m.catalogue(energyID, "at home")
	a := m.application(buyerID, "外地企业")
	a.RegionCode = "320500"
	if e := m.refuses(m.do(buyerID+"#1", "participant.apply", a), rights.CodeFormat); e.Field != "regionCode" {
		t.Errorf("%+v", e)
	}
	m.must(publish(2, append(shuffled, rights.CodeItem{Code: "320500", Name: "苏州市"})...))
	m.must(m.do(energyID+"#1", "resource.catalogue", away))
}

// creatorOf is a client of an organisation.
func creatorOf(msp string) []byte { return statetest.Creator(msp, "client") }

// rawJSON is a body that is JSON already.
func rawJSON(raw []byte) json.RawMessage { return raw }

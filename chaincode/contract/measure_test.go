package contract_test

import (
	"encoding/json"
	"maps"
	"reflect"
	"slices"
	"testing"

	"github.com/datarights/datarights/chaincode/rights"
	"github.com/datarights/datarights/chaincode/state"
	"github.com/datarights/datarights/chaincode/state/statetest"
)

const regulator = regulatorID + "#1"

// subjectCode is the n-th made-up credit code of the supervision tests.
func subjectCode(n int) string { return synthetic("91320921MA0R", n) }

// regulatorOf enrols another regulator of that domain and returns its key.
func (m *market) regulatorOf(uscc, domain string) string {
	m.t.Helper()
	m.msps[uscc] = regulatorMSP
	raw, _ := json.Marshal(rights.Enrolment{USCC: uscc, Name: "监管部门" + domain, OrgType: "OrgGovernment", Roles: []rights.Role{rights.RoleRegulator}, RegionCode: "320900",
		PublicKey: m.newKey(uscc + "#1"), Post: "监管岗", RegulatorDomain: domain})
	m.must(m.invoke(statetest.Creator(regulatorMSP, "admin"), "Enrol", raw))
	return uscc + "#1"
}

// sceneHead is the head of a record that sets a scene.
func sceneHead(kind rights.Kind, id string, s rights.State) rights.Head {
	return rights.Head{DocType: string(kind), ID: id, SchemaVersion: 1, Version: 1, State: s, RuleProfileVer: "LOCAL@1", CreatedAt: start, CreatedBy: officer, UpdatedAt: start, UpdatedBy: officer, LastTxID: "scene"}
}

// The records of other areas that measures are aimed at.
const (
	sceneListing = "LS-320902-20260706-5ce0e0000001-00"
	sceneProduct = "DP-320902-20260706-5ce0e0000001-00"
	sceneTrade   = "TR-320902-20260706-5ce0e0000001-00"
	scenePermit  = "UP-320902-20260706-5ce0e0000001-00"
	sceneGrant   = "GR-320902-20260706-5ce0e0000001-00"
	sceneCopy    = "CP-320902-20260706-5ce0e0000001-00"
)

// marketScene commits one of each, all energy's and weather's, past every rule.
func (m *market) marketScene() {
	m.put(rights.KindListing, sceneListing, &rights.Listing{Head: sceneHead(rights.KindListing, sceneListing, rights.StateListed), SellerID: energyID, RegionCode: "320902", ValidFrom: start, ValidTo: far})
	m.put(rights.KindProduct, sceneProduct, &rights.Product{Head: sceneHead(rights.KindProduct, sceneProduct, rights.StateApproved), OwnerID: energyID, Versions: []rights.ProductVersion{{No: 1, ContentRoot: hash("product")}}})
	m.put(rights.KindTrade, sceneTrade, &rights.Trade{Head: sceneHead(rights.KindTrade, sceneTrade, rights.StateImplementing), SellerID: energyID, BuyerID: weatherID})
	m.put(rights.KindPermit, scenePermit, &rights.Permit{Head: sceneHead(rights.KindPermit, scenePermit, rights.StateActive), GrantorID: energyID, PermitteeID: weatherID, BasisID: sceneGrant, ValidFrom: start, ValidTo: far})
	m.put(rights.KindGrant, sceneGrant, &rights.Grant{Head: sceneHead(rights.KindGrant, sceneGrant, rights.StateEffective), GranteeID: energyID, Tier: "GrantL2", ValidFrom: start, ValidTo: far})
	m.put(rights.KindCopy, sceneCopy, &rights.Copy{Head: sceneHead(rights.KindCopy, sceneCopy, rights.StateHeld), HolderID: weatherID, HoldUntil: far,
		Permission: &rights.Permission{Scope: rights.Scope{Actions: []rights.Action{rights.ActHold}, From: start, To: far}}})
}

// measureOn is a measure of that type on a record.
func measureOn(typ string, kind rights.Kind, id string) rights.IssueMeasure {
	b := rights.IssueMeasure{Type: typ, Domain: "data", TargetKind: kind, TargetID: id, LegalBasis: "数据安全法第四十五条", DocumentHash: hash("document")}
	switch typ {
	case rights.MeasureRectify, rights.MeasureOrderDestroy, rights.MeasureOrderCancelRegistration:
		b.DueOn = "2028-12-31"
	}
	return b
}

func (m *market) issued(kid string, b rights.IssueMeasure) string {
	m.t.Helper()
	return m.must(m.do(kid, "measure.issue", b)).id(rights.KindMeasure)
}

func (m *market) served(kid string, b rights.IssueMeasure) string {
	m.t.Helper()
	id := m.issued(kid, b)
	m.must(m.do(kid, "measure.serve", rights.ServeMeasure{MeasureID: id, ReceiptHash: hash("receipt")}))
	return id
}

func (m *market) lift(kid, id string) answer {
	m.t.Helper()
	return m.do(kid, "measure.lift", rights.LiftMeasure{MeasureID: id, Reason: "整改完成"})
}

// asIs is a record without what every write changes; nil when there is none.
func (m *market) asIs(kind rights.Kind, id string) map[string]any {
	m.t.Helper()
	key, _ := state.Key(kind, id)
	raw := m.ledger.Get(key)
	if raw == nil {
		return nil
	}
	var r map[string]any
	if err := json.Unmarshal(raw, &r); err != nil {
		m.t.Fatal(err)
	}
	for _, k := range []string{"version", "updatedAt", "updatedBy", "lastTxId"} {
		delete(r, k)
	}
	return r
}

// measured is every kind of effect there is: on what, and whether it shows.
type measured struct {
	typ    string
	kind   rights.Kind
	id     string
	shows  func(m *market) bool
	lapses bool // by itself, where the rules ask the time
}

// effects lists them over a ledger with a recorded right and the scene.
func effects(right, resource string) []measured {
	suspended := func(kind rights.Kind, id string) func(*market) bool {
		return func(m *market) bool {
			return read[rights.Head](m, kind, id).State == rights.StateSuspended
		}
	}
	return []measured{
		{rights.MeasureSuspendListing, rights.KindListing, sceneListing, suspended(rights.KindListing, sceneListing), false},
		{rights.MeasureSuspendListing, rights.KindProduct, sceneProduct, suspended(rights.KindProduct, sceneProduct), false},
		{rights.MeasureSuspendPermit, rights.KindPermit, scenePermit, suspended(rights.KindPermit, scenePermit), false},
		{rights.MeasureSuspendGrant, rights.KindGrant, sceneGrant, suspended(rights.KindGrant, sceneGrant), false},
		{rights.MeasureFreeze, rights.KindResource, resource, suspended(rights.KindResource, resource), false},
		{rights.MeasureSuspendTrade, rights.KindTrade, sceneTrade, func(m *market) bool { return read[rights.Trade](m, rights.KindTrade, sceneTrade).OnHold }, false},
		{rights.MeasureFreeze, rights.KindRight, right, func(m *market) bool { return m.frozen(right) }, true},
		{rights.MeasureRestrictTrading, rights.KindParticipant, weatherID, func(m *market) bool {
			return slices.ContainsFunc(read[rights.Participant](m, rights.KindParticipant, weatherID).Restrictions, func(r rights.Restriction) bool { return r.To == 0 || m.now < r.To })
		}, true},
		{rights.MeasureOrderDestroy, rights.KindCopy, sceneCopy, func(m *market) bool {
			c := read[rights.Copy](m, rights.KindCopy, sceneCopy)
			return c.TaintNotice != "" && len(c.DestroyOrders) > 0
		}, false},
	}
}

// frozen reports whether a freeze lies beside the right now.
func (m *market) frozen(right string) bool {
	if m.asIs(rights.KindRestraints, right) == nil {
		return false
	}
	return slices.ContainsFunc(read[rights.Restraints](m, rights.KindRestraints, right).Encumbrances, func(e rights.Encumbrance) bool {
		return e.Type == rights.EncFreeze && (e.To == 0 || m.now < e.To)
	})
}

func supervised(t *testing.T) (m *market, right, resource string) {
	m = newMarket(t)
	id := m.recorded(energyID, "measured", "SJ3212026070001")
	m.quiet = true // the scene has none of what stands behind it
	m.marketScene()
	c := m.the(id)
	return m, c.ResultRightIDs[0], c.ObjectID
}

// SM-1, SM-2, A-26: effects come with the service, all of two measures must be
// gone before the target is free, and then it is exactly as it was.
func TestMeasureEffects(t *testing.T) {
	m, right, resource := supervised(t)
	for _, x := range effects(right, resource) {
		t.Run(x.typ+" "+string(x.kind), func(t *testing.T) {
			m.t = t
			before := m.asIs(x.kind, x.id)
			one := m.issued(regulator, measureOn(x.typ, x.kind, x.id))
			if x.shows(m) || !reflect.DeepEqual(before, m.asIs(x.kind, x.id)) {
				t.Fatal("an effect before the service")
			}
			m.must(m.do(regulator, "measure.serve", rights.ServeMeasure{MeasureID: one, ReceiptHash: hash("receipt")}))
			if !x.shows(m) {
				t.Fatal("no effect")
			}
			if sm := read[rights.Measure](m, rights.KindMeasure, one); len(sm.Effects) != 1 || sm.Effects[0].ID != x.id || sm.Effects[0].Undone || sm.From != m.now || sm.State != rights.StateInForce {
				t.Errorf("%+v", sm)
			}
			two := m.served(regulator, measureOn(x.typ, x.kind, x.id))
			m.must(m.lift(regulator, one))
			if !x.shows(m) {
				t.Fatal("A-26: free although a measure is in force")
			}
			m.must(m.lift(regulator, two))
			if x.shows(m) {
				t.Fatal("not free")
			}
			if after := m.asIs(x.kind, x.id); !reflect.DeepEqual(before, after) {
				t.Errorf("SM-1: was %v\nis %v", before, after)
			}
			if sm := read[rights.Measure](m, rights.KindMeasure, two); !sm.Effects[0].Undone || sm.EndedAt != m.now || sm.State != rights.StateLifted {
				t.Errorf("%+v", sm)
			}
			m.refuses(m.lift(regulator, two), rights.CodeState)
		})
	}
}

// An urgent measure works at once, lapses unless served in time, and its end
// can be written down by anyone.
func TestUrgentMeasures(t *testing.T) {
	m, right, resource := supervised(t)
	for _, x := range effects(right, resource) {
		t.Run(x.typ+" "+string(x.kind), func(t *testing.T) {
			m.t = t
			urgent := measureOn(x.typ, x.kind, x.id)
			urgent.Urgent = true
			before := m.asIs(x.kind, x.id)
			id := m.issued(regulator, urgent)
			if !x.shows(m) {
				t.Fatal("no effect at issue")
			}
			sm := read[rights.Measure](m, rights.KindMeasure, id)
			if want := day(rights.CivilDate(m.now)) + 8*86400; sm.UrgentUntil != want {
				t.Errorf("lapses on %s; want %s", rights.CivilDate(sm.UrgentUntil), rights.CivilDate(want))
			}
			lapse := rights.OfMeasure{MeasureID: id}
			m.now = sm.UrgentUntil - 1
			m.refuses(m.do(weatherID+"#1", "measure.expire", lapse), rights.CodeDeadline)
			m.now++
			if e := m.refuses(m.do(regulator, "measure.serve", rights.ServeMeasure{MeasureID: id, ReceiptHash: hash("late")}), rights.CodeDeadline); e.Rule != "3.17" {
				t.Errorf("%+v", e)
			}
			if x.lapses && x.shows(m) {
				t.Error("it outlasts its urgency")
			}
			m.must(m.do(bankID+"#1", "measure.expire", lapse))
			if x.shows(m) || !reflect.DeepEqual(before, m.asIs(x.kind, x.id)) {
				t.Error("not as it was")
			}
			// Served in time it lasts.
			id = m.issued(regulator, urgent)
			m.now += 86400
			m.must(m.do(regulator, "measure.serve", rights.ServeMeasure{MeasureID: id, ReceiptHash: hash("receipt")}))
			m.now += 30 * 86400
			if !x.shows(m) {
				t.Error("it lapsed although it was served")
			}
			m.refuses(m.do(bankID+"#1", "measure.expire", rights.OfMeasure{MeasureID: id}), rights.CodeDeadline)
			m.must(m.lift(regulator, id))
		})
	}
}

// A term ends by itself where the rules ask the time, and by measure.expire in
// the record.
func TestMeasureTerm(t *testing.T) {
	m, right, _ := supervised(t)
	b := measureOn(rights.MeasureFreeze, rights.KindRight, right)
	b.To = m.now
	m.refuses(m.do(regulator, "measure.issue", b), rights.CodeTerm)
	b.To = m.now + 10*86400
	id := m.served(regulator, b)
	unserved := m.issued(regulator, b)
	m.now = b.To - 1
	if !m.frozen(right) {
		t.Error("not frozen in its term")
	}
	m.refuses(m.do(weatherID+"#1", "measure.expire", rights.OfMeasure{MeasureID: id}), rights.CodeDeadline)
	m.now++
	if m.frozen(right) {
		t.Error("frozen past its term")
	}
	m.must(m.do(weatherID+"#1", "measure.expire", rights.OfMeasure{MeasureID: id}))
	m.refuses(m.do(regulator, "measure.serve", rights.ServeMeasure{MeasureID: unserved, ReceiptHash: hash("receipt")}), rights.CodeDeadline)
	m.must(m.do(weatherID+"#1", "measure.expire", rights.OfMeasure{MeasureID: unserved}))
	// What was complied with ends with its term, too.
	b.To = m.now + 86400
	id = m.served(regulator, b)
	m.must(m.do(regulator, "measure.verifyCompliance", rights.OfMeasure{MeasureID: id}))
	m.now = b.To
	m.must(m.do(weatherID+"#1", "measure.expire", rights.OfMeasure{MeasureID: id}))
}

// A-25, SM-3: a regulator acts in its own domain, on every event.
func TestMeasureDomains(t *testing.T) {
	m, right, _ := supervised(t)
	finance := m.regulatorOf(subjectCode(1), "finance")
	second := m.regulatorOf(subjectCode(2), "data")
	wrong := measureOn(rights.MeasureFreeze, rights.KindRight, right)
	if e := m.refuses(m.do(finance, "measure.issue", wrong), rights.CodeRole); e.Rule != "SM-3" || e.Field != "domain" {
		t.Errorf("%+v", e)
	}
	id := m.issued(regulator, measureOn(rights.MeasureFreeze, rights.KindRight, right))
	other := func(name string, body any) {
		t.Helper()
		if e := m.refuses(m.do(finance, name, body), rights.CodeRole); e.Rule != "SM-3" || e.Record != id {
			t.Errorf("%s: %+v", name, e)
		}
	}
	other("measure.serve", rights.ServeMeasure{MeasureID: id, ReceiptHash: hash("receipt")})
	m.must(m.do(regulator, "measure.serve", rights.ServeMeasure{MeasureID: id, ReceiptHash: hash("receipt")}))
	other("measure.verifyCompliance", rights.OfMeasure{MeasureID: id})
	other("measure.lift", rights.LiftMeasure{MeasureID: id, Reason: "x"})
	other("measure.appeal", rights.AppealMeasure{MeasureID: id, AppealRef: "x"})
	m.must(m.do(energyID+"#1", "measure.appeal", rights.AppealMeasure{MeasureID: id, AppealRef: "盐复〔2026〕1号"}))
	other("measure.decideAppeal", rights.DecideAppeal{MeasureID: id, Outcome: "annulled", DecisionHash: hash("d")})
	m.must(m.lift(second, id)) // the domain's, not the institution's
	own := wrong
	own.Domain = "finance"
	m.must(m.lift(finance, m.served(finance, own)))
}

// Compliance, appeal, and what an annulled measure leaves: nothing.
func TestMeasureAppeal(t *testing.T) {
	m, right, _ := supervised(t)
	before := m.asIs(rights.KindRestraints, right)
	id := m.served(regulator, measureOn(rights.MeasureFreeze, rights.KindRight, right))
	decide := func(outcome string) answer {
		return m.do(regulator, "measure.decideAppeal", rights.DecideAppeal{MeasureID: id, Outcome: outcome, DecisionHash: hash(outcome)})
	}
	m.refuses(decide("upheld"), rights.CodeState) // nobody appealed
	m.refuses(m.do(weatherID+"#1", "measure.appeal", rights.AppealMeasure{MeasureID: id, AppealRef: "x"}), rights.CodeRole)
	m.must(m.do(energyID+"#1", "measure.appeal", rights.AppealMeasure{MeasureID: id, AppealRef: "盐复〔2026〕1号"}))
	m.refuses(m.do(energyID+"#1", "measure.appeal", rights.AppealMeasure{MeasureID: id, AppealRef: "盐复〔2026〕2号"}), rights.CodeExists)
	m.must(decide("upheld"))
	if !m.frozen(right) {
		t.Error("an upheld measure has no effect")
	}
	m.refuses(decide("annulled"), rights.CodeState)
	m.must(m.do(energyID+"#1", "measure.reportCompliance", rights.ReportCompliance{MeasureID: id, ReportHash: hash("report")}))
	if sm := read[rights.Measure](m, rights.KindMeasure, id); !sm.Reported || sm.State != rights.StateInForce {
		t.Errorf("%+v", sm)
	}
	// The regulator enters an appeal of who cannot send it.
	m.must(m.do(regulator, "measure.appeal", rights.AppealMeasure{MeasureID: id, AppealRef: "盐复〔2026〕3号"}))
	m.must(decide("annulled"))
	if m.frozen(right) || read[rights.Measure](m, rights.KindMeasure, id).State != rights.StateAnnulled {
		t.Error("an annulled measure has effect")
	}
	if r := m.asIs(rights.KindRestraints, right); before == nil && len(r["encumbrances"].([]any)) != 0 {
		t.Errorf("%v", r)
	}
}

// Expulsion is undone when its measure is: the participant is what it was.
func TestMeasureExpels(t *testing.T) {
	m, _, _ := supervised(t)
	state := func() rights.State {
		return read[rights.Participant](m, rights.KindParticipant, weatherID).State
	}
	for _, was := range []rights.State{rights.StateActive, rights.StateSuspended} {
		edit(rights.KindParticipant, weatherID, func(p *rights.Participant) { p.State, p.MeasureRef = was, "" })(m)
		id := m.served(regulator, measureOn(rights.MeasureExpel, rights.KindParticipant, weatherID))
		if state() != rights.StateExpelled {
			t.Fatalf("is %s", state())
		}
		m.refuses(m.do(weatherID+"#1", "measure.appeal", rights.AppealMeasure{MeasureID: id, AppealRef: "x"}), rights.CodeInactive)
		m.refuses(m.do(regulator, "measure.issue", func() rights.IssueMeasure {
			b := measureOn(rights.MeasureExpel, rights.KindParticipant, weatherID)
			b.Urgent = true
			return b
		}()), rights.CodeState)
		m.must(m.lift(regulator, id))
		if state() != was {
			t.Errorf("was %s, is %s", was, state())
		}
	}
	e := m.refuses(m.do(regulator, "measure.issue", measureOn(rights.MeasureExpel, rights.KindParticipant, bankID)), rights.CodeRole)
	if e.Field != "targetId" {
		t.Errorf("%+v", e)
	}
}

// A resource that its regulator suspended by itself stays so when a measure on
// it ends, and a measure's hold is no resume's to undo.
func TestMeasureOnSuspendedResource(t *testing.T) {
	m, _, resource := supervised(t)
	m.must(m.do(regulator, "resource.suspend", rights.ResourceMeasure{ResourceID: resource, MeasureRef: "盐数监〔2026〕9号"}))
	before := m.asIs(rights.KindResource, resource)
	id := m.served(regulator, measureOn(rights.MeasureFreeze, rights.KindResource, resource))
	if e := m.refuses(m.do(regulator, "resource.resume", rights.ResourceMeasure{ResourceID: resource, MeasureRef: "x"}), rights.CodeState); e.Rule != "SM-2" {
		t.Errorf("%+v", e)
	}
	m.must(m.lift(regulator, id))
	if after := m.asIs(rights.KindResource, resource); !reflect.DeepEqual(before, after) {
		t.Errorf("was %v\nis %v", before, after)
	}
	m.must(m.do(regulator, "resource.resume", rights.ResourceMeasure{ResourceID: resource, MeasureRef: "盐数监〔2026〕9号"}))
}

// A trade stays on hold for its disputes, PL-5: a pledge stays where it is, and
// a copy that an alert tainted keeps that notice.
func TestMeasuresLeaveTheRest(t *testing.T) {
	m, right, _ := supervised(t)
	edit(rights.KindTrade, sceneTrade, func(tr *rights.Trade) { tr.OnHold, tr.DisputeIDs = true, []string{"DS-1"} })(m)
	m.must(m.lift(regulator, m.served(regulator, measureOn(rights.MeasureSuspendTrade, rights.KindTrade, sceneTrade))))
	if !read[rights.Trade](m, rights.KindTrade, sceneTrade).OnHold {
		t.Error("the dispute's hold went with the measure")
	}
	edit(rights.KindRight, right, func(r *rights.Right) {
		r.Encumbrances = []rights.Encumbrance{{Type: rights.EncPledge, RefID: "PL-1", From: start, ByID: bankID}}
	})(m)
	before := m.asIs(rights.KindRight, right)
	version := read[rights.Right](m, rights.KindRight, right).Version
	for _, typ := range []string{rights.MeasureFreeze, rights.MeasureOrderCancelRegistration} {
		m.must(m.lift(regulator, m.served(regulator, measureOn(typ, rights.KindRight, right))))
	}
	if !reflect.DeepEqual(before, m.asIs(rights.KindRight, right)) || read[rights.Right](m, rights.KindRight, right).Version != version {
		t.Error("PL-5: a measure wrote the pledged right's key")
	}
	edit(rights.KindCopy, sceneCopy, func(c *rights.Copy) { c.TaintNotice = "AL-1" })(m)
	m.must(m.lift(regulator, m.served(regulator, measureOn(rights.MeasureOrderDestroy, rights.KindCopy, sceneCopy))))
	if c := read[rights.Copy](m, rights.KindCopy, sceneCopy); c.TaintNotice != "AL-1" {
		t.Errorf("notice %q", c.TaintNotice)
	}
	// What left Suspended on its own is not called back.
	id := m.served(regulator, measureOn(rights.MeasureSuspendListing, rights.KindListing, sceneListing))
	edit(rights.KindListing, sceneListing, func(l *rights.Listing) { l.State = rights.StateDelisted })(m)
	m.must(m.lift(regulator, id))
	if l := read[rights.Listing](m, rights.KindListing, sceneListing); l.State != rights.StateDelisted || len(l.SuspendedBy) != 0 {
		t.Errorf("%+v", l)
	}
}

// a freeze stops what the matrix says, renewal is not among it; its reach
// to the holder's own use is the measure's to say.
func TestFreezeIsAFreeze(t *testing.T) {
	m, right, _ := supervised(t)
	for _, use := range []bool{false, true} {
		b := measureOn(rights.MeasureFreeze, rights.KindRight, right)
		b.FreezeUse = use
		id := m.served(regulator, b)
		list := read[rights.Restraints](m, rights.KindRestraints, right).Encumbrances
		if len(list) != 1 || list[0].Type != rights.EncFreeze || list[0].RefID != id || list[0].Use != use || list[0].ByID != regulatorID {
			t.Errorf("%+v", list)
		}
		m.must(m.lift(regulator, id))
	}
	for _, row := range rights.Matrix() {
		if want := row.Use == rights.UseRenew; (row.Freeze == rights.Allow) != want {
			t.Errorf("%s under a freeze: %s", row.Use, row.Freeze)
		}
	}
}

func TestIssueMeasure(t *testing.T) {
	m, right, _ := supervised(t)
	for _, x := range []struct {
		name   string
		change func(*rights.IssueMeasure)
		code   rights.Code
		field  string
	}{
		{"no such type", func(b *rights.IssueMeasure) { b.Type = "Freeze" }, rights.CodeFormat, "type"},
		{"no such domain", func(b *rights.IssueMeasure) { b.Domain = "market" }, rights.CodeFormat, "domain"},
		{"the type cannot be aimed at that", func(b *rights.IssueMeasure) { b.TargetKind, b.TargetID = rights.KindTrade, sceneTrade }, rights.CodeFormat, "targetKind"},
		{"no target", func(b *rights.IssueMeasure) { b.TargetID = "RT-320902-20260706-000000000000-00" }, rights.CodeNotFound, "targetId"},
		{"empty target", func(b *rights.IssueMeasure) { b.TargetID = "" }, rights.CodeFormat, "targetId"},
		{"no legal basis", func(b *rights.IssueMeasure) { b.LegalBasis = "" }, rights.CodeFormat, "legalBasis"},
		{"no document", func(b *rights.IssueMeasure) { b.DocumentHash = "" }, rights.CodeFormat, "documentHash"},
		{"somebody else's right", func(b *rights.IssueMeasure) { b.SubjectID = weatherID }, rights.CodeFormat, "subjectId"},
		{"no such alert", func(b *rights.IssueMeasure) { b.AlertIDs = []string{"AL-320902-20260706-000000000000-00"} }, rights.CodeNotFound, "alertIds[0]"},
		{"no such case", func(b *rights.IssueMeasure) { b.CaseID = "RG-320902-20260706-000000000000-00" }, rights.CodeNotFound, "caseId"},
		{"a case that is none", func(b *rights.IssueMeasure) { b.CaseID = right }, rights.CodeFormat, "caseId"},
		{"an order without a day", func(b *rights.IssueMeasure) { b.Type = rights.MeasureRectify }, rights.CodeFormat, "dueOn"},
		{"due in the past", func(b *rights.IssueMeasure) { b.Type, b.DueOn = rights.MeasureRectify, "2026-07-05" }, rights.CodeTerm, "dueOn"},
		{"use of what is no right", func(b *rights.IssueMeasure) {
			b.Type, b.TargetKind, b.TargetID, b.FreezeUse = rights.MeasureSuspendTrade, rights.KindTrade, sceneTrade, true
		}, rights.CodeFormat, "freezeUse"},
		{"negative end", func(b *rights.IssueMeasure) { b.To = -1 }, rights.CodeTerm, "to"},
		{"on oneself", func(b *rights.IssueMeasure) {
			b.Type, b.TargetKind, b.TargetID = rights.MeasureWarning, rights.KindParticipant, regulatorID
		}, rights.CodeSelf, "subjectId"},
	} {
		t.Run(x.name, func(t *testing.T) {
			m.t = t
			b := measureOn(rights.MeasureFreeze, rights.KindRight, right)
			x.change(&b)
			if e := m.refuses(m.do(regulator, "measure.issue", b), x.code); e.Field != x.field {
				t.Errorf("field %q; want %q: %v", e.Field, x.field, e)
			}
		})
	}
	m.t = t
	// What has ended takes no more effect.
	for kind, harm := range map[rights.Kind]func(){
		rights.KindRight: func() {
			edit(rights.KindRight, right, func(r *rights.Right) { r.State = rights.StateExpired })(m)
		},
		rights.KindListing: func() {
			edit(rights.KindListing, sceneListing, func(l *rights.Listing) { l.State = rights.StateDelisted })(m)
		},
		rights.KindCopy: func() {
			edit(rights.KindCopy, sceneCopy, func(c *rights.Copy) { c.State = rights.StateDestroyed })(m)
		},
	} {
		x := map[rights.Kind]rights.IssueMeasure{
			rights.KindRight:   measureOn(rights.MeasureFreeze, rights.KindRight, right),
			rights.KindListing: measureOn(rights.MeasureSuspendListing, rights.KindListing, sceneListing),
			rights.KindCopy:    measureOn(rights.MeasureOrderDestroy, rights.KindCopy, sceneCopy),
		}[kind]
		id := m.issued(regulator, x)
		harm()
		m.refuses(m.do(regulator, "measure.serve", rights.ServeMeasure{MeasureID: id, ReceiptHash: hash("receipt")}), rights.CodeState)
	}
	// The words-only types touch nothing, whatever they are aimed at.
	for _, typ := range []string{rights.MeasureInterview, rights.MeasureWarning, rights.MeasureRectify, rights.MeasureTransferCase} {
		before := maps.Clone(m.asIs(rights.KindParticipant, weatherID))
		id := m.served(regulator, measureOn(typ, rights.KindParticipant, weatherID))
		if sm := read[rights.Measure](m, rights.KindMeasure, id); len(sm.Effects) != 0 || !reflect.DeepEqual(before, m.asIs(rights.KindParticipant, weatherID)) {
			t.Errorf("%s: %+v", typ, sm)
		}
		m.must(m.lift(regulator, id))
	}
}

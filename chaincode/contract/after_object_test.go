package contract_test

import (
	"fmt"
	"testing"

	"github.com/datarights/datarights/chaincode/rights"
)

func (m *market) head(kind rights.Kind, id string, s rights.State) rights.Head {
	return rights.Head{DocType: string(kind), ID: id, SchemaVersion: 1, Version: 1, State: s, RuleProfileVer: "LOCAL@1", CreatedAt: start, CreatedBy: "x", UpdatedAt: start, UpdatedBy: "x", LastTxID: "x"}
}

// bought sets the scene of a copy that a buyer received of content, whose own
// commands are the trade area's.
func (m *market) bought(buyer, content string, may ...rights.Action) string {
	const id = "CP-320902-20260701-0123456789ab-00"
	all := []string{"*"}
	m.put(rights.KindCopy, id, &rights.Copy{Head: m.head(rights.KindCopy, id, "Held"), HolderID: buyer, DeliveryID: "DL-x", ProductID: "DP-x", Version: 1, MatchTag: hash("tag " + content),
		HoldUntil: far, DestroyDueAt: far, Permission: &rights.Permission{Scope: rights.Scope{ObjectIDs: all, Purposes: all, Regions: []string{"3209"}, Industries: all, Actions: may, MaxGrade: 3, Envs: []rights.Env{"*"}, From: start, To: far}}})
	m.put(rights.PointerReceived, hash("tag "+content)+"/"+buyer, map[string]any{"copies": []string{id}})
	return id
}

// product sets the scene of an approved product, whose own commands are the
// product area's.
func (m *market) product(owner, content string, substantive bool, inputs ...rights.ProductInput) string {
	const id, lineage = "DP-320902-20260701-0123456789ab-01", "LN-320902-20260701-0123456789ab-02"
	root := hash("root " + owner + content)
	m.put(rights.KindLineage, lineage, &rights.Lineage{Head: m.head(rights.KindLineage, lineage, "Asserted"), Substantive: substantive, OperatorID: owner,
		Outputs: []rights.LineageOutput{{Type: "Product", ContentRoot: root, Grade: 2}}})
	m.put(rights.KindProduct, id, &rights.Product{Head: m.head(rights.KindProduct, id, "Approved"), Name: "产品", Overview: "概述", OwnerID: owner, ProductType: "Dataset", Inputs: inputs,
		Versions: []rights.ProductVersion{{No: 1, ContentRoot: root, MatchTag: hash("tag " + content), LineageID: lineage}}, Grade: 2, Level: "LevelGeneral", PI: "None", SubjectClass: "SubjectEnterprise",
		IndustryCode: "D44", RegionCode: "320902", RegionRange: "Municipal"})
	return id
}

func ofProduct(id string, basis ...rights.Basis) rights.Submit {
	s := application(id)
	s.ObjectType, s.Papers = "Product", papers(rights.DocAgreement)
	if s.Basis = basis; len(basis) == 0 {
		s.Basis = []rights.Basis{{Type: "BasisOffLedger", EvidenceHash: hash("agreement")}}
	}
	return s
}

// content one received a copy of is neither catalogued nor
// registered as one's own, however it is dressed; the tag tells.
func TestGateA(t *testing.T) {
	m := newMarket(t)
	m.quiet = true
	copyID := m.bought(weatherID, "energy", rights.ActHold, rights.ActQuery, rights.ActProcess)
	for _, source := range []string{"SrcCollected", "SrcCrawled"} {
		r := m.resource(weatherID, "energy")
		r.SourceType = source
		if e := m.refuses(m.do(weatherID+"#1", "resource.catalogue", r), rights.CodeResale); e.Record != copyID {
			t.Errorf("%+v", e)
		}
	}
	// As a next version of something collected, neither.
	own := m.catalogue(weatherID, "harmless")
	v := m.resource(weatherID, "energy")
	m.refuses(m.do(weatherID+"#1", "resource.addVersion", rights.AddVersion{ResourceID: own, ContentRoot: v.ContentRoot, MatchTag: v.MatchTag, TagEpoch: 1, TagAttestation: v.TagAttestation, SourceNote: "x"}), rights.CodeResale)
	// By agreement it is catalogued; the right still needs the copy named, and what it allows.
	r := m.resource(weatherID, "energy")
	r.SourceType = "SrcAgreement"
	obj := m.must(m.do(weatherID+"#1", "resource.catalogue", r)).id(rights.KindResource)
	apply := func(basis rights.Basis) answer {
		s := application(obj, rights.RightUse)
		s.Papers, s.Basis = papers(rights.DocAgreement), []rights.Basis{basis}
		return m.do(weatherID+"#1", "registration.submit", s)
	}
	named := rights.Basis{Type: "BasisTrade", RefID: copyID}
	m.refuses(apply(rights.Basis{Type: "BasisOffLedger", EvidenceHash: hash("x")}), rights.CodeResale)
	m.refuses(apply(named), rights.CodeResale)
	m.bought(weatherID, "energy", rights.ActProcess, rights.ActDerive, rights.ActProvide) // no lineage: nothing was derived
	m.refuses(apply(named), rights.CodeResale)
	m.bought(weatherID, "energy", rights.ActProcess, rights.ActResell)
	id := m.must(apply(named)).id(rights.KindCase)
	// Asked again when it is recorded; and the right reaches no further than the copy.
	m.bought(weatherID, "energy", rights.ActProcess)
	m.refuses(m.done(id, "SJ3212026070001"), rights.CodeResale)
	m.bought(weatherID, "energy", rights.ActProcess, rights.ActResell)
	m.must(m.registrar("registration.record", rights.RecordCase{CaseID: id, CertNo: "SJ3212026070001"}))
	right := m.right(m.the(id).ResultRightIDs[0])
	if s := right.Scope; s == nil || fmt.Sprint(s.Regions, s.Actions, s.ObjectIDs, s.MaxGrade) != fmt.Sprint([]string{"3209"}, []rights.Action{"ActProcess"}, []string{obj}, 3) {
		t.Errorf("%+v", s)
	}
	// Somebody else's content of the same tag is his own affair.
	m.catalogue(energyID, "energy")
	// A copy that is another's, or none, is no basis.
	edit(rights.KindCopy, copyID, func(c *rights.Copy) { c.HolderID = energyID })(m)
	m.refuses(apply(named), rights.CodeBasis)
	m.refuses(apply(rights.Basis{Type: "BasisTrade", RefID: right.ID}), rights.CodeBasis)
	m.refuses(apply(rights.Basis{Type: "BasisTrade"}), rights.CodeBasis)
}

// A-9, RT-2: the operation right over a product needs every input to allow
// deriving and providing, and a derivation in substance.
func TestProductRights(t *testing.T) {
	m := newMarket(t)
	m.quiet = true
	copyID := m.bought(weatherID, "raw", rights.ActProcess, rights.ActDerive, rights.ActProvide)
	input := rights.ProductInput{ObjectType: "Product", ObjectID: "DP-x", Version: 1, PermissionRef: copyID}
	apply := func(basis ...rights.Basis) answer {
		return m.do(weatherID+"#1", "registration.submit", ofProduct("DP-320902-20260701-0123456789ab-01", basis...))
	}
	id := m.product(weatherID, "derived", true, input)
	for name, x := range map[string]struct {
		set  func()
		code rights.Code
	}{
		"an input without ActDerive":  {func() { m.bought(weatherID, "raw", rights.ActProcess, rights.ActProvide) }, rights.CodeBasis},
		"an input without ActProvide": {func() { m.bought(weatherID, "raw", rights.ActProcess, rights.ActDerive) }, rights.CodeBasis},
		"an input of somebody else's": {func() { edit(rights.KindCopy, copyID, func(c *rights.Copy) { c.HolderID = energyID })(m) }, rights.CodeBasis},
		"an input whose term is over": {func() { edit(rights.KindCopy, copyID, func(c *rights.Copy) { c.HoldUntil = m.now })(m) }, rights.CodeBasis},
		"no derivation in substance":  {func() { m.product(weatherID, "derived", false, input) }, rights.CodeBasis},
		"a lineage that was refuted": {func() {
			edit(rights.KindLineage, "LN-320902-20260701-0123456789ab-02", func(l *rights.Lineage) { l.State = "Refuted" })(m)
		}, rights.CodeLineage},
		"not approved": {func() { edit(rights.KindProduct, id, func(p *rights.Product) { p.State = "Draft" })(m) }, rights.CodeState},
		"public data without its code": {func() {
			edit(rights.KindProduct, id, func(p *rights.Product) { p.PublicData = &rights.PublicData{GrantID: "GR-x"} })(m)
		}, rights.CodeBasis},
		"public data, its code has ended": {func() {
			edit(rights.KindProduct, id, func(p *rights.Product) {
				p.PublicData = &rights.PublicData{PublicRegCode: "x", PublicRegValidTo: m.now}
			})(m)
		}, rights.CodeBasis},
	} {
		before := m.ledger
		m.ledger = m.ledger.Clone()
		x.set()
		if a := apply(); a.refusal == nil || a.refusal.Code != x.code {
			t.Errorf("%s: %v; want %s", name, a.refusal, x.code)
		}
		m.ledger = before
	}
	// Another's product is not one's own.
	if e := m.refuses(m.do(energyID+"#1", "registration.submit", func() rights.Submit {
		s := ofProduct(id)
		s.SourceType = "SrcAgreement"
		return s
	}()), rights.CodeBasis); e.Rule != "RT-2" {
		t.Errorf("%+v", e)
	}
	// Equal content to a received copy, derived and provided in substance: allowed on that copy's permission.
	m.bought(weatherID, "derived", rights.ActProcess, rights.ActDerive, rights.ActProvide)
	m.refuses(apply(), rights.CodeResale)
	done := m.must(apply(rights.Basis{Type: "BasisTrade", RefID: copyID})).id(rights.KindCase)
	m.must(m.done(done, "SJ3212026070001"))
	c := m.the(done)
	right := m.right(c.ResultRightIDs[2])
	if right.ObjectType != "Product" || right.ObjectID != id || right.Scope != nil || c.ObjectType != "Product" || m.cert("SJ3212026070001").DataName != "产品" {
		t.Errorf("%+v", right)
	}
	// The copy's end is the right's, unless what is derived outlives it.
	edit(rights.KindCopy, copyID, func(c *rights.Copy) { c.HoldUntil = m.now + 1 })(m)
	m.now += 2
	if why, err := rights.EffectiveAt(finder{m}, right, m.now, 16); why == nil || err != nil {
		t.Errorf("effective without its copy: %v", err)
	}
}

// RG-7: public data is registered itself. No right comes of it; a code does.
func TestPublicRegistration(t *testing.T) {
	m := newMarket(t)
	r := m.resource(energyID, "public")
	r.SubjectClass, r.PublicKind, r.SourceUnitID = "SubjectPublic", "GovDuty", energyID
	obj := m.must(m.do(energyID+"#1", "resource.catalogue", r)).id(rights.KindResource)
	kid := energyID + "#1"
	for name, x := range map[string]struct {
		change func(*rights.Submit)
		code   rights.Code
	}{
		"rights":             {func(s *rights.Submit) { s.RightKinds = []rights.RightKind{rights.RightUse} }, rights.CodeFormat},
		"a transfer":         {func(s *rights.Submit) { s.RegType, s.CounterpartyID = "RegTransfer", weatherID }, rights.CodeFormat},
		"papers":             {func(s *rights.Submit) { s.Papers = nil }, rights.CodeFormat},
		"what is not public": {func(s *rights.Submit) { s.ObjectID = m.catalogue(energyID, "private") }, rights.CodeBasis},
		"a change before the first": {func(s *rights.Submit) {
			s.RegType, s.Changes = "RegChange", &rights.Changes{Overview: "x", Note: "x"}
		}, rights.CodeState},
	} {
		s := publicApplication(obj, "RegFirst")
		x.change(&s)
		if a := m.do(kid, "registration.submit", s); a.refusal == nil || a.refusal.Code != x.code {
			t.Errorf("%s: %v; want %s", name, a.refusal, x.code)
		}
	}
	m.refuses(m.do(weatherID+"#1", "registration.submit", publicApplication(obj, "RegFirst")), rights.CodeRole)
	id := m.must(m.do(kid, "registration.submit", publicApplication(obj, "RegFirst"))).id(rights.KindCase)
	m.refuses(m.do(kid, "registration.submit", publicApplication(obj, "RegFirst")), rights.CodeExists)
	m.must(m.event(officer, "accept", id))
	issue := func(id, code string) answer {
		return m.registrar("registration.issueCode", rights.IssueCode{CaseID: id, PublicRegCode: code, Findings: positive()})
	}
	m.refuses(issue(id, "GGSJ-1"), rights.CodeState) // ten working days of notice first
	m.must(m.registrar("registration.publishNotice", rights.PublishNotice{CaseID: id, Findings: positive()}))
	m.refuses(issue(id, "GGSJ-1"), rights.CodeDeadline)
	m.now = m.the(id).NoticeEndsAt
	m.refuses(m.registrar("registration.record", rights.RecordCase{CaseID: id, CertNo: "SJ3212026070001"}), rights.CodeState)
	m.refuses(issue(id, ""), rights.CodeFormat)
	m.must(issue(id, "GGSJ-1"))
	res := func() *rights.Resource { return read[rights.Resource](m, rights.KindResource, obj) }
	if r := res(); r.PublicRegCode != "GGSJ-1" || r.PublicRegValidTo != rights.AddMonths(m.now, 36) || m.the(id).PublicRegCode != "GGSJ-1" {
		t.Errorf("%+v", r)
	}
	m.refuses(m.do(kid, "registration.submit", publicApplication(obj, "RegFirst")), rights.CodeExists)
	// A change, needing no notice; then its end.
	s := publicApplication(obj, "RegChange")
	s.Changes = &rights.Changes{Overview: "改写的概述", Note: "x"}
	later := func(s rights.Submit) string {
		id := m.must(m.do(kid, "registration.submit", s)).id(rights.KindCase)
		m.must(m.event(officer, "accept", id))
		return id
	}
	id = later(s)
	m.refuses(issue(id, "GGSJ-2"), rights.CodeFormat)
	m.must(issue(id, ""))
	if r := res(); r.Overview != "改写的概述" || r.PublicRegCode != "GGSJ-1" {
		t.Errorf("%+v", r)
	}
	m.refuses(m.do(kid, "registration.submit", publicApplication(obj, "RegRenewal")), rights.CodeDeadline)
	for _, y := range []int64{2028, 2029} {
		m.must(m.do(regulatorID+"#1", "workCalendar.publish", rights.PublishCalendar{Year: y, Ver: 1, NonWorking: []string{}, ExtraWorking: []string{}}))
	}
	end := res().PublicRegValidTo
	m.now = end - 60*86400
	m.must(issue(later(publicApplication(obj, "RegRenewal")), ""))
	if r := res(); r.PublicRegValidTo != rights.AddMonths(end, 36) {
		t.Errorf("%+v", r)
	}
	s = publicApplication(obj, "RegCancel")
	s.CancelReason = "Voluntary"
	m.must(issue(later(s), ""))
	if r := res(); r.PublicRegCode != "" || r.PublicRegValidTo != 0 {
		t.Errorf("%+v", r)
	}
	// A code is given once, for ever: not to another object.
	r = m.resource(weatherID, "public too")
	r.SubjectClass, r.PublicKind, r.SourceUnitID = "SubjectPublic", "GovDuty", weatherID
	kid, obj = weatherID+"#1", m.must(m.do(weatherID+"#1", "resource.catalogue", r)).id(rights.KindResource)
	id = later(publicApplication(obj, "RegFirst"))
	m.must(m.registrar("registration.publishNotice", rights.PublishNotice{CaseID: id, Findings: positive()}))
	m.now = m.the(id).NoticeEndsAt
	m.refuses(issue(id, "GGSJ-1"), rights.CodeExists)
}

// 2.10: a ground with nothing to show for it is recorded, and told.
func TestUnexplainedDuplicate(t *testing.T) {
	for _, explained := range []bool{false, true} {
		m := newMarket(t)
		m.recorded(energyID, "energy", "SJ3212026070001")
		id := m.noticed(weatherID, "energy")
		m.now = m.the(id).NoticeEndsAt
		review := &rights.DupReview{Ground: "DupIndependent"}
		if explained {
			review.NoteHash = hash("note")
		}
		a := m.must(m.registrar("registration.record", rights.RecordCase{CaseID: id, CertNo: "SJ3212026070002", DuplicateReview: review}))
		if alert := a.id(rights.KindAlert); (alert == "") != explained {
			t.Errorf("explained %t, alert %q", explained, alert)
		} else if alert != "" && read[rights.Alert](m, rights.KindAlert, alert).RuleCode != "AL-REG-DUP" {
			t.Errorf("%+v", read[rights.Alert](m, rights.KindAlert, alert))
		}
	}
}

// SD-5: a transfer inside a group is allowed, and says so.
func TestRelatedPartyTransfer(t *testing.T) {
	m := newMarket(t)
	rec := m.recorded(energyID, "energy", "SJ3212026070001")
	for _, group := range []string{"", hash("group")} {
		for _, id := range []string{energyID, weatherID} {
			edit(rights.KindParticipant, id, func(p *rights.Participant) { p.GroupID = group })(m)
		}
		id := m.must(m.do(energyID+"#1", "registration.submit", m.transferTo(weatherID, rec))).id(rights.KindCase)
		if m.the(id).RelatedParty != (group != "") {
			t.Errorf("group %q: %+v", group, m.the(id))
		}
		m.must(m.event(energyID+"#1", "withdraw", id))
	}
}

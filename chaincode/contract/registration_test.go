package contract_test

import (
	"encoding/hex"
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/datarights/datarights/chaincode/rights"
	"github.com/datarights/datarights/internal/gm"
	"github.com/datarights/datarights/internal/merkle"
)

// day is the first instant of a day in Shanghai.
func day(d string) int64 {
	sec, ok := rights.ParseDate(d)
	if !ok {
		panic(d)
	}
	return sec
}

func (m *market) the(id string) *rights.Case { return read[rights.Case](m, rights.KindCase, id) }

// act sends a registrar's event that needs nothing but the case.
func (m *market) event(kid, event, id string) answer {
	m.t.Helper()
	return m.do(kid, "registration."+event, rights.OfCase{CaseID: id})
}

const officer = registrarID + "#1"

// the whole way of one registration, to the second.
func TestFirstRegistration(t *testing.T) {
	m := newMarket(t)
	id := m.noticed(energyID, "energy")
	c := m.the(id)
	if c.NoticeEndsAt != day("2026-07-14") { // published on Monday the 6th; five working days
		t.Errorf("notice ends %s", rights.CivilDate(c.NoticeEndsAt))
	}
	m.now = c.NoticeEndsAt - 1
	if e := m.refuses(m.registrar("registration.record", rights.RecordCase{CaseID: id, CertNo: "SJ3212026070001"}), rights.CodeDeadline); e.Record != id {
		t.Errorf("%+v", e)
	}
	m.now = c.NoticeEndsAt
	done := m.must(m.registrar("registration.record", rights.RecordCase{CaseID: id, CertNo: "SJ3212026070001",
		Remarks: []rights.Remark{{Type: "AgreedCondition", Text: "仅限本市"}}, NationalRef: &rights.NationalRef{EvidenceNo: "GJ-1"}}))

	c = m.the(id)
	if c.State != rights.StateRecorded || len(c.ResultRightIDs) != 3 || len(c.Late) != 0 || c.PausedDays != 5 {
		t.Fatalf("%+v", c)
	}
	for i, r := range c.ResultRightIDs {
		right := read[rights.Right](m, rights.KindRight, r)
		if right.State != rights.StateActive || right.HolderID != energyID || right.Kind != c.RightKinds[i] || right.ValidFrom != m.now || right.ValidTo != rights.AddMonths(m.now, 60) ||
			right.Basis[0].Type != "BasisOriginal" || right.RuleProfileVer != "DRWG@1" || len(right.Remarks) != 1 || right.CreatedBy != officer {
			t.Errorf("right %+v", right)
		}
	}
	cert := read[rights.Certificate](m, rights.KindCertificate, "SJ3212026070001")
	if cert.State != rights.StateValid || cert.Version != 1 || len(cert.Rights) != 3 || cert.DemoProfile || cert.HolderName != "盐城新能源发电有限公司" ||
		cert.ContentRoot != hash("root "+energyID+"energy") || cert.ValidTo != rights.AddMonths(m.now, 60) {
		t.Errorf("certificate %+v", cert)
	}
	var leaves [][]byte
	for _, p := range c.Papers {
		leaves = append(leaves, []byte(p.Hash))
	}
	if want := "sm3:" + hex.EncodeToString(merkle.Root(gm.NewSM3, leaves)); cert.EvidenceRoot != want {
		t.Errorf("evidence root %s; want %s", cert.EvidenceRoot, want)
	}
	var kinds []string
	for _, r := range done.Result.Records {
		kinds = append(kinds, string(r.Kind)+" "+string(r.State))
	}
	if got := strings.Join(kinds, ", "); got != "RT Active, RT Active, RT Active, CT Valid, RG Recorded" {
		t.Errorf("the answer lists %s", got)
	}
}

func TestSubmitRefuses(t *testing.T) {
	m := newMarket(t)
	obj := m.catalogue(energyID, "x")
	with := func(content string, change func(*rights.Catalogue)) string {
		r := m.resource(energyID, content)
		change(&r)
		return m.must(m.do(energyID+"#1", "resource.catalogue", r)).id(rights.KindResource)
	}
	crawled := with("crawled", func(r *rights.Catalogue) { r.SourceType = "SrcCrawled" })
	hosted := with("hosted", func(r *rights.Catalogue) { r.CustodianID, r.CustodyAgreement = weatherID, hash("custody") })
	government := with("government", func(r *rights.Catalogue) {
		r.SubjectClass, r.PublicKind, r.SourceUnitID = "SubjectPublic", "GovDuty", energyID
	})
	hospital := with("hospital", func(r *rights.Catalogue) {
		r.SubjectClass, r.PublicKind, r.SourceUnitID = "SubjectPublic", "Institution", energyID
	})
	grade3 := with("grade3", func(r *rights.Catalogue) { r.Grade = 3 })
	personal := with("personal", func(r *rights.Catalogue) { r.PI = "SensitivePI" })
	important := with("important", func(r *rights.Catalogue) { r.Level, r.Grade = "LevelImportant", 5 })
	joint := with("joint", func(r *rights.Catalogue) { r.SourceType = "SrcJoint" })
	agreed := with("agreed", func(r *rights.Catalogue) { r.SourceType = "SrcAgreement" })
	use, operation := []rights.RightKind{rights.RightUse}, []rights.RightKind{rights.RightOperation}
	offLedger := []rights.Basis{{Type: "BasisOffLedger", EvidenceHash: hash("agreement")}}
	by := func(kid string) func(*rights.Submit) string { return func(*rights.Submit) string { return kid } }

	for _, c := range []struct {
		name   string
		change func(*rights.Submit) (kid string)
		code   rights.Code
		field  string
	}{
		{"by the registrar itself (A-31)", by(officer), rights.CodeSelf, "applicantIds[0]"},
		{"by a regulator", by(regulatorID + "#1"), rights.CodeSelf, "applicantIds[0]"},
		{"a type not taken", func(s *rights.Submit) string { s.RegType = "RegGift"; return "" }, rights.CodeFormat, "regType"},
		{"a profile not taken", func(s *rights.Submit) string { s.Profile = "MINE"; return "" }, rights.CodeFormat, "profile"},
		{"registrar's check digit", func(s *rights.Submit) string { s.RegistrarID = "91320900MA0A00073V"; return "" }, rights.CodeFormat, "registrarId"},
		{"registrar not here", func(s *rights.Submit) string { s.RegistrarID = buyerID; return "" }, rights.CodeNotFound, "registrarId"},
		{"registrar that is none", func(s *rights.Submit) string { s.RegistrarID = bankID; return "" }, rights.CodeRole, "registrarId"},
		{"object not here", func(s *rights.Submit) string { s.ObjectID = "DR-0"; return "" }, rights.CodeNotFound, "objectId"},
		{"object is a participant", func(s *rights.Submit) string { s.ObjectID = energyID; return "" }, rights.CodeNotFound, "objectId"},
		{"object of a kind not taken", func(s *rights.Submit) string { s.ObjectType = "Service"; return "" }, rights.CodeFormat, "objectType"},
		{"a product there is not", func(s *rights.Submit) string { s.ObjectType = "Product"; return "" }, rights.CodeNotFound, "objectId"},
		{"rights named in a first registration", func(s *rights.Submit) string { s.TargetRightIDs = []string{"RT-0"}; return "" }, rights.CodeFormat, "targetRightIds"},
		{"another side in a first registration", func(s *rights.Submit) string { s.CounterpartyID = weatherID; return "" }, rights.CodeFormat, "counterpartyId"},
		{"version to come", func(s *rights.Submit) string { s.ObjectVersion = 2; return "" }, rights.CodeNotFound, "objectVersion"},
		{"version below", func(s *rights.Submit) string { s.ObjectVersion = -1; return "" }, rights.CodeNotFound, "objectVersion"},
		{"no kinds", func(s *rights.Submit) string { s.RightKinds = nil; return "" }, rights.CodeFormat, "rightKinds"},
		{"kind twice", func(s *rights.Submit) string {
			s.RightKinds = []rights.RightKind{rights.RightUse, rights.RightUse}
			return ""
		}, rights.CodeFormat, "rightKinds[1]"},
		{"no such kind", func(s *rights.Submit) string { s.RightKinds[2] = "RightOwnership"; return "" }, rights.CodeFormat, "rightKinds[2]"},
		{"two applicants", func(s *rights.Submit) string { s.ApplicantIDs = []string{energyID, weatherID}; return "" }, rights.CodeFormat, "applicantIds"},
		{"applicant not here", func(s *rights.Submit) string { s.ApplicantIDs = []string{buyerID}; return "" }, rights.CodeNotFound, "applicantIds[0]"},
		{"another source than catalogued", func(s *rights.Submit) string { s.SourceType = "SrcAgreement"; return "" }, rights.CodeFormat, "sourceType"},
		{"no papers", func(s *rights.Submit) string { s.Papers = nil; return "" }, rights.CodeFormat, "evidence"},
		{"a paper missing", func(s *rights.Submit) string { s.Papers = s.Papers[1:]; return "" }, rights.CodeFormat, "evidence"},
		{"a paper without hash", func(s *rights.Submit) string { s.Papers[0].Hash = "sm3:x"; return "" }, rights.CodeFormat, "evidence[0].hash"},
		{"a signature without algorithm", func(s *rights.Submit) string { s.Papers[0].SignHash = hash("x"); return "" }, rights.CodeFormat, "evidence[0].signAlg"},
		{"a paper of no day", func(s *rights.Submit) string { s.Papers[0].IssuedOn = "yesterday"; return "" }, rights.CodeFormat, "evidence[0].issuedOn"},
		{"a locator of a page", func(s *rights.Submit) string { s.Papers[0].Locator = strings.Repeat("x", 201); return "" }, rights.CodeFormat, "evidence[0].locator"},
		{"61 papers", func(s *rights.Submit) string { s.Papers = slices.Repeat(s.Papers[:1], 61); return "" }, rights.CodeFormat, "evidence"},
		{"grade 3 without opinion", func(s *rights.Submit) string { s.ObjectID = grade3; return "" }, rights.CodeFormat, "evidence"},
		{"personal data without opinion", func(s *rights.Submit) string { s.ObjectID, s.Papers = personal, papers(rights.DocPIA); return "" }, rights.CodeFormat, "evidence"},
		{"personal data without assessment", func(s *rights.Submit) string {
			s.ObjectID, s.Papers = personal, papers(rights.DocCompliance)
			return ""
		}, rights.CodeFormat, "evidence"},
		{"important data to be resold", func(s *rights.Submit) string {
			s.ObjectID, s.Papers, s.Limits = important, papers(rights.DocCompliance), &rights.Limits{ResaleAllowed: true}
			return ""
		}, rights.CodeGrade, "limits.resaleAllowed"},
		{"custodian of hosted data (A-5)", func(s *rights.Submit) string {
			s.ObjectID, s.SourceType, s.Basis, s.Papers = hosted, "SrcAgreement", offLedger, papers(rights.DocAgreement)
			return weatherID + "#1"
		}, rights.CodeBasis, "applicantIds"},
		{"operation of crawled data (A-6)", func(s *rights.Submit) string { s.ObjectID = crawled; return "" }, rights.CodeBasis, "rightKinds[2]"},
		{"operation of crawled data by agreement", func(s *rights.Submit) string {
			s.ObjectID, s.SourceType, s.Basis, s.Papers, s.RightKinds = crawled, "SrcAgreement", offLedger, papers(rights.DocAgreement), operation
			return weatherID + "#1"
		}, rights.CodeBasis, "rightKinds[0]"},
		{"raw government data (A-7)", func(s *rights.Submit) string { s.ObjectID = government; return "" }, rights.CodeBasis, "objectId"},
		{"an institution's raw data", func(s *rights.Submit) string { s.ObjectID = hospital; return "" }, rights.CodeBasis, "objectId"},
		{"somebody else's as one's own", func(s *rights.Submit) string { return weatherID + "#1" }, rights.CodeBasis, "sourceType"},
		{"agreement without paper", func(s *rights.Submit) string { s.ObjectID, s.Basis = agreed, offLedger; return "" }, rights.CodeFormat, "evidence"},
		{"agreement without basis", func(s *rights.Submit) string { s.ObjectID, s.Papers = agreed, papers(rights.DocAgreement); return "" }, rights.CodeBasis, "basis"},
		{"joint without consents", func(s *rights.Submit) string {
			s.ObjectID, s.Papers, s.Basis = joint, papers(rights.DocAgreement), offLedger
			return ""
		}, rights.CodeFormat, "evidence"},
		{"basis of no type", func(s *rights.Submit) string { s.Basis = []rights.Basis{{Type: "BasisHope"}}; return "" }, rights.CodeFormat, "basis[0].type"},
		{"basis without evidence", func(s *rights.Submit) string { s.Basis = []rights.Basis{{Type: "BasisLicence"}}; return "" }, rights.CodeFormat, "basis[0].evidenceHash"},
		{"own right unnamed", func(s *rights.Submit) string {
			s.Basis = []rights.Basis{{Type: "BasisOwnRight", EvidenceHash: hash("x")}}
			return ""
		}, rights.CodeBasis, "basis[0].refId"},
		{"basis that ended", func(s *rights.Submit) string {
			s.Basis = []rights.Basis{{Type: "BasisOffLedger", EvidenceHash: hash("x"), To: m.now}}
			return ""
		}, rights.CodeTerm, "basis[0].to"},
		{"right not here", func(s *rights.Submit) string {
			s.Basis = []rights.Basis{{Type: "BasisLicence", RefID: "RT-0"}}
			return ""
		}, rights.CodeNotFound, "basis[0].refId"},
		{"21 bases", func(s *rights.Submit) string { s.Basis = slices.Repeat(offLedger, 21); return "" }, rights.CodeFormat, "basis"},
		{"allocated to somebody else", func(s *rights.Submit) string {
			s.Allocation = []rights.Allocation{{HolderID: weatherID, Kind: rights.RightUse}}
			return ""
		}, rights.CodeFormat, "allocationNote[0].holderId"},
		{"allocated and not asked", func(s *rights.Submit) string {
			s.RightKinds = use
			s.Allocation = []rights.Allocation{{HolderID: energyID, Kind: rights.RightHolding}}
			return ""
		}, rights.CodeFormat, "allocationNote[0].kind"},
		{"allocated twice", func(s *rights.Submit) string {
			s.Allocation = slices.Repeat([]rights.Allocation{{HolderID: energyID, Kind: rights.RightUse}}, 2)
			return ""
		}, rights.CodeFormat, "allocationNote[1].kind"},
		{"allocated until now", func(s *rights.Submit) string {
			s.Allocation = []rights.Allocation{{HolderID: energyID, Kind: rights.RightUse, To: m.now}}
			return ""
		}, rights.CodeTerm, "allocationNote[0].to"},
		{"by an agent without paper", func(s *rights.Submit) string { s.ApplicantIDs = []string{energyID}; return weatherID + "#1" }, rights.CodeFormat, "evidence"},
		{"by the registrar as agent", func(s *rights.Submit) string {
			s.ApplicantIDs, s.Papers = []string{energyID}, papers(rights.DocAgency)
			return officer
		}, rights.CodeSelf, "kid"},
	} {
		t.Run(c.name, func(t *testing.T) {
			m.t = t
			s := application(obj)
			kid := c.change(&s)
			if kid == "" {
				kid = energyID + "#1"
			}
			if e := m.refuses(m.do(kid, "registration.submit", s), c.code); e.Field != c.field {
				t.Errorf("field %q; want %q: %v", e.Field, c.field, e)
			}
		})
	}
	m.t = t
	// And with what was missing, they are taken.
	ok := func(kid string, s rights.Submit) { t.Helper(); m.must(m.do(kid, "registration.submit", s)) }
	s := application(grade3)
	s.Papers = papers(rights.DocCompliance)
	ok(energyID+"#1", s)
	s = application(personal)
	s.Papers = papers(rights.DocCompliance, rights.DocPIA)
	ok(energyID+"#1", s)
	s = application(joint)
	s.Papers, s.Basis = papers(rights.DocAgreement, rights.DocConsent), []rights.Basis{{Type: "BasisJoint", EvidenceHash: hash("consents")}}
	ok(energyID+"#1", s)
	ok(energyID+"#1", application(crawled, rights.RightHolding, rights.RightUse))
	s = application(agreed, rights.RightUse)
	s.SourceType, s.Papers, s.Basis = "SrcAgreement", papers(rights.DocAgreement), offLedger
	ok(weatherID+"#1", s) // not the holder: by agreement
	ok(energyID+"#1", s)
	s = application(obj, rights.RightUse)
	s.ApplicantIDs, s.Papers = []string{energyID}, papers(rights.DocAgency)
	agented := m.must(m.do(weatherID+"#1", "registration.submit", s)).id(rights.KindCase)
	if c := m.the(agented); c.AgentID != weatherID || c.ApplicantIDs[0] != energyID || c.SubmittedAt != m.now || c.AcceptDueAt != day("2026-07-10") {
		t.Errorf("%+v", c)
	}
	// RG-3: one open case for object, kind and applicant; other kinds may.
	if e := m.refuses(m.do(energyID+"#1", "registration.submit", application(obj)), rights.CodeExists); e.Rule != "RG-3" || e.Record != agented {
		t.Errorf("%+v", e)
	}
	ok(energyID+"#1", application(obj, rights.RightHolding))
	m.must(m.event(weatherID+"#1", "withdraw", agented)) // the agent speaks for the applicant
	ok(energyID+"#1", application(obj, rights.RightUse))
	// The registrar's own group (SD-1).
	edit(rights.KindParticipant, energyID, func(p *rights.Participant) { p.GroupID = hash("group") })(m)
	edit(rights.KindParticipant, registrarID, func(p *rights.Participant) { p.GroupID = hash("group") })(m)
	m.refuses(m.do(energyID+"#1", "registration.submit", application(hosted)), rights.CodeSelf)
	s = application(hosted)
	s.ApplicantIDs, s.Papers = []string{weatherID}, papers(rights.DocAgency)
	m.refuses(m.do(energyID+"#1", "registration.submit", s), rights.CodeSelf) // nor as agent
	// A registrar that is suspended takes no applications.
	m.must(m.do(regulatorID+"#1", "participant.suspend", rights.WithMeasure{USCC: registrarID, MeasureRef: "x"}))
	m.refuses(m.do(weatherID+"#1", "registration.submit", application(m.must(m.do(weatherID+"#1", "resource.catalogue", m.untagged(weatherID, "y"))).id(rights.KindResource))), rights.CodeRole)
}

// untagged is a resource that needs no platform.
func (m *market) untagged(holder, content string) rights.Catalogue {
	r := m.resource(holder, content)
	r.DataForm, r.MatchTag, r.TagAttestation, r.TagEpoch = "Other", "", nil, 0
	return r
}

func TestCorrection(t *testing.T) {
	m := newMarket(t)
	id := m.submitted(energyID, "x")
	ask := rights.RequestCorrection{CaseID: id, Missing: []string{"承诺书未盖章"}}
	m.refuses(m.registrar("registration.requestCorrection", rights.RequestCorrection{CaseID: id}), rights.CodeFormat)
	m.now = day("2026-07-10") // three working days after Monday the 6th
	m.refuses(m.registrar("registration.requestCorrection", ask), rights.CodeDeadline)
	m.now--
	m.must(m.registrar("registration.requestCorrection", ask))
	c := m.the(id)
	if c.State != rights.StateCorrectionRequired || c.CorrectionDueAt != day("2026-07-24") || len(c.CorrectionList) != 1 {
		t.Errorf("%+v", c)
	}
	more := rights.MorePapers{CaseID: id, Papers: papers(rights.DocCorrection)[8:]}
	m.refuses(m.do(weatherID+"#1", "registration.resubmit", more), rights.CodeRole)
	m.refuses(m.do(energyID+"#1", "registration.resubmit", rights.MorePapers{CaseID: id}), rights.CodeFormat)
	m.refuses(m.event(weatherID+"#1", "lapse", id), rights.CodeDeadline)
	m.now = c.CorrectionDueAt - 1
	early := *m
	early.ledger = m.ledger.Clone()
	early.must(early.do(energyID+"#1", "registration.resubmit", more))
	if c := early.the(id); c.State != rights.StateSubmitted || len(c.Papers) != 9 || c.AcceptDueAt != day("2026-07-29") || c.CorrectionList != nil || c.CorrectionDueAt != 0 {
		t.Errorf("%+v", c)
	}
	m.now++
	m.refuses(m.do(energyID+"#1", "registration.resubmit", more), rights.CodeDeadline)
	m.must(m.event(weatherID+"#1", "lapse", id)) // anyone
	if c := m.the(id); c.State != rights.StateLapsed || c.EndedAt != m.now {
		t.Errorf("%+v", c)
	}
	m.must(m.do(energyID+"#1", "registration.submit", application(c.ObjectID))) // deemed not applied: apply again
}

// silence is acceptance, dated the first working day after the limit.
func TestDeemedAcceptance(t *testing.T) {
	m := newMarket(t)
	m.now = day("2026-07-07") + 10*3600 // Tuesday: the limit is the end of Friday
	id := m.submitted(energyID, "x")
	m.now = day("2026-07-11") - 1
	m.refuses(m.event(bankID+"#1", "deemAccept", id), rights.CodeDeadline)
	m.now++
	m.must(m.event(bankID+"#1", "deemAccept", id))
	c := m.the(id)
	if c.State != rights.StateUnderReview || c.AcceptedAt != day("2026-07-13") || !c.AcceptDeemed || c.ReviewDueAt != day("2026-07-28") || len(c.Late) != 0 {
		t.Errorf("accepted %s, review until %s: %+v", rights.CivilDate(c.AcceptedAt), rights.CivilDate(c.ReviewDueAt), c)
	}
	// Late, but accepted by the registrar itself: marked, never held against the applicant.
	id = m.submitted(weatherID, "y")
	m.now = m.the(id).AcceptDueAt
	m.must(m.event(officer, "accept", id))
	if c := m.the(id); len(c.Late) != 1 || c.Late[0] != (rights.Lateness{Event: "accept", DueAt: m.now, At: m.now}) || c.AcceptedAt != m.now {
		t.Errorf("%+v", c)
	}
	// A profile under which silence is nothing.
	params := with(drwg(t), rights.ParamAcceptDeemed, 0)
	m.must(m.do(regulatorID+"#1", "ruleProfile.publish", rights.PublishProfile{Code: "DRWG", Ver: 2, Params: params}))
	id = m.submitted(weatherID, "z")
	m.now = m.the(id).AcceptDueAt
	m.refuses(m.event(bankID+"#1", "deemAccept", id), rights.CodeProfile)
}

func TestReviewExtension(t *testing.T) {
	m := newMarket(t)
	id := m.submitted(energyID, "x")
	m.must(m.event(officer, "accept", id))
	extend := func(days int64) answer {
		return m.registrar("registration.extendReview", rights.ExtendReview{CaseID: id, Workdays: days, Reason: "案情复杂"})
	}
	if due := m.the(id).ReviewDueAt; due != day("2026-07-21") {
		t.Errorf("review until %s", rights.CivilDate(due))
	}
	for _, n := range []int64{-1, 0, 11, 1 << 40} {
		m.refuses(extend(n), rights.CodeDeadline)
	}
	m.refuses(m.registrar("registration.extendReview", rights.ExtendReview{CaseID: id, Workdays: 1}), rights.CodeFormat)
	late := *m
	late.ledger = m.ledger.Clone()
	late.now = day("2026-07-21")
	late.refuses((func() answer {
		return late.registrar("registration.extendReview", rights.ExtendReview{CaseID: id, Workdays: 5, Reason: "案情复杂"})
	})(), rights.CodeDeadline) // what has passed is not extended
	m.must(extend(5))
	if due := m.the(id).ReviewDueAt; due != day("2026-07-28") {
		t.Errorf("extended to %s", rights.CivilDate(due))
	}
	m.refuses(extend(1), rights.CodeDeadline)
}

// The review clock stands still during a supplement, and a hold moves every
// limit (RG-6), each once.
func TestClocks(t *testing.T) {
	m := newMarket(t)
	measure := func(id string) rights.Hold { return rights.Hold{CaseID: id, MeasureRef: "盐数监〔2026〕3号"} }
	hold := func(id string) { t.Helper(); m.must(m.do(regulatorID+"#1", "registration.hold", measure(id))) }
	release := func(id string) { t.Helper(); m.must(m.do(regulatorID+"#1", "registration.releaseHold", measure(id))) }
	due := func(id, want string) {
		t.Helper()
		if got := m.the(id).ReviewDueAt; got != day(want) {
			t.Errorf("review until %s; want %s", rights.CivilDate(got), want)
		}
	}
	at := func(d string) { m.now = day(d) + 10*3600 }

	id := m.submitted(energyID, "x")
	m.must(m.event(officer, "accept", id))
	due(id, "2026-07-21") // Monday the 6th + 10
	at("2026-07-08")
	m.must(m.registrar("registration.requestSupplement", rights.RequestSupplement{CaseID: id, Reason: "补充来源合同"}))
	at("2026-07-10")
	hold(id) // inside the supplement: those days count once
	m.refuses(m.do(energyID+"#1", "registration.supplement", rights.MorePapers{CaseID: id, Papers: papers()[:1]}), rights.CodeState)
	m.refuses(m.event(energyID+"#1", "withdraw", id), rights.CodeState)
	at("2026-07-14")
	release(id)
	due(id, "2026-07-21")
	at("2026-07-15")
	m.must(m.do(energyID+"#1", "registration.supplement", rights.MorePapers{CaseID: id, Papers: papers(rights.DocAgreement)[8:]}))
	due(id, "2026-07-28") // 9, 10, 13, 14, 15 July
	if c := m.the(id); c.PausedDays != 5 || c.PausedAt != 0 || len(c.Papers) != 9 {
		t.Errorf("%+v", c)
	}
	hold(id) // while the clock runs
	at("2026-07-17")
	release(id)
	due(id, "2026-07-30")

	// In the notice: the notice is prolonged, the review clock counts it as notice.
	m.must(m.registrar("registration.publishNotice", rights.PublishNotice{CaseID: id, Findings: positive()}))
	if c := m.the(id); c.NoticeEndsAt != day("2026-07-25") || len(c.Late) != 0 {
		t.Errorf("%+v", c)
	}
	m.must(m.do(bankID+"#1", "registration.fileObjection", objection(id)))
	at("2026-07-20")
	hold(id)
	at("2026-07-22")
	release(id)
	c := m.the(id)
	if c.State != rights.StateObjected || c.NoticeEndsAt != day("2026-07-29") {
		t.Errorf("notice until %s, %s", rights.CivilDate(c.NoticeEndsAt), c.State)
	}
	if o := read[rights.Objection](m, rights.KindObjection, c.ObjectionIDs[0]); o.DueAt != day("2026-08-05") { // ten working days from the 17th, and two
		t.Errorf("objection until %s", rights.CivilDate(o.DueAt))
	}
	// Decided after the notice: the clock stood until the decision.
	at("2026-08-03")
	m.must(m.registrar("registration.decideObjection", rights.DecideObjection{ObjectionID: c.ObjectionIDs[0], Outcome: "dismissed", ConclusionHash: hash("c")}))
	due(id, "2026-08-14") // 30 July + 11 working days from the 20th to 3 August
	if c := m.the(id); c.PausedAt != 0 || c.State != rights.StatePublicNotice || len(c.Late) != 0 {
		t.Errorf("%+v", c)
	}
	m.must(m.registrar("registration.record", rights.RecordCase{CaseID: id, CertNo: "SJ3212026080001"}))
	if c := m.the(id); len(c.Late) != 0 {
		t.Errorf("%+v", c.Late)
	}

	// A notice that ended while nobody looked: the clock went on by itself.
	at("2026-08-03")
	id = m.submitted(weatherID, "y")
	m.must(m.event(officer, "accept", id))
	due(id, "2026-08-18")
	m.must(m.registrar("registration.publishNotice", rights.PublishNotice{CaseID: id, Findings: positive()}))
	at("2026-08-12") // the notice ended with the 10th
	hold(id)
	due(id, "2026-08-25")
	at("2026-08-14")
	release(id)
	due(id, "2026-08-27")
	m.now = day("2026-08-27")
	m.must(m.registrar("registration.record", rights.RecordCase{CaseID: id, CertNo: "SJ3212026080002"}))
	if c := m.the(id); len(c.Late) != 1 || c.Late[0].Event != "record" || c.Late[0].DueAt != m.now {
		t.Errorf("%+v", c.Late)
	}
}

// A hold moves the limits of acceptance and correction as well.
func TestHoldMovesEarlyLimits(t *testing.T) {
	m := newMarket(t)
	measure := func(id string) rights.Hold { return rights.Hold{CaseID: id, MeasureRef: "盐数监〔2026〕3号"} }
	x, y := m.submitted(energyID, "x"), m.submitted(weatherID, "y")
	m.must(m.registrar("registration.requestCorrection", rights.RequestCorrection{CaseID: y, Missing: []string{"缺"}}))
	for _, id := range []string{x, y} {
		m.refuses(m.do(officer, "registration.hold", measure(id)), rights.CodeRole)
		m.refuses(m.do(regulatorID+"#1", "registration.hold", rights.Hold{CaseID: id}), rights.CodeFormat)
		m.must(m.do(regulatorID+"#1", "registration.hold", measure(id)))
		m.refuses(m.do(regulatorID+"#1", "registration.hold", measure(id)), rights.CodeState)
	}
	m.now = day("2026-07-08") + 1
	for _, id := range []string{x, y} {
		m.refuses(m.do(officer, "registration.releaseHold", measure(id)), rights.CodeRole)
		m.must(m.do(regulatorID+"#1", "registration.releaseHold", measure(id)))
	}
	if c := m.the(x); c.State != rights.StateSubmitted || c.AcceptDueAt != day("2026-07-14") || c.HeldAt != 0 || c.HeldFrom != "" {
		t.Errorf("%+v", c)
	}
	if c := m.the(y); c.State != rights.StateCorrectionRequired || c.CorrectionDueAt != day("2026-07-23") {
		t.Errorf("%+v", c)
	}
	// What had passed before the hold stays passed.
	m.now = day("2026-07-14")
	m.must(m.do(regulatorID+"#1", "registration.hold", measure(x)))
	m.now = day("2026-07-16")
	m.must(m.do(regulatorID+"#1", "registration.releaseHold", measure(x)))
	if c := m.the(x); c.AcceptDueAt != day("2026-07-14") {
		t.Errorf("%+v", c)
	}
	// SM-3: only who held it lets it go.
	m.enrol(regulatorMSP, unitID, "市委网信办", []rights.Role{rights.RoleRegulator}, "监管岗")
	m.must(m.do(regulatorID+"#1", "registration.hold", measure(x)))
	if e := m.refuses(m.do(unitID+"#1", "registration.releaseHold", measure(x)), rights.CodeRole); e.Rule != "SM-3" {
		t.Errorf("%+v", e)
	}
}

func TestReviewAndRefusal(t *testing.T) {
	m := newMarket(t)
	id := m.submitted(energyID, "x")
	m.refuses(m.registrar("registration.review", rights.Review{CaseID: id, Findings: positive()}), rights.CodeState)
	m.must(m.event(officer, "accept", id))
	yes, no := &rights.Finding{Positive: true, NoteHash: hash("n")}, &rights.Finding{NoteHash: hash("n")}
	m.refuses(m.registrar("registration.review", rights.Review{CaseID: id}), rights.CodeFormat)
	m.refuses(m.registrar("registration.review", rights.Review{CaseID: id, Findings: &rights.Findings{Source: &rights.Finding{NoteHash: "x"}}}), rights.CodeFormat)
	notice := rights.PublishNotice{CaseID: id}
	if e := m.refuses(m.registrar("registration.publishNotice", notice), rights.CodeState); e.Field != "findings.description" {
		t.Errorf("%+v", e)
	}
	m.must(m.registrar("registration.review", rights.Review{CaseID: id, Findings: &rights.Findings{Description: yes, Source: no}}))
	m.must(m.registrar("registration.review", rights.Review{CaseID: id, Findings: &rights.Findings{Rights: yes}}))
	if e := m.refuses(m.registrar("registration.publishNotice", notice), rights.CodeState); e.Field != "findings.source" {
		t.Errorf("%+v", e)
	}
	reject := func(ground string) answer {
		return m.registrar("registration.reject", rights.Ground{CaseID: id, RejectGround: ground, Reason: "来源不合法", ReasonHash: hash("r")})
	}
	m.refuses(reject(""), rights.CodeFormat)
	m.refuses(reject("G7"), rights.CodeFormat)
	m.now = m.the(id).ReviewDueAt
	m.must(reject("G2"))
	c := m.the(id)
	if c.State != rights.StateRejected || c.RejectGround != "G2" || len(c.Late) != 1 || c.Late[0].Event != "reject" || c.EndedAt != m.now {
		t.Errorf("%+v", c)
	}
	m.refuses(reject("G2"), rights.CodeState)

	id = m.must(m.do(energyID+"#1", "registration.submit", application(c.ObjectID))).id(rights.KindCase)
	m.must(m.event(officer, "accept", id))
	m.refuses(m.registrar("registration.terminate", rights.Ground{CaseID: id, Reason: "无法核实"}), rights.CodeState)
	m.must(m.registrar("registration.requestSupplement", rights.RequestSupplement{CaseID: id, Reason: "补充"}))
	m.refuses(m.registrar("registration.terminate", rights.Ground{CaseID: id, Reason: "无法核实", RejectGround: "G1"}), rights.CodeFormat)
	m.must(m.registrar("registration.terminate", rights.Ground{CaseID: id, Reason: "无法核实"}))
	if c := m.the(id); c.State != rights.StateTerminated {
		t.Errorf("%+v", c)
	}
}

func (m *market) object(kid, id string) string {
	m.t.Helper()
	return m.must(m.do(kid, "registration.fileObjection", objection(id))).id(rights.KindObjection)
}

func (m *market) decide(objectionID, outcome string) answer {
	m.t.Helper()
	return m.registrar("registration.decideObjection", rights.DecideObjection{ObjectionID: objectionID, Outcome: outcome, ConclusionHash: hash("conclusion")})
}

func TestFilingObjections(t *testing.T) {
	m := newMarket(t)
	id := m.submitted(energyID, "x")
	m.refuses(m.do(bankID+"#1", "registration.fileObjection", objection(id)), rights.CodeState)
	m.must(m.event(officer, "accept", id))
	m.must(m.registrar("registration.publishNotice", rights.PublishNotice{CaseID: id, Findings: positive()}))
	file := func(kid string, change func(*rights.FileObjection)) answer {
		o := objection(id)
		change(&o)
		return m.do(kid, "registration.fileObjection", o)
	}
	m.refuses(file(energyID+"#1", func(*rights.FileObjection) {}), rights.CodeSelf)
	m.refuses(file(bankID+"#1", func(o *rights.FileObjection) { o.ReasonHash = "because" }), rights.CodeFormat)
	m.refuses(file(bankID+"#1", func(o *rights.FileObjection) { o.MaterialHashes = nil }), rights.CodeFormat)
	m.refuses(file(bankID+"#1", func(o *rights.FileObjection) { o.MaterialHashes = slices.Repeat(o.MaterialHashes, 21) }), rights.CodeFormat)
	m.refuses(file(bankID+"#1", func(o *rights.FileObjection) { o.OutsiderHash = hash("x") }), rights.CodeRole)
	m.refuses(file(officer, func(*rights.FileObjection) {}), rights.CodeFormat) // on whose behalf?
	m.refuses(file(registrarID+"#2", func(o *rights.FileObjection) { o.OutsiderHash = hash("farmer") }), rights.CodeRole)
	m.must(file(officer, func(o *rights.FileObjection) { o.OutsiderHash = hash("farmer") }))
	m.refuses(file(officer, func(o *rights.FileObjection) { o.OutsiderHash = hash("farmer") }), rights.CodeExists)
	m.must(file(officer, func(o *rights.FileObjection) { o.OutsiderHash = hash("fisher") }))
	m.must(file(weatherID+"#1", func(*rights.FileObjection) {}))
	m.refuses(file(weatherID+"#1", func(*rights.FileObjection) {}), rights.CodeExists)
	m.now = m.the(id).NoticeEndsAt - 1
	last := m.must(file(bankID+"#1", func(*rights.FileObjection) {})).id(rights.KindObjection)
	m.now++
	m.refuses(file(regulatorID+"#1", func(*rights.FileObjection) {}), rights.CodeDeadline)
	if c := m.the(id); c.State != rights.StateObjected || c.OpenObjections != 4 {
		t.Errorf("%+v", c)
	}
	o := read[rights.Objection](m, rights.KindObjection, last)
	if o.ObjectorID != bankID || o.CaseID != id || o.DueAt != day("2026-07-28") || o.State != rights.StateObjFiled {
		t.Errorf("due %s: %+v", rights.CivilDate(o.DueAt), o)
	}
	m.refuses(m.registrar("registration.record", rights.RecordCase{CaseID: id, CertNo: "SJ3212026070001"}), rights.CodeState)
}

// Several objections, decided and withdrawn in any order; A-3 when one holds.
func TestDecidingObjections(t *testing.T) {
	open := func(t *testing.T) (*market, string, []string) {
		m := newMarket(t)
		id := m.noticed(energyID, "x")
		return m, id, []string{m.object(bankID+"#1", id), m.object(weatherID+"#1", id), m.object(exchangeID+"#1", id)}
	}
	withdraw := func(m *market, kid, o string) answer {
		return m.do(kid, "registration.withdrawObjection", rights.OfObjection{ObjectionID: o})
	}
	state := func(m *market, o string) rights.State {
		return read[rights.Objection](m, rights.KindObjection, o).State
	}

	t.Run("all fail", func(t *testing.T) {
		m, id, o := open(t)
		m.refuses(m.do(officer, "registration.decideObjection", rights.DecideObjection{ObjectionID: o[0], Outcome: "maybe", ConclusionHash: hash("c")}), rights.CodeFormat)
		m.refuses(m.do(officer, "registration.decideObjection", rights.DecideObjection{ObjectionID: o[0], Outcome: "upheld"}), rights.CodeFormat)
		m.refuses(m.do(officer, "registration.decideObjection", rights.DecideObjection{ObjectionID: o[0], Outcome: "dismissed", ConclusionHash: hash("c"), RejectGround: "G3"}), rights.CodeFormat)
		m.refuses(m.do(energyID+"#1", "registration.decideObjection", rights.DecideObjection{ObjectionID: o[0], Outcome: "dismissed", ConclusionHash: hash("c")}), rights.CodeRole)
		m.must(m.decide(o[2], "dismissed"))
		m.refuses(m.decide(o[2], "upheld"), rights.CodeState)
		m.refuses(withdraw(m, exchangeID+"#1", o[2]), rights.CodeState)
		if c := m.the(id); c.State != rights.StateObjected || c.OpenObjections != 2 {
			t.Errorf("%+v", c)
		}
		m.refuses(withdraw(m, bankID+"#1", o[1]), rights.CodeRole)
		m.refuses(withdraw(m, officer, o[1]), rights.CodeRole)
		m.must(withdraw(m, weatherID+"#1", o[1]))
		m.must(m.decide(o[0], "dismissed"))
		if c := m.the(id); c.State != rights.StatePublicNotice || c.OpenObjections != 0 || c.PausedAt == 0 {
			t.Errorf("%+v", c)
		}
		if got := []rights.State{state(m, o[0]), state(m, o[1]), state(m, o[2])}; !slices.Equal(got, []rights.State{rights.StateObjDismissed, rights.StateObjWithdrawn, rights.StateObjDismissed}) {
			t.Error(got)
		}
		m.object(regulatorID+"#1", id) // the notice still runs
		m.now = m.the(id).NoticeEndsAt
		m.refuses(m.registrar("registration.record", rights.RecordCase{CaseID: id, CertNo: "SJ3212026070001"}), rights.CodeState)
	})
	t.Run("all withdrawn", func(t *testing.T) {
		m, id, o := open(t)
		m.must(withdraw(m, exchangeID+"#1", o[2]))
		m.must(withdraw(m, bankID+"#1", o[0]))
		m.must(withdraw(m, weatherID+"#1", o[1]))
		m.now = m.the(id).NoticeEndsAt
		m.must(m.registrar("registration.record", rights.RecordCase{CaseID: id, CertNo: "SJ3212026070001"}))
	})
	t.Run("one upheld", func(t *testing.T) {
		m, id, o := open(t)
		m.must(m.decide(o[0], "dismissed"))
		m.refuses(m.do(officer, "registration.decideObjection", rights.DecideObjection{ObjectionID: o[1], Outcome: "upheld", ConclusionHash: hash("c"), RejectGround: "G9"}), rights.CodeFormat)
		m.now = read[rights.Objection](m, rights.KindObjection, o[1]).DueAt
		m.must(m.decide(o[1], "upheld"))
		c := m.the(id)
		if c.State != rights.StateRejected || c.RejectGround != "G3" || c.ReasonHash != hash("conclusion") || c.OpenObjections != 0 || len(c.ResultRightIDs) != 0 ||
			len(c.Late) != 1 || c.Late[0].Event != "decideObjection" {
			t.Errorf("%+v", c)
		}
		if got := []rights.State{state(m, o[0]), state(m, o[1]), state(m, o[2])}; !slices.Equal(got, []rights.State{rights.StateObjDismissed, rights.StateObjUpheld, rights.StateObjClosed}) {
			t.Error(got)
		}
		if !read[rights.Objection](m, rights.KindObjection, o[1]).Late {
			t.Error("a late decision is not marked")
		}
		m.refuses(m.decide(o[2], "dismissed"), rights.CodeState)
		m.refuses(withdraw(m, exchangeID+"#1", o[2]), rights.CodeState)
	})
	t.Run("the application withdrawn", func(t *testing.T) {
		m, id, o := open(t)
		m.must(m.decide(o[0], "dismissed"))
		m.must(m.event(energyID+"#1", "withdraw", id))
		if c := m.the(id); c.State != rights.StateWithdrawn || c.OpenObjections != 0 {
			t.Errorf("%+v", c)
		}
		if got := []rights.State{state(m, o[0]), state(m, o[1]), state(m, o[2])}; !slices.Equal(got, []rights.State{rights.StateObjDismissed, rights.StateObjClosed, rights.StateObjClosed}) {
			t.Error(got)
		}
	})
	t.Run("at most a hundred", func(t *testing.T) {
		m := newMarket(t)
		id := m.noticed(energyID, "x")
		m.quiet = true
		for i := range 100 {
			o := objection(id)
			o.OutsiderHash = hash(strings.Repeat("x", i+1))
			m.must(m.do(officer, "registration.fileObjection", o))
		}
		m.refuses(m.do(bankID+"#1", "registration.fileObjection", objection(id)), rights.CodeFormat)
		m.quiet = false
		m.must(m.event(energyID+"#1", "withdraw", id))
	})
}

func TestRecordRefuses(t *testing.T) {
	m := newMarket(t)
	used := m.recorded(weatherID, "other", "SJ3212026070009")
	m.now = start
	id := m.noticed(energyID, "x")
	m.now = max(m.the(id).NoticeEndsAt, m.the(used).EndedAt)
	for _, c := range []struct {
		name   string
		change func(*rights.RecordCase)
		code   rights.Code
		field  string
	}{
		{"number used (CT-1)", func(r *rights.RecordCase) { r.CertNo = "SJ3212026070009" }, rights.CodeExists, "certNo"},
		{"no number", func(r *rights.RecordCase) { r.CertNo = "" }, rights.CodeFormat, "certNo"},
		{"month 13", func(r *rights.RecordCase) { r.CertNo = "SJ3212026130001" }, rights.CodeFormat, "certNo"},
		{"serial 0000", func(r *rights.RecordCase) { r.CertNo = "SJ3212026070000" }, rights.CodeFormat, "certNo"},
		{"another registrar's", func(r *rights.RecordCase) { r.CertNo = "SJ3222026070001" }, rights.CodeFormat, "certNo"},
		{"another province's", func(r *rights.RecordCase) { r.CertNo = "SJ3312026070001" }, rights.CodeFormat, "certNo"},
		{"next month's", func(r *rights.RecordCase) { r.CertNo = "SJ3212026080001" }, rights.CodeTerm, "certNo"},
		{"exempt after notice", func(r *rights.RecordCase) { r.NoticeExempt = &rights.Exemption{Exempt: true, Reason: "x"} }, rights.CodeFormat, "noticeExempt"},
		{"finding withdrawn", func(r *rights.RecordCase) { r.Findings = &rights.Findings{Rights: &rights.Finding{}} }, rights.CodeState, "findings.rights"},
		{"remark of no type", func(r *rights.RecordCase) { r.Remarks = []rights.Remark{{Type: "Note", Text: "x"}} }, rights.CodeFormat, "remarks[0].type"},
		{"remark without text", func(r *rights.RecordCase) { r.Remarks = []rights.Remark{{Type: "Other"}} }, rights.CodeFormat, "remarks[0].text"},
		{"remark backwards", func(r *rights.RecordCase) { r.Remarks = []rights.Remark{{Type: "Other", Text: "x", From: 2, To: 1}} }, rights.CodeFormat, "remarks[0].from"},
		{"21 remarks", func(r *rights.RecordCase) { r.Remarks = slices.Repeat([]rights.Remark{{Type: "Other", Text: "x"}}, 21) }, rights.CodeFormat, "remarks"},
		{"long national number", func(r *rights.RecordCase) { r.NationalRef = &rights.NationalRef{NoticeNo: strings.Repeat("1", 65)} }, rights.CodeFormat, "nationalRef.noticeNo"},
		{"review on no ground", func(r *rights.RecordCase) { r.DuplicateReview = &rights.DupReview{Ground: "x"} }, rights.CodeFormat, "duplicateReview.ground"},
		{"review without link", func(r *rights.RecordCase) { r.DuplicateReview = &rights.DupReview{Ground: "DupLicensed"} }, rights.CodeFormat, "duplicateReview.links"},
	} {
		t.Run(c.name, func(t *testing.T) {
			m.t = t
			r := rights.RecordCase{CaseID: id, CertNo: "SJ3212026070001"}
			c.change(&r)
			before := m.ledger.Keys()
			if e := m.refuses(m.registrar("registration.record", r), c.code); e.Field != c.field {
				t.Errorf("field %q; want %q: %v", e.Field, c.field, e)
			}
			if len(m.ledger.Keys()) != len(before) || m.the(id).State != rights.StatePublicNotice {
				t.Error("RG-1: a refused record wrote something")
			}
		})
	}
	m.t = t
	r := rights.RecordCase{CaseID: id, CertNo: "SJ3212026070001"}
	m.refuses(m.do(exchangeID+"#1", "registration.record", r), rights.CodeRole)
	// An applicant or an object that fell meanwhile.
	for _, fall := range []struct {
		name string
		harm func(*market)
		code rights.Code
	}{
		{"applicant suspended", func(m *market) {
			m.must(m.do(regulatorID+"#1", "participant.suspend", rights.WithMeasure{USCC: energyID, MeasureRef: "x"}))
		}, rights.CodeInactive},
		{"object suspended", func(m *market) {
			m.must(m.do(regulatorID+"#1", "resource.suspend", rights.ResourceMeasure{ResourceID: m.the(id).ObjectID, MeasureRef: "x"}))
		}, rights.CodeState},
	} {
		harmed := *m
		harmed.ledger = m.ledger.Clone()
		fall.harm(&harmed)
		if a := harmed.registrar("registration.record", r); a.refusal == nil || a.refusal.Code != fall.code {
			t.Errorf("%s: %v", fall.name, a.refusal)
		}
	}
	m.must(m.registrar("registration.record", r))
	m.refuses(m.registrar("registration.record", r), rights.CodeState)
	// The same kind over the same object again, while it is in being.
	if e := m.refuses(m.do(energyID+"#1", "registration.submit", application(m.the(id).ObjectID, rights.RightUse)), rights.CodeDup); e.Record == "" {
		t.Errorf("%+v", e)
	}
}

func TestNoticeExemption(t *testing.T) {
	m := newMarket(t)
	id := m.submitted(energyID, "x")
	m.must(m.event(officer, "accept", id))
	record := func(e *rights.Exemption) answer {
		return m.registrar("registration.record", rights.RecordCase{CaseID: id, CertNo: "SJ3212026070001", Findings: positive(), NoticeExempt: e})
	}
	m.refuses(record(nil), rights.CodeState)
	m.refuses(record(&rights.Exemption{Reason: "x"}), rights.CodeState)
	m.refuses(record(&rights.Exemption{Exempt: true}), rights.CodeFormat)
	m.must(record(&rights.Exemption{Exempt: true, Reason: "涉及未公开商业秘密，申请人请求"}))
	if c := m.the(id); c.State != rights.StateRecorded || !c.NoticeExempt.Exempt || c.NoticeEndsAt != 0 {
		t.Errorf("%+v", c)
	}
	params := with(drwg(t), rights.ParamNoticeExemption, 0)
	m.must(m.do(regulatorID+"#1", "ruleProfile.publish", rights.PublishProfile{Code: "DRWG", Ver: 2, Params: params}))
	id = m.submitted(weatherID, "y")
	m.must(m.event(officer, "accept", id))
	m.refuses(record(&rights.Exemption{Exempt: true, Reason: "x"}), rights.CodeProfile)
}

// RT-3: no term outlives its basis; RT-1, RT-4: a basis is effective when relied on.
func TestBases(t *testing.T) {
	m := newMarket(t)
	source := m.the(m.recorded(energyID, "x", "SJ3212026070001"))
	holding, use := source.ResultRightIDs[0], source.ResultRightIDs[1]
	r := m.resource(weatherID, "y")
	r.SourceType = "SrcAgreement"
	obj := m.must(m.do(weatherID+"#1", "resource.catalogue", r)).id(rights.KindResource)
	apply := func(kid, obj string, kind rights.RightKind, basis ...rights.Basis) answer {
		s := application(obj, kind)
		s.SourceType, s.Papers, s.Basis = "SrcAgreement", papers(rights.DocAgreement), basis
		return m.do(kid, "registration.submit", s)
	}
	weather := weatherID + "#1"
	m.refuses(apply(weather, obj, rights.RightUse, rights.Basis{Type: "BasisOwnRight", RefID: holding}), rights.CodeBasis)
	m.refuses(apply(weather, obj, rights.RightUse, rights.Basis{Type: "BasisLicence", RefID: holding}, rights.Basis{Type: "BasisLicence", RefID: holding}), rights.CodeFormat)
	own := m.resource(energyID, "z")
	own.SourceType = "SrcAgreement"
	mine := m.must(m.do(energyID+"#1", "resource.catalogue", own)).id(rights.KindResource)
	if e := m.refuses(apply(energyID+"#1", mine, rights.RightUse, rights.Basis{Type: "BasisOwnRight", RefID: use}), rights.CodeBasis); e.Rule != "RT-1" {
		t.Errorf("%+v", e)
	}
	m.must(apply(energyID+"#1", mine, rights.RightUse, rights.Basis{Type: "BasisOwnRight", RefID: holding}))

	agreedUntil := day("2027-01-01")
	s := application(obj)
	s.SourceType, s.Papers = "SrcAgreement", papers(rights.DocAgreement)
	s.Basis = []rights.Basis{{Type: "BasisLicence", RefID: use, EvidenceHash: hash("licence")}, {Type: "BasisOffLedger", EvidenceHash: hash("a"), To: agreedUntil}}
	s.Allocation = []rights.Allocation{{HolderID: weatherID, Kind: rights.RightHolding, To: agreedUntil - 86400, Restriction: "不得出境"},
		{HolderID: weatherID, Kind: rights.RightUse, To: agreedUntil + 86400}}
	id := m.must(m.do(weather, "registration.submit", s)).id(rights.KindCase)
	m.must(m.event(officer, "accept", id))
	m.must(m.registrar("registration.publishNotice", rights.PublishNotice{CaseID: id, Findings: positive()}))
	m.now = m.the(id).NoticeEndsAt
	// The right relied on falls during the notice: nothing is recorded on it.
	measure := rights.RightMeasure{RightID: use, MeasureRef: "盐数监〔2026〕4号"}
	m.must(m.do(regulatorID+"#1", "right.suspend", measure))
	record := func() answer {
		return m.registrar("registration.record", rights.RecordCase{CaseID: id, CertNo: "SJ3212026070002"})
	}
	if e := m.refuses(record(), rights.CodeBasis); e.Record != use || e.Rule != "RT-4" {
		t.Errorf("%+v", e)
	}
	m.must(m.do(regulatorID+"#1", "right.resume", measure))
	m.must(record())
	for i, want := range []int64{agreedUntil - 86400, agreedUntil, agreedUntil} {
		if got := read[rights.Right](m, rights.KindRight, m.the(id).ResultRightIDs[i]); got.ValidTo != want || (got.Restriction != "") != (i == 0) {
			t.Errorf("%s runs until %d; want %d", got.Kind, got.ValidTo, want)
		}
	}
	if cert := read[rights.Certificate](m, rights.KindCertificate, "SJ3212026070002"); cert.ValidTo != agreedUntil {
		t.Errorf("certificate until %d", cert.ValidTo)
	}
	// A term as long as the basis's, where nothing is nearer.
	id2 := m.must(apply(energyID+"#1", mine, rights.RightHolding, rights.Basis{Type: "BasisOwnRight", RefID: holding})).id(rights.KindCase)
	m.must(m.event(officer, "accept", id2))
	m.must(m.registrar("registration.publishNotice", rights.PublishNotice{CaseID: id2, Findings: positive()}))
	m.now = m.the(id2).NoticeEndsAt
	m.must(m.registrar("registration.record", rights.RecordCase{CaseID: id2, CertNo: "SJ3212026070003"}))
	if got, base := read[rights.Right](m, rights.KindRight, m.the(id2).ResultRightIDs[0]), read[rights.Right](m, rights.KindRight, holding); got.ValidTo != base.ValidTo {
		t.Errorf("%d; want %d", got.ValidTo, base.ValidTo)
	}
}

// equal content of two holders stands side by side only on the
// registrar's word; the same holder's never twice.
func TestDuplicates(t *testing.T) {
	m := newMarket(t)
	first := m.the(m.recorded(energyID, "facts", "SJ3212026070001"))
	m.now = start
	id := m.noticed(weatherID, "facts")
	m.now = first.EndedAt
	record := func(review *rights.DupReview) answer {
		return m.registrar("registration.record", rights.RecordCase{CaseID: id, CertNo: "SJ3212026070002", DuplicateReview: review})
	}
	if e := m.refuses(record(nil), rights.CodeDup); e.Field != "duplicateReview" || !strings.Contains(e.Detail, first.ObjectID) {
		t.Errorf("%+v", e)
	}
	m.refuses(record(&rights.DupReview{Ground: "DupLicensed"}), rights.CodeFormat)
	// Once the earlier right is no more, nothing needs explaining.
	gone := *m
	gone.ledger, gone.quiet = m.ledger.Clone(), true
	for _, r := range first.ResultRightIDs {
		edit(rights.KindRight, r, func(r *rights.Right) { r.State = rights.StateCancelled })(&gone)
	}
	gone.must(gone.registrar("registration.record", rights.RecordCase{CaseID: id, CertNo: "SJ3212026070002"}))
	m.must(record(&rights.DupReview{Ground: "DupIndependent", NoteHash: hash("both measured it")}))
	if c := m.the(id); c.DuplicateReview.Ground != "DupIndependent" || !slices.Equal(c.DuplicateOf, []string{first.ObjectID}) {
		t.Errorf("%+v %v", c.DuplicateReview, c.DuplicateOf)
	}

	// Rights over somebody else's resource count as well, both ways.
	m = newMarket(t)
	r := m.resource(energyID, "shared")
	r.SourceType = "SrcAgreement"
	obj := m.must(m.do(energyID+"#1", "resource.catalogue", r)).id(rights.KindResource)
	s := application(obj, rights.RightUse)
	s.SourceType, s.Papers, s.Basis = "SrcAgreement", papers(rights.DocAgreement), []rights.Basis{{Type: "BasisOffLedger", EvidenceHash: hash("a")}}
	whole := func(kid string, s rights.Submit) string {
		id := m.must(m.do(kid, "registration.submit", s)).id(rights.KindCase)
		m.must(m.event(officer, "accept", id))
		m.must(m.registrar("registration.publishNotice", rights.PublishNotice{CaseID: id, Findings: positive()}))
		m.now = m.the(id).NoticeEndsAt
		return id
	}
	m.must(m.registrar("registration.record", rights.RecordCase{CaseID: whole(weatherID+"#1", s), CertNo: "SJ3212026070001"}))
	// the same participant registers its own copy of that content, same kind
	own := m.catalogue(weatherID, "shared")
	same := whole(weatherID+"#1", application(own, rights.RightUse))
	if e := m.refuses(m.registrar("registration.record", rights.RecordCase{CaseID: same, CertNo: "SJ3212026070002", DuplicateReview: &rights.DupReview{Ground: "DupIndependent"}}), rights.CodeDup); e.Rule != "DRWG 39(2)" {
		t.Errorf("%+v", e)
	}
	// a third one meets the right although the resource's holder has none
	m.join(buyerID, "东台数据应用有限公司")
	third := whole(buyerID+"#1", application(m.catalogue(buyerID, "shared"), rights.RightUse))
	if e := m.refuses(m.registrar("registration.record", rights.RecordCase{CaseID: third, CertNo: "SJ3212026070003"}), rights.CodeDup); e.Field != "duplicateReview" {
		t.Errorf("%+v", e)
	}
}

// G-15: what began under one version of the rules ends under it.
func TestProfileInForceWhenItBegan(t *testing.T) {
	m := newMarket(t)
	old := m.submitted(energyID, "x")
	params := drwg(t)
	for i := range params {
		switch params[i].Key {
		case rights.ParamNoticeWorkdays:
			params[i].Int = 10
		case rights.ParamCertMaxMonths:
			params[i].Int = 36
		}
	}
	publish := func(kid string, p rights.PublishProfile) answer { return m.do(kid, "ruleProfile.publish", p) }
	m.refuses(publish(exchangeID+"#1", rights.PublishProfile{Code: "DRWG", Ver: 2, Params: params}), rights.CodeRole)
	m.refuses(m.send(groupMSP, regulatorID+"#1", "ruleProfile.publish", rights.PublishProfile{Code: "DRWG", Ver: 2, Params: params}), rights.CodeRole)
	m.refuses(publish(regulatorID+"#1", rights.PublishProfile{Code: "DRWG", Ver: 1, Params: params}), rights.CodeFormat)
	m.refuses(publish(regulatorID+"#1", rights.PublishProfile{Code: "DRWG", Ver: 3, Params: params}), rights.CodeFormat)
	m.refuses(publish(regulatorID+"#1", rights.PublishProfile{Code: "X", Ver: 1, Params: params}), rights.CodeFormat)
	m.refuses(publish(regulatorID+"#1", rights.PublishProfile{Code: "DRWG", Ver: 2, Params: params[1:]}), rights.CodeProfile)
	m.refuses(publish(regulatorID+"#1", rights.PublishProfile{Code: "DRWG", Ver: 2, Params: append(slices.Clone(params), params[0])}), rights.CodeFormat)
	m.refuses(publish(regulatorID+"#1", rights.PublishProfile{Code: "DRWG", Ver: 2, Params: params, From: m.now - 1}), rights.CodeTerm)
	tomorrow := m.now + 86400
	m.must(publish(regulatorID+"#1", rights.PublishProfile{Code: "DRWG", Ver: 2, Params: params, From: tomorrow}))
	today := m.submitted(weatherID, "today")
	m.now = tomorrow
	next := m.submitted(weatherID, "next")
	for id, ver := range map[string]string{old: "DRWG@1", today: "DRWG@1", next: "DRWG@2"} {
		m.must(m.event(officer, "accept", id))
		m.must(m.registrar("registration.publishNotice", rights.PublishNotice{CaseID: id, Findings: positive()}))
		want := day("2026-07-15")
		if ver == "DRWG@2" {
			want = day("2026-07-22")
		}
		if c := m.the(id); c.RuleProfileVer != ver || c.NoticeEndsAt != want {
			t.Errorf("%s until %s; want %s", c.RuleProfileVer, rights.CivilDate(c.NoticeEndsAt), ver)
		}
	}
	m.now = day("2026-07-22")
	m.must(m.registrar("registration.record", rights.RecordCase{CaseID: old, CertNo: "SJ3212026070001"}))
	m.must(m.registrar("registration.record", rights.RecordCase{CaseID: next, CertNo: "SJ3212026070002"}))
	for id, months := range map[string]int64{old: 60, next: 36} {
		if r := read[rights.Right](m, rights.KindRight, m.the(id).ResultRightIDs[0]); r.ValidTo != rights.AddMonths(m.now, months) {
			t.Errorf("%s until %d", r.RuleProfileVer, r.ValidTo)
		}
	}
	m.refuses(m.do(energyID+"#1", "registration.submit", func() rights.Submit {
		s := application(m.catalogue(energyID, "y"))
		s.Profile = "PUBLIC"
		return s
	}()), rights.CodeFormat)
}

// RG-2: a calendar published later moves nothing that was computed.
func TestCalendars(t *testing.T) {
	m := newMarket(t)
	id := m.noticed(energyID, "x")
	due := m.the(id).NoticeEndsAt
	publish := func(c rights.PublishCalendar) answer { return m.do(regulatorID+"#1", "workCalendar.publish", c) }
	none := []string{}
	m.refuses(m.do(officer, "workCalendar.publish", rights.PublishCalendar{Year: 2028, Ver: 1, NonWorking: none, ExtraWorking: none}), rights.CodeRole)
	m.refuses(publish(rights.PublishCalendar{Year: 1999, Ver: 1, NonWorking: none, ExtraWorking: none}), rights.CodeFormat)
	m.refuses(publish(rights.PublishCalendar{Year: 2026, Ver: 1, NonWorking: none, ExtraWorking: none}), rights.CodeFormat)
	m.refuses(publish(rights.PublishCalendar{Year: 2026, Ver: 2, NonWorking: []string{"2027-01-01"}, ExtraWorking: none}), rights.CodeFormat)
	m.refuses(publish(rights.PublishCalendar{Year: 2026, Ver: 2, NonWorking: []string{"2026-13-01"}, ExtraWorking: none}), rights.CodeFormat)
	m.refuses(publish(rights.PublishCalendar{Year: 2026, Ver: 2, NonWorking: []string{"2026-07-11"}, ExtraWorking: []string{"2026-07-11"}}), rights.CodeFormat)
	m.must(publish(rights.PublishCalendar{Year: 2026, Ver: 2, NonWorking: []string{"2026-07-09", "2026-07-07"}, ExtraWorking: []string{"2026-07-11"}}))
	if got := m.the(id).NoticeEndsAt; got != due {
		t.Errorf("moved to %s", rights.CivilDate(got))
	}
	other := m.noticed(weatherID, "y")
	if got := m.the(other).NoticeEndsAt; got != day("2026-07-15") { // 8, 10, 11, 13, 14
		t.Errorf("notice ends %s", rights.CivilDate(got))
	}
	// Without next year's calendar nothing is guessed, and nothing is lost.
	m.now = day("2027-12-29")
	r := m.catalogue(energyID, "z")
	if e := m.refuses(m.do(energyID+"#1", "registration.submit", application(r)), rights.CodeProfile); !strings.Contains(e.Detail, "2028") {
		t.Errorf("%+v", e)
	}
	m.must(publish(rights.PublishCalendar{Year: 2028, Ver: 1, NonWorking: none, ExtraWorking: none}))
	m.must(m.do(energyID+"#1", "registration.submit", application(r)))
}

// Under a demo's profile everything says so.
func TestDemoProfile(t *testing.T) {
	m := newMarket(t)
	params := append(drwg(t), rights.Param{Key: rights.ParamDemoSeconds, Int: 2})
	m.must(m.do(regulatorID+"#1", "ruleProfile.publish", rights.PublishProfile{Code: "DRWG", Ver: 2, Params: params, Note: "演示"}))
	id := m.noticed(energyID, "x")
	if c := m.the(id); c.NoticeEndsAt != m.now+10 {
		t.Errorf("%+v", c)
	}
	m.now += 10
	m.must(m.registrar("registration.record", rights.RecordCase{CaseID: id, CertNo: "SJ3212026070001"}))
	if cert := read[rights.Certificate](m, rights.KindCertificate, "SJ3212026070001"); !cert.DemoProfile {
		t.Error("the certificate looks real")
	}
}

func TestRightsEnd(t *testing.T) {
	m := newMarket(t)
	s := application(m.catalogue(energyID, "x"))
	until := day("2026-09-01")
	s.Allocation = []rights.Allocation{{HolderID: energyID, Kind: rights.RightUse, To: until}}
	id := m.must(m.do(energyID+"#1", "registration.submit", s)).id(rights.KindCase)
	m.must(m.event(officer, "accept", id))
	m.must(m.registrar("registration.publishNotice", rights.PublishNotice{CaseID: id, Findings: positive()}))
	m.now = m.the(id).NoticeEndsAt
	m.must(m.registrar("registration.record", rights.RecordCase{CaseID: id, CertNo: "SJ3212026070001"}))
	r := m.the(id).ResultRightIDs
	cert := func() *rights.Certificate {
		return read[rights.Certificate](m, rights.KindCertificate, "SJ3212026070001")
	}
	expire := func(kid, right string) answer { return m.do(kid, "right.expire", rights.OfRight{RightID: right}) }
	close := func() answer {
		return m.do(bankID+"#1", "certificate.expire", rights.OfCertificate{CertNo: "SJ3212026070001"})
	}
	measured := func(kid, event, right, ref, paper string) answer {
		return m.do(kid, "right."+event, rights.RightMeasure{RightID: right, MeasureRef: ref, CourtPaper: paper})
	}

	// Suspension: the regulator by measure, the registrar on a court's paper; each lifts its own.
	regulator := regulatorID + "#1"
	m.refuses(measured(energyID+"#1", "suspend", r[0], "x", ""), rights.CodeRole)
	m.refuses(measured(regulator, "suspend", r[0], "", ""), rights.CodeFormat)
	m.refuses(measured(officer, "suspend", r[0], "x", ""), rights.CodeFormat)
	m.must(measured(regulator, "suspend", r[0], hash("a measure named by its hash"), ""))
	m.refuses(measured(regulator, "suspend", r[0], "x", ""), rights.CodeState)
	if e := m.refuses(measured(officer, "resume", r[0], "", hash("paper")), rights.CodeRole); e.Rule != "SM-3" {
		t.Errorf("%+v", e)
	}
	m.must(measured(regulator, "resume", r[0], "x", ""))
	m.must(measured(officer, "suspend", r[0], "", hash("paper")))
	m.refuses(measured(regulator, "resume", r[0], "x", ""), rights.CodeRole)
	m.must(measured(officer, "resume", r[0], "", hash("paper 2")))

	m.refuses(expire(bankID+"#1", r[1]), rights.CodeDeadline)
	m.now = until - 1
	m.refuses(expire(bankID+"#1", r[1]), rights.CodeDeadline)
	m.now++
	m.must(expire(bankID+"#1", r[1]))
	m.refuses(expire(bankID+"#1", r[1]), rights.CodeState)
	if c := cert(); c.State != rights.StateValid || c.Version != 1 { // the others stand
		t.Errorf("%+v", c)
	}
	if e := m.refuses(close(), rights.CodeDeadline); e.Rule != "CT-2" {
		t.Errorf("%+v", e)
	}
	// An ended right makes room for a new one.
	m.must(m.do(energyID+"#1", "registration.submit", application(m.the(id).ObjectID, rights.RightUse)))
	m.now = cert().ValidTo
	m.must(measured(officer, "suspend", r[0], "", hash("paper")))
	m.refuses(close(), rights.CodeDeadline) // a suspended right has not ended
	m.refuses(expire(bankID+"#1", r[0]), rights.CodeState)
	m.must(measured(officer, "resume", r[0], "", hash("paper")))
	m.must(close())
	if c := cert(); c.State != rights.StateExpired || c.Version != 2 || read[rights.Right](m, rights.KindRight, r[2]).State != rights.StateExpired {
		t.Errorf("%+v", c)
	}
	m.refuses(close(), rights.CodeState)
	// The last right to expire takes the certificate with it.
	m = newMarket(t)
	last := m.the(m.recorded(energyID, "x", "SJ3212026070001"))
	m.now = cert().ValidTo
	for i, right := range last.ResultRightIDs {
		if c := cert(); c.State != rights.StateValid {
			t.Errorf("before right %d: %s", i, c.State)
		}
		m.must(expire(bankID+"#1", right))
	}
	if c := cert(); c.State != rights.StateExpired {
		t.Errorf("%+v", c)
	}
}

// Time never runs backwards on a record.
func TestClockOfAnotherGatewayBehind(t *testing.T) {
	m := newMarket(t)
	id := m.submitted(energyID, "x")
	m.now -= 30
	if e := m.refuses(m.event(officer, "accept", id), rights.CodeTerm); e.Record != id {
		t.Errorf("%+v", e)
	}
	m.now += 30
	m.must(m.event(officer, "accept", id))
}

// A whole record in Go's types is what stands on the ledger: no field is lost.
func TestRecordsRoundTrip(t *testing.T) {
	m := newMarket(t)
	m.recorded(energyID, "x", "SJ3212026070001")
	m.now = start + 86400*30
	m.objected(weatherID, "y")
	w := snapshot(m.ledger)
	for kind, again := range map[rights.Kind]func(id string) any{
		rights.KindParticipant: func(id string) any { return w.participants[id] }, rights.KindResource: func(id string) any { return w.resources[id] },
		rights.KindCase: func(id string) any { return w.cases[id] }, rights.KindObjection: func(id string) any { return w.objections[id] },
		rights.KindRight: func(id string) any { return w.rights[id] }, rights.KindCertificate: func(id string) any { return w.certificates[id] },
		rights.KindReceipt: func(id string) any { return w.receipts[id] },
	} {
		if len(w.raw[kind]) == 0 {
			t.Errorf("no %s", kind)
		}
		for id, raw := range w.raw[kind] {
			if b, err := json.Marshal(again(id)); err != nil || string(b) != string(raw) {
				t.Errorf("%s %s: %s becomes %s", kind, id, raw, b)
			}
		}
	}
}

package contract_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/datarights/datarights/chaincode/rights"
)

// accScenario is one row of the table of acceptance scenarios (7.6).
type accScenario struct {
	no   string
	play func(*accScene)
}

func acceptance() []accScenario {
	list := slices.Concat(accRegistration, accOffers, accUse, accDealings, accFinance)
	slices.SortFunc(list, func(a, b accScenario) int { return strings.Compare(a.no, b.no) })
	return list
}

// Every acceptance scenario of 7.6, from commands alone.
func TestAcceptance(t *testing.T) {
	for i, x := range acceptance() {
		if want := fmt.Sprintf("A-%02d", i+1); x.no != want {
			t.Fatalf("scenario %s where %s is wanted", x.no, want)
		}
		t.Run(x.no, func(t *testing.T) { x.play(newAccScene(t, nil)) })
	}
	if n := len(acceptance()); n != 33 {
		t.Errorf("%d scenarios; want 33", n)
	}
}

// accCodes are the codes of 3.0.10 that no acceptance scenario names, each met
// by a command that the areas' rules refuse.
var accCodes = []struct {
	code rights.Code
	send func(s *accScene) answer
}{
	{rights.CodeFormat, func(s *accScene) answer {
		r := s.resource(energyID, "x")
		r.Name = ""
		return s.do(energyID+"#1", "resource.catalogue", r)
	}},
	{rights.CodeNotFound, func(s *accScene) answer {
		return s.do(energyID+"#1", "trade.apply", rights.ApplyTrade{ListingID: "LS-320902-20260706-000000000000-00", Purpose: "x"})
	}},
	{rights.CodeExists, func(s *accScene) answer {
		obj := s.catalogue(energyID, "x")
		s.must(s.do(energyID+"#1", "registration.submit", application(obj)))
		return s.do(energyID+"#1", "registration.submit", application(obj))
	}},
	{rights.CodeInactive, func(s *accScene) answer {
		s.must(s.do(weatherID+"#1", "participant.exit", rights.Exit{Declaration: "x"}))
		return s.do(weatherID+"#1", "resource.catalogue", s.resource(weatherID, "x"))
	}},
	{rights.CodeMoney, func(s *accScene) answer {
		d := s.deal(s.goodsOf(energyID, "sold"), s.firm(11, "320902")).delivered().opened()
		return d.pay(1_000_002)
	}},
	{rights.CodeProfile, func(s *accScene) answer {
		s.must(s.do(regulator, "ruleProfile.publish", rights.PublishProfile{Code: "DRWG", Ver: 2, Params: with(drwg(s.t), rights.ParamAcceptDeemed, 0)}))
		id := s.submitted(energyID, "x")
		s.now = s.the(id).AcceptDueAt
		return s.event(weatherID+"#1", "deemAccept", id)
	}},
}

// Every code of 3.0.10 refuses something somewhere: the acceptance scenarios
// and the commands beside them meet them all.
func TestErrorCodes(t *testing.T) {
	met := map[rights.Code]bool{}
	scene := func(t *testing.T) *accScene {
		s := newAccScene(t, met)
		s.quiet = true // TestAcceptance looks after the invariants
		return s
	}
	for _, x := range acceptance() {
		x.play(scene(t))
	}
	for _, x := range accCodes {
		t.Run(string(x.code), func(t *testing.T) {
			s := scene(t)
			s.refuses(x.send(s), x.code)
			met[x.code] = true
		})
	}
	for _, code := range []rights.Code{"E_FORMAT", "E_NOT_FOUND", "E_EXISTS", "E_ROLE", "E_SELF", "E_INACTIVE", "E_STATE", "E_TERM", "E_SCOPE", "E_QUOTA", "E_BASIS",
		"E_ENC", "E_CONSENT", "E_GRADE", "E_RESALE", "E_LINEAGE", "E_MONEY", "E_DEADLINE", "E_DUP", "E_PRICECAP", "E_PROFILE"} {
		if !met[code] {
			t.Errorf("nothing was refused with %s", code)
		}
	}
}

var accRegistration = []accScenario{
	{"A-01", func(s *accScene) {
		obj := s.catalogue(energyID, "turbines")
		id := s.must(s.do(energyID+"#1", "registration.submit", application(obj))).id(rights.KindCase)
		s.must(s.event(officer, "accept", id))
		s.must(s.registrar("registration.publishNotice", rights.PublishNotice{CaseID: id, Findings: positive()}))
		if c := s.the(id); c.NoticeEndsAt != day("2026-07-14") { // Monday the 6th and five working days
			s.t.Errorf("notice ends %s", rights.CivilDate(c.NoticeEndsAt))
		}
		s.now = s.the(id).NoticeEndsAt + 1
		no := s.certNo()
		s.must(s.registrar("registration.record", rights.RecordCase{CaseID: id, CertNo: no}))
		c := s.the(id)
		if c.State != rights.StateRecorded || c.ResultCertNo != no || len(c.ResultRightIDs) != 3 {
			s.t.Fatalf("%+v", c)
		}
		for i, kind := range []rights.RightKind{rights.RightHolding, rights.RightUse, rights.RightOperation} {
			if r := s.right(c.ResultRightIDs[i]); r.State != rights.StateActive || r.Kind != kind || r.HolderID != energyID || r.ObjectID != obj || r.ValidFrom != s.now || r.CertNo != no {
				s.t.Errorf("%+v", r)
			}
		}
		if ct := s.cert(no); ct.Version != 1 || ct.State != rights.StateValid || ct.HolderID != energyID || len(ct.Rights) != 3 {
			s.t.Errorf("%+v", ct)
		}
	}},
	{"A-02", func(s *accScene) {
		id := s.noticed(energyID, "turbines")
		due := s.the(id).NoticeEndsAt
		record := rights.RecordCase{CaseID: id, CertNo: "SJ3212026077001"}
		s.now = due - 1
		s.refused(s.registrar("registration.record", record), rights.CodeDeadline, "2.4", id)
		if c := s.the(id); c.State != rights.StatePublicNotice || len(c.ResultRightIDs) != 0 {
			s.t.Errorf("%+v", c)
		}
		s.now = due
		s.must(s.registrar("registration.record", record))
	}},
	{"A-03", func(s *accScene) {
		id := s.noticed(energyID, "turbines")
		s.must(s.do(weatherID+"#1", "registration.fileObjection", objection(id)))
		c := s.the(id)
		if c.State != rights.StateObjected || len(c.ObjectionIDs) != 1 {
			s.t.Fatalf("%+v", c)
		}
		s.must(s.registrar("registration.decideObjection", rights.DecideObjection{ObjectionID: c.ObjectionIDs[0], Outcome: "upheld", ConclusionHash: hash("conclusion")}))
		if c = s.the(id); c.State != rights.StateRejected || len(c.ResultRightIDs) != 0 || c.ResultCertNo != "" {
			s.t.Errorf("%+v", c)
		}
		s.now = c.NoticeEndsAt + 30*86400
		s.refused(s.registrar("registration.record", rights.RecordCase{CaseID: id, CertNo: s.certNo()}), rights.CodeState, "", id)
		w := snapshot(s.ledger)
		if n := len(w.raw[rights.KindRight]) + len(w.raw[rights.KindCertificate]); n != 0 {
			s.t.Errorf("%d rights and certificates", n)
		}
	}},
	{"A-04", func(s *accScene) {
		s.now = day("2026-07-07") + 10*3600 // Tuesday: Wednesday, Thursday and Friday are the registrar's
		id := s.submitted(energyID, "turbines")
		s.now = day("2026-07-11") - 1
		s.refused(s.event(weatherID+"#1", "deemAccept", id), rights.CodeDeadline, "2.4", id)
		s.now++ // anyone, on Saturday
		s.must(s.event(weatherID+"#1", "deemAccept", id))
		if c := s.the(id); c.State != rights.StateUnderReview || c.AcceptedAt != day("2026-07-13") || !c.AcceptDeemed {
			s.t.Errorf("accepted %s: %+v", rights.CivilDate(c.AcceptedAt), c)
		}
	}},
	{"A-05", func(s *accScene) {
		o := operations(s.market, "91320923MA0J")
		host := s.joinAs(accFirm(9), "政务云托管有限公司", rights.RoleVendor)
		obj := s.catalogue(energyID, "hosted")
		b := o.hosting()
		b.CustodianID, b.ResourceID = host, obj
		id := s.must(s.do(energyID+"#1", "custody.propose", b)).id(rights.KindCustody)
		s.must(s.do(host+"#1", "custody.sign", rights.SignCustody{CustodyID: id, AgreementHash: hash("hosting")}))
		apply := application(obj, rights.RightHolding)
		apply.SourceType, apply.Papers, apply.Basis = "SrcAgreement", papers(rights.DocAgreement), []rights.Basis{{Type: "BasisOffLedger", EvidenceHash: hash("hosting")}}
		s.refused(s.do(host+"#1", "registration.submit", apply), rights.CodeBasis, "RT-6", obj)
		s.must(s.do(energyID+"#1", "registration.submit", application(obj, rights.RightHolding))) // the holder may
	}},
	{"A-06", func(s *accScene) {
		r := s.resource(energyID, "crawled")
		r.SourceType = "SrcCrawled"
		obj := s.must(s.do(energyID+"#1", "resource.catalogue", r)).id(rights.KindResource)
		e := s.refused(s.do(energyID+"#1", "registration.submit", application(obj)), rights.CodeBasis, "DRWG 21", obj)
		if e.Field != "rightKinds[2]" { // the table of 2.2, in the column of the operation right
			s.t.Errorf("%+v", e)
		}
		s.must(s.do(energyID+"#1", "registration.submit", application(obj, rights.RightHolding, rights.RightUse)))
	}},
	{"A-07", func(s *accScene) {
		o := operations(s.market, "91320923MA0J")
		b := application(o.data)
		b.Profile = "DRWG"
		s.refused(s.do(o.unit+"#1", "registration.submit", b), rights.CodeBasis, "R-5", o.data)
	}},
	{"A-08", func(s *accScene) {
		one := s.noticed(energyID, "facts")
		two := s.noticed(weatherID, "facts")
		tag := func(id string) string {
			return read[rights.Resource](s.market, rights.KindResource, s.the(id).ObjectID).Versions[0].MatchTag
		}
		if tag(one) != tag(two) {
			s.t.Fatal("not the same facts")
		}
		s.now = max(s.the(one).NoticeEndsAt, s.the(two).NoticeEndsAt)
		s.must(s.registrar("registration.record", rights.RecordCase{CaseID: one, CertNo: s.certNo()}))
		b := rights.RecordCase{CaseID: two, CertNo: s.certNo()}
		s.refused(s.registrar("registration.record", b), rights.CodeDup, "AL-REG-DUP", two)
		b.DuplicateReview = &rights.DupReview{Ground: "DupIndependent", NoteHash: hash("both measured it")}
		s.must(s.registrar("registration.record", b))
		if c := s.the(two); c.State != rights.StateRecorded || c.DuplicateReview.Ground != "DupIndependent" || !slices.Equal(c.DuplicateOf, []string{s.the(one).ObjectID}) {
			s.t.Errorf("%+v", c)
		}
	}},
}

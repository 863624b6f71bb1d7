package contract_test

import (
	"fmt"
	"testing"

	"github.com/datarights/datarights/chaincode/rights"
)

// R-7, LS-5: how data may be delivered follows its grade by the table of the
// rule profile, and the law may change the table.
func TestDeliveryModesByGrade(t *testing.T) {
	s := aShop(t)
	modes := []string{"EncryptedFile", "API", "Sandbox", "PrivacyCompute", "ModelResult", "OnSite"}
	graded := func(grade int64) rights.SubmitListing {
		content := fmt.Sprint("of grade ", grade)
		if grade == 1 { // below its inputs: on a third party's word
			job := s.job(hash("product root " + s.seller + content))
			job.Outputs[0].Grade, job.GradeReport = 1, &rights.Evidence{DocType: rights.DocGrading, Hash: hash("lower"), IssuerID: s.reviewer}
			s.must(s.sell("lineage.record", job))
		}
		b := s.offered(content, func(p *rights.CreateProduct) {
			p.Grade = grade
			switch grade {
			case 1:
				p.GradeReport.IssuerID = s.reviewer
			case 5:
				p.Level = "LevelImportant"
			}
		})
		b.Permission.MaxGrade, b.Permission.Envs, b.RiskAssessment = 5, []rights.Env{rights.EnvTEE}, &rights.Evidence{DocType: rights.DocOther, Hash: hash("risk")}
		return b
	}
	allowed := map[int64]string{1: "yyyyyy", 2: "yyyyyy", 3: "ynyyyy", 4: "nnyyyn", 5: "nnyyyn"}
	for grade := int64(1); grade <= 5; grade++ {
		b := graded(grade)
		for i, mode := range modes {
			b.DeliveryModes = []string{mode}
			a := s.tried(s.seller+"#1", "listing.submit", b)
			if may := allowed[grade][i] == 'y'; may {
				s.accepted(a, fmt.Sprintf("grade %d by %s", grade, mode))
			} else if e := s.refuses(a, rights.CodeGrade); e.Rule != "R-7" || e.Field != "deliveryModes" {
				t.Errorf("grade %d by %s: %+v", grade, mode, e)
			}
		}
	}
	// A stricter profile is asked from its day on.
	b := s.forDeal("before the change")
	listing := s.listed(b)
	next := profile(t, rights.CodeLocal)
	next.Ver, next.Params = 2, with(next.Params, rights.ParamDeliveryModes+"2", 1<<1) // API only
	s.must(s.do(regulatorID+"#1", "ruleProfile.publish", next))
	s.must(s.sell("listing.pause", rights.OfListing{ListingID: listing}))
	if e := s.refuses(s.sell("listing.resume", rights.OfListing{ListingID: listing}), rights.CodeGrade); e.Rule != "R-7" {
		t.Errorf("%+v", e)
	}
}

// The zones of the market: the new-energy zone takes its industries; what is
// offered or permitted for the domestic-IT zone is used inside it only.
func TestZones(t *testing.T) {
	s := aShop(t)
	b := s.forDeal("power", func(b *rights.SubmitListing) { b.Zone = "ZoneNewEnergy" })
	d := s.dealOver(s.firm(130, "专区买方有限公司", nil), s.listed(b)).apply()
	if l, tr := read[rights.Listing](s.market, rights.KindListing, d.listing), d.theTrade(); l.Zone != "ZoneNewEnergy" || tr.Zone != "ZoneNewEnergy" {
		t.Errorf("%+v %+v", l, tr)
	}
	rice := s.offered("rice", func(p *rights.CreateProduct) { p.IndustryCode = "A01" })
	s.accepted(s.tried(s.seller+"#1", "listing.submit", rice), "rice, in no zone")
	rice.Zone = "ZoneNewEnergy"
	if e := s.refuses(s.sell("listing.submit", rice), rights.CodeScope); e.Field != "zone" {
		t.Errorf("%+v", e)
	}

	x := s.forDeal("for the zone", func(b *rights.SubmitListing) { b.Zone = "ZoneXinchuang" })
	for _, envs := range [][]rights.Env{{rights.EnvClientFile}, {rights.EnvXinchuang, rights.EnvTEE}, {}} {
		x.Permission.Envs = envs
		if e := s.refuses(s.sell("listing.submit", x), rights.CodeScope); e.Field != "permission.envs" {
			t.Errorf("%+v", e)
		}
	}
	x.Permission.Envs = []rights.Env{rights.EnvXinchuang}
	zoned := s.dealOver(d.buyer, s.listed(x))

	// A permit for the zone takes no work from outside it.
	permit := zoned.permitted(rights.EnvXinchuang)
	job := func(env rights.Env) answer {
		return s.tried(zoned.buyer+"#1", "lineage.record", rights.RecordLineage{Outputs: []rights.LineageOutput{{Type: "Result", ContentRoot: hash("result"), Grade: 2}},
			Inputs: []rights.InputUsed{{Type: "Product", ID: zoned.product, Version: 1, ContentRoot: zoned.root, PermissionRef: permit}},
			Op:     "OpAggregate", Substantive: true, PlatformID: registrarID, Env: env, EnvAttestation: hash("quote"), StartedAt: s.now, FinishedAt: s.now})
	}
	s.accepted(job(rights.EnvXinchuang), "in the zone")
	for _, env := range []rights.Env{rights.EnvTEE, rights.EnvSandbox, rights.EnvOpen} {
		s.refuses(job(env), rights.CodeScope)
	}
}

// permitted is the buyer's permit of use under the seller's operation right.
func (d *deal) permitted(env rights.Env) string {
	d.t.Helper()
	id := d.must(d.by(d.buyer, "permit.request", rights.RequestPermit{BasisID: d.right, PlatformID: registrarID, OutputRule: "ResultsOnly", PurposeHash: hash("purpose"),
		Scope: rights.Scope{ObjectIDs: []string{d.product}, Purposes: []string{"*"}, Regions: []string{"3209"}, Industries: []string{"*"},
			Actions: []rights.Action{rights.ActQuery, rights.ActProcess, rights.ActDerive}, MaxGrade: 2, Envs: []rights.Env{env},
			Quota: []rights.Amount{{Unit: "Calls", Qty: 1000}}, From: d.now, To: d.now + 30*86400}})).id(rights.KindPermit)
	d.must(d.by(d.seller, "permit.approve", rights.PermitWithReason{PermitID: id}))
	return id
}

// SD-5: what is offered or traded within one group says so, on the record.
func TestRelatedParties(t *testing.T) {
	m := newMarket(t)
	group := func(a *rights.Application) { a.GroupID = hash("group") }
	s := m.shopOf(m.firm(100, "链主企业有限公司", group), 100)
	kin, stranger := m.firm(130, "链主子公司有限公司", group), m.firm(131, "产业链外企业有限公司", nil)
	listing := s.listed(s.forDeal("p"))
	for buyer, related := range map[string]bool{kin: true, stranger: false} {
		if tr := s.dealOver(buyer, listing).apply().theTrade(); tr.RelatedParty != related {
			t.Errorf("%t, want %t: %+v", tr.RelatedParty, related, tr)
		}
	}
	// On a venue of the seller's own group.
	if l := read[rights.Listing](m, rights.KindListing, listing); l.RelatedParty {
		t.Errorf("%+v", l)
	}
	b := s.offered("q")
	edit(rights.KindParticipant, exchangeID, func(p *rights.Participant) { p.GroupID = hash("group") })(m)
	if l := read[rights.Listing](m, rights.KindListing, s.listed(b)); !l.RelatedParty {
		t.Errorf("%+v", l)
	}
}

package contract_test

import (
	"strings"

	"github.com/datarights/datarights/chaincode/rights"
)

// operation is the scene of authorised operation with the first grant made.
func (s *accScene) operation() *operation {
	s.t.Helper()
	o := operations(s.market, "91320923MA0J")
	o.l1 = o.granted(o.implementing, o.first())
	return o
}

var accUse = []accScenario{
	{"A-11", func(s *accScene) {
		o := s.operation()
		b := o.second(o.admission())
		ends := read[rights.Grant](s.market, rights.KindGrant, o.l1).ValidTo
		b.Scope.To = ends + 1
		if e := s.refused(s.do(o.operating+"#1", "grant.propose", b), rights.CodeScope, "GR-1", o.l1); e.Field != "scope.to" {
			s.t.Errorf("%+v", e)
		}
		b.Scope.To = ends
		s.must(s.do(o.operating+"#1", "grant.propose", b))
	}},
	{"A-12", func(s *accScene) {
		o := operations(s.market, "91320923MA0J").run()
		s.must(o.meter(o.period(1)))
		s.must(o.lineage(o.fusion("in time")))
		s.must(s.do(o.implementing+"#1", "grant.revoke", rights.EndGrant{GrantID: o.l1, Reason: "违约", Evidence: o.paper("breach")}))
		s.refused(o.meter(o.period(1)), rights.CodeBasis, "GR-3", o.l2)
		s.refused(o.lineage(o.fusion("late")), rights.CodeBasis, "RT-4", o.permit)
		s.refused(s.do(o.developer+"#1", "permit.request", o.request()), rights.CodeBasis, "GR-3", o.l2)
		if u := read[rights.Permit](s.market, rights.KindPermit, o.permit); u.State != rights.StateActive { // nobody needed to write it down
			s.t.Errorf("%+v", u)
		}
	}},
	{"A-13", func(s *accScene) {
		o := s.operation()
		admission := o.admission()
		o.granted(o.operating, o.second(admission)) // 600 of 1000
		offer := func(qty int64) answer {
			b := o.second(admission)
			b.Scope.Quota[0].Qty = qty
			id := s.must(s.do(o.operating+"#1", "grant.propose", b)).id(rights.KindGrant)
			s.must(s.do(o.operating+"#1", "grant.publish", rights.PublishGrant{GrantID: id, NoticeText: "拟授权公示"}))
			s.now = read[rights.Grant](s.market, rights.KindGrant, id).NoticeEndsAt
			sign := rights.SignGrant{GrantID: id, AgreementHash: b.AgreementHash}
			s.must(s.do(o.operating+"#1", "grant.sign", sign))
			return s.do(o.developer+"#1", "grant.sign", sign)
		}
		s.refused(offer(401), rights.CodeQuota, "G-14", o.l1)
		s.must(offer(400))
		if g := read[rights.Grant](s.market, rights.KindGrant, o.l1); g.Allocated[0].Qty != 1000 || len(g.ChildIDs) != 2 {
			s.t.Errorf("%+v", g)
		}
	}},
	{"A-27", func(s *accScene) {
		o := operations(s.market, "91320923MA0J").run()
		s.must(o.meter(o.period(10)))
		s.now += 86400
		b := o.period(90)
		skips, overlaps, exceeds := b, b, o.period(91)
		skips.Seq++
		overlaps.PeriodFrom--
		s.refused(s.do(o.platform, "meter.record", skips), rights.CodeState, "MT-1", o.permit)
		s.refused(s.do(o.platform, "meter.record", overlaps), rights.CodeTerm, "MT-2", o.permit)
		s.refused(s.do(o.platform, "meter.record", exceeds), rights.CodeQuota, "MT-3", o.permit)
		s.must(s.do(o.platform, "meter.record", b)) // to the last call
	}},
	{"A-28", func(s *accScene) {
		x := s.asset(energyID, "turbines")
		in := x.input()
		in.ContentRoot = hash("another root")
		s.refused(s.do(energyID+"#1", "lineage.record", s.job("OpClean", accRoot(energyID, "x"), 2, in)), rights.CodeLineage, "LN-1", x.object)
		s.made(energyID, s.job("OpClean", accRoot(energyID, "x"), 2, x.input()))
	}},
	{"A-29", func(s *accScene) {
		graded := func(content string, grade int64) accAsset {
			return s.asset(energyID, content, func(c *rights.Catalogue) { c.Grade = grade })
		}
		one := graded("public figures", 1)
		r := s.resource(energyID, "customers")
		r.Grade = 3
		obj := s.must(s.do(energyID+"#1", "resource.catalogue", r)).id(rights.KindResource)
		b := application(obj)
		b.Papers = papers(rights.DocCompliance) // of grade 3
		c := s.registered(energyID, b)
		three := accAsset{owner: energyID, object: obj, root: r.ContentRoot, use: c.ResultRightIDs[1]}
		merge := func(grade int64) rights.RecordLineage {
			return s.job("OpMerge", accRoot(energyID, "merged"), grade, one.input(), three.input())
		}
		if e := s.refused(s.do(energyID+"#1", "lineage.record", merge(1)), rights.CodeGrade, "R-3", ""); e.Field != "outputs[0].grade" || !strings.Contains(e.Detail, "3") {
			s.t.Errorf("%+v", e)
		}
		s.refused(s.do(energyID+"#1", "lineage.record", merge(2)), rights.CodeGrade, "R-3", "")
		if l := read[rights.Lineage](s.market, rights.KindLineage, s.made(energyID, merge(3))); l.MaxGrade != 3 {
			s.t.Errorf("%+v", l)
		}
	}},
	{"A-33", func(s *accScene) {
		for y := int64(2028); y <= 2033; y++ {
			s.must(s.do(regulator, "workCalendar.publish", rights.PublishCalendar{Year: y, Ver: 1, NonWorking: []string{}, ExtraWorking: []string{}}))
		}
		g := s.goodsOf(energyID, "renewed")
		ends := s.right(g.right).ValidTo
		pending := ends + 60*86400
		s.now = rights.AddMonths(ends, -1) // inside the window of six months
		renew := rights.Submit{RegType: "RegRenewal", RegistrarID: registrarID, TargetRightIDs: []string{g.right}, Papers: aside(rights.DocForm, rights.DocIdentity, rights.DocCommitment, rights.DocChange, rights.DocOther)}
		c := s.must(s.do(energyID+"#1", "registration.submit", renew)).id(rights.KindCase)
		s.must(s.event(officer, "accept", c)) // and there the registrar leaves it
		offer := func(to int64) answer {
			b := s.offer(g, rights.ActQuery)
			b.ValidTo, b.Permission.To = to, to
			return s.do(energyID+"#1", "listing.submit", b)
		}
		s.now = ends + 86400
		if r := s.right(g.right); r.State != rights.StateActive || r.ValidTo != ends || s.the(c).PendingUntil != pending {
			s.t.Fatalf("%+v %+v", r, s.the(c))
		}
		id := s.must(offer(pending)).id(rights.KindListing)
		s.must(s.do(exchangeID+"#1", "listing.approve", rights.OfListing{ListingID: id}))
		s.refused(offer(pending+1), rights.CodeTerm, "LS-1", g.right)
		s.now = pending // the first second of day 61
		s.refused(offer(pending+86400), rights.CodeTerm, "3.0.5", g.right)
	}},
}

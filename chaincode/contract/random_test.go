package contract_test

import (
	"fmt"
	"maps"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/datarights/datarights/chaincode/rights"
)

// drawn is a testing.TB whose failures are rapid's, so that it can shrink them.
type drawn struct {
	testing.TB
	r *rapid.T
}

func (d drawn) Helper()                   {}
func (d drawn) Fatal(args ...any)         { d.r.Fatal(args...) }
func (d drawn) Fatalf(f string, a ...any) { d.r.Fatalf(f, a...) }
func (d drawn) Errorf(f string, a ...any) { d.r.Errorf(f, a...) }

// pick draws one of a list.
func pick[T any](t *rapid.T, label string, list ...T) T {
	return rapid.SampledFrom(list).Draw(t, label)
}

// ids lists a kind of record in a stable order.
func ids[R any](m map[string]R) []string { return slices.Sorted(maps.Keys(m)) }

// TestRandomMarket lets a market live: random commands by random actors, time
// passing in seconds or weeks. The harness holds the ledger to its invariants
// after every transaction; here every answer must be an answer, never a
// failure, and a refusal must write nothing.
func TestRandomMarket(t *testing.T) {
	t.Parallel()
	base := newMarket(t)
	base.join(buyerID, "东台数据应用有限公司")
	base.recorded(energyID, "rain", "SJ3212026070001")
	base.objected(weatherID, "rain")
	base.noticed(buyerID, "rain")
	base.submitted(energyID, "sun")
	base.withServices()
	shop := base.shopOf(energyID, 100)
	shop.listed(shop.forDeal("traded at random"))
	operations(base, "91320902MA0C").run()
	applied, refused := map[string]int{}, map[rights.Code]int{}
	rapid.Check(t, func(r *rapid.T) {
		m := *base
		m.t, m.ledger, m.keys = drawn{t, r}, base.ledger.Clone(), maps.Clone(base.keys)
		for range rapid.IntRange(20, 60).Draw(r, "steps") {
			m.now += pick[int64](r, "time", 0, 1, 600, 86400, 86400, 3*86400, 20*86400)
			kid, name, body := anyCommand(r, &m)
			if name == "" || m.keys[kid].IsZero() {
				continue
			}
			a := m.send(pick(r, "gateway", m.mspOf(kid), m.mspOf(kid), m.mspOf(kid), m.mspOf(kid), bankMSP), kid, name, body)
			switch {
			case a.failure != "":
				r.Fatalf("%s by %s failed: %s", name, kid, a.failure)
			case a.refusal == nil:
				applied[name]++
			default:
				refused[a.refusal.Code]++
				if len(a.stub.Writes) > 0 {
					r.Fatalf("%s was refused and writes %d keys", name, len(a.stub.Writes))
				}
			}
		}
	})
	n, no := 0, 0
	for _, x := range applied {
		n += x
	}
	for _, x := range refused {
		no += x
	}
	if n < no/10 || applied["registration.submit"] == 0 || applied["registration.record"] == 0 {
		t.Errorf("not much of a market: %d applied, %d refused", n, no)
	}
	t.Logf("%d applied %v, %d refused %v", n, applied, no, refused)
}

// anyCommand draws a command that makes some sense more often than not: on a
// record there is, by somebody who might, sometimes by anybody.
func anyCommand(r *rapid.T, m *market) (kid, name string, body any) {
	w := snapshot(m.ledger)
	content := pick(r, "content", "rain", "wind", "sun")
	newest := func(id string) string { // its newest key
		if p := w.participants[id]; p != nil && p.MSPID == "" {
			return rights.KeyID(id, len(p.Keys))
		}
		return id + "#1"
	}
	everybody := []string{newest(energyID), newest(weatherID), newest(buyerID), officer, registrarID + "#2", exchangeID + "#1", regulatorID + "#1", bankID + "#1"}
	market := everybody[:3]
	by := func(likely ...string) string { // somebody else one time in eight
		if rapid.IntRange(0, 7).Draw(r, "else") == 0 {
			return pick(r, "anybody", everybody...)
		}
		return pick(r, "who", likely...)
	}
	kinds := func() []rights.RightKind {
		all := []rights.RightKind{rights.RightHolding, rights.RightUse, rights.RightOperation}
		return pick(r, "kinds", all, all[:1], all[1:], all[1:2])
	}
	someRight := func() string {
		if len(w.rights) == 0 {
			return "RT-0"
		}
		return pick(r, "right", ids(w.rights)...)
	}
	if rapid.IntRange(0, 1).Draw(r, "area") == 0 { // another area of the market, when there is something to do
		draw := pick(r, "which", anyAfter, anyProduct, anyTrade, anyUse, anyFinance, anySupervision)
		if kid, name, body = draw(r, m, w); name != "" {
			return kid, name, body
		}
	}
	switch rapid.IntRange(1, 19).Draw(r, "what") {
	case 1: // catalogue
		kid = by(market...)
		id, _, _ := rights.SplitKeyID(kid)
		c := m.resource(id, content)
		c.SourceType = pick(r, "source", "SrcCollected", "SrcCollected", "SrcAgreement", "SrcCrawled")
		return kid, "resource.catalogue", c
	case 2, 3, 4: // submit
		if len(w.resources) == 0 {
			return "", "", nil
		}
		obj := w.resources[pick(r, "object", ids(w.resources)...)]
		kid = by(newest(obj.HolderID), newest(obj.HolderID), pick(r, "other", market...))
		s := application(obj.ID, kinds()...)
		id, _, _ := rights.SplitKeyID(kid)
		if obj.SourceType == "SrcAgreement" || id != obj.HolderID {
			s.SourceType, s.Papers = "SrcAgreement", papers(rights.DocAgreement)
			s.Basis = []rights.Basis{{Type: pick(r, "basis", "BasisOffLedger", "BasisLicence"), EvidenceHash: hash("a"), To: pick(r, "until", 0, m.now+90*86400)}}
			if rapid.Bool().Draw(r, "rests on a right") {
				s.Basis = append(s.Basis, rights.Basis{Type: pick(r, "on", "BasisLicence", "BasisOwnRight"), RefID: someRight()})
			}
		}
		if rapid.Bool().Draw(r, "allocated") {
			s.Allocation = []rights.Allocation{{HolderID: id, Kind: s.RightKinds[0], To: m.now + 40*86400}}
		}
		if rapid.IntRange(0, 9).Draw(r, "by agent") == 0 {
			s.ApplicantIDs, s.Papers = []string{obj.HolderID}, append(s.Papers, papers(rights.DocAgency)[8:]...)
		}
		return kid, "registration.submit", s
	case 6: // resources
		if len(w.resources) == 0 {
			return "", "", nil
		}
		id := pick(r, "resource", ids(w.resources)...)
		holder := newest(w.resources[id].HolderID)
		switch pick(r, "event", "addVersion", "suspend", "resume", "retire", "certifyDestroyed", "regrade") {
		case "addVersion":
			v := m.resource(w.resources[id].HolderID, pick(r, "new content", "rain", "wind", "sun", "snow"))
			return by(holder), "resource.addVersion", rights.AddVersion{ResourceID: id, ContentRoot: v.ContentRoot, MatchTag: v.MatchTag, TagEpoch: 1, TagAttestation: v.TagAttestation, SourceNote: "x"}
		case "suspend":
			return by(regulatorID + "#1"), "resource.suspend", rights.ResourceMeasure{ResourceID: id, MeasureRef: "x"}
		case "resume":
			return by(regulatorID + "#1"), "resource.resume", rights.ResourceMeasure{ResourceID: id, MeasureRef: "x"}
		case "retire":
			return by(holder), "resource.retire", rights.OfResource{ResourceID: id}
		case "certifyDestroyed":
			return by(holder), "resource.certifyDestroyed", rights.Destroyed{ResourceID: id, Evidence: []rights.Evidence{{DocType: rights.DocOther, Hash: hash("wiped")}}}
		}
		return by(holder, regulatorID+"#1"), "resource.regrade", rights.Regrade{ResourceID: id, Level: "LevelGeneral", Grade: rapid.Int64Range(1, 4).Draw(r, "grade"),
			GradeReport: rights.Evidence{DocType: rights.DocGrading, Hash: hash(fmt.Sprint("report", m.now))}}
	case 5, 7: // rights and certificates
		if len(w.certificates) == 0 {
			return "", "", nil
		}
		switch pick(r, "event", "suspend", "resume", "expire", "close") {
		case "suspend":
			return by(regulatorID+"#1", officer), "right.suspend", rights.RightMeasure{RightID: someRight(), MeasureRef: "x", CourtPaper: hash("paper")}
		case "resume":
			return by(regulatorID+"#1", officer), "right.resume", rights.RightMeasure{RightID: someRight(), MeasureRef: "x", CourtPaper: hash("paper")}
		case "expire":
			return by(everybody...), "right.expire", rights.OfRight{RightID: someRight()}
		}
		return by(everybody...), "certificate.expire", rights.OfCertificate{CertNo: pick(r, "certificate", ids(w.certificates)...)}
	case 8: // participants
		id := pick(r, "whom", energyID, weatherID, buyerID)
		measure := rights.WithMeasure{USCC: id, MeasureRef: "x"}
		switch pick(r, "event", "suspend", "resume", "resume", "rotate") {
		case "suspend":
			return by(regulatorID+"#1", exchangeID+"#1"), "participant.suspend", measure
		case "resume":
			return by(regulatorID+"#1", exchangeID+"#1"), "participant.resume", measure
		}
		next := len(w.participants[id].Keys) + 1
		key, proof := m.proven(id, next)
		return rights.KeyID(id, next-1), "participant.rotateKey", rights.RotateKey{PublicKey: key, Proof: proof}
	}
	// Anything on a case, most often what its state allows.
	if len(w.cases) == 0 {
		return "", "", nil
	}
	open := slices.DeleteFunc(ids(w.cases), func(id string) bool { return ended("registration", w.cases[id].State) })
	if len(open) == 0 || rapid.IntRange(0, 9).Draw(r, "ended too") == 0 {
		open = ids(w.cases)
	}
	c := w.cases[pick(r, "case", open...)]
	events := map[rights.State][]string{
		rights.StateSubmitted: {"accept", "accept", "accept", "deemAccept", "requestCorrection"}, rights.StateCorrectionRequired: {"resubmit", "resubmit", "lapse"},
		rights.StateUnderReview:   {"publishNotice", "publishNotice", "publishNotice", "record", "review", "requestSupplement", "extendReview", "reject"},
		rights.StateSupplementing: {"supplement", "supplement", "terminate"}, rights.StatePublicNotice: {"record", "record", "fileObjection"},
		rights.StateObjected: {"fileObjection", "decideObjection", "decideObjection", "withdrawObjection"}, rights.StateOnHold: {"releaseHold"},
	}[c.State]
	if len(events) == 0 || rapid.IntRange(0, 7).Draw(r, "odd") == 0 {
		events = []string{"hold", "withdraw", "accept", "record", "resubmit", "supplement", "fileObjection", "releaseHold", "lapse", "publishNotice"}
	}
	event := pick(r, "event", events...)
	name = "registration." + event
	applicant := newest(c.ApplicantIDs[0])
	switch event {
	case "requestCorrection":
		return by(officer), name, rights.RequestCorrection{CaseID: c.ID, Missing: []string{"x"}}
	case "resubmit", "supplement":
		return by(applicant), name, rights.MorePapers{CaseID: c.ID, Papers: papers()[:1]}
	case "lapse", "deemAccept":
		return by(everybody...), name, rights.OfCase{CaseID: c.ID}
	case "accept":
		return by(officer), name, rights.OfCase{CaseID: c.ID}
	case "extendReview":
		return by(officer), name, rights.ExtendReview{CaseID: c.ID, Workdays: rapid.Int64Range(0, 11).Draw(r, "days"), Reason: "x"}
	case "review":
		return by(officer), name, rights.Review{CaseID: c.ID, Findings: positive()}
	case "requestSupplement":
		return by(officer), name, rights.RequestSupplement{CaseID: c.ID, Reason: "x"}
	case "terminate":
		return by(officer), name, rights.Ground{CaseID: c.ID, Reason: "x"}
	case "reject":
		return by(officer), name, rights.Ground{CaseID: c.ID, Reason: "x", RejectGround: "G1"}
	case "publishNotice":
		return by(officer), name, rights.PublishNotice{CaseID: c.ID, Findings: positive()}
	case "fileObjection":
		o := objection(c.ID)
		if kid = by(market...); kid == officer {
			o.OutsiderHash = hash("outsider")
		}
		return kid, name, o
	case "withdraw":
		return by(applicant), name, rights.OfCase{CaseID: c.ID}
	case "hold", "releaseHold":
		return by(regulatorID + "#1"), name, rights.Hold{CaseID: c.ID, MeasureRef: "x"}
	case "decideObjection", "withdrawObjection":
		if len(c.ObjectionIDs) == 0 {
			return "", "", nil
		}
		o := pick(r, "objection", c.ObjectionIDs...)
		if event == "withdrawObjection" {
			return by(newest(w.objections[o].ObjectorID)), name, rights.OfObjection{ObjectionID: o}
		}
		return by(officer), name, rights.DecideObjection{ObjectionID: o, Outcome: pick(r, "outcome", "dismissed", "dismissed", "upheld"), ConclusionHash: hash("c")}
	}
	b := rights.RecordCase{CaseID: c.ID, Findings: positive(), CertNo: fmt.Sprintf("SJ321202607%04d", rapid.IntRange(1, 9).Draw(r, "number"))}
	if c.State == rights.StateUnderReview && (c.RegType == rights.RegFirst || c.RegType == rights.RegTransfer) {
		b.NoticeExempt = &rights.Exemption{Exempt: true, Reason: "x"}
	}
	if !makesRights(c) {
		b.CertNo = ""
	}
	if c.RegType == rights.RegFirst && rapid.Bool().Draw(r, "duplicates reviewed") {
		b.DuplicateReview = &rights.DupReview{Ground: "DupIndependent"}
	}
	return by(officer), "registration.record", b
}

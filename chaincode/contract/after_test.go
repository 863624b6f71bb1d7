package contract_test

import (
	"encoding/json"
	"slices"
	"testing"

	"github.com/datarights/datarights/chaincode/rights"
	"github.com/datarights/datarights/chaincode/state"
)

// aside makes papers of those kinds.
func aside(docs ...rights.DocType) []rights.Evidence {
	var list []rights.Evidence
	for _, d := range docs {
		list = append(list, rights.Evidence{DocType: d, Hash: hash(string(d))})
	}
	return list
}

const terms = "the contract of transfer"

// later is an application about rights of a case that was recorded.
func (m *market) later(regType, recorded string, change func(*rights.Submit)) rights.Submit {
	c := m.the(recorded)
	s := rights.Submit{RegType: regType, RegistrarID: registrarID, TargetRightIDs: c.ResultRightIDs,
		Papers: aside(rights.DocForm, rights.DocIdentity, rights.DocAgreement, rights.DocCommitment, rights.DocChange, rights.DocOther)}
	if change != nil {
		change(&s)
	}
	return s
}

func (m *market) transferTo(to, recorded string, kinds ...int) rights.Submit {
	return m.later("RegTransfer", recorded, func(s *rights.Submit) {
		s.CounterpartyID, s.TermsHash = to, hash(terms)
		if len(kinds) > 0 {
			all := s.TargetRightIDs
			s.TargetRightIDs = nil
			for _, k := range kinds {
				s.TargetRightIDs = append(s.TargetRightIDs, all[k])
			}
		}
	})
}

// done accepts, reviews, publishes where that is wanted, and records a case.
func (m *market) done(id, certNo string) answer {
	m.t.Helper()
	c := m.the(id)
	if c.State == rights.StateSubmitted {
		m.must(m.event(officer, "accept", id))
	}
	if a := m.registrar("registration.publishNotice", rights.PublishNotice{CaseID: id, Findings: positive()}); a.refusal == nil {
		m.now = m.the(id).NoticeEndsAt
	} else if a.refusal.Rule != "2.6" {
		m.t.Fatal(a.refusal)
	}
	return m.registrar("registration.record", rights.RecordCase{CaseID: id, CertNo: certNo, Findings: positive()})
}

func (m *market) right(id string) *rights.Right {
	return read[rights.Right](m, rights.KindRight, id)
}

func (m *market) cert(no string) *rights.Certificate {
	return read[rights.Certificate](m, rights.KindCertificate, no)
}

// transferred brings a transfer to its record.
func (m *market) transferred(s rights.Submit, from, to, certNo string) string {
	m.t.Helper()
	id := m.must(m.do(from+"#1", "registration.submit", s)).id(rights.KindCase)
	m.must(m.do(to+"#1", "registration.countersign", rights.Countersign{CaseID: id, TermsHash: hash(terms)}))
	m.must(m.done(id, certNo))
	return id
}

// The whole way of a transfer: both sign, it is published, and everything that
// must move moves in one transaction.
func TestTransfer(t *testing.T) {
	m := newMarket(t)
	rec := m.recorded(energyID, "energy", "SJ3212026070001")
	before := m.the(rec).ResultRightIDs
	id := m.must(m.do(energyID+"#1", "registration.submit", m.transferTo(weatherID, rec))).id(rights.KindCase)
	c := m.the(id)
	if c.State != rights.StateDraft || c.AcceptDueAt != 0 || c.TargetCertNo != "SJ3212026070001" || c.CounterpartyID != weatherID || len(c.RightKinds) != 3 {
		t.Fatalf("%+v", c)
	}
	// Until the transferee signs, no limit runs and the registrar does nothing.
	m.refuses(m.event(officer, "accept", id), rights.CodeState)
	m.refuses(m.do(energyID+"#1", "registration.countersign", rights.Countersign{CaseID: id, TermsHash: hash(terms)}), rights.CodeRole)
	m.refuses(m.do(weatherID+"#1", "registration.countersign", rights.Countersign{CaseID: id, TermsHash: hash("other terms")}), rights.CodeConsent)
	m.must(m.do(weatherID+"#1", "registration.countersign", rights.Countersign{CaseID: id, TermsHash: hash(terms)}))
	if c = m.the(id); c.State != rights.StateSubmitted || c.AcceptDueAt == 0 || c.Countersigned.Kid != weatherID+"#1" {
		t.Fatalf("%+v", c)
	}
	m.must(m.done(id, "SJ3212026070002"))

	c = m.the(id)
	if c.State != rights.StateRecorded || c.ResultCertNo != "SJ3212026070002" || len(c.ResultRightIDs) != 3 || c.NoticeEndsAt == 0 {
		t.Fatalf("%+v", c)
	}
	for i, r := range c.ResultRightIDs {
		is, was := m.right(r), m.right(before[i])
		if is.State != rights.StateActive || is.HolderID != weatherID || is.PrevRightID != was.ID || is.ValidTo != was.ValidTo || is.ValidFrom != m.now || is.Kind != was.Kind {
			t.Errorf("%+v", is)
		}
		if was.State != rights.StateTransferred || was.NextRightID != is.ID || was.HolderID != energyID {
			t.Errorf("%+v", was)
		}
		if last := is.Basis[len(is.Basis)-1]; last.Type != "BasisTransfer" || last.EvidenceHash != hash(terms) {
			t.Errorf("%+v", is.Basis)
		}
	}
	if ct := m.cert("SJ3212026070001"); ct.State != rights.StateCancelled || ct.Version != 2 {
		t.Errorf("%+v", ct)
	}
	if ct := m.cert("SJ3212026070002"); ct.State != rights.StateValid || ct.HolderID != weatherID || len(ct.Rights) != 3 {
		t.Errorf("%+v", ct)
	}
	// The transferor has nothing left and may leave; the transferee may not.
	m.refuses(m.do(weatherID+"#1", "participant.exit", rights.Exit{Declaration: "x"}), rights.CodeState)
	// The object is still the transferor's, and the transferee's rights are on it.
	if e := m.refuses(m.do(energyID+"#1", "resource.retire", rights.OfResource{ResourceID: c.ObjectID}), rights.CodeState); !slices.Contains(c.ResultRightIDs, e.Record) {
		t.Errorf("%+v", e)
	}
	m.must(m.do(energyID+"#1", "participant.exit", rights.Exit{Declaration: "x"}))
	// RT-8: what was transferred is final, and the same right is not given twice.
	m.refuses(m.do(weatherID+"#1", "registration.submit", m.transferTo(energyID, id)), rights.CodeInactive)
}

// A part of the rights moves: the rest stays, on a certificate that says so.
func TestTransferInPart(t *testing.T) {
	m := newMarket(t)
	rec := m.recorded(energyID, "energy", "SJ3212026070001")
	id := m.transferred(m.transferTo(weatherID, rec, 2), energyID, weatherID, "SJ3212026070002")
	if ct := m.cert("SJ3212026070001"); ct.State != rights.StateAdjusted || len(ct.Rights) != 3 {
		t.Errorf("%+v", ct)
	}
	// and back again: a chain
	back := m.transferred(m.transferTo(energyID, id), weatherID, energyID, "SJ3212026070003")
	if r := m.right(m.the(back).ResultRightIDs[0]); r.PrevRightID != m.the(id).ResultRightIDs[0] || r.HolderID != energyID {
		t.Errorf("%+v", r)
	}
	m.refuses(m.do(energyID+"#1", "registration.submit", m.transferTo(weatherID, rec, 2)), rights.CodeState)
}

// A use right that rests on the transferor's own holding right goes on doing so:
// the holding right, transferred or to be cancelled, does not leave it behind.
func TestTransferOfWhatRestsOnAnother(t *testing.T) {
	m := newMarket(t)
	m.join(buyerID, "东台数据应用有限公司")
	obj := m.catalogue(energyID, "energy")
	first := func(certNo string, basis []rights.Basis, kinds ...rights.RightKind) string {
		s := application(obj, kinds...)
		s.Basis = basis
		id := m.must(m.do(energyID+"#1", "registration.submit", s)).id(rights.KindCase)
		m.must(m.done(id, certNo))
		return id
	}
	holding := first("SJ3212026070001", nil, rights.RightHolding)
	use := first("SJ3212026070002", []rights.Basis{{Type: "BasisOwnRight", RefID: m.the(holding).ResultRightIDs[0]}}, rights.RightUse)
	moved := m.the(m.transferred(m.transferTo(weatherID, use), energyID, weatherID, "SJ3212026070003")).ResultRightIDs[0]
	effective := func() {
		t.Helper()
		if why, err := rights.EffectiveAt(finder{m}, m.right(moved), m.now, 16); why != nil || err != nil {
			t.Errorf("%v %v", why, err)
		}
	}
	effective()
	cancel := m.must(m.do(energyID+"#1", "registration.submit", m.later("RegCancel", holding, func(s *rights.Submit) { s.CancelReason = "Voluntary" }))).id(rights.KindCase)
	m.refuses(m.done(cancel, ""), rights.CodeConsent)
	m.must(m.registrar("registration.reject", rights.Ground{CaseID: cancel, RejectGround: "G5", Reason: "x"}))
	m.transferred(m.transferTo(buyerID, holding), energyID, buyerID, "SJ3212026070004")
	effective()
}

// without the pledgee's consent to these very terms a pledged right does
// not move; with it the pledge moves along, guard and all.
func TestTransferOfPledgedRight(t *testing.T) {
	m := newMarket(t)
	m.lend()
	x := m.asset("turbines", "SJ3212026070001")
	right := x.rights[2]
	body, secret := m.pledgeOf(x)
	body.RightIDs = []string{right}
	pledge := m.pledged(body, secret, "ZDW-1")
	consent := func(to string) rights.GivePledgeConsent {
		return rights.GivePledgeConsent{PledgeID: pledge, Action: rights.UseTransfer, TargetID: right, TermsHash: hash(to), ExpiresAt: m.now + 30*86400}
	}
	s := m.transferTo(weatherID, m.right(right).CaseID, 2)
	m.refuses(m.do(borrowerID+"#1", "registration.submit", s), rights.CodeConsent)
	m.must(m.do(bankID+"#1", "pledge.giveConsent", consent("other terms")))
	m.refuses(m.do(borrowerID+"#1", "registration.submit", s), rights.CodeConsent)
	m.must(m.do(bankID+"#1", "pledge.giveConsent", consent(terms)))
	id := m.must(m.do(borrowerID+"#1", "registration.submit", s)).id(rights.KindCase)
	if p := m.pledge(pledge); p.Consents[1].UsedAt != 0 {
		t.Fatal("applying used the consent up")
	}
	m.must(m.do(weatherID+"#1", "registration.countersign", rights.Countersign{CaseID: id, TermsHash: hash(terms)}))
	// Used up meanwhile: asked again when recorded.
	late := *m
	late.ledger, late.quiet = m.ledger.Clone(), true
	edit(rights.KindPledge, pledge, func(p *rights.Pledge) { p.Consents[1].UsedAt, p.Consents[1].UsedBy = m.now, "x" })(&late)
	late.refuses(late.done(id, "SJ3212026070002"), rights.CodeConsent)
	m.must(m.done(id, "SJ3212026070002"))

	r, p := m.right(m.the(id).ResultRightIDs[0]), m.pledge(pledge)
	if len(r.Encumbrances) != 1 || m.rank(r.ID, pledge) != 1 || !slices.Equal(p.RightIDs, []string{r.ID}) || !slices.Contains(p.CertNos, "SJ3212026070002") ||
		p.Consents[0].UsedAt != 0 || p.Consents[1].UsedAt != m.now || len(p.Notices) != 1 {
		t.Errorf("right %+v, pledge %+v", r, p)
	}
	if !m.guardedBy(r.ID, bankMSP) {
		t.Error("the new right is not guarded by the pledgee")
	}
	m.must(m.do(bankID+"#1", "pledge.release", rights.ReleasePledge{PledgeID: pledge}))
	if len(m.right(r.ID).Encumbrances) > 0 || !m.guardedBy(r.ID) {
		t.Errorf("%+v", m.right(r.ID))
	}
}

// finder reads the committed ledger for the effective predicate.
type finder struct{ m *market }

// Find implements rights.Finder.
func (f finder) Find(kind rights.Kind, id string, v any) (bool, error) {
	key, err := state.Key(kind, id)
	if err != nil {
		return false, err
	}
	raw := f.m.ledger.Get(key)
	if raw == nil {
		return false, nil
	}
	return true, json.Unmarshal(raw, v)
}

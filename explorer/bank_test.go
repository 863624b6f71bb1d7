package explorer

import (
	"net/http"
	"strings"
	"testing"

	"github.com/datarights/datarights/chaincode/rights"
)

const (
	deskCert   = "SJ3212026110001"
	deskRight  = "RT-320903-20261130-f10f324fe183-02"
	deskPledge = "PL-320903-20261130-f05410a102d0-00"
	deskValue  = "EV-320903-20261130-d19a860180f3-00"
)

// pledged is a pledge registered in block 20, beneath which nothing has changed.
func pledged() *beneath {
	now := sampleNow.Unix()
	year := int64(365 * 86400)
	right := rights.Right{Head: rights.Head{ID: deskRight, State: rights.StateActive, Version: 1}, Kind: rights.RightOperation, HolderID: energy, ValidTo: now + 5*year, CertNo: deskCert}
	under := right
	own := rights.Encumbrance{Type: rights.EncPledge, RefID: deskPledge, From: now - year, Rank: 1, ByID: deskBank}
	under.Version, under.Encumbrances = 2, []rights.Encumbrance{own}
	cert := rights.Certificate{Head: rights.Head{ID: deskCert, State: rights.StateValid, Version: 1}, CertNo: deskCert, HolderID: energy, DataName: "风电", ValidTo: now + 5*year,
		Rights: []rights.CertificateRight{{RightID: deskRight, Kind: rights.RightOperation, HolderID: energy}}}
	return &beneath{
		now: now, since: moment{20, 0},
		pledge: &rights.Pledge{Head: rights.Head{ID: deskPledge, State: rights.StateRegistered}, PledgorID: energy, DebtorID: energy, PledgeeID: deskBank, RightIDs: []string{deskRight}, CertNos: []string{deskCert},
			EvaluationID: deskValue, ClaimFrom: now - year, ClaimTo: now + year, ZdwRegNo: "ZDW-1", ZdwValidTo: now + 2*year, Rank: 1},
		assets: []*assetAnswer{{
			CertNo: deskCert, At: now, Height: 99, AskedAs: "pledgee",
			Report: &rights.AssetReport{CertNo: deskCert, At: now, Certificate: &cert, Effective: true, LineageHealthy: true, Pledges: []rights.AssetPledge{{PledgeID: deskPledge, State: rights.StateRegistered, PledgeeID: deskBank, Rank: 1}}, Rights: []rights.AssetRight{{
				RightID: deskRight, Kind: rights.RightOperation, HolderID: energy, State: rights.StateActive, ValidTo: now + 5*year, Effective: true, Encumbrances: []rights.Encumbrance{own}, Bases: []rights.AssetBasis{{Type: "BasisGrant", RefID: "GR-320900-20261120-aaaaaaaaaaaa-00", Effective: true}}}}},
			Encumbrances: []assetBurden{{deskRight, own}},
			Evaluations:  []assetRecord{{ID: deskValue, Kind: "Value", State: "Issued", ValidTo: now + year, Effective: assetEffect{Now: true}}},
		}},
		rights:       map[string][]Revision[rights.Right]{deskRight: {{Block: 10, TxID: "issued", At: now - 2*year, Command: "registration.record", Record: right}, {Block: 20, TxID: "pledged", At: now - year, Command: "pledge.register", Record: under}}},
		restraints:   map[string][]Revision[rights.Restraints]{},
		certificates: map[string][]Revision[rights.Certificate]{deskCert: {{Block: 10, TxID: "issued", Record: cert}}},
		evaluation:   []Revision[rights.Evaluation]{{Block: 15, TxID: "valued", Record: rights.Evaluation{Head: rights.Head{ID: deskValue, State: "Issued"}, ValidTo: now + year}}},
		bases:        map[string][]Revision[rights.Head]{},
	}
}

// What changes beneath a pledge is warned of, with when and by which transaction.
func TestWarningsBeneath(t *testing.T) {
	if w := pledged().warnings(); len(w) != 0 {
		t.Fatalf("warnings of nothing: %+v", w)
	}
	burden := func(b *beneath, typ rights.EncumbranceType, ref string, rank int64) {
		e := rights.Encumbrance{Type: typ, RefID: ref, From: b.now - 100, Rank: rank}
		b.assets[0].Encumbrances = append(b.assets[0].Encumbrances, assetBurden{deskRight, e})
		b.restraints[deskRight] = append(b.restraints[deskRight], Revision[rights.Restraints]{Block: 40, TxID: "laid", At: b.now - 100, Command: "measure.serve", Record: rights.Restraints{RightID: deskRight, Encumbrances: []rights.Encumbrance{e}}})
	}
	state := func(b *beneath, s rights.State) {
		b.assets[0].Report.Rights[0].State, b.assets[0].Report.Rights[0].Effective = s, false
		r := b.rights[deskRight][1].Record
		r.State = s
		b.rights[deskRight] = append(b.rights[deskRight], Revision[rights.Right]{Block: 41, TxID: "turned", At: b.now - 50, Command: "right.suspend", Record: r})
	}
	adjust := func(b *beneath, edit func(*rights.Certificate)) {
		c := b.certificates[deskCert][0].Record
		edit(&c)
		b.certificates[deskCert] = append(b.certificates[deskCert], Revision[rights.Certificate]{Block: 42, TxID: "adjusted", At: b.now - 40, Command: "registration.record", Record: c})
	}
	for name, c := range map[string]struct {
		edit func(*beneath)
		tone string
		what string
		tx   string
	}{
		"suspended":    {func(b *beneath) { state(b, rights.StateSuspended) }, "bad", "went from “Active” to “Suspended”", "turned"},
		"cancelled":    {func(b *beneath) { state(b, rights.StateCancelled) }, "bad", "Cancelled", "turned"},
		"frozen":       {func(b *beneath) { burden(b, rights.EncFreeze, "SM-320900-20261130-000000000001-00", 0) }, "bad", "was frozen", "laid"},
		"disputed":     {func(b *beneath) { burden(b, rights.EncDispute, "DS-320900-20261130-000000000001-00", 0) }, "warn", "disputed", "laid"},
		"pledged too":  {func(b *beneath) { burden(b, rights.EncPledge, "PL-320900-20261130-000000000009-00", 1) }, "bad", "of rank 1", "laid"},
		"pledged next": {func(b *beneath) { burden(b, rights.EncPledge, "PL-320900-20261130-000000000009-00", 2) }, "warn", "of rank 2", "laid"},
		"adjusted":     {func(b *beneath) { adjust(b, func(c *rights.Certificate) { c.Volume = 7 }) }, "warn", "was changed: volume", "adjusted"},
		"revoked":      {func(b *beneath) { adjust(b, func(c *rights.Certificate) { c.State = rights.StateCancelled }) }, "bad", "The certificate went from", "adjusted"},
		"valuation over": {func(b *beneath) {
			b.assets[0].Evaluations[0].ValidTo, b.assets[0].Evaluations[0].Effective.Now = b.now-1, false
		}, "warn", "valuation behind the pledge has run out", ""},
		"valuation superseded": {func(b *beneath) {
			b.assets[0].Evaluations[0].Effective.Now = false
			b.evaluation = append(b.evaluation, Revision[rights.Evaluation]{Block: 43, TxID: "superseded", Command: "evaluation.supersede", Record: rights.Evaluation{Head: rights.Head{State: "Superseded"}}})
		}, "warn", "can no longer be used", "superseded"},
		"upstream fallen": {func(b *beneath) {
			r := &b.assets[0].Report.Rights[0]
			r.Effective, r.Bases[0].Effective = false, false
			b.bases[r.Bases[0].RefID] = []Revision[rights.Head]{{Block: 12, TxID: "granted", Record: rights.Head{State: "Effective"}}, {Block: 44, TxID: "revoked", At: b.now - 9, Command: "grant.revoke", Record: rights.Head{State: "Revoked"}}}
		}, "bad", "has fallen", "revoked"},
		"right over": {func(b *beneath) {
			r := &b.assets[0].Report.Rights[0]
			r.ValidTo, r.Effective = b.now-1, false
			b.rights[deskRight][0].Record.ValidTo, b.rights[deskRight][1].Record.ValidTo = b.now-1, b.now-1
		}, "bad", "has run out", ""},
		"registry lapsed": {func(b *beneath) { b.pledge.ZdwLapsed = true }, "bad", "lapsed", ""},
		"claim due":       {func(b *beneath) { b.pledge.ClaimTo = b.now - 1 }, "warn", "fallen due", ""},
		"claim soon":      {func(b *beneath) { b.pledge.ClaimTo = b.now + 86400 }, "wait", "about to fall due", ""},
	} {
		t.Run(name, func(t *testing.T) {
			b := pledged()
			c.edit(b)
			got := b.warnings()
			if len(got) != 1 {
				t.Fatalf("%d warnings: %+v", len(got), got)
			}
			if w := got[0]; w.Tone != c.tone || !strings.Contains(w.What.En, c.what) || w.TxID != c.tx || w.What.Zh == "" {
				t.Errorf("got %+v", w)
			}
		})
	}

	b := pledged()
	b.pledge.ClaimTo = b.now + 86400
	adjust(b, func(c *rights.Certificate) { c.Volume = 7 })
	state(b, rights.StateSuspended)
	tones := ""
	for _, w := range b.warnings() {
		tones += w.Tone + " "
	}
	if tones != "bad warn wait " {
		t.Errorf("order %q", tones)
	}
}

func bankAPI(t *testing.T, b *beneath) *deskAPI {
	return &deskAPI{t: t, who: deskBank, roles: []rights.Role{rights.RoleBank}, answers: map[string]any{
		"/v1/pledges":                               answered(b.pledge),
		"/v1/pledges/" + deskPledge:                 b.pledge,
		"/v1/pledges/" + deskPledge + "/history":    answered(Revision[rights.Pledge]{Block: 20, TxID: "pledged", Command: "pledge.register", Kid: deskRegistrar + "#1", Record: *b.pledge}),
		"/v1/certificates/" + deskCert + "/asset":   b.assets[0],
		"/v1/certificates/" + deskCert + "/history": map[string]any{"items": b.certificates[deskCert], "next": ""},
		"/v1/rights/" + deskRight + "/history":      map[string]any{"items": b.rights[deskRight], "next": ""},
		"/v1/evaluations/" + deskValue + "/history": map[string]any{"items": b.evaluation, "next": ""},
		"/v1/restraints/" + deskRight + "/history":  map[string]any{"items": b.restraints[deskRight], "next": ""},
	}}
}

func TestBankPages(t *testing.T) {
	b := pledged()
	api := bankAPI(t, b)
	says(t, api.desk(t, "/bank"), "质押物与登记时相同", "解除质押")
	b.pledge.ZdwLapsed = true
	b.pledge.ZdwRegNo = hostile
	b.assets[0].Report.Certificate.DataName = hostile
	says(t, api.desk(t, "/bank"), "统一登记已到期", "严重")
	says(t, api.desk(t, "/bank/pledges/"+deskPledge), "统一登记已到期", "启动质权实现", "未经同意不得许可他人使用")
	says(t, api.desk(t, "/bank/pledges/"+deskPledge+"?lang=en"), "The unified registration has lapsed", "No licence without consent")
	says(t, api.desk(t, "/bank/verify?certNo="+deskCert), "第 1 顺位", "本行", "依据第", "99")
	says(t, api.desk(t, "/bank/verify"), "核验资产")

	if w := api.desk(t, "/bank/verify?certNo=SJ1"); w.Code != http.StatusBadRequest || !strings.Contains(w.Body.String(), "须为登记凭证号") {
		t.Errorf("a number that is none: %d", w.Code)
	}
	api.missing = map[string]int{"/v1/certificates/" + deskCert + "/asset": http.StatusForbidden}
	if w := api.desk(t, "/bank/verify?certNo="+deskCert+"&consent=x"); w.Code != http.StatusForbidden || !strings.Contains(w.Body.String(), "pledge.consentToVerify") {
		t.Errorf("an asset that is not the bank's: %d", w.Code)
	}
	for _, asked := range api.asked {
		if strings.Contains(asked, "consent=") {
			t.Errorf("a token of consent was taken from an address: %s", asked)
		}
	}
	says(t, api.desk(t, "/bank"), "登记前须凭出质人的同意凭据核验资产")
}

func TestVerdict(t *testing.T) {
	a := pledged().assets[0]
	a.Encumbrances = nil
	if v := verdictOn(a); v.Tone != "good" {
		t.Errorf("of a sound asset: %+v", v)
	}
	a.Encumbrances = pledged().assets[0].Encumbrances
	if v := verdictOn(a); v.Tone != "warn" || !strings.Contains(v.Reasons[0].Text.En, "rank 1") {
		t.Errorf("of a pledged asset: %+v", v)
	}
	a.Evaluations = nil
	if v := verdictOn(a); v.Tone != "warn" || !strings.Contains(v.Reasons[1].Text.En, "no value evaluation") {
		t.Errorf("of one never valued: %+v", v)
	}
	a.Encumbrances = []assetBurden{{deskRight, rights.Encumbrance{Type: rights.EncFreeze, RefID: "SM-1"}}}
	if v := verdictOn(a); v.Tone != "bad" {
		t.Errorf("of a frozen asset: %+v", v)
	}
}

package rights

import (
	"fmt"
	"testing"
)

// The encumbrance matrix as the rules print it (3.0.6), written out again here
// cell by cell: what a use meets in each special condition. A cell that is not
// named is refused or allowed whatever else is true.
//
// verdicts: "" is allowed, else the code of the refusal.
type cell struct {
	use       Use
	lies      EncumbranceType
	condition string
	want      Code
}

const (
	plain = ""

	disclosed     = "disclosed and acknowledged"
	disclosedElse = "another type disclosed"

	allowLicence = "pledge allows licences"
	exactConsent = "consent to exactly this"
	otherTerms   = "consent to other terms"
	otherUse     = "consent to another use"
	otherRight   = "consent over another right"
	usedConsent  = "consent used up"
	lateConsent  = "consent expired"
	noTerms      = "consent and no terms named"
	signedBefore = "signed before the pledge"
	signedAfter  = "signed after the pledge"

	carriesOut     = "carries out the matter"
	carriesOutElse = "carries out another matter"

	sameTrade   = "dispute about this trade"
	otherTrade  = "dispute about another trade and right"
	sameRight   = "dispute about this right"
	sameObject  = "dispute about the object"
	listedRight = "dispute that names the right"

	inScope      = "inside the exclusive scope"
	outOfScope   = "outside the exclusive scope"
	stopsUse     = "stops the holder's own use"
	licenseeSaid = "licensee consents"
	otherSaid    = "somebody else consents"
	over         = "no longer in force"
	notYet       = "not yet in force"
)

// encumbranceCells is the table of 3.0.6, row by row.
func encumbranceCells() []cell {
	var list []cell
	add := func(u Use, e EncumbranceType, pairs ...any) {
		for i := 0; i < len(pairs); i += 2 {
			list = append(list, cell{u, e, pairs[i].(string), pairs[i+1].(Code)})
		}
	}
	const yes Code = ""
	// A consent counts once, in time, for this use of this right on these terms.
	consent := func(u Use, e EncumbranceType) {
		add(u, e, plain, CodeConsent, exactConsent, yes, otherTerms, CodeConsent, otherUse, CodeConsent, otherRight, CodeConsent,
			usedConsent, CodeConsent, lateConsent, CodeConsent, noTerms, CodeConsent)
	}

	// transfer right | block | pledgee consent | block | block | allow, licence runs with right | block
	add(UseTransfer, EncObjection, plain, CodeEnc, disclosed, CodeEnc)
	consent(UseTransfer, EncPledge)
	add(UseTransfer, EncPledge, allowLicence, CodeConsent)
	add(UseTransfer, EncFreeze, plain, CodeEnc, carriesOut, CodeEnc)
	add(UseTransfer, EncDispute, plain, CodeEnc, otherTrade, CodeEnc)
	add(UseTransfer, EncExclusive, plain, yes, inScope, yes)
	add(UseTransfer, encBasis, plain, CodeBasis)

	// new licence or trade, list | allow with disclosure | allow if AllowLicence, else consent | block | block | block inside scope | block
	add(UseLicence, EncObjection, plain, CodeEnc, disclosed, yes, disclosedElse, CodeEnc)
	consent(UseLicence, EncPledge)
	add(UseLicence, EncPledge, allowLicence, yes)
	add(UseLicence, EncFreeze, plain, CodeEnc)
	add(UseLicence, EncDispute, plain, CodeEnc)
	add(UseLicence, EncExclusive, plain, CodeEnc, inScope, CodeEnc, outOfScope, yes)
	add(UseLicence, encBasis, plain, CodeBasis)

	// exclusive licence | block | consent | block | block | block if overlap | block
	add(UseExclusive, EncObjection, plain, CodeEnc, disclosed, CodeEnc)
	consent(UseExclusive, EncPledge)
	add(UseExclusive, EncPledge, allowLicence, CodeConsent)
	add(UseExclusive, EncFreeze, plain, CodeEnc)
	add(UseExclusive, EncDispute, plain, CodeEnc)
	add(UseExclusive, EncExclusive, plain, CodeEnc, inScope, CodeEnc, outOfScope, yes)
	add(UseExclusive, encBasis, plain, CodeBasis)

	// deliver under a trade signed earlier | allow | allow if signed before pledge, else as terms | block | block if same trade or object | per contract | block
	add(UseDeliver, EncObjection, plain, yes)
	consent(UseDeliver, EncPledge)
	add(UseDeliver, EncPledge, allowLicence, yes, signedBefore, yes, signedAfter, CodeConsent)
	add(UseDeliver, EncFreeze, plain, CodeEnc)
	add(UseDeliver, EncDispute, plain, CodeEnc, sameTrade, CodeEnc, sameRight, CodeEnc, sameObject, CodeEnc, listedRight, CodeEnc, otherTrade, yes)
	add(UseDeliver, EncExclusive, plain, yes)
	add(UseDeliver, encBasis, plain, CodeBasis)

	// pledge | block | consent of all earlier pledgees | block | block | allow with disclosure | block
	add(UsePledge, EncObjection, plain, CodeEnc, disclosed, CodeEnc)
	consent(UsePledge, EncPledge)
	add(UsePledge, EncPledge, allowLicence, CodeConsent)
	add(UsePledge, EncFreeze, plain, CodeEnc)
	add(UsePledge, EncDispute, plain, CodeEnc)
	add(UsePledge, EncExclusive, plain, CodeEnc, disclosed, yes, disclosedElse, CodeEnc)
	add(UsePledge, encBasis, plain, CodeBasis)

	// change or correct description | allow | allow, notify pledgee | only if ordered | allow | allow | allow
	add(UseDescribe, EncObjection, plain, yes)
	add(UseDescribe, EncPledge, plain, yes)
	add(UseDescribe, EncFreeze, plain, CodeEnc, carriesOut, yes, carriesOutElse, CodeEnc)
	add(UseDescribe, EncDispute, plain, yes)
	add(UseDescribe, EncExclusive, plain, yes)
	add(UseDescribe, encBasis, plain, yes)

	// renew | allow | allow | allow | allow | allow | block
	for _, e := range []EncumbranceType{EncObjection, EncPledge, EncFreeze, EncDispute, EncExclusive} {
		add(UseRenew, e, plain, yes)
	}
	add(UseRenew, encBasis, plain, CodeBasis)

	// cancel | block (unless it is the outcome) | release first | block | block | licensee consent | allow
	for _, e := range []EncumbranceType{EncObjection, EncDispute, EncFreeze} {
		add(UseCancel, e, plain, CodeEnc, carriesOut, yes, carriesOutElse, CodeEnc)
	}
	add(UseCancel, EncPledge, plain, CodeEnc, exactConsent, CodeEnc, carriesOut, CodeEnc)
	add(UseCancel, EncExclusive, plain, CodeConsent, licenseeSaid, yes, otherSaid, CodeConsent)
	add(UseCancel, encBasis, plain, yes)

	// holder's internal use | allow | allow | allow unless freeze type Use | allow | allow unless sole-use licence | block
	for _, e := range []EncumbranceType{EncObjection, EncPledge, EncDispute} {
		add(UseInternal, e, plain, yes)
	}
	for _, e := range []EncumbranceType{EncFreeze, EncExclusive} {
		add(UseInternal, e, plain, yes, stopsUse, CodeEnc)
	}
	add(UseInternal, encBasis, plain, CodeBasis)

	// What is over, or yet to come, blocks nothing.
	for _, row := range Matrix() {
		for _, e := range []EncumbranceType{EncObjection, EncPledge, EncFreeze, EncDispute, EncExclusive} {
			add(row.Use, e, over, yes, notYet, yes)
		}
	}
	return list
}

// scene is a right with one thing on it and what is asked of it.
type scene struct {
	act   *Act
	right *Right
	use   Exercise
	p     *Profile
}

const sceneNow = 150

func sceneOf(t *testing.T, c cell) scene {
	t.Helper()
	l := records{}
	put := func(kind Kind, id string, r any) {
		if err := l.Store(kind, id, r); err != nil {
			t.Fatal(err)
		}
	}
	r := &Right{Head: Head{ID: "RT-1", State: StateActive}, Kind: RightOperation, ObjectID: "DR-1", HolderID: "holder", ValidFrom: 100, ValidTo: 200}
	x := Exercise{Use: c.use, TermsHash: "terms", MatterID: "TR-1"}
	e := Encumbrance{Type: c.lies, RefID: map[EncumbranceType]string{EncPledge: "PL-1", EncDispute: "DS-1", EncObjection: "OB-1", EncFreeze: "SM-1", EncExclusive: "RT-9"}[c.lies], From: 120, ByID: "other side"}
	pl := Pledge{Head: Head{ID: "PL-1", State: StateRegistered}, PledgeeID: "other side"}
	d := Dispute{Head: Head{ID: "DS-1"}, RefID: "TR-1", TradeID: "TR-1"}
	elsewhere := Scope{ObjectIDs: []string{"DR-1"}, Purposes: []string{"*"}, Regions: []string{"3209"}, Industries: []string{"*"}, Actions: BuyerActions, MaxGrade: 5, From: 100, To: 200}
	here := elsewhere
	consent := PledgeConsent{Action: c.use, TargetID: r.ID, TermsHash: "terms", At: 130, ExpiresAt: 160}
	switch c.condition {
	case disclosed:
		x.Disclosed = []EncumbranceType{c.lies}
	case disclosedElse:
		x.Disclosed = []EncumbranceType{EncDispute}
	case allowLicence:
		pl.AllowLicence = true
	case otherTerms:
		consent.TermsHash = "other terms"
	case otherUse:
		if consent.Action = UseTransfer; c.use == UseTransfer {
			consent.Action = UsePledge
		}
	case otherRight:
		consent.TargetID = "RT-2"
	case usedConsent:
		consent.UsedAt = 140
	case lateConsent:
		consent.ExpiresAt = sceneNow
	case noTerms:
		x.TermsHash, consent.TermsHash = "", ""
	case signedBefore:
		x.SignedAt = 119
	case signedAfter:
		x.SignedAt = 120
	case carriesOut:
		x.CarriesOut = e.RefID
	case carriesOutElse:
		x.CarriesOut = "SM-2"
	case sameRight:
		d.RefID, d.TradeID = r.ID, ""
	case sameObject:
		d.RefID, d.TradeID = r.ObjectID, ""
	case listedRight:
		d.RefID, d.TradeID, d.RightIDs = "TR-2", "TR-2", []string{"RT-1"}
	case otherTrade:
		d.RefID, d.TradeID = "TR-2", "TR-2"
	case inScope:
		e.Scope, x.Scope = &here, &here
	case outOfScope:
		elsewhere.Regions = []string{"3201"}
		e.Scope, x.Scope = &here, &elsewhere
	case stopsUse:
		e.Use = true
	case licenseeSaid:
		x.ConsentOf = []string{"other side"}
	case otherSaid:
		x.ConsentOf = []string{"somebody"}
	case over:
		e.To = sceneNow
	case notYet:
		e.From = sceneNow + 1
	}
	switch c.condition {
	case exactConsent, otherTerms, otherUse, otherRight, usedConsent, lateConsent, noTerms:
		pl.Consents = []PledgeConsent{consent}
	}
	put(KindPledge, "PL-1", &pl)
	put(KindDispute, "DS-1", &d)
	switch c.lies {
	case encBasis:
		r.Basis = []Basis{{Type: "BasisOwnRight", RefID: "RT-7"}}
		put(KindRight, "RT-7", &Right{Head: Head{ID: "RT-7", State: StateCancelled}, ValidFrom: 100, ValidTo: 200})
	case EncPledge, EncExclusive:
		r.Encumbrances = []Encumbrance{e}
	default:
		put(KindRestraints, r.ID, &Restraints{Head: Head{ID: r.ID}, RightID: r.ID, Encumbrances: []Encumbrance{e}})
	}
	a := &Act{Ledger: l, Now: sceneNow, TxID: "tx"}
	return scene{act: a, right: r, use: x, p: profileOn(l, Param{ParamBasisMaxDepth, 16})}
}

func codeOf(err error) Code {
	if err == nil {
		return ""
	}
	if e := asRefusal(err); e != nil {
		return e.Code
	}
	return Code(err.Error())
}

func TestEncumbranceMatrix(t *testing.T) {
	covered := map[string]bool{}
	for _, c := range encumbranceCells() {
		covered[fmt.Sprint(c.use, c.lies)] = true
		s := sceneOf(t, c)
		err := s.act.exercise(s.p, "rightId", s.right, s.use)
		if got := codeOf(err); got != c.want {
			t.Errorf("%s under %s (%s): %q; want %q: %v", c.use, c.lies, c.condition, got, c.want, err)
		}
		if e := asRefusal(err); e != nil && (e.Field != "rightId" || e.Record == "" || e.Rule == "" || e.Detail == "" || e.DetailZh == "") {
			t.Errorf("%s under %s (%s): the refusal is bare: %+v", c.use, c.lies, c.condition, e)
		}
		// Asking gives the same answer and changes nothing.
		s = sceneOf(t, c)
		s.use.Ask = true
		if got := codeOf(s.act.exercise(s.p, "rightId", s.right, s.use)); got != c.want || len(s.act.Written()) > 0 {
			t.Errorf("%s under %s (%s), only asking: %q, writes %v", c.use, c.lies, c.condition, got, s.act.Written())
		}
	}
	for _, row := range Matrix() {
		for _, e := range []EncumbranceType{EncObjection, EncPledge, EncFreeze, EncDispute, EncExclusive, encBasis} {
			if !covered[fmt.Sprint(row.Use, e)] {
				t.Errorf("the table leaves out %s under %s", row.Use, e)
			}
		}
	}
}

// What a use allows under one encumbrance it does not allow under two when the
// second blocks; and a frozen right whose basis fell away has both against it.
func TestEncumbrancesAddUp(t *testing.T) {
	cells := encumbranceCells()
	verdict := map[string]Code{}
	for _, c := range cells {
		if c.condition == plain {
			verdict[fmt.Sprint(c.use, c.lies)] = c.want
		}
	}
	kinds := []EncumbranceType{EncObjection, EncPledge, EncFreeze, EncDispute, EncExclusive, encBasis}
	for _, row := range Matrix() {
		for i, x := range kinds {
			for _, y := range kinds[i+1:] {
				one, two := sceneOf(t, cell{row.Use, x, plain, ""}), sceneOf(t, cell{row.Use, y, plain, ""})
				one.right.Basis = append(one.right.Basis, two.right.Basis...)
				one.right.Encumbrances = append(one.right.Encumbrances, two.right.Encumbrances...)
				l := one.act.Ledger.(records)
				var beside, more Restraints
				_, _ = l.Load(KindRestraints, "RT-1", &beside)
				for k, v := range two.act.Ledger.(records) {
					l[k] = v
				}
				_, _ = two.act.Ledger.Load(KindRestraints, "RT-1", &more)
				beside.Encumbrances = append(beside.Encumbrances, more.Encumbrances...)
				if err := l.Store(KindRestraints, "RT-1", &beside); err != nil {
					t.Fatal(err)
				}
				vx, vy := verdict[fmt.Sprint(row.Use, x)], verdict[fmt.Sprint(row.Use, y)]
				got := codeOf(one.act.exercise(one.p, "rightId", one.right, one.use))
				if (got == "") != (vx == "" && vy == "") || (got != "" && got != vx && got != vy) {
					t.Errorf("%s under %s (%q) and %s (%q): %q", row.Use, x, vx, y, vy, got)
				}
			}
		}
	}
}

// A consent is used up by one use, and the pledge keeps by what.
func TestConsentIsUsedOnce(t *testing.T) {
	s := sceneOf(t, cell{UseTransfer, EncPledge, exactConsent, ""})
	if err := s.act.exercise(s.p, "rightId", s.right, s.use); err != nil {
		t.Fatal(err)
	}
	var pl Pledge
	if _, err := s.act.Ledger.Load(KindPledge, "PL-1", &pl); err != nil || pl.Consents[0].UsedAt != sceneNow || pl.Consents[0].UsedBy != "tx" {
		t.Errorf("%+v %v", pl.Consents, err)
	}
	if got := codeOf(s.act.exercise(s.p, "rightId", s.right, s.use)); got != CodeConsent {
		t.Errorf("used again: %q", got)
	}
}

// Every pledgee on a right is asked (PL-1).
func TestEveryPledgeeConsents(t *testing.T) {
	s := sceneOf(t, cell{UsePledge, EncPledge, exactConsent, ""})
	second := Pledge{Head: Head{ID: "PL-2"}, PledgeeID: "second"}
	s.right.Encumbrances = append(s.right.Encumbrances, Encumbrance{Type: EncPledge, RefID: "PL-2", From: 121, ByID: "second"})
	if err := s.act.Ledger.Store(KindPledge, "PL-2", &second); err != nil {
		t.Fatal(err)
	}
	if e := asRefusal(s.act.exercise(s.p, "rightId", s.right, s.use)); e == nil || e.Code != CodeConsent || e.Rule != "PL-2" {
		t.Errorf("%v", e)
	}
}

// A description changed under a pledge is told to the pledgee, the last ones kept.
func TestPledgeeIsNotified(t *testing.T) {
	s := sceneOf(t, cell{UseDescribe, EncPledge, plain, ""})
	for range maxPledgeNotices + 5 {
		if err := s.act.exercise(s.p, "rightId", s.right, s.use); err != nil {
			t.Fatal(err)
		}
	}
	var pl Pledge
	if _, err := s.act.Ledger.Load(KindPledge, "PL-1", &pl); err != nil || len(pl.Notices) != maxPledgeNotices || pl.Notices[0] != (PledgeNotice{string(UseDescribe), "RT-1", sceneNow}) {
		t.Errorf("%d notices, %v", len(pl.Notices), err)
	}
}

// The right itself must be in being and in its term, whatever lies on it; only
// its end may be written down of a suspended one or one past its term, and a
// renewal asked for in time may be recorded late.
func TestExerciseOfWhatIsNot(t *testing.T) {
	for _, row := range Matrix() {
		for _, c := range []struct {
			name   string
			change func(*Right)
			want   Code
		}{
			{"suspended", func(r *Right) { r.State = StateSuspended }, CodeState},
			{"transferred", func(r *Right) { r.State = StateTransferred }, CodeState},
			{"cancelled", func(r *Right) { r.State = StateCancelled }, CodeState},
			{"ended", func(r *Right) { r.ValidTo = sceneNow }, CodeTerm},
			{"to come", func(r *Right) { r.ValidFrom = sceneNow + 1 }, CodeTerm},
		} {
			s := sceneOf(t, cell{row.Use, EncExclusive, over, ""})
			c.change(s.right)
			want := c.want
			past := c.want == CodeTerm && s.right.ValidTo <= sceneNow
			if row.Use == UseCancel && (s.right.State == StateSuspended || past) || row.Use == UseRenew && past {
				want = ""
			}
			if got := codeOf(s.act.exercise(s.p, "rightId", s.right, s.use)); got != want {
				t.Errorf("%s of a right that is %s: %q; want %q", row.Use, c.name, got, want)
			}
			if row.Use == UseRenew && past { // but is not asked for late
				s.use.Ask = true
				if got := codeOf(s.act.exercise(s.p, "rightId", s.right, s.use)); got != CodeTerm {
					t.Errorf("a renewal asked for late: %q", got)
				}
			}
		}
	}
}

// What is put on a right comes off by its own reference alone (SM-1, DS-2).
func TestRestraints(t *testing.T) {
	l := records{}
	if err := l.Store(KindRight, "RT-1", &Right{Head: Head{ID: "RT-1", RuleProfileVer: "DRWG@1"}}); err != nil {
		t.Fatal(err)
	}
	a := &Act{Ledger: l, Now: 100, TxID: "tx"}
	on := func() (n int) {
		var beside Restraints
		_, _ = l.Load(KindRestraints, "RT-1", &beside)
		return len(beside.Encumbrances)
	}
	for i, ref := range []string{"SM-1", "SM-2", "DS-1"} {
		if err := a.restrain("RT-1", Encumbrance{Type: EncFreeze, RefID: ref, From: 100}); err != nil || on() != i+1 {
			t.Fatalf("%s: %v, %d", ref, err, on())
		}
	}
	for _, c := range []struct {
		ref  string
		left int
	}{{"SM-9", 3}, {"SM-2", 2}, {"SM-2", 2}, {"DS-1", 1}, {"SM-1", 0}} {
		if err := a.unrestrain("RT-1", c.ref); err != nil || on() != c.left {
			t.Errorf("after %s: %v, %d; want %d", c.ref, err, on(), c.left)
		}
	}
	for i := range 100 {
		if err := a.restrain("RT-1", Encumbrance{RefID: fmt.Sprint(i)}); err != nil {
			t.Fatal(err)
		}
	}
	if got := codeOf(a.restrain("RT-1", Encumbrance{RefID: "one more"})); got != CodeFormat {
		t.Errorf("a hundred and first: %q", got)
	}
}

package rights

import "slices"

// AssetReport answers what a bank asks about a pledged asset before it lends
// and while it does (PL-7). It comes from records looked up by name, so that it
// can be asked of several organisations' peers and compared. What needs a search
// (live listings, the last events) is the gateway's to add, from its index.
//
// Before a pledge is registered its asset is verified by the pledgor's consent
// token (Pledge.VerifyToken is its hash), afterwards by the pledgee's own right;
// who may ask is the gateway's to check. Amounts are not in it.
type AssetReport struct {
	CertNo      string        `json:"certNo"`
	At          UnixSec       `json:"at"`
	Certificate *Certificate  `json:"certificate"`
	Effective   bool          `json:"effective"` // the certificate, now
	Why         *Error        `json:"why,omitempty"`
	Rights      []AssetRight  `json:"rights"`
	Pledges     []AssetPledge `json:"pledges"`
	Matters     []AssetMatter `json:"matters"`
	// LineageHealthy: everything that any right in being rests on is effective.
	LineageHealthy bool `json:"lineageHealthy"`

	// Left to the gateway.
	LiveListingIDs []string `json:"liveListingIds,omitempty"`
	LastEvents     []string `json:"lastEvents,omitempty"`
}

// AssetRight is one right of the certificate as it stands.
type AssetRight struct {
	RightID      string        `json:"rightId"`
	Kind         RightKind     `json:"kind"`
	HolderID     string        `json:"holderId"`
	State        State         `json:"state"`
	Version      int64         `json:"version"`
	ValidFrom    UnixSec       `json:"validFrom"`
	ValidTo      UnixSec       `json:"validTo"`
	Effective    bool          `json:"effective"`
	Why          *Error        `json:"why,omitempty"`
	Encumbrances []Encumbrance `json:"encumbrances"`
	Bases        []AssetBasis  `json:"bases"`
	NextRightID  string        `json:"nextRightId,omitempty"`
}

// AssetBasis is one thing a right rests on.
type AssetBasis struct {
	Type      string  `json:"type"`
	RefID     string  `json:"refId,omitempty"`
	To        UnixSec `json:"to,omitempty"`
	Effective bool    `json:"effective"`
	Why       *Error  `json:"why,omitempty"`
}

// AssetPledge is one pledge on the asset, with its evaluation.
type AssetPledge struct {
	PledgeID         string  `json:"pledgeId"`
	State            State   `json:"state"`
	PledgeeID        string  `json:"pledgeeId"`
	Rank             int64   `json:"rank"`
	ZdwRegNo         string  `json:"zdwRegNo"`
	ZdwRegAt         UnixSec `json:"zdwRegAt"`
	ZdwValidTo       UnixSec `json:"zdwValidTo"`
	ZdwLapsed        bool    `json:"zdwLapsed"`
	ClaimFrom        UnixSec `json:"claimFrom"`
	ClaimTo          UnixSec `json:"claimTo"`
	AllowLicence     bool    `json:"allowLicence"`
	TermWarning      bool    `json:"termWarning"`
	EvaluationID     string  `json:"evaluationId"`
	EvaluationState  State   `json:"evaluationState"`
	EvaluationTo     UnixSec `json:"evaluationTo"`
	EvaluationUsable bool    `json:"evaluationUsable"` // effective now
}

// AssetMatter is an objection, a dispute or a measure behind an encumbrance.
type AssetMatter struct {
	Type  EncumbranceType `json:"type"`
	RefID string          `json:"refId"`
	State State           `json:"state,omitempty"` // nothing when the ledger does not have it
	ByID  string          `json:"byId"`
	From  UnixSec         `json:"from"`
	To    UnixSec         `json:"to,omitempty"`
}

// VerifyPledgedAsset reports on the asset that a certificate stands for, as it
// is at that time.
func VerifyPledgedAsset(find Finder, certNo string, at UnixSec, maxDepth int64) (*AssetReport, error) {
	if !ValidCertNo(certNo) {
		return nil, refuse(CodeFormat, "须为登记凭证号", "must be a certificate number").at("certNo")
	}
	c := new(Certificate)
	if ok, err := find.Find(KindCertificate, certNo, c); err != nil {
		return nil, err
	} else if !ok {
		return nil, refuse(CodeNotFound, "账本上没有凭证 %s", "no certificate %s on the ledger", certNo).at("certNo").on(certNo)
	}
	rep := &AssetReport{CertNo: certNo, At: at, Certificate: c, Rights: []AssetRight{}, Pledges: []AssetPledge{}, Matters: []AssetMatter{}, LineageHealthy: true}
	var err error
	if rep.Why, err = EffectiveRef(find, certNo, at, maxDepth); err != nil {
		return nil, err
	}
	rep.Effective = rep.Why == nil
	for _, cr := range c.Rights {
		if err := rep.right(find, cr.RightID, maxDepth); err != nil {
			return nil, err
		}
	}
	slices.SortStableFunc(rep.Pledges, func(x, y AssetPledge) int { return int(x.Rank - y.Rank) })
	return rep, nil
}

func (rep *AssetReport) right(find Finder, id string, maxDepth int64) error {
	var r Right
	if ok, err := find.Find(KindRight, id, &r); err != nil || !ok {
		return err
	}
	why, err := EffectiveAt(find, &r, rep.At, maxDepth)
	if err != nil {
		return err
	}
	list, err := encumbrancesOf(find, &r)
	if err != nil {
		return err
	}
	x := AssetRight{RightID: r.ID, Kind: r.Kind, HolderID: r.HolderID, State: r.State, Version: r.Version, ValidFrom: r.ValidFrom, ValidTo: r.ValidTo,
		Effective: why == nil, Why: why, Encumbrances: list, Bases: []AssetBasis{}, NextRightID: r.NextRightID}
	if x.Encumbrances == nil {
		x.Encumbrances = []Encumbrance{}
	}
	inBeing := r.State == StateActive || r.State == StateSuspended
	for _, b := range r.Basis {
		base := AssetBasis{Type: b.Type, RefID: b.RefID, To: b.To, Effective: true}
		switch {
		case b.Survives:
		case b.To > 0 && rep.At >= b.To:
			base.Why = refuse(CodeBasis, "所依据的协议已到期", "the agreement it rests on has ended").on(r.ID).by("RT-4")
		case b.RefID != "":
			if base.Why, err = EffectiveRef(find, b.RefID, rep.At, maxDepth); err != nil {
				return err
			}
		}
		base.Effective = base.Why == nil
		rep.LineageHealthy = rep.LineageHealthy && (base.Effective || !inBeing)
		x.Bases = append(x.Bases, base)
	}
	rep.Rights = append(rep.Rights, x)
	for i := range list {
		if err := rep.encumbrance(find, &list[i], maxDepth); err != nil {
			return err
		}
	}
	return nil
}

// encumbrance adds what stands behind an encumbrance, once however many rights
// it lies on.
func (rep *AssetReport) encumbrance(find Finder, e *Encumbrance, maxDepth int64) error {
	if e.Type == EncPledge {
		return rep.pledge(find, e.RefID, maxDepth)
	}
	if slices.ContainsFunc(rep.Matters, func(m AssetMatter) bool { return m.Type == e.Type && m.RefID == e.RefID }) {
		return nil
	}
	m := AssetMatter{Type: e.Type, RefID: e.RefID, ByID: e.ByID, From: e.From, To: e.To}
	for _, kind := range []Kind{KindObjection, KindDispute, KindMeasure, KindRight} {
		if !isOf(e.RefID, kind) {
			continue
		}
		var h struct{ Head }
		if _, err := find.Find(kind, e.RefID, &h); err != nil {
			return err
		}
		m.State = h.State
	}
	rep.Matters = append(rep.Matters, m)
	return nil
}

func (rep *AssetReport) pledge(find Finder, id string, maxDepth int64) error {
	if slices.ContainsFunc(rep.Pledges, func(p AssetPledge) bool { return p.PledgeID == id }) {
		return nil
	}
	var pl Pledge
	if ok, err := find.Find(KindPledge, id, &pl); err != nil || !ok {
		return err
	}
	var ev Evaluation
	if _, err := find.Find(KindEvaluation, pl.EvaluationID, &ev); err != nil {
		return err
	}
	why, err := EffectiveRef(find, pl.EvaluationID, rep.At, maxDepth)
	if err != nil {
		return err
	}
	rep.Pledges = append(rep.Pledges, AssetPledge{PledgeID: pl.ID, State: pl.State, PledgeeID: pl.PledgeeID, Rank: pl.Rank,
		ZdwRegNo: pl.ZdwRegNo, ZdwRegAt: pl.ZdwRegAt, ZdwValidTo: pl.ZdwValidTo, ZdwLapsed: pl.ZdwLapsed, ClaimFrom: pl.ClaimFrom, ClaimTo: pl.ClaimTo,
		AllowLicence: pl.AllowLicence, TermWarning: pl.TermWarning, EvaluationID: pl.EvaluationID, EvaluationState: ev.State, EvaluationTo: ev.ValidTo, EvaluationUsable: why == nil})
	return nil
}

// VerifyAsset is VerifyPledgedAsset under the rules and at the time of an act.
func VerifyAsset(a *Act, certNo string) (*AssetReport, error) {
	p, err := a.marketRules()
	if err != nil {
		return nil, err
	}
	return VerifyPledgedAsset(a, certNo, a.Now, p.Int(ParamBasisMaxDepth))
}

package rights

import (
	"slices"
)

// EncumbranceType names what lies on a right.
type EncumbranceType string

// The encumbrances (3.0.6).
const (
	EncObjection EncumbranceType = "EncObjection"
	EncPledge    EncumbranceType = "EncPledge"
	EncFreeze    EncumbranceType = "EncFreeze"
	EncDispute   EncumbranceType = "EncDispute"
	EncExclusive EncumbranceType = "EncExclusive"
	// encBasis is no record: what the right rests on is not effective.
	encBasis EncumbranceType = "BasisNotEffective"
)

// Use is one thing a holder does with a right.
type Use string

// The uses the matrix knows.
const (
	UseTransfer  Use = "transfer"
	UseLicence   Use = "licence" // a new licence or trade; to list
	UseExclusive Use = "exclusiveLicence"
	UseDeliver   Use = "deliver" // under a trade signed earlier
	UsePledge    Use = "pledge"
	UseDescribe  Use = "describe" // change or correct the description
	UseRenew     Use = "renew"
	UseCancel    Use = "cancel"
	UseInternal  Use = "internal" // the holder's own
)

// Effect is what an encumbrance does to a use.
type Effect string

// The effects.
const (
	Allow           Effect = "allow"
	Block           Effect = "block"
	BlockUnlessDone Effect = "block unless it carries out the outcome"
	BlockUnlessOrd  Effect = "block unless ordered"
	BlockSameMatter Effect = "block if the same trade or object"
	BlockInScope    Effect = "block inside the exclusive scope"
	BlockOwnUse     Effect = "block if it stops the holder's own use"
	Disclose        Effect = "allow if disclosed and acknowledged"
	NeedConsent     Effect = "pledgee's consent"
	NeedAllConsents Effect = "consent of every earlier pledgee"
	NeedLicensee    Effect = "licensee's consent"
	PledgeTerms     Effect = "allow if the pledge allows licences, else consent"
	PledgeTermsLate Effect = "allow if signed before the pledge, else as its terms"
	AllowNotify     Effect = "allow, notify the pledgee"
	ReleaseFirst    Effect = "block until released"
)

// blockedZh are the effects that block, as a refusal tells them in Chinese.
var blockedZh = map[Effect]string{
	Block: "一律不得", BlockUnlessDone: "除为落实其结论外不得", BlockUnlessOrd: "除依其要求外不得", BlockSameMatter: "涉及同一交易或对象的不得",
	BlockInScope: "在独占范围内不得", BlockOwnUse: "及于自用的不得", ReleaseFirst: "解除之前不得",
}

// MatrixRow is one line of the encumbrance matrix.
type MatrixRow struct {
	Use       Use
	Title     Text
	Objection Effect
	Pledge    Effect
	Freeze    Effect
	Dispute   Effect
	Exclusive Effect
	Basis     Effect // the basis is not effective
}

// matrix is the encumbrance matrix (3.0.6; Civil Code 443-445 by analogy). It
// is the only place that says what an encumbrance blocks.
var matrix = []MatrixRow{
	{UseTransfer, Text{"转让权利", "transfer the right"}, Block, NeedConsent, Block, Block, Allow, Block},
	{UseLicence, Text{"许可、交易、上架", "license, trade, list"}, Disclose, PledgeTerms, Block, Block, BlockInScope, Block},
	{UseExclusive, Text{"独占许可", "exclusive licence"}, Block, NeedConsent, Block, Block, BlockInScope, Block},
	{UseDeliver, Text{"履行在先交易的交付", "deliver under an earlier trade"}, Allow, PledgeTermsLate, Block, BlockSameMatter, Allow, Block},
	{UsePledge, Text{"出质", "pledge"}, Block, NeedAllConsents, Block, Block, Disclose, Block},
	{UseDescribe, Text{"变更、更正描述", "change or correct the description"}, Allow, AllowNotify, BlockUnlessOrd, Allow, Allow, Allow},
	{UseRenew, Text{"续期", "renew"}, Allow, Allow, Allow, Allow, Allow, Block},
	{UseCancel, Text{"注销", "cancel"}, BlockUnlessDone, ReleaseFirst, BlockUnlessDone, BlockUnlessDone, NeedLicensee, Allow},
	{UseInternal, Text{"持有人自用", "the holder's own use"}, Allow, Allow, BlockOwnUse, Allow, BlockOwnUse, Block},
}

// Matrix returns the encumbrance matrix, for the documentation and tests.
func Matrix() []MatrixRow { return slices.Clone(matrix) }

// of returns the cell of an encumbrance.
func (m *MatrixRow) of(t EncumbranceType) Effect {
	switch t {
	case EncObjection:
		return m.Objection
	case EncPledge:
		return m.Pledge
	case EncFreeze:
		return m.Freeze
	case EncDispute:
		return m.Dispute
	case EncExclusive:
		return m.Exclusive
	case encBasis:
		return m.Basis
	}
	return Block // what the matrix does not know blocks
}

func rowOf(u Use) *MatrixRow {
	for i := range matrix {
		if matrix[i].Use == u {
			return &matrix[i]
		}
	}
	return nil
}

// inForce reports whether the encumbrance lies on the right at t.
func (e *Encumbrance) inForce(t UnixSec) bool { return e.From <= t && (e.To == 0 || t < e.To) }

// encumbrancesOf lists what lies on a right: pledges and exclusive licences,
// then freezes, disputes and objections (see Restraints).
func encumbrancesOf(find Finder, r *Right) ([]Encumbrance, error) {
	var beside Restraints
	if _, err := find.Find(KindRestraints, r.ID, &beside); err != nil {
		return nil, err
	}
	return slices.Concat(r.Encumbrances, beside.Encumbrances), nil
}

// EncumbrancesOf lists what lies on a right, for readers.
func EncumbrancesOf(find Finder, r *Right) ([]Encumbrance, error) { return encumbrancesOf(find, r) }

// Exercise is one use of a right with what the matrix may ask about it.
type Exercise struct {
	Use        Use
	TermsHash  string            // what a pledgee's consent must name
	ConsentTx  string            // transaction of an earlier check of the same use, which used that consent up
	Disclosed  []EncumbranceType // acknowledged by the other side
	Scope      *Scope            // of the licence or listing
	SignedAt   UnixSec           // of the trade delivered under
	MatterID   string            // that trade
	CarriesOut string            // objection, dispute or measure whose outcome this is
	ConsentOf  []string          // licensees and others who signed
	Ask        bool              // only asks: uses up no consent and notifies nobody
}

// exercise refuses a use of a right that its state, its term, what lies on it
// or what it rests on does not allow. It is the one check behind transfer,
// listing, trade, licence, delivery, pledge, renewal, cancellation and use.
// Consents of pledgees it needs are used up by it, unless it only asks.
func (a *Act) exercise(p *Profile, field string, r *Right, x Exercise) error {
	row := rowOf(x.Use)
	why, err := EffectiveAt(a, r, a.Now, p.Int(ParamBasisMaxDepth))
	if err != nil {
		return err
	}
	// A freeze is in the matrix; what rests on nothing, too. The rest is refused outright,
	// but for the ends of rights, which may be written down of a suspended one or
	// one past its term, and a renewal asked for in time and recorded late.
	over := r.State == StateActive && a.Now >= r.ValidTo && (x.Use == UseCancel || x.Use == UseRenew && !x.Ask)
	if why != nil && why.Code != CodeEnc && (why.Code != CodeBasis || row.of(encBasis) == Block) &&
		!(x.Use == UseCancel && r.State == StateSuspended) && !(why.Code == CodeTerm && over) {
		return why.at(field)
	}
	list, err := encumbrancesOf(a, r)
	if err != nil {
		return err
	}
	for i := range list {
		if !list[i].inForce(a.Now) {
			continue
		}
		if err := a.weigh(p, field, r, row, &list[i], &x); err != nil {
			return err
		}
	}
	return nil
}

// weigh applies one cell of the matrix.
func (a *Act) weigh(p *Profile, field string, r *Right, row *MatrixRow, e *Encumbrance, x *Exercise) error {
	blocked := func() error {
		return refuse(CodeEnc, "权利上的 %[1]s（%[2]s）不允许“%[3]s”：%[4]s", "%[1]s (%[2]s) on the right does not allow to %[5]s: %[6]s",
			string(e.Type), e.RefID, row.Title.Zh, blockedZh[row.of(e.Type)], row.Title.En, string(row.of(e.Type))).at(field).on(r.ID).by("3.0.6")
	}
	switch row.of(e.Type) {
	case Allow:
		return nil
	case BlockUnlessDone, BlockUnlessOrd:
		if x.CarriesOut != "" && x.CarriesOut == e.RefID {
			return nil
		}
		return blocked()
	case BlockSameMatter:
		var d Dispute
		found, err := a.Ledger.Load(KindDispute, e.RefID, &d)
		if err != nil {
			return err
		}
		if found && d.RefID != x.MatterID && d.TradeID != x.MatterID && d.RefID != r.ID && d.RefID != r.ObjectID && !slices.Contains(d.RightIDs, r.ID) {
			return nil
		}
		return blocked()
	case BlockInScope:
		if e.Scope == nil || x.Scope == nil || overlap(e.Scope, x.Scope) {
			return blocked()
		}
		return nil
	case BlockOwnUse:
		if e.Use {
			return blocked()
		}
		return nil
	case Disclose:
		if slices.Contains(x.Disclosed, e.Type) {
			return nil
		}
		return refuse(CodeEnc, "须向对方披露并由其确认 %[1]s（%[2]s）", "%[1]s (%[2]s) must be disclosed to and acknowledged by the other side", string(e.Type), e.RefID).at(field).on(r.ID).by("3.0.6")
	case NeedLicensee:
		if slices.Contains(x.ConsentOf, e.ByID) {
			return nil
		}
		return refuse(CodeConsent, "须有被许可人 %s 的同意", "needs the consent of the licensee %s", e.ByID).at(field).on(r.ID).by("3.0.6")
	case NeedConsent, NeedAllConsents:
		return a.useConsent(field, r, e, x)
	case PledgeTerms, PledgeTermsLate:
		if row.of(e.Type) == PledgeTermsLate && x.SignedAt > 0 && x.SignedAt < e.From {
			return nil
		}
		var pl Pledge
		if err := need(a, KindPledge, field, e.RefID, &pl); err != nil {
			return err
		}
		if pl.AllowLicence || row.of(e.Type) == PledgeTermsLate && pl.consented(UseLicence, r.ID, x.TermsHash) {
			return nil // who agreed to the contract agreed to its being carried out
		}
		return a.useConsent(field, r, e, x)
	case AllowNotify:
		var pl Pledge
		if err := need(a, KindPledge, field, e.RefID, &pl); err != nil || x.Ask {
			return err
		}
		pl.notify(string(x.Use), r.ID, a.Now)
		return a.update(KindPledge, &pl)
	}
	return blocked() // Block, ReleaseFirst
}

// maxPledgeNotices bounds what a pledge remembers; the history has the rest.
const maxPledgeNotices = 20

func (pl *Pledge) notify(event, ref string, at UnixSec) {
	pl.Notices = append(pl.Notices, PledgeNotice{event, ref, at})
	if n := len(pl.Notices) - maxPledgeNotices; n > 0 {
		pl.Notices = slices.Delete(pl.Notices, 0, n)
	}
}

// consented reports whether a consent to a use on exactly these terms was given
// and used.
func (pl *Pledge) consented(u Use, rightID, termsHash string) bool {
	return termsHash != "" && slices.ContainsFunc(pl.Consents, func(c PledgeConsent) bool {
		return c.Action == u && c.TargetID == rightID && c.TermsHash == termsHash && c.UsedAt != 0
	})
}

// useConsent uses up the pledgee's consent to exactly this use of this right on
// these terms (PL-2).
func (a *Act) useConsent(field string, r *Right, e *Encumbrance, x *Exercise) error {
	var pl Pledge
	if err := need(a, KindPledge, field, e.RefID, &pl); err != nil {
		return err
	}
	for i := range pl.Consents {
		c := &pl.Consents[i]
		same := c.Action == x.Use && c.TargetID == r.ID && c.TermsHash == x.TermsHash && x.TermsHash != ""
		if same && c.UsedAt > 0 && x.ConsentTx != "" && c.UsedBy == x.ConsentTx {
			return nil // the same offer, looked at again
		}
		if same && c.UsedAt == 0 && a.Now < c.ExpiresAt {
			if x.Ask {
				return nil
			}
			c.UsedAt, c.UsedBy = a.Now, a.TxID
			return a.update(KindPledge, &pl)
		}
	}
	return refuse(CodeConsent, "权利已质押给 %[1]s（%[2]s）；“%[3]s”须有其对同一条款、未使用且未过期的同意", "the right is pledged to %[1]s (%[2]s); to %[4]s needs its unused, unexpired consent to exactly these terms",
		pl.PledgeeID, pl.ID, rowOf(x.Use).Title.Zh, rowOf(x.Use).Title.En).at(field).on(r.ID).by("PL-2")
}

// overlap reports whether two scopes share anything: objects, purposes, regions
// and industries all meet, and so do their terms.
func overlap(a, b *Scope) bool {
	meet := func(x, y []string, under func(v, item string) bool) bool {
		return slices.ContainsFunc(x, func(v string) bool {
			return v == anything && len(y) > 0 || covers(y, v, under) || slices.ContainsFunc(y, func(w string) bool { return under(w, v) })
		})
	}
	starts := func(v, item string) bool { return len(v) >= len(item) && v[:len(item)] == item }
	return meet(a.ObjectIDs, b.ObjectIDs, equal) && meet(a.Purposes, b.Purposes, equal) &&
		meet(a.Regions, b.Regions, starts) && meet(a.Industries, b.Industries, starts) && a.From < b.To && b.From < a.To
}

// disclosures lists what lies on a right and must be shown to the other side of
// a use.
func (a *Act) disclosures(r *Right, u Use) ([]string, error) {
	list, err := encumbrancesOf(a, r)
	if err != nil {
		return nil, err
	}
	var types []string
	for i := range list {
		if t := string(list[i].Type); list[i].inForce(a.Now) && rowOf(u).of(list[i].Type) == Disclose && !slices.Contains(types, t) {
			types = append(types, t)
		}
	}
	return types, nil
}

// restrain puts a freeze, dispute or objection on a right.
func (a *Act) restrain(rightID string, e Encumbrance) error {
	var beside Restraints
	exists, err := a.Ledger.Load(KindRestraints, rightID, &beside)
	if err != nil {
		return err
	}
	if len(beside.Encumbrances) >= 100 {
		return refuse(CodeFormat, "权利上的限制过多", "too much lies on this right already").on(rightID)
	}
	beside.RightID = rightID
	beside.Encumbrances = append(beside.Encumbrances, e)
	if !exists {
		var r Right
		if err := need(a, KindRight, "rightId", rightID, &r); err != nil {
			return err
		}
		return a.create(KindRestraints, rightID, StateInForce, r.RuleProfileVer, &beside)
	}
	return a.update(KindRestraints, &beside)
}

// unrestrain takes off exactly what ref put on (DS-2, SM-1).
func (a *Act) unrestrain(rightID, ref string) error {
	var beside Restraints
	if ok, err := a.Ledger.Load(KindRestraints, rightID, &beside); err != nil || !ok {
		return err
	}
	n := len(beside.Encumbrances)
	beside.Encumbrances = slices.DeleteFunc(beside.Encumbrances, func(e Encumbrance) bool { return e.RefID == ref })
	if len(beside.Encumbrances) == n {
		return nil
	}
	return a.update(KindRestraints, &beside)
}

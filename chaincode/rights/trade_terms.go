package rights

import (
	"slices"
	"strconv"
)

// maxTermsVersions bounds a negotiation.
const maxTermsVersions = 1000

// ProposeTerms is the body of trade.proposeTerms; TradeTerms come beside it.
// Without a permission it is the default one (3.0.4).
type ProposeTerms struct {
	TradeID         string      `json:"tradeId"`
	Version         int64       `json:"version"` // one more than what is on the table
	TermsHash       string      `json:"termsHash"`
	TermsCommitment string      `json:"termsCommitment"`
	Permission      *Permission `json:"permission,omitempty"`
	DestroyDays     int64       `json:"destroyDays,omitempty"`
}

func proposeTerms(a *Act, b *ProposeTerms) error {
	return stepTrade(a, b.TradeID, "proposeTerms", "", func(t *Trade, p *Profile) error {
		if err := checkHash("termsHash", b.TermsHash); err != nil {
			return err
		}
		if b.Version != t.TermsVersion+1 || b.Version > maxTermsVersions {
			return refuse(CodeState, "条款版本现为 %[1]d，下一版须为 %[2]d", "the terms are at version %[1]d; the next is %[2]d", t.TermsVersion, t.TermsVersion+1).at("version").on(t.ID).by("3.8")
		}
		l, err := a.listingOf(t)
		if err != nil {
			return err
		}
		if err := a.takeTerms(p, t, l, b); err != nil {
			return err
		}
		return a.keepSecret(CollectionTrade, KindTrade, t.ID)
	})
}

// listingOf loads the listing of a trade; a trade off the exchange has none.
func (a *Act) listingOf(t *Trade) (*Listing, error) {
	if t.ListingID == "" {
		return nil, nil
	}
	l := new(Listing)
	return l, need(a, KindListing, "tradeId", t.ListingID, l)
}

// takeTerms checks proposed terms and puts them on the table.
func (a *Act) takeTerms(p *Profile, t *Trade, l *Listing, b *ProposeTerms) error {
	var terms TradeTerms
	if err := a.secret("termsCommitment", b.TermsCommitment, &terms); err != nil {
		return err
	}
	if err := a.checkTerms(t, l, &terms); err != nil {
		return err
	}
	if most := p.Int(ParamDestroyMaxDays); b.DestroyDays < 0 || b.DestroyDays > most {
		return refuse(CodeFormat, "须在 0 至 %d 天之间", "must be 0 to %d days", most).at("destroyDays").by("3.8")
	}
	perm, err := a.finalPermission(t, l, b.Permission)
	if err != nil {
		return err
	}
	if b.DestroyDays == 0 && t.handsContentOver() {
		return refuse(CodeFormat, "移交内容的交付方式须约定销毁期限（1 天以上）", "a mode that hands content over needs a duty to destroy: at least one day").at("destroyDays").on(t.ID).by("gate F")
	}
	t.TermsHash, t.TermsVersion, t.TermsCommitment = b.TermsHash, b.Version, b.TermsCommitment
	t.Permission, t.DestroyDays, t.Signatures, t.Disclosures = perm, b.DestroyDays, nil, nil
	return nil
}

// handsContentOver reports whether any way of delivery leaves content with the
// buyer.
func (t *Trade) handsContentOver() bool {
	return t.data() && slices.ContainsFunc(t.DeliveryModes, handsOver)
}

// checkTerms refuses terms whose money does not add up or exceeds what the law
// allows for public data (LS-6).
func (a *Act) checkTerms(t *Trade, l *Listing, terms *TradeTerms) error {
	for _, x := range []struct {
		field string
		fen   int64
	}{{"secret.amountFen", terms.AmountFen}, {"secret.unitPriceFen", terms.UnitPriceFen}} {
		if x.fen < 0 || x.fen > maxFen {
			return refuse(CodeMoney, "须在 0 至 %d 之间", "must be 0 to %d", maxFen).at(x.field).by("G-6")
		}
	}
	if err := optionalText("secret.payPlan", terms.PayPlan, 2000); err != nil {
		return err
	}
	price := max(terms.UnitPriceFen, terms.AmountFen)
	if terms.UnitPriceFen > 0 {
		price = terms.UnitPriceFen
	}
	if t.PriceModel == "Free" && terms.AmountFen+terms.UnitPriceFen > 0 {
		return refuse(CodeMoney, "无偿挂牌的价款须为 0", "a free listing has no price").at("secret.amountFen").on(t.ID).by("3.7")
	}
	if l != nil {
		switch {
		case l.UseClass == "PublicBenefit" && terms.AmountFen+terms.UnitPriceFen > 0:
			return refuse(CodePriceCap, "用于公共治理、公益事业的公共数据产品须无偿", "public data for the public benefit is free").at("secret.amountFen").on(l.ID).by("LS-6")
		case l.UseClass == "Industry" && price > l.FeeCeilingFen:
			return refuse(CodePriceCap, "价格超出公共数据产品的上限", "the price is above the ceiling for this public-data product").at("secret.unitPriceFen").on(l.ID).by("LS-6")
		}
	}
	if err := a.checkLines("secret.lines", t, terms.Lines); err != nil {
		return err
	}
	return a.requiredLines("secret.lines", t, terms.Lines, a.Now)
}

// finalPermission is what the terms give, within what is offered (TR-7); nil
// when the trade gives no data.
func (a *Act) finalPermission(t *Trade, l *Listing, given *Permission) (*Permission, error) {
	offered, err := a.offeredPermission(t, l)
	if err != nil {
		return nil, err
	}
	if offered == nil {
		if given != nil {
			return nil, refuse(CodeScope, "此交易不提供数据，不含许可", "this trade gives no data, and no permission").at("permission").on(t.ID).by("TR-7")
		}
		return nil, nil
	}
	if given == nil {
		def := *offered
		def.Actions = slices.DeleteFunc(slices.Clone(BuyerActions), func(x Action) bool { return !offered.allows(x) })
		return &def, nil
	}
	if err := given.check("permission"); err != nil {
		return nil, err
	}
	if err := given.within(&offered.Scope, "permission"); err != nil {
		return nil, asRefusal(err).on(t.ID).by("TR-7")
	}
	if given.DerivedSurvives && !offered.DerivedSurvives {
		return nil, refuse(CodeScope, "挂牌未允许衍生成果在期满后继续使用", "the listing does not let derived output outlive the term").at("permission.derivedSurvives").on(t.ID).by("TR-7")
	}
	if t.ProductID != "" && !covers(given.ObjectIDs, t.ProductID, equal) {
		return nil, refuse(CodeScope, "许可须涵盖所交易的产品 %s", "the permission must cover the product traded, %s", t.ProductID).at("permission.objectIds").on(t.ID).by("TR-7")
	}
	if err := given.serves("permission.purposes", t.Purpose, t.ScenarioID); err != nil {
		return nil, err
	}
	return given, nil
}

// offeredPermission is the most the seller may give: the listing's permission,
// or off the exchange what his right would let him list.
func (a *Act) offeredPermission(t *Trade, l *Listing) (*Permission, error) {
	switch {
	case !t.data():
		return nil, nil
	case l != nil:
		return l.Permission, nil
	}
	var r Right
	if err := need(a, KindRight, "tradeId", t.RightID, &r); err != nil {
		return nil, err
	}
	return &Permission{Scope: *r.offers(&Listing{}), DerivedSurvives: true}, nil
}

// SignTrade is the body of trade.sign. The buyer acknowledges what lies on the
// right by the names of its encumbrances.
type SignTrade struct {
	TradeID     string   `json:"tradeId"`
	TermsHash   string   `json:"termsHash"`
	Disclosures []string `json:"disclosures,omitempty"`
}

func signTrade(a *Act, b *SignTrade) error {
	var t Trade
	if err := need(a, KindTrade, "tradeId", b.TradeID, &t); err != nil {
		return err
	}
	outcome := "first"
	if len(t.Signatures) > 0 {
		outcome = "last"
	}
	return a.stepTradeLoaded(&t, "sign", outcome, func(t *Trade, p *Profile) error {
		if t.TermsVersion == 0 {
			return refuse(CodeState, "尚未提出条款", "no terms are proposed yet").on(t.ID).by("G-5")
		}
		if err := addSignature(a, &t.Signatures, "termsHash", b.TermsHash, t.TermsHash, t.ID); err != nil {
			return err
		}
		if len(b.Disclosures) > 10 {
			return refuse(CodeFormat, "最多 10 项", "at most 10").at("disclosures")
		}
		for i, d := range b.Disclosures {
			if err := oneOf("disclosures["+strconv.Itoa(i)+"]", EncumbranceType(d), EncObjection, EncPledge, EncFreeze, EncDispute, EncExclusive); err != nil {
				return err
			}
		}
		if a.Actor.USCC == t.BuyerID {
			t.Disclosures = b.Disclosures
		}
		l, err := a.listingOf(t)
		if err != nil {
			return err
		}
		if outcome == "first" {
			if err := a.member(CollectionTrade); err != nil { // as the last one will be
				return err
			}
			return a.offerStands(p, l, t)
		}
		if err := a.agree(p, l, t); err != nil {
			return err
		}
		t.AgreedAt = a.Now
		return nil
	})
}

// addSignature adds the actor's word on a hash, once, and only on the one that
// is on the table (G-5, A-16).
func addSignature(a *Act, list *[]Signature, field, hash, table, id string) error {
	if err := checkHash(field, hash); err != nil {
		return err
	}
	if table != "" && hash != table {
		return refuse(CodeFormat, "所签 %[1]s 不是所提条款 %[2]s", "signed %[1]s, but the terms on the table are %[2]s", hash, table).at(field).on(id).by("G-5")
	}
	if slices.ContainsFunc(*list, func(s Signature) bool { return s.PartyID == a.Actor.USCC }) {
		return refuse(CodeExists, "已经签署", "signed already").on(id).by("G-5")
	}
	*list = append(*list, Signature{PartyID: a.Actor.USCC, Kid: a.Kid, TermsHash: hash, At: a.Now})
	return nil
}

// agree checks everything again as the second signature makes the contract.
func (a *Act) agree(p *Profile, l *Listing, t *Trade) error {
	if _, _, err := a.parties("tradeId", t.BuyerID, t.SellerID, t.VenueID); err != nil {
		return err
	}
	if err := a.stillOffered(p, l, t); err != nil {
		return err
	}
	if t.Permission != nil && t.Permission.To <= a.Now {
		return refuse(CodeTerm, "许可期限已过", "the term of the permission is over").at("tradeId").on(t.ID).by("3.0.5")
	}
	var terms TradeTerms
	if err := a.openSecret(CollectionTrade, KindTrade, t.ID, &terms); err != nil {
		return err
	}
	return a.requiredLines("tradeId", t, terms.Lines, a.Now) // a pledge may have come since
}

// offerStands refuses unless what the trade takes up is still on offer and
// covers it (TR-1, TR-7).
func (a *Act) offerStands(p *Profile, l *Listing, t *Trade) error {
	if l == nil {
		return nil
	}
	if err := a.effective(p, "tradeId", l.ID); err != nil {
		return err
	}
	asListed := *l // listable brings its listing up to date; this one stays as it is
	// A pledge may have come since it was listed: what its holder consents to is
	// this contract, not the listing. Signing it uses the consent up.
	if err := a.offerable(p, &asListed, Exercise{Use: UseLicence, TermsHash: t.TermsHash, MatterID: t.ID, Ask: true}); err != nil {
		return err
	}
	if t.Permission != nil && l.Permission != nil {
		return t.Permission.within(&l.Permission.Scope, "permission")
	}
	return nil
}

// stillOffered re-checks what a trade rests on (TR-1): at the last signature
// everything an offer needs; at a delivery that neither a measure nor an
// encumbrance stops it. A listing that its seller closed, or whose term ended,
// stops no contract made before (3.7: running trades keep their contracts).
func (a *Act) stillOffered(p *Profile, l *Listing, t *Trade) error {
	x := Exercise{Use: UseLicence, TermsHash: t.TermsHash, MatterID: t.ID}
	for _, d := range t.Disclosures {
		x.Disclosed = append(x.Disclosed, EncumbranceType(d))
	}
	if t.Permission != nil {
		x.Scope = &t.Permission.Scope
	}
	if t.AgreedAt == 0 {
		if err := a.offerStands(p, l, t); err != nil {
			return err
		}
	} else {
		x.Use, x.SignedAt = UseDeliver, t.AgreedAt
		if l != nil && l.State == StateSuspended {
			return refuse(CodeState, "挂牌已被暂停，不得交付", "the listing is suspended; nothing is delivered under it").at("tradeId").on(l.ID).by("TR-1")
		}
	}
	if t.RightID == "" {
		if t.data() {
			return refuse(CodeBasis, "提供数据须有经营权", "giving data needs an operation right").at("tradeId").on(t.ID).by("G-7")
		}
		return nil
	}
	var r Right
	if err := need(a, KindRight, "tradeId", t.RightID, &r); err != nil {
		return err
	}
	if r.HolderID != t.SellerID || r.Kind != RightOperation {
		return refuse(CodeBasis, "权利 %s 不是卖方的经营权", "right %s is not the seller's operation right", r.ID).at("tradeId").on(r.ID).by("G-7")
	}
	return a.exercise(p, "tradeId", &r, x)
}

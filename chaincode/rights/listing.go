package rights

import "strconv"

// A listing (3.7).
var listingMachine = Machine{
	Entity: "listing",
	Kind:   KindListing,
	Title:  Text{"挂牌", "Listing"},
	States: []StateInfo{
		{StateSubmitted, Text{"已申请", "Submitted"}, false},
		{StateListed, Text{"已挂牌", "Listed"}, false},
		{StatePaused, Text{"已暂停", "Paused"}, false},
		{StateSuspended, Text{"被暂停", "Suspended"}, false},
		{StateRejected, Text{"不予挂牌", "Rejected"}, true},
		{StateDelisted, Text{"已摘牌", "Delisted"}, true},
		{StateExpired, Text{"已届满", "Expired"}, true},
	},
	Transitions: []Transition{
		{nil, "submit", "", who(BySeller), Text{"LS-1 至 LS-10；附相似性报告哈希（C 关）", "LS-1 to LS-10; with the similarity report's hash (gate C)"}, StateSubmitted},
		{in(StateSubmitted), "clear", "", who(ByRegulator), Text{"重要数据：监管部门同意（R-6）", "important data: the regulator agrees (R-6)"}, StateSubmitted},
		{in(StateSubmitted), "approve", "", who(ByExchange), Text{"本场所；重查 LS-1 至 LS-10", "of the venue; LS-1 to LS-10 again"}, StateListed},
		{in(StateSubmitted), "reject", "", who(ByExchange), Text{"本场所；写明理由", "of the venue; with a reason"}, StateRejected},
		{in(StateListed), "pause", "", who(BySeller, ByExchange), Text{}, StatePaused},
		{in(StatePaused), "resume", "", who(BySeller, ByExchange), Text{"由谁暂停，由谁恢复；重查 LS-1 至 LS-10", "by whoever paused it; LS-1 to LS-10 again"}, StateListed},
		{in(StateListed, StatePaused, StateSuspended), "suspendByMeasure", "", who(ByRegulator), Text{"引用监管措施", "refers to a measure in force"}, StateSuspended},
		{in(StateSuspended), "liftMeasure", "", who(ByRegulator), Text{"引用监管措施", "refers to a measure in force"}, StatePrevious},
		{in(StateListed, StatePaused, StateSuspended), "delist", "", who(BySeller, ByExchange, ByRegulator), Text{"写明理由；在行交易照合同履行", "with a reason; running trades keep their contracts"}, StateDelisted},
		{in(StateListed, StatePaused), "expire", "", who(ByAnyone), Text{"挂牌期已满", "past its term"}, StateExpired},
	},
}

var zones = []string{"", "ZoneNewEnergy", "ZoneXinchuang"}

// SubmitListing is the body of listing.submit. A negotiated price is a secret:
// the bytes of a ListingPrice beside the command. A permission without objects
// is over the product; without a permission the product's default is offered.
type SubmitListing struct {
	ProductID       string      `json:"productId"`
	ProductVersion  int64       `json:"productVersion,omitempty"` // default: the newest
	VenueID         string      `json:"venueId"`
	RightID         string      `json:"rightId,omitempty"` // the seller's operation right; a recognised product and pure work have none
	SubjectType     string      `json:"subjectType"`
	DeliveryModes   []string    `json:"deliveryModes,omitempty"`
	Permission      *Permission `json:"permission,omitempty"`
	PriceModel      string      `json:"priceModel"`
	UnitPriceFen    int64       `json:"unitPriceFen,omitempty"`
	PriceCommitment string      `json:"priceCommitment,omitempty"`
	BuyerLimits     *Limits     `json:"buyerLimits,omitempty"`
	ValidFrom       UnixSec     `json:"validFrom,omitempty"` // default: now
	ValidTo         UnixSec     `json:"validTo"`
	Zone            string      `json:"zone,omitempty"`
	SimilarityHash  string      `json:"similarityHash,omitempty"`
	RiskAssessment  *Evidence   `json:"riskAssessment,omitempty"`
	TermsHash       string      `json:"termsHash,omitempty"` // of the terms offered; a pledgee's consent names it
}

func (b *SubmitListing) check() error {
	if err := first(
		oneOf("subjectType", b.SubjectType, subjectTypes...),
		vocabulary("deliveryModes", b.DeliveryModes, deliveryModes...),
		oneOf("priceModel", b.PriceModel, priceModels...),
		oneOf("zone", b.Zone, zones...),
		checkLimits("buyerLimits", b.BuyerLimits),
	); err != nil {
		return err
	}
	if b.UnitPriceFen < 0 || b.UnitPriceFen > maxFen {
		return refuse(CodeFormat, "须在 0 至 %d 分之间", "must be 0 to %d fen", maxFen).at("unitPriceFen")
	}
	priced := b.PriceModel != "Negotiated" && b.PriceModel != "Free"
	if priced != (b.UnitPriceFen > 0) && b.PriceModel != "Free" { // a price on what is free is LS-6's to refuse
		return refuse(CodeFormat, "定价的挂牌须写明单价；协商价为保密内容，不在此写明", "a priced listing names its unit price; a negotiated one keeps it in the secret").at("unitPriceFen")
	}
	if b.PriceModel == "Free" && b.UnitPriceFen > 0 {
		return refuse(CodePriceCap, "免费的挂牌单价须为 0", "what is free has a price of 0").at("unitPriceFen").by("LS-6")
	}
	if (b.PriceModel == "Negotiated") != (b.PriceCommitment != "") {
		return refuse(CodeFormat, "协商价、且仅协商价，须有承诺", "a negotiated price, and no other, has a commitment").at("priceCommitment").by("3.0.8")
	}
	for _, h := range []struct{ field, v string }{{"similarityHash", b.SimilarityHash}, {"termsHash", b.TermsHash}} {
		if h.v != "" {
			if err := checkHash(h.field, h.v); err != nil {
				return err
			}
		}
	}
	if b.RiskAssessment != nil {
		return checkPaper("riskAssessment", *b.RiskAssessment)
	}
	return nil
}

// term checks a listing's term against the market's longest.
func (b *SubmitListing) term(a *Act, p *Profile) error {
	if b.ValidFrom == 0 {
		b.ValidFrom = a.Now
	}
	if b.ValidFrom < a.Now || b.ValidTo <= b.ValidFrom {
		return refuse(CodeTerm, "挂牌期须为自现在起的非空期限", "the term must not be empty and begins now or later").at("validTo").by("LS")
	}
	if last := AddMonths(b.ValidFrom, p.Int(ParamListingMaxMonths)); b.ValidTo > last {
		return refuse(CodeTerm, "挂牌期最长 %[1]d 个月，至 %[2]s", "a listing lasts at most %[1]d months, to %[2]s", p.Int(ParamListingMaxMonths), stamp(last)).at("validTo").by("LS")
	}
	return nil
}

func submitListing(a *Act, b *SubmitListing) error {
	state, err := a.step(&listingMachine, "", "", "submit", "", Relations{BySeller: {a.Actor.USCC}})
	if err != nil {
		return err
	}
	p, err := a.marketRules()
	if err != nil {
		return err
	}
	if err := first(tradesOnOwnAccount("kid", a.Actor), b.check()); err != nil {
		return err
	}
	if err := b.term(a, p); err != nil {
		return err
	}
	venue, err := a.activeWith("venueId", b.VenueID, RoleExchange)
	if err != nil {
		return err
	}
	var d Product
	if err := need(a, KindProduct, "productId", b.ProductID, &d); err != nil {
		return err
	}
	if b.ProductVersion == 0 {
		b.ProductVersion = int64(len(d.Versions))
	}
	if b.ProductVersion < 1 || b.ProductVersion > int64(len(d.Versions)) {
		return refuse(CodeNotFound, "没有版本 %d", "there is no version %d", b.ProductVersion).at("productVersion").on(d.ID)
	}
	l := &Listing{
		ProductID: d.ID, ProductVersion: b.ProductVersion, ProductName: d.Name, ProductType: d.ProductType, IndustryCode: d.IndustryCode,
		RegionCode: d.RegionCode, SellerID: a.Actor.USCC, VenueID: venue.USCC, RightID: b.RightID, RecognitionID: d.RecognitionID,
		SubjectType: b.SubjectType, DeliveryModes: b.DeliveryModes, Permission: offeredOr(b.Permission, &d), PriceModel: b.PriceModel,
		UnitPriceFen: b.UnitPriceFen, PriceCommitment: b.PriceCommitment, BuyerLimits: b.BuyerLimits, ValidFrom: b.ValidFrom, ValidTo: b.ValidTo,
		Zone: b.Zone, SimilarityHash: b.SimilarityHash, RiskAssessment: b.RiskAssessment, TermsHash: b.TermsHash, RelatedParty: related(a.Actor, venue),
	}
	if l.DeliveryModes == nil {
		l.DeliveryModes = []string{}
	}
	if l.TermsHash != "" {
		l.ConsentTx = a.TxID
	}
	if l.Permission != nil {
		if err := l.Permission.check("permission"); err != nil {
			return err
		}
	}
	private, err := l.price(a)
	if err != nil {
		return err
	}
	if err := a.listable(p, l); err != nil {
		return err
	}
	if private > 0 && l.UseClass != "" && (l.UseClass == "PublicBenefit" || private > l.FeeCeilingFen) {
		return priceCap("secret.unitPriceFen", l)
	}
	l.ID = a.newID(KindListing, d.RegionCode)
	if err := a.onlyListing(l); err != nil {
		return err
	}
	if err := a.create(KindListing, l.ID, state, "", l); err != nil {
		return err
	}
	if private > 0 {
		if err := a.keepSecret(CollectionTrade, KindListing, l.ID); err != nil {
			return err
		}
	}
	if l.UseClass == "Industry" && l.UnitPriceFen == l.FeeCeilingFen { // a private price is nobody's to see
		if err := a.raise("AL-PRICE", l, KindListing, l.SellerID); err != nil {
			return err
		}
	}
	if err := a.offeredElsewhere(l, d.Versions[l.ProductVersion-1].MatchTag); err != nil {
		return err
	}
	return a.rely(l.ID, l.reliesOn()...)
}

// offeredOr is the permission offered: what the seller says, or the product's
// default; over the product when it names no object.
func offeredOr(given *Permission, d *Product) *Permission {
	if given == nil {
		given = d.DefaultPermission
	}
	if given == nil {
		return nil
	}
	offered := *given
	if len(offered.ObjectIDs) == 0 {
		offered.ObjectIDs = []string{d.ID}
	}
	return &offered
}

// price reads a negotiated price out of the secret; 0 when the price is public.
func (l *Listing) price(a *Act) (fen int64, err error) {
	if l.PriceModel != "Negotiated" {
		return 0, nil
	}
	var s ListingPrice
	if err := a.secret("priceCommitment", l.PriceCommitment, &s); err != nil {
		return 0, err
	}
	if s.UnitPriceFen < 1 || s.UnitPriceFen > maxFen {
		return 0, refuse(CodeFormat, "须在 1 至 %d 分之间", "must be 1 to %d fen", maxFen).at("secret.unitPriceFen")
	}
	return s.UnitPriceFen, nil
}

// reliesOn is what a live listing holds fast.
func (l *Listing) reliesOn() []string {
	return []string{l.ProductID, l.SellerID, l.RightID, l.RecognitionID}
}

// live reports whether a listing still counts at t.
func (l *Listing) live(t UnixSec) bool { return !listingMachine.Ended(l.State) && t < l.ValidTo }

// onlyListing keeps one live listing per product version, seller and venue (LS-9).
func (a *Act) onlyListing(l *Listing) error {
	name := pair("listing", l.ProductID, strconv.FormatInt(l.ProductVersion, 10), l.SellerID, l.VenueID)
	err := a.claimOnce(name, l.ID, "productId", func(other string) (bool, error) {
		var o Listing
		err := need(a, KindListing, "productId", other, &o)
		return o.live(a.Now), err
	})
	if e := asRefusal(err); e != nil {
		return e.by("LS-9")
	}
	return err
}

// OfListing is the body of listing.approve, clear, pause, resume and expire.
type OfListing struct {
	ListingID string `json:"listingId"`
}

// ListingReason is the body of listing.reject and delist.
type ListingReason struct {
	ListingID string `json:"listingId"`
	Reason    string `json:"reason"`
}

// moveListing loads a listing and steps it; change edits it first. What it held
// fast is free once it has ended.
func moveListing(a *Act, id, event string, change func(*Listing, *Profile) error) error {
	var l Listing
	if err := need(a, KindListing, "listingId", id, &l); err != nil {
		return err
	}
	to, err := a.step(&listingMachine, id, l.State, event, "", Relations{BySeller: {l.SellerID}, ByExchange: {l.VenueID}})
	if err != nil {
		return err
	}
	p, err := a.marketRules()
	if err != nil {
		return err
	}
	if err := change(&l, p); err != nil {
		return err
	}
	l.State = to
	if listingMachine.Ended(to) {
		if err := a.unrely(l.ID, l.reliesOn()...); err != nil {
			return err
		}
	}
	return a.update(KindListing, &l)
}

func clearListing(a *Act, b *OfListing) error {
	return moveListing(a, b.ListingID, "clear", func(l *Listing, _ *Profile) error {
		var d Product
		if err := need(a, KindProduct, "listingId", l.ProductID, &d); err != nil {
			return err
		}
		if d.Level != "LevelImportant" {
			return refuse(CodeGrade, "仅重要数据须监管部门同意", "only important data needs the regulator's word").at("listingId").on(l.ID).by("R-6")
		}
		l.ClearedBy = a.Actor.USCC
		return nil
	})
}

func approveListing(a *Act, b *OfListing) error {
	return moveListing(a, b.ListingID, "approve", func(l *Listing, p *Profile) error { return a.listable(p, l) })
}

func rejectListing(a *Act, b *ListingReason) error {
	if err := checkText("reason", b.Reason, 400); err != nil {
		return err
	}
	return moveListing(a, b.ListingID, "reject", func(l *Listing, _ *Profile) error { l.Reason = b.Reason; return nil })
}

func pauseListing(a *Act, b *OfListing) error {
	return moveListing(a, b.ListingID, "pause", func(l *Listing, _ *Profile) error { l.PausedBy = a.Actor.USCC; return nil })
}

func resumeListing(a *Act, b *OfListing) error {
	return moveListing(a, b.ListingID, "resume", func(l *Listing, p *Profile) error {
		if err := a.mayLift(l.PausedBy, l.ID); err != nil {
			return err
		}
		l.PausedBy = ""
		return a.listable(p, l)
	})
}

func delist(a *Act, b *ListingReason) error {
	if err := checkText("reason", b.Reason, 400); err != nil {
		return err
	}
	return moveListing(a, b.ListingID, "delist", func(l *Listing, _ *Profile) error {
		l.Reason, l.DelistedBy = b.Reason, a.Actor.USCC
		return nil
	})
}

func expireListing(a *Act, b *OfListing) error {
	return moveListing(a, b.ListingID, "expire", func(l *Listing, _ *Profile) error {
		if a.Now < l.ValidTo {
			return refuse(CodeDeadline, "挂牌至 %s 止", "it is listed until %s", stamp(l.ValidTo)).on(l.ID).by("3.0.5")
		}
		return nil
	})
}

// offeredElsewhere alerts the regulator when the same content is offered by
// another seller at another venue, or recognised from one (MR-4, gate H). It
// remembers the newest offer of the content.
func (a *Act) offeredElsewhere(l *Listing, tag string) error {
	if tag == "" {
		return nil
	}
	other, err := a.offerOf(tag)
	if err != nil {
		return err
	}
	twice := other != nil && other.SellerID != l.SellerID && (other.VenueID != l.VenueID || other.RecognitionID != "" || l.RecognitionID != "")
	if !twice {
		r, err := a.recognitionOf(tag)
		if err != nil {
			return err
		}
		twice = r != nil && r.HolderUSCC != l.SellerID
	}
	if twice {
		if err := a.raise("AL-REG-DUP", l, KindListing, l.SellerID); err != nil {
			return err
		}
	}
	return a.Ledger.Store(PointerUnique, pair("offer", tag), &once{l.ID})
}

// offerOf is the newest live listing of a content, nil when there is none.
func (a *Act) offerOf(tag string) (*Listing, error) {
	var o once
	if ok, err := a.Ledger.Load(PointerUnique, pair("offer", tag), &o); err != nil || !ok {
		return nil, err
	}
	var l Listing
	if err := need(a, KindListing, "matchTag", o.ID, &l); err != nil {
		return nil, err
	}
	if !l.live(a.Now) {
		return nil, nil
	}
	return &l, nil
}

package rights

import (
	"slices"
	"strconv"
)

// A demand on the supply-and-demand portal (3.21).
var demandMachine = Machine{
	Entity: "demand",
	Kind:   KindDemand,
	Title:  Text{"需求", "Demand"},
	States: []StateInfo{
		{StateOpen, Text{"已发布", "Open"}, false},
		{StateMatched, Text{"已撮合", "Matched"}, false},
		{StateClosed, Text{"已关闭", "Closed"}, true},
		{StateExpired, Text{"已届满", "Expired"}, true},
	},
	Transitions: []Transition{
		{nil, "post", "", who(ByBuyer), Text{"期限不超过规则参数；不写个人信息", "within the profile's term; without personal information"}, StateOpen},
		{in(StateOpen, StateMatched), "match", "", who(ByBuyer, BySeller, ByExchange), Text{"所列挂牌均有效且非本人所挂；卖方只列自己的挂牌", "every listing named is live and not the buyer's own; a seller names its own"}, StateMatched},
		{in(StateOpen, StateMatched), "close", "", who(ByBuyer, ByExchange), Text{"写明理由", "with a reason"}, StateClosed},
		{in(StateOpen, StateMatched), "expire", "", who(ByAnyone), Text{"期限已满", "past its term"}, StateExpired},
	},
}

// demandFields are the fields of application the city names (3.20).
var demandFields = []string{"GreenLowCarbon", "Agriculture", "CityGovernance", "Logistics", "Finance", "NaturalResources", "Health", "CultureTourism", "Commerce", "SocialCredit"}

// PostDemand is the body of demand.post.
type PostDemand struct {
	Title        string   `json:"title"`
	Text         string   `json:"text"`
	Field        string   `json:"field"`
	IndustryCode string   `json:"industryCode,omitempty"`
	RegionCode   string   `json:"regionCode"`
	ProductTypes []string `json:"productTypes,omitempty"`
	BudgetBand   string   `json:"budgetBand,omitempty"` // a band, never an amount
	ValidTo      UnixSec  `json:"validTo"`
}

var budgetBands = []string{"", "Below10k", "10kTo100k", "100kTo1m", "Above1m"}

func (b *PostDemand) check() error {
	if err := first(
		checkText("title", b.Title, 40),
		checkText("text", b.Text, 400),
		oneOf("field", b.Field, demandFields...),
		checkRegion("regionCode", b.RegionCode),
		vocabulary("productTypes", b.ProductTypes, productTypeNames()...),
		oneOf("budgetBand", b.BudgetBand, budgetBands...),
	); err != nil || b.IndustryCode == "" {
		return err
	}
	return checkIndustry("industryCode", b.IndustryCode)
}

func postDemand(a *Act, b *PostDemand) error {
	state, err := a.step(&demandMachine, "", "", "post", "", Relations{ByBuyer: {a.Actor.USCC}})
	if err != nil {
		return err
	}
	if err := first(
		tradesOnOwnAccount("kid", a.Actor),
		a.mayTrade(a.Actor),
		b.check(),
	); err != nil {
		return err
	}
	p, err := a.marketRules()
	if err != nil {
		return err
	}
	if last := AddMonths(a.Now, p.Int(ParamListingMaxMonths)); b.ValidTo <= a.Now || b.ValidTo > last {
		return refuse(CodeTerm, "期限须晚于现在，至迟 %s", "must be after now, at the latest %s", stamp(last)).at("validTo")
	}
	return a.create(KindDemand, a.newID(KindDemand, b.RegionCode), state, "", &Demand{
		BuyerID: a.Actor.USCC, Title: b.Title, Text: b.Text, Field: b.Field, IndustryCode: b.IndustryCode, RegionCode: b.RegionCode,
		ProductTypes: b.ProductTypes, BudgetBand: b.BudgetBand, ValidTo: b.ValidTo,
	})
}

// MatchDemand is the body of demand.match.
type MatchDemand struct {
	DemandID   string   `json:"demandId"`
	ListingIDs []string `json:"listingIds"`
}

// maxMatches bounds the listings one demand is matched with.
const maxMatches = 100

func matchDemand(a *Act, b *MatchDemand) error {
	if len(b.ListingIDs) == 0 || len(b.ListingIDs) > 20 {
		return refuse(CodeFormat, "列明 1 至 20 项挂牌", "name 1 to 20 listings").at("listingIds")
	}
	var d Demand
	if err := need(a, KindDemand, "demandId", b.DemandID, &d); err != nil {
		return err
	}
	listings := make([]Listing, len(b.ListingIDs))
	var sellers []string // who sells them all, nobody when several do
	for i, id := range b.ListingIDs {
		if err := need(a, KindListing, "listingIds["+strconv.Itoa(i)+"]", id, &listings[i]); err != nil {
			return err
		}
		if s := listings[i].SellerID; i == 0 {
			sellers = []string{s}
		} else if !slices.Contains(sellers, s) {
			sellers = nil
		}
	}
	to, err := a.step(&demandMachine, d.ID, d.State, "match", "", Relations{ByBuyer: {d.BuyerID}, BySeller: sellers})
	if err != nil {
		return err
	}
	if a.Now >= d.ValidTo {
		return refuse(CodeTerm, "需求至 %s 止", "the demand ended %s", stamp(d.ValidTo)).on(d.ID).by("3.0.5")
	}
	p, err := a.marketRules()
	if err != nil {
		return err
	}
	for i := range listings {
		l, field := &listings[i], "listingIds["+strconv.Itoa(i)+"]"
		if l.SellerID == d.BuyerID {
			return refuse(CodeSelf, "不能与自己的挂牌撮合", "it is the buyer's own listing").at(field).on(l.ID).by("TR-4")
		}
		if err := a.effective(p, field, l.ID); err != nil {
			return err
		}
		if !slices.Contains(d.MatchedListingIDs, l.ID) {
			d.MatchedListingIDs = append(d.MatchedListingIDs, l.ID)
		}
		if !slices.Contains(d.SellerIDs, l.SellerID) {
			d.SellerIDs = append(d.SellerIDs, l.SellerID)
		}
	}
	if len(d.MatchedListingIDs) > maxMatches {
		return refuse(CodeFormat, "一项需求最多撮合 %d 项挂牌", "a demand is matched with at most %d listings", maxMatches).at("listingIds").on(d.ID)
	}
	d.State = to
	return a.update(KindDemand, &d)
}

// CloseDemand is the body of demand.close.
type CloseDemand struct {
	DemandID string `json:"demandId"`
	Reason   string `json:"reason"`
}

// OfDemand is the body of demand.expire.
type OfDemand struct {
	DemandID string `json:"demandId"`
}

func moveDemand(a *Act, id, event string, change func(*Demand) error) error {
	var d Demand
	if err := need(a, KindDemand, "demandId", id, &d); err != nil {
		return err
	}
	to, err := a.step(&demandMachine, id, d.State, event, "", Relations{ByBuyer: {d.BuyerID}})
	if err != nil {
		return err
	}
	if err := change(&d); err != nil {
		return err
	}
	d.State = to
	return a.update(KindDemand, &d)
}

func closeDemand(a *Act, b *CloseDemand) error {
	if err := checkText("reason", b.Reason, 400); err != nil {
		return err
	}
	return moveDemand(a, b.DemandID, "close", func(d *Demand) error { d.Reason = b.Reason; return nil })
}

func expireDemand(a *Act, b *OfDemand) error {
	return moveDemand(a, b.DemandID, "expire", func(d *Demand) error {
		if a.Now < d.ValidTo {
			return refuse(CodeDeadline, "需求至 %s 止", "it is open until %s", stamp(d.ValidTo)).on(d.ID).by("3.0.5")
		}
		return nil
	})
}

package rights

import (
	"slices"
	"strings"
)

// The venues of a trade.
const (
	VenueOnExchange  = "VenueOnExchange"
	VenueOffExchange = "VenueOffExchange"
)

// What a trade may be about that hands over no data.
const (
	SubjectRightTransfer = "RightTransfer"
	SubjectService       = "Service"
	SubjectTool          = "Tool"
)

var tradeMachine = Machine{
	Entity: "trade",
	Kind:   KindTrade,
	Title:  Text{"交易", "Trade"},
	States: []StateInfo{
		{StateApplied, Text{"已申请", "Applied"}, false},
		{StateNegotiating, Text{"磋商中", "Negotiating"}, false},
		{StateAgreed, Text{"已签约", "Agreed"}, false},
		{StateImplementing, Text{"实施中", "Implementing"}, false},
		{StateDelivered, Text{"已交付", "Delivered"}, false},
		{StateSettled, Text{"已结算", "Settled"}, false},
		{StateCompleted, Text{"已完成", "Completed"}, true},
		{StateDeclined, Text{"已谢绝", "Declined"}, true},
		{StateWithdrawn, Text{"已撤回", "Withdrawn"}, true},
		{StateTerminated, Text{"已解除", "Terminated"}, true},
	},
	Transitions: []Transition{
		{nil, "apply", "", who(ByBuyer), Text{"挂牌有效；买方符合限制；不自买；交易机构不在本场所买入（SD-2），登记机构、监管部门不交易（SD-1、SD-4）", "listing effective; buyer within its limits; not from oneself; no exchange on its own venue (SD-2), no registrar or regulator (SD-1, SD-4)"}, StateApplied},
		{nil, "file", "", who(ByBuyer, BySeller), Text{"场外交易备案，附备案材料；不计为场内（TR-6）", "filing of a trade off the exchange, with filing evidence; it never counts as on it (TR-6)"}, StateNegotiating},
		{in(StateApplied), "accept", "", who(BySeller), Text{}, StateNegotiating},
		{in(StateApplied), "decline", "", who(BySeller), Text{"写明理由", "with a reason"}, StateDeclined},
		{in(StateNegotiating), "proposeTerms", "", who(ByBuyer, BySeller), Text{"版本加一，清除签名；许可不超出挂牌（TR-7）；份额合计 10000（ST-1）", "version + 1, clears signatures; permission within the listing's (TR-7); shares add up to 10000 (ST-1)"}, StateNegotiating},
		{in(StateNegotiating), "sign", "first", who(ByBuyer, BySeller), Text{"对所提条款的哈希签名（G-5）；挂牌仍有效", "a signature on the hash of the terms proposed (G-5); still on offer"}, StateNegotiating},
		{in(StateNegotiating), "sign", "last", who(ByBuyer, BySeller), Text{"双方签同一 TermsHash（G-5）；再查挂牌、权利、限制与质权人同意（TR-1）；移交内容时须有销毁义务", "both on the same TermsHash (G-5); listing, right, encumbrances and consents again (TR-1); a duty to destroy where content is handed over"}, StateAgreed},
		{in(StateAgreed), "confirmContract", "", who(ByExchange), Text{"附合规审查结论", "with the compliance check"}, StateImplementing},
		{in(StateImplementing), "linkTransfer", "pending", who(ByBuyer, BySeller), Text{"权利转让交易指向双方的转移登记案件", "a trade of a right points to the parties' transfer case"}, StateImplementing},
		{in(StateImplementing), "linkTransfer", "recorded", who(ByBuyer, BySeller), Text{"转移登记已完成（TR-3）", "the transfer is recorded (TR-3)"}, StateDelivered},
		{in(StateImplementing), "deliver", "", who(ByBuyer, ByAnyone), Text{"由 delivery.accept、delivery.deemAccept 写入：各部分均已验收", "written by delivery.accept and delivery.deemAccept: every part was accepted"}, StateDelivered},
		{in(StateDelivered), "settle", "", who(ByPayee, ByAnyone), Text{"由 settlement.confirm、settlement.deemConfirm 写入：末笔结算已确认且无未结结算", "written by settlement.confirm and settlement.deemConfirm: the final settlement is confirmed and none is open"}, StateSettled},
		{in(StateDelivered), "complete", "free", who(ByExchange, ByAnyone), Text{"无偿交易：无须结算", "a free trade: there is nothing to settle"}, StateCompleted},
		{in(StateSettled), "complete", "", who(ByExchange, ByAnyone), Text{"无未结争议；交易机构以外者须待异议期满；权利转让已登记（TR-3）", "no open dispute; others than the exchange after the days of objection; a transfer is recorded (TR-3)"}, StateCompleted},
		{in(StateApplied), "withdraw", "", who(ByBuyer), Text{"写明理由", "with a reason"}, StateWithdrawn},
		{in(StateNegotiating), "withdraw", "", who(ByBuyer, BySeller), Text{"写明理由", "with a reason"}, StateWithdrawn},
		{in(StateAgreed), "terminate", "first", who(ByBuyer, BySeller), Text{"一方签署解除协议", "one side signs an agreement to end it"}, StateAgreed},
		{in(StateImplementing), "terminate", "first", who(ByBuyer, BySeller), Text{"一方签署解除协议", "one side signs an agreement to end it"}, StateImplementing},
		{in(StateDelivered), "terminate", "first", who(ByBuyer, BySeller), Text{"一方签署解除协议", "one side signs an agreement to end it"}, StateDelivered},
		{in(StateAgreed, StateImplementing, StateDelivered), "terminate", "last", who(ByBuyer, BySeller), Text{"双方签署同一解除协议（G-5）；已交付部分已结算", "both sign the same agreement (G-5); what was delivered is settled"}, StateTerminated},
		{in(StateAgreed, StateImplementing, StateDelivered), "terminate", "ordered", who(ByExchange, ByRegulator), Text{"依据争议处理结果或有效监管措施；无未结结算", "by a dispute's outcome or a measure in force; no settlement open"}, StateTerminated},
	},
}

func (t *Trade) relations() Relations {
	return Relations{ByBuyer: {t.BuyerID}, BySeller: {t.SellerID}, ByExchange: {t.VenueID}}
}

// data reports whether the trade gives data, rather than a service or tool
// that hands none over (LS-10).
func (t *Trade) data() bool { return t.SubjectType != SubjectService && t.SubjectType != SubjectTool }

// stepTrade loads a trade, steps it, lets change edit it and stores it. Change
// sees the trade in its old state.
func stepTrade(a *Act, id, event, outcome string, change func(*Trade, *Profile) error) error {
	var t Trade
	if err := need(a, KindTrade, "tradeId", id, &t); err != nil {
		return err
	}
	return a.stepTradeLoaded(&t, event, outcome, change)
}

func (a *Act) stepTradeLoaded(t *Trade, event, outcome string, change func(*Trade, *Profile) error) error {
	to, err := a.step(&tradeMachine, t.ID, t.State, event, outcome, t.relations())
	if err != nil {
		return err
	}
	if outcome != "ordered" { // by a dispute or a measure, which hold it
		if err := t.free(); err != nil {
			return err
		}
	}
	p, err := a.profile(t.RuleProfileVer)
	if err != nil {
		return err
	}
	if change != nil {
		if err := change(t, p); err != nil {
			return err
		}
	}
	return a.moveTrade(t, to)
}

// moveTrade stores a trade in its next state; once ended nothing relies on it.
func (a *Act) moveTrade(t *Trade, to State) error {
	t.State = to
	if tradeMachine.Ended(to) {
		t.EndedAt = a.Now
		if err := a.unrely(t.ID, t.RightID, t.ProductID, t.SellerID, t.BuyerID); err != nil {
			return err
		}
	}
	return a.update(KindTrade, t)
}

// free refuses while a dispute or a measure holds the trade (TR-5).
func (t *Trade) free() error {
	if !t.OnHold {
		return nil
	}
	by := slices.Clone(t.DisputeIDs)
	for _, s := range t.SuspendedBy {
		by = append(by, s.RefID)
	}
	return refuse(CodeState, "交易因 %s 暂停履行，仅可进行争议程序", "the trade is on hold because of %s; only the dispute goes on", strings.Join(by, ", ")).on(t.ID).by("TR-5")
}

// holdFor and releaseFrom put a dispute's hold on a trade and take off exactly
// that one (DS-2). A measure's hold is in Suspension.
func (t *Trade) holdFor(dispute string) {
	if !slices.Contains(t.DisputeIDs, dispute) {
		t.DisputeIDs = append(t.DisputeIDs, dispute)
	}
	t.OnHold = true
}

func (t *Trade) releaseFrom(dispute string) {
	t.DisputeIDs = slices.DeleteFunc(t.DisputeIDs, func(id string) bool { return id == dispute })
	t.OnHold = len(t.DisputeIDs)+len(t.SuspendedBy) > 0
}

// mayBeParty loads a participant that may be a party of a trade on a venue.
func (a *Act) mayBeParty(field, id, venueID string) (*Participant, error) {
	p, err := a.activeWith(field, id)
	if err != nil {
		return nil, err
	}
	if id == venueID {
		return nil, refuse(CodeSelf, "交易机构不得在本场所买卖", "an exchange neither buys nor sells on its own venue").at(field).on(id).by("SD-2")
	}
	if err := tradesOnOwnAccount(field, p); err != nil {
		return nil, err
	}
	return p, a.mayTrade(p)
}

// meets refuses a buyer outside a listing's limits. What they say in the
// ledger's own words (a role, a kind of organisation, a qualification, a region
// code) is checked here; other words are for the exchange's compliance check.
func (a *Act) meets(field string, buyer *Participant, l *Limits) error {
	if l == nil {
		return nil
	}
	outside := func(limit string) error {
		return refuse(CodeScope, "买方不符合挂牌的限制“%s”", "the buyer is outside the listing's limit %q", limit).at(field).on(buyer.USCC).by("3.8")
	}
	if v := l.BuyerType; (strings.HasPrefix(v, "Role") || strings.HasPrefix(v, "Org")) && v != buyer.OrgType && !slices.Contains(buyer.Roles, Role(v)) {
		return outside(v)
	}
	if v := l.BuyerQualification; strings.HasPrefix(v, "Svc") || strings.HasPrefix(v, "Qual") {
		today := CivilDate(a.Now)
		if !slices.ContainsFunc(buyer.Qualifications, func(q Qualification) bool { return q.Type == v && q.From <= today && today <= q.To }) {
			return outside(v)
		}
	}
	if v := l.Territory; validRegionPrefix(v) && !strings.HasPrefix(buyer.RegionCode, v) {
		return outside(v)
	}
	return nil
}

// reaches refuses a recipient whom a permission does not reach: where it may be
// used is where the recipient is.
func (s *Scope) reaches(field string, p *Participant) error {
	if !covers(s.Regions, p.RegionCode, strings.HasPrefix) {
		return refuse(CodeScope, "许可的地域 %[1]s 不含接收方所在的 %[2]s", "the regions permitted, %[1]s, do not cover %[2]s where the recipient is", strings.Join(s.Regions, ", "), p.RegionCode).at(field).on(p.USCC).by("CP-1")
	}
	if p.IndustryCode != "" && !covers(s.Industries, p.IndustryCode, strings.HasPrefix) {
		return refuse(CodeScope, "许可的行业 %[1]s 不含接收方的 %[2]s", "the industries permitted, %[1]s, do not cover the recipient's %[2]s", strings.Join(s.Industries, ", "), p.IndustryCode).at(field).on(p.USCC).by("CP-1")
	}
	return nil
}

// ApplyTrade is the body of trade.apply.
type ApplyTrade struct {
	ListingID  string `json:"listingId"`
	Purpose    string `json:"purpose"`
	ScenarioID string `json:"scenarioId,omitempty"`
	BrokerID   string `json:"brokerId,omitempty"`
}

func applyTrade(a *Act, b *ApplyTrade) error {
	if _, err := a.step(&tradeMachine, "", "", "apply", "", Relations{ByBuyer: {a.Actor.USCC}}); err != nil {
		return err
	}
	var l Listing
	if err := first(checkText("purpose", b.Purpose, 400), need(a, KindListing, "listingId", b.ListingID, &l)); err != nil {
		return err
	}
	p, err := a.marketRules()
	if err != nil {
		return err
	}
	buyer, seller, err := a.parties("listingId", a.Actor.USCC, l.SellerID, l.VenueID)
	if err != nil {
		return err
	}
	if err := first(a.meets("listingId", buyer, l.BuyerLimits), a.effective(p, "listingId", l.ID)); err != nil {
		return err
	}
	if l.Permission != nil {
		if err := l.Permission.reaches("listingId", buyer); err != nil {
			return err
		}
		if err := l.Permission.serves("purpose", b.Purpose, b.ScenarioID); err != nil {
			return err
		}
	}
	if err := a.checkAside(b.ScenarioID, b.BrokerID); err != nil {
		return err
	}
	id := a.newID(KindTrade, a.regionFor(l.ID))
	t := &Trade{
		ListingID: l.ID, Venue: VenueOnExchange, VenueID: l.VenueID, BuyerID: buyer.USCC, SellerID: seller.USCC, BrokerID: b.BrokerID,
		SubjectType: l.SubjectType, ProductID: l.ProductID, ProductVersion: l.ProductVersion, ProductName: l.ProductName, RightID: l.RightID,
		Purpose: b.Purpose, ScenarioID: b.ScenarioID, PriceModel: l.PriceModel, Zone: l.Zone, GrantID: l.GrantID, DeliveryModes: l.DeliveryModes,
		RelatedParty: related(buyer, seller),
	}
	if err := a.rely(id, t.RightID, t.ProductID, t.SellerID, t.BuyerID); err != nil {
		return err
	}
	return a.create(KindTrade, id, StateApplied, p.Ver(), t)
}

// parties loads buyer and seller, who must be two (TR-4).
func (a *Act) parties(field, buyerID, sellerID, venueID string) (buyer, seller *Participant, err error) {
	if buyerID == sellerID {
		return nil, nil, refuse(CodeSelf, "不得与自己交易", "nobody trades with himself").at(field).on(buyerID).by("TR-4")
	}
	if buyer, err = a.mayBeParty(field, buyerID, venueID); err != nil {
		return nil, nil, err
	}
	seller, err = a.mayBeParty(field, sellerID, venueID)
	return buyer, seller, err
}

// checkAside refuses a scenario or broker that is not there.
func (a *Act) checkAside(scenarioID, brokerID string) error {
	if scenarioID != "" {
		if err := need(a, KindScenario, "scenarioId", scenarioID, new(Scenario)); err != nil {
			return err
		}
	}
	if brokerID != "" {
		if _, err := a.activeWith("brokerId", brokerID, RoleThirdParty); err != nil {
			return err
		}
	}
	return nil
}

// serves refuses a purpose outside those permitted. Purposes are scenarios or
// codes; a purpose in other words is for the compliance check where all are allowed.
func (s *Scope) serves(field, purpose, scenarioID string) error {
	if covers(s.Purposes, purpose, equal) || scenarioID != "" && covers(s.Purposes, scenarioID, equal) {
		return nil
	}
	return refuse(CodeScope, "用途不在许可范围内：%s", "the purpose is none of those permitted: %s", strings.Join(s.Purposes, ", ")).at(field).by("TR-7")
}

// OfTrade is the body of events that need nothing but the trade.
type OfTrade struct {
	TradeID string `json:"tradeId"`
}

// TradeReason is the body of trade.decline and trade.withdraw.
type TradeReason struct {
	TradeID string `json:"tradeId"`
	Reason  string `json:"reason"`
}

func acceptTrade(a *Act, b *OfTrade) error { return stepTrade(a, b.TradeID, "accept", "", nil) }

func endTrade(event string) func(*Act, *TradeReason) error {
	return func(a *Act, b *TradeReason) error {
		if err := checkText("reason", b.Reason, 400); err != nil {
			return err
		}
		return stepTrade(a, b.TradeID, event, "", func(t *Trade, _ *Profile) error {
			t.Reason = b.Reason
			return nil
		})
	}
}

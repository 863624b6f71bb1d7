package rights

import (
	"slices"
	"strconv"
)

// ConfirmContract is the body of trade.confirmContract.
type ConfirmContract struct {
	TradeID        string `json:"tradeId"`
	ComplianceHash string `json:"complianceHash"` // of the exchange's compliance check
}

func confirmContract(a *Act, b *ConfirmContract) error {
	if err := checkHash("complianceHash", b.ComplianceHash); err != nil {
		return err
	}
	return stepTrade(a, b.TradeID, "confirmContract", "", func(t *Trade, _ *Profile) error {
		t.ComplianceHash = b.ComplianceHash
		return nil
	})
}

// FileTrade is the body of trade.file: a trade off the exchange with its first
// terms, which the other side signs like any other.
type FileTrade struct {
	FilingRef       string      `json:"filingRef"` // number and hash of the filing evidence
	FilingEvidence  Evidence    `json:"filingEvidence"`
	VenueID         string      `json:"venueId"`               // the exchange that takes the filing
	PeerVenueID     string      `json:"peerVenueId,omitempty"` // the peer exchange it was made on, if any (MR-3)
	BuyerID         string      `json:"buyerId"`
	SellerID        string      `json:"sellerId"`
	SubjectType     string      `json:"subjectType"`
	ProductID       string      `json:"productId,omitempty"`
	ProductVersion  int64       `json:"productVersion,omitempty"`
	RightID         string      `json:"rightId,omitempty"`
	Purpose         string      `json:"purpose"`
	ScenarioID      string      `json:"scenarioId,omitempty"`
	PriceModel      string      `json:"priceModel"`
	DeliveryModes   []string    `json:"deliveryModes,omitempty"`
	TermsHash       string      `json:"termsHash"`
	TermsCommitment string      `json:"termsCommitment"`
	Permission      *Permission `json:"permission,omitempty"`
	DestroyDays     int64       `json:"destroyDays,omitempty"`
}

// subjectTypes and priceModels are the vocabularies of listings and trades.
var (
	subjectTypes = []string{"LicenceUse", "ApiCalls", "Query", "ModelService", SubjectRightTransfer, SubjectService, SubjectTool}
	priceModels  = []string{"PerUnit", "PerCall", "PerPeriod", "Lump", "Negotiated", "Free"}
)

func (b *FileTrade) check() error {
	if err := first(checkText("filingRef", b.FilingRef, 80), checkPaper("filingEvidence", b.FilingEvidence), checkText("purpose", b.Purpose, 400),
		oneOf("subjectType", b.SubjectType, subjectTypes...), oneOf("priceModel", b.PriceModel, priceModels...),
		checkHash("termsHash", b.TermsHash)); err != nil {
		return err
	}
	if len(b.DeliveryModes) > len(deliveryModes) {
		return refuse(CodeFormat, "最多 %d 项", "at most %d", len(deliveryModes)).at("deliveryModes")
	}
	for i, m := range b.DeliveryModes {
		if err := oneOf("deliveryModes["+strconv.Itoa(i)+"]", m, deliveryModes...); err != nil {
			return err
		}
	}
	return nil
}

func fileTrade(a *Act, b *FileTrade) error {
	if _, err := a.step(&tradeMachine, "", "", "file", "", Relations{ByBuyer: {b.BuyerID}, BySeller: {b.SellerID}}); err != nil {
		return err
	}
	if err := first(a.member(CollectionTrade), b.check()); err != nil {
		return err
	}
	p, err := a.marketRules()
	if err != nil {
		return err
	}
	if _, err := a.activeWith("venueId", b.VenueID, RoleExchange); err != nil {
		return err
	}
	if b.PeerVenueID != "" {
		if _, err := a.activeWith("peerVenueId", b.PeerVenueID, RolePeerExchange); err != nil {
			return err
		}
	}
	buyer, seller, err := a.parties("sellerId", b.BuyerID, b.SellerID, b.VenueID)
	if err != nil {
		return err
	}
	if err := a.checkAside(b.ScenarioID, ""); err != nil {
		return err
	}
	t := &Trade{
		FilingRef: b.FilingRef, FilingEvidence: &b.FilingEvidence, Venue: VenueOffExchange, VenueID: b.VenueID, PeerVenueID: b.PeerVenueID, BuyerID: b.BuyerID, SellerID: b.SellerID,
		SubjectType: b.SubjectType, ProductID: b.ProductID, ProductVersion: b.ProductVersion, RightID: b.RightID, Purpose: b.Purpose,
		ScenarioID: b.ScenarioID, PriceModel: b.PriceModel, DeliveryModes: b.DeliveryModes, RelatedParty: related(buyer, seller),
	}
	if err := a.filedSubject(t); err != nil {
		return err
	}
	id := a.newID(KindTrade, a.regionFor(b.ProductID))
	t.ID = id
	if err := a.takeTerms(p, t, nil, &ProposeTerms{TradeID: id, Version: 1, TermsHash: b.TermsHash, TermsCommitment: b.TermsCommitment,
		Permission: b.Permission, DestroyDays: b.DestroyDays}); err != nil {
		return err
	}
	if t.Permission != nil {
		if err := t.Permission.reaches("buyerId", buyer); err != nil {
			return err
		}
	}
	if err := a.keepSecret(CollectionTrade, KindTrade, id); err != nil {
		return err
	}
	if err := a.rely(id, t.RightID, t.ProductID, t.SellerID, t.BuyerID); err != nil {
		return err
	}
	return a.create(KindTrade, id, StateNegotiating, p.Ver(), t)
}

// filedSubject checks what a trade off the exchange is about: no listing says it.
func (a *Act) filedSubject(t *Trade) error {
	if t.ProductID != "" {
		var product Product
		if err := need(a, KindProduct, "productId", t.ProductID, &product); err != nil {
			return err
		}
		if product.State != StateApproved {
			return refuse(CodeState, "产品状态为“%[1]s”", "the product is %[2]s", productMachine.Titled(product.State).Zh, string(product.State)).at("productId").on(product.ID).by("LS-2")
		}
		if t.ProductVersion < 1 || t.ProductVersion > int64(len(product.Versions)) {
			return refuse(CodeNotFound, "产品没有此版本", "the product has no such version").at("productVersion").on(product.ID)
		}
		t.ProductName = product.Name
		if product.PublicData != nil {
			t.GrantID = product.PublicData.GrantID
		}
	}
	if !t.data() {
		return nil
	}
	var r Right
	if err := need(a, KindRight, "rightId", t.RightID, &r); err != nil {
		return err
	}
	if r.HolderID != t.SellerID || r.Kind != RightOperation || t.ProductID != "" && r.ObjectID != t.ProductID {
		return refuse(CodeBasis, "须为卖方对该产品的经营权", "must be the seller's operation right over the product").at("rightId").on(r.ID).by("G-7")
	}
	if t.ProductName == "" {
		t.ProductName = r.ObjectName
	}
	return nil
}

// LinkTransfer is the body of trade.linkTransfer.
type LinkTransfer struct {
	TradeID string `json:"tradeId"`
	CaseID  string `json:"caseId"`
}

// linkTransfer ties a trade of a right to the case that transfers it (TR-3):
// sent while the case runs it links, sent once it is recorded it delivers.
func linkTransfer(a *Act, b *LinkTransfer) error {
	var t Trade
	var c Case
	if err := first(need(a, KindTrade, "tradeId", b.TradeID, &t), need(a, KindCase, "caseId", b.CaseID, &c)); err != nil {
		return err
	}
	outcome := "pending"
	if c.State == StateRecorded {
		outcome = "recorded"
	}
	return a.stepTradeLoaded(&t, "linkTransfer", outcome, func(t *Trade, _ *Profile) error {
		if t.SubjectType != SubjectRightTransfer {
			return refuse(CodeState, "交易标的不是权利转让", "the trade is not of a right").at("tradeId").on(t.ID).by("TR-3")
		}
		if !t.transferredBy(&c) {
			return refuse(CodeBasis, "须为卖方向买方转移此权利、条款相同的登记案件", "must be the case that transfers this right from seller to buyer on the same terms").at("caseId").on(c.ID).by("TR-3")
		}
		if outcome == "pending" && caseMachine.Ended(c.State) {
			return refuse(CodeState, "登记案件已以“%[1]s”终结", "the case ended as %[2]s", caseMachine.Titled(c.State).Zh, string(c.State)).at("caseId").on(c.ID).by("TR-3")
		}
		t.TransferCaseID = c.ID
		if outcome == "pending" || t.PriceModel != "Free" {
			return nil
		}
		var err error
		t.CompleteDueAt, err = a.completeDue(t) // nothing is to be settled
		return err
	})
}

// transferredBy reports whether a case transfers the right of this trade.
func (t *Trade) transferredBy(c *Case) bool {
	return c.RegType == RegTransfer && len(c.ApplicantIDs) > 0 && c.ApplicantIDs[0] == t.SellerID && c.CounterpartyID == t.BuyerID &&
		slices.Contains(c.TargetRightIDs, t.RightID) && c.TermsHash == t.TermsHash
}

// completeTrade ends a trade in good order.
func completeTrade(a *Act, b *OfTrade) error {
	var t Trade
	if err := need(a, KindTrade, "tradeId", b.TradeID, &t); err != nil {
		return err
	}
	outcome := ""
	if t.State == StateDelivered && t.PriceModel == "Free" {
		outcome = "free"
	}
	return a.stepTradeLoaded(&t, "complete", outcome, func(t *Trade, _ *Profile) error {
		if len(t.DisputeIDs) > 0 {
			return refuse(CodeState, "尚有未结争议 %s", "dispute %s is open", t.DisputeIDs[0]).on(t.ID).by("3.8")
		}
		if !a.holds(ByExchange, t.relations()) && a.Now < t.CompleteDueAt {
			return refuse(CodeDeadline, "异议期至 %s；此前仅交易机构可办结", "the days of objection run until %s; before then only the exchange completes", stamp(t.CompleteDueAt)).on(t.ID).by("3.8")
		}
		if t.SubjectType == SubjectRightTransfer {
			if t.TransferCaseID == "" {
				return refuse(CodeState, "转移登记尚未完成", "the transfer is not recorded").on(t.ID).by("TR-3")
			}
			var c Case
			if err := need(a, KindCase, "tradeId", t.TransferCaseID, &c); err != nil {
				return err
			}
			if c.State != StateRecorded {
				return refuse(CodeState, "转移登记尚未完成", "the transfer is not recorded").on(t.ID).by("TR-3")
			}
		}
		return nil
	})
}

// TerminateTrade is the body of trade.terminate: a party signs an agreement to
// end the trade; the exchange or regulator cites what orders it.
type TerminateTrade struct {
	TradeID       string `json:"tradeId"`
	AgreementHash string `json:"agreementHash,omitempty"`
	OrderRef      string `json:"orderRef,omitempty"` // dispute with an order to terminate, or measure on the trade
	Reason        string `json:"reason"`
}

func terminateTrade(a *Act, b *TerminateTrade) error {
	var t Trade
	if err := first(checkText("reason", b.Reason, 400), need(a, KindTrade, "tradeId", b.TradeID, &t)); err != nil {
		return err
	}
	outcome := "ordered"
	if a.Actor.USCC == t.BuyerID || a.Actor.USCC == t.SellerID {
		outcome = "last"
		if len(t.Termination) == 0 || t.Termination[0].TermsHash != b.AgreementHash && t.Termination[0].PartyID == a.Actor.USCC {
			outcome = "first" // or the first to sign thought of another agreement
		}
	}
	return a.stepTradeLoaded(&t, "terminate", outcome, func(t *Trade, p *Profile) error {
		if outcome == "first" {
			t.Termination = nil
			return addSignature(a, &t.Termination, "agreementHash", b.AgreementHash, "", t.ID)
		}
		if outcome == "last" {
			if err := addSignature(a, &t.Termination, "agreementHash", b.AgreementHash, t.Termination[0].TermsHash, t.ID); err != nil {
				return err
			}
		} else if err := a.ordered("orderRef", b.OrderRef, "Terminate", t.ID, t.ID); err != nil {
			return err
		}
		if err := a.settledSoFar(t, outcome == "last"); err != nil {
			return err
		}
		t.Reason = b.Reason
		return a.endPermissions(p, t)
	})
}

// settledSoFar refuses to end a trade while a settlement is open and, by
// agreement, while what was accepted is not settled at all.
func (a *Act) settledSoFar(t *Trade, byAgreement bool) error {
	for _, id := range t.SettlementIDs {
		var s Settlement
		if err := need(a, KindSettlement, "tradeId", id, &s); err != nil {
			return err
		}
		if !settlementMachine.Ended(s.State) {
			return refuse(CodeState, "结算 %s 尚未完成", "settlement %s is open", id).on(id).by("3.8")
		}
	}
	if byAgreement && len(t.AcceptedParts) > 0 && len(t.SettlementIDs) == 0 && t.PriceModel != "Free" {
		return refuse(CodeState, "已验收的交付尚未结算", "what was accepted is not settled").on(t.ID).by("3.8")
	}
	return nil
}

// endPermissions ends the term of every copy delivered under a trade that is
// terminated: with the contract ends what it allowed, and the time to destroy
// begins.
func (a *Act) endPermissions(p *Profile, t *Trade) error {
	for _, id := range t.DeliveryIDs {
		var d Delivery
		if err := need(a, KindDelivery, "tradeId", id, &d); err != nil {
			return err
		}
		if d.CopyID == "" {
			continue
		}
		if err := a.endTerm(p, d.CopyID); err != nil {
			return err
		}
	}
	return nil
}

// ordered refuses unless ref is a dispute decided or settled with an order of
// that type on one of the targets, or a measure in force on the trade.
func (a *Act) ordered(field, ref, order, tradeID string, targets ...string) error {
	switch {
	case isOf(ref, KindDispute):
		var d Dispute
		if err := need(a, KindDispute, field, ref, &d); err != nil {
			return err
		}
		outcome := d.State == StateSettled || d.State == StateDecided || d.State == StateExecuted
		if outcome && slices.ContainsFunc(d.Orders, func(o Order) bool { return o.Type == order && slices.Contains(targets, o.TargetID) }) {
			return nil
		}
		return refuse(CodeBasis, "争议 %[1]s 的结果没有 %[2]s 此项的内容", "the outcome of dispute %[1]s has no order to %[2]s it", ref, order).at(field).on(ref).by("3.11")
	case isOf(ref, KindMeasure):
		var m Measure
		if err := need(a, KindMeasure, field, ref, &m); err != nil {
			return err
		}
		if m.State == StateInForce && m.TargetID == tradeID {
			return nil
		}
		return refuse(CodeBasis, "措施 %s 未对此交易生效", "measure %s is not in force on this trade", ref).at(field).on(ref).by("SM-1")
	}
	return refuse(CodeBasis, "须引用争议或监管措施的编号", "must name a dispute or a measure").at(field).by("3.8")
}

package contract_test

import (
	"github.com/datarights/datarights/chaincode/rights"
	"github.com/datarights/datarights/chaincode/state"
)

// The commands of the area in the exhaustive test. Who is what in its scenes:
// the holder sells, the agent buys, the objector is everybody else that there
// is in a dispute or delivery.
var inTrade = map[string][]rights.Capacity{
	energyID:  {rights.BySeller, rights.BySender, rights.ByClaimant},
	buyerID:   {rights.ByBuyer, rights.ByRecipient, rights.ByRespondent, rights.ByHolder},
	weatherID: {rights.ByPlatform, rights.ByMediator, rights.ByOrdered, rights.ByPayee},
}

// tradeMembers are the gateways that trade terms may come through.
var tradeMembers = []string{exchangeMSP, regulatorMSP}

const (
	ourTrade    = "TR-320902-1"
	ourDelivery = "DL-320902-1"
	ourCopy     = "CP-320902-1"
	ourSettled  = "ST-320902-1"
	ourDispute  = "DS-320902-1"
	ourProduct  = "DP-320902-1"
	ourListing  = "LS-320902-1"
	ourRight    = "RT-320902-1"
)

// keep puts what the collection of trade terms keeps of a record.
func (m *market) keep(kind rights.Kind, id string, secret []byte) {
	m.t.Helper()
	key, err := state.Key(kind, id)
	if err != nil {
		m.t.Fatal(err)
	}
	m.ledger.PutSecret(string(rights.CollectionTrade), key, secret)
}

func ourTerms() rights.TradeTerms {
	return rights.TradeTerms{Salt: salt, AmountFen: 100, Lines: []rights.SettlementLine{{PayeeID: weatherID, Role: "Other", Bps: 10000}}}
}

func ourPermission() *rights.Permission {
	return &rights.Permission{Scope: rights.Scope{ObjectIDs: []string{ourProduct}, Purposes: []string{"*"}, Regions: []string{"*"}, Industries: []string{"*"},
		Actions: []rights.Action{rights.ActHold, rights.ActResell}, MaxGrade: 3, Envs: []rights.Env{"*"}, From: start, To: far}}
}

// tradeScene puts a trade in a state, with all that its guards want.
func tradeScene(changes ...func(*rights.Trade)) func(*stage, rights.State) {
	return func(s *stage, st rights.State) {
		s.recast(inTrade)
		reviewer := s.who(rights.RoleThirdParty)
		edit(rights.KindParticipant, reviewer, func(p *rights.Participant) { p.ServiceTypes = []string{"SvcCompliance"} })(s.market)
		opinion := s.opinion(reviewer)
		s.put(rights.KindProduct, ourProduct, &rights.Product{Head: s.headOf(rights.KindProduct, ourProduct, rights.StateApproved), Name: "产品", OwnerID: energyID, ProductType: "Dataset",
			Level: "LevelGeneral", Grade: 1, PI: "None", Inputs: []rights.ProductInput{}, ComplianceOpinion: &opinion,
			Versions: []rights.ProductVersion{{No: 1, ContentRoot: hash("root"), MatchTag: hash("tag")}}})
		r := s.market.right(s.the(s.recorded).ResultRightIDs[2])
		r.ID, r.ObjectType, r.ObjectID, r.ValidFrom, r.ValidTo = ourRight, "Product", ourProduct, start, far
		s.put(rights.KindRight, ourRight, r)
		s.put(rights.KindListing, ourListing, &rights.Listing{Head: s.headOf(rights.KindListing, ourListing, rights.StateListed), ProductID: ourProduct, ProductVersion: 1,
			SellerID: energyID, VenueID: exchangeID, RightID: ourRight, SubjectType: "LicenceUse", DeliveryModes: []string{"API"}, Permission: ourPermission(), PriceModel: "Lump",
			ValidFrom: start, ValidTo: far, SimilarityHash: hash("similarity")})
		t := &rights.Trade{Head: s.headOf(rights.KindTrade, ourTrade, st), ListingID: ourListing, Venue: rights.VenueOnExchange, VenueID: exchangeID, BuyerID: buyerID, SellerID: energyID,
			SubjectType: "LicenceUse", ProductID: ourProduct, ProductVersion: 1, RightID: ourRight, Purpose: "x", PriceModel: "Lump", DeliveryModes: []string{"API", "EncryptedFile"},
			TermsHash: hash("contract"), TermsVersion: 1, Permission: ourPermission(), DestroyDays: 1}
		if st == rights.StateImplementing || st == rights.StateDelivered {
			t.AgreedAt = start
		}
		for _, change := range changes {
			change(t)
		}
		s.put(rights.KindTrade, ourTrade, t)
		secret, _ := hidden(ourTerms())
		s.keep(rights.KindTrade, ourTrade, secret)
	}
}

// recast gives somebody of the cast other relations, in this scene.
func (s *stage) recast(relations map[string][]rights.Capacity) {
	cast := make([]*somebody, len(s.cast))
	for i, w := range s.cast {
		again := *w
		if own, ok := relations[w.id()]; ok {
			again.relations = append([]rights.Capacity{rights.BySelf}, own...)
		} else if w.role != rights.RoleRegistrar {
			again.relations = []rights.Capacity{rights.BySelf}
		}
		cast[i] = &again
	}
	s.cast = cast
}

// noParties are who may be no party of a trade on the venue.
func noParties(w *somebody, _ rights.State) rights.Code {
	if w.role == rights.RoleRegistrar || w.role == rights.RoleRegulator || w.id() == registrarID || w.role == rights.RoleExchange {
		return rights.CodeSelf
	}
	return ""
}

func tradeMoves() []move {
	var list []move
	add := func(m move) { list = append(list, entityMove(m)) }
	terms, commitment := hidden(ourTerms())
	onTrade := func(event, outcome string, set func(*stage, rights.State), body any) {
		add(move{command: "trade." + event, outcome: outcome, set: set, body: fixed(func(*stage) any { return body })})
	}
	of := rights.OfTrade{TradeID: ourTrade}
	add(move{command: "trade.apply", states: fresh, guard: func(w *somebody, st rights.State) rights.Code {
		if w.id() == energyID {
			return rights.CodeSelf
		}
		return noParties(w, st)
	}, set: tradeScene(), body: fixed(func(*stage) any { return rights.ApplyTrade{ListingID: ourListing, Purpose: "x"} })})
	add(move{command: "trade.file", states: fresh, set: tradeScene(), secret: terms, gateways: tradeMembers, guard: noParties,
		body: func(s *stage, w *somebody, _ rights.State) any {
			b := rights.FileTrade{FilingRef: "BA-1", FilingEvidence: rights.Evidence{DocType: rights.DocOther, Hash: hash("filing")}, VenueID: exchangeID, BuyerID: w.id(), SellerID: energyID,
				SubjectType: rights.SubjectService, Purpose: "x", PriceModel: "Lump", TermsHash: hash("contract"), TermsCommitment: commitment}
			if w.id() == energyID {
				b.BuyerID = buyerID
			}
			return b
		}})
	for _, event := range []string{"accept"} {
		onTrade(event, "", tradeScene(), of)
	}
	for _, event := range []string{"decline", "withdraw"} {
		onTrade(event, "", tradeScene(), rights.TradeReason{TradeID: ourTrade, Reason: "x"})
	}
	add(move{command: "trade.proposeTerms", set: tradeScene(), secret: terms, gateways: tradeMembers, body: fixed(func(*stage) any {
		return rights.ProposeTerms{TradeID: ourTrade, Version: 2, TermsHash: hash("second"), TermsCommitment: commitment, DestroyDays: 1}
	})})
	sign := rights.SignTrade{TradeID: ourTrade, TermsHash: hash("contract")}
	add(move{command: "trade.sign", outcome: "first", set: tradeScene(), gateways: tradeMembers, body: fixed(func(*stage) any { return sign })})
	add(move{command: "trade.sign", outcome: "last", gateways: tradeMembers, body: fixed(func(*stage) any { return sign }),
		set: tradeScene(func(t *rights.Trade) { t.Signatures = []rights.Signature{{PartyID: "x", TermsHash: hash("contract")}} })})
	onTrade("confirmContract", "", tradeScene(), rights.ConfirmContract{TradeID: ourTrade, ComplianceHash: hash("x")})
	for outcome, st := range map[string]rights.State{"pending": rights.StateUnderReview, "recorded": rights.StateRecorded} {
		onTrade("linkTransfer", outcome, func(s *stage, own rights.State) {
			tradeScene(func(t *rights.Trade) { t.SubjectType = rights.SubjectRightTransfer })(s, own)
			s.transferCase("RG-320902-1", st)
		}, rights.LinkTransfer{TradeID: ourTrade, CaseID: "RG-320902-1"})
	}
	add(move{command: "trade.complete", set: tradeScene(), body: fixed(func(*stage) any { return of })})
	add(move{command: "trade.complete", outcome: "free", set: func(s *stage, st rights.State) {
		tradeScene(func(t *rights.Trade) { t.PriceModel = "Free" })(s, st)
	}, states: []rights.State{rights.StateDelivered}, body: fixed(func(*stage) any { return of })})
	end := rights.TerminateTrade{TradeID: ourTrade, AgreementHash: hash("end"), OrderRef: "SM-320902-1", Reason: "x"}
	onTrade("terminate", "first", func(s *stage, st rights.State) {
		tradeScene()(s, st)
		s.recastWithout(rights.RoleExchange, rights.RoleRegulator)
	}, end)
	onTrade("terminate", "last", func(s *stage, st rights.State) {
		tradeScene(func(t *rights.Trade) { t.Termination = []rights.Signature{{PartyID: "x", TermsHash: hash("end")}} })(s, st)
		s.recastWithout(rights.RoleExchange, rights.RoleRegulator)
	}, end)
	onTrade("terminate", "ordered", func(s *stage, st rights.State) {
		tradeScene()(s, st)
		s.recastWithout("", "")
		s.put(rights.KindMeasure, "SM-320902-1", &rights.Measure{Head: s.headOf(rights.KindMeasure, "SM-320902-1", rights.StateInForce), TargetID: ourTrade})
	}, end)
	return append(append(append(list, deliveryMoves()...), settlementMoves()...), disputeMoves()...)
}

// recastWithout leaves somebody out of a scene: those whose own outcome it is
// not. Without roles it is the parties of the trade.
func (s *stage) recastWithout(roles ...rights.Role) {
	var cast []*somebody
	for _, w := range s.cast {
		out := w.id() == buyerID || w.id() == energyID
		if roles[0] != "" {
			out = w.role == roles[0] || w.role == roles[1]
		}
		if !out {
			cast = append(cast, w)
		}
	}
	s.cast = cast
}

// transferCase puts a case that transfers the scene's right.
func (s *stage) transferCase(id string, st rights.State) {
	c := *s.the(s.recorded)
	c.Head, c.RegType, c.CounterpartyID, c.TargetRightIDs, c.TermsHash = s.headOf(rights.KindCase, id, st), rights.RegTransfer, buyerID, []string{ourRight}, hash("contract")
	s.put(rights.KindCase, id, &c)
}

func deliveryMoves() []move {
	var list []move
	add := func(m move) { list = append(list, entityMove(m)) }
	onDelivery := func(event string, due int64, body any) {
		add(move{command: "delivery." + event, body: fixed(func(*stage) any { return body }), set: func(s *stage, st rights.State) {
			tradeScene()(s, rights.StateImplementing)
			s.put(rights.KindDelivery, ourDelivery, &rights.Delivery{Head: s.headOf(rights.KindDelivery, ourDelivery, st), TradeID: ourTrade, FromID: energyID, ToID: buyerID,
				PlatformID: weatherID, Mode: "API", ProductID: ourProduct, ProductVersion: 1, Permission: ourPermission(), Part: 1, Parts: 1, AcceptDueAt: due})
			edit(rights.KindTrade, ourTrade, func(t *rights.Trade) { t.Parts, t.DeliveryIDs = 1, []string{ourDelivery} })(s.market)
			edit(rights.KindParticipant, weatherID, func(p *rights.Participant) { p.Roles = append(p.Roles, rights.RolePlatform) })(s.market)
		}})
	}
	add(move{command: "delivery.prepare", states: fresh, set: tradeScene(), body: func(s *stage, w *somebody, _ rights.State) any {
		id := "TR-of-" + w.id() // everybody sells what is his own
		t := read[rights.Trade](s.market, rights.KindTrade, ourTrade)
		r := read[rights.Right](s.market, rights.KindRight, t.RightID)
		r.ID, r.HolderID = "RT-of-"+w.id(), w.id()
		s.put(rights.KindRight, r.ID, r)
		t.ID, t.State, t.SellerID, t.RightID, t.AgreedAt = id, rights.StateImplementing, w.id(), r.ID, start
		s.put(rights.KindTrade, id, t)
		return rights.PrepareDelivery{TradeID: id, Mode: "API"}
	}})
	onDelivery("send", far, rights.SendDelivery{DeliveryID: ourDelivery})
	onDelivery("receive", far, rights.ReceiveDelivery{DeliveryID: ourDelivery})
	onDelivery("accept", far, rights.AcceptDelivery{DeliveryID: ourDelivery})
	onDelivery("reject", far, rights.RejectDelivery{DeliveryID: ourDelivery, Reason: "x"})
	onDelivery("deemAccept", start, rights.OfDelivery{DeliveryID: ourDelivery})
	onDelivery("redeliver", far, rights.Redeliver{DeliveryID: ourDelivery})
	onDelivery("recall", far, rights.OfDelivery{DeliveryID: ourDelivery})

	onCopy := func(event string, body any) {
		add(move{command: "copy." + event, body: fixed(func(*stage) any { return body }), set: func(s *stage, st rights.State) {
			tradeScene(func(t *rights.Trade) { t.AgreedAt = start })(s, rights.StateCompleted)
			s.put(rights.KindCopy, ourCopy, &rights.Copy{Head: s.headOf(rights.KindCopy, ourCopy, st), HolderID: buyerID, DeliveryID: ourDelivery, TradeID: ourTrade,
				ProductID: ourProduct, Version: 1, Permission: ourPermission(), HoldUntil: far, DestroyDueAt: start})
			s.put(rights.KindAlert, "AL-320902-1", &rights.Alert{Head: s.headOf(rights.KindAlert, "AL-320902-1", rights.StateConfirmed)})
		}})
	}
	proof := &rights.Evidence{DocType: rights.DocOther, Hash: hash("proof")}
	onCopy("forward", rights.ForwardCopy{CopyID: ourCopy, ToID: weatherID, Mode: "EncryptedFile", Permission: ourPermission()})
	onCopy("return", rights.EndCopy{CopyID: ourCopy, Evidence: proof})
	onCopy("destroy", rights.EndCopy{CopyID: ourCopy, Evidence: proof})
	onCopy("markOverdue", rights.OfCopy{CopyID: ourCopy})
	onCopy("compromise", rights.CompromiseCopy{CopyID: ourCopy, Ref: "AL-320902-1", Reason: "x"})
	return list
}

func settlementMoves() []move {
	var list []move
	amounts := rights.SettlementAmounts{Salt: salt, GrossFen: 100, Lines: []rights.LineAmount{{SettlementLine: ourTerms().Lines[0], AmountFen: 100}}}
	secret, commitment := hidden(amounts)
	list = append(list, entityMove(move{command: "settlement.open", states: fresh, secret: secret, gateways: tradeMembers,
		set: func(s *stage, _ rights.State) { tradeScene()(s, rights.StateDelivered) },
		body: fixed(func(*stage) any {
			return rights.OpenSettlement{TradeID: ourTrade, AmountsCommitment: commitment, Final: true}
		})}))
	whole, paid := hidden(rights.PaymentProof{Salt: salt, AmountFen: 100})
	part, some := hidden(rights.PaymentProof{Salt: salt, AmountFen: 1})
	on := func(event, outcome string, private bool, beside []byte, payees []rights.SettlementLine, body any) {
		m := move{command: "settlement." + event, outcome: outcome, secret: beside, body: fixed(func(*stage) any { return body }), set: func(s *stage, st rights.State) {
			tradeScene(func(t *rights.Trade) { t.SettlementIDs = []string{ourSettled} })(s, rights.StateDelivered)
			s.put(rights.KindSettlement, ourSettled, &rights.Settlement{Head: s.headOf(rights.KindSettlement, ourSettled, st), TradeID: ourTrade, VenueID: exchangeID, BuyerID: buyerID,
				SellerID: energyID, AmountsCommitment: commitment, Payees: payees, ConfirmDueAt: start, Final: true})
			s.keep(rights.KindSettlement, ourSettled, secret)
		}}
		if private {
			m.gateways = tradeMembers
		}
		list = append(list, entityMove(m))
	}
	one := ourTerms().Lines
	two := append([]rights.SettlementLine{{PayeeID: "x", Role: "Other", Bps: 1}}, one...)
	of := rights.OfSettlement{SettlementID: ourSettled}
	on("escrow", "", false, nil, one, rights.EscrowSettlement{SettlementID: ourSettled, EscrowRef: hash("x")})
	on("markPaid", "", true, whole, one, rights.MarkPaid{SettlementID: ourSettled, PaymentRefHash: hash("x"), PaidCommitment: paid, PaidOn: "2026-07-06", Channel: "x"})
	on("distribute", "", true, nil, one, of)
	on("confirm", "last", false, nil, one, of)
	on("confirm", "some", false, nil, two, of)
	on("deemConfirm", "", false, nil, one, of)
	on("refund", "part", true, part, one, rights.RefundSettlement{SettlementID: ourSettled, RefundCommitment: some, AgreementHash: hash("x")})
	on("refund", "all", true, whole, one, rights.RefundSettlement{SettlementID: ourSettled, RefundCommitment: paid, AgreementHash: hash("x"), All: true})
	return list
}

func disputeMoves() []move {
	var list []move
	open := rights.Order{Type: "Other", TargetID: ourTrade, OrderedID: weatherID, DueOn: "2026-08-01"}
	done := open
	done.DoneAt, done.ProofHash = start, hash("x")
	on := func(event, outcome, office string, orders []rights.Order, body any, guard func(*somebody, rights.State) rights.Code, changes ...func(*rights.Dispute)) {
		list = append(list, entityMove(move{command: "dispute." + event, outcome: outcome, guard: guard, body: fixed(func(*stage) any { return body }), set: func(s *stage, st rights.State) {
			tradeScene(func(t *rights.Trade) { t.OnHold, t.DisputeIDs = true, []string{ourDispute} })(s, rights.StateImplementing)
			d := &rights.Dispute{Head: s.headOf(rights.KindDispute, ourDispute, st), Type: "Quality", ClaimantID: energyID, RespondentIDs: []string{buyerID}, RefType: "Trade", RefID: ourTrade,
				TradeID: ourTrade, AcceptedAs: office, AnswerDueAt: far, MediationDueAt: far, MediatorID: weatherID, MediationAgreedBy: []string{energyID, buyerID}, Orders: orders}
			switch office {
			case "trade":
				d.VenueID = exchangeID
			case "title":
				d.RegistrarID = registrarID
			}
			if office != "title" {
				s.recast(map[string][]rights.Capacity{registrarID: nil, energyID: inTrade[energyID], buyerID: inTrade[buyerID], weatherID: inTrade[weatherID]})
			}
			for _, change := range changes {
				change(d)
			}
			s.put(rights.KindDispute, ourDispute, d)
			edit(rights.KindParticipant, weatherID, func(p *rights.Participant) { p.Roles = append(p.Roles, rights.RoleMediator) })(s.market)
		}}))
	}
	statement, commitment := hidden(rights.DisputeStatement{Salt: salt, Statement: "x", ClaimFen: 1})
	list = append(list, entityMove(move{command: "dispute.file", states: fresh, secret: statement, gateways: tradeMembers, set: func(s *stage, _ rights.State) {
		tradeScene()(s, rights.StateImplementing)
	}, body: func(s *stage, w *somebody, _ rights.State) any {
		b := rights.FileDispute{Type: "Other", RespondentIDs: []string{buyerID}, RefType: "Product", RefID: ourProduct, ClaimHash: hash("x"), StatementCommitment: commitment}
		if w.id() == buyerID {
			b.RespondentIDs = []string{energyID}
		}
		return b
	}}))
	of := rights.OfDispute{DisputeID: ourDispute}
	reason := rights.DisputeReason{DisputeID: ourDispute, Reason: "x"}
	for _, office := range []string{"trade", "title", "other"} {
		on("accept", office, office, nil, of, nil)
		on("refuse", office, office, nil, reason, nil)
		on("enterDecision", office, office, nil, rights.EnterDecision{DisputeID: ourDispute, OutcomeHash: hash("x"), Orders: []rights.Order{open}}, nil)
		on("close", office, office, []rights.Order{done}, of, nil)
	}
	on("answer", "", "trade", nil, rights.AnswerDispute{DisputeID: ourDispute, AnswerHash: hash("x")}, nil)
	on("agreeMediation", "", "trade", nil, rights.AgreeMediation{DisputeID: ourDispute, MediatorID: weatherID}, nil, func(d *rights.Dispute) { d.MediationAgreedBy = nil })
	on("startMediation", "", "trade", nil, of, nil)
	settle := rights.SettleDispute{DisputeID: ourDispute, SettlementHash: hash("x")}
	on("settle", "some", "trade", nil, settle, nil)
	on("settle", "last", "trade", nil, settle, nil, func(d *rights.Dispute) { d.SettlementHash, d.SettlementSignedBy = hash("x"), []string{"x"} })
	on("escalate", "", "trade", nil, rights.EscalateDispute{DisputeID: ourDispute, ForumRef: "（2026）苏0902民初1号"}, nil)
	on("lapse", "", "trade", nil, of, nil, func(d *rights.Dispute) { d.MediationDueAt = day("2026-06-01") })
	on("withdraw", "", "trade", nil, reason, nil)
	order := rights.ExecuteOrder{DisputeID: ourDispute, ProofHash: hash("x")}
	on("executeOrder", "last", "trade", []rights.Order{open}, order, nil)
	on("executeOrder", "some", "trade", []rights.Order{open, open}, order, nil)
	return list
}

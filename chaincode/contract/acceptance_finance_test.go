package contract_test

import "github.com/datarights/datarights/chaincode/rights"

// lent is a borrower's registered and valued asset, and the lenders.
func (s *accScene) lent() *asset {
	s.t.Helper()
	s.lend()
	return s.market.asset("turbines", "SJ3212026077101")
}

var accFinance = []accScenario{
	{"A-21", func(s *accScene) {
		x := s.lent()
		body, secret := s.pledgeOf(x)
		pledge := s.pledged(body, secret, "ZDW-1")
		transfer := rights.Submit{RegType: "RegTransfer", RegistrarID: registrarID, TargetRightIDs: x.rights[2:], CounterpartyID: weatherID, TermsHash: hash("the sale"),
			Papers: aside(rights.DocForm, rights.DocIdentity, rights.DocAgreement, rights.DocCommitment, rights.DocChange, rights.DocOther)}
		submit := func() answer { return s.do(borrowerID+"#1", "registration.submit", transfer) }
		consent := func(terms string) {
			s.must(s.do(bankID+"#1", "pledge.giveConsent", rights.GivePledgeConsent{PledgeID: pledge, Action: rights.UseTransfer, TargetID: x.rights[2], TermsHash: hash(terms), ExpiresAt: s.now + 60*86400}))
		}
		s.refused(submit(), rights.CodeConsent, "PL-2", x.rights[2])
		consent("another sale")
		s.refused(submit(), rights.CodeConsent, "PL-2", x.rights[2])
		consent("the sale")
		id := s.must(submit()).id(rights.KindCase)
		s.must(s.do(weatherID+"#1", "registration.countersign", rights.Countersign{CaseID: id, TermsHash: hash("the sale")}))
		c := s.recordedCase(id)
		if r := s.right(c.ResultRightIDs[0]); r.HolderID != weatherID || r.State != rights.StateActive || s.right(x.rights[2]).State != rights.StateTransferred {
			s.t.Errorf("%+v", r)
		}
		if cs := s.pledge(pledge).Consents; len(cs) != 2 || cs[0].UsedAt != 0 || cs[1].UsedAt == 0 {
			s.t.Errorf("%+v", cs)
		}
	}},
	{"A-22", func(s *accScene) {
		x := s.lent()
		body, secret := s.pledgeOf(x)
		s.pledged(body, secret, "ZDW-1")
		second := accFirm(41) // a bank of the same node
		s.enrol(bankMSP, second, "第二合作银行", []rights.Role{rights.RoleBank}, "信贷岗")
		body.PledgeeID, body.ContractHash = second, hash("second contract")
		apply := func() answer { return s.doSecretly(borrowerID+"#1", "pledge.apply", body, secret) }
		s.refused(apply(), rights.CodeConsent, "PL-2", x.rights[0])
		// Of every right, to this contract: then it may.
		first := s.right(x.rights[0]).Encumbrances[0].RefID
		for _, r := range x.rights {
			s.must(s.do(bankID+"#1", "pledge.giveConsent", rights.GivePledgeConsent{PledgeID: first, Action: rights.UsePledge, TargetID: r, TermsHash: hash("second contract"), ExpiresAt: s.now + 86400}))
		}
		id := s.must(apply()).id(rights.KindPledge)
		s.confirmed(id)
		s.now++
		s.must(s.do(exchangeID+"#1", "pledge.register", s.registration(id, "ZDW-2")))
		if s.rank(x.rights[0], first) != 1 || s.rank(x.rights[0], id) != 2 {
			s.t.Errorf("%+v", s.right(x.rights[0]).Encumbrances)
		}
	}},
	{"A-23", func(s *accScene) {
		x := s.lent()
		ends := read[rights.Evaluation](s.market, rights.KindEvaluation, x.evaluation).ValidTo
		s.now = ends - 1
		body, secret := s.pledgeOf(x)
		if a := s.tryWith(secret, s.client(borrowerID+"#1"), []byte("Submit"), s.sign(borrowerID+"#1", "pledge.apply", body)); a.refusal != nil {
			s.t.Errorf("a second before: %v", a.refusal)
		}
		s.now = ends
		body, secret = s.pledgeOf(x)
		s.refused(s.doSecretly(borrowerID+"#1", "pledge.apply", body, secret), rights.CodeTerm, "EV-4", x.evaluation)
	}},
	{"A-24", func(s *accScene) {
		for y := int64(2028); y <= 2032; y++ {
			s.must(s.do(regulator, "workCalendar.publish", rights.PublishCalendar{Year: y, Ver: 1, NonWorking: []string{}, ExtraWorking: []string{}}))
		}
		s.lend()
		g := s.goodsOf(borrowerID, "frozen")
		d := s.deal(g, s.firm(11, "320902")).running()
		x := &asset{certNo: g.certNo, object: g.product, rights: []string{g.right}}
		value := commission(x)
		value.ObjectType = "Product"
		x.evaluation = s.must(s.do(borrowerID+"#1", "evaluation.commission", value)).id(rights.KindEvaluation)
		report, valuation := s.issue(x.evaluation, worth)
		s.must(s.doSecretly(appraisalID+"#1", "evaluation.issue", report, valuation))
		x.valuation = valuation

		freeze := s.served(regulator, measureOn(rights.MeasureFreeze, rights.KindRight, g.right))
		prepare := rights.PrepareDelivery{TradeID: d.trade, Mode: "EncryptedFile"}
		list := func() answer { return s.do(borrowerID+"#1", "listing.submit", s.offer(g)) }
		body, secret := s.pledgeOf(x)
		pledge := func() answer { return s.doSecretly(borrowerID+"#1", "pledge.apply", body, secret) }
		s.refused(d.by(d.seller, "delivery.prepare", prepare), rights.CodeEnc, "3.0.6", g.right)
		s.refused(list(), rights.CodeEnc, "3.0.6", g.right)
		s.refused(pledge(), rights.CodeEnc, "3.0.6", g.right)
		thawed := s.fork()
		thawed.must(thawed.lift(regulator, freeze)) // without it all three are had
		thawed.must(thawed.do(d.seller+"#1", "delivery.prepare", prepare))
		thawed.must(thawed.doSecretly(borrowerID+"#1", "pledge.apply", body, secret))
		thawed.must(thawed.do(borrowerID+"#1", "listing.delist", rights.ListingReason{ListingID: d.listing, Reason: "改版"}))
		thawed.must(thawed.do(borrowerID+"#1", "listing.submit", s.offer(g)))

		ends := s.right(g.right).ValidTo
		s.now = rights.AddMonths(ends, -3)
		renew := rights.Submit{RegType: "RegRenewal", RegistrarID: registrarID, TargetRightIDs: []string{g.right}, Papers: aside(rights.DocForm, rights.DocIdentity, rights.DocCommitment, rights.DocChange, rights.DocOther)}
		id := s.must(s.do(borrowerID+"#1", "registration.submit", renew)).id(rights.KindCase)
		s.must(s.event(officer, "accept", id))
		s.must(s.registrar("registration.record", rights.RecordCase{CaseID: id, Findings: positive()}))
		if r := s.right(g.right); r.ValidTo <= ends || r.RenewedFrom != ends || !s.frozen(g.right) {
			s.t.Errorf("%+v", r)
		}
	}},
}

// fork is the same market, with a ledger of its own from here on.
func (s *accScene) fork() *market {
	m := *s.market
	m.ledger = s.ledger.Clone()
	return &m
}

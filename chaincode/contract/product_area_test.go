package contract_test

import (
	"encoding/json"
	"slices"
	"strconv"

	"github.com/datarights/datarights/chaincode/rights"
	"pgregory.net/rapid"
)

// The area's part in the tests over the whole ledger: products, listings, demands and recognition.

// The records of the exhaustive test's scene.
const (
	theProduct     = "DP-320902-20260706-0ffe00000001-00"
	theListing     = "LS-320902-20260706-0ffe00000001-00"
	theDemand      = "DM-320902-20260706-0ffe00000001-00"
	theRecognition = "MR-320902-20260706-0ffe00000001-00"
	theQuality     = "EV-320902-20260706-0ffe00000001-00"
)

// as gives the cast relations of this scene alone.
func (s *stage) as(relations map[string][]rights.Capacity) {
	cast := make([]*somebody, len(s.cast))
	for i, w := range s.cast {
		c := *w
		c.relations = slices.Concat(w.relations, relations[w.id()])
		cast[i] = &c
	}
	s.cast = cast
}

// who finds somebody of a role who has nothing to do with it.
func (s *stage) who(role rights.Role) string {
	for _, w := range s.cast {
		if w.name == "unrelated "+string(role) {
			return w.id()
		}
	}
	panic(role)
}

// offers sets the scene: energy owns a service, sells it, holds a foreign
// certificate; the agent asks for something.
func (s *stage) offers(product, listing, demand, recognition rights.State) {
	s.as(map[string][]rights.Capacity{energyID: {rights.ByOwner, rights.BySeller, rights.BySubmitter}, buyerID: {rights.ByBuyer},
		s.who(rights.RolePeerExchange): {rights.BySubmitter}})
	reviewer := s.who(rights.RoleThirdParty)
	edit(rights.KindParticipant, reviewer, func(p *rights.Participant) { p.ServiceTypes = []string{"SvcCompliance"} })(s.market)
	edit(rights.KindParticipant, energyID, func(p *rights.Participant) {
		p.Roles, p.VendorTypes = append(p.Roles, rights.RoleVendor), []string{"VendorService"}
	})(s.market)
	head := func(kind rights.Kind, id string, state rights.State) rights.Head {
		h := s.sceneHead(kind, id, state)
		h.CreatedAt, h.UpdatedAt = start, start
		return h
	}
	opinion := s.opinion(reviewer)
	d := &rights.Product{Head: head(rights.KindProduct, theProduct, product), Name: "x", OwnerID: energyID, ProductType: "DataService", ServiceType: "VendorService",
		Inputs: []rights.ProductInput{}, Level: "LevelGeneral", Grade: 1, PI: "None", IndustryCode: "D44", RegionCode: "320902", ComplianceOpinion: &opinion,
		Versions: []rights.ProductVersion{{No: 1, ContentRoot: hash("spec"), At: start}}}
	if product == rights.StateSuspended {
		d.Suspension = rights.Suspension{SuspendedBy: []rights.SuspendedBy{{RefID: "x", ByID: exchangeID}}, SuspendedFrom: rights.StateApproved}
	}
	s.put(rights.KindProduct, theProduct, d)
	l := &rights.Listing{Head: head(rights.KindListing, theListing, listing), ProductID: theProduct, ProductVersion: 1, SellerID: energyID, VenueID: exchangeID,
		SubjectType: "Service", DeliveryModes: []string{}, PriceModel: "Lump", UnitPriceFen: 1, ValidFrom: start, ValidTo: far}
	if listing == rights.StatePaused {
		l.PausedBy = energyID
	}
	s.put(rights.KindListing, theListing, l)
	s.put(rights.KindDemand, theDemand, &rights.Demand{Head: head(rights.KindDemand, theDemand, demand), BuyerID: buyerID, ValidTo: far})
	r := &rights.Recognition{Head: head(rights.KindRecognition, theRecognition, recognition), PeerID: s.who(rights.RolePeerExchange), ForeignCertNo: "F-1", ForeignHash: hash("f"),
		HolderUSCC: energyID, Kinds: []rights.RightKind{rights.RightOperation}, ValidTo: far, StatusCheckedAt: s.now - 1, SubmitterID: energyID}
	if recognition == rights.StateSuspended {
		r.SuspendedBy = exchangeID
	}
	s.put(rights.KindRecognition, theRecognition, r)
	s.put(rights.KindEvaluation, theQuality, &rights.Evaluation{Head: head(rights.KindEvaluation, theQuality, rights.StateIssued), Kind: "Quality", ObjectID: theProduct, IssuedAt: start, ValidTo: far})
}

// selfless refuses the offices as parties of the market.
func selfless(w *somebody, _ rights.State) rights.Code {
	switch w.role {
	case rights.RoleRegistrar, rights.RolePlatform, rights.RoleExchange, rights.RoleRegulator:
		return rights.CodeSelf
	}
	return ""
}

// heldBy is a guard of what an office alone undoes that did it.
func heldBy(by string, in rights.State) func(*somebody, rights.State) rights.Code {
	return func(w *somebody, state rights.State) rights.Code {
		if state == in && w.id() != by {
			return rights.CodeRole
		}
		return ""
	}
}

// productMoves are the area's commands in the exhaustive test.
func productMoves() []move {
	var list []move
	add := func(m move) { list = append(list, entityMove(m)) }
	onProduct := func(s *stage, state rights.State) {
		s.offers(state, rights.StateRejected, rights.StateClosed, rights.StateEnded)
	}
	onListing := func(s *stage, state rights.State) {
		s.offers(rights.StateApproved, state, rights.StateClosed, rights.StateEnded)
	}
	onDemand := func(s *stage, state rights.State) {
		s.offers(rights.StateApproved, rights.StateListed, state, rights.StateEnded)
	}
	onRecognition := func(s *stage, state rights.State) {
		s.offers(rights.StateApproved, rights.StateListed, rights.StateClosed, state)
	}
	past := func(set func(*stage, rights.State)) func(*stage, rights.State) {
		return func(s *stage, state rights.State) {
			set(s, state)
			edit(rights.KindListing, theListing, func(l *rights.Listing) { l.ValidTo = s.now })(s.market)
			edit(rights.KindDemand, theDemand, func(d *rights.Demand) { d.ValidTo = s.now })(s.market)
		}
	}
	body := func(b any) func(*stage, *somebody, rights.State) any { return fixed(func(*stage) any { return b }) }

	add(move{command: "product.create", states: fresh, set: onProduct, guard: selfless, body: body(service("new"))})
	add(move{command: "product.newVersion", set: onProduct, body: body(rights.NewProductVersion{ProductID: theProduct, ContentRoot: hash("spec 2")})})
	add(move{command: "product.submitReview", set: onProduct, body: fixed(func(s *stage) any {
		return rights.SubmitReview{ProductID: theProduct, ComplianceOpinion: s.opinion(s.who(rights.RoleThirdParty))}
	})})
	add(move{command: "product.approve", set: onProduct, body: body(rights.OfProduct{ProductID: theProduct})})
	add(move{command: "product.return", set: onProduct, body: body(rights.ProductReason{ProductID: theProduct, Reason: "x"})})
	add(move{command: "product.suspend", set: onProduct, body: body(rights.ProductMeasure{ProductID: theProduct, Ref: "y", Reason: "x"})})
	add(move{command: "product.resume", set: onProduct, body: body(rights.ProductMeasure{ProductID: theProduct, Ref: "x"}), guard: heldBy(exchangeID, rights.StateSuspended)})
	add(move{command: "product.resume", outcome: "othersRemain", states: in(rights.StateSuspended), body: body(rights.ProductMeasure{ProductID: theProduct, Ref: "x"}), guard: heldBy(exchangeID, rights.StateSuspended),
		set: func(s *stage, state rights.State) {
			onProduct(s, state)
			edit(rights.KindProduct, theProduct, func(d *rights.Product) {
				d.SuspendedBy = append(d.SuspendedBy, rights.SuspendedBy{RefID: "SM-1", ByID: regulatorID})
			})(s.market)
		}})
	add(move{command: "product.retire", set: onProduct, body: body(rights.OfProduct{ProductID: theProduct})})
	add(move{command: "product.markHighQuality", set: onProduct, body: body(rights.MarkProduct{ProductID: theProduct, EvaluationID: theQuality})})
	add(move{command: "resource.markHighQuality",
		set: func(s *stage, state rights.State) {
			onProduct(s, rights.StateApproved)
			id := s.the(s.noticed).ObjectID
			edit(rights.KindResource, id, func(r *rights.Resource) { r.State = state })(s.market)
			edit(rights.KindEvaluation, theQuality, func(e *rights.Evaluation) { e.ObjectID = id })(s.market)
		},
		body: fixed(func(s *stage) any {
			return rights.MarkResource{ResourceID: s.the(s.noticed).ObjectID, EvaluationID: theQuality}
		})})

	add(move{command: "listing.submit", states: fresh, set: func(s *stage, _ rights.State) { onListing(s, rights.StateRejected) },
		guard: func(w *somebody, state rights.State) rights.Code {
			if code := selfless(w, state); code != "" || w.is(rights.BySeller) {
				return code
			}
			return rights.CodeRole // LS-10: the owner's to list
		},
		body: fixed(func(s *stage) any {
			return rights.SubmitListing{ProductID: theProduct, VenueID: exchangeID, SubjectType: "Service", PriceModel: "Lump", UnitPriceFen: 1, ValidTo: s.now + 86400}
		})})
	add(move{command: "listing.clear", body: body(rights.OfListing{ListingID: theListing}), set: func(s *stage, state rights.State) {
		onListing(s, state)
		edit(rights.KindProduct, theProduct, func(d *rights.Product) { d.Level = "LevelImportant" })(s.market)
	}})
	add(move{command: "listing.approve", set: onListing, body: body(rights.OfListing{ListingID: theListing})})
	add(move{command: "listing.reject", set: onListing, body: body(rights.ListingReason{ListingID: theListing, Reason: "x"})})
	add(move{command: "listing.pause", set: onListing, body: body(rights.OfListing{ListingID: theListing})})
	add(move{command: "listing.resume", set: onListing, body: body(rights.OfListing{ListingID: theListing}), guard: heldBy(energyID, rights.StatePaused)})
	add(move{command: "listing.delist", set: onListing, body: body(rights.ListingReason{ListingID: theListing, Reason: "x"})})
	add(move{command: "listing.expire", set: past(onListing), body: body(rights.OfListing{ListingID: theListing})})

	add(move{command: "demand.post", states: fresh, set: onDemand, guard: selfless, body: fixed(func(s *stage) any { return demand(s.now + 86400) })})
	add(move{command: "demand.match", set: onDemand, body: body(rights.MatchDemand{DemandID: theDemand, ListingIDs: []string{theListing}})})
	add(move{command: "demand.close", set: onDemand, body: body(rights.CloseDemand{DemandID: theDemand, Reason: "x"})})
	add(move{command: "demand.expire", set: past(onDemand), body: body(rights.OfDemand{DemandID: theDemand})})

	add(move{command: "recognition.propose", states: fresh, set: onRecognition,
		guard: func(w *somebody, _ rights.State) rights.Code {
			if w.role == rights.RolePeerExchange || w.role == rights.RoleExchange || w.is(rights.ByHolder) {
				return ""
			}
			return rights.CodeRole
		},
		body: fixed(func(s *stage) any { return s.foreign(s.who(rights.RolePeerExchange), energyID, "F-2", "") })})
	add(move{command: "recognition.recognise", set: onRecognition, guard: heldBy(exchangeID, rights.StateSuspended), body: body(rights.OfRecognition{RecognitionID: theRecognition})})
	add(move{command: "recognition.refreshStatus", set: onRecognition, body: fixed(func(s *stage) any {
		return s.refreshed(read[rights.Recognition](s.market, rights.KindRecognition, theRecognition), s.now)
	})})
	add(move{command: "recognition.suspend", set: onRecognition, body: body(rights.RecognitionReason{RecognitionID: theRecognition, Reason: "x"})})
	add(move{command: "recognition.end", set: onRecognition, body: body(rights.RecognitionReason{RecognitionID: theRecognition, Reason: "x"})})
	return list
}

func in(s ...rights.State) []rights.State { return s }

func demand(to int64) rights.PostDemand {
	return rights.PostDemand{Title: "寻求年度发电量数据", Text: "用于信贷评估", Field: "Finance", RegionCode: "320902", ProductTypes: []string{"Dataset"}, BudgetBand: "10kTo100k", ValidTo: to}
}

// productElsewhere names rows that another command writes or another test tries.
var productElsewhere = map[string]string{
	"product.suspendByMeasure": "measure", "product.liftMeasure": "measure", "listing.suspendByMeasure": "measure", "listing.liftMeasure": "measure",
}

// productEventsOn are the events that a command sends to records of other machines
// than its own; productTouches the kinds it rewrites without moving them.
var (
	productEventsOn = map[string][]string{}
	productTouches  = map[string][]rights.Kind{"listing.submit": {rights.KindPledge}}
)

// tellProducts plays every command of the area to its good end.
func tellProducts(m *market) {
	m.t.Helper()
	s := m.newShop(200)
	exchange, regulator := exchangeID+"#1", regulatorID+"#1"

	// a product from draft to retirement
	id := m.must(s.sell("product.create", s.product("told"))).id(rights.KindProduct)
	review := rights.SubmitReview{ProductID: id, ComplianceOpinion: m.opinion(s.reviewer)}
	m.must(s.sell("product.submitReview", review))
	m.must(m.do(exchange, "product.return", rights.ProductReason{ProductID: id, Reason: "补充说明"}))
	m.must(s.sell("product.newVersion", s.next(id, "told again")))
	m.must(s.sell("product.submitReview", review))
	m.must(m.do(exchange, "product.approve", rights.OfProduct{ProductID: id}))
	m.must(s.sell("product.newVersion", s.next(id, "told a third time")))
	m.must(m.do(exchange, "product.suspend", rights.ProductMeasure{ProductID: id, Ref: "交易〔2026〕1号", Reason: "x"}))
	m.must(m.do(regulator, "product.suspend", rights.ProductMeasure{ProductID: id, Ref: "数〔2026〕1号", Reason: "x"}))
	m.must(m.do(exchange, "product.resume", rights.ProductMeasure{ProductID: id, Ref: "交易〔2026〕1号"}))
	m.must(m.do(regulator, "product.resume", rights.ProductMeasure{ProductID: id, Ref: "数〔2026〕1号"}))
	m.must(m.do(regulator, "product.markHighQuality", rights.MarkProduct{ProductID: id, EvaluationID: s.qualityOf("Product", id)}))
	m.must(m.do(regulator, "resource.markHighQuality", rights.MarkResource{ResourceID: s.resource, EvaluationID: s.qualityOf("Resource", s.resource)}))

	// its listing, at a private price
	b := s.listing(id, s.operates(s.seller, id, s.certNo()))
	secret, commitment := hidden(rights.ListingPrice{Salt: salt, UnitPriceFen: 5_000_00})
	b.PriceModel, b.UnitPriceFen, b.PriceCommitment = "Negotiated", 0, commitment
	l := m.must(m.doSecretly(s.seller+"#1", "listing.submit", b, secret)).id(rights.KindListing)
	m.must(m.do(exchange, "listing.reject", rights.ListingReason{ListingID: l, Reason: "x"}))
	l = m.must(m.doSecretly(s.seller+"#1", "listing.submit", b, secret)).id(rights.KindListing)
	m.must(m.do(exchange, "listing.approve", rights.OfListing{ListingID: l}))
	m.must(s.sell("listing.pause", rights.OfListing{ListingID: l}))
	m.must(s.sell("listing.resume", rights.OfListing{ListingID: l}))

	// somebody asks for it
	buyer := m.firm(210, "盐南数据需求有限公司", nil)
	d := m.must(m.do(buyer+"#1", "demand.post", demand(m.now+30*86400))).id(rights.KindDemand)
	m.must(s.sell("demand.match", rights.MatchDemand{DemandID: d, ListingIDs: []string{l}}))
	m.must(m.do(buyer+"#1", "demand.close", rights.CloseDemand{DemandID: d, Reason: "已成交"}))
	d = m.must(m.do(buyer+"#1", "demand.post", demand(m.now+3600))).id(rights.KindDemand)

	m.must(s.sell("listing.delist", rights.ListingReason{ListingID: l, Reason: "改版"}))
	m.must(s.sell("product.retire", rights.OfProduct{ProductID: id}))

	// important data, cleared
	x := s.important("told important")
	l = m.must(s.sell("listing.submit", x)).id(rights.KindListing)
	m.must(m.do(regulator, "listing.clear", rights.OfListing{ListingID: l}))
	m.must(m.do(exchange, "listing.approve", rights.OfListing{ListingID: l}))

	// a certificate of another exchange
	peer := m.firm(211, "苏南数据交易所", func(a *rights.Application) { a.Roles = []rights.Role{rights.RolePeerExchange} })
	r := m.must(s.sell("recognition.propose", m.foreign(peer, s.seller, "SN-1", ""))).id(rights.KindRecognition)
	m.must(m.do(exchange, "recognition.recognise", rights.OfRecognition{RecognitionID: r}))
	m.must(m.do(exchange, "recognition.suspend", rights.RecognitionReason{RecognitionID: r, Reason: "x"}))
	m.now += 3600
	m.must(m.do(peer+"#1", "recognition.refreshStatus", m.refreshed(read[rights.Recognition](m, rights.KindRecognition, r), m.now)))
	m.must(m.do(exchange, "recognition.recognise", rights.OfRecognition{RecognitionID: r}))
	m.must(m.do(exchange, "recognition.end", rights.RecognitionReason{RecognitionID: r, Reason: "x"}))

	// in bulk
	var made, reviews, approvals, offers, approve, expire []object
	for i := range 3 {
		made = append(made, without(s.product("told in bulk "+strconv.Itoa(i))))
	}
	for _, p := range m.must(s.sell("product.createBatch", batch{nil, made})).Result.Records {
		reviews, approvals = append(reviews, object{"productId": p.ID}), append(approvals, object{"productId": p.ID})
	}
	m.must(s.sell("product.submitReviewBatch", batch{object{"complianceOpinion": m.opinion(s.reviewer)}, reviews}))
	for _, p := range m.must(m.do(exchange, "product.approveBatch", batch{nil, approvals})).Result.Records {
		offers = append(offers, without(s.listing(p.ID, m.operates(s.seller, p.ID, s.certNo()))))
	}
	for _, o := range m.must(s.sell("listing.submitBatch", batch{nil, offers})).Result.Records {
		approve, expire = append(approve, object{"listingId": o.ID}), append(expire, object{"listingId": o.ID})
	}
	m.must(m.do(exchange, "listing.approveBatch", batch{nil, approve}))
	m.must(m.do(buyer+"#1", "demand.expire", rights.OfDemand{DemandID: d}))

	// and the end of terms, on a day of its own: other chapters go on
	later := *m
	later.ledger, later.now = m.ledger.Clone(), rights.AddMonths(m.now, 13)
	later.must(later.do(buyer+"#1", "listing.expireBatch", batch{nil, expire}))
	later.must(later.do(buyer+"#1", "listing.expire", rights.OfListing{ListingID: l}))
	m.txs = later.txs
}

// checkProducts holds the ledger to the area's invariants.
func checkProducts(w *world, fault func(string, ...any)) {
	products := decodeAll[rights.Product](w.raw[rights.KindProduct])
	listings := decodeAll[rights.Listing](w.raw[rights.KindListing])
	demands := decodeAll[rights.Demand](w.raw[rights.KindDemand])
	recognitions := decodeAll[rights.Recognition](w.raw[rights.KindRecognition])
	office := func(id string) bool {
		p := w.participants[id]
		return p == nil || slices.ContainsFunc(p.Roles, func(r rights.Role) bool {
			return r == rights.RoleRegistrar || r == rights.RoleExchange || r == rights.RoleRegulator
		})
	}
	for id, d := range products {
		roots := map[string]bool{}
		for i, v := range d.Versions {
			if v.No != int64(i+1) || roots[v.ContentRoot] {
				fault("product %s: version %d has number %d or an earlier one's content", id, i+1, v.No)
			}
			roots[v.ContentRoot] = true
		}
		if len(d.Versions) == 0 || d.Level == "LevelCore" {
			fault("product %s has %d versions and is %s", id, len(d.Versions), d.Level)
		}
		if office(d.OwnerID) {
			fault("SD-2: product %s is %s's", id, d.OwnerID)
		}
		if (d.State == rights.StateApproved || d.State == rights.StateInReview) && d.ComplianceOpinion == nil {
			fault("product %s is %s without an opinion", id, d.State)
		}
		if (d.State == rights.StateSuspended) != (len(d.SuspendedBy) > 0) && d.State != rights.StateRetired {
			fault("SM-2: product %s is %s and held by %v", id, d.State, d.SuspendedBy)
		}
	}
	live := map[string]string{}
	for id, l := range listings {
		d := products[l.ProductID]
		if d == nil || l.ProductVersion < 1 || l.ProductVersion > int64(len(d.Versions)) {
			fault("listing %s of %s, version %d", id, l.ProductID, l.ProductVersion)
			continue
		}
		over := ended("listing", l.State)
		if !over && office(l.SellerID) {
			fault("SD-2: listing %s is %s's", id, l.SellerID)
		}
		if p := w.profiles[l.RuleProfileVer]; p == nil || l.ValidTo <= l.ValidFrom || l.ValidTo > rights.AddMonths(l.ValidFrom, p.Int(rights.ParamListingMaxMonths)) {
			fault("listing %s: term [%d, %d) under %s", id, l.ValidFrom, l.ValidTo, l.RuleProfileVer)
		}
		if r := w.rights[l.RightID]; l.RightID != "" && (r == nil || r.Kind != rights.RightOperation || r.HolderID != l.SellerID || r.ObjectID != l.ProductID) {
			fault("LS-1: listing %s on %s", id, l.RightID)
		}
		if service := l.SubjectType == "Service" || l.SubjectType == "Tool"; service != (l.RightID == "" && l.RecognitionID == "") {
			fault("G-7: listing %s of a %s rests on %q, %q", id, l.SubjectType, l.RightID, l.RecognitionID)
		}
		if l.UseClass == "PublicBenefit" && (l.UnitPriceFen > 0 || l.PriceCommitment != "") || l.UseClass == "Industry" && l.UnitPriceFen > l.FeeCeilingFen {
			fault("LS-6: listing %s costs %d under %d", id, l.UnitPriceFen, l.FeeCeilingFen)
		}
		if l.PriceCommitment != "" && l.UnitPriceFen != 0 {
			fault("G-12: the private price of listing %s is on the channel", id)
		}
		if d.Level == "LevelImportant" && !over && l.State != rights.StateSubmitted && l.ClearedBy == "" {
			fault("R-6: listing %s was not cleared", id)
		}
		if !over {
			key := l.ProductID + "/" + strconv.FormatInt(l.ProductVersion, 10) + l.SellerID + l.VenueID
			if other := listings[live[key]]; other != nil && max(l.CreatedAt, other.CreatedAt) < min(l.ValidTo, other.ValidTo) {
				fault("LS-9: %s and %s are live", id, live[key])
			}
			live[key] = id
		}
		for _, target := range []string{l.ProductID, l.SellerID, l.RightID, l.RecognitionID} {
			if target != "" && w.relies(id, target) == over {
				fault("listing %s is %s; relies on %s: %t", id, l.State, target, !over)
			}
		}
	}
	for id, d := range demands {
		for _, l := range d.MatchedListingIDs {
			if x := listings[l]; x == nil || x.SellerID == d.BuyerID || !slices.Contains(d.SellerIDs, x.SellerID) {
				fault("demand %s is matched with %s", id, l)
			}
		}
		if (d.State == rights.StateOpen) && len(d.MatchedListingIDs) > 0 || d.State == rights.StateMatched && len(d.MatchedListingIDs) == 0 {
			fault("demand %s is %s with %d matches", id, d.State, len(d.MatchedListingIDs))
		}
	}
	for id, r := range recognitions {
		if r.ForeignSignature == nil || r.StatusCheckedAt > r.UpdatedAt || r.HolderUSCC == r.PeerID || (r.State == rights.StateSuspended) != (r.SuspendedBy != "") && r.State != rights.StateEnded {
			fault("recognition %s: %+v", id, r)
		}
	}
}

// relies reports whether the pointers say that id relies on target.
func (w *world) relies(id, target string) bool {
	var s struct{ IDs []string }
	raw := w.raw[rights.PointerRelying][rights.RelyingName(target, id)]
	return raw != nil && json.Unmarshal(raw, &s) == nil && slices.Contains(s.IDs, id)
}

// withServices lets the random market's firms offer services, and one of them
// review what is offered; each has something approved, one something listed.
func (m *market) withServices() {
	m.t.Helper()
	for _, id := range []string{energyID, buyerID} {
		edit(rights.KindParticipant, id, func(p *rights.Participant) {
			p.Roles, p.VendorTypes = append(p.Roles, rights.RoleVendor), []string{"VendorService"}
		})(m)
	}
	edit(rights.KindParticipant, weatherID, func(p *rights.Participant) {
		p.Roles, p.ServiceTypes = append(p.Roles, rights.RoleThirdParty), []string{"SvcCompliance"}
	})(m)
	for _, id := range []string{energyID, buyerID} {
		kid := id + "#1"
		d := m.must(m.do(kid, "product.create", service("first"))).id(rights.KindProduct)
		m.must(m.do(kid, "product.submitReview", rights.SubmitReview{ProductID: d, ComplianceOpinion: m.opinion(weatherID)}))
		m.must(m.do(exchangeID+"#1", "product.approve", rights.OfProduct{ProductID: d}))
		m.must(m.do(kid, "listing.submit", rights.SubmitListing{ProductID: d, VenueID: exchangeID, SubjectType: "Service", PriceModel: "Lump", UnitPriceFen: 1, ValidTo: m.now + 86400*10}))
	}
}

// The events that make sense of a record in a state; now and then another.
var (
	productEvents = map[rights.State][]string{
		rights.StateDraft: {"submitReview", "submitReview", "newVersion"}, rights.StateInReview: {"approve", "approve", "return"},
		rights.StateApproved: {"list", "list", "list", "suspend", "newVersion", "retire"}, rights.StateSuspended: {"resume", "resume", "suspend", "retire"},
	}
	listingEvents = map[rights.State][]string{
		rights.StateSubmitted: {"approve", "approve", "reject"}, rights.StateListed: {"pause", "expire", "delist"},
		rights.StatePaused: {"resume", "resume", "delist", "expire"},
	}
)

// anyProduct draws a command of the area that makes some sense; no name when
// there is nothing to do.
func anyProduct(r *rapid.T, m *market, w *world) (kid, name string, body any) {
	products := decodeAll[rights.Product](w.raw[rights.KindProduct])
	listings := decodeAll[rights.Listing](w.raw[rights.KindListing])
	demands := decodeAll[rights.Demand](w.raw[rights.KindDemand])
	key := func(id string) string { // the newest of a participant's
		if p := w.participants[id]; p != nil && p.MSPID == "" {
			return rights.KeyID(id, len(p.Keys))
		}
		return id + "#1"
	}
	by := func(likely ...string) string {
		if rapid.IntRange(0, 7).Draw(r, "else") == 0 {
			likely = []string{energyID, weatherID, buyerID, exchangeID, regulatorID, bankID}
		}
		return key(pick(r, "by", likely...))
	}
	event := func(of map[rights.State][]string, state rights.State, all ...string) string {
		if len(of[state]) == 0 || rapid.IntRange(0, 7).Draw(r, "odd") == 0 {
			return pick(r, "event", all...)
		}
		return pick(r, "event", of[state]...)
	}
	what := rapid.IntRange(0, 9).Draw(r, "offer")
	switch {
	case what <= 1 || len(products) == 0:
		return by(energyID, buyerID), "product.create", service(pick(r, "spec", "a", "b", "c", "d"))
	case what == 2:
		return by(energyID, weatherID, buyerID), "demand.post", demand(m.now + pick[int64](r, "for", 3600, 86400*20))
	case what == 3 && len(demands) > 0:
		d := demands[pick(r, "demand", ids(demands)...)]
		if len(listings) > 0 && rapid.Bool().Draw(r, "match") {
			l := listings[pick(r, "listing", ids(listings)...)]
			return by(d.BuyerID, l.SellerID, exchangeID), "demand.match", rights.MatchDemand{DemandID: d.ID, ListingIDs: []string{l.ID}}
		}
		if m.now >= d.ValidTo {
			return by(bankID), "demand.expire", rights.OfDemand{DemandID: d.ID}
		}
		return by(d.BuyerID), "demand.close", rights.CloseDemand{DemandID: d.ID, Reason: "x"}
	case what <= 6 && len(listings) > 0:
		l := listings[pick(r, "listing", ids(listings)...)]
		switch e := event(listingEvents, l.State, "approve", "reject", "pause", "resume", "delist", "expire", "clear"); e {
		case "reject", "delist":
			return by(l.SellerID, exchangeID), "listing." + e, rights.ListingReason{ListingID: l.ID, Reason: "x"}
		default:
			return by(l.SellerID, exchangeID), "listing." + e, rights.OfListing{ListingID: l.ID}
		}
	}
	d := products[pick(r, "product", ids(products)...)]
	switch e := event(productEvents, d.State, "submitReview", "approve", "return", "suspend", "resume", "retire", "newVersion", "list"); e {
	case "submitReview":
		return by(d.OwnerID), "product.submitReview", rights.SubmitReview{ProductID: d.ID, ComplianceOpinion: m.opinion(weatherID)}
	case "approve":
		return by(exchangeID), "product.approve", rights.OfProduct{ProductID: d.ID}
	case "return":
		return by(exchangeID), "product.return", rights.ProductReason{ProductID: d.ID, Reason: "x"}
	case "suspend", "resume":
		return by(exchangeID, regulatorID), "product." + e, rights.ProductMeasure{ProductID: d.ID, Ref: pick(r, "ref", "1", "2"), Reason: "x"}
	case "newVersion":
		return by(d.OwnerID), "product.newVersion", rights.NewProductVersion{ProductID: d.ID, ContentRoot: hash("spec " + pick(r, "spec", "e", "f"))}
	case "list":
		return by(d.OwnerID), "listing.submit", rights.SubmitListing{ProductID: d.ID, VenueID: exchangeID, SubjectType: "Service", PriceModel: "Lump", UnitPriceFen: 1, ValidTo: m.now + 86400*10}
	}
	return by(d.OwnerID), "product.retire", rights.OfProduct{ProductID: d.ID}
}

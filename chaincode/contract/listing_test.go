package contract_test

import (
	"testing"

	"github.com/datarights/datarights/chaincode/rights"
	"github.com/datarights/datarights/chaincode/state/statetest"
)

// Every rule on a listing, broken once; beside it, what is right. What is
// refused when it is submitted is refused again when it is approved.
func TestListingRefuses(t *testing.T) {
	s := aShop(t)
	good := s.offered("p")
	id, right := good.ProductID, good.RightID
	var grant string
	restrain := func(kind rights.EncumbranceType) func(*rights.SubmitListing) {
		return func(*rights.SubmitListing) {
			s.put(rights.KindRestraints, right, &rights.Restraints{Head: s.sceneHead(rights.KindRestraints, right, rights.StateInForce), RightID: right,
				Encumbrances: []rights.Encumbrance{{Type: kind, RefID: "x", From: s.now}}})
		}
	}
	onRight := func(change func(*rights.Right)) func(*rights.SubmitListing) {
		return func(*rights.SubmitListing) { edit(rights.KindRight, right, change)(s.market) }
	}
	onProduct := func(change func(*rights.Product)) func(*rights.SubmitListing) {
		return func(*rights.SubmitListing) { edit(rights.KindProduct, id, change)(s.market) }
	}
	graded := func(grade int64, modes ...string) func(*rights.SubmitListing) {
		return func(b *rights.SubmitListing) {
			b.DeliveryModes = modes
			edit(rights.KindProduct, id, func(d *rights.Product) { d.Grade = grade })(s.market)
		}
	}
	bought := func(tag string, change func(*rights.Copy)) func(*rights.SubmitListing) {
		return func(*rights.SubmitListing) { s.receivedCopy(s.seller, "DP-other", tag, change) }
	}
	resold := func(region string) func(*rights.SubmitListing) {
		return func(b *rights.SubmitListing) {
			b.Permission.Regions = []string{region}
			bought(hash("product tag p"), func(c *rights.Copy) {
				c.Permission.Actions = append(c.Permission.Actions, rights.ActResell)
				c.Permission.To, c.Permission.From = s.now+300*86400, s.now
			})(b)
		}
	}
	derived := func(region string, actions ...rights.Action) func(*rights.SubmitListing) {
		return func(b *rights.SubmitListing) {
			b.Permission.Regions = []string{region}
			cp := s.receivedCopy(s.seller, "DP-other", hash("input tag"), func(c *rights.Copy) { c.Permission = s.offer(actions...) })
			d := read[rights.Product](s.market, rights.KindProduct, id)
			edit(rights.KindLineage, d.Versions[0].LineageID, func(l *rights.Lineage) { l.Copies = []rights.LineageCopy{{CopyID: cp, Substantive: true}} })(s.market)
		}
	}
	public := func(use, model string, fen int64) func(*rights.SubmitListing) {
		return func(b *rights.SubmitListing) {
			grant = s.grant(s.seller, "Industry", 500_00)
			b.PriceModel, b.UnitPriceFen = model, fen
			edit(rights.KindProduct, id, func(d *rights.Product) {
				d.ScenarioIDs, d.PublicData = []string{"SC-1"}, &rights.PublicData{GrantID: grant, PublicRegCode: "PUB-1", UseClass: use}
			})(s.market)
		}
	}
	pledged := func(allow bool) func(*rights.SubmitListing) {
		return func(*rights.SubmitListing) {
			s.put(rights.KindPledge, "PL-x", &rights.Pledge{Head: s.sceneHead(rights.KindPledge, "PL-x", rights.StateEffective), PledgeeID: bankID, AllowLicence: allow})
			edit(rights.KindRight, right, func(r *rights.Right) {
				r.Encumbrances = []rights.Encumbrance{{Type: rights.EncPledge, RefID: "PL-x", From: s.now}}
			})(s.market)
		}
	}
	for _, c := range []struct {
		name   string
		change func(*rights.SubmitListing)
		code   rights.Code // "" when it is right
		field  string
		body   bool // what is wrong is in the body: the approval cannot meet it
	}{
		{"as it should be", func(*rights.SubmitListing) {}, "", "", false},
		{"no subject", func(b *rights.SubmitListing) { b.SubjectType = "Gold" }, rights.CodeFormat, "subjectType", true},
		{"no such mode", func(b *rights.SubmitListing) { b.DeliveryModes[0] = "Fax" }, rights.CodeFormat, "deliveryModes[0]", true},
		{"no mode", func(b *rights.SubmitListing) { b.DeliveryModes = nil }, rights.CodeFormat, "deliveryModes", true},
		{"no price", func(b *rights.SubmitListing) { b.UnitPriceFen = 0 }, rights.CodeFormat, "unitPriceFen", true},
		{"free at a price", func(b *rights.SubmitListing) { b.PriceModel = "Free" }, rights.CodePriceCap, "unitPriceFen", true},
		{"a price below nothing", func(b *rights.SubmitListing) { b.UnitPriceFen = -1 }, rights.CodeFormat, "unitPriceFen", true},
		{"negotiated without commitment", func(b *rights.SubmitListing) { b.PriceModel, b.UnitPriceFen = "Negotiated", 0 }, rights.CodeFormat, "priceCommitment", true},
		{"negotiated without the secret", func(b *rights.SubmitListing) {
			b.PriceModel, b.UnitPriceFen, b.PriceCommitment = "Negotiated", 0, hash("x")
		}, rights.CodeFormat, "priceCommitment", true},
		{"no term", func(b *rights.SubmitListing) { b.ValidTo = s.now }, rights.CodeTerm, "validTo", true},
		{"from yesterday", func(b *rights.SubmitListing) { b.ValidFrom = s.now - 1 }, rights.CodeTerm, "validTo", true},
		{"a second over twelve months", func(b *rights.SubmitListing) { b.ValidTo++ }, rights.CodeTerm, "validTo", true},
		{"no venue", func(b *rights.SubmitListing) { b.VenueID = bankID }, rights.CodeRole, "venueId", true},
		{"no version", func(b *rights.SubmitListing) { b.ProductVersion = 2 }, rights.CodeNotFound, "productVersion", true},
		{"no similarity report (gate C)", func(b *rights.SubmitListing) { b.SimilarityHash = "" }, rights.CodeFormat, "similarityHash", true},
		{"no permission", func(b *rights.SubmitListing) { b.Permission = nil }, rights.CodeFormat, "permission", true},
		{"data as a service (LS-10)", func(b *rights.SubmitListing) { b.SubjectType = "Service" }, rights.CodeFormat, "subjectType", true},

		{"no right (LS-1)", func(b *rights.SubmitListing) { b.RightID = "" }, rights.CodeFormat, "rightId", true},
		{"a right to something else", func(b *rights.SubmitListing) { b.RightID = s.right }, rights.CodeBasis, "rightId", true},
		{"a right to hold only", onRight(func(r *rights.Right) { r.Kind = rights.RightHolding }), rights.CodeBasis, "rightId", false},
		{"another's right", onRight(func(r *rights.Right) { r.HolderID = weatherID }), rights.CodeBasis, "rightId", false},
		{"a right to later versions", onRight(func(r *rights.Right) { r.ObjectVersionFrom = 2 }), rights.CodeBasis, "rightId", false},
		{"a right that expired this second (A-10)", onRight(func(r *rights.Right) { r.ValidTo = s.now }), rights.CodeTerm, "rightId", false},
		{"a right a second too short", onRight(func(r *rights.Right) { r.ValidTo = good.ValidTo - 1 }), rights.CodeTerm, "validTo", false},
		{"a right exactly long enough", onRight(func(r *rights.Right) { r.ValidTo = good.ValidTo }), "", "", false},
		{"a suspended right", onRight(func(r *rights.Right) { r.State = rights.StateSuspended }), rights.CodeState, "rightId", false},
		{"a right on a basis that fell", onRight(func(r *rights.Right) { r.Basis[0].To = s.now }), rights.CodeBasis, "rightId", false},
		{"product suspended (LS-2)", onProduct(func(d *rights.Product) { d.State = rights.StateSuspended }), rights.CodeState, "productId", false},
		{"certificate cancelled (LS-2)", func(*rights.SubmitListing) {
			no := read[rights.Right](s.market, rights.KindRight, right).CertNo
			edit(rights.KindCertificate, no, func(c *rights.Certificate) { c.State = rights.StateCancelled })(s.market)
		}, rights.CodeState, "rightId", false},
		{"opinion out of date (LS-2)", onProduct(func(d *rights.Product) { d.ComplianceOpinion.ExpiresOn = rights.CivilDate(s.now - 86400) }), rights.CodeTerm, "complianceOpinion.expiresOn", false},
		{"opinion by a service that left", func(*rights.SubmitListing) {
			edit(rights.KindParticipant, s.reviewer, func(p *rights.Participant) { p.State = rights.StateExited })(s.market)
		}, rights.CodeInactive, "complianceOpinion.issuerId", false},
		{"frozen (LS-3, A-24)", restrain(rights.EncFreeze), rights.CodeEnc, "rightId", false},
		{"disputed", restrain(rights.EncDispute), rights.CodeEnc, "rightId", false},
		{"objected to, which is disclosed", restrain(rights.EncObjection), "", "", false},
		{"pledged, no licence allowed", pledged(false), rights.CodeConsent, "rightId", false},
		{"pledged, licences allowed", pledged(true), "", "", false},
		{"more than the right has (LS-4)", onRight(func(r *rights.Right) {
			r.Scope = &rights.Scope{ObjectIDs: []string{id}, Purposes: []string{"*"}, Regions: []string{"320902"}, Industries: []string{"*"}, Actions: []rights.Action{"*"},
				MaxGrade: 5, Envs: []rights.Env{"*"}, From: r.ValidFrom, To: r.ValidTo}
		}), rights.CodeScope, "permission.regions", false},
		{"to be resold against its limits", func(b *rights.SubmitListing) {
			b.Permission.Actions = append(b.Permission.Actions, rights.ActResell)
			onRight(func(r *rights.Right) { r.Limits = &rights.Limits{} })(b)
		}, rights.CodeScope, "permission.actions", false},
		{"to be exported", func(b *rights.SubmitListing) { b.Permission.Actions = append(b.Permission.Actions, rights.ActExport) }, rights.CodeScope, "permission.actions", true},
		{"of another object", func(b *rights.SubmitListing) { b.Permission.ObjectIDs = []string{s.resource} }, rights.CodeScope, "permission.objectIds", true},
		{"up to less than its grade", func(b *rights.SubmitListing) { b.Permission.MaxGrade = 1 }, rights.CodeGrade, "permission.maxGrade", true},
		{"grade 3 by API (R-7)", graded(3, "API"), rights.CodeGrade, "deliveryModes", false},
		{"grade 3 as a file", graded(3, "EncryptedFile"), "", "", false},
		{"grade 4 as a file (R-7)", graded(4, "PrivacyCompute", "EncryptedFile"), rights.CodeGrade, "deliveryModes", false},
		{"personal information (R-4)", onProduct(func(d *rights.Product) { d.PI = "PersonalInfo" }), rights.CodeGrade, "productId", false},
		{"a file without tag (LS-8)", onProduct(func(d *rights.Product) { d.ProductType, d.Versions[0].MatchTag = "Model", "" }), rights.CodeBasis, "deliveryModes", false},
		{"what was bought, unchanged (A-17)", bought(hash("product tag p"), nil), rights.CodeResale, "matchTag", false},
		{"what was bought, after its term (IR-8)", bought(hash("product tag p"), func(c *rights.Copy) {
			c.Permission.Actions, c.HoldUntil = append(c.Permission.Actions, rights.ActResell), s.now
		}), rights.CodeResale, "matchTag", false},
		{"one's own, come back", func(*rights.SubmitListing) { s.receivedCopy(s.seller, id, hash("product tag p"), nil) }, "", "", false},
		{"resold within its region", resold("320903"), "", "", false},
		{"resold beyond its region (A-20)", resold("3201"), rights.CodeScope, "permission.regions", true},
		{"derived under ActDerive and ActProvide (A-19)", derived("3209", rights.ActDerive, rights.ActProvide, rights.ActTrain), "", "", false},
		{"derived without ActProvide (LS-7)", derived("3209", rights.ActDerive), rights.CodeResale, "lineageId", false},
		{"derived, provided beyond its region", derived("32", rights.ActDerive, rights.ActProvide), rights.CodeScope, "permission.regions", true},
		{"public benefit, free", public("PublicBenefit", "Free", 0), "", "", false},
		{"public benefit at a price of 1 (A-14)", public("PublicBenefit", "PerCall", 1), rights.CodePriceCap, "unitPriceFen", true},
		{"industry at the ceiling", public("Industry", "PerCall", 500_00), "", "", false},
		{"industry above the ceiling (A-14)", public("Industry", "PerCall", 500_01), rights.CodePriceCap, "unitPriceFen", true},
		{"public data without its code (DP-3)", func(b *rights.SubmitListing) {
			public("Industry", "PerCall", 1)(b)
			onProduct(func(d *rights.Product) { d.PublicData.PublicRegCode = "" })(b)
		}, rights.CodeBasis, "publicData.publicRegCode", false},
		{"longer than the grant", func(b *rights.SubmitListing) {
			public("Industry", "PerCall", 1)(b)
			edit(rights.KindGrant, grant, func(g *rights.Grant) { g.ValidTo = b.ValidTo - 1 })(s.market)
		}, rights.CodeTerm, "validTo", false},
		{"new energy, in its zone", func(b *rights.SubmitListing) { b.Zone = "ZoneNewEnergy" }, "", "", false},
		{"rice, in the new-energy zone", func(b *rights.SubmitListing) {
			b.Zone = "ZoneNewEnergy"
			onProduct(func(d *rights.Product) { d.IndustryCode = "A01" })(b)
		}, rights.CodeScope, "zone", false},
		{"the domestic-IT zone with its environment", func(b *rights.SubmitListing) {
			b.Zone, b.Permission.Envs = "ZoneXinchuang", []rights.Env{rights.EnvXinchuang}
		}, "", "", false},
		{"the domestic-IT zone, used anywhere", func(b *rights.SubmitListing) { b.Zone = "ZoneXinchuang" }, rights.CodeScope, "permission.envs", true},
	} {
		kept := s.ledger
		s.ledger = kept.Clone()
		fresh := good
		fresh.DeliveryModes, fresh.Permission = []string{"EncryptedFile", "API"}, s.offer(rights.ActHold, rights.ActQuery, rights.ActProcess)
		before := s.must(s.sell("listing.submit", fresh)) // as it should be; then what is refused comes about
		s.ledger = kept.Clone()
		c.change(&fresh)
		if a := s.tried(s.seller+"#1", "listing.submit", fresh); c.code == "" {
			s.accepted(a, c.name)
		} else if a.refusal == nil || a.refusal.Code != c.code || a.refusal.Field != c.field {
			t.Errorf("%s: %v; want %s %s", c.name, a.refusal, c.code, c.field)
		}
		if c.code != "" && !c.body {
			listing := before.id(rights.KindListing)
			l := &rights.Listing{Head: s.sceneHead(rights.KindListing, listing, rights.StateSubmitted), ProductID: id, ProductVersion: 1, SellerID: s.seller, VenueID: exchangeID,
				RightID: fresh.RightID, SubjectType: fresh.SubjectType, DeliveryModes: fresh.DeliveryModes, Permission: fresh.Permission, PriceModel: fresh.PriceModel,
				UnitPriceFen: fresh.UnitPriceFen, ValidFrom: s.now, ValidTo: fresh.ValidTo, SimilarityHash: fresh.SimilarityHash, Zone: fresh.Zone}
			l.Permission.ObjectIDs = []string{id}
			s.put(rights.KindListing, listing, l)
			if a := s.tried(exchangeID+"#1", "listing.approve", rights.OfListing{ListingID: listing}); a.refusal == nil || a.refusal.Code != c.code {
				t.Errorf("approve with %s: %v; want %s", c.name, a.refusal, c.code)
			}
		}
		s.ledger = kept
	}
	for _, office := range []string{officer, exchangeID + "#1", regulatorID + "#1"} {
		s.refuses(s.do(office, "listing.submit", good), rights.CodeSelf)
	}
}

// The whole way of a listing; what it holds fast, discloses and lets go.
func TestListingLife(t *testing.T) {
	s := aShop(t)
	b := s.offered("p")
	objection := s.must(s.do(weatherID+"#1", "objection.file", registeredObjection(s.market.right(b.RightID).CertNo))).id(rights.KindObjection)
	s.must(s.objectionEvent(officer, "notifyHolder", objection))
	id := s.must(s.sell("listing.submit", b)).id(rights.KindListing)
	if e := s.refuses(s.sell("listing.submit", b), rights.CodeExists); e.Rule != "LS-9" || e.Record != id {
		t.Errorf("%+v", e)
	}
	s.enrol(exchangeMSP, "91320900MA0A004870", "另一交易中心", []rights.Role{rights.RoleExchange}, "上架岗")
	s.refuses(s.do("91320900MA0A004870#1", "listing.approve", rights.OfListing{ListingID: id}), rights.CodeRole) // another venue's
	s.must(s.do(exchangeID+"#1", "listing.approve", rights.OfListing{ListingID: id}))
	l := read[rights.Listing](s.market, rights.KindListing, id)
	if l.State != rights.StateListed || len(l.Disclosures) != 1 || l.CertNo == "" || len(l.Permission.ObjectIDs) != 1 || l.RelatedParty {
		t.Errorf("%+v", l)
	}
	of := rights.OfListing{ListingID: id}
	s.must(s.do(exchangeID+"#1", "listing.pause", of))
	s.refuses(s.sell("listing.resume", of), rights.CodeRole) // who paused it
	edit(rights.KindRight, b.RightID, func(r *rights.Right) { r.State = rights.StateSuspended })(s.market)
	s.refuses(s.do(exchangeID+"#1", "listing.resume", of), rights.CodeState) // LS-1, again
	edit(rights.KindRight, b.RightID, func(r *rights.Right) { r.State = rights.StateActive })(s.market)
	s.must(s.do(exchangeID+"#1", "listing.resume", of))
	s.now = l.ValidTo - 1
	s.refuses(s.do(weatherID+"#1", "listing.expire", of), rights.CodeDeadline)
	s.now++
	s.must(s.do(weatherID+"#1", "listing.expire", of))
	edit(rights.KindProduct, b.ProductID, func(d *rights.Product) { d.ComplianceOpinion.ExpiresOn = rights.CivilDate(s.now + 86400) })(s.market)
	b.ValidTo, b.Permission = s.now+86400, s.offer(rights.ActQuery)
	s.must(s.sell("listing.submit", b)) // LS-9: the other no longer counts
}

// a pending renewal carries a right, and what is listed on it, sixty days
// past its term, and no further.
func TestListingOnPendingRenewal(t *testing.T) {
	s := aShop(t)
	b := s.offered("p")
	r := read[rights.Right](s.market, rights.KindRight, b.RightID)
	until := r.ValidTo + 60*86400
	for year := int64(2028); year <= 2032; year++ {
		s.must(s.do(regulatorID+"#1", "workCalendar.publish", rights.PublishCalendar{Year: year, Ver: 1, NonWorking: []string{}, ExtraWorking: []string{}}))
	}
	s.now = rights.AddMonths(r.ValidTo, -4)
	s.must(s.sell("registration.submit", s.later("RegRenewal", r.CaseID, nil)))
	s.now = r.ValidTo + 86400
	edit(rights.KindProduct, b.ProductID, func(d *rights.Product) { d.ComplianceOpinion.ExpiresOn = rights.CivilDate(until + 86400*10) })(s.market)
	b.Permission = s.offer(rights.ActQuery)
	b.Permission.To, b.ValidTo = until, until
	s.accepted(s.tried(s.seller+"#1", "listing.submit", b), "in the pending renewal")
	b.ValidTo++
	s.refuses(s.tried(s.seller+"#1", "listing.submit", b), rights.CodeTerm)
	s.now = until
	b.ValidTo = until + 86400
	s.refuses(s.tried(s.seller+"#1", "listing.submit", b), rights.CodeTerm)
}

// A private price is in the collection, its commitment on the channel, and no
// alert tells that it is at the ceiling.
func TestPrivatePrice(t *testing.T) {
	s, grant, b := newMarket(t).publicShop(100, nil)
	at := func(fen int64) (rights.SubmitListing, []byte) {
		secret, commitment := hidden(rights.ListingPrice{Salt: salt, UnitPriceFen: fen})
		c := b
		c.PriceModel, c.UnitPriceFen, c.PriceCommitment = "Negotiated", 0, commitment
		return c, secret
	}
	c, secret := at(10_01)
	s.refuses(s.doSecretly(s.seller+"#1", "listing.submit", c, secret), rights.CodePriceCap)
	c, secret = at(0)
	s.refuses(s.doSecretly(s.seller+"#1", "listing.submit", c, secret), rights.CodeFormat)
	c, secret = at(10_00)
	s.refuses(s.invokeWith(secret, statetest.Creator(groupMSP, "client"), "Submit", s.sign(s.seller+"#1", "listing.submit", c)), rights.CodeRole)
	done := s.must(s.doSecretly(s.seller+"#1", "listing.submit", c, secret))
	if done.id(rights.KindAlert) != "" {
		t.Error("an alert tells the private price")
	}
	id := done.id(rights.KindListing)
	edit(rights.KindGrant, grant, func(g *rights.Grant) { g.FeeRule.CeilingFen-- })(s.market)
	s.refuses(s.do(exchangeID+"#1", "listing.approve", rights.OfListing{ListingID: id}), rights.CodePriceCap)
	edit(rights.KindGrant, grant, func(g *rights.Grant) { g.FeeRule.CeilingFen++ })(s.market)
	s.must(s.do(exchangeID+"#1", "listing.approve", rights.OfListing{ListingID: id}))

	s.must(s.sell("listing.delist", rights.ListingReason{ListingID: id, Reason: "x"}))
	b.PriceModel, b.UnitPriceFen = "PerCall", 10_00
	if s.must(s.sell("listing.submit", b)).id(rights.KindAlert) == "" {
		t.Error("no AL-PRICE at the ceiling")
	}
}

// important data is assessed, cleared by the regulator, used in few places
// and never resold.
func TestImportantData(t *testing.T) {
	s := aShop(t)
	good := s.important("p")
	for _, x := range []struct {
		field  string
		change func(*rights.SubmitListing)
	}{
		{"riskAssessment", func(b *rights.SubmitListing) { b.RiskAssessment = nil }},
		{"deliveryModes", func(b *rights.SubmitListing) { b.DeliveryModes = []string{"API"} }},
		{"permission.envs", func(b *rights.SubmitListing) { b.Permission.Envs = append(b.Permission.Envs, rights.EnvClientFile) }},
		{"permission.envs", func(b *rights.SubmitListing) { b.Permission.Envs = []rights.Env{} }},
		{"permission.actions", func(b *rights.SubmitListing) { b.Permission.Actions = append(b.Permission.Actions, rights.ActResell) }},
	} {
		b, permission := good, *good.Permission
		b.Permission = &permission
		x.change(&b)
		if e := s.refuses(s.tried(s.seller+"#1", "listing.submit", b), rights.CodeGrade); e.Field != x.field {
			t.Errorf("%+v; want %s", e, x.field)
		}
	}
	of := rights.OfListing{ListingID: s.must(s.sell("listing.submit", good)).id(rights.KindListing)}
	if e := s.refuses(s.do(exchangeID+"#1", "listing.approve", of), rights.CodeGrade); e.Rule != "R-6" {
		t.Errorf("%+v", e)
	}
	s.must(s.do(regulatorID+"#1", "listing.clear", of))
	s.must(s.do(exchangeID+"#1", "listing.approve", of))
	plain := rights.OfListing{ListingID: s.must(s.sell("listing.submit", s.offered("q"))).id(rights.KindListing)}
	s.refuses(s.do(regulatorID+"#1", "listing.clear", plain), rights.CodeGrade)
}

// LS-10: services and tools by vendors and third parties of the type, in force.
func TestServices(t *testing.T) {
	s := aShop(t)
	list := func(id string) rights.SubmitListing {
		return rights.SubmitListing{ProductID: id, VenueID: exchangeID, SubjectType: "Service", PriceModel: "Lump", UnitPriceFen: 1, ValidTo: s.now + 86400}
	}
	id := s.approved(service("a"))
	if e := s.refuses(s.sell("listing.submit", list(id)), rights.CodeRole); e.Rule != "LS-10" {
		t.Errorf("%+v", e)
	}
	edit(rights.KindParticipant, s.seller, func(p *rights.Participant) { p.VendorTypes = []string{"VendorService"} })(s.market)
	s.refuses(s.sell("listing.submit", list(id)), rights.CodeRole) // the type without the role
	edit(rights.KindParticipant, s.seller, func(p *rights.Participant) { p.Roles = append(p.Roles, rights.RoleVendor) })(s.market)
	s.accepted(s.tried(s.seller+"#1", "listing.submit", list(id)), "a vendor's service")
	edit(rights.KindParticipant, weatherID, func(p *rights.Participant) {
		p.Roles, p.VendorTypes = append(p.Roles, rights.RoleVendor), []string{"VendorService"}
	})(s.market)
	s.refuses(s.do(weatherID+"#1", "listing.submit", list(id)), rights.CodeRole) // another vendor's service
	data := list(id)
	data.SubjectType = "LicenceUse"
	s.refuses(s.sell("listing.submit", data), rights.CodeFormat)

	b := service("b")
	b.ServiceType = "SvcAudit"
	id = s.approved(b)
	s.refuses(s.sell("listing.submit", list(id)), rights.CodeRole)
	edit(rights.KindParticipant, s.seller, func(p *rights.Participant) {
		p.Roles, p.ServiceTypes = append(p.Roles, rights.RoleThirdParty), []string{"SvcAudit"}
		p.Qualifications = []rights.Qualification{{Type: "SvcAudit", No: "1", From: "2020-01-01", To: rights.CivilDate(s.now)}}
	})(s.market)
	s.accepted(s.tried(s.seller+"#1", "listing.submit", list(id)), "a third party's service")
	edit(rights.KindParticipant, s.seller, func(p *rights.Participant) { p.Qualifications[0].To = rights.CivilDate(s.now - 86400) })(s.market)
	s.refuses(s.sell("listing.submit", list(id)), rights.CodeRole) // P-4

	b = service("c")
	b.Grade = 2
	s.refuses(s.sell("product.create", b), rights.CodeGrade)
	b.Grade, b.ServiceType = 1, ""
	s.refuses(s.sell("product.create", b), rights.CodeFormat)
}

// pledgedShop is a shop whose seller pledges the operation right over a product
// to the bank, registered; beside it the body that lists the product. Before is
// done in between.
func pledgedShop(t testing.TB, before func(s *shop, b rights.SubmitListing)) (s *shop, b rights.SubmitListing, pledge string) {
	t.Helper()
	m := newMarket(t)
	m.lend()
	s = m.shopOf(borrowerID, 100)
	b = s.forDeal("p")
	if before != nil {
		before(s, b)
	}
	x := &asset{certNo: m.right(b.RightID).CertNo, object: b.ProductID, rights: []string{b.RightID}}
	order := commission(x)
	order.ObjectType = "Product"
	x.evaluation = m.must(s.sell("evaluation.commission", order)).id(rights.KindEvaluation)
	report, value := m.issue(x.evaluation, worth)
	m.must(m.doSecretly(appraisalID+"#1", "evaluation.issue", report, value))
	x.valuation = value
	body, secret := m.pledgeOf(x)
	return s, b, m.pledged(body, secret, "ZDW-1")
}

// consents has the bank consent to a licence of the right on terms.
func (s *shop) consents(pledge, right, terms string) {
	s.t.Helper()
	s.must(s.do(bankID+"#1", "pledge.giveConsent", rights.GivePledgeConsent{PledgeID: pledge, Action: rights.UseLicence, TargetID: right, TermsHash: hash(terms), ExpiresAt: s.now + 86400}))
}

// A pledgee's consent to the terms offered serves the one offer, however often
// it is looked at, and no other.
func TestListingWithConsent(t *testing.T) {
	s, b, pledge := pledgedShop(t, nil)
	s.consents(pledge, b.RightID, "terms")
	b.TermsHash = hash("other terms")
	s.refuses(s.sell("listing.submit", b), rights.CodeConsent)
	b.TermsHash = hash("terms")
	id := s.must(s.sell("listing.submit", b)).id(rights.KindListing)
	s.now += 2 * 86400 // the consent was used in time
	s.must(s.do(exchangeID+"#1", "listing.approve", rights.OfListing{ListingID: id}))
	s.must(s.sell("listing.delist", rights.ListingReason{ListingID: id, Reason: "x"}))
	b.Permission, b.ValidTo = s.offer(rights.ActQuery), s.now+86400
	s.refuses(s.sell("listing.submit", b), rights.CodeConsent)
}

// PL-2: a pledge that came after the listing wants the pledgee's consent to the
// contract itself, which its signature uses up and its delivery need not ask for
// again.
func TestContractWithConsent(t *testing.T) {
	listing := ""
	s, _, pledge := pledgedShop(t, func(s *shop, b rights.SubmitListing) { listing = s.listed(b) })
	d := s.dealOver(s.firm(130, "质押后买方有限公司", nil), listing).apply().accept().propose()
	if e := d.refuses(d.sign(d.seller), rights.CodeConsent); e.Rule != "PL-2" {
		t.Errorf("%+v", e)
	}
	s.consents(pledge, d.right, "other terms")
	d.refuses(d.sign(d.seller), rights.CodeConsent)
	s.consents(pledge, d.right, "contract")
	d.agree()
	used := 0
	for _, c := range s.pledge(pledge).Consents {
		if c.UsedAt > 0 {
			used++
		}
	}
	if used != 1 {
		t.Errorf("%+v", s.pledge(pledge).Consents)
	}
	d.confirm().prepare().send().receive().acceptDelivery()

	// The consent is spent: a second contract on the same terms wants its own.
	again := s.dealOver(d.buyer, listing).apply().accept().propose()
	again.refuses(again.sign(again.seller), rights.CodeConsent)
}

// The permission of a listing is the product's default where it names none.
func TestDefaultPermission(t *testing.T) {
	s := aShop(t)
	p := s.product("p")
	p.DefaultPermission = s.offer(rights.ActQuery)
	id := s.approved(p)
	b := s.listing(id, s.operates(s.seller, id, s.certNo()))
	b.Permission = nil
	l := read[rights.Listing](s.market, rights.KindListing, s.listed(b))
	if l.Permission == nil || len(l.Permission.Actions) != 1 || l.Permission.ObjectIDs[0] != id {
		t.Errorf("%+v", l.Permission)
	}
	p = s.product("q")
	p.DefaultPermission = s.offer("ActDance")
	s.refuses(s.sell("product.create", p), rights.CodeFormat)
}

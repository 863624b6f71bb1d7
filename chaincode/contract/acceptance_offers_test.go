package contract_test

import (
	"context"
	"strings"

	"github.com/datarights/datarights/chaincode/command"
	"github.com/datarights/datarights/chaincode/rights"
	"github.com/datarights/datarights/client/fingerprint"
	"github.com/datarights/datarights/gateway/matchtag"
)

// accCopy is a copy as an input of a job.
func (s *accScene) accCopy(id string) rights.InputUsed {
	c := read[rights.Copy](s.market, rights.KindCopy, id)
	return rights.InputUsed{Type: "Copy", ID: id, ContentRoot: c.ContentRoot, PermissionRef: id}
}

// bought is what a product made of a purchased copy names as its input.
func (d *deal) bought() rights.ProductInput {
	return rights.ProductInput{ObjectType: "Product", ObjectID: d.product, Version: 1, PermissionRef: d.copy}
}

var accOffers = []accScenario{
	{"A-09", func(s *accScene) {
		s.firm(11, "320902")
		d := s.deal(s.goodsOf(energyID, "licensed"), accFirm(11), rights.ActHold, rights.ActQuery, rights.ActProcess, rights.ActProvide).delivered()
		j := s.job("OpAnnotate", accRoot(d.buyer, "mine"), 2, s.accCopy(d.copy))
		j.Substantive, j.DiffReport = true, &rights.Evidence{DocType: rights.DocOther, Hash: hash("difference")}
		b := s.product(d.buyer, "mine", s.made(d.buyer, j), d.bought())
		e := s.refused(s.do(d.buyer+"#1", "product.create", b), rights.CodeBasis, "RT-2", d.copy)
		if e.Field != "inputs[0].permissionRef" || !strings.Contains(e.Detail, "ActDerive") {
			s.t.Errorf("%+v", e)
		}
	}},
	{"A-10", func(s *accScene) {
		x := s.asset(energyID, "short")
		until := s.now + 90*86400
		g := s.goods(x, "short", func(b *rights.Submit) {
			b.Allocation = []rights.Allocation{{HolderID: energyID, Kind: rights.RightOperation, To: until}}
		})
		if r := s.right(g.right); r.ValidTo != until {
			s.t.Fatalf("%+v", r)
		}
		s.now = until - 1
		b := s.offer(g)
		b.ValidTo, b.Permission.To = until, until
		if a := s.tried(energyID+"#1", "listing.submit", b); a.refusal != nil {
			s.t.Errorf("a second before: %v", a.refusal)
		}
		s.now++
		b = s.offer(g)
		b.ValidTo, b.Permission.To = s.now+86400, s.now+86400
		s.refused(s.do(energyID+"#1", "listing.submit", b), rights.CodeTerm, "3.0.5", g.right)
	}},
	{"A-14", func(s *accScene) {
		// All the way from the public data to the product's code and the right over it.
		o := operations(s.market, "91320923MA0J")
		o.l1 = o.granted(o.implementing, o.first())
		second := o.second(o.admission())
		second.Scope.Actions = append(second.Scope.Actions, rights.ActProvide)
		o.l2 = o.granted(o.operating, second)
		o.permit = o.permitted(o.request(), o.developer)
		goods := func(content, use string) accGoods {
			j := o.fusion(content)
			j.Outputs[0] = rights.LineageOutput{Type: "Product", ContentRoot: accRoot(o.developer, content), Grade: 2}
			b := s.product(o.developer, content, s.made(o.developer, j), rights.ProductInput{ObjectType: "Resource", ObjectID: o.data, Version: 1, PermissionRef: o.l2})
			b.SubjectClass, b.ScenarioIDs, b.PublicData = "SubjectPublic", []string{scenario}, &rights.PublicData{GrantID: o.l2, UseClass: use}
			id := s.approved(o.developer, b, func(r *rights.SubmitReview) { r.PublicRegCode = "GG3209002026" + use[:1] })
			right, certNo := s.operated(o.developer, id, func(b *rights.Submit) { b.Basis = []rights.Basis{{Type: "BasisGrant", RefID: o.l2}} })
			return accGoods{o.developer, content, id, right, certNo}
		}
		offer := func(g accGoods, model string, fen int64) rights.SubmitListing {
			b := s.offer(g, rights.ActHold, rights.ActQuery)
			b.PriceModel, b.UnitPriceFen, b.DeliveryModes = model, fen, []string{"API"}
			b.Permission.Purposes, b.Permission.Envs, b.Permission.MaxGrade = []string{"credit"}, []rights.Env{rights.EnvTEE}, 3
			end := min(s.right(g.right).ValidTo, read[rights.Grant](s.market, rights.KindGrant, o.l2).ValidTo)
			b.ValidTo, b.Permission.To = end, end
			return b
		}
		industry, benefit := goods("for industry", "Industry"), goods("for benefit", "PublicBenefit")
		submit := func(b rights.SubmitListing) answer { return s.do(o.developer+"#1", "listing.submit", b) }
		s.refused(submit(offer(industry, "PerCall", 1001)), rights.CodePriceCap, "LS-6", o.l2)
		s.refused(submit(offer(benefit, "PerCall", 1)), rights.CodePriceCap, "LS-6", o.l2)
		s.listed(o.developer, offer(industry, "PerCall", 1000))
		s.listed(o.developer, offer(benefit, "Free", 0))
	}},
	{"A-17", func(s *accScene) {
		s.firm(11, "320902")
		d := s.deal(s.goodsOf(energyID, "sold"), accFirm(11)).delivered()
		// The file as it came, as a product of one's own.
		j := s.job("OpFormat", accRoot(d.buyer, "sold"), 2, s.accCopy(d.copy))
		b := s.product(d.buyer, "sold", s.made(d.buyer, j), d.bought())
		s.refused(s.do(d.buyer+"#1", "product.create", b), rights.CodeResale, "DP-5", d.copy)
		// As data of one's own that it is not made of: the tag tells.
		own := s.asset(d.buyer, "something else")
		j = s.job("OpAggregate", accRoot(d.buyer, "claimed"), 2, own.input())
		j.Substantive = true
		b = s.product(d.buyer, "claimed", s.made(d.buyer, j), rights.ProductInput{ObjectType: "Resource", ObjectID: own.object, Version: 1, PermissionRef: own.operation})
		b.MatchTag = accTag("sold")
		b.TagAttestation = s.tagged(d.buyer, b.ContentRoot, b.MatchTag)
		s.refused(s.do(d.buyer+"#1", "product.create", b), rights.CodeResale, "LS-7", d.copy)
		// And as a listing of what was a product before the purchase came in.
		mine := s.firm(12, "320902")
		g := s.goodsOf(mine, "twice there")
		theirs := s.asset(energyID, "twice there there")
		s.dup = &rights.DupReview{Ground: "DupIndependent", NoteHash: hash("both measured it")}
		first := s.deal(s.goods(theirs, "twice there"), mine).delivered()
		jws := s.sign(mine+"#1", "listing.submit", s.offer(g))
		s.refused(s.invoke(s.client(mine+"#1"), "Submit", jws), rights.CodeResale, "LS-7", first.copy)
		// What the gateway does by itself on that refusal, with the platform's key.
		cmd, err := command.Decode(jws)
		if err != nil {
			s.t.Fatal(err)
		}
		al := rights.RaiseAlert{RuleCode: "AL-RESALE-ATTEMPT", TargetID: g.product, SubjectIDs: []string{mine}, Refusal: string(rights.CodeResale), RefusedDigest: cmd.DigestRef()}
		id := s.must(s.do(s.platform, "alert.raise", al)).id(rights.KindAlert)
		if x := read[rights.Alert](s.market, rights.KindAlert, id); x.State != rights.StateRaised || x.RuleCode != "AL-RESALE-ATTEMPT" || x.RefusedTx != cmd.DigestRef() ||
			x.Refusal != "E_RESALE" || x.RaisedBy != "Platform" || x.SubjectIDs[0] != mine || x.Severity != "High" {
			s.t.Errorf("%+v", x)
		}
		s.refused(s.do(s.platform, "alert.raise", al), rights.CodeExists, "", id) // once
	}},
	{"A-18", func(s *accScene) {
		keys, err := matchtag.New(matchtag.Options{Key: []byte("the platform's key of these tests")[:matchtag.KeySize], Epoch: 1, Signer: s.keys[s.platform], Kid: s.platform})
		if err != nil {
			s.t.Fatal(err)
		}
		tagged := func(holder string, format fingerprint.Format, text string) (root string, tag matchtag.Tag) {
			s.t.Helper()
			r, _, err := fingerprint.OfReader(context.Background(), strings.NewReader(text), fingerprint.Options{Format: format})
			if err != nil {
				s.t.Fatal(err)
			}
			if tag, err = keys.Make(holder, r.OrderFreeDigest, r.ContentRoot, hash("sketch")); err != nil {
				s.t.Fatal(err)
			}
			return r.ContentRoot, tag
		}
		buyer := s.firm(11, "320902")
		// The seller's file, sold and delivered.
		x := s.asset(energyID, "power")
		root, tag := tagged(energyID, fingerprint.CSV, "year,source,gwh\n2016,wind,1200\n2017,wind,1650.50\n2017,solar,980\n")
		j := s.job("OpAggregate", root, 2, x.input())
		j.Substantive = true
		b := s.product(energyID, "power", s.made(energyID, j), rights.ProductInput{ObjectType: "Resource", ObjectID: x.object, Version: 1, PermissionRef: x.operation})
		b.ContentRoot, b.MatchTag, b.TagAttestation = root, tag.MatchTag, &tag.TagAttestation
		g := accGoods{owner: energyID, content: "power", product: s.approved(energyID, b)}
		g.right, g.certNo = s.operated(energyID, g.product)
		d := s.deal(g, buyer)
		d.root = root
		d.delivered()
		// Converted, its columns renamed and reordered, its rows too.
		mine, same := tagged(buyer, fingerprint.JSON, `[{"发电量":980,"年":2017,"来源":"solar"},{"发电量":1650.5,"年":2017,"来源":"wind"},{"发电量":1200,"年":2016,"来源":"wind"}]`)
		if same.MatchTag != tag.MatchTag || mine == root {
			s.t.Fatal("another tag, or the same root")
		}
		r := s.resource(buyer, "power")
		r.ContentRoot, r.MatchTag, r.TagAttestation = mine, same.MatchTag, &same.TagAttestation
		s.refused(s.do(buyer+"#1", "resource.catalogue", r), rights.CodeResale, "G-10", d.copy)
		// Catalogued as had by agreement, the right is refused where it is asked for (gate A).
		r.SourceType = "SrcAgreement"
		obj := s.must(s.do(buyer+"#1", "resource.catalogue", r)).id(rights.KindResource)
		apply := application(obj)
		apply.Papers, apply.Basis = papers(rights.DocAgreement), []rights.Basis{{Type: "BasisOffLedger", EvidenceHash: hash("agreement")}}
		s.refused(s.do(buyer+"#1", "registration.submit", apply), rights.CodeResale, "gate A", d.copy)
		// A value changed is other data.
		_, other := tagged(buyer, fingerprint.JSON, `[{"发电量":981,"年":2017,"来源":"solar"},{"发电量":1650.5,"年":2017,"来源":"wind"},{"发电量":1200,"年":2016,"来源":"wind"}]`)
		if other.MatchTag == tag.MatchTag {
			s.t.Error("the tag does not notice a value")
		}
	}},
	{"A-19", func(s *accScene) {
		buyer := s.firm(11, "320902")
		d := s.deal(s.goodsOf(energyID, "training"), buyer, rights.ActHold, rights.ActQuery, rights.ActProcess, rights.ActTrain, rights.ActDerive, rights.ActProvide).delivered()
		j := s.job("OpTrain", accRoot(buyer, "model"), 2, s.accCopy(d.copy))
		j.Outputs[0].Type, j.Substantive = "Model", true
		b := s.product(buyer, "model", s.made(buyer, j), d.bought())
		b.ProductType = "Model"
		g := accGoods{owner: buyer, content: "model", product: s.approved(buyer, b)}
		g.right, g.certNo = s.operated(buyer, g.product, func(b *rights.Submit) { b.Basis = []rights.Basis{{Type: "BasisTrade", RefID: d.copy}} })
		o := s.offer(g, rights.ActQuery, rights.ActProcess)
		o.SubjectType, o.DeliveryModes = "ModelService", []string{"API"}
		end := min(s.right(g.right).ValidTo, d.permission.To)
		o.ValidTo, o.Permission.To = end, end
		id := s.listed(buyer, o)
		if l := read[rights.Listing](s.market, rights.KindListing, id); l.State != rights.StateListed || l.SellerID != buyer || l.ProductID != g.product {
			s.t.Errorf("%+v", l)
		}
	}},
	{"A-20", func(s *accScene) {
		buyer, far := s.firm(11, "320902"), s.firm(12, "320102")
		d := s.deal(s.goodsOf(energyID, "resold"), buyer, rights.ActHold, rights.ActQuery, rights.ActProcess, rights.ActResell).delivered()
		// Passed on as it is.
		to := d.permission
		forward := rights.ForwardCopy{CopyID: d.copy, ToID: far, Mode: "EncryptedFile", Permission: &to}
		s.refused(d.by(buyer, "copy.forward", forward), rights.CodeScope, "CP-1", far)
		forward.ToID = s.firm(13, "320981")
		s.must(d.by(buyer, "copy.forward", forward))
		// Listed: neither for another region, nor bought from one.
		j := s.job("OpFormat", accRoot(buyer, "resold"), 2, s.accCopy(d.copy))
		g := accGoods{owner: buyer, content: "resold", product: s.approved(buyer, s.product(buyer, "resold", s.made(buyer, j), d.bought()))}
		s.dup = &rights.DupReview{Ground: "DupLicensed", Links: []string{d.copy}, NoteHash: hash("bought to be resold")}
		g.right, g.certNo = s.operated(buyer, g.product, func(b *rights.Submit) { b.Basis = []rights.Basis{{Type: "BasisTrade", RefID: d.copy}} })
		o := s.offer(g, rights.ActHold, rights.ActQuery)
		end := min(s.right(g.right).ValidTo, d.permission.To)
		o.ValidTo, o.Permission.To = end, end
		o.Permission.Regions = []string{"3201"}
		if e := s.refuses(s.do(buyer+"#1", "listing.submit", o), rights.CodeScope); e.Field != "permission.regions" {
			s.t.Errorf("%+v", e)
		}
		o.Permission.Regions = []string{"3209"}
		l := s.listed(buyer, o)
		s.refused(s.do(far+"#1", "trade.apply", rights.ApplyTrade{ListingID: l, Purpose: "x"}), rights.CodeScope, "CP-1", far)
		s.must(s.do(accFirm(13)+"#1", "trade.apply", rights.ApplyTrade{ListingID: l, Purpose: "x"}))
	}},
}

package contract_test

import (
	"testing"

	"github.com/datarights/datarights/chaincode/rights"
)

func TestPrepareRefuses(t *testing.T) {
	mode, parts := "EncryptedFile", int64(0)
	on(t, func(t testing.TB) *deal { return dealt(t).running() }, func(d *deal) answer {
		return d.by(d.seller, "delivery.prepare", rights.PrepareDelivery{TradeID: d.trade, Mode: mode, Parts: parts})
	}, []faulty{
		{"before the contract is confirmed", trade(func(x *rights.Trade) { x.State = rights.StateAgreed }), rights.CodeState, "TR-2"},
		{"on hold", trade(func(x *rights.Trade) { x.OnHold = true }), rights.CodeState, "TR-5"},
		{"a right frozen (A-24)", encumbered(rights.Encumbrance{Type: rights.EncFreeze, RefID: "SM-1"}), rights.CodeEnc, "3.0.6"},
		{"a right expired", func(d *deal) { theRight(func(r *rights.Right) { r.ValidTo = d.now })(d) }, rights.CodeTerm, "3.0.5"},
		{"a listing suspended", listing(func(l *rights.Listing) { l.State = rights.StateSuspended }), rights.CodeState, "TR-1"},
		{"a mode not agreed", trade(func(x *rights.Trade) { x.DeliveryModes = []string{"API"} }), rights.CodeScope, "LS-5"},
		{"a grade that no file leaves with", func(d *deal) {
			edit(rights.KindProduct, d.product, func(p *rights.Product) { p.Grade = 4 })(d.market)
		}, rights.CodeGrade, "R-7"},
		{"a part accepted already", trade(func(x *rights.Trade) { x.Parts, x.AcceptedParts = 1, []int64{1} }), rights.CodeExists, ""},
		{"other parts than before", trade(func(x *rights.Trade) { x.Parts = 2 }), rights.CodeFormat, ""},
		{"a recipient expelled", theBuyer(func(p *rights.Participant) { p.State = rights.StateExpelled }), rights.CodeInactive, "G-2"},
	})
	// A platform may prepare for the seller; who only calls himself one may not.
	p := dealt(t).running()
	p.must(p.do(p.platform, "delivery.prepare", rights.PrepareDelivery{TradeID: p.trade, Mode: mode, PlatformID: registrarID}))
	p.refuses(p.do(officer, "delivery.prepare", rights.PrepareDelivery{TradeID: p.trade, Mode: mode, PlatformID: registrarID}), rights.CodeRole)
	p.quiet = true
	edit(rights.KindParticipant, weatherID, func(x *rights.Participant) { x.Roles = append(x.Roles, rights.RolePlatform) })(p.market)
	p.refuses(p.by(weatherID, "delivery.prepare", rights.PrepareDelivery{TradeID: p.trade, Mode: mode, PlatformID: weatherID}), rights.CodeRole)
	// What stops no contract made before (3.7): the seller closed the listing.
	d := dealt(t).running()
	d.quiet = true
	listing(func(l *rights.Listing) { l.State = rights.StateDelisted })(d)
	d.prepare()
}

// Gate E, DL-1, DL-2.
func TestSendRefuses(t *testing.T) {
	var change func(d *deal, b *rights.SendDelivery)
	sending := func(c func(d *deal, b *rights.SendDelivery)) func(*deal) { return func(*deal) { change = c } }
	on(t, func(t testing.TB) *deal { return dealt(t).running().prepare() }, func(d *deal) answer {
		b := d.marked(d.delivery)
		if change != nil {
			change(d, &b)
			change = nil
		}
		return d.by(d.seller, "delivery.send", b)
	}, []faulty{
		{"no fingerprint (gate E)", sending(func(_ *deal, b *rights.SendDelivery) { b.FingerprintCommit, b.WatermarkAttest = "", nil }), rights.CodeFormat, "gate E"},
		{"a mark the seller made (DL-1)", sending(func(_ *deal, b *rights.SendDelivery) { b.WatermarkAttest = nil }), rights.CodeFormat, "DL-1"},
		{"a mark attested for another code", sending(func(_ *deal, b *rights.SendDelivery) { b.FingerprintCommit = hash("other") }), rights.CodeSignature, ""},
		{"a mark of another version", sending(func(d *deal, b *rights.SendDelivery) {
			b.WatermarkAttest = d.attested(rights.WatermarkStatement(d.delivery, d.seller, d.buyer, hash("other"), b.ContentRoot, b.FingerprintCommit))
		}), rights.CodeSignature, ""},
		{"a mark for another buyer", sending(func(d *deal, b *rights.SendDelivery) {
			b.WatermarkAttest = d.attested(rights.WatermarkStatement(d.delivery, d.seller, weatherID, d.root, b.ContentRoot, b.FingerprintCommit))
		}), rights.CodeSignature, ""},
		{"a mark by the seller as platform", sending(func(d *deal, b *rights.SendDelivery) { b.WatermarkAttest.Kid = d.seller + "#1" }), rights.CodeSelf, "DL-1"},
		{"a mark by an officer who is no platform", sending(func(d *deal, b *rights.SendDelivery) { b.WatermarkAttest.Kid = officer }), rights.CodeKey, ""},
		{"no tag", sending(func(_ *deal, b *rights.SendDelivery) { b.MatchTag = "" }), rights.CodeFormat, "DL-2"},
		{"a tag not attested", sending(func(_ *deal, b *rights.SendDelivery) { b.TagAttestation = nil }), rights.CodeFormat, "DL-2"},
		{"another's tag", sending(func(_ *deal, b *rights.SendDelivery) { b.MatchTag = hash("x") }), rights.CodeSignature, ""},
		{"no cipher", sending(func(_ *deal, b *rights.SendDelivery) { b.CipherHash = "" }), rights.CodeFormat, "DL-2"},
		{"frozen meanwhile", encumbered(rights.Encumbrance{Type: rights.EncFreeze, RefID: "SM-1"}), rights.CodeEnc, "3.0.6"},
	})
	// An unmarked file is sent at grade 1, but only as the very version traded.
	d := dealt(t)
	edit(rights.KindProduct, d.product, func(p *rights.Product) { p.Grade = 1 })(d.market)
	d.running().prepare()
	b := d.marked(d.delivery)
	b.FingerprintCommit, b.WatermarkAttest = "", nil
	if e := d.refuses(d.by(d.seller, "delivery.send", b), rights.CodeLineage); e.Rule != "DL-2" {
		t.Errorf("%+v", e)
	}
	b.ContentRoot, b.MatchTag = d.root, d.tag
	tag := d.attested(rights.TagStatement(d.seller, d.root, d.tag, 1, ""))
	b.TagAttestation = &rights.TagAttestation{Kid: tag.Kid, Signature: tag.Signature}
	d.must(d.by(d.seller, "delivery.send", b))

	// A commitment is never used again, and leads to its delivery.
	d = dealt(t).running().prepare().send()
	first := d.delivery
	d.prepare()
	b = d.marked(d.delivery)
	b.FingerprintCommit = hash("code " + first)
	b.WatermarkAttest = d.attested(rights.WatermarkStatement(d.delivery, d.seller, d.buyer, d.root, b.ContentRoot, b.FingerprintCommit))
	if e := d.refuses(d.by(d.seller, "delivery.send", b), rights.CodeExists); e.Record != first || e.Rule != "DL-1" {
		t.Errorf("%+v", e)
	}
	if p := read[struct{ ID string }](d.market, rights.PointerUnique, "fingerprint/"+b.FingerprintCommit); p.ID != first {
		t.Errorf("the code leads to %s", p.ID)
	}
}

func TestReceiving(t *testing.T) {
	d := dealt(t).running().prepare().send()
	if e := d.refuses(d.by(d.buyer, "delivery.receive", rights.ReceiveDelivery{DeliveryID: d.delivery, CipherHash: hash("other")}), rights.CodeFormat); e.Rule != "DL-3" {
		t.Errorf("%+v", e)
	}
	d.receive()
	dl := read[rights.Delivery](d.market, rights.KindDelivery, d.delivery)
	if dl.ReceivedBy != d.buyer+"#1" || dl.CopyID != d.copy || dl.AcceptDueAt <= d.now {
		t.Errorf("%+v", dl)
	}
	// Gate A: the copy is found by the tag sent and by the version's.
	for _, tag := range []string{hash("sent tag " + d.delivery), d.tag} {
		if r := read[struct{ Copies []string }](d.market, rights.PointerReceived, tag+"/"+d.buyer); len(r.Copies) != 1 || r.Copies[0] != d.copy {
			t.Errorf("%s leads to %v", tag, r.Copies)
		}
	}
	d.refuses(d.by(d.buyer, "delivery.accept", rights.AcceptDelivery{DeliveryID: d.delivery, ContentRoot: d.root}), rights.CodeFormat)
	d.refuses(d.by(weatherID, "delivery.deemAccept", rights.OfDelivery{DeliveryID: d.delivery}), rights.CodeDeadline)
	d.now = dl.AcceptDueAt
	d.refuses(d.by(d.buyer, "delivery.reject", rights.RejectDelivery{DeliveryID: d.delivery, Reason: "x"}), rights.CodeDeadline)
	d.must(d.by(weatherID, "delivery.deemAccept", rights.OfDelivery{DeliveryID: d.delivery}))
	if tr := d.theTrade(); tr.State != rights.StateDelivered {
		t.Errorf("%+v", tr)
	}

	// In two parts: delivered when both are accepted. What is rejected is no longer allowed.
	d = dealt(t).running()
	part := func(n int64) {
		d.delivery = d.must(d.by(d.seller, "delivery.prepare", rights.PrepareDelivery{TradeID: d.trade, Mode: "EncryptedFile", Part: n, Parts: 2})).id(rights.KindDelivery)
		d.send().receive()
	}
	part(1)
	d.acceptDelivery()
	part(2)
	d.must(d.by(d.buyer, "delivery.reject", rights.RejectDelivery{DeliveryID: d.delivery, Reason: "不完整"}))
	if c := read[rights.Copy](d.market, rights.KindCopy, d.copy); c.HoldUntil != d.now || c.DestroyDueAt != d.now+30*86400 {
		t.Errorf("%+v", c)
	}
	d.delivery = d.must(d.by(d.seller, "delivery.redeliver", rights.Redeliver{DeliveryID: d.delivery})).id(rights.KindDelivery)
	if dl := read[rights.Delivery](d.market, rights.KindDelivery, d.delivery); dl.Part != 2 || dl.RedeliveryOf == "" || d.theTrade().State != rights.StateImplementing {
		t.Errorf("%+v", dl)
	}
	d.refuses(d.by(d.seller, "delivery.redeliver", rights.Redeliver{DeliveryID: d.delivery}), rights.CodeState)
	d.send().receive().acceptDelivery()
	if tr := d.theTrade(); tr.State != rights.StateDelivered {
		t.Errorf("%+v", tr)
	}
}

// Gate D, CP-1, CP-2, A-20.
func TestForwardRefuses(t *testing.T) {
	var to string
	on(t, func(t testing.TB) *deal {
		d := dealt(t).delivered()
		to = dealer(3)
		d.joinDealer(to, "东台数据转授有限公司", "320981", rights.RoleEnterprise)
		return d
	}, func(d *deal) answer {
		perm := d.permission
		return d.by(d.buyer, "copy.forward", rights.ForwardCopy{CopyID: d.copy, ToID: to, Mode: "EncryptedFile", Permission: &perm})
	}, []faulty{
		{"no resale (CP-2)", copied(func(c *rights.Copy) { c.Permission.Actions = []rights.Action{rights.ActHold, rights.ActProvide} }), rights.CodeResale, "CP-2"},
		{"access only", copied(func(c *rights.Copy) { c.AccessOnly = true }), rights.CodeResale, "CP-2"},
		{"to a buyer in 3201 (A-20)", func(d *deal) {
			edit(rights.KindParticipant, to, func(p *rights.Participant) { p.RegionCode = "320102" })(d.market)
		}, rights.CodeScope, "CP-1"},
		{"a region more (CP-1)", func(d *deal) { d.permission.Regions = []string{"32"} }, rights.CodeScope, "CP-1"},
		{"an hour more (CP-1)", func(d *deal) { d.permission.To += 3600 }, rights.CodeScope, "CP-1"},
		{"past its term", copied(func(c *rights.Copy) { c.HoldUntil = c.CreatedAt + 1 }), rights.CodeTerm, "3.0.5"},
		{"the right frozen", encumbered(rights.Encumbrance{Type: rights.EncFreeze, RefID: "SM-1"}), rights.CodeEnc, "3.0.6"},
		{"the trade on hold", trade(func(x *rights.Trade) { x.OnHold = true }), rights.CodeState, "TR-5"},
		{"more than its quota (G-14)", func(d *deal) {
			calls := []rights.Amount{{Unit: "Calls", Qty: 10}}
			d.permission.Quota = calls
			copied(func(c *rights.Copy) {
				c.Permission.Quota, c.Allocated = calls, []rights.Amount{{Unit: "Calls", Qty: 1}}
			})(d)
		}, rights.CodeQuota, "G-14"},
		{"to the regulator", func(*deal) { to = regulatorID }, rights.CodeSelf, "SD-4"},
		{"to oneself", func(d *deal) { to = d.buyer }, rights.CodeSelf, "TR-4"},
	})
}

func copied(change func(*rights.Copy)) func(*deal) {
	return func(d *deal) {
		d.now += 60
		edit(rights.KindCopy, d.copy, change)(d.market)
	}
}

// CP-3, P-3: an overdue copy is found once; whoever is suspended may and must
// still destroy it, answer and be paid, and do nothing else.
func TestWhileSuspended(t *testing.T) {
	d := dealt(t).delivered()
	c := read[rights.Copy](d.market, rights.KindCopy, d.copy)
	d.now = c.DestroyDueAt - 1
	d.refuses(d.by(weatherID, "copy.markOverdue", rights.OfCopy{CopyID: d.copy}), rights.CodeDeadline)
	d.now++
	a := d.must(d.by(weatherID, "copy.markOverdue", rights.OfCopy{CopyID: d.copy}))
	if al := read[rights.Alert](d.market, rights.KindAlert, a.id(rights.KindAlert)); al.RuleCode != "AL-COPY-OVERDUE" || al.TargetID != d.copy || al.SubjectIDs[0] != d.buyer {
		t.Errorf("%+v", al)
	}
	d.refuses(d.by(weatherID, "copy.markOverdue", rights.OfCopy{CopyID: d.copy}), rights.CodeExists)
	edit(rights.KindParticipant, d.buyer, func(p *rights.Participant) { p.State = rights.StateSuspended })(d.market)
	d.quiet = true
	d.refuses(d.by(d.buyer, "trade.apply", rights.ApplyTrade{ListingID: d.listing, Purpose: "x"}), rights.CodeInactive)
	d.must(d.by(d.buyer, "copy.destroy", rights.EndCopy{CopyID: d.copy, Evidence: &rights.Evidence{DocType: rights.DocOther, Hash: hash("wiped")}}))
	free := map[string]bool{}
	for _, c := range rights.Commands() {
		if c.WhileSuspended {
			free[c.Name] = true
		}
	}
	if len(free) != 4 || !free["copy.destroy"] || !free["copy.return"] || !free["dispute.answer"] || !free["settlement.confirm"] {
		t.Errorf("P-3: %v", free)
	}
	d.refuses(d.by(d.buyer, "dispute.answer", rights.AnswerDispute{DisputeID: "DS-0", AnswerHash: hash("x")}), rights.CodeNotFound)
	edit(rights.KindParticipant, d.buyer, func(p *rights.Participant) { p.State = rights.StateExpelled })(d.market)
	d.refuses(d.by(d.buyer, "dispute.answer", rights.AnswerDispute{DisputeID: "DS-0", AnswerHash: hash("x")}), rights.CodeInactive)
}

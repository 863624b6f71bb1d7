package contract_test

import (
	"testing"

	"github.com/datarights/datarights/chaincode/rights"
)

// MR-1: a foreign certificate supports a listing while its peer stands by it.
func TestRecognition(t *testing.T) {
	s := aShop(t)
	peer := s.firm(110, "苏南数据交易所", func(a *rights.Application) { a.Roles = []rights.Role{rights.RolePeerExchange} })
	good := s.foreign(peer, s.seller, "SN-1", "")
	resigned := func(change func(*rights.ProposeRecognition)) func(*rights.ProposeRecognition) {
		return func(b *rights.ProposeRecognition) {
			change(b)
			b.ForeignSignature = s.peerSigns(&rights.Recognition{PeerID: b.PeerID, ForeignCertNo: b.ForeignCertNo, ForeignHash: b.ForeignHash, HolderUSCC: b.HolderUSCC,
				Kinds: b.Kinds, MatchTag: b.MatchTag, ValidTo: b.ValidTo}, b.StatusCheckedAt)
		}
	}
	for _, c := range []struct {
		name   string
		change func(*rights.ProposeRecognition)
		code   rights.Code
		field  string
	}{
		{"another number", func(b *rights.ProposeRecognition) { b.ForeignCertNo = "SN-2" }, rights.CodeSignature, "foreignSignature.signature"},
		{"another certificate", func(b *rights.ProposeRecognition) { b.ForeignHash = hash("else") }, rights.CodeSignature, "foreignSignature.signature"},
		{"another kind", func(b *rights.ProposeRecognition) { b.Kinds = b.Kinds[:1] }, rights.CodeSignature, "foreignSignature.signature"},
		{"another content", func(b *rights.ProposeRecognition) { b.MatchTag = hash("tag") }, rights.CodeSignature, "foreignSignature.signature"},
		{"longer", func(b *rights.ProposeRecognition) { b.ValidTo++ }, rights.CodeSignature, "foreignSignature.signature"},
		{"checked at another time", func(b *rights.ProposeRecognition) { b.StatusCheckedAt-- }, rights.CodeSignature, "foreignSignature.signature"},
		{"unsigned", func(b *rights.ProposeRecognition) { b.ForeignSignature = nil }, rights.CodeFormat, "foreignSignature"},
		{"signed by the holder", func(b *rights.ProposeRecognition) {
			b.ForeignSignature = &rights.Attestation{Kid: s.seller + "#1", Signature: b.ForeignSignature.Signature}
		}, rights.CodeKey, "foreignSignature.kid"},
		{"signed with a key that is none", func(b *rights.ProposeRecognition) {
			b.ForeignSignature = &rights.Attestation{Kid: peer + "#2", Signature: b.ForeignSignature.Signature}
		}, rights.CodeKey, "foreignSignature.kid"},
		{"a peer that is none", func(b *rights.ProposeRecognition) { b.PeerID = weatherID }, rights.CodeRole, "peerId"},
		{"for another to propose", func(b *rights.ProposeRecognition) { b.HolderUSCC = weatherID }, rights.CodeRole, "holderUscc"},
		{"no kinds", func(b *rights.ProposeRecognition) { b.Kinds = []rights.RightKind{} }, rights.CodeFormat, "kinds"},
		{"a number that is a path", func(b *rights.ProposeRecognition) { b.ForeignCertNo = "a/b" }, rights.CodeFormat, "foreignCertNo"},
		{"ended", resigned(func(b *rights.ProposeRecognition) { b.ValidTo = s.now }), rights.CodeTerm, "validTo"},
		{"checked tomorrow", resigned(func(b *rights.ProposeRecognition) { b.StatusCheckedAt = s.now + 1 }), rights.CodeTerm, "statusCheckedAt"},
	} {
		b := good
		c.change(&b)
		if a := s.tried(s.seller+"#1", "recognition.propose", b); a.refusal == nil || a.refusal.Code != c.code || a.refusal.Field != c.field {
			t.Errorf("%s: %v; want %s %s", c.name, a.refusal, c.code, c.field)
		}
	}
	id := s.must(s.sell("recognition.propose", good)).id(rights.KindRecognition)
	s.refuses(s.do(peer+"#1", "recognition.propose", good), rights.CodeExists)
	of := rights.OfRecognition{RecognitionID: id}

	// The product of it names no inputs; its listing no right.
	b := s.product("foreign")
	b.Inputs, b.LineageID, b.RecognitionID = nil, "", id
	s.refuses(s.sell("product.create", b), rights.CodeState) // not yet recognised
	s.now += 24*3600 + 1
	s.refuses(s.do(exchangeID+"#1", "recognition.recognise", of), rights.CodeTerm) // checked over a day ago
	rec := func() *rights.Recognition { return read[rights.Recognition](s.market, rights.KindRecognition, id) }
	stale := rights.RefreshRecognition{RecognitionID: id, StatusCheckedAt: good.StatusCheckedAt, ForeignSignature: good.ForeignSignature}
	s.refuses(s.sell("recognition.refreshStatus", stale), rights.CodeTerm) // the same word again
	s.must(s.sell("recognition.refreshStatus", s.refreshed(rec(), s.now)))
	s.must(s.do(exchangeID+"#1", "recognition.recognise", of))
	withInputs := s.product("foreign")
	withInputs.RecognitionID = id
	s.refuses(s.sell("product.create", withInputs), rights.CodeFormat)
	product := s.approved(b)
	l := s.listing(product, "")
	l.ValidTo, l.Permission.To = s.now+30*86400, s.now+60*86400
	both := l
	both.RightID = s.right
	s.refuses(s.sell("listing.submit", both), rights.CodeFormat)
	listing := s.listed(l)
	if x := read[rights.Listing](s.market, rights.KindListing, listing); x.RecognitionID != id || x.CertNo != "SN-1" || x.RightID != "" {
		t.Errorf("%+v", x)
	}
	of2 := rights.OfListing{ListingID: listing}
	wish := s.must(s.do(weatherID+"#1", "demand.post", demand(s.now+86400*10))).id(rights.KindDemand)
	match := func() answer {
		return s.tried(weatherID+"#1", "demand.match", rights.MatchDemand{DemandID: wish, ListingIDs: []string{listing}})
	}
	s.accepted(match(), "match")
	edit(rights.KindRecognition, id, func(r *rights.Recognition) { r.State = rights.StateSuspended })(s.market)
	s.refuses(match(), rights.CodeBasis) // a listing rests on its recognition
	edit(rights.KindRecognition, id, func(r *rights.Recognition) { r.State = rights.StateRecognised })(s.market)
	s.must(s.sell("listing.pause", of2))
	resume := func() answer { return s.tried(s.seller+"#1", "listing.resume", of2) }
	s.accepted(resume(), "resume")
	for _, x := range []struct {
		name string
		harm func(*rights.Recognition)
		code rights.Code
	}{
		{"suspended", func(r *rights.Recognition) { r.State = rights.StateSuspended }, rights.CodeState},
		{"ended", func(r *rights.Recognition) { r.ValidTo = s.now }, rights.CodeTerm},
		{"another's", func(r *rights.Recognition) { r.HolderUSCC = weatherID }, rights.CodeBasis},
		{"of use only", func(r *rights.Recognition) { r.Kinds = r.Kinds[:1] }, rights.CodeBasis},
		{"of other content", func(r *rights.Recognition) { r.MatchTag = hash("else") }, rights.CodeBasis},
		{"shorter than the listing", func(r *rights.Recognition) { r.ValidTo = l.ValidTo - 1 }, rights.CodeTerm},
	} {
		kept := s.ledger
		s.ledger = kept.Clone()
		edit(rights.KindRecognition, id, x.harm)(s.market)
		if a := resume(); a.refusal == nil || a.refusal.Code != x.code {
			t.Errorf("listed on what is %s: %v; want %s", x.name, a.refusal, x.code)
		}
		s.ledger = kept
	}
	edit(rights.KindParticipant, peer, func(p *rights.Participant) { p.State = rights.StateSuspended })(s.market)
	s.refuses(resume(), rights.CodeInactive)
	edit(rights.KindParticipant, peer, func(p *rights.Participant) { p.State = rights.StateActive })(s.market)
	s.now += 24*3600 + 1
	s.refuses(resume(), rights.CodeTerm)
	s.must(s.do(regulatorID+"#1", "recognition.suspend", rights.RecognitionReason{RecognitionID: id, Reason: "x"}))
	s.must(s.do(peer+"#1", "recognition.refreshStatus", s.refreshed(rec(), s.now)))
	s.refuses(s.do(exchangeID+"#1", "recognition.recognise", of), rights.CodeRole) // SM-3
	s.must(s.do(regulatorID+"#1", "recognition.recognise", of))
	s.must(s.do(peer+"#1", "recognition.end", rights.RecognitionReason{RecognitionID: id, Reason: "吊销"}))
	s.refuses(resume(), rights.CodeState)
	s.must(s.do(peer+"#1", "recognition.propose", s.foreign(peer, s.seller, "SN-1", ""))) // an ended one makes room
}

// MR-4, gate H: the same content of two sellers at two venues is told the
// regulator, whichever came first.
func TestSameContentElsewhere(t *testing.T) {
	for _, listedFirst := range []bool{true, false} {
		s := aShop(t)
		peer := s.firm(110, "苏南数据交易所", func(a *rights.Application) { a.Roles = []rights.Role{rights.RolePeerExchange} })
		other := s.firm(111, "异地数据有限公司", nil)
		b := s.offered("p")
		tag := hash("product tag p")
		id := s.must(s.do(other+"#1", "recognition.propose", s.foreign(peer, other, "SN-1", tag))).id(rights.KindRecognition)
		own := s.must(s.sell("recognition.propose", s.foreign(peer, s.seller, "SN-2", tag))).id(rights.KindRecognition)
		list := func() answer { return s.must(s.sell("listing.submit", b)) }
		recognise := func(id string) answer {
			return s.must(s.do(exchangeID+"#1", "recognition.recognise", rights.OfRecognition{RecognitionID: id}))
		}
		first, second := list, func() answer { return recognise(id) }
		if !listedFirst {
			first, second = second, first
		}
		if first().id(rights.KindAlert) != "" {
			t.Error("an alert, and nobody else offers it")
		}
		alert := second().id(rights.KindAlert)
		if alert == "" {
			t.Fatalf("listed first: %t: no alert", listedFirst)
		}
		if a := read[rights.Alert](s.market, rights.KindAlert, alert); a.RuleCode != "AL-REG-DUP" || a.RaisedBy != "System" {
			t.Errorf("%+v", a)
		}
		if recognise(own).id(rights.KindAlert) != "" { // the seller's own, at two venues
			t.Error("an alert about one's own")
		}
	}
}

// Only what is on offer is matched, by either side or the exchange, and never with oneself.
func TestDemands(t *testing.T) {
	s := aShop(t)
	l := s.listed(s.offered("p"))
	other := s.listed(s.offered("q"))
	for _, x := range []struct {
		field  string
		change func(*rights.PostDemand)
		code   rights.Code
	}{
		{"title", func(b *rights.PostDemand) { b.Title = "" }, rights.CodeFormat},
		{"text", func(b *rights.PostDemand) { b.Text = "" }, rights.CodeFormat},
		{"field", func(b *rights.PostDemand) { b.Field = "Gold" }, rights.CodeFormat},
		{"industryCode", func(b *rights.PostDemand) { b.IndustryCode = "x" }, rights.CodeFormat},
		{"productTypes[0]", func(b *rights.PostDemand) { b.ProductTypes = []string{"Gold"} }, rights.CodeFormat},
		{"budgetBand", func(b *rights.PostDemand) { b.BudgetBand = "123456" }, rights.CodeFormat},
		{"validTo", func(b *rights.PostDemand) { b.ValidTo = s.now }, rights.CodeTerm},
		{"validTo", func(b *rights.PostDemand) { b.ValidTo = rights.AddMonths(s.now, 12) + 1 }, rights.CodeTerm},
	} {
		b := demand(s.now + 86400)
		x.change(&b)
		if e := s.refuses(s.tried(weatherID+"#1", "demand.post", b), x.code); e.Field != x.field {
			t.Errorf("%+v; want %s", e, x.field)
		}
	}
	id := s.must(s.do(weatherID+"#1", "demand.post", demand(s.now+86400))).id(rights.KindDemand)
	match := func(kid string, listings ...string) answer {
		return s.do(kid, "demand.match", rights.MatchDemand{DemandID: id, ListingIDs: listings})
	}
	s.refuses(match(energyID+"#1", l), rights.CodeRole) // neither side's
	s.refuses(match(weatherID+"#1"), rights.CodeFormat)
	s.refuses(match(weatherID+"#1", "LS-0"), rights.CodeNotFound)
	s.must(match(s.seller+"#1", l))
	s.must(match(weatherID+"#1", l, other))
	if d := read[rights.Demand](s.market, rights.KindDemand, id); d.State != rights.StateMatched || len(d.MatchedListingIDs) != 2 || len(d.SellerIDs) != 1 {
		t.Errorf("%+v", d)
	}
	s.must(s.sell("listing.pause", rights.OfListing{ListingID: other}))
	s.refuses(match(exchangeID+"#1", other), rights.CodeState) // not live
	own := s.must(s.sell("demand.post", demand(s.now+86400))).id(rights.KindDemand)
	s.refuses(s.sell("demand.match", rights.MatchDemand{DemandID: own, ListingIDs: []string{l}}), rights.CodeSelf)
	s.refuses(s.do(energyID+"#1", "demand.expire", rights.OfDemand{DemandID: id}), rights.CodeDeadline)
	s.now += 86400
	s.refuses(match(weatherID+"#1", l), rights.CodeTerm)
	s.must(s.do(energyID+"#1", "demand.expire", rights.OfDemand{DemandID: id}))
}

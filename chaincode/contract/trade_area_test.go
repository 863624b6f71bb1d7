package contract_test

import (
	"slices"

	"github.com/datarights/datarights/chaincode/rights"
)

// The area's part in the tests over the whole ledger: trades, deliveries, copies, settlements and disputes.

// tradeElsewhere names rows that another command writes or another test tries.
var tradeElsewhere = map[string]string{
	"trade.deliver": "delivery.accept", "trade.settle": "settlement.confirm", "copy.receive": "delivery.receive",
}

// tradeEventsOn are the events that a command sends to records of other machines
// than its own; tradeTouches the kinds it rewrites without moving them.
var (
	tradeEventsOn = map[string][]string{
		"delivery.receive": {"copy.receive"}, "delivery.accept": {"trade.deliver"}, "delivery.deemAccept": {"trade.deliver"}, "delivery.redeliver": {"delivery.prepare"},
		"copy.forward": {"delivery.prepare"}, "settlement.confirm": {"trade.settle"}, "settlement.deemConfirm": {"trade.settle"}, "settlement.refund": {"trade.settle"},
	}
	tradeTouches = map[string][]rights.Kind{
		"trade.sign": {rights.KindPledge}, "trade.terminate": {rights.KindCopy},
		"delivery.prepare": {rights.KindTrade, rights.KindPledge}, "delivery.send": {rights.KindPledge}, "delivery.receive": {rights.KindPledge},
		"delivery.accept": {rights.KindTrade}, "delivery.deemAccept": {rights.KindTrade}, "delivery.reject": {rights.KindCopy},
		"delivery.redeliver": {rights.KindTrade, rights.KindPledge}, "copy.forward": {rights.KindPledge}, "settlement.open": {rights.KindTrade},
		"dispute.accept": {rights.KindTrade}, "dispute.withdraw": {rights.KindTrade}, "dispute.lapse": {rights.KindTrade}, "dispute.close": {rights.KindTrade},
	}
)

// checkTrades holds the ledger to the area's invariants.
func checkTrades(w *world, fault func(string, ...any)) {
	trades := decodeAll[rights.Trade](w.raw[rights.KindTrade])
	deliveries := decodeAll[rights.Delivery](w.raw[rights.KindDelivery])
	copies := decodeAll[rights.Copy](w.raw[rights.KindCopy])
	settlements := decodeAll[rights.Settlement](w.raw[rights.KindSettlement])
	disputes := decodeAll[rights.Dispute](w.raw[rights.KindDispute])
	listings := decodeAll[rights.Listing](w.raw[rights.KindListing])
	restraints := decodeAll[rights.Restraints](w.raw[rights.KindRestraints])
	bound := w.bound()

	for id, t := range trades {
		over := ended("trade", t.State)
		if t.BuyerID == t.SellerID || t.VenueID == t.BuyerID || t.VenueID == t.SellerID {
			fault("TR-4, SD-2: trade %s of %s and %s at %s", id, t.BuyerID, t.SellerID, t.VenueID)
		}
		if over != (t.EndedAt > 0) || over == bound[t.BuyerID][id] || over == bound[t.SellerID][id] {
			fault("trade %s is %s, ended at %d; relied on by its parties: %t", id, t.State, t.EndedAt, bound[t.BuyerID][id])
		}
		if t.OnHold != (len(t.DisputeIDs)+len(t.SuspendedBy) > 0) {
			fault("TR-5: trade %s: on hold %t by %v and %v", id, t.OnHold, t.DisputeIDs, t.SuspendedBy)
		}
		if (t.Venue == rights.VenueOffExchange) != (t.ListingID == "" && t.FilingRef != "" && t.FilingEvidence != nil) {
			fault("TR-6: trade %s at %s: listing %q, filing %q", id, t.Venue, t.ListingID, t.FilingRef)
		}
		signed := t.AgreedAt > 0
		switch t.State {
		case rights.StateAgreed, rights.StateImplementing, rights.StateDelivered, rights.StateSettled, rights.StateCompleted:
			if !signed {
				fault("trade %s is %s and not signed", id, t.State)
			}
		case rights.StateApplied, rights.StateNegotiating, rights.StateDeclined, rights.StateWithdrawn:
			if signed {
				fault("trade %s is %s and signed", id, t.State)
			}
		}
		if signed && (len(t.Signatures) != 2 || t.Signatures[0].PartyID == t.Signatures[1].PartyID || t.Signatures[0].TermsHash != t.TermsHash || t.Signatures[1].TermsHash != t.TermsHash) {
			fault("G-5: trade %s: %+v on %s", id, t.Signatures, t.TermsHash)
		}
		if l := listings[t.ListingID]; signed && l != nil && l.Permission != nil && t.Permission != nil {
			for _, x := range t.Permission.Actions {
				if !slices.Contains(l.Permission.Actions, x) && !slices.Contains(l.Permission.Actions, "*") {
					fault("TR-7: trade %s gives %s", id, x)
				}
			}
			if t.Permission.From < l.Permission.From || t.Permission.To > l.Permission.To {
				fault("TR-7: trade %s: term", id)
			}
		}
		if t.State == rights.StateDelivered && t.SubjectType != rights.SubjectRightTransfer && int64(len(t.AcceptedParts)) != t.Parts {
			fault("trade %s is delivered with parts %v of %d", id, t.AcceptedParts, t.Parts)
		}
		for _, ds := range t.DisputeIDs {
			if x := disputes[ds]; x == nil || ended("dispute", x.State) || x.TradeID != id {
				fault("DS-2: trade %s is held by %s", id, ds)
			}
		}
	}
	fingerprints := map[string]string{}
	for id, x := range deliveries {
		t := trades[x.TradeID]
		if t == nil && x.PermitID == "" {
			fault("delivery %s hangs in the air", id)
			continue
		}
		if t != nil && t.AgreedAt == 0 {
			fault("TR-2: delivery %s under an unsigned trade", id)
		}
		if f := x.FingerprintCommit; f != "" {
			if other, again := fingerprints[f]; again {
				fault("DL-1: %s and %s carry one fingerprint", id, other)
			}
			fingerprints[f] = id
		}
		if x.State == rights.StateReceived && x.ReceivedBy == "" {
			fault("DL-3: delivery %s has no receipt", id)
		}
		if c := copies[x.CopyID]; x.CopyID != "" && (c == nil || c.DeliveryID != id || c.HolderID != x.ToID || c.ContentRoot != x.ContentRoot) {
			fault("delivery %s and its copy %s", id, x.CopyID)
		}
	}
	for id, c := range copies {
		if d := deliveries[c.DeliveryID]; d == nil || d.CopyID != id {
			fault("copy %s of no delivery", id)
		}
		if held := c.State == rights.StateHeld || c.State == rights.StateCompromised; !c.AccessOnly && held != bound[c.HolderID][id] {
			fault("copy %s is %s; its holder is bound by it: %t", id, c.State, !held)
		}
		if p := copies[c.ParentCopyID]; c.ParentCopyID != "" {
			if p == nil || c.Permission.To > p.Permission.To || c.Permission.MaxGrade > p.Permission.MaxGrade {
				fault("CP-1: copy %s of %s", id, c.ParentCopyID)
			} else if !slices.Contains(p.Permission.Actions, rights.ActResell) && !slices.Contains(p.Permission.Actions, rights.ActSublicense) {
				fault("CP-2: copy %s of %s", id, c.ParentCopyID)
			}
		}
	}
	for id, s := range settlements {
		t := trades[s.TradeID]
		if t == nil || !slices.Contains(t.SettlementIDs, id) {
			fault("settlement %s of no trade", id)
			continue
		}
		var bps int64
		for _, l := range s.Payees {
			bps += l.Bps
		}
		if bps != 10000 {
			fault("ST-1: settlement %s: %d", id, bps)
		}
	}
	for id, d := range disputes {
		over := ended("dispute", d.State)
		if over == bound[d.ClaimantID][id] || over != (d.EndedAt > 0) {
			fault("dispute %s is %s, ended at %d; relied on %t", id, d.State, d.EndedAt, bound[d.ClaimantID][id])
		}
		if slices.Contains(d.RespondentIDs, d.ClaimantID) || d.AcceptedBy != "" && (d.AcceptedBy == d.ClaimantID || slices.Contains(d.RespondentIDs, d.AcceptedBy)) {
			fault("DS-3: dispute %s", id)
		}
		live := d.AcceptedBy != "" && !over
		for _, r := range d.RightIDs {
			on := restraints[r] != nil && slices.ContainsFunc(restraints[r].Encumbrances, func(e rights.Encumbrance) bool { return e.RefID == id })
			if on != live {
				fault("DS-1, DS-2: dispute %s is %s and restrains %s: %t", id, d.State, r, on)
			}
		}
		if t := trades[d.TradeID]; t != nil && live && !slices.Contains(t.DisputeIDs, id) && !ended("trade", t.State) {
			fault("DS-1: dispute %s does not hold %s", id, d.TradeID)
		}
	}
}

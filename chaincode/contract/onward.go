package contract

import (
	"encoding/json"
	"strings"

	"github.com/datarights/datarights/chaincode/rights"
)

// A lead is a field of a record that names another one which the command will
// read too. A dot goes into an object or every member of a list.
type lead struct {
	from  rights.Kind
	field string
	to    rights.Kind // of the record named; by its id when this is empty
}

// What an offer and a trade rest on: the right, what lies on it, its own bases.
var (
	restsOnRight = []lead{
		{rights.KindRight, "basis.refId", ""},
	}
	ofListing = append([]lead{
		{rights.KindListing, "sellerId", rights.KindParticipant},
		{rights.KindListing, "rightId", rights.KindRight},
		{rights.KindListing, "rightId", rights.KindRestraints},
	}, restsOnRight...)
	ofTrade = append([]lead{
		{rights.KindTrade, "listingId", rights.KindListing},
		{rights.KindTrade, "productId", rights.KindProduct},
		{rights.KindTrade, "rightId", rights.KindRight},
		{rights.KindTrade, "rightId", rights.KindRestraints},
		{rights.KindTrade, "buyerId", rights.KindParticipant},
	}, restsOnRight...)
	ofProduct = []lead{
		{rights.KindProduct, "ownerId", rights.KindParticipant},
		{rights.KindProduct, "complianceOpinion.issuerId", rights.KindParticipant},
		{rights.KindProduct, "versions.lineageId", rights.KindLineage},
		{rights.KindProduct, "versions.matchTag", rights.PointerReceived},
	}
	ofDelivery = append([]lead{
		{rights.KindDelivery, "tradeId", rights.KindTrade},
		{rights.KindDelivery, "productId", rights.KindProduct},
		{rights.KindDelivery, "permitId", rights.KindPermit},
		{rights.KindDelivery, "parentCopyId", rights.KindCopy},
	}, ofTrade...)
	ofPermit = append([]lead{
		{rights.KindPermit, "basisId", ""},
		{rights.KindGrant, "parentGrantId", rights.KindGrant},
		{rights.KindGrant, "admissionId", rights.KindAdmission},
	}, restsOnRight...)
)

// onward are the leads that commands follow from the records they name. What a
// command does not read must not be here: what it reads ahead it depends on, and
// whoever changes that meanwhile makes it come again.
var onward = map[string][]lead{
	"listing.approve": join(ofListing, ofProduct, []lead{
		{rights.KindListing, "productId", rights.KindProduct},
		{rights.KindListing, "certNo", rights.KindCertificate},
	}),
	"trade.apply": ofListing,
	"trade.proposeTerms": {
		{rights.KindTrade, "listingId", rights.KindListing},
		{rights.KindTrade, "rightId", rights.KindRight},
		{rights.KindTrade, "sellerId", rights.KindParticipant}, // who is paid
		{rights.KindTrade, "venueId", rights.KindParticipant},
	},
	"trade.sign": join(ofTrade, ofProduct, []lead{
		{rights.KindTrade, "sellerId", rights.KindParticipant},
		{rights.KindListing, "certNo", rights.KindCertificate},
	}),
	"delivery.prepare": join(ofTrade, ofPermit),
	"delivery.send":    join(ofDelivery, ofPermit),
	"delivery.receive": join(ofDelivery, ofPermit),
	"delivery.accept":  {{rights.KindDelivery, "tradeId", rights.KindTrade}},
	"meter.record":     ofPermit,
	"lineage.record":   ofPermit,
}

func join(lists ...[]lead) []lead {
	var all []lead
	for _, l := range lists {
		all = append(all, l...)
	}
	return all
}

// maxHops bounds how far leads are followed: a delivery leads to its trade, that
// to a right, that to its basis.
const maxHops = 4

// onward reads what a command's records lead on to, together with what is
// wanted already.
func (h *ahead) onward(command string) {
	leads := onward[command]
	for range maxHops {
		for ; h.followed < len(h.read); h.followed++ {
			if len(leads) > 0 {
				h.leads(leads, h.read[h.followed].Kind, h.read[h.followed].ID)
			}
		}
		if len(h.refs) == 0 {
			return
		}
		h.fetch()
	}
}

// leads wants what one record leads to.
func (h *ahead) leads(leads []lead, kind rights.Kind, id string) {
	var record map[string]json.RawMessage
	for _, l := range leads {
		if l.from != kind {
			continue
		}
		if record == nil && !h.load(kind, id, &record) {
			return
		}
		for _, to := range valuesAt(record, l.field) {
			switch {
			case l.to == rights.PointerReceived:
				for _, owner := range valuesAt(record, "ownerId") {
					h.want(l.to, rights.ReceivedName(to, owner))
				}
			case l.to != "":
				h.want(l.to, to)
			default:
				prefix, _, _ := strings.Cut(to, "-")
				h.want(rights.Kind(prefix), to)
			}
		}
	}
}

// valuesAt are the texts under a field of an object.
func valuesAt(object map[string]json.RawMessage, path string) []string {
	field, rest, deeper := strings.Cut(path, ".")
	raw := object[field]
	var members []json.RawMessage
	if json.Unmarshal(raw, &members) != nil {
		members = []json.RawMessage{raw}
	}
	var texts []string
	for _, m := range members {
		var text string
		var inner map[string]json.RawMessage
		switch {
		case deeper && json.Unmarshal(m, &inner) == nil:
			texts = append(texts, valuesAt(inner, rest)...)
		case !deeper && json.Unmarshal(m, &text) == nil:
			texts = append(texts, text)
		}
	}
	return texts
}

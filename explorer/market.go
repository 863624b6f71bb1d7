package explorer

import (
	"net/http"
	"slices"

	"github.com/datarights/datarights/chaincode/rights"
)

// The supply-and-demand portal: what is offered, what is asked for. What is shown is
// the public part, whoever looks.

type marketView struct {
	Tab                       string // offers or demands
	Q, Type, Industry, Region string
	Field                     string
	Types, Fields             []choice
	Offers                    []Seen[rights.Listing]
	Demands                   []Seen[rights.Demand]
	First, Next               string
	Filtered                  bool
	OfferTotal, DemandTotal   int64
}

func (q *request) market() error {
	v := marketView{
		Tab: "offers", Q: q.param("q"), Type: q.param("type"), Industry: q.param("industry"), Region: q.param("region"), Field: q.param("field"),
		Types: choices(q.lang, word{Of: aProductType}), Fields: choices(q.lang, word{Of: aDemandField}),
	}
	if q.param("of") == "demands" {
		v.Tab = "demands"
	}
	v.Filtered = v.Q != "" || v.Type != "" || v.Industry != "" || v.Region != "" || v.Field != ""
	var err error
	// A code that is none selects nothing; it is not an error of the visitor's.
	known := func(list []choice, code string) bool {
		return code == "" || slices.ContainsFunc(list, func(c choice) bool { return c.Code == code })
	}
	switch {
	case !known(v.Types, v.Type) || !known(v.Fields, v.Field) || v.Region != "" && !reRegionCode.MatchString(v.Region):
	case v.Tab == "offers":
		v.Offers, v.Next, err = listed[rights.Listing](q, "listings", "cursor", "state", string(rights.StateListed), "q", v.Q, "productType", v.Type, "industry", v.Industry, "region", v.Region)
	default:
		v.Demands, v.Next, err = listed[rights.Demand](q, "demands", "cursor", "state", string(rights.StateOpen), "q", v.Q, "productType", v.Type, "industry", v.Industry, "region", v.Region, "field", v.Field)
	}
	if err != nil {
		return err
	}
	if q.param("cursor") != "" {
		v.First = q.with("cursor", "")
	}
	stats, err := q.Reader.Stats()
	if err != nil {
		return err
	}
	v.OfferTotal, v.DemandTotal = stats.States[string(rights.KindListing)+"/"+string(rights.StateListed)], stats.States[string(rights.KindDemand)+"/"+string(rights.StateOpen)]
	return q.render(http.StatusOK, "market", "market", v)
}

type offerView struct {
	*Seen[rights.Listing]
	Product *Seen[rights.Product] // nil: not public
	Right   *rights.Right
	History []Event
	Mine    bool
}

func (q *request) offer() error {
	l, err := one[rights.Listing](q, "listings", q.r.PathValue("id"))
	if err != nil {
		return err
	}
	v := offerView{Seen: l, Mine: q.who != nil && q.who.ParticipantID == l.Record.SellerID}
	if id := l.Record.ProductID; id != "" {
		if p, err := one[rights.Product](q, "products", id); err == nil {
			v.Product = p
		} else if !notShown(err) {
			return err
		}
	}
	if l.Record.RightID != "" {
		v.Right = q.loadRight(l.Record.RightID)
	}
	if v.History, err = q.timeline(rights.RecordRef{Kind: rights.KindListing, ID: l.Record.ID}); err != nil {
		return err
	}
	return q.render(http.StatusOK, "offer", "market", v)
}

type demandView struct {
	*Seen[rights.Demand]
	Matched []Seen[rights.Listing]
	Mine    bool
}

func (q *request) demand() error {
	d, err := one[rights.Demand](q, "demands", q.r.PathValue("id"))
	if err != nil {
		return err
	}
	v := demandView{Seen: d, Mine: q.who != nil && q.who.ParticipantID == d.Record.BuyerID}
	for _, id := range d.Record.MatchedListingIDs {
		l, err := one[rights.Listing](q, "listings", id)
		if notShown(err) {
			continue
		}
		if err != nil {
			return err
		}
		v.Matched = append(v.Matched, *l)
	}
	return q.render(http.StatusOK, "demand", "market", v)
}

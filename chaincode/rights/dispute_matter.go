package rights

// matter is what a dispute is about.
type matter struct {
	at          UnixSec  // since when the limitation runs
	parties     []string // whom it concerns; none: anybody may be affected
	rightID     string
	registrarID string
	tradeID     string
	venueID     string
}

// refTypes are what a dispute can be about.
var refTypes = []string{"Right", "Trade", "Delivery", "Copy", "Settlement", "Listing", "Product", "Pledge", "Permit"}

// matterOf loads what a dispute is about.
func (a *Act) matterOf(refType, refID string) (*matter, error) {
	if err := oneOf("refType", refType, refTypes...); err != nil {
		return nil, err
	}
	m := new(matter)
	var err error
	switch refType {
	case "Right":
		err = a.matterRight(m, refID)
	case "Trade":
		err = a.matterTrade(m, refID)
	case "Delivery":
		var d Delivery
		if err = need(a, KindDelivery, "refId", refID, &d); err == nil {
			if d.TradeID != "" {
				err = a.matterTrade(m, d.TradeID)
			}
			m.parties, m.at = []string{d.FromID, d.ToID}, d.UpdatedAt
		}
	case "Copy":
		var c Copy
		if err = need(a, KindCopy, "refId", refID, &c); err == nil {
			if c.TradeID != "" {
				err = a.matterTrade(m, c.TradeID)
			}
			m.parties, m.at = append(m.parties, c.HolderID), c.UpdatedAt
		}
	case "Settlement":
		var s Settlement
		if err = need(a, KindSettlement, "refId", refID, &s); err == nil {
			err = a.matterTrade(m, s.TradeID)
			for _, l := range s.Payees {
				m.parties = append(m.parties, l.PayeeID)
			}
			m.at = s.UpdatedAt
		}
	case "Listing":
		var l Listing
		if err = need(a, KindListing, "refId", refID, &l); err == nil {
			if l.RightID != "" {
				err = a.matterRight(m, l.RightID)
			}
			m.at = l.UpdatedAt
		}
	case "Product":
		var p Product
		err = need(a, KindProduct, "refId", refID, &p)
		m.at = p.UpdatedAt
	case "Pledge":
		var pl Pledge
		if err = need(a, KindPledge, "refId", refID, &pl); err == nil {
			m.parties, m.at = []string{pl.PledgorID, pl.PledgeeID, pl.DebtorID}, pl.UpdatedAt
		}
	case "Permit":
		var p Permit
		if err = need(a, KindPermit, "refId", refID, &p); err == nil {
			m.parties, m.at = []string{p.GrantorID, p.PermitteeID, p.PlatformID}, p.UpdatedAt
		}
	}
	return m, err
}

func (a *Act) matterRight(m *matter, id string) error {
	var r Right
	if err := need(a, KindRight, "refId", id, &r); err != nil {
		return err
	}
	m.rightID, m.registrarID, m.at = r.ID, r.RegistrarID, r.UpdatedAt
	return nil
}

func (a *Act) matterTrade(m *matter, id string) error {
	var t Trade
	if err := need(a, KindTrade, "refId", id, &t); err != nil {
		return err
	}
	if t.RightID != "" {
		if err := a.matterRight(m, t.RightID); err != nil {
			return err
		}
	}
	m.tradeID, m.venueID, m.parties, m.at = t.ID, t.VenueID, []string{t.BuyerID, t.SellerID}, t.UpdatedAt
	return nil
}

// office says who takes the dispute up: the registrar of the right for title,
// the venue for what is on a trade, a regulator for the rest.
func (m *matter) office(d *Dispute) {
	switch {
	case d.Type == "Title" || d.Type == "Objection":
		d.AcceptedAs, d.RegistrarID = officeTitle, m.registrarID
	case m.tradeID != "" && d.Type != "Privacy":
		d.AcceptedAs, d.VenueID = officeTrade, m.venueID
	default:
		d.AcceptedAs = officeOther
	}
}

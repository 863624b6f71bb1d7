package contract_test

import (
	"testing"

	"github.com/datarights/datarights/chaincode/rights"
)

func TestOfferEndToEnd(t *testing.T) {
	s := newMarket(t).newShop(100)
	b := s.offered("a")
	id := s.listed(b)
	l := read[rights.Listing](s.market, rights.KindListing, id)
	if l.State != rights.StateListed || l.SellerID != s.seller || l.CertNo == "" || l.ProductVersion != 1 || l.RelatedParty {
		t.Errorf("%+v", l)
	}
}

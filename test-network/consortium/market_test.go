package consortium_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/datarights/datarights/chaincode/rights"
	"github.com/datarights/datarights/client"
	"github.com/datarights/datarights/test-network/scene"
	"github.com/datarights/datarights/test-network/trace"
)

// What parties keep to themselves. The amounts are like no other number, so that
// finding one is finding it.
const (
	price     = 7_204_918_365_271 // of a trade; four fifths of it are the seller's
	sellers   = "5763934692217"
	claim     = 3_618_047_295_563
	statement = "所交付的 2017 年三季度读数有 412 处与抄表记录不符，样本编号 XK-77153-QZ"
	worth     = 8_461_372_950_184 // of a right pledged
	principal = "4230686475092"
	secured   = "5076823770110"

	borrowersName = "盐城借款企业有限公司 91-774-20518" // no secret
)

// traded is a market whose parties have done what they keep to themselves.
type traded struct {
	*scene.Market
	pledged *scene.Valued
	pledge  string
	deal    *scene.Deal
	dispute string
	secrets trace.Secrets
}

// pledgor is who pledged the right.
func (m *traded) pledgor() scene.Person { return m.pledged.Holder }

// On is the market reporting to another test.
func (m *traded) On(t *testing.T) *traded {
	n := *m
	n.Market = m.Market.On(t)
	return &n
}

// testMarket has a trade paid, another disputed and a right pledged, by commands
// alone, and looks for what was secret in everything that every process keeps.
func testMarket(t *testing.T, e engine) *traded {
	m := &traded{Market: scene.Found(t, e.Deployment, func(p *rights.PublishProfile) {
		for i := range p.Params {
			if p.Params[i].Key == rights.ParamPurgeYears {
				p.Params[i].Int = 0 // what ended may be purged
			}
		}
	})}
	seller, buyer := m.Join("盐都数据产品有限公司", "Group", nil), m.Join("射阳数据应用有限公司", "Bank", nil)
	product := m.Produce(m.Register(seller), m.Content(seller), 0)
	actions := []rights.Action{rights.ActHold, rights.ActQuery, rights.ActProcess}
	m.deal = m.Strike(product, buyer, price, actions...).Running().Deliver().Settle().Complete()
	disputed := m.Buy(product, m.deal.Listing, buyer, price)
	disputed.Permission = m.deal.Permission
	disputed.Running()
	words := rights.DisputeStatement{Salt: scene.Salt(), Statement: statement, ClaimFen: claim}
	m.dispute = disputed.Dispute(words)
	m.Do(m.Exchange, "dispute.accept", rights.OfDispute{DisputeID: m.dispute})

	borrower := m.Join(borrowersName, "Exchange", nil)
	m.pledged = m.Value(m.Register(borrower), worth)
	amounts := m.pledged.Amounts()
	m.pledge = m.Pledge(m.pledged, "loan", amounts)

	m.secrets = trace.Secrets{
		tradeTerms:  {fmt.Sprint(price), sellers, fmt.Sprint(claim), statement, words.Salt, m.deal.Terms.Salt, disputed.Terms.Salt},
		pledgeTerms: {fmt.Sprint(worth), principal, secured, amounts.Salt},
	}
	testNoTraceOf(t, e, m.secrets)
	// What is no secret is found everywhere, so a leak would be: in what is kept of
	// it, and in what was signed, which stands in blocks as base64.
	signed := `"keyFingerprint":"` + borrower.Key.Info().Fingerprint[:24]
	for _, public := range []string{borrowersName, signed} {
		found, err := trace.Leaks(e.Deployment, trace.Secrets{tradeTerms: {public}})
		for _, org := range everyone {
			if place := strings.ToLower(org) + "/peer/data/ledgersData/chains"; err != nil || !slices.ContainsFunc(found, func(at string) bool { return strings.Contains(at, place) }) {
				t.Errorf("%s is not found in %s: %v, %v", public, place, err, found)
			}
		}
	}

	// Members' parties read it where it is kept, byte for byte; nobody elsewhere.
	for _, test := range []struct {
		path, value string
		p           scene.Person
		at          []string
	}{
		{"/v1/trades/" + m.deal.Trade + "/terms", fmt.Sprint(price), buyer, []string{"Exchange", "Regulator"}},
		{"/v1/settlements/" + m.deal.Settlement + "/amounts", sellers, seller, []string{"Exchange", "Regulator"}},
		{"/v1/disputes/" + m.dispute + "/statement", statement, seller, []string{"Exchange", "Regulator"}},
		{"/v1/pledges/" + m.pledge + "/amounts", principal, m.Bank, []string{"Exchange", "Regulator", "Bank"}},
	} {
		for _, via := range everyone {
			raw, err := m.Secret(test.p.Through(via), test.path)
			var p *client.Problem
			member := strings.Contains(strings.Join(test.at, " "), via)
			if member && (err != nil || !strings.Contains(string(raw), test.value)) || !member && (!errors.As(err, &p) || p.Code != "E_MISDIRECTED") {
				t.Errorf("%s at %s: %s, %v", test.path, via, raw, err)
			}
		}
	}
	return m
}

// testMarketPurge: what has ended and was kept long enough is purged by the
// exchange, one record at a time, and is gone for its parties too.
func testMarketPurge(t *testing.T, m *traded) {
	m = m.On(t)
	m.Refused(rights.CodeState, m.Exchange, "secret.purge", rights.PurgeSecret{ID: m.dispute}) // it is open
	m.Refused(rights.CodeRole, m.Regulator, "secret.purge", rights.PurgeSecret{ID: m.deal.Trade})
	m.Do(m.Exchange, "secret.purge", rights.PurgeSecret{ID: m.deal.Trade})
	for _, via := range []string{"Exchange", "Regulator"} {
		var p *client.Problem
		if raw, err := m.Secret(m.deal.Buyer.Through(via), "/v1/trades/"+m.deal.Trade+"/terms"); !errors.As(err, &p) || p.Status/100 != 4 {
			t.Errorf("%s still has the terms: %s, %v", via, raw, err)
		}
		if raw, err := m.Secret(m.deal.Buyer.Through(via), "/v1/settlements/"+m.deal.Settlement+"/amounts"); err != nil || !strings.Contains(string(raw), sellers) {
			t.Errorf("%s has lost the amounts as well: %s, %v", via, raw, err)
		}
		// The commitment stays: whoever kept the bytes can open it.
		tr := scene.ReadAs[rights.Trade](m.Market, m.deal.Buyer.Through(via), "/v1/trades/"+m.deal.Trade)
		if kept, commitment := scene.Hidden(m.deal.Terms); tr.TermsCommitment != commitment || client.Commitment(kept) != commitment {
			t.Errorf("%s: the trade's commitment is %s, the terms' %s", via, tr.TermsCommitment, commitment)
		}
	}
}

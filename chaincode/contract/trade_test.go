package contract_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/datarights/datarights/chaincode/rights"
	"github.com/datarights/datarights/chaincode/state"
)

// kept reads what the collection of trade terms keeps of a record.
func kept[S any](m *market, kind rights.Kind, id string) *S {
	m.t.Helper()
	key, err := state.Key(kind, id)
	if err != nil {
		m.t.Fatal(err)
	}
	raw := m.ledger.Secret(string(rights.CollectionTrade), key)
	if raw == nil {
		return nil
	}
	v := new(S)
	if err := json.Unmarshal(raw, v); err != nil {
		m.t.Fatal(err)
	}
	return v
}

// dealt is a market with a seller's offer and a buyer.
func dealt(t testing.TB) *deal {
	t.Helper()
	m := newMarket(t)
	m.joinAs(dealer(1), "建湖数据经营有限公司", "320925", rights.RoleEnterprise)
	m.joinAs(dealer(2), "射阳数据应用有限公司", "320924", rights.RoleEnterprise)
	return m.offered(dealer(1), dealer(2), "power", "0001")
}

// the full path of a trade, with secret terms and settlement lines.
func TestFullTrade(t *testing.T) {
	d := dealt(t).settled()
	if tr := d.theTrade(); tr.State != rights.StateSettled || len(tr.Signatures) != 2 || tr.AgreedAt == 0 || tr.CompleteDueAt <= d.now || tr.OnHold {
		t.Fatalf("%+v", tr)
	}
	d.refuses(d.by(d.buyer, "trade.complete", d.ofTrade()), rights.CodeDeadline)
	d.must(d.by(exchangeID, "trade.complete", d.ofTrade()))
	if tr := d.theTrade(); tr.State != rights.StateCompleted || tr.EndedAt != d.now || tr.Venue != rights.VenueOnExchange {
		t.Errorf("%+v", tr)
	}
	c := read[rights.Copy](d.market, rights.KindCopy, d.copy)
	if c.State != rights.StateHeld || c.HolderID != d.buyer || c.AccessOnly || c.HoldUntil != d.permission.To || c.DestroyDueAt != d.permission.To+30*86400 {
		t.Errorf("%+v", c)
	}
	amounts := kept[rights.SettlementAmounts](d.market, rights.KindSettlement, d.settl)
	var sum int64
	for _, l := range amounts.Lines {
		sum += l.AmountFen
	}
	if sum != amounts.GrossFen || sum != 1_000_003 || amounts.Lines[0].AmountFen != 700_002 || amounts.Lines[1].AmountFen != 200_001 || amounts.Lines[2].AmountFen != 100_000 {
		t.Errorf("%+v", amounts)
	}
	// G-12: nothing of the money is on the channel.
	for _, key := range d.ledger.Keys() {
		if v := string(d.ledger.Get(key)); contains(v, "1000003") || contains(v, "700002") || contains(v, "amountFen") || contains(v, "grossFen") {
			t.Errorf("%q is on the channel: %s", key, v)
		}
	}
}

func contains(s, sub string) bool { return strings.Contains(s, sub) }

package explorer

import (
	"strings"
	"testing"
	"time"

	"github.com/datarights/datarights/chaincode/rights"
)

func exchangeAPI(t *testing.T) *deskAPI {
	now := sampleNow.Unix()
	l := &rights.Listing{Head: rights.Head{ID: "LS-320900-20261130-000000000001-00", State: "Submitted", CreatedAt: now - 7200}, ProductID: "DP-1", ProductVersion: 1, ProductName: hostile, SellerID: energy, VenueID: deskExchange,
		RightID: deskRight, SubjectType: "LicenceUse", DeliveryModes: []string{"API"}, PriceModel: "Lump", UnitPriceFen: 12345, ValidFrom: now, ValidTo: now + 86400,
		Permission: &rights.Permission{Scope: rights.Scope{Purposes: []string{hostile}, Regions: []string{"3209"}, MaxGrade: 2}}}
	return &deskAPI{t: t, who: deskExchange, roles: []rights.Role{rights.RoleExchange}, answers: map[string]any{
		"/v1/listings":      answered(l),
		"/v1/products/DP-1": &rights.Product{Head: rights.Head{ID: "DP-1", State: "Approved"}, Name: hostile, Overview: hostile, ProductType: "Dataset", Level: "LevelGeneral", Grade: 2, PI: "None"},
		"/v1/rights/" + deskRight: map[string]any{"id": deskRight, "state": "Active", "kind": "RightOperation", "certNo": deskCert, "validTo": now + 99, "effective": map[string]any{"now": false, "reasonZh": "来源已失效", "reason": "its source fell"},
			"encumbrances": []rights.Encumbrance{{Type: rights.EncPledge, RefID: deskPledge, ByID: deskBank, Rank: 1}}},
		"/v1/trades?limit=20&state=Agreed&venue=" + deskExchange: answered(&rights.Trade{Head: rights.Head{ID: "TR-1", State: "Agreed", UpdatedAt: now - 60}, ProductName: hostile, SellerID: energy, BuyerID: logistic, PriceModel: "Lump", SubjectType: "LicenceUse", DisputeIDs: []string{"DS-1"}}),
		"/v1/disputes/DS-1":                 &rights.Dispute{Head: rights.Head{ID: "DS-1", State: "Accepted"}, Type: "Quality", ClaimantID: logistic, RespondentIDs: []string{energy}, RefID: "TR-1", AcceptedBy: deskExchange, AnswerDueAt: now - 5},
		"/v1/disputes?limit=20&state=Filed": answered(&rights.Dispute{Head: rights.Head{ID: "DS-2", State: "Filed"}, Type: "Payment", ClaimantID: energy, RespondentIDs: []string{logistic}, RefID: "TR-2"}),
	}}
}

func TestExchangePages(t *testing.T) {
	api := exchangeAPI(t)
	says(t, api.desk(t, "/exchange"), "来源已失效", "¥123.45", "2 小时前", "质押", "不予挂牌", "盐城市（3209）", "一口价", "接口")
	says(t, api.desk(t, "/exchange?lang=en"), "its source fell", "2 hours ago", "Lump sum")
	got := says(t, api.desk(t, "/exchange/trades"), "待交易机构合规审查并确认合同", "等我们", "已逾期", "许可使用")
	if !strings.Contains(got, "江苏海风") {
		t.Error("the trade's parties are not named")
	}
}

// Whom a trade waits for.
func TestTradeWaits(t *testing.T) {
	now := int64(1000)
	delivery := func(d rights.Delivery) []Seen[rights.Delivery] { return []Seen[rights.Delivery]{{Record: &d}} }
	for want, row := range map[string]tradeRow{
		"the seller's answer":       {Trade: &rights.Trade{Head: rights.Head{State: "Applied"}, SellerID: "S"}},
		"terms to be proposed":      {Trade: &rights.Trade{Head: rights.Head{State: "Negotiating"}}},
		"the buyer to sign":         {Trade: &rights.Trade{Head: rights.Head{State: "Negotiating"}, TermsHash: "h", SellerID: "S", BuyerID: "B", Signatures: []rights.Signature{{Kid: "S#1"}}}},
		"us to check":               {Trade: &rights.Trade{Head: rights.Head{State: "Agreed"}}},
		"the seller to deliver":     {Trade: &rights.Trade{Head: rights.Head{State: "Implementing"}}},
		"the buyer to accept":       {Trade: &rights.Trade{Head: rights.Head{State: "Implementing"}}, Deliveries: delivery(rights.Delivery{Head: rights.Head{State: "Received"}, AcceptDueAt: 2000})},
		"anyone may deem it accept": {Trade: &rights.Trade{Head: rights.Head{State: "Implementing"}}, Deliveries: delivery(rights.Delivery{Head: rights.Head{State: "Received"}, AcceptDueAt: 1000})},
		"deliver again":             {Trade: &rights.Trade{Head: rights.Head{State: "Implementing"}}, Deliveries: delivery(rights.Delivery{Head: rights.Head{State: "Rejected"}})},
		"us to open the settlement": {Trade: &rights.Trade{Head: rights.Head{State: "Delivered"}, PriceModel: "Lump"}},
		"the payees to confirm":     {Trade: &rights.Trade{Head: rights.Head{State: "Delivered"}}, Settlements: []settlementRow{{Settlement: &rights.Settlement{Head: rights.Head{State: "Distributed"}, ConfirmDueAt: 2000}}}},
		"On hold":                   {Trade: &rights.Trade{Head: rights.Head{State: "Delivered"}, OnHold: true}},
	} {
		row.waits(now)
		if !strings.Contains(row.Waits.En, want) || row.Waits.Zh == "" {
			t.Errorf("got %q, want %q", row.Waits.En, want)
		}
	}
}

// The consortium's page says who is behind, which certificate ends first, and how
// many transactions there were.
func TestExchangeConsortium(t *testing.T) {
	now := sampleNow
	v := healthView{}
	v.count(Consortium{Members: []Member{{MSPID: "AMSP", IdentityUntil: now.Add(100 * 24 * time.Hour), Processes: []Process{
		{Name: "a-peer", Role: "peer", State: "ok", Height: 90, CertificateUntil: now.Add(10 * 24 * time.Hour)}, {Name: "a-orderer", Role: "orderer", State: "ok", Height: 93, CertificateUntil: now.Add(-time.Hour)}, {Name: "a-gateway", Role: "gateway"}}}}})
	v.measure(now.Unix())
	if v.Lowest != 90 || v.Highest != 93 || v.Lag["a-peer"] != 3 || v.Lag["a-orderer"] != 0 || v.Unknown != 1 {
		t.Errorf("heights %+v", v)
	}
	tones := ""
	for _, e := range v.Expiries {
		tones += e.Who + ":" + e.Tone + " "
	}
	if tones != "a-orderer:bad a-peer:warn :good " {
		t.Errorf("certificates %s", tones)
	}
	got := says(t, exchangeAPI(t).desk(t, "/exchange/consortium"), "吞吐量", "最近一小时")
	if strings.Contains(got, "NaN") {
		t.Error("a chart of nothing")
	}
}

package explorer

import (
	"encoding/json"
	"net/http"
	"strings"

	"github.com/datarights/datarights/chaincode/rights"
	"github.com/datarights/datarights/client"
)

// sampleMarket answers the public part of the API: some offers, a demand, and
// indicators with years of values.
type sampleMarket map[string]any

func (m sampleMarket) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	v, ok := m[r.URL.Path+"?"+r.URL.Query().Get("code")]
	if !ok {
		v, ok = m[r.URL.Path]
	}
	w.Header().Set("Content-Type", "application/json")
	if !ok {
		w.WriteHeader(http.StatusNotFound)
		v = client.Problem{Status: http.StatusNotFound, Code: "E_NOT_FOUND", DetailZh: "没有", DetailEn: "nothing"}
	}
	_ = json.NewEncoder(w).Encode(v)
}

type items struct {
	Items []any  `json:"items"`
	Next  string `json:"next"`
}

// shownAs is a record with what the API puts beside it.
func shownAs(record any, beside map[string]any) any {
	raw, _ := json.Marshal(record)
	all := map[string]any{}
	_ = json.Unmarshal(raw, &all)
	all["view"], all["ledger"] = "public", map[string]any{"block": 3, "txId": hex64("tx")}
	for k, v := range beside {
		all[k] = v
	}
	return all
}

const (
	sampleOffer   = "LS-320900-20261101-0a1b2c3d4e5f-00"
	sampleLapsed  = "LS-320900-20261101-0a1b2c3d4e5f-01"
	sampleDemand  = "DM-320900-20261101-0a1b2c3d4e5f-00"
	sampleProduct = "DP-320900-20261101-0a1b2c3d4e5f-00"
)

func sampleAPI() sampleMarket {
	from, to := at("2026-06-01 09:00:00").Unix(), at("2027-05-31 17:00:00").Unix()
	scope := rights.Scope{Purposes: []string{"green-credit"}, Regions: []string{"3209"}, Industries: []string{"*"}, Actions: []rights.Action{rights.ActQuery, rights.ActProcess}, Envs: []rights.Env{rights.EnvSandbox}, From: from, To: to}
	offer := rights.Listing{Head: rights.Head{ID: sampleOffer, State: rights.StateListed}, ProductID: sampleProduct, ProductName: "风电场短期功率预测数据集", ProductType: "Dataset", IndustryCode: "D44", RegionCode: "320900",
		SellerID: energy, VenueID: group, RightID: windRight + "2", CertNo: windCert, SubjectType: "LicenceUse", DeliveryModes: []string{"Sandbox", "EncryptedFile"}, Permission: &rights.Permission{Scope: scope}, PriceModel: "PerPeriod", UnitPriceFen: 1280050, ValidFrom: from, ValidTo: to}
	lapsed := offer
	lapsed.ID, lapsed.ProductName, lapsed.PriceModel, lapsed.UnitPriceFen = sampleLapsed, "Offshore wind \u202eresource <b>atlas</b> with a name that goes on and on and on", "Negotiated", 0
	good, bad := map[string]any{"effective": map[string]any{"now": true}}, map[string]any{"effective": map[string]any{"now": false, "reason": "the right is suspended", "reasonZh": "所依权利已被暂停"}}
	demand := rights.Demand{Head: rights.Head{ID: sampleDemand, State: rights.StateOpen}, BuyerID: energy, Title: "求购近三年逐时气象观测", Text: "用于风电功率预测；需含风速、气温、气压，覆盖盐城沿海。", Field: "GreenLowCarbon", IndustryCode: "M74", RegionCode: "320900",
		ProductTypes: []string{"Dataset", "API"}, BudgetBand: "10kTo100k", ValidTo: to, MatchedListingIDs: []string{sampleOffer}}
	m := sampleMarket{
		"/v1/listings": items{[]any{shownAs(offer, good), shownAs(lapsed, bad)}, "next"}, "/v1/listings/" + sampleOffer: shownAs(offer, good), "/v1/listings/" + sampleLapsed: shownAs(lapsed, bad),
		"/v1/demands": items{[]any{shownAs(demand, nil)}, ""}, "/v1/demands/" + sampleDemand: shownAs(demand, nil),
		"/v1/products/" + sampleProduct: shownAs(rights.Product{Head: rights.Head{ID: sampleProduct}, Name: "风电场短期功率预测数据集", Overview: "十五分钟间隔的预测与实测功率，含置信区间。"}, nil),
	}
	var definitions, published []any
	for _, d := range []struct {
		code, zh, en, unit, due, direction string
		target                             int64
		values                             []int64
	}{
		{"IN-01C", "数据交易额（累计）", "data trading volume, cumulative", "fen", "2025-12-31", "Up", 200000000000, []int64{12000000000, 61000000000, 143000000000, 188800000000}},
		{"IN-05", "引进数据商企业", "data vendors attracted", "count", "2025-12-31", "Up", 250, []int64{31, 120, 214, 268}},
		{"IN-11", "数据安全监管指标体系", "security supervision indicators", "milestone", "2024-12-31", "Up", 1, []int64{0, 1, 1, 1}},
		{"OP-03", "登记办结天数", "days to complete a registration", "days", "", "Down", 20, []int64{38, 29, 24, 22}},
		{"SI-02", "血缘完整率", "lineage completeness", "permille", "", "Up", 1000, []int64{712, 840, 951, 993}},
		{"SI-14", "未公布的指标", "not yet published", "count", "", "Watch", 0, nil},
	} {
		def := rights.Indicator{Head: rights.Head{ID: d.code + "@1", State: "Active"}, Code: d.code, NameZh: d.zh, NameEn: d.en, Formula: "settled amounts of trades on the exchange", Unit: d.unit, Sources: []string{"Trade", "Settlement"}, Window: "AsOf", Target: d.target, TargetDate: d.due, Direction: d.direction, Ver: 1}
		definitions = append(definitions, shownAs(def, nil))
		m["/v1/indicators?"+d.code] = items{[]any{shownAs(def, nil)}, ""}
		var own []any
		for i, v := range d.values {
			s := rights.Snapshot{Head: rights.Head{ID: "IS-" + d.code, State: rights.StatePublished, LastTxID: hex64(d.code)}, Code: d.code, AsOf: at([]string{"2023", "2024", "2025", "2026"}[i] + "-06-30 23:59:59").Unix(), ValueInt: v, InputCount: v, ComputedBy: group, ConfirmedBy: group}
			if d.unit == "permille" {
				s.Permille = v
			}
			own = append(own, shownAs(s, nil))
		}
		published = append(published, own...)
		m["/v1/snapshots?"+d.code] = items{own, ""}
		if len(d.values) > 0 {
			last := d.values[len(d.values)-1]
			m["/v1/indicators/"+d.code+"/value"] = map[string]any{"asOf": sampleNow.Unix(), "value": last, "permille": last, "inputRoot": "sm3:" + hex64("root"), "inputCount": 12, "blockHeight": 90}
		} else {
			m["/v1/snapshots?"+d.code] = items{[]any{}, ""}
			m["/v1/indicators/"+d.code+"/value"] = map[string]any{"asOf": sampleNow.Unix(), "inputRoot": "sm3:" + strings.Repeat("0", 64), "blockHeight": 90}
		}
	}
	m["/v1/indicators"], m["/v1/snapshots"] = items{definitions, ""}, items{published, ""}
	return m
}

package indicator

import (
	"testing"

	"github.com/datarights/datarights/chaincode/rights"
)

func TestListed(t *testing.T) {
	later := at("2026-12-31")
	product := func(id, tag string, scenarios ...string) *rights.Product {
		return &rights.Product{Head: head(id, rights.StateApproved), ScenarioIDs: scenarios, Versions: []rights.ProductVersion{{No: 1, MatchTag: tag}, {No: 2, MatchTag: tag + "2"}}}
	}
	listing := func(id, product string, version int64, state rights.State, to rights.UnixSec) *rights.Listing {
		return &rights.Listing{Head: head(id, state), ProductID: product, ProductVersion: version, ProductType: "Dataset", IndustryCode: "D441", RegionCode: "320902", ValidTo: to}
	}
	other := listing("LS-7", "DP-7", 1, rights.StateListed, later)
	other.RegionCode, other.IndustryCode = "320903", "D445"
	right := listing("LS-8", "", 0, rights.StateListed, later)
	m := ledger(product("DP-1", "a", "SC-1", "SC-2"), product("DP-2", "b"), product("DP-3", "b2"), product("DP-4", "d"), product("DP-5", "e"), product("DP-6", "f"), product("DP-7", "g"),
		&rights.Scenario{Head: head("SC-1", rights.StateIncluded), Field: "Finance"}, &rights.Scenario{Head: head("SC-2", rights.StateIncluded), Field: "Health"},
		listing("LS-1", "DP-1", 1, rights.StateListed, later), listing("LS-0", "DP-1", 2, rights.StateListed, later), // two versions, one product
		listing("LS-2", "DP-2", 2, rights.StateListed, later), listing("LS-3", "DP-3", 1, rights.StateListed, later), // two products, one tag
		listing("LS-4", "DP-4", 1, rights.StateDelisted, later), listing("LS-5", "DP-5", 1, rights.StateListed, at("2025-12-31")), // gone, past its term
		listing("LS-6", "DP-6", 1, rights.StateRejected, later), other, right)
	want(t, computed(t, "IN-03L", m), 3, "", "LS-0+1", "LS-2+1", "LS-7+1")
	want(t, computed(t, "IN-03E", m), 5, "")
	want(t, computed(t, "IN-03L", m, yandu), 1, "", "LS-7+1")
	want(t, computed(t, "IN-03L", m, theCity), 3, "")
	// DP-1 is of two fields, one listing for both; the others are of none.
	want(t, computed(t, "IN-03K", m), 3, "", "LS-0+2", "LS-2+1")
}

func TestParticipants(t *testing.T) {
	local := func(id, origin, region string, state rights.State) *rights.Participant {
		return &rights.Participant{Head: head(id, state), USCC: id, Origin: origin, Tags: []string{rights.TagDataElementEnterprise}, RegionCode: region, Roles: []rights.Role{rights.RoleVendor}, SettledOn: "2025-12-31"}
	}
	untagged := local("f3", "Local", "320902", rights.StateActive)
	untagged.Tags = nil
	late := local("v3", "Introduced", "320902", rights.StateActive)
	late.SettledOn = "2026-01-01"
	buyer := local("v4", "Introduced", "320902", rights.StateActive)
	buyer.Roles = []rights.Role{rights.RoleEnterprise}
	m := ledger(local("f1", "Local", "320902", rights.StateActive), local("f2", "Local", "320902", rights.StateSuspended), untagged, local("f4", "Local", "320500", rights.StateActive),
		local("f5", "Local", "320903", rights.StateActive), local("f6", "Local", "320903", rights.StateActive), local("f7", "Local", "320903", rights.StateActive),
		local("v1", "Introduced", "320902", rights.StateActive), local("v2", "Introduced", "320903", rights.StateActive), late, buyer,
		&rights.Certificate{Head: head("SJ2", rights.StateValid), HolderID: "f1"}, &rights.Certificate{Head: head("SJ1", rights.StateAdjusted), HolderID: "f1"}, &rights.Certificate{Head: head("SJ3", rights.StateCancelled), HolderID: "f7"},
		&rights.Trade{Head: head("TR-1", rights.StateSettled), SellerID: "f5", BuyerID: "x", SettledAt: 5}, &rights.Trade{Head: head("TR-2", rights.StateAgreed), SellerID: "f7", BuyerID: "x", AgreedAt: at("2024-12-30")},
		&rights.Accounting{Head: head("AR-1", rights.StateRecorded), EnterpriseID: "f6"}, &rights.Accounting{Head: head("AR-2", rights.StateDerecognised), EnterpriseID: "f7"},
		&rights.Listing{Head: head("LS-1", rights.StateRejected), SellerID: "v1", ProductID: "DP-1", ValidTo: 9}, &rights.Trade{Head: head("TR-3", rights.StateAgreed), BuyerID: "v2", SellerID: "x", AgreedAt: at("2025-01-01")},
	)
	want(t, computed(t, "IN-04", m), 4, "", "f1+1", "f5+1", "f6+1", "f7+1")
	want(t, computed(t, "IN-04", m, yandu), 3, "")
	want(t, computed(t, "IN-04S", m), 3, "", "AR-1+0", "SJ1+0", "TR-1+0", "f1+1", "f5+1", "f6+1")
	want(t, computed(t, "IN-05", m), 2, "", "v1+1", "v2+1")
	want(t, computed(t, "IN-05A", m), 1, "", "TR-3+0", "v2+1")
	// Twelve months later the trade is old.
	want(t, computed(t, "IN-05A", m, func(a *Ask) { a.AsOf = at("2026-01-02") }), 0, "")
}

func TestScenariosInUse(t *testing.T) {
	authorised := func(id, landedOn, region, zone string, state rights.State) *rights.Scenario {
		return &rights.Scenario{Head: head(id, state), Kind: rights.ScenarioAuthorised, LandedOn: landedOn, RegionCode: region, FuncZone: zone}
	}
	typical := func(id, on, removed string) *rights.Scenario {
		return &rights.Scenario{Head: head(id, rights.StateIncluded), Kind: rights.ScenarioTypical, IncludedOn: on, RemovedOn: removed, RegionCode: "320903"}
	}
	m := ledger(authorised("SC-1", "2025-03-01", "320903", "", rights.StateLanded), authorised("SC-2", "", "320903", "", rights.StateIncluded), authorised("SC-3", "2025-03-01", "320903", "", rights.StateRemoved),
		authorised("SC-4", "2026-01-01", "320902", "YNHTZ", rights.StateLanded), authorised("SC-5", "2025-12-31", "320903", "YNHTZ", rights.StateLanded),
		typical("SC-6", "2025-03-01", "2025-12-31"), typical("SC-7", "2025-03-01", "2026-01-01"), typical("SC-8", "2024-12-31", ""), typical("SC-9", "2025-12-31", ""))
	want(t, computed(t, "IN-06", m), 2, "", "SC-1+1", "SC-5+1")
	want(t, computed(t, "IN-06", m, func(a *Ask) { a.AsOf = at("2025-02-28") }), 0, "")
	want(t, computed(t, "IN-07", m), 2, "320903=1 YNHTZ=1 together=2", "SC-1+1", "SC-5+1")
	want(t, computed(t, "IN-07", m, func(a *Ask) { a.AsOf = at("2025-03-01") }), 1, "320903=1 YNHTZ=0 together=1")
	want(t, computed(t, "IN-09", m), 2, "", "SC-7+1", "SC-9+1")
	want(t, computed(t, "IN-09", m, func(a *Ask) { a.Period = Year(2024) }), 1, "")
}

func TestMilestones(t *testing.T) {
	doc := func(id, kind, on string) *rights.PolicyDoc {
		return &rights.PolicyDoc{Head: head(id, rights.StateInForce), Kind: kind, IssuedOn: on}
	}
	m := ledger(doc("PD-1", "Trading", "2024-06-01"), doc("PD-2", "Trading", "2024-05-01"), doc("PD-3", "Other", "2024-05-01"), doc("PD-4", "SecurityNorm", "2026-01-01"),
		&rights.Indicator{Head: head("SI-01@1", rights.StateRetired), Code: "SI-01"}, &rights.Indicator{Head: head("SI-01@2", rights.StateActive), Code: "SI-01"},
		&rights.Indicator{Head: head("SI-02@1", rights.StateActive), Code: "SI-02"}, &rights.Indicator{Head: head("OP-02@1", rights.StateActive), Code: "OP-02"})
	want(t, computed(t, "IN-10", m), 1, "Trading=1", "PD-2+1")
	want(t, computed(t, "IN-11", m), 1, "definitions=2", "SI-01@2+1")
	// IN-13 is a document, and nothing else makes it.
	want(t, computed(t, "IN-13", m), 0, "")
	m.records[rights.KindPolicy] = append(m.records[rights.KindPolicy], &rights.PolicyDoc{Head: rights.Head{ID: "PD-9", Version: 2}, Kind: "LabellingBase", IssuedOn: "2025-12-31"})
	want(t, computed(t, "IN-13", m), 1, "LabellingBase=1", "PD-9+1")
}

func TestPlatforms(t *testing.T) {
	h := func(id string, state rights.State, on rights.UnixSec) rights.Head {
		return rights.Head{ID: id, State: state, CreatedAt: on}
	}
	m := ledger(&rights.CatalogueEntry{Head: h("CE-1", "", 9)}, &rights.CatalogueEntry{Head: h("CE-2", "", 8)}, &rights.Custody{Head: h("CU-1", rights.StateProposed, 1)}, &rights.Meter{Head: h("MT-1", "", 5)},
		&rights.Certificate{Head: h("SJ1", rights.StateCancelled, 2)}, &rights.Listing{Head: h("LS-1", rights.StateRejected, 1), ProductID: "DP-1", Zone: "ZoneXinchuang"}, &rights.Listing{Head: h("LS-2", rights.StateDelisted, 3), ProductID: "DP-1"},
		&rights.Measure{Head: h("SM-1", "", 7)}, &rights.Alert{Head: h("AL-1", "", 8)})
	want(t, computed(t, "IN-12", m), 5, "crypto=0 custody=0 fusion=1 governance=1 registration=1 supervision=1 trading=1 xinchuang=0", "CE-2+1", "LS-2+1", "MT-1+1", "SJ1+1", "SM-1+1")
}

// Versions of one dataset, and what was made of one alone, count once.
func TestHighQualityFamilies(t *testing.T) {
	mark := &rights.HighQuality{EvaluationID: "EV-1", Since: at("2025-06-01")}
	made := func(id, kind string, from ...string) *rights.Product {
		p := &rights.Product{Head: head(id, rights.StateApproved), ProductType: kind, HighQuality: mark, RegionCode: "320902"}
		for _, object := range from {
			p.Inputs = append(p.Inputs, rights.ProductInput{ObjectID: object})
		}
		return p
	}
	resource := func(id string, mark *rights.HighQuality, tag, lineage string) *rights.Resource {
		return &rights.Resource{Head: head(id, rights.StateCatalogued), HighQuality: mark, RegionCode: "320903", Versions: []rights.ResourceVersion{{No: 1, MatchTag: tag, LineageID: lineage}}}
	}
	retired := resource("DR-9", mark, "r", "")
	retired.State = rights.StateRetired
	m := ledger(
		&rights.Evaluation{Head: head("EV-1", rights.StateExpired), IssuedAt: at("2025-05-01"), ValidTo: at("2025-07-01")}, // expired since: it was in force at the mark
		resource("DR-1", mark, "a", ""), resource("DR-2", nil, "b", ""),
		made("DP-1", "Dataset", "DR-1"), made("DP-2", "Dataset", "DP-1"), // one family with DR-1
		made("DP-3", "Dataset", "DR-1", "DR-2"), // a fusion is a dataset of its own
		made("DP-4", "API", "DR-2"),             // no dataset
		resource("DR-3", mark, "a", ""),         // the same content as DR-1
		resource("DR-4", mark, "d", "LN-1"),     // made of a copy of DP-3
		&rights.Lineage{Head: head("LN-1", rights.StateAttested), Inputs: []rights.LineageInput{{Type: "Copy", ID: "CP-1"}}}, &rights.Copy{Head: head("CP-1", rights.StateHeld), ProductID: "DP-3"},
		resource("DR-5", &rights.HighQuality{EvaluationID: "EV-1", Since: at("2025-07-01")}, "e", ""), // not in force at the mark
		resource("DR-6", &rights.HighQuality{EvaluationID: "EV-1", Since: at("2026-06-01")}, "f", ""), retired)
	want(t, computed(t, "IN-08", m), 2, "", "DP-1+1", "DP-3+1")
	want(t, computed(t, "IN-08", m, yandu), 2, "", "DR-1+1", "DR-4+1")
}

package index

import (
	"encoding/json"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/datarights/datarights/chaincode/rights"
)

func TestFaceValues(t *testing.T) {
	f := readFace([]byte(`{"state":"Listed","version":3,"roles":["a","b",""],"deep":[{"x":{"y":"1"}},{"x":{"y":["2","3"]}},4,null],"yes":true,"none":null,"object":{"a":"b"},"year":2026}`))
	for path, want := range map[string][]string{
		"state": {"Listed"}, "version": {"3"}, "roles": {"a", "b"}, "deep.x.y": {"1", "2", "3"}, "yes": {"true"}, "year": {"2026"},
		"none": nil, "object": nil, "object.a": {"b"}, "object.a.b": nil, "missing": nil, "missing.x": nil, "state.x": nil, "deep.x": nil,
	} {
		if got := f.values(path); !slices.Equal(got, want) {
			t.Errorf("%s is %v, want %v", path, got, want)
		}
	}
	if f.state() != "Listed" || f.version() != 3 {
		t.Errorf("state %q, version %d", f.state(), f.version())
	}
	for _, broken := range []string{``, `null`, `[]`, `"x"`, `{`, `{"state":7,"version":"x"}`} {
		f := readFace([]byte(broken))
		if f.state() != "" || f.version() != 0 {
			t.Errorf("%s: state %q, version %d", broken, f.state(), f.version())
		}
	}
}

// recordTypes are the records by kind.
var recordTypes = map[rights.Kind]rights.Record{
	rights.KindProfile: &rights.RuleProfile{}, rights.KindCalendar: &rights.WorkCalendar{}, rights.KindParticipant: &rights.Participant{}, rights.KindResource: &rights.Resource{},
	rights.KindCase: &rights.Case{}, rights.KindObjection: &rights.Objection{}, rights.KindRight: &rights.Right{}, rights.KindRestraints: &rights.Restraints{}, rights.KindCertificate: &rights.Certificate{},
	rights.KindProduct: &rights.Product{}, rights.KindListing: &rights.Listing{}, rights.KindTrade: &rights.Trade{}, rights.KindDelivery: &rights.Delivery{}, rights.KindCopy: &rights.Copy{},
	rights.KindSettlement: &rights.Settlement{}, rights.KindDispute: &rights.Dispute{}, rights.KindDemand: &rights.Demand{}, rights.KindRecognition: &rights.Recognition{},
	rights.KindLineage: &rights.Lineage{}, rights.KindPermit: &rights.Permit{}, rights.KindMeter: &rights.Meter{}, rights.KindGrant: &rights.Grant{}, rights.KindAdmission: &rights.Admission{},
	rights.KindDisclosure: &rights.Disclosure{}, rights.KindCustody: &rights.Custody{}, rights.KindCatalogue: &rights.CatalogueEntry{},
	rights.KindEvaluation: &rights.Evaluation{}, rights.KindAccounting: &rights.Accounting{}, rights.KindPledge: &rights.Pledge{}, rights.KindGuarantee: &rights.Guarantee{},
	rights.KindMeasure: &rights.Measure{}, rights.KindAlert: &rights.Alert{}, rights.KindEvidence: &rights.EvidenceItem{}, rights.KindIndicator: &rights.Indicator{}, rights.KindSnapshot: &rights.Snapshot{},
	rights.KindScenario: &rights.Scenario{}, rights.KindPolicy: &rights.PolicyDoc{}, rights.KindSupport: &rights.Support{}, rights.KindMaturity: &rights.Maturity{}, rights.KindMarketEvent: &rights.MarketEvent{},
	rights.KindCryptoProfile: &rights.CryptoProfile{}, rights.KindCodeTable: &rights.CodeTable{},
}

// A field whose path no record has finds nothing, and nobody would notice.
func TestFieldsLeadIntoTheRecords(t *testing.T) {
	for kind, named := range fields {
		if kind == rights.KindReceipt {
			continue
		}
		rec := recordTypes[kind]
		if rec == nil {
			t.Errorf("%s has fields and no type", kind)
			continue
		}
		for name, f := range named {
			for _, path := range f.paths {
				if !leads(reflect.TypeOf(rec), path) {
					t.Errorf("%s.%s leads to %s, which %T does not have", kind, name, path, rec)
				}
			}
		}
		for _, path := range texted[kind] {
			if !leads(reflect.TypeOf(rec), path) {
				t.Errorf("the text of %s leads to %s, which %T does not have", kind, path, rec)
			}
		}
		if name := numbered[kind]; name != "" {
			if _, ok := named[name]; !ok {
				t.Errorf("%s is numbered by %s, which is no field", kind, name)
			}
		}
	}
	for kind := range recordTypes {
		if fields[kind] == nil {
			t.Errorf("%s can be asked for by nothing", kind)
		}
	}
}

// leads reports whether a path ends in a scalar, or a list of them, of a type.
func leads(t reflect.Type, path string) bool {
	for t.Kind() == reflect.Pointer || t.Kind() == reflect.Slice {
		t = t.Elem()
	}
	if path == "" {
		return t.Kind() != reflect.Struct
	}
	if t.Kind() != reflect.Struct {
		return false
	}
	name, rest, _ := strings.Cut(path, ".")
	for i := range t.NumField() {
		sf := t.Field(i)
		tag, _, _ := strings.Cut(sf.Tag.Get("json"), ",")
		if tag == name && leads(sf.Type, rest) || sf.Anonymous && tag == "" && leads(sf.Type, path) {
			return true
		}
	}
	return false
}

func TestRegionsAndIndustriesAreFoundByWhatContainsThem(t *testing.T) {
	raw, err := json.Marshal(rights.Listing{Head: rights.Head{ID: "LS-1"}, RegionCode: "320902", IndustryCode: "M7440"})
	if err != nil {
		t.Fatal(err)
	}
	d := derive(rights.KindListing, readFace(raw))
	for _, tc := range []struct {
		field, value string
		found        bool
	}{
		{"regionCode", "320902", true}, {"regionCode", "3209", true}, {"regionCode", "32", true}, {"regionCode", "3", false}, {"regionCode", "320903", false},
		{"industryCode", "M7440", true}, {"industryCode", "M744", true}, {"industryCode", "M74", true}, {"industryCode", "M", true}, {"industryCode", "M7", false}, {"industryCode", "M75", false},
	} {
		if got := slices.Contains(d.postings, fieldPrefix(rights.KindListing, tc.field, tc.value)); got != tc.found {
			t.Errorf("%s=%s found: %v", tc.field, tc.value, got)
		}
	}
}

// One record is found by every field of its kind, and no other kind's.
func TestRecordsAreFoundByTheirFields(t *testing.T) {
	for _, tc := range []struct {
		kind rights.Kind
		rec  rights.Record
		want map[string][]string
	}{
		{rights.KindProduct, &rights.Product{OwnerID: "o", ProductType: "Dataset", Inputs: []rights.ProductInput{{ObjectID: "DR-1", Version: 2, PermissionRef: "RT-1"}},
			Versions: []rights.ProductVersion{{No: 1, ContentRoot: "sm3:a", MatchTag: "sm3:t", LineageID: "LN-1"}, {No: 2, ContentRoot: "sm3:b"}}},
			map[string][]string{"ownerId": {"o"}, "inputId": {"DR-1", "RT-1"}, "contentRoot": {"sm3:a", "sm3:b"}, "matchTag": {"sm3:t"}, "lineageId": {"LN-1"}, "productType": {"Dataset"}}},
		{rights.KindTrade, &rights.Trade{BuyerID: "b", SellerID: "s", BrokerID: "k"}, map[string][]string{"partyId": {"b", "s", "k"}, "buyerId": {"b"}, "sellerId": {"s"}}},
		{rights.KindSettlement, &rights.Settlement{TradeID: "TR-1", Payees: []rights.SettlementLine{{PayeeID: "p"}, {PayeeID: "q"}}}, map[string][]string{"payeeId": {"p", "q"}, "tradeId": {"TR-1"}}},
		{rights.KindLineage, &rights.Lineage{Outputs: []rights.LineageOutput{{ID: "DP-1", ContentRoot: "sm3:o"}}, Inputs: []rights.LineageInput{{ID: "CP-1", ContentRoot: "sm3:i", PermissionRef: "CP-1"}}},
			map[string][]string{"output": {"DP-1", "sm3:o"}, "input": {"CP-1", "sm3:i"}, "permission": {"CP-1"}}},
		{rights.KindPermit, &rights.Permit{PermitteeID: "p", Scope: rights.Scope{ObjectIDs: []string{"DR-1"}}}, map[string][]string{"permitteeId": {"p"}, "objectId": {"DR-1"}}},
		{rights.KindDisclosure, &rights.Disclosure{Year: 2026}, map[string][]string{"year": {"2026"}}},
		{rights.KindMeasure, &rights.Measure{TargetKind: rights.KindTrade, Effects: []rights.MeasureEffect{{ID: "TR-1"}, {ID: "RT-1"}}}, map[string][]string{"effectId": {"TR-1", "RT-1"}, "targetKind": {"TR"}}},
		{rights.KindRestraints, &rights.Restraints{RightID: "RT-1", Encumbrances: []rights.Encumbrance{{Type: "EncFreeze", RefID: "SM-1"}}}, map[string][]string{"rightId": {"RT-1"}, "type": {"EncFreeze"}, "refId": {"SM-1"}}},
	} {
		rights.HeadOf(tc.rec).State = "S"
		raw, err := json.Marshal(tc.rec)
		if err != nil {
			t.Fatal(err)
		}
		d := derive(tc.kind, readFace(raw))
		tc.want["state"] = []string{"S"}
		for name, values := range tc.want {
			if _, ok := fields[tc.kind][name]; !ok {
				if name != "state" {
					t.Errorf("%s has no field %s", tc.kind, name)
				}
				continue
			}
			for _, v := range values {
				if !slices.Contains(d.postings, fieldPrefix(tc.kind, name, v)) {
					t.Errorf("%s is not found by %s=%s", tc.kind, name, v)
				}
			}
		}
	}
}

// However little of a record fits, the rest of it is found.
func TestMisfitsAreListedAndFoundByTheRest(t *testing.T) {
	d := derive(rights.KindTrade, readFace([]byte(`{"state":"Applied","buyerId":{"surprise":1},"sellerId":"s","productName":["a","b"],"version":"many"}`)))
	for _, want := range []string{fieldPrefix(rights.KindTrade, "sellerId", "s"), fieldPrefix(rights.KindTrade, "state", "Applied"), textPrefix(rights.KindTrade, "a")} {
		if !slices.Contains(d.postings, want) {
			t.Errorf("%q is missing", want)
		}
	}
	if d := derive(rights.KindTrade, readFace([]byte(`nothing`))); len(d.counters) != 1 || len(d.postings) != 0 {
		t.Errorf("what is no JSON gives %v", d)
	}
}

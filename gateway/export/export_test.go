package export

import (
	"bytes"
	"encoding/json"
	"flag"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/datarights/datarights/chaincode/rights"
	"github.com/datarights/datarights/test-network/validators"
)

var update = flag.Bool("update", false, "write the golden files")

var site = Site{Base: "https://registry.example.cn", Name: rights.Text{Zh: "盐城数据权利账本", En: "Yancheng data rights ledger"}}

const (
	at       = int64(1795406400)
	firm     = "91320900MA1WEATH0X"
	buyer    = "91320900MA1ENERG0X"
	resource = "DR-320902-20261123-0a1b2c3d4e5f-00"
	product  = "DP-320902-20261123-0a1b2c3d4e5f-00"
	listing  = "LS-320902-20261123-0a1b2c3d4e5f-00"
	service  = "LS-320902-20261123-0a1b2c3d4e5f-01"
	grant    = "GR-320902-20261123-0a1b2c3d4e5f-00"
	permit   = "UP-320902-20261123-0a1b2c3d4e5f-00"
	// hostile is text a stranger would try on whoever shows a document.
	hostile = "</script><img src=x onerror=alert(1)>\u202e\"'\\ =1+1 {{.}} 𝕏"
)

func head(id string, state rights.State) rights.Head {
	return rights.Head{ID: id, State: state, Version: 2, CreatedAt: at, UpdatedAt: at + 60}
}

func scope() rights.Scope {
	return rights.Scope{ObjectIDs: []string{product}, Purposes: []string{"SC-320902-20261123-0a1b2c3d4e5f-00", "credit"}, Regions: []string{"3209"}, Industries: []string{"J66"},
		Actions: []rights.Action{rights.ActHold, rights.ActQuery, rights.ActProcess, rights.ActTrain, rights.ActFuse}, MaxGrade: 2, Envs: []rights.Env{rights.EnvSandbox, rights.EnvTEE},
		Quota: []rights.Amount{{Unit: "Calls", Qty: 1000}, {Unit: "Rows", Qty: 5}}, From: at, To: at + 86400*365}
}

func sampleListing() rights.Listing {
	s := scope()
	return rights.Listing{Head: head(listing, rights.StateListed), ProductID: product, ProductVersion: 1, ProductName: "风电功率预测服务", ProductType: "API", IndustryCode: "D44", RegionCode: "320900", SellerID: firm,
		SubjectType: "ApiCalls", DeliveryModes: []string{"API", "Sandbox"}, Permission: &rights.Permission{Scope: s, DerivedSurvives: true}, PriceModel: "PerCall", UnitPriceFen: 1250,
		BuyerLimits: &rights.Limits{BuyerType: "Enterprise"}, ValidFrom: at, ValidTo: at + 86400*365}
}

func things() []Catalogued {
	publisher := Party{ID: firm, Name: rights.Text{Zh: "江苏沿海气象服务有限公司"}}
	return []Catalogued{
		{Resource: &rights.Resource{Head: head(resource, rights.StateCatalogued), Name: "盐城沿海逐时气象观测数据", Overview: hostile, HolderID: firm, IndustryCode: "M74", RegionCode: "320900", TimeFrom: "2025-01-01", TimeTo: "2025-12-31",
			UpdateFreq: "Daily", RecordCount: 8760, DataForm: "Table", Grade: 2, PublicRegCode: "GG-3209-1", Versions: []rights.ResourceVersion{{No: 1}, {No: 2}}}, Publisher: publisher,
			Certificates: []rights.Certificate{{Head: head("SJ3212026110001", rights.StateValid), CertNo: "SJ3212026110001", RegistrarID: buyer, IssuedAt: at}}},
		{Resource: &rights.Resource{Head: head(resource[:len(resource)-1]+"9", rights.StateCatalogued), Name: "无期限、无简介者", HolderID: firm, UpdateFreq: "某种新频率"}, Publisher: Party{ID: firm}},
		{Product: &rights.Product{Head: head(product, rights.StateApproved), Name: "风电功率预测服务", Overview: "按风场、按小时", OwnerID: firm, ProductType: "API", Grade: 2, IndustryCode: "D44", RegionCode: "320900",
			Versions: []rights.ProductVersion{{No: 1}}, PublicData: &rights.PublicData{GrantID: grant, PublicRegCode: "GG-3209-2"}}, Publisher: publisher, Listings: []rights.Listing{sampleListing()}},
		{Listing: &rights.Listing{Head: head(service, rights.StateListed), ProductName: "数据合规评估服务", RegionCode: "320900", SellerID: firm, SubjectType: rights.SubjectService, PriceModel: "Negotiated", ValidFrom: at, ValidTo: at + 1}, Publisher: publisher},
	}
}

func catalogue(t testing.TB, v *View, list ...Catalogued) []byte {
	t.Helper()
	var b bytes.Buffer
	c, err := NewCatalogue(&b, site, CatalogueHead{Publisher: Party{Name: rights.Text{Zh: "盐城市大数据集团", En: "Yancheng Big Data Group"}}, Height: 42, Modified: at})
	if err != nil {
		t.Fatal(err)
	}
	for _, x := range list {
		if err := c.Add(x); err != nil {
			t.Fatal(err)
		}
	}
	if err := c.Close(v); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// golden compares a document, indented, with the file of its name.
func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	var b bytes.Buffer
	if err := json.Indent(&b, got, "", "  "); err != nil {
		t.Fatalf("%v\n%s", err, got)
	}
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, append(b.Bytes(), '\n'), 0o600); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if strings.TrimSpace(string(want)) != strings.TrimSpace(b.String()) {
		t.Errorf("%s is not what it was; go test -update writes it, after a look at\n%s", path, b.String())
	}
}

// named are documents by what they are.
type named map[string][]byte

// check gives documents to a validator.
func check(t *testing.T, validate func(testing.TB, ...[]byte) []validators.Findings, docs named) map[string]validators.Findings {
	t.Helper()
	names, list := slices.Sorted(maps.Keys(docs)), [][]byte{}
	for _, name := range names {
		list = append(list, docs[name])
	}
	found := map[string]validators.Findings{}
	for i, f := range validate(t, list...) {
		found[names[i]] = f
	}
	return found
}

func conform(t *testing.T, validate func(testing.TB, ...[]byte) []validators.Findings, docs named) {
	t.Helper()
	for name, found := range check(t, validate, docs) {
		for _, f := range found {
			t.Errorf("%s: %s", name, f)
		}
	}
}

// refuse breaks a document and fails where the validator has nothing against it.
func refuse(t *testing.T, validate func(testing.TB, ...[]byte) []validators.Findings, whole string, breaks map[string][]string) {
	t.Helper()
	docs := named{}
	for name, pairs := range breaks {
		broken := whole
		for i := 0; i < len(pairs); i += 2 {
			if !strings.Contains(broken, pairs[i]) {
				t.Errorf("%s: there is no %s", name, pairs[i])
			}
			broken = strings.Replace(broken, pairs[i], pairs[i+1], 1)
		}
		docs[name] = []byte(broken)
	}
	for name, found := range check(t, validate, docs) {
		if len(found) == 0 {
			t.Errorf("a document with %s passes", name)
		}
	}
}

func TestCatalogueIsDCAT(t *testing.T) {
	whole := catalogue(t, nil, things()...)
	golden(t, "catalogue.jsonld", whole)
	conform(t, validators.DCAT, named{
		"the catalogue":                  whole,
		"a page":                         catalogue(t, &View{This: site.Base + "/v1/exports/catalogue?cursor=a", First: site.Base + "/v1/exports/catalogue?limit=2", Next: site.Base + "/v1/exports/catalogue?cursor=b"}, things()[:1]...),
		"an empty catalogue":             catalogue(t, nil),
		"an empty page":                  catalogue(t, &View{This: site.Base + "/a", First: site.Base + "/b"}),
		"a catalogue of a service alone": catalogue(t, nil, things()[3]),
	})
}

// What the validators are asked must be able to be wrong.
func TestValidatorsRefuse(t *testing.T) {
	refuse(t, validators.DCAT, strings.TrimSpace(string(catalogue(t, nil, things()...))), map[string][]string{
		"no title":              {`"dcterms:title":{"@language":"zh","@value":"风电功率预测服务"},"dcterms:type"`, `"dcterms:type"`},
		"no access URL":         {`"dcat:accessURL"`, `"dcat:landingPage"`},
		"a term DCAT lacks":     {`"dcat:theme"`, `"dcat:topic"`},
		"a term without prefix": {`"dcterms:identifier":"` + product, `"identifier":"` + product},
		"a day that is none":    {`"2025-01-01"`, `"yesterday"`},
		"two catalogues":        {`"@type":"dcat:DataService"`, `"@type":"dcat:Catalog"`},
		"no end":                {"]}", "]"},
	})
	l := sampleListing()
	refuse(t, validators.ODRL, string(marshal(t, Offer(site, &l))), map[string][]string{
		"no action":            {`"action":["archive"`, `"dr:action":["archive"`},
		"an action ODRL lacks": {`"sell"`, `"odrl:resell"`},
		"no assigner":          {`"assigner"`, `"dr:assigner"`},
		"no operator":          {`"operator":"lteq"`, `"dr:operator":"lteq"`},
		"no rule at all":       {`"permission":`, `"dr:permission":`, `"prohibition":`, `"dr:prohibition":`},
		"an unknown operator":  {`"operator":"isAnyOf"`, `"operator":"within"`},
		"two left operands":    {`"leftOperand":"count"`, `"leftOperand":["count","dateTime"]`},
	})
	refuse(t, validators.ODRL, string(marshal(t, PermitAgreement(site, samplePermit()))), map[string][]string{"nobody it is agreed with": {`"assignee"`, `"dr:assignee"`}})
	refuse(t, validators.PROV, string(marshal(t, PROV(site, sampleLineage()))), map[string][]string{
		"an entity nobody declared": {`"prov:usedEntity":"`, `"prov:usedEntity":"ledger:nowhere/`},
		"a time that is none":       {`"prov:startTime":"2026`, `"prov:startTime":"soon-2026`},
	})
}

func marshal(t testing.TB, v any) []byte {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func samplePermit() *rights.Permit {
	return &rights.Permit{Head: head(permit, "Active"), GrantorID: firm, PermitteeID: buyer, BasisType: "BasisGrant", BasisID: grant, Scope: scope(), Units: []rights.Amount{{Unit: "Calls", Qty: 500}, {Unit: "GPUSec", Qty: 60}},
		OutputRule: "AggregatesMin", MinK: 10, PurposeHash: "sm3:00", ValidFrom: at + 10, ValidTo: at + 86400}
}

func sampleGrant() *rights.Grant {
	s := scope()
	s.ObjectIDs, s.Actions = []string{"*"}, []rights.Action{rights.ActQuery, rights.ActVerify, rights.ActDerive, rights.ActProvide, rights.ActSubGrant}
	return &rights.Grant{Head: head(grant, rights.StateEffective), Tier: "GrantL1", AuthoriserID: firm, GranteeID: buyer, RegionCode: "320900", Mode: "Whole", Resources: []rights.GrantResource{{ResourceID: resource}}, Scope: s,
		FeeRule: rights.FeeRule{UseClass: "Industry", CeilingFen: 99, Unit: "Calls"}, ValidFrom: at, ValidTo: at + 86400*1000}
}

func TestPoliciesAreODRL(t *testing.T) {
	l := sampleListing()
	everything := sampleListing()
	everything.Permission = &rights.Permission{Scope: rights.Scope{ObjectIDs: []string{"*"}, Purposes: []string{"*"}, Regions: []string{"*"}, Industries: []string{"*"}, Actions: []rights.Action{"*"}, Envs: []rights.Env{"*"}, MaxGrade: 5, From: at, To: at + 1}}
	nothing := sampleListing()
	nothing.Permission = &rights.Permission{Scope: rights.Scope{ObjectIDs: []string{product}, Purposes: []string{}, Regions: []string{"*"}, Industries: []string{"*"}, Actions: rights.BuyerActions, Envs: []rights.Env{"*"}}}
	free := rights.Listing{Head: head(service, rights.StateListed), ProductName: "合规评估", SellerID: firm, PriceModel: "Free", ValidFrom: at, ValidTo: at + 1}
	anyObject := sampleGrant()
	anyObject.Resources, anyObject.ParentGrantID, anyObject.Tier = nil, grant[:len(grant)-1]+"9", "GrantL2"
	docs := named{}
	for name, p := range map[string]map[string]any{
		"offer": Offer(site, &l), "offer-everything": Offer(site, &everything), "offer-nothing": Offer(site, &nothing), "offer-service": Offer(site, &free),
		"permit": PermitAgreement(site, samplePermit()), "grant": GrantAgreement(site, sampleGrant()), "grant-second": GrantAgreement(site, anyObject),
	} {
		raw := marshal(t, p)
		golden(t, name+".jsonld", raw)
		described(t, name, raw)
		docs[name] = raw
	}
	conform(t, validators.ODRL, docs)
}

var reOwn = regexp.MustCompile(`"dr:[A-Za-z]+"`)

// described fails for terms of the profile that its vocabulary does not explain.
func described(t *testing.T, what string, raw []byte) {
	t.Helper()
	vocabulary := string(marshal(t, Vocabulary()))
	for _, term := range reOwn.FindAllString(string(raw), -1) {
		if !strings.Contains(vocabulary, `"@id":`+term) {
			t.Errorf("%s: nobody says what %s means", what, term)
		}
	}
}

func TestVocabularyCovers(t *testing.T) {
	described(t, "the catalogue", catalogue(t, nil, things()...))
	raw := marshal(t, Vocabulary())
	golden(t, "vocabulary.jsonld", raw)
	for _, a := range actionOrder {
		if m, ok := odrlActions[a]; !ok || m.odrl == "" || m.word.Zh == "" || m.word.En == "" || strings.HasPrefix(m.odrl, "dr:") != (m.in != "") {
			t.Errorf("%s has no action of ODRL", a)
		}
	}
	if len(odrlActions) != len(actionOrder) || len(quantities) != len(unitOrder) {
		t.Error("a table has more than its order")
	}
}

// What a policy allows is what the scope allows: nothing more, and no set that is
// empty is read as everything.
func TestPolicyAllowsNoMore(t *testing.T) {
	l := sampleListing()
	p := Offer(site, &l)
	permission := p["permission"].([]any)[0].(object)
	if got, want := permission["action"].([]string), []string{"archive", "read", "dr:process", "aggregate", "dr:train"}; !slices.Equal(got, want) {
		t.Errorf("allowed are %v, want %v", got, want)
	}
	prohibition := p["prohibition"].([]any)[0].(object)
	if got, want := prohibition["action"].([]string), []string{"distribute", "sell", "grantUse", "dr:subGrant", "dr:export"}; !slices.Equal(got, want) {
		t.Errorf("forbidden are %v, want %v", got, want)
	}
	for name, empty := range map[string]func(*rights.Scope){
		"objects": func(s *rights.Scope) { s.ObjectIDs = nil }, "purposes": func(s *rights.Scope) { s.Purposes = nil }, "regions": func(s *rights.Scope) { s.Regions = nil },
		"industries": func(s *rights.Scope) { s.Industries = nil }, "environments": func(s *rights.Scope) { s.Envs = nil }, "actions": func(s *rights.Scope) { s.Actions = nil },
	} {
		l := sampleListing()
		empty(&l.Permission.Scope)
		p := Offer(site, &l)
		if p["permission"] != nil {
			t.Errorf("a scope without %s allows something", name)
		}
		if n := len(p["prohibition"].([]any)[0].(object)["action"].([]string)); n != len(actionOrder) {
			t.Errorf("a scope without %s forbids %d actions", name, n)
		}
	}
}

func sampleLineage() *Lineage {
	yes, no := true, false
	raw := State{Type: "Resource", ID: resource, Version: 1, ContentRoot: "sm3:aa"}
	made := State{Type: "Result", ContentRoot: "sm3:bb"}
	prod := State{Type: "Product", ID: product, Version: 1, ContentRoot: "sm3:bb"}
	copied := State{Type: "Copy", ID: "CP-320902-20261123-0a1b2c3d4e5f-00", Version: 1, ContentRoot: "sm3:cc"}
	return &Lineage{Start: prod, Height: 42, Withheld: 1, Truncated: true, Names: map[string]string{firm: "江苏沿海气象服务有限公司", resource: hostile, product: "风电功率预测服务"},
		Steps: []Step{
			{ID: "LN-320902-20261123-0a1b2c3d4e5f-00", State: "Attested", Op: "OpTrain", Env: "EnvTEE", Substantive: true, OperatorID: firm, StartedAt: at, FinishedAt: at + 60, Outputs: []State{made},
				Inputs: []Input{{State: raw, Permission: "RT-320902-20261123-0a1b2c3d4e5f-00", Effective: &yes}, {State: copied, Permission: copied.ID, Effective: &no, Reason: rights.Text{Zh: "已届满", En: "is over"}}}},
			{ID: "LN-320902-20261123-0a1b2c3d4e5f-01", State: "Recorded", Op: "OpClean", StartedAt: at - 60, FinishedAt: at - 30, Outputs: []State{raw}, InputsWithheld: true, Supersedes: "LN-320902-20261123-0a1b2c3d4e5f-02"},
		},
		Handovers: []Handover{{Copy: copied, Product: prod, HolderID: buyer, DeliveryID: "DL-320902-20261123-0a1b2c3d4e5f-00", State: "Held", At: at + 90},
			{Copy: State{Type: "Copy", ID: "CP-320902-20261123-0a1b2c3d4e5f-01"}, Product: State{Type: "Product", ID: product, Version: 1}, State: "Held", At: at + 91}},
		Others: []State{{Type: "Product", ID: product[:len(product)-1] + "7", Version: 3, ContentRoot: "sm3:bb"}},
	}
}

func TestLineageIsPROV(t *testing.T) {
	raw := marshal(t, PROV(site, sampleLineage()))
	golden(t, "prov.json", raw)
	conform(t, validators.PROV, named{"lineage": raw, "nothing but a start": marshal(t, PROV(site, &Lineage{Start: State{Type: "Result", ContentRoot: "sm3:aa"}}))})
}

func TestLineageIsOpenLineage(t *testing.T) {
	raw := marshal(t, OpenLineage(site, sampleLineage()))
	golden(t, "openlineage.json", raw)
	schema := openLineageSchema(t)
	check := func(raw []byte) (events []any, err error) {
		v, err := jsonschema.UnmarshalJSON(bytes.NewReader(raw))
		if err != nil {
			t.Fatal(err)
		}
		events = v.([]any)
		for _, e := range events {
			if err := schema.Validate(e); err != nil {
				return nil, err
			}
		}
		return events, nil
	}
	events, err := check(raw)
	if err != nil {
		t.Fatalf("%#v", err)
	}
	runs, last := map[string][]string{}, ""
	for _, e := range events {
		m := e.(map[string]any)
		id := m["run"].(map[string]any)["runId"].(string)
		runs[id] = append(runs[id], m["eventType"].(string))
		if now := m["eventTime"].(string); now < last {
			t.Errorf("%s comes after %s", now, last)
		} else {
			last = now
		}
	}
	if len(events) != 6 || len(runs) != 4 {
		t.Errorf("%d events of %d runs", len(events), len(runs))
	}
	for id, kinds := range runs {
		if kinds[len(kinds)-1] != "COMPLETE" {
			t.Errorf("run %s is never complete: %v", id, kinds)
		}
	}
	for name, change := range map[string]func(string) string{
		"a run without a UUID":  func(s string) string { return strings.Replace(s, `"runId":"`, `"runId":"x`, 1) },
		"a facet of nobody":     func(s string) string { return strings.Replace(s, `"_producer"`, `"producer"`, 1) },
		"an unknown event type": func(s string) string { return strings.Replace(s, `"COMPLETE"`, `"DONE"`, 1) },
		"a nameless dataset":    func(s string) string { return strings.Replace(s, `"name":"`+resource, `"called":"`+resource, 1) },
	} {
		broken := change(string(raw))
		if broken == string(raw) {
			t.Errorf("%s: nothing was replaced", name)
		}
		if _, err := check([]byte(broken)); err == nil {
			t.Errorf("events with %s pass", name)
		}
	}
}

func openLineageSchema(t testing.TB) *jsonschema.Schema {
	t.Helper()
	f, err := os.Open(filepath.Join("testdata", "openlineage.schema.json"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	doc, err := jsonschema.UnmarshalJSON(f)
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	if err := c.AddResource("openlineage.json", doc); err != nil {
		t.Fatal(err)
	}
	return c.MustCompile("openlineage.json")
}

// FuzzTexts: whatever text a record has, documents are well-formed and say the
// same text again.
func FuzzTexts(f *testing.F) {
	for _, s := range []string{"风电", hostile, "\x00", "\"},{", "\u2028", "DR-", "*", "PL-1/../x?y#z"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		x := things()[0]
		x.Resource.Name, x.Resource.ID, x.Resource.IndustryCode = text, text, text
		var v map[string]any
		if err := json.Unmarshal(catalogue(t, nil, x), &v); err != nil {
			t.Fatal(err)
		}
		title := v["dcat:dataset"].([]any)[0].(map[string]any)["dcterms:title"].(map[string]any)["@value"]
		if want := strings.ToValidUTF8(text, "\uFFFD"); len([]rune(title.(string))) != len([]rune(text)) && title != want {
			t.Errorf("%q became %q", text, title)
		}
		l := sampleListing()
		l.Permission.Scope.Purposes, l.SellerID = []string{text}, text
		marshal(t, Offer(site, &l))
		lineage := sampleLineage()
		lineage.Start.ID, lineage.Steps[0].OperatorID, lineage.Steps[0].Inputs[0].Permission = text, text, text
		marshal(t, PROV(site, lineage))
		marshal(t, OpenLineage(site, lineage))
	})
}

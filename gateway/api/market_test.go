package api

import (
	"net/http"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/datarights/datarights/chaincode/rights"
	"github.com/datarights/datarights/gateway/index"
)

// marketID is the id of the market's one record of a kind.
func marketID(kind rights.Kind) string {
	switch kind {
	case rights.KindRestraints:
		return rightID
	case rights.KindIndicator:
		return "SI-1@1"
	case rights.KindCryptoProfile:
		return "CRYPTO@1"
	case rights.KindCodeTable:
		return "GB2260@1"
	}
	return string(kind) + "-320902-20261123-0a1b2c3d4e5f-00"
}

// newMarket is the world with one record of every kind: weather sells to energy,
// platformKey's organisation runs the platform, bank holds the pledge.
func newMarket(t testing.TB, change ...func(*Options)) *world {
	w := newWorld(t, change...)
	for _, r := range marketRecords() {
		w.put(r.kind, r.rec, r.state)
	}
	return w
}

func (w *world) put(kind rights.Kind, rec rights.Record, state rights.State) {
	h := rights.HeadOf(rec)
	if h.ID == "" {
		h.ID = marketID(kind)
	}
	h.State, h.CreatedBy = state, regulator.kid()
	w.index.put(kind, rec)
}

type marketRecord struct {
	kind  rights.Kind
	state rights.State
	rec   rights.Record
}

func marketRecords() []marketRecord {
	id := marketID
	platform := platformKey.id
	scope := rights.Scope{ObjectIDs: []string{resourceID}, Purposes: []string{"*"}, Regions: []string{"3209"}, Industries: []string{"M74"}, Actions: []rights.Action{rights.ActQuery, rights.ActResell}, MaxGrade: 2, Envs: []rights.Env{rights.EnvTEE}, From: testTime - 10, To: testTime + 1000}
	permission := &rights.Permission{Scope: scope}
	return []marketRecord{
		{rights.KindProduct, rights.StateApproved, &rights.Product{Name: "风电功率预测接口", Overview: "逐时预测", OwnerID: weather.id, ProductType: "API", Grade: 2, IndustryCode: "D44", RegionCode: "320902", Reason: "内部理由甲",
			Inputs:   []rights.ProductInput{{ObjectType: "Resource", ObjectID: resourceID, Version: 1, PermissionRef: rightID}},
			Versions: []rights.ProductVersion{{No: 1, ContentRoot: sm3("product"), MatchTag: sm3("ptag"), LineageID: id(rights.KindLineage), At: testTime}}}},
		{rights.KindListing, rights.StateListed, &rights.Listing{ProductID: id(rights.KindProduct), ProductVersion: 1, ProductName: "风电功率预测接口", RegionCode: "320902", SellerID: weather.id, VenueID: exchange.id, RightID: rightID,
			CertNo: certNo, SubjectType: "ApiCalls", DeliveryModes: []string{"API"}, Permission: permission, PriceModel: "Negotiated", PriceCommitment: sm3("asked"), ValidFrom: testTime - 5, ValidTo: testTime + 500, SimilarityHash: sm3("similar")}},
		{rights.KindTrade, rights.StateImplementing, &rights.Trade{ListingID: id(rights.KindListing), Venue: "VenueOnExchange", VenueID: exchange.id, BuyerID: energy.id, SellerID: weather.id, SubjectType: "ApiCalls", ProductID: id(rights.KindProduct),
			ProductVersion: 1, ProductName: "风电功率预测接口", RightID: rightID, Purpose: "负荷预测", Permission: permission, PriceModel: "Negotiated", TermsHash: sm3("contract"), TermsCommitment: sm3("terms")}},
		{rights.KindDelivery, rights.StateAccepted, &rights.Delivery{TradeID: id(rights.KindTrade), FromID: weather.id, ToID: energy.id, PlatformID: platform, Mode: "EncryptedFile", ProductID: id(rights.KindProduct), ProductVersion: 1,
			ContentRoot: sm3("sent"), MatchTag: sm3("ptag"), FingerprintCommit: sm3("mark"), Part: 1, Parts: 1, CopyID: id(rights.KindCopy)}},
		{rights.KindCopy, rights.StateHeld, &rights.Copy{HolderID: energy.id, DeliveryID: id(rights.KindDelivery), TradeID: id(rights.KindTrade), ProductID: id(rights.KindProduct), Version: 1, ContentRoot: sm3("sent"),
			MatchTag: sm3("ptag"), FingerprintCommit: sm3("mark"), Permission: permission, HoldUntil: testTime + 1000, DestroyDueAt: testTime + 2000}},
		{rights.KindSettlement, rights.StatePending, &rights.Settlement{TradeID: id(rights.KindTrade), VenueID: exchange.id, BuyerID: energy.id, SellerID: weather.id, AmountsCommitment: sm3("amounts"),
			Payees: []rights.SettlementLine{{PayeeID: weather.id, Role: "Seller", Bps: 9000}, {PayeeID: bank.id, Role: "Pledgee", Bps: 1000}}}},
		{rights.KindDispute, rights.StateAccepted, &rights.Dispute{Type: "Quality", ClaimantID: energy.id, RespondentIDs: []string{weather.id}, RefType: "Trade", RefID: id(rights.KindTrade), ClaimHash: sm3("claim"), AcceptedBy: exchange.id}},
		{rights.KindDemand, rights.StateOpen, &rights.Demand{BuyerID: energy.id, Title: "求购逐时风速", Text: "一年", Field: "GreenLowCarbon", RegionCode: "320900", ValidTo: testTime + 900}},
		{rights.KindRecognition, rights.StateRecognised, &rights.Recognition{PeerID: otherRegistra.id, ForeignCertNo: "EX-7", ForeignHash: sm3("foreign"), HolderUSCC: weather.id, Kinds: []rights.RightKind{rights.RightOperation},
			ValidTo: testTime + 900, StatusCheckedAt: testTime, ForeignSignature: &rights.Attestation{Kid: "k#1", Signature: "s"}}},
		{rights.KindLineage, rights.StateAttested, &rights.Lineage{Outputs: []rights.LineageOutput{{Type: "Product", ContentRoot: sm3("product"), Grade: 2}}, Op: "OpTrain", Substantive: true, OperatorID: weather.id, PlatformID: platform, Env: "EnvTEE",
			Inputs: []rights.LineageInput{{Type: "Resource", ID: resourceID, Version: 1, ContentRoot: sm3("root"), PermissionRef: rightID}}, StartedAt: testTime - 9, FinishedAt: testTime - 8, Depth: 1, MaxGrade: 2}},
		{rights.KindPermit, rights.StateActive, &rights.Permit{GrantorID: weather.id, PermitteeID: energy.id, BasisType: "BasisOwnRight", BasisID: rightID, Scope: scope, PlatformID: platform, OutputRule: "ResultsOnly", PurposeHash: sm3("purpose"),
			ValidFrom: testTime - 5, ValidTo: testTime + 500}},
		{rights.KindMeter, rights.StateRecorded, &rights.Meter{PermitID: id(rights.KindPermit), Seq: 1, PeriodFrom: testTime - 5, PeriodTo: testTime, Items: []rights.Amount{{Unit: "Calls", Qty: 9}}, JobRoot: sm3("jobs")}},
		{rights.KindGrant, rights.StateEffective, &rights.Grant{Tier: "GrantL1", AuthoriserID: regulator.id, GranteeID: weather.id, RegionCode: "320900", Mode: "Whole", Scope: scope, ValidFrom: testTime - 5, ValidTo: testTime + 500,
			BreachEvidence: &rights.Evidence{DocType: "DocOther", Hash: sm3("breach")}}},
		{rights.KindAdmission, rights.StateAdmitted, &rights.Admission{DeveloperID: energy.id, Rule: "准入规则一", Evidence: &rights.Evidence{DocType: "DocOther", Hash: sm3("admission")}, ValidFrom: testTime, ValidTo: testTime + 5}},
		{rights.KindDisclosure, rights.StateFiled, &rights.Disclosure{GrantID: id(rights.KindGrant), Year: 2026, Items: []rights.DisclosureItem{{Name: "场景", Value: "2"}}, DocHash: sm3("disclosure"), FiledAt: testTime, DueAt: testTime}},
		{rights.KindCustody, rights.StateActive, &rights.Custody{CustodianID: platform, OwnerID: weather.id, ResourceID: resourceID, AgreementHash: sm3("custody"), DomainID: "d1", ValidFrom: testTime, ValidTo: testTime + 5}},
		{rights.KindCatalogue, rights.StatePublished, &rights.CatalogueEntry{Kind: "Product", ObjectID: id(rights.KindProduct), ObjectName: "风电功率预测接口", PublisherID: weather.id, ResponsibleID: weather.id, Grade: 2, RegionCode: "320902", Ver: 1, Reason: "内部理由甲"}},
		{rights.KindEvaluation, rights.StateFiled, &rights.Evaluation{Kind: "Value", ObjectType: "Product", ObjectID: id(rights.KindProduct), ObjectVersion: 1, ClientID: weather.id, EvaluatorID: energy.id, FinancingBankID: bank.id, Purpose: "Pledge",
			ValueCommitment: sm3("value"), ReportHash: sm3("report"), ValidTo: testTime + 500, IssuedAt: testTime - 5, RightIDs: []string{rightID}}},
		{rights.KindAccounting, rights.StateRecorded, &rights.Accounting{EnterpriseID: weather.id, ObjectID: resourceID, CertNo: certNo, Class: "IntangibleAsset", Acquisition: "SelfDeveloped", PeriodEnd: "2026-09-30", AmountsCommitment: sm3("books")}},
		{rights.KindPledge, rights.StateRegistered, &rights.Pledge{PledgorID: weather.id, PledgeeID: bank.id, PledgeeMSP: "BankMSP", DebtorID: weather.id, RightIDs: []string{rightID}, CertNos: []string{certNo}, EvaluationID: id(rights.KindEvaluation),
			AmountsCommitment: sm3("loan"), ContractHash: sm3("pledge"), ClaimFrom: testTime, ClaimTo: testTime + 400, ZdwRegNo: "ZDW-1", Rank: 1}},
		{rights.KindGuarantee, rights.StateActive, &rights.Guarantee{GuarantorID: energy.id, BeneficiaryID: bank.id, DebtorID: weather.id, PledgeID: id(rights.KindPledge), ContractHash: sm3("guarantee"), AmountsCommitment: sm3("sum"), ValidTo: testTime + 5}},
		{rights.KindMeasure, rights.StateInForce, &rights.Measure{Type: "MeasureRectify", Domain: "data", TargetKind: rights.KindListing, TargetID: id(rights.KindListing), SubjectID: weather.id, LegalBasis: "第九条", DocumentHash: sm3("order"), IssuedBy: regulator.id}},
		{rights.KindAlert, rights.StateRaised, &rights.Alert{RuleCode: "AL-RESALE-ATTEMPT", Severity: "High", TargetType: "LS", TargetID: id(rights.KindListing), SubjectIDs: []string{energy.id}, RaisedBy: "System", RaisedAt: testTime, Metric: "线索"}},
		{rights.KindEvidence, rights.StateSealed, &rights.EvidenceItem{CaseID: id(rights.KindAlert), Kind: "Capture", Hash: sm3("seized"), CollectedBy: exchange.id, CollectedAt: testTime, Method: "公证取证", Custody: []rights.Handover{{To: bank.id, At: testTime}}}},
		{rights.KindIndicator, rights.StateActive, &rights.Indicator{Code: "SI-1", NameZh: "安全事件数", NameEn: "security incidents", Unit: "件", Sources: []string{"AL"}, Window: "Period", Direction: "Down", OwnerID: regulator.id, Ver: 1}},
		{rights.KindSnapshot, rights.StatePublished, &rights.Snapshot{Code: "SI-1", DefVersion: 1, AsOf: testTime, Region: "320900", ValueInt: 3, InputRoot: sm3("inputs"), InputCount: 3, BlockHeight: 9, ComputedBy: regulator.id}},
		{rights.KindScenario, rights.StateIncluded, &rights.Scenario{Kind: "Typical", Name: "海上风电预测", Field: "GreenLowCarbon", Source: "Built", SubmitterID: weather.id, RegionCode: "320900", TradeIDs: []string{id(rights.KindTrade)}}},
		{rights.KindPolicy, rights.StateInForce, &rights.PolicyDoc{No: "盐数〔2026〕1 号", Title: "登记管理办法", Kind: "Measures", IssuedOn: "2026-01-01", Hash: sm3("policy"), IssuerID: regulator.id}},
		{rights.KindSupport, rights.StateRecorded, &rights.Support{RecipientID: weather.id, Kind: "Registration", FactID: certNo, AmountsCommitment: sm3("support"), DecisionHash: sm3("decision")}},
		{rights.KindMaturity, rights.StateRecorded, &rights.Maturity{EnterpriseID: weather.id, Model: "DCMM", ModelVersion: "1", Level: 3, From: "2026-01-01", To: "2028-12-31", EvidenceHash: sm3("dcmm")}},
		{rights.KindMarketEvent, rights.StateRecorded, &rights.MarketEvent{Kind: "Matchmaking", Name: "供需对接会", Date: "2026-11-01", OrganiserID: exchange.id, TradeIDs: []string{id(rights.KindTrade)}}},
		{rights.KindCryptoProfile, rights.StateInForce, &rights.CryptoProfile{Ver: 1, Algorithms: []string{"SM2", "SM3"}, From: testTime}},
		{rights.KindCodeTable, rights.StateInForce, &rights.CodeTable{Name: "GB2260", Ver: 1, Items: []rights.CodeItem{{Code: "320900", Name: "盐城市"}}}},
		{rights.KindRestraints, "", &rights.Restraints{RightID: rightID, Encumbrances: []rights.Encumbrance{{Type: rights.EncDispute, RefID: "DS-77", From: testTime - 3, ByID: energy.id, Note: "争议说明"}}}},
	}
}

// Who reads what of the market, kind by kind and role by role: f whole, p the
// public part, - nothing. The order is the public, the seller, the buyer, a
// stranger, a registrar, the platform, the exchange, the regulator, the bank.
func TestVisibilityOfTheMarket(t *testing.T) {
	w := newMarket(t)
	who := []*actor{nil, weather, energy, stranger, otherRegistra, platformKey, exchange, regulator, bank}
	var sessions [][]string
	for _, a := range who {
		sessions = append(sessions, w.as(a))
	}
	table := map[string]string{
		"products": "pfppfpffp", "listings": "pfppppffp", "demands": "ppfpppffp", "recognitions": "pfppfpffp",
		"trades": "-ff---ff-", "deliveries": "-ff--fff-", "copies": "-ff--fff-", "settlements": "-ff---fff", "disputes": "-ff-f-ff-",
		"lineage": "pfppffffp", "permits": "-ff--f-f-", "meters": "-ff--f-f-", "grants": "pfppppffp", "admissions": "ppfpppffp", "disclosures": "fffffffff", "custodies": "-f--ffff-", "catalogue": "pfppppffp",
		"evaluations": "pffpfpfff", "accountings": "-f-----f-", "pledges": "-f--f-fff", "guarantees": "-ff-f-fff",
		"measures": "pfppfpffp", "alerts": "-------f-", "evidence": "------fff", "indicators": "pppppppfp", "snapshots": "pppppppfp", "scenarios": "pfppppffp", "policies": "fffffffff",
		"supports": "pfppppffp", "maturities": "pfppppffp", "market-events": "ppppppffp", "crypto-profiles": "fffffffff", "code-tables": "fffffffff", "restraints": "pffpppfff",
	}
	for _, k := range collections {
		if audiences[k.kind] == nil && k.name != "restraints" {
			continue
		}
		row := table[k.name]
		if len(row) != len(who) {
			t.Errorf("%s has no row for each of %d readers", k.name, len(who))
			continue
		}
		if row[:1] == "-" != k.private {
			t.Errorf("%s private: %v", k.name, k.private)
		}
		for i, a := range who {
			name := "the public"
			if a != nil {
				name = a.name
			}
			t.Run(k.name+" by "+name, func(t *testing.T) {
				w := &world{t: t, index: w.index, h: w.h}
				target := "/v1/" + k.name + "/" + marketID(k.kind)
				for _, suffix := range []string{"", "/history"} {
					r := w.get(target+suffix, sessions[i]...)
					switch {
					case row[i] == '-' && a == nil:
						r.problem(http.StatusUnauthorized, CodeSession, "Authorization")
						continue
					case row[i] == '-':
						r.problem(http.StatusForbidden, CodeForbidden, "")
						continue
					}
					rec := r.want(http.StatusOK).object()
					if suffix != "" {
						rec = rec["items"].([]any)[0].(map[string]any)["record"].(map[string]any)
					}
					if want := map[byte]string{'f': "full", 'p': "public"}[row[i]]; rec["view"] != want {
						t.Errorf("%s: sees %v, want %s", suffix, rec["view"], want)
					}
				}
				if row[i] == '-' && a == nil {
					w.get("/v1/"+k.name).problem(http.StatusUnauthorized, CodeSession, "Authorization")
					return
				}
				items, next := w.get("/v1/"+k.name, sessions[i]...).list()
				want := 1
				if row[i] == '-' {
					want = 0
				}
				if len(items) != want || next != "" {
					t.Errorf("the list has %d, want %d", len(items), want)
				}
			})
		}
	}
}

// What is the parties' own reaches nobody else, by no list, record, history,
// search or filter.
func TestMarketSecretsStayIn(t *testing.T) {
	w := newMarket(t)
	secrets := []string{"内部理由甲", sm3("asked"), sm3("similar"), sm3("contract"), sm3("terms"), sm3("mark"), sm3("sent"), sm3("amounts"), sm3("claim"), "负荷预测", sm3("purpose"), sm3("jobs"), sm3("breach"), sm3("admission"),
		sm3("custody"), sm3("value"), sm3("report"), sm3("books"), sm3("loan"), sm3("pledge"), "ZDW-1", sm3("guarantee"), sm3("order"), "第九条", "线索", sm3("seized"), "DS-77", "争议说明", sm3("support"), sm3("dcmm"),
		marketID(rights.KindTrade), marketID(rights.KindPledge), marketID(rights.KindDispute), marketID(rights.KindPermit)}
	var targets []string
	for _, k := range collections {
		targets = append(targets, "/v1/"+k.name, "/v1/"+k.name+"/"+marketID(k.kind), "/v1/"+k.name+"/"+marketID(k.kind)+"/history")
	}
	targets = append(targets, "/v1/rights/"+rightID, "/v1/certificates/"+certNo+"/verify", "/v1/search?q=风电", "/v1/transactions", "/v1/search?q="+marketID(rights.KindTrade))
	read := func(header ...string) string {
		var all strings.Builder
		for _, target := range targets {
			if r := w.get(target, header...); r.Code == http.StatusOK {
				all.WriteString(r.Body.String())
			}
		}
		return all.String()
	}
	for who, body := range map[string]string{"the public": read(), "a stranger": read(w.as(stranger)...)} {
		for _, s := range secrets {
			if strings.Contains(body, s) {
				t.Errorf("%s reads %s", who, s)
			}
		}
	}
	whole := read(w.as(regulator)...)
	for _, s := range secrets {
		if !strings.Contains(whole, s) {
			t.Errorf("the regulator reads %s nowhere", s)
		}
	}
}

// A filter on what the public does not see finds nothing for it, or it would
// tell what the record does not.
func TestFiltersTellNoMoreThanRecords(t *testing.T) {
	w := newMarket(t)
	for target, want := range map[string]int{"/v1/products?input=" + rightID: 0, "/v1/products?owner=" + weather.id: 1, "/v1/lineage?input=" + resourceID: 0, "/v1/lineage?operator=" + weather.id: 0, "/v1/lineage?op=OpTrain": 1,
		"/v1/lineage?output=" + sm3("product"): 1, "/v1/measures?subject=" + weather.id: 0, "/v1/measures?target=" + marketID(rights.KindListing): 1, "/v1/evaluations?client=" + weather.id: 0, "/v1/restraints?ref=DS-77": 0, "/v1/restraints?type=EncDispute": 1} {
		if items, _ := w.get(target).list(); len(items) != want {
			t.Errorf("%s gives the public %d, want %d", target, len(items), want)
		}
		if items, _ := w.get(target, w.as(regulator)...).list(); len(items) != 1 {
			t.Errorf("%s gives the regulator %d", target, len(items))
		}
	}
	// Every filter on a hidden member is marked so.
	for _, k := range collections {
		a := audiences[k.kind]
		if a == nil || k.private {
			continue
		}
		for _, p := range k.filters {
			for _, path := range index.FieldPaths(k.kind, p.field) {
				if name, _, _ := strings.Cut(path, "."); a.hides(name) && !p.full {
					t.Errorf("%s?%s tells %s", k.name, p.name, name)
				}
			}
		}
	}
}

// What is not published yet is nobody's but the parties', also in histories.
func TestDraftsAreNotPublic(t *testing.T) {
	w := newWorld(t)
	product := &rights.Product{Name: "草稿产品", OwnerID: weather.id}
	w.put(rights.KindProduct, product, rights.StateDraft)
	target := "/v1/products/" + marketID(rights.KindProduct)
	w.get(target).problem(http.StatusForbidden, CodeForbidden, "")
	if items, _ := w.get("/v1/products").list(); len(items) != 0 {
		t.Error("the public lists a draft")
	}
	w.get(target, w.as(weather)...).want(http.StatusOK)
	for a, want := range map[*actor]int{nil: 0, weather: 1} {
		if items, _ := w.get("/v1/search?q=草稿产品", w.as(a)...).list(); len(items) != want {
			t.Errorf("a draft is found %d times, want %d", len(items), want)
		}
	}
	w.put(rights.KindProduct, product, rights.StateApproved)
	w.get(target).want(http.StatusOK)
	if items, _ := w.get(target + "/history").list(); len(items) != 1 {
		t.Errorf("the public's history has %d versions", len(items))
	}
	if items, _ := w.get(target+"/history", w.as(weather)...).list(); len(items) != 2 {
		t.Errorf("the owner's history has %d versions", len(items))
	}

	secret := &rights.Indicator{Code: "SI-9", OwnerID: regulator.id, Ver: 1, Restricted: true}
	secret.ID = "SI-9@1"
	w.put(rights.KindIndicator, secret, rights.StateActive)
	value := &rights.Snapshot{Code: "SI-9", DefVersion: 1, ComputedBy: regulator.id}
	w.put(rights.KindSnapshot, value, rights.StatePublished)
	orphan := &rights.Snapshot{Code: "SI-8", DefVersion: 1, ComputedBy: regulator.id}
	orphan.ID = "IS-320902-20261123-0a1b2c3d4e5f-01"
	w.put(rights.KindSnapshot, orphan, rights.StatePublished)
	for _, name := range []string{"indicators", "snapshots"} {
		if items, _ := w.get("/v1/" + name).list(); len(items) != 0 {
			t.Errorf("the public reads %d restricted %s", len(items), name)
		}
		if items, _ := w.get("/v1/"+name, w.as(regulator)...).list(); len(items) == 0 {
			t.Errorf("the regulator reads no restricted %s", name)
		}
	}
}

// A subject learns of an alert when he is heard, and then what it says of him.
func TestSubjectsAreToldWhenHeard(t *testing.T) {
	w := newWorld(t)
	alert := &rights.Alert{RuleCode: "AL-WASH", Severity: "High", TargetType: "TR", TargetID: "TR-1", SubjectIDs: []string{energy.id}, RaisedBy: "System", RaisedAt: testTime, EvidenceIDs: []string{"EI-1"}, AssigneeID: regulator.id}
	w.put(rights.KindAlert, alert, rights.StateInvestigating)
	target := "/v1/alerts/" + marketID(rights.KindAlert)
	w.get(target, w.as(energy)...).problem(http.StatusForbidden, CodeForbidden, "")
	alert.HearingDueAt = testTime + 100
	w.put(rights.KindAlert, alert, rights.StateInvestigating)
	rec := w.get(target, w.as(energy)...).want(http.StatusOK).object()
	if rec["view"] != "public" || rec["ruleCode"] != "AL-WASH" || rec["evidenceIds"] != nil || rec["assigneeId"] != nil {
		t.Errorf("the subject reads %v", rec)
	}
	w.get(target, w.as(stranger)...).problem(http.StatusForbidden, CodeForbidden, "")
	if items, _ := w.get(target+"/history", w.as(energy)...).list(); len(items) != 1 {
		t.Errorf("the subject reads %d versions", len(items))
	}
	if items, _ := w.get("/v1/alerts?assignee="+regulator.id, w.as(energy)...).list(); len(items) != 0 {
		t.Error("a filter tells the subject who is on to him")
	}
}

// Every collection takes every one of its filters, and answers to the document
// with every member of its records there.
func TestEveryCollection(t *testing.T) {
	w := newMarket(t)
	auth := w.as(regulator)
	for _, k := range collections {
		full := reflect.New(reflect.TypeOf(k.record))
		fill(full.Elem(), 0)
		rec := full.Interface().(rights.Record)
		h := rights.HeadOf(rec)
		h.ID, h.State, h.RuleProfileVer = "full-"+k.name, rights.StateActive, "DRWG@1"
		switch r := rec.(type) {
		case *rights.Participant:
			r.USCC = stranger.id
		case *rights.Objection:
			r.CaseID = caseObject
		}
		w.put(k.kind, rec, rights.StateActive)
		w.get("/v1/"+k.name+"/"+h.ID, auth...).want(http.StatusOK)
		w.get("/v1/"+k.name+"/"+h.ID+"/history", auth...).want(http.StatusOK)
		w.get("/v1/"+k.name, auth...).want(http.StatusOK)
		for _, p := range k.filters {
			v := "x"
			switch {
			case len(p.oneOf) > 0:
				v = p.oneOf[0]
			case p.name == "certNo":
				v = certNo
			case p.check != nil && p.name != "q":
				v = sm3("x")
			}
			w.get("/v1/"+k.name+"?"+p.name+"="+v+"&limit=1", auth...).want(http.StatusOK)
			if p.field != "" && !slices.Contains(index.Fields(k.kind), p.field) {
				t.Errorf("%s?%s asks the index for %s, which it does not have", k.name, p.name, p.field)
			}
		}
	}
}

// fill gives every member of a record a value.
func fill(v reflect.Value, depth int) {
	switch v.Kind() {
	case reflect.String:
		v.SetString("sm3:" + strings.Repeat("a", 64))
		switch v.Type() {
		case reflect.TypeFor[rights.Role]():
			v.SetString(string(rights.RoleEnterprise))
		case reflect.TypeFor[rights.RightKind]():
			v.SetString(string(rights.RightUse))
		}
	case reflect.Int, reflect.Int64:
		v.SetInt(testTime)
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fill(v.Elem(), depth+1)
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 1, 1))
		fill(v.Index(0), depth+1)
	case reflect.Struct:
		for i := range v.NumField() {
			name := v.Type().Field(i).Name
			if name == "Head" || !v.Type().Field(i).IsExported() {
				continue
			}
			fill(v.Field(i), depth+1)
			if f := v.Field(i); f.Kind() == reflect.String {
				switch {
				case strings.HasSuffix(name, "ID") || name == "USCC" || name == "HolderUSCC" || name == "ByID":
					f.SetString(stranger.id)
				case name == "IssuedOn" || name == "ExpiresOn" || name == "From" || name == "To":
					f.SetString("2026-01-02")
				}
			}
		}
	}
}

// What lies beside a right is shown with what lies on it: to those entitled in
// full, to the public by type.
func TestEncumbrancesBesideARight(t *testing.T) {
	w := newMarket(t)
	get := func(header ...string) []any {
		return w.get("/v1/rights/"+rightID, header...).want(http.StatusOK).object()["encumbrances"].([]any)
	}
	public := get()
	if len(public) != 3 {
		t.Fatalf("the public sees %d encumbrances", len(public))
	}
	for _, e := range public {
		if m := e.(map[string]any); m["byId"] != nil || m["refId"] != nil || m["note"] != nil {
			t.Errorf("the public sees %v", m)
		}
	}
	if last := get(w.as(weather)...)[2].(map[string]any); last["type"] != "EncDispute" || last["refId"] != "DS-77" {
		t.Errorf("the holder sees %v", last)
	}
	if rec := w.get("/v1/restraints/" + rightID).want(http.StatusOK).object(); strings.Contains(mustJSON(t, rec), "DS-77") {
		t.Error("the public sees what a restraint refers to")
	}
}

func TestEffectOfBases(t *testing.T) {
	w := newMarket(t)
	for name, kind := range map[string]rights.Kind{"listings": rights.KindListing, "copies": rights.KindCopy, "permits": rights.KindPermit, "grants": rights.KindGrant, "evaluations": rights.KindEvaluation, "recognitions": rights.KindRecognition} {
		eff := w.get("/v1/"+name+"/"+marketID(kind), w.as(regulator)...).want(http.StatusOK).object()["effective"].(map[string]any)
		if eff["now"] != true {
			t.Errorf("%s: %v", name, eff)
		}
	}
	w.put(rights.KindListing, &rights.Listing{ProductID: marketID(rights.KindProduct), SellerID: weather.id, RightID: frozenID, ValidFrom: testTime - 5, ValidTo: testTime + 5}, rights.StateListed)
	eff := w.get("/v1/listings/" + marketID(rights.KindListing)).want(http.StatusOK).object()["effective"].(map[string]any)
	if eff["now"] != false || !strings.Contains(eff["reason"].(string), "frozen") {
		t.Errorf("a listing of a frozen right: %v", eff)
	}
}

package api

import (
	"encoding/json"
	"slices"

	"github.com/datarights/datarights/chaincode/rights"
	"github.com/datarights/datarights/gateway/session"
)

// collection is one kind of record as a resource of the API.
type collection struct {
	name    string // the path under /v1
	kind    rights.Kind
	tag     string      // of the document
	title   rights.Text // of one of its records
	record  any         // of its type, for the document
	filters []param
	// sees says how much of a record who reads, public how it looks when that
	// is not everything. Where they are nil, audiences says it.
	sees   func(s *server, record json.RawMessage, who *session.Identity) (visibility, error)
	public func([]member) ([]member, error)
	// private collections have nothing for who comes without a session.
	private bool
	// extend adds what readers compute.
	extend func(s *server, e entry, ms []member) ([]member, error)
}

var collections []*collection

func init() { // the functions below read collections
	collections = slices.Concat(registryCollections(), marketCollections(), useCollections(), financeCollections(), supervisionCollections())
	for _, k := range collections {
		if k.sees != nil {
			continue
		}
		a := audiences[k.kind]
		k.sees, k.public, k.private = a.sees, a.publicPart, a.private()
		for i, p := range k.filters {
			k.filters[i].full = a.hidesField(k.kind, p.field)
		}
	}
}

func registryCollections() []*collection {
	return []*collection{
		{name: "participants", kind: rights.KindParticipant, tag: "registry", title: rights.Text{Zh: "主体", En: "participant"}, record: rights.Participant{}, sees: seesParticipant, public: publicParticipant, filters: []param{
			stateOf(rights.KindParticipant), {name: "role", field: "role", oneOf: roleNames}, by("orgType", "orgType"), by("region", "regionCode"), textParam}},
		{name: "resources", kind: rights.KindResource, tag: "registry", title: rights.Text{Zh: "数据资源", En: "data resource"}, record: rights.Resource{}, sees: seesResource, public: publicResource, filters: []param{
			stateOf(rights.KindResource), by("holder", "holderId"), by("industry", "industryCode"), by("region", "regionCode"), by("subjectClass", "subjectClass"),
			hashBy("matchTag", "matchTag"), hashBy("contentRoot", "contentRoot"), textParam}},
		{name: "registrations", kind: rights.KindCase, tag: "registry", title: rights.Text{Zh: "登记案件", En: "registration case"}, record: rights.Case{}, sees: seesCase, public: publicCase, filters: []param{
			stateOf(rights.KindCase), by("applicant", "applicantId"), by("registrar", "registrarId"), by("object", "objectId"), by("regType", "regType"), fullBy("right", "rightId"), textParam}},
		{name: "objections", kind: rights.KindObjection, tag: "registry", title: rights.Text{Zh: "异议", En: "objection"}, record: rights.Objection{}, sees: seesObjection, public: nothingPublic, private: true, filters: []param{
			stateOf(rights.KindObjection), by("case", "caseId"), by("objector", "objectorId"), by("right", "rightId"), certNoBy("certNo")}},
		{name: "rights", kind: rights.KindRight, tag: "registry", title: rights.Text{Zh: "权利", En: "right"}, record: rights.Right{}, sees: seesRight, public: publicRight, extend: withRestraints, filters: []param{
			stateOf(rights.KindRight), {name: "kind", field: "kind", oneOf: rightKinds}, by("holder", "holderId"), by("object", "objectId"), certNoBy("certNo"),
			by("case", "caseId"), by("registrar", "registrarId"), by("basis", "basisId"), textParam}},
		{name: "restraints", kind: rights.KindRestraints, tag: "registry", title: rights.Text{Zh: "权利限制", En: "restraint of a right"}, record: rights.Restraints{}, sees: seesRestraints, public: publicEncumbrances, filters: []param{
			by("right", "rightId"), by("type", "type"), fullBy("ref", "refId")}},
		{name: "certificates", kind: rights.KindCertificate, tag: "registry", title: rights.Text{Zh: "登记凭证", En: "certificate"}, record: rights.Certificate{}, sees: everyone, extend: withIssue, filters: []param{
			stateOf(rights.KindCertificate), by("holder", "holderId"), by("object", "objectId"), by("case", "caseId"), by("registrar", "registrarId"), by("right", "rightId"), by("prefix", ""), textParam}},
	}
}

func marketCollections() []*collection {
	return []*collection{
		{name: "products", kind: rights.KindProduct, tag: "market", title: rights.Text{Zh: "数据产品", En: "data product"}, record: rights.Product{}, filters: []param{
			stateOf(rights.KindProduct), by("owner", "ownerId"), by("productType", "productType"), by("industry", "industryCode"), by("region", "regionCode"), by("scenario", "scenarioId"), by("grant", "grantId"),
			by("input", "inputId"), hashBy("contentRoot", "contentRoot"), hashBy("matchTag", "matchTag"), by("lineage", "lineageId"), textParam}},
		{name: "listings", kind: rights.KindListing, tag: "market", title: rights.Text{Zh: "挂牌", En: "listing"}, record: rights.Listing{}, extend: withEffect, filters: []param{
			stateOf(rights.KindListing), by("product", "productId"), by("productType", "productType"), by("industry", "industryCode"), by("region", "regionCode"), by("zone", "zone"), by("venue", "venueId"), by("seller", "sellerId"),
			by("right", "rightId"), certNoBy("certNo"), by("subjectType", "subjectType"), by("grant", "grantId"), textParam}},
		{name: "trades", kind: rights.KindTrade, tag: "market", title: rights.Text{Zh: "交易", En: "trade"}, record: rights.Trade{}, filters: []param{
			stateOf(rights.KindTrade), by("buyer", "buyerId"), by("seller", "sellerId"), by("party", "partyId"), by("listing", "listingId"), by("product", "productId"), by("right", "rightId"),
			by("venueType", "venue"), by("venue", "venueId"), by("zone", "zone"), by("grant", "grantId"), by("scenario", "scenarioId"), textParam}},
		{name: "deliveries", kind: rights.KindDelivery, tag: "market", title: rights.Text{Zh: "交付", En: "delivery"}, record: rights.Delivery{}, filters: []param{
			stateOf(rights.KindDelivery), by("from", "fromId"), by("to", "toId"), by("trade", "tradeId"), by("permit", "permitId"), by("product", "productId"), hashBy("matchTag", "matchTag"), hashBy("contentRoot", "contentRoot"),
			hashBy("fingerprintCommit", "fingerprintCommit"), by("copy", "copyId")}},
		{name: "copies", kind: rights.KindCopy, tag: "market", title: rights.Text{Zh: "副本", En: "copy"}, record: rights.Copy{}, extend: withEffect, filters: []param{
			stateOf(rights.KindCopy), by("holder", "holderId"), by("product", "productId"), by("trade", "tradeId"), by("delivery", "deliveryId"), by("parent", "parentCopyId"), hashBy("matchTag", "matchTag"), hashBy("contentRoot", "contentRoot"),
			hashBy("fingerprintCommit", "fingerprintCommit")}},
		{name: "settlements", kind: rights.KindSettlement, tag: "market", title: rights.Text{Zh: "结算", En: "settlement"}, record: rights.Settlement{}, filters: []param{
			stateOf(rights.KindSettlement), by("trade", "tradeId"), by("payee", "payeeId"), by("buyer", "buyerId"), by("seller", "sellerId"), by("venue", "venueId")}},
		{name: "disputes", kind: rights.KindDispute, tag: "market", title: rights.Text{Zh: "争议", En: "dispute"}, record: rights.Dispute{}, filters: []param{
			stateOf(rights.KindDispute), by("type", "type"), by("claimant", "claimantId"), by("respondent", "respondentId"), by("ref", "refId"), by("right", "rightId"), by("trade", "tradeId")}},
		{name: "demands", kind: rights.KindDemand, tag: "market", title: rights.Text{Zh: "需求", En: "demand"}, record: rights.Demand{}, filters: []param{
			stateOf(rights.KindDemand), by("buyer", "buyerId"), by("field", "field"), by("industry", "industryCode"), by("region", "regionCode"), by("productType", "productType"), by("listing", "listingId"), textParam}},
		{name: "recognitions", kind: rights.KindRecognition, tag: "market", title: rights.Text{Zh: "互认", En: "recognition"}, record: rights.Recognition{}, extend: withEffect, filters: []param{
			stateOf(rights.KindRecognition), by("peer", "peerId"), by("holder", "holderUscc"), by("foreignCertNo", "foreignCertNo"), hashBy("matchTag", "matchTag"), textParam}},
	}
}

func useCollections() []*collection {
	return []*collection{
		{name: "lineage", kind: rights.KindLineage, tag: "use", title: rights.Text{Zh: "血缘记录", En: "lineage record"}, record: rights.Lineage{}, filters: []param{
			stateOf(rights.KindLineage), by("output", "output"), by("input", "input"), by("permission", "permission"), by("operator", "operatorId"), by("op", "op"), by("permit", "permitId"), by("copy", "copyId"), by("supersedes", "supersedes")}},
		{name: "permits", kind: rights.KindPermit, tag: "use", title: rights.Text{Zh: "使用许可", En: "usage permit"}, record: rights.Permit{}, extend: withEffect, filters: []param{
			stateOf(rights.KindPermit), by("grantor", "grantorId"), by("permittee", "permitteeId"), by("basis", "basisId"), by("platform", "platformId"), by("object", "objectId"), by("scenario", "scenarioId"), by("zone", "zone")}},
		{name: "meters", kind: rights.KindMeter, tag: "use", title: rights.Text{Zh: "计量记录", En: "meter record"}, record: rights.Meter{}, filters: []param{stateOf(rights.KindMeter), by("permit", "permitId")}},
		{name: "grants", kind: rights.KindGrant, tag: "use", title: rights.Text{Zh: "公共数据授权", En: "public-data grant"}, record: rights.Grant{}, extend: withEffect, filters: []param{
			stateOf(rights.KindGrant), {name: "tier", field: "tier", oneOf: []string{"GrantL1", "GrantL2"}}, by("parent", "parentGrantId"), by("authoriser", "authoriserId"), by("grantee", "granteeId"), by("region", "regionCode"),
			by("resource", "resourceId"), by("sourceUnit", "sourceUnitId"), by("scenario", "scenarioId"), textParam}},
		{name: "admissions", kind: rights.KindAdmission, tag: "use", title: rights.Text{Zh: "开发主体准入", En: "admission of a developer"}, record: rights.Admission{}, filters: []param{stateOf(rights.KindAdmission), by("developer", "developerId")}},
		{name: "disclosures", kind: rights.KindDisclosure, tag: "use", title: rights.Text{Zh: "授权运营信息披露", En: "disclosure on a grant"}, record: rights.Disclosure{}, filters: []param{stateOf(rights.KindDisclosure), by("grant", "grantId"), by("year", "year")}},
		{name: "custodies", kind: rights.KindCustody, tag: "use", title: rights.Text{Zh: "数据托管", En: "custody"}, record: rights.Custody{}, filters: []param{stateOf(rights.KindCustody), by("custodian", "custodianId"), by("owner", "ownerId"), by("resource", "resourceId")}},
		{name: "catalogue", kind: rights.KindCatalogue, tag: "use", title: rights.Text{Zh: "目录条目", En: "catalogue entry"}, record: rights.CatalogueEntry{}, filters: []param{
			stateOf(rights.KindCatalogue), by("kind", "kind"), by("object", "objectId"), by("publisher", "publisherId"), by("responsible", "responsibleId"), by("grant", "grantId"), by("region", "regionCode"), by("industry", "industryCode"), textParam}},
	}
}

func financeCollections() []*collection {
	return []*collection{
		{name: "evaluations", kind: rights.KindEvaluation, tag: "finance", title: rights.Text{Zh: "评估", En: "evaluation"}, record: rights.Evaluation{}, extend: withEffect, filters: []param{
			stateOf(rights.KindEvaluation), by("kind", "kind"), by("object", "objectId"), by("client", "clientId"), by("evaluator", "evaluatorId"), by("right", "rightId")}},
		{name: "accountings", kind: rights.KindAccounting, tag: "finance", title: rights.Text{Zh: "入表记录", En: "accounting record"}, record: rights.Accounting{}, filters: []param{
			stateOf(rights.KindAccounting), by("enterprise", "enterpriseId"), by("object", "objectId"), certNoBy("certNo"), by("class", "class")}},
		{name: "pledges", kind: rights.KindPledge, tag: "finance", title: rights.Text{Zh: "质押", En: "pledge"}, record: rights.Pledge{}, filters: []param{
			stateOf(rights.KindPledge), by("pledgor", "pledgorId"), by("pledgee", "pledgeeId"), by("debtor", "debtorId"), by("right", "rightId"), certNoBy("certNo"), by("evaluation", "evaluationId")}},
		{name: "guarantees", kind: rights.KindGuarantee, tag: "finance", title: rights.Text{Zh: "担保", En: "guarantee"}, record: rights.Guarantee{}, filters: []param{
			stateOf(rights.KindGuarantee), by("guarantor", "guarantorId"), by("beneficiary", "beneficiaryId"), by("debtor", "debtorId"), by("pledge", "pledgeId")}},
	}
}

func supervisionCollections() []*collection {
	return []*collection{
		{name: "measures", kind: rights.KindMeasure, tag: "supervision", title: rights.Text{Zh: "监管措施", En: "supervisory measure"}, record: rights.Measure{}, filters: []param{
			stateOf(rights.KindMeasure), by("type", "type"), by("domain", "domain"), by("target", "targetId"), by("targetKind", "targetKind"), by("subject", "subjectId"), by("alert", "alertId"), by("affects", "effectId")}},
		{name: "alerts", kind: rights.KindAlert, tag: "supervision", title: rights.Text{Zh: "风险预警", En: "risk alert"}, record: rights.Alert{}, filters: []param{
			stateOf(rights.KindAlert), {name: "rule", field: "ruleCode", oneOf: alertRuleCodes}, {name: "severity", field: "severity", oneOf: []string{"Low", "Medium", "High", "Critical"}}, by("target", "targetId"), by("targetType", "targetType"), by("subject", "subjectId"),
			by("assignee", "assigneeId"), by("raisedBy", "raisedBy")}},
		{name: "evidence", kind: rights.KindEvidence, tag: "supervision", title: rights.Text{Zh: "证据", En: "evidence item"}, record: rights.EvidenceItem{}, filters: []param{stateOf(rights.KindEvidence), by("case", "caseId"), by("kind", "kind"), by("collectedBy", "collectedBy")}},
		{name: "indicators", kind: rights.KindIndicator, tag: "supervision", title: rights.Text{Zh: "监管指标", En: "indicator"}, record: rights.Indicator{}, filters: []param{stateOf(rights.KindIndicator), by("code", "code"), textParam}},
		{name: "snapshots", kind: rights.KindSnapshot, tag: "supervision", title: rights.Text{Zh: "指标快照", En: "indicator snapshot"}, record: rights.Snapshot{}, filters: []param{stateOf(rights.KindSnapshot), by("code", "code"), by("region", "region")}},
		{name: "scenarios", kind: rights.KindScenario, tag: "supervision", title: rights.Text{Zh: "应用场景", En: "application scenario"}, record: rights.Scenario{}, filters: []param{
			stateOf(rights.KindScenario), {name: "kind", field: "kind", oneOf: []string{"Typical", "AuthorisedOperation"}}, by("field", "field"), by("source", "source"), by("submitter", "submitterId"), by("region", "regionCode"), by("product", "productId"), by("grant", "grantId"), by("year", "batchYear"), textParam}},
		{name: "policies", kind: rights.KindPolicy, tag: "supervision", title: rights.Text{Zh: "政策文件", En: "policy document"}, record: rights.PolicyDoc{}, filters: []param{stateOf(rights.KindPolicy), by("no", "no"), by("kind", "kind"), by("issuer", "issuerId"), by("adherent", "adherentId"), textParam}},
		{name: "supports", kind: rights.KindSupport, tag: "supervision", title: rights.Text{Zh: "政策支持", En: "policy support"}, record: rights.Support{}, filters: []param{stateOf(rights.KindSupport), by("recipient", "recipientId"), by("kind", "kind"), by("fact", "factId")}},
		{name: "maturities", kind: rights.KindMaturity, tag: "supervision", title: rights.Text{Zh: "成熟度", En: "maturity level"}, record: rights.Maturity{}, filters: []param{stateOf(rights.KindMaturity), by("enterprise", "enterpriseId"), by("model", "model"), by("level", "level"), by("assessor", "assessorId")}},
		{name: "market-events", kind: rights.KindMarketEvent, tag: "supervision", title: rights.Text{Zh: "活动", En: "market event"}, record: rights.MarketEvent{}, filters: []param{stateOf(rights.KindMarketEvent), by("kind", "kind"), by("organiser", "organiserId"), by("demand", "demandId"), by("trade", "tradeId"), textParam}},
		{name: "crypto-profiles", kind: rights.KindCryptoProfile, tag: "supervision", title: rights.Text{Zh: "密码算法配置", En: "crypto profile"}, record: rights.CryptoProfile{}, filters: []param{by("algorithm", "algorithm")}},
		{name: "code-tables", kind: rights.KindCodeTable, tag: "supervision", title: rights.Text{Zh: "代码表", En: "code table"}, record: rights.CodeTable{}, filters: []param{by("name", "name"), textParam}},
	}
}

// CollectionNames are the paths under /v1 at which records are.
func CollectionNames() []string {
	names := make([]string, len(collections))
	for i, k := range collections {
		names[i] = k.name
	}
	return names
}

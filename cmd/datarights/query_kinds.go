package main

import "github.com/datarights/datarights/chaincode/rights"

// marketKinds are the collections of the market, of use, finance and supervision.
var marketKinds = []*kind{
	{name: "products", aliases: []string{"product", "DP"}, record: rights.KindProduct, zh: "数据产品", columns: []column{
		{"编号 ID", "id", nil}, {"名称 NAME", "name", nil}, {"状态 STATE", "state", nil}, {"所有人 OWNER", "ownerId", nil}, {"类型 TYPE", "productType", nil}, {"分级 GRADE", "grade", nil}}},
	{name: "listings", aliases: []string{"listing", "LS"}, record: rights.KindListing, zh: "挂牌", columns: []column{
		{"编号 ID", "id", nil}, {"产品 PRODUCT", "productName", nil}, {"状态 STATE", "state", nil}, {"卖方 SELLER", "sellerId", nil}, {"价格方式 PRICE", "priceModel", nil}, {"至 UNTIL", "validTo", showTime}, {"现时生效 EFFECTIVE", "effective.now", showYes}}},
	{name: "trades", aliases: []string{"trade", "TR"}, record: rights.KindTrade, zh: "交易", columns: []column{
		{"编号 ID", "id", nil}, {"产品 PRODUCT", "productName", nil}, {"状态 STATE", "state", nil}, {"买方 BUYER", "buyerId", nil}, {"卖方 SELLER", "sellerId", nil}, {"更新 UPDATED", "updatedAt", showTime}}},
	{name: "deliveries", aliases: []string{"delivery", "DL"}, record: rights.KindDelivery, zh: "交付", columns: []column{
		{"编号 ID", "id", nil}, {"交易 TRADE", "tradeId", nil}, {"状态 STATE", "state", nil}, {"方式 MODE", "mode", nil}, {"从 FROM", "fromId", nil}, {"到 TO", "toId", nil}, {"收到 RECEIVED", "receivedAt", showTime}}},
	{name: "copies", aliases: []string{"copy", "CP"}, record: rights.KindCopy, zh: "副本", columns: []column{
		{"编号 ID", "id", nil}, {"产品 PRODUCT", "productId", nil}, {"状态 STATE", "state", nil}, {"持有人 HOLDER", "holderId", nil}, {"持有至 HOLD UNTIL", "holdUntil", showTime}, {"销毁期限 DESTROY BY", "destroyDueAt", showTime}}},
	{name: "settlements", aliases: []string{"settlement", "ST"}, record: rights.KindSettlement, zh: "结算", columns: []column{
		{"编号 ID", "id", nil}, {"交易 TRADE", "tradeId", nil}, {"状态 STATE", "state", nil}, {"买方 BUYER", "buyerId", nil}, {"卖方 SELLER", "sellerId", nil}, {"付款 PAID", "paidOn", nil}}},
	{name: "disputes", aliases: []string{"dispute", "DS"}, record: rights.KindDispute, zh: "争议", columns: []column{
		{"编号 ID", "id", nil}, {"类型 TYPE", "type", nil}, {"状态 STATE", "state", nil}, {"申请方 CLAIMANT", "claimantId", nil}, {"被申请方 RESPONDENTS", "respondentIds", nil}, {"所涉 ABOUT", "refId", nil}}},
	{name: "demands", aliases: []string{"demand", "DM"}, record: rights.KindDemand, zh: "需求", columns: []column{
		{"编号 ID", "id", nil}, {"需求 DEMAND", "title", nil}, {"状态 STATE", "state", nil}, {"领域 FIELD", "field", nil}, {"地区 REGION", "regionCode", nil}, {"至 UNTIL", "validTo", showTime}}},
	{name: "recognitions", aliases: []string{"recognition", "MR"}, record: rights.KindRecognition, zh: "互认", columns: []column{
		{"编号 ID", "id", nil}, {"凭证 CERTIFICATE", "foreignCertNo", nil}, {"状态 STATE", "state", nil}, {"权利人 HOLDER", "holderUscc", nil}, {"至 UNTIL", "validTo", showTime}, {"现时生效 EFFECTIVE", "effective.now", showYes}}},
	{name: "lineage", aliases: []string{"LN"}, record: rights.KindLineage, zh: "血缘记录", columns: []column{
		{"编号 ID", "id", nil}, {"加工 OP", "op", nil}, {"状态 STATE", "state", nil}, {"操作者 OPERATOR", "operatorId", nil}, {"实质 SUBSTANTIVE", "substantive", showYes}, {"完成 FINISHED", "finishedAt", showTime}}},
	{name: "permits", aliases: []string{"permit", "UP"}, record: rights.KindPermit, zh: "使用许可", columns: []column{
		{"编号 ID", "id", nil}, {"状态 STATE", "state", nil}, {"许可方 GRANTOR", "grantorId", nil}, {"被许可方 PERMITTEE", "permitteeId", nil}, {"至 UNTIL", "validTo", showTime}, {"现时生效 EFFECTIVE", "effective.now", showYes}}},
	{name: "meters", aliases: []string{"meter", "MT"}, record: rights.KindMeter, zh: "计量记录", columns: []column{
		{"编号 ID", "id", nil}, {"许可 PERMIT", "permitId", nil}, {"序号 SEQ", "seq", nil}, {"从 FROM", "periodFrom", showTime}, {"到 TO", "periodTo", showTime}}},
	{name: "grants", aliases: []string{"grant", "GR"}, record: rights.KindGrant, zh: "公共数据授权", columns: []column{
		{"编号 ID", "id", nil}, {"层级 TIER", "tier", nil}, {"状态 STATE", "state", nil}, {"授权方 AUTHORISER", "authoriserId", nil}, {"被授权方 GRANTEE", "granteeId", nil}, {"至 UNTIL", "validTo", showTime}, {"现时生效 EFFECTIVE", "effective.now", showYes}}},
	{name: "admissions", aliases: []string{"admission", "AD"}, record: rights.KindAdmission, zh: "开发主体准入", columns: []column{
		{"编号 ID", "id", nil}, {"状态 STATE", "state", nil}, {"开发主体 DEVELOPER", "developerId", nil}, {"至 UNTIL", "validTo", showTime}}},
	{name: "disclosures", aliases: []string{"disclosure", "DI"}, record: rights.KindDisclosure, zh: "授权运营信息披露", columns: []column{
		{"编号 ID", "id", nil}, {"授权 GRANT", "grantId", nil}, {"年度 YEAR", "year", nil}, {"提交 FILED", "filedAt", showTime}, {"逾期 LATE", "late", showYes}}},
	{name: "custodies", aliases: []string{"custody", "CU"}, record: rights.KindCustody, zh: "数据托管", columns: []column{
		{"编号 ID", "id", nil}, {"状态 STATE", "state", nil}, {"托管方 CUSTODIAN", "custodianId", nil}, {"所有人 OWNER", "ownerId", nil}, {"资源 RESOURCE", "resourceId", nil}, {"至 UNTIL", "validTo", showTime}}},
	{name: "catalogue", aliases: []string{"CE"}, record: rights.KindCatalogue, zh: "目录条目", columns: []column{
		{"编号 ID", "id", nil}, {"对象 OBJECT", "objectName", nil}, {"类别 KIND", "kind", nil}, {"状态 STATE", "state", nil}, {"发布方 PUBLISHER", "publisherId", nil}}},
	{name: "evaluations", aliases: []string{"evaluation", "EV"}, record: rights.KindEvaluation, zh: "评估", columns: []column{
		{"编号 ID", "id", nil}, {"类型 KIND", "kind", nil}, {"状态 STATE", "state", nil}, {"对象 OBJECT", "objectId", nil}, {"评估方 EVALUATOR", "evaluatorId", nil}, {"至 UNTIL", "validTo", showTime}, {"现时生效 EFFECTIVE", "effective.now", showYes}}},
	{name: "accountings", aliases: []string{"accounting", "AR"}, record: rights.KindAccounting, zh: "入表记录", columns: []column{
		{"编号 ID", "id", nil}, {"状态 STATE", "state", nil}, {"企业 ENTERPRISE", "enterpriseId", nil}, {"凭证 CERTIFICATE", "certNo", nil}, {"科目 CLASS", "class", nil}, {"期末 PERIOD END", "periodEnd", nil}}},
	{name: "pledges", aliases: []string{"pledge", "PL"}, record: rights.KindPledge, zh: "质押", columns: []column{
		{"编号 ID", "id", nil}, {"状态 STATE", "state", nil}, {"出质人 PLEDGOR", "pledgorId", nil}, {"质权人 PLEDGEE", "pledgeeId", nil}, {"顺位 RANK", "rank", nil}, {"债权至 CLAIM UNTIL", "claimTo", showTime}}},
	{name: "guarantees", aliases: []string{"guarantee", "GU"}, record: rights.KindGuarantee, zh: "担保", columns: []column{
		{"编号 ID", "id", nil}, {"状态 STATE", "state", nil}, {"担保人 GUARANTOR", "guarantorId", nil}, {"受益人 BENEFICIARY", "beneficiaryId", nil}, {"至 UNTIL", "validTo", showTime}}},
	{name: "measures", aliases: []string{"measure", "SM"}, record: rights.KindMeasure, zh: "监管措施", columns: []column{
		{"编号 ID", "id", nil}, {"类型 TYPE", "type", nil}, {"状态 STATE", "state", nil}, {"对象 TARGET", "targetId", nil}, {"当事人 SUBJECT", "subjectId", nil}, {"起 FROM", "from", showTime}, {"至 UNTIL", "to", showTime}}},
	{name: "alerts", aliases: []string{"alert", "AL"}, record: rights.KindAlert, zh: "风险预警", columns: []column{
		{"编号 ID", "id", nil}, {"规则 RULE", "ruleCode", nil}, {"级别 SEVERITY", "severity", nil}, {"状态 STATE", "state", nil}, {"对象 TARGET", "targetId", nil}, {"提出 RAISED", "raisedAt", showTime}, {"期限 DUE", "dueAt", showTime}}},
	{name: "evidence", aliases: []string{"EI"}, record: rights.KindEvidence, zh: "证据", columns: []column{
		{"编号 ID", "id", nil}, {"案件 CASE", "caseId", nil}, {"类型 KIND", "kind", nil}, {"状态 STATE", "state", nil}, {"取证人 COLLECTED BY", "collectedBy", nil}, {"取证 COLLECTED", "collectedAt", showTime}}},
	{name: "indicators", aliases: []string{"indicator", "IN"}, record: rights.KindIndicator, zh: "监管指标", columns: []column{
		{"编号 ID", "id", nil}, {"名称 NAME", "nameZh", nil}, {"英文 ENGLISH", "nameEn", nil}, {"状态 STATE", "state", nil}, {"单位 UNIT", "unit", nil}, {"目标 TARGET", "target", nil}}},
	{name: "snapshots", aliases: []string{"snapshot", "IS"}, record: rights.KindSnapshot, zh: "指标快照", columns: []column{
		{"编号 ID", "id", nil}, {"指标 INDICATOR", "code", nil}, {"状态 STATE", "state", nil}, {"值 VALUE", "valueInt", nil}, {"时点 AS OF", "asOf", showTime}, {"区块 HEIGHT", "blockHeight", nil}}},
	{name: "scenarios", aliases: []string{"scenario", "SC"}, record: rights.KindScenario, zh: "应用场景", columns: []column{
		{"编号 ID", "id", nil}, {"名称 NAME", "name", nil}, {"状态 STATE", "state", nil}, {"领域 FIELD", "field", nil}, {"提交方 SUBMITTER", "submitterId", nil}, {"落地 LANDED", "landedOn", nil}}},
	{name: "policies", aliases: []string{"policy", "PD"}, record: rights.KindPolicy, zh: "政策文件", columns: []column{
		{"编号 ID", "id", nil}, {"文号 NO", "no", nil}, {"标题 TITLE", "title", nil}, {"发布 ISSUED", "issuedOn", nil}}},
	{name: "supports", aliases: []string{"support", "SR"}, record: rights.KindSupport, zh: "政策支持", columns: []column{
		{"编号 ID", "id", nil}, {"类型 KIND", "kind", nil}, {"对象 RECIPIENT", "recipientId", nil}, {"事实 FACT", "factId", nil}}},
	{name: "maturities", aliases: []string{"maturity", "MA"}, record: rights.KindMaturity, zh: "成熟度", columns: []column{
		{"编号 ID", "id", nil}, {"企业 ENTERPRISE", "enterpriseId", nil}, {"模型 MODEL", "model", nil}, {"等级 LEVEL", "level", nil}, {"至 UNTIL", "to", nil}}},
	{name: "market-events", aliases: []string{"market-event", "ME"}, record: rights.KindMarketEvent, zh: "活动", columns: []column{
		{"编号 ID", "id", nil}, {"名称 NAME", "name", nil}, {"类型 KIND", "kind", nil}, {"日期 DATE", "date", nil}, {"举办方 ORGANISER", "organiserId", nil}}},
	{name: "crypto-profiles", aliases: []string{"crypto-profile", "CR"}, record: rights.KindCryptoProfile, zh: "密码算法配置", columns: []column{
		{"编号 ID", "id", nil}, {"算法 ALGORITHMS", "algorithms", nil}, {"起 FROM", "from", showTime}}},
	{name: "code-tables", aliases: []string{"code-table", "TB"}, record: rights.KindCodeTable, zh: "代码表", columns: []column{
		{"编号 ID", "id", nil}, {"名称 NAME", "name", nil}, {"版本 VERSION", "ver", nil}}},
}

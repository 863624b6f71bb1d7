package explorer

import (
	"maps"

	"github.com/datarights/datarights/chaincode/rights"
)

// The vocabularies that people choose from in forms, and that the pages of those who
// have signed in show: part of the dictionary of terms.go.
const (
	aMarketZone    subject = "marketZone"
	aUnit          subject = "unit"
	anOp           subject = "op"
	aLineageObject subject = "lineageObject"
	aUse           subject = "use"
	aDisputeType   subject = "disputeType"
	anOrderType    subject = "orderType"
	aMatter        subject = "matter"
	anOutcome      subject = "outcome"
	aLineRole      subject = "lineRole"
	aMeasure       subject = "measure"
	aTag           subject = "tag"
	aCreditFlag    subject = "creditFlag"
	anAlertRule    subject = "alertRule"
	aSeverity      subject = "severity"
	anIR           subject = "ir"
	anEvidence     subject = "evidence"
	aWindow        subject = "window"
	aDirection     subject = "direction"
	aScenarioKind  subject = "scenarioKind"
	aScenarioFrom  subject = "scenarioFrom"
	aNationalStep  subject = "nationalAction"
	aPolicyKind    subject = "policyKind"
	aSupportKind   subject = "supportKind"
	aModel         subject = "model"
	anEventKind    subject = "eventKind"
	aTier          subject = "tier"
	aGrantMode     subject = "grantMode"
	aSelection     subject = "selection"
	anOutputRule   subject = "outputRule"
	anEvaluation   subject = "evaluation"
	aPurpose       subject = "purpose"
	aMethod        subject = "method"
	anAssetClass   subject = "assetClass"
	anAcquisition  subject = "acquisition"
	anEntryKind    subject = "entryKind"
	anAlgorithm    subject = "algorithm"
	aTable         subject = "table"
	aWork          subject = "work"
)

func init() { // before the sums of terms.go: a vocabulary is a subject like any other
	maps.Copy(terms, codes)
	maps.Copy(terms, marketTerms)
	terms[anAlertRule] = map[string]rights.Text{}
	for _, r := range rights.AlertRules() {
		terms[anAlertRule][r.Code] = r.Title
	}
	terms[aWork] = map[string]rights.Text{}
	for _, s := range []subject{aVendorType, aService} {
		for code, t := range terms[s] {
			terms[aWork][code] = t
		}
	}
}

var codes = map[subject]map[string]rights.Text{
	aMarketZone: {"ZoneNewEnergy": {Zh: "新能源专区", En: "New energy zone"}, "ZoneXinchuang": {Zh: "信创专区", En: "Xinchuang zone"}},
	aUnit: {
		"Calls": {Zh: "调用次数", En: "Calls"}, "Rows": {Zh: "行数", En: "Rows"}, "CPUSec": {Zh: "CPU 秒", En: "CPU seconds"}, "GPUSec": {Zh: "GPU 秒", En: "GPU seconds"},
		"GB": {Zh: "数据量 GB", En: "Gigabytes"}, "Runs": {Zh: "作业次数", En: "Runs"}, "Models": {Zh: "模型个数", En: "Models"},
	},
	anOp: {
		"OpCollect": {Zh: "采集", En: "Collect"}, "OpFormat": {Zh: "格式转换", En: "Reformat"}, "OpSubset": {Zh: "抽取子集", En: "Subset"}, "OpEncrypt": {Zh: "加密", En: "Encrypt"}, "OpClean": {Zh: "清洗", En: "Clean"},
		"OpMerge": {Zh: "合并", En: "Merge"}, "OpAnnotate": {Zh: "标注", En: "Annotate"}, "OpAnonymise": {Zh: "匿名化", En: "Anonymise"}, "OpDeidentify": {Zh: "去标识化", En: "De-identify"}, "OpFuse": {Zh: "融合", En: "Fuse"}, "OpAggregate": {Zh: "汇总", En: "Aggregate"},
		"OpFeature": {Zh: "提取特征", En: "Extract features"}, "OpTrain": {Zh: "训练", En: "Train"}, "OpInfer": {Zh: "推理", En: "Infer"}, "OpReport": {Zh: "形成报告", En: "Report"},
	},
	aLineageObject: {"Resource": {Zh: "数据资源", En: "Data resource"}, "Product": {Zh: "数据产品", En: "Data product"}, "Copy": {Zh: "副本", En: "Copy"}, "Model": {Zh: "模型", En: "Model"}, "Result": {Zh: "结果", En: "Result"}},
	aUse: {
		"transfer": {Zh: "转让", En: "Transfer"}, "licence": {Zh: "许可、挂牌或新的交易", En: "License, list or trade anew"}, "exclusiveLicence": {Zh: "独占许可", En: "License exclusively"}, "deliver": {Zh: "履行此前签署的交易", En: "Deliver under an earlier trade"},
		"pledge": {Zh: "再次质押", En: "Pledge again"}, "describe": {Zh: "变更或更正描述", En: "Change the description"}, "renew": {Zh: "续期", En: "Renew"}, "cancel": {Zh: "注销", En: "Cancel"}, "internal": {Zh: "自用", En: "Own use"},
	},
	aDisputeType: {
		"Title": {Zh: "权属", En: "Title"}, "Quality": {Zh: "质量", En: "Quality"}, "Delivery": {Zh: "交付", En: "Delivery"}, "Payment": {Zh: "付款", En: "Payment"}, "ScopeBreach": {Zh: "超范围使用", En: "Use out of scope"},
		"Resale": {Zh: "违规转售", En: "Resale"}, "Privacy": {Zh: "个人信息", En: "Privacy"}, "Objection": {Zh: "异议", En: "Objection"}, "PledgeClaim": {Zh: "质押", En: "Pledge"}, "Other": {Zh: "其他", En: "Other"},
	},
	anOrderType: {
		"Pay": {Zh: "付款", En: "Pay"}, "Refund": {Zh: "退款", En: "Refund"}, "Redeliver": {Zh: "重新交付", En: "Deliver again"}, "Destroy": {Zh: "销毁副本", En: "Destroy copies"}, "Delist": {Zh: "下架", En: "Delist"},
		"Terminate": {Zh: "终止", En: "Terminate"}, "CancelRight": {Zh: "注销权利", En: "Cancel the right"}, "ChangeRight": {Zh: "变更权利", En: "Change the right"}, "Other": {Zh: "其他", En: "Other"},
	},
	aMatter: {
		"Right": {Zh: "权利", En: "Right"}, "Trade": {Zh: "交易", En: "Trade"}, "Delivery": {Zh: "交付", En: "Delivery"}, "Copy": {Zh: "副本", En: "Copy"}, "Settlement": {Zh: "结算", En: "Settlement"},
		"Listing": {Zh: "挂牌", En: "Listing"}, "Product": {Zh: "数据产品", En: "Product"}, "Pledge": {Zh: "质押", En: "Pledge"}, "Permit": {Zh: "使用许可", En: "Permit"},
	},
	anOutcome: {
		"upheld": {Zh: "成立（维持）", En: "Upheld"}, "dismissed": {Zh: "不成立", En: "Dismissed"}, "annulled": {Zh: "撤销原措施", En: "Measure annulled"},
		"Change": {Zh: "变更登记", En: "Change the registration"}, "Cancel": {Zh: "注销登记", En: "Cancel the registration"}, "Dismissed": {Zh: "异议不成立", En: "Objection dismissed"}, "Upheld": {Zh: "异议成立", En: "Objection upheld"},
	},
	aLineRole: {
		"Seller": {Zh: "卖方", En: "Seller"}, "Exchange": {Zh: "交易机构", En: "Exchange"}, "OperatingBody": {Zh: "运营主体", En: "Operating body"}, "Developer": {Zh: "开发主体", En: "Developer"}, "Treasury": {Zh: "财政", En: "Treasury"},
		"SourceUnit": {Zh: "数源单位", En: "Source unit"}, "Pledgee": {Zh: "质权人", En: "Pledgee"}, "Broker": {Zh: "经纪商", En: "Broker"}, "Other": {Zh: "其他", En: "Other"},
	},
	aMeasure: {
		"MeasureInterview": {Zh: "约谈", En: "Interview"}, "MeasureWarning": {Zh: "警示", En: "Warning"}, "MeasureRectify": {Zh: "责令改正", En: "Order to rectify"}, "MeasureSuspendListing": {Zh: "暂停挂牌", En: "Suspend a listing"},
		"MeasureSuspendTrade": {Zh: "暂停交易", En: "Suspend a trade"}, "MeasureSuspendPermit": {Zh: "暂停使用许可", En: "Suspend a permit"}, "MeasureSuspendGrant": {Zh: "暂停授权", En: "Suspend a grant"}, "MeasureFreeze": {Zh: "冻结", En: "Freeze"},
		"MeasureRestrictTrading": {Zh: "限制交易", En: "Restrict trading"}, "MeasureOrderDestroy": {Zh: "责令销毁副本", En: "Order destruction"}, "MeasureOrderCancelRegistration": {Zh: "责令注销登记", En: "Order cancellation of a registration"},
		"MeasureExpel": {Zh: "清退", En: "Expel"}, "MeasureTransferCase": {Zh: "移送", En: "Transfer the case"},
	},
	aTag:        {"TagDataElementEnterprise": {Zh: "数据要素型企业", En: "Data-element enterprise"}, "TagChainLeader": {Zh: "链主企业", En: "Chain leader"}},
	aCreditFlag: {"DishonestExecutee": {Zh: "失信被执行人", En: "Dishonest judgment debtor"}, "TaxViolation": {Zh: "重大税收违法", En: "Serious tax violation"}, "SeriousBreach": {Zh: "严重违法失信", En: "Serious breach of law"}},
	aSeverity:   {"Low": {Zh: "低", En: "Low"}, "Medium": {Zh: "中", En: "Medium"}, "High": {Zh: "高", En: "High"}, "Critical": {Zh: "紧急", En: "Critical"}},
	anIR: {
		"IR-1": {Zh: "IR-1 未获许可转售", En: "IR-1 Unlicensed resale"}, "IR-2": {Zh: "IR-2 超范围转售", En: "IR-2 Resale out of scope"}, "IR-3": {Zh: "IR-3 换壳", En: "IR-3 Repackaging"}, "IR-4": {Zh: "IR-4 场外转手", En: "IR-4 Off-platform transfer"},
		"IR-5": {Zh: "IR-5 融合平台原始数据外流", En: "IR-5 Raw data taken from a fusion platform"}, "IR-6": {Zh: "IR-6 重构原始数据", En: "IR-6 Reconstruction"}, "IR-7": {Zh: "IR-7 滥用授权", En: "IR-7 Abuse of a grant"}, "IR-8": {Zh: "IR-8 终止后销售", En: "IR-8 Sale after the end"},
		"IR-9": {Zh: "IR-9 重复处分", En: "IR-9 Double disposal"}, "IR-10": {Zh: "IR-10 处分受限资产", En: "IR-10 Disposal though encumbered"}, "IR-11": {Zh: "IR-11 受托方销售", En: "IR-11 Sale by a custodian or processor"}, "IR-12": {Zh: "IR-12 API 套壳", En: "IR-12 Re-served API"},
		"IR-13": {Zh: "IR-13 跨交易场所洗白", En: "IR-13 Laundering across exchanges"}, "IR-14": {Zh: "IR-14 借名规避", En: "IR-14 Acting for a barred party"},
	},
	anEvidence: {
		"OfferCapture": {Zh: "要约取证", En: "Capture of an offer"}, "SeizedSample": {Zh: "涉案样本", En: "Seized sample"}, "InclusionReport": {Zh: "包含比对报告", En: "Report on inclusion"}, "ExclusionTest": {Zh: "排除性检验", En: "Exclusion test"},
		"SimilarityReport": {Zh: "相似性报告", En: "Similarity report"}, "ModelProbe": {Zh: "模型探测", En: "Model probe"}, "KeyRelease": {Zh: "密钥释放记录", En: "Key release"}, "Contract": {Zh: "合同", En: "Contract"},
		"TrustedTimestamp": {Zh: "可信时间戳", En: "Trusted timestamp"}, "BankFlow": {Zh: "银行流水", En: "Bank statement"}, "Statement": {Zh: "陈述", En: "Statement"}, "Other": {Zh: "其他", En: "Other"},
	},
	aWindow:       {"AsOf": {Zh: "时点值", En: "As of a day"}, "Period": {Zh: "期间值", En: "Over a period"}, "Cumulative": {Zh: "累计值", En: "Cumulative"}},
	aDirection:    {"Up": {Zh: "越高越好", En: "Higher is better"}, "Down": {Zh: "越低越好", En: "Lower is better"}, "Watch": {Zh: "监测", En: "Watched"}},
	aScenarioKind: {"Typical": {Zh: "典型应用场景", En: "Typical scenario"}, "AuthorisedOperation": {Zh: "授权运营场景", En: "Authorised-operation scenario"}},
	aScenarioFrom: {"Contest": {Zh: "大赛", En: "Contest"}, "CaseCall": {Zh: "案例征集", En: "Call for cases"}, "Built": {Zh: "自建", En: "Built"}},
	aNationalStep: {
		"工业制造": {Zh: "工业制造", En: "Manufacturing"}, "现代农业": {Zh: "现代农业", En: "Agriculture"}, "商贸流通": {Zh: "商贸流通", En: "Commerce"}, "交通运输": {Zh: "交通运输", En: "Transport"},
		"金融服务": {Zh: "金融服务", En: "Finance"}, "科技创新": {Zh: "科技创新", En: "Science and innovation"}, "文化旅游": {Zh: "文化旅游", En: "Culture and tourism"}, "医疗健康": {Zh: "医疗健康", En: "Health"},
		"应急管理": {Zh: "应急管理", En: "Emergency management"}, "气象服务": {Zh: "气象服务", En: "Meteorology"}, "城市治理": {Zh: "城市治理", En: "City governance"}, "绿色低碳": {Zh: "绿色低碳", En: "Green and low-carbon"},
	},
	aPolicyKind: {
		"AssetRegistration": {Zh: "资产登记", En: "Asset registration"}, "AuthorisedOperation": {Zh: "授权运营", En: "Authorised operation"}, "Trading": {Zh: "交易", En: "Trading"}, "SecurityNorm": {Zh: "安全规范", En: "Security norm"},
		"IndicatorSystem": {Zh: "指标体系", En: "Indicator system"}, "LabellingBase": {Zh: "标注基地", En: "Labelling base"}, "SelfDiscipline": {Zh: "自律公约", En: "Self-discipline pact"}, "Other": {Zh: "其他", En: "Other"},
	},
	aSupportKind: {"Registration": {Zh: "登记奖补", En: "Registration"}, "Evaluation": {Zh: "评估奖补", En: "Evaluation"}, "Accounting": {Zh: "入表奖补", En: "Accounting"}, "Trade": {Zh: "交易奖补", En: "Trade"}, "Scenario": {Zh: "场景奖补", En: "Scenario"}, "Other": {Zh: "其他", En: "Other"}},
	aModel:       {"DCMM": {Zh: "DCMM 数据管理能力成熟度", En: "DCMM"}, "DSMM": {Zh: "DSMM 数据安全能力成熟度", En: "DSMM"}, "LocalDAMM": {Zh: "地方数据资产管理成熟度", En: "Local DAMM"}},
	anEventKind:  {"Forum": {Zh: "论坛", En: "Forum"}, "Salon": {Zh: "沙龙", En: "Salon"}, "Matchmaking": {Zh: "供需对接", En: "Matchmaking"}, "Consulting": {Zh: "咨询辅导", En: "Consulting"}},
	aTier:        {"GrantL1": {Zh: "一级授权", En: "First level"}, "GrantL2": {Zh: "二级授权", En: "Second level"}},
	aGrantMode:   {"Whole": {Zh: "整体授权", En: "Whole"}, "Domain": {Zh: "分领域授权", En: "By domain"}, "Scenario": {Zh: "依场景授权", En: "By scenario"}},
	aSelection: {
		"OpenTender": {Zh: "公开招标", En: "Open tender"}, "InvitedTender": {Zh: "邀请招标", En: "Invited tender"}, "Negotiation": {Zh: "谈判", En: "Negotiation"}, "SingleSource": {Zh: "单一来源", En: "Single source"},
		"CompetitiveConsultation": {Zh: "竞争性磋商", En: "Competitive consultation"},
	},
	anOutputRule: {"ResultsOnly": {Zh: "只出结果", En: "Results only"}, "AggregatesMin": {Zh: "只出汇总，每组不少于下限", En: "Aggregates over a least group size"}, "ModelOnly": {Zh: "只出模型", En: "Models only"}},
	anEvaluation: {"Quality": {Zh: "质量评价", En: "Quality"}, "Value": {Zh: "价值评估", En: "Value"}, "Compliance": {Zh: "合规评估", En: "Compliance"}, "SecurityRisk": {Zh: "安全风险评估", En: "Security risk"}, "Maturity": {Zh: "成熟度评估", En: "Maturity"}},
	aPurpose:     {"Trade": {Zh: "交易", En: "Trade"}, "Pledge": {Zh: "质押", En: "Pledge"}, "Accounting": {Zh: "入表", En: "Accounting"}, "Equity": {Zh: "作价入股", En: "Equity contribution"}, "Subsidy": {Zh: "奖补", En: "Subsidy"}, "Other": {Zh: "其他", En: "Other"}},
	aMethod:      {"Cost": {Zh: "成本法", En: "Cost"}, "Income": {Zh: "收益法", En: "Income"}, "Market": {Zh: "市场法", En: "Market"}},
	anAssetClass: {"IntangibleAsset": {Zh: "无形资产", En: "Intangible asset"}, "Inventory": {Zh: "存货", En: "Inventory"}, "DevelopmentExpenditure": {Zh: "开发支出", En: "Development expenditure"}},
	anAcquisition: {
		"Purchased": {Zh: "外购", En: "Purchased"}, "SelfDeveloped": {Zh: "自行开发", En: "Developed in-house"}, "Other": {Zh: "其他", En: "Other"},
	},
	anEntryKind: {"Data": {Zh: "数据目录", En: "Data"}, "Product": {Zh: "产品目录", En: "Product"}, "Grant": {Zh: "授权目录", En: "Grant"}},
	anAlgorithm: {
		"SM2": {Zh: "SM2 椭圆曲线", En: "SM2"}, "SM3": {Zh: "SM3 杂凑", En: "SM3"}, "SM4": {Zh: "SM4 分组", En: "SM4"}, "SM9": {Zh: "SM9 标识", En: "SM9"},
		"ECDSA-P256": {Zh: "ECDSA-P256 签名", En: "ECDSA P-256"}, "SHA-256": {Zh: "SHA-256 杂凑", En: "SHA-256"}, "AES-256": {Zh: "AES-256 分组", En: "AES-256"},
	},
	aTable: {"GB2260": {Zh: "行政区划（GB/T 2260）", En: "Regions (GB/T 2260)"}, "GB4754": {Zh: "行业分类（GB/T 4754）", En: "Industries (GB/T 4754)"}},
}

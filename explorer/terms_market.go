package explorer

import "github.com/datarights/datarights/chaincode/rights"

// The market's codes.
const (
	aProductType  subject = "productType"
	aDemandField  subject = "demandField"
	aDeliveryMode subject = "deliveryMode"
	aPriceModel   subject = "priceModel"
	aSaleSubject  subject = "saleSubject"
	anAction      subject = "action"
	anEnv         subject = "env"
	aBudgetBand   subject = "budgetBand"
	aUseClass     subject = "useClass"
)

var marketTerms = map[subject]map[string]rights.Text{
	aProductType: {
		"Dataset": {Zh: "数据集", En: "Dataset"}, "Report": {Zh: "数据报告", En: "Report"}, "Visualisation": {Zh: "可视化", En: "Visualisation"}, "Index": {Zh: "数据指数", En: "Index"},
		"EncryptedData": {Zh: "加密数据", En: "Encrypted data"}, "API": {Zh: "数据接口", En: "API"}, "VerifyService": {Zh: "核验服务", En: "Verification"}, "Model": {Zh: "模型", En: "Model"},
		"DataService": {Zh: "数据服务", En: "Data service"}, "DataTool": {Zh: "数据工具", En: "Data tool"}, "Other": {Zh: "其他", En: "Other"},
	},
	aDemandField: {
		"GreenLowCarbon": {Zh: "绿色低碳", En: "Green and low-carbon"}, "Agriculture": {Zh: "现代农业", En: "Agriculture"}, "CityGovernance": {Zh: "城市治理", En: "City governance"},
		"Logistics": {Zh: "交通物流", En: "Transport and logistics"}, "Finance": {Zh: "金融服务", En: "Finance"}, "NaturalResources": {Zh: "自然资源", En: "Natural resources"},
		"Health": {Zh: "医疗健康", En: "Health"}, "CultureTourism": {Zh: "文化旅游", En: "Culture and tourism"}, "Commerce": {Zh: "商贸流通", En: "Commerce"}, "SocialCredit": {Zh: "社会信用", En: "Social credit"},
	},
	aDeliveryMode: {
		"EncryptedFile": {Zh: "加密文件", En: "Encrypted file"}, "API": {Zh: "接口", En: "API"}, "Sandbox": {Zh: "数据沙箱", En: "Sandbox"},
		"PrivacyCompute": {Zh: "隐私计算", En: "Privacy computing"}, "ModelResult": {Zh: "模型结果", En: "Model results"}, "OnSite": {Zh: "现场", En: "On site"},
	},
	aPriceModel: {
		"PerUnit": {Zh: "按份", En: "Per unit"}, "PerCall": {Zh: "按次", En: "Per call"}, "PerPeriod": {Zh: "按期", En: "Per period"},
		"Lump": {Zh: "一口价", En: "Lump sum"}, "Negotiated": {Zh: "议价", En: "Negotiated"}, "Free": {Zh: "免费", En: "Free"},
	},
	aSaleSubject: {
		"LicenceUse": {Zh: "许可使用", En: "Licence to use"}, "ApiCalls": {Zh: "接口调用", En: "API calls"}, "Query": {Zh: "查询", En: "Queries"}, "ModelService": {Zh: "模型服务", En: "Model service"},
		"RightTransfer": {Zh: "权利转让", En: "Transfer of a right"}, "Service": {Zh: "服务", En: "Service"}, "Tool": {Zh: "工具", En: "Tool"},
	},
	anAction: {
		"ActHold": {Zh: "持有", En: "hold"}, "ActQuery": {Zh: "查询", En: "query"}, "ActVerify": {Zh: "核验", En: "verify"}, "ActProcess": {Zh: "加工", En: "process"},
		"ActFuse": {Zh: "融合", En: "fuse"}, "ActTrain": {Zh: "训练", En: "train models"}, "ActDerive": {Zh: "衍生", En: "derive"}, "ActProvide": {Zh: "对外提供", En: "provide to others"},
		"ActResell": {Zh: "转售", En: "resell"}, "ActSublicense": {Zh: "再许可", En: "sublicense"}, "ActSubGrant": {Zh: "再授权", En: "grant on"}, "ActExport": {Zh: "出境", En: "export"}, "ActPledge": {Zh: "质押", En: "pledge"},
	},
	anEnv: {
		"EnvOpen": {Zh: "不限环境", En: "Open"}, "EnvClientFile": {Zh: "买方本地文件", En: "Files at the buyer's"}, "EnvSandbox": {Zh: "数据沙箱", En: "Sandbox"}, "EnvTEE": {Zh: "可信执行环境", En: "TEE"},
		"EnvMPC": {Zh: "多方安全计算", En: "MPC"}, "EnvFL": {Zh: "联邦学习", En: "Federated learning"}, "EnvDataSpace": {Zh: "可信数据空间", En: "Data space"}, "EnvXinchuang": {Zh: "信创专区", En: "Xinchuang zone"},
	},
	aBudgetBand: {
		"Below10k": {Zh: "1 万元以下", En: "Below 10,000 yuan"}, "10kTo100k": {Zh: "1 万至 10 万元", En: "10,000 to 100,000 yuan"},
		"100kTo1m": {Zh: "10 万至 100 万元", En: "100,000 to 1 million yuan"}, "Above1m": {Zh: "100 万元以上", En: "Above 1 million yuan"},
	},
	aUseClass: {
		"Industry": {Zh: "产业发展", En: "Industry"}, "PublicBenefit": {Zh: "公共治理、公益事业", En: "Public benefit"},
	},
}

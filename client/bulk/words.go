package bulk

import "github.com/datarights/datarights/chaincode/rights"

// wording is what a template says of a column.
type wording struct {
	title, help rights.Text
	example     string
}

// wordings by path. Members without an entry are headed by their name alone.
var wordings = map[string]wording{
	columnFile:  {rights.Text{Zh: "数据文件", En: "data file"}, rights.Text{Zh: "数据文件的路径，相对于本表所在文件夹；只在本机计算指纹，不上传", En: "path of the data, from the folder of this sheet; fingerprinted here and not sent"}, "data/meter-2026.csv"},
	columnSheet: {rights.Text{Zh: "数据工作表", En: "data sheet"}, rights.Text{Zh: "数据文件为 XLSX 时的工作表，默认第一张", En: "sheet of an XLSX data file; the first if not given"}, ""},
	columnNote:  {rights.Text{Zh: "备注", En: "remark"}, rights.Text{Zh: "不导入；以 # 开头的行整行不导入", En: "not imported; a row that begins with # is not imported at all"}, ""},

	"name":                      {rights.Text{Zh: "名称", En: "name"}, rights.Text{Zh: "含时间、地区、行业、内容、类型，至多 40 字", En: "time, region, industry, content, data type; at most 40 characters"}, "2026年盐都电力行业日发电量统计表"},
	"overview":                  {rights.Text{Zh: "概述", En: "overview"}, rights.Text{Zh: "至多 400 字", En: "at most 400 characters"}, "每日发电量，单位千瓦时"},
	"subjectClass":              {rights.Text{Zh: "数据主体", En: "data subject"}, rights.Text{Zh: "公共、企业或个人数据", En: "public, enterprise or personal data"}, "SubjectEnterprise"},
	"sourceType":                {rights.Text{Zh: "数据来源", En: "source"}, rights.Text{Zh: "如何取得数据", En: "how the data came about"}, "SrcCollected"},
	"sourceUnitId":              {rights.Text{Zh: "来源单位", En: "source unit"}, rights.Text{Zh: "公共数据的来源单位代码", En: "of public data, the unit it comes from"}, ""},
	"publicKind":                {rights.Text{Zh: "公共数据类别", En: "kind of public data"}, rights.Text{Zh: "仅公共数据填写", En: "for public data only"}, ""},
	"industryCode":              {rights.Text{Zh: "行业代码", En: "industry"}, rights.Text{Zh: "GB/T 4754 门类字母加大类，如 D44", En: "GB/T 4754 section letter and division, such as D44"}, "D44"},
	"regionCode":                {rights.Text{Zh: "行政区划代码", En: "region"}, rights.Text{Zh: "GB/T 2260 六位代码，如 320903", En: "six digits of GB/T 2260, such as 320903"}, "320903"},
	"regionRange":               {rights.Text{Zh: "地域范围", En: "extent"}, rights.Text{Zh: "数据覆盖的范围", En: "how far the data reaches"}, "Municipal"},
	"timeFrom":                  {rights.Text{Zh: "数据起始日", En: "from"}, rights.Text{Zh: "YYYY-MM-DD", En: "YYYY-MM-DD"}, "2026-01-01"},
	"timeTo":                    {rights.Text{Zh: "数据截止日", En: "to"}, rights.Text{Zh: "YYYY-MM-DD，不早于起始日", En: "YYYY-MM-DD, not before the first day"}, "2026-06-30"},
	"updateFreq":                {rights.Text{Zh: "更新频率", En: "updated"}, rights.Text{Zh: "多久更新一次", En: "how often it is updated"}, "Daily"},
	"dataForm":                  {rights.Text{Zh: "数据形态", En: "form of the data"}, rights.Text{Zh: "空着则按文件格式", En: "by the file's format if empty"}, ""},
	"structure":                 {rights.Text{Zh: "结构", En: "structure"}, rights.Text{Zh: "空着则按文件格式", En: "by the file's format if empty"}, ""},
	"category":                  {rights.Text{Zh: "分类", En: "category"}, rights.Text{Zh: "本单位的数据分类，至多 40 字", En: "your own category, at most 40 characters"}, ""},
	"level":                     {rights.Text{Zh: "数据级别", En: "level"}, rights.Text{Zh: "核心数据不得登记", En: "core data is never registered"}, "LevelGeneral"},
	"grade":                     {rights.Text{Zh: "分级", En: "grade"}, rights.Text{Zh: "一般数据 1 至 4，重要数据 5", En: "1 to 4 of general data, 5 of important data"}, "1"},
	"pi":                        {rights.Text{Zh: "个人信息", En: "personal information"}, rights.Text{Zh: "数据是否含个人信息", En: "whether there is personal information in it"}, "None"},
	"domainId":                  {rights.Text{Zh: "数据域", En: "domain"}, rights.Text{Zh: "至多 40 字", En: "at most 40 characters"}, ""},
	"custodianId":               {rights.Text{Zh: "受托保管人", En: "custodian"}, rights.Text{Zh: "统一社会信用代码", En: "unified social credit code"}, ""},
	"custodyAgreement":          {rights.Text{Zh: "托管协议哈希", En: "hash of the custody agreement"}, rights.Text{Zh: "sm3: 加 64 位十六进制", En: "sm3: and 64 hex digits"}, ""},
	"publicRegCode":             {rights.Text{Zh: "公共数据资源登记号", En: "public registration code"}, rights.Text{Zh: "至多 40 字", En: "at most 40 characters"}, ""},
	"lineageId":                 {rights.Text{Zh: "血缘记录", En: "lineage"}, rights.Text{Zh: "产生该数据的加工记录", En: "the processing that made it"}, ""},
	"resourceId":                {rights.Text{Zh: "数据资源编号", En: "resource"}, rights.Text{Zh: "DR-…", En: "DR-…"}, ""},
	"sourceNote":                {rights.Text{Zh: "版本来源说明", En: "note on the version"}, rights.Text{Zh: "新版本如何产生，至多 400 字", En: "how the version came about, at most 400 characters"}, "新增第三季度"},
	"limits.territory":          {rights.Text{Zh: "地域限制", En: "territory"}, rights.Text{Zh: "至多 100 字", En: "at most 100 characters"}, ""},
	"limits.environment":        {rights.Text{Zh: "使用环境限制", En: "environment"}, rights.Text{Zh: "至多 100 字", En: "at most 100 characters"}, ""},
	"limits.buyerType":          {rights.Text{Zh: "买方类型限制", En: "buyer's type"}, rights.Text{Zh: "至多 100 字", En: "at most 100 characters"}, ""},
	"limits.buyerQualification": {rights.Text{Zh: "买方资质限制", En: "buyer's qualification"}, rights.Text{Zh: "至多 100 字", En: "at most 100 characters"}, ""},
	"limits.resaleAllowed":      {rights.Text{Zh: "可否转售", En: "resale allowed"}, rights.Text{Zh: "是或否", En: "yes or no"}, ""},
	"limits.exportAllowed":      {rights.Text{Zh: "可否出境", En: "export allowed"}, rights.Text{Zh: "是或否", En: "yes or no"}, ""},

	"title":        {rights.Text{Zh: "标题", En: "title"}, rights.Text{Zh: "至多 40 字", En: "at most 40 characters"}, "求购盐城沿海逐时风速"},
	"text":         {rights.Text{Zh: "内容", En: "text"}, rights.Text{Zh: "至多 400 字；不写个人信息", En: "at most 400 characters; no personal information"}, "2026年全年，空间分辨率 10 公里"},
	"field":        {rights.Text{Zh: "应用领域", En: "field"}, rights.Text{Zh: "城市列出的应用领域", En: "one of the fields the city names"}, "GreenLowCarbon"},
	"productTypes": {rights.Text{Zh: "产品类型", En: "product types"}, rights.Text{Zh: "可多个，用分号隔开", En: "one or more, with semicolons between"}, "API; Dataset"},
	"budgetBand":   {rights.Text{Zh: "预算区间", En: "budget band"}, rights.Text{Zh: "只写区间，不写金额", En: "a band, never an amount"}, "10kTo100k"},
	"validTo":      {rights.Text{Zh: "有效期至", En: "valid to"}, rights.Text{Zh: "YYYY-MM-DD，含当日（北京时间）", En: "YYYY-MM-DD, that day included (Asia/Shanghai)"}, "2027-03-31"},
	"validFrom":    {rights.Text{Zh: "有效期自", En: "valid from"}, rights.Text{Zh: "YYYY-MM-DD（北京时间）；空着为即时", En: "YYYY-MM-DD (Asia/Shanghai); now if empty"}, ""},

	"productId":       {rights.Text{Zh: "产品编号", En: "product"}, rights.Text{Zh: "DP-…", En: "DP-…"}, ""},
	"productVersion":  {rights.Text{Zh: "产品版本", En: "product version"}, rights.Text{Zh: "空着为最新", En: "the newest if empty"}, ""},
	"venueId":         {rights.Text{Zh: "交易场所", En: "venue"}, rights.Text{Zh: "统一社会信用代码", En: "unified social credit code"}, ""},
	"rightId":         {rights.Text{Zh: "权利编号", En: "right"}, rights.Text{Zh: "RT-…", En: "RT-…"}, ""},
	"subjectType":     {rights.Text{Zh: "标的类型", En: "what is sold"}, rights.Text{Zh: "许可、调用、服务等", En: "a licence, calls, a service …"}, "ApiCalls"},
	"deliveryModes":   {rights.Text{Zh: "交付方式", En: "delivery"}, rights.Text{Zh: "可多个，用分号隔开", En: "one or more, with semicolons between"}, "API"},
	"priceModel":      {rights.Text{Zh: "计价方式", En: "pricing"}, rights.Text{Zh: "协商价的承诺须另行生成", En: "the commitment of a negotiated price is made apart"}, "PerCall"},
	"unitPriceFen":    {rights.Text{Zh: "单价（分）", En: "unit price in fen"}, rights.Text{Zh: "整数，单位为分", En: "a whole number of fen"}, "50"},
	"priceCommitment": {rights.Text{Zh: "价格承诺", En: "price commitment"}, rights.Text{Zh: "sm3:…，见 datarights secret make", En: "sm3:…, see datarights secret make"}, ""},
	"zone":            {rights.Text{Zh: "专区", En: "zone"}, rights.Text{Zh: "可空", En: "may be empty"}, ""},
	"similarityHash":  {rights.Text{Zh: "相似性报告哈希", En: "hash of the similarity report"}, rights.Text{Zh: "sm3:…", En: "sm3:…"}, ""},
	"termsHash":       {rights.Text{Zh: "条款哈希", En: "hash of the terms"}, rights.Text{Zh: "sm3:…", En: "sm3:…"}, ""},
	"productType":     {rights.Text{Zh: "产品类型", En: "product type"}, rights.Text{Zh: "数据产品的类型", En: "type of the data product"}, "API"},
	"caseId":          {rights.Text{Zh: "案件编号", En: "case"}, rights.Text{Zh: "RG-…", En: "RG-…"}, ""},
	"listingId":       {rights.Text{Zh: "挂牌编号", En: "listing"}, rights.Text{Zh: "LS-…", En: "LS-…"}, ""},
	"demandId":        {rights.Text{Zh: "需求编号", En: "demand"}, rights.Text{Zh: "DM-…", En: "DM-…"}, ""},
	"permitId":        {rights.Text{Zh: "许可编号", En: "permit"}, rights.Text{Zh: "UP-…", En: "UP-…"}, ""},
	"certNo":          {rights.Text{Zh: "凭证号", En: "certificate"}, rights.Text{Zh: "SJ 加 13 位数字", En: "SJ and 13 digits"}, ""},
	"reason":          {rights.Text{Zh: "理由", En: "reason"}, rights.Text{}, ""},
	"uscc":            {rights.Text{Zh: "统一社会信用代码", En: "USCC"}, rights.Text{Zh: "18 位", En: "18 characters"}, ""},
}

func words(c Column) Column {
	w := wordings[c.Path]
	c.Title, c.Help, c.Example = w.title, w.help, w.example
	return c
}

// choices say codes in both languages.
var choices = map[string]rights.Text{
	"SubjectPublic": {Zh: "公共数据", En: "public data"}, "SubjectEnterprise": {Zh: "企业数据", En: "enterprise data"}, "SubjectPersonal": {Zh: "个人数据", En: "personal data"},
	"SrcCollected": {Zh: "采集生成", En: "collected or generated"}, "SrcAgreement": {Zh: "协议取得", En: "by agreement"}, "SrcCrawled": {Zh: "自动化程序收集公开数据", En: "public data collected by program"},
	"SrcDerived": {Zh: "衍生创造", En: "derived"}, "SrcJoint": {Zh: "共同生成", En: "jointly produced"},
	"GovDuty": {Zh: "履职数据", En: "government duty data"}, "Utility": {Zh: "公用事业数据", En: "utility data"}, "Institution": {Zh: "公共机构数据", En: "public institution data"},
	"International": {Zh: "国际", En: "international"}, "National": {Zh: "全国", En: "national"}, "Provincial": {Zh: "省级", En: "provincial"}, "Municipal": {Zh: "市级", En: "municipal"},
	"County": {Zh: "县级", En: "county"}, "BelowCounty": {Zh: "县级以下", En: "below county"},
	"RealTime": {Zh: "实时", En: "real time"}, "Daily": {Zh: "每日", En: "daily"}, "Weekly": {Zh: "每周", En: "weekly"}, "Monthly": {Zh: "每月", En: "monthly"}, "Yearly": {Zh: "每年", En: "yearly"},
	"OnDemand": {Zh: "按需", En: "on demand"}, "Other": {Zh: "其他", En: "other"},
	"Table": {Zh: "表格", En: "table"}, "Text": {Zh: "文本", En: "text"}, "Image": {Zh: "图像", En: "image"}, "Video": {Zh: "视频", En: "video"}, "Audio": {Zh: "音频", En: "audio"},
	"Structured": {Zh: "结构化", En: "structured"}, "SemiStructured": {Zh: "半结构化", En: "semi-structured"}, "Unstructured": {Zh: "非结构化", En: "unstructured"},
	"LevelGeneral": {Zh: "一般数据", En: "general data"}, "LevelImportant": {Zh: "重要数据", En: "important data"}, "LevelCore": {Zh: "核心数据", En: "core data"},
	"None": {Zh: "不含个人信息", En: "none"}, "Anonymised": {Zh: "已匿名化", En: "anonymised"}, "Deidentified": {Zh: "已去标识化", En: "de-identified"}, "PersonalInfo": {Zh: "含个人信息", En: "personal information"},
	"SensitivePI":    {Zh: "含敏感个人信息", En: "sensitive personal information"},
	"GreenLowCarbon": {Zh: "绿色低碳", En: "green and low-carbon"}, "Agriculture": {Zh: "现代农业", En: "agriculture"}, "CityGovernance": {Zh: "城市治理", En: "city governance"}, "Logistics": {Zh: "物流", En: "logistics"},
	"Finance": {Zh: "金融", En: "finance"}, "NaturalResources": {Zh: "自然资源", En: "natural resources"}, "Health": {Zh: "医疗健康", En: "health"}, "CultureTourism": {Zh: "文化旅游", En: "culture and tourism"},
	"Commerce": {Zh: "商贸", En: "commerce"}, "SocialCredit": {Zh: "社会信用", En: "social credit"},
	"Below10k": {Zh: "1 万元以下", En: "below 10,000 yuan"}, "10kTo100k": {Zh: "1 万至 10 万元", En: "10,000 to 100,000 yuan"}, "100kTo1m": {Zh: "10 万至 100 万元", En: "100,000 to 1 million yuan"}, "Above1m": {Zh: "100 万元以上", En: "above 1 million yuan"},
	"LicenceUse": {Zh: "使用许可", En: "licence"}, "ApiCalls": {Zh: "接口调用", En: "API calls"}, "Query": {Zh: "查询", En: "queries"}, "ModelService": {Zh: "模型服务", En: "model service"}, "RightTransfer": {Zh: "权利转让", En: "transfer of the right"},
	"Service": {Zh: "服务", En: "service"}, "Tool": {Zh: "工具", En: "tool"},
	"EncryptedFile": {Zh: "加密文件", En: "encrypted file"}, "API": {Zh: "接口", En: "API"}, "Sandbox": {Zh: "沙箱", En: "sandbox"}, "PrivacyCompute": {Zh: "隐私计算", En: "privacy computing"}, "ModelResult": {Zh: "模型结果", En: "model result"}, "OnSite": {Zh: "现场", En: "on site"},
	"PerUnit": {Zh: "按件", En: "per unit"}, "PerCall": {Zh: "按次", En: "per call"}, "PerPeriod": {Zh: "按期", En: "per period"}, "Lump": {Zh: "一口价", En: "lump sum"}, "Negotiated": {Zh: "协商价", En: "negotiated"}, "Free": {Zh: "免费", En: "free"},
	"Dataset": {Zh: "数据集", En: "dataset"}, "Report": {Zh: "报告", En: "report"}, "Visualisation": {Zh: "可视化", En: "visualisation"}, "Index": {Zh: "指数", En: "index"}, "EncryptedData": {Zh: "加密数据", En: "encrypted data"},
	"VerifyService": {Zh: "核验服务", En: "verification service"}, "Model": {Zh: "模型", En: "model"}, "DataService": {Zh: "数据服务", En: "data service"}, "DataTool": {Zh: "数据工具", En: "data tool"},
	"ZoneNewEnergy": {Zh: "新能源专区", En: "new-energy zone"}, "ZoneXinchuang": {Zh: "信创专区", En: "IT-innovation zone"},
}

// choice is how a drop-down list writes a code.
func choice(code string) string {
	if t, ok := choices[code]; ok {
		return t.Zh + " " + code
	}
	return code
}

// chosen finds the code a cell means: the code, its words in either language, or
// both.
func chosen(codes []string, text string) (string, bool) {
	key := normal(text)
	for _, code := range codes {
		t := choices[code]
		for _, n := range []string{code, t.Zh, t.En, t.Zh + code, code + t.Zh} {
			if n != "" && normal(n) == key {
				return code, true
			}
		}
	}
	return "", false
}

package api

import "github.com/datarights/datarights/chaincode/rights"

// filterWords explain the filters whose name does not say enough.
var filterWords = map[string]rights.Text{
	"region":            {Zh: "行政区划代码，可只给前 2 或 4 位，如 3209", En: "region code, or its first 2 or 4 digits"},
	"industry":          {Zh: "国民经济行业代码，可只给门类、大类、中类", En: "industry code, or the section, division or group it is in"},
	"prefix":            {Zh: "凭证号前缀，如 SJ321202611", En: "beginning of the number"},
	"party":             {Zh: "任一方：买方、卖方或经纪", En: "either side: buyer, seller or broker"},
	"venueType":         {Zh: "场内或场外", En: "on or off exchange"},
	"venue":             {Zh: "交易场所的主体标识", En: "participant id of the venue"},
	"input":             {Zh: "直接投入的内容根或标识", En: "content root or id of a direct input"},
	"output":            {Zh: "产出的内容根或标识", En: "content root or id of an output"},
	"permission":        {Zh: "投入所依据的权利、副本、许可或授权", En: "the right, copy, permit or grant an input was used under"},
	"copy":              {Zh: "副本标识；血缘记录按闭包中的购入副本查询", En: "id of a copy; lineage is found by the bought copies in its closure"},
	"basis":             {Zh: "所依据的权利、交易或授权", En: "the right, trade or grant it rests on"},
	"object":            {Zh: "数据资源或产品的标识", En: "id of a data resource or product"},
	"matchTag":          {Zh: "匹配标签：内容相同者", En: "match tag: of equal content"},
	"contentRoot":       {Zh: "任一版本的内容根", En: "content root of any version"},
	"fingerprintCommit": {Zh: "指纹承诺 H(code‖nonce)", En: "commitment to a fingerprint"},
	"affects":           {Zh: "措施作用到的任一记录", En: "any record the measure had an effect on"},
	"fact":              {Zh: "所支持的事实：凭证、交易或场景", En: "the fact supported: a certificate, trade or scenario"},
	"ref":               {Zh: "所涉记录的标识", En: "id of the record it is about"},
	"parent":            {Zh: "上级记录的标识", En: "id of the record above it"},
	"responsible":       {Zh: "责任单位", En: "the responsible participant"},
	"peer":              {Zh: "互认交易机构", En: "the recognised exchange"},
	"supersedes":        {Zh: "被更正的血缘记录", En: "the record it corrects"},
}

// filterExamples are values that tell a filter's form.
var filterExamples = map[string]string{
	"region": "3209", "industry": "D44", "holder": "91320903MA0A00022Y", "buyer": "91320903MA0A00022Y", "seller": "91320903MA0A00022Y", "owner": "91320903MA0A00022Y", "party": "91320903MA0A00022Y",
	"product": "DP-320902-20261123-0a1b2c3d4e5f-00", "trade": "TR-320902-20261123-0a1b2c3d4e5f-00", "right": "RT-320902-20261123-0a1b2c3d4e5f-00", "listing": "LS-320902-20261123-0a1b2c3d4e5f-00",
	"productType": "API", "zone": "ZoneNewEnergy", "field": "GreenLowCarbon", "year": "2026", "code": "IN-A1", "algorithm": "SM2", "venueType": "VenueOnExchange", "targetKind": "TR",
}

// memberWords explain members that several kinds of records have.
var memberWords = map[string]rights.Text{
	"termsHash":           {Zh: "合同文本的哈希；文本由各方保存", En: "hash of the contract, which the parties keep"},
	"termsCommitment":     {Zh: "金额与分配条款的加盐承诺；原文在私有数据集合中", En: "salted commitment to the money terms, which lie in a private collection"},
	"amountsCommitment":   {Zh: "金额的加盐承诺；原文在私有数据集合中", En: "salted commitment to the amounts, which lie in a private collection"},
	"valueCommitment":     {Zh: "评估值的加盐承诺", En: "salted commitment to the value"},
	"priceCommitment":     {Zh: "议价起点的加盐承诺", En: "salted commitment to a negotiated price"},
	"statementCommitment": {Zh: "陈述与请求金额的加盐承诺", En: "salted commitment to the statement and claim"},
	"relatedParty":        {Zh: "双方同属一个集团（SD-5）", En: "both sides belong to one group (SD-5)"},
	"onHold":              {Zh: "因争议或措施暂停办理", En: "on hold because of a dispute or measure"},
	"unitPriceFen":        {Zh: "单价，分；议价或免费时为 0", En: "unit price in fen; 0 when negotiated or free"},
	"feeCeilingFen":       {Zh: "公共数据产品最高收费，分", En: "ceiling of what may be asked, in fen"},
	"validTo":             {Zh: "不含该时刻", En: "exclusive"},
	"bps":                 {Zh: "万分之几", En: "basis points"},
	"contentRoot":         {Zh: "加盐内容根", En: "salted content root"},
	"matchTag":            {Zh: "匹配标签：仅能判断内容是否相同", En: "tells only whether content is equal"},
	"fingerprintCommit":   {Zh: "收件人指纹的承诺 H(code‖nonce)", En: "commitment to the recipient's fingerprint"},
	"permissionRef":       {Zh: "所依据的权利、副本、许可或授权", En: "the right, copy, permit or grant it was used under"},
	"suspendedBy":         {Zh: "暂停的缘由；全部解除后方恢复", En: "why it is suspended; free only when all are gone"},
	"disclosures":         {Zh: "须买方知悉的权利负担类型", En: "encumbrances a buyer must acknowledge"},
	"jobRoot":             {Zh: "作业日志的 Merkle 根", En: "Merkle root of the job log"},
	"inputRoot":           {Zh: "计算所用清单的 Merkle 根，可据以重算", En: "Merkle root of the list it was computed from"},
	"zdwRegNo":            {Zh: "动产融资统一登记公示系统登记号", En: "number in the unified registry of movable-property financing"},
	"deliveryModes":       {Zh: "EncryptedFile、API、Sandbox、PrivacyCompute、ModelResult、OnSite", En: "how it may be delivered"},
	"refusedDigest":       {Zh: "被拒指令的 sm3", En: "sm3 of the refused command"},
}

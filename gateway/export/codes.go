package export

import "github.com/datarights/datarights/chaincode/rights"

// The authority tables of the European Union are what readers of DCAT know codes
// by; DCAT itself has none.
const (
	euFrequency = "http://publications.europa.eu/resource/authority/frequency/"
	euAccess    = "http://publications.europa.eu/resource/authority/access-right/"
	iso4217     = "http://cvx.iptc.org/iso4217a/"
)

// frequencies are the update frequencies of resources.
var frequencies = map[string]string{"RealTime": "UPDATE_CONT", "Daily": "DAILY", "Weekly": "WEEKLY", "Monthly": "MONTHLY", "Yearly": "ANNUAL", "OnDemand": "IRREG", "Other": "OTHER"}

// mapped is how an action of the ledger is said in ODRL: by an action of its own
// vocabulary, or by one of the profile that is included in one.
type mapped struct {
	odrl string // odrl:… or dr:…
	in   string // of a dr: action, what it is included in
	word rights.Text
}

// actionOrder is the order of the rules' table (3.0.4).
var actionOrder = []rights.Action{rights.ActHold, rights.ActQuery, rights.ActVerify, rights.ActProcess, rights.ActFuse, rights.ActTrain, rights.ActDerive, rights.ActProvide,
	rights.ActResell, rights.ActSublicense, rights.ActSubGrant, rights.ActExport, rights.ActPledge}

var odrlActions = map[rights.Action]mapped{
	rights.ActHold:       {odrl: "odrl:archive", word: rights.Text{Zh: "持有、保存", En: "hold"}},
	rights.ActQuery:      {odrl: "odrl:read", word: rights.Text{Zh: "查询", En: "query"}},
	rights.ActVerify:     {odrl: "dr:verify", in: "odrl:use", word: rights.Text{Zh: "核验", En: "verify: be told whether a statement is true, and nothing else"}},
	rights.ActProcess:    {odrl: "dr:process", in: "odrl:use", word: rights.Text{Zh: "加工处理", En: "process"}},
	rights.ActFuse:       {odrl: "odrl:aggregate", word: rights.Text{Zh: "融合", En: "fuse with other data"}},
	rights.ActTrain:      {odrl: "dr:train", in: "odrl:use", word: rights.Text{Zh: "训练模型", En: "train a model"}},
	rights.ActDerive:     {odrl: "odrl:derive", word: rights.Text{Zh: "衍生新的数据", En: "derive new data"}},
	rights.ActProvide:    {odrl: "odrl:distribute", word: rights.Text{Zh: "向他人提供", En: "provide to others"}},
	rights.ActResell:     {odrl: "odrl:sell", word: rights.Text{Zh: "转售相同或实质相同的内容", En: "resell the same or substantially the same content"}},
	rights.ActSublicense: {odrl: "odrl:grantUse", word: rights.Text{Zh: "再许可", En: "sublicense"}},
	rights.ActSubGrant:   {odrl: "dr:subGrant", in: "odrl:grantUse", word: rights.Text{Zh: "再授权", En: "authorise others to operate, at the second level"}},
	rights.ActExport:     {odrl: "dr:export", in: "odrl:use", word: rights.Text{Zh: "出境", En: "take out of the country"}},
	rights.ActPledge:     {odrl: "dr:pledge", in: "odrl:use", word: rights.Text{Zh: "出质", En: "pledge"}},
}

// given are the actions that give data on: where a scope does not have them, the
// policy says so instead of leaving it to its reader.
var given = []rights.Action{rights.ActProvide, rights.ActResell, rights.ActSublicense, rights.ActSubGrant, rights.ActExport}

// quantities are the units of quotas as left operands.
var quantities = map[string]mapped{
	"Calls":  {odrl: "odrl:count", word: rights.Text{Zh: "调用次数", En: "calls"}},
	"Rows":   {odrl: "dr:rows", word: rights.Text{Zh: "行数", En: "rows"}},
	"CPUSec": {odrl: "dr:cpuSeconds", word: rights.Text{Zh: "CPU 秒", En: "seconds of CPU"}},
	"GPUSec": {odrl: "dr:gpuSeconds", word: rights.Text{Zh: "GPU 秒", En: "seconds of GPU"}},
	"GB":     {odrl: "dr:gigabytes", word: rights.Text{Zh: "千兆字节", En: "gigabytes"}},
	"Runs":   {odrl: "dr:runs", word: rights.Text{Zh: "作业次数", En: "runs of a job"}},
	"Models": {odrl: "dr:models", word: rights.Text{Zh: "模型个数", En: "models"}},
}

// unitOrder is the order of the ledger's list of units.
var unitOrder = []string{"Calls", "Rows", "CPUSec", "GPUSec", "GB", "Runs", "Models"}

// operands are the profile's left operands beside the quantities.
var operands = []mapped{
	{odrl: "dr:grade", word: rights.Text{Zh: "数据分级上限", En: "grade of the data (GB/T 43697)"}},
	{odrl: "dr:environment", word: rights.Text{Zh: "使用环境", En: "environment in which data is used"}},
	{odrl: "dr:outputRule", word: rights.Text{Zh: "输出规则", En: "what may leave the environment"}},
	{odrl: "dr:minimumAggregate", word: rights.Text{Zh: "汇总最小样本数", En: "fewest subjects an aggregate may be over"}},
	{odrl: "dr:derivedSurvives", word: rights.Text{Zh: "衍生成果在许可期满后仍可使用", En: "what was derived outlives the term"}},
}

// environments are the ledger's.
var environments = []struct {
	env  rights.Env
	word rights.Text
}{
	{rights.EnvOpen, rights.Text{Zh: "开放环境", En: "open"}},
	{rights.EnvClientFile, rights.Text{Zh: "交付到需方", En: "file at the recipient's"}},
	{rights.EnvSandbox, rights.Text{Zh: "沙箱", En: "sandbox"}},
	{rights.EnvTEE, rights.Text{Zh: "可信执行环境", En: "trusted execution environment"}},
	{rights.EnvMPC, rights.Text{Zh: "多方安全计算", En: "secure multi-party computation"}},
	{rights.EnvFL, rights.Text{Zh: "联邦学习", En: "federated learning"}},
	{rights.EnvDataSpace, rights.Text{Zh: "可信数据空间", En: "trusted data space"}},
	{rights.EnvXinchuang, rights.Text{Zh: "信创环境", En: "domestic-technology environment"}},
}

package demo

import (
	"fmt"

	"github.com/datarights/datarights/chaincode/rights"
	"github.com/datarights/datarights/test-network/data"
)

// actor is somebody in the story: a key file and whom it speaks for. All
// credit codes are synthetic; no such organisation exists.
type actor struct {
	key     string // run/keys/<key>.pem
	uscc    string
	keyNo   int
	gateway string // organisation whose gateway it uses
	zh, en  string
}

var (
	registrar    = actor{"registrar-officer", "91320900MA0A00073U", 1, "Group", "市大数据集团登记岗", "the Group's registration officer"}
	platform     = actor{"platform-service", "91320900MA0A00073U", 2, "Group", "市大数据集团平台服务", "the Group's platform service"}
	exchange     = actor{"exchange-officer", "91320900MA0A00014Q", 1, "Exchange", "数据交易中心准入岗", "the Exchange's admission officer"}
	exchangeBot  = actor{"exchange-platform", "91320900MA0A00014Q", 2, "Exchange", "数据交易中心平台服务", "the Exchange's platform service"}
	regulator    = actor{"regulator-officer", "11320900MB0A00050T", 1, "Regulator", "市数据局监管岗", "the data bureau's officer"}
	bank         = actor{"bank-officer", "91320904MA0A00081G", 1, "Bank", "合作银行信贷岗", "the bank's credit officer"}
	energy       = actor{"energy-company", "91320903MA0A00022Y", 1, "Exchange", "盐都新能源发电公司", "the energy company"}
	weather      = actor{"weather-company", "91320902MA0A00030B", 1, "Group", "亭湖气象数据服务公司", "the weather company"}
	department   = actor{"weather-bureau", "11320900MB0A00907E", 1, "Group", "市气象局", "the weather bureau"}
	implementing = actor{"data-centre", "12320900MB0A009156", 1, "Regulator", "市数据管理中心", "the city's data management centre"}
	operating    = actor{"operating-body", "91320900MA0A0092XA", 1, "Group", "市公共数据运营公司", "the operating body"}
	developer    = actor{"developer", "91320902MA0A009387", 1, "Exchange", "绿能信用科技公司", "the developer"}
	buyer        = actor{"buyer", "91320903MA0A00946G", 1, "Exchange", "盐都绿色租赁公司", "the leasing company"}
	secondBuyer  = actor{"second-buyer", "91320981MA0A00954A", 1, "Exchange", "东台数据商", "the data vendor"}
	appraiser    = actor{"appraiser", "91320900MA0A00962T", 1, "Exchange", "数据资产评估公司", "the appraiser"}
	compliance   = actor{"compliance-service", "91320900MA0A00970M", 1, "Exchange", "数据合规服务公司", "the compliance service"}
	mediator     = actor{"mediator", "51320900MJ0A00981E", 1, "Exchange", "数据纠纷调解中心", "the mediation centre"}
	stranger     = actor{gateway: "Group", zh: "未登记的陌生人", en: "a stranger"}
)

// officers is what the administrators of the four organisations enrol. The first
// key of an institution comes before its second.
var officers = []struct {
	actor
	enrolment rights.Enrolment
}{
	{registrar, rights.Enrolment{Name: "盐城市大数据集团", OrgType: "OrgEnterprise", Roles: []rights.Role{rights.RoleRegistrar, rights.RolePlatform},
		Post: "登记岗", Duties: []rights.Role{rights.RoleRegistrar}, Registrar: &rights.RegistrarCode{Region: "32", Digit: "1"}}},
	{platform, rights.Enrolment{Name: "盐城市大数据集团", OrgType: "OrgEnterprise", Roles: []rights.Role{rights.RoleRegistrar, rights.RolePlatform},
		Post: "平台服务", Duties: []rights.Role{rights.RolePlatform}, Registrar: &rights.RegistrarCode{Region: "32", Digit: "1"}}},
	{exchange, rights.Enrolment{Name: "华东江苏大数据交易中心", OrgType: "OrgEnterprise", Roles: []rights.Role{rights.RoleExchange, rights.RolePlatform},
		Post: "准入岗", Duties: []rights.Role{rights.RoleExchange}}},
	{exchangeBot, rights.Enrolment{Name: "华东江苏大数据交易中心", OrgType: "OrgEnterprise", Roles: []rights.Role{rights.RoleExchange, rights.RolePlatform},
		Post: "平台服务", Duties: []rights.Role{rights.RolePlatform}}},
	{regulator, rights.Enrolment{Name: "盐城市数据局", OrgType: "OrgGovernment", Roles: []rights.Role{rights.RoleRegulator}, Post: "监管岗", RegulatorDomain: "data"}},
	{bank, rights.Enrolment{Name: "合作银行盐城分行", OrgType: "OrgFinancial", Roles: []rights.Role{rights.RoleBank}, Post: "信贷岗"}},
}

// newcomers apply with keys of their own; by admits them.
var newcomers = []struct {
	actor
	by       actor
	name     string
	orgType  string
	roles    []rights.Role
	services []string // of a third party
	region   string
	industry string
}{
	{energy, exchange, "盐都新能源发电有限公司", "OrgEnterprise", []rights.Role{rights.RoleEnterprise}, nil, "320903", "D44"},
	{weather, exchange, "亭湖气象数据服务有限公司", "OrgEnterprise", []rights.Role{rights.RoleEnterprise, rights.RoleVendor}, nil, "320902", "M74"},
	{department, exchange, "盐城市气象局", "OrgGovernment", []rights.Role{rights.RoleSourceUnit}, nil, "320900", "M74"},
	{implementing, regulator, "盐城市数据管理中心", "OrgInstitution", []rights.Role{rights.RoleImplementing}, nil, "320900", "S92"},
	{operating, regulator, "盐城市公共数据运营有限公司", "OrgEnterprise", []rights.Role{rights.RoleOperating}, nil, "320900", "I65"},
	{developer, regulator, "绿能信用科技有限公司", "OrgEnterprise", []rights.Role{rights.RoleDeveloper}, nil, "320902", "I65"},
	{buyer, exchange, "盐都绿色租赁有限公司", "OrgEnterprise", []rights.Role{rights.RoleEnterprise}, nil, "320903", "L71"},
	{secondBuyer, exchange, "东台数据服务有限公司", "OrgEnterprise", []rights.Role{rights.RoleVendor}, nil, "320981", "I65"},
	{appraiser, regulator, "盐城数据资产评估有限公司", "OrgEnterprise", []rights.Role{rights.RoleThirdParty}, []string{"SvcAppraisal"}, "320900", "L72"},
	{compliance, regulator, "盐城数据合规服务有限公司", "OrgEnterprise", []rights.Role{rights.RoleThirdParty}, []string{"SvcCompliance"}, "320900", "L72"},
	{mediator, exchange, "盐城数据纠纷调解中心", "OrgSocial", []rights.Role{rights.RoleMediator}, nil, "320900", "S95"},
}

// SecondsPerWorkday is what a legal working day lasts in the demo, so that a
// notice of five of them can be watched. Public data is under notice for ten:
// its days are half as long.
const (
	SecondsPerWorkday       = 2
	SecondsPerPublicWorkday = 1
)

// profile is a rule profile of the law with its periods in demo time.
func profile(code string) (rights.PublishProfile, int64, error) {
	var p rights.PublishProfile
	if err := data.Profile(code, &p); err != nil {
		return p, 0, err
	}
	seconds := int64(SecondsPerWorkday)
	if code == "PUBLIC" {
		seconds = SecondsPerPublicWorkday
	}
	p.Note = fmt.Sprintf("演示参数：一个工作日按 %[1]d 秒计算，仅供演示 / demo profile: a working day lasts %[1]d s", seconds)
	p.Params = append(p.Params, rights.Param{Key: rights.ParamDemoSeconds, Int: seconds})
	return p, seconds, nil
}

// calendar2026 is the State Council's holiday arrangement of 2026 (国办发明电
// 〔2025〕7号), as published in November 2025.
func calendar2026() rights.PublishCalendar {
	return rights.PublishCalendar{
		Year: 2026, Ver: 1, DocRef: "国办发明电〔2025〕7号",
		NonWorking: []string{
			"2026-01-01", "2026-01-02", "2026-01-03",
			"2026-02-15", "2026-02-16", "2026-02-17", "2026-02-18", "2026-02-19", "2026-02-20", "2026-02-21", "2026-02-22", "2026-02-23",
			"2026-04-04", "2026-04-05", "2026-04-06",
			"2026-05-01", "2026-05-02", "2026-05-03", "2026-05-04", "2026-05-05",
			"2026-06-19", "2026-06-20", "2026-06-21",
			"2026-09-25", "2026-09-26", "2026-09-27",
			"2026-10-01", "2026-10-02", "2026-10-03", "2026-10-04", "2026-10-05", "2026-10-06", "2026-10-07",
		},
		ExtraWorking: []string{"2026-01-04", "2026-02-14", "2026-02-28", "2026-05-09", "2026-09-20", "2026-10-10"},
	}
}

// regions are the codes of GB/T 2260 that the market uses: the province, its
// cities, and the counties of this one.
func regions() rights.PublishCodeTable {
	t := rights.PublishCodeTable{Name: rights.TableRegions, Ver: 1}
	for _, r := range [][2]string{
		{"320000", "江苏省"}, {"320100", "南京市"}, {"320200", "无锡市"}, {"320300", "徐州市"}, {"320400", "常州市"}, {"320500", "苏州市"}, {"320600", "南通市"},
		{"320700", "连云港市"}, {"320800", "淮安市"}, {"320900", "盐城市"}, {"321000", "扬州市"}, {"321100", "镇江市"}, {"321200", "泰州市"}, {"321300", "宿迁市"},
		{"320902", "亭湖区"}, {"320903", "盐都区"}, {"320904", "大丰区"}, {"320921", "响水县"}, {"320922", "滨海县"}, {"320923", "阜宁县"}, {"320924", "射阳县"},
		{"320925", "建湖县"}, {"320981", "东台市"},
	} {
		t.Items = append(t.Items, rights.CodeItem{Code: r[0], Name: r[1]})
	}
	return t
}

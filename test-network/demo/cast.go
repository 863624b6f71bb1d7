package demo

import (
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
	registrar = actor{"registrar-officer", "91320900MA0A00073U", 1, "Group", "市大数据集团登记岗", "the Group's registration officer"}
	platform  = actor{"platform-service", "91320900MA0A00073U", 2, "Group", "市大数据集团平台服务", "the Group's platform service"}
	exchange  = actor{"exchange-officer", "91320900MA0A00014Q", 1, "Exchange", "数据交易中心准入岗", "the Exchange's admission officer"}
	regulator = actor{"regulator-officer", "11320900MB0A00050T", 1, "Regulator", "市数据局监管岗", "the data bureau's officer"}
	bank      = actor{"bank-officer", "91320904MA0A00081G", 1, "Bank", "合作银行信贷岗", "the bank's credit officer"}
	energy    = actor{"energy-company", "91320903MA0A00022Y", 1, "Exchange", "盐都新能源发电公司", "the energy company"}
	weather   = actor{"weather-company", "91320902MA0A00030B", 1, "Group", "亭湖气象数据服务公司", "the weather company"}
	stranger  = actor{gateway: "Group", zh: "未登记的陌生人", en: "a stranger"}
)

// officers is what the administrators of the four organisations enrol.
var officers = []struct {
	actor
	enrolment rights.Enrolment
}{
	{registrar, rights.Enrolment{Name: "盐城市大数据集团", OrgType: "OrgEnterprise", Roles: []rights.Role{rights.RoleRegistrar, rights.RolePlatform},
		Post: "登记岗", Duties: []rights.Role{rights.RoleRegistrar}, Registrar: &rights.RegistrarCode{Region: "32", Digit: "1"}}},
	{platform, rights.Enrolment{Name: "盐城市大数据集团", OrgType: "OrgEnterprise", Roles: []rights.Role{rights.RoleRegistrar, rights.RolePlatform},
		Post: "平台服务", Duties: []rights.Role{rights.RolePlatform}, Registrar: &rights.RegistrarCode{Region: "32", Digit: "1"}}},
	{exchange, rights.Enrolment{Name: "华东江苏大数据交易中心", OrgType: "OrgEnterprise", Roles: []rights.Role{rights.RoleExchange}, Post: "准入岗"}},
	{regulator, rights.Enrolment{Name: "盐城市数据局", OrgType: "OrgGovernment", Roles: []rights.Role{rights.RoleRegulator}, Post: "监管岗", RegulatorDomain: "data"}},
	{bank, rights.Enrolment{Name: "合作银行盐城分行", OrgType: "OrgFinancial", Roles: []rights.Role{rights.RoleBank}, Post: "信贷岗"}},
}

// SecondsPerWorkday is what a legal working day lasts in the demo, so that a
// notice of five of them can be watched.
const SecondsPerWorkday = 2

// profile is a rule profile of the law with its periods in demo time.
func profile(code string) (rights.PublishProfile, error) {
	var p rights.PublishProfile
	if err := data.Profile(code, &p); err != nil {
		return p, err
	}
	p.Note = "演示参数：一个工作日按 2 秒计算，仅供演示 / demo profile: a working day lasts 2 seconds"
	p.Params = append(p.Params, rights.Param{Key: rights.ParamDemoSeconds, Int: SecondsPerWorkday})
	return p, nil
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

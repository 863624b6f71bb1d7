package explorer

import "github.com/datarights/datarights/chaincode/rights"

// Words of the offices' workplaces that no command takes.
const (
	anAskedAs subject = "askedAs"
	aRaisedBy subject = "raisedBy"
	aCertUse  subject = "certUse"
)

func init() {
	terms[anAskedAs] = map[string]rights.Text{
		"office": {Zh: "职能机构", En: "an office"}, "holder": {Zh: "权利人", En: "the holder"}, "pledgee": {Zh: "质权人", En: "the pledgee"}, "consent": {Zh: "持出质人同意凭据者", En: "bearer of the pledgor's consent"},
	}
	terms[aRaisedBy] = map[string]rights.Text{
		"System": {Zh: "账本规则", En: "the ledger's rules"}, "Platform": {Zh: "平台", En: "the platform"}, "Participant": {Zh: "市场主体", En: "a participant"}, "Regulator": {Zh: "监管部门", En: "the regulator"},
	}
	terms[aCertUse] = map[string]rights.Text{
		"tls": {Zh: "通信证书（TLS）", En: "TLS"}, "identity": {Zh: "签名证书", En: "signing identity"},
	}
}

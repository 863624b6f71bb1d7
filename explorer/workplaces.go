package explorer

import (
	"github.com/datarights/datarights/chaincode/rights"
)

// workplaces are the pages for those who have signed in, by role.
var workplaces []Workplace

func init() { // the pages read workplaces
	workplaces = []Workplace{
		{Path: "/enterprise", Title: rights.Text{Zh: "企业", En: "Enterprise"}, Roles: enterpriseRoles, Pages: enterprisePages},
		{Path: "/bank", Title: rights.Text{Zh: "银行", En: "Bank"}, Roles: []rights.Role{rights.RoleBank}, Pages: bankPages},
		{Path: "/regulator", Title: rights.Text{Zh: "监管", En: "Regulator"}, Roles: []rights.Role{rights.RoleRegulator}, Pages: regulatorPages},
		{Path: "/exchange", Title: rights.Text{Zh: "交易机构", En: "Exchange"}, Roles: []rights.Role{rights.RoleExchange}, Pages: exchangePages},
		{Path: "/registrar", Title: rights.Text{Zh: "登记机构", En: "Registrar"}, Roles: []rights.Role{rights.RoleRegistrar}, Pages: registrarPages},
	}
}

package explorer

import (
	"github.com/datarights/datarights/chaincode/rights"
)

// workplaces are the pages for those who have signed in, by role.
var workplaces []Workplace

func init() { // the pages read workplaces
	workplaces = []Workplace{
		{Path: "/enterprise", Title: rights.Text{Zh: "企业", En: "Enterprise"}, Roles: enterpriseRoles, Pages: enterprisePages},
	}
}

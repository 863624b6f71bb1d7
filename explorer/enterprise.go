package explorer

import (
	"net/http"

	"github.com/datarights/datarights/chaincode/rights"
)

var enterprisePages = []WorkPage{
	{"", rights.Text{Zh: "概览", En: "Overview"}, (*request).enterpriseFront},
}

// enterpriseView is what an enterprise sees first: what is due, and what it has.
type enterpriseView struct {
	Cases []Seen[rights.Case]
}

func (q *request) enterpriseFront() error {
	var v enterpriseView
	var err error
	if v.Cases, _, err = listed[rights.Case](q, "registrations", "", "applicant", q.who.ParticipantID); err != nil {
		return err
	}
	return q.render(http.StatusOK, "enterprise", "my", v)
}

package explorer

import (
	"strings"
	"testing"

	"github.com/datarights/datarights/chaincode/rights"
)

// What a case waits for follows its state and the clock; lateness is the registrar's
// alone.
func TestRegistrarPages(t *testing.T) {
	now := sampleNow.Unix()
	one := func(id string, state rights.State, edit func(*rights.Case)) *rights.Case {
		c := &rights.Case{Head: rights.Head{ID: id, State: state}, RegType: rights.RegFirst, ObjectName: hostile, ApplicantIDs: []string{energy}, RegistrarID: deskRegistrar, RightKinds: []rights.RightKind{rights.RightUse}, SubmittedAt: now - 500}
		edit(c)
		return c
	}
	query := func(state string) string {
		return "/v1/registrations?limit=100&registrar=" + deskRegistrar + "&state=" + state
	}
	api := &deskAPI{t: t, who: deskRegistrar, roles: []rights.Role{rights.RoleRegistrar}, answers: map[string]any{
		query("Submitted"): answered(one("RG-late", "Submitted", func(c *rights.Case) { c.AcceptDueAt = now - 60 })),
		query("PublicNotice"): answered(
			one("RG-ended", "PublicNotice", func(c *rights.Case) { c.NoticeEndsAt, c.ReviewDueAt = now-1, now+900 }),
			one("RG-open", "PublicNotice", func(c *rights.Case) { c.NoticeEndsAt = now + 900 })),
		query("Objected"):     answered(one("RG-objected", "Objected", func(c *rights.Case) { c.ObjectionIDs = []string{"OB-1"} })),
		"/v1/objections/OB-1": &rights.Objection{Head: rights.Head{ID: "OB-1", State: "ObjFiled"}, Stage: "InNotice", ObjectorID: logistic, Reason: hostile, DueAt: now + 300},
	}}
	w := api.desk(t, "/registrar")
	says(t, w, "已逾期，应于", "公示期满，登记发证", "异议：", "已逾期 1", "等登记机构 2", "等别人 1")
	body := w.Body.String()
	late, objected, ended, open := strings.Index(body, "RG-late"), strings.Index(body, "RG-objected"), strings.Index(body, "RG-ended"), strings.LastIndex(body, `/notices/RG-open`)
	if !(0 < late && late < objected && objected < ended && ended < open) {
		t.Errorf("order %d %d %d %d", late, objected, ended, open)
	}
	if strings.Contains(body, "/do/registration.record?back=%2Fregistrar&amp;caseId=RG-open") || !strings.Contains(body, "/do/registration.record?back=%2Fregistrar&amp;caseId=RG-ended") {
		t.Error("what is to be recorded does not follow the notice")
	}
	if !strings.Contains(body, "/do/registration.decideObjection?back=%2Fregistrar&amp;objectionId=OB-1") {
		t.Error("the objection cannot be decided from here")
	}
}

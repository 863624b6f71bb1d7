package rights

import (
	"slices"
	"strconv"
	"strings"
)

// claim is one row of the table who may register which right (DRWG 21): for a
// source, the kinds it supports and the papers it needs beyond the common ones.
type claim struct {
	source    string
	holding   bool
	use       bool
	operation bool
	papers    []DocType // always needed with this source
	forOp     []DocType // needed when the operation right is asked
	why       Text      // why a kind is not to be had
}

var claims = []claim{
	{"SrcCollected", true, true, true, nil, nil, Text{}},
	{"SrcAgreement", true, true, true, []DocType{DocAgreement}, nil, Text{}},
	{"SrcCrawled", true, true, false, nil, nil, Text{"自动化程序收集的公开数据不能登记数据经营权", "publicly collected web data carries no operation right"}},
	{"SrcDerived", true, true, true, []DocType{DocAgreement}, nil, Text{}},
	{"SrcJoint", true, true, true, []DocType{DocAgreement}, []DocType{DocConsent}, Text{}},
}

func claimOf(source string) *claim {
	for i := range claims {
		if claims[i].source == source {
			return &claims[i]
		}
	}
	return nil
}

func (c *claim) allows(k RightKind) bool {
	switch k {
	case RightHolding:
		return c.holding
	case RightUse:
		return c.use
	case RightOperation:
		return c.operation
	}
	return false
}

// checkClaim refuses kinds that the object's source does not carry.
func checkClaim(p *Profile, r *object, applicant string, source string, kinds []RightKind) error {
	if r.CustodianID == applicant {
		return refuse(CodeBasis, "受托人不因保管、加工取得权利", "an entrusted custodian or processor gains no right from that position").at("applicantIds").on(r.ID).by("RT-6")
	}
	if r.SubjectClass == "SubjectPublic" {
		switch {
		case r.PublicKind == "GovDuty":
			return refuse(CodeBasis, "党政机关原始公共数据不登记数据产权，只能作为授权运营对象编目", "raw government data carries no property rights; it is catalogued for authorised operation only").at("objectId").on(r.ID).by("R-5")
		case r.PublicKind == "Institution" && p.Int(ParamUtilityRights) == 0:
			return refuse(CodeBasis, "公共机构原始数据不登记数据产权（规则参数 %s 为 0）", "raw data of public institutions carries no property rights (parameter %s is 0)", ParamUtilityRights).at("objectId").on(r.ID).by("R-5")
		}
	}
	for _, c := range []*claim{claimOf(source), claimOf(r.SourceType)} { // an agreement on crawled data makes it no less crawled
		for i, k := range kinds {
			if !c.allows(k) {
				return refuse(CodeBasis, "%[1]s", "%[2]s", c.why.Zh, c.why.En).at("rightKinds[" + strconv.Itoa(i) + "]").on(r.ID).by("DRWG 21")
			}
		}
	}
	return nil
}

// commonPapers of a first registration (DRWG 16).
var commonPapers = []DocType{DocForm, DocIdentity, DocSource, DocSample, DocDescription, DocAllocation, DocCommitment, DocGrading}

// requiredPapers lists what an application for this object needs.
func requiredPapers(p *Profile, r *object, source string, kinds []RightKind, byAgent bool) []DocType {
	need := slices.Clone(commonPapers)
	c := claimOf(source)
	need = append(need, c.papers...)
	if slices.Contains(kinds, RightOperation) {
		need = append(need, c.forOp...)
	}
	personal := r.PI == "PersonalInfo" || r.PI == "SensitivePI"
	if r.Grade >= p.Int(ParamComplianceMinGrade) || personal {
		need = append(need, DocCompliance)
	}
	if personal {
		need = append(need, DocPIA) // PIPL 55
	}
	if byAgent {
		need = append(need, DocAgency)
	}
	return need
}

func checkPapers(required []DocType, papers []Evidence) error {
	if len(papers) > 60 {
		return refuse(CodeFormat, "材料最多 60 份", "at most 60 papers").at("evidence")
	}
	if err := checkEvidence("evidence", papers); err != nil {
		return err
	}
	var missing []string
	for _, d := range required {
		if !slices.ContainsFunc(papers, func(e Evidence) bool { return e.DocType == d }) {
			missing = append(missing, string(d))
		}
	}
	if len(missing) > 0 {
		list := strings.Join(missing, ", ")
		return refuse(CodeFormat, "缺少材料：%s", "papers are missing: %s", list).at("evidence").by("DRWG 16")
	}
	return nil
}

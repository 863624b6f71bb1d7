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
func checkClaim(p *Profile, r *Resource, applicant string, source string, kinds []RightKind) error {
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
func requiredPapers(p *Profile, r *Resource, source string, kinds []RightKind, byAgent bool) []DocType {
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

var basisTypes = []string{"BasisOriginal", "BasisOwnRight", "BasisLicence", "BasisTransfer", "BasisJoint", "BasisOffLedger"}

// checkBasis refuses a basis that is malformed, missing or not effective, and
// returns the bases with the implied one written out: what one collected
// oneself needs no more than its proof of source.
func (a *Act) checkBasis(p *Profile, applicant, source string, kinds []RightKind, basis []Basis, papers []Evidence) ([]Basis, error) {
	if len(basis) > 20 {
		return nil, refuse(CodeFormat, "依据最多 20 项", "at most 20 bases").at("basis")
	}
	if len(basis) == 0 {
		if source != "SrcCollected" && source != "SrcCrawled" {
			return nil, refuse(CodeBasis, "此来源须写明权利依据", "this source needs its basis named").at("basis").by("RT-1")
		}
		i := slices.IndexFunc(papers, func(e Evidence) bool { return e.DocType == DocSource })
		return []Basis{{Type: "BasisOriginal", EvidenceHash: papers[i].Hash}}, nil
	}
	usable := false // RT-1: what a use right may rest on
	for i, b := range basis {
		field := "basis[" + strconv.Itoa(i) + "]"
		if b.EvidenceHash != "" {
			if err := checkHash(field+".evidenceHash", b.EvidenceHash); err != nil {
				return nil, err
			}
		}
		if err := oneOf(field+".type", b.Type, basisTypes...); err != nil {
			return nil, err
		}
		if b.To < 0 || (b.To > 0 && b.To <= a.Now) {
			return nil, refuse(CodeTerm, "依据已到期", "the basis has ended").at(field + ".to").by("RT-3")
		}
		if b.RefID == "" {
			if b.Type == "BasisOwnRight" {
				return nil, refuse(CodeBasis, "须写明权利编号", "must name the right").at(field + ".refId")
			}
			if err := checkHash(field+".evidenceHash", b.EvidenceHash); err != nil {
				return nil, err
			}
			usable = true
			continue
		}
		if slices.ContainsFunc(basis[:i], func(o Basis) bool { return o.RefID == b.RefID }) {
			return nil, refuse(CodeFormat, "重复", "is given twice").at(field + ".refId")
		}
		var r Right
		if err := need(a, KindRight, field+".refId", b.RefID, &r); err != nil {
			return nil, err
		}
		if b.Type == "BasisOwnRight" && r.HolderID != applicant {
			return nil, refuse(CodeBasis, "权利 %s 不属于申请人", "right %s is not the applicant's", r.ID).at(field + ".refId").on(r.ID).by("RT-1")
		}
		why, err := EffectiveAt(a, &r, a.Now, p.Int(ParamBasisMaxDepth))
		if err != nil {
			return nil, err
		}
		if why != nil {
			return nil, refuse(CodeBasis, "依据的权利未生效：%[1]s", "the right relied on is not effective: %[2]s", why.DetailZh, why.Detail).at(field + ".refId").on(r.ID).by("RT-4")
		}
		usable = usable || b.Type != "BasisOwnRight" || r.Kind == RightHolding
	}
	if !usable && slices.Contains(kinds, RightUse) {
		return nil, refuse(CodeBasis, "使用权须以自有持有权、许可、转让、共同或协议为据", "a use right rests on one's own holding right, a licence, a transfer, joint production or an agreement").at("basis").by("RT-1")
	}
	return basis, nil
}

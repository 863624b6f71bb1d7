package rights

import (
	"encoding/hex"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/datarights/datarights/internal/gm"
	"github.com/datarights/datarights/internal/merkle"
)

// RecordCase is the body of registration.record.
type RecordCase struct {
	CaseID          string       `json:"caseId"`
	CertNo          string       `json:"certNo"`
	Findings        *Findings    `json:"findings,omitempty"`
	NoticeExempt    *Exemption   `json:"noticeExempt,omitempty"`
	DuplicateReview *DupReview   `json:"duplicateReview,omitempty"`
	Remarks         []Remark     `json:"remarks,omitempty"`
	NationalRef     *NationalRef `json:"nationalRef,omitempty"`
}

// record completes a registration: rights, certificate and case in one (RG-1).
func record(a *Act, b *RecordCase) error {
	return stepCase(a, b.CaseID, "record", "", func(c *Case, p *Profile) error {
		if err := b.Findings.merge(c); err != nil {
			return err
		}
		if err := c.Findings.positive(c.ID); err != nil {
			return err
		}
		if c.State == StateUnderReview {
			if err := b.exempt(c, p); err != nil {
				return err
			}
		} else {
			if a.Now < c.NoticeEndsAt {
				return refuse(CodeDeadline, "公示期至 %s 届满", "the notice runs until %s", stamp(c.NoticeEndsAt)).on(c.ID)
			}
			if b.NoticeExempt != nil {
				return refuse(CodeFormat, "已经公示", "the notice was published").at("noticeExempt").on(c.ID)
			}
			if c.OpenObjections > 0 {
				return refuse(CodeState, "尚有未决异议", "objections are open").on(c.ID)
			}
			if err := c.resume(p, c.NoticeEndsAt); err != nil {
				return err
			}
		}
		a.late(c, "record", c.ReviewDueAt)
		return a.register(c, p, b)
	})
}

func (b *RecordCase) exempt(c *Case, p *Profile) error {
	if b.NoticeExempt == nil || !b.NoticeExempt.Exempt {
		return refuse(CodeState, "须先公示，或写明免予公示的理由", "publish the notice first, or exempt from it with a reason").at("noticeExempt").on(c.ID)
	}
	if p.Int(ParamNoticeExemption) == 0 {
		return refuse(CodeProfile, "%s 不允许免予公示", "%s allows no exemption from notice", p.Ver()).at("noticeExempt").on(c.ID)
	}
	if err := checkText("noticeExempt.reason", b.NoticeExempt.Reason, 400); err != nil {
		return err
	}
	c.NoticeExempt = b.NoticeExempt
	return nil
}

// register writes the rights and the certificate of a case.
func (a *Act) register(c *Case, p *Profile, b *RecordCase) error {
	var r Resource
	if err := need(a, KindResource, "caseId", c.ObjectID, &r); err != nil {
		return err
	}
	if r.State != StateCatalogued {
		return refuse(CodeState, "登记对象状态为“%[1]s”", "the object is %[2]s", resourceMachine.Titled(r.State).Zh, string(r.State)).on(r.ID)
	}
	holderID := c.ApplicantIDs[0]
	holder, err := a.participant("caseId", holderID)
	if err != nil {
		return err
	}
	if holder.State != StateActive {
		return refuse(CodeInactive, "申请人状态为 %s", "the applicant is %s", string(holder.State)).on(holderID)
	}
	registrar, err := a.participant("caseId", c.RegistrarID)
	if err != nil {
		return err
	}
	if err := checkCertNo(b.CertNo, registrar, a.Now); err != nil {
		return err
	}
	var taken Certificate
	if exists, err := a.Ledger.Load(KindCertificate, b.CertNo, &taken); err != nil {
		return err
	} else if exists {
		return refuse(CodeExists, "凭证号已用于 %s，永不重复", "the number was given to %s; it is unique for ever", taken.CaseID).at("certNo").on(b.CertNo).by("CT-1")
	}
	if err := a.notYetHeld("caseId", r.ID, holderID, c.RightKinds); err != nil {
		return err
	}
	if _, err := a.checkBasis(p, holderID, c.SourceType, c.RightKinds, c.Basis, c.Papers); err != nil {
		return err
	}
	if err := a.reviewDuplicates(c, &r, b.DuplicateReview); err != nil {
		return err
	}
	if err := checkRemarks(b.Remarks); err != nil {
		return err
	}
	if n := b.NationalRef; n != nil {
		if err := first(optionalText("nationalRef.evidenceNo", n.EvidenceNo, 64), optionalText("nationalRef.noticeNo", n.NoticeNo, 64)); err != nil {
			return err
		}
	}

	until, err := a.capTerm(AddMonths(a.Now, p.Int(ParamCertMaxMonths)), c.Basis)
	if err != nil {
		return err
	}
	cert := &Certificate{
		CertNo: b.CertNo, HolderID: holderID, HolderName: holder.Name, HolderType: holder.OrgType,
		ObjectType: c.ObjectType, ObjectID: r.ID, DataName: r.Name, Overview: r.Overview, IndustryCode: r.IndustryCode,
		SourceType: c.SourceType, RegionRange: r.RegionRange, TimeFrom: r.TimeFrom, TimeTo: r.TimeTo, UpdateFreq: r.UpdateFreq,
		Volume: r.RecordCount, DataForm: r.DataForm, Limits: c.Limits, Remarks: b.Remarks, RegistrarID: c.RegistrarID,
		CaseID: c.ID, IssuedAt: a.Now, ValidFrom: a.Now, EvidenceRoot: evidenceRoot(c.Papers),
		ContentRoot: r.Versions[c.ObjectVersion-1].ContentRoot, NationalRef: b.NationalRef, DemoProfile: p.Rec.Demo(),
	}
	heldKey := pair(r.ID, holderID)
	var held heldRights
	if _, err := a.Ledger.Load(PointerHeld, heldKey, &held); err != nil {
		return err
	}
	for _, k := range c.RightKinds {
		to, restriction := until, ""
		if i := slices.IndexFunc(c.Allocation, func(al Allocation) bool { return al.Kind == k }); i >= 0 {
			if al := c.Allocation[i]; al.To > 0 {
				to = min(to, al.To)
			}
			restriction = c.Allocation[i].Restriction
		}
		if to <= a.Now {
			return refuse(CodeTerm, "“%[1]s”的期限已过", "the term asked for %[2]s has passed", kindsZh([]RightKind{k}), string(k)).at("allocationNote").on(c.ID).by("RT-3")
		}
		id := a.newID(KindRight, r.RegionCode)
		if err := a.create(KindRight, id, StateActive, c.RuleProfileVer, &Right{
			Kind: k, ObjectType: c.ObjectType, ObjectID: r.ID, ObjectName: r.Name, ObjectVersionFrom: c.ObjectVersion, HolderID: holderID,
			Basis: c.Basis, Limits: c.Limits, ValidFrom: a.Now, ValidTo: to, Restriction: restriction, Remarks: b.Remarks,
			CertNo: b.CertNo, CaseID: c.ID, RegistrarID: c.RegistrarID,
		}); err != nil {
			return err
		}
		cert.Rights = append(cert.Rights, CertificateRight{id, k, holderID, a.Now, to, restriction})
		cert.ValidTo = max(cert.ValidTo, to)
		held.Rights = replaced(held.Rights, k, id)
		c.ResultRightIDs = append(c.ResultRightIDs, id)
	}
	if err := a.Ledger.Store(PointerHeld, heldKey, &held); err != nil {
		return err
	}
	if err := a.claimTagOfRight(c, &r); err != nil {
		return err
	}
	c.ResultCertNo, c.NationalRef = b.CertNo, b.NationalRef
	return a.create(KindCertificate, b.CertNo, StateValid, c.RuleProfileVer, cert)
}

// checkCertNo checks the form of a number and that it is this registrar's and
// of no month to come (DRWG annex 6).
func checkCertNo(no string, registrar *Participant, now UnixSec) error {
	if !ValidCertNo(no) {
		return refuse(CodeFormat, "须为 SJ、两位地区、一位机构号、YYYYMM、四位流水号，如 SJ3212026070001", "must be SJ, two digits of region, one of registrar, YYYYMM and a serial from 0001, such as SJ3212026070001").at("certNo").by("DRWG annex 6")
	}
	if own := registrar.Registrar.Region + registrar.Registrar.Digit; no[2:5] != own {
		return refuse(CodeFormat, "登记机构的号码以 SJ%s 开头", "this registrar's numbers begin with SJ%s", own).at("certNo").by("DRWG annex 6")
	}
	if month := time.Unix(now, 0).In(shanghai).Format("200601"); no[5:11] > month {
		return refuse(CodeTerm, "不得使用未来月份的号码（本月 %s）", "numbers of a month to come are not used (now %s)", month).at("certNo")
	}
	return nil
}

// capTerm shortens a term to the end of every basis (RT-3).
func (a *Act) capTerm(until UnixSec, basis []Basis) (UnixSec, error) {
	for _, b := range basis {
		if b.To > 0 {
			until = min(until, b.To)
		}
		if strings.HasPrefix(b.RefID, string(KindRight)+"-") {
			var r Right
			if err := need(a, KindRight, "basis", b.RefID, &r); err != nil {
				return 0, err
			}
			until = min(until, r.ValidTo)
		}
	}
	return until, nil
}

var dupGrounds = []string{"DupIndependent", "DupLicensed", "DupJoint", "DupPublic"}

// reviewDuplicates finds active rights of others on equal content and wants
// the registrar's word why they may stand side by side (2.10).
func (a *Act) reviewDuplicates(c *Case, r *Resource, review *DupReview) error {
	c.DuplicateOf = nil
	var tags tagClaims
	tag := r.Versions[c.ObjectVersion-1].MatchTag
	if tag != "" {
		if _, err := a.Ledger.Load(PointerTag, tag, &tags); err != nil {
			return err
		}
	}
	for _, claim := range tags.Claims {
		if claim.ResourceID == r.ID {
			continue // others' rights over the same object: RT-7, and the basis says why
		}
		if claim.HolderID == c.ApplicantIDs[0] {
			if err := a.notYetHeld("caseId", claim.ResourceID, claim.HolderID, c.RightKinds); err != nil {
				return err
			}
			continue
		}
		var held heldRights
		if _, err := a.Ledger.Load(PointerHeld, pair(claim.ResourceID, claim.HolderID), &held); err != nil {
			return err
		}
		for _, h := range held.Rights {
			var other Right
			ok, err := a.Ledger.Load(KindRight, h.ID, &other)
			if err != nil {
				return err
			}
			if ok && other.State == StateActive && !slices.Contains(c.DuplicateOf, claim.ResourceID) {
				c.DuplicateOf = append(c.DuplicateOf, claim.ResourceID)
				break
			}
		}
	}
	if review == nil {
		if len(c.DuplicateOf) > 0 {
			return refuse(CodeDup, "他人已就相同内容（%s）登记权利；须写明重复审查结论", "others have rights on equal content (%s); a duplicate review is needed", strings.Join(c.DuplicateOf, ", ")).at("duplicateReview").on(c.ID).by("AL-REG-DUP")
		}
		return nil
	}
	if err := oneOf("duplicateReview.ground", review.Ground, dupGrounds...); err != nil {
		return err
	}
	if (review.Ground == "DupLicensed" || review.Ground == "DupJoint") && len(review.Links) == 0 {
		return refuse(CodeFormat, "须链接在先的权利或共同生产的依据", "must link the earlier right or the joint production").at("duplicateReview.links")
	}
	for i, l := range review.Links {
		if err := checkText("duplicateReview.links["+strconv.Itoa(i)+"]", l, 80); err != nil {
			return err
		}
	}
	if review.NoteHash != "" {
		if err := checkHash("duplicateReview.noteHash", review.NoteHash); err != nil {
			return err
		}
	}
	c.DuplicateReview = review
	return nil
}

// claimTagOfRight enters a holder of rights over somebody else's resource
// under its tag, so that equal content elsewhere meets him too.
func (a *Act) claimTagOfRight(c *Case, r *Resource) error {
	tag, holder := r.Versions[c.ObjectVersion-1].MatchTag, c.ApplicantIDs[0]
	if tag == "" || holder == r.HolderID {
		return nil
	}
	var claims tagClaims
	if _, err := a.Ledger.Load(PointerTag, tag, &claims); err != nil {
		return err
	}
	return a.enterClaim(tag, claims, tagClaim{r.ID, holder})
}

func checkRemarks(remarks []Remark) error {
	if len(remarks) > 20 {
		return refuse(CodeFormat, "备注最多 20 条", "at most 20 remarks").at("remarks")
	}
	for i, m := range remarks {
		f := "remarks[" + strconv.Itoa(i) + "]"
		if err := first(oneOf(f+".type", m.Type, "AgreedCondition", "Seizure", "AdministrativeControl", "Other"), checkText(f+".text", m.Text, 400), optionalText(f+".refId", m.RefID, 64)); err != nil {
			return err
		}
		if m.From < 0 || m.To < 0 || (m.To > 0 && m.To <= m.From) {
			return refuse(CodeFormat, "须早于 to，均不得为负", "must be before to, neither negative").at(f + ".from")
		}
	}
	return nil
}

// evidenceRoot is the RFC 6962 tree head, with SM3, over the file hashes of a
// case in the order they were filed.
func evidenceRoot(papers []Evidence) string {
	leaves := make([][]byte, len(papers))
	for i, e := range papers {
		leaves[i] = []byte(e.Hash)
	}
	return "sm3:" + hex.EncodeToString(merkle.Root(gm.NewSM3, leaves))
}

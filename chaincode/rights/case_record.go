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
	CertNo          string       `json:"certNo,omitempty"` // of a new certificate: first registration, transfer, licence
	Findings        *Findings    `json:"findings,omitempty"`
	NoticeExempt    *Exemption   `json:"noticeExempt,omitempty"`
	DuplicateReview *DupReview   `json:"duplicateReview,omitempty"`
	Remarks         []Remark     `json:"remarks,omitempty"`
	NationalRef     *NationalRef `json:"nationalRef,omitempty"`
}

// record completes a registration: rights, certificate and case in one (RG-1).
func record(a *Act, b *RecordCase) error {
	return stepCase(a, b.CaseID, "record", "", func(c *Case, p *Profile) error {
		if c.Profile == CodePublic {
			return refuse(CodeState, "公共数据资源登记以 registration.issueCode 完成", "a public-data registration is completed by registration.issueCode").on(c.ID).by("RG-7")
		}
		if err := a.completes(c, p, "record", b.Findings, b.NoticeExempt); err != nil {
			return err
		}
		if err := first(checkRemarks(b.Remarks), b.NationalRef.check()); err != nil {
			return err
		}
		c.NationalRef = b.NationalRef
		if c.RegType == RegFirst {
			return a.register(c, p, b)
		}
		return a.registerLater(c, p, b)
	})
}

// completes refuses to complete a case whose findings, notice or objections
// stand against it.
func (a *Act) completes(c *Case, p *Profile, event string, findings *Findings, exemption *Exemption) error {
	if err := findings.merge(c); err != nil {
		return err
	}
	if err := c.Findings.positive(c.ID); err != nil {
		return err
	}
	switch {
	case c.State == StateUnderReview && c.needsNotice(p):
		if err := exempt(c, p, exemption); err != nil {
			return err
		}
	case c.State == StateUnderReview:
		if exemption != nil {
			return refuse(CodeFormat, "此类登记本无须公示", "this type needs no notice anyway").at("noticeExempt").on(c.ID)
		}
	default:
		if a.Now < c.NoticeEndsAt {
			return refuse(CodeDeadline, "公示期至 %s 届满", "the notice runs until %s", stamp(c.NoticeEndsAt)).on(c.ID).by("2.4")
		}
		if exemption != nil {
			return refuse(CodeFormat, "已经公示", "the notice was published").at("noticeExempt").on(c.ID)
		}
		if c.OpenObjections > 0 {
			return refuse(CodeState, "尚有未决异议", "objections are open").on(c.ID)
		}
		if err := c.resume(p, c.NoticeEndsAt); err != nil {
			return err
		}
	}
	return a.late(c, event, c.ReviewDueAt)
}

func (n *NationalRef) check() error {
	if n == nil {
		return nil
	}
	return first(optionalText("nationalRef.evidenceNo", n.EvidenceNo, 64), optionalText("nationalRef.noticeNo", n.NoticeNo, 64))
}

func exempt(c *Case, p *Profile, e *Exemption) error {
	if e == nil || !e.Exempt {
		return refuse(CodeState, "须先公示，或写明免予公示的理由", "publish the notice first, or exempt from it with a reason").at("noticeExempt").on(c.ID)
	}
	if p.Int(ParamNoticeExemption) == 0 {
		return refuse(CodeProfile, "%s 不允许免予公示", "%s allows no exemption from notice", p.Ver()).at("noticeExempt").on(c.ID)
	}
	if err := checkText("noticeExempt.reason", e.Reason, 400); err != nil {
		return err
	}
	c.NoticeExempt = e
	return nil
}

// register writes the rights and the certificate of a first registration.
func (a *Act) register(c *Case, p *Profile, b *RecordCase) error {
	o, err := a.object("caseId", c.ObjectType, c.ObjectID)
	if err != nil {
		return err
	}
	if err := o.registrable(""); err != nil {
		return err
	}
	holderID := c.ApplicantIDs[0]
	cert, err := a.newCertificate(c, p, o, b, holderID)
	if err != nil {
		return err
	}
	if err := a.notYetHeld("caseId", o.ID, holderID, c.RightKinds); err != nil {
		return err
	}
	if c.Basis, err = a.checkBasis(p, holderID, c.SourceType, c.RightKinds, c.Basis, c.Papers); err != nil {
		return err
	}
	derived, err := a.mayClaim(c, p, o)
	if err != nil {
		return err
	}
	if err := a.reviewDuplicates(c, o, b.DuplicateReview); err != nil {
		return err
	}
	until, err := a.capTerm(AddMonths(a.Now, p.Int(ParamCertMaxMonths)), c.Basis)
	if err != nil {
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
		scope, err := a.limitedTo(o, k, c.Basis, derived, a.Now, to)
		if err != nil {
			return err
		}
		if err := a.newRight(c, o, cert, &Right{
			Kind: k, HolderID: holderID, ObjectVersionFrom: c.ObjectVersion, Basis: c.Basis, Limits: c.Limits, Scope: scope,
			ValidFrom: a.Now, ValidTo: to, Restriction: restriction, Remarks: b.Remarks,
		}); err != nil {
			return err
		}
	}
	return a.issue(c, o, cert)
}

// newCertificate checks the number and fills a certificate for the holder, yet
// without rights.
func (a *Act) newCertificate(c *Case, p *Profile, o *object, b *RecordCase, holderID string) (*Certificate, error) {
	holder, err := a.participant("caseId", holderID)
	if err != nil {
		return nil, err
	}
	if holder.State != StateActive {
		return nil, refuse(CodeInactive, "申请人状态为 %s", "the applicant is %s", string(holder.State)).on(holderID)
	}
	registrar, err := a.participant("caseId", c.RegistrarID)
	if err != nil {
		return nil, err
	}
	if err := checkCertNo(b.CertNo, registrar, a.Now); err != nil {
		return nil, err
	}
	var taken Certificate
	if exists, err := a.Ledger.Load(KindCertificate, b.CertNo, &taken); err != nil {
		return nil, err
	} else if exists {
		return nil, refuse(CodeExists, "凭证号已用于 %s，永不重复", "the number was given to %s; it is unique for ever", taken.CaseID).at("certNo").on(b.CertNo).by("CT-1")
	}
	v, ok := o.version(c.ObjectVersion)
	if !ok {
		return nil, refuse(CodeNotFound, "没有版本 %d", "there is no version %d", c.ObjectVersion).on(o.ID)
	}
	return &Certificate{
		CertNo: b.CertNo, HolderID: holderID, HolderName: holder.Name, HolderType: holder.OrgType,
		ObjectType: c.ObjectType, ObjectID: o.ID, DataName: o.Name, Overview: o.Overview, IndustryCode: o.IndustryCode,
		SourceType: c.SourceType, RegionRange: o.RegionRange, TimeFrom: o.TimeFrom, TimeTo: o.TimeTo, UpdateFreq: o.UpdateFreq,
		Volume: o.RecordCount, DataForm: o.DataForm, Limits: c.Limits, Remarks: b.Remarks, RegistrarID: c.RegistrarID,
		CaseID: c.ID, IssuedAt: a.Now, ValidFrom: a.Now, EvidenceRoot: evidenceRoot(c.Papers),
		ContentRoot: v.ContentRoot, NationalRef: b.NationalRef, DemoProfile: p.Rec.Demo(),
	}, nil
}

// newRight creates a right of the case on the certificate.
func (a *Act) newRight(c *Case, o *object, cert *Certificate, r *Right) error {
	r.ObjectType, r.ObjectID, r.ObjectName = o.Type, o.ID, c.ObjectName
	r.CertNo, r.CaseID, r.RegistrarID = cert.CertNo, c.ID, c.RegistrarID
	id := a.newID(KindRight, a.regionFor(o.ID))
	if err := a.create(KindRight, id, StateActive, c.RuleProfileVer, r); err != nil {
		return err
	}
	if err := a.began(r, o); err != nil {
		return err
	}
	cert.Rights = append(cert.Rights, CertificateRight{id, r.Kind, r.HolderID, r.ValidFrom, r.ValidTo, r.Restriction})
	cert.ValidTo = max(cert.ValidTo, r.ValidTo)
	c.ResultRightIDs = append(c.ResultRightIDs, id)
	return nil
}

// issue writes a certificate whose rights are made, and the ways to them.
func (a *Act) issue(c *Case, o *object, cert *Certificate) error {
	key := pair(o.ID, cert.HolderID)
	var held heldRights
	if _, err := a.Ledger.Load(PointerHeld, key, &held); err != nil {
		return err
	}
	for _, r := range cert.Rights {
		held.Rights = replaced(held.Rights, r.Kind, r.RightID)
	}
	if err := a.Ledger.Store(PointerHeld, key, &held); err != nil {
		return err
	}
	if err := a.claimTagOfRight(c.ObjectVersion, cert.HolderID, o); err != nil {
		return err
	}
	if err := a.noteHolding(cert); err != nil {
		return err
	}
	c.ResultCertNo = cert.CertNo
	return a.create(KindCertificate, cert.CertNo, StateValid, c.RuleProfileVer, cert)
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

var dupGrounds = []string{"DupIndependent", "DupLicensed", "DupJoint", "DupPublic"}

// reviewDuplicates finds active rights of others on equal content and wants
// the registrar's word why they may stand side by side (2.10).
func (a *Act) reviewDuplicates(c *Case, r *object, review *DupReview) error {
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
	if len(c.DuplicateOf) > 0 && len(review.Links) == 0 && review.NoteHash == "" { // a ground and nothing to show for it (2.10)
		return a.raise("AL-REG-DUP", c, KindCase, c.ApplicantIDs[0])
	}
	return nil
}

// claimTagOfRight enters a holder of rights over a product, or over somebody
// else's resource, under its tag, so that equal content elsewhere meets him too.
func (a *Act) claimTagOfRight(version int64, holder string, r *object) error {
	v, ok := r.version(version)
	tag := v.MatchTag
	if !ok || tag == "" || holder == r.HolderID && r.Type == ObjectResource {
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

package rights

import (
	"slices"
	"strconv"
)

// Registration after the first (2.6): what its types have in common.

// regTitles name the types in notices.
var regTitles = map[string]string{RegFirst: "登记", RegTransfer: "转让登记", RegChange: "变更登记", RegCorrection: "更正登记", RegRenewal: "续期登记",
	RegCancel: "注销登记", RegLicence: "许可登记", RegRevoke: "撤销登记"}

// whatZh says in a notice what a case is about.
func (c *Case) whatZh() string {
	if len(c.RightKinds) == 0 {
		return "公共数据资源"
	}
	return "的" + kindsZh(c.RightKinds)
}

// useOf is what each type does with the rights it is about, in the terms of the
// encumbrance matrix.
func (c *Case) useOf() Use {
	switch c.RegType {
	case RegTransfer:
		return UseTransfer
	case RegRenewal:
		return UseRenew
	case RegCancel, RegRevoke:
		return UseCancel
	case RegLicence:
		if c.Licence.Exclusive {
			return UseExclusive
		}
		return UseLicence
	}
	return UseDescribe
}

// needsNotice reports whether a type is published before it is recorded (2.6).
func (c *Case) needsNotice(p *Profile) bool {
	switch c.RegType {
	case RegFirst:
		return true
	case RegTransfer:
		return p.Int(ParamTransferNotice) != 0
	case RegChange, RegCorrection:
		return c.Changes != nil && c.Changes.Substantial
	}
	return false
}

// laterPapers are the papers of registrations after the first (2.7). The
// certificate is named by its number.
var laterPapers = []struct {
	doc   DocType
	types []string
}{
	{DocForm, []string{RegTransfer, RegChange, RegCorrection, RegRenewal, RegCancel, RegLicence}},
	{DocIdentity, []string{RegTransfer, RegLicence}},
	{DocAgreement, []string{RegTransfer, RegLicence}},
	{DocCommitment, []string{RegTransfer}},
	{DocChange, []string{RegChange, RegCorrection}},
}

// laterRequired lists what an application of that type needs.
func laterRequired(c *Case) []DocType {
	var need []DocType
	if c.OwnMotion {
		return need // the registrar's own file; see applyLater
	}
	for _, row := range laterPapers {
		if slices.Contains(row.types, c.RegType) {
			need = append(need, row.doc)
		}
	}
	if c.AgentID != "" {
		need = append(need, DocAgency)
	}
	return need
}

// applyLater fills a registration about rights there are.
func (a *Act) applyLater(c *Case, p *Profile, b *Submit, registrar *Participant) error {
	if (c.RegType == RegLicence || c.RegType == RegRevoke) && p.Int(ParamLicenceTypes) == 0 {
		return refuse(CodeProfile, "%s 没有此登记类型", "%s has no such type of registration", p.Ver()).at("regType")
	}
	if err := b.checkLater(); err != nil {
		return err
	}
	targets, err := a.targets(c)
	if err != nil {
		return err
	}
	first := targets[0]
	if first.RegistrarID != c.RegistrarID { // RG-4
		return refuse(CodeRole, "权利由 %s 登记，后续登记由其办理", "the rights were registered by %s; what follows is registered there", first.RegistrarID).at("registrarId").on(first.ID).by("RG-4")
	}
	c.TargetCertNo, c.ObjectType, c.ObjectID, c.ObjectName = first.CertNo, first.ObjectType, first.ObjectID, first.ObjectName
	c.ObjectVersion, c.Basis, c.Limits, c.Allocation = first.ObjectVersionFrom, first.Basis, first.Limits, nil
	var began Case
	if err := need(a, KindCase, "targetRightIds", first.CaseID, &began); err != nil {
		return err
	}
	c.SourceType = began.SourceType
	asked := c.RightKinds // of a licence: what the licensee is to have
	c.RightKinds = kindsOf(targets)
	if c.RegType != RegLicence && len(asked) > 0 && !slices.Equal(asked, c.RightKinds) {
		return refuse(CodeFormat, "权利种类以所指权利为准", "the kinds are those of the rights named").at("rightKinds")
	}
	if c.OwnMotion {
		if len(b.ApplicantIDs) > 0 && b.ApplicantIDs[0] != first.HolderID {
			return refuse(CodeFormat, "依职权办理的，申请人一栏为权利人", "of its own motion the applicant named is the holder").at("applicantIds[0]").on(first.ID)
		}
		c.ApplicantIDs = []string{first.HolderID}
		if len(c.Papers) == 0 {
			return refuse(CodeFormat, "依职权办理须附至少一份材料", "of its own motion needs at least one paper").at("evidence")
		}
	} else {
		if err := a.applicant(c, b.ApplicantIDs, registrar); err != nil {
			return err
		}
		if c.ApplicantIDs[0] != first.HolderID {
			return refuse(CodeRole, "权利人是 %s；他人认为登记有误的，请提出异议（objection.file）", "the holder is %s; whoever thinks the registration wrong files an objection (objection.file)", first.HolderID).at("targetRightIds").on(first.ID).by("2.6")
		}
	}
	if err := checkPapers(laterRequired(c), c.Papers); err != nil {
		return err
	}
	switch c.RegType {
	case RegTransfer:
		err = a.applyTransfer(c, targets)
	case RegChange, RegCorrection:
		err = a.applyChange(c, targets)
	case RegRenewal:
		err = a.applyRenewal(c, p, targets)
	case RegCancel, RegRevoke:
		err = a.applyCancel(c, targets)
	case RegLicence:
		err = a.applyLicence(c, asked, targets)
	}
	if err != nil {
		return err
	}
	if err := a.noOpenCase("targetRightIds", c.ObjectID, c.ApplicantIDs[0], c.RegType, c.RightKinds); err != nil {
		return err
	}
	return a.exerciseAll(c, p, targets, true)
}

// checkLater refuses what does not belong to the type.
func (b *Submit) checkLater() error {
	if b.TermsHash != "" || b.RegType == RegTransfer || b.RegType == RegLicence {
		if err := checkHash("termsHash", b.TermsHash); err != nil {
			return err
		}
	}
	if b.JudgmentHash != "" {
		if err := checkHash("judgmentHash", b.JudgmentHash); err != nil {
			return err
		}
	}
	bilateral := b.RegType == RegTransfer || b.RegType == RegLicence
	change := b.RegType == RegChange || b.RegType == RegCorrection
	cancel := b.RegType == RegCancel || b.RegType == RegRevoke
	for _, x := range []struct {
		field       string
		given, want bool
	}{
		{"counterpartyId", b.CounterpartyID != "", bilateral},
		{"changes", b.Changes != nil, change},
		{"cancelReason", b.CancelReason != "", cancel},
		{"licence", b.Licence != nil, b.RegType == RegLicence},
	} {
		switch {
		case x.want && !x.given:
			return refuse(CodeFormat, "此类登记须填写", "this type needs it").at(x.field)
		case x.given && !x.want:
			return refuse(CodeFormat, "此类登记不填写", "is not for this type").at(x.field)
		}
	}
	if b.JudgmentHash != "" && !cancel && !change {
		return refuse(CodeFormat, "此类登记不填写", "is not for this type").at("judgmentHash")
	}
	for _, f := range []struct {
		field string
		given bool
	}{{"basis", len(b.Basis) > 0}, {"allocationNote", len(b.Allocation) > 0}, {"limits", b.Limits != nil}, {"sourceType", b.SourceType != ""}} {
		if f.given { // no change of holder, source or kinds comes about beside the type's own effect
			return refuse(CodeFormat, "沿用已登记的内容，不填写", "what is registered stays; it is not given").at(f.field)
		}
	}
	if len(b.TargetRightIDs) == 0 || len(b.TargetRightIDs) > 3 {
		return refuse(CodeFormat, "须指明 1 至 3 项权利", "name one to three rights").at("targetRightIds")
	}
	return nil
}

// targets loads the rights a case is about: different ones, of one certificate.
func (a *Act) targets(c *Case) ([]*Right, error) {
	var list []*Right
	for i, id := range c.TargetRightIDs {
		field := "targetRightIds[" + strconv.Itoa(i) + "]"
		if slices.Contains(c.TargetRightIDs[:i], id) {
			return nil, refuse(CodeFormat, "重复", "is given twice").at(field)
		}
		r := new(Right)
		if err := need(a, KindRight, field, id, r); err != nil {
			return nil, err
		}
		if c.TargetCertNo != "" && r.CertNo != c.TargetCertNo || i > 0 && r.CertNo != list[0].CertNo {
			return nil, refuse(CodeFormat, "权利 %[1]s 载于凭证 %[2]s；一件申请只涉及一张凭证", "right %[1]s is on certificate %[2]s; an application is about one certificate", r.ID, r.CertNo).at(field).on(r.ID)
		}
		if c.ObjectID != "" && r.ObjectID != c.ObjectID {
			return nil, refuse(CodeFormat, "权利 %[1]s 的对象是 %[2]s", "right %[1]s is over %[2]s", r.ID, r.ObjectID).at("objectId").on(r.ID)
		}
		list = append(list, r)
	}
	return list, nil
}

func kindsOf(rights []*Right) []RightKind {
	kinds := make([]RightKind, len(rights))
	for i, r := range rights {
		kinds[i] = r.Kind
	}
	return kinds
}

// exerciseAll asks the matrix for every right of a case: when it is applied for,
// and again, using up the consents there are, when it is recorded.
func (a *Act) exerciseAll(c *Case, p *Profile, targets []*Right, asking bool) error {
	x := Exercise{Use: c.useOf(), TermsHash: c.TermsHash, CarriesOut: c.ExecutionOf, Ask: asking}
	if c.Licence != nil {
		x.Scope = &c.Licence.Scope
		if x.Disclosed = c.Disclosures; asking { // the licensee acknowledges when it signs
			x.Disclosed = []EncumbranceType{EncObjection, EncExclusive}
		}
	}
	for _, s := range c.Consents {
		x.ConsentOf = append(x.ConsentOf, s.PartyID)
	}
	for i, r := range targets {
		if c.RegType == RegCancel || c.RegType == RegRevoke {
			x := x
			if asking || c.forced() { // licensees may still consent, or are not asked
				x.ConsentOf = append(x.ConsentOf, licenseesOf(r)...)
			}
			if err := a.exercise(p, "targetRightIds["+strconv.Itoa(i)+"]", r, x); err != nil {
				return err
			}
			continue
		}
		if err := a.exercise(p, "targetRightIds["+strconv.Itoa(i)+"]", r, x); err != nil {
			return err
		}
	}
	return nil
}

// licenseesOf are those who have exclusive licences of a right.
func licenseesOf(r *Right) []string {
	var list []string
	for _, e := range r.Encumbrances {
		if e.Type == EncExclusive {
			list = append(list, e.ByID)
		}
	}
	return list
}

// Consent is the body of registration.consent: termsHash is the case's, empty
// where it has none.
type Consent struct {
	CaseID    string `json:"caseId"`
	TermsHash string `json:"termsHash,omitempty"`
}

// consent is the word of somebody whose right would fall with those of the case.
func consent(a *Act, b *Consent) error {
	return stepCase(a, b.CaseID, "consent", "", func(c *Case, _ *Profile) error {
		if b.TermsHash != c.TermsHash {
			return refuse(CodeConsent, "与案件的条款摘要不符", "is not the case's hash of terms").at("termsHash").on(c.ID).by("G-5")
		}
		var counts bool
		for _, id := range c.TargetRightIDs {
			dependants, err := a.dependants(id)
			if err != nil {
				return err
			}
			for _, d := range dependants {
				counts = counts || d.HolderID == a.Actor.USCC
			}
		}
		if !counts {
			return refuse(CodeRole, "没有以案件所涉权利为据的权利", "has no right that rests on those of the case").on(c.ID)
		}
		if slices.ContainsFunc(c.Consents, func(s Signature) bool { return s.PartyID == a.Actor.USCC }) {
			return refuse(CodeExists, "已经同意", "has consented already").on(c.ID)
		}
		c.Consents = append(c.Consents, Signature{a.Actor.USCC, a.Kid, b.TermsHash, a.Now})
		return nil
	})
}

// maxDependants bounds the rights that one case carries along.
const maxDependants = 500

// dependants loads the rights of others that rest on a right and are in being.
func (a *Act) dependants(id string) ([]*Right, error) {
	ids, err := a.relyingOn(id, KindRight)
	if err != nil {
		return nil, err
	}
	if len(ids) > maxDependants {
		return nil, refuse(CodeQuota, "以该权利为据的权利超过 %d 项，请先逐项终止", "more than %d rights rest on it; end some first", maxDependants).on(id)
	}
	var list []*Right
	for _, d := range ids {
		r := new(Right)
		if err := need(a, KindRight, "targetRightIds", d, r); err != nil {
			return nil, err
		}
		list = append(list, r)
	}
	return list, nil
}

// began notes a new right with everything that must know of it: the object, if
// it is another's, and the rights of others that it rests on. Of its holder the
// certificate is noted.
func (a *Act) began(r *Right, o *object) error {
	return a.rely(r.ID, r.restsOn(o.HolderID)...)
}

// restsOn lists what a right relies on. ownerID is the object's holder: what he
// has over his own is found from the object itself.
func (r *Right) restsOn(ownerID string) []string {
	var on []string
	if r.HolderID != ownerID {
		on = append(on, r.ObjectID)
	}
	for _, b := range r.Basis {
		if isOf(b.RefID, KindRight) && b.Type != basisOwnRight {
			on = append(on, b.RefID)
		}
	}
	return on
}

// ended takes a right that ends off everything that knows of it. What was never
// noted, from before there were such notes, is not missed.
func (a *Act) ended(r *Right) error {
	for _, b := range r.Basis {
		if b.Type != basisLicence || b.RefID == "" {
			continue
		}
		var base Right
		if ok, err := a.Ledger.Load(KindRight, b.RefID, &base); err != nil {
			return err
		} else if !ok {
			continue
		}
		n := len(base.Encumbrances)
		base.Encumbrances = slices.DeleteFunc(base.Encumbrances, func(e Encumbrance) bool { return e.RefID == r.ID && e.inForce(a.Now) })
		if len(base.Encumbrances) != n && base.State == StateActive {
			if err := a.update(KindRight, &base); err != nil {
				return err
			}
		}
	}
	var on []string
	for _, b := range r.Basis {
		on = append(on, b.RefID)
	}
	return a.unrely(r.ID, append(on, r.ObjectID)...)
}

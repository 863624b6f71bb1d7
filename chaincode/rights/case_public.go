package rights

// Registration under the profile PUBLIC: of a public-data resource or product
// itself, not of rights in it (RG-7). It ends with a code on the object.

// applyPublic fills one. The object's holder applies.
func (a *Act) applyPublic(c *Case, p *Profile, b *Submit, registrar *Participant) error {
	if err := oneOf("regType", b.RegType, RegFirst, RegChange, RegCorrection, RegRenewal, RegCancel); err != nil {
		return err
	}
	for _, x := range []struct {
		field string
		given bool
	}{
		{"rightKinds", len(b.RightKinds) > 0}, {"targetRightIds", len(b.TargetRightIDs) > 0}, {"targetCertNo", b.TargetCertNo != ""}, {"basis", len(b.Basis) > 0},
		{"counterpartyId", b.CounterpartyID != ""}, {"termsHash", b.TermsHash != ""}, {"licence", b.Licence != nil}, {"allocationNote", len(b.Allocation) > 0},
		{"executionOf", b.ExecutionOf != ""}, {"judgmentHash", b.JudgmentHash != ""},
		{"changes", b.Changes != nil && b.RegType != RegChange && b.RegType != RegCorrection}, {"cancelReason", b.CancelReason != "" && b.RegType != RegCancel},
	} {
		if x.given {
			return refuse(CodeFormat, "公共数据资源登记不涉及权利，不填写", "public-data registration is about no right; it is not given").at(x.field).by("RG-7")
		}
	}
	o, err := a.object("objectId", b.ObjectType, b.ObjectID)
	if err != nil {
		return err
	}
	if o.SubjectClass != "SubjectPublic" && !o.Authorised {
		return refuse(CodeBasis, "不是公共数据", "is no public data").at("objectId").on(o.ID).by("RG-7")
	}
	if err := o.registrable("objectId"); err != nil {
		return err
	}
	if c.OwnMotion {
		if b.RegType == RegChange {
			return refuse(CodeRole, "登记机构不得代为变更", "the registrar does not change it on its own motion").at("regType")
		}
		c.ApplicantIDs = []string{o.HolderID}
	} else if err := a.applicant(c, b.ApplicantIDs, registrar); err != nil {
		return err
	}
	if c.ApplicantIDs[0] != o.HolderID {
		return refuse(CodeRole, "由持有人 %s 申请", "its holder %s applies", o.HolderID).at("applicantIds").on(o.ID).by("RG-7")
	}
	if err := checkPapers(publicPapers(c), c.Papers); err != nil {
		return err
	}
	c.SourceType, c.ObjectName, c.Limits = o.SourceType, o.Name, o.Limits
	if c.ObjectVersion == 0 {
		c.ObjectVersion = int64(len(o.Versions))
	}
	if _, ok := o.version(c.ObjectVersion); !ok {
		return refuse(CodeNotFound, "没有版本 %d", "there is no version %d", c.ObjectVersion).at("objectVersion").on(o.ID)
	}
	if err := a.publicState(c, p, o, true); err != nil {
		return err
	}
	return a.noOpenCase("objectId", o.ID, o.HolderID, c.RegType, nil)
}

// publicPapers lists what a public-data registration needs: a formal review asks
// for no allocation of rights.
func publicPapers(c *Case) []DocType {
	switch {
	case c.OwnMotion:
		return []DocType{DocOther}
	case c.RegType == RegFirst:
		return []DocType{DocForm, DocIdentity, DocSource, DocDescription, DocCommitment, DocGrading}
	case c.RegType == RegChange || c.RegType == RegCorrection:
		return []DocType{DocForm, DocChange}
	}
	return []DocType{DocForm}
}

// publicState refuses a type that the code on the object does not allow.
func (a *Act) publicState(c *Case, p *Profile, o *object, applying bool) error {
	switch has := o.PublicRegCode != ""; {
	case c.RegType == RegFirst && has && o.publicCode(a.Now):
		return refuse(CodeExists, "已有有效的登记码 %s", "has a code in force: %s", o.PublicRegCode).at("objectId").on(o.ID)
	case c.RegType != RegFirst && !has:
		return refuse(CodeState, "尚未登记", "is not registered yet").at("objectId").on(o.ID).by("RG-4")
	}
	switch c.RegType {
	case RegRenewal:
		if o.PublicRegUntil == 0 {
			return refuse(CodeState, "登记码不由此处发放，无期限可续", "its code was not issued here and has no term to renew").at("objectId").on(o.ID)
		}
		if applying {
			return a.inRenewWindow(p, "objectId", o.ID, o.PublicRegUntil)
		}
	case RegChange, RegCorrection:
		if c.Changes == nil {
			return refuse(CodeFormat, "须填写", "must be given").at("changes")
		}
		if o.resource == nil {
			return refuse(CodeState, "产品的描述由产品自身变更", "a product's description is changed by the product itself").at("objectId").on(o.ID)
		}
		return a.checkChanges(c)
	case RegCancel:
		return oneOf("cancelReason", c.CancelReason, cancelVoluntary, "Destroyed", "Other")
	}
	return nil
}

// IssueCode is the body of registration.issueCode. The code is given for a first
// registration only; it stays through change and renewal.
type IssueCode struct {
	CaseID        string       `json:"caseId"`
	PublicRegCode string       `json:"publicRegCode,omitempty"`
	Findings      *Findings    `json:"findings,omitempty"`
	NoticeExempt  *Exemption   `json:"noticeExempt,omitempty"`
	NationalRef   *NationalRef `json:"nationalRef,omitempty"`
}

func issueCode(a *Act, b *IssueCode) error {
	return stepCase(a, b.CaseID, "issueCode", "", func(c *Case, p *Profile) error {
		if c.Profile != CodePublic {
			return refuse(CodeState, "权利登记以 registration.record 完成", "a registration of rights is completed by registration.record").on(c.ID).by("RG-7")
		}
		if err := a.completes(c, p, "issueCode", b.Findings, b.NoticeExempt); err != nil {
			return err
		}
		if err := b.NationalRef.check(); err != nil {
			return err
		}
		o, err := a.object("caseId", c.ObjectType, c.ObjectID)
		if err != nil {
			return err
		}
		if err := o.registrable(""); err != nil {
			return err
		}
		if err := a.publicState(c, p, o, false); err != nil {
			return err
		}
		if c.RegType != RegFirst && b.PublicRegCode != "" && b.PublicRegCode != o.PublicRegCode {
			return refuse(CodeFormat, "沿用登记码 %s", "the code %s stays", o.PublicRegCode).at("publicRegCode").on(o.ID)
		}
		c.NationalRef = b.NationalRef
		return a.writeCode(c, p, o, b.PublicRegCode)
	})
}

// writeCode puts what the case came to on the object.
func (a *Act) writeCode(c *Case, p *Profile, o *object, code string) error {
	until := o.PublicRegUntil
	switch c.RegType {
	case RegFirst:
		if err := checkText("publicRegCode", code, 40); err != nil {
			return err
		}
		if !validID(code) {
			return refuse(CodeFormat, "不得含斜杠", "must have no slash").at("publicRegCode")
		}
		if err := a.claimOnce(pair("publicRegCode", code), o.ID, "publicRegCode", nil); err != nil {
			return err
		}
		until = AddMonths(a.Now, p.Int(ParamCertMaxMonths))
	case RegRenewal:
		code, until = o.PublicRegCode, AddMonths(max(o.PublicRegUntil, a.Now), p.Int(ParamCertMaxMonths))
	case RegCancel:
		code, until = "", 0
	default:
		code = o.PublicRegCode
		if err := c.Changes.on(o.resource); err != nil {
			return err
		}
	}
	c.PublicRegCode = code
	if o.product != nil {
		if o.product.PublicData == nil {
			o.product.PublicData = &PublicData{}
		}
		o.product.PublicData.PublicRegCode, o.product.PublicData.PublicRegValidTo = code, until
	} else {
		o.resource.PublicRegCode, o.resource.PublicRegValidTo = code, until
	}
	return a.storeObject(o)
}

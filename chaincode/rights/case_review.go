package rights

func (a *Act) accepted(c *Case, p *Profile, at UnixSec) error {
	due, err := p.Due(at, p.Int(ParamReviewWorkdays))
	c.AcceptedAt, c.ReviewDueAt = at, due
	return err
}

func accept(a *Act, b *OfCase) error {
	return stepCase(a, b.CaseID, "accept", "", func(c *Case, p *Profile) error {
		if err := a.late(c, "accept", c.AcceptDueAt); err != nil {
			return err
		}
		return a.accepted(c, p, a.Now)
	})
}

// deemAccept writes down that silence was acceptance (DRWG 17).
func deemAccept(a *Act, b *OfCase) error {
	return stepCase(a, b.CaseID, "deemAccept", "", func(c *Case, p *Profile) error {
		if p.Int(ParamAcceptDeemed) == 0 {
			return refuse(CodeProfile, "依 %s，沉默不视为受理", "silence is not acceptance under %s", p.Ver()).on(c.ID)
		}
		if a.Now < c.AcceptDueAt {
			return refuse(CodeDeadline, "受理期限至 %s", "the registrar may answer until %s", stamp(c.AcceptDueAt)).on(c.ID).by("2.4")
		}
		at, err := p.NextWorkingDay(c.AcceptDueAt)
		if err != nil {
			return err
		}
		c.AcceptDeemed = true
		return a.accepted(c, p, at)
	})
}

// ExtendReview is the body of registration.extendReview.
type ExtendReview struct {
	CaseID   string `json:"caseId"`
	Workdays int64  `json:"workdays"`
	Reason   string `json:"reason"`
}

func extendReview(a *Act, b *ExtendReview) error {
	if err := checkText("reason", b.Reason, 400); err != nil {
		return err
	}
	return stepCase(a, b.CaseID, "extendReview", "", func(c *Case, p *Profile) error {
		if most := p.Int(ParamReviewExtendWorkdays); b.Workdays < 1 || b.Workdays > most {
			return refuse(CodeDeadline, "可延长 1 至 %d 个工作日", "may be extended by 1 to %d working days", most).at("workdays").on(c.ID)
		}
		if a.Now >= c.ReviewDueAt {
			return refuse(CodeDeadline, "审查期限 %s 已过，不得延长", "the review limit %s has passed; it is not extended", stamp(c.ReviewDueAt)).on(c.ID)
		}
		if c.ReviewExtended {
			return refuse(CodeDeadline, "只能延长一次", "may be extended once only").on(c.ID)
		}
		due, err := p.Due(c.ReviewDueAt-1, b.Workdays)
		c.ReviewDueAt, c.ReviewExtended, c.Reason = due, true, b.Reason
		return err
	})
}

func (f *Findings) check() error {
	for _, x := range []struct {
		field string
		f     *Finding
	}{{"findings.description", f.Description}, {"findings.source", f.Source}, {"findings.rights", f.Rights}} {
		if x.f != nil && x.f.NoteHash != "" {
			if err := checkHash(x.field+".noteHash", x.f.NoteHash); err != nil {
				return err
			}
		}
	}
	return nil
}

// merge writes the findings that were given over those of the case.
func (f *Findings) merge(c *Case) error {
	if f == nil {
		return nil
	}
	if err := f.check(); err != nil {
		return err
	}
	if c.Findings == nil {
		c.Findings = &Findings{}
	}
	for _, x := range []struct{ from, to **Finding }{
		{&f.Description, &c.Findings.Description}, {&f.Source, &c.Findings.Source}, {&f.Rights, &c.Findings.Rights},
	} {
		if *x.from != nil {
			*x.to = *x.from
		}
	}
	return nil
}

// positive refuses unless all three findings are there and positive (2.9).
func (f *Findings) positive(caseID string) error {
	if f == nil {
		f = &Findings{}
	}
	for _, x := range []struct {
		name, zh string
		f        *Finding
	}{{"description", "描述准确", f.Description}, {"source", "来源合法", f.Source}, {"rights", "权利清晰", f.Rights}} {
		if x.f == nil || !x.f.Positive {
			return refuse(CodeState, "“%[1]s”的审查结论尚未肯定", "the finding %[2]q is not positive", x.zh, x.name).at("findings." + x.name).on(caseID).by("DRWG 18-21")
		}
	}
	return nil
}

// Review is the body of registration.review.
type Review struct {
	CaseID   string    `json:"caseId"`
	Findings *Findings `json:"findings"`
}

func review(a *Act, b *Review) error {
	if b.Findings == nil || *b.Findings == (Findings{}) {
		return refuse(CodeFormat, "至少一项结论", "at least one finding").at("findings")
	}
	return stepCase(a, b.CaseID, "review", "", func(c *Case, _ *Profile) error { return b.Findings.merge(c) })
}

// RequestSupplement is the body of registration.requestSupplement.
type RequestSupplement struct {
	CaseID string `json:"caseId"`
	Reason string `json:"reason"`
}

func requestSupplement(a *Act, b *RequestSupplement) error {
	if err := checkText("reason", b.Reason, 400); err != nil {
		return err
	}
	return stepCase(a, b.CaseID, "requestSupplement", "", func(c *Case, _ *Profile) error {
		c.Reason = b.Reason
		a.pause(c)
		return nil
	})
}

func supplement(a *Act, b *MorePapers) error {
	return stepCase(a, b.CaseID, "supplement", "", func(c *Case, p *Profile) error {
		if err := b.add(c); err != nil {
			return err
		}
		return c.resume(p, a.Now)
	})
}

// Ground is the body of registration.terminate and registration.reject.
type Ground struct {
	CaseID       string `json:"caseId"`
	RejectGround string `json:"rejectGround,omitempty"`
	Reason       string `json:"reason"`
	ReasonHash   string `json:"reasonHash,omitempty"`
}

// RejectGrounds are the grounds of DRWG 22; G6 is local (core data).
var RejectGrounds = []string{"G1", "G2", "G3", "G4", "G5", "G6"}

func (b *Ground) into(c *Case) error {
	if err := checkText("reason", b.Reason, 400); err != nil {
		return err
	}
	if b.ReasonHash != "" {
		if err := checkHash("reasonHash", b.ReasonHash); err != nil {
			return err
		}
	}
	c.RejectGround, c.Reason, c.ReasonHash = b.RejectGround, b.Reason, b.ReasonHash
	return nil
}

func terminate(a *Act, b *Ground) error {
	return stepCase(a, b.CaseID, "terminate", "", func(c *Case, _ *Profile) error {
		if b.RejectGround != "" {
			return refuse(CodeFormat, "终止不写不予登记理由", "a termination has no refusal ground").at("rejectGround")
		}
		return b.into(c)
	})
}

func reject(a *Act, b *Ground) error {
	return stepCase(a, b.CaseID, "reject", "", func(c *Case, _ *Profile) error {
		if err := oneOf("rejectGround", b.RejectGround, RejectGrounds...); err != nil {
			return err
		}
		if err := a.late(c, "reject", c.ReviewDueAt); err != nil {
			return err
		}
		return b.into(c)
	})
}

// PublishNotice is the body of registration.publishNotice.
type PublishNotice struct {
	CaseID     string    `json:"caseId"`
	Findings   *Findings `json:"findings,omitempty"`
	NoticeText string    `json:"noticeText,omitempty"` // default: made from the case
}

func publishNotice(a *Act, b *PublishNotice) error {
	return stepCase(a, b.CaseID, "publishNotice", "", func(c *Case, p *Profile) error {
		if !c.needsNotice(p) {
			return refuse(CodeState, "此类登记无须公示，可直接登记", "this type needs no notice; record it").on(c.ID).by("2.6")
		}
		if err := b.Findings.merge(c); err != nil {
			return err
		}
		if err := c.Findings.positive(c.ID); err != nil {
			return err
		}
		if b.NoticeText == "" {
			applicant, err := a.participant("caseId", c.ApplicantIDs[0])
			if err != nil {
				return err
			}
			b.NoticeText = applicant.Name + "申请" + regTitles[c.RegType] + "“" + c.ObjectName + "”" + c.whatZh() + "，现予公示。"
		}
		if err := checkText("noticeText", b.NoticeText, 400); err != nil {
			return err
		}
		if err := a.late(c, "publishNotice", c.ReviewDueAt); err != nil {
			return err
		}
		ends, err := p.Due(a.Now, p.Int(ParamNoticeWorkdays))
		if err != nil {
			return err
		}
		c.NoticeText, c.NoticeStartAt, c.NoticeEndsAt = b.NoticeText, a.Now, ends // RG-2: computed once
		a.pause(c)
		return nil
	})
}

package rights

var copyMachine = Machine{
	Entity: "copy",
	Kind:   KindCopy,
	Title:  Text{"副本", "Copy"},
	States: []StateInfo{
		{StateHeld, Text{"持有", "Held"}, false},
		{StateReturned, Text{"已退还", "Returned"}, true},
		{StateDestroyed, Text{"已销毁", "Destroyed"}, true},
		{StateCompromised, Text{"已泄露", "Compromised"}, false},
	},
	Transitions: []Transition{
		{nil, "receive", "", who(ByRecipient), Text{"由 delivery.receive 写入", "written by delivery.receive"}, StateHeld},
		{in(StateHeld), "forward", "", who(ByHolder), Text{"许可含转售或再许可，否则 E_RESALE（CP-2、门 D）；子许可不超出本许可（CP-1）；为下一接收方备一次交付", "the permission has resale or sublicensing, else E_RESALE (CP-2, gate D); the child's within its own (CP-1); prepares a delivery to the next recipient"}, StateHeld},
		{in(StateHeld), "return", "", who(ByHolder), Text{"附退还证明", "with proof of the return"}, StateReturned},
		{in(StateHeld, StateCompromised), "destroy", "", who(ByHolder), Text{"附销毁证明", "with a certificate of destruction"}, StateDestroyed},
		{in(StateHeld), "markOverdue", "", who(ByAnyone), Text{"期满加销毁期限已过，一次；发出 AL-COPY-OVERDUE（CP-3）", "past its term and the days to destroy it, once; raises AL-COPY-OVERDUE (CP-3)"}, StateHeld},
		{in(StateHeld), "compromise", "", who(ByRegulator), Text{"确认泄露，引用预警或措施", "a leak is confirmed; refers to an alert or measure"}, StateCompromised},
	},
}

// stepCopy loads a copy, steps it, lets change edit it and stores it.
func stepCopy(a *Act, id, event string, change func(*Copy, *Profile) error) error {
	var c Copy
	if err := need(a, KindCopy, "copyId", id, &c); err != nil {
		return err
	}
	to, err := a.step(&copyMachine, c.ID, c.State, event, "", Relations{ByHolder: {c.HolderID}})
	if err != nil {
		return err
	}
	p, err := a.profile(c.RuleProfileVer)
	if err != nil {
		return err
	}
	if err := change(&c, p); err != nil {
		return err
	}
	c.State = to
	if copyMachine.Ended(to) {
		if err := a.unrely(c.ID, c.HolderID); err != nil {
			return err
		}
	}
	return a.update(KindCopy, &c)
}

// endTerm ends what a copy may be used for, now: the contract behind it ended,
// or it was rejected. What is left is to destroy it in time.
func (a *Act) endTerm(p *Profile, copyID string) error {
	var c Copy
	if err := need(a, KindCopy, "copyId", copyID, &c); err != nil {
		return err
	}
	if copyMachine.Ended(c.State) || c.HoldUntil <= a.Now {
		return nil
	}
	c.HoldUntil, c.DestroyDueAt = a.Now, a.Now+p.days(c.DestroyDays)
	return a.update(KindCopy, &c)
}

// ForwardCopy is the body of copy.forward.
type ForwardCopy struct {
	CopyID     string      `json:"copyId"`
	ToID       string      `json:"toId"`
	Mode       string      `json:"mode"`
	PlatformID string      `json:"platformId,omitempty"`
	Permission *Permission `json:"permission"`
}

// forwardCopy prepares the delivery of a copy's content to the next recipient,
// who gets a child copy on receipt: with a fingerprint of its own like any other.
func forwardCopy(a *Act, b *ForwardCopy) error {
	return stepCopy(a, b.CopyID, "forward", func(c *Copy, p *Profile) error {
		if c.AccessOnly || !c.Permission.allows(ActResell) && !c.Permission.allows(ActSublicense) {
			return refuse(CodeResale, "许可不含转售或再许可，不得转给他人", "the permission has neither resale nor sublicensing; the copy goes to nobody else").at("copyId").on(c.ID).by("CP-2")
		}
		if b.Permission == nil {
			return refuse(CodeFormat, "须写明给予的许可", "the permission given must be named").at("permission")
		}
		if err := b.Permission.check("permission"); err != nil {
			return err
		}
		if err := b.Permission.within(&c.Permission.Scope, "permission"); err != nil {
			return asRefusal(err).on(c.ID).by("CP-1")
		}
		if b.Permission.DerivedSurvives && !c.Permission.DerivedSurvives {
			return refuse(CodeScope, "许可未允许衍生成果在期满后继续使用", "the permission does not let derived output outlive the term").at("permission.derivedSurvives").on(c.ID).by("CP-1")
		}
		if b.ToID == c.HolderID {
			return refuse(CodeSelf, "不得转给自己", "nobody passes a copy on to himself").at("toId").on(c.ID).by("TR-4")
		}
		if err := a.mayTrade(a.Actor); err != nil {
			return err
		}
		to, err := a.mayBeParty("toId", b.ToID, "")
		if err != nil {
			return err
		}
		if err := c.Permission.reaches("toId", to); err != nil {
			return err
		}
		if c.Allocated, err = addWithin(c.Allocated, b.Permission.Quota, c.Permission.Quota, "permission.quota"); err != nil {
			return err
		}
		d := &Delivery{TradeID: c.TradeID, ParentCopyID: c.ID, Permission: b.Permission, FromID: c.HolderID, ToID: b.ToID, PlatformID: b.PlatformID,
			Mode: b.Mode, ProductID: c.ProductID, ProductVersion: c.Version, Part: 1, Parts: 1}
		_, err = a.prepare(d, a.regionFor(c.ID))
		return err
	})
}

// EndCopy is the body of copy.return and copy.destroy.
type EndCopy struct {
	CopyID   string    `json:"copyId"`
	Evidence *Evidence `json:"evidence"`
}

func endCopy(event string) func(*Act, *EndCopy) error {
	return func(a *Act, b *EndCopy) error {
		if b.Evidence == nil {
			return refuse(CodeFormat, "须附证明", "needs its proof").at("evidence").by("3.9")
		}
		if err := checkPaper("evidence", *b.Evidence); err != nil {
			return err
		}
		return stepCopy(a, b.CopyID, event, func(c *Copy, _ *Profile) error {
			c.Destruction = b.Evidence
			return nil
		})
	}
}

// OfCopy is the body of copy.markOverdue.
type OfCopy struct {
	CopyID string `json:"copyId"`
}

func markOverdue(a *Act, b *OfCopy) error {
	return stepCopy(a, b.CopyID, "markOverdue", func(c *Copy, _ *Profile) error {
		if c.AccessOnly {
			return refuse(CodeState, "仅访问，无可销毁的内容", "access only: there is nothing to destroy").at("copyId").on(c.ID).by("CP-4")
		}
		if a.Now < c.DestroyDueAt {
			return refuse(CodeDeadline, "销毁期限至 %s", "it is to be destroyed by %s", stamp(c.DestroyDueAt)).on(c.ID).by("CP-3")
		}
		if c.OverdueAt != 0 {
			return refuse(CodeExists, "已于 %s 写明逾期", "it was found overdue at %s already", stamp(c.OverdueAt)).on(c.ID).by("CP-3")
		}
		c.OverdueAt = a.Now
		return a.raise("AL-COPY-OVERDUE", c, KindCopy, c.HolderID)
	})
}

// CompromiseCopy is the body of copy.compromise.
type CompromiseCopy struct {
	CopyID string `json:"copyId"`
	Ref    string `json:"ref"` // alert or measure
	Reason string `json:"reason"`
}

func compromiseCopy(a *Act, b *CompromiseCopy) error {
	if err := checkText("reason", b.Reason, 400); err != nil {
		return err
	}
	return stepCopy(a, b.CopyID, "compromise", func(c *Copy, _ *Profile) error {
		var err error
		switch {
		case isOf(b.Ref, KindAlert):
			err = need(a, KindAlert, "ref", b.Ref, new(Alert))
		case isOf(b.Ref, KindMeasure):
			err = need(a, KindMeasure, "ref", b.Ref, new(Measure))
		default:
			err = refuse(CodeFormat, "须引用预警或措施的编号", "must name an alert or a measure").at("ref")
		}
		c.TaintNotice, c.Reason = b.Ref, b.Reason
		return err
	})
}

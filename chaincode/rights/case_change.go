package rights

import "slices"

// check refuses changes that are malformed or change nothing.
func (x *Changes) check() error {
	if x.Limits == nil && x.ObjectName+x.HolderName+x.Overview+x.RegionRange+x.TimeFrom+x.TimeTo+x.UpdateFreq == "" {
		return refuse(CodeFormat, "须至少变更一项", "must change something").at("changes")
	}
	if err := first(
		optionalText("changes.objectName", x.ObjectName, 40), optionalText("changes.holderName", x.HolderName, 40),
		optionalText("changes.overview", x.Overview, 400), checkText("changes.note", x.Note, 400), checkLimits("changes.limits", x.Limits),
	); err != nil {
		return err
	}
	for _, d := range []struct{ field, v string }{{"changes.timeFrom", x.TimeFrom}, {"changes.timeTo", x.TimeTo}} {
		if d.v != "" {
			if err := checkDate(d.field, d.v); err != nil {
				return err
			}
		}
	}
	if x.RegionRange != "" {
		if err := oneOf("changes.regionRange", x.RegionRange, regionRanges...); err != nil {
			return err
		}
	}
	if x.UpdateFreq != "" {
		return oneOf("changes.updateFreq", x.UpdateFreq, updateFreqs...)
	}
	return nil
}

// set puts a new value over an old one when there is one.
func set(old *string, to string) {
	if to != "" {
		*old = to
	}
}

// on applies the changes to what the catalogue says of an object.
func (x *Changes) on(r *Resource) error {
	set(&r.Name, x.ObjectName)
	set(&r.Overview, x.Overview)
	set(&r.RegionRange, x.RegionRange)
	set(&r.TimeFrom, x.TimeFrom)
	set(&r.TimeTo, x.TimeTo)
	set(&r.UpdateFreq, x.UpdateFreq)
	if x.Limits != nil {
		r.Limits = x.Limits
	}
	if r.TimeTo < r.TimeFrom {
		return refuse(CodeFormat, "不得早于 timeFrom", "must not be before timeFrom").at("changes.timeTo").on(r.ID)
	}
	return nil
}

// applyChange fills a change or a correction: of the description, never of
// holder, source or kinds.
func (a *Act) applyChange(c *Case, targets []*Right) error {
	if err := a.checkChanges(c); err != nil {
		return err
	}
	if c.OwnMotion && c.RegType == RegChange && c.ExecutionOf == "" && c.JudgmentHash == "" {
		return refuse(CodeFormat, "登记机构只能为执行异议、争议、措施的结果或裁判而变更；登记有误的用 RegCorrection", "the registrar changes only to carry out an objection, dispute, measure or judgment; what was wrong it corrects with RegCorrection").at("executionOf")
	}
	if c.ExecutionOf == "" {
		return nil
	}
	return a.carriesOut(c, targets)
}

func (a *Act) checkChanges(c *Case) error {
	if err := c.Changes.check(); err != nil {
		return err
	}
	o, err := a.object("objectId", c.ObjectType, c.ObjectID)
	if err != nil {
		return err
	}
	if o.resource != nil {
		if err := c.Changes.on(o.resource); err != nil { // tried on what was loaded; not stored here
			return err
		}
	}
	return allowLimits("changes.limits", o.Level, c.Changes.Limits)
}

// change writes a change or correction into rights and certificate, and into
// the catalogue when the holder of the rights is the resource's.
func (a *Act) change(c *Case, targets []*Right) error {
	if err := a.checkChanges(c); err != nil {
		return err
	}
	x := c.Changes
	for _, r := range targets {
		if err := a.moveRight(r, "amend"); err != nil {
			return err
		}
		set(&r.ObjectName, x.ObjectName)
		if x.Limits != nil {
			r.Limits = x.Limits
		}
		if c.RegType == RegCorrection {
			r.CorrectionNote = x.Note
		}
		if err := a.update(KindRight, r); err != nil {
			return err
		}
		c.ResultRightIDs = append(c.ResultRightIDs, r.ID)
	}
	o, err := a.object("caseId", c.ObjectType, c.ObjectID)
	if err != nil {
		return err
	}
	if o.resource != nil && o.HolderID == c.ApplicantIDs[0] {
		if err := x.on(o.resource); err != nil {
			return err
		}
		if err := a.storeObject(o); err != nil {
			return err
		}
	}
	c.ResultCertNo = c.TargetCertNo
	return a.restate(c, func(cert *Certificate) {
		set(&cert.DataName, x.ObjectName)
		set(&cert.HolderName, x.HolderName)
		set(&cert.Overview, x.Overview)
		set(&cert.RegionRange, x.RegionRange)
		set(&cert.TimeFrom, x.TimeFrom)
		set(&cert.TimeTo, x.TimeTo)
		set(&cert.UpdateFreq, x.UpdateFreq)
		if x.Limits != nil {
			cert.Limits = x.Limits
		}
	})
}

// renewWindow is when the renewal of a term that ends at to is asked for: from
// months, or days where the profile counts those, before it until the day before
// its last day is over.
func renewWindow(p *Profile, to UnixSec) (from, until UnixSec) {
	from = AddMonths(to, -p.Int(ParamRenewWindowMonths))
	if days := p.Int(ParamRenewWindowDays); days > 0 {
		from = to - days*86400
	}
	return from, startOfDay(to - 1).Unix()
}

func (a *Act) inRenewWindow(p *Profile, field, id string, to UnixSec) error {
	from, until := renewWindow(p, to)
	if a.Now < from || a.Now >= until {
		return refuse(CodeDeadline, "续期须在 %[1]s 至 %[2]s 之间提出", "the renewal is asked for from %[1]s until %[2]s", stamp(from), stamp(until)).at(field).on(id).by("DRWG 36")
	}
	return nil
}

// applyRenewal fills a renewal asked for in its window; while it is open the
// rights stay effective past their term for a time (RT-9).
func (a *Act) applyRenewal(c *Case, p *Profile, targets []*Right) error {
	for _, r := range targets {
		if r.ValidTo != targets[0].ValidTo {
			return refuse(CodeFormat, "期限不同的权利分别申请续期", "rights that end at different times are renewed apart").at("targetRightIds").on(r.ID)
		}
		if err := a.inRenewWindow(p, "targetRightIds", r.ID, r.ValidTo); err != nil {
			return err
		}
		if _, err := a.renewedUntil(p, r, targets); err != nil {
			return err
		}
	}
	c.PendingUntil = targets[0].ValidTo + p.Int(ParamRenewPendingDays)*86400
	return nil
}

// renewedUntil is the end of a right's next term: the longest there is, counted
// from the old end, no longer than what it rests on, unless that is renewed with
// it. It refuses a basis that ends with the old term.
func (a *Act) renewedUntil(p *Profile, r *Right, with []*Right) (UnixSec, error) {
	var basis []Basis
	for _, b := range r.Basis {
		if !slices.ContainsFunc(with, func(x *Right) bool { return x.ID == b.RefID && x.ID != r.ID }) {
			basis = append(basis, b)
		}
	}
	until, err := a.capTerm(AddMonths(r.ValidTo, p.Int(ParamCertMaxMonths)), basis)
	if err != nil {
		return 0, err
	}
	if until <= r.ValidTo {
		return 0, refuse(CodeTerm, "所依据的期限不晚于现有有效期 %s", "what it rests on ends no later than the present term, %s", stamp(r.ValidTo)).at("targetRightIds").on(r.ID).by("RT-3")
	}
	return until, nil
}

// renew gives the rights their next term.
func (a *Act) renew(c *Case, p *Profile, targets []*Right) error {
	var last UnixSec
	ends := map[string]UnixSec{} // never iterated
	for _, r := range byKind(targets) {
		until, err := a.renewedUntil(p, r, nil) // what it rests on has its new term by now
		if err != nil {
			return err
		}
		for _, b := range r.Basis { // a right past its term was not asked what it rests on
			if b.RefID == "" || b.Survives {
				continue
			}
			if err := a.effective(p, "targetRightIds", b.RefID); err != nil {
				if e := asRefusal(err); e != nil {
					return refuse(CodeBasis, "所依据的 %[1]s 未生效：%[2]s", "what it rests on, %[1]s, is not effective: %[3]s", b.RefID, e.DetailZh, e.Detail).at("targetRightIds").on(r.ID).by("RT-4")
				}
				return err
			}
		}
		if err := a.moveRight(r, "amend"); err != nil {
			return err
		}
		r.RenewedFrom, r.ValidTo = r.ValidTo, until
		if r.Scope != nil {
			scope := *r.Scope
			scope.To = until
			r.Scope = &scope
		}
		if err := a.update(KindRight, r); err != nil {
			return err
		}
		ends[r.ID], last = until, max(last, until)
	}
	for _, r := range targets {
		c.ResultRightIDs = append(c.ResultRightIDs, r.ID)
	}
	c.ResultCertNo = c.TargetCertNo
	return a.restate(c, func(cert *Certificate) {
		for i := range cert.Rights {
			if until, renewed := ends[cert.Rights[i].RightID]; renewed {
				cert.Rights[i].ValidTo = until
			}
		}
		cert.ValidTo = max(cert.ValidTo, last)
	})
}

package rights

import (
	"strings"
	"time"
)

// OfCase is the body of events that need nothing but the case.
type OfCase struct {
	CaseID string `json:"caseId"`
}

// stepCase loads a case, steps it, lets change edit it and stores it. Change
// sees the case still in its old state.
func stepCase(a *Act, id, event, outcome string, change func(*Case, *Profile) error) error {
	var c Case
	if err := need(a, KindCase, "caseId", id, &c); err != nil {
		return err
	}
	return a.stepLoaded(&c, "", event, outcome, change)
}

// stepLoaded is stepCase for a case in hand; objector is who may take back the
// objection at issue.
func (a *Act) stepLoaded(c *Case, objector, event, outcome string, change func(*Case, *Profile) error) error {
	rel := Relations{ByApplicant: c.applicants(), ByTransferee: {c.CounterpartyID}, ByObjector: {objector}, ByRegistrar: {c.RegistrarID}}
	to, err := a.step(&caseMachine, c.ID, c.State, event, outcome, rel)
	if err != nil {
		return err
	}
	p, err := a.profile(c.RuleProfileVer)
	if err != nil {
		return err
	}
	if change != nil {
		if err := change(c, p); err != nil {
			return err
		}
	}
	if to == StatePrevious {
		to, c.HeldFrom = c.HeldFrom, ""
	}
	c.State = to
	if caseMachine.Ended(to) {
		c.EndedAt = a.Now
	}
	return a.update(KindCase, c)
}

// applicants are those who speak for the application: nobody for one that the
// registrar or regulator began.
func (c *Case) applicants() []string {
	if c.OwnMotion {
		return nil
	}
	return []string{c.ApplicantIDs[0], c.AgentID}
}

// late marks an act of the registrar that comes at or after its due instant and
// raises the alert of it. It is never held against the applicant.
func (a *Act) late(c *Case, event string, due UnixSec) error {
	if due == 0 || a.Now < due {
		return nil
	}
	c.Late = append(c.Late, Lateness{event, due, a.Now})
	rule := "AL-CASE-OVERDUE"
	if event == "decideObjection" {
		rule = "AL-OBJ-OVERDUE"
	}
	return a.raise(rule, c, KindCase, c.RegistrarID)
}

// stamp prints an instant in the zone its period was counted in.
func stamp(t UnixSec) string { return time.Unix(t, 0).In(shanghai).Format(time.RFC3339) }

// pause stops the review clock: for a supplement, and for the notice with the
// objections to it.
func (a *Act) pause(c *Case) { c.PausedAt = a.Now }

// resume moves the review limit by the time the clock stood still until then;
// it does nothing while the clock runs.
func (c *Case) resume(p *Profile, at UnixSec) error {
	if c.PausedAt == 0 {
		return nil
	}
	due, days, err := p.Extend(c.ReviewDueAt, c.PausedAt, at)
	if err != nil {
		return err
	}
	c.ReviewDueAt, c.PausedAt, c.PausedDays = due, 0, c.PausedDays+days
	return nil
}

func kindsZh(kinds []RightKind) string {
	names := make([]string, len(kinds))
	for i, k := range kinds {
		names[i] = map[RightKind]string{RightHolding: "数据持有权", RightUse: "数据使用权", RightOperation: "数据经营权"}[k]
	}
	return strings.Join(names, "、")
}

// regionOf takes the region out of a record's id.
func regionOf(id string) string { return strings.Split(id, "-")[1] }

func withdraw(a *Act, b *OfCase) error {
	return stepCase(a, b.CaseID, "withdraw", "", func(c *Case, _ *Profile) error { return a.closeObjections(c, "") })
}

// Hold is the body of registration.hold and registration.releaseHold.
type Hold struct {
	CaseID     string `json:"caseId"`
	MeasureRef string `json:"measureRef"`
}

func hold(a *Act, b *Hold) error {
	if err := checkText("measureRef", b.MeasureRef, 80); err != nil {
		return err
	}
	return stepCase(a, b.CaseID, "hold", "", func(c *Case, p *Profile) error {
		c.HeldFrom, c.HeldAt, c.MeasureRef, c.MeasureBy = c.State, a.Now, b.MeasureRef, a.Actor.USCC
		if c.State == StatePublicNotice && a.Now >= c.NoticeEndsAt {
			return c.resume(p, c.NoticeEndsAt) // the clock was running again
		}
		return nil
	})
}

// releaseHold moves every period that was running on by the time held (RG-6).
// A review clock that stood still anyway counts the hold when it goes on.
func releaseHold(a *Act, b *Hold) error {
	if err := checkText("measureRef", b.MeasureRef, 80); err != nil {
		return err
	}
	return stepCase(a, b.CaseID, "releaseHold", "", func(c *Case, p *Profile) error {
		if err := a.mayLift(c.MeasureBy, c.ID); err != nil {
			return err
		}
		running := []*UnixSec{&c.AcceptDueAt, &c.CorrectionDueAt, &c.NoticeEndsAt}
		if c.PausedAt == 0 {
			running = append(running, &c.ReviewDueAt)
		}
		for _, due := range running {
			if err := p.moveOn(due, c.HeldAt, a.Now); err != nil {
				return err
			}
		}
		for _, id := range c.ObjectionIDs {
			var o Objection
			if err := need(a, KindObjection, "caseId", id, &o); err != nil {
				return err
			}
			if o.State != StateObjFiled {
				continue
			}
			if err := p.moveOn(&o.DueAt, c.HeldAt, a.Now); err != nil {
				return err
			}
			if err := a.update(KindObjection, &o); err != nil {
				return err
			}
		}
		c.HeldAt, c.MeasureRef, c.MeasureBy = 0, b.MeasureRef, a.Actor.USCC
		return nil
	})
}

// moveOn extends a period that had not ended when the clock stopped.
func (p *Profile) moveOn(due *UnixSec, from, to UnixSec) error {
	if *due <= from {
		return nil
	}
	moved, _, err := p.Extend(*due, from, to)
	*due = moved
	return err
}

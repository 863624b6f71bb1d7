package rights

import "slices"

// The reasons for which a right is cancelled (3.4).
const (
	cancelVoluntary = "Voluntary"
	cancelObjection = "ObjectionOutcome"
	cancelJudgment  = "Judgment"
	cancelOrder     = "RegulatorOrder"
	cancelFraud     = "Fraud"
)

// cancelReason says who may give a reason, and on what it must rest.
type cancelReason struct {
	reason    string
	holder    bool // the holder itself may give it
	execution Kind // what executionOf must name
	judgment  bool // judgmentHash must be given
}

var cancelReasons = []cancelReason{
	{cancelVoluntary, true, "", false},
	{"Destroyed", true, "", false},
	{cancelObjection, true, KindObjection, false},
	{cancelJudgment, true, "", true},
	{cancelOrder, true, KindMeasure, false},
	{cancelFraud, false, "", false},
	{"Other", true, "", false},
}

// forced reports whether nobody's consent is asked: an outcome or a judgment is
// carried out, or the registration is revoked.
func (c *Case) forced() bool {
	return c.ExecutionOf != "" || c.JudgmentHash != "" || c.RegType == RegRevoke
}

// applyCancel fills a cancellation or, in the local profile, a revocation.
func (a *Act) applyCancel(c *Case, targets []*Right) error {
	i := slices.IndexFunc(cancelReasons, func(x cancelReason) bool { return x.reason == c.CancelReason })
	if i < 0 {
		names := make([]string, len(cancelReasons))
		for i, x := range cancelReasons {
			names[i] = x.reason
		}
		return oneOf("cancelReason", c.CancelReason, names...)
	}
	x := cancelReasons[i]
	switch {
	case !c.OwnMotion && !x.holder, c.OwnMotion && x.reason == cancelVoluntary, c.RegType == RegRevoke && (x.reason == cancelVoluntary || x.reason == "Destroyed"):
		return refuse(CodeRole, "申请人不得以 %s 为由", "this applicant does not give the reason %s", c.CancelReason).at("cancelReason")
	case x.execution != "" && !isOf(c.ExecutionOf, x.execution):
		return refuse(CodeFormat, "以 %s 为由须写明所执行的记录", "the reason %s names the record it carries out", c.CancelReason).at("executionOf")
	case x.judgment && c.JudgmentHash == "":
		return refuse(CodeFormat, "须附生效文书的摘要", "needs the hash of the effective document").at("judgmentHash")
	}
	if c.ExecutionOf != "" {
		if err := a.carriesOut(c, targets); err != nil {
			return err
		}
	}
	for _, r := range targets {
		if err := a.nothingOpenOn(r); err != nil {
			return err
		}
	}
	return nil
}

// nothingOpenOn refuses while what a cancellation would leave without its
// ground is still open on a right. Licences are another matter: see cancel;
// pledges that lie on it are the matrix's.
func (a *Act) nothingOpenOn(r *Right) error {
	open, err := a.relyingOn(r.ID, KindTrade, KindPledge, KindPermit)
	if err != nil {
		return err
	}
	for _, id := range open {
		if !slices.ContainsFunc(r.Encumbrances, func(e Encumbrance) bool { return e.RefID == id }) {
			return refuse(CodeState, "权利上尚有未结事项 %s", "%s is still open on the right", id).at("targetRightIds").on(id).by("2.6")
		}
	}
	return nil
}

// cancel ends the rights, with the licences under them only where the licensees
// consent or it is forced.
func (a *Act) cancel(c *Case, targets []*Right) error {
	for _, r := range targets {
		if err := a.nothingOpenOn(r); err != nil {
			return err
		}
		dependants, err := a.dependants(r.ID)
		if err != nil {
			return err
		}
		for _, d := range dependants {
			if d.HolderID != r.HolderID && !c.forced() && !slices.ContainsFunc(c.Consents, func(s Signature) bool { return s.PartyID == d.HolderID }) {
				return refuse(CodeConsent, "须有被许可人 %[1]s 的同意（registration.consent），其权利 %[2]s 以此为据", "needs the consent of %[1]s (registration.consent), whose right %[2]s rests on it", d.HolderID, d.ID).at("targetRightIds").on(r.ID).by("2.6")
			}
		}
		if err := a.moveRight(r, "cancel"); err != nil {
			return err
		}
		r.CancelReason = c.CancelReason
		if err := a.ended(r); err != nil {
			return err
		}
		if err := a.update(KindRight, r); err != nil {
			return err
		}
		if err := a.basisLost(r); err != nil {
			return err
		}
	}
	for _, r := range targets {
		c.ResultRightIDs = append(c.ResultRightIDs, r.ID)
	}
	c.ResultCertNo = c.TargetCertNo
	return a.restate(c, nil)
}

// carriesOut refuses a case that does not carry out what it says it does: an
// objection that stands, a dispute's order, a measure or pledge in force over
// every right of the case.
func (a *Act) carriesOut(c *Case, targets []*Right) error {
	not := func() error {
		return refuse(CodeFormat, "%s 没有可由此登记执行的结果", "%s has no outcome that this registration carries out", c.ExecutionOf).at("executionOf").on(c.ExecutionOf)
	}
	change := c.RegType == RegChange || c.RegType == RegCorrection
	switch {
	case isOf(c.ExecutionOf, KindObjection):
		var o Objection
		if err := need(a, KindObjection, "executionOf", c.ExecutionOf, &o); err != nil {
			return err
		}
		outcome := OutcomeCancel
		if change {
			outcome = OutcomeChange
		}
		if o.State != StateObjConceded || o.Outcome != outcome || c.RegType == RegTransfer || c.RegType == RegRevoke {
			return not()
		}
		for _, id := range o.RightIDs { // all of them, or the objection would be half carried out
			if slices.Contains(c.TargetRightIDs, id) {
				continue
			}
			var r Right
			if err := need(a, KindRight, "executionOf", id, &r); err != nil {
				return err
			}
			if !rightMachine.Ended(r.State) {
				return refuse(CodeFormat, "异议还涉及权利 %s", "the objection is to right %s too", id).at("targetRightIds").on(o.ID)
			}
		}
		return nil
	case isOf(c.ExecutionOf, KindDispute):
		var d Dispute
		if err := need(a, KindDispute, "executionOf", c.ExecutionOf, &d); err != nil {
			return err
		}
		order := "CancelRight"
		if change {
			order = "ChangeRight"
		}
		for _, r := range targets {
			if c.RegType == RegTransfer || d.State != StateDecided || !slices.ContainsFunc(d.Orders, func(o Order) bool { return o.Type == order && o.TargetID == r.ID && o.DoneAt == 0 }) {
				return not()
			}
		}
		return nil
	case isOf(c.ExecutionOf, KindMeasure):
		var m Measure
		if err := need(a, KindMeasure, "executionOf", c.ExecutionOf, &m); err != nil {
			return err
		}
		for _, r := range targets {
			if c.RegType == RegCancel || c.RegType == RegRevoke {
				if ordered, err := a.ordersCancellation(m.ID, r.ID); err != nil {
					return err
				} else if !ordered {
					return not()
				}
				continue
			}
			if c.RegType == RegTransfer || m.State != StateInForce || m.TargetID != r.ID && m.TargetID != r.ObjectID && m.TargetID != r.HolderID {
				return not()
			}
		}
		return nil
	case isOf(c.ExecutionOf, KindPledge):
		var pl Pledge
		if err := need(a, KindPledge, "executionOf", c.ExecutionOf, &pl); err != nil {
			return err
		}
		for _, r := range targets {
			if c.RegType != RegTransfer || pl.State != StateEnforcing || !slices.Contains(pl.RightIDs, r.ID) {
				return not()
			}
		}
		return nil
	}
	return not()
}

// carriedOut writes into an objection that its outcome is done. Disputes,
// measures and pledges look at the case themselves.
func (a *Act) carriedOut(c *Case) error {
	if !isOf(c.ExecutionOf, KindObjection) {
		return nil
	}
	var o Objection
	if err := need(a, KindObjection, "executionOf", c.ExecutionOf, &o); err != nil {
		return err
	}
	to, err := a.step(&objectionMachine, o.ID, o.State, "execute", "", Relations{ByRegistrar: {o.RegistrarID}})
	if err != nil {
		return err
	}
	o.ExecutionCaseID = c.ID
	return a.endObjection(&o, to)
}

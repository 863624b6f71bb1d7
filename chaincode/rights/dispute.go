package rights

import (
	"slices"
	"strconv"
)

// The offices a dispute goes to, by what it is about (3.11): trade to the
// exchange, title to the registrar, others to the regulator.
const (
	officeTrade = "trade"
	officeTitle = "title"
	officeOther = "other"
)

// unresolved are the states of a dispute that was accepted and neither settled
// nor taken to a forum.
var unresolved = in(StateAccepted, StateAnswered, StateMediating)

var disputeMachine = Machine{
	Entity: "dispute",
	Kind:   KindDispute,
	Title:  Text{"争议", "Dispute"},
	States: []StateInfo{
		{StateFiled, Text{"已提出", "Filed"}, false},
		{StateRefused, Text{"不予受理", "Refused"}, true},
		{StateAccepted, Text{"已受理", "Accepted"}, false},
		{StateAnswered, Text{"已答辩", "Answered"}, false},
		{StateMediating, Text{"调解中", "Mediating"}, false},
		{StateEscalated, Text{"仲裁或诉讼中", "Escalated"}, false},
		{StateSettled, Text{"已和解", "Settled"}, false},
		{StateDecided, Text{"已裁判", "Decided"}, false},
		{StateExecuted, Text{"已履行", "Executed"}, false},
		{StateClosed, Text{"已结案", "Closed"}, true},
		{StateWithdrawn, Text{"已撤回", "Withdrawn"}, true},
		{StateLapsed, Text{"逾期终结", "Lapsed"}, true},
	},
	Transitions: slices.Concat(
		[]Transition{{nil, "file", "", who(ByClaimant), Text{"所涉记录存在，与申请人有关；时效内（dispute.limitation.days）", "the record exists and concerns the claimant; within the limitation (dispute.limitation.days)"}, StateFiled}},
		byOffice(in(StateFiled), "accept", Text{"受理者不是当事人（DS-3）；权属争议在权利上加 EncDispute，涉交易者暂停履行（DS-1）", "the accepting body is no party (DS-3); title puts EncDispute on the right, what is on a trade holds it (DS-1)"}, StateAccepted),
		byOffice(in(StateFiled), "refuse", Text{"写明理由；不是当事人（DS-3）", "with a reason; not by a party (DS-3)"}, StateRefused),
		[]Transition{
			{in(StateAccepted), "answer", "", who(ByRespondent), Text{"答辩期限内", "by the due date"}, StateAnswered},
			{in(StateAccepted), "agreeMediation", "", who(ByClaimant, ByRespondent), Text{"写明同一调解机构", "names the same mediator"}, StateAccepted},
			{in(StateAnswered), "agreeMediation", "", who(ByClaimant, ByRespondent), Text{"写明同一调解机构", "names the same mediator"}, StateAnswered},
			{in(StateAccepted, StateAnswered), "startMediation", "", who(ByMediator), Text{"各方均已同意", "every party agreed"}, StateMediating},
			{in(StateMediating), "settle", "some", who(ByClaimant, ByRespondent), Text{"签署同一和解协议与内容（G-5）", "signs the same agreement and orders (G-5)"}, StateMediating},
			{in(StateMediating), "settle", "last", who(ByClaimant, ByRespondent), Text{"各方均已签署；调解期限内（DS-4）", "everyone signed; before mediation is due (DS-4)"}, StateSettled},
			{unresolved, "escalate", "", who(ByClaimant, ByRespondent), Text{"写明仲裁或诉讼案号", "with the number of the arbitration or suit"}, StateEscalated},
			{unresolved, "lapse", "", who(ByAnyone), Text{"受理或调解超过 dispute.maxDays 仍未和解、未起诉（DS-4）", "accepted or in mediation for over dispute.maxDays, neither settled nor escalated (DS-4)"}, StateLapsed},
			{in(StateFiled, StateAccepted, StateAnswered, StateMediating), "withdraw", "", who(ByClaimant), Text{"撤除受理时所加的一切（DS-2）", "takes off all that acceptance put on (DS-2)"}, StateWithdrawn},
		},
		byOffice(in(StateEscalated), "enterDecision", Text{"由受理机构录入生效文书哈希与裁判内容", "the accepting body enters the hash of the effective document and its orders"}, StateDecided),
		[]Transition{
			{in(StateSettled), "executeOrder", "some", who(ByOrdered, ByExchange), Text{"附履行证明；尚有未履行者", "with proof; others are open"}, StateSettled},
			{in(StateDecided), "executeOrder", "some", who(ByOrdered, ByExchange), Text{"附履行证明；尚有未履行者", "with proof; others are open"}, StateDecided},
			{in(StateSettled, StateDecided), "executeOrder", "last", who(ByOrdered, ByExchange), Text{"附履行证明；均已履行", "with proof; all are done"}, StateExecuted},
		},
		byOffice(in(StateSettled, StateDecided, StateExecuted), "close", Text{"均已履行，或无须履行；撤除受理时所加的一切（DS-2）", "all orders done, or none given; takes off all that acceptance put on (DS-2)"}, StateClosed),
	),
}

// byOffice is a row an office: which one it is depends on the dispute.
func byOffice(from []State, event string, guard Text, to State) []Transition {
	return []Transition{
		{from, event, officeTrade, who(ByExchange), guard, to},
		{from, event, officeTitle, who(ByRegistrar), guard, to},
		{from, event, officeOther, who(ByRegulator), guard, to},
	}
}

var (
	disputeTypes = []string{"Title", "Quality", "Delivery", "Payment", "ScopeBreach", "Resale", "Privacy", "Objection", "PledgeClaim", "Other"}
	orderTypes   = []string{"Pay", "Refund", "Redeliver", "Destroy", "Delist", "Terminate", "CancelRight", "ChangeRight", "Other"}
)

func (d *Dispute) relations() Relations {
	rel := Relations{ByClaimant: {d.ClaimantID}, ByRespondent: d.RespondentIDs, ByMediator: {d.MediatorID}}
	for _, o := range d.Orders {
		if o.DoneAt == 0 {
			rel[ByOrdered] = append(rel[ByOrdered], o.OrderedID)
		}
	}
	rel[ByRegistrar] = nil // none but the one whose it is
	switch d.AcceptedAs {
	case officeTitle:
		rel[ByRegistrar] = []string{d.RegistrarID}
	case officeTrade:
		rel[ByExchange] = []string{d.VenueID}
	}
	if d.AcceptedBy != "" {
		rel[ByRegulator] = []string{d.AcceptedBy}
	}
	return rel
}

func (d *Dispute) parties() []string { return append([]string{d.ClaimantID}, d.RespondentIDs...) }

// stepDispute loads a dispute, steps it, lets change edit it and stores it.
// What it put on rights and trades goes when it ends.
func stepDispute(a *Act, id, event string, outcome func(*Dispute) string, change func(*Dispute, *Profile) error) error {
	var d Dispute
	if err := need(a, KindDispute, "disputeId", id, &d); err != nil {
		return err
	}
	which := ""
	if outcome != nil {
		which = outcome(&d)
	}
	to, err := a.step(&disputeMachine, d.ID, d.State, event, which, d.relations())
	if err != nil {
		return err
	}
	p, err := a.profile(d.RuleProfileVer)
	if err != nil {
		return err
	}
	if err := change(&d, p); err != nil {
		return err
	}
	d.State = to
	if disputeMachine.Ended(to) {
		d.EndedAt = a.Now
		if err := a.endDispute(&d); err != nil {
			return err
		}
	}
	return a.update(KindDispute, &d)
}

func theOffice(d *Dispute) string { return d.AcceptedAs }

// endDispute takes off exactly what acceptance put on (DS-2).
func (a *Act) endDispute(d *Dispute) error {
	for _, r := range d.RightIDs {
		if err := a.unrestrain(r, d.ID); err != nil {
			return err
		}
	}
	if err := a.releaseFromDispute(d); err != nil {
		return err
	}
	return a.unrely(d.ID, append(d.parties(), d.RefID)...)
}

// holdInDispute and releaseFromDispute put a dispute's hold on its trade and take it off.
func (a *Act) holdInDispute(d *Dispute) error {
	return a.touchTrade(d, func(t *Trade) bool {
		if tradeMachine.Ended(t.State) {
			return false // nothing is left to hold
		}
		t.holdFor(d.ID)
		return true
	})
}

func (a *Act) releaseFromDispute(d *Dispute) error {
	return a.touchTrade(d, func(t *Trade) bool {
		if !slices.Contains(t.DisputeIDs, d.ID) {
			return false
		}
		t.releaseFrom(d.ID)
		return true
	})
}

func (a *Act) touchTrade(d *Dispute, change func(*Trade) bool) error {
	if d.TradeID == "" {
		return nil
	}
	var t Trade
	if err := need(a, KindTrade, "disputeId", d.TradeID, &t); err != nil {
		return err
	}
	if !change(&t) {
		return nil
	}
	return a.update(KindTrade, &t)
}

// FileDispute is the body of dispute.file; a DisputeStatement may come beside
// it when StatementCommitment is given.
type FileDispute struct {
	Type                string   `json:"type"`
	RespondentIDs       []string `json:"respondentIds"`
	RefType             string   `json:"refType"`
	RefID               string   `json:"refId"`
	ClaimHash           string   `json:"claimHash"`
	StatementCommitment string   `json:"statementCommitment,omitempty"`
	EvidenceIDs         []string `json:"evidenceIds,omitempty"`
}

func (b *FileDispute) check(a *Act) error {
	if err := first(oneOf("type", b.Type, disputeTypes...), checkHash("claimHash", b.ClaimHash)); err != nil {
		return err
	}
	if len(b.RespondentIDs) == 0 || len(b.RespondentIDs) > 10 {
		return refuse(CodeFormat, "须有 1 至 10 名被申请人", "must have 1 to 10 respondents").at("respondentIds")
	}
	for i, id := range b.RespondentIDs {
		at := "respondentIds[" + strconv.Itoa(i) + "]"
		if id == a.Actor.USCC || slices.Contains(b.RespondentIDs[:i], id) {
			return refuse(CodeSelf, "不得为申请人自己，不得重复", "not the claimant himself, and nobody twice").at(at).by("DS-3")
		}
		if _, err := a.participant(at, id); err != nil {
			return err
		}
	}
	if len(b.EvidenceIDs) > 50 {
		return refuse(CodeFormat, "最多 50 项证据", "at most 50 pieces of evidence").at("evidenceIds")
	}
	for i, id := range b.EvidenceIDs {
		if err := need(a, KindEvidence, "evidenceIds["+strconv.Itoa(i)+"]", id, new(EvidenceItem)); err != nil {
			return err
		}
	}
	return nil
}

func fileDispute(a *Act, b *FileDispute) error {
	if _, err := a.step(&disputeMachine, "", "", "file", "", Relations{ByClaimant: {a.Actor.USCC}}); err != nil {
		return err
	}
	if err := b.check(a); err != nil {
		return err
	}
	p, err := a.marketRules()
	if err != nil {
		return err
	}
	matter, err := a.matterOf(b.RefType, b.RefID)
	if err != nil {
		return err
	}
	if len(matter.parties) > 0 && !slices.Contains(matter.parties, a.Actor.USCC) {
		return refuse(CodeRole, "申请人与 %s 无关", "%s does not concern the claimant", b.RefID).at("refId").on(b.RefID).by("3.11")
	}
	if a.Now >= matter.at+p.days(p.Int(ParamDisputeLimitation)) {
		return refuse(CodeDeadline, "已过时效 %d 天", "past the limitation of %d days", p.Int(ParamDisputeLimitation)).at("refId").on(b.RefID).by("3.11")
	}
	d := &Dispute{Type: b.Type, ClaimantID: a.Actor.USCC, RespondentIDs: b.RespondentIDs, RefType: b.RefType, RefID: b.RefID, ClaimHash: b.ClaimHash,
		StatementCommitment: b.StatementCommitment, EvidenceIDs: b.EvidenceIDs, TradeID: matter.tradeID}
	matter.office(d)
	if d.AcceptedAs == officeTitle && matter.rightID == "" {
		return refuse(CodeFormat, "权属争议须涉及一项权利", "a dispute over title is about a right").at("refId").on(b.RefID).by("DS-1")
	}
	if b.Type == "Title" {
		d.RightIDs = []string{matter.rightID}
	}
	id := a.newID(KindDispute, a.regionFor(b.RefID))
	if b.StatementCommitment != "" {
		var statement DisputeStatement
		if err := a.secret("statementCommitment", b.StatementCommitment, &statement); err != nil {
			return err
		}
		if err := checkText("secret.statement", statement.Statement, 2000); err != nil {
			return err
		}
		if statement.ClaimFen < 0 || statement.ClaimFen > maxFen {
			return refuse(CodeMoney, "须在 0 至 %d 之间", "must be 0 to %d", maxFen).at("secret.claimFen").by("G-6")
		}
		if err := a.keepSecret(CollectionTrade, KindDispute, id); err != nil {
			return err
		}
	}
	if err := a.rely(id, append(d.parties(), d.RefID)...); err != nil {
		return err
	}
	return a.create(KindDispute, id, StateFiled, p.Ver(), d)
}

// OfDispute is the body of events that need nothing but the dispute.
type OfDispute struct {
	DisputeID string `json:"disputeId"`
}

// DisputeReason is the body of dispute.refuse and dispute.withdraw.
type DisputeReason struct {
	DisputeID string `json:"disputeId"`
	Reason    string `json:"reason"`
}

// impartial refuses an office that is a party itself (DS-3).
func (a *Act) impartial(d *Dispute) error {
	if slices.Contains(d.parties(), a.Actor.USCC) {
		return refuse(CodeSelf, "当事人不得受理自己的争议", "nobody takes up a dispute of his own").on(d.ID).by("DS-3")
	}
	return nil
}

func acceptDispute(a *Act, b *OfDispute) error {
	return stepDispute(a, b.DisputeID, "accept", theOffice, func(d *Dispute, p *Profile) error {
		if err := a.impartial(d); err != nil {
			return err
		}
		for _, r := range d.RightIDs {
			if err := a.restrain(r, Encumbrance{Type: EncDispute, RefID: d.ID, From: a.Now, ByID: a.Actor.USCC}); err != nil {
				return err
			}
		}
		if err := a.holdInDispute(d); err != nil {
			return err
		}
		d.AcceptedBy, d.AcceptedAt, d.MediationDueAt = a.Actor.USCC, a.Now, a.Now+p.days(p.Int(ParamDisputeMaxDays))
		var err error
		d.AnswerDueAt, err = p.Due(a.Now, p.Int(ParamDisputeAnswer))
		return err
	})
}

func refuseDispute(a *Act, b *DisputeReason) error {
	if err := checkText("reason", b.Reason, 400); err != nil {
		return err
	}
	return stepDispute(a, b.DisputeID, "refuse", theOffice, func(d *Dispute, _ *Profile) error {
		d.Reason = b.Reason
		return a.impartial(d)
	})
}

func withdrawDispute(a *Act, b *DisputeReason) error {
	if err := checkText("reason", b.Reason, 400); err != nil {
		return err
	}
	return stepDispute(a, b.DisputeID, "withdraw", nil, func(d *Dispute, _ *Profile) error {
		d.Reason = b.Reason
		return nil
	})
}

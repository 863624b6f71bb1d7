package rights

import (
	"encoding/hex"
	"slices"

	"github.com/datarights/datarights/internal/gm"
)

// What is published or noted once: policy documents, policy support, maturity
// levels, market events (3.21).

// published is the machine of records that never move.
func published(entity string, kind Kind, title Text, event string, by []Capacity, guard Text) Machine {
	return Machine{
		Entity: entity, Kind: kind, Title: title,
		States:      []StateInfo{{StateInForce, Text{"有效", "In force"}, true}},
		Transitions: []Transition{{nil, event, "", by, guard, StateInForce}},
	}
}

var (
	policyMachine = Machine{
		Entity: "policy",
		Kind:   KindPolicy,
		Title:  Text{"政策文件", "Policy document"},
		States: []StateInfo{{StateInForce, Text{"有效", "In force"}, false}},
		Transitions: []Transition{
			{nil, "publish", "", who(ByRegulator, ByExchange), Text{"文号唯一；交易机构只能发布自律公约", "its number is unique; the exchange publishes self-discipline conventions only"}, StateInForce},
			{in(StateInForce), "adhere", "", who(ByAnyone), Text{"仅限自律公约，每个主体一次", "a self-discipline convention, each participant once"}, StateInForce},
		},
	}
	supportMachine = published("support", KindSupport, Text{"政策支持", "Support"}, "record", who(ByRegulator),
		Text{"同一事实只支持一次；事实属于受支持者", "one support a fact; the fact is the recipient's"})
	maturityMachine = published("maturity", KindMaturity, Text{"成熟度", "Maturity"}, "record", who(ByRegulator),
		Text{"评估机构与企业不属同一集团（SD-3）", "the assessor shares no group with the enterprise (SD-3)"})
	eventMachine = published("event", KindMarketEvent, Text{"活动", "Event"}, "record", who(ByRegulator, ByExchange), Text{})
)

const policySelfDiscipline = "SelfDiscipline"

// policyKinds: the first four are the documents of IN-10.
var policyKinds = []string{"AssetRegistration", "AuthorisedOperation", "Trading", "SecurityNorm", "IndicatorSystem", "LabellingBase", policySelfDiscipline, "Other"}

// PublishPolicy is the body of policy.publish.
type PublishPolicy struct {
	No       string `json:"no"`
	Title    string `json:"title"`
	Kind     string `json:"kind"`
	IssuedOn string `json:"issuedOn"`
	Hash     string `json:"hash"`
}

func publishPolicy(a *Act, b *PublishPolicy) error {
	to, err := a.step(&policyMachine, "", "", "publish", "", nil)
	if err != nil {
		return err
	}
	if err := first(checkText("no", b.No, 80), checkText("title", b.Title, 200), oneOf("kind", b.Kind, policyKinds...), checkDate("issuedOn", b.IssuedOn), checkHash("hash", b.Hash)); err != nil {
		return err
	}
	if b.IssuedOn > CivilDate(a.Now) {
		return refuse(CodeTerm, "不得晚于今天", "must not be after today").at("issuedOn")
	}
	if !a.office(RoleRegulator) && b.Kind != policySelfDiscipline {
		return refuse(CodeRole, "交易机构只能发布自律公约", "the exchange publishes self-discipline conventions only").at("kind")
	}
	id := a.newID(KindPolicy, a.regionFor(""))
	sum := gm.SM3([]byte(b.No))
	if err := a.claimOnce(pair("policy", hex.EncodeToString(sum[:])), id, "no", nil); err != nil {
		return err
	}
	return a.create(KindPolicy, id, to, "", &PolicyDoc{No: b.No, Title: b.Title, Kind: b.Kind, IssuedOn: b.IssuedOn, Hash: b.Hash, IssuerID: a.Actor.USCC})
}

// AdherePolicy is the body of policy.adhere.
type AdherePolicy struct {
	PolicyID string `json:"policyId"`
}

// maxAdherents bounds one convention.
const maxAdherents = 2000

func adherePolicy(a *Act, b *AdherePolicy) error {
	var d PolicyDoc
	if err := need(a, KindPolicy, "policyId", b.PolicyID, &d); err != nil {
		return err
	}
	to, err := a.step(&policyMachine, d.ID, d.State, "adhere", "", nil)
	if err != nil {
		return err
	}
	switch {
	case d.Kind != policySelfDiscipline:
		return refuse(CodeState, "只有自律公约可以加入", "only a self-discipline convention is adhered to").at("policyId").on(d.ID)
	case slices.Contains(d.Adherents, a.Actor.USCC):
		return refuse(CodeExists, "已经加入", "adheres to it already").at("policyId").on(d.ID)
	case len(d.Adherents) >= maxAdherents:
		return refuse(CodeQuota, "加入者最多 %d 个", "at most %d adherents", maxAdherents).at("policyId").on(d.ID)
	}
	d.Adherents = append(d.Adherents, a.Actor.USCC)
	d.State = to
	return a.update(KindPolicy, &d)
}

// SupportAmount is the secret of support.record.
type SupportAmount struct {
	Salt      string `json:"salt"`
	AmountFen int64  `json:"amountFen"`
}

// RecordSupport is the body of support.record. The amount comes beside it.
type RecordSupport struct {
	RecipientID       string `json:"recipientId"`
	Kind              string `json:"kind"`
	FactID            string `json:"factId"`
	DecisionHash      string `json:"decisionHash"`
	AmountsCommitment string `json:"amountsCommitment"`
	Reason            string `json:"reason,omitempty"`
}

// supportKinds are what the policy supports (系统 57).
var supportKinds = []string{"Registration", "Evaluation", "Accounting", "Trade", "Scenario", "Other"}

func recordSupport(a *Act, b *RecordSupport) error {
	to, err := a.step(&supportMachine, "", "", "record", "", nil)
	if err != nil {
		return err
	}
	if err := first(oneOf("kind", b.Kind, supportKinds...), checkHash("decisionHash", b.DecisionHash), optionalText("reason", b.Reason, 400)); err != nil {
		return err
	}
	if _, err := a.activeWith("recipientId", b.RecipientID); err != nil {
		return err
	}
	if err := a.factOf(b.RecipientID, b.FactID); err != nil {
		return err
	}
	var amount SupportAmount
	if err := a.secret("amountsCommitment", b.AmountsCommitment, &amount); err != nil {
		return err
	}
	if amount.AmountFen <= 0 {
		return refuse(CodeMoney, "金额须为正", "the amount must be positive").at("secret.amountFen")
	}
	id := a.newID(KindSupport, a.regionFor(b.FactID))
	if err := a.claimOnce(pair("support", b.FactID), id, "factId", nil); err != nil {
		if e := asRefusal(err); e != nil {
			return e.by("3.21")
		}
		return err
	}
	if err := a.keepSecret(CollectionTrade, KindSupport, id); err != nil {
		return err
	}
	return a.create(KindSupport, id, to, "", &Support{RecipientID: b.RecipientID, Kind: b.Kind, FactID: b.FactID, AmountsCommitment: b.AmountsCommitment, DecisionHash: b.DecisionHash, Reason: b.Reason})
}

// factOf refuses a fact that is not the recipient's.
func (a *Act) factOf(recipient, id string) error {
	kind := kindOf(id)
	if err := oneOf("factId", kind, KindCertificate, KindTrade, KindScenario, KindEvaluation, KindAccounting); err != nil {
		return err
	}
	var fact struct { // whose a record of those kinds is
		HolderID     string `json:"holderId"`
		SellerID     string `json:"sellerId"`
		BuyerID      string `json:"buyerId"`
		SubmitterID  string `json:"submitterId"`
		ClientID     string `json:"clientId"`
		EnterpriseID string `json:"enterpriseId"`
	}
	if err := need(a, kind, "factId", id, &fact); err != nil {
		return err
	}
	if !slices.Contains([]string{fact.HolderID, fact.SellerID, fact.BuyerID, fact.SubmitterID, fact.ClientID, fact.EnterpriseID}, recipient) {
		return refuse(CodeBasis, "%[1]s 不属于 %[2]s", "%[1]s is not %[2]s's", id, recipient).at("factId").on(id).by("3.21")
	}
	return nil
}

// RecordMaturity is the body of maturity.record.
type RecordMaturity struct {
	EnterpriseID string `json:"enterpriseId"`
	Model        string `json:"model"`
	ModelVersion string `json:"modelVersion"`
	Level        int64  `json:"level"`
	From         string `json:"from"`
	To           string `json:"to"`
	AssessorID   string `json:"assessorId,omitempty"`
	EvidenceHash string `json:"evidenceHash"`
}

func recordMaturity(a *Act, b *RecordMaturity) error {
	to, err := a.step(&maturityMachine, "", "", "record", "", nil)
	if err != nil {
		return err
	}
	if err := first(oneOf("model", b.Model, "DCMM", "DSMM", "LocalDAMM"), checkText("modelVersion", b.ModelVersion, 40), checkDate("from", b.From),
		checkDate("to", b.To), checkHash("evidenceHash", b.EvidenceHash)); err != nil {
		return err
	}
	if b.Level < 1 || b.Level > 5 {
		return refuse(CodeFormat, "须在 1 至 5 之间", "must be 1 to 5").at("level")
	}
	if b.To < b.From || b.To < CivilDate(a.Now) {
		return refuse(CodeTerm, "不得早于 from，也不得已过", "must not be before from, nor be over").at("to")
	}
	if b.AssessorID != "" {
		assessor, err := a.activeWith("assessorId", b.AssessorID, RoleThirdParty)
		if err != nil {
			return err
		}
		p, err := a.participant("enterpriseId", b.EnterpriseID)
		if err != nil {
			return err
		}
		if related(assessor, p) {
			return refuse(CodeSelf, "评估机构与企业属于同一集团", "the assessor shares a group with the enterprise").at("assessorId").on(b.AssessorID).by("SD-3")
		}
	}
	id := a.newID(KindMaturity, a.regionFor(""))
	var p Participant
	if err := need(a, KindParticipant, "enterpriseId", b.EnterpriseID, &p); err != nil {
		return err
	}
	if p.State != StateActive {
		return refuse(CodeInactive, "主体 %[1]s 的状态为“%[2]s”", "participant %[1]s is %[3]s", p.USCC, participantMachine.Titled(p.State).Zh, string(p.State)).at("enterpriseId").on(p.ID).by("G-2")
	}
	level := MaturityLevel{Model: b.Model, Level: b.Level, To: b.To, RefID: id}
	if i := slices.IndexFunc(p.Maturity, func(l MaturityLevel) bool { return l.Model == b.Model }); i >= 0 {
		p.Maturity[i] = level
	} else {
		p.Maturity = append(p.Maturity, level)
	}
	if err := a.update(KindParticipant, &p); err != nil {
		return err
	}
	return a.create(KindMaturity, id, to, "", &Maturity{EnterpriseID: b.EnterpriseID, Model: b.Model, ModelVersion: b.ModelVersion, Level: b.Level, From: b.From, To: b.To, AssessorID: b.AssessorID, EvidenceHash: b.EvidenceHash})
}

// RecordEvent is the body of event.record.
type RecordEvent struct {
	Kind      string   `json:"kind"`
	Name      string   `json:"name"`
	Date      string   `json:"date"`
	DemandIDs []string `json:"demandIds,omitempty"`
	TradeIDs  []string `json:"tradeIds,omitempty"`
}

func recordEvent(a *Act, b *RecordEvent) error {
	to, err := a.step(&eventMachine, "", "", "record", "", nil)
	if err != nil {
		return err
	}
	if err := first(oneOf("kind", b.Kind, "Forum", "Salon", "Matchmaking", "Consulting"), checkText("name", b.Name, 80), checkDate("date", b.Date),
		distinct("demandIds", b.DemandIDs, 100), distinct("tradeIds", b.TradeIDs, 100)); err != nil {
		return err
	}
	for i, id := range b.DemandIDs {
		if _, err := a.headOf(index("demandIds", i), id, KindDemand); err != nil {
			return err
		}
	}
	for i, id := range b.TradeIDs {
		if _, err := a.headOf(index("tradeIds", i), id, KindTrade); err != nil {
			return err
		}
	}
	return a.create(KindMarketEvent, a.newID(KindMarketEvent, a.regionFor("")), to, "", &MarketEvent{Kind: b.Kind, Name: b.Name, Date: b.Date, OrganiserID: a.Actor.USCC, DemandIDs: b.DemandIDs, TradeIDs: b.TradeIDs})
}

package rights

import (
	"encoding/hex"
	"slices"
	"strings"

	"github.com/datarights/datarights/internal/gm"
)

// scenarioMachine: application scenarios and the library of them (3.20).
var scenarioMachine = Machine{
	Entity: "scenario",
	Kind:   KindScenario,
	Title:  Text{"应用场景", "Scenario"},
	States: []StateInfo{
		{StateSubmitted, Text{"已申报", "Submitted"}, false},
		{StateReviewed, Text{"已评审", "Reviewed"}, false},
		{StateDeclined, Text{"未通过", "Declined"}, true},
		{StateIncluded, Text{"已入库", "Included"}, false},
		{StateLanded, Text{"已落地", "Landed"}, false},
		{StateRemoved, Text{"已移出", "Removed"}, true},
	},
	Transitions: []Transition{
		{nil, "submit", "", who(ByAnyone), Text{"至少关联一项产品、授权或交易", "at least one product, grant or trade"}, StateSubmitted},
		{in(StateSubmitted), "review", "", who(ByRegulator), Text{"附专家意见", "with the experts' opinion"}, StateReviewed},
		{in(StateSubmitted), "decline", "", who(ByRegulator), Text{"附专家意见与理由", "with the experts' opinion and a reason"}, StateDeclined},
		{in(StateReviewed), "include", "", who(ByRegulator), Text{"关联仍然有效；同一案例一年只计一次（SC-1）", "its links still hold; one case counts once a year (SC-1)"}, StateIncluded},
		{in(StateIncluded), "markLanded", "", who(ByRegulator), Text{"授权运营场景；二级授权有效且其下至少有一条计量记录或一笔已结算交易", "of authorised operation; the second-level grant is effective and has a meter record or a settled trade under it"}, StateLanded},
		{in(StateIncluded, StateLanded), "remove", "", who(ByRegulator), Text{"写明理由；自移出之日起不再计入（SC-2）", "with a reason; it does not count from that day on (SC-2)"}, StateRemoved},
	},
}

// scenarioFields are the ten fields of the plan.
var scenarioFields = []string{"GreenLowCarbon", "Agriculture", "CityGovernance", "Logistics", "Finance", "NaturalResources", "Health", "CultureTourism", "Commerce", "SocialCredit"}

// nationalActions are the twelve of 数据要素×.
var nationalActions = []string{"", "工业制造", "现代农业", "商贸流通", "交通运输", "金融服务", "科技创新", "文化旅游", "医疗健康", "应急管理", "气象服务", "城市治理", "绿色低碳"}

// The kinds of scenarios.
const (
	ScenarioTypical    = "Typical"
	ScenarioAuthorised = "AuthorisedOperation"
)

// SubmitScenario is the body of scenario.submit.
type SubmitScenario struct {
	Kind           string   `json:"kind"`
	Name           string   `json:"name"`
	Overview       string   `json:"overview,omitempty"`
	Field          string   `json:"field"`
	NationalAction string   `json:"nationalAction,omitempty"`
	Source         string   `json:"source"`
	RegionCode     string   `json:"regionCode"`
	FuncZone       string   `json:"funcZone,omitempty"`
	ProductIDs     []string `json:"productIds,omitempty"`
	GrantIDs       []string `json:"grantIds,omitempty"`
	TradeIDs       []string `json:"tradeIds,omitempty"`
	ImpactHash     string   `json:"impactHash,omitempty"`
}

func submitScenario(a *Act, b *SubmitScenario) error {
	to, err := a.step(&scenarioMachine, "", "", "submit", "", nil)
	if err != nil {
		return err
	}
	if err := first(oneOf("kind", b.Kind, ScenarioTypical, ScenarioAuthorised), checkText("name", b.Name, 80), optionalText("overview", b.Overview, 400),
		oneOf("field", b.Field, scenarioFields...), oneOf("nationalAction", b.NationalAction, nationalActions...), oneOf("source", b.Source, "Contest", "CaseCall", "Built"),
		a.knownRegion("regionCode", b.RegionCode), oneOf("funcZone", b.FuncZone, "", "YCETDZ", "YNHTZ")); err != nil {
		return err
	}
	if b.ImpactHash != "" {
		if err := checkHash("impactHash", b.ImpactHash); err != nil {
			return err
		}
	}
	sc := &Scenario{
		Kind: b.Kind, Name: b.Name, Overview: b.Overview, Field: b.Field, NationalAction: b.NationalAction, Source: b.Source, SubmitterID: a.Actor.USCC,
		RegionCode: b.RegionCode, FuncZone: b.FuncZone, ProductIDs: b.ProductIDs, GrantIDs: b.GrantIDs, TradeIDs: b.TradeIDs, ImpactHash: b.ImpactHash,
	}
	if len(sc.links()) == 0 {
		return refuse(CodeFormat, "至少关联一项产品、授权或交易", "must name at least one product, grant or trade").at("productIds").by("3.20")
	}
	if err := a.linked(sc); err != nil {
		return err
	}
	return a.create(KindScenario, a.newID(KindScenario, b.RegionCode), to, "", sc)
}

// links are the records that make the scenario a real one.
func (sc *Scenario) links() []string { return slices.Concat(sc.ProductIDs, sc.GrantIDs, sc.TradeIDs) }

// linked refuses links to what is not there or has come to a bad end.
func (a *Act) linked(sc *Scenario) error {
	for _, x := range []struct {
		field string
		ids   []string
		kind  Kind
	}{{"productIds", sc.ProductIDs, KindProduct}, {"grantIds", sc.GrantIDs, KindGrant}, {"tradeIds", sc.TradeIDs, KindTrade}} {
		if err := distinct(x.field, x.ids, 50); err != nil {
			return err
		}
		for i, id := range x.ids {
			field := index(x.field, i)
			h, err := a.headOf(field, id, x.kind)
			if err != nil {
				return err
			}
			if slices.Contains([]State{StateSuspended, StateWithdrawn, StateRejected, StateDeclined, StateTerminated, StateRevoked, StateRetired}, h.State) {
				return refuse(CodeState, "关联的 %[1]s 状态为 %[2]s", "what it is linked to, %[1]s, is %[2]s", id, string(h.State)).at(field).on(id).by("3.20")
			}
			if x.kind == KindGrant {
				p, err := a.marketRules()
				if err != nil {
					return err
				}
				if err := a.effective(p, field, id); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

func moveScenario(a *Act, id, event string, change func(*Scenario) error) error {
	var sc Scenario
	if err := need(a, KindScenario, "scenarioId", id, &sc); err != nil {
		return err
	}
	to, err := a.step(&scenarioMachine, id, sc.State, event, "", nil)
	if err != nil {
		return err
	}
	if err := change(&sc); err != nil {
		return err
	}
	sc.State = to
	return a.update(KindScenario, &sc)
}

// ReviewScenario is the body of scenario.review.
type ReviewScenario struct {
	ScenarioID  string `json:"scenarioId"`
	OpinionHash string `json:"opinionHash"`
}

func reviewScenario(a *Act, b *ReviewScenario) error {
	return moveScenario(a, b.ScenarioID, "review", func(sc *Scenario) error {
		sc.OpinionHash = b.OpinionHash
		return checkHash("opinionHash", b.OpinionHash)
	})
}

// DeclineScenario is the body of scenario.decline.
type DeclineScenario struct {
	ScenarioID  string `json:"scenarioId"`
	OpinionHash string `json:"opinionHash"`
	Reason      string `json:"reason"`
}

func declineScenario(a *Act, b *DeclineScenario) error {
	return moveScenario(a, b.ScenarioID, "decline", func(sc *Scenario) error {
		sc.OpinionHash, sc.Reason = b.OpinionHash, b.Reason
		return first(checkHash("opinionHash", b.OpinionHash), checkText("reason", b.Reason, 400))
	})
}

// OfScenario is the body of scenario.include.
type OfScenario struct {
	ScenarioID string `json:"scenarioId"`
}

func includeScenario(a *Act, b *OfScenario) error {
	return moveScenario(a, b.ScenarioID, "include", func(sc *Scenario) error {
		if err := a.linked(sc); err != nil {
			return err
		}
		sc.IncludedOn = CivilDate(a.Now)
		at, _ := ParseDate(sc.IncludedOn)
		sc.BatchYear = int64(startOfDay(at).Year())
		for _, name := range sc.identities() {
			if err := a.claimOnce(name, sc.ID, "scenarioId", a.stillIncluded); err != nil {
				if e := asRefusal(err); e != nil {
					return e.by("SC-1")
				}
				return err
			}
		}
		return nil
	})
}

// stillIncluded reports whether a scenario counts (SC-2).
func (a *Act) stillIncluded(id string) (bool, error) {
	h, err := a.headOf("scenarioId", id, KindScenario)
	if err != nil {
		return false, err
	}
	return h.State != StateRemoved, nil
}

// identities are what makes two entries of one year the same case, by whatever
// source they came: the same submitter's of the same name, or the same records
// used in the same field (SC-1).
func (sc *Scenario) identities() []string {
	links := sc.links()
	slices.Sort(links)
	digest := func(parts ...string) string {
		sum := gm.SM3([]byte(strings.Join(parts, "\n")))
		return hex.EncodeToString(sum[:])
	}
	year := sc.IncludedOn[:4]
	return []string{
		pair("scenario", year, digest(sc.Kind, sc.SubmitterID, sc.Name)),
		pair("scenario", year, digest(append([]string{sc.Kind, sc.Field}, links...)...)),
	}
}

// MarkLanded is the body of scenario.markLanded: the grant it runs under, and a
// meter record or settled trade that shows the use.
type MarkLanded struct {
	ScenarioID string `json:"scenarioId"`
	GrantID    string `json:"grantId"`
	UseID      string `json:"useId"`
}

func markLanded(a *Act, b *MarkLanded) error {
	return moveScenario(a, b.ScenarioID, "markLanded", func(sc *Scenario) error {
		if sc.Kind != ScenarioAuthorised {
			return refuse(CodeState, "只有授权运营场景才计落地", "only a scenario of authorised operation lands").on(sc.ID).by("3.20")
		}
		if !slices.Contains(sc.GrantIDs, b.GrantID) {
			return refuse(CodeBasis, "场景未关联授权 %s", "the scenario is not linked to the grant %s", b.GrantID).at("grantId").on(sc.ID).by("3.20")
		}
		var g Grant
		if err := need(a, KindGrant, "grantId", b.GrantID, &g); err != nil {
			return err
		}
		if g.Tier != "GrantL2" {
			return refuse(CodeBasis, "须为二级授权", "must be a second-level grant").at("grantId").on(g.ID).by("3.20")
		}
		p, err := a.marketRules()
		if err != nil {
			return err
		}
		if err := a.effective(p, "grantId", g.ID); err != nil {
			return err
		}
		under, err := a.usedUnder(b.UseID)
		if err != nil {
			return err
		}
		if under != g.ID {
			return refuse(CodeBasis, "%[1]s 不在授权 %[2]s 之下", "%[1]s is not under the grant %[2]s", b.UseID, g.ID).at("useId").on(b.UseID).by("3.20")
		}
		sc.LandedOn, sc.LandedBy = CivilDate(a.Now), b.UseID
		return nil
	})
}

// usedUnder names the grant that a meter record or a settled trade is under.
func (a *Act) usedUnder(id string) (grantID string, err error) {
	switch kindOf(id) {
	case KindMeter:
		var mt Meter
		if err := need(a, KindMeter, "useId", id, &mt); err != nil {
			return "", err
		}
		var up Permit
		if err := need(a, KindPermit, "useId", mt.PermitID, &up); err != nil {
			return "", err
		}
		return up.BasisID, nil
	case KindTrade:
		var tr Trade
		if err := need(a, KindTrade, "useId", id, &tr); err != nil {
			return "", err
		}
		if tr.State != StateSettled && tr.State != StateCompleted {
			return "", refuse(CodeState, "交易尚未结算", "the trade is not settled").at("useId").on(id).by("3.20")
		}
		return tr.GrantID, nil
	}
	return "", refuse(CodeFormat, "须为计量记录或交易的编号", "must be the id of a meter record or a trade").at("useId").by("3.20")
}

// RemoveScenario is the body of scenario.remove.
type RemoveScenario struct {
	ScenarioID string `json:"scenarioId"`
	Reason     string `json:"reason"`
}

func removeScenario(a *Act, b *RemoveScenario) error {
	return moveScenario(a, b.ScenarioID, "remove", func(sc *Scenario) error {
		sc.RemovedOn, sc.Reason = CivilDate(a.Now), b.Reason
		return checkText("reason", b.Reason, 400)
	})
}

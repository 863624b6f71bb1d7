package rights

import (
	"slices"
	"strconv"
)

// A usage permit lets somebody use data under meter (3.13).
var permitMachine = Machine{
	Entity: "permit",
	Kind:   KindPermit,
	Title:  Text{"授权使用", "Usage permit"},
	States: []StateInfo{
		{StateRequested, Text{"已申请", "Requested"}, false},
		{StateActive, Text{"有效", "Active"}, false},
		{StateExhausted, Text{"用量用尽", "Exhausted"}, false},
		{StateSuspended, Text{"暂停", "Suspended"}, false},
		{StateDenied, Text{"未获许可", "Denied"}, true},
		{StateRevoked, Text{"已撤销", "Revoked"}, false},
		{StateExpired, Text{"已届满", "Expired"}, false},
		{StateClosed, Text{"已结清", "Closed"}, true},
	},
	Transitions: []Transition{
		{nil, "request", "", who(ByPermittee), Text{"写明用途、对象、环境、用量与输出规则；范围不超出依据（G-4）；分级与环境相符（R-7、GR-4）；个人信息附合法性依据（R-4）", "states purpose, objects, environments, amounts and output rule; within its basis (G-4); environments fit the grade (R-7, GR-4); a legal basis for personal information (R-4)"}, StateRequested},
		{in(StateRequested), "clear", "", who(ByRegulator), Text{"涉及重要数据的申请须经监管部门同意（R-6）", "a request over important data is cleared by the regulator (R-6)"}, StateRequested},
		{in(StateRequested), "approve", "", who(ByGrantor), Text{"依据有效且范围不超出依据；用量合计不超出依据（UP-2）；权利上无阻止许可的限制", "the basis is effective and contains the scope; quotas add up within it (UP-2); nothing on the right stands against a licence"}, StateActive},
		{in(StateRequested), "deny", "", who(ByGrantor), Text{"附理由", "with a reason"}, StateDenied},
		{in(StateActive), "meter", "", who(ByPlatform), Text{"由 meter.record 写入", "written by meter.record"}, StateActive},
		{in(StateActive), "meter", "exhausted", who(ByPlatform), Text{"由 meter.record 写入；某项用量已用尽", "written by meter.record; a quota is used up"}, StateExhausted},
		{in(StateActive, StateExhausted), "adjust", "", who(ByPlatform), Text{"由 meter.adjust 写入", "written by meter.adjust"}, StateActive},
		{in(StateActive, StateExhausted), "adjust", "exhausted", who(ByPlatform), Text{"由 meter.adjust 写入；某项用量已用尽", "written by meter.adjust; a quota is used up"}, StateExhausted},
		{in(StateExpired), "adjust", "ended", who(ByPlatform), Text{"由 meter.adjust 写入；期满后更正末期用量", "written by meter.adjust; the last periods are corrected after the term"}, StateExpired},
		{in(StateActive, StateExhausted), "topUp", "", who(ByGrantor), Text{"增加后仍不超出依据用量，且各项均有余量", "still within the basis's quota; something of every unit is left"}, StateActive},
		{in(StateActive, StateSuspended), "suspend", "", who(ByGrantor, ByRegulator), Text{"写明文号与理由", "with a reference and a reason"}, StateSuspended},
		{in(StateSuspended), "resume", "", who(ByGrantor, ByRegulator), Text{"由谁暂停，由谁恢复（SM-3）；无其他暂停原因", "by whoever suspended (SM-3); no other reason is left"}, StatePrevious},
		{in(StateSuspended), "resume", "othersRemain", who(ByGrantor, ByRegulator), Text{"仍有其他暂停原因（SM-2）", "other reasons remain (SM-2)"}, StateSuspended},
		{in(StateActive, StateExhausted, StateSuspended), "suspendByMeasure", "", who(ByRegulator), Text{"引用监管措施", "refers to a measure in force"}, StateSuspended},
		{in(StateSuspended), "liftMeasure", "", who(ByRegulator), Text{"引用监管措施", "refers to a measure in force"}, StatePrevious},
		{in(StateActive, StateExhausted, StateSuspended), "revoke", "", who(ByGrantor, ByRegulator), Text{"附理由", "with a reason"}, StateRevoked},
		{in(StateActive, StateExhausted), "expire", "", who(ByAnyone), Text{"已过有效期", "past its term"}, StateExpired},
		{in(StateActive, StateExhausted, StateRevoked, StateExpired), "closeOut", "", who(ByPlatform), Text{"列明全部产出且均有血缘记录；附工作区清除证明（闸口 G）", "every output listed, each with its lineage; with evidence that the workspace was wiped (gate G)"}, StateClosed},
	},
}

// RequestPermit is the body of permit.request. The term is the scope's, the
// quota its units. The grantor is the holder of the basis.
type RequestPermit struct {
	BasisID      string            `json:"basisId"` // right, copy, grant; for sharing among departments the resource
	Scope        Scope             `json:"scope"`
	PlatformID   string            `json:"platformId"`
	EntrustedIDs []string          `json:"entrustedIds,omitempty"`
	OutputRule   string            `json:"outputRule"`
	MinK         int64             `json:"minK,omitempty"`
	PurposeHash  string            `json:"purposeHash"`
	ScenarioID   string            `json:"scenarioId,omitempty"`
	Duty         string            `json:"duty,omitempty"` // of a department that asks another to share
	Zone         string            `json:"zone,omitempty"`
	LegalBasis   *Evidence         `json:"legalBasis,omitempty"`
	Risk         *Evidence         `json:"riskAssessment,omitempty"`
	Disclosed    []EncumbranceType `json:"disclosed,omitempty"` // acknowledged by the permittee
}

func (b *RequestPermit) check() error {
	if err := first(
		b.Scope.check("scope"),
		checkParticipantID("platformId", b.PlatformID),
		oneOf("outputRule", b.OutputRule, "ResultsOnly", "AggregatesMin", "ModelOnly"),
		checkHash("purposeHash", b.PurposeHash),
		optionalText("scenarioId", b.ScenarioID, 64),
		optionalText("duty", b.Duty, 400),
		optionalText("zone", b.Zone, 40),
	); err != nil {
		return err
	}
	for _, paper := range []struct {
		field string
		doc   *Evidence
	}{{"legalBasis", b.LegalBasis}, {"riskAssessment", b.Risk}} {
		if paper.doc != nil {
			if err := checkPaper(paper.field, *paper.doc); err != nil {
				return err
			}
		}
	}
	if aggregates := b.OutputRule == "AggregatesMin"; aggregates != (b.MinK > 1) || b.MinK < 0 || b.MinK > maxQty {
		return refuse(CodeFormat, "仅 AggregatesMin 写明最小聚合数，且至少为 2", "AggregatesMin, and nothing else, has a least group size, of at least 2").at("minK")
	}
	if len(b.Scope.Quota) == 0 {
		return refuse(CodeFormat, "须写明用量限额", "must name what is metered and how much of it").at("scope.quota")
	}
	if len(b.Scope.ObjectIDs) == 0 || len(b.Scope.ObjectIDs) > 50 || b.Scope.ObjectIDs[0] == anything {
		return refuse(CodeFormat, "须逐一列明 1 至 50 项对象", "must name 1 to 50 objects one by one").at("scope.objectIds")
	}
	if len(b.Scope.Envs) == 0 || len(b.Scope.Actions) == 0 {
		return refuse(CodeFormat, "须写明环境与行为", "must name environments and actions").at("scope.envs")
	}
	if len(b.EntrustedIDs) > 20 || len(b.Disclosed) > 10 {
		return refuse(CodeFormat, "最多 20 个受托处理者", "at most 20 entrusted processors").at("entrustedIds")
	}
	for i, t := range b.Disclosed {
		if err := oneOf("disclosed["+strconv.Itoa(i)+"]", t, EncObjection, EncPledge, EncFreeze, EncDispute, EncExclusive); err != nil {
			return err
		}
	}
	return nil
}

func requestPermit(a *Act, b *RequestPermit) error {
	if _, err := a.step(&permitMachine, "", "", "request", "", Relations{ByPermittee: {a.Actor.USCC}}); err != nil {
		return err
	}
	if err := b.check(); err != nil {
		return err
	}
	p, err := a.marketRules()
	if err != nil {
		return err
	}
	if _, err := a.activeWith("platformId", b.PlatformID, RolePlatform); err != nil {
		return err
	}
	for i, id := range b.EntrustedIDs {
		if _, err := a.activeWith("entrustedIds["+strconv.Itoa(i)+"]", id); err != nil {
			return err
		}
	}
	u := &Permit{PermitteeID: a.Actor.USCC, BasisID: b.BasisID, Scope: b.Scope, Units: b.Scope.Quota, Used: zeros(b.Scope.Quota), PlatformID: b.PlatformID,
		EntrustedIDs: b.EntrustedIDs, OutputRule: b.OutputRule, MinK: b.MinK, PurposeHash: b.PurposeHash, ScenarioID: b.ScenarioID, Duty: b.Duty, Zone: b.Zone,
		ValidFrom: b.Scope.From, ValidTo: b.Scope.To, LegalBasis: b.LegalBasis, Risk: b.Risk}
	for _, t := range b.Disclosed {
		u.Disclosures = append(u.Disclosures, string(t))
	}
	basis, err := a.permitBasis(p, u)
	if err != nil {
		return err
	}
	u.BasisType, u.GrantorID = basis.kind, basis.HolderID
	u.Sharing = basis.kind == basisSharing
	grantor, err := a.participant("basisId", u.GrantorID)
	if err != nil {
		return err
	}
	u.RelatedParty = related(a.Actor, grantor)
	if u.Important, err = a.permitObjects(p, u); err != nil {
		return err
	}
	return a.create(KindPermit, a.newID(KindPermit, a.regionFor(b.BasisID)), StateRequested, p.Ver(), u)
}

func zeros(list []Amount) []Amount {
	out := slices.Clone(list)
	for i := range out {
		out[i].Qty = 0
	}
	return out
}

// live reports whether a permit still counts against its basis.
func (u *Permit) live() bool {
	return u.State == StateActive || u.State == StateExhausted || u.State == StateSuspended
}

// bound is whom and what a permit in being binds, until it is closed out.
func (u *Permit) bound() []string {
	return append([]string{u.BasisID, u.GrantorID, u.PermitteeID, u.PlatformID}, u.Scope.ObjectIDs...)
}

func (u *Permit) parties() Relations {
	return Relations{ByPermittee: {u.PermitteeID}, ByGrantor: {u.GrantorID}, ByPlatform: {u.PlatformID}}
}

// movePermit loads a permit and steps it; change edits it first.
func movePermit(a *Act, id, event, outcome string, change func(*Permit, *Profile) error) error {
	var u Permit
	if err := need(a, KindPermit, "permitId", id, &u); err != nil {
		return err
	}
	to, err := a.step(&permitMachine, id, u.State, event, outcome, u.parties())
	if err != nil {
		return err
	}
	p, err := a.profile(u.RuleProfileVer)
	if err != nil {
		return err
	}
	if err := change(&u, p); err != nil {
		return err
	}
	if to != StatePrevious {
		u.State = to
	}
	return a.update(KindPermit, &u)
}

// PermitWithReason is the body of permit.approve, permit.deny, permit.clear,
// permit.revoke and permit.expire.
type PermitWithReason struct {
	PermitID string `json:"permitId"`
	Reason   string `json:"reason,omitempty"`
}

func clearPermit(a *Act, b *PermitWithReason) error {
	if err := checkText("reason", b.Reason, 400); err != nil {
		return err
	}
	return movePermit(a, b.PermitID, "clear", "", func(u *Permit, _ *Profile) error {
		if !u.Important {
			return refuse(CodeState, "不涉及重要数据，无须监管部门同意", "it is over no important data and needs no clearance").on(u.ID).by("R-6")
		}
		u.ClearedBy, u.Reason = a.Actor.USCC, b.Reason
		return nil
	})
}

func approvePermit(a *Act, b *PermitWithReason) error {
	if err := optionalText("reason", b.Reason, 400); err != nil {
		return err
	}
	return movePermit(a, b.PermitID, "approve", "", func(u *Permit, p *Profile) error {
		if a.Now >= u.ValidTo {
			return refuse(CodeTerm, "所申请的期限已过", "the term asked for is over").on(u.ID)
		}
		for _, id := range []string{u.PermitteeID, u.PlatformID} {
			if _, err := a.activeWith("permitId", id); err != nil {
				return err
			}
		}
		basis, err := a.permitBasis(p, u)
		if err != nil {
			return err
		}
		if u.Important, err = a.permitObjects(p, u); err != nil {
			return err
		}
		if u.Important && u.ClearedBy == "" {
			return refuse(CodeConsent, "涉及重要数据，须先经监管部门同意（permit.clear）", "it is over important data: the regulator clears it first (permit.clear)").on(u.ID).by("R-6")
		}
		if err := a.allot(basis, u, u.Units); err != nil {
			return err
		}
		if basis.right != nil {
			x := Exercise{Use: UseLicence, Scope: &u.Scope, TermsHash: u.PurposeHash}
			if u.PermitteeID == u.GrantorID {
				x.Use = UseInternal
			}
			for _, t := range u.Disclosures {
				x.Disclosed = append(x.Disclosed, EncumbranceType(t))
			}
			if err := a.exercise(p, "permitId", basis.right, x); err != nil {
				return err
			}
		}
		u.Reason = b.Reason
		if err := a.rely(u.ID, u.bound()...); err != nil {
			return err
		}
		if g := basis.grant; g != nil && u.ScenarioID != "" && len(g.ScenarioIDs) > 0 && !slices.Contains(g.ScenarioIDs, u.ScenarioID) {
			return a.raise("AL-GRANT-SCOPE", u, KindPermit, u.GrantorID, u.PermitteeID)
		}
		return nil
	})
}

func denyPermit(a *Act, b *PermitWithReason) error {
	if err := checkText("reason", b.Reason, 400); err != nil {
		return err
	}
	return movePermit(a, b.PermitID, "deny", "", func(u *Permit, _ *Profile) error {
		u.Reason = b.Reason
		return nil
	})
}

// TopUp is the body of permit.topUp.
type TopUp struct {
	PermitID string   `json:"permitId"`
	Units    []Amount `json:"units"` // to add
}

func topUpPermit(a *Act, b *TopUp) error {
	if len(b.Units) == 0 {
		return refuse(CodeFormat, "须写明增加的用量", "must add something").at("units")
	}
	if err := checkAmounts("units", b.Units); err != nil {
		return err
	}
	return movePermit(a, b.PermitID, "topUp", "", func(u *Permit, p *Profile) error {
		if a.Now >= u.ValidTo {
			return refuse(CodeTerm, "有效期已届满", "past its term").on(u.ID)
		}
		basis, err := a.permitBasis(p, u)
		if err != nil {
			return err
		}
		for i, q := range b.Units {
			if !slices.ContainsFunc(u.Units, func(x Amount) bool { return x.Unit == q.Unit }) {
				return refuse(CodeQuota, "许可没有 %s 用量", "the permit has no %s", q.Unit).at("units[" + strconv.Itoa(i) + "].unit").on(u.ID)
			}
		}
		if u.Units, err = addWithin(u.Units, b.Units, nil, "units"); err != nil {
			return err
		}
		for _, q := range u.Units {
			if q.Qty > maxQty {
				return refuse(CodeFormat, "用量过大", "too large a quota").at("units").on(u.ID)
			}
		}
		u.Scope.Quota = u.Units
		if q := u.usedUp(); q != "" {
			return refuse(CodeQuota, "%s 仍无余量", "no %s would be left", q).at("units").on(u.ID)
		}
		return a.allot(basis, u, b.Units)
	})
}

// usedUp names a unit of which nothing is left.
func (u *Permit) usedUp() string {
	for i, limit := range u.Units {
		if u.Used[i].Qty >= limit.Qty {
			return limit.Unit
		}
	}
	return ""
}

func suspendPermit(a *Act, b *Interruption) error {
	if err := b.check(); err != nil {
		return err
	}
	return movePermit(a, b.PermitID, "suspend", "", func(u *Permit, _ *Profile) error {
		u.Reason = b.Reason
		_, err := a.interrupt(&u.Suspension, u.ID, u.State, b.Ref)
		return err
	})
}

func resumePermit(a *Act, b *Interruption) error {
	if err := b.check(); err != nil {
		return err
	}
	var u Permit
	if err := need(a, KindPermit, "permitId", b.PermitID, &u); err != nil {
		return err
	}
	return movePermit(a, b.PermitID, "resume", u.left(), func(u *Permit, _ *Profile) (err error) {
		u.Reason = b.Reason
		u.State, err = a.restore(&u.Suspension, u.ID, b.Ref)
		return err
	})
}

func revokePermit(a *Act, b *PermitWithReason) error {
	if err := checkText("reason", b.Reason, 400); err != nil {
		return err
	}
	return movePermit(a, b.PermitID, "revoke", "", func(u *Permit, _ *Profile) error {
		u.Reason = b.Reason
		return a.giveBack(u)
	})
}

func expirePermit(a *Act, b *PermitWithReason) error {
	return movePermit(a, b.PermitID, "expire", "", func(u *Permit, _ *Profile) error {
		if a.Now < u.ValidTo {
			return refuse(CodeDeadline, "有效期至 %s", "its term runs until %s", stamp(u.ValidTo)).on(u.ID)
		}
		return a.giveBack(u)
	})
}

// CloseOut is the body of permit.closeOut: gate G.
type CloseOut struct {
	PermitID     string    `json:"permitId"`
	Outputs      []string  `json:"outputs,omitempty"` // content roots of everything that was made
	WipeEvidence *Evidence `json:"wipeEvidence"`
}

func closeOutPermit(a *Act, b *CloseOut) error {
	if err := needPaper("wipeEvidence", b.WipeEvidence); err != nil {
		return err
	}
	if len(b.Outputs) > maxPermitOutputs {
		return refuse(CodeFormat, "产出最多 %d 项", "at most %d outputs", maxPermitOutputs).at("outputs")
	}
	return movePermit(a, b.PermitID, "closeOut", "", func(u *Permit, _ *Profile) error {
		if err := a.byPlatformKey(); err != nil {
			return err
		}
		for i, root := range b.Outputs {
			at := "outputs[" + strconv.Itoa(i) + "]"
			if slices.Contains(b.Outputs[:i], root) {
				return refuse(CodeFormat, "重复", "is given twice").at(at)
			}
			if err := checkHash(at, root); err != nil {
				return err
			}
			l, err := a.lineageBy(root)
			if err != nil {
				return err
			}
			if l == nil || !slices.Contains(l.Permissions, u.ID) {
				return refuse(CodeLineage, "产出没有本许可下的血缘记录", "the output has no lineage record under this permit").at(at).on(u.ID).by("4.2 G")
			}
		}
		for _, root := range u.Outputs {
			if !slices.Contains(b.Outputs, root) {
				return refuse(CodeLineage, "已计量的产出 %s 未列明", "the metered output %s is not listed", root).at("outputs").on(u.ID).by("4.2 G")
			}
		}
		if u.live() {
			if err := a.giveBack(u); err != nil {
				return err
			}
		}
		u.Outputs, u.WipeEvidence = b.Outputs, b.WipeEvidence
		return a.unrely(u.ID, u.bound()...)
	})
}

// maxPermitOutputs bounds what a permit remembers of its outputs.
const maxPermitOutputs = 1000

// byPlatformKey refuses an officer of an institution whose key does not carry
// the platform's duty: a registrar that also runs a platform does not meter at
// its registration desk.
func (a *Act) byPlatformKey() error {
	if a.Key.Officer != nil && !a.office(RolePlatform) {
		return refuse(CodeRole, "须由平台岗位的密钥签署", "signed with a key that carries the platform's duty").by("SD-6")
	}
	return nil
}

package contract_test

import (
	"fmt"

	"github.com/datarights/datarights/chaincode/rights"
)

// operation is a scene of authorised operation: who takes part and what over.
type operation struct {
	*market
	unit, implementing, operating, developer, auditor string // participants
	platform                                          string // key
	data                                              string // raw public resource of grade 2, publicly registered
	l1, l2, permit                                    string
}

const scenario = "SC-green-credit"

// synthetic is a made-up credit code of a series.
func synthetic(series string, no int) string {
	p := fmt.Sprintf("%s%05d", series, no)
	check, ok := rights.USCCCheck(p)
	if !ok {
		panic(p)
	}
	return p + string(check)
}

// joinAs lets somebody in with a role, by whoever admits that role.
func (m *market) joinAs(id, name string, role rights.Role, change ...func(*rights.Application)) string {
	m.t.Helper()
	a := m.application(id, name)
	a.Roles = []rights.Role{role}
	for _, c := range change {
		c(&a)
	}
	m.must(m.do(id+"#1", "participant.apply", a))
	admitter := regulatorID + "#1"
	switch role {
	case rights.RoleEnterprise, rights.RoleVendor, rights.RoleBank, rights.RoleSourceUnit, rights.RoleMediator, rights.RolePeerExchange:
		admitter = exchangeID + "#1"
	}
	m.must(m.do(admitter, "participant.admit", rights.OfParticipant{USCC: id}))
	return id
}

// operations sets a scene whose participants carry the numbers of a series.
func operations(m *market, series string) *operation {
	m.t.Helper()
	o := &operation{market: m, platform: registrarID + "#2"}
	o.unit = m.joinAs(synthetic(series, 1), "市气象局", rights.RoleSourceUnit)
	o.implementing = m.joinAs(synthetic(series, 2), "市数据管理中心", rights.RoleImplementing)
	o.operating = m.joinAs(synthetic(series, 3), "市大数据运营有限公司", rights.RoleOperating)
	o.developer = m.joinAs(synthetic(series, 4), "绿能信用科技有限公司", rights.RoleDeveloper)
	o.auditor = m.joinAs(synthetic(series, 5), "数据审计事务所", rights.RoleThirdParty)
	o.data = o.public("weather " + series)
	return o
}

// public catalogues raw public data of the source unit's, publicly registered.
func (o *operation) public(content string, change ...func(*rights.Catalogue)) string {
	o.t.Helper()
	c := o.resource(o.unit, content)
	c.SubjectClass, c.PublicKind, c.SourceUnitID, c.PublicRegCode = "SubjectPublic", "GovDuty", o.unit, "GG320900"+fmt.Sprint(o.txs)
	for _, f := range change {
		f(&c)
	}
	return o.must(o.do(o.unit+"#1", "resource.catalogue", c)).id(rights.KindResource)
}

func (o *operation) scope(days int64, actions ...rights.Action) rights.Scope {
	return rights.Scope{ObjectIDs: []string{o.data}, Purposes: []string{"credit"}, Regions: []string{"3209"}, Industries: []string{"*"}, Actions: actions,
		MaxGrade: 3, Envs: []rights.Env{rights.EnvTEE, rights.EnvMPC, rights.EnvSandbox}, Quota: []rights.Amount{{Unit: "Calls", Qty: 1000}}, From: o.now, To: o.now + days*86400}
}

func (o *operation) first() rights.ProposeGrant {
	return rights.ProposeGrant{Tier: rights.GrantL1, GranteeID: o.operating, RegionCode: "320900", Mode: "Domain",
		Scope:    o.scope(200, rights.ActQuery, rights.ActProcess, rights.ActFuse, rights.ActTrain, rights.ActDerive, rights.ActProvide, rights.ActSubGrant),
		PlanHash: hash("plan"), DecisionRef: hash("decision"), AgreementHash: hash("agreement"), Selection: "OpenTender",
		FeeRule: rights.FeeRule{UseClass: "Industry", CeilingFen: 1000, Unit: "次"}}
}

func (o *operation) second(admission string) rights.ProposeGrant {
	b := o.first()
	b.Tier, b.ParentGrantID, b.GranteeID, b.Mode, b.ScenarioIDs, b.AdmissionID = rights.GrantL2, o.l1, o.developer, "Scenario", []string{scenario}, admission
	b.AgreementHash = hash("agreement 2")
	b.Scope = o.scope(100, rights.ActQuery, rights.ActProcess, rights.ActFuse, rights.ActTrain, rights.ActDerive)
	b.Scope.Quota[0].Qty = 600
	return b
}

// granted proposes, publishes and, after the notice, signs on both sides.
func (o *operation) granted(authoriser string, b rights.ProposeGrant) string {
	o.t.Helper()
	id := o.must(o.do(authoriser+"#1", "grant.propose", b)).id(rights.KindGrant)
	o.must(o.do(authoriser+"#1", "grant.publish", rights.PublishGrant{GrantID: id, NoticeText: "拟授权公示"}))
	o.now = max(o.now, read[rights.Grant](o.market, rights.KindGrant, id).NoticeEndsAt)
	for _, who := range []string{authoriser, b.GranteeID} {
		o.must(o.do(who+"#1", "grant.sign", rights.SignGrant{GrantID: id, AgreementHash: b.AgreementHash}))
	}
	return id
}

func (o *operation) admission() string {
	o.t.Helper()
	return o.must(o.do(o.operating+"#1", "admission.admit", rights.Admit{DeveloperID: o.developer, Rule: "开发主体准入规则", Evidence: o.paper("application"),
		ValidFrom: o.now, ValidTo: o.now + 300*86400})).id(rights.KindAdmission)
}

func (o *operation) hosting() rights.ProposeCustody {
	return rights.ProposeCustody{CustodianID: registrarID, ResourceID: o.data, AgreementHash: hash("hosting"), DomainID: "政务云", ValidFrom: o.now, ValidTo: o.now + 86400}
}

func (o *operation) paper(what string) *rights.Evidence {
	return &rights.Evidence{DocType: rights.DocOther, Hash: hash(what)}
}

func (o *operation) request() rights.RequestPermit {
	s := o.scope(30, rights.ActQuery, rights.ActProcess, rights.ActFuse, rights.ActTrain, rights.ActDerive)
	s.Quota[0].Qty = 100
	return rights.RequestPermit{BasisID: o.l2, Scope: s, PlatformID: registrarID, OutputRule: "ResultsOnly", PurposeHash: hash("purpose"), ScenarioID: scenario}
}

// permitted requests and approves a permit.
func (o *operation) permitted(b rights.RequestPermit, by string) string {
	o.t.Helper()
	id := o.must(o.do(by+"#1", "permit.request", b)).id(rights.KindPermit)
	u := read[rights.Permit](o.market, rights.KindPermit, id)
	if u.Important {
		o.must(o.do(regulatorID+"#1", "permit.clear", rights.PermitWithReason{PermitID: id, Reason: "同意"}))
	}
	o.must(o.do(u.GrantorID+"#1", "permit.approve", rights.PermitWithReason{PermitID: id}))
	return id
}

// run brings everything into force: both grants and a permit of the developer's.
func (o *operation) run() *operation {
	o.t.Helper()
	o.l1 = o.granted(o.implementing, o.first())
	o.l2 = o.granted(o.operating, o.second(o.admission()))
	o.permit = o.permitted(o.request(), o.developer)
	return o
}

// period meters one day under the permit, from where the last one ended.
func (o *operation) period(qty int64, outputs ...string) rights.RecordMeter {
	u := read[rights.Permit](o.market, rights.KindPermit, o.permit)
	from := max(u.ValidFrom, u.LastPeriodTo)
	return rights.RecordMeter{PermitID: o.permit, Seq: u.LastSeq + 1, PeriodFrom: from, PeriodTo: from + 3600, Items: []rights.Amount{{Unit: "Calls", Qty: qty}},
		JobRoot: hash("jobs"), OutputHashes: outputs}
}

func (o *operation) meter(b rights.RecordMeter) answer {
	o.t.Helper()
	o.now = max(o.now, b.PeriodTo)
	return o.do(o.platform, "meter.record", b)
}

// fusion is a job on the raw data under the permit.
func (o *operation) fusion(output string) rights.RecordLineage {
	r := read[rights.Resource](o.market, rights.KindResource, o.data)
	return rights.RecordLineage{
		Outputs: []rights.LineageOutput{{Type: "Result", ContentRoot: hash(output), Grade: 2}},
		Inputs:  []rights.InputUsed{{Type: "Resource", ID: o.data, Version: 1, ContentRoot: r.Versions[0].ContentRoot, PermissionRef: o.permit}},
		Op:      "OpAggregate", Substantive: true, PlatformID: registrarID, Env: rights.EnvTEE, EnvAttestation: hash("quote"), StartedAt: o.now, FinishedAt: o.now,
		NonRaw: true, Inspection: o.paper("inspection")}
}

func (o *operation) lineage(b rights.RecordLineage) answer {
	o.t.Helper()
	return o.do(o.developer+"#1", "lineage.record", b)
}

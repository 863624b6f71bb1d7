package scene

import (
	"testing"
	"time"

	"github.com/datarights/datarights/chaincode/rights"
)

// Operation is an authorised operation of public data: who takes part and what
// it is over.
type Operation struct {
	*Market
	Unit, Implementing, Operating, Developer, Reviewer Person
	Resource                                           string // raw public data, publicly registered
	Root                                               string
	L1, L2, Permit                                     string
	period                                             int64 // end of the last metered
	seq                                                int64
}

// Scenario is what the operation is for.
const Scenario = "SC-green-credit"

// Operations sets the scene of an authorised operation up to its two grants,
// whose notices it waits for, and a permit of the developer's. Fees are the
// developer's grant's.
func (m *Market) Operations(fees rights.FeeRule) *Operation {
	m.Helper()
	o := &Operation{Market: m}
	o.Unit = m.Join("市气象局", "Exchange", As(rights.RoleSourceUnit))
	o.Implementing = m.Join("市数据管理中心", "Regulator", As(rights.RoleImplementing))
	o.Operating = m.Join("市大数据运营有限公司", "Group", As(rights.RoleOperating))
	o.Developer = m.Join("绿能信用科技有限公司", "Exchange", As(rights.RoleDeveloper))
	o.Reviewer = m.Service("公共数据合规服务有限公司", "Exchange", "SvcCompliance")
	c := m.Content(o.Unit)
	e := Entry(c)
	e.SubjectClass, e.PublicKind, e.SourceUnitID, e.PublicRegCode = "SubjectPublic", "GovDuty", o.Unit.USCC, "GG"+Unique("")[1:]
	o.Resource, o.Root = m.Do(o.Unit, "resource.catalogue", e).One(rights.KindResource), c.Root

	all := []rights.Action{rights.ActQuery, rights.ActProcess, rights.ActFuse, rights.ActTrain, rights.ActDerive, rights.ActProvide}
	l1 := rights.ProposeGrant{Tier: rights.GrantL1, GranteeID: o.Operating.USCC, RegionCode: "320900", Mode: "Domain", Scope: o.scope(200, 1000, append(all, rights.ActSubGrant)...),
		PlanHash: Hash("plan"), DecisionRef: Hash("decision"), AgreementHash: Hash("agreement"), Selection: "OpenTender", FeeRule: fees}
	o.L1 = o.granted(o.Implementing, o.Operating, l1)
	admission := m.Do(o.Operating, "admission.admit", rights.Admit{DeveloperID: o.Developer.USCC, Rule: "开发主体准入规则", Evidence: &rights.Evidence{DocType: rights.DocOther, Hash: Hash("application")},
		ValidFrom: time.Now().Unix(), ValidTo: time.Now().Unix() + 300*86400}).One(rights.KindAdmission)
	l2 := l1
	l2.Tier, l2.ParentGrantID, l2.GranteeID, l2.Mode, l2.ScenarioIDs, l2.AdmissionID = rights.GrantL2, o.L1, o.Developer.USCC, "Scenario", []string{Scenario}, admission
	l2.AgreementHash, l2.Scope = Hash("agreement 2"), o.scope(150, 600, all...)
	o.L2 = o.granted(o.Operating, o.Developer, l2)
	o.Permit = o.Permitted(100)
	return o
}

// On is the operation reporting to another test.
func (o *Operation) On(t testing.TB) *Operation {
	n := *o
	n.Market = o.Market.On(t)
	return &n
}

func (o *Operation) scope(days, calls int64, actions ...rights.Action) rights.Scope {
	now := time.Now().Unix()
	return rights.Scope{ObjectIDs: []string{o.Resource}, Purposes: []string{"credit"}, Regions: []string{"3209"}, Industries: []string{"*"}, Actions: actions,
		MaxGrade: 3, Envs: []rights.Env{rights.EnvTEE, rights.EnvMPC, rights.EnvSandbox}, Quota: []rights.Amount{{Unit: "Calls", Qty: calls}}, From: now, To: now + days*86400}
}

// granted proposes and publishes a grant and, after the notice, signs on both
// sides.
func (o *Operation) granted(by, to Person, b rights.ProposeGrant) string {
	o.Helper()
	id := o.Do(by, "grant.propose", b).One(rights.KindGrant)
	o.Do(by, "grant.publish", rights.PublishGrant{GrantID: id, NoticeText: "拟授权公示"})
	o.WaitUntil(Read[rights.Grant](o.Market, "Group", "/v1/grants/"+id).NoticeEndsAt)
	for _, who := range []Person{by, to} {
		o.Do(who, "grant.sign", rights.SignGrant{GrantID: id, AgreementHash: b.AgreementHash})
	}
	return id
}

// Request is the developer's request of a permit for so many calls.
func (o *Operation) Request(calls int64) rights.RequestPermit {
	return rights.RequestPermit{BasisID: o.L2, Scope: o.scope(30, calls, rights.ActQuery, rights.ActProcess, rights.ActFuse, rights.ActTrain, rights.ActDerive),
		PlatformID: o.Platform.USCC, OutputRule: "ResultsOnly", PurposeHash: Hash("purpose"), ScenarioID: Scenario}
}

// Permitted has a request approved.
func (o *Operation) Permitted(calls int64) (permitID string) {
	o.Helper()
	id := o.Do(o.Developer, "permit.request", o.Request(calls)).One(rights.KindPermit)
	u := ReadAs[rights.Permit](o.Market, o.Developer, "/v1/permits/"+id)
	for _, p := range []Person{o.Unit, o.Operating, o.Developer} {
		if p.USCC == u.GrantorID {
			o.Do(p, "permit.approve", rights.PermitWithReason{PermitID: id})
		}
	}
	o.period, o.seq = u.ValidFrom, 0
	o.WaitUntil(u.ValidFrom) // a job needs it from its first second
	return id
}

// Period is the record of the next second of use under the permit.
func (o *Operation) Period(calls int64) rights.RecordMeter {
	o.Helper()
	o.WaitUntil(o.period + 1)
	return rights.RecordMeter{PermitID: o.Permit, Seq: o.seq + 1, PeriodFrom: o.period, PeriodTo: o.period + 1, Items: []rights.Amount{{Unit: "Calls", Qty: calls}}, JobRoot: Hash("jobs")}
}

// Metered has the platform record it.
func (o *Operation) Metered(b rights.RecordMeter) {
	o.Helper()
	o.Do(o.Platform, "meter.record", b)
	o.seq, o.period = b.Seq, b.PeriodTo
}

// Fusion is a job on the raw data under the permit.
func (o *Operation) Fusion(typ, output string) rights.RecordLineage {
	b := Job("OpAggregate", typ, output, rights.InputUsed{Type: "Resource", ID: o.Resource, Version: 1, ContentRoot: o.Root, PermissionRef: o.Permit})
	b.PlatformID, b.Env, b.EnvAttestation, b.NonRaw, b.Inspection = o.Platform.USCC, rights.EnvTEE, Hash("quote"), true, &rights.Evidence{DocType: rights.DocOther, Hash: Hash("inspection")}
	return b
}

// Dataset is the body of a dataset the developer makes of it, for a use.
func (o *Operation) Dataset(use string) (rights.CreateProduct, Content) {
	o.Helper()
	c := o.Content(o.Developer)
	b := Dataset(c)
	b.SubjectClass, b.PublicData, b.ScenarioIDs = "SubjectPublic", &rights.PublicData{GrantID: o.L2, UseClass: use}, []string{Scenario}
	b.LineageID = o.Do(o.Developer, "lineage.record", o.Fusion("Product", c.Root)).One(rights.KindLineage)
	b.Inputs = []rights.ProductInput{{ObjectType: "Resource", ObjectID: o.Resource, Version: 1, PermissionRef: o.L2}}
	return b, c
}

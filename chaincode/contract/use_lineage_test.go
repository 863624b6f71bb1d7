package contract_test

import (
	"encoding/json"
	"fmt"
	"testing"

	"github.com/datarights/datarights/chaincode/rights"
)

// bought puts a product of the seller's and a buyer's copy of it on the ledger,
// delivered under a permit; the ways to get there are tried elsewhere.
func (o *operation) bought(seller, buyer, content string, actions ...rights.Action) (product, copy string) {
	o.t.Helper()
	product, copy = "DP-"+content, "CP-"+content
	head := func(kind, id string, state rights.State) rights.Head {
		return rights.Head{DocType: kind, ID: id, SchemaVersion: 1, Version: 1, State: state, RuleProfileVer: "LOCAL@1", CreatedAt: o.now, CreatedBy: "x", UpdatedAt: o.now, UpdatedBy: "x", LastTxID: "x"}
	}
	o.put(rights.KindProduct, product, &rights.Product{Head: head("DP", product, rights.StateApproved), Name: content, OwnerID: seller, Grade: 2, Level: "LevelGeneral", PI: "None",
		ComplianceOpinion: o.paper("opinion"), Inputs: []rights.ProductInput{}, Versions: []rights.ProductVersion{{No: 1, ContentRoot: hash("version " + content), At: o.now}}})
	s := o.scope(60, actions...)
	s.ObjectIDs, s.Envs = []string{product}, []rights.Env{"*"}
	delivery := "DL-" + content
	o.put(rights.KindDelivery, delivery, &rights.Delivery{Head: head("DL", delivery, rights.StateAccepted), PermitID: "UP-" + content, FromID: seller, ToID: buyer,
		ContentRoot: hash("copy " + content), CopyID: copy, ReceivedBy: buyer + "#1"})
	o.binds(buyer, copy)
	o.put(rights.KindCopy, copy, &rights.Copy{Head: head("CP", copy, rights.StateHeld), HolderID: buyer, DeliveryID: delivery, ProductID: product, Version: 1, ContentRoot: hash("copy " + content),
		Permission: &rights.Permission{Scope: s}, HoldUntil: s.To, DestroyDueAt: s.To})
	return product, copy
}

// binds notes that something put on the ledger binds a participant.
func (m *market) binds(who, id string) {
	m.t.Helper()
	var s struct {
		IDs []string `json:"ids"`
	}
	shard := who + "/15"
	if raw := m.ledger.Get(key(rights.PointerRelying, shard)); raw != nil {
		if err := json.Unmarshal(raw, &s); err != nil {
			m.t.Fatal(err)
		}
	}
	s.IDs = append(s.IDs, id)
	m.put(rights.PointerRelying, shard, s)
}

// job is a processing step of the holder's under a right over a resource.
func (o *operation) job(op, output string, grade int64, inputs ...rights.InputUsed) rights.RecordLineage {
	return rights.RecordLineage{Outputs: []rights.LineageOutput{{Type: "Result", ContentRoot: hash(output), Grade: grade}}, Inputs: inputs, Op: op, Env: rights.EnvSandbox,
		StartedAt: o.now, FinishedAt: o.now}
}

// held registers content and returns it as an input under its use right.
func (o *operation) held(content, certNo string, grade int64) rights.InputUsed {
	o.t.Helper()
	c := o.the(o.recorded(energyID, content, certNo))
	edit(rights.KindResource, c.ObjectID, func(r *rights.Resource) { r.Grade = grade })(o.market)
	in := rights.InputUsed{Type: "Resource", ID: c.ObjectID, Version: 1, ContentRoot: read[rights.Resource](o.market, rights.KindResource, c.ObjectID).Versions[0].ContentRoot}
	for _, id := range c.ResultRightIDs {
		if read[rights.Right](o.market, rights.KindRight, id).Kind == rights.RightUse {
			in.PermissionRef = id
		}
	}
	return in
}

// LN-1 to LN-7 over data with rights.
func TestLineage(t *testing.T) {
	m := newMarket(t)
	o := operations(m, "91320902MA0C")
	one, three := o.held("one", "SJ3212026070001", 1), o.held("three", "SJ3212026070002", 3)
	_, copied := o.bought(weatherID, energyID, "bought", rights.ActHold, rights.ActQuery, rights.ActProcess)
	_, derivable := o.bought(weatherID, energyID, "derivable", rights.ActProcess, rights.ActDerive)
	copyIn := rights.InputUsed{Type: "Copy", ID: copied, ContentRoot: hash("copy bought"), PermissionRef: copied}
	var operation string
	for _, id := range m.the(read[rights.Right](m, rights.KindRight, one.PermissionRef).CaseID).ResultRightIDs {
		if read[rights.Right](m, rights.KindRight, id).Kind == rights.RightOperation {
			operation = id
		}
	}
	with := func(in rights.InputUsed, change func(*rights.InputUsed)) rights.InputUsed { change(&in); return in }
	report := &rights.Evidence{DocType: rights.DocGrading, Hash: hash("grading"), IssuerID: o.auditor}
	for _, c := range []struct {
		name   string
		job    rights.RecordLineage
		change func(*rights.RecordLineage)
		code   rights.Code
		rule   string
	}{
		{"A-28 another root", o.job("OpClean", "x", 1, with(one, func(i *rights.InputUsed) { i.ContentRoot = hash("other") })), nil, rights.CodeLineage, "LN-1"},
		{"a version not there", o.job("OpClean", "x", 1, with(one, func(i *rights.InputUsed) { i.Version = 2 })), nil, rights.CodeNotFound, "LN-1"},
		{"a version before the first", o.job("OpClean", "x", 1, with(one, func(i *rights.InputUsed) { i.Version = 0 })), nil, rights.CodeNotFound, "LN-1"},
		{"no such resource", o.job("OpClean", "x", 1, with(one, func(i *rights.InputUsed) { i.ID = "DR-x" })), nil, rights.CodeNotFound, ""},
		{"a result nobody made", o.job("OpClean", "x", 1, rights.InputUsed{Type: "Result", ContentRoot: hash("nothing"), PermissionRef: one.PermissionRef}), nil, rights.CodeLineage, "LN-1"},
		{"A-29 grade 1 and 3 merged to 1", o.job("OpMerge", "x", 1, one, three), nil, rights.CodeGrade, "R-3"},
		{"cleaned to a lower grade", o.job("OpClean", "x", 2, three), func(b *rights.RecordLineage) { b.GradeReport = report }, rights.CodeGrade, "R-3"},
		{"de-identified without a report", o.job("OpDeidentify", "x", 2, three), nil, rights.CodeGrade, "R-2"},
		{"with the holder's own report", o.job("OpDeidentify", "x", 2, three), func(b *rights.RecordLineage) {
			b.GradeReport = &rights.Evidence{DocType: rights.DocGrading, Hash: hash("grading"), IssuerID: energyID}
		}, rights.CodeGrade, "R-2"},
		{"no permission", o.job("OpClean", "x", 1, with(one, func(i *rights.InputUsed) { i.PermissionRef = "" })), nil, rights.CodeFormat, ""},
		{"the permission of another object", o.job("OpClean", "x", 1, with(one, func(i *rights.InputUsed) { i.PermissionRef = three.PermissionRef })), nil, rights.CodeBasis, "RT-2"},
		{"an operation right does not process", o.job("OpClean", "x", 1, with(one, func(i *rights.InputUsed) { i.PermissionRef = operation })), nil, rights.CodeBasis, "RT-2"},
		{"G-9 a copy without ActDerive", o.job("OpAggregate", "x", 2, copyIn), nil, rights.CodeBasis, "RT-2"},
		{"a copy without ActTrain", o.job("OpTrain", "x", 2, with(copyIn, func(i *rights.InputUsed) {
			i.ID, i.PermissionRef, i.ContentRoot = derivable, derivable, hash("copy derivable")
		})), nil, rights.CodeBasis, "RT-2"},
		{"a copy with another root", o.job("OpClean", "x", 2, with(copyIn, func(i *rights.InputUsed) { i.ContentRoot = hash("forged") })), nil, rights.CodeLineage, "LN-1"},
		{"begun before the permission", o.job("OpClean", "x", 1, one), func(b *rights.RecordLineage) { b.StartedAt = start }, rights.CodeTerm, "LN-3"},
		{"not ended yet", o.job("OpClean", "x", 1, one), func(b *rights.RecordLineage) { b.FinishedAt = m.now + 1 }, rights.CodeTerm, "LN-3"},
		{"ended before it began", o.job("OpClean", "x", 1, one), func(b *rights.RecordLineage) { b.FinishedAt = b.StartedAt - 1 }, rights.CodeTerm, "LN-3"},
		{"formatting in substance", o.job("OpFormat", "x", 1, one), func(b *rights.RecordLineage) { b.Substantive = true }, rights.CodeLineage, "3.12"},
		{"cleaning in substance without a report", o.job("OpClean", "x", 1, one), func(b *rights.RecordLineage) { b.Substantive = true }, rights.CodeLineage, "3.12"},
		{"merging one source in substance", o.job("OpMerge", "x", 1, one), func(b *rights.RecordLineage) { b.Substantive, b.DiffReport = true, o.paper("diff") }, rights.CodeLineage, "3.12"},
		{"LN-2 its own input", o.job("OpClean", "x", 1, one), func(b *rights.RecordLineage) { b.Outputs[0].ContentRoot = one.ContentRoot }, rights.CodeLineage, "LN-2"},
		{"an input twice", o.job("OpMerge", "x", 1, one, one), nil, rights.CodeFormat, ""},
		{"collected from an input", o.job("OpCollect", "x", 1, one), nil, rights.CodeLineage, "LN-1"},
		{"made of nothing", o.job("OpClean", "x", 1), nil, rights.CodeLineage, "LN-1"},
		{"no output", o.job("OpClean", "x", 1, one), func(b *rights.RecordLineage) { b.Outputs = nil }, rights.CodeFormat, ""},
		{"an auditor who is none", o.job("OpClean", "x", 1, one), func(b *rights.RecordLineage) { b.AuditorID = weatherID }, rights.CodeRole, ""},
		{"65 inputs", o.job("OpMerge", "x", 1, make([]rights.InputUsed, 65)...), nil, rights.CodeLineage, "LN-7"},
	} {
		t.Run(c.name, func(t *testing.T) {
			m.t = t
			change := c.change
			if change == nil {
				change = func(*rights.RecordLineage) {}
			}
			refusedBy(o, energyID+"#1", "lineage.record", c.job, change, c.code, c.rule)
		})
	}
	m.t = t
	do := func(b rights.RecordLineage) *rights.Lineage {
		t.Helper()
		return read[rights.Lineage](m, rights.KindLineage, m.must(m.do(energyID+"#1", "lineage.record", b)).id(rights.KindLineage))
	}
	// Merged at the highest grade; lowered with what R-2 asks for.
	l := do(o.job("OpMerge", "merged", 3, one, three))
	if l.MaxGrade != 3 || l.Depth != 1 || len(l.Permissions) != 2 {
		t.Errorf("%+v", l)
	}
	merged := rights.InputUsed{Type: "Result", ContentRoot: hash("merged"), PermissionRef: one.PermissionRef}
	b := o.job("OpDeidentify", "lowered", 2, merged)
	b.GradeReport, b.Substantive, b.DiffReport = report, true, o.paper("diff")
	if l = do(b); l.Depth != 2 || l.MaxGrade != 3 || len(l.Permissions) != 2 {
		t.Errorf("%+v", l)
	}
	// What was an input is no output, and what was made is not made again (LN-2).
	refusedBy(o, energyID+"#1", "lineage.record", o.job("OpClean", "merged", 3, three), func(*rights.RecordLineage) {}, rights.CodeLineage, "LN-2")
	refusedBy(o, energyID+"#1", "lineage.record", o.job("OpClean", "x", 3, three), func(b *rights.RecordLineage) { b.Outputs[0].ContentRoot = one.ContentRoot }, rights.CodeLineage, "LN-2")
	// An intermediate result is its maker's (LN-5), and needs every permission it stands under.
	refusedBy(o, weatherID+"#1", "lineage.record", o.job("OpClean", "stolen", 3, merged), func(*rights.RecordLineage) {}, rights.CodeBasis, "LN-5")
	scene, other := *m, *o
	scene.ledger, other.market = m.ledger.Clone(), &scene
	edit(rights.KindRight, three.PermissionRef, func(r *rights.Right) { r.State = rights.StateSuspended })(&scene)
	scene.quiet = true
	refusedBy(&other, energyID+"#1", "lineage.record", o.job("OpClean", "after", 3, merged), func(*rights.RecordLineage) {}, rights.CodeBasis, "RT-4")
	// A bought copy stays in the closure; a substantive step after it is remembered.
	l = do(o.job("OpClean", "from copy", 2, copyIn, one))
	if len(l.Copies) != 1 || l.Copies[0] != (rights.LineageCopy{CopyID: copied}) {
		t.Errorf("%+v", l.Copies)
	}
	b = o.job("OpAnnotate", "annotated", 2, rights.InputUsed{Type: "Result", ContentRoot: hash("from copy"), PermissionRef: copied})
	b.Substantive, b.DiffReport = true, o.paper("diff")
	if l = do(b); len(l.Copies) != 1 || !l.Copies[0].Substantive {
		t.Errorf("%+v", l.Copies)
	}
	// Depth is bounded (LN-7).
	last := "merged"
	for i := range 40 {
		b := o.job("OpFormat", fmt.Sprint("step ", i), 3, rights.InputUsed{Type: "Result", ContentRoot: hash(last), PermissionRef: one.PermissionRef})
		if i >= 31 {
			refusedBy(o, energyID+"#1", "lineage.record", b, func(*rights.RecordLineage) {}, rights.CodeLineage, "LN-7")
			break
		}
		do(b)
		last = fmt.Sprint("step ", i)
	}
}

// A correction is of the same outputs, by the same operator, on older inputs.
func TestCorrectingLineage(t *testing.T) {
	m := newMarket(t)
	o := operations(m, "91320902MA0C")
	one := o.held("one", "SJ3212026070001", 1)
	record := func(b rights.RecordLineage) string {
		t.Helper()
		m.now++
		b.StartedAt, b.FinishedAt = m.now, m.now
		return m.must(m.do(energyID+"#1", "lineage.record", b)).id(rights.KindLineage)
	}
	x := record(o.job("OpClean", "x", 1, one))
	record(o.job("OpClean", "y", 1, rights.InputUsed{Type: "Result", ContentRoot: hash("x"), PermissionRef: one.PermissionRef}))
	again := o.job("OpFormat", "x", 1, one)
	again.Supersedes = x
	refusedBy(o, energyID+"#1", "lineage.record", again, func(b *rights.RecordLineage) { b.Outputs[0].ContentRoot = hash("z") }, rights.CodeLineage, "LN-2")
	refusedBy(o, weatherID+"#1", "lineage.record", again, func(*rights.RecordLineage) {}, rights.CodeBasis, "3.12")
	circle := o.job("OpFormat", "x", 1, rights.InputUsed{Type: "Result", ContentRoot: hash("y"), PermissionRef: one.PermissionRef})
	circle.Supersedes = x
	refusedBy(o, energyID+"#1", "lineage.record", circle, func(*rights.RecordLineage) {}, rights.CodeLineage, "LN-2")
	second := record(again)
	circle.Supersedes = second // nor round about
	refusedBy(o, energyID+"#1", "lineage.record", circle, func(*rights.RecordLineage) {}, rights.CodeLineage, "LN-2")
	again.Supersedes = x // it does not account for x any more
	refusedBy(o, energyID+"#1", "lineage.record", again, func(*rights.RecordLineage) {}, rights.CodeLineage, "LN-2")
	// What is disputed is not corrected, what is refuted not relied on.
	m.refuses(m.do(energyID+"#1", "lineage.dispute", rights.LineageVerdict{LineageID: second, Hash: hash("x"), Reason: "x"}), rights.CodeSelf)
	m.must(m.do(weatherID+"#1", "lineage.dispute", rights.LineageVerdict{LineageID: second, Hash: hash("x"), Reason: "x"}))
	again.Supersedes = second
	refusedBy(o, energyID+"#1", "lineage.record", again, func(*rights.RecordLineage) {}, rights.CodeState, "3.12")
	m.must(m.do(regulatorID+"#1", "lineage.refute", rights.LineageVerdict{LineageID: second, Hash: hash("x")}))
	refusedBy(o, energyID+"#1", "lineage.record", o.job("OpClean", "w", 1, rights.InputUsed{Type: "Result", ContentRoot: hash("x"), PermissionRef: one.PermissionRef}), func(*rights.RecordLineage) {}, rights.CodeLineage, "LN-1")
}

// LN-5, LN-6, R-4: raw public data, personal information, entrusted processors.
func TestFusionJobs(t *testing.T) {
	m := newMarket(t)
	o := operations(m, "91320902MA0C").run()
	for _, c := range []struct {
		name   string
		who    string
		change func(*rights.RecordLineage)
		code   rights.Code
		rule   string
	}{
		{"LN-5 by a stranger", energyID, func(*rights.RecordLineage) {}, rights.CodeBasis, "LN-5"},
		{"LN-6 on the grant alone", o.developer, func(b *rights.RecordLineage) { b.Inputs[0].PermissionRef = o.l2 }, rights.CodeBasis, "LN-6"},
		{"LN-6 raw", o.developer, func(b *rights.RecordLineage) { b.NonRaw = false }, rights.CodeLineage, "LN-6"},
		{"LN-6 not inspected", o.developer, func(b *rights.RecordLineage) { b.Inspection = nil }, rights.CodeLineage, "LN-6"},
		{"LN-6 on another platform", o.developer, func(b *rights.RecordLineage) { b.PlatformID = "" }, rights.CodeLineage, "LN-6"},
		{"LN-3 in another environment", o.developer, func(b *rights.RecordLineage) { b.Env = rights.EnvClientFile }, rights.CodeScope, "LN-3"},
		{"R-4 personal information", o.developer, func(b *rights.RecordLineage) {
			edit(rights.KindResource, o.data, func(r *rights.Resource) { r.PI = "PersonalInfo" })(m)
		}, rights.CodeBasis, "R-4"},
	} {
		t.Run(c.name, func(t *testing.T) {
			m.t = t
			refusedBy(o, c.who+"#1", "lineage.record", o.fusion("x"), c.change, c.code, c.rule)
		})
	}
	m.t = t
	edit(rights.KindResource, o.data, func(r *rights.Resource) { r.PI = "None" })(m)
	a := m.must(o.lineage(o.fusion("result")))
	l := read[rights.Lineage](m, rights.KindLineage, a.id(rights.KindLineage))
	if l.PermitID != o.permit || len(l.GrantIDs) != 1 || l.GrantIDs[0] != o.l2 || len(l.PublicID) != 1 || l.PublicID[0] != o.data || a.id(rights.KindAlert) != "" {
		t.Errorf("%+v", l)
	}
	// A sealed environment that attests nothing raises an alert.
	b := o.fusion("unattested")
	b.EnvAttestation = ""
	if al := read[rights.Alert](m, rights.KindAlert, m.must(o.lineage(b)).id(rights.KindAlert)); al.RuleCode != "AL-ENV" {
		t.Errorf("%+v", al)
	}
	// An entrusted processor named in the permit may (LN-5); the platform countersigns, the operator does not.
	r := o.request()
	r.EntrustedIDs = []string{energyID}
	o.permit = o.permitted(r, o.developer)
	id := m.must(m.do(energyID+"#1", "lineage.record", o.fusion("entrusted"))).id(rights.KindLineage)
	m.refuses(m.do(o.auditor+"#1", "lineage.attest", rights.LineageVerdict{LineageID: id, Hash: hash("x")}), rights.CodeRole)
	m.must(m.do(o.platform, "lineage.attest", rights.LineageVerdict{LineageID: id, Hash: hash("x")}))

	// What was made becomes a resource of the permittee's: its lineage is cited, asked or not; its grade not lower.
	res := m.resource(o.developer, "derived")
	res.SourceType, res.ContentRoot, res.Grade = "SrcDerived", hash("entrusted"), 1
	res.TagAttestation = m.attest(m.platform, o.developer, res.ContentRoot, res.MatchTag, 1)
	refusedBy(o, o.developer+"#1", "resource.catalogue", res, func(*rights.Catalogue) {}, rights.CodeGrade, "R-3")
	refusedBy(o, o.developer+"#1", "resource.catalogue", res, func(b *rights.Catalogue) { b.Grade, b.LineageID = 2, l.ID }, rights.CodeLineage, "LN-1")
	theirs := m.resource(weatherID, "derived")
	theirs.SourceType, theirs.ContentRoot = "SrcCollected", hash("entrusted")
	theirs.TagAttestation = m.attest(m.platform, weatherID, theirs.ContentRoot, theirs.MatchTag, 1)
	refusedBy(o, weatherID+"#1", "resource.catalogue", theirs, func(*rights.Catalogue) {}, rights.CodeLineage, "LN-5")
	res.Grade = 2
	made := m.must(m.do(o.developer+"#1", "resource.catalogue", res)).id(rights.KindResource)
	if v := read[rights.Resource](m, rights.KindResource, made).Versions[0]; v.LineageID != id {
		t.Errorf("%+v", v)
	}
	// below its inputs only with the lineage of an aggregation; this one is an aggregation.
	lower := rights.Regrade{ResourceID: made, Level: "LevelGeneral", Grade: 1, GradeReport: rights.Evidence{DocType: rights.DocGrading, Hash: hash("lower"), IssuerID: o.auditor}}
	refusedBy(o, o.developer+"#1", "resource.regrade", lower, func(*rights.Regrade) {}, rights.CodeGrade, "R-2")
	lower.LineageID = id
	m.must(m.do(o.developer+"#1", "resource.regrade", lower))
}

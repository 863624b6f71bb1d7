package indicator

import (
	"testing"

	"github.com/datarights/datarights/chaincode/rights"
)

func TestGradingCoverage(t *testing.T) {
	graded := func(id string, state rights.State, hash, expires string) *rights.Resource {
		return &rights.Resource{Head: head(id, state), GradeReport: rights.Evidence{Hash: hash, ExpiresOn: expires}}
	}
	m := ledger(graded("DR-1", rights.StateCatalogued, "h", "2025-12-31"), graded("DR-2", rights.StateSuspended, "h", "2025-12-30"), graded("DR-3", rights.StateCatalogued, "", ""), graded("DR-4", rights.StateCatalogued, "h", ""), graded("DR-5", rights.StateRetired, "h", ""))
	want(t, computed(t, "SI-01", m), 500, "", "DR-1+1", "DR-2+0", "DR-3+0", "DR-4+1")
}

func TestLineageComplete(t *testing.T) {
	product := func(id, kind, lineage string, from ...string) *rights.Product {
		p := &rights.Product{Head: head(id, rights.StateApproved), ProductType: kind, Versions: []rights.ProductVersion{{No: 1, LineageID: lineage}}}
		for _, object := range from {
			p.Inputs = append(p.Inputs, rights.ProductInput{ObjectID: object, Version: 1})
		}
		return p
	}
	records := []rights.Record{
		&rights.Resource{Head: head("DR-1", rights.StateCatalogued)}, &rights.Copy{Head: head("CP-1", rights.StateHeld), ProductID: "DP-1", Version: 1},
		product("DP-1", "Dataset", "LN-1", "DR-1"), product("DP-2", "Report", "", "CP-1"), product("DP-3", "Report", "", "DR-gone"), product("DP-4", "Report", "LN-4", "DR-1"),
		product("DP-5", "Report", "", "DP-6"), product("DP-6", "Report", "", "DP-5"), // a circle ends nowhere
		product("DP-7", "DataService", ""), product("DP-8", "Dataset", ""),
		&rights.Lineage{Head: head("LN-1", rights.StateAttested), Inputs: []rights.LineageInput{{Type: "Resource", ID: "DR-1"}}},
		&rights.Lineage{Head: head("LN-4", rights.StateAttested), Inputs: []rights.LineageInput{{Type: "Resource", ID: "DR-1"}, {Type: "Result", LineageID: "LN-5"}}},
		&rights.Lineage{Head: head("LN-5", rights.StateAttested), Inputs: []rights.LineageInput{{Type: "Model", ID: "somewhere"}}},
	}
	foreign := product("DP-9", "Dataset", "")
	foreign.RecognitionID = "MR-1"
	records = append(records, foreign, &rights.Recognition{Head: head("MR-1", rights.StateRecognised)})
	for _, id := range []string{"1", "2", "3", "4", "5", "7", "8", "9", "1b"} {
		records = append(records, &rights.Listing{Head: head("LS-"+id, rights.StateListed), ProductID: "DP-" + id[:1], ProductVersion: 1, ValidTo: at("2026-06-01")})
	}
	want(t, computed(t, "SI-02", ledger(records...)), 428, "", "DP-1+1", "DP-2+1", "DP-3+0", "DP-4+0", "DP-5+0", "DP-8+0", "DP-9+1")
}

func TestUnpermittedEdges(t *testing.T) {
	day := at("2025-05-01")
	copied := func(id string, from rights.UnixSec) *rights.Copy {
		return &rights.Copy{Head: rights.Head{ID: id, State: rights.StateHeld, CreatedAt: from}, HoldUntil: day + 100}
	}
	step := func(id string, state rights.State, inputs ...rights.LineageInput) *rights.Lineage {
		return &rights.Lineage{Head: head(id, state), StartedAt: day, Inputs: inputs}
	}
	good, late, none, between := rights.LineageInput{PermissionRef: "CP-1"}, rights.LineageInput{PermissionRef: "CP-2"}, rights.LineageInput{}, rights.LineageInput{LineageID: "LN-1"}
	m := ledger(copied("CP-1", day-5), copied("CP-2", day+5), step("LN-1", rights.StateAttested, good), step("LN-2", rights.StateAsserted, good, late, none, between), step("LN-3", rights.StateSuperseded, none), step("LN-4", rights.StateRefuted, none), step("LN-5", rights.StateDisputed, rights.LineageInput{PermissionRef: "CP-gone"}))
	want(t, computed(t, "SI-03", m), 3, "", "LN-2+2", "LN-5+1")
}

func TestDeliveryIndicators(t *testing.T) {
	sent := func(id, mode, product string, day string, marked bool) *rights.Delivery {
		d := &rights.Delivery{Head: head(id, rights.StateAccepted), Mode: mode, ProductID: product, SentAt: at(day)}
		if marked {
			d.FingerprintCommit, d.WatermarkAttest = "sm3:x", &rights.Attestation{}
		}
		return d
	}
	claimed := sent("DL-6", "EncryptedFile", "DP-2", "2025-05-01", false)
	claimed.FingerprintCommit = "sm3:x" // no platform attests it
	m := ledger(&rights.Product{Head: head("DP-1", ""), Grade: 1}, &rights.Product{Head: head("DP-2", ""), Grade: 2}, &rights.Product{Head: head("DP-3", ""), Grade: 3},
		sent("DL-1", "EncryptedFile", "DP-1", "2025-05-01", false), sent("DL-2", "EncryptedFile", "DP-2", "2025-05-01", true), sent("DL-3", "API", "DP-2", "2025-05-01", false), sent("DL-4", "OnSite", "DP-3", "2025-05-01", false),
		sent("DL-5", "EncryptedFile", "DP-2", "2024-05-01", false), claimed, sent("DL-7", "Sandbox", "DP-3", "2025-05-01", false), sent("DL-8", "PrivacyCompute", "DP-3", "2025-05-01", false))
	want(t, computed(t, "SI-04", m), 333, "", "DL-2+1", "DL-4+0", "DL-6+0")
	want(t, computed(t, "SI-05", m), 666, "", "DL-4+0", "DL-7+1", "DL-8+1")
}

func TestAlertIndicators(t *testing.T) {
	raised := func(id, rule, severity string, state rights.State, day string, acked, due rights.UnixSec) *rights.Alert {
		return &rights.Alert{Head: head(id, state), RuleCode: rule, Severity: severity, RaisedAt: at(day), AckedAt: acked, DueAt: due}
	}
	due := at("2025-06-01")
	resale := raised("AL-3", "AL-RESALE-MATCH", "Low", rights.StateClosed, "2025-05-01", due+1, due)
	resale.IRCode, resale.MeasureID = "IR-1", "SM-1"
	again := raised("AL-4", "AL-RESALE-MATCH", "Low", rights.StateInvestigating, "2025-05-01", 0, at("2026-06-01"))
	again.IRCode = "IR-1" // reopened: found no more
	quota := raised("AL-5", "AL-QUOTA", "Medium", rights.StateRaised, "2025-05-01", 0, 0)
	quota.Refusal = "E_BATCH"
	near := raised("AL-6", "AL-QUOTA", "Medium", rights.StateRaised, "2025-05-01", 0, 0)
	permit := func(id string, state rights.State) *rights.Permit {
		return &rights.Permit{Head: head(id, state), ValidTo: at("2026-06-01")}
	}
	m := ledger(raised("AL-1", "AL-RAW-EXPORT", "High", rights.StateConfirmed, "2025-05-01", due, due), raised("AL-2", "AL-REG-DUP", "High", rights.StateRaised, "2025-05-01", 0, due), resale, again, quota, near,
		raised("AL-7", "AL-RAW-EXPORT", "High", rights.StateConfirmed, "2024-05-01", due, due), raised("AL-8", "AL-RAW-EXPORT", "High", rights.StateDismissed, "2025-05-01", 0, 0), raised("AL-9", "AL-REG-DUP", "High", rights.StateDismissed, "2025-05-01", 0, 0),
		&rights.Measure{Head: rights.Head{ID: "SM-1", CreatedAt: at("2025-05-08")}}, permit("UP-1", rights.StateActive), permit("UP-2", rights.StateActive), permit("UP-3", rights.StateClosed))
	want(t, computed(t, "SI-06", m), 1, "", "AL-1+1")
	want(t, computed(t, "SI-09", m), 500, "", "AL-5+1", "UP-1+0", "UP-2+0")
	want(t, computed(t, "SI-10", m), 1, "IR-1=1 medianDaysToMeasure=7", "AL-3+1")
	want(t, computed(t, "SI-12", m), 333, "High=500 Low=0", "AL-1+1", "AL-2+0", "AL-3+0")
	want(t, computed(t, "SI-20", m), 1, "", "AL-2+1")
}

func TestOverdueCopies(t *testing.T) {
	end := at("2025-12-01")
	m := ledger(&rights.Copy{Head: head("CP-1", rights.StateHeld), HoldUntil: end, DestroyDueAt: end + 9}, &rights.Copy{Head: head("CP-2", rights.StateDestroyed), HoldUntil: end, DestroyDueAt: end + 9},
		&rights.Copy{Head: head("CP-3", rights.StateHeld), HoldUntil: end, DestroyDueAt: at("2026-01-09")}, &rights.Copy{Head: head("CP-4", rights.StateHeld), HoldUntil: at("2026-01-09")}, &rights.Copy{Head: head("CP-5", rights.StateHeld), AccessOnly: true, HoldUntil: end, DestroyDueAt: end})
	want(t, computed(t, "SI-07", m), 333, "", "CP-1+1", "CP-2+0", "CP-3+0")
}

func TestMeteringContinuity(t *testing.T) {
	permit := func(id string, state rights.State) *rights.Permit {
		return &rights.Permit{Head: rights.Head{ID: id, State: state, RuleProfileVer: "LOCAL@1"}, ValidFrom: 1000, ValidTo: at("2026-06-01")}
	}
	meter := func(id, permit, adjusts string, from, to rights.UnixSec) *rights.Meter {
		return &rights.Meter{Head: head(id, rights.StateRecorded), PermitID: permit, Adjusts: adjusts, PeriodFrom: from, PeriodTo: to}
	}
	m := ledger(&rights.RuleProfile{Head: head("LOCAL@1", ""), Params: []rights.Param{{Key: rights.ParamMeterGapPeriods, Int: 2}}}, permit("UP-1", rights.StateActive), permit("UP-2", rights.StateActive), permit("UP-3", rights.StateActive), permit("UP-4", rights.StateExhausted),
		meter("MT-1", "UP-1", "", 1000, 1010), meter("MT-2", "UP-1", "", 1030, 1040), meter("MT-3", "UP-2", "", 1000, 1010), meter("MT-4", "UP-2", "", 1031, 1041), meter("MT-5", "UP-2", "MT-3", 1010, 1031))
	want(t, computed(t, "SI-08", m), 666, "", "UP-1+1", "UP-2+0", "UP-3+1")
}

func TestLostBasis(t *testing.T) {
	right := func(id string, state rights.State) *rights.Right {
		return &rights.Right{Head: head(id, state), ValidTo: at("2026-06-01")}
	}
	listing := func(id, right string, state rights.State, to rights.UnixSec) *rights.Listing {
		return &rights.Listing{Head: head(id, state), RightID: right, ValidTo: to}
	}
	later := at("2026-06-01")
	m := ledger(right("RT-1", rights.StateActive), right("RT-2", rights.StateCancelled), listing("LS-1", "RT-1", rights.StateListed, later), listing("LS-2", "RT-2", rights.StateListed, later), listing("LS-3", "RT-1", rights.StateListed, 5), listing("LS-4", "RT-2", rights.StateDelisted, later),
		&rights.Permit{Head: head("UP-1", rights.StateActive), BasisID: "RT-2", ValidTo: later}, &rights.Permit{Head: head("UP-2", rights.StateActive), BasisID: "RT-1", ValidTo: later},
		&rights.Pledge{Head: head("PL-1", rights.StateRegistered), RightIDs: []string{"RT-1", "RT-2"}, ReleasedIDs: []string{"RT-2"}}, &rights.Pledge{Head: head("PL-2", rights.StateRegistered), RightIDs: []string{"RT-1", "RT-2"}})
	want(t, computed(t, "SI-11", m), 4, "listings=2 permits=1 pledges=1", "LS-2+1", "LS-3+1", "PL-2+1", "UP-1+1")
}

func TestMeasuresComplied(t *testing.T) {
	served := at("2025-05-01")
	m := ledger(&rights.Measure{Head: head("SM-1", rights.StateComplied), ServedAt: served, DueOn: "2025-06-30", CompliedAt: at("2025-06-30")}, &rights.Measure{Head: head("SM-2", rights.StateComplied), ServedAt: served, DueOn: "2025-06-29", CompliedAt: at("2025-06-30")},
		&rights.Measure{Head: head("SM-3", rights.StateIssued), DueOn: "2025-06-29"}, &rights.Measure{Head: head("SM-4", rights.StateAnnulled), ServedAt: served, DueOn: "2025-06-29"}, &rights.Measure{Head: head("SM-5", rights.StateInForce), ServedAt: served})
	want(t, computed(t, "SI-13", m), 500, "", "SM-1+1", "SM-2+0")
}

func TestCryptoConformity(t *testing.T) {
	paper := func(alg string) rights.Evidence { return rights.Evidence{SignAlg: alg} }
	old, now := at("2025-02-01"), at("2025-06-01")
	sm2 := paper("SM2")
	m := ledger(&rights.CryptoProfile{Head: head("CRYPTO@1", ""), Ver: 1, Algorithms: []string{"SM2", "ECDSA-P256"}, From: at("2025-01-01")}, &rights.CryptoProfile{Head: head("CRYPTO@2", ""), Ver: 2, Algorithms: []string{"SM2"}, From: at("2025-03-01")},
		&rights.Case{Head: rights.Head{ID: "RG-1", CreatedAt: old}, Papers: []rights.Evidence{paper("ECDSA-P256"), paper("")}}, &rights.Case{Head: rights.Head{ID: "RG-2", CreatedAt: now}, Papers: []rights.Evidence{paper("ECDSA-P256"), paper("SM2")}},
		&rights.Resource{Head: rights.Head{ID: "DR-1", CreatedAt: at("2024-12-31")}, GradeReport: sm2}, &rights.Resource{Head: rights.Head{ID: "DR-2", CreatedAt: now}}, &rights.Product{Head: rights.Head{ID: "DP-1", CreatedAt: now}, ComplianceOpinion: &sm2})
	v := computed(t, "SI-15", m)
	if want(t, v, 600, "", "DP-1+1", "DR-1+0", "RG-1+1", "RG-2+1"); v.Num != 3 || v.Den != 5 {
		t.Errorf("%+v", v)
	}
}

func TestPersonalExposure(t *testing.T) {
	product := func(id, pi string) *rights.Product { return &rights.Product{Head: head(id, ""), PI: pi} }
	listing := func(id, product string, state rights.State) *rights.Listing {
		return &rights.Listing{Head: head(id, state), ProductID: product, ValidTo: at("2026-06-01")}
	}
	m := ledger(product("DP-1", "None"), product("DP-2", "General"), product("DP-3", "Deidentified"), product("DP-4", "Sensitive"),
		listing("LS-1", "DP-1", rights.StateListed), listing("LS-2", "DP-2", rights.StateListed), listing("LS-3", "DP-2", rights.StateListed), listing("LS-4", "DP-3", rights.StateListed), listing("LS-5", "DP-4", rights.StateDelisted))
	want(t, computed(t, "SI-16", m), 1, "", "LS-2+1")
}

func TestGrantIndicators(t *testing.T) {
	permit := func(id, basis, kind, scenario string, state rights.State) *rights.Permit {
		return &rights.Permit{Head: head(id, state), BasisType: kind, BasisID: basis, ScenarioID: scenario}
	}
	grant := func(id, mode, effective, ended string, scenarios ...string) *rights.Grant {
		g := &rights.Grant{Head: head(id, rights.StateEffective), Mode: mode, ScenarioIDs: scenarios, EffectiveAt: at(effective)}
		if ended != "" {
			g.EndedAt = at(ended)
		}
		return g
	}
	m := ledger(grant("GR-1", "Scenario", "2023-05-01", "", "SC-1"), grant("GR-2", "Whole", "2024-05-01", "2024-06-01"), grant("GR-3", "Domain", "2025-05-01", ""), &rights.Grant{Head: head("GR-4", rights.StateProposed), Mode: "Whole"},
		permit("UP-1", "GR-1", "BasisGrant", "SC-1", rights.StateActive), permit("UP-2", "GR-1", "BasisGrant", "SC-2", rights.StateClosed), permit("UP-3", "GR-2", "BasisGrant", "", rights.StateActive), permit("UP-4", "RT-1", "BasisOwnRight", "", rights.StateActive), permit("UP-5", "GR-1", "BasisGrant", "SC-9", rights.StateDenied),
		&rights.Disclosure{Head: head("DI-1", rights.StateFiled), GrantID: "GR-1", Year: 2024}, &rights.Disclosure{Head: head("DI-2", rights.StateFiled), GrantID: "GR-2", Year: 2024, Late: true})
	want(t, computed(t, "SI-17", m), 666, "", "UP-1+1", "UP-2+0", "UP-3+1")
	// In 2025 the reports on 2024 were due; that on 2023 the year before.
	want(t, computed(t, "SI-18", m), 500, "", "GR-1+1", "GR-2+0")
	want(t, computed(t, "SI-18", m, func(a *Ask) { a.Period = Year(2024) }), 0, "", "GR-1+0")
	// Before its day nothing is due.
	want(t, computed(t, "SI-18", m, func(a *Ask) { a.AsOf = at("2025-03-30") }), 0, "")
}

func TestReportsRefuted(t *testing.T) {
	report := func(id, by string, issued rights.UnixSec, refuted bool) *rights.Evaluation {
		return &rights.Evaluation{Head: head(id, ""), EvaluatorID: by, IssuedAt: issued, Refuted: refuted}
	}
	m := ledger(report("EV-1", "a", 5, true), report("EV-2", "a", 5, false), report("EV-3", "b", 5, false), report("EV-4", "b", 0, false))
	want(t, computed(t, "SI-19", m), 333, "a=500 b=0", "EV-1+1", "EV-2+0", "EV-3+0")
}

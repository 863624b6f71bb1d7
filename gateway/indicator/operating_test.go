package indicator

import (
	"testing"

	"github.com/datarights/datarights/chaincode/rights"
)

func TestCertificatesValid(t *testing.T) {
	both := []rights.CertificateRight{{Kind: rights.RightUse}, {Kind: rights.RightHolding}, {Kind: rights.RightUse}}
	m := ledger(&rights.Certificate{Head: head("SJ1", rights.StateValid), ValidTo: at("2026-01-01"), Rights: both}, &rights.Certificate{Head: head("SJ2", rights.StateAdjusted), ValidTo: at("2026-01-01"), Rights: both[:1]},
		&rights.Certificate{Head: head("SJ3", rights.StateValid), ValidTo: at("2025-12-31"), Rights: both}, &rights.Certificate{Head: head("SJ4", rights.StateCancelled), ValidTo: at("2026-01-01"), Rights: both})
	want(t, computed(t, "OP-01", m), 2, "RightHolding=1 RightUse=2", "SJ1+1", "SJ2+1")
}

func TestRegistrationIndicators(t *testing.T) {
	done := func(id, accepted, recorded string, paused int64) *rights.Case {
		return &rights.Case{Head: head(id, rights.StateRecorded), AcceptedAt: at(accepted), EndedAt: at(recorded), PausedDays: paused, NoticeStartAt: at(recorded)}
	}
	rejected := done("RG-7", "2025-03-03", "2025-03-04", 0)
	rejected.State = rights.StateRejected
	m := ledger(
		&rights.WorkCalendar{Head: head("2025@1", ""), Year: 2025, Ver: 1}, &rights.WorkCalendar{Head: head("2025@2", ""), Year: 2025, Ver: 2, NonWorking: []string{"2025-03-05"}, ExtraWorking: []string{"2025-03-08"}},
		done("RG-1", "2025-03-03", "2025-03-10", 0), // Tue, Thu, Fri, the extra Saturday, Mon; Wednesday is off
		done("RG-2", "2025-03-03", "2025-03-10", 3), done("RG-3", "2025-03-03", "2025-03-04", 4),
		done("RG-4", "2024-12-30", "2024-12-31", 0), rejected)
	want(t, computed(t, "OP-02", m), 2, "", "RG-1+5", "RG-2+2", "RG-3+0")
	f, _ := FormulaOf("OP-02")
	if _, err := f.Compute(m, Ask{AsOf: at("2025-12-31"), Period: Year(2024)}); err == nil {
		t.Error("days are counted in a year without a calendar")
	}
	// A profile for demonstrations counts pauses in seconds.
	m.records[rights.KindProfile] = []rights.Record{&rights.RuleProfile{Head: head("DRWG@9", ""), Params: []rights.Param{{Key: rights.ParamDemoSeconds, Int: 1}}}}
	m.records[rights.KindCase][1].(*rights.Case).RuleProfileVer = "DRWG@9"
	want(t, computed(t, "OP-02", m), 5, "")

	m.history["RG-2"] = []rights.Record{&rights.Case{Head: head("RG-2", rights.StateSubmitted)}, &rights.Case{Head: head("RG-2", rights.StateCorrectionRequired)}, &rights.Case{Head: head("RG-2", rights.StateUnderReview)}}
	m.history["RG-3"] = []rights.Record{&rights.Case{Head: head("RG-3", rights.StateSupplementing)}}
	want(t, computed(t, "OP-03", m), 666, "", "RG-1+1", "RG-2+0", "RG-3+1")

	day := at("2025-04-01")
	m.records[rights.KindObjection] = []rights.Record{
		&rights.Objection{Head: rights.Head{ID: "OB-1", Version: 1, State: rights.StateObjUpheld}, Stage: "InNotice", FiledAt: day, DecidedAt: day},
		&rights.Objection{Head: rights.Head{ID: "OB-2", Version: 1, State: rights.StateObjDismissed}, Stage: "InNotice", FiledAt: at("2024-12-31"), DecidedAt: day},
		&rights.Objection{Head: rights.Head{ID: "OB-3", Version: 1, State: rights.StateObjFiled}, Stage: "InNotice", FiledAt: day},
		&rights.Objection{Head: rights.Head{ID: "OB-4", Version: 1, State: rights.StateObjExecuted}, Stage: "PostRegistration", FiledAt: day, ConcludedAt: day, Outcome: "Cancel"},
		&rights.Objection{Head: rights.Head{ID: "OB-5", Version: 1, State: rights.StateObjWithdrawn}, Stage: "PostRegistration", FiledAt: day, DecidedAt: day},
	}
	want(t, computed(t, "OP-04", m), 666, "objections/notices=500", "OB-1+1", "OB-2+0", "OB-4+1")
}

func TestMarketIndicators(t *testing.T) {
	public := func(id, code string, state rights.State) *rights.Resource {
		return &rights.Resource{Head: head(id, state), PublicRegCode: code, RegionCode: "320903"}
	}
	m := ledger(
		&rights.Listing{Head: head("LS-1", rights.StateDelisted)}, &rights.Listing{Head: head("LS-2", rights.StateListed)}, &rights.Listing{Head: head("LS-3", rights.StateRejected)}, &rights.Listing{Head: head("LS-4", rights.StatePaused)},
		&rights.Trade{Head: head("TR-1", rights.StateCompleted), ListingID: "LS-1", SettledAt: 5}, &rights.Trade{Head: head("TR-2", rights.StateCompleted), ListingID: "LS-1", SettledAt: 6}, &rights.Trade{Head: head("TR-3", rights.StateAgreed), ListingID: "LS-2"},
		public("DR-1", "G1", rights.StateCatalogued), public("DR-2", "G2", rights.StateCatalogued), public("DR-3", "", rights.StateCatalogued), public("DR-4", "G4", rights.StateRetired),
		&rights.Grant{Head: head("GR-1", rights.StateEffective), ValidTo: at("2026-06-01"), Resources: []rights.GrantResource{{ResourceID: "DR-1"}}}, &rights.Grant{Head: head("GR-2", rights.StateExpired), ValidTo: at("2026-06-01"), Resources: []rights.GrantResource{{ResourceID: "DR-2"}}},
		&rights.Demand{Head: rights.Head{ID: "DM-1", CreatedAt: at("2025-05-01"), State: rights.StateClosed}, MatchedListingIDs: []string{"LS-1"}}, &rights.Demand{Head: rights.Head{ID: "DM-2", CreatedAt: at("2025-05-01")}}, &rights.Demand{Head: rights.Head{ID: "DM-3", CreatedAt: at("2024-05-01")}})
	want(t, computed(t, "OP-05", m), 333, "", "LS-1+1", "LS-2+0", "LS-4+0")
	want(t, computed(t, "OP-06", m), 500, "", "DR-1+1", "DR-2+0")
	want(t, computed(t, "OP-06", m, func(a *Ask) { a.Region = "320900" }), 500, "")
	want(t, computed(t, "OP-06", m, func(a *Ask) { a.Region = "320902" }), 0, "")
	want(t, computed(t, "OP-12", m), 500, "", "DM-1+1", "DM-2+0")
}

func TestMeteredUse(t *testing.T) {
	meter := func(id, permit, adjusts string, to rights.UnixSec, items ...rights.Amount) *rights.Meter {
		return &rights.Meter{Head: head(id, rights.StateRecorded), PermitID: permit, Adjusts: adjusts, PeriodTo: to, Items: items}
	}
	day := at("2025-05-01")
	m := ledger(&rights.Permit{Head: head("UP-1", rights.StateActive), ScenarioID: "SC-1"}, &rights.Permit{Head: head("UP-2", rights.StateActive)},
		meter("MT-1", "UP-1", "", day, rights.Amount{Unit: "Calls", Qty: 5}, rights.Amount{Unit: "Rows", Qty: 7}), meter("MT-2", "UP-1", "", day, rights.Amount{Unit: "Calls", Qty: 50}),
		meter("MT-3", "UP-1", "MT-2", day, rights.Amount{Unit: "Calls", Qty: 40}), meter("MT-4", "UP-2", "", day, rights.Amount{Unit: "Calls", Qty: 1}), meter("MT-5", "UP-2", "", at("2026-05-01"), rights.Amount{Unit: "Calls", Qty: 9}))
	want(t, computed(t, "OP-07", m), 53, "Calls/=1 Calls/SC-1=45 Rows/SC-1=7", "MT-1+12", "MT-3+40", "MT-4+1")
}

func TestFinanceIndicators(t *testing.T) {
	book := func(id, firm, previous, end string, state rights.State) *rights.Accounting {
		return &rights.Accounting{Head: head(id, state), EnterpriseID: firm, PreviousID: previous, PeriodEnd: end}
	}
	m := ledger(&rights.Pledge{Head: head("PL-1", rights.StateRegistered)}, &rights.Pledge{Head: head("PL-2", rights.StateEnforcing)}, &rights.Pledge{Head: head("PL-3", rights.StateReleased)},
		book("AR-1", "f1", "", "2025-06-30", rights.StateRecorded), book("AR-2", "f1", "AR-1", "2025-09-30", rights.StateAudited), book("AR-3", "f1", "AR-2", "2026-03-31", rights.StateRecorded), // the last is of a day to come
		book("AR-4", "f2", "", "2025-06-30", rights.StateRecorded), book("AR-5", "f2", "AR-4", "2025-09-30", rights.StateDerecognised), book("AR-6", "f1", "", "2025-09-30", rights.StateRecorded),
	).keeps("PL-1", rights.PledgeAmounts{MaxSecuredFen: 70}).keeps("PL-2", rights.PledgeAmounts{MaxSecuredFen: 30}).
		keeps("AR-2", rights.AccountingAmounts{ClosingFen: 11}).keeps("AR-6", rights.AccountingAmounts{ClosingFen: 6})
	want(t, computed(t, "OP-08", m), 100, "", "PL-1+70", "PL-2+30")
	want(t, computed(t, "OP-09", m), 17, "enterprises=1", "AR-2+11", "AR-6+6")
	delete(m.private, "PL-2")
	if v := computed(t, "OP-08", m); v.ValueInt != 70 || v.Missing != 1 {
		t.Errorf("OP-08 after a purge: %+v", v)
	}
}

func TestDisputesSettled(t *testing.T) {
	dispute := func(id string, state rights.State, accepted string, days rights.UnixSec, outcome string) *rights.Dispute {
		d := &rights.Dispute{Head: head(id, state), AcceptedAt: at(accepted), OutcomeHash: outcome}
		if days > 0 {
			d.EndedAt = d.AcceptedAt + days*24*3600 + 5
		}
		return d
	}
	m := ledger(dispute("DS-1", rights.StateSettled, "2025-03-01", 0, ""), dispute("DS-2", rights.StateExecuted, "2025-03-01", 10, ""), dispute("DS-3", rights.StateExecuted, "2025-03-01", 30, "sm3:x"),
		dispute("DS-4", rights.StateAnswered, "2025-03-01", 0, ""), dispute("DS-5", rights.StateSettled, "2024-03-01", 1, ""), &rights.Dispute{Head: head("DS-6", rights.StateFiled)})
	want(t, computed(t, "OP-10", m), 500, "medianDays=10", "DS-1+1", "DS-2+1", "DS-3+0", "DS-4+0")
}

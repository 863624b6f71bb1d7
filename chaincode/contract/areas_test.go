package contract_test

import (
	"testing"

	"github.com/datarights/datarights/chaincode/rights"
)

// What one area decides holds in the others.

// Whom a measure keeps from new business neither transfers nor pledges nor asks
// for offers; what was pledged before is enforced all the same.
func TestRestrictedEverywhere(t *testing.T) {
	m := newMarket(t)
	m.lend()
	x, y := m.asset("turbines", "SJ3212026070001"), m.asset("blades", "SJ3212026070002")
	body, secret := m.pledgeOf(x)
	id := m.pledged(body, secret, "ZDW-1")
	sm := m.served(regulator, measureOn(rights.MeasureRestrictTrading, rights.KindParticipant, borrowerID))
	fresh, amounts := m.pledgeOf(y)
	for what, a := range map[string]answer{
		"transfer": m.do(borrowerID+"#1", "registration.submit", m.transferTo(suretyID, m.right(y.rights[0]).CaseID)),
		"pledge":   m.doSecretly(borrowerID+"#1", "pledge.apply", fresh, amounts),
		"demand":   m.do(borrowerID+"#1", "demand.post", demand(m.now+86400)),
	} {
		if e := m.refuses(a, rights.CodeInactive); e.Record != sm || e.Rule != "3.17" {
			t.Errorf("%s: %+v", what, e)
		}
	}
	m.must(m.do(bankID+"#1", "pledge.startEnforce", rights.StartEnforcement{PledgeID: id, Default: &rights.Evidence{DocType: rights.DocOther, Hash: hash("default")}}))
	m.must(m.do(officer, "pledge.finishEnforce", rights.FinishEnforcement{PledgeID: id, EnforcementHash: hash("agreement"), TransferCaseID: m.enforced(id, "SJ3212026070003")}))
	m.must(m.lift(regulator, sm))
	fresh.ClaimFrom = m.now
	m.must(m.doSecretly(borrowerID+"#1", "pledge.apply", fresh, amounts))
}

// A right suspended under a pledge raises AL-BASIS-LOST, one under nothing not.
func TestBasisLost(t *testing.T) {
	m := newMarket(t)
	m.lend()
	x, y := m.asset("turbines", "SJ3212026070001"), m.asset("blades", "SJ3212026070002")
	body, secret := m.pledgeOf(x)
	m.pledged(body, secret, "ZDW-1")
	suspend := func(right string) (alerts int) {
		a := m.must(m.do(regulator, "right.suspend", rights.RightMeasure{RightID: right, MeasureRef: "x"}))
		for _, r := range a.Result.Records {
			if r.Kind == rights.KindAlert {
				alerts++
				if al := read[rights.Alert](m, rights.KindAlert, r.ID); al.RuleCode != "AL-BASIS-LOST" || al.TargetID != right || al.SubjectIDs[0] != borrowerID {
					t.Errorf("%+v", al)
				}
			}
		}
		return alerts
	}
	if suspend(x.rights[0]) != 1 || suspend(y.rights[0]) != 0 {
		t.Error("not one alert, of the pledged right")
	}
}

// Nobody leaves while something in another area binds him.
func TestExitWaits(t *testing.T) {
	m := newMarket(t)
	m.lend()
	x := m.asset("turbines", "SJ3212026070001")
	body, secret := m.pledgeOf(x)
	body.DebtorID = suretyID
	id := m.pledged(body, secret, "ZDW-1")
	exit := func() answer { return m.do(suretyID+"#1", "participant.exit", rights.Exit{Declaration: "x"}) }
	if e := m.refuses(exit(), rights.CodeState); e.Record != id {
		t.Errorf("%+v", e)
	}
	m.must(m.do(bankID+"#1", "pledge.release", rights.ReleasePledge{PledgeID: id}))
	m.must(exit())
}

// A fair or a forum is recorded with the demands it brought together, which must
// be on the ledger.
func TestMarketEvents(t *testing.T) {
	m := newMarket(t)
	asked := m.must(m.do(energyID+"#1", "demand.post", demand(m.now+86400))).id(rights.KindDemand)
	good := rights.RecordEvent{Kind: "Matchmaking", Name: "供需对接会", Date: "2026-07-10", DemandIDs: []string{asked}}
	for _, c := range []struct {
		change func(*rights.RecordEvent)
		code   rights.Code
		field  string
	}{
		{func(b *rights.RecordEvent) { b.Kind = "Party" }, rights.CodeFormat, "kind"},
		{func(b *rights.RecordEvent) { b.Name = "" }, rights.CodeFormat, "name"},
		{func(b *rights.RecordEvent) { b.Date = "2026-13-01" }, rights.CodeFormat, "date"},
		{func(b *rights.RecordEvent) { b.DemandIDs = []string{asked, asked} }, rights.CodeFormat, "demandIds"},
		{func(b *rights.RecordEvent) { b.DemandIDs = []string{"DM-none"} }, rights.CodeNotFound, "demandIds[0]"},
		{func(b *rights.RecordEvent) { b.TradeIDs = []string{asked} }, rights.CodeFormat, "tradeIds[0]"},
	} {
		b := good
		c.change(&b)
		if e := m.refuses(m.do(exchangeID+"#1", "event.record", b), c.code); e.Field != c.field {
			t.Errorf("field %q; want %q", e.Field, c.field)
		}
	}
	m.refuses(m.do(energyID+"#1", "event.record", good), rights.CodeRole)
	id := m.must(m.do(exchangeID+"#1", "event.record", good)).id(rights.KindMarketEvent)
	if e := read[rights.MarketEvent](m, rights.KindMarketEvent, id); e.OrganiserID != exchangeID || e.DemandIDs[0] != asked {
		t.Errorf("%+v", e)
	}
}

package contract_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/datarights/datarights/chaincode/rights"
	"github.com/datarights/datarights/chaincode/state/statetest"
)

// Each global invariant is broken once by hand and must be named.
func TestGlobalCheckerFinds(t *testing.T) {
	m := newMarket(t)
	m.lend()
	x := m.asset("turbines", "SJ3212026070001")
	body, secret := m.pledgeOf(x)
	m.pledged(body, secret, "ZDW-1")
	o := operations(m, "91320902MA0C").run()
	job := m.must(o.lineage(o.fusion("result"))).id(rights.KindLineage)
	if faults := checkInvariants(m.ledger); len(faults) > 0 {
		t.Fatalf("a sound ledger: %v", faults)
	}
	m.quiet = true
	const tr, cp, dp, ls, st = "TR-320902-1", "CP-320902-1", "DP-320902-1", "LS-320902-1", "ST-320902-1"
	all := []string{"*"}
	scope := func(to int64, actions ...rights.Action) *rights.Permission {
		return &rights.Permission{Scope: rights.Scope{ObjectIDs: all, Purposes: all, Regions: []string{"3209"}, Industries: all, Actions: actions, MaxGrade: 3, Envs: []rights.Env{"*"},
			Quota: []rights.Amount{{Unit: "Calls", Qty: 10}}, From: start, To: to}}
	}
	trade := func(change func(*rights.Trade)) func(*market) {
		return func(m *market) {
			h := m.head(rights.KindTrade, tr, rights.StateAgreed)
			rec := &rights.Trade{Head: h, ListingID: ls, SellerID: borrowerID, BuyerID: energyID, RightID: x.rights[2], AgreedAt: m.now, Permission: scope(far, rights.ActHold)}
			change(rec)
			m.put(rights.KindTrade, tr, rec)
			m.put(rights.KindListing, ls, &rights.Listing{Head: m.head(rights.KindListing, ls, rights.StateListed), SellerID: borrowerID, Permission: scope(far, rights.ActHold)})
		}
	}
	copied := func(change func(*rights.Copy)) func(*market) {
		return func(m *market) {
			for _, id := range []string{cp, cp + "0"} {
				rec := &rights.Copy{Head: m.head(rights.KindCopy, id, rights.StateHeld), HolderID: borrowerID, MatchTag: hash("tag"), Permission: scope(far, rights.ActHold)}
				if id != cp {
					rec.ParentCopyID = cp
					change(rec)
				}
				m.put(rights.KindCopy, id, rec)
			}
		}
	}
	for _, c := range []struct {
		want string
		harm func(*market)
	}{
		{"G-4: " + tr, trade(func(x *rights.Trade) { x.Permission = scope(far+1, rights.ActHold) })},
		{"G-4: " + tr, trade(func(x *rights.Trade) { x.Permission = scope(far, rights.ActResell) })},
		{"G-4: " + tr, trade(func(x *rights.Trade) { x.Permission.Regions = []string{"32"} })},
		{"G-4: " + tr, trade(func(x *rights.Trade) { x.Permission.Quota = nil })},
		{"G-4: " + cp, copied(func(c *rights.Copy) { c.Permission.MaxGrade = 4 })},
		{"G-14: " + cp, func(m *market) {
			copied(func(*rights.Copy) {})(m)
			twin := read[rights.Copy](m, rights.KindCopy, cp+"0")
			m.put(rights.KindCopy, cp+"1", twin)
		}},
		{"G-4: " + o.l2, edit(rights.KindGrant, o.l2, func(g *rights.Grant) { g.Scope.Purposes = []string{"*"} })},
		{"G-4: " + o.permit, edit(rights.KindPermit, o.permit, func(u *rights.Permit) { u.Scope.Actions = append(u.Scope.Actions, rights.ActExport) })},
		{"G-5", edit(rights.KindCase, m.right(x.rights[0]).CaseID, func(c *rights.Case) { c.RegType, c.CounterpartyID = rights.RegTransfer, energyID })},
		{"G-6: " + st, func(m *market) {
			m.put(rights.KindSettlement, st, &rights.Settlement{Head: m.head(rights.KindSettlement, st, rights.StateOpen)})
			raw, _ := json.Marshal(rights.SettlementAmounts{GrossFen: 10, Lines: []rights.LineAmount{{AmountFen: 9}}})
			m.ledger.PutSecret(string(rights.CollectionTrade), key(rights.KindSettlement, st), raw)
		}},
		{"G-7: " + tr, trade(func(t *rights.Trade) { t.RightID = x.rights[0] })},
		{"G-7: " + tr, trade(func(t *rights.Trade) { t.RightID = "" })},
		{"G-7: " + tr, trade(func(t *rights.Trade) { t.SellerID = weatherID })},
		{"G-8", edit(rights.KindGrant, o.l1, func(g *rights.Grant) { g.Reason = "LevelCore" })},
		{"G-9: " + job, edit(rights.KindLineage, job, func(l *rights.Lineage) { l.Inputs[0].PermissionRef = "UP-none" })},
		{"G-9: " + job, edit(rights.KindLineage, job, func(l *rights.Lineage) { l.OperatorID = energyID })},
		{"G-9: " + job, edit(rights.KindPermit, o.permit, func(u *rights.Permit) { u.Scope.Actions = []rights.Action{rights.ActQuery} })},
		{"G-13: " + job, edit(rights.KindResource, o.data, func(r *rights.Resource) { r.CreatedAt = far })},
		{"G-10: " + ls, func(m *market) {
			copied(func(*rights.Copy) {})(m)
			m.put(rights.KindProduct, dp, &rights.Product{Head: m.head(rights.KindProduct, dp, rights.StateApproved), OwnerID: borrowerID, Versions: []rights.ProductVersion{{No: 1, MatchTag: hash("tag")}}})
			l := &rights.Listing{Head: m.head(rights.KindListing, ls, rights.StateListed), SellerID: borrowerID, ProductID: dp, ProductVersion: 1}
			l.CreatedAt++
			m.put(rights.KindListing, ls, l)
		}},
		{"G-10: " + x.object, func(m *market) {
			copied(func(*rights.Copy) {})(m)
			edit(rights.KindResource, x.object, func(r *rights.Resource) { r.Versions[0].MatchTag, r.Versions[0].At = hash("tag"), far })(m)
		}},
		{"G-15: ", edit(rights.KindGrant, o.l1, func(g *rights.Grant) { g.RuleProfileVer = "" })},
	} {
		harmed := *m
		harmed.ledger = m.ledger.Clone()
		c.harm(&harmed)
		if faults := checkInvariants(harmed.ledger); !slices.ContainsFunc(faults, func(f string) bool { return strings.HasPrefix(f, c.want) }) {
			t.Errorf("%s is not found; only %q", c.want, faults)
		}
	}
}

// What a transaction shows of a secret is found wherever it stands, and a use of
// what is frozen too.
func TestStepCheckerFinds(t *testing.T) {
	m := newMarket(t)
	m.lend()
	x := m.asset("turbines", "SJ3212026070001")
	told := m.must(m.do(energyID+"#1", "resource.catalogue", m.resource(energyID, "innocent")))
	if faults := leaks(m.ledger, told); len(faults) > 0 {
		t.Errorf("%v", faults)
	}
	for _, shown := range []func(*answer){
		func(a *answer) { a.payload = []byte(`{"valueFen":100000000}`) },
		func(a *answer) { a.stub.Event = []byte(salt) },
		func(a *answer) { a.stub.Writes[key(rights.KindResource, "DR-1")] = []byte(`["100000000"]`) },
		func(a *answer) { a.tx.Args = [][]byte{[]byte("x.eyJ2YWx1ZUZlbiI6MTAwMDAwMDAwfQ.x")} },
	} {
		a := told
		stub := *told.stub
		stub.Writes = map[string][]byte{}
		a.stub = &stub
		shown(&a)
		if faults := leaks(m.ledger, a); len(faults) == 0 || !strings.HasPrefix(faults[0], "G-12") {
			t.Errorf("%v", faults)
		}
	}

	m.quiet = true
	freeze := m.served(regulator, measureOn(rights.MeasureFreeze, rights.KindRight, x.rights[0]))
	moved := *m.the(m.right(x.rights[0]).CaseID)
	moved.RegType, moved.TargetRightIDs = rights.RegTransfer, x.rights
	moved.ID = "RG-320902-1"
	for _, c := range []struct {
		command string
		change  func(*rights.Case)
		want    int
	}{
		{"registration.record", func(*rights.Case) {}, 1},
		{"registration.record", func(c *rights.Case) { c.RegType = rights.RegRenewal }, 0},
		{"registration.record", func(c *rights.Case) { c.RegType, c.ExecutionOf = rights.RegCancel, freeze }, 0},
		{"registration.record", func(c *rights.Case) { c.RegType, c.ExecutionOf = rights.RegCancel, "SM-another" }, 1},
		{"registration.record", func(c *rights.Case) { c.TargetRightIDs = x.rights[1:] }, 0},
		{"measure.serve", func(*rights.Case) {}, 0},
	} {
		rec := moved
		c.change(&rec)
		raw, _ := json.Marshal(&rec)
		n := 0
		checkFrozen(snapshot(m.ledger), statetest.Tx{At: m.now}, map[string][]byte{key(rights.KindCase, rec.ID): raw}, c.command, func(string, ...any) { n++ })
		if n != c.want {
			t.Errorf("%s of %s under %q: %d faults; want %d", c.command, rec.RegType, rec.ExecutionOf, n, c.want)
		}
	}
}

package contract_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/datarights/datarights/chaincode/rights"
	"pgregory.net/rapid"
)

func qtyOf(list []rights.Amount, unit string) (int64, bool) {
	for _, q := range list {
		if q.Unit == unit {
			return q.Qty, true
		}
	}
	return 0, false
}

// checkUse holds the ledger to the area's invariants.
func checkUse(w *world, fault func(string, ...any)) {
	grants := decodeAll[rights.Grant](w.raw[rights.KindGrant])
	permits := decodeAll[rights.Permit](w.raw[rights.KindPermit])
	meters := decodeAll[rights.Meter](w.raw[rights.KindMeter])
	lineages := decodeAll[rights.Lineage](w.raw[rights.KindLineage])
	inForce := func(s rights.State) bool { return s == rights.StateEffective || s == rights.StateSuspended }
	counts := func(s rights.State) bool {
		return s == rights.StateActive || s == rights.StateExhausted || s == rights.StateSuspended
	}

	// Grants: contained, and never more given out than there is (GR-1, GR-2, G-14).
	given := map[string]int64{} // grant and unit → what live children and permits hold
	for id, g := range grants {
		up := grants[g.ParentGrantID]
		if g.Tier != rights.GrantL2 {
			continue
		}
		if up == nil || up.Tier != rights.GrantL1 {
			fault("GR-1: %s has no grant above", id)
			continue
		}
		if !inForce(g.State) {
			continue
		}
		if slices.Contains(g.Scope.Actions, rights.ActSubGrant) {
			fault("GR-2: %s", id)
		}
		if g.ValidFrom < up.ValidFrom || g.ValidTo > up.ValidTo || g.Scope.MaxGrade > up.Scope.MaxGrade {
			fault("GR-1: %s goes beyond %s", id, up.ID)
		}
		if inForce(up.State) && !slices.Contains(up.ChildIDs, id) {
			fault("%s does not know its child %s", up.ID, id)
		}
		for _, q := range g.Scope.Quota {
			given[up.ID+q.Unit] += q.Qty
		}
	}
	for _, u := range permits {
		if counts(u.State) {
			for _, q := range u.Units {
				given[u.BasisID+q.Unit] += q.Qty
			}
		}
	}
	for id, g := range grants {
		for _, q := range g.Scope.Quota {
			total, _ := qtyOf(g.Allocated, q.Unit)
			if total > q.Qty || given[id+q.Unit] > total {
				fault("G-14: %s of %s: %d held, %d given out, %d there", q.Unit, id, given[id+q.Unit], total, q.Qty)
			}
		}
		if inForce(g.State) && (len(g.Signatures) < 2 || slices.ContainsFunc(g.Objections, func(o rights.GrantObjection) bool { return o.Outcome == "" })) {
			fault("G-5: %s is in force unsigned or objected to", id)
		}
		if (len(g.SuspendedBy) > 0) != (g.State == rights.StateSuspended) && inForce(g.State) {
			fault("SM-2: %s is %s with %d reasons", id, g.State, len(g.SuspendedBy))
		}
	}

	// Permits: what was metered is what was used, within the limits (MT-1 to MT-3).
	type tally struct {
		used map[string]int64
		seqs []int64
	}
	tallies := map[string]*tally{}
	adjusted := map[string]bool{}
	for _, m := range meters {
		if m.Adjusts != "" {
			adjusted[m.Adjusts] = true
		}
	}
	for id, m := range meters {
		t := tallies[m.PermitID]
		if t == nil {
			t = &tally{used: map[string]int64{}}
			tallies[m.PermitID] = t
		}
		t.seqs = append(t.seqs, m.Seq)
		if !adjusted[id] {
			for _, q := range m.Items {
				t.used[q.Unit] += q.Qty
			}
		}
		u := permits[m.PermitID]
		if u == nil || m.PeriodFrom < u.ValidFrom || m.PeriodTo > u.ValidTo || m.PlatformID != u.PlatformID {
			fault("MT-6: %s", id)
		}
		for other, n := range meters {
			if other != id && n.PermitID == m.PermitID && m.Adjusts == "" && n.Adjusts == "" && m.PeriodFrom < n.PeriodTo && n.PeriodFrom < m.PeriodTo {
				fault("MT-2: %s overlaps %s", id, other)
			}
		}
	}
	for id, u := range permits {
		t := tallies[id]
		if t == nil {
			t = &tally{}
		}
		slices.Sort(t.seqs)
		for i, seq := range t.seqs {
			if seq != int64(i+1) {
				fault("MT-1: %s has record %d in place %d", id, seq, i+1)
			}
		}
		if u.LastSeq != int64(len(t.seqs)) {
			fault("MT-1: %s counts %d records of %d", id, u.LastSeq, len(t.seqs))
		}
		for _, q := range u.Used {
			limit, there := qtyOf(u.Units, q.Unit)
			if q.Qty != t.used[q.Unit] || q.Qty > limit || !there {
				fault("MT-3: %s used %d %s, metered %d, of %d", id, q.Qty, q.Unit, t.used[q.Unit], limit)
			}
		}
		if counts(u.State) && u.Important && u.ClearedBy == "" {
			fault("R-6: %s is over important data and was not cleared", id)
		}
		if u.State == rights.StateClosed && u.WipeEvidence == nil {
			fault("gate G: %s was closed unwiped", id)
		}
	}

	// Lineage: a graph without circles, by its newest records (LN-2, G-13).
	by := map[string]string{}
	for name, raw := range w.raw[rights.PointerUnique] {
		if root, ok := strings.CutPrefix(name, "lineage/"); ok {
			for id := range lineages {
				if strings.Contains(string(raw), `"`+id+`"`) {
					by[root] = id
				}
			}
		}
	}
	colour := map[string]int{}
	var walk func(id string)
	walk = func(id string) {
		if colour[id] == 1 {
			fault("LN-2: %s is in a circle", id)
		}
		if colour[id] != 0 {
			return
		}
		colour[id] = 1
		for _, in := range lineages[id].Inputs {
			if up := by[in.ContentRoot]; up != "" {
				walk(up)
			}
		}
		colour[id] = 2
	}
	for _, id := range ids(lineages) {
		walk(id)
		l := lineages[id]
		for _, o := range l.Outputs {
			if by[o.ContentRoot] == "" {
				fault("LN-2: nothing leads from an output to %s", id)
			}
			if o.Grade < l.MaxGrade && l.GradeReport == nil {
				fault("R-3: %s made grade %d of grade %d", id, o.Grade, l.MaxGrade)
			}
		}
		for _, in := range l.Inputs {
			if up := lineages[in.LineageID]; up != nil && up.Depth >= l.Depth {
				fault("LN-7: %s of depth %d rests on depth %d", id, l.Depth, up.Depth)
			}
		}
	}

	// Custody: the resource knows who hosts it (RT-6). One disclosure a year.
	for id, c := range decodeAll[rights.Custody](w.raw[rights.KindCustody]) {
		if r := w.resources[c.ResourceID]; c.State == rights.StateActive && (r == nil || r.CustodianID != c.CustodianID) {
			fault("RT-6: %s", id)
		}
	}
	years := map[string]string{}
	for id, d := range decodeAll[rights.Disclosure](w.raw[rights.KindDisclosure]) {
		at := d.GrantID + rights.CivilDate(d.DueAt)
		if years[at] != "" || d.Late != (d.FiledAt >= d.DueAt) {
			fault("disclosure %s, and %s", id, years[at])
		}
		years[at] = id
	}
}

// Each invariant is broken once by hand and must be named.
func TestUseCheckerFinds(t *testing.T) {
	m := newMarket(t)
	o := operations(m, "91320902MA0C").run()
	meter := m.must(o.meter(o.period(10))).id(rights.KindMeter)
	m.must(o.lineage(o.fusion("result")))
	m.quiet = true
	for want, harm := range map[string]func(*market){
		"GR-1":   edit(rights.KindGrant, o.l2, func(g *rights.Grant) { g.ValidTo += 1 << 30 }),
		"GR-2":   edit(rights.KindGrant, o.l2, func(g *rights.Grant) { g.Scope.Actions = append(g.Scope.Actions, rights.ActSubGrant) }),
		"G-14":   edit(rights.KindGrant, o.l1, func(g *rights.Grant) { g.Allocated = nil }),
		"G-5":    edit(rights.KindGrant, o.l1, func(g *rights.Grant) { g.Signatures = g.Signatures[:1] }),
		"SM-2":   edit(rights.KindGrant, o.l1, func(g *rights.Grant) { g.State = rights.StateSuspended }),
		"MT-1":   edit(rights.KindMeter, meter, func(m *rights.Meter) { m.Seq = 2 }),
		"MT-3":   edit(rights.KindPermit, o.permit, func(u *rights.Permit) { u.Used[0].Qty++ }),
		"MT-6":   edit(rights.KindMeter, meter, func(m *rights.Meter) { m.PeriodFrom = 1 }),
		"R-6":    edit(rights.KindPermit, o.permit, func(u *rights.Permit) { u.Important = true }),
		"gate G": edit(rights.KindPermit, o.permit, func(u *rights.Permit) { u.State = rights.StateClosed }),
	} {
		harmed := *m
		harmed.ledger = m.ledger.Clone()
		harm(&harmed)
		if faults := checkInvariants(harmed.ledger); !slices.ContainsFunc(faults, func(f string) bool { return strings.HasPrefix(f, want) }) {
			t.Errorf("%s is not found; only %q", want, faults)
		}
	}
}

// anyUse draws a command of the area that makes some sense; no name when
// there is nothing to do.
func anyUse(r *rapid.T, m *market, w *world) (kid, name string, body any) {
	grants := decodeAll[rights.Grant](w.raw[rights.KindGrant])
	permits := decodeAll[rights.Permit](w.raw[rights.KindPermit])
	meters := decodeAll[rights.Meter](w.raw[rights.KindMeter])
	lineages := decodeAll[rights.Lineage](w.raw[rights.KindLineage])
	o := &operation{market: m, platform: registrarID + "#2"}
	for _, id := range ids(grants) { // the oldest pair that a scene began with
		if g := grants[id]; g.Tier == rights.GrantL2 && grants[g.ParentGrantID] != nil {
			up := grants[g.ParentGrantID]
			o.l2, o.developer, o.l1, o.operating, o.implementing, o.data = id, g.GranteeID, up.ID, up.GranteeID, up.AuthoriserID, up.Scope.ObjectIDs[0]
			break
		}
	}
	if o.l2 == "" {
		return "", "", nil
	}
	someGrant := grants[pick(r, "grant", ids(grants)...)]
	o.permit = "UP-none"
	if len(permits) > 0 {
		o.permit = pick(r, "permit", ids(permits)...)
	}
	permit := permits[o.permit]
	if permit == nil {
		permit = &rights.Permit{PlatformID: registrarID, Scope: o.scope(1)}
	}
	qty := rapid.Int64Range(0, 120).Draw(r, "qty")
	party := pick(r, "party", someGrant.AuthoriserID, someGrant.GranteeID, regulatorID) + "#1"
	switch event := pick(r, "use", "request", "approve", "approve", "meter", "meter", "meter", "adjust", "topUp", "suspend", "resume", "expire", "revoke", "closeOut",
		"propose", "publish", "sign", "sign", "object", "decide", "grantSuspend", "grantResume", "grantRevoke", "grantExit", "amend", "lineage", "lineage", "verdict"); event {
	case "request":
		b := o.request()
		b.BasisID, b.Scope.Quota[0].Qty = pick(r, "basis", o.l2, o.l2, o.l1), qty
		return o.developer + "#1", "permit.request", b
	case "approve", "revoke", "expire":
		return pick(r, "by", permit.GrantorID, permit.GrantorID, regulatorID) + "#1", "permit." + event, rights.PermitWithReason{PermitID: o.permit, Reason: "x"}
	case "meter":
		from := max(permit.ValidFrom, permit.LastPeriodTo) + pick[int64](r, "gap", 0, 0, 60, -1)
		return o.platform, "meter.record", rights.RecordMeter{PermitID: o.permit, Seq: permit.LastSeq + pick[int64](r, "seq", 1, 1, 1, 2), PeriodFrom: from, PeriodTo: from + 600,
			Items: []rights.Amount{{Unit: "Calls", Qty: qty}}, JobRoot: hash("jobs")}
	case "adjust":
		if len(meters) == 0 {
			return "", "", nil
		}
		return o.platform, "meter.adjust", rights.AdjustMeter{MeterID: pick(r, "meter", ids(meters)...), Items: []rights.Amount{{Unit: "Calls", Qty: qty}}, JobRoot: hash("x"), Reason: "x"}
	case "topUp":
		return permit.GrantorID + "#1", "permit.topUp", rights.TopUp{PermitID: o.permit, Units: []rights.Amount{{Unit: "Calls", Qty: qty}}}
	case "suspend", "resume":
		return pick(r, "by", permit.GrantorID, regulatorID) + "#1", "permit." + event, rights.Interruption{PermitID: o.permit, Ref: pick(r, "ref", "a", "b")}
	case "closeOut":
		return o.platform, "permit.closeOut", rights.CloseOut{PermitID: o.permit, WipeEvidence: o.paper("wiped")}
	case "propose":
		if rapid.Bool().Draw(r, "first level") {
			return o.implementing + "#1", "grant.propose", o.first()
		}
		b := o.second(grants[o.l2].AdmissionID)
		b.Scope.Quota[0].Qty = qty * 10
		return o.operating + "#1", "grant.propose", b
	case "publish":
		return someGrant.AuthoriserID + "#1", "grant.publish", rights.PublishGrant{GrantID: someGrant.ID, NoticeText: "x"}
	case "sign":
		return party, "grant.sign", rights.SignGrant{GrantID: someGrant.ID, AgreementHash: someGrant.AgreementHash}
	case "object":
		return pick(r, "by", energyID, weatherID) + "#1", "grant.object", rights.ObjectToGrant{GrantID: someGrant.ID, ReasonHash: hash("x")}
	case "decide":
		return regulatorID + "#1", "grant.decideObjection", rights.DecideGrantObjection{GrantID: someGrant.ID, No: 1, Outcome: pick(r, "outcome", "Dismissed", "Upheld"), DecisionHash: hash("x")}
	case "grantSuspend", "grantResume":
		event = map[string]string{"grantSuspend": "suspend", "grantResume": "resume"}[event]
		return party, "grant." + event, rights.Interruption{GrantID: someGrant.ID, Ref: pick(r, "ref", "a", "b")}
	case "grantRevoke":
		return party, "grant.revoke", rights.EndGrant{GrantID: someGrant.ID, Reason: "x", Evidence: o.paper("x")}
	case "grantExit":
		return party, pick(r, "end", "grant.exit", "grant.expire"), rights.EndGrant{GrantID: someGrant.ID, Evidence: o.paper("x")}
	case "amend":
		if someGrant.Amendment != nil {
			return party, "grant.amend", rights.AmendGrant{GrantID: someGrant.ID, TermsHash: someGrant.Amendment.TermsHash}
		}
		s := someGrant.Scope
		s.Quota = []rights.Amount{{Unit: "Calls", Qty: qty * 10}}
		s.To += pick[int64](r, "days", -30, 0, 10) * 86400
		return party, "grant.proposeAmendment", rights.ProposeAmendment{GrantID: someGrant.ID, TermsHash: hash("amendment"), Scope: &s}
	case "verdict":
		if len(lineages) == 0 {
			return "", "", nil
		}
		return pick(r, "by", registrarID+"#2", regulatorID+"#1", energyID+"#1"), "lineage." + pick(r, "verdict", "attest", "dispute", "uphold", "refute"),
			rights.LineageVerdict{LineageID: pick(r, "lineage", ids(lineages)...), Hash: hash("x"), Reason: "x"}
	}
	b := o.fusion(pick(r, "output", "a", "b", "c", "d"))
	if root := pick(r, "of", "", "a", "b", "c"); root != "" {
		b.Inputs = []rights.InputUsed{{Type: "Result", ContentRoot: hash(root), PermissionRef: o.permit}}
	}
	if len(lineages) > 0 && rapid.IntRange(0, 3).Draw(r, "corrects") == 0 {
		b.Supersedes = pick(r, "superseded", ids(lineages)...)
		b.Outputs = lineages[b.Supersedes].Outputs
	}
	return o.developer + "#1", "lineage.record", b
}

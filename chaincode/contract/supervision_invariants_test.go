package contract_test

import (
	"fmt"
	"slices"
	"strings"

	"github.com/datarights/datarights/chaincode/rights"
	"pgregory.net/rapid"
)

// checkSupervision holds the ledger to the area's invariants.
func checkSupervision(w *world, fault func(string, ...any)) {
	measures := decodeAll[rights.Measure](w.raw[rights.KindMeasure])
	// in says whether a measure's effect lies on a record now.
	inForce := func(ref string, kind rights.Kind, id string) bool {
		sm := measures[ref]
		return sm != nil && slices.ContainsFunc(sm.Effects, func(e rights.MeasureEffect) bool { return e.Kind == kind && e.ID == id && !e.Undone })
	}
	marks := map[string]bool{} // measure and record that carries its mark
	mark := func(ref string, kind rights.Kind, id string) {
		if !strings.HasPrefix(ref, "SM-") {
			return
		}
		marks[ref+" "+id] = true
		if !inForce(ref, kind, id) {
			fault("SM-1: %s %s bears %s, which has no effect on it", kind, id, ref)
		}
	}
	for id, r := range decodeAll[rights.Restraints](w.raw[rights.KindRestraints]) {
		for _, e := range r.Encumbrances {
			if e.Type == rights.EncFreeze {
				mark(e.RefID, rights.KindRight, id)
			}
		}
	}
	for id, p := range w.participants {
		for _, r := range p.Restrictions {
			mark(r.RefID, rights.KindParticipant, id)
		}
		if p.State == rights.StateExpelled {
			mark(p.MeasureRef, rights.KindParticipant, id)
		}
	}
	suspended := func(kind rights.Kind, id string, state rights.State, s rights.Suspension) {
		for _, x := range s.SuspendedBy {
			mark(x.RefID, kind, id)
		}
		if len(s.SuspendedBy) == 0 && s.SuspendedFrom != "" && kind == rights.KindResource {
			fault("SM-1: %s %s remembers %s and nothing suspends it", kind, id, s.SuspendedFrom)
		}
	}
	for id, r := range w.resources {
		suspended(rights.KindResource, id, r.State, r.Suspension)
	}
	for id, r := range decodeAll[rights.Listing](w.raw[rights.KindListing]) {
		suspended(rights.KindListing, id, r.State, r.Suspension)
	}
	for id, r := range decodeAll[rights.Product](w.raw[rights.KindProduct]) {
		suspended(rights.KindProduct, id, r.State, r.Suspension)
	}
	for id, r := range decodeAll[rights.Permit](w.raw[rights.KindPermit]) {
		suspended(rights.KindPermit, id, r.State, r.Suspension)
	}
	for id, r := range decodeAll[rights.Grant](w.raw[rights.KindGrant]) {
		suspended(rights.KindGrant, id, r.State, r.Suspension)
	}
	for id, r := range decodeAll[rights.Trade](w.raw[rights.KindTrade]) {
		suspended(rights.KindTrade, id, r.State, r.Suspension)
		if len(r.SuspendedBy) > 0 && !r.OnHold {
			fault("SM-2: trade %s goes on under a measure", id)
		}
	}
	for id, c := range decodeAll[rights.Copy](w.raw[rights.KindCopy]) {
		for _, o := range c.DestroyOrders {
			mark(o.RefID, rights.KindCopy, id)
		}
	}
	for id, sm := range measures {
		if ended("measure", sm.State) != (sm.EndedAt > 0) {
			fault("measure %s is %s and ended at %d", id, sm.State, sm.EndedAt)
		}
		if p := w.participants[sm.IssuedBy]; p == nil || p.RegulatorDomain != sm.Domain {
			fault("SM-3: measure %s of %s by %s", id, sm.Domain, sm.IssuedBy)
		}
		if sm.State == rights.StateIssued && !sm.Urgent && len(sm.Effects) > 0 {
			fault("measure %s has effects before its service", id)
		}
		for _, e := range sm.Effects {
			if ended("measure", sm.State) != e.Undone {
				fault("SM-1: measure %s is %s, its effect undone: %t", id, sm.State, e.Undone)
			}
			if e.Undone == marks[id+" "+e.ID] && e.Effect != "OrderedCancelRegistration" {
				fault("SM-1: measure %s, undone: %t, marks %s: %t", id, e.Undone, e.ID, !e.Undone)
			}
		}
	}
	for id, al := range decodeAll[rights.Alert](w.raw[rights.KindAlert]) {
		at := ""
		for _, h := range al.Assigned {
			if h.From != at {
				fault("alert %s: handed over by %s, was with %s", id, h.From, at)
			}
			at = h.To
		}
		if at != al.AssigneeID || (at == "") != (al.State == rights.StateRaised) {
			fault("alert %s is %s with %q", id, al.State, al.AssigneeID)
		}
		if (al.State == rights.StateConfirmed || al.State == rights.StateDismissed) && al.Finding == "" {
			fault("alert %s is %s without a finding", id, al.State)
		}
		if al.State == rights.StateDisposed && measures[al.MeasureID] == nil {
			fault("alert %s is disposed of by no measure", id)
		}
	}
	for id, e := range decodeAll[rights.EvidenceItem](w.raw[rights.KindEvidence]) {
		for i, h := range e.Custody {
			if i == 0 && (h.From != "" || h.To != e.CollectedBy) || i > 0 && h.From != e.Custody[i-1].To || h.SealHash == "" || h.Kid == "" {
				fault("E8: evidence %s has a gap at %d", id, i)
			}
		}
	}
	snapshots := decodeAll[rights.Snapshot](w.raw[rights.KindSnapshot])
	corrected := map[string]bool{}
	for id, s := range snapshots {
		if s.Den > 0 && (s.Permille != s.Num*1000/s.Den || s.ValueInt != s.Permille) {
			fault("IN-1: %s", id)
		}
		if old := snapshots[s.Corrects]; s.Corrects != "" && (old == nil || old.State != rights.StateCorrected || s.Reason == "" || old.Code != s.Code) {
			fault("IN-4: %s corrects %s", id, s.Corrects)
		}
		corrected[s.Corrects] = true
	}
	for id, s := range snapshots {
		if s.State == rights.StateCorrected && !corrected[id] {
			fault("IN-4: %s was corrected by nothing", id)
		}
	}
	active := map[string]string{}
	for id, in := range decodeAll[rights.Indicator](w.raw[rights.KindIndicator]) {
		if in.State != rights.StateActive {
			continue
		}
		if active[in.Code] != "" {
			fault("two definitions of %s are active: %s and %s", in.Code, id, active[in.Code])
		}
		active[in.Code] = id
	}
	once := map[string]string{}
	for id, sc := range decodeAll[rights.Scenario](w.raw[rights.KindScenario]) {
		if sc.State != rights.StateIncluded && sc.State != rights.StateLanded {
			continue
		}
		key := fmt.Sprint(sc.BatchYear, sc.SubmitterID, sc.Name)
		if once[key] != "" {
			fault("SC-1: %s and %s are one case", id, once[key])
		}
		once[key] = id
		if (sc.State == rights.StateLanded) != (sc.LandedBy != "") || !strings.HasPrefix(sc.IncludedOn, fmt.Sprint(sc.BatchYear)) {
			fault("scenario %s: %+v", id, sc)
		}
	}
	for id, s := range decodeAll[rights.Support](w.raw[rights.KindSupport]) {
		if once[s.FactID] != "" {
			fault("%s and %s support one fact", id, once[s.FactID])
		}
		once[s.FactID] = id
	}
}

// anySupervision draws a command of the area that makes some sense; no name when
// there is nothing to do.
func anySupervision(r *rapid.T, m *market, w *world) (kid, name string, body any) {
	by := func(likely string) string {
		return pick(r, "by", likely, likely, likely, likely, energyID+"#1", bankID+"#1")
	}
	measures, alerts := decodeAll[rights.Measure](w.raw[rights.KindMeasure]), decodeAll[rights.Alert](w.raw[rights.KindAlert])
	evidence := decodeAll[rights.EvidenceItem](w.raw[rights.KindEvidence])
	newest := func(id string) string {
		if p := w.participants[id]; p != nil && p.MSPID == "" {
			return rights.KeyID(id, len(p.Keys))
		}
		return id + "#1"
	}
	whom := pick(r, "whom", energyID, weatherID, buyerID)
	switch pick(r, "supervision", "issue", "issue", "on measure", "on measure", "on measure", "raise", "on alert", "on alert", "collect", "hand over", "mark", "indicator") {
	case "issue":
		b := measureOn(pick(r, "type", rights.MeasureWarning, rights.MeasureRestrictTrading, rights.MeasureRestrictTrading, rights.MeasureExpel), rights.KindParticipant, whom)
		if n := len(w.rights); n > 0 && rapid.Bool().Draw(r, "on a right") {
			b = measureOn(pick(r, "type", rights.MeasureFreeze, rights.MeasureFreeze, rights.MeasureOrderCancelRegistration), rights.KindRight, pick(r, "right", ids(w.rights)...))
		} else if len(w.resources) > 0 && rapid.Bool().Draw(r, "on a resource") {
			b = measureOn(rights.MeasureFreeze, rights.KindResource, pick(r, "resource", ids(w.resources)...))
		}
		b.Urgent = rapid.Bool().Draw(r, "urgent")
		if rapid.Bool().Draw(r, "for a time") {
			b.To = m.now + pick[int64](r, "time", 86400, 5*86400, 60*86400)
		}
		return by(regulator), "measure.issue", b
	case "on measure":
		open := slices.DeleteFunc(ids(measures), func(id string) bool {
			return ended("measure", measures[id].State) && rapid.IntRange(0, 9).Draw(r, "ended too") > 0
		})
		if len(open) == 0 {
			return "", "", nil
		}
		id := pick(r, "measure", open...)
		of := rights.OfMeasure{MeasureID: id}
		switch pick(r, "event", "serve", "serve", "serve", "lift", "expire", "verifyCompliance", "reportCompliance", "appeal", "decideAppeal") {
		case "serve":
			return by(regulator), "measure.serve", rights.ServeMeasure{MeasureID: id, ReceiptHash: hash("receipt")}
		case "lift":
			return by(regulator), "measure.lift", rights.LiftMeasure{MeasureID: id, Reason: "x"}
		case "expire":
			return by(bankID + "#1"), "measure.expire", of
		case "verifyCompliance":
			return by(regulator), "measure.verifyCompliance", of
		case "reportCompliance":
			return by(newest(measures[id].SubjectID)), "measure.reportCompliance", rights.ReportCompliance{MeasureID: id, ReportHash: hash("report")}
		case "appeal":
			return by(newest(measures[id].SubjectID)), "measure.appeal", rights.AppealMeasure{MeasureID: id, AppealRef: "x"}
		}
		return by(regulator), "measure.decideAppeal", rights.DecideAppeal{MeasureID: id, Outcome: pick(r, "outcome", "upheld", "annulled"), DecisionHash: hash("d")}
	case "raise":
		return pick(r, "by", m.platform, regulator, newest(whom)), "alert.raise", rights.RaiseAlert{RuleCode: pick(r, "rule", "AL-WASH", "AL-PRICE", "AL-RESALE-ATTEMPT", "AL-QUOTA"), TargetID: whom, SubjectIDs: []string{whom}}
	case "on alert":
		if len(alerts) == 0 {
			return "", "", nil
		}
		id := pick(r, "alert", ids(alerts)...)
		switch event := map[rights.State]string{rights.StateRaised: "acknowledge", rights.StateAcknowledged: "investigate", rights.StateInvestigating: pick(r, "next", "confirm", "dismiss", "hear", "hear"),
			rights.StateConfirmed: "dispose", rights.StateDisposed: "close", rights.StateDismissed: "reopen", rights.StateClosed: "reopen"}[alerts[id].State]; event {
		case "acknowledge", "close":
			return by(regulator), "alert." + event, rights.OfAlert{AlertID: id}
		case "investigate", "reopen":
			return by(regulator), "alert." + event, rights.InvestigateAlert{AlertID: id, FactRefs: []string{fmt.Sprintf("RT-%d@1", m.now)}}
		case "confirm":
			return by(regulator), "alert.confirm", rights.ConfirmAlert{AlertID: id, IRCode: "IR-9", Finding: "x", FindingHash: hash("x")}
		case "dismiss":
			return by(regulator), "alert.dismiss", rights.DismissAlert{AlertID: id, Finding: "x"}
		case "hear":
			return by(newest(whom)), "alert.hear", rights.HearAlert{AlertID: id, StatementHash: hash("said")}
		}
		b := measureOn(rights.MeasureWarning, rights.KindParticipant, whom)
		b.AlertIDs = []string{id}
		for _, sm := range ids(measures) {
			if slices.Contains(measures[sm].AlertIDs, id) {
				return by(regulator), "alert.dispose", rights.DisposeAlert{AlertID: id, MeasureID: sm}
			}
		}
		return by(regulator), "measure.issue", b
	case "collect":
		if len(alerts) == 0 {
			return "", "", nil
		}
		return by(newest(whom)), "evidence.collect", rights.CollectEvidence{CaseID: pick(r, "alert", ids(alerts)...), Kind: "Other", Hash: hash("e"), CollectedAt: m.now, Method: "x", SealHash: hash("seal")}
	case "hand over":
		if len(evidence) == 0 {
			return "", "", nil
		}
		id := pick(r, "item", ids(evidence)...)
		at := evidence[id].Custody[len(evidence[id].Custody)-1].To
		if rapid.IntRange(0, 4).Draw(r, "release") == 0 {
			return by(newest(at)), "evidence.release", rights.ReleaseEvidence{EvidenceID: id, Reason: "x"}
		}
		return by(newest(at)), "evidence.handOver", rights.HandOver{EvidenceID: id, ToID: whom, SealHash: hash("seal")}
	case "mark":
		return by(regulator), "participant.tag", rights.TagParticipant{USCC: whom, Tag: rights.TagChainLeader, Off: rapid.Bool().Draw(r, "off"), EvidenceHash: hash("e")}
	}
	if len(w.raw[rights.KindIndicator]) == 0 || rapid.Bool().Draw(r, "define") {
		return by(regulator), "indicator.define", indicatorOf("XI-01", rapid.Int64Range(1, 3).Draw(r, "version"))
	}
	v := valueOf("XI-01", rapid.Int64Range(0, 9).Draw(r, "value"))
	v.DefVersion = rapid.Int64Range(1, 3).Draw(r, "version")
	return pick(r, "by", m.platform, regulator, newest(whom)), "snapshot.compute", v
}

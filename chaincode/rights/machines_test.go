package rights

import (
	"reflect"
	"slices"
	"strings"
	"testing"
)

// The tables are sound: states known and reachable, end states final, texts in
// both languages, no two rows that one act could take.
func TestMachines(t *testing.T) {
	capacities := []Capacity{BySelf, ByApplicant, ByHolder, ByObjector, ByRegistrar, ByExchange, ByRegulator, ByBank, ByAdmitter, ByAnyone, ByOutsider, ByAdministrator,
		ByTransferee, ByOwner, BySeller, ByBuyer, BySender, ByRecipient, ByPayee, ByClaimant, ByRespondent, ByMediator, ByOrdered,
		ByOperator, ByPlatform, ByPermittee, ByGrantor, ByAuthoriser, ByGrantee, ByCustodian, ByClient, ByEvaluator, ByPledgor, ByPledgee, ByGuarantor,
		BySubject, ByAssignee, BySubmitter, ByKeeper}
	for _, m := range Machines() {
		reached := map[State]bool{}
		for _, s := range m.States {
			if s.Title.Zh == "" || s.Title.En == "" {
				t.Errorf("%s: state %s has no title", m.Entity, s.Name)
			}
		}
		known := func(s State) bool {
			return slices.ContainsFunc(m.States, func(i StateInfo) bool { return i.Name == s })
		}
		seen := map[string]bool{}
		for _, row := range m.Transitions {
			if len(row.By) == 0 {
				t.Errorf("%s.%s: nobody may", m.Entity, row.Event)
			}
			for _, c := range row.By {
				if !slices.Contains(capacities, c) {
					t.Errorf("%s.%s: capacity %q", m.Entity, row.Event, c)
				}
			}
			if (row.Guard.Zh == "") != (row.Guard.En == "") {
				t.Errorf("%s.%s: guard in one language", m.Entity, row.Event)
			}
			from := row.From
			if len(from) == 0 {
				from = []State{""}
			}
			for _, s := range from {
				key := string(s) + " " + row.Event + " " + row.Outcome
				if seen[key] {
					t.Errorf("%s: two rows for %s", m.Entity, key)
				}
				seen[key] = true
				if s != "" && !known(s) {
					t.Errorf("%s.%s: from unknown state %s", m.Entity, row.Event, s)
				}
				if m.Ended(s) {
					t.Errorf("%s.%s leads out of the end state %s", m.Entity, row.Event, s)
				}
			}
			switch {
			case row.To == StatePrevious:
			case !known(row.To):
				t.Errorf("%s.%s: to unknown state %s", m.Entity, row.Event, row.To)
			default:
				reached[row.To] = true
			}
		}
		for _, s := range m.States {
			leaves := slices.ContainsFunc(m.Transitions, func(r Transition) bool { return r.Leaves(s.Name) })
			if !reached[s.Name] {
				t.Errorf("%s: nothing leads to %s", m.Entity, s.Name)
			}
			if !leaves && !s.End {
				t.Errorf("%s: nothing leads out of %s", m.Entity, s.Name)
			}
		}
	}
}

// Written by other commands, or by an administrator, instead of one of their own.
var indirect = map[string]string{
	"participant.enrol":  "Enrol",
	"objection.decide":   "registration.decideObjection",
	"objection.close":    "registration.withdraw, registration.decideObjection",
	"objection.execute":  "registration.record",
	"right.create":       "registration.record",
	"right.amend":        "registration.record",
	"right.transfer":     "registration.record",
	"right.cancel":       "registration.record",
	"certificate.issue":  "registration.record",
	"certificate.adjust": "registration.record",
	"certificate.cancel": "registration.record",

	"trade.deliver":        "delivery.accept, delivery.deemAccept",
	"trade.settle":         "settlement.confirm, settlement.deemConfirm",
	"copy.receive":         "delivery.receive",
	"permit.meter":         "meter.record",
	"permit.adjust":        "meter.adjust",
	"evaluation.supersede": "evaluation.issue",

	"participant.reinstate": "measure.lift, measure.decideAppeal, measure.expire",
}

// No gaps: every event has its command, every command its event.
func TestCommandsAndMachinesAgree(t *testing.T) {
	for _, m := range Machines() {
		for _, row := range m.Transitions {
			name := m.Entity + "." + row.Event
			c, batch := CommandNamed(name)
			by := indirect[name]
			if row.Event == "suspendByMeasure" || row.Event == "liftMeasure" {
				by = "measure"
			}
			if (c == nil) != (by != "") || batch {
				t.Errorf("%s: command %v, written by %q", name, c != nil, by)
			}
		}
	}
	names := map[string]bool{}
	for _, c := range Commands() {
		if names[c.Name] || names[c.Name+batchSuffix] {
			t.Errorf("%s is there twice", c.Name)
		}
		names[c.Name] = true
		entity, event, ok := strings.Cut(c.Name, ".")
		if !ok || event != c.Event || c.Title.Zh == "" || c.Title.En == "" {
			t.Errorf("%s: event %q, title %q", c.Name, c.Event, c.Title)
		}
		if c.Machine != nil && (c.Machine.Entity != entity || len(c.Machine.Rows(event)) == 0) {
			t.Errorf("%s has no row", c.Name)
		}
		if k := reflect.TypeOf(c.Body()).Elem().Kind(); k != reflect.Struct {
			t.Errorf("%s: body is a %s", c.Name, k)
		}
		found, batch := CommandNamed(c.Name + batchSuffix)
		if (found == c && batch) != c.Batch {
			t.Errorf("%sBatch: %t", c.Name, batch)
		}
	}
	for _, name := range []string{"", "registration", "registration.", "registration.Submit", "participant.admitBatch", "registration.submitBatchBatch"} {
		if c, _ := CommandNamed(name); c != nil {
			t.Errorf("%q is %s", name, c.Name)
		}
	}
}

// Ids are unique within an act, differ between acts, and say kind, region and day.
func TestNewID(t *testing.T) {
	a := &Act{TxID: "tx1", Now: at(t, "2026-11-23") - 1}
	seen := map[string]bool{}
	for i := range 1100 {
		kind := []Kind{KindResource, KindRight}[i%2]
		id := a.newID(kind, "320902")
		if seen[id[len(kind):]] {
			t.Fatalf("%s again", id)
		}
		seen[id[len(kind):]] = true
		if !strings.HasPrefix(id, string(kind)+"-320902-20261122-") || regionOf(id) != "320902" || !validID(id) {
			t.Fatal(id)
		}
	}
	if first := (&Act{TxID: "tx1", Now: at(t, "2026-11-22")}).newID(KindRight, "320902"); first != "RT-320902-20261122-"+first[19:31]+"-00" {
		t.Error(first)
	}
	if x, y := (&Act{TxID: "tx1"}).newID(KindRight, "320902"), (&Act{TxID: "tx2"}).newID(KindRight, "320902"); x == y {
		t.Errorf("two transactions made %s", x)
	}
}

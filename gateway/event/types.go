package event

import (
	"slices"
	"strings"

	"github.com/datarights/datarights/chaincode/rights"
)

// Prefix begins the type of every event.
const Prefix = "cn.datarights."

// The types that are no record's.
const (
	TypeSuggested = Prefix + "demand.suggested" // a listing and a demand came to fit each other
	TypePing      = Prefix + "webhook.ping"     // a test of a webhook, no event of the ledger
)

// What a record's event is called when another record's command wrote it.
const (
	created = "created"
	updated = "updated"
)

// withoutMachine are the entities of the kinds that no state machine moves.
var withoutMachine = map[rights.Kind]entity{
	rights.KindOrganisation:  {"organisation", rights.Text{Zh: "机构", En: "Organisation"}},
	rights.KindProfile:       {"ruleProfile", rights.Text{Zh: "规则参数", En: "Rule profile"}},
	rights.KindCalendar:      {"workCalendar", rights.Text{Zh: "工作日历", En: "Work calendar"}},
	rights.KindRestraints:    {"restraints", rights.Text{Zh: "权利限制", En: "Restraints of a right"}},
	rights.KindCryptoProfile: {"cryptoProfile", rights.Text{Zh: "密码应用要求", En: "Crypto profile"}},
	rights.KindCodeTable:     {"codeTable", rights.Text{Zh: "代码表", En: "Code table"}},
}

type entity struct {
	name  string
	title rights.Text
}

// entities are the names of the kinds of records, as commands have them.
var entities = func() map[rights.Kind]entity {
	m := map[rights.Kind]entity{}
	for k, e := range withoutMachine {
		m[k] = e
	}
	for _, machine := range rights.Machines() {
		m[machine.Kind] = entity{machine.Entity, machine.Title}
	}
	return m
}()

// TypeOf is the type of the event of a record that a transaction wrote:
// cn.datarights.<entity>.<event> when the command was one of the record's own,
// <entity>.created or <entity>.updated when the record went along with another's.
// command is empty for what no command wrote.
func TypeOf(kind rights.Kind, version int64, command string) string {
	name := entities[kind].name
	if name == "" {
		name = "record" // of a kind that a newer chaincode brought
	}
	of, event, _ := strings.Cut(command, ".")
	if of == name {
		if c, _ := rights.CommandNamed(command); c != nil {
			event = c.Event
		}
		return Prefix + name + "." + event
	}
	if version <= 1 {
		return Prefix + name + "." + created
	}
	return Prefix + name + "." + updated
}

// Type is one type of events, for documentation.
type Type struct {
	Name   string
	Kind   rights.Kind
	Title  rights.Text
	States []rights.State // that a record can be in after it; none where no machine says
}

// Types lists every type of events, kind by kind.
func Types() []Type {
	var list []Type
	seen := map[string]bool{}
	add := func(t Type) {
		if !seen[t.Name] {
			seen[t.Name] = true
			list = append(list, t)
		}
	}
	kinds := map[string]rights.Kind{}
	var order []rights.Kind
	for _, m := range rights.Machines() {
		order = append(order, m.Kind)
	}
	order = append(order, rights.KindOrganisation, rights.KindProfile, rights.KindCalendar, rights.KindRestraints, rights.KindCryptoProfile, rights.KindCodeTable)
	for _, k := range order {
		kinds[entities[k].name] = k
	}
	for _, k := range order {
		e := entities[k]
		for _, c := range rights.Commands() {
			of, _, _ := strings.Cut(c.Name, ".")
			if of != e.name {
				continue
			}
			t := Type{Name: Prefix + e.name + "." + c.Event, Kind: k, Title: c.Title}
			if c.Machine != nil {
				for _, row := range c.Machine.Rows(c.Event) {
					if !slices.Contains(t.States, row.To) {
						t.States = append(t.States, row.To)
					}
				}
			}
			add(t)
		}
		if k == rights.KindDemand {
			add(Type{Name: TypeSuggested, Kind: k, Title: rights.Text{Zh: "挂牌与需求相合", En: "a listing and a demand came to fit"}})
		}
		add(Type{Name: Prefix + e.name + "." + created, Kind: k, Title: rights.Text{Zh: "随其他记录的指令产生", En: "came about with another record's command"}})
		add(Type{Name: Prefix + e.name + "." + updated, Kind: k, Title: rights.Text{Zh: "随其他记录的指令变更", En: "changed with another record's command"}})
	}
	return list
}

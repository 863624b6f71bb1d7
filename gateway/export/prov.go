package export

import (
	"fmt"
	"strings"

	"github.com/datarights/datarights/chaincode/rights"
)

// PROV writes lineage as PROV-JSON (W3C member submission of 24 April 2013):
// states of content are entities, lineage records and deliveries activities,
// participants agents. What an input was used under is the plan of the
// association, as PROV has plans and no permissions; whether it was in force is an
// attribute of the usage.
func PROV(s Site, l *Lineage) map[string]any {
	d := provDocument{site: s, l: l, doc: object{"prefix": object{"ledger": s.Base + "/v1/", "dr": Namespace}}, made: map[string]int{}}
	byRoot := map[string][]string{}
	l.states(func(st State) {
		id := d.entity(st)
		if st.ContentRoot != "" {
			byRoot[st.ContentRoot] = append(byRoot[st.ContentRoot], id)
		}
	})
	var roots []string
	l.states(func(st State) { // in the order of the document
		if ids := byRoot[st.ContentRoot]; len(ids) > 1 {
			roots = append(roots, st.ContentRoot)
		}
	})
	done := map[string]bool{}
	for _, root := range roots {
		if done[root] {
			continue
		}
		done[root] = true
		for _, id := range byRoot[root][1:] { // one content, two records
			d.relation("alternateOf", object{"prov:alternate1": byRoot[root][0], "prov:alternate2": id})
		}
	}
	for i := range l.Steps {
		d.step(&l.Steps[i])
	}
	for i := range l.Handovers {
		d.handover(&l.Handovers[i])
	}
	d.self()
	return d.doc
}

type provDocument struct {
	site Site
	l    *Lineage
	doc  object
	made map[string]int // relations by type: their numbers are their names
}

func (d *provDocument) in(section string) object {
	if d.doc[section] == nil {
		d.doc[section] = object{}
	}
	return d.doc[section].(object)
}

func (d *provDocument) relation(kind string, r object) {
	d.made[kind]++
	d.in(kind)[fmt.Sprintf("_:%s%d", kind, d.made[kind])] = r
}

func qualified(name string) object { return object{"$": name, "type": "prov:QUALIFIED_NAME"} }

func (d *provDocument) entity(st State) string {
	prefix, local := st.key()
	id := prefix + ":" + local
	e := object{"prov:type": qualified("dr:" + st.Type)}
	if st.Type == "" {
		delete(e, "prov:type")
	}
	if st.ContentRoot != "" {
		e["dr:contentRoot"] = st.ContentRoot
	}
	if name := d.l.Names[st.ID]; name != "" {
		e["prov:label"] = object{"$": name, "lang": "zh"}
	}
	d.in("entity")[id] = e
	return id
}

func (d *provDocument) agent(id string) string {
	name := strings.TrimPrefix(d.site.record(rights.KindParticipant, id), d.site.Base+"/v1/")
	a := object{"prov:type": qualified("prov:Organization")}
	if label := d.l.Names[id]; label != "" {
		a["prov:label"] = object{"$": label, "lang": "zh"}
	}
	d.in("agent")["ledger:"+name] = a
	return "ledger:" + name
}

// plan is the right, copy, permit or grant something was done under.
func (d *provDocument) plan(ref string) string {
	iri := d.site.any(ref)
	id := "dr:" + strings.TrimPrefix(iri, Namespace)
	if local, ours := strings.CutPrefix(iri, d.site.Base+"/v1/"); ours {
		id = "ledger:" + local
	}
	if e, there := d.in("entity")[id].(object); !there { // a copy is both content and what may be done with it
		d.in("entity")[id] = object{"prov:type": qualified("prov:Plan")}
	} else if e["prov:type"] == nil {
		e["prov:type"] = qualified("prov:Plan")
	}
	return id
}

func (d *provDocument) activity(path string, a object) string {
	d.in("activity")["ledger:"+path] = a
	return "ledger:" + path
}

func name(st State) string {
	prefix, local := st.key()
	return prefix + ":" + local
}

func (d *provDocument) step(s *Step) {
	a := object{"prov:type": qualified("dr:" + s.Op), "dr:state": string(s.State), "dr:substantive": object{"$": fmt.Sprint(s.Substantive), "type": "xsd:boolean"}}
	if s.StartedAt > 0 {
		a["prov:startTime"] = instant(s.StartedAt)
	}
	if s.FinishedAt > 0 {
		a["prov:endTime"] = instant(s.FinishedAt)
	}
	if s.Env != "" {
		a["dr:environment"] = s.Env
	}
	if s.InputsWithheld {
		a["dr:inputsWithheld"] = object{"$": "true", "type": "xsd:boolean"}
	}
	id := d.activity("lineage/"+s.ID, a)
	if s.Supersedes != "" {
		a["dr:supersedes"] = qualified("ledger:lineage/" + s.Supersedes)
	}
	for _, out := range s.Outputs {
		g := object{"prov:entity": name(out), "prov:activity": id}
		if s.FinishedAt > 0 {
			g["prov:time"] = instant(s.FinishedAt)
		}
		d.relation("wasGeneratedBy", g)
	}
	plans := map[string]bool{}
	for _, in := range s.Inputs {
		u := object{"prov:activity": id, "prov:entity": name(in.State)}
		if in.Permission != "" {
			plan := d.plan(in.Permission)
			u["dr:permission"] = qualified(plan)
			if in.Effective != nil {
				u["dr:permissionEffective"] = object{"$": fmt.Sprint(*in.Effective), "type": "xsd:boolean"}
			}
			if in.Reason.Zh != "" {
				u["dr:permissionReason"] = []any{object{"$": in.Reason.Zh, "lang": "zh"}, object{"$": in.Reason.En, "lang": "en"}}
			}
			if !plans[plan] && s.OperatorID != "" {
				plans[plan] = true
				d.relation("wasAssociatedWith", object{"prov:activity": id, "prov:agent": d.agent(s.OperatorID), "prov:plan": plan})
			}
		}
		d.relation("used", u)
		for _, out := range s.Outputs {
			d.relation("wasDerivedFrom", object{"prov:generatedEntity": name(out), "prov:usedEntity": name(in.State), "prov:activity": id})
		}
	}
	if len(plans) == 0 && s.OperatorID != "" {
		d.relation("wasAssociatedWith", object{"prov:activity": id, "prov:agent": d.agent(s.OperatorID)})
	}
}

func (d *provDocument) handover(h *Handover) {
	derived := object{"prov:generatedEntity": name(h.Copy), "prov:usedEntity": name(h.Product)}
	if h.DeliveryID != "" {
		a := object{"prov:type": qualified("dr:Delivery")}
		id := d.activity("deliveries/"+h.DeliveryID, a)
		d.relation("used", object{"prov:activity": id, "prov:entity": name(h.Product)})
		g := object{"prov:entity": name(h.Copy), "prov:activity": id}
		if h.At > 0 {
			g["prov:time"] = instant(h.At)
		}
		d.relation("wasGeneratedBy", g)
		derived["prov:activity"] = id
	}
	d.relation("wasDerivedFrom", derived)
	if h.HolderID != "" {
		d.relation("wasAttributedTo", object{"prov:entity": name(h.Copy), "prov:agent": d.agent(h.HolderID)})
	}
	if e, ok := d.in("entity")[name(h.Copy)].(object); ok {
		e["dr:state"] = string(h.State)
	}
}

// self says what the document is drawn from and what is not in it.
func (d *provDocument) self() {
	d.in("entity")["dr:this-document"] = object{
		"prov:type": qualified("prov:Collection"), "dr:ledgerHeight": object{"$": fmt.Sprint(d.l.Height), "type": "xsd:long"},
		"dr:withheld": object{"$": fmt.Sprint(d.l.Withheld), "type": "xsd:int"}, "dr:truncated": object{"$": fmt.Sprint(d.l.Truncated), "type": "xsd:boolean"},
		"dr:start": qualified(name(d.l.Start)),
	}
}

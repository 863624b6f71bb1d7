package export

import (
	"cmp"
	"fmt"
	"net/url"
	"slices"

	"github.com/google/uuid"

	"github.com/datarights/datarights/chaincode/rights"
)

// What OpenLineage's events are made by and of.
const (
	producer     = "https://github.com/datarights/datarights"
	olRunEvent   = "https://openlineage.io/spec/2-0-2/OpenLineage.json#/$defs/RunEvent"
	olFacets     = "https://openlineage.io/spec/facets/"
	olJobType    = olFacets + "2-0-3/JobTypeJobFacet.json#/$defs/JobTypeJobFacet"
	olVersion    = olFacets + "1-0-1/DatasetVersionDatasetFacet.json#/$defs/DatasetVersionDatasetFacet"
	olDocument   = olFacets + "1-0-1/DocumentationDatasetFacet.json#/$defs/DocumentationDatasetFacet"
	olOwnership  = olFacets + "1-0-1/OwnershipDatasetFacet.json#/$defs/OwnershipDatasetFacet"
	olJobOwner   = olFacets + "1-0-1/OwnershipJobFacet.json#/$defs/OwnershipJobFacet"
	ownFacetBase = Namespace + "facet-"
)

// OpenLineage writes lineage as run events of OpenLineage 2-0-2, oldest first: a
// START and a COMPLETE for each lineage record and, as COMPLETE alone, each
// delivery of a copy. Run ids follow from the records', so that the same record
// is the same run wherever and whenever it is exported.
func OpenLineage(s Site, l *Lineage) []any {
	o := openLineage{site: s, l: l}
	var events []olEvent
	for i := range l.Steps {
		events = append(events, o.step(&l.Steps[i])...)
	}
	for i := range l.Handovers {
		events = append(events, o.handover(&l.Handovers[i]))
	}
	slices.SortStableFunc(events, func(a, b olEvent) int { return cmp.Compare(a.at, b.at) })
	all := make([]any, len(events))
	for i, e := range events {
		all[i] = e.body
	}
	return all
}

type olEvent struct {
	at   rights.UnixSec
	body object
}

type openLineage struct {
	site Site
	l    *Lineage
}

// namespace is where the ledger's datasets and jobs have their names.
func (o openLineage) namespace() string {
	host := o.site.Base
	if u, err := url.Parse(host); err == nil && u.Host != "" {
		host = u.Host
	}
	return "datarights://" + host
}

func facet(schema string, members object) object {
	members["_producer"], members["_schemaURL"] = producer, schema
	return members
}

func (o openLineage) event(kind string, at rights.UnixSec, id, job string, inputs, outputs []any) object {
	return object{
		"eventType": kind, "eventTime": instant(at), "producer": producer, "schemaURL": olRunEvent,
		"run": object{"runId": uuid.NewSHA1(uuid.NameSpaceURL, []byte(Namespace+id)).String(), "facets": object{
			"datarights_record": facet(ownFacetBase+"record", object{"id": id, "ledgerHeight": o.l.Height, "withheld": o.l.Withheld, "truncated": o.l.Truncated})}},
		"job":    object{"namespace": o.namespace(), "name": job, "facets": object{}},
		"inputs": inputs, "outputs": outputs,
	}
}

func (o openLineage) step(s *Step) []olEvent {
	var inputs, outputs []any
	for _, in := range s.Inputs {
		d := o.dataset(in.State)
		if in.Permission != "" {
			p := object{"ref": in.Permission}
			if in.Effective != nil {
				p["effective"] = *in.Effective
			}
			if in.Reason.Zh != "" {
				p["reasonZh"], p["reason"] = in.Reason.Zh, in.Reason.En
			}
			d["inputFacets"] = object{"datarights_permission": facet(ownFacetBase+"permission", p)}
		}
		inputs = append(inputs, d)
	}
	for _, out := range s.Outputs {
		outputs = append(outputs, o.dataset(out))
	}
	operator := s.OperatorID
	if operator == "" {
		operator = "withheld"
	}
	var events []olEvent
	for _, e := range []struct {
		kind string
		at   rights.UnixSec
	}{{"START", s.StartedAt}, {"COMPLETE", s.FinishedAt}} {
		out := outputs
		if e.kind == "START" {
			out = nil
		}
		body := o.event(e.kind, e.at, s.ID, operator+"/"+s.Op, list(inputs), list(out))
		facets := body["job"].(object)["facets"].(object)
		facets["jobType"] = facet(olJobType, object{"processingType": "BATCH", "integration": "DATARIGHTS", "jobType": s.Op})
		if s.OperatorID != "" {
			facets["ownership"] = facet(olJobOwner, object{"owners": []any{object{"name": s.OperatorID, "type": "OPERATOR"}}})
		}
		run := body["run"].(object)["facets"].(object)
		run["datarights_step"] = facet(ownFacetBase+"step", object{"state": string(s.State), "environment": s.Env, "substantive": s.Substantive, "inputsWithheld": s.InputsWithheld, "supersedes": s.Supersedes})
		events = append(events, olEvent{e.at, body})
	}
	return events
}

func (o openLineage) handover(h *Handover) olEvent {
	id := cmp.Or(h.DeliveryID, h.Copy.ID)
	out := o.dataset(h.Copy)
	if h.HolderID != "" {
		out["facets"].(object)["ownership"] = facet(olOwnership, object{"owners": []any{object{"name": h.HolderID, "type": "HOLDER"}}})
	}
	body := o.event("COMPLETE", h.At, id, "delivery", []any{o.dataset(h.Product)}, []any{out})
	body["job"].(object)["facets"].(object)["jobType"] = facet(olJobType, object{"processingType": "BATCH", "integration": "DATARIGHTS", "jobType": "DELIVERY"})
	return olEvent{h.At, body}
}

func (o openLineage) dataset(st State) object {
	_, local := st.key()
	if st.ID != "" {
		local = st.ID
	}
	facets := object{}
	if st.ContentRoot != "" {
		facets["datarights_content"] = facet(ownFacetBase+"content", object{"type": st.Type, "contentRoot": st.ContentRoot})
	}
	if st.Version > 0 {
		facets["version"] = facet(olVersion, object{"datasetVersion": fmt.Sprint(st.Version)})
	}
	if name := o.l.Names[st.ID]; name != "" {
		facets["documentation"] = facet(olDocument, object{"description": name})
	}
	return object{"namespace": o.namespace(), "name": local, "facets": facets}
}

// list is never null.
func list(items []any) []any { return append([]any{}, items...) }

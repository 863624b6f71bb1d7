package contract_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/datarights/datarights/chaincode/rights"
	"github.com/datarights/datarights/chaincode/state/statetest"
)

// world is the committed state, decoded by kind and id.
type world struct {
	raw          map[rights.Kind]map[string][]byte
	participants map[string]*rights.Participant
	resources    map[string]*rights.Resource
	cases        map[string]*rights.Case
	objections   map[string]*rights.Objection
	rights       map[string]*rights.Right
	certificates map[string]*rights.Certificate
	receipts     map[string]*rights.Receipt
	profiles     map[string]*rights.RuleProfile
}

// split takes a composite key apart.
func split(key string) (rights.Kind, string) {
	parts := strings.Split(key, "\x00")
	if len(parts) != 4 || parts[0] != "" || parts[3] != "" {
		panic(fmt.Sprintf("key %q", key))
	}
	return rights.Kind(parts[1]), parts[2]
}

func decodeAll[R any](raw map[string][]byte) map[string]*R {
	m := map[string]*R{}
	for id, b := range raw {
		r := new(R)
		d := json.NewDecoder(bytes.NewReader(b))
		d.DisallowUnknownFields()
		if err := d.Decode(r); err != nil {
			panic(fmt.Sprintf("%s: %v", id, err))
		}
		m[id] = r
	}
	return m
}

func snapshot(l *statetest.Ledger) *world {
	w := &world{raw: map[rights.Kind]map[string][]byte{}}
	for _, key := range l.Keys() {
		kind, id := split(key)
		if w.raw[kind] == nil {
			w.raw[kind] = map[string][]byte{}
		}
		w.raw[kind][id] = l.Get(key)
	}
	w.participants = decodeAll[rights.Participant](w.raw[rights.KindParticipant])
	w.resources = decodeAll[rights.Resource](w.raw[rights.KindResource])
	w.cases = decodeAll[rights.Case](w.raw[rights.KindCase])
	w.objections = decodeAll[rights.Objection](w.raw[rights.KindObjection])
	w.rights = decodeAll[rights.Right](w.raw[rights.KindRight])
	w.certificates = decodeAll[rights.Certificate](w.raw[rights.KindCertificate])
	w.receipts = decodeAll[rights.Receipt](w.raw[rights.KindReceipt])
	w.profiles = decodeAll[rights.RuleProfile](w.raw[rights.KindProfile])
	return w
}

// machineOf is the entity of the machine that moves records of a kind.
var machineOf = func() map[rights.Kind]string {
	of := map[rights.Kind]string{}
	for _, m := range rights.Machines() {
		of[m.Kind] = m.Entity
	}
	return of
}()

func machine(entity string) *rights.Machine {
	for _, m := range rights.Machines() {
		if m.Entity == entity {
			return m
		}
	}
	panic("no machine " + entity)
}

func ended(entity string, s rights.State) bool { return machine(entity).Ended(s) }

// checkInvariants holds the whole ledger against what must be true of it
// always, and returns everything that is not.
func checkInvariants(l *statetest.Ledger) []string {
	w := snapshot(l)
	var faults []string
	fault := func(format string, args ...any) { faults = append(faults, fmt.Sprintf(format, args...)) }
	inBeing := func(id string) bool {
		r := w.rights[id]
		return r != nil && (r.State == rights.StateActive || r.State == rights.StateSuspended)
	}

	// Every head fits its key, its state its machine.
	for kind, records := range w.raw {
		if kind[0] == 'x' || kind == rights.KindReceipt {
			continue
		}
		for id, raw := range records {
			var h rights.Head
			if err := json.Unmarshal(raw, &h); err != nil {
				fault("%s %s: %v", kind, id, err)
			}
			if h.DocType != string(kind) || h.ID != id || h.SchemaVersion != rights.SchemaVersion || h.Version < 1 || h.LastTxID == "" ||
				h.CreatedAt <= 0 || h.UpdatedAt < h.CreatedAt || h.CreatedBy == "" || h.UpdatedBy == "" {
				fault("%s %s: head %+v", kind, id, h)
			}
			if m := machineOf[kind]; m != "" && !slices.ContainsFunc(machine(m).States, func(s rights.StateInfo) bool { return s.Name == h.State }) {
				fault("%s %s: state %q", kind, id, h.State)
			}
			// G-15: what was decided under a profile cites one that is there.
			switch kind {
			case rights.KindCase, rights.KindObjection, rights.KindRight, rights.KindCertificate:
				if p := w.profiles[h.RuleProfileVer]; p == nil || p.From > h.CreatedAt {
					fault("G-15: %s %s cites %q", kind, id, h.RuleProfileVer)
				}
			}
		}
	}

	// Participants: numbered keys, each key once on the whole ledger.
	fingerprints := map[string]string{}
	for id, p := range w.participants {
		active := 0
		for i, k := range p.Keys {
			if k.No != i+1 {
				fault("participant %s: key %d has number %d", id, i+1, k.No)
			}
			if who, again := fingerprints[k.Fingerprint]; again {
				fault("key %s serves %s and %s", k.Fingerprint, who, id)
			}
			fingerprints[k.Fingerprint] = id
			var owner struct{ ParticipantID string }
			if err := json.Unmarshal(w.raw[rights.PointerKey][k.Fingerprint], &owner); err != nil || owner.ParticipantID != id {
				fault("pointer of key %s#%d: %q %v", id, k.No, owner.ParticipantID, err)
			}
			if k.State == rights.KeyActive {
				active++
			}
			if k.Officer != nil && p.MSPID == "" && k.State == rights.KeyActive {
				fault("%s has an officer and no organisation", id)
			}
			if k.Officer != nil && k.State == rights.KeyActive {
				for _, d := range k.Officer.Duties {
					if !slices.Contains(p.Roles, d) {
						fault("%s#%d has a duty %s the institution has not", id, k.No, d)
					}
				}
			}
		}
		if active == 0 {
			fault("participant %s has no active key", id)
		}
	}
	if len(fingerprints) != len(w.raw[rights.PointerKey]) {
		fault("%d keys, %d pointers to keys", len(fingerprints), len(w.raw[rights.PointerKey]))
	}

	// Resources: versions numbered, each tag's claims name the resource.
	type claim struct{ ResourceID, HolderID string }
	claims := map[string][]claim{}
	products := decodeAll[rights.Product](w.raw[rights.KindProduct]) // they enter their tags when they are registered
	for tag, raw := range w.raw[rights.PointerTag] {
		var c struct{ Claims []claim }
		if err := json.Unmarshal(raw, &c); err != nil {
			fault("claims of %s: %v", tag, err)
		}
		claims[tag] = c.Claims
		for _, x := range c.Claims {
			if d := products[x.ResourceID]; d != nil && slices.ContainsFunc(d.Versions, func(v rights.ProductVersion) bool { return v.MatchTag == tag }) {
				continue
			}
			r := w.resources[x.ResourceID]
			if r == nil || !slices.ContainsFunc(r.Versions, func(v rights.ResourceVersion) bool { return v.MatchTag == tag }) {
				fault("tag %s claims %s, which does not carry it", tag, x.ResourceID)
			}
		}
	}
	for id, r := range w.resources {
		for i, v := range r.Versions {
			if v.No != int64(i+1) {
				fault("resource %s: version %d has number %d", id, i+1, v.No)
			}
			live := r.State == rights.StateCatalogued || r.State == rights.StateSuspended
			if v.MatchTag != "" && live && !slices.Contains(claims[v.MatchTag], claim{id, r.HolderID}) {
				fault("resource %s: tag of version %d does not lead to it", id, v.No)
			}
		}
		if r.Level == "LevelCore" {
			fault("R-1: %s is core data", id)
		}
		if r.Limits != nil && r.Level == "LevelImportant" && (r.Limits.ResaleAllowed || r.Limits.ExportAllowed) {
			fault("R-6: %s", id)
		}
		if w.participants[r.HolderID] == nil {
			fault("resource %s has no holder", id)
		}
	}

	// Cases.
	open := map[string]string{}
	for id, c := range w.cases {
		over := ended("registration", c.State)
		if over != (c.EndedAt > 0) {
			fault("case %s is %s and ended at %d", id, c.State, c.EndedAt)
		}
		for _, k := range c.RightKinds {
			key := fmt.Sprint(c.ObjectID, c.ApplicantIDs, c.RegType, k)
			if other, again := open[key]; again && !over {
				fault("RG-3: %s and %s are open for %s", id, other, key)
			}
			if !over {
				open[key] = id
			}
		}
		if w.resources[c.ObjectID] == nil && w.raw[rights.KindProduct][c.ObjectID] == nil || w.participants[c.ApplicantIDs[0]] == nil || w.participants[c.RegistrarID] == nil {
			fault("case %s: object, applicant or registrar missing", id)
		}
		if c.ApplicantIDs[0] == c.RegistrarID || c.AgentID == c.RegistrarID {
			fault("SD-1: case %s", id)
		}
		now := c.State
		if now == rights.StateOnHold {
			now = c.HeldFrom
		} else if c.HeldFrom != "" || c.HeldAt != 0 {
			fault("case %s is %s and held from %q", id, c.State, c.HeldFrom)
		}
		filed := 0
		for _, o := range c.ObjectionIDs {
			if x := w.objections[o]; x == nil || x.CaseID != id {
				fault("case %s: objection %s", id, o)
			} else if x.State == rights.StateObjFiled {
				filed++
			}
		}
		if int64(filed) != c.OpenObjections || (filed > 0) != (now == rights.StateObjected) {
			fault("case %s is %s with %d open objections, counts %d", id, now, filed, c.OpenObjections)
		}
		switch now { // when the review clock stands still
		case rights.StateSupplementing, rights.StateObjected:
			if c.PausedAt == 0 {
				fault("case %s is %s and its clock runs", id, now)
			}
		case rights.StateUnderReview, rights.StateSubmitted, rights.StateCorrectionRequired, rights.StateRecorded:
			if c.PausedAt != 0 {
				fault("case %s is %s and its clock stands", id, now)
			}
		}
		// G-3, RG-2: limits are midnights in Shanghai, fixed when the period began.
		if p := w.profiles[c.RuleProfileVer]; p != nil && !p.Demo() {
			for _, due := range []int64{c.AcceptDueAt, c.CorrectionDueAt, c.ReviewDueAt, c.NoticeEndsAt} {
				if due != 0 && (due+8*3600)%86400 != 0 {
					fault("case %s: a limit at %d", id, due)
				}
			}
			if c.NoticeEndsAt != 0 && c.NoticeEndsAt <= c.NoticeStartAt {
				fault("case %s: notice ends before it starts", id)
			}
		}
		// RG-1: recorded means rights, certificate and case, each pointing to the others.
		recorded := c.State == rights.StateRecorded
		if c.Profile == rights.CodePublic { // about no right
			if len(c.ResultRightIDs) > 0 || c.ResultCertNo != "" || len(c.RightKinds) > 0 {
				fault("RG-7: case %s has rights %v and certificate %q", id, c.ResultRightIDs, c.ResultCertNo)
			}
			continue
		}
		if recorded != (len(c.ResultRightIDs) == len(c.RightKinds)) || recorded != (c.ResultCertNo != "") || (!recorded && len(c.ResultRightIDs) > 0) {
			fault("RG-1: case %s is %s with rights %v and certificate %q", id, c.State, c.ResultRightIDs, c.ResultCertNo)
		}
		for _, r := range c.ResultRightIDs {
			if x := w.rights[r]; x == nil || makesRights(c) != (x.CaseID == id) || !slices.Contains(c.RightKinds, x.Kind) || x.CertNo != c.ResultCertNo {
				fault("RG-1: case %s: right %s", id, r)
			}
		}
		if ct := w.certificates[c.ResultCertNo]; recorded && (ct == nil || makesRights(c) != (ct.CaseID == id)) {
			fault("RG-1: case %s: certificate %s", id, c.ResultCertNo)
		}
		if recorded && (c.Findings == nil || !c.Findings.Description.Positive || !c.Findings.Source.Positive || !c.Findings.Rights.Positive) {
			fault("case %s was recorded without positive findings", id)
		}
		if recorded && c.RegType == rights.RegFirst && c.NoticeExempt == nil && (c.NoticeEndsAt == 0 || c.EndedAt < c.NoticeEndsAt) {
			fault("case %s was recorded at %d; the notice ended at %d", id, c.EndedAt, c.NoticeEndsAt)
		}
	}
	for id, o := range w.objections {
		if o.Stage == rights.PostRegistration {
			continue // see checkAfter
		}
		c := w.cases[o.CaseID]
		if c == nil || !slices.Contains(c.ObjectionIDs, id) {
			fault("objection %s hangs in the air", id)
		} else if o.ObjectorID == c.ApplicantIDs[0] || (o.ObjectorID == "") == (o.OutsiderHash == "") {
			fault("objection %s of %q for %q", id, o.ObjectorID, o.OutsiderHash)
		}
		if (o.State == rights.StateObjFiled) != (o.DecidedAt == 0) {
			fault("objection %s is %s, decided at %d", id, o.State, o.DecidedAt)
		}
	}

	// Rights and certificates.
	held := map[string]string{}
	for id, r := range w.rights {
		c, ct := w.cases[r.CaseID], w.certificates[r.CertNo]
		if c == nil || ct == nil {
			fault("right %s has no case or no certificate", id)
			continue
		}
		holder := c.ApplicantIDs[0]
		if c.CounterpartyID != "" {
			holder = c.CounterpartyID
		}
		if !slices.Contains(c.ResultRightIDs, id) || r.HolderID != holder || r.ObjectID != c.ObjectID {
			fault("right %s does not fit its case", id)
		}
		if w.profiles[r.RuleProfileVer] == nil || r.RuleProfileVer != c.RuleProfileVer {
			fault("G-15: right %s cites %q, its case %q", id, r.RuleProfileVer, c.RuleProfileVer)
			continue
		}
		if inBeing(id) {
			key := fmt.Sprint(r.ObjectID, r.HolderID, r.Kind)
			if other, again := held[key]; again {
				fault("%s has %s and %s over the same", r.HolderID, id, other)
			}
			held[key] = id
		}
		if r.ValidFrom >= r.ValidTo || r.ValidTo > rights.AddMonths(max(r.ValidFrom, r.RenewedFrom), w.profiles[r.RuleProfileVer].Int(rights.ParamCertMaxMonths)) {
			fault("right %s: term [%d, %d)", id, r.ValidFrom, r.ValidTo)
		}
		usable := false
		for _, b := range r.Basis {
			base := w.rights[b.RefID]
			if strings.HasPrefix(b.RefID, "CP-") || strings.HasPrefix(b.RefID, "GR-") {
				usable = true // which copies and grants serve, the area's tests say
				continue
			}
			if b.RefID != "" && (base == nil || base.CreatedAt > r.CreatedAt && base.PrevRightID == "") {
				fault("right %s rests on %s", id, b.RefID)
				continue
			}
			if (b.To > 0 && r.ValidTo > b.To) || (base != nil && r.ValidTo > base.ValidTo) {
				fault("RT-3: right %s outlives its basis", id)
			}
			usable = usable || b.Type != "BasisOwnRight" || base.Kind == rights.RightHolding
		}
		if r.Kind == rights.RightUse && !usable {
			fault("RT-1: use right %s rests on %v", id, r.Basis)
		}
		object := w.resources[r.ObjectID]
		if object == nil {
			continue // a product
		}
		if src := object.SourceType; r.Kind == rights.RightOperation && (src == "SrcCrawled" || c.SourceType == "SrcCrawled") {
			fault("RT-2: operation right %s over crawled data", id)
		}
		if object.PublicKind == "GovDuty" {
			fault("R-5: right %s", id)
		}
	}
	for no, ct := range w.certificates {
		c := w.cases[ct.CaseID]
		if c == nil || c.ResultCertNo != no || ct.CertNo != no || !rights.ValidCertNo(no) || len(ct.Rights) == 0 {
			fault("CT-1: certificate %s", no)
			continue
		}
		live := slices.ContainsFunc(ct.Rights, func(r rights.CertificateRight) bool { return inBeing(r.RightID) })
		if live != (ct.State == rights.StateValid || ct.State == rights.StateAdjusted) {
			fault("CT-2: certificate %s is %s, rights in being: %t", no, ct.State, live)
		}
		for i, r := range ct.Rights {
			if r.RightID != c.ResultRightIDs[i] || r.ValidTo != w.rights[r.RightID].ValidTo || r.ValidTo > ct.ValidTo {
				fault("certificate %s: right %+v", no, r)
			}
		}
	}

	// Pointers and records agree: each leads to the newest.
	newest := func(kind rights.Kind, at map[string]int64, want map[string]string) {
		got := map[string]string{}
		for id, raw := range w.raw[kind] {
			var p struct {
				Rights, Cases []struct{ Kind, ID string }
			}
			if err := json.Unmarshal(raw, &p); err != nil {
				fault("%s %s: %v", kind, id, err)
			}
			for _, x := range append(p.Rights, p.Cases...) {
				got[id+" "+x.Kind] = x.ID
			}
		}
		for key, id := range want {
			if at[got[key]] != at[id] || got[key] == "" {
				fault("pointer %s %s leads to %q; newest is %s", kind, key, got[key], id)
			}
		}
		if len(got) != len(want) {
			fault("%d pointers %s; want %d", len(got), kind, len(want))
		}
	}
	at, wantHeld, wantOpen := map[string]int64{}, map[string]string{}, map[string]string{}
	keep := func(m map[string]string, key, id string) {
		if old, ok := m[key]; !ok || at[old] < at[id] {
			m[key] = id
		}
	}
	for id, r := range w.rights {
		at[id] = r.CreatedAt
		keep(wantHeld, fmt.Sprintf("%s/%s %s", r.ObjectID, r.HolderID, r.Kind), id)
	}
	for id, c := range w.cases {
		at[id] = c.CreatedAt
		kinds := c.RightKinds
		if len(kinds) == 0 {
			kinds = []rights.RightKind{"Object"} // about no right (RG-7)
		}
		for _, k := range kinds {
			keep(wantOpen, fmt.Sprintf("%s/%s/%s %s", c.ObjectID, c.ApplicantIDs[0], c.RegType, k), id)
		}
	}
	newest(rights.PointerHeld, at, wantHeld)
	newest(rights.PointerOpen, at, wantOpen)
	for _, check := range []func(*world, func(string, ...any)){checkAfter, checkProducts, checkTrades, checkUse, checkFinance, checkSupervision} {
		check(w, fault)
	}
	return faults
}

// checkStep holds what one transaction wrote against what it may write: G-1,
// and that the tables give the writer standing for every record.
func checkStep(before *world, tx statetest.Tx, writes map[string][]byte, a answer) []string {
	var faults []string
	fault := func(format string, args ...any) { faults = append(faults, fmt.Sprintf(format, args...)) }
	actorID, keyNo, _ := rights.SplitKeyID(a.Kid)
	actor := before.participants[actorID]
	listed := map[string]bool{}
	for _, r := range a.Result.Records {
		if listed[string(r.Kind)+r.ID] {
			fault("%s %s is listed twice", r.Kind, r.ID)
		}
		listed[string(r.Kind)+r.ID] = true
	}
	for key, raw := range writes {
		kind, id := split(key)
		old := before.raw[kind][id]
		if kind == rights.KindReceipt {
			if old != nil {
				fault("receipt %s was written again", id)
			}
			continue
		}
		if kind[0] == 'x' {
			continue
		}
		if !listed[string(kind)+id] && a.Kid != "" {
			fault("%s %s is written and not listed", kind, id)
		}
		var was, is rights.Head
		if err := json.Unmarshal(raw, &is); err != nil {
			fault("%s %s: %v", kind, id, err)
		}
		if old != nil {
			if err := json.Unmarshal(old, &was); err != nil {
				fault("%s %s: %v", kind, id, err)
			}
			if is.CreatedAt != was.CreatedAt || is.CreatedBy != was.CreatedBy || is.RuleProfileVer != was.RuleProfileVer || is.UpdatedAt < was.UpdatedAt {
				fault("%s %s: head went from %+v to %+v", kind, id, was, is)
			}
		}
		if is.Version != was.Version+1 || is.UpdatedAt != tx.At || is.LastTxID != tx.ID {
			fault("G-1: %s %s: head went from %+v to %+v", kind, id, was, is)
		}
		if machineOf[kind] == "" || a.Kid == "" { // an administrator's, or published once
			if old != nil && a.Kid != "" && kind != rights.KindRestraints { // they come and go, beside their right
				fault("%s %s was published again", kind, id)
			}
			continue
		}
		if !allowed(before, writes, kind, id, was.State, is.State, a.Command, actor, keyNo) {
			fault("%s of %s moved %s %s from %q to %q: no row allows it", a.Command, a.Kid, kind, id, was.State, is.State)
		}
	}
	return faults
}

// eventsOn are the events that a command sends to records of other machines
// than its own.
var eventsOn = map[string][]string{
	"registration.fileObjection":     {"objection.file"},
	"registration.decideObjection":   {"objection.decide", "objection.close"},
	"registration.withdrawObjection": {"objection.withdraw"},
	"registration.withdraw":          {"objection.close"},
	"registration.record":            {"right.create", "certificate.issue"},
	"right.expire":                   {"certificate.expire"},
	"certificate.expire":             {"right.expire"},
}

// touches are the kinds whose records a command rewrites without moving them.
var touches = map[string][]rights.Kind{"registration.releaseHold": {rights.KindObjection}}

// eventsIn and touchesIn gather what the areas add.
func eventsIn(command string) []string {
	list := eventsOn[command]
	for _, more := range []map[string][]string{afterEventsOn, productEventsOn, tradeEventsOn, useEventsOn, financeEventsOn, supervisionEventsOn} {
		list = slices.Concat(list, more[command])
	}
	return list
}

func touchesIn(command string) []rights.Kind {
	list := touches[command]
	for _, more := range []map[string][]rights.Kind{afterTouches, productTouches, tradeTouches, useTouches, financeTouches, supervisionTouches} {
		list = slices.Concat(list, more[command])
	}
	return list
}

// allowed asks the tables alone whether the move may be made by the actor.
func allowed(before *world, writes map[string][]byte, kind rights.Kind, id string, from, to rights.State, command string, actor *rights.Participant, keyNo int) bool {
	command = strings.TrimSuffix(command, "Batch")
	m := machine(machineOf[kind])
	if from == to && slices.Contains(touchesIn(command), kind) {
		return true
	}
	if kind == rights.KindAlert && from == "" { // the system's own, raised by what any command does
		return true
	}
	for _, row := range m.Transitions {
		event := m.Entity + "." + row.Event
		if event != command && !slices.Contains(eventsIn(command), event) {
			continue
		}
		if !row.Leaves(from) || (row.To != to && row.To != rights.StatePrevious) {
			continue
		}
		if strings.HasPrefix(command, "measure.") && (row.Event == "liftMeasure" || row.Event == "reinstate") {
			return true // the regulator's word when it issued the measure, whoever writes its end down
		}
		for _, c := range row.By {
			if stands(before, writes, c, kind, id, actor, keyNo) {
				return true
			}
		}
	}
	return false
}

// stands says whether the actor stands in a capacity to a record, from the
// records as they were (or, for one just made, as it is).
func stands(before *world, writes map[string][]byte, c rights.Capacity, kind rights.Kind, id string, actor *rights.Participant, keyNo int) bool {
	if c == rights.ByOutsider {
		return actor == nil || actor.State == rights.StateRefused || actor.State == rights.StateExited
	}
	if actor == nil || actor.State != rights.StateActive || keyNo < 1 || keyNo > len(actor.Keys) || actor.Keys[keyNo-1].State != rights.KeyActive {
		return false
	}
	office := func(r rights.Role) bool {
		o := actor.Keys[keyNo-1].Officer
		return o != nil && slices.Contains(o.Duties, r) && slices.Contains(actor.Roles, r)
	}
	raw := before.raw[kind][id]
	if raw == nil || c == rights.BySeller && kind == rights.KindDemand { // the seller of what it was just matched with
		raw = writes["\x00"+string(kind)+"\x00"+id+"\x00"]
	}
	var r struct {
		HolderID, ObjectorID, OutsiderHash, CaseID, AgentID, RegistrarID string
		ApplicantIDs                                                     []string
		Roles                                                            []rights.Role
	}
	if err := json.Unmarshal(raw, &r); err != nil {
		return false
	}
	if x := before.cases[r.CaseID]; x != nil && kind == rights.KindObjection {
		r.RegistrarID, r.ApplicantIDs, r.AgentID = x.RegistrarID, x.ApplicantIDs, x.AgentID
	}
	switch c {
	case rights.BySelf:
		return id == actor.USCC
	case rights.ByHolder:
		return r.HolderID == actor.USCC
	case rights.ByApplicant:
		return slices.Contains(r.ApplicantIDs, actor.USCC) || r.AgentID == actor.USCC
	case rights.ByObjector:
		if kind == rights.KindCase { // of one of its objections
			for _, o := range before.objections {
				if o.CaseID == id && o.ObjectorID == actor.USCC {
					return true
				}
			}
		}
		if r.ObjectorID == "" && r.OutsiderHash != "" { // an outsider is spoken for
			return r.RegistrarID == actor.USCC && office(rights.RoleRegistrar)
		}
		return r.ObjectorID == actor.USCC
	case rights.ByRegistrar:
		return r.RegistrarID == actor.USCC && office(rights.RoleRegistrar)
	case rights.ByExchange:
		return office(rights.RoleExchange)
	case rights.ByRegulator:
		return office(rights.RoleRegulator)
	case rights.ByAdmitter: // which of the two, the participant tests say
		return office(rights.RoleExchange) || office(rights.RoleRegulator)
	case rights.ByBank:
		return office(rights.RoleBank)
	case rights.ByAnyone:
		return true
	}
	return names(raw, actor.USCC, partyFields[c]...)
}

// makesRights tells the types of registration that make rights and a certificate
// from those that change what there is.
func makesRights(c *rights.Case) bool {
	return c.RegType == rights.RegFirst || c.RegType == rights.RegTransfer || c.RegType == rights.RegLicence
}

// partyFields are the fields of a record that say who stands in a relation to it.
var partyFields = map[rights.Capacity][]string{
	rights.ByTransferee: {"counterpartyId"}, rights.ByOwner: {"ownerId"}, rights.BySeller: {"sellerId", "sellerIds"}, rights.ByBuyer: {"buyerId"},
	rights.BySender: {"fromId"}, rights.ByRecipient: {"toId", "holderId"}, rights.ByPayee: {"payeeId"},
	rights.ByClaimant: {"claimantId"}, rights.ByRespondent: {"respondentIds"}, rights.ByMediator: {"mediatorId"}, rights.ByOrdered: {"orderedId"},
	rights.ByOperator: {"operatorId"}, rights.ByPlatform: {"platformId", "computedBy"}, rights.ByPermittee: {"permitteeId"}, rights.ByGrantor: {"grantorId"},
	rights.ByAuthoriser: {"authoriserId", "implementingId"}, rights.ByGrantee: {"granteeId", "developerId"}, rights.ByCustodian: {"custodianId"},
	rights.ByClient: {"clientId", "enterpriseId"}, rights.ByEvaluator: {"evaluatorId", "auditorId"}, rights.ByPledgor: {"pledgorId"}, rights.ByPledgee: {"pledgeeId", "beneficiaryId"},
	rights.ByGuarantor: {"guarantorId"}, rights.BySubject: {"subjectId", "subjectIds"}, rights.ByAssignee: {"assigneeId"},
	rights.BySubmitter: {"submitterId", "publisherId", "organiserId", "peerId", "holderUscc"}, rights.ByKeeper: {"to", "collectedBy"},
}

// names reports whether a record names id in one of those fields, at any depth.
func names(raw []byte, id string, fields ...string) bool {
	var v any
	if json.Unmarshal(raw, &v) != nil {
		return false
	}
	var in func(v any, here bool) bool
	in = func(v any, here bool) bool {
		switch v := v.(type) {
		case string:
			return here && v == id
		case []any:
			return slices.ContainsFunc(v, func(x any) bool { return in(x, here) })
		case map[string]any:
			for k, x := range v {
				if in(x, slices.Contains(fields, k)) {
					return true
				}
			}
		}
		return false
	}
	return in(v, false)
}

// A checker that finds nothing proves nothing: each invariant is broken once
// by hand and must be named.
func TestInvariantCheckerFinds(t *testing.T) {
	m := newMarket(t)
	m.quiet = true
	id := m.objected(energyID, "contested")
	rec := m.recorded(energyID, "energy", "SJ3212026070001")
	c := read[rights.Case](m, rights.KindCase, rec)
	right := c.ResultRightIDs[1]
	if faults := checkInvariants(m.ledger); len(faults) > 0 {
		t.Fatalf("a sound ledger: %v", faults)
	}
	for _, x := range []struct {
		want string
		harm func(m *market)
	}{
		{"G-15", edit(rights.KindRight, right, func(r *rights.Right) { r.RuleProfileVer = "DRWG@9" })},
		{"RG-1", edit(rights.KindCase, rec, func(c *rights.Case) { c.ResultCertNo = "" })},
		{"RG-3", func(m *market) { m.put(rights.KindCase, "RG-twin", read[rights.Case](m, rights.KindCase, id)) }},
		{"CT-2", edit(rights.KindCertificate, "SJ3212026070001", func(c *rights.Certificate) { c.State = rights.StateExpired })},
		{"RT-3", edit(rights.KindRight, right, func(r *rights.Right) { r.Basis[0].To = r.ValidTo - 1 })},
		{"RT-1", edit(rights.KindRight, right, func(r *rights.Right) {
			r.Basis = []rights.Basis{{Type: "BasisOwnRight", RefID: right}}
		})},
		{"term", edit(rights.KindRight, right, func(r *rights.Right) { r.ValidTo++ })},
		{"over the same", func(m *market) { m.put(rights.KindRight, "RT-twin", read[rights.Right](m, rights.KindRight, right)) }},
		{"pointer xHD", func(m *market) {
			m.put(rights.PointerHeld, c.ObjectID+"/"+energyID, map[string]any{"rights": []any{}})
		}},
		{"does not lead to it", func(m *market) {
			m.put(rights.PointerTag, hash("tag energy"), map[string]any{"claims": []any{}})
		}},
		{"open objections", edit(rights.KindCase, id, func(c *rights.Case) { c.OpenObjections = 0 })},
		{"its clock runs", edit(rights.KindCase, id, func(c *rights.Case) { c.PausedAt = 0 })},
		{"R-1", edit(rights.KindResource, c.ObjectID, func(r *rights.Resource) { r.Level = "LevelCore" })},
		{"R-5", edit(rights.KindResource, c.ObjectID, func(r *rights.Resource) { r.PublicKind = "GovDuty" })},
		{"RT-2", edit(rights.KindResource, c.ObjectID, func(r *rights.Resource) { r.SourceType = "SrcCrawled" })},
		{"has number", edit(rights.KindParticipant, energyID, func(p *rights.Participant) { p.Keys[0].No = 2 })},
		{"no active key", edit(rights.KindParticipant, energyID, func(p *rights.Participant) { p.Keys[0].State = rights.KeyRetired })},
		{"a limit at", edit(rights.KindCase, id, func(c *rights.Case) { c.NoticeEndsAt++ })},
		{"was recorded at", edit(rights.KindCase, rec, func(c *rights.Case) { c.NoticeEndsAt = c.EndedAt + 86400 - (c.EndedAt+8*3600)%86400 })},
	} {
		harmed := *m
		harmed.ledger = m.ledger.Clone()
		x.harm(&harmed)
		if faults := checkInvariants(harmed.ledger); !slices.ContainsFunc(faults, func(f string) bool { return strings.Contains(f, x.want) }) {
			t.Errorf("%s is not found; only %q", x.want, faults)
		}
	}
}

// edit changes a committed record past every rule.
func edit[R any](kind rights.Kind, id string, change func(*R)) func(*market) {
	return func(m *market) {
		r := read[R](m, kind, id)
		change(r)
		m.put(kind, id, r)
	}
}

func failOn(t testing.TB, what string, faults []string) {
	t.Helper()
	if len(faults) > 0 {
		slices.Sort(faults)
		t.Fatalf("after %s:\n%s", what, strings.Join(faults, "\n"))
	}
}

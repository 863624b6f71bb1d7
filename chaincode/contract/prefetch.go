package contract

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/datarights/datarights/chaincode/command"
	"github.com/datarights/datarights/chaincode/rights"
	"github.com/datarights/datarights/chaincode/state"
)

// Reading ahead: what a command will read is asked of the peer in a few round
// trips, each for many keys, instead of one trip a key. It is only ever a guess.
// Whatever it misses, or cannot make sense of, the rules read for themselves,
// and no error of it counts: the rules meet the same one and say it properly.

// names are the fields of a body, or of an item of one, that name records.
type names struct {
	ObjectID, CaseID, CertNo, ContentRoot, MatchTag, RightID, ResourceID, RegistrarID, Profile string
	ApplicantIDs                                                                               []string
	TagAttestation                                                                             struct{ Kid string }
	PlatformID                                                                                 string
	Inputs, Outputs                                                                            []struct{ ContentRoot string } // of a job
}

type namesOfBody struct {
	names
	Common names
	Items  []names
}

// ahead collects what to read next.
type ahead struct {
	world *state.World
	refs  []state.Ref // wanted next
	seen  map[state.Ref]bool
	body  namesOfBody // what the command names, as far as it could be read

	read     []state.Ref // so far
	followed int         // of these, those whose leads were followed
}

// maxID is longer than any record's id.
const maxID = 160

func (h *ahead) want(kind rights.Kind, id string) {
	ref := state.Ref{Kind: kind, ID: id}
	if id == "" || len(id) > maxID || h.seen[ref] {
		return
	}
	h.seen[ref] = true
	h.refs = append(h.refs, ref)
}

// fetch reads what was wanted.
func (h *ahead) fetch() {
	_ = h.world.Prefetch(h.refs) // see above
	h.read = append(h.read, h.refs...)
	h.refs = h.refs[:0]
}

// load decodes what was fetched, or reports that it is not there.
func (h *ahead) load(kind rights.Kind, id string, v any) bool {
	ok, err := h.world.Load(kind, id, v)
	return ok && err == nil
}

// records wants what is named for applicant.
func (h *ahead) records(n *names, applicant string) {
	h.want(rights.KindResource, n.ObjectID)
	h.want(rights.KindResource, n.ResourceID)
	h.want(rights.KindCase, n.CaseID)
	h.want(rights.KindCertificate, n.CertNo)
	h.tagged(n.MatchTag, applicant)
	if n.ContentRoot != "" {
		h.want(rights.PointerUnique, rights.LineageName(n.ContentRoot))
	}
	h.want(rights.KindRight, n.RightID)
	for _, c := range slices.Concat(n.Inputs, n.Outputs) {
		h.want(rights.PointerUnique, rights.LineageName(c.ContentRoot))
		h.want(rights.PointerUnique, rights.UsedName(c.ContentRoot))
	}
	if n.ObjectID != "" {
		for _, p := range rights.PointersOf(n.ObjectID, applicant) {
			h.want(p.Kind, p.ID)
		}
	}
}

// tagged wants who carries a tag, and what the applicant received under it.
func (h *ahead) tagged(tag, applicant string) {
	for _, p := range rights.PointersOfTag(tag, applicant) {
		h.want(p.Kind, p.ID)
	}
}

// content wants what is known of the tags of a resource that was fetched.
func (h *ahead) content(resourceID, applicant string) {
	var r struct {
		Versions []struct{ MatchTag string }
	}
	if h.load(rights.KindResource, resourceID, &r) {
		for _, v := range r.Versions {
			h.tagged(v.MatchTag, applicant)
		}
	}
}

// shared wants what the items of a batch have in common.
func (h *ahead) shared(n *names) {
	h.want(rights.KindParticipant, n.RegistrarID)
	h.want(rights.KindParticipant, n.PlatformID)
	for _, id := range n.ApplicantIDs {
		h.want(rights.KindParticipant, id)
	}
	id, _, _ := strings.Cut(n.TagAttestation.Kid, "#")
	h.want(rights.KindParticipant, id)
}

// applicant is for whom a body with these names applies.
func (n *names) applicant(actor string) string {
	if len(n.ApplicantIDs) > 0 {
		return n.ApplicantIDs[0]
	}
	return actor
}

// reID is the form of a record's id; its first two letters are the kind.
var reID = regexp.MustCompile(`"([A-Z]{2})-[0-9]{6}-[0-9]{8}-[0-9a-f]{12}-[0-9]{2,4}"`)

// named wants the records that a JSON text names anywhere, the first most of them.
func (h *ahead) named(raw []byte, most int) {
	for _, m := range reID.FindAll(raw, most) {
		h.want(rights.Kind(m[1:3]), string(m[1:len(m)-1]))
	}
}

// maxNamed is how many records a stranger's command may have read for it.
const maxNamed = 24

// prefetch reads ahead before the signature is checked: who signed and whether
// the command was applied before, and with them, for a command that is no
// batch, the few records it names. A stranger can cost no more than that.
func prefetch(world *state.World, act *rights.Act, cmd *command.Command) *ahead {
	h := &ahead{world: world, seen: map[state.Ref]bool{}}
	h.want(rights.KindParticipant, cmd.ParticipantID)
	h.want(rights.KindReceipt, rights.ReceiptID(cmd.ParticipantID, cmd.ID))
	h.want(rights.PointerProfile, rights.CodeLocal)
	h.want(rights.KindOrganisation, act.MSP)
	spec, batch := rights.CommandNamed(cmd.Name)
	if spec != nil && !batch {
		h.named(cmd.Body, maxNamed)
	}
	if spec != nil && !batch && json.Unmarshal(cmd.Body, &h.body.names) == nil {
		h.records(&h.body.names, h.body.applicant(cmd.ParticipantID))
		h.shared(&h.body.names)
		h.rules(act, spec, &h.body.names)
	}
	h.fetch()
	return h
}

// regional reports whether a command looks a region up.
func regional(spec *rights.Command) bool {
	return spec.Name == "resource.catalogue" || spec.Name == "participant.apply" || spec.Name == "scenario.submit"
}

// rules wants the way to the rule profile and to the calendar that a new case
// begins under.
func (h *ahead) rules(act *rights.Act, spec *rights.Command, n *names) {
	if regional(spec) {
		h.want(rights.PointerVersion, rights.TablePointer(rights.TableRegions))
	}
	if dated(spec) {
		h.want(rights.PointerCalendar, rights.CivilDate(act.Now)[:4])
	}
	if spec.Name == "registration.submit" {
		h.want(rights.PointerProfile, profileOf(n))
	}
}

// dated reports whether a command counts working days from now.
func dated(spec *rights.Command) bool {
	return spec.Name == "registration.submit" || spec.Name == "delivery.receive"
}

func profileOf(n *names) string {
	if n.Profile == "" {
		return "DRWG"
	}
	return n.Profile
}

// follow reads ahead once the signature holds: the records that a batch names,
// then those that what was read leads on to.
func (h *ahead) follow(act *rights.Act, cmd *command.Command) {
	spec, batch := rights.CommandNamed(cmd.Name)
	if spec == nil {
		return
	}
	body := &h.body
	items := []names{body.names}
	if batch {
		if json.Unmarshal(cmd.Body, body) != nil || len(body.Items) > rights.MaxBatch {
			return
		}
		items = body.Items
		h.named(cmd.Body, 4*rights.MaxBatch)
		for i := range items {
			h.records(&items[i], body.Common.applicant(cmd.ParticipantID))
		}
		h.shared(&body.Common)
		if len(items) > 0 {
			h.shared(&items[0]) // the others' are most often the same
		}
		h.rules(act, spec, &body.Common)
		h.fetch()
	} else {
		body.Common = body.names
	}
	h.inForce(act, spec, &body.Common)
	if spec.Name == "registration.submit" {
		for i := range items {
			h.content(items[i].ObjectID, body.Common.applicant(cmd.ParticipantID))
		}
	}
	var table struct{ Ver int64 }
	if regional(spec) && h.load(rights.PointerVersion, rights.TablePointer(rights.TableRegions), &table) {
		h.want(rights.KindCodeTable, fmt.Sprintf("%s@%d", rights.TableRegions, table.Ver))
	}
	if ver := act.LocalVer(); ver != "" && underMarketRules(spec) {
		h.want(rights.KindProfile, ver)
	}
	h.onward(spec.Name)
	h.cases(act, items, spec.Name == "registration.record")
}

// underMarketRules reports whether a command is decided under the market's rule
// profile rather than a registration's.
func underMarketRules(spec *rights.Command) bool {
	if spec.Machine == nil {
		return false
	}
	switch spec.Machine.Kind {
	case rights.KindParticipant, rights.KindResource, rights.KindCase, rights.KindObjection, rights.KindRight, rights.KindCertificate:
		return false
	}
	return true
}

// inForce wants the profile and the calendar that the pointers lead to.
func (h *ahead) inForce(act *rights.Act, spec *rights.Command, n *names) {
	if !dated(spec) {
		return
	}
	var calendar struct{ Ver int64 }
	if year := rights.CivilDate(act.Now)[:4]; h.load(rights.PointerCalendar, year, &calendar) {
		h.want(rights.KindCalendar, fmt.Sprintf("%s@%d", year, calendar.Ver))
	}
	if spec.Name != "registration.submit" {
		return
	}
	var profile struct {
		Versions []struct{ Ver, From int64 }
	}
	if h.load(rights.PointerProfile, profileOf(n), &profile) {
		for i := len(profile.Versions) - 1; i >= 0; i-- {
			if v := profile.Versions[i]; v.From <= act.Now {
				h.want(rights.KindProfile, fmt.Sprintf("%s@%d", profileOf(n), v.Ver))
				break
			}
		}
	}
}

// cases wants what cases lead on to: the profile they began under and, when
// they are to be recorded, their object, who carries its tag and who holds it.
func (h *ahead) cases(act *rights.Act, items []names, recording bool) {
	var objects, holders []string
	profiles := map[string]bool{}
	for i := range items {
		var c struct {
			RuleProfileVer, ObjectID, RegistrarID string
			ApplicantIDs                          []string
		}
		if items[i].CaseID == "" || !h.load(rights.KindCase, items[i].CaseID, &c) || len(c.ApplicantIDs) == 0 {
			continue
		}
		if !profiles[c.RuleProfileVer] {
			profiles[c.RuleProfileVer] = true
			h.want(rights.KindProfile, c.RuleProfileVer)
			h.want(rights.KindParticipant, c.RegistrarID)
		}
		if recording {
			objects, holders = append(objects, c.ObjectID), append(holders, c.ApplicantIDs[0])
			holding := rights.PointerOfHolding(c.ApplicantIDs[0], act.TxID)
			h.want(holding.Kind, holding.ID)
			h.want(rights.KindResource, c.ObjectID)
			h.want(rights.KindParticipant, c.ApplicantIDs[0])
			for _, p := range rights.PointersOf(c.ObjectID, c.ApplicantIDs[0]) {
				if p.Kind == rights.PointerHeld { // the case is open, and looks at no other
					h.want(p.Kind, p.ID)
				}
			}
		}
	}
	h.fetch()
	for i, id := range objects {
		h.content(id, holders[i])
	}
	h.fetch()
}

package evidence

import (
	"bytes"
	"cmp"
	_ "embed"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"html/template"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/datarights/datarights/chaincode/rights"
	"github.com/datarights/datarights/internal/fabricproof"
)

//go:embed templates/report.html
var reportText string

var reportTemplate = template.Must(template.New("report").Parse(reportText))

// china is the zone in which the law counts its periods.
var china = time.FixedZone("UTC+8", 8*3600)

func clock(unix int64) string {
	if unix <= 0 {
		return "—"
	}
	return time.Unix(unix, 0).In(china).Format("2006-01-02 15:04:05")
}

// page is the report as the template takes it. It is a function of the bundle's
// other files alone, so that a verifier can make it again.
type page struct {
	M                  *Manifest
	Alert              *rights.Alert
	Exported, AsOf     string
	Exporter, Suspect  string
	Elements           []pageElement
	Missing            []string
	Facts              []rights.Text
	Path               []pageCopy
	Holder             string
	Events             []pageEvent
	Openings           []pageOpening
	Evidence           []pageEvidence
	Recipients         []pageCopy
	Attachments        []pageAttachment
	Blocks             []pageBlock
	Records, BlockSpan int
}

type pageElement struct {
	No      string
	Title   rights.Text
	Records []pageRef
	Hashes  []string
	Gap     *rights.Text
}

type pageRef struct {
	Kind, ID, State string
	Version         int64
}

type pageCopy struct {
	ID, Delivery, From, To, Given, Received, State, Actions, Commitment, Until string
	Suspect                                                                    bool
}

type pageEvent struct {
	At, Place, Record, Title, What, Who string
	Version                             int64
	Marked                              bool
}

type pageOpening struct {
	Opening
	Committed, Received, Place string
}

type pageEvidence struct {
	rights.EvidenceItem
	Collected, By string
	Hands         []pageHand
}

type pageHand struct{ At, From, To, Seal, Kid string }

type pageAttachment struct {
	File, Original, SM3 string
	Size                int64
	Bound               []string
	Bounds              []string // what a report on a mark says of false accusation
}

type pageBlock struct {
	Number uint64
	Hash   string
	Count  int
	Signed int
}

// renderReport writes the report for people.
func renderReport(m *Manifest, d *dossier, files map[string][]byte) ([]byte, error) {
	p := &page{M: m, Alert: recordOf[rights.Alert](d, rights.KindAlert, m.AlertID), Exported: clock(m.ExportedAt), Records: len(d.records), BlockSpan: len(d.blocks)}
	if p.Alert == nil {
		return nil, fmt.Errorf("couldn't write the report: the bundle lacks the alert %s", m.AlertID)
	}
	p.Exporter, p.Suspect = d.name(participantOf(m.ExportedBy)), d.name(m.SuspectID)
	oldest := int64(0)
	for _, r := range d.records {
		if at := r.readAt.Unix(); oldest == 0 || at < oldest {
			oldest = at
		}
	}
	p.AsOf = clock(oldest)
	p.elements()
	p.facts(d)
	p.way(d)
	p.events(d)
	p.material(d, files)
	for _, b := range d.blocks {
		p.Blocks = append(p.Blocks, pageBlock{b.Number, hex.EncodeToString(b.Hash), len(b.Data), b.SignatureCount})
	}
	slices.SortFunc(p.Blocks, func(a, b pageBlock) int { return cmp.Compare(a.Number, b.Number) })
	var out bytes.Buffer
	if err := reportTemplate.Execute(&out, p); err != nil {
		return nil, fmt.Errorf("couldn't write the report: %w", err)
	}
	return out.Bytes(), nil
}

// place is where on the chain something is.
func place(v *fabricproof.Version) string {
	if v == nil {
		return "—"
	}
	return strconv.FormatUint(v.Block, 10) + " . " + strconv.FormatUint(v.Tx, 10)
}

// facts are what the records say in a sentence each, without judging it.
func (p *page) facts(d *dossier) {
	add := func(zh, en string) { p.Facts = append(p.Facts, rights.Text{Zh: zh, En: en}) }
	c := recordOf[rights.Copy](d, rights.KindCopy, p.M.CopyID)
	if c == nil {
		return
	}
	for _, o := range p.M.Openings {
		if o.DeliveryID == c.DeliveryID {
			add("水印码打开了交付 "+o.DeliveryID+" 的承诺。", "The code opens the commitment of this delivery.")
		}
	}
	if l := recordOf[rights.Delivery](d, rights.KindDelivery, c.DeliveryID); l != nil && l.ReceivedAt > 0 {
		add(d.name(l.ToID)+"于 "+clock(l.ReceivedAt)+" 以密钥 "+l.ReceivedBy+" 签收。", "Received under the signature of this key.")
	}
	if c.Permission != nil && !slices.Contains(c.Permission.Actions, rights.ActResell) && !slices.Contains(c.Permission.Actions, "*") {
		add("该副本的许可不含转售（ActResell）。", "The copy's permission does not include resale.")
	}
	if c.ParentCopyID != "" {
		add("该副本转自副本 "+c.ParentCopyID+"。", "The copy was passed on from this one.")
	}
}

func participantOf(kid string) string { id, _, _ := strings.Cut(kid, "#"); return id }

// name is a participant's name with its code.
func (d *dossier) name(id string) string {
	if id == "" {
		return "—"
	}
	if p := recordOf[rights.Participant](d, rights.KindParticipant, id); p != nil {
		return p.Name + "（" + id + "）"
	}
	return id
}

func (p *page) elements() {
	for _, e := range p.M.Elements {
		el := pageElement{No: e.No, Title: e.Title, Hashes: e.Hashes, Gap: e.Gap}
		seen := map[string]bool{}
		for _, r := range e.Records {
			if !seen[r.ID] {
				el.Records = append(el.Records, pageRef{string(r.Kind), r.ID, string(r.State), r.Version})
			}
			seen[r.ID] = true
		}
		if e.Gap != nil {
			p.Missing = append(p.Missing, e.No)
		}
		p.Elements = append(p.Elements, el)
	}
}

func (p *page) copy(d *dossier, c *rights.Copy) pageCopy {
	out := pageCopy{ID: c.ID, Delivery: c.DeliveryID, To: d.name(c.HolderID), State: string(c.State), Commitment: c.FingerprintCommit, Until: clock(c.HoldUntil), Suspect: c.ID == p.M.CopyID, From: "—", Given: "—", Received: "—"}
	if l := recordOf[rights.Delivery](d, rights.KindDelivery, c.DeliveryID); l != nil {
		out.From, out.Given, out.Received = d.name(l.FromID), clock(l.SentAt), clock(l.ReceivedAt)
	}
	if c.Permission != nil {
		var acts []string
		for _, a := range c.Permission.Actions {
			acts = append(acts, string(a))
		}
		out.Actions = strings.Join(acts, ", ")
	}
	return out
}

// way is the path of the copy and everybody else who got the version.
func (p *page) way(d *dossier) {
	for _, c := range d.path(p.M.CopyID) {
		p.Path = append(p.Path, p.copy(d, c))
	}
	for _, e := range p.M.Elements {
		for _, r := range e.Records {
			if e.No == "E1" && r.Kind == rights.KindRight && p.Holder == "" {
				if right := recordOf[rights.Right](d, rights.KindRight, r.ID); right != nil {
					p.Holder = d.name(right.HolderID) + " · " + right.ID
				}
			}
		}
	}
	for _, id := range p.M.Recipients {
		if c := recordOf[rights.Copy](d, rights.KindCopy, id); c != nil {
			p.Recipients = append(p.Recipients, p.copy(d, c))
		}
	}
}

// events are all versions of the case's records in the order of the chain.
func (p *page) events(d *dossier) {
	type at struct {
		step   *step
		record *record
	}
	var all []at
	for _, r := range d.sorted() {
		for i := range r.steps {
			all = append(all, at{&r.steps[i], r})
		}
	}
	slices.SortStableFunc(all, func(a, b at) int {
		return cmp.Or(cmp.Compare(a.step.at.Block, b.step.at.Block), cmp.Compare(a.step.at.Tx, b.step.at.Tx), cmp.Compare(a.record.kind, b.record.kind), cmp.Compare(a.record.id, b.record.id))
	})
	for _, x := range all {
		e := pageEvent{At: clock(x.step.tx.At.Unix()), Place: place(&x.step.at), Record: x.record.id, Version: x.step.head.Version, What: "—", Who: "—"}
		if c := x.step.command; c != nil {
			e.Title, e.What, e.Who = c.Name, c.Name, c.Kid
			if spec, _ := rights.CommandNamed(c.Name); spec != nil {
				e.Title = spec.Title.Zh
			}
			e.Marked = c.Name == "delivery.receive" || c.Name == "alert.openFingerprint" || c.Name == "evidence.collect"
		}
		p.Events = append(p.Events, e)
	}
}

func (p *page) material(d *dossier, files map[string][]byte) {
	for _, o := range p.M.Openings {
		var x Opening
		if json.Unmarshal(files[o.File], &x) == nil {
			committed, received := d.marks(x.DeliveryID)
			p.Openings = append(p.Openings, pageOpening{x, place(committed), place(received), place(&o.At)})
		}
	}
	for _, id := range p.Alert.EvidenceIDs {
		item := recordOf[rights.EvidenceItem](d, rights.KindEvidence, id)
		if item == nil {
			continue
		}
		e := pageEvidence{EvidenceItem: *item, Collected: clock(item.CollectedAt), By: d.name(item.CollectedBy)}
		for _, h := range item.Custody {
			from := "—"
			if h.From != "" {
				from = d.name(h.From)
			}
			e.Hands = append(e.Hands, pageHand{clock(h.At), from, d.name(h.To), h.SealHash, h.Kid})
		}
		p.Evidence = append(p.Evidence, e)
	}
	for _, f := range p.M.Files {
		if f.Role != RoleAttach && f.Role != RoleSketch {
			continue
		}
		a := pageAttachment{File: f.Name, Original: f.Original, SM3: f.SM3, Size: f.Size, Bounds: falseAccusation(files[f.Name])}
		for _, b := range d.boundTo(f.SM3, files[f.Name]) {
			a.Bound = append(a.Bound, b.record.id+" · "+b.path)
		}
		p.Attachments = append(p.Attachments, a)
	}
}

// maxReportJSON bounds what is searched for a probability.
const maxReportJSON = 1 << 20

// falseAccusation finds, in an attached report on a mark, what it says of the
// probability that somebody is named wrongly. Members are found by name.
func falseAccusation(content []byte) (list []string) {
	d := json.NewDecoder(bytes.NewReader(content))
	d.UseNumber()
	var v any
	if len(content) > maxReportJSON || d.Decode(&v) != nil {
		return nil
	}
	numbers(v, "", func(path string, n json.Number) {
		if strings.Contains(strings.ToLower(path), "falseaccus") || strings.Contains(strings.ToLower(path), "falsepositive") {
			list = append(list, path+" = "+n.String())
		}
	})
	return list[:min(len(list), 20)]
}

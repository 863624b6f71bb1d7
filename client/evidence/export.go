package evidence

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/datarights/datarights/chaincode/command"
	"github.com/datarights/datarights/chaincode/rights"
	"github.com/datarights/datarights/client"
	"github.com/datarights/datarights/internal/archive"
	"github.com/datarights/datarights/internal/fabricproof"
)

// Source is where a bundle's parts come from: a gateway, in a session of one of
// the offices.
type Source interface {
	// Recipients lists the copies of the version that an alert's suspect has.
	Recipients(ctx context.Context, alertID string) ([]string, error)
	// State is an endorsed read of a record; nil when there is none.
	State(ctx context.Context, kind rights.Kind, id string) ([]byte, error)
	Block(ctx context.Context, number uint64) ([]byte, error)
}

// Gateway is a Source.
type Gateway struct{ *client.Client }

// Recipients implements Source.
func (g Gateway) Recipients(ctx context.Context, alertID string) ([]string, error) {
	var answer struct {
		Recipients []string `json:"recipients"`
	}
	_, err := g.Get(ctx, "/v1/alerts/"+url.PathEscape(alertID)+"/case", nil, &answer)
	return answer.Recipients, err
}

// State implements Source.
func (g Gateway) State(ctx context.Context, kind rights.Kind, id string) ([]byte, error) {
	raw, err := g.GetBytes(ctx, "/v1/attestations", url.Values{"kind": {string(kind)}, "id": {id}})
	var p *client.Problem
	if errors.As(err, &p) && p.Status == http.StatusNotFound && p.Code == string(rights.CodeNotFound) {
		return nil, nil
	}
	return raw, err
}

// Block implements Source.
func (g Gateway) Block(ctx context.Context, number uint64) ([]byte, error) {
	return g.GetBytes(ctx, "/v1/blocks/"+strconv.FormatUint(number, 10)+"/raw", nil)
}

// Attachment is a file from off the ledger.
type Attachment struct {
	Name    string // as it came
	Content []byte
	Role    string // RoleAttach, RoleSketch
}

// Order says what to export.
type Order struct {
	AlertID       string
	Key           client.Key
	ParticipantID string
	KeyNo         int
	Gateway       string
	Attachments   []Attachment
	Now           time.Time
	// Progress, if set, is told of each part as it is there.
	Progress func(part string)
}

// exporter collects one bundle.
type exporter struct {
	ctx     context.Context //nolint:containedctx // Finder has no room for one, and the exporter lives no longer
	src     Source
	order   Order
	dossier *dossier
	blocks  map[uint64][]byte
	missing map[recordKey]bool
	failed  error
}

// Export makes the bundle of a case. What it collects is held against itself, not
// against the consortium's roots: Verify does that.
func Export(ctx context.Context, src Source, order Order) ([]byte, error) {
	if order.Now.IsZero() {
		order.Now = time.Now()
	}
	if order.Progress == nil {
		order.Progress = func(string) {}
	}
	x := &exporter{ctx: ctx, src: src, order: order, dossier: newDossier(fabricproof.DefaultChaincode), blocks: map[uint64][]byte{}, missing: map[recordKey]bool{}}
	bundle, err := x.export()
	if err != nil {
		return nil, fmt.Errorf("couldn't export the case %s: %w", order.AlertID, err)
	}
	return bundle, nil
}

func (x *exporter) export() ([]byte, error) {
	recipients, err := x.src.Recipients(x.ctx, x.order.AlertID)
	if err != nil {
		return nil, err
	}
	b, err := rights.CaseBundle(x, x.order.AlertID, recipients)
	if err := errors.Join(err, x.failed); err != nil {
		return nil, err
	}
	if err := x.custody(b.CopyID); err != nil {
		return nil, err
	}
	for _, r := range x.dossier.sorted() {
		if err := x.dossier.walk(r, x.block); err != nil {
			return nil, err
		}
	}
	if err := x.participants(b); err != nil {
		return nil, err
	}
	// The configuration in force says whose signatures are on the blocks.
	for _, b := range slices.Collect(maps.Values(x.dossier.blocks)) {
		if _, err := x.block(b.LastConfig); err != nil {
			return nil, err
		}
	}
	return x.pack(b, recipients)
}

// Find implements rights.Finder: what a case looks at is what its bundle has.
func (x *exporter) Find(kind rights.Kind, id string, v any) (bool, error) {
	key := recordKey{kind, id}
	if x.dossier.records[key] == nil {
		if x.missing[key] || x.failed != nil {
			return false, x.failed
		}
		raw, err := x.src.State(x.ctx, kind, id)
		if err != nil {
			x.failed = err
			return false, err
		}
		if raw == nil {
			x.missing[key] = true
			return false, nil
		}
		if _, err := x.dossier.add(key, raw); err != nil {
			x.failed = err
			return false, err
		}
		x.order.Progress(id)
	}
	return x.dossier.Find(kind, id, v)
}

func (x *exporter) block(number uint64) (*fabricproof.Block, error) {
	if b := x.dossier.blocks[number]; b != nil {
		return b, nil
	}
	raw, err := x.src.Block(x.ctx, number)
	if err != nil {
		return nil, err
	}
	b, err := fabricproof.ParseBlock(raw)
	if err != nil {
		return nil, err
	}
	if b.Number != number {
		return nil, fmt.Errorf("the gateway answered block %d for block %d", b.Number, number)
	}
	x.dossier.blocks[number], x.blocks[number] = b, raw
	x.order.Progress(blockFile(number))
	return b, nil
}

// custody adds the way from the right holder to the suspect: the copies above the
// suspect's and their deliveries.
func (x *exporter) custody(copyID string) error {
	for id, n := copyID, 0; id != "" && n < 100; n++ {
		var c rights.Copy
		if ok, err := x.Find(rights.KindCopy, id, &c); err != nil || !ok {
			return err
		}
		if _, err := x.Find(rights.KindDelivery, c.DeliveryID, &rights.Delivery{}); err != nil {
			return err
		}
		id = c.ParentCopyID
	}
	return nil
}

// participants adds, as they stand now, those whose keys signed and those whom the
// report names.
func (x *exporter) participants(b *rights.Bundle) error {
	ids := map[string]bool{x.order.ParticipantID: true, b.SuspectID: true}
	for _, r := range x.dossier.records {
		for _, s := range r.steps {
			if s.command != nil {
				ids[s.command.ParticipantID] = true
			}
		}
		for _, id := range named(r.value) {
			ids[id] = true
		}
	}
	for _, id := range slices.Sorted(maps.Keys(ids)) {
		if id == "" {
			continue
		}
		if _, err := x.Find(rights.KindParticipant, id, &rights.Participant{}); err != nil {
			return err
		}
	}
	return nil
}

func (x *exporter) pack(b *rights.Bundle, recipients []string) ([]byte, error) {
	m := &Manifest{
		Format: Format, Version: Version, AlertID: b.AlertID, DeliveryID: b.DeliveryID, CopyID: b.CopyID, SuspectID: b.SuspectID,
		Channel: fabricproof.DefaultChannel, Chaincode: x.dossier.chaincode, ExportedAt: x.order.Now.Unix(), Gateway: x.order.Gateway,
		ExportedBy: command.Kid(x.order.ParticipantID, x.order.KeyNo), Elements: b.Elements, Recipients: append([]string{}, recipients...),
		Records: []RecordEntry{}, Openings: []OpeningEntry{}, Files: []FileEntry{},
	}
	files := map[string][]byte{}
	elements := x.dossier.assign(b.Elements)
	add := func(name, role string, content []byte, el []string, original string) {
		files[name] = content
		m.Files = append(m.Files, FileEntry{Name: name, SM3: sm3Of(content), Size: int64(len(content)), Role: role, Elements: append([]string{}, el...), Original: original})
	}
	for _, r := range x.dossier.sorted() {
		m.Records = append(m.Records, RecordEntry{Kind: r.kind, ID: r.id, File: recordFile(r.kind, r.id), State: stateFile(r.kind, r.id),
			Elements: append([]string{}, r.elements...), Whole: r.whole, History: r.positions()})
		add(recordFile(r.kind, r.id), RoleRecord, r.value, r.elements, "")
		add(stateFile(r.kind, r.id), RoleState, r.raw, r.elements, "")
	}
	for number, raw := range x.blocks {
		add(blockFile(number), RoleBlock, raw, elements[number], "")
	}
	for _, o := range x.dossier.opened(b.AlertID) {
		d := recordOf[rights.Delivery](x.dossier, rights.KindDelivery, o.body.DeliveryID)
		if d == nil { // of a delivery that is not the case's
			continue
		}
		text, err := encodeJSON(Opening{DeliveryID: d.ID, Commitment: d.FingerprintCommit, Code: o.body.Code, Nonce: o.body.Nonce})
		if err != nil {
			return nil, err
		}
		m.Openings = append(m.Openings, OpeningEntry{File: openingFile(d.ID), DeliveryID: d.ID, At: o.at})
		add(openingFile(d.ID), RoleOpening, text, []string{"E5"}, "")
	}
	for i, a := range x.order.Attachments {
		folder := "evidence/"
		if a.Role == RoleSketch {
			folder = "sketches/"
		}
		bound := x.dossier.boundTo(sm3Of(a.Content), a.Content)
		add(folder+strconv.Itoa(i+1)+suffix(a.Name), a.Role, a.Content, x.dossier.elementsOf(bound), filepath.Base(a.Name))
	}
	slices.SortFunc(m.Files, func(a, b FileEntry) int { return strings.Compare(a.Name, b.Name) })
	page, err := renderReport(m, x.dossier, files)
	if err != nil {
		return nil, err
	}
	add(fileReport, RoleReport, page, nil, "")
	slices.SortFunc(m.Files, func(a, b FileEntry) int { return strings.Compare(a.Name, b.Name) })
	text, err := encodeJSON(m)
	if err != nil {
		return nil, err
	}
	files[fileManifest] = text
	if files[fileSignature], err = signManifest(x.order.Key, m.ExportedBy, text, m.ExportedAt); err != nil {
		return nil, err
	}
	x.order.Progress(fileManifest)
	return archive.Pack(files)
}

// suffix is a file's extension where that is plain.
func suffix(name string) string {
	s := strings.ToLower(path.Ext(filepath.ToSlash(name)))
	if len(s) > 10 || strings.Trim(s, ".abcdefghijklmnopqrstuvwxyz0123456789") != "" {
		return ".bin"
	}
	return s
}

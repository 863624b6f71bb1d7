package explorer

import (
	"cmp"
	"errors"
	"slices"
	"strings"

	"github.com/datarights/datarights/chaincode/rights"
	"github.com/datarights/datarights/gateway/index"
)

// Sentence is a transaction in words: who, with which key, did what to what.
type Sentence struct {
	Who           Party
	Key           string // number of the key; empty where no command was signed
	Before, After string
	Object        *Object
	Itself        bool // the object is the actor
	Count         int  // how many objects; 0 where there is none
	Valid         bool
}

// kindOf is the kind of record that a command's entity is.
var kindOf = map[string]rights.Kind{
	"participant": rights.KindParticipant, "resource": rights.KindResource, "registration": rights.KindCase, "objection": rights.KindObjection,
	"right": rights.KindRight, "certificate": rights.KindCertificate, "ruleProfile": rights.KindProfile, "workCalendar": rights.KindCalendar,
	"organisation": rights.KindOrganisation, "cryptoProfile": rights.KindCryptoProfile, "codeTable": rights.KindCodeTable,
	"secret": "", // of several
}

// sentence tells a transaction by the first record of the kind its command is
// about, and counts the others.
func (q *request) sentence(t index.Transaction) Sentence {
	s := Sentence{Valid: t.Validation == "VALID"}
	var d rights.Text
	var kind rights.Kind
	switch {
	case t.Command != "":
		d = deedOf(t.Command).Done
		entity, _, _ := strings.Cut(t.Command, ".")
		kind = kindOf[entity]
	case t.Type == "founding":
		d, kind = deeds["organisation.found"].Done, rights.KindOrganisation
	case t.Type == "enrolment":
		d, kind = deeds["participant.enrol"].Done, rights.KindParticipant
	case t.Type == "lifecycle":
		d = rights.Text{Zh: "部署或批准合约", En: "deployed or approved the chaincode"}
	case t.Type == "config":
		d = rights.Text{Zh: "更新通道配置", En: "updated the channel configuration"}
	default:
		d = rights.Text{Zh: "提交一笔交易", En: "submitted a transaction"}
	}
	id, no := splitKid(t.Kid)
	if id != "" {
		s.Who, s.Key = q.party(id), no
	} else {
		s.Who = q.organisation(t.Submitter)
	}
	for _, ref := range t.Records {
		if ref.Kind == kind {
			s.Count++
			if s.Object == nil {
				o := q.object(ref.Kind, ref.ID)
				s.Object = &o
			}
		}
	}
	if s.Object == nil && len(t.Records) > 0 {
		o := q.object(t.Records[0].Kind, t.Records[0].ID)
		s.Object, s.Count = &o, 1
	}
	if s.Object != nil {
		s.Itself = s.Object.Kind == rights.KindParticipant && s.Object.ID == id
	}
	var named bool
	s.Before, s.After, named = strings.Cut(q.say(d), "{}")
	switch {
	case !named:
		s.Object = nil
	case s.Object == nil && t.Command != "": // an invalid transaction has no records
		title := deedOf(t.Command).Title
		s.Before, s.After = q.say(rights.Text{Zh: "提交命令〔" + title.Zh + "〕", En: "sent the command “" + title.En + "”"}), ""
	case s.Object == nil:
		s.Before, s.After = strings.TrimSpace(s.Before+s.After), ""
	}
	return s
}

// Event is one moment in the life of a record.
type Event struct {
	At      rights.UnixSec
	Pos     index.Position
	TxID    string
	Command string
	Kind    rights.Kind
	State   rights.State
	Who     Party
	Key     string
	Version int64
	Unread  bool // the revision does not decode
}

// event reads one revision.
func (q *request) event(kind rights.Kind, r index.Revision) Event {
	id, no := splitKid(r.Kid)
	e := Event{At: r.At, Pos: r.Position, TxID: r.TxID, Command: r.Command, Kind: kind, Who: q.party(id), Key: no}
	if e.Command == "" { // an organisation's administrator signs no command
		e.Command = map[rights.Kind]string{rights.KindParticipant: "participant.enrol", rights.KindOrganisation: "organisation.found"}[kind]
	}
	head, err := decode[rights.Head](r.JSON)
	if err != nil {
		e.Unread = true
		return e
	}
	e.State, e.Version = head.State, head.Version
	return e
}

// timeline merges the histories of records, oldest first. What one transaction
// wrote is one event; the record named first tells it.
func (q *request) timeline(of ...rights.RecordRef) ([]Event, error) {
	var all []Event
	seen := map[string]bool{}
	for _, ref := range of {
		if ref.ID == "" {
			continue
		}
		revisions, err := q.Reader.History(ref.Kind, ref.ID)
		if errors.Is(err, index.ErrNotFound) {
			continue
		}
		if err != nil {
			return nil, err
		}
		for _, r := range revisions {
			if seen[r.TxID] {
				continue
			}
			seen[r.TxID] = true
			all = append(all, q.event(ref.Kind, r))
		}
	}
	slices.SortStableFunc(all, func(a, b Event) int {
		return cmp.Or(cmp.Compare(a.Pos.Block, b.Pos.Block), cmp.Compare(a.Pos.Tx, b.Pos.Tx), cmp.Compare(a.Pos.N, b.Pos.N))
	})
	return all, nil
}

package api

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/datarights/datarights/chaincode/rights"
	"github.com/datarights/datarights/gateway/index"
	"github.com/datarights/datarights/gateway/session"
)

// audience says, for one kind of record, who reads it and what is left for the
// public. Whoever is named by a party's member, or signs with one of the offices'
// keys, sees the whole.
type audience struct {
	parties []string      // paths of members that name participants, or keys of theirs
	offices []rights.Role // by the duty of the key, beside no other
	// via names a record whose own parties see this one too.
	via *reference
	// told are paths of members that name participants who see what tells lists
	// once the member since is there, as a subject must when he is heard.
	told  []string
	since string
	tells []string

	// The public part: everything (open), everything but some members, or some
	// members alone. None of the three is nothing at all.
	open   bool
	hidden []string
	shown  []string
	// before are the states in which the public sees nothing yet.
	before []rights.State
	// closed, if not nil, takes further records from the public.
	closed func(s *server, record json.RawMessage) (bool, error)
}

// reference is a member that holds the id of a record of a kind.
type reference struct {
	member string
	kind   rights.Kind
}

// private audiences have nothing for who comes without a session.
func (a *audience) private() bool { return !a.open && a.hidden == nil && a.shown == nil }

// sees tells how much of a record who reads.
func (a *audience) sees(s *server, raw json.RawMessage, who *session.Identity) (visibility, error) {
	if who != nil {
		if slices.ContainsFunc(a.offices, func(r rights.Role) bool { return slices.Contains(who.Roles, r) }) {
			return seeFull, nil
		}
		named, err := names(raw, who.ParticipantID, a.parties)
		if err != nil || named {
			return seeFull, err
		}
		if through, err := a.through(s, raw, who); err != nil || through {
			return seeFull, err
		}
		if told, err := a.tellsHim(raw, who); err != nil || told {
			return seePublic, err
		}
	}
	if a.private() {
		return seeNothing, nil
	}
	var head struct {
		State rights.State `json:"state"`
	}
	if err := json.Unmarshal(raw, &head); err != nil {
		return seeNothing, err
	}
	if slices.Contains(a.before, head.State) {
		return seeNothing, nil
	}
	if a.closed != nil {
		if closed, err := a.closed(s, raw); err != nil || closed {
			return seeNothing, err
		}
	}
	if a.open {
		return seeFull, nil
	}
	return seePublic, nil
}

// through reports whether who is a party of the record this one belongs to.
func (a *audience) through(s *server, raw json.RawMessage, who *session.Identity) (bool, error) {
	if a.via == nil {
		return false, nil
	}
	var record map[string]json.RawMessage
	if err := json.Unmarshal(raw, &record); err != nil {
		return false, err
	}
	ids := texts(record[a.via.member])
	if len(ids) == 0 {
		return false, nil
	}
	e, err := s.read.Get(a.via.kind, ids[0])
	if errors.Is(err, index.ErrNotFound) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	v, err := sees(a.via.kind)(s, e.JSON, who)
	return v == seeFull, err
}

func (a *audience) tellsHim(raw json.RawMessage, who *session.Identity) (bool, error) {
	if a.told == nil {
		return false, nil
	}
	var record map[string]json.RawMessage
	if err := json.Unmarshal(raw, &record); err != nil {
		return false, err
	}
	if len(record[a.since]) == 0 {
		return false, nil
	}
	return names(raw, who.ParticipantID, a.told)
}

// publicPart takes from a record what is not for the public, or for who is only
// told of it.
func (a *audience) publicPart(ms []member) ([]member, error) {
	if a.hidden != nil {
		return drop(ms, a.hidden...), nil
	}
	return keep(ms, a.shows()), nil
}

// hides reports whether a member is not for the public.
func (a *audience) hides(member string) bool {
	switch {
	case a.open:
		return false
	case a.hidden != nil:
		return slices.Contains(a.hidden, member)
	}
	return !a.shows()[member]
}

func (a *audience) shows() map[string]bool {
	return set(slices.Concat(headShown, a.shown, a.tells)...)
}

// headShown is the part of the common head that is public wherever anything is:
// not whose keys wrote the record.
var headShown = []string{"docType", "id", "schemaVersion", "version", "state", "ruleProfileVer", "createdAt", "updatedAt", "lastTxId"}

// names reports whether a record names a participant at one of some paths such
// as "payees.payeeId". A key's id names its participant.
func names(raw json.RawMessage, id string, paths []string) (bool, error) {
	if id == "" || len(paths) == 0 {
		return false, nil
	}
	var record map[string]json.RawMessage
	if err := json.Unmarshal(raw, &record); err != nil {
		return false, err
	}
	for _, path := range paths {
		name, rest, _ := strings.Cut(path, ".")
		if namedIn(record[name], id, rest) {
			return true, nil
		}
	}
	return false, nil
}

func namedIn(raw json.RawMessage, id, path string) bool {
	if len(raw) == 0 {
		return false
	}
	switch raw[0] {
	case '"':
		var s string
		if path != "" || json.Unmarshal(raw, &s) != nil {
			return false
		}
		participant, _, _ := strings.Cut(s, "#")
		return participant == id
	case '[':
		var items []json.RawMessage
		return json.Unmarshal(raw, &items) == nil && slices.ContainsFunc(items, func(item json.RawMessage) bool { return namedIn(item, id, path) })
	case '{':
		var object map[string]json.RawMessage
		if json.Unmarshal(raw, &object) != nil {
			return false
		}
		name, rest, _ := strings.Cut(path, ".")
		return namedIn(object[name], id, rest)
	}
	return false
}

// Private reports whether nothing of a kind of record is for the public, not
// even who signed what was written of it.
func Private(kind rights.Kind) bool {
	a := audiences[kind]
	return a != nil && a.private()
}

// restricted takes an indicator that is for the regulator alone from the public.
func restricted(_ *server, raw json.RawMessage) (bool, error) {
	var i struct {
		Restricted bool `json:"restricted"`
	}
	err := json.Unmarshal(raw, &i)
	return i.Restricted, err
}

// restrictedValue takes the values of such an indicator; one whose definition
// is not known stays closed.
func restrictedValue(s *server, raw json.RawMessage) (bool, error) {
	var v struct {
		Code       string `json:"code"`
		DefVersion int64  `json:"defVersion"`
	}
	if err := json.Unmarshal(raw, &v); err != nil {
		return true, err
	}
	var i rights.Indicator
	known, err := s.Find(rights.KindIndicator, fmt.Sprintf("%s@%d", v.Code, v.DefVersion), &i)
	return !known || i.Restricted, err
}

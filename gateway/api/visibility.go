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

// Who may read what (2.13 and 3.0.8 of the rules). The registry is public; the
// file of a case belongs to its parties and the offices.

// visibility is how much of a record a reader sees.
type visibility string

const (
	seeNothing visibility = ""
	seePublic  visibility = "public"
	seeFull    visibility = "full"
)

// office reports whether who holds one of the offices that see every file.
func office(who *session.Identity) bool {
	return who != nil && (slices.Contains(who.Roles, rights.RoleRegulator) || slices.Contains(who.Roles, rights.RoleExchange))
}

// registrar reports whether who is that registrar, by its registrar's key.
func registrar(who *session.Identity, id string) bool {
	return who != nil && who.ParticipantID == id && slices.Contains(who.Roles, rights.RoleRegistrar)
}

func is(who *session.Identity, ids ...string) bool {
	return who != nil && slices.Contains(ids, who.ParticipantID)
}

// everyone sees the whole record.
func everyone(*server, json.RawMessage, *session.Identity) (visibility, error) { return seeFull, nil }

// seesParticipant: why a participant was suspended or refused is its own and
// the offices' business.
func seesParticipant(_ *server, raw json.RawMessage, who *session.Identity) (visibility, error) {
	var p struct {
		USCC string `json:"uscc"`
	}
	if err := json.Unmarshal(raw, &p); err != nil {
		return seeNothing, err
	}
	if office(who) || is(who, p.USCC) || who != nil && slices.Contains(who.Roles, rights.RoleRegistrar) {
		return seeFull, nil
	}
	return seePublic, nil
}

var participantHidden = []string{"reason", "measureRef", "warnings", "groupId"}

func publicParticipant(ms []member) ([]member, error) { return drop(ms, participantHidden...), nil }

// seesCase: the applicants, their agent, its registrar and the offices.
func seesCase(_ *server, raw json.RawMessage, who *session.Identity) (visibility, error) {
	if who == nil {
		return seePublic, nil
	}
	var k struct {
		ApplicantIDs []string `json:"applicantIds"`
		AgentID      string   `json:"agentId"`
		RegistrarID  string   `json:"registrarId"`
	}
	if err := json.Unmarshal(raw, &k); err != nil {
		return seeNothing, err
	}
	if office(who) || registrar(who, k.RegistrarID) || is(who, k.ApplicantIDs...) || k.AgentID != "" && is(who, k.AgentID) {
		return seeFull, nil
	}
	return seePublic, nil
}

// casePublic is what the public sees of a case: who applies for which rights in
// what, how far it is, what was put on notice, and how it ended.
var casePublic = set("docType", "id", "schemaVersion", "version", "state", "ruleProfileVer", "createdAt", "updatedAt", "lastTxId",
	"regType", "profile", "applicantIds", "registrarId", "objectType", "objectId", "objectVersion", "objectName", "rightKinds", "sourceType",
	"submittedAt", "acceptedAt", "acceptDeemed", "noticeExempt", "noticeText", "noticeStartAt", "noticeEndsAt",
	"rejectGround", "nationalRef", "resultRightIds", "resultCertNo", "endedAt")

func publicCase(ms []member) ([]member, error) { return keep(ms, casePublic), nil }

// seesObjection: the objector, the applicants of the case, its registrar and
// the offices; nobody else at all.
func seesObjection(s *server, raw json.RawMessage, who *session.Identity) (visibility, error) {
	if who == nil {
		return seeNothing, nil
	}
	var o struct {
		CaseID      string `json:"caseId"`
		ObjectorID  string `json:"objectorId"`
		HolderID    string `json:"holderId"`
		RegistrarID string `json:"registrarId"`
	}
	if err := json.Unmarshal(raw, &o); err != nil {
		return seeNothing, err
	}
	if office(who) || o.ObjectorID != "" && is(who, o.ObjectorID) {
		return seeFull, nil
	}
	if o.CaseID == "" { // to what is registered: no case, but a holder and a registrar
		if o.HolderID != "" && is(who, o.HolderID) || o.RegistrarID != "" && is(who, o.RegistrarID) {
			return seeFull, nil
		}
		return seeNothing, nil
	}
	k, err := s.read.Get(rights.KindCase, o.CaseID)
	if err != nil {
		return seeNothing, fmt.Errorf("couldn't read the case %s of an objection: %w", o.CaseID, err)
	}
	if v, err := seesCase(s, k.JSON, who); v != seeFull {
		return seeNothing, err
	}
	return seeFull, nil
}

func nothingPublic([]member) ([]member, error) { return nil, nil }

// seesRight: that a right is encumbered, and how, is public; for whose benefit
// is for the holder, those who hold the encumbrances and the offices.
func seesRight(_ *server, raw json.RawMessage, who *session.Identity) (visibility, error) {
	if who == nil {
		return seePublic, nil
	}
	var r struct {
		HolderID     string `json:"holderId"`
		RegistrarID  string `json:"registrarId"`
		Encumbrances []struct {
			ByID string `json:"byId"`
		} `json:"encumbrances"`
	}
	if err := json.Unmarshal(raw, &r); err != nil {
		return seeNothing, err
	}
	if office(who) || registrar(who, r.RegistrarID) || is(who, r.HolderID) {
		return seeFull, nil
	}
	for _, e := range r.Encumbrances {
		if e.ByID != "" && is(who, e.ByID) {
			return seeFull, nil
		}
	}
	return seePublic, nil
}

func publicRight(ms []member) ([]member, error) {
	return publicEncumbrances(drop(ms, "measureRef"))
}

// publicEncumbrances leaves of encumbrances their types and times.
func publicEncumbrances(ms []member) ([]member, error) {
	for i, m := range ms {
		if string(m.Name) != "encumbrances" {
			continue
		}
		var es []struct {
			Type string `json:"type"`
			From int64  `json:"from"`
			To   int64  `json:"to,omitempty"`
		}
		if err := json.Unmarshal(m.Value, &es); err != nil {
			return nil, err
		}
		var err error
		if ms[i].Value, err = encode(es); err != nil {
			return nil, err
		}
	}
	return ms, nil
}

// seesRestraints: what lies beside a right is for whom the right is for.
func seesRestraints(s *server, raw json.RawMessage, who *session.Identity) (visibility, error) {
	if who == nil {
		return seePublic, nil
	}
	var r struct {
		RightID      string `json:"rightId"`
		Encumbrances []struct {
			ByID string `json:"byId"`
		} `json:"encumbrances"`
	}
	if err := json.Unmarshal(raw, &r); err != nil {
		return seeNothing, err
	}
	for _, e := range r.Encumbrances {
		if e.ByID != "" && is(who, e.ByID) {
			return seeFull, nil
		}
	}
	e, err := s.read.Get(rights.KindRight, r.RightID)
	if errors.Is(err, index.ErrNotFound) {
		return seePublic, nil
	}
	if err != nil {
		return seeNothing, fmt.Errorf("couldn't read the right %s of a restraint: %w", r.RightID, err)
	}
	return seesRight(s, e.JSON, who)
}

// seesResource: the catalogue is public but for custody papers and measures.
func seesResource(_ *server, raw json.RawMessage, who *session.Identity) (visibility, error) {
	if who == nil {
		return seePublic, nil
	}
	var r struct {
		HolderID    string `json:"holderId"`
		CustodianID string `json:"custodianId"`
	}
	if err := json.Unmarshal(raw, &r); err != nil {
		return seeNothing, err
	}
	if office(who) || is(who, r.HolderID) || r.CustodianID != "" && is(who, r.CustodianID) || slices.Contains(who.Roles, rights.RoleRegistrar) {
		return seeFull, nil
	}
	return seePublic, nil
}

var resourceHidden = []string{"gradeReport", "custodyAgreement", "measureRef", "destruction"}

func publicResource(ms []member) ([]member, error) { return drop(ms, resourceHidden...), nil }

// seesCommand reports whether who may read a command's signed bytes: they hold
// all of what the command said, so each file it touched must be open to who.
// Of an invalid transaction no records are known; its bytes are for its signer
// and the offices.
func (s *server) seesCommand(kid string, records []rights.RecordRef, who *session.Identity) (bool, error) {
	if who == nil {
		return false, nil
	}
	if office(who) {
		return true, nil
	}
	if signedBy(kid, who) {
		return true, nil
	}
	for _, r := range records {
		see := sees(r.Kind)
		if see == nil {
			continue
		}
		e, err := s.read.Get(r.Kind, r.ID)
		if err != nil {
			return false, err
		}
		if v, err := see(s, e.JSON, who); err != nil || v != seeFull {
			return false, err
		}
	}
	return len(records) > 0, nil
}

// signedBy reports whether who holds the participant of kid.
func signedBy(kid string, who *session.Identity) bool {
	p, _, _ := strings.Cut(kid, "#")
	return p != "" && is(who, p)
}

func sees(kind rights.Kind) func(*server, json.RawMessage, *session.Identity) (visibility, error) {
	if k := collectionOf(kind); k != nil {
		return k.sees
	}
	return nil
}

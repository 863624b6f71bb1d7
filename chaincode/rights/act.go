package rights

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// Act is one command being applied: who acts, with which key, through which
// organisation, at which ledger time. It belongs to one transaction and is not
// safe for concurrent use.
type Act struct {
	Command string       // <entity>.<event>
	Actor   *Participant // nil only for an outsider's application
	Kid     string       // <participant id>#<key number>
	Key     *Key         // the actor's key that signed
	MSP     string       // organisation whose gateway submitted
	Now     UnixSec      // the transaction's timestamp; the only clock
	TxID    string
	Ledger  Ledger
	Secret  []byte // what came beside the command in the transaction's transient field

	decode Decode // of the command's body, and of its secret
	hidden bool   // a collection was touched, so that only its members' peers are asked to endorse

	written   []RecordRef
	writtenAt map[string]int // kind and id → index in written; never iterated
	serial    int            // records made in this transaction
	prefix    string

	participants map[string]*Participant // read once; never iterated
	profiles     map[string]*Profile
	calendars    map[int]*WorkCalendar
	tables       map[string]*CodeTable
	local        *string // the market's rule profile in force, once looked up
}

// Written lists the records the act wrote, in order, each as last written.
func (a *Act) Written() []RecordRef { return a.written }

// markOf is how ids tell the transaction that made them.
func markOf(txID string) string {
	sum := sha256.Sum256([]byte(txID))
	return hex.EncodeToString(sum[:6])
}

// newID returns <KIND>-<region>-<YYYYMMDD>-<12 hex of SHA-256(txID)>-<nn>:
// unique without any counter on the ledger.
func (a *Act) newID(kind Kind, region string) string {
	if a.prefix == "" {
		a.prefix = time.Unix(a.Now, 0).In(shanghai).Format("20060102") + "-" + markOf(a.TxID)
	}
	id := fmt.Sprintf("%s-%s-%s-%02d", kind, region, a.prefix, a.serial)
	a.serial++
	return id
}

// create stores a new record under a head made here.
// Without a profile of its own it cites the market's (G-15).
func (a *Act) create(kind Kind, id string, state State, profileVer string, r Record) error {
	if profileVer == "" {
		var err error
		if profileVer, err = a.localVer(); err != nil {
			return err
		}
	}
	*r.head() = Head{
		DocType: string(kind), ID: id, SchemaVersion: SchemaVersion, Version: 1, State: state, RuleProfileVer: profileVer,
		CreatedAt: a.Now, CreatedBy: a.Kid, UpdatedAt: a.Now, UpdatedBy: a.Kid, LastTxID: a.TxID,
	}
	return a.put(kind, r)
}

// update stores a record as its next version. Time never runs backwards on a
// record (3.0.5).
func (a *Act) update(kind Kind, r Record) error {
	h := r.head()
	if a.Now < h.UpdatedAt {
		return refuse(CodeTerm, "交易时间早于记录上次更新时间，请重发", "the transaction's time is before the record's last update; send it again").on(h.ID)
	}
	if h.LastTxID != a.TxID { // several writes of one act are one version (G-1)
		h.Version++
	}
	h.UpdatedAt, h.UpdatedBy, h.LastTxID = a.Now, a.Kid, a.TxID
	return a.put(kind, r)
}

func (a *Act) put(kind Kind, r Record) error {
	h := r.head()
	if err := a.Ledger.Store(kind, h.ID, r); err != nil {
		return err
	}
	ref := RecordRef{Kind: kind, ID: h.ID, State: h.State, Version: h.Version}
	at := pair(string(kind), h.ID)
	if i, again := a.writtenAt[at]; again {
		a.written[i] = ref
		return nil
	}
	if a.writtenAt == nil {
		a.writtenAt = map[string]int{}
	}
	a.writtenAt[at] = len(a.written)
	a.written = append(a.written, ref)
	return nil
}

// need loads a record that must exist; field is the body field that named it.
func need(a *Act, kind Kind, field, id string, v any) error {
	if id == "" {
		return refuse(CodeFormat, "不能为空", "must not be empty").at(field)
	}
	if !validID(id) {
		return refuse(CodeFormat, "不是记录编号", "is not a record id").at(field)
	}
	ok, err := a.Ledger.Load(kind, id, v)
	if err != nil {
		return err
	}
	if !ok {
		return refuse(CodeNotFound, "账本上没有记录 %s", "no record %s on the ledger", id).at(field).on(id)
	}
	return nil
}

// validID reports whether id can be part of a key: the world state takes no
// NUL and no U+10FFFF, pointers are joined with slashes.
func validID(id string) bool {
	return len(id) <= 64 && utf8.ValidString(id) && !strings.ContainsAny(id, "/\x00\U0010FFFF")
}

// participant loads a participant that must exist. Callers do not change it.
func (a *Act) participant(field, id string) (*Participant, error) {
	if p := a.participants[id]; p != nil {
		return p, nil
	}
	p := new(Participant)
	if err := need(a, KindParticipant, field, id, p); err != nil {
		return nil, err
	}
	if a.participants == nil {
		a.participants = map[string]*Participant{}
	}
	a.participants[id] = p
	return p, nil
}

// Relations says who stands in which relation to a record. For an office an
// entry narrows it to the institutions named; without one any of them may act.
// For ByAdmitter it lists the roles whose admitter may act.
type Relations map[Capacity][]string

// offices are the capacities that a key's duty gives.
var offices = map[Capacity]Role{ByRegistrar: RoleRegistrar, ByExchange: RoleExchange, ByRegulator: RoleRegulator, ByBank: RoleBank}

// holds reports whether the actor stands in that capacity.
func (a *Act) holds(c Capacity, rel Relations) bool {
	named, given := rel[c]
	if role, ok := offices[c]; ok {
		return a.office(role) && (!given || slices.Contains(named, a.Actor.USCC))
	}
	switch c {
	case ByAnyone:
		return true
	case ByOutsider, ByAdministrator:
		return false // they do not come with an actor
	case ByAdmitter:
		if len(named) == 0 {
			return false
		}
		admitter := admitterOf(Role(named[0]))
		for _, r := range named[1:] {
			if admitterOf(Role(r)) != admitter {
				return false
			}
		}
		return a.office(admitter)
	}
	return slices.Contains(named, a.Actor.USCC)
}

// office reports whether the actor's key carries that office's duty. That it
// came through its own organisation's gateway was checked before any rule.
func (a *Act) office(role Role) bool {
	return a.Key != nil && a.Key.Officer != nil && slices.Contains(a.Key.Officer.Duties, role) && slices.Contains(a.Actor.Roles, role)
}

// mayLift refuses to lift a measure that somebody else took (SM-3).
func (a *Act) mayLift(takenBy, id string) error {
	if takenBy == "" || takenBy == a.Actor.USCC {
		return nil
	}
	return refuse(CodeRole, "措施由 %s 采取，只能由其解除", "the measure was taken by %s, who alone lifts it", takenBy).on(id).by("SM-3")
}

// step finds the row that leads a record of the machine out of from by the
// act's event and outcome, and checks that the actor may take it. Whoever has
// no standing at all is told E_ROLE before the state is looked at.
func (a *Act) step(m *Machine, id string, from State, event, outcome string, rel Relations) (State, error) {
	rows := m.Rows(event)
	var mayAct, leaving bool
	for _, t := range rows {
		ok := slices.ContainsFunc(t.By, func(c Capacity) bool { return a.holds(c, rel) })
		here := t.Leaves(from) && t.Outcome == outcome
		if here && ok {
			return t.To, nil
		}
		mayAct = mayAct || ok
		leaving = leaving || here
	}
	if !mayAct {
		return "", refuse(CodeRole, "%s 只能由 %s 发出", "%s may only be sent by: %s", a.Command, capacities(rows)).on(id)
	}
	if !leaving {
		title := m.Titled(from)
		return "", refuse(CodeState, "状态为“%[1]s”时不能 %[3]s；允许的状态：%[4]s", "state is %[2]q: no %[3]s here; it leaves from: %[4]s",
			title.Zh, title.En, event, sources(rows)).on(id)
	}
	return "", refuse(CodeRole, "在此状态下 %s 只能由 %s 发出", "in this state %s may only be sent by: %s", a.Command, capacities(rows)).on(id)
}

func capacities(rows []Transition) string {
	var names []string
	for _, t := range rows {
		for _, c := range t.By {
			if !slices.Contains(names, string(c)) {
				names = append(names, string(c))
			}
		}
	}
	return strings.Join(names, ", ")
}

func sources(rows []Transition) string {
	var names []string
	for _, t := range rows {
		for _, s := range t.From {
			if !slices.Contains(names, string(s)) {
				names = append(names, string(s))
			}
		}
		if len(t.From) == 0 && !slices.Contains(names, "-") {
			names = append(names, "-")
		}
	}
	return strings.Join(names, ", ")
}

// KeyID is how a signature names its key.
func KeyID(participantID string, no int) string { return participantID + "#" + strconv.Itoa(no) }

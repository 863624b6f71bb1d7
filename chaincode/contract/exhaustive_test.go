package contract_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/datarights/datarights/chaincode/rights"
	"github.com/datarights/datarights/chaincode/state/statetest"
)

// The exhaustive test sends every command, with its record in every state, by
// somebody in every role and relation, through every organisation's gateway.
// What must come of it is computed from the tables alone; what came of it is
// the contract's word.

// somebody is an actor of the exhaustive test.
type somebody struct {
	name string
	kid  string
	role rights.Role // the office its key carries, or its market role
	msp  string      // of its organisation; empty for those who run no node
	// relations to the records of the scene
	relations []rights.Capacity
}

func (s *somebody) id() string { id, _, _ := rights.SplitKeyID(s.kid); return id }

func (s *somebody) is(c rights.Capacity) bool { return slices.Contains(s.relations, c) }

// stands says from the cast alone whether somebody stands in a capacity to the
// record of a scene. The officers' roles are their capacities; whoever makes a
// record is its holder or applicant.
func (s *somebody) stands(c rights.Capacity, makes bool, admitter rights.Role) bool {
	switch c {
	case rights.ByAnyone:
		return true
	case rights.ByRegistrar:
		return s.role == rights.RoleRegistrar && s.is(c) // the case's own
	case rights.ByExchange:
		return s.role == rights.RoleExchange
	case rights.ByRegulator:
		return s.role == rights.RoleRegulator
	case rights.ByBank:
		return s.role == rights.RoleBank && s.msp != ""
	case rights.ByAdmitter:
		return s.role == admitter
	case rights.ByObjector, rights.ByOutsider, rights.ByAdministrator:
		return s.is(c)
	}
	return makes || s.is(c)
}

var organisations = []string{groupMSP, exchangeMSP, regulatorMSP, bankMSP}

// stage is the ledger of the exhaustive test with everybody on it.
type stage struct {
	*market
	cast                                                     []*somebody
	noticed, recorded, objection, second, right, certificate string
	signed                                                   map[string][]byte
}

func newStage(t *testing.T) *stage {
	m := newMarket(t)
	s := &stage{market: m, signed: map[string][]byte{}}
	add := func(name, kid string, role rights.Role, relations ...rights.Capacity) *somebody {
		id, _, _ := strings.Cut(kid, "#")
		x := &somebody{name: name, kid: kid, role: role, msp: m.msps[id], relations: append(relations, rights.BySelf)}
		s.cast = append(s.cast, x)
		return x
	}
	m.enrol(groupMSP, "91320900MA0A004870", "另一登记中心", []rights.Role{rights.RoleRegistrar}, "登记岗")
	add("registrar of the case", officer, rights.RoleRegistrar, rights.ByRegistrar)
	add("platform service of the registrar", registrarID+"#2", rights.RolePlatform)
	add("another registrar", "91320900MA0A004870#1", rights.RoleRegistrar)
	add("exchange", exchangeID+"#1", rights.RoleExchange)
	add("regulator", regulatorID+"#1", rights.RoleRegulator)
	add("bank", bankID+"#1", rights.RoleBank)
	add("holder and applicant", energyID+"#1", rights.RoleEnterprise, rights.ByHolder, rights.ByApplicant)
	m.join(buyerID, "东台代理有限公司")
	add("agent", buyerID+"#1", rights.RoleEnterprise, rights.ByApplicant)
	add("objector", weatherID+"#1", rights.RoleEnterprise, rights.ByObjector, rights.ByTransferee)
	add("subject of measures and alerts, keeper of evidence", m.subject(), rights.RoleEnterprise, rights.BySubject, rights.ByKeeper)
	// And one of every market role who has nothing to do with it.
	for i, role := range []rights.Role{rights.RoleEnterprise, rights.RoleVendor, rights.RoleThirdParty, rights.RoleBank, rights.RoleSourceUnit,
		rights.RoleImplementing, rights.RoleOperating, rights.RoleDeveloper, rights.RoleMediator, rights.RolePeerExchange} {
		p := fmt.Sprintf("91320902MA0B%05d", i)[:17]
		check, _ := rights.USCCCheck(p)
		id := p + string(check)
		a := m.application(id, "无关单位"+string(rune('甲'+i)))
		a.Roles = []rights.Role{role}
		m.must(m.do(id+"#1", "participant.apply", a))
		edit(rights.KindParticipant, id, func(p *rights.Participant) { p.State = rights.StateActive })(m)
		add("unrelated "+string(role), id+"#1", role)
	}

	castFinance(s)

	s.noticed = m.objected(energyID, "contested")
	c := m.the(s.noticed)
	s.second = c.ObjectionIDs[0] // the bank's
	s.objection = m.object(weatherID+"#1", s.noticed)
	m.now = start
	s.recorded = m.recorded(energyID, "settled", "SJ3212026070001")
	s.right, s.certificate = m.the(s.recorded).ResultRightIDs[0], "SJ3212026070001"
	m.now += 3600
	return s
}

// move is one command of the exhaustive test.
type move struct {
	command string
	machine *rights.Machine
	event   string
	outcome string // of the row, where the body decides
	states  []rights.State
	// set puts the record into a state; body is what somebody sends then.
	set  func(s *stage, state rights.State)
	body func(s *stage, who *somebody, state rights.State) any
	// admitter of the record, where that is a question.
	admitter rights.Role
	// party says who stands in a capacity to the scene's record, for those
	// capacities that the cast does not settle; nobody else does.
	party map[rights.Capacity]string
	// secret comes beside the command; only these gateways may carry it (nil: any).
	secret   []byte
	gateways []string
	// guard is what a rule beyond the table refuses somebody with; "" nothing.
	guard func(who *somebody, state rights.State) rights.Code
}

// states of a machine, or none for commands that make their record.
func statesOf(m *rights.Machine) []rights.State {
	var list []rights.State
	for _, s := range m.States {
		list = append(list, s.Name)
	}
	return list
}

var fresh = []rights.State{""}

const (
	far = int64(1) << 33 // a limit long to come
)

// caseIn puts the contested case into a state with everything its guards want:
// limits to come, or past for those events that wait for it.
func caseIn(limit int64, objections ...func(*stage) string) func(*stage, rights.State) {
	return func(s *stage, state rights.State) {
		edit(rights.KindCase, s.noticed, func(c *rights.Case) {
			*c = rights.Case{Head: c.Head, RegType: c.RegType, Profile: c.Profile, ApplicantIDs: c.ApplicantIDs, AgentID: buyerID, RegistrarID: c.RegistrarID,
				ObjectType: c.ObjectType, ObjectID: c.ObjectID, ObjectVersion: 1, ObjectName: c.ObjectName, RightKinds: c.RightKinds, SourceType: c.SourceType,
				Basis: c.Basis, Papers: c.Papers, SubmittedAt: c.SubmittedAt, Findings: positive()}
			c.State = state
			if state != rights.StatePublicNotice && state != rights.StateObjected { // the other side does not object
				c.CounterpartyID = weatherID
			}
			c.AcceptDueAt, c.CorrectionDueAt, c.ReviewDueAt, c.NoticeEndsAt = limit, limit, limit, limit
			switch state {
			case rights.StateOnHold:
				c.HeldFrom, c.HeldAt = rights.StateUnderReview, s.now
			case rights.StateObjected:
				for _, o := range objections {
					c.ObjectionIDs = append(c.ObjectionIDs, o(s))
				}
				c.OpenObjections, c.PausedAt = int64(len(objections)), s.now
			case rights.StateSupplementing, rights.StatePublicNotice:
				c.PausedAt = s.now
			}
		})(s.market)
		for _, o := range []string{s.objection, s.second} {
			edit(rights.KindObjection, o, func(o *rights.Objection) { o.State, o.DecidedAt, o.DueAt = rights.StateObjFiled, 0, far })(s.market)
		}
	}
}

func theObjection(s *stage) string   { return s.objection }
func otherObjection(s *stage) string { return s.second }

func fixed(make func(s *stage) any) func(*stage, *somebody, rights.State) any {
	return func(s *stage, _ *somebody, _ rights.State) any { return make(s) }
}

func ofCase(s *stage, _ *somebody, _ rights.State) any { return rights.OfCase{CaseID: s.noticed} }

func noGuard(*somebody, rights.State) rights.Code { return "" }

// moves lists every command with a machine. A command without a move here
// fails the test.
func moves() []move {
	return slices.Concat(firstMoves(), afterMoves(), productMoves(), tradeMoves(), useMoves(), financeMoves(), supervisionMoves())
}

// entityMove fills in what a move leaves out: its machine, event and states
// follow from the command's name.
func entityMove(m move) move {
	if m.guard == nil {
		m.guard = noGuard
	}
	entity, event, _ := strings.Cut(m.command, ".")
	if m.machine == nil {
		m.machine = machine(entity)
	}
	if m.event == "" {
		m.event = event
	}
	if m.states == nil {
		m.states = statesOf(m.machine)
	}
	return m
}

// firstMoves are those of participants, resources, first registration, rights
// and certificates.
func firstMoves() []move {
	var list []move
	cases := machine("registration")
	add := func(m move) { list = append(list, entityMove(m)) }
	onCase := func(name string, limit int64, body func(*stage, *somebody, rights.State) any) {
		add(move{command: "registration." + name, machine: cases, set: caseIn(limit, theObjection), body: body})
	}
	institution := func(w *somebody) bool { return w.msp != "" }
	selfish := func(w *somebody, _ rights.State) rights.Code {
		if w.role == rights.RoleRegistrar || w.role == rights.RolePlatform || w.role == rights.RoleRegulator {
			return rights.CodeSelf
		}
		return ""
	}

	// Participants: the one who is admitted is of a market role, then of one the regulator admits.
	for _, target := range []struct {
		role, more, admitter rights.Role
	}{{rights.RoleEnterprise, rights.RoleVendor, rights.RoleExchange}, {rights.RoleDeveloper, rights.RoleOperating, rights.RoleRegulator}} {
		const id = appraiserID
		set := func(s *stage, state rights.State) {
			s.put(rights.KindParticipant, id, &rights.Participant{Head: rights.Head{DocType: "PT", ID: id, SchemaVersion: 1, Version: 1, State: state, CreatedAt: start, UpdatedAt: start, LastTxID: "x"},
				USCC: id, Name: "被准入者", Roles: []rights.Role{target.role}, RegionCode: "320902", Keys: []rights.Key{{No: 1, State: rights.KeyActive}}})
		}
		for event, body := range map[string]any{
			"admit": rights.OfParticipant{USCC: id}, "refuse": rights.WithReason{USCC: id, Reason: "x"}, "addRole": rights.AddRole{USCC: id, Role: target.more},
			"suspend": rights.WithMeasure{USCC: id, MeasureRef: "x"}, "resume": rights.WithMeasure{USCC: id, MeasureRef: "x"}, "expel": rights.WithMeasure{USCC: id, MeasureRef: "x"},
		} {
			add(move{command: "participant." + event, set: set, admitter: target.admitter, body: fixed(func(*stage) any { return body })})
		}
	}
	// What one does to oneself: the record is the actor's own, always Active here;
	// the other states are tried by TestExhaustiveOthers.
	self := func(event string, body func(*stage, *somebody, rights.State) any, guard func(*somebody, rights.State) rights.Code) {
		add(move{command: "participant." + event, states: []rights.State{rights.StateActive}, set: func(*stage, rights.State) {}, body: body, guard: guard})
	}
	next := func(s *stage, w *somebody) int {
		return len(read[rights.Participant](s.market, rights.KindParticipant, w.id()).Keys) + 1
	}
	self("rotateKey", func(s *stage, w *somebody, _ rights.State) any {
		key, proof := s.proven(w.id(), next(s, w))
		return rights.RotateKey{PublicKey: key, Proof: proof}
	}, nil)
	self("addOfficer", func(s *stage, w *somebody, _ rights.State) any {
		key, proof := s.proven(w.id(), next(s, w))
		return rights.AddOfficer{PublicKey: key, Proof: proof, Post: "新岗", Duties: []rights.Role{w.role}}
	}, func(w *somebody, _ rights.State) rights.Code {
		if !institution(w) {
			return rights.CodeRole
		}
		return ""
	})
	self("revokeKey", func(s *stage, w *somebody, _ rights.State) any {
		return rights.RevokeKey{KeyNo: next(s, w) - 1, Reason: "x"}
	}, func(w *somebody, _ rights.State) rights.Code {
		if w.id() != registrarID { // the only one with two keys
			return rights.CodeState
		}
		return ""
	})
	self("exit", fixed(func(*stage) any { return rights.Exit{Declaration: "x"} }), func(w *somebody, _ rights.State) rights.Code {
		switch {
		case institution(w):
			return rights.CodeRole
		case w.is(rights.ByHolder):
			return rights.CodeState // has rights
		}
		return ""
	})

	// Resources.
	add(move{command: "resource.catalogue", states: fresh, set: func(*stage, rights.State) {}, guard: selfish,
		body: func(s *stage, w *somebody, _ rights.State) any { return s.resource(w.id(), "new") }})
	resource := func(s *stage) string { return s.the(s.noticed).ObjectID }
	setResource := func(s *stage, state rights.State) {
		caseIn(far)(s, rights.StateWithdrawn) // nothing open on it
		edit(rights.KindResource, resource(s), func(r *rights.Resource) { r.State = state })(s.market)
	}
	for event, body := range map[string]func(s *stage, w *somebody, _ rights.State) any{
		"addVersion": func(s *stage, _ *somebody, _ rights.State) any {
			r := s.resource(energyID, "second version")
			return rights.AddVersion{ResourceID: resource(s), ContentRoot: r.ContentRoot, MatchTag: r.MatchTag, TagEpoch: 1, TagAttestation: r.TagAttestation, SourceNote: "x"}
		},
		"regrade": fixed(func(s *stage) any {
			return rights.Regrade{ResourceID: resource(s), Level: "LevelGeneral", Grade: 3, GradeReport: rights.Evidence{DocType: rights.DocGrading, Hash: hash("new report")}}
		}),
		"suspend": fixed(func(s *stage) any { return rights.ResourceMeasure{ResourceID: resource(s), MeasureRef: "x"} }),
		"resume":  fixed(func(s *stage) any { return rights.ResourceMeasure{ResourceID: resource(s), MeasureRef: "x"} }),
		"retire":  fixed(func(s *stage) any { return rights.OfResource{ResourceID: resource(s)} }),
		"certifyDestroyed": fixed(func(s *stage) any {
			return rights.Destroyed{ResourceID: resource(s), Evidence: []rights.Evidence{{DocType: rights.DocOther, Hash: hash("wiped")}}}
		}),
	} {
		add(move{command: "resource." + event, set: setResource, body: body})
	}

	// Cases.
	add(move{command: "registration.submit", states: fresh, set: func(*stage, rights.State) {}, guard: selfish,
		body: func(s *stage, w *somebody, _ rights.State) any {
			id := "DR-of-" + w.id()
			r := read[rights.Resource](s.market, rights.KindResource, resource(s))
			r.ID, r.HolderID, r.State = id, w.id(), rights.StateCatalogued
			s.put(rights.KindResource, id, r)
			return application(id)
		}})
	onCase("requestCorrection", far, fixed(func(s *stage) any { return rights.RequestCorrection{CaseID: s.noticed, Missing: []string{"x"}} }))
	onCase("resubmit", far, fixed(func(s *stage) any { return rights.MorePapers{CaseID: s.noticed, Papers: papers()[:1]} }))
	onCase("lapse", 1, ofCase)
	onCase("accept", far, ofCase)
	onCase("deemAccept", start, ofCase)
	onCase("extendReview", day("2026-08-01"), fixed(func(s *stage) any { return rights.ExtendReview{CaseID: s.noticed, Workdays: 1, Reason: "x"} }))
	onCase("review", far, fixed(func(s *stage) any { return rights.Review{CaseID: s.noticed, Findings: positive()} }))
	onCase("requestSupplement", far, fixed(func(s *stage) any { return rights.RequestSupplement{CaseID: s.noticed, Reason: "x"} }))
	onCase("supplement", day("2026-08-01"), fixed(func(s *stage) any { return rights.MorePapers{CaseID: s.noticed, Papers: papers()[:1]} }))
	onCase("terminate", far, fixed(func(s *stage) any { return rights.Ground{CaseID: s.noticed, Reason: "x"} }))
	onCase("reject", far, fixed(func(s *stage) any { return rights.Ground{CaseID: s.noticed, Reason: "x", RejectGround: "G1"} }))
	onCase("publishNotice", far, fixed(func(s *stage) any { return rights.PublishNotice{CaseID: s.noticed} }))
	onCase("record", start, func(s *stage, _ *somebody, state rights.State) any {
		b := rights.RecordCase{CaseID: s.noticed, CertNo: "SJ3212026070002"}
		if state == rights.StateUnderReview {
			b.NoticeExempt = &rights.Exemption{Exempt: true, Reason: "x"}
		}
		return b
	})
	onCase("withdraw", far, ofCase)
	onCase("hold", day("2026-08-01"), fixed(func(s *stage) any { return rights.Hold{CaseID: s.noticed, MeasureRef: "x"} }))
	onCase("releaseHold", day("2026-08-01"), fixed(func(s *stage) any { return rights.Hold{CaseID: s.noticed, MeasureRef: "x"} }))
	add(move{command: "registration.fileObjection", set: caseIn(far, theObjection), body: fixed(func(s *stage) any { return objection(s.noticed) }),
		guard: func(w *somebody, state rights.State) rights.Code {
			switch {
			case w.is(rights.ByApplicant):
				return rights.CodeSelf
			case w.id() == registrarID:
				return rights.CodeFormat // on whose behalf?
			case w.is(rights.ByObjector) && state == rights.StateObjected:
				return rights.CodeExists // has one open
			}
			return ""
		}})

	// Objections, through the case in every state and in every state of their own.
	decide := func(outcome string) func(*stage, *somebody, rights.State) any {
		return fixed(func(s *stage) any {
			return rights.DecideObjection{ObjectionID: s.objection, Outcome: outcome, ConclusionHash: hash("c")}
		})
	}
	takeBack := fixed(func(s *stage) any { return rights.OfObjection{ObjectionID: s.objection} })
	both := []func(*stage) string{theObjection, otherObjection}
	for _, x := range []struct {
		command, outcome, event, own string
		open                         []func(*stage) string
		body                         func(*stage, *somebody, rights.State) any
	}{
		{"registration.decideObjection", "upheld", "decide", "upheld", both, decide("upheld")},
		{"registration.decideObjection", "dismissed", "decide", "dismissed", both[:1], decide("dismissed")},
		{"registration.decideObjection", "dismissedOthersOpen", "decide", "dismissed", both, decide("dismissed")},
		{"registration.withdrawObjection", "last", "withdraw", "", both[:1], takeBack},
		{"registration.withdrawObjection", "othersOpen", "withdraw", "", both, takeBack},
	} {
		// With no objection open the body's outcome cannot matter: the row is that of one open.
		add(move{command: x.command, outcome: x.outcome, set: caseIn(day("2026-08-01"), x.open...), body: x.body})
		add(move{command: x.command, machine: machine("objection"), event: x.event, outcome: x.own, body: x.body, set: func(s *stage, state rights.State) {
			caseIn(day("2026-08-01"), x.open...)(s, rights.StateObjected)
			edit(rights.KindObjection, s.objection, func(o *rights.Objection) { o.State = state })(s.market)
		}})
	}

	// Rights and certificates. Past their term for those events that wait for it.
	setRight := func(validTo int64) func(*stage, rights.State) {
		return func(s *stage, state rights.State) {
			for i, id := range s.the(s.recorded).ResultRightIDs {
				edit(rights.KindRight, id, func(r *rights.Right) {
					r.State, r.ValidTo = rights.StateExpired, validTo
					if i == 0 {
						r.State = state
					}
				})(s.market)
			}
		}
	}
	for _, event := range []string{"suspend", "resume"} {
		add(move{command: "right." + event, set: setRight(far), body: fixed(func(s *stage) any {
			return rights.RightMeasure{RightID: s.right, MeasureRef: "x", CourtPaper: hash("paper")}
		})})
	}
	add(move{command: "right.expire", set: setRight(start), body: fixed(func(s *stage) any { return rights.OfRight{RightID: s.right} })})
	add(move{command: "certificate.expire", body: fixed(func(s *stage) any { return rights.OfCertificate{CertNo: s.certificate} }), set: func(s *stage, state rights.State) {
		setRight(start)(s, rights.StateActive)
		edit(rights.KindCertificate, s.certificate, func(c *rights.Certificate) { c.State = state })(s.market)
	}})
	return list
}

// verdict is what the tables say of a move, and what came of it.
type verdict string

const (
	noStanding verdict = "no standing"
	wrongState verdict = "wrong state"
	taken      verdict = "taken"
	guarded    verdict = "refused by a guard"
)

// expected computes the verdict from the tables; row is the one taken.
func expected(mv *move, state rights.State, w *somebody, msp string) (verdict, *rights.Transition) {
	if w.msp != "" && w.msp != msp { // officers come through their own gateway
		return noStanding, nil
	}
	var standing, leaving bool
	rows := mv.machine.Rows(mv.event)
	for i, row := range rows {
		ok := slices.ContainsFunc(row.By, func(c rights.Capacity) bool {
			if id, settled := mv.party[c]; settled {
				return w.id() == id
			}
			return w.stands(c, state == "", mv.admitter)
		})
		here := row.Leaves(state) && row.Outcome == mv.outcome
		if ok && here {
			return taken, &rows[i]
		}
		standing, leaving = standing || ok, leaving || here
	}
	if !standing || leaving {
		return noStanding, nil
	}
	return wrongState, nil
}

// actual reads the verdict off an answer.
func actual(a answer) verdict {
	switch e := a.refusal; {
	case a.failure != "":
		return verdict("failure: " + a.failure)
	case e == nil:
		return taken
	case e.Code == rights.CodeRole && (strings.Contains(e.Detail, "may only be sent by") || strings.Contains(e.Detail, "through its own organisation")):
		return noStanding
	case e.Code == rights.CodeState && strings.Contains(e.Detail, "it leaves from"):
		return wrongState
	}
	return guarded
}

// signedBy signs a body once, however often it is sent.
func (s *stage) signedBy(w *somebody, name string, body any) []byte {
	raw, err := json.Marshal(body)
	if err != nil {
		s.t.Fatal(err)
	}
	key := w.kid + name + string(raw)
	if s.signed[key] == nil {
		s.signed[key] = s.sign(w.kid, name, json.RawMessage(raw))
	}
	return s.signed[key]
}

func TestExhaustive(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	tried, counts := 0, map[verdict]int{}
	rowsTaken := map[string]bool{}
	commandsTried := map[string]bool{}
	wrong := 0
	for _, mv := range moves() {
		commandsTried[mv.command] = true
		for _, state := range mv.states {
			scene := *s
			m := *s.market
			m.ledger = s.ledger.Clone()
			scene.market = &m
			mv.set(&scene, state)
			for _, w := range scene.cast { // the scene may give them other relations
				jws := scene.signedBy(w, mv.command, mv.body(&scene, w, state))
				for _, msp := range organisations {
					tried++
					want, row := expected(&mv, state, w, msp)
					a := m.tryWith(mv.secret, statetest.Creator(msp, "client"), []byte("Submit"), jws)
					got := actual(a)
					counts[want]++
					code := rights.Code("")
					if want == taken {
						if code = mv.guard(w, state); mv.gateways != nil && !slices.Contains(mv.gateways, msp) {
							code = rights.CodeRole // may not see the secret
						}
						if code != "" {
							counts[taken]--
							counts[guarded]++
							want = guarded
						}
					}
					if got != want || (code != "" && a.refusal.Code != code) {
						wrong++
						if wrong <= 20 {
							t.Errorf("%s (%s) from %q by %s through %s: %s; want %s %s (%v)", mv.command, mv.outcome, state, w.name, msp, got, want, code, a.refusal)
						}
						continue
					}
					if got == taken {
						rowsTaken[rowName(mv.machine, state, *row)] = true
						if !arrived(&scene, a, mv.machine, row.To) {
							t.Errorf("%s from %q by %s did not lead to %s: %+v", mv.command, state, w.name, row.To, a.Result)
						}
					}
				}
			}
		}
	}
	if wrong > 20 {
		t.Errorf("and %d more", wrong-20)
	}
	// No gaps: every command with a machine, every row of every machine.
	for _, c := range rights.Commands() {
		if c.Machine != nil && !commandsTried[c.Name] && c.Name != "participant.apply" { // tried by TestExhaustiveOthers
			t.Errorf("%s is not tried", c.Name)
		}
	}
	elsewhere := map[string]string{ // rows written by another command or tried by another test; areas add theirs
		"participant.apply": "TestExhaustiveOthers", "participant.enrol": "TestEnrolment",
		"objection.close": "TestDecidingObjections",
		"right.create":    "registration.record", "certificate.issue": "registration.record",
	}
	for _, more := range []map[string]string{afterElsewhere, productElsewhere, tradeElsewhere, useElsewhere, financeElsewhere, supervisionElsewhere} {
		maps.Copy(elsewhere, more)
	}
	rows := 0
	for _, m := range rights.Machines() {
		for _, row := range m.Transitions {
			from := row.From
			if len(from) == 0 {
				from = fresh
			}
			for _, f := range from {
				rows++
				if !rowsTaken[rowName(m, f, row)] && elsewhere[m.Entity+"."+row.Event] == "" {
					t.Errorf("no move takes the row %s", rowName(m, f, row))
				}
			}
		}
	}
	t.Logf("%d combinations of %d moves, %d actors and %d gateways: %v; %d rows", tried, len(moves()), len(s.cast), len(organisations), counts, rows)
}

func rowName(m *rights.Machine, from rights.State, row rights.Transition) string {
	return fmt.Sprintf("%s: %q %s %s", m.Entity, from, row.Event, row.Outcome)
}

// arrived reports whether the answer lists a record of the machine in the
// state the row leads to.
func arrived(s *stage, a answer, m *rights.Machine, to rights.State) bool {
	return slices.ContainsFunc(a.Result.Records, func(r rights.RecordRef) bool {
		back := to == rights.StatePrevious && r.State != rights.StateOnHold && r.State != rights.StateSuspended
		return machineOf[r.Kind] == m.Entity && (r.State == to || back)
	})
}

// What the cast of the exhaustive test cannot be: outsiders, the inactive, and
// those who publish.
func TestExhaustiveOthers(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	tried := 0
	pt := machine("participant")

	// participant.apply by an outsider, with the code in every state: refused
	// as existing wherever no row leads on.
	for _, state := range append(fresh, statesOf(pt)...) {
		for _, msp := range organisations {
			tried++
			m := *s.market
			m.ledger = s.ledger.Clone()
			kid := appraiserID + "#1"
			if state != "" {
				kid = appraiserID + "#2"
				m.put(rights.KindParticipant, appraiserID, &rights.Participant{Head: rights.Head{DocType: "PT", ID: appraiserID, Version: 1, State: state, UpdatedAt: start}, USCC: appraiserID,
					Keys: []rights.Key{{No: 1, State: rights.KeyActive, PublicKey: m.publicKey(energyID + "#1")}}})
			}
			a := m.application(appraiserID, "外来者")
			m.keys[kid] = m.keys[appraiserID+"#1"]
			got := m.try(statetest.Creator(msp, "client"), []byte("Submit"), m.sign(kid, "participant.apply", a))
			leads := slices.ContainsFunc(pt.Rows("apply"), func(r rights.Transition) bool { return r.Leaves(state) })
			if ok := got.refusal == nil && got.failure == ""; ok != leads || (!ok && got.refusal.Code != rights.CodeExists) {
				t.Errorf("apply from %q through %s: %v", state, msp, got.refusal)
			}
		}
	}
	// Everybody on the ledger applying again.
	for _, w := range s.cast {
		body := rights.Application{USCC: w.id(), Name: "x", OrgType: "OrgEnterprise", Roles: []rights.Role{rights.RoleEnterprise}, RegionCode: "320902", PublicKey: s.publicKey(w.kid)}
		for _, msp := range organisations {
			tried++
			s.refuses(s.try(statetest.Creator(msp, "client"), []byte("Submit"), s.sign(w.kid, "participant.apply", body)), rights.CodeExists)
		}
	}
	// Whoever is not Active may do nothing, whatever he would be allowed; a key
	// not on the ledger or out of use signs nothing.
	for _, c := range rights.Commands() {
		if c.SelfSigned {
			continue
		}
		for _, w := range s.cast {
			jws := s.sign(w.kid, c.Name, struct{}{})
			for _, state := range statesOf(pt) {
				if state == rights.StateActive || state == rights.StateSuspended && c.WhileSuspended { // P-3, tried by TestWhileSuspended
					continue
				}
				tried++
				m := *s.market
				m.ledger = s.ledger.Clone()
				edit(rights.KindParticipant, w.id(), func(p *rights.Participant) { p.State = state })(&m)
				m.refuses(m.try(statetest.Creator(m.mspOf(w.kid), "client"), []byte("Submit"), jws), rights.CodeInactive)
			}
			for _, state := range []rights.State{rights.KeyRetired, rights.KeyRevoked} {
				tried++
				m := *s.market
				m.ledger = s.ledger.Clone()
				_, no, _ := rights.SplitKeyID(w.kid)
				edit(rights.KindParticipant, w.id(), func(p *rights.Participant) { p.Keys[no-1].State = state })(&m)
				m.refuses(m.try(statetest.Creator(m.mspOf(w.kid), "client"), []byte("Submit"), jws), rights.CodeKey)
			}
		}
		s.newKey(developerID + "#1")
		s.refuses(s.try(statetest.Creator(exchangeMSP, "client"), []byte("Submit"), s.sign(developerID+"#1", c.Name, struct{}{})), rights.CodeKey)
		tried++
	}
	// What is published once: by a regulator, through its gateway.
	for name, body := range map[string]any{
		"ruleProfile.publish":  rights.PublishProfile{Code: "DRWG", Ver: 2, Params: drwg(t)},
		"workCalendar.publish": rights.PublishCalendar{Year: 2030, Ver: 1, NonWorking: []string{}, ExtraWorking: []string{}},
	} {
		for _, w := range s.cast {
			jws := s.sign(w.kid, name, body)
			for _, msp := range organisations {
				tried++
				a := s.try(statetest.Creator(msp, "client"), []byte("Submit"), jws)
				if may := w.role == rights.RoleRegulator && msp == regulatorMSP; may != (a.refusal == nil) || (!may && a.refusal.Code != rights.CodeRole) {
					t.Errorf("%s by %s through %s: %v", name, w.name, msp, a.refusal)
				}
			}
		}
	}
	t.Logf("%d combinations", tried)
}

package contract_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/datarights/datarights/chaincode/command"
	"github.com/datarights/datarights/chaincode/contract"
	"github.com/datarights/datarights/chaincode/rights"
	"github.com/datarights/datarights/chaincode/state/statetest"
)

// story plays every command there is, once at least, and every function of the
// contract, to its good end.
func story(t testing.TB, watch func(*market, statetest.Tx)) {
	m := founding(t)
	m.watch = func(tx statetest.Tx) { watch(m, tx) }
	m.open()

	must := m.must
	energy, weather, regulator, exchange := energyID+"#1", weatherID+"#1", regulatorID+"#1", exchangeID+"#1"
	record := func(id, no string) {
		m.now = max(m.now, m.the(id).NoticeEndsAt)
		must(m.registrar("registration.record", rights.RecordCase{CaseID: id, CertNo: no}))
	}

	// participants
	must(m.do(buyerID+"#1", "participant.apply", m.application(buyerID, "东台数据应用有限公司")))
	must(m.do(exchange, "participant.refuse", rights.WithReason{USCC: buyerID, Reason: "材料不全"}))
	a := m.application(buyerID, "东台数据应用有限公司")
	m.keys[buyerID+"#2"] = m.keys[buyerID+"#1"]
	must(m.do(buyerID+"#2", "participant.apply", a))
	must(m.do(exchange, "participant.admit", rights.OfParticipant{USCC: buyerID}))
	must(m.do(regulator, "participant.addRole", rights.AddRole{USCC: buyerID, Role: rights.RoleDeveloper}))
	must(m.rotate(buyerID+"#2", 3))
	must(m.do(regulator, "participant.suspend", rights.WithMeasure{USCC: buyerID, MeasureRef: "x"}))
	must(m.do(regulator, "participant.resume", rights.WithMeasure{USCC: buyerID, MeasureRef: "x"}))
	must(m.do(buyerID+"#3", "participant.exit", rights.Exit{Declaration: "无未结事项"}))
	m.join(developerID, "阜宁数据开发有限公司")
	must(m.do(regulator, "participant.expel", rights.WithMeasure{USCC: developerID, MeasureRef: "x"}))
	key, proof := m.proven(registrarID, 3)
	must(m.do(officer, "participant.addOfficer", rights.AddOfficer{PublicKey: key, Proof: proof, Post: "登记二岗", Duties: []rights.Role{rights.RoleRegistrar}}))
	must(m.do(officer, "participant.revokeKey", rights.RevokeKey{KeyNo: 3, Reason: "换岗"}))

	// resources
	r := m.catalogue(energyID, "first")
	v := m.resource(energyID, "second")
	must(m.do(energy, "resource.addVersion", rights.AddVersion{ResourceID: r, ContentRoot: v.ContentRoot, MatchTag: v.MatchTag, TagEpoch: 1, TagAttestation: v.TagAttestation, SourceNote: "续采"}))
	must(m.do(energy, "resource.regrade", rights.Regrade{ResourceID: r, Level: "LevelGeneral", Grade: 3, GradeReport: rights.Evidence{DocType: rights.DocGrading, Hash: hash("again")}}))
	must(m.do(regulator, "resource.suspend", rights.ResourceMeasure{ResourceID: r, MeasureRef: "x"}))
	must(m.do(regulator, "resource.resume", rights.ResourceMeasure{ResourceID: r, MeasureRef: "x"}))
	must(m.do(energy, "resource.retire", rights.OfResource{ResourceID: r}))
	must(m.do(energy, "resource.certifyDestroyed", rights.Destroyed{ResourceID: r, Evidence: []rights.Evidence{{DocType: rights.DocOther, Hash: hash("wiped")}}}))

	// a case with everything
	id := m.submitted(energyID, "energy")
	must(m.registrar("registration.requestCorrection", rights.RequestCorrection{CaseID: id, Missing: []string{"x"}}))
	must(m.do(energy, "registration.resubmit", rights.MorePapers{CaseID: id, Papers: papers()[:1]}))
	m.now = m.the(id).AcceptDueAt
	must(m.event(weather, "deemAccept", id))
	must(m.registrar("registration.extendReview", rights.ExtendReview{CaseID: id, Workdays: 3, Reason: "x"}))
	must(m.registrar("registration.requestSupplement", rights.RequestSupplement{CaseID: id, Reason: "x"}))
	m.now += 86400
	must(m.do(energy, "registration.supplement", rights.MorePapers{CaseID: id, Papers: papers()[1:2]}))
	must(m.registrar("registration.review", rights.Review{CaseID: id, Findings: positive()}))
	must(m.do(regulator, "registration.hold", rights.Hold{CaseID: id, MeasureRef: "x"}))
	m.now += 2 * 86400
	must(m.do(regulator, "registration.releaseHold", rights.Hold{CaseID: id, MeasureRef: "x"}))
	must(m.registrar("registration.publishNotice", rights.PublishNotice{CaseID: id}))
	one, two := m.object(bankID+"#1", id), m.object(weather, id)
	must(m.decide(one, "dismissed"))
	must(m.do(weather, "registration.withdrawObjection", rights.OfObjection{ObjectionID: two}))
	record(id, "SJ3212026070001")
	must(m.do(regulator, "right.suspend", rights.RightMeasure{RightID: m.the(id).ResultRightIDs[0], MeasureRef: "x"}))
	must(m.do(regulator, "right.resume", rights.RightMeasure{RightID: m.the(id).ResultRightIDs[0], MeasureRef: "x"}))

	// the other ends
	lapses := m.submitted(weatherID, "lapses")
	must(m.registrar("registration.requestCorrection", rights.RequestCorrection{CaseID: lapses, Missing: []string{"x"}}))
	m.now = m.the(lapses).CorrectionDueAt
	must(m.event(energy, "lapse", lapses))
	accepted := func(content string) string {
		id := m.submitted(weatherID, content)
		must(m.event(officer, "accept", id))
		return id
	}
	must(m.event(weather, "withdraw", accepted("withdrawn")))
	must(m.registrar("registration.reject", rights.Ground{CaseID: accepted("rejected"), RejectGround: "G2", Reason: "x"}))
	ends := accepted("terminated")
	must(m.registrar("registration.requestSupplement", rights.RequestSupplement{CaseID: ends, Reason: "x"}))
	must(m.registrar("registration.terminate", rights.Ground{CaseID: ends, Reason: "x"}))
	upheld := m.noticed(weatherID, "upheld")
	must(m.decide(m.object(energy, upheld), "upheld"))

	// a batch of every kind there is
	var items []object
	for i := range 3 {
		x := m.resource(weatherID, fmt.Sprint("batch", i))
		items = append(items, without(x))
	}
	made := must(m.do(weather, "resource.catalogueBatch", batch{nil, items})).Result.Records
	items = nil
	for _, x := range made {
		items = append(items, object{"objectId": x.ID})
	}
	cases := must(m.do(weather, "registration.submitBatch", batch{without(application("x"), "objectId"), items})).Result.Records
	items = nil
	for _, x := range cases {
		items = append(items, object{"caseId": x.ID})
	}
	must(m.do(officer, "registration.acceptBatch", batch{nil, items}))
	must(m.do(officer, "registration.publishNoticeBatch", batch{object{"findings": positive()}, items}))
	m.now = m.the(cases[0].ID).NoticeEndsAt
	for i := range items {
		items[i]["certNo"] = fmt.Sprintf("SJ3212026070%03d", i+100)
	}
	must(m.do(officer, "registration.recordBatch", batch{nil, items}))

	// the rest of the market, a chapter an area
	for _, chapter := range []func(*market){tellAfter, tellProducts, tellTrades, tellUse, tellFinance, tellSupervision} {
		chapter(m)
	}

	// and the end of terms
	last := m.the(id)
	m.now = rights.AddMonths(m.now, 61)
	must(m.do(bankID+"#1", "right.expire", rights.OfRight{RightID: last.ResultRightIDs[0]}))
	must(m.do(bankID+"#1", "certificate.expire", rights.OfCertificate{CertNo: last.ResultCertNo}))
	must(m.try(statetest.Creator(bankMSP, "client"), []byte("Read"), []byte("CT"), []byte(last.ResultCertNo)))
	must(m.try(statetest.Creator(bankMSP, "client"), []byte("Founded")))
}

// covered fails unless the story told every command.
func covered(t *testing.T, told map[string]int) {
	t.Helper()
	for _, c := range rights.Commands() {
		if told[c.Name] == 0 && told[c.Name+"Batch"] == 0 {
			t.Errorf("the story leaves out %s", c.Name)
		}
	}
}

func commandOf(tx statetest.Tx) string {
	if string(tx.Args[0]) != "Submit" {
		return string(tx.Args[0])
	}
	cmd, err := command.Decode(tx.Args[1])
	if err != nil {
		return err.Error()
	}
	return cmd.Name
}

// Two endorsers, one transaction, the same bytes: writes, payload and event.
func TestEndorsementsAgree(t *testing.T) {
	told := map[string]int{}
	story(t, func(m *market, tx statetest.Tx) {
		told[commandOf(tx)]++
		one := m.endorse(tx)
		for range 3 { // map order differs from run to run
			other := *m
			other.cc = &contract.Contract{Genesis: genesis}
			two := other.endorse(tx)
			if !equalWrites(one.stub.Writes, two.stub.Writes) || !bytes.Equal(one.payload, two.payload) || !bytes.Equal(one.stub.Event, two.stub.Event) {
				t.Fatalf("two endorsements of %s differ:\n%s\n%s", commandOf(tx), one.payload, two.payload)
			}
			if fmt.Sprint(one.refusal) != fmt.Sprint(two.refusal) || len(one.stub.Reads) != len(two.stub.Reads) {
				t.Fatalf("two endorsements of %s differ: %v, %v", commandOf(tx), one.refusal, two.refusal)
			}
		}
	})
	covered(t, told)
}

// Whatever call to the peer fails, the answer is a failure of ours, never a
// refusal of the sender's, and nothing of it can be committed.
func TestFaults(t *testing.T) {
	told, faults := map[string]int{}, 0
	story(t, func(m *market, tx statetest.Tx) {
		name := commandOf(tx)
		if told[name]++; told[name] > 1 {
			return
		}
		var ops []string
		m.ledger.Fault = func(op, _ string) error { ops = append(ops, op); return nil }
		good := m.endorse(tx)
		defer func() { m.ledger.Fault = nil }()
		for i, op := range ops {
			calls := 0
			m.ledger.Fault = func(string, string) error {
				if calls++; calls == i+1 {
					return statetest.ErrFault
				}
				return nil
			}
			a := m.endorse(tx)
			faults++
			if op == "getMultiple" { // reading ahead is a guess
				if a.failure != "" || a.refusal != nil || !equalWrites(a.stub.Writes, good.stub.Writes) {
					t.Fatalf("%s: reading ahead failed and so did the command: %s %v", name, a.failure, a.refusal)
				}
				continue
			}
			if a.refusal != nil || !strings.Contains(a.failure, statetest.ErrFault.Error()) {
				t.Fatalf("%s: %s number %d failed and the answer is %v %q", name, op, i+1, a.refusal, a.failure)
			}
			if op != "event" && len(a.stub.Writes) != 0 {
				t.Fatalf("%s: %s failed and %d keys are written", name, op, len(a.stub.Writes))
			}
		}
	})
	covered(t, told)
	t.Logf("%d faults", faults)
}

// A fault of ours that panics is answered, and the server goes on.
func TestPanicIsAFailure(t *testing.T) {
	m := newMarket(t)
	m.ledger.Fault = func(string, string) error { panic("broken") }
	if a := m.post(m.sign(energyID+"#1", "participant.exit", rights.Exit{Declaration: "x"})); !strings.Contains(a.failure, "panic: broken") {
		t.Errorf("%+v", a)
	}
	m.ledger.Fault = nil
	m.must(m.post(m.sign(energyID+"#1", "participant.exit", rights.Exit{Declaration: "x"})))
	// A record that is no JSON is the ledger's fault, not the sender's.
	m.put(rights.KindParticipant, weatherID, []int{1})
	if a := m.post(m.sign(weatherID+"#1", "participant.exit", rights.Exit{Declaration: "x"})); a.failure == "" {
		t.Errorf("%+v", a)
	}
}

package contract_test

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"

	"google.golang.org/protobuf/proto"

	"github.com/datarights/datarights/chaincode/command"
	"github.com/datarights/datarights/chaincode/contract"
	"github.com/datarights/datarights/chaincode/rights"
	"github.com/datarights/datarights/chaincode/state"
	"github.com/datarights/datarights/chaincode/state/statetest"
	"github.com/datarights/datarights/network"
)

// example is the consortium that the tests' founding document describes.
var example = sync.OnceValue(func() *network.Consortium {
	c, err := network.Load("")
	if err != nil {
		panic(err)
	}
	return c
})

// membersOf names the members of a collection, as the consortium has them.
func membersOf(collection string) []string {
	for _, one := range example().Collections() {
		if one.Name == collection {
			return one.Members
		}
	}
	return nil
}

// The network deploys the collections that the rules ask for, to those members
// that the rules let in.
func TestCollectionsAreThoseOfTheConsortium(t *testing.T) {
	c := example()
	want := []rights.Collection{rights.CollectionTrade}
	for _, o := range c.Organisations {
		if o.Function == network.FunctionFinance {
			want = append(want, rights.CollectionPledge(o.MSPID))
		}
	}
	var got []rights.Collection
	for _, one := range c.Collections() {
		got = append(got, rights.Collection(one.Name))
	}
	if !slices.Equal(got, want) {
		t.Errorf("the consortium has %v, the rules use %v", got, want)
	}
	m := newMarket(t)
	for _, one := range c.Collections() {
		key, _ := state.Key(rights.KindTrade, "TR-1")
		m.hide(one.Name, key, `{"salt":"x"}`)
		for _, o := range c.Organisations {
			a := m.try(statetest.Creator(o.MSPID, "client"), []byte("ReadSecret"), []byte(one.Name), []byte(rights.KindTrade), []byte("TR-1"))
			if member := slices.Contains(one.Members, o.MSPID); member != (string(a.payload) == `{"salt":"x"}`) || member == (a.refusal != nil) {
				t.Errorf("%s of %s: %q, %v", one.Name, o.Name, a.payload, a.refusal)
			}
		}
	}
	a := m.try(statetest.Creator(exchangeMSP, "client"), []byte("ReadSecret"), []byte(rights.CollectionTrade), []byte(rights.KindTrade), []byte("TR-2"))
	m.refuses(a, rights.CodeNotFound)
}

// hide commits a private value past every rule.
func (m *market) hide(collection, key, value string) {
	stub := m.ledger.Begin(statetest.Tx{ID: "scene", Creator: statetest.Creator(exchangeMSP, "client")})
	if err := stub.PutPrivateData(collection, key, []byte(value)); err != nil {
		m.t.Fatal(err)
	}
	if !m.ledger.Commit(stub) {
		m.t.Fatal("not committed")
	}
}

// A secret beside a command that touches no collection would be sent to
// whichever peers endorse: it is refused by the first.
func TestASecretNobodyAskedForIsRefused(t *testing.T) {
	m := newMarket(t)
	body := rights.PublishCalendar{Year: 2028, Ver: 1, NonWorking: []string{}, ExtraWorking: []string{}}
	jws := m.sign(regulatorID+"#1", "workCalendar.publish", body)
	regulator := statetest.Creator(regulatorMSP, "client")
	a := m.tryWith([]byte(`{"salt":"x"}`), regulator, []byte("Submit"), jws)
	m.refuses(a, rights.CodeFormat)
	if a.refusal.Field != "secret" {
		t.Errorf("%+v", a.refusal)
	}
	m.must(m.invoke(regulator, "Submit", jws))
	// A repetition touches no collection either. It is told only without the secret.
	a = m.tryWith([]byte(`{"salt":"x"}`), regulator, []byte("Submit"), jws)
	m.refuses(a, rights.CodeReplay)
	if a.refusal.Field != rights.FieldSecret {
		t.Errorf("%+v", a.refusal)
	}
	if a := m.must(m.invoke(regulator, "Submit", jws)); !a.Replayed {
		t.Error("not told of what was applied")
	}
}

// underGuard is a ledger with one record under a guard of the given organisations.
func underGuard(t *testing.T, guardians ...string) (*statetest.Ledger, rights.EndorsementRule) {
	t.Helper()
	var g rights.Genesis
	if err := json.Unmarshal(genesis, &g); err != nil {
		t.Fatal(err)
	}
	l := statetest.New()
	write(t, l, *g.Endorsement, nil, func(w *state.World) error {
		if err := w.Store(rights.KindRight, "RT-1", map[string]string{"holder": "A"}); err != nil {
			return err
		}
		return w.Guard(rights.KindRight, "RT-1", guardians)
	})
	return l, *g.Endorsement
}

func write(t *testing.T, l *statetest.Ledger, usual rights.EndorsementRule, endorsers []string, do func(*state.World) error) error {
	t.Helper()
	stub := l.Begin(statetest.Tx{ID: "tx", Creator: statetest.Creator(exchangeMSP, "client"), Endorsers: endorsers})
	w := state.NewWorld(stub, usual)
	if err := do(w); err != nil {
		t.Fatal(err)
	}
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
	err := l.Endorsed(stub)
	if l.Commit(stub) != (err == nil) {
		t.Fatalf("committed in spite of %v, or not without it", err)
	}
	return err
}

// Whoever colludes, a guarded key moves with its guardians and the usual
// endorsement, and with nothing less.
func TestAGuardedKeyMovesWithItsGuardians(t *testing.T) {
	for _, test := range []struct {
		guardians []string
		moves     string // with exactly these and every set that holds one of them
	}{
		{nil, "GE GR ER"},
		{[]string{bankMSP}, "GEB GRB ERB"},
		{[]string{bankMSP, bankMSP}, "GEB GRB ERB"},
		{[]string{exchangeMSP}, "GE ER"},
		{[]string{exchangeMSP, groupMSP}, "GE"},
		{[]string{exchangeMSP, groupMSP, regulatorMSP}, "GER"},
		{[]string{exchangeMSP, bankMSP}, "GEB ERB"},
	} {
		for set := range 16 {
			var endorsers []string
			letters := ""
			for i, m := range []string{groupMSP, exchangeMSP, regulatorMSP, bankMSP} {
				if set&(1<<i) != 0 {
					endorsers = append(endorsers, m)
					letters += m[:1]
				}
			}
			if endorsers == nil {
				endorsers = []string{}
			}
			want := slices.ContainsFunc(strings.Fields(test.moves), func(least string) bool {
				return !strings.ContainsFunc(least, func(l rune) bool { return !strings.ContainsRune(letters, l) })
			})
			for name, do := range map[string]func(*state.World) error{
				"written":  func(w *state.World) error { return w.Store(rights.KindRight, "RT-1", map[string]string{"holder": "B"}) },
				"lifted":   func(w *state.World) error { return w.Guard(rights.KindRight, "RT-1", nil) },
				"replaced": func(w *state.World) error { return w.Guard(rights.KindRight, "RT-1", []string{groupMSP}) },
			} {
				l, usual := underGuard(t, test.guardians...)
				l.Usual = usualPolicy(t)
				if err := write(t, l, usual, endorsers, do); (err == nil) != want {
					t.Errorf("guarded by %v, %s with %v: %v", test.guardians, name, endorsers, err)
				}
			}
		}
	}
}

// usualPolicy is the chaincode's own policy as the network deploys it.
func usualPolicy(t *testing.T) []byte {
	t.Helper()
	c := example()
	policy, err := c.SignaturePolicy(c.Chaincode.Endorsement)
	if err != nil {
		t.Fatal(err)
	}
	raw, err := proto.Marshal(policy)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

// A founding document that does not say who endorses guards nothing, and says so.
func TestNoGuardWithoutAnEndorsementRule(t *testing.T) {
	for _, usual := range []rights.EndorsementRule{{}, {OutOf: 2, Of: []string{groupMSP}}} {
		w := state.NewWorld(statetest.New().Begin(statetest.Tx{}), usual)
		if err := w.Guard(rights.KindRight, "RT-1", []string{bankMSP}); err == nil {
			t.Errorf("guarded a key with %+v", usual)
		}
	}
	m := founding(t)
	for _, rule := range []string{`{"outOf":0,"of":["GroupMSP"]}`, `{"outOf":2,"of":["GroupMSP"]}`, `{"outOf":2,"of":["GroupMSP","GroupMSP"]}`, `{"outOf":1,"of":["OtherMSP"]}`} {
		text := []byte(string(genesis[:strings.Index(string(genesis), `"endorsement":`)]) + `"endorsement":` + rule + "}")
		m.cc = &contract.Contract{Genesis: text}
		m.refuses(m.try(statetest.Creator(groupMSP, "admin"), []byte("Found"), text), rights.CodeFormat)
	}
}

// What is wrong with a secret is said without saying what is in it: refusals are
// answered, and logged by peers.
func TestAFaultySecretIsNotQuoted(t *testing.T) {
	const value = "73920518446213"
	for _, secret := range []string{
		`{"salt":` + value + `}`, `{"salt":["` + value + `"]}`, `{"priceFen":"` + value + `"}`, `{"priceFen":` + value + `.5}`, `{"priceFen":` + value + value + `}`,
		`{"priceFen":-` + value + `e9}`, `{"priceFen":{"x":` + value + `}}`, `{"priceFen":` + value, `{"priceFen":` + value + `} trailing`, `{"priceFen":` + value + `,"priceFen":` + value + `}`,
		`{"priceFen":0` + value + `}`, `[` + value + `]`, value, `"` + value + `"`, `{"priceFen":null,"x":"` + value + `"}`, `{"salt":"` + value + "\x00" + `"}`,
	} {
		var document struct {
			PriceFen int64  `json:"priceFen"`
			Salt     string `json:"salt"`
		}
		err := command.DecodeInto(json.RawMessage(secret), &document)
		if err == nil {
			continue // taken: nothing is said
		}
		var e *command.Error
		if !errors.As(err, &e) || strings.Contains(e.Detail+e.DetailZh+e.Field, value) {
			t.Errorf("%s is refused with %v", secret, err)
		}
	}
}

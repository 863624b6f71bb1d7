package consortium_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/hyperledger/fabric-protos-go-apiv2/common"
	"github.com/hyperledger/fabric-protos-go-apiv2/gateway"
	"github.com/hyperledger/fabric-protos-go-apiv2/msp"
	"github.com/hyperledger/fabric-protos-go-apiv2/peer"
	"github.com/hyperledger/fabric-protos-go-apiv2/peer/lifecycle"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	"github.com/datarights/datarights/chaincode/contract"
	"github.com/datarights/datarights/chaincode/rights"
	"github.com/datarights/datarights/client"
	"github.com/datarights/datarights/network"
	"github.com/datarights/datarights/test-network/trace"
)

// engine is a consortium whose members may run a chaincode that obeys anybody.
type engine struct {
	*network.Deployment
	t *testing.T
}

const (
	groupMSP, exchangeMSP, regulatorMSP, bankMSP = "GroupMSP", "ExchangeMSP", "RegulatorMSP", "BankMSP"
	tradeTerms, pledgeTerms                      = "tradeTerms", "pledgeTerms_BankMSP"
)

var everyone = []string{"Group", "Exchange", "Regulator", "Bank"}

// dishonestConsortium is the example consortium in which the organisations named
// run the dishonest build.
func dishonestConsortium(t *testing.T, base int, dishonest []string, change func(text string) string) *network.Consortium {
	t.Helper()
	text := string(network.ExampleConsortium())
	if change != nil {
		text = change(text)
	}
	c, err := network.Parse("test", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	if c, err = c.Rebase(base); err != nil {
		t.Fatal(err)
	}
	for i := range c.Organisations {
		if slices.Contains(dishonest, c.Organisations[i].Name) {
			c.Organisations[i].ChaincodeProgram = built.dishonest
		}
	}
	return c
}

// submits sends a call through an organisation's peer and returns its transaction.
func (e engine) submits(org string, via network.Via, function string, args ...string) (string, error) {
	e.t.Helper()
	o, err := e.Organisation(org)
	if err != nil {
		e.t.Fatal(err)
	}
	connection, err := e.Connect(o, e.GatewayUser(o))
	if err != nil {
		e.t.Fatal(err)
	}
	defer connection.Close()
	ctx, cancel := context.WithTimeout(e.t.Context(), 30*time.Second)
	defer cancel()
	payload, err := connection.SubmitVia(ctx, e.Chaincode.Name, function, via, encoded(args)...)
	if invalid := (*network.CommitError)(nil); errors.As(err, &invalid) {
		return invalid.TransactionID, err
	}
	return string(payload), err
}

func (e engine) must(txID string, err error) string {
	e.t.Helper()
	if err != nil {
		e.t.Fatal(err)
	}
	return txID
}

func (e engine) evaluates(org, chaincode, function string, args ...string) ([]byte, error) {
	e.t.Helper()
	o, err := e.Organisation(org)
	if err != nil {
		e.t.Fatal(err)
	}
	connection, err := e.Connect(o, e.GatewayUser(o))
	if err != nil {
		e.t.Fatal(err)
	}
	defer connection.Close()
	return connection.EvaluateOn(e.t.Context(), o.MSPID, chaincode, function, encoded(args)...)
}

func encoded(args []string) (raw [][]byte) {
	for _, a := range args {
		raw = append(raw, []byte(a))
	}
	return raw
}

// reads returns a record as an organisation's own peer has it.
func (e engine) reads(org, kind, id string) string {
	e.t.Helper()
	raw, err := e.evaluates(org, e.Chaincode.Name, "Read", kind, id)
	if err != nil {
		e.t.Fatal(err)
	}
	return string(raw)
}

func secret(value string) network.Via {
	return network.Via{Transient: map[string][]byte{contract.TransientSecret: []byte(value)}}
}

// verdict is what an organisation's peer has of a transaction: how it found it
// and whose peers endorsed it.
func (e engine) verdict(org, txID string) (peer.TxValidationCode, []string) {
	e.t.Helper()
	var raw []byte
	eventually(e.t, 15*time.Second, org+"'s peer has the transaction", func() (err error) {
		raw, err = e.evaluates(org, "qscc", "GetTransactionByID", e.Channel, txID)
		return err
	})
	var processed peer.ProcessedTransaction
	var payload common.Payload
	var tx peer.Transaction
	var action peer.ChaincodeActionPayload
	decode := func(raw []byte, m proto.Message) {
		e.t.Helper()
		if err := proto.Unmarshal(raw, m); err != nil {
			e.t.Fatal(err)
		}
	}
	decode(raw, &processed)
	decode(processed.GetTransactionEnvelope().GetPayload(), &payload)
	decode(payload.GetData(), &tx)
	decode(tx.GetActions()[0].GetPayload(), &action)
	var endorsers []string
	for _, endorsement := range action.GetAction().GetEndorsements() {
		var id msp.SerializedIdentity
		decode(endorsement.GetEndorser(), &id)
		endorsers = append(endorsers, id.GetMspid())
	}
	slices.Sort(endorsers)
	return peer.TxValidationCode(processed.GetValidationCode()), endorsers
}

// requireVerdict requires the same verdict of every peer.
func (e engine) requireVerdict(txID string, want peer.TxValidationCode) {
	e.t.Helper()
	for _, org := range everyone {
		if got, endorsers := e.verdict(org, txID); got != want {
			e.t.Errorf("%s's peer says %s of what %v endorsed; expected %s", org, got, endorsers, want)
		}
	}
}

// TestEngine shows on a real consortium what the rules rely on: a definition is
// upgraded with its state, private data reaches its members alone, and a guarded
// key does not move without its guardian, however many others collude.
func TestEngine(t *testing.T) {
	dir := downAfter(t, t.TempDir())
	up := func(t *testing.T, options network.Options) *network.Deployment {
		options.Datarights = built.datarights // with gateways
		return up(t, options)
	}
	before := dishonestConsortium(t, basePort+600, everyone, func(text string) string {
		text = replaceOnce(t, text, "  endorsement:", "  collections: false\n  endorsement:")
		return replaceOnce(t, text, `version: "1.0"`, `version: "0.9"`)
	})
	e := engine{up(t, network.Options{Dir: dir, Consortium: before}), t}
	e.must(e.submits("Group", network.Via{}, "Put", "TT", "before", `{"n":1}`))
	if _, err := e.submits("Exchange", secret("x"), "Hide", tradeTerms, "TT", "early"); err == nil {
		t.Fatal("wrote to a collection before there was one")
	}

	t.Run("an upgrade keeps the state", func(t *testing.T) {
		e.approvesSomethingElse("Exchange", 2) // as an upgrade given up half-way would have
		e.Deployment = up(t, network.Options{Dir: dir, Consortium: dishonestConsortium(t, basePort+600, everyone, nil)})
		requireSequence(t, e, 2)
		for _, org := range everyone {
			if got := e.reads(org, "TT", "before"); got != `{"n":1}` {
				t.Errorf("%s's peer reads %q", org, got)
			}
		}
		e.must(e.submits("Bank", network.Via{}, "Put", "TT", "before", `{"n":2}`))
		e.Deployment = up(t, network.Options{Dir: dir})
		requireSequence(t, e, 2) // nothing changed since
	})

	t.Run("secrets", func(t *testing.T) { testSecrets(t, engine{e.Deployment, t}) })
	t.Run("secrets over HTTP", func(t *testing.T) { testSecretsOverHTTP(t, engine{e.Deployment, t}) })
	t.Run("secrets stay where they belong", func(t *testing.T) { testNoTrace(t, engine{e.Deployment, t}) })
	t.Run("a bank that was away", func(t *testing.T) { testAway(t, engine{e.Deployment, t}) })
	t.Run("purge", func(t *testing.T) { testPurge(t, engine{e.Deployment, t}) })
	t.Run("collusion", func(t *testing.T) { testCollusion(t, engine{e.Deployment, t}) })
}

// approvesSomethingElse has an organisation approve another definition than
// anybody wants.
func (e engine) approvesSomethingElse(org string, sequence int64) {
	e.t.Helper()
	o, err := e.Organisation(org)
	if err != nil {
		e.t.Fatal(err)
	}
	connection, err := e.Connect(o, e.Admin(o))
	if err != nil {
		e.t.Fatal(err)
	}
	defer connection.Close()
	policy, err := e.SignaturePolicy(e.Chaincode.Endorsement)
	if err != nil {
		e.t.Fatal(err)
	}
	parameter, err := proto.Marshal(&peer.ApplicationPolicy{Type: &peer.ApplicationPolicy_SignaturePolicy{SignaturePolicy: policy}})
	if err != nil {
		e.t.Fatal(err)
	}
	args, err := proto.Marshal(&lifecycle.ApproveChaincodeDefinitionForMyOrgArgs{
		Name: e.Chaincode.Name, Version: "1.0", Sequence: sequence, ValidationParameter: parameter,
		EndorsementPlugin: "escc", ValidationPlugin: "vscc", Collections: &peer.CollectionConfigPackage{},
		Source: &lifecycle.ChaincodeSource{Type: &lifecycle.ChaincodeSource_Unavailable_{Unavailable: &lifecycle.ChaincodeSource_Unavailable{}}},
	})
	if err != nil {
		e.t.Fatal(err)
	}
	if _, err := connection.SubmitVia(e.t.Context(), "_lifecycle", "ApproveChaincodeDefinitionForMyOrg", network.Via{Endorsers: []string{o.MSPID}}, args); err != nil {
		e.t.Fatal(told(err))
	}
}

func requireSequence(t *testing.T, e engine, want int64) {
	t.Helper()
	cc, err := e.Deployed(e.Chaincode.Name)
	if err != nil || cc.Sequence != want {
		t.Fatalf("sequence %d, %v; expected %d", cc.Sequence, err, want)
	}
}

// The values that must stay in private. They are long and look like nothing
// else, so that finding one is finding it.
const (
	tradeSecret  = `{"price":"73920518446213","clause":"QmV9xLw0ZkTrPs7d","salt":"hN2c8YtGv5RqXb1mKz4wEa"}`
	pledgeSecret = `{"credit":"61847720935518","clause":"Jf3uWn6yHc8oTbRe","salt":"pD9sLk2vMx7qZt4gUy1wCi"}`
)

var (
	tradeValues  = []string{"73920518446213", "QmV9xLw0ZkTrPs7d", "hN2c8YtGv5RqXb1mKz4wEa"}
	pledgeValues = []string{"61847720935518", "Jf3uWn6yHc8oTbRe", "pD9sLk2vMx7qZt4gUy1wCi"}
)

func testSecrets(t *testing.T, e engine) {
	// A right under the bank's guard moves in the same transaction.
	e.must(e.submits("Group", network.Via{}, "Put", "RT", "pledged", `{"state":"Active"}`))
	e.must(e.submits("Group", network.Via{}, "Guard", "RT", "pledged", bankMSP))
	for _, test := range []struct {
		org, collection, value string
		members                []string // who endorses
	}{
		{"Exchange", tradeTerms, tradeSecret, []string{exchangeMSP, regulatorMSP}},
		{"Regulator", tradeTerms, tradeSecret, []string{exchangeMSP, regulatorMSP}},
		{"Exchange", pledgeTerms, pledgeSecret, []string{bankMSP, exchangeMSP, regulatorMSP}},
		{"Regulator", pledgeTerms, pledgeSecret, []string{bankMSP, exchangeMSP, regulatorMSP}},
		{"Bank", pledgeTerms, pledgeSecret, []string{bankMSP, exchangeMSP, regulatorMSP}},
	} {
		t.Run(test.org+" to "+test.collection, func(t *testing.T) {
			e := engine{e.Deployment, t}
			id := "hidden-" + test.org + "-" + test.collection
			only := func(what, txID string, members []string) {
				t.Helper()
				e.requireVerdict(txID, peer.TxValidationCode_VALID)
				if _, endorsers := e.verdict(test.org, txID); !within(endorsers, members) {
					t.Errorf("%s was endorsed by %v; only %v may see it", what, endorsers, members)
				}
			}
			only("a secret", e.must(e.submits(test.org, secret(test.value), "Hide", test.collection, "TR", id)), test.members)
			// No secret travels with this one, but it reads one.
			only("a use", e.must(e.submits(test.org, network.Via{}, "Use", test.collection, "TR", id, "TT", "used-"+test.org, `{}`)), test.members)
			if test.collection == pledgeTerms {
				tx := e.must(e.submits(test.org, secret(test.value), "HidePut", test.collection, "TR", id, "RT", "pledged", fmt.Sprintf(`{"by":%q}`, test.org)))
				only("a pledge", tx, test.members)
				if _, endorsers := e.verdict(test.org, tx); !slices.Equal(endorsers, test.members) {
					t.Errorf("a guarded right moved with %v", endorsers)
				}
			}
		})
	}
	for _, test := range []struct{ org, collection string }{{"Group", tradeTerms}, {"Group", pledgeTerms}, {"Bank", tradeTerms}} {
		if _, err := e.submits(test.org, secret("x"), "Hide", test.collection, "TT", "theirs"); err == nil {
			t.Errorf("%s wrote to %s", test.org, test.collection)
		}
	}
}

// kept asks every organisation's own peer for what a collection keeps, by the
// contract's own function.
func (e engine) kept(org, collection, id string) (string, error) {
	raw, err := e.evaluates(org, e.Chaincode.Name, "ReadSecret", collection, "TR", id)
	return string(raw), err
}

// testSecretsOverHTTP hands commands with secrets to real gateways.
func testSecretsOverHTTP(t *testing.T, e engine) {
	key, err := client.GenerateKey()
	if err != nil {
		t.Fatal(err)
	}
	signed, err := key.Command("91320903MA0A00022Y", 1, "participant.apply", rights.Application{
		USCC: "91320903MA0A00022Y", Name: "盐都新能源发电有限公司", OrgType: "OrgEnterprise", Roles: []rights.Role{rights.RoleEnterprise},
		RegionCode: "320903", PublicKey: key.Info().PublicKey,
	})
	if err != nil {
		t.Fatal(err)
	}
	hand := func(org string) error {
		o, err := e.Organisation(org)
		if err != nil {
			t.Fatal(err)
		}
		c, err := client.New("http://127.0.0.1:" + strconv.Itoa(o.Ports.Gateway))
		if err != nil {
			t.Fatal(err)
		}
		_, err = c.SubmitWithSecret(t.Context(), signed.JWS, []byte(tradeSecret))
		return err
	}
	for org, want := range map[string]string{
		"Group":    "E_MISDIRECTED", // before it is read
		"Exchange": "E_FORMAT",      // by the chaincode of the own peer, before any other is asked
		"Bank":     "E_FORMAT",
	} {
		var p *client.Problem
		if err := hand(org); !errors.As(err, &p) || p.Code != want || p.Field != "secret" {
			t.Errorf("%s: %v, expected %s at secret", org, err, want)
		}
	}
	o, _ := e.Organisation("Exchange")
	c, err := client.New("http://127.0.0.1:" + strconv.Itoa(o.Ports.Gateway))
	if err != nil {
		t.Fatal(err)
	}
	first, err := c.Submit(t.Context(), signed.JWS)
	if err != nil {
		t.Fatal(err)
	}
	// Repeated with a secret it is told what was applied, and the secret goes nowhere.
	again, err := c.SubmitWithSecret(t.Context(), signed.JWS, []byte(tradeSecret))
	if err != nil || !again.Replayed || again.TxID != first.TxID {
		t.Errorf("got %+v, %v; expected a replay of %s", again, err, first.TxID)
	}
}

// testNoTrace looks for the secrets' values in everything that every process
// keeps: blocks, world state, orderers' ledgers, indexes, logs.
func testNoTrace(t *testing.T, e engine) {
	eventually(t, 30*time.Second, "indexes are level", func() error {
		var height uint64
		for _, p := range statusOf(t, e.Deployment).Processes {
			if p.Height == nil {
				continue
			}
			if height == 0 {
				height = *p.Height
			}
			if *p.Height != height {
				return fmt.Errorf("%s is at %d, others at %d", p.Name, *p.Height, height)
			}
		}
		return nil
	})
	secrets := trace.Secrets{tradeTerms: tradeValues, pledgeTerms: pledgeValues}
	leaks, err := trace.Leaks(e.Deployment, secrets)
	if err != nil || len(leaks) > 0 {
		t.Errorf("%v %s", err, strings.Join(leaks, ", "))
	}
	missing, err := trace.Missing(e.Deployment, secrets)
	if err != nil || len(missing) > 0 {
		t.Errorf("%v %s", err, strings.Join(missing, ", "))
	}
	for _, test := range []struct{ collection, id, value string }{
		{tradeTerms, "hidden-Exchange-" + tradeTerms, tradeSecret}, {pledgeTerms, "hidden-Bank-" + pledgeTerms, pledgeSecret},
	} {
		for _, org := range everyone {
			got, err := e.kept(org, test.collection, test.id)
			member := org == "Exchange" || org == "Regulator" || org == "Bank" && test.collection == pledgeTerms
			if member != (err == nil && got == test.value) || !member && err == nil {
				t.Errorf("%s reads %q of %s, %v", org, got, test.collection, err)
			}
		}
	}
}

// testAway: a member whose peer is down blocks nobody and misses nothing.
func testAway(t *testing.T, e engine) {
	if err := network.Act(t.Context(), e.Dir, "stop", "bank-peer"); err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	tx := e.must(e.submits("Exchange", secret(pledgeSecret), "Hide", pledgeTerms, "TR", "while-away"))
	if took := time.Since(began); took > 5*time.Second {
		t.Errorf("without the bank's peer a pledge took %s: the others wait for it", took)
	}
	if err := network.Act(t.Context(), e.Dir, "start", "bank-peer"); err != nil {
		t.Fatal(err)
	}
	eventually(t, 90*time.Second, "the bank has what it missed", func() error {
		got, err := e.kept("Bank", pledgeTerms, "while-away")
		if err == nil && got != pledgeSecret {
			err = fmt.Errorf("it has %q", got)
		}
		return err
	})
	e.requireVerdict(tx, peer.TxValidationCode_VALID)
	eventually(t, 60*time.Second, "the bank endorses again", func() error {
		_, err := e.submits("Bank", secret(pledgeSecret), "Hide", pledgeTerms, "TR", "while-away")
		return err
	})
}

// testPurge: what is purged is gone at every member, the record beside it stays.
func testPurge(t *testing.T, e engine) {
	id := "hidden-Exchange-" + pledgeTerms
	e.must(e.submits("Regulator", network.Via{}, "Purge", pledgeTerms, "TR", id))
	for _, org := range []string{"Exchange", "Regulator", "Bank"} {
		eventually(t, 15*time.Second, org+" has it no more", func() error {
			got, err := e.kept(org, pledgeTerms, id)
			if err == nil || !strings.Contains(told(err), string(rights.CodeNotFound)) {
				return fmt.Errorf("it reads %q, %w", got, err)
			}
			return nil
		})
	}
	if got, err := e.kept("Bank", pledgeTerms, "hidden-Bank-"+pledgeTerms); err != nil || got != pledgeSecret {
		t.Errorf("another went with it: %q, %v", got, err)
	}
	if _, err := e.submits("Group", network.Via{}, "Purge", pledgeTerms, "TR", "hidden-Bank-"+pledgeTerms); err == nil {
		t.Error("an organisation outside the collection purged it")
	}
}

// told is an error with what the peers said of it.
func told(err error) string {
	text := err.Error()
	for _, detail := range status.Convert(err).Details() {
		if d, ok := detail.(*gateway.ErrorDetail); ok {
			text += "; " + d.GetMspId() + ": " + d.GetMessage()
		}
	}
	return text
}

// within tells whether every one of some is among all, and there is one.
func within(some, all []string) bool {
	return len(some) > 0 && !slices.ContainsFunc(some, func(s string) bool { return !slices.Contains(all, s) })
}

// testCollusion replaces the servers of every organisation but the bank's.
func testCollusion(t *testing.T, e engine) {
	e.must(e.submits("Group", network.Via{}, "Put", "RT", "free", `{"holder":"A"}`))
	e.must(e.submits("Group", network.Via{}, "Put", "RT", "kept", `{"holder":"A"}`))
	e.must(e.submits("Group", network.Via{}, "Guard", "RT", "kept", bankMSP))
	base := e.Organisations[0].Ports.Orderer
	e.Deployment = up(t, network.Options{Dir: e.Dir, Datarights: built.datarights, Consortium: dishonestConsortium(t, base, []string{"Group", "Exchange", "Regulator"}, nil)})

	three := network.Via{Endorsers: []string{groupMSP, exchangeMSP, regulatorMSP}}
	tx := e.must(e.submits("Group", three, "Put", "RT", "free", `{"holder":"thief"}`))
	e.requireVerdict(tx, peer.TxValidationCode_VALID) // the attack works where there is no guard
	for name, args := range map[string][]string{
		"writes":          {"Put", "RT", "kept", `{"holder":"thief"}`},
		"deletes":         {"Drop", "RT", "kept"},
		"lifts the guard": {"Guard", "RT", "kept"},
		"moves the guard": {"Guard", "RT", "kept", groupMSP},
	} {
		t.Run("three "+name, func(t *testing.T) {
			e := engine{e.Deployment, t}
			tx, err := e.submits("Exchange", three, args[0], args[1:]...)
			var invalid *network.CommitError
			if !errors.As(err, &invalid) || invalid.Code != peer.TxValidationCode_ENDORSEMENT_POLICY_FAILURE.String() {
				t.Fatalf("got %v", err)
			}
			e.requireVerdict(tx, peer.TxValidationCode_ENDORSEMENT_POLICY_FAILURE)
			for _, org := range everyone {
				if got := e.reads(org, "RT", "kept"); got != `{"holder":"A"}` {
					t.Errorf("%s's peer reads %q", org, got)
				}
			}
		})
	}
	t.Run("the honest bank endorses none of it", func(t *testing.T) {
		e := engine{e.Deployment, t}
		with := network.Via{Endorsers: append(three.Endorsers[:3:3], bankMSP)}
		for name, via := range map[string]network.Via{"asked": with, "planned": {}} {
			_, err := e.submits("Exchange", via, "Put", "RT", "kept", `{"holder":"thief"}`)
			if err == nil || !strings.Contains(told(err), "BankMSP: chaincode response 400") {
				t.Errorf("%s: %v", name, err)
			}
		}
	})
	t.Run("with the bank it is valid", func(t *testing.T) {
		e := engine{up(t, network.Options{Dir: e.Dir, Datarights: built.datarights, Consortium: dishonestConsortium(t, base, everyone, nil)}), t}
		with := network.Via{Endorsers: []string{exchangeMSP, regulatorMSP, bankMSP}}
		e.requireVerdict(e.must(e.submits("Exchange", with, "Put", "RT", "kept", `{"holder":"B"}`)), peer.TxValidationCode_VALID)
		// The peer finds by itself that the bank is needed.
		e.requireVerdict(e.must(e.submits("Group", network.Via{}, "Put", "RT", "kept", `{"holder":"C"}`)), peer.TxValidationCode_VALID)
		// The bank and one other are not the usual two.
		if _, err := e.submits("Bank", network.Via{Endorsers: []string{groupMSP, bankMSP}}, "Put", "RT", "kept", `{"holder":"D"}`); err == nil {
			t.Error("the guardian and one endorser moved the key")
		}
		e.must(e.submits("Bank", network.Via{}, "Guard", "RT", "kept"))
		e.requireVerdict(e.must(e.submits("Group", network.Via{Endorsers: []string{groupMSP, exchangeMSP}}, "Put", "RT", "kept", `{"holder":"E"}`)), peer.TxValidationCode_VALID)
	})
}

package consortium_test

import (
	"context"
	"errors"
	"slices"
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
	"github.com/datarights/datarights/network"
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

// connects reaches an organisation's own peer as its gateway does.
func (e engine) connects(org string) (*network.Organisation, *network.Connection) {
	e.t.Helper()
	o, err := e.Organisation(org)
	if err != nil {
		e.t.Fatal(err)
	}
	connection, err := e.Connect(o, e.GatewayUser(o))
	if err != nil {
		e.t.Fatal(err)
	}
	return o, connection
}

// submits sends a call through an organisation's peer and returns its transaction.
func (e engine) submits(org string, via network.Via, function string, args ...string) (string, error) {
	e.t.Helper()
	_, connection := e.connects(org)
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
	o, connection := e.connects(org)
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
	var m *traded
	t.Run("a market's secrets", func(t *testing.T) { m = testMarket(t, engine{e.Deployment, t}) })
	if m == nil {
		t.FailNow() // what follows is about what was traded and pledged
	}
	t.Run("a market's secrets purged", func(t *testing.T) { testMarketPurge(t, m) })
	t.Run("collusion", func(t *testing.T) { testCollusion(t, engine{e.Deployment, t}, m) })
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

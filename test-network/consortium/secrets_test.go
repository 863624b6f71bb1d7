package consortium_test

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/hyperledger/fabric-protos-go-apiv2/peer"

	"github.com/datarights/datarights/chaincode/rights"
	"github.com/datarights/datarights/client"
	"github.com/datarights/datarights/network"
	"github.com/datarights/datarights/test-network/trace"
)

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

// testNoTraceOf looks for secrets in everything that every process keeps:
// blocks, world state, orderers' ledgers, indexes, logs.
func testNoTraceOf(t *testing.T, e engine, secrets trace.Secrets) {
	t.Helper()
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
	leaks, err := trace.Leaks(e.Deployment, secrets)
	if err != nil || len(leaks) > 0 {
		t.Errorf("%v %s", err, strings.Join(leaks, ", "))
	}
	missing, err := trace.Missing(e.Deployment, secrets)
	if err != nil || len(missing) > 0 {
		t.Errorf("%v %s", err, strings.Join(missing, ", "))
	}
}

// testNoTrace does so with the secrets of this test, and asks every peer for them.
func testNoTrace(t *testing.T, e engine) {
	testNoTraceOf(t, e, trace.Secrets{tradeTerms: tradeValues, pledgeTerms: pledgeValues})
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

package consortium_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/hyperledger/fabric-protos-go-apiv2/peer"

	"github.com/datarights/datarights/network"
)

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

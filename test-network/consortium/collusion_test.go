package consortium_test

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hyperledger/fabric-protos-go-apiv2/peer"

	"github.com/datarights/datarights/chaincode/rights"
	"github.com/datarights/datarights/network"
	"github.com/datarights/datarights/test-network/scene"
)

// testCollusion replaces the servers of every organisation but the bank's, and
// has them go for a right that was pledged to the bank by commands alone.
func testCollusion(t *testing.T, e engine, m *traded) {
	e.must(e.submits("Group", network.Via{}, "Put", "RT", "free", `{"holder":"A"}`))
	base := e.Organisations[0].Ports.Orderer
	e.Deployment = up(t, network.Options{Dir: e.Dir, Datarights: built.datarights, Consortium: dishonestConsortium(t, base, []string{"Group", "Exchange", "Regulator"}, nil)})

	three := network.Via{Endorsers: []string{groupMSP, exchangeMSP, regulatorMSP}}
	tx := e.must(e.submits("Group", three, "Put", "RT", "free", `{"holder":"thief"}`))
	e.requireVerdict(tx, peer.TxValidationCode_VALID) // the attack works where there is no guard
	kept := m.pledged.Operation()
	robs := func(t *testing.T, e engine, right string) {
		was, pledge := e.reads("Bank", "RT", right), e.reads("Bank", "PL", m.pledge)
		var r rights.Right
		if err := json.Unmarshal([]byte(was), &r); err != nil || len(r.Encumbrances) != 1 || r.Encumbrances[0].RefID != m.pledge {
			t.Fatalf("the right is not pledged: %v: %s", err, was)
		}
		stolen, forged := strings.ReplaceAll(was, r.HolderID, m.deal.Seller.USCC), strings.Replace(pledge, `"Registered"`, `"Released"`, 1)
		for name, args := range map[string][]string{
			"write the release": {"Put", "PL", m.pledge, forged}, // upon which the rules would open the guard
			"drop the pledge":   {"Drop", "PL", m.pledge},
			"write it":          {"Put", "RT", right, stolen},
			"delete it":         {"Drop", "RT", right},
			"lift the guard":    {"Guard", "RT", right},
			"move the guard":    {"Guard", "RT", right, groupMSP},
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
					if got := e.reads(org, "RT", right); got != was {
						t.Errorf("%s's peer reads %q", org, got)
					}
					if got := e.reads(org, "PL", m.pledge); got != pledge {
						t.Errorf("%s's peer reads %q", org, got)
					}
				}
			})
		}
		t.Run("the honest bank endorses none of it", func(t *testing.T) {
			e := engine{e.Deployment, t}
			with := network.Via{Endorsers: append(three.Endorsers[:3:3], bankMSP)}
			for name, via := range map[string]network.Via{"asked": with, "planned": {}} {
				_, err := e.submits("Exchange", via, "Put", "RT", right, stolen)
				if err == nil || !strings.Contains(told(err), "BankMSP: chaincode response 400") {
					t.Errorf("%s: %v", name, err)
				}
			}
		})
	}
	robs(t, e, kept)
	t.Run("in the bank's name", func(t *testing.T) {
		e, m := engine{e.Deployment, t}, m.On(t)
		honest := e.reads("Bank", "PT", m.Bank.USCC)
		thief, err := scene.Newcomer("Exchange")
		if err != nil {
			t.Fatal(err)
		}
		thief.USCC, thief.No = m.Bank.USCC, m.Bank.No
		var bank rights.Participant
		if err := json.Unmarshal([]byte(honest), &bank); err != nil {
			t.Fatal(err)
		}
		key := &bank.Keys[m.Bank.No-1]
		key.PublicKey, key.Fingerprint, bank.MSPID = thief.Key.Info().PublicKey, thief.Key.Info().Fingerprint, exchangeMSP
		robbed, err := json.Marshal(bank)
		if err != nil {
			t.Fatal(err)
		}
		e.requireVerdict(e.must(e.submits("Group", three, "Put", "PT", bank.USCC, string(robbed))), peer.TxValidationCode_VALID)
		eventually(t, 30*time.Second, "the thief is the bank", func() error {
			if got := scene.Read[rights.Participant](m.Market, "Exchange", "/v1/participants/"+bank.USCC); got.Keys[m.Bank.No-1].Fingerprint != key.Fingerprint {
				return errors.New("not yet")
			}
			return nil
		})
		moving := m.Transfer(m.deal.Buyer, "theft", kept)
		m.Refused(rights.CodeRole, thief, "pledge.giveConsent", rights.GivePledgeConsent{PledgeID: m.pledge, Action: rights.UseTransfer, TargetID: kept, TermsHash: moving.TermsHash, ExpiresAt: time.Now().Unix() + 86400})
		m.Refused(rights.CodeRole, thief, "pledge.release", rights.ReleasePledge{PledgeID: m.pledge})
		m.Refused(rights.CodeConsent, m.pledgor(), "registration.submit", moving)
		e.must(e.submits("Group", three, "Put", "PT", bank.USCC, honest))
	})
	t.Run("by the rules it moves", func(t *testing.T) {
		e, m := engine{e.Deployment, t}, m.On(t)
		to := m.Join("大丰数据受让有限公司", "Exchange", nil)
		moving := m.Transfer(to, "sale", kept)
		m.Refused(rights.CodeConsent, m.pledgor(), "registration.submit", moving)
		m.Do(m.Bank, "pledge.giveConsent", rights.GivePledgeConsent{PledgeID: m.pledge, Action: rights.UseTransfer, TargetID: kept, TermsHash: moving.TermsHash, ExpiresAt: time.Now().Unix() + 86400})
		x := m.Transferred(m.pledgor(), to, moving)
		for _, right := range []string{kept, x.Operation()} {
			tx := scene.Read[rights.Right](m.Market, "Group", "/v1/rights/"+right).LastTxID
			e.requireVerdict(tx, peer.TxValidationCode_VALID)
			if _, endorsers := e.verdict("Group", tx); !slices.Contains(endorsers, bankMSP) {
				t.Errorf("the right moved with %v", endorsers)
			}
		}
		kept = x.Operation() // the new holder's is as much the bank's security
	})
	t.Run("of the new holder", func(t *testing.T) { robs(t, engine{e.Deployment, t}, kept) })
	t.Run("with the bank it is valid", func(t *testing.T) {
		e := engine{up(t, network.Options{Dir: e.Dir, Datarights: built.datarights, Consortium: dishonestConsortium(t, base, everyone, nil)}), t}
		with := network.Via{Endorsers: []string{exchangeMSP, regulatorMSP, bankMSP}}
		e.requireVerdict(e.must(e.submits("Exchange", with, "Put", "RT", kept, `{"holder":"B"}`)), peer.TxValidationCode_VALID)
		// The peer finds by itself that the bank is needed.
		e.requireVerdict(e.must(e.submits("Group", network.Via{}, "Put", "RT", kept, `{"holder":"C"}`)), peer.TxValidationCode_VALID)
		// The bank and one other are not the usual two.
		if _, err := e.submits("Bank", network.Via{Endorsers: []string{groupMSP, bankMSP}}, "Put", "RT", kept, `{"holder":"D"}`); err == nil {
			t.Error("the guardian and one endorser moved the key")
		}
		e.must(e.submits("Bank", network.Via{}, "Guard", "RT", kept))
		e.requireVerdict(e.must(e.submits("Group", network.Via{Endorsers: []string{groupMSP, exchangeMSP}}, "Put", "RT", kept, `{"holder":"E"}`)), peer.TxValidationCode_VALID)
	})
}

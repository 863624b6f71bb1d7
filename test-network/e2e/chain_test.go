package e2e

import (
	"encoding/json"
	"fmt"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/datarights/datarights/network"
)

// digest is the answer of /v1/index/digest and of `datarights index digest`.
type digest struct {
	Height uint64 `json:"height"`
	Digest string `json:"digest"`
}

// healTimeout is how long a consortium may take after a fault, a new BFT leader
// included, on a busy machine.
const healTimeout = 90 * time.Second

// levelled waits until every organisation's peer and index stand at the same
// height and returns it.
func levelled(t *testing.T) (height uint64) {
	t.Helper()
	eventually(t, healTimeout, "all indexes level", func() error {
		height = 0
		for _, organisation := range w.organisations() {
			a, err := request(t.Context(), http.MethodGet, w.url(organisation)+"/readyz", nil)
			if err != nil {
				return err
			}
			var r readiness
			if err := json.Unmarshal(a.body, &r); err != nil || a.status != http.StatusOK {
				return fmt.Errorf("%s: %s", organisation, a)
			}
			if height == 0 {
				height = r.LedgerHeight
			}
			if r.LedgerHeight != height || r.IndexHeight != height {
				return fmt.Errorf("%s is at %d with its index at %d, another at %d", organisation, r.LedgerHeight, r.IndexHeight, height)
			}
		}
		return nil
	})
	return height
}

// agreed requires that all organisations' indexes are the same function of the
// same chain, now and at earlier heights.
func agreed(t *testing.T) {
	t.Helper()
	height := levelled(t)
	for _, h := range []uint64{1, height / 2, height - 1, height} {
		digests := map[string]string{}
		for _, organisation := range w.organisations() {
			d := read[digest](t, organisation, fmt.Sprintf("/v1/index/digest?height=%d", h))
			if d.Height != h || !strings.HasPrefix(d.Digest, "sm3:") {
				t.Errorf("%s: %+v", organisation, d)
			}
			digests[d.Digest] = organisation
		}
		if len(digests) != 1 {
			t.Errorf("at height %d the organisations' indexes differ: %v", h, digests)
		}
	}
}

// gatewayConfig is the path of an organisation's gateway.yaml.
func gatewayConfig(t *testing.T, organisation string) string {
	t.Helper()
	org, err := w.Organisation(organisation)
	if err != nil {
		t.Fatal(err)
	}
	return w.GatewayConfig(org)
}

// checked reads every organisation's index to its last entry while its gateway
// is stopped.
func checked(t *testing.T) {
	t.Helper()
	for _, organisation := range w.organisations() {
		process := strings.ToLower(organisation) + "-" + network.KindGateway
		act(t, "stop", process)
		out, err := w.cli(t, "index", "check", "--json", "--config", gatewayConfig(t, organisation))
		act(t, "start", process)
		if err != nil || !strings.Contains(string(out), `"sound": true`) {
			t.Errorf("%s: %v\n%s", organisation, err, out)
		}
	}
}

// TestOneTruth: the organisations agree, every copy of a block has the same
// hash and points to the one before, and an index made anew from another peer's
// blocks is the same.
func TestOneTruth(t *testing.T) {
	agreed(t)
	type block struct {
		Hash, Previous string
		Signers        []string
	}
	tip := levelled(t) - 1
	for number := tip; number > tip-5; number-- {
		hashes := map[string]bool{}
		for _, organisation := range w.organisations() {
			b := read[block](t, organisation, fmt.Sprintf("/v1/blocks/%d", number))
			hashes[b.Hash] = true
			if before := read[block](t, organisation, fmt.Sprintf("/v1/blocks/%d", number-1)); before.Hash != b.Previous {
				t.Errorf("block %d of %s does not follow its predecessor", number, organisation)
			}
			if len(b.Signers) < 3 { // 2f+1 of four
				t.Errorf("block %d of %s is signed by %v", number, organisation, b.Signers)
			}
		}
		if len(hashes) != 1 {
			t.Errorf("block %d has %d hashes", number, len(hashes))
		}
	}

	out, err := w.cli(t, "index", "rebuild", "--json", "--config", gatewayConfig(t, "Bank"), "--dir", filepath.Join(t.TempDir(), "index"))
	if err != nil {
		t.Fatal(err)
	}
	var rebuilt digest
	if err := json.Unmarshal(out[strings.IndexByte(string(out), '{'):], &rebuilt); err != nil || rebuilt.Height <= tip {
		t.Fatalf("%v: %s", err, out)
	}
	if served := read[digest](t, "Group", fmt.Sprintf("/v1/index/digest?height=%d", rebuilt.Height)); served != rebuilt {
		t.Errorf("rebuilt from the bank's blocks %+v, served by the group %+v", rebuilt, served)
	}
}

package e2e

import (
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/datarights/datarights/chaincode/rights"
	"github.com/datarights/datarights/client"
)

// stats is the answer of /v1/stats.
type stats struct {
	Height       uint64         `json:"height"`
	Transactions int            `json:"transactions"`
	Invalid      int            `json:"invalid"`
	Kinds        map[string]int `json:"kinds"`
	States       map[string]int `json:"states"`
}

// TestDemo: the story was told to its end, the ledger holds what it promised,
// every organisation shows it, and telling it again writes nothing.
func TestDemo(t *testing.T) {
	for _, line := range []string{"HTTP 401 E_SIGNATURE", "HTTP 409 E_REPLAY", "HTTP 401 E_KEY", "valid, 3 rights effective now",
		"HTTP 422 E_BASIS", "HTTP 422 E_QUOTA", "HTTP 422 E_CONSENT", "HTTP 422 E_PRICECAP", "HTTP 403 E_FORBIDDEN", "HTTP 421 E_MISDIRECTED", "HTTP 422 E_ENC",
		"HTTP 409 E_STATE", "HTTP 422 E_RESALE", "AL-RESALE-ATTEMPT", "AL-RESALE-MATCH", "name one delivery, the leasing company's", "none failed", "IN-01Y 数据交易额（年度）：不公开", "one digest", "完成"} {
		if !strings.Contains(w.told, line) {
			t.Errorf("the story does not tell %q", line)
		}
	}
	energyCert := regexp.MustCompile(`verifies certificate (SJ\d{13,}) `).FindStringSubmatch(w.told)
	if energyCert == nil {
		t.Fatalf("the story names no certificate:\n%s", w.told)
	}
	tip := read[readiness](t, "Group", "/readyz").LedgerHeight

	t.Run("the ledger holds what was promised", func(t *testing.T) {
		for _, organisation := range w.organisations() {
			for path, want := range map[string]int{"/v1/rights": 3006, "/v1/certificates": 1002, "/v1/registrations?state=Recorded": 1004, "/v1/registrations?state=Rejected": 1} {
				if organisation != "Bank" && want > 10 { // one organisation in full, the others by their counters
					continue
				}
				if n := len(listed(t, organisation, path)); n != want {
					t.Errorf("%s lists %d at %s, want %d", organisation, n, path, want)
				}
			}
			s := read[stats](t, organisation, "/v1/stats")
			for state, want := range map[string]int{
				"RT/Active": 3006, "CT/Valid": 1002, "RG/Recorded": 1004, "RG/Rejected": 1, "RG/Withdrawn": 1, "OB/ObjUpheld": 1, "RP/InForce": 3, "WC/InForce": 1,
				"GR/Effective": 2, "UP/Active": 2, "LN/Attested": 1, "MT/Recorded": 1, "DP/Approved": 1, "LS/Listed": 1, "TR/Completed": 1, "TR/Implementing": 1,
				"CP/Held": 1, "ST/Confirmed": 1, "PL/Registered": 1, "SM/Lifted": 1, "DS/Closed": 1, "AL/Disposed": 1, "EI/Sealed": 3, "SC/Landed": 1, "IS/Published": 7,
			} {
				if s.States[state] != want {
					t.Errorf("%s counts %d %s, want %d", organisation, s.States[state], state, want)
				}
			}
		}
	})

	t.Run("the bank reads the certificate", func(t *testing.T) {
		no := energyCert[1]
		cert := read[rights.Certificate](t, "Bank", "/v1/certificates/"+no)
		if cert.HolderID != "91320903MA0A00022Y" || len(cert.Rights) != 3 || cert.State != rights.StateValid {
			t.Errorf("%+v", cert)
		}
		for hash, matches := range map[string]string{cert.ContentRoot: "contentRoot", "sm3:" + strings.Repeat("0", 64): "none"} {
			v := read[struct {
				Exists bool   `json:"exists"`
				State  string `json:"state"`
				Hash   struct {
					Matches string `json:"matches"`
				} `json:"hash"`
			}](t, "Bank", "/v1/certificates/"+no+"/verify?hash="+hash)
			if !v.Exists || v.State != "Valid" || v.Hash.Matches != matches {
				t.Errorf("%s: %+v", hash, v)
			}
		}
		if a := get(t, "Bank", "/v1/certificates/SJ3212026119999"); a.status != http.StatusNotFound {
			t.Errorf("a certificate never issued: %s", a)
		}
	})

	t.Run("the rejected case says why", func(t *testing.T) {
		cases := listed(t, "Regulator", "/v1/registrations?state=Rejected")
		if len(cases) != 1 || cases[0]["rejectGround"] != "G3" {
			t.Errorf("%v", cases)
		}
	})

	t.Run("told again, nothing is written", func(t *testing.T) {
		told, err := w.play(t.Context())
		if err != nil {
			t.Fatalf("%v\n%s", err, told)
		}
		if n := strings.Count(told, "已在账本上 already on the ledger"); n < 20 {
			t.Errorf("only %d steps were answered from the ledger:\n%s", n, told)
		}
		if now := read[readiness](t, "Group", "/readyz").LedgerHeight; now != tip {
			t.Errorf("the ledger grew from %d to %d blocks", tip, now)
		}
	})
}

// listed reads a whole list.
func listed(t *testing.T, organisation, path string) []map[string]any {
	t.Helper()
	path, query, _ := strings.Cut(path, "?")
	values := map[string][]string{"limit": {"200"}}
	if name, value, ok := strings.Cut(query, "="); ok {
		values[name] = []string{value}
	}
	var all []map[string]any
	seen := map[any]bool{}
	for item, err := range client.List[map[string]any](t.Context(), w.client(t, organisation), path, values) {
		if err != nil {
			t.Fatal(err)
		}
		if seen[item["id"]] {
			t.Fatalf("%s lists %v twice", path, item["id"])
		}
		seen[item["id"]] = true
		all = append(all, item)
	}
	return all
}

package rights

import (
	"encoding/hex"
	"slices"
	"testing"

	"github.com/datarights/datarights/internal/gm"
)

// What a peer signs is known to the byte: other exchanges build it too.
func TestRecognitionStatement(t *testing.T) {
	got := RecognitionStatement(&Recognition{
		PeerID: "91320900MA0A00014Q", ForeignCertNo: "SN-2026-001", ForeignHash: "sm3:" + hex.EncodeToString(make([]byte, 32)), HolderUSCC: "91320903MA0A00022Y",
		Kinds: []RightKind{RightUse, RightOperation}, ValidTo: 1800000000,
	}, 1783303200)
	want := "datarights-recognition-v1\n91320900MA0A00014Q\nSN-2026-001\nsm3:0000000000000000000000000000000000000000000000000000000000000000\n" +
		"91320903MA0A00022Y\nRightUse,RightOperation\n\n1800000000\n1783303200"
	if got != want {
		t.Errorf("%q", got)
	}
	sum := gm.SM3([]byte(got))
	if h := hex.EncodeToString(sum[:]); h != "03f51feb39c0b20fa0e59062412ea2c451402512f0213c6c21e11d6cf1892ee0" {
		t.Errorf("SM3 %s", h)
	}
}

// P-4: a service whose licence ended is no service; its last day counts whole.
func TestEffectiveServices(t *testing.T) {
	now := at(t, "2026-07-06")
	p := &Participant{Head: Head{State: StateActive}, Roles: []Role{RoleThirdParty}, ServiceTypes: []string{"SvcAudit", "SvcCompliance", "SvcNotary"},
		Qualifications: []Qualification{
			{Type: "SvcAudit", From: "2020-01-01", To: "2026-07-06"},
			{Type: "SvcNotary", From: "2020-01-01", To: "2026-07-05"}, {Type: "SvcNotary", From: "2026-07-07", To: "2030-01-01"},
		}}
	if got := effectiveServices(p, now); !slices.Equal(got, []string{"SvcAudit", "SvcCompliance"}) {
		t.Error(got)
	}
	if got := effectiveServices(p, now+86399); !slices.Equal(got, []string{"SvcAudit", "SvcCompliance"}) {
		t.Error(got)
	}
	if got := effectiveServices(p, now+86400); !slices.Equal(got, []string{"SvcCompliance", "SvcNotary"}) {
		t.Error(got)
	}
	p.State = StateSuspended
	if got := effectiveServices(p, now); got != nil {
		t.Error(got)
	}
	p.State, p.Roles = StateActive, nil
	if got := effectiveServices(p, now); got != nil {
		t.Error(got)
	}
}

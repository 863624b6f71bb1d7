package fabric

import (
	"context"
	"errors"
	"slices"
	"testing"

	"github.com/hyperledger/fabric-protos-go-apiv2/common"

	"github.com/datarights/datarights/chaincode/rights"
	"github.com/datarights/datarights/gateway/outcome"
)

// readers is a ledger that remembers what it was asked to endorse.
type readers struct {
	*ledger
	calls []Call
}

func (r *readers) Endorse(ctx context.Context, c Call) (*endorsed, error) {
	r.calls = append(r.calls, c)
	return r.ledger.Endorse(ctx, c)
}

func TestAttestEndorsesAndSubmitsNothing(t *testing.T) {
	l := &readers{ledger: newLedger()}
	l.endorse = []mishap{{err: errBehind}, {err: errBusy}} // a peer is behind, then busy: asked again
	p := newPeer(l, Config{MSPID: own, Channel: "datarights", Pace: quick()})
	t.Cleanup(func() { p.Close() })
	raw, err := p.Attest(t.Context(), rights.KindRight, "RT-1", []string{"GroupMSP", "BankMSP"})
	if err != nil || string(raw) != "envelope of tx-1" {
		t.Fatalf("%s %v", raw, err)
	}
	last := l.calls[len(l.calls)-1]
	if len(l.calls) != 3 || last.Function != "Read" || string(last.Args[0]) != "RT" || string(last.Args[1]) != "RT-1" || !slices.Equal(last.Endorsers, []string{"GroupMSP", "BankMSP"}) {
		t.Errorf("asked %+v", l.calls)
	}
	if _, err := p.State(t.Context(), rights.KindCertificate, "SJ1", []string{"a/1", "a/2"}, []string{"GroupMSP", "BankMSP"}); err != nil {
		t.Error(err)
	}
	if last := l.calls[len(l.calls)-1]; last.Function != "Statement" || len(last.Args) != 4 || string(last.Args[0]) != "CT" || string(last.Args[3]) != "a/2" || len(last.Endorsers) != 2 {
		t.Errorf("asked %+v", last)
	}
	if l.called(PhaseSubmit) != 0 || p.InFlight() != 0 {
		t.Error("something was submitted")
	}
	l.endorse = slices.Repeat([]mishap{{err: errBehind}}, 9)
	var unavailable *outcome.UnavailableError
	if _, err := p.Attest(t.Context(), rights.KindRight, "RT-1", nil); !errors.As(err, &unavailable) {
		t.Errorf("peers that never agree: %v", err)
	}
	l.endorse = []mishap{{err: errRefused}}
	var refused *rights.Error
	if _, err := p.Attest(t.Context(), rights.KindRight, "RT-1", nil); !errors.As(err, &refused) {
		t.Errorf("refused: %v", err)
	}
}

func TestRawBlock(t *testing.T) {
	l := newLedger()
	l.blocks = make([]*common.Block, 3)
	p := connected(t, l, quick())
	if raw, err := p.RawBlock(t.Context(), 2); err != nil || string(raw) != "block 2" {
		t.Errorf("%q %v", raw, err)
	}
	var refused *rights.Error
	if _, err := p.RawBlock(t.Context(), 3); !errors.As(err, &refused) || refused.Code != rights.CodeNotFound {
		t.Errorf("a block that is not there: %v", err)
	}
	l.evaluate = []mishap{{}, {err: errDown}}
	var unavailable *outcome.UnavailableError
	if _, err := p.RawBlock(t.Context(), 1); !errors.As(err, &unavailable) {
		t.Errorf("the peer is down: %v", err)
	}
}

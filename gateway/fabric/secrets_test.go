package fabric

import (
	"context"
	"sync"
	"testing"

	"google.golang.org/grpc/codes"

	"github.com/datarights/datarights/chaincode/rights"
)

// members is a ledger that keeps what was sent beside each proposal.
type members struct {
	*ledger
	mu    sync.Mutex
	sent  []map[string][]byte
	asked []Call
}

func (m *members) Endorse(ctx context.Context, c Call) (*endorsed, error) {
	m.mu.Lock()
	m.sent = append(m.sent, c.Transient)
	m.mu.Unlock()
	return m.ledger.Endorse(ctx, c)
}

func (m *members) Evaluate(ctx context.Context, chaincode string, c Call) ([]byte, error) {
	m.mu.Lock()
	m.asked = append(m.asked, c)
	m.mu.Unlock()
	return m.ledger.Evaluate(ctx, chaincode, c)
}

var errApplied = by(own, codes.Aborted, "failed to endorse transaction, see attached details for more info",
	`chaincode response 400, {"code":"E_REPLAY","field":"secret","detail":"ask again without its secret","detailZh":"请不附保密内容再次查询"}`)

// A command that was applied is asked about without its secret: its answer
// touches no collection, so anybody's peer might be sent what comes with it.
func TestASecretIsNotSentAgain(t *testing.T) {
	l := newLedger()
	l.applied["command"], l.status["tx-0"] = "tx-0", commitStatus{Block: 9}
	l.endorse = []mishap{{err: errApplied}}
	m := &members{ledger: l}
	p := newPeer(m, Config{MSPID: own, Channel: "datarights", Pace: quick()})
	t.Cleanup(func() { _ = p.Close() })
	if got := told(p.Secrets().Submit(t.Context(), []byte("command"), []byte("secret"))); got != "replay of tx-0 in 9" {
		t.Errorf("told %q", got)
	}
	if len(m.sent) != 2 || string(m.sent[0][rights.FieldSecret]) != "secret" || m.sent[1] != nil {
		t.Errorf("sent %q", m.sent)
	}
	// Any other reuse of an id is a refusal, with a secret or without.
	reused := by(own, codes.Aborted, "failed to endorse transaction", `chaincode response 400, {"code":"E_REPLAY","field":"id","record":"1"}`)
	l.endorse = []mishap{{err: reused}}
	if got := told(p.Secrets().Submit(t.Context(), []byte("another"), []byte("secret"))); got != "refused E_REPLAY id 1" {
		t.Errorf("told %q", got)
	}
	l.endorse = []mishap{{err: errApplied}}
	if got := told(p.Submit(t.Context(), []byte("third"))); got != "refused E_REPLAY secret" {
		t.Errorf("told %q", got)
	}
}

func TestASecretGoesBesideTheCommand(t *testing.T) {
	m := &members{ledger: newLedger()}
	p := newPeer(m, Config{MSPID: own, Channel: "datarights", Pace: quick()})
	t.Cleanup(func() { _ = p.Close() })
	if got := told(p.Secrets().Submit(t.Context(), []byte("command"), []byte("secret"))); got != "tx-1 in 10" {
		t.Errorf("told %q", got)
	}
	if o, err := p.Secrets().SubmitAsync(t.Context(), []byte("async"), []byte("secret")); err != nil || o.TxID == "" {
		t.Errorf("%+v, %v", o, err)
	}
	if got := told(p.Submit(t.Context(), []byte("plain"))); got == "" || m.sent[len(m.sent)-1] != nil {
		t.Errorf("told %q, sent %q", got, m.sent)
	}
	if _, err := p.Secrets().Read(t.Context(), rights.CollectionTrade, rights.KindTrade, "TR-1"); err != nil {
		t.Fatal(err)
	}
	last := m.asked[len(m.asked)-1]
	if last.Function != "ReadSecret" || len(last.Args) != 3 || string(last.Args[0]) != "tradeTerms" || string(last.Args[1]) != "TR" || string(last.Args[2]) != "TR-1" {
		t.Errorf("asked %q", last)
	}
}

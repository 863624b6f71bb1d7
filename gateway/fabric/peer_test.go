package fabric

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/hyperledger/fabric-protos-go-apiv2/common"
	"github.com/hyperledger/fabric-protos-go-apiv2/peer"

	"github.com/datarights/datarights/chaincode/rights"
	"github.com/datarights/datarights/gateway/outcome"
)

func connected(t *testing.T, l *ledger, pace Pace) *Peer {
	t.Helper()
	p := newPeer(l, Config{MSPID: own, Channel: "datarights", Pace: pace})
	t.Cleanup(func() { p.Close() })
	return p
}

const (
	mvcc    = peer.TxValidationCode_MVCC_READ_CONFLICT
	phantom = peer.TxValidationCode_PHANTOM_READ_CONFLICT
	policy  = peer.TxValidationCode_ENDORSEMENT_POLICY_FAILURE
	twice   = peer.TxValidationCode_DUPLICATE_TXID
)

// Every phase, every way it can fail, and what the caller is told.
func TestSubmitPhases(t *testing.T) {
	ok := "tx-1 in 10"
	for name, tc := range map[string]struct {
		endorse, submit, commit []mishap
		evaluate                []mishap // the own peer's word on a refusal
		want                    string
		endorsed, submitted     int // calls
		applied                 bool
	}{
		"all well": {want: ok, endorsed: 1, submitted: 1, applied: true},

		"refused":              {endorse: []mishap{{err: errRefused}}, want: "refused E_STATE body.id RG-1", endorsed: 1},
		"peer down":            {endorse: []mishap{{err: errDown}}, want: "unavailable", endorsed: 1},
		"no chaincode":         {endorse: []mishap{{err: errNoChaincode}}, want: "unavailable", endorsed: 1},
		"denied":               {endorse: []mishap{{err: errDenied}}, want: "endorse", endorsed: 1},
		"endorsing hangs":      {endorse: []mishap{{hang: true}}, want: "unavailable", endorsed: 1},
		"busy for a while":     {endorse: []mishap{{err: errBusy}, {err: errBusy}}, want: ok, endorsed: 3, submitted: 1, applied: true},
		"a peer is behind":     {endorse: []mishap{{err: errBehind}, {err: errBehind}}, want: ok, endorsed: 3, submitted: 1, applied: true},
		"peers never agree":    {endorse: slices.Repeat([]mishap{{err: errBehind}}, 9), want: "unavailable", endorsed: 4},
		"refused, not by us":   {endorse: []mishap{{err: errRemoteFirst}}, want: ok, endorsed: 2, submitted: 1, applied: true},
		"another peer lags":    {endorse: []mishap{{err: errRemote}, {err: errRemote}}, want: ok, endorsed: 3, submitted: 1, applied: true},
		"and never catches up": {endorse: slices.Repeat([]mishap{{err: errRemote}}, 9), want: "unavailable", endorsed: 4},
		"refused by all":       {endorse: []mishap{{err: errRemoteFirst}}, evaluate: []mishap{{err: errRefused}}, want: "refused E_STATE body.id RG-1", endorsed: 1},
		"refused by us later":  {endorse: []mishap{{err: errRemote}, {err: errRemote}}, evaluate: []mishap{{}, {err: errRefused}}, want: "refused E_STATE body.id RG-1", endorsed: 2},
		"our word is missing":  {endorse: slices.Repeat([]mishap{{err: errRemote}}, 9), evaluate: slices.Repeat([]mishap{{err: errNoChaincode}}, 9), want: "refused E_NOT_FOUND", endorsed: 4},

		"503 that is a success":       {submit: []mishap{{err: errQuorum, done: true}}, want: ok, endorsed: 1, submitted: 1, applied: true},
		"503 that is none":            {submit: []mishap{{err: errQuorum}}, want: ok, endorsed: 1, submitted: 2, applied: true},
		"peer gone, handed over":      {submit: []mishap{{err: errDown, done: true}}, want: ok, endorsed: 1, submitted: 1, applied: true},
		"peer gone, not handed over":  {submit: []mishap{{err: errDown}, {err: errDown}}, want: ok, endorsed: 1, submitted: 3, applied: true},
		"submitting hangs, done":      {submit: []mishap{{hang: true, done: true}}, want: ok, endorsed: 1, submitted: 1, applied: true},
		"submitting hangs, not done":  {submit: []mishap{{hang: true}}, want: ok, endorsed: 1, submitted: 2, applied: true},
		"busy at the door":            {submit: []mishap{{err: errBusy}, {err: errBusy}}, want: ok, endorsed: 1, submitted: 3, applied: true},
		"ordering never comes back":   {submit: slices.Repeat([]mishap{{err: errQuorum}}, 1000), want: "unknown tx-1", endorsed: 1},
		"handed over, status is lost": {submit: []mishap{{err: errQuorum, done: true}}, commit: slices.Repeat([]mishap{{err: errDown}}, 1000), want: "unknown tx-1", endorsed: 1, applied: true},

		"status unavailable":    {commit: []mishap{{err: errDown}, {err: errDown}, {err: errAborted}}, want: ok, endorsed: 1, submitted: 1, applied: true},
		"status hangs":          {commit: []mishap{{hang: true}}, want: ok, endorsed: 1, submitted: 2, applied: true},
		"status of the copy":    {commit: []mishap{{code: twice}}, want: ok, endorsed: 1, submitted: 1, applied: true},
		"status says conflict":  {submit: []mishap{{code: mvcc}}, want: "tx-2 in 11", endorsed: 2, submitted: 2, applied: true},
		"status says phantom":   {submit: []mishap{{code: phantom}, {code: mvcc}}, want: "tx-3 in 12", endorsed: 3, submitted: 3, applied: true},
		"conflicts for ever":    {submit: slices.Repeat([]mishap{{code: mvcc}}, 9), want: "invalid tx-4 in 13 MVCC_READ_CONFLICT", endorsed: 4, submitted: 4},
		"a guard came before":   {submit: []mishap{{code: policy}, {code: mvcc}}, want: "tx-3 in 12", endorsed: 3, submitted: 3, applied: true},
		"guarded, then refused": {submit: []mishap{{code: policy}}, endorse: []mishap{{}, {err: errRefused}}, want: "refused E_STATE body.id RG-1", endorsed: 2, submitted: 1},
		"policy not met":        {submit: slices.Repeat([]mishap{{code: policy}}, 9), want: "invalid tx-3 in 12 ENDORSEMENT_POLICY_FAILURE", endorsed: 3, submitted: 3},
		"conflict, then refuse": {submit: []mishap{{code: mvcc}}, endorse: []mishap{{}, {err: errRefused}}, want: "refused E_STATE body.id RG-1", endorsed: 2, submitted: 1},
		"error, then conflict":  {submit: []mishap{{err: errQuorum, done: true, code: mvcc}}, want: "tx-2 in 11", endorsed: 2, submitted: 2, applied: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := newLedger()
			l.endorse, l.submit, l.commit, l.evaluate = tc.endorse, tc.submit, tc.commit, tc.evaluate
			pace := quick()
			pace.Answer = 20 * time.Second
			if strings.HasPrefix(tc.want, "unknown") {
				pace.Pursue = 400 * time.Millisecond
			}
			p := connected(t, l, pace)
			o, err := p.Submit(t.Context(), []byte("command"))
			if got := told(o, err); got != tc.want {
				t.Errorf("told %q, want %q (%v)", got, tc.want, err)
			}
			if got := l.called(PhaseEndorse); got != tc.endorsed {
				t.Errorf("endorsed %d times, want %d", got, tc.endorsed)
			}
			if got := l.called(PhaseSubmit); tc.submitted > 0 && got != tc.submitted {
				t.Errorf("submitted %d times, want %d", got, tc.submitted)
			}
			if got := l.valid()["command"]; got > 1 || got == 1 != tc.applied {
				t.Errorf("took effect %d times, want %t", got, tc.applied)
			}
			if p.InFlight() != 0 {
				t.Error("still in flight")
			}
		})
	}
}

// told is an answer in short.
func told(o outcome.Outcome, err error) string {
	var (
		refused     *rights.Error
		unavailable *outcome.UnavailableError
		unknown     *outcome.UnknownError
		invalid     *outcome.InvalidError
		phase       *PhaseError
	)
	switch {
	case err == nil && o.Replayed:
		return fmt.Sprintf("replay of %s in %d", o.TxID, o.Block)
	case err == nil:
		return fmt.Sprintf("%s in %d", o.TxID, o.Block)
	case errors.As(err, &refused):
		return strings.TrimSpace("refused " + strings.Join([]string{string(refused.Code), refused.Field, refused.Record}, " "))
	case errors.As(err, &unavailable) && unavailable.RetryAfter > 0:
		return "unavailable"
	case errors.As(err, &unknown):
		return "unknown " + unknown.TxID
	case errors.As(err, &invalid):
		return fmt.Sprintf("invalid %s in %d %s", invalid.TxID, invalid.Block, invalid.Validation)
	case errors.As(err, &phase):
		return string(phase.Phase)
	}
	return err.Error()
}

// A peer that turns a transaction away at the door has not seen it, so there
// is nothing to ask and nobody waits for an answer that cannot come.
func TestBusyPeerIsNotAsked(t *testing.T) {
	l := newLedger()
	l.submit = slices.Repeat([]mishap{{err: errBusy}}, 5)
	p := connected(t, l, quick())
	if got := told(p.Submit(t.Context(), []byte("command"))); got != "tx-1 in 10" {
		t.Errorf("told %q", got)
	}
	if n := l.called(PhaseStatus); n != 1 {
		t.Errorf("asked %d times", n)
	}
}

func TestReplayIsNotSubmitted(t *testing.T) {
	l := newLedger()
	p := connected(t, l, quick())
	for i, want := range []string{"tx-1 in 10", "replay of tx-1 in 10", "replay of tx-1 in 10"} {
		if got := told(p.Submit(t.Context(), []byte("command"))); got != want {
			t.Errorf("time %d: %q, want %q", i, got, want)
		}
	}
	if l.called(PhaseSubmit) != 1 {
		t.Errorf("submitted %d times", l.called(PhaseSubmit))
	}
	// The answer does not wait for a block the peer cannot name.
	l.commit = slices.Repeat([]mishap{{err: errDown}}, 1000)
	if got := told(p.Submit(t.Context(), []byte("command"))); got != "replay of tx-1 in 0" {
		t.Errorf("block unknown: %q", got)
	}
}

// The same command posted at once, to one gateway and to another, takes effect
// once, and everybody is told the same transaction.
func TestSameCommandAtOnce(t *testing.T) {
	l := newLedger()
	l.delay = 20 * time.Millisecond
	gateways := []*Peer{connected(t, l, quick()), connected(t, l, quick())}
	var answers sync.Map
	var all sync.WaitGroup
	for i := range 40 {
		all.Go(func() {
			o, err := gateways[i%2].Submit(t.Context(), []byte("command"))
			if err != nil {
				t.Error(err)
			}
			answers.Store(fmt.Sprintf("%s in %d", o.TxID, o.Block), true)
		})
	}
	all.Wait()
	n := 0
	answers.Range(func(any, any) bool { n++; return true })
	if n != 1 || l.valid()["command"] != 1 {
		t.Errorf("%d different answers, %d effects", n, l.valid()["command"])
	}
	// One transaction per gateway, and one endorsement more for the slower one.
	if l.called(PhaseEndorse) > 3 || l.called(PhaseSubmit) > 2 {
		t.Errorf("%d endorsements and %d submissions for one command", l.called(PhaseEndorse), l.called(PhaseSubmit))
	}
}

func TestDifferentCommandsAreDifferent(t *testing.T) {
	l := newLedger()
	p := connected(t, l, quick())
	var all sync.WaitGroup
	for i := range 50 {
		all.Go(func() {
			if _, err := p.Submit(t.Context(), fmt.Appendf(nil, "command %d", i)); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if len(l.valid()) != 50 {
		t.Errorf("%d took effect", len(l.valid()))
	}
	a := Call{Function: "f", Args: [][]byte{[]byte("ab"), []byte("c")}}
	for _, b := range []Call{
		{Function: "f", Args: [][]byte{[]byte("a"), []byte("bc")}}, {Function: "fa", Args: [][]byte{[]byte("b"), []byte("c")}},
		{Function: "f", Args: a.Args, Transient: map[string][]byte{"terms": nil}},
	} {
		if a.key() == b.key() {
			t.Errorf("%v and %v are one", a, b)
		}
	}
}

// A caller who goes away is told that the outcome is unknown; the command is
// pursued all the same, a second caller joins it, and Fate tells the end.
func TestCallerGoesAway(t *testing.T) {
	l := newLedger()
	l.delay = 200 * time.Millisecond
	p := connected(t, l, quick())
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if got := told(p.Submit(ctx, []byte("command"))); got != "unknown tx-1" {
		t.Fatalf("told %q", got)
	}
	if f, ok := p.Fate("tx-1"); !ok || f.Status != outcome.Pending || f.TxID != "tx-1" {
		t.Errorf("fate: %+v, %t", f, ok)
	}
	if got := told(p.Submit(t.Context(), []byte("command"))); got != "tx-1 in 10" {
		t.Errorf("the second caller is told %q", got)
	}
	if f, ok := p.Fate("tx-1"); !ok || f != (outcome.Fate{TxID: "tx-1", Status: outcome.Committed, Block: 10}) {
		t.Errorf("fate: %+v, %t", f, ok)
	}
	if l.called(PhaseEndorse) != 1 {
		t.Errorf("endorsed %d times", l.called(PhaseEndorse))
	}
	if _, ok := p.Fate("tx-99"); ok {
		t.Error("a transaction nobody sent has a fate")
	}
}

func TestSubmitAsync(t *testing.T) {
	l := newLedger()
	l.delay = 50 * time.Millisecond
	l.submit = []mishap{{}, {code: mvcc}, {}, {code: policy}, {code: policy}, {code: policy}}
	p := connected(t, l, quick())
	await := func(txID string) outcome.Fate {
		for {
			f, ok := p.Fate(txID)
			if !ok {
				t.Fatalf("%s has no fate", txID)
			}
			if f.Status != outcome.Pending {
				return f
			}
			time.Sleep(time.Millisecond)
		}
	}
	o, err := p.SubmitAsync(t.Context(), []byte("a"))
	if err != nil || o.TxID != "tx-1" || o.Block != 0 {
		t.Fatalf("%+v, %v", o, err)
	}
	if f := await("tx-1"); f != (outcome.Fate{TxID: "tx-1", Status: outcome.Committed, Block: 10}) {
		t.Errorf("committed: %+v", f)
	}
	if o, err = p.SubmitAsync(t.Context(), []byte("a")); told(o, err) != "replay of tx-1 in 10" {
		t.Errorf("again: %+v, %v", o, err)
	}
	o, _ = p.SubmitAsync(t.Context(), []byte("b"))
	if f := await(o.TxID); f.Status != outcome.Committed || f.TxID == o.TxID {
		t.Errorf("endorsed anew: %+v after %s", f, o.TxID)
	}
	o, _ = p.SubmitAsync(t.Context(), []byte("c"))
	if f := await(o.TxID); f.Status != outcome.Invalid || f.Validation != "ENDORSEMENT_POLICY_FAILURE" || f.Block == 0 {
		t.Errorf("invalid: %+v", f)
	}
	l.endorse = []mishap{{err: errRefused}}
	if o, err = p.SubmitAsync(t.Context(), []byte("d")); told(o, err) != "refused E_STATE body.id RG-1" {
		t.Errorf("refused: %+v, %v", o, err)
	}
}

func TestFatesAreForgotten(t *testing.T) {
	l := newLedger()
	pace := quick()
	pace.Remember = 20 * time.Millisecond
	p := connected(t, l, pace)
	if _, err := p.Submit(t.Context(), []byte("a")); err != nil {
		t.Fatal(err)
	}
	time.Sleep(30 * time.Millisecond)
	if _, err := p.Submit(t.Context(), []byte("b")); err != nil {
		t.Fatal(err)
	}
	if _, ok := p.Fate("tx-1"); ok {
		t.Error("remembered")
	}
	if _, ok := p.Fate("tx-2"); !ok {
		t.Error("forgotten")
	}
}

func TestCloseEndsFlights(t *testing.T) {
	l := newLedger()
	l.submit = slices.Repeat([]mishap{{err: errQuorum}}, 1000)
	p := newPeer(l, Config{Channel: "c", Pace: quick()})
	told1 := make(chan string)
	go func() { told1 <- told(p.Submit(t.Context(), []byte("command"))) }()
	for l.called(PhaseSubmit) == 0 {
		time.Sleep(time.Millisecond)
	}
	p.Close()
	if got := <-told1; got != "unknown tx-1" {
		t.Errorf("told %q", got)
	}
}

func TestEvaluate(t *testing.T) {
	l := newLedger()
	l.evaluate = []mishap{{err: errBusy}, {}, {err: errRefused}, {err: errDown}, {}, {err: errDown}}
	l.blocks = make([]*common.Block, 7)
	p := connected(t, l, quick())
	if got, err := p.Evaluate(t.Context(), "Read", []byte("x")); err != nil || string(got) != "x" {
		t.Errorf("%s, %v", got, err)
	}
	for _, want := range []string{"refused E_STATE body.id RG-1", "unavailable"} {
		_, err := p.Evaluate(t.Context(), "Read", []byte("x"))
		if got := told(outcome.Outcome{}, err); got != want {
			t.Errorf("told %q, want %q", got, want)
		}
	}
	if h, err := p.Height(t.Context()); err != nil || h != 7 {
		t.Errorf("height %d, %v", h, err)
	}
	if _, err := p.Height(t.Context()); err == nil {
		t.Error("a peer that is down has a height")
	}
}

func TestBlocksReconnect(t *testing.T) {
	l := newLedger()
	for n := range uint64(10) {
		l.blocks = append(l.blocks, &common.Block{Header: &common.BlockHeader{Number: n}})
	}
	l.deliver = []int{3, 0, 0, 2}
	p := connected(t, l, quick())
	var got []uint64
	stop := errors.New("enough")
	err := p.Blocks(t.Context(), 1, func(b *common.Block) error {
		if got = append(got, b.GetHeader().GetNumber()); len(got) == 9 {
			return stop
		}
		return nil
	})
	if !errors.Is(err, stop) || !slices.Equal(got, []uint64{1, 2, 3, 4, 5, 6, 7, 8, 9}) {
		t.Errorf("%v, %v", got, err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	if err := p.Blocks(ctx, 10, nil); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v", err)
	}
}

func TestRefusalIn(t *testing.T) {
	for message, want := range map[string]rights.Code{
		`chaincode response 400, {"code":"E_ROLE","detail":"d"}`:                           "E_ROLE",
		`evaluate call to endorser returned error: chaincode response 400, {"code":"E_X"}`: "E_X",
		`chaincode response 400, {"code":"E_X"} and more`:                                  "E_X",
		`chaincode response 500, {"code":"E_X"}`:                                           "",
		`chaincode response 400, not JSON`:                                                 "",
		`chaincode response 400, {}`:                                                       "",
		``:                                                                                 "",
	} {
		got := refusalIn(message)
		if want == "" && got != nil || want != "" && (got == nil || got.Code != want) {
			t.Errorf("%q: %v", message, got)
		}
	}
}

func TestConnectNamesWhatIsMissing(t *testing.T) {
	c := Config{MSPID: "GroupMSP", Channel: "c", Chaincode: "d", Peer: PeerConfig{Endpoint: "127.0.0.1:16000", TLSCA: "/no/such/ca.pem"}}
	if _, err := Connect(c); err == nil || !strings.Contains(err.Error(), "identity.cert") {
		t.Errorf("got %v", err)
	}
	c.Identity = IdentityConfig{Cert: "/no/such/cert.pem", Key: "/no/such/key.pem"}
	if _, err := Connect(c); err == nil || !strings.Contains(err.Error(), "/no/such/ca.pem") {
		t.Errorf("got %v", err)
	}
}

package e2e

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/datarights/datarights/client"
	"github.com/datarights/datarights/network"
)

// act does something to one process, as an operator or a crash would.
func act(t *testing.T, action, process string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	if err := network.Act(ctx, w.Dir, action, process); err != nil {
		t.Fatalf("%s %s: %v", action, process, err)
	}
}

func processes(t *testing.T) map[string]network.ProcessStatus {
	t.Helper()
	s, err := network.StatusOf(t.Context(), w.Dir)
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]network.ProcessStatus{}
	for _, p := range s.Processes {
		all[p.Name] = p
	}
	return all
}

// orderers names so many orderers in that role.
func orderers(t *testing.T, role string, n int) (names []string) {
	t.Helper()
	eventually(t, healTimeout, fmt.Sprintf("%d orderers are %s", n, role), func() error {
		all := processes(t)
		names = names[:0]
		for _, name := range slices.Sorted(maps.Keys(all)) {
			if all[name].Role == role && len(names) < n {
				names = append(names, name)
			}
		}
		if len(names) < n {
			return fmt.Errorf("only %v", names)
		}
		return nil
	})
	return names
}

// healed waits until every process runs and answers and the ledgers are equally
// high.
func healed(t *testing.T) {
	t.Helper()
	eventually(t, healTimeout, "healed", func() error {
		s, err := network.StatusOf(t.Context(), w.Dir)
		if err != nil {
			return err
		}
		var heights []uint64
		for _, p := range s.Processes {
			if p.Health != network.HealthOK {
				return fmt.Errorf("%s is %s: %s", p.Name, p.Health, p.Detail)
			}
			if p.Height != nil && p.Kind != network.KindGateway {
				heights = append(heights, *p.Height)
			}
		}
		if slices.Min(heights) != slices.Max(heights) {
			_ = nudge(t.Context())
			return fmt.Errorf("heights %v", heights)
		}
		return nil
	})
}

// handed is a command a client of the stream handed to a gateway, and what the
// client was told.
type handed struct {
	client.Signed
	via  string
	at   time.Time // when it was answered
	told answer    // 201: acknowledged
	err  error
}

func (h *handed) acknowledged() bool { return h.err == nil && h.told.status == http.StatusCreated }

// stream is one client at each organisation's gateway, handing in one new
// command after the other. None of them tries a command twice.
type stream struct {
	from uint64 // blocks the ledger had before
	stop context.CancelFunc
	done sync.WaitGroup

	mu   sync.Mutex
	sent []*handed
	err  error // what no gateway can be blamed for
}

func startStream(t *testing.T) *stream {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	s := &stream{from: levelled(t), stop: stop}
	for _, organisation := range w.organisations() {
		s.done.Go(func() {
			for ctx.Err() == nil {
				if h := s.hand(organisation); h == nil {
					return
				} else if !h.acknowledged() {
					time.Sleep(200 * time.Millisecond)
				}
			}
		})
	}
	t.Cleanup(func() { stop(); s.done.Wait() })
	return s
}

// hand hands in one command of the stream; nil means that none could be made.
func (s *stream) hand(organisation string) *handed {
	h, err := hand(organisation)
	s.mu.Lock()
	defer s.mu.Unlock()
	if err != nil {
		s.err = err
		return nil
	}
	s.sent = append(s.sent, h)
	return h
}

// hand signs a command and hands it in. It is not cut short by the stream's end:
// a client waits for its answer.
func hand(organisation string) (*handed, error) {
	p, err := newcomer(organisation)
	if err != nil {
		return nil, err
	}
	signed, err := p.key.Command(p.uscc, 1, "participant.apply", p.application("故障测试企业"))
	if err != nil {
		return nil, err
	}
	h := &handed{Signed: signed, via: organisation}
	h.told, h.err = post(context.Background(), organisation, signed.JWS)
	h.at = time.Now()
	return h, nil
}

// acknowledged counts the commands applied after a moment.
func (s *stream) acknowledged(after time.Time) (n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, h := range s.sent {
		if h.acknowledged() && h.at.After(after) {
			n++
		}
	}
	return n
}

// flows waits until commands are applied that were not before now.
func (s *stream) flows(t *testing.T, n int) {
	t.Helper()
	began := time.Now()
	eventually(t, healTimeout, fmt.Sprintf("%d commands applied", n), func() error {
		if got := s.acknowledged(began); got < n {
			return fmt.Errorf("only %d", got)
		}
		return nil
	})
}

// standstill is how long nothing may be written to call it a standstill.
const standstill = 3 * time.Second

// stands requires that nothing is applied any more, once what was on its way has
// ended, though other clients come with new commands.
func (s *stream) stands(t *testing.T) {
	t.Helper()
	time.Sleep(time.Second)
	began := time.Now()
	for _, organisation := range w.organisations() {
		s.done.Go(func() { s.hand(organisation) })
	}
	time.Sleep(standstill)
	if n := s.acknowledged(began); n != 0 {
		t.Errorf("%d commands were applied", n)
	}
}

// settle ends the stream and holds the ledger to what its clients were told:
// what was acknowledged is on the ledger exactly once and answered again with the
// same bytes; everything else has a definite end when asked again, through
// another organisation.
func (s *stream) settle(t *testing.T) {
	t.Helper()
	s.stop()
	s.done.Wait()
	if s.err != nil {
		t.Fatal(s.err)
	}
	healed(t)
	organisations := w.organisations()
	var ids []string
	others := map[string]int{}
	turns := make(chan *handed)
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for h := range turns {
				other := organisations[(slices.Index(organisations, h.via)+1)%len(organisations)]
				if err := h.again(t, other); err != nil {
					t.Errorf("%s, told %v %v: again through %s: %v", h.ID, h.told, h.err, other, err)
				}
			}
		})
	}
	for _, h := range s.sent {
		if ids = append(ids, h.ID); !h.acknowledged() {
			others[h.said()]++
		}
		turns <- h
	}
	close(turns)
	all.Wait()
	agreed(t)
	onceEach(t, s.from, ids)
	t.Logf("%d commands, of which not acknowledged at first: %v", len(ids), others)
}

// said is what a client that was not told of success was told instead.
func (h *handed) said() string {
	var p client.Problem
	switch {
	case h.err != nil:
		return "nothing"
	case json.Unmarshal(h.told.body, &p) == nil && p.Code != "":
		return p.Code
	}
	return fmt.Sprint(h.told.status)
}

// again sends the same bytes through another gateway.
func (h *handed) again(t *testing.T, organisation string) error {
	if h.err == nil && !h.acknowledged() && h.said() != "E_UNAVAILABLE" && h.said() != "E_UNKNOWN_OUTCOME" {
		return fmt.Errorf("a good command was refused with %s", h.said())
	}
	unwritten := h.said() == "E_UNAVAILABLE" // or so the gateway said
	for began := time.Now(); ; time.Sleep(200 * time.Millisecond) {
		a, err := post(t.Context(), organisation, h.JWS)
		switch {
		case err != nil:
			return err
		case unwritten && a.header.Get(client.ReplayedHeader) == "true":
			return fmt.Errorf("it had been applied, although its client was told that nothing was written: %s", a)
		case a.status == http.StatusCreated && !h.acknowledged():
			return nil
		case a.status == http.StatusCreated && bytes.Equal(a.body, h.told.body) && a.header.Get(client.ReplayedHeader) == "true":
			return nil
		case a.status == http.StatusCreated:
			return fmt.Errorf("another answer than before: %s", a)
		case a.header.Get("Retry-After") == "" || time.Since(began) > healTimeout:
			return fmt.Errorf("no definite answer: %s", a)
		}
		unwritten = false // from here on, our own doing
	}
}

// TestPeerDown: while an organisation's peer is down its gateway says so, goes
// on answering reads, and takes commands again by itself afterwards; the other
// organisations go on.
func TestPeerDown(t *testing.T) {
	healed(t)
	back := sync.OnceFunc(func() { act(t, "start", "exchange-peer") })
	act(t, "stop", "exchange-peer")
	defer back()

	eventually(t, 10*time.Second, "the gateway says that it is not ready", func() error {
		if a := get(t, "Exchange", "/readyz"); a.status != http.StatusServiceUnavailable || a.header.Get("Retry-After") == "" {
			return fmt.Errorf("%s", a)
		}
		return nil
	})
	h, err := hand("Exchange")
	if err != nil || h.err != nil {
		t.Fatal(err, h.err)
	}
	p := problem(t, h.told, http.StatusServiceUnavailable, "E_UNAVAILABLE", "")
	if h.told.header.Get("Retry-After") == "" {
		t.Errorf("no Retry-After beside %+v", p)
	}
	for _, path := range []string{"/livez", "/v1/rights?limit=5", "/v1/participants/91320903MA0A00022Y", "/v1/blocks?limit=1", "/"} {
		if a := get(t, "Exchange", path); a.status != http.StatusOK {
			t.Errorf("%s while the peer is down: %s", path, a)
		}
	}
	var elsewhere receipt
	for _, organisation := range []string{"Group", "Regulator", "Bank"} {
		h, err := hand(organisation)
		if err != nil || !h.acknowledged() {
			t.Fatalf("%s while the exchange's peer is down: %v %v %s", organisation, err, h.err, h.told)
		}
		elsewhere = applied(t, h.told)
	}

	back()
	eventually(t, healTimeout, "the gateway is ready again", func() error {
		if a := get(t, "Exchange", "/readyz"); a.status != http.StatusOK {
			return fmt.Errorf("%s", a)
		}
		return nil
	})
	eventually(t, healTimeout, "the refused command is taken", func() error { return h.again(t, "Exchange") })
	read[json.RawMessage](t, "Exchange", fmt.Sprintf("/v1/transactions/%s?at_least=%d", elsewhere.TxID, elsewhere.Block))
	agreed(t)
}

// how a case of TestCrashes goes.
type how int

const (
	killed how = iota // and started again by the supervisor
	spared            // stopped, and commands flow without it
	missed            // stopped, and nothing is written without it
)

func named(names ...string) func(*testing.T) []string {
	return func(*testing.T) []string { return names }
}

// TestCrashes kills what a consortium consists of, one after the other, in the
// middle of submissions, and holds the ledger to what the clients were told.
func TestCrashes(t *testing.T) {
	for _, c := range []struct {
		name    string
		victims func(t *testing.T) []string
		how     how
	}{
		{"chaincode servers", named("group-chaincode", "exchange-chaincode"), killed},
		{"a peer", named("group-peer"), killed},
		{"a following orderer", func(t *testing.T) []string { return orderers(t, network.RoleFollower, 1) }, spared},
		{"the leading orderer", func(t *testing.T) []string { return orderers(t, network.RoleLeader, 1) }, killed},
		{"the quorum of orderers", func(t *testing.T) []string { return orderers(t, network.RoleFollower, 2) }, missed},
		{"gateways", named("group-gateway", "bank-gateway"), killed},
	} {
		t.Run(c.name, func(t *testing.T) {
			healed(t)
			before := processes(t)
			victims := c.victims(t)
			s := startStream(t)
			s.flows(t, 8)
			if c.how == killed {
				for _, victim := range victims {
					act(t, "kill", victim)
				}
			} else {
				for _, victim := range victims {
					act(t, "stop", victim)
				}
				if c.how == spared {
					s.flows(t, 8)
				} else {
					s.stands(t)
				}
				for _, victim := range victims {
					if p := processes(t)[victim]; p.PID != 0 {
						t.Errorf("%s runs", victim)
					}
					act(t, "start", victim)
				}
			}
			s.flows(t, 8)
			eventually(t, healTimeout, "restarted", func() error {
				for _, victim := range victims {
					if p := processes(t)[victim]; p.PID == 0 || p.PID == before[victim].PID || p.Health != network.HealthOK {
						return fmt.Errorf("%s is %s, process %d", victim, p.Health, p.PID)
					}
				}
				return nil
			})
			s.flows(t, 4)
			s.settle(t)
		})
	}
	t.Run("indexes are sound", func(t *testing.T) {
		checked(t)
		healed(t)
	})
}

// TestSupervisionIsTold: who was killed and came back is on every organisation's
// page and API of the network.
func TestSupervisionIsTold(t *testing.T) {
	act(t, "kill", "bank-chaincode")
	healed(t)
	eventually(t, 15*time.Second, "the restart shows", func() error {
		text := string(get(t, "Regulator", "/v1/network").body)
		at := strings.Index(text, `"bank-chaincode"`)
		if at < 0 || strings.Contains(text[at:at+120], `"restarts":0`) {
			return fmt.Errorf("%s", text)
		}
		return nil
	})
}

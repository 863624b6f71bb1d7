package e2e

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/datarights/datarights/chaincode/rights"
	"github.com/datarights/datarights/client"
)

const (
	rounds     = 50
	concurrent = 5 // rounds at a time
)

// eachRound runs a function for every round, some at a time.
func eachRound(round func(n int) error) error {
	var all sync.WaitGroup
	turns, failed := make(chan int), make(chan error, rounds)
	for range concurrent {
		all.Go(func() {
			for n := range turns {
				if err := round(n); err != nil {
					failed <- fmt.Errorf("round %d: %w", n, err)
				}
			}
		})
	}
	for n := range rounds {
		turns <- n
	}
	close(turns)
	all.Wait()
	close(failed)
	for err := range failed {
		return err
	}
	return nil
}

// atOnce posts each command to each named gateway, all at the same moment.
func atOnce(t *testing.T, via []string, jws ...[]byte) ([]answer, error) {
	answers, errs := make([]answer, len(via)), make([]error, len(via))
	var all sync.WaitGroup
	start := make(chan struct{})
	for i := range via {
		all.Go(func() {
			<-start
			answers[i], errs[i] = post(t.Context(), via[i], jws[i%len(jws)])
		})
	}
	close(start)
	all.Wait()
	for _, err := range errs {
		if err != nil {
			return nil, err
		}
	}
	return answers, nil
}

// onceEach requires of the transactions since a block that every command took
// effect exactly once.
func onceEach(t *testing.T, block uint64, ids []string) {
	t.Helper()
	effects := map[string]int{}
	for _, tx := range since(t, "Regulator", block) {
		if tx.Validation == "VALID" {
			effects[tx.CommandID]++
		}
	}
	for _, id := range ids {
		if effects[id] != 1 {
			t.Errorf("command %s took effect %d times", id, effects[id])
		}
	}
}

// TestTheSameTwice: one command posted twice at once to one gateway and to two
// others is applied once, and everybody gets the same answer.
func TestTheSameTwice(t *testing.T) {
	from := read[readiness](t, "Group", "/readyz").LedgerHeight
	ids := make([]string, rounds)
	err := eachRound(func(n int) error {
		p, err := newcomer("Group")
		if err != nil {
			return err
		}
		s, err := p.key.Command(p.uscc, 1, "participant.apply", p.application("同时两次企业"))
		if err != nil {
			return err
		}
		ids[n] = s.ID
		answers, err := atOnce(t, []string{"Group", "Group", "Exchange", "Bank"}, s.JWS)
		if err != nil {
			return err
		}
		for _, a := range answers {
			if a.status != http.StatusCreated || !bytes.Equal(a.body, answers[0].body) {
				return fmt.Errorf("answers differ: %v", answers)
			}
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
	levelled(t)
	onceEach(t, from, ids)
}

// TestOneIDTwice: of two commands under one id exactly one is applied.
func TestOneIDTwice(t *testing.T) {
	from := read[readiness](t, "Group", "/readyz").LedgerHeight
	ids := make([]string, rounds)
	err := eachRound(func(n int) error {
		p, err := newcomer("Group")
		if err != nil {
			return err
		}
		one, err := p.key.Command(p.uscc, 1, "participant.apply", p.application("甲企业"))
		if err != nil {
			return err
		}
		other, err := p.key.Command(p.uscc, 1, "participant.apply", p.application("乙企业"), client.WithID(one.ID))
		if err != nil {
			return err
		}
		ids[n] = one.ID
		via := [][]string{{"Group", "Group"}, {"Exchange", "Regulator"}, {"Bank", "Group"}}[n%3]
		answers, err := atOnce(t, via, one.JWS, other.JWS)
		if err != nil {
			return err
		}
		won, lost := answers[0], answers[1]
		if won.status != http.StatusCreated {
			won, lost = lost, won
		}
		if won.status != http.StatusCreated || lost.status != http.StatusConflict || !bytes.Contains(lost.body, []byte(`"code":"E_REPLAY"`)) {
			return fmt.Errorf("through %v: %v", via, answers)
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
	levelled(t)
	onceEach(t, from, ids)
}

// TestOneAfterAnother: what one organisation's gateway applied, another builds
// on at once.
func TestOneAfterAnother(t *testing.T) {
	officer := exchangeOfficer(t)
	err := eachRound(func(n int) error {
		via := w.organisations()[n%4]
		p, err := newcomer(via)
		if err != nil {
			return err
		}
		s, err := p.key.Command(p.uscc, 1, "participant.apply", p.application("先后企业"))
		if err != nil {
			return err
		}
		gateway, err := client.New(w.url(via))
		if err != nil {
			return err
		}
		r, err := gateway.Submit(t.Context(), s.JWS)
		if err != nil {
			return err
		}
		if s, err = officer.key.Command(officer.uscc, 1, "participant.admit", rights.OfParticipant{USCC: p.uscc, KeyFingerprint: p.key.Info().Fingerprint}); err != nil {
			return err
		}
		a, err := request(t.Context(), http.MethodPost, fmt.Sprintf("%s/v1/commands?at_least=%d", w.url("Exchange"), r.Block), s.JWS, "Content-Type", client.MediaTypeCommand)
		if err == nil && a.status != http.StatusCreated {
			err = fmt.Errorf("admitting who applied through %s: %s", via, a)
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}

// TestPeerBehind: a command that names the block it builds on waits for it,
// although the organisation's own peer does not have it yet.
func TestPeerBehind(t *testing.T) {
	officer := exchangeOfficer(t)
	tried := 0
	for range 10 {
		if tried == 5 {
			break
		}
		levelled(t)
		p := newNewcomer(t, "Group")
		apply := p.sign(t, "participant.apply", p.application("先行企业"))
		a, err := request(t.Context(), http.MethodPost, w.url("Group")+"/v1/commands", apply.JWS, "Content-Type", client.MediaTypeCommand, "Prefer", "respond-async")
		if err != nil || a.status != http.StatusAccepted {
			t.Fatalf("%v, %s", err, a)
		}
		thaw := freeze(t, "exchange-peer") // it has endorsed, the block is not cut
		var tx struct {
			Status string
			Block  uint64
		}
		eventually(t, healTimeout, "the group has the block", func() error {
			if tx.Status = ""; json.Unmarshal(get(t, "Group", a.header.Get("Location")).body, &tx) != nil || tx.Status != "committed" {
				return fmt.Errorf("the application is %s", tx.Status)
			}
			return nil
		})
		if behind := read[stats](t, "Exchange", "/v1/stats").Height; behind > tx.Block {
			t.Logf("the exchange had block %d before its peer stood still: once more", tx.Block)
			thaw()
			continue
		}
		tried++
		admit := officer.sign(t, "participant.admit", rights.OfParticipant{USCC: p.uscc, KeyFingerprint: p.key.Info().Fingerprint})
		time.AfterFunc(300*time.Millisecond, thaw)
		a, err = request(t.Context(), http.MethodPost, fmt.Sprintf("%s/v1/commands?at_least=%d", w.url("Exchange"), tx.Block), admit.JWS, "Content-Type", client.MediaTypeCommand)
		if err != nil {
			t.Fatal(err)
		}
		applied(t, a)
	}
	if tried == 0 {
		t.Fatal("the exchange's peer was never behind: nothing was tried")
	}
}

// freeze stops a process in its tracks. It goes on when thawed, at the latest
// when the test ends.
func freeze(t *testing.T, process string) (thaw func()) {
	t.Helper()
	pid := processes(t)[process].PID
	if pid <= 1 {
		t.Fatalf("%s does not run", process)
	}
	if err := syscall.Kill(pid, syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	thaw = sync.OnceFunc(func() {
		if err := syscall.Kill(pid, syscall.SIGCONT); err != nil {
			t.Error(err)
		}
	})
	t.Cleanup(thaw)
	return thaw
}

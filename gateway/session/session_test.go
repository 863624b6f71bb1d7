package session

import (
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/datarights/datarights/chaincode/rights"
	"github.com/datarights/datarights/internal/gm"
)

const holderID = "91350100M000100Y43"

func testKey(t testing.TB) gm.PrivateKey {
	t.Helper()
	k, err := gm.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func testManager(t testing.TB, key gm.PrivateKey, change func(*Options)) (*Manager, *time.Time) {
	t.Helper()
	now := time.Unix(1795406400, 0)
	pub := base64.StdEncoding.EncodeToString(gm.MarshalPublicKey(key.Public()))
	o := Options{Gateway: "GroupMSP", Now: func() time.Time { return now }, Lookup: func(id string) (*rights.Participant, error) {
		if id != holderID {
			return nil, nil
		}
		return &rights.Participant{Head: rights.Head{State: rights.StateActive}, Roles: []rights.Role{rights.RoleEnterprise}, Keys: []rights.Key{
			{No: 1, PublicKey: pub, State: rights.KeyActive}, {No: 2, PublicKey: pub, State: rights.KeyRetired}, {No: 3, PublicKey: "broken", State: rights.KeyActive}}}, nil
	}}
	if change != nil {
		change(&o)
	}
	m, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	return m, &now
}

func proveTo(t testing.TB, m *Manager, key gm.PrivateKey, kid string, iat int64) []byte {
	t.Helper()
	ch, err := m.Challenge(kid)
	if err != nil {
		t.Fatal(err)
	}
	payload, err := json.Marshal(map[string]any{"challenge": ch.Challenge, "iat": iat})
	if err != nil {
		t.Fatal(err)
	}
	b64 := base64.RawURLEncoding
	input := b64.EncodeToString([]byte(`{"alg":"SM2","typ":"`+Type+`","kid":"`+kid+`"}`)) + "." + b64.EncodeToString(payload)
	sig, err := gm.Sign(rand.Reader, key, []byte(input))
	if err != nil {
		t.Fatal(err)
	}
	return []byte(input + "." + b64.EncodeToString(sig[:]))
}

func code(err error) rights.Code {
	var e *rights.Error
	if errors.As(err, &e) {
		return e.Code
	}
	return ""
}

// One challenge opens one session, however many ask at once.
func TestChallengeIsGoodOnce(t *testing.T) {
	key := testKey(t)
	m, now := testManager(t, key, nil)
	jws := proveTo(t, m, key, holderID+"#1", now.Unix())
	var wait sync.WaitGroup
	var mu sync.Mutex
	opened := 0
	for range 20 {
		wait.Go(func() {
			if _, err := m.Open(jws); err == nil {
				mu.Lock()
				opened++
				mu.Unlock()
			} else if code(err) != CodeSession {
				t.Errorf("refused with %v", err)
			}
		})
	}
	wait.Wait()
	if opened != 1 || m.Count() != 1 {
		t.Errorf("%d sessions opened, %d kept", opened, m.Count())
	}
}

func TestTokensAreNotKept(t *testing.T) {
	key := testKey(t)
	m, now := testManager(t, key, nil)
	s, err := m.Open(proveTo(t, m, key, holderID+"#1", now.Unix()))
	if err != nil {
		t.Fatal(err)
	}
	for hash := range m.tokens {
		if strings.Contains(string(hash[:]), s.Token) || hash != gm.SM3([]byte(s.Token)) {
			t.Error("the token itself is in memory")
		}
	}
	if id, err := m.Who(s.Token); err != nil || id.Kid != holderID+"#1" || len(id.Roles) != 1 {
		t.Errorf("%+v, %v", id, err)
	}
}

func TestBounds(t *testing.T) {
	key := testKey(t)
	m, now := testManager(t, key, func(o *Options) { o.MaxPerKey, o.MaxSessions = 3, 5 })
	var tokens []string
	open := func() error {
		s, err := m.Open(proveTo(t, m, key, holderID+"#1", now.Unix()))
		if err == nil {
			tokens = append(tokens, s.Token)
		}
		*now = now.Add(time.Second)
		return err
	}
	for range 5 {
		if err := open(); err != nil {
			t.Fatal(err)
		}
	}
	if m.Count() != 3 {
		t.Errorf("%d sessions of one key", m.Count())
	}
	for i, token := range tokens {
		if _, err := m.Who(token); (err == nil) != (i >= 2) {
			t.Errorf("session %d: %v", i, err)
		}
	}
	m.opts.MaxSessions = 3
	if err := open(); !errors.Is(err, ErrFull) {
		t.Errorf("a full manager says %v", err)
	}
	*now = now.Add(DefaultTTL)
	if err := open(); err != nil {
		t.Errorf("expired sessions take room: %v", err)
	}
	if len(m.used) != 1 {
		t.Errorf("%d challenges remembered", len(m.used))
	}
}

func TestKeysOfTheLedger(t *testing.T) {
	key := testKey(t)
	m, now := testManager(t, key, nil)
	for kid, want := range map[string]rights.Code{holderID + "#2": rights.CodeKey, holderID + "#9": rights.CodeKey, "91350100M000100Y44#1": rights.CodeKey, holderID + "#3": ""} {
		if _, err := m.Open(proveTo(t, m, key, kid, now.Unix())); err == nil || code(err) != want {
			t.Errorf("%s: %v, want %q", kid, err, want)
		}
	}
	broken := errors.New("index closed")
	m.opts.Lookup = func(string) (*rights.Participant, error) { return nil, broken }
	if _, err := m.Open(proveTo(t, m, key, holderID+"#1", now.Unix())); !errors.Is(err, broken) || code(err) != "" {
		t.Errorf("a fault of the index reads as a refusal: %v", err)
	}
}

// A fault of the index does not end a session.
func TestFaultDoesNotEndASession(t *testing.T) {
	key := testKey(t)
	m, now := testManager(t, key, nil)
	s, err := m.Open(proveTo(t, m, key, holderID+"#1", now.Unix()))
	if err != nil {
		t.Fatal(err)
	}
	lookup := m.opts.Lookup
	m.opts.Lookup = func(string) (*rights.Participant, error) { return nil, errors.New("down") }
	if _, err := m.Who(s.Token); err == nil || code(err) != "" {
		t.Errorf("got %v", err)
	}
	m.opts.Lookup = lookup
	if _, err := m.Who(s.Token); err != nil {
		t.Errorf("the session is gone: %v", err)
	}
}

func FuzzOpen(f *testing.F) {
	key := testKey(f)
	m, now := testManager(f, key, nil)
	f.Add(proveTo(f, m, key, holderID+"#1", now.Unix())[:200])
	f.Add([]byte("e30.e30.AAAA"))
	f.Add([]byte(".."))
	f.Fuzz(func(t *testing.T, jws []byte) {
		if s, err := m.Open(jws); err == nil {
			t.Fatalf("opened %+v with %q", s, jws)
		} else if code(err) == "" {
			t.Fatalf("%q is a fault: %v", jws, err)
		}
	})
}

func FuzzChallenge(f *testing.F) {
	c, err := newChallenges("GroupMSP")
	if err != nil {
		f.Fatal(err)
	}
	ch, err := c.issue(holderID+"#1", time.Unix(9, 0))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(ch.Challenge, holderID+"#1")
	f.Add(ch.Challenge, holderID+"#2")
	f.Add("////", "")
	f.Fuzz(func(t *testing.T, text, kid string) {
		if _, ok := c.check(text, kid); ok != (text == ch.Challenge && kid == holderID+"#1") {
			t.Fatalf("%q for %q: %v", text, kid, ok)
		}
	})
}

func TestNewRefuses(t *testing.T) {
	if _, err := New(Options{Gateway: "x"}); err == nil {
		t.Error("no lookup is taken")
	}
}

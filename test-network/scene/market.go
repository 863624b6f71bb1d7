// Package scene brings people, rights, trades and pledges about on a running
// consortium, for tests that are about what comes of them. Everything is done
// with signed commands over the gateways' public API; whatever does not succeed
// fails the test that asked for it.
package scene

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"net/url"
	"sync/atomic"
	"testing"
	"time"

	"github.com/datarights/datarights/chaincode/rights"
	"github.com/datarights/datarights/client"
	"github.com/datarights/datarights/internal/gm"
	"github.com/datarights/datarights/network"
)

// patience is how long one command or read may take on a busy two-core machine.
const patience = time.Minute

// Person is somebody with a key, who uses the gateway of some organisation.
type Person struct {
	USCC string
	No   int // of its key
	Key  client.Key
	Via  string
}

// Through is the same person at another organisation's gateway.
func (p Person) Through(organisation string) Person { p.Via = organisation; return p }

// Kid is the id of the person's key.
func (p Person) Kid() string { return rights.KeyID(p.USCC, p.No) }

// Attest signs a statement, as a platform signs tags and watermarks.
func (p Person) Attest(t testing.TB, statement string) rights.Attestation {
	t.Helper()
	sig, err := p.Key.Sign([]byte(statement))
	if err != nil {
		t.Fatal(err)
	}
	return rights.Attestation{Kid: p.Kid(), Signature: base64.RawURLEncoding.EncodeToString(sig)}
}

// Newcomer is somebody nobody knows yet, with a synthetic credit code.
func Newcomer(via string) (Person, error) {
	key, err := client.GenerateKey()
	if err != nil {
		return Person{}, err
	}
	const set = "0123456789ABCDEFGHJKLMNPQRTUWXY"
	code := []byte("91320902MA")
	for len(code) < 17 {
		n, err := rand.Int(rand.Reader, big.NewInt(int64(len(set))))
		if err != nil {
			return Person{}, err
		}
		code = append(code, set[n.Int64()])
	}
	check, ok := rights.USCCCheck(string(code))
	if !ok {
		return Person{}, fmt.Errorf("%s is no beginning of a credit code", code)
	}
	return Person{string(code) + string(check), 1, key, via}, nil
}

// Market is a consortium as those in it act on it. Its methods may be called by
// several goroutines; those that fail the test only by the one that runs it.
type Market struct {
	*network.Deployment
	Registrar, Platform, Exchange, Regulator, Bank Person

	testing.TB
	gateways map[string]*client.Client
	height   *atomic.Uint64 // the newest block somebody here has written
}

// On is the market reporting to another test.
func (m *Market) On(t testing.TB) *Market {
	n := *m
	n.TB = t
	return &n
}

func newMarket(t testing.TB, d *network.Deployment) *Market {
	t.Helper()
	m := &Market{Deployment: d, TB: t, gateways: map[string]*client.Client{}, height: new(atomic.Uint64)}
	for i := range d.Organisations {
		org := &d.Organisations[i]
		c, err := client.New(fmt.Sprintf("http://%s:%d", network.Host, org.Ports.Gateway), client.WithUserAgent("datarights-scene"))
		if err != nil {
			t.Fatal(err)
		}
		m.gateways[org.Name] = c
	}
	return m
}

// Gateway is an organisation's gateway, asked to have seen all that was written
// here: whoever acts next, wherever, acts on what was done before.
func (m *Market) Gateway(organisation string) *client.Client {
	m.Helper()
	c := m.gateways[organisation]
	if c == nil {
		m.Fatalf("there is no gateway of %q", organisation)
	}
	return c.AtLeast(m.height.Load())
}

// Receipt is where a command stands on the ledger and what it wrote.
type Receipt struct {
	TxID  string
	Block uint64
	rights.Result
}

// One is the first record of a kind that the command wrote; "" when there is none.
func (r Receipt) One(kind rights.Kind) string {
	for _, ref := range r.Records {
		if ref.Kind == kind {
			return ref.ID
		}
	}
	return ""
}

// Try signs and submits a command; secret goes beside it. A refusal is a
// *client.Problem.
func (m *Market) Try(p Person, command string, body any, secret ...byte) (Receipt, error) {
	signed, err := p.Key.Command(p.USCC, p.No, command, body)
	if err != nil {
		return Receipt{}, err
	}
	gateway := m.gateways[p.Via]
	if gateway == nil {
		return Receipt{}, fmt.Errorf("there is no gateway of %q", p.Via)
	}
	gateway = gateway.AtLeast(m.height.Load())
	ctx, cancel := context.WithTimeout(m.Context(), patience)
	defer cancel()
	var answer client.Receipt
	if len(secret) > 0 {
		answer, err = gateway.SubmitWithSecret(ctx, signed.JWS, secret)
	} else {
		answer, err = gateway.Submit(ctx, signed.JWS)
	}
	if err != nil {
		return Receipt{}, err
	}
	r := Receipt{TxID: answer.TxID, Block: answer.Block}
	if err := json.Unmarshal(answer.Result, &r.Result); err != nil {
		return r, fmt.Errorf("couldn't read the answer to %s: %w", command, err)
	}
	m.Saw(r.Block)
	return r, nil
}

// Saw makes everybody wait for a block from now on.
func (m *Market) Saw(block uint64) {
	for {
		seen := m.height.Load()
		if seen >= block || m.height.CompareAndSwap(seen, block) {
			return
		}
	}
}

// Do has a command applied.
func (m *Market) Do(p Person, command string, body any, secret ...byte) Receipt {
	m.Helper()
	r, err := m.Try(p, command, body, secret...)
	if err != nil {
		m.Fatalf("%s of %s through %s: %v%s", command, p.USCC, p.Via, err, more(err))
	}
	return r
}

// Refused requires that a command is refused with a code, in both languages.
func (m *Market) Refused(code rights.Code, p Person, command string, body any, secret ...byte) *client.Problem {
	m.Helper()
	r, err := m.Try(p, command, body, secret...)
	var problem *client.Problem
	switch {
	case err == nil:
		m.Fatalf("%s of %s was applied in block %d; want %s", command, p.USCC, r.Block, code)
	case !errors.As(err, &problem):
		m.Fatalf("%s of %s: %v; want %s", command, p.USCC, err, code)
	case problem.Code != string(code):
		m.Fatalf("%s of %s: %v%s; want %s", command, p.USCC, err, more(err), code)
	case problem.DetailEn == "" || problem.DetailZh == "":
		m.Errorf("%s of %s: a refusal that says nothing: %+v", command, p.USCC, problem)
	}
	return problem
}

// more is what a refusal says beside its text.
func more(err error) string {
	var p *client.Problem
	if !errors.As(err, &p) {
		return ""
	}
	return fmt.Sprintf(" [%s on %s by %s] %+v", p.Field, p.Record, p.Rule, p.Items)
}

// Read reads a path through an organisation's gateway, as the public does.
func Read[R any](m *Market, organisation, path string) (r R) {
	m.Helper()
	m.read(m.Gateway(organisation), path, &r)
	return r
}

// ReadAs reads a path in a session of the person's, at its gateway.
func ReadAs[R any](m *Market, p Person, path string) (r R) {
	m.Helper()
	m.read(m.session(p), path, &r)
	return r
}

func (m *Market) read(c *client.Client, path string, into any) {
	m.Helper()
	u, err := url.Parse(path)
	if err != nil {
		m.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(m.Context(), patience)
	defer cancel()
	if _, err := c.Get(ctx, u.Path, u.Query(), into); err != nil {
		m.Fatalf("%s: %v", path, err)
	}
}

// session is the person's gateway, which has seen all that was written here, in
// a session of the person's.
func (m *Market) session(p Person) *client.Client {
	m.Helper()
	c := m.Gateway(p.Via)
	ctx, cancel := context.WithTimeout(m.Context(), patience)
	defer cancel()
	var known rights.Participant // this gateway may be behind the one that let the person in
	if _, err := c.Get(ctx, "/v1/participants/"+p.USCC, nil, &known); err != nil {
		m.Fatal(err)
	}
	s, err := c.OpenSession(ctx, p.Key, p.USCC, p.No)
	if err != nil {
		m.Fatal(err)
	}
	return c.InSession(s)
}

// NotFor requires that a path is refused to a person with a status; to the
// public with no key at all.
func (m *Market) NotFor(p Person, path string, status int) {
	m.Helper()
	c := m.Gateway(p.Via)
	if !p.Key.IsZero() {
		c = m.session(p)
	}
	var problem *client.Problem
	ctx, cancel := context.WithTimeout(m.Context(), patience)
	defer cancel()
	var got json.RawMessage
	if _, err := c.Get(ctx, path, nil, &got); !errors.As(err, &problem) || problem.Status != status {
		m.Errorf("%s for %s at %s: %v %s; want %d", path, p.USCC, p.Via, err, got, status)
	}
}

// Secret reads the private part of a record in a session of the person's.
func (m *Market) Secret(p Person, path string) ([]byte, error) {
	m.Helper()
	c := m.session(p)
	ctx, cancel := context.WithTimeout(m.Context(), patience)
	defer cancel()
	return c.ReadSecret(ctx, path)
}

// WaitUntil sleeps until a due instant of the ledger has passed: its clock is
// that of the gateways, which is this machine's.
func (m *Market) WaitUntil(at int64) {
	m.Helper()
	if wait := time.Until(time.Unix(at, 0)) + time.Second; wait > 0 {
		m.Logf("waiting %s for a period to end", wait.Round(time.Second))
		time.Sleep(wait)
	}
}

// Hash is the digest that stands for a paper or content of that name.
func Hash(name string) string {
	h := gm.SM3([]byte(name))
	return "sm3:" + hex.EncodeToString(h[:])
}

// Unique is a name nobody used before.
func Unique(name string) string {
	n := make([]byte, 8)
	rand.Read(n)
	return name + " " + hex.EncodeToString(n)
}

// Salt is 32 random bytes as secrets have them.
func Salt() string {
	salt := make([]byte, 32)
	rand.Read(salt)
	return base64.RawURLEncoding.EncodeToString(salt)
}

// Hidden encodes a secret document, which has its salt, and commits to it.
func Hidden(document any) (secret []byte, commitment string) {
	raw, err := json.Marshal(document)
	if err != nil {
		panic(err) // a struct of this module
	}
	return raw, rights.Commit(raw)
}

package webhook

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"github.com/datarights/datarights/chaincode/rights"
	"github.com/datarights/datarights/gateway/event"
	"github.com/datarights/datarights/internal/gm"
)

// feed is a chain with one event a block.
type feed struct {
	mu      sync.Mutex
	height  uint64
	grown   chan struct{}
	refused *rights.Error
}

func newFeed(height uint64) *feed { return &feed{height: height, grown: make(chan struct{})} }

func (f *feed) grow(n uint64) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.height += n
	close(f.grown)
	f.grown = make(chan struct{})
}

func (f *feed) Height() uint64 { f.mu.Lock(); defer f.mu.Unlock(); return f.height }

func (f *feed) Wait(ctx context.Context, height uint64) error {
	for {
		f.mu.Lock()
		have, grown := f.height, f.grown
		f.mu.Unlock()
		if have >= height {
			return nil
		}
		select {
		case <-grown:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

func (f *feed) Name() (string, error) { return "urn:test", nil }

func (f *feed) NextFor(_ context.Context, _ string, flt *event.Filter, from event.Position, limit int) (event.Batch, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.refused != nil {
		return event.Batch{}, f.refused
	}
	b := event.Batch{Next: from}
	for ; b.Next.Block < f.height; b.Next = event.Start(b.Next.Block + 1) {
		if len(b.Events) == limit {
			b.More = true
			return b, nil
		}
		e := event.Envelope{SpecVersion: "1.0", ID: event.Start(b.Next.Block).String(), Source: "urn:test", Type: "cn.datarights.demand.post"}
		if from.Compare(event.Start(b.Next.Block)) <= 0 && flt.Passes(e) {
			b.Events = append(b.Events, e)
		}
	}
	return b, nil
}

// receiver is an address that events are sent to, and what came.
type receiver struct {
	*httptest.Server
	mu     sync.Mutex
	got    []delivery
	answer func(n int, d delivery) int // n counts from 1
	came   chan struct{}
}

type delivery struct {
	id     string
	header http.Header
	body   []byte
}

func newReceiver(t *testing.T, answer func(n int, d delivery) int) *receiver {
	r := &receiver{answer: answer, came: make(chan struct{}, 10_000)}
	r.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		body, _ := io.ReadAll(req.Body)
		d := delivery{req.Header.Get("webhook-id"), req.Header.Clone(), body}
		r.mu.Lock()
		r.got = append(r.got, d)
		n := len(r.got)
		r.mu.Unlock()
		status := http.StatusNoContent
		if r.answer != nil {
			status = r.answer(n, d)
		}
		w.WriteHeader(status)
		r.came <- struct{}{}
	}))
	t.Cleanup(r.Close)
	return r
}

// wait returns once n deliveries have been answered.
func (r *receiver) wait(t *testing.T, n int) []delivery {
	t.Helper()
	for i := len(r.all()); i < n; i = len(r.all()) {
		select {
		case <-r.came:
		case <-t.Context().Done():
			t.Fatal("the test ended first")
		case <-time.After(time.Minute): // so that a broken delivery fails rather than hangs
			t.Fatalf("%d deliveries came, want %d", len(r.all()), n)
		}
	}
	return r.all()
}

func (r *receiver) all() []delivery { r.mu.Lock(); defer r.mu.Unlock(); return slices.Clone(r.got) }

func ids(list []delivery) []string {
	var out []string
	for _, d := range list {
		out = append(out, d.id)
	}
	return out
}

var owner = Reader{ParticipantID: "91320900MA0A00022Y", Kid: "91320900MA0A00022Y#1", Roles: []rights.Role{rights.RoleEnterprise}}

// loopback lets tests deliver to this machine.
var loopback = Policy{AllowHTTP: true, Allowed: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("::1/128")}}

func options(dir string, f Feed) Options {
	return Options{Dir: filepath.Join(dir, "store"), KeyFile: filepath.Join(dir, "webhooks.key"), Feed: f, Policy: loopback, Log: slog.New(slog.DiscardHandler),
		Attempts: 3, InARow: 3, Sleep: func(ctx context.Context, _ time.Duration) error { return ctx.Err() }}
}

// run opens a manager and lets it deliver until the test ends, or stop is called.
func run(t *testing.T, o Options) (m *Manager, stop func()) {
	t.Helper()
	m, err := Open(o)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() { defer close(done); m.Run(ctx) }()
	stop = sync.OnceFunc(func() {
		cancel()
		<-done
		if err := m.Close(); err != nil {
			t.Error(err)
		}
	})
	t.Cleanup(stop)
	return m, stop
}

func create(t *testing.T, m *Manager, url string, from uint64) (Status, string) {
	t.Helper()
	st, secret, err := m.Create(owner, New{URL: url, From: &from})
	if err != nil {
		t.Fatal(err)
	}
	return st, secret
}

// until asks for a subscription until it is as wanted.
func until(t *testing.T, m *Manager, id string, want func(Status) bool) Status {
	t.Helper()
	for began := time.Now(); ; time.Sleep(2 * time.Millisecond) {
		st, err := m.Get(owner, id)
		if err != nil {
			t.Fatal(err)
		}
		if want(st) {
			return st
		}
		if time.Since(began) > time.Minute {
			t.Fatalf("it stays %+v", st)
		}
	}
}

func sequence(from, to int) []string {
	var out []string
	for i := from; i <= to; i++ {
		out = append(out, fmt.Sprintf("%d:0:0", i))
	}
	return out
}

func TestDeliversInOrderAndOnlyOn2xxGoesOn(t *testing.T) {
	r := newReceiver(t, func(n int, _ delivery) int {
		if n == 2 || n == 3 { // the second event fails twice
			return http.StatusInternalServerError
		}
		return http.StatusOK
	})
	f := newFeed(3)
	m, _ := run(t, options(t.TempDir(), f))
	st, secret := create(t, m, r.URL, 0)
	got := r.wait(t, 5)
	if want := []string{"0:0:0", "1:0:0", "1:0:0", "1:0:0", "2:0:0"}; !slices.Equal(ids(got), want) {
		t.Fatalf("got %v, want %v", ids(got), want)
	}
	f.grow(2)
	got = r.wait(t, 7)
	if want := sequence(3, 4); !slices.Equal(ids(got[5:]), want) {
		t.Fatalf("then got %v, want %v", ids(got[5:]), want)
	}
	end := until(t, m, st.ID, func(s Status) bool { return s.Progress.Delivered == 5 && s.Lag == 0 })
	if end.Progress.LastError != "" || end.Progress.LastEvent != "4:0:0" || end.DeadLetters != 0 {
		t.Errorf("%+v", end)
	}
	hook, err := standardwebhooks.NewWebhook(secret)
	if err != nil {
		t.Fatal(err)
	}
	key, _ := base64.StdEncoding.DecodeString(strings.TrimPrefix(secret, "whsec_"))
	for _, d := range got {
		if err := hook.Verify(d.body, d.header); err != nil {
			t.Errorf("%s: %v", d.id, err)
		}
		if hook.Verify(append(bytes.Clone(d.body), ' '), d.header) == nil {
			t.Errorf("%s verifies with another body", d.id)
		}
		mac := gm.HMAC(key, []byte(d.id+"."+d.header.Get("webhook-timestamp")+"."), d.body)
		if !strings.Contains(d.header.Get("webhook-signature"), "v1sm3,"+base64.StdEncoding.EncodeToString(mac[:])) {
			t.Errorf("%s has no signature with SM3", d.id)
		}
		if d.header.Get("Content-Type") != "application/cloudevents+json; charset=utf-8" {
			t.Errorf("sent as %q", d.header.Get("Content-Type"))
		}
		var e event.Envelope
		if err := json.Unmarshal(d.body, &e); err != nil || e.ID != d.id {
			t.Errorf("%s: %v", d.body, err)
		}
	}
}

func TestDeadLetterIsKeptAndTheRestGoesOn(t *testing.T) {
	var well sync.Mutex
	broken := true
	r := newReceiver(t, func(_ int, d delivery) int {
		well.Lock()
		defer well.Unlock()
		if d.id == "1:0:0" && broken {
			return http.StatusBadRequest
		}
		return http.StatusOK
	})
	m, _ := run(t, options(t.TempDir(), newFeed(4)))
	st, _ := create(t, m, r.URL, 0)
	got := r.wait(t, 6)
	if want := []string{"0:0:0", "1:0:0", "1:0:0", "1:0:0", "2:0:0", "3:0:0"}; !slices.Equal(ids(got), want) {
		t.Fatalf("got %v, want %v", ids(got), want)
	}
	end := until(t, m, st.ID, func(s Status) bool { return s.Progress.Delivered == 3 })
	if end.State != Active || end.DeadLetters != 1 || end.Progress.Dead != 1 {
		t.Fatalf("%+v", end)
	}
	letters, more, err := m.DeadLetters(owner, st.ID, event.Position{}, 10)
	if err != nil || more || len(letters) != 1 || letters[0].ID != "1:0:0" || letters[0].Attempts != 3 || letters[0].Error != "the address answered 400" {
		t.Fatalf("%+v %t %v", letters, more, err)
	}
	at := event.Start(1)
	if a, err := m.Redeliver(t.Context(), owner, st.ID, at); err != nil || a.Delivered || a.Error == "" {
		t.Fatalf("%+v %v", a, err)
	}
	well.Lock()
	broken = false
	well.Unlock()
	if a, err := m.Redeliver(t.Context(), owner, st.ID, at); err != nil || !a.Delivered || a.ID != "1:0:0" {
		t.Fatalf("%+v %v", a, err)
	}
	if _, err := m.Redeliver(t.Context(), owner, st.ID, at); !errors.Is(err, ErrNoLetter) {
		t.Errorf("again: %v", err)
	}
	last := r.all()[len(r.all())-1]
	if last.id != "1:0:0" || !bytes.Equal(last.body, got[1].body) {
		t.Errorf("redelivered %s %s", last.id, last.body)
	}
}

func TestGoneStopsAtOnceAndLosesNothing(t *testing.T) {
	status := make(chan int, 1)
	status <- http.StatusGone
	r := newReceiver(t, func(int, delivery) int {
		select {
		case s := <-status:
			return s
		default:
			return http.StatusOK
		}
	})
	m, _ := run(t, options(t.TempDir(), newFeed(2)))
	st, _ := create(t, m, r.URL, 0)
	end := until(t, m, st.ID, func(s Status) bool { return s.State == Stopped })
	if end.Reason != ReasonGone || end.Progress.Delivered != 0 || end.DeadLetters != 0 || len(r.all()) != 1 {
		t.Fatalf("%+v after %v", end, ids(r.all()))
	}
	active := Active
	if _, err := m.Update(owner, st.ID, Change{State: &active}); err != nil {
		t.Fatal(err)
	}
	if got := ids(r.wait(t, 3))[1:]; !slices.Equal(got, sequence(0, 1)) {
		t.Errorf("after it was resumed: %v", got)
	}
}

func TestDeadAddressIsStopped(t *testing.T) {
	r := newReceiver(t, func(int, delivery) int { return http.StatusServiceUnavailable })
	m, _ := run(t, options(t.TempDir(), newFeed(10)))
	st, _ := create(t, m, r.URL, 0)
	end := until(t, m, st.ID, func(s Status) bool { return s.State == Stopped })
	if end.Reason != ReasonDead || end.DeadLetters != 3 || end.Progress.Next != "2:0:1" || len(r.all()) != 9 {
		t.Fatalf("%+v after %v", end, ids(r.all()))
	}
}

func TestNoRoomForDeadLettersStops(t *testing.T) {
	r := newReceiver(t, func(int, delivery) int { return http.StatusTeapot })
	o := options(t.TempDir(), newFeed(10))
	o.MaxLetters = 1
	m, _ := run(t, o)
	st, _ := create(t, m, r.URL, 0)
	end := until(t, m, st.ID, func(s Status) bool { return s.State == Stopped })
	if end.Reason != ReasonFull || end.DeadLetters != 1 || end.Progress.Next != "0:0:1" {
		t.Fatalf("%+v", end)
	}
	if err := m.Discard(owner, st.ID, event.Start(0)); err != nil {
		t.Fatal(err)
	}
	if got, err := m.Get(owner, st.ID); err != nil || got.DeadLetters != 0 {
		t.Errorf("%+v %v", got, err)
	}
}

// A receiver that hangs costs its own events their time and nobody else any.
func TestHangingReceiver(t *testing.T) {
	release := make(chan struct{})
	hang := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		select {
		case <-release:
		case <-r.Context().Done():
		}
	}))
	defer hang.Close()
	defer close(release)
	quick := newReceiver(t, nil)
	o := options(t.TempDir(), newFeed(3))
	o.Timeout = 50 * time.Millisecond
	m, _ := run(t, o)
	stuck, _ := create(t, m, hang.URL, 0)
	create(t, m, quick.URL, 0)
	if got := ids(quick.wait(t, 3)); !slices.Equal(got, sequence(0, 2)) {
		t.Errorf("the other got %v", got)
	}
	end := until(t, m, stuck.ID, func(s Status) bool { return s.State == Stopped })
	if end.Reason != ReasonDead || end.Progress.LastError != "no answer in time" {
		t.Errorf("%+v", end)
	}
}

// A body without end is not read to its end.
func TestEndlessAnswer(t *testing.T) {
	endless := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		for r.Context().Err() == nil {
			if _, err := w.Write(bytes.Repeat([]byte("x"), 4096)); err != nil {
				return
			}
		}
	}))
	defer endless.Close()
	m, _ := run(t, options(t.TempDir(), newFeed(1)))
	st, _ := create(t, m, endless.URL, 0)
	until(t, m, st.ID, func(s Status) bool { return s.Progress.Delivered == 1 })
}

func TestRedirectsAreNotFollowed(t *testing.T) {
	inner := newReceiver(t, nil)
	outer := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, inner.URL, http.StatusTemporaryRedirect)
	}))
	defer outer.Close()
	m, _ := run(t, options(t.TempDir(), newFeed(1)))
	st, _ := create(t, m, outer.URL, 0)
	end := until(t, m, st.ID, func(s Status) bool { return s.DeadLetters == 1 })
	if len(inner.all()) != 0 || !strings.Contains(end.Progress.LastError, "redirects are not followed") {
		t.Errorf("%d came through, %q", len(inner.all()), end.Progress.LastError)
	}
}

// What a name leads to is looked at when it is dialled, not when it was given:
// this subscription was made when loopback was still allowed.
func TestLoopbackIsRefusedWhenDialled(t *testing.T) {
	r := newReceiver(t, nil)
	dir := t.TempDir()
	m, stop := run(t, options(dir, newFeed(0)))
	st, _ := create(t, m, strings.Replace(r.URL, "127.0.0.1", "localhost", 1), 0)
	stop()
	o := options(dir, newFeed(1))
	o.Policy = Policy{AllowHTTP: true}
	m, _ = run(t, o)
	end := until(t, m, st.ID, func(s Status) bool { return s.DeadLetters == 1 })
	if len(r.all()) != 0 || !strings.Contains(end.Progress.LastError, "no public address") {
		t.Errorf("%d came, %q", len(r.all()), end.Progress.LastError)
	}
	if a, err := m.Ping(t.Context(), owner, st.ID); err != nil || a.Delivered || len(r.all()) != 0 {
		t.Errorf("ping: %+v %v", a, err)
	}
}

func TestAddresses(t *testing.T) {
	p := Policy{}
	for _, a := range []string{"127.0.0.1", "127.255.0.9", "0.0.0.0", "10.1.2.3", "172.16.0.1", "172.31.255.255", "192.168.1.1", "169.254.169.254", "100.64.0.1", "100.127.255.255",
		"224.0.0.1", "239.1.1.1", "240.0.0.1", "255.255.255.255", "192.0.2.1", "198.18.0.1", "198.51.100.1", "203.0.113.1", "192.0.0.1", "192.88.99.1",
		"::1", "::", "fe80::1", "fc00::1", "fd12::1", "ff02::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::127.0.0.1", "64:ff9b::7f00:1", "64:ff9b::a00:1", "64:ff9b:1::1", "2002:7f00:1::1",
		"2001:db8::1", "2001::1", "100::1", "fec0::1"} {
		if p.permits(netip.MustParseAddr(a)) == nil {
			t.Errorf("%s is allowed", a)
		}
		host := a
		if strings.Contains(a, ":") {
			host = "[" + a + "]"
		}
		var refused *URLError
		if err := p.CheckURL("https://" + host + "/x"); !errors.As(err, &refused) || refused.Zh == "" {
			t.Errorf("https://%s/x: %v", host, err)
		}
	}
	for _, a := range []string{"1.1.1.1", "114.114.114.114", "223.5.5.5", "2400:3200::1", "2606:4700:4700::1111"} {
		if err := p.permits(netip.MustParseAddr(a)); err != nil {
			t.Errorf("%s: %v", a, err)
		}
	}
	named := Policy{Allowed: []netip.Prefix{netip.MustParsePrefix("10.20.0.0/16")}}
	if named.permits(netip.MustParseAddr("10.20.3.4")) != nil || named.permits(netip.MustParseAddr("::ffff:10.20.3.4")) != nil || named.permits(netip.MustParseAddr("10.21.0.1")) == nil {
		t.Error("a named network is not what is allowed")
	}
}

func TestURLs(t *testing.T) {
	p := Policy{}
	for _, u := range []string{"", "x", "http://example.com/", "ftp://example.com/", "https://", "https:///x", "https://user:pw@example.com/", "https://example.com/#f", "https://localhost/", "https://LOCALHOST./", "https://a.localhost/",
		"https://[::1", "https://example.com:x/", "javascript:alert(1)", "https://" + strings.Repeat("a", 500) + ".com/", "file:///etc/passwd", "https://\x00/"} {
		if p.CheckURL(u) == nil {
			t.Errorf("%q is taken", u)
		}
	}
	for _, u := range []string{"https://example.com/hook?x=1", "https://例子.中国/", "https://example.com:8443"} {
		if err := p.CheckURL(u); err != nil {
			t.Errorf("%q: %v", u, err)
		}
	}
}

func FuzzCheckURL(f *testing.F) {
	for _, s := range []string{"https://example.com", "http://127.0.0.1", "https://[::ffff:7f00:1]/", "https://0x7f.1/", "https://2130706433/"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		var refused *URLError
		if err := (&Policy{}).CheckURL(s); err != nil && !errors.As(err, &refused) {
			t.Errorf("%q: %v", s, err)
		}
	})
}

func TestReplayPauseAndResume(t *testing.T) {
	r := newReceiver(t, nil)
	f := newFeed(3)
	m, _ := run(t, options(t.TempDir(), f))
	st, _ := create(t, m, r.URL, 2)
	until(t, m, st.ID, func(s Status) bool { return s.Progress.Delivered == 1 })
	if _, err := m.Replay(owner, st.ID, 1); err != nil {
		t.Fatal(err)
	}
	if got := ids(r.wait(t, 3)); !slices.Equal(got, []string{"2:0:0", "1:0:0", "2:0:0"}) {
		t.Fatalf("got %v", got)
	}
	until(t, m, st.ID, func(s Status) bool { return s.Progress.Delivered == 3 })
	paused, active := Paused, Active
	if s, err := m.Update(owner, st.ID, Change{State: &paused}); err != nil || s.State != Paused {
		t.Fatalf("%+v %v", s, err)
	}
	f.grow(2)
	if s, err := m.Get(owner, st.ID); err != nil || s.Lag != 2 || len(r.all()) != 3 {
		t.Fatalf("%+v %v, %d came", s, err, len(r.all()))
	}
	if _, err := m.Update(owner, st.ID, Change{State: &active}); err != nil {
		t.Fatal(err)
	}
	if got := ids(r.wait(t, 5))[3:]; !slices.Equal(got, sequence(3, 4)) {
		t.Errorf("after the pause: %v", got)
	}
	if err := m.Remove(owner, st.ID); err != nil {
		t.Fatal(err)
	}
	if _, err := m.Get(owner, st.ID); !errors.Is(err, ErrNotFound) {
		t.Errorf("still there: %v", err)
	}
}

func TestWhatWasSubscribedOutlivesTheProcess(t *testing.T) {
	r := newReceiver(t, nil)
	dir := t.TempDir()
	f := newFeed(2)
	m, stop := run(t, options(dir, f))
	st, secret := create(t, m, r.URL, 0)
	r.wait(t, 2)
	until(t, m, st.ID, func(s Status) bool { return s.Progress.Delivered == 2 })
	stop()
	f.grow(1)
	m, _ = run(t, options(dir, f))
	got := r.wait(t, 3)
	if !slices.Equal(ids(got), sequence(0, 2)) {
		t.Fatalf("got %v", ids(got))
	}
	hook, _ := standardwebhooks.NewWebhook(secret)
	if err := hook.Verify(got[2].body, got[2].header); err != nil {
		t.Error(err)
	}
	list, err := m.List(owner)
	if err != nil || len(list) != 1 || list[0].ID != st.ID {
		t.Errorf("%+v %v", list, err)
	}
}

// Its key retired, a subscription stops: it sees with that key's eyes.
func TestReaderWhoMayReadNoMore(t *testing.T) {
	f := newFeed(1)
	f.refused = &rights.Error{Code: rights.CodeKey, Detail: "the key is no longer in use"}
	m, _ := run(t, options(t.TempDir(), f))
	st, _ := create(t, m, newReceiver(t, nil).URL, 0)
	if end := until(t, m, st.ID, func(s Status) bool { return s.State == Stopped }); end.Reason != ReasonReader || end.Detail == "" {
		t.Errorf("%+v", end)
	}
}

func TestWhoseItIs(t *testing.T) {
	m, _ := run(t, options(t.TempDir(), newFeed(0)))
	officer := Reader{ParticipantID: "x", Kid: "x#1", Roles: []rights.Role{rights.RoleExchange, rights.RoleRegulator}}
	st, _, err := m.Create(officer, New{URL: "http://127.0.0.1/"})
	if err != nil {
		t.Fatal(err)
	}
	for name, who := range map[string]Reader{"another participant": {ParticipantID: "y", Kid: "y#1", Roles: officer.Roles}, "an officer who sees less": {ParticipantID: "x", Kid: "x#2", Roles: []rights.Role{rights.RoleExchange}}} {
		if _, err := m.Get(who, st.ID); !errors.Is(err, ErrNotFound) {
			t.Errorf("%s: %v", name, err)
		}
		if list, err := m.List(who); err != nil || len(list) != 0 {
			t.Errorf("%s lists %+v %v", name, list, err)
		}
		if err := m.Remove(who, st.ID); !errors.Is(err, ErrNotFound) {
			t.Errorf("%s removes: %v", name, err)
		}
	}
	if _, err := m.Get(Reader{ParticipantID: "x", Kid: "x#3", Roles: officer.Roles}, st.ID); err != nil {
		t.Errorf("an officer who sees as much: %v", err)
	}
}

func TestThereAreOnlySoMany(t *testing.T) {
	o := options(t.TempDir(), newFeed(0))
	o.MaxOwn, o.MaxAll = 2, 3
	m, _ := run(t, o)
	for i := range 2 {
		create(t, m, "http://127.0.0.1/", uint64(i))
	}
	if _, _, err := m.Create(owner, New{URL: "http://127.0.0.1/"}); !errors.Is(err, ErrTooMany) {
		t.Errorf("a third one of his: %v", err)
	}
	other := Reader{ParticipantID: "y", Kid: "y#1"}
	if _, _, err := m.Create(other, New{URL: "http://127.0.0.1/"}); err != nil {
		t.Fatal(err)
	}
	if _, _, err := m.Create(other, New{URL: "http://127.0.0.1/"}); !errors.Is(err, ErrTooMany) {
		t.Errorf("a fourth one: %v", err)
	}
}

// While a secret is being replaced both sign; afterwards the new one alone.
func TestRotation(t *testing.T) {
	r := newReceiver(t, nil)
	f := newFeed(0)
	o := options(t.TempDir(), f)
	var mu sync.Mutex
	now := time.Now()
	o.Now = func() time.Time { mu.Lock(); defer mu.Unlock(); return now }
	m, _ := run(t, o)
	st, old := create(t, m, r.URL, 0)
	_, fresh, err := m.Rotate(owner, st.ID)
	if err != nil || fresh == old {
		t.Fatalf("%v", err)
	}
	verify := func(secret string, d delivery) error {
		hook, err := standardwebhooks.NewWebhook(secret)
		if err != nil {
			return err
		}
		return hook.VerifyIgnoringTimestamp(d.body, d.header)
	}
	f.grow(1)
	d := r.wait(t, 1)[0]
	if verify(old, d) != nil || verify(fresh, d) != nil {
		t.Error("one of the two secrets does not verify")
	}
	mu.Lock()
	now = now.Add(DefaultOverlap + time.Second)
	mu.Unlock()
	f.grow(1)
	d = r.wait(t, 2)[1]
	if verify(old, d) == nil || verify(fresh, d) != nil {
		t.Error("after the overlap the old secret still signs, or the new one does not")
	}
}

// Nothing that is answered, logged or written shows a secret.
func TestSecretsStaySecret(t *testing.T) {
	dir := t.TempDir()
	o := options(dir, newFeed(0))
	var logs bytes.Buffer
	o.Log = slog.New(slog.NewJSONHandler(&logs, nil))
	m, stop := run(t, o)
	st, secret := create(t, m, "http://127.0.0.1/a-marker-in-the-clear", 0)
	raw, _ := base64.StdEncoding.DecodeString(strings.TrimPrefix(secret, "whsec_"))
	text, _ := json.Marshal(st)
	needles := [][]byte{raw, []byte(base64.StdEncoding.EncodeToString(raw)), []byte("a-marker-in-the-clear")}
	for _, n := range needles[:2] {
		if bytes.Contains(text, n) || bytes.Contains(logs.Bytes(), n) {
			t.Error("the secret is shown again")
		}
	}
	stop()
	seen := 0
	_ = filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		seen++
		content, err := os.ReadFile(path)
		for _, n := range needles {
			if bytes.Contains(content, n) {
				t.Errorf("%s holds it in the clear", path)
			}
		}
		return err
	})
	info, err := os.Stat(o.KeyFile)
	if err != nil || info.Mode().Perm() != 0o600 || seen < 3 {
		t.Errorf("%v %v, %d files", info, err, seen)
	}
	if info, err := os.Stat(o.Dir); err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("%v %v", info, err)
	}
	// Another key, a cut one and none are refused, and no new one is made over it.
	key, _ := os.ReadFile(o.KeyFile)
	for name, content := range map[string][]byte{"another": bytes.Repeat([]byte{7}, keySize), "cut": key[:9]} {
		if err := os.WriteFile(o.KeyFile, content, 0o600); err != nil {
			t.Fatal(err)
		}
		if m, err := Open(o); err == nil {
			t.Errorf("opened with %s key", name)
			_ = m.Close()
		}
	}
	if err := os.Remove(o.KeyFile); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(o); err == nil || !strings.Contains(err.Error(), "is missing") {
		t.Errorf("without its key: %v", err)
	}
	if err := os.WriteFile(o.KeyFile, key, 0o600); err != nil {
		t.Fatal(err)
	}
	if m, err = Open(o); err != nil {
		t.Fatal(err)
	}
	_ = m.Close()
}

func TestPing(t *testing.T) {
	r := newReceiver(t, nil)
	m, _ := run(t, options(t.TempDir(), newFeed(0)))
	st, secret := create(t, m, r.URL, 0)
	a, err := m.Ping(t.Context(), owner, st.ID)
	if err != nil || !a.Delivered || !strings.HasPrefix(a.ID, "ping:") {
		t.Fatalf("%+v %v", a, err)
	}
	d := r.wait(t, 1)[0]
	hook, _ := standardwebhooks.NewWebhook(secret)
	var e struct{ Type, ID string }
	if err := errors.Join(hook.Verify(d.body, d.header), json.Unmarshal(d.body, &e)); err != nil || e.Type != event.TypePing || e.ID != a.ID {
		t.Errorf("%s: %v", d.body, err)
	}
}

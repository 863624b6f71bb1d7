package webhook

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/google/uuid"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/datarights/datarights/chaincode/rights"
	"github.com/datarights/datarights/gateway/event"
)

// Feed is where events come from, each to a reader as far as he may see.
type Feed interface {
	// NextFor returns events that the key's participant may see and the filter
	// wants. A key that may read no more is a *rights.Error.
	NextFor(ctx context.Context, kid string, f *event.Filter, from event.Position, limit int) (event.Batch, error)
	// Height is the number of blocks there are; Wait returns when there are as many.
	Height() uint64
	Wait(ctx context.Context, height uint64) error
	// Name is the source of the events.
	Name() (string, error)
}

// Options of a Manager. Dir, KeyFile and Feed are needed.
type Options struct {
	Dir     string // of the store
	KeyFile string // the store is encrypted with; made when there is none
	Feed    Feed
	Policy  Policy
	Log     *slog.Logger

	Attempts   int           // of one event
	FirstPause time.Duration // before the second attempt; doubles, give or take half
	LastPause  time.Duration // at most
	Timeout    time.Duration // of one attempt
	InARow     int           // dead letters after which an address counts as dead
	MaxLetters int           // kept for one subscription
	MaxOwn     int           // subscriptions of one participant
	MaxAll     int           // subscriptions
	AtOnce     int           // attempts under way
	Overlap    time.Duration // how long a replaced secret still signs
	UserAgent  string

	Now   func() time.Time
	Sleep func(context.Context, time.Duration) error
	// HTTP replaces the client that the policy makes; tests only.
	HTTP  *http.Client
	fault func(step string) error
}

// Defaults of Options: an event is tried for about a quarter of an hour.
const (
	DefaultAttempts   = 10
	DefaultFirstPause = 2 * time.Second
	DefaultLastPause  = 5 * time.Minute
	DefaultTimeout    = 10 * time.Second
	DefaultInARow     = 5
	DefaultMaxLetters = 1000
	DefaultMaxOwn     = 20
	DefaultMaxAll     = 2000
	DefaultAtOnce     = 32
	DefaultOverlap    = 24 * time.Hour
)

func (o *Options) defaults() {
	num := func(v *int, d int) {
		if *v <= 0 {
			*v = d
		}
	}
	dur := func(v *time.Duration, d time.Duration) {
		if *v <= 0 {
			*v = d
		}
	}
	num(&o.Attempts, DefaultAttempts)
	num(&o.InARow, DefaultInARow)
	num(&o.MaxLetters, DefaultMaxLetters)
	num(&o.MaxOwn, DefaultMaxOwn)
	num(&o.MaxAll, DefaultMaxAll)
	num(&o.AtOnce, DefaultAtOnce)
	dur(&o.FirstPause, DefaultFirstPause)
	dur(&o.LastPause, DefaultLastPause)
	dur(&o.Timeout, DefaultTimeout)
	dur(&o.Overlap, DefaultOverlap)
	if o.Log == nil {
		o.Log = slog.Default()
	}
	if o.UserAgent == "" {
		o.UserAgent = "datarights-webhook"
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Sleep == nil {
		o.Sleep = sleep
	}
}

// Manager keeps subscriptions and delivers to them while Run runs. It is safe for
// concurrent use.
type Manager struct {
	o       Options
	store   *store
	http    *http.Client
	slots   chan struct{} // attempts under way
	metrics *metrics

	mu   sync.Mutex
	subs map[string]*runner
	ctx  context.Context // of Run; nil before and after
}

// runner is a subscription and what delivers to it. change, held, is who may
// alter it; the rest is guarded by Manager.mu.
type runner struct {
	change sync.Mutex
	sub    Subscription
	absent bool               // not kept yet, or no more
	at     *event.Position    // how far it has looked; nil when nothing delivers
	stop   context.CancelFunc // nil when nothing delivers
	done   chan struct{}
}

// Open opens the store and reads what is subscribed.
func Open(o Options) (*Manager, error) {
	o.defaults()
	s, err := openStore(o.Dir, o.KeyFile)
	if err != nil {
		return nil, err
	}
	if o.fault != nil {
		s.fault = o.fault
	}
	m := &Manager{o: o, store: s, http: o.HTTP, slots: make(chan struct{}, o.AtOnce), subs: map[string]*runner{}}
	if m.http == nil {
		m.http = o.Policy.client(o.Timeout)
	}
	m.metrics = newMetrics(m)
	subs, err := s.subscriptions()
	if err != nil {
		return nil, errors.Join(err, s.Close())
	}
	for _, sub := range subs {
		m.subs[sub.ID] = &runner{sub: sub}
	}
	return m, nil
}

// Close closes the store; Run must have returned.
func (m *Manager) Close() error {
	if m == nil {
		return nil
	}
	m.http.CloseIdleConnections()
	return m.store.Close()
}

// Collector is what the manager measures.
func (m *Manager) Collector() prometheus.Collector { return m.metrics }

// Run delivers until ctx ends.
func (m *Manager) Run(ctx context.Context) {
	m.mu.Lock()
	m.ctx = ctx
	for _, r := range m.subs {
		m.start(r)
	}
	m.mu.Unlock()
	<-ctx.Done()
	m.mu.Lock()
	m.ctx = nil
	var running []chan struct{}
	for _, r := range m.subs {
		if r.done != nil {
			running = append(running, r.done)
		}
	}
	m.mu.Unlock()
	for _, done := range running {
		<-done
	}
}

// start lets a runner deliver if it should; mu is held.
func (m *Manager) start(r *runner) {
	if m.ctx == nil || r.sub.State != Active || r.absent || r.stop != nil {
		return
	}
	ctx, stop := context.WithCancel(m.ctx)
	done := make(chan struct{})
	r.stop, r.done = stop, done
	sub := r.sub
	go func() {
		defer close(done)
		defer stop()
		m.run(ctx, r, sub)
	}()
}

// alter stops a subscription's deliveries, changes it, and lets it go on. What
// was on its way may have arrived, and will again. change returns what has to be
// kept; the store has it before anybody sees it.
func (m *Manager) alter(r *runner, change func(sub *Subscription) error) error {
	r.change.Lock()
	defer r.change.Unlock()
	m.mu.Lock()
	stop, done := r.stop, r.done
	sub, absent := r.sub, r.absent
	m.mu.Unlock()
	if absent {
		return ErrNotFound
	}
	if stop != nil {
		stop()
		<-done
		m.mu.Lock()
		sub = r.sub // it may have stopped itself
		m.mu.Unlock()
	}
	err := change(&sub)
	m.mu.Lock()
	defer m.mu.Unlock()
	if err == nil {
		r.sub = sub
	}
	r.stop, r.done, r.at = nil, nil, nil
	m.start(r)
	return err
}

// batch is how many events are read ahead of delivering them.
const batch = 100

// scanned is how many blocks without an event for a subscription are read again
// after a restart, at most.
const scanned = 500

// run delivers to one subscription until ctx ends or it stops itself.
func (m *Manager) run(ctx context.Context, r *runner, sub Subscription) {
	trouble := func(err error) bool { // of the gateway's own; it goes on from what is on disk
		if ctx.Err() != nil {
			return false
		}
		m.o.Log.Error("couldn't go on with a webhook; trying again", "webhook", sub.ID, "error", err.Error())
		return m.o.Sleep(ctx, m.o.FirstPause) == nil
	}
	for ctx.Err() == nil {
		p, err := m.store.progress(sub.ID)
		if err == nil {
			err = m.follow(ctx, r, &sub, p)
		}
		if err == nil || !trouble(err) {
			return
		}
	}
}

// follow delivers from where the store says on. It returns nil when the
// subscription was stopped or ctx ended, and an error of the gateway's own.
func (m *Manager) follow(ctx context.Context, r *runner, sub *Subscription, p Progress) error {
	kept := p.Checkpoint
	for ctx.Err() == nil {
		b, err := m.o.Feed.NextFor(ctx, sub.Kid, &sub.Filter, p.Checkpoint, batch)
		var refused *rights.Error
		if errors.As(err, &refused) {
			return m.halt(r, sub, ReasonReader, refused.Detail)
		}
		if err != nil {
			if ctx.Err() != nil {
				return nil //nolint:nilerr // the gateway stops; nothing was delivered
			}
			return err
		}
		for _, e := range b.Events {
			at, err := event.ParsePosition(e.ID)
			if err != nil {
				return err
			}
			stopped, err := m.one(ctx, r, sub, &p, at, e)
			if err != nil || stopped || ctx.Err() != nil {
				return err
			}
			kept = p.Checkpoint
		}
		p.Checkpoint = b.Next
		if b.Next.Block >= kept.Block+scanned {
			if err := m.store.putProgress(sub.ID, p); err != nil {
				return err
			}
			kept = p.Checkpoint
		}
		m.mu.Lock()
		r.at = &b.Next
		m.mu.Unlock()
		if !b.More {
			if err := m.o.Feed.Wait(ctx, b.Next.Block+1); err != nil && ctx.Err() == nil {
				return err
			}
		}
	}
	if p.Checkpoint != kept { // blocks without an event for it need not be looked at again
		return m.store.putProgress(sub.ID, p)
	}
	return nil
}

// one delivers one event and moves the checkpoint behind it.
func (m *Manager) one(ctx context.Context, r *runner, sub *Subscription, p *Progress, at event.Position, e event.Envelope) (stopped bool, err error) {
	first := unix(m.o.Now())
	body, attempts, err := m.deliver(ctx, sub, e, func(err error) {
		p.LastError, p.LastErrorAt = err.Error(), unix(m.o.Now())
		if kerr := m.store.putProgress(sub.ID, *p); kerr != nil { // for whoever looks; the next attempt does not need it
			m.o.Log.Warn("couldn't note a failed delivery", "webhook", sub.ID, "error", kerr.Error())
		}
	})
	if ctx.Err() != nil {
		return false, nil //nolint:nilerr // the gateway stops; the checkpoint stays
	}
	now := unix(m.o.Now())
	if err == nil {
		next := *p
		next.Checkpoint = at.Next()
		next.Delivered++
		next.DeadInRow, next.LastError, next.LastErrorAt = 0, "", 0
		next.LastDeliveredAt, next.LastEvent = now, e.ID
		if err := m.store.putProgress(sub.ID, next); err != nil {
			return false, err // it is sent again: once too often rather than never
		}
		*p = next
		return false, nil
	}
	var a *attemptError
	if errors.As(err, &a) && a.status == http.StatusGone {
		return true, m.halt(r, sub, ReasonGone, err.Error())
	}
	n, cerr := m.store.countLetters(sub.ID)
	if cerr != nil {
		return false, cerr
	}
	if n >= m.o.MaxLetters {
		return true, m.halt(r, sub, ReasonFull, fmt.Sprintf("there are %d dead letters already; deliver or discard them, then resume", n))
	}
	next := *p
	next.Checkpoint = at.Next()
	next.Dead++
	next.DeadInRow++
	letter := DeadLetter{Event: body, ID: e.ID, Attempts: attempts, FirstAt: first, LastAt: now, Error: err.Error()}
	if err := m.store.putLetter(sub.ID, at, letter, next); err != nil {
		return false, err
	}
	*p = next
	m.metrics.dead.Inc()
	m.o.Log.Warn("an event could not be delivered and was laid aside", "webhook", sub.ID, "event", e.ID, "attempts", attempts, "error", err.Error())
	if next.DeadInRow >= m.o.InARow {
		return true, m.halt(r, sub, ReasonDead, fmt.Sprintf("%d events in a row could not be delivered; the last one: %s", next.DeadInRow, err.Error()))
	}
	return false, nil
}

// halt stops a subscription from within its own deliveries.
func (m *Manager) halt(r *runner, sub *Subscription, reason, detail string) error {
	next := *sub
	next.State, next.Reason, next.Detail = Stopped, reason, detail
	if err := m.store.putSubscription(next); err != nil {
		return err
	}
	m.mu.Lock()
	r.sub = next
	m.mu.Unlock()
	m.o.Log.Warn("a webhook was stopped", "webhook", sub.ID, "reason", reason, "detail", detail)
	return nil
}

// Reader is who asks for or changes a subscription: a session.
type Reader struct {
	ParticipantID string
	Kid           string
	Roles         []rights.Role
}

// owns reports whether a reader may see and change a subscription: he is of the
// participant, and his key sees no less than the one it reads as. An officer of
// another post must not redirect what only this one may see.
func (who Reader) owns(sub *Subscription) bool {
	return who.ParticipantID == sub.ParticipantID && !slices.ContainsFunc(sub.Roles, func(r rights.Role) bool { return !slices.Contains(who.Roles, r) })
}

// New is what a subscription is made of.
type New struct {
	URL    string
	Filter event.Filter
	From   *uint64 // block; nil: the next one
}

// Create makes a subscription and returns its secret, which is shown this once.
// A refusal is a *URLError, *event.FilterError or ErrTooMany.
func (m *Manager) Create(who Reader, n New) (Status, string, error) {
	if err := m.o.Policy.CheckURL(n.URL); err != nil {
		return Status{}, "", err
	}
	if err := n.Filter.Check(); err != nil {
		return Status{}, "", err
	}
	id, err := newID()
	if err != nil {
		return Status{}, "", err
	}
	key, err := newSecret()
	if err != nil {
		return Status{}, "", err
	}
	from := m.o.Feed.Height()
	if n.From != nil {
		from = *n.From
	}
	sub := Subscription{ID: id, ParticipantID: who.ParticipantID, Kid: who.Kid, Roles: who.Roles, URL: n.URL, Filter: n.Filter, From: from, CreatedAt: unix(m.o.Now()), State: Active, secrets: secrets{Key: key}}
	r := &runner{sub: sub, absent: true}
	m.mu.Lock()
	own := 0
	for _, other := range m.subs {
		if other.sub.ParticipantID == who.ParticipantID {
			own++
		}
	}
	if own >= m.o.MaxOwn || len(m.subs) >= m.o.MaxAll {
		m.mu.Unlock()
		return Status{}, "", ErrTooMany
	}
	m.subs[id] = r
	m.mu.Unlock()
	if err := m.store.putNew(sub, Progress{Checkpoint: event.Start(from)}); err != nil {
		m.mu.Lock()
		delete(m.subs, id)
		m.mu.Unlock()
		return Status{}, "", err
	}
	m.mu.Lock()
	r.absent = false
	m.start(r)
	m.mu.Unlock()
	m.o.Log.Info("webhook made", "webhook", id, "participant", who.ParticipantID, "from", from)
	st, err := m.status(sub)
	return st, shownSecret(key), err
}

// Status is a subscription with how it stands.
type Status struct {
	Subscription
	Progress    Progress `json:"progress"`
	Lag         uint64   `json:"lag"` // blocks it has not looked at
	DeadLetters int      `json:"deadLetters"`
}

func (m *Manager) status(sub Subscription) (Status, error) {
	p, err := m.store.progress(sub.ID)
	if err != nil {
		return Status{}, err
	}
	n, err := m.store.countLetters(sub.ID)
	if err != nil {
		return Status{}, err
	}
	return Status{Subscription: sub, Progress: p, DeadLetters: n, Lag: m.lag(sub.ID, p)}, nil
}

// lag is how many blocks a subscription has not looked at yet.
func (m *Manager) lag(id string, p Progress) uint64 {
	at := p.Checkpoint
	m.mu.Lock()
	if r := m.subs[id]; r != nil && r.at != nil && r.at.Compare(at) > 0 {
		at = *r.at
	}
	m.mu.Unlock()
	if h := m.o.Feed.Height(); h > at.Block {
		return h - at.Block
	}
	return 0
}

// find returns a subscription that is the reader's to see. Of others' he does not
// learn that they exist.
func (m *Manager) find(who Reader, id string) (*runner, Subscription, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	r := m.subs[id]
	if r == nil || r.absent || !who.owns(&r.sub) {
		return nil, Subscription{}, ErrNotFound
	}
	return r, r.sub, nil
}

// List returns a reader's subscriptions, oldest first.
func (m *Manager) List(who Reader) ([]Status, error) {
	m.mu.Lock()
	var subs []Subscription
	for _, r := range m.subs {
		if !r.absent && who.owns(&r.sub) {
			subs = append(subs, r.sub)
		}
	}
	m.mu.Unlock()
	slices.SortFunc(subs, func(a, b Subscription) int {
		return cmp.Or(cmp.Compare(a.CreatedAt, b.CreatedAt), cmp.Compare(a.ID, b.ID))
	})
	list := []Status{}
	for _, sub := range subs {
		s, err := m.status(sub)
		if err != nil {
			return nil, err
		}
		list = append(list, s)
	}
	return list, nil
}

// Get returns one of a reader's subscriptions.
func (m *Manager) Get(who Reader, id string) (Status, error) {
	_, sub, err := m.find(who, id)
	if err != nil {
		return Status{}, err
	}
	return m.status(sub)
}

// Change is what is altered of a subscription; nil leaves a thing as it is.
type Change struct {
	URL    *string
	Filter *event.Filter
	State  *State // Active, Paused
}

// Update alters a subscription, which from then on reads as who alters it.
func (m *Manager) Update(who Reader, id string, c Change) (Status, error) {
	r, _, err := m.find(who, id)
	if err != nil {
		return Status{}, err
	}
	if c.URL != nil {
		if err := m.o.Policy.CheckURL(*c.URL); err != nil {
			return Status{}, err
		}
	}
	if c.Filter != nil {
		if err := c.Filter.Check(); err != nil {
			return Status{}, err
		}
	}
	var now Subscription
	err = m.alter(r, func(sub *Subscription) error {
		if c.URL != nil {
			sub.URL = *c.URL
		}
		if c.Filter != nil {
			sub.Filter = *c.Filter
		}
		sub.Kid, sub.Roles = who.Kid, who.Roles
		if c.State != nil {
			sub.State, sub.Reason, sub.Detail = *c.State, "", ""
			if *c.State == Active {
				if err := m.forgive(sub.ID); err != nil {
					return err
				}
			}
		}
		now = *sub
		return m.store.putSubscription(*sub)
	})
	if err != nil {
		return Status{}, err
	}
	return m.status(now)
}

// forgive begins the count of dead letters in a row anew.
func (m *Manager) forgive(id string) error {
	p, err := m.store.progress(id)
	if err != nil || p.DeadInRow == 0 {
		return err
	}
	p.DeadInRow = 0
	return m.store.putProgress(id, p)
}

// Replay lets a subscription go on from the beginning of a block, before or
// after where it is.
func (m *Manager) Replay(who Reader, id string, from uint64) (Status, error) {
	r, _, err := m.find(who, id)
	if err != nil {
		return Status{}, err
	}
	var now Subscription
	err = m.alter(r, func(sub *Subscription) error {
		p, err := m.store.progress(sub.ID)
		if err != nil {
			return err
		}
		p.Checkpoint = event.Start(from)
		now = *sub
		return m.store.putProgress(sub.ID, p)
	})
	if err != nil {
		return Status{}, err
	}
	return m.status(now)
}

// Rotate replaces the secret and returns the new one, shown this once. The old
// one signs beside it for a while.
func (m *Manager) Rotate(who Reader, id string) (Status, string, error) {
	r, _, err := m.find(who, id)
	if err != nil {
		return Status{}, "", err
	}
	key, err := newSecret()
	if err != nil {
		return Status{}, "", err
	}
	var now Subscription
	err = m.alter(r, func(sub *Subscription) error {
		sub.secrets = secrets{Key: key, Old: sub.secrets.Key, OldUntil: unix(m.o.Now().Add(m.o.Overlap))}
		now = *sub
		return m.store.putSubscription(*sub)
	})
	if err != nil {
		return Status{}, "", err
	}
	st, err := m.status(now)
	return st, shownSecret(key), err
}

// Remove forgets a subscription, its secret and its dead letters.
func (m *Manager) Remove(who Reader, id string) error {
	r, _, err := m.find(who, id)
	if err != nil {
		return err
	}
	return m.alter(r, func(sub *Subscription) error {
		if err := m.store.remove(sub.ID); err != nil {
			return err
		}
		m.mu.Lock()
		defer m.mu.Unlock()
		r.absent = true
		delete(m.subs, sub.ID)
		return nil
	})
}

// Attempt is what became of a delivery that was asked for.
type Attempt struct {
	ID        string `json:"id"` // of the event
	Delivered bool   `json:"delivered"`
	Error     string `json:"error,omitempty"`
}

// Ping sends an event of no meaning, once.
func (m *Manager) Ping(ctx context.Context, who Reader, id string) (Attempt, error) {
	_, sub, err := m.find(who, id)
	if err != nil {
		return Attempt{}, err
	}
	source, err := m.o.Feed.Name()
	if err != nil {
		return Attempt{}, err
	}
	e := struct {
		event.Envelope
		Data struct {
			Webhook string `json:"webhook"`
		} `json:"data"`
	}{Envelope: event.Envelope{SpecVersion: "1.0", ID: "ping:" + uuid.NewString(), Source: source, Type: event.TypePing, Subject: "webhook/" + sub.ID,
		Time: m.o.Now().UTC().Format(time.RFC3339), DataContentType: "application/json"}}
	e.Data.Webhook = sub.ID
	body, err := json.Marshal(e)
	if err != nil {
		return Attempt{}, err
	}
	return attempt(e.ID, m.send(ctx, &sub, e.ID, body)), nil
}

func attempt(id string, err error) Attempt {
	if err != nil {
		return Attempt{ID: id, Error: err.Error()}
	}
	return Attempt{ID: id, Delivered: true}
}

// DeadLetters lists what could not be delivered, oldest first, from a position on.
func (m *Manager) DeadLetters(who Reader, id string, from event.Position, limit int) ([]DeadLetter, bool, error) {
	_, sub, err := m.find(who, id)
	if err != nil {
		return nil, false, err
	}
	return m.store.letters(sub.ID, from, limit)
}

// Redeliver sends one dead letter again, once. It is forgotten when it was taken.
func (m *Manager) Redeliver(ctx context.Context, who Reader, id string, at event.Position) (Attempt, error) {
	_, sub, err := m.find(who, id)
	if err != nil {
		return Attempt{}, err
	}
	l, err := m.letter(sub.ID, at)
	if err != nil {
		return Attempt{}, err
	}
	if err := m.send(ctx, &sub, l.ID, l.Event); err != nil {
		return attempt(l.ID, err), nil
	}
	return attempt(l.ID, nil), m.store.removeLetter(sub.ID, at)
}

// Discard forgets one dead letter.
func (m *Manager) Discard(who Reader, id string, at event.Position) error {
	_, sub, err := m.find(who, id)
	if err != nil {
		return err
	}
	if _, err := m.letter(sub.ID, at); err != nil {
		return err
	}
	return m.store.removeLetter(sub.ID, at)
}

func (m *Manager) letter(id string, at event.Position) (DeadLetter, error) {
	var l DeadLetter
	found, err := m.store.get(letterKey(id, at), &l)
	if err == nil && !found {
		err = ErrNoLetter
	}
	return l, err
}

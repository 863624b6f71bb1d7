// Package supervisor keeps a set of child processes running: a child that dies
// is started again after a growing pause, and said so. It knows nothing of what
// the children do.
package supervisor

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"sort"
	"strings"
	"sync"
	"time"

	"gopkg.in/natefinch/lumberjack.v2"
)

// Defaults for what a Spec or Options leaves out.
const (
	DefaultStopTimeout  = 10 * time.Second
	DefaultBackoffFirst = 500 * time.Millisecond
	DefaultBackoffMax   = 30 * time.Second
	// DefaultSettled is how long a child must live for its next death to
	// count as the first again.
	DefaultSettled = time.Minute
	// EventsKept is how many events Snapshot reports; the log keeps all.
	EventsKept = 100

	logMegabytes = 32
	logBackups   = 2
)

// Spec says how to run one child.
type Spec struct {
	Name    string   `json:"name"`
	Program string   `json:"program"`
	Args    []string `json:"args,omitempty"`
	// Env is the child's whole environment.
	Env []string `json:"env,omitempty"`
	Dir string   `json:"dir,omitempty"`
	// Build marks the program's content, so that a rebuilt program makes
	// another Spec and Put restarts the child.
	Build string `json:"build,omitempty"`
	// StopOrder groups children at shutdown: lower groups stop first, a
	// group stops at once.
	StopOrder int `json:"stopOrder,omitempty"`
	// StopTimeout is how long the child may take to end after SIGTERM
	// before it is killed.
	StopTimeout time.Duration `json:"stopTimeout,omitempty"`
}

// States of a child.
const (
	StateRunning = "running"
	StateWaiting = "waiting" // died; will be started again
	StateStopped = "stopped" // on request; stays down until started
)

// Status is one child as it stands.
type Status struct {
	Name     string     `json:"name"`
	State    string     `json:"state"`
	PID      int        `json:"pid,omitempty"`
	Since    time.Time  `json:"since"`
	Restarts int        `json:"restarts"`
	LastExit string     `json:"lastExit,omitempty"`
	Next     *time.Time `json:"nextStart,omitempty"`
	Log      string     `json:"log"`
}

// Kinds of event.
const (
	EventStarted = "started"
	EventExited  = "exited"
	EventFailed  = "failed" // could not be started
	EventStopped = "stopped"
	EventForced  = "forced" // did not end in time and was killed
	EventKilled  = "killed" // on request
)

// Event is something that happened to a child.
type Event struct {
	Time    time.Time `json:"time"`
	Process string    `json:"process"`
	Kind    string    `json:"kind"`
	Detail  string    `json:"detail,omitempty"`
}

// Options configure a Supervisor. Zero durations mean the defaults.
type Options struct {
	LogDir       string // every child's output goes to <LogDir>/<name>.log
	Logger       *slog.Logger
	BackoffFirst time.Duration
	BackoffMax   time.Duration
	Settled      time.Duration
}

// Errors of requests about one child.
var (
	ErrUnknown = errors.New("no such process")
	ErrClosed  = errors.New("the supervisor is shutting down")
	ErrDown    = errors.New("the process is not running")
)

// Supervisor owns its children: nothing else starts, stops or waits for them.
// Its methods may be called from any goroutine.
type Supervisor struct {
	options Options
	spawner *spawner

	mu       sync.Mutex // guards what follows
	children map[string]*child
	events   []Event
	closed   bool
}

// New makes a supervisor without children.
func New(options Options) *Supervisor {
	if options.Logger == nil {
		options.Logger = slog.New(slog.DiscardHandler)
	}
	options.BackoffFirst = orDefault(options.BackoffFirst, DefaultBackoffFirst)
	options.BackoffMax = orDefault(options.BackoffMax, DefaultBackoffMax)
	options.Settled = orDefault(options.Settled, DefaultSettled)
	return &Supervisor{options: options, spawner: newSpawner(), children: map[string]*child{}}
}

func orDefault(d, standard time.Duration) time.Duration {
	if d <= 0 {
		return standard
	}
	return d
}

var childName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]*$`)

// Put runs spec. A child of that name with an equal spec is left alone if it
// runs and started if it does not; one with another spec is replaced.
func (s *Supervisor) Put(ctx context.Context, spec Spec) error {
	if !childName.MatchString(spec.Name) {
		return fmt.Errorf("process name %q: expected letters, digits, dots, dashes and underscores", spec.Name)
	}
	if spec.Program == "" {
		return fmt.Errorf("process %s: no program", spec.Name)
	}
	spec.StopTimeout = orDefault(spec.StopTimeout, DefaultStopTimeout)
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		return ErrClosed
	}
	c, exists := s.children[spec.Name]
	if !exists {
		c = newChild(s, spec)
		s.children[spec.Name] = c
		go c.run()
	}
	s.mu.Unlock()
	return c.do(ctx, request{action: actionPut, spec: spec})
}

// Start starts a stopped child; it does nothing to one that runs.
func (s *Supervisor) Start(ctx context.Context, name string) error {
	return s.request(ctx, name, actionStart)
}

// Stop ends a child, by force if it takes too long, and keeps it down.
func (s *Supervisor) Stop(ctx context.Context, name string) error {
	return s.request(ctx, name, actionStop)
}

// Restart stops and starts a child.
func (s *Supervisor) Restart(ctx context.Context, name string) error {
	return s.request(ctx, name, actionRestart)
}

// Kill kills a child without warning, as a crash would: it will be started
// again after the pause that a death earns.
func (s *Supervisor) Kill(ctx context.Context, name string) error {
	return s.request(ctx, name, actionKill)
}

func (s *Supervisor) request(ctx context.Context, name string, a action) error {
	s.mu.Lock()
	c, ok := s.children[name]
	names := s.namesLocked()
	s.mu.Unlock()
	if !ok {
		return fmt.Errorf("%w: %q; there are %s", ErrUnknown, name, strings.Join(names, ", "))
	}
	return c.do(ctx, request{action: a})
}

func (s *Supervisor) namesLocked() []string {
	names := make([]string, 0, len(s.children))
	for name := range s.children {
		names = append(names, name)
	}
	sort.Strings(names)
	return names
}

// Snapshot reports every child by name, and the latest events, oldest first.
func (s *Supervisor) Snapshot() ([]Status, []Event) {
	s.mu.Lock()
	defer s.mu.Unlock()
	statuses := make([]Status, 0, len(s.children))
	for _, name := range s.namesLocked() {
		statuses = append(statuses, s.children[name].status)
	}
	return statuses, slices.Clone(s.events)
}

// Shutdown stops every child, group by group, and refuses new ones. It returns
// when none is left.
func (s *Supervisor) Shutdown() {
	s.mu.Lock()
	s.closed = true
	groups := map[int][]*child{}
	for _, c := range s.children {
		groups[c.stopOrder] = append(groups[c.stopOrder], c)
	}
	s.mu.Unlock()
	orders := make([]int, 0, len(groups))
	for order := range groups {
		orders = append(orders, order)
	}
	sort.Ints(orders)
	for _, order := range orders {
		var wait sync.WaitGroup
		for _, c := range groups[order] {
			wait.Go(func() { c.quit() })
		}
		wait.Wait()
	}
}

func (s *Supervisor) record(name, kind, detail string) {
	event := Event{Time: time.Now(), Process: name, Kind: kind, Detail: detail}
	s.mu.Lock()
	s.events = append(s.events, event)
	s.events = s.events[max(0, len(s.events)-EventsKept):]
	s.mu.Unlock()
	level := slog.LevelInfo
	if kind == EventExited || kind == EventFailed || kind == EventForced {
		level = slog.LevelWarn
	}
	s.options.Logger.Log(context.Background(), level, "process "+kind, "process", name, "detail", detail)
}

func (s *Supervisor) logFile(name string) string {
	return filepath.Join(s.options.LogDir, name+".log")
}

// openLog bounds a child's log: a node that runs for months must not fill the disk.
func (s *Supervisor) openLog(name string) io.WriteCloser {
	return &lumberjack.Logger{Filename: s.logFile(name), MaxSize: logMegabytes, MaxBackups: logBackups}
}

func sameSpec(a, b Spec) bool { return reflect.DeepEqual(a, b) }

package api

import (
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/datarights/datarights/chaincode/command"
	"github.com/datarights/datarights/chaincode/rights"
	"github.com/datarights/datarights/gateway/index"
	"github.com/datarights/datarights/gateway/lineage"
	"github.com/datarights/datarights/gateway/session"
)

// Options are what a gateway's API is made of. Name, Reader, Submitter and Peer
// are needed.
type Options struct {
	Name      string // of this gateway, such as GroupMSP; challenges carry it
	Reader    Reader
	Submitter Submitter
	Peer      Peer
	Tags      Tagger        // nil on gateways without the platform's key
	Network   Network       // nil where no supervisor is known
	Asset     AssetReporter // nil: what banks are told lacks the rules' report
	Tracer    Tracer        // nil where the platform's key is not
	Marks     MarkRegister  // nil where no register of marks is kept
	Secrets   Secrets       // nil where the organisation is a member of no private collection
	Proofs    Proofs        // nil where the gateway gives none
	Events    *Events       // nil on gateways that tell no events
	Webhooks  Webhooks      // nil on gateways that send none
	// Lineage answers the offices' traces; nil: they are walked record by record, and
	// there is no graph to look at. Its owner keeps it up to date.
	Lineage *lineage.Graph
	// Collections are the private collections the organisation is a member of.
	Collections []rights.Collection
	// Refused is told of each command the rules refuse, after its answer. It must
	// not block.
	Refused func(jws []byte, why *rights.Error)
	// Collectors are metrics of the gateway's other parts.
	Collectors []prometheus.Collector
	// PublicURL is the origin that exports call this gateway by, such as
	// https://registry.example.cn; empty: where it is asked.
	PublicURL string
	Pages     http.Handler // everything outside the API's paths; nil: 404
	Log       *slog.Logger
	Now       func() time.Time
	Limits    Limits
	// TrustedProxies are the addresses (CIDR) whose X-Forwarded-For is believed.
	TrustedProxies []string
}

// Limits bound what one client, and all together, may ask of a gateway. The
// zero value of each means its default.
type Limits struct {
	RequestsPerSecond  float64       // per client, all routes
	Burst              int           //
	MatchTagsPerSecond float64       // per client, POST /v1/match-tags
	MatchTagBurst      int           // a bulk registration asks for a thousand at once
	ProofsPerSecond    float64       // per client, proofs of records: each asks several organisations' peers
	ProofBurst         int           //
	InFlight           int           // commands on their way at once
	CommitTimeout      time.Duration // how long POST /v1/commands waits for its block
	WaitTimeout        time.Duration // how long at_least waits for its block
	MaxLag             uint64        // blocks the index may be behind and still be ready
	SessionTTL         time.Duration
	Streams            int           // event streams at once
	Heartbeat          time.Duration // of an event stream
}

// Defaults of Limits. They are generous: they keep one client from taking a
// gateway down, not from using it.
const (
	DefaultRequestsPerSecond  = 2000
	DefaultBurst              = 4000
	DefaultMatchTagsPerSecond = 100
	DefaultMatchTagBurst      = 2000
	DefaultProofsPerSecond    = 2
	DefaultProofBurst         = 20
	DefaultInFlight           = 500
	DefaultCommitTimeout      = 60 * time.Second
	DefaultWaitTimeout        = 10 * time.Second
	DefaultMaxLag             = 10
)

// Sizes of request bodies in bytes.
const (
	MaxCommand = command.MaxSize
	maxJSON    = 16 << 10
	// maxParts is what the parts of a command with a secret cost beside their content.
	maxParts = 4 << 10
)

func (l Limits) withDefaults() Limits {
	def := func(v *float64, d float64) {
		if *v <= 0 {
			*v = d
		}
	}
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
	def(&l.RequestsPerSecond, DefaultRequestsPerSecond)
	num(&l.Burst, DefaultBurst)
	def(&l.MatchTagsPerSecond, DefaultMatchTagsPerSecond)
	num(&l.MatchTagBurst, DefaultMatchTagBurst)
	def(&l.ProofsPerSecond, DefaultProofsPerSecond)
	num(&l.ProofBurst, DefaultProofBurst)
	num(&l.InFlight, DefaultInFlight)
	dur(&l.CommitTimeout, DefaultCommitTimeout)
	dur(&l.WaitTimeout, DefaultWaitTimeout)
	dur(&l.SessionTTL, session.DefaultTTL)
	num(&l.Streams, DefaultStreams)
	dur(&l.Heartbeat, DefaultHeartbeat)
	if l.MaxLag == 0 {
		l.MaxLag = DefaultMaxLag
	}
	return l
}

// server is one gateway's API. It is set up by New; after that only what is made
// for it (sessions, metrics, limits, depths, indicators) changes.
type server struct {
	opts     Options
	limits   Limits
	read     Reader
	log      *slog.Logger
	now      func() time.Time
	sessions *session.Manager
	metrics  *metrics
	tip      *tip
	clients  *clientLimits
	taggers  *clientLimits
	provers  *clientLimits
	proving  chan struct{} // what peers are asked to state at once, apart from commands
	inFlight chan struct{}
	openapi  []byte   // the document as JSON
	errors   []byte   // the page of codes
	depths   sync.Map // of rule profiles by version; see basisDepth

	indicators *indicatorCache
	catalogues chan struct{} // whole catalogues being written
	streams    *streams
}

// New builds the handler of a gateway.
func New(opts Options) (http.Handler, error) {
	e, err := newEngine(opts)
	return e, err
}

func newEngine(opts Options) (*gin.Engine, error) {
	if opts.Name == "" || opts.Reader == nil || opts.Submitter == nil || opts.Peer == nil {
		return nil, errors.New("the API needs its gateway's name, a reader, a submitter and a peer")
	}
	if opts.Log == nil {
		opts.Log = slog.Default()
	}
	if opts.Now == nil {
		opts.Now = time.Now
	}
	s := &server{opts: opts, limits: opts.Limits.withDefaults(), read: opts.Reader, log: opts.Log, now: opts.Now}
	var err error
	if s.sessions, err = session.New(session.Options{Gateway: opts.Name, Lookup: s.participant, Now: opts.Now, TTL: s.limits.SessionTTL}); err != nil {
		return nil, err
	}
	if s.openapi, err = openapiJSON(); err != nil {
		return nil, err
	}
	if s.errors, err = errorsPage(); err != nil {
		return nil, err
	}
	s.tip = &tip{peer: opts.Peer, now: opts.Now}
	s.metrics = newMetrics(s)
	s.clients = newClientLimits(s.limits.RequestsPerSecond, s.limits.Burst, opts.Now)
	s.taggers = newClientLimits(s.limits.MatchTagsPerSecond, s.limits.MatchTagBurst, opts.Now)
	s.provers = newClientLimits(s.limits.ProofsPerSecond, s.limits.ProofBurst, opts.Now)
	s.proving = make(chan struct{}, maxProving)
	s.inFlight = make(chan struct{}, s.limits.InFlight)
	s.indicators = newIndicatorCache()
	s.catalogues = make(chan struct{}, maxCatalogues)
	s.streams = &streams{most: s.limits.Streams, each: map[string]int{}}

	gin.SetMode(gin.ReleaseMode)
	e := gin.New()
	if err := e.SetTrustedProxies(opts.TrustedProxies); err != nil { // nil trusts none
		return nil, fmt.Errorf("couldn't use the trusted proxies: %w", err)
	}
	e.HandleMethodNotAllowed = true
	e.RedirectTrailingSlash = false
	e.UseRawPath, e.UnescapePathValues = true, true // an id may hold an escaped slash
	e.Use(s.identify, s.observe, s.recover, s.secure, s.limit)
	for _, r := range s.routes() {
		e.Handle(r.method, r.path, append(r.before, r.handle)...)
		if r.method == http.MethodGet {
			e.HEAD(r.path, append(r.before, r.handle)...)
		}
	}
	e.NoMethod(func(c *gin.Context) {
		s.fail(c, refuse(CodeMethod, "", "此路径不支持 "+c.Request.Method, c.Request.Method+" is not allowed here; the Allow header lists what is"))
	})
	e.NoRoute(s.elsewhere)
	return e, nil
}

// participant reads a participant as the index has it; nil when it has none.
func (s *server) participant(id string) (*rights.Participant, error) {
	e, err := s.read.Get(rights.KindParticipant, id)
	if errors.Is(err, index.ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var p rights.Participant
	if err := json.Unmarshal(e.JSON, &p); err != nil {
		return nil, fmt.Errorf("couldn't decode participant %s: %w", id, err)
	}
	return &p, nil
}

package api

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/gin-contrib/sse"
	"github.com/gin-gonic/gin"

	"github.com/datarights/datarights/chaincode/rights"
	"github.com/datarights/datarights/gateway/event"
	"github.com/datarights/datarights/gateway/session"
)

const mediaEventStream = "text/event-stream"

// Bounds of streams.
const (
	// DefaultStreams are how many event streams a gateway keeps open.
	DefaultStreams = 256
	// streamsPerClient are how many one address may have of them.
	streamsPerClient = 16
	// DefaultHeartbeat is how long a stream stays silent at most. By then a session
	// that is over has been noticed.
	DefaultHeartbeat = 15 * time.Second
	// streamWriteTimeout is how long a reader may take to take what he is sent.
	streamWriteTimeout = 10 * time.Second
	// streamBatch is how many events are read for a stream at a time.
	streamBatch = 100
	// streamRetry is how long a reader waits before he comes back, in milliseconds.
	streamRetry = 3000
)

func (s *server) eventRoutes(get func(string, gin.HandlerFunc) route) []route {
	return []route{get("/v1/events", s.getEvents)}
}

// streams counts the event streams there are, all together and by client.
type streams struct {
	most int

	mu   sync.Mutex
	all  int
	each map[string]int
}

// take makes room for one more; release gives it back.
func (st *streams) take(client string) (release func(), err error) {
	client = network(client).String()
	st.mu.Lock()
	defer st.mu.Unlock()
	if st.each[client] >= streamsPerClient {
		f := refuse(CodeRate, "", fmt.Sprintf("同一地址最多 %d 个事件流", streamsPerClient), fmt.Sprintf("at most %d event streams from one address", streamsPerClient))
		f.retryAfter = DefaultHeartbeat
		return nil, f
	}
	if st.all >= st.most {
		f := refuse(CodeUnavailable, "", "本网关的事件流已满；请稍后再连，或以 Accept: application/json 逐页读取", "this gateway has as many event streams as it keeps; come back later, or read page by page with Accept: application/json")
		f.retryAfter = DefaultHeartbeat
		return nil, f
	}
	st.all++
	st.each[client]++
	return func() {
		st.mu.Lock()
		defer st.mu.Unlock()
		st.all--
		if st.each[client]--; st.each[client] == 0 {
			delete(st.each, client)
		}
	}, nil
}

func (st *streams) count() int {
	st.mu.Lock()
	defer st.mu.Unlock()
	return st.all
}

// eventParams are what events are selected by. Each takes several values with
// commas between them.
var eventParams = []param{
	{name: "type"}, {name: "kind"}, {name: "subject"}, {name: "state"}, {name: "participant"},
	{name: "from", check: blockNumber, zh: "应为区块号", en: "must be a block number"},
}

func blockNumber(v string) bool {
	n, err := strconv.ParseUint(v, 10, 63)
	return err == nil && strconv.FormatUint(n, 10) == v
}

// self stands for the session's own participant in a filter.
const self = "self"

// eventFilter reads a filter of a query; accept has looked at it.
func eventFilter(q map[string]string, who *session.Identity) (event.Filter, error) {
	list := func(name string) []string {
		if q[name] == "" {
			return nil
		}
		return strings.Split(q[name], ",")
	}
	f := event.Filter{Types: list("type"), Subjects: list("subject"), States: list("state"), Participants: list("participant")}
	for _, k := range list("kind") {
		f.Kinds = append(f.Kinds, rights.Kind(k))
	}
	return f, completeFilter(&f, who, strings.NewReplacer("types", "type", "kinds", "kind", "subjects", "subject", "states", "state", "participants", "participant"))
}

// completeFilter puts the reader in the place of self and checks the rest.
func completeFilter(f *event.Filter, who *session.Identity, names *strings.Replacer) error {
	if i := slices.Index(f.Participants, self); i >= 0 {
		if who == nil {
			return refuse(CodeSession, names.Replace("participants"), "self 需要会话", "self needs a session")
		}
		f.Participants[i] = who.ParticipantID
	}
	return filterRefusal(f.Check(), names.Replace)
}

func filterRefusal(err error, name func(string) string) error {
	var faulty *event.FilterError
	if errors.As(err, &faulty) {
		return refuse(rights.CodeFormat, name(faulty.Field), faulty.Zh, faulty.En)
	}
	return err
}

// getEvents answers GET /v1/events: a stream to who asks for one, a page to
// everybody else.
func (s *server) getEvents(c *gin.Context) {
	if s.opts.Events == nil {
		s.fail(c, refuse(rights.CodeNotFound, "", "本网关不提供事件", "this gateway tells no events"))
		return
	}
	who := reader(c)
	stream := c.Request.Method == http.MethodGet && wantsStream(c.GetHeader("Accept"))
	known := eventParams
	if !stream {
		known = append(slices.Clone(eventParams), paging...)
	}
	q, err := accept(c.Request, known...)
	if err != nil {
		s.fail(c, err)
		return
	}
	f, err := eventFilter(q, who)
	if err != nil {
		s.fail(c, err)
		return
	}
	if stream {
		s.streamEvents(c, &f, q)
		return
	}
	s.pageEvents(c, &f, q)
}

// wantsStream reports whether an Accept header names event streams.
func wantsStream(accept string) bool {
	for part := range strings.SplitSeq(accept, ",") {
		media, _, _ := strings.Cut(part, ";")
		if strings.EqualFold(strings.TrimSpace(media), mediaEventStream) {
			return true
		}
	}
	return false
}

// eventPage is one page of events, oldest first. Next goes on from there, now or
// whenever there is more.
type eventPage struct {
	Items []event.Envelope `json:"items"`
	Next  string           `json:"next"`
	More  bool             `json:"more"`
}

func (s *server) pageEvents(c *gin.Context, f *event.Filter, q map[string]string) {
	from := event.Position{}
	var err error
	switch {
	case q["cursor"] != "":
		if from, err = event.ParsePosition(q["cursor"]); err != nil {
			s.fail(c, refuse(CodeCursor, "cursor", "不是本列表返回的游标", "not a cursor that this list gave out"))
			return
		}
	case q["from"] != "":
		n, _ := strconv.ParseUint(q["from"], 10, 63) // accept has checked
		from = event.Start(n)
	}
	b, err := s.opts.Events.next(c.Request.Context(), reader(c), f, from, pageSize(q))
	if err != nil {
		s.fail(c, err)
		return
	}
	s.answer(c, eventPage{Items: b.Events, Next: b.Next.String(), More: b.More})
}

// streamEvents answers with Server-Sent Events until the reader leaves, is too
// slow, his session ends or the gateway does. Every reader reads for himself, at
// his own pace, from the chain: nobody waits for another.
func (s *server) streamEvents(c *gin.Context, f *event.Filter, q map[string]string) {
	from, err := streamStart(c.GetHeader("Last-Event-ID"), q["from"], s.opts.Events.Height())
	if err != nil {
		s.fail(c, err)
		return
	}
	release, err := s.streams.take(c.ClientIP())
	if err != nil {
		s.fail(c, err)
		return
	}
	defer release()
	ctx, stop := context.WithCancel(c.Request.Context())
	defer stop()
	if serving, ok := ctx.Value(servingKey{}).(context.Context); ok {
		defer context.AfterFunc(serving, stop)()
	}
	h := c.Writer.Header()
	h.Set("Content-Type", mediaEventStream+"; charset=utf-8")
	h.Set("Cache-Control", "no-store")
	h.Set("Vary", "Authorization, Accept")
	h.Set("X-Accel-Buffering", "no") // a proxy that collects answers would hold events back
	c.Status(http.StatusOK)
	w := &streamWriter{c: c, control: http.NewResponseController(c.Writer)}
	if w.send(func() error { return writeText(c, fmt.Sprintf("retry:%d\n\n", streamRetry)) }) != nil {
		return
	}
	err = s.follow(ctx, c, w, f, from)
	if err == nil || ctx.Err() != nil || w.failed {
		return
	}
	p := problemOf(err)
	p.RequestID, p.Detail = requestID(c), p.DetailEn
	if p.Code == CodeInternal {
		s.log.ErrorContext(ctx, "event stream failed", "requestId", requestID(c), "error", err.Error())
	}
	if body, err := encode(p); err == nil {
		_ = w.send(func() error { return sse.Encode(c.Writer, sse.Event{Event: "end", Data: string(body)}) })
	}
}

// streamStart is where a stream begins: behind what the reader has seen, at a
// block, or with what comes next.
func streamStart(seen, from string, height uint64) (event.Position, error) {
	switch {
	case seen != "":
		p, err := event.ParseSeen(seen)
		if err != nil {
			return p, refuse(rights.CodeFormat, "Last-Event-ID", "应为 区块:交易:序号 或区块号", "want block:tx:n, or the number of a block")
		}
		return p, nil
	case from != "":
		n, _ := strconv.ParseUint(from, 10, 63) // accept has checked
		return event.Start(n), nil
	}
	return event.Start(height), nil
}

// follow sends events from a position on. Its error is the reader's to know.
func (s *server) follow(ctx context.Context, c *gin.Context, w *streamWriter, f *event.Filter, from event.Position) error {
	told := from
	for {
		who, err := s.stillReader(c)
		if err != nil {
			return err
		}
		b, err := s.opts.Events.next(ctx, who, f, from, streamBatch)
		if err != nil {
			return err
		}
		from = b.Next
		if len(b.Events) > 0 {
			told = from
			err = w.send(func() error {
				for _, e := range b.Events {
					body, err := encode(e)
					if err != nil {
						return err
					}
					if err := sse.Encode(c.Writer, sse.Event{Id: e.ID, Data: string(body)}); err != nil {
						return err
					}
				}
				return nil
			})
			if err != nil {
				return err
			}
		}
		if b.More {
			continue
		}
		waiting, done := context.WithTimeout(ctx, s.limits.Heartbeat)
		err = s.opts.Events.Wait(waiting, from.Block+1)
		quiet := waiting.Err() != nil
		done()
		switch {
		case ctx.Err() != nil:
			return nil //nolint:nilerr // the reader has gone
		case err != nil && !quiet:
			return err
		case quiet:
			// An id without data is no event, but moves what the reader says he has
			// seen: he need not be told the same silence again.
			beat := ": \n"
			if from.Block > told.Block {
				beat += "id:" + strconv.FormatUint(from.Block-1, 10) + "\n"
				told = from
			}
			if err := w.send(func() error { return writeText(c, beat+"\n") }); err != nil {
				return err
			}
		}
	}
}

// stillReader is who reads, as the ledger has him now; an error when the session
// he began with is over.
func (s *server) stillReader(c *gin.Context) (*session.Identity, error) {
	header := c.GetHeader("Authorization")
	if header == "" {
		return nil, nil
	}
	return s.identity(header)
}

// streamWriter writes to a reader who must keep up.
type streamWriter struct {
	c       *gin.Context
	control *http.ResponseController
	failed  bool // nothing more can be said to him
}

func (w *streamWriter) send(write func() error) error {
	// The server's own deadline is for answers that end.
	if err := w.control.SetWriteDeadline(time.Now().Add(streamWriteTimeout)); err != nil && !errors.Is(err, http.ErrNotSupported) {
		w.failed = true
		return err
	}
	err := write()
	if err == nil {
		err = w.control.Flush()
	}
	if err != nil {
		w.failed = true
	}
	return err
}

func writeText(c *gin.Context, text string) error {
	_, err := c.Writer.WriteString(text)
	return err
}

package api

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"runtime/debug"
	"strconv"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/datarights/datarights/chaincode/rights"
	"github.com/datarights/datarights/gateway/session"
)

// Keys of what the middleware leaves in a request's context.
const (
	keyRequestID = "requestId"
	keyIdentity  = "identity"
)

var saneRequestID = regexp.MustCompile(`^[A-Za-z0-9._-]{1,64}$`)

// identify gives the request its id: the caller's, when it is a sane one.
func (s *server) identify(c *gin.Context) {
	id := c.GetHeader("X-Request-ID")
	if !saneRequestID.MatchString(id) {
		var b [12]byte
		_, _ = rand.Read(b[:]) // never fails
		id = hex.EncodeToString(b[:])
	}
	c.Set(keyRequestID, id)
	c.Header("X-Request-ID", id)
	c.Header("Ledger-Height", strconv.FormatUint(s.read.Status().Height, 10))
}

func requestID(c *gin.Context) string { return c.GetString(keyRequestID) }

// observe writes the access log and measures. Queries are left out of the log:
// they say what people look for.
func (s *server) observe(c *gin.Context) {
	began := time.Now()
	c.Next()
	took := time.Since(began)
	route := c.FullPath()
	if route == "" {
		route = "(pages)"
		if c.Writer.Status() == http.StatusNotFound || c.Writer.Status() == http.StatusMethodNotAllowed {
			route = "(none)"
		}
	}
	method := c.Request.Method
	if !knownMethods[method] {
		method = "other"
	}
	s.metrics.requests.WithLabelValues(method, route, strconv.Itoa(c.Writer.Status())).Observe(took.Seconds())
	attrs := []any{"requestId", requestID(c), "method", method, "route", route, "path", c.Request.URL.Path,
		"status", c.Writer.Status(), "bytes", max(c.Writer.Size(), 0), "ms", float64(took.Microseconds()) / 1000, "client", c.ClientIP()}
	if id := reader(c); id != nil {
		attrs = append(attrs, "kid", id.Kid)
	}
	s.log.InfoContext(c.Request.Context(), "request", attrs...)
}

var knownMethods = map[string]bool{http.MethodGet: true, http.MethodHead: true, http.MethodPost: true, http.MethodDelete: true,
	http.MethodPut: true, http.MethodPatch: true, http.MethodOptions: true}

// recover turns a panic into an answer without internals.
func (s *server) recover(c *gin.Context) {
	defer func() {
		v := recover()
		if v == nil {
			return
		}
		if err, ok := v.(error); ok && errors.Is(err, http.ErrAbortHandler) {
			panic(v)
		}
		s.log.ErrorContext(c.Request.Context(), "panic", "requestId", requestID(c), "panic", fmt.Sprint(v), "stack", string(debug.Stack()))
		if c.Writer.Written() {
			c.Abort()
			return
		}
		s.writeProblem(c, problemOf(errors.New("panic")))
	}()
	c.Next()
}

// secure sets the headers of an API that answers data and no pages. Pages set
// their own policy over it.
func (s *server) secure(c *gin.Context) {
	h := c.Writer.Header()
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("X-Frame-Options", "DENY")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
}

// limit keeps one client from taking all of a gateway. Liveness and readiness
// are always answered.
func (s *server) limit(c *gin.Context) {
	switch c.Request.URL.Path {
	case "/livez", "/readyz":
		return
	}
	s.admit(c, s.clients, 1)
}

// admit spends n of a client's allowance, or answers that it has none left.
func (s *server) admit(c *gin.Context, l *clientLimits, n int) {
	if wait := l.take(c.ClientIP(), n); wait > 0 {
		f := refuse(CodeRate, "", "请求过于频繁，请稍候", "too many requests from this address; slow down")
		f.retryAfter = max(wait, time.Second)
		s.fail(c, f)
	}
}

// session recognises who reads. A token that is no good is refused rather than
// ignored: its owner would take public answers for the whole.
func (s *server) session(c *gin.Context) {
	header := c.GetHeader("Authorization")
	if header == "" {
		return
	}
	id, err := s.identity(header)
	if err != nil {
		s.fail(c, err)
		return
	}
	c.Set(keyIdentity, id)
}

func (s *server) identity(header string) (*session.Identity, error) {
	token, err := bearer(header)
	if err != nil {
		return nil, err
	}
	return s.sessions.Who(token)
}

func bearer(header string) (string, error) {
	scheme, token, _ := strings.Cut(header, " ")
	if token = strings.TrimSpace(token); !strings.EqualFold(scheme, "Bearer") || token == "" || len(token) > 200 {
		return "", refuse(CodeSession, "Authorization", "应为 Bearer 加会话令牌", "want Bearer and a session token")
	}
	return token, nil
}

// reader is who reads, nil for the public.
func reader(c *gin.Context) *session.Identity {
	v, _ := c.Get(keyIdentity)
	id, _ := v.(*session.Identity)
	return id
}

// atLeast holds a read until the index has a block, so that one reads one's
// own writes through any gateway.
func (s *server) atLeast(c *gin.Context) {
	q, err := parseQuery(c.Request)
	if err != nil {
		s.fail(c, err)
		return
	}
	text, ok := q["at_least"]
	if !ok {
		return
	}
	block, err := strconv.ParseUint(text, 10, 63)
	if err != nil {
		s.fail(c, refuse(rights.CodeFormat, "at_least", "应为区块号", "want a block number"))
		return
	}
	ctx, cancel := context.WithTimeout(c.Request.Context(), s.limits.WaitTimeout)
	defer cancel()
	if err := s.read.Wait(ctx, block+1); err != nil {
		if ctx.Err() == nil {
			s.fail(c, err)
			return
		}
		f := refuse(CodeUnavailable, "at_least", "索引尚未到达区块 "+text, "the index does not have block "+text+" yet")
		f.status, f.retryAfter = http.StatusGatewayTimeout, time.Second
		s.fail(c, f)
		return
	}
	c.Header("Ledger-Height", strconv.FormatUint(s.read.Status().Height, 10))
}

package api

import (
	"context"
	"net/http"
	"sync"
	"time"

	"github.com/gin-gonic/gin"
)

const (
	// tipTTL is how long the peer's height is taken as known; probes and
	// scrapes together ask it no more often.
	tipTTL = time.Second
	// tipTimeout is how long the peer may take to say it.
	tipTimeout = 2 * time.Second
)

// tip remembers the height of the organisation's own peer.
type tip struct {
	peer Peer
	now  func() time.Time

	mu     sync.Mutex // held while the peer is asked: one question serves all
	height uint64
	err    error
	asked  time.Time
}

// get returns the peer's height, and why it could not be learned; the height
// is then the last known.
func (t *tip) get(ctx context.Context) (uint64, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	now := t.now()
	if !t.asked.IsZero() && now.Sub(t.asked) < tipTTL {
		return t.height, t.err
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), tipTimeout)
	defer cancel()
	h, err := t.peer.Height(ctx)
	if err == nil {
		t.height = h
	}
	t.err, t.asked = err, now
	return t.height, err
}

// readiness is the answer of /readyz.
type readiness struct {
	Status       string `json:"status"` // ready, lagging, unreachable
	LedgerHeight uint64 `json:"ledgerHeight"`
	IndexHeight  uint64 `json:"indexHeight"`
}

// livez says that the process answers.
func (s *server) livez(c *gin.Context) {
	c.Header("Cache-Control", "no-store")
	c.JSON(http.StatusOK, gin.H{"status": "ok"})
}

// readyz says whether this gateway can take commands and answer from a fresh
// index.
func (s *server) readyz(c *gin.Context) {
	r := readiness{Status: "ready", IndexHeight: s.read.Status().Height}
	var err error
	r.LedgerHeight, err = s.tip.get(c.Request.Context())
	status := http.StatusOK
	switch {
	case err != nil:
		r.Status, status = "unreachable", http.StatusServiceUnavailable
		s.log.WarnContext(c.Request.Context(), "peer unreachable", "requestId", requestID(c), "error", err.Error())
	case r.LedgerHeight > r.IndexHeight+s.limits.MaxLag:
		r.Status, status = "lagging", http.StatusServiceUnavailable
	}
	c.Header("Cache-Control", "no-store")
	if status != http.StatusOK {
		c.Header("Retry-After", "2")
	}
	c.JSON(status, r)
}

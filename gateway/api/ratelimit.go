package api

import (
	"net/netip"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

const (
	// maxClients bounds how many clients are told apart; the rest share one
	// allowance.
	maxClients = 10_000
	// clientIdle is how long a silent client is remembered. By then its
	// allowance is full again.
	clientIdle = 5 * time.Minute
)

// clientLimits gives each client address its own allowance.
type clientLimits struct {
	rate  rate.Limit
	burst int
	now   func() time.Time

	mu      sync.Mutex
	clients map[netip.Prefix]*client
	swept   time.Time
	others  *rate.Limiter
}

type client struct {
	*rate.Limiter
	seen time.Time
}

func newClientLimits(perSecond float64, burst int, now func() time.Time) *clientLimits {
	return &clientLimits{rate: rate.Limit(perSecond), burst: burst, now: now, clients: map[netip.Prefix]*client{}, swept: now(),
		others: rate.NewLimiter(rate.Limit(perSecond), burst)}
}

// take spends n of the client's allowance. It returns 0, or how long to wait.
func (l *clientLimits) take(ip string, n int) time.Duration {
	now := l.now()
	r := l.of(ip, now).ReserveN(now, n)
	if !r.OK() {
		return time.Second
	}
	wait := r.DelayFrom(now)
	if wait > 0 {
		r.CancelAt(now)
	}
	return wait
}

func (l *clientLimits) of(ip string, now time.Time) *rate.Limiter {
	who := network(ip)
	l.mu.Lock()
	defer l.mu.Unlock()
	if now.Sub(l.swept) > clientIdle {
		l.swept = now
		for k, c := range l.clients {
			if now.Sub(c.seen) > clientIdle {
				delete(l.clients, k)
			}
		}
	}
	c, ok := l.clients[who]
	if !ok {
		if len(l.clients) >= maxClients {
			return l.others
		}
		c = &client{Limiter: rate.NewLimiter(l.rate, l.burst)}
		l.clients[who] = c
	}
	c.seen = now
	return c.Limiter
}

// network is what counts as one client: an IPv4 address, an IPv6 /64. What is
// neither shares the zero prefix.
func network(ip string) netip.Prefix {
	a, err := netip.ParseAddr(ip)
	if err != nil {
		return netip.Prefix{}
	}
	bits := 32
	if a = a.Unmap().WithZone(""); a.Is6() {
		bits = 64
	}
	p, _ := a.Prefix(bits)
	return p
}

package webhook

import (
	"net"
	"net/http"
	"net/netip"
	"time"

	"code.dny.dev/ssrf"
)

// Policy says where events may be sent. The zero value allows https to public
// addresses alone.
type Policy struct {
	AllowHTTP bool
	// Allowed are networks that may be reached although they are not public.
	Allowed []netip.Prefix
}

// guard decides on addresses when they are dialled, after names have been
// resolved: a name that leads elsewhere the second time is caught.
func (p *Policy) guard() *ssrf.Guardian {
	var v4, v6 []netip.Prefix
	for _, n := range p.Allowed {
		if n.Addr().Is4() {
			v4 = append(v4, n)
		} else {
			v6 = append(v6, n)
		}
	}
	return ssrf.New(ssrf.WithAnyPort(), ssrf.WithAllowedV4Prefixes(v4...), ssrf.WithAllowedV6Prefixes(v6...))
}

// permits judges an address that an URL names.
func (p *Policy) permits(addr netip.Addr) error {
	addr = addr.Unmap().WithZone("")
	network := "tcp6"
	if addr.Is4() {
		network = "tcp4"
	}
	return p.guard().Safe(network, netip.AddrPortFrom(addr, 443).String(), nil)
}

// Bounds of one delivery.
const (
	dialTimeout = 5 * time.Second
	maxAnswer   = 16 << 10 // bytes of an answer that are read
	maxHeader   = 16 << 10
)

// client makes connections that obey the policy. Nothing is taken from the
// environment: a proxy would dial in its own name.
func (p *Policy) client(timeout time.Duration) *http.Client {
	dialer := &net.Dialer{Timeout: dialTimeout, Control: p.guard().Safe}
	return &http.Client{
		Timeout: timeout,
		Transport: &http.Transport{
			Proxy: nil, DialContext: dialer.DialContext, TLSHandshakeTimeout: dialTimeout, ResponseHeaderTimeout: timeout,
			MaxResponseHeaderBytes: maxHeader, MaxIdleConnsPerHost: 1, IdleConnTimeout: 30 * time.Second, DisableCompression: true, ForceAttemptHTTP2: true,
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"net"
	"os"
	"sync"
	"time"
)

// certificateDates tells until when the certificates of the consortium's servers are
// valid, as the servers themselves show them. It is safe for concurrent use.
type certificateDates struct {
	mu   sync.Mutex
	seen map[string]seenCertificate
}

type seenCertificate struct {
	notAfter time.Time // zero: the server shows none
	asked    time.Time
}

const (
	// certificateFresh is how long a date is kept: certificates change seldom.
	certificateFresh = 10 * time.Minute
	// certificateAgain is how soon a server that showed none is asked again.
	certificateAgain = 30 * time.Second
	certificateWait  = 2 * time.Second
)

// of returns the end of the certificate that a server shows at an address; zero when
// it shows none.
func (d *certificateDates) of(ctx context.Context, address string) time.Time {
	d.mu.Lock()
	s, ok := d.seen[address]
	d.mu.Unlock()
	if age := time.Since(s.asked); ok && age < certificateFresh && (!s.notAfter.IsZero() || age < certificateAgain) {
		return s.notAfter
	}
	s = seenCertificate{shownAt(ctx, address), time.Now()}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.seen == nil {
		d.seen = map[string]seenCertificate{}
	}
	d.seen[address] = s
	return s.notAfter
}

var errSeen = errors.New("seen")

// shownAt begins a handshake to see the server's certificate, and breaks it off.
// Nothing is sent and nothing is trusted: the date is only shown to people.
func shownAt(ctx context.Context, address string) (notAfter time.Time) {
	ctx, cancel := context.WithTimeout(ctx, certificateWait)
	defer cancel()
	connection, err := new(net.Dialer).DialContext(ctx, "tcp", address)
	if err != nil {
		return notAfter
	}
	defer func() { _ = connection.Close() }() // nothing was written
	_ = tls.Client(connection, &tls.Config{
		InsecureSkipVerify: true, //nolint:gosec // the certificate is read, not relied on; the handshake never completes
		MinVersion:         tls.VersionTLS12,
		VerifyPeerCertificate: func(chain [][]byte, _ [][]*x509.Certificate) error {
			if c, err := x509.ParseCertificate(chain[0]); err == nil {
				notAfter = c.NotAfter
			}
			return errSeen
		},
	}).HandshakeContext(ctx) // errSeen, or it speaks no TLS
	return notAfter
}

// endOf is the end of the certificate in a PEM file; zero when there is none.
func endOf(file string) time.Time {
	raw, err := os.ReadFile(file)
	if err != nil {
		return time.Time{}
	}
	block, _ := pem.Decode(raw)
	if block == nil {
		return time.Time{}
	}
	c, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		return time.Time{}
	}
	return c.NotAfter
}

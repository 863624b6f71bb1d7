package webhook

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strconv"
	"time"

	"code.dny.dev/ssrf"
	"github.com/cenkalti/backoff/v5"

	"github.com/datarights/datarights/gateway/event"
)

// attemptError is a delivery that was not taken.
type attemptError struct {
	status int           // 0 when there was no answer
	wait   time.Duration // the receiver asked for
	text   string
}

func (e *attemptError) Error() string { return e.text }

// send posts one event once. An error is an *attemptError.
func (m *Manager) send(ctx context.Context, sub *Subscription, id string, body []byte) error {
	began := time.Now()
	err := m.post(ctx, sub, id, body)
	outcome := outcomeDelivered
	var failed *attemptError
	switch {
	case errors.As(err, &failed) && failed.status == 0:
		outcome = outcomeUnreachable
	case err != nil:
		outcome = outcomeRefused
	}
	m.metrics.attempts.WithLabelValues(outcome).Observe(time.Since(began).Seconds())
	return err
}

func (m *Manager) post(ctx context.Context, sub *Subscription, id string, body []byte) error {
	select {
	case m.slots <- struct{}{}:
		defer func() { <-m.slots }()
	case <-ctx.Done():
		return &attemptError{text: ctx.Err().Error()}
	}
	// The whole attempt, answer and all, has its time: a receiver that hangs
	// holds up its own events for no longer.
	ctx, cancel := context.WithTimeout(ctx, m.o.Timeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, sub.URL, bytes.NewReader(body))
	if err != nil {
		return &attemptError{text: "couldn't use the address"}
	}
	req.Header.Set("Content-Type", event.MediaType)
	req.Header.Set("User-Agent", m.o.UserAgent)
	if err := sub.secrets.sign(req.Header, id, m.o.Now(), body); err != nil {
		return &attemptError{text: err.Error()}
	}
	resp, err := m.http.Do(req)
	if err != nil {
		return &attemptError{text: unreachable(err)}
	}
	defer func() { _ = resp.Body.Close() }()
	_, _ = io.Copy(io.Discard, io.LimitReader(resp.Body, maxAnswer)) // so that the connection can be used again
	if resp.StatusCode >= 200 && resp.StatusCode < 300 {
		return nil
	}
	text := fmt.Sprintf("the address answered %d", resp.StatusCode)
	if resp.StatusCode >= 300 && resp.StatusCode < 400 {
		text += "; redirects are not followed"
	}
	return &attemptError{status: resp.StatusCode, wait: retryAfter(resp.Header), text: text}
}

// unreachable says why there was no answer, and nothing of the network the
// gateway stands in.
func unreachable(err error) string {
	var (
		name *net.DNSError
		dial *net.OpError
		cert *tls.CertificateVerificationError
	)
	switch {
	case errors.Is(err, ssrf.ErrProhibitedIP), errors.Is(err, ssrf.ErrProhibitedNetwork), errors.Is(err, ssrf.ErrInvalidHostPort):
		return "the address leads to no public address; such connections are refused"
	case errors.Is(err, context.DeadlineExceeded), os.IsTimeout(err):
		return "no answer in time"
	case errors.As(err, &cert):
		return "its certificate is not trusted: " + cert.Err.Error()
	case errors.As(err, &name):
		return "its name does not resolve"
	case errors.As(err, &dial) && dial.Op == "dial":
		return "no connection"
	}
	return "the connection broke off, or what came is no HTTP answer"
}

// maxRetryAfter bounds what a receiver may ask for.
const maxRetryAfter = 10 * time.Minute

func retryAfter(h http.Header) time.Duration {
	s, err := strconv.ParseUint(h.Get("Retry-After"), 10, 31)
	if err != nil {
		return 0
	}
	return min(time.Duration(s)*time.Second, maxRetryAfter)
}

// deliver sends an event until it is taken or the attempts are used up. Gone
// means that the address wants no more; any other error but the context's that
// it could not be delivered.
func (m *Manager) deliver(ctx context.Context, sub *Subscription, e event.Envelope, failed func(error)) (body []byte, attempts int, err error) {
	if body, err = json.Marshal(e); err != nil {
		return nil, 0, err
	}
	pace := backoff.ExponentialBackOff{InitialInterval: m.o.FirstPause, RandomizationFactor: backoff.DefaultRandomizationFactor, Multiplier: 2, MaxInterval: m.o.LastPause}
	for {
		attempts++
		if err = m.send(ctx, sub, e.ID, body); err == nil {
			return body, attempts, nil
		}
		if ctx.Err() != nil {
			return body, attempts, ctx.Err()
		}
		failed(err)
		var a *attemptError
		if errors.As(err, &a) && a.status == http.StatusGone || attempts >= m.o.Attempts {
			return body, attempts, err
		}
		pause := pace.NextBackOff()
		if a != nil {
			pause = max(pause, a.wait)
		}
		if err := m.o.Sleep(ctx, pause); err != nil {
			return body, attempts, err
		}
	}
}

// sleep waits, or ends with the context.
func sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

package client

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"math/rand/v2"
	"mime/multipart"
	"net/http"
	"net/textproto"
	"net/url"
	"strconv"
	"strings"
	"time"
)

const (
	// MediaTypeCommand is the content type of a signed command.
	MediaTypeCommand = "application/jose"

	// HeightHeader carries the block height an answer was read at.
	HeightHeader = "Ledger-Height"

	// ReplayedHeader says that a command had been applied before.
	ReplayedHeader = "Idempotent-Replayed"

	// DefaultMinBackoff is the shortest wait between attempts.
	DefaultMinBackoff = 250 * time.Millisecond
	// DefaultMaxBackoff is the longest.
	DefaultMaxBackoff = 10 * time.Second

	// maxTransportFailures in a row are taken for a wrong address rather than
	// a gateway that is being restarted.
	maxTransportFailures = 5

	maxAnswer = 100 << 20 // a block may be that large
)

// Client talks to one organisation's gateway. It may be used concurrently.
type Client struct {
	base       *url.URL
	http       *http.Client
	token      string
	userAgent  string
	atLeast    uint64
	minBackoff time.Duration
	maxBackoff time.Duration
	waiting    func(why error, wait time.Duration)
}

// Option configures a Client.
type Option func(*Client)

// WithHTTPClient replaces http.DefaultClient, for TLS settings and proxies.
func WithHTTPClient(h *http.Client) Option { return func(c *Client) { c.http = h } }

// WithToken sends a session's bearer token.
func WithToken(token string) Option { return func(c *Client) { c.token = token } }

// WithUserAgent names the calling program.
func WithUserAgent(name string) Option { return func(c *Client) { c.userAgent = name } }

// WithBackoff bounds the wait between attempts.
func WithBackoff(shortest, longest time.Duration) Option {
	return func(c *Client) { c.minBackoff, c.maxBackoff = shortest, longest }
}

// WithWaiting has f called before each wait, with what the last attempt ended
// with, so that somebody can be told.
func WithWaiting(f func(why error, wait time.Duration)) Option {
	return func(c *Client) { c.waiting = f }
}

// New returns a client of the gateway at baseURL, such as
// "http://127.0.0.1:8081".
func New(baseURL string, opts ...Option) (*Client, error) {
	u, err := url.Parse(baseURL)
	if err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" || u.RawQuery != "" || u.Fragment != "" {
		return nil, fmt.Errorf("the gateway's address %q is not of the form http://host:port", baseURL)
	}
	c := &Client{base: u, http: http.DefaultClient, userAgent: "datarights-go",
		minBackoff: DefaultMinBackoff, maxBackoff: DefaultMaxBackoff}
	for _, o := range opts {
		o(c)
	}
	return c, nil
}

// AtLeast returns a client whose reads and commands wait until the gateway's
// index has the block, so that one sees one's own writes through any gateway.
func (c *Client) AtLeast(block uint64) *Client {
	d := *c
	d.atLeast = max(d.atLeast, block)
	return &d
}

// Receipt says where a command stands on the ledger.
type Receipt struct {
	ID      string `json:"id,omitempty"`      // of the command
	Command string `json:"command,omitempty"` // its name
	Kid     string `json:"kid,omitempty"`
	TxID    string `json:"txId"`
	Block   uint64 `json:"block"`
	// Result is what the command answered, by command.
	Result json.RawMessage `json:"result"`
	// Replayed: an earlier submission of the same bytes applied it.
	Replayed bool `json:"replayed,omitempty"`
}

// Problem is a refusal (RFC 9457). Code is stable, the texts are not. Detail
// is in the language the gateway chose, DetailEn and DetailZh in theirs.
type Problem struct {
	Type      string `json:"type,omitempty"`
	Title     string `json:"title,omitempty"`
	Status    int    `json:"status"`
	Detail    string `json:"detail,omitempty"`
	DetailEn  string `json:"detailEn,omitempty"`
	DetailZh  string `json:"detailZh,omitempty"`
	Instance  string `json:"instance,omitempty"`
	Code      string `json:"code,omitempty"`
	Field     string `json:"field,omitempty"`
	Record    string `json:"record,omitempty"` // id of the record that refuses
	Rule      string `json:"rule,omitempty"`   // number of the rule broken
	TxID      string `json:"txId,omitempty"`
	RequestID string `json:"requestId,omitempty"`
	// Items names each faulty item of a bulk command.
	Items []ItemProblem `json:"items,omitempty"`
}

// ItemProblem is one faulty item among several, by its index from 0.
type ItemProblem struct {
	Index    int    `json:"index"`
	Code     string `json:"code"`
	Field    string `json:"field,omitempty"`
	Record   string `json:"record,omitempty"`
	Rule     string `json:"rule,omitempty"`
	Detail   string `json:"detail,omitempty"`
	DetailZh string `json:"detailZh,omitempty"`
}

func (p *Problem) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "the gateway refused (%d", p.Status)
	if p.Code != "" {
		b.WriteString(" " + p.Code)
	}
	if p.Field != "" {
		b.WriteString(" " + p.Field)
	}
	b.WriteString(")")
	for _, s := range []string{p.Title, p.Detail} {
		if s != "" {
			b.WriteString(": " + s)
		}
	}
	return b.String()
}

// Submit hands in a command and waits until it is committed. It keeps trying
// while the gateway says that it cannot now (429, 502, 503, 504, with or
// without Retry-After), until ctx ends. That is safe: the ledger applies a
// command once and answers a repetition with the first result.
//
// A refusal is a *Problem. After any other error, ctx's end among them, the
// outcome is unknown; submitting the same bytes again, to any gateway, tells.
func (c *Client) Submit(ctx context.Context, jws []byte) (Receipt, error) {
	return c.submit(ctx, MediaTypeCommand, jws)
}

// SubmitWithSecret is Submit of a command whose body carries commitments: secret
// is what they open to, byte for byte (see NewSecret). It takes the gateway of an
// organisation that may see it: the exchange's or the regulator's, for a pledge
// also its bank's.
func (c *Client) SubmitWithSecret(ctx context.Context, jws, secret []byte) (Receipt, error) {
	var body bytes.Buffer
	parts := multipart.NewWriter(&body)
	for _, p := range []struct {
		name, mediaType string
		content         []byte
	}{{"command", MediaTypeCommand, jws}, {"secret", "application/json", secret}} {
		part, err := parts.CreatePart(textproto.MIMEHeader{
			"Content-Disposition": {`form-data; name="` + p.name + `"`}, "Content-Type": {p.mediaType},
		})
		if err == nil {
			_, err = part.Write(p.content)
		}
		if err != nil {
			return Receipt{}, fmt.Errorf("couldn't write the command and its secret: %w", err)
		}
	}
	if err := parts.Close(); err != nil {
		return Receipt{}, fmt.Errorf("couldn't write the command and its secret: %w", err)
	}
	return c.submit(ctx, parts.FormDataContentType(), body.Bytes())
}

func (c *Client) submit(ctx context.Context, mediaType string, content []byte) (Receipt, error) {
	u := c.base.JoinPath("/v1/commands")
	if c.atLeast > 0 {
		u.RawQuery = url.Values{"at_least": {strconv.FormatUint(c.atLeast, 10)}}.Encode()
	}
	body, header, err := c.do(ctx, posting(ctx, u.String(), mediaType, content), http.StatusOK, http.StatusCreated)
	if err != nil {
		return Receipt{}, fmt.Errorf("couldn't submit the command: %w", err)
	}
	var r Receipt
	if err := json.Unmarshal(body, &r); err != nil {
		return Receipt{}, fmt.Errorf("couldn't read the gateway's receipt: %w", err)
	}
	if r.TxID == "" {
		return Receipt{}, errors.New("couldn't read the gateway's receipt: it names no transaction")
	}
	r.Replayed = header.Get(ReplayedHeader) == "true"
	return r, nil
}

// posting builds a POST of body anew for each attempt.
func posting(ctx context.Context, url, mediaType string, body []byte) func() (*http.Request, error) {
	return func() (*http.Request, error) {
		req, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(body))
		if err == nil {
			req.Header.Set("Content-Type", mediaType)
		}
		return req, err
	}
}

// post sends v as JSON and reads the answer into into.
func (c *Client) post(ctx context.Context, path string, v, into any) error {
	text, err := encodeBody(v)
	if err != nil {
		return err
	}
	body, _, err := c.do(ctx, posting(ctx, c.base.JoinPath(path).String(), "application/json", text), http.StatusOK, http.StatusCreated)
	if err != nil {
		return err
	}
	return json.Unmarshal(body, into)
}

// Get reads path, such as "/v1/rights/RT-…", into what into points to and
// returns the height it was read at, 0 if the gateway did not say. Segments of
// path that come from elsewhere need url.PathEscape.
func (c *Client) Get(ctx context.Context, path string, query url.Values, into any) (height uint64, err error) {
	body, header, err := c.read(ctx, path, query)
	if err != nil {
		return 0, err
	}
	if h := header.Get(HeightHeader); h != "" {
		if height, err = strconv.ParseUint(h, 10, 64); err != nil {
			return 0, fmt.Errorf("couldn't read %s: the header %s is %q", path, HeightHeader, h)
		}
	}
	if into == nil {
		return height, nil
	}
	if err := json.Unmarshal(body, into); err != nil {
		return height, fmt.Errorf("couldn't read %s: %w", path, err)
	}
	return height, nil
}

// GetBytes reads path as it comes, such as "/v1/blocks/7/raw".
func (c *Client) GetBytes(ctx context.Context, path string, query url.Values) ([]byte, error) {
	body, _, err := c.read(ctx, path, query)
	return body, err
}

// address is where path is read, at the height asked for, if any.
func (c *Client) address(path string, query url.Values) string {
	u := c.base.JoinPath(path)
	q := url.Values{}
	for k, v := range query {
		q[k] = v
	}
	if c.atLeast > 0 && !q.Has("at_least") {
		q.Set("at_least", strconv.FormatUint(c.atLeast, 10))
	}
	u.RawQuery = q.Encode()
	return u.String()
}

// read reads path at the height asked for, if any.
func (c *Client) read(ctx context.Context, path string, query url.Values) ([]byte, http.Header, error) {
	u := c.address(path, query)
	body, header, err := c.do(ctx, func() (*http.Request, error) {
		return http.NewRequestWithContext(ctx, http.MethodGet, u, nil)
	}, http.StatusOK)
	if err != nil {
		return nil, nil, fmt.Errorf("couldn't read %s: %w", path, err)
	}
	return body, header, nil
}

// Page is one answer of a list.
type Page[T any] struct {
	Items []T    `json:"items"`
	Next  string `json:"next"` // cursor of the next page, empty on the last
}

// List reads all pages of a list, as far as the loop runs. An error ends it.
func List[T any](ctx context.Context, c *Client, path string, query url.Values) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		var zero T
		q := url.Values{}
		for k, v := range query {
			q[k] = v
		}
		for {
			var page Page[T]
			if _, err := c.Get(ctx, path, q, &page); err != nil {
				yield(zero, err)
				return
			}
			for _, item := range page.Items {
				if !yield(item, nil) {
					return
				}
			}
			if page.Next == "" {
				return
			}
			if page.Next == q.Get("cursor") {
				yield(zero, fmt.Errorf("couldn't read %s: the gateway's cursor does not advance", path))
				return
			}
			q.Set("cursor", page.Next)
		}
	}
}

// do sends what build builds until an answer with one of the wanted statuses,
// a refusal that waiting does not cure, or the end of ctx.
func (c *Client) do(ctx context.Context, build func() (*http.Request, error), want ...int) ([]byte, http.Header, error) {
	failures := 0
	var last error // what the attempt before came to
	for attempt := 0; ; attempt++ {
		req, err := build()
		if err != nil {
			return nil, nil, err
		}
		c.introduce(req, "application/json, application/protobuf, application/problem+json")
		status, header, body, err := c.once(req)
		switch {
		case err != nil && ctx.Err() != nil:
			return nil, nil, errors.Join(ctx.Err(), last, err)
		case err != nil:
			if failures++; failures == maxTransportFailures {
				return nil, nil, err
			}
		default:
			failures = 0
			for _, w := range want {
				if status == w {
					return body, header, nil
				}
			}
			p := problem(status, header, body)
			if !passing(status) {
				return nil, nil, p
			}
			err = p
		}
		last = err
		if c.pause(ctx, err, c.backoff(attempt, header)) != nil {
			return nil, nil, errors.Join(ctx.Err(), err)
		}
	}
}

// introduce says in a request who asks, and for what media types.
func (c *Client) introduce(req *http.Request, accept string) {
	req.Header.Set("Accept", accept)
	req.Header.Set("User-Agent", c.userAgent)
	if c.token != "" {
		req.Header.Set("Authorization", "Bearer "+c.token)
	}
}

// pause waits before another attempt, for why the last one failed; an error is ctx's
// end.
func (c *Client) pause(ctx context.Context, why error, length time.Duration) error {
	if c.waiting != nil {
		c.waiting(why, length)
	}
	wait := time.NewTimer(length)
	defer wait.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-wait.C:
		return nil
	}
}

func (c *Client) once(req *http.Request) (status int, header http.Header, body []byte, err error) {
	resp, err := c.http.Do(req)
	if err != nil {
		return 0, nil, nil, err
	}
	defer func() { _ = resp.Body.Close() }() // nothing is lost: the body has been read
	body, err = io.ReadAll(io.LimitReader(resp.Body, maxAnswer+1))
	if err != nil {
		return 0, nil, nil, fmt.Errorf("the answer broke off: %w", err)
	}
	if len(body) > maxAnswer {
		return 0, nil, nil, fmt.Errorf("the answer is longer than %d bytes", maxAnswer)
	}
	return resp.StatusCode, resp.Header, body, nil
}

// passing reports whether a status is worth waiting out.
func passing(status int) bool {
	switch status {
	case http.StatusTooManyRequests, http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return true
	}
	return false
}

// backoff doubles from the shortest to the longest wait, with jitter so that
// clients do not come back together, and never undercuts Retry-After.
func (c *Client) backoff(attempt int, header http.Header) time.Duration {
	d := c.minBackoff << min(attempt, 20)
	if d <= 0 || d > c.maxBackoff {
		d = c.maxBackoff
	}
	d = d/2 + time.Duration(rand.Int64N(int64(d/2)+1))
	return max(d, retryAfter(header, time.Now()))
}

// retryAfter reads the header's seconds or date; 0 if there is none.
func retryAfter(header http.Header, now time.Time) time.Duration {
	v := header.Get("Retry-After")
	if s, err := strconv.ParseUint(v, 10, 31); err == nil {
		return time.Duration(s) * time.Second
	}
	if t, err := http.ParseTime(v); err == nil {
		return max(0, t.Sub(now))
	}
	return 0
}

func problem(status int, header http.Header, body []byte) *Problem {
	p := &Problem{}
	if strings.HasPrefix(header.Get("Content-Type"), "application/problem+json") && json.Unmarshal(body, p) == nil {
		p.Status = status
		return p
	}
	// Not from a gateway of ours: a proxy, or another program on the port.
	return &Problem{Status: status, Title: http.StatusText(status)}
}

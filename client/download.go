package client

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
)

// Download writes what path answers to w as it comes, however long it is, and
// returns the answer's headers. accept is the media type asked for; empty: any. It
// keeps trying while the gateway says that it cannot now, until ctx ends, but not
// once something was written: an answer that breaks off is an error, and w then has
// a part.
func (c *Client) Download(ctx context.Context, path string, query url.Values, accept string, w io.Writer) (http.Header, error) {
	u := c.address(path, query)
	failures := 0
	for attempt := 0; ; attempt++ {
		header, begun, err := c.downloadOnce(ctx, u, accept, w)
		if err == nil {
			return header, nil
		}
		var p *Problem
		refused := errors.As(err, &p)
		if failures++; refused {
			failures = 0
		}
		if begun || ctx.Err() != nil || refused && !passing(p.Status) || failures == maxTransportFailures {
			return header, fmt.Errorf("couldn't download %s: %w", path, errors.Join(ctx.Err(), err))
		}
		if c.pause(ctx, err, c.backoff(attempt, header)) != nil {
			return header, errors.Join(ctx.Err(), err)
		}
	}
}

func (c *Client) downloadOnce(ctx context.Context, u, accept string, w io.Writer) (header http.Header, begun bool, err error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, u, nil)
	if err != nil {
		return nil, false, err
	}
	if accept == "" {
		accept = "*/*"
	}
	c.introduce(req, accept+", application/problem+json")
	resp, err := c.http.Do(req)
	if err != nil {
		return nil, false, err
	}
	defer func() { _ = resp.Body.Close() }() // nothing is lost: the body has been read
	if resp.StatusCode != http.StatusOK {
		body, err := io.ReadAll(io.LimitReader(resp.Body, maxProblem))
		if err != nil {
			return resp.Header, false, err
		}
		return resp.Header, false, problem(resp.StatusCode, resp.Header, body)
	}
	n, err := io.Copy(w, resp.Body)
	if err != nil {
		err = fmt.Errorf("the answer broke off after %d bytes: %w", n, err)
	}
	return resp.Header, n > 0, err
}

// maxProblem is the longest refusal that is read.
const maxProblem = 1 << 20

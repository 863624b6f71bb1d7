package client

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// Event is one thing that happened on the ledger (CloudEvents 1.0). Its ID is
// block:tx:n, the same at every gateway.
type Event struct {
	SpecVersion     string    `json:"specversion"`
	ID              string    `json:"id"`
	Source          string    `json:"source"`
	Type            string    `json:"type"`    // cn.datarights.<entity>.<event>
	Subject         string    `json:"subject"` // KIND/id
	Time            time.Time `json:"time"`    // of the transaction
	DataContentType string    `json:"datacontenttype"`
	Data            EventData `json:"data"`
}

// EventData is where to look: the record's head, as far as the reader may see it.
type EventData struct {
	Kind         string      `json:"kind"`
	ID           string      `json:"id"`
	State        string      `json:"state,omitempty"`
	Version      int64       `json:"version,omitempty"`
	View         string      `json:"view"` // public, full
	Command      string      `json:"command,omitempty"`
	TxID         string      `json:"txId"`
	Block        uint64      `json:"block"`
	Participants []string    `json:"participants"`
	Suggestion   *Suggestion `json:"suggestion,omitempty"` // of cn.datarights.demand.suggested
}

// Suggestion is a listing that fits a demand, and why.
type Suggestion struct {
	DemandID  string `json:"demandId"`
	ListingID string `json:"listingId"`
	BuyerID   string `json:"buyerId"`
	SellerID  string `json:"sellerId"`
	Score     int    `json:"score"` // 0 to 100
	Fits      bool   `json:"fits"`
	Reasons   []struct {
		Aspect  string `json:"aspect"`
		Verdict string `json:"verdict"`
		Points  int    `json:"points"`
		Of      int    `json:"of"`
		Zh      string `json:"zh"`
		En      string `json:"en"`
	} `json:"reasons"`
}

// EventQuery selects events. Empty lists select all.
type EventQuery struct {
	Types        []string // exact, or the beginning of one and ".*"
	Kinds        []string
	Subjects     []string // KIND/id
	States       []string
	Participants []string // "self" is the session's own
	// After is the id of the last event seen. Without it From is the block to begin
	// with; a nil From begins with what comes next (Events) or at the first block
	// (PastEvents).
	After string
	From  *uint64
}

func (q EventQuery) values() url.Values {
	v := url.Values{}
	for name, list := range map[string][]string{"type": q.Types, "kind": q.Kinds, "subject": q.Subjects, "state": q.States, "participant": q.Participants} {
		if len(list) > 0 {
			v.Set(name, strings.Join(list, ","))
		}
	}
	if q.From != nil {
		v.Set("from", strconv.FormatUint(*q.From, 10))
	}
	return v
}

// PastEvents reads the events there are already, oldest first, as far as the loop
// runs. An error ends it.
func (c *Client) PastEvents(ctx context.Context, q EventQuery) iter.Seq2[Event, error] {
	return func(yield func(Event, error) bool) {
		v := q.values()
		if q.After != "" {
			next, err := afterEvent(q.After)
			if err != nil {
				yield(Event{}, err)
				return
			}
			v.Del("from")
			v.Set("cursor", next)
		}
		for {
			var page struct {
				Items []Event `json:"items"`
				Next  string  `json:"next"`
				More  bool    `json:"more"`
			}
			if _, err := c.Get(ctx, "/v1/events", v, &page); err != nil {
				yield(Event{}, err)
				return
			}
			for _, e := range page.Items {
				if !yield(e, nil) {
					return
				}
			}
			if !page.More {
				return
			}
			if page.Next == v.Get("cursor") {
				yield(Event{}, errors.New("couldn't read the events: the gateway's cursor does not advance"))
				return
			}
			v.Del("from")
			v.Set("cursor", page.Next)
		}
	}
}

// afterEvent is the cursor behind an event.
func afterEvent(id string) (string, error) {
	at := strings.LastIndexByte(id, ':')
	n, err := strconv.ParseUint(id[at+1:], 10, 31)
	if err != nil || strings.Count(id, ":") != 2 {
		return "", fmt.Errorf("%q is no event's id, such as 12:0:3", id)
	}
	return id[:at+1] + strconv.FormatUint(n+1, 10), nil
}

// silence is how long a stream says nothing before it is taken for broken: three
// of the gateway's heartbeats.
const silence = 45 * time.Second

// Events follows what happens on the ledger, as far as the loop runs. A stream
// that breaks is opened again behind the last event seen, at the same gateway or,
// for whoever keeps that event's ID, at any other. Only a refusal (a *Problem,
// such as of a session that is over), ctx's end and what is no event end it.
func (c *Client) Events(ctx context.Context, q EventQuery) iter.Seq2[Event, error] {
	return func(yield func(Event, error) bool) {
		seen, failures := q.After, 0
		for {
			before := seen
			err := c.eventStream(ctx, q, &seen, yield)
			var refused *Problem
			switch {
			case errors.Is(err, errEnough):
				return
			case ctx.Err() != nil:
				yield(Event{}, ctx.Err())
				return
			case errors.As(err, &refused) && !passing(refused.Status), errors.Is(err, errNoEvent):
				yield(Event{}, err)
				return
			}
			if failures++; seen != before {
				failures = 0
			}
			if err := c.pause(ctx, err, c.backoff(failures, nil)); err != nil {
				yield(Event{}, err)
				return
			}
		}
	}
}

var (
	errEnough  = errors.New("the loop has ended")
	errNoEvent = errors.New("the gateway sent what is no event")
)

// maxEventLine bounds a line of a stream.
const maxEventLine = 1 << 20

// eventStream reads one stream until it breaks. seen is moved with what is read.
func (c *Client) eventStream(ctx context.Context, q EventQuery, seen *string, yield func(Event, error) bool) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	u := c.base.JoinPath("/v1/events")
	u.RawQuery = q.values().Encode()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, u.String(), nil)
	if err != nil {
		return err
	}
	c.introduce(req, "text/event-stream")
	if *seen != "" {
		req.Header.Set("Last-Event-ID", *seen)
	}
	resp, err := c.http.Do(req)
	if err != nil {
		return err
	}
	defer func() { _ = resp.Body.Close() }()
	if resp.StatusCode != http.StatusOK {
		body, _ := io.ReadAll(io.LimitReader(resp.Body, maxProblem))
		return problem(resp.StatusCode, resp.Header, body)
	}
	// A connection that is dead says nothing of it: the heartbeats are missed.
	quiet := time.AfterFunc(silence, cancel)
	defer quiet.Stop()
	lines := bufio.NewScanner(resp.Body)
	lines.Buffer(nil, maxEventLine)
	var id, name string
	var data []string
	for lines.Scan() {
		quiet.Reset(silence)
		field, value, _ := strings.Cut(lines.Text(), ":")
		value = strings.TrimPrefix(value, " ")
		switch field {
		case "id":
			id = value
		case "event":
			name = value
		case "data":
			data = append(data, value)
		case "":
			if lines.Text() != "" { // a comment
				continue
			}
			text := strings.Join(data, "\n")
			data = nil
			if text != "" {
				if name == "end" {
					var p Problem
					if json.Unmarshal([]byte(text), &p) != nil {
						return errNoEvent
					}
					return &p
				}
				var e Event
				if err := json.Unmarshal([]byte(text), &e); err != nil {
					return fmt.Errorf("%w: %w", errNoEvent, err)
				}
				if !yield(e, nil) {
					return errEnough
				}
			}
			name = ""
			if id != "" {
				*seen = id
			}
		}
	}
	if err := lines.Err(); err != nil {
		return err
	}
	return io.ErrUnexpectedEOF
}

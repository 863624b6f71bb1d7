package client

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"
)

// VerifyWebhook checks that an event came from the gateway that the webhook was
// made at, unchanged and within five minutes, and decodes it. header and body are
// the request's, secret is what the gateway showed when the webhook was made.
//
// The same event may come again, under the same ID: answer 2xx, and do what it
// asks for once.
func VerifyWebhook(header http.Header, body []byte, secret string) (Event, error) {
	var e Event
	hook, err := standardwebhooks.NewWebhook(secret)
	if err != nil {
		return e, fmt.Errorf("couldn't use the webhook's secret: %w", err)
	}
	if err := hook.Verify(body, header); err != nil {
		return e, fmt.Errorf("the webhook does not verify: %w", err)
	}
	if err := json.Unmarshal(body, &e); err != nil {
		return e, fmt.Errorf("couldn't read the event: %w", err)
	}
	if e.ID != header.Get(standardwebhooks.HeaderWebhookID) {
		return e, errors.New("the event's id is not the webhook's")
	}
	return e, nil
}

// EventFilter selects what a webhook is sent; empty lists select all.
type EventFilter struct {
	Types        []string `json:"types,omitempty"`
	Kinds        []string `json:"kinds,omitempty"`
	Subjects     []string `json:"subjects,omitempty"`
	States       []string `json:"states,omitempty"`
	Participants []string `json:"participants,omitempty"`
}

// Webhook is a subscription at one gateway.
type Webhook struct {
	ID            string          `json:"id"`
	ParticipantID string          `json:"participantId"`
	Kid           string          `json:"kid"` // whose eyes it sees with
	Roles         []string        `json:"roles"`
	URL           string          `json:"url"`
	Filter        EventFilter     `json:"filter"`
	From          uint64          `json:"from"`
	CreatedAt     int64           `json:"createdAt"`
	State         string          `json:"state"`            // active, paused, stopped
	Reason        string          `json:"reason,omitempty"` // it was stopped for: gone, dead, full, reader
	Detail        string          `json:"detail,omitempty"`
	Secret        string          `json:"secret,omitempty"` // when it is new
	Lag           uint64          `json:"lag"`
	DeadLetters   int             `json:"deadLetters"`
	Progress      WebhookProgress `json:"progress"`
}

// WebhookProgress is how far a webhook is.
type WebhookProgress struct {
	Next            string `json:"next"`
	Delivered       uint64 `json:"delivered"`
	Dead            uint64 `json:"dead"`
	DeadInRow       int    `json:"deadInRow,omitempty"`
	LastError       string `json:"lastError,omitempty"`
	LastErrorAt     int64  `json:"lastErrorAt,omitempty"`
	LastDeliveredAt int64  `json:"lastDeliveredAt,omitempty"`
	LastEvent       string `json:"lastEvent,omitempty"`
}

// DeadLetter is an event that a webhook could not deliver.
type DeadLetter struct {
	Event    Event  `json:"event"`
	ID       string `json:"id"`
	Attempts int    `json:"attempts"`
	FirstAt  int64  `json:"firstAt"`
	LastAt   int64  `json:"lastAt"`
	Error    string `json:"error"`
}

// WebhookAttempt is what came of a delivery that was asked for.
type WebhookAttempt struct {
	ID        string `json:"id"`
	Delivered bool   `json:"delivered"`
	Error     string `json:"error,omitempty"`
}

// AddWebhook has events sent to an address, from a block on or, without one, from
// the next. Its Secret is shown this once. All of these calls need a session.
func (c *Client) AddWebhook(ctx context.Context, address string, f EventFilter, from *uint64) (Webhook, error) {
	var w Webhook
	err := c.call(ctx, http.MethodPost, "", struct {
		URL    string      `json:"url"`
		Filter EventFilter `json:"filter"`
		From   *uint64     `json:"from,omitempty"`
	}{address, f, from}, &w)
	return w, err
}

// Webhooks lists the participant's webhooks at this gateway.
func (c *Client) Webhooks(ctx context.Context) ([]Webhook, error) {
	var page Page[Webhook]
	_, err := c.Get(ctx, "/v1/webhooks", nil, &page)
	return page.Items, err
}

// Webhook returns one.
func (c *Client) Webhook(ctx context.Context, id string) (Webhook, error) {
	var w Webhook
	_, err := c.Get(ctx, webhookPath(id), nil, &w)
	return w, err
}

// PauseWebhook stops deliveries, ResumeWebhook lets them go on where they were.
func (c *Client) PauseWebhook(ctx context.Context, id string) (Webhook, error) {
	return c.webhookState(ctx, id, "paused")
}

// ResumeWebhook lets deliveries go on, also those that the gateway stopped.
func (c *Client) ResumeWebhook(ctx context.Context, id string) (Webhook, error) {
	return c.webhookState(ctx, id, "active")
}

func (c *Client) webhookState(ctx context.Context, id, state string) (Webhook, error) {
	var w Webhook
	err := c.call(ctx, http.MethodPatch, id, map[string]any{"state": state}, &w)
	return w, err
}

// ReplayWebhook lets deliveries go on from a block.
func (c *Client) ReplayWebhook(ctx context.Context, id string, from uint64) (Webhook, error) {
	var w Webhook
	err := c.call(ctx, http.MethodPost, id+"/replay", map[string]any{"from": from}, &w)
	return w, err
}

// RotateWebhook replaces the secret; the old one signs beside it for a day.
func (c *Client) RotateWebhook(ctx context.Context, id string) (Webhook, error) {
	var w Webhook
	err := c.call(ctx, http.MethodPost, id+"/secret", nil, &w)
	return w, err
}

// PingWebhook sends a test event, once.
func (c *Client) PingWebhook(ctx context.Context, id string) (WebhookAttempt, error) {
	var a WebhookAttempt
	err := c.call(ctx, http.MethodPost, id+"/ping", nil, &a)
	return a, err
}

// RemoveWebhook ends it, with its dead letters.
func (c *Client) RemoveWebhook(ctx context.Context, id string) error {
	return c.call(ctx, http.MethodDelete, id, nil, nil)
}

// DeadLetters are what a webhook could not deliver; Redeliver sends one again.
func (c *Client) DeadLetters(ctx context.Context, id string) ([]DeadLetter, error) {
	var list []DeadLetter
	for l, err := range List[DeadLetter](ctx, c, webhookPath(id)+"/dead-letters", nil) {
		if err != nil {
			return nil, err
		}
		list = append(list, l)
	}
	return list, nil
}

// Redeliver sends a dead letter again, once; when it is taken it is forgotten.
func (c *Client) Redeliver(ctx context.Context, id, eventID string) (WebhookAttempt, error) {
	var a WebhookAttempt
	err := c.call(ctx, http.MethodPost, id+"/dead-letters/"+url.PathEscape(eventID)+"/redeliver", nil, &a)
	return a, err
}

func webhookPath(id string) string { return "/v1/webhooks/" + url.PathEscape(id) }

// call sends v to a webhook's path and reads the answer into into.
func (c *Client) call(ctx context.Context, method, path string, v, into any) error {
	u := c.base.JoinPath("/v1/webhooks", path).String()
	var text []byte
	if v != nil {
		var err error
		if text, err = encodeBody(v); err != nil {
			return err
		}
	}
	body, _, err := c.do(ctx, func() (*http.Request, error) {
		req, err := http.NewRequestWithContext(ctx, method, u, strings.NewReader(string(text)))
		if err == nil && v != nil {
			req.Header.Set("Content-Type", "application/json")
		}
		return req, err
	}, http.StatusOK, http.StatusCreated, http.StatusNoContent)
	if err != nil || into == nil {
		return err
	}
	if err := json.Unmarshal(body, into); err != nil {
		return fmt.Errorf("couldn't read the gateway's answer: %w", err)
	}
	return nil
}

package api

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"

	"github.com/gin-gonic/gin"

	"github.com/datarights/datarights/chaincode/rights"
	"github.com/datarights/datarights/gateway/event"
	"github.com/datarights/datarights/gateway/session"
	"github.com/datarights/datarights/gateway/webhook"
)

// Webhooks keeps subscriptions and delivers to them; *webhook.Manager satisfies
// it. Of what is not the reader's it knows nothing: webhook.ErrNotFound. It is
// used concurrently.
type Webhooks interface {
	Create(who webhook.Reader, n webhook.New) (webhook.Status, string, error)
	List(who webhook.Reader) ([]webhook.Status, error)
	Get(who webhook.Reader, id string) (webhook.Status, error)
	Update(who webhook.Reader, id string, c webhook.Change) (webhook.Status, error)
	Replay(who webhook.Reader, id string, from uint64) (webhook.Status, error)
	Rotate(who webhook.Reader, id string) (webhook.Status, string, error)
	Remove(who webhook.Reader, id string) error
	Ping(ctx context.Context, who webhook.Reader, id string) (webhook.Attempt, error)
	DeadLetters(who webhook.Reader, id string, from event.Position, limit int) ([]webhook.DeadLetter, bool, error)
	Redeliver(ctx context.Context, who webhook.Reader, id string, at event.Position) (webhook.Attempt, error)
	Discard(who webhook.Reader, id string, at event.Position) error
}

func (s *server) webhookRoutes(get func(string, gin.HandlerFunc) route) []route {
	with := func(method, path string, h gin.HandlerFunc) route {
		return route{method, path, h, []gin.HandlerFunc{s.session}}
	}
	return []route{
		get("/v1/webhooks", s.listWebhooks),
		get("/v1/webhooks/:id", s.getWebhook),
		get("/v1/webhooks/:id/dead-letters", s.listDeadLetters),
		with(http.MethodPost, "/v1/webhooks", s.postWebhook),
		with(http.MethodPatch, "/v1/webhooks/:id", s.patchWebhook),
		with(http.MethodDelete, "/v1/webhooks/:id", s.deleteWebhook),
		with(http.MethodPost, "/v1/webhooks/:id/ping", s.pingWebhook),
		with(http.MethodPost, "/v1/webhooks/:id/replay", s.replayWebhook),
		with(http.MethodPost, "/v1/webhooks/:id/secret", s.rotateWebhook),
		with(http.MethodPost, "/v1/webhooks/:id/dead-letters/:event/redeliver", s.redeliverLetter),
		with(http.MethodDelete, "/v1/webhooks/:id/dead-letters/:event", s.discardLetter),
	}
}

// subscriber is who subscribes: a session, at a gateway that delivers.
func (s *server) subscriber(c *gin.Context) (webhook.Reader, error) {
	if s.opts.Webhooks == nil {
		return webhook.Reader{}, refuse(rights.CodeNotFound, "", "本网关不投递事件通知", "this gateway sends no webhooks")
	}
	who := reader(c)
	if who == nil {
		return webhook.Reader{}, refuse(CodeSession, "Authorization", "须先以签名挑战建立会话（POST /v1/sessions）", "open a session by signed challenge first (POST /v1/sessions)")
	}
	return webhook.Reader{ParticipantID: who.ParticipantID, Kid: who.Kid, Roles: who.Roles}, nil
}

// webhookFault turns what the manager refuses into an answer.
func webhookFault(c *gin.Context, err error) error {
	var address *webhook.URLError
	switch {
	case errors.Is(err, webhook.ErrNotFound):
		return notFound("webhooks", c.Param("id"))
	case errors.Is(err, webhook.ErrNoLetter):
		return notFound("webhooks/"+shown(c.Param("id"))+"/dead-letters", c.Param("event"))
	case errors.Is(err, webhook.ErrTooMany):
		return refuse(rights.CodeQuota, "", "订阅数已达上限；请先删除不用的订阅", "there are as many webhooks as may be; remove one first")
	case errors.As(err, &address):
		return refuse(rights.CodeFormat, "url", address.Zh, address.En)
	}
	return filterRefusal(err, func(field string) string { return "filter." + field })
}

// filterBody is a filter as it is written in JSON.
type filterBody struct {
	Types        []string      `json:"types,omitempty"`
	Kinds        []rights.Kind `json:"kinds,omitempty"`
	Subjects     []string      `json:"subjects,omitempty"`
	States       []string      `json:"states,omitempty"`
	Participants []string      `json:"participants,omitempty"`
}

func (b *filterBody) filter(who *session.Identity) (event.Filter, error) {
	if b == nil {
		return event.Filter{}, nil
	}
	f := event.Filter{Types: b.Types, Kinds: b.Kinds, Subjects: b.Subjects, States: b.States, Participants: slices.Clone(b.Participants)}
	return f, completeFilter(&f, who, strings.NewReplacer("types", "filter.types", "kinds", "filter.kinds", "subjects", "filter.subjects", "states", "filter.states", "participants", "filter.participants"))
}

// webhookAnswer is a subscription; the secret is there when it is new.
type webhookAnswer struct {
	webhook.Status
	Secret string `json:"secret,omitempty"`
}

// postWebhook answers POST /v1/webhooks.
func (s *server) postWebhook(c *gin.Context) {
	who, err := s.subscriber(c)
	if err != nil {
		s.fail(c, err)
		return
	}
	in, err := readJSON[struct {
		URL    string      `json:"url"`
		Filter *filterBody `json:"filter,omitempty"`
		From   *int64      `json:"from,omitempty"`
	}](c, maxJSON)
	if err != nil {
		s.fail(c, err)
		return
	}
	n := webhook.New{URL: in.URL}
	if n.Filter, err = in.Filter.filter(reader(c)); err != nil {
		s.fail(c, err)
		return
	}
	if in.From != nil {
		from, err := blockFrom(*in.From)
		if err != nil {
			s.fail(c, err)
			return
		}
		n.From = &from
	}
	made, secret, err := s.opts.Webhooks.Create(who, n)
	if err != nil {
		s.fail(c, webhookFault(c, err))
		return
	}
	s.created(c, "/v1/webhooks/"+made.ID, webhookAnswer{made, secret})
}

func blockFrom(n int64) (uint64, error) {
	if n < 0 {
		return 0, refuse(rights.CodeFormat, "from", "应为区块号", "want a block number")
	}
	return uint64(n), nil
}

// listWebhooks answers GET /v1/webhooks. There are few; it is one page.
func (s *server) listWebhooks(c *gin.Context) {
	who, err := s.subscriber(c)
	if err == nil {
		_, err = accept(c.Request)
	}
	if err != nil {
		s.fail(c, err)
		return
	}
	list, err := s.opts.Webhooks.List(who)
	if err != nil {
		s.fail(c, webhookFault(c, err))
		return
	}
	s.answer(c, struct {
		Items []webhook.Status `json:"items"`
		Next  string           `json:"next"`
	}{list, ""})
}

// getWebhook answers GET /v1/webhooks/{id}.
func (s *server) getWebhook(c *gin.Context) {
	who, err := s.subscriber(c)
	if err == nil {
		_, err = accept(c.Request)
	}
	if err != nil {
		s.fail(c, err)
		return
	}
	st, err := s.opts.Webhooks.Get(who, c.Param("id"))
	if err != nil {
		s.fail(c, webhookFault(c, err))
		return
	}
	s.answer(c, webhookAnswer{Status: st})
}

// patchWebhook answers PATCH /v1/webhooks/{id}: what is given is replaced.
func (s *server) patchWebhook(c *gin.Context) {
	who, err := s.subscriber(c)
	if err != nil {
		s.fail(c, err)
		return
	}
	in, err := readJSON[struct {
		URL    *string        `json:"url,omitempty"`
		Filter *filterBody    `json:"filter,omitempty"`
		State  *webhook.State `json:"state,omitempty"`
	}](c, maxJSON)
	if err != nil {
		s.fail(c, err)
		return
	}
	change := webhook.Change{URL: in.URL, State: in.State}
	if in.State != nil && *in.State != webhook.Active && *in.State != webhook.Paused {
		s.fail(c, refuse(rights.CodeFormat, "state", "取值范围：active, paused", "must be one of: active, paused"))
		return
	}
	if in.Filter != nil {
		f, err := in.Filter.filter(reader(c))
		if err != nil {
			s.fail(c, err)
			return
		}
		change.Filter = &f
	}
	st, err := s.opts.Webhooks.Update(who, c.Param("id"), change)
	if err != nil {
		s.fail(c, webhookFault(c, err))
		return
	}
	s.write(c, http.StatusOK, "", webhookAnswer{Status: st})
}

// deleteWebhook answers DELETE /v1/webhooks/{id}.
func (s *server) deleteWebhook(c *gin.Context) {
	who, err := s.subscriber(c)
	if err == nil {
		err = s.opts.Webhooks.Remove(who, c.Param("id"))
	}
	if err != nil {
		s.fail(c, webhookFault(c, err))
		return
	}
	c.Status(http.StatusNoContent)
}

// pingWebhook answers POST /v1/webhooks/{id}/ping with what came of it.
func (s *server) pingWebhook(c *gin.Context) {
	s.attempted(c, func(who webhook.Reader) (webhook.Attempt, error) {
		return s.opts.Webhooks.Ping(c.Request.Context(), who, c.Param("id"))
	})
}

// redeliverLetter answers POST /v1/webhooks/{id}/dead-letters/{event}/redeliver.
func (s *server) redeliverLetter(c *gin.Context) {
	s.attempted(c, func(who webhook.Reader) (webhook.Attempt, error) {
		at, err := event.ParsePosition(c.Param("event"))
		if err != nil {
			return webhook.Attempt{}, webhook.ErrNoLetter
		}
		return s.opts.Webhooks.Redeliver(c.Request.Context(), who, c.Param("id"), at)
	})
}

// attempted answers a delivery that was asked for: 200 whether or not the address
// took it, for the gateway did what it was asked.
func (s *server) attempted(c *gin.Context, try func(webhook.Reader) (webhook.Attempt, error)) {
	who, err := s.subscriber(c)
	if err != nil {
		s.fail(c, err)
		return
	}
	a, err := try(who)
	if err != nil {
		s.fail(c, webhookFault(c, err))
		return
	}
	s.write(c, http.StatusOK, "", a)
}

// replayWebhook answers POST /v1/webhooks/{id}/replay.
func (s *server) replayWebhook(c *gin.Context) {
	who, err := s.subscriber(c)
	if err != nil {
		s.fail(c, err)
		return
	}
	in, err := readJSON[struct {
		From *int64 `json:"from"`
	}](c, maxJSON)
	if err == nil && in.From == nil {
		err = refuse(rights.CodeFormat, "from", "缺少起始区块号", "the block to begin with is missing")
	}
	if err != nil {
		s.fail(c, err)
		return
	}
	from, err := blockFrom(*in.From)
	if err != nil {
		s.fail(c, err)
		return
	}
	st, err := s.opts.Webhooks.Replay(who, c.Param("id"), from)
	if err != nil {
		s.fail(c, webhookFault(c, err))
		return
	}
	s.write(c, http.StatusOK, "", webhookAnswer{Status: st})
}

// rotateWebhook answers POST /v1/webhooks/{id}/secret with a new secret.
func (s *server) rotateWebhook(c *gin.Context) {
	who, err := s.subscriber(c)
	if err != nil {
		s.fail(c, err)
		return
	}
	st, secret, err := s.opts.Webhooks.Rotate(who, c.Param("id"))
	if err != nil {
		s.fail(c, webhookFault(c, err))
		return
	}
	s.write(c, http.StatusOK, "", webhookAnswer{st, secret})
}

// listDeadLetters answers GET /v1/webhooks/{id}/dead-letters, oldest first.
func (s *server) listDeadLetters(c *gin.Context) {
	who, err := s.subscriber(c)
	if err != nil {
		s.fail(c, err)
		return
	}
	q, err := accept(c.Request, paging...)
	if err != nil {
		s.fail(c, err)
		return
	}
	var from event.Position
	if q["cursor"] != "" {
		if from, err = event.ParsePosition(q["cursor"]); err != nil {
			s.fail(c, refuse(CodeCursor, "cursor", "不是本列表返回的游标", "not a cursor that this list gave out"))
			return
		}
	}
	letters, more, err := s.opts.Webhooks.DeadLetters(who, c.Param("id"), from, pageSize(q))
	if err != nil {
		s.fail(c, webhookFault(c, err))
		return
	}
	answer := struct {
		Items []webhook.DeadLetter `json:"items"`
		Next  string               `json:"next"`
	}{Items: []webhook.DeadLetter{}}
	answer.Items = append(answer.Items, letters...)
	if more {
		last, err := event.ParsePosition(letters[len(letters)-1].ID)
		if err != nil {
			s.fail(c, err)
			return
		}
		answer.Next = last.Next().String()
	}
	s.answer(c, answer)
}

// discardLetter answers DELETE /v1/webhooks/{id}/dead-letters/{event}.
func (s *server) discardLetter(c *gin.Context) {
	who, err := s.subscriber(c)
	if err == nil {
		var at event.Position
		if at, err = event.ParsePosition(c.Param("event")); err != nil {
			err = webhook.ErrNoLetter
		} else {
			err = s.opts.Webhooks.Discard(who, c.Param("id"), at)
		}
	}
	if err != nil {
		s.fail(c, webhookFault(c, err))
		return
	}
	c.Status(http.StatusNoContent)
}

package api

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"

	"github.com/gin-gonic/gin"

	"github.com/datarights/datarights/chaincode/command"
	"github.com/datarights/datarights/chaincode/rights"
	"github.com/datarights/datarights/gateway/matchtag"
	"github.com/datarights/datarights/gateway/session"
	"github.com/datarights/datarights/internal/sketch"
)

// postChallenge answers POST /v1/challenges.
func (s *server) postChallenge(c *gin.Context) {
	in, err := readJSON[struct {
		Kid string `json:"kid"`
	}](c, maxJSON)
	if err != nil {
		s.fail(c, err)
		return
	}
	ch, err := s.sessions.Challenge(in.Kid)
	if err != nil {
		s.fail(c, err)
		return
	}
	s.created(c, "", ch)
}

// postSession answers POST /v1/sessions.
func (s *server) postSession(c *gin.Context) {
	jws, err := readJOSE(c, session.MaxProof)
	if err != nil {
		s.fail(c, err)
		return
	}
	opened, err := s.sessions.Open(jws)
	if err != nil {
		s.fail(c, err)
		return
	}
	s.log.InfoContext(c.Request.Context(), "session opened", "requestId", requestID(c), "kid", opened.Kid)
	s.created(c, "/v1/sessions/current", opened)
}

// sessionAnswer is whom a session stands for, as the ledger has it now.
type sessionAnswer struct {
	ParticipantID string        `json:"participantId"`
	Kid           string        `json:"kid"`
	Roles         []rights.Role `json:"roles"`
}

// getSession answers GET /v1/sessions/current.
func (s *server) getSession(c *gin.Context) {
	who, err := s.identity(c.GetHeader("Authorization"))
	if err != nil {
		s.fail(c, err)
		return
	}
	c.Writer.Header().Set("Cache-Control", "no-store")
	s.write(c, http.StatusOK, "", sessionAnswer{who.ParticipantID, who.Kid, append([]rights.Role{}, who.Roles...)})
}

// deleteSession answers DELETE /v1/sessions/current.
func (s *server) deleteSession(c *gin.Context) {
	token, err := bearer(c.GetHeader("Authorization"))
	if err == nil {
		_, err = s.sessions.Who(token)
	}
	if err != nil {
		s.fail(c, err)
		return
	}
	s.sessions.Close(token)
	c.Status(http.StatusNoContent)
}

// MaxMatchTags is how many digests one request may carry: a batch's worth.
const MaxMatchTags = rights.MaxBatch

// tagRequest asks for one digest to be keyed.
type tagRequest struct {
	HolderID    string `json:"holderId"`
	Digest      string `json:"digest"`
	ContentRoot string `json:"contentRoot"`
	Sketch      []byte `json:"sketch,omitempty"` // of the same content, not keyed
}

// maxTagBody bounds a request for tags in bytes: some 180 sketches.
const maxTagBody = 2 << 20

// postMatchTags answers POST /v1/match-tags. Who has digests keyed could try
// guesses at other people's content, so it takes a session, is for the caller's
// own content only, and is bounded by a rate counted in digests.
func (s *server) postMatchTags(c *gin.Context) {
	if s.opts.Tags == nil {
		s.fail(c, refuse(rights.CodeNotFound, "", "本网关不持有平台匹配标签密钥；请使用登记机构或交易机构的网关", "this gateway does not hold the platform's match tag key; ask the registrar's or the exchange's"))
		return
	}
	who := reader(c)
	if who == nil {
		s.fail(c, refuse(CodeSession, "Authorization", "须先以签名挑战建立会话（POST /v1/sessions）", "open a session by signed challenge first (POST /v1/sessions)"))
		return
	}
	in, err := readJSON[struct {
		Items []tagRequest `json:"items"`
	}](c, maxTagBody)
	if err != nil {
		s.fail(c, err)
		return
	}
	if len(in.Items) == 0 || len(in.Items) > MaxMatchTags {
		s.fail(c, refuse(rights.CodeFormat, "items", fmt.Sprintf("须有 1 至 %d 项", MaxMatchTags), fmt.Sprintf("must have 1 to %d items", MaxMatchTags)))
		return
	}
	sketches := make([]*sketch.Sketch, len(in.Items))
	for i, item := range in.Items {
		field := fmt.Sprintf("items[%d].", i)
		if item.HolderID != who.ParticipantID {
			s.fail(c, refuse(CodeForbidden, field+"holderId", "只能为会话主体自己的内容取得标签", "tags are for the session's own participant only"))
			return
		}
		for _, h := range []struct{ field, v string }{{"digest", item.Digest}, {"contentRoot", item.ContentRoot}} {
			if !rights.ValidHash(h.v) || !strings.HasPrefix(h.v, "sm3:") {
				s.fail(c, refuse(rights.CodeFormat, field+h.field, "须为 sm3: 加 64 位小写十六进制", "must be sm3: and 64 lower-case hex digits"))
				return
			}
		}
		if sketches[i], err = s.clientSketch(field+"sketch", item.Sketch); err != nil {
			s.fail(c, err)
			return
		}
	}
	if s.admit(c, s.taggers, len(in.Items)); c.IsAborted() {
		return
	}
	tags := make([]matchtag.Tag, len(in.Items))
	for i, item := range in.Items {
		kept := ""
		if sketches[i] != nil { // kept before the platform says that it keeps it
			if kept, err = s.opts.Tracer.Keep(sketches[i]); err != nil {
				s.fail(c, err)
				return
			}
		}
		if tags[i], err = s.opts.Tags.Make(item.HolderID, item.Digest, item.ContentRoot, kept); err != nil {
			s.fail(c, err)
			return
		}
	}
	s.log.InfoContext(c.Request.Context(), "match tags made", "requestId", requestID(c), "kid", who.Kid, "count", len(tags))
	s.write(c, http.StatusOK, "", struct {
		Items []matchtag.Tag `json:"items"`
	}{tags})
}

// readJSON reads a JSON object of at most limit bytes as strictly as a command's body.
func readJSON[T any](c *gin.Context, limit int64) (T, error) {
	var zero T
	if err := wantMedia(c.Request, "application/json"); err != nil {
		return zero, err
	}
	body, err := io.ReadAll(http.MaxBytesReader(c.Writer, c.Request.Body, limit))
	if err != nil {
		return zero, bodyError(err, limit)
	}
	v, err := command.DecodeBody[T](json.RawMessage(body))
	var malformed *command.Error
	if errors.As(err, &malformed) {
		field := strings.TrimPrefix(malformed.Field, "body.")
		return zero, refuse(rights.Code(malformed.Code), field, malformed.DetailZh, malformed.Detail)
	}
	return v, err
}

package api

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"

	"github.com/gin-gonic/gin"

	"github.com/datarights/datarights/chaincode/command"
	"github.com/datarights/datarights/chaincode/rights"
	"github.com/datarights/datarights/gateway/session"
)

// postChallenge answers POST /v1/challenges.
func (s *server) postChallenge(c *gin.Context) {
	in, err := readJSON[struct {
		Kid string `json:"kid"`
	}](c)
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

// postMatchTag answers POST /v1/match-tags. It needs no session: a holder asks
// before it is registered, and what it may learn is bounded by the rate.
func (s *server) postMatchTag(c *gin.Context) {
	if s.opts.Tags == nil {
		s.fail(c, refuse(rights.CodeNotFound, "", "本网关不持有平台匹配标签密钥；请使用登记机构或交易机构的网关", "this gateway does not hold the platform's match tag key; ask the registrar's or the exchange's"))
		return
	}
	in, err := readJSON[struct {
		HolderID    string `json:"holderId"`
		Digest      string `json:"digest"`
		ContentRoot string `json:"contentRoot"`
	}](c)
	if err != nil {
		s.fail(c, err)
		return
	}
	if _, _, err := command.ParseKid(in.HolderID + "#1"); err != nil {
		s.fail(c, refuse(rights.CodeFormat, "holderId", "须为主体标识，如 18 位统一社会信用代码", "must be a participant id, such as a unified social credit code"))
		return
	}
	for _, h := range []struct{ field, v string }{{"digest", in.Digest}, {"contentRoot", in.ContentRoot}} {
		if !rights.ValidHash(h.v) || !strings.HasPrefix(h.v, "sm3:") {
			s.fail(c, refuse(rights.CodeFormat, h.field, "须为 sm3: 加 64 位小写十六进制", "must be sm3: and 64 lower-case hex digits"))
			return
		}
	}
	tag, err := s.opts.Tags.Make(in.HolderID, in.Digest, in.ContentRoot)
	if err != nil {
		s.fail(c, err)
		return
	}
	s.write(c, http.StatusOK, "", tag)
}

// readJSON reads a small JSON object as strictly as a command's body.
func readJSON[T any](c *gin.Context) (T, error) {
	var zero T
	if err := wantMedia(c.Request, "application/json"); err != nil {
		return zero, err
	}
	body, err := io.ReadAll(http.MaxBytesReader(c.Writer, c.Request.Body, maxJSON))
	if err != nil {
		return zero, bodyError(err, maxJSON)
	}
	v, err := command.DecodeBody[T](json.RawMessage(body))
	var malformed *command.Error
	if errors.As(err, &malformed) {
		field := strings.TrimPrefix(malformed.Field, "body.")
		return zero, refuse(rights.Code(malformed.Code), field, malformed.DetailZh, malformed.Detail)
	}
	return v, err
}

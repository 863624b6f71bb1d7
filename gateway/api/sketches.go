package api

import (
	"errors"
	"net/http"
	"slices"

	"github.com/gin-gonic/gin"

	"github.com/datarights/datarights/chaincode/rights"
	likeness "github.com/datarights/datarights/gateway/trace"
	"github.com/datarights/datarights/internal/sketch"
)

// clientSketch reads a sketch that a client made; nil when it sent none.
func (s *server) clientSketch(field string, raw []byte) (*sketch.Sketch, error) {
	if len(raw) == 0 {
		return nil, nil
	}
	if s.opts.Tracer == nil {
		return nil, noTracer()
	}
	k, err := sketch.Parse(raw)
	if err == nil && k.Keyed() {
		err = errors.New("it is keyed; send what the fingerprint gave")
	}
	if err != nil {
		return nil, refuse(rights.CodeFormat, field, "不是可用的相似性摘要（"+err.Error()+"）；由 datarights fingerprint 计算", err.Error()+"; datarights fingerprint makes one")
	}
	return k, nil
}

func noTracer() error {
	return refuse(rights.CodeNotFound, "", "本网关不保管相似性摘要；请使用登记机构或交易机构的网关", "this gateway keeps no sketches; ask the registrar's or the exchange's")
}

// getSketch answers GET /v1/sketches/{hash}: a keyed sketch, for the platform's
// other gateways and for the offices that hold one against its hash.
func (s *server) getSketch(c *gin.Context) {
	if _, err := accept(c.Request); err != nil {
		s.fail(c, err)
		return
	}
	switch who := reader(c); {
	case s.opts.Tracer == nil:
		s.fail(c, noTracer())
		return
	case who == nil:
		s.fail(c, refuse(CodeSession, "Authorization", "相似性摘要仅供平台与职能机构核对，须有会话", "sketches are for the platform and the offices; open a session"))
		return
	case !officeOrRegistrar(who) && !slices.Contains(who.Roles, rights.RolePlatform):
		s.fail(c, forbidden(c.Param("hash")))
		return
	}
	hash := c.Param("hash")
	if !rights.ValidHash(hash) {
		s.fail(c, refuse(rights.CodeFormat, "hash", "须为 sm3: 加 64 位小写十六进制", "must be sm3: and 64 lower-case hex digits"))
		return
	}
	raw, err := s.opts.Tracer.Sketch(hash)
	if errors.Is(err, likeness.ErrNoSketch) {
		err = notFound("sketches", hash)
	}
	if err != nil {
		s.fail(c, err)
		return
	}
	c.Header("Cache-Control", "private, max-age=31536000, immutable")
	c.Data(http.StatusOK, "application/octet-stream", raw)
}

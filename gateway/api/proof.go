package api

import (
	"errors"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/gin-gonic/gin"

	"github.com/datarights/datarights/chaincode/rights"
	"github.com/datarights/datarights/gateway/index"
	"github.com/datarights/datarights/gateway/session"
)

// What a case is proven with: its file, whole blocks and endorsed reads. All of it
// is for the offices: a block holds everybody's commands.

const mediaProtobuf = "application/protobuf"

func (s *server) proofRoutes(get func(string, gin.HandlerFunc) route) []route {
	return []route{
		get("/v1/alerts/:id/case", s.getCaseBundle),
		get("/v1/blocks/:number/raw", s.getRawBlock),
		get("/v1/attestations", s.getAttestation),
	}
}

// forOffices answers who asks without one of the offices' keys.
func forOffices(who *session.Identity, what string) error {
	if who == nil {
		return refuse(CodeSession, "Authorization", "查阅需要会话：仅监管与交易机构可查阅", "this needs a session: it is for the regulator and the exchange")
	}
	if !office(who) {
		return forbidden(what)
	}
	return nil
}

// caseAnswer is the file of a case and what it was made from.
type caseAnswer struct {
	rights.Bundle
	Gaps []string `json:"gaps"` // the elements with something missing
	// Recipients are the copies of the same product version, in the order of the
	// chain, as this gateway's index has them. No record on the ledger lists them.
	Recipients []string `json:"recipients"`
}

// getCaseBundle answers GET /v1/alerts/{id}/case: E1 to E10 of a case with what
// is missing of each.
func (s *server) getCaseBundle(c *gin.Context) {
	if _, err := accept(c.Request); err != nil {
		s.fail(c, err)
		return
	}
	answer, err := s.caseBundle(c.Param("id"), reader(c))
	if err != nil {
		s.fail(c, err)
		return
	}
	s.answer(c, answer)
}

func (s *server) caseBundle(id string, who *session.Identity) (*caseAnswer, error) {
	if err := forOffices(who, id); err != nil {
		return nil, err
	}
	if !isOf(id, rights.KindAlert) {
		return nil, notFound("alerts", id)
	}
	if err := s.seesWhole(rights.KindAlert, "alerts", id, who); err != nil {
		return nil, err
	}
	// Which copies are the version's is known only once the copy is.
	b, err := rights.CaseBundle(s, id, nil)
	if err != nil {
		return nil, err
	}
	recipients := []string{}
	if b.CopyID != "" {
		if recipients, err = s.recipientsLike(b.CopyID); err != nil {
			return nil, err
		}
		if b, err = rights.CaseBundle(s, id, recipients); err != nil {
			return nil, err
		}
	}
	return &caseAnswer{Bundle: *b, Gaps: listed(b.Gaps()), Recipients: recipients}, nil
}

// recipientsLike lists the copies of the same product version.
func (s *server) recipientsLike(copyID string) ([]string, error) {
	e, err := s.read.Get(rights.KindCopy, copyID)
	if err != nil {
		return nil, err
	}
	one, err := decodeEntry[rights.Copy](e)
	if err != nil {
		return nil, err
	}
	ids := []string{}
	for cursor := ""; ; {
		page, err := s.read.List(index.Query{Kind: rights.KindCopy, Where: map[string]string{"productId": one.ProductID}, Oldest: true, Cursor: cursor, Limit: MaxPage})
		if err != nil {
			return nil, err
		}
		for _, e := range page.Items {
			other, err := decodeEntry[rights.Copy](e)
			if err != nil {
				return nil, err
			}
			if other.Version == one.Version {
				ids = append(ids, other.ID)
			}
		}
		if cursor = page.Next; cursor == "" {
			return ids, nil
		}
	}
}

// seesWhole refuses who does not see a record whole.
func (s *server) seesWhole(kind rights.Kind, collection, id string, who *session.Identity) error {
	e, err := s.read.Get(kind, id)
	if errors.Is(err, index.ErrNotFound) {
		return notFound(collection, id)
	}
	if err != nil {
		return err
	}
	see := sees(kind)
	if see == nil {
		return forbidden(id)
	}
	v, err := see(s, e.JSON, who)
	if err == nil && v != seeFull {
		err = forbidden(id)
	}
	return err
}

// getRawBlock answers GET /v1/blocks/{number}/raw with the peer's own bytes. The
// configuration is in blocks too: a block's signed metadata names the one in force.
func (s *server) getRawBlock(c *gin.Context) {
	if _, err := accept(c.Request); err != nil {
		s.fail(c, err)
		return
	}
	text := c.Param("number")
	number, err := strconv.ParseUint(text, 10, 63)
	switch {
	case err != nil:
		err = refuse(rights.CodeFormat, "number", "应为区块号", "want a block number")
	case s.opts.Proofs == nil:
		err = refuse(rights.CodeNotFound, "", "本网关不提供原始区块", "this gateway gives no raw blocks")
	default:
		err = forOffices(reader(c), "block "+text)
	}
	if err != nil {
		s.fail(c, err)
		return
	}
	raw, err := s.opts.Proofs.RawBlock(c.Request.Context(), number)
	if err != nil {
		s.fail(c, err)
		return
	}
	s.handOut(c, "raw block read", text, raw)
}

var reMSPID = regexp.MustCompile(`^[A-Za-z0-9.-]{1,64}$`)

// maxEndorsers bounds the organisations one read asks.
const maxEndorsers = 16

func mspIDs(v string) bool {
	ids := strings.Split(v, ",")
	return len(ids) <= maxEndorsers && !slices.ContainsFunc(ids, func(id string) bool { return !reMSPID.MatchString(id) })
}

// getAttestation answers GET /v1/attestations?kind=&id=&organisations= with a read
// that several organisations' peers endorsed and nobody submitted.
func (s *server) getAttestation(c *gin.Context) {
	q, err := accept(c.Request,
		param{name: "kind", check: func(v string) bool { return collectionOf(rights.Kind(v)) != nil }, zh: "须为记录类别，如 RT", en: "must be a kind of record such as RT"},
		param{name: "id"},
		param{name: "organisations", check: mspIDs, zh: "须为以逗号分隔的机构 MSP 标识，至多 16 个", en: "must be MSP ids of organisations with commas between, at most 16"})
	for _, need := range []string{"kind", "id"} {
		if err == nil && q[need] == "" {
			err = refuse(rights.CodeFormat, need, "缺少参数", "is missing")
		}
	}
	if err == nil {
		err = forOffices(reader(c), q["id"])
	}
	if err == nil && s.opts.Proofs == nil {
		err = refuse(rights.CodeNotFound, "", "本网关不提供背书查询", "this gateway gives no endorsed reads")
	}
	kind := rights.Kind(q["kind"])
	if err == nil {
		err = s.seesWhole(kind, collectionOf(kind).name, q["id"], reader(c))
	}
	if err != nil {
		s.fail(c, err)
		return
	}
	// It costs other organisations' peers as much as a command.
	select {
	case s.inFlight <- struct{}{}:
		defer func() { <-s.inFlight }()
	case <-c.Request.Context().Done():
		s.fail(c, c.Request.Context().Err())
		return
	}
	var organisations []string
	if q["organisations"] != "" {
		organisations = strings.Split(q["organisations"], ",")
	}
	raw, err := s.opts.Proofs.Attest(c.Request.Context(), kind, q["id"], organisations)
	if err != nil {
		s.fail(c, err)
		return
	}
	s.handOut(c, "endorsed read", q["id"], raw)
}

// handOut answers with a proof's bytes and says in the log who has them.
func (s *server) handOut(c *gin.Context, what, of string, raw []byte) {
	s.log.InfoContext(c.Request.Context(), what, "requestId", requestID(c), "kid", reader(c).Kid, "of", of)
	h := c.Writer.Header()
	h.Set("Cache-Control", "no-store")
	h.Set("Vary", "Authorization")
	h.Set("Ledger-Height", strconv.FormatUint(s.read.Status().Height, 10))
	c.Data(http.StatusOK, mediaProtobuf, raw)
}

package api

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/datarights/datarights/chaincode/command"
	"github.com/datarights/datarights/chaincode/rights"
	"github.com/datarights/datarights/gateway/index"
	"github.com/datarights/datarights/gateway/outcome"
)

// mediaJOSE is the media type of a compact JWS (RFC 7515 9.2.1).
const mediaJOSE = "application/jose"

// replayWait is how long a repeated command waits for the index to have the
// block of its first transaction.
const replayWait = 5 * time.Second

// commandAnswer is the answer to an applied command. It is the same for every
// repetition, whichever gateway is asked.
type commandAnswer struct {
	ID      string        `json:"id"`
	Command string        `json:"command"`
	Kid     string        `json:"kid"`
	TxID    string        `json:"txId"`
	Block   uint64        `json:"block"`
	Result  rights.Result `json:"result"`
}

// accepted is the answer to a command on its way.
type accepted struct {
	TxID   string         `json:"txId"`
	Status outcome.Status `json:"status"`
}

// postCommand answers POST /v1/commands. The command is the caller's signed
// bytes; the gateway checks their form, so that nonsense costs no peer
// anything, and rewrites a DER signature. Everything else is the ledger's to
// say.
func (s *server) postCommand(c *gin.Context) {
	if _, err := accept(c.Request); err != nil {
		s.fail(c, err)
		return
	}
	jws, secret, err := s.readSubmission(c)
	if err != nil {
		s.metrics.submissions.WithLabelValues("malformed").Inc()
		s.fail(c, err)
		return
	}
	select {
	case s.inFlight <- struct{}{}:
		defer func() { <-s.inFlight }()
	default:
		s.metrics.submissions.WithLabelValues("busy").Inc()
		s.fail(c, &outcome.UnavailableError{RetryAfter: time.Second, Err: errors.New("too many commands on their way")})
		return
	}
	// A caller that hangs up does not undo a command: it is seen through.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(c.Request.Context()), s.limits.CommitTimeout)
	defer cancel()
	if prefersAsync(c.Request.Header) {
		s.submitAsync(ctx, c, jws, secret)
		return
	}
	out, err := s.submit(ctx, jws, secret)
	if err != nil {
		s.submitFailed(c, err)
		s.tellRefused(jws, err)
		return
	}
	answer, err := s.commandAnswer(ctx, out)
	if err != nil {
		s.submitFailed(c, err)
		return
	}
	label := "committed"
	if out.Replayed {
		label = "replayed"
		c.Header("Idempotent-Replayed", "true")
	}
	s.metrics.submissions.WithLabelValues(label).Inc()
	s.created(c, "/v1/transactions/"+answer.TxID, answer)
}

func (s *server) submit(ctx context.Context, jws, secret []byte) (outcome.Outcome, error) {
	if secret != nil {
		return s.opts.Secrets.Submit(ctx, jws, secret)
	}
	return s.opts.Submitter.Submit(ctx, jws)
}

func (s *server) submitAsync(ctx context.Context, c *gin.Context, jws, secret []byte) {
	var out outcome.Outcome
	var err error
	if secret != nil {
		out, err = s.opts.Secrets.SubmitAsync(ctx, jws, secret)
	} else {
		out, err = s.opts.Submitter.SubmitAsync(ctx, jws)
	}
	if err != nil {
		s.submitFailed(c, err)
		s.tellRefused(jws, err)
		return
	}
	status := outcome.Pending
	if out.Replayed {
		status = outcome.Committed
		c.Header("Idempotent-Replayed", "true")
	}
	s.metrics.submissions.WithLabelValues("accepted").Inc()
	c.Header("Preference-Applied", "respond-async")
	s.write(c, http.StatusAccepted, "/v1/transactions/"+out.TxID, accepted{out.TxID, status})
}

func (s *server) submitFailed(c *gin.Context, err error) {
	var (
		refusal     *rights.Error
		unavailable *outcome.UnavailableError
		unknown     *outcome.UnknownError
		invalid     *outcome.InvalidError
	)
	label := "failed"
	switch {
	case errors.As(err, &refusal):
		label = "refused"
	case errors.As(err, &unknown):
		label = "unknown"
	case errors.As(err, &invalid):
		label = "invalid"
	case errors.As(err, &unavailable):
		label = "unavailable"
	}
	s.metrics.submissions.WithLabelValues(label).Inc()
	if refusal == nil {
		s.log.WarnContext(c.Request.Context(), "submission", "requestId", requestID(c), "outcome", label, "error", err.Error())
	}
	s.fail(c, err)
}

// tellRefused tells whoever watches of a command the rules refused.
func (s *server) tellRefused(jws []byte, err error) {
	var refusal *rights.Error
	if s.opts.Refused != nil && errors.As(err, &refusal) {
		s.opts.Refused(jws, refusal)
	}
}

// readSubmission reads the command, and its secret if it came with one, and
// checks all of it but the signature.
func (s *server) readSubmission(c *gin.Context) (jws, secret []byte, err error) {
	var body []byte
	if boundary := multipartBoundary(c.Request); boundary != "" {
		body, secret, err = s.readParts(c, boundary)
	} else {
		body, err = readJOSE(c, MaxCommand)
	}
	if err != nil {
		return nil, nil, err
	}
	if jws, err = command.NormalizeSignature(body); err != nil {
		return nil, nil, err
	}
	cmd, err := command.Decode(jws)
	if err != nil {
		return nil, nil, err
	}
	return jws, secret, checkSecret(cmd.Name, secret)
}

// readJOSE reads a compact JWS of at most limit bytes. Line ends after it are
// taken off: they belong to the file it was kept in.
func readJOSE(c *gin.Context, limit int64) ([]byte, error) {
	if err := wantMedia(c.Request, mediaJOSE); err != nil {
		return nil, err
	}
	body, err := io.ReadAll(http.MaxBytesReader(c.Writer, c.Request.Body, limit+2))
	if err != nil {
		return nil, bodyError(err, limit)
	}
	if body = bytes.TrimRight(body, "\r\n"); int64(len(body)) > limit {
		return nil, &http.MaxBytesError{Limit: limit}
	}
	if len(body) == 0 {
		return nil, refuse(rights.CodeFormat, "body", "请求体为空", "the body is empty")
	}
	return body, nil
}

// bodyError tells a body that is too long from one that broke off.
func bodyError(err error, limit int64) error {
	if tooLarge := (*http.MaxBytesError)(nil); errors.As(err, &tooLarge) {
		return &http.MaxBytesError{Limit: limit}
	}
	return refuse(rights.CodeFormat, "body", "请求体未能完整读取", "the body could not be read to its end")
}

func wantMedia(r *http.Request, want string) error {
	media, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || media != want {
		return refuse(CodeMediaType, "Content-Type", "Content-Type 须为 "+want, "Content-Type must be "+want)
	}
	if r.Header.Get("Content-Encoding") != "" {
		return refuse(CodeMediaType, "Content-Encoding", "不接受压缩的请求体", "the body must not be compressed")
	}
	return nil
}

// prefersAsync reads Prefer (RFC 7240).
func prefersAsync(h http.Header) bool {
	for _, line := range h.Values("Prefer") {
		for p := range strings.SplitSeq(line, ",") {
			name, _, _ := strings.Cut(p, ";")
			if strings.EqualFold(strings.TrimSpace(name), "respond-async") {
				return true
			}
		}
	}
	return false
}

// commandAnswer reads the chaincode's answer and adds the block.
func (s *server) commandAnswer(ctx context.Context, out outcome.Outcome) (*commandAnswer, error) {
	var payload struct {
		ID      string        `json:"id"`
		Command string        `json:"command"`
		Kid     string        `json:"kid"`
		TxID    string        `json:"txId"`
		Result  rights.Result `json:"result"`
	}
	if err := json.Unmarshal(out.Payload, &payload); err != nil {
		return nil, fmt.Errorf("couldn't decode the chaincode's answer to transaction %s: %w", out.TxID, err)
	}
	a := &commandAnswer{ID: payload.ID, Command: payload.Command, Kid: payload.Kid, TxID: out.TxID, Block: out.Block, Result: payload.Result}
	if a.TxID == "" {
		a.TxID = payload.TxID
	}
	if a.Result.Records == nil {
		a.Result.Records = []rights.RecordRef{}
	}
	if !out.Replayed {
		return a, nil
	}
	var err error
	a.TxID = payload.TxID
	a.Block, err = s.blockOf(ctx, a.TxID)
	return a, err
}

// blockOf finds the block of a transaction that some peer has committed; the
// own peer may be a moment behind it.
func (s *server) blockOf(ctx context.Context, txID string) (uint64, error) {
	ctx, cancel := context.WithTimeout(ctx, replayWait)
	defer cancel()
	for {
		height := s.read.Status().Height
		t, err := s.read.Transaction(txID)
		if err == nil {
			return t.Block, nil
		}
		if !errors.Is(err, index.ErrNotFound) {
			return 0, err
		}
		if err := s.read.Wait(ctx, height+1); err != nil {
			f := refuse(CodeUnavailable, "", "该指令此前已在交易 "+txID+" 中生效，但本机构索引尚未到达其区块；请稍后重发", "the command was applied before, in transaction "+txID+", whose block this organisation's index does not have yet; send it again")
			f.txID, f.retryAfter = txID, time.Second
			return 0, f
		}
	}
}

// created answers 201; write answers any success of a POST.
func (s *server) created(c *gin.Context, location string, v any) {
	s.write(c, http.StatusCreated, location, v)
}

func (s *server) write(c *gin.Context, status int, location string, v any) {
	body, err := encode(v)
	if err != nil {
		s.fail(c, err)
		return
	}
	h := c.Writer.Header()
	if location != "" {
		h.Set("Location", location)
	}
	h.Set("Cache-Control", "no-store")
	h.Set("Ledger-Height", strconv.FormatUint(s.read.Status().Height, 10))
	c.Data(status, "application/json; charset=utf-8", body)
}

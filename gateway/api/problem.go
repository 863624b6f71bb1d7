package api

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"math"
	"net/http"
	"strconv"
	"time"

	"github.com/gin-gonic/gin"
	"golang.org/x/text/language"

	"github.com/datarights/datarights/chaincode/command"
	"github.com/datarights/datarights/chaincode/rights"
	"github.com/datarights/datarights/gateway/index"
	"github.com/datarights/datarights/gateway/matchtag"
	"github.com/datarights/datarights/gateway/outcome"
	"github.com/datarights/datarights/gateway/session"
)

// Problem is the body of every answer that is not a success (RFC 9457).
// Detail is in the language asked for by Accept-Language, English unless
// Chinese is preferred; both are always there.
type Problem struct {
	Type      string             `json:"type"`
	Title     string             `json:"title"`
	Status    int                `json:"status"`
	Code      rights.Code        `json:"code"`
	Detail    string             `json:"detail"`
	DetailEn  string             `json:"detailEn"`
	DetailZh  string             `json:"detailZh"`
	Field     string             `json:"field,omitempty"`
	Record    string             `json:"record,omitempty"`
	Rule      string             `json:"rule,omitempty"`
	Items     []rights.ItemError `json:"items,omitempty"`
	TxID      string             `json:"txId,omitempty"`
	RequestID string             `json:"requestId"`

	retryAfter time.Duration
}

// fault is an error that already knows how it will be answered. It exists for
// what the gateway itself has to say; whoever sent the request may read it.
type fault struct {
	refusal    rights.Error
	status     int // 0: the code's own
	txID       string
	retryAfter time.Duration
}

func (f *fault) Error() string { return f.refusal.Error() }

func refuse(code rights.Code, field, zh, en string) *fault {
	return &fault{refusal: rights.Error{Code: code, Field: field, Detail: en, DetailZh: zh}}
}

// problemOf is the one place where errors become answers. What it does not
// know is E_INTERNAL and says nothing of its cause.
func problemOf(err error) Problem {
	var (
		own         *fault
		refusal     *rights.Error
		malformed   *command.Error
		unavailable *outcome.UnavailableError
		unknown     *outcome.UnknownError
		invalid     *outcome.InvalidError
		tooLarge    *http.MaxBytesError
	)
	switch {
	case errors.As(err, &own):
		p := newProblem(own.refusal)
		if own.status != 0 {
			p.Status = own.status
		}
		p.TxID, p.retryAfter = own.txID, own.retryAfter
		return p
	case errors.As(err, &refusal):
		return newProblem(*refusal)
	case errors.As(err, &malformed):
		return newProblem(rights.Error{Code: rights.Code(malformed.Code), Field: malformed.Field, Detail: malformed.Detail, DetailZh: malformed.DetailZh})
	case errors.As(err, &unknown):
		p := newProblem(rights.Error{Code: CodeUnknownOutcome,
			Detail:   "the transaction was sent but its outcome could not be learned in time; ask for it, or send the same command again (it is applied at most once)",
			DetailZh: "交易已送出，但未能及时获知结果；请查询该交易，或重发相同指令（至多生效一次）"})
		p.TxID, p.retryAfter = unknown.TxID, 2*time.Second
		return p
	case errors.As(err, &invalid):
		return invalidated(invalid)
	case errors.As(err, &unavailable):
		p := newProblem(rights.Error{Code: CodeUnavailable,
			Detail:   "this organisation's ledger node cannot take commands now; nothing was written, send the same command again",
			DetailZh: "本机构账本节点暂时无法受理；未写入任何内容，请稍后重发相同指令"})
		p.retryAfter = max(unavailable.RetryAfter, time.Second)
		return p
	case errors.Is(err, matchtag.ErrNotEnrolled):
		p := newProblem(rights.Error{Code: CodeUnavailable,
			Detail:   "the platform's tagging key is not enrolled on the ledger yet; its organisation's administrator does that (datarights network enrol, duty RolePlatform)",
			DetailZh: "平台打标密钥尚未登记上链；须由所属机构管理员登记（datarights network enrol，职责 RolePlatform）"})
		p.retryAfter = 5 * time.Second
		return p
	case errors.As(err, &tooLarge):
		return newProblem(rights.Error{Code: rights.CodeTooLarge, Field: "body",
			Detail:   "the body has more than " + strconv.FormatInt(tooLarge.Limit, 10) + " bytes",
			DetailZh: "请求体超过 " + strconv.FormatInt(tooLarge.Limit, 10) + " 字节"})
	case errors.Is(err, session.ErrFull):
		p := newProblem(rights.Error{Code: CodeUnavailable, Detail: "this gateway has as many open sessions as it can keep", DetailZh: "本网关会话数已满"})
		p.retryAfter = time.Minute
		return p
	case errors.Is(err, index.ErrCursor):
		return newProblem(rights.Error{Code: CodeCursor, Field: "cursor", Detail: "not a cursor that this list gave out for these filters", DetailZh: "不是本列表在相同筛选条件下返回的游标"})
	case errors.Is(err, index.ErrNotFound):
		return newProblem(rights.Error{Code: rights.CodeNotFound, Detail: "the index has no such thing at its present height", DetailZh: "索引在当前高度没有该内容"})
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, context.Canceled):
		p := newProblem(rights.Error{Code: CodeUnavailable, Detail: "not answered in time", DetailZh: "未能及时答复"})
		p.retryAfter = time.Second
		return p
	}
	return newProblem(rights.Error{Code: CodeInternal, Detail: "something went wrong in this gateway; it is in its log under the request id", DetailZh: "网关内部错误；已按请求编号记入日志"})
}

// invalidated answers for a transaction that a block holds without effect. A
// conflict with another transaction is gone on the next attempt; anything else
// is a fault of the consortium.
func invalidated(e *outcome.InvalidError) Problem {
	r := rights.Error{Code: CodeInternal,
		Detail:   "the transaction is in block " + strconv.FormatUint(e.Block, 10) + " without effect: " + e.Validation,
		DetailZh: "交易在区块 " + strconv.FormatUint(e.Block, 10) + " 中但未生效：" + e.Validation}
	conflict := e.Validation == "MVCC_READ_CONFLICT" || e.Validation == "PHANTOM_READ_CONFLICT"
	if conflict {
		r.Code = CodeUnavailable
		r.Detail += "; the record changed meanwhile, send the same command again"
		r.DetailZh += "；记录同时被他人修改，请重发相同指令"
	}
	p := newProblem(r)
	if p.TxID = e.TxID; conflict {
		p.retryAfter = time.Second
	}
	return p
}

func newProblem(e rights.Error) Problem {
	info := describe(e.Code)
	return Problem{
		Type: "/docs/errors#" + string(e.Code), Title: info.title.Zh + " " + info.title.En, Status: info.status, Code: e.Code,
		DetailEn: e.Detail, DetailZh: e.DetailZh, Field: e.Field, Record: e.Record, Rule: e.Rule, Items: e.Items,
	}
}

// languages in the order of preference when nothing else decides.
var languages = language.NewMatcher([]language.Tag{language.English, language.Chinese})

// wantsChinese reads Accept-Language.
func wantsChinese(header string) bool {
	if len(header) > 200 {
		return false
	}
	tags, _, err := language.ParseAcceptLanguage(header)
	if err != nil || len(tags) == 0 {
		return false
	}
	_, i, _ := languages.Match(tags...)
	return i == 1
}

// fail ends the request with a problem.
func (s *server) fail(c *gin.Context, err error) {
	p := problemOf(err)
	if p.Code == CodeInternal {
		s.log.ErrorContext(c.Request.Context(), "request failed", "requestId", requestID(c), "path", c.Request.URL.Path, "error", err.Error())
	}
	s.writeProblem(c, p)
}

func (s *server) writeProblem(c *gin.Context, p Problem) {
	p.RequestID = requestID(c)
	h := c.Writer.Header()
	if p.Detail = p.DetailEn; wantsChinese(c.GetHeader("Accept-Language")) {
		p.Detail = p.DetailZh
		h.Set("Content-Language", "zh")
	} else {
		h.Set("Content-Language", "en")
	}
	if p.retryAfter > 0 {
		h.Set("Retry-After", strconv.Itoa(int(math.Ceil(p.retryAfter.Seconds()))))
	}
	if p.Status == http.StatusUnauthorized {
		scheme := "Bearer"
		if p.Code != CodeSession {
			scheme = "DataRights-JWS"
		}
		h.Set("WWW-Authenticate", scheme+` realm="datarights"`)
	}
	h.Set("Cache-Control", "no-store")
	s.metrics.refusals.WithLabelValues(string(p.Code)).Inc()
	body, err := encode(p)
	if err != nil { // strings and integers alone: cannot happen
		body = []byte(`{"title":"E_INTERNAL","status":500}`)
	}
	c.Abort()
	c.Data(p.Status, "application/problem+json; charset=utf-8", body)
}

// encode writes JSON as it reads: no HTML escapes, no trailing newline.
func encode(v any) ([]byte, error) {
	if raw, ok := v.(json.RawMessage); ok {
		return raw, nil
	}
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(b.Bytes(), []byte{'\n'}), nil
}

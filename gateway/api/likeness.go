package api

import (
	"bytes"
	"cmp"
	"encoding/json"
	"net/http"
	"slices"

	"github.com/gin-gonic/gin"

	"github.com/datarights/datarights/chaincode/rights"
	"github.com/datarights/datarights/gateway/index"
	"github.com/datarights/datarights/gateway/session"
	likeness "github.com/datarights/datarights/gateway/trace"
	"github.com/datarights/datarights/internal/marks"
	"github.com/datarights/datarights/internal/sketch"
)

// A trace of a file (4.6 of the rules, steps 2 to 6): what of the registered it
// is, who received that, what each of them was allowed when it was offered, and
// what is still missing to prove a case.

// traceRequest is the body of POST /v1/traces. Sketch or digest is needed.
type traceRequest struct {
	Sketch []byte `json:"sketch,omitempty"` // as the fingerprint gives it, not keyed
	Digest string `json:"digest,omitempty"` // the order-free digest: finds equal content
	// Extraction is what the marks in the file say, of a regulator.
	Extraction json.RawMessage `json:"extraction,omitempty"`
	// OfferedAt is when the file was offered, UTC seconds; now when left out.
	OfferedAt int64 `json:"offeredAt,omitempty"`
	// OfferorID is who offered it, if that is known: what speaks for him is weighed.
	OfferorID string `json:"offerorId,omitempty"`
	Limit     int    `json:"limit,omitempty"` // candidates, 1 to 50; 10 when left out
}

const (
	maxTraceBody       = 32<<10 + marks.MaxExtraction
	defaultCandidates  = 10
	maxCandidates      = 50
	maxTraceRecipients = 500 // of one candidate
)

// fileTrace is the answer.
type fileTrace struct {
	OfferedAt  int64            `json:"offeredAt"`
	Strong     int64            `json:"strong"` // permille from which likeness is strong evidence
	Review     int64            `json:"review"` // permille from which a person looks at it
	Candidates []traceCandidate `json:"candidates"`
	Marks      *traceMarks      `json:"marks"` // null: no extraction was sent
	// Suspect is the copy that the evidence at hand leads to; null when it leads
	// to none, or to more than one.
	Suspect *traceSuspect `json:"suspect"`
	// Elements are E1 to E10 of a case against the suspect, as far as the ledger
	// has them now.
	Elements []rights.BundleElement `json:"elements"`
}

// traceCandidate is a registered version that the file is like.
type traceCandidate struct {
	Kind        rights.Kind      `json:"kind"`
	ID          string           `json:"id"`
	Version     int64            `json:"version"`
	Name        string           `json:"name"`
	HolderID    string           `json:"holderId"`
	HolderName  string           `json:"holderName"`
	ContentRoot string           `json:"contentRoot"`
	SketchHash  string           `json:"sketchHash,omitempty"`
	Block       uint64           `json:"block"`
	Tx          int              `json:"tx"`
	Equal       bool             `json:"equal"`             // by match tag: all of it, in whatever order
	Match       *sketch.Match    `json:"match,omitempty"`   // share of the file inside the version
	Reverse     *sketch.Match    `json:"reverse,omitempty"` // share of the version inside the file
	Strength    string           `json:"strength"`          // strong, review, weak
	Recipients  []traceRecipient `json:"recipients"`
	Truncated   bool             `json:"truncated"` // there are more recipients
	// Offeror is how whoever offered the file stands to this version, if the
	// request named him.
	Offeror *traceOfferor `json:"offeror,omitempty"`

	copies []likeness.CopyMatch
}

// traceOfferor is what the ledger knows for and against who offered a file
// (4.6, steps 4 to 6). What lies outside it is for the hearing.
type traceOfferor struct {
	// Relation is holder, group (of the holder), recipient, recipientGroup or none.
	Relation string `json:"relation"`
	// CopyIDs are the copies that he, or one of his group, received before the offer.
	CopyIDs []string `json:"copyIds"`
	// MayResell: one of those copies allowed it when the file was offered.
	MayResell bool `json:"mayResell"`
	// EarlierID is a registration of his own that is strongly like the file and
	// older than this version: an independent source.
	EarlierID string `json:"earlierId,omitempty"`
}

// traceRecipient is one who received the version, or a product made of it.
type traceRecipient struct {
	CopyID            string       `json:"copyId"`
	HolderID          string       `json:"holderId"`
	HolderName        string       `json:"holderName"`
	ParentCopyID      string       `json:"parentCopyId,omitempty"`
	DeliveryID        string       `json:"deliveryId"`
	TradeID           string       `json:"tradeId,omitempty"`
	ProductID         string       `json:"productId"`
	Version           int64        `json:"version"`
	State             rights.State `json:"state"`
	FingerprintCommit string       `json:"fingerprintCommit,omitempty"`
	Equal             bool         `json:"equal"` // the file is this copy as it was sent
	// Match is the share of the file inside this copy as it was sent, where the
	// platform has its sketch. Copies of one version are alike: it is a hint.
	Match *sketch.Match `json:"match,omitempty"`
	Block uint64        `json:"block"`
	Tx    int           `json:"tx"`
	// Resell and Provide tell whether the copy allowed it when the file was offered.
	Resell  *permissionAnswer `json:"resell"`
	Provide *permissionAnswer `json:"provide"`
}

// traceMarks is what the platform's register says of an extraction. Those it
// does not accuse are not named.
type traceMarks struct {
	KeyID      string         `json:"keyId"`
	Candidates int            `json:"candidates"` // deliveries marked under the key
	Epsilon    float64        `json:"epsilon"`    // probability that any innocent is accused
	Line       float64        `json:"line"`       // log10 at or below which one is
	Positions  int            `json:"positions"`
	Marks      int            `json:"marks"`
	Accused    []traceAccused `json:"accused"`
	Reason     marks.Reason   `json:"reason,omitempty"` // why nobody is
}

// traceAccused is a delivery whose mark is in the file.
type traceAccused struct {
	DeliveryID  string  `json:"deliveryId"`
	RecipientID string  `json:"recipientId"`
	Log10       float64 `json:"falseAccusationLog10"` // of the probability that an innocent's code agrees as well
	// Committed: the code opens the commitment that the ledger took before the
	// delivery was received.
	Committed bool `json:"committed"`
	// ByPlatform: the platform embedded the code and signed for it. Where the
	// seller did, the seller knew it (4.6, step 6).
	ByPlatform bool `json:"byPlatform"`
	// Code and Nonce open the commitment, base64url, for alert.openFingerprint.
	Code  string `json:"code"`
	Nonce string `json:"nonce"`
}

// traceSuspect is the copy the file came from, as far as is known.
type traceSuspect struct {
	CopyID     string      `json:"copyId"`
	HolderID   string      `json:"holderId"`
	HolderName string      `json:"holderName"`
	DeliveryID string      `json:"deliveryId"`
	Because    string      `json:"because"` // mark, equal, onlyRecipient
	Path       []traceStep `json:"path"`    // from the source to the suspect
}

// traceStep is one station of the way the content took.
type traceStep struct {
	Kind    rights.Kind  `json:"kind"`
	ID      string       `json:"id"`
	PartyID string       `json:"partyId"`
	Party   string       `json:"party"`
	State   rights.State `json:"state,omitempty"`
	Block   uint64       `json:"block"`
	Tx      int          `json:"tx"`
}

// fileTracing is one trace of a file: for whom, of what, as of when.
type fileTracing struct {
	s              *server
	who            *session.Identity
	sketch         *sketch.Sketch // keyed; nil: none was sent
	tag            string         // of the digest; "": none was sent
	extraction     *marks.Extraction
	at             int64               // of the offer
	offeror        *rights.Participant // nil: not named
	limit          int
	strong, review int64
}

// postTrace answers POST /v1/traces. The offices see every candidate; others
// those that are their own.
func (s *server) postTrace(c *gin.Context) {
	if s.opts.Tracer == nil || s.opts.Tags == nil {
		s.fail(c, noTracer())
		return
	}
	if reader(c) == nil {
		s.fail(c, refuse(CodeSession, "Authorization", "追溯须有会话", "a trace needs a session"))
		return
	}
	in, err := readJSON[traceRequest](c, maxTraceBody)
	if err != nil {
		s.fail(c, err)
		return
	}
	if s.admit(c, s.taggers, 1); c.IsAborted() {
		return
	}
	t, err := s.newFileTracing(reader(c), &in)
	if err != nil {
		s.fail(c, err)
		return
	}
	answer, err := t.run()
	if err != nil {
		s.fail(c, err)
		return
	}
	s.log.InfoContext(c.Request.Context(), "file traced", "requestId", requestID(c), "kid", t.who.Kid, "candidates", len(answer.Candidates), "suspect", answer.Suspect != nil)
	s.write(c, http.StatusOK, "", answer)
}

func (s *server) newFileTracing(who *session.Identity, in *traceRequest) (*fileTracing, error) {
	t := &fileTracing{s: s, who: who, at: cmp.Or(in.OfferedAt, s.now().Unix()), limit: cmp.Or(in.Limit, defaultCandidates)}
	switch {
	case len(in.Sketch) == 0 && in.Digest == "":
		return nil, refuse(rights.CodeFormat, "sketch", "须有 sketch 或 digest", "a sketch or a digest is needed")
	case in.Digest != "" && !rights.ValidHash(in.Digest):
		return nil, refuse(rights.CodeFormat, "digest", "须为 sm3: 加 64 位小写十六进制", "must be sm3: and 64 lower-case hex digits")
	case t.at < 0 || t.at > s.now().Unix()+300:
		return nil, refuse(rights.CodeFormat, "offeredAt", "须为不晚于现在的 UTC 秒", "must be UTC seconds, not in the future")
	case t.limit < 1 || t.limit > maxCandidates:
		return nil, refuse(rights.CodeFormat, "limit", "须为 1 至 50", "must be 1 to 50")
	}
	k, err := s.clientSketch("sketch", in.Sketch)
	if err != nil {
		return nil, err
	}
	if k != nil {
		if t.sketch, err = s.opts.Tracer.Key(k); err != nil {
			return nil, err
		}
	}
	if in.Digest != "" {
		tag, err := s.opts.Tags.Make(who.ParticipantID, in.Digest, in.Digest, "") // the tag alone is used
		if err != nil {
			return nil, err
		}
		t.tag = tag.MatchTag
	}
	if len(in.Extraction) > 0 && string(in.Extraction) != "null" {
		if !slices.Contains(who.Roles, rights.RoleRegulator) {
			return nil, refuse(CodeForbidden, "extraction", "水印比对仅供监管部门", "marks are held against the register for regulators only")
		}
		if t.extraction, err = marks.ParseExtraction(bytes.NewReader(in.Extraction)); err != nil {
			return nil, refuse(rights.CodeFormat, "extraction", "不是可用的水印提取结果（"+err.Error()+"）", err.Error()+"; datarights watermark detect --extract makes one")
		}
	}
	if in.OfferorID != "" {
		if t.offeror, err = s.participant(in.OfferorID); err != nil {
			return nil, err
		}
		if t.offeror == nil {
			return nil, refuse(rights.CodeNotFound, "offerorId", "没有此主体", "there is no such participant")
		}
	}
	t.strong, t.review, err = s.similarity()
	return t, err
}

// similarity are the thresholds of the market's rules in force; those of 4.4
// before there are any.
func (s *server) similarity() (strong, review int64, err error) {
	strong, review = 800, 500
	page, err := s.read.List(index.Query{Kind: rights.KindProfile, Where: map[string]string{"code": rights.CodeLocal}, Limit: MaxPage})
	if err != nil {
		return 0, 0, err
	}
	for _, e := range page.Items { // newest first
		p, err := decodeEntry[rights.RuleProfile](e)
		if err != nil {
			return 0, 0, err
		}
		if p.From <= s.now().Unix() {
			return cmp.Or(p.Int(rights.ParamSimilarStrong), strong), cmp.Or(p.Int(rights.ParamSimilarReview), review), nil
		}
	}
	return strong, review, nil
}

func (t *fileTracing) run() (*fileTrace, error) {
	a := &fileTrace{OfferedAt: t.at, Strong: t.strong, Review: t.review, Candidates: []traceCandidate{}, Elements: []rights.BundleElement{}}
	var err error
	if a.Candidates, err = t.candidates(); err != nil {
		return nil, err
	}
	if t.extraction != nil {
		if a.Marks, err = t.accuse(); err != nil {
			return nil, err
		}
	}
	if a.Suspect, err = t.suspect(a); err != nil || a.Suspect == nil {
		return a, err
	}
	a.Elements, err = t.elements(a)
	return a, err
}

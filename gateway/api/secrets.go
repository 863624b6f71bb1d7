package api

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/gin-gonic/gin"

	"github.com/datarights/datarights/chaincode/rights"
	"github.com/datarights/datarights/gateway/index"
)

// privatePart is what a private collection keeps of one kind of record.
type privatePart struct {
	records string // the collection of the API
	name    string // the path below a record
	kind    rights.Kind
	// commitment is the record's field that the part opens.
	commitment string
	// parties are the record's fields that name who may read it, beside the
	// exchange and the regulator.
	parties []string
	// bank is the record's field that names the bank whose collection it is in, by
	// MSP ID or as a participant; none: it is among the trade's.
	bank  string
	title rights.Text
}

// privateParts is everything that is read in private.
var privateParts = []privatePart{
	{"trades", "terms", rights.KindTrade, "termsCommitment", []string{"buyerId", "sellerId"}, "", rights.Text{Zh: "交易条款", En: "The terms of a trade"}},
	{"settlements", "amounts", rights.KindSettlement, "amountsCommitment", []string{"buyerId", "sellerId"}, "", rights.Text{Zh: "结算金额", En: "The amounts of a settlement"}},
	{"listings", "price", rights.KindListing, "priceCommitment", []string{"sellerId"}, "", rights.Text{Zh: "协商价格", En: "The negotiated price of a listing"}},
	{"disputes", "statement", rights.KindDispute, "statementCommitment", []string{"claimantId", "respondentIds", "mediatorId", "acceptedBy"}, "", rights.Text{Zh: "争议陈述", En: "The statement of a dispute"}},
	{"pledges", "amounts", rights.KindPledge, "amountsCommitment", []string{"pledgorId", "pledgeeId", "debtorId"}, "pledgeeMsp", rights.Text{Zh: "质押金额", En: "The amounts of a pledge"}},
	{"evaluations", "value", rights.KindEvaluation, "valueCommitment", []string{"clientId", "evaluatorId", "financingBankId"}, "", rights.Text{Zh: "评估价值", En: "The value of an evaluation"}},
	{"accountings", "amounts", rights.KindAccounting, "amountsCommitment", []string{"enterpriseId", "auditorId"}, "", rights.Text{Zh: "入表金额", En: "The amounts of an accounting record"}},
	{"guarantees", "amount", rights.KindGuarantee, "amountsCommitment", []string{"guarantorId", "beneficiaryId", "debtorId"}, "beneficiaryId", rights.Text{Zh: "担保金额", En: "The amount of a guarantee"}},
	{"supports", "amounts", rights.KindSupport, "amountsCommitment", []string{"recipientId"}, "", rights.Text{Zh: "政策支持金额", En: "The amounts of a support"}},
}

func (s *server) secretRoutes() []route {
	var rs []route
	for _, p := range privateParts {
		rs = append(rs, route{http.MethodGet, "/v1/" + p.records + "/:id/" + p.name, s.getSecret(p), []gin.HandlerFunc{s.session, s.atLeast}})
	}
	return rs
}

// getSecret answers GET /v1/<records>/{id}/<part> with the bytes as they were
// committed to.
func (s *server) getSecret(p privatePart) gin.HandlerFunc {
	return func(c *gin.Context) {
		if _, err := accept(c.Request); err != nil {
			s.fail(c, err)
			return
		}
		raw, err := s.secret(c, p, c.Param("id"))
		if err != nil {
			s.fail(c, err)
			return
		}
		who := reader(c)
		s.log.InfoContext(c.Request.Context(), "private part read", "requestId", requestID(c), "kid", who.Kid, "record", c.Param("id"), "part", p.name)
		h := c.Writer.Header()
		h.Set("Cache-Control", "no-store")
		h.Set("Vary", "Authorization")
		h.Set("Ledger-Height", strconv.FormatUint(s.read.Status().Height, 10))
		h.Set("Secret-Commitment", rights.Commit(raw))
		c.Data(http.StatusOK, "application/json; charset=utf-8", raw)
	}
}

func (s *server) secret(c *gin.Context, p privatePart, id string) ([]byte, error) {
	who := reader(c)
	if who == nil {
		return nil, refuse(CodeSession, "Authorization", "查阅需要会话：仅当事人、交易机构与监管机构可查阅", "this needs a session: it is for the parties, the exchange and the regulator")
	}
	e, err := s.read.Get(p.kind, id)
	if errors.Is(err, index.ErrNotFound) {
		return nil, notFound(p.records, id)
	}
	if err != nil {
		return nil, err
	}
	var record map[string]json.RawMessage
	if err := json.Unmarshal(e.JSON, &record); err != nil {
		return nil, fmt.Errorf("couldn't decode %s: %w", id, err)
	}
	if !office(who) && !is(who, p.partiesOf(record)...) {
		return nil, forbidden(id)
	}
	collection, err := s.collectionOf(p, record)
	if err != nil {
		return nil, err
	}
	if s.opts.Secrets == nil || !slices.Contains(s.opts.Collections, collection) {
		return nil, misdirected()
	}
	if len(texts(record[p.commitment])) == 0 {
		f := refuse(rights.CodeNotFound, p.commitment, "该记录没有此保密内容", "this record keeps nothing in private here")
		f.refusal.Record = shown(id)
		return nil, f
	}
	return s.opts.Secrets.Read(c.Request.Context(), collection, p.kind, id)
}

// partiesOf names the record's parties.
func (p privatePart) partiesOf(record map[string]json.RawMessage) (ids []string) {
	for _, field := range p.parties {
		ids = append(ids, texts(record[field])...)
	}
	return ids
}

// collectionOf is the collection that keeps a record's part; "" when its bank is
// none of the consortium's.
func (s *server) collectionOf(p privatePart, record map[string]json.RawMessage) (rights.Collection, error) {
	if p.bank == "" {
		return rights.CollectionTrade, nil
	}
	banks := texts(record[p.bank])
	if len(banks) == 0 {
		return "", nil
	}
	bank := banks[0] // a participant, or the organisation itself
	participant, err := s.participant(bank)
	if err != nil {
		return "", err
	}
	if participant != nil {
		bank = participant.MSPID
	}
	return rights.CollectionPledge(bank), nil
}

// texts reads a field that is a text or a list of them, without the empty ones.
func texts(raw json.RawMessage) (all []string) {
	var one string
	if json.Unmarshal(raw, &one) == nil {
		all = []string{one}
	} else if json.Unmarshal(raw, &all) != nil {
		return nil
	}
	return slices.DeleteFunc(all, func(s string) bool { return s == "" })
}

// documentSecrets writes the private parts into the API's document.
func documentSecrets(doc map[string]any) error {
	paths, ok := doc["paths"].(map[string]any)
	if !ok {
		return errors.New("it has no paths")
	}
	ref := func(to string) map[string]any { return map[string]any{"$ref": "#/components/" + to} }
	for _, p := range privateParts {
		collection := string(rights.CollectionTrade)
		if p.bank != "" {
			collection = string(rights.CollectionPledge("<MSP>"))
		}
		paths["/v1/"+p.records+"/{id}/"+p.name] = map[string]any{"get": map[string]any{
			"tags": []any{"secrets"}, "operationId": "get" + capitalised(p.records) + capitalised(p.name),
			"summary": p.title.Zh + " · " + p.title.En,
			"description": "仅当事人（" + strings.Join(p.parties, ", ") + "）、交易机构与监管机构可查阅，须会话；本机构须为集合 " + collection + " 的成员，否则答 421。内容逐字节如集合所存；后续指令未作补充时，其 SM3 即记录的 " + p.commitment + "。\n\n" +
				"For the parties (" + strings.Join(p.parties, ", ") + "), the exchange and the regulator, with a session, at a gateway whose organisation is a member of the collection " + collection + " (421 elsewhere). Byte for byte as the collection keeps it: unless later commands added to it, its SM3 is the record's " + p.commitment + ".",
			"security":   []any{map[string]any{"session": []any{}}},
			"parameters": []any{map[string]any{"name": "id", "in": "path", "required": true, "schema": map[string]any{"type": "string"}}, ref("parameters/atLeast")},
			"responses": map[string]any{
				"200": map[string]any{
					"description": "保密内容 · the private part",
					"headers":     map[string]any{"Ledger-Height": ref("headers/LedgerHeight"), "Secret-Commitment": map[string]any{"description": "所答字节的 SM3 · SM3 of the bytes answered", "required": true, "schema": ref("schemas/SM3")}},
					"content":     map[string]any{"application/json": map[string]any{"schema": map[string]any{"type": "object"}}},
				},
				"default": ref("responses/Problem"),
			},
		}}
	}
	return nil
}

func capitalised(s string) string { return strings.ToUpper(s[:1]) + s[1:] }

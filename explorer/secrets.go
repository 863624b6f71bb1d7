package explorer

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"mime/multipart"
	"net/http"
	"net/textproto"
	"net/url"
	"reflect"

	"github.com/datarights/datarights/chaincode/command"
	"github.com/datarights/datarights/chaincode/rights"
	"github.com/datarights/datarights/client"
)

// Prices, terms and amounts are not on the ledger: a command has a commitment to
// them, and they go beside it to the organisations that keep them. A gateway of one
// of those sees them when they are handed in whichever way they come, so there the
// page takes them, salts them and makes the commitment. Any other organisation's
// gateway must never see them: there the page takes none and says where and how.

// secretOf is what goes beside a command.
type secretOf struct {
	Field   string       // of the body, which holds the commitment
	Type    reflect.Type // of the document
	Pledge  bool         // the bank keeps it too
	Default url.Values
}

var secrets = map[string]secretOf{
	"trade.proposeTerms":  {Field: "termsCommitment", Type: reflect.TypeFor[rights.TradeTerms]()},
	"trade.file":          {Field: "termsCommitment", Type: reflect.TypeFor[rights.TradeTerms]()},
	"listing.submit":      {Field: "priceCommitment", Type: reflect.TypeFor[rights.ListingPrice]()},
	"dispute.file":        {Field: "statementCommitment", Type: reflect.TypeFor[rights.DisputeStatement]()},
	"settlement.open":     {Field: "amountsCommitment", Type: reflect.TypeFor[rights.SettlementAmounts](), Default: url.Values{"b.secret.refundedFen": {"0.00"}}},
	"settlement.markPaid": {Field: "paidCommitment", Type: reflect.TypeFor[rights.PaymentProof]()},
	"settlement.refund":   {Field: "refundCommitment", Type: reflect.TypeFor[rights.PaymentProof]()},
	"evaluation.issue":    {Field: "valueCommitment", Type: reflect.TypeFor[rights.EvaluationValue]()},
	"accounting.record":   {Field: "amountsCommitment", Type: reflect.TypeFor[rights.AccountingAmounts]()},
	"support.record":      {Field: "amountsCommitment", Type: reflect.TypeFor[rights.SupportAmount]()},
	"pledge.apply":        {Field: "amountsCommitment", Type: reflect.TypeFor[rights.PledgeAmounts](), Pledge: true},
	"pledge.vary":         {Field: "amountsCommitment", Type: reflect.TypeFor[rights.PledgeAmounts](), Pledge: true},
	"guarantee.offer":     {Field: "amountsCommitment", Type: reflect.TypeFor[rights.GuaranteeAmount](), Pledge: true},
}

// secretForm is the part of a form that is about a secret.
type secretForm struct {
	Member   bool // this organisation keeps such secrets
	Required bool // the command always has one
	Pledge   bool
	Command  string
	Field    string
	Sample   string // a document, for the command line
	Inputs   []*Input

	raw []byte // as it will be handed in; nil: none
}

// Text is the secret as it goes, byte for byte.
func (s *secretForm) Text() string { return string(s.raw) }

// Commitment is what the command says of it.
func (s *secretForm) Commitment() string { return rights.Commit(s.raw) }

// Sent is the secret as a page carries it.
func (s *secretForm) Sent() string { return base64.RawURLEncoding.EncodeToString(s.raw) }

// secretForm takes the commitment out of a command's inputs where this gateway may
// see what is behind it; nil for commands that never have a secret.
func (q *request) secretForm(spec *rights.Command, inputs *[]*Input) *secretForm {
	of, ok := secrets[spec.Name]
	if !ok {
		return nil
	}
	s := &secretForm{Command: spec.Name, Field: of.Field, Pledge: of.Pledge, Member: q.keeps(of.Pledge), Sample: sampleOf(of.Type)}
	for i, in := range *inputs {
		if in.Name != of.Field {
			continue
		}
		s.Required = in.Required
		if s.Member {
			*inputs = append((*inputs)[:i:i], (*inputs)[i+1:]...)
		}
		break
	}
	if s.Member {
		for _, in := range (words{q.lang, spec.Name}).fields("secret.", of.Type, 1) {
			if in.Name != "secret.salt" {
				s.Inputs = append(s.Inputs, in)
			}
		}
	}
	return s
}

// keeps says whether this gateway's organisation is a member of the collections that
// trade terms, or those of its pledges, are kept in.
func (q *request) keeps(pledge bool) bool {
	o, _, err := load[rights.Organisation](q, rights.KindOrganisation, q.Organisation.MSPID)
	if err != nil {
		return false
	}
	return o.Function == rights.FunctionTrading || o.Function == rights.FunctionSupervision || pledge && o.Function == rights.FunctionFinance
}

// sampleOf is an empty document of a type, without its salt.
func sampleOf(t reflect.Type) string {
	raw, err := json.Marshal(reflect.New(t).Interface())
	if err != nil {
		return "{}"
	}
	return string(bytes.Replace(raw, []byte(`"salt":"",`), nil, 1))
}

// fill makes the secret of what was filled in; ok is false where that has faults.
// Nothing filled in makes none, where the command can do without.
func (s *secretForm) fill() (commitment string, ok bool) {
	filled := false
	for _, in := range s.Inputs {
		filled = filled || in.filled()
	}
	if !filled && !s.Required {
		return "", true
	}
	document, ok := fillObject(s.Inputs)
	if !ok {
		return "", false
	}
	raw, commitment, err := client.NewSecret(document)
	if err != nil || len(raw) > rights.MaxSecret {
		return "", false
	}
	s.raw = raw
	return commitment, true
}

// read takes the secret that a page carried; false when it is not the one behind the
// commitment in the body.
func (s *secretForm) read(sent string, body json.RawMessage) bool {
	raw, err := base64.RawURLEncoding.DecodeString(sent)
	if err != nil {
		return false
	}
	if len(raw) == 0 {
		return commitmentIn(body, s.Field) == ""
	}
	if rights.Commit(raw) != commitmentIn(body, s.Field) {
		return false
	}
	s.raw = raw
	unfold(s.Inputs, raw)
	return true
}

func commitmentIn(body json.RawMessage, field string) string {
	var b map[string]json.RawMessage
	var c string
	if json.Unmarshal(body, &b) != nil || json.Unmarshal(b[field], &c) != nil {
		return ""
	}
	return c
}

var errNotMember = &client.Problem{Status: http.StatusForbidden, Code: "E_MISDIRECTED",
	DetailZh: "这条命令带有保密内容，本机构不得接触；请到交易机构或监管机构的网关办理（质押亦可经质权银行），或按本页所示用命令行提交",
	Detail:   "this command has a secret that this organisation must not see; use the exchange's or the regulator's gateway (for a pledge also its bank's), or the command line as the page shows"}

// parcel is a command and its secret as the API takes them.
func parcel(jws, secret []byte) (mediaType string, body []byte, err error) {
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	for _, part := range []struct {
		name, media string
		content     []byte
	}{{"command", client.MediaTypeCommand, jws}, {rights.FieldSecret, "application/json", secret}} {
		p, err := w.CreatePart(textproto.MIMEHeader{"Content-Disposition": {`form-data; name="` + part.name + `"`}, "Content-Type": {part.media}})
		if err == nil {
			_, err = p.Write(part.content)
		}
		if err != nil {
			return "", nil, err
		}
	}
	err = w.Close()
	return w.FormDataContentType(), b.Bytes(), err
}

// asProblem is a refusal of the command's form as the API would word it.
func asProblem(err error) *client.Problem {
	var e *command.Error
	if errors.As(err, &e) {
		return &client.Problem{Status: http.StatusBadRequest, Code: e.Code, Field: e.Field, Detail: e.Detail, DetailEn: e.Detail, DetailZh: e.DetailZh}
	}
	var r *rights.Error
	if errors.As(err, &r) {
		return &client.Problem{Status: http.StatusBadRequest, Code: string(r.Code), Field: r.Field, Detail: r.Detail, DetailEn: r.Detail, DetailZh: r.DetailZh}
	}
	return nil
}

package api

import (
	"bytes"
	"encoding/json"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"net/http"
	"net/http/httptest"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
	"github.com/getkin/kin-openapi/routers/gorillamux"

	"github.com/datarights/datarights/chaincode/rights"
	"github.com/datarights/datarights/gateway/index"
)

// document is openapi.yaml as validators read it.
var document = sync.OnceValues(func() (*openapi3.T, error) {
	raw, err := openapiJSON()
	if err != nil {
		return nil, err
	}
	openapi3filter.RegisterBodyDecoder(mediaJOSE, openapi3filter.PlainBodyDecoder)
	openapi3filter.RegisterBodyDecoder(mediaLD, openapi3filter.JSONBodyDecoder)
	openapi3filter.RegisterBodyDecoder(mediaXLSX, openapi3filter.FileBodyDecoder)
	openapi3filter.RegisterBodyDecoder(mediaProtobuf, openapi3filter.FileBodyDecoder)
	openapi3filter.RegisterBodyDecoder(mediaZip, openapi3filter.FileBodyDecoder)
	openapi3filter.RegisterBodyDecoder("text/html", openapi3filter.PlainBodyDecoder)
	openapi3filter.RegisterBodyDecoder("text/css", openapi3filter.PlainBodyDecoder)
	openapi3filter.RegisterBodyDecoder("text/javascript", openapi3filter.PlainBodyDecoder)
	return openapi3.NewLoader().LoadFromData(raw)
})

var documentRouter = sync.OnceValues(func() (routers.Router, error) {
	doc, err := document()
	if err != nil {
		return nil, err
	}
	return gorillamux.NewRouter(doc)
})

// validate checks an answer against the document, and a request that was taken
// too: what the gateway takes, the document must describe.
func validate(t testing.TB, r *http.Request, body []byte, rec *httptest.ResponseRecorder) {
	t.Helper()
	router, err := documentRouter()
	if err != nil {
		t.Fatal(err)
	}
	if r.Method == http.MethodHead || !strings.HasPrefix(r.URL.Path, "/v1/") && !slices.Contains([]string{"/livez", "/readyz", "/metrics", "/openapi.json", "/docs", "/docs/errors"}, r.URL.Path) {
		return
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	route, params, err := router.FindRoute(r)
	if err != nil {
		if rec.Code != http.StatusNotFound && rec.Code != http.StatusMethodNotAllowed {
			t.Errorf("%s %s answered %d and is not in the document: %v", r.Method, r.URL.Path, rec.Code, err)
		}
		validateProblem(t, rec)
		return
	}
	in := &openapi3filter.RequestValidationInput{Request: r, PathParams: params, Route: route, Options: &openapi3filter.Options{
		IncludeResponseStatus: true, AuthenticationFunc: openapi3filter.NoopAuthenticationFunc}}
	if rec.Code < 300 {
		if err := openapi3filter.ValidateRequest(r.Context(), in); err != nil {
			t.Errorf("%s %s was taken, but the document says: %v", r.Method, r.URL, err)
		}
	}
	if rec.Code >= 400 {
		codeIsDocumented(t, route.Operation, r, rec)
	} else {
		recordExample(t, route.Operation, body, rec)
	}
	out := &openapi3filter.ResponseValidationInput{RequestValidationInput: in, Status: rec.Code, Header: rec.Header(), Options: in.Options}
	out.SetBodyBytes(rec.Body.Bytes())
	if err := openapi3filter.ValidateResponse(r.Context(), out); err != nil {
		t.Errorf("%s %s: the answer is not as documented: %v\n%s", r.Method, r.URL, err, rec.Body)
	}
}

// validateProblem checks a problem on a path outside the document.
func validateProblem(t testing.TB, rec *httptest.ResponseRecorder) {
	t.Helper()
	doc, err := document()
	if err != nil {
		t.Fatal(err)
	}
	var v any
	if err := json.Unmarshal(rec.Body.Bytes(), &v); err != nil {
		t.Errorf("not a problem: %s", rec.Body)
		return
	}
	if err := doc.Components.Schemas["Problem"].Value.VisitJSON(v, openapi3.EnableJSONSchema2020()); err != nil {
		t.Errorf("not a problem as documented: %v", err)
	}
}

func TestDocumentIsValid(t *testing.T) {
	doc, err := document()
	if err != nil {
		t.Fatal(err)
	}
	if err := doc.Validate(t.Context()); err != nil {
		t.Fatal(err)
	}
	if !doc.IsOpenAPI31OrLater() {
		t.Errorf("openapi %s", doc.OpenAPI)
	}
}

// The validator must be able to say no, or every other test here says nothing.
func TestValidatorRefuses(t *testing.T) {
	doc, err := document()
	if err != nil {
		t.Fatal(err)
	}
	for name, tc := range map[string]struct{ schema, value string }{
		"missing field": {"Problem", `{"type":"/docs/errors#E_FORMAT","title":"x","status":400}`},
		"unknown field": {"Accepted", `{"txId":"a","status":"pending","extra":1}`},
		"wrong enum":    {"Accepted", `{"txId":"a","status":"maybe"}`},
		"unknown in allOf": {"WorkCalendar", `{"docType":"WC","id":"2026@1","schemaVersion":1,"version":1,"createdAt":1,"updatedAt":1,"lastTxId":"x","view":"full",
			"year":2026,"ver":1,"nonWorking":[],"extraWorking":[],"surprise":true}`},
		"missing in allOf": {"WorkCalendar", `{"docType":"WC","id":"2026@1","schemaVersion":1,"version":1,"updatedAt":1,"lastTxId":"x","view":"full","year":2026,"ver":1,"nonWorking":[],"extraWorking":[]}`},
	} {
		var v any
		if err := json.Unmarshal([]byte(tc.value), &v); err != nil {
			t.Fatal(err)
		}
		if doc.Components.Schemas[tc.schema].Value.VisitJSON(v, openapi3.EnableJSONSchema2020()) == nil {
			t.Errorf("%s passes as %s", name, tc.schema)
		}
	}
}

var ginParam = regexp.MustCompile(`:([A-Za-z]+)`)

func TestEveryRouteIsDocumented(t *testing.T) {
	w := newWorld(t)
	doc, err := document()
	if err != nil {
		t.Fatal(err)
	}
	e, err := newEngine(w.opts)
	if err != nil {
		t.Fatal(err)
	}
	var served []string
	for _, r := range e.Routes() {
		if r.Method != http.MethodHead {
			served = append(served, r.Method+" "+ginParam.ReplaceAllString(r.Path, "{$1}"))
		}
	}
	var documented []string
	for path, item := range doc.Paths.Map() {
		for method := range item.Operations() {
			documented = append(documented, method+" "+path)
		}
	}
	for _, r := range served {
		if !slices.Contains(documented, r) {
			t.Errorf("%s is served and not in the document", r)
		}
	}
	for _, r := range documented {
		if !slices.Contains(served, r) {
			t.Errorf("%s is in the document and not served", r)
		}
	}
}

// Every query parameter that a list takes is documented with its vocabulary,
// and the other way round.
func TestEveryFilterIsDocumented(t *testing.T) {
	doc, err := document()
	if err != nil {
		t.Fatal(err)
	}
	for _, k := range collections {
		known := map[string]param{"at_least": {}}
		for _, p := range append(slices.Clone(paging), k.filters...) {
			known[p.name] = p
		}
		for _, ref := range doc.Paths.Value("/v1/" + k.name).Get.Parameters {
			p, ok := known[ref.Value.Name]
			if !ok {
				t.Errorf("/v1/%s: %s is documented and not taken", k.name, ref.Value.Name)
			}
			var enum []string
			for _, v := range ref.Value.Schema.Value.Enum {
				enum = append(enum, v.(string))
			}
			if !slices.Equal(enum, p.oneOf) {
				t.Errorf("/v1/%s: %s is documented as %v and takes %v", k.name, ref.Value.Name, enum, p.oneOf)
			}
			delete(known, ref.Value.Name)
		}
		for name := range known {
			t.Errorf("/v1/%s: %s is taken and not documented", k.name, name)
		}
	}
}

// Schemas of records name exactly the fields that the ledger's types have.
func TestSchemasFollowTheRecords(t *testing.T) {
	doc, err := document()
	if err != nil {
		t.Fatal(err)
	}
	added := map[string][]string{"Head": {"view", "ledger"}, "Right": {"effective"}, "Certificate": {"txId", "block"}, "Transaction": {"status"}}
	for _, v := range []any{rights.Head{}, rights.Participant{}, rights.Qualification{}, rights.RegistrarCode{}, rights.Key{}, rights.Officer{}, rights.Resource{}, rights.ResourceVersion{},
		rights.TagAttestation{}, rights.Limits{}, rights.Evidence{}, rights.Case{}, rights.Basis{}, rights.Allocation{}, rights.Findings{}, rights.Finding{}, rights.Exemption{}, rights.DupReview{},
		rights.Lateness{}, rights.NationalRef{}, rights.Objection{}, rights.Right{}, rights.Remark{}, rights.Encumbrance{}, rights.Certificate{}, rights.CertificateRight{}, rights.RuleProfile{},
		rights.Param{}, rights.WorkCalendar{}, rights.RecordRef{}, index.Block{}, index.Transaction{}, index.Stats{}, commandAnswer{}, accepted{}, readiness{}, effective{}, verification{}, verifiedRight{}, notice{}, found{}, Problem{}, rights.ItemError{}, asset{}, caseAnswer{}, rights.BundleElement{}, backEdge{}, descendant{}, recipient{}, permissionAnswer{}, ordered{}, indicatorValue{}, indicatorPart{}, indicatorInput{}, recomputation{}, figures{}} {
		typ := reflect.TypeOf(v)
		name := strings.ToUpper(typ.Name()[:1]) + typ.Name()[1:]
		ref := doc.Components.Schemas[name]
		if ref == nil {
			t.Errorf("no schema %s", name)
			continue
		}
		want := append(fieldsOf(typ), added[name]...)
		for field := range ref.Value.Properties {
			if !slices.Contains(want, field) {
				t.Errorf("%s.%s is documented and does not exist", name, field)
			}
		}
		for _, field := range want {
			if ref.Value.Properties[field] == nil {
				t.Errorf("%s.%s exists and is not documented", name, field)
			}
		}
	}
}

func fieldsOf(t reflect.Type) []string {
	var names []string
	for i := range t.NumField() {
		f := t.Field(i)
		tag, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		switch {
		case f.Anonymous && f.Type.Name() == "Head": // the schema's allOf
		case f.Anonymous:
			names = append(names, fieldsOf(f.Type)...)
		case tag != "":
			names = append(names, tag)
		}
	}
	return names
}

// Every code of the domain has a status, words in both languages and a place
// on the page of codes.
func TestEveryCodeIsDescribed(t *testing.T) {
	file, err := parser.ParseFile(token.NewFileSet(), "../../chaincode/rights/errors.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	var found int
	ast.Inspect(file, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if !ok || len(spec.Values) != 1 {
			return true
		}
		lit, ok := spec.Values[0].(*ast.BasicLit)
		if !ok || lit.Kind != token.STRING {
			return true
		}
		code, err := strconv.Unquote(lit.Value)
		if err != nil || !strings.HasPrefix(code, "E_") {
			return true
		}
		found++
		if _, ok := codeIndex[rights.Code(code)]; !ok {
			t.Errorf("%s is not in the table of codes", code)
		}
		return true
	})
	if found < 20 {
		t.Fatalf("found %d codes in package rights", found)
	}
	page, err := errorsPage()
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range codes {
		if c.title.Zh == "" || c.title.En == "" || c.advice.Zh == "" || c.advice.En == "" || c.status < 400 {
			t.Errorf("%s is described incompletely", c.code)
		}
		if !bytes.Contains(page, []byte(`id="`+string(c.code)+`"`)) {
			t.Errorf("%s is not on the page of codes", c.code)
		}
	}
	if got := describe("E_OF_A_NEWER_CHAINCODE"); got.status != 422 || got.title.Zh == "" {
		t.Errorf("an unknown code is %d %q", got.status, got.title.Zh)
	}
}

package api

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"

	"github.com/datarights/datarights/chaincode/rights"
)

// codeIsDocumented holds each refusal that any test sees against the codes that
// the document lists for its operation.
func codeIsDocumented(t testing.TB, o *openapi3.Operation, r *http.Request, rec *httptest.ResponseRecorder) {
	t.Helper()
	var p Problem
	if json.Unmarshal(rec.Body.Bytes(), &p) != nil || p.Code == "" || p.Code == CodeMethod {
		return // what is no problem at all is told elsewhere
	}
	if _, known := codeIndex[p.Code]; !known {
		return // of a chaincode newer than the document
	}
	list, _ := o.Extensions["x-codes"].([]any)
	if !slices.Contains(list, any(string(p.Code))) {
		t.Errorf("%s %s answered %s, which the document does not list for %s", r.Method, r.URL.Path, p.Code, o.OperationID)
	}
}

// recorder keeps of each operation the answer that says most, for examples.json.
var recorder struct {
	sync.Mutex
	kept map[string]recordedExample
	size map[string]int
}

// recordExample records, if OPENAPI_EXAMPLES names a file, what an operation
// answered.
func recordExample(t testing.TB, o *openapi3.Operation, body []byte, rec *httptest.ResponseRecorder) {
	t.Helper()
	path := os.Getenv("OPENAPI_EXAMPLES")
	if path == "" || !strings.HasPrefix(rec.Header().Get("Content-Type"), "application/json") || o.OperationID == "openapi" {
		return
	}
	answer := shortened(rec.Body.Bytes())
	if answer == nil || len(answer) > 6000 {
		return
	}
	recorder.Lock()
	defer recorder.Unlock()
	if recorder.kept == nil {
		recorder.kept, recorder.size = map[string]recordedExample{}, map[string]int{}
	}
	status := strconv.Itoa(rec.Code)
	at := o.OperationID + status
	if len(answer) <= recorder.size[at] {
		return
	}
	recorder.size[at] = len(answer)
	e := recorder.kept[o.OperationID]
	if e.Answers == nil {
		e.Answers = map[string]json.RawMessage{}
	}
	e.Answers[status] = answer
	if len(body) > 0 && len(body) < 4000 {
		if e.Request = shortened(body); e.Request == nil {
			e.Request, _ = json.Marshal(string(body)) // strings encode
		}
	}
	recorder.kept[o.OperationID] = e
	if err := os.WriteFile(path, oneALine(t, recorder.kept), 0o600); err != nil {
		t.Error(err)
	}
}

// oneALine writes one operation a line, in order, so that a change is seen.
func oneALine(t testing.TB, kept map[string]recordedExample) []byte {
	t.Helper()
	var b bytes.Buffer
	b.WriteString("{\n")
	for i, name := range slices.Sorted(maps.Keys(kept)) {
		line, err := encode(kept[name])
		if err != nil {
			t.Fatal(err)
		}
		if i > 0 {
			b.WriteString(",\n")
		}
		fmt.Fprintf(&b, "%q: %s", name, line)
	}
	b.WriteString("\n}\n")
	return b.Bytes()
}

// shortened is an answer with its first item alone, nil if it is no JSON object.
func shortened(raw []byte) json.RawMessage {
	var m map[string]any
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	if d.Decode(&m) != nil {
		return nil
	}
	if items, ok := m["items"].([]any); ok && len(items) > 1 {
		m["items"] = items[:1]
	}
	short, err := json.Marshal(m)
	if err != nil {
		return nil
	}
	return short
}

// Every operation has, for each answer in JSON that is a success, an example
// that is as its schema says; so has every request; and every code of the table
// is listed for some operation, and no other.
func TestEveryOperationHasExamplesAndCodes(t *testing.T) {
	doc, err := document()
	if err != nil {
		t.Fatal(err)
	}
	listed := map[string]bool{}
	for path, item := range doc.Paths.Map() {
		for method, o := range item.Operations() {
			where := method + " " + path
			if !strings.Contains(o.Summary, "· ") {
				t.Errorf("%s: the summary %q is not in both languages", where, o.Summary)
			}
			if o.RequestBody != nil {
				exampleFits(t, where+", the request", o.RequestBody.Value.Content)
			}
			for status, answer := range o.Responses.Map() {
				if status[0] == '2' && o.OperationID != "openapi" {
					exampleFits(t, where+", "+status, answer.Value.Content)
				}
				if status[0] != '4' && status[0] != '5' {
					continue
				}
				media := answer.Value.Content["application/problem+json"]
				if answer.Value.Content["application/json"] != nil {
					continue // readiness is an answer, whatever its status
				}
				if media == nil || len(media.Examples) == 0 && media.Example == nil {
					t.Errorf("%s, %s: no problem is shown", where, status)
				}
			}
			codes, _ := o.Extensions["x-codes"].([]any)
			for _, c := range codes {
				listed[fmt.Sprint(c)] = true
				info, known := codeIndex[rights.Code(fmt.Sprint(c))]
				if !known {
					t.Errorf("%s lists %v, which the table of codes does not have", where, c)
					continue
				}
				answer := o.Responses.Value(strconv.Itoa(info.status))
				if answer == nil || answer.Value.Content["application/problem+json"] == nil {
					t.Errorf("%s: %s is listed and not shown under %d", where, info.code, info.status)
				}
			}
		}
	}
	for _, c := range codes {
		if !listed[string(c.code)] && c.code != CodeMethod { // of a path with another method
			t.Errorf("%s is listed for no operation", c.code)
		}
		example := doc.Components.Examples[string(c.code)]
		if example == nil {
			t.Errorf("%s has no example", c.code)
			continue
		}
		if err := doc.Components.Schemas["Problem"].Value.VisitJSON(asDecoded(t, example.Value.Value), openapi3.EnableJSONSchema2020()); err != nil {
			t.Errorf("%s: the example is no problem as documented: %v", c.code, err)
		}
	}
}

func exampleFits(t *testing.T, where string, content openapi3.Content) {
	t.Helper()
	for name, media := range content {
		if name != "application/json" && name != mediaJOSE {
			continue
		}
		var values []any
		if media.Example != nil {
			values = append(values, media.Example)
		}
		for _, e := range media.Examples {
			values = append(values, e.Value.Value)
		}
		if len(values) == 0 {
			t.Errorf("%s: no example", where)
		}
		for _, v := range values {
			if err := media.Schema.Value.VisitJSON(asDecoded(t, v), openapi3.EnableJSONSchema2020()); err != nil {
				t.Errorf("%s: the example is not as the schema says: %v", where, err)
			}
		}
	}
}

// asDecoded is a value as a JSON decoder gives it.
func asDecoded(t *testing.T, v any) any {
	t.Helper()
	raw, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	var out any
	if err := json.Unmarshal(raw, &out); err != nil {
		t.Fatal(err)
	}
	return out
}

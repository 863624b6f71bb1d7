package api

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/datarights/datarights/chaincode/rights"
)

// The document's examples are answers that the tests were given, and its codes
// are held against every refusal that the tests see: neither is written by hand,
// but for what openapi.yaml has itself.

// recordedExample is what one operation was asked and answered.
type recordedExample struct {
	Request json.RawMessage            `json:"request,omitempty"`
	Answers map[string]json.RawMessage `json:"answers,omitempty"` // by status
}

// examplesJSON is written by `OPENAPI_EXAMPLES=examples.json go test ./gateway/api`.
//
//go:embed examples.json
var examplesJSON []byte

// documentExamples adds to every operation the examples and refusals that
// openapi.yaml does not give itself.
func documentExamples(doc map[string]any) error {
	var recorded map[string]recordedExample
	if err := json.Unmarshal(examplesJSON, &recorded); err != nil {
		return fmt.Errorf("couldn't read examples.json: %w", err)
	}
	components, _ := doc["components"].(node)
	if components == nil {
		return fmt.Errorf("openapi.yaml has no components")
	}
	components["examples"] = codeExamples()
	responses, _ := components["responses"].(node)
	paths, _ := doc["paths"].(node)
	for path, item := range paths {
		methods, _ := item.(node)
		for method, o := range methods {
			operation, ok := o.(node)
			if !ok || operation["operationId"] == nil {
				continue
			}
			exemplify(operation, recorded[fmt.Sprint(operation["operationId"])])
			documentCodes(responses, operation, method, path)
		}
	}
	return nil
}

// exemplify puts recorded examples where there are none.
func exemplify(operation node, r recordedExample) {
	put := func(content any, example json.RawMessage) {
		types, _ := content.(node)
		for name, m := range types {
			media, _ := m.(node)
			if media == nil || name != "application/json" && name != mediaJOSE || media["example"] != nil || media["examples"] != nil {
				continue
			}
			var v any
			if json.Unmarshal(example, &v) == nil {
				media["example"] = v
			}
		}
	}
	if body, ok := operation["requestBody"].(node); ok && r.Request != nil {
		put(body["content"], r.Request)
	}
	answers, _ := operation["responses"].(node)
	for status, a := range answers {
		if answer, ok := a.(node); ok && r.Answers[status] != nil {
			put(answer["content"], r.Answers[status])
		}
	}
}

// codeExamples are one problem for each code.
func codeExamples() node {
	examples := node{}
	for _, c := range codes {
		p := node{"type": "/docs/errors#" + string(c.code), "title": c.title.Zh + " " + c.title.En, "status": c.status, "code": string(c.code),
			"detail": c.advice.En, "detailEn": c.advice.En, "detailZh": c.advice.Zh, "requestId": "5f0c9a8e4b7d4c0f"}
		switch c.code {
		case rights.CodeFormat:
			p["field"], p["detailEn"], p["detailZh"] = "body.regionCode", "must be a 6-digit GB/T 2260 region code such as 320902", "须为 6 位行政区划代码（GB/T 2260），如 320902"
			p["detail"] = p["detailEn"]
		case rights.CodeDup:
			p["field"], p["record"], p["rule"] = "body.matchTag", "DR-320902-20261123-0a1b2c3d4e5f-00", "DRWG 39(2)"
		case rights.CodeBatch:
			p["field"] = "body.items"
			p["items"] = []any{node{"index": 3, "code": "E_DUP", "field": "matchTag", "record": "DR-320902-20261123-0a1b2c3d4e5f-00", "rule": "DRWG 39(2)",
				"detail": "you catalogued the same content as DR-320902-20261123-0a1b2c3d4e5f-00 already", "detailZh": "您已将相同内容编目为 DR-320902-20261123-0a1b2c3d4e5f-00"}}
		case CodeUnknownOutcome:
			p["txId"] = strings.Repeat("0a1b2c3d", 8)
		}
		examples[string(c.code)] = node{"summary": c.title.Zh + " · " + c.title.En, "value": p}
	}
	return examples
}

// documentCodes lists what an operation may be refused with: as responses by
// status, and as x-codes for programs.
func documentCodes(responses, operation node, method, path string) {
	list := codesOf(operation, method, path)
	names := make([]any, len(list))
	byStatus := map[int][]rights.Code{}
	for i, code := range list {
		names[i] = string(code)
		s := describe(code).status
		byStatus[s] = append(byStatus[s], code)
	}
	operation["x-codes"] = names
	answers, _ := operation["responses"].(node)
	for status, some := range byStatus {
		key := strconv.Itoa(status)
		if answers == nil || answers[key] != nil {
			exemplifyProblem(answers[key], some)
			continue
		}
		name := "Problem" + key
		if of := ofStatus(status); len(some) < len(of) {
			for _, code := range some {
				name += "_" + strings.TrimPrefix(string(code), "E_")
			}
		}
		if responses[name] == nil {
			var says []string
			examples := node{}
			for _, code := range some {
				says = append(says, fmt.Sprintf("`%s` %s %s", code, describe(code).title.Zh, describe(code).title.En))
				examples[string(code)] = node{"$ref": "#/components/examples/" + string(code)}
			}
			headers := node{"Ledger-Height": node{"$ref": "#/components/headers/LedgerHeight"}}
			if status == http.StatusTooManyRequests || status >= http.StatusServiceUnavailable {
				headers["Retry-After"] = node{"description": "秒 · seconds", "schema": node{"type": "integer", "minimum": 1}}
			}
			responses[name] = node{"description": strings.Join(says, "; "), "headers": headers,
				"content": node{"application/problem+json": node{"schema": ref("Problem"), "examples": examples}}}
		}
		answers[key] = node{"$ref": "#/components/responses/" + name}
	}
}

// exemplifyProblem shows the codes in a response that openapi.yaml describes itself.
func exemplifyProblem(answer any, some []rights.Code) {
	a, _ := answer.(node)
	content, _ := a["content"].(node)
	media, _ := content["application/problem+json"].(node)
	if media == nil || media["example"] != nil || media["examples"] != nil {
		return
	}
	examples := node{}
	for _, code := range some {
		examples[string(code)] = node{"$ref": "#/components/examples/" + string(code)}
	}
	media["examples"] = examples
}

func ofStatus(status int) (list []rights.Code) {
	for _, c := range codes {
		if c.status == status {
			list = append(list, c.code)
		}
	}
	return list
}

// codesOf are the codes an operation may answer with, in the order of the table.
func codesOf(operation node, method, path string) []rights.Code {
	may := map[rights.Code]bool{CodeInternal: true}
	add := func(list ...rights.Code) {
		for _, c := range list {
			may[c] = true
		}
	}
	if path != "/livez" && path != "/readyz" {
		add(CodeRate)
	}
	v1 := strings.HasPrefix(path, "/v1/")
	if v1 {
		add(CodeUnavailable, rights.CodeFormat)
	}
	if v1 && method == "get" {
		add(CodeSession)
	}
	if strings.Contains(path, "{") { // wherever its parameters are described
		add(rights.CodeNotFound)
	}
	for _, p := range parametersOf(operation) {
		if p["name"] == "cursor" || strings.HasSuffix(fmt.Sprint(p["$ref"]), "/cursor") {
			add(CodeCursor)
		}
	}
	if needs, _ := operation["security"].([]any); len(needs) > 0 {
		add(CodeSession, CodeForbidden)
	}
	if operation["requestBody"] != nil {
		add(CodeMediaType, rights.CodeTooLarge)
	}
	if tags, _ := operation["tags"].([]any); slices.Contains(tags, any("secrets")) {
		add(CodeMisdirected)
	}
	own, _ := operation["x-codes"].([]any) // of openapi.yaml
	for _, c := range own {
		add(rights.Code(fmt.Sprint(c)))
	}
	add(furtherCodes[fmt.Sprint(operation["operationId"])]...)
	if operation["operationId"] == "submitCommand" {
		for _, c := range codes {
			if c.code != CodeCursor && c.code != CodeForbidden && c.code != CodeSession && c.code != CodeMethod {
				add(c.code)
			}
		}
	}
	var list []rights.Code
	for _, c := range codes {
		if may[c.code] {
			list = append(list, c.code)
		}
	}
	return list
}

func parametersOf(operation node) (list []node) {
	all, _ := operation["parameters"].([]any)
	for _, p := range all {
		if n, ok := p.(node); ok {
			list = append(list, n)
		}
	}
	return slices.Clip(list)
}

// furtherCodes are what an operation answers with beyond what follows from its
// parameters, body and security, and what openapi.yaml lists itself as x-codes.
var furtherCodes = map[string][]rights.Code{
	"createChallenge":   {rights.CodeKey, rights.CodeInactive, rights.CodeNotFound},
	"openSession":       {rights.CodeSignature, rights.CodeKey, rights.CodeExpired, rights.CodeInactive, CodeSession},
	"closeSession":      {CodeSession},
	"currentSession":    {CodeSession},
	"makeMatchTag":      {rights.CodeNotFound},
	"traceFile":         {rights.CodeNotFound},
	"getSketch":         {rights.CodeNotFound},
	"computeIndicator":  {rights.CodeTerm, CodeMisdirected},
	"recomputeSnapshot": {rights.CodeTerm, CodeMisdirected, CodeForbidden},
	"getDigest":         {rights.CodeNotFound},
	"getNetwork":        {rights.CodeNotFound},
	"docsAsset":         {rights.CodeNotFound},
	"getAttestation":    {rights.CodeNotFound},
	"traceBack":         {rights.CodeNotFound},
	"traceForward":      {rights.CodeNotFound},
	"traceRecipients":   {rights.CodeNotFound},
	"tracePermission":   {rights.CodeNotFound},
	"traceOrder":        {rights.CodeNotFound},
	"traceGraph":        {rights.CodeNotFound},
}

package api

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strings"

	"github.com/datarights/datarights/chaincode/rights"
)

// The document's part on collections follows from the table of collections and
// from the ledger's own types: every filter, state and member is in it, and
// nothing else. openapi.yaml has the rest, and the words of its own for the
// records of the registry.

type node = map[string]any

// documentCollections adds to the document the paths of every collection and the schemas
// of their records.
func documentCollections(doc map[string]any) error {
	paths, ok := doc["paths"].(node)
	if !ok {
		return fmt.Errorf("openapi.yaml has no paths")
	}
	components, ok := doc["components"].(node)
	if !ok {
		return fmt.Errorf("openapi.yaml has no components")
	}
	schemas, ok := components["schemas"].(node)
	if !ok {
		return fmt.Errorf("openapi.yaml has no schemas")
	}
	d := describer{schemas: schemas, done: map[string]bool{}}
	for _, v := range written {
		d.named(reflect.TypeOf(v))
	}
	for _, k := range collections {
		name := d.named(reflect.TypeOf(k.record))
		if k.extend != nil && k.kind != rights.KindCertificate {
			d.properties(name)["effective"] = ref("Effective")
		}
		schemas[name+"Revision"] = revisionSchema(name)
		describePaths(paths, k, name)
	}
	return nil
}

// written are the types that openapi.yaml describes and the collections do not
// lead to, or that what it describes refers to.
var written = []any{rights.Basis{}, rights.Encumbrance{}, rights.Case{}, rights.Scope{}, asset{}, backEdge{}, descendant{}, recipient{}, permissionAnswer{}, ordered{}, graphAnswer{}, indicatorValue{}, recomputation{}}

func ref(schema string) node { return node{"$ref": "#/components/schemas/" + schema} }

func parameterRef(name string) node { return node{"$ref": "#/components/parameters/" + name} }

func revisionSchema(record string) node {
	return node{
		"type": "object", "additionalProperties": false, "required": []any{"block", "tx", "n", "txId", "at", "command", "kid", "record"},
		"properties": node{
			"block": node{"type": "integer", "minimum": 0}, "tx": node{"type": "integer", "minimum": 0}, "n": node{"type": "integer", "minimum": 0},
			"txId": node{"type": "string"}, "at": ref("UnixSec"), "command": node{"type": "string"}, "kid": node{"type": "string"}, "record": ref(record),
		},
	}
}

func describePaths(paths node, k *collection, record string) {
	many := strings.ReplaceAll(k.name, "-", " ")
	camel := operationOf(k.name)
	access := []any{node{}, node{"session": []any{}}}
	if k.private {
		access = []any{node{"session": []any{}}}
	}
	operation := func(id, summary, answer string, schema node, parameters ...any) node {
		return node{"get": node{
			"tags": []any{k.tag}, "operationId": id, "summary": summary, "description": readers(k), "security": access, "parameters": parameters,
			"responses": node{
				"200": node{"description": answer, "headers": node{"Ledger-Height": node{"$ref": "#/components/headers/LedgerHeight"}, "ETag": node{"$ref": "#/components/headers/ETag"}},
					"content": node{"application/json": node{"schema": schema}}},
				"304":     node{"$ref": "#/components/responses/NotModified"},
				"default": node{"$ref": "#/components/responses/Problem"},
			}}}
	}
	list := func(of string) node {
		return node{"type": "object", "additionalProperties": false, "required": []any{"items", "next"},
			"properties": node{"items": node{"type": "array", "items": ref(of)}, "next": node{"type": "string"}}}
	}
	id := node{"name": "id", "in": "path", "required": true, "schema": node{"type": "string"}, "description": "标识 · id"}
	page := []any{parameterRef("limit"), parameterRef("cursor"), parameterRef("atLeast")}
	var filters []any
	for _, p := range k.filters {
		filters = append(filters, filterParameter(p))
	}
	path := "/v1/" + k.name
	paths[path] = operation("list"+camel, k.title.Zh+"列表 · List "+many, k.title.Zh+" · "+many, list(record), append(filters, page...)...)
	paths[path+"/{id}"] = operation("get"+camel, "一项"+k.title.Zh+" · One "+k.title.En, k.title.Zh+" · the "+k.title.En, ref(record), id, parameterRef("atLeast"))
	paths[path+"/{id}/history"] = operation("history"+camel, k.title.Zh+"的历次版本，旧者在前 · Its versions, oldest first", "各版本 · versions", list(record+"Revision"), append([]any{id}, page...)...)
}

func operationOf(name string) string {
	var b strings.Builder
	for part := range strings.SplitSeq(name, "-") {
		b.WriteString(strings.ToUpper(part[:1]) + part[1:])
	}
	return b.String()
}

// readers tells who reads a collection.
func readers(k *collection) string {
	a := audiences[k.kind]
	switch {
	case k.private:
		return "限当事人与职能机构，须会话。For the parties and the offices; needs a session."
	case a == nil || a.open:
		return "公开。Public."
	case a.shown != nil:
		return "公众仅见要点（`view: public`），全文限当事人与职能机构。The public sees the heads; the parties and the offices see all."
	}
	return "公开；个别内容限当事人与职能机构。Public, but for some members that are for the parties and the offices."
}

func filterParameter(p param) node {
	if p.name == textParam.name {
		return parameterRef("q")
	}
	schema := node{"type": "string"}
	switch {
	case p.name == "role":
		schema = ref("Role")
	case len(p.oneOf) > 0:
		var enum []any
		for _, v := range p.oneOf {
			enum = append(enum, v)
		}
		schema["enum"] = enum
	case p.name == "certNo":
		schema = ref("CertNo")
	case p.check != nil:
		schema = ref("Hash")
	}
	out := node{"name": p.name, "in": "query", "schema": schema}
	words, known := filterWords[p.name]
	if known {
		out["description"] = words.Zh + " · " + words.En
	}
	if p.full {
		out["description"] = strings.TrimPrefix(fmt.Sprint(out["description"])+"；仅得可见全文的记录 · only records seen in full", "<nil>；")
	}
	if example, ok := filterExamples[p.name]; ok {
		out["example"] = example
	}
	return out
}

// describer writes schemas of the ledger's types.
type describer struct {
	schemas node
	done    map[string]bool
}

// named describes a struct under its name, adding to what is written of it, and
// returns the name.
func (d *describer) named(t reflect.Type) string {
	name := strings.ToUpper(t.Name()[:1]) + t.Name()[1:]
	if d.done[name] {
		return name
	}
	d.done[name] = true
	schema, _ := d.schemas[name].(node)
	if schema == nil {
		if _, isRecord := t.FieldByName("Head"); isRecord {
			schema = node{"allOf": []any{ref("Head")}, "unevaluatedProperties": false}
		} else {
			schema = node{"type": "object", "additionalProperties": false}
		}
		schema["properties"] = node{}
		d.schemas[name] = schema
	}
	d.fields(t, d.properties(name))
	return name
}

func (d *describer) properties(name string) node {
	schema, _ := d.schemas[name].(node)
	properties, _ := schema["properties"].(node)
	return properties
}

// fields describes those members of a struct that are not described yet.
func (d *describer) fields(t reflect.Type, into node) {
	for i := range t.NumField() {
		f := t.Field(i)
		tag, options, _ := strings.Cut(f.Tag.Get("json"), ",")
		switch {
		case f.Anonymous && f.Type.Name() == "Head":
		case f.Anonymous:
			d.fields(f.Type, into)
		case tag == "" || tag == "-":
		default:
			described := d.value(f.Type, strings.Contains(options, "omitempty"))
			if into[tag] == nil {
				if words, ok := memberWords[tag]; ok {
					described["description"] = words.Zh + " · " + words.En
				}
				into[tag] = described
			}
		}
	}
}

// value describes a member's type, and whatever types that leads to.
func (d *describer) value(t reflect.Type, omitted bool) node {
	if t == reflect.TypeFor[json.RawMessage]() {
		return node{"type": "object"}
	}
	switch t.Kind() {
	case reflect.Pointer:
		if omitted {
			return d.value(t.Elem(), false)
		}
		return node{"anyOf": []any{d.value(t.Elem(), false), node{"type": "null"}}}
	case reflect.Slice:
		items := d.value(t.Elem(), false)
		if omitted {
			return node{"type": "array", "items": items}
		}
		return node{"type": []any{"array", "null"}, "items": items}
	case reflect.Struct:
		return ref(d.named(t))
	case reflect.Bool:
		return node{"type": "boolean"}
	case reflect.Int, reflect.Int64, reflect.Uint64:
		return node{"type": "integer"}
	}
	switch t {
	case reflect.TypeFor[rights.Role](), reflect.TypeFor[rights.RightKind]():
		return ref(t.Name())
	}
	return node{"type": "string"}
}

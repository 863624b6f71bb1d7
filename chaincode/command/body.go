package command

import (
	"encoding"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// DecodeBody reads a command's body into T, a struct whose fields carry json
// tags. Beyond encoding/json it refuses unknown fields, keys in another case,
// duplicate keys, null, numbers that are not whole or do not fit, arrays of
// another length than a Go array, and base64 that is not canonical. A stranger's
// fault gives an *Error that names the field; any other error means that T
// cannot hold a body (it has a float, an interface, …).
//
// A field left out keeps its zero value: whether it is required is for the
// domain to say.
func DecodeBody[T any](raw json.RawMessage) (T, error) {
	var v, zero T
	if err := DecodeInto(raw, &v); err != nil {
		return zero, err
	}
	return v, nil
}

// DecodeInto is DecodeBody for a pointer known only at run time. Fields that
// the body leaves out keep what v had; after an error v is worth nothing.
func DecodeInto(raw json.RawMessage, v any) error {
	t := reflect.TypeOf(v).Elem()
	if err := checkType(t); err != nil {
		return err
	}
	d, err := parseJSON(raw, "body")
	if err != nil {
		return err
	}
	c := checker{document: d, path: path{{name: "body"}}}
	if err := c.fits(&d.root, t); err != nil {
		return err
	}
	if err := json.Unmarshal(raw, v); err != nil { // fits has found everything we know of
		return malformed("body", "couldn't read the body: "+err.Error(), "无法读取正文："+err.Error())
	}
	return nil
}

var (
	jsonUnmarshaler = reflect.TypeFor[json.Unmarshaler]()
	textUnmarshaler = reflect.TypeFor[encoding.TextUnmarshaler]()
	rawMessage      = reflect.TypeFor[json.RawMessage]()
)

// fields caches structFields by type.
var fields sync.Map // reflect.Type → map[string]reflect.Type

// structFields maps the JSON names of a struct's fields to their types.
func structFields(t reflect.Type) map[string]reflect.Type {
	if m, ok := fields.Load(t); ok {
		return m.(map[string]reflect.Type)
	}
	m := make(map[string]reflect.Type)
	for i := range t.NumField() {
		f := t.Field(i)
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		if name == "-" {
			continue
		}
		if f.Anonymous && name == "" && f.Type.Kind() == reflect.Struct {
			for n, ft := range structFields(f.Type) {
				if _, outer := m[n]; !outer {
					m[n] = ft
				}
			}
			continue
		}
		if !f.IsExported() {
			continue
		}
		if name == "" {
			name = f.Name
		}
		m[name] = f.Type
	}
	fields.Store(t, m)
	return m
}

// checked caches checkType by type.
var checked sync.Map // reflect.Type → verdict

type verdict struct{ err error }

// checkType says why t cannot hold a body, whatever the body.
func checkType(t reflect.Type) error {
	if v, ok := checked.Load(t); ok {
		return v.(verdict).err
	}
	err := walkType(t, t.String(), map[reflect.Type]bool{})
	if err == nil && t.Kind() != reflect.Struct {
		err = fmt.Errorf("couldn't decode a body into %s: not a struct", t)
	}
	checked.Store(t, verdict{err})
	return err
}

func walkType(t reflect.Type, where string, seen map[reflect.Type]bool) error {
	if seen[t] || decodesItself(t) {
		return nil
	}
	seen[t] = true
	switch t.Kind() {
	case reflect.Bool, reflect.String,
		reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64,
		reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return nil
	case reflect.Pointer, reflect.Slice, reflect.Array:
		return walkType(t.Elem(), where+"[]", seen)
	case reflect.Map:
		if t.Key().Kind() == reflect.String && !decodesItself(t.Key()) {
			return walkType(t.Elem(), where+"{}", seen)
		}
	case reflect.Struct:
		for i := range t.NumField() {
			f := t.Field(i)
			_, options, _ := strings.Cut(f.Tag.Get("json"), ",")
			if slices.Contains(strings.Split(options, ","), "string") {
				return fmt.Errorf("couldn't decode a body into %s: the field %s has the option string", where, f.Name)
			}
			if f.Anonymous && f.Type.Kind() == reflect.Pointer {
				return fmt.Errorf("couldn't decode a body into %s: %s is an embedded pointer", where, f.Name)
			}
		}
		for name, ft := range structFields(t) {
			if err := walkType(ft, where+"."+name, seen); err != nil {
				return err
			}
		}
		return nil
	}
	return fmt.Errorf("couldn't decode a body into %s: no strict reading of %s", where, t)
}

func decodesItself(t reflect.Type) bool {
	p := reflect.PointerTo(t)
	return p.Implements(jsonUnmarshaler) || p.Implements(textUnmarshaler)
}

// checker compares a document with the type it is to be read into.
type checker struct {
	*document
	path path // of the value being looked at
}

func (c *checker) fail(en, zh string) error { return malformed(c.path.String(), en, zh) }

func (c *checker) wrongKind(got, want kind) error { return wrongKind(c.path.String(), got, want) }

// member and item check n one step further down.
func (c *checker) member(n *node, t reflect.Type) error {
	c.path = append(c.path, step{name: n.name})
	err := c.fits(n, t)
	c.path = c.path[:len(c.path)-1]
	return err
}

func (c *checker) item(n *node, i int, t reflect.Type) error {
	c.path = append(c.path, step{index: i, item: true})
	err := c.fits(n, t)
	c.path = c.path[:len(c.path)-1]
	return err
}

// fits says what of n does not fit t.
func (c *checker) fits(n *node, t reflect.Type) error {
	if t == rawMessage {
		return nil
	}
	if n.kind == kindNull {
		return c.fail("must not be null; leave the field out instead", "不得为 null；无值时请省略该字段")
	}
	if decodesItself(t) {
		if !reflect.PointerTo(t).Implements(jsonUnmarshaler) && n.kind != kindString {
			return c.wrongKind(n.kind, kindString)
		}
		if err := json.Unmarshal(c.raw(n), reflect.New(t).Interface()); err != nil {
			return c.fail(err.Error(), err.Error())
		}
		return nil
	}
	switch t.Kind() {
	case reflect.Pointer:
		return c.fits(n, t.Elem())
	case reflect.Struct:
		return c.fitsStruct(n, t)
	case reflect.Map:
		if n.kind != kindObject {
			return c.wrongKind(n.kind, kindObject)
		}
		for i := range n.kids {
			if err := c.member(&n.kids[i], t.Elem()); err != nil {
				return err
			}
		}
	case reflect.Slice, reflect.Array:
		return c.fitsList(n, t)
	case reflect.String:
		if n.kind != kindString {
			return c.wrongKind(n.kind, kindString)
		}
	case reflect.Bool:
		if n.kind != kindBool {
			return c.wrongKind(n.kind, kindBool)
		}
	default:
		return c.fitsInteger(n, t)
	}
	return nil
}

func (c *checker) fitsStruct(n *node, t reflect.Type) error {
	if n.kind != kindObject {
		return c.wrongKind(n.kind, kindObject)
	}
	known := structFields(t)
	for i := range n.kids {
		ft, ok := known[n.kids[i].name]
		if !ok {
			at := slices.Concat(c.path, path{{name: n.kids[i].name}})
			return unknown(at.String(), slices.Sorted(maps.Keys(known)))
		}
		if err := c.member(&n.kids[i], ft); err != nil {
			return err
		}
	}
	return nil
}

func (c *checker) fitsList(n *node, t reflect.Type) error {
	if t.Kind() == reflect.Slice && t.Elem().Kind() == reflect.Uint8 {
		if n.kind != kindString {
			return c.wrongKind(n.kind, kindString)
		}
		s := c.str(n)
		if _, err := base64.StdEncoding.Strict().DecodeString(s); err != nil || strings.ContainsAny(s, "\r\n") {
			return c.fail("want standard base64 with padding", "应为带填充的标准 base64 编码")
		}
		return nil
	}
	if n.kind != kindArray {
		return c.wrongKind(n.kind, kindArray)
	}
	if t.Kind() == reflect.Array && len(n.kids) != t.Len() {
		return c.fail(fmt.Sprintf("must have %d items, not %d", t.Len(), len(n.kids)),
			fmt.Sprintf("应有 %d 项，现有 %d 项", t.Len(), len(n.kids)))
	}
	for i := range n.kids {
		if err := c.item(&n.kids[i], i, t.Elem()); err != nil {
			return err
		}
	}
	return nil
}

func (c *checker) fitsInteger(n *node, t reflect.Type) error {
	if n.kind != kindNumber {
		return c.wrongKind(n.kind, kindNumber)
	}
	s := string(c.raw(n))
	if strings.ContainsAny(s, ".eE") || s == "-0" {
		return c.fail("must be a whole number written in digits alone", "应为只用数字书写的整数")
	}
	var err error
	switch t.Kind() {
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		_, err = strconv.ParseUint(s, 10, t.Bits())
	default:
		_, err = strconv.ParseInt(s, 10, t.Bits())
	}
	if err != nil {
		return c.fail("the number is out of range", "数值超出范围")
	}
	return nil
}

package explorer

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"reflect"
	"strconv"
	"strings"
	"time"

	"github.com/datarights/datarights/chaincode/command"
	"github.com/datarights/datarights/chaincode/rights"
)

// manner is how a field is filled in and shown.
type manner string

const (
	aLine    manner = "line"   // one line of text
	aText    manner = "text"   // several lines
	aNumber  manner = "number" // whole number
	aMoment  manner = "moment" // UTC seconds, filled in as Beijing time
	anAmount manner = "amount" // fen, filled in as yuan
	aYesNo   manner = "yesno"
	aChoice  manner = "choice" // a code with words
	aList    manner = "list"   // texts, one a line
	aNested  manner = "json"   // what only JSON says
)

// Input is one field of a command as a person fills it in. Name is its path in the
// body, such as tag.kid.
type Input struct {
	Name     string
	Label    rights.Text
	Hint     rights.Text
	Manner   manner
	Required bool // the body always has it
	Choices  []choice
	Value    string
	Fault    *rights.Text // what is wrong with Value

	kind reflect.Kind
}

type choice struct{ Code, Text string }

// inputsOf reads a body's fields from its Go type, which is the format.
func inputsOf(lang string, t reflect.Type) []Input { return walkInputs(lang, "", t, true) }

func walkInputs(lang, prefix string, t reflect.Type, required bool) []Input {
	var list []Input
	for i := range t.NumField() {
		f := t.Field(i)
		name, options, _ := strings.Cut(f.Tag.Get("json"), ",")
		if name == "-" || !f.IsExported() {
			continue
		}
		ft := f.Type
		if f.Anonymous && name == "" {
			list = append(list, walkInputs(lang, prefix, ft, required)...)
			continue
		}
		if name == "" {
			name = f.Name
		}
		optional := strings.Contains(options, "omitempty") || strings.Contains(options, "omitzero") || ft.Kind() == reflect.Pointer
		for ft.Kind() == reflect.Pointer {
			ft = ft.Elem()
		}
		if ft.Kind() == reflect.Struct {
			list = append(list, walkInputs(lang, prefix+name+".", ft, required && !optional)...)
			continue
		}
		w := fieldWord(name)
		in := Input{Name: prefix + name, Label: w.Label, Hint: w.Hint, Required: required && !optional, kind: ft.Kind()}
		if prefix != "" {
			outer := fieldWord(strings.TrimSuffix(prefix[strings.LastIndexByte(strings.TrimSuffix(prefix, "."), '.')+1:], "."))
			in.Label = rights.Text{Zh: outer.Label.Zh + "：" + in.Label.Zh, En: outer.Label.En + ": " + in.Label.En}
		}
		switch {
		case ft == reflect.TypeFor[json.RawMessage]():
			in.Manner = aNested
		case ft.Kind() == reflect.Slice && ft.Elem().Kind() == reflect.String:
			in.Manner = aList
		case ft.Kind() == reflect.Slice || ft.Kind() == reflect.Map || ft.Kind() == reflect.Array:
			in.Manner = aNested
		case ft.Kind() == reflect.Bool:
			in.Manner = aYesNo
		case ft.Kind() == reflect.String:
			in.Manner = aLine
			if w.Long {
				in.Manner = aText
			}
			if w.Of != "" && len(terms[w.Of]) > 0 {
				in.Manner, in.Choices = aChoice, choices(lang, w.Of)
			}
		case w.Moment:
			in.Manner = aMoment
		case strings.HasSuffix(name, "Fen"):
			in.Manner = anAmount
		default:
			in.Manner = aNumber
		}
		list = append(list, in)
	}
	return list
}

// fill parses what a person filled in into a body. Faults stand beside the inputs;
// nil is returned where there are any.
func fillBody(inputs []Input, value func(name string) string) (json.RawMessage, []Input) {
	body := newObject()
	faulty := false
	for i := range inputs {
		in := &inputs[i]
		in.Value = value(in.Name)
		if strings.TrimSpace(in.Value) == "" && !in.Required {
			continue
		}
		v, fault := in.parse()
		if fault != nil {
			in.Fault, faulty = fault, true
			continue
		}
		body.set(strings.Split(in.Name, "."), v)
	}
	if faulty {
		return nil, inputs
	}
	raw, err := encodePlain(body)
	if err != nil {
		return nil, inputs
	}
	return raw, inputs
}

func (in *Input) parse() (any, *rights.Text) {
	text := strings.TrimSpace(in.Value)
	missing := &rights.Text{Zh: "请填写", En: "fill this in"}
	switch in.Manner {
	case aList:
		var list []string
		for _, line := range strings.Split(text, "\n") {
			if line = strings.TrimSpace(line); line != "" {
				list = append(list, line)
			}
		}
		if list == nil {
			return nil, missing
		}
		return list, nil
	case aYesNo:
		switch text {
		case "true", "false":
			return text == "true", nil
		}
		return nil, &rights.Text{Zh: "请选择是或否", En: "choose yes or no"}
	case aNested:
		if text == "" {
			return nil, missing
		}
		if !json.Valid([]byte(text)) {
			return nil, &rights.Text{Zh: "应为 JSON", En: "want JSON"}
		}
		return json.RawMessage(text), nil
	case aMoment:
		return parseMoment(text)
	case anAmount:
		return parseYuan(text)
	case aNumber:
		n, err := strconv.ParseInt(text, 10, 64)
		if err != nil {
			return nil, &rights.Text{Zh: "应为整数", En: "want a whole number"}
		}
		return n, nil
	}
	if text == "" {
		return nil, missing
	}
	return text, nil
}

// momentLayouts are how a moment may be written, in Beijing time.
var momentLayouts = []string{"2006-01-02T15:04:05", "2006-01-02T15:04", "2006-01-02 15:04:05", "2006-01-02 15:04", time.DateOnly}

func parseMoment(text string) (any, *rights.Text) {
	for _, l := range momentLayouts {
		if t, err := time.ParseInLocation(l, text, shanghai); err == nil {
			return t.Unix(), nil
		}
	}
	if n, err := strconv.ParseInt(text, 10, 64); err == nil && n > 0 {
		return n, nil
	}
	return nil, &rights.Text{Zh: "应为北京时间，如 2026-12-31 17:00", En: "want a Beijing time such as 2026-12-31 17:00"}
}

func parseYuan(text string) (any, *rights.Text) {
	wrong := &rights.Text{Zh: "应为以元计的金额，至多两位小数，如 1200.50", En: "want an amount in yuan with at most two decimals, such as 1200.50"}
	whole, part, _ := strings.Cut(strings.ReplaceAll(text, ",", ""), ".")
	if len(part) > 2 {
		return nil, wrong
	}
	yuan, err := strconv.ParseInt(whole, 10, 64)
	fen, err2 := strconv.ParseInt((part + "00")[:2], 10, 64)
	if err != nil || err2 != nil || yuan < 0 || yuan > math.MaxInt64/100-1 {
		return nil, wrong
	}
	return yuan*100 + fen, nil
}

// unfold puts a body's values back into its inputs.
func unfold(inputs []Input, raw json.RawMessage) {
	var body any
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	if d.Decode(&body) != nil {
		return
	}
	for i := range inputs {
		in := &inputs[i]
		var v any = body
		for _, name := range strings.Split(in.Name, ".") {
			m, ok := v.(map[string]any)
			if !ok {
				v = nil
				break
			}
			v = m[name]
		}
		in.Value = in.write(v)
	}
}

// write is a value as one fills it in.
func (in *Input) write(v any) string {
	if v == nil {
		return ""
	}
	number := func() (int64, bool) {
		n, ok := v.(json.Number)
		if !ok {
			return 0, false
		}
		i, err := n.Int64()
		return i, err == nil
	}
	switch in.Manner {
	case aMoment:
		if n, ok := number(); ok {
			return time.Unix(n, 0).In(shanghai).Format("2006-01-02 15:04:05")
		}
	case anAmount:
		if n, ok := number(); ok {
			return yuan(n)
		}
	case aList:
		if list, ok := v.([]any); ok {
			var lines []string
			for _, item := range list {
				lines = append(lines, fmt.Sprint(item))
			}
			return strings.Join(lines, "\n")
		}
	case aNested:
		raw, err := encodePlain(v)
		if err == nil {
			return string(raw)
		}
	}
	return fmt.Sprint(v)
}

func yuan(fen int64) string {
	sign := ""
	if fen < 0 {
		sign, fen = "-", -fen
	}
	return fmt.Sprintf("%s%d.%02d", sign, fen/100, fen%100)
}

// Said is a value in words, for who is about to sign it.
func (in Input) Said(lang string) string {
	switch in.Manner {
	case aYesNo:
		return pick(lang, map[string]rights.Text{"true": {Zh: "是", En: "yes"}, "false": {Zh: "否", En: "no"}}[in.Value])
	case aChoice:
		for _, c := range in.Choices {
			if c.Code == in.Value {
				return c.Text
			}
		}
	case aMoment:
		if in.Value != "" {
			return in.Value + " UTC+8"
		}
	case anAmount:
		if in.Value != "" {
			return in.Value + pick(lang, rights.Text{Zh: " 元", En: " yuan"})
		}
	}
	return in.Value
}

// faultAt puts what the ledger or the form refuses beside its input; false when no
// input is the one.
func faultAt(inputs []Input, field string, why rights.Text) bool {
	field = strings.TrimPrefix(strings.TrimPrefix(field, "payload."), "body.")
	for i := range inputs {
		if inputs[i].Name == field || strings.HasPrefix(field, inputs[i].Name+"[") || strings.HasPrefix(field, inputs[i].Name+".") {
			inputs[i].Fault = &why
			return true
		}
	}
	return false
}

// checkForm finds what the ledger would refuse for a body's form alone.
func checkForm(spec *rights.Command, raw json.RawMessage, inputs []Input) error {
	err := command.DecodeInto(raw, spec.Body())
	var e *command.Error
	if errors.As(err, &e) {
		if faultAt(inputs, e.Field, rights.Text{Zh: e.DetailZh, En: e.Detail}) {
			return errFaulty
		}
		return &rights.Error{Code: rights.Code(e.Code), Field: e.Field, Detail: e.Detail, DetailZh: e.DetailZh}
	}
	return err
}

// errFaulty: the inputs say what is wrong.
var errFaulty = errors.New("the form has faults")

// ordered is a JSON object that keeps the order of the form.
type ordered struct {
	names  []string
	values map[string]any
}

func newObject() *ordered { return &ordered{values: map[string]any{}} }

func (o *ordered) set(path []string, v any) {
	name := path[0]
	if _, ok := o.values[name]; !ok {
		o.names = append(o.names, name)
	}
	if len(path) == 1 {
		o.values[name] = v
		return
	}
	inner, ok := o.values[name].(*ordered)
	if !ok {
		inner = newObject()
		o.values[name] = inner
	}
	inner.set(path[1:], v)
}

func (o *ordered) MarshalJSON() ([]byte, error) {
	b := []byte{'{'}
	for i, name := range o.names {
		if i > 0 {
			b = append(b, ',')
		}
		key, err := encodePlain(name)
		if err != nil {
			return nil, err
		}
		v, err := encodePlain(o.values[name])
		if err != nil {
			return nil, err
		}
		b = append(append(append(b, key...), ':'), v...)
	}
	return append(b, '}'), nil
}

// encodePlain writes what is signed as it reads, without HTML escapes.
func encodePlain(v any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return nil, err
	}
	return bytes.TrimSpace(b.Bytes()), nil
}

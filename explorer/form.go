package explorer

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"net/url"
	"reflect"
	"slices"
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
	someOf   manner = "some"   // codes with words
	aList    manner = "list"   // texts, one a line
	aProof   manner = "proof"  // a signature in any of its forms, sent as base64url r‖s
	aGroup   manner = "group"  // an object: Parts
	someRows manner = "rows"   // a list of objects: Rows
	aNested  manner = "json"   // what only JSON says
)

// Input is one field of a command as a person fills it in. Name is its path in the
// body, such as tag.kid or evidence.0.hash.
type Input struct {
	Name     string
	Label    rights.Text
	Hint     rights.Text
	Manner   manner
	Required bool // the body, or the object it is in, always has it
	Digest   bool // the SM3 of a paper
	Choices  []choice
	Value    string
	Fixed    bool         // given by the page that led here, and not to be changed
	Fault    *rights.Text // what is wrong with Value
	Parts    []*Input     // of a group
	Rows     []*Input     // of rows: groups

	kind  reflect.Kind
	row   reflect.Type // of rows
	words words

	// Essential fields are asked for although the format lets them out.
	Essential bool
	Says      []said // the value in words
}

// words finds what a command's fields are called, in one language.
type words struct{ lang, command string }

type choice struct{ Code, Text string }

// Bounds of what one form holds.
const (
	maxRows  = 50
	maxDepth = 6
)

// inputsOf reads a body's fields from its Go type, which is the format.
func inputsOf(lang string, spec *rights.Command) []*Input {
	w := words{lang, spec.Name}
	return w.fields("", reflect.TypeOf(spec.Body()).Elem(), 0)
}

func (w words) fields(prefix string, t reflect.Type, depth int) []*Input {
	var list []*Input
	for i := range t.NumField() {
		f := t.Field(i)
		name, options, _ := strings.Cut(f.Tag.Get("json"), ",")
		if name == "-" || !f.IsExported() {
			continue
		}
		ft := f.Type
		if f.Anonymous && name == "" {
			list = append(list, w.fields(prefix, ft, depth)...)
			continue
		}
		if name == "" {
			name = f.Name
		}
		optional := strings.Contains(options, "omitempty") || strings.Contains(options, "omitzero") || ft.Kind() == reflect.Pointer
		for ft.Kind() == reflect.Pointer {
			ft = ft.Elem()
		}
		list = append(list, w.field(prefix+name, ft, !optional, depth))
	}
	return list
}

// field is the input of one field of that type.
func (w words) field(path string, t reflect.Type, required bool, depth int) *Input {
	word := wordOf(w.command, unindexed(path))
	in := &Input{Name: path, Label: word.Label, Hint: word.Hint, Digest: word.Digest, Required: required, kind: t.Kind(), words: w}
	in.Essential = slices.Contains(essential[w.command], unindexed(path))
	strange := t == reflect.TypeFor[json.RawMessage]() || depth >= maxDepth
	switch {
	case t.Kind() == reflect.Struct && !strange:
		in.Manner, in.Parts = aGroup, w.fields(path+".", t, depth+1)
	case t.Kind() == reflect.Slice && t.Elem().Kind() == reflect.Struct && !strange:
		in.Manner, in.row = someRows, t.Elem()
	case t.Kind() == reflect.Slice && t.Elem().Kind() == reflect.String:
		in.Manner = aList
		if word.Of != "" {
			in.Manner, in.Choices = someOf, choices(w.lang, word)
		}
	case t.Kind() == reflect.Slice, t.Kind() == reflect.Map, t.Kind() == reflect.Array, t.Kind() == reflect.Struct:
		in.Manner = aNested
	case t.Kind() == reflect.Bool:
		in.Manner = aYesNo
	case t.Kind() == reflect.String:
		switch {
		case word.Of != "":
			in.Manner, in.Choices = aChoice, choices(w.lang, word)
		case word.Long:
			in.Manner = aText
		case path == "proof":
			in.Manner = aProof
		default:
			in.Manner = aLine
		}
	case word.Moment:
		in.Manner = aMoment
	case strings.HasSuffix(path, "Fen"):
		in.Manner = anAmount
	default:
		in.Manner = aNumber
	}
	return in
}

// unindexed is a path without its row numbers.
func unindexed(path string) string {
	return strings.Join(slices.DeleteFunc(strings.Split(path, "."), func(s string) bool { return s != "" && strings.Trim(s, "0123456789") == "" }), ".")
}

// addRow appends an empty row.
func (in *Input) addRow() {
	if len(in.Rows) < maxRows {
		name := in.Name + "." + strconv.Itoa(len(in.Rows))
		in.Rows = append(in.Rows, &Input{Name: name, Label: in.Label, Manner: aGroup, Required: true, kind: reflect.Struct, words: in.words,
			Parts: in.words.fields(name+".", in.row, strings.Count(name, "."))})
	}
}

// Full says that no row can be added.
func (in *Input) Full() bool { return len(in.Rows) >= maxRows }

// Aside says that a field may be left out and has been: it is shown on demand.
func (in *Input) Aside() bool {
	return !in.Required && !in.Essential && !in.Fixed && !in.faulty() && !in.filled()
}

func (in *Input) faulty() bool {
	bad := in.Fault != nil
	for _, p := range slices.Concat(in.Parts, in.Rows) {
		bad = bad || p.faulty()
	}
	return bad
}

// filled says whether anything within has been filled in.
func (in *Input) filled() bool {
	if strings.TrimSpace(in.Value) != "" {
		return true
	}
	return slices.ContainsFunc(in.Parts, (*Input).filled) || slices.ContainsFunc(in.Rows, (*Input).filled)
}

// each visits inputs and all within them.
func each(inputs []*Input, f func(*Input)) {
	for _, in := range inputs {
		f(in)
		each(in.Parts, f)
		each(in.Rows, f)
	}
}

// take puts what was sent into the inputs: values are by name, each as often as it
// was sent. Rows are made as far as there are values for them.
func take(inputs []*Input, sent url.Values) {
	for _, in := range inputs {
		name := "b." + in.Name
		switch in.Manner {
		case aGroup:
			take(in.Parts, sent)
		case someRows:
			last := -1
			for key := range sent {
				rest, ok := strings.CutPrefix(key, name+".")
				if !ok {
					continue
				}
				number, _, _ := strings.Cut(rest, ".")
				if n, err := strconv.Atoi(number); err == nil && n > last && n < maxRows {
					last = n
				}
			}
			for len(in.Rows) <= last {
				in.addRow()
			}
			take(in.Rows, sent)
		case someOf, aList:
			in.Value = strings.Join(sent[name], "\n")
		default:
			in.Value = sent.Get(name)
		}
	}
}

// fillBody makes a body of what was filled in. Faults stand beside the inputs; nil
// is returned where there are any.
func fillBody(inputs []*Input) json.RawMessage {
	body, ok := fillObject(inputs)
	if !ok {
		return nil
	}
	raw, err := command.Encode(body)
	if err != nil {
		return nil
	}
	return raw
}

func fillObject(inputs []*Input) (*ordered, bool) {
	body, ok := &ordered{values: map[string]any{}}, true
	for _, in := range inputs {
		name := in.Name[strings.LastIndexByte(in.Name, '.')+1:]
		if !in.Required && !in.filled() {
			continue
		}
		v, fault := in.parse()
		if fault != nil {
			in.Fault = fault
		}
		if fault != nil || v == nil {
			ok = false
			continue
		}
		body.set(name, v)
	}
	return body, ok
}

// parse reads what was filled in. Without a fault and a value, the faults are within.
func (in *Input) parse() (any, *rights.Text) {
	text := strings.TrimSpace(in.Value)
	missing := &rights.Text{Zh: "请填写", En: "fill this in"}
	switch in.Manner {
	case aGroup:
		if o, ok := fillObject(in.Parts); ok {
			return o, nil
		}
		return nil, nil
	case someRows:
		in.Rows = slices.DeleteFunc(in.Rows, func(r *Input) bool { return !r.filled() })
		in.renumber()
		list, ok := []any{}, true
		for _, r := range in.Rows {
			o, whole := fillObject(r.Parts)
			list, ok = append(list, o), ok && whole
		}
		if len(list) == 0 {
			in.addRow()
			return nil, missing
		}
		if !ok {
			return nil, nil
		}
		return list, nil
	case aList, someOf:
		if list := in.Values(); list != nil {
			return list, nil
		}
		return nil, missing
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
	case aProof:
		raw, err := command.RawSignature(readSignature([]byte(text)))
		if err != nil {
			return nil, &rights.Text{Zh: "没有读到签名：应为 64 字节 r‖s 或 DER，可用 base64 或十六进制书写", En: "no signature: want 64 bytes r‖s or DER, in base64 or hex"}
		}
		return base64.RawURLEncoding.EncodeToString(raw), nil
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

// renumber names rows by where they stand.
func (in *Input) renumber() {
	for i, r := range in.Rows {
		old, name := r.Name+".", in.Name+"."+strconv.Itoa(i)
		each(r.Parts, func(p *Input) { p.Name = name + "." + strings.TrimPrefix(p.Name, old) })
		r.Name = name
	}
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
func unfold(inputs []*Input, raw json.RawMessage) {
	var body map[string]any
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	if d.Decode(&body) == nil {
		unfoldObject(inputs, body)
	}
}

func unfoldObject(inputs []*Input, body map[string]any) {
	for _, in := range inputs {
		v := body[in.Name[strings.LastIndexByte(in.Name, '.')+1:]]
		switch in.Manner {
		case aGroup:
			if o, ok := v.(map[string]any); ok {
				unfoldObject(in.Parts, o)
			}
		case someRows:
			list, _ := v.([]any)
			for i, item := range list {
				if len(in.Rows) <= i {
					in.addRow()
				}
				if o, ok := item.(map[string]any); ok && i < len(in.Rows) {
					unfoldObject(in.Rows[i].Parts, o)
				}
			}
		default:
			in.Value = in.write(v)
		}
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
	case aList, someOf:
		if list, ok := v.([]any); ok {
			var lines []string
			for _, item := range list {
				lines = append(lines, fmt.Sprint(item))
			}
			return strings.Join(lines, "\n")
		}
	case aNested:
		raw, err := command.Encode(v)
		if err == nil {
			return string(raw)
		}
	}
	return fmt.Sprint(v)
}

// Values are the lines of what was filled in.
func (in *Input) Values() []string {
	var list []string
	for _, line := range strings.Split(in.Value, "\n") {
		if line = strings.TrimSpace(line); line != "" {
			list = append(list, line)
		}
	}
	return list
}

// Has says whether a code was chosen.
func (in *Input) Has(code string) bool { return slices.Contains(in.Values(), code) }

// Unknown are the codes chosen that the vocabulary does not have.
func (in *Input) Unknown() []string {
	return slices.DeleteFunc(in.Values(), func(v string) bool {
		return slices.ContainsFunc(in.Choices, func(c choice) bool { return c.Code == v })
	})
}

func yuan(fen int64) string {
	sign := ""
	if fen < 0 {
		sign, fen = "-", -fen
	}
	return fmt.Sprintf("%s%d.%02d", sign, fen/100, fen%100)
}

// faultAt puts what the ledger or the form refuses beside its input, or the nearest
// one around it; false when no input is the one.
func faultAt(inputs []*Input, field string, why rights.Text) bool {
	field = strings.TrimPrefix(strings.TrimPrefix(field, "payload."), "body.")
	field = strings.ReplaceAll(strings.ReplaceAll(field, "[", "."), "]", "")
	var nearest *Input
	each(inputs, func(in *Input) {
		if (in.Name == field || strings.HasPrefix(field, in.Name+".")) && (nearest == nil || len(in.Name) > len(nearest.Name)) {
			nearest = in
		}
	})
	if nearest != nil {
		nearest.Fault = &why
	}
	return nearest != nil
}

// checkForm finds what the ledger would refuse for a body's form alone.
func checkForm(spec *rights.Command, raw json.RawMessage, inputs []*Input) error {
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

func (o *ordered) set(name string, v any) {
	o.names = append(o.names, name)
	o.values[name] = v
}

func (o *ordered) MarshalJSON() ([]byte, error) {
	b := []byte{'{'}
	for i, name := range o.names {
		if i > 0 {
			b = append(b, ',')
		}
		key, err := command.Encode(name)
		if err != nil {
			return nil, err
		}
		v, err := command.Encode(o.values[name])
		if err != nil {
			return nil, err
		}
		b = append(append(append(b, key...), ':'), v...)
	}
	return append(b, '}'), nil
}

// essential fields by command: left out they mean something, so they are asked for.
var essential = map[string][]string{
	"registration.submit":        {"objectType", "objectId", "rightKinds", "sourceType", "basis", "targetRightIds"},
	"registration.fileObjection": {"reason"},
	"objection.file":             {"reason", "rightIds"},
	"listing.submit":             {"productVersion", "rightId", "deliveryModes", "unitPriceFen"},
	"trade.sign":                 {"disclosures"},
	"demand.post":                {"industryCode", "productTypes", "budgetBand"},
	"product.create":             {"inputs"},
	"delivery.prepare":           {"tradeId", "permitId"},
	"delivery.send":              {"contentRoot", "cipherHash"},
	"evaluation.issue":           {"method", "validTo"},
	"measure.issue":              {"to", "dueOn"},
	"registration.reject":        {"rejectGround"},
	"registration.record":        {"certNo"},
}

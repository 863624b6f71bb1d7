package command_test

import (
	"encoding/json"
	"errors"
	"math"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/datarights/datarights/chaincode/command"
)

type head struct {
	Note string `json:"note,omitempty"`
}

type item struct {
	USCC string `json:"uscc"`
	Fee  int64  `json:"fee"`
}

type sample struct {
	head
	Name     string            `json:"name"`
	Grade    int8              `json:"grade"`
	Count    uint32            `json:"count"`
	Public   bool              `json:"public"`
	Key      []byte            `json:"key"`
	Items    []item            `json:"items"`
	Pair     [2]int            `json:"pair"`
	Limit    *int              `json:"limit,omitempty"`
	Labels   map[string]string `json:"labels"`
	Extra    json.RawMessage   `json:"extra"`
	At       time.Time         `json:"at"`
	Next     *sample           `json:"next"`
	Untagged int
	Hidden   string `json:"-"`
}

func TestDecodeBody(t *testing.T) {
	got, err := command.DecodeBody[sample](json.RawMessage(` {"note":"n","name":"气象","grade":-128,"count":4294967295,"public":true,` +
		`"key":"AQI=","items":[{"uscc":"a","fee":9223372036854775807},{}],"pair":[1,2],"limit":3,"labels":{"Ab":"x"},` +
		`"extra":{"any":[1.5,null]},"at":"2026-11-23T00:00:00Z","next":{"name":"inner"},"Untagged":1}`))
	if err != nil {
		t.Fatal(err)
	}
	three := 3
	want := sample{head: head{"n"}, Name: "气象", Grade: -128, Count: math.MaxUint32, Public: true, Key: []byte{1, 2},
		Items: []item{{"a", math.MaxInt64}, {}}, Pair: [2]int{1, 2}, Limit: &three, Labels: map[string]string{"Ab": "x"},
		Extra: json.RawMessage(`{"any":[1.5,null]}`), At: time.Date(2026, 11, 23, 0, 0, 0, 0, time.UTC),
		Next: &sample{Name: "inner"}, Untagged: 1}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

func TestDecodeBodyNamesTheField(t *testing.T) {
	for raw, field := range map[string]string{
		``:                        "body",
		`[]`:                      "body",
		`null`:                    "body",
		`{} {}`:                   "body",
		`{"nam":"x"}`:             "body.nam",
		`{"Name":"x"}`:            "body.Name",
		`{"NAME":"x"}`:            "body.NAME",
		`{"untagged":1}`:          "body.untagged",
		`{"Hidden":"x"}`:          "body.Hidden",
		`{"-":"x"}`:               "body.-",
		`{"head":{}}`:             "body.head",
		`{"name":"x","name":"x"}`: "body.name",
		`{"name":"x","Name":"y"}`: "body.Name",
		`{"name":7}`:              "body.name",
		`{"name":null}`:           "body.name",
		`{"limit":null}`:          "body.limit",
		`{"items":null}`:          "body.items",
		`{"grade":"1"}`:           "body.grade",
		`{"grade":1.0}`:           "body.grade",
		`{"grade":1e1}`:           "body.grade",
		`{"grade":-0}`:            "body.grade",
		`{"grade":128}`:           "body.grade",
		`{"count":-1}`:            "body.count",
		`{"count":4294967296}`:    "body.count",
		`{"items":[{"fee":9223372036854775808}]}`: "body.items[0].fee",
		`{"items":[{},{"USCC":"a"}]}`:             "body.items[1].USCC",
		`{"items":[{},{"uscc":"a","x":1}]}`:       "body.items[1].x",
		`{"items":{}}`:                            "body.items",
		`{"public":"true"}`:                       "body.public",
		`{"public":1}`:                            "body.public",
		`{"key":"AQI"}`:                           "body.key",
		`{"key":"AQJ="}`:                          "body.key",
		`{"key":"AQ\nI="}`:                        "body.key",
		`{"key":[1,2]}`:                           "body.key",
		`{"pair":[1]}`:                            "body.pair",
		`{"pair":[1,2,3]}`:                        "body.pair",
		`{"labels":{"a":1}}`:                      "body.labels.a",
		`{"labels":{"a b":1}}`:                    `body.labels["a b"]`,
		`{"labels":[]}`:                           "body.labels",
		`{"at":"yesterday"}`:                      "body.at",
		`{"next":{"next":{"grade":300}}}`:         "body.next.next.grade",
		`{"extra":{"a":1,"a":2}}`:                 "body.extra.a",
		`{"` + strings.Repeat("长", 100) + `":1}`:  `body["` + strings.Repeat("长", 21) + `…"]`,
	} {
		got, err := command.DecodeBody[sample](json.RawMessage(raw))
		var e *command.Error
		if !errors.As(err, &e) || e.Code != command.CodeFormat || e.Field != field || e.Detail == "" || e.DetailZh == "" {
			t.Errorf("%s: error %v, want E_FORMAT at %s", raw, err, field)
		}
		if !reflect.DeepEqual(got, sample{}) {
			t.Errorf("%s: half a body came back with the error: %+v", raw, got)
		}
	}
}

// A type that cannot hold a body is our fault, whatever the body says.
func TestDecodeBodyRefusesTypes(t *testing.T) {
	type pointed struct{ *head }
	try := func(name string, f func(json.RawMessage) error) {
		var e *command.Error
		if err := f(json.RawMessage(`{}`)); err == nil || errors.As(err, &e) {
			t.Errorf("%s: error %v, want one that is not the sender's", name, err)
		}
	}
	try("float", func(r json.RawMessage) error {
		_, err := command.DecodeBody[struct{ X []float64 }](r)
		return err
	})
	try("any", func(r json.RawMessage) error { _, err := command.DecodeBody[struct{ X any }](r); return err })
	try("string option", func(r json.RawMessage) error {
		_, err := command.DecodeBody[struct {
			X int `json:"x,string"`
		}](r)
		return err
	})
	try("embedded pointer", func(r json.RawMessage) error { _, err := command.DecodeBody[pointed](r); return err })
	try("integer keys", func(r json.RawMessage) error { _, err := command.DecodeBody[struct{ X map[int]string }](r); return err })
	try("not a struct", func(r json.RawMessage) error { _, err := command.DecodeBody[map[string]string](r); return err })
}

package main

import (
	"encoding/base64"
	"encoding/json"
	"reflect"
	"strings"

	"github.com/datarights/datarights/internal/gm"
)

// field is one member of a command's body.
type field struct {
	Name     string  `json:"name"`
	Type     string  `json:"type"`
	Required bool    `json:"required"` // never left out by this program; the ledger says the rest
	Fields   []field `json:"fields,omitempty"`

	list bool
}

const typeText = "text"

// fieldsOf reads a body's fields from its Go type, which is the format.
func fieldsOf(t reflect.Type) []field {
	for t.Kind() == reflect.Pointer || t.Kind() == reflect.Slice {
		t = t.Elem()
	}
	if t.Kind() != reflect.Struct {
		return nil
	}
	var list []field
	for i := range t.NumField() {
		f := t.Field(i)
		name, options, _ := strings.Cut(f.Tag.Get("json"), ",")
		switch {
		case name == "-" || !f.IsExported():
			continue
		case f.Anonymous && name == "":
			list = append(list, fieldsOf(f.Type)...)
			continue
		case name == "":
			name = f.Name
		}
		list = append(list, field{Name: name, Type: typeName(f.Type), Required: !strings.Contains(options, "omitempty"),
			Fields: fieldsOf(f.Type), list: f.Type.Kind() == reflect.Slice})
	}
	return list
}

func typeName(t reflect.Type) string {
	if t == reflect.TypeFor[json.RawMessage]() {
		return "object"
	}
	switch t.Kind() {
	case reflect.Pointer:
		return typeName(t.Elem())
	case reflect.Slice, reflect.Array:
		return "list of " + typeName(t.Elem())
	case reflect.String:
		return typeText
	case reflect.Bool:
		return "true or false"
	case reflect.Struct:
		return "object"
	default:
		return "whole number"
	}
}

func publicKeyText(pub gm.PublicKey) string {
	return base64.StdEncoding.EncodeToString(gm.MarshalPublicKey(pub))
}

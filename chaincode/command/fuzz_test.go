package command_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"testing"
	"unicode/utf8"

	"github.com/datarights/datarights/chaincode/command"
)

// seed adds every golden vector that is short enough to be mutated.
func seed(f *testing.F) {
	v := readVectors(f)
	for _, c := range v.Valid {
		f.Add([]byte(c.JWS))
	}
	for _, c := range v.Invalid {
		if text := c.text(); len(text) < 4096 {
			f.Add([]byte(text))
		}
	}
	for _, c := range v.DER {
		f.Add([]byte(c.JWS))
	}
}

func refusedProperly(t *testing.T, err error) {
	t.Helper()
	var e *command.Error
	if !errors.As(err, &e) || e.Code == "" || e.Field == "" || e.Detail == "" || e.DetailZh == "" || !utf8.ValidString(e.Field) {
		t.Fatalf("refused with %#v", err)
	}
}

func FuzzDecode(f *testing.F) {
	seed(f)
	f.Fuzz(func(t *testing.T, jws []byte) {
		c, err := command.Decode(jws)
		if err != nil {
			refusedProperly(t, err)
			return
		}
		if !bytes.HasPrefix(jws, c.SigningInput) || len(c.Signature) != 64 || !json.Valid(c.Body) {
			t.Fatalf("accepted %s as %+v", jws, c)
		}
		again, err := command.Attach(c.SigningInput, c.Signature)
		if err != nil || !bytes.Equal(again, jws) {
			t.Fatalf("%s has a second spelling %s (%v)", jws, again, err)
		}
	})
}

// FuzzDecodePayload mutates the JSON behind the base64.
func FuzzDecodePayload(f *testing.F) {
	f.Add(goodHeader, goodPayload(`{"a":[1,"\ud83d\ude00",{"b":null}]}`))
	f.Add(`{"alg":"SM2","alg":"SM2"}`, goodPayload(`{"a":1,"a":2}`))
	f.Fuzz(func(t *testing.T, header, payload string) {
		c, err := command.Decode([]byte(b64(header) + "." + b64(payload) + "." + b64(string(make([]byte, 64)))))
		if err != nil {
			refusedProperly(t, err)
			return
		}
		// What is accepted, encoding/json reads the same way.
		var p command.Payload
		dec := json.NewDecoder(bytes.NewReader([]byte(payload)))
		dec.DisallowUnknownFields()
		if err := dec.Decode(&p); err != nil || p.Command != c.Name || p.ID != c.ID || p.Iat != c.Iat || p.Exp != c.Exp || !bytes.Equal(p.Body, c.Body) {
			t.Fatalf("%s read as %+v and as %+v (%v)", payload, c, p, err)
		}
	})
}

func FuzzDecodeBody(f *testing.F) {
	for _, s := range []string{
		``, `{}`, `null`, `{"name":"x","items":[{"uscc":"a","fee":1}],"pair":[1,2],"key":"AQI=","labels":{"a":"b"}}`,
		`{"Name":"x"}`, `{"grade":1e2}`, `{"extra":[null,1.5,"\ud83d\ude00"]}`, `{"at":"2026-11-23T00:00:00Z"}`, `{"next":{"next":{}}}`,
		"{\"name\":\"\xff\"}", `{"name":"\ud800"}`, `{"a":1,"a":2}`, `{"limit":3,"count":4294967295,"grade":-128,"public":true}`,
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		got, err := command.DecodeBody[sample](raw)
		if err != nil {
			refusedProperly(t, err)
			return
		}
		// What is strict is also lax.
		var want sample
		dec := json.NewDecoder(bytes.NewReader(raw))
		dec.DisallowUnknownFields()
		if err := dec.Decode(&want); err != nil {
			t.Fatalf("%s: encoding/json refuses it: %v", raw, err)
		}
		a, err1 := json.Marshal(got)
		b, err2 := json.Marshal(want)
		if err1 != nil || err2 != nil || !bytes.Equal(a, b) {
			t.Fatalf("%s read as %s and as %s (%v, %v)", raw, a, b, err1, err2)
		}
	})
}

func FuzzNormalizeSignature(f *testing.F) {
	seed(f)
	f.Fuzz(func(t *testing.T, jws []byte) {
		out, err := command.NormalizeSignature(jws)
		if err != nil {
			refusedProperly(t, err)
			return
		}
		at := bytes.LastIndexByte(jws, '.')
		if !bytes.HasPrefix(out, jws[:at+1]) {
			t.Fatalf("%s became %s: more than the signature changed", jws, out)
		}
		twice, err := command.NormalizeSignature(out)
		if err != nil || !bytes.Equal(twice, out) {
			t.Fatalf("%s became %s and then %s (%v)", jws, out, twice, err)
		}
	})
}

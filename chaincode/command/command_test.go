package command_test

import (
	"bytes"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/datarights/datarights/chaincode/command"
	"github.com/datarights/datarights/internal/gm"
)

func samplePayload(body string) command.Payload {
	return command.Payload{Command: "resource.catalogue", ID: vectorID, Iat: 1764000000, Exp: 1764003600, Body: json.RawMessage(body)}
}

func TestSignMakesWhatDecodeAndVerifyAccept(t *testing.T) {
	priv := vectorPrivateKey(t, "one")
	p := samplePayload(`{"name":"<气象> & 能源","n":1}`)
	jws, err := command.Sign(priv, vectorKid, p)
	if err != nil {
		t.Fatal(err)
	}
	c, err := command.Decode(jws)
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Verify(priv.Public()); err != nil {
		t.Error(err)
	}
	if c.Name != p.Command || c.ID != p.ID || c.Iat != p.Iat || c.Exp != p.Exp || !bytes.Equal(c.Body, p.Body) {
		t.Errorf("signed %+v, decoded %+v", p, c)
	}
	var e *command.Error
	if err := c.Verify(vectorPrivateKey(t, "two").Public()); !errors.As(err, &e) || e.Code != command.CodeSignature {
		t.Errorf("another key: %v", err)
	}
	if err := c.Verify(gm.PublicKey{}); err == nil {
		t.Error("verified without a key")
	}
}

// Every bit of a command is covered by its signature or its form.
func TestEveryFlippedBitIsRefused(t *testing.T) {
	priv := vectorPrivateKey(t, "one")
	jws, err := command.Sign(priv, vectorKid, samplePayload(`{"a":1}`))
	if err != nil {
		t.Fatal(err)
	}
	for i := range jws {
		for bit := range 8 {
			bad := bytes.Clone(jws)
			bad[i] ^= 1 << bit
			c, err := command.Decode(bad)
			if err == nil {
				err = c.Verify(priv.Public())
			}
			if err == nil {
				t.Fatalf("accepted with bit %d of byte %d flipped: %s", bit, i, bad)
			}
		}
	}
}

func TestSignRefusesWhatThePeersWould(t *testing.T) {
	priv := vectorPrivateKey(t, "one")
	change := func(f func(p *command.Payload)) command.Payload {
		p := samplePayload(`{}`)
		f(&p)
		return p
	}
	for field, c := range map[string]struct {
		kid string
		p   command.Payload
	}{
		"header.kid":      {"nobody", samplePayload(`{}`)},
		"payload.command": {vectorKid, change(func(p *command.Payload) { p.Command = "x" })},
		"payload.id":      {vectorKid, change(func(p *command.Payload) { p.ID = "" })},
		"payload.exp":     {vectorKid, change(func(p *command.Payload) { p.Exp = p.Iat + command.MaxLifetime + 1 })},
		"payload.body":    {vectorKid, change(func(p *command.Payload) { p.Body = json.RawMessage(`{`) })},
		"payload.body.a":  {vectorKid, samplePayload(`{"a":1,"a":2}`)},
		"jws":             {vectorKid, samplePayload(`{"a":"` + strings.Repeat("x", command.MaxSize) + `"}`)},
	} {
		_, err := command.Sign(priv, c.kid, c.p)
		var e *command.Error
		if !errors.As(err, &e) || e.Field != field {
			t.Errorf("error %v, want one at %s", err, field)
		}
	}
	if _, err := command.Sign(gm.PrivateKey{}, vectorKid, samplePayload(`{}`)); err == nil {
		t.Error("signed without a key")
	}
}

func TestAttach(t *testing.T) {
	priv := vectorPrivateKey(t, "one")
	input, err := command.SigningInput(vectorKid, samplePayload(`{}`))
	if err != nil {
		t.Fatal(err)
	}
	raw, err := gm.Sign(rand.Reader, priv, input)
	if err != nil {
		t.Fatal(err)
	}
	der, err := gm.RawToDER(raw[:])
	if err != nil {
		t.Fatal(err)
	}
	for name, sig := range map[string][]byte{"r‖s": raw[:], "DER": der} {
		jws, err := command.Attach(input, sig)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		c, err := command.Decode(jws)
		if err != nil {
			t.Fatal(err)
		}
		if err := c.Verify(priv.Public()); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := command.Attach(input, raw[:40]); err == nil {
		t.Error("40 bytes taken for a signature")
	}
}

func TestKidRoundTrip(t *testing.T) {
	id, no, err := command.ParseKid(command.Kid("91350100M000100Y43", 12))
	if err != nil || id != "91350100M000100Y43" || no != 12 {
		t.Errorf("%s %d %v", id, no, err)
	}
}

// bulk is a command of 1,000 items, the largest the ledger takes.
func bulk(t testing.TB) []byte {
	var b strings.Builder
	b.WriteString(`{"items":[`)
	for i := range 1000 {
		if i > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, `{"name":"逐时气象子序列 %d","uscc":"91350100M000100Y43","regionCode":"320902","contentRoot":"sm3:%064x","grade":2,"count":%d}`, i, i, i)
	}
	b.WriteString(`]}`)
	jws, err := command.Sign(vectorPrivateKey(t, "one"), vectorKid, samplePayload(b.String()))
	if err != nil {
		t.Fatal(err)
	}
	return jws
}

type bulkBody struct {
	Items []struct {
		Name        string `json:"name"`
		USCC        string `json:"uscc"`
		RegionCode  string `json:"regionCode"`
		ContentRoot string `json:"contentRoot"`
		Grade       int    `json:"grade"`
		Count       int64  `json:"count"`
	} `json:"items"`
}

func BenchmarkDecodeAndVerifySmall(b *testing.B) {
	priv := vectorPrivateKey(b, "one")
	jws, err := command.Sign(priv, vectorKid, samplePayload(`{"uscc":"91350100M000100Y43","name":"x"}`))
	if err != nil {
		b.Fatal(err)
	}
	pub := priv.Public()
	b.ReportAllocs()
	for b.Loop() {
		c, err := command.Decode(jws)
		if err != nil {
			b.Fatal(err)
		}
		if err := c.Verify(pub); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkDecodeBulk(b *testing.B) {
	jws := bulk(b)
	b.SetBytes(int64(len(jws)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := command.Decode(jws); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkDecodeBodyBulk(b *testing.B) {
	c, err := command.Decode(bulk(b))
	if err != nil {
		b.Fatal(err)
	}
	b.SetBytes(int64(len(c.Body)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := command.DecodeBody[bulkBody](c.Body); err != nil {
			b.Fatal(err)
		}
	}
}

package command_test

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/datarights/datarights/chaincode/command"
	"github.com/datarights/datarights/internal/gm"
)

var update = flag.Bool("update", false, "write testdata/vectors.json anew")

const vectorsFile = "testdata/vectors.json"

// vectors is the layout of testdata/vectors.json.
type vectors struct {
	Description string          `json:"description"`
	Limits      map[string]int  `json:"limits"`
	Keys        []vectorKey     `json:"keys"`
	Valid       []validVector   `json:"valid"`
	Invalid     []invalidVector `json:"invalid"`
	DER         []derVector     `json:"der"`
}

type vectorKey struct {
	Name        string `json:"name"`
	PrivateKey  string `json:"privateKey"`  // PKCS#8 PEM
	PublicKey   string `json:"publicKey"`   // base64 of DER SubjectPublicKeyInfo
	Fingerprint string `json:"fingerprint"` // of it
}

type validVector struct {
	Name         string         `json:"name"`
	Key          string         `json:"key"`
	JWS          string         `json:"jws"`
	SigningInput string         `json:"signingInput"`
	Signature    string         `json:"signature"` // hex r‖s
	Header       command.Header `json:"header"`
	Command      string         `json:"command"`
	ID           string         `json:"id"`
	Iat          int64          `json:"iat"`
	Exp          int64          `json:"exp"`
	Body         string         `json:"body"` // as it stands in the payload
	Participant  string         `json:"participantId"`
	KeyNo        int            `json:"keyNo"`
	Digest       string         `json:"digest"`
}

// invalidVector is refused by decoding, or by verifying under the key when
// stage says so. A command too long to print is given in pieces to be repeated
// and joined.
type invalidVector struct {
	Name   string  `json:"name"`
	Stage  string  `json:"stage"`
	Key    string  `json:"key"`
	JWS    string  `json:"jws,omitempty"`
	Pieces []piece `json:"pieces,omitempty"`
	Code   string  `json:"code"`
	Field  string  `json:"field"`
	Reason string  `json:"reason"`
}

type piece struct {
	Text  string `json:"text"`
	Times int    `json:"times"`
}

func (v invalidVector) text() string {
	var b strings.Builder
	b.WriteString(v.JWS)
	for _, p := range v.Pieces {
		b.WriteString(strings.Repeat(p.Text, p.Times))
	}
	return b.String()
}

// derVector is a command as signed by tools that write DER, and what a gateway
// makes of it, or the code it refuses it with.
type derVector struct {
	Name       string `json:"name"`
	JWS        string `json:"jws"`
	Normalized string `json:"normalized,omitempty"`
	Code       string `json:"code,omitempty"`
}

func readVectors(t testing.TB) vectors {
	t.Helper()
	data, err := os.ReadFile(filepath.FromSlash(vectorsFile))
	if err != nil {
		t.Fatal(err)
	}
	var v vectors
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&v); err != nil {
		t.Fatal(err)
	}
	return v
}

func (v vectors) publicKey(t testing.TB, name string) gm.PublicKey {
	t.Helper()
	for _, k := range v.Keys {
		if k.Name == name {
			der, err := base64.StdEncoding.DecodeString(k.PublicKey)
			if err != nil {
				t.Fatal(err)
			}
			pub, err := gm.ParsePublicKey(der)
			if err != nil {
				t.Fatal(err)
			}
			return pub
		}
	}
	t.Fatalf("no key %q among the vectors", name)
	return gm.PublicKey{}
}

func TestVectorsAreWhatTheGeneratorMakes(t *testing.T) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(makeVectors(t)); err != nil {
		t.Fatal(err)
	}
	if *update {
		if err := os.WriteFile(filepath.FromSlash(vectorsFile), b.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	have, err := os.ReadFile(filepath.FromSlash(vectorsFile))
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(have, b.Bytes()) {
		t.Error("testdata/vectors.json is not what the generator makes: run this test with -update and look at the difference")
	}
}

func TestVectorKeys(t *testing.T) {
	v := readVectors(t)
	for _, k := range v.Keys {
		priv, err := gm.ParsePrivateKeyPEM([]byte(k.PrivateKey))
		if err != nil {
			t.Fatal(err)
		}
		if pub := v.publicKey(t, k.Name); !pub.Equal(priv.Public()) || gm.Fingerprint(pub) != k.Fingerprint {
			t.Errorf("%s: the parts of the key do not belong together", k.Name)
		}
	}
}

func TestValidVectors(t *testing.T) {
	v := readVectors(t)
	if len(v.Valid) < 8 {
		t.Fatalf("only %d valid vectors", len(v.Valid))
	}
	for _, c := range v.Valid {
		t.Run(c.Name, func(t *testing.T) {
			got, err := command.Decode([]byte(c.JWS))
			if err != nil {
				t.Fatal(err)
			}
			have := validVector{c.Name, c.Key, c.JWS, string(got.SigningInput), hex.EncodeToString(got.Signature),
				command.Header{Alg: command.Algorithm, Typ: command.Type, Kid: got.Kid},
				got.Name, got.ID, got.Iat, got.Exp, string(got.Body), got.ParticipantID, got.KeyNo, got.DigestRef()}
			if have != c {
				t.Errorf("decoded as\n%+v\nwant\n%+v", have, c)
			}
			if err := got.Verify(v.publicKey(t, c.Key)); err != nil {
				t.Error(err)
			}
			if same, err := command.NormalizeSignature([]byte(c.JWS)); err != nil || string(same) != c.JWS {
				t.Errorf("normalising changed it: %s, %v", same, err)
			}
		})
	}
}

func TestInvalidVectors(t *testing.T) {
	v := readVectors(t)
	if len(v.Invalid) < 60 {
		t.Fatalf("only %d invalid vectors", len(v.Invalid))
	}
	for _, c := range v.Invalid {
		t.Run(c.Name, func(t *testing.T) {
			got, err := command.Decode([]byte(c.text()))
			if c.Stage == "verify" {
				if err != nil {
					t.Fatalf("refused before its signature was looked at: %v", err)
				}
				err = got.Verify(v.publicKey(t, c.Key))
			}
			var e *command.Error
			if !errors.As(err, &e) {
				t.Fatalf("error %v, want a *command.Error", err)
			}
			if e.Code != c.Code || e.Field != c.Field {
				t.Errorf("%s at %s (%s), want %s at %s", e.Code, e.Field, e.Detail, c.Code, c.Field)
			}
			if e.Detail == "" || e.DetailZh == "" {
				t.Error("the error does not say what is wrong in both languages")
			}
		})
	}
}

func TestDERVectors(t *testing.T) {
	for _, c := range readVectors(t).DER {
		t.Run(c.Name, func(t *testing.T) {
			got, err := command.NormalizeSignature([]byte(c.JWS))
			if c.Code != "" {
				var e *command.Error
				if !errors.As(err, &e) || e.Code != c.Code {
					t.Fatalf("got %s, %v, want %s", got, err, c.Code)
				}
				return
			}
			if err != nil || string(got) != c.Normalized {
				t.Fatalf("got %s, %v", got, err)
			}
			if _, err := command.Decode([]byte(c.JWS)); err == nil {
				t.Error("the ledger accepts the DER form too")
			}
		})
	}
}

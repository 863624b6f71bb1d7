package client

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

func TestNewSecret(t *testing.T) {
	document := map[string]any{"priceFen": 12345, "note": "a<b & \"c\""}
	first, commitment, err := NewSecret(document)
	if err != nil {
		t.Fatal(err)
	}
	second, other, err := NewSecret(document)
	if err != nil || bytes.Equal(first, second) || commitment == other {
		t.Errorf("two secrets of one document are alike: %s, %s, %v", first, second, err)
	}
	if Commitment(first) != commitment || !strings.HasPrefix(commitment, "sm3:") || len(commitment) != 68 {
		t.Errorf("commitment %s", commitment)
	}
	var got struct {
		PriceFen int    `json:"priceFen"`
		Note     string `json:"note"`
		Salt     string `json:"salt"`
	}
	if err := json.Unmarshal(first, &got); err != nil || got.PriceFen != 12345 || got.Note != "a<b & \"c\"" {
		t.Errorf("%s: %+v, %v", first, got, err)
	}
	if salt, err := base64.RawURLEncoding.Strict().DecodeString(got.Salt); err != nil || len(salt) != SaltSize {
		t.Errorf("salt %q: %v", got.Salt, err)
	}
	if empty, _, err := NewSecret(json.RawMessage("{ }")); err != nil || !json.Valid(empty) {
		t.Errorf("%s, %v", empty, err)
	}
	for _, bad := range []string{"[]", "7", `{"salt":"x"}`, "null"} {
		if s, _, err := NewSecret(json.RawMessage(bad)); err == nil {
			t.Errorf("made %s of %s", s, bad)
		}
	}
}

func TestSubmitWithSecret(t *testing.T) {
	secret := "{\"salt\":\"x\"}\n "
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		parts, err := r.MultipartReader()
		if err != nil {
			t.Error(err)
			return
		}
		for _, want := range [][3]string{{"command", MediaTypeCommand, "a.b.c"}, {"secret", "application/json", secret}} {
			part, err := parts.NextPart()
			if err != nil {
				t.Error(err)
				return
			}
			if content, err := io.ReadAll(part); err != nil || part.FormName() != want[0] || part.Header.Get("Content-Type") != want[1] || string(content) != want[2] {
				t.Errorf("got %s %q, %v; expected %v", part.FormName(), content, err, want)
			}
		}
		w.WriteHeader(http.StatusCreated)
		_, _ = io.WriteString(w, `{"txId":"t","block":7,"result":{}}`)
	}))
	defer server.Close()
	c, err := New(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	if r, err := c.SubmitWithSecret(context.Background(), []byte("a.b.c"), []byte(secret)); err != nil || r.Block != 7 {
		t.Errorf("%+v, %v", r, err)
	}
}

// What is read in private is kept byte for byte, or it opens nothing.
func TestReadSecret(t *testing.T) {
	secret := "{\"priceFen\": 7}\n "
	commitment := Commitment([]byte(secret))
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/v1/trades/TR-1/terms" || r.URL.Query().Get("at_least") != "9" {
			t.Errorf("asked %s", r.URL)
		}
		w.Header().Set(CommitmentHeader, commitment)
		_, _ = io.WriteString(w, secret)
	}))
	defer server.Close()
	c, err := New(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	got, err := c.AtLeast(9).ReadSecret(context.Background(), "/v1/trades/TR-1/terms")
	if err != nil || string(got) != secret {
		t.Errorf("%q, %v", got, err)
	}
	commitment = Commitment([]byte("other"))
	if got, err := c.AtLeast(9).ReadSecret(context.Background(), "/v1/trades/TR-1/terms"); err == nil {
		t.Errorf("took %q for another's commitment", got)
	}
}

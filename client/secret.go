package client

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"

	"github.com/datarights/datarights/internal/gm"
)

// SaltSize is how many random bytes NewSecret adds.
const SaltSize = 32

// NewSecret makes the secret behind a commitment of a document: the document's
// fields with a random salt, without which a commitment to a price would be as
// good as the price. secret goes beside the command, commitment into its body.
// Whoever is shown the secret's bytes can check them with Commitment.
func NewSecret(document any) (secret []byte, commitment string, err error) {
	raw, err := encodeBody(document)
	if err != nil {
		return nil, "", err
	}
	if raw = bytes.TrimSpace(raw); len(raw) < 2 || raw[0] != '{' {
		return nil, "", errors.New("a secret is made of a JSON object")
	}
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(raw, &fields); err != nil {
		return nil, "", fmt.Errorf("couldn't read the document: %w", err)
	}
	if _, salted := fields["salt"]; salted {
		return nil, "", errors.New("the document has a salt already: a secret is salted once, and handed in as it is")
	}
	var compact bytes.Buffer
	if err := json.Compact(&compact, raw); err != nil {
		return nil, "", fmt.Errorf("couldn't read the document: %w", err)
	}
	salt := make([]byte, SaltSize)
	rand.Read(salt)
	compact.Truncate(compact.Len() - 1)
	if len(fields) > 0 {
		compact.WriteByte(',')
	}
	fmt.Fprintf(&compact, `"salt":"%s"}`, base64.RawURLEncoding.EncodeToString(salt))
	return compact.Bytes(), Commitment(compact.Bytes()), nil
}

// CommitmentHeader carries the commitment of a private part as it was answered.
const CommitmentHeader = "Secret-Commitment"

// ReadSecret reads the private part of a record, such as
// "/v1/trades/TR-…/terms", byte for byte. It takes a session of one of the
// record's parties, at a gateway whose organisation keeps it. Compare Commitment of
// what it returns with the record's.
func (c *Client) ReadSecret(ctx context.Context, path string) ([]byte, error) {
	u := c.base.JoinPath(path)
	if c.atLeast > 0 {
		u.RawQuery = url.Values{"at_least": {strconv.FormatUint(c.atLeast, 10)}}.Encode()
	}
	body, header, err := c.do(ctx, func() (*http.Request, error) {
		return http.NewRequestWithContext(ctx, http.MethodGet, u.String(), nil)
	}, http.StatusOK)
	if err != nil {
		return nil, fmt.Errorf("couldn't read %s: %w", path, err)
	}
	if got := header.Get(CommitmentHeader); got != Commitment(body) {
		return nil, fmt.Errorf("couldn't read %s: the bytes that came are not those of the commitment %q", path, got)
	}
	return body, nil
}

// Commitment is the commitment to a secret: the SM3 of its bytes.
func Commitment(secret []byte) string {
	h := gm.SM3(secret)
	return "sm3:" + hex.EncodeToString(h[:])
}

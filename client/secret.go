package client

import (
	"bytes"
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"

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

// Commitment is the commitment to a secret: the SM3 of its bytes.
func Commitment(secret []byte) string {
	h := gm.SM3(secret)
	return "sm3:" + hex.EncodeToString(h[:])
}

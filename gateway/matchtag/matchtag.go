// Package matchtag keys a holder's order-free digest with the platform's
// secret and signs what came out. The tag tells whether two registrations hold
// equal content and nothing else; without the key nobody can try candidates.
package matchtag

import (
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/datarights/datarights/chaincode/rights"
	"github.com/datarights/datarights/internal/gm"
)

// KeySize is the size of the platform's HMAC key in bytes.
const KeySize = 32

// Options configure a Keyer.
type Options struct {
	Key    []byte // KeySize bytes
	Epoch  int64  // grows by one when the platform changes the key; from 1
	Signer gm.PrivateKey
	Kid    string // the signer's key on the ledger
}

// Keyer makes match tags. It is safe for concurrent use.
type Keyer struct{ o Options }

// New makes a Keyer.
func New(o Options) (*Keyer, error) {
	switch {
	case len(o.Key) != KeySize:
		return nil, fmt.Errorf("the match tag key has %d bytes; want %d", len(o.Key), KeySize)
	case o.Epoch < 1:
		return nil, errors.New("the match tag epoch must be at least 1")
	case o.Signer.IsZero() || o.Kid == "":
		return nil, errors.New("match tags need a signer and its kid")
	}
	return &Keyer{o}, nil
}

// Load reads the key (hex) and the signer (PKCS#8 PEM) from their files.
func Load(keyFile, signerKey, kid string, epoch int64) (*Keyer, error) {
	text, err := os.ReadFile(keyFile)
	if err != nil {
		return nil, fmt.Errorf("couldn't read the match tag key: %w", err)
	}
	key, err := hex.DecodeString(strings.TrimSpace(string(text)))
	if err != nil { // the cause would quote the key
		return nil, fmt.Errorf("couldn't read the match tag key: %s is not hex", keyFile)
	}
	pemText, err := os.ReadFile(signerKey)
	if err != nil {
		return nil, fmt.Errorf("couldn't read the match tag signer: %w", err)
	}
	signer, err := gm.ParsePrivateKeyPEM(pemText)
	if err != nil {
		return nil, fmt.Errorf("couldn't read the match tag signer %s: %w", signerKey, err)
	}
	return New(Options{Key: key, Epoch: epoch, Signer: signer, Kid: kid})
}

// Tag is a keyed digest with the platform's word for it.
type Tag struct {
	MatchTag       string                `json:"matchTag"`
	TagEpoch       int64                 `json:"tagEpoch"`
	TagAttestation rights.TagAttestation `json:"tagAttestation"`
}

// Make keys digest, which rights.ValidHash has found well-formed, and attests
// it for this holder and content; and with it, unless it is empty, the hash of
// the keyed sketch that the platform keeps of the same content.
func (k *Keyer) Make(holderID, digest, contentRoot, sketchHash string) (Tag, error) {
	sum := gm.HMAC(k.o.Key, []byte(digest))
	t := Tag{MatchTag: "sm3:" + hex.EncodeToString(sum[:]), TagEpoch: k.o.Epoch}
	sig, err := gm.Sign(rand.Reader, k.o.Signer, []byte(rights.TagStatement(holderID, contentRoot, t.MatchTag, t.TagEpoch, sketchHash)))
	if err != nil {
		return Tag{}, fmt.Errorf("couldn't sign the match tag: %w", err)
	}
	t.TagAttestation = rights.TagAttestation{Kid: k.o.Kid, Signature: base64.RawURLEncoding.EncodeToString(sig[:]), SketchHash: sketchHash}
	return t, nil
}

// SketchKey is the secret that sketches are keyed with, derived from the tags'.
func (k *Keyer) SketchKey() []byte {
	sum := gm.HMAC(k.o.Key, []byte("datarights-sketch-key-v1"))
	return sum[:]
}

// Fingerprint is the signer's.
func (k *Keyer) Fingerprint() string { return gm.Fingerprint(k.o.Signer.Public()) }

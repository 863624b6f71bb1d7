package gm

import (
	"bytes"
	"crypto/ecdsa"
	"errors"
	"fmt"
	"io"

	"github.com/emmansun/gmsm/sm2"
)

// SignerID is the distinguishing identifier that goes into ZA, the default of
// GM/T 0009. Every signature made or verified here is bound to it.
const SignerID = "1234567812345678"

const (
	// SignatureSize is the length of a raw signature, r‖s, both big-endian.
	SignatureSize = 64
	// PointSize is the length of an uncompressed point, 04‖x‖y.
	PointSize = 65

	scalarSize = 32
)

// order is n, the order of the curve's group (GB/T 32918.5).
var order = [scalarSize]byte{
	0xff, 0xff, 0xff, 0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
	0x72, 0x03, 0xdf, 0x6b, 0x21, 0xc6, 0x05, 0x2b, 0x53, 0xbb, 0xf4, 0x09, 0x39, 0xd5, 0x41, 0x23,
}

// PublicKey is a point on the SM2 curve. The zero value holds no key and
// verifies nothing.
type PublicKey struct{ k *ecdsa.PublicKey }

// PrivateKey is an SM2 key pair. The zero value holds no key and cannot sign.
// It prints as a placeholder, so that it cannot reach a log by accident.
type PrivateKey struct{ k *sm2.PrivateKey }

// IsZero reports whether p holds no key.
func (p PublicKey) IsZero() bool { return p.k == nil }

// Equal reports whether p and q are the same point.
func (p PublicKey) Equal(q PublicKey) bool {
	if p.k == nil || q.k == nil {
		return p.k == q.k
	}
	return p.k.Equal(q.k)
}

// IsZero reports whether p holds no key.
func (p PrivateKey) IsZero() bool { return p.k == nil }

// Public returns the public half of p.
func (p PrivateKey) Public() PublicKey {
	if p.k == nil {
		return PublicKey{}
	}
	return PublicKey{&p.k.PublicKey}
}

func (p PrivateKey) String() string { return "gm.PrivateKey(…)" }

// GoString does not show the key either.
func (p PrivateKey) GoString() string { return p.String() }

// Format keeps every verb, %x among them, from printing the secret.
func (p PrivateKey) Format(s fmt.State, _ rune) { _, _ = io.WriteString(s, p.String()) }

// GenerateKey makes a key pair from rand, ordinarily crypto/rand.Reader.
func GenerateKey(rand io.Reader) (PrivateKey, error) {
	k, err := sm2.GenerateKey(rand)
	if err != nil {
		return PrivateKey{}, fmt.Errorf("couldn't generate an SM2 key: %w", err)
	}
	return PrivateKey{k}, nil
}

// NewPrivateKey makes the key pair of the 32-byte big-endian secret d, which
// must lie in [1, n-2].
func NewPrivateKey(d []byte) (PrivateKey, error) {
	if len(d) != scalarSize {
		return PrivateKey{}, fmt.Errorf("an SM2 private key has %d bytes, not %d", scalarSize, len(d))
	}
	k, err := sm2.NewPrivateKey(d)
	if err != nil {
		return PrivateKey{}, errors.New("an SM2 private key must lie between 1 and n-2")
	}
	return PrivateKey{k}, nil
}

// Sign signs msg, hashed with SM3 behind ZA of priv's public key and SignerID.
// The nonce comes from rand and from the key and message together, so a weak
// rand does not give the key away; a nil rand makes the signature
// deterministic (RFC 6979 with SM3).
func Sign(rand io.Reader, priv PrivateKey, msg []byte) ([SignatureSize]byte, error) {
	var raw [SignatureSize]byte
	if priv.k == nil {
		return raw, errors.New("couldn't sign: no private key")
	}
	digest, err := sm2.CalculateSM2Hash(&priv.k.PublicKey, msg, []byte(SignerID))
	if err != nil {
		return raw, fmt.Errorf("couldn't hash the message: %w", err)
	}
	der, err := priv.k.Sign(rand, digest, nil)
	if err != nil {
		return raw, fmt.Errorf("couldn't sign: %w", err)
	}
	return derToRaw(der)
}

// Verify reports whether sig, 64 bytes r‖s with 1 ≤ r, s < n, is a signature
// of msg by pub.
func Verify(pub PublicKey, msg, sig []byte) bool {
	if pub.k == nil {
		return false
	}
	der, err := RawToDER(sig)
	if err != nil {
		return false
	}
	digest, err := sm2.CalculateSM2Hash(pub.k, msg, []byte(SignerID))
	if err != nil {
		return false
	}
	return sm2.VerifyASN1(pub.k, digest, der)
}

// VerifyDigest reports whether derSig, canonical DER, is pub's signature of a
// 32-byte digest that already contains ZA.
func VerifyDigest(pub PublicKey, digest, derSig []byte) bool {
	if pub.k == nil || len(digest) != HashSize {
		return false
	}
	if _, err := derToRaw(derSig); err != nil {
		return false
	}
	return sm2.VerifyASN1(pub.k, digest, derSig)
}

// inRange reports whether 1 ≤ v < n for a 32-byte big-endian v.
func inRange(v []byte) bool {
	return bytes.Compare(v, order[:]) < 0 && !bytes.Equal(v, make([]byte, scalarSize))
}

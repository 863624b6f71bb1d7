package gm

import (
	"bytes"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"fmt"

	"github.com/emmansun/gmsm/sm2"
)

const (
	pemPrivateKey = "PRIVATE KEY"
	pemPublicKey  = "PUBLIC KEY"
)

var (
	oidECPublicKey = asn1.ObjectIdentifier{1, 2, 840, 10045, 2, 1}
	oidSM2Curve    = asn1.ObjectIdentifier{1, 2, 156, 10197, 1, 301}

	// spkiPrefix is everything of a SubjectPublicKeyInfo that is not the
	// point. DER is canonical, so comparing it is the strictest parser.
	spkiPrefix = []byte{
		0x30, 0x59, 0x30, 0x13,
		0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01,
		0x06, 0x08, 0x2a, 0x81, 0x1c, 0xcf, 0x55, 0x01, 0x82, 0x2d,
		0x03, 0x42, 0x00,
	}
)

// SPKISize is the length of an SM2 SubjectPublicKeyInfo in DER.
const SPKISize = 91

// ParsePublicKey reads a DER SubjectPublicKeyInfo: id-ecPublicKey on the SM2
// curve (1.2.156.10197.1.301), an uncompressed point that is on the curve, and
// nothing trailing. Each key has exactly one accepted encoding.
func ParsePublicKey(spkiDER []byte) (PublicKey, error) {
	if len(spkiDER) != SPKISize || !bytes.HasPrefix(spkiDER, spkiPrefix) {
		return PublicKey{}, errors.New(explainSPKI(spkiDER))
	}
	point := spkiDER[len(spkiPrefix):]
	if point[0] != 4 {
		return PublicKey{}, errors.New("the public key's point must be uncompressed (04‖x‖y)")
	}
	k, err := sm2.NewPublicKey(point)
	if err != nil {
		return PublicKey{}, errors.New("the public key is not a point on the SM2 curve")
	}
	return PublicKey{k}, nil
}

// explainSPKI says what is wrong with a refused SubjectPublicKeyInfo.
func explainSPKI(der []byte) string {
	var spki struct {
		Algorithm pkix.AlgorithmIdentifier
		PublicKey asn1.BitString
	}
	rest, err := asn1.Unmarshal(der, &spki)
	if err != nil {
		return "the public key is not a DER SubjectPublicKeyInfo"
	}
	if len(rest) > 0 {
		return "data follows the public key"
	}
	if !spki.Algorithm.Algorithm.Equal(oidECPublicKey) {
		return fmt.Sprintf("the public key's algorithm is %v, not id-ecPublicKey (1.2.840.10045.2.1)", spki.Algorithm.Algorithm)
	}
	var curve asn1.ObjectIdentifier
	if _, err := asn1.Unmarshal(spki.Algorithm.Parameters.FullBytes, &curve); err != nil || !curve.Equal(oidSM2Curve) {
		return "the public key's curve must be named SM2 (1.2.156.10197.1.301)"
	}
	if p := spki.PublicKey.RightAlign(); len(p) != PointSize || p[0] != 4 {
		return "the public key's point must be uncompressed (04‖x‖y)"
	}
	return "the public key is not canonical DER"
}

// MarshalPublicKey writes pub as ParsePublicKey reads it; nil for no key.
func MarshalPublicKey(pub PublicKey) []byte {
	if pub.k == nil {
		return nil
	}
	k, err := sm2.PublicKeyToECDH(pub.k)
	if err != nil { // unreachable: every PublicKey is made from a point on the curve
		return nil
	}
	return append(bytes.Clone(spkiPrefix), k.Bytes()...)
}

// Fingerprint names pub: "sm3:" and the hex SM3 of its SubjectPublicKeyInfo.
func Fingerprint(pub PublicKey) string {
	sum := SM3(MarshalPublicKey(pub))
	return "sm3:" + hex.EncodeToString(sum[:])
}

// ParsePublicKeyPEM reads one "PUBLIC KEY" block.
func ParsePublicKeyPEM(data []byte) (PublicKey, error) {
	der, err := onePEMBlock(data, pemPublicKey)
	if err != nil {
		return PublicKey{}, err
	}
	return ParsePublicKey(der)
}

// MarshalPublicKeyPEM writes pub as `openssl pkey -pubin` reads it.
func MarshalPublicKeyPEM(pub PublicKey) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: pemPublicKey, Bytes: MarshalPublicKey(pub)})
}

// privateKeyInfo is PKCS#8 (RFC 5208) without attributes.
type privateKeyInfo struct {
	Version    int
	Algorithm  pkix.AlgorithmIdentifier
	PrivateKey []byte
}

// ecPrivateKey is the inside of it (RFC 5915).
type ecPrivateKey struct {
	Version       int
	PrivateKey    []byte
	NamedCurveOID asn1.ObjectIdentifier `asn1:"optional,explicit,tag:0"`
	PublicKey     asn1.BitString        `asn1:"optional,explicit,tag:1"`
}

// ParsePrivateKeyPEM reads one unencrypted PKCS#8 "PRIVATE KEY" block with an
// SM2 key, as `openssl genpkey -algorithm SM2` writes it. A public key beside
// the secret must belong to it.
func ParsePrivateKeyPEM(data []byte) (PrivateKey, error) {
	der, err := onePEMBlock(data, pemPrivateKey)
	if err != nil {
		return PrivateKey{}, err
	}
	return parsePKCS8(der)
}

func parsePKCS8(der []byte) (PrivateKey, error) {
	var info privateKeyInfo
	if rest, err := asn1.Unmarshal(der, &info); err != nil || len(rest) > 0 || info.Version != 0 {
		return PrivateKey{}, errors.New("the private key is not PKCS#8")
	}
	var curve asn1.ObjectIdentifier
	if !info.Algorithm.Algorithm.Equal(oidECPublicKey) {
		return PrivateKey{}, errors.New("the private key is not an SM2 key")
	}
	if rest, err := asn1.Unmarshal(info.Algorithm.Parameters.FullBytes, &curve); err != nil || len(rest) > 0 || !curve.Equal(oidSM2Curve) {
		return PrivateKey{}, errors.New("the private key is not on the SM2 curve (1.2.156.10197.1.301)")
	}
	var ec ecPrivateKey
	if rest, err := asn1.Unmarshal(info.PrivateKey, &ec); err != nil || len(rest) > 0 || ec.Version != 1 {
		return PrivateKey{}, errors.New("the private key inside PKCS#8 is not RFC 5915")
	}
	if len(ec.NamedCurveOID) > 0 && !ec.NamedCurveOID.Equal(oidSM2Curve) {
		return PrivateKey{}, errors.New("the private key names two different curves")
	}
	k, err := NewPrivateKey(ec.PrivateKey)
	if err != nil {
		return PrivateKey{}, err
	}
	if len(ec.PublicKey.Bytes) > 0 {
		if !bytes.Equal(ec.PublicKey.Bytes, MarshalPublicKey(k.Public())[len(spkiPrefix):]) {
			return PrivateKey{}, errors.New("the public key beside the private key does not belong to it")
		}
	}
	return k, nil
}

// MarshalPrivateKeyPEM writes priv as unencrypted PKCS#8 that OpenSSL 3 reads.
// The result is secret.
func MarshalPrivateKeyPEM(priv PrivateKey) ([]byte, error) {
	if priv.k == nil {
		return nil, errors.New("couldn't encode: no private key")
	}
	k, err := priv.k.ECDH()
	if err != nil {
		return nil, fmt.Errorf("couldn't encode the private key: %w", err)
	}
	point := MarshalPublicKey(priv.Public())[len(spkiPrefix):]
	inner, err := asn1.Marshal(ecPrivateKey{
		Version:    1,
		PrivateKey: k.Bytes(),
		PublicKey:  asn1.BitString{Bytes: point, BitLength: 8 * len(point)},
	})
	if err != nil {
		return nil, fmt.Errorf("couldn't encode the private key: %w", err)
	}
	curve, err := asn1.Marshal(oidSM2Curve)
	if err != nil {
		return nil, fmt.Errorf("couldn't encode the curve: %w", err)
	}
	der, err := asn1.Marshal(privateKeyInfo{
		Algorithm:  pkix.AlgorithmIdentifier{Algorithm: oidECPublicKey, Parameters: asn1.RawValue{FullBytes: curve}},
		PrivateKey: inner,
	})
	if err != nil {
		return nil, fmt.Errorf("couldn't encode the private key: %w", err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: pemPrivateKey, Bytes: der}), nil
}

// onePEMBlock returns the content of the one block in data, which must have
// the given type. The messages never quote the data.
func onePEMBlock(data []byte, want string) ([]byte, error) {
	block, rest := pem.Decode(data)
	if block == nil {
		return nil, fmt.Errorf("no PEM block found: want -----BEGIN %s-----", want)
	}
	if block.Type == want {
		if len(bytes.TrimSpace(rest)) > 0 {
			return nil, fmt.Errorf("data follows the %s block", want)
		}
		return block.Bytes, nil
	}
	switch block.Type {
	case "ENCRYPTED PRIVATE KEY":
		return nil, errors.New("the private key is encrypted: decrypt it first with `openssl pkey -in KEY -out PLAIN`")
	case "EC PARAMETERS", "EC PRIVATE KEY":
		return nil, errors.New("the private key is not PKCS#8: convert it with `openssl pkcs8 -topk8 -nocrypt -in KEY -out PKCS8`")
	}
	return nil, fmt.Errorf("the PEM block is not a %s", want)
}

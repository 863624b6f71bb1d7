package gm

import (
	"errors"
	"fmt"

	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"
)

var errSignatureRange = errors.New("r and s of a signature must lie between 1 and n-1")

// DERToRaw rewrites a signature from SEQUENCE{INTEGER r, INTEGER s}, as
// OpenSSL and hardware keys give it, to r‖s. It takes canonical DER alone:
// minimal lengths and integers, r and s in range, nothing trailing.
func DERToRaw(der []byte) ([]byte, error) {
	raw, err := derToRaw(der)
	if err != nil {
		return nil, err
	}
	return raw[:], nil
}

func derToRaw(der []byte) ([SignatureSize]byte, error) {
	var raw [SignatureSize]byte
	var r, s []byte
	var inner cryptobyte.String
	in := cryptobyte.String(der)
	if !in.ReadASN1(&inner, asn1.SEQUENCE) || !in.Empty() ||
		!inner.ReadASN1Integer(&r) || !inner.ReadASN1Integer(&s) || !inner.Empty() {
		return raw, errors.New("the signature is not canonical DER: SEQUENCE{INTEGER r, INTEGER s}")
	}
	if len(r) > scalarSize || len(s) > scalarSize {
		return raw, errSignatureRange
	}
	copy(raw[scalarSize-len(r):scalarSize], r)
	copy(raw[SignatureSize-len(s):], s)
	if !inRange(raw[:scalarSize]) || !inRange(raw[scalarSize:]) {
		return [SignatureSize]byte{}, errSignatureRange
	}
	return raw, nil
}

// RawToDER rewrites a signature from r‖s to canonical DER. DERToRaw is its
// exact inverse.
func RawToDER(raw []byte) ([]byte, error) {
	if len(raw) != SignatureSize {
		return nil, fmt.Errorf("a raw signature has %d bytes, not %d", SignatureSize, len(raw))
	}
	if !inRange(raw[:scalarSize]) || !inRange(raw[scalarSize:]) {
		return nil, errSignatureRange
	}
	var b cryptobyte.Builder
	b.AddASN1(asn1.SEQUENCE, func(b *cryptobyte.Builder) {
		addUint(b, raw[:scalarSize])
		addUint(b, raw[scalarSize:])
	})
	return b.Bytes()
}

func addUint(b *cryptobyte.Builder, v []byte) {
	for len(v) > 1 && v[0] == 0 {
		v = v[1:]
	}
	b.AddASN1(asn1.INTEGER, func(b *cryptobyte.Builder) {
		if v[0]&0x80 != 0 {
			b.AddUint8(0)
		}
		b.AddBytes(v)
	})
}

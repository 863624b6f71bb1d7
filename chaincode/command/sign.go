package command

import (
	"bytes"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"fmt"

	"github.com/datarights/datarights/internal/gm"
)

// Payload is what a command says.
type Payload struct {
	Command string          `json:"command"`
	ID      string          `json:"id"`
	Iat     int64           `json:"iat"`
	Exp     int64           `json:"exp"`
	Body    json.RawMessage `json:"body"`
}

// Sign makes a command and checks it as a peer would, so that what it returns
// is refused only for reasons the ledger has.
//
// A command signed twice is two commands, the second in conflict with the
// first: to try again, send the same bytes.
func Sign(priv gm.PrivateKey, kid string, p Payload) ([]byte, error) {
	input, err := SigningInput(kid, p)
	if err != nil {
		return nil, err
	}
	sig, err := gm.Sign(rand.Reader, priv, input)
	if err != nil {
		return nil, err
	}
	return Attach(input, sig[:])
}

// SigningInput returns the bytes to be signed, for a key that is kept where
// Sign cannot reach it. Attach completes the command.
func SigningInput(kid string, p Payload) ([]byte, error) {
	header, err := encodePart(Header{Alg: Algorithm, Typ: Type, Kid: kid})
	if err != nil {
		return nil, err
	}
	payload, err := encodePart(p)
	if err != nil {
		return nil, err
	}
	return append(append(header, '.'), payload...), nil
}

// Encode writes JSON as it is signed: as it reads, without HTML escapes and without
// a line end.
func Encode(v any) (json.RawMessage, error) {
	var text bytes.Buffer
	enc := json.NewEncoder(&text)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(text.Bytes(), []byte{'\n'}), nil
}

func encodePart(v any) ([]byte, error) {
	text, err := Encode(v)
	if err != nil {
		return nil, malformed("payload.body", "couldn't encode: "+err.Error(), "无法编码："+err.Error())
	}
	return base64.RawURLEncoding.AppendEncode(nil, text), nil
}

// Attach adds a signature, r‖s or DER, to the signing input it was made over
// and checks the form of the result.
func Attach(signingInput, signature []byte) ([]byte, error) {
	raw, err := RawSignature(signature)
	if err != nil {
		return nil, err
	}
	jws := append(bytes.Clone(signingInput), '.')
	jws = base64.RawURLEncoding.AppendEncode(jws, raw)
	if _, err := Decode(jws); err != nil {
		return nil, err
	}
	return jws, nil
}

// NormalizeSignature rewrites a DER signature, as OpenSSL and hardware keys
// give it, to r‖s; a command whose signature is r‖s already comes back
// unchanged. It looks at nothing else. The signature covers neither its own
// form nor itself, so this needs no key. Gateways call it; the ledger accepts
// r‖s alone.
func NormalizeSignature(jws []byte) ([]byte, error) {
	signed, parts, err := split(jws)
	if err != nil {
		return nil, err
	}
	sig, err := decodeBase64(parts[2], "signature")
	if err != nil {
		return nil, err
	}
	raw, err := RawSignature(sig)
	if err != nil {
		return nil, err
	}
	out := append(bytes.Clone(signed), '.')
	return base64.RawURLEncoding.AppendEncode(out, raw), nil
}

// RawSignature returns sig, r‖s or DER, as r‖s. Exactly 64 bytes are taken for r‖s: a DER
// signature that short would need r and s below 2^232 together, which chance
// does not produce.
func RawSignature(sig []byte) ([]byte, error) {
	if len(sig) == gm.SignatureSize {
		return sig, nil
	}
	raw, err := gm.DERToRaw(sig)
	if err != nil {
		return nil, badSignature(
			fmt.Sprintf("want r‖s, %d bytes, or canonical DER: %v", gm.SignatureSize, err),
			fmt.Sprintf("应为 %d 字节的 r‖s 或规范 DER 编码", gm.SignatureSize))
	}
	return raw, nil
}

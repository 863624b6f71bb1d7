package session

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"strings"

	"github.com/datarights/datarights/chaincode/command"
	"github.com/datarights/datarights/chaincode/rights"
	"github.com/datarights/datarights/internal/gm"
)

const (
	// Type is the typ of a session proof's header. It differs from a command's,
	// so that neither can be taken for the other.
	Type = "datarights-session+jws"
	// MaxProof is the longest session proof in bytes.
	MaxProof = 8 << 10
)

// proof is a signed challenge as it came, well-formed but not verified.
type proof struct {
	kid           string
	participantID string
	keyNo         int
	challenge     string
	iat           int64
	signed        []byte
	signature     []byte // r‖s
}

type proofHeader struct {
	Alg string `json:"alg"`
	Typ string `json:"typ"`
	Kid string `json:"kid"`
}

type proofPayload struct {
	Challenge string `json:"challenge"`
	Iat       int64  `json:"iat"`
}

// parseProof reads a compact JWS. The signature may be r‖s or canonical DER.
func parseProof(jws []byte) (*proof, error) {
	if len(jws) > MaxProof {
		return nil, refuse(rights.CodeTooLarge, "jws", "会话证明最长 8 KiB", "a session proof is at most 8 KiB")
	}
	parts := bytes.Split(jws, []byte{'.'})
	if len(parts) != 3 {
		return nil, refuse(rights.CodeFormat, "jws", "应为 header.payload.signature 三段", "want header.payload.signature, three parts")
	}
	p := &proof{signed: jws[:len(parts[0])+1+len(parts[1])]}
	header, err := decodePart[proofHeader](parts[0], "header")
	if err != nil {
		return nil, err
	}
	if header.Alg != command.Algorithm {
		return nil, refuse(rights.CodeFormat, "header.alg", "应为 "+command.Algorithm, "must be "+command.Algorithm)
	}
	if header.Typ != Type {
		return nil, refuse(rights.CodeFormat, "header.typ", "应为 "+Type, "must be "+Type)
	}
	p.kid = header.Kid
	if p.participantID, p.keyNo, err = command.ParseKid(header.Kid); err != nil {
		return nil, fromCommand(err, "header")
	}
	payload, err := decodePart[proofPayload](parts[1], "payload")
	if err != nil {
		return nil, err
	}
	p.challenge, p.iat = payload.Challenge, payload.Iat
	sig, err := decodeBase64(parts[2], "signature")
	if err != nil {
		return nil, err
	}
	if len(sig) != gm.SignatureSize {
		if sig, err = gm.DERToRaw(sig); err != nil {
			return nil, refuse(rights.CodeSignature, "signature", "应为 64 字节 r‖s 或规范 DER 编码", "want 64 bytes r‖s or canonical DER")
		}
	}
	p.signature = sig
	return p, nil
}

func decodePart[T any](part []byte, field string) (T, error) {
	var zero T
	text, err := decodeBase64(part, field)
	if err != nil {
		return zero, err
	}
	v, err := command.DecodeBody[T](json.RawMessage(text))
	if err != nil {
		return zero, fromCommand(err, field)
	}
	return v, nil
}

func decodeBase64(part []byte, field string) ([]byte, error) {
	out := make([]byte, base64.RawURLEncoding.DecodedLen(len(part)))
	n, err := base64.RawURLEncoding.Strict().Decode(out, part)
	if err != nil || n == 0 || bytes.ContainsAny(part, "\r\n") {
		return nil, refuse(rights.CodeFormat, field, "不是无填充的 base64url 编码", "not base64url without padding")
	}
	return out[:n], nil
}

// fromCommand turns a fault found by package command into a refusal about
// field, which command knows as "body".
func fromCommand(err error, field string) error {
	var e *command.Error
	if !errors.As(err, &e) {
		return err
	}
	return refuse(rights.Code(e.Code), strings.Replace(e.Field, "body", field, 1), e.DetailZh, e.Detail)
}

func refuse(code rights.Code, field, zh, en string) *rights.Error {
	return &rights.Error{Code: code, Field: field, Detail: en, DetailZh: zh}
}

package command

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"github.com/datarights/datarights/internal/gm"
)

const (
	// Algorithm and Type are the only values the header may carry.
	Algorithm = "SM2"
	// Type is the header's typ.
	Type = "datarights+jws"

	// MaxSize is the longest command in bytes, as it travels.
	MaxSize = 768 * 1024
	// MaxLifetime is the longest time in seconds from iat to exp.
	MaxLifetime = 24 * 60 * 60
	// MaxDepth is how deep arrays and objects may nest, the outermost included.
	MaxDepth = 32
	// MaxName is the longest command name in bytes.
	MaxName = 64
	// MaxParticipantID is the longest participant ID in bytes.
	MaxParticipantID = 64
	// MaxKeyNo is the highest number a participant's key may have.
	MaxKeyNo = 999_999_999

	// maxTime is 9999-12-31T23:59:59Z, the last second other systems can print.
	maxTime = 253402300799
)

// Header is the protected header of a command.
type Header struct {
	Alg string `json:"alg"`
	Typ string `json:"typ"`
	Kid string `json:"kid"`
}

// Command is a well-formed command. Its signature is not verified until Verify
// says so. It refers to the bytes it was decoded from, which must not be
// changed.
type Command struct {
	Name string // "<entity>.<event>"
	ID   string // UUID that makes the command idempotent
	// Iat and Exp bound the command's time, in UTC seconds, iat < exp.
	Iat, Exp int64
	Body     json.RawMessage // a JSON object, read by DecodeBody

	Kid           string // ParticipantID#KeyNo
	ParticipantID string
	KeyNo         int

	Digest       [32]byte // SM3 of the whole JWS; tells a repetition from a conflict
	SigningInput []byte   // what the signature covers
	Signature    []byte   // r‖s
}

// DigestRef is Digest as records carry it: "sm3:" and hex.
func (c *Command) DigestRef() string { return "sm3:" + hex.EncodeToString(c.Digest[:]) }

// Verify checks the signature against pub, which the caller has looked up by
// ParticipantID and KeyNo.
func (c *Command) Verify(pub gm.PublicKey) error {
	if !gm.Verify(pub, c.SigningInput, c.Signature) {
		return badSignature("the signature does not verify under the key "+c.Kid,
			"签名无法用密钥 "+c.Kid+" 验证通过")
	}
	return nil
}

// Decode reads a command and checks everything about it but the signature.
// Every error is an *Error.
func Decode(jws []byte) (*Command, error) {
	signed, parts, err := split(jws)
	if err != nil {
		return nil, err
	}
	c := &Command{SigningInput: signed}
	if err := c.decodeHeader(parts[0]); err != nil {
		return nil, err
	}
	if err := c.decodePayload(parts[1]); err != nil {
		return nil, err
	}
	if c.Signature, err = decodeBase64(parts[2], "signature"); err != nil {
		return nil, err
	}
	if len(c.Signature) != gm.SignatureSize {
		return nil, badSignature(
			fmt.Sprintf("the signature has %d bytes; want r‖s, %d bytes (a DER signature must be rewritten)", len(c.Signature), gm.SignatureSize),
			fmt.Sprintf("签名长 %d 字节，应为 r‖s 共 %d 字节（DER 签名须先转换）", len(c.Signature), gm.SignatureSize))
	}
	c.Digest = gm.SM3(jws)
	return c, nil
}

// split cuts a JWS of acceptable size into its signing input and three parts.
func split(jws []byte) (signed []byte, parts [3][]byte, err error) {
	if len(jws) > MaxSize {
		return nil, parts, &Error{Code: CodeTooLarge, Field: "jws",
			Detail:   fmt.Sprintf("the command has %d bytes; at most %d are allowed", len(jws), MaxSize),
			DetailZh: fmt.Sprintf("指令长 %d 字节，最多 %d 字节", len(jws), MaxSize)}
	}
	if n := bytes.Count(jws, []byte{'.'}) + 1; n != len(parts) {
		return nil, parts, malformed("jws",
			fmt.Sprintf("want header.payload.signature, three parts; there are %d", n),
			fmt.Sprintf("应为 header.payload.signature 三段，现有 %d 段", n))
	}
	copy(parts[:], bytes.Split(jws, []byte{'.'}))
	return jws[:len(parts[0])+1+len(parts[1])], parts, nil
}

// decodeBase64 reads base64url without padding. encoding/base64 skips line
// breaks, which would give one command many spellings.
func decodeBase64(part []byte, field string) ([]byte, error) {
	bad := malformed(field, "not base64url without padding", "不是无填充的 base64url 编码")
	if len(part) == 0 || bytes.ContainsAny(part, "\r\n") {
		return nil, bad
	}
	out := make([]byte, base64.RawURLEncoding.DecodedLen(len(part)))
	n, err := base64.RawURLEncoding.Strict().Decode(out, part)
	if err != nil {
		return nil, bad
	}
	return out[:n], nil
}

// object parses part and returns its members in the order of names: exactly
// those, no more and no fewer.
func object(part []byte, field string, names ...string) (*document, []*node, error) {
	text, err := decodeBase64(part, field)
	if err != nil {
		return nil, nil, err
	}
	d, err := parseJSON(text, field)
	if err != nil {
		return nil, nil, err
	}
	if d.root.kind != kindObject {
		return nil, nil, wrongKind(field, d.root.kind, kindObject)
	}
	members := make([]*node, len(names))
	for i, name := range names {
		if members[i] = d.root.get(name); members[i] == nil {
			return nil, nil, malformed(field+"."+name, "the field is missing", "缺少该字段")
		}
	}
	if len(d.root.kids) > len(names) {
		for _, k := range d.root.kids {
			if !contains(names, k.name) {
				return nil, nil, unknown(field+segment(k.name), names)
			}
		}
	}
	return d, members, nil
}

func contains(names []string, name string) bool {
	for _, n := range names {
		if n == name {
			return true
		}
	}
	return false
}

func unknown(field string, names []string) *Error {
	list := strings.Join(names, ", ")
	return malformed(field, "unknown field; known here: "+list, "未知字段；此处可用："+list)
}

func wrongKind(field string, got, want kind) *Error {
	return malformed(field, "must be "+want.en()+", not "+got.en(), "应为"+want.zh()+"，不是"+got.zh())
}

func (c *Command) decodeHeader(part []byte) error {
	d, m, err := object(part, "header", "alg", "typ", "kid")
	if err != nil {
		return err
	}
	var v [3]string
	for i, name := range []string{"alg", "typ", "kid"} {
		if m[i].kind != kindString {
			return wrongKind("header."+name, m[i].kind, kindString)
		}
		v[i] = d.str(m[i])
	}
	if v[0] != Algorithm {
		return malformed("header.alg", "must be "+Algorithm, "应为 "+Algorithm)
	}
	if v[1] != Type {
		return malformed("header.typ", "must be "+Type, "应为 "+Type)
	}
	c.Kid = v[2]
	c.ParticipantID, c.KeyNo, err = ParseKid(v[2])
	return err
}

func (c *Command) decodePayload(part []byte) error {
	d, m, err := object(part, "payload", "command", "id", "iat", "exp", "body")
	if err != nil {
		return err
	}
	for i, want := range []kind{kindString, kindString, kindNumber, kindNumber, kindObject} {
		if m[i].kind != want {
			return wrongKind("payload."+m[i].name, m[i].kind, want)
		}
	}
	if c.Name = d.str(m[0]); !validName(c.Name) {
		return malformed("payload.command", "want <entity>.<event> in lower camel case, such as registration.submit",
			"应为小驼峰形式的 <实体>.<事件>，如 registration.submit")
	}
	if c.ID = d.str(m[1]); !validUUID(c.ID) {
		return malformed("payload.id", "want an RFC 9562 UUID in lower case, such as 0b8f3c1e-7d2a-4e61-9c55-1f0a6c2d9e47",
			"应为小写的 RFC 9562 UUID，如 0b8f3c1e-7d2a-4e61-9c55-1f0a6c2d9e47")
	}
	if c.Iat, err = unixSeconds(d.raw(m[2]), "payload.iat"); err != nil {
		return err
	}
	if c.Exp, err = unixSeconds(d.raw(m[3]), "payload.exp"); err != nil {
		return err
	}
	if c.Exp <= c.Iat {
		return malformed("payload.exp", "must be later than iat", "必须晚于 iat")
	}
	if c.Exp-c.Iat > MaxLifetime {
		return malformed("payload.exp", fmt.Sprintf("must be at most %d seconds after iat", MaxLifetime),
			fmt.Sprintf("最多比 iat 晚 %d 秒", MaxLifetime))
	}
	c.Body = d.raw(m[4])
	return nil
}

// ParseKid splits "<participant id>#<key number>". The ID is 1 to 64 letters,
// digits, '.', '_' and '-', beginning with a letter or digit; the number is
// positive and has no leading zero.
func ParseKid(kid string) (participantID string, keyNo int, err error) {
	bad := malformed("header.kid", "want <participant id>#<key number>, such as 91350100M000100Y43#1",
		"应为 <主体标识>#<密钥序号>，如 91350100M000100Y43#1")
	id, no, ok := strings.Cut(kid, "#")
	if !ok || !validParticipantID(id) {
		return "", 0, bad
	}
	if len(no) == 0 || len(no) > len(strconv.Itoa(MaxKeyNo)) || no[0] == '0' {
		return "", 0, bad
	}
	for i := range len(no) {
		if no[i] < '0' || no[i] > '9' {
			return "", 0, bad
		}
		keyNo = 10*keyNo + int(no[i]-'0')
	}
	return id, keyNo, nil
}

// Kid joins what ParseKid splits.
func Kid(participantID string, keyNo int) string {
	return participantID + "#" + strconv.Itoa(keyNo)
}

func validParticipantID(id string) bool {
	if id == "" || len(id) > MaxParticipantID {
		return false
	}
	for i := range len(id) {
		if c := id[i]; !isLetter(c) && !isDigit(c) && (i == 0 || c != '.' && c != '_' && c != '-') {
			return false
		}
	}
	return true
}

func isLetter(c byte) bool { return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' }
func isDigit(c byte) bool  { return '0' <= c && c <= '9' }

// validName matches ^[a-z][A-Za-z]*\.[a-z][A-Za-z]*$ up to MaxName.
func validName(name string) bool {
	entity, event, ok := strings.Cut(name, ".")
	if !ok || len(name) > MaxName {
		return false
	}
	for _, word := range []string{entity, event} {
		if word == "" || word[0] < 'a' || word[0] > 'z' {
			return false
		}
		for i := range len(word) {
			if !isLetter(word[i]) {
				return false
			}
		}
	}
	return true
}

// validUUID matches a UUID of RFC 9562's variant and versions 1 to 8, in lower
// case.
func validUUID(id string) bool {
	if len(id) != 36 {
		return false
	}
	for i := range len(id) {
		c := id[i]
		switch i {
		case 8, 13, 18, 23:
			if c != '-' {
				return false
			}
		case 14:
			if c < '1' || c > '8' {
				return false
			}
		case 19:
			if c != '8' && c != '9' && c != 'a' && c != 'b' {
				return false
			}
		default:
			if !isDigit(c) && (c < 'a' || c > 'f') {
				return false
			}
		}
	}
	return true
}

func unixSeconds(raw []byte, field string) (int64, error) {
	v, err := strconv.ParseInt(string(raw), 10, 64)
	if err != nil || v <= 0 || v > maxTime {
		return 0, malformed(field, fmt.Sprintf("want whole seconds since 1970, from 1 to %d", int64(maxTime)),
			fmt.Sprintf("应为自 1970 年起的整秒数，1 至 %d", int64(maxTime)))
	}
	return v, nil
}

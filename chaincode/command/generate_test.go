package command_test

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/datarights/datarights/chaincode/command"
	"github.com/datarights/datarights/internal/gm"
)

// The generator of testdata/vectors.json. Its signatures are deterministic, so
// that it always makes the same file.

const (
	vectorID  = "0b8f3c1e-7d2a-4e61-9c55-1f0a6c2d9e47"
	vectorKid = "91350100M000100Y43#1"

	goodHeader = `{"alg":"SM2","typ":"datarights+jws","kid":"` + vectorKid + `"}`
)

func goodPayload(body string) string {
	return `{"command":"resource.catalogue","id":"` + vectorID + `","iat":1764000000,"exp":1764003600,"body":` + body + `}`
}

// vectorPrivateKey is the SM3 of a name; such keys are for tests alone.
func vectorPrivateKey(t testing.TB, name string) gm.PrivateKey {
	t.Helper()
	d := gm.SM3([]byte("datarights test vector key " + name))
	k, err := gm.NewPrivateKey(d[:])
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func b64(s string) string { return base64.RawURLEncoding.EncodeToString([]byte(s)) }

// rawSign joins and signs any header and payload, well-formed or not.
func rawSign(t testing.TB, key, header, payload string) string {
	t.Helper()
	return signParts(t, key, b64(header)+"."+b64(payload))
}

func signParts(t testing.TB, key, input string) string {
	t.Helper()
	sig, err := gm.Sign(nil, vectorPrivateKey(t, key), []byte(input))
	if err != nil {
		t.Fatal(err)
	}
	return input + "." + b64(string(sig[:]))
}

// withSignature replaces the signature of jws.
func withSignature(jws string, sig []byte) string {
	return jws[:strings.LastIndexByte(jws, '.')+1] + b64(string(sig))
}

func makeVectors(t testing.TB) vectors {
	v := vectors{
		Description: "Signed commands of the datarights ledger, for implementations to test themselves with; " +
			"docs/command-format.md explains the format. Every command under valid decodes to the parts beside it and verifies " +
			"under its key. Every command under invalid is refused with the given code and field: at stage decode by " +
			"its form, at stage verify by its signature under the given key. Under der are commands with DER " +
			"signatures and what a gateway turns them into. The keys are for tests alone.",
		Limits: map[string]int{"maxSize": command.MaxSize, "maxLifetime": command.MaxLifetime, "maxDepth": command.MaxDepth,
			"maxName": command.MaxName, "maxParticipantId": command.MaxParticipantID, "maxKeyNo": command.MaxKeyNo},
	}
	for _, name := range []string{"one", "two"} {
		priv := vectorPrivateKey(t, name)
		pemKey, err := gm.MarshalPrivateKeyPEM(priv)
		if err != nil {
			t.Fatal(err)
		}
		v.Keys = append(v.Keys, vectorKey{name, string(pemKey),
			base64.StdEncoding.EncodeToString(gm.MarshalPublicKey(priv.Public())), gm.Fingerprint(priv.Public())})
	}
	v.Valid = validVectors(t)
	v.Invalid = invalidVectors(t)
	v.DER = derVectors(t)
	return v
}

func validVectors(t testing.TB) []validVector {
	spki := base64.StdEncoding.EncodeToString(gm.MarshalPublicKey(vectorPrivateKey(t, "one").Public()))
	var out []validVector
	add := func(name, key, header, payload string) {
		jws := rawSign(t, key, header, payload)
		c, err := command.Decode([]byte(jws))
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		// The parts are read with encoding/json, not from c, so that the file
		// does not say whatever Decode says.
		var h command.Header
		var p command.Payload
		if err := json.Unmarshal([]byte(header), &h); err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal([]byte(payload), &p); err != nil {
			t.Fatal(err)
		}
		id, no, err := command.ParseKid(h.Kid)
		if err != nil {
			t.Fatal(err)
		}
		digest := gm.SM3([]byte(jws))
		cut := strings.LastIndexByte(jws, '.')
		out = append(out, validVector{name, key, jws, jws[:cut], hex.EncodeToString(c.Signature), h,
			p.Command, p.ID, p.Iat, p.Exp, string(p.Body), id, no, "sm3:" + hex.EncodeToString(digest[:])})
	}
	add("participant.apply, self-signed", "one", goodHeader,
		`{"command":"participant.apply","id":"`+vectorID+`","iat":1764000000,"exp":1764003600,"body":`+
			`{"uscc":"91350100M000100Y43","name":"示例能源有限公司","orgType":"OrgEnterprise","roles":["RoleEnterprise"],`+
			`"regionCode":"320902","publicKey":"`+spki+`"}}`)
	add("empty body", "one", goodHeader, goodPayload(`{}`))
	add("second key of another participant", "two",
		`{"alg":"SM2","typ":"datarights+jws","kid":"NP-0123456789abcdef0123456789abcdef#2"}`, goodPayload(`{"a":1}`))
	add("members in another order, with space", "one",
		"{ \"kid\" : \""+vectorKid+"\",\n\t\"typ\":\"datarights+jws\", \"alg\":\"SM2\" }",
		` { "body" : { "b" : [ 1 , 2 ] } , "exp":1764003600,"iat":1764000000,"id":"`+vectorID+`","command":"registration.publishNotice"} `)
	add("longest lifetime", "one", goodHeader,
		`{"command":"right.apply","id":"`+vectorID+`","iat":1764000000,"exp":1764086400,"body":{}}`)
	add("highest key number", "one", `{"alg":"SM2","typ":"datarights+jws","kid":"A#999999999"}`, goodPayload(`{}`))
	add("UUID version 7", "one", goodHeader,
		`{"command":"right.apply","id":"019abcde-f012-7345-b678-9abcdef01234","iat":1,"exp":2,"body":{}}`)
	add("deepest nesting", "one", goodHeader, goodPayload(`{"a":`+strings.Repeat("[", 30)+strings.Repeat("]", 30)+`}`))
	add("escapes, surrogate pair, astral character", "one", goodHeader,
		goodPayload(`{"a":"\u6570\u636e \ud83d\ude00 😀 \"\\\/\b\f\n\r\t","\u006b":1.5e-3}`))
	add("same key in different objects", "one", goodHeader, goodPayload(`{"a":{"x":1},"b":{"x":1}}`))
	add("keys that differ by case", "one", goodHeader, goodPayload(`{"a":1,"A":2}`))
	add("alg written with an escape", "one",
		`{"alg":"\u0053M2","typ":"datarights+jws","kid":"`+vectorKid+`"}`, goodPayload(`{}`))
	return out
}

func invalidVectors(t testing.TB) []invalidVector {
	good := rawSign(t, "one", goodHeader, goodPayload(`{"a":1}`))
	parts := strings.Split(good, ".")
	var out []invalidVector
	jws := func(name, jws, code, field, reason string) {
		out = append(out, invalidVector{Name: name, Stage: "decode", Key: "one", JWS: jws, Code: code, Field: field, Reason: reason})
	}
	header := func(name, h, field, reason string) {
		jws("header: "+name, rawSign(t, "one", h, goodPayload(`{}`)), command.CodeFormat, field, reason)
	}
	payload := func(name, p, field, reason string) {
		jws("payload: "+name, rawSign(t, "one", goodHeader, p), command.CodeFormat, field, reason)
	}
	body := func(name, b, field, reason string) {
		jws("body: "+name, rawSign(t, "one", goodHeader, goodPayload(b)), command.CodeFormat, field, reason)
	}
	verify := func(name, key, jws, reason string) {
		out = append(out, invalidVector{Name: name, Stage: "verify", Key: key, JWS: jws, Code: command.CodeSignature, Field: "signature", Reason: reason})
	}

	// The envelope.
	jws("empty", "", command.CodeFormat, "jws", "no parts")
	jws("one part", parts[0], command.CodeFormat, "jws", "three parts are needed")
	jws("two parts", parts[0]+"."+parts[1], command.CodeFormat, "jws", "three parts are needed")
	jws("four parts", good+".", command.CodeFormat, "jws", "three parts are needed")
	jws("JSON serialisation", `{"payload":"`+parts[1]+`","protected":"`+parts[0]+`","signature":"`+parts[2]+`"}`, command.CodeFormat, "jws", "only the compact form is accepted")
	jws("header empty", "."+parts[1]+"."+parts[2], command.CodeFormat, "header", "the part is empty")
	jws("payload empty", parts[0]+".."+parts[2], command.CodeFormat, "payload", "the part is empty; detached payloads are not accepted")
	jws("signature empty", parts[0]+"."+parts[1]+".", command.CodeFormat, "signature", "the part is empty")
	jws("header padded", signParts(t, "one", base64.URLEncoding.EncodeToString([]byte(goodHeader+"  "))+"."+parts[1]), command.CodeFormat, "header", "base64url padding")
	jws("standard base64 alphabet", parts[0]+"."+parts[1]+"."+strings.Repeat("+/", 43), command.CodeFormat, "signature", "+ and / belong to another alphabet")
	jws("line break in the payload", signParts(t, "one", parts[0]+"."+parts[1][:40]+"\n"+parts[1][40:]), command.CodeFormat, "payload", "a line break is not base64url")
	jws("line break at the end", good+"\n", command.CodeFormat, "signature", "a line break is not base64url")
	jws("space at the beginning", " "+good, command.CodeFormat, "header", "a space is not base64url")
	jws("trailing bits not zero", good[:len(good)-1]+string(nextBase64(good[len(good)-1])), command.CodeFormat, "signature", "the last character carries bits that are dropped, so the bytes have a second spelling")
	jws("impossible length", parts[0]+"."+parts[1]+".AAAAA", command.CodeFormat, "signature", "no byte string has five base64 characters")
	longBody := goodPayload(`{"a":"` + strings.Repeat("x", 1) + `"}`)
	at := strings.Index(longBody, `"x"`) + 1
	at -= at % 3
	enc := b64(longBody)
	out = append(out, invalidVector{Name: "one part too long", Stage: "decode", Key: "one",
		Pieces: []piece{{parts[0] + "." + enc[:at/3*4], 1}, {"eHh4", command.MaxSize / 4}, {enc[at/3*4:] + "." + parts[2], 1}},
		Code:   command.CodeTooLarge, Field: "jws", Reason: "over 786432 bytes"})
	out = append(out, invalidVector{Name: "768 KiB and one byte of dots", Stage: "decode", Key: "one",
		Pieces: []piece{{".", command.MaxSize + 1}}, Code: command.CodeTooLarge, Field: "jws", Reason: "the size is checked before anything else"})
	out = append(out, invalidVector{Name: "768 KiB of dots", Stage: "decode", Key: "one",
		Pieces: []piece{{".", command.MaxSize}}, Code: command.CodeFormat, Field: "jws", Reason: "three parts are needed"})

	// The header.
	header("not JSON", `alg=SM2`, "header", "not JSON")
	header("array", `["SM2"]`, "header", "must be an object")
	header("alg missing", `{"typ":"datarights+jws","kid":"`+vectorKid+`"}`, "header.alg", "every field is needed")
	header("typ missing", `{"alg":"SM2","kid":"`+vectorKid+`"}`, "header.typ", "every field is needed")
	header("kid missing", `{"alg":"SM2","typ":"datarights+jws"}`, "header.kid", "every field is needed")
	header("alg none", `{"alg":"none","typ":"datarights+jws","kid":"`+vectorKid+`"}`, "header.alg", "only SM2")
	header("alg in lower case", `{"alg":"sm2","typ":"datarights+jws","kid":"`+vectorKid+`"}`, "header.alg", "only SM2")
	header("alg ES256", `{"alg":"ES256","typ":"datarights+jws","kid":"`+vectorKid+`"}`, "header.alg", "only SM2")
	header("alg null", `{"alg":null,"typ":"datarights+jws","kid":"`+vectorKid+`"}`, "header.alg", "must be a string")
	header("typ JWT", `{"alg":"SM2","typ":"JWT","kid":"`+vectorKid+`"}`, "header.typ", "a token of another kind")
	header("another field", `{"alg":"SM2","typ":"datarights+jws","kid":"`+vectorKid+`","crit":[]}`, "header.crit", "unknown field")
	header("an embedded key", `{"alg":"SM2","typ":"datarights+jws","kid":"`+vectorKid+`","jwk":{}}`, "header.jwk", "keys come from the ledger")
	header("field in another case", `{"Alg":"SM2","typ":"datarights+jws","kid":"`+vectorKid+`"}`, "header.alg", "fields are matched exactly")
	header("alg twice", `{"alg":"SM2","alg":"SM2","typ":"datarights+jws","kid":"`+vectorKid+`"}`, "header.alg", "duplicate key")
	header("alg twice, once escaped", `{"alg":"none","\u0061lg":"SM2","typ":"datarights+jws","kid":"`+vectorKid+`"}`, "header.alg", "duplicate key")
	header("trailing data", goodHeader+`{}`, "header", "data after the object")
	header("byte order mark", "\ufeff"+goodHeader, "header", "a byte order mark is not JSON")
	for name, kid := range sortedKids {
		header("kid "+name, `{"alg":"SM2","typ":"datarights+jws","kid":"`+kid[0]+`"}`, "header.kid", kid[1])
	}

	// The payload.
	payload("not JSON", `command=right.apply`, "payload", "not JSON")
	payload("null", `null`, "payload", "must be an object")
	p := func(command, id, iat, exp, body string) string {
		return `{"command":` + command + `,"id":` + id + `,"iat":` + iat + `,"exp":` + exp + `,"body":` + body + `}`
	}
	const cmd, id, iat, exp = `"right.apply"`, `"` + vectorID + `"`, `1764000000`, `1764003600`
	for _, f := range []string{"command", "id", "iat", "exp", "body"} {
		whole := map[string]json.RawMessage{}
		if err := json.Unmarshal([]byte(p(cmd, id, iat, exp, `{}`)), &whole); err != nil {
			t.Fatal(err)
		}
		delete(whole, f)
		text, err := json.Marshal(whole)
		if err != nil {
			t.Fatal(err)
		}
		payload(f+" missing", string(text), "payload."+f, "every field is needed")
	}
	payload("another field", strings.TrimSuffix(p(cmd, id, iat, exp, `{}`), "}")+`,"nbf":1}`, "payload.nbf", "unknown field")
	payload("field in another case", strings.Replace(p(cmd, id, iat, exp, `{}`), `"exp"`, `"EXP"`, 1), "payload.exp", "fields are matched exactly")
	payload("id twice", strings.TrimSuffix(p(cmd, id, iat, exp, `{}`), "}")+`,"id":`+id+`}`, "payload.id", "duplicate key")
	payload("trailing data", p(cmd, id, iat, exp, `{}`)+` 0`, "payload", "data after the object")
	payload("trailing comma", strings.TrimSuffix(p(cmd, id, iat, exp, `{}`), "}")+`,}`, "payload", "not JSON")
	for _, c := range [][2]string{
		{`"apply"`, "no dot"}, {`"right.apply.now"`, "two dots"}, {`"Right.apply"`, "begins with a capital"},
		{`"right.Apply"`, "begins with a capital"}, {`"right.apply2"`, "a digit"}, {`"right_x.apply"`, "an underscore"},
		{`".apply"`, "no entity"}, {`"right."`, "no event"}, {`""`, "empty"}, {`"right.apply\n"`, "a line break"},
		{`"数据.apply"`, "not ASCII"}, {`"` + strings.Repeat("a", 60) + `.apply"`, "over 64 bytes"}, {`7`, "not a string"},
	} {
		payload("command "+c[1]+" "+fmt.Sprint(len(c[0])), p(c[0], id, iat, exp, `{}`), "payload.command", c[1])
	}
	for _, c := range [][2]string{
		{`"0B8F3C1E-7D2A-4E61-9C55-1F0A6C2D9E47"`, "upper case"}, {`"0b8f3c1e7d2a4e619c551f0a6c2d9e47"`, "no hyphens"},
		{`"{0b8f3c1e-7d2a-4e61-9c55-1f0a6c2d9e47}"`, "braces"}, {`"urn:uuid:` + vectorID + `"`, "a URN"},
		{`"00000000-0000-0000-0000-000000000000"`, "the nil UUID"}, {`"ffffffff-ffff-ffff-ffff-ffffffffffff"`, "the max UUID"},
		{`"0b8f3c1e-7d2a-4e61-cc55-1f0a6c2d9e47"`, "another variant"}, {`"0b8f3c1e-7d2a-9e61-9c55-1f0a6c2d9e47"`, "no such version"},
		{`"0b8f3c1e-7d2a-4e61-9c55-1f0a6c2d9e4g"`, "not hexadecimal"}, {`1`, "not a string"},
	} {
		payload("id "+c[1], p(cmd, c[0], iat, exp, `{}`), "payload.id", c[1])
	}
	for _, c := range [][2]string{
		{`0`, "zero"}, {`-1`, "negative"}, {`1764000000.0`, "a fraction"}, {`1.764e9`, "an exponent"},
		{`"1764000000"`, "a string"}, {`253402300800`, "after the year 9999"}, {`1764000000000`, "milliseconds"},
		{`99999999999999999999`, "too big for 64 bits"}, {`null`, "null"},
	} {
		payload("iat "+c[1], p(cmd, id, c[0], exp, `{}`), "payload.iat", c[1])
	}
	payload("iat leading zero", p(cmd, id, `01764000000`, exp, `{}`), "payload.iat", "not a JSON number")
	payload("iat plus sign", p(cmd, id, `+1764000000`, exp, `{}`), "payload.iat", "not a JSON number")
	payload("exp equal to iat", p(cmd, id, iat, iat, `{}`), "payload.exp", "must be later than iat")
	payload("exp before iat", p(cmd, id, iat, `1763999999`, `{}`), "payload.exp", "must be later than iat")
	payload("lifetime a second too long", p(cmd, id, iat, `1764086401`, `{}`), "payload.exp", "at most 24 hours after iat")
	payload("exp a string", p(cmd, id, iat, `"1764003600"`, `{}`), "payload.exp", "not a number")

	// The body.
	body("array", `[]`, "payload.body", "must be an object")
	body("string", `"{}"`, "payload.body", "must be an object")
	body("null", `null`, "payload.body", "must be an object")
	body("key twice", `{"a":1,"a":1}`, "payload.body.a", "duplicate key")
	body("key twice far down", `{"items":[{},{"x":{"y":1,"z":2,"y":1}}]}`, "payload.body.items[1].x.y", "duplicate key")
	body("key twice among many", `{`+manyKeys(40)+`,"k3":0}`, "payload.body.k3", "duplicate key")
	body("nested too deep", `{"a":`+strings.Repeat("[", 31)+strings.Repeat("]", 31)+`}`, "payload.body.a"+strings.Repeat("[0]", 30), "33 levels, the payload itself included")
	body("invalid UTF-8", "{\"a\":\"\xff\"}", "payload.body.a", "not UTF-8")
	body("overlong UTF-8", "{\"a\":\"\xc0\xaf\"}", "payload.body.a", "not UTF-8")
	body("surrogate in UTF-8", "{\"a\":\"\xed\xa0\x80\"}", "payload.body.a", "not UTF-8")
	body("invalid UTF-8 in a key", "{\"\xff\":1}", "payload.body", "not UTF-8")
	body("lone high surrogate", `{"a":"\ud83d"}`, "payload.body.a", "half of a pair")
	body("lone low surrogate", `{"a":"\ude00"}`, "payload.body.a", "half of a pair")
	body("high surrogate and another character", `{"a":"\ud83d\u0041"}`, "payload.body.a", "half of a pair")
	body("raw control character", "{\"a\":\"\x01\"}", "payload.body.a", "must be escaped")
	body("raw line break in a string", "{\"a\":\"x\ny\"}", "payload.body.a", "must be escaped")
	body("unknown escape", `{"a":"\x41"}`, "payload.body.a", "not JSON")
	body("short escape", `{"a":"\u12"}`, "payload.body.a", "not JSON")
	body("unquoted key", `{a:1}`, "payload.body", "not JSON")
	body("single quotes", `{'a':1}`, "payload.body", "not JSON")
	body("comment", `{/**/}`, "payload.body", "not JSON")
	body("NaN", `{"a":NaN}`, "payload.body.a", "not JSON")
	body("Infinity", `{"a":-Infinity}`, "payload.body.a", "not JSON")
	body("hexadecimal", `{"a":0x10}`, "payload.body", "not JSON")
	body("bare fraction", `{"a":.5}`, "payload.body.a", "not JSON")
	body("open fraction", `{"a":5.}`, "payload.body.a", "not JSON")
	body("open exponent", `{"a":5e}`, "payload.body.a", "not JSON")
	body("leading zero", `{"a":01}`, "payload.body.a", "not JSON")
	body("True", `{"a":True}`, "payload.body.a", "not JSON")
	body("no colon", `{"a" 1}`, "payload.body.a", "not JSON")
	body("missing comma", `{"a":[1 2]}`, "payload.body.a", "not JSON")
	body("trailing comma in an array", `{"a":[1,]}`, "payload.body.a[1]", "not JSON")
	body("other white space", "{\u00a0}", "payload.body", "not JSON")
	payload("cut off", strings.TrimSuffix(goodPayload(`{"a":"b`), "}"), "payload.body.a", "not JSON")

	// The signature.
	der, err := gm.RawToDER(rawOf(t, good))
	if err != nil {
		t.Fatal(err)
	}
	jws("signature in DER", withSignature(good, der), command.CodeSignature, "signature", "a gateway would rewrite it; the ledger takes r‖s alone")
	jws("signature of 63 bytes", withSignature(good, rawOf(t, good)[:63]), command.CodeSignature, "signature", "want 64 bytes")
	jws("signature of 65 bytes", withSignature(good, append(rawOf(t, good), 0)), command.CodeSignature, "signature", "want 64 bytes")
	verify("another key", "two", good, "signed by another key")
	other := rawSign(t, "one", goodHeader, goodPayload(`{"a":2}`))
	verify("signature of another command", "one", withSignature(good, rawOf(t, other)), "the signature covers other bytes")
	verify("header exchanged", "one", b64(strings.Replace(goodHeader, "#1", "#2", 1))+"."+parts[1]+"."+parts[2], "the signature covers the header")
	verify("space added to the payload", "one", parts[0]+"."+b64(goodPayload(`{"a":1}`)+" ")+"."+parts[2], "the signature covers bytes, not meaning")
	n, _ := hex.DecodeString("fffffffeffffffffffffffffffffffff7203df6b21c6052b53bbf40939d54123")
	zero := make([]byte, 32)
	raw := rawOf(t, good)
	join := func(a, b []byte) []byte { return append(append([]byte{}, a...), b...) }
	verify("r and s zero", "one", withSignature(good, make([]byte, 64)), "out of range")
	verify("r zero", "one", withSignature(good, join(zero, raw[32:])), "out of range")
	verify("s zero", "one", withSignature(good, join(raw[:32], zero)), "out of range")
	verify("r is n", "one", withSignature(good, join(n, raw[32:])), "out of range")
	verify("s is n", "one", withSignature(good, join(raw[:32], n)), "out of range")
	verify("r and s exchanged", "one", withSignature(good, join(raw[32:], raw[:32])), "s‖r")
	noZA, err := gm.Sign(nil, vectorPrivateKey(t, "one"), append([]byte("other"), parts[0]...))
	if err != nil {
		t.Fatal(err)
	}
	verify("signature of other bytes", "one", withSignature(good, noZA[:]), "does not cover header.payload")
	return out
}

func derVectors(t testing.TB) []derVector {
	good := rawSign(t, "one", goodHeader, goodPayload(`{"a":1}`))
	der, err := gm.RawToDER(rawOf(t, good))
	if err != nil {
		t.Fatal(err)
	}
	long := append([]byte{0x30, 0x81}, der[1:]...)
	return []derVector{
		{Name: "canonical DER", JWS: withSignature(good, der), Normalized: good},
		{Name: "long form of a length", JWS: withSignature(good, long), Code: command.CodeSignature},
		{Name: "trailing byte", JWS: withSignature(good, append(append([]byte{}, der...), 0)), Code: command.CodeSignature},
		{Name: "r and s of one", JWS: withSignature(good, []byte{0x30, 6, 2, 1, 1, 2, 1, 1}),
			Normalized: withSignature(good, append(append(make([]byte, 31), 1), append(make([]byte, 31), 1)...))},
		{Name: "r zero", JWS: withSignature(good, []byte{0x30, 6, 2, 1, 0, 2, 1, 1}), Code: command.CodeSignature},
		{Name: "not base64url", JWS: good + "=", Code: command.CodeFormat},
		{Name: "two parts", JWS: good[:strings.LastIndexByte(good, '.')], Code: command.CodeFormat},
	}
}

func rawOf(t testing.TB, jws string) []byte {
	t.Helper()
	raw, err := base64.RawURLEncoding.DecodeString(jws[strings.LastIndexByte(jws, '.')+1:])
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

// sortedKids yields faulty kids, each with what is wrong, in a fixed order.
func sortedKids(yield func(string, [2]string) bool) {
	for _, k := range [][3]string{
		{"without number", "91350100M000100Y43", "no key number"},
		{"number zero", "91350100M000100Y43#0", "key numbers begin at 1"},
		{"leading zero", "91350100M000100Y43#01", "leading zero"},
		{"negative", "91350100M000100Y43#-1", "not a number"},
		{"plus", "91350100M000100Y43#+1", "not a number"},
		{"number too long", "91350100M000100Y43#1000000000", "over 999999999"},
		{"number empty", "91350100M000100Y43#", "no key number"},
		{"participant empty", "#1", "no participant"},
		{"two numbers", "A#1#2", "not a number"},
		{"space", "A #1", "a space"},
		{"full-width digit", "A#１", "not ASCII"},
		{"begins with a hyphen", "-A#1", "begins with a hyphen"},
		{"control character", `A\u0000#1`, "a control character"},
		{"participant too long", strings.Repeat("A", 65) + "#1", "over 64 bytes"},
	} {
		if !yield(k[0], [2]string{k[1], k[2]}) {
			return
		}
	}
}

func manyKeys(n int) string {
	keys := make([]string, n)
	for i := range keys {
		keys[i] = fmt.Sprintf(`"k%d":%d`, i, i)
	}
	return strings.Join(keys, ",")
}

// nextBase64 returns the character after c, which differs in the lowest bit.
func nextBase64(c byte) byte {
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
	return alphabet[strings.IndexByte(alphabet, c)^1]
}

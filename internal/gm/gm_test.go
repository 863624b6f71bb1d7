package gm_test

import (
	"bytes"
	"crypto/rand"
	"encoding/hex"
	"encoding/pem"
	"fmt"
	"math/big"
	"strings"
	"testing"

	"github.com/datarights/datarights/internal/gm"
)

func unhex(t testing.TB, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(strings.ReplaceAll(s, " ", ""))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func newKey(t testing.TB) gm.PrivateKey {
	t.Helper()
	k, err := gm.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// GB/T 32905-2016, annex A.
func TestSM3WorkedExamples(t *testing.T) {
	for in, want := range map[string]string{
		"abc":                      "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0",
		strings.Repeat("abcd", 16): "debe9ff92275b8a138604889c18e5a4d6fdb70e5387e5765293dcba39c0c5732",
		"":                         "1ab21d8355cfa17f8e61194831e81a8f22bec8c728fefb747ed035eb5082aa2b",
	} {
		if got := gm.SM3([]byte(in)); hex.EncodeToString(got[:]) != want {
			t.Errorf("SM3(%q) = %x, want %s", in, got, want)
		}
		h := gm.NewSM3()
		for i := range len(in) {
			h.Write([]byte{in[i]})
		}
		if got := h.Sum(nil); hex.EncodeToString(got) != want {
			t.Errorf("streamed SM3(%q) = %x, want %s", in, got, want)
		}
	}
	if gm.SM3([]byte("ab"), nil, []byte("c")) != gm.SM3([]byte("abc")) {
		t.Error("SM3 of parts differs from SM3 of the whole")
	}
}

// The definition of RFC 2104, written out, on keys below, at and above the
// block size.
func TestHMACFollowsItsDefinition(t *testing.T) {
	for _, n := range []int{0, 1, 32, 63, 64, 65, 200} {
		key := bytes.Repeat([]byte{0xa5}, n)
		msg := []byte("message")
		block := make([]byte, 64)
		if n > 64 {
			sum := gm.SM3(key)
			copy(block, sum[:])
		} else {
			copy(block, key)
		}
		ipad, opad := make([]byte, 64), make([]byte, 64)
		for i := range block {
			ipad[i], opad[i] = block[i]^0x36, block[i]^0x5c
		}
		inner := gm.SM3(ipad, msg)
		want := gm.SM3(opad, inner[:])
		if got := gm.HMAC(key, msg[:3], msg[3:]); got != want {
			t.Errorf("HMAC with a key of %d bytes = %x, want %x", n, got, want)
		}
	}
}

// GB/T 32918.5-2017, annex A.2: a signature on the recommended curve.
const (
	exampleD = "3945208F7B2144B13F36E38AC6D39F95889393692860B51A42FB81EF4DF7C5B8"
	exampleX = "09F9DF311E5421A150DD7D161E4BC5C672179FAD1833FC076BB08FF356F35020"
	exampleY = "CCEA490CE26775A52DC6EA718CC1AA600AED05FBF35E084A6632F6072DA9AD13"
	exampleE = "F0B43E94BA45ACCAACE692ED534382EB17E6AB5A19CE7B31F4486FDFC0D28640"
	exampleK = "59276E27D506861A16680F3AD9C02DCCEF3CC1FA3CDBE4CE6D54B80DEAC1BC21"
	exampleR = "F5A03B0648D2C4630EEAC513E1BB81A15944DA3827D5B74143AC7EACEEE720B3"
	exampleS = "B1B6AA29DF212FD8763182BC0D421CA1BB9038FD1F7F42D4840B69C485BBC1AA"
)

func TestSM2WorkedExample(t *testing.T) {
	priv, err := gm.NewPrivateKey(unhex(t, exampleD))
	if err != nil {
		t.Fatal(err)
	}
	spki := gm.MarshalPublicKey(priv.Public())
	if point := spki[len(spki)-64:]; !bytes.Equal(point, unhex(t, exampleX+exampleY)) {
		t.Fatalf("public key %x, want %s %s", point, exampleX, exampleY)
	}
	msg, sig := []byte("message digest"), unhex(t, exampleR+exampleS)
	if !gm.Verify(priv.Public(), msg, sig) {
		t.Error("the standard's signature was refused")
	}
	der, err := gm.RawToDER(sig)
	if err != nil {
		t.Fatal(err)
	}
	if !gm.VerifyDigest(priv.Public(), unhex(t, exampleE), der) {
		t.Error("the standard's signature was refused over its own e")
	}

	// The equations of GB/T 32918.2 give r and s from e, k and d, so that the
	// constants above are checked and not only believed.
	num := func(h string) *big.Int { return new(big.Int).SetBytes(unhex(t, h)) }
	n := num("FFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFF7203DF6B21C6052B53BBF40939D54123")
	kG, err := gm.NewPrivateKey(unhex(t, exampleK))
	if err != nil {
		t.Fatal(err)
	}
	kSPKI := gm.MarshalPublicKey(kG.Public())
	x1 := new(big.Int).SetBytes(kSPKI[len(kSPKI)-64 : len(kSPKI)-32])
	r := new(big.Int).Mod(new(big.Int).Add(num(exampleE), x1), n)
	inv := new(big.Int).ModInverse(new(big.Int).Add(num(exampleD), big.NewInt(1)), n)
	s := new(big.Int).Sub(num(exampleK), new(big.Int).Mul(r, num(exampleD)))
	s.Mul(s, inv).Mod(s, n)
	if got := fmt.Sprintf("%064X%064X", r, s); got != exampleR+exampleS {
		t.Errorf("r‖s = %s, want %s%s", got, exampleR, exampleS)
	}
}

// Some implementations refuse this valid signature on CPUs with BMI2.
func TestKnownAnswerSignature(t *testing.T) {
	pub, err := gm.ParsePublicKey(unhex(t, "3059301306072a8648ce3d020106082a811ccf5501822d03420004ef4de57af00ae424c00c4caadff7193f804a19dd73a7e2954db9d0d15ab4cbba67728c3f4572878b7a674735da9fde1682fe2d9e0799c4a5cde57e3d473039a2"))
	if err != nil {
		t.Fatal(err)
	}
	sig := unhex(t, "3046022100be0ea64e1ec06f0d247093f3ccbbadcfb6260224272f86ddb78326e7cd6c7560022100e9f6ab2fcc48a2cef94838e66b5c7e21fd8e4de25990dd98ca5243f4966f2853")
	if !gm.VerifyDigest(pub, make([]byte, 32), sig) {
		t.Error("a valid signature was refused")
	}
	wrong := make([]byte, 32)
	wrong[31] = 1
	if gm.VerifyDigest(pub, wrong, sig) {
		t.Error("the signature was accepted over another digest")
	}
}

func TestSignVerify(t *testing.T) {
	priv := newKey(t)
	for _, msg := range [][]byte{nil, []byte("x"), bytes.Repeat([]byte("数据"), 100000)} {
		sig, err := gm.Sign(rand.Reader, priv, msg)
		if err != nil {
			t.Fatal(err)
		}
		if !gm.Verify(priv.Public(), msg, sig[:]) {
			t.Fatalf("own signature over %d bytes refused", len(msg))
		}
		if gm.Verify(newKey(t).Public(), msg, sig[:]) {
			t.Error("accepted under another key")
		}
		if gm.Verify(priv.Public(), append(bytes.Clone(msg), 0), sig[:]) {
			t.Error("accepted over another message")
		}
		for i := range sig {
			bad := sig
			bad[i] ^= 1
			if gm.Verify(priv.Public(), msg, bad[:]) {
				t.Errorf("accepted with byte %d changed", i)
			}
		}
	}
	a, _ := gm.Sign(nil, priv, []byte("m"))
	b, _ := gm.Sign(nil, priv, []byte("m"))
	if a != b || !gm.Verify(priv.Public(), []byte("m"), a[:]) {
		t.Error("without randomness a signature must be deterministic and valid")
	}
}

// A second encoding of one signature must not exist: r and r+n are the same
// number to a verifier that reduces.
func TestVerifyRefusesWhatIsNotCanonical(t *testing.T) {
	priv := newKey(t)
	msg := []byte("m")
	sig, err := gm.Sign(rand.Reader, priv, msg)
	if err != nil {
		t.Fatal(err)
	}
	der, err := gm.RawToDER(sig[:])
	if err != nil {
		t.Fatal(err)
	}
	n := unhex(t, "FFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFF7203DF6B21C6052B53BBF40939D54123")
	max32 := bytes.Repeat([]byte{0xff}, 32)
	zero := make([]byte, 32)
	join := func(a, b []byte) []byte { return append(bytes.Clone(a), b...) }
	for name, bad := range map[string][]byte{
		"empty": nil, "63 bytes": sig[:63], "65 bytes": join(sig[:], []byte{0}), "DER": der,
		"r zero": join(zero, sig[32:]), "s zero": join(sig[:32], zero),
		"r is n": join(n, sig[32:]), "s is n": join(sig[:32], n),
		"r beyond n": join(max32, sig[32:]), "s beyond n": join(sig[:32], max32),
	} {
		if gm.Verify(priv.Public(), msg, bad) {
			t.Errorf("%s: accepted", name)
		}
	}
	if gm.Verify(gm.PublicKey{}, msg, sig[:]) || gm.VerifyDigest(gm.PublicKey{}, make([]byte, 32), der) {
		t.Error("no key verified a signature")
	}
	if _, err := gm.Sign(rand.Reader, gm.PrivateKey{}, msg); err == nil {
		t.Error("no key signed")
	}
}

func TestDERToRaw(t *testing.T) {
	small := make([]byte, 64)
	small[31], small[63] = 1, 0x80
	for _, raw := range [][]byte{unhex(t, exampleR+exampleS), small} {
		der, err := gm.RawToDER(raw)
		if err != nil {
			t.Fatal(err)
		}
		back, err := gm.DERToRaw(der)
		if err != nil || !bytes.Equal(back, raw) {
			t.Errorf("%x came back as %x, %v", raw, back, err)
		}
	}
	for name, bad := range map[string]string{
		"empty":               "",
		"not a sequence":      "0201010201 01",
		"r only":              "3003020101",
		"three integers":      "3009020101020101020101",
		"trailing data":       "300602010102010100",
		"trailing inside":     "300702010102010100",
		"r zero":              "3006020100020101",
		"r negative":          "3006020181020101",
		"r padded":            "300702020001020101",
		"long form of length": "308106020101020101",
		"indefinite length":   "30800201010201010000",
		"r is n":              "3026022100FFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFF7203DF6B21C6052B53BBF40939D54123020101",
		"r has 33 bytes":      "302602217FFFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFF7203DF6B21C6052B53BBF40939D541020101",
		"truncated":           "30060201010201",
	} {
		if raw, err := gm.DERToRaw(unhex(t, bad)); err == nil {
			t.Errorf("%s: read as %x", name, raw)
		}
	}
}

func TestParsePublicKeyIsStrict(t *testing.T) {
	good := gm.MarshalPublicKey(newKey(t).Public())
	if _, err := gm.ParsePublicKey(good); err != nil {
		t.Fatal(err)
	}
	change := func(f func(b []byte) []byte) []byte { return f(bytes.Clone(good)) }
	for name, c := range map[string]struct {
		der  []byte
		says string
	}{
		"empty":         {nil, "SubjectPublicKeyInfo"},
		"bare point":    {good[26:], "SubjectPublicKeyInfo"},
		"truncated":     {good[:90], "SubjectPublicKeyInfo"},
		"trailing data": {append(bytes.Clone(good), 0), "follows"},
		"off the curve": {change(func(b []byte) []byte { b[90] ^= 1; return b }), "not a point"},
		"x beyond p":    {change(func(b []byte) []byte { copy(b[27:], bytes.Repeat([]byte{0xff}, 32)); return b }), "not a point"},
		"hybrid form":   {change(func(b []byte) []byte { b[26] = 6; return b }), "uncompressed"},
		"P-256": {unhex(t, "3059301306072a8648ce3d020106082a8648ce3d03010703420004"+strings.Repeat("11", 64)),
			"SM2"},
		"compressed":        {append(unhex(t, "3039301306072a8648ce3d020106082a811ccf5501822d032200"+"02"), good[27:59]...), "uncompressed"},
		"another algorithm": {unhex(t, "302a300506032b6570032100"+strings.Repeat("11", 32)), "id-ecPublicKey"},
		"infinity":          {unhex(t, "3019301306072a8648ce3d020106082a811ccf5501822d03020000"), "uncompressed"},
	} {
		_, err := gm.ParsePublicKey(c.der)
		if err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: error %v, want one about %q", name, err, c.says)
		}
	}
	if gm.MarshalPublicKey(gm.PublicKey{}) != nil {
		t.Error("no key has an encoding")
	}
}

func TestPEMRoundTrip(t *testing.T) {
	priv := newKey(t)
	pemKey, err := gm.MarshalPrivateKeyPEM(priv)
	if err != nil {
		t.Fatal(err)
	}
	back, err := gm.ParsePrivateKeyPEM(pemKey)
	if err != nil || !back.Public().Equal(priv.Public()) {
		t.Fatalf("private key came back as another: %v", err)
	}
	sig, err := gm.Sign(rand.Reader, back, []byte("m"))
	if err != nil || !gm.Verify(priv.Public(), []byte("m"), sig[:]) {
		t.Errorf("the key read back does not sign for the first: %v", err)
	}
	pub, err := gm.ParsePublicKeyPEM(gm.MarshalPublicKeyPEM(priv.Public()))
	if err != nil || !pub.Equal(priv.Public()) {
		t.Errorf("public key came back as another: %v", err)
	}
	block, _ := pem.Decode(pemKey)
	block.Bytes[len(block.Bytes)-1] ^= 1 // of the public key, which stands last
	for name, c := range map[string]struct{ in, says string }{
		"another's public key": {string(pem.EncodeToMemory(block)), "does not belong"},
		"empty":                {"", "no PEM"},
		"public key":           {string(gm.MarshalPublicKeyPEM(priv.Public())), "not a PRIVATE KEY"},
		"two keys":             {string(pemKey) + string(pemKey), "follows"},
		"encrypted":            {"-----BEGIN ENCRYPTED PRIVATE KEY-----\nMAA=\n-----END ENCRYPTED PRIVATE KEY-----\n", "encrypted"},
		"SEC 1":                {"-----BEGIN EC PRIVATE KEY-----\nMAA=\n-----END EC PRIVATE KEY-----\n", "pkcs8"},
		"nothing in it":        {"-----BEGIN PRIVATE KEY-----\nMAA=\n-----END PRIVATE KEY-----\n", "PKCS#8"},
	} {
		if _, err := gm.ParsePrivateKeyPEM([]byte(c.in)); err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: error %v, want one about %q", name, err, c.says)
		}
	}
	if _, err := gm.MarshalPrivateKeyPEM(gm.PrivateKey{}); err == nil {
		t.Error("no key was encoded")
	}
}

func TestNewPrivateKeyRange(t *testing.T) {
	for _, d := range []string{
		strings.Repeat("00", 32),
		"FFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFF7203DF6B21C6052B53BBF40939D54122", // n-1
		"FFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFF7203DF6B21C6052B53BBF40939D54123", // n
		strings.Repeat("ff", 32), "01", "",
	} {
		if _, err := gm.NewPrivateKey(unhex(t, d)); err == nil {
			t.Errorf("%s accepted as a private key", d)
		}
	}
}

func TestFingerprint(t *testing.T) {
	pub := newKey(t).Public()
	sum := gm.SM3(gm.MarshalPublicKey(pub))
	if got := gm.Fingerprint(pub); got != "sm3:"+hex.EncodeToString(sum[:]) {
		t.Errorf("fingerprint %s", got)
	}
}

func TestPrivateKeyDoesNotPrint(t *testing.T) {
	d := unhex(t, exampleD)
	priv, err := gm.NewPrivateKey(d)
	if err != nil {
		t.Fatal(err)
	}
	n := new(big.Int).SetBytes(d)
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%d", "%x", "%q"} {
		out := strings.ToLower(fmt.Sprintf(verb, priv) + fmt.Sprintf(verb, []gm.PrivateKey{priv}))
		if strings.Contains(out, n.String()) || strings.Contains(out, n.Text(16)) {
			t.Errorf("%s prints the secret: %s", verb, out)
		}
	}
}

func BenchmarkVerify(b *testing.B) {
	priv := newKey(b)
	msg := make([]byte, 1000)
	sig, err := gm.Sign(rand.Reader, priv, msg)
	if err != nil {
		b.Fatal(err)
	}
	pub := priv.Public()
	for b.Loop() {
		if !gm.Verify(pub, msg, sig[:]) {
			b.Fatal("refused")
		}
	}
}

func BenchmarkSM3(b *testing.B) {
	data := make([]byte, 1<<20)
	b.SetBytes(1 << 20)
	for b.Loop() {
		gm.SM3(data)
	}
}

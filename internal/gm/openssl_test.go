package gm_test

import (
	"bytes"
	"crypto/rand"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/datarights/datarights/internal/gm"
)

// openssl runs the tool these tests are about. Its absence is a failure: a
// format nobody else reads is worth nothing.
func openssl(t *testing.T, args ...string) []byte {
	t.Helper()
	path, err := exec.LookPath("openssl")
	if err != nil {
		t.Fatal("openssl 3 is needed: apt-get install openssl")
	}
	var stderr bytes.Buffer
	cmd := exec.Command(path, args...)
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("openssl %v: %v\n%s", args, err, stderr.Bytes())
	}
	return out
}

func write(t *testing.T, dir, name string, data []byte) string {
	t.Helper()
	path := filepath.Join(dir, name)
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestOpenSSLKeysAndSignaturesAreRead(t *testing.T) {
	dir := t.TempDir()
	msg := []byte("signed by openssl, 由 openssl 签名")
	msgFile := write(t, dir, "msg", msg)
	for name, gen := range map[string][]string{
		"SM2": {"genpkey", "-algorithm", "SM2"},
		"EC":  {"genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:SM2"},
	} {
		t.Run(name, func(t *testing.T) {
			keyFile := filepath.Join(dir, name+".pem")
			openssl(t, append(gen, "-out", keyFile)...)
			pemKey, err := os.ReadFile(keyFile)
			if err != nil {
				t.Fatal(err)
			}
			priv, err := gm.ParsePrivateKeyPEM(pemKey)
			if err != nil {
				t.Fatal(err)
			}
			pub, err := gm.ParsePublicKeyPEM(openssl(t, "pkey", "-in", keyFile, "-pubout"))
			if err != nil {
				t.Fatal(err)
			}
			if !pub.Equal(priv.Public()) {
				t.Error("openssl derives another public key")
			}
			der := openssl(t, "pkeyutl", "-sign", "-inkey", keyFile, "-rawin", "-in", msgFile,
				"-digest", "sm3", "-pkeyopt", "distid:"+gm.SignerID)
			raw, err := gm.DERToRaw(der)
			if err != nil {
				t.Fatal(err)
			}
			if !gm.Verify(pub, msg, raw) {
				t.Error("openssl's signature was refused")
			}
		})
	}
}

func TestOpenSSLReadsOurKeysAndSignatures(t *testing.T) {
	dir := t.TempDir()
	priv := newKey(t)
	pemKey, err := gm.MarshalPrivateKeyPEM(priv)
	if err != nil {
		t.Fatal(err)
	}
	keyFile := write(t, dir, "key.pem", pemKey)
	pubFile := write(t, dir, "pub.pem", gm.MarshalPublicKeyPEM(priv.Public()))
	if got := openssl(t, "pkey", "-in", keyFile, "-pubout", "-outform", "DER"); !bytes.Equal(got, gm.MarshalPublicKey(priv.Public())) {
		t.Errorf("openssl reads the public key as %x", got)
	}
	openssl(t, "pkey", "-in", keyFile, "-check", "-noout")
	if got := openssl(t, "pkey", "-in", keyFile); !bytes.Equal(got, pemKey) {
		t.Errorf("openssl writes the key differently:\n%s\n%s", got, pemKey)
	}

	msg := []byte("signed here")
	sig, err := gm.Sign(rand.Reader, priv, msg)
	if err != nil {
		t.Fatal(err)
	}
	der, err := gm.RawToDER(sig[:])
	if err != nil {
		t.Fatal(err)
	}
	// pkeyutl fails, and so the test, when the signature does not verify.
	openssl(t, "pkeyutl", "-verify", "-pubin", "-inkey", pubFile, "-rawin", "-in", write(t, dir, "msg", msg),
		"-sigfile", write(t, dir, "sig", der), "-digest", "sm3", "-pkeyopt", "distid:"+gm.SignerID)
}

func TestOpenSSLAgreesOnSM3(t *testing.T) {
	dir := t.TempDir()
	for _, n := range []int{0, 55, 56, 63, 64, 65, 1 << 20} {
		data := make([]byte, n)
		if _, err := rand.Read(data); err != nil {
			t.Fatal(err)
		}
		want := openssl(t, "dgst", "-sm3", "-binary", write(t, dir, "data", data))
		if got := gm.SM3(data); !bytes.Equal(got[:], want) {
			t.Errorf("SM3 of %d bytes = %x, openssl says %x", n, got, want)
		}
		key := "k"
		want = openssl(t, "dgst", "-sm3", "-hmac", key, "-binary", write(t, dir, "data", data))
		if got := gm.HMAC([]byte(key), data); !bytes.Equal(got[:], want) {
			t.Errorf("HMAC of %d bytes = %x, openssl says %x", n, got, want)
		}
	}
}

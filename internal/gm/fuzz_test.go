package gm_test

import (
	"bytes"
	"encoding/hex"
	"testing"

	"github.com/datarights/datarights/internal/gm"
)

func FuzzDERToRaw(f *testing.F) {
	for _, s := range []string{
		"", "3006020101020101", "300702020001020101", "308106020101020101",
		"3046022100be0ea64e1ec06f0d247093f3ccbbadcfb6260224272f86ddb78326e7cd6c7560022100e9f6ab2fcc48a2cef94838e66b5c7e21fd8e4de25990dd98ca5243f4966f2853",
	} {
		b, _ := hex.DecodeString(s)
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, der []byte) {
		raw, err := gm.DERToRaw(der)
		if err != nil {
			return
		}
		if back, err := gm.RawToDER(raw); err != nil || !bytes.Equal(back, der) {
			t.Fatalf("%x is a second encoding of %x (%v)", der, back, err)
		}
	})
}

func FuzzParsePublicKey(f *testing.F) {
	good := gm.MarshalPublicKey(newKey(f).Public())
	f.Add(good)
	f.Add(good[:26])
	f.Add([]byte{0x30, 0x80})
	f.Fuzz(func(t *testing.T, der []byte) {
		pub, err := gm.ParsePublicKey(der)
		if err != nil {
			return
		}
		if !bytes.Equal(gm.MarshalPublicKey(pub), der) {
			t.Fatalf("%x is a second encoding", der)
		}
	})
}

func FuzzParsePrivateKeyPEM(f *testing.F) {
	pemKey, err := gm.MarshalPrivateKeyPEM(newKey(f))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(pemKey)
	f.Add([]byte("-----BEGIN PRIVATE KEY-----\nMAA=\n-----END PRIVATE KEY-----\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		priv, err := gm.ParsePrivateKeyPEM(data)
		if err != nil {
			return
		}
		sig, err := gm.Sign(nil, priv, []byte("m"))
		if err != nil || !gm.Verify(priv.Public(), []byte("m"), sig[:]) {
			t.Fatalf("a key was read that does not sign: %v", err)
		}
	})
}

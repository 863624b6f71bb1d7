package gm_test

import (
	"bytes"
	"crypto/rand"
	"math/big"
	"testing"

	tjsm2 "github.com/tjfoc/gmsm/sm2"
	tjsm3 "github.com/tjfoc/gmsm/sm3"

	"github.com/datarights/datarights/internal/gm"
)

// The second library is asked for SM3, signing and verifying alone, which is
// where it is sound: its decryption, SM4-GCM and SM4 IV handling are not.

func tjKey(t testing.TB, priv gm.PrivateKey, d []byte) *tjsm2.PrivateKey {
	t.Helper()
	k := new(tjsm2.PrivateKey)
	k.Curve = tjsm2.P256Sm2()
	k.D = new(big.Int).SetBytes(d)
	spki := gm.MarshalPublicKey(priv.Public())
	k.X = new(big.Int).SetBytes(spki[len(spki)-64 : len(spki)-32])
	k.Y = new(big.Int).SetBytes(spki[len(spki)-32:])
	if x, y := k.Curve.ScalarBaseMult(d); x.Cmp(k.X) != 0 || y.Cmp(k.Y) != 0 {
		t.Fatalf("public key of %x: %x here, %x %x there", d, spki, x, y)
	}
	return k
}

func FuzzSM3Differential(f *testing.F) {
	f.Add([]byte(nil), uint16(0))
	f.Add([]byte("abc"), uint16(1))
	f.Add(bytes.Repeat([]byte{0xff}, 130), uint16(64))
	f.Fuzz(func(t *testing.T, data []byte, cut uint16) {
		want := tjsm3.Sm3Sum(data)
		if got := gm.SM3(data); !bytes.Equal(got[:], want) {
			t.Fatalf("SM3(%x) = %x, the other library says %x", data, got, want)
		}
		at := int(cut) % (len(data) + 1)
		if got := gm.SM3(data[:at], data[at:]); !bytes.Equal(got[:], want) {
			t.Fatalf("SM3 in two parts cut at %d = %x, want %x", at, got, want)
		}
	})
}

// FuzzSignatureDifferential signs with each library and verifies with the
// other, and hands both the same altered signatures.
func FuzzSignatureDifferential(f *testing.F) {
	f.Add([]byte{1}, []byte("message digest"), []byte{})
	f.Add(bytes.Repeat([]byte{0x7f}, 32), []byte{}, []byte{0, 0, 0, 1})
	f.Add(bytes.Repeat([]byte{0xee}, 32), []byte("m"), bytes.Repeat([]byte{0xff}, 64))
	f.Fuzz(func(t *testing.T, seed, msg, mask []byte) {
		d := gm.SM3(seed)
		priv, err := gm.NewPrivateKey(d[:])
		if err != nil {
			t.Skip("out of range")
		}
		tj := tjKey(t, priv, d[:])

		sig, err := gm.Sign(rand.Reader, priv, msg)
		if err != nil {
			t.Fatal(err)
		}
		theirs := func(raw []byte) bool {
			return tjsm2.Sm2Verify(&tj.PublicKey, msg, []byte(gm.SignerID),
				new(big.Int).SetBytes(raw[:32]), new(big.Int).SetBytes(raw[32:]))
		}
		if !theirs(sig[:]) {
			t.Fatalf("the other library refuses %x over %x", sig, msg)
		}

		r, s, err := tjsm2.Sm2Sign(tj, msg, []byte(gm.SignerID), rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		raw := make([]byte, 64)
		r.FillBytes(raw[:32])
		s.FillBytes(raw[32:])
		if !gm.Verify(priv.Public(), msg, raw) {
			t.Fatalf("the other library's %x over %x is refused", raw, msg)
		}

		for i := range min(len(mask), 64) {
			raw[i] ^= mask[i]
		}
		if here, there := gm.Verify(priv.Public(), msg, raw), theirs(raw); here != there {
			t.Fatalf("%x over %x: %v here, %v there", raw, msg, here, there)
		}
	})
}

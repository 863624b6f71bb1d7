package matchtag

import (
	"bytes"
	"crypto/rand"
	"encoding/hex"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/datarights/datarights/internal/gm"
)

func TestLoad(t *testing.T) {
	dir := t.TempDir()
	signer, err := gm.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	pem, err := gm.MarshalPrivateKeyPEM(signer)
	if err != nil {
		t.Fatal(err)
	}
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	key := strings.Repeat("5a", KeySize)
	good, pemFile := write("key", key+"\n"), write("signer.pem", string(pem))
	k, err := Load(good, pemFile, "p#1", 1)
	if err != nil {
		t.Fatal(err)
	}
	tag, err := k.Make("h", "sm3:aa", "sm3:bb", "sm3:cc")
	if err != nil {
		t.Fatal(err)
	}
	want := gm.HMAC(bytes.Repeat([]byte{0x5a}, KeySize), []byte("sm3:aa"))
	if tag.MatchTag != "sm3:"+hex.EncodeToString(want[:]) {
		t.Errorf("tag %s", tag.MatchTag)
	}
	other, err := New(Options{Key: bytes.Repeat([]byte{1}, KeySize), Epoch: 1, Signer: signer, Kid: "p#1"})
	if err != nil {
		t.Fatal(err)
	}
	if again, err := other.Make("h", "sm3:aa", "sm3:bb", "sm3:cc"); err != nil || again.MatchTag == tag.MatchTag {
		t.Errorf("another key gives the same tag: %v", err)
	}
	for name, load := range map[string]func() error{
		"no key":       func() error { _, err := Load(filepath.Join(dir, "none"), pemFile, "p#1", 1); return err },
		"short key":    func() error { _, err := Load(write("short", "5a5a"), pemFile, "p#1", 1); return err },
		"not hex":      func() error { _, err := Load(write("nohex", "zz"+key[2:]), pemFile, "p#1", 1); return err },
		"no signer":    func() error { _, err := Load(good, filepath.Join(dir, "none"), "p#1", 1); return err },
		"not a signer": func() error { _, err := Load(good, good, "p#1", 1); return err },
		"no kid":       func() error { _, err := Load(good, pemFile, "", 1); return err },
		"no epoch":     func() error { _, err := Load(good, pemFile, "p#1", 0); return err },
	} {
		err := load()
		if err == nil {
			t.Errorf("%s is taken", name)
		} else if strings.Contains(err.Error(), "5a5a") {
			t.Errorf("%s: the error quotes the key", name)
		}
	}
}

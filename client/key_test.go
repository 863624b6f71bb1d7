package client_test

import (
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/datarights/datarights/client"
)

func newKey(t testing.TB) client.Key {
	t.Helper()
	k, err := client.GenerateKey()
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func TestKeyIsSavedForItsOwnerAloneAndOnce(t *testing.T) {
	path := filepath.Join(t.TempDir(), "firm.key")
	k := newKey(t)
	if err := k.Save(path); err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if info.Mode().Perm() != 0o600 {
		t.Errorf("mode %o", info.Mode().Perm())
	}
	back, err := client.LoadKey(path)
	if err != nil || back.Info() != k.Info() {
		t.Fatalf("read back as %v, %v", back.Info(), err)
	}
	if err := newKey(t).Save(path); !errors.Is(err, fs.ErrExist) || !strings.Contains(err.Error(), path) {
		t.Errorf("overwriting: %v", err)
	}
	if back, err := client.LoadKey(path); err != nil || back.Info() != k.Info() {
		t.Errorf("the first key is gone: %v", err)
	}
	out, err := exec.Command("openssl", "pkey", "-in", path, "-pubout", "-outform", "DER").Output()
	if err != nil {
		t.Fatalf("openssl 3 (apt-get install openssl) must read the key: %v", err)
	}
	if base64.StdEncoding.EncodeToString(out) != k.Info().PublicKey {
		t.Error("openssl sees another public key")
	}
}

func TestSaveLeavesNothingBehindWhenItFails(t *testing.T) {
	dir := t.TempDir()
	if err := (client.Key{}).Save(filepath.Join(dir, "none")); err == nil {
		t.Error("no key was saved")
	}
	if err := newKey(t).Save(filepath.Join(dir, "missing", "key")); err == nil {
		t.Error("saved into a folder that is not there")
	}
	if left, _ := os.ReadDir(dir); len(left) != 0 {
		t.Errorf("left behind: %v", left)
	}
}

func TestLoadKeyErrorsNameTheFileAndNotTheSecret(t *testing.T) {
	path := filepath.Join(t.TempDir(), "bad.key")
	if err := os.WriteFile(path, []byte("-----BEGIN PRIVATE KEY-----\nc2VjcmV0\n-----END PRIVATE KEY-----\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := client.LoadKey(path)
	if err == nil || !strings.Contains(err.Error(), path) || strings.Contains(err.Error(), "c2VjcmV0") {
		t.Errorf("error %v", err)
	}
}

func TestKeyDoesNotPrint(t *testing.T) {
	k := newKey(t)
	for _, verb := range []string{"%v", "%+v", "%#v", "%x"} {
		if out := fmt.Sprintf(verb, k); out != "client.Key("+k.Info().Fingerprint+")" {
			t.Errorf("%s prints %s", verb, out)
		}
	}
}

package client

import (
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/datarights/datarights/internal/gm"
)

// Key is a participant's SM2 key pair. Printed, it shows its fingerprint alone.
type Key struct{ priv gm.PrivateKey }

// KeyInfo is the public side of a key, as registration asks for it.
type KeyInfo struct {
	PublicKey   string `json:"publicKey"`   // base64 of the DER SubjectPublicKeyInfo
	Fingerprint string `json:"fingerprint"` // "sm3:" and the hex SM3 of that DER
}

// GenerateKey makes a new key.
func GenerateKey() (Key, error) {
	priv, err := gm.GenerateKey(rand.Reader)
	return Key{priv}, err
}

// ParseKey reads an unencrypted PKCS#8 PEM, as `datarights key new` and
// `openssl genpkey -algorithm SM2` write it.
func ParseKey(pem []byte) (Key, error) {
	priv, err := gm.ParsePrivateKeyPEM(pem)
	return Key{priv}, err
}

// LoadKey reads the key in a file.
func LoadKey(path string) (Key, error) {
	pem, err := os.ReadFile(path)
	if err != nil {
		return Key{}, fmt.Errorf("couldn't read the key: %w", err)
	}
	key, err := ParseKey(pem)
	if err != nil {
		return Key{}, fmt.Errorf("couldn't read the key in %s: %w", path, err)
	}
	return key, nil
}

// Save writes the key to a new file that its owner alone can read. A file that
// exists is never overwritten, since what it holds may be the only copy of
// another key; the error is then fs.ErrExist. On success the key is on disk.
func (k Key) Save(path string) (err error) {
	pem, err := gm.MarshalPrivateKeyPEM(k.priv)
	if err != nil {
		return err
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("couldn't save the key: %s exists already and is not overwritten: %w", path, fs.ErrExist)
	}
	if err != nil {
		return fmt.Errorf("couldn't save the key: %w", err)
	}
	defer func() {
		if err != nil { // half a key helps nobody and would bar the next attempt
			err = errors.Join(fmt.Errorf("couldn't save the key: %w", err), os.Remove(path))
		}
	}()
	if _, err = f.Write(pem); err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return err
	}
	return syncDir(filepath.Dir(path))
}

// syncDir makes a new file's name survive a power cut.
func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// Info returns the public side.
func (k Key) Info() KeyInfo {
	pub := k.priv.Public()
	return KeyInfo{
		PublicKey:   base64.StdEncoding.EncodeToString(gm.MarshalPublicKey(pub)),
		Fingerprint: gm.Fingerprint(pub),
	}
}

// PublicPEM returns the public key as `openssl pkey -pubin` reads it.
func (k Key) PublicPEM() []byte { return gm.MarshalPublicKeyPEM(k.priv.Public()) }

// Format prints a key by its fingerprint, whatever the verb.
func (k Key) Format(s fmt.State, _ rune) {
	_, _ = fmt.Fprintf(s, "client.Key(%s)", k.Info().Fingerprint)
}

// IsZero reports whether there is no key.
func (k Key) IsZero() bool { return k.priv.IsZero() }

// Sign signs any bytes, such as a session's challenge, with SM2 over SM3 and
// the default signer ID; 64 bytes r‖s.
func (k Key) Sign(message []byte) ([]byte, error) {
	sig, err := gm.Sign(rand.Reader, k.priv, message)
	if err != nil {
		return nil, err
	}
	return sig[:], nil
}

package watermark

import (
	"bytes"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"

	"github.com/datarights/datarights/internal/gm"
	"github.com/datarights/datarights/internal/marks"
	"github.com/datarights/datarights/internal/tardos"
)

// Key is the secret by which the copies of one product are marked, with the plan
// they are marked by: all copies must be marked alike, or their marks would not
// meet. Without it no mark can be read. Printed, it shows its id alone.
type Key struct {
	ID      string
	Product string
	Plan    Plan
	secret  [secretSize]byte
}

const secretSize = 32

// keyFile is a Key as it is kept.
type keyFile struct {
	Version int    `json:"version"`
	ID      string `json:"keyId"`
	Product string `json:"productId"`
	Plan    Plan   `json:"plan"`
	Secret  []byte `json:"secret"`
}

// GenerateKey makes the key of a product that is marked by a plan.
func GenerateKey(product string, p Plan) (*Key, error) {
	if _, err := p.carriers(); err != nil {
		return nil, err
	}
	k := &Key{Product: product, Plan: p}
	if _, err := rand.Read(k.secret[:]); err != nil {
		return nil, fmt.Errorf("couldn't make a mark key: %w", err)
	}
	k.ID = k.id()
	return k, nil
}

// id names the secret without telling of it.
func (k *Key) id() string {
	sum := k.derive("id")
	return "MK-" + hex.EncodeToString(sum[:8])
}

// derive makes keys for one use each: HMAC-SM3(secret, "datarights-mark-1/" ‖ use).
func (k *Key) derive(use string) [gm.HashSize]byte {
	return gm.HMAC(k.secret[:], []byte("datarights-mark-1/"+use))
}

// Seed is what the codes' biases come from. The register keeps it; the key does
// not follow from it.
func (k *Key) Seed() [tardos.SeedSize]byte { return k.derive("biases") }

// Save writes the key to a new file that its owner alone can read. It never
// overwrites: fs.ErrExist.
func (k *Key) Save(path string) (err error) {
	data, err := json.MarshalIndent(keyFile{marks.Version, k.ID, k.Product, k.Plan, k.secret[:]}, "", "  ")
	if err != nil {
		return fmt.Errorf("couldn't encode the mark key: %w", err)
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("couldn't save the mark key: %s exists already and is not overwritten: %w", path, fs.ErrExist)
	}
	if err != nil {
		return fmt.Errorf("couldn't save the mark key: %w", err)
	}
	if _, err = f.Write(append(data, '\n')); err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return errors.Join(fmt.Errorf("couldn't save the mark key: %w", err), os.Remove(path))
	}
	return nil
}

// LoadKey reads what Save wrote.
func LoadKey(path string) (*Key, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("couldn't read the mark key: %w", err)
	}
	k, err := parseKey(data)
	if err != nil {
		return nil, fmt.Errorf("couldn't read the mark key in %s: %w", path, err)
	}
	return k, nil
}

func parseKey(data []byte) (*Key, error) {
	var f keyFile
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&f); err != nil {
		return nil, fmt.Errorf("it is no mark key file: %w", err)
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("data follows the object")
	}
	if f.Version != marks.Version {
		return nil, fmt.Errorf("it is of version %d, this program knows %d", f.Version, marks.Version)
	}
	if len(f.Secret) != secretSize {
		return nil, errors.New("the secret is damaged")
	}
	k := &Key{ID: f.ID, Product: f.Product, Plan: f.Plan, secret: [secretSize]byte(f.Secret)}
	if k.id() != k.ID {
		return nil, fmt.Errorf("the secret is not that of %s", f.ID)
	}
	if _, err := k.Plan.carriers(); err != nil {
		return nil, err
	}
	return k, nil
}

// Format prints a key by its id, whatever the verb.
func (k *Key) Format(s fmt.State, _ rune) { _, _ = fmt.Fprintf(s, "watermark.Key(%s)", k.ID) }

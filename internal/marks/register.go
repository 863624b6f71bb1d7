package marks

import (
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/datarights/datarights/internal/gm"
	"github.com/datarights/datarights/internal/tardos"
)

// NonceSize is the length of a commitment's nonce, in bytes.
const NonceSize = 32

// Entry is what the register keeps of one delivery. Code and nonce are secret
// until a regulator opens the commitment.
type Entry struct {
	Version        int    `json:"version"`
	DeliveryID     string `json:"deliveryId"`
	RecipientID    string `json:"recipientId"` // unified social credit code
	ProductID      string `json:"productId"`
	ProductVersion int64  `json:"productVersion"`
	KeyID          string `json:"keyId"`
	Code           []byte `json:"code"`       // tardos.Size bytes; base64 in JSON
	Nonce          []byte `json:"nonce"`      // NonceSize bytes
	Commitment     string `json:"commitment"` // of code and nonce, as on the ledger
}

// Commit is the commitment to a code that goes on the ledger before the
// delivery: "sm3:" and the hex SM3(code ‖ nonce).
func Commit(code, nonce []byte) string {
	sum := gm.SM3(code, nonce)
	return "sm3:" + hex.EncodeToString(sum[:])
}

// NewEntry draws a code and a nonce for a delivery from rand, ordinarily
// crypto/rand's reader.
func NewEntry(rand io.Reader, keyID string, b *tardos.Biases, deliveryID, recipientID, productID string, productVersion int64) (Entry, error) {
	code, err := tardos.NewCode(rand, b)
	if err != nil {
		return Entry{}, err
	}
	nonce := make([]byte, NonceSize)
	if _, err := io.ReadFull(rand, nonce); err != nil {
		return Entry{}, fmt.Errorf("couldn't draw a nonce: %w", err)
	}
	e := Entry{Version, deliveryID, recipientID, productID, productVersion, keyID, code[:], nonce, Commit(code[:], nonce)}
	return e, e.check()
}

var (
	keyIDs      = regexp.MustCompile(`^MK-[0-9a-f]{16}$`)
	deliveryIDs = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$`)
)

func checkKeyID(id string) error {
	if !keyIDs.MatchString(id) {
		return fmt.Errorf("%.40q is no mark key id: want MK- and 16 hex digits", id)
	}
	return nil
}

func (e *Entry) check() error {
	switch {
	case e.Version != Version:
		return fmt.Errorf("it is of version %d, this program knows %d", e.Version, Version)
	case !deliveryIDs.MatchString(e.DeliveryID) || strings.HasPrefix(e.DeliveryID, biasPrefix):
		return fmt.Errorf("%.40q is no delivery id: want letters, digits, dot, hyphen and underscore", e.DeliveryID)
	case e.RecipientID == "":
		return errors.New("there is no recipient")
	case len(e.Code) != tardos.Size || len(e.Nonce) != NonceSize:
		return fmt.Errorf("the code has %d bytes and the nonce %d, want %d and %d", len(e.Code), len(e.Nonce), tardos.Size, NonceSize)
	case Commit(e.Code, e.Nonce) != e.Commitment:
		return errors.New("code and nonce do not open the commitment")
	}
	return checkKeyID(e.KeyID)
}

// TardosCode returns the code of an entry that was checked.
func (e *Entry) TardosCode() tardos.Code { return tardos.Code(e.Code) }

// Register is a folder of entries and seeds of biases.
type Register struct{ dir string }

// OpenRegister uses the folder at dir, which must be there.
func OpenRegister(dir string) (*Register, error) {
	info, err := os.Stat(dir)
	if err == nil && !info.IsDir() {
		err = errors.New("it is no folder")
	}
	if err != nil {
		return nil, fmt.Errorf("couldn't open the register %s: %w", dir, err)
	}
	return &Register{dir}, nil
}

// CreateRegister uses the folder at dir and makes it, for its owner alone, if
// it is not there.
func CreateRegister(dir string) (*Register, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("couldn't make the register: %w", err)
	}
	return OpenRegister(dir)
}

// Put writes an entry, which is on disk when Put returns. A delivery that has
// one keeps it: the error is then fs.ErrExist.
func (r *Register) Put(e Entry) error {
	if err := e.check(); err != nil {
		return fmt.Errorf("couldn't register the delivery: %w", err)
	}
	return writeNew(r.path(e.DeliveryID), e)
}

// Get reads the entry of a delivery; fs.ErrNotExist if there is none.
func (r *Register) Get(deliveryID string) (Entry, error) {
	if !deliveryIDs.MatchString(deliveryID) {
		return Entry{}, fmt.Errorf("%.40q is no delivery id: want letters, digits, dot, hyphen and underscore", deliveryID)
	}
	return readEntry(r.path(deliveryID))
}

func (r *Register) path(id string) string { return filepath.Join(r.dir, id+".json") }

func readEntry(path string) (Entry, error) {
	var e Entry
	if err := read(path, &e); err != nil {
		return e, err
	}
	if err := e.check(); err != nil {
		return e, fmt.Errorf("couldn't read %s: %w", path, err)
	}
	if e.DeliveryID+".json" != filepath.Base(path) {
		return e, fmt.Errorf("couldn't read %s: it is the entry of %s", path, e.DeliveryID)
	}
	return e, nil
}

// Entries reads all entries whose codes were drawn under a key, in the order of
// their delivery ids. A damaged entry is an error: judging without it could miss
// whom it names.
func (r *Register) Entries(keyID string) ([]Entry, error) {
	files, err := os.ReadDir(r.dir)
	if err != nil {
		return nil, fmt.Errorf("couldn't read the register: %w", err)
	}
	var list []Entry
	for _, f := range files {
		if f.IsDir() || filepath.Ext(f.Name()) != ".json" || strings.HasPrefix(f.Name(), biasPrefix) {
			continue
		}
		e, err := readEntry(filepath.Join(r.dir, f.Name()))
		if err != nil {
			return nil, err
		}
		if e.KeyID == keyID {
			list = append(list, e)
		}
	}
	slices.SortFunc(list, func(x, y Entry) int { return strings.Compare(x.DeliveryID, y.DeliveryID) })
	return list, nil
}

const biasPrefix = "biases-"

// biasFile is the seed of the biases of one key.
type biasFile struct {
	Version int    `json:"version"`
	KeyID   string `json:"keyId"`
	Seed    []byte `json:"seed"`
}

// PutSeed keeps the seed of a key's biases. The same seed may be put again;
// another one for the same key is refused.
func (r *Register) PutSeed(keyID string, seed [tardos.SeedSize]byte) error {
	if err := checkKeyID(keyID); err != nil {
		return err
	}
	err := writeNew(r.path(biasPrefix+keyID), biasFile{Version, keyID, seed[:]})
	if !errors.Is(err, fs.ErrExist) {
		return err
	}
	kept, err := r.Seed(keyID)
	if err != nil {
		return err
	}
	if kept != seed {
		return fmt.Errorf("couldn't keep the biases of %s: the register has others under that id", keyID)
	}
	return nil
}

// Seed reads the seed of a key's biases; fs.ErrNotExist if the register has none.
func (r *Register) Seed(keyID string) (seed [tardos.SeedSize]byte, err error) {
	if err := checkKeyID(keyID); err != nil {
		return seed, err
	}
	path := r.path(biasPrefix + keyID)
	var f biasFile
	if err := read(path, &f); err != nil {
		return seed, fmt.Errorf("no biases of the mark key %s: %w", keyID, err)
	}
	if f.Version != Version || f.KeyID != keyID || len(f.Seed) != tardos.SeedSize {
		return seed, fmt.Errorf("couldn't read %s: it is damaged or of another key", path)
	}
	return [tardos.SeedSize]byte(f.Seed), nil
}

// KeyIDs lists the keys whose biases the register has, sorted: those by which
// its deliveries were marked.
func (r *Register) KeyIDs() ([]string, error) {
	files, err := os.ReadDir(r.dir)
	if err != nil {
		return nil, fmt.Errorf("couldn't read the register: %w", err)
	}
	var list []string
	for _, f := range files {
		id, ok := strings.CutPrefix(strings.TrimSuffix(f.Name(), ".json"), biasPrefix)
		if ok && checkKeyID(id) == nil {
			list = append(list, id)
		}
	}
	return list, nil
}

// maxEntry bounds a register's file, in bytes.
const maxEntry = 16 << 10

func read(path string, into any) error {
	f, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("couldn't read the register: %w", err)
	}
	defer func() { _ = f.Close() }() // only read
	data, err := io.ReadAll(io.LimitReader(f, maxEntry))
	if err != nil {
		return fmt.Errorf("couldn't read %s: %w", path, err)
	}
	if err := decodeStrictly(data, into); err != nil {
		return fmt.Errorf("couldn't read %s: %w", path, err)
	}
	return nil
}

// writeNew writes a document to a new file for its owner alone, whole or not at
// all, and never over another.
func writeNew(path string, document any) (err error) {
	data, err := json.MarshalIndent(document, "", "  ")
	if err != nil {
		return fmt.Errorf("couldn't encode %s: %w", path, err)
	}
	f, err := os.CreateTemp(filepath.Dir(path), ".new-*") // mode 0600
	if err != nil {
		return fmt.Errorf("couldn't write %s: %w", path, err)
	}
	defer func() { _ = os.Remove(f.Name()) }() // it has its name by then, or must go
	if _, err = f.Write(append(data, '\n')); err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return fmt.Errorf("couldn't write %s: %w", path, err)
	}
	if err := os.Link(f.Name(), path); err != nil { // unlike a rename, fails if there is one
		return fmt.Errorf("couldn't write %s: %w", path, err)
	}
	d, err := os.Open(filepath.Dir(path))
	if err != nil {
		return fmt.Errorf("couldn't write %s: %w", path, err)
	}
	return errors.Join(d.Sync(), d.Close())
}

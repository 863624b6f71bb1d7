package index

import (
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"

	"github.com/datarights/datarights/chaincode/rights"
)

// errDamaged is a value this package did not write, or that changed since.
var errDamaged = errors.New("damaged entry")

func hexString(b []byte) string { return hex.EncodeToString(b) }

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// seal puts a checksum before a primary value, so that Check can name the entry
// that is damaged and not only say that the digest differs.
func seal(value []byte) []byte {
	sum := crc32.Checksum(value, castagnoli)
	return append(binary.BigEndian.AppendUint32(make([]byte, 0, 4+len(value)), sum), value...)
}

// sealIn is seal of what begins with four bytes to spare.
func sealIn(b []byte) []byte {
	binary.BigEndian.PutUint32(b, crc32.Checksum(b[4:], castagnoli))
	return b
}

func unseal(sealed []byte) ([]byte, error) {
	if len(sealed) < 4 || crc32.Checksum(sealed[4:], castagnoli) != binary.BigEndian.Uint32(sealed) {
		return nil, errDamaged
	}
	return sealed[4:], nil
}

func sealJSON(v any) ([]byte, error) {
	b, err := json.Marshal(v)
	if err != nil {
		return nil, err
	}
	return seal(b), nil
}

func unsealJSON(sealed []byte, v any) error {
	b, err := unseal(sealed)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(b, v); err != nil {
		return fmt.Errorf("%w: %w", errDamaged, err)
	}
	return nil
}

// stored tells where a record and its history are in the state mirror.
type stored struct {
	ID      string // empty: the key holds it
	Created Position
	Updated Position // its version is there
	Ordinal uint64   // among all records of its kind ever created
	Mark    mark
	Deleted bool   // Updated is where; a pointer is not kept then
	Pages   uint64 // of its history
	Earlier []byte // positions of the versions after those pages and before Updated
	Raw     []byte // of a pointer, which has no version, as the ledger has it
}

// historyPage is the size in bytes from which earlier positions, about thirty,
// become a page of their own.
const historyPage = 160

// turned is the history of a record that is written again. A page that became
// full is returned beside it.
func (s *stored) turned() (pages uint64, earlier, page []byte) {
	earlier = appendVarPosition(append(make([]byte, 0, len(s.Earlier)+8), s.Earlier...), s.Updated)
	if len(earlier) < historyPage {
		return s.Pages, earlier, nil
	}
	return s.Pages + 1, nil, earlier
}

func appendVarPosition(b []byte, p Position) []byte {
	b = binary.AppendUvarint(b, p.Block)
	b = binary.AppendUvarint(b, uint64(p.Tx))
	return binary.AppendUvarint(b, uint64(p.N))
}

func (r *reader) varPosition() Position {
	return Position{r.uvarint(), int(r.uvarint()), int(r.uvarint())}
}

// readPositions reads those of a page, oldest first.
func readPositions(page []byte) ([]Position, error) {
	var all []Position
	r := reader{b: page}
	for len(r.b) > 0 {
		all = append(all, r.varPosition())
	}
	return all, r.err
}

func (s stored) encode() []byte {
	b := make([]byte, 4, len(s.Raw)+len(s.Earlier)+64)
	b = appendVarPosition(appendVarPosition(b, s.Created), s.Updated)
	b = binary.AppendUvarint(b, s.Ordinal)
	b = append(b, s.Mark[:]...)
	deleted := uint64(0)
	if s.Deleted {
		deleted = 1
	}
	b = binary.AppendUvarint(b, s.Pages<<1|deleted)
	b = binary.AppendUvarint(b, uint64(len(s.Earlier)))
	b = append(b, s.Earlier...)
	b = binary.AppendUvarint(b, uint64(len(s.ID)))
	b = append(b, s.ID...)
	return sealIn(append(b, s.Raw...))
}

func decodeStored(sealed []byte) (stored, error) {
	b, err := unseal(sealed)
	if err != nil {
		return stored{}, err
	}
	r := reader{b: b}
	s := stored{Created: r.varPosition(), Updated: r.varPosition()}
	s.Ordinal = r.uvarint()
	copy(s.Mark[:], r.bytes(uint64(len(s.Mark))))
	pages := r.uvarint()
	s.Pages, s.Deleted = pages>>1, pages&1 == 1
	s.Earlier = r.bytes(r.uvarint())
	s.ID = string(r.bytes(r.uvarint()))
	s.Raw = r.b
	return s, r.err
}

// version is what one write made of one record.
type version struct {
	Kind rights.Kind
	ID   string
	Raw  []byte // null: deleted
}

var deletedRaw = []byte("null")

func (v version) encode() []byte {
	b := make([]byte, 4, len(v.Raw)+len(v.Kind)+len(v.ID)+12)
	b = binary.AppendUvarint(b, uint64(len(v.Kind)))
	b = append(b, v.Kind...)
	b = binary.AppendUvarint(b, uint64(len(v.ID)))
	b = append(b, v.ID...)
	return sealIn(append(b, v.Raw...))
}

func decodeVersion(sealed []byte) (version, error) {
	b, err := unseal(sealed)
	if err != nil {
		return version{}, err
	}
	r := reader{b: b}
	v := version{Kind: rights.Kind(r.bytes(r.uvarint())), ID: string(r.bytes(r.uvarint()))}
	v.Raw = r.b
	return v, r.err
}

// asJSON is a ledger value for readers. What is no JSON, which the contracts
// never write, is shown as base64 in a JSON string rather than breaking every
// answer that carries it.
func asJSON(raw []byte) json.RawMessage {
	if json.Valid(raw) {
		return raw
	}
	quoted, _ := json.Marshal(base64.StdEncoding.EncodeToString(raw)) // a string always marshals
	return quoted
}

// reader takes values off a byte slice and remembers the first failure.
type reader struct {
	b   []byte
	err error
}

func (r *reader) uvarint() uint64 {
	v, n := binary.Uvarint(r.b)
	if n <= 0 {
		r.err, r.b = errDamaged, nil
		return 0
	}
	r.b = r.b[n:]
	return v
}

func (r *reader) bytes(n uint64) []byte {
	if n > uint64(len(r.b)) {
		r.err, r.b = errDamaged, nil
		return nil
	}
	v := r.b[:n]
	r.b = r.b[n:]
	return v
}

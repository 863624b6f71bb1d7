package index

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"strings"

	"github.com/datarights/datarights/chaincode/rights"
)

// The families of keys. A family is the first byte of a key.
//
// Primary entries are what the chain says; the digest is over them and nothing
// else. Secondary entries are a function of the primary ones, so that Check can
// derive them again. Local entries are what only this organisation's peer saw
// (which orderers signed its copy of a block, for instance, differs from peer
// to peer) and are in neither.
//
// What a write says is kept once, under its position: the chain is appended to in
// that order, so the store never has to move the bulk of it. A record, its history
// and its lists only point there.
const (
	familyState       = 's' // kind 0 id → where the record is
	familyVersion     = 'v' // position → which record was written there, and as what
	familyOrdinal     = 'o' // kind → how many records of it were ever created
	familyTransaction = 't' // block tx → the transaction
	familyWritten     = 'r' // block tx → the records it wrote
	familyJWS         = 'j' // block tx → the signed command
	familyBlock       = 'b' // block → the block

	familyTxID    = 'x' // transaction id 0 block tx
	familyHistory = 'h' // kind 0 id 0 page → positions of versions
	familyCreated = 'e' // kind 0 ordinal → id
	familyField   = 'f' // kind 0 field 0 value 0 chunk → ordinals
	familyText    = 'w' // kind 0 term 0 chunk → ordinals
	familyCounter = 'c' // name → count

	familySigners = 'g' // block → who signed this copy
	familyDigest  = 'd' // height → digest
	familyMeta    = 'm'
)

var (
	primaryFamilies   = []byte{familyState, familyVersion, familyOrdinal, familyTransaction, familyWritten, familyJWS, familyBlock}
	secondaryFamilies = []byte{familyHistory, familyTxID, familyCreated, familyField, familyText, familyCounter}
)

// maxKeyPart is the longest name that stands in a key as it is. What strangers
// may name at will (a transaction id, a value) must never make a key that the
// store refuses, for that would stop the index for good.
const maxKeyPart = 200

// keyPart is s as a part of a key: itself, or its hash where it is long or
// holds the separator. A hashed part begins with 0xff, which no UTF-8 text does.
func keyPart(s string) string {
	if len(s) <= maxKeyPart && strings.IndexByte(s, 0) < 0 && (s == "" || s[0] != 0xff) {
		return s
	}
	sum := sha256.Sum256([]byte(s))
	// Hex, for a raw hash may hold the separator.
	return "\xff" + hexString(sum[:])
}

func join(family byte, parts ...string) []byte {
	n := 1
	for _, p := range parts {
		n += len(p) + 1
	}
	key := append(make([]byte, 0, n+16), family)
	for _, p := range parts {
		key = append(append(key, p...), 0)
	}
	return key
}

func stateKey(kind rights.Kind, id string) []byte {
	return append(join(familyState, string(kind)), keyPart(id)...)
}

func historyPrefix(kind rights.Kind, id string) []byte {
	return join(familyHistory, string(kind), keyPart(id))
}

func historyKey(kind rights.Kind, id string, page uint64) []byte {
	return binary.BigEndian.AppendUint64(historyPrefix(kind, id), page)
}

func versionKey(at Position) []byte {
	return appendPosition(append(make([]byte, 0, 1+positionSize), familyVersion), at)
}

func ordinalKey(kind rights.Kind) []byte { return append([]byte{familyOrdinal}, kind...) }

func blockKey(family byte, number uint64) []byte {
	return binary.BigEndian.AppendUint64([]byte{family}, number)
}

func txKey(family byte, block uint64, tx int) []byte {
	return binary.BigEndian.AppendUint32(blockKey(family, block), uint32(tx))
}

func txIDPrefix(txID string) []byte { return join(familyTxID, keyPart(txID)) }

func txIDKey(txID string, block uint64, tx int) []byte {
	return binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint64(txIDPrefix(txID), block), uint32(tx))
}

func createdKey(kind rights.Kind, ordinal uint64) []byte {
	return binary.BigEndian.AppendUint64(join(familyCreated, string(kind)), ordinal)
}

func fieldPrefix(kind rights.Kind, field, value string) string {
	return string(familyField) + string(kind) + "\x00" + field + "\x00" + keyPart(value) + "\x00"
}

func textPrefix(kind rights.Kind, term string) string {
	return string(familyText) + string(kind) + "\x00" + term + "\x00"
}

func chunkKey(prefix string, chunk uint64) []byte {
	return binary.BigEndian.AppendUint64(append(make([]byte, 0, len(prefix)+8), prefix...), chunk)
}

func counterKey(name string) []byte { return append([]byte{familyCounter}, name...) }

// Names of counters.
const (
	counterTransactions = "transactions"
	counterInvalid      = "invalid"
	counterKind         = "kind/"
	counterState        = "state/"
)

var checkpointKey = []byte{familyMeta, 'c'}

// logged is the size in bytes from which a value goes to the value log, where
// the store never moves it again.
const logged = 320

const positionSize = 16

func appendPosition(b []byte, p Position) []byte {
	b = binary.BigEndian.AppendUint64(b, p.Block)
	b = binary.BigEndian.AppendUint32(b, uint32(p.Tx))
	return binary.BigEndian.AppendUint32(b, uint32(p.N))
}

// readPosition reads what appendPosition wrote; b has positionSize bytes.
func readPosition(b []byte) Position {
	return Position{
		Block: binary.BigEndian.Uint64(b),
		Tx:    int(binary.BigEndian.Uint32(b[8:])),
		N:     int(binary.BigEndian.Uint32(b[12:])),
	}
}

// splitStateKey reads kind and id (or its key part) of a state key.
func splitStateKey(key []byte) (rights.Kind, string, bool) {
	if len(key) < 2 || key[0] != familyState {
		return "", "", false
	}
	kind, id, ok := bytes.Cut(key[1:], []byte{0})
	return rights.Kind(kind), string(id), ok
}

// splitWorldKey reads a Fabric composite key of one attribute. Any other key
// belongs to no kind and keeps its whole name.
func splitWorldKey(key string) (rights.Kind, string) {
	if len(key) > 3 && key[0] == 0 && key[len(key)-1] == 0 {
		kind, id, ok := bytes.Cut([]byte(key[1:len(key)-1]), []byte{0})
		if ok && len(kind) > 0 && len(kind) <= 16 && len(id) > 0 && bytes.IndexByte(id, 0) < 0 {
			return rights.Kind(kind), string(id)
		}
	}
	return "", key
}

// isPointer reports whether a kind is a way to a record, not a record itself.
func isPointer(kind rights.Kind) bool { return kind == "" || kind[0] == 'x' }

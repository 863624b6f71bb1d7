// Package index is what a gateway knows of the ledger: a Badger store built
// from its own peer's blocks, one atomic write per block. It is a pure function
// of the chain. It can be thrown away and rebuilt, and its digest at a height
// is equal in every organisation.
package index

import (
	"encoding/json"
	"errors"

	"github.com/datarights/datarights/chaincode/rights"
)

// ErrNotFound means the index, at its present height, has no such thing.
var ErrNotFound = errors.New("not found")

// ErrCursor means a cursor that this index did not issue for this query.
var ErrCursor = errors.New("malformed cursor")

// Position orders everything on the ledger: block, transaction in the block,
// write in the transaction.
type Position struct {
	Block uint64 `json:"block"`
	Tx    int    `json:"tx"`
	N     int    `json:"n"`
}

// Entry is one record as the ledger holds it now, with where it was last written.
type Entry struct {
	Kind    rights.Kind     `json:"kind"`
	ID      string          `json:"id"`
	JSON    json.RawMessage `json:"record"`
	Created Position        `json:"created"`
	Updated Position        `json:"updated"`
}

// Revision is one version of a record in its history, oldest first.
type Revision struct {
	Position
	TxID    string          `json:"txId"`
	At      int64           `json:"at"` // UnixSec of the transaction
	Command string          `json:"command"`
	Kid     string          `json:"kid"`
	JSON    json.RawMessage `json:"record"`
}

// Query selects records of one kind, newest first (by creation) unless Oldest.
type Query struct {
	Kind   rights.Kind
	Where  map[string]string // indexed field → exact value; all must hold
	Text   string            // full-text over names and overviews, Chinese by bigrams
	Prefix string            // id prefix, such as SJ321202611
	Cursor string            // from Page.Next of the same query
	Limit  int               // 1..200, 0 is 50
	Oldest bool
	// Before leaves out what was created at or after a position; newest first alone.
	Before *Position `json:",omitempty"`
}

// Page is one page of a list. Next is empty on the last one.
type Page[T any] struct {
	Items []T    `json:"items"`
	Next  string `json:"next"`
}

// Block is one block of the chain in the domain's words.
type Block struct {
	Number   uint64   `json:"number"`
	Hash     string   `json:"hash"`     // sha256: of the header, Fabric's block hash
	Previous string   `json:"previous"` // the same of the block before
	DataHash string   `json:"dataHash"`
	At       int64    `json:"at"` // latest timestamp of its transactions
	TxIDs    []string `json:"txIds"`
	Valid    int      `json:"valid"` // transactions that took effect
	// Signers are the organisations whose orderers signed this peer's copy of
	// the block, sorted. Other peers may hold the signatures of another quorum.
	Signers []string `json:"signers"`
	Size    int      `json:"size"` // bytes of its transactions
}

// What a transaction is.
const (
	TypeCommand   = "command"   // a signed command
	TypeEnrolment = "enrolment" // an organisation's administrator enrols its first officers
	TypeFounding  = "founding"
	TypeLifecycle = "lifecycle" // the chaincode's definition
	TypeConfig    = "config"    // the channel's configuration
	TypeOther     = "other"
)

// MaxListedRecords is how many Records a transaction in a list carries;
// RecordCount tells how many there are. Index.Transaction has them all.
const MaxListedRecords = 20

// Transaction is one transaction of a block. Command, CommandID and Kid are
// empty for what is not a signed command; Records for what wrote no record,
// and always for an invalid transaction.
type Transaction struct {
	TxID       string   `json:"txId"`
	Block      uint64   `json:"block"`
	Index      int      `json:"index"`
	At         int64    `json:"at"`
	Type       string   `json:"type"`       // command, enrolment, founding, lifecycle, config, other
	Validation string   `json:"validation"` // VALID, MVCC_READ_CONFLICT, …
	Submitter  string   `json:"submitter"`  // MSP id of the gateway
	Endorsers  []string `json:"endorsers"`  // MSP ids
	Command    string   `json:"command,omitempty"`
	CommandID  string   `json:"commandId,omitempty"`
	Kid        string   `json:"kid,omitempty"`
	// Records are those it wrote, receipts and pointers aside.
	Records     []rights.RecordRef `json:"records,omitempty"`
	RecordCount int                `json:"recordCount,omitempty"`
	// JWS is the signed command as it came; readers may hide it. Lists leave it out.
	JWS string `json:"jws,omitempty"`
}

// Status is where the index stands.
type Status struct {
	Height uint64 `json:"height"` // number of blocks indexed
	Digest string `json:"digest"` // sm3: over the primary entries at that height
}

// Stats are the counters a front page shows.
type Stats struct {
	Height        uint64           `json:"height"`
	Transactions  uint64           `json:"transactions"`
	Invalid       uint64           `json:"invalid"`
	Kinds         map[string]int64 `json:"kinds"`  // records by kind
	States        map[string]int64 `json:"states"` // records by KIND/State
	LastBlockTime int64            `json:"lastBlockTime"`
}

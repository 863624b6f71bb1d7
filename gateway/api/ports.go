package api

import (
	"context"

	"github.com/datarights/datarights/chaincode/rights"
	"github.com/datarights/datarights/gateway/index"
	"github.com/datarights/datarights/gateway/matchtag"
	"github.com/datarights/datarights/gateway/outcome"
	likeness "github.com/datarights/datarights/gateway/trace"
	"github.com/datarights/datarights/internal/marks"
	"github.com/datarights/datarights/internal/sketch"
	"github.com/datarights/datarights/internal/tardos"
)

// Reader is where answers come from; *index.Index satisfies it. What does not
// exist is index.ErrNotFound, a cursor it did not issue index.ErrCursor. It is
// used concurrently.
type Reader interface {
	Get(kind rights.Kind, id string) (index.Entry, error)
	List(q index.Query) (index.Page[index.Entry], error)
	History(kind rights.Kind, id string) ([]index.Revision, error)
	Block(number uint64) (index.Block, error)
	Blocks(cursor string, limit int) (index.Page[index.Block], error)
	Transaction(txID string) (index.Transaction, error)
	Transactions(cursor string, limit int) (index.Page[index.Transaction], error)
	Status() index.Status
	Stats() (index.Stats, error)
	DigestAt(height uint64) (string, error)
	Wait(ctx context.Context, height uint64) error
}

// Submitter sends commands to the ledger. It is used concurrently.
type Submitter interface {
	// Submit returns once the command is in a block and took effect, now or
	// earlier. Otherwise the error is a *rights.Error (the rules refuse it),
	// *outcome.UnavailableError (nothing written), *outcome.InvalidError,
	// *outcome.UnknownError, or E_INTERNAL.
	Submit(ctx context.Context, jws []byte) (outcome.Outcome, error)
	// SubmitAsync returns once the command is endorsed and on its way, with the
	// transaction's id; the rest is asked through Fate. Its errors are Submit's.
	SubmitAsync(ctx context.Context, jws []byte) (outcome.Outcome, error)
	// Fate reports what became of a transaction this gateway sent; false when
	// it knows nothing of it.
	Fate(txID string) (outcome.Fate, bool)
}

// Secrets is the organisation's part in private collections. It is used
// concurrently.
type Secrets interface {
	// Submit and SubmitAsync are Submitter's, of a command with its secret.
	Submit(ctx context.Context, jws, secret []byte) (outcome.Outcome, error)
	SubmitAsync(ctx context.Context, jws, secret []byte) (outcome.Outcome, error)
	// Read returns what a collection keeps of a record, byte for byte. The error
	// is a *rights.Error (E_NOT_FOUND: nothing, or no more) or of the peer.
	Read(ctx context.Context, c rights.Collection, kind rights.Kind, id string) ([]byte, error)
}

// Proofs is where what others verify without this gateway comes from. It is used
// concurrently.
type Proofs interface {
	// RawBlock returns a block as the peer keeps it, a serialized common.Block. A
	// block that is not there is a *rights.Error with E_NOT_FOUND.
	RawBlock(ctx context.Context, number uint64) ([]byte, error)
	// Attest has several organisations' peers endorse what a record reads as; none
	// named means as many as the ledger's policy asks for. It returns a serialized
	// common.Envelope that nobody signed. Nothing is written.
	Attest(ctx context.Context, kind rights.Kind, id string, organisations []string) ([]byte, error)
	// State is Attest of a statement: a certificate, pledge or trade with the rights
	// beneath it, and the commands that wrote it by their receipts (rights.ReceiptID).
	State(ctx context.Context, kind rights.Kind, id string, receipts, organisations []string) ([]byte, error)
}

// Peer is the organisation's own ledger node.
type Peer interface {
	// Height is the number of blocks the peer has.
	Height(ctx context.Context) (uint64, error)
}

// Tagger keys order-free digests; *matchtag.Keyer satisfies it. Gateways
// without the platform's key have none.
type Tagger interface {
	Make(holderID, digest, contentRoot, sketchHash string) (matchtag.Tag, error)
}

// Tracer keeps sketches and tells what they resemble; *trace.Tracer satisfies
// it. Gateways without the platform's key have none. It is used concurrently.
type Tracer interface {
	// Keep keys a client's sketch and returns the hash it is kept by, durably.
	Keep(s *sketch.Sketch) (string, error)
	// Key keys a client's sketch for Match.
	Key(s *sketch.Sketch) (*sketch.Sketch, error)
	// Sketch returns a kept sketch; likeness.ErrNoSketch when there is none.
	Sketch(hash string) ([]byte, error)
	// Match returns what a keyed sketch resembles, the surest first.
	Match(s *sketch.Sketch, limit int) ([]likeness.Candidate, error)
}

// MarkRegister is what the platform keeps of the marks it embedded;
// *marks.Register satisfies it. It is used concurrently.
type MarkRegister interface {
	// Entries are all marks made under a key.
	Entries(keyID string) ([]marks.Entry, error)
	// Seed is what the key's codes were drawn by; fs.ErrNotExist for no such key.
	Seed(keyID string) ([tardos.SeedSize]byte, error)
}

// Network tells how the consortium's processes are doing.
type Network interface {
	Status(ctx context.Context) (NetworkStatus, error)
}

// NetworkStatus is the health of the consortium as this gateway's host sees it.
type NetworkStatus struct {
	Organisations []OrganisationStatus `json:"organisations"`
}

// OrganisationStatus is the health of one organisation's processes.
type OrganisationStatus struct {
	Name      string          `json:"name"`
	NameZh    string          `json:"nameZh,omitempty"`
	MSPID     string          `json:"mspId"`
	Function  string          `json:"function,omitempty"`
	Processes []ProcessStatus `json:"processes"`
}

// ProcessStatus is one supervised process.
type ProcessStatus struct {
	Name          string `json:"name"`
	Role          string `json:"role"`  // orderer, peer, chaincode, gateway
	State         string `json:"state"` // as the supervisor names it
	Leader        bool   `json:"leader,omitempty"`
	UptimeSeconds int64  `json:"uptimeSeconds"`
	Restarts      int    `json:"restarts"`
	Height        uint64 `json:"height,omitempty"`
}

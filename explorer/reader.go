package explorer

import (
	"context"
	"time"

	"github.com/datarights/datarights/chaincode/rights"
	"github.com/datarights/datarights/gateway/index"
)

// Reader is the ledger as the pages read it; *index.Index satisfies it. Methods
// are safe for concurrent use, answer from committed blocks only, and return
// index.ErrNotFound or index.ErrCursor (wrapped or not) for what is not there
// and for a cursor that was not issued.
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
}

// Network tells how the consortium is. Status must return within a few seconds
// whatever is down: a member that cannot be asked is reported as not
// reachable, and is no error.
type Network interface {
	Status(ctx context.Context) (Consortium, error)
}

// Consortium is the state of every organisation at one moment.
type Consortium struct {
	At         time.Time `json:"at"`
	ComparedAt uint64    `json:"comparedAt"` // the height at which the digests below were taken
	Members    []Member  `json:"organisations"`
}

// Member is one organisation with its processes. Height is its index's, and
// Digest its index's digest at Consortium.ComparedAt; empty when not known.
type Member struct {
	MSPID     string      `json:"mspId"`
	Name      rights.Text `json:"name"`
	Reachable bool        `json:"reachable"`
	Height    uint64      `json:"height"`
	Digest    string      `json:"digest"`
	Processes []Process   `json:"processes"`
	// IdentityUntil is the end of the certificate that organisation's gateway submits
	// with; zero where it is not this gateway's own.
	IdentityUntil time.Time `json:"identityUntil,omitzero"`
}

// Process is one supervised program. Role is orderer, peer, chaincode or
// gateway; State is ok, failing (it runs, but does not answer as it should) or
// down. PID, uptime and restarts are zero where they are not known from here.
type Process struct {
	Name          string `json:"name"`
	Role          string `json:"role"`
	State         string `json:"state"`
	Leader        bool   `json:"leader,omitempty"` // the orderer that proposes blocks now
	PID           int    `json:"pid"`
	UptimeSeconds int64  `json:"uptimeSeconds"`
	Restarts      int    `json:"restarts"`
	Height        uint64 `json:"height"` // blocks the process has; 0 where it keeps none
	Detail        string `json:"detail"`
	// CertificateUntil is the end of the certificate it shows to who connects; zero
	// where it shows none.
	CertificateUntil time.Time `json:"certificateUntil,omitzero"`
}

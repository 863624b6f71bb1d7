// Package outcome says how a submitted command ended. It is what the part of
// the gateway that speaks to the peer and the part that speaks HTTP agree on,
// so that neither knows the other.
//
// A refusal by the rules is a *rights.Error. Everything else that can keep a
// command from being committed is one of the types below; which of them it is
// decides whether anything may have been written.
package outcome

import (
	"fmt"
	"time"
)

// Outcome is a command that took effect.
type Outcome struct {
	// TxID is the transaction that first applied the command.
	TxID string
	// Block is the block that holds it; 0 when Replayed or not yet committed.
	Block uint64
	// Replayed means the same bytes had been applied before and nothing was
	// written now.
	Replayed bool
	// Payload is the chaincode's answer.
	Payload []byte
}

// Status is how far a transaction has come.
type Status string

// The statuses.
const (
	Pending   Status = "pending"   // sent to ordering, its block not yet seen
	Committed Status = "committed" // in a block and valid
	Invalid   Status = "invalid"   // in a block and without effect
	Unknown   Status = "unknown"   // sent, and its fate could not be learned
)

// Fate is what a gateway knows of a transaction it sent itself.
type Fate struct {
	TxID       string
	Status     Status
	Block      uint64 // when Committed or Invalid
	Validation string // the peer's validation code when Invalid
}

// UnavailableError means that nothing was written and that the same command may
// be sent again after RetryAfter.
type UnavailableError struct {
	RetryAfter time.Duration
	Err        error
}

func (e *UnavailableError) Error() string { return fmt.Sprintf("the ledger is unavailable: %v", e.Err) }

// Unwrap returns the cause.
func (e *UnavailableError) Unwrap() error { return e.Err }

// UnknownError means that the transaction was sent to ordering and its commit
// status could not be learned in time. Sending the same command again is safe:
// it is applied at most once.
type UnknownError struct {
	TxID string
	Err  error
}

func (e *UnknownError) Error() string {
	return fmt.Sprintf("the outcome of transaction %s is unknown: %v", e.TxID, e.Err)
}

// Unwrap returns the cause.
func (e *UnknownError) Unwrap() error { return e.Err }

// InvalidError means that the transaction is in a block and had no effect.
type InvalidError struct {
	TxID       string
	Block      uint64
	Validation string // the peer's validation code, such as MVCC_READ_CONFLICT
}

func (e *InvalidError) Error() string {
	return fmt.Sprintf("transaction %s in block %d had no effect: %s", e.TxID, e.Block, e.Validation)
}

package fabric

import (
	"context"

	"github.com/hyperledger/fabric-protos-go-apiv2/common"
	"github.com/hyperledger/fabric-protos-go-apiv2/peer"
)

// engine is one peer's gateway service, phase by phase. It does not retry.
type engine interface {
	// Endorse collects endorsements. Nothing is sent to ordering.
	Endorse(ctx context.Context, c Call) (*endorsed, error)
	// Envelope is an endorsed transaction that is not signed and so cannot be
	// submitted by who holds it.
	Envelope(e *endorsed) ([]byte, error)
	// Submit hands a transaction to ordering. After an error it may have been
	// handed over nevertheless. The same transaction may be submitted again.
	Submit(ctx context.Context, e *endorsed) error
	// CommitStatus waits until the peer has the transaction in a block. Its
	// errors say nothing about the transaction.
	CommitStatus(ctx context.Context, txID string) (commitStatus, error)
	// Evaluate asks the own organisation's peer, never another's.
	Evaluate(ctx context.Context, chaincode string, c Call) ([]byte, error)
	// Deliver hands blocks on until the stream breaks, fn fails or the context ends.
	Deliver(ctx context.Context, from uint64, fn func(*common.Block) error) error
	Close() error
}

// Call is an invocation of the chaincode.
type Call struct {
	Function  string
	Args      [][]byte
	Transient map[string][]byte
	Endorsers []string // MSP IDs; none leaves the choice to the peer's gateway
}

// endorsed is a transaction ready for ordering.
type endorsed struct {
	TxID    string
	Payload []byte // the chaincode's answer
	handle  any    // the engine's own
}

type commitStatus struct {
	Block uint64
	Code  peer.TxValidationCode
}

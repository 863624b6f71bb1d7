package fabric

import (
	"context"
	"encoding/json"
	"fmt"
	"sync"
	"time"

	"github.com/hyperledger/fabric-protos-go-apiv2/common"
	"github.com/hyperledger/fabric-protos-go-apiv2/gateway"
	"github.com/hyperledger/fabric-protos-go-apiv2/peer"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
)

// ledger is a consortium in memory. Each phase can be made to fail, and to fail
// after it worked.
type ledger struct {
	mu      sync.Mutex
	applied map[string]string // command → transaction
	status  map[string]commitStatus
	grown   chan struct{}
	ids     int
	calls   map[Phase]int

	// Scripts of what goes wrong, call by call; nil means nothing.
	endorse, submit, commit, evaluate []mishap
	deliver                           []int // blocks each stream lives for
	blocks                            []*common.Block
	delay                             time.Duration // before a commit
}

// mishap is one call that goes wrong.
type mishap struct {
	err  error
	done bool // it worked all the same
	hang bool // it ends only with the context
	code peer.TxValidationCode
}

func newLedger() *ledger {
	return &ledger{applied: map[string]string{}, status: map[string]commitStatus{}, grown: make(chan struct{}), calls: map[Phase]int{}}
}

// next takes the next mishap off a script; mu is held.
func (l *ledger) next(phase Phase, script *[]mishap) (m mishap) {
	l.calls[phase]++
	if len(*script) > 0 {
		m, *script = (*script)[0], (*script)[1:]
	}
	return m
}

func (l *ledger) Endorse(ctx context.Context, c Call) (*endorsed, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if m := l.next(PhaseEndorse, &l.endorse); m.hang {
		l.mu.Unlock()
		<-ctx.Done()
		l.mu.Lock()
		return nil, status.FromContextError(ctx.Err()).Err()
	} else if m.err != nil {
		return nil, m.err
	}
	if err := ctx.Err(); err != nil {
		return nil, status.FromContextError(err).Err()
	}
	l.ids++
	e := &endorsed{TxID: fmt.Sprintf("tx-%d", l.ids), handle: string(c.Args[0])}
	first, replay := l.applied[string(c.Args[0])]
	if !replay {
		first = e.TxID
	}
	e.Payload, _ = json.Marshal(map[string]any{"txId": first, "replayed": replay, "id": string(c.Args[0])})
	return e, nil
}

func (l *ledger) Envelope(e *endorsed) ([]byte, error) { return []byte("envelope of " + e.TxID), nil }

func (l *ledger) Submit(ctx context.Context, e *endorsed) error {
	l.mu.Lock()
	m := l.next(PhaseSubmit, &l.submit)
	if m.err == nil && !m.hang || m.done {
		if l.delay > 0 {
			time.AfterFunc(l.delay, func() { l.mu.Lock(); l.order(e, m.code); l.mu.Unlock() })
		} else {
			l.order(e, m.code)
		}
	}
	l.mu.Unlock()
	if m.hang {
		<-ctx.Done()
		return status.FromContextError(ctx.Err()).Err()
	}
	return m.err
}

// order puts a transaction into a block, once; mu is held.
func (l *ledger) order(e *endorsed, code peer.TxValidationCode) {
	if _, ok := l.status[e.TxID]; ok {
		return
	}
	command := e.handle.(string)
	if _, ok := l.applied[command]; ok && code == 0 {
		code = peer.TxValidationCode_MVCC_READ_CONFLICT
	}
	if code == 0 {
		l.applied[command] = e.TxID
	}
	l.status[e.TxID] = commitStatus{Block: uint64(10 + len(l.status)), Code: code}
	close(l.grown)
	l.grown = make(chan struct{})
}

func (l *ledger) CommitStatus(ctx context.Context, txID string) (commitStatus, error) {
	l.mu.Lock()
	m := l.next(PhaseStatus, &l.commit)
	l.mu.Unlock()
	switch {
	case m.hang:
		<-ctx.Done()
		return commitStatus{}, status.FromContextError(ctx.Err()).Err()
	case m.err != nil:
		return commitStatus{}, m.err
	case m.code != 0:
		return commitStatus{Code: m.code}, nil
	}
	for {
		l.mu.Lock()
		s, ok := l.status[txID]
		grown := l.grown
		l.mu.Unlock()
		if ok {
			return s, nil
		}
		select {
		case <-grown:
		case <-ctx.Done():
			return commitStatus{}, status.FromContextError(ctx.Err()).Err()
		}
	}
}

func (l *ledger) Evaluate(_ context.Context, chaincode string, c Call) ([]byte, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if m := l.next(PhaseEvaluate, &l.evaluate); m.err != nil {
		return nil, m.err
	}
	if chaincode == "qscc" && c.Function == "GetBlockByNumber" {
		return []byte("block " + string(c.Args[1])), nil
	}
	if chaincode == "qscc" {
		return proto.Marshal(&common.BlockchainInfo{Height: uint64(len(l.blocks))})
	}
	return c.Args[0], nil
}

func (l *ledger) Deliver(ctx context.Context, from uint64, fn func(*common.Block) error) error {
	l.mu.Lock()
	lives := -1
	if len(l.deliver) > 0 {
		lives, l.deliver = l.deliver[0], l.deliver[1:]
	}
	l.mu.Unlock()
	for ; from < uint64(len(l.blocks)); from++ {
		if lives == 0 {
			return status.Error(codes.Unavailable, "the peer went away")
		}
		lives--
		if err := fn(l.blocks[from]); err != nil {
			return err
		}
	}
	<-ctx.Done()
	return ctx.Err()
}

func (l *ledger) Close() error { return nil }

func (l *ledger) called(p Phase) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.calls[p]
}

// valid counts how often a command took effect.
func (l *ledger) valid() map[string]int {
	l.mu.Lock()
	defer l.mu.Unlock()
	n := map[string]int{}
	for command, tx := range l.applied {
		if l.status[tx].Code == 0 {
			n[command]++
		}
	}
	return n
}

// Errors as a Fabric v3.1 peer's gateway gives them.
var (
	errDown   = status.Error(codes.Unavailable, `connection error: desc = "transport: dial tcp 127.0.0.1:7051: connect: connection refused"`)
	errBusy   = status.Error(codes.Unknown, "too many requests for /gateway.Gateway, exceeding concurrency limit (500)")
	errQuorum = detailed(codes.Unavailable, "insufficient number of orderers could successfully process transaction to satisfy quorum requirement",
		"received unsuccessful response from orderer: status=SERVICE_UNAVAILABLE, info=failed to submit request: request already processed")
	errAborted = status.Error(codes.Aborted, "unexpected close of commit notification channel")
	errRefused = detailed(codes.Aborted, "failed to endorse transaction, see attached details for more info",
		`chaincode response 400, {"code":"E_STATE","field":"body.id","record":"RG-1","rule":"RG-3","detail":"not allowed","detailZh":"不允许"}`)
	errBehind = detailed(codes.Aborted, "failed to collect enough transaction endorsements, see attached details for more info",
		"ProposalResponsePayloads do not match")
	errRemote = by("ExchangeMSP", codes.Aborted, "failed to collect enough transaction endorsements, see attached details for more info",
		`chaincode response 400, {"code":"E_NOT_FOUND","detail":"no such participant","detailZh":"无此主体"}`)
	errRemoteFirst = by("ExchangeMSP", codes.Aborted, "failed to endorse transaction, see attached details for more info",
		`chaincode response 400, {"code":"E_NOT_FOUND","detail":"no such participant","detailZh":"无此主体"}`)
	errNoChaincode = detailed(codes.Aborted, "failed to endorse transaction, see attached details for more info",
		"error in simulation: failed to execute transaction 1: could not launch chaincode datarights: connection refused")
	errDenied = status.Error(codes.PermissionDenied, "access denied")
)

// own is the organisation whose peer the tests speak to.
const own = "GroupMSP"

func detailed(code codes.Code, message string, details ...string) error {
	return by(own, code, message, details...)
}

// by is an error with details that a peer of that organisation gave.
func by(mspID string, code codes.Code, message string, details ...string) error {
	s := status.New(code, message)
	for _, d := range details {
		var err error
		if s, err = s.WithDetails(&gateway.ErrorDetail{Address: "peer0.example:7051", MspId: mspID, Message: d}); err != nil {
			panic(err)
		}
	}
	return s.Err()
}

// quick is a Pace for tests.
func quick() Pace {
	return Pace{
		Endorse: 500 * time.Millisecond, Submit: 200 * time.Millisecond, Settle: 300 * time.Millisecond, Doubt: 100 * time.Millisecond,
		Busy: 2 * time.Second, Answer: 10 * time.Second, Pursue: 10 * time.Second,
		FirstBackoff: time.Millisecond, LastBackoff: 5 * time.Millisecond, Attempts: 4,
	}
}

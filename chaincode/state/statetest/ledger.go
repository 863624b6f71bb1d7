// Package statetest is a ledger in memory for tests of contracts: transactions
// keep read and write sets, commit checks them as a peer would (MVCC), and any
// call to the peer can be made to fail.
package statetest

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"maps"
	"math/big"
	"slices"
	"sync"
	"time"

	"github.com/hyperledger/fabric-chaincode-go/v2/shim"
	"github.com/hyperledger/fabric-protos-go-apiv2/msp"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"
)

// ErrFault is what a call fails with when Fault says so without an error of its own.
var ErrFault = errors.New("injected fault")

// Ledger is the committed world state. It is safe for concurrent use.
type Ledger struct {
	// Fault, when set, is asked before every call to the peer ("get",
	// "getMultiple", "put", "flush", "event", "getPrivate", "putPrivate",
	// "purgePrivate", "guard"); what it returns, the call fails
	// with.
	Fault func(op, key string) error
	// Members, when set, names the members of a private collection. Only they
	// may touch it, as a peer has it with memberOnlyRead and memberOnlyWrite.
	Members func(collection string) []string
	// Usual, when set, is the policy of keys without one of their own. It is
	// asked of transactions that name their endorsers.
	Usual []byte

	mu      sync.Mutex
	state   map[string]value
	private map[string]map[string][]byte // collection → key → value
	guards  map[string][]byte            // key → endorsement policy
	commits uint64
}

type value struct {
	bytes   []byte
	version uint64
}

// New returns an empty ledger.
func New() *Ledger {
	return &Ledger{state: map[string]value{}, private: map[string]map[string][]byte{}, guards: map[string][]byte{}}
}

// Keys lists the committed keys, sorted.
func (l *Ledger) Keys() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Sorted(maps.Keys(l.state))
}

// Get returns a committed value, nil when there is none.
func (l *Ledger) Get(key string) []byte {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.state[key].bytes
}

// Put commits a value past every rule, to set a scene.
func (l *Ledger) Put(key string, v []byte) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.commits++
	l.state[key] = value{slices.Clone(v), l.commits}
}

// Secret returns what a private collection keeps under a key, nil when nothing.
func (l *Ledger) Secret(collection, key string) []byte {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.private[collection][key]
}

// Secrets lists every private value there is, in no order.
func (l *Ledger) Secrets() [][]byte {
	l.mu.Lock()
	defer l.mu.Unlock()
	var list [][]byte
	for _, values := range l.private {
		for _, v := range values {
			list = append(list, v)
		}
	}
	return list
}

// PutSecret commits a private value past every rule, to set a scene.
func (l *Ledger) PutSecret(collection, key string, v []byte) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.private[collection] == nil {
		l.private[collection] = map[string][]byte{}
	}
	l.private[collection][key] = slices.Clone(v)
}

// Guard returns the endorsement policy of a key, nil when it has none of its own.
func (l *Ledger) Guard(key string) []byte {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.guards[key]
}

// Clone returns a ledger with the same committed state.
func (l *Ledger) Clone() *Ledger {
	l.mu.Lock()
	defer l.mu.Unlock()
	private := map[string]map[string][]byte{}
	for c, values := range l.private {
		private[c] = maps.Clone(values)
	}
	return &Ledger{state: maps.Clone(l.state), private: private, guards: maps.Clone(l.guards), commits: l.commits, Members: l.Members, Usual: l.Usual}
}

// Tx describes a transaction: its id, its timestamp and who submits it.
type Tx struct {
	ID      string
	At      int64 // UnixSec
	Creator []byte
	Args    [][]byte
	// Endorsers are the organisations whose peers endorse it, by MSP ID; none
	// named leaves endorsement policies out of consideration.
	Endorsers []string
	// Transient is what comes beside the arguments and never reaches a block.
	Transient map[string][]byte
}

// Begin opens a transaction on the committed state.
func (l *Ledger) Begin(tx Tx) *Stub {
	return &Stub{tx: tx, ledger: l, Reads: map[string]uint64{}, Writes: map[string][]byte{}, Guards: map[string][]byte{}}
}

// Commit applies a transaction's writes, or reports false when a key it read
// has changed since (MVCC_READ_CONFLICT) or wants other endorsers
// (ENDORSEMENT_POLICY_FAILURE, see Endorsed).
func (l *Ledger) Commit(s *Stub) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.endorsed(s) != nil {
		return false
	}
	for key, version := range s.Reads {
		if l.state[key].version != version {
			return false
		}
	}
	l.commits++
	for key, v := range s.Writes {
		l.state[key] = value{v, l.commits}
	}
	for _, p := range s.Private {
		if l.private[p.Collection] == nil {
			l.private[p.Collection] = map[string][]byte{}
		}
		if p.Value == nil {
			delete(l.private[p.Collection], p.Key)
		} else {
			l.private[p.Collection][p.Key] = p.Value
		}
	}
	for key, policy := range s.Guards {
		if policy == nil {
			delete(l.guards, key)
		} else {
			l.guards[key] = policy
		}
	}
	return true
}

// Stub is one transaction. Only what contracts here use is implemented; any
// other call panics on the nil interface.
type Stub struct {
	shim.ChaincodeStubInterface
	tx      Tx
	ledger  *Ledger
	batch   bool
	pending map[string][]byte

	Reads      map[string]uint64 // key → version read
	Writes     map[string][]byte
	Private    []PrivateWrite
	Guards     map[string][]byte // key → policy it sets, nil to lift
	Event      []byte
	RoundTrips int // to the peer
}

// PrivateWrite is one write to a private collection; a nil value purges.
type PrivateWrite struct {
	Collection, Key string
	Value           []byte
}

func (s *Stub) fault(op, key string) error {
	if op != "put" || !s.batch {
		s.RoundTrips++
	}
	if s.ledger.Fault == nil {
		return nil
	}
	return s.ledger.Fault(op, key)
}

// GetArgs implements shim.ChaincodeStubInterface.
func (s *Stub) GetArgs() [][]byte { return s.tx.Args }

// GetTxID implements shim.ChaincodeStubInterface.
func (s *Stub) GetTxID() string { return s.tx.ID }

// GetTxTimestamp implements shim.ChaincodeStubInterface.
func (s *Stub) GetTxTimestamp() (*timestamppb.Timestamp, error) {
	return &timestamppb.Timestamp{Seconds: s.tx.At}, nil
}

// GetCreator implements shim.ChaincodeStubInterface.
func (s *Stub) GetCreator() ([]byte, error) { return s.tx.Creator, nil }

// GetTransient implements shim.ChaincodeStubInterface.
func (s *Stub) GetTransient() (map[string][]byte, error) { return s.tx.Transient, nil }

// GetPrivateData reads committed private values only.
func (s *Stub) GetPrivateData(collection, key string) ([]byte, error) {
	if err := s.fault("getPrivate", key); err != nil {
		return nil, err
	}
	if err := s.mayTouch(collection, true); err != nil {
		return nil, err
	}
	return slices.Clone(s.ledger.Secret(collection, key)), nil
}

// PutPrivateData implements shim.ChaincodeStubInterface.
func (s *Stub) PutPrivateData(collection, key string, v []byte) error {
	return s.privately("putPrivate", PrivateWrite{collection, key, slices.Clone(v)})
}

// PurgePrivateData implements shim.ChaincodeStubInterface.
func (s *Stub) PurgePrivateData(collection, key string) error {
	return s.privately("purgePrivate", PrivateWrite{collection, key, nil})
}

func (s *Stub) privately(op string, w PrivateWrite) error {
	if err := s.fault(op, w.Key); err != nil {
		return err
	}
	if err := s.mayTouch(w.Collection, false); err != nil {
		return err
	}
	if w.Collection == "" || w.Key == "" || (op == "putPrivate" && len(w.Value) == 0) {
		return errors.New("empty collection, key or value")
	}
	s.Private = append(s.Private, w)
	return nil
}

// SetStateValidationParameter implements shim.ChaincodeStubInterface.
func (s *Stub) SetStateValidationParameter(key string, policy []byte) error {
	if err := s.fault("guard", key); err != nil {
		return err
	}
	s.Guards[key] = slices.Clone(policy)
	return nil
}

// GetState reads committed state only, as a peer does: a transaction does not
// see its own writes.
func (s *Stub) GetState(key string) ([]byte, error) {
	if err := s.fault("get", key); err != nil {
		return nil, err
	}
	return s.read(key), nil
}

func (s *Stub) read(key string) []byte {
	s.ledger.mu.Lock()
	defer s.ledger.mu.Unlock()
	v := s.ledger.state[key]
	s.Reads[key] = v.version
	return slices.Clone(v.bytes)
}

// GetMultipleStates implements shim.ChaincodeStubInterface.
func (s *Stub) GetMultipleStates(keys ...string) ([][]byte, error) {
	if err := s.fault("getMultiple", ""); err != nil {
		return nil, err
	}
	values := make([][]byte, len(keys))
	for i, k := range keys {
		values[i] = s.read(k)
	}
	return values, nil
}

// StartWriteBatch implements shim.ChaincodeStubInterface.
func (s *Stub) StartWriteBatch() { s.batch, s.pending = true, map[string][]byte{} }

// PutState implements shim.ChaincodeStubInterface.
func (s *Stub) PutState(key string, v []byte) error {
	if err := s.fault("put", key); err != nil {
		return err
	}
	if key == "" || len(v) == 0 {
		return errors.New("empty key or value")
	}
	if s.batch {
		s.pending[key] = slices.Clone(v)
		return nil
	}
	s.Writes[key] = slices.Clone(v)
	return nil
}

// FinishWriteBatch implements shim.ChaincodeStubInterface.
func (s *Stub) FinishWriteBatch() error {
	if err := s.fault("flush", ""); err != nil {
		return err
	}
	maps.Copy(s.Writes, s.pending)
	s.batch, s.pending = false, nil
	return nil
}

// SetEvent implements shim.ChaincodeStubInterface.
func (s *Stub) SetEvent(name string, payload []byte) error {
	if err := s.fault("event", name); err != nil {
		return err
	}
	s.Event = payload
	return nil
}

var creators sync.Map // mspID+ou → []byte

// Creator returns a submitter's identity: a member of the MSP whose
// certificate carries that organisational unit ("client", "admin").
func Creator(mspID, ou string) []byte {
	if c, ok := creators.Load(mspID + "/" + ou); ok {
		return c.([]byte)
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		panic(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: ou + "@" + mspID, OrganizationalUnit: []string{ou}},
		NotBefore: time.Unix(0, 0), NotAfter: time.Unix(1<<33, 0),
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		panic(err)
	}
	id, err := proto.Marshal(&msp.SerializedIdentity{Mspid: mspID, IdBytes: pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})})
	if err != nil {
		panic(err)
	}
	creators.Store(mspID+"/"+ou, id)
	return id
}

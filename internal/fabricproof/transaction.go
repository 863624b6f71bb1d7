package fabricproof

import (
	"crypto/sha256"
	"encoding/hex"
	"time"

	"github.com/hyperledger/fabric-protos-go-apiv2/common"
	"github.com/hyperledger/fabric-protos-go-apiv2/msp"
	"github.com/hyperledger/fabric-protos-go-apiv2/peer"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"
)

// Transaction is an envelope read without judging it.
type Transaction struct {
	Type    common.HeaderType
	Channel string
	TxID    string
	At      time.Time
	Creator []byte // serialized identity of who submitted it
	Body    []byte // of the payload, by type
	Actions []Action

	payload, signature        []byte
	channelHeader, signHeader []byte
	nonce                     []byte
}

// Action is one invocation of a chaincode with what came of it.
type Action struct {
	Chaincode    string   // as it was called
	Args         [][]byte // function first
	Endorsements []Endorsement
	Response     []byte // the endorsed bytes

	header          []byte
	proposalPayload []byte
}

// Endorsement is one peer's signature over a response.
type Endorsement struct {
	Endorser  []byte // serialized identity
	Signature []byte
}

// ReadTransaction reads an envelope, whose bytes must not change as long as what
// it returns is used. On an error it returns what was read until then beside it; a
// transaction that failed validation may be anything.
func ReadTransaction(raw []byte) (*Transaction, error) {
	t := &Transaction{Type: -1}
	env, err := parse(raw)
	if err != nil {
		return t, malformed("not an envelope: %v", err)
	}
	t.payload, t.signature = env.get(1), env.get(2)
	payload, err := parse(t.payload)
	if err != nil {
		return t, malformed("the envelope's payload: %v", err)
	}
	header, err := payload.sub(1)
	if err != nil {
		return t, malformed("the envelope's payload: %v", err)
	}
	t.Body, t.channelHeader, t.signHeader = payload.get(2), header.get(1), header.get(2)
	var channel common.ChannelHeader
	if err := proto.Unmarshal(t.channelHeader, &channel); err != nil {
		return t, malformed("the channel header: %v", err)
	}
	signature, err := parse(t.signHeader)
	if err != nil {
		return t, malformed("the signature header: %v", err)
	}
	t.Type, t.Channel, t.TxID = common.HeaderType(channel.GetType()), channel.GetChannelId(), channel.GetTxId()
	// The seconds are kept whatever a stranger wrote beside them.
	t.At = time.Unix(channel.GetTimestamp().GetSeconds(), int64(min(max(channel.GetTimestamp().GetNanos(), 0), 999_999_999))).UTC()
	t.Creator, t.nonce = signature.get(1), signature.get(2)
	if t.Type != common.HeaderType_ENDORSER_TRANSACTION {
		return t, nil
	}
	return t, t.readActions()
}

// readActions reads a peer.Transaction.
func (t *Transaction) readActions() error {
	tx, err := parse(t.Body)
	if err != nil {
		return malformed("the transaction: %v", err)
	}
	return tx.each(1, func(raw []byte) error {
		outer, err := parse(raw)
		if err != nil {
			return malformed("the transaction: %v", err)
		}
		action := Action{header: outer.get(1)}
		payload, err := parse(outer.get(2)) // peer.ChaincodeActionPayload
		if err != nil {
			return malformed("an action: %v", err)
		}
		if err := action.readEndorsed(payload); err != nil {
			return malformed("an action: %v", err)
		}
		action.proposalPayload = payload.get(1)
		if err := action.readInvocation(); err != nil {
			return err
		}
		t.Actions = append(t.Actions, action)
		return nil
	})
}

// readEndorsed reads the peer.ChaincodeEndorsedAction of a payload.
func (a *Action) readEndorsed(payload message) error {
	endorsed, err := payload.sub(2)
	if err != nil {
		return err
	}
	a.Response = endorsed.get(1)
	return endorsed.each(2, func(raw []byte) error {
		e, err := parse(raw)
		if err != nil {
			return err
		}
		a.Endorsements = append(a.Endorsements, Endorsement{e.get(1), e.get(2)})
		return nil
	})
}

// readInvocation reads a peer.ChaincodeProposalPayload.
func (a *Action) readInvocation() error {
	proposal, err := parse(a.proposalPayload)
	if err != nil {
		return malformed("a proposal: %v", err)
	}
	if err := a.readSpec(proposal.get(1)); err != nil {
		return malformed("an invocation: %v", err)
	}
	return nil
}

// readSpec reads a peer.ChaincodeInvocationSpec.
func (a *Action) readSpec(raw []byte) error {
	m, err := parse(raw)
	if err != nil {
		return err
	}
	spec, err := m.sub(1)
	if err != nil {
		return err
	}
	id, err := spec.sub(2)
	if err != nil {
		return err
	}
	input, err := spec.sub(3)
	if err != nil {
		return err
	}
	if a.Chaincode, err = id.text(2); err != nil {
		return err
	}
	return input.each(1, func(arg []byte) error {
		a.Args = append(a.Args, arg)
		return nil
	})
}

// CanonicalEnvelope rewrites a transaction so that nothing is in it that neither
// the proposal's hash nor a signature covers.
func CanonicalEnvelope(raw []byte) ([]byte, error) {
	t, err := ReadTransaction(raw)
	if err != nil {
		return nil, err
	}
	return t.envelope()
}

func (t *Transaction) envelope() ([]byte, error) {
	if t.Type != common.HeaderType_ENDORSER_TRANSACTION || len(t.Actions) != 1 {
		return nil, malformed("%s is no transaction with one action", clip(t.TxID))
	}
	a := &t.Actions[0]
	endorsed := &peer.ChaincodeEndorsedAction{ProposalResponsePayload: a.Response}
	for _, e := range a.Endorsements {
		endorsed.Endorsements = append(endorsed.Endorsements, &peer.Endorsement{Endorser: e.Endorser, Signature: e.Signature})
	}
	var err error
	marshal := func(m proto.Message) (raw []byte) {
		if err == nil {
			raw, err = canonical.Marshal(m)
		}
		return raw
	}
	action := marshal(&peer.ChaincodeActionPayload{ChaincodeProposalPayload: a.proposalPayload, Action: endorsed})
	data := marshal(&peer.Transaction{Actions: []*peer.TransactionAction{{Header: a.header, Payload: action}}})
	payload := marshal(&common.Payload{Header: &common.Header{ChannelHeader: t.channelHeader, SignatureHeader: t.signHeader}, Data: data})
	raw := marshal(&common.Envelope{Payload: payload, Signature: t.signature})
	if err != nil {
		return nil, malformed("%s: %v", clip(t.TxID), err)
	}
	return raw, nil
}

// txID is Fabric's id of a transaction: SHA-256 over nonce and creator.
func (t *Transaction) txID() string {
	h := sha256.New()
	h.Write(t.nonce)
	h.Write(t.Creator)
	return hex.EncodeToString(h.Sum(nil))
}

// Version is where a key was last written: block and transaction in it.
type Version struct {
	Block uint64 `json:"block"`
	Tx    uint64 `json:"tx"`
}

// Read is one key as a chaincode found it. Version is nil when it was not there.
type Read struct {
	Key     string
	Version *Version
}

// Write is one key as a chaincode leaves it.
type Write struct {
	Key     string
	Value   []byte
	Deleted bool
}

// Result is what peers endorsed: what the chaincode read, wrote and answered.
type Result struct {
	ProposalHash []byte
	Chaincode    string // that answered, as the peers name it
	Status       int32
	Payload      []byte
	Reads        []Read
	Writes       []Write
	Policies     []string // keys whose endorsement policy it sets
}

// Read finds how a key was read.
func (r *Result) Read(key string) (Read, bool) {
	for _, x := range r.Reads {
		if x.Key == key {
			return x, true
		}
	}
	return Read{}, false
}

// Write finds how a key was written.
func (r *Result) Write(key string) (Write, bool) {
	for _, x := range r.Writes {
		if x.Key == key {
			return x, true
		}
	}
	return Write{}, false
}

// Result reads the endorsed response, as far as it is about one namespace.
func (a *Action) Result(namespace string) (*Result, error) {
	payload, err := parse(a.Response) // peer.ProposalResponsePayload
	if err != nil {
		return nil, malformed("a response: %v", err)
	}
	action, err := parse(payload.get(2)) // peer.ChaincodeAction
	if err != nil {
		return nil, malformed("a chaincode's action: %v", err)
	}
	r := &Result{ProposalHash: payload.get(1)}
	if err := r.readAnswer(action); err != nil {
		return nil, malformed("a chaincode's action: %v", err)
	}
	set, err := parse(action.get(1)) // rwset.TxReadWriteSet
	if err != nil {
		return nil, malformed("a read-write set: %v", err)
	}
	err = set.each(2, func(raw []byte) error {
		ns, err := parse(raw)
		if err != nil {
			return err
		}
		name, err := ns.text(1)
		if err != nil || name != namespace {
			return err
		}
		return r.readSet(ns.get(2))
	})
	if err != nil {
		return nil, malformed("a read-write set: %v", err)
	}
	return r, nil
}

// readAnswer reads who answered and what.
func (r *Result) readAnswer(action message) error {
	response, err := action.sub(3)
	if err != nil {
		return err
	}
	r.Status, r.Payload = int32(response.integer(1)), response.get(3)
	id, err := action.sub(4)
	if err != nil {
		return err
	}
	r.Chaincode, err = id.text(2)
	return err
}

// readSet reads a kvrwset.KVRWSet.
func (r *Result) readSet(raw []byte) error {
	set, err := parse(raw)
	if err != nil {
		return err
	}
	var room, versionRoom message
	// one reads the parts of one of the set's lists, and the key that each begins with.
	one := func(number protowire.Number, visit func(m message, key string) error) error {
		return set.each(number, func(raw []byte) (err error) {
			if room, err = parseInto(room, raw); err != nil {
				return err
			}
			key, err := room.text(1)
			if err != nil {
				return err
			}
			return visit(room, key)
		})
	}
	err = one(1, func(m message, key string) (err error) {
		read := Read{Key: key}
		if version := m.whole(2); version != nil {
			if versionRoom, err = parseInto(versionRoom, version); err != nil {
				return err
			}
			read.Version = &Version{versionRoom.integer(1), versionRoom.integer(2)}
		}
		r.Reads = append(r.Reads, read)
		return nil
	})
	if err != nil {
		return err
	}
	err = one(3, func(m message, key string) error {
		r.Writes = append(r.Writes, Write{key, m.get(3), m.integer(2) != 0})
		return nil
	})
	if err != nil {
		return err
	}
	return one(4, func(_ message, key string) error {
		r.Policies = append(r.Policies, key)
		return nil
	})
}

// MSPOf is the organisation a serialized identity says it is of, "" if it is none.
func MSPOf(identity []byte) string {
	var id msp.SerializedIdentity
	if len(identity) == 0 || proto.Unmarshal(identity, &id) != nil {
		return ""
	}
	return id.GetMspid()
}

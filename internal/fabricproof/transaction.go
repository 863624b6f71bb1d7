package fabricproof

import (
	"crypto/sha256"
	"encoding/hex"
	"time"

	"github.com/hyperledger/fabric-protos-go-apiv2/common"
	"github.com/hyperledger/fabric-protos-go-apiv2/ledger/rwset"
	"github.com/hyperledger/fabric-protos-go-apiv2/ledger/rwset/kvrwset"
	"github.com/hyperledger/fabric-protos-go-apiv2/msp"
	"github.com/hyperledger/fabric-protos-go-apiv2/peer"
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

// ReadTransaction reads an envelope. On an error it returns what was read until
// then beside it; a transaction that failed validation may be anything.
func ReadTransaction(raw []byte) (*Transaction, error) {
	t := &Transaction{Type: -1}
	var env common.Envelope
	var payload common.Payload
	var channel common.ChannelHeader
	var signature common.SignatureHeader
	if err := proto.Unmarshal(raw, &env); err != nil {
		return t, malformed("not an envelope: %v", err)
	}
	if err := proto.Unmarshal(env.GetPayload(), &payload); err != nil {
		return t, malformed("the envelope's payload: %v", err)
	}
	t.payload, t.signature, t.Body = env.GetPayload(), env.GetSignature(), payload.GetData()
	t.channelHeader, t.signHeader = payload.GetHeader().GetChannelHeader(), payload.GetHeader().GetSignatureHeader()
	if err := proto.Unmarshal(t.channelHeader, &channel); err != nil {
		return t, malformed("the channel header: %v", err)
	}
	if err := proto.Unmarshal(t.signHeader, &signature); err != nil {
		return t, malformed("the signature header: %v", err)
	}
	t.Type, t.Channel, t.TxID = common.HeaderType(channel.GetType()), channel.GetChannelId(), channel.GetTxId()
	// The seconds are kept whatever a stranger wrote beside them.
	t.At = time.Unix(channel.GetTimestamp().GetSeconds(), int64(min(max(channel.GetTimestamp().GetNanos(), 0), 999_999_999))).UTC()
	t.Creator, t.nonce = signature.GetCreator(), signature.GetNonce()
	if t.Type != common.HeaderType_ENDORSER_TRANSACTION {
		return t, nil
	}
	return t, t.readActions()
}

func (t *Transaction) readActions() error {
	var tx peer.Transaction
	if err := proto.Unmarshal(t.Body, &tx); err != nil {
		return malformed("the transaction: %v", err)
	}
	for _, a := range tx.GetActions() {
		var payload peer.ChaincodeActionPayload
		var proposal peer.ChaincodeProposalPayload
		var invocation peer.ChaincodeInvocationSpec
		if err := proto.Unmarshal(a.GetPayload(), &payload); err != nil {
			return malformed("an action: %v", err)
		}
		if err := proto.Unmarshal(payload.GetChaincodeProposalPayload(), &proposal); err != nil {
			return malformed("a proposal: %v", err)
		}
		if err := proto.Unmarshal(proposal.GetInput(), &invocation); err != nil {
			return malformed("an invocation: %v", err)
		}
		spec := invocation.GetChaincodeSpec()
		action := Action{
			Chaincode: spec.GetChaincodeId().GetName(), Args: spec.GetInput().GetArgs(), Response: payload.GetAction().GetProposalResponsePayload(),
			header: a.GetHeader(), proposalPayload: payload.GetChaincodeProposalPayload(),
		}
		for _, e := range payload.GetAction().GetEndorsements() {
			action.Endorsements = append(action.Endorsements, Endorsement{e.GetEndorser(), e.GetSignature()})
		}
		t.Actions = append(t.Actions, action)
	}
	return nil
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
	var payload peer.ProposalResponsePayload
	var action peer.ChaincodeAction
	var set rwset.TxReadWriteSet
	if err := proto.Unmarshal(a.Response, &payload); err != nil {
		return nil, malformed("a response: %v", err)
	}
	if err := proto.Unmarshal(payload.GetExtension(), &action); err != nil {
		return nil, malformed("a chaincode's action: %v", err)
	}
	if err := proto.Unmarshal(action.GetResults(), &set); err != nil {
		return nil, malformed("a read-write set: %v", err)
	}
	r := &Result{ProposalHash: payload.GetProposalHash(), Chaincode: action.GetChaincodeId().GetName(), Status: action.GetResponse().GetStatus(), Payload: action.GetResponse().GetPayload()}
	for _, ns := range set.GetNsRwset() {
		if ns.GetNamespace() != namespace {
			continue
		}
		var kv kvrwset.KVRWSet
		if err := proto.Unmarshal(ns.GetRwset(), &kv); err != nil {
			return nil, malformed("a read-write set: %v", err)
		}
		for _, x := range kv.GetReads() {
			read := Read{Key: x.GetKey()}
			if v := x.GetVersion(); v != nil {
				read.Version = &Version{v.GetBlockNum(), v.GetTxNum()}
			}
			r.Reads = append(r.Reads, read)
		}
		for _, x := range kv.GetWrites() {
			r.Writes = append(r.Writes, Write{x.GetKey(), x.GetValue(), x.GetIsDelete()})
		}
		for _, x := range kv.GetMetadataWrites() {
			r.Policies = append(r.Policies, x.GetKey())
		}
	}
	return r, nil
}

// MSPOf is the organisation a serialized identity says it is of, "" if it is none.
func MSPOf(identity []byte) string {
	var id msp.SerializedIdentity
	if len(identity) == 0 || proto.Unmarshal(identity, &id) != nil {
		return ""
	}
	return id.GetMspid()
}

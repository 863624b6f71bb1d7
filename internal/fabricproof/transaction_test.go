package fabricproof_test

import (
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"

	"github.com/hyperledger/fabric-protos-go-apiv2/common"
	"github.com/hyperledger/fabric-protos-go-apiv2/ledger/rwset"
	"github.com/hyperledger/fabric-protos-go-apiv2/ledger/rwset/kvrwset"
	"github.com/hyperledger/fabric-protos-go-apiv2/peer"
	"google.golang.org/protobuf/proto"

	"github.com/datarights/datarights/internal/fabricproof"
	"github.com/datarights/datarights/internal/fabricproof/prooftest"
)

// reading is what is compared of a transaction and its results.
type reading struct {
	Type             common.HeaderType
	Channel, TxID    string
	At               int64
	Creator, Body    string
	Chaincodes       []string
	Args             [][]string
	Endorsers        [][2]string
	Responses        []string
	Results          []fabricproof.Result
	resultsUnread    bool
	transactionBroke bool
}

const namespace = "datarights"

func read(raw []byte) (r reading) {
	tx, err := fabricproof.ReadTransaction(raw)
	r = reading{Type: tx.Type, Channel: tx.Channel, TxID: tx.TxID, At: tx.At.Unix(), Creator: string(tx.Creator), Body: string(tx.Body), transactionBroke: err != nil}
	if err != nil {
		return r
	}
	for i := range tx.Actions {
		a := &tx.Actions[i]
		r.Chaincodes, r.Args, r.Responses = append(r.Chaincodes, a.Chaincode), append(r.Args, texts(a.Args)), append(r.Responses, string(a.Response))
		for _, e := range a.Endorsements {
			r.Endorsers = append(r.Endorsers, [2]string{string(e.Endorser), string(e.Signature)})
		}
		result, err := a.Result(namespace)
		if err != nil {
			r.resultsUnread = true
			continue
		}
		r.Results = append(r.Results, plain(*result))
	}
	return r
}

func texts(all [][]byte) (list []string) {
	for _, b := range all {
		list = append(list, string(b))
	}
	return list
}

// plain makes no difference between nothing and nothing.
func plain(r fabricproof.Result) fabricproof.Result {
	r.ProposalHash, r.Payload = append([]byte{}, r.ProposalHash...), append([]byte{}, r.Payload...)
	for i := range r.Writes {
		r.Writes[i].Value = append([]byte{}, r.Writes[i].Value...)
	}
	return r
}

// generated reads the same with the code that protoc made.
func generated(raw []byte) (r reading) {
	r = reading{Type: -1, At: -62135596800, transactionBroke: true}
	var env common.Envelope
	var payload common.Payload
	var channel common.ChannelHeader
	var signature common.SignatureHeader
	if proto.Unmarshal(raw, &env) != nil || proto.Unmarshal(env.GetPayload(), &payload) != nil ||
		proto.Unmarshal(payload.GetHeader().GetChannelHeader(), &channel) != nil || proto.Unmarshal(payload.GetHeader().GetSignatureHeader(), &signature) != nil {
		return r
	}
	r = reading{Type: common.HeaderType(channel.GetType()), Channel: channel.GetChannelId(), TxID: channel.GetTxId(), At: channel.GetTimestamp().GetSeconds(),
		Creator: string(signature.GetCreator()), Body: string(payload.GetData())}
	if r.Type != common.HeaderType_ENDORSER_TRANSACTION {
		return r
	}
	var tx peer.Transaction
	if proto.Unmarshal(payload.GetData(), &tx) != nil {
		r.transactionBroke = true
		return r
	}
	for _, a := range tx.GetActions() {
		var payload peer.ChaincodeActionPayload
		var proposal peer.ChaincodeProposalPayload
		var invocation peer.ChaincodeInvocationSpec
		if proto.Unmarshal(a.GetPayload(), &payload) != nil || proto.Unmarshal(payload.GetChaincodeProposalPayload(), &proposal) != nil || proto.Unmarshal(proposal.GetInput(), &invocation) != nil {
			r.transactionBroke = true
			return r
		}
		spec := invocation.GetChaincodeSpec()
		response := payload.GetAction().GetProposalResponsePayload()
		r.Chaincodes, r.Args, r.Responses = append(r.Chaincodes, spec.GetChaincodeId().GetName()), append(r.Args, texts(spec.GetInput().GetArgs())), append(r.Responses, string(response))
		for _, e := range payload.GetAction().GetEndorsements() {
			r.Endorsers = append(r.Endorsers, [2]string{string(e.GetEndorser()), string(e.GetSignature())})
		}
		result, ok := generatedResult(response)
		if !ok {
			r.resultsUnread = true
			continue
		}
		r.Results = append(r.Results, plain(result))
	}
	return r
}

func generatedResult(response []byte) (r fabricproof.Result, ok bool) {
	var payload peer.ProposalResponsePayload
	var action peer.ChaincodeAction
	var set rwset.TxReadWriteSet
	if proto.Unmarshal(response, &payload) != nil || proto.Unmarshal(payload.GetExtension(), &action) != nil || proto.Unmarshal(action.GetResults(), &set) != nil {
		return r, false
	}
	r = fabricproof.Result{ProposalHash: payload.GetProposalHash(), Chaincode: action.GetChaincodeId().GetName(), Status: action.GetResponse().GetStatus(), Payload: action.GetResponse().GetPayload()}
	for _, ns := range set.GetNsRwset() {
		if ns.GetNamespace() != namespace {
			continue
		}
		var kv kvrwset.KVRWSet
		if proto.Unmarshal(ns.GetRwset(), &kv) != nil {
			return r, false
		}
		for _, x := range kv.GetReads() {
			read := fabricproof.Read{Key: x.GetKey()}
			if v := x.GetVersion(); v != nil {
				read.Version = &fabricproof.Version{Block: v.GetBlockNum(), Tx: v.GetTxNum()}
			}
			r.Reads = append(r.Reads, read)
		}
		for _, x := range kv.GetWrites() {
			r.Writes = append(r.Writes, fabricproof.Write{Key: x.GetKey(), Value: x.GetValue(), Deleted: x.GetIsDelete()})
		}
		for _, x := range kv.GetMetadataWrites() {
			r.Policies = append(r.Policies, x.GetKey())
		}
	}
	return r, true
}

// FuzzTransaction holds the reader that copies nothing to generated code: what that
// can read is read, and means the same.
func FuzzTransaction(f *testing.F) {
	c := prooftest.New(f)
	c.Commit(write("1", "one"), write("2", "two"))
	for number := range uint64(2) {
		var block common.Block
		if err := proto.Unmarshal(c.Raw(number), &block); err != nil {
			f.Fatal(err)
		}
		for _, raw := range block.GetData().GetData() {
			f.Add(raw)
			f.Add(append(append([]byte{}, raw...), raw...)) // every field twice: the parts of a message are one
			if r := read(raw); r.transactionBroke || number > 0 && len(r.Results) != 1 {
				f.Fatalf("not read: %+v", r)
			}
		}
	}
	f.Fuzz(func(t *testing.T, raw []byte) { readAlike(t, raw) })
}

// readAlike reports whether generated code could read it at all.
func readAlike(t *testing.T, raw []byte) bool {
	want, got := generated(raw), read(raw) // it does not panic
	if want.transactionBroke || want.resultsUnread {
		return false
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%x\nread   %+v\nwanted %+v", raw, got, want)
	}
	return true
}

// Transactions with a few bytes changed, left out or put in.
func TestAlteredTransactions(t *testing.T) {
	c := prooftest.New(t)
	c.Commit(write("1", "one"))
	var block common.Block
	if err := proto.Unmarshal(c.Raw(1), &block); err != nil {
		t.Fatal(err)
	}
	original := block.GetData().GetData()[0]
	random := rand.New(rand.NewPCG(1, 2))
	readable := 0
	for range 20_000 {
		raw := slices.Clone(original)
		for range 1 + random.IntN(3) {
			at := random.IntN(len(raw))
			switch random.IntN(3) {
			case 0:
				raw[at] = byte(random.Uint32())
			case 1:
				raw = slices.Delete(raw, at, at+1)
			default:
				raw = slices.Insert(raw, at, byte(random.Uint32()))
			}
		}
		if readAlike(t, raw) {
			readable++
		}
		if t.Failed() {
			return
		}
	}
	if readable < 1000 {
		t.Errorf("only %d could be read at all", readable)
	}
}

// The fields of every message twice over, one in the other, are one message.
func TestSplitMessages(t *testing.T) {
	part := func(m proto.Message) []byte {
		raw, err := proto.Marshal(m)
		if err != nil {
			t.Fatal(err)
		}
		return raw
	}
	header := part(&common.Payload{Header: &common.Header{ChannelHeader: part(&common.ChannelHeader{Type: int32(common.HeaderType_ENDORSER_TRANSACTION), TxId: "t"})}})
	rest := part(&common.Payload{Header: &common.Header{SignatureHeader: part(&common.SignatureHeader{Creator: []byte("c"), Nonce: []byte("n")})}})
	set := part(&rwset.TxReadWriteSet{NsRwset: []*rwset.NsReadWriteSet{{Namespace: namespace, Rwset: part(&kvrwset.KVRWSet{
		Reads:  []*kvrwset.KVRead{{Key: "none"}, {Key: "zero", Version: &kvrwset.Version{}}, {Key: "k", Version: &kvrwset.Version{BlockNum: 7, TxNum: 1}}},
		Writes: []*kvrwset.KVWrite{{Key: "k", Value: []byte("v")}, {Key: "gone", IsDelete: true}}, MetadataWrites: []*kvrwset.KVMetadataWrite{{Key: "p"}},
	})}, {Namespace: "other"}}})
	response := part(&peer.ProposalResponsePayload{ProposalHash: []byte("h"), Extension: append(
		part(&peer.ChaincodeAction{Results: []byte("first"), Response: &peer.Response{Status: -3}}),
		part(&peer.ChaincodeAction{Results: set, Response: &peer.Response{Payload: []byte("p")}, ChaincodeId: &peer.ChaincodeID{Name: "cc"}})...)})
	body := part(&peer.Transaction{Actions: []*peer.TransactionAction{{Payload: append(
		part(&peer.ChaincodeActionPayload{Action: &peer.ChaincodeEndorsedAction{Endorsements: []*peer.Endorsement{{Endorser: []byte("e1")}}}}),
		part(&peer.ChaincodeActionPayload{Action: &peer.ChaincodeEndorsedAction{ProposalResponsePayload: response, Endorsements: []*peer.Endorsement{{Endorser: []byte("e2")}}}})...)}}})
	raw := part(&common.Envelope{Payload: append(append(header, rest...), part(&common.Payload{Data: body})...), Signature: []byte("s")})
	got, want := read(raw), generated(raw)
	if !reflect.DeepEqual(got, want) {
		t.Errorf("read   %+v\nwanted %+v", got, want)
	}
	if len(got.Results) != 1 || got.Results[0].Status != -3 || len(got.Results[0].Reads) != 3 || len(got.Endorsers) != 2 || got.Creator != "c" {
		t.Errorf("%+v", got)
	}
}

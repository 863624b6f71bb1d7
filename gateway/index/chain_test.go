package index

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"testing"

	"github.com/hyperledger/fabric-protos-go-apiv2/common"
	"github.com/hyperledger/fabric-protos-go-apiv2/ledger/rwset"
	"github.com/hyperledger/fabric-protos-go-apiv2/ledger/rwset/kvrwset"
	"github.com/hyperledger/fabric-protos-go-apiv2/msp"
	"github.com/hyperledger/fabric-protos-go-apiv2/peer"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/datarights/datarights/chaincode/rights"
	"github.com/datarights/datarights/internal/fabricproof"
)

// chain builds blocks as a peer would hand them out.
type chain struct {
	blocks []*common.Block
	prev   []byte
}

type testTx struct {
	id        string
	function  string // Submit if empty
	chaincode string // DefaultNamespace if empty
	arg       []byte
	writes    []*kvrwset.KVWrite
	code      peer.TxValidationCode
	at        int64
	raw       []byte // the whole envelope, instead of everything above but code
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

func marshal(m proto.Message) []byte {
	return must(proto.MarshalOptions{Deterministic: true}.Marshal(m))
}

func identityOf(mspID string) []byte {
	return marshal(&msp.SerializedIdentity{Mspid: mspID, IdBytes: []byte("certificate of " + mspID)})
}

func worldKey(kind rights.Kind, id string) string {
	return "\x00" + string(kind) + "\x00" + id + "\x00"
}

func putRecord(kind rights.Kind, id string, record any) *kvrwset.KVWrite {
	return &kvrwset.KVWrite{Key: worldKey(kind, id), Value: must(json.Marshal(record))}
}

func jwsOf(command, id, kid string) []byte {
	b := base64.RawURLEncoding
	return []byte(b.EncodeToString([]byte(`{"alg":"SM2","typ":"datarights+jws","kid":"`+kid+`"}`)) + "." +
		b.EncodeToString([]byte(`{"command":"`+command+`","id":"`+id+`","iat":1,"exp":2,"body":{}}`)) + "." +
		b.EncodeToString(make([]byte, 64)))
}

func (t testTx) envelope() []byte {
	if t.raw != nil {
		return t.raw
	}
	function, chaincode := t.function, t.chaincode
	if function == "" {
		function = "Submit"
	}
	if chaincode == "" {
		chaincode = DefaultNamespace
	}
	results := marshal(&rwset.TxReadWriteSet{NsRwset: []*rwset.NsReadWriteSet{
		{Namespace: "_lifecycle", Rwset: marshal(&kvrwset.KVRWSet{})},
		{Namespace: chaincode, Rwset: marshal(&kvrwset.KVRWSet{Writes: t.writes})},
	}})
	response := marshal(&peer.ProposalResponsePayload{Extension: marshal(&peer.ChaincodeAction{Results: results})})
	input := marshal(&peer.ChaincodeInvocationSpec{ChaincodeSpec: &peer.ChaincodeSpec{
		ChaincodeId: &peer.ChaincodeID{Name: chaincode},
		Input:       &peer.ChaincodeInput{Args: [][]byte{[]byte(function), t.arg}},
	}})
	action := marshal(&peer.ChaincodeActionPayload{
		ChaincodeProposalPayload: marshal(&peer.ChaincodeProposalPayload{Input: input}),
		Action: &peer.ChaincodeEndorsedAction{
			ProposalResponsePayload: response,
			Endorsements:            []*peer.Endorsement{{Endorser: identityOf("GroupMSP")}, {Endorser: identityOf("RegulatorMSP")}},
		},
	})
	return envelopeOf(common.HeaderType_ENDORSER_TRANSACTION, t.id, t.at,
		marshal(&peer.Transaction{Actions: []*peer.TransactionAction{{Payload: action}}}))
}

func envelopeOf(kind common.HeaderType, id string, at int64, data []byte) []byte {
	return marshal(&common.Envelope{
		Signature: []byte("signature"),
		Payload: marshal(&common.Payload{Data: data, Header: &common.Header{
			ChannelHeader: marshal(&common.ChannelHeader{
				Type: int32(kind), TxId: id, ChannelId: "datarights", Timestamp: &timestamppb.Timestamp{Seconds: at},
			}),
			SignatureHeader: marshal(&common.SignatureHeader{Creator: identityOf("ExchangeMSP"), Nonce: []byte("nonce")}),
		}}),
	})
}

// add makes the next block. The signers are numbers of consenters.
func (c *chain) add(signers []uint32, txs ...testTx) *common.Block {
	number := uint64(len(c.blocks))
	data := &common.BlockData{}
	var flags []byte
	for _, t := range txs {
		data.Data = append(data.Data, t.envelope())
		flags = append(flags, byte(t.code))
	}
	var signatures []*common.MetadataSignature
	for _, s := range signers {
		signatures = append(signatures, &common.MetadataSignature{
			Signature: []byte("block signature"), IdentifierHeader: marshal(&common.IdentifierHeader{Identifier: s}),
		})
	}
	b := &common.Block{
		Header: &common.BlockHeader{Number: number, PreviousHash: c.prev, DataHash: fabricproof.DataHash(data)},
		Data:   data,
		Metadata: &common.BlockMetadata{Metadata: [][]byte{
			marshal(&common.Metadata{Signatures: signatures}), {}, flags, {}, {},
		}},
	}
	c.prev = must(fabricproof.HeaderHash(b.Header))
	c.blocks = append(c.blocks, b)
	return b
}

// genesis is a configuration block that names four orderers.
func (c *chain) genesis() *common.Block {
	orderers := &common.Orderers{}
	for i, m := range []string{"GroupMSP", "ExchangeMSP", "RegulatorMSP", "BankMSP"} {
		orderers.ConsenterMapping = append(orderers.ConsenterMapping, &common.Consenter{Id: uint32(i + 1), MspId: m})
	}
	config := marshal(&common.ConfigEnvelope{Config: &common.Config{ChannelGroup: &common.ConfigGroup{
		Groups: map[string]*common.ConfigGroup{"Orderer": {Values: map[string]*common.ConfigValue{
			"Orderers": {Value: marshal(orderers)},
		}}},
	}}})
	return c.add(nil, testTx{raw: envelopeOf(common.HeaderType_CONFIG, "", 1_700_000_000, config)})
}

// registrations is a chain with records of several kinds that change, in blocks
// of one command and of many, with invalid transactions between.
func registrations(blocks int) *chain {
	c := &chain{}
	c.genesis()
	c.add([]uint32{1, 2, 3},
		testTx{id: "found", function: "Found", at: 1_700_000_010, writes: []*kvrwset.KVWrite{
			putRecord(rights.KindOrganisation, "GroupMSP", rights.Organisation{Head: rights.Head{ID: "GroupMSP", Version: 1}, MSPID: "GroupMSP"}),
		}},
		testTx{id: "define", chaincode: "_lifecycle", at: 1_700_000_011},
	)
	for i := range blocks {
		at := int64(1_700_000_020 + i)
		txs := []testTx{caseTx(i, 0, rights.State("Submitted"), 1, at)}
		if i > 0 {
			txs = append(txs, caseTx(i-1, 0, "Accepted", 2, at))
		}
		if i%3 == 0 {
			bad := caseTx(i, 7, "Submitted", 1, at)
			bad.code = peer.TxValidationCode_MVCC_READ_CONFLICT
			txs = append(txs, bad)
		}
		if i%4 == 1 {
			txs = append(txs, batchTx(i, 25, at))
		}
		c.add([]uint32{uint32(i%4 + 1), uint32((i+1)%4 + 1), uint32((i+2)%4 + 1)}, txs...)
	}
	return c
}

func caseRecord(block, n int, state rights.State, version int64) rights.Case {
	return rights.Case{
		Head:         rights.Head{DocType: "RG", ID: caseID(block, n), Version: version, State: state},
		ApplicantIDs: []string{fmt.Sprintf("applicant-%d", block%3), "applicant-of-all"},
		RegistrarID:  "registrar", RegType: "first", ObjectID: fmt.Sprintf("DR-%d", block),
		ObjectName: fmt.Sprintf("盐城市逐小时气象观测数据 Series%d", n),
	}
}

func caseID(block, n int) string { return fmt.Sprintf("RG-320902-20261123-%06d-%02d", block, n) }

func caseTx(block, n int, state rights.State, version int64, at int64) testTx {
	id := fmt.Sprintf("%s/%d/%d", caseID(block, n), version, at)
	return testTx{
		id: "tx-" + id, at: at, arg: jwsOf("registration.step", "cm-"+id, "91320900MA1XXXXXXX#1"),
		writes: []*kvrwset.KVWrite{
			putRecord(rights.KindReceipt, "cm-"+id, rights.Receipt{ID: "cm-" + id, Kid: "91320900MA1XXXXXXX#1"}),
			putRecord(rights.KindCase, caseID(block, n), caseRecord(block, n, state, version)),
			{Key: worldKey(rights.PointerOpen, caseID(block, n)), Value: fmt.Appendf(nil, `{"v":%d}`, version)},
		},
	}
}

func batchTx(block, size int, at int64) testTx {
	id := fmt.Sprintf("batch-%d", block)
	t := testTx{id: "tx-" + id, at: at, arg: jwsOf("registration.submitBatch", id, "91320900MA1YYYYYYY#1")}
	t.writes = append(t.writes, putRecord(rights.KindReceipt, id, rights.Receipt{ID: id, Kid: "91320900MA1YYYYYYY#1"}))
	for n := range size {
		t.writes = append(t.writes, putRecord(rights.KindCase, caseID(block, 10+n), caseRecord(block, 10+n, "Submitted", 1)))
	}
	return t
}

func open(t testing.TB, dir string, o Options) *Index {
	t.Helper()
	o.NoSync = true
	x, err := Open(dir, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { x.Close() })
	return x
}

func applyAll(t testing.TB, x *Index, blocks []*common.Block) {
	t.Helper()
	for _, b := range blocks {
		if err := x.Apply(b); err != nil {
			t.Fatalf("block %d: %v", b.GetHeader().GetNumber(), err)
		}
	}
}

// checkIndex holds the invariants; every test that writes ends with it.
func checkIndex(t testing.TB, x *Index) {
	t.Helper()
	if err := x.Check(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
}

func indexOf(t testing.TB, c *chain) *Index {
	t.Helper()
	x := open(t, t.TempDir(), Options{})
	applyAll(t, x, c.blocks)
	return x
}

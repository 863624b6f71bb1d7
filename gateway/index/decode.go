package index

import (
	"errors"
	"fmt"
	"slices"

	"github.com/hyperledger/fabric-protos-go-apiv2/common"
	"github.com/hyperledger/fabric-protos-go-apiv2/ledger/rwset"
	"github.com/hyperledger/fabric-protos-go-apiv2/ledger/rwset/kvrwset"
	"github.com/hyperledger/fabric-protos-go-apiv2/msp"
	"github.com/hyperledger/fabric-protos-go-apiv2/peer"
	"google.golang.org/protobuf/proto"

	"github.com/datarights/datarights/chaincode/rights"
)

// errMalformed is a block no honest peer hands out.
var errMalformed = errors.New("malformed block")

// decodedBlock is a block read as far as the index needs it.
type decodedBlock struct {
	Block
	hash       []byte
	txs        []decodedTx
	consenters map[uint32]string // of the channel configuration, if the block carries one
}

type decodedTx struct {
	Transaction
	jws    []byte
	writes []write // in the order of the write set; only of valid transactions
}

// write is one key of the namespace as a transaction leaves it.
type write struct {
	kind    rights.Kind
	id      string
	value   []byte
	deleted bool
}

// decodeBlock reads a block. Transactions of others and broken invalid ones are
// kept with what can be read of them; a valid one that cannot be read is an
// error, because its writes would be missed.
func decodeBlock(b *common.Block, namespace string, consenters map[uint32]string) (*decodedBlock, error) {
	if b.GetHeader() == nil || b.GetData() == nil || b.GetMetadata() == nil {
		return nil, fmt.Errorf("%w: header, data or metadata is missing", errMalformed)
	}
	number := b.GetHeader().GetNumber()
	sum := dataHash(b.GetData())
	if number > 0 && !slices.Equal(sum, b.GetHeader().GetDataHash()) {
		return nil, fmt.Errorf("%w: the data of block %d does not hash to its header's data hash", errMalformed, number)
	}
	hash, err := headerHash(b.GetHeader())
	if err != nil {
		return nil, err
	}
	envelopes := b.GetData().GetData()
	flags := metadataAt(b, common.BlockMetadataIndex_TRANSACTIONS_FILTER)
	if len(flags) != len(envelopes) {
		return nil, fmt.Errorf("%w: block %d has %d transactions and %d validation codes", errMalformed, number, len(envelopes), len(flags))
	}
	d := &decodedBlock{hash: hash, Block: Block{
		Number:   number,
		Hash:     "sha256:" + hexString(hash),
		Previous: "sha256:" + hexString(b.GetHeader().GetPreviousHash()),
		DataHash: "sha256:" + hexString(b.GetHeader().GetDataHash()),
		TxIDs:    make([]string, 0, len(envelopes)),
		Signers:  blockSigners(b, consenters),
	}}
	for i, raw := range envelopes {
		code := peer.TxValidationCode(flags[i])
		t, update, err := decodeEnvelope(raw, namespace, code == peer.TxValidationCode_VALID)
		if err != nil && code == peer.TxValidationCode_VALID {
			return nil, fmt.Errorf("%w: couldn't read valid transaction %d of block %d: %w", errMalformed, i, number, err)
		}
		t.Block, t.Index, t.Validation = number, i, code.String()
		if code == peer.TxValidationCode_VALID {
			d.Valid++
			if update != nil {
				d.consenters = update
			}
		}
		d.Size += len(raw)
		d.At = max(d.At, t.At)
		d.TxIDs = append(d.TxIDs, t.TxID)
		d.txs = append(d.txs, t)
	}
	return d, nil
}

func metadataAt(b *common.Block, i common.BlockMetadataIndex) []byte {
	m := b.GetMetadata().GetMetadata()
	if int(i) >= len(m) {
		return nil
	}
	return m[i]
}

// decodeEnvelope reads one transaction. On an error it still returns what was
// read before. The second result is the set of orderers, if it configures one.
func decodeEnvelope(raw []byte, namespace string, valid bool) (decodedTx, map[uint32]string, error) {
	t := decodedTx{Transaction: Transaction{Type: TypeOther}}
	var env common.Envelope
	var payload common.Payload
	var channel common.ChannelHeader
	var signature common.SignatureHeader
	if err := proto.Unmarshal(raw, &env); err != nil {
		return t, nil, err
	}
	if err := proto.Unmarshal(env.GetPayload(), &payload); err != nil {
		return t, nil, err
	}
	if err := proto.Unmarshal(payload.GetHeader().GetChannelHeader(), &channel); err != nil {
		return t, nil, err
	}
	if err := proto.Unmarshal(payload.GetHeader().GetSignatureHeader(), &signature); err != nil {
		return t, nil, err
	}
	t.TxID = channel.GetTxId()
	t.At = channel.GetTimestamp().GetSeconds()
	t.Submitter = mspOf(signature.GetCreator())
	switch common.HeaderType(channel.GetType()) {
	case common.HeaderType_CONFIG:
		t.Type = TypeConfig
		consenters, err := configConsenters(payload.GetData())
		return t, consenters, err
	case common.HeaderType_ENDORSER_TRANSACTION:
		return t, nil, decodeActions(&t, payload.GetData(), namespace, valid)
	}
	return t, nil, nil
}

func decodeActions(t *decodedTx, raw []byte, namespace string, valid bool) error {
	var tx peer.Transaction
	if err := proto.Unmarshal(raw, &tx); err != nil {
		return err
	}
	for _, a := range tx.GetActions() {
		var payload peer.ChaincodeActionPayload
		var proposal peer.ChaincodeProposalPayload
		var invocation peer.ChaincodeInvocationSpec
		if err := proto.Unmarshal(a.GetPayload(), &payload); err != nil {
			return err
		}
		if err := proto.Unmarshal(payload.GetChaincodeProposalPayload(), &proposal); err != nil {
			return err
		}
		if err := proto.Unmarshal(proposal.GetInput(), &invocation); err != nil {
			return err
		}
		spec := invocation.GetChaincodeSpec()
		t.nameInvocation(spec.GetChaincodeId().GetName(), namespace, spec.GetInput().GetArgs())
		for _, e := range payload.GetAction().GetEndorsements() {
			if id := mspOf(e.GetEndorser()); id != "" && !slices.Contains(t.Endorsers, id) {
				t.Endorsers = append(t.Endorsers, id)
			}
		}
		if !valid {
			continue
		}
		if err := t.readWrites(payload.GetAction().GetProposalResponsePayload(), namespace); err != nil {
			return err
		}
	}
	return nil
}

// nameInvocation says what a transaction is by the function it calls.
func (t *decodedTx) nameInvocation(chaincode, namespace string, args [][]byte) {
	switch {
	case chaincode == "_lifecycle":
		t.Type = TypeLifecycle
	case chaincode != namespace || len(args) == 0:
	case string(args[0]) == "Submit" && len(args) > 1:
		t.Type = TypeCommand
		t.jws = args[1]
		head := readCommandHead(t.jws)
		t.Command, t.CommandID, t.Kid = head.Command, head.ID, head.Kid
	case string(args[0]) == "Enrol":
		t.Type = TypeEnrolment
	case string(args[0]) == "Found":
		t.Type = TypeFounding
	}
}

func (t *decodedTx) readWrites(response []byte, namespace string) error {
	var payload peer.ProposalResponsePayload
	var action peer.ChaincodeAction
	var set rwset.TxReadWriteSet
	if err := proto.Unmarshal(response, &payload); err != nil {
		return err
	}
	if err := proto.Unmarshal(payload.GetExtension(), &action); err != nil {
		return err
	}
	if err := proto.Unmarshal(action.GetResults(), &set); err != nil {
		return err
	}
	for _, ns := range set.GetNsRwset() {
		if ns.GetNamespace() != namespace {
			continue
		}
		var kv kvrwset.KVRWSet
		if err := proto.Unmarshal(ns.GetRwset(), &kv); err != nil {
			return err
		}
		for _, w := range kv.GetWrites() {
			kind, id := splitWorldKey(w.GetKey())
			t.writes = append(t.writes, write{kind: kind, id: id, value: w.GetValue(), deleted: w.GetIsDelete()})
		}
	}
	return nil
}

// mspOf is the organisation of a Fabric identity, or "" if it is none.
func mspOf(identity []byte) string {
	var id msp.SerializedIdentity
	if len(identity) == 0 || proto.Unmarshal(identity, &id) != nil {
		return ""
	}
	return id.GetMspid()
}

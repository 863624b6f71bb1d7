package index

import (
	"errors"
	"fmt"
	"slices"

	"github.com/hyperledger/fabric-protos-go-apiv2/common"
	"github.com/hyperledger/fabric-protos-go-apiv2/peer"

	"github.com/datarights/datarights/chaincode/rights"
	"github.com/datarights/datarights/internal/fabricproof"
)

// errMalformed is a block no honest peer hands out.
var errMalformed = errors.New("malformed block")

// decodedBlock is a block read as far as the index needs it.
type decodedBlock struct {
	Block
	hash       []byte
	txs        []decodedTx
	consenters map[uint32]string // of the channel configuration, if the block carries one
	entries    []entry           // that follow from the block by itself
	sum        multiset          // of the primary ones among them
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
	// Of a record that is there afterwards:
	mark    mark
	state   string
	version int64
}

// decodeBlock reads a block and names who signed it.
func decodeBlock(b *common.Block, namespace string, consenters map[uint32]string) (*decodedBlock, error) {
	d, err := readBlock(b, namespace)
	if err == nil {
		d.Signers = blockSigners(b, consenters)
	}
	return d, err
}

// readBlock reads what a block says by itself. Transactions of others and broken invalid ones are
// kept with what can be read of them; a valid one that cannot be read is an
// error, because its writes would be missed.
func readBlock(b *common.Block, namespace string) (*decodedBlock, error) {
	if b.GetHeader() == nil || b.GetData() == nil || b.GetMetadata() == nil {
		return nil, fmt.Errorf("%w: header, data or metadata is missing", errMalformed)
	}
	number := b.GetHeader().GetNumber()
	sum := fabricproof.DataHash(b.GetData())
	if number > 0 && !slices.Equal(sum, b.GetHeader().GetDataHash()) {
		return nil, fmt.Errorf("%w: the data of block %d does not hash to its header's data hash", errMalformed, number)
	}
	hash, err := fabricproof.HeaderHash(b.GetHeader())
	if err != nil {
		return nil, err
	}
	envelopes := b.GetData().GetData()
	flags := fabricproof.MetadataAt(b, common.BlockMetadataIndex_TRANSACTIONS_FILTER)
	if len(flags) != len(envelopes) {
		return nil, fmt.Errorf("%w: block %d has %d transactions and %d validation codes", errMalformed, number, len(envelopes), len(flags))
	}
	d := &decodedBlock{hash: hash, Block: Block{
		Number:   number,
		Hash:     "sha256:" + hexString(hash),
		Previous: "sha256:" + hexString(b.GetHeader().GetPreviousHash()),
		DataHash: "sha256:" + hexString(b.GetHeader().GetDataHash()),
		TxIDs:    make([]string, 0, len(envelopes)),
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
	return d, d.enter()
}

// decodeEnvelope reads one transaction. On an error it still returns what was
// read before. The second result is the set of orderers, if it configures one.
func decodeEnvelope(raw []byte, namespace string, valid bool) (decodedTx, map[uint32]string, error) {
	t := decodedTx{Transaction: Transaction{Type: TypeOther}}
	tx, err := fabricproof.ReadTransaction(raw)
	t.TxID, t.Submitter = tx.TxID, fabricproof.MSPOf(tx.Creator)
	if !tx.At.IsZero() {
		t.At = tx.At.Unix()
	}
	for i := range tx.Actions {
		if err := t.readAction(&tx.Actions[i], namespace, valid); err != nil {
			return t, nil, err
		}
	}
	if err != nil {
		return t, nil, err
	}
	if tx.Type != common.HeaderType_CONFIG {
		return t, nil, nil
	}
	t.Type = TypeConfig
	config, err := fabricproof.ParseConfig(tx.Body)
	if err != nil || config.Consenters == nil {
		return t, nil, err
	}
	consenters := make(map[uint32]string, len(config.Consenters))
	for number, c := range config.Consenters {
		consenters[number] = c.MSPID
	}
	return t, consenters, nil
}

func (t *decodedTx) readAction(a *fabricproof.Action, namespace string, valid bool) error {
	t.nameInvocation(a.Chaincode, namespace, a.Args)
	for _, e := range a.Endorsements {
		if id := fabricproof.MSPOf(e.Endorser); id != "" && !slices.Contains(t.Endorsers, id) {
			t.Endorsers = append(t.Endorsers, id)
		}
	}
	if !valid {
		return nil
	}
	result, err := a.Result(namespace)
	if err != nil {
		return err
	}
	var f face
	for _, w := range result.Writes {
		kind, id := splitWorldKey(w.Key)
		read := write{kind: kind, id: id, value: w.Value, deleted: w.Deleted}
		if !isPointer(kind) && !w.Deleted {
			f = readFaceInto(f, w.Value)
			read.mark, read.state, read.version = f.mark(kind), f.state(), f.version()
		}
		t.writes = append(t.writes, read)
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

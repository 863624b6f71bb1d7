package fabricproof

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/hyperledger/fabric-protos-go-apiv2/common"
	"google.golang.org/protobuf/proto"
)

// MaxBlock bounds a block in bytes: what a peer hands out at most.
const MaxBlock = 100 << 20

// ErrMalformed is in every error about bytes that are not what they should be.
var ErrMalformed = errors.New("malformed")

func malformed(format string, args ...any) error {
	return fmt.Errorf("%w: %s", ErrMalformed, fmt.Sprintf(format, args...))
}

// Block is a block whose transactions hash to its header. Whether anybody signed
// it is not known before Trust.Block.
type Block struct {
	Number         uint64
	Hash           []byte // of the header
	Previous       []byte // hash of the block before
	Data           [][]byte
	LastConfig     uint64 // block of the configuration in force, as the orderers signed it
	SignatureCount int

	header     []byte
	metadata   []byte // what the orderers sign beside the header
	signatures []BlockSignature
}

// BlockSignature is one orderer's signature over a block. A BFT orderer names
// itself by its number in the configuration, others bring their identity.
type BlockSignature struct {
	Consenter uint32 // 0 when Creator is there
	Creator   []byte // serialized identity
	header    []byte
	signature []byte
}

// Signatures reads the orderers' signatures from a block's metadata. What cannot
// be read is left out.
func Signatures(b *common.Block) (list []BlockSignature, metadata []byte) {
	var m common.Metadata
	if proto.Unmarshal(MetadataAt(b, common.BlockMetadataIndex_SIGNATURES), &m) != nil {
		return nil, nil
	}
	for _, s := range m.GetSignatures() {
		sig := BlockSignature{signature: s.GetSignature()}
		switch {
		case len(s.GetSignatureHeader()) > 0:
			var h common.SignatureHeader
			if proto.Unmarshal(s.GetSignatureHeader(), &h) != nil {
				continue
			}
			sig.Creator, sig.header = append([]byte{}, h.GetCreator()...), s.GetSignatureHeader()
		case len(s.GetIdentifierHeader()) > 0:
			var h common.IdentifierHeader
			if proto.Unmarshal(s.GetIdentifierHeader(), &h) != nil {
				continue
			}
			sig.Consenter, sig.header = h.GetIdentifier(), s.GetIdentifierHeader()
		default:
			continue
		}
		list = append(list, sig)
	}
	return list, m.GetValue()
}

// MetadataAt is one field of a block's metadata, nil when it is not there.
func MetadataAt(b *common.Block, i common.BlockMetadataIndex) []byte {
	m := b.GetMetadata().GetMetadata()
	if int(i) >= len(m) {
		return nil
	}
	return m[i]
}

// ParseBlock reads a serialized block and holds its transactions against its
// header.
func ParseBlock(raw []byte) (*Block, error) {
	b, err := unmarshalBlock(raw)
	if err != nil {
		return nil, err
	}
	if b.GetData() == nil {
		return nil, malformed("a block without data")
	}
	if sum := DataHash(b.GetData()); !bytes.Equal(sum, b.GetHeader().GetDataHash()) {
		return nil, malformed("the transactions of block %d do not hash to its header's data hash", b.GetHeader().GetNumber())
	}
	return newBlock(b)
}

// ParseSealed reads a block as Trim leaves it and refuses any other form of it:
// its header with the orderers' signatures, and its transactions or none.
func ParseSealed(raw []byte) (b *Block, whole bool, err error) {
	m, err := unmarshalBlock(raw)
	if err != nil {
		return nil, false, err
	}
	if whole = m.GetData() != nil; whole {
		b, err = ParseBlock(raw)
	} else {
		b, err = newBlock(m)
	}
	if err != nil {
		return nil, whole, err
	}
	again, err := trim(m, whole)
	if err == nil && !bytes.Equal(again, raw) {
		err = malformed("block %d is not in the form it is proven in", b.Number)
	}
	return b, whole, err
}

// Trim leaves of a block what orderers sign: the header, their signatures, and
// when it is to be whole the transactions. What peers note beside them is gone.
func Trim(raw []byte, whole bool) ([]byte, error) {
	m, err := unmarshalBlock(raw)
	if err != nil {
		return nil, err
	}
	return trim(m, whole)
}

func trim(b *common.Block, whole bool) ([]byte, error) {
	h := b.GetHeader()
	out := &common.Block{Header: &common.BlockHeader{Number: h.GetNumber(), PreviousHash: h.GetPreviousHash(), DataHash: h.GetDataHash()}}
	if whole {
		out.Data = &common.BlockData{Data: b.GetData().GetData()}
	}
	var m common.Metadata
	if err := proto.Unmarshal(MetadataAt(b, common.BlockMetadataIndex_SIGNATURES), &m); err != nil {
		return nil, malformed("the signatures of block %d: %v", h.GetNumber(), err)
	}
	sealed := &common.Metadata{Value: m.GetValue()}
	for _, s := range m.GetSignatures() {
		sealed.Signatures = append(sealed.Signatures, &common.MetadataSignature{SignatureHeader: s.GetSignatureHeader(), IdentifierHeader: s.GetIdentifierHeader(), Signature: s.GetSignature()})
	}
	signatures, err := canonical.Marshal(sealed)
	if err != nil {
		return nil, malformed("the signatures of block %d: %v", h.GetNumber(), err)
	}
	out.Metadata = &common.BlockMetadata{Metadata: [][]byte{signatures}}
	raw, err := canonical.Marshal(out)
	if err != nil {
		return nil, malformed("block %d: %v", h.GetNumber(), err)
	}
	return raw, nil
}

// canonical is the one form in which a message of a proof is written.
var canonical = proto.MarshalOptions{Deterministic: true}

func unmarshalBlock(raw []byte) (*common.Block, error) {
	if len(raw) > MaxBlock {
		return nil, malformed("a block of %d bytes; at most %d", len(raw), MaxBlock)
	}
	b := new(common.Block)
	if err := proto.Unmarshal(raw, b); err != nil {
		return nil, malformed("not a block: %v", err)
	}
	if b.GetHeader() == nil || b.GetMetadata() == nil {
		return nil, malformed("a block without header or metadata")
	}
	return b, nil
}

func newBlock(b *common.Block) (*Block, error) {
	der, err := headerBytes(b.GetHeader())
	if err != nil {
		return nil, err
	}
	hash, err := HeaderHash(b.GetHeader())
	if err != nil {
		return nil, err
	}
	out := &Block{Number: b.GetHeader().GetNumber(), Hash: hash, Previous: b.GetHeader().GetPreviousHash(), Data: b.GetData().GetData(), header: der}
	out.signatures, out.metadata = Signatures(b)
	out.SignatureCount = len(out.signatures)
	if len(out.metadata) > 0 {
		var m common.OrdererBlockMetadata
		if err := proto.Unmarshal(out.metadata, &m); err != nil {
			return nil, malformed("what the orderers signed of block %d cannot be read: %v", out.Number, err)
		}
		out.LastConfig = m.GetLastConfig().GetIndex()
	}
	return out, nil
}

// Transaction reads transaction i.
func (b *Block) Transaction(i uint64) (*Transaction, error) {
	if i >= uint64(len(b.Data)) {
		return nil, malformed("block %d has no transaction %d", b.Number, i)
	}
	t, err := ReadTransaction(b.Data[i])
	if err != nil {
		return nil, fmt.Errorf("transaction %d of block %d: %w", i, b.Number, err)
	}
	return t, nil
}

// At is the latest time of the block's transactions, the zero time when it has
// none that says: a block has no time of its own.
func (b *Block) At() (latest time.Time) {
	for _, raw := range b.Data {
		if t, _ := ReadTransaction(raw); t.At.After(latest) { // of a broken one the time may still be there
			latest = t.At
		}
	}
	return latest
}

// Config reads the channel's configuration from a configuration block.
func (b *Block) Config() (*Config, error) {
	if len(b.Data) != 1 {
		return nil, malformed("block %d is no configuration block", b.Number)
	}
	t, err := b.Transaction(0)
	if err != nil {
		return nil, err
	}
	if t.Type != common.HeaderType_CONFIG {
		return nil, malformed("block %d is no configuration block", b.Number)
	}
	c, err := ParseConfig(t.Body)
	if err != nil {
		return nil, fmt.Errorf("block %d: %w", b.Number, err)
	}
	c.Block, c.Channel = b.Number, t.Channel
	return c, nil
}

// Consenters lists the numbers that signed, without repetition.
func (b *Block) Consenters() (list []uint32) {
	for _, s := range b.signatures {
		if s.Consenter != 0 && !slices.Contains(list, s.Consenter) {
			list = append(list, s.Consenter)
		}
	}
	return list
}

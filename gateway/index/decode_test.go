package index

import (
	"errors"
	"slices"
	"testing"

	"github.com/hyperledger/fabric-protos-go-apiv2/common"
	"google.golang.org/protobuf/proto"

	"github.com/datarights/datarights/internal/fabricproof"
)

func TestSigners(t *testing.T) {
	c := &chain{}
	consenters := must(decodeBlock(c.genesis(), DefaultNamespace, nil)).consenters
	if len(consenters) != 4 || consenters[2] != "ExchangeMSP" {
		t.Fatalf("consenters: %v", consenters)
	}
	b := c.add([]uint32{4, 1, 4, 77}, testTx{id: "a"})
	if got := blockSigners(b, consenters); !slices.Equal(got, []string{"BankMSP", "GroupMSP"}) {
		t.Errorf("by number: %v", got)
	}
	b.Metadata.Metadata[common.BlockMetadataIndex_SIGNATURES] = marshal(&common.Metadata{Signatures: []*common.MetadataSignature{
		{SignatureHeader: marshal(&common.SignatureHeader{Creator: identityOf("RegulatorMSP")})}, {}, {SignatureHeader: []byte{0xff}},
	}})
	if got := blockSigners(b, consenters); !slices.Equal(got, []string{"RegulatorMSP"}) {
		t.Errorf("by identity: %v", got)
	}
	b.Metadata.Metadata[common.BlockMetadataIndex_SIGNATURES] = []byte("\xff nonsense")
	if got := blockSigners(b, consenters); len(got) != 0 {
		t.Errorf("nonsense: %v", got)
	}
}

func TestMalformedBlocks(t *testing.T) {
	for name, spoil := range map[string]func(*common.Block){
		"no header":   func(b *common.Block) { b.Header = nil },
		"no data":     func(b *common.Block) { b.Data = nil },
		"no metadata": func(b *common.Block) { b.Metadata = nil },
		"no codes":    func(b *common.Block) { b.Metadata.Metadata = b.Metadata.Metadata[:1] },
		"few codes":   func(b *common.Block) { b.Metadata.Metadata[2] = nil },
		"other data":  func(b *common.Block) { b.Data.Data[0] = []byte("x") },
		"valid but unreadable": func(b *common.Block) {
			b.Data.Data[0] = []byte("\xff\xff")
			b.Header.DataHash = fabricproof.DataHash(b.Data)
		},
	} {
		c := &chain{}
		c.genesis()
		b := proto.Clone(c.add(nil, testTx{id: "a"})).(*common.Block)
		spoil(b)
		if _, err := decodeBlock(b, DefaultNamespace, nil); !errors.Is(err, errMalformed) {
			t.Errorf("%s: %v", name, err)
		}
		x := indexOf(t, &chain{blocks: c.blocks[:1]})
		if err := x.Apply(b); !errors.Is(err, errMalformed) {
			t.Errorf("%s: Apply gives %v", name, err)
		}
	}
	x := indexOf(t, &chain{})
	if err := x.Apply(nil); err == nil {
		t.Error("no block at all was applied")
	}
}

func TestCommandHead(t *testing.T) {
	for jws, want := range map[string]commandHead{
		string(jwsOf("right.apply", "id-1", "u#1")): {"right.apply", "id-1", "u#1"},
		"":          {},
		"a.b":       {},
		"!.!.!":     {},
		"e30.e30.":  {},
		"W10.bnVs.": {},
	} {
		if got := readCommandHead([]byte(jws)); got != want {
			t.Errorf("%q: %+v", jws, got)
		}
	}
}

func FuzzDecodeBlock(f *testing.F) {
	c := registrations(3)
	for _, b := range c.blocks {
		f.Add(marshal(b))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		var b common.Block
		if proto.Unmarshal(raw, &b) != nil {
			return
		}
		if b.GetHeader() != nil && b.GetData() != nil { // past the hash, or little else is tried
			b.Header.DataHash = fabricproof.DataHash(b.Data)
		}
		d, err := decodeBlock(&b, DefaultNamespace, nil)
		if err != nil && !errors.Is(err, errMalformed) {
			t.Errorf("another error: %v", err)
		}
		if err == nil && len(d.txs) != len(b.Data.Data) {
			t.Errorf("%d transactions of %d", len(d.txs), len(b.Data.Data))
		}
	})
}

func FuzzDecodeEnvelope(f *testing.F) {
	f.Add(caseTx(1, 0, "Submitted", 1, 1).envelope(), true)
	f.Add(testTx{id: "x", chaincode: "_lifecycle"}.envelope(), false)
	f.Add(registrations(0).blocks[0].Data.Data[0], true)
	f.Fuzz(func(t *testing.T, raw []byte, valid bool) {
		tx, _, err := decodeEnvelope(raw, DefaultNamespace, valid)
		if tx.Type == "" || !valid && len(tx.writes) > 0 {
			t.Errorf("type %q, %d writes, %v", tx.Type, len(tx.writes), err)
		}
	})
}

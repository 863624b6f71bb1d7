package fabricproof_test

import (
	"encoding/hex"
	"testing"

	"github.com/hyperledger/fabric-protos-go-apiv2/common"

	"github.com/datarights/datarights/internal/fabricproof"
)

// The hash of a header as Fabric's protoutil.BlockHeaderHash gives it.
func TestHeaderHash(t *testing.T) {
	h := &common.BlockHeader{Number: 1 << 40, PreviousHash: []byte{1, 2}, DataHash: []byte{3}}
	// SEQUENCE { INTEGER 2^40, OCTET STRING 0102, OCTET STRING 03 }
	const want = "f57f2f5c834e054e4a8c8e34e3c8c177f0020c90adeb0d22d5aeffb6ad24392c"
	got, err := fabricproof.HeaderHash(h)
	if err != nil || hex.EncodeToString(got) != want {
		t.Errorf("got %x, %v", got, err)
	}
}

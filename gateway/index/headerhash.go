package index

import (
	"crypto/sha256"
	"encoding/asn1"
	"fmt"
	"math/big"

	"github.com/hyperledger/fabric-protos-go-apiv2/common"
)

// headerHash is Fabric's block hash: SHA-256 over the ASN.1 DER of number,
// previous hash and data hash.
func headerHash(h *common.BlockHeader) ([]byte, error) {
	der, err := asn1.Marshal(struct {
		Number       *big.Int
		PreviousHash []byte
		DataHash     []byte
	}{new(big.Int).SetUint64(h.GetNumber()), h.GetPreviousHash(), h.GetDataHash()})
	if err != nil {
		return nil, fmt.Errorf("couldn't encode the block header: %w", err)
	}
	sum := sha256.Sum256(der)
	return sum[:], nil
}

// dataHash is Fabric's hash of a block's data.
func dataHash(d *common.BlockData) []byte {
	h := sha256.New()
	for _, tx := range d.GetData() {
		h.Write(tx)
	}
	return h.Sum(nil)
}

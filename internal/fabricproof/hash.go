package fabricproof

import (
	"crypto/sha256"
	"encoding/asn1"
	"fmt"
	"math/big"

	"github.com/hyperledger/fabric-protos-go-apiv2/common"
)

// headerBytes is Fabric's signed form of a block header: the ASN.1 DER of
// number, previous hash and data hash.
func headerBytes(h *common.BlockHeader) ([]byte, error) {
	der, err := asn1.Marshal(struct {
		Number       *big.Int
		PreviousHash []byte
		DataHash     []byte
	}{new(big.Int).SetUint64(h.GetNumber()), h.GetPreviousHash(), h.GetDataHash()})
	if err != nil {
		return nil, fmt.Errorf("couldn't encode the block header: %w", err)
	}
	return der, nil
}

// HeaderHash is Fabric's block hash: SHA-256 over the signed form of the header.
func HeaderHash(h *common.BlockHeader) ([]byte, error) {
	der, err := headerBytes(h)
	if err != nil {
		return nil, err
	}
	sum := sha256.Sum256(der)
	return sum[:], nil
}

// DataHash is Fabric's hash of a block's data: SHA-256 over its transactions one
// after the other. It is no tree, so a transaction is proven with its whole block.
func DataHash(d *common.BlockData) []byte {
	h := sha256.New()
	for _, tx := range d.GetData() {
		h.Write(tx)
	}
	return h.Sum(nil)
}

package index

import (
	"slices"

	"github.com/hyperledger/fabric-protos-go-apiv2/common"

	"github.com/datarights/datarights/internal/fabricproof"
)

// blockSigners names the organisations whose orderers signed this copy of a
// block. A BFT signature names its orderer by number alone; consenters, from
// the channel's configuration, says whose that is. Each orderer keeps the
// quorum of signatures that reached it first, so copies of one block differ.
func blockSigners(b *common.Block, consenters map[uint32]string) []string {
	signers := []string{}
	list, _ := fabricproof.Signatures(b)
	for _, s := range list {
		id := consenters[s.Consenter]
		if s.Creator != nil {
			id = fabricproof.MSPOf(s.Creator)
		}
		if id != "" && !slices.Contains(signers, id) {
			signers = append(signers, id)
		}
	}
	slices.Sort(signers)
	return signers
}

package index

import (
	"slices"

	"github.com/hyperledger/fabric-protos-go-apiv2/common"
	"google.golang.org/protobuf/proto"
)

// blockSigners names the organisations whose orderers signed this copy of a
// block. A BFT signature names its orderer by number alone; consenters, from
// the channel's configuration, says whose that is. Each orderer keeps the
// quorum of signatures that reached it first, so copies of one block differ.
func blockSigners(b *common.Block, consenters map[uint32]string) []string {
	signers := []string{}
	var m common.Metadata
	if proto.Unmarshal(metadataAt(b, common.BlockMetadataIndex_SIGNATURES), &m) != nil {
		return signers
	}
	for _, s := range m.GetSignatures() {
		id := ""
		switch {
		case len(s.GetSignatureHeader()) > 0:
			var h common.SignatureHeader
			if proto.Unmarshal(s.GetSignatureHeader(), &h) == nil {
				id = mspOf(h.GetCreator())
			}
		case len(s.GetIdentifierHeader()) > 0:
			var h common.IdentifierHeader
			if proto.Unmarshal(s.GetIdentifierHeader(), &h) == nil {
				id = consenters[h.GetIdentifier()]
			}
		}
		if id != "" && !slices.Contains(signers, id) {
			signers = append(signers, id)
		}
	}
	slices.Sort(signers)
	return signers
}

// configConsenters reads the orderers (number → MSP id) of a configuration
// transaction. Nil means that it names none.
func configConsenters(raw []byte) (map[uint32]string, error) {
	var env common.ConfigEnvelope
	if err := proto.Unmarshal(raw, &env); err != nil {
		return nil, err
	}
	value := env.GetConfig().GetChannelGroup().GetGroups()["Orderer"].GetValues()["Orderers"]
	if value == nil {
		return nil, nil
	}
	var orderers common.Orderers
	if err := proto.Unmarshal(value.GetValue(), &orderers); err != nil {
		return nil, err
	}
	m := make(map[uint32]string, len(orderers.GetConsenterMapping()))
	for _, c := range orderers.GetConsenterMapping() {
		m[c.GetId()] = c.GetMspId()
	}
	return m, nil
}

package fabricproof

import (
	"fmt"

	"github.com/hyperledger/fabric-protos-go-apiv2/common"
	"google.golang.org/protobuf/proto"
)

// Config is the part of a channel's configuration that proofs need.
type Config struct {
	Block      uint64 // that holds it
	Channel    string
	Consenters map[uint32]Consenter
}

// Consenter is one orderer: its number in signatures, whose it is, and the
// certificate it signs blocks with.
type Consenter struct {
	MSPID       string
	Certificate []byte // PEM
}

// ParseConfig reads a configuration transaction's body. Consenters is nil when
// it names none.
func ParseConfig(raw []byte) (*Config, error) {
	var env common.ConfigEnvelope
	if err := proto.Unmarshal(raw, &env); err != nil {
		return nil, malformed("not a configuration: %v", err)
	}
	value := env.GetConfig().GetChannelGroup().GetGroups()["Orderer"].GetValues()["Orderers"]
	if value == nil {
		return &Config{}, nil
	}
	var orderers common.Orderers
	if err := proto.Unmarshal(value.GetValue(), &orderers); err != nil {
		return nil, malformed("the configuration's orderers: %v", err)
	}
	c := &Config{Consenters: make(map[uint32]Consenter, len(orderers.GetConsenterMapping()))}
	for _, o := range orderers.GetConsenterMapping() {
		if _, twice := c.Consenters[o.GetId()]; twice {
			return nil, malformed("the configuration has orderer %d twice", o.GetId())
		}
		c.Consenters[o.GetId()] = Consenter{MSPID: o.GetMspId(), Certificate: o.GetIdentity()}
	}
	return c, nil
}

// Quorum is how many of n BFT orderers must sign a block: more than two thirds,
// ⌈(n+f+1)/2⌉ with f = ⌊(n−1)/3⌋ (SmartBFT).
func Quorum(n int) int {
	f := (n - 1) / 3
	return (n + f + 2) / 2
}

func (c *Config) String() string {
	return fmt.Sprintf("configuration of block %d with %d orderers", c.Block, len(c.Consenters))
}

// Of is an orderer by its number in signatures.
func (c *Config) Of(no uint32) (Consenter, bool) {
	if c == nil {
		return Consenter{}, false
	}
	o, ok := c.Consenters[no]
	return o, ok
}

package network

import (
	"bytes"
	"encoding/json"
	"fmt"
)

// Genesis is the document the chaincode is founded on. Its bytes are equal in
// every organisation.
func (c *Consortium) Genesis() ([]byte, error) {
	type organisation struct {
		MSPID    string `json:"mspId"`
		Name     string `json:"name"`
		NameZh   string `json:"nameZh"`
		Function string `json:"function"`
	}
	endorsers, err := c.mspIDs(c.Chaincode.Endorsement.Of)
	if err != nil {
		return nil, err
	}
	document := struct {
		SchemaVersion int            `json:"schemaVersion"`
		Consortium    string         `json:"consortium"`
		Organisations []organisation `json:"organisations"`
		Endorsement   Endorsement    `json:"endorsement"` // in MSP IDs
	}{SchemaVersion: 1, Consortium: c.Name, Endorsement: Endorsement{c.Chaincode.Endorsement.OutOf, endorsers}}
	for i := range c.Organisations {
		o := &c.Organisations[i]
		document.Organisations = append(document.Organisations, organisation{o.MSPID, o.Name, o.NameZh, o.Function})
	}
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(document); err != nil {
		return nil, fmt.Errorf("couldn't write the genesis document: %w", err)
	}
	return bytes.TrimSpace(out.Bytes()), nil
}

package explorer

import (
	"github.com/datarights/datarights/chaincode/rights"
	"github.com/datarights/datarights/gateway/index"
)

// discreet is a Reader whose transactions say nothing of records that are their
// parties' own, nor who signed what wrote them: two signers of one trade are
// its parties.
type discreet struct {
	Reader
	hidden func(rights.Kind) bool
}

func (d discreet) Transaction(txID string) (index.Transaction, error) {
	t, err := d.Reader.Transaction(txID)
	return d.of(t), err
}

func (d discreet) Transactions(cursor string, limit int) (index.Page[index.Transaction], error) {
	page, err := d.Reader.Transactions(cursor, limit)
	for i, t := range page.Items {
		page.Items[i] = d.of(t)
	}
	return page, err
}

func (d discreet) of(t index.Transaction) index.Transaction {
	var seen []rights.RecordRef
	for _, r := range t.Records {
		if !d.hidden(r.Kind) {
			seen = append(seen, r)
		}
	}
	if n := len(t.Records) - len(seen); n > 0 {
		t.Records, t.RecordCount = seen, t.RecordCount-n
		t.Kid, t.CommandID, t.JWS = "", "", ""
	}
	return t
}

package explorer

import (
	"testing"

	"github.com/datarights/datarights/chaincode/rights"
	"github.com/datarights/datarights/gateway/index"
)

// fixedTransaction is a Reader with one transaction.
type fixedTransaction struct {
	Reader
	t index.Transaction
}

func (f fixedTransaction) Transaction(string) (index.Transaction, error) { return f.t, nil }

func (f fixedTransaction) Transactions(string, int) (index.Page[index.Transaction], error) {
	return index.Page[index.Transaction]{Items: []index.Transaction{f.t}}, nil
}

func TestPartiesOwnTransactionsAreDiscreet(t *testing.T) {
	tx := index.Transaction{TxID: "t", Kid: "91350100M000100Y43#1", CommandID: "c", JWS: "a.b.c", Command: "trade.sign", RecordCount: 2,
		Records: []rights.RecordRef{{Kind: rights.KindTrade, ID: "TR-1"}, {Kind: rights.KindListing, ID: "LS-1"}}}
	d := discreet{fixedTransaction{t: tx}, func(k rights.Kind) bool { return k == rights.KindTrade }}
	one, err := d.Transaction("t")
	if err != nil {
		t.Fatal(err)
	}
	page, err := d.Transactions("", 1)
	if err != nil {
		t.Fatal(err)
	}
	for _, got := range []index.Transaction{one, page.Items[0]} {
		if got.Kid != "" || got.JWS != "" || got.CommandID != "" || got.RecordCount != 1 || len(got.Records) != 1 || got.Records[0].ID != "LS-1" || got.Command != "trade.sign" {
			t.Errorf("the public sees %+v", got)
		}
	}
	open := discreet{fixedTransaction{t: tx}, func(rights.Kind) bool { return false }}
	if got, _ := open.Transaction("t"); got.Kid != tx.Kid || len(got.Records) != 2 {
		t.Errorf("an open transaction is %+v", got)
	}
}

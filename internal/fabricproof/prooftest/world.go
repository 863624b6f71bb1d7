package prooftest

import (
	"encoding/json"
	"errors"
	"slices"
	"time"

	"github.com/datarights/datarights/chaincode/rights"
	"github.com/datarights/datarights/internal/fabricproof"
)

// world is the rules' ledger over what a consortium has, as a peer reads it.
type world struct {
	c     *Consortium
	reads []string
}

var errReadOnly = errors.New("a statement only reads")

func (w *world) Load(kind rights.Kind, id string, v any) (bool, error) {
	key := fabricproof.Key(string(kind), id)
	if !slices.Contains(w.reads, key) {
		w.reads = append(w.reads, key)
	}
	raw := w.c.Value(string(kind), id)
	if raw == nil {
		return false, nil
	}
	return true, json.Unmarshal(raw, v)
}

func (w *world) Store(rights.Kind, string, any) error { return errReadOnly }
func (w *world) Ahead(...rights.RecordRef)            {}
func (w *world) LoadSecret(rights.Collection, rights.Kind, string) ([]byte, error) {
	return nil, errReadOnly
}
func (w *world) StoreSecret(rights.Collection, rights.Kind, string, []byte) error {
	return errReadOnly
}
func (w *world) PurgeSecret(rights.Collection, rights.Kind, string) error { return errReadOnly }
func (w *world) Guard(rights.Kind, string, []string) error                { return errReadOnly }

// State has peers state a record by the rules themselves. change, when it is not
// nil, makes it wrong.
func (c *Consortium) State(kind rights.Kind, id string, receipts []string, change func(*Invocation)) ([]byte, error) {
	w := &world{c: c}
	at := c.now.Add(time.Second)
	s, err := rights.MakeStatement(&rights.Act{Now: at.Unix(), Ledger: w}, kind, id, receipts)
	if err != nil {
		return nil, err
	}
	answer, err := json.Marshal(s)
	if err != nil {
		return nil, err
	}
	x := Invocation{Args: [][]byte{[]byte(fabricproof.StatementFunction), []byte(kind), []byte(id)}, Answer: answer, Reads: w.reads, At: at, Unsigned: true, Endorsers: MSPIDs[:2]}
	for _, r := range receipts {
		x.Args = append(x.Args, []byte(r))
	}
	if change != nil {
		change(&x)
	}
	raw, _, _ := c.Envelope(x)
	return raw, nil
}

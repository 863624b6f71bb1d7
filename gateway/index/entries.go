package index

import "github.com/datarights/datarights/chaincode/rights"

// entry is one key as a block leaves it.
type entry struct{ key, value []byte } // no value deletes

// enter makes the entries that follow from the block whatever came before it,
// which are most of an index: a rebuild makes them while another block is
// applied. What a deletion leaves is not among them, for it leaves nothing where
// nothing was.
func (d *decodedBlock) enter() error {
	for i := range d.txs {
		if err := d.enterTransaction(&d.txs[i]); err != nil {
			return err
		}
	}
	// The digest is of what the chain says; the signers are this copy's.
	b := d.Block
	b.Signers = nil
	return d.enterJSON(blockKey(familyBlock, d.Number), b)
}

func (d *decodedBlock) enterTransaction(t *decodedTx) error {
	refs := make([]rights.RecordRef, 0, len(t.writes))
	for n, w := range t.writes {
		if isPointer(w.kind) || w.deleted {
			continue
		}
		at := Position{t.Block, t.Index, n}
		d.enterPrimary(versionKey(at), version{w.kind, w.id, w.value}.encode())
		if w.kind != rights.KindReceipt {
			refs = append(refs, rights.RecordRef{Kind: w.kind, ID: w.id, State: rights.State(w.state), Version: w.version})
		}
	}
	t.RecordCount = len(refs)
	t.Records = refs[:min(len(refs), MaxListedRecords)]
	if err := d.enterJSON(txKey(familyTransaction, t.Block, t.Index), t.Transaction); err != nil {
		return err
	}
	if len(refs) > MaxListedRecords {
		if err := d.enterJSON(txKey(familyWritten, t.Block, t.Index), refs); err != nil {
			return err
		}
	}
	if len(t.jws) > 0 {
		d.enterPrimary(txKey(familyJWS, t.Block, t.Index), seal(t.jws))
	}
	if t.TxID != "" {
		d.entries = append(d.entries, entry{txIDKey(t.TxID, t.Block, t.Index), []byte{}})
	}
	return nil
}

func (d *decodedBlock) enterPrimary(key, sealed []byte) {
	d.sum.add(key, sealed)
	d.entries = append(d.entries, entry{key, sealed})
}

func (d *decodedBlock) enterJSON(key []byte, v any) error {
	sealed, err := sealJSON(v)
	if err == nil {
		d.enterPrimary(key, sealed)
	}
	return err
}

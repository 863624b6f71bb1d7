package api

import (
	"context"
	"errors"
	"regexp"
	"slices"
	"strings"

	"github.com/datarights/datarights/chaincode/rights"
	"github.com/datarights/datarights/gateway/index"
	"github.com/datarights/datarights/gateway/session"
	"github.com/datarights/datarights/internal/fabricproof"
	"github.com/datarights/datarights/internal/proof"
)

// What of a command, its transaction and its block goes into a proof. A block is
// given whole or without any of its transactions, for its hash is no tree; a
// transaction whole or not at all, for its endorsements are over all it read and
// wrote. So each is given to whom nothing in it is hidden from:
//
//	the public: neither; the block's header with the orderers' signatures
//	who may read the command: its bytes
//	who sees in full every record the transaction writes, and something of every
//	record it names: the transaction
//	who does so for every transaction of the block, and the offices: the block

// heldBlock is a block as far as a proof may hold it.
type heldBlock struct {
	*fabricproof.Block
	sealed []byte
	whole  bool
}

func (s *server) heldBlock(ctx context.Context, number uint64, who *session.Identity) (*heldBlock, error) {
	raw, err := s.opts.Proofs.RawBlock(ctx, number)
	if err != nil {
		return nil, err
	}
	b, err := fabricproof.ParseBlock(raw)
	if err != nil {
		return nil, err
	}
	h := &heldBlock{Block: b, whole: who != nil}
	for i := 0; h.whole && i < len(b.Data); i++ {
		tx, err := fabricproof.ReadTransaction(b.Data[i])
		if err != nil { // whatever it is, nobody is named in it who could see it
			h.whole = office(who)
			continue
		}
		if h.whole, err = s.mayHold(tx, who); err != nil {
			return nil, err
		}
	}
	h.sealed, err = fabricproof.Trim(raw, h.whole)
	return h, err
}

// holdOf adds of a transaction what who asks may have, when its block is not whole.
func (s *server) holdOf(f *proof.File, b *heldBlock, t index.Transaction, who *session.Identity) error {
	if who == nil {
		return nil
	}
	tx, err := b.Transaction(uint64(t.Index)) //nolint:gosec // a position in a block
	if err != nil {
		return err
	}
	may, err := s.mayHold(tx, who)
	if err != nil {
		return err
	}
	if may {
		f.Transactions[t.TxID], err = fabricproof.CanonicalEnvelope(b.Data[t.Index])
		return err
	}
	if may, err = s.seesCommand(t.Kid, t.Records, who); err != nil || !may {
		return err
	}
	if len(tx.Actions) == 1 && len(tx.Actions[0].Args) == 2 {
		f.Commands[t.TxID] = tx.Actions[0].Args[1]
	}
	return nil
}

// mayHold reports whether nothing in a transaction is hidden from who.
func (s *server) mayHold(tx *fabricproof.Transaction, who *session.Identity) (bool, error) {
	if who == nil {
		return false, nil
	}
	if office(who) {
		return true, nil
	}
	if len(tx.Actions) != 1 || len(tx.Actions[0].Args) != 2 || string(tx.Actions[0].Args[0]) != "Submit" {
		return false, nil // of a configuration, a founding or an enrolment
	}
	r, err := tx.Actions[0].Result(tx.Actions[0].Chaincode)
	if err != nil {
		return false, err
	}
	for _, w := range r.Writes {
		kind, id, ok := recordAt(w.Key)
		switch {
		case !ok:
			return false, nil
		case kind == rights.KindReceipt: // says what the command says, and no more
		case strings.HasPrefix(string(kind), "x"):
			if ok, err := s.seesAll(idsIn(id, string(w.Value)), seePublic, who); err != nil || !ok {
				return false, err
			}
		default:
			if ok, err := s.seesOf(kind, id, seeFull, who); err != nil || !ok {
				return false, err
			}
		}
	}
	for _, read := range r.Reads {
		kind, id, ok := recordAt(read.Key)
		if !ok {
			return false, nil
		}
		ids := idsIn(id)
		if collectionOf(kind) != nil {
			if read.Version == nil { // there was no such record
				continue
			}
			ids = []rights.RecordRef{{Kind: kind, ID: id}}
		}
		if ok, err := s.seesAll(ids, seePublic, who); err != nil || !ok {
			return false, err
		}
	}
	return true, nil
}

// recordAt takes a world-state key apart.
func recordAt(key string) (rights.Kind, string, bool) {
	parts := strings.Split(key, "\x00")
	if len(parts) != 4 || parts[0] != "" || parts[3] != "" {
		return "", "", false
	}
	return rights.Kind(parts[1]), parts[2], true
}

var reRecordID = regexp.MustCompile(`[A-Z]{2}-[0-9]{6}-[0-9]{8}-[0-9a-f]{12}-[0-9]+`)

// idsIn finds the records that a pointer names.
func idsIn(texts ...string) (list []rights.RecordRef) {
	for _, t := range texts {
		for _, id := range reRecordID.FindAllString(t, -1) {
			if ref := (rights.RecordRef{Kind: rights.Kind(id[:2]), ID: id}); !slices.Contains(list, ref) {
				list = append(list, ref)
			}
		}
	}
	return list
}

func (s *server) seesAll(refs []rights.RecordRef, want visibility, who *session.Identity) (bool, error) {
	for _, r := range refs {
		if ok, err := s.seesOf(r.Kind, r.ID, want, who); err != nil || !ok {
			return false, err
		}
	}
	return true, nil
}

// seesOf reports whether who sees that much of a record. Of one that is not there
// nobody does.
func (s *server) seesOf(kind rights.Kind, id string, want visibility, who *session.Identity) (bool, error) {
	see := sees(kind)
	if see == nil {
		return false, nil
	}
	e, err := s.read.Get(kind, id)
	if errors.Is(err, index.ErrNotFound) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	v, err := see(s, e.JSON, who)
	return v == seeFull || v != seeNothing && want == seePublic, err
}

package explorer

import (
	"encoding/base64"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/datarights/datarights/chaincode/rights"
	"github.com/datarights/datarights/gateway/index"
)

// told is a transaction with its sentence.
type told struct {
	index.Transaction
	Say Sentence
}

// blockRow is a block with what it holds in words.
type blockRow struct {
	index.Block
	First *told
	More  int // transactions beside the first
}

// Invalid counts the transactions that had no effect.
func (b blockRow) Invalid() int { return len(b.TxIDs) - b.Valid }

// blockRows tells each block by its first transaction.
func (q *request) blockRows(blocks []index.Block) []blockRow {
	rows := make([]blockRow, len(blocks))
	for i, b := range blocks {
		rows[i].Block = b
		if len(b.TxIDs) == 0 {
			continue
		}
		if t, err := q.Reader.Transaction(b.TxIDs[0]); err == nil {
			rows[i].First, rows[i].More = &told{t, q.sentence(t)}, len(b.TxIDs)-1
		}
	}
	return rows
}

type frontView struct {
	Stats        index.Stats
	Certificates []Row
	Notices      []Row
	Blocks       []blockRow
}

// OpenNotices counts the cases now in notice, objected to or not.
func (v frontView) OpenNotices() int64 { return v.Count("RG/PublicNotice") + v.Count("RG/Objected") }

// ValidCertificates are those in force, adjusted or not.
func (v frontView) ValidCertificates() int64 { return v.Count("CT/Valid") + v.Count("CT/Adjusted") }

// Count reads a counter of states.
func (v frontView) Count(state string) int64 { return v.Stats.States[state] }

func (q *request) front() error {
	var v frontView
	var err error
	if v.Stats, err = q.Reader.Stats(); err != nil {
		return err
	}
	if v.Certificates, _, err = q.rows(index.Query{Kind: rights.KindCertificate, Limit: 6}, ""); err != nil {
		return err
	}
	for _, state := range []string{"Objected", "PublicNotice"} {
		rows, _, err := q.rows(index.Query{Kind: rights.KindCase, Where: map[string]string{"state": state}, Limit: 5}, "")
		if err != nil {
			return err
		}
		v.Notices = append(v.Notices, rows...)
	}
	v.Notices = v.Notices[:min(5, len(v.Notices))]
	blocks, err := q.Reader.Blocks("", 6)
	if err != nil {
		return err
	}
	v.Blocks = q.blockRows(blocks.Items)
	return q.render(http.StatusOK, "front", "front", v)
}

// live is the front page's figures and newest blocks for a wall. It loads itself
// anew where the reader chose so, as no page may unasked (WCAG 2.2.1).
func (q *request) live() error {
	var v frontView
	var err error
	if v.Stats, err = q.Reader.Stats(); err != nil {
		return err
	}
	blocks, err := q.Reader.Blocks("", 8)
	if err != nil {
		return err
	}
	v.Blocks = q.blockRows(blocks.Items)
	return q.render(http.StatusOK, "live", "blocks", v)
}

type blocksView struct {
	Blocks      []blockRow
	First, Next string
}

func (q *request) blocks() error {
	page, err := q.Reader.Blocks(q.param("cursor"), pageLimit)
	if err != nil {
		return err
	}
	v := blocksView{Blocks: q.blockRows(page.Items)}
	if page.Next != "" {
		v.Next = q.with("cursor", page.Next)
	}
	if q.param("cursor") != "" {
		v.First = q.with("cursor", "")
	}
	return q.render(http.StatusOK, "blocks", "blocks", v)
}

type blockView struct {
	Block        blockRow
	Transactions []told
	Missing      int // transactions the index does not have
	From, To     int // which of the block's transactions are shown, from 1
	Older, Newer string
	Next         string
}

// blockTransactions is how many transactions of a block one page shows.
const blockTransactions = 100

func (q *request) block() error {
	n, err := strconv.ParseUint(q.r.PathValue("id"), 10, 64)
	if err != nil {
		return errNotHere
	}
	b, err := q.Reader.Block(n)
	if err != nil {
		return err
	}
	v := blockView{Block: blockRow{Block: b}}
	start, _ := strconv.Atoi(q.param("from"))
	start = max(1, min(start, len(b.TxIDs)))
	end := min(start-1+blockTransactions, len(b.TxIDs))
	v.From, v.To = start, end
	if len(b.TxIDs) > 0 {
		for _, id := range b.TxIDs[start-1 : end] {
			t, err := q.Reader.Transaction(id)
			if err != nil {
				v.Missing++
				continue
			}
			v.Transactions = append(v.Transactions, told{t, q.sentence(t)})
		}
	}
	if end < len(b.TxIDs) {
		v.Next = q.with("from", strconv.Itoa(end+1))
	}
	if n > 0 {
		v.Older = "/blocks/" + strconv.FormatUint(n-1, 10)
	}
	if n+1 < q.Reader.Status().Height {
		v.Newer = "/blocks/" + strconv.FormatUint(n+1, 10)
	}
	return q.render(http.StatusOK, "block", "blocks", v)
}

type transactionsView struct {
	Transactions []told
	First, Next  string
}

func (q *request) transactions() error {
	page, err := q.Reader.Transactions(q.param("cursor"), pageLimit)
	if err != nil {
		return err
	}
	var v transactionsView
	for _, t := range page.Items {
		if t.RecordCount > len(t.Records) { // lists are cut short; the sentence counts
			if whole, err := q.Reader.Transaction(t.TxID); err == nil {
				t = whole
			}
		}
		v.Transactions = append(v.Transactions, told{t, q.sentence(t)})
	}
	if page.Next != "" {
		v.Next = q.with("cursor", page.Next)
	}
	if q.param("cursor") != "" {
		v.First = q.with("cursor", "")
	}
	return q.render(http.StatusOK, "transactions", "blocks", v)
}

type transactionView struct {
	told
	Counts  []kindCount // what was written, by kind, in the order of the first
	Written []written
	More    int // records beyond those shown
	Signed  *signed
}

type written struct {
	Ref    rights.RecordRef
	Object Object
}

type kindCount struct {
	Kind  rights.Kind
	Count int
}

// countKinds counts records by kind.
func countKinds(refs []rights.RecordRef) (counts []kindCount) {
	for _, ref := range refs {
		i := slices.IndexFunc(counts, func(c kindCount) bool { return c.Kind == ref.Kind })
		if i < 0 {
			i = len(counts)
			counts = append(counts, kindCount{Kind: ref.Kind})
		}
		counts[i].Count++
	}
	return counts
}

// signed is a command as it was signed.
type signed struct {
	Header, Payload, Signature string
	Size                       int
	Malformed                  bool
}

// writtenRecords is how many records of a transaction one page names.
const writtenRecords = 100

func (q *request) transaction() error {
	t, err := q.Reader.Transaction(q.r.PathValue("id"))
	if err != nil {
		return err
	}
	v := transactionView{told: told{t, q.sentence(t)}, Counts: countKinds(t.Records)}
	for _, ref := range t.Records[:min(len(t.Records), writtenRecords)] {
		v.Written = append(v.Written, written{ref, q.object(ref.Kind, ref.ID)})
	}
	v.More = len(t.Records) - len(v.Written)
	if t.JWS != "" && q.ShowSigned {
		v.Signed = readSigned(t.JWS)
	}
	return q.render(http.StatusOK, "transaction", "blocks", v)
}

// readSigned opens a compact JWS for reading. It verifies nothing: the
// endorsers did, and `datarights` can.
func readSigned(jws string) *signed {
	s := &signed{Size: len(jws)}
	parts := strings.Split(jws, ".")
	if len(parts) != 3 {
		return &signed{Size: len(jws), Malformed: true}
	}
	for i, to := range []*string{&s.Header, &s.Payload} {
		b, err := base64.RawURLEncoding.DecodeString(parts[i])
		if err != nil {
			return &signed{Size: len(jws), Malformed: true}
		}
		*to = pretty(b)
	}
	sig, err := base64.RawURLEncoding.DecodeString(parts[2])
	if err != nil {
		return &signed{Size: len(jws), Malformed: true}
	}
	s.Signature = fmt.Sprintf("%x", sig)
	return s
}

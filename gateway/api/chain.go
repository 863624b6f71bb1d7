package api

import (
	"errors"
	"strconv"

	"github.com/gin-gonic/gin"

	"github.com/datarights/datarights/chaincode/rights"
	"github.com/datarights/datarights/gateway/index"
	"github.com/datarights/datarights/gateway/outcome"
	"github.com/datarights/datarights/gateway/session"
)

func (s *server) listBlocks(c *gin.Context) {
	q, err := accept(c.Request, paging...)
	if err != nil {
		s.fail(c, err)
		return
	}
	page, err := s.read.Blocks(q["cursor"], pageSize(q))
	if err != nil {
		s.fail(c, err)
		return
	}
	out := index.Page[index.Block]{Items: []index.Block{}, Next: page.Next}
	for _, b := range page.Items {
		out.Items = append(out.Items, listedBlock(b))
	}
	s.answer(c, out)
}

func (s *server) getBlock(c *gin.Context) {
	if _, err := accept(c.Request); err != nil {
		s.fail(c, err)
		return
	}
	text := c.Param("number")
	number, err := strconv.ParseUint(text, 10, 63)
	if err != nil {
		s.fail(c, refuse(rights.CodeFormat, "number", "应为区块号", "want a block number"))
		return
	}
	b, err := s.read.Block(number)
	if errors.Is(err, index.ErrNotFound) {
		err = notFound("blocks", text)
	}
	if err != nil {
		s.fail(c, err)
		return
	}
	s.answer(c, listedBlock(b))
}

// listed is a list that is empty rather than null.
func listed(v []string) []string {
	if v == nil {
		return []string{}
	}
	return v
}

func listedBlock(b index.Block) index.Block {
	b.TxIDs, b.Signers = listed(b.TxIDs), listed(b.Signers)
	return b
}

// transaction is a transaction for who reads: its header is public, the signed
// command is not.
type transaction struct {
	index.Transaction
	Status outcome.Status `json:"status"`
}

const validationOK = "VALID"

// transactionFor hides the signed bytes from who may not read them, and whose
// they are where they touched what is between parties alone.
func (s *server) transactionFor(t index.Transaction, who *session.Identity) (transaction, error) {
	out := transaction{Transaction: t, Status: outcome.Committed}
	out.Endorsers = listed(t.Endorsers)
	if t.Validation != validationOK {
		out.Status = outcome.Invalid
	}
	if err := s.discreet(&out.Transaction, who); err != nil {
		return transaction{}, err
	}
	if t.JWS == "" {
		return out, nil
	}
	ok, err := s.seesCommand(t.Kid, t.Records, who)
	if err != nil {
		return transaction{}, err
	}
	if !ok {
		out.JWS = ""
	}
	return out, nil
}

// discreet takes from a transaction the records that who sees nothing of, and
// with them who signed it: two signers of one trade are its parties.
func (s *server) discreet(t *index.Transaction, who *session.Identity) error {
	var seen []rights.RecordRef
	for i, r := range t.Records {
		hidden := false
		if a := audiences[r.Kind]; a != nil && !a.open && !signedBy(t.Kid, who) {
			e, err := s.read.Get(r.Kind, r.ID)
			if err != nil {
				return err
			}
			v, err := a.sees(s, e.JSON, who)
			if err != nil {
				return err
			}
			hidden = v == seeNothing
		}
		switch {
		case hidden && seen == nil:
			seen = append([]rights.RecordRef{}, t.Records[:i]...)
		case !hidden && seen != nil:
			seen = append(seen, r)
		}
	}
	if seen != nil {
		t.Records, t.Kid, t.CommandID = seen, "", ""
	}
	return nil
}

// listTransactions answers headers alone.
func (s *server) listTransactions(c *gin.Context) {
	q, err := accept(c.Request, paging...)
	if err != nil {
		s.fail(c, err)
		return
	}
	page, err := s.read.Transactions(q["cursor"], pageSize(q))
	if err != nil {
		s.fail(c, err)
		return
	}
	out := index.Page[transaction]{Items: []transaction{}, Next: page.Next}
	for _, t := range page.Items {
		t.JWS = ""
		v, err := s.transactionFor(t, reader(c))
		if err != nil {
			s.fail(c, err)
			return
		}
		out.Items = append(out.Items, v)
	}
	s.answer(c, out)
}

// sent is a transaction this gateway sent that the index does not have yet.
type sent struct {
	TxID       string         `json:"txId"`
	Status     outcome.Status `json:"status"`
	Block      *uint64        `json:"block,omitempty"`
	Validation string         `json:"validation,omitempty"`
}

// getTransaction answers GET /v1/transactions/{txId}, where an asynchronous
// submission's outcome is found.
func (s *server) getTransaction(c *gin.Context) {
	if _, err := accept(c.Request); err != nil {
		s.fail(c, err)
		return
	}
	id := c.Param("txId")
	t, err := s.read.Transaction(id)
	if errors.Is(err, index.ErrNotFound) {
		fate, ok := s.opts.Submitter.Fate(id)
		if !ok {
			s.fail(c, notFound("transactions", id))
			return
		}
		out := sent{TxID: id, Status: fate.Status, Validation: fate.Validation}
		if fate.Status == outcome.Committed || fate.Status == outcome.Invalid {
			out.Block = &fate.Block
		}
		s.answer(c, out)
		return
	}
	if err != nil {
		s.fail(c, err)
		return
	}
	out, err := s.transactionFor(t, reader(c))
	if err != nil {
		s.fail(c, err)
		return
	}
	s.answer(c, out)
}

// getDigest answers GET /v1/index/digest?height=: equal in every organisation
// at the same height.
func (s *server) getDigest(c *gin.Context) {
	number := func(v string) bool { _, err := strconv.ParseUint(v, 10, 63); return err == nil }
	q, err := accept(c.Request, param{name: "height", check: number, zh: "应为区块数", en: "must be a number of blocks"})
	if err != nil {
		s.fail(c, err)
		return
	}
	at := s.read.Status()
	if text, ok := q["height"]; ok {
		at.Height, _ = strconv.ParseUint(text, 10, 63) // accept has checked
		if at.Digest, err = s.read.DigestAt(at.Height); errors.Is(err, index.ErrNotFound) {
			f := notFound("index/digest", text)
			f.refusal.Field = "height"
			err = f
		}
		if err != nil {
			s.fail(c, err)
			return
		}
	}
	s.answer(c, at)
}

func (s *server) getStats(c *gin.Context) {
	if _, err := accept(c.Request); err != nil {
		s.fail(c, err)
		return
	}
	stats, err := s.read.Stats()
	if err != nil {
		s.fail(c, err)
		return
	}
	if stats.Kinds == nil {
		stats.Kinds = map[string]int64{}
	}
	if stats.States == nil {
		stats.States = map[string]int64{}
	}
	s.answer(c, stats)
}

func (s *server) getNetwork(c *gin.Context) {
	if _, err := accept(c.Request); err != nil {
		s.fail(c, err)
		return
	}
	if s.opts.Network == nil {
		s.fail(c, refuse(rights.CodeNotFound, "", "本网关未接入进程监管，不掌握网络状态", "this gateway is not connected to a supervisor and does not know the network's state"))
		return
	}
	status, err := s.opts.Network.Status(c.Request.Context())
	if err != nil {
		s.log.WarnContext(c.Request.Context(), "network status", "requestId", requestID(c), "error", err.Error())
		s.fail(c, &outcome.UnavailableError{RetryAfter: 5e9, Err: err})
		return
	}
	if status.Organisations == nil {
		status.Organisations = []OrganisationStatus{}
	}
	s.answer(c, status)
}

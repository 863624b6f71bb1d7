package api

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/datarights/datarights/chaincode/rights"
	"github.com/datarights/datarights/gateway/index"
	"github.com/datarights/datarights/gateway/session"
	"github.com/datarights/datarights/internal/fabricproof"
	"github.com/datarights/datarights/internal/proof"
)

// The proof of one record, for whoever checks it without this gateway
// (docs/proofs.md). A certificate's is for everyone; a pledge's or trade's for who
// sees the record whole. How much of the commands that wrote it is inside depends
// on who asks: proof_holds.go.

const mediaZip = "application/zip"

// maxProving bounds the statements that peers are asked for at once. They have a
// bound of their own, so that the public cannot keep commands waiting.
const maxProving = 8

// A peer that is a block behind does not know the newest command yet.
const (
	stateTries = 5
	statePause = 300 * time.Millisecond
)

func (s *server) recordProofRoutes(get func(string, gin.HandlerFunc) route) []route {
	return []route{
		get("/v1/certificates/:id/proof", s.getProof(rights.KindCertificate)),
		get("/v1/pledges/:id/proof", s.getProof(rights.KindPledge)),
		get("/v1/trades/:id/proof", s.getProof(rights.KindTrade)),
	}
}

// getProof answers GET /v1/{collection}/{id}/proof?organisations=.
func (s *server) getProof(kind rights.Kind) gin.HandlerFunc {
	return func(c *gin.Context) {
		q, err := accept(c.Request, param{name: "organisations", check: mspIDs, zh: "须为以逗号分隔的机构 MSP 标识，至多 16 个", en: "must be MSP ids of organisations with commas between, at most 16"})
		id := c.Param("id")
		var organisations []string
		if err == nil && q["organisations"] != "" {
			organisations, err = s.statingOrganisations(q["organisations"])
		}
		if err == nil {
			err = s.mayProve(kind, id, reader(c))
		}
		if err != nil {
			s.fail(c, err)
			return
		}
		if s.admit(c, s.provers, 1); c.IsAborted() {
			return
		}
		select {
		case s.proving <- struct{}{}:
			defer func() { <-s.proving }()
		case <-c.Request.Context().Done():
			s.fail(c, c.Request.Context().Err())
			return
		}
		f, err := s.prove(c.Request.Context(), kind, id, organisations, reader(c))
		if err != nil {
			s.fail(c, err)
			return
		}
		raw, err := f.Pack()
		if err != nil {
			s.fail(c, err)
			return
		}
		kid := ""
		if who := reader(c); who != nil {
			kid = who.Kid
		}
		s.log.InfoContext(c.Request.Context(), "proof", "requestId", requestID(c), "kid", kid, "of", id, "blocks", len(f.Blocks), "transactions", len(f.Transactions), "commands", len(f.Commands))
		h := c.Writer.Header()
		h.Set("Cache-Control", "no-store") // it says how things stand now
		h.Set("Vary", "Authorization")
		h.Set("Content-Disposition", `attachment; filename="`+id+`.proof.zip"`) // ids have no quotes
		h.Set("Ledger-Height", strconv.FormatUint(s.read.Status().Height, 10))
		c.Data(http.StatusOK, mediaZip, raw)
	}
}

// statingOrganisations checks whom the asker wants to hear: members, two at least.
func (s *server) statingOrganisations(text string) ([]string, error) {
	ids := strings.Split(text, ",")
	slices.Sort(ids)
	if ids = slices.Compact(ids); len(ids) < 2 {
		return nil, refuse(rights.CodeFormat, "organisations", "至少须由两家不同的机构背书", "must name at least two different organisations")
	}
	for _, id := range ids {
		switch _, err := s.read.Get(rights.KindOrganisation, id); {
		case errors.Is(err, index.ErrNotFound):
			return nil, refuse(rights.CodeFormat, "organisations", "联盟没有机构 "+id+"，应为 GroupMSP 之类的 MSP 标识", "the consortium has no organisation "+id+"; want MSP ids such as GroupMSP")
		case err != nil:
			return nil, err
		}
	}
	return ids, nil
}

// mayProve refuses who may not have the proof of a record, and what there is none of.
func (s *server) mayProve(kind rights.Kind, id string, who *session.Identity) error {
	if s.opts.Proofs == nil {
		return refuse(rights.CodeNotFound, "", "本网关不提供核验文件", "this gateway gives no proofs")
	}
	name := collectionOf(kind).name
	if kind == rights.KindCertificate {
		if !rights.ValidCertNo(id) {
			return refuse(rights.CodeFormat, "certNo", "凭证号应为 SJ 加 13 位数字，如 SJ3212026110001", "a certificate number is SJ and 13 digits, such as SJ3212026110001")
		}
		_, err := s.read.Get(kind, id)
		if errors.Is(err, index.ErrNotFound) {
			err = notFound(name, id)
		}
		return err
	}
	if who == nil {
		return refuse(CodeSession, "Authorization", "查阅需要会话：仅当事人与职能机构可取得", "this needs a session: it is for the parties and the offices")
	}
	if !isOf(id, kind) {
		return notFound(name, id)
	}
	return s.seesWhole(kind, name, id, who)
}

// prove collects the parts of a record's proof for who asks.
func (s *server) prove(ctx context.Context, kind rights.Kind, id string, organisations []string, who *session.Identity) (*proof.File, error) {
	txs, receipts, err := s.writers(kind, id)
	if err != nil {
		return nil, err
	}
	f := &proof.File{Blocks: map[uint64][]byte{}, Transactions: map[string][]byte{}, Commands: map[string][]byte{}}
	if f.Statement, err = s.stated(ctx, kind, id, receipts, organisations); err != nil {
		return nil, err
	}
	if f.Statement, err = fabricproof.CanonicalEnvelope(f.Statement); err != nil {
		return nil, err
	}
	tx, _, err := fabricproof.ReadStatement(f.Statement)
	if err != nil {
		return nil, err
	}
	f.Manifest = proof.Manifest{Format: proof.Format, Version: proof.Version, Kind: string(kind), ID: id, Channel: tx.Channel, Chaincode: tx.Actions[0].Chaincode}
	var blocks []*fabricproof.Block
	configs := map[uint64]*fabricproof.Config{}
	held := map[uint64]*heldBlock{}
	for _, t := range txs {
		b := held[t.Block]
		if b == nil {
			if b, err = s.heldBlock(ctx, t.Block, who); err != nil {
				return nil, err
			}
			held[t.Block], f.Blocks[t.Block] = b, b.sealed
			blocks = append(blocks, b.Block)
			if err := s.configOf(ctx, b.LastConfig, configs); err != nil {
				return nil, err
			}
		}
		if b.whole {
			continue
		}
		if err := s.holdOf(f, b, t, who); err != nil {
			return nil, err
		}
	}
	f.Orderers, err = proof.OrderersOf(blocks, configs)
	return f, err
}

// writers are the transactions whose commands wrote a record, oldest first, with
// their receipts: the first and as many of the last as a statement may name.
func (s *server) writers(kind rights.Kind, id string) (txs []index.Transaction, receipts []string, err error) {
	revisions, err := s.read.History(kind, id)
	if err != nil {
		return nil, nil, err
	}
	if n := len(revisions); n > rights.MaxStatedCommands {
		revisions = slices.Concat(revisions[:1], revisions[n-rights.MaxStatedCommands+1:])
	}
	for _, r := range revisions {
		t, err := s.read.Transaction(r.TxID)
		if err != nil {
			return nil, nil, fmt.Errorf("couldn't find what wrote %s: %w", id, err)
		}
		participant, _, signed := strings.Cut(t.Kid, "#")
		if !signed || t.CommandID == "" {
			continue // an administrator's act has no command
		}
		txs, receipts = append(txs, t), append(receipts, rights.ReceiptID(participant, t.CommandID))
	}
	return txs, receipts, nil
}

// stated asks for the statement again while another organisation's peer does not
// have yet what the own index has.
func (s *server) stated(ctx context.Context, kind rights.Kind, id string, receipts, organisations []string) ([]byte, error) {
	for try := 1; ; try++ {
		raw, err := s.opts.Proofs.State(ctx, kind, id, receipts, organisations)
		var refusal *rights.Error
		if err == nil || try == stateTries || !errors.As(err, &refusal) || refusal.Code != rights.CodeNotFound {
			return raw, err
		}
		select {
		case <-time.After(statePause):
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

// configOf finds a configuration, once.
func (s *server) configOf(ctx context.Context, number uint64, known map[uint64]*fabricproof.Config) error {
	if known[number] != nil {
		return nil
	}
	raw, err := s.opts.Proofs.RawBlock(ctx, number)
	if err != nil {
		return err
	}
	b, err := fabricproof.ParseBlock(raw)
	if err != nil {
		return err
	}
	known[number], err = b.Config()
	return err
}

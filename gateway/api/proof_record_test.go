package api

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/datarights/datarights/chaincode/command"
	"github.com/datarights/datarights/chaincode/rights"
	"github.com/datarights/datarights/client/evidence"
	"github.com/datarights/datarights/gateway/index"
	"github.com/datarights/datarights/internal/fabricproof/prooftest"
	"github.com/datarights/datarights/internal/proof"
)

// chain is a consortium whose blocks the world's index has: a Proofs that signs.
type chain struct {
	*prooftest.Consortium
	w      *world
	serial int
	behind int // statements that are refused first, as by a peer that is a block behind
	asked  int
}

func (c *chain) RawBlock(_ context.Context, n uint64) ([]byte, error) {
	if n >= uint64(len(c.Blocks)) {
		return nil, &rights.Error{Code: rights.CodeNotFound, Field: "number", Detail: "there is no such block yet", DetailZh: "尚无此区块"}
	}
	return c.Raw(n), nil
}

func (c *chain) Attest(context.Context, rights.Kind, string, []string) ([]byte, error) {
	return nil, errors.New("nobody asked for it")
}

func (c *chain) State(_ context.Context, kind rights.Kind, id string, receipts, organisations []string) ([]byte, error) {
	c.asked++
	if c.behind > 0 {
		c.behind--
		return nil, &rights.Error{Code: rights.CodeNotFound, Field: "receipts", Detail: "there is no receipt of this command", DetailZh: "没有此命令的回执"}
	}
	return c.Consortium.State(kind, id, receipts, func(x *prooftest.Invocation) {
		if organisations != nil {
			x.Endorsers = organisations
		}
	})
}

// write is one record, or pointer, that a command writes.
type write struct {
	kind   rights.Kind
	id     string
	record any
}

// command is a transaction of somebody's command, in the next block.
func (c *chain) command(who *actor, name string, writes ...write) (prooftest.Invocation, func(block uint64, i int)) {
	c.w.t.Helper()
	c.serial++
	id := fmt.Sprintf("0b8f3c1e-7d2a-4e61-9c55-%012d", c.serial)
	at := prooftest.Start.Add(time.Duration(c.serial) * time.Minute)
	jws, err := command.Sign(who.key, who.kid(), command.Payload{Command: name, ID: id, Iat: at.Unix(), Exp: at.Unix() + 3600, Body: json.RawMessage(`{"caseId":"RG-320902-20261123-0a1b2c3d4e5f-02"}`)})
	if err != nil {
		c.w.t.Fatal(err)
	}
	cmd, err := command.Decode(jws)
	if err != nil {
		c.w.t.Fatal(err)
	}
	x := prooftest.Invocation{Args: [][]byte{[]byte("Submit"), jws}, Submitter: "GroupMSP", At: at, Endorsers: prooftest.MSPIDs[:2]}
	receipt := rights.Receipt{DocType: "CM", SchemaVersion: 1, ID: id, Command: name, Kid: who.kid(), MSPID: "GroupMSP", Digest: cmd.DigestRef(), At: at.Unix()}
	var made string
	for _, w := range writes {
		if rec, ok := w.record.(rights.Record); ok {
			h := rights.HeadOf(rec)
			h.ID, h.DocType, h.Version = w.id, string(w.kind), h.Version+1
			receipt.Result.Records = append(receipt.Result.Records, rights.RecordRef{Kind: w.kind, ID: w.id, State: h.State, Version: h.Version})
		}
		x.Writes = append(x.Writes, prooftest.Record{Kind: string(w.kind), ID: w.id, Value: func(txID string) []byte {
			made = txID
			if rec, ok := w.record.(rights.Record); ok {
				rights.HeadOf(rec).LastTxID = txID
			}
			raw, _ := json.Marshal(w.record)
			return raw
		}})
	}
	x.Writes = append(x.Writes, prooftest.Record{Kind: "CM", ID: rights.ReceiptID(who.id, id), Value: func(txID string) []byte {
		receipt.TxID = txID
		raw, _ := json.Marshal(receipt)
		return raw
	}})
	return x, func(block uint64, i int) { // as the index has it
		f := c.w.index
		f.txs = append(f.txs, index.Transaction{TxID: made, Block: block, Index: i, At: at.Unix(), Type: "command", Validation: "VALID", Submitter: "GroupMSP", Command: name, CommandID: id, Kid: who.kid(),
			Records: receipt.Result.Records, JWS: string(jws)})
		for _, w := range writes {
			if _, ok := w.record.(rights.Record); ok {
				key := string(w.kind) + "/" + w.id
				f.history[key] = append(f.history[key], index.Revision{Position: index.Position{Block: block, Tx: i}, TxID: made, Command: name, Kid: who.kid()})
			}
		}
	}
}

type onChain struct {
	prooftest.Invocation
	index func(uint64, int)
}

// cut puts transactions into one block.
func (c *chain) cut(txs ...onChain) {
	var xs []prooftest.Invocation
	for _, t := range txs {
		xs = append(xs, t.Invocation)
	}
	n := uint64(len(c.Blocks))
	c.Commit(xs...)
	for i, t := range txs {
		t.index(n, i)
	}
}

func (c *chain) tx(who *actor, name string, writes ...write) onChain {
	x, index := c.command(who, name, writes...)
	return onChain{x, index}
}

func entryOf[T any](w *world, kind rights.Kind, id string) *T {
	w.t.Helper()
	e, err := w.index.Get(kind, id)
	if err != nil {
		w.t.Fatal(err)
	}
	v, err := decodeEntry[T](e)
	if err != nil {
		w.t.Fatal(err)
	}
	return v
}

// newChain is a world whose certificate two commands wrote: the registrar's, alone
// in block 2, and a correction in block 3 beside two strangers' trade. A pledge
// and that trade are there too.
func newChain(t *testing.T, change ...func(*Options)) (*world, *chain) {
	c := &chain{Consortium: prooftest.New(t)}
	w := newWorld(t, append([]func(*Options){func(o *Options) { o.Proofs = c }}, change...)...)
	c.w = w
	for _, id := range prooftest.MSPIDs {
		w.index.put(rights.KindOrganisation, &rights.Organisation{Head: rights.Head{ID: id}})
	}
	w.index.history = map[string][]index.Revision{}
	founders := prooftest.Invocation{Args: [][]byte{[]byte("Enrol"), []byte("{}")}}
	for _, a := range []*actor{theRegistrar, weather, energy, stranger, bank} {
		p := a.participant()
		founders.Writes = append(founders.Writes, prooftest.Record{Kind: "PT", ID: a.id, Value: func(string) []byte { raw, _ := json.Marshal(p); return raw }})
	}
	c.Commit(founders)
	cert, right, beside := entryOf[rights.Certificate](w, rights.KindCertificate, certNo), entryOf[rights.Right](w, rights.KindRight, rightID), entryOf[rights.Right](w, rights.KindRight, frozenID)
	right.RuleProfileVer, beside.RuleProfileVer = "", ""
	cert.Version, right.Version, beside.Version = 0, 0, 0
	c.cut(c.tx(theRegistrar, "registration.record", write{rights.KindRight, rightID, right}, write{rights.KindRight, frozenID, beside}, write{rights.KindCertificate, certNo, cert}, write{rights.KindCase, caseDone, entryOf[rights.Case](w, rights.KindCase, caseDone)},
		write{rights.PointerHeld, resourceID + "/" + weather.id, map[string]any{"rights": []map[string]string{{"id": rightID}}}}))
	trade := &rights.Trade{Head: rights.Head{State: rights.StateAgreed}, BuyerID: energy.id, SellerID: stranger.id}
	again, file := *cert, entryOf[rights.Case](w, rights.KindCase, caseDone)
	file.Version = 1
	c.cut(c.tx(stranger, "trade.sign", write{rights.KindTrade, marketID(rights.KindTrade), trade}), c.tx(theRegistrar, "registration.record", write{rights.KindCertificate, certNo, &again}, write{rights.KindCase, caseDone, file}))
	w.put(rights.KindTrade, trade, rights.StateAgreed)
	pledge := &rights.Pledge{Head: rights.Head{State: rights.StateRegistered}, PledgorID: weather.id, PledgeeID: bank.id, PledgeeMSP: "BankMSP", DebtorID: weather.id, RightIDs: []string{rightID}, CertNos: []string{certNo}}
	c.cut(c.tx(bank, "pledge.register", write{rights.KindPledge, marketID(rights.KindPledge), pledge},
		// a pointer that names what the pledge's parties may not see
		write{rights.PointerRelying, rightID + "/3", map[string]any{"ids": []string{marketID(rights.KindTrade)}}}))
	h := pledge.Head
	w.put(rights.KindPledge, pledge, rights.StateRegistered)
	pledge.Head = h
	keep := map[string][]index.Revision{} // but what the chain has
	for k, list := range w.index.history {
		for _, r := range list {
			if !strings.HasPrefix(r.TxID, "000000") {
				keep[k] = append(keep[k], r)
			}
		}
	}
	w.index.history = keep
	return w, c
}

func opened(t *testing.T, r *reply) (*proof.File, []byte) {
	t.Helper()
	raw := r.want(http.StatusOK).Body.Bytes()
	f, err := proof.Open(raw)
	if err != nil {
		t.Fatal(err)
	}
	if got := r.Header().Get("Content-Type"); got != mediaZip || r.Header().Get("Cache-Control") != "no-store" || !strings.Contains(r.Header().Get("Content-Disposition"), f.ID) {
		t.Errorf("%v", r.Header())
	}
	return f, raw
}

func (c *chain) holds(t *testing.T, raw []byte) *evidence.ProofResult {
	t.Helper()
	r := evidence.VerifyProof(raw, c.Trust(), evidence.ProofOptions{Now: c.Now()})
	if !r.Holds() {
		t.Errorf("it does not hold: %+v", r.Findings)
	}
	return r
}

// isWhole reports which blocks have their transactions.
func isWhole(f *proof.File) (list []uint64) {
	for _, n := range slices.Sorted(maps.Keys(f.Blocks)) {
		if bytes.Contains(f.Blocks[n], []byte("eyJ")) { // the start of every JWS
			list = append(list, n)
		}
	}
	return list
}

// Who asks decides how much of the commands a proof holds, never what it proves of
// the record.
func TestWhatAProofHoldsForWhom(t *testing.T) {
	w, c := newChain(t)
	path := "/v1/certificates/" + certNo + "/proof"
	for _, x := range []struct {
		who      *actor
		whole    []uint64
		txs, cmd int
	}{
		{nil, nil, 0, 0},
		{stranger, nil, 0, 0},        // a party of the trade beside it, not of the certificate
		{energy, nil, 0, 0},          //
		{weather, []uint64{2}, 1, 0}, // the holder: the block that is all his, and his transaction out of the other
		{theRegistrar, []uint64{2}, 1, 0},
		{regulator, []uint64{2, 3}, 0, 0},
		{exchange, []uint64{2, 3}, 0, 0},
	} {
		name, header := "the public", []string{}
		if x.who != nil {
			name, header = x.who.name, w.as(x.who)
		}
		f, raw := opened(t, w.get(path, header...))
		if got := isWhole(f); !slices.Equal(got, x.whole) || len(f.Transactions) != x.txs || len(f.Commands) != x.cmd || len(f.Blocks) != 2 {
			t.Errorf("%s: blocks %v of %d, %d transactions, %d commands", name, got, len(f.Blocks), len(f.Transactions), len(f.Commands))
		}
		r := c.holds(t, raw)
		if r.ID != certNo || len(r.Statement.Commands) != 2 || len(r.Statement.Rights) != 2 {
			t.Errorf("%s: %+v", name, r.Statement)
		}
		for _, private := range []string{"SM-9", "内部理由", "cabinet-7"} { // of the right's measure, of the case
			if x.who == nil && bytes.Contains(raw, []byte(private)) {
				t.Errorf("%s reads %s", name, private)
			}
		}
		if trade := bytes.Contains(raw, []byte(marketID(rights.KindTrade))); trade != ofOffice(x.who) {
			t.Errorf("%s reads of the trade in the same block: %t", name, trade)
		}
	}
	if log := w.logs.String(); !strings.Contains(log, `"msg":"proof"`) && !strings.Contains(log, "msg=proof") {
		t.Error("the log does not say who has it")
	}
}

func ofOffice(who *actor) bool { return who == regulator || who == exchange }

func TestProofsOfPledgesAndTrades(t *testing.T) {
	w, c := newChain(t)
	for kind, parties := range map[rights.Kind][]*actor{rights.KindPledge: {weather, bank, regulator, exchange}, rights.KindTrade: {energy, stranger, regulator, exchange}} {
		id := marketID(kind)
		path := "/v1/" + collectionOf(kind).name + "/" + id + "/proof"
		w.get(path).problem(http.StatusUnauthorized, CodeSession, "Authorization")
		others := []*actor{energy, stranger}
		if kind == rights.KindTrade {
			others = []*actor{weather, bank}
		}
		for _, who := range others {
			w.get(path, w.as(who)...).problem(http.StatusForbidden, CodeForbidden, "")
		}
		before := c.asked
		for _, who := range parties {
			f, raw := opened(t, w.get(path, w.as(who)...))
			r := c.holds(t, raw)
			if r.Kind != kind || len(r.Statement.Commands) != 1 || !bytes.Contains(r.Statement.Record, []byte(id)) {
				t.Errorf("%s of %s: %+v", kind, who.name, r.Statement)
			}
			if kind == rights.KindPledge && !ofOffice(who) && (len(f.Transactions) > 0 || len(isWhole(f)) > 0 || len(f.Commands) != 1 || bytes.Contains(raw, []byte(marketID(rights.KindTrade)))) {
				t.Errorf("%s has the pointer to others' trade", who.name)
			}
		}
		if c.asked-before != len(parties) {
			t.Errorf("peers were asked %d times", c.asked-before)
		}
		w.get("/v1/"+collectionOf(kind).name+"/"+rightID+"/proof", w.as(regulator)...).problem(http.StatusNotFound, rights.CodeNotFound, "")
		w.get("/v1/"+collectionOf(kind).name+"/"+string(kind)+"-320902-20261123-0a1b2c3d4e5f-99/proof", w.as(regulator)...).problem(http.StatusNotFound, rights.CodeNotFound, "")
	}
}

func TestOrganisationsOfTheAskersChoice(t *testing.T) {
	w, c := newChain(t)
	path := "/v1/certificates/" + certNo + "/proof?organisations="
	_, raw := opened(t, w.get(path+"RegulatorMSP,BankMSP,GroupMSP"))
	if r := c.holds(t, raw); !slices.Equal(r.Organisations, []string{"BankMSP", "GroupMSP", "RegulatorMSP"}) {
		t.Errorf("%v", r.Organisations)
	}
	before := c.asked
	for _, bad := range []string{"GroupMSP", "GroupMSP,GroupMSP", "GroupMSP,ThiefMSP", "GroupMSP,", "<script>,x", strings.Repeat("a,", 20) + "a"} {
		w.get(path+bad).problem(http.StatusBadRequest, rights.CodeFormat, "organisations")
	}
	if c.asked != before {
		t.Error("peers were asked")
	}
}

func TestProofsRefused(t *testing.T) {
	w, c := newChain(t)
	w.get("/v1/certificates/SJ3212026110999/proof").problem(http.StatusNotFound, rights.CodeNotFound, "")
	for _, no := range []string{"x", "SJ321202613000x", "sj3212026110001", "%E2%80%AE"} {
		w.get("/v1/certificates/"+no+"/proof").problem(http.StatusBadRequest, rights.CodeFormat, "certNo")
	}
	w.get("/v1/certificates/"+certNo+"/proof?more=1").problem(http.StatusBadRequest, rights.CodeFormat, "more")
	if c.asked != 0 {
		t.Error("peers were asked")
	}
	c.behind = 2 // a peer that is behind is asked again
	opened(t, w.get("/v1/certificates/"+certNo+"/proof"))
	if c.asked != 3 {
		t.Errorf("asked %d times", c.asked)
	}
	c.behind = 99
	w.get("/v1/certificates/"+certNo+"/proof").problem(http.StatusNotFound, rights.CodeNotFound, "receipts")
	none := newWorld(t)
	none.get("/v1/certificates/"+certNo+"/proof").problem(http.StatusNotFound, rights.CodeNotFound, "")
}

// Each proof costs other organisations' peers an endorsement: an address has few.
func TestProofsAreRateLimited(t *testing.T) {
	w, _ := newChain(t, func(o *Options) { o.Limits.ProofsPerSecond, o.Limits.ProofBurst = 1, 2 })
	path := "/v1/certificates/" + certNo + "/proof"
	for range 2 {
		w.get(path).want(http.StatusOK)
	}
	w.get(path).problem(http.StatusTooManyRequests, CodeRate, "")
	w.clock.move(time.Second)
	w.get(path).want(http.StatusOK)
}

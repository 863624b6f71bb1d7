package fabricproof_test

import (
	"bytes"
	"encoding/json"
	"encoding/pem"
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/hyperledger/fabric-protos-go-apiv2/common"
	"github.com/hyperledger/fabric-protos-go-apiv2/peer"
	"google.golang.org/protobuf/proto"

	"github.com/datarights/datarights/internal/fabricproof"
	"github.com/datarights/datarights/internal/fabricproof/prooftest"
)

func fixed(value string) func(string) []byte { return func(string) []byte { return []byte(value) } }

func write(id, value string) prooftest.Invocation {
	return prooftest.Invocation{Args: [][]byte{[]byte("Submit"), []byte("command of " + id)}, Writes: []prooftest.Record{{Kind: "RT", ID: id, Value: fixed(value)}}}
}

func parse(t *testing.T, raw []byte) *fabricproof.Block {
	t.Helper()
	b, err := fabricproof.ParseBlock(raw)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func configOf(t *testing.T, c *prooftest.Consortium) *fabricproof.Config {
	t.Helper()
	config, err := parse(t, c.Raw(0)).Config()
	if err != nil {
		t.Fatal(err)
	}
	return config
}

// refusedAs requires an error that says so.
func refusedAs(t *testing.T, err error, kind error, words string) {
	t.Helper()
	if err == nil || !errors.Is(err, kind) || !strings.Contains(err.Error(), words) {
		t.Errorf("want %v with %q, got: %v", kind, words, err)
	}
}

func TestQuorum(t *testing.T) {
	for n, want := range map[int]int{1: 1, 3: 2, 4: 3, 5: 4, 6: 4, 7: 5, 10: 7} {
		if got := fabricproof.Quorum(n); got != want {
			t.Errorf("of %d: %d, want %d", n, got, want)
		}
	}
}

func TestBlockAndItsTransactionAreProven(t *testing.T) {
	c := prooftest.New(t)
	c.Commit(write("1", "one"), write("2", "two"))
	trust := c.Trust()
	b := parse(t, c.Raw(1))
	o, err := trust.Block(b, configOf(t, c))
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(o.Organisations, []string{"ExchangeMSP", "GroupMSP", "RegulatorMSP"}) || o.Needed != 3 || !o.At.Equal(prooftest.Start.Add(2*time.Second)) {
		t.Errorf("%+v", o)
	}
	if hash, err := fabricproof.HeaderHash(c.Blocks[0].GetHeader()); err != nil || !bytes.Equal(b.Previous, hash) {
		t.Errorf("previous %x, %v", b.Previous, err)
	}
	tx, err := b.Transaction(1)
	if err != nil {
		t.Fatal(err)
	}
	e, err := trust.Transaction(tx)
	if err != nil {
		t.Fatal(err)
	}
	w, ok := e.Result.Write(fabricproof.Key("RT", "2"))
	if !ok || string(w.Value) != "two" || e.Submitter != "ExchangeMSP" || !slices.Equal(e.Organisations, []string{"GroupMSP", "RegulatorMSP"}) {
		t.Errorf("%+v %+v", e, w)
	}
	if r, ok := e.Result.Read(fabricproof.Key("RT", "2")); !ok || r.Version != nil {
		t.Errorf("read %+v", r)
	}
}

func TestUnprovenBlocks(t *testing.T) {
	c := prooftest.New(t)
	c.Commit(write("1", "one"))
	config := configOf(t, c)
	trust := c.Trust()
	sealed := func(change func(*common.Block), signers ...string) *fabricproof.Block {
		b := proto.Clone(c.Blocks[1]).(*common.Block)
		if signers != nil {
			c.Seal(b, signers)
		}
		if change != nil {
			change(b)
		}
		return parse(t, prooftest.Marshal(b))
	}
	check := func(name string, b *fabricproof.Block, config *fabricproof.Config, trust *fabricproof.Trust, words string) {
		t.Run(name, func(t *testing.T) {
			_, err := trust.Block(b, config)
			refusedAs(t, err, fabricproof.ErrUntrusted, words)
		})
	}
	check("two of four", sealed(nil, "GroupMSP", "ExchangeMSP"), config, trust, "2 orderers of 4")
	check("nobody", sealed(nil, "nobody"), config, trust, "not signed")
	check("another number", sealed(func(b *common.Block) { b.Header.Number = 9 }), config, trust, "did not make")
	check("another predecessor", sealed(func(b *common.Block) { b.Header.PreviousHash[0] ^= 1 }), config, trust, "did not make")
	check("no configuration", sealed(nil), nil, trust, "configuration in force")
	check("another consortium's roots", sealed(nil), config, prooftest.New(t).Trust(), "certificate signed by unknown authority")

	// A configuration in which one organisation is every orderer: each certificate
	// is its authority's, and yet it has one vote.
	group := c.Organisations[0]
	thief := prooftest.New(t)
	for i, o := range thief.Organisations {
		o.MSPID = group.MSPID
		o.Orderer = group.OrdererCA.Issue("orderer"+string(rune('0'+i)), "orderer", prooftest.Start.AddDate(1, 0, 0))
	}
	alone := &fabricproof.Config{Consenters: map[uint32]fabricproof.Consenter{}}
	for i, o := range thief.Organisations {
		alone.Consenters[uint32(i+1)] = fabricproof.Consenter{MSPID: group.MSPID, Certificate: o.Orderer.PEM}
	}
	b := proto.Clone(c.Blocks[1]).(*common.Block)
	thief.Seal(b, []string{group.MSPID})
	check("one organisation's four orderers", parse(t, prooftest.Marshal(b)), alone, trust, "3 organisations of 4")

	// A peer's certificate signs no block.
	as := &fabricproof.Config{Consenters: map[uint32]fabricproof.Consenter{}}
	for i, o := range c.Organisations {
		as.Consenters[uint32(i+1)] = fabricproof.Consenter{MSPID: o.MSPID, Certificate: o.Peer.PEM}
	}
	check("peers for orderers", sealed(nil), as, trust, "unknown authority")
	delete(as.Consenters, 1)
	check("an unknown orderer", sealed(nil), as, trust, "does not know")
}

func TestExpiredCertificates(t *testing.T) {
	c := prooftest.New(t)
	ends := prooftest.Start.Add(time.Hour)
	group := c.Organisations[0]
	group.Peer = group.CA.Issue("peer0", "peer", ends)
	trust := c.Trust()
	at := func(when time.Time) error {
		x := write("1", "one")
		x.At = when
		raw, _, _ := c.Envelope(x)
		tx, err := fabricproof.ReadTransaction(raw)
		if err != nil {
			t.Fatal(err)
		}
		_, err = trust.Transaction(tx)
		return err
	}
	if err := at(ends.Add(-time.Second)); err != nil {
		t.Errorf("while it is valid: %v", err)
	}
	refusedAs(t, at(ends.Add(time.Second)), fabricproof.ErrUntrusted, "expired")
}

func TestUnprovenTransactions(t *testing.T) {
	c := prooftest.New(t)
	trust := c.Trust()
	group, bank := c.Organisations[0], c.Organisations[3]
	for name, x := range map[string]struct {
		change func(*prooftest.Invocation)
		kind   error
		words  string
	}{
		"one organisation":           {func(x *prooftest.Invocation) { x.Endorsers = []string{"GroupMSP"} }, fabricproof.ErrUntrusted, "takes 2 of"},
		"one organisation twice":     {func(x *prooftest.Invocation) { x.Endorsers = []string{"GroupMSP", "GroupMSP"} }, fabricproof.ErrUntrusted, "takes 2 of"},
		"one who may not count":      {func(x *prooftest.Invocation) { x.Endorsers = []string{"GroupMSP", "BankMSP"} }, fabricproof.ErrUntrusted, "takes 2 of"},
		"nobody":                     {func(x *prooftest.Invocation) { x.Endorsers = []string{} }, fabricproof.ErrUntrusted, "takes 2 of"},
		"no signature of the sender": {func(x *prooftest.Invocation) { x.Unsigned = true }, fabricproof.ErrMalformed, "no DER"},
		"an endorsement taken away": {func(x *prooftest.Invocation) {
			x.Change = func(p *peer.ChaincodeActionPayload) { p.Action.Endorsements = p.GetAction().GetEndorsements()[:1] }
		}, fabricproof.ErrUntrusted, "takes 2 of"},
		"an endorsement of another response": {func(x *prooftest.Invocation) {
			x.Change = func(p *peer.ChaincodeActionPayload) {
				p.Action.Endorsements[0].Signature = group.Peer.Sign([]byte("other"))
			}
		}, fabricproof.ErrUntrusted, "did not make"},
		"a high s": {func(x *prooftest.Invocation) {
			x.Change = func(p *peer.ChaincodeActionPayload) {
				p.Action.Endorsements[0].Signature = group.Peer.SignHigh(slices.Concat(p.GetAction().GetProposalResponsePayload(), group.Peer.Serialized()))
			}
		}, fabricproof.ErrMalformed, "high s"},
		"a client for a peer": {func(x *prooftest.Invocation) {
			x.Change = func(p *peer.ChaincodeActionPayload) {
				id := bank.Client
				p.Action.Endorsements[0] = &peer.Endorsement{Endorser: id.Serialized(), Signature: id.Sign(slices.Concat(p.GetAction().GetProposalResponsePayload(), id.Serialized()))}
			}
		}, fabricproof.ErrUntrusted, "not of [peer]"},
		"another organisation's certificate under a name": {func(x *prooftest.Invocation) {
			x.Change = func(p *peer.ChaincodeActionPayload) {
				id := *bank.Peer
				id.MSPID = "GroupMSP"
				p.Action.Endorsements[0] = &peer.Endorsement{Endorser: id.Serialized(), Signature: id.Sign(slices.Concat(p.GetAction().GetProposalResponsePayload(), id.Serialized()))}
			}
		}, fabricproof.ErrUntrusted, "unknown authority"},
		"another proposal": {func(x *prooftest.Invocation) {
			x.Change = func(p *peer.ChaincodeActionPayload) {
				p.ChaincodeProposalPayload = bytes.Replace(p.GetChaincodeProposalPayload(), []byte("command"), []byte("COMMAND"), 1)
			}
		}, fabricproof.ErrMalformed, "another proposal"},
	} {
		t.Run(name, func(t *testing.T) {
			i := write("1", "one")
			x.change(&i)
			raw, _, _ := c.Envelope(i)
			tx, err := fabricproof.ReadTransaction(raw)
			if err != nil {
				t.Fatal(err)
			}
			_, err = trust.Transaction(tx)
			refusedAs(t, err, x.kind, x.words)
		})
	}
	raw, _, _ := c.Envelope(write("1", "one"))
	tx, err := fabricproof.ReadTransaction(raw)
	if err != nil {
		t.Fatal(err)
	}
	other := c.Trust()
	other.Channel = "elsewhere"
	_, err = other.Transaction(tx)
	refusedAs(t, err, fabricproof.ErrUntrusted, "of the channel")
	other = c.Trust()
	other.Chaincode = "elsewhere"
	_, err = other.Transaction(tx)
	refusedAs(t, err, fabricproof.ErrUntrusted, "calls the chaincode")
}

func TestState(t *testing.T) {
	c := prooftest.New(t)
	c.Commit(write("0", "zero"), write("1", "one"))
	trust := c.Trust()
	s, err := trust.State(c.Attest("RT", "1"))
	if err != nil {
		t.Fatal(err)
	}
	if s.Kind != "RT" || s.ID != "1" || string(s.Value) != "one" || *s.Version != (fabricproof.Version{Block: 1, Tx: 1}) || s.Submitter != "" || !slices.Equal(s.Organisations, []string{"GroupMSP", "RegulatorMSP"}) {
		t.Errorf("%+v", s)
	}
	_, err = trust.State(c.Attest("RT", "1", "ExchangeMSP"))
	refusedAs(t, err, fabricproof.ErrUntrusted, "takes 2 of")
	key := fabricproof.Key("RT", "1")
	read := func(change func(*prooftest.Invocation)) []byte {
		x := prooftest.Invocation{Args: [][]byte{[]byte("Read"), []byte("RT"), []byte("1")}, Answer: []byte("one"), Reads: []string{key}, Unsigned: true}
		change(&x)
		raw, _, _ := c.Envelope(x)
		return raw
	}
	for name, raw := range map[string][]byte{
		"another function": read(func(x *prooftest.Invocation) { x.Args[0] = []byte("Submit") }),
		"another record":   read(func(x *prooftest.Invocation) { x.Args[2] = []byte("0") }),
		"two keys":         read(func(x *prooftest.Invocation) { x.Reads = append(x.Reads, fabricproof.Key("RT", "0")) }),
		"a write":          read(func(x *prooftest.Invocation) { x.Writes = write("9", "nine").Writes }),
		"no answer":        read(func(x *prooftest.Invocation) { x.Answer = nil }),
		"no arguments":     read(func(x *prooftest.Invocation) { x.Args = nil }),
		"nothing":          nil,
	} {
		t.Run(name, func(t *testing.T) {
			_, err := trust.State(raw)
			refusedAs(t, err, fabricproof.ErrMalformed, "")
		})
	}
}

// One bit of a block or a read anywhere changed: it is not proven, or it is in
// what nobody signs.
func TestEveryFlippedBit(t *testing.T) {
	c := prooftest.New(t)
	c.Commit(write("1", "one"))
	config, trust := configOf(t, c), c.Trust()
	block := c.Raw(1)
	proven := func(raw []byte) ([]byte, bool) {
		b, err := fabricproof.ParseBlock(raw)
		if err != nil {
			return nil, false
		}
		if _, err := trust.Block(b, config); err != nil {
			return nil, false
		}
		tx, err := b.Transaction(0)
		if err != nil {
			return nil, false
		}
		e, err := trust.Transaction(tx)
		if err != nil {
			return nil, false
		}
		w, _ := e.Result.Write(fabricproof.Key("RT", "1"))
		return w.Value, true
	}
	state := c.Attest("RT", "1")
	flips := 0
	for at := range block {
		changed := bytes.Clone(block)
		changed[at] ^= 1 << (at % 8)
		if value, ok := proven(changed); ok {
			if string(value) != "one" {
				t.Fatalf("byte %d changed, and another value is proven: %q", at, value)
			}
			flips++
		}
	}
	if flips > len(block)/20 {
		t.Errorf("%d of %d bytes of a block are not covered", flips, len(block))
	}
	for at := range state {
		changed := bytes.Clone(state)
		changed[at] ^= 1 << (at % 8)
		if s, err := trust.State(changed); err == nil && (string(s.Value) != "one" || *s.Version != (fabricproof.Version{Block: 1})) {
			t.Fatalf("byte %d changed, and another state is proven: %+v", at, s)
		}
	}
}

func TestLoadTrust(t *testing.T) {
	c := prooftest.New(t)
	files := func() fstest.MapFS {
		dir := fstest.MapFS{}
		for _, o := range c.Organisations {
			dir[o.MSPID+"/ca.pem"] = &fstest.MapFile{Data: o.CA.PEM}
			dir[o.MSPID+"/orderer-ca.pem"] = &fstest.MapFile{Data: o.OrdererCA.PEM}
			dir[o.MSPID+"/tls-ca.pem"] = &fstest.MapFile{Data: []byte("of no use here")}
		}
		return dir
	}
	text, err := json.Marshal(c.Trust().Agreement)
	if err != nil {
		t.Fatal(err)
	}
	dir := files()
	delete(dir, "BankMSP/orderer-ca.pem") // a member without an orderer
	plain, err := fabricproof.LoadTrust(dir)
	if err != nil || plain.Agreed || plain.Endorsement.OutOf != 2 || len(plain.Endorsement.Of) != 4 || len(plain.Organisations["BankMSP"].Orderers) != 0 {
		t.Errorf("%+v %v", plain, err)
	}
	dir = files()
	dir["consortium.json"] = &fstest.MapFile{Data: text}
	agreed, err := fabricproof.LoadTrust(dir)
	if err != nil || !agreed.Agreed || !slices.Equal(agreed.Endorsement.Of, prooftest.MSPIDs[:3]) {
		t.Errorf("%+v %v", agreed, err)
	}
	c.Commit(write("1", "one"))
	if _, err := agreed.Block(parse(t, c.Raw(1)), configOf(t, c)); err != nil {
		t.Error(err)
	}
	for name, change := range map[string]func(fstest.MapFS){
		"nothing":             func(d fstest.MapFS) { clear(d) },
		"no root of a member": func(d fstest.MapFS) { delete(d, "BankMSP/ca.pem") },
		"no certificate":      func(d fstest.MapFS) { d["BankMSP/ca.pem"] = &fstest.MapFile{Data: []byte("none")} },
		"a key": func(d fstest.MapFS) {
			d["BankMSP/ca.pem"] = &fstest.MapFile{Data: pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: []byte{1}})}
		},
		"an unknown field": func(d fstest.MapFS) {
			d["consortium.json"] = &fstest.MapFile{Data: []byte(`{"channel":"c","chaincode":"c","more":1}`)}
		},
		"no channel": func(d fstest.MapFS) {
			d["consortium.json"] = &fstest.MapFile{Data: []byte(`{"chaincode":"c","endorsement":{"outOf":1,"of":["BankMSP"]}}`)}
		},
		"a policy of nobody": func(d fstest.MapFS) {
			d["consortium.json"] = &fstest.MapFile{Data: []byte(`{"channel":"c","chaincode":"c","endorsement":{"outOf":0,"of":[]}}`)}
		},
		"a policy of strangers": func(d fstest.MapFS) {
			d["consortium.json"] = &fstest.MapFile{Data: []byte(`{"channel":"c","chaincode":"c","endorsement":{"outOf":1,"of":["ThiefMSP"]}}`)}
		},
	} {
		t.Run(name, func(t *testing.T) {
			dir := files()
			change(dir)
			if trust, err := fabricproof.LoadTrust(dir); err == nil {
				t.Errorf("taken: %+v", trust)
			}
		})
	}
}

func FuzzParseBlock(f *testing.F) {
	c := prooftest.New(f)
	c.Commit(write("1", "one"))
	trust := c.Trust()
	f.Add(c.Raw(0))
	f.Add(c.Raw(1))
	f.Fuzz(func(t *testing.T, raw []byte) {
		b, err := fabricproof.ParseBlock(raw)
		if err != nil {
			return
		}
		config, _ := b.Config()
		_, _ = trust.Block(b, config)
		for i := range b.Data {
			if tx, err := b.Transaction(uint64(i)); err == nil {
				_, _ = trust.Transaction(tx)
			}
		}
	})
}

func FuzzState(f *testing.F) {
	c := prooftest.New(f)
	c.Commit(write("1", "one"))
	trust := c.Trust()
	f.Add(c.Attest("RT", "1"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		s, err := trust.State(raw)
		if err == nil && (s.Kind != "RT" || s.ID != "1" || string(s.Value) != "one") {
			t.Errorf("proven: %+v", s)
		}
	})
}

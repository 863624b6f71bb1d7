package fabricproof

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"slices"
	"time"

	"github.com/hyperledger/fabric-protos-go-apiv2/common"
)

// Ordered is what a block's signatures show.
type Ordered struct {
	Organisations []string // whose orderers signed, sorted
	Needed        int      // how many had to
	At            time.Time
}

// Block checks that a quorum of the consortium's orderers signed a block. config
// says which certificate stands behind which number; it is the block that this
// one's signed metadata names. What it says is not believed: each certificate
// must be from the orderer authority of its organisation, and the quorum must be
// reached by organisations, counted against those that run an orderer by the
// roots, so that no configuration, however made, lends one organisation two votes.
func (t *Trust) Block(b *Block, config *Config) (*Ordered, error) {
	return t.BlockAt(b, config, b.At())
}

// BlockAt is Block for one whose time is known otherwise, as that of a block
// without its transactions is.
func (t *Trust) BlockAt(b *Block, config *Config, at time.Time) (*Ordered, error) {
	if len(b.signatures) == 0 {
		return nil, untrusted("block %d is not signed", b.Number)
	}
	ordering := 0
	for _, o := range t.Organisations {
		if len(o.Orderers) > 0 {
			ordering++
		}
	}
	out := &Ordered{At: at, Needed: Quorum(ordering)}
	signed := map[string]bool{} // by identity
	for _, s := range b.signatures {
		var signer *Signer
		var err error
		switch {
		case s.Creator != nil:
			signer, err = t.identity(s.Creator, at, false, RoleOrderer)
		case config == nil:
			return nil, untrusted("the configuration in force at block %d (block %d) is not here", b.Number, b.LastConfig)
		default:
			c, listed := config.Consenters[s.Consenter]
			if !listed {
				return nil, untrusted("block %d is signed by orderer %d, whom the configuration does not know", b.Number, s.Consenter)
			}
			signer, err = t.signer(c.MSPID, c.Certificate, at, false, RoleOrderer)
		}
		if err != nil {
			return nil, fmt.Errorf("block %d: %w", b.Number, err)
		}
		if err := signer.verify(slices.Concat(b.metadata, s.header, b.header), s.signature); err != nil {
			return nil, fmt.Errorf("block %d: %w", b.Number, err)
		}
		signed[signer.MSPID+"/"+signer.Name] = true
		if !slices.Contains(out.Organisations, signer.MSPID) {
			out.Organisations = append(out.Organisations, signer.MSPID)
		}
	}
	slices.Sort(out.Organisations)
	if config != nil && len(signed) < Quorum(len(config.Consenters)) {
		return nil, untrustedFor(ErrTooFew, "block %d is signed by %d orderers of %d; %d must", b.Number, len(signed), len(config.Consenters), Quorum(len(config.Consenters)))
	}
	if len(out.Organisations) < out.Needed {
		return nil, untrustedFor(ErrTooFew, "block %d is signed by the orderers of %v; %d organisations of %d must", b.Number, out.Organisations, out.Needed, ordering)
	}
	return out, nil
}

// Endorsed is what a transaction's signatures show.
type Endorsed struct {
	Result        *Result
	Args          [][]byte
	Organisations []string // whose peers endorsed, sorted
	Submitter     string   // MSP ID of who signed the transaction; "" for a read
	At            time.Time
	TxID          string
}

// Transaction checks that a transaction was signed by a client of a member and
// endorsed as the agreement says. That its block holds it is the block's business;
// whether it took effect nobody signs.
func (t *Trust) Transaction(tx *Transaction) (*Endorsed, error) {
	creator, err := t.identity(tx.Creator, tx.At, false, RoleClient, RoleAdmin)
	if err != nil {
		return nil, fmt.Errorf("who submitted %s: %w", clip(tx.TxID), err)
	}
	if err := creator.verify(tx.payload, tx.signature); err != nil {
		return nil, fmt.Errorf("who submitted %s: %w", clip(tx.TxID), err)
	}
	e, err := t.endorsed(tx, false)
	if err != nil {
		return nil, err
	}
	e.Submitter = creator.MSPID
	return e, nil
}

// endorsed checks the endorsements of a transaction, or of a call that was only
// endorsed: its time is what whoever asked says, so a peer's certificate that was
// revoked at any time does not count there.
func (t *Trust) endorsed(tx *Transaction, asked bool) (*Endorsed, error) {
	if tx.Type != common.HeaderType_ENDORSER_TRANSACTION || len(tx.Actions) != 1 {
		return nil, malformed("%s is no transaction with one action", clip(tx.TxID))
	}
	a := &tx.Actions[0]
	switch {
	case tx.Channel != t.Channel:
		return nil, untrusted("%s is of the channel %q, not of %q", clip(tx.TxID), clip(tx.Channel), t.Channel)
	case tx.TxID != tx.txID():
		return nil, malformed("%s does not follow from its nonce and creator", clip(tx.TxID))
	case a.Chaincode != t.Chaincode:
		return nil, untrusted("%s calls the chaincode %q, not %q", clip(tx.TxID), clip(a.Chaincode), t.Chaincode)
	case !bytes.Equal(a.header, tx.signHeader):
		return nil, malformed("%s has an action of another creator", clip(tx.TxID))
	}
	r, err := a.Result(t.Chaincode)
	if err != nil {
		return nil, err
	}
	// What was endorsed is the answer to this very proposal.
	h := sha256.New()
	h.Write(tx.channelHeader)
	h.Write(tx.signHeader)
	h.Write(a.proposalPayload)
	if !bytes.Equal(h.Sum(nil), r.ProposalHash) {
		return nil, malformed("the endorsed response of %s answers another proposal", clip(tx.TxID))
	}
	if r.Chaincode != t.Chaincode || r.Status < 200 || r.Status >= 400 {
		return nil, malformed("the response of %s is of %q with status %d", clip(tx.TxID), clip(r.Chaincode), r.Status)
	}
	out := &Endorsed{Result: r, Args: a.Args, At: tx.At, TxID: tx.TxID}
	for _, e := range a.Endorsements {
		peer, err := t.identity(e.Endorser, tx.At, asked, RolePeer)
		if err != nil {
			return nil, fmt.Errorf("an endorsement of %s: %w", clip(tx.TxID), err)
		}
		if err := peer.verify(slices.Concat(a.Response, e.Endorser), e.Signature); err != nil {
			return nil, fmt.Errorf("an endorsement of %s: %w", clip(tx.TxID), err)
		}
		if !slices.Contains(out.Organisations, peer.MSPID) {
			out.Organisations = append(out.Organisations, peer.MSPID)
		}
	}
	slices.Sort(out.Organisations)
	counted := 0
	for _, id := range out.Organisations {
		if slices.Contains(t.Endorsement.Of, id) {
			counted++
		}
	}
	if counted < t.Endorsement.OutOf {
		return nil, untrustedFor(ErrTooFew, "%s is endorsed by %v; it takes %d of %v", clip(tx.TxID), out.Organisations, t.Endorsement.OutOf, t.Endorsement.Of)
	}
	return out, nil
}

// ReadFunction is the chaincode's function that answers with a record's bytes.
const ReadFunction = "Read"

// State is one record as several organisations' peers have it.
type State struct {
	Kind, ID string
	Value    []byte   // empty when there is none
	Version  *Version // where it was last written
	Endorsed
}

// Key is the key in the world state of a record.
func Key(kind, id string) string { return "\x00" + kind + "\x00" + id + "\x00" }

// ReadState reads an endorsed read without checking who endorsed it. It is an
// envelope like a transaction's that nobody signed and nobody ordered.
func ReadState(raw []byte) (*Transaction, *State, error) {
	tx, err := ReadTransaction(raw)
	if err != nil {
		return nil, nil, err
	}
	if len(tx.Actions) != 1 {
		return nil, nil, malformed("no read: %d actions", len(tx.Actions))
	}
	a := &tx.Actions[0]
	if len(a.Args) != 3 || string(a.Args[0]) != ReadFunction {
		return nil, nil, malformed("no call of %s with kind and id", ReadFunction)
	}
	r, err := a.Result(a.Chaincode)
	if err != nil {
		return nil, nil, err
	}
	s := &State{Kind: string(a.Args[1]), ID: string(a.Args[2]), Value: r.Payload}
	read, ok := r.Read(Key(s.Kind, s.ID))
	if !ok || len(r.Reads) != 1 || len(r.Writes) > 0 || len(r.Policies) > 0 {
		return nil, nil, malformed("a read of %s %s that reads something else or writes", clip(s.Kind), clip(s.ID))
	}
	if (read.Version == nil) != (len(s.Value) == 0) {
		return nil, nil, malformed("a read of %s %s whose answer and version do not agree", clip(s.Kind), clip(s.ID))
	}
	s.Version = read.Version
	return tx, s, nil
}

// State checks an endorsed read: that the peers of several organisations said,
// within five minutes of its time by their own clocks, that the record stood so.
func (t *Trust) State(raw []byte) (*State, error) {
	tx, s, err := ReadState(raw)
	if err != nil {
		return nil, err
	}
	e, err := t.endorsed(tx, true)
	if err != nil {
		return nil, err
	}
	s.Endorsed = *e
	return s, nil
}

// StatementFunction is the chaincode's function that states a record for several
// organisations' peers to endorse.
const StatementFunction = "Statement"

// Statement is a call of it, with where each key that it read was last written.
type Statement struct {
	Kind, ID string
	Answer   []byte
	Endorsed
}

// ReadStatement reads an endorsed statement without checking who endorsed it. Of
// one statement there is one form: what nobody signed of an envelope is refused
// where it is not as CanonicalEnvelope writes it.
func ReadStatement(raw []byte) (*Transaction, *Statement, error) {
	tx, err := ReadTransaction(raw)
	if err != nil {
		return nil, nil, err
	}
	again, err := tx.envelope()
	if err != nil {
		return nil, nil, err
	}
	if !bytes.Equal(again, raw) || len(tx.signature) > 0 {
		return nil, nil, malformed("a statement that is not in the form it is proven in")
	}
	a := &tx.Actions[0]
	if len(a.Args) < 3 || string(a.Args[0]) != StatementFunction {
		return nil, nil, malformed("no call of %s with kind and id", StatementFunction)
	}
	r, err := a.Result(a.Chaincode)
	if err != nil {
		return nil, nil, err
	}
	if len(r.Writes) > 0 || len(r.Policies) > 0 {
		return nil, nil, malformed("a statement that writes")
	}
	return tx, &Statement{Kind: string(a.Args[1]), ID: string(a.Args[2]), Answer: r.Payload}, nil
}

// Statement checks an endorsed statement: that the peers of several organisations
// said so within five minutes of its time by their own clocks.
func (t *Trust) Statement(raw []byte) (*Statement, error) {
	tx, s, err := ReadStatement(raw)
	if err != nil {
		return nil, err
	}
	e, err := t.endorsed(tx, true)
	if err != nil {
		return nil, err
	}
	s.Endorsed = *e
	return s, nil
}

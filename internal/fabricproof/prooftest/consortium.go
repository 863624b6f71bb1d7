// Package prooftest is a consortium in memory that signs as Fabric's nodes do:
// authorities, peers that endorse, BFT orderers that sign blocks, a world state
// that knows where each key was last written. What it signs can be made wrong.
package prooftest

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/hex"
	"encoding/pem"
	"math/big"
	"slices"
	"testing"
	"time"

	"github.com/hyperledger/fabric-protos-go-apiv2/common"
	"github.com/hyperledger/fabric-protos-go-apiv2/ledger/rwset"
	"github.com/hyperledger/fabric-protos-go-apiv2/ledger/rwset/kvrwset"
	"github.com/hyperledger/fabric-protos-go-apiv2/msp"
	"github.com/hyperledger/fabric-protos-go-apiv2/peer"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/datarights/datarights/internal/fabricproof"
)

// Names of the ledger.
const (
	Channel   = "datarights"
	Chaincode = "datarights"
)

// Start is the time of the first transaction; each later one is a second on.
var Start = time.Date(2026, 11, 23, 8, 0, 0, 0, time.UTC)

// MSPIDs are the organisations, all of which order; the first three endorse.
var MSPIDs = []string{"GroupMSP", "ExchangeMSP", "RegulatorMSP", "BankMSP"}

// Identity is a certificate with its key.
type Identity struct {
	MSPID string
	PEM   []byte
	cert  *x509.Certificate
	key   *ecdsa.PrivateKey
}

// Serialized is the identity as signatures carry it.
func (i *Identity) Serialized() []byte {
	return Marshal(&msp.SerializedIdentity{Mspid: i.MSPID, IdBytes: i.PEM})
}

var halfOrder = new(big.Int).Rsh(elliptic.P256().Params().N, 1)

// Sign signs as Fabric does, with a low s.
func (i *Identity) Sign(message []byte) []byte {
	r, s := i.sign(message)
	return must(asn1.Marshal(struct{ R, S *big.Int }{r, s}))
}

// SignHigh is a signature that verifies and that Fabric does not take.
func (i *Identity) SignHigh(message []byte) []byte {
	r, s := i.sign(message)
	return must(asn1.Marshal(struct{ R, S *big.Int }{r, s.Sub(elliptic.P256().Params().N, s)}))
}

func (i *Identity) sign(message []byte) (r, s *big.Int) {
	sum := sha256.Sum256(message)
	r, s, err := ecdsa.Sign(rand.Reader, i.key, sum[:])
	if err != nil {
		panic(err)
	}
	if s.Cmp(halfOrder) > 0 {
		s.Sub(elliptic.P256().Params().N, s)
	}
	return r, s
}

// Organisation is one member with its nodes.
type Organisation struct {
	MSPID                 string
	CA, OrdererCA         *Identity
	Peer, Orderer, Client *Identity
}

// Consortium is the members and their ledger.
type Consortium struct {
	Organisations []*Organisation
	Blocks        []*common.Block
	world         map[string]held
	now           time.Time
	txs           int
}

type held struct {
	value   []byte
	version fabricproof.Version
}

// New founds a consortium; its block 0 is the channel's configuration.
func New(t testing.TB) *Consortium {
	t.Helper()
	c := &Consortium{world: map[string]held{}, now: Start}
	for _, id := range MSPIDs {
		o := &Organisation{MSPID: id, CA: authority(id, "ca"), OrdererCA: authority(id, "orderer-ca")}
		o.Peer, o.Client = o.CA.Issue("peer0", "peer", Start.AddDate(10, 0, 0)), o.CA.Issue("gateway", "client", Start.AddDate(10, 0, 0))
		o.Orderer = o.OrdererCA.Issue("orderer0", "orderer", Start.AddDate(10, 0, 0))
		c.Organisations = append(c.Organisations, o)
	}
	c.configure()
	return c
}

func authority(mspID, name string) *Identity {
	key := must(ecdsa.GenerateKey(elliptic.P256(), rand.Reader))
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name + "." + mspID, Organization: []string{mspID}},
		NotBefore: Start.AddDate(-10, 0, 0), NotAfter: Start.AddDate(20, 0, 0), IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageCRLSign}
	der := must(x509.CreateCertificate(rand.Reader, template, template, key.Public(), key))
	return &Identity{MSPID: mspID, PEM: pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), cert: must(x509.ParseCertificate(der)), key: key}
}

// Issue makes an identity of an authority's, valid until an instant.
func (i *Identity) Issue(name, unit string, until time.Time) *Identity {
	key := must(ecdsa.GenerateKey(elliptic.P256(), rand.Reader))
	template := &x509.Certificate{SerialNumber: must(rand.Int(rand.Reader, big.NewInt(1<<62))), Subject: pkix.Name{CommonName: name + "." + i.MSPID, OrganizationalUnit: []string{unit}},
		NotBefore: Start.AddDate(-10, 0, 0), NotAfter: until, KeyUsage: x509.KeyUsageDigitalSignature}
	der := must(x509.CreateCertificate(rand.Reader, template, i.cert, key.Public(), i.key))
	return &Identity{MSPID: i.MSPID, PEM: pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), cert: must(x509.ParseCertificate(der)), key: key}
}

// Revoke is an authority's list with one certificate of its own, revoked at an
// instant.
func (i *Identity) Revoke(other *Identity, at time.Time) *x509.RevocationList {
	der := must(x509.CreateRevocationList(rand.Reader, &x509.RevocationList{Number: big.NewInt(1), ThisUpdate: at, NextUpdate: at.AddDate(1, 0, 0),
		RevokedCertificateEntries: []x509.RevocationListEntry{{SerialNumber: other.cert.SerialNumber, RevocationTime: at}}}, i.cert, i.key))
	return must(x509.ParseRevocationList(der))
}

// Now is the time of the last transaction.
func (c *Consortium) Now() time.Time { return c.now }

// SetNow moves the time of the last transaction.
func (c *Consortium) SetNow(at time.Time) { c.now = at }

// Trust is what a verifier of this consortium's holds true.
func (c *Consortium) Trust() *fabricproof.Trust {
	t := &fabricproof.Trust{Organisations: map[string]*fabricproof.Organisation{}, Agreed: true,
		Agreement: fabricproof.Agreement{Consortium: "test", Channel: Channel, Chaincode: Chaincode, Endorsement: fabricproof.Policy{OutOf: 2, Of: MSPIDs[:3]}}}
	for _, o := range c.Organisations {
		t.Organisations[o.MSPID] = &fabricproof.Organisation{MSPID: o.MSPID, CA: []*x509.Certificate{o.CA.cert}, Orderers: []*x509.Certificate{o.OrdererCA.cert}}
	}
	return t
}

// configure writes the configuration that the orderers of now make.
func (c *Consortium) configure() {
	orderers := &common.Orderers{}
	for i, o := range c.Organisations {
		orderers.ConsenterMapping = append(orderers.ConsenterMapping, &common.Consenter{Id: uint32(i + 1), MspId: o.MSPID, Identity: o.Orderer.PEM})
	}
	config := Marshal(&common.ConfigEnvelope{Config: &common.Config{ChannelGroup: &common.ConfigGroup{Groups: map[string]*common.ConfigGroup{
		"Orderer": {Values: map[string]*common.ConfigValue{"Orderers": {Value: Marshal(orderers)}}}}}}})
	envelope := Marshal(&common.Envelope{Payload: Marshal(&common.Payload{Data: config, Header: &common.Header{
		ChannelHeader:   Marshal(&common.ChannelHeader{Type: int32(common.HeaderType_CONFIG), ChannelId: Channel, Timestamp: timestamppb.New(c.now)}),
		SignatureHeader: Marshal(&common.SignatureHeader{}),
	}})})
	c.append([][]byte{envelope}, nil)
}

// append adds a block signed by the orderers of those organisations.
func (c *Consortium) append(data [][]byte, signers []string) *common.Block {
	number := uint64(len(c.Blocks))
	b := &common.Block{Header: &common.BlockHeader{Number: number}, Data: &common.BlockData{Data: data}}
	if number > 0 {
		b.Header.PreviousHash = must(fabricproof.HeaderHash(c.Blocks[number-1].GetHeader()))
	}
	c.Blocks = append(c.Blocks, b)
	c.Seal(b, signers)
	return b
}

// Seal gives a block its data hash and the signatures of those organisations'
// orderers.
func (c *Consortium) Seal(b *common.Block, signers []string) {
	b.Header.DataHash = fabricproof.DataHash(b.GetData())
	value := Marshal(&common.OrdererBlockMetadata{LastConfig: &common.LastConfig{Index: 0}})
	header := must(asn1.Marshal(struct {
		Number       *big.Int
		PreviousHash []byte
		DataHash     []byte
	}{new(big.Int).SetUint64(b.GetHeader().GetNumber()), b.GetHeader().GetPreviousHash(), b.GetHeader().GetDataHash()}))
	var signatures []*common.MetadataSignature
	for i, o := range c.Organisations {
		if slices.Contains(signers, o.MSPID) {
			id := Marshal(&common.IdentifierHeader{Identifier: uint32(i + 1), Nonce: []byte("nonce")})
			signatures = append(signatures, &common.MetadataSignature{IdentifierHeader: id, Signature: o.Orderer.Sign(slices.Concat(value, id, header))})
		}
	}
	b.Metadata = &common.BlockMetadata{Metadata: [][]byte{Marshal(&common.Metadata{Value: value, Signatures: signatures}), {}, make([]byte, len(b.GetData().GetData())), {}, {}}}
}

// Record is one record as a transaction writes it.
type Record struct {
	Kind, ID string
	// Value makes the bytes, given the transaction's id.
	Value func(txID string) []byte
}

// Invocation is one transaction or read.
type Invocation struct {
	Args      [][]byte
	Writes    []Record
	Answer    []byte
	Reads     []string // keys beside those written
	Endorsers []string // nil: Group and Regulator
	Submitter string   // Exchange if empty
	At        time.Time
	Blind     bool // writes without having read
	Unsigned  bool
	Change    func(*peer.ChaincodeActionPayload) // after endorsing
}

func (c *Consortium) organisation(id string) *Organisation {
	return c.Organisations[slices.Index(MSPIDs, id)]
}

// Envelope endorses an invocation at the present state.
func (c *Consortium) Envelope(x Invocation) (envelope []byte, txID string, values map[string][]byte) {
	if x.Endorsers == nil {
		x.Endorsers = []string{"GroupMSP", "RegulatorMSP"}
	}
	if x.Submitter == "" {
		x.Submitter = "ExchangeMSP"
	}
	if x.At.IsZero() {
		c.now = c.now.Add(time.Second)
		x.At = c.now
	}
	client := c.organisation(x.Submitter).Client
	c.txs++
	nonce := big.NewInt(int64(c.txs)).FillBytes(make([]byte, 24))
	sum := sha256.Sum256(slices.Concat(nonce, client.Serialized()))
	txID = hex.EncodeToString(sum[:])
	channel := Marshal(&common.ChannelHeader{Type: int32(common.HeaderType_ENDORSER_TRANSACTION), TxId: txID, ChannelId: Channel, Timestamp: timestamppb.New(x.At)})
	signature := Marshal(&common.SignatureHeader{Creator: client.Serialized(), Nonce: nonce})
	proposal := Marshal(&peer.ChaincodeProposalPayload{Input: Marshal(&peer.ChaincodeInvocationSpec{ChaincodeSpec: &peer.ChaincodeSpec{
		ChaincodeId: &peer.ChaincodeID{Name: Chaincode}, Input: &peer.ChaincodeInput{Args: x.Args}}})})

	set := &kvrwset.KVRWSet{}
	values = map[string][]byte{}
	read := func(key string) {
		r := &kvrwset.KVRead{Key: key}
		if h, ok := c.world[key]; ok {
			r.Version = &kvrwset.Version{BlockNum: h.version.Block, TxNum: h.version.Tx}
		}
		set.Reads = append(set.Reads, r)
	}
	for _, key := range x.Reads {
		read(key)
	}
	for _, w := range x.Writes {
		key := fabricproof.Key(w.Kind, w.ID)
		if !x.Blind {
			read(key)
		}
		values[key] = w.Value(txID)
		set.Writes = append(set.Writes, &kvrwset.KVWrite{Key: key, Value: values[key]})
	}
	hash := sha256.New()
	for _, part := range [][]byte{channel, signature, proposal} {
		hash.Write(part)
	}
	response := Marshal(&peer.ProposalResponsePayload{ProposalHash: hash.Sum(nil), Extension: Marshal(&peer.ChaincodeAction{
		ChaincodeId: &peer.ChaincodeID{Name: Chaincode}, Response: &peer.Response{Status: 200, Payload: x.Answer},
		Results: Marshal(&rwset.TxReadWriteSet{NsRwset: []*rwset.NsReadWriteSet{{Namespace: Chaincode, Rwset: Marshal(set)}}})})})
	action := &peer.ChaincodeActionPayload{ChaincodeProposalPayload: proposal, Action: &peer.ChaincodeEndorsedAction{ProposalResponsePayload: response}}
	for _, id := range x.Endorsers {
		p := c.organisation(id).Peer
		action.Action.Endorsements = append(action.Action.Endorsements, &peer.Endorsement{Endorser: p.Serialized(), Signature: p.Sign(slices.Concat(response, p.Serialized()))})
	}
	if x.Change != nil {
		x.Change(action)
	}
	payload := Marshal(&common.Payload{Header: &common.Header{ChannelHeader: channel, SignatureHeader: signature},
		Data: Marshal(&peer.Transaction{Actions: []*peer.TransactionAction{{Header: signature, Payload: Marshal(action)}}})})
	env := &common.Envelope{Payload: payload}
	if !x.Unsigned {
		env.Signature = client.Sign(payload)
	}
	return Marshal(env), txID, values
}

// Commit puts invocations into one block, signed by a quorum.
func (c *Consortium) Commit(xs ...Invocation) *common.Block {
	number := uint64(len(c.Blocks))
	var data [][]byte
	for i, x := range xs {
		envelope, _, values := c.Envelope(x)
		data = append(data, envelope)
		for key, value := range values {
			c.world[key] = held{value, fabricproof.Version{Block: number, Tx: uint64(i)}}
		}
	}
	return c.append(data, MSPIDs[:3])
}

// Value is a record's bytes as they stand.
func (c *Consortium) Value(kind, id string) []byte {
	return c.world[fabricproof.Key(kind, id)].value
}

// Attest is an endorsed read of a record, nil when there is none.
func (c *Consortium) Attest(kind, id string, endorsers ...string) []byte {
	key := fabricproof.Key(kind, id)
	h, ok := c.world[key]
	if !ok {
		return nil
	}
	envelope, _, _ := c.Envelope(Invocation{Args: [][]byte{[]byte(fabricproof.ReadFunction), []byte(kind), []byte(id)}, Answer: h.value, Reads: []string{key}, Endorsers: endorsers, Unsigned: true})
	return envelope
}

// Raw is a block's bytes.
func (c *Consortium) Raw(number uint64) []byte { return Marshal(c.Blocks[number]) }

// Marshal encodes as signatures need it.
func Marshal(m proto.Message) []byte {
	return must(proto.MarshalOptions{Deterministic: true}.Marshal(m))
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

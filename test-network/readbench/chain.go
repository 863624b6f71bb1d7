package main

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/hyperledger/fabric-protos-go-apiv2/common"
	"github.com/hyperledger/fabric-protos-go-apiv2/ledger/rwset"
	"github.com/hyperledger/fabric-protos-go-apiv2/ledger/rwset/kvrwset"
	"github.com/hyperledger/fabric-protos-go-apiv2/msp"
	"github.com/hyperledger/fabric-protos-go-apiv2/peer"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/datarights/datarights/chaincode/rights"
	"github.com/datarights/datarights/gateway/index"
	"github.com/datarights/datarights/internal/fabricproof"
)

// chain serializes blocks as a peer hands them out. Signatures are the right
// size and sign nothing: the index trusts its own peer and checks none.
type chain struct {
	plan   *planner
	city   *city
	number uint64
	prev   []byte
	acts   int
	err    error
}

func newChain(s size) *chain { return &chain{plan: newPlanner(s), city: newCity(s)} }

// heightOf is the height at which a city of a size is complete, and how many
// records and transactions it took.
func heightOf(s size) (height uint64, records, acts int) {
	p := newPlanner(s)
	for !p.done() {
		acts += len(p.next())
	}
	return uint64(p.blocks) + 2, p.records, acts
}

func (c *chain) marshal(m proto.Message) []byte {
	raw, err := proto.Marshal(m)
	if err != nil && c.err == nil {
		c.err = err
	}
	return raw
}

func (c *chain) json(v any) []byte {
	raw, err := json.Marshal(v)
	if err != nil && c.err == nil {
		c.err = err
	}
	return raw
}

var certificate = []byte("-----BEGIN CERTIFICATE-----\n" + strings.Repeat("MIICGjCCAcCgAwIBAgIRANuOnVN+yd/BGyoX7ioEklQwCgYIKoZIzj0EAwIwczEL\n", 11) + "-----END CERTIFICATE-----\n")

func (c *chain) identity(mspID string) []byte {
	return c.marshal(&msp.SerializedIdentity{Mspid: mspID, IdBytes: certificate})
}

// next is the next block.
func (c *chain) next() (*common.Block, error) {
	var envelopes [][]byte
	switch c.number {
	case 0:
		envelopes = [][]byte{c.configuration()}
	case 1:
		envelopes = c.founding()
	default:
		for _, a := range c.plan.next() {
			envelopes = append(envelopes, c.command(a))
		}
	}
	b := c.block(envelopes)
	return b, c.err
}

// skipTo goes on after a block that is there: what those before it made is known
// all the same.
func (c *chain) skipTo(last []byte) error {
	var b common.Block
	if err := proto.Unmarshal(last, &b); err != nil {
		return err
	}
	hash, err := fabricproof.HeaderHash(b.GetHeader())
	if err != nil {
		return err
	}
	for ; c.number <= b.GetHeader().GetNumber(); c.number++ {
		c.city.now += pace
		if c.number < 2 {
			continue
		}
		for _, a := range c.plan.next() {
			c.city.skip(a)
			c.acts++
		}
	}
	c.prev = hash
	return nil
}

// pace is how far apart blocks are, in seconds of the ledger.
const pace = 60

func (c *chain) block(envelopes [][]byte) *common.Block {
	data := &common.BlockData{Data: envelopes}
	var signatures []*common.MetadataSignature
	for i := range uint32(3) {
		signatures = append(signatures, &common.MetadataSignature{
			Signature: make([]byte, 71), IdentifierHeader: c.marshal(&common.IdentifierHeader{Identifier: 1 + (uint32(c.number)+i)%4}),
		})
	}
	b := &common.Block{
		Header: &common.BlockHeader{Number: c.number, PreviousHash: c.prev, DataHash: fabricproof.DataHash(data)},
		Data:   data,
		Metadata: &common.BlockMetadata{Metadata: [][]byte{
			c.marshal(&common.Metadata{Signatures: signatures}), {}, make([]byte, len(envelopes)), {}, {},
		}},
	}
	var err error
	if c.prev, err = fabricproof.HeaderHash(b.Header); err != nil && c.err == nil {
		c.err = err
	}
	c.number++
	c.city.now += pace
	return b
}

func (c *chain) configuration() []byte {
	orderers := &common.Orderers{}
	for i, m := range []string{"GroupMSP", "ExchangeMSP", "RegulatorMSP", "BankMSP"} {
		orderers.ConsenterMapping = append(orderers.ConsenterMapping, &common.Consenter{Id: uint32(i + 1), MspId: m})
	}
	return c.envelope(common.HeaderType_CONFIG, "", c.marshal(&common.ConfigEnvelope{Config: &common.Config{ChannelGroup: &common.ConfigGroup{
		Groups: map[string]*common.ConfigGroup{"Orderer": {Values: map[string]*common.ConfigValue{"Orderers": {Value: c.marshal(orderers)}}}},
	}}}))
}

// founding writes the rules and the two offices.
func (c *chain) founding() [][]byte {
	tx := hash(-1)
	w := &writing{}
	p := &rights.RuleProfile{Head: c.city.head(rights.KindProfile, profile, "InForce", 1, began, kidOf(regulator), tx), Code: "DRWG", Ver: 1, From: began,
		Params: []rights.Param{{Key: rights.ParamBasisMaxDepth, Int: 16}, {Key: rights.ParamNoticeWorkdays, Int: 5}}}
	w.put(rights.KindProfile, &p.Head, p)
	cal := &rights.WorkCalendar{Head: c.city.head(rights.KindCalendar, "2026@1", "InForce", 1, began, kidOf(regulator), tx), Year: 2026, Ver: 1, NonWorking: []string{"2026-10-01"}, ExtraWorking: []string{}}
	w.put(rights.KindCalendar, &cal.Head, cal)
	for id, x := range map[string]struct {
		name string
		role rights.Role
	}{registrar: {"盐城市数据产权登记中心", rights.RoleRegistrar}, regulator: {"盐城市数据局", rights.RoleRegulator}} {
		o := &rights.Participant{Head: c.city.head(rights.KindParticipant, id, rights.StateActive, 1, began, kidOf(regulator), tx), USCC: id, Name: x.name,
			OrgType: "OrgGovernment", Roles: []rights.Role{x.role}, RegionCode: "320900", Keys: []rights.Key{}}
		w.put(rights.KindParticipant, &o.Head, o)
	}
	if w.err != nil {
		c.err = w.err
	}
	return [][]byte{c.invocation(tx, "Found", nil, w.writes)}
}

var commands = map[what]string{admits: "participant.admit", catalogue: "resource.catalogue", submit: "registration.submit", accept: "registration.accept",
	notice: "registration.publishNotice", record: "registration.record", revise: "right.restrain"}

// command is the transaction of an act: a signed command with the receipt and
// the records it leaves.
func (c *chain) command(a act) []byte {
	tx := hash(int(a.what), c.acts)
	c.acts++
	w, err := c.city.act(a, tx)
	if err != nil {
		c.err = err
		return nil
	}
	name := commands[a.what]
	if a.n > 1 {
		name += "Batch"
	}
	kid := kidOf(registrar)
	id := fmt.Sprintf("%s-%s-4%s-8%s-%s", tx[:8], tx[8:12], tx[13:16], tx[17:20], tx[20:32])
	items := make([]string, len(w.refs))
	for i, r := range w.refs {
		items[i] = r.ID
	}
	b64 := base64.RawURLEncoding.EncodeToString
	jws := b64([]byte(`{"alg":"SM2","typ":"datarights+jws","kid":"`+kid+`"}`)) + "." +
		b64(c.json(map[string]any{"command": name, "id": id, "iat": c.city.now - 2, "exp": c.city.now + 600, "body": map[string]any{"items": items}})) + "." + b64(make([]byte, 64))
	receipt := &rights.Receipt{DocType: string(rights.KindReceipt), SchemaVersion: rights.SchemaVersion, ID: id, Command: name, Kid: kid, MSPID: "GroupMSP",
		Digest: "sm3:" + hash(c.acts, 1), TxID: tx, At: c.city.now, Result: rights.Result{Records: w.refs}}
	raw := &kvrwset.KVWrite{Key: worldKey(rights.KindReceipt, rights.ReceiptID(registrar, id)), Value: c.json(receipt)}
	return c.invocation(tx, "Submit", []byte(jws), append([]*kvrwset.KVWrite{raw}, w.writes...))
}

func (c *chain) invocation(tx, function string, arg []byte, writes []*kvrwset.KVWrite) []byte {
	reads := make([]*kvrwset.KVRead, 0, len(writes)) // the version that each write replaces
	for _, w := range writes {
		reads = append(reads, &kvrwset.KVRead{Key: w.Key, Version: &kvrwset.Version{BlockNum: 1 + c.number/2, TxNum: 1}})
	}
	results := c.marshal(&rwset.TxReadWriteSet{NsRwset: []*rwset.NsReadWriteSet{
		{Namespace: "_lifecycle", Rwset: c.marshal(&kvrwset.KVRWSet{})},
		{Namespace: index.DefaultNamespace, Rwset: c.marshal(&kvrwset.KVRWSet{Reads: reads, Writes: writes})},
	}})
	input := c.marshal(&peer.ChaincodeInvocationSpec{ChaincodeSpec: &peer.ChaincodeSpec{
		ChaincodeId: &peer.ChaincodeID{Name: index.DefaultNamespace}, Input: &peer.ChaincodeInput{Args: [][]byte{[]byte(function), arg}},
	}})
	action := c.marshal(&peer.ChaincodeActionPayload{
		ChaincodeProposalPayload: c.marshal(&peer.ChaincodeProposalPayload{Input: input}),
		Action: &peer.ChaincodeEndorsedAction{
			ProposalResponsePayload: c.marshal(&peer.ProposalResponsePayload{ProposalHash: make([]byte, 32), Extension: c.marshal(&peer.ChaincodeAction{Results: results})}),
			Endorsements: []*peer.Endorsement{
				{Endorser: c.identity("GroupMSP"), Signature: make([]byte, 71)}, {Endorser: c.identity("RegulatorMSP"), Signature: make([]byte, 71)},
			},
		},
	})
	return c.envelope(common.HeaderType_ENDORSER_TRANSACTION, tx, c.marshal(&peer.Transaction{Actions: []*peer.TransactionAction{{Payload: action}}}))
}

func (c *chain) envelope(kind common.HeaderType, id string, data []byte) []byte {
	return c.marshal(&common.Envelope{
		Signature: make([]byte, 71),
		Payload: c.marshal(&common.Payload{Data: data, Header: &common.Header{
			ChannelHeader: c.marshal(&common.ChannelHeader{
				Type: int32(kind), TxId: id, ChannelId: "datarights", Timestamp: &timestamppb.Timestamp{Seconds: c.city.now},
			}),
			SignatureHeader: c.marshal(&common.SignatureHeader{Creator: c.identity("ExchangeMSP"), Nonce: make([]byte, 24)}),
		}}),
	})
}

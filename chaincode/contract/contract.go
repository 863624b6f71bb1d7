// Package contract is the ledger's contract as Fabric sees it: it takes a
// signed command, finds who signed it, hands it to the rules of package rights
// and writes what they wrote. It holds no rule of the domain itself.
package contract

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"

	"github.com/hyperledger/fabric-chaincode-go/v2/pkg/cid"
	"github.com/hyperledger/fabric-chaincode-go/v2/shim"
	"github.com/hyperledger/fabric-protos-go-apiv2/peer"

	"github.com/datarights/datarights/chaincode/command"
	"github.com/datarights/datarights/chaincode/rights"
	"github.com/datarights/datarights/chaincode/state"
)

// Statuses of a refused invocation. Fabric takes 400 and above as "not
// endorsed"; a refusal is the sender's fault, a failure is ours.
const (
	StatusRefused = 400
	StatusFailed  = 500
)

// ClockSkew is how far, in seconds, a signer's clock may run ahead of the
// ledger's.
const ClockSkew = 60

// TransientSecret is the transient field that carries the private part of a
// command.
const TransientSecret = rights.FieldSecret

// EventName is the name of the chaincode event that carries a Receipt.
const EventName = "datarights.command"

// Contract answers invocations. Genesis is this organisation's own copy of the
// founding document; it never changes while the contract serves.
type Contract struct {
	Genesis []byte

	once  sync.Once
	usual rights.EndorsementRule
}

// world opens the world state of a transaction.
func (c *Contract) world(stub shim.ChaincodeStubInterface) *state.World {
	c.once.Do(func() {
		var g rights.Genesis
		// One that cannot be read founds nothing and guards nothing.
		if decodeBody(c.Genesis, &g) == nil && g.Endorsement != nil {
			c.usual = *g.Endorsement
		}
	})
	return state.NewWorld(stub, c.usual)
}

// Answer is the payload of Submit: the receipt, and whether the command had
// been applied before.
type Answer struct {
	ID       string        `json:"id"`
	Command  string        `json:"command"`
	Kid      string        `json:"kid"`
	TxID     string        `json:"txId"`
	Replayed bool          `json:"replayed"`
	Result   rights.Result `json:"result"`
}

// Init does nothing: the ledger is founded by the function Found.
func (c *Contract) Init(shim.ChaincodeStubInterface) *peer.Response { return shim.Success(nil) }

// Invoke answers one invocation.
func (c *Contract) Invoke(stub shim.ChaincodeStubInterface) (response *peer.Response) {
	defer func() {
		if p := recover(); p != nil { // a fault of ours must not take the server with it
			response = failed(fmt.Errorf("panic: %v", p))
		}
	}()
	args := stub.GetArgs()
	if len(args) == 0 {
		return refused(formatError("function", "须指明函数", "a function must be named"))
	}
	want := map[string]int{"Submit": 1, "Enrol": 1, "Found": 1, "Founded": 0, "Read": 2, "VerifyAsset": 1, "ReadSecret": 3, "Statement": 2}
	name := string(args[0])
	n, known := want[name]
	if !known {
		return refused(formatError("function", "没有此函数", "there is no function "+clip(name)))
	}
	if given := len(args) - 1; given < n || given > n && name != "Statement" { // receipts may follow
		return refused(formatError("args", "参数个数不对", fmt.Sprintf("%s takes %d arguments", name, n)))
	}
	var payload []byte
	var err error
	switch name {
	case "Submit":
		payload, err = c.submit(stub, args[1])
	case "Enrol":
		payload, err = c.administer(stub, args[1], "enrol")
	case "Found":
		payload, err = c.administer(stub, args[1], "found")
	case "Founded":
		payload, err = c.founded(stub)
	case "Read":
		payload, err = c.read(stub, rights.Kind(args[1]), string(args[2]))
	case "VerifyAsset":
		payload, err = c.verifyAsset(stub, string(args[1]))
	case "Statement":
		payload, err = c.statement(stub, rights.Kind(args[1]), string(args[2]), args[3:])
	case "ReadSecret":
		payload, err = c.readSecret(stub, rights.Collection(args[1]), rights.Kind(args[2]), string(args[3]))
	}
	if err != nil {
		return answerError(err)
	}
	return shim.Success(payload)
}

// submit applies one signed command.
func (c *Contract) submit(stub shim.ChaincodeStubInterface, jws []byte) ([]byte, error) {
	cmd, err := command.Decode(jws)
	if err != nil {
		return nil, err
	}
	world := c.world(stub)
	act, err := newAct(stub, world)
	if err != nil {
		return nil, err
	}
	act.Command, act.Kid = cmd.Name, cmd.Kid
	ahead := prefetch(world, act, cmd)
	if err := authenticate(act, cmd); err != nil {
		return nil, err
	}
	// The signature holds. Only now may the answer depend on what was applied.
	var receipt rights.Receipt
	applied, err := world.Load(rights.KindReceipt, rights.ReceiptID(cmd.ParticipantID, cmd.ID), &receipt)
	if err != nil {
		return nil, err
	}
	if applied {
		if receipt.Digest != cmd.DigestRef() {
			return nil, &rights.Error{Code: rights.CodeReplay, Field: "id", Record: cmd.ID,
				Detail:   "this command id was used for another command; every command needs an id of its own",
				DetailZh: "该命令编号已用于另一条命令；每条命令须有自己的编号"}
		}
		if len(act.Secret) > 0 {
			// This touches no collection, so anybody's peer might be asked to
			// endorse it; the answer needs no secret.
			return nil, &rights.Error{Code: rights.CodeReplay, Field: rights.FieldSecret, Record: cmd.ID,
				Detail:   "this command was applied before; ask again without its secret",
				DetailZh: "该命令此前已生效；请不附保密内容再次查询"}
		}
		return json.Marshal(answerOf(&receipt, true))
	}
	if err := inTime(cmd, act.Now); err != nil {
		return nil, err
	}
	ahead.follow(act, cmd)
	if err := rights.Apply(act, cmd.Body, decodeBody); err != nil {
		return nil, err
	}
	receipt = rights.Receipt{
		DocType: string(rights.KindReceipt), SchemaVersion: rights.SchemaVersion, ID: cmd.ID, Command: cmd.Name, Kid: cmd.Kid,
		MSPID: act.MSP, Digest: cmd.DigestRef(), TxID: act.TxID, At: act.Now, Result: rights.Result{Records: act.Written()},
	}
	if err := world.Store(rights.KindReceipt, rights.ReceiptID(cmd.ParticipantID, cmd.ID), &receipt); err != nil {
		return nil, err
	}
	if err := world.Flush(); err != nil {
		return nil, err
	}
	payload, err := json.Marshal(answerOf(&receipt, false))
	if err != nil {
		return nil, err
	}
	if len(payload) <= 64<<10 { // an event is a hint; the index reads the writes themselves
		if err := stub.SetEvent(EventName, payload); err != nil {
			return nil, fmt.Errorf("couldn't set the event: %w", err)
		}
	}
	return payload, nil
}

func answerOf(r *rights.Receipt, replayed bool) Answer {
	return Answer{ID: r.ID, Command: r.Command, Kid: r.Kid, TxID: r.TxID, Replayed: replayed, Result: r.Result}
}

// newAct reads who submits and when from the transaction itself.
func newAct(stub shim.ChaincodeStubInterface, world *state.World) (*rights.Act, error) {
	at, err := stub.GetTxTimestamp()
	if err != nil {
		return nil, fmt.Errorf("couldn't read the transaction's timestamp: %w", err)
	}
	msp, err := cid.GetMSPID(stub)
	if err != nil {
		return nil, fmt.Errorf("couldn't read the submitter: %w", err)
	}
	transient, err := stub.GetTransient()
	if err != nil {
		return nil, fmt.Errorf("couldn't read what came beside the command: %w", err)
	}
	return &rights.Act{MSP: msp, Now: at.GetSeconds(), TxID: stub.GetTxID(), Ledger: world, Secret: transient[TransientSecret]}, nil
}

// authenticate finds the signer's key and verifies the signature with it. The
// one who applies is not on the ledger: his key is in the body he signed.
func authenticate(act *rights.Act, cmd *command.Command) error {
	var p rights.Participant
	known, err := act.Ledger.Load(rights.KindParticipant, cmd.ParticipantID, &p)
	if err != nil {
		return err
	}
	spec, _ := rights.CommandNamed(cmd.Name)
	selfSigned := spec != nil && spec.SelfSigned
	if known {
		act.Actor = &p
	}
	if selfSigned && (!known || cmd.KeyNo > len(p.Keys)) {
		var body rights.Application
		if err := decodeBody(cmd.Body, &body); err != nil {
			return err
		}
		return verify(cmd, body.PublicKey, "publicKey")
	}
	if !known || cmd.KeyNo > len(p.Keys) {
		return &rights.Error{Code: rights.CodeKey, Field: "kid", Record: cmd.ParticipantID,
			Detail:   "the key " + cmd.Kid + " is not on the ledger; apply first with participant.apply",
			DetailZh: "密钥 " + cmd.Kid + " 不在账本上；请先以 participant.apply 申请"}
	}
	key := &p.Keys[cmd.KeyNo-1]
	if err := verify(cmd, key.PublicKey, "kid"); err != nil {
		return err
	}
	act.Key = key
	return nil
}

func verify(cmd *command.Command, publicKey, field string) error {
	pub, _, err := rights.ParseKey(field, publicKey)
	if err != nil {
		return err
	}
	return cmd.Verify(pub)
}

// inTime refuses a command outside its own validity and a key out of use. Both
// are looked at only for commands not applied yet: what a key once signed in
// order stays answered.
func inTime(cmd *command.Command, now int64) error {
	switch {
	case now+ClockSkew < cmd.Iat:
		return &rights.Error{Code: rights.CodeExpired, Field: "iat", Detail: "iat is in the future of the ledger's time; check the signer's clock", DetailZh: "iat 晚于账本时间；请校准签名方时钟"}
	case now >= cmd.Exp:
		return &rights.Error{Code: rights.CodeExpired, Field: "exp", Detail: "the command has expired; sign a new one", DetailZh: "命令已过期；请重新签名"}
	}
	return nil
}

// administer runs what only a Fabric administrator may send.
func (c *Contract) administer(stub shim.ChaincodeStubInterface, arg []byte, what string) ([]byte, error) {
	if len(arg) > command.MaxSize {
		return nil, &rights.Error{Code: rights.CodeTooLarge, Field: "args", Detail: "over 768 KiB", DetailZh: "超过 768 KiB"}
	}
	admin, err := cid.HasOUValue(stub, "admin")
	if err != nil {
		return nil, fmt.Errorf("couldn't read the submitter's certificate: %w", err)
	}
	if !admin {
		return nil, &rights.Error{Code: rights.CodeRole, Detail: "only an organisation's Fabric administrator may send this", DetailZh: "只能由机构的 Fabric 管理员发送"}
	}
	world := c.world(stub)
	act, err := newAct(stub, world)
	if err != nil {
		return nil, err
	}
	act.Command, act.Kid = what, act.MSP+"/admin"
	if what == "found" {
		if !bytes.Equal(arg, c.Genesis) {
			return nil, &rights.Error{Code: rights.CodeRole, Field: "genesis", Detail: "this is not the founding document this organisation holds", DetailZh: "与本机构持有的创世文件不一致"}
		}
		err = rights.Found(act, arg, decodeBody)
	} else {
		var e rights.Enrolment
		if err = decodeBody(arg, &e); err == nil {
			err = rights.Enrol(act, &e)
		}
	}
	if err != nil {
		return nil, err
	}
	if err := world.Flush(); err != nil {
		return nil, err
	}
	return json.Marshal(rights.Result{Records: act.Written()})
}

// read returns a record as it stands, nothing when there is none.
func (c *Contract) read(stub shim.ChaincodeStubInterface, kind rights.Kind, id string) ([]byte, error) {
	if _, err := state.Key(kind, id); err != nil {
		return nil, formatError("id", "不是记录编号", "is not a record id")
	}
	return c.world(stub).Raw(kind, id)
}

// readSecret returns what a collection keeps of a record, to its members alone.
// It is for evaluating: submitted as a transaction, the answer would be in the
// block for everybody.
func (c *Contract) readSecret(stub shim.ChaincodeStubInterface, collection rights.Collection, kind rights.Kind, id string) ([]byte, error) {
	if _, err := state.Key(kind, id); err != nil {
		return nil, formatError("id", "不是记录编号", "is not a record id")
	}
	act, err := newAct(stub, c.world(stub))
	if err != nil {
		return nil, err
	}
	return rights.SecretOf(act, collection, kind, id)
}

// verifyAsset reports on the asset of a certificate at the transaction's time, so
// that a bank can have several organisations' peers say the same.
func (c *Contract) verifyAsset(stub shim.ChaincodeStubInterface, certNo string) ([]byte, error) {
	act, err := newAct(stub, c.world(stub))
	if err != nil {
		return nil, err
	}
	report, err := rights.VerifyAsset(act, certNo)
	if err != nil {
		return nil, err
	}
	return json.Marshal(report)
}

// statement says what stands of a certificate, pledge or trade, for several
// organisations' peers to endorse as one. The list of keys it reads is part of
// what they endorse, so it reads none that the public may not know of.
func (c *Contract) statement(stub shim.ChaincodeStubInterface, kind rights.Kind, id string, receipts [][]byte) ([]byte, error) {
	if _, err := state.Key(kind, id); err != nil {
		return nil, formatError("id", "不是记录编号", "is not a record id")
	}
	ids := make([]string, len(receipts))
	for i, r := range receipts {
		ids[i] = string(r)
		if _, err := state.Key(rights.KindReceipt, ids[i]); err != nil {
			return nil, formatError("receipts", "不是命令回执的标识", "is not the id of a receipt")
		}
	}
	act, err := newAct(stub, c.world(stub))
	if err != nil {
		return nil, err
	}
	s, err := rights.MakeStatement(act, kind, id, ids)
	if err != nil {
		return nil, err
	}
	return json.Marshal(s)
}

// founded tells whether the organisations of this peer's own genesis are on
// the ledger.
func (c *Contract) founded(stub shim.ChaincodeStubInterface) ([]byte, error) {
	var g rights.Genesis
	if err := decodeBody(c.Genesis, &g); err != nil {
		return nil, err
	}
	for _, m := range g.Organisations {
		raw, err := c.world(stub).Raw(rights.KindOrganisation, m.MSPID)
		if err != nil {
			return nil, err
		}
		if len(raw) == 0 {
			return []byte("false"), nil
		}
	}
	return []byte("true"), nil
}

// decodeBody is rights.Decode with the envelope's strictness.
func decodeBody(raw json.RawMessage, v any) error {
	err := command.DecodeInto(raw, v)
	var e *command.Error
	if errors.As(err, &e) {
		return &rights.Error{Code: rights.Code(e.Code), Field: strings.TrimPrefix(e.Field, "body."), Detail: e.Detail, DetailZh: e.DetailZh}
	}
	return err
}

func formatError(field, zh, en string) *rights.Error {
	return &rights.Error{Code: rights.CodeFormat, Field: field, Detail: en, DetailZh: zh}
}

func clip(s string) string {
	if len(s) > 40 {
		s = s[:40] + "…"
	}
	return fmt.Sprintf("%q", s)
}

func answerError(err error) *peer.Response {
	var r *rights.Error
	if errors.As(err, &r) {
		return refused(r)
	}
	var e *command.Error
	if errors.As(err, &e) {
		return refused(&rights.Error{Code: rights.Code(e.Code), Field: e.Field, Detail: e.Detail, DetailZh: e.DetailZh})
	}
	return failed(err)
}

func refused(e *rights.Error) *peer.Response {
	raw, err := json.Marshal(e)
	if err != nil {
		return failed(err)
	}
	return &peer.Response{Status: StatusRefused, Message: string(raw)}
}

func failed(err error) *peer.Response {
	return &peer.Response{Status: StatusFailed, Message: err.Error()}
}

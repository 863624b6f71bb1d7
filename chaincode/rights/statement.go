package rights

import (
	"encoding/json"
	"slices"
	"strings"
)

// Statement is what a peer says, at the time of the asking, of a certificate, a
// pledge or a trade: the record as it stands, the rights beneath it with what
// restrains them, and which commands wrote it under whose keys. Several
// organisations' peers endorse one and the same statement; nothing is submitted.
//
// Of everything but the record itself it holds what the public may read, and so
// does the list of keys that were read to make it, which those who hold the
// statement see as well. So the statement of a certificate is for everyone; that
// of a pledge or trade is for whom the record is for.
type Statement struct {
	SchemaVersion int64           `json:"schemaVersion"`
	Kind          Kind            `json:"kind"`
	ID            string          `json:"id"`
	At            UnixSec         `json:"at"`
	Record        json.RawMessage `json:"record"` // as the ledger has it
	// Certificates are those of the rights, where the record is none itself.
	Certificates []json.RawMessage `json:"certificates,omitempty"`
	Rights       []StatedRight     `json:"rights"`
	Commands     []StatedCommand   `json:"commands"`
	Signers      []StatedSigner    `json:"signers"`
}

// StatementVersion is the SchemaVersion of a Statement.
const StatementVersion = 1

// StatedRight is the public part of a right as it stands.
type StatedRight struct {
	RightID      string              `json:"rightId"`
	Kind         RightKind           `json:"kind"`
	HolderID     string              `json:"holderId"`
	CertNo       string              `json:"certNo"`
	State        State               `json:"state"`
	Version      int64               `json:"version"`
	ValidFrom    UnixSec             `json:"validFrom"`
	ValidTo      UnixSec             `json:"validTo"`
	Restriction  string              `json:"restriction,omitempty"`
	Remarks      []Remark            `json:"remarks,omitempty"`
	Encumbrances []StatedEncumbrance `json:"encumbrances"`
	Effective    bool                `json:"effective"`
	Why          *Error              `json:"why,omitempty"` // it is not effective
	// Closed are the bases that were not looked into, because what they rest on is
	// between their parties. Effective is said without them.
	Closed      []string `json:"closed,omitempty"`
	NextRightID string   `json:"nextRightId,omitempty"`
}

// StatedEncumbrance tells that something lies on a right, and for how long; not
// for whose benefit.
type StatedEncumbrance struct {
	Type EncumbranceType `json:"type"`
	From UnixSec         `json:"from"`
	To   UnixSec         `json:"to,omitempty"`
}

// StatedCommand is a command that wrote the record, by its receipt: whose key
// signed which bytes. The bytes themselves are for whom the command is for; the
// digest holds them to it.
type StatedCommand struct {
	ID      string  `json:"id"`
	Command string  `json:"command"`
	Kid     string  `json:"kid"`
	MSPID   string  `json:"mspId"` // organisation whose gateway submitted it
	Digest  string  `json:"digest"`
	TxID    string  `json:"txId"`
	At      UnixSec `json:"at"`
	Version int64   `json:"version"` // of the record, as it left it
}

// StatedSigner is a key that signed one of the commands.
type StatedSigner struct {
	Kid       string `json:"kid"`
	Name      string `json:"name"`
	Roles     []Role `json:"roles"`
	PublicKey string `json:"publicKey"`
	State     State  `json:"state"`
}

// MaxStatedCommands bounds the receipts that one statement looks up.
const MaxStatedCommands = 16

// statedDepth is how deep bases nest where the right's rule profile does not say.
const statedDepth = 16

// openBases are the kinds whose own bases the public may see.
var openBases = []Kind{KindRight, KindGrant, KindResource, KindRecognition}

// MakeStatement states a certificate, pledge or trade at the time of an act.
// receipts name, by ReceiptID, the commands that wrote it: the ledger keeps no
// list of them, an index does.
func MakeStatement(a *Act, kind Kind, id string, receipts []string) (*Statement, error) {
	if kind != KindCertificate && kind != KindPledge && kind != KindTrade {
		return nil, refuse(CodeFormat, "只能证明凭证（CT）、质押（PL）与交易（TR）", "must be a certificate (CT), a pledge (PL) or a trade (TR)").at("kind")
	}
	if len(receipts) > MaxStatedCommands {
		return nil, refuse(CodeFormat, "至多 %[1]d 条命令", "at most %[1]d commands", MaxStatedCommands).at("receipts")
	}
	s := &Statement{SchemaVersion: StatementVersion, Kind: kind, ID: id, At: a.Now, Rights: []StatedRight{}, Commands: []StatedCommand{}, Signers: []StatedSigner{}}
	if ok, err := a.Ledger.Load(kind, id, &s.Record); err != nil {
		return nil, err
	} else if !ok {
		return nil, refuse(CodeNotFound, "账本上没有 %s", "there is no %s on the ledger", id).at("id").on(id)
	}
	rights, certNos, err := s.beneath()
	if err != nil {
		return nil, err
	}
	for _, r := range rights {
		certNo, err := s.right(a, r)
		if err != nil {
			return nil, err
		}
		if kind != KindCertificate && certNo != "" && !slices.Contains(certNos, certNo) {
			certNos = append(certNos, certNo)
		}
	}
	for _, no := range certNos {
		var raw json.RawMessage
		if ok, err := a.Ledger.Load(KindCertificate, no, &raw); err != nil {
			return nil, err
		} else if ok {
			s.Certificates = append(s.Certificates, raw)
		}
	}
	for _, receipt := range receipts {
		if err := s.command(a, receipt); err != nil {
			return nil, err
		}
	}
	return s, nil
}

// beneath lists the rights that the record is about, and the certificates it names.
func (s *Statement) beneath() (rights, certNos []string, err error) {
	switch s.Kind {
	case KindCertificate:
		var c Certificate
		if err = json.Unmarshal(s.Record, &c); err == nil {
			for _, r := range c.Rights {
				rights = append(rights, r.RightID)
			}
		}
	case KindPledge:
		var p Pledge
		if err = json.Unmarshal(s.Record, &p); err == nil {
			rights, certNos = p.RightIDs, p.CertNos
		}
	default:
		var t Trade
		if err = json.Unmarshal(s.Record, &t); err == nil && t.RightID != "" {
			rights = []string{t.RightID}
		}
	}
	return rights, slices.Clone(certNos), err
}

func (s *Statement) right(a *Act, id string) (certNo string, err error) {
	var r Right
	if ok, err := a.Ledger.Load(KindRight, id, &r); err != nil || !ok {
		return "", err
	}
	maxDepth := int64(0)
	if r.RuleProfileVer != "" {
		p, err := a.profile(r.RuleProfileVer)
		if err != nil {
			return "", err
		}
		maxDepth = p.Int(ParamBasisMaxDepth)
	}
	if maxDepth <= 0 {
		maxDepth = statedDepth
	}
	ev := newEffectiveness(a, a.Now)
	ev.open = openBases
	_, why, err := ev.right(&r, maxDepth)
	if err != nil {
		return "", err
	}
	list, err := encumbrancesOf(a, &r)
	if err != nil {
		return "", err
	}
	x := StatedRight{RightID: r.ID, Kind: r.Kind, HolderID: r.HolderID, CertNo: r.CertNo, State: r.State, Version: r.Version, ValidFrom: r.ValidFrom, ValidTo: r.ValidTo,
		Restriction: r.Restriction, Remarks: r.Remarks, Encumbrances: []StatedEncumbrance{}, Effective: why == nil, Why: why, Closed: ev.closed, NextRightID: r.NextRightID}
	for _, e := range list {
		x.Encumbrances = append(x.Encumbrances, StatedEncumbrance{e.Type, e.From, e.To})
	}
	s.Rights = append(s.Rights, x)
	return r.CertNo, nil
}

// command adds a command by its receipt, and the key that signed it. One that did
// not write the record is refused: a statement says nothing of other business.
func (s *Statement) command(a *Act, receipt string) error {
	var r Receipt
	if ok, err := a.Ledger.Load(KindReceipt, receipt, &r); err != nil {
		return err
	} else if !ok {
		return refuse(CodeNotFound, "没有此命令的回执", "there is no receipt of this command").at("receipts").on(receipt)
	}
	i := slices.IndexFunc(r.Result.Records, func(x RecordRef) bool { return x.Kind == s.Kind && x.ID == s.ID })
	if i < 0 {
		return refuse(CodeFormat, "该命令未写入此记录", "the command did not write this record").at("receipts").on(receipt)
	}
	s.Commands = append(s.Commands, StatedCommand{ID: r.ID, Command: r.Command, Kid: r.Kid, MSPID: r.MSPID, Digest: r.Digest, TxID: r.TxID, At: r.At, Version: r.Result.Records[i].Version})
	if slices.ContainsFunc(s.Signers, func(x StatedSigner) bool { return x.Kid == r.Kid }) {
		return nil
	}
	participant, _, _ := strings.Cut(r.Kid, "#")
	var p Participant
	if ok, err := a.Ledger.Load(KindParticipant, participant, &p); err != nil || !ok {
		return err
	}
	for _, k := range p.Keys {
		if KeyID(p.USCC, k.No) == r.Kid {
			s.Signers = append(s.Signers, StatedSigner{Kid: r.Kid, Name: p.Name, Roles: append([]Role{}, p.Roles...), PublicKey: k.PublicKey, State: k.State})
		}
	}
	return nil
}

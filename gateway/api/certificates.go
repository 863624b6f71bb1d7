package api

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"github.com/gin-gonic/gin"

	"github.com/datarights/datarights/chaincode/rights"
	"github.com/datarights/datarights/gateway/index"
)

// withIssue completes a certificate with the transaction and block that issued
// it, which the ledger could not know while writing it (2.12 of the rules).
func withIssue(_ *server, e entry, ms []member) ([]member, error) {
	txID, err := e.seen.txID(e.Created)
	if err != nil {
		return nil, err
	}
	if ms, err = with(ms, "txId", txID); err != nil {
		return nil, err
	}
	return with(ms, "block", e.Created.Block)
}

// verification is the answer to "is this certificate good?" (CT-3). It names
// encumbrances by type and says nothing of amounts or beneficiaries.
type verification struct {
	CertNo      string              `json:"certNo"`
	Exists      bool                `json:"exists"`
	Version     int64               `json:"version,omitempty"`
	State       rights.State        `json:"state,omitempty"`
	HolderID    string              `json:"holderId,omitempty"`
	HolderName  string              `json:"holderName,omitempty"`
	DataName    string              `json:"dataName,omitempty"`
	ValidFrom   int64               `json:"validFrom,omitempty"`
	ValidTo     int64               `json:"validTo,omitempty"`
	DemoProfile bool                `json:"demoProfile,omitempty"`
	Rights      []verifiedRight     `json:"rights,omitempty"`
	Remarks     []rights.Remark     `json:"remarks,omitempty"`
	Hash        *verifiedHash       `json:"hash,omitempty"`
	TxID        string              `json:"txId,omitempty"`
	Block       *uint64             `json:"block,omitempty"`
	NationalRef *rights.NationalRef `json:"nationalRef,omitempty"`
	// Effective: the certificate is valid and each of its rights is effective.
	Effective bool `json:"effective"`
}

type verifiedRight struct {
	RightID      string           `json:"rightId"`
	Kind         rights.RightKind `json:"kind"`
	HolderID     string           `json:"holderId"`
	State        rights.State     `json:"state"`
	ValidFrom    int64            `json:"validFrom"`
	ValidTo      int64            `json:"validTo"`
	Restriction  string           `json:"restriction,omitempty"`
	Effective    effective        `json:"effective"`
	Encumbrances []string         `json:"encumbrances"` // types, each once
	Remarks      []rights.Remark  `json:"remarks,omitempty"`
}

// verifiedHash says what the hash in hand is of.
type verifiedHash struct {
	Given   string `json:"given"`
	Matches string `json:"matches"` // evidenceRoot, contentRoot or none
}

// verifyCertificate answers GET /v1/certificates/{no}/verify?hash=. A number
// nobody issued is an answer, not an error.
func (s *server) verifyCertificate(c *gin.Context) {
	q, err := accept(c.Request, hashParam("hash"))
	if err != nil {
		s.fail(c, err)
		return
	}
	no := c.Param("id")
	if !rights.ValidCertNo(no) {
		s.fail(c, refuse(rights.CodeFormat, "certNo", "凭证号应为 SJ 加 13 位数字，如 SJ3212026110001", "a certificate number is SJ and 13 digits, such as SJ3212026110001"))
		return
	}
	v, err := s.verify(no, q["hash"])
	if err != nil {
		s.fail(c, err)
		return
	}
	s.answer(c, v)
}

func (s *server) verify(no, hash string) (*verification, error) {
	e, err := s.read.Get(rights.KindCertificate, no)
	if errors.Is(err, index.ErrNotFound) {
		return &verification{CertNo: no}, nil
	}
	if err != nil {
		return nil, err
	}
	var cert rights.Certificate
	if err := json.Unmarshal(e.JSON, &cert); err != nil {
		return nil, fmt.Errorf("couldn't decode certificate %s: %w", no, err)
	}
	v := &verification{
		CertNo: no, Exists: true, Version: cert.Version, State: cert.State, HolderID: cert.HolderID, HolderName: cert.HolderName, DataName: cert.DataName,
		ValidFrom: cert.ValidFrom, ValidTo: cert.ValidTo, DemoProfile: cert.DemoProfile, Remarks: cert.Remarks, NationalRef: cert.NationalRef,
		Rights: []verifiedRight{}, Block: &e.Created.Block, Effective: cert.State == rights.StateValid || cert.State == rights.StateAdjusted,
	}
	see := s.look()
	if v.TxID, err = see.txID(e.Created); err != nil {
		return nil, err
	}
	if hash != "" {
		v.Hash = &verifiedHash{Given: hash, Matches: "none"}
		switch hash {
		case cert.EvidenceRoot:
			v.Hash.Matches = "evidenceRoot"
		case cert.ContentRoot:
			v.Hash.Matches = "contentRoot"
		}
	}
	carried := false // a right still in being
	for _, listed := range cert.Rights {
		r := new(rights.Right)
		ok, err := see.Find(rights.KindRight, listed.RightID, r)
		if err == nil && !ok {
			err = errors.New("not in the index")
		}
		if err != nil {
			return nil, fmt.Errorf("couldn't read the right %s of certificate %s: %w", listed.RightID, no, err)
		}
		eff, err := s.effective(see, r)
		if err != nil {
			return nil, err
		}
		if r.State == rights.StateActive || r.State == rights.StateSuspended { // the others have left it
			v.Effective, carried = v.Effective && eff.Now, true
		}
		encumbrances, err := rights.EncumbrancesOf(see, r)
		if err != nil {
			return nil, err
		}
		types := []string{}
		for _, e := range encumbrances {
			if !slices.Contains(types, string(e.Type)) {
				types = append(types, string(e.Type))
			}
		}
		v.Rights = append(v.Rights, verifiedRight{RightID: r.ID, Kind: r.Kind, HolderID: r.HolderID, State: r.State, ValidFrom: r.ValidFrom, ValidTo: r.ValidTo,
			Restriction: r.Restriction, Effective: eff, Encumbrances: types, Remarks: r.Remarks})
	}
	v.Effective = v.Effective && carried
	return v, nil
}

package contract_test

import (
	"crypto/rand"
	"encoding/base64"
	"fmt"

	"github.com/datarights/datarights/chaincode/rights"
	"github.com/datarights/datarights/chaincode/state/statetest"
	"github.com/datarights/datarights/internal/gm"
)

// firmID makes the code of a synthetic participant.
func firmID(n int) string {
	p := fmt.Sprintf("91320902MC0C%05d", n)[:17]
	check, _ := rights.USCCCheck(p)
	return p + string(check)
}

// firm lets a participant in under roles of one admitter.
func (m *market) firm(n int, name string, change func(*rights.Application)) string {
	m.t.Helper()
	id := firmID(n)
	a := m.application(id, name)
	if change != nil {
		change(&a)
	}
	m.must(m.do(id+"#1", "participant.apply", a))
	admitter := exchangeID + "#1"
	if a.Roles[0] == rights.RoleThirdParty || a.Roles[0] == rights.RoleDeveloper {
		admitter = regulatorID + "#1"
	}
	m.must(m.do(admitter, "participant.admit", rights.OfParticipant{USCC: id}))
	return id
}

// sceneHead is the head of a record put on the ledger past the rules.
func (m *market) sceneHead(kind rights.Kind, id string, state rights.State) rights.Head {
	return rights.Head{DocType: string(kind), ID: id, SchemaVersion: rights.SchemaVersion, Version: 1, State: state, RuleProfileVer: "LOCAL@1",
		CreatedAt: m.now, CreatedBy: officer, UpdatedAt: m.now, UpdatedBy: officer, LastTxID: "scene"}
}

// service is the body of work made of no data.
func service(content string) rights.CreateProduct {
	return rights.CreateProduct{Name: "数据治理咨询", Overview: "不含数据", ProductType: "DataService", ServiceType: "VendorService", Level: "LevelGeneral", Grade: 1,
		PI: "None", SubjectClass: "SubjectEnterprise", IndustryCode: "I65", RegionCode: "320902", RegionRange: "Municipal", ContentRoot: hash("spec " + content)}
}

// receivedCopy puts a copy past the rules, under its tag: what faults are tried on.
func (m *market) receivedCopy(holder, product, tag string, change func(*rights.Copy)) string {
	id := "CP-320902-20260706-" + hash(holder + product + tag)[4:16] + "-00"
	c := &rights.Copy{Head: m.sceneHead(rights.KindCopy, id, rights.StateHeld), HolderID: holder, DeliveryID: "DL-x", ProductID: product, Version: 1, MatchTag: tag,
		Permission: m.offer(rights.ActHold, rights.ActQuery, rights.ActProcess), HoldUntil: m.now + 300*86400, DestroyDueAt: m.now + 330*86400}
	if change != nil {
		change(c)
	}
	m.put(rights.KindCopy, id, c)
	m.put(rights.PointerReceived, tag+"/"+holder, object{"copies": []string{id}})
	return id
}

// foreign is the body that proposes a peer's certificate, signed by the peer.
func (m *market) foreign(peer, holder, certNo, tag string) rights.ProposeRecognition {
	m.t.Helper()
	b := rights.ProposeRecognition{PeerID: peer, ForeignCertNo: certNo, ForeignHash: hash("foreign " + certNo), HolderUSCC: holder,
		Kinds: []rights.RightKind{rights.RightUse, rights.RightOperation}, MatchTag: tag, ValidTo: m.now + 300*86400, StatusCheckedAt: m.now}
	b.ForeignSignature = m.peerSigns(&rights.Recognition{PeerID: peer, ForeignCertNo: certNo, ForeignHash: b.ForeignHash, HolderUSCC: holder, Kinds: b.Kinds, MatchTag: tag, ValidTo: b.ValidTo}, m.now)
	return b
}

func (m *market) peerSigns(r *rights.Recognition, at int64) *rights.Attestation {
	m.t.Helper()
	sig, err := gm.Sign(rand.Reader, m.keys[r.PeerID+"#1"], []byte(rights.RecognitionStatement(r, at)))
	if err != nil {
		m.t.Fatal(err)
	}
	return &rights.Attestation{Kid: r.PeerID + "#1", Signature: base64.RawURLEncoding.EncodeToString(sig[:])}
}

// refreshed is the body of a later check, signed by the peer.
func (m *market) refreshed(r *rights.Recognition, at int64) rights.RefreshRecognition {
	return rights.RefreshRecognition{RecognitionID: r.ID, StatusCheckedAt: at, ForeignSignature: m.peerSigns(r, at)}
}

// client is the gateway a key's commands come through.
func (m *market) client(kid string) []byte { return statetest.Creator(m.mspOf(kid), "client") }

// grant puts a grant past the rules: what faults are tried on. Real ones are in publicShop.
func (m *market) grant(grantee, useClass string, ceiling int64) string {
	id := "GR-320900-20260706-" + hash(grantee + useClass)[4:16] + "-00"
	m.put(rights.KindGrant, id, &rights.Grant{Head: m.sceneHead(rights.KindGrant, id, rights.StateEffective), Tier: "GrantL2", GranteeID: grantee, AuthoriserID: registrarID,
		RegionCode: "320900", ScenarioIDs: []string{"SC-1"}, Scope: m.offer(rights.ActDerive, rights.ActProvide).Scope, FeeRule: rights.FeeRule{UseClass: useClass, CeilingFen: ceiling},
		ValidFrom: m.now, ValidTo: rights.AddMonths(m.now, 12)})
	return id
}

package contract_test

import (
	"crypto/rand"
	"encoding/base64"
	"fmt"

	"github.com/datarights/datarights/chaincode/rights"
	"github.com/datarights/datarights/chaincode/state/statetest"
	"github.com/datarights/datarights/internal/gm"
)

// shop is a market with a seller and what it takes to offer something: a
// compliance service, a registered resource and the ways to make products of it.
type shop struct {
	*market
	seller, reviewer  string
	resource, right   string // the seller's resource and its operation right
	version           int64
	products, numbers int
}

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

// newShop opens a shop; numbers keep several apart on one ledger.
func (m *market) newShop(n int) *shop {
	m.t.Helper()
	s := &shop{market: m, numbers: n}
	s.seller = m.firm(n, fmt.Sprintf("盐都数据产品%d有限公司", n), nil)
	s.reviewer = m.firm(n+1, fmt.Sprintf("盐城合规服务%d有限公司", n), func(a *rights.Application) {
		a.Roles, a.ServiceTypes = []rights.Role{rights.RoleThirdParty}, []string{"SvcCompliance"}
	})
	id := m.recorded(s.seller, fmt.Sprint("goods ", n), s.certNo())
	s.resource, s.right = m.the(id).ObjectID, m.the(id).ResultRightIDs[2]
	return s
}

// certNo is the next certificate number of this shop's.
func (s *shop) certNo() string {
	s.products++
	return fmt.Sprintf("SJ321202607%04d", 5000+s.numbers*20+s.products)
}

// tagged attests the tag of a content for its holder.
func (m *market) tagged(holder, root, tag string) *rights.TagAttestation {
	m.t.Helper()
	sig, err := gm.Sign(rand.Reader, m.keys[m.platform], []byte(rights.TagStatement(holder, root, tag, 1)))
	if err != nil {
		m.t.Fatal(err)
	}
	return &rights.TagAttestation{Kid: m.platform, Signature: base64.RawURLEncoding.EncodeToString(sig[:])}
}

// sceneHead is the head of a record put on the ledger past the rules.
func (m *market) sceneHead(kind rights.Kind, id string, state rights.State) rights.Head {
	return rights.Head{DocType: string(kind), ID: id, SchemaVersion: rights.SchemaVersion, Version: 1, State: state, RuleProfileVer: "LOCAL@1",
		CreatedAt: m.now, CreatedBy: officer, UpdatedAt: m.now, UpdatedBy: officer, LastTxID: "scene"}
}

// SCENE (another area's record, until its commands are here): lineage that made
// a root of the shop's resource.
func (s *shop) lineage(root string, change func(*rights.Lineage)) string {
	id := "LN-320902-20260706-" + hash(root)[4:16] + "-00"
	l := &rights.Lineage{Head: s.sceneHead(rights.KindLineage, id, rights.StateAsserted), Op: "OpAggregate", Substantive: true, OperatorID: s.seller,
		Outputs: []rights.LineageOutput{{Type: "Product", ContentRoot: root, Grade: 2}},
		Inputs:  []rights.LineageInput{{Type: "Resource", ID: s.resource, Version: 1, ContentRoot: hash("in"), PermissionRef: s.right}},
		Env:     "EnvSandbox", StartedAt: s.now - 10, FinishedAt: s.now, Depth: 1, MaxGrade: 2}
	if change != nil {
		change(l)
	}
	s.put(rights.KindLineage, id, l)
	return id
}

// product is the body of a dataset made of the shop's resource.
func (s *shop) product(content string) rights.CreateProduct {
	s.t.Helper()
	root, tag := hash("product root "+s.seller+content), hash("product tag "+content)
	return rights.CreateProduct{
		Name: "年度发电量统计", Overview: "按来源汇总", ProductType: "Dataset",
		Inputs: []rights.ProductInput{{ObjectType: "Resource", ObjectID: s.resource, Version: 1, PermissionRef: s.right}},
		Level:  "LevelGeneral", Grade: 2, GradeReport: &rights.Evidence{DocType: rights.DocGrading, Hash: hash("grading")}, PI: "None",
		SubjectClass: "SubjectEnterprise", IndustryCode: "D44", RegionCode: "320902", RegionRange: "Municipal",
		ContentRoot: root, MatchTag: tag, TagEpoch: 1, TagAttestation: s.tagged(s.seller, root, tag), LineageID: s.lineage(root, nil),
	}
}

// service is the body of work made of no data.
func service(content string) rights.CreateProduct {
	return rights.CreateProduct{Name: "数据治理咨询", Overview: "不含数据", ProductType: "DataService", ServiceType: "VendorService", Level: "LevelGeneral", Grade: 1,
		PI: "None", SubjectClass: "SubjectEnterprise", IndustryCode: "I65", RegionCode: "320902", RegionRange: "Municipal", ContentRoot: hash("spec " + content)}
}

// opinion is a compliance opinion in date.
func (m *market) opinion(issuer string) rights.Evidence {
	return rights.Evidence{DocType: rights.DocCompliance, Hash: hash("opinion"), IssuerID: issuer, IssuedOn: rights.CivilDate(m.now - 86400), ExpiresOn: rights.CivilDate(m.now + 400*86400)}
}

// approved brings a product to Approved.
func (s *shop) approved(b rights.CreateProduct) string {
	s.t.Helper()
	id := s.must(s.do(s.seller+"#1", "product.create", b)).id(rights.KindProduct)
	s.must(s.do(s.seller+"#1", "product.submitReview", rights.SubmitReview{ProductID: id, ComplianceOpinion: s.opinion(s.reviewer)}))
	s.must(s.do(exchangeID+"#1", "product.approve", rights.OfProduct{ProductID: id}))
	return id
}

// SCENE (another area's records, until its commands are here): the registered
// operation right of an owner over a product, with its case and certificate.
func (m *market) operates(owner, product, certNo string) (rightID string) {
	m.t.Helper()
	suffix := "-320902-20260706-" + hash(product + owner)[4:16] + "-00"
	caseID, id, to := "RG"+suffix, "RT"+suffix, rights.AddMonths(m.now, 24)
	head := func(kind rights.Kind, id string, state rights.State) rights.Head {
		h := m.sceneHead(kind, id, state)
		h.RuleProfileVer = "DRWG@1"
		return h
	}
	m.put(rights.KindCase, caseID, &rights.Case{Head: head(rights.KindCase, caseID, rights.StateRecorded), RegType: "RegFirst", Profile: "DRWG", ApplicantIDs: []string{owner},
		RegistrarID: registrarID, ObjectType: "Product", ObjectID: product, ObjectVersion: 1, RightKinds: []rights.RightKind{rights.RightOperation}, SourceType: "SrcDerived",
		Findings: positive(), NoticeExempt: &rights.Exemption{Exempt: true, Reason: "x"}, ResultRightIDs: []string{id}, ResultCertNo: certNo, EndedAt: m.now})
	m.put(rights.KindRight, id, &rights.Right{Head: head(rights.KindRight, id, rights.StateActive), Kind: rights.RightOperation, ObjectType: "Product", ObjectID: product,
		ObjectVersionFrom: 1, HolderID: owner, Basis: []rights.Basis{{Type: "BasisOriginal", EvidenceHash: hash("x")}}, ValidFrom: m.now, ValidTo: to, CertNo: certNo, CaseID: caseID, RegistrarID: registrarID})
	m.put(rights.KindCertificate, certNo, &rights.Certificate{Head: head(rights.KindCertificate, certNo, rights.StateValid), CertNo: certNo, HolderID: owner, ObjectType: "Product", ObjectID: product,
		Rights: []rights.CertificateRight{{RightID: id, Kind: rights.RightOperation, HolderID: owner, ValidFrom: m.now, ValidTo: to}}, RegistrarID: registrarID, CaseID: caseID, ValidFrom: m.now, ValidTo: to})
	m.put(rights.PointerHeld, product+"/"+owner, object{"rights": []object{{"kind": "RightOperation", "id": id}}})
	m.put(rights.PointerOpen, product+"/"+owner+"/RegFirst", object{"cases": []object{{"kind": "RightOperation", "id": caseID}}})
	return id
}

// SCENE: a copy that somebody received, under its tag.
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

// offer is a permission with these actions, for a year less.
func (m *market) offer(actions ...rights.Action) *rights.Permission {
	return &rights.Permission{Scope: rights.Scope{ObjectIDs: []string{}, Purposes: []string{"*"}, Regions: []string{"3209"}, Industries: []string{"*"}, Actions: actions, MaxGrade: 4,
		Envs: []rights.Env{rights.EnvClientFile}, From: m.now, To: m.now + 300*86400}}
}

// listing is the body that lists a product.
func (s *shop) listing(product, right string) rights.SubmitListing {
	return rights.SubmitListing{ProductID: product, VenueID: exchangeID, RightID: right, SubjectType: "LicenceUse", DeliveryModes: []string{"EncryptedFile", "API"},
		Permission: s.offer(rights.ActHold, rights.ActQuery, rights.ActProcess), PriceModel: "PerPeriod", UnitPriceFen: 100_00, ValidTo: rights.AddMonths(s.now, 12),
		SimilarityHash: hash("similarity")}
}

// offered is a product, approved and registered, and the body that lists it.
func (s *shop) offered(content string) rights.SubmitListing {
	s.t.Helper()
	id := s.approved(s.product(content))
	return s.listing(id, s.operates(s.seller, id, s.certNo()))
}

// sell sends a command of the seller's.
func (s *shop) sell(name string, body any) answer {
	s.t.Helper()
	return s.do(s.seller+"#1", name, body)
}

// listed brings a listing to Listed.
func (s *shop) listed(b rights.SubmitListing) string {
	s.t.Helper()
	id := s.must(s.sell("listing.submit", b)).id(rights.KindListing)
	s.must(s.do(exchangeID+"#1", "listing.approve", rights.OfListing{ListingID: id}))
	return id
}

// next is the body of a product's next version.
func (s *shop) next(product, content string) rights.NewProductVersion {
	b := s.product(content)
	return rights.NewProductVersion{ProductID: product, ContentRoot: b.ContentRoot, MatchTag: b.MatchTag, TagEpoch: 1, TagAttestation: b.TagAttestation, LineageID: b.LineageID}
}

// important is the body that lists important data as R-6 wants it.
func (s *shop) important(content string) rights.SubmitListing {
	s.t.Helper()
	p := s.product(content)
	p.Level, p.Grade = "LevelImportant", 5
	id := s.approved(p)
	b := s.listing(id, s.operates(s.seller, id, s.certNo()))
	b.DeliveryModes, b.RiskAssessment = []string{"PrivacyCompute"}, &rights.Evidence{DocType: rights.DocOther, Hash: hash("risk")}
	b.Permission.Envs, b.Permission.MaxGrade = []rights.Env{rights.EnvTEE, rights.EnvMPC}, 5
	return b
}

// SCENE (another area's record): an effective quality evaluation.
func (m *market) qualityOf(object string) string {
	id := "EV-320902-20260706-" + hash(object)[4:16] + "-00"
	m.put(rights.KindEvaluation, id, &rights.Evaluation{Head: m.sceneHead(rights.KindEvaluation, id, rights.StateIssued), Kind: "Quality", ObjectType: "Product", ObjectID: object,
		ClientID: energyID, EvaluatorID: weatherID, IssuedAt: m.now, ValidTo: m.now + 300*86400})
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

// SCENE (another area's record): a grant to operate public data.
func (m *market) grant(grantee, useClass string, ceiling int64) string {
	id := "GR-320900-20260706-" + hash(grantee + useClass)[4:16] + "-00"
	m.put(rights.KindGrant, id, &rights.Grant{Head: m.sceneHead(rights.KindGrant, id, rights.StateEffective), Tier: "GrantL2", GranteeID: grantee, AuthoriserID: registrarID,
		RegionCode: "320900", ScenarioIDs: []string{"SC-1"}, Scope: m.offer(rights.ActDerive, rights.ActProvide).Scope, FeeRule: rights.FeeRule{UseClass: useClass, CeilingFen: ceiling},
		ValidFrom: m.now, ValidTo: rights.AddMonths(m.now, 12)})
	return id
}

package scene

import (
	"context"
	"fmt"
	"strings"
	"sync/atomic"

	"github.com/datarights/datarights/chaincode/rights"
	"github.com/datarights/datarights/client"
	"github.com/datarights/datarights/client/fingerprint"
)

// Asset is something registered: who holds it, and the rights over it in the
// order holding, use, operation.
type Asset struct {
	Holder       Person
	Object       string // resource or product
	Type         string
	Root, Tag    string
	Rights       []string
	CertNo, Case string
}

// Operation is the operation right.
func (x *Asset) Operation() string { return x.Rights[len(x.Rights)-1] }

// serial numbers certificates of a month before there was a ledger, so that
// they are nobody else's.
var serial atomic.Int64

// CertNo is the registrar's next certificate number.
func CertNo() string {
	n := serial.Add(1)
	return fmt.Sprintf("SJ3212020%02d%04d", 1+n/9999, 1+n%9999)
}

// Paper stands for a document kept off the ledger.
func Paper(d rights.DocType) rights.Evidence {
	return rights.Evidence{DocType: d, Hash: Hash(string(d))}
}

func papers(docs ...rights.DocType) []rights.Evidence {
	list := make([]rights.Evidence, len(docs))
	for i, d := range docs {
		list[i] = Paper(d)
	}
	return list
}

// AllPapers are those of a first registration.
func AllPapers() []rights.Evidence {
	return papers(rights.DocForm, rights.DocIdentity, rights.DocSource, rights.DocSample, rights.DocDescription,
		rights.DocAllocation, rights.DocCommitment, rights.DocGrading, rights.DocAgreement)
}

// Positive are findings that let a registration through.
func Positive() *rights.Findings {
	yes := &rights.Finding{Positive: true, NoteHash: Hash("note")}
	return &rights.Findings{Description: yes, Source: yes, Rights: yes}
}

// Content is data as the ledger knows it: the root its holder computed and the
// platform's tag of it.
type Content struct {
	Root, Tag   string
	Epoch       int64
	Attestation *rights.TagAttestation
}

// Content makes content up that nobody else has, tagged for its holder.
func (m *Market) Content(holder Person) Content {
	m.Helper()
	c := Content{Root: Hash(Unique("root")), Tag: Hash(Unique("tag")), Epoch: 1}
	c.Attestation = m.Tagged(holder, c.Root, c.Tag)
	return c
}

// Printed fingerprints a table as its holder does, and has the platform's
// gateway tag it.
func (m *Market) Printed(holder Person, format fingerprint.Format, table string) Content {
	m.Helper()
	ctx, cancel := context.WithTimeout(m.Context(), patience)
	defer cancel()
	print, _, err := fingerprint.OfReader(ctx, strings.NewReader(table), fingerprint.Options{Format: format})
	if err != nil {
		m.Fatal(err)
	}
	tags, err := m.session(holder.Through(m.Platform.Via)).MatchTags(ctx, []client.MatchTagRequest{{HolderID: holder.USCC, Digest: print.OrderFreeDigest, ContentRoot: print.ContentRoot, Sketch: print.Sketch}})
	if err != nil {
		m.Fatal(err)
	}
	a := tags[0].TagAttestation
	return Content{print.ContentRoot, tags[0].MatchTag, tags[0].TagEpoch, &rights.TagAttestation{Kid: a.Kid, Signature: a.Signature, SketchHash: a.SketchHash}}
}

// Entry is a catalogue entry of content.
func Entry(c Content) rights.Catalogue {
	return rights.Catalogue{
		Name: "2017年江苏盐城能源发电量表格", Overview: "按来源统计的年发电量", SubjectClass: "SubjectEnterprise", SourceType: "SrcCollected",
		IndustryCode: "D44", RegionCode: "320902", RegionRange: "Municipal", TimeFrom: "2001-01-01", TimeTo: "2017-12-31", UpdateFreq: "Yearly",
		DataForm: "Table", Structure: "Structured", Level: "LevelGeneral", Grade: 2, PI: "None", GradeReport: Paper(rights.DocGrading),
		RecordCount: 51, SizeBytes: 1531, ContentRoot: c.Root, MatchTag: c.Tag, TagEpoch: c.Epoch, TagAttestation: c.Attestation,
	}
}

// Tagged is the platform's word that a content of the holder's has a tag.
func (m *Market) Tagged(holder Person, root, tag string) *rights.TagAttestation {
	m.Helper()
	sketch := Hash("sketch " + root)
	a := m.Platform.Attest(m, rights.TagStatement(holder.USCC, root, tag, 1, sketch))
	return &rights.TagAttestation{Kid: a.Kid, Signature: a.Signature, SketchHash: sketch}
}

// Apply applies for the three rights over a resource and has it accepted.
func (m *Market) Apply(holder Person, resource string) (caseID string) {
	m.Helper()
	return m.accepted(holder, rights.Submit{RegType: "RegFirst", RegistrarID: m.Registrar.USCC, ObjectType: "Resource", ObjectID: resource,
		RightKinds: []rights.RightKind{rights.RightHolding, rights.RightUse, rights.RightOperation}, Papers: AllPapers()})
}

func (m *Market) accepted(holder Person, s rights.Submit) (caseID string) {
	m.Helper()
	id := m.Do(holder, "registration.submit", s).One(rights.KindCase)
	m.Do(m.Registrar, "registration.accept", rights.OfCase{CaseID: id})
	return id
}

// Notice publishes a case and returns when its notice ends.
func (m *Market) Notice(caseID string) (ends int64) {
	m.Helper()
	m.Do(m.Registrar, "registration.publishNotice", rights.PublishNotice{CaseID: caseID, Findings: Positive()})
	return Read[rights.Case](m, "Group", "/v1/registrations/"+caseID).NoticeEndsAt
}

// record records a case under review without a notice.
func (m *Market) record(caseID string) *Asset {
	m.Helper()
	return m.recorded(rights.RecordCase{CaseID: caseID, CertNo: CertNo(), Findings: Positive(),
		NoticeExempt: &rights.Exemption{Exempt: true, Reason: "申请人说明理由，登记机构同意免予公示"}})
}

func (m *Market) recorded(b rights.RecordCase) *Asset {
	m.Helper()
	m.Do(m.Registrar, "registration.record", b)
	c := ReadAs[rights.Case](m, m.Registrar, "/v1/registrations/"+b.CaseID)
	return &Asset{Object: c.ObjectID, Type: c.ObjectType, Rights: c.ResultRightIDs, CertNo: c.ResultCertNo, Case: c.ID}
}

// Register catalogues new content of a holder's and registers the three rights.
func (m *Market) Register(holder Person) *Asset {
	m.Helper()
	c := m.Content(holder)
	resource := m.Do(holder, "resource.catalogue", Entry(c)).One(rights.KindResource)
	x := m.record(m.Apply(holder, resource))
	x.Holder, x.Root, x.Tag = holder, c.Root, c.Tag
	return x
}

// Transfer is an application to transfer rights on terms of that name.
func (m *Market) Transfer(to Person, terms string, list ...string) rights.Submit {
	return rights.Submit{RegType: rights.RegTransfer, RegistrarID: m.Registrar.USCC, TargetRightIDs: list, CounterpartyID: to.USCC, TermsHash: Hash(terms),
		Papers: papers(rights.DocForm, rights.DocIdentity, rights.DocAgreement, rights.DocCommitment, rights.DocChange, rights.DocOther)}
}

// Transferred has a transfer countersigned, accepted and recorded.
func (m *Market) Transferred(from, to Person, s rights.Submit) *Asset {
	m.Helper()
	id := m.Do(from, "registration.submit", s).One(rights.KindCase)
	m.Do(to, "registration.countersign", rights.Countersign{CaseID: id, TermsHash: s.TermsHash})
	m.Do(m.Registrar, "registration.accept", rights.OfCase{CaseID: id})
	x := m.record(id)
	x.Holder = to
	return x
}

// Renewed has rights renewed, and returns the first.
func (m *Market) Renewed(holder Person, list ...string) string {
	m.Helper()
	id := m.accepted(holder, rights.Submit{RegType: rights.RegRenewal, RegistrarID: m.Registrar.USCC, TargetRightIDs: list,
		Papers: papers(rights.DocForm, rights.DocIdentity, rights.DocCommitment, rights.DocOther)})
	m.Do(m.Registrar, "registration.record", rights.RecordCase{CaseID: id, Findings: Positive()})
	return list[0]
}

package contract_test

import (
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"strings"
	"testing"

	"github.com/datarights/datarights/chaincode/rights"
	"github.com/datarights/datarights/internal/gm"
)

// attest signs a tag as the platform does, for a holder.
func (m *market) attest(kid, holder, root, tag string, epoch int64) *rights.TagAttestation {
	m.t.Helper()
	sketch := hash("sketch " + root)
	sig, err := gm.Sign(rand.Reader, m.keys[kid], []byte(rights.TagStatement(holder, root, tag, epoch, sketch)))
	if err != nil {
		m.t.Fatal(err)
	}
	return &rights.TagAttestation{Kid: kid, Signature: base64.RawURLEncoding.EncodeToString(sig[:]), SketchHash: sketch}
}

func TestCatalogue(t *testing.T) {
	m := newMarket(t)
	for _, c := range []struct {
		name   string
		change func(*rights.Catalogue)
		code   rights.Code
		field  string
	}{
		{"no name", func(c *rights.Catalogue) { c.Name = "" }, rights.CodeFormat, "name"},
		{"long overview", func(c *rights.Catalogue) { c.Overview = strings.Repeat("数", 401) }, rights.CodeFormat, "overview"},
		{"no source", func(c *rights.Catalogue) { c.SourceType = "" }, rights.CodeFormat, "sourceType"},
		{"no such class", func(c *rights.Catalogue) { c.SubjectClass = "Public" }, rights.CodeFormat, "subjectClass"},
		{"industry", func(c *rights.Catalogue) { c.IndustryCode = "44" }, rights.CodeFormat, "industryCode"},
		{"region", func(c *rights.Catalogue) { c.RegionCode = "32" }, rights.CodeFormat, "regionCode"},
		{"period backwards", func(c *rights.Catalogue) { c.TimeTo = "2000-12-31" }, rights.CodeFormat, "timeTo"},
		{"no such day", func(c *rights.Catalogue) { c.TimeFrom = "2001-02-29" }, rights.CodeFormat, "timeFrom"},
		{"R-1 core", func(c *rights.Catalogue) { c.Level, c.Grade = "LevelCore", 6 }, rights.CodeGrade, "level"},
		{"general of grade 5", func(c *rights.Catalogue) { c.Grade = 5 }, rights.CodeGrade, "grade"},
		{"general of grade 0", func(c *rights.Catalogue) { c.Grade = 0 }, rights.CodeGrade, "grade"},
		{"important of grade 4", func(c *rights.Catalogue) { c.Level, c.Grade = "LevelImportant", 4 }, rights.CodeGrade, "grade"},
		{"R-6 important and resold", func(c *rights.Catalogue) {
			c.Level, c.Grade, c.Limits = "LevelImportant", 5, &rights.Limits{ResaleAllowed: true}
		}, rights.CodeGrade, "limits.resaleAllowed"},
		{"R-6 important and exported", func(c *rights.Catalogue) {
			c.Level, c.Grade, c.Limits = "LevelImportant", 5, &rights.Limits{ExportAllowed: true}
		}, rights.CodeGrade, "limits.exportAllowed"},
		{"no grading report", func(c *rights.Catalogue) { c.GradeReport = rights.Evidence{} }, rights.CodeFormat, "gradeReport.docType"},
		{"report without hash", func(c *rights.Catalogue) { c.GradeReport.Hash = "" }, rights.CodeFormat, "gradeReport.hash"},
		{"public without kind", func(c *rights.Catalogue) { c.SubjectClass = "SubjectPublic" }, rights.CodeFormat, "publicKind"},
		{"public without unit", func(c *rights.Catalogue) { c.SubjectClass, c.PublicKind = "SubjectPublic", "Utility" }, rights.CodeFormat, "sourceUnitId"},
		{"public of a unit not here", func(c *rights.Catalogue) {
			c.SubjectClass, c.PublicKind, c.SourceUnitID = "SubjectPublic", "Utility", unitID
		}, rights.CodeNotFound, "sourceUnitId"},
		{"public kind of private data", func(c *rights.Catalogue) { c.PublicKind = "Utility" }, rights.CodeFormat, "publicKind"},
		{"own custodian (RT-6)", func(c *rights.Catalogue) { c.CustodianID, c.CustodyAgreement = energyID, hash("custody") }, rights.CodeBasis, "custodianId"},
		{"custodian without agreement", func(c *rights.Catalogue) { c.CustodianID = weatherID }, rights.CodeFormat, "custodyAgreement"},
		{"custodian not here", func(c *rights.Catalogue) { c.CustodianID, c.CustodyAgreement = buyerID, hash("custody") }, rights.CodeNotFound, "custodianId"},
		{"no content root", func(c *rights.Catalogue) { c.ContentRoot = "" }, rights.CodeFormat, "contentRoot"},
		{"negative count", func(c *rights.Catalogue) { c.RecordCount = -1 }, rights.CodeFormat, "recordCount"},
		{"limits with a line break", func(c *rights.Catalogue) { c.Limits = &rights.Limits{Territory: "江苏\n"} }, rights.CodeFormat, "limits.territory"},
		{"a table without tag", func(c *rights.Catalogue) { c.MatchTag, c.TagAttestation, c.TagEpoch = "", nil, 0 }, rights.CodeFormat, "matchTag"},
		{"tag without attestation", func(c *rights.Catalogue) { c.TagAttestation = nil }, rights.CodeFormat, "tagAttestation"},
		{"tag without epoch", func(c *rights.Catalogue) { c.TagEpoch = 0 }, rights.CodeFormat, "tagAttestation"},
		{"another epoch than attested", func(c *rights.Catalogue) { c.TagEpoch = 2 }, rights.CodeSignature, "tagAttestation.signature"},
		{"another tag than attested", func(c *rights.Catalogue) { c.MatchTag = hash("other") }, rights.CodeSignature, "tagAttestation.signature"},
		{"another root than attested", func(c *rights.Catalogue) { c.ContentRoot = hash("other") }, rights.CodeSignature, "tagAttestation.signature"},
		{"attested for somebody else", func(c *rights.Catalogue) { *c = m.resource(weatherID, "x") }, rights.CodeSignature, "tagAttestation.signature"},
		{"attested by the holder", func(c *rights.Catalogue) {
			c.TagAttestation = m.attest(energyID+"#1", energyID, c.ContentRoot, c.MatchTag, 1)
		}, rights.CodeKey, "tagAttestation.kid"},
		{"attested by an officer without the duty", func(c *rights.Catalogue) {
			c.TagAttestation = m.attest(registrarID+"#1", energyID, c.ContentRoot, c.MatchTag, 1)
		}, rights.CodeKey, "tagAttestation.kid"},
		{"no sketch", func(c *rights.Catalogue) { c.TagAttestation.SketchHash = "" }, rights.CodeFormat, "tagAttestation.sketchHash"},
		{"another sketch", func(c *rights.Catalogue) { c.TagAttestation.SketchHash = hash("other") }, rights.CodeSignature, "tagAttestation.signature"},
		{"a sketch that is no hash", func(c *rights.Catalogue) { c.TagAttestation.SketchHash = "x" }, rights.CodeFormat, "tagAttestation.sketchHash"},
		{"attested by a number not there", func(c *rights.Catalogue) { c.TagAttestation.Kid = registrarID + "#9" }, rights.CodeKey, "tagAttestation.kid"},
		{"attested by nobody", func(c *rights.Catalogue) { c.TagAttestation.Kid = "x" }, rights.CodeFormat, "tagAttestation.kid"},
		{"attestation cut", func(c *rights.Catalogue) { c.TagAttestation.Signature = c.TagAttestation.Signature[:20] }, rights.CodeSignature, "tagAttestation.signature"},
	} {
		t.Run(c.name, func(t *testing.T) {
			m.t = t
			r := m.resource(energyID, "x")
			c.change(&r)
			if e := m.refuses(m.do(energyID+"#1", "resource.catalogue", r), c.code); e.Field != c.field {
				t.Errorf("field %q; want %q: %v", e.Field, c.field, e)
			}
		})
	}
	m.t = t
	for _, kid := range []string{registrarID + "#1", regulatorID + "#1"} { // SD-1, SD-4
		id, _, _ := strings.Cut(kid, "#")
		m.refuses(m.do(kid, "resource.catalogue", m.resource(id, "x")), rights.CodeSelf)
	}
	// What is no file may go without a tag.
	api := m.resource(energyID, "x")
	api.DataForm, api.MatchTag, api.TagAttestation, api.TagEpoch = "Other", "", nil, 0
	id := m.must(m.do(energyID+"#1", "resource.catalogue", api)).id(rights.KindResource)
	if r := read[rights.Resource](m, rights.KindResource, id); r.State != rights.StateCatalogued || r.HolderID != energyID || len(r.Versions) != 1 || r.Versions[0].At != m.now {
		t.Errorf("%+v", r)
	}
	// A platform key that was revoked attests no more.
	late := m.resource(energyID, "late")
	m.must(m.do(registrarID+"#1", "participant.revokeKey", rights.RevokeKey{KeyNo: 2, Reason: "换机"}))
	m.refuses(m.do(energyID+"#1", "resource.catalogue", late), rights.CodeKey)
}

// Equal content: the same holder once, others as often as they hold it.
func TestSameContent(t *testing.T) {
	m := newMarket(t)
	id := m.catalogue(energyID, "facts")
	if e := m.refuses(m.do(energyID+"#1", "resource.catalogue", m.resource(energyID, "facts")), rights.CodeDup); e.Record != id {
		t.Errorf("%+v", e)
	}
	m.catalogue(weatherID, "facts")
	// Retired content may be catalogued anew, in its old place under the tag.
	for range 3 {
		m.must(m.do(energyID+"#1", "resource.retire", rights.OfResource{ResourceID: id}))
		id = m.catalogue(energyID, "facts")
	}
	var claims struct{ Claims []any }
	if err := json.Unmarshal(snapshot(m.ledger).raw[rights.PointerTag][hash("tag facts")], &claims); err != nil || len(claims.Claims) != 2 {
		t.Errorf("%d claims of two holders", len(claims.Claims))
	}
}

func TestAddVersion(t *testing.T) {
	m := newMarket(t)
	id := m.catalogue(energyID, "2017")
	version := func(content string) rights.AddVersion {
		c := m.resource(energyID, content)
		return rights.AddVersion{ResourceID: id, ContentRoot: c.ContentRoot, MatchTag: c.MatchTag, TagEpoch: 1, TagAttestation: c.TagAttestation, RecordCount: 60, SizeBytes: 2000, SourceNote: "续采 2018 年"}
	}
	v := version("2018")
	m.refuses(m.do(weatherID+"#1", "resource.addVersion", v), rights.CodeRole)
	noNote := v
	noNote.SourceNote = ""
	m.refuses(m.do(energyID+"#1", "resource.addVersion", noNote), rights.CodeFormat)
	m.refuses(m.do(energyID+"#1", "resource.addVersion", version("2017")), rights.CodeDup)
	m.must(m.do(energyID+"#1", "resource.addVersion", v))
	m.must(m.do(energyID+"#1", "resource.addVersion", version("2017"))) // back to an older content is a version too
	r := read[rights.Resource](m, rights.KindResource, id)
	if len(r.Versions) != 3 || r.Versions[1].No != 2 || r.RecordCount != 60 || r.Version != 3 {
		t.Errorf("%+v", r)
	}
	other := m.catalogue(energyID, "2019")
	v = version("2018")
	v.ResourceID = other
	m.refuses(m.do(energyID+"#1", "resource.addVersion", v), rights.CodeDup) // that content is the other resource's
}

func TestRegrade(t *testing.T) {
	m := newMarket(t)
	appraiser := m.application(appraiserID, "分级评估有限公司")
	appraiser.Roles = []rights.Role{rights.RoleThirdParty}
	m.must(m.do(appraiserID+"#1", "participant.apply", appraiser))
	m.must(m.do(regulatorID+"#1", "participant.admit", rights.OfParticipant{USCC: appraiserID}))
	r := m.resource(energyID, "x")
	r.Limits = &rights.Limits{ResaleAllowed: true, Territory: "江苏"}
	id := m.must(m.do(energyID+"#1", "resource.catalogue", r)).id(rights.KindResource)
	n := 0
	grade := func(kid, level string, g int64, issuer string) answer {
		n++
		return m.do(kid, "resource.regrade", rights.Regrade{ResourceID: id, Level: level, Grade: g,
			GradeReport: rights.Evidence{DocType: rights.DocGrading, Hash: hash("report" + string(rune('a'+n))), IssuerID: issuer}})
	}
	holder, regulator := energyID+"#1", regulatorID+"#1"
	m.refuses(grade(weatherID+"#1", "LevelGeneral", 3, ""), rights.CodeRole)
	m.refuses(grade(exchangeID+"#1", "LevelGeneral", 3, ""), rights.CodeRole)
	m.refuses(grade(holder, "LevelCore", 6, ""), rights.CodeGrade)
	m.refuses(m.do(holder, "resource.regrade", rights.Regrade{ResourceID: id, Level: "LevelGeneral", Grade: 3, GradeReport: r.GradeReport}), rights.CodeDup)
	m.refuses(grade(regulator, "LevelGeneral", 1, appraiserID), rights.CodeRole) // the regulator only raises
	m.refuses(grade(regulator, "LevelGeneral", 2, ""), rights.CodeRole)
	m.must(grade(regulator, "LevelGeneral", 4, ""))
	m.must(grade(holder, "LevelGeneral", 4, ""))
	m.refuses(grade(holder, "LevelGeneral", 3, ""), rights.CodeFormat)
	m.refuses(grade(holder, "LevelGeneral", 3, energyID), rights.CodeGrade)
	m.refuses(grade(holder, "LevelGeneral", 3, weatherID), rights.CodeGrade)
	m.refuses(grade(holder, "LevelGeneral", 3, buyerID), rights.CodeNotFound)
	m.must(grade(holder, "LevelGeneral", 3, appraiserID))
	m.must(grade(regulator, "LevelImportant", 5, ""))
	if x := read[rights.Resource](m, rights.KindResource, id); x.Grade != 5 || x.Limits.ResaleAllowed || x.Limits.Territory != "江苏" {
		t.Errorf("%+v %+v", x, x.Limits)
	}
	// SD-3: not by a sister of the holder's.
	edit(rights.KindParticipant, appraiserID, func(p *rights.Participant) { p.GroupID = hash("group") })(m)
	edit(rights.KindParticipant, energyID, func(p *rights.Participant) { p.GroupID = hash("group") })(m)
	m.refuses(grade(holder, "LevelGeneral", 4, appraiserID), rights.CodeSelf)
}

func TestResourceEnds(t *testing.T) {
	m := newMarket(t)
	holder, regulator := energyID+"#1", regulatorID+"#1"
	destroyed := func(id string, issuer string) answer {
		return m.do(holder, "resource.certifyDestroyed", rights.Destroyed{ResourceID: id, Evidence: []rights.Evidence{{DocType: rights.DocOther, Hash: hash("wiped"), IssuerID: issuer}}})
	}
	// Nothing leaves while the holder has a case or a right on it.
	rec := m.recorded(energyID, "x", "SJ3212026070001")
	c := read[rights.Case](m, rights.KindCase, rec)
	if e := m.refuses(m.do(holder, "resource.retire", rights.OfResource{ResourceID: c.ObjectID}), rights.CodeState); e.Record == "" {
		t.Errorf("%+v", e)
	}
	m.refuses(destroyed(c.ObjectID, ""), rights.CodeState)
	id := m.submitted(energyID, "y")
	obj := read[rights.Case](m, rights.KindCase, id).ObjectID
	m.refuses(m.do(holder, "resource.retire", rights.OfResource{ResourceID: obj}), rights.CodeExists)
	m.must(m.do(holder, "registration.withdraw", rights.OfCase{CaseID: id}))
	m.must(m.do(holder, "resource.retire", rights.OfResource{ResourceID: obj}))
	m.refuses(m.do(holder, "registration.submit", application(obj)), rights.CodeState)
	m.must(destroyed(obj, ""))
	m.refuses(destroyed(obj, ""), rights.CodeState)
	// A suspended resource is nothing to register on; the regulator suspended, the regulator resumes.
	z := m.catalogue(energyID, "z")
	measure := rights.ResourceMeasure{ResourceID: z, MeasureRef: "盐数监〔2026〕2号"}
	m.refuses(m.do(holder, "resource.suspend", measure), rights.CodeRole)
	m.must(m.do(regulator, "resource.suspend", measure))
	m.refuses(m.do(holder, "registration.submit", application(z)), rights.CodeState)
	m.refuses(m.do(holder, "resource.resume", measure), rights.CodeRole)
	m.must(m.do(regulator, "resource.resume", measure))
	m.must(m.do(holder, "registration.submit", application(z)))
	// The custodian's own word is needed.
	w := m.resource(energyID, "w")
	w.CustodianID, w.CustodyAgreement = weatherID, hash("custody")
	held := m.must(m.do(holder, "resource.catalogue", w)).id(rights.KindResource)
	m.refuses(destroyed(held, ""), rights.CodeConsent)
	m.refuses(destroyed(held, energyID), rights.CodeConsent)
	m.must(destroyed(held, weatherID))
	m.refuses(m.do(holder, "resource.certifyDestroyed", rights.Destroyed{ResourceID: held}), rights.CodeFormat)
}

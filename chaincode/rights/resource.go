package rights

import (
	"encoding/base64"
	"slices"
	"strconv"
	"strings"

	"github.com/datarights/datarights/internal/gm"
)

// Vocabularies of a resource, as the national form has them.
var (
	subjectClasses = []string{"SubjectPublic", "SubjectEnterprise", "SubjectPersonal"}
	sourceTypes    = []string{"SrcCollected", "SrcAgreement", "SrcCrawled", "SrcDerived", "SrcJoint"}
	publicKinds    = []string{"GovDuty", "Utility", "Institution"}
	regionRanges   = []string{"International", "National", "Provincial", "Municipal", "County", "BelowCounty"}
	updateFreqs    = []string{"RealTime", "Daily", "Weekly", "Monthly", "Yearly", "OnDemand", "Other"}
	dataForms      = []string{"Table", "Text", "Image", "Video", "Audio", "Other"}
	structures     = []string{"Structured", "SemiStructured", "Unstructured"}
	levels         = []string{"LevelGeneral", "LevelImportant", "LevelCore"}
	piClasses      = []string{"None", "Anonymised", "Deidentified", "PersonalInfo", "SensitivePI"}
)

// Catalogue is the body of resource.catalogue.
type Catalogue struct {
	Name             string          `json:"name"`
	Overview         string          `json:"overview"`
	SubjectClass     string          `json:"subjectClass"`
	SourceType       string          `json:"sourceType"`
	SourceUnitID     string          `json:"sourceUnitId,omitempty"`
	PublicKind       string          `json:"publicKind,omitempty"`
	IndustryCode     string          `json:"industryCode"`
	RegionCode       string          `json:"regionCode"`
	RegionRange      string          `json:"regionRange"`
	TimeFrom         string          `json:"timeFrom"`
	TimeTo           string          `json:"timeTo"`
	UpdateFreq       string          `json:"updateFreq"`
	DataForm         string          `json:"dataForm"`
	Structure        string          `json:"structure"`
	Category         string          `json:"category,omitempty"`
	Level            string          `json:"level"`
	Grade            int64           `json:"grade"`
	GradeReport      Evidence        `json:"gradeReport"`
	PI               string          `json:"pi"`
	DomainID         string          `json:"domainId,omitempty"`
	CustodianID      string          `json:"custodianId,omitempty"`
	CustodyAgreement string          `json:"custodyAgreement,omitempty"`
	PublicRegCode    string          `json:"publicRegCode,omitempty"`
	Limits           *Limits         `json:"limits,omitempty"`
	RecordCount      int64           `json:"recordCount"`
	SizeBytes        int64           `json:"sizeBytes"`
	ContentRoot      string          `json:"contentRoot"`
	MatchTag         string          `json:"matchTag,omitempty"`
	TagEpoch         int64           `json:"tagEpoch,omitempty"`
	TagAttestation   *TagAttestation `json:"tagAttestation,omitempty"`
	SchemaHash       string          `json:"schemaHash,omitempty"`
	LineageID        string          `json:"lineageId,omitempty"` // of the processing that made it
}

// AddVersion is the body of resource.addVersion.
type AddVersion struct {
	ResourceID     string          `json:"resourceId"`
	ContentRoot    string          `json:"contentRoot"`
	MatchTag       string          `json:"matchTag,omitempty"`
	TagEpoch       int64           `json:"tagEpoch,omitempty"`
	TagAttestation *TagAttestation `json:"tagAttestation,omitempty"`
	SchemaHash     string          `json:"schemaHash,omitempty"`
	RecordCount    int64           `json:"recordCount"`
	SizeBytes      int64           `json:"sizeBytes"`
	SourceNote     string          `json:"sourceNote,omitempty"` // this, or the lineage
	LineageID      string          `json:"lineageId,omitempty"`  // of the processing that made it
}

// TagStatement is what the platform signs when it keys a client's order-free
// digest: whose it is, which content it goes with, the tag and its key's epoch;
// and, where there is one, the hash of the sketch that it keyed beside.
func TagStatement(holderID, contentRoot, matchTag string, epoch int64, sketchHash string) string {
	statement := holderID + "\n" + contentRoot + "\n" + matchTag + "\n" + strconv.FormatInt(epoch, 10)
	if sketchHash == "" {
		return "datarights-match-tag-v1\n" + statement
	}
	return "datarights-match-tag-v2\n" + statement + "\n" + sketchHash
}

func checkGrade(level string, grade int64, report Evidence) error {
	if err := oneOf("level", level, levels...); err != nil {
		return err
	}
	lo, hi := int64(1), int64(4)
	switch level {
	case "LevelCore":
		return refuse(CodeGrade, "国家核心数据不得进入账本", "national core data never enters the ledger").at("level").by("R-1")
	case "LevelImportant":
		lo, hi = 5, 5
	}
	if grade < lo || grade > hi {
		return refuse(CodeGrade, "该级别数据的分级须在 %d 至 %d 之间", "the grade of this level is %d to %d", lo, hi).at("grade").by("GB/T 43697")
	}
	if report.DocType != DocGrading {
		return refuse(CodeFormat, "须为 DocGrading（分类分级报告）", "must be DocGrading, the classification and grading report").at("gradeReport.docType")
	}
	return checkPaper("gradeReport", report)
}

func (b *Catalogue) check() error {
	if err := first(
		checkText("name", b.Name, 40),
		checkText("overview", b.Overview, 400),
		oneOf("subjectClass", b.SubjectClass, subjectClasses...),
		oneOf("sourceType", b.SourceType, sourceTypes...),
		checkIndustry("industryCode", b.IndustryCode),
		checkRegion("regionCode", b.RegionCode),
		oneOf("regionRange", b.RegionRange, regionRanges...),
		checkDate("timeFrom", b.TimeFrom),
		checkDate("timeTo", b.TimeTo),
		oneOf("updateFreq", b.UpdateFreq, updateFreqs...),
		oneOf("dataForm", b.DataForm, dataForms...),
		oneOf("structure", b.Structure, structures...),
		oneOf("pi", b.PI, piClasses...),
		checkGrade(b.Level, b.Grade, b.GradeReport),
	); err != nil {
		return err
	}
	if b.TimeTo < b.TimeFrom {
		return refuse(CodeFormat, "不得早于 timeFrom", "must not be before timeFrom").at("timeTo")
	}
	if public := b.SubjectClass == "SubjectPublic"; public {
		if err := first(oneOf("publicKind", b.PublicKind, publicKinds...), checkParticipantID("sourceUnitId", b.SourceUnitID)); err != nil {
			return err
		}
	} else if b.PublicKind != "" {
		return refuse(CodeFormat, "仅公共数据填写", "is for public data only").at("publicKind")
	}
	if b.CustodianID != "" {
		if err := first(checkParticipantID("custodianId", b.CustodianID), checkHash("custodyAgreement", b.CustodyAgreement)); err != nil {
			return err
		}
	}
	for _, t := range []struct{ field, v string }{{"category", b.Category}, {"domainId", b.DomainID}, {"publicRegCode", b.PublicRegCode}} {
		if t.v != "" {
			if err := checkText(t.field, t.v, 40); err != nil {
				return err
			}
		}
	}
	return first(checkLimits("limits", b.Limits), allowLimits("limits", b.Level, b.Limits))
}

// allowLimits refuses limits that would let important data out.
func allowLimits(field, level string, l *Limits) error {
	if l == nil || level != "LevelImportant" {
		return nil
	}
	for _, x := range []struct {
		name    string
		allowed bool
	}{{".resaleAllowed", l.ResaleAllowed}, {".exportAllowed", l.ExportAllowed}} {
		if x.allowed {
			return refuse(CodeGrade, "重要数据不得转售、不得出境", "important data is neither resold nor exported").at(field + x.name).by("R-6")
		}
	}
	return nil
}

func checkLimits(field string, l *Limits) error {
	if l == nil {
		return nil
	}
	for _, t := range []struct{ name, v string }{{".buyerType", l.BuyerType}, {".buyerQualification", l.BuyerQualification}, {".environment", l.Environment}, {".territory", l.Territory}} {
		if t.v != "" {
			if err := checkText(field+t.name, t.v, 100); err != nil {
				return err
			}
		}
	}
	return nil
}

// version checks one version's digests and builds it.
func (a *Act) version(no int64, b *AddVersion, dataForm string) (ResourceVersion, error) {
	v := ResourceVersion{No: no, ContentRoot: b.ContentRoot, MatchTag: b.MatchTag, TagEpoch: b.TagEpoch, TagAttestation: b.TagAttestation,
		SchemaHash: b.SchemaHash, RecordCount: b.RecordCount, SizeBytes: b.SizeBytes, At: a.Now, SourceNote: b.SourceNote, LineageID: b.LineageID}
	if err := checkHash("contentRoot", b.ContentRoot); err != nil {
		return v, err
	}
	if b.RecordCount < 0 || b.SizeBytes < 0 {
		return v, refuse(CodeFormat, "不得为负", "must not be negative").at("recordCount")
	}
	if b.SchemaHash != "" {
		if err := checkHash("schemaHash", b.SchemaHash); err != nil {
			return v, err
		}
	}
	if b.MatchTag == "" {
		if dataForm == "Other" && b.TagAttestation == nil {
			return v, nil // only what is not file-like may go without
		}
		return v, refuse(CodeFormat, "文件类数据须有平台签发的 MatchTag；向登记或交易机构的网关 POST /v1/match-tags 取得", "file-like data needs the platform's MatchTag; get one from a registrar's or exchange's gateway: POST /v1/match-tags").at("matchTag")
	}
	if err := checkHash("matchTag", b.MatchTag); err != nil {
		return v, err
	}
	if b.TagEpoch < 1 || b.TagAttestation == nil {
		return v, refuse(CodeFormat, "须附密钥期号与平台签名", "needs the key's epoch and the platform's attestation").at("tagAttestation")
	}
	if err := a.needsSketch("tagAttestation", b.TagAttestation); err != nil {
		return v, err
	}
	return v, a.checkTag("tagAttestation", a.Actor.USCC, b.ContentRoot, b.MatchTag, b.TagEpoch, v.TagAttestation)
}

// needsSketch refuses file-like content without a sketch where the market's
// rules want one (4.4): what was never sketched is never found similar.
func (a *Act) needsSketch(field string, by *TagAttestation) error {
	if by.Sketch() != "" {
		return nil
	}
	ver, err := a.localVer()
	if err != nil || ver == "" { // before the market's rules are out
		return err
	}
	p, err := a.profile(ver)
	if err != nil || p.Int(ParamSketchRequired) == 0 {
		return err
	}
	return refuse(CodeFormat, "文件类数据须有相似性摘要；取得 MatchTag 时一并提交 sketch", "file-like data needs a similarity sketch; send it as sketch when having the MatchTag made").at(field + ".sketchHash").by("4.4")
}

// checkTag verifies that the platform keyed the tag of that content for holder.
func (a *Act) checkTag(field, holder, contentRoot, tag string, epoch int64, by *TagAttestation) error {
	if by.SketchHash != "" {
		if err := checkHash(field+".sketchHash", by.SketchHash); err != nil {
			return err
		}
	}
	return a.attestedByPlatform(field, by.Kid, by.Signature, TagStatement(holder, contentRoot, tag, epoch, by.SketchHash),
		Text{"平台签名与持有人、内容根、标签、期号、相似性摘要不符", "the platform's signature does not fit holder, content root, tag, epoch and sketch"})
}

// attestedByPlatform verifies that a key with the platform's duty signed a
// statement.
func (a *Act) attestedByPlatform(field, kid, signature, statement string, otherwise Text) error {
	id, no, ok := SplitKeyID(kid)
	if !ok {
		return refuse(CodeFormat, "须为 <主体>#<密钥编号>", "must be <participant>#<key number>").at(field + ".kid")
	}
	p, err := a.participant(field+".kid", id)
	if err != nil {
		return err
	}
	if no > len(p.Keys) || p.State != StateActive || p.Keys[no-1].State != KeyActive || p.Keys[no-1].Officer == nil ||
		!slices.Contains(p.Keys[no-1].Officer.Duties, RolePlatform) {
		return refuse(CodeKey, "%s 不是有效的平台密钥", "%s is not an active key with the platform's duty", kid).at(field + ".kid")
	}
	pub, _, err := ParseKey(field+".kid", p.Keys[no-1].PublicKey)
	if err != nil {
		return err
	}
	sig, err := base64.RawURLEncoding.Strict().DecodeString(signature)
	if err != nil || !gm.Verify(pub, []byte(statement), sig) {
		return refuse(CodeSignature, "%[1]s", "%[2]s", otherwise.Zh, otherwise.En).at(field + ".signature")
	}
	return nil
}

// SplitKeyID takes a key id apart.
func SplitKeyID(kid string) (id string, no int, ok bool) {
	id, number, found := strings.Cut(kid, "#")
	no, err := strconv.Atoi(number)
	return id, no, found && err == nil && no > 0 && strconv.Itoa(no) == number && id != ""
}

// tagClaims is the pointer from a MatchTag to the resources that carry it.
type tagClaims struct {
	Claims []tagClaim `json:"claims"`
}

type tagClaim struct {
	ResourceID string `json:"resourceId"`
	HolderID   string `json:"holderId"` // of the resource, or of a right over it
}

// maxTagClaims bounds the pointer; the same content catalogued more often than
// this is not a market any more.
const maxTagClaims = 256

// claimTag enters a resource under its tag. The same holder does not catalogue
// the same content twice (DRWG 39(2)); others may, rights being not exclusive.
func (a *Act) claimTag(tag, resourceID string) error {
	if tag == "" {
		return nil
	}
	var claims tagClaims
	if _, err := a.Ledger.Load(PointerTag, tag, &claims); err != nil {
		return err
	}
	for i, c := range claims.Claims {
		if c.HolderID != a.Actor.USCC {
			continue
		}
		if c.ResourceID == resourceID {
			return nil // an older version of the same resource
		}
		var other Resource
		if err := need(a, KindResource, "matchTag", c.ResourceID, &other); err != nil {
			return err
		}
		switch {
		case other.HolderID != a.Actor.USCC: // a right over somebody else's
		case other.State == StateDestroyed || other.State == StateRetired:
			claims.Claims[i].ResourceID = resourceID // nothing is registered on it; it makes room
			return a.Ledger.Store(PointerTag, tag, &claims)
		default:
			return refuse(CodeDup, "您已将相同内容编目为 %s", "you catalogued the same content as %s already", c.ResourceID).at("matchTag").on(c.ResourceID).by("DRWG 39(2)")
		}
	}
	return a.enterClaim(tag, claims, tagClaim{resourceID, a.Actor.USCC})
}

// enterClaim adds a claim to a tag, once.
func (a *Act) enterClaim(tag string, claims tagClaims, c tagClaim) error {
	if slices.Contains(claims.Claims, c) {
		return nil
	}
	if len(claims.Claims) >= maxTagClaims {
		return refuse(CodeDup, "相同内容的编目已达上限", "this content is claimed too often").at("matchTag")
	}
	claims.Claims = append(claims.Claims, c)
	return a.Ledger.Store(PointerTag, tag, &claims)
}

func catalogue(a *Act, b *Catalogue) error {
	if _, err := a.step(&resourceMachine, "", "", "catalogue", "", Relations{ByHolder: {a.Actor.USCC}}); err != nil {
		return err
	}
	if err := b.check(); err != nil {
		return err
	}
	if err := a.knownRegion("regionCode", b.RegionCode); err != nil {
		return err
	}
	if slices.Contains(a.Actor.Roles, RoleRegistrar) || slices.Contains(a.Actor.Roles, RoleRegulator) {
		return refuse(CodeSelf, "登记机构与监管部门不得持有登记对象", "registrars and regulators hold nothing that is registered").by("SD-1")
	}
	if b.CustodianID != "" {
		if b.CustodianID == a.Actor.USCC {
			return refuse(CodeBasis, "受托保管人不因保管取得任何权利，不得以持有人身份编目", "a custodian gains no right by custody and does not catalogue as holder").at("custodianId").by("RT-6")
		}
		if _, err := a.participant("custodianId", b.CustodianID); err != nil {
			return err
		}
	}
	if b.SubjectClass == "SubjectPublic" && b.SourceUnitID != a.Actor.USCC {
		if _, err := a.participant("sourceUnitId", b.SourceUnitID); err != nil {
			return err
		}
	}
	v, err := a.version(1, &AddVersion{ContentRoot: b.ContentRoot, MatchTag: b.MatchTag, TagEpoch: b.TagEpoch, TagAttestation: b.TagAttestation,
		SchemaHash: b.SchemaHash, RecordCount: b.RecordCount, SizeBytes: b.SizeBytes, LineageID: b.LineageID}, b.DataForm)
	if err != nil {
		return err
	}
	if err := a.notReceived(b.SourceType, b.MatchTag); err != nil {
		return err
	}
	if err := a.madeByLineage(&v, b.Grade); err != nil {
		return err
	}
	id := a.newID(KindResource, b.RegionCode)
	if err := a.claimTag(b.MatchTag, id); err != nil {
		return err
	}
	return a.create(KindResource, id, StateCatalogued, "", &Resource{
		Name: b.Name, Overview: b.Overview, HolderID: a.Actor.USCC, SubjectClass: b.SubjectClass, SourceType: b.SourceType,
		SourceUnitID: b.SourceUnitID, PublicKind: b.PublicKind, IndustryCode: b.IndustryCode, RegionCode: b.RegionCode,
		RegionRange: b.RegionRange, TimeFrom: b.TimeFrom, TimeTo: b.TimeTo, UpdateFreq: b.UpdateFreq,
		RecordCount: b.RecordCount, SizeBytes: b.SizeBytes, DataForm: b.DataForm, Structure: b.Structure, Category: b.Category,
		Level: b.Level, Grade: b.Grade, GradeReport: b.GradeReport, PI: b.PI, DomainID: b.DomainID, CustodianID: b.CustodianID,
		CustodyAgreement: b.CustodyAgreement, PublicRegCode: b.PublicRegCode, Limits: b.Limits, Versions: []ResourceVersion{v},
	})
}

// moveResource loads a resource and steps it; change edits it first.
func moveResource(a *Act, id, event string, change func(*Resource) error) error {
	var r Resource
	if err := need(a, KindResource, "resourceId", id, &r); err != nil {
		return err
	}
	to, err := a.step(&resourceMachine, id, r.State, event, "", Relations{ByHolder: {r.HolderID}})
	if err != nil {
		return err
	}
	if err := change(&r); err != nil {
		return err
	}
	r.State = to
	return a.update(KindResource, &r)
}

func addVersion(a *Act, b *AddVersion) error {
	if b.LineageID == "" || b.SourceNote != "" {
		if err := checkText("sourceNote", b.SourceNote, 400); err != nil {
			return err
		}
	}
	return moveResource(a, b.ResourceID, "addVersion", func(r *Resource) error {
		if len(r.Versions) >= 1000 {
			return refuse(CodeFormat, "版本最多 1000 个", "at most 1000 versions").on(r.ID)
		}
		v, err := a.version(int64(len(r.Versions))+1, b, r.DataForm)
		if err != nil {
			return err
		}
		if v.ContentRoot == r.Versions[len(r.Versions)-1].ContentRoot {
			return refuse(CodeDup, "内容根与上一版相同", "the content root is the previous version's").at("contentRoot").on(r.ID)
		}
		if err := a.notReceived(r.SourceType, b.MatchTag); err != nil {
			return err
		}
		if err := a.madeByLineage(&v, r.Grade); err != nil {
			return err
		}
		if err := a.claimTag(b.MatchTag, r.ID); err != nil {
			return err
		}
		r.Versions = append(r.Versions, v)
		r.RecordCount, r.SizeBytes = b.RecordCount, b.SizeBytes
		return nil
	})
}

// Regrade is the body of resource.regrade.
type Regrade struct {
	ResourceID  string   `json:"resourceId"`
	Level       string   `json:"level"`
	Grade       int64    `json:"grade"`
	GradeReport Evidence `json:"gradeReport"`
	LineageID   string   `json:"lineageId,omitempty"` // of the de-identification or aggregation, where the inputs were graded higher
}

func regrade(a *Act, b *Regrade) error {
	if err := checkGrade(b.Level, b.Grade, b.GradeReport); err != nil {
		return err
	}
	return moveResource(a, b.ResourceID, "regrade", func(r *Resource) error {
		if b.GradeReport.Hash == r.GradeReport.Hash {
			return refuse(CodeDup, "须附新的分级报告", "needs a new grading report").at("gradeReport.hash").on(r.ID)
		}
		if a.Actor.USCC != r.HolderID && b.Grade <= r.Grade {
			return refuse(CodeRole, "监管部门只能调高分级", "the regulator may only raise a grade").at("grade").on(r.ID).by("R-2")
		}
		if b.Grade < r.Grade {
			if err := a.independentGrader("gradeReport.issuerId", b.GradeReport.IssuerID, a.Actor); err != nil {
				return err
			}
			if err := a.loweredByLineage(r, b); err != nil {
				return err
			}
		}
		if allowLimits("", b.Level, r.Limits) != nil {
			l := *r.Limits
			l.ResaleAllowed, l.ExportAllowed = false, false // R-6 comes with the level
			r.Limits = &l
		}
		r.Level, r.Grade, r.GradeReport = b.Level, b.Grade, b.GradeReport
		return nil
	})
}

// ResourceMeasure is the body of resource.suspend and resource.resume.
type ResourceMeasure struct {
	ResourceID string `json:"resourceId"`
	MeasureRef string `json:"measureRef"`
}

func resourceMeasured(event string) func(*Act, *ResourceMeasure) error {
	return func(a *Act, b *ResourceMeasure) error {
		if err := checkText("measureRef", b.MeasureRef, 80); err != nil {
			return err
		}
		return moveResource(a, b.ResourceID, event, func(r *Resource) error {
			if event == "resume" {
				if len(r.SuspendedBy) > 0 {
					return refuse(CodeState, "受监管措施 %s 约束，只能随措施解除", "held by the measure %s: it is free when that ends", r.SuspendedBy[0].RefID).on(r.ID).by("SM-2")
				}
				if err := a.mayLift(r.MeasureBy, r.ID); err != nil {
					return err
				}
			}
			r.MeasureRef, r.MeasureBy = b.MeasureRef, a.Actor.USCC
			return nil
		})
	}
}

// OfResource is the body of resource.retire.
type OfResource struct {
	ResourceID string `json:"resourceId"`
}

func retire(a *Act, b *OfResource) error {
	return moveResource(a, b.ResourceID, "retire", func(r *Resource) error {
		if err := a.nothingRelies(r.ID, KindGrant, KindPermit, KindCustody); err != nil {
			return err
		}
		return a.unencumberedObject(r)
	})
}

// Destroyed is the body of resource.certifyDestroyed.
type Destroyed struct {
	ResourceID string     `json:"resourceId"`
	Evidence   []Evidence `json:"evidence"`
}

func certifyDestroyed(a *Act, b *Destroyed) error {
	if len(b.Evidence) == 0 || len(b.Evidence) > 20 {
		return refuse(CodeFormat, "须附 1 至 20 份销毁证明", "needs 1 to 20 pieces of evidence").at("evidence")
	}
	if err := checkEvidence("evidence", b.Evidence); err != nil {
		return err
	}
	return moveResource(a, b.ResourceID, "certifyDestroyed", func(r *Resource) error {
		if err := a.unencumberedObject(r); err != nil {
			return err
		}
		if r.CustodianID != "" && !slices.ContainsFunc(b.Evidence, func(e Evidence) bool { return e.IssuerID == r.CustodianID }) {
			return refuse(CodeConsent, "须有托管人 %s 出具的销毁证明", "needs evidence issued by the custodian %s", r.CustodianID).at("evidence").on(r.ID)
		}
		r.Destruction = b.Evidence
		return nil
	})
}

// unencumberedObject refuses while the holder has an active right or an open
// case on the resource, or anybody has a right, listing, permit or grant on it.
func (a *Act) unencumberedObject(r *Resource) error {
	var held heldRights
	if _, err := a.Ledger.Load(PointerHeld, pair(r.ID, r.HolderID), &held); err != nil {
		return err
	}
	for _, h := range held.Rights {
		var right Right
		if err := need(a, KindRight, "resourceId", h.ID, &right); err != nil {
			return err
		}
		if right.State == StateActive || right.State == StateSuspended {
			return refuse(CodeState, "其上尚有未终止的权利 %s", "right %s on it has not ended", right.ID).on(right.ID)
		}
	}
	for _, t := range regTypes {
		if err := a.noOpenCase("resourceId", r.ID, r.HolderID, t, nil); err != nil {
			return err
		}
	}
	return a.nothingRelies(r.ID)
}

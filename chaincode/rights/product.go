package rights

import (
	"slices"
	"strconv"
)

// A data product (3.6).
var productMachine = Machine{
	Entity: "product",
	Kind:   KindProduct,
	Title:  Text{"数据产品", "Data product"},
	States: []StateInfo{
		{StateDraft, Text{"草稿", "Draft"}, false},
		{StateInReview, Text{"审核中", "In review"}, false},
		{StateApproved, Text{"已通过", "Approved"}, false},
		{StateSuspended, Text{"暂停", "Suspended"}, false},
		{StateRetired, Text{"已停用", "Retired"}, true},
	},
	Transitions: []Transition{
		{nil, "create", "", who(ByOwner), Text{"每项投入有有效且允许加工与提供的许可（DP-1）；血缘记录有此产出；分级就高（DP-2）；公共数据有授权（DP-3、DP-4）；不含不得转售的副本（DP-5）", "every input under an effective permission to derive and provide (DP-1); the lineage record made it; graded no lower than it is made of (DP-2); public data under a grant (DP-3, DP-4); no copy that may not go on (DP-5)"}, StateDraft},
		{in(StateDraft), "newVersion", "", who(ByOwner), Text{"同创建；更正被退回的草稿", "as create; corrects what was returned"}, StateDraft},
		{in(StateApproved), "newVersion", "", who(ByOwner), Text{"同创建：新内容根与新血缘记录", "as create: a new content root with its lineage record"}, StateApproved},
		{in(StateDraft), "submitReview", "", who(ByOwner), Text{"附在期的合规意见，出具机构资质有效且无关联（P-4、SD-3）", "with a compliance opinion in date by an unrelated service in force (P-4, SD-3)"}, StateInReview},
		{in(StateInReview), "approve", "", who(ByExchange), Text{"重查 DP-1 至 DP-5", "DP-1 to DP-5 again"}, StateApproved},
		{in(StateInReview), "return", "", who(ByExchange), Text{"写明理由", "with a reason"}, StateDraft},
		{in(StateApproved, StateSuspended), "suspend", "", who(ByExchange, ByRegulator), Text{"写明文号与理由", "with a reference and a reason"}, StateSuspended},
		{in(StateSuspended), "resume", "", who(ByExchange, ByRegulator), Text{"由谁暂停，由谁恢复（SM-3）；最后一项暂停", "by whoever suspended (SM-3); the last reason"}, StateApproved},
		{in(StateSuspended), "resume", "othersRemain", who(ByExchange, ByRegulator), Text{"由谁暂停，由谁恢复（SM-3）；仍有其他暂停（SM-2）", "by whoever suspended (SM-3); others still hold it (SM-2)"}, StateSuspended},
		{in(StateApproved), "markHighQuality", "", who(ByRegulator), Text{"以有效的质量评估为据", "on an effective quality evaluation"}, StateApproved},
		{in(StateApproved, StateSuspended), "retire", "", who(ByOwner), Text{"无未结交易、无有效挂牌", "no open trade and no live listing"}, StateRetired},
		{in(StateApproved, StateSuspended), "suspendByMeasure", "", who(ByRegulator), Text{"引用监管措施", "refers to a measure in force"}, StateSuspended},
		{in(StateSuspended), "liftMeasure", "", who(ByRegulator), Text{"引用监管措施", "refers to a measure in force"}, StatePrevious},
	},
}

// productType says what a type of product is.
type productType struct {
	name string
	file bool // its content is what is handed over: it has a MatchTag (LS-8)
	spec bool // its content root is the hash of a specification: it never has one
	work bool // may be pure work, made of no data (LS-10)
}

var productTypes = []productType{
	{"Dataset", true, false, false}, {"Report", true, false, false}, {"Visualisation", true, false, false}, {"Index", true, false, false},
	{"EncryptedData", true, false, false}, {"API", false, true, false}, {"VerifyService", false, true, false}, {"Model", false, false, false},
	{"DataService", false, true, true}, {"DataTool", false, true, true}, {"Other", false, false, false},
}

func typeOfProduct(name string) *productType {
	for i := range productTypes {
		if productTypes[i].name == name {
			return &productTypes[i]
		}
	}
	return nil
}

func productTypeNames() []string {
	names := make([]string, len(productTypes))
	for i, t := range productTypes {
		names[i] = t.name
	}
	return names
}

// pureService reports whether a product is work alone: nothing went into it
// that anybody has a right over (LS-10).
func (d *Product) pureService() bool {
	t := typeOfProduct(d.ProductType)
	return t != nil && t.work && len(d.Inputs) == 0 && d.RecognitionID == ""
}

// The bounds of a product's lists.
const (
	maxProductInputs   = 64
	maxProductVersions = 1000
	maxScenarios       = 20
)

// CreateProduct is the body of product.create.
type CreateProduct struct {
	Name              string          `json:"name"`
	Overview          string          `json:"overview"`
	ProductType       string          `json:"productType"`
	ServiceType       string          `json:"serviceType,omitempty"`   // of a service or tool: the vendor or service type it is offered under
	RecognitionID     string          `json:"recognitionId,omitempty"` // of a foreign registered product: in place of inputs and lineage
	Inputs            []ProductInput  `json:"inputs,omitempty"`
	Level             string          `json:"level"`
	Grade             int64           `json:"grade"`
	GradeReport       *Evidence       `json:"gradeReport,omitempty"` // not needed of pure work
	PI                string          `json:"pi"`
	SubjectClass      string          `json:"subjectClass"`
	IndustryCode      string          `json:"industryCode"`
	RegionCode        string          `json:"regionCode"`
	RegionRange       string          `json:"regionRange"`
	ScenarioIDs       []string        `json:"scenarioIds,omitempty"`
	PublicData        *PublicData     `json:"publicData,omitempty"`
	Limits            *Limits         `json:"limits,omitempty"`
	DefaultPermission *Permission     `json:"defaultPermission,omitempty"`
	ContentRoot       string          `json:"contentRoot"`
	MatchTag          string          `json:"matchTag,omitempty"`
	TagEpoch          int64           `json:"tagEpoch,omitempty"`
	TagAttestation    *TagAttestation `json:"tagAttestation,omitempty"`
	LineageID         string          `json:"lineageId,omitempty"`
}

func (b *CreateProduct) check() error {
	if err := first(
		checkText("name", b.Name, 40),
		checkText("overview", b.Overview, 400),
		oneOf("productType", b.ProductType, productTypeNames()...),
		oneOf("pi", b.PI, piClasses...),
		oneOf("subjectClass", b.SubjectClass, subjectClasses...),
		checkIndustry("industryCode", b.IndustryCode),
		checkRegion("regionCode", b.RegionCode),
		oneOf("regionRange", b.RegionRange, regionRanges...),
		checkInputs(b.Inputs),
		checkLimits("limits", b.Limits),
		allowLimits("limits", b.Level, b.Limits),
	); err != nil {
		return err
	}
	if len(b.ScenarioIDs) > maxScenarios {
		return refuse(CodeFormat, "最多 %d 个场景", "at most %d scenarios", maxScenarios).at("scenarioIds")
	}
	for i, s := range b.ScenarioIDs {
		if !validText(s, 64) || !validID(s) || slices.Contains(b.ScenarioIDs[:i], s) {
			return refuse(CodeFormat, "须为不重复的场景编号", "must be scenario ids, each once").at("scenarioIds[" + strconv.Itoa(i) + "]")
		}
	}
	if b.DefaultPermission != nil {
		if err := b.DefaultPermission.check("defaultPermission"); err != nil {
			return err
		}
	}
	if t := typeOfProduct(b.ProductType); t.work {
		if err := oneOf("serviceType", b.ServiceType, slices.Concat(vendorTypes, serviceTypes)...); err != nil {
			return err
		}
	} else if b.ServiceType != "" {
		return refuse(CodeFormat, "仅服务与工具填写", "is for services and tools only").at("serviceType")
	}
	if b.RecognitionID != "" && len(b.Inputs) > 0 {
		return refuse(CodeFormat, "互认的产品不写投入：权属已由对方登记审查", "a recognised product names no inputs: its title was reviewed where it is registered").at("inputs").by("MR-2")
	}
	if p := b.PublicData; p != nil {
		if b.SubjectClass != "SubjectPublic" {
			return refuse(CodeFormat, "公共数据产品的主体类别须为 SubjectPublic", "a product of public data is SubjectPublic").at("subjectClass").by("DP-3")
		}
		return first(oneOf("publicData.useClass", p.UseClass, "PublicBenefit", "Industry"), optionalText("publicData.publicRegCode", p.PublicRegCode, 40))
	}
	return nil
}

func checkInputs(inputs []ProductInput) error {
	if len(inputs) > maxProductInputs {
		return refuse(CodeFormat, "投入最多 %d 项", "at most %d inputs", maxProductInputs).at("inputs")
	}
	for i := range inputs {
		in := &inputs[i]
		field := "inputs[" + strconv.Itoa(i) + "]"
		if err := oneOf(field+".objectType", in.ObjectType, "Resource", "Product"); err != nil {
			return err
		}
		if slices.ContainsFunc(inputs[:i], func(o ProductInput) bool { return o == *in }) {
			return refuse(CodeFormat, "重复", "is given twice").at(field)
		}
	}
	return nil
}

// graded checks level, grade and their report. Pure work has no data to grade.
func (d *Product) graded() error {
	if d.pureService() && d.GradeReport == nil {
		if d.Level != "LevelGeneral" || d.Grade != 1 || d.PI != "None" {
			return refuse(CodeGrade, "不含数据的服务与工具为 LevelGeneral、1 级、PI 为 None；否则须附分级报告", "services and tools without data are LevelGeneral, grade 1, PI None; anything else needs a grading report").at("grade").by("LS-10")
		}
		return nil
	}
	var report Evidence
	if d.GradeReport != nil {
		report = *d.GradeReport
	}
	return checkGrade(d.Level, d.Grade, report)
}

// content checks one version's digests and builds it (LS-8).
func (a *Act) content(no int64, d *Product, root, tag string, epoch int64, att *TagAttestation, lineageID string) (ProductVersion, error) {
	v := ProductVersion{No: no, ContentRoot: root, MatchTag: tag, TagEpoch: epoch, TagAttestation: att, LineageID: lineageID, At: a.Now}
	if err := checkHash("contentRoot", root); err != nil {
		return v, err
	}
	t := typeOfProduct(d.ProductType)
	switch {
	case tag == "" && t.file:
		return v, refuse(CodeFormat, "文件类产品须有平台签发的 MatchTag；向登记或交易机构的网关 POST /v1/match-tags 取得", "file-like products need the platform's MatchTag; get one from a registrar's or exchange's gateway: POST /v1/match-tags").at("matchTag").by("LS-8")
	case tag == "" && (att != nil || epoch != 0):
		return v, refuse(CodeFormat, "没有 MatchTag 就没有签名与期号", "without a MatchTag there is no attestation and no epoch").at("matchTag")
	case tag == "":
	case t.spec:
		return v, refuse(CodeFormat, "服务类产品的内容根是规格说明的哈希，没有 MatchTag", "a service's content root is the hash of its specification; it has no MatchTag").at("matchTag").by("LS-8")
	case epoch < 1 || att == nil:
		return v, refuse(CodeFormat, "须附密钥期号与平台签名", "needs the key's epoch and the platform's attestation").at("tagAttestation")
	default:
		if err := first(checkHash("matchTag", tag), a.needsSketch("tagAttestation", att), a.checkTag("tagAttestation", d.OwnerID, root, tag, epoch, att)); err != nil {
			return v, err
		}
	}
	return v, nil
}

// claimContent keeps one owner from having the same content in two products:
// LS-9 counts listings by product.
func (a *Act) claimContent(d *Product, id, root string) error {
	err := a.claimOnce(pair("product", d.OwnerID, root), id, "contentRoot", func(other string) (bool, error) {
		var o Product
		err := need(a, KindProduct, "contentRoot", other, &o)
		return o.State != StateRetired, err
	})
	if e := asRefusal(err); e != nil {
		return e.by("LS-9")
	}
	return err
}

func createProduct(a *Act, b *CreateProduct) error {
	state, err := a.step(&productMachine, "", "", "create", "", Relations{ByOwner: {a.Actor.USCC}})
	if err != nil {
		return err
	}
	if err := first(tradesOnOwnAccount("kid", a.Actor), b.check()); err != nil {
		return err
	}
	p, err := a.marketRules()
	if err != nil {
		return err
	}
	d := &Product{
		Name: b.Name, Overview: b.Overview, OwnerID: a.Actor.USCC, ProductType: b.ProductType, ServiceType: b.ServiceType, RecognitionID: b.RecognitionID,
		Inputs: b.Inputs, Grade: b.Grade, Level: b.Level, GradeReport: b.GradeReport, PI: b.PI, SubjectClass: b.SubjectClass,
		IndustryCode: b.IndustryCode, RegionCode: b.RegionCode, RegionRange: b.RegionRange, ScenarioIDs: b.ScenarioIDs, PublicData: b.PublicData,
		Limits: b.Limits, DefaultPermission: b.DefaultPermission,
	}
	if d.Inputs == nil {
		d.Inputs = []ProductInput{}
	}
	if err := d.graded(); err != nil {
		return err
	}
	v, err := a.content(1, d, b.ContentRoot, b.MatchTag, b.TagEpoch, b.TagAttestation, b.LineageID)
	if err != nil {
		return err
	}
	id := a.newID(KindProduct, b.RegionCode)
	d.ID = id
	if err := a.producible(p, d, &v); err != nil {
		return err
	}
	if err := a.claimContent(d, id, v.ContentRoot); err != nil {
		return err
	}
	d.Versions = []ProductVersion{v}
	return a.create(KindProduct, id, state, "", d)
}

// NewProductVersion is the body of product.newVersion. What is left out stays:
// inputs, grade and its report.
type NewProductVersion struct {
	ProductID      string          `json:"productId"`
	Inputs         []ProductInput  `json:"inputs,omitempty"`
	Level          string          `json:"level,omitempty"`
	Grade          int64           `json:"grade,omitempty"`
	GradeReport    *Evidence       `json:"gradeReport,omitempty"`
	ContentRoot    string          `json:"contentRoot"`
	MatchTag       string          `json:"matchTag,omitempty"`
	TagEpoch       int64           `json:"tagEpoch,omitempty"`
	TagAttestation *TagAttestation `json:"tagAttestation,omitempty"`
	LineageID      string          `json:"lineageId,omitempty"`
}

// moveProduct loads a product and steps it; change edits it first.
func moveProduct(a *Act, id, event, outcome string, change func(*Product, *Profile) error) error {
	var d Product
	if err := need(a, KindProduct, "productId", id, &d); err != nil {
		return err
	}
	to, err := a.step(&productMachine, id, d.State, event, outcome, Relations{ByOwner: {d.OwnerID}})
	if err != nil {
		return err
	}
	p, err := a.marketRules()
	if err != nil {
		return err
	}
	if err := change(&d, p); err != nil {
		return err
	}
	d.State = to
	return a.update(KindProduct, &d)
}

func newProductVersion(a *Act, b *NewProductVersion) error {
	if err := checkInputs(b.Inputs); err != nil {
		return err
	}
	return moveProduct(a, b.ProductID, "newVersion", "", func(d *Product, p *Profile) error {
		if len(d.Versions) >= maxProductVersions {
			return refuse(CodeFormat, "版本最多 %d 个", "at most %d versions", maxProductVersions).on(d.ID)
		}
		if len(b.Inputs) > 0 {
			if d.RecognitionID != "" || d.pureService() {
				return refuse(CodeFormat, "互认的产品与不含数据的服务不写投入", "a recognised product and pure work name no inputs").at("inputs").on(d.ID)
			}
			d.Inputs = b.Inputs
		}
		if b.Level != "" || b.Grade != 0 || b.GradeReport != nil {
			if b.Level != "" {
				d.Level = b.Level
			}
			if b.Grade != 0 {
				d.Grade = b.Grade
			}
			if b.GradeReport != nil {
				d.GradeReport = b.GradeReport
			}
			if err := first(d.graded(), allowLimits("limits", d.Level, d.Limits)); err != nil {
				return err
			}
		}
		v, err := a.content(int64(len(d.Versions))+1, d, b.ContentRoot, b.MatchTag, b.TagEpoch, b.TagAttestation, b.LineageID)
		if err != nil {
			return err
		}
		if slices.ContainsFunc(d.Versions, func(o ProductVersion) bool { return o.ContentRoot == v.ContentRoot }) {
			return refuse(CodeDup, "内容根与已有版本相同", "the content root is an earlier version's").at("contentRoot").on(d.ID)
		}
		if err := a.producible(p, d, &v); err != nil {
			return err
		}
		d.Versions = append(d.Versions, v)
		return a.claimContent(d, d.ID, v.ContentRoot)
	})
}

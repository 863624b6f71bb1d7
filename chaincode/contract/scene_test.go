package contract_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/datarights/datarights/chaincode/rights"
)

// The scene that offers, dealings and whatever follows on them play in, made of
// real commands alone: a seller's registered resource, products made of it,
// their operation rights, listings, trades, deliveries and copies.

// shop is a market with a seller and what it takes to offer something: a
// compliance service, a registered resource and the ways to make products of it.
type shop struct {
	*market
	seller, reviewer string
	resource         string // the seller's
	root             string // of its first version
	use, right       string // the seller's use right and operation right over it
	appraiser        string // of quality, once one was asked
	number, given    int    // of this shop's certificates
}

// newShop opens a shop; the number keeps several apart on one ledger.
func (m *market) newShop(n int) *shop {
	m.t.Helper()
	return m.shopOf(m.firm(n, fmt.Sprintf("盐都数据产品%d有限公司", n), nil), n)
}

// shopOf opens the shop of a seller who is here.
func (m *market) shopOf(seller string, n int) *shop {
	m.t.Helper()
	s := &shop{market: m, number: n, seller: seller}
	s.reviewer = m.firm(n+1, fmt.Sprintf("盐城合规服务%d有限公司", n), func(a *rights.Application) {
		a.Roles, a.ServiceTypes = []rights.Role{rights.RoleThirdParty}, []string{"SvcCompliance"}
	})
	id := m.noticed(seller, fmt.Sprint("goods ", n))
	m.now = max(m.now, m.the(id).NoticeEndsAt)
	m.must(m.registrar("registration.record", rights.RecordCase{CaseID: id, CertNo: s.certNo()}))
	c := m.the(id)
	s.resource, s.use, s.right = c.ObjectID, c.ResultRightIDs[1], c.ResultRightIDs[2]
	s.root = read[rights.Resource](m, rights.KindResource, s.resource).Versions[0].ContentRoot
	return s
}

// certNo is the next certificate number of this shop's.
func (s *shop) certNo() string {
	s.given++
	return "SJ321" + strings.ReplaceAll(rights.CivilDate(s.now)[:7], "-", "") + fmt.Sprintf("%04d", 5000+s.number*20+s.given)
}

// tagged attests the tag of a content for its holder.
func (m *market) tagged(holder, root, tag string) *rights.TagAttestation {
	m.t.Helper()
	return m.attest(m.platform, holder, root, tag, 1)
}

// madeBy finds the record that accounts for a content root; "" when none does.
func (m *market) madeBy(root string) string {
	if m.ledger.Get(key(rights.PointerUnique, rights.LineageName(root))) == nil {
		return ""
	}
	return read[struct{ ID string }](m, rights.PointerUnique, rights.LineageName(root)).ID
}

// job is the processing that makes a root of the shop's resource.
func (s *shop) job(root string) rights.RecordLineage {
	return rights.RecordLineage{Outputs: []rights.LineageOutput{{Type: "Product", ContentRoot: root, Grade: 2}},
		Inputs: []rights.InputUsed{{Type: "Resource", ID: s.resource, Version: 1, ContentRoot: s.root, PermissionRef: s.use}},
		Op:     "OpAggregate", Substantive: true, Env: rights.EnvSandbox, StartedAt: s.now, FinishedAt: s.now}
}

// lineage is the record of the processing that made a root, recorded once.
func (s *shop) lineage(root string) string {
	s.t.Helper()
	if id := s.madeBy(root); id != "" {
		return id
	}
	return s.must(s.sell("lineage.record", s.job(root))).id(rights.KindLineage)
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
		ContentRoot: root, MatchTag: tag, TagEpoch: 1, TagAttestation: s.tagged(s.seller, root, tag), LineageID: s.lineage(root),
	}
}

// opinion is a compliance opinion in date.
func (m *market) opinion(issuer string) rights.Evidence {
	return rights.Evidence{DocType: rights.DocCompliance, Hash: hash("opinion"), IssuerID: issuer, IssuedOn: rights.CivilDate(m.now - 86400), ExpiresOn: rights.CivilDate(m.now + 400*86400)}
}

// approved brings a product to Approved.
func (s *shop) approved(b rights.CreateProduct) string {
	s.t.Helper()
	id := s.must(s.sell("product.create", b)).id(rights.KindProduct)
	s.must(s.sell("product.submitReview", rights.SubmitReview{ProductID: id, ComplianceOpinion: s.opinion(s.reviewer)}))
	s.must(s.do(exchangeID+"#1", "product.approve", rights.OfProduct{ProductID: id}))
	return id
}

// operates registers the owner's operation right over an approved product; the
// registrar exempts it from notice, so that no time passes.
func (m *market) operates(owner, product, certNo string) (rightID string) {
	m.t.Helper()
	id := m.must(m.do(owner+"#1", "registration.submit", rights.Submit{RegType: rights.RegFirst, RegistrarID: registrarID, ObjectType: "Product", ObjectID: product,
		RightKinds: []rights.RightKind{rights.RightOperation}, Papers: papers(rights.DocAgreement, rights.DocCompliance),
		Basis: []rights.Basis{{Type: "BasisOriginal", EvidenceHash: hash("own work")}}})).id(rights.KindCase)
	m.must(m.registrar("registration.accept", rights.OfCase{CaseID: id}))
	m.must(m.registrar("registration.record", rights.RecordCase{CaseID: id, CertNo: certNo, Findings: positive(), NoticeExempt: &rights.Exemption{Exempt: true, Reason: "原始数据已公示"}}))
	return m.the(id).ResultRightIDs[0]
}

// offer is a permission for these things, for three hundred days.
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
func (s *shop) offered(content string, changes ...func(*rights.CreateProduct)) rights.SubmitListing {
	s.t.Helper()
	b := s.product(content)
	for _, change := range changes {
		change(&b)
	}
	id := s.approved(b)
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
	b := s.offered(content, func(p *rights.CreateProduct) { p.Level, p.Grade = "LevelImportant", 5 })
	b.DeliveryModes, b.RiskAssessment = []string{"PrivacyCompute"}, &rights.Evidence{DocType: rights.DocOther, Hash: hash("risk")}
	b.Permission.Envs, b.Permission.MaxGrade = []rights.Env{rights.EnvTEE, rights.EnvMPC}, 5
	return b
}

// qualityOf has the quality of an object of the seller's evaluated.
func (s *shop) qualityOf(objectType, object string) string {
	s.t.Helper()
	if s.appraiser == "" {
		s.appraiser = firmID(s.number + 2)
		s.service(s.appraiser, fmt.Sprintf("盐城数据质量评估%d有限公司", s.number), "SvcAppraisal")
	}
	id := s.must(s.sell("evaluation.commission", rights.CommissionEvaluation{Kind: "Quality", ObjectType: objectType, ObjectID: object, ObjectVersion: 1,
		EvaluatorID: s.appraiser, Purpose: "Trade"})).id(rights.KindEvaluation)
	s.must(s.do(s.appraiser+"#1", "evaluation.issue", rights.IssueEvaluation{EvaluationID: id, BaseDate: rights.CivilDate(s.now), ScorePermille: 900, ReportHash: hash("quality")}))
	return id
}

// forDeal is what a deal is about, unless it is changed: a lump sum for a file
// or an interface that may be processed, derived from and resold.
func (s *shop) forDeal(content string, changes ...func(*rights.SubmitListing)) rights.SubmitListing {
	s.t.Helper()
	b := s.offered(content)
	b.PriceModel, b.UnitPriceFen, b.ValidTo = "Lump", 12_000_00, s.now+200*86400
	b.Permission = s.offer(rights.ActHold, rights.ActQuery, rights.ActProcess, rights.ActDerive, rights.ActResell)
	b.Permission.MaxGrade = 3
	for _, change := range changes {
		change(&b)
	}
	return b
}

// deal lists something and finds it a buyer.
func (s *shop) deal(buyer, content string, changes ...func(*rights.SubmitListing)) *deal {
	s.t.Helper()
	return s.dealOver(buyer, s.listed(s.forDeal(content, changes...)))
}

// dealOver is a deal over a listing of the shop's.
func (s *shop) dealOver(buyer, listing string) *deal {
	s.t.Helper()
	l := read[rights.Listing](s.market, rights.KindListing, listing)
	v := read[rights.Product](s.market, rights.KindProduct, l.ProductID).Versions[l.ProductVersion-1]
	d := &deal{market: s.market, shop: s, seller: s.seller, buyer: buyer, product: l.ProductID, listing: listing, right: l.RightID, root: v.ContentRoot, tag: v.MatchTag}
	if l.Permission != nil {
		d.permission = *l.Permission
	}
	d.terms = rights.TradeTerms{Salt: salt, AmountFen: 1_000_003, Lines: []rights.SettlementLine{{PayeeID: s.seller, Role: "Seller", Bps: 7000},
		{PayeeID: exchangeID, Role: "Exchange", Bps: 2000}, {PayeeID: weatherID, Role: "Other", Bps: 1000}}}
	return d
}

// publicShop is the shop of a developer of authorised operation, with a product
// of public data made under its grant and permit; and the body that lists it.
func (m *market) publicShop(n int, change func(*rights.ProposeGrant)) (s *shop, grant string, b rights.SubmitListing) {
	m.t.Helper()
	o := operations(m, "91320902MC0P")
	provided := func(b rights.ProposeGrant) rights.ProposeGrant {
		if !slices.Contains(b.Scope.Actions, rights.ActProvide) {
			b.Scope.Actions = append(b.Scope.Actions, rights.ActProvide)
		}
		if change != nil {
			change(&b)
		}
		return b
	}
	o.l1 = o.granted(o.implementing, provided(o.first()))
	o.l2 = o.granted(o.operating, provided(o.second(o.admission())))
	o.permit = o.permitted(o.request(), o.developer)
	s = &shop{market: m, number: n, seller: o.developer, resource: o.data, right: o.l2}
	s.reviewer = m.firm(n+1, fmt.Sprintf("盐城合规服务%d有限公司", n), func(a *rights.Application) {
		a.Roles, a.ServiceTypes = []rights.Role{rights.RoleThirdParty}, []string{"SvcCompliance"}
	})
	job := o.fusion("x")
	job.Outputs[0] = rights.LineageOutput{Type: "Product", ContentRoot: hash("product root " + s.seller + "public"), Grade: 2}
	m.must(o.lineage(job))
	b = s.offered("public", func(p *rights.CreateProduct) {
		p.SubjectClass, p.ScenarioIDs = "SubjectPublic", []string{scenario}
		p.PublicData = &rights.PublicData{GrantID: o.l2, PublicRegCode: "GGSJ-320900-0001", UseClass: "Industry"}
	})
	b.PriceModel, b.UnitPriceFen, b.ValidTo = "PerCall", 1, read[rights.Grant](m, rights.KindGrant, o.l2).ValidTo
	return s, o.l2, b
}

// scenes keeps a scene that many tests start from: it is played once, and each
// test gets a market of its own that went the same way.
type scenes[S any] struct {
	mu   sync.Mutex
	base *S
	on   func(*S) **market
}

// fork plays the scene the first time and gives a copy of it every time.
func (c *scenes[S]) fork(t testing.TB, play func(*market) *S) *S {
	t.Helper()
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.base == nil {
		c.base = play(newMarket(t))
	}
	s := *c.base
	m := **c.on(c.base)
	m.t, m.ledger, m.keys, m.msps = t, m.ledger.Clone(), maps.Clone(m.keys), maps.Clone(m.msps)
	*c.on(&s) = &m
	return &s
}

var (
	shops = scenes[shop]{on: func(s *shop) **market { return &s.market }}
	deals = scenes[deal]{on: func(d *deal) **market { return &d.market }}
)

// aShop is a market with a shop on it.
func aShop(t testing.TB) *shop {
	t.Helper()
	return shops.fork(t, func(m *market) *shop { return m.newShop(100) })
}

// dealt is a market with a seller's offer and a buyer.
func dealt(t testing.TB) *deal {
	t.Helper()
	d := deals.fork(t, func(m *market) *deal {
		m.joinDealer(dealer(1), "建湖数据经营有限公司", "320925", rights.RoleEnterprise)
		m.joinDealer(dealer(2), "射阳数据应用有限公司", "320924", rights.RoleEnterprise)
		return m.shopOf(dealer(1), 100).deal(dealer(2), "power")
	})
	s := *d.shop
	s.market, d.shop = d.market, &s
	return d
}

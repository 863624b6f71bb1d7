package contract_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/datarights/datarights/chaincode/rights"
)

// accScene is a market of the acceptance scenarios. Everything on it came by
// commands: nothing is put there past the rules.
type accScene struct {
	*market
	reviewer string // compliance service
	certs    int
	dup      *rights.DupReview    // of the next record, where the content is somebody's already
	met      map[rights.Code]bool // codes refused with, by this and all scenes of one collection
}

// The cast of the acceptance scenarios, synthetic and used nowhere else.
func accFirm(n int) string { return synthetic("91320923MA0H", n) }

func newAccScene(t testing.TB, met map[rights.Code]bool) *accScene {
	t.Helper()
	s := &accScene{market: newMarket(t), reviewer: accFirm(1), met: met}
	s.service(s.reviewer, "盐城数据合规服务有限公司", "SvcCompliance", "SvcAppraisal")
	return s
}

// firm lets an enterprise of that region in.
func (s *accScene) firm(n int, region string) string {
	s.t.Helper()
	s.joinDealer(accFirm(n), fmt.Sprintf("盐城数据经营%d有限公司", n), region, rights.RoleEnterprise)
	return accFirm(n)
}

// refused holds a refusal to its code, its rule and, where the scenario names
// one, the record it is about.
func (s *accScene) refused(a answer, code rights.Code, rule, record string) *rights.Error {
	s.t.Helper()
	e := s.refuses(a, code)
	if s.met != nil {
		s.met[code] = true
	}
	if e.Rule != rule {
		s.t.Errorf("refused by rule %q; want %q: %v", e.Rule, rule, e)
	}
	if record != "" && e.Record != record {
		s.t.Errorf("refused because of %q; want %q: %v", e.Record, record, e)
	}
	return e
}

// certNo is the next certificate number of this month.
func (s *accScene) certNo() string {
	s.certs++
	return fmt.Sprintf("SJ321%s%04d", strings.ReplaceAll(rights.CivilDate(s.now)[:7], "-", ""), 7000+s.certs)
}

// registered brings an application to its record.
func (s *accScene) registered(by string, b rights.Submit) *rights.Case {
	s.t.Helper()
	return s.recordedCase(s.must(s.do(by+"#1", "registration.submit", b)).id(rights.KindCase))
}

func (s *accScene) recordedCase(id string) *rights.Case {
	s.t.Helper()
	s.must(s.event(officer, "accept", id))
	s.must(s.registrar("registration.publishNotice", rights.PublishNotice{CaseID: id, Findings: positive()}))
	s.now = max(s.now, s.the(id).NoticeEndsAt)
	s.must(s.registrar("registration.record", rights.RecordCase{CaseID: id, CertNo: s.certNo(), DuplicateReview: s.dup}))
	s.dup = nil
	return s.the(id)
}

// accAsset is data of an owner's with its three registered rights.
type accAsset struct {
	owner, object, root, certNo string
	holding, use, operation     string
}

// asset catalogues content and registers the rights in it.
func (s *accScene) asset(owner, content string, change ...func(*rights.Catalogue)) accAsset {
	s.t.Helper()
	r := s.resource(owner, content)
	for _, c := range change {
		c(&r)
	}
	return s.titled(owner, s.must(s.do(owner+"#1", "resource.catalogue", r)).id(rights.KindResource), r.ContentRoot)
}

func (s *accScene) titled(owner, object, root string) accAsset {
	s.t.Helper()
	c := s.registered(owner, application(object))
	return accAsset{owner, object, root, c.ResultCertNo, c.ResultRightIDs[0], c.ResultRightIDs[1], c.ResultRightIDs[2]}
}

// input is the asset as an input of a job, under its use right.
func (x accAsset) input() rights.InputUsed {
	return rights.InputUsed{Type: "Resource", ID: x.object, Version: 1, ContentRoot: x.root, PermissionRef: x.use}
}

// job is a processing step that ends now.
func (s *accScene) job(op, root string, grade int64, inputs ...rights.InputUsed) rights.RecordLineage {
	return rights.RecordLineage{Op: op, Outputs: []rights.LineageOutput{{Type: "Product", ContentRoot: root, Grade: grade}}, Inputs: inputs,
		Env: rights.EnvClientFile, StartedAt: s.now, FinishedAt: s.now}
}

// made records a job and returns its lineage.
func (s *accScene) made(by string, b rights.RecordLineage) string {
	s.t.Helper()
	return s.must(s.do(by+"#1", "lineage.record", b)).id(rights.KindLineage)
}

func accRoot(owner, content string) string { return hash("product root " + owner + content) }
func accTag(content string) string         { return hash("product tag " + content) }

// product is the body of a dataset made under that lineage.
func (s *accScene) product(owner, content, lineage string, inputs ...rights.ProductInput) rights.CreateProduct {
	s.t.Helper()
	root, tag := accRoot(owner, content), accTag(content)
	return rights.CreateProduct{Name: "年度发电量统计", Overview: "按来源汇总", ProductType: "Dataset", Inputs: inputs,
		Level: "LevelGeneral", Grade: 2, GradeReport: &rights.Evidence{DocType: rights.DocGrading, Hash: hash("grading")}, PI: "None",
		SubjectClass: "SubjectEnterprise", IndustryCode: "D44", RegionCode: "320902", RegionRange: "Municipal",
		ContentRoot: root, MatchTag: tag, TagEpoch: 1, TagAttestation: s.tagged(owner, root, tag), LineageID: lineage}
}

// review is what goes with a product to its review; the opinion lasts ten years.
func (s *accScene) review(product string) rights.SubmitReview {
	o := s.opinion(s.reviewer)
	o.ExpiresOn = rights.CivilDate(s.now + 10*366*86400)
	return rights.SubmitReview{ProductID: product, ComplianceOpinion: o}
}

// approved creates a product and has it approved.
func (s *accScene) approved(owner string, b rights.CreateProduct, change ...func(*rights.SubmitReview)) string {
	s.t.Helper()
	id := s.must(s.do(owner+"#1", "product.create", b)).id(rights.KindProduct)
	r := s.review(id)
	for _, c := range change {
		c(&r)
	}
	s.must(s.do(owner+"#1", "product.submitReview", r))
	s.must(s.do(exchangeID+"#1", "product.approve", rights.OfProduct{ProductID: id}))
	return id
}

// operated registers the operation right over a product.
func (s *accScene) operated(owner, product string, change ...func(*rights.Submit)) (rightID, certNo string) {
	s.t.Helper()
	b := ofProduct(product)
	b.RightKinds = []rights.RightKind{rights.RightOperation}
	for _, c := range change {
		c(&b)
	}
	c := s.registered(owner, b)
	return c.ResultRightIDs[0], c.ResultCertNo
}

// accGoods are a product and the registered right to operate it.
type accGoods struct{ owner, content, product, right, certNo string }

// goods makes a product of an asset and registers the right over it.
func (s *accScene) goods(x accAsset, content string, change ...func(*rights.Submit)) accGoods {
	s.t.Helper()
	j := s.job("OpAggregate", accRoot(x.owner, content), 2, x.input())
	j.Substantive = true
	id := s.approved(x.owner, s.product(x.owner, content, s.made(x.owner, j),
		rights.ProductInput{ObjectType: "Resource", ObjectID: x.object, Version: 1, PermissionRef: x.operation}))
	right, certNo := s.operated(x.owner, id, change...)
	return accGoods{x.owner, content, id, right, certNo}
}

// goodsOf is the whole way from content to a product with its right.
func (s *accScene) goodsOf(owner, content string) accGoods {
	s.t.Helper()
	return s.goods(s.asset(owner, content), content)
}

// offer is a listing of goods at a lump sum.
func (s *accScene) offer(g accGoods, actions ...rights.Action) rights.SubmitListing {
	if len(actions) == 0 {
		actions = []rights.Action{rights.ActHold, rights.ActQuery, rights.ActProcess}
	}
	return rights.SubmitListing{ProductID: g.product, VenueID: exchangeID, RightID: g.right, SubjectType: "LicenceUse", DeliveryModes: []string{"EncryptedFile", "API"},
		Permission: s.market.offer(actions...), PriceModel: "Lump", UnitPriceFen: 1_200_000, ValidTo: rights.AddMonths(s.now, 12), SimilarityHash: hash("similarity")}
}

// listed brings a listing to Listed.
func (s *accScene) listed(by string, b rights.SubmitListing) string {
	s.t.Helper()
	id := s.must(s.do(by+"#1", "listing.submit", b)).id(rights.KindListing)
	s.must(s.do(b.VenueID+"#1", "listing.approve", rights.OfListing{ListingID: id}))
	return id
}

// deal offers goods to a buyer; its steps are the dealings tests'.
func (s *accScene) deal(g accGoods, buyer string, actions ...rights.Action) *deal {
	s.t.Helper()
	b := s.offer(g, actions...)
	return s.dealOn(g, s.listed(g.owner, b), buyer)
}

// dealOn is a deal with another buyer of what is listed.
func (s *accScene) dealOn(g accGoods, listing, buyer string) *deal {
	d := &deal{market: s.market, seller: g.owner, buyer: buyer, product: g.product, listing: listing, right: g.right,
		root: accRoot(g.owner, g.content), tag: accTag(g.content)}
	d.permission = *read[rights.Listing](s.market, rights.KindListing, listing).Permission
	d.permission.ObjectIDs = []string{g.product}
	d.terms = rights.TradeTerms{Salt: salt, AmountFen: 1_000_003, Lines: []rights.SettlementLine{{PayeeID: g.owner, Role: "Seller", Bps: 7000},
		{PayeeID: exchangeID, Role: "Exchange", Bps: 2000}, {PayeeID: weatherID, Role: "Other", Bps: 1000}}}
	return d
}

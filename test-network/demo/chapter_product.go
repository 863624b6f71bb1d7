package demo

import (
	"context"
	"time"

	"github.com/datarights/datarights/chaincode/rights"
)

// product: what was fused becomes a product, with an opinion on its compliance.
func (s *story) product(ctx context.Context) error {
	fp, err := s.fingerprint("product", s.file(productFile))
	if err != nil {
		return err
	}
	if err := s.tag(ctx, developer, []*print{fp}); err != nil {
		return err
	}
	grading := paper(rights.DocGrading, "product")
	r, err := s.do(ctx, step{name: "product", who: developer, zh: developer.zh + "据此血缘创建数据产品“绿色电力日度估算表”", en: developer.en + " creates a product on that lineage", command: "product.create",
		body: rights.CreateProduct{
			Name: "绿色电力日度估算表", Overview: "按每日风速分摊的可再生能源发电量，兆瓦时。", ProductType: "Dataset",
			Inputs: []rights.ProductInput{
				{ObjectType: "Resource", ObjectID: s.id("wind-catalogue", rights.KindResource), Version: 1, PermissionRef: s.id("permit-public", rights.KindPermit)},
				{ObjectType: "Resource", ObjectID: s.id(energy.key+"-catalogue", rights.KindResource), Version: 1, PermissionRef: s.id("permit-energy", rights.KindPermit)},
			},
			Level: "LevelGeneral", Grade: 2, GradeReport: &grading, PI: "None", SubjectClass: "SubjectPublic", IndustryCode: "D44", RegionCode: "320900", RegionRange: "Municipal",
			ScenarioIDs: []string{scenarioCode}, PublicData: &rights.PublicData{GrantID: s.id("l2-propose", rights.KindGrant), UseClass: "Industry"},
			ContentRoot: fp.ContentRoot, MatchTag: fp.tag.MatchTag, TagEpoch: fp.tag.TagEpoch,
			TagAttestation: &rights.TagAttestation{Kid: fp.tag.TagAttestation.Kid, Signature: fp.tag.TagAttestation.Signature, SketchHash: fp.tag.TagAttestation.SketchHash}, LineageID: s.id("lineage", rights.KindLineage),
		}})
	if err != nil {
		return err
	}
	id := r.id(rights.KindProduct)
	opinion := rights.Evidence{DocType: rights.DocCompliance, Hash: hashOf("demo compliance opinion"), IssuerID: compliance.uscc,
		IssuedOn: rights.CivilDate(s.start), ExpiresOn: rights.CivilDate(s.days(365))}
	if err := s.all(ctx,
		step{name: "product-review", who: developer, zh: "附" + compliance.zh + "的合规意见提交审核", en: "submits it for review with " + compliance.en + "'s opinion", command: "product.submitReview",
			body: rights.SubmitReview{ProductID: id, ComplianceOpinion: opinion}},
		step{name: "product-approve", who: exchange, zh: "交易中心审核通过", en: "the Exchange approves it", command: "product.approve", body: rights.OfProduct{ProductID: id}},
		step{name: "product-public", who: developer, zh: "产品先作公共数据资源登记", en: "made of public data, it is registered as such first", command: "registration.submit",
			body: rights.Submit{RegType: "RegFirst", Profile: "PUBLIC", RegistrarID: registrar.uscc, ObjectType: "Product", ObjectID: id, Papers: publicPapers("product")}},
	); err != nil {
		return err
	}
	caseID := s.id("product-public", rights.KindCase)
	return s.all(ctx,
		step{name: "product-public-accept", who: registrar, zh: "登记岗受理", en: "the registrar accepts", command: "registration.accept", body: rights.OfCase{CaseID: caseID}},
		step{name: "product-public-notice", who: registrar, zh: "公示 10 个工作日", en: "public notice for ten working days", command: "registration.publishNotice",
			body: map[string]any{"caseId": caseID, "findings": positive()}},
	)
}

// listing: with its code the product's rights are registered, and it is offered
// at a private price, under the ceiling that the grant sets.
func (s *story) listing(ctx context.Context) error {
	public, id := s.id("product-public", rights.KindCase), s.id("product", rights.KindProduct)
	if err := s.awaitNotice(ctx, public); err != nil {
		return err
	}
	code := "GG320900-" + time.Unix(s.start, 0).UTC().Format("200601") + "-0002"
	apply := submission(id, "product")
	apply.ObjectType = "Product"
	apply.Papers = append(apply.Papers, paper(rights.DocAgreement, "product"))
	apply.Basis = []rights.Basis{{Type: "BasisGrant", RefID: s.id("l2-propose", rights.KindGrant)}, {Type: "BasisOffLedger", EvidenceHash: hashOf("demo agreement with the energy company")}}
	if err := s.all(ctx,
		step{name: "product-code", who: registrar, zh: "公示期满，产品取得登记码 " + code, en: "the notice is over: the product has its public-data code", command: "registration.issueCode",
			body: rights.IssueCode{CaseID: public, PublicRegCode: code}},
		step{name: "product-submit", who: developer, zh: developer.zh + "申请登记产品的三种权利", en: developer.en + " applies for the rights over the product", command: "registration.submit", body: apply},
	); err != nil {
		return err
	}
	caseID := s.id("product-submit", rights.KindCase)
	if err := s.all(ctx,
		step{name: "product-accept", who: registrar, zh: "登记岗受理", en: "the registrar accepts", command: "registration.accept", body: rights.OfCase{CaseID: caseID}},
		step{name: "product-record", who: registrar, zh: "同一成果刚公示过且无异议，免予公示：登记三种权利并发证", en: "the same product was under notice just now, without objection: exempt from another, recorded and certified", command: "registration.record",
			body: rights.RecordCase{CaseID: caseID, CertNo: certNo(seriesCount + 2), Findings: positive(), NoticeExempt: &rights.Exemption{Exempt: true, Reason: "同一成果已按公共数据资源登记公示，无异议"}}},
	); err != nil {
		return err
	}
	offer, err := s.offer(ctx)
	if err != nil {
		return err
	}
	dear := offer
	dear.PriceModel, dear.UnitPriceFen, dear.PriceCommitment = "PerPeriod", ceilingFen+5_000_00, ""
	if err := s.refused(ctx, step{name: "listing-dear", who: developer, zh: "挂牌价 25,000 元，高于授权的上限 20,000 元", en: "listed at 25,000 yuan, above the ceiling of 20,000", command: "listing.submit", body: dear}, rights.CodePriceCap); err != nil {
		return err
	}
	price, commitment, err := s.secret("listing", map[string]any{"unitPriceFen": priceFen})
	if err != nil {
		return err
	}
	offer.PriceCommitment = commitment
	if _, err := s.do(ctx, step{name: "listing", who: developer, zh: "以保密的协商价挂牌：价格只进私有集合，通道上只有承诺", en: "listed at a private price: it goes to the private collection, the channel has its commitment", command: "listing.submit", body: offer, secret: price}); err != nil {
		return err
	}
	_, err = s.do(ctx, step{name: "listing-approve", who: exchange, zh: "交易中心重查全部规则后同意挂牌", en: "the Exchange checks every rule again and lists it", command: "listing.approve", body: rights.OfListing{ListingID: s.id("listing", rights.KindListing)}})
	return err
}

// priceFen is the private price.
const priceFen = 18_888_88

// offer is what the developer lets buyers do.
func (s *story) offer(ctx context.Context) (rights.SubmitListing, error) {
	own, err := s.rightsOf(ctx, "product-record")
	if err != nil {
		return rights.SubmitListing{}, err
	}
	operation := own[rights.RightOperation]
	return rights.SubmitListing{
		ProductID: s.id("product", rights.KindProduct), VenueID: exchange.uscc, RightID: operation.ID, SubjectType: "LicenceUse", DeliveryModes: []string{"EncryptedFile"},
		Permission: &rights.Permission{Scope: rights.Scope{ObjectIDs: []string{}, Purposes: []string{purposeCode}, Regions: []string{"3209"}, Industries: []string{"*"},
			Actions: []rights.Action{rights.ActHold, rights.ActQuery, rights.ActProcess}, MaxGrade: 2, Envs: []rights.Env{rights.EnvClientFile}, From: operation.ValidFrom, To: s.days(150)}},
		PriceModel: "Negotiated", ValidTo: s.days(150), SimilarityHash: hashOf("demo similarity report"),
	}, nil
}

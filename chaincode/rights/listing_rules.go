package rights

import (
	"slices"
	"strings"
)

// The rules LS-1 to LS-10: whether a listing may stand now.

// listable refuses an offer that LS-1 to LS-10 do not allow now. It runs when a
// listing is submitted, approved and resumed, and again when a trade of it is
// signed and delivered. It brings up to date what the listing computes from
// other records: its certificate, its grant with use class and ceiling, and the
// encumbrances to be disclosed. Whether it is Listed and in its term is asked
// with Act.effective.
func (a *Act) listable(p *Profile, l *Listing) error {
	return a.offerable(p, l, Exercise{Use: UseLicence, TermsHash: l.TermsHash, ConsentTx: l.ConsentTx})
}

// offerable is listable for one way to exercise the seller's right: to list it,
// or to contract on what is listed, which has terms and consents of its own.
func (a *Act) offerable(p *Profile, l *Listing, x Exercise) error {
	var d Product
	if err := need(a, KindProduct, "productId", l.ProductID, &d); err != nil {
		return err
	}
	seller, err := a.activeWith("sellerId", l.SellerID)
	if err != nil {
		return err
	}
	if err := first(tradesOnOwnAccount("sellerId", seller), a.mayTrade(seller)); err != nil {
		return err
	}
	if d.State != StateApproved {
		return refuse(CodeState, "产品状态为“%[1]s”，须为已通过", "the product is %[2]s; it must be Approved", productMachine.Titled(d.State).Zh, string(d.State)).at("productId").on(d.ID).by("LS-2")
	}
	if l.ProductVersion < 1 || l.ProductVersion > int64(len(d.Versions)) {
		return refuse(CodeNotFound, "没有版本 %d", "there is no version %d", l.ProductVersion).at("productVersion").on(d.ID)
	}
	owner, err := a.activeWith("productId", d.OwnerID)
	if err != nil {
		return err
	}
	if err := a.opinionStands("complianceOpinion", d.ComplianceOpinion, owner, "LS-2"); err != nil {
		return err
	}
	if err := l.inZone(&d); err != nil {
		return err
	}
	if d.pureService() != (l.SubjectType == "Service" || l.SubjectType == "Tool") {
		return refuse(CodeFormat, "不含数据的服务与工具、且仅此类产品，以 Service 或 Tool 挂牌", "work made of no data, and nothing else, is listed as Service or Tool").at("subjectType").on(d.ID).by("LS-10")
	}
	if d.pureService() {
		if d.OwnerID != l.SellerID {
			return refuse(CodeRole, "服务与工具由其所有人挂牌", "a service or tool is listed by its owner").at("productId").on(d.ID).by("LS-10")
		}
		return a.rendersService("productId", d.ServiceType, seller)
	}
	v := &d.Versions[l.ProductVersion-1]
	if err := l.fitsData(p, &d, v); err != nil {
		return err
	}
	if err := a.titled(p, l, v, x); err != nil {
		return err
	}
	if err := a.pricedPublicly(p, l, &d); err != nil {
		return err
	}
	var lineage *Lineage
	if v.LineageID != "" {
		if lineage, err = a.lineageOf("lineageId", v.LineageID, v.ContentRoot); err != nil {
			return err
		}
	}
	return a.mayGoOn(p, l.SellerID, d.ID, v.MatchTag, lineage, &l.Permission.Scope)
}

// importantEnvs are where important data may be used.
var importantEnvs = []Env{EnvTEE, EnvMPC, EnvFL, EnvSandbox}

// fitsData holds the offer to what the data is, LS-5, LS-8, gate C.
func (l *Listing) fitsData(p *Profile, d *Product, v *ProductVersion) error {
	if personal(d.PI) {
		return refuse(CodeGrade, "含个人信息的产品不得挂牌，只能凭许可处理", "a product with personal information is not listed; it is processed under permits").at("productId").on(d.ID).by("R-4")
	}
	if l.Permission == nil {
		return refuse(CodeFormat, "须写明所提供的许可", "name the permission offered").at("permission").on(d.ID).by("LS-4")
	}
	if l.Permission.MaxGrade < d.Grade {
		return refuse(CodeGrade, "许可的最高分级低于产品的 %d 级", "the permission goes up to less than the product's grade %d", d.Grade).at("permission.maxGrade").on(d.ID).by("LS-5")
	}
	if len(l.DeliveryModes) == 0 {
		return refuse(CodeFormat, "须写明交付方式", "name the delivery modes").at("deliveryModes").by("LS-5")
	}
	for _, m := range l.DeliveryModes {
		if !modeAllowed(p, d.Grade, m) {
			return refuse(CodeGrade, "%[1]d 级数据不得以 %[2]s 交付", "data of grade %[1]d is not delivered by %[2]s", d.Grade, m).at("deliveryModes").on(d.ID).by("R-7")
		}
	}
	if v.MatchTag == "" && (typeOfProduct(d.ProductType).file || slices.ContainsFunc(l.DeliveryModes, handsOver)) {
		return refuse(CodeBasis, "交付内容的产品须有 MatchTag", "content that is handed over needs a MatchTag").at("deliveryModes").on(d.ID).by("LS-8")
	}
	if l.SimilarityHash == "" {
		return refuse(CodeFormat, "须附相似性报告的哈希", "needs the hash of the similarity report").at("similarityHash").by("LS-7")
	}
	if d.Level != "LevelImportant" {
		return nil
	}
	important := func(field, zh, en string) error {
		return refuse(CodeGrade, "%[1]s", "%[2]s", zh, en).at(field).on(d.ID).by("R-6")
	}
	switch {
	case l.RiskAssessment == nil:
		return important("riskAssessment", "提供重要数据须有风险评估", "important data needs a risk assessment")
	case l.State != "" && l.ClearedBy == "": // only once it is before the regulator
		return important("listingId", "提供重要数据须经监管部门同意（listing.clear）", "important data needs the regulator's word: listing.clear")
	case l.Permission.allows(ActExport) || l.Permission.allows(ActResell):
		return important("permission.actions", "重要数据不得转售、不得出境", "important data is neither resold nor exported")
	case len(l.Permission.Envs) == 0 || slices.ContainsFunc(l.Permission.Envs, func(e Env) bool { return !slices.Contains(importantEnvs, e) }):
		return important("permission.envs", "重要数据只能在 TEE、MPC、联邦学习或沙箱中使用", "important data is used in TEE, MPC, federated learning or a sandbox only")
	}
	return nil
}

// titled holds the offer to the seller's title: an operation right (LS-1 to
// LS-4), or a recognised certificate in its place (MR-1).
func (a *Act) titled(p *Profile, l *Listing, v *ProductVersion, x Exercise) error {
	if l.RecognitionID != "" {
		r, err := a.recognised(p, "recognitionId", l.RecognitionID, l.SellerID, v.MatchTag)
		if err != nil {
			return err
		}
		if l.RightID != "" {
			return refuse(CodeFormat, "互认的产品没有本地权利", "a recognised product has no right here").at("rightId").on(r.ID).by("MR-2")
		}
		if l.ValidTo > r.ValidTo {
			return refuse(CodeTerm, "互认至 %s 止，挂牌不得更长", "it is recognised until %s; the listing is no longer", stamp(r.ValidTo)).at("validTo").on(r.ID).by("MR-1")
		}
		l.CertNo = r.ForeignCertNo
		title := Right{Kind: RightOperation, ObjectID: l.ProductID, ValidFrom: l.Permission.From, ValidTo: r.ValidTo}
		return l.Permission.within(title.offers(l), "permission")
	}
	var r Right
	if err := need(a, KindRight, "rightId", l.RightID, &r); err != nil {
		return err
	}
	if r.Kind != RightOperation || r.HolderID != l.SellerID || r.ObjectID != l.ProductID || r.ObjectVersionFrom > l.ProductVersion {
		return refuse(CodeBasis, "%[1]s 不是卖方对此产品此版本的数据经营权", "%[1]s is not the seller's operation right over this version of the product", r.ID).at("rightId").on(r.ID).by("LS-1")
	}
	disclosed, err := a.disclosures(&r, UseLicence)
	if err != nil {
		return err
	}
	l.Disclosures = disclosed
	x.Scope = &l.Permission.Scope
	for _, t := range disclosed {
		x.Disclosed = append(x.Disclosed, EncumbranceType(t))
	}
	if err := a.exercise(p, "rightId", &r, x); err != nil {
		return err
	}
	why, err := EffectiveAt(a, &r, l.ValidTo-1, p.Int(ParamBasisMaxDepth)) // as things stand, to its last second
	if err != nil {
		return err
	}
	if why != nil && why.Code == CodeTerm {
		return refuse(CodeTerm, "权利 %[1]s 至 %[2]s 止，不足以覆盖挂牌期", "right %[1]s ends %[2]s and does not cover the listing's term", r.ID, stamp(r.ValidTo)).at("validTo").on(r.ID).by("LS-1")
	}
	if why != nil {
		return why.at("validTo")
	}
	if err := a.effective(p, "rightId", r.CertNo); err != nil {
		return err // LS-2: the certificate
	}
	l.CertNo = r.CertNo
	return l.Permission.within(r.offers(l), "permission") // LS-4
}

// usedByBuyers are the actions that the holder of an operation right whose
// actions nothing limits may let others do: operating is letting others use. Neither
// sub-granting, which is a grant's, nor export, which the law has cleared first.
var usedByBuyers = []Action{ActHold, ActQuery, ActVerify, ActProcess, ActFuse, ActTrain, ActDerive, ActProvide, ActResell, ActSublicense, ActPledge}

// offers is the widest permission a right lets its holder offer.
func (r *Right) offers(l *Listing) *Scope {
	s := r.scope()
	if r.wholeOperation() {
		s.Actions = slices.Clone(usedByBuyers)
	}
	if r.Limits != nil && !r.Limits.ResaleAllowed { // form item 限制范围
		s.Actions = slices.DeleteFunc(slices.Clone(s.Actions), func(x Action) bool { return x == ActResell })
	}
	if r.Scope == nil && r.Limits != nil && r.Limits.ExportAllowed {
		s.Actions = append(s.Actions, ActExport)
	}
	s.To = max(s.To, l.ValidTo) // RT-9: a pending renewal carries the right on, and the listing with it
	return &s
}

// pricedPublicly holds the price of public data to its use class and ceiling
// (LS-6). The ceiling is the grant's, as it is now; of a private price the
// ledger knows that it was within the ceiling it was listed under.
func (a *Act) pricedPublicly(p *Profile, l *Listing, d *Product) error {
	if d.PublicData == nil {
		return nil
	}
	if err := d.publiclyCoded(a.Now); err != nil {
		return err
	}
	g, err := a.grantOf(p, d)
	if err != nil {
		return err
	}
	if l.ValidTo > g.ValidTo {
		return refuse(CodeTerm, "授权至 %s 止，挂牌不得更长", "the grant ends %s; the listing is no longer", stamp(g.ValidTo)).at("validTo").on(g.ID).by("G-4")
	}
	before := l.FeeCeilingFen
	l.GrantID, l.UseClass, l.FeeCeilingFen = g.ID, d.PublicData.UseClass, 0
	if l.UseClass == "PublicBenefit" {
		if l.PriceModel != "Free" || l.UnitPriceFen > 0 {
			return priceCap("unitPriceFen", l)
		}
		return nil
	}
	l.FeeCeilingFen = g.FeeRule.CeilingFen
	if l.UnitPriceFen > l.FeeCeilingFen || l.PriceModel == "Negotiated" && before > l.FeeCeilingFen {
		return priceCap("unitPriceFen", l)
	}
	return nil
}

func priceCap(field string, l *Listing) error {
	if l.UseClass == "PublicBenefit" {
		return refuse(CodePriceCap, "用于公共治理、公益事业的公共数据产品免费", "public data for public benefit is free").at(field).on(l.GrantID).by("LS-6")
	}
	return refuse(CodePriceCap, "超出授权的收费上限 %d 分", "above the grant's ceiling of %d fen", l.FeeCeilingFen).at(field).on(l.GrantID).by("LS-6")
}

// zoneIndustries are the industries (GB/T 4754 prefixes) that the new-energy
// zone takes: production and supply of power, electrical machinery. It is the
// project's reading of 附18, not law.
var zoneIndustries = []string{"D44", "C38"}

// inZone holds an offer to the zone it is made in: the new-energy zone takes
// its industries, the domestic-IT zone (信创专区) what is used inside it only.
func (l *Listing) inZone(d *Product) error {
	switch {
	case l.Zone == "ZoneNewEnergy" && !slices.ContainsFunc(zoneIndustries, func(i string) bool { return strings.HasPrefix(d.IndustryCode, i) }):
		return refuse(CodeScope, "新能源专区只收行业 %[1]s 的产品", "the new-energy zone takes products of industries %[1]s", strings.Join(zoneIndustries, ", ")).at("zone").on(d.ID).by("LS")
	case l.Zone == "ZoneXinchuang" && (l.Permission == nil || len(l.Permission.Envs) != 1 || l.Permission.Envs[0] != EnvXinchuang):
		return refuse(CodeScope, "信创专区的许可环境须为 EnvXinchuang", "in the domestic-IT zone the permission's one environment is EnvXinchuang").at("permission.envs").on(d.ID).by("LS")
	}
	return nil
}

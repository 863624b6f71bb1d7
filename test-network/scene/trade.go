package scene

import (
	"time"

	"github.com/datarights/datarights/chaincode/rights"
)

// Product is a dataset made of an asset, approved and registered.
type Product struct {
	Asset
	Reviewer Person // who gave the compliance opinion
	Lineage  string
}

// input is an asset as something that its holder makes something of.
func (x *Asset) input() rights.InputUsed {
	return rights.InputUsed{Type: x.Type, ID: x.Object, Version: 1, ContentRoot: x.Root, PermissionRef: x.Rights[1]}
}

// Job is a step of the operator's that makes a new content out of inputs.
func Job(op, typ, output string, inputs ...rights.InputUsed) rights.RecordLineage {
	now := time.Now().Unix() - 1 // it has ended
	return rights.RecordLineage{Outputs: []rights.LineageOutput{{Type: typ, ContentRoot: output, Grade: 2}}, Inputs: inputs, Op: op, Substantive: true,
		Env: rights.EnvSandbox, StartedAt: now, FinishedAt: now}
}

// Made is the body of a dataset made of an asset of the seller's by a
// substantive step, whose lineage it records.
func (m *Market) Made(of *Asset, c Content) rights.CreateProduct {
	m.Helper()
	m.after(of)
	lineage := m.Do(of.Holder, "lineage.record", Job("OpAggregate", "Product", c.Root, of.input())).One(rights.KindLineage)
	b := Dataset(c)
	b.LineageID = lineage
	b.Inputs = []rights.ProductInput{{ObjectType: of.Type, ObjectID: of.Object, Version: 1, PermissionRef: of.Operation()}}
	return b
}

// after lets the clock move on from when an asset's rights began: a job needs
// them from its first second.
func (m *Market) after(x *Asset) {
	m.Helper()
	m.WaitUntil(Read[rights.Right](m, "Group", "/v1/rights/"+x.Rights[0]).ValidFrom + 1)
}

// Dataset is the body of a dataset of some content.
func Dataset(c Content) rights.CreateProduct {
	grading := Paper(rights.DocGrading)
	return rights.CreateProduct{
		Name: "年度发电量统计", Overview: "按来源汇总", ProductType: "Dataset", Level: "LevelGeneral", Grade: 2, GradeReport: &grading, PI: "None",
		SubjectClass: "SubjectEnterprise", IndustryCode: "D44", RegionCode: "320902", RegionRange: "Municipal",
		ContentRoot: c.Root, MatchTag: c.Tag, TagEpoch: c.Epoch, TagAttestation: c.Attestation,
	}
}

// Opinion is a compliance opinion in date.
func Opinion(issuer Person) rights.Evidence {
	now := time.Now().Unix()
	return rights.Evidence{DocType: rights.DocCompliance, Hash: Hash("opinion"), IssuerID: issuer.USCC, IssuedOn: rights.CivilDate(now - 86400), ExpiresOn: rights.CivilDate(now + 400*86400)}
}

// Approve creates a product, has it reviewed and approved.
func (m *Market) Approve(owner, reviewer Person, b rights.CreateProduct) (productID string) {
	m.Helper()
	id := m.Do(owner, "product.create", b).One(rights.KindProduct)
	code := ""
	if b.PublicData != nil {
		code = Unique("GG")[:10]
	}
	m.Do(owner, "product.submitReview", rights.SubmitReview{ProductID: id, ComplianceOpinion: Opinion(reviewer), PublicRegCode: code})
	m.Do(m.Exchange, "product.approve", rights.OfProduct{ProductID: id})
	return id
}

// RegisterProduct registers the operation right over an approved product; until
// is the end of its term, 0 the longest there is.
func (m *Market) RegisterProduct(owner Person, productID string, until int64, basis ...rights.Basis) *Asset {
	m.Helper()
	if len(basis) == 0 {
		basis = []rights.Basis{{Type: "BasisOffLedger", EvidenceHash: Hash("agreement")}}
	}
	s := rights.Submit{RegType: "RegFirst", RegistrarID: m.Registrar.USCC, ObjectType: "Product", ObjectID: productID, RightKinds: []rights.RightKind{rights.RightOperation},
		Papers: AllPapers(), Basis: basis}
	if until > 0 {
		s.Allocation = []rights.Allocation{{HolderID: owner.USCC, Kind: rights.RightOperation, To: until}}
	}
	x := m.record(m.accepted(owner, s))
	x.Holder = owner
	return x
}

// Produce makes a dataset of an asset, with a reviewer of its own, and
// registers it until then, or for the longest term there is.
func (m *Market) Produce(of *Asset, c Content, until int64) *Product {
	m.Helper()
	reviewer := m.Service("盐城数据合规服务有限公司", "Exchange", "SvcCompliance")
	b := m.Made(of, c)
	x := m.RegisterProduct(of.Holder, m.Approve(of.Holder, reviewer, b), until)
	x.Root, x.Tag = c.Root, c.Tag
	return &Product{*x, reviewer, b.LineageID}
}

// offerDays is how long offers and what is bought under them last.
const offerDays = 120

// Offered is a permission over a product for some months.
func Offered(product string, actions ...rights.Action) rights.Permission {
	now := time.Now().Unix()
	return rights.Permission{Scope: rights.Scope{ObjectIDs: []string{product}, Purposes: []string{"*"}, Regions: []string{"3209"}, Industries: []string{"*"}, Actions: actions,
		MaxGrade: 4, Envs: []rights.Env{rights.EnvClientFile}, From: now, To: now + offerDays*86400}}
}

// Offer is the body that lists a product for what its buyers may do.
func (m *Market) Offer(x *Product, actions ...rights.Action) rights.SubmitListing {
	p := Offered(x.Object, actions...)
	return rights.SubmitListing{ProductID: x.Object, VenueID: m.Exchange.USCC, RightID: x.Operation(), SubjectType: "LicenceUse", DeliveryModes: []string{"EncryptedFile", "API"},
		Permission: &p, PriceModel: "Lump", UnitPriceFen: 100_00, ValidTo: time.Now().Unix() + offerDays*86400, SimilarityHash: Hash("similarity")}
}

// List brings an offer to Listed.
func (m *Market) List(seller Person, b rights.SubmitListing) (listingID string) {
	m.Helper()
	id := m.Do(seller, "listing.submit", b).One(rights.KindListing)
	m.Do(m.Exchange, "listing.approve", rights.OfListing{ListingID: id})
	return id
}

// Deal is a trade of a listed product and what its steps need.
type Deal struct {
	*Market
	Seller, Buyer Person
	Product       *Product
	Listing       string
	Terms         rights.TradeTerms
	Contract      string // hash of the text both sign
	Permission    rights.Permission

	Trade, Delivery, Copy, Settlement string
}

// Strike lists a product and prepares to sell it to a buyer for an amount, a
// fifth of it the exchange's.
func (m *Market) Strike(x *Product, buyer Person, fen int64, actions ...rights.Action) *Deal {
	m.Helper()
	b := m.Offer(x, actions...)
	d := m.Buy(x, m.List(x.Holder, b), buyer, fen)
	d.Permission = *b.Permission
	return d
}

// Buy prepares one more trade of a listing.
func (m *Market) Buy(x *Product, listing string, buyer Person, fen int64) *Deal {
	return &Deal{Market: m, Seller: x.Holder, Buyer: buyer, Product: x, Listing: listing, Contract: Hash(Unique("contract")),
		Terms: rights.TradeTerms{Salt: Salt(), AmountFen: fen, Lines: []rights.SettlementLine{
			{PayeeID: x.Holder.USCC, Role: "Seller", Bps: 8000}, {PayeeID: m.Exchange.USCC, Role: "Exchange", Bps: 2000}}}}
}

func (d *Deal) ofTrade() rights.OfTrade { return rights.OfTrade{TradeID: d.Trade} }

// Negotiate applies for the trade and has it accepted.
func (d *Deal) Negotiate() *Deal {
	d.Helper()
	d.Trade = d.Do(d.Buyer, "trade.apply", rights.ApplyTrade{ListingID: d.Listing, Purpose: "负荷预测"}).One(rights.KindTrade)
	d.Do(d.Seller, "trade.accept", d.ofTrade())
	return d
}

// Proposal is the seller's proposal of the terms, with its secret.
func (d *Deal) Proposal(version int64) (rights.ProposeTerms, []byte) {
	secret, commitment := Hidden(d.Terms)
	p := d.Permission
	return rights.ProposeTerms{TradeID: d.Trade, Version: version, TermsHash: d.Contract, TermsCommitment: commitment, Permission: &p, DestroyDays: 30}, secret
}

// Propose proposes the terms; a secret goes through the exchange's gateway.
func (d *Deal) Propose() *Deal {
	d.Helper()
	b, secret := d.Proposal(1)
	d.Do(d.Seller.Through("Exchange"), "trade.proposeTerms", b, secret...)
	return d
}

// Signature is a party's signature under the contract.
func (d *Deal) Signature() rights.SignTrade {
	return rights.SignTrade{TradeID: d.Trade, TermsHash: d.Contract}
}

// Agree signs on both sides. The act that makes the contract reads the secret
// terms, so it too goes where they are kept.
func (d *Deal) Agree() *Deal {
	d.Helper()
	for _, p := range []Person{d.Seller, d.Buyer} {
		d.Do(p.Through("Exchange"), "trade.sign", d.Signature())
	}
	return d
}

// Confirm has the exchange confirm the contract.
func (d *Deal) Confirm() *Deal {
	d.Helper()
	d.Do(d.Exchange, "trade.confirmContract", rights.ConfirmContract{TradeID: d.Trade, ComplianceHash: Hash("compliance")})
	return d
}

// Running brings a deal to Implementing.
func (d *Deal) Running() *Deal {
	d.Helper()
	return d.Negotiate().Propose().Agree().Confirm()
}

// Prepare prepares the delivery of the file.
func (d *Deal) Prepare() *Deal {
	d.Helper()
	d.Delivery = d.Do(d.Seller, "delivery.prepare", rights.PrepareDelivery{TradeID: d.Trade, Mode: "EncryptedFile"}).One(rights.KindDelivery)
	return d
}

// SentRoot and SentTag are of what was sent: the version with the recipient's
// fingerprint in it.
func (d *Deal) SentRoot() string { return Hash("sent " + d.Delivery) }

// SentTag is the tag of what was sent.
func (d *Deal) SentTag() string { return Hash("sent tag " + d.Delivery) }

// Marked is what is sent to this recipient, as the platform marked it.
func (d *Deal) Marked() rights.SendDelivery {
	d.Helper()
	b := rights.SendDelivery{DeliveryID: d.Delivery, ContentRoot: d.SentRoot(), MatchTag: d.SentTag(), TagEpoch: 1, CipherHash: Hash("cipher " + d.Delivery),
		KeyReleaseRef: Hash("key"), FingerprintCommit: Hash("code " + d.Delivery), WatermarkAlg: "LSB-1"}
	b.TagAttestation = d.Tagged(d.Seller, b.ContentRoot, b.MatchTag)
	mark := d.Platform.Attest(d, rights.WatermarkStatement(d.Delivery, d.Seller.USCC, d.Buyer.USCC, d.Product.Root, b.ContentRoot, b.FingerprintCommit))
	b.WatermarkAttest = &mark
	return b
}

// Deliver sends, receives and accepts the file: the buyer has a copy.
func (d *Deal) Deliver() *Deal {
	d.Helper()
	if d.Delivery == "" {
		d.Prepare()
	}
	d.Do(d.Seller, "delivery.send", d.Marked())
	d.Copy = d.Do(d.Buyer, "delivery.receive", rights.ReceiveDelivery{DeliveryID: d.Delivery, CipherHash: Hash("cipher " + d.Delivery)}).One(rights.KindCopy)
	d.Do(d.Buyer, "delivery.accept", rights.AcceptDelivery{DeliveryID: d.Delivery, ContentRoot: d.SentRoot()})
	return d
}

// Amounts are the lines of the whole settlement.
func (d *Deal) Amounts() rights.SettlementAmounts {
	d.Helper()
	shares := make([]int64, len(d.Terms.Lines))
	for i, l := range d.Terms.Lines {
		shares[i] = l.Bps
	}
	parts, err := rights.SplitFen(d.Terms.AmountFen, shares)
	if err != nil {
		d.Fatal(err)
	}
	a := rights.SettlementAmounts{Salt: Salt(), GrossFen: d.Terms.AmountFen}
	for i, l := range d.Terms.Lines {
		a.Lines = append(a.Lines, rights.LineAmount{SettlementLine: l, AmountFen: parts[i]})
	}
	return a
}

// Settle opens the settlement, has it paid and distributed, and every payee
// confirm.
func (d *Deal) Settle() *Deal {
	d.Helper()
	secret, commitment := Hidden(d.Amounts())
	d.Settlement = d.Do(d.Exchange, "settlement.open", rights.OpenSettlement{TradeID: d.Trade, Final: true, DeliveryID: d.Delivery, AmountsCommitment: commitment}, secret...).One(rights.KindSettlement)
	d.Do(d.Exchange, "settlement.escrow", rights.EscrowSettlement{SettlementID: d.Settlement, EscrowRef: Hash("escrow")})
	secret, commitment = Hidden(rights.PaymentProof{Salt: Salt(), AmountFen: d.Terms.AmountFen})
	d.Do(d.Exchange, "settlement.markPaid", rights.MarkPaid{SettlementID: d.Settlement, PaymentRefHash: Hash("payment"), PaidCommitment: commitment,
		PaidOn: rights.CivilDate(time.Now().Unix()), Channel: "银行转账"}, secret...)
	of := rights.OfSettlement{SettlementID: d.Settlement}
	d.Do(d.Exchange, "settlement.distribute", of)
	for _, p := range []Person{d.Seller, d.Exchange} {
		d.Do(p, "settlement.confirm", of)
	}
	return d
}

// Complete has the exchange complete the trade.
func (d *Deal) Complete() *Deal {
	d.Helper()
	d.Do(d.Exchange, "trade.complete", d.ofTrade())
	return d
}

// Dispute files a dispute of the buyer's over the trade.
func (d *Deal) Dispute(s rights.DisputeStatement) (disputeID string) {
	d.Helper()
	secret, commitment := Hidden(s)
	return d.Do(d.Buyer.Through("Exchange"), "dispute.file", rights.FileDispute{Type: "Quality", RespondentIDs: []string{d.Seller.USCC}, RefType: "Trade", RefID: d.Trade,
		ClaimHash: Hash("claim"), StatementCommitment: commitment}, secret...).One(rights.KindDispute)
}

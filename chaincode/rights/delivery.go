package rights

import "slices"

var deliveryMachine = Machine{
	Entity: "delivery",
	Kind:   KindDelivery,
	Title:  Text{"交付", "Delivery"},
	States: []StateInfo{
		{StatePrepared, Text{"已备妥", "Prepared"}, false},
		{StateSent, Text{"已发出", "Sent"}, false},
		{StateReceived, Text{"已签收", "Received"}, false},
		{StateAccepted, Text{"已验收", "Accepted"}, true},
		{StateRejected, Text{"已拒收", "Rejected"}, false},
		{StateRecalled, Text{"已撤回", "Recalled"}, true},
	},
	Transitions: []Transition{
		{nil, "prepare", "", who(BySender, ByPlatform), Text{"合同实施中（TR-2）；权利、挂牌仍可履行（TR-1）；交付方式在约定之内且为该分级所许（R-7）", "the contract is being carried out (TR-2); right and listing still allow it (TR-1); a mode agreed and allowed for the grade (R-7)"}, StatePrepared},
		{in(StatePrepared), "send", "", who(BySender, ByPlatform), Text{"文件类须有未用过的指纹承诺，自规定分级起由平台嵌入并签名（门 E、DL-1）；所发即所交易版本，或经平台证明的加标副本（DL-2）", "a file needs a fingerprint commitment never used before, from the grade set embedded and attested by the platform (gate E, DL-1); what is sent is the version traded, or its marked copy as the platform attests (DL-2)"}, StateSent},
		{in(StateSent), "receive", "", who(ByRecipient), Text{"接收方以自己的密钥签收密文哈希（DL-3）；生成副本", "the recipient's own signature over the cipher hash (DL-3); makes the copy"}, StateReceived},
		{in(StateReceived), "accept", "", who(ByRecipient), Text{"解密后内容根相符", "the content root opened is equal"}, StateAccepted},
		{in(StateReceived), "reject", "", who(ByRecipient), Text{"验收期限内，写明理由；副本期限随即终止", "before acceptance is due, with a reason; the copy's term ends"}, StateRejected},
		{in(StateReceived), "deemAccept", "", who(ByAnyone), Text{"验收期限已过", "acceptance was due"}, StateAccepted},
		{in(StateRejected), "redeliver", "", who(BySender, ByPlatform), Text{"一次；新交付与其相连", "once; linked to a new delivery"}, StateRejected},
		{in(StatePrepared, StateSent), "recall", "", who(BySender), Text{"签收之前", "before receipt"}, StateRecalled},
	},
}

// maxDeliveries bounds the deliveries of one trade.
const maxDeliveries = 500

func (d *Delivery) relations() Relations {
	return Relations{BySender: {d.FromID}, ByPlatform: {d.PlatformID}, ByRecipient: {d.ToID}}
}

// stepDelivery loads a delivery, steps it, lets change edit it and stores it.
func stepDelivery(a *Act, id, event string, change func(*Delivery, *Profile) error) error {
	var d Delivery
	if err := need(a, KindDelivery, "deliveryId", id, &d); err != nil {
		return err
	}
	to, err := a.step(&deliveryMachine, d.ID, d.State, event, "", d.relations())
	if err != nil {
		return err
	}
	p, err := a.profile(d.RuleProfileVer)
	if err != nil {
		return err
	}
	if change != nil {
		if err := change(&d, p); err != nil {
			return err
		}
	}
	d.State = to
	return a.update(KindDelivery, &d)
}

// PrepareDelivery is the body of delivery.prepare: under a trade, or under a
// permit.
type PrepareDelivery struct {
	TradeID    string `json:"tradeId,omitempty"`
	PermitID   string `json:"permitId,omitempty"`
	PlatformID string `json:"platformId,omitempty"`
	Mode       string `json:"mode"`
	ProductID  string `json:"productId,omitempty"` // of a permit; a trade says it
	Version    int64  `json:"productVersion,omitempty"`
	Part       int64  `json:"part,omitempty"` // 1 of 1 when left out
	Parts      int64  `json:"parts,omitempty"`
}

func prepareDelivery(a *Act, b *PrepareDelivery) error {
	if (b.TradeID == "") == (b.PermitID == "") {
		return refuse(CodeFormat, "须写明交易或使用许可，二者之一", "name a trade or a permit, one of them").at("tradeId")
	}
	if b.PermitID != "" {
		return a.prepareUnderPermit(b)
	}
	if b.ProductID != "" || b.Version != 0 {
		return refuse(CodeFormat, "产品与版本由交易确定", "the trade says which product and version").at("productId")
	}
	var t Trade
	if err := need(a, KindTrade, "tradeId", b.TradeID, &t); err != nil {
		return err
	}
	if a.Actor.USCC != t.SellerID && a.Actor.USCC == b.PlatformID && !a.office(RolePlatform) {
		return refuse(CodeRole, "卖方以外只有联盟平台的服务密钥可以备妥交付", "beside the seller only the service key of a consortium platform prepares a delivery").at("platformId").on(t.ID).by("3.9")
	}
	d := &Delivery{TradeID: t.ID, FromID: t.SellerID, ToID: t.BuyerID, PlatformID: b.PlatformID, Mode: b.Mode,
		ProductID: t.ProductID, ProductVersion: t.ProductVersion, Permission: t.Permission, Part: max(b.Part, 1), Parts: max(b.Parts, 1)}
	id, err := a.prepare(d, a.regionFor(t.ID))
	if err != nil {
		return err
	}
	return a.underTrade(&t, d, id)
}

// prepare checks and stores a delivery to be; what it is under is the caller's.
func (a *Act) prepare(d *Delivery, region string) (string, error) {
	if _, err := a.step(&deliveryMachine, "", "", "prepare", "", d.relations()); err != nil {
		return "", err
	}
	p, err := a.marketRules()
	if err != nil {
		return "", err
	}
	if err := a.checkWay(p, d); err != nil {
		return "", err
	}
	if err := a.mayDeliver(p, d); err != nil {
		return "", err
	}
	id := a.newID(KindDelivery, region)
	return id, a.create(KindDelivery, id, StatePrepared, p.Ver(), d)
}

// checkWay refuses a mode or platform that is not to be had, and a recipient
// who is gone.
func (a *Act) checkWay(p *Profile, d *Delivery) error {
	if err := oneOf("mode", d.Mode, deliveryModes...); err != nil {
		return err
	}
	if d.PlatformID != "" {
		if _, err := a.activeWith("platformId", d.PlatformID, RolePlatform); err != nil {
			return err
		}
	}
	if d.Part < 1 || d.Parts > maxDeliveries || d.Part > d.Parts {
		return refuse(CodeFormat, "部分须为 1 至 %d 之一", "the part is one of 1 to %d", min(d.Parts, maxDeliveries)).at("part")
	}
	if _, err := a.activeWith("toId", d.ToID); err != nil {
		return err
	}
	if d.ProductID == "" {
		return nil
	}
	product, err := a.deliveredVersion(d)
	if err != nil {
		return err
	}
	if !modeAllowed(p, product.Grade, d.Mode) {
		return refuse(CodeGrade, "%[1]d 级数据不得以 %[2]s 交付", "data of grade %[1]d is not delivered by %[2]s", product.Grade, d.Mode).at("mode").on(product.ID).by("R-7")
	}
	return nil
}

// deliveredVersion loads the product of a delivery, which has the version delivered.
func (a *Act) deliveredVersion(d *Delivery) (*Product, error) {
	product := new(Product)
	if err := need(a, KindProduct, "productId", d.ProductID, product); err != nil {
		return nil, err
	}
	if d.ProductVersion < 1 || d.ProductVersion > int64(len(product.Versions)) {
		return nil, refuse(CodeNotFound, "产品没有第 %d 版", "the product has no version %d", d.ProductVersion).at("productVersion").on(product.ID)
	}
	return product, nil
}

// mayDeliver refuses a hand-over that what it is under does not allow now: at
// preparing, sending and receiving alike (TR-1, TR-2, TR-5).
func (a *Act) mayDeliver(p *Profile, d *Delivery) error {
	if d.PermitID != "" {
		return a.effective(p, "permitId", d.PermitID)
	}
	var t Trade
	if err := need(a, KindTrade, "tradeId", d.TradeID, &t); err != nil {
		return err
	}
	if err := t.free(); err != nil {
		return err
	}
	if d.ParentCopyID != "" {
		if err := a.effective(p, "copyId", d.ParentCopyID); err != nil {
			return err
		}
	} else if t.State != StateImplementing {
		return refuse(CodeState, "交易状态为“%[1]s”，实施中方可交付", "the trade is %[2]s; deliveries are made while it is being implemented", tradeMachine.Titled(t.State).Zh, string(t.State)).at("tradeId").on(t.ID).by("TR-2")
	}
	if d.Permission != nil && a.Now >= d.Permission.To {
		return refuse(CodeTerm, "许可期限已过", "the term of the permission is over").at("tradeId").on(t.ID).by("3.0.5")
	}
	l, err := a.listingOf(&t)
	if err != nil {
		return err
	}
	return a.stillOffered(p, l, &t)
}

// underTrade enters a delivery in its trade, which decides the mode and how
// many parts there are.
func (a *Act) underTrade(t *Trade, d *Delivery, id string) error {
	if !slices.Contains(t.DeliveryModes, d.Mode) {
		return refuse(CodeScope, "约定的交付方式不含 %s", "%s is none of the modes agreed", d.Mode).at("mode").on(t.ID).by("LS-5")
	}
	if t.Parts != 0 && t.Parts != d.Parts {
		return refuse(CodeFormat, "此交易分 %d 部分交付", "this trade is delivered in %d parts", t.Parts).at("parts").on(t.ID)
	}
	if slices.Contains(t.AcceptedParts, d.Part) {
		return refuse(CodeExists, "第 %d 部分已验收", "part %d was accepted already", d.Part).at("part").on(t.ID)
	}
	if len(t.DeliveryIDs) >= maxDeliveries {
		return refuse(CodeFormat, "一笔交易最多 %d 次交付", "at most %d deliveries in a trade", maxDeliveries).on(t.ID)
	}
	t.Parts = d.Parts
	t.DeliveryIDs = append(t.DeliveryIDs, id)
	return a.update(KindTrade, t)
}

// prepareUnderPermit lets the permit's platform give access: nothing raw is
// handed over under a permit (UP-1).
func (a *Act) prepareUnderPermit(b *PrepareDelivery) error {
	var permit Permit
	if err := need(a, KindPermit, "permitId", b.PermitID, &permit); err != nil {
		return err
	}
	if b.PlatformID != "" && b.PlatformID != permit.PlatformID {
		return refuse(CodeScope, "使用许可的平台是 %s", "the permit's platform is %s", permit.PlatformID).at("platformId").on(permit.ID).by("MT-4")
	}
	if handsOver(b.Mode) {
		return refuse(CodeScope, "使用许可不移交内容", "a permit hands no content over").at("mode").on(permit.ID).by("UP-1")
	}
	d := &Delivery{PermitID: permit.ID, FromID: permit.GrantorID, ToID: permit.PermitteeID, PlatformID: permit.PlatformID, Mode: b.Mode,
		ProductID: b.ProductID, ProductVersion: b.Version, Permission: &Permission{Scope: permit.Scope}, Part: max(b.Part, 1), Parts: max(b.Parts, 1)}
	if b.ProductID != "" && !covers(permit.Scope.ObjectIDs, b.ProductID, equal) {
		return refuse(CodeScope, "使用许可不涉及 %s", "the permit is not about %s", b.ProductID).at("productId").on(permit.ID).by("G-4")
	}
	_, err := a.prepare(d, a.regionFor(permit.ID))
	return err
}

// SendDelivery is the body of delivery.send. ContentRoot and MatchTag are of
// what is sent, mark and all.
type SendDelivery struct {
	DeliveryID        string          `json:"deliveryId"`
	ContentRoot       string          `json:"contentRoot,omitempty"`
	MatchTag          string          `json:"matchTag,omitempty"`
	TagEpoch          int64           `json:"tagEpoch,omitempty"`
	TagAttestation    *TagAttestation `json:"tagAttestation,omitempty"`
	CipherHash        string          `json:"cipherHash,omitempty"`
	KeyReleaseRef     string          `json:"keyReleaseRef,omitempty"`
	FingerprintCommit string          `json:"fingerprintCommit,omitempty"`
	WatermarkAlg      string          `json:"watermarkAlg,omitempty"`
	WatermarkAttest   *Attestation    `json:"watermarkAttest,omitempty"`
}

// WatermarkStatement is what the platform signs when it embeds a recipient's
// code itself: which delivery, from whom to whom, of which version, what came
// of it and which code is in it.
func WatermarkStatement(deliveryID, fromID, toID, versionRoot, sentRoot, fingerprintCommit string) string {
	return "datarights-watermark-v1\n" + deliveryID + "\n" + fromID + "\n" + toID + "\n" + versionRoot + "\n" + sentRoot + "\n" + fingerprintCommit
}

func sendDelivery(a *Act, b *SendDelivery) error {
	return stepDelivery(a, b.DeliveryID, "send", func(d *Delivery, p *Profile) error {
		for _, x := range []struct{ field, v string }{{"contentRoot", b.ContentRoot}, {"matchTag", b.MatchTag}, {"cipherHash", b.CipherHash},
			{"keyReleaseRef", b.KeyReleaseRef}, {"fingerprintCommit", b.FingerprintCommit}} {
			if x.v != "" {
				if err := checkHash(x.field, x.v); err != nil {
					return err
				}
			}
		}
		if err := optionalText("watermarkAlg", b.WatermarkAlg, 60); err != nil {
			return err
		}
		if err := a.mayDeliver(p, d); err != nil {
			return err
		}
		d.ContentRoot, d.MatchTag, d.TagEpoch, d.TagAttestation, d.CipherHash, d.KeyReleaseRef = b.ContentRoot, b.MatchTag, b.TagEpoch, b.TagAttestation, b.CipherHash, b.KeyReleaseRef
		d.FingerprintCommit, d.WatermarkAlg, d.WatermarkAttest, d.SentAt = b.FingerprintCommit, b.WatermarkAlg, b.WatermarkAttest, a.Now
		if b.FingerprintCommit != "" { // from an opened code the ledger finds this one delivery
			if err := a.claimOnce(pair("fingerprint", b.FingerprintCommit), d.ID, "fingerprintCommit", nil); err != nil {
				if e := asRefusal(err); e != nil {
					return e.by("DL-1")
				}
				return err
			}
		}
		return a.checkSent(p, d)
	})
}

// checkSent holds what is sent against the version traded (gate E, DL-1, DL-2).
func (a *Act) checkSent(p *Profile, d *Delivery) error {
	file := handsOver(d.Mode)
	if d.ProductID == "" { // a service
		return nil
	}
	product, err := a.deliveredVersion(d)
	if err != nil {
		return err
	}
	v := product.Versions[d.ProductVersion-1]
	if file {
		for _, x := range []struct{ field, v string }{{"contentRoot", d.ContentRoot}, {"cipherHash", d.CipherHash}, {"matchTag", d.MatchTag}} {
			if x.v == "" {
				return refuse(CodeFormat, "移交内容须写明", "content handed over must be named by it").at(x.field).on(d.ID).by("DL-2")
			}
		}
		if d.TagAttestation == nil || d.TagEpoch < 1 {
			return refuse(CodeFormat, "须附密钥期号与平台对标签的签名", "needs the tag key's epoch and the platform's attestation").at("tagAttestation").on(d.ID).by("DL-2")
		}
		if err := a.checkTag("tagAttestation", d.FromID, d.ContentRoot, d.MatchTag, d.TagEpoch, d.TagAttestation); err != nil {
			return err
		}
		if product.Grade >= p.Int(ParamFingerprintMinGrade) && d.FingerprintCommit == "" {
			return refuse(CodeFormat, "%d 级起的文件交付须有接收方专属的指纹承诺", "a file of grade %d or more carries a fingerprint of its recipient's own", p.Int(ParamFingerprintMinGrade)).at("fingerprintCommit").on(d.ID).by("gate E")
		}
	}
	marked := d.FingerprintCommit != "" && file && product.Grade >= p.Int(ParamPlatformMarkMinGrade)
	if d.WatermarkAttest == nil {
		switch {
		case marked:
			return refuse(CodeFormat, "此分级须由平台嵌入指纹并签名", "at this grade the platform embeds the fingerprint and signs for it").at("watermarkAttest").on(d.ID).by("DL-1")
		case d.ContentRoot != "" && d.ContentRoot != v.ContentRoot:
			return refuse(CodeLineage, "所发内容不是所交易的第 %[1]d 版（%[2]s），也没有平台对加标副本的证明", "what is sent is not version %[1]d (%[2]s), nor attested by the platform as a marked copy of it", v.No, v.ContentRoot).at("contentRoot").on(d.ID).by("DL-2")
		}
		return nil
	}
	if id, _, _ := SplitKeyID(d.WatermarkAttest.Kid); id == d.FromID || id == d.ToID {
		return refuse(CodeSelf, "嵌入指纹的平台不得是交付的任何一方", "the platform that embeds the mark is neither side of the delivery").at("watermarkAttest.kid").on(d.ID).by("DL-1")
	}
	return a.attestedByPlatform("watermarkAttest", d.WatermarkAttest.Kid, d.WatermarkAttest.Signature,
		WatermarkStatement(d.ID, d.FromID, d.ToID, v.ContentRoot, d.ContentRoot, d.FingerprintCommit),
		Text{"平台签名与交付、双方、版本根、所发根、指纹承诺不符", "the platform's signature does not fit delivery, parties, version root, sent root and fingerprint"})
}

// OfDelivery is the body of events that need nothing but the delivery.
type OfDelivery struct {
	DeliveryID string `json:"deliveryId"`
}

func recallDelivery(a *Act, b *OfDelivery) error {
	return stepDelivery(a, b.DeliveryID, "recall", nil)
}

// Redeliver is the body of delivery.redeliver.
type Redeliver struct {
	DeliveryID string `json:"deliveryId"`
	Mode       string `json:"mode,omitempty"` // as before when left out
}

func redeliver(a *Act, b *Redeliver) error {
	return stepDelivery(a, b.DeliveryID, "redeliver", func(old *Delivery, _ *Profile) error {
		if old.RedeliveredAs != "" {
			return refuse(CodeExists, "已重新交付：%s", "it was redelivered already, as %s", old.RedeliveredAs).on(old.RedeliveredAs)
		}
		d := &Delivery{TradeID: old.TradeID, PermitID: old.PermitID, ParentCopyID: old.ParentCopyID, Permission: old.Permission, FromID: old.FromID, ToID: old.ToID,
			PlatformID: old.PlatformID, Mode: old.Mode, ProductID: old.ProductID, ProductVersion: old.ProductVersion, Part: old.Part, Parts: old.Parts, RedeliveryOf: old.ID}
		if b.Mode != "" {
			d.Mode = b.Mode
		}
		if old.PermitID != "" && handsOver(d.Mode) {
			return refuse(CodeScope, "使用许可不移交内容", "a permit hands no content over").at("mode").on(old.ID).by("UP-1")
		}
		id, err := a.prepare(d, a.regionFor(old.ID))
		if err != nil {
			return err
		}
		old.RedeliveredAs = id
		if d.TradeID == "" || d.ParentCopyID != "" {
			return nil
		}
		var t Trade
		if err := need(a, KindTrade, "deliveryId", d.TradeID, &t); err != nil {
			return err
		}
		return a.underTrade(&t, d, id)
	})
}

// partAccepted enters an accepted part in its trade, which is delivered once
// all are.
func (a *Act) partAccepted(d *Delivery) error {
	if d.TradeID == "" || d.ParentCopyID != "" {
		return nil
	}
	var t Trade
	if err := need(a, KindTrade, "deliveryId", d.TradeID, &t); err != nil {
		return err
	}
	if err := t.free(); err != nil {
		return err
	}
	if t.State != StateImplementing { // ended meanwhile; the acceptance stands
		return nil
	}
	if !slices.Contains(t.AcceptedParts, d.Part) {
		t.AcceptedParts = append(t.AcceptedParts, d.Part)
	}
	if int64(len(t.AcceptedParts)) < t.Parts || t.SubjectType == SubjectRightTransfer {
		return a.update(KindTrade, &t)
	}
	to, err := a.step(&tradeMachine, t.ID, t.State, "deliver", "", t.relations())
	if err != nil {
		return err
	}
	if t.PriceModel == "Free" {
		if t.CompleteDueAt, err = a.completeDue(&t); err != nil {
			return err
		}
	}
	return a.moveTrade(&t, to)
}

// completeDue is when anyone may complete a trade: after the days of objection.
func (a *Act) completeDue(t *Trade) (UnixSec, error) {
	p, err := a.profile(t.RuleProfileVer)
	if err != nil {
		return 0, err
	}
	return p.Due(a.Now, p.Int(ParamCompleteTrade))
}

package rights

import "slices"

// Bundle is the file of a case of illegal secondary trade: the elements E1 to
// E10 of 4.3 with the records that show each, and what is missing of it.
type Bundle struct {
	AlertID    string          `json:"alertId"`
	DeliveryID string          `json:"deliveryId,omitempty"` // whose fingerprint was opened
	CopyID     string          `json:"copyId,omitempty"`
	SuspectID  string          `json:"suspectId,omitempty"`
	Elements   []BundleElement `json:"elements"`
}

// BundleElement is one thing to be proven.
type BundleElement struct {
	No      string      `json:"no"`
	Title   Text        `json:"title"`
	Records []RecordRef `json:"records"`
	Hashes  []string    `json:"hashes,omitempty"` // of what lies off the ledger
	Gap     *Text       `json:"gap,omitempty"`
}

// Gaps lists the elements with something missing.
func (b *Bundle) Gaps() []string {
	var list []string
	for _, e := range b.Elements {
		if e.Gap != nil {
			list = append(list, e.No)
		}
	}
	return list
}

var bundleTitles = []Text{
	{"当时权利存在及其归属", "the right existed, and whose it was, at the time"},
	{"内容的同一性", "the content's identity"},
	{"当事人收到了这一副本", "the suspect received this copy"},
	{"当事人获准做什么", "what the suspect was allowed"},
	{"所提供的与之相同或无实质加工", "the offered thing is the same, or derived without substance"},
	{"时间先后", "the order in time"},
	{"排除其他来源", "exclusion of other sources"},
	{"证据自身的保管链", "chain of custody of the evidence itself"},
	{"获利或损害", "gain or harm"},
	{"正当程序", "due process"},
}

// bundling puts a bundle together. Its records are read once, whatever is
// missing is a gap and no error.
type bundling struct {
	find       Finder
	alert      Alert
	evidence   []*EvidenceItem
	copy       *Copy
	delivery   *Delivery
	trade      *Trade
	right      *Right
	recipients []string
	elements   []BundleElement
}

// CaseBundle walks from an alert to everything that proves its case. Recipients
// are the copies of the same product version, all of them: the ledger keeps no
// list, the caller's index does.
func CaseBundle(find Finder, alertID string, recipients []string) (*Bundle, error) {
	b := &bundling{find: find, recipients: recipients}
	found, err := find.Find(KindAlert, alertID, &b.alert)
	if err != nil {
		return nil, err
	}
	if !found {
		return nil, refuse(CodeNotFound, "账本上没有记录 %s", "no record %s on the ledger", alertID).at("alertId").on(alertID)
	}
	if err := b.gather(); err != nil {
		return nil, err
	}
	for i, t := range bundleTitles {
		b.elements = append(b.elements, BundleElement{No: bundleNo(i), Title: t, Records: []RecordRef{}})
	}
	for i, fill := range []func(*BundleElement) error{b.entitlement, b.content, b.receipt, b.allowance, b.sameness, b.order, b.exclusion, b.custody, b.gain, b.process} {
		if err := fill(&b.elements[i]); err != nil {
			return nil, err
		}
	}
	out := &Bundle{AlertID: alertID, Elements: b.elements}
	if b.copy != nil {
		out.CopyID, out.SuspectID = b.copy.ID, b.copy.HolderID
	}
	if b.opened() {
		out.DeliveryID = b.delivery.ID
	}
	return out, nil
}

func bundleNo(i int) string {
	return []string{"E1", "E2", "E3", "E4", "E5", "E6", "E7", "E8", "E9", "E10"}[i]
}

// gather reads the records on the way: evidence, delivery, copy, trade, right.
func (b *bundling) gather() error {
	for _, id := range b.alert.EvidenceIDs {
		e := new(EvidenceItem)
		if ok, err := b.find.Find(KindEvidence, id, e); err != nil {
			return err
		} else if ok {
			b.evidence = append(b.evidence, e)
		}
	}
	copyID := ""
	if b.alert.Proof != nil {
		copyID = b.alert.Proof.CopyID
	}
	if copyID == "" && len(b.alert.MatchedDeliveryIDs) == 1 { // of several none is the suspect's yet
		d, err := findRecord[Delivery](b.find, KindDelivery, b.alert.MatchedDeliveryIDs[0])
		if err != nil {
			return err
		}
		if b.delivery = d; d != nil {
			copyID = d.CopyID
		}
	}
	var err error
	if b.copy, err = findRecord[Copy](b.find, KindCopy, copyID); err != nil || b.copy == nil {
		return err
	}
	if b.delivery, err = findRecord[Delivery](b.find, KindDelivery, b.copy.DeliveryID); err != nil {
		return err
	}
	if b.trade, err = findRecord[Trade](b.find, KindTrade, b.copy.TradeID); err != nil || b.trade == nil {
		return err
	}
	b.right, err = findRecord[Right](b.find, KindRight, b.trade.RightID)
	return err
}

// findRecord is nil where there is none.
func findRecord[R any](find Finder, kind Kind, id string) (*R, error) {
	if id == "" {
		return nil, nil
	}
	r := new(R)
	if ok, err := find.Find(kind, id, r); err != nil || !ok {
		return nil, err
	}
	return r, nil
}

func (e *BundleElement) add(k Kind, h *Head) {
	e.Records = append(e.Records, RecordRef{Kind: k, ID: h.ID, State: h.State, Version: h.Version})
}

// lacks names the first gap.
func (e *BundleElement) lacks(zh, en string) {
	if e.Gap == nil {
		e.Gap = &Text{zh, en}
	}
}

// shown adds the items of evidence of those kinds and reports whether there are
// any.
func (b *bundling) shown(el *BundleElement, kinds ...string) bool {
	any := false
	for _, e := range b.evidence {
		if slices.Contains(kinds, e.Kind) {
			el.add(KindEvidence, &e.Head)
			el.Hashes = append(el.Hashes, e.Hash)
			any = true
		}
	}
	return any
}

func (b *bundling) opened() bool {
	return b.delivery != nil && slices.Contains(b.alert.MatchedDeliveryIDs, b.delivery.ID)
}

// E1.
func (b *bundling) entitlement(el *BundleElement) error {
	if b.right == nil {
		el.lacks("未找到卖方的权利", "the seller's right is not found")
		return nil
	}
	el.add(KindRight, &b.right.Head)
	for _, x := range []struct {
		kind Kind
		id   string
	}{{KindCertificate, b.right.CertNo}, {KindCase, b.right.CaseID}} {
		h, err := findRecord[Head](b.find, x.kind, x.id)
		if err != nil {
			return err
		}
		if h == nil {
			el.lacks("凭证或登记案件缺失", "the certificate or the case is missing")
			continue
		}
		el.add(x.kind, h)
	}
	if b.delivery != nil && (b.delivery.ReceivedAt < b.right.ValidFrom || b.delivery.ReceivedAt >= b.right.ValidTo) {
		el.lacks("交付时权利不在有效期内", "the right was outside its term at the delivery")
	}
	return nil
}

// E2.
func (b *bundling) content(el *BundleElement) error {
	if b.delivery == nil || b.delivery.ContentRoot == "" {
		el.lacks("交付没有内容根", "the delivery has no content root")
		return nil
	}
	el.add(KindDelivery, &b.delivery.Head)
	el.Hashes = append(el.Hashes, b.delivery.ContentRoot)
	if b.delivery.MatchTag != "" {
		el.Hashes = append(el.Hashes, b.delivery.MatchTag)
	}
	p, err := findRecord[Product](b.find, KindProduct, b.delivery.ProductID)
	if err != nil {
		return err
	}
	if p == nil || !slices.ContainsFunc(p.Versions, func(v ProductVersion) bool { return v.No == b.delivery.ProductVersion }) {
		el.lacks("产品版本缺失", "the product's version is missing")
	} else {
		el.add(KindProduct, &p.Head)
	}
	if !b.shown(el, EvidenceSample, EvidenceInclusion) {
		el.lacks("没有取得的样本", "no sample was seized")
	}
	return nil
}

// E3.
func (b *bundling) receipt(el *BundleElement) error {
	if b.delivery == nil || b.copy == nil {
		el.lacks("未确定交付与副本", "no delivery and copy are determined")
		return nil
	}
	el.add(KindDelivery, &b.delivery.Head)
	el.add(KindCopy, &b.copy.Head)
	if b.delivery.KeyReleaseRef != "" {
		el.Hashes = append(el.Hashes, b.delivery.KeyReleaseRef)
	}
	b.shown(el, "KeyRelease")
	if b.delivery.ReceivedAt == 0 || b.delivery.ReceivedBy == "" {
		el.lacks("没有签收", "there is no signed receipt")
	}
	return nil
}

// E4.
func (b *bundling) allowance(el *BundleElement) error {
	if b.copy == nil || b.copy.Permission == nil {
		el.lacks("没有许可记录", "no permission is recorded")
		return nil
	}
	el.add(KindCopy, &b.copy.Head)
	b.shown(el, "Contract")
	switch {
	case b.trade != nil:
		el.add(KindTrade, &b.trade.Head)
		if b.trade.TermsHash == "" {
			el.lacks("合同条款未签署", "no terms were signed")
		} else {
			el.Hashes = append(el.Hashes, b.trade.TermsHash)
		}
	case b.delivery != nil && b.delivery.PermitID != "":
		p, err := findRecord[Permit](b.find, KindPermit, b.delivery.PermitID)
		if err != nil {
			return err
		}
		if p == nil {
			el.lacks("使用许可缺失", "the permit is missing")
		} else {
			el.add(KindPermit, &p.Head)
		}
	default:
		el.lacks("交易缺失", "the trade is missing")
	}
	return nil
}

// E5.
func (b *bundling) sameness(el *BundleElement) error {
	report := b.shown(el, EvidenceInclusion, "SimilarityReport", "ModelProbe")
	if b.opened() {
		el.add(KindDelivery, &b.delivery.Head)
		el.Hashes = append(el.Hashes, b.delivery.FingerprintCommit)
	} else if !report {
		el.lacks("既未开启水印，也没有比对报告", "neither a fingerprint was opened nor is there a report")
	}
	return nil
}

// E6.
func (b *bundling) order(el *BundleElement) error {
	if !b.shown(el, EvidenceOffer, "TrustedTimestamp") {
		el.lacks("没有要约的固定时间", "no capture of the offer with its time")
		return nil
	}
	if b.delivery == nil || b.delivery.ReceivedAt == 0 {
		el.lacks("没有签收时间", "no time of receipt")
		return nil
	}
	el.add(KindDelivery, &b.delivery.Head)
	for _, e := range b.evidence {
		if e.Kind == EvidenceOffer && e.CollectedAt <= b.delivery.ReceivedAt {
			el.lacks("要约不晚于签收", "the offer is not after the receipt")
		}
	}
	return nil
}

// E7: every recipient of the version, each with a fingerprint of its own.
func (b *bundling) exclusion(el *BundleElement) error {
	if b.copy == nil {
		el.lacks("未确定副本", "no copy is determined")
		return nil
	}
	if !slices.Contains(b.recipients, b.copy.ID) {
		el.lacks("接收人名单不含此副本", "the list of recipients does not hold this copy")
	}
	seen := map[string]bool{}
	for _, id := range b.recipients {
		c, err := findRecord[Copy](b.find, KindCopy, id)
		if err != nil {
			return err
		}
		if c == nil || c.ProductID != b.copy.ProductID || c.Version != b.copy.Version {
			el.lacks("名单中有非同一版本的副本", "the list holds what is no copy of that version")
			continue
		}
		el.add(KindCopy, &c.Head)
		if c.FingerprintCommit == "" || seen[c.FingerprintCommit] {
			el.lacks("有副本没有可区分的水印", "a copy has no fingerprint of its own")
		}
		seen[c.FingerprintCommit] = true
	}
	if tested := b.shown(el, EvidenceExclusion); !tested && !b.opened() {
		el.lacks("未对其他接收人的水印作排除", "the sample was not tested against the others' codes")
	}
	if len(b.alert.MatchedDeliveryIDs) > 1 {
		el.lacks("样本开启了多个交付的水印", "the sample opens the fingerprints of several deliveries")
	}
	return nil
}

// E8.
func (b *bundling) custody(el *BundleElement) error {
	if len(b.evidence) == 0 {
		el.lacks("没有证据", "there is no evidence")
	}
	for _, e := range b.evidence {
		el.add(KindEvidence, &e.Head)
		if !e.gapless() {
			el.lacks("保管链中断", "a chain of custody has a gap")
		}
	}
	return nil
}

// E9.
func (b *bundling) gain(el *BundleElement) error {
	any := b.shown(el, "BankFlow")
	for _, f := range b.alert.FactRefs {
		id := factID(f)
		k := kindOf(id)
		if k != KindTrade && k != KindSettlement && k != KindMeter {
			continue
		}
		h, err := findRecord[Head](b.find, k, id)
		if err != nil {
			return err
		}
		if h != nil {
			el.add(k, h)
			any = true
		}
	}
	if !any {
		el.lacks("没有当事人获利或损害的记录", "nothing shows gain or harm")
	}
	return nil
}

// factID is the record of a fact ID@version.
func factID(fact string) string {
	if i := slices.Index([]byte(fact), '@'); i >= 0 {
		return fact[:i]
	}
	return fact
}

// E10.
func (b *bundling) process(el *BundleElement) error {
	el.add(KindAlert, &b.alert.Head)
	for _, h := range b.alert.Heard {
		el.Hashes = append(el.Hashes, h.StatementHash)
	}
	b.shown(el, "Statement")
	if b.alert.HearingDueAt == 0 {
		el.lacks("尚未给予陈述期限", "no time to be heard was given")
	}
	if b.alert.FindingHash == "" {
		el.lacks("尚无结论", "there is no finding yet")
	}
	if b.alert.MeasureID == "" {
		el.lacks("尚未采取措施", "no measure was taken yet")
		return nil
	}
	sm, err := findRecord[Measure](b.find, KindMeasure, b.alert.MeasureID)
	if err != nil {
		return err
	}
	if sm == nil {
		el.lacks("措施缺失", "the measure is missing")
		return nil
	}
	el.add(KindMeasure, &sm.Head)
	el.Hashes = append(el.Hashes, sm.DocumentHash)
	return nil
}

package demo

import (
	"bytes"
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/datarights/datarights/chaincode/rights"
	"github.com/datarights/datarights/client/watermark"
	"github.com/datarights/datarights/internal/gm"
	"github.com/datarights/datarights/internal/marks"
)

// buyers of the product: the first trade is carried out, the second is met by a
// freeze and a dispute.
var buyers = []struct {
	actor
	trade string // name of the steps
}{{buyer, "trade"}, {secondBuyer, "trade2"}}

// each plays one step of both trades at a time.
func (s *story) each(ctx context.Context, of func(who actor, trade string) step) error {
	var steps []step
	for _, b := range buyers {
		steps = append(steps, of(b.actor, b.trade))
	}
	return s.together(ctx, steps...)
}

func (s *story) trade(ctx context.Context) error {
	if err := s.agree(ctx); err != nil {
		return err
	}
	if err := s.priceIsPrivate(ctx); err != nil {
		return err
	}
	if err := s.deliver(ctx); err != nil {
		return err
	}
	return s.settle(ctx)
}

// agree: from the application to the contract.
func (s *story) agree(ctx context.Context) error {
	listing, terms := s.id("listing", rights.KindListing), func(trade string) string { return hashOf("demo contract " + trade) }
	id := func(trade string) string { return s.id(trade, rights.KindTrade) }
	if err := s.each(ctx, func(who actor, trade string) step {
		return step{name: trade, who: who, zh: who.zh + "申请购买", en: who.en + " applies to buy", command: "trade.apply", body: rights.ApplyTrade{ListingID: listing, Purpose: purposeCode}}
	}); err != nil {
		return err
	}
	if err := s.each(ctx, func(who actor, trade string) step {
		return step{name: trade + "-accept", who: developer, zh: developer.zh + "接受与" + who.zh + "磋商", en: developer.en + " accepts to negotiate with " + who.en, command: "trade.accept", body: rights.OfTrade{TradeID: id(trade)}}
	}); err != nil {
		return err
	}
	var failed error
	if err := s.each(ctx, func(who actor, trade string) step {
		secret, commitment, err := s.secret(trade+"-terms", map[string]any{"amountFen": int64(priceFen), "payPlan": "验收后一次付清", "lines": shares()})
		failed = errors.Join(failed, err)
		return step{name: trade + "-terms", who: developer, zh: "向" + who.zh + "提出条款：价款与分账随命令另附，进私有集合", en: "proposes terms to " + who.en + ": price and shares go beside the command, into the private collection", command: "trade.proposeTerms", secret: secret,
			body: rights.ProposeTerms{TradeID: id(trade), Version: 1, TermsHash: terms(trade), TermsCommitment: commitment, DestroyDays: 30}}
	}); err != nil || failed != nil {
		return errors.Join(failed, err)
	}
	for i, party := range []string{"seller", "buyer"} {
		if err := s.each(ctx, func(who actor, trade string) step {
			zh, en := who.zh+"签署同一条款，合同成立", who.en+" signs the same terms: it is a contract"
			if i == 0 {
				zh, en = developer.zh+"签署与"+who.zh+"的条款", developer.en+" signs the terms with "+who.en
				who = developer
			}
			return step{name: trade + "-sign-" + party, who: who, zh: zh, en: en, command: "trade.sign", body: rights.SignTrade{TradeID: id(trade), TermsHash: terms(trade)}}
		}); err != nil {
			return err
		}
	}
	return s.each(ctx, func(who actor, trade string) step {
		return step{name: trade + "-confirm", who: exchange, zh: "交易中心合规审查后确认与" + who.zh + "的合同", en: "the Exchange checks and confirms the contract with " + who.en, command: "trade.confirmContract",
			body: rights.ConfirmContract{TradeID: id(trade), ComplianceHash: hashOf("demo compliance check")}}
	})
}

// priceIsPrivate: who may read the terms, and where they are not.
func (s *story) priceIsPrivate(ctx context.Context) error {
	path := "/v1/trades/" + s.id("trade", rights.KindTrade) + "/terms"
	for _, reader := range []struct {
		actor
		at string
	}{{buyer, "Exchange"}, {exchange, "Exchange"}, {regulator, "Regulator"}} {
		gateway, err := s.as(ctx, reader.actor, reader.at)
		if err != nil {
			return err
		}
		raw, err := gateway.ReadSecret(ctx, path)
		if err != nil {
			return err
		}
		var terms rights.TradeTerms
		if err := json.Unmarshal(raw, &terms); err != nil {
			return err
		}
		if terms.AmountFen != priceFen {
			return fmt.Errorf("%s reads a price of %d fen", reader.en, terms.AmountFen)
		}
		s.tell(fmt.Sprintf("%s读到价款 %s 元", reader.zh, yuan(terms.AmountFen)), fmt.Sprintf("%s reads the price: %s yuan", reader.en, yuan(terms.AmountFen)), "GET "+s.url(reader.at)+path)
	}
	for _, reader := range []struct {
		actor
		zh, en string
		code   rights.Code
	}{
		{registrar, "登记岗在市大数据集团的网关读不到：无关", "the registrar may not, at the Group's gateway: it is none of its business", codeForbidden},
		{buyer, "买方在那里也读不到：该机构的节点上没有", "nor the buyer, there: no node of the Group has it", codeMisdirected},
	} {
		gateway, err := s.as(ctx, reader.actor, "Group")
		if err != nil {
			return err
		}
		_, err = gateway.ReadSecret(ctx, path)
		p, err := wanted(reader.en, err, reader.code)
		if err != nil {
			return err
		}
		s.tell(reader.zh, reader.en, "GET "+s.url("Group")+path, fmt.Sprintf("HTTP %d %s：%s", p.Status, p.Code, p.Detail), p.DetailZh)
	}
	return nil
}

// What the gateway says itself, before any rule of the ledger.
const (
	codeForbidden   rights.Code = "E_FORBIDDEN"
	codeMisdirected rights.Code = "E_MISDIRECTED"
)

func yuan(fen int64) string { return fmt.Sprintf("%d.%02d", fen/100, fen%100) }

// parcel is what the platform made for one buyer, kept for a later play. The
// code and its nonce are in the platform's register of marks.
type parcel struct {
	Commitment string
	Marks      int64 // cells that carry the code
	Key        []byte
	Cipher     []byte // nonce ‖ AES-256-GCM
}

// markKeyFile is the platform's key to the marks in the product.
const markKeyFile = "product.markkey.json"

// markKey is that key, made when the product is first delivered.
func (s *story) markKey() (*watermark.Key, error) {
	k, err := watermark.LoadKey(s.file(markKeyFile))
	if !errors.Is(err, fs.ErrNotExist) {
		return k, err
	}
	if k, err = watermark.GenerateKey(s.id("product", rights.KindProduct), markPlan); err != nil {
		return nil, err
	}
	return k, k.Save(s.file(markKeyFile))
}

// pack marks the product with the buyer's own code and encrypts it.
func (s *story) pack(ctx context.Context, p *parcel, deliveryID string) error {
	k, err := s.markKey()
	if err != nil {
		return err
	}
	org, err := s.Deployment.Organisation(platform.gateway)
	if err != nil {
		return err
	}
	register, err := marks.CreateRegister(s.Deployment.MarksDir(org))
	if err != nil {
		return err
	}
	entry, report, err := watermark.Embed(ctx, s.file(productFile), s.file(sentFile), k,
		watermark.Delivery{ID: deliveryID, RecipientID: buyer.uscc, ProductVersion: 1}, register, watermark.Options{})
	if err != nil {
		return err
	}
	p.Commitment, p.Marks, p.Key = entry.Commitment, report.Cells, random(32)
	plain, err := os.ReadFile(s.file(sentFile))
	if err != nil {
		return err
	}
	block, err := aes.NewCipher(p.Key)
	if err != nil {
		return err
	}
	seal, err := cipher.NewGCM(block)
	if err != nil {
		return err
	}
	nonce := random(seal.NonceSize())
	p.Cipher = seal.Seal(nonce, nonce, plain, nil)
	return nil
}

// open is what the buyer finds in a parcel.
func (p *parcel) open() ([]byte, error) {
	block, err := aes.NewCipher(p.Key)
	if err != nil {
		return nil, err
	}
	seal, err := cipher.NewGCM(block)
	if err != nil {
		return nil, err
	}
	return seal.Open(nil, p.Cipher[:seal.NonceSize()], p.Cipher[seal.NonceSize():], nil)
}

func random(n int) []byte {
	b := make([]byte, n)
	rand.Read(b)
	return b
}

func sm3Of(b []byte) string {
	h := gm.SM3(b)
	return "sm3:" + hex.EncodeToString(h[:])
}

// deliver: the platform marks and encrypts the buyer's own copy, commits to the
// mark, and sends it; the buyer signs for the cipher and accepts what it opened.
func (s *story) deliver(ctx context.Context) error {
	if _, err := s.do(ctx, step{name: "delivery", who: platform, zh: "平台备妥交付", en: "the platform prepares the delivery", command: "delivery.prepare",
		body: rights.PrepareDelivery{TradeID: s.id("trade", rights.KindTrade), PlatformID: platform.uscc, Mode: "EncryptedFile"}}); err != nil {
		return err
	}
	var p parcel
	if err := s.remember("parcel.json", &p, func() error { return s.pack(ctx, &p, s.id("delivery", rights.KindDelivery)) }); err != nil {
		return err
	}
	plain, err := p.open()
	if err != nil {
		return err
	}
	if err := os.WriteFile(s.file(sentFile), plain, 0o600); err != nil {
		return err
	}
	fp, err := s.fingerprint("delivery", s.file(sentFile))
	if err != nil {
		return err
	}
	if err := s.tag(ctx, developer, []*print{fp}); err != nil {
		return err
	}
	id, commit := s.id("delivery", rights.KindDelivery), p.Commitment
	statement, err := s.watermark(id, fp.ContentRoot, commit)
	if err != nil {
		return err
	}
	s.tell(fmt.Sprintf("平台把该买方的专属水印码藏进 %d 个单元格的末位并加密；账本上只有对水印码的承诺", p.Marks), fmt.Sprintf("the platform hides this buyer's own code in the last digits of %d cells and encrypts the copy; the ledger has a commitment to the code only", p.Marks), "承诺 commitment "+commit)
	if err := s.all(ctx,
		step{name: "delivery-send", who: platform, zh: "发出", en: "and sends it", command: "delivery.send", body: rights.SendDelivery{
			DeliveryID: id, ContentRoot: fp.ContentRoot, MatchTag: fp.tag.MatchTag, TagEpoch: fp.tag.TagEpoch,
			TagAttestation: &rights.TagAttestation{Kid: fp.tag.TagAttestation.Kid, Signature: fp.tag.TagAttestation.Signature, SketchHash: fp.tag.TagAttestation.SketchHash},
			CipherHash:     sm3Of(p.Cipher), FingerprintCommit: commit, WatermarkAlg: "datarights-mark-1", WatermarkAttest: statement}},
		step{name: "delivery-receive", who: buyer, zh: buyer.zh + "以自己的密钥签收密文，生成副本记录", en: buyer.en + " signs for the cipher with its own key: its copy is on record", command: "delivery.receive",
			body: rights.ReceiveDelivery{DeliveryID: id, CipherHash: sm3Of(p.Cipher)}},
	); err != nil {
		return err
	}
	opened, err := s.fingerprint("delivery", s.file(sentFile)) // with the salts that came with it
	if err != nil {
		return err
	}
	_, err = s.do(ctx, step{name: "delivery-accept", who: buyer, zh: "解密，重算内容根，与账本一致，验收", en: "decrypts, computes the root again, finds it on the ledger, accepts", command: "delivery.accept",
		body: rights.AcceptDelivery{DeliveryID: id, ContentRoot: opened.ContentRoot}})
	return err
}

// watermark is the platform's word that it put the mark in itself.
func (s *story) watermark(delivery, sentRoot, commit string) (*rights.Attestation, error) {
	key, err := s.key(platform)
	if err != nil {
		return nil, err
	}
	product, err := s.fingerprint("product", s.file(productFile))
	if err != nil {
		return nil, err
	}
	sig, err := key.Sign([]byte(rights.WatermarkStatement(delivery, developer.uscc, buyer.uscc, product.ContentRoot, sentRoot, commit)))
	if err != nil {
		return nil, err
	}
	return &rights.Attestation{Kid: platform.kid(), Signature: base64.RawURLEncoding.EncodeToString(sig)}, nil
}

// settle: the proceeds are shared as the grant fixed, to the fen.
func (s *story) settle(ctx context.Context) error {
	lines := shares()
	var bps []int64
	for _, l := range lines {
		bps = append(bps, l.Bps)
	}
	parts, err := rights.SplitFen(priceFen, bps)
	if err != nil {
		return err
	}
	amounts := make([]rights.LineAmount, len(lines))
	var told bytes.Buffer
	for i, l := range lines {
		amounts[i] = rights.LineAmount{SettlementLine: l, AmountFen: parts[i]}
		fmt.Fprintf(&told, "%s %s  ", l.Role, yuan(parts[i]))
	}
	gross, commitment, err := s.secret("settlement", map[string]any{"grossFen": int64(priceFen), "lines": amounts, "refundedFen": 0})
	if err != nil {
		return err
	}
	if _, err := s.do(ctx, step{name: "settlement", who: exchange, zh: "交易中心按签约份额发起结算，金额保密", en: "the Exchange opens the settlement by the shares signed, its amounts private", command: "settlement.open", secret: gross,
		body: rights.OpenSettlement{TradeID: s.id("trade", rights.KindTrade), AmountsCommitment: commitment, Final: true}}); err != nil {
		return err
	}
	id := s.id("settlement", rights.KindSettlement)
	of := rights.OfSettlement{SettlementID: id}
	paid, commitment, err := s.secret("settlement-paid", map[string]any{"amountFen": int64(priceFen)})
	if err != nil {
		return err
	}
	if err := s.all(ctx,
		step{name: "settlement-escrow", who: exchange, zh: "资金托管", en: "the money is in escrow", command: "settlement.escrow", body: rights.EscrowSettlement{SettlementID: id, EscrowRef: hashOf("demo escrow")}},
		step{name: "settlement-paid", who: exchange, zh: "写明已付款", en: "paid", command: "settlement.markPaid", secret: paid,
			body: rights.MarkPaid{SettlementID: id, PaymentRefHash: hashOf("demo payment"), PaidCommitment: commitment, PaidOn: rights.CivilDate(s.start), Channel: "银行转账"}},
		step{name: "settlement-distribute", who: exchange, zh: "分配收益", en: "and distributed", command: "settlement.distribute", body: of},
	); err != nil {
		return err
	}
	s.tell("分配到分：开发主体、运营主体、财政", "to the fen: developer, operating body, treasury", told.String())
	return s.all(ctx,
		step{name: "settlement-confirm-1", who: developer, zh: developer.zh + "确认收款", en: developer.en + " confirms", command: "settlement.confirm", body: of},
		step{name: "settlement-confirm-2", who: operating, zh: operating.zh + "确认收款", en: operating.en + " confirms", command: "settlement.confirm", body: of},
		step{name: "settlement-confirm-3", who: implementing, zh: implementing.zh + "确认财政专户收款", en: implementing.en + " confirms for the treasury: settled", command: "settlement.confirm", body: of},
		step{name: "trade-complete", who: exchange, zh: "交易办结", en: "the trade is complete", command: "trade.complete", body: rights.OfTrade{TradeID: s.id("trade", rights.KindTrade)}},
	)
}

package demo

import (
	"context"

	"github.com/datarights/datarights/chaincode/rights"
)

// freeze: a measure of the regulator's freezes the right under the second trade.
func (s *story) freeze(ctx context.Context) error {
	offer, err := s.offer(ctx)
	if err != nil {
		return err
	}
	if _, err := s.do(ctx, step{name: "freeze", who: regulator, zh: "市数据局冻结产品的经营权：写明依据与文书", en: "the data bureau freezes the product's operation right, on a legal basis and a document", command: "measure.issue",
		body: rights.IssueMeasure{Type: rights.MeasureFreeze, Domain: "data", TargetKind: rights.KindRight, TargetID: offer.RightID, LegalBasis: "《数据安全法》第四十四条", DocumentHash: hashOf("demo decision to freeze")}}); err != nil {
		return err
	}
	measure := s.id("freeze", rights.KindMeasure)
	if _, err := s.do(ctx, step{name: "freeze-serve", who: regulator, zh: "送达，即时生效", en: "it is served and takes effect", command: "measure.serve", body: rights.ServeMeasure{MeasureID: measure, ReceiptHash: hashOf("demo receipt")}}); err != nil {
		return err
	}
	trade := s.id("trade2", rights.KindTrade)
	prepare := rights.PrepareDelivery{TradeID: trade, PlatformID: platform.uscc, Mode: "EncryptedFile"}
	offer.PriceModel, offer.UnitPriceFen = "PerPeriod", 10_000_00
	if err := s.refused(ctx, step{name: "frozen-listing", who: developer, zh: "冻结期间再次挂牌", en: "listed again while frozen", command: "listing.submit", body: offer}, rights.CodeEnc); err != nil {
		return err
	}
	if err := s.refused(ctx, step{name: "frozen-delivery", who: platform, zh: "冻结期间向第二位买方交付", en: "delivered to the second buyer while frozen", command: "delivery.prepare", body: prepare}, rights.CodeEnc); err != nil {
		return err
	}
	_, err = s.do(ctx, step{name: "freeze-lift", who: regulator, zh: "查明后解除；只撤去这一措施", en: "cleared up and lifted: exactly this measure goes", command: "measure.lift", body: rights.LiftMeasure{MeasureID: measure, Reason: "已查明，授权文件齐备"}})
	return err
}

// dispute: the second buyer complains, and the two are brought to terms.
func (s *story) dispute(ctx context.Context) error {
	trade := s.id("trade2", rights.KindTrade)
	statement, commitment, err := s.secret("dispute", map[string]any{"statement": "约定三日内交付，至今未收到数据，影响授信审批。", "claimFen": int64(2_000_00)})
	if err != nil {
		return err
	}
	if _, err := s.do(ctx, step{name: "dispute", who: secondBuyer, zh: secondBuyer.zh + "就迟延交付提出争议，陈述与数额保密", en: secondBuyer.en + " files a dispute over late delivery; statement and claim are private", command: "dispute.file", secret: statement,
		body: rights.FileDispute{Type: "Delivery", RespondentIDs: []string{developer.uscc}, RefType: "Trade", RefID: trade, ClaimHash: hashOf("demo claim"), StatementCommitment: commitment}}); err != nil {
		return err
	}
	id := s.id("dispute", rights.KindDispute)
	of := rights.OfDispute{DisputeID: id}
	if _, err := s.do(ctx, step{name: "dispute-accept", who: exchange, zh: "交易中心受理，交易暂停履行", en: "the Exchange takes it up; the trade is on hold", command: "dispute.accept", body: of}); err != nil {
		return err
	}
	prepare := rights.PrepareDelivery{TradeID: trade, PlatformID: platform.uscc, Mode: "EncryptedFile"}
	if err := s.refused(ctx, step{name: "held-delivery", who: platform, zh: "争议期间不得交付", en: "nothing is delivered while it is on hold", command: "delivery.prepare", body: prepare}, rights.CodeState); err != nil {
		return err
	}
	agree := rights.AgreeMediation{DisputeID: id, MediatorID: mediator.uscc}
	settlement := rights.SettleDispute{DisputeID: id, SettlementHash: hashOf("demo settlement of the dispute"),
		Orders: []rights.Order{{Type: "Pay", TargetID: trade, OrderedID: developer.uscc, DueOn: rights.CivilDate(s.days(30))}}}
	if err := s.all(ctx,
		step{name: "mediation-1", who: secondBuyer, zh: secondBuyer.zh + "同意调解", en: secondBuyer.en + " agrees to mediation", command: "dispute.agreeMediation", body: agree},
		step{name: "mediation-2", who: developer, zh: developer.zh + "同意同一调解机构", en: developer.en + " agrees to the same mediator", command: "dispute.agreeMediation", body: agree},
		step{name: "mediation", who: mediator, zh: mediator.zh + "开始调解", en: mediator.en + " begins", command: "dispute.startMediation", body: of},
		step{name: "settle-1", who: secondBuyer, zh: secondBuyer.zh + "签署和解协议：开发主体补偿", en: secondBuyer.en + " signs a settlement: the developer pays", command: "dispute.settle", body: settlement},
		step{name: "settle-2", who: developer, zh: developer.zh + "签署同一协议", en: developer.en + " signs the same", command: "dispute.settle", body: settlement},
		step{name: "settle-done", who: developer, zh: developer.zh + "附证明履行", en: developer.en + " pays, with proof", command: "dispute.executeOrder", body: rights.ExecuteOrder{DisputeID: id, ProofHash: hashOf("demo compensation paid")}},
		step{name: "dispute-close", who: exchange, zh: "结案，暂停随之解除", en: "closed, and the hold with it", command: "dispute.close", body: of},
		step{name: "delivery2", who: platform, zh: "向第二位买方的交付得以继续", en: "the delivery to the second buyer goes on", command: "delivery.prepare", body: prepare},
	); err != nil {
		return err
	}
	return nil
}

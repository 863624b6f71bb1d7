package contract_test

import (
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"strings"

	"github.com/datarights/datarights/chaincode/rights"
	"github.com/datarights/datarights/internal/gm"
)

// dealer numbers the participants of the dealings' tests: synthetic codes,
// used nowhere else.
func dealer(n int) string { return synthetic("91320981MA0D", n) }

// joinDealer lets somebody in under any roles, in any region.
func (m *market) joinDealer(id, name, region string, roles ...rights.Role) {
	m.t.Helper()
	a := m.application(id, name)
	a.Roles, a.RegionCode = roles, region
	m.must(m.do(id+"#1", "participant.apply", a))
	m.must(m.do(exchangeID+"#1", "participant.admit", rights.OfParticipant{USCC: id}))
}

// headOf is the head of a record put on the ledger past every rule.
func (m *market) headOf(kind rights.Kind, id string, state rights.State) rights.Head {
	return rights.Head{DocType: string(kind), ID: id, SchemaVersion: rights.SchemaVersion, Version: 1, State: state, RuleProfileVer: "LOCAL@1",
		CreatedAt: m.now, CreatedBy: "x", UpdatedAt: m.now, UpdatedBy: "x", LastTxID: "x"}
}

// deal is a trade with everything it rests on and everything its steps need.
type deal struct {
	*market
	shop                         *shop // of the seller
	seller, buyer                string
	product, listing, right      string
	root, tag                    string // of the version traded
	trade, delivery, copy, settl string
	terms                        rights.TradeTerms
	permission                   rights.Permission
	change                       func(*rights.ProposeTerms) // of the terms proposed
}

func (d *deal) by(id, name string, body any) answer { d.t.Helper(); return d.do(id+"#1", name, body) }

func (d *deal) ofTrade() rights.OfTrade { return rights.OfTrade{TradeID: d.trade} }

func (d *deal) theTrade() *rights.Trade {
	return read[rights.Trade](d.market, rights.KindTrade, d.trade)
}

func (d *deal) apply() *deal {
	d.t.Helper()
	d.trade = d.must(d.by(d.buyer, "trade.apply", rights.ApplyTrade{ListingID: d.listing, Purpose: "负荷预测"})).id(rights.KindTrade)
	return d
}

func (d *deal) accept() *deal {
	d.t.Helper()
	d.must(d.by(d.seller, "trade.accept", d.ofTrade()))
	return d
}

// proposal are terms as they would be proposed next, with their secret.
func (d *deal) proposal() (rights.ProposeTerms, []byte) {
	secret, commitment := hidden(d.terms)
	perm := d.permission
	b := rights.ProposeTerms{TradeID: d.trade, Version: d.theTrade().TermsVersion + 1, TermsHash: hash("contract"), TermsCommitment: commitment, Permission: &perm, DestroyDays: 30}
	if d.change != nil {
		d.change(&b)
	}
	return b, secret
}

func (d *deal) propose() *deal {
	d.t.Helper()
	b, secret := d.proposal()
	d.must(d.doSecretly(d.seller+"#1", "trade.proposeTerms", b, secret))
	return d
}

func (d *deal) sign(id string) answer {
	d.t.Helper()
	return d.by(id, "trade.sign", rights.SignTrade{TradeID: d.trade, TermsHash: d.theTrade().TermsHash})
}

func (d *deal) agree() *deal {
	d.t.Helper()
	d.must(d.sign(d.seller))
	d.must(d.sign(d.buyer))
	return d
}

func (d *deal) confirm() *deal {
	d.t.Helper()
	d.must(d.do(exchangeID+"#1", "trade.confirmContract", rights.ConfirmContract{TradeID: d.trade, ComplianceHash: hash("compliance")}))
	return d
}

// running brings a deal to Implementing.
func (d *deal) running() *deal { d.t.Helper(); return d.apply().accept().propose().agree().confirm() }

func (d *deal) prepare() *deal {
	d.t.Helper()
	d.delivery = d.must(d.by(d.seller, "delivery.prepare", rights.PrepareDelivery{TradeID: d.trade, Mode: "EncryptedFile"})).id(rights.KindDelivery)
	return d
}

// attested signs a statement with the platform's key.
func (m *market) attested(statement string) *rights.Attestation {
	sig, err := gm.Sign(rand.Reader, m.keys[m.platform], []byte(statement))
	if err != nil {
		m.t.Fatal(err)
	}
	return &rights.Attestation{Kid: m.platform, Signature: base64.RawURLEncoding.EncodeToString(sig[:])}
}

// marked is what is sent to one recipient: the version with its fingerprint.
func (m *market) marked(delivery string) rights.SendDelivery {
	m.t.Helper()
	dl := read[rights.Delivery](m, rights.KindDelivery, delivery)
	version := read[rights.Product](m, rights.KindProduct, dl.ProductID).Versions[dl.ProductVersion-1]
	b := rights.SendDelivery{DeliveryID: delivery, ContentRoot: hash("sent " + delivery), MatchTag: hash("sent tag " + delivery), TagEpoch: 1, CipherHash: hash("cipher " + delivery),
		KeyReleaseRef: hash("key"), FingerprintCommit: hash("code " + delivery), WatermarkAlg: "LSB-1"}
	b.TagAttestation = m.tagged(dl.FromID, b.ContentRoot, b.MatchTag)
	b.WatermarkAttest = m.attested(rights.WatermarkStatement(delivery, dl.FromID, dl.ToID, version.ContentRoot, b.ContentRoot, b.FingerprintCommit))
	return b
}

func (d *deal) send() *deal {
	d.t.Helper()
	d.must(d.by(d.seller, "delivery.send", d.marked(d.delivery)))
	return d
}

func (d *deal) receive() *deal {
	d.t.Helper()
	d.copy = d.must(d.by(d.buyer, "delivery.receive", rights.ReceiveDelivery{DeliveryID: d.delivery, CipherHash: hash("cipher " + d.delivery)})).id(rights.KindCopy)
	return d
}

func (d *deal) acceptDelivery() *deal {
	d.t.Helper()
	d.must(d.by(d.buyer, "delivery.accept", rights.AcceptDelivery{DeliveryID: d.delivery, ContentRoot: hash("sent " + d.delivery)}))
	return d
}

// delivered brings a deal to Delivered.
func (d *deal) delivered() *deal {
	d.t.Helper()
	return d.running().prepare().send().receive().acceptDelivery()
}

// opening is a final settlement of an amount, with its secret.
func (d *deal) opening(gross int64) (rights.OpenSettlement, rights.SettlementAmounts) {
	shares := make([]int64, len(d.terms.Lines))
	for i, l := range d.terms.Lines {
		shares[i] = l.Bps
	}
	parts, err := rights.SplitFen(gross, shares)
	if err != nil {
		d.t.Fatal(err)
	}
	amounts := rights.SettlementAmounts{Salt: salt, GrossFen: gross}
	for i, l := range d.terms.Lines {
		amounts.Lines = append(amounts.Lines, rights.LineAmount{SettlementLine: l, AmountFen: parts[i]})
	}
	return rights.OpenSettlement{TradeID: d.trade, Final: true, DeliveryID: d.delivery}, amounts
}

func (d *deal) open(b rights.OpenSettlement, amounts rights.SettlementAmounts) answer {
	d.t.Helper()
	secret, commitment := hidden(amounts)
	b.AmountsCommitment = commitment
	return d.doSecretly(exchangeID+"#1", "settlement.open", b, secret)
}

func (d *deal) opened() *deal {
	d.t.Helper()
	b, amounts := d.opening(d.terms.AmountFen)
	d.settl = d.must(d.open(b, amounts)).id(rights.KindSettlement)
	return d
}

func (d *deal) ofSettlement() rights.OfSettlement { return rights.OfSettlement{SettlementID: d.settl} }

func (d *deal) pay(fen int64) answer {
	d.t.Helper()
	secret, commitment := hidden(rights.PaymentProof{Salt: salt, AmountFen: fen})
	return d.doSecretly(exchangeID+"#1", "settlement.markPaid", rights.MarkPaid{SettlementID: d.settl, PaymentRefHash: hash("payment"), PaidCommitment: commitment,
		PaidOn: rights.CivilDate(d.now), Channel: "银行转账"}, secret)
}

func (d *deal) distributed() *deal {
	d.t.Helper()
	d.must(d.by(exchangeID, "settlement.escrow", rights.EscrowSettlement{SettlementID: d.settl, EscrowRef: hash("escrow")}))
	d.must(d.pay(d.terms.AmountFen))
	d.must(d.by(exchangeID, "settlement.distribute", d.ofSettlement()))
	return d
}

func (d *deal) settled() *deal {
	d.t.Helper()
	d.delivered().opened().distributed()
	for _, l := range d.terms.Lines {
		d.must(d.by(l.PayeeID, "settlement.confirm", d.ofSettlement()))
	}
	return d
}

// bound lists what relies on what, from the pointers.
func (w *world) bound() map[string]map[string]bool {
	on := map[string]map[string]bool{}
	for key, raw := range w.raw[rights.PointerRelying] {
		target := key[:strings.LastIndex(key, "/")]
		var s struct{ IDs []string }
		if err := json.Unmarshal(raw, &s); err != nil {
			panic(err)
		}
		for _, id := range s.IDs {
			if on[target] == nil {
				on[target] = map[string]bool{}
			}
			on[target][id] = true
		}
	}
	return on
}

package contract_test

import (
	"testing"

	"github.com/datarights/datarights/chaincode/rights"
)

func TestGuarantee(t *testing.T) {
	m := newMarket(t)
	m.lend()
	x := m.asset("turbines", "SJ3212026070901")
	body, secret := m.pledgeOf(x)
	pledge := m.pledged(body, secret, "ZDW-1")
	m.quiet = true
	type offer = rights.OfferGuarantee
	good := offer{BeneficiaryID: bankID, DebtorID: borrowerID, PledgeID: pledge, ContractHash: hash("surety"), ValidTo: m.now + 86400}
	for _, c := range []struct {
		name   string
		by     string
		amount int64
		harm   func(*market, *offer)
		code   rights.Code
	}{
		{"as it is", suretyID, 5, func(*market, *offer) {}, ""},
		{"of a loan", suretyID, 5, func(_ *market, b *offer) { b.PledgeID, b.LoanRef = "", "LN-1" }, ""},
		{"of both", suretyID, 5, func(_ *market, b *offer) { b.LoanRef = "LN-1" }, rights.CodeFormat},
		{"of neither", suretyID, 5, func(_ *market, b *offer) { b.PledgeID = "" }, rights.CodeFormat},
		{"for oneself", borrowerID, 5, func(*market, *offer) {}, rights.CodeSelf},
		{"to a debtor", suretyID, 5, func(_ *market, b *offer) { b.DebtorID = bankID }, rights.CodeSelf},
		{"to one without a node", suretyID, 5, func(_ *market, b *offer) { b.BeneficiaryID = energyID }, rights.CodeRole},
		{"for another debtor than the pledge's", suretyID, 5, func(_ *market, b *offer) { b.DebtorID = energyID }, rights.CodeBasis},
		{"of a pledge that ended", suretyID, 5, func(m *market, _ *offer) {
			edit(rights.KindPledge, pledge, func(p *rights.Pledge) { p.State = rights.StateReleased })(m)
		}, rights.CodeState},
		{"over already", suretyID, 5, func(m *market, b *offer) { b.ValidTo = m.now }, rights.CodeTerm},
		{"for nothing", suretyID, 0, func(*market, *offer) {}, rights.CodeMoney},
		{"without a contract", suretyID, 5, func(_ *market, b *offer) { b.ContractHash = "" }, rights.CodeFormat},
	} {
		harmed := *m
		harmed.ledger = m.ledger.Clone()
		b := good
		c.harm(&harmed, &b)
		secret, commitment := hidden(rights.GuaranteeAmount{Salt: salt, AmountFen: c.amount})
		b.AmountsCommitment = commitment
		harmed.expect(t, c.name, harmed.doSecretly(c.by+"#1", "guarantee.offer", b, secret), c.code, "")
	}
	m.group(suretyID, borrowerID)
	secret, good.AmountsCommitment = hidden(rights.GuaranteeAmount{Salt: salt, AmountFen: 5})
	id := m.must(m.doSecretly(suretyID+"#1", "guarantee.offer", good, secret)).id(rights.KindGuarantee)
	if g := read[rights.Guarantee](m, rights.KindGuarantee, id); !g.RelatedParty || string(m.ledger.Secret("pledgeTerms_"+bankMSP, key(rights.KindGuarantee, id))) != string(secret) {
		t.Errorf("SD-5: %+v", g)
	}
	accept := rights.AcceptGuarantee{GuaranteeID: id, ContractHash: hash("x")}
	m.expect(t, "another contract", m.do(bankID+"#1", "guarantee.accept", accept), rights.CodeConsent, "G-5")
	m.expect(t, "expired early", m.do(energyID+"#1", "guarantee.expire", rights.OfGuarantee{GuaranteeID: id}), rights.CodeDeadline, "")
	accept.ContractHash = good.ContractHash
	late := *m
	late.ledger, late.now = m.ledger.Clone(), good.ValidTo
	late.expect(t, "accepted late", late.do(bankID+"#1", "guarantee.accept", accept), rights.CodeTerm, "")
	m.must(m.do(bankID+"#1", "guarantee.accept", accept))
	m.expect(t, "taken back after", m.do(suretyID+"#1", "guarantee.release", rights.ReleaseGuarantee{GuaranteeID: id}), rights.CodeRole, "")
	m.must(m.do(bankID+"#1", "guarantee.release", rights.ReleaseGuarantee{GuaranteeID: id}))
}

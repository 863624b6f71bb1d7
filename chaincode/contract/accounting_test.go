package contract_test

import (
	"testing"

	"github.com/datarights/datarights/chaincode/rights"
)

// balance is a record that fits, at the end of September.
func (m *market) balance(x *asset) (rights.RecordAccounting, rights.AccountingAmounts) {
	return rights.RecordAccounting{CertNo: x.certNo, Class: "IntangibleAsset", Acquisition: "SelfDeveloped", UsedBySelf: true, PeriodEnd: "2026-09-30", AuditorID: auditorID},
		rights.AccountingAmounts{Salt: salt, OpeningFen: 0, AdditionFen: 100, AmortFen: 20, ImpairFen: 5, DisposalFen: 5, ClosingFen: 70}
}

func TestAccountingRefuses(t *testing.T) {
	m := newMarket(t)
	m.lend()
	x, y := m.asset("turbines", "SJ3212026070901"), m.asset("blades", "SJ3212026070902")
	m.now = day("2026-10-08")
	first, sums := m.balance(x)
	first.PeriodEnd = "2026-08-31"
	secret, commitment := hidden(sums)
	first.AmountsCommitment = commitment
	before := m.must(m.doSecretly(borrowerID+"#1", "accounting.record", first, secret)).id(rights.KindAccounting)
	m.quiet = true
	type body = rights.RecordAccounting
	type money = rights.AccountingAmounts
	for _, c := range []struct {
		name string
		harm func(*market, *body, *money)
		code rights.Code
		rule string
	}{
		{"as it is", func(*market, *body, *money) {}, "", ""},
		{"going on from the last", func(_ *market, b *body, a *money) { b.PreviousID, a.OpeningFen, a.ClosingFen = before, 70, 140 }, "", ""},
		{"not where the last ended (AR-1)", func(_ *market, b *body, a *money) { b.PreviousID, a.OpeningFen, a.ClosingFen = before, 71, 141 }, rights.CodeMoney, "AR-1"},
		{"after one of another object", func(m *market, b *body, _ *money) {
			edit(rights.KindAccounting, before, func(r *rights.Accounting) { r.ObjectID = y.object })(m)
			b.PreviousID = before
		}, rights.CodeBasis, "AR-1"},
		{"after one derecognised", func(m *market, b *body, _ *money) {
			edit(rights.KindAccounting, before, func(r *rights.Accounting) { r.State = rights.StateDerecognised })(m)
			b.PreviousID = before
		}, rights.CodeBasis, "AR-1"},
		{"after a later one", func(m *market, b *body, _ *money) {
			edit(rights.KindAccounting, before, func(r *rights.Accounting) { r.PeriodEnd = "2026-09-30" })(m)
			b.PreviousID = before
		}, rights.CodeBasis, "AR-1"},
		{"a fen too much (AR-1)", func(_ *market, _ *body, a *money) { a.ClosingFen++ }, rights.CodeMoney, "AR-1"},
		{"less than nothing", func(_ *market, _ *body, a *money) { a.AmortFen, a.ClosingFen = -20, 110 }, rights.CodeMoney, "AR-1"},
		{"beyond counting", func(_ *market, _ *body, a *money) { a.OpeningFen, a.DisposalFen = 1<<62, 1<<62 }, rights.CodeMoney, "AR-1"},
		{"no certificate", func(_ *market, b *body, _ *money) { b.CertNo = "SJ3212026070999" }, rights.CodeNotFound, ""},
		{"another's certificate (AR-2)", func(m *market, _ *body, _ *money) {
			edit(rights.KindCertificate, x.certNo, func(c *rights.Certificate) { c.HolderID = energyID })(m)
		}, rights.CodeBasis, "AR-2"},
		{"a period before the certificate (AR-2)", func(_ *market, b *body, _ *money) { b.PeriodEnd = "2026-06-30" }, rights.CodeTerm, "AR-2"},
		{"a period after its term (AR-2)", func(m *market, _ *body, _ *money) {
			edit(rights.KindCertificate, x.certNo, func(c *rights.Certificate) { c.ValidTo = day("2026-10-01") - 1 })(m)
		}, rights.CodeTerm, "AR-2"},
		{"a period to its last second", func(m *market, _ *body, _ *money) {
			edit(rights.KindCertificate, x.certNo, func(c *rights.Certificate) { c.ValidTo = day("2026-10-01") })(m)
		}, "", ""},
		{"cancelled in the period (AR-2)", func(m *market, _ *body, _ *money) {
			edit(rights.KindCertificate, x.certNo, func(c *rights.Certificate) { c.State, c.UpdatedAt = rights.StateCancelled, day("2026-10-01")-1 })(m)
		}, rights.CodeTerm, "AR-2"},
		{"cancelled after the period", func(m *market, _ *body, _ *money) {
			edit(rights.KindCertificate, x.certNo, func(c *rights.Certificate) { c.State, c.UpdatedAt = rights.StateCancelled, day("2026-10-01") })(m)
		}, "", ""},
		{"a period that has not ended", func(_ *market, b *body, _ *money) { b.PeriodEnd = "2026-10-08" }, rights.CodeTerm, "AR-2"},
		{"a period recorded already", func(_ *market, b *body, _ *money) { b.PeriodEnd = "2026-08-31" }, rights.CodeExists, ""},
		{"a period recorded and derecognised", func(m *market, b *body, _ *money) {
			edit(rights.KindAccounting, before, func(r *rights.Accounting) { r.State = rights.StateDerecognised })(m)
			b.PeriodEnd = "2026-08-31"
		}, "", ""},
		{"intangible and for sale (AR-3)", func(_ *market, b *body, _ *money) { b.UsedBySelf = false }, rights.CodeFormat, "AR-3"},
		{"inventory and used (AR-3)", func(_ *market, b *body, _ *money) { b.Class = "Inventory" }, rights.CodeFormat, "AR-3"},
		{"inventory for sale", func(_ *market, b *body, _ *money) { b.Class, b.UsedBySelf = "Inventory", false }, "", ""},
		{"developed and purchased (AR-3)", func(_ *market, b *body, _ *money) { b.Class, b.Acquisition = "DevelopmentExpenditure", "Purchased" }, rights.CodeFormat, "AR-3"},
		{"a class not known", func(_ *market, b *body, _ *money) { b.Class = "Cash" }, rights.CodeFormat, ""},
		{"an evaluation of another object (AR-4)", func(_ *market, b *body, _ *money) { b.EvaluationID = y.evaluation }, rights.CodeBasis, "AR-4"},
		{"an evaluation, whatever it says (AR-4)", func(_ *market, b *body, _ *money) { b.EvaluationID = x.evaluation }, "", ""},
		{"an auditor that is none", func(_ *market, b *body, _ *money) { b.AuditorID = suretyID }, rights.CodeRole, ""},
		{"an auditor of the group (SD-3)", func(m *market, _ *body, _ *money) { m.group(borrowerID, auditorID) }, rights.CodeSelf, "SD-3"},
	} {
		harmed := *m
		harmed.ledger = m.ledger.Clone()
		b, a := harmed.balance(x)
		c.harm(&harmed, &b, &a)
		secret, commitment := hidden(a)
		b.AmountsCommitment = commitment
		harmed.expect(t, c.name, harmed.doSecretly(borrowerID+"#1", "accounting.record", b, secret), c.code, c.rule)
	}

	audit := rights.AuditAccounting{AccountingID: before, AuditReportHash: hash("a")}
	for _, c := range []struct {
		name string
		harm func(*market, *rights.AuditAccounting)
		code rights.Code
		rule string
	}{
		{"no report", func(_ *market, b *rights.AuditAccounting) { b.AuditReportHash = "" }, rights.CodeFormat, ""},
		{"one group by now", func(m *market, _ *rights.AuditAccounting) { m.group(borrowerID, auditorID) }, rights.CodeSelf, "SD-3"},
		{"licence expired", func(m *market, _ *rights.AuditAccounting) {
			edit(rights.KindParticipant, auditorID, func(p *rights.Participant) { p.Qualifications[0].To = "2026-10-07" })(m)
		}, rights.CodeTerm, "P-4"},
		{"service given up", func(m *market, _ *rights.AuditAccounting) {
			edit(rights.KindParticipant, auditorID, func(p *rights.Participant) { p.ServiceTypes = nil })(m)
		}, rights.CodeTerm, "P-4"},
		{"as it is", func(*market, *rights.AuditAccounting) {}, "", ""},
	} {
		harmed := *m
		harmed.ledger = m.ledger.Clone()
		b := audit
		c.harm(&harmed, &b)
		harmed.expect(t, c.name, harmed.do(auditorID+"#1", "accounting.audit", b), c.code, c.rule)
	}
	m.expect(t, "no reason", m.do(borrowerID+"#1", "accounting.derecognise", rights.DerecogniseAccounting{AccountingID: before}), rights.CodeFormat, "")
}

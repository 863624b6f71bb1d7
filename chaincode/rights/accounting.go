package rights

// RecordAccounting is the body of accounting.record. The money is the secret
// AccountingAmounts; it owes nothing to the evaluation, which is linked for
// disclosure only (AR-4).
type RecordAccounting struct {
	CertNo            string `json:"certNo"`
	Class             string `json:"class"`
	Acquisition       string `json:"acquisition"`
	UsedBySelf        bool   `json:"usedBySelf"`
	PeriodEnd         string `json:"periodEnd"`
	AmountsCommitment string `json:"amountsCommitment"`
	AuditorID         string `json:"auditorId"` // who is engaged, and alone audits
	PreviousID        string `json:"previousId,omitempty"`
	EvaluationID      string `json:"evaluationId,omitempty"`
}

func recordAccounting(a *Act, b *RecordAccounting) error {
	to, err := a.step(&accountingMachine, "", "", "record", "", Relations{ByClient: {a.Actor.USCC}})
	if err != nil {
		return err
	}
	if err := a.member(CollectionTrade); err != nil {
		return err
	}
	if err := b.check(); err != nil {
		return err
	}
	c, err := a.certifiedAt(b.CertNo, b.PeriodEnd)
	if err != nil {
		return err
	}
	auditor, err := a.activeWith("auditorId", b.AuditorID, RoleThirdParty)
	if err != nil {
		return err
	}
	if err := a.independent("auditorId", "SD-3", auditor, a.Actor.USCC); err != nil {
		return err
	}
	if b.EvaluationID != "" {
		var ev Evaluation
		if err := need(a, KindEvaluation, "evaluationId", b.EvaluationID, &ev); err != nil {
			return err
		}
		if ev.ObjectID != c.ObjectID {
			return refuse(CodeBasis, "评估的对象是 %[1]s，不是 %[2]s", "the evaluation is of %[1]s, not %[2]s", ev.ObjectID, c.ObjectID).at("evaluationId").on(ev.ID).by("AR-4")
		}
	}
	rec := &Accounting{EnterpriseID: a.Actor.USCC, ObjectID: c.ObjectID, CertNo: b.CertNo, Class: b.Class, Acquisition: b.Acquisition, UsedBySelf: b.UsedBySelf,
		PeriodEnd: b.PeriodEnd, AmountsCommitment: b.AmountsCommitment, PreviousID: b.PreviousID, EvaluationID: b.EvaluationID, AuditorID: b.AuditorID}
	if err := a.accountingAmounts(rec); err != nil {
		return err
	}
	id := a.newID(KindAccounting, a.regionFor(c.ObjectID))
	if err := a.claimOnce(pair("accounting", a.Actor.USCC, b.CertNo, b.PeriodEnd), id, "periodEnd", func(other string) (bool, error) {
		var o Accounting
		_, err := a.Ledger.Load(KindAccounting, other, &o)
		return o.State != StateDerecognised, err
	}); err != nil {
		return err
	}
	if err := a.create(KindAccounting, id, to, "", rec); err != nil {
		return err
	}
	return a.keepSecret(CollectionTrade, KindAccounting, id)
}

// check refuses what is malformed, and a class that does not fit the purpose
// (AR-3; 财会〔2023〕11号).
func (b *RecordAccounting) check() error {
	if err := first(
		oneOf("class", b.Class, "IntangibleAsset", "Inventory", "DevelopmentExpenditure"),
		oneOf("acquisition", b.Acquisition, "Purchased", "SelfDeveloped", "Other"),
		checkDate("periodEnd", b.PeriodEnd),
	); err != nil {
		return err
	}
	switch {
	case b.Class == "IntangibleAsset" && !b.UsedBySelf:
		return refuse(CodeFormat, "企业使用的数据资源才确认为无形资产；持有待售的为存货", "only what the enterprise uses itself is an intangible asset; what is held for sale is inventory").at("class").by("AR-3")
	case b.Class == "Inventory" && b.UsedBySelf:
		return refuse(CodeFormat, "日常持有以备出售的才确认为存货；自用的为无形资产", "only what is held for sale is inventory; what the enterprise uses itself is an intangible asset").at("class").by("AR-3")
	case b.Class == "DevelopmentExpenditure" && b.Acquisition != "SelfDeveloped":
		return refuse(CodeFormat, "开发支出只用于自行开发且处于开发阶段的数据资源", "development expenditure is of what the enterprise develops itself").at("acquisition").by("AR-3")
	}
	return nil
}

// certifiedAt loads a certificate that was the actor's and valid on the last
// day of a period that has ended (AR-2). A certificate that ended later does
// not undo the period.
func (a *Act) certifiedAt(certNo, periodEnd string) (*Certificate, error) {
	c := new(Certificate)
	if err := need(a, KindCertificate, "certNo", certNo, c); err != nil {
		return nil, err
	}
	if c.HolderID != a.Actor.USCC {
		return nil, refuse(CodeBasis, "凭证 %[1]s 属于 %[2]s", "certificate %[1]s is %[2]s's", certNo, c.HolderID).at("certNo").on(certNo).by("AR-2")
	}
	day, _ := ParseDate(periodEnd)
	last := day + 86400 - 1
	if last >= a.Now {
		return nil, refuse(CodeTerm, "报告期尚未结束", "the period has not ended").at("periodEnd").on(certNo).by("AR-2")
	}
	ended := (c.State == StateExpired || c.State == StateCancelled) && c.UpdatedAt <= last
	if last < c.ValidFrom || last >= c.ValidTo || ended {
		return nil, refuse(CodeTerm, "凭证 %[1]s 在 %[2]s 无效；其期限为 %[3]s 至 %[4]s", "certificate %[1]s was not valid on %[2]s; its term is %[3]s to %[4]s", certNo, periodEnd, stamp(c.ValidFrom), stamp(c.ValidTo)).at("periodEnd").on(certNo).by("AR-2")
	}
	return c, nil
}

// accountingAmounts checks the secret amounts of a record, and that they go on
// from where the previous period ended (AR-1).
func (a *Act) accountingAmounts(rec *Accounting) error {
	var m AccountingAmounts
	if err := a.secret("amountsCommitment", rec.AmountsCommitment, &m); err != nil {
		return err
	}
	for _, x := range []struct {
		name string
		fen  int64
	}{{"openingFen", m.OpeningFen}, {"additionFen", m.AdditionFen}, {"amortFen", m.AmortFen}, {"impairFen", m.ImpairFen}, {"disposalFen", m.DisposalFen}, {"closingFen", m.ClosingFen}} {
		if x.fen < 0 || x.fen > maxFen {
			return refuse(CodeMoney, "须为 0 至 %d 分", "must be 0 to %d fen", maxFen).at("secret." + x.name).by("AR-1")
		}
	}
	if m.OpeningFen+m.AdditionFen-m.AmortFen-m.ImpairFen-m.DisposalFen != m.ClosingFen {
		return refuse(CodeMoney, "期初＋增加－摊销－减值－处置须等于期末", "opening + addition − amortisation − impairment − disposal must be the closing amount").at("secret.closingFen").by("AR-1")
	}
	if rec.PreviousID == "" {
		return nil
	}
	var old Accounting
	if err := need(a, KindAccounting, "previousId", rec.PreviousID, &old); err != nil {
		return err
	}
	if old.EnterpriseID != rec.EnterpriseID || old.ObjectID != rec.ObjectID || old.State == StateDerecognised || old.PeriodEnd >= rec.PeriodEnd {
		return refuse(CodeBasis, "须为本企业同一对象更早且未终止确认的记录", "must be an earlier record of the enterprise on the same object that is not derecognised").at("previousId").on(old.ID).by("AR-1")
	}
	var before AccountingAmounts
	if err := a.openSecret(CollectionTrade, KindAccounting, old.ID, &before); err != nil {
		return err
	}
	if m.OpeningFen != before.ClosingFen {
		return refuse(CodeMoney, "期初须等于上期期末", "the opening amount must be the closing amount of the period before").at("secret.openingFen").on(old.ID).by("AR-1")
	}
	return nil
}

// stepAccounting moves a record by an event that needs no more than change.
func stepAccounting(a *Act, id, event string, change func(*Accounting) error) error {
	var rec Accounting
	if err := need(a, KindAccounting, "accountingId", id, &rec); err != nil {
		return err
	}
	to, err := a.step(&accountingMachine, rec.ID, rec.State, event, "", Relations{ByClient: {rec.EnterpriseID}, ByEvaluator: {rec.AuditorID}})
	if err != nil {
		return err
	}
	if err := change(&rec); err != nil {
		return err
	}
	rec.State = to
	return a.update(KindAccounting, &rec)
}

// AuditAccounting is the body of accounting.audit.
type AuditAccounting struct {
	AccountingID    string `json:"accountingId"`
	AuditReportHash string `json:"auditReportHash"`
}

func auditAccounting(a *Act, b *AuditAccounting) error {
	return stepAccounting(a, b.AccountingID, "audit", func(rec *Accounting) error {
		if !qualified(a.Actor, "SvcAudit", CivilDate(a.Now)) {
			return refuse(CodeTerm, "%s 没有有效的 SvcAudit 资质", "%s has no qualification in date for SvcAudit", a.Actor.USCC).on(rec.ID).by("P-4")
		}
		if err := a.independent("accountingId", "SD-3", a.Actor, rec.EnterpriseID); err != nil {
			return err
		}
		rec.AuditReportHash = b.AuditReportHash
		return checkHash("auditReportHash", b.AuditReportHash)
	})
}

// DerecogniseAccounting is the body of accounting.derecognise.
type DerecogniseAccounting struct {
	AccountingID string `json:"accountingId"`
	Reason       string `json:"reason"`
}

func derecogniseAccounting(a *Act, b *DerecogniseAccounting) error {
	return stepAccounting(a, b.AccountingID, "derecognise", func(rec *Accounting) error {
		rec.Reason = b.Reason
		return checkText("reason", b.Reason, 400)
	})
}

package contract_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/datarights/datarights/chaincode/rights"
)

// The area's part in the tests over the whole ledger: evaluations, accounting, pledges and guarantees.

// castFinance adds to the cast of the exhaustive test those whom finance knows.
func castFinance(s *stage) {
	for _, w := range s.cast {
		switch w.name {
		case "holder and applicant":
			w.relations = append(w.relations, rights.ByPledgor, rights.ByClient)
		case "bank":
			w.relations = append(w.relations, rights.ByPledgee)
		case "objector":
			w.relations = append(w.relations, rights.ByGuarantor)
		case "unrelated RoleThirdParty":
			w.relations = append(w.relations, rights.ByEvaluator)
			edit(rights.KindParticipant, w.id(), func(p *rights.Participant) {
				for _, svc := range []string{"SvcAppraisal", "SvcCompliance", "SvcAudit"} {
					p.ServiceTypes = append(p.ServiceTypes, svc)
					p.Qualifications = append(p.Qualifications, rights.Qualification{Type: svc, From: "2026-01-01", To: "2035-12-31"})
				}
			})(s.market)
		}
	}
}

// evaluatorOf is the cast's third party.
func evaluatorOf(s *stage) string {
	for _, w := range s.cast {
		if w.is(rights.ByEvaluator) {
			return w.id()
		}
	}
	panic("no evaluator in the cast")
}

const (
	anEvaluation = "EV-320902-20260715-0f0f0f0f0f0f-00"
	anAccounting = "AR-320902-20260715-0f0f0f0f0f0f-00"
	aPledge      = "PL-320902-20260715-0f0f0f0f0f0f-00"
	aGuarantee   = "GU-320902-20260715-0f0f0f0f0f0f-00"
	aTransfer    = "RG-320902-20260715-0f0f0f0f0f0f-99"
)

func headOf(kind rights.Kind, id string, state rights.State) rights.Head {
	return rights.Head{DocType: string(kind), ID: id, SchemaVersion: 1, Version: 1, State: state, RuleProfileVer: "LOCAL@1",
		CreatedAt: start, CreatedBy: "x", UpdatedAt: start, UpdatedBy: "x", LastTxID: "x"}
}

// financeMoves are the area's commands in the exhaustive test.
func financeMoves() []move {
	var list []move
	add := func(m move) { list = append(list, entityMove(m)) }
	guardedFor := func(code func(w *somebody) rights.Code) func(*somebody, rights.State) rights.Code {
		return func(w *somebody, _ rights.State) rights.Code { return code(w) }
	}
	only := func(c rights.Capacity, code rights.Code) func(*somebody, rights.State) rights.Code {
		return guardedFor(func(w *somebody) rights.Code {
			if w.is(c) {
				return ""
			}
			return code
		})
	}
	trading, lending := []string{exchangeMSP, regulatorMSP}, []string{exchangeMSP, regulatorMSP, bankMSP}
	valuation, valued := hidden(rights.EvaluationValue{Salt: salt, ValueFen: worth})

	// Evaluations.
	evaluation := func(kind string, change func(*rights.Evaluation)) func(*stage, rights.State) {
		return func(s *stage, state rights.State) {
			c := s.the(s.recorded)
			e := &rights.Evaluation{Head: headOf(rights.KindEvaluation, anEvaluation, state), Kind: kind, ObjectType: "Resource", ObjectID: c.ObjectID, ObjectVersion: 1,
				ClientID: energyID, EvaluatorID: evaluatorOf(s), Purpose: "Pledge", RightIDs: c.ResultRightIDs, RegistrarID: registrarID, ValidTo: far, IssuedAt: start, ValueCommitment: valued, ChallengedBy: weatherID}
			if change != nil {
				change(e)
			}
			s.put(rights.KindEvaluation, e.ID, e)
		}
	}
	onEvaluation := func(event, outcome string, change func(*rights.Evaluation), body any, guard func(*somebody, rights.State) rights.Code) {
		add(move{command: "evaluation." + event, outcome: outcome, set: evaluation("Quality", change), body: fixed(func(*stage) any { return body }), guard: guard})
	}
	add(move{command: "evaluation.commission", states: fresh, set: func(*stage, rights.State) {},
		body: fixed(func(s *stage) any {
			return rights.CommissionEvaluation{Kind: "Quality", ObjectType: "Resource", ObjectID: s.the(s.recorded).ObjectID, ObjectVersion: 1, EvaluatorID: evaluatorOf(s), Purpose: "Trade"}
		}),
		guard: guardedFor(func(w *somebody) rights.Code {
			if w.role == rights.RoleRegulator || w.is(rights.ByEvaluator) {
				return rights.CodeSelf
			}
			return ""
		})})
	onEvaluation("issue", "", nil, rights.IssueEvaluation{EvaluationID: anEvaluation, BaseDate: "2026-07-01", ScorePermille: 900, ReportHash: hash("report")}, nil)
	add(move{command: "evaluation.issue", set: evaluation("Value", nil), secret: valuation, gateways: trading,
		body: fixed(func(*stage) any {
			return rights.IssueEvaluation{EvaluationID: anEvaluation, Method: "Cost", BaseDate: "2026-07-01", ValueCommitment: valued, ReportHash: hash("report")}
		})})
	of := rights.OfEvaluation{EvaluationID: anEvaluation}
	onEvaluation("file", "", nil, of, nil)
	onEvaluation("expire", "", func(e *rights.Evaluation) { e.ValidTo = start }, of, nil)
	onEvaluation("withdraw", "", nil, rights.WithdrawEvaluation{EvaluationID: anEvaluation, Reason: "x"}, nil)
	onEvaluation("challenge", "", nil, rights.ChallengeEvaluation{EvaluationID: anEvaluation, ReasonHash: hash("reason")}, guardedFor(func(w *somebody) rights.Code {
		if w.is(rights.ByEvaluator) {
			return rights.CodeSelf
		}
		return ""
	}))
	for outcome, from := range map[string]rights.State{"upheld": rights.StateIssued, "dismissed": rights.StateIssued, "dismissedFiled": rights.StateFiled} {
		onEvaluation("resolveChallenge", outcome, func(e *rights.Evaluation) { e.ChallengedFrom = from },
			rights.ResolveChallenge{EvaluationID: anEvaluation, Outcome: strings.TrimSuffix(outcome, "Filed"), ConclusionHash: hash("c")}, nil)
	}

	// Accounting.
	accounted, accounts := hidden(rights.AccountingAmounts{Salt: salt, AdditionFen: 5, ClosingFen: 5})
	add(move{command: "accounting.record", states: fresh, secret: accounted, gateways: trading, guard: only(rights.ByClient, rights.CodeBasis),
		set: func(s *stage, _ rights.State) {
			edit(rights.KindCertificate, s.certificate, func(c *rights.Certificate) { c.ValidFrom = start - 30*86400 })(s.market)
		},
		body: fixed(func(s *stage) any {
			return rights.RecordAccounting{CertNo: s.certificate, Class: "IntangibleAsset", Acquisition: "SelfDeveloped", UsedBySelf: true, PeriodEnd: "2026-06-30", AmountsCommitment: accounts, AuditorID: evaluatorOf(s)}
		})})
	accounting := func(s *stage, state rights.State) {
		s.put(rights.KindAccounting, anAccounting, &rights.Accounting{Head: headOf(rights.KindAccounting, anAccounting, state), EnterpriseID: energyID, AuditorID: evaluatorOf(s)})
	}
	add(move{command: "accounting.audit", set: accounting, body: fixed(func(*stage) any {
		return rights.AuditAccounting{AccountingID: anAccounting, AuditReportHash: hash("audit")}
	})})
	add(move{command: "accounting.derecognise", set: accounting, body: fixed(func(*stage) any {
		return rights.DerecogniseAccounting{AccountingID: anAccounting, Reason: "x"}
	})})

	// Pledges.
	secret, commitment := hidden(rights.PledgeAmounts{Salt: salt, PrincipalFen: worth / 2, MaxSecuredFen: worth / 2, ValueAtPledgeFen: worth, LTVBps: 5000, Valuation: string(valuation)})
	pledge := func(change func(*rights.Pledge)) func(*stage, rights.State) {
		return func(s *stage, state rights.State) {
			evaluation("Value", nil)(s, rights.StateFiled)
			c := s.the(s.recorded)
			pl := &rights.Pledge{Head: headOf(rights.KindPledge, aPledge, state), PledgorID: energyID, PledgeeID: bankID, PledgeeMSP: bankMSP, DebtorID: energyID, ObjectID: c.ObjectID,
				RegistrarID: registrarID, RightIDs: c.ResultRightIDs, CertNos: []string{s.certificate}, EvaluationID: anEvaluation, AmountsCommitment: commitment, ContractHash: hash("contract"),
				ClaimFrom: start, ClaimTo: start + 300*86400, ZdwRegAt: start, ZdwValidTo: far}
			if change != nil {
				change(pl)
			}
			s.put(rights.KindPledge, pl.ID, pl)
			if state != rights.StateRegistered && state != rights.StateEnforcing {
				return
			}
			for _, id := range c.ResultRightIDs {
				edit(rights.KindRight, id, func(r *rights.Right) {
					r.Encumbrances = []rights.Encumbrance{{Type: rights.EncPledge, RefID: aPledge, From: start, ByID: bankID, Rank: 1}}
				})(s.market)
			}
		}
	}
	onPledge := func(event, outcome string, change func(*rights.Pledge), body func(s *stage) any) {
		add(move{command: "pledge." + event, outcome: outcome, set: pledge(change), body: fixed(body)})
	}
	add(move{command: "pledge.apply", states: fresh, secret: secret, gateways: lending,
		set: func(s *stage, _ rights.State) { evaluation("Value", nil)(s, rights.StateFiled) },
		body: fixed(func(s *stage) any {
			return rights.ApplyPledge{PledgeeID: bankID, RightIDs: s.the(s.recorded).ResultRightIDs, EvaluationID: anEvaluation, AmountsCommitment: commitment, ContractHash: hash("contract"),
				ClaimFrom: start, ClaimTo: start + 300*86400}
		}),
		guard: guardedFor(func(w *somebody) rights.Code {
			switch {
			case w.is(rights.ByPledgor):
				return ""
			case w.is(rights.ByPledgee):
				return rights.CodeSelf
			}
			return rights.CodeBasis
		})})
	onPledge("consentToVerify", "", nil, func(*stage) any { return rights.ConsentToVerify{PledgeID: aPledge, VerifyToken: hash("t")} })
	onPledge("confirm", "", nil, func(*stage) any {
		return rights.ConfirmPledge{PledgeID: aPledge, ContractHash: hash("contract"), AmountsCommitment: commitment}
	})
	onPledge("withdraw", "", nil, func(*stage) any { return rights.OfPledge{PledgeID: aPledge} })
	onPledge("register", "", nil, func(*stage) any {
		return rights.RegisterPledge{PledgeID: aPledge, ZdwRegNo: "ZDW", ZdwRegAt: start, ZdwValidTo: far}
	})
	vary := func(*stage) any { return rights.VaryPledge{PledgeID: aPledge, ContractHash: hash("new contract")} }
	onPledge("vary", "proposed", nil, vary)
	onPledge("vary", "agreed", func(pl *rights.Pledge) {
		pl.Variation = &rights.PledgeVariation{ContractHash: hash("new contract"), SignedBy: []string{"the other side"}}
	}, vary)
	onPledge("giveConsent", "", nil, func(s *stage) any {
		return rights.GivePledgeConsent{PledgeID: aPledge, Action: rights.UseTransfer, TargetID: s.right, TermsHash: hash("sale"), ExpiresAt: s.now + 86400}
	})
	onPledge("partRelease", "", nil, func(s *stage) any {
		return rights.PartReleasePledge{PledgeID: aPledge, RightIDs: []string{s.right}}
	})
	onPledge("release", "", nil, func(*stage) any { return rights.ReleasePledge{PledgeID: aPledge} })
	onPledge("startEnforce", "", nil, func(*stage) any {
		return rights.StartEnforcement{PledgeID: aPledge, Default: &rights.Evidence{DocType: rights.DocOther, Hash: hash("default")}}
	})
	add(move{command: "pledge.finishEnforce", set: func(s *stage, state rights.State) {
		pledge(nil)(s, state)
		s.put(rights.KindCase, aTransfer, transferOf(s.the(s.recorded).ResultRightIDs, s.now))
	}, body: fixed(func(*stage) any {
		return rights.FinishEnforcement{PledgeID: aPledge, EnforcementHash: hash("agreement"), TransferCaseID: aTransfer}
	})})
	onPledge("lapseRegistry", "", func(pl *rights.Pledge) { pl.ZdwValidTo = start }, func(*stage) any { return rights.LapseRegistry{PledgeID: aPledge} })
	onPledge("extendRegistry", "", nil, func(*stage) any { return rights.ExtendRegistry{PledgeID: aPledge, ZdwValidTo: far + 1} })

	// Guarantees.
	surety, sum := hidden(rights.GuaranteeAmount{Salt: salt, AmountFen: 5})
	add(move{command: "guarantee.offer", states: fresh, set: func(*stage, rights.State) {}, secret: surety, gateways: lending,
		body: fixed(func(*stage) any {
			return rights.OfferGuarantee{BeneficiaryID: bankID, DebtorID: energyID, LoanRef: "LN-1", ContractHash: hash("surety"), AmountsCommitment: sum, ValidTo: far}
		}),
		guard: guardedFor(func(w *somebody) rights.Code {
			if w.role == rights.RoleRegulator || w.is(rights.ByPledgor) || w.is(rights.ByPledgee) {
				return rights.CodeSelf
			}
			return ""
		})})
	guarantee := func(validTo int64) func(*stage, rights.State) {
		return func(s *stage, state rights.State) {
			s.put(rights.KindGuarantee, aGuarantee, &rights.Guarantee{Head: headOf(rights.KindGuarantee, aGuarantee, state), GuarantorID: weatherID, BeneficiaryID: bankID, DebtorID: energyID,
				LoanRef: "LN-1", ContractHash: hash("surety"), AmountsCommitment: sum, ValidTo: validTo})
		}
	}
	for event, x := range map[string]struct {
		validTo int64
		body    any
	}{
		"accept":  {far, rights.AcceptGuarantee{GuaranteeID: aGuarantee, ContractHash: hash("surety")}},
		"release": {far, rights.ReleaseGuarantee{GuaranteeID: aGuarantee}},
		"expire":  {start, rights.OfGuarantee{GuaranteeID: aGuarantee}},
	} {
		add(move{command: "guarantee." + event, set: guarantee(x.validTo), body: fixed(func(*stage) any { return x.body })})
	}
	return list
}

// transferOf is a scene: a transfer of rights that was recorded.
func transferOf(ids []string, at int64) *rights.Case {
	h := headOf(rights.KindCase, aTransfer, rights.StateRecorded)
	return &rights.Case{Head: h, RegType: rights.RegTransfer, RegistrarID: registrarID, ApplicantIDs: []string{borrowerID}, TargetRightIDs: ids, ResultRightIDs: ids, EndedAt: at}
}

// financeElsewhere names rows that another command writes or another test tries.
var financeElsewhere = map[string]string{"evaluation.supersede": "evaluation.issue"}

// financeEventsOn are the events that a command sends to records of other machines
// than its own; financeTouches the kinds it rewrites without moving them.
var (
	financeEventsOn = map[string][]string{"evaluation.issue": {"evaluation.supersede"}}
	financeTouches  = map[string][]rights.Kind{
		"pledge.register":      {rights.KindRight, rights.KindPledge},
		"pledge.vary":          {rights.KindPledge},
		"pledge.partRelease":   {rights.KindRight, rights.KindPledge},
		"pledge.release":       {rights.KindRight, rights.KindPledge},
		"pledge.finishEnforce": {rights.KindRight, rights.KindPledge},
	}
)

// tellFinance plays every command of the area to its good end.
func tellFinance(m *market) {
	must := m.must
	borrower, bank, exchange, regulator, appraiser := borrowerID+"#1", bankID+"#1", exchangeID+"#1", regulatorID+"#1", appraisalID+"#1"
	m.lend()
	x := m.asset("finance one", "SJ3212026070901")

	// evaluations, one by one and in batches
	must(m.do(exchange, "evaluation.file", rights.OfEvaluation{EvaluationID: x.evaluation}))
	must(m.do(suretyID+"#1", "evaluation.challenge", rights.ChallengeEvaluation{EvaluationID: x.evaluation, ReasonHash: hash("too high")}))
	must(m.do(regulator, "evaluation.resolveChallenge", rights.ResolveChallenge{EvaluationID: x.evaluation, Outcome: "dismissed", ConclusionHash: hash("c")}))
	made := must(m.do(borrower, "evaluation.commissionBatch", batch{without(commission(x)), []object{{"purpose": "Pledge"}, {"purpose": "Equity"}}})).Result.Records
	var items []object
	var secrets []json.RawMessage
	for _, e := range made {
		body, secret := m.issue(e.ID, worth)
		items, secrets = append(items, without(body)), append(secrets, secret)
	}
	items[0]["supersedes"] = x.evaluation
	raw, _ := json.Marshal(secrets)
	must(m.doSecretly(appraiser, "evaluation.issueBatch", batch{nil, items}, raw))
	x.evaluation, x.valuation = made[0].ID, secrets[0]
	both := []object{{"evaluationId": made[0].ID}, {"evaluationId": made[1].ID}}
	must(m.do(officer, "evaluation.fileBatch", batch{nil, both}))
	must(m.do(appraiser, "evaluation.withdraw", rights.WithdrawEvaluation{EvaluationID: made[1].ID, Reason: "数据有误"}))

	// a pledge to its release, another behind it, a third to its enforcement
	body, secret := m.pledgeOf(x)
	gone := must(m.doSecretly(borrower, "pledge.apply", body, secret)).id(rights.KindPledge)
	must(m.do(borrower, "pledge.consentToVerify", rights.ConsentToVerify{PledgeID: gone, VerifyToken: hash("token")}))
	must(m.do(borrower, "pledge.withdraw", rights.OfPledge{PledgeID: gone}))
	id := m.pledged(body, secret, "ZDW-901")
	must(m.ask("VerifyAsset", x.certNo))
	for _, r := range x.rights {
		must(m.do(bank, "pledge.giveConsent", rights.GivePledgeConsent{PledgeID: id, Action: rights.UsePledge, TargetID: r, TermsHash: hash("second"), ExpiresAt: m.now + 86400}))
	}
	body.ContractHash = hash("second")
	behind := m.pledged(body, secret, "ZDW-902")
	vary := rights.VaryPledge{PledgeID: id, ContractHash: hash("varied"), ClaimTo: rights.AddMonths(m.now, 13)}
	must(m.do(borrower, "pledge.vary", vary))
	must(m.do(bank, "pledge.vary", vary))
	must(m.do(bank, "pledge.extendRegistry", rights.ExtendRegistry{PledgeID: id, ZdwValidTo: rights.AddMonths(m.now, 25)}))
	must(m.do(bank, "pledge.partRelease", rights.PartReleasePledge{PledgeID: id, RightIDs: x.rights[:1]}))
	must(m.do(bank, "pledge.release", rights.ReleasePledge{PledgeID: id}))

	// guarantees
	surety, sum := hidden(rights.GuaranteeAmount{Salt: salt, AmountFen: worth / 5})
	offer := rights.OfferGuarantee{BeneficiaryID: bankID, DebtorID: borrowerID, PledgeID: behind, ContractHash: hash("surety"), AmountsCommitment: sum, ValidTo: rights.AddMonths(m.now, 12)}
	for _, end := range []string{"release", "expire"} {
		g := must(m.doSecretly(suretyID+"#1", "guarantee.offer", offer, surety)).id(rights.KindGuarantee)
		must(m.do(bank, "guarantee.accept", rights.AcceptGuarantee{GuaranteeID: g, ContractHash: offer.ContractHash}))
		if end == "release" {
			must(m.do(bank, "guarantee.release", rights.ReleaseGuarantee{GuaranteeID: g}))
			continue
		}
		m.now = offer.ValidTo
		must(m.do(bank, "guarantee.expire", rights.OfGuarantee{GuaranteeID: g}))
	}
	must(m.do(bank, "evaluation.expireBatch", batch{nil, both[:1]}))

	// the balance sheet
	before := ""
	first := quarterEnd(m.cert(x.certNo).ValidFrom)
	for i, period := range []string{rights.CivilDate(first), rights.CivilDate(quarterEnd(first + 86400))} {
		secret, commitment := hidden(rights.AccountingAmounts{Salt: salt, OpeningFen: int64(100 * i), AdditionFen: 100, ClosingFen: int64(100*i + 100)})
		before = must(m.doSecretly(borrower, "accounting.record", rights.RecordAccounting{CertNo: x.certNo, Class: "IntangibleAsset", Acquisition: "SelfDeveloped", UsedBySelf: true,
			PeriodEnd: period, AmountsCommitment: commitment, AuditorID: auditorID, PreviousID: before, EvaluationID: x.evaluation}, secret)).id(rights.KindAccounting)
	}
	must(m.do(auditorID+"#1", "accounting.audit", rights.AuditAccounting{AccountingID: before, AuditReportHash: hash("audit")}))
	must(m.do(borrower, "accounting.derecognise", rights.DerecogniseAccounting{AccountingID: before, Reason: "处置"}))

	// enforcement comes down to a transfer
	m.now = m.pledge(behind).ZdwValidTo
	must(m.do(borrower, "pledge.lapseRegistry", rights.LapseRegistry{PledgeID: behind}))
	must(m.do(bank, "pledge.startEnforce", rights.StartEnforcement{PledgeID: behind, Default: &rights.Evidence{DocType: rights.DocOther, Hash: hash("default")}}))
	must(m.do(officer, "pledge.finishEnforce", rights.FinishEnforcement{PledgeID: behind, EnforcementHash: hash("agreement"), TransferCaseID: m.enforced(behind, "SJ3212028070901")}))
}

// checkFinance holds the ledger to the area's invariants.
func checkFinance(w *world, fault func(string, ...any)) {
	pledges := decodeAll[rights.Pledge](w.raw[rights.KindPledge])
	relying := map[string][]string{} // target → what relies on it
	for at, raw := range w.raw[rights.PointerRelying] {
		var s struct{ IDs []string }
		if err := json.Unmarshal(raw, &s); err != nil {
			fault("relying %s: %v", at, err)
		}
		target := at[:strings.LastIndexByte(at, '/')]
		relying[target] = append(relying[target], s.IDs...)
	}
	numbers := map[string]string{}
	for id, pl := range pledges {
		over, lies := ended("pledge", pl.State), pl.State == rights.StateRegistered || pl.State == rights.StateEnforcing
		if over != (pl.EndedAt > 0) || lies != (pl.Rank > 0) || pl.PledgorID == pl.PledgeeID {
			fault("pledge %s is %s, ended at %d, rank %d", id, pl.State, pl.EndedAt, pl.Rank)
		}
		if other := numbers[pl.ZdwRegNo]; other != "" && pl.ZdwRegNo != "" {
			fault("PL-6: %s and %s share registration %s", id, other, pl.ZdwRegNo)
		}
		numbers[pl.ZdwRegNo] = id
		for _, r := range pl.RightIDs {
			released := slices.Contains(pl.ReleasedIDs, r)
			if on := w.rights[r]; on != nil && on.State != rights.StateTransferred {
				n := 0
				for _, e := range on.Encumbrances {
					if e.Type == rights.EncPledge && e.RefID == id {
						n++
					}
				}
				if want := lies && !released; (n == 1) != want || n > 1 {
					fault("PL-5: pledge %s is %s and lies %d times on %s", id, pl.State, n, r)
				}
			}
			if slices.Contains(relying[r], id) != (!over && !released) {
				fault("pledge %s is %s and relies on %s: %t", id, pl.State, r, !over)
			}
		}
		for _, p := range []string{pl.PledgorID, pl.PledgeeID, pl.DebtorID} {
			if slices.Contains(relying[p], id) == over {
				fault("pledge %s is %s and binds %s: %t", id, pl.State, p, over)
			}
		}
		for _, c := range pl.Consents {
			if c.UsedAt >= c.ExpiresAt || (c.UsedAt > 0) != (c.UsedBy != "") {
				fault("PL-2: a consent of %s was used after it expired: %+v", id, c)
			}
		}
	}
	for id, r := range w.rights {
		if r.State == rights.StateTransferred {
			continue
		}
		seen := map[int64]int64{} // rank → entry in the unified registry
		for _, e := range r.Encumbrances {
			if e.Type != rights.EncPledge {
				continue
			}
			if pl := pledges[e.RefID]; pl == nil || pl.PledgeeID != e.ByID || e.To != 0 {
				fault("right %s carries %+v", id, e)
			} else {
				seen[e.Rank] = pl.ZdwRegAt
			}
		}
		for rank := int64(1); rank <= int64(len(seen)); rank++ {
			if at, ok := seen[rank]; !ok || at < seen[rank-1] {
				fault("PL-1: ranks on %s are %v", id, seen)
			}
		}
	}
	for id, e := range decodeAll[rights.Evaluation](w.raw[rights.KindEvaluation]) {
		issued := e.IssuedAt > 0
		if e.EvaluatorID == e.ClientID || e.EvaluatorID == e.FinancingBankID || issued != (e.ReportHash != "") || (e.Kind == "Value" && issued) != (e.ValueCommitment != "") {
			fault("EV-1: evaluation %s: %+v", id, e)
		}
		if e.Kind == "Value" && len(e.RightIDs) == 0 {
			fault("EV-3: evaluation %s values no right", id)
		}
		if (e.State == rights.StateSuperseded) != (e.SupersededBy != "") || (e.State == rights.StateChallenged) != (e.ChallengedFrom != "") || (e.Refuted && e.State != rights.StateWithdrawn) {
			fault("evaluation %s is %s: %+v", id, e.State, e)
		}
	}
	periods := map[string]string{}
	for id, r := range decodeAll[rights.Accounting](w.raw[rights.KindAccounting]) {
		at := fmt.Sprint(r.EnterpriseID, r.CertNo, r.PeriodEnd)
		if other := periods[at]; other != "" && r.State != rights.StateDerecognised {
			fault("%s and %s account for the same period", id, other)
		}
		if r.State != rights.StateDerecognised {
			periods[at] = id
		}
		if (r.State == rights.StateAudited) && r.AuditReportHash == "" || r.AuditorID == r.EnterpriseID {
			fault("accounting %s: %+v", id, r)
		}
	}
	for id, g := range decodeAll[rights.Guarantee](w.raw[rights.KindGuarantee]) {
		if g.GuarantorID == g.DebtorID || g.GuarantorID == g.BeneficiaryID || slices.Contains(relying[g.GuarantorID], id) != (g.State == rights.StateAccepted) {
			fault("guarantee %s is %s: %+v", id, g.State, g)
		}
	}
}

// quarterEnd is a moment of the last day of the quarter that t lies in.
func quarterEnd(t int64) int64 {
	year, month, _ := time.Unix(t, 0).In(time.FixedZone("CST", 8*3600)).Date()
	return time.Date(year, (month-1)/3*3+4, 0, 4, 0, 0, 0, time.UTC).Unix()
}

package api

import "github.com/datarights/datarights/chaincode/rights"

var (
	forMarket = []rights.Role{rights.RoleRegulator, rights.RoleExchange}
	forTitle  = []rights.Role{rights.RoleRegulator, rights.RoleExchange, rights.RoleRegistrar}
	forCity   = []rights.Role{rights.RoleRegulator, rights.RoleExchange, rights.RoleImplementing}
	forWatch  = []rights.Role{rights.RoleRegulator}
)

// why are the members that tell why something was stopped, and by whom.
var why = []string{"reason", "suspendedBy", "suspendedFrom"}

func hide(members ...string) []string { return append(members, why...) }

// audiences is who reads what, kind by kind (2.13, 3.0.8). The kinds of the
// registry, whose rules look further than one record, are in visibility.go.
//
// What is offered, granted, certified and published is public; what parties
// agree between them is theirs and the offices'. Nobody's session opens the
// private collections here: amounts are not in these records at all.
var audiences = map[rights.Kind]*audience{
	// What is offered and asked for.
	rights.KindProduct: {parties: []string{"ownerId"}, offices: forTitle, before: []rights.State{rights.StateDraft, rights.StateInReview},
		hidden: hide("inputs", "complianceOpinion", "returnReason")},
	rights.KindListing: {parties: []string{"sellerId", "venueId"}, offices: forMarket, before: []rights.State{rights.StateSubmitted, rights.StateRejected},
		hidden: hide("priceCommitment", "similarityHash")},
	rights.KindDemand:      {parties: []string{"buyerId"}, offices: forMarket, hidden: hide()},
	rights.KindRecognition: {parties: []string{"holderUscc", "peerId"}, offices: forTitle, before: []rights.State{rights.StateProposed}, hidden: hide("foreignSignature")},

	// What comes of it: the parties' own business.
	rights.KindTrade:      {parties: []string{"buyerId", "sellerId", "brokerId", "venueId"}, offices: forMarket},
	rights.KindDelivery:   {parties: []string{"fromId", "toId", "platformId"}, offices: forMarket},
	rights.KindCopy:       {parties: []string{"holderId"}, offices: forMarket, via: &reference{"deliveryId", rights.KindDelivery}},
	rights.KindSettlement: {parties: []string{"buyerId", "sellerId", "venueId", "payees.payeeId"}, offices: forMarket},
	rights.KindDispute:    {parties: []string{"claimantId", "respondentIds", "mediatorId", "acceptedBy", "orders.orderedId"}, offices: forTitle},

	// Use and authorised operation.
	rights.KindLineage: {parties: []string{"operatorId", "platformId", "attestedBy", "disputedBy"}, offices: forTitle,
		shown: []string{"outputs", "op", "substantive", "env", "startedAt", "finishedAt", "supersedes", "depth", "maxGrade"}},
	rights.KindPermit:     {parties: []string{"grantorId", "permitteeId", "platformId", "entrustedIds"}, offices: forWatch},
	rights.KindMeter:      {offices: forWatch, via: &reference{"permitId", rights.KindPermit}},
	rights.KindGrant:      {parties: []string{"authoriserId", "granteeId", "resources.sourceUnitId"}, offices: forCity, before: []rights.State{rights.StateProposed}, hidden: hide("signatures", "amendment", "breachEvidence", "exitEvidence", "selectionEvidence")},
	rights.KindAdmission:  {parties: []string{"developerId", "createdBy"}, offices: forCity, hidden: hide("evidence", "checklist")},
	rights.KindDisclosure: {open: true},
	rights.KindCustody:    {parties: []string{"custodianId", "ownerId"}, offices: forTitle},
	rights.KindCatalogue:  {parties: []string{"publisherId", "responsibleId"}, offices: forMarket, hidden: hide()},

	// Finance.
	rights.KindEvaluation: {parties: []string{"clientId", "evaluatorId", "financingBankId", "challengedBy"}, offices: forTitle,
		before: []rights.State{rights.StateCommissioned}, shown: []string{"kind", "objectType", "objectId", "objectVersion", "evaluatorId", "issuedAt", "validTo", "supersededBy"}},
	rights.KindAccounting: {parties: []string{"enterpriseId", "auditorId"}, offices: forWatch},
	rights.KindPledge:     {parties: []string{"pledgorId", "pledgeeId", "debtorId"}, offices: forTitle},
	rights.KindGuarantee:  {parties: []string{"guarantorId", "beneficiaryId", "debtorId"}, offices: forTitle},

	// Supervision.
	rights.KindMeasure: {parties: []string{"subjectId", "issuedBy"}, offices: forTitle, before: []rights.State{rights.StateIssued},
		shown: []string{"type", "domain", "targetKind", "targetId", "issuedBy", "from", "to", "dueOn", "urgent", "endedAt"}},
	rights.KindAlert: {parties: []string{"assigneeId", "createdBy"}, offices: forWatch, told: []string{"subjectIds"}, since: "hearingDueAt",
		tells: []string{"ruleCode", "severity", "targetType", "targetId", "subjectIds", "hearingDueAt", "statementHash", "irCode", "finding", "measureId", "closedAt"}},
	rights.KindEvidence:      {parties: []string{"collectedBy", "custody.to"}, offices: forWatch},
	rights.KindIndicator:     {parties: []string{"ownerId"}, offices: forWatch, hidden: []string{}, closed: restricted},
	rights.KindSnapshot:      {parties: []string{"computedBy"}, offices: forWatch, before: []rights.State{rights.StateComputed, rights.StateConfirmed}, hidden: hide(), closed: restrictedValue},
	rights.KindScenario:      {parties: []string{"submitterId"}, offices: forMarket, before: []rights.State{rights.StateSubmitted, rights.StateReviewed, rights.StateDeclined}, hidden: hide("tradeIds", "impactHash", "opinionHash", "landedBy")},
	rights.KindPolicy:        {open: true},
	rights.KindSupport:       {parties: []string{"recipientId"}, offices: forMarket, hidden: hide("amountsCommitment")},
	rights.KindMaturity:      {parties: []string{"enterpriseId", "assessorId"}, offices: forMarket, hidden: []string{"evidenceHash"}},
	rights.KindMarketEvent:   {parties: []string{"organiserId"}, offices: forMarket, hidden: []string{"tradeIds"}},
	rights.KindCryptoProfile: {open: true},
	rights.KindCodeTable:     {open: true},
}

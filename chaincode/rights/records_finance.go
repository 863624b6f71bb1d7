package rights

// Records of finance: evaluations, accounting, pledges, guarantees (3.15, 3.16).
// Values and amounts lie in private collections, known here by commitments.

// Evaluation is an appraisal, a quality evaluation or another report (3.15).
type Evaluation struct {
	Head
	Kind            string   `json:"kind"` // Quality, Value, Compliance, SecurityRisk, Maturity
	ObjectType      string   `json:"objectType"`
	ObjectID        string   `json:"objectId"`
	ObjectVersion   int64    `json:"objectVersion"`
	ClientID        string   `json:"clientId"`
	EvaluatorID     string   `json:"evaluatorId"`
	FinancingBankID string   `json:"financingBankId,omitempty"` // SD-3 holds against it too
	Purpose         string   `json:"purpose"`
	Pilot           bool     `json:"pilot,omitempty"`
	Method          string   `json:"method,omitempty"`   // Cost, Income, Market
	BaseDate        string   `json:"baseDate,omitempty"` // YYYY-MM-DD
	ValueCommitment string   `json:"valueCommitment,omitempty"`
	ScorePermille   int64    `json:"scorePermille,omitempty"`
	ReportHash      string   `json:"reportHash,omitempty"`
	ValidTo         UnixSec  `json:"validTo,omitempty"`
	RightIDs        []string `json:"rightIds,omitempty"`
	RegistrarID     string   `json:"registrarId,omitempty"` // of those rights
	IssuedAt        UnixSec  `json:"issuedAt,omitempty"`
	FiledBy         string   `json:"filedBy,omitempty"`
	ChallengedBy    string   `json:"challengedBy,omitempty"`
	ChallengedFrom  State    `json:"challengedFrom,omitempty"`
	ChallengeHash   string   `json:"challengeHash,omitempty"`
	ConclusionHash  string   `json:"conclusionHash,omitempty"`
	Refuted         bool     `json:"refuted,omitempty"`
	SupersededBy    string   `json:"supersededBy,omitempty"`
	Reason          string   `json:"reason,omitempty"`
}

// Accounting is a balance-sheet record (3.15). It is independent of appraisals.
type Accounting struct {
	Head
	EnterpriseID      string `json:"enterpriseId"`
	ObjectID          string `json:"objectId"`
	CertNo            string `json:"certNo"`
	Class             string `json:"class"` // IntangibleAsset, Inventory, DevelopmentExpenditure
	Acquisition       string `json:"acquisition"`
	UsedBySelf        bool   `json:"usedBySelf"` // AR-3: used by the enterprise, or held for sale
	PeriodEnd         string `json:"periodEnd"`
	AmountsCommitment string `json:"amountsCommitment"`
	PreviousID        string `json:"previousId,omitempty"`
	EvaluationID      string `json:"evaluationId,omitempty"` // for disclosure only (AR-4)
	AuditReportHash   string `json:"auditReportHash,omitempty"`
	AuditorID         string `json:"auditorId,omitempty"`
	Reason            string `json:"reason,omitempty"`
}

// Pledge of rights to a bank (3.16). The ledger is evidence; priority follows
// the unified registry (动产融资统一登记公示系统).
type Pledge struct {
	Head
	PledgorID         string           `json:"pledgorId"`
	PledgeeID         string           `json:"pledgeeId"`
	PledgeeMSP        string           `json:"pledgeeMsp"` // whose peer must endorse while it is effective
	DebtorID          string           `json:"debtorId"`
	ObjectID          string           `json:"objectId"` // of every one of the rights
	RegistrarID       string           `json:"registrarId"`
	RightIDs          []string         `json:"rightIds"`
	ReleasedIDs       []string         `json:"releasedIds,omitempty"`
	CertNos           []string         `json:"certNos"`
	EvaluationID      string           `json:"evaluationId"`
	AmountsCommitment string           `json:"amountsCommitment"` // opens to PledgeAmounts
	ContractHash      string           `json:"contractHash"`
	ClaimFrom         UnixSec          `json:"claimFrom"`
	ClaimTo           UnixSec          `json:"claimTo"`
	ZdwRegNo          string           `json:"zdwRegNo,omitempty"`
	ZdwRegAt          UnixSec          `json:"zdwRegAt,omitempty"`
	ZdwValidTo        UnixSec          `json:"zdwValidTo,omitempty"`
	ZdwLapsed         bool             `json:"zdwLapsed,omitempty"`
	AllowLicence      bool             `json:"allowLicence,omitempty"`
	AllowChange       bool             `json:"allowChange,omitempty"`
	ProceedsToPledgee bool             `json:"proceedsToPledgee,omitempty"`
	Consents          []PledgeConsent  `json:"consents,omitempty"`
	Rank              int64            `json:"rank,omitempty"`
	PriorPledgeIDs    []string         `json:"priorPledgeIds,omitempty"`
	Disclosures       []string         `json:"disclosures,omitempty"`  // acknowledged by the pledgee
	TermWarning       bool             `json:"termWarning,omitempty"`  // PL-3, acknowledged
	RelatedParty      bool             `json:"relatedParty,omitempty"` // pledgor and pledgee are of one group (SD-5)
	Variation         *PledgeVariation `json:"variation,omitempty"`
	VerifyToken       string           `json:"verifyToken,omitempty"` // hash of the pledgor's consent to be looked up before registration
	Notices           []PledgeNotice   `json:"notices,omitempty"`
	DefaultEvidence   *Evidence        `json:"defaultEvidence,omitempty"`
	EnforcingAt       UnixSec          `json:"enforcingAt,omitempty"`
	EnforcementHash   string           `json:"enforcementHash,omitempty"`
	TransferCaseID    string           `json:"transferCaseId,omitempty"`
	Reason            string           `json:"reason,omitempty"`
	EndedAt           UnixSec          `json:"endedAt,omitempty"`
}

// PledgeConsent is a pledgee's consent to one use of one right on one set of
// terms, once.
type PledgeConsent struct {
	Action    Use     `json:"action"`
	TargetID  string  `json:"targetId"`
	TermsHash string  `json:"termsHash"`
	At        UnixSec `json:"at"`
	ExpiresAt UnixSec `json:"expiresAt"`
	UsedAt    UnixSec `json:"usedAt,omitempty"`
	UsedBy    string  `json:"usedBy,omitempty"` // transaction
}

// PledgeVariation is a change both sides must confirm.
type PledgeVariation struct {
	ContractHash      string   `json:"contractHash"`
	AmountsCommitment string   `json:"amountsCommitment,omitempty"`
	ClaimTo           UnixSec  `json:"claimTo,omitempty"`
	TermWarning       bool     `json:"termWarning,omitempty"`
	SignedBy          []string `json:"signedBy"`
}

// PledgeNotice tells the pledgee of what happened beneath a pledge.
type PledgeNotice struct {
	Event string  `json:"event"`
	RefID string  `json:"refId"`
	At    UnixSec `json:"at"`
}

// Guarantee backs a pledge or a loan (3.21).
type Guarantee struct {
	Head
	GuarantorID       string  `json:"guarantorId"`
	BeneficiaryID     string  `json:"beneficiaryId"`
	DebtorID          string  `json:"debtorId"`
	PledgeID          string  `json:"pledgeId,omitempty"`
	LoanRef           string  `json:"loanRef,omitempty"`
	ContractHash      string  `json:"contractHash"`
	AmountsCommitment string  `json:"amountsCommitment"`
	ValidTo           UnixSec `json:"validTo"`
	RelatedParty      bool    `json:"relatedParty,omitempty"` // guarantor and debtor are of one group (SD-5)
	Reason            string  `json:"reason,omitempty"`
}

// The private documents of finance.

// EvaluationValue is an appraised value.
type EvaluationValue struct {
	Salt     string `json:"salt"`
	ValueFen int64  `json:"valueFen"`
}

// AccountingAmounts roll forward: opening + addition − amortisation −
// impairment − disposal = closing (AR-1).
type AccountingAmounts struct {
	Salt        string `json:"salt"`
	OpeningFen  int64  `json:"openingFen"`
	AdditionFen int64  `json:"additionFen"`
	AmortFen    int64  `json:"amortFen"`
	ImpairFen   int64  `json:"impairFen"`
	DisposalFen int64  `json:"disposalFen"`
	ClosingFen  int64  `json:"closingFen"`
}

// PledgeAmounts are the money side of a pledge. Valuation is the evaluation's
// secret, byte for byte: it opens the evaluation's commitment, so that the value
// is proven to the pledgee without a look into another collection.
type PledgeAmounts struct {
	Salt             string `json:"salt"`
	PrincipalFen     int64  `json:"principalFen"`
	MaxSecuredFen    int64  `json:"maxSecuredFen"`
	ValueAtPledgeFen int64  `json:"valueAtPledgeFen"`
	LTVBps           int64  `json:"ltvBps"` // principal of value, rounded up
	Valuation        string `json:"valuation"`
}

// GuaranteeAmount is what a guarantor stands for.
type GuaranteeAmount struct {
	Salt      string `json:"salt"`
	AmountFen int64  `json:"amountFen"`
}

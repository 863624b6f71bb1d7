package rights

// Records of supervision: measures, alerts, evidence, indicators, scenarios,
// policy and support, maturity, events, crypto profile, code tables (3.17 to 3.21).

// Measure is a supervisory measure (3.17).
type Measure struct {
	Head
	Type         string          `json:"type"`   // MeasureInterview, …
	Domain       string          `json:"domain"` // data, cyberspace, crypto, finance, publicSecurity, other
	TargetKind   Kind            `json:"targetKind"`
	TargetID     string          `json:"targetId"`
	SubjectID    string          `json:"subjectId"`
	LegalBasis   string          `json:"legalBasis"`
	DocumentHash string          `json:"documentHash"`
	AlertIDs     []string        `json:"alertIds,omitempty"`
	CaseID       string          `json:"caseId,omitempty"`
	FreezeUse    bool            `json:"freezeUse,omitempty"` // a freeze that stops the holder's own use too
	Urgent       bool            `json:"urgent,omitempty"`
	UrgentUntil  UnixSec         `json:"urgentUntil,omitempty"`
	From         UnixSec         `json:"from,omitempty"`
	To           UnixSec         `json:"to,omitempty"`
	DueOn        string          `json:"dueOn,omitempty"`
	IssuedBy     string          `json:"issuedBy"`
	ReceiptHash  string          `json:"receiptHash,omitempty"`
	Reported     bool            `json:"reported,omitempty"`
	ReportHash   string          `json:"reportHash,omitempty"`
	AppealRef    string          `json:"appealRef,omitempty"`
	AppealedAt   UnixSec         `json:"appealedAt,omitempty"`
	DecisionHash string          `json:"decisionHash,omitempty"`
	ServedAt     UnixSec         `json:"servedAt,omitempty"`
	Effects      []MeasureEffect `json:"effects,omitempty"` // SM-1: what it changed, and alone undoes
	CompliedAt   UnixSec         `json:"compliedAt,omitempty"`
	EndedAt      UnixSec         `json:"endedAt,omitempty"`
	Reason       string          `json:"reason,omitempty"`
}

// MeasureEffect is one change a measure made.
type MeasureEffect struct {
	Kind   Kind   `json:"kind"`
	ID     string `json:"id"`
	Effect string `json:"effect"` // Suspended, Frozen, Expelled, RestrictedTrading, OrderedDestroy, …
	Undone bool   `json:"undone,omitempty"`
}

// Alert is a risk alert (3.18).
type Alert struct {
	Head
	RuleCode     string     `json:"ruleCode"`
	Severity     string     `json:"severity"` // Low, Medium, High, Critical
	TargetType   string     `json:"targetType"`
	TargetID     string     `json:"targetId"`
	SubjectIDs   []string   `json:"subjectIds,omitempty"`
	FactRefs     []string   `json:"factRefs,omitempty"` // record ids with versions: ID@version
	Metric       string     `json:"metric,omitempty"`
	Refusal      string     `json:"refusal,omitempty"`       // code of the refusal it cites
	RefusedTx    string     `json:"refusedDigest,omitempty"` // sm3 of the refused command
	RaisedBy     string     `json:"raisedBy"`                // System, Platform, Participant, Regulator
	RaisedAt     UnixSec    `json:"raisedAt"`
	DueAt        UnixSec    `json:"dueAt,omitempty"`
	AckedAt      UnixSec    `json:"ackedAt,omitempty"`
	AssigneeID   string     `json:"assigneeId,omitempty"`
	Assigned     []Handover `json:"assigned,omitempty"`
	HearingDueAt UnixSec    `json:"hearingDueAt,omitempty"`
	Heard        []Hearing  `json:"heard,omitempty"`
	IRCode       string     `json:"irCode,omitempty"` // IR-1 … IR-14, once confirmed
	Finding      string     `json:"finding,omitempty"`
	FindingHash  string     `json:"findingHash,omitempty"`
	MeasureID    string     `json:"measureId,omitempty"`
	EvidenceIDs  []string   `json:"evidenceIds,omitempty"`
	// Deliveries whose fingerprint was opened: their code and nonce are in the commands.
	MatchedDeliveryIDs []string     `json:"matchedDeliveryIds,omitempty"`
	Proof              *ResaleProof `json:"proof,omitempty"`
	ClosedAt           UnixSec      `json:"closedAt,omitempty"`
}

// Hearing is what a subject had to say.
type Hearing struct {
	SubjectID     string  `json:"subjectId"`
	StatementHash string  `json:"statementHash"`
	At            UnixSec `json:"at"`
}

// ResaleProof is what an unlicensed resale was confirmed on (4.4).
type ResaleProof struct {
	CopyID          string   `json:"copyId"`                    // E3, E4: what the suspect received, and was allowed
	OfferEvidenceID string   `json:"offerEvidenceId"`           // E6: the capture of the offer, with its time
	ReportID        string   `json:"reportId,omitempty"`        // E5: inclusion report, where no fingerprint was opened
	OtherCopyIDs    []string `json:"otherCopyIds,omitempty"`    // E7: every other recipient of that version
	ExclusionTestID string   `json:"exclusionTestId,omitempty"` // E7: the tests against their codes
}

// Handover is one change of hands, with the time.
type Handover struct {
	From     string  `json:"from,omitempty"`
	To       string  `json:"to"`
	At       UnixSec `json:"at"`
	SealHash string  `json:"sealHash,omitempty"`
	Kid      string  `json:"kid,omitempty"`
}

// EvidenceItem is one piece of evidence and its chain of custody (4.3).
type EvidenceItem struct {
	Head
	CaseID      string     `json:"caseId"` // the alert, dispute or measure it belongs to
	Kind        string     `json:"kind"`
	Hash        string     `json:"hash"`
	CollectedBy string     `json:"collectedBy"`
	CollectedAt UnixSec    `json:"collectedAt"`
	Method      string     `json:"method"`
	NotaryRef   string     `json:"notaryRef,omitempty"`
	Custody     []Handover `json:"custody"`
	Permille    int64      `json:"permille,omitempty"` // of an inclusion or similarity report
	RefID       string     `json:"refId,omitempty"`    // copy, delivery, product, … it is about
	Reason      string     `json:"reason,omitempty"`
}

// Indicator is the definition of one supervision indicator (3.19).
type Indicator struct {
	Head
	Code       string   `json:"code"`
	NameZh     string   `json:"nameZh"`
	NameEn     string   `json:"nameEn"`
	Formula    string   `json:"formula"`
	Unit       string   `json:"unit"`
	Sources    []string `json:"sources"`
	Window     string   `json:"window"` // AsOf, Period, Cumulative
	Target     int64    `json:"target,omitempty"`
	TargetDate string   `json:"targetDate,omitempty"`
	Direction  string   `json:"direction"`            // Up, Down, Watch
	Restricted bool     `json:"restricted,omitempty"` // for the regulator only
	MinInputs  int64    `json:"minInputs,omitempty"`  // a value over fewer inputs is withheld
	OwnerID    string   `json:"ownerId"`
	Ver        int64    `json:"ver"`
}

// Snapshot is one computed value of an indicator (3.19). Anyone entitled can
// compute it again from InputRoot's list.
type Snapshot struct {
	Head
	Code        string  `json:"code"`
	DefVersion  int64   `json:"defVersion"`
	AsOf        UnixSec `json:"asOf"`
	PeriodFrom  UnixSec `json:"periodFrom,omitempty"`
	PeriodTo    UnixSec `json:"periodTo,omitempty"`
	Region      string  `json:"region,omitempty"`
	ValueInt    int64   `json:"valueInt"`
	Num         int64   `json:"num,omitempty"`
	Den         int64   `json:"den,omitempty"`
	Permille    int64   `json:"permille,omitempty"`
	Commitment  string  `json:"commitment,omitempty"` // of a restricted value, in place of it
	InputRoot   string  `json:"inputRoot"`
	InputCount  int64   `json:"inputCount"`
	BlockHeight int64   `json:"blockHeight"`
	ComputedBy  string  `json:"computedBy"`
	ConfirmedBy string  `json:"confirmedBy,omitempty"`
	Corrects    string  `json:"corrects,omitempty"`
	Reason      string  `json:"reason,omitempty"`
}

// Scenario is an application scenario (3.20).
type Scenario struct {
	Head
	Kind           string   `json:"kind"` // Typical, AuthorisedOperation
	Name           string   `json:"name"`
	Overview       string   `json:"overview,omitempty"`
	Field          string   `json:"field"`
	NationalAction string   `json:"nationalAction,omitempty"`
	Source         string   `json:"source"` // Contest, CaseCall, Built
	SubmitterID    string   `json:"submitterId"`
	RegionCode     string   `json:"regionCode"`
	FuncZone       string   `json:"funcZone,omitempty"`
	ProductIDs     []string `json:"productIds,omitempty"`
	GrantIDs       []string `json:"grantIds,omitempty"`
	TradeIDs       []string `json:"tradeIds,omitempty"`
	ImpactHash     string   `json:"impactHash,omitempty"`
	OpinionHash    string   `json:"opinionHash,omitempty"` // of the experts
	IncludedOn     string   `json:"includedOn,omitempty"`
	BatchYear      int64    `json:"batchYear,omitempty"`
	LandedOn       string   `json:"landedOn,omitempty"`
	LandedBy       string   `json:"landedBy,omitempty"` // meter record or settlement that shows the use
	RemovedOn      string   `json:"removedOn,omitempty"`
	Reason         string   `json:"reason,omitempty"`
}

// PolicyDoc is a rule document (3.21).
type PolicyDoc struct {
	Head
	No       string `json:"no"`
	Title    string `json:"title"`
	Kind     string `json:"kind"`
	IssuedOn string `json:"issuedOn"`
	Hash     string `json:"hash"`
	IssuerID string `json:"issuerId"`
	// Adherents of a self-discipline convention, each by a command of its own.
	Adherents []string `json:"adherents,omitempty"`
}

// Support is one policy support, given once for one fact (3.21).
type Support struct {
	Head
	RecipientID       string `json:"recipientId"`
	Kind              string `json:"kind"`
	FactID            string `json:"factId"` // certificate, trade, scenario, …
	AmountsCommitment string `json:"amountsCommitment,omitempty"`
	DecisionHash      string `json:"decisionHash"`
	Reason            string `json:"reason,omitempty"`
}

// Maturity is an enterprise's level in a maturity model (3.21).
type Maturity struct {
	Head
	EnterpriseID string `json:"enterpriseId"`
	Model        string `json:"model"` // DCMM, DSMM, LocalDAMM
	ModelVersion string `json:"modelVersion"`
	Level        int64  `json:"level"`
	From         string `json:"from"`
	To           string `json:"to"`
	AssessorID   string `json:"assessorId,omitempty"`
	EvidenceHash string `json:"evidenceHash"`
}

// MarketEvent is a forum, salon, matchmaking or consulting event (3.21).
type MarketEvent struct {
	Head
	Kind        string   `json:"kind"`
	Name        string   `json:"name"`
	Date        string   `json:"date"`
	OrganiserID string   `json:"organiserId"`
	DemandIDs   []string `json:"demandIds,omitempty"`
	TradeIDs    []string `json:"tradeIds,omitempty"` // that followed
}

// CryptoProfile says which algorithms records may be signed with.
type CryptoProfile struct {
	Head
	Ver        int64    `json:"ver"`
	Algorithms []string `json:"algorithms"` // SM2, SM3, SM4, ECDSA-P256, SHA-256, …
	From       UnixSec  `json:"from"`
	DocRef     string   `json:"docRef,omitempty"`
}

// CodeTable is a published code list, such as GB/T 2260.
type CodeTable struct {
	Head
	Name  string     `json:"name"`
	Ver   int64      `json:"ver"`
	Items []CodeItem `json:"items"`
}

// CodeItem is one code.
type CodeItem struct {
	Code string `json:"code"`
	Name string `json:"name"`
}

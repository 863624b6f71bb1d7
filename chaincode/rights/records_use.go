package rights

// Records of use and of authorised operation: lineage, permits, metering,
// grants, admissions, disclosure, custody, catalogues (3.12 to 3.14, 3.21).

// Lineage is one processing step: what went in, under which permissions, and
// what came out (3.12). Records are never edited; a correction supersedes.
type Lineage struct {
	Head
	Outputs         []LineageOutput `json:"outputs"`
	Inputs          []LineageInput  `json:"inputs"`
	Op              string          `json:"op"`
	Substantive     bool            `json:"substantive"`
	OperatorID      string          `json:"operatorId"`
	PlatformID      string          `json:"platformId,omitempty"`
	PermitID        string          `json:"permitId,omitempty"` // of a fusion job
	Env             string          `json:"env"`
	EnvAttestation  string          `json:"envAttestation,omitempty"`
	CodeHash        string          `json:"codeHash,omitempty"`
	ParamsHash      string          `json:"paramsHash,omitempty"`
	StartedAt       UnixSec         `json:"startedAt"`
	FinishedAt      UnixSec         `json:"finishedAt"`
	NonRaw          bool            `json:"nonRaw,omitempty"`
	Inspection      *Evidence       `json:"inspection,omitempty"` // of the output, behind NonRaw
	DiffReport      *Evidence       `json:"diffReport,omitempty"`
	GradeReport     *Evidence       `json:"gradeReport,omitempty"` // a third party's, behind an output graded lower than its inputs
	AuditorID       string          `json:"auditorId,omitempty"`   // asked to countersign
	Supersedes      string          `json:"supersedes,omitempty"`
	AttestedBy      string          `json:"attestedBy,omitempty"`
	AttestationHash string          `json:"attestationHash,omitempty"`
	DisputedBy      string          `json:"disputedBy,omitempty"`
	DisputeHash     string          `json:"disputeHash,omitempty"`
	DecisionHash    string          `json:"decisionHash,omitempty"`
	Reason          string          `json:"reason,omitempty"`
	FirstAt         UnixSec         `json:"firstAt"` // when its outputs were first accounted for; a correction keeps it

	// What the closure below this record amounts to, worked out once when it is
	// made: records never change, so nobody walks the graph again.
	Depth       int64         `json:"depth"`                 // 1: its inputs have no lineage of their own
	MaxGrade    int64         `json:"maxGrade"`              // highest grade of its inputs, as they are graded
	Permissions []string      `json:"permissions,omitempty"` // that intermediate results still stand under
	Copies      []LineageCopy `json:"copies,omitempty"`      // bought copies in the closure
	GrantIDs    []string      `json:"grantIds,omitempty"`
	PublicID    []string      `json:"publicIds,omitempty"` // raw public resources in the closure
}

// LineageOutput is one result. ID is empty for what is made a record later,
// such as a product; ContentRoot then leads to it.
type LineageOutput struct {
	Type        string `json:"type"` // Resource, Product, Model, Result
	ID          string `json:"id,omitempty"`
	Version     int64  `json:"version,omitempty"`
	ContentRoot string `json:"contentRoot"`
	Grade       int64  `json:"grade"`
}

// LineageInput is one input with the permission it was used under.
type LineageInput struct {
	Type          string `json:"type"` // Resource, Product, Copy, Model, Result
	ID            string `json:"id"`
	Version       int64  `json:"version,omitempty"`
	ContentRoot   string `json:"contentRoot"`
	PermissionRef string `json:"permissionRef"` // right, copy, permit, grant
	LineageID     string `json:"lineageId,omitempty"`
}

// LineageCopy is a bought copy in a closure; Substantive tells whether a
// substantive step lies between it and the output.
type LineageCopy struct {
	CopyID      string `json:"copyId"`
	Substantive bool   `json:"substantive"`
}

// Permit lets somebody use data under meter (3.13).
type Permit struct {
	Head
	GrantorID    string    `json:"grantorId"`
	PermitteeID  string    `json:"permitteeId"`
	BasisType    string    `json:"basisType"` // BasisOwnRight, BasisTrade, BasisGrant, BasisSharing
	BasisID      string    `json:"basisId"`
	Scope        Scope     `json:"scope"`
	Units        []Amount  `json:"units"`
	Used         []Amount  `json:"used"`
	PlatformID   string    `json:"platformId"`
	EntrustedIDs []string  `json:"entrustedIds,omitempty"`
	OutputRule   string    `json:"outputRule"` // ResultsOnly, AggregatesMin, ModelOnly
	MinK         int64     `json:"minK,omitempty"`
	PurposeHash  string    `json:"purposeHash"`
	ScenarioID   string    `json:"scenarioId,omitempty"`
	Sharing      bool      `json:"sharing,omitempty"` // among departments, for a duty
	Duty         string    `json:"duty,omitempty"`
	Zone         string    `json:"zone,omitempty"`
	ValidFrom    UnixSec   `json:"validFrom"`
	ValidTo      UnixSec   `json:"validTo"`
	LastSeq      int64     `json:"lastSeq"`
	LastPeriodTo UnixSec   `json:"lastPeriodTo,omitempty"`
	Recent       []Recent  `json:"recent,omitempty"`         // what the last periods used, to tell a leap
	Outputs      []string  `json:"outputs,omitempty"`        // content roots metered, all accounted for at close-out
	LegalBasis   *Evidence `json:"legalBasis,omitempty"`     // for personal information
	Risk         *Evidence `json:"riskAssessment,omitempty"` // for important data
	Important    bool      `json:"important,omitempty"`      // needs the regulator's clearance
	ClearedBy    string    `json:"clearedBy,omitempty"`
	Disclosures  []string  `json:"disclosures,omitempty"` // encumbrances the permittee acknowledged
	RelatedParty bool      `json:"relatedParty,omitempty"`
	WipeEvidence *Evidence `json:"wipeEvidence,omitempty"`
	Reason       string    `json:"reason,omitempty"`
	Suspension
}

// Recent is what the last periods used of one unit, oldest first.
type Recent struct {
	Unit string  `json:"unit"`
	Qty  []int64 `json:"qty"`
}

// Amount is a quantity of a unit: Calls, Rows, CPUSec, GPUSec, GB, Runs, Models.
type Amount struct {
	Unit string `json:"unit"`
	Qty  int64  `json:"qty"`
}

// Meter is what was used in one period (3.13). One record a period, not a call.
type Meter struct {
	Head
	PermitID     string   `json:"permitId"`
	PlatformID   string   `json:"platformId"` // whose key signed it
	Seq          int64    `json:"seq"`
	PeriodFrom   UnixSec  `json:"periodFrom"`
	PeriodTo     UnixSec  `json:"periodTo"`
	Items        []Amount `json:"items"`
	JobRoot      string   `json:"jobRoot"`
	OutputHashes []string `json:"outputHashes,omitempty"`
	Adjusts      string   `json:"adjusts,omitempty"` // the record a correction is of
	Reason       string   `json:"reason,omitempty"`
}

// Grant authorises the operation of public data (3.14).
type Grant struct {
	Head
	Tier              string           `json:"tier"` // GrantL1, GrantL2
	ParentGrantID     string           `json:"parentGrantId,omitempty"`
	AuthoriserID      string           `json:"authoriserId"`
	GranteeID         string           `json:"granteeId"`
	ImplementingID    string           `json:"implementingId"` // the implementing body at the top
	RegionCode        string           `json:"regionCode"`
	Mode              string           `json:"mode"` // Whole, Domain, Scenario
	ScenarioIDs       []string         `json:"scenarioIds,omitempty"`
	Resources         []GrantResource  `json:"resources"`
	Scope             Scope            `json:"scope"`
	Allocated         []Amount         `json:"allocated,omitempty"` // quota given on to live children
	PlanHash          string           `json:"planHash"`
	DecisionRef       string           `json:"decisionRef"`
	AgreementHash     string           `json:"agreementHash"`
	Selection         string           `json:"selection"`
	SelectionEvidence *Evidence        `json:"selectionEvidence,omitempty"`
	FeeRule           FeeRule          `json:"feeRule"`
	RevenueShares     []SettlementLine `json:"revenueShares,omitempty"`
	ValidFrom         UnixSec          `json:"validFrom"`
	ValidTo           UnixSec          `json:"validTo"`
	SecurityDuties    string           `json:"securityDuties,omitempty"`
	DisclosureDueOn   string           `json:"disclosureDueOn,omitempty"`
	NoticeText        string           `json:"noticeText,omitempty"`
	NoticeEndsAt      UnixSec          `json:"noticeEndsAt,omitempty"`
	Objections        []GrantObjection `json:"objections,omitempty"`
	Signatures        []Signature      `json:"signatures,omitempty"`
	Amendment         *GrantAmendment  `json:"amendment,omitempty"` // proposed, not yet signed by both
	ChildIDs          []string         `json:"childIds,omitempty"`  // live second-level grants
	AdmissionID       string           `json:"admissionId,omitempty"`
	RelatedParty      bool             `json:"relatedParty,omitempty"`
	EffectiveAt       UnixSec          `json:"effectiveAt,omitempty"`
	EndedAt           UnixSec          `json:"endedAt,omitempty"`
	Reason            string           `json:"reason,omitempty"`
	BreachEvidence    *Evidence        `json:"breachEvidence,omitempty"`
	ExitEvidence      *Evidence        `json:"exitEvidence,omitempty"`
	Suspension
}

// GrantObjection is raised against a grant in its notice; an open one keeps it
// from being signed.
type GrantObjection struct {
	No           int64   `json:"no"`
	ByID         string  `json:"byId"`
	ReasonHash   string  `json:"reasonHash"`
	At           UnixSec `json:"at"`
	Outcome      string  `json:"outcome,omitempty"` // Upheld, Dismissed; empty while open
	DecisionHash string  `json:"decisionHash,omitempty"`
	DecidedAt    UnixSec `json:"decidedAt,omitempty"`
}

// GrantResource is one resource under a grant.
type GrantResource struct {
	ResourceID    string `json:"resourceId"`
	PublicRegCode string `json:"publicRegCode"`
	SourceUnitID  string `json:"sourceUnitId"`
	Grade         int64  `json:"grade"`
}

// FeeRule says what may be asked for products under a grant.
type FeeRule struct {
	UseClass   string `json:"useClass"` // PublicBenefit, Industry
	CeilingFen int64  `json:"ceilingFen,omitempty"`
	Unit       string `json:"unit,omitempty"`
}

// GrantAmendment is a change both sides must sign.
type GrantAmendment struct {
	TermsHash string          `json:"termsHash"`
	Scope     *Scope          `json:"scope,omitempty"`
	Resources []GrantResource `json:"resources,omitempty"`
	FeeRule   *FeeRule        `json:"feeRule,omitempty"`
	Signature Signature       `json:"signature"` // of whoever proposed it
}

// Admission lets a developer take part in authorised operation (GR-7).
type Admission struct {
	Head
	DeveloperID  string    `json:"developerId"`
	AuthoriserID string    `json:"authoriserId"` // operating or implementing body that admitted it
	Rule         string    `json:"rule"`
	Evidence     *Evidence `json:"evidence"`
	ValidFrom    UnixSec   `json:"validFrom"`
	ValidTo      UnixSec   `json:"validTo"`
	ExitDueAt    UnixSec   `json:"exitDueAt,omitempty"` // by when everything is closed, returned or wiped
	RelatedParty bool      `json:"relatedParty,omitempty"`
	Checklist    []string  `json:"checklist,omitempty"`
	Reason       string    `json:"reason,omitempty"`
}

// Disclosure is the yearly report on a grant, due by 31 March.
type Disclosure struct {
	Head
	GrantID   string           `json:"grantId"`
	GranteeID string           `json:"granteeId"`
	Year      int64            `json:"year"`
	Items     []DisclosureItem `json:"items"`
	DocHash   string           `json:"docHash"`
	FiledAt   UnixSec          `json:"filedAt"`
	DueAt     UnixSec          `json:"dueAt"`
	Late      bool             `json:"late,omitempty"`
}

// DisclosureItem is one disclosed figure or statement.
type DisclosureItem struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// Custody is the hosting of somebody's data; it confers no right (RT-6).
type Custody struct {
	Head
	CustodianID   string      `json:"custodianId"`
	OwnerID       string      `json:"ownerId"`
	ResourceID    string      `json:"resourceId"`
	AgreementHash string      `json:"agreementHash"`
	DomainID      string      `json:"domainId"`
	ValidFrom     UnixSec     `json:"validFrom"`
	ValidTo       UnixSec     `json:"validTo"`
	Signatures    []Signature `json:"signatures,omitempty"`
	Destruction   *Evidence   `json:"destruction,omitempty"`
	Reason        string      `json:"reason,omitempty"`
}

// CatalogueEntry publishes a resource, product or granted resource (3.21).
type CatalogueEntry struct {
	Head
	Kind          string `json:"kind"` // Data, Product, Grant
	ObjectID      string `json:"objectId"`
	ObjectName    string `json:"objectName"`
	PublisherID   string `json:"publisherId"`
	ResponsibleID string `json:"responsibleId"`
	Grade         int64  `json:"grade"`
	GrantID       string `json:"grantId,omitempty"`
	PublicRegCode string `json:"publicRegCode,omitempty"`
	RegionCode    string `json:"regionCode"`
	IndustryCode  string `json:"industryCode,omitempty"`
	Ver           int64  `json:"ver"`
	Reason        string `json:"reason,omitempty"`
}

package rights

// Kind is the prefix of a record's id and the first part of its key.
type Kind string

// The kinds of records.
const (
	KindOrganisation Kind = "OG" // key: MSP id
	KindProfile      Kind = "RP" // key: CODE@ver
	KindCalendar     Kind = "WC" // key: YEAR@ver
	KindParticipant  Kind = "PT" // key: USCC
	KindResource     Kind = "DR"
	KindCase         Kind = "RG"
	KindObjection    Kind = "OB"
	KindRight        Kind = "RT"
	KindRestraints   Kind = "RR" // key: right id
	KindCertificate  Kind = "CT" // key: certificate number
	KindReceipt      Kind = "CM" // key: participant id, command id

	KindProduct     Kind = "DP"
	KindListing     Kind = "LS"
	KindTrade       Kind = "TR"
	KindDelivery    Kind = "DL"
	KindCopy        Kind = "CP"
	KindSettlement  Kind = "ST"
	KindDispute     Kind = "DS"
	KindDemand      Kind = "DM"
	KindRecognition Kind = "MR"

	KindLineage    Kind = "LN"
	KindPermit     Kind = "UP"
	KindMeter      Kind = "MT"
	KindGrant      Kind = "GR"
	KindAdmission  Kind = "AD"
	KindDisclosure Kind = "DI"
	KindCustody    Kind = "CU"
	KindCatalogue  Kind = "CE"

	KindEvaluation Kind = "EV"
	KindAccounting Kind = "AR"
	KindPledge     Kind = "PL"
	KindGuarantee  Kind = "GU"

	KindMeasure       Kind = "SM"
	KindAlert         Kind = "AL"
	KindEvidence      Kind = "EI"
	KindIndicator     Kind = "IN" // key: CODE@ver
	KindSnapshot      Kind = "IS"
	KindScenario      Kind = "SC"
	KindPolicy        Kind = "PD"
	KindSupport       Kind = "SR"
	KindMaturity      Kind = "MA"
	KindMarketEvent   Kind = "ME"
	KindCryptoProfile Kind = "CR" // key: CRYPTO@ver
	KindCodeTable     Kind = "TB" // key: NAME@ver
)

// The pointers: not records of their own but the way from what is unique to the
// record that holds it, so that no write path ever reads a range.
const (
	PointerProfile  Kind = "xRP" // profile code → its versions
	PointerCalendar Kind = "xWC" // year → newest version
	PointerTag      Kind = "xTG" // MatchTag → resources that carry it, each with who holds it or a right over it
	PointerHeld     Kind = "xHD" // object, holder → newest right of each kind
	PointerOpen     Kind = "xOP" // object, applicant, type → newest case of each right kind
	PointerKey      Kind = "xKY" // public key fingerprint → participant
	PointerReceived Kind = "xTH" // MatchTag, recipient → copies it received with that tag, as sent or as the version behind
	PointerRelying  Kind = "xRL" // record, shard → what in being relies on it
	PointerHoldings Kind = "xHO" // holder, shard → its certificates in being
	PointerVersion  Kind = "xVR" // name of what is versioned → newest version
	PointerUnique   Kind = "xUQ" // anything that may be there once → the record that is it
)

// SchemaVersion is the version of the JSON shape of every record below.
const SchemaVersion = 1

// Head is common to every record (3.0.9 of the rules). Times are UnixSec of
// the transaction; CreatedBy and UpdatedBy are key ids, so the record keeps
// which key signed what.
type Head struct {
	DocType        string  `json:"docType"`
	ID             string  `json:"id"`
	SchemaVersion  int     `json:"schemaVersion"`
	Version        int64   `json:"version"` // grows by exactly 1 (G-1)
	State          State   `json:"state,omitempty"`
	RuleProfileVer string  `json:"ruleProfileVer,omitempty"` // G-15, e.g. DRWG@1
	CreatedAt      UnixSec `json:"createdAt"`
	CreatedBy      string  `json:"createdBy"`
	UpdatedAt      UnixSec `json:"updatedAt"`
	UpdatedBy      string  `json:"updatedBy"`
	LastTxID       string  `json:"lastTxId"`
}

func (h *Head) head() *Head { return h }

// Record is anything with the common head.
type Record interface{ head() *Head }

// HeadOf gives readers outside the domain a record's head.
func HeadOf(r Record) *Head { return r.head() }

// Organisation is a member of the consortium as founded: which Fabric MSP
// carries which office.
type Organisation struct {
	Head
	MSPID    string   `json:"mspId"`
	Name     string   `json:"name"`
	NameZh   string   `json:"nameZh"`
	Function Function `json:"function"`
}

// Function is the office of an organisation in the consortium.
type Function string

// The functions.
const (
	FunctionRegistration Function = "registration"
	FunctionTrading      Function = "trading"
	FunctionSupervision  Function = "supervision"
	FunctionFinance      Function = "finance"
)

// RuleProfile holds the numbers of the law as the regulator published them.
// A record keeps the version under which it began.
type RuleProfile struct {
	Head
	Code    string   `json:"code"` // DRWG, PUBLIC, LOCAL
	Ver     int64    `json:"ver"`
	Params  []Param  `json:"params"` // sorted by key
	From    UnixSec  `json:"from"`
	DocRefs []string `json:"docRefs,omitempty"`
	Note    string   `json:"note,omitempty"`
}

// Param is one number of a profile.
type Param struct {
	Key string `json:"key"`
	Int int64  `json:"int"`
}

// WorkCalendar says which days of a year depart from Monday-to-Friday.
type WorkCalendar struct {
	Head
	Year         int64    `json:"year"`
	Ver          int64    `json:"ver"`
	NonWorking   []string `json:"nonWorking"`
	ExtraWorking []string `json:"extraWorking"`
	DocRef       string   `json:"docRef,omitempty"`
}

// Participant is an organisation (or, under a pseudonymous id, a person) known
// to the ledger (3.1).
type Participant struct {
	Head
	USCC            string          `json:"uscc"`
	Name            string          `json:"name"`
	OrgType         string          `json:"orgType"`
	Roles           []Role          `json:"roles"`
	VendorTypes     []string        `json:"vendorTypes,omitempty"`
	ServiceTypes    []string        `json:"serviceTypes,omitempty"`
	RegionCode      string          `json:"regionCode"`
	FuncZone        string          `json:"funcZone,omitempty"`
	IndustryCode    string          `json:"industryCode,omitempty"`
	Origin          string          `json:"origin,omitempty"`
	SettledOn       string          `json:"settledOn,omitempty"`
	GroupID         string          `json:"groupId,omitempty"`
	Qualifications  []Qualification `json:"qualifications,omitempty"`
	MSPID           string          `json:"mspId,omitempty"` // set for institutions that run a node
	Registrar       *RegistrarCode  `json:"registrar,omitempty"`
	RegulatorDomain string          `json:"regulatorDomain,omitempty"`
	Keys            []Key           `json:"keys"`
	MeasureRef      string          `json:"measureRef,omitempty"`
	MeasureBy       string          `json:"measureBy,omitempty"` // who took it, and alone lifts it
	Reason          string          `json:"reason,omitempty"`
	Warnings        []string        `json:"warnings,omitempty"`
	CreditFlags     []string        `json:"creditFlags,omitempty"` // DishonestExecutee, TaxViolation, SeriousBreach
	Tags            []string        `json:"tags,omitempty"`        // TagDataElementEnterprise, TagChainLeader: the regulator's
	HasCDO          bool            `json:"hasCdo,omitempty"`      // has a chief data officer
	Maturity        []MaturityLevel `json:"maturity,omitempty"`    // newest of each model
	Restrictions    []Restriction   `json:"restrictions,omitempty"`
	ExpelledFrom    State           `json:"expelledFrom,omitempty"` // to be in again should the expulsion fall
}

// Restriction keeps a participant from new business until its measure ends.
type Restriction struct {
	RefID string  `json:"refId"`
	ByID  string  `json:"byId"`
	To    UnixSec `json:"to,omitempty"` // 0: until lifted
}

// MaturityLevel is a level that a maturity record gave.
type MaturityLevel struct {
	Model string `json:"model"`
	Level int64  `json:"level"`
	To    string `json:"to"`
	RefID string `json:"refId"`
}

// Qualification is a licence of a third-party service. P-4: expired, it no
// longer counts.
type Qualification struct {
	Type         string `json:"type"`
	No           string `json:"no"`
	From         string `json:"from"`
	To           string `json:"to"`
	EvidenceHash string `json:"evidenceHash"`
}

// RegistrarCode is what a registrar's certificate numbers begin with: SJ, two
// digits of its region, one digit of its own (DRWG annex 6).
type RegistrarCode struct {
	Region string `json:"region"`
	Digit  string `json:"digit"`
}

// Key is one SM2 key of a participant. Numbers start at 1 and are never used
// again.
type Key struct {
	No          int      `json:"no"`
	PublicKey   string   `json:"publicKey"` // base64 DER SubjectPublicKeyInfo
	Fingerprint string   `json:"fingerprint"`
	State       State    `json:"state"` // KeyActive, KeyRetired, KeyRevoked
	From        UnixSec  `json:"from"`
	To          UnixSec  `json:"to,omitempty"`
	Officer     *Officer `json:"officer,omitempty"` // institutions only
	By          string   `json:"by"`
}

// The states of a key. Retired keys were rotated away in good order, revoked
// ones may be in wrong hands; neither signs anything again.
const (
	KeyActive  State = "KeyActive"
	KeyRetired State = "KeyRetired"
	KeyRevoked State = "KeyRevoked"
)

// Officer is the office a key of an institution stands for. It names a post,
// never a person.
type Officer struct {
	Post   string `json:"post"`
	Duties []Role `json:"duties"` // ⊆ the institution's roles
}

// Resource is a catalogued data resource (3.2). No data and no sample is here.
type Resource struct {
	Head
	Name             string            `json:"name"`
	Overview         string            `json:"overview"`
	HolderID         string            `json:"holderId"` // who holds it; not yet a registered right
	SubjectClass     string            `json:"subjectClass"`
	SourceType       string            `json:"sourceType"`
	SourceUnitID     string            `json:"sourceUnitId,omitempty"`
	PublicKind       string            `json:"publicKind,omitempty"`
	IndustryCode     string            `json:"industryCode"`
	RegionCode       string            `json:"regionCode"`
	RegionRange      string            `json:"regionRange"`
	TimeFrom         string            `json:"timeFrom"`
	TimeTo           string            `json:"timeTo"`
	UpdateFreq       string            `json:"updateFreq"`
	RecordCount      int64             `json:"recordCount"`
	SizeBytes        int64             `json:"sizeBytes"`
	DataForm         string            `json:"dataForm"`
	Structure        string            `json:"structure"`
	Category         string            `json:"category,omitempty"`
	Level            string            `json:"level"`
	Grade            int64             `json:"grade"`
	GradeReport      Evidence          `json:"gradeReport"`
	PI               string            `json:"pi"`
	DomainID         string            `json:"domainId,omitempty"`
	CustodianID      string            `json:"custodianId,omitempty"`
	CustodyAgreement string            `json:"custodyAgreement,omitempty"`
	PublicRegCode    string            `json:"publicRegCode,omitempty"`
	PublicRegValidTo UnixSec           `json:"publicRegValidTo,omitempty"` // of a code issued here (RG-7)
	Limits           *Limits           `json:"limits,omitempty"`
	Versions         []ResourceVersion `json:"versions"`
	MeasureRef       string            `json:"measureRef,omitempty"`
	MeasureBy        string            `json:"measureBy,omitempty"` // who took it, and alone lifts it
	Destruction      []Evidence        `json:"destruction,omitempty"`
	HighQuality      *HighQuality      `json:"highQuality,omitempty"`
	Suspension
}

// ResourceVersion binds one state of the content. ContentRoot is salted and
// binds; MatchTag is keyed by the platform and only ever tells equality.
type ResourceVersion struct {
	No             int64           `json:"no"`
	ContentRoot    string          `json:"contentRoot"`
	MatchTag       string          `json:"matchTag,omitempty"`
	TagEpoch       int64           `json:"tagEpoch,omitempty"`
	TagAttestation *TagAttestation `json:"tagAttestation,omitempty"`
	SchemaHash     string          `json:"schemaHash,omitempty"`
	RecordCount    int64           `json:"recordCount"`
	SizeBytes      int64           `json:"sizeBytes"`
	At             UnixSec         `json:"at"`
	SourceNote     string          `json:"sourceNote,omitempty"`
	LineageID      string          `json:"lineageId,omitempty"` // of the processing that made it
}

// TagAttestation is the platform's word that it keyed the tag itself, and that
// it keeps the similarity sketch of that hash: an SM2 signature by Kid over
// TagStatement.
type TagAttestation struct {
	Kid        string `json:"kid"`
	Signature  string `json:"signature"`            // base64url r‖s
	SketchHash string `json:"sketchHash,omitempty"` // of the keyed sketch, which is not on the ledger
}

// Sketch is the hash of the version's sketch, empty when it has none.
func (t *TagAttestation) Sketch() string {
	if t == nil {
		return ""
	}
	return t.SketchHash
}

// Limits is the form item 限制范围.
type Limits struct {
	ResaleAllowed      bool   `json:"resaleAllowed"`
	ExportAllowed      bool   `json:"exportAllowed"`
	BuyerType          string `json:"buyerType,omitempty"`
	BuyerQualification string `json:"buyerQualification,omitempty"`
	Environment        string `json:"environment,omitempty"`
	Territory          string `json:"territory,omitempty"`
}

// Case is a registration case (3.3): the application, and what was done with it.
type Case struct {
	Head
	RegType       string       `json:"regType"`
	Profile       string       `json:"profile"`
	ApplicantIDs  []string     `json:"applicantIds"`
	AgentID       string       `json:"agentId,omitempty"`
	RegistrarID   string       `json:"registrarId"`
	ObjectType    string       `json:"objectType"`
	ObjectID      string       `json:"objectId"`
	ObjectVersion int64        `json:"objectVersion"`
	ObjectName    string       `json:"objectName"`
	RightKinds    []RightKind  `json:"rightKinds"`
	SourceType    string       `json:"sourceType"`
	Basis         []Basis      `json:"basis"`
	Limits        *Limits      `json:"limits,omitempty"`
	Allocation    []Allocation `json:"allocationNote,omitempty"`
	// Of the types after the first (2.6): what they are about and what they change.
	TargetRightIDs  []string          `json:"targetRightIds,omitempty"`
	TargetCertNo    string            `json:"targetCertNo,omitempty"`
	CounterpartyID  string            `json:"counterpartyId,omitempty"` // transferee or licensee
	RelatedParty    bool              `json:"relatedParty,omitempty"`   // both sides belong to one group (SD-5)
	Countersigned   *Signature        `json:"countersigned,omitempty"`
	TermsHash       string            `json:"termsHash,omitempty"`   // both sides sign it
	Disclosures     []EncumbranceType `json:"disclosures,omitempty"` // acknowledged by a licensee
	Changes         *Changes          `json:"changes,omitempty"`
	CancelReason    string            `json:"cancelReason,omitempty"`
	JudgmentHash    string            `json:"judgmentHash,omitempty"`
	ExecutionOf     string            `json:"executionOf,omitempty"` // objection, dispute, measure or pledge it carries out
	Consents        []Signature       `json:"consents,omitempty"`    // of licensees, pledgees, joint holders
	OwnMotion       bool              `json:"ownMotion,omitempty"`   // by the registrar or regulator; applicantIds names the holder
	Licence         *LicenceTerms     `json:"licence,omitempty"`
	PendingUntil    UnixSec           `json:"pendingUntil,omitempty"` // RT-9: how long a renewal keeps its rights
	PublicRegCode   string            `json:"publicRegCode,omitempty"`
	Papers          []Evidence        `json:"evidence"`
	SubmittedAt     UnixSec           `json:"submittedAt"`
	AcceptDueAt     UnixSec           `json:"acceptDueAt"`
	CorrectionDueAt UnixSec           `json:"correctionDueAt,omitempty"`
	CorrectionList  []string          `json:"correctionList,omitempty"`
	AcceptedAt      UnixSec           `json:"acceptedAt,omitempty"`
	AcceptDeemed    bool              `json:"acceptDeemed,omitempty"`
	ReviewDueAt     UnixSec           `json:"reviewDueAt,omitempty"`
	ReviewExtended  bool              `json:"reviewExtended,omitempty"`
	PausedAt        UnixSec           `json:"pausedAt,omitempty"`
	PausedDays      int64             `json:"pausedDays,omitempty"`
	Findings        *Findings         `json:"findings,omitempty"`
	NoticeExempt    *Exemption        `json:"noticeExempt,omitempty"`
	NoticeText      string            `json:"noticeText,omitempty"`
	NoticeStartAt   UnixSec           `json:"noticeStartAt,omitempty"`
	NoticeEndsAt    UnixSec           `json:"noticeEndsAt,omitempty"`
	ObjectionIDs    []string          `json:"objectionIds,omitempty"`
	OpenObjections  int64             `json:"openObjections,omitempty"`
	DuplicateReview *DupReview        `json:"duplicateReview,omitempty"`
	DuplicateOf     []string          `json:"duplicateOf,omitempty"` // resources with the same MatchTag, other holders
	RejectGround    string            `json:"rejectGround,omitempty"`
	ReasonHash      string            `json:"reasonHash,omitempty"`
	Reason          string            `json:"reason,omitempty"`
	HeldFrom        State             `json:"heldFrom,omitempty"`
	HeldAt          UnixSec           `json:"heldAt,omitempty"`
	MeasureRef      string            `json:"measureRef,omitempty"`
	MeasureBy       string            `json:"measureBy,omitempty"` // who took it, and alone lifts it
	Late            []Lateness        `json:"late,omitempty"`
	NationalRef     *NationalRef      `json:"nationalRef,omitempty"`
	ResultRightIDs  []string          `json:"resultRightIds,omitempty"`
	ResultCertNo    string            `json:"resultCertNo,omitempty"`
	EndedAt         UnixSec           `json:"endedAt,omitempty"`
}

// Basis is what a right rests on. To is the end of an agreement outside the
// ledger; 0 means the basis itself sets no end.
type Basis struct {
	Type         string  `json:"type"`
	RefID        string  `json:"refId,omitempty"`
	EvidenceHash string  `json:"evidenceHash,omitempty"`
	To           UnixSec `json:"to,omitempty"`
	Survives     bool    `json:"survives,omitempty"` // DerivedSurvives: the end of the basis's term ends nothing
}

// Changes are the new values of a change or correction; empty fields stay.
type Changes struct {
	ObjectName  string  `json:"objectName,omitempty"`
	HolderName  string  `json:"holderName,omitempty"`
	Overview    string  `json:"overview,omitempty"`
	RegionRange string  `json:"regionRange,omitempty"`
	TimeFrom    string  `json:"timeFrom,omitempty"`
	TimeTo      string  `json:"timeTo,omitempty"`
	UpdateFreq  string  `json:"updateFreq,omitempty"`
	Limits      *Limits `json:"limits,omitempty"`
	Note        string  `json:"note,omitempty"`
	Substantial bool    `json:"substantial,omitempty"` // the description changes in substance: notice is needed
}

// LicenceTerms are what a licence registration gives (local profile).
type LicenceTerms struct {
	Scope     Scope   `json:"scope"`
	ValidFrom UnixSec `json:"validFrom"`
	ValidTo   UnixSec `json:"validTo"`
	Exclusive bool    `json:"exclusive,omitempty"`
	SoleUse   bool    `json:"soleUse,omitempty"` // not even the licensor uses it
}

// Allocation gives one right to one holder for a term, with conditions.
type Allocation struct {
	HolderID    string    `json:"holderId"`
	Kind        RightKind `json:"kind"`
	To          UnixSec   `json:"to,omitempty"` // 0: as long as the profile allows
	Restriction string    `json:"restriction,omitempty"`
}

// Findings are the reviewer's three answers (DRWG 18-21); nil is not answered.
type Findings struct {
	Description *Finding `json:"description,omitempty"`
	Source      *Finding `json:"source,omitempty"`
	Rights      *Finding `json:"rights,omitempty"`
}

// Finding is one answer with the hash of the reviewer's note.
type Finding struct {
	Positive bool   `json:"positive"`
	NoteHash string `json:"noteHash,omitempty"`
}

// Exemption from public notice, on the applicant's reasoned request.
type Exemption struct {
	Exempt bool   `json:"exempt"`
	Reason string `json:"reason"`
}

// DupReview is the registrar's statement why equal content is registered again.
type DupReview struct {
	Ground   string   `json:"ground"` // DupIndependent, DupLicensed, DupJoint, DupPublic
	Links    []string `json:"links,omitempty"`
	NoteHash string   `json:"noteHash,omitempty"`
}

// Lateness marks an act of the registrar that came after its due instant. It
// is never held against the applicant.
type Lateness struct {
	Event string  `json:"event"`
	DueAt UnixSec `json:"dueAt"`
	At    UnixSec `json:"at"`
}

// NationalRef holds the numbers of the national registration service system.
type NationalRef struct {
	EvidenceNo string `json:"evidenceNo,omitempty"`
	NoticeNo   string `json:"noticeNo,omitempty"`
}

// Objection to a case in public notice (DRWG 25), or to a registered right
// (DRWG 29).
type Objection struct {
	Head
	Stage          string   `json:"stage"`            // InNotice, PostRegistration
	CaseID         string   `json:"caseId,omitempty"` // InNotice
	RightIDs       []string `json:"rightIds,omitempty"`
	CertNo         string   `json:"certNo,omitempty"`
	HolderID       string   `json:"holderId,omitempty"`
	RegistrarID    string   `json:"registrarId,omitempty"`
	ObjectorID     string   `json:"objectorId,omitempty"`
	OutsiderHash   string   `json:"outsiderHash,omitempty"`
	ReasonHash     string   `json:"reasonHash"`
	Reason         string   `json:"reason,omitempty"`
	MaterialHashes []string `json:"materialHashes"`
	FiledAt        UnixSec  `json:"filedAt"`
	DueAt          UnixSec  `json:"dueAt"`
	DecidedAt      UnixSec  `json:"decidedAt,omitempty"`
	ConclusionHash string   `json:"conclusionHash,omitempty"`
	Late           bool     `json:"late,omitempty"`

	// After registration (2.11).
	CompleteAt          UnixSec  `json:"completeAt,omitempty"`
	NotifyDueAt         UnixSec  `json:"notifyDueAt,omitempty"`
	NotifiedAt          UnixSec  `json:"notifiedAt,omitempty"`
	IncompleteList      []string `json:"incompleteList,omitempty"`
	HolderStatementHash string   `json:"holderStatementHash,omitempty"`
	Outcome             string   `json:"outcome,omitempty"` // Change, Cancel, Dismissed
	ConcludedAt         UnixSec  `json:"concludedAt,omitempty"`
	SuitDueAt           UnixSec  `json:"suitDueAt,omitempty"`
	AcceptedBy          []string `json:"acceptedBy,omitempty"`
	ForumRef            string   `json:"forumRef,omitempty"`
	JudgmentHash        string   `json:"judgmentHash,omitempty"`
	ExecutionCaseID     string   `json:"executionCaseId,omitempty"`
}

// Right is one right of one holder over one object (3.4).
type Right struct {
	Head
	Kind              RightKind     `json:"kind"`
	ObjectType        string        `json:"objectType"`
	ObjectID          string        `json:"objectId"`
	ObjectName        string        `json:"objectName"`
	ObjectVersionFrom int64         `json:"objectVersionFrom"`
	HolderID          string        `json:"holderId"`
	Basis             []Basis       `json:"basis"`
	Limits            *Limits       `json:"limits,omitempty"`
	Scope             *Scope        `json:"scope,omitempty"` // nil: all that the kind carries
	ValidFrom         UnixSec       `json:"validFrom"`
	ValidTo           UnixSec       `json:"validTo"`               // half-open
	RenewedFrom       UnixSec       `json:"renewedFrom,omitempty"` // the end before the last renewal
	Restriction       string        `json:"restriction,omitempty"`
	Remarks           []Remark      `json:"remarks,omitempty"`
	Encumbrances      []Encumbrance `json:"encumbrances,omitempty"`
	CertNo            string        `json:"certNo"`
	CaseID            string        `json:"caseId"`
	RegistrarID       string        `json:"registrarId"`
	MeasureRef        string        `json:"measureRef,omitempty"`
	MeasureBy         string        `json:"measureBy,omitempty"`   // who took it, and alone lifts it
	PrevRightID       string        `json:"prevRightId,omitempty"` // transfer chain
	NextRightID       string        `json:"nextRightId,omitempty"`
	CorrectionNote    string        `json:"correctionNote,omitempty"`
	CancelReason      string        `json:"cancelReason,omitempty"`
}

// Restraints are the encumbrances on a right that come from outside it:
// freezes, disputes and objections. They lie beside the right, under a key of
// their own, because a pledged right's key moves only with the pledgee's
// endorsement, and no bank may stand in the way of a freeze. Pledges and
// exclusive licences are on the right itself.
type Restraints struct {
	Head
	RightID      string        `json:"rightId"`
	Encumbrances []Encumbrance `json:"encumbrances"`
}

// Suspension is what measures and offices did to a record that has a state
// Suspended: it is free only when all of them are gone (SM-2).
type Suspension struct {
	SuspendedBy   []SuspendedBy `json:"suspendedBy,omitempty"`
	SuspendedFrom State         `json:"suspendedFrom,omitempty"`
}

// SuspendedBy is one reason for a suspension: a measure, or an office's own act
// under a reference.
type SuspendedBy struct {
	RefID string `json:"refId"`
	ByID  string `json:"byId"`
}

// Remark is a restriction written on a right (DRWG 23).
type Remark struct {
	Type  string  `json:"type"`
	Text  string  `json:"text"`
	RefID string  `json:"refId,omitempty"`
	From  UnixSec `json:"from,omitempty"`
	To    UnixSec `json:"to,omitempty"`
}

// Encumbrance blocks what the encumbrance matrix says it blocks.
type Encumbrance struct {
	Type  EncumbranceType `json:"type"`
	RefID string          `json:"refId"`
	From  UnixSec         `json:"from"`
	To    UnixSec         `json:"to,omitempty"`
	ByID  string          `json:"byId"`
	Note  string          `json:"note,omitempty"`
	Use   bool            `json:"use,omitempty"`   // a freeze or sole licence that stops the holder's own use too
	Scope *Scope          `json:"scope,omitempty"` // of an exclusive licence
	Rank  int64           `json:"rank,omitempty"`  // of a pledge
}

// Certificate is the registration certificate (2.12). Its block and
// transaction are completed by readers after commit.
type Certificate struct {
	Head
	CertNo       string             `json:"certNo"`
	HolderID     string             `json:"holderId"`
	HolderName   string             `json:"holderName"`
	HolderType   string             `json:"holderType"`
	ObjectType   string             `json:"objectType"`
	ObjectID     string             `json:"objectId"`
	DataName     string             `json:"dataName"`
	Overview     string             `json:"overview"`
	IndustryCode string             `json:"industryCode"`
	SourceType   string             `json:"sourceType"`
	RegionRange  string             `json:"regionRange"`
	TimeFrom     string             `json:"timeFrom"`
	TimeTo       string             `json:"timeTo"`
	UpdateFreq   string             `json:"updateFreq"`
	Volume       int64              `json:"volume"` // records
	DataForm     string             `json:"dataForm"`
	Limits       *Limits            `json:"limits,omitempty"`
	Rights       []CertificateRight `json:"rights"`
	Remarks      []Remark           `json:"remarks,omitempty"`
	RegistrarID  string             `json:"registrarId"`
	CaseID       string             `json:"caseId"`
	IssuedAt     UnixSec            `json:"issuedAt"`
	ValidFrom    UnixSec            `json:"validFrom"`
	ValidTo      UnixSec            `json:"validTo"`
	EvidenceRoot string             `json:"evidenceRoot"` // RFC 6962 tree with SM3 over the case's file hashes
	ContentRoot  string             `json:"contentRoot"`
	NationalRef  *NationalRef       `json:"nationalRef,omitempty"`
	DemoProfile  bool               `json:"demoProfile,omitempty"` // legal periods were shortened: not a real certificate
}

// CertificateRight is one right as the certificate states it.
type CertificateRight struct {
	RightID     string    `json:"rightId"`
	Kind        RightKind `json:"kind"`
	HolderID    string    `json:"holderId"`
	ValidFrom   UnixSec   `json:"validFrom"`
	ValidTo     UnixSec   `json:"validTo"`
	Restriction string    `json:"restriction,omitempty"`
}

// ReceiptID is the key of a command's receipt. It holds the participant's id, so
// that nobody uses up the id of a command that is still on somebody else's way.
func ReceiptID(participantID, commandID string) string { return pair(participantID, commandID) }

// Receipt is what the ledger remembers of a command: it makes the command
// idempotent and answers it again.
type Receipt struct {
	DocType       string  `json:"docType"`
	SchemaVersion int     `json:"schemaVersion"`
	ID            string  `json:"id"` // command id
	Command       string  `json:"command"`
	Kid           string  `json:"kid"`
	MSPID         string  `json:"mspId"`  // organisation whose gateway submitted
	Digest        string  `json:"digest"` // sm3 of the command's bytes
	TxID          string  `json:"txId"`
	At            UnixSec `json:"at"`
	Result        Result  `json:"result"`
}

// Result is what a command answers: the records it wrote, in order.
type Result struct {
	Records []RecordRef `json:"records"`
}

// RecordRef names one record as a command left it.
type RecordRef struct {
	Kind    Kind   `json:"kind"`
	ID      string `json:"id"`
	State   State  `json:"state,omitempty"`
	Version int64  `json:"version"`
}

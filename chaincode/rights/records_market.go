package rights

// Records of the market: products, listings, trades, deliveries, copies,
// settlements, disputes, demands (3.6 to 3.11, 3.21, 3.22). Amounts and terms
// are not in them: those lie in the collection of trade terms, each known here
// by its salted commitment.

// Product is a data product or service (3.6).
type Product struct {
	Head
	Name              string           `json:"name"`
	Overview          string           `json:"overview"`
	OwnerID           string           `json:"ownerId"`
	ProductType       string           `json:"productType"`
	ServiceType       string           `json:"serviceType,omitempty"`   // LS-10: the type under which a service or tool is offered
	RecognitionID     string           `json:"recognitionId,omitempty"` // MR-2: in place of inputs and their permissions
	Inputs            []ProductInput   `json:"inputs"`
	Versions          []ProductVersion `json:"versions"`
	Grade             int64            `json:"grade"`
	Level             string           `json:"level"`
	GradeReport       *Evidence        `json:"gradeReport,omitempty"`
	PI                string           `json:"pi"`
	SubjectClass      string           `json:"subjectClass"`
	IndustryCode      string           `json:"industryCode"`
	RegionCode        string           `json:"regionCode"`
	RegionRange       string           `json:"regionRange"`
	ScenarioIDs       []string         `json:"scenarioIds,omitempty"`
	PublicData        *PublicData      `json:"publicData,omitempty"`
	Limits            *Limits          `json:"limits,omitempty"`
	DefaultPermission *Permission      `json:"defaultPermission,omitempty"`
	ComplianceOpinion *Evidence        `json:"complianceOpinion,omitempty"`
	HighQuality       *HighQuality     `json:"highQuality,omitempty"`
	ReturnReason      string           `json:"returnReason,omitempty"`
	Reason            string           `json:"reason,omitempty"`
	Suspension
}

// ProductInput is one direct input of a product: what it is made of, and the
// right, licence, copy or permit that allows the making.
type ProductInput struct {
	ObjectType    string `json:"objectType"` // Resource, Product
	ObjectID      string `json:"objectId"`
	Version       int64  `json:"version"`
	PermissionRef string `json:"permissionRef"`
}

// ProductVersion binds one state of a product. For a service ContentRoot is
// the hash of its specification.
type ProductVersion struct {
	No             int64           `json:"no"`
	ContentRoot    string          `json:"contentRoot"`
	MatchTag       string          `json:"matchTag,omitempty"`
	TagEpoch       int64           `json:"tagEpoch,omitempty"`
	TagAttestation *TagAttestation `json:"tagAttestation,omitempty"`
	LineageID      string          `json:"lineageId,omitempty"`
	At             UnixSec         `json:"at"`
}

// PublicData marks a product of authorised operation.
type PublicData struct {
	GrantID       string `json:"grantId"`
	PublicRegCode string `json:"publicRegCode,omitempty"`
	UseClass      string `json:"useClass"` // PublicBenefit (free), Industry (under a ceiling)

	PublicRegValidTo UnixSec `json:"publicRegValidTo,omitempty"` // of a code issued here (RG-7)
}

// HighQuality is the mark of a high-quality dataset, on a quality evaluation.
type HighQuality struct {
	EvaluationID string  `json:"evaluationId"`
	Since        UnixSec `json:"since"`
}

// Permission is what a buyer or licensee may do. DerivedSurvives lets derived
// output outlive the term.
type Permission struct {
	Scope
	DerivedSurvives bool `json:"derivedSurvives,omitempty"`
}

// Listing offers a product on a venue (3.7).
type Listing struct {
	Head
	ProductID       string      `json:"productId,omitempty"`
	ProductVersion  int64       `json:"productVersion,omitempty"`
	ProductName     string      `json:"productName"`
	ProductType     string      `json:"productType,omitempty"`
	IndustryCode    string      `json:"industryCode,omitempty"`
	RegionCode      string      `json:"regionCode"`
	SellerID        string      `json:"sellerId"`
	VenueID         string      `json:"venueId"`
	RightID         string      `json:"rightId,omitempty"`
	CertNo          string      `json:"certNo,omitempty"`
	SubjectType     string      `json:"subjectType"`
	DeliveryModes   []string    `json:"deliveryModes"`
	Permission      *Permission `json:"permission,omitempty"`
	PriceModel      string      `json:"priceModel"`
	UnitPriceFen    int64       `json:"unitPriceFen,omitempty"`    // 0 when negotiated or free
	PriceCommitment string      `json:"priceCommitment,omitempty"` // of a negotiated price
	FeeCeilingFen   int64       `json:"feeCeilingFen,omitempty"`   // public data
	UseClass        string      `json:"useClass,omitempty"`
	GrantID         string      `json:"grantId,omitempty"`
	BuyerLimits     *Limits     `json:"buyerLimits,omitempty"`
	ValidFrom       UnixSec     `json:"validFrom"`
	ValidTo         UnixSec     `json:"validTo"`
	Zone            string      `json:"zone,omitempty"`
	RecognitionID   string      `json:"recognitionId,omitempty"`
	SimilarityHash  string      `json:"similarityHash,omitempty"` // of the off-ledger similarity report (gate C)
	RiskAssessment  *Evidence   `json:"riskAssessment,omitempty"` // important data
	ClearedBy       string      `json:"clearedBy,omitempty"`      // the regulator that agreed to important data being offered
	TermsHash       string      `json:"termsHash,omitempty"`      // of the terms offered; what a pledgee's consent names (PL-2)
	ConsentTx       string      `json:"consentTx,omitempty"`      // transaction that used that consent up
	PausedBy        string      `json:"pausedBy,omitempty"`
	Disclosures     []string    `json:"disclosures,omitempty"`  // encumbrance types the buyer must acknowledge
	RelatedParty    bool        `json:"relatedParty,omitempty"` // with the venue (SD-5)
	Reason          string      `json:"reason,omitempty"`
	DelistedBy      string      `json:"delistedBy,omitempty"`
	Suspension
}

// Trade is a contract, from application to completion (3.8).
type Trade struct {
	Head
	ListingID       string      `json:"listingId,omitempty"`
	FilingRef       string      `json:"filingRef,omitempty"` // of a trade off the exchange
	FilingEvidence  *Evidence   `json:"filingEvidence,omitempty"`
	Venue           string      `json:"venue"`                 // VenueOnExchange, VenueOffExchange
	VenueID         string      `json:"venueId"`               // the exchange of this ledger that runs it
	PeerVenueID     string      `json:"peerVenueId,omitempty"` // the recognised exchange it was made on (MR-3)
	BuyerID         string      `json:"buyerId"`
	SellerID        string      `json:"sellerId"`
	BrokerID        string      `json:"brokerId,omitempty"`
	SubjectType     string      `json:"subjectType"`
	ProductID       string      `json:"productId,omitempty"`
	ProductVersion  int64       `json:"productVersion,omitempty"`
	ProductName     string      `json:"productName"`
	RightID         string      `json:"rightId,omitempty"`
	Purpose         string      `json:"purpose"`
	ScenarioID      string      `json:"scenarioId,omitempty"`
	Permission      *Permission `json:"permission,omitempty"` // final, within the listing's
	PriceModel      string      `json:"priceModel"`
	Zone            string      `json:"zone,omitempty"`
	GrantID         string      `json:"grantId,omitempty"`
	TermsHash       string      `json:"termsHash,omitempty"` // of the contract, kept by the parties
	TermsVersion    int64       `json:"termsVersion,omitempty"`
	TermsCommitment string      `json:"termsCommitment,omitempty"` // opens to TradeTerms
	DeliveryModes   []string    `json:"deliveryModes,omitempty"`
	DestroyDays     int64       `json:"destroyDays,omitempty"`
	Signatures      []Signature `json:"signatures,omitempty"`
	Termination     []Signature `json:"termination,omitempty"` // on an agreement to end it early
	ComplianceHash  string      `json:"complianceHash,omitempty"`
	Disclosures     []string    `json:"disclosures,omitempty"` // encumbrance types the buyer acknowledged
	RelatedParty    bool        `json:"relatedParty,omitempty"`
	OnHold          bool        `json:"onHold,omitempty"`
	DisputeIDs      []string    `json:"disputeIds,omitempty"` // open ones
	DeliveryIDs     []string    `json:"deliveryIds,omitempty"`
	Parts           int64       `json:"parts,omitempty"`         // how many there are to deliver
	AcceptedParts   []int64     `json:"acceptedParts,omitempty"` // delivered when all are
	SettlementIDs   []string    `json:"settlementIds,omitempty"`
	TransferCaseID  string      `json:"transferCaseId,omitempty"`
	AgreedAt        UnixSec     `json:"agreedAt,omitempty"`
	SettledAt       UnixSec     `json:"settledAt,omitempty"`
	CompleteDueAt   UnixSec     `json:"completeDueAt,omitempty"` // anyone may complete from here on
	EndedAt         UnixSec     `json:"endedAt,omitempty"`
	Reason          string      `json:"reason,omitempty"`
	Suspension
}

// Signature is one party's word on a hash of terms (G-5).
type Signature struct {
	PartyID   string  `json:"partyId"`
	Kid       string  `json:"kid"`
	TermsHash string  `json:"termsHash"`
	At        UnixSec `json:"at"`
}

// Delivery is one hand-over (3.9). ContentRoot and MatchTag are of what was
// sent: a marked copy differs from the version it was made of.
type Delivery struct {
	Head
	TradeID           string          `json:"tradeId,omitempty"`
	PermitID          string          `json:"permitId,omitempty"`
	ParentCopyID      string          `json:"parentCopyId,omitempty"` // of a copy passed on
	Permission        *Permission     `json:"permission,omitempty"`   // given with it
	FromID            string          `json:"fromId"`
	ToID              string          `json:"toId"`
	PlatformID        string          `json:"platformId,omitempty"`
	Mode              string          `json:"mode"`
	ProductID         string          `json:"productId"`
	ProductVersion    int64           `json:"productVersion"`
	ContentRoot       string          `json:"contentRoot,omitempty"`
	MatchTag          string          `json:"matchTag,omitempty"`
	TagEpoch          int64           `json:"tagEpoch,omitempty"`
	TagAttestation    *TagAttestation `json:"tagAttestation,omitempty"`
	WatermarkAttest   *Attestation    `json:"watermarkAttest,omitempty"`
	CipherHash        string          `json:"cipherHash,omitempty"`
	KeyReleaseRef     string          `json:"keyReleaseRef,omitempty"`
	FingerprintCommit string          `json:"fingerprintCommit,omitempty"` // H(code ‖ nonce)
	WatermarkAlg      string          `json:"watermarkAlg,omitempty"`
	Part              int64           `json:"part"`
	Parts             int64           `json:"parts"`
	SentAt            UnixSec         `json:"sentAt,omitempty"`
	ReceivedAt        UnixSec         `json:"receivedAt,omitempty"`
	ReceivedBy        string          `json:"receivedBy,omitempty"` // key that signed the receipt
	AcceptDueAt       UnixSec         `json:"acceptDueAt,omitempty"`
	AcceptDeemed      bool            `json:"acceptDeemed,omitempty"`
	RejectReason      string          `json:"rejectReason,omitempty"`
	RedeliveryOf      string          `json:"redeliveryOf,omitempty"`
	RedeliveredAs     string          `json:"redeliveredAs,omitempty"`
	CopyID            string          `json:"copyId,omitempty"`
}

// Attestation is a platform's SM2 signature over a statement of its own.
type Attestation struct {
	Kid       string `json:"kid"`
	Signature string `json:"signature"` // base64url r‖s
}

// Copy is one recipient's instance of delivered content (3.9).
type Copy struct {
	Head
	HolderID          string      `json:"holderId"`
	ParentCopyID      string      `json:"parentCopyId,omitempty"`
	DeliveryID        string      `json:"deliveryId"`
	TradeID           string      `json:"tradeId,omitempty"`
	ProductID         string      `json:"productId"`
	Version           int64       `json:"productVersion"`
	AccessOnly        bool        `json:"accessOnly,omitempty"` // API, sandbox, results: nothing was handed over
	ContentRoot       string      `json:"contentRoot,omitempty"`
	MatchTag          string      `json:"matchTag,omitempty"`
	FingerprintCommit string      `json:"fingerprintCommit,omitempty"`
	Permission        *Permission `json:"permission"`
	HoldUntil         UnixSec     `json:"holdUntil"`    // end of the term
	DestroyDueAt      UnixSec     `json:"destroyDueAt"` // held later than this it is overdue
	DestroyDays       int64       `json:"destroyDays,omitempty"`
	OverdueAt         UnixSec     `json:"overdueAt,omitempty"` // when that was first written down
	Allocated         []Amount    `json:"allocated,omitempty"` // quota given on to live children
	Destruction       *Evidence   `json:"destruction,omitempty"`
	TaintNotice       string      `json:"taintNotice,omitempty"` // alert or measure that taints it
	Reason            string      `json:"reason,omitempty"`

	DestroyOrders []DestroyOrder `json:"destroyOrders,omitempty"` // of measures in force
}

// DestroyOrder binds the holder of a copy to destroy it.
type DestroyOrder struct {
	RefID string `json:"refId"`
	ByID  string `json:"byId"`
	DueOn string `json:"dueOn"`
}

// Settlement is one payment under a trade (3.10). Its amounts are in the
// collection of trade terms as SettlementAmounts.
type Settlement struct {
	Head
	TradeID           string           `json:"tradeId"`
	VenueID           string           `json:"venueId"`
	BuyerID           string           `json:"buyerId"`
	SellerID          string           `json:"sellerId"`
	PeriodFrom        UnixSec          `json:"periodFrom,omitempty"`
	PeriodTo          UnixSec          `json:"periodTo,omitempty"`
	MeterIDs          []string         `json:"meterIds,omitempty"`
	DeliveryID        string           `json:"deliveryId,omitempty"`
	AmountsCommitment string           `json:"amountsCommitment"`
	Payees            []SettlementLine `json:"payees"` // who, as what, at what share; the money is private
	Channel           string           `json:"channel,omitempty"`
	PaymentRefHash    string           `json:"paymentRefHash,omitempty"`
	EscrowRef         string           `json:"escrowRef,omitempty"`
	Refunds           int64            `json:"refunds,omitempty"`
	RefundRefs        []string         `json:"refundRefs,omitempty"` // disputes, measures or agreements behind them
	Final             bool             `json:"final,omitempty"`      // the trade's last
	DueOn             string           `json:"dueOn,omitempty"`
	PaidOn            string           `json:"paidOn,omitempty"`
	ConfirmDueAt      UnixSec          `json:"confirmDueAt,omitempty"`
	ConfirmedBy       []string         `json:"confirmedBy,omitempty"`
	RelatedParty      bool             `json:"relatedParty,omitempty"`
}

// SettlementLine is one payee's share. Role is Seller, Exchange, OperatingBody,
// Developer, Treasury, SourceUnit, Pledgee, Broker or Other.
type SettlementLine struct {
	PayeeID string `json:"payeeId"`
	Role    string `json:"role"`
	Bps     int64  `json:"bps"`
}

// Dispute (3.11). The statement and the claim are in the collection of trade
// terms as DisputeStatement.
type Dispute struct {
	Head
	Type                string   `json:"type"`
	ClaimantID          string   `json:"claimantId"`
	RespondentIDs       []string `json:"respondentIds"`
	RefType             string   `json:"refType"` // Right, Trade, Delivery, Copy, Settlement, Listing, Product, Pledge, Permit
	RefID               string   `json:"refId"`
	RightIDs            []string `json:"rightIds,omitempty"` // that carry EncDispute because of it
	TradeID             string   `json:"tradeId,omitempty"`  // on hold because of it
	ClaimHash           string   `json:"claimHash"`
	StatementCommitment string   `json:"statementCommitment,omitempty"`
	EvidenceIDs         []string `json:"evidenceIds,omitempty"`
	AcceptedBy          string   `json:"acceptedBy,omitempty"`  // participant that accepted, and alone closes
	AcceptedAs          string   `json:"acceptedAs,omitempty"`  // whose it is by its type: trade, title, other
	RegistrarID         string   `json:"registrarId,omitempty"` // of the right a title is about
	VenueID             string   `json:"venueId,omitempty"`     // of the trade it is about
	AcceptedAt          UnixSec  `json:"acceptedAt,omitempty"`
	AnswerDueAt         UnixSec  `json:"answerDueAt,omitempty"`
	AnswerHash          string   `json:"answerHash,omitempty"`
	MediatorID          string   `json:"mediatorId,omitempty"`
	MediationAgreedBy   []string `json:"mediationAgreedBy,omitempty"`
	MediationDueAt      UnixSec  `json:"mediationDueAt,omitempty"` // what it holds up must be settled, escalated or ended by then (DS-4)
	SettlementHash      string   `json:"settlementHash,omitempty"`
	SettlementSignedBy  []string `json:"settlementSignedBy,omitempty"`
	ForumRef            string   `json:"forumRef,omitempty"`
	OutcomeHash         string   `json:"outcomeHash,omitempty"`
	Orders              []Order  `json:"orders,omitempty"`
	Reason              string   `json:"reason,omitempty"`
	EndedAt             UnixSec  `json:"endedAt,omitempty"`
}

// Order is one thing an outcome demands.
type Order struct {
	Type      string  `json:"type"` // Pay, Refund, Redeliver, Destroy, Delist, Terminate, CancelRight, ChangeRight, Other
	TargetID  string  `json:"targetId"`
	OrderedID string  `json:"orderedId"` // who must do it
	DueOn     string  `json:"dueOn"`
	DoneAt    UnixSec `json:"doneAt,omitempty"`
	ProofHash string  `json:"proofHash,omitempty"`
}

// Demand is a wish on the supply-and-demand portal (3.21).
type Demand struct {
	Head
	BuyerID           string   `json:"buyerId"`
	Title             string   `json:"title"`
	Text              string   `json:"text"`
	Field             string   `json:"field"`
	IndustryCode      string   `json:"industryCode,omitempty"`
	RegionCode        string   `json:"regionCode"`
	ProductTypes      []string `json:"productTypes,omitempty"`
	BudgetBand        string   `json:"budgetBand,omitempty"`
	MatchedListingIDs []string `json:"matchedListingIds,omitempty"`
	SellerIDs         []string `json:"sellerIds,omitempty"` // of the listings matched
	ValidTo           UnixSec  `json:"validTo"`
	Reason            string   `json:"reason,omitempty"`
}

// Recognition is a foreign certificate recognised here (3.22).
type Recognition struct {
	Head
	PeerID           string       `json:"peerId"`
	ForeignCertNo    string       `json:"foreignCertNo"`
	ForeignHash      string       `json:"foreignHash"`
	HolderUSCC       string       `json:"holderUscc"`
	Kinds            []RightKind  `json:"kinds"`
	MatchTag         string       `json:"matchTag,omitempty"`
	ValidTo          UnixSec      `json:"validTo"`
	StatusCheckedAt  UnixSec      `json:"statusCheckedAt"`
	ForeignSignature *Attestation `json:"foreignSignature"` // the peer exchange's SM2 signature over RecognitionStatement
	SubmitterID      string       `json:"submitterId"`
	SuspendedBy      string       `json:"suspendedBy,omitempty"` // who alone takes it up again
	Reason           string       `json:"reason,omitempty"`
}

// The private documents of the market. Every one carries a salt of 32 random
// bytes in base64url, so that its commitment, SM3 over its bytes, tells nothing.

// TradeTerms are the money side of a contract.
type TradeTerms struct {
	Salt         string           `json:"salt"`
	AmountFen    int64            `json:"amountFen"`
	UnitPriceFen int64            `json:"unitPriceFen,omitempty"`
	PayPlan      string           `json:"payPlan,omitempty"`
	Lines        []SettlementLine `json:"lines"` // fixed at signature (ST-4); Σ bps = 10000
}

// ListingPrice is a negotiated price a seller starts from.
type ListingPrice struct {
	Salt         string `json:"salt"`
	UnitPriceFen int64  `json:"unitPriceFen"`
}

// SettlementAmounts are the amounts of a settlement: Σ lines = gross (G-6).
type SettlementAmounts struct {
	Salt        string         `json:"salt"`
	GrossFen    int64          `json:"grossFen"`
	Lines       []LineAmount   `json:"lines"`
	RefundedFen int64          `json:"refundedFen"`
	Refunds     []RefundAmount `json:"refunds,omitempty"`
}

// LineAmount is what one payee gets.
type LineAmount struct {
	SettlementLine
	AmountFen int64 `json:"amountFen"`
}

// RefundAmount is one refund.
type RefundAmount struct {
	AmountFen int64   `json:"amountFen"`
	At        UnixSec `json:"at"`
	RefID     string  `json:"refId,omitempty"`
}

// PaymentProof is what was paid, or paid back; it is compared and not kept.
type PaymentProof struct {
	Salt      string `json:"salt"`
	AmountFen int64  `json:"amountFen"`
}

// DisputeStatement is a claim in words and money.
type DisputeStatement struct {
	Salt      string `json:"salt"`
	Statement string `json:"statement"`
	ClaimFen  int64  `json:"claimFen"`
}

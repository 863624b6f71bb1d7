package rights

import "fmt"

// Code is the stable name of a refusal. Clients branch on it; it never changes
// meaning.
type Code string

// Codes of the domain.
const (
	CodeFormat   Code = "E_FORMAT"    // the value is malformed
	CodeNotFound Code = "E_NOT_FOUND" // no such record
	CodeExists   Code = "E_EXISTS"    // the record exists already
	CodeRole     Code = "E_ROLE"      // the actor may not do this
	CodeSelf     Code = "E_SELF"      // separation of duties
	CodeInactive Code = "E_INACTIVE"  // the participant is not active
	CodeState    Code = "E_STATE"     // the event is not allowed in this state
	CodeTerm     Code = "E_TERM"      // outside validity
	CodeScope    Code = "E_SCOPE"     // not contained in its basis
	CodeQuota    Code = "E_QUOTA"     // more than the quota
	CodeBasis    Code = "E_BASIS"     // basis missing or not effective
	CodeEnc      Code = "E_ENC"       // encumbered
	CodeConsent  Code = "E_CONSENT"   // a needed consent is missing
	CodeGrade    Code = "E_GRADE"     // grade or level forbids it
	CodeResale   Code = "E_RESALE"    // resale without permission
	CodeLineage  Code = "E_LINEAGE"   // lineage broken
	CodeMoney    Code = "E_MONEY"     // amounts do not add up
	CodeDeadline Code = "E_DEADLINE"  // too early or too late
	CodeDup      Code = "E_DUP"       // duplicate registration
	CodePriceCap Code = "E_PRICECAP"  // above the ceiling
	CodeProfile  Code = "E_PROFILE"   // rule profile or calendar missing
)

// Codes of the signed command that carries a body here.
const (
	CodeSignature Code = "E_SIGNATURE" // the signature does not verify
	CodeKey       Code = "E_KEY"       // the key is not on the ledger, or no longer in use
	CodeExpired   Code = "E_EXPIRED"   // outside iat..exp
	CodeReplay    Code = "E_REPLAY"    // the command id was used for other bytes
	CodeTooLarge  Code = "E_TOO_LARGE" // over the size limit
	CodeBatch     Code = "E_BATCH"     // items of a batch are at fault; see Items
)

// Error is a refusal. Detail (English) and DetailZh (Chinese) say what is wrong
// and what would be right.
type Error struct {
	Code     Code        `json:"code"`
	Field    string      `json:"field,omitempty"`  // JSON path inside the body
	Record   string      `json:"record,omitempty"` // id of the record that refuses
	Rule     string      `json:"rule,omitempty"`   // number of the rule broken
	Detail   string      `json:"detail"`
	DetailZh string      `json:"detailZh"`
	Items    []ItemError `json:"items,omitempty"` // faulty items of a batch, in order
}

// ItemError is one faulty item of a batch.
type ItemError struct {
	Index int `json:"index"`
	Error
}

func (e *Error) Error() string {
	s := string(e.Code)
	if e.Field != "" {
		s += " " + e.Field
	}
	return s + ": " + e.Detail
}

// refuse builds a refusal; args serve both texts.
func refuse(code Code, zh, en string, args ...any) *Error {
	return &Error{Code: code, Detail: fmt.Sprintf(en, args...), DetailZh: fmt.Sprintf(zh, args...)}
}

func (e *Error) at(field string) *Error { e.Field = field; return e }
func (e *Error) on(id string) *Error    { e.Record = id; return e }
func (e *Error) by(rule string) *Error  { e.Rule = rule; return e }

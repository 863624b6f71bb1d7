package command

import "fmt"

// Codes of Error. They are stable.
const (
	CodeFormat    = "E_FORMAT"
	CodeTooLarge  = "E_TOO_LARGE"
	CodeSignature = "E_SIGNATURE"
)

// Error says what is wrong with a command. It is safe to show to whoever sent
// the command.
type Error struct {
	Code string `json:"code"`
	// Field is the path of the field at fault: "jws", "header.kid",
	// "payload.exp", "body.items[3].uscc", "signature".
	Field    string `json:"field"`
	Detail   string `json:"detail"`
	DetailZh string `json:"detailZh"`
}

func (e *Error) Error() string {
	return fmt.Sprintf("%s %s: %s", e.Code, e.Field, e.Detail)
}

func malformed(field, en, zh string) *Error {
	return &Error{Code: CodeFormat, Field: field, Detail: en, DetailZh: zh}
}

func badSignature(en, zh string) *Error {
	return &Error{Code: CodeSignature, Field: "signature", Detail: en, DetailZh: zh}
}

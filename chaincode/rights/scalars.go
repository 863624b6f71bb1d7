package rights

import (
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// UnixSec is seconds since 1970 UTC, from the transaction's timestamp.
type UnixSec = int64

// Role is what a participant may be on the market.
type Role string

// The roles.
const (
	RoleRegulator    Role = "RoleRegulator"
	RoleRegistrar    Role = "RoleRegistrar"
	RoleExchange     Role = "RoleExchange"
	RoleEnterprise   Role = "RoleEnterprise"
	RoleVendor       Role = "RoleVendor"
	RoleThirdParty   Role = "RoleThirdParty"
	RoleBank         Role = "RoleBank"
	RoleSourceUnit   Role = "RoleSourceUnit"
	RoleImplementing Role = "RoleImplementing"
	RoleOperating    Role = "RoleOperating"
	RoleDeveloper    Role = "RoleDeveloper"
	RolePlatform     Role = "RolePlatform"
	RoleMediator     Role = "RoleMediator"
	RolePeerExchange Role = "RolePeerExchange"
)

// RightKind is one of the three separate rights (DRWG 3). They are independent
// and not exclusive.
type RightKind string

// The three rights.
const (
	RightHolding   RightKind = "RightHolding"
	RightUse       RightKind = "RightUse"
	RightOperation RightKind = "RightOperation"
)

// The types of registration (2.3).
const (
	RegFirst      = "RegFirst"
	RegTransfer   = "RegTransfer"
	RegChange     = "RegChange"
	RegCorrection = "RegCorrection"
	RegRenewal    = "RegRenewal"
	RegCancel     = "RegCancel"
	RegLicence    = "RegLicence"
	RegRevoke     = "RegRevoke"
)

// DocType names a paper (2.7 of the rules).
type DocType string

// The papers of an application.
const (
	DocForm        DocType = "DocForm"
	DocIdentity    DocType = "DocIdentity"
	DocSource      DocType = "DocSource"
	DocAgreement   DocType = "DocAgreement"
	DocSample      DocType = "DocSample"
	DocDescription DocType = "DocDescription"
	DocAllocation  DocType = "DocAllocation"
	DocCommitment  DocType = "DocCommitment"
	DocCompliance  DocType = "DocCompliance"
	DocGrading     DocType = "DocGrading"
	DocPIA         DocType = "DocPIA"
	DocConsent     DocType = "DocConsent"
	DocAgency      DocType = "AgencyDoc"
	DocCorrection  DocType = "DocCorrection"
	DocChange      DocType = "DocChange"
	DocOther       DocType = "DocOther"
)

// Evidence is a paper kept off the ledger, known here by its hash. Locator is
// an opaque handle, never a URL with secrets.
type Evidence struct {
	DocType   DocType `json:"docType"`
	Hash      string  `json:"hash"`
	Size      int64   `json:"size,omitempty"`
	MediaType string  `json:"mediaType,omitempty"`
	IssuerID  string  `json:"issuerId,omitempty"`
	IssuedOn  string  `json:"issuedOn,omitempty"`
	ExpiresOn string  `json:"expiresOn,omitempty"`
	SignAlg   string  `json:"signAlg,omitempty"`
	SignHash  string  `json:"signHash,omitempty"`
	Locator   string  `json:"locator,omitempty"`
}

const usccSet = "0123456789ABCDEFGHJKLMNPQRTUWXY"

var usccWeights = [17]int{1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28}

// USCCCheck returns the check character of the first 17 characters of a
// unified social credit code (GB 32100-2015); false when they are malformed.
func USCCCheck(p string) (byte, bool) {
	if len(p) != 17 {
		return 0, false
	}
	sum := 0
	for i := range 17 {
		v := strings.IndexByte(usccSet, p[i])
		if v < 0 {
			return 0, false
		}
		sum += v * usccWeights[i]
	}
	return usccSet[(31-sum%31)%31], true
}

// ValidUSCC reports whether c is a well-formed unified social credit code with
// a right check character.
func ValidUSCC(c string) bool {
	if len(c) != 18 {
		return false
	}
	check, ok := USCCCheck(c[:17])
	if !ok || check != c[17] {
		return false
	}
	for i := 2; i < 8; i++ { // the authority's region is digits only
		if c[i] < '0' || c[i] > '9' {
			return false
		}
	}
	return true
}

// ValidOrganisationCode reports whether positions 9 to 17 of a USCC carry the
// GB 11714 check character. Legacy codes fail it, so it only warns.
func ValidOrganisationCode(uscc string) bool {
	if len(uscc) != 18 {
		return false
	}
	sum := 0
	for i, w := range [8]int{3, 7, 9, 10, 5, 8, 4, 2} {
		c := uscc[8+i]
		switch {
		case c >= '0' && c <= '9':
			sum += int(c-'0') * w
		case c >= 'A' && c <= 'Z':
			sum += int(c-'A'+10) * w
		default:
			return false
		}
	}
	want := byte('0' + (11-sum%11)%11)
	switch 11 - sum%11 {
	case 10:
		want = 'X'
	case 11:
		want = '0'
	}
	return uscc[16] == want
}

var (
	reHash     = regexp.MustCompile(`^(sm3|sha256):[0-9a-f]{64}$`)
	reRegion   = regexp.MustCompile(`^(1[1-5]|2[1-3]|3[1-7]|4[1-6]|5[0-4]|6[1-5]|71|8[12])[0-9]{4}$`)
	reIndustry = regexp.MustCompile(`^[A-T][0-9]{2}([0-9]{1,2})?$`)
	reCertNo   = regexp.MustCompile(`^SJ[0-9]{2}[0-9]20[0-9]{2}(0[1-9]|1[0-2])[0-9]{4}$`)
	rePerson   = regexp.MustCompile(`^NP-[0-9a-f]{32}$`)
)

// ValidHash reports whether s is a hash with its algorithm, such as sm3:….
func ValidHash(s string) bool { return reHash.MatchString(s) }

// ValidCertNo reports whether s is a certificate number (DRWG annex 6).
func ValidCertNo(s string) bool {
	return reCertNo.MatchString(s) && s[len(s)-4:] != "0000"
}

// shanghai has no daylight saving time; civil dates of the law are counted in it.
var shanghai = time.FixedZone("Asia/Shanghai", 8*3600)

// CivilDate is the day in Asia/Shanghai on which t falls, as YYYY-MM-DD.
func CivilDate(t UnixSec) string { return time.Unix(t, 0).In(shanghai).Format(time.DateOnly) }

// ParseDate returns the first instant of a YYYY-MM-DD day in Asia/Shanghai.
func ParseDate(d string) (UnixSec, bool) {
	t, err := time.ParseInLocation(time.DateOnly, d, shanghai)
	return t.Unix(), err == nil && t.Year() >= 1900 && len(d) == 10
}

// AddMonths moves a civil day by n months and clamps to the month's end:
// 2024-02-29 plus 36 months is 2027-02-28. The time of day is kept.
func AddMonths(t UnixSec, n int64) UnixSec {
	at := time.Unix(t, 0).In(shanghai)
	first := time.Date(at.Year(), at.Month()+time.Month(n), 1, at.Hour(), at.Minute(), at.Second(), 0, shanghai)
	last := time.Date(first.Year(), first.Month()+1, 0, 0, 0, 0, 0, shanghai).Day()
	return first.AddDate(0, 0, min(at.Day(), last)-1).Unix()
}

// validText reports whether s is at most n characters, not blank, without
// control characters and without stray combining marks (NFC).
func validText(s string, n int) bool {
	if !utf8.ValidString(s) || utf8.RuneCountInString(s) > n || strings.TrimSpace(s) == "" {
		return false
	}
	for _, r := range s {
		if unicode.IsControl(r) || unicode.In(r, unicode.Cf, unicode.Mn, unicode.Zl, unicode.Zp) {
			return false
		}
	}
	return true
}

// The checks below name the field at fault, or return nil.

func checkText(field, s string, n int) error {
	if validText(s, n) {
		return nil
	}
	return refuse(CodeFormat, "须为 1 至 %d 个字符，不含控制字符", "must be 1 to %d characters without control characters", n).at(field)
}

// optionalText checks a text that may be left out.
func optionalText(field, s string, n int) error {
	if s == "" {
		return nil
	}
	return checkText(field, s, n)
}

func checkHash(field, s string) error {
	if ValidHash(s) {
		return nil
	}
	return refuse(CodeFormat, "须为 sm3: 或 sha256: 加 64 位小写十六进制", "must be sm3: or sha256: and 64 lower-case hex digits").at(field)
}

func checkParticipantID(field, s string) error {
	if ValidUSCC(s) || rePerson.MatchString(s) {
		return nil
	}
	if len(s) == 18 {
		if c, ok := USCCCheck(s[:17]); ok {
			return refuse(CodeFormat, "统一社会信用代码 %s 的校验位不对，应为 %c", "unified social credit code %s has a wrong check character; it would be %c", s, c).at(field).by("GB 32100-2015")
		}
	}
	return refuse(CodeFormat, "须为 18 位统一社会信用代码", "must be an 18-character unified social credit code").at(field).by("GB 32100-2015")
}

func checkRegion(field, s string) error {
	if reRegion.MatchString(s) {
		return nil
	}
	return refuse(CodeFormat, "须为 6 位行政区划代码（GB/T 2260），如 320902", "must be a 6-digit GB/T 2260 region code such as 320902").at(field)
}

func checkIndustry(field, s string) error {
	if reIndustry.MatchString(s) {
		return nil
	}
	return refuse(CodeFormat, "须为 GB/T 4754 门类字母加大类，如 D44", "must be a GB/T 4754 section letter and division such as D44").at(field)
}

func checkDate(field, s string) error {
	if _, ok := ParseDate(s); ok {
		return nil
	}
	return refuse(CodeFormat, "须为 YYYY-MM-DD 日期", "must be a YYYY-MM-DD date").at(field)
}

// oneOf refuses a value outside its vocabulary and lists the vocabulary.
func oneOf[T ~string](field string, v T, allowed ...T) error {
	for _, a := range allowed {
		if v == a {
			return nil
		}
	}
	names := make([]string, len(allowed))
	for i, a := range allowed {
		names[i] = string(a)
	}
	list := strings.Join(names, ", ")
	return refuse(CodeFormat, "%q 不在取值范围内：%s", "%q is not one of: %s", string(v), list).at(field)
}

// first returns the first refusal.
func first(checks ...error) error {
	for _, c := range checks {
		if c != nil {
			return c
		}
	}
	return nil
}

func checkEvidence(field string, docs []Evidence) error {
	for i, d := range docs {
		if err := checkPaper(field+"["+strconv.Itoa(i)+"]", d); err != nil {
			return err
		}
	}
	return nil
}

func checkPaper(field string, d Evidence) error {
	if err := checkHash(field+".hash", d.Hash); err != nil {
		return err
	}
	if !validText(string(d.DocType), 40) {
		return refuse(CodeFormat, "须写明材料类别，如 DocForm", "must name the paper, such as DocForm").at(field + ".docType")
	}
	if d.Size < 0 {
		return refuse(CodeFormat, "不得为负", "must not be negative").at(field + ".size")
	}
	if err := first(optionalText(field+".locator", d.Locator, 200), optionalText(field+".mediaType", d.MediaType, 100), optionalText(field+".issuerId", d.IssuerID, 64)); err != nil {
		return err
	}
	for _, day := range []struct{ name, v string }{{".issuedOn", d.IssuedOn}, {".expiresOn", d.ExpiresOn}} {
		if day.v != "" {
			if err := checkDate(field+day.name, day.v); err != nil {
				return err
			}
		}
	}
	if d.SignAlg != "" || d.SignHash != "" {
		return first(oneOf(field+".signAlg", d.SignAlg, "SM2", "ECDSA-P256"), checkHash(field+".signHash", d.SignHash))
	}
	return nil
}

package evidence

import (
	"fmt"

	"github.com/datarights/datarights/chaincode/rights"
)

// Verdict is how far something in a bundle can be relied on.
type Verdict string

// The verdicts. Proven follows from the roots given; asserted is somebody's word,
// and the finding says whose; failed does not hold.
const (
	Proven   Verdict = "proven"
	Asserted Verdict = "asserted"
	Failed   Verdict = "failed"
)

// Finding is one thing looked at.
type Finding struct {
	Verdict Verdict     `json:"verdict"`
	Area    Area        `json:"area"`
	Subject string      `json:"subject,omitempty"` // file or record
	Words   rights.Text `json:"words"`
	AsOf    int64       `json:"asOf,omitempty"` // UTC seconds
}

// Area is what a finding is about.
type Area string

// The areas, in the order they are looked at.
const (
	AreaArchive    Area = "archive"
	AreaManifest   Area = "manifest"
	AreaStatement  Area = "statement"
	AreaBlock      Area = "block"
	AreaRecord     Area = "record"
	AreaHistory    Area = "history"
	AreaCommand    Area = "command"
	AreaElement    Area = "element"
	AreaOpening    Area = "opening"
	AreaAttachment Area = "attachment"
	AreaReport     Area = "report"
	AreaLimit      Area = "limit"
)

// Result is what a verification found.
type Result struct {
	AlertID    string    `json:"alertId,omitempty"`
	ExportedBy string    `json:"exportedBy,omitempty"`
	ExportedAt int64     `json:"exportedAt,omitempty"`
	Findings   []Finding `json:"findings"`
	Proven     int       `json:"proven"`
	Asserted   int       `json:"asserted"`
	Failed     int       `json:"failed"`
	// Gaps are elements of the case with something missing. A gap is no failure:
	// it is proven that the case stands so.
	Gaps []string `json:"gaps"`
	// AsOf is the time of the oldest endorsed read: nothing later is known.
	AsOf int64 `json:"asOf,omitempty"`

	dossier  *dossier
	manifest *Manifest
}

// Holds reports whether nothing failed.
func (r *Result) Holds() bool { return r.Failed == 0 && len(r.Findings) > 0 }

func (r *Result) note(v Verdict, a Area, subject string, asOf int64, zh, en string, args ...any) {
	switch v {
	case Proven:
		r.Proven++
	case Asserted:
		r.Asserted++
	default:
		r.Failed++
	}
	if len(args) > 0 {
		zh, en = fmt.Sprintf(zh, args...), fmt.Sprintf(en, args...)
	}
	r.Findings = append(r.Findings, Finding{Verdict: v, Area: a, Subject: subject, Words: rights.Text{Zh: zh, En: en}, AsOf: asOf})
}

// broken notes a failure with its cause; the cause is in English, as errors are.
func (r *Result) broken(a Area, subject, zh, en string, err error) {
	r.note(Failed, a, subject, 0, "%[1]s：%[3]v", "%[2]s: %[3]v", zh, en, err)
}

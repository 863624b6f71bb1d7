package index

import (
	"encoding/json"
	"slices"
	"strconv"

	"github.com/datarights/datarights/chaincode/rights"
)

// face is the part of any record that can be looked for. A record that does not
// decode is still listed and read, only not found by what it holds.
type face struct {
	State        string      `json:"state"`
	Version      int64       `json:"version"`
	Roles        []string    `json:"roles"`
	OrgType      string      `json:"orgType"`
	RegionCode   string      `json:"regionCode"`
	HolderID     string      `json:"holderId"`
	IndustryCode string      `json:"industryCode"`
	SubjectClass string      `json:"subjectClass"`
	Versions     []matchable `json:"versions"`
	ApplicantIDs []string    `json:"applicantIds"`
	RegistrarID  string      `json:"registrarId"`
	ObjectID     string      `json:"objectId"`
	RegType      string      `json:"regType"`
	ResultCertNo string      `json:"resultCertNo"`
	CaseID       string      `json:"caseId"`
	ObjectorID   string      `json:"objectorId"`
	Kind         string      `json:"kind"`
	CertNo       string      `json:"certNo"`
	Code         string      `json:"code"`
	Year         int64       `json:"year"`
	Kid          string      `json:"kid"`

	Name       string `json:"name"`
	Overview   string `json:"overview"`
	ObjectName string `json:"objectName"`
	DataName   string `json:"dataName"`
	HolderName string `json:"holderName"`
}

type matchable struct {
	MatchTag string `json:"matchTag"`
}

func readFace(raw []byte) face {
	var f face
	_ = json.Unmarshal(raw, &f) // what does not fit stays empty
	return f
}

func (f face) newestTag() string {
	if len(f.Versions) == 0 {
		return ""
	}
	return f.Versions[len(f.Versions)-1].MatchTag
}

func one(get func(face) string) func(face) []string {
	return func(f face) []string { return []string{get(f)} }
}

func state(f face) string     { return f.State }
func holder(f face) string    { return f.HolderID }
func object(f face) string    { return f.ObjectID }
func registrar(f face) string { return f.RegistrarID }
func caseOf(f face) string    { return f.CaseID }
func certNo(f face) string    { return f.CertNo }

// fields lists, for each kind, the JSON fields a Query may name in Where. A
// list-valued field is found by each of its values.
var fields = map[rights.Kind]map[string]func(face) []string{
	rights.KindParticipant: {
		"state":      one(state),
		"role":       func(f face) []string { return f.Roles },
		"orgType":    one(func(f face) string { return f.OrgType }),
		"regionCode": one(func(f face) string { return f.RegionCode }),
	},
	rights.KindResource: {
		"state":        one(state),
		"holderId":     one(holder),
		"industryCode": one(func(f face) string { return f.IndustryCode }),
		"subjectClass": one(func(f face) string { return f.SubjectClass }),
		"matchTag":     one(face.newestTag),
	},
	rights.KindCase: {
		"state":        one(state),
		"applicantId":  func(f face) []string { return f.ApplicantIDs },
		"registrarId":  one(registrar),
		"objectId":     one(object),
		"regType":      one(func(f face) string { return f.RegType }),
		"resultCertNo": one(func(f face) string { return f.ResultCertNo }),
	},
	rights.KindObjection: {
		"state":      one(state),
		"caseId":     one(caseOf),
		"objectorId": one(func(f face) string { return f.ObjectorID }),
	},
	rights.KindRight: {
		"state":       one(state),
		"kind":        one(func(f face) string { return f.Kind }),
		"holderId":    one(holder),
		"objectId":    one(object),
		"certNo":      one(certNo),
		"caseId":      one(caseOf),
		"registrarId": one(registrar),
	},
	rights.KindCertificate: {
		"state":       one(state),
		"holderId":    one(holder),
		"objectId":    one(object),
		"caseId":      one(caseOf),
		"registrarId": one(registrar),
	},
	rights.KindProfile:  {"code": one(func(f face) string { return f.Code })},
	rights.KindCalendar: {"year": one(func(f face) string { return strconv.FormatInt(f.Year, 10) })},
	rights.KindReceipt:  {"kid": one(func(f face) string { return f.Kid })},
}

// Fields names, sorted, what Query.Where may hold for a kind.
func Fields(kind rights.Kind) []string {
	names := make([]string, 0, len(fields[kind]))
	for name := range fields[kind] {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// searched gives the texts of a record that full-text search covers.
func searched(kind rights.Kind, f face) []string {
	switch kind {
	case rights.KindParticipant:
		return []string{f.Name}
	case rights.KindResource:
		return []string{f.Name, f.Overview}
	case rights.KindCase, rights.KindRight:
		return []string{f.ObjectName}
	case rights.KindCertificate:
		return []string{f.DataName, f.Overview, f.HolderName}
	}
	return nil
}

// numbered names the field whose value finds a record as its id does.
var numbered = map[rights.Kind]string{
	rights.KindRight: "certNo",
	rights.KindCase:  "resultCertNo",
}

// derived is everything secondary that follows from one record in the mirror:
// the prefixes of its postings and the counters it is counted in.
type derived struct {
	postings []string // prefixes of chunk keys, without doubles
	counters []string
}

// maxCountedState is longer than any state's name; a counter's key holds it.
const maxCountedState = 64

func derive(kind rights.Kind, f face) derived {
	if isPointer(kind) {
		return derived{}
	}
	d := derived{counters: []string{counterKind + string(kind)}}
	if f.State != "" && len(f.State) <= maxCountedState {
		d.counters = append(d.counters, counterState+string(kind)+"/"+f.State)
	}
	for name, values := range fields[kind] {
		for _, v := range values(f) {
			if v != "" {
				d.postings = append(d.postings, string(fieldPrefix(kind, name, v)))
			}
		}
	}
	for _, term := range documentTerms(searched(kind, f)...) {
		d.postings = append(d.postings, string(textPrefix(kind, term)))
	}
	slices.Sort(d.postings)
	d.postings = slices.Compact(d.postings)
	return d
}

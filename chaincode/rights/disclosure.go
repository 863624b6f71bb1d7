package rights

import (
	"strconv"
	"time"
)

// The yearly report on a grant, due by the end of a month of the next year.
var disclosureMachine = Machine{
	Entity: "disclosure",
	Kind:   KindDisclosure,
	Title:  Text{"信息披露", "Disclosure"},
	States: []StateInfo{{StateFiled, Text{"已披露", "Filed"}, true}},
	Transitions: []Transition{
		{nil, "file", "", who(ByGrantee), Text{"授权生效以来的年度，一年一次；逾期亦收，写明逾期", "for a year of the grant, once a year; taken late too, and marked so"}, StateFiled},
	},
}

// FileDisclosure is the body of disclosure.file.
type FileDisclosure struct {
	GrantID string           `json:"grantId"`
	Year    int64            `json:"year"` // reported on
	Items   []DisclosureItem `json:"items"`
	DocHash string           `json:"docHash"`
}

// yearOf is the civil year of an instant in Asia/Shanghai.
func yearOf(t UnixSec) int64 { return int64(time.Unix(t, 0).In(shanghai).Year()) }

// disclosureDue is the instant by which the report on a year is due: the end
// of the profile's month of the next year.
func disclosureDue(p *Profile, year int64) UnixSec {
	return time.Date(int(year)+1, time.Month(p.Int(ParamDisclosureMonth))+1, 1, 0, 0, 0, 0, shanghai).Unix()
}

func fileDisclosure(a *Act, b *FileDisclosure) error {
	if err := checkHash("docHash", b.DocHash); err != nil {
		return err
	}
	if len(b.Items) == 0 || len(b.Items) > 50 {
		return refuse(CodeFormat, "须有 1 至 50 项披露内容", "must disclose 1 to 50 items").at("items")
	}
	for i, x := range b.Items {
		at := "items[" + strconv.Itoa(i) + "]"
		if err := first(checkText(at+".name", x.Name, 40), checkText(at+".value", x.Value, 400)); err != nil {
			return err
		}
	}
	var g Grant
	if err := need(a, KindGrant, "grantId", b.GrantID, &g); err != nil {
		return err
	}
	to, err := a.step(&disclosureMachine, g.ID, "", "file", "", Relations{ByGrantee: {g.GranteeID}})
	if err != nil {
		return err
	}
	if g.EffectiveAt == 0 {
		return refuse(CodeState, "授权未曾生效", "the grant was never in force").at("grantId").on(g.ID)
	}
	if last := max(g.EndedAt, g.EffectiveAt); b.Year < yearOf(g.EffectiveAt) || (g.EndedAt > 0 && b.Year > yearOf(last)) {
		return refuse(CodeTerm, "授权在该年度未生效", "the grant was not in force in that year").at("year").on(g.ID)
	}
	if b.Year >= yearOf(a.Now) && g.EndedAt == 0 {
		return refuse(CodeDeadline, "年度尚未结束", "the year is not over").at("year").on(g.ID)
	}
	p, err := a.profile(g.RuleProfileVer)
	if err != nil {
		return err
	}
	id := a.newID(KindDisclosure, a.regionFor(g.ID))
	if err := a.claimOnce(pair("disclosure", g.ID, strconv.FormatInt(b.Year, 10)), id, "year", nil); err != nil {
		return err
	}
	d := &Disclosure{GrantID: g.ID, GranteeID: g.GranteeID, Year: b.Year, Items: b.Items, DocHash: b.DocHash, FiledAt: a.Now, DueAt: disclosureDue(p, b.Year)}
	d.Late = a.Now >= d.DueAt
	if err := a.create(KindDisclosure, id, to, p.Ver(), d); err != nil {
		return err
	}
	if next := CivilDate(disclosureDue(p, b.Year+1) - 1); next > g.DisclosureDueOn && g.EndedAt == 0 {
		g.DisclosureDueOn = next
		if err := a.update(KindGrant, &g); err != nil {
			return err
		}
	}
	if d.Late {
		return a.raise("AL-DISCLOSURE", d, KindDisclosure, g.GranteeID)
	}
	return nil
}

package explorer

import (
	"cmp"
	"errors"
	"net/http"
	"slices"
	"strings"

	"github.com/datarights/datarights/chaincode/rights"
	"github.com/datarights/datarights/client"
)

var bankPages = []WorkPage{
	{"", rights.Text{Zh: "质押与预警", En: "Pledges and warnings"}, (*request).bankFront},
	{"verify", rights.Text{Zh: "核验资产", En: "Verify an asset"}, (*request).bankVerify},
	{"pledges/{id}", rights.Text{}, (*request).bankPledge},
}

// bankPledge is a pledge with what the bank has to know of it.
type bankPledge struct {
	Seen[rights.Pledge]
	Warnings []Warning
	Unasked  bool // the asset may not be asked about yet
	Acts     []Act
}

// Worst is the tone of the gravest warning; good where there is none.
func (p bankPledge) Worst() string {
	if len(p.Warnings) == 0 {
		return "good"
	}
	return p.Warnings[0].Tone
}

type bankView struct {
	Pledges  []bankPledge
	Ended    []bankPledge
	Warnings []bankWarning
	Open     int
	Grave    int
	Next     string
	First    string
}

type bankWarning struct {
	Warning
	Pledge *rights.Pledge
}

func (q *request) bankFront() error {
	list, next, err := listed[rights.Pledge](q, "pledges", "cursor", "pledgee", q.who.ParticipantID)
	if err != nil {
		return err
	}
	v := bankView{Next: next}
	if q.param("cursor") != "" {
		v.First = q.with("cursor", "")
	}
	for _, s := range list {
		p, _, err := q.bankPledgeOf(s)
		if err != nil {
			return err
		}
		if ended(rights.KindPledge, s.Record.State) {
			v.Ended = append(v.Ended, p)
			continue
		}
		v.Open++
		v.Pledges = append(v.Pledges, p)
		for _, w := range p.Warnings {
			v.Warnings = append(v.Warnings, bankWarning{w, s.Record})
			if w.Tone == "bad" {
				v.Grave++
			}
		}
	}
	slices.SortStableFunc(v.Warnings, func(x, y bankWarning) int {
		return cmp.Or(gravity(x.Tone)-gravity(y.Tone), cmp.Compare(y.At, x.At))
	})
	return q.render(http.StatusOK, "bank", "my", v)
}

// ended reports whether nothing leads out of a state.
func ended(kind rights.Kind, state rights.State) bool {
	for _, s := range stateOf[kind] {
		if s.Name == state {
			return s.End
		}
	}
	return false
}

// bankPledgeOf adds to a pledge what lies beneath it and what may be done.
func (q *request) bankPledgeOf(s Seen[rights.Pledge]) (bankPledge, []Revision[rights.Pledge], error) {
	out := bankPledge{Seen: s}
	history, err := historyOf[rights.Pledge](q, "pledges", s.Record.ID)
	if err != nil || ended(rights.KindPledge, s.Record.State) {
		return out, history, err
	}
	b, err := q.beneathOf(s.Record, history)
	if err != nil {
		return out, nil, err
	}
	if out.Unasked = b == nil; !out.Unasked {
		out.Warnings = b.warnings()
	}
	p := s.Record
	if p.PledgeeID == q.who.ParticipantID {
		out.Acts = q.acts(rights.KindPledge, p.State, []rights.Capacity{rights.ByPledgee}, "pledgeId", p.ID, "contractHash", p.ContractHash, "amountsCommitment", p.AmountsCommitment,
			"disclosures", strings.Join(p.Disclosures, ","), "termWarning", yes(p.TermWarning))
		if len(p.RightIDs)-len(p.ReleasedIDs) < 2 {
			out.Acts = without(out.Acts, "pledge.partRelease")
		}
	}
	return out, history, nil
}

// yes fills a yes-or-no field in where it is yes.
func yes(b bool) string {
	if b {
		return "true"
	}
	return ""
}

type bankPledgeView struct {
	bankPledge
	Timeline []Event
}

func (q *request) bankPledge() error {
	s, err := one[rights.Pledge](q, "pledges", q.r.PathValue("id"))
	if err != nil {
		return err
	}
	p, history, err := q.bankPledgeOf(*s)
	if err != nil {
		return err
	}
	v := bankPledgeView{bankPledge: p}
	v.Timeline = eventsOf(q, rights.KindPledge, history, func(p *rights.Pledge) rights.Head { return p.Head })
	return q.render(http.StatusOK, "bank-pledge", "my", v)
}

// bankVerifyView is the answer to what a bank asks of a certificate.
type bankVerifyView struct {
	CertNo  string
	Fault   *client.Problem
	Asset   *assetAnswer
	Verdict Verdict
}

// bankVerify serves the asset page. The pledgor's consent comes by POST, so that it
// stands in no address and no log.
func (q *request) bankVerify() error {
	v := bankVerifyView{CertNo: strings.ToUpper(strings.TrimSpace(q.form("certNo")))}
	if v.CertNo == "" {
		return q.render(http.StatusOK, "bank-verify", "my", v)
	}
	again := func(p *client.Problem) error {
		v.Fault = p
		return q.render(max(p.Status, http.StatusBadRequest), "bank-verify", "my", v)
	}
	if !rights.ValidCertNo(v.CertNo) {
		return again(&client.Problem{Code: string(rights.CodeFormat), Field: "certNo", DetailZh: "须为登记凭证号，如 SJ3212026110001", Detail: "want a certificate number such as SJ3212026110001"})
	}
	consent := ""
	if q.r.Method == http.MethodPost {
		consent = strings.TrimSpace(q.form("consent"))
	}
	a, err := q.asset(v.CertNo, consent)
	var p *client.Problem
	switch {
	case errors.As(err, &p) && (p.Status == http.StatusForbidden || p.Status == http.StatusNotFound):
		return again(p)
	case err != nil:
		return err
	case a.Report == nil:
		return again(&client.Problem{Status: http.StatusServiceUnavailable, Code: "E_UNAVAILABLE", DetailZh: "此网关不能给出资产报告", Detail: "this gateway gives no report on assets"})
	}
	v.Asset, v.Verdict = a, verdictOn(a)
	return q.render(http.StatusOK, "bank-verify", "my", v)
}

package explorer

import (
	"net/url"
	"slices"

	"github.com/datarights/datarights/chaincode/rights"
)

// assetAnswer is GET /v1/certificates/{no}/asset, as far as the pages read it.
type assetAnswer struct {
	CertNo       string              `json:"certNo"`
	At           rights.UnixSec      `json:"at"`
	Height       uint64              `json:"height"`
	AskedAs      string              `json:"askedAs"`
	Report       *rights.AssetReport `json:"report"`
	Encumbrances []assetBurden       `json:"encumbrances"`
	Evaluations  []assetRecord       `json:"evaluations"`
	Listings     []assetRecord       `json:"listings"`
	Licences     []assetRecord       `json:"licences"`
	Permits      []assetPermit       `json:"permits"`
	Events       []assetEvent        `json:"events"`
}

type assetBurden struct {
	RightID string `json:"rightId"`
	rights.Encumbrance
}

type assetRecord struct {
	ID        string         `json:"id"`
	Kind      string         `json:"kind"`
	State     rights.State   `json:"state"`
	PartyID   string         `json:"partyId"`
	ValidTo   rights.UnixSec `json:"validTo"`
	Effective assetEffect    `json:"effective"`
}

type assetPermit struct {
	RightID   string         `json:"rightId"`
	State     rights.State   `json:"state"`
	ValidTo   rights.UnixSec `json:"validTo"`
	Effective assetEffect    `json:"effective"`
}

type assetEffect struct {
	Now      bool   `json:"now"`
	Reason   string `json:"reason"`
	ReasonZh string `json:"reasonZh"`
}

// Why is the reason in both languages.
func (e assetEffect) Why() rights.Text { return rights.Text{Zh: e.ReasonZh, En: e.Reason} }

type assetEvent struct {
	Block   uint64         `json:"block"`
	TxID    string         `json:"txId"`
	At      rights.UnixSec `json:"at"`
	Command string         `json:"command"`
	Kind    rights.Kind    `json:"kind"`
	ID      string         `json:"id"`
	State   rights.State   `json:"state"`
}

// right finds a right of the certificate in the report.
func (a *assetAnswer) right(id string) *rights.AssetRight {
	if a == nil || a.Report == nil {
		return nil
	}
	i := slices.IndexFunc(a.Report.Rights, func(r rights.AssetRight) bool { return r.RightID == id })
	if i < 0 {
		return nil
	}
	return &a.Report.Rights[i]
}

// Evaluation is what the gateway says of one evaluation.
func (a *assetAnswer) Evaluation(id string) *assetRecord {
	i := slices.IndexFunc(a.Evaluations, func(e assetRecord) bool { return e.ID == id })
	if i < 0 {
		return nil
	}
	return &a.Evaluations[i]
}

// Values are the value evaluations, those that count now first.
func (a *assetAnswer) Values() []assetRecord {
	list := slices.DeleteFunc(slices.Clone(a.Evaluations), func(e assetRecord) bool { return e.Kind != "Value" })
	slices.SortStableFunc(list, func(x, y assetRecord) int {
		switch {
		case x.Effective.Now == y.Effective.Now:
			return 0
		case x.Effective.Now:
			return -1
		}
		return 1
	})
	return list
}

// asset asks what a bank asks of a certificate.
func (q *request) asset(certNo, consent string) (*assetAnswer, error) {
	query := url.Values{}
	if consent != "" {
		query.Set("consent", consent)
	}
	a := new(assetAnswer)
	if err := q.get("/v1/certificates/"+url.PathEscape(certNo)+"/asset", query, a); err != nil {
		return nil, err
	}
	return a, nil
}

// Verdict is what an asset's standing comes to, in words. Tone is good, warn or bad.
type Verdict struct {
	Tone    string
	Short   rights.Text
	Reasons []Finding
}

// Finding is one thing that speaks for or against.
type Finding struct {
	Tone string
	Text rights.Text
}

// verdictOn weighs an asset: bad stands against any new pledge, warn is what a bank
// has to look into. It decides nothing: the ledger's rules do, when a pledge is
// applied for.
func verdictOn(a *assetAnswer) Verdict {
	rep := a.Report
	var v Verdict
	add := func(tone, zhText, enText string) {
		v.Reasons = append(v.Reasons, Finding{tone, rights.Text{Zh: zhText, En: enText}})
	}
	if rep.Effective {
		add("good", "凭证现在有效。", "The certificate is effective now.")
	} else {
		add("bad", "凭证现在无效："+reasonOf(rep.Why).Zh, "The certificate is not effective: "+reasonOf(rep.Why).En)
	}
	holders := map[string]bool{}
	for _, r := range rep.Rights {
		name := term(aRight, string(r.Kind))
		if r.Effective {
			holders[r.HolderID] = true
			add("good", name.Zh+"现在有效。", name.En+" is effective now.")
		} else {
			add("bad", name.Zh+"现在无效："+reasonOf(r.Why).Zh, name.En+" is not effective: "+reasonOf(r.Why).En)
		}
	}
	if len(holders) > 1 {
		add("warn", "各项权利不在同一持有人名下。", "The rights are held by more than one holder.")
	}
	if !rep.LineageHealthy {
		add("bad", "至少一项权利所依据的上游权利或授权已经失效。", "Something at least one right rests on is no longer effective.")
	}
	seen := map[string]bool{}
	for _, b := range a.Encumbrances {
		key := string(b.Type) + b.RefID
		if seen[key] || b.To > 0 && b.To <= a.At {
			continue
		}
		seen[key] = true
		switch b.Type {
		case rights.EncFreeze:
			add("bad", "有查封冻结，解除前不得处分。", "There is a freeze: nothing may be done with it until it is lifted.")
		case rights.EncDispute:
			add("warn", "有未结的权属争议。", "A dispute over title is open.")
		case rights.EncObjection:
			add("warn", "有未决异议。", "An objection is open.")
		case rights.EncPledge:
			rank := number(b.Rank)
			add("warn", "已有第 "+rank+" 顺位质押；再质押须经在先质权人同意。", "A pledge of rank "+rank+" lies on it; another needs the consent of earlier pledgees.")
		case rights.EncExclusive:
			add("warn", "有独占许可在外。", "An exclusive licence is out.")
		default:
			name := term(anEncumbrance, string(b.Type))
			add("warn", "有权利负担："+name.Zh+"。", "There is an encumbrance: "+name.En+".")
		}
	}
	if len(seen) == 0 {
		add("good", "没有权利负担。", "There is no encumbrance.")
	}
	switch values := a.Values(); {
	case len(values) == 0:
		add("warn", "账本上没有价值评估，不能据以质押。", "There is no value evaluation on the ledger, so it cannot be pledged yet.")
	case !values[0].Effective.Now:
		add("warn", "没有在有效期内的价值评估。", "No value evaluation is in date.")
	default:
		add("good", "有在有效期内的价值评估。", "A value evaluation is in date.")
	}
	v.Tone = "good"
	for _, f := range v.Reasons {
		if f.Tone == "bad" || f.Tone == "warn" && v.Tone == "good" {
			v.Tone = f.Tone
		}
	}
	slices.SortStableFunc(v.Reasons, func(x, y Finding) int { return gravity(x.Tone) - gravity(y.Tone) })
	v.Short = map[string]rights.Text{
		"good": {Zh: "权利有效，未见负担、争议与措施。", En: "The rights are effective; no encumbrance, dispute or measure is seen."},
		"warn": {Zh: "权利有效，但有须逐项核对的事项。", En: "The rights are effective, with matters to look into."},
		"bad":  {Zh: "现在不能作为质押标的依赖。", En: "It cannot be relied on as security now."},
	}[v.Tone]
	return v
}

// gravity orders by how serious: bad, warn, wait, the rest.
func gravity(tone string) int {
	if i := slices.Index([]string{"bad", "warn", "wait"}, tone); i >= 0 {
		return i
	}
	return 3
}

func reasonOf(e *rights.Error) rights.Text {
	if e == nil {
		return rights.Text{}
	}
	return rights.Text{Zh: e.DetailZh, En: e.Detail}
}

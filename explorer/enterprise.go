package explorer

import (
	"cmp"
	"net/http"
	"slices"

	"github.com/datarights/datarights/chaincode/rights"
)

// enterpriseRoles are those who apply, hold, sell, buy, process and are told: everybody
// but the offices.
var enterpriseRoles = []rights.Role{rights.RoleEnterprise, rights.RoleVendor, rights.RoleDeveloper, rights.RoleOperating, rights.RoleThirdParty, rights.RoleSourceUnit, rights.RoleImplementing, rights.RoleMediator}

var enterprisePages = []WorkPage{
	{"", rights.Text{Zh: "概览", En: "Overview"}, (*request).enterpriseFront},
	{"assets", sectionTitles["assets"], section("assets")},
	{"cases", sectionTitles["cases"], section("cases")},
	{"market", sectionTitles["market"], section("market")},
	{"trades", sectionTitles["trades"], section("trades")},
	{"permits", sectionTitles["permits"], section("permits")},
	{"finance", sectionTitles["finance"], section("finance")},
	{"disputes", sectionTitles["disputes"], section("disputes")},
	{"demands", sectionTitles["demands"], section("demands")},
	{"keys", rights.Text{Zh: "密钥", En: "Keys"}, (*request).keys},
	{"register", rights.Text{}, (*request).register},
	{"records/{kind}/{id}", rights.Text{}, (*request).record},
}

// A heap is the visitor's records of one kind in one capacity; a section page shows
// several.
type heap struct {
	Title  rights.Text
	Kind   rights.Kind
	Filter string // of the collection, which takes the visitor's id; "": what the API shows it
	Empty  rights.Text
}

// sectionTitles are those pages' titles.
var sectionTitles = map[string]rights.Text{
	"assets":   {Zh: "资源与权利", En: "Rights"},
	"cases":    {Zh: "登记", En: "Registrations"},
	"market":   {Zh: "产品与挂牌", En: "Listings"},
	"trades":   {Zh: "交易", En: "Trades"},
	"permits":  {Zh: "使用许可", En: "Permits"},
	"finance":  {Zh: "融资", En: "Finance"},
	"disputes": {Zh: "异议与争议", En: "Disputes"},
	"demands":  {Zh: "需求", En: "Demands"},
}

// sections by the page they are on.
var sections = map[string][]heap{
	"assets": {
		{rights.Text{Zh: "权利", En: "Rights"}, rights.KindRight, "holder", rights.Text{Zh: "还没有登记的权利。", En: "No registered rights yet."}},
		{rights.Text{Zh: "登记凭证", En: "Certificates"}, rights.KindCertificate, "holder", rights.Text{Zh: "还没有凭证。", En: "No certificates yet."}},
		{rights.Text{Zh: "数据资源", En: "Data resources"}, rights.KindResource, "holder", rights.Text{Zh: "还没有编目的数据资源。", En: "No catalogued resources yet."}},
		{rights.Text{Zh: "托管给他人", En: "In others' custody"}, rights.KindCustody, "owner", rights.Text{}},
		{rights.Text{Zh: "受托保管", En: "In your custody"}, rights.KindCustody, "custodian", rights.Text{}},
		{rights.Text{Zh: "被授予的公共数据授权", En: "Grants to you"}, rights.KindGrant, "grantee", rights.Text{}},
		{rights.Text{Zh: "授出的公共数据授权", En: "Grants by you"}, rights.KindGrant, "authoriser", rights.Text{}},
		{rights.Text{Zh: "开发主体准入", En: "Admissions"}, rights.KindAdmission, "developer", rights.Text{}},
	},
	"cases": {
		{rights.Text{Zh: "登记案件", En: "Registration cases"}, rights.KindCase, "applicant", rights.Text{Zh: "没有登记案件。", En: "No registration cases."}},
	},
	"market": {
		{rights.Text{Zh: "数据产品", En: "Products"}, rights.KindProduct, "owner", rights.Text{Zh: "还没有数据产品。", En: "No products yet."}},
		{rights.Text{Zh: "挂牌", En: "Listings"}, rights.KindListing, "seller", rights.Text{Zh: "还没有挂牌。", En: "No listings yet."}},
		{rights.Text{Zh: "应用场景", En: "Scenarios"}, rights.KindScenario, "submitter", rights.Text{}},
	},
	"trades": {
		{rights.Text{Zh: "交易", En: "Trades"}, rights.KindTrade, "party", rights.Text{Zh: "没有交易。", En: "No trades."}},
		{rights.Text{Zh: "发出的交付", En: "Deliveries you make"}, rights.KindDelivery, "from", rights.Text{}},
		{rights.Text{Zh: "收到的交付", En: "Deliveries to you"}, rights.KindDelivery, "to", rights.Text{}},
		{rights.Text{Zh: "持有的副本", En: "Copies you hold"}, rights.KindCopy, "holder", rights.Text{}},
		{rights.Text{Zh: "应收结算", En: "Settlements to you"}, rights.KindSettlement, "payee", rights.Text{}},
	},
	"permits": {
		{rights.Text{Zh: "取得的使用许可", En: "Permits you have"}, rights.KindPermit, "permittee", rights.Text{Zh: "没有使用许可。", En: "No permits."}},
		{rights.Text{Zh: "授出的使用许可", En: "Permits you gave"}, rights.KindPermit, "grantor", rights.Text{}},
	},
	"finance": {
		{rights.Text{Zh: "委托的评估", En: "Evaluations you commissioned"}, rights.KindEvaluation, "client", rights.Text{Zh: "没有评估。", En: "No evaluations."}},
		{rights.Text{Zh: "承接的评估", En: "Evaluations you make"}, rights.KindEvaluation, "evaluator", rights.Text{}},
		{rights.Text{Zh: "入表记录", En: "Accounting records"}, rights.KindAccounting, "enterprise", rights.Text{}},
		{rights.Text{Zh: "质押", En: "Pledges"}, rights.KindPledge, "pledgor", rights.Text{Zh: "没有质押。", En: "No pledges."}},
		{rights.Text{Zh: "提供的担保", En: "Guarantees you give"}, rights.KindGuarantee, "guarantor", rights.Text{}},
	},
	"disputes": {
		{rights.Text{Zh: "异议", En: "Objections"}, rights.KindObjection, "", rights.Text{Zh: "没有异议。", En: "No objections."}},
		{rights.Text{Zh: "提出的争议", En: "Disputes you filed"}, rights.KindDispute, "claimant", rights.Text{Zh: "没有提出争议。", En: "You filed no disputes."}},
		{rights.Text{Zh: "被提起的争议", En: "Disputes against you"}, rights.KindDispute, "respondent", rights.Text{}},
		{rights.Text{Zh: "监管措施", En: "Supervisory measures"}, rights.KindMeasure, "subject", rights.Text{}},
		{rights.Text{Zh: "告知您的风险预警", En: "Alerts you were told of"}, rights.KindAlert, "subject", rights.Text{Zh: "没有告知您的预警。", En: "No alerts you were told of."}},
	},
	"demands": {
		{rights.Text{Zh: "发布的需求", En: "Demands you posted"}, rights.KindDemand, "buyer", rights.Text{Zh: "没有发布过需求。", En: "No demands."}},
	},
}

// sectionOrder is that of the pages.
var sectionOrder = []string{"assets", "cases", "market", "trades", "permits", "finance", "disputes", "demands"}

// beginnings are what one may start on a section's page.
var beginnings = map[string][]string{
	"demands": {"demand.post"},
	"market":  {"product.create", "scenario.submit"},
	"permits": {"permit.request"},
}

// Pile is a heap with what is in it.
type Pile struct {
	heap
	Matters []Matter
	Next    string
}

type sectionView struct {
	Title  rights.Text
	Name   string
	Piles  []Pile
	Begins []Act
}

func section(name string) func(*request) error {
	return func(q *request) error {
		v := sectionView{Name: name, Title: sectionTitles[name]}
		for i, h := range sections[name] {
			pile, err := q.pile(h, name+string(rune('a'+i)))
			if err != nil {
				return err
			}
			if len(pile.Matters) > 0 || h.Empty.Zh != "" {
				v.Piles = append(v.Piles, pile)
			}
		}
		for _, command := range beginnings[name] {
			v.Begins = append(v.Begins, newAct(command, doing(command, "back", "/enterprise/"+name)))
		}
		return q.render(http.StatusOK, "enterprise-section", "my", v)
	}
}

// pile reads a page of the visitor's records of a heap; what the API keeps from it is
// not there.
func (q *request) pile(h heap, cursor string) (Pile, error) {
	items, next, err := listed[anyRecord](q, collectionFor[h.Kind], cursor, h.of(q)...)
	if notShown(err) {
		return Pile{heap: h}, nil
	}
	if err != nil {
		return Pile{}, err
	}
	return Pile{h, q.matters(h, items), next}, nil
}

// of is the filter that finds a heap.
func (h heap) of(q *request) []string {
	if h.Filter == "" {
		return nil
	}
	return []string{h.Filter, q.who.ParticipantID}
}

// wholePages bounds what the overview reads of a heap, in long pages: more than that is
// work for a program.
const wholePages = 5

// wholePile reads all of a heap, as far as that, and says whether it is all.
func (q *request) wholePile(h heap) (matters []Matter, all bool, err error) {
	items, err := firstPages[anyRecord](q, wholePages, collectionFor[h.Kind], h.of(q)...)
	if notShown(err) {
		return nil, true, nil
	}
	return q.matters(h, items), len(items) < longPage*wholePages, err
}

// matters are the records of a heap as their party sees them.
func (q *request) matters(h heap, items []Seen[anyRecord]) []Matter {
	var list []Matter
	for _, item := range items {
		m := q.matterOf(h.Kind, item.Raw)
		if h.Filter == "" && len(q.capacities(h.Kind, item.Raw)) == 0 && !q.concerns(h.Kind, &m.Facts) {
			continue
		}
		if h.Kind == rights.KindRight && item.Effective != nil && !item.Effective.Now {
			m.Notes = append(m.Notes, rights.Text{Zh: "现在无效：" + item.Effective.Why.Zh, En: "Not effective now: " + item.Effective.Why.En})
		}
		for _, e := range m.Facts.Encumbrances {
			t := term(anEncumbrance, string(e.Type))
			m.Notes = append(m.Notes, rights.Text{Zh: "权利负担：" + t.Zh, En: "Encumbered: " + t.En})
		}
		list = append(list, m)
	}
	return list
}

// anyRecord is a record that is read as it is.
type anyRecord struct{}

// concerns says that a record is about something of the visitor's, although it does
// not name it.
func (q *request) concerns(kind rights.Kind, f *face) bool {
	if kind != rights.KindObjection || f.CaseID == "" {
		return false
	}
	c, _, err := load[rights.Case](q, rights.KindCase, f.CaseID)
	return err == nil && slices.Contains(c.ApplicantIDs, q.who.ParticipantID)
}

// enterpriseView is what an enterprise sees first: what is due, and what it has.
type enterpriseView struct {
	Mine    []Matter // to be done by the visitor, the most urgent first
	Waiting []Matter // for others, or for a day
	Near    []Matter // permits of which little is left
	Counts  []count
	Self    *rights.Participant
}

type count struct {
	Title rights.Text
	Href  string
	N     int
	More  bool // than are counted
}

// maxWaiting bounds what the overview lists of what is not the visitor's to do.
const maxWaiting = 15

func (q *request) enterpriseFront() error {
	var v enterpriseView
	if p, _, err := load[rights.Participant](q, rights.KindParticipant, q.who.ParticipantID); err == nil {
		v.Self = p
	}
	seen := map[string]bool{}
	for _, name := range sectionOrder {
		c := count{Href: "/enterprise/" + name, Title: sectionTitles[name]}
		for _, h := range sections[name] {
			matters, all, err := q.wholePile(h)
			if err != nil {
				return err
			}
			c.N += len(matters)
			c.More = c.More || !all
			for _, m := range matters {
				if seen[m.ID] {
					continue
				}
				seen[m.ID] = true
				if slices.ContainsFunc(m.Quotas, Quota.Near) && m.State == string(rights.StateActive) {
					v.Near = append(v.Near, m)
				}
				switch {
				case m.Due == nil:
				case m.Due.Mine:
					v.Mine = append(v.Mine, m)
				case h.Kind == rights.KindRight && m.Due.At-q.now > renewFrom:
				default:
					v.Waiting = append(v.Waiting, m)
				}
			}
		}
		v.Counts = append(v.Counts, c)
	}
	urgency := func(a, b Matter) int {
		at := func(m Matter) rights.UnixSec {
			if m.Due.At == 0 {
				return 1 << 40
			}
			return m.Due.At
		}
		return cmp.Compare(at(a), at(b))
	}
	slices.SortStableFunc(v.Mine, urgency)
	slices.SortStableFunc(v.Waiting, urgency)
	v.Waiting = v.Waiting[:min(len(v.Waiting), maxWaiting)]
	return q.render(http.StatusOK, "enterprise", "my", v)
}

// keysView is the visitor's own keys.
type keysView struct {
	Self    *rights.Participant
	Present string // the key that is signed in
	Next    string
}

func (q *request) keys() error {
	p, _, err := load[rights.Participant](q, rights.KindParticipant, q.who.ParticipantID)
	if err != nil {
		return err
	}
	return q.render(http.StatusOK, "enterprise-keys", "my", keysView{p, q.who.Kid, rights.KeyID(p.USCC, len(p.Keys)+1)})
}

// registerView is how to register a new resource: what is made where.
type registerView struct {
	Self       *rights.Participant
	Registrars []Party
	Gateway    string
	Resources  []Matter // catalogued already
}

func (q *request) register() error {
	v := registerView{Gateway: q.PublicURL}
	if v.Gateway == "" {
		scheme := "http://"
		if q.r.TLS != nil {
			scheme = "https://"
		}
		v.Gateway = scheme + q.r.Host
	}
	var err error
	if v.Self, _, err = load[rights.Participant](q, rights.KindParticipant, q.who.ParticipantID); err != nil {
		return err
	}
	offices, _, err := listed[rights.Participant](q, "participants", "", "role", string(rights.RoleRegistrar), "state", string(rights.StateActive))
	if err != nil {
		return err
	}
	for _, o := range offices {
		v.Registrars = append(v.Registrars, q.party(o.Record.USCC))
	}
	pile, err := q.pile(heap{Kind: rights.KindResource, Filter: "holder"}, "")
	if err != nil {
		return err
	}
	v.Resources = pile.Matters
	return q.render(http.StatusOK, "enterprise-register", "my", v)
}

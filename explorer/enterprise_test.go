package explorer

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"net/url"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"github.com/datarights/datarights/chaincode/command"
	"github.com/datarights/datarights/chaincode/rights"
	"github.com/datarights/datarights/client"
)

const me = "91320903MA0A00022Y"

// seen is a record as the API answers it.
func seen(t *testing.T, record any) map[string]any {
	t.Helper()
	raw, err := json.Marshal(record)
	if err != nil {
		t.Fatal(err)
	}
	m := map[string]any{}
	if err := json.Unmarshal(raw, &m); err != nil {
		t.Fatal(err)
	}
	m["ledger"] = map[string]any{"block": 7, "txId": strings.Repeat("ab", 32)}
	return m
}

// shelve puts records where the fake API finds them: one by one and as a collection.
func (f *fakeAPI) shelve(kind rights.Kind, records ...any) {
	f.t.Helper()
	var items []any
	for _, r := range records {
		m := seen(f.t, r)
		items = append(items, m)
		f.records["/v1/"+collectionFor[kind]+"/"+m["id"].(string)] = m
	}
	f.records["/v1/"+collectionFor[kind]] = map[string]any{"items": items}
}

// enterprise is a site whose visitor has something of every kind.
func enterprise(t *testing.T) *siteUnderTest {
	t.Helper()
	s := signedSite(t)
	now := sampleNow
	id := func(kind string) string { return kind + "-320903-20261123-0a1b2c3d4e5f-01" }
	hd := func(kind rights.Kind, state rights.State) rights.Head {
		return head(kind, id(string(kind)), 2, state, now, visitorKid)
	}
	other := "91320902MA0A00030B"
	for kind := range collectionFor {
		s.api.shelve(kind)
	}
	s.api.records["/v1/participants"] = map[string]any{"items": []any{seen(t, &rights.Participant{USCC: "91320900MA0A00073U"})}}
	s.api.shelve(rights.KindCase, &rights.Case{Head: hd(rights.KindCase, rights.StateCorrectionRequired), RegType: "RegFirst", ApplicantIDs: []string{me}, ObjectName: "补正的数据",
		CorrectionDueAt: now.Unix() + 3600, CorrectionList: []string{"补交来源协议"}})
	s.api.shelve(rights.KindTrade, &rights.Trade{Head: hd(rights.KindTrade, rights.StateNegotiating), BuyerID: other, SellerID: me, ProductName: "风功率数据", TermsHash: "sm3:" + hex64("terms"), TermsVersion: 3})
	s.api.shelve(rights.KindPermit, &rights.Permit{Head: hd(rights.KindPermit, rights.StateActive), PermitteeID: me, GrantorID: other, ValidTo: now.Unix() + 86400*9,
		Units: []rights.Amount{{Unit: "Calls", Qty: 1000}}, Used: []rights.Amount{{Unit: "Calls", Qty: 873}}})
	s.api.shelve(rights.KindObjection, &rights.Objection{Head: hd(rights.KindObjection, rights.StateObjNotified), HolderID: me, ObjectorID: other, DueAt: now.Unix() + 60, CertNo: "SJ3212026110001"})
	s.api.shelve(rights.KindDelivery, &rights.Delivery{Head: hd(rights.KindDelivery, rights.StateSent), FromID: other, ToID: me})
	s.api.shelve(rights.KindAlert, &rights.Alert{Head: hd(rights.KindAlert, "Investigating"), RuleCode: "AL-RESALE-MATCH", SubjectIDs: []string{me}, HearingDueAt: now.Unix() - 60})
	s.api.shelve(rights.KindRight, &rights.Right{Head: hd(rights.KindRight, rights.StateActive), HolderID: me, ObjectName: "电力数据", ValidTo: now.Unix() + 86400*40,
		Encumbrances: []rights.Encumbrance{{Type: rights.EncPledge, RefID: "PL-1", ByID: other}}})
	s.api.shelve(rights.KindDemand, &rights.Demand{Head: hd(rights.KindDemand, rights.StateOpen), BuyerID: me, Title: "求购", ValidTo: now.Unix() + 86400, IndustryCode: "D44"})
	s.signIn()
	return s
}

func TestOverviewSaysWhatIsDue(t *testing.T) {
	s := enterprise(t)
	page := s.do("GET", "/enterprise", nil).Body.String()
	got := text(t, []byte(page))
	for _, want := range []string{"请补正材料：补交来源协议", "请提出或签署条款", "请答复异议", "请签收交付", "请就预警陈述意见", "873 / 1,000", "将尽", "使用许可到期"} {
		if !strings.Contains(got, want) {
			t.Errorf("the overview does not say %q:\n%s", want, got)
		}
	}
	order := []string{"请就预警陈述意见", "请答复异议", "请补正材料"} // by their days
	at := -1
	for _, w := range order {
		if i := strings.Index(got, w); i < at {
			t.Errorf("%q comes before what is more urgent", w)
		} else {
			at = i
		}
	}
	if !regexp.MustCompile(`<meter [^>]*max="1000"[^>]*value="873"`).MatchString(page) {
		t.Error("no meter shows the quota")
	}
	for _, link := range []string{"/do/registration.resubmit?back=", "/do/trade.sign?back=", "/do/objection.contest?", "/do/delivery.receive?", "/do/alert.hear?"} {
		if !strings.Contains(page, link) {
			t.Errorf("nothing leads to %s", link)
		}
	}
	for _, link := range []string{"/do/registration.accept", "/do/trade.accept?", "/do/objection.conclude", "/do/permit.approve"} {
		if strings.Contains(page, link) {
			t.Errorf("a link leads to %s, which is not the visitor's or not now", link)
		}
	}
}

// What is due is found however much lies before it.
func TestOverviewReadsEveryPage(t *testing.T) {
	s := enterprise(t)
	newest := &rights.Case{Head: head(rights.KindCase, "RG-320903-20261124-0a1b2c3d4e5f-02", 1, rights.StateSubmitted, sampleNow, visitorKid), ApplicantIDs: []string{me}, ObjectName: "新提交的数据"}
	s.api.records["/v1/registrations?cursor=older"] = s.api.records["/v1/registrations"]
	s.api.records["/v1/registrations"] = map[string]any{"items": []any{seen(t, newest)}, "next": "older"}
	page := s.do("GET", "/enterprise", nil).Body.String()
	if got := text(t, []byte(page)); !strings.Contains(got, "请补正材料：补交来源协议") {
		t.Errorf("what is due on the second page is not said:\n%s", got)
	}
	if !regexp.MustCompile(`href="/enterprise/cases"><strong>2</strong>`).MatchString(page) {
		t.Error("not both cases are counted")
	}
	// A ledger that never ends its list does not hold the page for ever, and is not counted as known.
	s.api.records["/v1/registrations?cursor=older"] = s.api.records["/v1/registrations"]
	many := make([]any, 200)
	for i := range many {
		c := *newest
		c.ID = fmt.Sprintf("RG-320903-20261124-0a1b2c3d4e5f-%02d", i)
		many[i] = seen(t, &c)
	}
	endless := map[string]any{"items": many, "next": "older"}
	s.api.records["/v1/registrations"], s.api.records["/v1/registrations?cursor=older"] = endless, endless
	if page := s.do("GET", "/enterprise", nil).Body.String(); !strings.Contains(page, `href="/enterprise/cases"><strong>1000+</strong>`) {
		t.Error("more than can be counted is not shown as more")
	}
}

// Both sides see what fits and why, as the API weighs it.
func TestFits(t *testing.T) {
	s := enterprise(t)
	const listing, matched = "LS-320903-20261120-aaaaaaaaaaaa-01", "LS-320903-20261120-bbbbbbbbbbbb-01"
	demand := rights.Demand{Head: head(rights.KindDemand, "DM-320903-20261123-0a1b2c3d4e5f-09", 1, rights.StateOpen, sampleNow, visitorKid), BuyerID: me, Title: "求购", MatchedListingIDs: []string{matched}}
	s.api.shelve(rights.KindDemand, &demand)
	fit := func(listing, title string) map[string]any {
		return map[string]any{"demandId": demand.ID, "listingId": listing, "buyerId": me, "sellerId": energy, "title": title, "score": 85, "fits": true, "reasons": []any{
			map[string]any{"aspect": "industry", "verdict": "fits", "points": 25, "of": 25, "zh": "行业相同", "en": "the same industry"},
			map[string]any{"aspect": "words", "verdict": "unknown", "points": 0, "of": 10, "zh": "没有共同的词", "en": "no word in common"}}}
	}
	s.api.records["/v1/demands/"+demand.ID+"/matches"] = map[string]any{"items": []any{fit(listing, "风功率 <b>数据</b>"), fit(matched, "已撮合的")}}
	page := s.do("GET", "/enterprise/records/DM/"+demand.ID, nil).Body.String()
	got := text(t, []byte(page))
	for _, want := range []string{"风功率 <b>数据</b>", "相合 85%", "行业相同"} {
		if !strings.Contains(got, want) {
			t.Errorf("the demand's page does not say %q", want)
		}
	}
	if strings.Contains(got, "没有共同的词") || strings.Contains(got, "已撮合的") || !strings.Contains(page, "listingIds="+listing) {
		t.Error("it says what does not speak for it, what is matched already, or leads nowhere")
	}

	offer := rights.Listing{Head: head(rights.KindListing, listing, 1, rights.StateListed, sampleNow, visitorKid), SellerID: me, ProductName: "风功率"}
	s.api.shelve(rights.KindListing, &offer)
	s.api.records["/v1/listings/"+listing+"/demands"] = map[string]any{"items": []any{fit(listing, "求购风功率")}}
	if got := text(t, s.do("GET", "/enterprise/records/LS/"+listing, nil).Body.Bytes()); !strings.Contains(got, "符合的需求") || !strings.Contains(got, "求购风功率") {
		t.Errorf("the listing's page does not say which demands fit:\n%s", got)
	}
}

func TestActsAreOfStateAndCapacity(t *testing.T) {
	s := enterprise(t)
	for path, want := range map[string][2][]string{
		"RG": {{"registration.resubmit", "registration.withdraw"}, {"registration.accept", "registration.lapse", "registration.supplement"}},
		"TR": {{"trade.proposeTerms", "trade.sign", "trade.withdraw"}, {"trade.accept", "trade.confirmContract", "dispute.file"}},
		"UP": {nil, {"permit.revoke", "permit.suspend", "permit.closeOut"}},
		"DL": {{"delivery.receive"}, {"delivery.send", "delivery.accept"}},
		"RT": {{"listing.submit", "pledge.apply", "registration.submit"}, {"right.suspend", "right.expire"}},
		"DM": {{"demand.match", "demand.close"}, {"demand.expire"}},
	} {
		w := s.do("GET", "/enterprise/records/"+path+"/"+path+"-320903-20261123-0a1b2c3d4e5f-01", nil)
		if w.Code != http.StatusOK {
			t.Errorf("%s: %d", path, w.Code)
			continue
		}
		for i, commands := range want {
			for _, c := range commands {
				if got := strings.Contains(w.Body.String(), "/do/"+c+"?"); got != (i == 0) {
					t.Errorf("%s: a link to %s is %v", path, c, got)
				}
			}
		}
	}
	page := s.do("GET", "/enterprise/records/TR/TR-320903-20261123-0a1b2c3d4e5f-01", nil).Body.String()
	if !strings.Contains(page, "termsHash=sm3%3A"+hex64("terms")) || !strings.Contains(page, "version=4") {
		t.Error("what the record says of the command is not filled in")
	}
}

// What is another's is what the API keeps: the page has nothing of it.
func TestOthersRecordsAreNotShown(t *testing.T) {
	s := enterprise(t)
	for _, path := range []string{"/enterprise/records/RG/RG-320903-20261123-0a1b2c3d4e5f-99", "/enterprise/records/XX/1", "/enterprise/records/RG/..%2f..%2fsessions", "/enterprise/records/RG/" + url.PathEscape(hostile[:len(hostile)-1])} {
		if w := s.do("GET", path, nil); w.Code != http.StatusNotFound {
			t.Errorf("%s: %d", path, w.Code)
		}
	}
	const theirs = "TR-320903-20261123-0a1b2c3d4e5f-77"
	s.api.records["/v1/trades/"+theirs] = seen(t, &rights.Trade{Head: head(rights.KindTrade, theirs, 1, rights.StateNegotiating, sampleNow, visitorKid), BuyerID: "91320902MA0A00030B", SellerID: "91320900MA0A00014Q"})
	if w := s.do("GET", "/enterprise/records/TR/"+theirs, nil); strings.Contains(w.Body.String(), "/do/") {
		t.Error("who is no party may act")
	}
	s.api.open = false
	if w := s.do("GET", "/enterprise/trades", nil); w.Code != http.StatusSeeOther || !strings.HasPrefix(w.Header().Get("Location"), "/sign-in?to=%2Fenterprise%2Ftrades") {
		t.Errorf("a session that is over: %d", w.Code)
	}
}

// Hostile and foreign text in every member of every kind of record stays text.
func TestHostileRecordsInTheWorkplace(t *testing.T) {
	s := enterprise(t)
	for _, name := range []string{hostile, "شركة البيانات", "🐼数据🧑‍🌾", strings.Repeat("长", 5000), ""} {
		for kind, record := range map[rights.Kind]any{
			rights.KindCase: new(rights.Case), rights.KindTrade: new(rights.Trade), rights.KindPermit: new(rights.Permit), rights.KindObjection: new(rights.Objection), rights.KindDelivery: new(rights.Delivery),
			rights.KindAlert: new(rights.Alert), rights.KindRight: new(rights.Right), rights.KindDemand: new(rights.Demand), rights.KindListing: new(rights.Listing), rights.KindPledge: new(rights.Pledge),
			rights.KindGrant: new(rights.Grant), rights.KindDispute: new(rights.Dispute), rights.KindSettlement: new(rights.Settlement), rights.KindMeasure: new(rights.Measure), rights.KindEvaluation: new(rights.Evaluation),
		} {
			if name == hostile {
				poison(reflect.ValueOf(record).Elem())
			}
			m := seen(t, record)
			for k, v := range m {
				if _, is := v.(string); is && name != hostile {
					m[k] = name
				}
			}
			id := string(kind) + "-1"
			m["id"] = id
			for _, r := range relatedBy[kind] { // it is the visitor's
				if _, list := m[r.member].([]any); list {
					m[r.member] = []any{me}
				} else if !strings.Contains(r.member, ".") {
					m[r.member] = me
				}
			}
			s.api.records["/v1/"+collectionFor[kind]+"/"+id] = m
			s.api.records["/v1/"+collectionFor[kind]] = map[string]any{"items": []any{m}}
			for _, path := range []string{"/enterprise/records/" + string(kind) + "/" + id, "/enterprise/records/" + string(kind) + "/" + id + "?lang=en"} {
				w := s.do("GET", path, nil)
				if w.Code != http.StatusOK {
					t.Errorf("%s of %.20q: %d", path, name, w.Code)
				}
				checkMarkup(t, path, w.Body.Bytes(), "meter", "fieldset", "legend", "textarea")
			}
		}
		for _, p := range enterprisePages {
			if strings.Contains(p.Path, "{") {
				continue
			}
			w := s.do("GET", "/enterprise/"+p.Path, nil)
			if p.Path == "" {
				w = s.do("GET", "/enterprise", nil)
			}
			if w.Code != http.StatusOK {
				t.Errorf("/enterprise/%s with %.20q: %d", p.Path, name, w.Code)
			}
			checkMarkup(t, p.Path, w.Body.Bytes(), "meter", "fieldset", "legend", "textarea")
		}
	}
}

// Hostile text in every field of every form, from the address and as sent, stays text.
func TestHostileForms(t *testing.T) {
	s := signedSite(t)
	s.signIn()
	for _, spec := range rights.Commands() {
		sent, query := url.Values{"step": {"prepare"}, "back": {hostile}, "more": {hostile}, "fixed": {hostile}}, url.Values{"back": {hostile}}
		inputs := inputsOf(zh, spec)
		each(inputs, func(in *Input) {
			if in.Manner == someRows {
				in.addRow()
			}
			sent.Add("b."+in.Name, hostile)
			sent.Add("fixed", in.Name)
			query.Set(in.Name, hostile)
		})
		sent.Set("b."+hostile, hostile)
		sent.Set("b.evidence.999999999999.hash", hostile)
		for _, prepare := range []bool{true, false} {
			if !prepare {
				sent.Del("more")
			}
			w := s.do("POST", "/do/"+spec.Name, sent)
			if w.Code >= 500 {
				t.Errorf("%s: %d", spec.Name, w.Code)
			}
			checkMarkup(t, spec.Name, w.Body.Bytes(), "fieldset", "legend", "textarea")
		}
		w := s.do("GET", "/do/"+spec.Name+"?"+query.Encode(), nil)
		if w.Code != http.StatusOK {
			t.Errorf("%s filled in by its address: %d", spec.Name, w.Code)
		}
		checkMarkup(t, spec.Name, w.Body.Bytes(), "fieldset", "legend", "textarea")
	}
}

func TestRowsGrowAndShrink(t *testing.T) {
	s := signedSite(t)
	s.signIn()
	paper := url.Values{"b.caseId": {"RG-320903-20261123-0a1b2c3d4e5f-01"}, "fixed": {"caseId"}, "b.evidence.0.docType": {"DocForm"}, "b.evidence.0.hash": {"sm3:" + hex64("a")}}
	more := url.Values{"step": {"prepare"}, "more": {"evidence"}}
	for k, v := range paper {
		more[k] = v
	}
	page := s.do("POST", "/do/registration.resubmit", more).Body.String()
	if !strings.Contains(page, `name="b.evidence.1.hash"`) || !strings.Contains(page, "sm3:"+hex64("a")) || strings.Contains(page, "请填写") {
		t.Error("asking for another row loses something or complains")
	}
	paper.Set("step", "prepare")
	paper.Set("b.evidence.3.docType", "DocSource") // rows between are empty
	paper.Set("b.evidence.3.hash", "sm3:"+hex64("b"))
	page = s.do("POST", "/do/registration.resubmit", paper).Body.String()
	_, p, err := readInput(inputOf(t, page))
	if err != nil {
		t.Fatal(err)
	}
	var body struct {
		CaseID   string
		Evidence []rights.Evidence
	}
	if err := json.Unmarshal(p.Body, &body); err != nil || len(body.Evidence) != 2 || body.Evidence[1].DocType != "DocSource" || body.CaseID == "" {
		t.Errorf("the body is %s (%v)", p.Body, err)
	}
	if got := text(t, []byte(page)); !strings.Contains(got, "来源合法证明") || !strings.Contains(got, "DocSource") {
		t.Error("the page does not say in words what will be signed")
	}
	paper.Set("b.evidence.3.hash", "")
	if w := s.do("POST", "/do/registration.resubmit", paper); w.Code != http.StatusUnprocessableEntity || !strings.Contains(w.Body.String(), `href="#b.evidence.1.hash"`) {
		t.Errorf("a row without its hash: %d", w.Code)
	}
}

// A gateway that must not see a secret takes none; one that keeps it makes the
// commitment, and hands in exactly the bytes that it showed.
func TestSecrets(t *testing.T) {
	form := url.Values{"step": {"prepare"}, "b.tradeId": {"TR-320903-20261123-0a1b2c3d4e5f-01"}, "b.version": {"1"}, "b.termsHash": {"sm3:" + hex64("terms")},
		"b.secret.amountFen": {"1200.50"}, "b.secret.lines.0.payeeId": {me}, "b.secret.lines.0.role": {"Seller"}, "b.secret.lines.0.bps": {"10000"}}
	s := signedSite(t)
	s.signIn()
	page := s.do("GET", "/do/trade.proposeTerms", nil)
	if strings.Contains(page.Body.String(), "b.secret.") || !strings.Contains(page.Body.String(), "本网关所属机构不得接触") || !strings.Contains(page.Body.String(), "datarights secret make") {
		t.Error("a gateway outside the collection asks for the secret")
	}
	if w := s.do("POST", "/do/trade.proposeTerms", form); w.Code != http.StatusForbidden || strings.Contains(w.Body.String(), "1200.50") {
		t.Errorf("a gateway outside the collection takes the secret: %d", w.Code)
	}

	s = memberSite(t, rights.FunctionTrading)
	w := s.do("POST", "/do/trade.proposeTerms", form)
	if w.Code != http.StatusOK || w.Header().Get("Cache-Control") != "no-store" {
		t.Fatalf("%d, kept as %q: %s", w.Code, w.Header().Get("Cache-Control"), w.Body)
	}
	input := inputOf(t, w.Body.String())
	carried := regexp.MustCompile(`name="secret" value="([^"]*)"`).FindStringSubmatch(w.Body.String())[1]
	secret, err := base64.RawURLEncoding.DecodeString(carried)
	if err != nil {
		t.Fatal(err)
	}
	_, p, err := readInput(input)
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(p.Body), "amountFen") || commitmentIn(p.Body, "termsCommitment") != rights.Commit(secret) {
		t.Errorf("the command is %s", p.Body)
	}
	var terms rights.TradeTerms
	if err := command.DecodeInto(secret, &terms); err != nil || terms.AmountFen != 120050 || len(terms.Lines) != 1 || terms.Lines[0].Bps != 10000 || len(terms.Salt) < 22 {
		t.Errorf("the secret is %s (%v)", secret, err)
	}
	if !strings.Contains(text(t, w.Body.Bytes()), "1200.50 元") {
		t.Error("the page does not say the amount")
	}
	send := url.Values{"step": {"send"}, "input": {input}, "signature": {s.sign(input)}, "secret": {carried}}
	other := url.Values{"step": {"send"}, "input": {input}, "signature": {s.sign(input)}, "secret": {base64.RawURLEncoding.EncodeToString([]byte(`{"salt":"x"}`))}}
	for _, wrong := range []url.Values{other, {"step": {"send"}, "input": {input}, "signature": {s.sign(input)}}} {
		if w := s.do("POST", "/do/trade.proposeTerms", wrong); w.Code != http.StatusBadRequest || len(s.api.submitted) > 0 {
			t.Errorf("another secret was handed in: %d", w.Code)
		}
	}
	if w := s.do("POST", "/do/trade.proposeTerms", send); w.Code != http.StatusSeeOther {
		t.Fatalf("%d: %s", w.Code, w.Body)
	}
	_, params, err := mime.ParseMediaType(s.api.mediaType)
	if err != nil {
		t.Fatal(err)
	}
	parts := map[string]string{}
	for r := multipart.NewReader(strings.NewReader(string(s.api.submitted[0])), params["boundary"]); ; {
		part, err := r.NextPart()
		if err != nil {
			break
		}
		b, _ := io.ReadAll(part)
		parts[part.FormName()] = string(b)
	}
	if parts["secret"] != string(secret) || !strings.HasPrefix(parts["command"], input+".") {
		t.Errorf("handed in: %v", parts)
	}
	if w := s.do("POST", "/do/trade.proposeTerms", url.Values{"step": {"edit"}, "input": {input}, "secret": {carried}}); !strings.Contains(w.Body.String(), `value="1200.50"`) {
		t.Error("changing it begins from nothing")
	}
	if bank := memberSite(t, rights.FunctionFinance); !strings.Contains(bank.do("GET", "/do/pledge.apply", nil).Body.String(), "b.secret.principalFen") || strings.Contains(bank.do("GET", "/do/trade.proposeTerms", nil).Body.String(), "b.secret.") {
		t.Error("a bank takes its pledges' amounts and nothing else")
	}
}

// memberSite is the site of an organisation of that function.
func memberSite(t *testing.T, function rights.Function) *siteUnderTest {
	t.Helper()
	key, err := client.GenerateKey()
	if err != nil {
		t.Fatal(err)
	}
	api := &fakeAPI{t: t, key: key, roles: []rights.Role{rights.RoleEnterprise}, records: map[string]any{}}
	f := sample(5)
	f.append(sampleNow, sent{kind: "founding", msp: "MemberMSP", puts: []put{{rights.KindOrganisation, "MemberMSP", &rights.Organisation{Head: head(rights.KindOrganisation, "MemberMSP", 1, "", sampleNow, "x"), MSPID: "MemberMSP", Function: function}}}})
	o := sampleOptions(f)
	o.API, o.Organisation.MSPID = api, "MemberMSP"
	s := &siteUnderTest{t, handler(t, o), api, map[string]string{}}
	s.signIn()
	return s
}

func TestKeysPage(t *testing.T) {
	s := enterprise(t)
	got := text(t, s.do("GET", "/enterprise/keys", nil).Body.Bytes())
	for _, want := range []string{visitorKid, "正在使用", "更换现在这把密钥", "下一把密钥的编号是"} {
		if !strings.Contains(got, want) {
			t.Errorf("the page of keys does not say %q", want)
		}
	}
	if page := s.do("GET", "/do/participant.rotateKey", nil).Body.String(); !strings.Contains(page, "datarights-rotate-key-v1") || !strings.Contains(page, me+"#") {
		t.Error("rotating a key does not say what the new key signs")
	}
}

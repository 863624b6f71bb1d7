package api

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/datarights/datarights/chaincode/rights"
	"github.com/datarights/datarights/gateway/index"
	"github.com/datarights/datarights/gateway/outcome"
)

// reads are requests of every GET under /v1 that must succeed for the public.
var reads = []string{
	"/v1/participants", "/v1/participants?role=RoleEnterprise&state=Active&q=盐城&limit=1", "/v1/participants/" + weather.id, "/v1/participants/" + weather.id + "/history",
	"/v1/resources", "/v1/resources?holder=" + weather.id + "&subjectClass=SubjectEnterprise&industry=M74&matchTag=" + sm3("tag"), "/v1/resources/" + resourceID, "/v1/resources/" + resourceID + "/history",
	"/v1/registrations", "/v1/registrations?applicant=" + weather.id + "&regType=RegFirst&object=" + resourceID + "&registrar=" + theRegistrar.id, "/v1/registrations/" + caseNotice, "/v1/registrations/" + caseNotice + "/history",
	"/v1/rights", "/v1/rights?object=" + resourceID + "&holder=" + weather.id + "&kind=RightHolding&state=Active&certNo=" + certNo + "&q=气象", "/v1/rights/" + rightID, "/v1/rights/" + rightID + "/history",
	"/v1/certificates", "/v1/certificates?prefix=SJ321202611&case=" + caseDone, "/v1/certificates/" + certNo, "/v1/certificates/" + certNo + "/history",
	"/v1/certificates/" + certNo + "/verify", "/v1/certificates/" + certNo + "/verify?hash=" + sm3("evidence"), "/v1/certificates/SJ3212026119999/verify",
	"/v1/parameters", "/v1/parameters?type=profile&code=DRWG", "/v1/parameters?type=calendar&year=2026", "/v1/parameters?type=calendar&code=DRWG", "/v1/parameters/DRWG@1", "/v1/parameters/2026@1", "/v1/parameters/DRWG@1/history",
	"/v1/notices", "/v1/notices?registrar=" + theRegistrar.id, "/v1/notices/" + caseNotice, "/v1/notices/" + caseDone,
	"/v1/search?q=气象", "/v1/search?q=" + certNo,
	"/v1/blocks", "/v1/blocks?limit=2", "/v1/blocks/3", "/v1/transactions", "/v1/transactions/" + firstTx,
	"/v1/index/digest", "/v1/index/digest?height=3", "/v1/stats", "/v1/network",
}

// firstTx is the transaction of the world's first record.
var firstTx = strings.Repeat("0", 60) + "a000"

func TestReads(t *testing.T) {
	w := newWorld(t)
	for _, target := range reads {
		t.Run(target, func(t *testing.T) {
			w := &world{t: t, index: w.index, h: w.h}
			r := w.get(target).want(http.StatusOK)
			etag := r.Header().Get("ETag")
			if etag == "" || strings.HasPrefix(etag, "W/") {
				t.Errorf("ETag %q is not strong", etag)
			}
			if got := r.Header().Get("Ledger-Height"); got != strconv.FormatUint(w.index.Status().Height, 10) {
				t.Errorf("Ledger-Height %s", got)
			}
			if got := w.get(target, "If-None-Match", `"other", W/`+etag); got.Code != http.StatusNotModified || got.Body.Len() != 0 {
				t.Errorf("If-None-Match with the tag answers %d with %d bytes", got.Code, got.Body.Len())
			}
			w.get(target, "If-None-Match", `"other"`).want(http.StatusOK)
			if head := w.do(http.MethodHead, target, nil); head.Code != http.StatusOK || head.Header().Get("ETag") != etag {
				t.Errorf("HEAD answers %d, ETag %s", head.Code, head.Header().Get("ETag"))
			}
			sep := "?"
			if strings.Contains(target, "?") {
				sep = "&"
			}
			p := w.get(target+sep+"colour=red").problem(http.StatusBadRequest, rights.CodeFormat, "colour")
			if !strings.Contains(p.DetailEn, "at_least") {
				t.Errorf("it does not say what there is: %s", p.DetailEn)
			}
			w.get(target + sep + "at_least=0").want(http.StatusOK)
		})
	}
}

func TestMissing(t *testing.T) {
	w := newWorld(t)
	for _, target := range []string{"/v1/participants/X", "/v1/resources/X", "/v1/registrations/X/history", "/v1/rights/X", "/v1/certificates/SJ3212026119999", "/v1/parameters/NONE@1", "/v1/parameters/1999@1",
		"/v1/notices/X", "/v1/notices/" + caseReview, "/v1/blocks/9999", "/v1/transactions/ff", "/v1/rights/%2e%2e%2f%2e%2e%2fetc", "/v1", "/v1/", "/v1/nothing", "/v1/rights/", "/docs/nothing", "/docs/assets/oauth2-redirect.html", "/docs/assets/"} {
		w.get(target).problem(http.StatusNotFound, rights.CodeNotFound, "")
	}
	w.get("/v1/index/digest?height=9999").problem(http.StatusNotFound, rights.CodeNotFound, "height")
	if got := w.get("/elsewhere").want(http.StatusOK).Body.String(); got != "page /elsewhere" {
		t.Errorf("the pages answer %q", got)
	}
	w = newWorld(t, func(o *Options) { o.Pages, o.Network = nil, nil })
	w.get("/elsewhere").problem(http.StatusNotFound, rights.CodeNotFound, "")
	w.get("/v1/network").problem(http.StatusNotFound, rights.CodeNotFound, "")
}

func TestBadQueries(t *testing.T) {
	w := newWorld(t)
	for _, tc := range []struct {
		target, field string
		code          rights.Code
	}{
		{"/v1/rights?limit=0", "limit", rights.CodeFormat}, {"/v1/rights?limit=201", "limit", rights.CodeFormat}, {"/v1/rights?limit=+5", "limit", rights.CodeFormat},
		{"/v1/rights?limit=ten", "limit", rights.CodeFormat}, {"/v1/rights?limit=", "limit", rights.CodeFormat}, {"/v1/rights?kind=RightOwnership", "kind", rights.CodeFormat},
		{"/v1/rights?state=active", "state", rights.CodeFormat}, {"/v1/rights?certNo=SJ1", "certNo", rights.CodeFormat}, {"/v1/rights?holder=a&holder=b", "holder", rights.CodeFormat},
		{"/v1/rights?holder=", "holder", rights.CodeFormat}, {"/v1/rights?q=%20", "q", rights.CodeFormat}, {"/v1/rights?q=" + strings.Repeat("%E6%B0%94", 101), "q", rights.CodeFormat},
		{"/v1/rights?holder=%ff", "holder", rights.CodeFormat}, {"/v1/rights?holder=%00", "holder", rights.CodeFormat}, {"/v1/rights?holder=" + strings.Repeat("a", 513), "holder", rights.CodeFormat},
		{"/v1/rights?a;b", "query", rights.CodeFormat}, {"/v1/rights?%zz=1", "query", rights.CodeFormat}, {"/v1/rights?q=" + strings.Repeat("a", 9000), "query", rights.CodeFormat},
		{"/v1/rights?at_least=x", "at_least", rights.CodeFormat}, {"/v1/rights?at_least=-1", "at_least", rights.CodeFormat}, {"/v1/rights?at_least=18446744073709551615", "at_least", rights.CodeFormat},
		{"/v1/rights?cursor=made-up", "cursor", CodeCursor}, {"/v1/blocks?cursor=made-up", "cursor", CodeCursor}, {"/v1/transactions?cursor=-1", "cursor", CodeCursor},
		{"/v1/notices?cursor=made-up", "cursor", CodeCursor}, {"/v1/notices?cursor=2.", "cursor", CodeCursor}, {"/v1/notices?cursor=01.c1", "cursor", CodeCursor}, {"/v1/notices?cursor=0.zz", "cursor", CodeCursor},
		{"/v1/search?q=a&cursor=99.c0", "cursor", CodeCursor}, {"/v1/search", "q", rights.CodeFormat}, {"/v1/rights/" + rightID + "/history?cursor=7", "cursor", CodeCursor},
		{"/v1/resources?matchTag=md5:00", "matchTag", rights.CodeFormat}, {"/v1/participants?role=Boss", "role", rights.CodeFormat}, {"/v1/parameters?type=x", "type", rights.CodeFormat}, {"/v1/parameters?year=26", "year", rights.CodeFormat},
		{"/v1/blocks/one", "number", rights.CodeFormat}, {"/v1/blocks/-1", "number", rights.CodeFormat}, {"/v1/index/digest?height=tall", "height", rights.CodeFormat},
		{"/v1/certificates/SJ1/verify", "certNo", rights.CodeFormat}, {"/v1/certificates/SJ3212026110000/verify", "certNo", rights.CodeFormat}, {"/v1/certificates/" + certNo + "/verify?hash=abc", "hash", rights.CodeFormat},
	} {
		t.Run(tc.target[:min(len(tc.target), 60)], func(t *testing.T) {
			w := &world{t: t, index: w.index, h: w.h}
			w.get(tc.target).problem(http.StatusBadRequest, tc.code, tc.field)
		})
	}
}

// Filters reach the index under the index's names, and nothing else does.
func TestFiltersReachTheIndex(t *testing.T) {
	w := newWorld(t)
	w.get("/v1/rights?object=o&holder=h&kind=RightUse&state=Active&certNo=" + certNo + "&case=c&registrar=r&q=%20气象%20&limit=7").want(http.StatusOK)
	q := w.index.asked[len(w.index.asked)-1]
	want := map[string]string{"objectId": "o", "holderId": "h", "kind": "RightUse", "state": "Active", "certNo": certNo, "caseId": "c", "registrarId": "r"}
	if len(q.Where) != len(want) {
		t.Errorf("got %v", q.Where)
	}
	for k, v := range want {
		if q.Where[k] != v {
			t.Errorf("%s is %q, want %q", k, q.Where[k], v)
		}
	}
	if q.Text != "气象" || q.Limit != 7 || q.Kind != rights.KindRight {
		t.Errorf("got %+v", q)
	}
}

// A page is followed by next until it is empty, each item once.
func TestPaging(t *testing.T) {
	w := newWorld(t)
	for target, want := range map[string]int{"/v1/participants": 9, "/v1/registrations": 4, "/v1/parameters": 2, "/v1/notices": 2, "/v1/search?q=气象": 9, "/v1/blocks": 20, "/v1/transactions": 20} {
		for limit := 1; limit <= 5; limit++ {
			seen := map[string]bool{}
			cursor := ""
			for page := 0; ; page++ {
				if page > 50 {
					t.Fatalf("%s does not end", target)
				}
				sep := "?"
				if strings.Contains(target, "?") {
					sep = "&"
				}
				items, next := w.get(target + sep + "limit=" + strconv.Itoa(limit) + "&cursor=" + cursor).list()
				if len(items) > limit {
					t.Errorf("%s: %d items with limit %d", target, len(items), limit)
				}
				for _, item := range items {
					key := mustJSON(t, []any{item["id"], item["kind"], item["number"], item["txId"]})
					if seen[key] {
						t.Errorf("%s limit %d: %s twice", target, limit, key)
					}
					seen[key] = true
				}
				if cursor = next; next == "" {
					break
				}
			}
			if len(seen) != want {
				t.Errorf("%s limit %d: %d items, want %d", target, limit, len(seen), want)
			}
		}
	}
}

func TestItemSaysWhereItIs(t *testing.T) {
	w := newWorld(t)
	e, err := w.index.Get(rights.KindCertificate, certNo)
	if err != nil {
		t.Fatal(err)
	}
	var cert rights.Certificate
	if err := json.Unmarshal(e.JSON, &cert); err != nil {
		t.Fatal(err)
	}
	issued := cert.LastTxID
	cert.State = rights.StateCancelled
	block := w.index.put(rights.KindCertificate, &cert)
	got := w.get("/v1/certificates/" + certNo).want(http.StatusOK).object()
	if got["txId"] != issued || got["block"] != float64(e.Created.Block) {
		t.Errorf("issued in %v block %v, want %s block %d", got["txId"], got["block"], issued, e.Created.Block)
	}
	ledger := got["ledger"].(map[string]any)
	if ledger["block"] != float64(block) || ledger["txId"] != cert.LastTxID || ledger["createdBlock"] != float64(e.Created.Block) {
		t.Errorf("ledger %v", ledger)
	}
	items, _ := w.get("/v1/certificates/" + certNo + "/history?limit=1").list()
	if len(items) != 1 || items[0]["record"].(map[string]any)["state"] != "Valid" {
		t.Errorf("history begins with %v", items)
	}
	items, next := w.get("/v1/certificates/" + certNo + "/history?cursor=1").list()
	if len(items) != 1 || next != "" || items[0]["record"].(map[string]any)["state"] != "Cancelled" {
		t.Errorf("history goes on with %v, %q", items, next)
	}
}

func TestEffective(t *testing.T) {
	w := newWorld(t)
	right := func(id string) map[string]any {
		return w.get("/v1/rights/" + id).want(http.StatusOK).object()["effective"].(map[string]any)
	}
	if got := right(rightID); got["now"] != true || got["reason"] != "" {
		t.Errorf("a good right is %v", got)
	}
	if got := right(frozenID); got["now"] != false || got["reason"] != "frozen" || got["reasonZh"] != "被冻结" {
		t.Errorf("a frozen right is %v", got)
	}
	etag := w.get("/v1/rights/" + rightID).Header().Get("ETag")
	w.clock.move(1001 * time.Second)
	if got := right(rightID); got["now"] != false || got["reason"] != "past its term" {
		t.Errorf("an ended right is %v", got)
	}
	if w.get("/v1/rights/"+rightID, "If-None-Match", etag).Code != http.StatusOK {
		t.Error("the ETag did not change with the answer")
	}
}

func TestVerify(t *testing.T) {
	w := newWorld(t)
	got := w.get("/v1/certificates/" + certNo + "/verify").want(http.StatusOK).object()
	if got["exists"] != true || got["state"] != "Valid" || got["effective"] != false || got["demoProfile"] != true || got["hash"] != nil {
		t.Errorf("got %v", got)
	}
	rs := got["rights"].([]any)
	first := rs[0].(map[string]any)
	if len(rs) != 2 || first["effective"].(map[string]any)["now"] != true || mustJSON(t, first["encumbrances"]) != `["EncPledge"]` {
		t.Errorf("rights %v", rs)
	}
	body := w.get("/v1/certificates/" + certNo + "/verify").Body.String()
	for _, secret := range []string{"PL-77", bank.id, "质押金额"} {
		if strings.Contains(body, secret) {
			t.Errorf("an outsider learns %s", secret)
		}
	}
	for hash, want := range map[string]string{sm3("evidence"): "evidenceRoot", sm3("root"): "contentRoot", sm3("other"): "none"} {
		got := w.get("/v1/certificates/" + certNo + "/verify?hash=" + hash).want(http.StatusOK).object()["hash"].(map[string]any)
		if got["matches"] != want || got["given"] != hash {
			t.Errorf("%s: %v", hash, got)
		}
	}
	if got := w.get("/v1/certificates/SJ3212026119999/verify").want(http.StatusOK).object(); got["exists"] != false || got["effective"] != false || got["rights"] != nil {
		t.Errorf("a certificate nobody issued: %v", got)
	}
}

// A certificate adjusted by a renewal or a transfer in part is in force as one
// never touched; what it no longer carries does not count against it.
func TestVerifyAdjusted(t *testing.T) {
	const a, b, no = "RT-320902-20261101-00000000000a-00", "RT-320902-20261101-00000000000b-00", "SJ3212026110777"
	for _, c := range []struct {
		cert          rights.State
		first, second rights.State
		want          bool
	}{
		{rights.StateValid, rights.StateActive, rights.StateActive, true},
		{rights.StateAdjusted, rights.StateActive, rights.StateActive, true},
		{rights.StateAdjusted, rights.StateActive, rights.StateTransferred, true},
		{rights.StateAdjusted, rights.StateActive, rights.StateCancelled, true},
		{rights.StateAdjusted, rights.StateActive, rights.StateSuspended, false},
		{rights.StateCancelled, rights.StateTransferred, rights.StateTransferred, false},
		{rights.StateValid, rights.StateTransferred, rights.StateTransferred, false},
	} {
		w := newWorld(t)
		cert := &rights.Certificate{Head: rights.Head{ID: no, State: c.cert}, CertNo: no, HolderID: energy.id}
		for i, id := range []string{a, b} {
			w.index.put(rights.KindRight, &rights.Right{Head: rights.Head{ID: id, State: []rights.State{c.first, c.second}[i], RuleProfileVer: "DRWG@1"}, Kind: rights.RightUse, HolderID: energy.id,
				ValidFrom: 1, ValidTo: 1 << 33, CertNo: no})
			cert.Rights = append(cert.Rights, rights.CertificateRight{RightID: id})
		}
		w.index.put(rights.KindCertificate, cert)
		if got := w.get("/v1/certificates/" + no + "/verify").want(http.StatusOK).object(); got["effective"] != c.want {
			t.Errorf("%s with %s and %s: effective %v", c.cert, c.first, c.second, got["effective"])
		}
	}
}

func TestNotices(t *testing.T) {
	w := newWorld(t)
	items, _ := w.get("/v1/notices").list()
	if len(items) != 2 {
		t.Fatalf("%d notices", len(items))
	}
	action := items[0]["actions"].([]any)[0].(map[string]any)
	if action["command"] != "registration.fileObjection" || action["until"] != items[0]["noticeEndsAt"] {
		t.Errorf("action %v", action)
	}
	// What the notice tells people to send must be what the state machine takes.
	machine := rights.Machines()[2]
	entity, event, _ := strings.Cut(objecting.Command, ".")
	if machine.Entity != entity || len(machine.Rows(event)) == 0 {
		t.Errorf("%s is no command of %s", objecting.Command, machine.Entity)
	}
	w.clock.move(100 * time.Second) // now = end: the notice is over (2.4)
	if items, next := w.get("/v1/notices").list(); len(items) != 0 || next != "" {
		t.Errorf("after its end: %v", items)
	}
	if got := w.get("/v1/notices/" + caseNotice).want(http.StatusOK).object(); got["open"] != false || len(got["actions"].([]any)) != 0 {
		t.Errorf("after its end: %v", got)
	}
}

func TestSearch(t *testing.T) {
	w := newWorld(t)
	items, _ := w.get("/v1/search?q=气象").list()
	for i, kind := range []string{"CT", "RT", "RT", "DR", "PT", "RG", "RG", "RG", "RG"} {
		if i >= len(items) || items[i]["kind"] != kind {
			t.Fatalf("item %d of %v is not a %s", i, items, kind)
		}
		href := items[i]["href"].(string)
		if w.get(href).Code != http.StatusOK {
			t.Errorf("%s leads nowhere", href)
		}
		if items[i]["title"] == "" || items[i]["state"] == "" {
			t.Errorf("%v", items[i])
		}
	}
}

func TestAtLeast(t *testing.T) {
	w := newWorld(t, func(o *Options) { o.Limits.WaitTimeout = 50 * time.Millisecond })
	height := w.index.Status().Height
	r := w.get("/v1/stats?at_least=" + strconv.FormatUint(height, 10)) // block N needs height N+1
	r.problem(http.StatusGatewayTimeout, CodeUnavailable, "at_least")
	if r.Header().Get("Retry-After") == "" {
		t.Error("no Retry-After")
	}
	w.get("/v1/stats?at_least=" + strconv.FormatUint(height-1, 10)).want(http.StatusOK)

	w = newWorld(t, func(o *Options) { o.Limits.WaitTimeout = time.Minute })
	answered := make(chan *reply)
	go func() { answered <- w.get("/v1/stats?at_least=" + strconv.FormatUint(height, 10)) }()
	select {
	case r := <-answered:
		t.Fatalf("it did not wait: %d", r.Code)
	case <-time.After(30 * time.Millisecond):
	}
	w.index.apply()
	r = <-answered
	if r.want(http.StatusOK).Header().Get("Ledger-Height") != strconv.FormatUint(height+1, 10) {
		t.Errorf("Ledger-Height %s after waiting", r.Header().Get("Ledger-Height"))
	}
}

// A fault of the index is said without its words, and its words are in the log.
func TestIndexFails(t *testing.T) {
	w := newWorld(t)
	for method, target := range map[string]string{"Get": "/v1/rights/" + rightID, "List": "/v1/rights", "History": "/v1/rights/" + rightID + "/history", "Block": "/v1/blocks/1",
		"Blocks": "/v1/blocks", "Transaction": "/v1/transactions/ab", "Transactions": "/v1/transactions", "Stats": "/v1/stats"} {
		w.index.fail = map[string]error{method: errors.New("badger: /secret/path is corrupt")}
		w.logs.Reset()
		r := w.get(target)
		r.problem(http.StatusInternalServerError, CodeInternal, "")
		if strings.Contains(r.Body.String(), "secret") {
			t.Errorf("%s tells strangers %s", target, r.Body)
		}
		if !strings.Contains(w.logs.String(), "/secret/path is corrupt") {
			t.Errorf("%s: the log does not say why", target)
		}
	}
	w.index.fail = map[string]error{"Block": index.ErrNotFound}
	w.get("/v1/certificates/"+certNo).problem(http.StatusNotFound, rights.CodeNotFound, "")
}

func TestRecordThatDoesNotDecode(t *testing.T) {
	w := newWorld(t)
	for _, raw := range []string{``, `null`, `[]`, `{"id":"x"`, `{"roles":7,"uscc":3}`} {
		w.index.entries[rights.KindParticipant] = []index.Entry{{Kind: rights.KindParticipant, ID: "bad", JSON: json.RawMessage(raw)}}
		if r := w.get("/v1/participants/bad"); r.Code != http.StatusInternalServerError {
			t.Errorf("%q answers %d", raw, r.Code)
		}
	}
}

func TestPanic(t *testing.T) {
	w := newWorld(t)
	w.index.panics = true
	r := w.get("/v1/rights/"+rightID, "X-Request-ID", "trace-7")
	if p := r.problem(http.StatusInternalServerError, CodeInternal, ""); p.RequestID != "trace-7" {
		t.Errorf("request id %s", p.RequestID)
	}
	if strings.Contains(r.Body.String(), "deadbeef") {
		t.Error("a stranger sees internals")
	}
	if !strings.Contains(w.logs.String(), "deadbeef") || !strings.Contains(w.logs.String(), "trace-7") {
		t.Error("the log does not have the panic under its request id")
	}
}

func TestTransactionStatus(t *testing.T) {
	w := newWorld(t)
	w.index.apply(index.Transaction{TxID: "bad1", Type: "command", Validation: "MVCC_READ_CONFLICT", Submitter: "GroupMSP", Endorsers: []string{"GroupMSP"}, JWS: "a.b.c", Kid: weather.kid()},
		index.Transaction{TxID: "conf", Type: "config"})
	w.index.blocks[len(w.index.blocks)-1].Signers = nil
	w.get("/v1/blocks").want(http.StatusOK)
	w.get("/v1/blocks/" + strconv.Itoa(len(w.index.blocks)-1)).want(http.StatusOK)
	w.get("/v1/transactions").want(http.StatusOK)
	w.ledger.fates = map[string]outcome.Fate{"p": {TxID: "p", Status: outcome.Pending}, "u": {TxID: "u", Status: outcome.Unknown}, "i": {TxID: "i", Status: outcome.Invalid, Block: 9, Validation: "ENDORSEMENT_POLICY_FAILURE"}, "c": {TxID: "c", Status: outcome.Committed, Block: 9}}
	for id, want := range map[string]string{firstTx: "committed", "bad1": "invalid", "conf": "committed", "p": "pending", "u": "unknown", "i": "invalid", "c": "committed"} {
		if got := w.get("/v1/transactions/" + id).want(http.StatusOK).object(); got["status"] != want {
			t.Errorf("%s is %v, want %s", id, got["status"], want)
		}
	}
}

func TestHealth(t *testing.T) {
	w := newWorld(t)
	ready := func(status int, word string) {
		t.Helper()
		w.clock.move(2 * tipTTL)
		if got := w.get("/readyz").want(status).object(); got["status"] != word {
			t.Errorf("%v, want %s", got, word)
		}
	}
	ready(http.StatusOK, "ready")
	w.ledger.height = w.index.Status().Height + DefaultMaxLag
	ready(http.StatusOK, "ready")
	w.ledger.height++
	ready(http.StatusServiceUnavailable, "lagging")
	w.ledger.heightErr = context.DeadlineExceeded
	ready(http.StatusServiceUnavailable, "unreachable")
	if got := w.get("/readyz").object(); got["status"] != "unreachable" { // also what is remembered
		t.Errorf("a moment later %v", got)
	}
	w.ledger.heightErr = nil
	w.ledger.height = w.index.Status().Height
	ready(http.StatusOK, "ready")
	asked := w.ledger.asked
	for range 20 {
		w.get("/readyz").want(http.StatusOK)
	}
	if w.ledger.asked > asked {
		t.Errorf("20 probes asked the peer %d times", w.ledger.asked-asked)
	}
	w.get("/livez").want(http.StatusOK)
}

func TestMetrics(t *testing.T) {
	w := newWorld(t)
	w.get("/v1/rights/" + rightID)
	w.get("/v1/rights/none")
	w.do("BREW", "/v1/rights", nil)
	w.ledger.heightErr = errors.New("down")
	w.clock.move(2 * tipTTL)
	body := w.get("/metrics").want(http.StatusOK).Body.String()
	for _, line := range []string{
		`datarights_http_request_duration_seconds_count{method="GET",route="/v1/rights/:id",status="200"} 1`,
		`datarights_http_request_duration_seconds_count{method="GET",route="/v1/rights/:id",status="404"} 1`,
		`datarights_http_request_duration_seconds_count{method="other",`,
		`datarights_problems_total{code="E_NOT_FOUND"} 1`, `datarights_records{kind="PT"} 9`, `datarights_records_in_state{kind="RT",state="Active"} 2`,
		`datarights_index_height 20`, `datarights_peer_up 0`, `datarights_submissions_total{outcome="unknown"} 0`, `datarights_sessions 0`, `datarights_transactions{validity="invalid"} 1`,
	} {
		if !strings.Contains(body, line) {
			t.Errorf("no %s", line)
		}
	}
}

func TestDocs(t *testing.T) {
	w := newWorld(t)
	page := w.get("/docs").want(http.StatusOK)
	if csp := page.Header().Get("Content-Security-Policy"); !strings.Contains(csp, "default-src 'none'") || !strings.Contains(csp, "script-src 'self';") {
		t.Errorf("policy %s", csp)
	}
	body := page.Body.String()
	if strings.Contains(body, "<script>") || strings.Contains(body, "http://") || strings.Contains(body, "https://") {
		t.Error("the page has an inline script or reaches out")
	}
	for _, attr := range []string{`src="`, `href="`} {
		for rest := body; ; {
			_, after, ok := strings.Cut(rest, attr)
			if !ok {
				break
			}
			target, tail, _ := strings.Cut(after, `"`)
			if got := w.get(target); got.Code != http.StatusOK || got.Body.Len() == 0 {
				t.Errorf("%s answers %d", target, got.Code)
			}
			rest = tail
		}
	}
	if got := w.get("/openapi.json").want(http.StatusOK).object()["openapi"]; got != "3.1.0" {
		t.Errorf("openapi %v", got)
	}
	if ct := w.get("/docs/assets/swagger-ui-bundle.js").Header().Get("Content-Type"); !strings.Contains(ct, "javascript") {
		t.Errorf("the bundle is %s", ct)
	}
}

func TestHeaders(t *testing.T) {
	w := newWorld(t)
	r := w.get("/v1/stats", "X-Request-ID", "bad id\n")
	if id := r.Header().Get("X-Request-ID"); id == "" || strings.ContainsAny(id, " \n") {
		t.Errorf("request id %q", id)
	}
	if got := w.get("/v1/stats", "X-Request-ID", "good-1").Header().Get("X-Request-ID"); got != "good-1" {
		t.Errorf("request id %q", got)
	}
	for k, v := range map[string]string{"X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer", "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'", "Content-Type": "application/json; charset=utf-8"} {
		if r.Header().Get(k) != v {
			t.Errorf("%s: %q", k, r.Header().Get(k))
		}
	}
	var line map[string]any
	log := strings.SplitN(w.logs.String(), "\n", 2)[0]
	if err := json.Unmarshal([]byte(log), &line); err != nil || line["route"] != "/v1/stats" || line["status"] != float64(200) {
		t.Errorf("access log %s: %v", log, err)
	}
}

func TestMethods(t *testing.T) {
	w := newWorld(t)
	for _, tc := range []struct{ method, path, allow string }{
		{"DELETE", "/v1/rights", "GET"}, {"PUT", "/v1/commands", "POST"}, {"GET", "/v1/commands", "POST"}, {"POST", "/v1/rights/" + rightID, "GET"}, {"PATCH", "/readyz", "GET"},
	} {
		r := w.do(tc.method, tc.path, nil)
		r.problem(http.StatusMethodNotAllowed, CodeMethod, "")
		if !strings.Contains(r.Header().Get("Allow"), tc.allow) {
			t.Errorf("%s %s: Allow %q", tc.method, tc.path, r.Header().Get("Allow"))
		}
	}
}

func TestLanguage(t *testing.T) {
	w := newWorld(t)
	for header, zh := range map[string]bool{"": false, "zh-CN,zh;q=0.9,en;q=0.5": true, "en": false, "en-GB,zh;q=0.5": false, "fr": false, "zh-Hant": true, ";;;": false, strings.Repeat("zh,", 300): false} {
		r := w.get("/v1/rights/none", "Accept-Language", header)
		p := r.problem(http.StatusNotFound, rights.CodeNotFound, "")
		want, tag := p.DetailEn, "en"
		if zh {
			want, tag = p.DetailZh, "zh"
		}
		if p.Detail != want || r.Header().Get("Content-Language") != tag || p.DetailEn == p.DetailZh {
			t.Errorf("%.30q: %q, %s", header, p.Detail, r.Header().Get("Content-Language"))
		}
	}
}

func TestRateLimit(t *testing.T) {
	w := newWorld(t, func(o *Options) { o.Limits.RequestsPerSecond, o.Limits.Burst = 10, 5 })
	from := func(addr string) *httptest.ResponseRecorder {
		r := httptest.NewRequest(http.MethodGet, "/v1/stats", nil)
		r.RemoteAddr = addr
		r.Header.Set("X-Forwarded-For", "198.51.100.9") // nobody is believed
		rec := httptest.NewRecorder()
		w.h.ServeHTTP(rec, r)
		return rec
	}
	for i := range 5 {
		if got := from("192.0.2.1:1000"); got.Code != http.StatusOK {
			t.Fatalf("request %d answers %d", i, got.Code)
		}
	}
	refused := from("192.0.2.1:2000")
	(&reply{refused, t}).problem(http.StatusTooManyRequests, CodeRate, "")
	if refused.Header().Get("Retry-After") != "1" {
		t.Errorf("Retry-After %s", refused.Header().Get("Retry-After"))
	}
	if got := from("192.0.2.2:1000"); got.Code != http.StatusOK {
		t.Errorf("another client answers %d", got.Code)
	}
	if got := from("[2001:db8::1]:1"); got.Code != http.StatusOK {
		t.Errorf("IPv6 answers %d", got.Code)
	}
	for range 4 {
		from("[2001:db8::2]:1")
	}
	if got := from("[2001:db8::3]:1"); got.Code != http.StatusTooManyRequests {
		t.Errorf("a /64 is not one client: %d", got.Code)
	}
	w.clock.move(time.Second)
	if got := from("192.0.2.1:1000"); got.Code != http.StatusOK {
		t.Errorf("a second later: %d", got.Code)
	}
	// Health answers whoever is over its limit.
	for range 50 {
		w.get("/livez").want(http.StatusOK)
	}
}

// However many addresses ask, what is remembered of them is bounded.
func TestRateLimitIsBounded(t *testing.T) {
	c := &clock{t: time.Unix(testTime, 0)}
	l := newClientLimits(1, 1, c.now)
	for i := range maxClients + 500 {
		l.take("10."+strconv.Itoa(i>>16)+"."+strconv.Itoa(i>>8&255)+"."+strconv.Itoa(i&255), 1)
	}
	if len(l.clients) != maxClients {
		t.Errorf("%d clients remembered", len(l.clients))
	}
	if l.take("203.0.113.1", 1) == 0 {
		t.Error("those beyond the bound are not limited")
	}
	c.move(2 * clientIdle)
	l.take("203.0.113.2", 1)
	if len(l.clients) != 1 {
		t.Errorf("%d clients remembered after a silence", len(l.clients))
	}
}

func TestNetworkFails(t *testing.T) {
	w := newWorld(t, func(o *Options) { o.Network = &fakeNetwork{err: errors.New("dial unix /run/secret.sock")} })
	r := w.get("/v1/network")
	r.problem(http.StatusServiceUnavailable, CodeUnavailable, "")
	if strings.Contains(r.Body.String(), "secret") {
		t.Error("it tells where the socket is")
	}
}

func TestNewRefuses(t *testing.T) {
	good := newWorld(t).opts
	for name, change := range map[string]func(*Options){
		"no name": func(o *Options) { o.Name = "" }, "no reader": func(o *Options) { o.Reader = nil }, "no submitter": func(o *Options) { o.Submitter = nil },
		"no peer": func(o *Options) { o.Peer = nil }, "bad proxy": func(o *Options) { o.TrustedProxies = []string{"everyone"} },
	} {
		o := good
		change(&o)
		if _, err := New(o); err == nil {
			t.Errorf("%s is taken", name)
		}
	}
}

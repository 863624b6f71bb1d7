package api

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/datarights/datarights/chaincode/rights"
	"github.com/datarights/datarights/gateway/export"
	"github.com/datarights/datarights/gateway/index"
	"github.com/datarights/datarights/test-network/validators"
)

// datasets are the identifiers of a catalogue's datasets and other things, in order.
func datasets(t testing.TB, raw []byte) (ids []string, doc map[string]any) {
	t.Helper()
	if err := json.Unmarshal(raw, &doc); err != nil {
		t.Fatalf("%v in %s", err, raw)
	}
	for _, member := range []string{"dcat:dataset", "dcat:resource"} {
		list, _ := doc[member].([]any)
		for _, d := range list {
			ids = append(ids, d.(map[string]any)["dcterms:identifier"].(string))
		}
	}
	return ids, doc
}

func conformToDCAT(t testing.TB, docs ...[]byte) {
	t.Helper()
	for i, found := range validators.DCAT(t, docs...) {
		for _, f := range found {
			t.Errorf("document %d: %s", i, f)
		}
	}
}

func TestCatalogueExport(t *testing.T) {
	w := newMarket(t)
	r := w.get("/v1/exports/catalogue").want(http.StatusOK)
	if ct := r.Header().Get("Content-Type"); ct != mediaLD {
		t.Errorf("it comes as %s", ct)
	}
	ids, doc := datasets(t, r.Body.Bytes())
	if want := []string{resourceID, marketID(rights.KindProduct)}; !slices.Equal(ids, want) {
		t.Errorf("the catalogue has %v, want %v", ids, want)
	}
	if h := fmt.Sprint(doc["dr:ledgerHeight"]); h != r.Header().Get("Ledger-Height") {
		t.Errorf("drawn from %s blocks and sent as of %s", h, r.Header().Get("Ledger-Height"))
	}
	product := doc["dcat:dataset"].([]any)[1].(map[string]any)
	offer := product["dcat:distribution"].([]any)[0].(map[string]any)
	if offer["dcterms:identifier"] != marketID(rights.KindListing) || product["dcterms:publisher"].(map[string]any)["foaf:name"].(map[string]any)["@value"] != weather.name {
		t.Errorf("the product is %v", product)
	}
	if cert := fmt.Sprint(doc["dcat:dataset"].([]any)[0].(map[string]any)["adms:identifier"]); !strings.Contains(cert, certNo) {
		t.Errorf("the resource has no certificate: %s", cert)
	}
	conformToDCAT(t, r.Body.Bytes())

	// An entitled reader's session changes nothing: the catalogue is the public's.
	if mine := w.get("/v1/exports/catalogue", w.as(regulator)...).want(http.StatusOK); mine.Body.String() != r.Body.String() {
		t.Error("a session sees another catalogue")
	}
	for _, hidden := range []string{"内部理由", "similarity", "gradeReport", "priceCommitment", "Locator", "measureRef"} {
		if strings.Contains(r.Body.String(), hidden) {
			t.Errorf("the catalogue tells %s", hidden)
		}
	}
	w.get("/v1/exports/catalogue", "If-None-Match", r.Header().Get("ETag")).want(http.StatusNotModified)
	if head := w.do(http.MethodHead, "/v1/exports/catalogue", nil).want(http.StatusOK); head.Body.Len() > 0 || head.Header().Get("ETag") != r.Header().Get("ETag") {
		t.Errorf("HEAD answers %q with %d bytes", head.Header().Get("ETag"), head.Body.Len())
	}
	w.get("/v1/exports/catalogue?state=Listed").problem(http.StatusBadRequest, rights.CodeFormat, "state")
	w.get("/v1/exports/catalogue?limit=0").problem(http.StatusBadRequest, rights.CodeFormat, "limit")
}

// What changes while a catalogue is being read is in none of its pages.
func TestCataloguePagesAreOfOneHeight(t *testing.T) {
	w := newMarket(t)
	extra := func(n int, name string) *rights.Resource {
		return &rights.Resource{Head: rights.Head{ID: fmt.Sprintf("DR-320902-20261124-0a1b2c3d4e5f-%02d", n), State: rights.StateCatalogued}, Name: name, HolderID: weather.id, UpdateFreq: "Daily",
			Versions: []rights.ResourceVersion{{No: 1, ContentRoot: sm3(name)}}}
	}
	second := extra(1, "改名之前")
	w.index.put(rights.KindResource, second)
	whole, _ := datasets(t, w.get("/v1/exports/catalogue").Body.Bytes())

	var got []string
	var pages [][]byte
	for target := "/v1/exports/catalogue?limit=1"; target != ""; {
		r := w.get(target).want(http.StatusOK)
		ids, doc := datasets(t, r.Body.Bytes())
		got, pages = append(got, ids...), append(pages, r.Body.Bytes())
		if len(pages) == 1 { // the ledger goes on
			second.Name, second.State = "改名之后", rights.StateSuspended
			w.index.put(rights.KindResource, second)
			w.index.put(rights.KindResource, extra(2, "之后才有"))
		}
		next, _ := doc["hydra:view"].(map[string]any)["hydra:next"].(map[string]any)
		target = ""
		if next != nil {
			u, err := url.Parse(next["@id"].(string))
			if err != nil {
				t.Fatal(err)
			}
			target = u.RequestURI()
		}
		if len(pages) > 20 {
			t.Fatal("the pages have no end")
		}
	}
	if !slices.Equal(got, whole) {
		t.Errorf("page by page it is %v, at once %v", got, whole)
	}
	all := string(bytes.Join(pages, nil))
	if strings.Contains(all, "改名之后") || strings.Contains(all, "之后才有") || !strings.Contains(all, "改名之前") {
		t.Error("the pages are of several heights")
	}
	conformToDCAT(t, pages...)
	for _, cursor := range []string{"x", "1.0", "999999.0.c1", "1.9.c1", "-1.0.c1", "01.0.c1", "1.0.nonsense", "1.-1.", strings.Repeat("9", 400) + ".0.c"} {
		w.get("/v1/exports/catalogue?cursor="+url.QueryEscape(cursor)).problem(http.StatusBadRequest, CodeCursor, "cursor")
	}
}

// An index that fails on the way breaks the answer off: no part is taken for the whole.
func TestCatalogueBreaksOff(t *testing.T) {
	w := newMarket(t)
	srv := httptest.NewServer(w.h)
	defer srv.Close()
	read := func() ([]byte, error) {
		resp, err := http.Get(srv.URL + "/v1/exports/catalogue")
		if err != nil {
			return nil, err
		}
		defer func() { _ = resp.Body.Close() }()
		return io.ReadAll(resp.Body)
	}
	whole, err := read()
	if err != nil {
		t.Fatal(err)
	}
	datasets(t, whole)
	if !strings.Contains(string(whole), `"@id":"`+srv.URL+`/v1/exports/catalogue"`) {
		t.Error("the catalogue does not name where it was asked")
	}
	w.index.fail["History"] = errors.New("no such disk")
	w.index.fail["Get"] = errors.New("no such disk")
	part, err := read()
	if err == nil {
		t.Errorf("a catalogue of a broken index ends well: %s", part)
	}
}

// Whole catalogues are few at once; pages are not.
func TestCataloguesAtOnce(t *testing.T) {
	w := newMarket(t)
	hold := make(chan struct{})
	began := make(chan struct{}, maxCatalogues)
	stuck := func() {
		r := httptest.NewRequest(http.MethodGet, "/v1/exports/catalogue", nil)
		w.h.ServeHTTP(&stuckWriter{ResponseWriter: httptest.NewRecorder(), hold: hold, began: began}, r)
		began <- struct{}{}
	}
	for range maxCatalogues {
		go stuck()
	}
	for range maxCatalogues {
		<-began
	}
	if p := w.get("/v1/exports/catalogue").problem(http.StatusServiceUnavailable, CodeUnavailable, ""); !strings.Contains(p.DetailEn, "limit") {
		t.Errorf("the way out is not told: %s", p.DetailEn)
	}
	w.get("/v1/exports/catalogue?limit=5").want(http.StatusOK)
	close(hold)
	for range maxCatalogues {
		<-began
	}
	w.get("/v1/exports/catalogue").want(http.StatusOK)
}

type stuckWriter struct {
	http.ResponseWriter
	hold, began chan struct{}
}

func (w *stuckWriter) Write(b []byte) (int, error) {
	w.began <- struct{}{}
	<-w.hold
	return w.ResponseWriter.Write(b)
}

// However many things there are, a catalogue being written asks for one page at a time
// and is sent as it goes.
func TestCatalogueIsNotKept(t *testing.T) {
	w := newMarket(t)
	for n := range 700 {
		w.index.put(rights.KindResource, &rights.Resource{Head: rights.Head{ID: fmt.Sprintf("DR-320902-20261124-0a1b2c3d4e5f-%03d", n), State: rights.StateCatalogued}, Name: strings.Repeat("长", 40), Overview: strings.Repeat("长", 400), HolderID: weather.id})
	}
	out := &piecewise{header: http.Header{}}
	w.h.ServeHTTP(out, httptest.NewRequest(http.MethodGet, "/v1/exports/catalogue", nil))
	if out.total < 1<<20 || out.largest > 2*cataloguePiece {
		t.Errorf("%d bytes came in pieces of up to %d", out.total, out.largest)
	}
	for _, q := range w.index.asked {
		if q.Limit > MaxPage {
			t.Errorf("%d records were asked for at once", q.Limit)
		}
	}
}

type piecewise struct {
	header         http.Header
	total, largest int
}

func (p *piecewise) Header() http.Header { return p.header }
func (p *piecewise) WriteHeader(int)     {}
func (p *piecewise) Write(b []byte) (int, error) {
	p.total, p.largest = p.total+len(b), max(p.largest, len(b))
	return len(b), nil
}

func TestSiteOfExports(t *testing.T) {
	w := newMarket(t, func(o *Options) { o.PublicURL = "https://registry.example.cn/" })
	if !strings.Contains(w.get("/v1/exports/catalogue?limit=1").Body.String(), `"@id":"https://registry.example.cn/v1/exports/catalogue"`) {
		t.Error("the public address is not used")
	}
	w = newMarket(t)
	for host, want := range map[string]string{"gw.example.cn:8443": "http://gw.example.cn:8443/", "[::1]:80": "http://[::1]:80/", `evil"><script>`: "http://gateway.invalid/", "a b": "http://gateway.invalid/", "": "http://gateway.invalid/", "-x": "http://gateway.invalid/"} {
		r := httptest.NewRequest(http.MethodGet, "/v1/exports/catalogue?limit=1", nil)
		r.Host = host
		rec := httptest.NewRecorder()
		w.h.ServeHTTP(rec, r)
		if !strings.Contains(rec.Body.String(), `"@id":"`+want+`v1/exports/catalogue"`) {
			t.Errorf("for the host %q the catalogue is not at %s", host, want)
		}
	}
}

func TestEveryNamedCollectionIsServed(t *testing.T) {
	for kind, path := range export.Paths() {
		if k := collectionOf(kind); k == nil || k.name != path {
			t.Errorf("%s is not served at %s", kind, path)
		}
	}
}

func TestLicenceExport(t *testing.T) {
	w := newMarket(t)
	var docs [][]byte
	listing, permit, grant := marketID(rights.KindListing), marketID(rights.KindPermit), marketID(rights.KindGrant)
	for id, kind := range map[string]string{listing: "Offer", grant: "Agreement"} {
		r := w.get("/v1/exports/licence/" + id).want(http.StatusOK)
		if r.object()["@type"] != kind || r.Header().Get("Content-Type") != mediaLD {
			t.Errorf("%s is %v", id, r.object()["@type"])
		}
		docs = append(docs, r.Body.Bytes())
	}
	// A permit is for its parties and the regulator, as the record is.
	w.get("/v1/exports/licence/"+permit).problem(http.StatusUnauthorized, CodeSession, "Authorization")
	w.get("/v1/exports/licence/"+permit, w.as(stranger)...).problem(http.StatusForbidden, CodeForbidden, "")
	r := w.get("/v1/exports/licence/"+permit, w.as(regulator)...).want(http.StatusOK)
	docs = append(docs, r.Body.Bytes())
	for i, found := range validators.ODRL(t, docs...) {
		for _, f := range found {
			t.Errorf("policy %d: %s", i, f)
		}
	}
	w.get("/v1/exports/licence/LS-320902-20261123-0a1b2c3d4e5f-99").problem(http.StatusNotFound, rights.CodeNotFound, "")
	w.get("/v1/exports/licence/"+marketID(rights.KindTrade), w.as(regulator)...).problem(http.StatusNotFound, rights.CodeNotFound, "id")
	w.get("/v1/exports/licence/"+listing+"?format=xml").problem(http.StatusBadRequest, rights.CodeFormat, "format")
	if v := w.get("/v1/exports/vocabulary").want(http.StatusOK).object(); v["@id"] != export.Namespace {
		t.Errorf("the vocabulary is %v", v["@id"])
	}
}

func TestLineageExport(t *testing.T) {
	plain := newLineage(t)
	for name, w := range map[string]*world{"record by record": plain, "over the graph": withGraph(t, newLineage(t))} {
		t.Run(name, func(t *testing.T) {
			base := "/v1/exports/lineage/"
			r := w.get(base+traceDP2+"?format=prov", w.as(regulator)...).want(http.StatusOK)
			doc := r.object()
			activities := doc["activity"].(map[string]any)
			for _, id := range []string{"ledger:lineage/" + traceLN1, "ledger:lineage/" + traceLN2, "ledger:deliveries/" + traceDL} {
				if activities[id] == nil {
					t.Errorf("%s is not in %v", id, activities)
				}
			}
			entities := doc["entity"].(map[string]any)
			for _, id := range []string{"ledger:resources/" + traceDR + "#v2", "ledger:products/" + traceDP1 + "#v1", "ledger:copies/" + traceCP, "ledger:products/" + traceDP2 + "#v1"} {
				if entities[id] == nil {
					t.Errorf("there is no %s", id)
				}
			}
			allowed := 0
			for _, u := range doc["used"].(map[string]any) {
				if e, ok := u.(map[string]any)["dr:permissionEffective"].(map[string]any); ok && e["$"] == "true" {
					allowed++
				}
			}
			if allowed != 2 || r.Header().Get("Export-Truncated") != "false" {
				t.Errorf("%d uses were allowed; truncated %s", allowed, r.Header().Get("Export-Truncated"))
			}
			forward := w.get(base+traceDR+"?format=prov&direction=forward", w.as(regulator)...).want(http.StatusOK)
			if forward.object()["entity"].(map[string]any)["ledger:products/"+traceDP2+"#v1"] == nil {
				t.Error("what came of the resource is not there")
			}
			short := w.get(base+traceDP2+"?format=prov&direction=back&depth=1", w.as(regulator)...).want(http.StatusOK)
			if short.Header().Get("Export-Truncated") != "true" || short.object()["activity"].(map[string]any)["ledger:lineage/"+traceLN1] != nil {
				t.Error("the depth is no bound")
			}
			few := w.get(base+traceDP2+"?format=prov&direction=back&limit=1", w.as(regulator)...).want(http.StatusOK)
			if few.Header().Get("Export-Truncated") != "true" {
				t.Error("the limit is no bound")
			}
			// Energy sees its own work, and of weather's that there was some.
			own := w.get(base+traceDP2+"?format=prov&direction=back", w.as(energy)...).want(http.StatusOK)
			if strings.Contains(own.Body.String(), traceDR) || strings.Contains(own.Body.String(), weather.id) || own.Header().Get("Export-Withheld") != "1" {
				t.Errorf("energy is told of weather's inputs: %s", own.Body)
			}
			for i, found := range validators.PROV(t, r.Body.Bytes(), forward.Body.Bytes(), short.Body.Bytes(), own.Body.Bytes()) {
				for _, f := range found {
					t.Errorf("document %d: %s", i, f)
				}
			}
			var events []map[string]any
			w.get(base+traceDP2+"?format=openlineage&direction=back", w.as(regulator)...).want(http.StatusOK).decode(&events)
			if len(events) != 5 {
				t.Errorf("%d events", len(events))
			}
		})
	}
	w := plain
	w.get("/v1/exports/lineage/"+traceDP2+"?format=prov").problem(http.StatusUnauthorized, CodeSession, "Authorization")
	w.get("/v1/exports/lineage/"+traceDP2+"?format=prov", w.as(stranger)...).problem(http.StatusForbidden, CodeForbidden, "")
	w.get("/v1/exports/lineage/"+traceDP2, w.as(regulator)...).problem(http.StatusBadRequest, rights.CodeFormat, "format")
	w.get("/v1/exports/lineage/"+traceDP2+"?format=rdf", w.as(regulator)...).problem(http.StatusBadRequest, rights.CodeFormat, "format")
	w.get("/v1/exports/lineage/nonsense?format=prov", w.as(regulator)...).problem(http.StatusNotFound, rights.CodeNotFound, "id")
	w.get("/v1/exports/lineage/"+traceDP2+"?format=prov&depth=101", w.as(regulator)...).problem(http.StatusBadRequest, rights.CodeFormat, "depth")
	w.get("/v1/exports/lineage/"+traceDP2+"?format=prov&version=9", w.as(regulator)...).problem(http.StatusNotFound, rights.CodeNotFound, "version")
}

// A reader that goes away ends the work.
func TestCatalogueEndsWithItsReader(t *testing.T) {
	w := newMarket(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	r := httptest.NewRequest(http.MethodGet, "/v1/exports/catalogue", nil).WithContext(ctx)
	done := make(chan any, 1)
	go func() {
		defer func() { done <- recover() }()
		w.h.ServeHTTP(httptest.NewRecorder(), r)
	}()
	select {
	case <-done:
	case <-time.After(time.Minute):
		t.Fatal("the catalogue goes on without a reader")
	}
	w.get("/v1/exports/catalogue").want(http.StatusOK)
}

// countless is an index of as many resources as asked for, each made when it is read.
type countless struct {
	*fakeIndex
	n int
}

func (c *countless) List(q index.Query) (index.Page[index.Entry], error) {
	var page index.Page[index.Entry]
	if q.Kind != rights.KindResource {
		return page, nil
	}
	from, _ := strconv.Atoi(q.Cursor)
	for i := from; i < min(from+q.Limit, c.n); i++ {
		id := fmt.Sprintf("DR-320902-20261123-%012x-00", i)
		page.Items = append(page.Items, index.Entry{Kind: q.Kind, ID: id, JSON: fmt.Appendf(nil, `{"docType":"DR","id":%q,"version":1,"state":"Catalogued","createdAt":1795406400,"updatedAt":1795406400,"name":"盐城沿海逐时气象观测数据","overview":"风速、气温、降水","holderId":%q,"industryCode":"M74","regionCode":"320900","timeFrom":"2025-01-01","timeTo":"2025-12-31","updateFreq":"Daily","grade":2,"versions":[{"no":1,"contentRoot":"sm3:00"}]}`, id, weather.id)})
	}
	if from+q.Limit < c.n {
		page.Next = strconv.Itoa(from + q.Limit)
	}
	return page, nil
}

// BenchmarkCatalogue tells how fast a catalogue is written and what is kept of it: the
// time of the index itself is not in it.
func BenchmarkCatalogue(b *testing.B) {
	const n = 100_000
	w := newWorld(b)
	opts := w.opts
	opts.Reader = &countless{w.index, n}
	h, err := New(opts)
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		out := &piecewise{header: http.Header{}}
		h.ServeHTTP(out, httptest.NewRequest(http.MethodGet, "/v1/exports/catalogue", nil))
		if out.total < n*500 {
			b.Fatalf("%d bytes", out.total)
		}
	}
	b.ReportMetric(float64(n)*float64(b.N)/b.Elapsed().Seconds(), "things/s")
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	b.ReportMetric(float64(m.HeapSys)/(1<<20), "MiB-heap")
}

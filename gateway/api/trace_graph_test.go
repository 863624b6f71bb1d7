package api

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/datarights/datarights/chaincode/rights"
	"github.com/datarights/datarights/gateway/lineage"
)

// withGraph gives a world a graph that follows its index.
func withGraph(t testing.TB, w *world) *world {
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan struct{})
	w.opts.Lineage = lineage.New()
	go func() { defer close(done); w.opts.Lineage.Run(ctx, w.index, nil) }()
	t.Cleanup(func() { stop(); <-done })
	if err := w.opts.Lineage.Wait(ctx, w.index.Status().Height); err != nil {
		t.Fatal(err)
	}
	h, err := New(w.opts)
	if err != nil {
		t.Fatal(err)
	}
	w.h = h
	return w
}

// tangle is a random market: every kind of record of lineage, contents shared by
// several, versions that come later, records named that are not there.
func tangle(w *world, r *rand.Rand, n int, from int) {
	var roots, products, resources, copies []string
	if from > 0 {
		for _, e := range w.index.entries[rights.KindProduct] {
			products = append(products, e.ID)
		}
		for _, e := range w.index.entries[rights.KindCopy] {
			copies = append(copies, e.ID)
		}
		for _, e := range w.index.entries[rights.KindResource] {
			resources = append(resources, e.ID)
		}
	}
	for i := range n {
		roots = append(roots, sm3(fmt.Sprint("content ", i)))
	}
	pick := func(of []string) string { return of[r.IntN(len(of))] }
	id := func(kind rights.Kind, i int) string { return fmt.Sprintf("%s-320902-20261123-%012x-00", kind, from+i) }
	put := func(kind rights.Kind, id string, rec rights.Record, state rights.State) {
		rights.HeadOf(rec).ID = id
		w.put(kind, rec, state)
	}
	for i := range n {
		switch r.IntN(8) {
		case 0:
			dr := &rights.Resource{HolderID: weather.id, Versions: []rights.ResourceVersion{{No: 1, ContentRoot: pick(roots)}, {No: 2, ContentRoot: pick(roots)}}}
			put(rights.KindResource, id(rights.KindResource, i), dr, rights.StateCatalogued)
			resources = append(resources, dr.ID)
		case 1:
			dp := &rights.Product{OwnerID: energy.id, Versions: []rights.ProductVersion{{No: 1, ContentRoot: pick(roots)}}}
			put(rights.KindProduct, id(rights.KindProduct, i), dp, rights.StateDraft)
			if r.IntN(2) == 0 {
				dp.Versions = append(dp.Versions, rights.ProductVersion{No: 2, ContentRoot: pick(roots)})
				put(rights.KindProduct, dp.ID, dp, rights.StateApproved)
			}
			products = append(products, dp.ID)
		case 2, 3:
			cp := &rights.Copy{HolderID: energy.id, ProductID: "DP-none", Version: int64(1 + r.IntN(2)), ContentRoot: pick(roots)}
			if len(products) > 0 {
				cp.ProductID = pick(products)
			}
			if len(copies) > 0 && r.IntN(3) == 0 {
				cp.ParentCopyID = pick(copies)
			}
			put(rights.KindCopy, id(rights.KindCopy, i), cp, rights.StateHeld)
			copies = append(copies, cp.ID)
		case 4:
			if len(products) > 0 {
				put(rights.KindListing, id(rights.KindListing, i), &rights.Listing{ProductID: pick(products), ProductVersion: int64(1 + r.IntN(2)), SellerID: energy.id}, rights.StateListed)
			}
		case 5:
			up := &rights.Permit{PermitteeID: stranger.id}
			if r.IntN(2) == 0 {
				up.PlatformID = exchange.id
			}
			for _, of := range [][]string{products, resources} {
				if len(of) > 0 {
					up.Scope.ObjectIDs = append(up.Scope.ObjectIDs, pick(of))
				}
			}
			put(rights.KindPermit, id(rights.KindPermit, i), up, rights.StateActive)
		default:
			ln := &rights.Lineage{OperatorID: weather.id, Op: "OpMerge", StartedAt: testTime}
			for range 1 + r.IntN(4) {
				in := rights.LineageInput{Type: "Result", ContentRoot: pick(roots), PermissionRef: traceRT}
				switch {
				case len(copies) > 0 && r.IntN(3) == 0:
					in.Type, in.ID, in.PermissionRef = "Copy", pick(copies), ""
				case len(resources) > 0 && r.IntN(3) == 0:
					in.Type, in.ID, in.Version = "Resource", pick(resources), int64(1+r.IntN(2))
				}
				ln.Inputs = append(ln.Inputs, in)
			}
			for range 1 + r.IntN(2) {
				ln.Outputs = append(ln.Outputs, rights.LineageOutput{Type: []string{"Result", "Model", "Product"}[r.IntN(3)], ContentRoot: pick(roots)})
			}
			put(rights.KindLineage, id(rights.KindLineage, i), ln, rights.StateAsserted)
		}
	}
}

// TestGraphWalksAsRecordsLead asks every question twice: over the graph, and
// record by record. The answers are the same to the byte, of what was there at the
// start and of what came later, and for who may not see all.
func TestGraphWalksAsRecordsLead(t *testing.T) {
	ask := func(h http.Handler, q string, auth []string) *httptest.ResponseRecorder {
		r := httptest.NewRequest(http.MethodGet, "/v1/trace/"+q, nil)
		r.Header.Set(auth[0], auth[1])
		rec := httptest.NewRecorder()
		h.ServeHTTP(rec, r)
		return rec
	}
	items := 0
	for seed := range uint64(3) {
		r := rand.New(rand.NewPCG(seed, 4))
		w := newLineage(t)
		tangle(w, r, 40, 0)
		withGraph(t, w)
		tangle(w, r, 30, 1000)
		plain := w.opts
		plain.Lineage = nil
		slow, err := New(plain)
		if err != nil {
			t.Fatal(err)
		}
		fast := w.h
		var questions []string
		for _, kind := range []rights.Kind{rights.KindResource, rights.KindProduct, rights.KindCopy} {
			for _, e := range w.index.entries[kind] {
				for _, version := range []string{"", "&version=1", "&version=2"} {
					questions = append(questions, "back?object="+e.ID+version, "forward?object="+e.ID+version)
					if kind == rights.KindProduct {
						questions = append(questions, "recipients?product="+e.ID+version, "recipients?limit=2&cursor=2&product="+e.ID+version)
					}
				}
				questions = append(questions, "back?limit=3&cursor=3&object="+e.ID, "forward?limit=200&object="+e.ID)
			}
		}
		for i := range 40 {
			root := url.QueryEscape(sm3(fmt.Sprint("content ", i)))
			questions = append(questions, "back?object="+root, "forward?object="+root)
		}
		for _, who := range []*actor{regulator, exchange} {
			w.h = slow
			slowAuth := w.as(who)
			w.h = fast
			fastAuth := w.as(who)
			for _, q := range questions {
				want, got := ask(slow, q, slowAuth), ask(fast, q, fastAuth)
				if want.Code == http.StatusOK && !bytes.Equal(want.Body.Bytes(), got.Body.Bytes()) || want.Code != got.Code {
					t.Fatalf("seed %d, %s, %s: %d\n%s\nrecord by record: %d\n%s", seed, who.name, q, got.Code, got.Body, want.Code, want.Body)
				}
				items += strings.Count(got.Body.String(), `"depth"`)
			}
		}
	}
	if items < 2_500 {
		t.Errorf("only %d items were compared", items)
	}
}

// Where the walk ends after 5,000 records, the graph goes on.
func TestGraphIsNotTruncated(t *testing.T) {
	w := newLineage(t)
	var many []rights.LineageInput
	for i := range 60 {
		many = append(many, rights.LineageInput{Type: "Result", ContentRoot: sm3(fmt.Sprint("wide ", i))})
	}
	for i := range 100 {
		l := &rights.Lineage{OperatorID: weather.id, Inputs: many, Outputs: []rights.LineageOutput{{Type: "Result", ContentRoot: sm3("wide")}}}
		l.ID = fmt.Sprintf("LN-320902-20261123-%012x-00", i)
		w.put(rights.KindLineage, l, rights.StateAsserted)
	}
	withGraph(t, w)
	r := w.get("/v1/trace/back?object="+sm3("wide")+"&limit=200&cursor=5900", w.as(regulator)...).want(http.StatusOK).object()
	if len(r["items"].([]any)) != 100 || r["truncated"] != false || r["next"] != "" {
		t.Errorf("%d items at the end, truncated %v", len(r["items"].([]any)), r["truncated"])
	}
}

func TestTraceGraph(t *testing.T) {
	w := withGraph(t, newLineage(t))
	auth := w.as(regulator)
	g := w.get("/v1/trace/graph?depth=9&object="+traceDP1+"&version=1", auth...).want(http.StatusOK).object()
	var nodes, edges []string
	all := g["nodes"].([]any)
	name := func(i any) string { return all[int(i.(float64))].(map[string]any)["id"].(string) }
	for i, n := range all {
		nodes = append(nodes, fmt.Sprint(name(float64(i)), " ", n.(map[string]any)["depth"]))
	}
	for _, e := range g["edges"].([]any) {
		e := e.(map[string]any)
		edges = append(edges, fmt.Sprint(name(e["from"]), ">", name(e["to"]), " ", e["kind"], " ", e["permission"]))
	}
	const listing = "LS-320902-20261123-0a1b2c3d4e5f-71"
	if want := []string{traceDP1 + " 0", traceDR + " -1", listing + " 1", traceCP + " 1", traceDP2 + " 2"}; !slices.Equal(nodes, want) {
		t.Errorf("nodes %v", nodes)
	}
	slices.Sort(edges)
	want := []string{traceCP + ">" + traceDP2 + " LN allowed", traceDP1 + ">" + traceCP + " CP none", traceDP1 + ">" + listing + " LS allowed", traceDR + ">" + traceDP1 + " LN allowed"}
	slices.Sort(want)
	if !slices.Equal(edges, want) {
		t.Errorf("edges %v", edges)
	}
	if g["truncated"] != false {
		t.Error("a whole graph is said to be a part")
	}
	g = w.get("/v1/trace/graph?depth=1&direction=forward&object="+traceDP1+"&version=1", auth...).want(http.StatusOK).object()
	first := g["nodes"].([]any)[0].(map[string]any)
	if len(g["nodes"].([]any)) != 3 || first["back"] != 1.0 || g["truncated"] != true {
		t.Errorf("a part: %v", g)
	}
	// A right that was cancelled before the work began.
	late := &rights.Lineage{Outputs: []rights.LineageOutput{{Type: "Product", ContentRoot: sm3("late")}}, OperatorID: weather.id, StartedAt: testTime,
		Inputs: []rights.LineageInput{{Type: "Resource", ID: traceDR, Version: 2, ContentRoot: sm3("dr2"), PermissionRef: traceRT}}}
	late.ID = "LN-320902-20261123-0a1b2c3d4e5f-79"
	w.put(rights.KindLineage, late, rights.StateAsserted)
	g = w.get("/v1/trace/graph?direction=back&object="+sm3("late"), auth...).want(http.StatusOK).object()
	if e := g["edges"].([]any)[0].(map[string]any); e["permission"] != "denied" || e["ref"] != traceRT || e["reason"] == "" {
		t.Errorf("a cancelled right: %v", e)
	}
	w.get("/v1/trace/graph?object="+traceDP1, w.as(weather)...).problem(http.StatusForbidden, CodeForbidden, "")
	w.get("/v1/trace/graph?object="+traceDP1).problem(http.StatusUnauthorized, CodeSession, "Authorization")
	w.get("/v1/trace/graph?object="+traceDP1+"&direction=up", auth...).problem(http.StatusBadRequest, rights.CodeFormat, "direction")
	w.get("/v1/trace/graph?object="+traceDP1+"&limit=100001", auth...).problem(http.StatusBadRequest, rights.CodeFormat, "limit")
	w.get("/v1/trace/graph", auth...).problem(http.StatusBadRequest, rights.CodeFormat, "object")
	w.opts.Lineage = nil
	w.h, _ = New(w.opts)
	w.get("/v1/trace/graph?object="+traceDP1, w.as(regulator)...).problem(http.StatusServiceUnavailable, CodeUnavailable, "")
}

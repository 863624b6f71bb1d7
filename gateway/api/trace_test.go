package api

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/datarights/datarights/chaincode/rights"
	"github.com/datarights/datarights/internal/gm"
)

const (
	traceDR  = "DR-320902-20261123-0a1b2c3d4e5f-70"
	traceRT  = "RT-320902-20261123-0a1b2c3d4e5f-70"
	traceLN1 = "LN-320902-20261123-0a1b2c3d4e5f-71"
	traceDP1 = "DP-320902-20261123-0a1b2c3d4e5f-71"
	traceDL  = "DL-320902-20261123-0a1b2c3d4e5f-71"
	traceCP  = "CP-320902-20261123-0a1b2c3d4e5f-71"
	traceCP2 = "CP-320902-20261123-0a1b2c3d4e5f-72"
	traceLN2 = "LN-320902-20261123-0a1b2c3d4e5f-72"
	traceDP2 = "DP-320902-20261123-0a1b2c3d4e5f-72"
)

// newLineage is the world with a chain: weather's resource → its product →
// energy's copy → energy's own product; and a copy of another version.
func newLineage(t testing.TB) *world {
	w := newWorld(t)
	put := func(kind rights.Kind, id string, rec rights.Record, state rights.State) {
		rights.HeadOf(rec).ID = id
		w.put(kind, rec, state)
	}
	put(rights.KindResource, traceDR, &rights.Resource{Name: "甲", HolderID: weather.id, Versions: []rights.ResourceVersion{{No: 1, ContentRoot: sm3("dr1")}, {No: 2, ContentRoot: sm3("dr2")}}}, rights.StateCatalogued)
	right := &rights.Right{Kind: rights.RightUse, ObjectID: traceDR, HolderID: weather.id, ValidFrom: testTime - 100, ValidTo: testTime + 100}
	put(rights.KindRight, traceRT, right, rights.StateActive)
	put(rights.KindLineage, traceLN1, &rights.Lineage{Outputs: []rights.LineageOutput{{Type: "Product", ContentRoot: sm3("dp1")}}, Op: "OpTrain", Substantive: true, OperatorID: weather.id, Env: "EnvTEE",
		Inputs: []rights.LineageInput{{Type: "Resource", ID: traceDR, Version: 2, ContentRoot: sm3("dr2"), PermissionRef: traceRT}}, StartedAt: testTime - 50, FinishedAt: testTime - 40}, rights.StateAttested)
	put(rights.KindProduct, traceDP1, &rights.Product{Name: "乙", OwnerID: weather.id, Versions: []rights.ProductVersion{{No: 1, ContentRoot: sm3("dp1"), LineageID: traceLN1}, {No: 2, ContentRoot: sm3("dp1b")}}}, rights.StateApproved)
	put(rights.KindListing, "LS-320902-20261123-0a1b2c3d4e5f-71", &rights.Listing{ProductID: traceDP1, ProductVersion: 1, SellerID: weather.id, RightID: traceRT, ValidFrom: testTime, ValidTo: testTime + 9}, rights.StateListed)
	put(rights.KindDelivery, traceDL, &rights.Delivery{FromID: weather.id, ToID: energy.id, ProductID: traceDP1, ProductVersion: 1}, rights.StateAccepted)
	permission := &rights.Permission{Scope: rights.Scope{Actions: []rights.Action{rights.ActHold, rights.ActDerive, rights.ActProvide}}}
	put(rights.KindCopy, traceCP, &rights.Copy{HolderID: energy.id, DeliveryID: traceDL, ProductID: traceDP1, Version: 1, ContentRoot: sm3("cp"), FingerprintCommit: sm3("mark"), Permission: permission, HoldUntil: testTime + 500}, rights.StateHeld)
	put(rights.KindCopy, traceCP2, &rights.Copy{HolderID: stranger.id, DeliveryID: traceDL, ProductID: traceDP1, Version: 2, ContentRoot: sm3("cp2"), Permission: permission, HoldUntil: testTime + 500}, rights.StateHeld)
	put(rights.KindLineage, traceLN2, &rights.Lineage{Outputs: []rights.LineageOutput{{Type: "Product", ContentRoot: sm3("dp2")}}, Op: "OpReport", Substantive: true, OperatorID: energy.id, Env: "EnvOpen",
		Inputs: []rights.LineageInput{{Type: "Copy", ID: traceCP, ContentRoot: sm3("cp"), PermissionRef: traceCP}}, StartedAt: testTime + 1, FinishedAt: testTime + 2}, rights.StateAsserted)
	put(rights.KindProduct, traceDP2, &rights.Product{Name: "丙", OwnerID: energy.id, Versions: []rights.ProductVersion{{No: 1, ContentRoot: sm3("dp2"), LineageID: traceLN2}}}, rights.StateApproved)
	// The right is cancelled later: what it allowed before stays allowed.
	right.State = rights.StateCancelled
	put(rights.KindRight, traceRT, right, rights.StateCancelled)
	return w
}

func TestTraceBack(t *testing.T) {
	w := newLineage(t)
	edges, next := w.get("/v1/trace/back?object="+traceDP2, w.as(regulator)...).list()
	var got []string
	for _, e := range edges {
		in := e["input"].(map[string]any)
		got = append(got, fmt.Sprint(e["depth"], " ", in["type"], " ", in["id"], "@", in["version"]))
	}
	want := []string{"1 Copy " + traceCP + "@<nil>", "2 Product " + traceDP1 + "@1", "3 Resource " + traceDR + "@2"}
	if strings.Join(got, "; ") != strings.Join(want, "; ") || next != "" {
		t.Fatalf("got %v", got)
	}
	for i, ref := range map[int]string{0: traceCP, 2: traceRT} {
		p := edges[i]["permission"].(map[string]any)
		if p["ref"] != ref || p["effective"].(map[string]any)["now"] != true {
			t.Errorf("edge %d under %v", i, p)
		}
	}
	if edges[2]["op"] != "OpTrain" || edges[2]["operatorId"] != weather.id || edges[2]["env"] != "EnvTEE" {
		t.Errorf("edge %v", edges[2])
	}
	// Page by page it is the same walk.
	cursor, paged := "", 0
	for {
		items, next := w.get("/v1/trace/back?object="+traceDP2+"&limit=1&cursor="+cursor, w.as(regulator)...).list()
		paged += len(items)
		if cursor = next; cursor == "" {
			break
		}
	}
	if paged != 3 {
		t.Errorf("%d edges page by page", paged)
	}
	w.get("/v1/trace/back?object="+traceDP2+"&cursor=9", w.as(regulator)...).problem(http.StatusBadRequest, CodeCursor, "cursor")

	// The owner sees its own step, and only that there is another's.
	r := w.get("/v1/trace/back?object="+traceDP2, w.as(energy)...).want(http.StatusOK).object()
	own := r["items"].([]any)
	if len(own) != 3 || own[2].(map[string]any)["input"] != nil || own[2].(map[string]any)["operatorId"] != nil || r["withheld"] != 1.0 {
		t.Errorf("the owner sees %v", r)
	}
	w.get("/v1/trace/back?object="+traceDP2, w.as(stranger)...).problem(http.StatusForbidden, CodeForbidden, "")
	w.get("/v1/trace/back?object="+traceDP2).problem(http.StatusUnauthorized, CodeSession, "Authorization")
	w.get("/v1/trace/back?object="+sm3("dp2"), w.as(energy)...).problem(http.StatusForbidden, CodeForbidden, "")
	if items, _ := w.get("/v1/trace/back?object="+sm3("dp2"), w.as(exchange)...).list(); len(items) != 3 {
		t.Errorf("%d edges from a content root", len(items))
	}
	auth := w.as(regulator)
	w.get("/v1/trace/back", auth...).problem(http.StatusBadRequest, rights.CodeFormat, "object")
	w.get("/v1/trace/back?object=RT-1", auth...).problem(http.StatusBadRequest, rights.CodeFormat, "object")
	w.get("/v1/trace/back?object=DP-none", auth...).problem(http.StatusNotFound, rights.CodeNotFound, "object")
	w.get("/v1/trace/back?object="+traceDP2+"&version=7", auth...).problem(http.StatusNotFound, rights.CodeNotFound, "version")
	w.get("/v1/trace/back?object="+traceDP2+"&version=0", auth...).problem(http.StatusBadRequest, rights.CodeFormat, "version")
}

// A permission is judged as it stood when the work began.
func TestTraceBackKnowsWhatWasNotEffective(t *testing.T) {
	w := newLineage(t)
	late := &rights.Lineage{Outputs: []rights.LineageOutput{{Type: "Product", ContentRoot: sm3("late")}}, Op: "OpReport", OperatorID: weather.id, StartedAt: testTime,
		Inputs: []rights.LineageInput{{Type: "Resource", ID: traceDR, Version: 2, ContentRoot: sm3("dr2"), PermissionRef: traceRT}}}
	late.ID = "LN-320902-20261123-0a1b2c3d4e5f-79"
	w.put(rights.KindLineage, late, rights.StateAsserted)
	edges, _ := w.get("/v1/trace/back?object="+sm3("late"), w.as(regulator)...).list()
	if eff := edges[0]["permission"].(map[string]any)["effective"].(map[string]any); eff["now"] != false || eff["reason"] == "" {
		t.Errorf("a cancelled right: %v", eff)
	}
}

// Lineage that leads back to itself ends.
func TestTraceEndsInACircle(t *testing.T) {
	w := newLineage(t)
	for i, pair := range [][2]string{{"a", "b"}, {"b", "a"}} {
		l := &rights.Lineage{Outputs: []rights.LineageOutput{{Type: "Result", ContentRoot: sm3(pair[0])}}, Inputs: []rights.LineageInput{{Type: "Result", ContentRoot: sm3(pair[1])}}, OperatorID: weather.id}
		l.ID = fmt.Sprintf("LN-320902-20261123-0a1b2c3d4e5f-8%d", i)
		w.put(rights.KindLineage, l, rights.StateAsserted)
	}
	for _, way := range []string{"back", "forward"} {
		if items, _ := w.get("/v1/trace/"+way+"?object="+sm3("a"), w.as(regulator)...).list(); len(items) != 2 {
			t.Errorf("%s: %d items", way, len(items))
		}
	}
}

func TestTraceForward(t *testing.T) {
	w := newLineage(t)
	items, _ := w.get("/v1/trace/forward?object="+traceDR+"&version=2", w.as(regulator)...).list()
	var got []string
	for _, d := range items {
		got = append(got, fmt.Sprint(d["depth"], " ", d["id"]))
	}
	want := []string{"1 " + traceLN1, "2 " + traceDP1, "3 LS-320902-20261123-0a1b2c3d4e5f-71", "3 " + traceCP, "4 " + traceLN2, "5 " + traceDP2}
	if strings.Join(got, "; ") != strings.Join(want, "; ") {
		t.Errorf("got %v", got)
	}
	if items, _ := w.get("/v1/trace/forward?object="+traceDR+"&version=1", w.as(regulator)...).list(); len(items) != 0 {
		t.Errorf("a version nothing was made of has %d descendants", len(items))
	}
	// The resource's holder follows its own deliveries, not what others made.
	r := w.get("/v1/trace/forward?object="+traceDR, w.as(weather)...).want(http.StatusOK).object()
	if n := len(r["items"].([]any)); n != 4 || r["withheld"] != 1.0 {
		t.Errorf("the holder sees %d, %v withheld", n, r["withheld"])
	}
}

func TestTraceRecipients(t *testing.T) {
	w := newLineage(t)
	items, _ := w.get("/v1/trace/recipients?product="+traceDP1+"&version=1", w.as(regulator)...).list()
	if len(items) != 1 || items[0]["holderId"] != energy.id || items[0]["fingerprintCommit"] != sm3("mark") {
		t.Errorf("got %v", items)
	}
	if items, _ := w.get("/v1/trace/recipients?product="+traceDP1, w.as(weather)...).list(); len(items) != 2 || items[0]["block"].(float64) > items[1]["block"].(float64) {
		t.Errorf("the owner sees %v", items)
	}
	w.get("/v1/trace/recipients?product="+traceDP1, w.as(energy)...).problem(http.StatusForbidden, CodeForbidden, "")
}

func TestTracePermission(t *testing.T) {
	w := newLineage(t)
	ask := func(copyID, action string, at int64) map[string]any {
		return w.get(fmt.Sprintf("/v1/trace/permission?copy=%s&action=%s&at=%d", copyID, action, at), w.as(energy)...).want(http.StatusOK).object()
	}
	if got := ask(traceCP, "ActDerive", testTime+1); got["allowed"] != true || len(got["chain"].([]any)) != 1 {
		t.Errorf("a good permission: %v", got)
	}
	if got := ask(traceCP, "ActResell", testTime+1); got["allowed"] != false || !strings.Contains(got["reason"].(string), "ActResell") {
		t.Errorf("resale: %v", got)
	}
	if got := ask(traceCP, "ActDerive", testTime+500); got["allowed"] != false {
		t.Errorf("after the term: %v", got)
	}
	if got := ask(traceCP, "ActDerive", testTime-1); got["allowed"] != false || !strings.Contains(got["reason"].(string), "no copy") {
		t.Errorf("before there was a copy: %v", got)
	}
	w.get("/v1/trace/permission?copy="+traceCP+"&action=ActHold", w.as(stranger)...).problem(http.StatusForbidden, CodeForbidden, "")
	w.get("/v1/trace/permission?copy="+traceCP, w.as(energy)...).problem(http.StatusBadRequest, rights.CodeFormat, "action")
	// A copy passed on allows no more than the copies above it.
	child := &rights.Copy{HolderID: energy.id, ParentCopyID: traceCP, ProductID: traceDP1, Version: 1, Permission: &rights.Permission{Scope: rights.Scope{Actions: []rights.Action{rights.ActResell}}}, HoldUntil: testTime + 500}
	child.ID = "CP-320902-20261123-0a1b2c3d4e5f-75"
	w.put(rights.KindCopy, child, rights.StateHeld)
	if got := ask(child.ID, "ActResell", testTime+1); got["allowed"] != false || len(got["chain"].([]any)) != 2 {
		t.Errorf("a child wider than its parent: %v", got)
	}
}

func TestTraceOrder(t *testing.T) {
	w := newLineage(t)
	items, _ := w.get("/v1/trace/order?refs="+traceDP2+","+traceRT+"@2,"+traceDR+","+traceRT, w.as(regulator)...).list()
	var got []string
	for _, o := range items {
		got = append(got, o["ref"].(string))
	}
	if want := strings.Join([]string{traceDR, traceRT, traceDP2, traceRT + "@2"}, " "); strings.Join(got, " ") != want {
		t.Errorf("got %v", got)
	}
	auth := w.as(stranger)
	w.get("/v1/trace/order?refs="+traceCP, auth...).problem(http.StatusForbidden, CodeForbidden, "")
	w.get("/v1/trace/order?refs="+traceDR+"@9", auth...).problem(http.StatusNotFound, rights.CodeNotFound, "")
	w.get("/v1/trace/order?refs=what", auth...).problem(http.StatusBadRequest, rights.CodeFormat, "refs")
	w.get("/v1/trace/order?refs="+strings.Repeat("a,", 50)+"a", auth...).problem(http.StatusBadRequest, rights.CodeFormat, "refs")
	w.get("/v1/trace/order?refs="+traceDR).problem(http.StatusUnauthorized, CodeSession, "Authorization")
}

func TestAsset(t *testing.T) {
	w := newMarket(t, func(o *Options) {
		o.Asset = func(find rights.Finder, no string, at rights.UnixSec, depth int64) (any, error) {
			var cert rights.Certificate
			_, err := find.Find(rights.KindCertificate, no, &cert)
			return map[string]any{"certNo": cert.CertNo, "at": at, "depth": depth}, err
		}
	})
	target := "/v1/certificates/" + certNo + "/asset"
	got := w.get(target, w.as(bank)...).want(http.StatusOK).object()
	if got["askedAs"] != "pledgee" || got["report"].(map[string]any)["certNo"] != certNo || len(got["encumbrances"].([]any)) != 4 || len(got["listings"].([]any)) != 1 {
		t.Errorf("got %v", got)
	}
	listed := got["report"] != nil && len(got["licences"].([]any)) == 0
	permit := &rights.Permit{BasisID: rightID, GrantorID: weather.id, PermitteeID: stranger.id, ValidTo: testTime + 3600}
	w.put(rights.KindPermit, permit, rights.StateActive)
	w.put(rights.KindPermit, &rights.Permit{Head: rights.Head{ID: "UP-320903-20261123-00000000000f-00"}, BasisID: rightID, ValidTo: 1}, rights.StateRevoked)
	out := w.get(target, w.as(bank)...).want(http.StatusOK)
	if permits := out.object()["permits"].([]any); !listed || len(permits) != 1 || permits[0].(map[string]any)["state"] != "Active" || strings.Contains(out.Body.String(), stranger.id) {
		t.Errorf("permits out: %v", permits)
	}
	events := got["events"].([]any)
	if len(events) < 5 || events[0].(map[string]any)["block"].(float64) < events[1].(map[string]any)["block"].(float64) {
		t.Errorf("events %v", events)
	}
	for a, as := range map[*actor]string{weather: "holder", regulator: "office", exchange: "office", otherRegistra: "office"} {
		if got := w.get(target, w.as(a)...).want(http.StatusOK).object(); got["askedAs"] != as {
			t.Errorf("%s asks as %v", a.name, got["askedAs"])
		}
	}
	w.get(target).problem(http.StatusUnauthorized, CodeSession, "Authorization")
	w.get(target, w.as(stranger)...).problem(http.StatusForbidden, CodeForbidden, "")
	w.get("/v1/certificates/SJ3212026119999/asset", w.as(regulator)...).problem(http.StatusNotFound, rights.CodeNotFound, "")

	// Before registration the bank needs the pledgor's consent, and with it anyone may ask.
	token := "一次性同意凭据"
	applied := &rights.Pledge{PledgorID: weather.id, PledgeeID: bank.id, CertNos: []string{certNo}, VerifyToken: fmt.Sprintf("sm3:%x", gm.SM3([]byte(token)))}
	w.put(rights.KindPledge, applied, rights.StateApplied)
	w.get(target, w.as(bank)...).problem(http.StatusForbidden, CodeForbidden, "")
	w.get(target+"?consent=other", w.as(bank)...).problem(http.StatusForbidden, CodeForbidden, "")
	if got := w.get(target + "?consent=" + token).want(http.StatusOK).object(); got["askedAs"] != "consent" {
		t.Errorf("with consent: %v", got["askedAs"])
	}
	w.put(rights.KindPledge, applied, rights.StateWithdrawn)
	w.get(target+"?consent="+token).problem(http.StatusForbidden, CodeForbidden, "")
}

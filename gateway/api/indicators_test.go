package api

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/datarights/datarights/chaincode/rights"
	"github.com/datarights/datarights/gateway/index"
	"github.com/datarights/datarights/gateway/indicator"
)

// testDay is the civil day of the test's clock.
var testDay = rights.CivilDate(testTime)

// newIndicators is a market with definitions, one payment, a pledge and an
// accounting record, at a gateway of the collections.
func newIndicators(t testing.TB, change ...func(*Options)) *world {
	v := &vault{kept: map[string]string{
		"tradeTerms/ST/" + marketID(rights.KindSettlement):                                `{"grossFen":1000,"refundedFen":300,"lines":[],"refunds":[{"amountFen":300,"at":1}]}`,
		"tradeTerms/AR/" + marketID(rights.KindAccounting):                                `{"closingFen":88}`,
		string(rights.CollectionPledge("BankMSP")) + "/PL/" + marketID(rights.KindPledge): `{"maxSecuredFen":77}`,
	}}
	w := newMarket(t, append([]func(*Options){memberOf(v, rights.CollectionTrade, rights.CollectionPledge("BankMSP"))}, change...)...)
	w.put(rights.KindSettlement, &rights.Settlement{TradeID: marketID(rights.KindTrade), BuyerID: energy.id, SellerID: weather.id, AmountsCommitment: sm3("amounts"), PaidOn: testDay}, rights.StateRefunded)
	define(w, "IN-05", 1, rights.WindowAsOf, func(d *rights.Indicator) { d.Target, d.TargetDate = 2, "2025-12-31" })
	define(w, "IN-01Y", 1, rights.WindowPeriod)
	define(w, "OP-08", 1, rights.WindowAsOf, func(d *rights.Indicator) { d.Restricted = true })
	define(w, "OP-09", 1, rights.WindowAsOf)
	define(w, "SI-12", 1, rights.WindowPeriod, func(d *rights.Indicator) { d.Restricted = true })
	define(w, "SI-20", 1, rights.WindowAsOf, func(d *rights.Indicator) { d.Direction = "Down" })
	define(w, "OP-12", 1, rights.WindowPeriod, func(d *rights.Indicator) { d.Direction = "Watch" })
	define(w, "XI-01", 1, rights.WindowAsOf)
	return w
}

func define(w *world, code string, ver int64, window string, change ...func(*rights.Indicator)) {
	d := &rights.Indicator{Head: rights.Head{ID: fmt.Sprintf("%s@%d", code, ver)}, Code: code, NameZh: "指标", NameEn: "indicator", Formula: "f", Unit: "count", Sources: []string{"x"}, Window: window, Direction: "Up", OwnerID: regulator.id, Ver: ver}
	for _, c := range change {
		c(d)
	}
	w.put(rights.KindIndicator, d, rights.StateActive)
}

func vendor(w *world, id, region, settledOn string) *rights.Participant {
	p := &rights.Participant{Head: rights.Head{ID: id}, USCC: id, Name: "数商", Roles: []rights.Role{rights.RoleVendor}, Origin: "Introduced", RegionCode: region, SettledOn: settledOn}
	w.put(rights.KindParticipant, p, rights.StateActive)
	return p
}

func TestIndicatorValue(t *testing.T) {
	w := newIndicators(t)
	vendor(w, "91320900MA1VEND01", "320902", "2025-01-01")
	v := vendor(w, "91320900MA1VEND02", "320903", "2025-01-01")
	const target = "/v1/indicators/IN-05/value"
	got := w.get(target).want(http.StatusOK).object()
	height := float64(w.index.Status().Height)
	if got["value"] != 2.0 || got["reached"] != true || got["target"] != 2.0 || got["targetDate"] != "2025-12-31" || got["direction"] != "Up" || got["inputCount"] != 2.0 || got["blockHeight"] != height || got["den"] != 0.0 || got["inputs"] != nil {
		t.Errorf("got %v", got)
	}
	if def := got["definition"].(map[string]any); def["id"] != "IN-05@1" || def["view"] != "public" {
		t.Errorf("by the definition %v", def)
	}
	if got := w.get(target + "?region=320903").want(http.StatusOK).object(); got["value"] != 1.0 || got["reached"] != false {
		t.Errorf("of a region: %v", got)
	}
	// One suspended later still counts over the blocks before, as the snapshot of then says.
	w.put(rights.KindParticipant, v, rights.StateSuspended)
	if got := w.get(target).want(http.StatusOK).object(); got["value"] != 1.0 {
		t.Errorf("after a suspension: %v", got)
	}
	// Before there was a ledger there was nothing.
	if got := w.get(target + "?as_of=2025-12-31").want(http.StatusOK).object(); got["value"] != 0.0 || got["asOf"] != 1767196799.0 {
		t.Errorf("in the past: %v", got)
	}
	// The newest active definition is the one in force; another is asked for by its version.
	define(w, "IN-05", 2, rights.WindowAsOf, func(d *rights.Indicator) { d.Target = 9 })
	if got := w.get(target).want(http.StatusOK).object(); got["target"] != 9.0 {
		t.Errorf("by %v", got["definition"])
	}
	if got := w.get("/v1/indicators/IN-05@1/value").want(http.StatusOK).object(); got["target"] != 2.0 {
		t.Errorf("by %v", got["definition"])
	}
	// One that should fall has the target 0; one that is watched has none.
	if got := w.get("/v1/indicators/SI-20/value").want(http.StatusOK).object(); got["reached"] != true {
		t.Errorf("SI-20: %v", got)
	}
	if got := w.get("/v1/indicators/OP-12/value").want(http.StatusOK).object(); got["reached"] != nil || got["den"] != 1.0 || got["periodFrom"] != "2026-01-01" {
		t.Errorf("OP-12: %v", got)
	}
	if got := w.get("/v1/indicators/OP-12/value?from=2026-01-01&to=2026-01-02").want(http.StatusOK).object(); got["den"] != 0.0 || got["periodTo"] != "2026-01-02" {
		t.Errorf("OP-12: %v", got)
	}
	if got := w.get("/v1/indicators/OP-12/value?year=2025").want(http.StatusOK).object(); got["den"] != 0.0 || got["periodTo"] != "2025-12-31" {
		t.Errorf("OP-12: %v", got)
	}
}

func TestIndicatorQuestions(t *testing.T) {
	w := newIndicators(t)
	for target, field := range map[string]string{
		"IN-05/value?as_of=2026-13-01": "as_of", "IN-05/value?year=2026": "year", "IN-05/value?region=3209": "region", "OP-12/value?from=2026-01-01": "from", "OP-12/value?from=2026-02-01&to=2026-01-01": "from",
		"OP-12/value?from=2026-01-01&to=2026-02-01&year=2026": "from", "OP-12/value?year=1": "year", "IN-05/value?inputs=yes": "inputs", "IN-05/value?limit=5": "limit", "SI-20/value?region=320903": "region",
	} {
		w.get("/v1/indicators/"+target).problem(http.StatusBadRequest, rights.CodeFormat, field)
	}
	w.get("/v1/indicators/IN-05/value?as_of=2999-01-01").problem(http.StatusUnprocessableEntity, rights.CodeTerm, "as_of")
	for _, id := range []string{"IN-06", "IN-05@7", "what", "SI-1"} {
		w.get("/v1/indicators/"+id+"/value").problem(http.StatusNotFound, rights.CodeNotFound, "")
	}
	w.get("/v1/indicators/XI-01/value").problem(http.StatusNotFound, rights.CodeNotFound, "code")
	define(w, "OP-02", 1, rights.WindowPeriod)
	w.index.fail["List"] = errors.New("disk gone")
	w.get("/v1/indicators/OP-02@1/value").problem(http.StatusInternalServerError, CodeInternal, "")
}

// Who may have which value, with and without its inputs, role by role: the
// public, the parties, a stranger, a registrar, the platform, the bank, the
// exchange, the regulator.
func TestIndicatorEntitlement(t *testing.T) {
	w := newIndicators(t)
	outside := newIndicators(t, func(o *Options) { o.Secrets, o.Collections = nil, nil })
	who := []*actor{nil, weather, energy, stranger, otherRegistra, platformKey, bank, exchange, regulator}
	for code, rows := range map[string][2]string{ // v: the value; -: not his
		"IN-05":  {"vvvvvvvvv", "-------vv"},
		"IN-01Y": {"-------vv", "-------vv"},
		"OP-09":  {"--------v", "--------v"}, // the regulator's, though its definition does not say so
		"OP-08":  {"--------v", "--------v"},
		"SI-12":  {"--------v", "--------v"},
		"SI-20":  {"vvvvvvvvv", "--------v"}, // alerts are the regulator's to read
	} {
		for i, a := range who {
			for j, suffix := range []string{"", "?inputs=true"} {
				allowed := rows[j][i] == 'v'
				r := w.get("/v1/indicators/"+code+"/value"+suffix, w.as(a)...)
				switch {
				case allowed:
					if got := r.want(http.StatusOK).object(); (got["inputs"] != nil) != (j == 1) {
						t.Errorf("%s%s: inputs %v", code, suffix, got["inputs"])
					}
				case a == nil:
					r.problem(http.StatusUnauthorized, CodeSession, "Authorization")
				default:
					r.problem(http.StatusForbidden, CodeForbidden, "")
				}
				if formula, _ := indicator.FormulaOf(code); allowed && formula.Private {
					outside.get("/v1/indicators/"+code+"/value"+suffix, outside.as(a)...).problem(http.StatusMisdirectedRequest, CodeMisdirected, "secret")
				}
			}
		}
	}
	// A collection of which the organisation is no member is not read by another way.
	trades := newIndicators(t, func(o *Options) { o.Collections = []rights.Collection{rights.CollectionTrade} })
	trades.get("/v1/indicators/OP-08/value", trades.as(regulator)...).problem(http.StatusMisdirectedRequest, CodeMisdirected, "secret")
	if strings.Contains(w.logs.String(), `"grossFen"`) || !strings.Contains(w.logs.String(), "indicator over private amounts") {
		t.Error("the log tells too much, or not who asked")
	}
}

func TestIndicatorOverPrivateAmounts(t *testing.T) {
	w := newIndicators(t)
	auth := w.as(regulator)
	got := w.get("/v1/indicators/IN-01Y/value?inputs=true", auth...).want(http.StatusOK).object()
	inputs := got["inputs"].([]any)
	if got["value"] != 700.0 || len(inputs) != 1 || inputs[0].(map[string]any)["amount"] != 700.0 {
		t.Fatalf("got %v", got)
	}
	in := inputs[0].(map[string]any)
	if root := indicator.Root([]indicator.Input{{ID: in["id"].(string), Version: int64(in["version"].(float64)), Amount: 700}}); root != got["inputRoot"] {
		t.Errorf("the inputs have root %s, the answer %v", root, got["inputRoot"])
	}
	if got := w.get("/v1/indicators/OP-08/value", auth...).want(http.StatusOK).object(); got["value"] != 77.0 {
		t.Errorf("OP-08: %v", got)
	}
	if got := w.get("/v1/indicators/OP-09/value", auth...).want(http.StatusOK).object(); got["value"] != 88.0 {
		t.Errorf("OP-09: %v", got)
	}
	// What was purged is missing, and said to be.
	w.opts.Secrets.(*vault).err = &rights.Error{Code: rights.CodeNotFound, Detail: "purged", DetailZh: "已清除"}
	w.index.apply()
	if got := w.get("/v1/indicators/IN-01Y/value", auth...).want(http.StatusOK).object(); got["value"] != 0.0 || got["missing"] != 1.0 {
		t.Errorf("after a purge: %v", got)
	}
	w.opts.Secrets.(*vault).err = errors.New("peer gone")
	w.index.apply()
	w.get("/v1/indicators/IN-01Y/value", auth...).problem(http.StatusInternalServerError, CodeInternal, "")
}

// A value is computed once a height; as of now it is not kept for long.
func TestIndicatorIsComputedOnceAHeight(t *testing.T) {
	w := newIndicators(t)
	asked := func(target string) int {
		w.index.mu.Lock()
		before := len(w.index.asked)
		w.index.mu.Unlock()
		w.get(target).want(http.StatusOK)
		n := 0
		for _, q := range w.index.asked[before:] {
			if q.Kind == rights.KindParticipant {
				n++
			}
		}
		return n
	}
	const target = "/v1/indicators/IN-05/value"
	if first, again, other := asked(target), asked(target), asked(target+"?region=320903"); first != 1 || again != 0 || other != 1 {
		t.Errorf("read %d, %d and %d times", first, again, other)
	}
	w.clock.move(nowSeconds * time.Second)
	if n := asked(target); n != 1 {
		t.Errorf("a minute later read %d times", n)
	}
	w.index.apply()
	if n := asked(target); n != 1 {
		t.Errorf("a block later read %d times", n)
	}
}

func TestSnapshotRecomputed(t *testing.T) {
	w := newIndicators(t)
	v := vendor(w, "91320900MA1VEND01", "320902", "2025-01-01")
	got := w.get("/v1/indicators/IN-05/value").want(http.StatusOK).object()
	shot := &rights.Snapshot{Head: rights.Head{ID: "IS-320900-20261123-0a1b2c3d4e5f-71"}, Code: "IN-05", DefVersion: 1, AsOf: int64(got["asOf"].(float64)), ValueInt: 1, InputRoot: got["inputRoot"].(string), InputCount: 1,
		BlockHeight: int64(got["blockHeight"].(float64)), ComputedBy: regulator.id}
	w.put(rights.KindSnapshot, shot, rights.StatePublished)
	target := "/v1/snapshots/" + shot.ID + "/recomputed"
	check := func(equal bool, auth ...string) map[string]any {
		t.Helper()
		r := w.get(target, auth...).want(http.StatusOK).object()
		if r["equal"] != equal || (r["why"] == nil) != equal {
			t.Errorf("got %v", r)
		}
		return r
	}
	check(true)
	// What happened since changes nothing: not another vendor, nor what became of the first.
	vendor(w, "91320900MA1VEND02", "320902", "2025-01-01")
	w.put(rights.KindParticipant, v, rights.StateSuspended)
	check(true)
	shot.BlockHeight = int64(w.index.Status().Height)
	w.put(rights.KindSnapshot, shot, rights.StatePublished)
	if r := check(false); !strings.Contains(r["why"].(string), "inputs differ") || r["recomputed"].(map[string]any)["inputRoot"] == shot.InputRoot {
		t.Errorf("at another height: %v", r)
	}
	shot.BlockHeight, shot.ValueInt = int64(got["blockHeight"].(float64)), 5
	w.put(rights.KindSnapshot, shot, rights.StatePublished)
	if r := check(false); !strings.Contains(r["why"].(string), "the inputs are the same") {
		t.Errorf("a wrong value: %v", r)
	}
	shot.BlockHeight = 1 << 40
	w.put(rights.KindSnapshot, shot, rights.StatePublished)
	w.get(target).problem(http.StatusServiceUnavailable, CodeUnavailable, "")

	// Of one that is not published only the regulator and who computed it know.
	shot.BlockHeight, shot.ValueInt = int64(got["blockHeight"].(float64)), 1
	w.put(rights.KindSnapshot, shot, rights.StateComputed)
	w.get(target).problem(http.StatusForbidden, CodeForbidden, "")
	check(true, w.as(regulator)...)
	w.get("/v1/snapshots/IS-none/recomputed").problem(http.StatusNotFound, rights.CodeNotFound, "")
	w.get(target+"?year=2026").problem(http.StatusBadRequest, rights.CodeFormat, "year")

	// The value of a restricted indicator is behind its commitment; its inputs are not.
	auth := w.as(regulator)
	secret := w.get("/v1/indicators/OP-08/value", auth...).want(http.StatusOK).object()
	w.put(rights.KindSnapshot, &rights.Snapshot{Head: rights.Head{ID: "IS-320900-20261123-0a1b2c3d4e5f-72"}, Code: "OP-08", DefVersion: 1, AsOf: int64(secret["asOf"].(float64)), Commitment: sm3("value"), InputRoot: secret["inputRoot"].(string), InputCount: 1,
		BlockHeight: int64(secret["blockHeight"].(float64)), ComputedBy: regulator.id}, rights.StateComputed)
	r := w.get("/v1/snapshots/IS-320900-20261123-0a1b2c3d4e5f-72/recomputed", auth...).want(http.StatusOK).object()
	if r["equal"] != true || !strings.Contains(r["why"].(string), "commitment") || r["recomputed"].(map[string]any)["value"] != 77.0 {
		t.Errorf("restricted: %v", r)
	}
	w.get("/v1/snapshots/IS-320900-20261123-0a1b2c3d4e5f-72/recomputed", w.as(exchange)...).problem(http.StatusForbidden, CodeForbidden, "")
}

// The lineage's permissions are asked for as they stood when it was taken.
func TestIndicatorAsksHistory(t *testing.T) {
	w := newLineage(t)
	define(w, "SI-03", 1, rights.WindowCumulative)
	if got := w.get("/v1/indicators/SI-03/value").want(http.StatusOK).object(); got["value"] != 0.0 {
		t.Errorf("a right cancelled since: %v", got)
	}
	late := &rights.Lineage{Head: rights.Head{ID: "LN-320902-20261123-0a1b2c3d4e5f-79"}, OperatorID: weather.id, StartedAt: testTime, Inputs: []rights.LineageInput{{Type: "Resource", ID: traceDR, PermissionRef: traceRT}}}
	w.put(rights.KindLineage, late, rights.StateAsserted)
	if got := w.get("/v1/indicators/SI-03/value").want(http.StatusOK).object(); got["value"] != 1.0 {
		t.Errorf("a right cancelled before: %v", got)
	}
}

// How single institutions stand is for the offices.
func TestPartsOfParticipants(t *testing.T) {
	w := newIndicators(t)
	define(w, "SI-19", 1, rights.WindowCumulative)
	w.put(rights.KindEvaluation, &rights.Evaluation{EvaluatorID: stranger.id, IssuedAt: testTime, Refuted: true}, rights.StateWithdrawn)
	for a, sees := range map[*actor]bool{nil: false, weather: false, exchange: true, regulator: true} {
		got := w.get("/v1/indicators/SI-19/value", w.as(a)...).want(http.StatusOK).object()
		if got["value"] != 1000.0 || (got["parts"] != nil) != sees {
			t.Errorf("got %v", got)
		}
	}
}

// Every code of the catalogue answers over a market with one record of each kind.
func TestEveryIndicatorIsServed(t *testing.T) {
	w := newIndicators(t)
	vendor(w, "91320900MA1VEND01", "320902", "2025-01-01")
	local := &rights.Participant{Head: rights.Head{ID: "91320900MA1LOCAL1"}, USCC: "91320900MA1LOCAL1", Origin: "Local", RegionCode: "320902", Tags: []string{rights.TagDataElementEnterprise}}
	w.put(rights.KindParticipant, local, rights.StateActive)
	w.put(rights.KindGrant, &rights.Grant{Head: rights.Head{ID: "GR-320902-20261123-0a1b2c3d4e5f-71"}, EffectiveAt: testTime - 400*24*3600}, rights.StateEffective)
	auth := w.as(regulator)
	for _, code := range indicator.Codes() {
		window := rights.WindowAsOf
		if slices.Contains([]string{"IN-01Y", "IN-02", "IN-09", "SI-18"}, code) {
			window = rights.WindowPeriod
		}
		define(w, code, 3, window)
		got := w.get("/v1/indicators/"+code+"@3/value?inputs=true", auth...).want(http.StatusOK).object()
		raw, _ := json.Marshal(got["inputs"])
		var inputs []indicator.Input
		if err := json.Unmarshal(raw, &inputs); err != nil || indicator.Root(inputs) != got["inputRoot"] {
			t.Errorf("%s: %v, root of %v", code, err, got)
		}
	}
}

// growing is an index that grows after the first page of participants it gave.
type growing struct {
	*fakeIndex
	grow func()
}

func (g *growing) List(q index.Query) (index.Page[index.Entry], error) {
	page, err := g.fakeIndex.List(q)
	if q.Kind == rights.KindParticipant && g.grow != nil {
		grow := g.grow
		g.grow = nil
		grow()
	}
	return page, err
}

// What is written while a value is computed is not in it.
func TestIndicatorIsOfOneHeight(t *testing.T) {
	g := &growing{}
	w := newIndicators(t, func(o *Options) {
		g.fakeIndex = o.Reader.(*fakeIndex)
		o.Reader = g
	})
	var all []*rights.Participant
	for i := range 205 {
		all = append(all, vendor(w, fmt.Sprintf("91320900MA1VE%05d", i), "320902", "2025-01-01"))
	}
	height := w.index.Status().Height
	g.grow = func() {
		w.put(rights.KindParticipant, all[0], rights.StateSuspended)
		w.put(rights.KindParticipant, all[204], rights.StateSuspended)
		vendor(w, "91320900MA1VELATE", "320902", "2025-01-01")
	}
	got := w.get("/v1/indicators/IN-05/value").want(http.StatusOK).object()
	if got["value"] != 205.0 || got["blockHeight"] != float64(height) {
		t.Errorf("%v at %v, not 205 at %d", got["value"], got["blockHeight"], height)
	}
	if got := w.get("/v1/indicators/IN-05/value").want(http.StatusOK).object(); got["value"] != 204.0 {
		t.Errorf("%v a block later", got["value"])
	}
}

package explorer

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"github.com/datarights/datarights/test-network/browser"
)

// What the lineage page asks of the API, as far as the page reads it.
type (
	drawnNode struct {
		Type        string `json:"type"`
		ID          string `json:"id,omitempty"`
		Version     int    `json:"version,omitempty"`
		ContentRoot string `json:"contentRoot,omitempty"`
		State       string `json:"state,omitempty"`
		PartyID     string `json:"partyId,omitempty"`
		Depth       int    `json:"depth"`
		Back        int    `json:"back,omitempty"`
		Forward     int    `json:"forward,omitempty"`
		Block       int    `json:"block,omitempty"`
	}
	drawnEdge struct {
		From       int    `json:"from"`
		To         int    `json:"to"`
		Kind       string `json:"kind,omitempty"`
		ID         string `json:"id,omitempty"`
		Op         string `json:"op,omitempty"`
		Permission string `json:"permission"`
		Ref        string `json:"ref,omitempty"`
		Reason     string `json:"reason,omitempty"`
		ReasonZh   string `json:"reasonZh,omitempty"`
	}
	drawn struct {
		Height    int         `json:"height"`
		Nodes     []drawnNode `json:"nodes"`
		Edges     []drawnEdge `json:"edges"`
		Truncated bool        `json:"truncated"`
	}
)

const lineageToken = "a-session-of-the-regulator"

func drawnID(kind string, n int) string { return fmt.Sprintf("%s-320903-20261123-%012x-00", kind, n) }

// story is a market's lineage in small: two resources fused into a product, sold
// twice, resold once without permission.
func story() drawn {
	d := drawn{Height: 61}
	node := func(kind, typ, state, who string, n, depth int) int {
		v := drawnNode{Type: typ, ID: drawnID(kind, n), Version: 1, State: state, PartyID: who, Depth: depth, ContentRoot: fmt.Sprintf("sm3:%064x", n), Block: 10 + n}
		if typ == "Listing" || typ == "Permit" {
			v.Version, v.ContentRoot = 0, ""
		}
		d.Nodes = append(d.Nodes, v)
		return len(d.Nodes) - 1
	}
	edge := func(from, to int, kind, op, permission, ref string, n int) {
		e := drawnEdge{From: from, To: to, Op: op, Permission: permission, Ref: ref}
		if kind != "" {
			e.Kind, e.ID = kind, drawnID(kind, n)
		}
		if permission == "denied" {
			e.Reason, e.ReasonZh = "the copy does not allow ActResell", "副本未许可 ActResell"
		}
		d.Edges = append(d.Edges, e)
	}
	product := node("DP", "Product", "Approved", energy, 1, 0)
	power := node("DR", "Resource", "Catalogued", energy, 2, -1)
	weather := node("DR", "Resource", "Catalogued", group, 3, -1)
	sensors := node("DR", "Resource", "Catalogued", group, 4, -2)
	offer := node("LS", "Listing", "Listed", energy, 5, 1)
	bank := node("CP", "Copy", "Held", group, 6, 1)
	buyer := node("CP", "Copy", "Held", energy, 7, 1)
	permit := node("UP", "Permit", "Active", group, 8, 1)
	report := node("DP", "Product", "Approved", group, 9, 2)
	stolen := node("DP", "Product", "InReview", energy, 10, 2)
	second := node("CP", "Copy", "Held", group, 11, 2)
	again := node("DP", "Product", "Draft", energy, 12, 3)
	d.Nodes[second].Forward = 3
	d.Truncated = true
	edge(power, product, "LN", "OpFuse", "allowed", drawnID("RT", 1), 20)
	edge(weather, product, "LN", "OpFuse", "allowed", drawnID("UP", 2), 20)
	edge(sensors, weather, "LN", "OpClean", "none", "", 21)
	edge(product, offer, "LS", "", "allowed", drawnID("RT", 3), 5)
	edge(product, bank, "CP", "", "allowed", drawnID("RT", 3), 6)
	edge(product, buyer, "CP", "", "allowed", drawnID("RT", 3), 7)
	edge(product, permit, "UP", "", "allowed", drawnID("RT", 3), 8)
	edge(bank, report, "LN", "OpReport", "allowed", drawnID("CP", 6), 22)
	edge(buyer, stolen, "LN", "OpFormat", "denied", drawnID("CP", 7), 23)
	edge(buyer, second, "CP", "", "denied", drawnID("CP", 7), 11)
	edge(stolen, again, "", "", "none", "", 0)
	return d
}

// wide is a graph of n nodes: a start, its sources, what came of it in four levels.
func wide(n int) drawn {
	d := drawn{Height: 9, Nodes: []drawnNode{{Type: "Product", ID: drawnID("DP", 0), Version: 1}}}
	permissions := []string{"allowed", "allowed", "allowed", "none", "denied"}
	levels := map[int][]int{0: {0}}
	for i := 1; i < n; i++ {
		depth := []int{-1, 1, 2, 3, 4}[min(i*5/n, 4)]
		d.Nodes = append(d.Nodes, drawnNode{Type: "Copy", ID: drawnID("CP", i), Version: 1, Depth: depth})
		levels[depth] = append(levels[depth], i)
		toward := depth - 1
		if depth < 0 {
			toward = depth + 1
		}
		for k := range min(2, len(levels[toward])) {
			from, to := levels[toward][(i*7+k*13)%len(levels[toward])], i
			if depth < 0 {
				from, to = to, from
			}
			d.Edges = append(d.Edges, drawnEdge{From: from, To: to, Kind: "LN", ID: drawnID("LN", i), Permission: permissions[i%5]})
		}
	}
	return d
}

// lineageSite is the pages with an API that knows one graph.
func lineageSite(t testing.TB, graph func(q url.Values) drawn) *httptest.Server {
	mux := http.NewServeMux()
	mux.Handle("/", handler(t, sampleOptions(sample(5))))
	mux.HandleFunc("/v1/trace/graph", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		if r.Header.Get("Authorization") != "Bearer "+lineageToken {
			w.WriteHeader(http.StatusUnauthorized)
			_, _ = w.Write([]byte(`{"code":"E_SESSION","detailZh":"会话无效","detailEn":"no such session"}`))
			return
		}
		_ = json.NewEncoder(w).Encode(graph(r.URL.Query()))
	})
	mux.HandleFunc("/v1/copies/{id}", func(w http.ResponseWriter, r *http.Request) {
		_, _ = fmt.Fprintf(w, `{"id":%q,"holderId":"<b>a holder</b>"}`, r.PathValue("id"))
	})
	site := httptest.NewServer(mux)
	t.Cleanup(site.Close)
	return site
}

// storyOf answers the page as the API would: the story, and around a copy what
// was not shown of it.
func storyOf(q url.Values) drawn {
	if q.Get("object") != drawnID("CP", 11) {
		return story()
	}
	d := drawn{Height: 61, Nodes: []drawnNode{story().Nodes[10]}}
	d.Nodes[0].Depth, d.Nodes[0].Forward = 0, 0
	for i := range 3 {
		d.Nodes = append(d.Nodes, drawnNode{Type: "Product", ID: drawnID("DP", 30+i), Version: 1, Depth: 1, State: "Draft"})
		d.Edges = append(d.Edges, drawnEdge{From: 0, To: i + 1, Kind: "LN", ID: drawnID("LN", 40+i), Op: "OpFormat", Permission: "denied", Ref: drawnID("CP", 11), Reason: "not effective", ReasonZh: "未生效"})
	}
	return d
}

// tab is a browser's tab on the lineage page.
type tab struct {
	*testing.T
	ctx context.Context
}

func (b tab) do(steps ...chromedp.Action[chromedp.Void]) {
	b.Helper()
	if err := chromedp.Do(b.ctx, steps...); err != nil {
		b.Fatal(err)
	}
}

func (b tab) say(script string) string {
	b.Helper()
	s, err := chromedp.Run(b.ctx, chromedp.Evaluate[string](`String(`+script+`)`))
	if err != nil {
		b.Fatal(err)
	}
	return s
}

// until waits for a script to say something.
func (b tab) until(script, want string) {
	b.Helper()
	got := ""
	for range 600 {
		if got = b.say(script); got == want {
			return
		}
		time.Sleep(100 * time.Millisecond)
	}
	b.Fatalf("%s is %q, want %q; the page says %q", script, got, want, b.say(`document.getElementById("status").textContent`))
}

func (b tab) open(site *httptest.Server, object, token, lang string) {
	b.Helper()
	b.do(chromedp.Navigate(site.URL+"/lineage?object="+object+"&lang="+lang), chromedp.WaitVisible("#ask[data-ready]"), chromedp.Focus("#token"), chromedp.KeyEvent(token), chromedp.KeyEvent(kb.Enter))
}

const graphData = `document.getElementById("graph").dataset.`

// TestBrowserLineage uses the page as a regulator does: shows, reads, unfolds,
// follows, zooms, by mouse and by keys.
func TestBrowserLineage(t *testing.T) {
	site := lineageSite(t, storyOf)
	b := tab{t, browser.Start(t)}
	wrong := browser.Watch(b.ctx, t)
	b.do(screen(1280))
	b.open(site, drawnID("DP", 1), "no such token", en)
	b.until(`document.getElementById("status").textContent.includes("E_SESSION")`, "true")
	for _, w := range wrong.Take() {
		if !strings.Contains(w, "401") {
			t.Error(w)
		}
	}
	b.open(site, drawnID("DP", 1), lineageToken, en)
	b.until(graphData+"nodes", "12")
	b.until(graphData+"seen", "12")
	if s := b.say(`document.getElementById("status").textContent`); !strings.Contains(s, "12 nodes, 11 edges, 2 of them not permitted then") {
		t.Errorf("the page says %q", s)
	}
	if s := b.say(`location.href + JSON.stringify(localStorage) + JSON.stringify(sessionStorage) + document.cookie`); strings.Contains(s, lineageToken) {
		t.Errorf("the token is kept: %s", s)
	}
	if s := b.say(graphData + "selected"); !strings.Contains(s, drawnID("DP", 1)) {
		t.Errorf("%s is selected first", s)
	}
	// By keys to a neighbour, and what it says of itself.
	b.do(chromedp.Focus("#graph"), chromedp.KeyEvent(kb.ArrowRight))
	b.until(graphData+`selected.includes("`+drawnID("DP", 1)+`")`, "false")
	b.do(chromedp.KeyEvent("0"))
	// From the table to the copy with more beyond, which is unfolded.
	b.say(`[...document.querySelectorAll("#rows button")].find(b => b.textContent === "` + drawnID("CP", 11) + `").click()`)
	b.until(graphData+"selected", drawnID("CP", 11))
	if s := b.say(`document.querySelector("#expand").textContent`); !strings.Contains(s, "+3") {
		t.Errorf("unfolding promises %q", s)
	}
	if s := b.say(`document.querySelector("#details .permission").textContent + document.querySelector("#details .why").textContent`); !strings.Contains(s, "not permitted then") || !strings.Contains(s, "ActResell") {
		t.Errorf("a refused edge says %q", s)
	}
	time.Sleep(time.Second) // the page scrolls
	b.do(chromedp.Click("#expand"))
	b.until(graphData+"nodes", "15")
	if s := b.say(`document.querySelector("#expand").textContent`); strings.Contains(s, "+") {
		t.Errorf("after unfolding there is still %q", s)
	}
	// What another wrote stays text.
	b.say(`[...document.querySelectorAll("#details dd button")].find(b => b.textContent.startsWith("CP-")).click()`)
	b.until(`document.querySelector("#record pre")?.textContent.includes("<b>a holder</b>")`, "true")
	// Zoom by button, wheel and key changes how much is seen.
	frames := b.say(graphData + "frames")
	b.do(chromedp.Click("#nearer"), chromedp.Click("#nearer"))
	b.say(`Array.from({length: 6}, () => document.getElementById("nearer").click()).length`)
	b.until(graphData+"frames !== '"+frames+"' && Number("+graphData+"seen) < 15", "true")
	b.do(chromedp.Click("#whole"))
	b.until(graphData+"seen", "15")
	b.say(`document.getElementById("graph").dispatchEvent(new WheelEvent("wheel", {deltaY: -4000, clientX: 0, clientY: 0, bubbles: true, cancelable: true}))`)
	b.until("Number("+graphData+"seen) < 15", "true")
	// Follow makes the node the start, in the address too; back is the way back.
	b.do(chromedp.Click("#follow"))
	b.until(graphData+"nodes", "4")
	if s := b.say("location.search"); !strings.Contains(s, drawnID("CP", 11)) {
		t.Errorf("followed to %s", s)
	}
	b.say("history.back()")
	b.until(graphData+"nodes", "12")
	for _, w := range wrong.Take() {
		t.Error(w)
	}
}

// A click in the middle of the canvas answers, and no edge hides a node.
func TestBrowserLineageClick(t *testing.T) {
	site := lineageSite(t, storyOf)
	b := tab{t, browser.Start(t)}
	wrong := browser.Watch(b.ctx, t)
	for _, width := range []int64{390, 1280} {
		b.do(screen(width))
		b.open(site, drawnID("DP", 1), lineageToken, zh)
		b.until(graphData+"nodes", "12")
		b.say(`[...document.querySelectorAll("#rows button")].find(b => b.textContent === "` + drawnID("CP", 7) + `").click()`)
		b.until(graphData+"selected", drawnID("CP", 7))
		time.Sleep(500 * time.Millisecond) // the glide
		b.do(chromedp.Focus("#graph"), chromedp.KeyEvent(kb.ArrowLeft))
		b.until(graphData+`selected.includes("`+drawnID("DP", 1)+`")`, "true")
		time.Sleep(500 * time.Millisecond)
		b.do(chromedp.KeyEvent(kb.ArrowRight))
		b.until(graphData+`selected.includes("`+drawnID("DP", 1)+`")`, "false")
		b.do(chromedp.Click("#home"))
		b.until(graphData+`selected.includes("`+drawnID("DP", 1)+`")`, "true")
		if s := b.say("document.documentElement.scrollWidth > document.documentElement.clientWidth"); s != "false" {
			t.Errorf("at %d the page scrolls sideways", width)
		}
	}
	for _, w := range wrong.Take() {
		t.Error(w)
	}
}

// A hundred thousand nodes are drawn, a click on one is answered, and so are zoom
// and the table.
func TestBrowserLineageOfManyNodes(t *testing.T) {
	const n = 100_000
	graph := wide(n)
	site := lineageSite(t, func(url.Values) drawn { return graph })
	b := tab{t, browser.Start(t)}
	wrong := browser.Watch(b.ctx, t)
	b.do(screen(1280))
	b.open(site, drawnID("DP", 0), lineageToken, zh)
	b.until(graphData+"nodes", strconv.Itoa(n))
	b.until(graphData+"edges", strconv.Itoa(len(graph.Edges)))
	b.do(chromedp.Click("#whole"))
	b.until(graphData+"seen", strconv.Itoa(n))
	b.do(chromedp.Click("#home")) // centred at this scale; then near enough to tell one from another
	time.Sleep(500 * time.Millisecond)
	b.say(`Array.from({length: 40}, () => document.getElementById("nearer").click()).length`)
	b.until("Number("+graphData+"seen) > 0 && Number("+graphData+"seen) < 100", "true")
	b.do(chromedp.Focus("#graph"), chromedp.KeyEvent(kb.ArrowRight))
	b.until(graphData+`selected.startsWith("CP-")`, "true")
	time.Sleep(time.Second)
	first := b.say(graphData + "selected")
	b.do(chromedp.KeyEvent(kb.ArrowDown))
	b.until(graphData+`selected !== "`+first+`"`, "true")
	time.Sleep(time.Second)
	second := b.say(graphData + "selected")
	b.do(chromedp.Click("#home"))
	b.until(graphData+`selected.includes("`+drawnID("DP", 0)+`")`, "true")
	b.say(`[...document.querySelectorAll("#rows button")].at(5).click()`)
	b.until(graphData+"selected", drawnID("CP", 5))
	time.Sleep(time.Second)
	b.do(chromedp.Click("#home"))
	time.Sleep(time.Second)
	// The start is in the middle: a click there selects it again.
	b.say(`[...document.querySelectorAll("#rows button")].at(7).click()`)
	time.Sleep(time.Second)
	b.do(chromedp.Click("#graph"))
	b.until(graphData+"selected", drawnID("CP", 7))
	if second == first {
		t.Error("the keys lead nowhere")
	}
	for _, w := range wrong.Take() {
		t.Error(w)
	}
}

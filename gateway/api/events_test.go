package api

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/datarights/datarights/chaincode/rights"
	"github.com/datarights/datarights/gateway/event"
	"github.com/datarights/datarights/gateway/index"
	"github.com/datarights/datarights/gateway/webhook"
)

const (
	demandID  = "DM-320903-20261123-0a1b2c3d4e5f-00"
	listingID = "LS-320903-20261123-0a1b2c3d4e5f-00"
	tradeID   = "TR-320903-20261123-0a1b2c3d4e5f-00"
	productID = "DP-320903-20261123-0a1b2c3d4e5f-00"
)

// withEvents gives a gateway its events.
func withEvents(o *Options) {
	read, ok := o.Reader.(EventReader)
	if !ok {
		panic("no event reader")
	}
	o.Events = NewEvents(read)
}

// write puts a record as a command does.
func (w *world) write(command string, kind rights.Kind, rec rights.Record) uint64 {
	w.index.command = command
	defer func() { w.index.command = "" }()
	return w.index.put(kind, rec)
}

func aDemandOf(buyer *actor) *rights.Demand {
	return &rights.Demand{Head: rights.Head{ID: demandID, State: rights.StateOpen, CreatedBy: buyer.kid()}, BuyerID: buyer.id, Title: "园区用电负荷数据", Text: "逐时", Field: "GreenLowCarbon", IndustryCode: "D44", RegionCode: "320903",
		ProductTypes: []string{"Dataset"}, ValidTo: testTime + 1000}
}

func aListingOf(seller *actor) *rights.Listing {
	return &rights.Listing{Head: rights.Head{ID: listingID, State: rights.StateSubmitted, CreatedBy: seller.kid()}, ProductName: "盐都用电负荷数据集", ProductType: "Dataset", IndustryCode: "D44", RegionCode: "320903", SellerID: seller.id, VenueID: exchange.id,
		SubjectType: "Product", DeliveryModes: []string{"API"}, PriceModel: "Negotiated", PriceCommitment: sm3("price"), ValidFrom: testTime - 10, ValidTo: testTime + 1000, SimilarityHash: sm3("similar")}
}

func aTrade() *rights.Trade {
	return &rights.Trade{Head: rights.Head{ID: tradeID, State: "Applied", CreatedBy: energy.kid()}, Venue: "OnExchange", VenueID: exchange.id, BuyerID: energy.id, SellerID: weather.id, SubjectType: "Product", ProductName: "p", Purpose: "x", PriceModel: "Lump"}
}

type page struct {
	Items []event.Envelope `json:"items"`
	Next  string           `json:"next"`
	More  bool             `json:"more"`
}

// events reads all pages there are.
func (w *world) events(query string, header ...string) []event.Envelope {
	w.t.Helper()
	var all []event.Envelope
	cursor := ""
	for {
		target := "/v1/events?limit=7" + query
		if cursor != "" {
			target += "&cursor=" + cursor
		}
		var p page
		w.get(target, header...).want(http.StatusOK).decode(&p)
		all = append(all, p.Items...)
		if !p.More {
			return all
		}
		if cursor == p.Next {
			w.t.Fatalf("the cursor stays %s", cursor)
		}
		cursor = p.Next
	}
}

func typesOf(list []event.Envelope, subject string) []string {
	var types []string
	for _, e := range list {
		if e.Subject == subject {
			types = append(types, strings.TrimPrefix(e.Type, event.Prefix))
		}
	}
	return types
}

// Everybody gets the events of the records he may see, and nobody learns from
// them that there are others.
func TestEventsAreSeenAsTheirRecordsAre(t *testing.T) {
	w := newWorld(t, withEvents)
	w.write("trade.apply", rights.KindTrade, aTrade())
	draft := &rights.Product{Head: rights.Head{ID: productID, State: rights.StateDraft, CreatedBy: weather.kid()}, Name: "p", OwnerID: weather.id}
	w.write("product.create", rights.KindProduct, draft)
	draft.State = "Approved"
	w.write("product.approve", rights.KindProduct, draft)
	l := aListingOf(weather)
	w.write("listing.submit", rights.KindListing, l)
	l.State = rights.StateListed
	w.write("listing.approve", rights.KindListing, l)
	w.write("pledge.register", rights.KindMeasure, &rights.Measure{Head: rights.Head{ID: "SM-320900-20261123-0a1b2c3d4e5f-00", State: rights.StateIssued}, SubjectID: energy.id, IssuedBy: regulator.id})

	for _, c := range []struct {
		who                       *actor
		trade, product, list, sub string
		measure                   bool
	}{
		{nil, "", "product.approve", "listing.approve", "", false},
		{stranger, "", "product.approve", "listing.approve", "", false},
		{energy, "trade.apply", "product.approve", "listing.approve", "", true},
		{weather, "trade.apply", "product.create product.approve", "listing.submit listing.approve", "", false},
		{exchange, "trade.apply", "product.create product.approve", "listing.submit listing.approve", "", true},
		{regulator, "trade.apply", "product.create product.approve", "listing.submit listing.approve", "", true},
		{bank, "", "product.approve", "listing.approve", "", false},
	} {
		name := "the public"
		if c.who != nil {
			name = c.who.name
		}
		got := w.events("", w.as(c.who)...)
		for subject, want := range map[string]string{"TR/" + tradeID: c.trade, "DP/" + productID: c.product, "LS/" + listingID: c.list} {
			if have := strings.Join(typesOf(got, subject), " "); have != want {
				t.Errorf("%s sees of %s: %q, want %q", name, subject, have, want)
			}
		}
		if have := len(typesOf(got, "SM/SM-320900-20261123-0a1b2c3d4e5f-00")) > 0; have != c.measure {
			t.Errorf("%s sees the measure: %t", name, have)
		}
		raw, _ := json.Marshal(got)
		if c.trade == "" && strings.Contains(string(raw), tradeID) {
			t.Errorf("%s learns of the trade", name)
		}
		for _, e := range got {
			if e.Type == event.Prefix+"listing.approve" && c.who != weather && c.who != exchange && c.who != regulator && e.Data.View != "public" {
				t.Errorf("%s has the listing in %s", name, e.Data.View)
			}
		}
	}
	// What was public and is no more is not told again.
	l.State = rights.StateRejected
	w.write("listing.reject", rights.KindListing, l)
	if got := typesOf(w.events(""), "LS/"+listingID); got != nil {
		t.Errorf("the public still sees %v", got)
	}
}

// A filter tells nothing that the record does not.
func TestFiltersDoNotTell(t *testing.T) {
	w := newWorld(t, withEvents)
	w.write("trade.apply", rights.KindTrade, aTrade())
	for name, c := range map[string]struct {
		who  *actor
		want bool
	}{"the public": {nil, false}, "another": {stranger, false}, "the bank": {bank, true}, "the holder": {weather, true}} {
		got := w.events("&kind=RT&participant="+bank.id, w.as(c.who)...)
		if (len(got) > 0) != c.want {
			t.Errorf("%s finds %d rights that %s encumbers", name, len(got), bank.name)
		}
	}
	if got := w.events("&participant="+energy.id+"&kind=TR", w.as(stranger)...); got != nil {
		t.Errorf("a stranger finds %v", got)
	}
	if got := w.events("&participant=self&kind=TR", w.as(energy)...); len(got) != 1 {
		t.Errorf("the buyer finds %v", got)
	}
	w.get("/v1/events?participant=self").problem(http.StatusUnauthorized, CodeSession, "participant")
}

func TestEventsBadQueries(t *testing.T) {
	w := newWorld(t, withEvents)
	for query, field := range map[string]string{"type=cn.datarights.nothing": "type", "type=*": "type", "type=cn.datarights.demand.post,": "type", "kind=XX": "kind", "subject=x": "subject", "subject=DM/": "subject", "participant=1": "participant", "from=-1": "from", "from=x": "from",
		"limit=0": "limit", "limit=201": "limit", "unknown=1": "unknown", "from=99999999999999999999": "from", "state=" + strings.Repeat("x", 65): "state"} {
		w.get("/v1/events?"+query).problem(http.StatusBadRequest, rights.CodeFormat, field)
	}
	for _, cursor := range []string{"x", "1:2", "1:2:3:4", "-1:0:0", "01:0:0", "1:0:0 "} {
		w.get("/v1/events?cursor="+strings.ReplaceAll(cursor, " ", "%20")).problem(http.StatusBadRequest, CodeCursor, "cursor")
	}
	var p page
	w.get("/v1/events?from=1000").want(http.StatusOK).decode(&p)
	if len(p.Items) != 0 || p.Next != "1000:0:0" || p.More {
		t.Errorf("from the future: %+v", p)
	}
	plain := newWorld(t)
	plain.get("/v1/events").problem(http.StatusNotFound, rights.CodeNotFound, "")
}

// However it is cut into pages, and from wherever it goes on, it is the same.
func TestEventPages(t *testing.T) {
	w := newWorld(t, withEvents)
	all := w.events("")
	if len(all) < 15 {
		t.Fatalf("%d events", len(all))
	}
	seen := map[string]bool{}
	for _, e := range all {
		if seen[e.ID] {
			t.Errorf("%s twice", e.ID)
		}
		seen[e.ID] = true
	}
	for i, e := range all {
		at, err := event.ParsePosition(e.ID)
		if err != nil {
			t.Fatal(err)
		}
		var p page
		w.get("/v1/events?limit=200&cursor=" + at.Next().String()).want(http.StatusOK).decode(&p)
		if len(p.Items) != len(all)-i-1 {
			t.Fatalf("after %s come %d, want %d", e.ID, len(p.Items), len(all)-i-1)
		}
	}
}

// served is a gateway that listens.
func (w *world) served() (url string, shut func() error) {
	w.t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		w.t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- Serve(ctx, l, w.h, slog.New(slog.DiscardHandler)) }()
	done := false
	shut = func() error {
		if done {
			return nil
		}
		done = true
		stop()
		return <-ended
	}
	w.t.Cleanup(func() { _ = shut() })
	return "http://" + l.Addr().String(), shut
}

// stream is one reader of Server-Sent Events.
type stream struct {
	t    testing.TB
	body io.ReadCloser
	in   *bufio.Scanner
	id   string // as an EventSource keeps it
}

func (w *world) stream(url, query, seen string, header ...string) *stream {
	w.t.Helper()
	req, err := http.NewRequestWithContext(w.t.Context(), http.MethodGet, url+"/v1/events"+query, nil)
	if err != nil {
		w.t.Fatal(err)
	}
	req.Header.Set("Accept", "text/event-stream")
	if seen != "" {
		req.Header.Set("Last-Event-ID", seen)
	}
	for i := 0; i+1 < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() { _ = resp.Body.Close() })
	if resp.StatusCode != http.StatusOK || !strings.HasPrefix(resp.Header.Get("Content-Type"), "text/event-stream") {
		b, _ := io.ReadAll(resp.Body)
		w.t.Fatalf("%d %s", resp.StatusCode, b)
	}
	return &stream{t: w.t, body: resp.Body, in: bufio.NewScanner(resp.Body), id: seen}
}

// next returns the next event with its name; false at the end.
func (s *stream) next() (name, data string, ok bool) {
	for s.in.Scan() {
		line := s.in.Text()
		field, value, _ := strings.Cut(line, ":")
		switch {
		case line == "" && data != "":
			return name, data, true
		case line == "":
			name = ""
		case field == "id":
			s.id = value
		case field == "event":
			name = value
		case field == "data":
			data += value
		}
	}
	return "", "", false
}

func (s *stream) event() event.Envelope {
	s.t.Helper()
	name, data, ok := s.next()
	if !ok || name != "" {
		s.t.Fatalf("no event: %q %q", name, data)
	}
	var e event.Envelope
	if err := json.Unmarshal([]byte(data), &e); err != nil || e.ID != s.id {
		s.t.Fatalf("%s under id %s: %v", data, s.id, err)
	}
	return e
}

func TestStreamGoesOnFromAnywhere(t *testing.T) {
	w := newWorld(t, withEvents)
	all := w.events("")
	url, _ := w.served()
	s := w.stream(url, "?from=0", "")
	for _, want := range all {
		if got := s.event(); got.ID != want.ID {
			t.Fatalf("got %s, want %s", got.ID, want.ID)
		}
	}
	w.write("demand.post", rights.KindDemand, aDemandOf(energy))
	live := s.event()
	if live.Type != "cn.datarights.demand.post" || live.Subject != "DM/"+demandID || live.Data.State != rights.StateOpen || !slices.Equal(live.Data.Participants, []string{energy.id}) || live.Time != "2026-11-23T04:00:"+live.Time[17:] {
		t.Fatalf("%+v", live)
	}
	for _, from := range []int{0, 3, len(all) - 1} {
		s := w.stream(url, "", all[from].ID)
		for _, want := range append(slices.Clone(all[from+1:]), live) {
			if got := s.event(); got.ID != want.ID {
				t.Fatalf("after %s: got %s, want %s", all[from].ID, got.ID, want.ID)
			}
		}
	}
	// Without either it begins now.
	fresh := w.stream(url, "?kind=LS", "")
	l := aListingOf(weather)
	l.State = rights.StateListed
	w.write("listing.approve", rights.KindListing, l)
	if got := fresh.event(); got.Subject != "LS/"+listingID {
		t.Errorf("%+v", got)
	}
	for _, seen := range []string{"x", "1:2", "1:1:1:1"} {
		w.do(http.MethodGet, "/v1/events", nil, "Accept", "text/event-stream", "Last-Event-ID", seen).problem(http.StatusBadRequest, rights.CodeFormat, "Last-Event-ID")
	}
}

// Silence moves what a reader has seen: he need not be told it again.
func TestHeartbeatMovesTheId(t *testing.T) {
	w := newWorld(t, withEvents, func(o *Options) { o.Limits.Heartbeat = time.Millisecond })
	url, _ := w.served()
	s := w.stream(url, "?kind=DM&from=0", "")
	want := fmt.Sprint(w.index.Status().Height - 1)
	for s.id != want && s.in.Scan() {
		if _, id, ok := strings.Cut(s.in.Text(), "id:"); ok {
			s.id = id
		}
	}
	_ = s.body.Close()
	w.write("demand.post", rights.KindDemand, aDemandOf(energy))
	if got := w.stream(url, "?kind=DM", s.id).event(); got.Subject != "DM/"+demandID {
		t.Errorf("%+v", got)
	}
}

// A stream ends with its session, and says why.
func TestStreamEndsWithItsSession(t *testing.T) {
	w := newWorld(t, withEvents, func(o *Options) { o.Limits.Heartbeat = time.Millisecond })
	url, _ := w.served()
	s := w.stream(url, "", "", w.as(energy)...)
	w.clock.move(2 * time.Hour)
	name, data, ok := s.next()
	var p Problem
	if err := json.Unmarshal([]byte(data), &p); !ok || err != nil || name != "end" || p.Code != CodeSession || p.DetailZh == "" {
		t.Fatalf("%q %s %v", name, data, err)
	}
	if _, _, ok := s.next(); ok {
		t.Error("it goes on")
	}
	// So it does when the participant is suspended.
	s = w.stream(url, "", "", w.as(weather)...)
	gone := weather.participant()
	gone.State = rights.StateSuspended
	w.index.put(rights.KindParticipant, gone)
	for {
		name, data, ok = s.next()
		if !ok || name == "end" {
			break
		}
	}
	if name != "end" || !strings.Contains(data, string(CodeSession)) {
		t.Errorf("%q %s", name, data)
	}
}

// A gateway that shuts down does not wait for who only listens.
func TestShutdownEndsStreams(t *testing.T) {
	w := newWorld(t, withEvents)
	url, shut := w.served()
	s := w.stream(url, "", "")
	if err := shut(); err != nil {
		t.Fatal(err)
	}
	if _, _, ok := s.next(); ok {
		t.Error("the stream goes on")
	}
}

func TestThereAreOnlySoManyStreams(t *testing.T) {
	w := newWorld(t, withEvents, func(o *Options) { o.Limits.Streams = 1; o.Limits.Heartbeat = time.Millisecond })
	url, _ := w.served()
	s := w.stream(url, "?from=0", "")
	s.event()
	w.do(http.MethodGet, "/v1/events", nil, "Accept", "text/event-stream").problem(http.StatusServiceUnavailable, CodeUnavailable, "")
	_ = s.body.Close()
	for { // its place is free once the gateway has noticed
		req, _ := http.NewRequestWithContext(t.Context(), http.MethodGet, url+"/v1/events", nil)
		req.Header.Set("Accept", "text/event-stream")
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		_ = resp.Body.Close()
		if resp.StatusCode == http.StatusOK {
			break
		}
	}
	st := &streams{most: 100, each: map[string]int{}}
	for range streamsPerClient {
		if _, err := st.take("10.0.0.1"); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := st.take("10.0.0.1"); err == nil {
		t.Error("one address takes as many as it likes")
	}
	if _, err := st.take("10.0.0.2"); err != nil {
		t.Error("another has none left")
	}
}

// stuck is a reader's connection that takes nothing.
type stuck struct {
	*httptest.ResponseRecorder
	deadlines int
}

func (s *stuck) Write([]byte) (int, error)       { return 0, os.ErrDeadlineExceeded }
func (s *stuck) WriteString(string) (int, error) { return 0, os.ErrDeadlineExceeded }
func (s *stuck) SetWriteDeadline(d time.Time) error {
	if !d.IsZero() {
		s.deadlines++
	}
	return nil
}

// Who does not take what he is sent is let go, and nobody waits for him.
func TestSlowReaderIsLetGo(t *testing.T) {
	w := newWorld(t, withEvents)
	r := httptest.NewRequest(http.MethodGet, "/v1/events?from=0", nil)
	r.Header.Set("Accept", "text/event-stream")
	s := &stuck{ResponseRecorder: httptest.NewRecorder()}
	w.h.ServeHTTP(s, r) // returns, or the test does not end
	if s.deadlines == 0 {
		t.Error("he was given all the time he wants")
	}
	if got := w.get("/metrics").Body.String(); !strings.Contains(got, "datarights_event_streams 0") {
		t.Error("his stream is still counted")
	}
}

func TestStreamTellsOfFailure(t *testing.T) {
	w := newWorld(t, withEvents)
	w.index.fail["Writes"] = fmt.Errorf("secret internals")
	url, _ := w.served()
	name, data, ok := w.stream(url, "?from=0", "").next()
	if !ok || name != "end" || !strings.Contains(data, string(CodeInternal)) || strings.Contains(data, "internals") {
		t.Errorf("%q %s", name, data)
	}
	w.get("/v1/events").problem(http.StatusInternalServerError, CodeInternal, "")
}

// A listing goes live, a demand is posted: both sides hear what fits, and nobody
// else. It is told the same afterwards, whatever has become of both.
func TestSuggestions(t *testing.T) {
	for name, first := range map[string]string{"the demand comes second": "listing", "the listing comes second": "demand"} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, withEvents)
			d, l := aDemandOf(energy), aListingOf(weather)
			post := func() { w.write("demand.post", rights.KindDemand, d) }
			list := func() {
				l.State = rights.StateSubmitted
				w.write("listing.submit", rights.KindListing, l)
				l.State = rights.StateListed
				w.write("listing.approve", rights.KindListing, l)
			}
			if first == "listing" {
				list()
				post()
			} else {
				post()
				list()
			}
			suggested := func(who *actor) []event.Envelope {
				return w.events("&type=cn.datarights.demand.suggested", w.as(who)...)
			}
			var told event.Envelope
			for _, who := range []*actor{energy, weather, exchange, regulator} {
				got := suggested(who)
				if len(got) != 1 || got[0].Subject != "DM/"+demandID || got[0].Data.Suggestion == nil || got[0].Data.Suggestion.ListingID != listingID || !got[0].Data.Suggestion.Fits {
					t.Fatalf("%s is told %+v", who.name, got)
				}
				if s := got[0].Data.Suggestion; s.BuyerID != energy.id || s.SellerID != weather.id || len(s.Reasons) < 5 || s.Reasons[0].Zh == "" {
					t.Errorf("%+v", s)
				}
				told = got[0]
			}
			for _, who := range []*actor{nil, stranger, bank} {
				if got := suggested(who); len(got) != 0 {
					t.Errorf("who is no side of it is told %+v", got)
				}
			}
			d.State, l.State = rights.StateClosed, rights.StateDelisted
			w.write("demand.close", rights.KindDemand, d)
			w.write("listing.delist", rights.KindListing, l)
			w.opts.Events = nil
			withEvents(&w.opts) // remembers nothing
			var err error
			if w.h, err = New(w.opts); err != nil {
				t.Fatal(err)
			}
			again := suggested(energy)
			if len(again) != 1 || mustJSON(t, again[0]) != mustJSON(t, told) {
				t.Errorf("afterwards it is %+v, was %+v", again, told)
			}
		})
	}
}

// What does not fit is not suggested: another type, the buyer's own, a demand
// that is over, a listing that was live already.
func TestNoSuggestion(t *testing.T) {
	for name, change := range map[string]func(*rights.Demand, *rights.Listing){
		"another type":   func(d *rights.Demand, _ *rights.Listing) { d.ProductTypes = []string{"Report"} },
		"his own":        func(d *rights.Demand, l *rights.Listing) { l.SellerID = d.BuyerID },
		"over":           func(d *rights.Demand, _ *rights.Listing) { d.ValidTo = testTime },
		"another market": func(_ *rights.Demand, l *rights.Listing) { l.RegionCode, l.IndustryCode = "440100", "A01" },
	} {
		w := newWorld(t, withEvents)
		d, l := aDemandOf(energy), aListingOf(weather)
		change(d, l)
		l.State = rights.StateListed
		w.write("demand.post", rights.KindDemand, d)
		w.write("listing.approve", rights.KindListing, l)
		if got := w.events("&type=cn.datarights.demand.suggested", w.as(exchange)...); len(got) != 0 {
			t.Errorf("%s: %+v", name, got)
		}
	}
	w := newWorld(t, withEvents)
	l := aListingOf(weather)
	l.State = rights.StateListed
	w.write("demand.post", rights.KindDemand, aDemandOf(energy))
	w.write("listing.approve", rights.KindListing, l)
	w.write("measure.issue", rights.KindListing, l) // written again while it is live
	if got := w.events("&type=cn.datarights.demand.suggested", w.as(exchange)...); len(got) != 1 {
		t.Errorf("told %d times", len(got))
	}
}

func TestMatches(t *testing.T) {
	w := newWorld(t, withEvents)
	l := aListingOf(weather)
	l.State = rights.StateListed
	w.index.put(rights.KindListing, l)
	other := aListingOf(weather)
	other.ID, other.State, other.ProductType = "LS-320903-20261123-0a1b2c3d4e5f-01", rights.StateListed, "Report"
	w.index.put(rights.KindListing, other)
	unseen := aListingOf(weather)
	unseen.ID = "LS-320903-20261123-0a1b2c3d4e5f-02"
	w.index.put(rights.KindListing, unseen)
	w.index.put(rights.KindDemand, aDemandOf(energy))
	items, next := w.get("/v1/demands/" + demandID + "/matches").list()
	if len(items) != 1 || next != "" || items[0]["listingId"] != listingID || items[0]["title"] != l.ProductName || items[0]["href"] != "/v1/listings/"+listingID || items[0]["effective"].(map[string]any)["now"] != true {
		t.Fatalf("%v", items)
	}
	items, _ = w.get("/v1/demands/" + demandID + "/matches?minScore=0").list()
	if len(items) != 2 || items[1]["fits"] != false || items[0]["fits"] != true {
		t.Errorf("with what does not fit: %v", items)
	}
	items, _ = w.get("/v1/listings/" + listingID + "/demands").list()
	if len(items) != 1 || items[0]["demandId"] != demandID {
		t.Errorf("%v", items)
	}
	// What is only applied for is not to be asked about, nor told of.
	w.get("/v1/listings/"+unseen.ID+"/demands").problem(http.StatusForbidden, CodeForbidden, "")
	if items, _ = w.get("/v1/listings/"+unseen.ID+"/demands", w.as(weather)...).list(); len(items) != 0 {
		t.Errorf("what is not on offer fits %v", items)
	}
	w.get("/v1/demands/x/matches").problem(http.StatusNotFound, rights.CodeNotFound, "")
	w.get("/v1/demands/"+demandID+"/matches?minScore=101").problem(http.StatusBadRequest, rights.CodeFormat, "minScore")
	w.get("/v1/demands/"+demandID+"/matches?minScore=x").problem(http.StatusBadRequest, rights.CodeFormat, "minScore")
}

// withWebhooks gives a gateway webhooks that may reach this machine.
func withWebhooks(t *testing.T) func(*Options) {
	return func(o *Options) {
		withEvents(o)
		dir := t.TempDir()
		m, err := webhook.Open(webhook.Options{Dir: dir + "/store", KeyFile: dir + "/key", Feed: o.Events, Log: slog.New(slog.DiscardHandler),
			Policy: webhook.Policy{AllowHTTP: true, Allowed: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}}})
		if err != nil {
			t.Fatal(err)
		}
		ctx, stop := context.WithCancel(context.Background())
		done := make(chan struct{})
		go func() { defer close(done); m.Run(ctx) }()
		t.Cleanup(func() {
			stop()
			<-done
			if err := m.Close(); err != nil {
				t.Error(err)
			}
		})
		o.Webhooks = m
	}
}

func (w *world) call(method, target, body string, header ...string) *reply {
	w.t.Helper()
	if body == "" {
		return w.do(method, target, nil, header...)
	}
	return w.do(method, target, []byte(body), append([]string{"Content-Type", "application/json"}, header...)...)
}

// A seller with a webhook hears of a new demand that fits without asking, and of
// the match; the buyer's rival hears of neither.
func TestSellerHearsOfADemand(t *testing.T) {
	got := make(chan event.Envelope, 100)
	receiver := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		var e event.Envelope
		if err := json.NewDecoder(r.Body).Decode(&e); err == nil {
			got <- e
		}
	}))
	defer receiver.Close()
	rival := make(chan event.Envelope, 100)
	other := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		var e event.Envelope
		if err := json.NewDecoder(r.Body).Decode(&e); err == nil {
			rival <- e
		}
	}))
	defer other.Close()
	w := newWorld(t, withWebhooks(t))
	l := aListingOf(weather)
	l.State = rights.StateListed
	w.index.put(rights.KindListing, l)
	filter := `,"filter":{"participants":["self"],"kinds":["DM"]}}`
	made := w.call(http.MethodPost, "/v1/webhooks", `{"url":"`+receiver.URL+`"`+filter, w.as(weather)...).want(http.StatusCreated).object()
	w.call(http.MethodPost, "/v1/webhooks", `{"url":"`+other.URL+`"`+filter, w.as(stranger)...).want(http.StatusCreated)

	d := aDemandOf(energy)
	w.write("demand.post", rights.KindDemand, d)
	e := <-got
	if e.Type != event.TypeSuggested || e.Data.Suggestion.ListingID != listingID || e.Data.Suggestion.BuyerID != energy.id {
		t.Fatalf("%+v", e)
	}
	d.State, d.MatchedListingIDs, d.SellerIDs = rights.StateMatched, []string{listingID}, []string{weather.id}
	w.write("demand.match", rights.KindDemand, d)
	if e = <-got; e.Type != "cn.datarights.demand.match" || e.Subject != "DM/"+demandID {
		t.Fatalf("%+v", e)
	}
	if len(rival) != 0 {
		t.Errorf("a stranger hears %+v", <-rival)
	}
	// The stranger's own demand reaches him, so his webhook does work.
	own := aDemandOf(stranger)
	own.ID = "DM-320903-20261123-0a1b2c3d4e5f-01"
	w.write("demand.post", rights.KindDemand, own)
	if e = <-rival; e.Subject != "DM/"+own.ID {
		t.Errorf("%+v", e)
	}
	id := made["id"].(string)
	for {
		now := w.get("/v1/webhooks/"+id, w.as(weather)...).want(http.StatusOK).object()
		if now["secret"] != nil {
			t.Fatal("the secret is shown again")
		}
		if now["progress"].(map[string]any)["delivered"].(float64) >= 2 {
			break
		}
	}
}

func TestWebhookRoutes(t *testing.T) {
	receiver := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	defer receiver.Close()
	w := newWorld(t, withWebhooks(t))
	as := w.as(energy)
	post := func(body string) *reply { return w.call(http.MethodPost, "/v1/webhooks", body, as...) }
	w.call(http.MethodPost, "/v1/webhooks", `{"url":"https://example.com"}`).problem(http.StatusUnauthorized, CodeSession, "Authorization")
	w.get("/v1/webhooks").problem(http.StatusUnauthorized, CodeSession, "Authorization")
	post(`{}`).problem(http.StatusBadRequest, rights.CodeFormat, "url")
	post(`{"url":"ftp://x"}`).problem(http.StatusBadRequest, rights.CodeFormat, "url")
	post(`{"url":"http://10.0.0.1/"}`).problem(http.StatusBadRequest, rights.CodeFormat, "url")
	post(`{"url":"http://169.254.169.254/latest/meta-data"}`).problem(http.StatusBadRequest, rights.CodeFormat, "url")
	post(`{"url":"https://example.com","filter":{"types":["x"]}}`).problem(http.StatusBadRequest, rights.CodeFormat, "filter.types")
	post(`{"url":"https://example.com","filter":{"participants":["x"]}}`).problem(http.StatusBadRequest, rights.CodeFormat, "filter.participants")
	post(`{"url":"https://example.com","from":-1}`).problem(http.StatusBadRequest, rights.CodeFormat, "from")
	post(`{"url":"https://example.com","secret":"mine"}`).problem(http.StatusBadRequest, rights.CodeFormat, "secret")

	made := post(`{"url":"` + receiver.URL + `","filter":{"participants":["self"],"types":["cn.datarights.demand.*"]},"from":0}`).want(http.StatusCreated)
	hook := made.object()
	if !strings.HasPrefix(hook["secret"].(string), "whsec_") || made.Header().Get("Location") != "/v1/webhooks/"+hook["id"].(string) {
		t.Fatalf("%v %s", hook, made.Header().Get("Location"))
	}
	if got := hook["filter"].(map[string]any)["participants"].([]any)[0]; got != energy.id {
		t.Errorf("self is %v", got)
	}
	path := "/v1/webhooks/" + hook["id"].(string)
	items, _ := w.get("/v1/webhooks", as...).list()
	if len(items) != 1 || items[0]["secret"] != nil {
		t.Errorf("%v", items)
	}
	if a := w.call(http.MethodPost, path+"/ping", "", as...).want(http.StatusOK).object(); a["delivered"] != true {
		t.Errorf("%v", a)
	}
	if s := w.call(http.MethodPatch, path, `{"state":"paused"}`, as...).want(http.StatusOK).object(); s["state"] != "paused" {
		t.Errorf("%v", s)
	}
	w.call(http.MethodPatch, path, `{"state":"stopped"}`, as...).problem(http.StatusBadRequest, rights.CodeFormat, "state")
	w.call(http.MethodPatch, path, `{"url":"https://127.0.0.1:1/"}`, as...).want(http.StatusOK)
	w.call(http.MethodPatch, path, `{"url":"https://10.0.0.1/"}`, as...).problem(http.StatusBadRequest, rights.CodeFormat, "url")
	if s := w.call(http.MethodPost, path+"/replay", `{"from":3}`, as...).want(http.StatusOK).object(); s["progress"].(map[string]any)["next"] != "3:0:0" {
		t.Errorf("%v", s)
	}
	w.call(http.MethodPost, path+"/replay", `{}`, as...).problem(http.StatusBadRequest, rights.CodeFormat, "from")
	if s := w.call(http.MethodPost, path+"/secret", "", as...).want(http.StatusOK).object(); s["secret"] == hook["secret"] || s["secret"] == nil {
		t.Errorf("%v", s)
	}
	if items, next := w.get(path+"/dead-letters", as...).list(); len(items) != 0 || next != "" {
		t.Errorf("%v", items)
	}
	for _, c := range []struct{ method, target string }{{http.MethodPost, path + "/dead-letters/1:0:0/redeliver"}, {http.MethodDelete, path + "/dead-letters/1:0:0"}, {http.MethodPost, path + "/dead-letters/x/redeliver"}, {http.MethodDelete, path + "/dead-letters/x"}} {
		w.call(c.method, c.target, "", as...).problem(http.StatusNotFound, rights.CodeNotFound, "")
	}
	// To others it does not exist.
	for _, c := range []struct{ method, target, body string }{{http.MethodGet, path, ""}, {http.MethodPatch, path, `{"state":"active"}`}, {http.MethodDelete, path, ""}, {http.MethodPost, path + "/ping", ""}, {http.MethodPost, path + "/replay", `{"from":0}`},
		{http.MethodPost, path + "/secret", ""}, {http.MethodGet, path + "/dead-letters", ""}} {
		w.call(c.method, c.target, c.body, w.as(stranger)...).problem(http.StatusNotFound, rights.CodeNotFound, "")
	}
	w.call(http.MethodDelete, path, "", as...).want(http.StatusNoContent)
	w.get(path, as...).problem(http.StatusNotFound, rights.CodeNotFound, "")
	plain := newWorld(t)
	plain.get("/v1/webhooks", plain.as(energy)...).problem(http.StatusNotFound, rights.CodeNotFound, "")
	if !strings.Contains(w.get("/metrics").Body.String(), "datarights_event_streams") {
		t.Error("streams are not measured")
	}
}

var _ EventReader = (*index.Index)(nil)
var _ webhook.Feed = (*Events)(nil)

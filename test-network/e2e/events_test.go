package e2e

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/datarights/datarights/chaincode/rights"
	"github.com/datarights/datarights/client"
)

// Everything that happened is told the same by every organisation; a stream that
// is taken up at another gateway misses nothing; a seller whose address fails at
// first hears, signed and in order, of a demand that fits what it offers.
func TestEventsOnTheRealConsortium(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
	defer cancel()
	height := get(t, "Exchange", "/v1/stats").height()
	ids := map[string][]string{}
	for _, org := range w.organisations() {
		for e, err := range w.client(t, org).AtLeast(height-1).PastEvents(ctx, client.EventQuery{}) {
			if err != nil {
				t.Fatal(err)
			}
			if e.Data.Block < height {
				ids[org] = append(ids[org], e.ID+" "+e.Type+" "+e.Subject+" "+e.Source)
			}
		}
	}
	for org, list := range ids {
		if len(list) < 100 || !slices.Equal(list, ids["Group"]) {
			t.Errorf("%s tells %d events, Group %d", org, len(list), len(ids["Group"]))
		}
	}

	var listing struct{ ID, SellerID, ProductType, IndustryCode, RegionCode, ProductName string }
	for _, l := range listed(t, "Exchange", "/v1/listings?state=Listed") {
		text := func(k string) string { s, _ := l[k].(string); return s }
		if text("sellerId") == developerID {
			listing.ID, listing.SellerID, listing.ProductType, listing.IndustryCode, listing.RegionCode, listing.ProductName = text("id"), text("sellerId"), text("productType"), text("industryCode"), text("regionCode"), text("productName")
		}
	}
	if listing.ID == "" {
		t.Fatal("the developer offers nothing")
	}
	seller, buyer := fromDemo(t, "developer", developerID, "Exchange"), fromDemo(t, "second-buyer", "91320981MA0A00954A", "Exchange") // the first is restricted by then

	// The seller's receiver is out of order for its first two deliveries.
	got := make(chan client.Event, 100)
	secret := make(chan string, 1)
	var tries atomic.Int32
	receiver := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		if tries.Add(1) <= 2 { // one delivery at a time
			rw.WriteHeader(http.StatusBadGateway)
			return
		}
		key := <-secret
		secret <- key
		e, err := client.VerifyWebhook(r.Header, body, key)
		if err != nil {
			t.Error(err)
		}
		got <- e
	}))
	defer receiver.Close()
	exchange := w.client(t, "Exchange")
	sold, err := exchange.OpenSession(ctx, seller.key, seller.uscc, seller.keyNo)
	if err != nil {
		t.Fatal(err)
	}
	sellers := exchange.InSession(sold)
	hook, err := sellers.AddWebhook(ctx, receiver.URL, client.EventFilter{Kinds: []string{"DM"}, Participants: []string{"self"}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	secret <- hook.Secret
	defer func() {
		if err := sellers.RemoveWebhook(context.WithoutCancel(ctx), hook.ID); err != nil {
			t.Error(err)
		}
	}()

	// The public follows at the Exchange, is cut off, and goes on at the Bank.
	public := make(chan client.Event, 100)
	follow := func(ctx context.Context, org string, q client.EventQuery) {
		for e, err := range w.client(t, org).Events(ctx, q) {
			if err != nil {
				return
			}
			public <- e
		}
	}
	first, cut := context.WithCancel(ctx)
	from := height
	go follow(first, "Exchange", client.EventQuery{Types: []string{"cn.datarights.demand.*"}, From: &from})

	posted := buyer.do(t, "demand.post", rights.PostDemand{Title: "求购：" + listing.ProductName, Text: "端到端测试需求", Field: "GreenLowCarbon", IndustryCode: listing.IndustryCode, RegionCode: listing.RegionCode,
		ProductTypes: []string{listing.ProductType}, ValidTo: time.Now().AddDate(0, 1, 0).Unix()})
	demand := posted.Result.Records[0].ID
	seen := <-public
	if seen.Type != "cn.datarights.demand.post" || seen.Subject != "DM/"+demand || seen.Data.Block != posted.Block || seen.Data.State != "Open" {
		t.Fatalf("the public hears %+v", seen)
	}
	cut()

	suggested := <-got
	if s := suggested.Data.Suggestion; suggested.Type != "cn.datarights.demand.suggested" || s == nil || s.ListingID != listing.ID || s.DemandID != demand || s.BuyerID != buyer.uscc {
		t.Fatalf("the seller hears %+v", suggested)
	}
	var matches struct {
		Items []struct {
			ListingID string `json:"listingId"`
			Score     int    `json:"score"`
		} `json:"items"`
	}
	if _, err := exchange.AtLeast(posted.Block).Get(ctx, "/v1/demands/"+demand+"/matches", nil, &matches); err != nil || !slices.ContainsFunc(matches.Items, func(m struct {
		ListingID string `json:"listingId"`
		Score     int    `json:"score"`
	}) bool {
		return m.ListingID == listing.ID && m.Score == suggested.Data.Suggestion.Score
	}) {
		t.Errorf("the matches are %+v %v", matches, err)
	}

	seller.do(t, "demand.match", rights.MatchDemand{DemandID: demand, ListingIDs: []string{listing.ID}})
	buyer.do(t, "demand.close", rights.CloseDemand{DemandID: demand, Reason: "测试结束"})
	go follow(ctx, "Bank", client.EventQuery{Types: []string{"cn.datarights.demand.*"}, After: seen.ID})
	for _, want := range []string{"cn.datarights.demand.match", "cn.datarights.demand.close"} {
		if e := <-public; e.Type != want || e.Subject != "DM/"+demand {
			t.Fatalf("at the Bank the public hears %+v, want %s", e, want)
		}
		if e := <-got; e.Type != want || e.Subject != "DM/"+demand {
			t.Fatalf("the seller hears %+v, want %s", e, want)
		}
	}

	// Redelivered from the block of the demand, it hears all of it again, under the
	// same ids.
	if _, err := sellers.ReplayWebhook(ctx, hook.ID, posted.Block); err != nil {
		t.Fatal(err)
	}
	if again := <-got; again.ID != suggested.ID {
		t.Errorf("replayed: %+v", again)
	}
	for range 2 {
		<-got
	}
	eventually(t, time.Minute, "the checkpoint", func() error {
		now, err := sellers.Webhook(ctx, hook.ID)
		if err != nil {
			return err
		}
		// The replay may have come before the last delivery was written down: it is
		// counted once then, and was sent all the same.
		if now.Progress.Delivered < 5 || now.DeadLetters != 0 || now.Progress.LastError != "" {
			return fmt.Errorf("it stands at %+v", now)
		}
		return nil
	})
	if n := tries.Load(); n < 8 {
		t.Errorf("%d deliveries", n)
	}
}

const developerID = "91320902MA0A009387"

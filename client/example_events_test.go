package client_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/datarights/datarights/client"
)

// Follow what happens on the ledger. Keep the ID of the last event dealt with, and
// give it as After to go on there, at this gateway or any other.
func ExampleClient_Events() {
	gateway := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/event-stream")
		_, _ = fmt.Fprintf(w, "id:12:0:3\ndata:%s\n\n", eventText("12:0:3"))
	}))
	defer gateway.Close()

	c, err := client.New(gateway.URL)
	if err != nil {
		fmt.Println(err)
		return
	}
	for e, err := range c.Events(context.Background(), client.EventQuery{Types: []string{"cn.datarights.demand.*"}, After: "12:0:2"}) {
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(e.ID, e.Type, e.Subject, e.Data.State)
		break
	}
	// Output: 12:0:3 cn.datarights.demand.post DM/DM-1 Open
}

// A receiver of webhooks: verify first, answer 2xx once the event is safe, and
// expect the same event again.
func ExampleVerifyWebhook() {
	dealtWith := map[string]bool{} // of a real receiver: on disk
	receive := func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(io.LimitReader(r.Body, 1<<20))
		if err != nil {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		e, err := client.VerifyWebhook(r.Header, body, testSecret)
		if err != nil {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		if !dealtWith[e.ID] {
			dealtWith[e.ID] = true
			fmt.Println(e.Type, e.Subject)
		}
		w.WriteHeader(http.StatusNoContent)
	}

	body := eventText("12:0:3")
	for range 2 { // at least once
		r := httptest.NewRequest(http.MethodPost, "/datarights", strings.NewReader(body))
		r.Header = signed(&testing.T{}, testSecret, "12:0:3", body, time.Now())
		receive(httptest.NewRecorder(), r)
	}
	// Output: cn.datarights.demand.post DM/DM-1
}

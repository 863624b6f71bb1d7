package api

import (
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"
)

// BenchmarkRead is what the API adds to a read of the index, access log and
// metrics included.
func BenchmarkRead(b *testing.B) {
	w := newWorld(b, func(o *Options) {
		o.Log = slog.New(slog.NewJSONHandler(io.Discard, nil))
		o.Limits.Burst = 1 << 40
	})
	for name, target := range map[string]string{"record": "/v1/rights/" + rightID, "list": "/v1/registrations", "verify": "/v1/certificates/" + certNo + "/verify"} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				rec := httptest.NewRecorder()
				w.h.ServeHTTP(rec, httptest.NewRequest(http.MethodGet, target, nil))
				if rec.Code != http.StatusOK {
					b.Fatal(rec.Code)
				}
			}
		})
	}
}

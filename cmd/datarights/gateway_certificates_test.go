package main

import (
	"encoding/pem"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// The date is the one the server's certificate bears; who speaks no TLS, or is not
// there, has none.
func TestCertificateDates(t *testing.T) {
	secure := httptest.NewTLSServer(http.NotFoundHandler())
	defer secure.Close()
	plain := httptest.NewServer(http.NotFoundHandler())
	defer plain.Close()
	var d certificateDates
	want := secure.Certificate().NotAfter
	for range 2 { // asked, and remembered
		if got := d.of(t.Context(), strings.TrimPrefix(secure.URL, "https://")); !got.Equal(want) {
			t.Errorf("got %s, want %s", got, want)
		}
	}
	for _, address := range []string{strings.TrimPrefix(plain.URL, "http://"), "127.0.0.1:1"} {
		if got := d.of(t.Context(), address); !got.IsZero() {
			t.Errorf("%s shows %s", address, got)
		}
	}

	file := filepath.Join(t.TempDir(), "cert.pem")
	if err := os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: secure.Certificate().Raw}), 0o600); err != nil {
		t.Fatal(err)
	}
	if got := endOf(file); !got.Equal(want) {
		t.Errorf("the file says %s", got)
	}
	if got := endOf(file + ".none"); !got.IsZero() {
		t.Errorf("no file says %s", got)
	}
}

package vitals

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"math/big"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil"
)

func TestCollect(t *testing.T) {
	dir := t.TempDir()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	end := time.Unix(1_900_000_000, 0)
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotBefore: end.Add(-time.Hour), NotAfter: end}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	file := func(name, text string) string {
		at := filepath.Join(dir, name)
		if err := os.WriteFile(at, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return at
	}
	enrolled := false
	v := New(Options{
		Certificates: map[string]string{"tls": file("tls.pem", string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))), "gone": filepath.Join(dir, "none"), "bad": file("bad", "x")},
		Disks:        map[string]string{"index": dir}, Stores: map[string]string{"index": dir, "none": filepath.Join(dir, "no")},
		LastBackup: file("backup.json", `{"time":"2026-01-02T03:04:05Z"}`), Enrolled: func() bool { return enrolled }, Epoch: 3, Version: "v",
	})
	compare := func(enrolled int) {
		t.Helper()
		want := fmt.Sprintf(`# HELP datarights_certificate_expiry_timestamp_seconds When a certificate's validity ends.
# TYPE datarights_certificate_expiry_timestamp_seconds gauge
datarights_certificate_expiry_timestamp_seconds{certificate="tls"} 1.9e+09
# HELP datarights_last_backup_timestamp_seconds When the organisation was last backed up; 0: never.
# TYPE datarights_last_backup_timestamp_seconds gauge
datarights_last_backup_timestamp_seconds 1.767323045e+09
# HELP datarights_platform_key_enrolled 1 when the platform's key stands on the ledger.
# TYPE datarights_platform_key_enrolled gauge
datarights_platform_key_enrolled %d
# HELP datarights_platform_key_epoch Epoch of the platform's matching key.
# TYPE datarights_platform_key_epoch gauge
datarights_platform_key_epoch 3
# HELP datarights_vitals_unreadable Certificates, disks and stores that could not be looked at.
# TYPE datarights_vitals_unreadable gauge
datarights_vitals_unreadable 3
`, enrolled)
		if err := testutil.CollectAndCompare(v, strings.NewReader(want), "datarights_certificate_expiry_timestamp_seconds", "datarights_last_backup_timestamp_seconds",
			"datarights_platform_key_enrolled", "datarights_platform_key_epoch", "datarights_vitals_unreadable"); err != nil {
			t.Error(err)
		}
	}
	compare(0)
	enrolled = true
	compare(1)
	if n := testutil.CollectAndCount(v, "datarights_disk_free_bytes", "datarights_disk_free_inodes", "datarights_store_bytes"); n != 3 {
		t.Errorf("%d measures of disk and store", n)
	}
}

package e2e

import (
	"bytes"
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/datarights/datarights/chaincode/rights"
	"github.com/datarights/datarights/client/evidence"
	"github.com/datarights/datarights/internal/fabricproof"
	"github.com/datarights/datarights/internal/proof"
	"github.com/datarights/datarights/test-network/scene"
)

// TestCertificateIsVerifiedOffline: anybody fetches a proof of a certificate from
// any gateway, and a machine without a network verifies it against the roots alone.
func TestCertificateIsVerifiedOffline(t *testing.T) {
	m := scene.Open(t, w.Deployment)
	owner, buyer := m.Join("凭证核验数据有限公司", "Group", nil), m.Join("凭证核验买方有限公司", "Exchange", nil)
	product := m.Produce(m.Register(owner), m.Content(owner), 0)
	cert := product.CertNo
	dir := t.TempDir()
	roots := filepath.Join(dir, "roots")
	if err := os.CopyFS(roots, os.DirFS(w.TrustDir())); err != nil {
		t.Fatal(err)
	}
	trust, err := fabricproof.LoadTrust(os.DirFS(roots))
	if err != nil {
		t.Fatal(err)
	}
	keyOf := func(p scene.Person) string {
		t.Helper()
		name := filepath.Join(t.TempDir(), "person.key")
		if err := p.Key.Save(name); err != nil {
			t.Fatal(err)
		}
		return name
	}
	fetch := func(kind, id, via string, more ...string) (string, *proof.File) {
		t.Helper()
		name := filepath.Join(t.TempDir(), "proof.zip")
		out, err := w.cli(t, append([]string{"proof", kind, id, "--out", name, "--gateway", w.url(via)}, more...)...)
		if err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		raw, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		f, err := proof.Open(raw)
		if err != nil {
			t.Fatal(err)
		}
		return name, f
	}
	verify := func(name string, want int, more ...string) *evidence.ProofResult {
		t.Helper()
		told, code := offline(t, append([]string{"verify", name, "--trust", roots, "--json"}, more...)...)
		r := new(evidence.ProofResult)
		if err := json.Unmarshal([]byte(told), r); err != nil || code != want {
			t.Fatalf("exit %d, want %d, %v: %s", code, want, err, told)
		}
		return r
	}
	says := func(r *evidence.ProofResult, v evidence.Verdict, words string) {
		t.Helper()
		if !slices.ContainsFunc(r.Findings, func(f evidence.Finding) bool { return f.Verdict == v && strings.Contains(f.Words.En, words) }) {
			t.Errorf("nothing %s says %q: %+v", v, words, r.Findings)
		}
	}
	height := levelled(t)

	// The public, from each organisation's gateway, of organisations of its choice.
	public, _ := fetch("certificate", cert, "Bank")
	for _, organisations := range [][]string{{"GroupMSP", "RegulatorMSP"}, {"ExchangeMSP", "GroupMSP"}, {"BankMSP", "ExchangeMSP", "RegulatorMSP"}} {
		began := time.Now()
		name, f := fetch("certificate", cert, "Exchange", "--organisations", strings.Join(organisations, ","), "--trust", roots)
		t.Logf("stated by %v in %s, %d blocks", organisations, time.Since(began).Round(time.Millisecond), len(f.Blocks))
		r := verify(name, 0, "--in-force", "--max-age", "10m")
		if !slices.Equal(r.Organisations, organisations) || r.ID != cert || len(r.Statement.Commands) == 0 || r.Statement.Signers[0].Kid != m.Registrar.Kid() {
			t.Errorf("%+v", r.Statement)
		}
		if len(f.Transactions)+len(f.Commands) > 0 {
			t.Error("the public has a command")
		}
		for n, raw := range f.Blocks {
			if _, whole, err := fabricproof.ParseSealed(raw); err != nil || whole {
				t.Errorf("block %d: whole %t, %v", n, whole, err)
			}
		}
		says(r, evidence.Proven, "a quorum of 3")
		says(r, evidence.Proven, "the stating organisations say: registration.record")
	}
	if told, code := offline(t, "verify", public, "--trust", roots); code != 0 || !strings.Contains(told, "核验通过") || !strings.Contains(told, "in force then") {
		t.Errorf("exit %d: %s", code, told)
	}

	// The holder, the registrar and the regulator have more.
	for _, p := range []scene.Person{owner, m.Registrar.Through("Group"), m.Regulator} {
		name, f := fetch("certificate", cert, p.Via, "--key", keyOf(p), "--as", p.Kid(), "--trust", roots)
		r := verify(name, 0)
		t.Logf("%s: %d blocks, %d transactions, %d commands", p.USCC, len(f.Blocks), len(f.Transactions), len(f.Commands))
		says(r, evidence.Proven, "registration.record, byte for byte, is signed with SM2 by")
		if p.USCC == m.Regulator.USCC {
			says(r, evidence.Proven, "is in that block")
		}
	}
	if now := levelled(t); now != height {
		t.Errorf("proofs made the ledger grow from %d to %d blocks", height, now)
	}

	t.Run("refused", func(t *testing.T) {
		r := verify(public, 1, "--organisations", "4")
		says(r, evidence.Failed, "at least 4 are asked for")
		r = verify(public, 1, "--max-age", "1ns")
		says(r, evidence.Failed, "stale")
		other := filepath.Join(dir, "other")
		if err := os.CopyFS(other, os.DirFS(roots)); err != nil {
			t.Fatal(err)
		}
		swap(t, filepath.Join(other, "GroupMSP", "ca.pem"), filepath.Join(other, "BankMSP", "ca.pem"))
		swap(t, filepath.Join(other, "ExchangeMSP", "ca.pem"), filepath.Join(other, "RegulatorMSP", "ca.pem"))
		if told, code := offline(t, "verify", public, "--trust", other); code != 1 || !strings.Contains(told, "签名者不属于所给根证书的联盟") {
			t.Errorf("exit %d: %s", code, told)
		}
		if out, err := w.cli(t, "proof", "certificate", cert, "--out", filepath.Join(dir, "one.zip"), "--gateway", w.url("Group"), "--organisations", "GroupMSP"); err == nil || !strings.Contains(err.Error(), "at least two") {
			t.Errorf("%v %s", err, out)
		}
	})
	t.Run("changed", func(t *testing.T) {
		raw, err := os.ReadFile(public)
		if err != nil {
			t.Fatal(err)
		}
		tried := 0
		for at := 0; at < len(raw); at += 7 {
			changed := bytes.Clone(raw)
			changed[at] ^= 0x20
			if evidence.VerifyProof(changed, trust, evidence.ProofOptions{}).Holds() {
				t.Errorf("byte %d of %d changed, and it holds", at, len(raw))
			}
			tried++
		}
		t.Logf("%d changed proofs of %d bytes", tried, len(raw))
		changed := filepath.Join(t.TempDir(), "changed.zip")
		raw[len(raw)/2] ^= 1
		if err := os.WriteFile(changed, raw, 0o600); err != nil {
			t.Fatal(err)
		}
		if told, code := offline(t, "verify", changed, "--trust", roots); code != 1 || !strings.Contains(told, "核验不通过") {
			t.Errorf("exit %d: %s", code, told)
		}
	})
	t.Run("pledge and trade", func(t *testing.T) {
		m := m.On(t)
		d := m.Strike(product, buyer, 20_000_00, toUse...).Running()
		name, _ := fetch("trade", d.Trade, buyer.Via, "--key", keyOf(buyer), "--as", buyer.Kid(), "--trust", roots)
		r := verify(name, 0)
		if r.Kind != rights.KindTrade || len(r.Statement.Certificates) != 1 {
			t.Errorf("%+v", r.Statement)
		}
		says(r, evidence.Proven, "byte for byte, is signed with SM2 by")
		v := m.Value(m.Register(owner), 300_000_00)
		pledge := m.Pledge(v, "a loan to be proven", v.Amounts())
		name, _ = fetch("pledge", pledge, "Bank", "--key", keyOf(m.Bank), "--as", m.Bank.Kid(), "--trust", roots)
		if r = verify(name, 0, "--in-force"); r.Kind != rights.KindPledge || len(r.Statement.Rights) != 3 {
			t.Errorf("%+v", r.Statement)
		}
		for _, path := range []string{"/v1/trades/" + d.Trade + "/proof", "/v1/pledges/" + pledge + "/proof"} {
			m.NotFor(nobody("Group"), path, http.StatusUnauthorized)
		}
		m.NotFor(m.Bank, "/v1/trades/"+d.Trade+"/proof", http.StatusForbidden)
		m.NotFor(buyer, "/v1/pledges/"+pledge+"/proof", http.StatusForbidden)
	})
	t.Run("frozen", func(t *testing.T) {
		m := m.On(t)
		measure := m.Do(m.Regulator, "measure.issue", rights.IssueMeasure{Type: rights.MeasureFreeze, Domain: "data", TargetKind: rights.KindRight, TargetID: product.Operation(),
			LegalBasis: "数据安全法第四十五条", DocumentHash: scene.Hash("document")}).One(rights.KindMeasure)
		m.Do(m.Regulator, "measure.serve", rights.ServeMeasure{MeasureID: measure, ReceiptHash: scene.Hash("receipt")})
		levelled(t)
		name, f := fetch("certificate", cert, "Group", "--trust", roots)
		r := verify(name, 0)
		if r.InForce == nil || *r.InForce || len(r.Warnings) == 0 || !strings.Contains(r.Warnings[len(r.Warnings)-1].En, "freeze") {
			t.Errorf("%+v", r.Warnings)
		}
		if bytes.Contains(f.Statement, []byte(measure)) {
			t.Error("the public reads which measure it is")
		}
		verify(name, 1, "--in-force")
		if r := verify(public, 0); !*r.InForce { // it says how things stood then
			t.Error("an earlier proof says something else now")
		}
		m.Do(m.Regulator, "measure.lift", rights.LiftMeasure{MeasureID: measure, Reason: "已整改"})
	})
}

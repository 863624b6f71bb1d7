package e2e

import (
	"archive/zip"
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/datarights/datarights/chaincode/rights"
	"github.com/datarights/datarights/client"
	"github.com/datarights/datarights/client/evidence"
	"github.com/datarights/datarights/internal/fabricproof"
	"github.com/datarights/datarights/internal/gm"
	"github.com/datarights/datarights/test-network/scene"
)

// stolen is a case on the ledger: one of two buyers offers what it bought.
type stolen struct {
	alert        string
	thief, other *scene.Deal
	sample       []byte
}

// marked delivers a copy under a code of its own that can be opened later.
func marked(d *scene.Deal, code, nonce []byte) *scene.Deal {
	d.Helper()
	d.Prepare()
	b := d.Marked()
	b.FingerprintCommit = rights.FingerprintCommit("sm3", code, nonce)
	mark := d.Platform.Attest(d, rights.WatermarkStatement(d.Delivery, d.Seller.USCC, d.Buyer.USCC, d.Product.Root, b.ContentRoot, b.FingerprintCommit))
	b.WatermarkAttest = &mark
	d.Do(d.Seller, "delivery.send", b)
	d.Copy = d.Do(d.Buyer, "delivery.receive", rights.ReceiveDelivery{DeliveryID: d.Delivery, CipherHash: scene.Hash("cipher " + d.Delivery)}).One(rights.KindCopy)
	d.Do(d.Buyer, "delivery.accept", rights.AcceptDelivery{DeliveryID: d.Delivery, ContentRoot: d.SentRoot()})
	return d
}

func digestOf(content []byte) string {
	h := gm.SM3(content)
	return fmt.Sprintf("sm3:%x", h)
}

// steal plays a case up to its confirmation.
func steal(m *scene.Market) *stolen {
	m.Helper()
	seller := m.Join("案例数据产品有限公司", "Group", nil)
	product := m.Produce(m.Register(seller), m.Content(seller), 0)
	code, nonce := []byte{0xca, 0xfe, 1, 2}, bytes.Repeat([]byte{9}, 32)
	s := &stolen{sample: []byte(`[{"kWh":1042.75}]`)}
	s.other = marked(m.Strike(product, m.Join("案例守约买方有限公司", "Bank", nil), 90_000_00, toUse...).Running(), []byte{1, 1, 1, 1}, nonce)
	again := m.Buy(product, s.other.Listing, m.Join("案例转卖买方有限公司", "Exchange", nil), 91_000_00)
	again.Permission = s.other.Permission
	s.thief = marked(again.Running(), code, nonce)
	now := func() int64 { return time.Now().Unix() }
	m.WaitUntil(now() + 1) // the offer is after the receipt
	s.alert = m.Do(m.Regulator, "alert.raise", rights.RaiseAlert{RuleCode: "AL-RESALE-MATCH", TargetID: product.Object, SubjectIDs: []string{s.thief.Buyer.USCC}}).One(rights.KindAlert)
	m.Do(m.Regulator, "alert.acknowledge", rights.OfAlert{AlertID: s.alert})
	collect := func(kind string, hash string) string {
		return m.Do(m.Regulator, "evidence.collect", rights.CollectEvidence{CaseID: s.alert, Kind: kind, Hash: hash, CollectedAt: now() - 1, Method: "公证取证", NotaryRef: "（2026）盐证字第1号", SealHash: scene.Hash("seal")}).One(rights.KindEvidence)
	}
	offer, sample := collect(rights.EvidenceOffer, scene.Hash("offer")), collect(rights.EvidenceSample, digestOf(s.sample))
	m.Do(m.Regulator, "evidence.handOver", rights.HandOver{EvidenceID: sample, ToID: m.Exchange.USCC, SealHash: scene.Hash("seal")})
	m.Do(m.Regulator, "alert.investigate", rights.InvestigateAlert{AlertID: s.alert, EvidenceIDs: []string{offer, sample}, FactRefs: []string{s.thief.Trade + "@1"}})
	m.Do(m.Regulator, "alert.openFingerprint", rights.OpenFingerprint{AlertID: s.alert, DeliveryID: s.thief.Delivery, Code: base64.RawURLEncoding.EncodeToString(code), Nonce: base64.RawURLEncoding.EncodeToString(nonce)})
	m.Do(s.thief.Buyer, "alert.hear", rights.HearAlert{AlertID: s.alert, StatementHash: scene.Hash("statement")})
	m.Do(m.Regulator, "alert.confirm", rights.ConfirmAlert{AlertID: s.alert, IRCode: "IR-1", Finding: "未经许可转售", FindingHash: scene.Hash("finding"),
		Proof: &rights.ResaleProof{CopyID: s.thief.Copy, OfferEvidenceID: offer}})
	return s
}

// offline runs the program in a network namespace of its own, which has no
// network, not even a way to this machine.
func offline(t *testing.T, args ...string) (string, int) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), filepath.Join(w.bin, "datarights"), args...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWUSER | syscall.CLONE_NEWNET,
		UidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getuid(), Size: 1}}, GidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getgid(), Size: 1}}}
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	err := cmd.Run()
	if errors.Is(err, syscall.EPERM) || errors.Is(err, syscall.ENOSPC) {
		t.Log("this machine lets nobody make a network namespace: verified with the network there")
		cmd = exec.CommandContext(t.Context(), cmd.Path, args...)
		cmd.Stdout, cmd.Stderr = &out, &out
		err = cmd.Run()
	}
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return out.String(), cmd.ProcessState.ExitCode()
}

// TestCaseIsVerifiedOffline: the regulator exports a case of this consortium's,
// and a machine without a network verifies it against the roots alone.
func TestCaseIsVerifiedOffline(t *testing.T) {
	m := scene.Open(t, w.Deployment)
	s := steal(m)
	dir := t.TempDir()
	bundle, sample := filepath.Join(dir, "case.zip"), filepath.Join(dir, "sample.json")
	if err := os.WriteFile(sample, s.sample, 0o600); err != nil {
		t.Fatal(err)
	}
	key := filepath.Join(w.Dir, "keys", "regulator-officer.pem")
	out, err := w.cli(t, "case", "export", s.alert, "--key", key, "--as", m.Regulator.Kid(), "--gateway", w.url("Regulator"), "--out", bundle, "--attach", sample, "--trust", w.TrustDir(), "--json")
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	var exported struct {
		SuspectID string
		Gaps      []string
		Records   int
		Blocks    int
	}
	if err := json.Unmarshal(out, &exported); err != nil || exported.SuspectID != s.thief.Buyer.USCC || !slices.Equal(exported.Gaps, []string{"E10"}) {
		t.Fatalf("%v %s", err, out)
	}
	if out, err := w.cli(t, "case", "export", s.alert, "--key", key, "--as", m.Regulator.Kid(), "--gateway", w.url("Regulator"), "--out", bundle); err == nil {
		t.Errorf("an existing file was overwritten: %s", out)
	}

	// The court has the bundle and the roots.
	roots := filepath.Join(dir, "roots")
	if err := os.CopyFS(roots, os.DirFS(w.TrustDir())); err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	told, code := offline(t, "verify", bundle, "--trust", roots, "--json")
	t.Logf("%d records, %d blocks verified in %s", exported.Records, exported.Blocks, time.Since(began).Round(time.Millisecond))
	var result struct {
		Holds bool
		evidence.Result
	}
	if err := json.Unmarshal([]byte(told), &result); err != nil || code != 0 || !result.Holds {
		t.Fatalf("exit %d, %v: %s", code, err, told)
	}
	has := func(v evidence.Verdict, area evidence.Area, words string) {
		t.Helper()
		if !slices.ContainsFunc(result.Findings, func(f evidence.Finding) bool {
			return f.Verdict == v && f.Area == area && strings.Contains(f.Words.En, words)
		}) {
			t.Errorf("nothing %s in %s says %q", v, area, words)
		}
	}
	has(evidence.Proven, evidence.AreaOpening, s.thief.Delivery)
	has(evidence.Proven, evidence.AreaAttachment, "hash of EI")
	has(evidence.Proven, evidence.AreaCommand, "delivery.receive is signed with SM2 by "+s.thief.Buyer.Kid())
	has(evidence.Proven, evidence.AreaCommand, "alert.confirm is signed with SM2 by "+m.Regulator.Kid())
	has(evidence.Proven, evidence.AreaReport, "byte for byte")
	has(evidence.Proven, evidence.AreaBlock, "a quorum of 3")
	has(evidence.Asserted, evidence.AreaElement, "the list of recipients (2 copies)")
	if told, code := offline(t, "verify", bundle, "--trust", roots); code != 0 || !strings.Contains(told, "已证明 proven") || !strings.Contains(told, "仅为陈述 only asserted") || !strings.Contains(told, "核验通过") {
		t.Errorf("exit %d: %s", code, told)
	}

	t.Run("changed", func(t *testing.T) { changedBundles(t, bundle, roots) })
	t.Run("other roots", func(t *testing.T) {
		other := filepath.Join(dir, "other")
		if err := os.CopyFS(other, os.DirFS(roots)); err != nil {
			t.Fatal(err)
		}
		// The bank's orderers under the exchange's name: their signatures are not its own.
		swap(t, filepath.Join(other, "BankMSP", "orderer-ca.pem"), filepath.Join(other, "ExchangeMSP", "orderer-ca.pem"))
		swap(t, filepath.Join(other, "GroupMSP", "ca.pem"), filepath.Join(other, "RegulatorMSP", "ca.pem"))
		if told, code := offline(t, "verify", bundle, "--trust", other); code != 1 || !strings.Contains(told, "核验不通过") {
			t.Errorf("exit %d: %s", code, told)
		}
		if told, code := offline(t, "verify", bundle, "--trust", dir); code != 1 {
			t.Errorf("exit %d: %s", code, told)
		}
	})
	t.Run("for the offices", func(t *testing.T) {
		path := "/v1/alerts/" + s.alert + "/case"
		for _, p := range []scene.Person{s.thief.Buyer, s.thief.Seller, m.Registrar, m.Bank} {
			m.NotFor(p, path, http.StatusForbidden)
			m.NotFor(p, "/v1/blocks/1/raw", http.StatusForbidden)
		}
		m.NotFor(nobody("Group"), "/v1/blocks/1/raw", http.StatusUnauthorized)
	})
	t.Run("an endorsed read of whom one asks", func(t *testing.T) {
		trust, err := fabricproof.LoadTrust(os.DirFS(roots))
		if err != nil {
			t.Fatal(err)
		}
		height := levelled(t)
		g := w.client(t, "Regulator")
		var problem *client.Problem
		if _, err := g.GetBytes(t.Context(), "/v1/attestations", url.Values{"kind": {"AL"}, "id": {s.alert}}); !errors.As(err, &problem) || problem.Status != http.StatusUnauthorized {
			t.Errorf("without a session: %v", err)
		}
		opened, err := g.OpenSession(t.Context(), m.Regulator.Key, m.Regulator.USCC, m.Regulator.No)
		if err != nil {
			t.Fatal(err)
		}
		g = g.InSession(opened)
		for _, organisations := range []string{"", "GroupMSP,ExchangeMSP", "BankMSP,RegulatorMSP,GroupMSP"} {
			query := url.Values{"kind": {"CP"}, "id": {s.thief.Copy}}
			if organisations != "" {
				query["organisations"] = []string{organisations}
			}
			raw, err := g.GetBytes(t.Context(), "/v1/attestations", query)
			if err != nil {
				t.Fatal(err)
			}
			state, err := trust.State(raw)
			if err != nil {
				t.Fatal(err)
			}
			want := strings.Split(organisations, ",")
			slices.Sort(want)
			if organisations != "" && !slices.Equal(state.Organisations, want) || len(state.Organisations) < 2 {
				t.Errorf("asked %s, endorsed by %v", organisations, state.Organisations)
			}
		}
		if now := levelled(t); now != height {
			t.Errorf("reading made the ledger grow from %d to %d blocks", height, now)
		}
	})
}

func swap(t *testing.T, a, b string) {
	t.Helper()
	if err := errors.Join(os.Rename(a, a+".old"), os.Rename(b, a), os.Rename(a+".old", b)); err != nil {
		t.Fatal(err)
	}
}

// changedBundles changes bytes all over a real bundle, and takes a few apart.
func changedBundles(t *testing.T, name, roots string) {
	bundle, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	trust, err := fabricproof.LoadTrust(os.DirFS(roots))
	if err != nil {
		t.Fatal(err)
	}
	if !evidence.Verify(bundle, trust).Holds() {
		t.Fatal("unchanged it does not hold")
	}
	tried := 0
	for at := 0; at < len(bundle); at += max(1, len(bundle)/200) {
		changed := bytes.Clone(bundle)
		changed[at] ^= 0x20
		if evidence.Verify(changed, trust).Holds() {
			t.Errorf("byte %d of %d changed, and it holds", at, len(bundle))
		}
		tried++
	}
	t.Logf("%d changed bundles of %d bytes", tried, len(bundle))
	r, err := zip.NewReader(bytes.NewReader(bundle), int64(len(bundle)))
	if err != nil {
		t.Fatalf("no ordinary reader can open it: %v", err)
	}
	if len(r.File) < 50 {
		t.Errorf("%d files", len(r.File))
	}
	changed := filepath.Join(t.TempDir(), "changed.zip")
	if err := os.WriteFile(changed, bundle[:len(bundle)-1], 0o600); err != nil {
		t.Fatal(err)
	}
	if told, code := offline(t, "verify", changed, "--trust", roots); code != 1 || !strings.Contains(told, "不成立 FAILED") {
		t.Errorf("exit %d: %s", code, told)
	}
}

package doctor

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// sick is a node that is well until a fault is injected.
type sick struct {
	t     *testing.T
	dir   string
	now   time.Time
	shift time.Duration // of the clock, since the node was made
	ca    *x509.Certificate
	key   *ecdsa.PrivateKey
	node  *Node
	doc   *Doctor
	gws   []*fakeGateway
	tls   net.Listener
}

// fakeGateway answers as an organisation's gateway.
type fakeGateway struct {
	status         string
	ledger, height uint64
	digest         string
	enrolled       string
	date           func() time.Time
	server         *httptest.Server
}

func (g *fakeGateway) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if g.date != nil {
		w.Header().Set("Date", g.date().UTC().Format(http.TimeFormat))
	}
	switch r.URL.Path {
	case "/readyz":
		if g.status != "ready" {
			w.WriteHeader(http.StatusServiceUnavailable)
		}
		fmt.Fprintf(w, `{"status":%q,"ledgerHeight":%d,"indexHeight":%d}`, g.status, g.ledger, g.height)
	case "/v1/index/digest":
		fmt.Fprintf(w, `{"height":%d,"digest":%q}`, g.height, g.digest)
	case "/metrics":
		fmt.Fprintf(w, "datarights_platform_key_enrolled %s\ndatarights_platform_key_epoch 2\n", g.enrolled)
	case "/livez":
		fmt.Fprint(w, `{"status":"ok"}`)
	default:
		http.NotFound(w, r)
	}
}

func (s *sick) file(name, text string, perm os.FileMode) string {
	s.t.Helper()
	at := filepath.Join(s.dir, name)
	if err := os.WriteFile(at, []byte(text), perm); err != nil {
		s.t.Fatal(err)
	}
	if err := os.Chmod(at, perm); err != nil {
		s.t.Fatal(err)
	}
	return at
}

// issue makes a certificate and its key of the node's authority.
func (s *sick) issue(name string, left time.Duration, hosts ...string) (cert, key string) {
	s.t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		s.t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: name}, NotBefore: s.now.Add(-time.Hour), NotAfter: s.now.Add(left), DNSNames: hosts, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}}
	parent, signer := s.ca, s.key
	if parent == nil {
		template.IsCA, template.BasicConstraintsValid, template.KeyUsage = true, true, x509.KeyUsageCertSign
		parent, signer, s.ca, s.key = template, private, template, private
	}
	der, err := x509.CreateCertificate(rand.Reader, template, parent, private.Public(), signer)
	if err != nil {
		s.t.Fatal(err)
	}
	if s.ca == template {
		if s.ca, err = x509.ParseCertificate(der); err != nil {
			s.t.Fatal(err)
		}
	}
	pkcs8, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		s.t.Fatal(err)
	}
	return s.file(name+".crt", string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})), 0o644),
		s.file(name+".key", string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: pkcs8})), 0o600)
}

func healthy(t *testing.T) *sick {
	s := &sick{t: t, dir: t.TempDir(), now: time.Now()}
	if err := os.Chmod(s.dir, 0o700); err != nil {
		t.Fatal(err)
	}
	root, _ := s.issue("ca", 1000*24*time.Hour)
	cert, key := s.issue("peer", 365*24*time.Hour, "peer.example", "localhost")
	pair, err := tls.LoadX509KeyPair(cert, key)
	if err != nil {
		t.Fatal(err)
	}
	if s.tls, err = tls.Listen("tcp", "127.0.0.1:0", &tls.Config{Certificates: []tls.Certificate{pair}, MinVersion: tls.VersionTLS12, NextProtos: []string{"h2"}}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.tls.Close() })
	go func() {
		for {
			conn, err := s.tls.Accept()
			if err != nil {
				return
			}
			go func() {
				_ = conn.(*tls.Conn).Handshake() // the other side judges it
				conn.Close()
			}()
		}
	}()
	address := s.tls.Addr().String()
	s.node = &Node{
		Organisation: "Group", ConfigFile: "gateway.yaml",
		Keys:         []KeyFile{{"peer", key}},
		Certificates: []Certificate{{"peer", cert, key, []string{root}, []string{"peer.example"}}},
		Ports:        []Port{{Name: "peer", Address: address, Roots: []string{root}, ServerName: "peer.example", Process: "group-peer", Ours: true}},
		Stores:       []Store{{Name: "marks", Path: s.dir, Check: func() error { return nil }}},
		Index:        func() (uint64, error) { return 0, ErrRunning },
		Processes: func(context.Context) ([]Process, error) {
			return []Process{{Name: "group-peer", Health: "ok", PID: 1}}, nil
		},
		Collections: []string{"a", "b"}, WantedCollections: []string{"b", "a"}, PlatformKey: true,
		BackupFile: s.file("backup.json", fmt.Sprintf(`{"time":%q,"file":"x.backup"}`, s.now.Add(-time.Hour).Format(time.RFC3339)), 0o600),
	}
	for i := range 4 {
		s.node.Orderers = append(s.node.Orderers, Orderer{fmt.Sprint("O", i), address, []string{root}})
		g := &fakeGateway{status: "ready", ledger: 50, height: 50, digest: "sm3:aa", enrolled: "1"}
		g.server = httptest.NewServer(g)
		t.Cleanup(g.server.Close)
		s.gws = append(s.gws, g)
		s.node.Gateways = append(s.node.Gateways, Gateway{fmt.Sprint("O", i), g.server.URL, i == 0})
	}
	s.doc = &Doctor{
		Now: func() time.Time { return time.Now().Add(s.shift) }, Client: &http.Client{}, Timeout: 5 * time.Second,
		Disk:  func(string) (Disk, error) { return Disk{100 << 30, 200 << 30, 1 << 20, 1 << 21}, nil },
		Files: func(int) (int, int, error) { return 100, 65536, nil },
	}
	return s
}

func TestHealthy(t *testing.T) {
	s := healthy(t)
	seen := map[string]bool{}
	for _, f := range s.doc.Examine(t.Context(), s.node) {
		seen[f.Check] = true
		if f.Level != LevelOK {
			t.Errorf("%s %s: %s %s", f.Check, f.Subject, f.Level, f.En)
		}
	}
	for _, c := range Checks {
		if !seen[c.Name] && c.Name != "operations" { // which has nothing to look at here
			t.Errorf("%s said nothing", c.Name)
		}
	}
}

// closed is an address where nobody listens.
func closed(t *testing.T) string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// Every fault is found by the check that it belongs to, and by no other that
// calls it a failure.
func TestFaults(t *testing.T) {
	day := 24 * time.Hour
	for name, c := range map[string]struct {
		inject func(s *sick)
		check  string
		level  Level
		says   string
	}{
		"settings":       {func(s *sick) { s.node.ConfigFaults = []string{"gateway.yaml:3:1: listn: there is no such setting"} }, "config", LevelFail, "gateway.yaml:3:1"},
		"description":    {func(s *sick) { s.node.ConsortiumFault = "line 2" }, "config", LevelFail, "line 2"},
		"key for others": {func(s *sick) { _ = os.Chmod(s.node.Keys[0].Path, 0o640) }, "keys", LevelFail, "0640"},
		"key gone":       {func(s *sick) { s.node.Keys[0].Path += "x" }, "keys", LevelFail, "missing"},
		"key empty":      {func(s *sick) { s.node.Keys[0].Path = s.file("empty", "", 0o600) }, "keys", LevelFail, "empty"},
		"certificate ended": {func(s *sick) {
			s.node.Certificates[0].File, s.node.Certificates[0].Key = s.issue("old", -time.Minute, "peer.example")
		}, "certificates", LevelFail, "ended"},
		"five days left": {func(s *sick) {
			s.node.Certificates[0].File, s.node.Certificates[0].Key = s.issue("near", 5*day+time.Hour, "peer.example")
		}, "certificates", LevelFail, "5 days left"},
		"twenty days left": {func(s *sick) {
			s.node.Certificates[0].File, s.node.Certificates[0].Key = s.issue("soon", 20*day+time.Hour, "peer.example")
		}, "certificates", LevelWarn, "20 days left"},
		"other authority": {func(s *sick) {
			s.ca = nil
			s.node.Certificates[0].Roots = nil
			r, _ := s.issue("ca2", 99*day)
			s.node.Certificates[0].Roots = []string{r}
		}, "certificates", LevelFail, "authority"},
		"another's key":  {func(s *sick) { _, s.node.Certificates[0].Key = s.issue("other", 99*day) }, "certificates", LevelFail, "not this certificate's"},
		"name":           {func(s *sick) { s.node.Certificates[0].Hosts = []string{"gw.example"} }, "certificates", LevelFail, "gw.example"},
		"no certificate": {func(s *sick) { s.node.Certificates[0].File = s.file("no.crt", "nothing", 0o644) }, "certificates", LevelFail, "can't be read"},
		"folder gone": {func(s *sick) {
			s.node.Stores[0].Path += "/no"
			s.doc.Disk = func(string) (Disk, error) { return Disk{}, os.ErrNotExist }
		}, "stores", LevelFail, "missing"},
		"folder open":   {func(s *sick) { _ = os.Chmod(s.dir, 0o755) }, "stores", LevelWarn, "0755"},
		"marks damaged": {func(s *sick) { s.node.Stores[0].Check = func() error { return errors.New("DL-1.json: bad") } }, "stores", LevelFail, "DL-1.json"},
		"disk full": {func(s *sick) {
			s.doc.Disk = func(string) (Disk, error) { return Disk{1 << 20, 1 << 40, 1 << 20, 1 << 20}, nil }
		}, "disk", LevelFail, "0.0 GiB"},
		"disk nearly full": {func(s *sick) {
			s.doc.Disk = func(string) (Disk, error) { return Disk{5 << 30, 1 << 40, 1 << 20, 1 << 20}, nil }
		}, "disk", LevelWarn, "5.0 GiB"},
		"no inodes": {func(s *sick) {
			s.doc.Disk = func(string) (Disk, error) { return Disk{100 << 30, 200 << 30, 5, 1 << 20}, nil }
		}, "disk", LevelFail, "inodes"},
		"supervisor gone": {func(s *sick) {
			s.node.Processes = func(context.Context) ([]Process, error) { return nil, errors.New("gone") }
		}, "processes", LevelFail, "supervisor"},
		"process down": {func(s *sick) {
			s.node.Processes = func(context.Context) ([]Process, error) { return []Process{{Name: "group-peer", Health: "down"}}, nil }
		}, "processes", LevelFail, "does not run"},
		"process failing": {func(s *sick) {
			s.node.Processes = func(context.Context) ([]Process, error) {
				return []Process{{Name: "group-peer", Health: "failing", Detail: "503", PID: 1}}, nil
			}
		}, "processes", LevelFail, "503"},
		"restarts": {func(s *sick) {
			s.node.Processes = func(context.Context) ([]Process, error) {
				return []Process{{Name: "group-peer", Health: "ok", PID: 1, Restarts: 9}}, nil
			}
		}, "processes", LevelWarn, "9 times"},
		"descriptors used":    {func(s *sick) { s.doc.Files = func(int) (int, int, error) { return 65000, 65536, nil } }, "descriptors", LevelFail, "65000"},
		"descriptors few":     {func(s *sick) { s.doc.Files = func(int) (int, int, error) { return 10, 1024, nil } }, "descriptors", LevelWarn, "1024"},
		"peer port closed":    {func(s *sick) { s.node.Ports[0].Address = closed(s.t) }, "ports", LevelFail, "refused"},
		"other's port closed": {func(s *sick) { s.node.Ports[0].Address, s.node.Ports[0].Ours = closed(s.t), false }, "ports", LevelWarn, "refused"},
		"peer's TLS":          {func(s *sick) { s.ca = nil; r, _ := s.issue("ca3", 99*day); s.node.Ports[0].Roots = []string{r} }, "ports", LevelFail, "TLS certificate"},
		"peer's name":         {func(s *sick) { s.node.Ports[0].ServerName = "else.example" }, "ports", LevelFail, "TLS certificate"},
		"operations": {func(s *sick) {
			s.node.Operations = []Operations{{"group-peer", "https://" + closed(s.t), s.dir, s.node.Ports[0].Roots[0]}}
		}, "operations", LevelFail, "operations endpoint"},
		"one orderer down":     {func(s *sick) { s.node.Orderers[3].Address = closed(s.t) }, "orderers", LevelWarn, "3 of 4"},
		"no quorum":            {func(s *sick) { s.node.Orderers[2].Address, s.node.Orderers[3].Address = closed(s.t), closed(s.t) }, "orderers", LevelFail, "not: O2, O3"},
		"gateway down":         {func(s *sick) { s.gws[0].server.Close() }, "gateway", LevelFail, "does not answer"},
		"gateway without peer": {func(s *sick) { s.gws[0].status = "unreachable" }, "gateway", LevelFail, "own peer"},
		"gateway lags":         {func(s *sick) { s.gws[0].status, s.gws[0].height = "lagging", 10 }, "gateway", LevelWarn, "10 of 50"},
		"index format":         {func(s *sick) { s.node.Index = func() (uint64, error) { return 0, errors.New("another format") } }, "index", LevelFail, "another format"},
		"peer behind":          {func(s *sick) { s.gws[2].ledger = 500 }, "heights", LevelWarn, "500"},
		"digest":               {func(s *sick) { s.gws[0].digest = "sm3:bb" }, "digests", LevelFail, "differ"},
		"clock a minute off": {func(s *sick) {
			for _, g := range s.gws[1:] {
				g.date = func() time.Time { return time.Now().Add(-2 * time.Minute) }
			}
		}, "clock", LevelFail, "off"},
		"clock seconds off": {func(s *sick) {
			for _, g := range s.gws[1:] {
				g.date = func() time.Time { return time.Now().Add(10 * time.Second) }
			}
		}, "clock", LevelWarn, "off"},
		"one other clock off": {func(s *sick) { s.gws[1].date = func() time.Time { return time.Now().Add(time.Hour) } }, "clock", LevelOK, "off"},
		"key not enrolled":    {func(s *sick) { s.gws[0].enrolled = "0" }, "platform-key", LevelWarn, "not enrolled"},
		"collections":         {func(s *sick) { s.node.Collections = nil }, "collections", LevelFail, "private collections"},
		"never backed up":     {func(s *sick) { s.node.BackupFile += "x" }, "backup", LevelWarn, "never"},
		"old backup":          {func(s *sick) { s.shift = 15 * day; s.node.Certificates = nil; s.node.Gateways = nil }, "backup", LevelFail, "361 hours"},
	} {
		t.Run(name, func(t *testing.T) {
			s := healthy(t)
			c.inject(s)
			found := false
			for _, f := range s.doc.Examine(t.Context(), s.node, c.check) {
				if f.Level == c.level && strings.Contains(f.En, c.says) {
					found = true
					if f.Level != LevelOK && (f.RemedyZh == "" || f.Remedy == "" || f.Zh == "") {
						t.Errorf("no remedy: %+v", f)
					}
				}
			}
			if !found {
				t.Errorf("want a %s with %q from %s, got %+v", c.level, c.says, c.check, s.doc.Examine(t.Context(), s.node, c.check))
			}
		})
	}
}

// With everything down the doctor still says what is wrong, and shows no key.
func TestEverythingDown(t *testing.T) {
	s := healthy(t)
	for _, g := range s.gws {
		g.server.Close()
	}
	s.tls.Close()
	s.node.Processes = func(context.Context) ([]Process, error) { return nil, errors.New("it does not run") }
	list := s.doc.Examine(t.Context(), s.node)
	failed := map[string]bool{}
	secret, err := os.ReadFile(s.node.Keys[0].Path)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range list {
		failed[f.Check] = failed[f.Check] || f.Level == LevelFail
		if strings.Contains(fmt.Sprint(f), strings.Split(string(secret), "\n")[1]) {
			t.Errorf("%s shows a key", f.Check)
		}
	}
	for _, check := range []string{"processes", "ports", "orderers", "gateway"} {
		if !failed[check] {
			t.Errorf("%s finds nothing", check)
		}
	}
	if Worst(list) != LevelFail {
		t.Error("it is not bad enough")
	}
}

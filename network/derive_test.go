package network

import (
	"bytes"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/datarights/datarights/internal/fabricproof"
)

// fabricForTest is Fabric as the pinned module builds it.
func fabricForTest(t *testing.T) Fabric {
	t.Helper()
	root, err := filepath.Abs("..")
	if err != nil {
		t.Fatal(err)
	}
	f, err := EnsureFabric(t.Context(), "", filepath.Join(root, "bin", "datarights"), Silent{})
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func derived(t *testing.T, f Fabric, text string) *Deployment {
	t.Helper()
	c, err := Parse("test", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	d := &Deployment{Consortium: c, Dir: t.TempDir()}
	for _, step := range []func() error{
		func() error { return d.makeCertificates(t.Context(), f) },
		func() error { return d.makeGenesisBlock(t.Context(), f) },
		d.writeNodeConfigs,
	} {
		if err := step(); err != nil {
			t.Fatal(err)
		}
	}
	return d
}

// inspect lets configtxgen read the genesis block back.
func inspect(t *testing.T, f Fabric, d *Deployment) string {
	t.Helper()
	out, err := f.run(t.Context(), "configtxgen", []string{"FABRIC_CFG_PATH=" + filepath.Dir(d.genesisBlock())}, "-inspectBlock", d.genesisBlock())
	if err != nil {
		t.Fatal(err)
	}
	var compact bytes.Buffer
	if err := json.Compact(&compact, out); err != nil {
		t.Fatal(err)
	}
	return compact.String()
}

func TestDerivedChannel(t *testing.T) {
	f := fabricForTest(t)
	example := string(exampleConsortium)
	fifth := "\n  - name: Bank2\n    mspId: Bank2MSP\n    nameZh: 第二银行\n    function: finance\n"
	for _, test := range []struct {
		name, text string
		orgs       []string
		consenters int
		port       int
	}{
		{"the example", example, []string{"GroupMSP", "ExchangeMSP", "RegulatorMSP", "BankMSP"}, 4, 7050},
		{"renamed", strings.NewReplacer("name: Group\n    mspId: GroupMSP", "name: BigData\n    mspId: BigDataMSP", "[Group,", "[BigData,").Replace(example),
			[]string{"BigDataMSP", "ExchangeMSP", "RegulatorMSP", "BankMSP"}, 4, 7050},
		{"five, other ports", strings.Replace(example, "base: 7050", "base: 21000", 1) + fifth,
			[]string{"GroupMSP", "ExchangeMSP", "RegulatorMSP", "BankMSP", "Bank2MSP"}, 5, 21000},
		{"five, four orderers", example + fifth + "    orderer: false\n",
			[]string{"GroupMSP", "ExchangeMSP", "RegulatorMSP", "BankMSP", "Bank2MSP"}, 4, 7050},
	} {
		t.Run(test.name, func(t *testing.T) {
			d := derived(t, f, test.text)
			block := inspect(t, f, d)
			for _, org := range test.orgs {
				if !strings.Contains(block, `"`+org+`":{`) {
					t.Errorf("the channel lacks %s", org)
				}
			}
			for _, want := range []string{
				`"type":"BFT"`, `"V3_0":{}`, `"V2_5":{}`, `"max_message_count":500`, `"timeout":"200ms"`,
				fmt.Sprintf(`"addresses":["127.0.0.1:%d"]`, test.port), `"anchor_peers":[`,
			} {
				if !strings.Contains(block, want) {
					t.Errorf("the channel lacks %s", want)
				}
			}
			if got := strings.Count(block, `"server_tls_cert"`); got != test.consenters {
				t.Errorf("%d consenters, expected %d", got, test.consenters)
			}
			checkTrust(t, d, test.consenters)
			for i := range d.Organisations {
				checkOrganisationFiles(t, d, &d.Organisations[i])
			}
		})
	}
}

func checkOrganisationFiles(t *testing.T, d *Deployment, org *Organisation) {
	t.Helper()
	nodes := []string{"peer"}
	if org.RunsOrderer() {
		nodes = append(nodes, "orderer")
	}
	for _, node := range nodes {
		cert := readCertificate(t, d.org(org, node, "tls", "server.crt"))
		for _, name := range []string{"localhost", "127.0.0.1", node + "." + org.Domain} {
			if err := cert.VerifyHostname(name); err != nil {
				t.Errorf("%s's %s: %v", org.Name, node, err)
			}
		}
	}
	for _, id := range []Identity{d.Admin(org), d.GatewayUser(org)} {
		if _, _, err := id.load(); err != nil {
			t.Errorf("%s: %v", org.Name, err)
		}
	}
	var gateway GatewayConfig
	text, err := os.ReadFile(d.GatewayConfig(org))
	if err != nil {
		t.Fatal(err)
	}
	if err := yaml.Unmarshal(text, &gateway); err != nil || gateway.Listen != local(org.Ports.Gateway) || gateway.MSPID != org.MSPID {
		t.Errorf("%+v, %v", gateway, err)
	}
	tags := org.Function == FunctionRegistration || org.Function == FunctionTrading
	if (gateway.MatchTag != nil) != tags {
		t.Errorf("%s: match tag %v", org.Name, gateway.MatchTag)
	}
	genesis, err := os.ReadFile(d.GenesisDocument(org))
	if err != nil || !bytes.Equal(genesis, mustGenesis(t, d.Consortium)) {
		t.Errorf("%s's genesis document differs: %v", org.Name, err)
	}
	if _, err := os.Stat(d.path("trust", org.MSPID, "ca.pem")); err != nil {
		t.Error(err)
	}
}

// checkTrust: what a verifier believes has every organisation, the agreement, and
// the orderers that the channel has.
func checkTrust(t *testing.T, d *Deployment, orderers int) {
	t.Helper()
	if err := d.saveAgreement(); err != nil {
		t.Fatal(err)
	}
	trust, err := fabricproof.LoadTrust(os.DirFS(d.TrustDir()))
	if err != nil {
		t.Fatal(err)
	}
	ordering := 0
	for _, o := range trust.Organisations {
		if len(o.Orderers) > 0 {
			ordering++
		}
	}
	if !trust.Agreed || trust.Channel != d.Channel || trust.Endorsement.OutOf != d.Chaincode.Endorsement.OutOf || len(trust.Organisations) != len(d.Organisations) || ordering != orderers {
		t.Errorf("%+v", trust)
	}
	raw, err := os.ReadFile(d.genesisBlock())
	if err != nil {
		t.Fatal(err)
	}
	block, err := fabricproof.ParseBlock(raw)
	if err != nil {
		t.Fatal(err)
	}
	config, err := block.Config()
	if err != nil || len(config.Consenters) != orderers || config.Channel != d.Channel {
		t.Errorf("%v, %v", config, err)
	}
}

func readCertificate(t *testing.T, path string) *x509.Certificate {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	block, _ := pem.Decode(text)
	if block == nil {
		t.Fatalf("no certificate in %s", path)
	}
	cert, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	return cert
}

// TestNodeConfigKeepsWhatFabricShips: a core.yaml without these lines switches
// the feature off without a word.
func TestNodeConfigKeepsWhatFabricShips(t *testing.T) {
	c, err := Load("")
	if err != nil {
		t.Fatal(err)
	}
	d := &Deployment{Consortium: c, Dir: "/run-dir"}
	text, err := d.peerConfig(&c.Organisations[1])
	if err != nil {
		t.Fatal(err)
	}
	var core map[string]any
	if err := yaml.Unmarshal(text, &core); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]any{
		"chaincode.runtimeParams.useWriteBatch":      true,
		"chaincode.runtimeParams.useGetMultipleKeys": true,
		"peer.authentication.timewindow":             (5 * time.Minute).String(),
		"peer.tls.enabled":                           true,
		"peer.listenAddress":                         "127.0.0.1:7073",
		"peer.gossip.externalEndpoint":               "127.0.0.1:7073",
		"operations.tls.enabled":                     true,
		"vm.endpoint":                                "",
	} {
		if got := at(core, path); got != want {
			t.Errorf("%s is %v, expected %v", path, got, want)
		}
	}
	if filters := fmt.Sprint(at(core, "peer.handlers.authFilters")); !strings.Contains(filters, "TimeWindowCheck") {
		t.Errorf("the time window is not checked: %s", filters)
	}
	if builders := fmt.Sprint(at(core, "chaincode.externalBuilders")); builders != "[map[name:ccaas path:/run-dir/builders/ccaas]]" {
		t.Errorf("builders %s", builders)
	}
	text, err = d.ordererConfig(&c.Organisations[1])
	if err != nil {
		t.Fatal(err)
	}
	var orderer map[string]any
	if err := yaml.Unmarshal(text, &orderer); err != nil {
		t.Fatal(err)
	}
	if at(orderer, "General.TLS.Enabled") != true || at(orderer, "Admin.TLS.ClientAuthRequired") != true || at(orderer, "Operations.TLS.Enabled") != true {
		t.Error("TLS is not on everywhere")
	}
	if _, err := configure(sampleCore, []setting{{"peer.tls.enable", true}}); err == nil {
		t.Error("took a setting that Fabric does not know")
	}
}

func at(document any, path string) any {
	for step := range strings.SplitSeq(path, ".") {
		m, ok := document.(map[string]any)
		if !ok {
			return nil
		}
		document = m[step]
	}
	return document
}

// TestSampleConfigIsThePinnedOne: the copies follow the version that
// test-network/fabric pins.
func TestSampleConfigIsThePinnedOne(t *testing.T) {
	cmd := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", "github.com/hyperledger/fabric")
	cmd.Dir = "../" + toolsModule
	cmd.Env = append(os.Environ(), "GOFLAGS=-mod=mod")
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	dir := strings.TrimSpace(string(out))
	if dir == "" {
		t.Fatal("the pinned module is not downloaded: make fabric")
	}
	for name, ours := range map[string][]byte{"core.yaml": sampleCore, "orderer.yaml": sampleOrderer} {
		theirs, err := os.ReadFile(filepath.Join(dir, "sampleconfig", name))
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(ours, theirs) {
			t.Errorf("network/sampleconfig/%s is not that of the pinned Fabric", name)
		}
	}
}

func TestPackageIsReproducible(t *testing.T) {
	c, err := Load("")
	if err != nil {
		t.Fatal(err)
	}
	d := &Deployment{Consortium: c, Dir: t.TempDir()}
	org := &c.Organisations[0]
	if err := makeChaincodeCertificates(d.org(org, "chaincode")); err != nil {
		t.Fatal(err)
	}
	cc := Chaincode{Name: "x", Version: "1"}
	first, err := d.packageChaincode(org, cc)
	if err != nil {
		t.Fatal(err)
	}
	second, err := d.packageChaincode(org, cc)
	if err != nil || first != second {
		t.Errorf("%s, %s, %v", first, second, err)
	}
	cc.Slot = 1
	if moved, err := d.packageChaincode(org, cc); err != nil || moved == first {
		t.Errorf("another port made the same package: %v", err)
	}
}

// TestTheSequenceIsFound: whatever differs from what is committed makes a new
// definition, and nothing else does.
func TestTheSequenceIsFound(t *testing.T) {
	c, err := Load("")
	if err != nil {
		t.Fatal(err)
	}
	d := &Deployment{Consortium: c, Dir: t.TempDir()}
	base := Chaincode{Name: "x", Version: "1", Endorsement: c.Chaincode.Endorsement, Collections: c.Collections()}
	define := func(cc Chaincode, sequence int64) *definition {
		t.Helper()
		w, err := d.wanted(cc)
		if err != nil {
			t.Fatal(err)
		}
		w.sequence = sequence
		return w
	}
	if got, _ := next(nil, define(base, 0)); got != 1 {
		t.Errorf("the first definition has sequence %d", got)
	}
	if got, _ := next(define(base, 4), define(base, 0)); got != 4 {
		t.Errorf("the same definition got sequence %d", got)
	}
	for name, change := range map[string]func(*Chaincode){
		"version":        func(cc *Chaincode) { cc.Version = "2" },
		"endorsers":      func(cc *Chaincode) { cc.Endorsement.Of = []string{"Group", "Exchange"} },
		"quorum":         func(cc *Chaincode) { cc.Endorsement.OutOf = 3 },
		"no collections": func(cc *Chaincode) { cc.Collections = nil },
		"a member more": func(cc *Chaincode) {
			cc.Collections = []Collection{{Name: CollectionTrade, Members: []string{"ExchangeMSP", "RegulatorMSP", "BankMSP"}}, cc.Collections[1]}
		},
		"collections' name": func(cc *Chaincode) {
			cc.Collections = []Collection{cc.Collections[0], {Name: "other", Members: cc.Collections[1].Members}}
		},
	} {
		cc := base
		change(&cc)
		if got, difference := next(define(base, 4), define(cc, 0)); got != 5 || difference == "" {
			t.Errorf("%s: sequence %d (%s)", name, got, difference)
		}
	}
}

func TestCollectionsFollowFromTheOrganisations(t *testing.T) {
	c, err := Load("")
	if err != nil {
		t.Fatal(err)
	}
	market := []string{"ExchangeMSP", "RegulatorMSP"}
	want := []Collection{{Name: "tradeTerms", Members: market}, {Name: "pledgeTerms_BankMSP", Members: append(market[:2:2], "BankMSP")}}
	if got := c.Collections(); !reflect.DeepEqual(got, want) {
		t.Errorf("got %v", got)
	}
	for name, want := range map[string]string{"Group": "", "Exchange": "tradeTerms pledgeTerms_BankMSP", "Bank": "pledgeTerms_BankMSP"} {
		org, _ := c.Organisation(name)
		if got := strings.Join(c.CollectionsOf(org), " "); got != want {
			t.Errorf("%s is in %q", name, got)
		}
	}
	// Where one endorsement is enough, its peer's copy must not be the only one.
	single, err := Parse("c.yaml", []byte(strings.NewReplacer("outOf: 2", "outOf: 1").Replace(string(exampleConsortium))))
	if err != nil {
		t.Fatal(err)
	}
	if all := single.Collections(); all[0].Push != 1 || all[1].Push != 2 {
		t.Errorf("%+v", all)
	}
	text := strings.Replace(string(exampleConsortium), "of: [Group, Exchange, Regulator]", "of: [Group, Exchange, Bank]", 1)
	if _, err := Parse("c.yaml", []byte(text)); err == nil || !strings.Contains(err.Error(), "tradeTerms") {
		t.Errorf("took a collection that nobody could write: %v", err)
	}
	if _, err := Parse("c.yaml", []byte(strings.Replace(text, "  endorsement:", "  collections: false\n  endorsement:", 1))); err != nil {
		t.Error(err)
	}
}

func TestMetric(t *testing.T) {
	text := []byte("# HELP x y\nheight{channel=\"other\"} 7\nheight{channel=\"datarights\"} 12\nheight2{channel=\"datarights\"} 3\n")
	if got, ok := metric(text, "height", "datarights"); !ok || got != 12 {
		t.Errorf("%v, %v", got, ok)
	}
	if _, ok := metric(text, "depth", "datarights"); ok {
		t.Error("found what is not there")
	}
}

func TestSocketPathsAreShortEnough(t *testing.T) {
	d := &Deployment{Dir: "/" + strings.Repeat("long/", 40)}
	other := &Deployment{Dir: "/" + strings.Repeat("long/", 41)}
	for _, path := range []string{d.ControlSocket(), d.StatusSocket()} {
		if len(path) > maxSocketPath {
			t.Errorf("%s is too long for a socket", path)
		}
	}
	if d.ControlSocket() == other.ControlSocket() {
		t.Error("two run directories share a socket")
	}
	short := &Deployment{Dir: "/run-dir"}
	if short.ControlSocket() != "/run-dir/supervisor/control.sock" {
		t.Error(short.ControlSocket())
	}
}

func TestEnsureFabric(t *testing.T) {
	dir := t.TempDir()
	if _, err := EnsureFabric(t.Context(), dir, "/nowhere/datarights", Silent{}); err == nil || !strings.Contains(err.Error(), "peer, orderer, cryptogen, configtxgen") {
		t.Errorf("got %v", err)
	}
	program := func(name, text string) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(dir, name), []byte("#!/bin/sh\n"+text), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range needed {
		program(name, "exit 0")
	}
	t.Setenv(FabricBinEnv, dir)
	for text, refused := range map[string]string{
		"echo 'peer:'; echo ' Version: v3.1.1'":    "",
		"echo ' Version: v10.0.0'":                 "",
		"echo ' Version: development build'":       "",
		"echo 'peer:'; echo ' Version: v2.5.9'":    "Fabric v2.5.9",
		"echo 'cannot load library' >&2; exit 127": "cannot load library",
	} {
		program("peer", text)
		f, err := EnsureFabric(t.Context(), "", "/nowhere/datarights", Silent{})
		if refused == "" && (err != nil || f.Dir != dir) {
			t.Errorf("%s: %+v, %v", text, f, err)
		}
		if refused != "" && (err == nil || !strings.Contains(err.Error(), refused) || !strings.Contains(err.Error(), FabricBinEnv)) {
			t.Errorf("%s: %v", text, err)
		}
	}
}

package gateway

import (
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"

	"github.com/datarights/datarights/network"
)

const good = `
mspId: GroupMSP
organisation: Group
organisationZh: 市大数据集团
function: registration
channel: datarights
chaincode: datarights
listen: 127.0.0.1:8081
indexDir: index
peer: {endpoint: 127.0.0.1:7051, serverName: peer0.group.example, tlsCA: /etc/ca.pem}
identity: {cert: msp/cert.pem, key: msp/key.pem}
matchTag: {keyFile: matchtag.key, signerKey: signer.pem, signerKid: "91350100M000100Y43#2"}
network: {statusSocket: ../control.sock}
limits: {requestsPerSecond: 50, commitTimeout: 20s}
`

func TestParseConfig(t *testing.T) {
	c, err := ParseConfig([]byte(good), "/srv/group")
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range []struct{ name, got, want string }{
		{"indexDir", c.IndexDir, "/srv/group/index"}, {"absolute path", c.Peer.TLSCA, "/etc/ca.pem"}, {"key", c.Identity.Key, "/srv/group/msp/key.pem"},
		{"socket", c.Network.StatusSocket, "/srv/control.sock"}, {"match tag key", c.MatchTag.KeyFile, "/srv/group/matchtag.key"},
	} {
		if p.got != p.want {
			t.Errorf("%s: got %s, want %s", p.name, p.got, p.want)
		}
	}
	hooks, err := ParseConfig([]byte(good+"webhooks: {dir: w, keyFile: k, allowedNetworks: [10.20.3.4/16]}\n"), "/srv/group")
	if err != nil || hooks.Webhooks.Dir != "/srv/group/w" || hooks.Webhooks.KeyFile != "/srv/group/k" || hooks.Webhooks.Networks()[0].String() != "10.20.0.0/16" {
		t.Errorf("webhooks: %+v %v", hooks, err)
	}
	if c.MatchTag.Epoch != 1 || c.Limits.CommitTimeout.Seconds() != 20 || c.Limits.RequestsPerSecond != 50 {
		t.Errorf("got %+v %+v", c.MatchTag, c.Limits)
	}
}

func TestParseConfigRefuses(t *testing.T) {
	for name, tc := range map[string]struct{ from, to, want string }{
		"unknown key":         {"mspId:", "mspID:", "gateway.yaml:2:1: mspID: there is no such setting; did you mean mspId?"},
		"unknown nested key":  {"serverName:", "serverNam:", "gateway.yaml:10:34: peer.serverNam: there is no such setting; did you mean peer.serverName?"},
		"missing":             {"channel: datarights\n", "", "gateway.yaml: channel: is missing"},
		"listen":              {"127.0.0.1:8081", "8081", `gateway.yaml:8:9: listen: want host:port, not "8081"`},
		"match tag":           {"keyFile: matchtag.key, ", "", "matchTag: needs"},
		"negative":            {"requestsPerSecond: 50", "requestsPerSecond: -1", "negative"},
		"timeout":             {"commitTimeout: 20s", "commitTimeout: 10m", "at most"},
		"two documents":       {"network:", "---\nnetwork:", "one YAML document"},
		"not YAML":            {"identity: {", "identity: {{", "gateway.yaml:10: no valid YAML"},
		"proxy":               {"limits:", "trustedProxies: [everyone]\nlimits:", "everyone"},
		"webhooks":            {"limits:", "webhooks: {dir: w}\nlimits:", "webhooks: needs"},
		"no network":          {"limits:", "webhooks: {dir: w, keyFile: k, allowedNetworks: [10.0.0.1]}\nlimits:", "10.0.0.1"},
		"twice the same key":  {"limits:", "listen: 127.0.0.1:1\nlimits:", "gateway.yaml:14:1: listen: is there twice: line 8 has it already"},
		"half a certificate":  {"limits:", "tls: {cert: a}\nlimits:", "tls: needs"},
		"wrong kind of value": {"commitTimeout: 20s", "commitTimeout: soon", `gateway.yaml:14:48: limits.commitTimeout: "soon" is no duration`},
	} {
		t.Run(name, func(t *testing.T) {
			text := strings.Replace(good, tc.from, tc.to, 1)
			if text == good {
				t.Fatal("the case changes nothing")
			}
			if _, err := ParseConfig([]byte(text), "/"); err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("got %v, want something with %q", err, tc.want)
			}
		})
	}
}

// What the network writes for its gateways is what they read.
func TestReadsWhatTheNetworkWrites(t *testing.T) {
	text, err := yaml.Marshal(network.GatewayConfig{
		MSPID: "GroupMSP", Organisation: "Group", OrganisationZh: "市大数据集团", Function: "registration", Consortium: "c", Channel: "datarights", Chaincode: "datarights",
		Listen: "127.0.0.1:8081", IndexDir: "/i", Peer: network.GatewayPeer{Endpoint: "127.0.0.1:1", ServerName: "s", TLSCA: "/ca"},
		Identity: network.GatewayIdentity{Cert: "/c", Key: "/k"}, MatchTag: &network.MatchTag{KeyFile: "/m", SignerKey: "/s"}, Network: network.GatewayNetwork{StatusSocket: "/x"},
		Webhooks: network.GatewayWebhooks{Dir: "/w", KeyFile: "/wk", AllowHTTP: true, AllowedNetworks: []string{"127.0.0.0/8"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	c, err := ParseConfig(text, "/")
	if err != nil {
		t.Fatal(err)
	}
	if c.MSPID != "GroupMSP" || c.Network.StatusSocket != "/x" || c.MatchTag.KeyFile != "/m" || c.Function != "registration" || c.Webhooks.KeyFile != "/wk" || len(c.Webhooks.Networks()) != 1 {
		t.Errorf("got %+v", c)
	}
}

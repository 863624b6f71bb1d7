package network

import (
	"go.yaml.in/yaml/v3"
)

// GatewayConfig is run/<organisation>/gateway.yaml, what one gateway process is
// started with. Paths are absolute.
type GatewayConfig struct {
	MSPID          string          `yaml:"mspId"`
	Organisation   string          `yaml:"organisation"`
	OrganisationZh string          `yaml:"organisationZh"`
	Function       string          `yaml:"function"`
	Consortium     string          `yaml:"consortium"`
	Registry       Title           `yaml:"registry"`
	Channel        string          `yaml:"channel"`
	Chaincode      string          `yaml:"chaincode"`
	Collections    []string        `yaml:"collections,omitempty"`
	Listen         string          `yaml:"listen"`
	IndexDir       string          `yaml:"indexDir"`
	Peer           GatewayPeer     `yaml:"peer"`
	Identity       GatewayIdentity `yaml:"identity"`
	MatchTag       *MatchTag       `yaml:"matchTag,omitempty"`
	Trace          *GatewayTrace   `yaml:"trace,omitempty"`
	Webhooks       GatewayWebhooks `yaml:"webhooks"`
	Network        GatewayNetwork  `yaml:"network"`
}

// GatewayPeer is the organisation's own peer.
type GatewayPeer struct {
	Endpoint   string `yaml:"endpoint"`
	ServerName string `yaml:"serverName"`
	TLSCA      string `yaml:"tlsCA"`
}

// GatewayIdentity is the client certificate the gateway submits with.
type GatewayIdentity struct {
	Cert string `yaml:"cert"`
	Key  string `yaml:"key"`
}

// MatchTag names the platform's matching key and the SM2 key that signs tags.
type MatchTag struct {
	KeyFile   string `yaml:"keyFile"`
	SignerKey string `yaml:"signerKey"`
	SignerKid string `yaml:"signerKid"`
}

// GatewayTrace is where a gateway with the platform's key keeps sketches and
// marks, and which others keep sketches.
type GatewayTrace struct {
	SketchDir   string   `yaml:"sketchDir"`
	MarksDir    string   `yaml:"marksDir,omitempty"`
	GatewayURLs []string `yaml:"gatewayURLs,omitempty"`
}

// GatewayWebhooks is where an organisation keeps what participants subscribe to,
// and which addresses beside public ones may be reached.
type GatewayWebhooks struct {
	Dir             string   `yaml:"dir"`
	KeyFile         string   `yaml:"keyFile"`
	AllowHTTP       bool     `yaml:"allowHTTP,omitempty"`
	AllowedNetworks []string `yaml:"allowedNetworks,omitempty"`
}

// GatewayNetwork is where the gateway reads the consortium's health.
type GatewayNetwork struct {
	StatusSocket string `yaml:"statusSocket"`
}

// MarksDir is where an organisation's platform keeps the register of the marks
// that it put into what was delivered.
func (d *Deployment) MarksDir(org *Organisation) string { return d.org(org, "marks") }

func (d *Deployment) writeGatewayConfig(org *Organisation) error {
	identity := d.GatewayUser(org)
	config := GatewayConfig{
		MSPID: org.MSPID, Organisation: org.Name, OrganisationZh: org.NameZh, Function: org.Function,
		Consortium: d.Name, Registry: d.Registry, Channel: d.Channel, Chaincode: d.Chaincode.Name, Collections: d.CollectionsOf(org),
		Listen:   local(org.Ports.Gateway),
		IndexDir: d.org(org, "index"),
		Peer:     GatewayPeer{Endpoint: d.PeerAddress(org), ServerName: d.PeerServerName(org), TLSCA: d.PeerTLSCA(org)},
		Identity: GatewayIdentity{Cert: identity.Cert, Key: identity.Key},
		Webhooks: GatewayWebhooks{Dir: d.org(org, "webhooks"), KeyFile: d.org(org, "webhooks.key"),
			AllowHTTP: d.Webhooks.AllowHTTP, AllowedNetworks: d.Webhooks.AllowedNetworks},
		Network: GatewayNetwork{StatusSocket: d.StatusSocket()},
	}
	if org.Function == FunctionRegistration || org.Function == FunctionTrading {
		if err := d.ensureMatchTagKey(org); err != nil {
			return err
		}
		config.MatchTag = &MatchTag{KeyFile: d.org(org, "matchtag.key"), SignerKey: d.org(org, "matchtag-signer.pem")}
		config.Trace = &GatewayTrace{SketchDir: d.org(org, "sketches"), MarksDir: d.MarksDir(org)}
		for i := range d.Organisations {
			if o := &d.Organisations[i]; o != org && (o.Function == FunctionRegistration || o.Function == FunctionTrading) {
				config.Trace.GatewayURLs = append(config.Trace.GatewayURLs, "http://"+local(o.Ports.Gateway))
			}
		}
	}
	text, err := yaml.Marshal(config)
	if err != nil {
		return err
	}
	return writeFile(d.GatewayConfig(org), text, 0o600)
}

package network

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"

	"go.yaml.in/yaml/v3"
)

// Deployment is a consortium and the run directory that holds its state. Every
// path below the directory is decided here.
type Deployment struct {
	*Consortium
	Dir string // absolute
	// Here are the organisations, by name, whose processes run from Dir. None
	// named means all: the one-machine consortium.
	Here []string
}

// Identity names the files of one certificate and its private key.
type Identity struct {
	MSPID string
	Cert  string // PEM, X.509
	Key   string // PEM, PKCS#8
	MSP   string // the MSP folder that the peer program takes
}

// Open reads the deployment that a previous Up left in dir.
func Open(dir string) (*Deployment, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return nil, fmt.Errorf("couldn't resolve the run directory: %w", err)
	}
	c, err := Load(filepath.Join(dir, "consortium.yaml"))
	if err != nil {
		return nil, fmt.Errorf("no consortium in %s (datarights network up makes one): %w", dir, err)
	}
	d := &Deployment{Consortium: c, Dir: dir}
	return d, d.loadHost()
}

func (d *Deployment) path(parts ...string) string {
	return filepath.Join(append([]string{d.Dir}, parts...)...)
}

func (d *Deployment) org(org *Organisation, parts ...string) string {
	return d.path(append([]string{org.Dir()}, parts...)...)
}

func (d *Deployment) genesisBlock() string   { return d.path("channel", "genesis.block") }
func (d *Deployment) logs() string           { return d.path("logs") }
func (d *Deployment) builder() string        { return d.path("builders", "ccaas") }
func (d *Deployment) foundationFile() string { return d.path("channel", "foundation.json") }

// GenesisDocument is where org keeps the document its chaincode is founded on.
func (d *Deployment) GenesisDocument(org *Organisation) string { return d.org(org, "genesis.json") }

// GatewayConfig is where org's gateway configuration stands.
func (d *Deployment) GatewayConfig(org *Organisation) string { return d.org(org, "gateway.yaml") }

// GatewayOverlay holds the operator's own settings, laid over GatewayConfig,
// which `up` writes anew. It need not be there.
func (d *Deployment) GatewayOverlay(org *Organisation) string {
	return d.org(org, "gateway.local.yaml")
}

// TrustDir holds what a verifier without a network believes: for each
// organisation the roots of its authorities, and what the members agreed on.
func (d *Deployment) TrustDir() string { return d.path("trust") }

// PeerTLSCA is the root that org's peer's TLS certificate comes from.
func (d *Deployment) PeerTLSCA(org *Organisation) string { return d.org(org, "peer", "tls", "ca.crt") }

// PeerAddress is where org's peer serves.
func (d *Deployment) PeerAddress(org *Organisation) string { return local(org.Ports.Peer) }

// PeerServerName is the name in org's peer's TLS certificate.
func (d *Deployment) PeerServerName(org *Organisation) string { return "peer." + org.Domain }

// Admin is the organisation's Fabric administrator: it registers the
// organisation's first officers and manages its peer.
func (d *Deployment) Admin(org *Organisation) Identity {
	return d.user(org, "admin", "Admin@"+org.Domain)
}

// GatewayUser is the client identity that the organisation's gateway submits with.
func (d *Deployment) GatewayUser(org *Organisation) Identity {
	return d.user(org, "gateway", "User1@"+org.Domain)
}

func (d *Deployment) user(org *Organisation, name, commonName string) Identity {
	msp := d.org(org, "users", name, "msp")
	return Identity{
		MSPID: org.MSPID,
		MSP:   msp,
		Cert:  filepath.Join(msp, "signcerts", commonName+"-cert.pem"),
		Key:   filepath.Join(msp, "keystore", "priv_sk"),
	}
}

// foundation is what the ledger's first block fixes. It is compared on every
// Up, so that a changed description is refused instead of half applied.
type foundation struct {
	Consortium    string                   `json:"consortium"`
	Channel       string                   `json:"channel"`
	Batch         Batch                    `json:"batch"`
	BFT           BFT                      `json:"bft"`
	Organisations []foundationOrganisation `json:"organisations"`
}

type foundationOrganisation struct {
	Name, MSPID, NameZh, Function, Domain string
	Orderer                               bool
	OrdererPort, PeerPort                 int
}

func (c *Consortium) foundation() foundation {
	f := foundation{Consortium: c.Name, Channel: c.Channel, Batch: c.Batch, BFT: c.BFT}
	for i := range c.Organisations {
		o := &c.Organisations[i]
		f.Organisations = append(f.Organisations, foundationOrganisation{
			Name: o.Name, MSPID: o.MSPID, NameZh: o.NameZh, Function: o.Function, Domain: o.Domain,
			Orderer: o.RunsOrderer(), OrdererPort: o.Ports.Orderer, PeerPort: o.Ports.Peer,
		})
	}
	return f
}

// checkFoundation reports whether dir already holds this consortium; a
// different one is an error that names the first difference.
func (d *Deployment) checkFoundation() (exists bool, err error) {
	old, err := os.ReadFile(d.foundationFile())
	if os.IsNotExist(err) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("couldn't read what the run directory was made from: %w", err)
	}
	now, err := json.MarshalIndent(d.foundation(), "", "  ")
	if err != nil {
		return false, fmt.Errorf("couldn't describe the consortium: %w", err)
	}
	if !bytes.Equal(bytes.TrimSpace(old), now) {
		return true, &ChangedError{Dir: d.Dir, Difference: firstDifference(old, now)}
	}
	return true, nil
}

// ChangedError says that the run directory holds another consortium's ledger.
type ChangedError struct {
	Dir        string
	Difference string
}

// CodeConsortiumChanged is the stable code of ChangedError.
const CodeConsortiumChanged = "CONSORTIUM_CHANGED"

// Code is the error's stable code.
func (e *ChangedError) Code() string { return CodeConsortiumChanged }

func (e *ChangedError) Error() string {
	return fmt.Sprintf("the ledger in %s was founded on a different description (%s); undo the change, or take another --dir, or remove this one", e.Dir, e.Difference)
}

func firstDifference(old, now []byte) string {
	a, b := bytes.Split(bytes.TrimSpace(old), []byte("\n")), bytes.Split(now, []byte("\n"))
	for i := range min(len(a), len(b)) {
		if !bytes.Equal(a[i], b[i]) {
			return fmt.Sprintf("was %s, is now %s", trimJSON(a[i]), trimJSON(b[i]))
		}
	}
	return "organisations were added or removed"
}

func trimJSON(line []byte) string { return string(bytes.Trim(line, " ,")) }

func (d *Deployment) saveFoundation() error {
	now, err := json.MarshalIndent(d.foundation(), "", "  ")
	if err != nil {
		return fmt.Errorf("couldn't describe the consortium: %w", err)
	}
	return writeFile(d.foundationFile(), append(now, '\n'), 0o644)
}

// saveDescription keeps the resolved description beside the state, so that
// Status, Down and the supervisor need no other file.
func (d *Deployment) saveDescription() error {
	text, err := yaml.Marshal(d.Consortium)
	if err != nil {
		return fmt.Errorf("couldn't write the consortium's description: %w", err)
	}
	if err := d.saveAgreement(); err != nil {
		return err
	}
	header := "# Resolved from the description given to `datarights network up`; written by it.\n"
	return writeFile(d.path("consortium.yaml"), append([]byte(header), text...), 0o644)
}

// saveAgreement writes what the members agreed on beside their roots: channel,
// chaincode, and how many of whom must endorse.
func (d *Deployment) saveAgreement() error {
	endorsers, err := d.mspIDs(d.Chaincode.Endorsement.Of)
	if err != nil {
		return err
	}
	text, err := json.MarshalIndent(struct {
		Consortium  string      `json:"consortium"`
		Channel     string      `json:"channel"`
		Chaincode   string      `json:"chaincode"`
		Endorsement Endorsement `json:"endorsement"` // in MSP IDs
	}{d.Name, d.Channel, d.Chaincode.Name, Endorsement{d.Chaincode.Endorsement.OutOf, endorsers}}, "", "  ")
	if err != nil {
		return fmt.Errorf("couldn't describe the agreement: %w", err)
	}
	return writeFile(filepath.Join(d.TrustDir(), "consortium.json"), append(text, '\n'), 0o644)
}

// writeFile replaces path whole or not at all, with exactly perm.
func writeFile(path string, data []byte, perm os.FileMode) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return fmt.Errorf("couldn't make a folder: %w", err)
	}
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*")
	if err != nil {
		return fmt.Errorf("couldn't write %s: %w", path, err)
	}
	defer os.Remove(f.Name())
	_, err = f.Write(data)
	if err == nil {
		err = f.Chmod(perm)
	}
	if closeErr := f.Close(); err == nil {
		err = closeErr
	}
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		return fmt.Errorf("couldn't write %s: %w", path, err)
	}
	return nil
}

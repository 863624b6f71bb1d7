package network

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"time"

	"go.yaml.in/yaml/v3"
)

const chaincodeCertYears = 10

type cryptogenOrg struct {
	Name          string          `yaml:"Name"`
	Domain        string          `yaml:"Domain"`
	EnableNodeOUs bool            `yaml:"EnableNodeOUs"`
	CA            cryptogenNode   `yaml:"CA"`
	Specs         []cryptogenNode `yaml:"Specs"`
	Users         struct {
		Count int `yaml:"Count"`
	} `yaml:"Users,omitempty"`
}

type cryptogenNode struct {
	Hostname string   `yaml:"Hostname"`
	Country  string   `yaml:"Country,omitempty"`
	SANS     []string `yaml:"SANS,omitempty"`
}

// cryptogenConfig asks for two authorities per organisation: one for peers,
// administrators and clients, one for the orderer, so that an orderer's key can
// never pass for a peer's and endorse.
func (c *Consortium) cryptogenConfig() ([]byte, error) {
	var config struct {
		OrdererOrgs []cryptogenOrg `yaml:"OrdererOrgs"`
		PeerOrgs    []cryptogenOrg `yaml:"PeerOrgs"`
	}
	names := []string{"localhost", Host}
	for i := range c.Organisations {
		o := &c.Organisations[i]
		peers := cryptogenOrg{
			Name: o.Name, Domain: o.Domain, EnableNodeOUs: true,
			CA:    cryptogenNode{Hostname: "ca", Country: "CN"},
			Specs: []cryptogenNode{{Hostname: "peer", SANS: names}},
		}
		peers.Users.Count = 1
		config.PeerOrgs = append(config.PeerOrgs, peers)
		if o.RunsOrderer() {
			config.OrdererOrgs = append(config.OrdererOrgs, cryptogenOrg{
				Name: o.Name, Domain: o.Domain, EnableNodeOUs: true,
				CA:    cryptogenNode{Hostname: "orderer-ca", Country: "CN"},
				Specs: []cryptogenNode{{Hostname: "orderer", SANS: names}},
			})
		}
	}
	return yaml.Marshal(config)
}

// makeCertificates fills every organisation's folder. It starts from nothing:
// the caller calls it only while the run directory has no foundation.
func (d *Deployment) makeCertificates(ctx context.Context, fabric Fabric) error {
	config, err := d.cryptogenConfig()
	if err != nil {
		return fmt.Errorf("couldn't describe the certificates: %w", err)
	}
	work := d.path("channel", "cryptogen")
	if err := os.RemoveAll(work); err != nil {
		return fmt.Errorf("couldn't clear an unfinished attempt: %w", err)
	}
	defer os.RemoveAll(work)
	if err := writeFile(filepath.Join(work, "crypto-config.yaml"), config, 0o600); err != nil {
		return err
	}
	if _, err := fabric.run(ctx, "cryptogen", nil, "generate",
		"--config", filepath.Join(work, "crypto-config.yaml"), "--output", filepath.Join(work, "out")); err != nil {
		return err
	}
	for i := range d.Organisations {
		if err := d.arrange(&d.Organisations[i], filepath.Join(work, "out")); err != nil {
			return fmt.Errorf("couldn't arrange %s's certificates: %w", d.Organisations[i].Name, err)
		}
	}
	return nil
}

// arrange moves what cryptogen made for org into org's folder.
func (d *Deployment) arrange(org *Organisation, out string) error {
	if err := os.RemoveAll(d.org(org)); err != nil {
		return err
	}
	peers := filepath.Join(out, "peerOrganizations", org.Domain)
	moves := [][2]string{
		{filepath.Join(peers, "msp"), d.org(org, "msp")},
		{filepath.Join(peers, "ca"), d.org(org, "ca", "identity")},
		{filepath.Join(peers, "tlsca"), d.org(org, "ca", "tls")},
		{filepath.Join(peers, "peers", "peer."+org.Domain), d.org(org, "peer")},
		{filepath.Join(peers, "users", "Admin@"+org.Domain), d.org(org, "users", "admin")},
		{filepath.Join(peers, "users", "User1@"+org.Domain), d.org(org, "users", "gateway")},
	}
	if org.RunsOrderer() {
		orderers := filepath.Join(out, "ordererOrganizations", org.Domain)
		moves = append(moves, [][2]string{
			{filepath.Join(orderers, "ca"), d.org(org, "ca", "orderer-identity")},
			{filepath.Join(orderers, "tlsca"), d.org(org, "ca", "orderer-tls")},
			{filepath.Join(orderers, "orderers", "orderer."+org.Domain), d.org(org, "orderer")},
			{filepath.Join(orderers, "users", "Admin@"+org.Domain), d.org(org, "users", "orderer-admin")},
		}...)
	}
	for _, move := range moves {
		if err := os.MkdirAll(filepath.Dir(move[1]), 0o700); err != nil {
			return err
		}
		if err := os.Rename(move[0], move[1]); err != nil {
			return err
		}
	}
	if err := d.completeMSP(org); err != nil {
		return err
	}
	if err := makeChaincodeCertificates(d.org(org, "chaincode")); err != nil {
		return err
	}
	return restrict(d.org(org))
}

// completeMSP makes the organisation's channel MSP: one MSP whose peers,
// administrators and clients come from one authority and whose orderer comes
// from the other. It also publishes the roots under trust/.
func (d *Deployment) completeMSP(org *Organisation) error {
	trust := filepath.Join(d.TrustDir(), org.MSPID)
	copies := [][2]string{
		{d.org(org, "ca", "identity", "ca."+org.Domain+"-cert.pem"), filepath.Join(trust, "ca.pem")},
		{d.org(org, "ca", "tls", "tlsca."+org.Domain+"-cert.pem"), filepath.Join(trust, trustPeerTLS)},
	}
	ordererCA := "ca." + org.Domain + "-cert.pem"
	if org.RunsOrderer() {
		ordererCA = "orderer-ca." + org.Domain + "-cert.pem"
		identity := d.org(org, "ca", "orderer-identity", ordererCA)
		tls := d.org(org, "ca", "orderer-tls", "tlsorderer-ca."+org.Domain+"-cert.pem")
		copies = append(copies, [][2]string{
			{identity, d.org(org, "msp", "cacerts", ordererCA)},
			{tls, d.org(org, "msp", "tlscacerts", "tlsorderer-ca."+org.Domain+"-cert.pem")},
			{identity, filepath.Join(trust, "orderer-ca.pem")},
			{tls, filepath.Join(trust, trustOrdererTLS)},
		}...)
	}
	for _, c := range copies {
		data, err := os.ReadFile(c[0])
		if err != nil {
			return err
		}
		if err := writeFile(c[1], data, 0o644); err != nil {
			return err
		}
	}
	unit := func(ca, name string) map[string]string {
		return map[string]string{"Certificate": "cacerts/" + ca, "OrganizationalUnitIdentifier": name}
	}
	peerCA := "ca." + org.Domain + "-cert.pem"
	units, err := yaml.Marshal(map[string]any{"NodeOUs": map[string]any{
		"Enable":              true,
		"ClientOUIdentifier":  unit(peerCA, "client"),
		"PeerOUIdentifier":    unit(peerCA, "peer"),
		"AdminOUIdentifier":   unit(peerCA, "admin"),
		"OrdererOUIdentifier": unit(ordererCA, "orderer"),
	}})
	if err != nil {
		return err
	}
	return writeFile(d.org(org, "msp", "config.yaml"), units, 0o644)
}

// makeChaincodeCertificates makes the two ends of the connection between a peer
// and its chaincode server. Each certificate is self-signed and pinned by the
// other end, so no further authority, and no other certificate of the
// organisation, can open that connection.
func makeChaincodeCertificates(dir string) error {
	for _, end := range []struct {
		name  string
		usage x509.ExtKeyUsage
	}{{"server", x509.ExtKeyUsageServerAuth}, {"peer", x509.ExtKeyUsageClientAuth}} {
		key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		if err != nil {
			return err
		}
		serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 127))
		if err != nil {
			return err
		}
		template := &x509.Certificate{
			SerialNumber: serial,
			Subject:      pkix.Name{CommonName: "chaincode " + end.name},
			NotBefore:    time.Now().Add(-5 * time.Minute),
			NotAfter:     time.Now().AddDate(chaincodeCertYears, 0, 0),
			KeyUsage:     x509.KeyUsageDigitalSignature,
			ExtKeyUsage:  []x509.ExtKeyUsage{end.usage},
			DNSNames:     []string{"localhost"},
			IPAddresses:  []net.IP{net.ParseIP(Host)},
		}
		cert, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
		if err != nil {
			return err
		}
		pkcs8, err := x509.MarshalPKCS8PrivateKey(key)
		if err != nil {
			return err
		}
		if err := writeFile(filepath.Join(dir, end.name+".crt"), pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: cert}), 0o644); err != nil {
			return err
		}
		if err := writeFile(filepath.Join(dir, end.name+".key"), pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: pkcs8}), 0o600); err != nil {
			return err
		}
	}
	return nil
}

// restrict closes every folder below dir to others and every key to 0600.
func restrict(dir string) error {
	return filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() {
			return os.Chmod(path, 0o700)
		}
		if name := entry.Name(); filepath.Ext(name) == ".key" || name == "priv_sk" {
			return os.Chmod(path, 0o600)
		}
		return nil
	})
}

// ensureMatchTagKey gives an organisation the platform's matching key: the one
// another of its gateways has, for equal content must get equal tags whoever is
// asked, or a new one. An existing key is kept.
func (d *Deployment) ensureMatchTagKey(org *Organisation) error {
	path := d.org(org, "matchtag.key")
	if _, err := os.Stat(path); err == nil || !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	for i := range d.Organisations {
		key, err := os.ReadFile(d.org(&d.Organisations[i], "matchtag.key"))
		if err == nil {
			return writeFile(path, key, 0o600)
		}
		if !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	key := make([]byte, 32)
	if _, err := rand.Read(key); err != nil {
		return err
	}
	return writeFile(path, []byte(hex.EncodeToString(key)+"\n"), 0o600)
}

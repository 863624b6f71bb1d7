package network

import (
	"path/filepath"
)

// What an organisation's host consists of, for whoever examines it.

// CertificateFiles is a certificate with what it should fit.
type CertificateFiles struct {
	Name, Cert, Key string
	Roots           []string
	Hosts           []string
}

// CertificatesOf lists an organisation's certificates.
func (d *Deployment) CertificatesOf(org *Organisation) []CertificateFiles {
	identityCA := filepath.Join(d.TrustDir(), org.MSPID, "ca.pem")
	peerTLS := d.trusted(org, trustPeerTLS)
	names := []string{"localhost", Host}
	one := func(dir string) string { return firstFile(filepath.Join(dir, "*.pem")) }
	all := []CertificateFiles{
		{"peer", one(d.org(org, "peer", "msp", "signcerts")), d.org(org, "peer", "msp", "keystore", "priv_sk"), []string{identityCA}, nil},
		{"peer TLS", d.org(org, "peer", "tls", "server.crt"), d.org(org, "peer", "tls", "server.key"), []string{peerTLS}, append([]string{d.PeerServerName(org)}, names...)},
		{"administrator", d.Admin(org).Cert, d.Admin(org).Key, []string{identityCA}, nil},
		{"gateway", d.GatewayUser(org).Cert, d.GatewayUser(org).Key, []string{identityCA}, nil},
		{"chaincode server", d.org(org, "chaincode", "server.crt"), d.org(org, "chaincode", "server.key"), nil, names},
		{"peer to chaincode", d.org(org, "chaincode", "peer.crt"), d.org(org, "chaincode", "peer.key"), nil, nil},
		{"authority", identityCA, "", nil, nil},
		{"TLS authority", peerTLS, "", nil, nil},
	}
	if org.RunsOrderer() {
		ordererCA, ordererTLS := filepath.Join(d.TrustDir(), org.MSPID, "orderer-ca.pem"), d.trusted(org, trustOrdererTLS)
		all = append(all,
			CertificateFiles{"orderer", one(d.org(org, "orderer", "msp", "signcerts")), d.org(org, "orderer", "msp", "keystore", "priv_sk"), []string{ordererCA}, nil},
			CertificateFiles{"orderer TLS", d.org(org, "orderer", "tls", "server.crt"), d.org(org, "orderer", "tls", "server.key"), []string{ordererTLS}, append([]string{"orderer." + org.Domain}, names...)},
			CertificateFiles{"orderer authority", ordererCA, "", nil, nil},
			CertificateFiles{"orderer TLS authority", ordererTLS, "", nil, nil})
	}
	return all
}

func firstFile(pattern string) string {
	files, err := filepath.Glob(pattern)
	if err != nil || len(files) == 0 {
		return pattern // which is then reported missing by its pattern
	}
	return files[0]
}

// Endpoint is a listener of the consortium.
type Endpoint struct {
	Organisation, Name, Address string
	Process                     string
	Roots                       string // TLS; empty: plain
	ServerName                  string
}

// EndpointsOf lists where an organisation's processes listen.
func (d *Deployment) EndpointsOf(org *Organisation) []Endpoint {
	all := []Endpoint{
		{org.Name, "peer", d.PeerAddress(org), processName(org, KindPeer, ""), d.trusted(org, trustPeerTLS), d.PeerServerName(org)},
		{org.Name, "chaincode", local(org.Ports.Chaincode), processName(org, KindChaincode, ""), "", ""},
		{org.Name, "gateway", local(org.Ports.Gateway), processName(org, KindGateway, ""), "", ""},
	}
	if org.RunsOrderer() {
		all = append(all, Endpoint{org.Name, "orderer", local(org.Ports.Orderer), processName(org, KindOrderer, ""), d.trusted(org, trustOrdererTLS), ""})
	}
	return all
}

// OperationsOf lists the operations endpoints of an organisation's nodes, each
// with the folder of the client certificate it asks for and its authority.
func (d *Deployment) OperationsOf(org *Organisation) []OperationsEndpoint {
	all := []OperationsEndpoint{{processName(org, KindPeer, ""), "https://" + local(org.Ports.PeerOps), d.org(org, "users", "admin", "tls"), d.PeerTLSCA(org)}}
	if org.RunsOrderer() {
		all = append(all, OperationsEndpoint{processName(org, KindOrderer, ""), "https://" + local(org.Ports.OrdererOps), d.org(org, "users", "orderer-admin", "tls"), d.org(org, "orderer", "tls", "ca.crt")})
	}
	return all
}

// OperationsEndpoint is a node's health and metrics.
type OperationsEndpoint struct{ Process, URL, Identity, Roots string }

// HostsOf are the organisations whose processes run from the directory.
func (d *Deployment) HostsOf() []*Organisation { return d.here() }

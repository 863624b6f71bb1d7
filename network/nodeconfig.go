package network

import (
	_ "embed"
	"fmt"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"
)

// Fabric v3.1.1's own sample configuration. Nodes get it whole, with our
// settings written over it, so that what Fabric ships switched on (write
// batches, the proposal time window) stays on.
var (
	//go:embed sampleconfig/core.yaml
	sampleCore []byte
	//go:embed sampleconfig/orderer.yaml
	sampleOrderer []byte
)

// setting replaces one value of a sample configuration, named by dotted path.
type setting struct {
	path  string
	value any
}

// configure writes settings over a sample. A setting whose key the sample does
// not have is an error: Fabric would ignore it silently.
func configure(sample []byte, settings []setting) ([]byte, error) {
	var root yaml.Node
	if err := yaml.Unmarshal(sample, &root); err != nil {
		return nil, fmt.Errorf("couldn't read the sample configuration: %w", err)
	}
	for _, s := range settings {
		if err := set(root.Content[0], strings.Split(s.path, "."), s.value); err != nil {
			return nil, fmt.Errorf("couldn't set %s: %w", s.path, err)
		}
	}
	return yaml.Marshal(&root)
}

// commentedOut are keys that the sample shows only in a comment.
var commentedOut = map[string]bool{"chaincodeListenAddress": true}

func set(node *yaml.Node, path []string, value any) error {
	for i := 0; i+1 < len(node.Content); i += 2 {
		if node.Content[i].Value != path[0] {
			continue
		}
		if len(path) > 1 {
			return set(node.Content[i+1], path[1:], value)
		}
		return node.Content[i+1].Encode(value)
	}
	if len(path) > 1 || !commentedOut[path[0]] {
		return fmt.Errorf("the sample configuration of Fabric has no %q", path[0])
	}
	var key, val yaml.Node
	if err := val.Encode(value); err != nil {
		return err
	}
	key.SetString(path[0])
	node.Content = append(node.Content, &key, &val)
	return nil
}

const (
	gossipReconnect = 2 * time.Second
	gossipStateInfo = time.Second
)

func duration(d time.Duration) string { return d.String() }

func (d *Deployment) peerConfig(org *Organisation) ([]byte, error) {
	address := local(org.Ports.Peer)
	tls := func(file string) string { return d.org(org, "peer", "tls", file) }
	return configure(sampleCore, []setting{
		{"peer.id", d.PeerServerName(org)},
		{"peer.networkId", d.Channel},
		{"peer.listenAddress", address},
		{"peer.address", address},
		// Chaincode is a service the peer dials; nothing dials this listener.
		{"peer.chaincodeListenAddress", Host + ":0"},
		{"peer.gossip.bootstrap", address},
		{"peer.gossip.endpoint", address},
		{"peer.gossip.externalEndpoint", address},
		// The sample's 25s would be how long a peer that started a moment too
		// early, or came back, stays unknown to the others.
		{"peer.gossip.reconnectInterval", duration(gossipReconnect)},
		{"peer.gossip.publishStateInfoInterval", duration(gossipStateInfo)},
		{"peer.gossip.requestStateInfoInterval", duration(gossipStateInfo)},
		{"peer.tls.enabled", true},
		{"peer.tls.cert.file", tls("server.crt")},
		{"peer.tls.key.file", tls("server.key")},
		{"peer.tls.rootcert.file", tls("ca.crt")},
		{"peer.tls.clientRootCAs.files", []string{tls("ca.crt")}},
		{"peer.authentication.timewindow", duration(d.ProposalTimeWindow)},
		{"peer.fileSystemPath", d.org(org, "peer", "data")},
		{"peer.mspConfigPath", d.org(org, "peer", "msp")},
		{"peer.localMspId", org.MSPID},
		{"vm.endpoint", ""}, // no container engine, and no health check of one
		{"chaincode.externalBuilders", []object{{"name": "ccaas", "path": d.builder()}}},
		// The gateway's index keeps every version of every record; a second
		// history in the peer would cost each block a write that nothing reads.
		{"ledger.history.enableHistoryDatabase", false},
		{"ledger.snapshots.rootDir", d.org(org, "peer", "data", "snapshots")},
		{"operations.listenAddress", local(org.Ports.PeerOps)},
		{"operations.tls.enabled", true},
		{"operations.tls.cert.file", tls("server.crt")},
		{"operations.tls.key.file", tls("server.key")},
		{"operations.tls.clientRootCAs.files", []string{tls("ca.crt")}},
		{"metrics.provider", "prometheus"},
	})
}

func (d *Deployment) ordererConfig(org *Organisation) ([]byte, error) {
	tls := func(file string) string { return d.org(org, "orderer", "tls", file) }
	data := func(folder string) string { return d.org(org, "orderer", "data", folder) }
	return configure(sampleOrderer, []setting{
		{"General.ListenAddress", Host},
		{"General.ListenPort", org.Ports.Orderer},
		{"General.TLS.Enabled", true},
		{"General.TLS.PrivateKey", tls("server.key")},
		{"General.TLS.Certificate", tls("server.crt")},
		{"General.TLS.RootCAs", []string{tls("ca.crt")}},
		{"General.TLS.ClientRootCAs", []string{tls("ca.crt")}},
		{"General.Cluster.ClientCertificate", tls("server.crt")},
		{"General.Cluster.ClientPrivateKey", tls("server.key")},
		{"General.LocalMSPDir", d.org(org, "orderer", "msp")},
		{"General.LocalMSPID", org.MSPID},
		{"General.Authentication.TimeWindow", duration(d.ProposalTimeWindow)},
		{"FileLedger.Location", data("ledger")},
		{"Consensus.WALDir", data("wal")},
		{"Consensus.SnapDir", data("snapshots")},
		{"Operations.ListenAddress", local(org.Ports.OrdererOps)},
		{"Operations.TLS.Enabled", true},
		{"Operations.TLS.Certificate", tls("server.crt")},
		{"Operations.TLS.PrivateKey", tls("server.key")},
		{"Operations.TLS.ClientRootCAs", []string{tls("ca.crt")}},
		{"Metrics.Provider", "prometheus"},
		{"Admin.ListenAddress", local(org.Ports.OrdererAdmin)},
		{"Admin.TLS.Enabled", true},
		{"Admin.TLS.Certificate", tls("server.crt")},
		{"Admin.TLS.PrivateKey", tls("server.key")},
		{"Admin.TLS.ClientAuthRequired", true},
		{"Admin.TLS.ClientRootCAs", []string{tls("ca.crt")}},
		{"ChannelParticipation.Enabled", true},
	})
}

// writeNodeConfigs derives every file that may change between two runs of the
// same ledger: node configuration, gateway configuration, genesis document.
func (d *Deployment) writeNodeConfigs() error {
	genesis, err := d.Genesis()
	if err != nil {
		return err
	}
	for _, org := range d.here() {
		core, err := d.peerConfig(org)
		if err != nil {
			return fmt.Errorf("couldn't configure %s's peer: %w", org.Name, err)
		}
		if err := writeFile(d.org(org, "peer", "core.yaml"), core, 0o600); err != nil {
			return err
		}
		if org.RunsOrderer() {
			orderer, err := d.ordererConfig(org)
			if err != nil {
				return fmt.Errorf("couldn't configure %s's orderer: %w", org.Name, err)
			}
			if err := writeFile(d.org(org, "orderer", "orderer.yaml"), orderer, 0o600); err != nil {
				return err
			}
		}
		if err := writeFile(d.GenesisDocument(org), genesis, 0o644); err != nil {
			return err
		}
		if err := d.writeGatewayConfig(org); err != nil {
			return fmt.Errorf("couldn't configure %s's gateway: %w", org.Name, err)
		}
	}
	return nil
}

package network

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/datarights/datarights/network/supervisor"
)

// Kinds of process an organisation runs.
const (
	KindOrderer   = "orderer"
	KindPeer      = "peer"
	KindChaincode = "chaincode"
	KindGateway   = "gateway"
)

// Shutdown goes from the outside in: nothing is asked of a node that has gone.
const (
	stopGateways = iota
	stopPeers
	stopChaincodes
	stopOrderers
)

// processName names org's process of a kind; extra is the chaincode's name when
// it is not the main one.
func processName(org *Organisation, kind, extra string) string {
	name := org.Dir() + "-" + kind
	if extra != "" {
		name += "-" + extra
	}
	return name
}

// logFormat has no colours: logs are files here.
const logFormat = "%{time:2006-01-02T15:04:05.000Z07:00} %{level:.4s} [%{module}] %{message}"

func (d *Deployment) nodeEnv(config string) []string {
	return append(baseEnv(), "FABRIC_CFG_PATH="+config, "FABRIC_LOGGING_SPEC="+d.LogLevel, "FABRIC_LOGGING_FORMAT="+logFormat)
}

func (d *Deployment) ordererSpec(org *Organisation, fabric Fabric) (supervisor.Spec, error) {
	build, err := buildMark(fabric.program("orderer"), d.org(org, "orderer", "orderer.yaml"))
	return supervisor.Spec{
		Name: processName(org, KindOrderer, ""), Program: fabric.program("orderer"), Build: build, Dir: d.org(org, "orderer"),
		Env:       d.nodeEnv(d.org(org, "orderer")),
		StopOrder: stopOrderers, StopTimeout: 10 * time.Second,
	}, err
}

func (d *Deployment) peerSpec(org *Organisation, fabric Fabric) (supervisor.Spec, error) {
	build, err := buildMark(fabric.program("peer"), d.org(org, "peer", "core.yaml"))
	return supervisor.Spec{
		Name: processName(org, KindPeer, ""), Program: fabric.program("peer"), Args: []string{"node", "start"}, Build: build, Dir: d.org(org, "peer"),
		Env:       d.nodeEnv(d.org(org, "peer")),
		StopOrder: stopPeers, StopTimeout: 10 * time.Second,
	}, err
}

func (d *Deployment) gatewaySpec(org *Organisation, datarights string) (supervisor.Spec, error) {
	build, err := buildMark(datarights, d.GatewayConfig(org))
	args := []string{"gateway", "--config", d.GatewayConfig(org)}
	if overlay, oerr := os.ReadFile(d.GatewayOverlay(org)); oerr == nil {
		digest := sha256.Sum256(overlay)
		build += "-" + hex.EncodeToString(digest[:8])
		args = append(args, "--config", d.GatewayOverlay(org))
	}
	return supervisor.Spec{
		Name: processName(org, KindGateway, ""), Program: datarights, Args: args,
		Build: build, Dir: d.org(org), Env: baseEnv(),
		StopOrder: stopGateways, StopTimeout: 10 * time.Second,
	}, err
}

func (d *Deployment) chaincodeSpec(org *Organisation, cc Chaincode, packageID string) (supervisor.Spec, error) {
	program := cc.programOf(org)
	build, err := buildMark(program, d.GenesisDocument(org)) // which it reads at its start
	file := func(name string) string { return d.org(org, "chaincode", name) }
	return supervisor.Spec{
		Name: d.chaincodeProcess(org, cc), Program: program, Build: build, Dir: d.org(org, "chaincode"),
		Env: append(baseEnv(),
			"CHAINCODE_ID="+packageID,
			"CHAINCODE_SERVER_ADDRESS="+local(d.chaincodePort(org, cc)),
			"CHAINCODE_TLS_KEY="+file("server.key"),
			"CHAINCODE_TLS_CERT="+file("server.crt"),
			"CHAINCODE_TLS_CLIENT_CA="+file("peer.crt"),
			"DATARIGHTS_GENESIS="+d.GenesisDocument(org)),
		StopOrder: stopChaincodes, StopTimeout: 5 * time.Second,
	}, err
}

func (d *Deployment) chaincodeProcess(org *Organisation, cc Chaincode) string {
	if cc.Slot == 0 {
		return processName(org, KindChaincode, "")
	}
	return processName(org, KindChaincode, cc.Name)
}

func (d *Deployment) chaincodePort(org *Organisation, cc Chaincode) int {
	if cc.Slot == 0 {
		return org.Ports.Chaincode
	}
	return d.extraChaincodePort(org, cc.Slot-1)
}

// buildMark changes when the program is rebuilt or the configuration it reads
// at its start, if it has one, says something else.
func buildMark(program, config string) (string, error) {
	info, err := os.Stat(program)
	if err != nil {
		return "", fmt.Errorf("couldn't find the program %s: %w", filepath.Base(program), err)
	}
	mark := fmt.Sprintf("%d-%d", info.Size(), info.ModTime().UnixNano())
	if config == "" {
		return mark, nil
	}
	text, err := os.ReadFile(config)
	if err != nil {
		return "", fmt.Errorf("couldn't read the configuration of %s: %w", filepath.Base(program), err)
	}
	digest := sha256.Sum256(text)
	return mark + "-" + hex.EncodeToString(digest[:8]), nil
}

// endpoint is one port of one process, for the check before anything starts.
type endpoint struct {
	process, organisation, role string
	port                        int
}

// endpoints lists every port the consortium listens on.
func (d *Deployment) endpoints(gateways bool) ([]endpoint, error) {
	deployed, err := d.deployed()
	if err != nil {
		return nil, err
	}
	var all []endpoint
	for _, org := range d.here() {
		add := func(kind, role string, port int) {
			all = append(all, endpoint{processName(org, kind, ""), org.Name, role, port})
		}
		if org.RunsOrderer() {
			add(KindOrderer, "orderer", org.Ports.Orderer)
			add(KindOrderer, "orderer's administration", org.Ports.OrdererAdmin)
			add(KindOrderer, "orderer's operations", org.Ports.OrdererOps)
		}
		add(KindPeer, "peer", org.Ports.Peer)
		add(KindPeer, "peer's operations", org.Ports.PeerOps)
		add(KindChaincode, "chaincode server", org.Ports.Chaincode)
		for _, cc := range deployed {
			if cc.Slot > 0 && cc.runsAt(org) {
				all = append(all, endpoint{d.chaincodeProcess(org, cc), org.Name, "chaincode server of " + cc.Name, d.chaincodePort(org, cc)})
			}
		}
		if gateways {
			add(KindGateway, "gateway", org.Ports.Gateway)
		}
	}
	return all, nil
}

// ProcessNames lists the processes of the consortium's organisations.
func (d *Deployment) ProcessNames() []string {
	var names []string
	for _, p := range d.probes() {
		names = append(names, p.status.Name)
	}
	return names
}

// LogFile is where a process's output stands; "supervisor" is one too.
func (d *Deployment) LogFile(name string) (string, error) {
	names := append(d.ProcessNames(), "supervisor")
	if !slices.Contains(names, name) {
		return "", fmt.Errorf("no process %q: there are %s", name, strings.Join(names, ", "))
	}
	return filepath.Join(d.logs(), name+".log"), nil
}

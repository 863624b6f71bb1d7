package network

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"go.yaml.in/yaml/v3"
)

const channelProfile = "Channel"

type object = map[string]any

func signaturePolicy(rule string) object { return object{"Type": "Signature", "Rule": rule} }
func metaPolicy(rule string) object      { return object{"Type": "ImplicitMeta", "Rule": rule} }

// channelConfig is the channel's first configuration, in configtxgen's form.
func (d *Deployment) channelConfig() ([]byte, error) {
	var all, orderers []object
	var consenters []object
	for i := range d.Organisations {
		org := &d.Organisations[i]
		all = append(all, d.applicationOrganisation(org))
		if !org.RunsOrderer() {
			continue
		}
		orderers = append(orderers, d.orderingOrganisation(org))
		serverCert := d.org(org, "orderer", "tls", "server.crt")
		consenters = append(consenters, object{
			"ID": len(consenters) + 1, "Host": Host, "Port": org.Ports.Orderer, "MSPID": org.MSPID,
			"Identity":      d.org(org, "orderer", "msp", "signcerts", "orderer."+org.Domain+"-cert.pem"),
			"ClientTLSCert": serverCert, "ServerTLSCert": serverCert,
		})
	}
	metaPolicies := func() object {
		return object{
			"Readers": metaPolicy("ANY Readers"), "Writers": metaPolicy("ANY Writers"), "Admins": metaPolicy("MAJORITY Admins"),
		}
	}
	ordererPolicies := metaPolicies()
	// configtxgen replaces this one by the BFT quorum of the consenters' signatures.
	ordererPolicies["BlockValidation"] = metaPolicy("ANY Writers")
	applicationPolicies := metaPolicies()
	applicationPolicies["LifecycleEndorsement"] = metaPolicy("MAJORITY Endorsement")
	applicationPolicies["Endorsement"] = metaPolicy("MAJORITY Endorsement")
	profile := object{
		"Policies":     metaPolicies(),
		"Capabilities": object{"V3_0": true},
		"Orderer": object{
			"OrdererType":      "BFT",
			"BatchTimeout":     d.Batch.Timeout.String(),
			"BatchSize":        object{"MaxMessageCount": d.Batch.MaxMessages, "AbsoluteMaxBytes": d.Batch.MaxBytes, "PreferredMaxBytes": d.Batch.MaxBytes},
			"ConsenterMapping": consenters,
			"SmartBFT":         d.smartBFT(),
			"Organizations":    orderers,
			"Policies":         ordererPolicies,
			"Capabilities":     object{"V2_0": true},
		},
		"Application": object{
			"Organizations": all,
			"Policies":      applicationPolicies,
			"Capabilities":  object{"V2_5": true},
		},
	}
	return yaml.Marshal(object{"Profiles": object{channelProfile: profile}})
}

// smartBFT spells out every option: configtxgen gives defaults only when the
// whole section is missing, and its defaults refuse requests over 10 KiB.
func (c *Consortium) smartBFT() object {
	return object{
		"RequestBatchMaxCount":      c.Batch.MaxMessages,
		"RequestBatchMaxBytes":      c.Batch.MaxBytes,
		"RequestBatchMaxInterval":   c.Batch.Timeout.String(),
		"RequestMaxBytes":           c.Batch.MaxBytes,
		"RequestPoolSize":           10000,
		"RequestForwardTimeout":     c.BFT.RequestForwardTimeout.String(),
		"RequestComplainTimeout":    c.BFT.RequestComplainTimeout.String(),
		"RequestAutoRemoveTimeout":  "3m0s",
		"ViewChangeResendInterval":  "5s",
		"ViewChangeTimeout":         c.BFT.ViewChangeTimeout.String(),
		"LeaderHeartbeatTimeout":    c.BFT.LeaderHeartbeatTimeout.String(),
		"LeaderHeartbeatCount":      10,
		"CollectTimeout":            "1s",
		"IncomingMessageBufferSize": 200,
		"SyncOnStart":               false,
		"SpeedUpViewChange":         false,
	}
}

// applicationOrganisation: an organisation's administrators and clients may
// write, its peers endorse. Its orderer may do neither.
func (d *Deployment) applicationOrganisation(org *Organisation) object {
	m := org.MSPID
	return object{
		"Name": m, "ID": m, "MSPDir": d.org(org, "msp"),
		"Policies": object{
			"Readers":     signaturePolicy(fmt.Sprintf("OR('%s.admin','%s.peer','%s.client')", m, m, m)),
			"Writers":     signaturePolicy(fmt.Sprintf("OR('%s.admin','%s.client')", m, m)),
			"Admins":      signaturePolicy(fmt.Sprintf("OR('%s.admin')", m)),
			"Endorsement": signaturePolicy(fmt.Sprintf("OR('%s.peer')", m)),
		},
		"AnchorPeers": []object{{"Host": Host, "Port": org.Ports.Peer}},
	}
}

// orderingOrganisation is the same organisation in the ordering service. The
// orderers check one another's votes against Writers.
func (d *Deployment) orderingOrganisation(org *Organisation) object {
	m := org.MSPID
	return object{
		"Name": m, "ID": m, "MSPDir": d.org(org, "msp"),
		"Policies": object{
			"Readers": signaturePolicy(fmt.Sprintf("OR('%s.admin','%s.orderer','%s.peer','%s.client')", m, m, m, m)),
			"Writers": signaturePolicy(fmt.Sprintf("OR('%s.admin','%s.orderer')", m, m)),
			"Admins":  signaturePolicy(fmt.Sprintf("OR('%s.admin')", m)),
		},
		"OrdererEndpoints": []string{local(org.Ports.Orderer)},
	}
}

// makeGenesisBlock writes the block that every orderer and peer joins with.
func (d *Deployment) makeGenesisBlock(ctx context.Context, fabric Fabric) error {
	config, err := d.channelConfig()
	if err != nil {
		return fmt.Errorf("couldn't describe the channel: %w", err)
	}
	if err := writeFile(d.path("channel", "configtx.yaml"), config, 0o644); err != nil {
		return err
	}
	_, err = fabric.run(ctx, "configtxgen", nil, "-profile", channelProfile, "-channelID", d.Channel,
		"-configPath", filepath.Dir(d.genesisBlock()), "-outputBlock", d.genesisBlock())
	if err != nil {
		return err
	}
	if info, err := os.Stat(d.genesisBlock()); err != nil || info.Size() == 0 {
		return fmt.Errorf("configtxgen made no genesis block at %s", d.genesisBlock())
	}
	return nil
}

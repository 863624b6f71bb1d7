package network

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"time"
)

// Names of the roots below trust/<MSP>.
const (
	trustPeerTLS    = "tls-ca.pem"
	trustOrdererTLS = "orderer-tls-ca.pem"
)

// trusted is the public root of another organisation: its own folder need not
// be on this host.
func (d *Deployment) trusted(org *Organisation, root string) string {
	return filepath.Join(d.TrustDir(), org.MSPID, root)
}

func (d *Deployment) hostFile() string { return d.path(HostFileName) }

// host is HostFileName: whose processes run from the directory.
type host struct {
	Organisations []string `json:"organisations"`
}

// loadHost reads whose processes run from here; without the file all do.
func (d *Deployment) loadHost() error {
	text, err := os.ReadFile(d.hostFile())
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("couldn't read whose processes run here: %w", err)
	}
	var h host
	if err := json.Unmarshal(text, &h); err != nil {
		return fmt.Errorf("couldn't read %s: %w", d.hostFile(), err)
	}
	return d.settle(h.Organisations)
}

// settle decides whose processes run from here.
func (d *Deployment) settle(names []string) error {
	d.Here = nil
	for _, name := range names {
		org, err := d.Organisation(name)
		if err != nil {
			return err
		}
		if !slices.Contains(d.Here, org.Name) {
			d.Here = append(d.Here, org.Name)
		}
	}
	if len(d.Here) > 0 {
		if exists, err := d.checkFoundation(); err == nil && !exists {
			return fmt.Errorf("a new ledger is founded by all organisations together: %s has none yet, so leave out --organisation", d.Dir)
		}
	}
	return nil
}

func (d *Deployment) saveHost() error {
	if len(d.Here) == 0 {
		return nil
	}
	text, err := HostFile(d.Here...)
	if err != nil {
		return err
	}
	return writeFile(d.hostFile(), text, 0o644)
}

// HostFileName is the file of a run directory that says whose processes run from it.
const HostFileName = "host.json"

// HostFile is the text of HostFileName for those organisations.
func HostFile(organisations ...string) ([]byte, error) {
	text, err := json.MarshalIndent(host{organisations}, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("couldn't say whose processes run here: %w", err)
	}
	return append(text, '\n'), nil
}

// here are the organisations whose processes run from the directory.
func (d *Deployment) here() []*Organisation {
	all := d.all()
	if len(d.Here) == 0 {
		return all
	}
	return slices.DeleteFunc(all, func(org *Organisation) bool { return !slices.Contains(d.Here, org.Name) })
}

func (d *Deployment) orderersHere() []*Organisation {
	return slices.DeleteFunc(d.here(), func(org *Organisation) bool { return !org.RunsOrderer() })
}

// catchUpTimeout bounds the wait for blocks of a node that lost its ledger. A
// long chain takes longer: `up` then says so and goes on from there when it is
// called again.
const catchUpTimeout = 10 * time.Minute

// catchUp waits until the nodes of a kind here have target blocks. A peer that
// lags knows neither the definition in force nor whether it was approved; and one
// that joins while its own orderer has nothing to give waits long to ask again.
func (d *Deployment) catchUp(ctx context.Context, orgs []*Organisation, node string, target uint64, height func(context.Context, *Organisation) (uint64, error), step Step) error {
	return each(orgs, func(org *Organisation) error {
		return waitFor(ctx, catchUpTimeout, "get the blocks of the ledger", func(ctx context.Context) error {
			have, err := height(ctx, org)
			if err != nil || have >= target {
				return err
			}
			behind := fmt.Sprintf("%s's %s has %d of %d blocks", org.Name, node, have, target)
			step.Detail(behind)
			return errors.New(behind)
		})
	})
}

func (d *Deployment) ordererHeight(ctx context.Context, org *Organisation) (uint64, error) {
	client, err := mutualTLSClient(d.org(org, "users", "orderer-admin", "tls"), d.org(org, "orderer", "tls", "ca.crt"))
	if err != nil {
		return 0, err
	}
	info, _, err := d.channelAtOrderer(ctx, client, org)
	return info.Height, err
}

func (d *Deployment) peerHeight(ctx context.Context, org *Organisation) (uint64, error) {
	client, err := mutualTLSClient(d.org(org, "users", "admin", "tls"), d.PeerTLSCA(org))
	if err != nil {
		return 0, err
	}
	var s ProcessStatus
	if err := d.askPeer(org)(ctx, client, &s); err != nil || s.Height == nil {
		return 0, err
	}
	return *s.Height, nil
}

// tip is the greatest height that any node of the consortium says it has. Of
// the organisations elsewhere only the gateways' public word is to be had.
func (d *Deployment) tip(ctx context.Context) uint64 {
	ctx, cancel := context.WithTimeout(ctx, probeTimeout)
	defer cancel()
	heights := make([]uint64, 2*len(d.Organisations))
	_ = each(d.all(), func(org *Organisation) error { // who does not answer has nothing to say
		if h, err := GatewayHeight(ctx, http.DefaultClient, "http://"+local(org.Ports.Gateway)); err == nil {
			heights[2*org.index] = h
		}
		if slices.Contains(d.orderersHere(), org) {
			heights[2*org.index+1], _ = d.ordererHeight(ctx, org)
		}
		return nil
	})
	return slices.Max(heights)
}

// forgotten waits, before an orderer that lost its ledger joins again, until the
// others cannot take it for their leader any more. An orderer that joins knows
// the first block only: as the leader of a quiet ledger it would go on sending
// heartbeats and neither learn of later blocks nor be replaced.
func (d *Deployment) forgotten(ctx context.Context, org *Organisation, step Step) error {
	if d.tip(ctx) <= 1 {
		return nil // the ledger is being founded
	}
	step.Detail(fmt.Sprintf("%s's orderer lost its ledger: the others replace it as their leader first", org.Name))
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(d.BFT.LeaderHeartbeatTimeout + d.BFT.LeaderHeartbeatTimeout/2):
		return nil
	}
}

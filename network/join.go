package network

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"mime/multipart"
	"net/http"
	"os"
	"slices"
	"sync"
	"time"
)

const (
	nodeReadyTimeout = 90 * time.Second
	pollEvery        = 100 * time.Millisecond
)

// waitFor tries until it succeeds, and reports the last failure when time runs out.
func waitFor(ctx context.Context, limit time.Duration, what string, try func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	for {
		err := try(ctx)
		if err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("%s: %w: %w", what, errNotReady, err)
		case <-time.After(pollEvery):
		}
	}
}

// each does something for several organisations at once and joins the errors.
func each(orgs []*Organisation, do func(*Organisation) error) error {
	faults := make([]error, len(orgs))
	var wait sync.WaitGroup
	for i, org := range orgs {
		wait.Go(func() {
			if err := do(org); err != nil {
				faults[i] = fmt.Errorf("%s: %w", org.Name, err)
			}
		})
	}
	wait.Wait()
	return errors.Join(faults...)
}

func (c *Consortium) all() []*Organisation {
	orgs := make([]*Organisation, len(c.Organisations))
	for i := range c.Organisations {
		orgs[i] = &c.Organisations[i]
	}
	return orgs
}

// ordererChannel is what an orderer's administration says of a channel.
type ordererChannel struct {
	Height uint64 `json:"height"`
	Status string `json:"status"`
}

func (d *Deployment) channelsURL(org *Organisation) string {
	return "https://" + local(org.Ports.OrdererAdmin) + "/participation/v1/channels"
}

func (d *Deployment) channelAtOrderer(ctx context.Context, client *http.Client, org *Organisation) (ordererChannel, bool, error) {
	var info ordererChannel
	text, err := get(ctx, client, d.channelsURL(org)+"/"+d.Channel)
	var answered *statusError
	if errors.As(err, &answered) && answered.code == http.StatusNotFound {
		return info, false, nil
	}
	if err != nil {
		return info, false, err
	}
	if err := json.Unmarshal(text, &info); err != nil {
		return info, false, fmt.Errorf("couldn't read the orderer's answer: %w", err)
	}
	return info, true, nil
}

// joinOrderer makes org's orderer a member of the channel; one that is, stays.
func (d *Deployment) joinOrderer(ctx context.Context, org *Organisation, step Step) error {
	client, err := mutualTLSClient(d.org(org, "users", "orderer-admin", "tls"), d.org(org, "orderer", "tls", "ca.crt"))
	if err != nil {
		return err
	}
	block, err := os.ReadFile(d.genesisBlock())
	if err != nil {
		return fmt.Errorf("couldn't read the genesis block: %w", err)
	}
	return waitFor(ctx, nodeReadyTimeout, "join the orderer", func(ctx context.Context) error {
		_, joined, err := d.channelAtOrderer(ctx, client, org)
		if err != nil || joined {
			return err
		}
		if err := d.forgotten(ctx, org, step); err != nil {
			return err
		}
		var body bytes.Buffer
		form := multipart.NewWriter(&body)
		part, err := form.CreateFormFile("config-block", "genesis.block")
		if err != nil {
			return err
		}
		if _, err := part.Write(block); err != nil {
			return err
		}
		if err := form.Close(); err != nil {
			return err
		}
		request, err := http.NewRequestWithContext(ctx, http.MethodPost, d.channelsURL(org), &body)
		if err != nil {
			return err
		}
		request.Header.Set("Content-Type", form.FormDataContentType())
		_, err = send(client, request)
		return err
	})
}

// asAdmin is the environment that makes the peer program act as org's
// administrator towards org's peer.
func (d *Deployment) asAdmin(org *Organisation) []string {
	return []string{
		"FABRIC_CFG_PATH=" + d.org(org, "peer"),
		"FABRIC_LOGGING_SPEC=error",
		"CORE_PEER_ADDRESS=" + d.PeerAddress(org),
		"CORE_PEER_LOCALMSPID=" + org.MSPID,
		"CORE_PEER_MSPCONFIGPATH=" + d.Admin(org).MSP,
		"CORE_PEER_TLS_ENABLED=true",
		"CORE_PEER_TLS_ROOTCERT_FILE=" + d.PeerTLSCA(org),
	}
}

// joinPeer makes org's peer a member of the channel; one that is, stays.
func (d *Deployment) joinPeer(ctx context.Context, fabric Fabric, org *Organisation) error {
	client, err := mutualTLSClient(d.org(org, "users", "admin", "tls"), d.PeerTLSCA(org))
	if err != nil {
		return err
	}
	status := ProcessStatus{}
	err = waitFor(ctx, nodeReadyTimeout, "start the peer", func(ctx context.Context) error {
		return d.askPeer(org)(ctx, client, &status)
	})
	if err != nil || status.Height != nil {
		return err
	}
	return waitFor(ctx, nodeReadyTimeout, "join the peer", func(ctx context.Context) error {
		listed, err := fabric.run(ctx, "peer", d.asAdmin(org), "channel", "list")
		if err != nil {
			return err
		}
		if slices.Contains(bytesFields(listed), d.Channel) {
			return nil
		}
		_, err = fabric.run(ctx, "peer", d.asAdmin(org), "channel", "join", "-b", d.genesisBlock())
		return err
	})
}

func bytesFields(text []byte) []string {
	var fields []string
	for _, f := range bytes.Fields(text) {
		fields = append(fields, string(f))
	}
	return fields
}

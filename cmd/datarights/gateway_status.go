package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/datarights/datarights/chaincode/rights"
	"github.com/datarights/datarights/explorer"
	"github.com/datarights/datarights/gateway"
	"github.com/datarights/datarights/gateway/api"
	"github.com/datarights/datarights/network"
)

// consortiumStatus asks the supervisor of this host how its processes are, and
// the gateways it names how their indexes are.
type consortiumStatus struct {
	supervisor *http.Client // over the status socket; nil when there is none
	gateways   *http.Client
	dates      certificateDates
	mspID      string // of this gateway, whose own certificate is in identity
	identity   string
}

func newConsortiumStatus(c *gateway.Config) *consortiumStatus {
	s := &consortiumStatus{gateways: &http.Client{Timeout: 2 * time.Second}, mspID: c.MSPID, identity: c.Identity.Cert}
	if socket := c.Network.StatusSocket; socket != "" {
		s.supervisor = &http.Client{Timeout: 5 * time.Second, Transport: &http.Transport{
			DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
				return new(net.Dialer).DialContext(ctx, "unix", socket)
			},
		}}
	}
	return s
}

func (s *consortiumStatus) forAPI() api.Network {
	if s.supervisor == nil {
		return nil
	}
	return apiStatus{s}
}

func (s *consortiumStatus) forPages() explorer.Network {
	if s.supervisor == nil {
		return nil
	}
	return pagesStatus{s}
}

func (s *consortiumStatus) ask(ctx context.Context) (*network.Status, error) {
	status := new(network.Status)
	return status, getJSON(ctx, s.supervisor, "http://supervisor/status", status)
}

// maxAnswer bounds what is read of any process that is asked.
const maxAnswer = 1 << 20

func getJSON(ctx context.Context, c *http.Client, url string, v any) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, http.NoBody)
	if err != nil {
		return err
	}
	response, err := c.Do(request)
	if err != nil {
		return err
	}
	defer func() { _ = response.Body.Close() }() // only read
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("%s answers %s", url, response.Status)
	}
	return json.NewDecoder(io.LimitReader(response.Body, maxAnswer)).Decode(v)
}

type apiStatus struct{ *consortiumStatus }

func (s apiStatus) Status(ctx context.Context) (api.NetworkStatus, error) {
	status, err := s.ask(ctx)
	if err != nil {
		return api.NetworkStatus{}, err
	}
	var all api.NetworkStatus
	for _, p := range status.Processes {
		n := len(all.Organisations)
		if n == 0 || all.Organisations[n-1].MSPID != p.MSPID {
			all.Organisations = append(all.Organisations, api.OrganisationStatus{Name: p.Organisation, NameZh: p.OrganisationZh, MSPID: p.MSPID})
			n++
		}
		org := &all.Organisations[n-1]
		org.Processes = append(org.Processes, api.ProcessStatus{
			Name: p.Name, Role: p.Kind, State: p.Health, Leader: p.Role == network.RoleLeader, UptimeSeconds: p.UptimeSeconds,
			Restarts: p.Restarts, Height: value(p.Height),
		})
	}
	return all, nil
}

type pagesStatus struct{ *consortiumStatus }

func (s pagesStatus) Status(ctx context.Context) (explorer.Consortium, error) {
	status, err := s.ask(ctx)
	if err != nil {
		return explorer.Consortium{}, err
	}
	all := explorer.Consortium{At: status.Time}
	gateways := map[string]string{} // MSP id → address
	for _, p := range status.Processes {
		n := len(all.Members)
		if n == 0 || all.Members[n-1].MSPID != p.MSPID {
			all.Members = append(all.Members, explorer.Member{MSPID: p.MSPID, Name: rights.Text{Zh: p.OrganisationZh, En: p.Organisation}})
			n++
		}
		if p.Kind == network.KindGateway {
			gateways[p.MSPID] = p.Address
		}
		m := &all.Members[n-1]
		m.Processes = append(m.Processes, explorer.Process{
			Name: p.Name, Role: p.Kind, State: p.Health, Leader: p.Role == network.RoleLeader, PID: p.PID,
			UptimeSeconds: p.UptimeSeconds, Restarts: p.Restarts, Height: value(p.Height), Detail: p.Detail,
		})
	}
	s.dated(ctx, &all, status)
	s.compare(ctx, &all, gateways)
	return all, nil
}

// dated adds until when the certificates are valid.
func (s pagesStatus) dated(ctx context.Context, all *explorer.Consortium, status *network.Status) {
	var asking sync.WaitGroup
	n := 0
	for i := range all.Members {
		m := &all.Members[i]
		if m.MSPID == s.mspID {
			m.IdentityUntil = endOf(s.identity)
		}
		for j := range m.Processes {
			p, address := &m.Processes[j], status.Processes[n].Address
			n++
			if address != "" && p.State != network.HealthDown {
				asking.Go(func() { p.CertificateUntil = s.dates.of(ctx, address) })
			}
		}
	}
	asking.Wait()
}

// compare asks every member's gateway where its index stands, then all of them
// for the digest at the lowest of those heights, which each of them has.
func (s pagesStatus) compare(ctx context.Context, all *explorer.Consortium, gateways map[string]string) {
	each := func(ask func(m *explorer.Member, base string)) {
		var asking sync.WaitGroup
		for i := range all.Members {
			if m := &all.Members[i]; gateways[m.MSPID] != "" {
				asking.Go(func() { ask(m, "http://"+gateways[m.MSPID]) })
			}
		}
		asking.Wait()
	}
	each(func(m *explorer.Member, base string) {
		var d struct {
			Height uint64 `json:"height"`
		}
		if getJSON(ctx, s.gateways, base+"/v1/index/digest", &d) == nil {
			m.Reachable, m.Height = true, d.Height
		}
	})
	for _, m := range all.Members {
		if m.Reachable && (all.ComparedAt == 0 || m.Height < all.ComparedAt) {
			all.ComparedAt = m.Height
		}
	}
	if all.ComparedAt == 0 {
		return
	}
	each(func(m *explorer.Member, base string) {
		var d struct {
			Digest string `json:"digest"`
		}
		if m.Reachable && getJSON(ctx, s.gateways, fmt.Sprintf("%s/v1/index/digest?height=%d", base, all.ComparedAt), &d) == nil {
			m.Digest = d.Digest
		}
	})
}

func value(height *uint64) uint64 {
	if height == nil {
		return 0
	}
	return *height
}

package network

import (
	"bufio"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/datarights/datarights/network/supervisor"
)

// Status is the consortium as it stands.
type Status struct {
	Consortium   string             `json:"consortium"`
	ConsortiumZh string             `json:"consortiumZh"`
	Channel      string             `json:"channel"`
	Running      bool               `json:"running"`
	Healthy      bool               `json:"healthy"` // every process runs and answers
	Time         time.Time          `json:"time"`
	Supervisor   *SupervisorStatus  `json:"supervisor,omitempty"`
	Processes    []ProcessStatus    `json:"processes"`
	Events       []supervisor.Event `json:"events"` // latest, oldest first
}

// SupervisorStatus is the process that keeps the others running.
type SupervisorStatus struct {
	PID   int       `json:"pid"`
	Since time.Time `json:"since"`
}

// Health of a process.
const (
	HealthOK      = "ok"
	HealthFailing = "failing" // runs, but does not answer as it should
	HealthDown    = "down"
)

// Roles of an orderer.
const (
	RoleLeader   = "leader"
	RoleFollower = "follower"
)

// ProcessStatus is one process with what its node says of itself.
type ProcessStatus struct {
	supervisor.Status
	Kind           string `json:"kind"`
	Organisation   string `json:"organisation"`
	OrganisationZh string `json:"organisationZh"`
	MSPID          string `json:"mspId"`
	Chaincode      string `json:"chaincode,omitempty"`
	Address        string `json:"address"`
	UptimeSeconds  int64  `json:"uptimeSeconds"`
	ResidentBytes  int64  `json:"residentBytes,omitempty"`
	Health         string `json:"health"`
	Detail         string `json:"detail,omitempty"` // why not ok
	// Height is the number of blocks: of the node's ledger, or of a gateway's index.
	Height *uint64 `json:"height,omitempty"`
	Role   string  `json:"role,omitempty"` // orderers: leader or follower
}

// StatusOf asks the supervisor of dir. A consortium that does not run is no error.
func StatusOf(ctx context.Context, dir string) (*Status, error) {
	d, err := Open(dir)
	if err != nil {
		return nil, err
	}
	running, err := d.supervised()
	if err != nil {
		return nil, err
	}
	status := &Status{Consortium: d.Name, ConsortiumZh: d.NameZh, Channel: d.Channel, Time: time.Now()}
	if !running {
		return status, nil
	}
	return status, d.client().Call(ctx, http.MethodGet, "/status", nil, status)
}

const (
	probeTimeout = 2 * time.Second
	// statusKept bounds how often the nodes are asked, whoever asks us.
	statusKept = time.Second
)

// inspector answers status requests inside the supervisor.
type inspector struct {
	dir      string
	children *supervisor.Supervisor
	began    time.Time

	mu      sync.Mutex // held while asking, so that callers share one answer
	last    *Status
	seen    []supervisor.Status     // the children that last tells of
	clients map[string]*http.Client // by identity folder
}

func newInspector(dir string, children *supervisor.Supervisor) *inspector {
	return &inspector{dir: dir, children: children, began: time.Now(), clients: map[string]*http.Client{}}
}

func (n *inspector) status(ctx context.Context) (*Status, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	children, events := n.children.Snapshot()
	// Nodes are not asked again so soon, but a process that began or ended since
	// makes the answer untrue.
	if n.last != nil && time.Since(n.last.Time) < statusKept && slices.Equal(children, n.seen) {
		return n.last, nil
	}
	// Read again: Up may have written it since.
	d, err := Open(n.dir)
	if err != nil {
		return nil, err
	}
	status := &Status{
		Consortium: d.Name, ConsortiumZh: d.NameZh, Channel: d.Channel, Running: true, Healthy: true,
		Supervisor: &SupervisorStatus{PID: os.Getpid(), Since: n.began},
	}
	byName := map[string]supervisor.Status{}
	for _, child := range children {
		byName[child.Name] = child
	}
	status.Events = events
	var probes []probe
	for _, p := range d.probes() {
		if _, known := byName[p.status.Name]; known {
			probes = append(probes, p)
		}
	}
	status.Processes = make([]ProcessStatus, len(probes))
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), probeTimeout)
	defer cancel()
	var wait sync.WaitGroup
	for i, p := range probes {
		p.status.Status = byName[p.status.Name]
		client, err := n.client(p.identity, p.roots)
		wait.Go(func() {
			if err == nil {
				err = p.ask(ctx, client)
			} else if p.status.State != supervisor.StateRunning {
				err = nil
			}
			p.conclude(err)
			status.Processes[i] = p.status
		})
	}
	wait.Wait()
	for _, p := range status.Processes {
		status.Healthy = status.Healthy && p.Health == HealthOK
	}
	status.Time = time.Now()
	n.last, n.seen = status, children
	return status, nil
}

// client makes, once, a client with a TLS identity. Only the goroutine that
// holds n.mu calls it.
func (n *inspector) client(identity, roots string) (*http.Client, error) {
	if identity == "" {
		return http.DefaultClient, nil
	}
	if client, ok := n.clients[identity]; ok {
		return client, nil
	}
	client, err := mutualTLSClient(identity, roots)
	if err == nil {
		n.clients[identity] = client
	}
	return client, err
}

// mutualTLSClient authenticates with client.crt and client.key in dir and
// trusts the authorities in roots.
func mutualTLSClient(dir, roots string) (*http.Client, error) {
	certificate, err := tls.LoadX509KeyPair(dir+"/client.crt", dir+"/client.key")
	if err != nil {
		return nil, fmt.Errorf("couldn't load the client's certificate: %w", err)
	}
	text, err := os.ReadFile(roots)
	if err != nil {
		return nil, fmt.Errorf("couldn't load the authorities: %w", err)
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(text) {
		return nil, fmt.Errorf("no certificate in %s", roots)
	}
	return &http.Client{Transport: &http.Transport{
		TLSClientConfig: &tls.Config{Certificates: []tls.Certificate{certificate}, RootCAs: pool, MinVersion: tls.VersionTLS12},
		IdleConnTimeout: time.Minute,
	}}, nil
}

// probe asks one process how it is.
type probe struct {
	status          ProcessStatus
	identity, roots string // TLS, where the process asks for it
	question        func(ctx context.Context, client *http.Client, s *ProcessStatus) error
}

func (p *probe) ask(ctx context.Context, client *http.Client) error {
	if p.status.State != supervisor.StateRunning {
		return nil
	}
	p.status.UptimeSeconds = int64(time.Since(p.status.Since).Seconds())
	p.status.ResidentBytes = residentBytes(p.status.PID)
	return p.question(ctx, client, &p.status)
}

func (p *probe) conclude(err error) {
	switch {
	case p.status.State != supervisor.StateRunning:
		p.status.Health = HealthDown
	case err != nil:
		p.status.Health, p.status.Detail = HealthFailing, err.Error()
	default:
		p.status.Health = HealthOK
	}
}

// probes lists every process the consortium can have, organisation by organisation.
func (d *Deployment) probes() []probe {
	extras, _ := d.deployed() // a damaged record hides one chaincode's health, no more
	var all []probe
	for _, org := range d.here() {
		add := func(name, kind, address string, p probe) {
			p.status = ProcessStatus{
				Status: supervisor.Status{Name: name}, Kind: kind, Address: address,
				Organisation: org.Name, OrganisationZh: org.NameZh, MSPID: org.MSPID, Chaincode: p.status.Chaincode,
			}
			all = append(all, p)
		}
		if org.RunsOrderer() {
			add(processName(org, KindOrderer, ""), KindOrderer, local(org.Ports.Orderer), probe{
				identity: d.org(org, "users", "orderer-admin", "tls"), roots: d.org(org, "orderer", "tls", "ca.crt"),
				question: d.askOrderer(org),
			})
		}
		add(processName(org, KindPeer, ""), KindPeer, local(org.Ports.Peer), probe{
			identity: d.org(org, "users", "admin", "tls"), roots: d.PeerTLSCA(org), question: d.askPeer(org),
		})
		for _, cc := range extras {
			if !cc.runsAt(org) {
				continue
			}
			address := local(d.chaincodePort(org, cc))
			add(d.chaincodeProcess(org, cc), KindChaincode, address, probe{
				status: ProcessStatus{Chaincode: cc.Name}, question: askPort(address),
			})
		}
		add(processName(org, KindGateway, ""), KindGateway, local(org.Ports.Gateway), probe{question: askGateway(local(org.Ports.Gateway))})
	}
	return all
}

func (d *Deployment) askPeer(org *Organisation) func(context.Context, *http.Client, *ProcessStatus) error {
	return func(ctx context.Context, client *http.Client, s *ProcessStatus) error {
		base := "https://" + local(org.Ports.PeerOps)
		metrics, err := get(ctx, client, base+"/metrics")
		if err != nil {
			return err
		}
		if height, ok := metric(metrics, "ledger_blockchain_height", d.Channel); ok {
			s.Height = new(uint64(height))
		}
		return healthz(ctx, client, base)
	}
}

func (d *Deployment) askOrderer(org *Organisation) func(context.Context, *http.Client, *ProcessStatus) error {
	return func(ctx context.Context, client *http.Client, s *ProcessStatus) error {
		info, joined, err := d.channelAtOrderer(ctx, client, org)
		if err != nil {
			return err
		}
		if joined {
			s.Height = new(info.Height)
		}
		base := "https://" + local(org.Ports.OrdererOps)
		metrics, err := get(ctx, client, base+"/metrics")
		if err != nil {
			return err
		}
		if leader, ok := metric(metrics, "consensus_BFT_is_leader", d.Channel); ok {
			s.Role = RoleFollower
			if leader == 1 {
				s.Role = RoleLeader
			}
		}
		return healthz(ctx, client, base)
	}
}

// askPort: a chaincode server speaks only with its peer, so that it listens is
// all that can be seen from outside.
func askPort(address string) func(context.Context, *http.Client, *ProcessStatus) error {
	return func(ctx context.Context, _ *http.Client, _ *ProcessStatus) error {
		connection, err := (&net.Dialer{}).DialContext(ctx, "tcp", address)
		if err != nil {
			return err
		}
		return connection.Close()
	}
}

func askGateway(address string) func(context.Context, *http.Client, *ProcessStatus) error {
	return func(ctx context.Context, client *http.Client, s *ProcessStatus) error {
		ready, err := askReady(ctx, client, "http://"+address)
		if err == nil {
			s.Height = ready.IndexHeight
		}
		return err
	}
}

// readiness is what a gateway says of itself.
type readiness struct {
	LedgerHeight uint64  `json:"ledgerHeight"`
	IndexHeight  *uint64 `json:"indexHeight"`
}

func askReady(ctx context.Context, client *http.Client, base string) (r readiness, err error) {
	text, err := get(ctx, client, base+"/readyz")
	if err != nil {
		return r, err
	}
	if err := json.Unmarshal(text, &r); err != nil {
		return r, fmt.Errorf("couldn't read /readyz: %w", err)
	}
	return r, nil
}

// GatewayHeight is how many blocks a gateway's peer has.
func GatewayHeight(ctx context.Context, client *http.Client, base string) (uint64, error) {
	r, err := askReady(ctx, client, base)
	return r.LedgerHeight, err
}

func healthz(ctx context.Context, client *http.Client, base string) error {
	_, err := get(ctx, client, base+"/healthz")
	return err
}

// statusError is an answer other than 200.
type statusError struct {
	code int
	text string
}

func (e *statusError) Error() string {
	return fmt.Sprintf("answered %d %s: %s", e.code, http.StatusText(e.code), e.text)
}

const maxAnswer = 8 << 20

func get(ctx context.Context, client *http.Client, url string) ([]byte, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return nil, err
	}
	return send(client, request)
}

func send(client *http.Client, request *http.Request) ([]byte, error) {
	response, err := client.Do(request)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	text, err := io.ReadAll(io.LimitReader(response.Body, maxAnswer))
	if err != nil {
		return nil, err
	}
	if response.StatusCode/100 != 2 {
		return nil, &statusError{response.StatusCode, strings.TrimSpace(string(text[:min(len(text), 300)]))}
	}
	return text, nil
}

// metric finds a gauge of one channel in Prometheus's text format.
func metric(text []byte, name, channel string) (float64, bool) {
	lines := bufio.NewScanner(strings.NewReader(string(text)))
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		rest, ok := strings.CutPrefix(lines.Text(), name+"{")
		if !ok || !strings.Contains(rest, `channel="`+channel+`"`) {
			continue
		}
		value, err := strconv.ParseFloat(rest[strings.LastIndexByte(rest, ' ')+1:], 64)
		return value, err == nil
	}
	return 0, false
}

// errNotReady is what waitFor reports when time runs out.
var errNotReady = errors.New("not ready in time")

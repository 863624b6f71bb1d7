// Package consortium_test runs real consortia: Fabric's own nodes, TLS, BFT
// ordering and the baseline chaincode, on ports and in a folder of their own.
package consortium_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/datarights/datarights/network"
	"github.com/datarights/datarights/network/builder"
	"github.com/datarights/datarights/network/supervisor"
	"go.yaml.in/yaml/v3"
)

// basePort keeps clear of the demo (7050 to 7150, 8081 to 8084).
const basePort = 15200

// programs are built once for all tests.
type programs struct{ datarights, baseline, dishonest string }

var built programs

// The test program stands in for datarights where a test needs a gateway of its own.
func TestMain(m *testing.M) {
	if builder.Is(os.Args[0]) {
		exit(builder.Run(os.Args))
	}
	if len(os.Args) > 2 && os.Args[1] == "network" {
		ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
		defer stop()
		exit(network.Supervise(ctx, os.Args[4]))
	}
	if len(os.Args) > 2 && os.Args[1] == "gateway" {
		exit(fakeGateway(os.Args[3]))
	}
	os.Exit(run(m))
}

func exit(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(0)
}

// fakeGateway answers /readyz where its configuration says, a little late.
func fakeGateway(config string) error {
	text, err := os.ReadFile(config)
	if err != nil {
		return err
	}
	var c network.GatewayConfig
	if err := yaml.Unmarshal(text, &c); err != nil {
		return err
	}
	time.Sleep(300 * time.Millisecond)
	return http.ListenAndServe(c.Listen, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/readyz" {
			http.NotFound(w, r)
			return
		}
		fmt.Fprint(w, `{"status":"ready","ledgerHeight":7,"indexHeight":6}`)
	}))
}

func run(m *testing.M) int {
	root, err := filepath.Abs("../..")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	bin := filepath.Join(root, "bin")
	built = programs{filepath.Join(bin, "datarights"), filepath.Join(bin, "baseline"), filepath.Join(bin, "dishonest")}
	for program, pkg := range map[string]string{
		built.datarights: "./cmd/datarights", filepath.Join(bin, "chaincode"): "./chaincode",
		built.baseline: "./test-network/baseline", built.dishonest: "./test-network/dishonest",
	} {
		cmd := exec.Command("go", "build", "-o", program, pkg)
		cmd.Dir = root
		if out, err := cmd.CombinedOutput(); err != nil {
			fmt.Fprintf(os.Stderr, "couldn't build %s: %v\n%s", pkg, err, out)
			return 1
		}
	}
	return m.Run()
}

// baselineConsortium is the example consortium with the baseline chaincode.
func baselineConsortium(t *testing.T, base int, change func(text string) string) *network.Consortium {
	t.Helper()
	text := string(network.ExampleConsortium())
	text = replaceOnce(t, text, "  name: datarights\n", "  name: baseline\n")
	text = replaceOnce(t, text, "program: chaincode #", "program: "+built.baseline+" #")
	if change != nil {
		text = change(text)
	}
	c, err := network.Parse("test", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	if c, err = c.Rebase(base); err != nil {
		t.Fatal(err)
	}
	return c
}

func replaceOnce(t *testing.T, text, old, now string) string {
	t.Helper()
	if strings.Count(text, old) != 1 {
		t.Fatalf("the example has %q %d times, expected once", old, strings.Count(text, old))
	}
	return strings.Replace(text, old, now, 1)
}

type logProgress struct{ t *testing.T }

func (p logProgress) Begin(english, _ string) network.Step {
	return logStep{p.t, english, time.Now()}
}

type logStep struct {
	t     *testing.T
	title string
	began time.Time
}

func (logStep) Detail(string) {}
func (s logStep) End(err error) {
	s.t.Logf("%s: %v (%s)", s.title, err, time.Since(s.began).Round(time.Millisecond))
}

func up(t *testing.T, options network.Options) *network.Deployment {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 6*time.Minute)
	defer cancel()
	options.Progress = logProgress{t}
	if options.Datarights == "" {
		options.Datarights, options.WithoutGateways = built.datarights, true
	}
	d, err := network.Up(ctx, options)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func downAfter(t *testing.T, dir string) string {
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
		defer cancel()
		if err := network.Down(ctx, dir, nil); err != nil && !errors.Is(err, os.ErrNotExist) {
			t.Errorf("couldn't stop the consortium: %v", err)
		}
	})
	return dir
}

func submit(t *testing.T, d *network.Deployment, orgName, function string, args ...string) error {
	t.Helper()
	org, err := d.Organisation(orgName)
	if err != nil {
		t.Fatal(err)
	}
	c, err := d.Connect(org, d.GatewayUser(org))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	var bytes [][]byte
	for _, a := range args {
		bytes = append(bytes, []byte(a))
	}
	_, err = c.Submit(ctx, d.Chaincode.Name, function, bytes...)
	return err
}

func statusOf(t *testing.T, d *network.Deployment) *network.Status {
	t.Helper()
	s, err := network.StatusOf(t.Context(), d.Dir)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func process(t *testing.T, s *network.Status, name string) network.ProcessStatus {
	t.Helper()
	for _, p := range s.Processes {
		if p.Name == name {
			return p
		}
	}
	t.Fatalf("no process %s in %+v", name, s.Processes)
	return network.ProcessStatus{}
}

func eventually(t *testing.T, limit time.Duration, what string, check func() error) {
	t.Helper()
	began := time.Now()
	for {
		err := check()
		if err == nil {
			t.Logf("%s after %s", what, time.Since(began).Round(time.Millisecond))
			return
		}
		if time.Since(began) > limit {
			t.Fatalf("%s: not within %s: %v", what, limit, err)
		}
		time.Sleep(200 * time.Millisecond)
	}
}

// level requires every process healthy and every ledger equally high.
func level(t *testing.T, d *network.Deployment) func() error {
	return func() error {
		s := statusOf(t, d)
		if !s.Healthy {
			return fmt.Errorf("not healthy: %+v", unhealthy(s))
		}
		var highest uint64
		for _, p := range s.Processes {
			if p.Height != nil {
				highest = max(highest, *p.Height)
			}
		}
		leaders := 0
		for _, p := range s.Processes {
			if p.Role == network.RoleLeader {
				leaders++
			}
			if (p.Kind == network.KindPeer || p.Kind == network.KindOrderer) && (p.Height == nil || *p.Height != highest) {
				return fmt.Errorf("%s is not at height %d", p.Name, highest)
			}
		}
		if leaders != 1 {
			return fmt.Errorf("%d leaders", leaders)
		}
		return nil
	}
}

// restarted requires another process than before under the same name.
func restarted(t *testing.T, d *network.Deployment, before network.ProcessStatus) error {
	after := process(t, statusOf(t, d), before.Name)
	if after.PID == 0 || after.PID == before.PID || after.Restarts <= before.Restarts {
		return fmt.Errorf("%s was not restarted: %s, pid %d, %d restarts", after.Name, after.State, after.PID, after.Restarts)
	}
	return nil
}

func unhealthy(s *network.Status) (bad []string) {
	for _, p := range s.Processes {
		if p.Health != network.HealthOK {
			bad = append(bad, p.Name+" "+p.State+" "+p.Detail)
		}
	}
	return bad
}

func pids(s *network.Status) []int {
	all := []int{s.Supervisor.PID}
	for _, p := range s.Processes {
		all = append(all, p.PID)
	}
	return all
}

func requireGone(t *testing.T, pids []int) {
	t.Helper()
	eventually(t, 5*time.Second, "every process is gone", func() error {
		for _, pid := range pids {
			if alive(pid) {
				return fmt.Errorf("process %d still runs", pid)
			}
		}
		return nil
	})
}

// alive leaves out zombies: a child of a killed supervisor waits for init.
func alive(pid int) bool {
	if syscall.Kill(pid, 0) != nil {
		return false
	}
	text, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	if err != nil {
		return false
	}
	after := string(text[strings.LastIndexByte(string(text), ')')+1:])
	return !strings.HasPrefix(strings.TrimSpace(after), "Z")
}

// TestLifeOfAConsortium goes through what an operator lives through, in order,
// on one consortium: starting it takes most of the time.
func TestLifeOfAConsortium(t *testing.T) {
	c := baselineConsortium(t, basePort, nil)
	options := network.Options{Dir: downAfter(t, t.TempDir()), Consortium: c}
	d := up(t, options)

	t.Run("transactions through two peers", func(t *testing.T) {
		for _, org := range []string{"Group", "Bank"} {
			if err := submit(t, d, org, "noop"); err != nil {
				t.Fatalf("%s: %v", org, err)
			}
			if err := submit(t, d, org, "create", "asset-"+org); err != nil {
				t.Fatalf("%s: %v", org, err)
			}
		}
		if err := submit(t, d, "Exchange", "create", "asset-Bank"); err == nil {
			t.Fatal("created an asset that the bank's transaction had created")
		}
		eventually(t, 15*time.Second, "level", level(t, d))
	})

	t.Run("the ledger is founded once, on the same document everywhere", func(t *testing.T) {
		genesis, err := d.Genesis()
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range []string{"Group", "Exchange", "Regulator", "Bank"} {
			org, _ := d.Organisation(name)
			connection, err := d.Connect(org, d.GatewayUser(org))
			if err != nil {
				t.Fatal(err)
			}
			defer connection.Close()
			got, err := connection.Evaluate(t.Context(), "baseline", "read", []byte("\x01genesis"))
			if err != nil || string(got) != string(genesis) {
				t.Errorf("%s: %s, %v", name, got, err)
			}
		}
		if err := submit(t, d, "Group", "Found", "another"); err == nil {
			t.Error("founded twice")
		}
	})

	t.Run("the status socket shows, and commands nothing", func(t *testing.T) {
		c := supervisor.NewClient(d.StatusSocket())
		var s network.Status
		if err := c.Call(t.Context(), http.MethodGet, "/status", nil, &s); err != nil || !s.Running || len(s.Processes) != 12 {
			t.Errorf("%+v, %v", s, err)
		}
		if err := c.Call(t.Context(), http.MethodPost, "/shutdown", nil, nil); err == nil {
			t.Error("a shutdown was taken")
		}
		if err := c.Act(t.Context(), "kill", "group-peer"); err == nil {
			t.Error("a kill was taken")
		}
		info, err := os.Stat(filepath.Dir(d.ControlSocket()))
		if err != nil || info.Mode().Perm() != 0o700 {
			t.Errorf("the control socket's folder is %v, %v", info.Mode(), err)
		}
	})

	t.Run("an orderer's key cannot write, a peer's cannot either", func(t *testing.T) {
		const refusal = "policy [/Channel/Application/Writers]"
		org, _ := d.Organisation("Group")
		for _, node := range []string{"orderer", "peer"} {
			msp := filepath.Join(d.Dir, "group", node, "msp")
			id := network.Identity{MSPID: org.MSPID, MSP: msp,
				Cert: filepath.Join(msp, "signcerts", node+"."+org.Domain+"-cert.pem"), Key: filepath.Join(msp, "keystore", "priv_sk")}
			connection, err := d.Connect(org, id)
			if err != nil {
				t.Fatal(err)
			}
			_, err = connection.Submit(t.Context(), "baseline", "noop")
			connection.Close()
			if err == nil || !strings.Contains(err.Error(), refusal) {
				t.Errorf("the %s's key: %v, expected %q", node, err, refusal)
			}
		}
	})

	t.Run("a killed peer comes back and catches up", func(t *testing.T) {
		before := process(t, statusOf(t, d), "exchange-peer")
		if err := syscall.Kill(before.PID, syscall.SIGKILL); err != nil {
			t.Fatal(err)
		}
		for i := range 3 {
			if err := submit(t, d, "Group", "write", fmt.Sprintf("while-peer-down-%d", i), "x"); err != nil {
				t.Fatalf("with one peer down: %v", err)
			}
		}
		eventually(t, 30*time.Second, "peer back and level", func() error {
			if err := restarted(t, d, before); err != nil {
				return err
			}
			return level(t, d)()
		})
		if after := process(t, statusOf(t, d), "exchange-peer"); after.Restarts != 1 || !strings.Contains(after.LastExit, "killed") {
			t.Errorf("before %+v, after %+v", before, after)
		}
	})

	for _, role := range []string{network.RoleFollower, network.RoleLeader} {
		t.Run("a killed ordering "+role+" comes back and catches up", func(t *testing.T) {
			var victim network.ProcessStatus
			for _, p := range statusOf(t, d).Processes {
				if p.Role == role {
					victim = p
				}
			}
			if err := network.Act(t.Context(), d.Dir, "kill", victim.Name); err != nil {
				t.Fatal(err)
			}
			eventually(t, 90*time.Second, "transactions are committed again", func() error {
				return submit(t, d, "Group", "noop")
			})
			eventually(t, 60*time.Second, "orderer back and level", func() error {
				if err := restarted(t, d, victim); err != nil {
					return err
				}
				err := level(t, d)()
				if err != nil {
					_ = submit(t, d, "Group", "noop") // a returned orderer learns of blocks by the next one
				}
				return err
			})
		})
	}

	t.Run("a stopped leader is replaced", func(t *testing.T) {
		var leader network.ProcessStatus
		for _, p := range statusOf(t, d).Processes {
			if p.Role == network.RoleLeader {
				leader = p
			}
		}
		if err := network.Act(t.Context(), d.Dir, "stop", leader.Name); err != nil {
			t.Fatal(err)
		}
		eventually(t, 90*time.Second, "three orderers go on", func() error { return submit(t, d, "Group", "noop") })
		s := statusOf(t, d)
		if p := process(t, s, leader.Name); p.State != supervisor.StateStopped || s.Healthy {
			t.Errorf("a stopped orderer was started again, or the consortium called healthy: %+v", p)
		}
		if err := network.Act(t.Context(), d.Dir, "start", leader.Name); err != nil {
			t.Fatal(err)
		}
		eventually(t, 90*time.Second, "the old leader is back and level", func() error {
			if err := level(t, d)(); err != nil {
				_ = submit(t, d, "Group", "noop")
				return err
			}
			return nil
		})
	})

	t.Run("a killed chaincode server heals", func(t *testing.T) {
		for _, org := range []string{"group", "exchange", "regulator"} {
			if err := network.Act(t.Context(), d.Dir, "kill", org+"-chaincode"); err != nil {
				t.Fatal(err)
			}
		}
		eventually(t, 30*time.Second, "endorsed again", func() error { return submit(t, d, "Group", "noop") })
	})

	t.Run("a second chaincode beside the first", func(t *testing.T) {
		cc := network.Chaincode{Name: "second", Version: "1.0", Program: built.baseline,
			Endorsement: c.Chaincode.Endorsement, Organisations: c.Chaincode.Endorsement.Of, Slot: 1}
		for range 2 { // again is harmless
			if err := network.Deploy(t.Context(), d.Dir, "", built.datarights, cc, nil); err != nil {
				t.Fatal(err)
			}
		}
		other := cc
		other.Name = "third"
		if err := network.Deploy(t.Context(), d.Dir, "", built.datarights, other, nil); err == nil {
			t.Error("deployed a third chaincode on the second's ports")
		}
		org, _ := d.Organisation("Bank")
		connection, err := d.Connect(org, d.Admin(org))
		if err != nil {
			t.Fatal(err)
		}
		defer connection.Close()
		if _, err := connection.Submit(t.Context(), "second", "noop"); err != nil {
			t.Fatal(err)
		}
	})

	t.Run("a changed description is refused", func(t *testing.T) {
		changed := *c
		changed.Name = "another"
		_, err := network.Up(t.Context(), network.Options{Dir: options.Dir, Consortium: &changed, Datarights: built.datarights, WithoutGateways: true})
		var fault *network.ChangedError
		if !errors.As(err, &fault) || !strings.Contains(err.Error(), "another") {
			t.Errorf("got %v", err)
		}
	})

	t.Run("what may change takes effect on the processes concerned", func(t *testing.T) {
		before := statusOf(t, d)
		changed := *c
		changed.Organisations = slices.Clone(c.Organisations)
		changed.Organisations[0].Ports.Chaincode = basePort + 100
		changed.Organisations[3].Ports.PeerOps = basePort + 101
		up(t, network.Options{Dir: options.Dir, Consortium: &changed})
		after := statusOf(t, d)
		for _, p := range after.Processes {
			moved := p.Name == "group-chaincode" || p.Name == "bank-peer"
			if (process(t, before, p.Name).PID != p.PID) != moved {
				t.Errorf("%s: pid %d, then %d", p.Name, process(t, before, p.Name).PID, p.PID)
			}
		}
		if p := process(t, after, "group-chaincode"); p.Address != "127.0.0.1:"+strconv.Itoa(basePort+100) {
			t.Errorf("the chaincode server is on %s", p.Address)
		}
		if err := submit(t, d, "Group", "noop"); err != nil {
			t.Error(err)
		}
		up(t, options) // and back
	})

	t.Run("up again changes nothing", func(t *testing.T) {
		before := pids(statusOf(t, d))
		began := time.Now()
		up(t, options)
		if took := time.Since(began); took > 15*time.Second {
			t.Errorf("took %s", took)
		}
		after := pids(statusOf(t, d))
		if fmt.Sprint(before) != fmt.Sprint(after) {
			t.Errorf("processes changed: %v, %v", before, after)
		}
	})

	t.Run("down leaves nothing, up again keeps the ledger", func(t *testing.T) {
		running := statusOf(t, d)
		if err := network.Down(t.Context(), d.Dir, nil); err != nil {
			t.Fatal(err)
		}
		requireGone(t, pids(running))
		if s := statusOf(t, d); s.Running || s.Healthy {
			t.Errorf("status after down: %+v", s)
		}
		began := time.Now()
		up(t, network.Options{Dir: options.Dir}) // the description is kept too
		if took := time.Since(began); took > 30*time.Second {
			t.Errorf("took %s", took)
		}
		if err := submit(t, d, "Regulator", "create", "asset-Group"); err == nil {
			t.Error("the ledger forgot an asset")
		}
		if err := submit(t, d, "Regulator", "noop"); err != nil {
			t.Error(err)
		}
		eventually(t, 30*time.Second, "second chaincode runs again", func() error {
			if p := process(t, statusOf(t, d), "group-chaincode-second"); p.Health != network.HealthOK {
				return errors.New(p.Detail)
			}
			return nil
		})
	})

	t.Run("a killed supervisor leaves nothing and up heals", func(t *testing.T) {
		running := statusOf(t, d)
		if err := syscall.Kill(running.Supervisor.PID, syscall.SIGKILL); err != nil {
			t.Fatal(err)
		}
		requireGone(t, pids(running))
		up(t, network.Options{Dir: options.Dir})
		if err := submit(t, d, "Group", "noop"); err != nil {
			t.Error(err)
		}
	})

	t.Run("keys are closed to others", func(t *testing.T) {
		keys := 0
		err := filepath.WalkDir(d.Dir, func(path string, entry os.DirEntry, err error) error {
			if err != nil || entry.IsDir() {
				return err
			}
			name := entry.Name()
			if filepath.Ext(name) != ".key" && !strings.HasSuffix(name, "_sk") && !strings.HasSuffix(name, ".tar.gz") {
				return nil
			}
			keys++
			info, err := entry.Info()
			if err == nil && info.Mode().Perm() != 0o600 {
				t.Errorf("%s is %s", path, info.Mode())
			}
			return err
		})
		if err != nil || keys < 20 {
			t.Errorf("%d keys, %v", keys, err)
		}
	})
}

// TestRenamedAndGrown: another name, a fifth organisation without an orderer and
// other ports need only the description changed.
func TestRenamedAndGrown(t *testing.T) {
	c := baselineConsortium(t, basePort+200, func(text string) string {
		text = strings.ReplaceAll(text, "[Group, Exchange, Regulator]", "[BigData, Exchange, Regulator, Bank2]")
		text = replaceOnce(t, text, "name: Group\n    mspId: GroupMSP", "name: BigData\n    mspId: BigDataMSP")
		return text + "\n  - name: Bank2\n    mspId: Bank2MSP\n    nameZh: 第二银行\n    function: finance\n    orderer: false\n"
	})
	d := up(t, network.Options{Dir: downAfter(t, t.TempDir()), Consortium: c})
	for _, org := range []string{"BigData", "Bank2"} {
		if err := submit(t, d, org, "write", "k-"+org, "v"); err != nil {
			t.Fatalf("%s: %v", org, err)
		}
	}
	eventually(t, 15*time.Second, "level", level(t, d))
	s := statusOf(t, d)
	if p := process(t, s, "bank2-peer"); *p.Height < 3 {
		t.Errorf("the fifth organisation's peer: %+v", p)
	}
	for _, p := range s.Processes {
		if p.Name == "bank2-orderer" {
			t.Error("an organisation without an orderer runs one")
		}
	}
}

func TestPortTaken(t *testing.T) {
	c := baselineConsortium(t, basePort+400, nil)
	listener, err := net.Listen("tcp", "127.0.0.1:"+strconv.Itoa(c.Organisations[1].Ports.Peer))
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	dir := t.TempDir()
	_, err = network.Up(t.Context(), network.Options{Dir: dir, Consortium: c, Datarights: built.datarights, WithoutGateways: true})
	var fault *network.PortError
	if !errors.As(err, &fault) || fault.Organisation != "Exchange" || fault.Role != "peer" || fault.Port != c.Organisations[1].Ports.Peer {
		t.Fatalf("got %v", err)
	}
	if !strings.Contains(fault.Holder, strconv.Itoa(os.Getpid())) {
		t.Errorf("the error does not name this process: %v", err)
	}
	if _, err := os.Stat(filepath.Join(dir, "group")); err == nil {
		t.Error("made certificates although it could not start")
	}
}

// TestGateways: gateways start last, with the configuration derived for them,
// and are watched like everything else.
func TestGateways(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	fabric, err := network.EnsureFabric(t.Context(), "", built.datarights, logProgress{t})
	if err != nil {
		t.Fatal(err)
	}
	c := baselineConsortium(t, basePort+500, nil)
	d := up(t, network.Options{Dir: downAfter(t, t.TempDir()), Consortium: c, Datarights: self, FabricBin: fabric.Dir})
	s := statusOf(t, d)
	if len(s.Processes) != 16 || !s.Healthy {
		t.Fatalf("%d processes, not healthy: %v", len(s.Processes), unhealthy(s))
	}
	gateway := process(t, s, "bank-gateway")
	if gateway.Height == nil || *gateway.Height != 6 || gateway.Address != "127.0.0.1:"+strconv.Itoa(c.Organisations[3].Ports.Gateway) {
		t.Errorf("%+v", gateway)
	}
	if err := network.Act(t.Context(), d.Dir, "kill", "bank-gateway"); err != nil {
		t.Fatal(err)
	}
	eventually(t, 15*time.Second, "gateway back", func() error {
		if err := restarted(t, d, gateway); err != nil {
			return err
		}
		if p := process(t, statusOf(t, d), "bank-gateway"); p.Health != network.HealthOK {
			return errors.New(p.Detail)
		}
		return nil
	})
}

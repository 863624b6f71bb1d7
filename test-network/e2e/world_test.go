// Package e2e plays everything that people rely on against one real consortium:
// Fabric's own nodes, TLS, BFT ordering, four gateways over HTTP, a browser. The
// consortium is started for this package alone, on ports and in a folder of its
// own, and is gone when the tests end, however they end.
package e2e

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/datarights/datarights/client"
	"github.com/datarights/datarights/network"
	"github.com/datarights/datarights/test-network/demo"
)

// Where this consortium's ports may lie: clear of the demo's and of the other
// packages', and with room for several runs side by side.
const (
	firstBase = 19000
	lastBase  = 19900
	ports     = 100 // more than a consortium of four takes
)

// Bounds of what a busy two-core machine may take.
const (
	upTimeout   = 3 * time.Minute
	playTimeout = 3 * time.Minute
	downTimeout = 2 * time.Minute
)

// world is the consortium under test. Tests run one after the other and leave
// every process running.
type world struct {
	*network.Deployment
	root string // of the repository
	bin  string // programs built from this tree
	data string // the sample tables
	told string // what the first play of the demo told
}

// w is set by TestMain.
var w *world

func TestMain(m *testing.M) {
	code, err := run(m)
	if err != nil {
		fmt.Fprintln(os.Stderr, "e2e:", err)
		code = 1
	}
	os.Exit(code)
}

func run(m *testing.M) (code int, err error) {
	root, err := filepath.Abs("../..")
	if err != nil {
		return 1, err
	}
	temp, err := os.MkdirTemp("", "datarights-e2e-")
	if err != nil {
		return 1, err
	}
	defer func() {
		if err == nil && code == 0 {
			err = os.RemoveAll(temp)
		} else {
			fmt.Fprintln(os.Stderr, "e2e: logs are in", filepath.Join(temp, "run", "logs"))
		}
	}()
	w = &world{root: root, bin: filepath.Join(temp, "bin"), data: filepath.Join(root, "test-network", "data")}
	if err := w.build(); err != nil {
		return 1, err
	}
	fabric, err := findFabric(root)
	if err != nil {
		return 1, err
	}
	dir := filepath.Join(temp, "run")
	guard, err := w.guard(dir)
	if err != nil {
		return 1, err
	}
	defer func() { err = errors.Join(err, guard()) }()
	if err := w.up(dir, fabric); err != nil {
		return 1, err
	}
	code = m.Run()
	return code, w.down()
}

// build makes the programs from this tree, beside nobody else's.
func (w *world) build() error {
	for name, pkg := range map[string]string{"datarights": "./cmd/datarights", "chaincode": "./chaincode"} {
		cmd := exec.Command("go", "build", "-o", filepath.Join(w.bin, name), pkg)
		cmd.Dir = w.root
		if out, err := cmd.CombinedOutput(); err != nil {
			return fmt.Errorf("couldn't build %s: %w\n%s", pkg, err, out)
		}
	}
	return nil
}

// findFabric returns the folder of Fabric's programs. Without them nothing here
// can be tested, which is a failure.
func findFabric(root string) (string, error) {
	dir := os.Getenv(network.FabricBinEnv)
	if dir == "" {
		dir = filepath.Join(root, "bin", "fabric")
	}
	for _, name := range []string{"peer", "orderer", "osnadmin", "configtxgen", "cryptogen"} {
		if _, err := os.Stat(filepath.Join(dir, name)); err != nil {
			return "", fmt.Errorf("no %s in %s: run `make fabric`, or name a folder with Fabric's programs in %s", name, dir, network.FabricBinEnv)
		}
	}
	return dir, nil
}

// guard starts a process that brings the consortium down when this one ends in
// whatever way, a kill included. The returned function ends the watch.
func (w *world) guard(dir string) (func() error, error) {
	cmd := exec.Command("sh", "-c", `cat >/dev/null; exec "$0" network down --dir "$1"`, filepath.Join(w.bin, "datarights"), dir)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true} // an interrupt is for us
	pipe, err := cmd.StdinPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		return nil, fmt.Errorf("couldn't start the guard: %w", err)
	}
	return func() error {
		if err := errors.Join(pipe.Close(), cmd.Wait()); err != nil {
			return fmt.Errorf("couldn't bring the consortium down: %w", err)
		}
		return nil
	}, nil
}

// freeBase finds a range of ports that nobody listens on.
func freeBase() (int, error) {
	for base := firstBase; base <= lastBase; base += ports {
		free := true
		for port := base; free && port < base+ports; port++ {
			l, err := net.Listen("tcp", fmt.Sprintf("%s:%d", network.Host, port))
			if free = err == nil; free {
				free = l.Close() == nil
			}
		}
		if free {
			return base, nil
		}
	}
	return 0, fmt.Errorf("no %d free ports from %d on", ports, firstBase)
}

// up starts the consortium and plays the demo on it: it is what most tests
// stand on, and TestDemo judges it.
func (w *world) up(dir, fabric string) error {
	c, err := network.Load("")
	if err != nil {
		return err
	}
	base, err := freeBase()
	if err != nil {
		return err
	}
	if c, err = c.Rebase(base); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.Background(), upTimeout)
	defer cancel()
	w.Deployment, err = network.Up(ctx, network.Options{
		Dir: dir, Consortium: c, FabricBin: fabric, Datarights: filepath.Join(w.bin, "datarights"),
		Progress: network.NewPlainProgress(os.Stderr),
	})
	if err != nil {
		return err
	}
	ctx, cancel = context.WithTimeout(context.Background(), playTimeout)
	defer cancel()
	w.told, err = w.play(ctx)
	if err != nil {
		return fmt.Errorf("%w\n%s", err, w.told)
	}
	return nil
}

// play plays the demo and returns what it told.
func (w *world) play(ctx context.Context) (string, error) {
	var out bytes.Buffer
	err := demo.Run(ctx, demo.Options{Deployment: w.Deployment, DataDir: w.data, Out: &out})
	return out.String(), err
}

// down stops the consortium and makes sure that none of its processes is left.
func (w *world) down() error {
	status, err := network.StatusOf(context.Background(), w.Dir)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.Background(), downTimeout)
	defer cancel()
	if err := network.Down(ctx, w.Dir, nil); err != nil {
		return err
	}
	if status.Supervisor == nil {
		return errors.New("the supervisor was gone before the tests ended")
	}
	pids := map[string]int{"supervisor": status.Supervisor.PID}
	for _, p := range status.Processes {
		pids[p.Name] = p.PID
	}
	// The supervisor lets go of its lock a moment before it is gone itself.
	for deadline := time.Now().Add(5 * time.Second); ; time.Sleep(50 * time.Millisecond) {
		var left error
		for name, pid := range pids {
			if pid != 0 && alive(pid) {
				left = errors.Join(left, fmt.Errorf("%s (process %d) is left running", name, pid))
			}
		}
		if left == nil || time.Now().After(deadline) {
			return left
		}
	}
}

// alive leaves out zombies: an orphan waits for init to bury it.
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

// url is where an organisation's gateway listens.
func (w *world) url(organisation string) string {
	org, err := w.Organisation(organisation)
	if err != nil {
		panic(err)
	}
	return fmt.Sprintf("http://%s:%d", network.Host, org.Ports.Gateway)
}

// organisations in the order of the description.
func (w *world) organisations() []string {
	var names []string
	for i := range w.Organisations {
		names = append(names, w.Organisations[i].Name)
	}
	return names
}

// client talks to an organisation's gateway.
func (w *world) client(t *testing.T, organisation string) *client.Client {
	t.Helper()
	c, err := client.New(w.url(organisation), client.WithUserAgent("datarights-e2e"))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// cli runs the datarights program built from this tree.
func (w *world) cli(t *testing.T, args ...string) ([]byte, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, filepath.Join(w.bin, "datarights"), args...)
	var out, said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, io.MultiWriter(&said, &out)
	err := cmd.Run()
	if err != nil {
		err = fmt.Errorf("datarights %s: %w: %s", strings.Join(args, " "), err, said.String())
	}
	return out.Bytes(), err
}

// eventually waits for check to pass.
func eventually(t *testing.T, limit time.Duration, what string, check func() error) {
	t.Helper()
	for began := time.Now(); ; time.Sleep(100 * time.Millisecond) {
		err := check()
		if err == nil {
			t.Logf("%s after %s", what, time.Since(began).Round(time.Millisecond))
			return
		}
		if time.Since(began) > limit {
			t.Fatalf("%s: not within %s: %v", what, limit, err)
		}
	}
}

// Package restore loses one organisation of a real consortium whole and puts it
// back from its backup, in a directory of its own, as docs/operations.md says.
package restore

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/datarights/datarights/chaincode/rights"
	"github.com/datarights/datarights/client"
	"github.com/datarights/datarights/network"
	"github.com/datarights/datarights/test-network/scene"
)

// Where this consortium's ports may lie: clear of the demo's and of the other
// packages'.
const (
	firstBase = 24000
	lastBase  = 24900
	ports     = 100
)

const (
	upTimeout   = 6 * time.Minute
	stepTimeout = 8 * time.Minute
	healTimeout = 3 * time.Minute
)

// lab is a checkout of its own with a consortium in run/.
type lab struct {
	*network.Deployment
	t      *testing.T
	folder string // with bin, run and the rest, as a reader of the manual has it
	env    []string
}

func freeBase(t *testing.T) int {
	for base := firstBase; base <= lastBase; base += ports {
		free := true
		for port := base; free && port < base+ports; port++ {
			l, err := net.Listen("tcp", fmt.Sprintf("%s:%d", network.Host, port))
			if free = err == nil; free {
				free = l.Close() == nil
			}
		}
		if free {
			return base
		}
	}
	t.Fatal("no free ports")
	return 0
}

func newLab(t *testing.T) *lab {
	t.Helper()
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	l := &lab{t: t, folder: t.TempDir()}
	for name, pkg := range map[string]string{"datarights": "./cmd/datarights", "chaincode": "./chaincode"} {
		cmd := exec.Command("go", "build", "-o", filepath.Join(l.folder, "bin", name), pkg)
		cmd.Dir = root
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("couldn't build %s: %v\n%s", pkg, err, out)
		}
	}
	if err := os.Symlink(filepath.Join(root, "test-network"), filepath.Join(l.folder, "test-network")); err != nil {
		t.Fatal(err)
	}
	fabric := os.Getenv(network.FabricBinEnv)
	if fabric == "" {
		fabric = filepath.Join(root, "bin", "fabric")
	}
	if _, err := os.Stat(filepath.Join(fabric, "peer")); err != nil {
		t.Fatalf("no Fabric programs in %s: run `make fabric`, or name their folder in %s", fabric, network.FabricBinEnv)
	}
	l.env = append(os.Environ(), network.FabricBinEnv+"="+fabric)
	c, err := network.Load("")
	if err != nil {
		t.Fatal(err)
	}
	if c, err = c.Rebase(freeBase(t)); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), upTimeout)
	defer cancel()
	t.Cleanup(func() { l.down("run") })
	l.Deployment, err = network.Up(ctx, network.Options{
		Dir: filepath.Join(l.folder, "run"), Consortium: c, FabricBin: fabric, Datarights: filepath.Join(l.folder, "bin", "datarights"), Progress: network.NewPlainProgress(os.Stderr),
	})
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func (l *lab) down(dir string) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	if _, err := os.Stat(filepath.Join(l.folder, dir, "consortium.yaml")); err != nil {
		return
	}
	if err := network.Down(ctx, filepath.Join(l.folder, dir), nil); err != nil {
		l.t.Error(err)
	}
}

// shell runs commands as a reader would type them in the repository's folder.
func (l *lab) shell(commands ...string) string {
	l.t.Helper()
	ctx, cancel := context.WithTimeout(l.t.Context(), stepTimeout)
	defer cancel()
	cmd := exec.CommandContext(ctx, "sh", "-eu", "-c", strings.Join(commands, "\n"))
	cmd.Dir, cmd.Env = l.folder, append(l.env, "GROUP_GATEWAY="+l.url("Group"))
	out, err := cmd.CombinedOutput()
	if err != nil {
		l.t.Fatalf("%v\n%s\n%s", err, strings.Join(commands, "\n"), out)
	}
	return string(out)
}

func (l *lab) url(name string) string {
	org, err := l.Organisation(name)
	if err != nil {
		l.t.Fatal(err)
	}
	return fmt.Sprintf("http://%s:%d", network.Host, org.Ports.Gateway)
}

// commit has a newcomer apply through an organisation's gateway.
func (l *lab) commit(via string) {
	l.t.Helper()
	p, err := scene.Newcomer(via)
	if err != nil {
		l.t.Fatal(err)
	}
	s, err := p.Key.Command(p.USCC, p.No, "participant.apply", rights.Application{USCC: p.USCC, Name: "恢复演练企业", OrgType: "OrgEnterprise",
		Roles: []rights.Role{rights.RoleEnterprise}, RegionCode: "320902", PublicKey: p.Key.Info().PublicKey})
	if err != nil {
		l.t.Fatal(err)
	}
	var last error
	for deadline := time.Now().Add(healTimeout); time.Now().Before(deadline); time.Sleep(500 * time.Millisecond) {
		// The same bytes: they are applied once, whoever is asked how often.
		response, err := http.Post(l.url(via)+"/v1/commands", client.MediaTypeCommand, bytes.NewReader(s.JWS))
		if err != nil {
			last = err
			continue
		}
		response.Body.Close()
		if response.StatusCode == http.StatusCreated {
			return
		}
		last = errors.New(response.Status)
	}
	l.t.Fatalf("through %s: %v", via, last)
}

func (l *lab) get(name, path string, into any) error {
	response, err := http.Get(l.url(name) + path)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return errors.New(response.Status)
	}
	return json.NewDecoder(response.Body).Decode(into)
}

// agree waits until every organisation's index has the same height and digest.
func (l *lab) agree() uint64 {
	l.t.Helper()
	type point struct {
		Height uint64 `json:"height"`
		Digest string `json:"digest"`
	}
	var why string
	for deadline := time.Now().Add(healTimeout); time.Now().Before(deadline); time.Sleep(300 * time.Millisecond) {
		seen := map[point][]string{}
		why = ""
		for i := range l.Organisations {
			var p point
			if err := l.get(l.Organisations[i].Name, "/v1/index/digest", &p); err != nil {
				why = l.Organisations[i].Name + ": " + err.Error()
				break
			}
			seen[p] = append(seen[p], l.Organisations[i].Name)
		}
		if why == "" && len(seen) == 1 {
			for p := range seen {
				return p.Height
			}
		}
		why += fmt.Sprint(seen)
	}
	l.t.Fatalf("the indexes do not agree: %s", why)
	return 0
}

// metricsAreServed compares what the rules and the dashboard were checked
// against with what a gateway, a peer and an orderer really serve.
func (l *lab) metricsAreServed() {
	l.t.Helper()
	group, err := l.Organisation("Group")
	if err != nil {
		l.t.Fatal(err)
	}
	scrape := func(curl string) string { return l.shell("curl -sS --fail " + curl) }
	operations := func(o network.OperationsEndpoint) string {
		return fmt.Sprintf("--cert %s/client.crt --key %s/client.key --cacert %s %s/metrics", o.Identity, o.Identity, o.Roots, o.URL)
	}
	nodes := l.OperationsOf(group)
	for file, text := range map[string]string{
		"gateway-metrics.txt":        scrape(l.url("Group") + "/metrics"),
		"fabric-peer-metrics.txt":    scrape(operations(nodes[0])),
		"fabric-orderer-metrics.txt": scrape(operations(nodes[1])),
	} {
		captured, err := os.ReadFile("../../network/monitoring/testdata/" + file)
		if err != nil {
			l.t.Fatal(err)
		}
		for line := range strings.Lines(string(captured)) {
			name, _, _ := strings.Cut(line, " ")
			// These have no series until something has happened.
			if !strings.Contains(text, "# TYPE "+name+" ") && !slices.Contains([]string{"datarights_problems_total", "datarights_records_in_state", "datarights_records"}, name) && strings.HasPrefix(name, "datarights_") {
				l.t.Errorf("%s: nobody serves %s", file, name)
			}
			if file != "gateway-metrics.txt" && slices.Contains(used, name) && !strings.Contains(text, "# TYPE "+name+" ") {
				l.t.Errorf("%s: nobody serves %s", file, name)
			}
		}
	}
}

// used are Fabric's metrics that rules and dashboard name.
var used = []string{"consensus_BFT_cluster_size", "consensus_BFT_leader_id", "consensus_smartbft_view_number", "consensus_smartbft_view_latency_batch_processing",
	"endorser_proposal_duration", "ledger_block_processing_time", "process_open_fds", "process_max_fds", "process_resident_memory_bytes", "process_cpu_seconds_total"}

// drill returns the sh blocks of the manual's section on a lost host, in order.
func drill(t *testing.T) []string {
	t.Helper()
	text, err := os.ReadFile("../../docs/operations.md")
	if err != nil {
		t.Fatal(err)
	}
	_, section, found := strings.Cut(string(text), "<a id=\"backup-drill\"></a>")
	if !found {
		t.Fatal("the manual has no drill")
	}
	_, section, _ = strings.Cut(section, "\n## ") // its own heading
	section, _, _ = strings.Cut(section, "\n## ")
	var blocks []string
	for _, rest := range strings.Split(section, "\n```sh\n")[1:] {
		block, _, _ := strings.Cut(rest, "\n```")
		blocks = append(blocks, block)
	}
	if len(blocks) != 3 {
		t.Fatalf("%d blocks in the drill, want: back up, lose, restore", len(blocks))
	}
	return blocks
}

// manual returns the other sh blocks of the manual, each harmless to a node
// that is well.
func manual(t *testing.T, drill []string) (blocks []string) {
	t.Helper()
	text, err := os.ReadFile("../../docs/operations.md")
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for _, rest := range strings.Split(string(text), "\n```sh\n")[1:] {
		block, _, closed := strings.Cut(rest, "\n```")
		if !closed {
			t.Fatal("a block is not closed")
		}
		if !slices.Contains(drill, block) && !seen[block] { // alerts share some
			blocks, seen[block] = append(blocks, block), true
		}
	}
	if len(blocks) < 10 {
		t.Fatalf("only %d blocks", len(blocks))
	}
	return blocks
}

// TestLostHost runs the manual's blocks on a healthy node, then backs up the Group while the market goes on, destroys its folder,
// restores it elsewhere and goes on: the peer catches up, the index is equal to
// the others', a command through its gateway commits, and the register of marks
// still names the buyer.
func TestLostHost(t *testing.T) {
	steps := drill(t)
	l := newLab(t)
	l.commit("Group")
	l.metricsAreServed() // before anything is restarted: some appear with the first block
	for _, block := range manual(t, steps) {
		l.shell(block)
		l.agree()
	}
	// A copy marked for a buyer, with its register where the Group keeps it.
	l.shell(`mkdir -p run/group/marks work
head -n 3000 test-network/data/seattle-weather-hourly-normals.csv > work/weather.csv
cat > work/plan.yaml <<'PLAN'
columns:
  - {name: pressure, tolerance: "0.1"}
  - {name: temperature, tolerance: "0.1"}
  - {name: wind, tolerance: "0.1"}
PLAN
bin/datarights watermark keygen work/key.json --product DP-320900-20261129-0a1b2c3d4e5f-00 --plan work/plan.yaml
n=0
for buyer in 91320903MA0A00946G 91320981MA0A00954A; do
  n=$((n + 1))
  bin/datarights watermark embed work/weather.csv work/copy-$n.csv --key work/key.json --register run/group/marks --delivery DL-320900-20261129-0a1b2c3d4e5f-0$n --recipient $buyer
done`)
	l.agree()
	l.shell(steps[0])
	l.agree() // it was paused, and is back
	kept, err := os.ReadFile(filepath.Join(l.folder, "run", "group", "matchtag.key"))
	if err != nil {
		t.Fatal(err)
	}
	l.commit("Exchange") // after the backup
	height := l.agree()

	l.shell(steps[1])
	if _, err := os.Stat(filepath.Join(l.folder, "run", "group")); !errors.Is(err, os.ErrNotExist) {
		t.Fatalf("the Group is still there: %v", err)
	}
	for range 3 {
		l.commit("Regulator") // the others go on without it
	}

	t.Cleanup(func() { l.down("restored") })
	out := l.shell(steps[2])
	t.Log(out)
	if after := l.agree(); after < height+3 {
		t.Errorf("at height %d, want at least %d", after, height+3)
	}
	before := l.agree()
	l.commit("Group")
	l.commit("Bank")
	if after := l.agree(); after < before+2 {
		t.Errorf("two commands took the ledger from %d to %d", before, after)
	}
	if again, err := os.ReadFile(filepath.Join(l.folder, "restored", "group", "matchtag.key")); err != nil || !bytes.Equal(again, kept) {
		t.Errorf("the platform's key is another: %v", err)
	}
	out = l.shell("bin/datarights watermark detect work/copy-2.csv --key work/key.json --register restored/group/marks")
	if !strings.Contains(out, "91320981MA0A00954A") || !strings.Contains(out, "✓") {
		t.Errorf("the buyer is not named any more:\n%s", out)
	}
	// All its nodes are at the same height as the others', the orderer too.
	status, err := network.StatusOf(t.Context(), filepath.Join(l.folder, "restored"))
	if err != nil {
		t.Fatal(err)
	}
	if len(status.Processes) != 4 || !status.Healthy {
		t.Errorf("%d processes, healthy %t: %+v", len(status.Processes), status.Healthy, status.Processes)
	}
}

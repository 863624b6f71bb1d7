package network

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/datarights/datarights/network/builder"
	"github.com/datarights/datarights/network/supervisor"
)

// Options say which consortium to bring up and with what.
type Options struct {
	// Dir is the run directory; everything the consortium keeps is below it.
	Dir string
	// Config is the description's path. Empty: the one Dir was made from,
	// and for a new Dir the example that comes with the program.
	Config string
	// Consortium, when set, is used instead of Config.
	Consortium *Consortium
	// FabricBin is a folder with Fabric's programs; see EnsureFabric.
	FabricBin string
	// Datarights is the datarights program, which runs as supervisor, gateway
	// and external builder. Empty: the running program.
	Datarights string
	// Here are the organisations whose processes run from Dir. None named means
	// those of the last time, and for a new Dir all.
	Here []string
	// WithoutGateways leaves the gateways out.
	WithoutGateways bool
	Progress        Progress
}

// foundTimeout covers the first start of the chaincode on two peers.
const foundTimeout = 60 * time.Second

// Up makes what is missing, starts what does not run and returns the deployment
// when every process is ready and the chaincode is committed and founded. Called
// again it reuses what stands. The processes outlive the caller.
func Up(ctx context.Context, options Options) (*Deployment, error) {
	progress := options.Progress
	if progress == nil {
		progress = Silent{}
	}
	datarights, err := datarightsProgram(options.Datarights)
	if err != nil {
		return nil, err
	}
	d, err := options.deployment()
	if err != nil {
		return nil, err
	}
	one, err := acquireLock(d.path("supervisor", "up.lock"))
	if errors.Is(err, errLocked) {
		return nil, fmt.Errorf("another `network up` works on %s; wait for it", d.Dir)
	}
	if err != nil {
		return nil, err
	}
	defer one.release()

	exists, err := d.checkFoundation()
	if err != nil {
		return nil, err
	}
	mainChaincode, err := d.mainChaincode(datarights)
	if err != nil {
		return nil, err
	}
	for _, org := range d.here() {
		if _, err := buildMark(mainChaincode.programOf(org), ""); err != nil {
			return nil, fmt.Errorf("chaincode %s of %s: %w", mainChaincode.Name, org.Name, err)
		}
	}
	fabric, err := EnsureFabric(ctx, options.FabricBin, datarights, progress)
	if err != nil {
		return nil, err
	}
	// A supervisor of an earlier build may not understand what this one writes
	// down. The kept state starts again in seconds.
	if d.supervisorReplaced() {
		if err := Down(ctx, d.Dir, progress); err != nil {
			return nil, err
		}
	}
	running, err := d.runningProcesses(ctx)
	if err != nil {
		return nil, err
	}
	if err := d.preflight(!options.WithoutGateways, running); err != nil {
		return nil, err
	}
	if err := d.prepare(ctx, fabric, datarights, exists, progress); err != nil {
		return nil, err
	}
	if err := d.startNodes(ctx, fabric, datarights, progress); err != nil {
		return nil, err
	}
	if err := d.joinAll(ctx, fabric, progress); err != nil {
		return nil, err
	}
	if err := d.deployAll(ctx, fabric, mainChaincode, progress); err != nil {
		return nil, err
	}
	if err := d.found(ctx, mainChaincode, progress); err != nil {
		return nil, err
	}
	if !options.WithoutGateways {
		if err := d.startGateways(ctx, datarights, progress); err != nil {
			return nil, err
		}
	}
	return d, nil
}

// datarightsProgram resolves the program that children run.
func datarightsProgram(given string) (string, error) {
	program := given
	if program == "" {
		self, err := os.Executable()
		if err != nil {
			return "", fmt.Errorf("couldn't find this program's file: %w", err)
		}
		if strings.HasSuffix(self, ".test") {
			return "", errors.New("a test must name the datarights program in Options.Datarights: it runs as supervisor and builder")
		}
		program = self
	}
	program, err := filepath.Abs(program)
	if err != nil {
		return "", fmt.Errorf("couldn't resolve the datarights program: %w", err)
	}
	_, err = buildMark(program, "")
	return program, err
}

func (o Options) deployment() (*Deployment, error) {
	if o.Dir == "" {
		return nil, errors.New("no run directory given")
	}
	dir, err := filepath.Abs(o.Dir)
	if err != nil {
		return nil, fmt.Errorf("couldn't resolve the run directory: %w", err)
	}
	c := o.Consortium
	if c == nil {
		config := o.Config
		if saved := filepath.Join(dir, "consortium.yaml"); config == "" {
			if _, err := os.Stat(saved); err == nil {
				config = saved
			}
		}
		if c, err = Load(config); err != nil {
			return nil, err
		}
	}
	d := &Deployment{Consortium: c, Dir: dir}
	if len(o.Here) == 0 {
		return d, d.loadHost()
	}
	return d, d.settle(o.Here)
}

// runningProcesses names the processes that a supervisor already runs.
func (d *Deployment) runningProcesses(ctx context.Context) (map[string]bool, error) {
	supervised, err := d.supervised()
	if err != nil || !supervised {
		return nil, err
	}
	report, err := d.client().Report(ctx)
	if err != nil {
		return nil, err
	}
	running := map[string]bool{}
	for _, p := range report.Processes {
		running[p.Name] = p.State == supervisor.StateRunning
	}
	return running, nil
}

// prepare makes what the ledger is founded on, once, and derives the rest anew.
func (d *Deployment) prepare(ctx context.Context, fabric Fabric, datarights string, exists bool, progress Progress) (err error) {
	step := progress.Begin("Derive certificates and configuration", "生成证书与配置")
	defer func() { step.End(err) }()
	if !exists {
		step.Detail("certificates")
		if err := d.makeCertificates(ctx, fabric); err != nil {
			return err
		}
		step.Detail("channel")
		if err := d.makeGenesisBlock(ctx, fabric); err != nil {
			return err
		}
		if err := d.saveFoundation(); err != nil {
			return err
		}
	}
	step.Detail("nodes")
	if err := d.saveDescription(); err != nil {
		return err
	}
	if err := d.saveHost(); err != nil {
		return err
	}
	if err := d.writeNodeConfigs(); err != nil {
		return err
	}
	return builder.Link(d.builder(), datarights)
}

func (d *Deployment) startNodes(ctx context.Context, fabric Fabric, datarights string, progress Progress) (err error) {
	step := progress.Begin("Start orderers, peers and chaincode servers", "启动排序节点、对等节点与链码服务")
	defer func() { step.End(err) }()
	if err := d.ensureSupervisor(ctx, datarights); err != nil {
		return err
	}
	var specs []supervisor.Spec
	for _, org := range d.here() {
		if org.RunsOrderer() {
			spec, err := d.ordererSpec(org, fabric)
			if err != nil {
				return err
			}
			specs = append(specs, spec)
		}
		spec, err := d.peerSpec(org, fabric)
		if err != nil {
			return err
		}
		specs = append(specs, spec)
	}
	for _, spec := range specs {
		if err := d.client().Put(ctx, spec); err != nil {
			return err
		}
	}
	return nil
}

func (d *Deployment) joinAll(ctx context.Context, fabric Fabric, progress Progress) (err error) {
	step := progress.Begin("Join the channel "+d.Channel, "加入通道 "+d.Channel)
	defer func() { step.End(err) }()
	step.Detail("orderers")
	err = each(d.orderersHere(), func(org *Organisation) error { return d.joinOrderer(ctx, org, step) })
	target := d.tip(ctx)
	if err == nil {
		err = d.catchUp(ctx, d.orderersHere(), KindOrderer, target, d.ordererHeight, step)
	}
	if err != nil {
		return fmt.Errorf("%w (logs: %s)", err, d.logs())
	}
	step.Detail("peers")
	err = each(d.here(), func(org *Organisation) error { return d.joinPeer(ctx, fabric, org) })
	if err == nil {
		err = d.catchUp(ctx, d.here(), KindPeer, target, d.peerHeight, step)
	}
	if err != nil {
		return fmt.Errorf("%w (logs: %s)", err, d.logs())
	}
	return nil
}

// deployAll deploys the main chaincode and restarts the servers of those
// deployed beside it.
func (d *Deployment) deployAll(ctx context.Context, fabric Fabric, mainChaincode Chaincode, progress Progress) error {
	if err := d.deploy(ctx, fabric, mainChaincode, progress); err != nil {
		return err
	}
	known, err := d.deployed()
	if err != nil {
		return err
	}
	for _, cc := range known {
		if cc.Slot == mainChaincode.Slot {
			continue
		}
		specs, err := d.chaincodeServers(cc)
		if err != nil {
			return err
		}
		for _, spec := range specs {
			if err := d.client().Put(ctx, spec); err != nil {
				return err
			}
		}
	}
	return nil
}

// found gives the chaincode the genesis document, once.
func (d *Deployment) found(ctx context.Context, cc Chaincode, progress Progress) (err error) {
	if d.Chaincode.Founding != nil && !*d.Chaincode.Founding {
		return nil
	}
	step := progress.Begin("Found the ledger", "创立账本")
	defer func() { step.End(err) }()
	first := d.here()[0]
	connection, err := d.Connect(first, d.Admin(first))
	if err != nil {
		return err
	}
	defer connection.Close()
	genesis, err := d.Genesis()
	if err != nil {
		return err
	}
	return waitFor(ctx, foundTimeout, "found the ledger", func(ctx context.Context) error {
		founded, err := connection.Evaluate(ctx, cc.Name, "Founded")
		if err != nil || string(founded) == "true" {
			return err
		}
		_, err = connection.Submit(ctx, cc.Name, "Found", genesis)
		return err
	})
}

func (d *Deployment) startGateways(ctx context.Context, datarights string, progress Progress) (err error) {
	step := progress.Begin("Start gateways", "启动网关")
	defer func() { step.End(err) }()
	return each(d.here(), func(org *Organisation) error {
		spec, err := d.gatewaySpec(org, datarights)
		if err != nil {
			return err
		}
		if err := d.client().Put(ctx, spec); err != nil {
			return err
		}
		status := ProcessStatus{}
		err = waitFor(ctx, nodeReadyTimeout, "start the gateway", func(ctx context.Context) error {
			return askGateway(local(org.Ports.Gateway))(ctx, http.DefaultClient, &status)
		})
		if err != nil {
			return fmt.Errorf("%w (see %s)", err, filepath.Join(d.logs(), spec.Name+".log"))
		}
		return nil
	})
}

package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	_ "net/http/pprof" // the side door of serve
	"os"
	"os/signal"
	"path/filepath"
	"runtime/debug"
	"runtime/pprof"
	"sync"
	"syscall"
	"time"

	"github.com/dgraph-io/badger/v4"
	"github.com/hyperledger/fabric-protos-go-apiv2/common"

	"github.com/datarights/datarights/chaincode/rights"
	"github.com/datarights/datarights/explorer"
	"github.com/datarights/datarights/gateway/api"
	"github.com/datarights/datarights/gateway/index"
	"github.com/datarights/datarights/gateway/lineage"
	"github.com/datarights/datarights/gateway/outcome"
	"github.com/datarights/datarights/internal/fabricproof"
	"github.com/datarights/datarights/test-network/machine"
)

// What runs in a process of its own, so that its memory and processor time are
// the gateway's alone. Each writes lines of JSON to standard output.

// progressLine is how far a rebuild is.
type progressLine struct {
	Done, Total uint64
	Seconds     float64 // since the first block
	RSS         int64   // KiB
	Anonymous   int64   // KiB, without mapped files
	Finished    bool
	Applied     float64 // seconds the blocks took; the rest is the check
	AppliedCPU  float64
	Peak        int64 // KiB
	CPU         float64
	Disk        int64
	Digest      string
}

const lineEvery = 500 * time.Millisecond

func printLine(v any) {
	raw, err := json.Marshal(v)
	if err == nil {
		fmt.Println(string(raw))
	}
}

// rebuild runs the rebuild an operator runs, with garbage collected as seldom as
// there.
func rebuild(ctx context.Context, dir, socket, profileTo string) error {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(200)
	}
	if profileTo != "" {
		f, err := os.Create(profileTo)
		if err != nil {
			return err
		}
		defer f.Close()
		if err := pprof.StartCPUProfile(f); err != nil {
			return err
		}
		defer pprof.StopCPUProfile()
	}
	began := time.Now()
	var told time.Time
	var applied, appliedCPU float64
	r, err := index.Rebuild(ctx, dir, index.Options{}, source{socket}, func(done, total uint64) {
		if done == total {
			applied, appliedCPU = time.Since(began).Seconds(), machine.ProcessorTime("self").Seconds()
		}
		if done == total || time.Since(told) > lineEvery {
			told = time.Now()
			printLine(progressLine{Done: done, Total: total, Seconds: time.Since(began).Seconds(), RSS: memory("self", "VmRSS"), Anonymous: memory("self", "RssAnon")})
		}
	})
	if err != nil {
		return err
	}
	disk, err := sizeOf(dir)
	if err != nil {
		return err
	}
	printLine(progressLine{Done: r.Height, Total: r.Height, Finished: true, Seconds: time.Since(began).Seconds(), Applied: applied, AppliedCPU: appliedCPU,
		Peak: memory("self", "VmHWM"), CPU: machine.ProcessorTime("self").Seconds(), Disk: disk, Digest: r.Digest})
	return nil
}

// raw writes what the blocks write, key by key as it is, into Badger as it comes,
// reading nothing: the least that keeping the world state costs.
func raw(ctx context.Context, dir, socket string, blocks uint64) error {
	db, err := badger.Open(badger.DefaultOptions(dir).WithLogger(nil))
	if err != nil {
		return err
	}
	began := time.Now()
	errEnough := errors.New("enough")
	err = source{socket}.Stream(ctx, 0, func(b *common.Block) error {
		batch := db.NewWriteBatch()
		for _, e := range b.GetData().GetData() {
			t, err := fabricproof.ReadTransaction(e)
			if err != nil {
				continue // the configuration
			}
			for i := range t.Actions {
				result, err := t.Actions[i].Result(index.DefaultNamespace)
				if err != nil {
					return err
				}
				for _, w := range result.Writes {
					if w.Deleted {
						err = batch.Delete([]byte(w.Key))
					} else {
						err = batch.Set([]byte(w.Key), w.Value)
					}
					if err != nil {
						return err
					}
				}
			}
		}
		if err := batch.Flush(); err != nil {
			return err
		}
		if b.GetHeader().GetNumber()+1 >= blocks {
			return errEnough
		}
		return nil
	})
	if !errors.Is(err, errEnough) {
		return errors.Join(err, db.Close())
	}
	if err := db.Close(); err != nil {
		return err
	}
	printLine(progressLine{Done: blocks, Total: blocks, Finished: true, Seconds: time.Since(began).Seconds(), Peak: memory("self", "VmHWM"), CPU: machine.ProcessorTime("self").Seconds()})
	return nil
}

// nobody takes no commands: only questions are asked here.
type nobody struct{ source }

var errReadOnly = errors.New("only questions are asked here")

func (nobody) Submit(context.Context, []byte) (outcome.Outcome, error) {
	return outcome.Outcome{}, errReadOnly
}

func (nobody) SubmitAsync(context.Context, []byte) (outcome.Outcome, error) {
	return outcome.Outcome{}, errReadOnly
}

func (nobody) Fate(string) (outcome.Fate, bool) { return outcome.Fate{}, false }

// serveLine says where the gateway is reached, and a second one when it has read
// the lineage.
type serveLine struct {
	Address string
	Debug   string // profiles, on another port
	Loaded  float64
}

// serve is cmd/datarights' gateway with this ledger in place of a peer. The access
// log is made and thrown away.
func serve(ctx context.Context, dir, socket string) (err error) {
	log := slog.New(slog.NewJSONHandler(io.Discard, nil))
	x, err := index.Open(dir, index.Options{})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, x.Close()) }()
	pages, err := explorer.New(explorer.Options{Reader: x, Site: rights.Text{Zh: "数据产权登记簿", En: "Data Rights Registry"}, Log: log, Hidden: api.Private,
		Organisation: explorer.Organisation{MSPID: "GroupMSP", Name: rights.Text{Zh: "市大数据集团", En: "Group"}}})
	if err != nil {
		return err
	}
	from := source{socket}
	graph := lineage.New()
	handler, err := api.New(api.Options{Name: "GroupMSP", Reader: x, Lineage: graph, Submitter: nobody{from}, Peer: nobody{from}, Pages: pages, Log: log,
		Limits: api.Limits{RequestsPerSecond: 1e6, Burst: 1e6}}) // one machine asks for all
	if err != nil {
		return err
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	debug, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	go func() { _ = http.Serve(debug, nil) }() //nolint:gosec // on loopback, for this run's profiles
	following, stop := context.WithCancel(ctx)
	var working sync.WaitGroup
	working.Go(func() { _ = index.NewFollower(x, from, log).Run(following) }) // ends with the run
	began := time.Now()
	working.Go(func() { graph.Run(following, x, log) })
	printLine(serveLine{Address: listener.Addr().String(), Debug: debug.Addr().String()})
	working.Go(func() {
		if graph.Wait(following, 1) == nil {
			printLine(serveLine{Loaded: time.Since(began).Seconds()})
		}
	})
	err = api.Serve(ctx, listener, handler, log)
	stop()
	working.Wait()
	return err
}

// child runs one of the above until it is told to stop.
func child(args []string) error {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	switch args[0] {
	case "rebuild":
		return rebuild(ctx, args[1], args[2], args[3])
	case "serve":
		return serve(ctx, args[1], args[2])
	case "raw":
		var blocks uint64
		if _, err := fmt.Sscan(args[3], &blocks); err != nil {
			return err
		}
		return raw(ctx, args[1], args[2], blocks)
	}
	return fmt.Errorf("no part %q", args[0])
}

func sizeOf(dir string) (int64, error) {
	var n int64
	err := filepath.Walk(dir, func(_ string, i os.FileInfo, err error) error {
		if err != nil || i.IsDir() {
			return err
		}
		n += allocated(i)
		return nil
	})
	return n, err
}

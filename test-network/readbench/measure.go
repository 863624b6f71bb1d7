package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"

	"github.com/datarights/datarights/test-network/machine"
)

// bench is one run. It is used by one goroutine.
type bench struct {
	settings
	ledger *ledger
	out    io.Writer // progress
	report report
}

// needed is the room a chain and its index take at most, in bytes a record.
const needed = 3500

// chainFile and indexDir are kept for the next run of the same size.
func (b *bench) chainFile() string { return b.kept("chain") }
func (b *bench) indexDir() string  { return b.kept("index") }

func (b *bench) kept(what string) string {
	return filepath.Join(b.dir, fmt.Sprintf("%s-%d-%d", what, b.size.Rights, b.size.History))
}

func (b *bench) say(format string, args ...any) { fmt.Fprintf(b.out, "… "+format+"\n", args...) }

func (b *bench) measure(ctx context.Context) (err error) {
	var room syscall.Statfs_t
	if err := syscall.Statfs(b.dir, &room); err == nil {
		//nolint:unconvert // other systems have other types
		if have, want := int64(room.Bavail)*int64(room.Bsize), int64(b.report.Records)*needed; have < want {
			return fmt.Errorf("%s has %d GiB free; %d records may take %d GiB", b.dir, have>>30, b.report.Records, want>>30)
		}
	}
	socket := filepath.Join(b.dir, "peer.sock")
	_ = os.Remove(socket) // of a run that was killed
	bar := newBar(b.out, int64(b.report.Blocks), "造链 / the chain")
	b.say("making the chain: %d blocks, %d transactions, %d records", b.report.Blocks, b.report.Acts, b.report.Records)
	if b.ledger, err = newLedger(socket, b.chainFile(), b.size, b.report.Blocks, func(done uint64) { bar.set(int64(done), "") }); err != nil {
		return err
	}
	bar.end()
	debug.FreeOSMemory() // what making it took is not needed any more
	defer func() { err = errors.Join(err, b.ledger.close()) }()
	if _, err := os.Stat(b.indexDir()); err == nil {
		b.say("using the index kept in %s", b.dir)
	} else if err := b.build(ctx, socket); err != nil {
		return err
	}
	if b.rebuildOnly {
		return nil
	}
	return b.read(ctx, socket)
}

// part starts one of this program's parts and reads its lines.
func (b *bench) part(ctx context.Context, limit string, args ...string) (*exec.Cmd, *bufio.Scanner, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, nil, err
	}
	cmd := exec.CommandContext(ctx, self, append([]string{"part"}, args...)...)
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	cmd.WaitDelay = time.Minute
	cmd.Stderr = b.out
	if limit != "" {
		cmd.Env = append(os.Environ(), "GOMEMLIMIT="+limit)
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return nil, nil, err
	}
	return cmd, bufio.NewScanner(stdout), cmd.Start()
}

// build has the index rebuilt from the first block, and the baseline write the
// beginning of the same chain.
func (b *bench) build(ctx context.Context, socket string) error {
	b.say("rebuilding the index")
	cmd, lines, err := b.part(ctx, b.rebuildLimit, "rebuild", b.indexDir(), socket, b.cpuProfile)
	if err != nil {
		return err
	}
	bar := newBar(b.out, int64(b.report.Blocks), "重建 / rebuild")
	var result progressLine
	var way []progressLine
	for lines.Scan() {
		var line progressLine
		if err := json.Unmarshal(lines.Bytes(), &line); err != nil {
			return err
		}
		if result = line; !line.Finished {
			way = append(way, line)
			bar.set(int64(line.Done), fmt.Sprintf("%d MiB", line.RSS>>10))
		}
	}
	bar.end()
	if err := cmd.Wait(); err != nil {
		return fmt.Errorf("rebuild: %w", err)
	}
	if !result.Finished {
		return errors.New("the rebuild said nothing of its end")
	}
	r := &rebuilt{Seconds: result.Applied, WithCheck: result.Seconds, Peak: result.Peak, CPU: result.AppliedCPU, CheckCPU: result.CPU - result.AppliedCPU, Disk: result.Disk, Digest: result.Digest}
	for _, line := range way {
		r.Anonymous = max(r.Anonymous, line.Anonymous)
	}
	r.PerSecond, r.WithCheckPS = float64(b.report.Records)/r.Seconds, float64(b.report.Records)/r.WithCheck
	b.report.Rebuild = r
	b.say("%.0f records a second; %.0f with the check", r.PerSecond, r.WithCheckPS)

	// The baseline: a tenth of the chain, or all of a small one.
	r.RawBlocks = max(b.report.Blocks/10, min(b.report.Blocks, 2000))
	for _, line := range way {
		if line.Done >= r.RawBlocks {
			r.RawBlocks, r.IndexSeconds = line.Done, line.Seconds
			break
		}
	}
	b.say("baseline: the same keys and values of the first %d blocks into Badger", r.RawBlocks)
	dir := filepath.Join(b.dir, "raw")
	defer os.RemoveAll(dir)
	if cmd, lines, err = b.part(ctx, b.rebuildLimit, "raw", dir, socket, strconv.FormatUint(r.RawBlocks, 10)); err != nil {
		return err
	}
	for lines.Scan() {
		if err := json.Unmarshal(lines.Bytes(), &result); err != nil {
			return err
		}
	}
	if err := cmd.Wait(); err != nil {
		return fmt.Errorf("baseline: %w", err)
	}
	r.RawSeconds, r.RawCPU = result.Seconds, result.CPU
	return nil
}

// Pace of what is applied while reads go on.
const liveEvery = 500 * time.Millisecond

func (b *bench) read(ctx context.Context, socket string) (err error) {
	serving, stop := context.WithCancel(ctx)
	defer stop()
	cmd, lines, err := b.part(serving, b.limit, "serve", b.indexDir(), socket)
	if err != nil {
		return err
	}
	defer func() {
		stop()
		if werr := cmd.Wait(); err == nil && !errors.Is(werr, context.Canceled) {
			err = werr
		}
	}()
	var at, read serveLine
	next := func(line *serveLine) error {
		if !lines.Scan() {
			return errors.New("the gateway did not come up")
		}
		return json.Unmarshal(lines.Bytes(), line)
	}
	if err := next(&at); err != nil {
		return err
	}
	pid := strconv.Itoa(cmd.Process.Pid)
	b.say("gateway at http://%s, profiles at http://%s/debug/pprof", at.Address, at.Debug)
	c := newCity(b.size)
	for p := newPlanner(b.size); !p.done(); {
		for _, a := range p.next() {
			c.skip(a)
		}
	}
	asker := newAsker(at.Address)
	all := questions(c)
	ask := func(classes []class, lasting time.Duration, seed int) ([]latencies, error) {
		before := machine.ProcessorTime(pid)
		found, err := asker.ask(ctx, classes, b.rate, lasting, seed)
		if err != nil {
			return nil, err
		}
		asked := 0
		for _, l := range found {
			asked += l.Asked
		}
		for i := range found {
			found[i].CPU = float64((machine.ProcessorTime(pid) - before).Microseconds()) / 1000 / float64(asked)
		}
		for _, l := range found {
			b.say("%-36s p50 %8.2f  p99 %8.2f  max %8.2f ms  cpu %.2f ms  failed %d %s", l.Class, l.P50, l.P99, l.Max, l.CPU, l.Failed, l.first)
		}
		return found, nil
	}
	if b.only != "" {
		all = append(all[:1], slices.DeleteFunc(all[1:], func(c class) bool { return !strings.Contains(c.name, b.only) })...)
	}
	memoryNow := func() {
		b.report.Gateway.RSS, b.report.Gateway.Peak, b.report.Gateway.Anonymous = memory(pid, "VmRSS"), memory(pid, "VmHWM"), memory(pid, "RssAnon")
	}
	if b.only == "" {
		b.say("everything at once, caches cold")
		cold, err := ask(all, b.each, 1)
		if err != nil {
			return err
		}
		b.report.Sections = append(b.report.Sections, section{"刚启动，混合，谱系图载入中 / Just started, all kinds together, lineage being read", cold})
	}
	if err := next(&read); err != nil {
		return err
	}
	b.report.Gateway.Loaded = read.Loaded
	b.say("lineage was read after %.1f s", read.Loaded)
	b.say("each by itself")
	var warm []latencies
	for i, q := range all {
		found, err := ask([]class{q}, b.each, 2+i)
		if err != nil {
			return err
		}
		warm = append(warm, found...)
	}
	for i := range warm[1:] {
		l := &warm[i+1]
		l.OverP50, l.OverP99 = l.P50/warm[0].P50, l.P99/warm[0].P99
	}
	b.report.Sections = append(b.report.Sections, section{"逐类 / Each kind by itself", warm})
	if b.only != "" {
		memoryNow()
		return nil
	}
	b.say("everything at once, while blocks come")
	applying, end := context.WithCancel(ctx)
	applied := make(chan int, 1)
	go func() {
		n := 0
		for tick := time.NewTicker(liveEvery); ; n++ {
			select {
			case <-tick.C:
				b.ledger.grow()
			case <-applying.Done():
				tick.Stop()
				applied <- n
				return
			}
		}
	}()
	live, err := ask(all, 3*b.each, 100)
	end()
	b.report.Gateway.Applied = <-applied
	if err != nil {
		return err
	}
	memoryNow()
	b.report.Sections = append(b.report.Sections, section{fmt.Sprintf("同时应用区块，混合 / All kinds together, %d blocks applied meanwhile", b.report.Gateway.Applied), live})
	return nil
}

// commit names the sources as git has them, if this is a checkout.
func commit(ctx context.Context) string {
	git := func(args ...string) string {
		out, err := exec.CommandContext(ctx, "git", args...).Output()
		if err != nil {
			return ""
		}
		return strings.TrimSpace(string(out))
	}
	id := git("rev-parse", "--short=12", "HEAD")
	if id != "" && git("status", "--porcelain", "--untracked-files=no") != "" {
		id += " with changes"
	}
	return id
}

// bar shows progress: on a terminal as one, elsewhere as a line now and then.
type bar struct {
	out   io.Writer
	shown *progressbar.ProgressBar
	total int64
	began time.Time
	told  time.Time
}

func newBar(out io.Writer, total int64, title string) *bar {
	b := &bar{out: out, total: total, began: time.Now(), told: time.Now()}
	if file, ok := out.(*os.File); ok && term.IsTerminal(int(file.Fd())) {
		b.shown = progressbar.NewOptions64(total, progressbar.OptionSetWriter(out), progressbar.OptionSetDescription(title),
			progressbar.OptionSetPredictTime(true), progressbar.OptionSetElapsedTime(true), progressbar.OptionShowCount())
	}
	return b
}

const tellEvery = 15 * time.Second

func (b *bar) set(done int64, detail string) {
	if b.shown != nil {
		_ = b.shown.Set64(done) // only drawing can fail
		return
	}
	if time.Since(b.told) < tellEvery {
		return
	}
	b.told = time.Now()
	left := time.Duration(float64(time.Since(b.began)) * float64(b.total-done) / float64(max(done, 1)))
	fmt.Fprintf(b.out, "… %d of %d, %s left, %s\n", done, b.total, left.Round(time.Second), detail)
}

func (b *bar) end() {
	if b.shown != nil {
		_ = b.shown.Finish() // only drawing can fail
		fmt.Fprintln(b.out)
	}
}

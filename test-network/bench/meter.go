package main

import (
	"context"
	"os"
	"strconv"
	"time"

	"github.com/datarights/datarights/network"
	"github.com/datarights/datarights/test-network/machine"
)

// meter reads the processor time of the consortium's processes, kind by kind.
type meter struct{ pids map[string][]int }

// kindSelf is this program: the callers and the HTTP or gRPC client in them.
const kindSelf = "callers"

func newMeter(ctx context.Context, dir string) (*meter, error) {
	status, err := network.StatusOf(ctx, dir)
	if err != nil {
		return nil, err
	}
	if !status.Running {
		return nil, network.ErrNotRunning
	}
	m := &meter{pids: map[string][]int{kindSelf: {os.Getpid()}}}
	for _, p := range status.Processes {
		m.pids[p.Kind] = append(m.pids[p.Kind], p.PID)
	}
	return m, nil
}

func (m *meter) read() map[string]time.Duration {
	now := map[string]time.Duration{}
	for kind, pids := range m.pids {
		for _, pid := range pids {
			now[kind] += machine.ProcessorTime(strconv.Itoa(pid))
		}
	}
	return now
}

// since is the time used since before, in milliseconds an operation.
func (m *meter) since(before map[string]time.Duration, operations int) map[string]float64 {
	used := map[string]float64{}
	for kind, now := range m.read() {
		used[kind] = float64((now - before[kind]).Microseconds()) / 1000 / float64(operations)
	}
	return used
}

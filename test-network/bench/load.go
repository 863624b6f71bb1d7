package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// operation does the n-th piece of work as one of the callers.
type operation func(ctx context.Context, caller, n int) error

// sample is what one contender did in one round.
type sample struct {
	PerSecond float64 `json:"perSecond"`
	P50       float64 `json:"p50ms"`
	P99       float64 `json:"p99ms"`
	Failed    int     `json:"failed"`
	// CPU is the processor time each kind of process took, in milliseconds an
	// operation. Unlike the rate it hardly depends on what else the machine does.
	CPU map[string]float64 `json:"cpuMs"`
}

// opTimeout bounds one operation, so that a run ends whatever happens.
const opTimeout = 90 * time.Second

// load has a number of callers do count operations, each waiting for the end of
// one before it begins the next. It fails if more than one in a hundred failed.
func load(ctx context.Context, callers, count int, meter *meter, do operation) (sample, error) {
	var next, failed atomic.Int64
	var first atomic.Pointer[error]
	took := make([]time.Duration, count)
	before := meter.read()
	began := time.Now()
	var wait sync.WaitGroup
	for caller := range callers {
		wait.Go(func() {
			for {
				n := int(next.Add(1)) - 1
				if n >= count || ctx.Err() != nil {
					return
				}
				opCtx, cancel := context.WithTimeout(ctx, opTimeout)
				at := time.Now()
				err := do(opCtx, caller, n)
				took[n] = time.Since(at)
				cancel()
				if err != nil {
					failed.Add(1)
					first.CompareAndSwap(nil, &err)
				}
			}
		})
	}
	wait.Wait()
	elapsed := time.Since(began)
	if err := ctx.Err(); err != nil {
		return sample{}, err
	}
	s := sample{PerSecond: float64(count-int(failed.Load())) / elapsed.Seconds(), Failed: int(failed.Load()), CPU: meter.since(before, count)}
	slices.Sort(took)
	s.P50, s.P99 = percentile(took, 50), percentile(took, 99)
	if s.Failed*100 > count {
		return s, fmt.Errorf("%d of %d operations failed, the first with: %w", s.Failed, count, *first.Load())
	}
	return s, nil
}

// percentile of sorted durations, in milliseconds.
func percentile(sorted []time.Duration, p int) float64 {
	if len(sorted) == 0 {
		return 0
	}
	return float64(sorted[min(len(sorted)*p/100, len(sorted)-1)].Microseconds()) / 1000
}

// contender is one way of doing something, measured beside others.
type contender struct {
	Name    string
	callers int
	count   int
	do      operation
}

// alternate lets the contenders take turns, forwards and backwards, so that
// what changes on the machine meanwhile meets them all alike.
func alternate(ctx context.Context, rounds int, meter *meter, contenders []contender, tell func(round int, name string, s sample)) ([][]sample, error) {
	samples := make([][]sample, len(contenders))
	for i, c := range contenders { // what is done first is slow for reasons of its own
		if _, err := load(ctx, c.callers, max(c.callers, c.count/10), meter, c.do); err != nil {
			return nil, fmt.Errorf("%s: %w", c.Name, err)
		}
		samples[i] = make([]sample, 0, rounds)
	}
	for round := range rounds {
		for k := range contenders {
			i := k
			if round%2 == 1 {
				i = len(contenders) - 1 - k
			}
			c := contenders[i]
			s, err := load(ctx, c.callers, c.count, meter, c.do)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", c.Name, err)
			}
			samples[i] = append(samples[i], s)
			tell(round+1, c.Name, s)
		}
	}
	return samples, nil
}

// interleave does one operation of each contender after the other, over and
// over, by a single caller.
func interleave(ctx context.Context, times int, contenders []contender) ([][]time.Duration, error) {
	took := make([][]time.Duration, len(contenders))
	for n := range times {
		for i, c := range contenders {
			at := time.Now()
			if err := c.do(ctx, 0, n); err != nil {
				return nil, fmt.Errorf("%s: %w", c.Name, err)
			}
			took[i] = append(took[i], time.Since(at))
		}
	}
	for i := range took {
		slices.Sort(took[i])
	}
	return took, nil
}

func median(of []float64) float64 {
	if len(of) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(of))
	if n := len(sorted); n%2 == 0 {
		return (sorted[n/2-1] + sorted[n/2]) / 2
	}
	return sorted[len(sorted)/2]
}

// errSupply says that a round asked for more than was made ready.
var errSupply = errors.New("nothing prepared is left")

// supply hands out things made ready beforehand, each once.
type supply[T any] struct {
	mu   sync.Mutex
	left []T
}

func (s *supply[T]) add(more ...T) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.left = append(s.left, more...)
}

func (s *supply[T]) take(n int) ([]T, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.left) < n {
		return nil, errSupply
	}
	taken := slices.Clone(s.left[len(s.left)-n:])
	s.left = s.left[:len(s.left)-n]
	return taken, nil
}

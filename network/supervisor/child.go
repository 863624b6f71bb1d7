package supervisor

import (
	"context"
	"fmt"
	"io"
	"os/exec"
	"sync"
	"syscall"
	"time"
)

type action int

const (
	actionPut action = iota
	actionStart
	actionStop
	actionRestart
	actionKill
	actionQuit
)

type request struct {
	action action
	spec   Spec // actionPut only
	done   chan error
}

// child is one supervised process. Its run goroutine owns every field except
// those guarded by Supervisor.mu.
type child struct {
	supervisor *Supervisor
	requests   chan request
	gone       chan struct{} // closed when run has returned
	quitOnce   sync.Once

	spec    Spec
	process *running // nil while none runs
	pause   time.Duration
	retry   *time.Timer // nil unless waiting
	log     io.WriteCloser

	status    Status // guarded by Supervisor.mu
	stopOrder int    // guarded by Supervisor.mu
}

// running is a started process; exit delivers its end once.
type running struct {
	cmd   *exec.Cmd
	began time.Time
	exit  chan string
}

func newChild(s *Supervisor, spec Spec) *child {
	c := &child{supervisor: s, spec: spec, requests: make(chan request), gone: make(chan struct{}), log: s.openLog(spec.Name)}
	c.status = Status{Name: spec.Name, State: StateStopped, Since: time.Now(), Log: s.logFile(spec.Name)}
	c.stopOrder = spec.StopOrder
	return c
}

// do hands a request to the child's goroutine and waits for its answer.
func (c *child) do(ctx context.Context, r request) error {
	r.done = make(chan error, 1)
	select {
	case c.requests <- r:
	case <-c.gone:
		return ErrClosed
	case <-ctx.Done():
		return ctx.Err()
	}
	select {
	case err := <-r.done:
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (c *child) quit() {
	c.quitOnce.Do(func() { c.requests <- request{action: actionQuit, done: make(chan error, 1)} })
	<-c.gone
}

func (c *child) run() {
	defer close(c.gone)
	defer c.log.Close()
	_, _ = c.log.Write(nil) // a quiet child has a log too; a log that cannot be written must not stop it
	for {
		var exit chan string
		var retry <-chan time.Time
		if c.process != nil {
			exit = c.process.exit
		}
		if c.retry != nil {
			retry = c.retry.C
		}
		select {
		case how := <-exit:
			c.died(how)
		case <-retry:
			_ = c.start(true) // a failure is recorded and tried again
		case r := <-c.requests:
			r.done <- c.handle(r)
			if r.action == actionQuit {
				return
			}
		}
	}
}

func (c *child) handle(r request) error {
	switch r.action {
	case actionPut:
		if c.process != nil && sameSpec(c.spec, r.spec) {
			return nil
		}
		c.stop()
		c.spec = r.spec
		c.supervisor.mu.Lock()
		c.stopOrder = r.spec.StopOrder
		c.supervisor.mu.Unlock()
		return c.startNow()
	case actionStart:
		if c.process != nil {
			return nil
		}
		return c.startNow()
	case actionStop, actionQuit:
		c.stop()
	case actionRestart:
		c.stop()
		return c.startNow()
	case actionKill:
		if c.process == nil {
			return fmt.Errorf("%s: %w", c.spec.Name, ErrDown)
		}
		c.supervisor.record(c.spec.Name, EventKilled, fmt.Sprintf("pid %d, on request", c.process.cmd.Process.Pid))
		c.signal(syscall.SIGKILL)
	}
	return nil
}

// startNow starts on request: earlier deaths are forgiven.
func (c *child) startNow() error {
	c.pause = 0
	return c.start(false)
}

func (c *child) start(again bool) error {
	c.stopRetry()
	cmd := exec.Command(c.spec.Program, c.spec.Args...)
	cmd.Env = append([]string{}, c.spec.Env...) // never nil: nil would inherit ours
	cmd.Dir = c.spec.Dir
	cmd.Stdout, cmd.Stderr = c.log, c.log
	cmd.WaitDelay = 2 * time.Second // a grandchild may hold the output open
	cmd.SysProcAttr = childAttributes()
	if err := c.supervisor.spawner.start(cmd); err != nil {
		c.supervisor.record(c.spec.Name, EventFailed, err.Error())
		c.wait(err.Error())
		return fmt.Errorf("couldn't start %s: %w", c.spec.Name, err)
	}
	c.process = &running{cmd: cmd, began: time.Now(), exit: make(chan string, 1)}
	go func(p *running) {
		_ = p.cmd.Wait() // what matters is in ProcessState
		p.exit <- p.cmd.ProcessState.String()
	}(c.process)
	c.update(func(s *Status) {
		s.State, s.PID, s.Since, s.Next = StateRunning, cmd.Process.Pid, c.process.began, nil
		if again {
			s.Restarts++
		}
	})
	c.supervisor.record(c.spec.Name, EventStarted, fmt.Sprintf("pid %d", cmd.Process.Pid))
	return nil
}

// died handles an end that nobody asked for.
func (c *child) died(how string) {
	lived := time.Since(c.process.began)
	c.process = nil
	if lived >= c.supervisor.options.Settled {
		c.pause = 0
	}
	c.supervisor.record(c.spec.Name, EventExited, fmt.Sprintf("%s after %s", how, lived.Round(time.Millisecond)))
	c.wait(how)
}

// wait schedules the next start, later after each death in a row.
func (c *child) wait(how string) {
	if c.pause == 0 {
		c.pause = c.supervisor.options.BackoffFirst
	} else {
		c.pause = min(2*c.pause, c.supervisor.options.BackoffMax)
	}
	next := time.Now().Add(c.pause)
	c.retry = time.NewTimer(c.pause)
	c.update(func(s *Status) {
		s.State, s.PID, s.Since, s.LastExit, s.Next = StateWaiting, 0, time.Now(), how, &next
	})
}

func (c *child) stopRetry() {
	if c.retry != nil {
		c.retry.Stop()
		c.retry = nil
	}
}

// stop ends the process: asked first, killed when it takes too long.
func (c *child) stop() {
	c.stopRetry()
	how := ""
	if c.process != nil {
		c.signal(syscall.SIGTERM)
		timeout := time.NewTimer(c.spec.StopTimeout)
		defer timeout.Stop()
		select {
		case how = <-c.process.exit:
		case <-timeout.C:
			c.supervisor.record(c.spec.Name, EventForced, fmt.Sprintf("did not end within %s", c.spec.StopTimeout))
			c.signal(syscall.SIGKILL)
			how = <-c.process.exit
		}
		c.process = nil
		c.supervisor.record(c.spec.Name, EventStopped, how)
	}
	c.update(func(s *Status) {
		s.State, s.PID, s.Since, s.Next = StateStopped, 0, time.Now(), nil
		if how != "" {
			s.LastExit = how
		}
	})
}

// signal reaches the child; a kill reaches its whole process group.
func (c *child) signal(sig syscall.Signal) {
	pid := c.process.cmd.Process.Pid
	if sig == syscall.SIGKILL {
		_ = syscall.Kill(-pid, sig) // fails only when the group has ended
		return
	}
	_ = c.process.cmd.Process.Signal(sig) // fails only when it has ended
}

func (c *child) update(change func(*Status)) {
	c.supervisor.mu.Lock()
	defer c.supervisor.mu.Unlock()
	change(&c.status)
}

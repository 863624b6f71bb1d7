package network

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/datarights/datarights/network/supervisor"
	"gopkg.in/natefinch/lumberjack.v2"
)

// SuperviseArgs are the arguments that make the datarights program call
// Supervise for a run directory.
func SuperviseArgs(dir string) []string { return []string{"network", "supervise", "--dir", dir} }

const supervisorLogMegabytes = 8

// Supervise runs the supervisor of dir until ctx ends or it is asked to shut
// down. Children begin and end with it.
func Supervise(ctx context.Context, dir string) error {
	d, err := Open(dir)
	if err != nil {
		return err
	}
	held, err := awaitLock(d.lockFile())
	if err != nil {
		return err
	}
	defer held.release()
	if err := held.note(); err != nil {
		return fmt.Errorf("couldn't note the supervisor's process number: %w", err)
	}
	logFile := &lumberjack.Logger{Filename: filepath.Join(d.logs(), "supervisor.log"), MaxSize: supervisorLogMegabytes, MaxBackups: 2}
	defer logFile.Close()
	logger := slog.New(slog.NewJSONHandler(logFile, nil))
	logger.Info("supervisor started", "pid", os.Getpid())

	ctx, shutdown := context.WithCancel(ctx)
	defer shutdown()
	children := supervisor.New(supervisor.Options{LogDir: d.logs(), Logger: logger})
	inspect := newInspector(d.Dir, children)
	status := func(w http.ResponseWriter, r *http.Request) {
		report, err := inspect.status(r.Context())
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		supervisor.WriteJSON(w, http.StatusOK, report)
	}
	control := http.NewServeMux()
	control.Handle("/processes", children.Handler())
	control.Handle("/processes/", children.Handler())
	control.HandleFunc("GET /status", status)
	control.HandleFunc("POST /shutdown", func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusAccepted)
		shutdown()
	})
	public := http.NewServeMux()
	public.HandleFunc("GET /status", status)

	var servers []*http.Server
	failed := make(chan error, 2)
	for path, handler := range map[string]http.Handler{d.ControlSocket(): control, d.StatusSocket(): public} {
		listener, err := listen(path)
		if err != nil {
			return err
		}
		server := &http.Server{Handler: handler, ReadHeaderTimeout: 5 * time.Second}
		servers = append(servers, server)
		go func(l net.Listener) { failed <- server.Serve(l) }(listener)
	}
	var cause error
	select {
	case <-ctx.Done():
	case cause = <-failed:
		logger.Error("control channel failed", "error", cause)
	}
	logger.Info("supervisor stopping")
	children.Shutdown()
	for _, server := range servers {
		quick, cancel := context.WithTimeout(context.Background(), time.Second)
		_ = server.Shutdown(quick) // callers that hang do not keep us
		cancel()
	}
	logger.Info("supervisor stopped")
	return cause
}

func (d *Deployment) client() *supervisor.Client { return supervisor.NewClient(d.ControlSocket()) }

const (
	supervisorStartTimeout = 10 * time.Second
	// supervisorStopTimeout covers every group of children taking its whole
	// StopTimeout, one after the other.
	supervisorStopTimeout = 50 * time.Second
)

// ensureSupervisor starts a detached supervisor unless one runs.
func (d *Deployment) ensureSupervisor(ctx context.Context, datarights string) error {
	running, err := d.supervised()
	if err != nil {
		return err
	}
	var ended chan error
	outPath := filepath.Join(d.logs(), "supervisor.out")
	if !running {
		if err := os.MkdirAll(d.logs(), 0o700); err != nil {
			return fmt.Errorf("couldn't make the log folder: %w", err)
		}
		out, err := os.OpenFile(outPath, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
		if err != nil {
			return fmt.Errorf("couldn't open the supervisor's output: %w", err)
		}
		defer out.Close()
		cmd := exec.Command(datarights, SuperviseArgs(d.Dir)...)
		cmd.Stdout, cmd.Stderr = out, out
		cmd.Dir = "/"
		cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true} // outlives the terminal
		if err := cmd.Start(); err != nil {
			return fmt.Errorf("couldn't start the supervisor: %w", err)
		}
		ended = make(chan error, 1)
		go func() { ended <- cmd.Wait() }()
	}
	deadline := time.After(supervisorStartTimeout)
	for {
		if _, err = d.client().Report(ctx); err == nil {
			return nil
		}
		select {
		case how := <-ended:
			said, _ := os.ReadFile(outPath)
			return fmt.Errorf("the supervisor ended at once: %s: %w", lastLines(string(said), 5), how)
		case <-deadline:
			return fmt.Errorf("the supervisor does not answer: %w", err)
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(50 * time.Millisecond):
		}
	}
}

// ErrNotRunning says that no supervisor runs for the directory.
var ErrNotRunning = errors.New("the consortium is not running")

// Down stops every process of the consortium in dir and waits until none is left.
// It is no error if none runs.
func Down(ctx context.Context, dir string, progress Progress) error {
	if progress == nil {
		progress = Silent{}
	}
	d, err := Open(dir)
	if err != nil {
		return err
	}
	running, err := d.supervised()
	if err != nil || !running {
		return err
	}
	step := progress.Begin("Stop the consortium", "停止联盟")
	err = d.stopSupervisor(ctx, step)
	step.End(err)
	return err
}

func (d *Deployment) stopSupervisor(ctx context.Context, step Step) error {
	if err := d.client().Call(ctx, http.MethodPost, "/shutdown", nil, nil); err != nil {
		step.Detail("it does not answer; killing it")
		return d.killSupervisor(ctx)
	}
	for deadline := time.Now().Add(supervisorStopTimeout); ; {
		running, err := d.supervised()
		if err != nil || !running {
			return err
		}
		if report, err := d.client().Report(ctx); err == nil {
			left := 0
			for _, p := range report.Processes {
				if p.PID != 0 {
					left++
				}
			}
			step.Detail(fmt.Sprintf("%d processes left", left))
		}
		if time.Now().After(deadline) {
			return d.killSupervisor(ctx)
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("processes are still stopping: %w", ctx.Err())
		case <-time.After(100 * time.Millisecond):
		}
	}
}

// killSupervisor ends a supervisor that does not answer; its children end with it.
func (d *Deployment) killSupervisor(ctx context.Context) error {
	text, err := os.ReadFile(d.lockFile())
	if err != nil {
		return fmt.Errorf("couldn't find the supervisor's process: %w", err)
	}
	pid, err := strconv.Atoi(strings.TrimSpace(string(text)))
	if err != nil || pid <= 1 {
		return fmt.Errorf("couldn't find the supervisor's process in %s", d.lockFile())
	}
	// The lock is still held, so the number is that of a living supervisor.
	if err := syscall.Kill(pid, syscall.SIGKILL); err != nil && !errors.Is(err, syscall.ESRCH) {
		return fmt.Errorf("couldn't kill the supervisor: %w", err)
	}
	for {
		running, err := d.supervised()
		if err != nil || !running {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(50 * time.Millisecond):
		}
	}
}

// Act starts, stops, restarts or kills one process of the consortium in dir.
// stop keeps it down; kill is a crash, after which it is started again.
func Act(ctx context.Context, dir, action, name string) error {
	d, err := Open(dir)
	if err != nil {
		return err
	}
	running, err := d.supervised()
	if err != nil {
		return err
	}
	if !running {
		return ErrNotRunning
	}
	return d.client().Act(ctx, action, name)
}

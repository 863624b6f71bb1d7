package supervisor_test

import (
	"bufio"
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

	"github.com/datarights/datarights/network/supervisor"
)

// The test program plays the children, and in one test the supervisor too.
// roleEnv makes the test program play a child, or in one test the supervisor.
const roleEnv = "SUPERVISOR_TEST_ROLE"

const childrenOfKilled = 3

func TestMain(m *testing.M) {
	switch role := os.Getenv(roleEnv); role {
	case "":
		os.Exit(m.Run())
	case "sleeper":
		fmt.Println("sleeping")
		time.Sleep(time.Hour)
	case "dies":
		fmt.Println("dying")
		os.Exit(3)
	case "polite":
		term := make(chan os.Signal, 1)
		signal.Notify(term, syscall.SIGTERM)
		fmt.Println("waiting")
		<-term
		fmt.Println("goodbye")
	case "stubborn":
		signal.Ignore(syscall.SIGTERM)
		fmt.Println("deaf")
		time.Sleep(time.Hour)
	case "environment":
		fmt.Println(strings.Join(os.Environ(), "\n"))
		time.Sleep(time.Hour)
	case "supervisor":
		s := supervisor.New(supervisor.Options{LogDir: os.Getenv("LOGS")})
		for i := range childrenOfKilled {
			if err := s.Put(context.Background(), child(strconv.Itoa(i), "sleeper")); err != nil {
				fmt.Println(err)
				os.Exit(1)
			}
		}
		statuses, _ := s.Snapshot()
		for _, st := range statuses {
			fmt.Println(st.PID)
		}
		fmt.Println("ready")
		time.Sleep(time.Hour)
	default:
		panic(role)
	}
}

func child(name, role string) supervisor.Spec {
	self, err := os.Executable()
	if err != nil {
		panic(err)
	}
	return supervisor.Spec{Name: name, Program: self, Env: []string{roleEnv + "=" + role}, StopTimeout: 5 * time.Second}
}

func newSupervisor(t *testing.T) (*supervisor.Supervisor, string) {
	t.Helper()
	logs := t.TempDir()
	s := supervisor.New(supervisor.Options{LogDir: logs, BackoffFirst: 40 * time.Millisecond, BackoffMax: 200 * time.Millisecond, Settled: time.Minute})
	t.Cleanup(s.Shutdown)
	return s, logs
}

func put(t *testing.T, s *supervisor.Supervisor, spec supervisor.Spec) {
	t.Helper()
	if err := s.Put(t.Context(), spec); err != nil {
		t.Fatal(err)
	}
}

func status(t *testing.T, s *supervisor.Supervisor, name string) supervisor.Status {
	t.Helper()
	all, _ := s.Snapshot()
	for _, st := range all {
		if st.Name == name {
			return st
		}
	}
	t.Fatalf("no child %s", name)
	return supervisor.Status{}
}

func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); !ok(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("never: " + what)
		}
	}
}

func logContains(path, text string) func() bool {
	return func() bool {
		data, _ := os.ReadFile(path)
		return strings.Contains(string(data), text)
	}
}

// running is false for a zombie too: it runs no more.
func running(pid int) bool {
	text, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	if err != nil {
		return false
	}
	_, after, _ := strings.Cut(string(text), ") ")
	return !strings.HasPrefix(after, "Z")
}

func TestDeadChildIsRestartedWithGrowingPauses(t *testing.T) {
	s, _ := newSupervisor(t)
	put(t, s, child("doomed", "dies"))
	eventually(t, "five restarts", func() bool { return status(t, s, "doomed").Restarts >= 5 })
	_, events := s.Snapshot()
	var starts []time.Time
	exits := 0
	for _, e := range events {
		switch e.Kind {
		case supervisor.EventStarted:
			starts = append(starts, e.Time)
		case supervisor.EventExited:
			exits++
			if !strings.Contains(e.Detail, "exit status 3") {
				t.Errorf("the event does not say how it ended: %+v", e)
			}
		}
	}
	if exits < 5 || len(starts) < 6 {
		t.Fatalf("%d exits, %d starts", exits, len(starts))
	}
	for i, least := range []time.Duration{40, 80, 160, 200, 200} {
		if gap := starts[i+1].Sub(starts[i]); gap < least*time.Millisecond {
			t.Errorf("pause %d was %s, expected at least %dms", i, gap, least)
		}
	}
	if how := status(t, s, "doomed").LastExit; how != "exit status 3" {
		t.Errorf("last exit %q", how)
	}
}

func TestKilledChildComesBackAsAnother(t *testing.T) {
	s, _ := newSupervisor(t)
	put(t, s, child("peer", "sleeper"))
	before := status(t, s, "peer")
	if err := s.Kill(t.Context(), "peer"); err != nil {
		t.Fatal(err)
	}
	eventually(t, "restarted", func() bool { return status(t, s, "peer").Restarts == 1 })
	after := status(t, s, "peer")
	if after.PID == before.PID || after.State != supervisor.StateRunning || after.LastExit != "signal: killed" {
		t.Errorf("before %+v, after %+v", before, after)
	}
	if running(before.PID) || !running(after.PID) {
		t.Error("the old process lives or the new one does not")
	}
}

func TestStopIsGracefulAndLasts(t *testing.T) {
	s, logs := newSupervisor(t)
	put(t, s, child("polite", "polite"))
	eventually(t, "waiting", logContains(filepath.Join(logs, "polite.log"), "waiting"))
	if err := s.Stop(t.Context(), "polite"); err != nil {
		t.Fatal(err)
	}
	if !logContains(filepath.Join(logs, "polite.log"), "goodbye")() {
		t.Error("it was not let say goodbye")
	}
	if st := status(t, s, "polite"); st.State != supervisor.StateStopped || st.LastExit != "exit status 0" {
		t.Errorf("%+v", st)
	}
	time.Sleep(300 * time.Millisecond) // longer than any pause
	if st := status(t, s, "polite"); st.State != supervisor.StateStopped {
		t.Errorf("it was started again: %+v", st)
	}
	if err := s.Kill(t.Context(), "polite"); !errors.Is(err, supervisor.ErrDown) {
		t.Errorf("killing what does not run: %v", err)
	}
	if err := s.Start(t.Context(), "polite"); err != nil {
		t.Fatal(err)
	}
	if st := status(t, s, "polite"); st.State != supervisor.StateRunning || st.Restarts != 0 {
		t.Errorf("a start on request is no restart after death: %+v", st)
	}
}

func TestStopIsForcedInTheEnd(t *testing.T) {
	s, logs := newSupervisor(t)
	spec := child("deaf", "stubborn")
	spec.StopTimeout = 150 * time.Millisecond
	put(t, s, spec)
	eventually(t, "deaf", logContains(filepath.Join(logs, "deaf.log"), "deaf"))
	pid := status(t, s, "deaf").PID
	began := time.Now()
	if err := s.Stop(t.Context(), "deaf"); err != nil {
		t.Fatal(err)
	}
	if took := time.Since(began); took < spec.StopTimeout {
		t.Errorf("killed after %s, before its time", took)
	}
	if running(pid) {
		t.Error("still there")
	}
	_, events := s.Snapshot()
	if !slices.ContainsFunc(events, func(e supervisor.Event) bool { return e.Kind == supervisor.EventForced }) {
		t.Errorf("nothing says it was forced: %+v", events)
	}
}

func TestPut(t *testing.T) {
	s, logs := newSupervisor(t)
	spec := child("node", "sleeper")
	put(t, s, spec)
	first := status(t, s, "node").PID
	put(t, s, spec)
	if again := status(t, s, "node").PID; again != first {
		t.Error("an equal spec restarted the child")
	}
	spec.Build = "rebuilt"
	put(t, s, spec)
	if again := status(t, s, "node").PID; again == first || running(first) {
		t.Error("another spec did not replace the child")
	}
	if err := s.Stop(t.Context(), "node"); err != nil {
		t.Fatal(err)
	}
	put(t, s, spec)
	if st := status(t, s, "node"); st.State != supervisor.StateRunning {
		t.Errorf("put does not start a stopped child: %+v", st)
	}
	t.Setenv("SECRET", "of the supervisor")
	put(t, s, child("bare", "environment"))
	eventually(t, "environment", logContains(filepath.Join(logs, "bare.log"), roleEnv))
	if logContains(filepath.Join(logs, "bare.log"), "SECRET")() {
		t.Error("a child inherits the supervisor's environment")
	}
	for _, bad := range []supervisor.Spec{{Name: "../escape", Program: "/bin/true"}, {Name: "", Program: "/bin/true"}, {Name: "empty"}} {
		if err := s.Put(t.Context(), bad); err == nil {
			t.Errorf("took %+v", bad)
		}
	}
}

func TestProgramThatCannotStartIsTriedAgain(t *testing.T) {
	s, _ := newSupervisor(t)
	program := filepath.Join(t.TempDir(), "later")
	err := s.Put(t.Context(), supervisor.Spec{Name: "later", Program: program})
	if err == nil {
		t.Fatal("started a program that does not exist")
	}
	if err := os.WriteFile(program, []byte("#!/bin/sh\nexec sleep 1000\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	eventually(t, "running", func() bool { return status(t, s, "later").State == supervisor.StateRunning })
}

func TestShutdownStopsGroupByGroup(t *testing.T) {
	s, _ := newSupervisor(t)
	var all []int
	for i, name := range []string{"orderer", "peer", "gateway"} {
		spec := child(name, "polite")
		spec.StopOrder = 2 - i
		put(t, s, spec)
		all = append(all, status(t, s, name).PID)
	}
	doomed := child("doomed", "dies") // waits between two lives
	put(t, s, doomed)
	s.Shutdown()
	var order []string
	_, events := s.Snapshot()
	for _, e := range events {
		if e.Kind == supervisor.EventStopped && e.Process != "doomed" {
			order = append(order, e.Process)
		}
	}
	if !slices.Equal(order, []string{"gateway", "peer", "orderer"}) {
		t.Errorf("stopped in order %v", order)
	}
	for _, pid := range all {
		if running(pid) {
			t.Errorf("process %d is left", pid)
		}
	}
	if err := s.Put(t.Context(), child("late", "sleeper")); !errors.Is(err, supervisor.ErrClosed) {
		t.Errorf("took a child while shut down: %v", err)
	}
	if err := s.Start(t.Context(), "doomed"); !errors.Is(err, supervisor.ErrClosed) {
		t.Errorf("started a child while shut down: %v", err)
	}
}

func TestKilledSupervisorLeavesNoChild(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(self)
	cmd.Env = append(os.Environ(), roleEnv+"=supervisor", "LOGS="+t.TempDir())
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = cmd.Process.Kill(); _ = cmd.Wait() }()
	var children []int
	for lines := bufio.NewScanner(out); lines.Scan() && lines.Text() != "ready"; {
		pid, err := strconv.Atoi(lines.Text())
		if err != nil {
			t.Fatal(lines.Text())
		}
		children = append(children, pid)
	}
	if len(children) != childrenOfKilled || !slices.ContainsFunc(children, running) {
		t.Fatalf("children %v do not run", children)
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	eventually(t, "every child gone", func() bool { return !slices.ContainsFunc(children, running) })
}

func TestControl(t *testing.T) {
	s, _ := newSupervisor(t)
	socket := filepath.Join(t.TempDir(), "s")
	listener, err := net.Listen("unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	server := &http.Server{Handler: s.Handler()}
	go func() { _ = server.Serve(listener) }()
	defer server.Close()
	c := supervisor.NewClient(socket)
	if err := c.Put(t.Context(), child("node", "sleeper")); err != nil {
		t.Fatal(err)
	}
	for _, action := range []string{"stop", "start", "restart", "kill"} {
		if err := c.Act(t.Context(), action, "node"); err != nil {
			t.Errorf("%s: %v", action, err)
		}
	}
	report, err := c.Report(t.Context())
	if err != nil || len(report.Processes) != 1 || len(report.Events) < 5 {
		t.Errorf("%+v, %v", report, err)
	}
	for action, want := range map[string]string{"start": "there are node", "dance": "no action"} {
		if err := c.Act(t.Context(), action, "nobody"); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, expected %q", action, err, want)
		}
	}
	if err := c.Call(t.Context(), http.MethodPut, "/processes", "not a spec", nil); err == nil {
		t.Error("took a string for a process")
	}
}

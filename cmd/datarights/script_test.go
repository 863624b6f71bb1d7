package main

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/datarights/datarights/chaincode/rights"
	"github.com/datarights/datarights/gateway/index"
	"github.com/datarights/datarights/gateway/outcome"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"datarights": main})
}

// TestScripts runs the program as its users do. Each script has a market of its
// own: the real contract on a ledger in memory behind real gateways at $GROUP,
// $EXCHANGE and $REGULATOR, and the officers' keys under officers/.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Setup: func(env *testscript.Env) error {
			m := newMarket(env.T().(testing.TB))
			env.Values[marketKey{}] = m
			env.Setenv("GROUP", m.urls["Group"])
			env.Setenv("EXCHANGE", m.urls["Exchange"])
			env.Setenv("REGULATOR", m.urls["Regulator"])
			env.Setenv("DATARIGHTS_GATEWAY", m.urls["Group"])
			env.Setenv("REGISTRAR_ID", registrarID)
			env.Setenv("EXCHANGE_ID", exchangeID)
			env.Setenv("REGULATOR_ID", regulatorID)
			golden, err := filepath.Abs("../../client/evidence/testdata/golden")
			if err != nil {
				return err
			}
			env.Setenv("GOLDEN", golden)
			env.Setenv("XDG_CONFIG_HOME", filepath.Join(env.WorkDir, "config"))
			dir := filepath.Join(env.WorkDir, "officers")
			if err := os.Mkdir(dir, 0o700); err != nil {
				return err
			}
			for kid, file := range map[string]string{registrarID + "#1": "registrar.key", exchangeID + "#1": "exchange.key", regulatorID + "#1": "regulator.key"} {
				if err := m.keys[kid].Save(filepath.Join(dir, file)); err != nil {
					return err
				}
			}
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"ledger": breakLedger, "mode": checkMode, "exits": exits, "snapshot": newestSnapshot,
		},
	})
}

type marketKey struct{}

// breakLedger makes submissions fail: `ledger down`, `ledger mute` (applied,
// and nobody is told), `ledger up`.
func breakLedger(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: ledger up|down|mute")
	}
	m := ts.Value(marketKey{}).(*market)
	m.mu.Lock()
	defer m.mu.Unlock()
	switch args[0] {
	case "up":
		m.fault = nil
	case "down":
		m.fault = &outcome.UnavailableError{RetryAfter: time.Second, Err: os.ErrDeadlineExceeded}
	case "mute":
		m.fault = &outcome.UnknownError{TxID: "feed", Err: os.ErrDeadlineExceeded}
	default:
		ts.Fatalf("unknown mode %s", args[0])
	}
}

// newestSnapshot sets $SNAPSHOT to the id of the newest snapshot there is.
func newestSnapshot(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 0 {
		ts.Fatalf("usage: snapshot")
	}
	page, err := ts.Value(marketKey{}).(*market).List(index.Query{Kind: rights.KindSnapshot, Limit: 1})
	ts.Check(err)
	if len(page.Items) == 0 {
		ts.Fatalf("there is no snapshot")
	}
	ts.Setenv("SNAPSHOT", page.Items[0].ID)
}

// checkMode compares a file's permissions: `mode 600 FILE`.
func checkMode(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: mode 600 FILE")
	}
	info, err := os.Stat(ts.MkAbs(args[1]))
	ts.Check(err)
	if got := info.Mode().Perm().String(); got != map[string]string{"600": "-rw-------", "700": "-rwx------"}[args[0]] {
		ts.Fatalf("%s has mode %s", args[1], got)
	}
}

// exits runs a program and wants that exit code: `exits 3 datarights …`.
func exits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits CODE PROGRAM …")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	var exit *exec.ExitError
	err = ts.Exec(args[1], args[2:]...)
	switch {
	case err == nil && want == 0:
	case errors.As(err, &exit) && exit.ExitCode() == want:
	default:
		ts.Fatalf("ended with %v, want exit code %d", err, want)
	}
}

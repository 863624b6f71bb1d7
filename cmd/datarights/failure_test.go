package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"strings"
	"testing"

	"github.com/spf13/cobra"

	"github.com/datarights/datarights/chaincode/rights"
	"github.com/datarights/datarights/client"
)

// TestExitCodes holds what scripts rely on.
func TestExitCodes(t *testing.T) {
	problem := func(status int, code string) error {
		return fmt.Errorf("couldn't submit: %w", &client.Problem{Status: status, Code: code, Detail: "d"})
	}
	for name, c := range map[string]struct {
		err  error
		want int
	}{
		"refused":             {problem(409, "E_EXISTS"), exitRefused},
		"signature":           {problem(401, "E_SIGNATURE"), exitRefused},
		"batch":               {problem(422, "E_BATCH"), exitRefused},
		"by the ledger":       {&rights.Error{Code: rights.CodeRole}, exitRefused},
		"rate":                {problem(429, "E_RATE"), exitUnavailable},
		"unavailable":         {problem(503, "E_UNAVAILABLE"), exitUnavailable},
		"unknown outcome":     {problem(504, "E_UNKNOWN_OUTCOME"), exitUnavailable},
		"bad gateway":         {problem(502, ""), exitUnavailable},
		"gave up on a 503":    {errors.Join(context.DeadlineExceeded, problem(503, "E_UNAVAILABLE")), exitUnavailable},
		"interrupted":         {context.Canceled, exitUnavailable},
		"nobody there":        {&url.Error{Op: "Post", URL: "u", Err: errors.New("connection refused")}, exitUnavailable},
		"internal":            {problem(500, "E_INTERNAL"), exitFailure},
		"no file":             {&fs.PathError{Op: "open", Path: "x", Err: fs.ErrNotExist}, exitFailure},
		"own":                 {fail("中", "en", nil), exitFailure},
		"own around the wire": {fail("中", "en", problem(503, "E_UNAVAILABLE")), exitUnavailable},
		"misuse":              {misuse("中", "en"), exitUsage},
	} {
		got := complain(&runError{c.err})
		if got.Exit != c.want || got.Detail == "" && name != "by the ledger" {
			t.Errorf("%s: exit %d, want %d (%+v)", name, got.Exit, c.want, got)
		}
	}
	if got := complain(errors.New(`unknown flag: --x`)); got.Exit != exitUsage || got.DetailZh == "" {
		t.Errorf("an error before a command runs is wrong usage: %+v", got)
	}
	if got := complain(&runError{&client.Problem{Status: 404}}); got.Exit != exitFailure || got.DetailZh == "" {
		t.Errorf("another program on the port: %+v", got)
	}
}

func TestOneID(t *testing.T) {
	c := &cobra.Command{Use: "certificate NO"}
	for _, bad := range [][]string{nil, {""}, {" "}, {"a", "b"}} {
		if oneID(c, bad) == nil {
			t.Errorf("%q is taken", bad)
		}
	}
	if err := oneID(c, []string{"SJ3212026110001"}); err != nil {
		t.Error(err)
	}
	if got := complain(oneID(c, []string{""})); got.Exit != exitUsage || !strings.Contains(got.Detail, "certificate NO") {
		t.Errorf("%+v", got)
	}
}

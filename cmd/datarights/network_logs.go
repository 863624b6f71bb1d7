package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/datarights/datarights/network"
	"github.com/spf13/cobra"
)

func newNetworkLogs(flags *networkFlags) *cobra.Command {
	var follow bool
	cmd := &cobra.Command{
		Use: "logs [PROCESS]",
		Example: `  datarights network logs group-peer
  datarights network logs group-gateway -f`,
		Short:             "查看日志 / Show a process's log; without a name the supervisor's",
		Args:              cobra.MaximumNArgs(1),
		ValidArgsFunction: completeProcess(flags),
		RunE: func(cmd *cobra.Command, args []string) error {
			d, err := network.Open(flags.dir)
			if err != nil {
				return err
			}
			name := "supervisor"
			if len(args) == 1 {
				name = args[0]
			}
			path, err := d.LogFile(name)
			if err != nil {
				return err
			}
			return showLog(cmd.Context(), cmd.OutOrStdout(), path, follow)
		},
	}
	cmd.Flags().BoolVarP(&follow, "follow", "f", false, "go on as it grows / 持续输出")
	return cmd
}

const followEvery = 300 * time.Millisecond

// showLog copies a log and, when following, what is added to it, across its rotation.
func showLog(ctx context.Context, out io.Writer, path string, follow bool) error {
	file, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("couldn't open the log: %w", err)
	}
	defer func() { file.Close() }()
	for {
		if _, err := io.Copy(out, file); err != nil {
			return fmt.Errorf("couldn't show the log: %w", err)
		}
		if !follow {
			return nil
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(followEvery):
		}
		next, err := os.Open(path)
		if errors.Is(err, os.ErrNotExist) {
			continue // being rotated
		}
		if err != nil {
			return fmt.Errorf("couldn't follow the log: %w", err)
		}
		if sameFile(file, next) {
			next.Close()
			continue
		}
		_, err = io.Copy(out, file) // what came before the rotation
		file.Close()
		file = next
		if err != nil {
			return fmt.Errorf("couldn't show the log: %w", err)
		}
	}
}

func sameFile(a, b *os.File) bool {
	x, errX := a.Stat()
	y, errY := b.Stat()
	return errX == nil && errY == nil && os.SameFile(x, y)
}

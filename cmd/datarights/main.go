// Command datarights is the one program people use: participants, operators and
// the processes of a node.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/datarights/datarights/network/builder"
	"github.com/spf13/cobra"
)

func main() {
	// A peer calls this program by another name to handle a chaincode package.
	if builder.Is(os.Args[0]) {
		if err := builder.Run(os.Args); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	err := newRootCommand().ExecuteContext(ctx)
	stop()
	if err != nil && !errors.Is(err, errReported) {
		fmt.Fprintln(os.Stderr, "datarights:", err)
	}
	if err != nil {
		os.Exit(1)
	}
}

// errReported ends the program with a failure that has been shown already.
var errReported = errors.New("reported")

func newRootCommand() *cobra.Command {
	root := &cobra.Command{
		Use:           "datarights",
		Short:         "A consortium ledger for a city's data market / 城市数据市场联盟账本",
		SilenceUsage:  true,
		SilenceErrors: true,
	}
	root.AddCommand(newNetworkCommand(), newGatewayCommand(), newIndexCommand(), newDemoCommand())
	return root
}

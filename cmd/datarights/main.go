// Command datarights is the one program people use: participants, operators and
// the processes of a node.
package main

import (
	"context"
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
			os.Exit(exitFailure)
		}
		return
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	root := newRootCommand()
	cmd, err := root.ExecuteContextC(ctx)
	stop()
	os.Exit(report(os.Stderr, cmd, err))
}

// The groups of commands that help shows.
const (
	groupParticipant = "participant"
	groupOperator    = "operator"
)

func newRootCommand() *cobra.Command {
	root := &cobra.Command{
		Use:   "datarights",
		Short: "城市数据市场联盟账本 / A consortium ledger for a city's data market",
		Long: `城市数据市场联盟账本：谁对哪些数据持有哪种权利，以及每一步由谁签名。
数据不离开本机：离开的只有指纹和以 SM2 密钥签名的指令。

A consortium ledger for a city's data market: who holds which right in which data, each step signed.
Data stays on this machine; only fingerprints and commands signed with your SM2 key leave it.

退出码 Exit codes
  0  成功 done
  1  失败 failed
  2  用法错误 wrong usage
  3  被账本或网关拒绝 refused by the ledger or the gateway
  4  暂不可用或结果未知；重发相同指令是安全的
     unavailable, or the outcome is unknown; sending the same command again is safe`,
		Example: `  datarights key new firm.key
  datarights fingerprint table.csv
  datarights register table.csv --key firm.key --as 91320903MA0A00022Y#1 --registrar 91320900MA0A00073U …
  datarights query rights --where holder=91320903MA0A00022Y`,
		SilenceUsage:  true,
		SilenceErrors: true,
	}
	root.AddGroup(
		&cobra.Group{ID: groupParticipant, Title: "参与方 Participants"},
		&cobra.Group{ID: groupOperator, Title: "运营方 Operators"},
	)
	add := func(group string, commands ...*cobra.Command) {
		for _, c := range commands {
			c.GroupID = group
			root.AddCommand(c)
		}
	}
	add(groupParticipant, newKeyCommand(), newFingerprintCommand(), newWatermarkCommand(), newRegisterCommand(), newImportCommand(), newCommandCommand(), newSecretCommand(), newQueryCommand(), newEventsCommand(), newWebhookCommand(),
		newTraceCommand(), newLineageCommand(), newCaseCommand(), newProofCommand(), newVerifyCommand(), newIndicatorCommand(), newExportCommand(), newReportCommand(), newSessionCommand())
	add(groupOperator, newDemoCommand(), newNetworkCommand(), newGatewayCommand(), newIndexCommand(), newDoctorCommand(), newBackupCommand())
	root.AddCommand(newVersionCommand(), newManCommand())
	dress(root)
	return root
}

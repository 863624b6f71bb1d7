package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/datarights/datarights/network"
	"github.com/spf13/cobra"
)

const defaultRunDir = "run"

// networkFlags are those that every network command takes.
type networkFlags struct {
	dir, fabricBin string
}

func newNetworkCommand() *cobra.Command {
	var flags networkFlags
	cmd := &cobra.Command{
		Use:   "network",
		Short: "在本机运行联盟 / Run the consortium on this machine",
	}
	cmd.PersistentFlags().StringVar(&flags.dir, "dir", defaultRunDir, "run directory / 运行目录")
	cmd.PersistentFlags().StringVar(&flags.fabricBin, "fabric-bin", "", "folder with Fabric's programs (or "+network.FabricBinEnv+") / Fabric 程序目录")
	_ = cmd.MarkPersistentFlagDirname("dir")
	cmd.AddCommand(
		newNetworkUp(&flags), newNetworkDown(&flags), newNetworkStatus(&flags), newNetworkLogs(&flags),
		newNetworkAct(&flags, "start", "启动已停止的进程 / Start a stopped process"),
		newNetworkAct(&flags, "stop", "停止进程，直到再次启动 / Stop a process and keep it down until start"),
		newNetworkAct(&flags, "restart", "重启进程 / Stop and start a process"),
		newNetworkAct(&flags, "kill", "模拟崩溃，之后自动重启 / Kill a process as a crash would; it is started again"),
		newNetworkEnrol(&flags), newNetworkFabric(&flags), newNetworkDeploy(&flags), newNetworkConfig(), newNetworkSupervise(&flags),
	)
	return cmd
}

func newNetworkUp(flags *networkFlags) *cobra.Command {
	var config string
	var basePort int
	var withoutGateways bool
	var here []string
	cmd := &cobra.Command{
		Use: "up",
		Example: `  datarights network up --config network/consortium.yaml
  datarights network up --dir run --organisation Group`,
		Short: "启动联盟 / Make what is missing and start the consortium",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			options := network.Options{
				Dir: flags.dir, Config: config, FabricBin: flags.fabricBin, Here: here,
				WithoutGateways: withoutGateways || !hasCommand(cmd.Root(), "gateway"),
				Progress:        newProgress(cmd.ErrOrStderr()),
			}
			if basePort != 0 {
				c, err := network.Load(config)
				if err != nil {
					return err
				}
				if options.Consortium, err = c.Rebase(basePort); err != nil {
					return err
				}
			}
			began := time.Now()
			d, err := network.Up(cmd.Context(), options)
			if err != nil {
				return err
			}
			fmt.Fprintf(cmd.OutOrStdout(), "%s is up (%s); state in %s\n%s已就绪\n", d.Name, time.Since(began).Round(100*time.Millisecond), d.Dir, d.NameZh)
			return nil
		},
	}
	cmd.Flags().StringVar(&config, "config", "", "the consortium's description; default: the run directory's, else the built-in example / 联盟描述文件")
	cmd.Flags().IntVar(&basePort, "base-port", 0, "move every port to a range that begins here / 端口起点")
	cmd.Flags().StringArrayVar(&here, "organisation", nil, "只运行此机构的进程，可重复；会记住 / run this `ORGANISATION`'s processes only, repeatable; remembered")
	_ = cmd.RegisterFlagCompletionFunc("organisation", completeOrganisation(&flags.dir))
	cmd.Flags().BoolVar(&withoutGateways, "without-gateways", false, "leave the gateways out / 不启动网关")
	return cmd
}

func hasCommand(root *cobra.Command, name string) bool {
	for _, c := range root.Commands() {
		if c.Name() == name {
			return true
		}
	}
	return false
}

// downTimeout leaves room for every process to be killed in the end.
const downTimeout = 90 * time.Second

func newNetworkDown(flags *networkFlags) *cobra.Command {
	return &cobra.Command{
		Use:     "down",
		Example: `  datarights network down --dir run`,
		Short:   "停止全部进程，保留账本 / Stop every process; the ledger stays",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if _, err := os.Stat(filepath.Join(flags.dir, "consortium.yaml")); errors.Is(err, os.ErrNotExist) {
				fmt.Fprintf(cmd.OutOrStdout(), "no consortium in %s / 该目录没有联盟\n", flags.dir)
				return nil
			}
			ctx, cancel := context.WithTimeout(cmd.Context(), downTimeout)
			defer cancel()
			if err := network.Down(ctx, flags.dir, newProgress(cmd.ErrOrStderr())); err != nil {
				return err
			}
			fmt.Fprintln(cmd.OutOrStdout(), "the consortium is down / 联盟已停止")
			return nil
		},
	}
}

func newNetworkAct(flags *networkFlags, action, short string) *cobra.Command {
	return &cobra.Command{
		Use:               action + " PROCESS",
		Example:           "  datarights network " + action + " group-peer",
		Short:             short,
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: completeProcess(flags),
		RunE: func(cmd *cobra.Command, args []string) error {
			return network.Act(cmd.Context(), flags.dir, action, args[0])
		},
	}
}

func completeProcess(flags *networkFlags) cobra.CompletionFunc {
	return func(cmd *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
		if len(args) > 0 {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		d, err := network.Open(flags.dir)
		if err != nil {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		return d.ProcessNames(), cobra.ShellCompDirectiveNoFileComp
	}
}

func newNetworkFabric(flags *networkFlags) *cobra.Command {
	return &cobra.Command{
		Use:     "fabric",
		Example: `  datarights network fabric --fabric-bin /opt/fabric/bin`,
		Short:   "准备 Fabric 程序 / Find or build Fabric's programs and say where",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			self, err := os.Executable()
			if err != nil {
				return fmt.Errorf("couldn't find this program's file: %w", err)
			}
			fabric, err := network.EnsureFabric(cmd.Context(), flags.fabricBin, self, newProgress(cmd.ErrOrStderr()))
			if err != nil {
				return err
			}
			fmt.Fprintln(cmd.OutOrStdout(), fabric.Dir)
			return nil
		},
	}
}

// newNetworkDeploy runs another chaincode beside the main one, for measurements.
func newNetworkDeploy(flags *networkFlags) *cobra.Command {
	cc := network.Chaincode{Version: "1.0", Slot: 1}
	cmd := &cobra.Command{
		Use:    "deploy NAME PROGRAM",
		Short:  "部署另一链码 / Deploy another chaincode on the running consortium",
		Args:   cobra.ExactArgs(2),
		Hidden: true,
		RunE: func(cmd *cobra.Command, args []string) error {
			d, err := network.Open(flags.dir)
			if err != nil {
				return err
			}
			self, err := os.Executable()
			if err != nil {
				return fmt.Errorf("couldn't find this program's file: %w", err)
			}
			cc.Name = args[0]
			if cc.Program, err = filepath.Abs(args[1]); err != nil {
				return fmt.Errorf("couldn't resolve the program: %w", err)
			}
			cc.Endorsement = d.Chaincode.Endorsement
			cc.Organisations = cc.Endorsement.Of
			return network.Deploy(cmd.Context(), flags.dir, flags.fabricBin, self, cc, newProgress(cmd.ErrOrStderr()))
		},
	}
	cmd.Flags().StringVar(&cc.Version, "version", cc.Version, "version")
	cmd.Flags().IntVar(&cc.Slot, "slot", cc.Slot, "port slot")
	return cmd
}

func newNetworkConfig() *cobra.Command {
	return &cobra.Command{
		Use: "config [FILE]",
		Example: `  datarights network config > consortium.yaml
  datarights network config consortium.yaml`,
		Short: "检查或输出联盟描述 / Check a description, or print the example to start from",
		Args:  cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				_, err := cmd.OutOrStdout().Write(network.ExampleConsortium())
				return err
			}
			c, err := network.Load(args[0])
			if err != nil {
				return err
			}
			fmt.Fprintf(cmd.OutOrStdout(), "%s: valid, %d organisations / 有效，%d 个机构\n", args[0], len(c.Organisations), len(c.Organisations))
			return nil
		},
	}
}

func newNetworkSupervise(flags *networkFlags) *cobra.Command {
	return &cobra.Command{
		Use:    "supervise",
		Args:   cobra.NoArgs,
		Hidden: true,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return network.Supervise(cmd.Context(), flags.dir)
		},
	}
}

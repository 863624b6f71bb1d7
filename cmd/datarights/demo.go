package main

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/datarights/datarights/network"
	"github.com/datarights/datarights/test-network/data"
	"github.com/datarights/datarights/test-network/demo"
)

func newDemoCommand() *cobra.Command {
	var o network.Options
	cmd := &cobra.Command{
		Use:   "demo",
		Short: "启动联盟并演示数据市场全过程 / Start the consortium and tell the market's story on it",
		Long: `Starts the consortium where it does not run, then tells the story of a data market
over the gateways' public API, step by step: registration, authorised operation of
public data, a product, a trade at a private price, a pledge, supervision, and what is
refused on the way. It takes a minute. The consortium is left running. Playing again
sends the same signed commands; the ledger answers them with the first result.

启动联盟（已运行则沿用），再经各网关的公开接口逐步演示数据市场全过程：登记、公共数据
授权运营、数据产品、保密价款的交易、质押、监管，以及途中的每一次拒绝，约一分钟。演示后
联盟继续运行。再次演示会重发相同的签名命令，账本以第一次的结果作答。`,
		Example: "  datarights demo\n  datarights network down",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			out := cmd.OutOrStdout()
			o.Progress = newProgress(out)
			d, err := network.Up(cmd.Context(), o)
			if err != nil {
				return err
			}
			tables := filepath.Join(d.Dir, "data")
			if err := writeTables(tables); err != nil {
				return fmt.Errorf("couldn't lay out the sample tables: %w", err)
			}
			return demo.Run(cmd.Context(), demo.Options{Deployment: d, DataDir: tables, Out: out})
		},
	}
	cmd.Flags().StringVar(&o.Dir, "dir", "run", "run directory / 运行目录")
	cmd.Flags().StringVar(&o.FabricBin, "fabric-bin", os.Getenv(network.FabricBinEnv), "folder with Fabric's programs (or FABRIC_BIN) / Fabric 程序目录")
	cmd.Flags().StringVar(&o.Config, "config", "", "the consortium's description / 联盟描述文件")
	_ = cmd.MarkFlagDirname("dir")
	_ = cmd.MarkFlagDirname("fabric-bin")
	_ = cmd.MarkFlagFilename("config", "yaml")
	return cmd
}

// writeTables lays the sample tables out as files: a holder fingerprints files.
func writeTables(dir string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	entries, err := data.Files.ReadDir(".")
	if err != nil {
		return err
	}
	for _, e := range entries {
		table, err := data.Files.ReadFile(e.Name())
		if err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(dir, e.Name()), table, 0o644); err != nil {
			return err
		}
	}
	return nil
}

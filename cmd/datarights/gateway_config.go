package main

import (
	"fmt"
	"os"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/datarights/datarights/gateway"
	"github.com/datarights/datarights/gateway/api"
	"github.com/datarights/datarights/gateway/session"
)

// gatewayLayers are the flags that a gateway's settings come from.
type gatewayLayers struct {
	files, set               []string
	listen, level, logFormat string
}

func (l *gatewayLayers) add(c *cobra.Command) {
	f := c.Flags()
	f.StringArrayVar(&l.files, "config", nil, "gateway.yaml，可重复，后者覆盖前者 / gateway.yaml; repeatable, the later over the earlier")
	f.StringVar(&l.listen, "listen", "", "监听地址 / `HOST:PORT` to listen on")
	f.StringVar(&l.level, "log-level", "", "日志级别 / "+strings.Join(gateway.LogLevels, ", "))
	f.StringVar(&l.logFormat, "log-format", "", "日志格式 / "+strings.Join(gateway.LogFormats, ", "))
	f.StringArrayVar(&l.set, "set", nil, "任一设置，可重复 / any setting, repeatable: `KEY=VALUE`")
	_ = c.MarkFlagFilename("config", "yaml", "yml")
	fixed := func(values []string) cobra.CompletionFunc {
		return func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
			return values, cobra.ShellCompDirectiveNoFileComp
		}
	}
	_ = c.RegisterFlagCompletionFunc("log-level", fixed(gateway.LogLevels))
	_ = c.RegisterFlagCompletionFunc("log-format", fixed(gateway.LogFormats))
}

func (l *gatewayLayers) load(c *cobra.Command) (*gateway.Config, []gateway.Setting, error) {
	layers := gateway.Layers{Files: l.files, Env: os.Environ()}
	for _, one := range l.set {
		key, value, ok := strings.Cut(one, "=")
		if !ok {
			return nil, nil, misuse(fmt.Sprintf("--set %q 应为 键=值", one), fmt.Sprintf("--set %q must be KEY=VALUE", one))
		}
		layers.Flags = append(layers.Flags, gateway.Flag{Name: "--set", Key: key, Value: value})
	}
	for _, f := range []struct{ name, key, value string }{{"listen", "listen", l.listen}, {"log-level", "log.level", l.level}, {"log-format", "log.format", l.logFormat}} {
		if c.Flags().Changed(f.name) {
			layers.Flags = append(layers.Flags, gateway.Flag{Name: "--" + f.name, Key: f.key, Value: f.value})
		}
	}
	return gateway.Load(layers)
}

func newGatewayConfigCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "config",
		Short: "检查或显示网关的设置 / Check a gateway's settings, or show what they come to",
	}
	cmd.AddCommand(newGatewayConfigCheck(), newGatewayConfigShow())
	return cmd
}

func newGatewayConfigCheck() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "check FILE…",
		Short: "一次说出全部错误，各指明行列 / Say everything that is wrong at once, each with its line and column",
		Long: `读取文件与环境变量 ` + gateway.EnvPrefix + `…，一次说出全部错误。有错误时以 1 退出。
Reads the files and the environment's ` + gateway.EnvPrefix + `… and says everything that is wrong at once. It exits 1 when something is.`,
		Example: `  datarights gateway config check run/group/gateway.yaml
  datarights gateway config check run/group/gateway.yaml run/group/gateway.local.yaml --json`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(c *cobra.Command, files []string) error {
			settings := &gatewayLayers{files: files}
			_, _, err := settings.load(c)
			if err != nil {
				return err
			}
			if asJSON {
				return writeJSON(c.OutOrStdout(), map[string]any{"files": files, "valid": true})
			}
			_, err = fmt.Fprintf(c.OutOrStdout(), "%s: 有效 valid\n", strings.Join(files, " + "))
			return err
		},
	}
	addJSON(cmd, &asJSON)
	return cmd
}

func newGatewayConfigShow() *cobra.Command {
	var layers gatewayLayers
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "show --config FILE",
		Short: "显示每项设置的值与出处 / Show every setting's value and where it comes from",
		Long: `密钥只显示其文件路径，从不显示内容。环境变量名见最后一列。
Of keys only the files' paths are shown, never what is in them. The last column is the environment's variable.`,
		Example: `  datarights gateway config show --config run/group/gateway.yaml
  ` + gateway.EnvPrefix + `LISTEN=127.0.0.1:9081 datarights gateway config show --config run/group/gateway.yaml --json`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			_, settings, err := layers.load(c)
			if err != nil {
				return err
			}
			for i, s := range settings {
				if d, ok := limitDefaults[s.Key]; ok && s.Source == gateway.SourceDefault {
					settings[i].Value = d
				}
			}
			if asJSON {
				return writeJSON(c.OutOrStdout(), settings)
			}
			w := tabwriter.NewWriter(c.OutOrStdout(), 0, 0, 2, ' ', 0)
			fmt.Fprintln(w, "SETTING\tVALUE\tFROM\tVARIABLE")
			for _, s := range settings {
				fmt.Fprintf(w, "%s\t%s\t%s\t%s\n", s.Key, s.Value, s.Source, gateway.EnvName(s.Key))
			}
			return w.Flush()
		},
	}
	layers.add(cmd)
	_ = cmd.MarkFlagRequired("config")
	addJSON(cmd, &asJSON)
	return cmd
}

// limitDefaults is what a limit of 0 means.
var limitDefaults = map[string]string{
	"limits.requestsPerSecond": fmt.Sprint(api.DefaultRequestsPerSecond), "limits.burst": fmt.Sprint(api.DefaultBurst),
	"limits.matchTagsPerSecond": fmt.Sprint(api.DefaultMatchTagsPerSecond), "limits.matchTagBurst": fmt.Sprint(api.DefaultMatchTagBurst),
	"limits.inFlight": fmt.Sprint(api.DefaultInFlight), "limits.commitTimeout": fmt.Sprint(api.DefaultCommitTimeout),
	"limits.waitTimeout": fmt.Sprint(api.DefaultWaitTimeout), "limits.maxLag": fmt.Sprint(api.DefaultMaxLag), "limits.sessionTTL": fmt.Sprint(session.DefaultTTL),
}

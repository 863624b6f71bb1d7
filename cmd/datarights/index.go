package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime/debug"

	"github.com/spf13/cobra"
	"go.yaml.in/yaml/v3"

	"github.com/datarights/datarights/gateway/fabric"
	"github.com/datarights/datarights/gateway/index"
)

// indexFlags are those that every index command takes.
type indexFlags struct {
	dir, config string
	json        bool
}

// indexConfig is what index commands read of a gateway.yaml.
type indexConfig struct {
	fabric.Config `yaml:",inline"`
	IndexDir      string `yaml:"indexDir"`
}

func newIndexCommand() *cobra.Command {
	var flags indexFlags
	cmd := &cobra.Command{
		Use:   "index",
		Short: "检查、比对或重建网关索引（网关须已停止） / Check, compare or rebuild a gateway's index while it is stopped",
		Long: `A gateway's index is made from its own peer's blocks and can always be made again.
Its digest at a height is the same in every organisation; a running gateway
serves it at /v1/index/digest.

网关索引由本组织节点的区块生成，可随时重建；同一高度的摘要在各组织相同，
运行中的网关在 /v1/index/digest 提供。`,
	}
	cmd.PersistentFlags().StringVar(&flags.config, "config", "", "the gateway's configuration, such as run/Group/gateway.yaml / 网关配置文件")
	cmd.PersistentFlags().StringVar(&flags.dir, "dir", "", "the index's directory, instead of the configuration's / 索引目录")
	cmd.PersistentFlags().BoolVar(&flags.json, "json", false, "for machines / 机器可读")
	_ = cmd.MarkPersistentFlagDirname("dir")
	_ = cmd.MarkPersistentFlagFilename("config", "yaml")
	cmd.AddCommand(newIndexDigest(&flags), newIndexCheck(&flags), newIndexRebuild(&flags))
	return cmd
}

// load reads what the flags name. needPeer says that --dir alone will not do.
func (f *indexFlags) load(needPeer bool) (*indexConfig, error) {
	var c indexConfig
	if f.config == "" {
		if f.dir == "" || needPeer {
			return nil, errors.New("--config FILE is missing: name the gateway's gateway.yaml / 缺少 --config：请指明网关的 gateway.yaml")
		}
		return &indexConfig{IndexDir: f.dir}, nil
	}
	text, err := os.ReadFile(f.config)
	if err != nil {
		return nil, fmt.Errorf("couldn't read the gateway's configuration: %w", err)
	}
	if err := yaml.Unmarshal(text, &c); err != nil {
		return nil, fmt.Errorf("couldn't read %s: %w", f.config, err)
	}
	folder := filepath.Dir(f.config)
	for _, path := range []*string{&c.IndexDir, &c.Peer.TLSCA, &c.Identity.Cert, &c.Identity.Key} {
		if *path != "" && !filepath.IsAbs(*path) {
			*path = filepath.Join(folder, *path)
		}
	}
	if f.dir != "" {
		c.IndexDir = f.dir
	}
	if c.IndexDir == "" {
		return nil, fmt.Errorf("%s names no indexDir / 配置中没有 indexDir", f.config)
	}
	return &c, nil
}

func (c *indexConfig) options() index.Options { return index.Options{Namespace: c.Chaincode} }

// open opens an index that exists; a mistyped directory must not become one.
func (f *indexFlags) open() (*index.Index, error) {
	c, err := f.load(false)
	if err != nil {
		return nil, err
	}
	if _, err := os.Stat(filepath.Join(c.IndexDir, "MANIFEST")); err != nil {
		return nil, fmt.Errorf("there is no index in %s / 该目录没有索引", c.IndexDir)
	}
	x, err := index.Open(c.IndexDir, c.options())
	return x, inUse(err)
}

func inUse(err error) error {
	if errors.Is(err, index.ErrInUse) {
		return fmt.Errorf("%w: its gateway runs; stop it first, or ask it for /v1/index/digest / 网关正在运行，请先停止，或访问其 /v1/index/digest", err)
	}
	return err
}

func newIndexDigest(flags *indexFlags) *cobra.Command {
	var height uint64
	cmd := &cobra.Command{
		Use: "digest",
		Example: `  datarights index digest --config run/group/gateway.yaml
  datarights index digest --config run/group/gateway.yaml --height 100 --json`,
		Short: "显示索引高度与摘要 / Print the index's height and digest",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			x, err := flags.open()
			if err != nil {
				return err
			}
			defer x.Close()
			s := x.Status()
			if cmd.Flags().Changed("height") {
				if s.Digest, err = x.DigestAt(height); err != nil {
					return fmt.Errorf("%w; the index stands at %d / 索引当前高度 %d", err, s.Height, s.Height)
				}
				s.Height = height
			}
			if flags.json {
				return writeJSON(cmd.OutOrStdout(), s)
			}
			_, err = fmt.Fprintf(cmd.OutOrStdout(), "height / 高度  %d\ndigest / 摘要  %s\n", s.Height, s.Digest)
			return err
		},
	}
	cmd.Flags().Uint64Var(&height, "height", 0, "an earlier height / 较早的高度")
	return cmd
}

func newIndexCheck(flags *indexFlags) *cobra.Command {
	return &cobra.Command{
		Use:     "check",
		Example: `  datarights index check --config run/group/gateway.yaml`,
		Short:   "全量核对索引 / Read the whole index and name whatever differs from what the blocks make it",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			x, err := flags.open()
			if err != nil {
				return err
			}
			defer x.Close()
			step := newProgress(cmd.ErrOrStderr()).Begin("Check the index", "核对索引")
			err = x.Check(cmd.Context(), func(p index.Progress) { step.Detail(fmt.Sprintf("%s, %d entries", p.Family, p.Entries)) })
			step.End(err)
			return reportCheck(cmd, flags, x.Status(), err)
		},
	}
}

// reportCheck prints what a check found. A damaged index is a failure.
func reportCheck(cmd *cobra.Command, flags *indexFlags, s index.Status, err error) error {
	var damage *index.CheckError
	if err != nil && !errors.As(err, &damage) {
		return err
	}
	report := struct {
		index.Status
		Sound    bool     `json:"sound"`
		Findings []string `json:"findings"`
		More     int      `json:"more"`
	}{Status: s, Sound: damage == nil, Findings: []string{}}
	if damage != nil {
		report.Height, report.Findings, report.More = damage.Height, damage.Findings, damage.More
	}
	out := cmd.OutOrStdout()
	switch {
	case flags.json:
		if err := writeJSON(out, report); err != nil {
			return err
		}
	case report.Sound:
		fmt.Fprintf(out, "sound / 完好: height %d, %s\n", s.Height, s.Digest)
	default:
		fmt.Fprintf(out, "DAMAGED / 损坏, height %d:\n", report.Height)
		for _, f := range report.Findings {
			fmt.Fprintln(out, "  "+f)
		}
		if report.More > 0 {
			fmt.Fprintf(out, "  … and %d more / 另有 %d 处\n", report.More, report.More)
		}
		fmt.Fprintln(out, "Rebuild it: datarights index rebuild --config FILE / 请重建索引")
	}
	if !report.Sound {
		return errReported
	}
	return nil
}

// rebuildMemory bounds what a rebuild takes itself, in bytes, unless GOMEMLIMIT
// says otherwise: it shares its host with a peer and an orderer.
const rebuildMemory = 1 << 30

// rebuildGC lets garbage be twice what is in use before it is collected.
const rebuildGC = 200

func newIndexRebuild(flags *indexFlags) *cobra.Command {
	return &cobra.Command{
		Use:     "rebuild",
		Example: `  datarights index rebuild --config run/group/gateway.yaml`,
		Short:   "由本组织节点的区块重建索引 / Make the index anew from the peer's blocks",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := flags.load(true)
			if err != nil {
				return err
			}
			peer, err := fabric.Connect(c.Config)
			if err != nil {
				return err
			}
			defer peer.Close()
			if os.Getenv("GOMEMLIMIT") == "" {
				debug.SetMemoryLimit(rebuildMemory)
			}
			if os.Getenv("GOGC") == "" {
				debug.SetGCPercent(rebuildGC) // what room there is, is used
			}
			step := newProgress(cmd.ErrOrStderr()).Begin("Rebuild the index", "重建索引")
			r, err := index.Rebuild(cmd.Context(), c.IndexDir, c.options(), peer, func(done, total uint64) {
				step.Detail(fmt.Sprintf("block %d of %d", done, total))
			})
			step.End(err)
			if err != nil {
				return inUse(err)
			}
			return reportRebuilt(cmd, flags, r)
		},
	}
}

func reportRebuilt(cmd *cobra.Command, flags *indexFlags, r index.Rebuilt) error {
	out := cmd.OutOrStdout()
	if flags.json {
		report := struct {
			index.Status
			Old       index.Status `json:"old"`
			OldDamage string       `json:"oldDamage,omitempty"`
			Agrees    bool         `json:"agrees"`
		}{Status: r.Status, Old: r.Old, Agrees: r.Agrees}
		if r.OldDamage != nil {
			report.OldDamage = r.OldDamage.Error()
		}
		return writeJSON(out, report)
	}
	fmt.Fprintf(out, "rebuilt / 已重建: height %d, %s\n", r.Height, r.Digest)
	switch {
	case r.OldDamage != nil:
		fmt.Fprintf(out, "the old index could not be read / 旧索引不可读: %v\n", r.OldDamage)
	case r.Old.Height > 0 && r.Agrees:
		fmt.Fprintf(out, "the old index agreed with the chain at height %d / 旧索引在高度 %d 与链一致\n", r.Old.Height, r.Old.Height)
	case !r.Agrees:
		fmt.Fprintf(out, "the old index DIFFERED from the chain at height %d / 旧索引在高度 %d 与链不一致\n", r.Old.Height, r.Old.Height)
	}
	return nil
}

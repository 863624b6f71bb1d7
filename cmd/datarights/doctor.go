package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/datarights/datarights/gateway"
	"github.com/datarights/datarights/gateway/index"
	"github.com/datarights/datarights/gateway/vitals"
	"github.com/datarights/datarights/internal/doctor"
	"github.com/datarights/datarights/internal/marks"
	"github.com/datarights/datarights/network"
)

func newDoctorCommand() *cobra.Command {
	var dir, config string
	var organisations, only []string
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "doctor",
		Short: "检查节点哪里不对、该怎么办 / Find what is wrong with a node and say what to do",
		Long: `逐项检查：设置、密钥权限、证书、目录、磁盘、进程、文件描述符、端口与 TLS、运维端点、排序节点法定数、网关、索引、高度、
各机构摘要、时钟、平台密钥、私有数据集合、备份。只看不改，不显示任何密钥；一切都停了也能用。
有 fail 时以 1 退出；只有 warn 或 unknown 时以 0 退出。

Checks, one by one: settings, who can read keys, certificates, folders, disk, processes, file descriptors, ports and TLS,
operations endpoints, the orderers' quorum, gateway, index, heights, the organisations' digests, clock, platform key,
private collections, backup. It only looks, shows no secret, and works when everything is down. It exits 1 on a fail.`,
		Example: `  datarights doctor --dir run --organisation Group
  datarights doctor --config run/group/gateway.yaml --json
  datarights doctor --dir run --only certificates --only clock`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			for _, name := range only {
				if !slices.Contains(checkNames(), name) {
					list := strings.Join(checkNames(), ", ")
					return misuse(fmt.Sprintf("没有检查 %q；可用：%s", name, list), fmt.Sprintf("there is no check %q; there are: %s", name, list))
				}
			}
			nodes, err := nodesToExamine(dir, config, organisations)
			if err != nil {
				return err
			}
			examiner := &doctor.Doctor{Now: time.Now, Client: &http.Client{}, Timeout: 10 * time.Second, Disk: diskOf, Files: openFiles}
			bad := false
			answers := []any{}
			for _, n := range nodes {
				list := examiner.Examine(c.Context(), n, only...)
				worst := doctor.Worst(list)
				bad = bad || worst == doctor.LevelFail
				if asJSON {
					answers = append(answers, map[string]any{"organisation": n.Organisation, "worst": worst, "findings": list})
					continue
				}
				printFindings(c, n.Organisation, list)
			}
			if asJSON {
				if err := writeJSON(c.OutOrStdout(), answers); err != nil {
					return err
				}
			}
			if bad {
				return errReported
			}
			return nil
		},
	}
	f := cmd.Flags()
	f.StringVar(&dir, "dir", defaultRunDir, "run directory / 运行目录")
	f.StringVar(&config, "config", "", "网关的 gateway.yaml，代替 --dir / the gateway's gateway.yaml, instead of --dir")
	f.StringArrayVar(&organisations, "organisation", nil, "机构，可重复；默认本机的全部 / `NAME`, repeatable; all of this host if not given")
	f.StringArrayVar(&only, "only", nil, "只做此项检查，可重复 / this `CHECK` only, repeatable")
	addJSON(cmd, &asJSON)
	_ = cmd.MarkFlagDirname("dir")
	_ = cmd.MarkFlagFilename("config", "yaml")
	_ = cmd.RegisterFlagCompletionFunc("organisation", completeOrganisation(&dir))
	_ = cmd.RegisterFlagCompletionFunc("only", func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
		return checkNames(), cobra.ShellCompDirectiveNoFileComp
	})
	return cmd
}

func checkNames() (names []string) {
	for _, c := range doctor.Checks {
		names = append(names, c.Name)
	}
	return names
}

var levelMarks = map[doctor.Level]string{doctor.LevelOK: "✓", doctor.LevelUnknown: "?", doctor.LevelWarn: "!", doctor.LevelFail: "✗"}

func printFindings(c *cobra.Command, organisation string, list []doctor.Finding) {
	w := c.OutOrStdout()
	count := map[doctor.Level]int{}
	fmt.Fprintln(w, organisation)
	for _, f := range list {
		count[f.Level]++
		fmt.Fprintf(w, "%s %-13s %s\n", levelMarks[f.Level], f.Check, f.Subject)
		if f.Level == doctor.LevelOK {
			fmt.Fprintf(w, "    %s / %s\n", f.Zh, f.En)
			continue
		}
		fmt.Fprintf(w, "    %s\n", f.Zh)
		if f.En != f.Zh {
			fmt.Fprintf(w, "    %s\n", f.En)
		}
		fmt.Fprintf(w, "    → %s\n    → %s\n", f.RemedyZh, f.Remedy)
	}
	fmt.Fprintf(w, "ok %d · unknown %d · warn %d · fail %d\n", count[doctor.LevelOK], count[doctor.LevelUnknown], count[doctor.LevelWarn], count[doctor.LevelFail])
}

// nodesToExamine gathers what is known of the nodes, whatever state they are in.
func nodesToExamine(dir, config string, organisations []string) ([]*doctor.Node, error) {
	folder := dir
	if config != "" {
		absolute, err := filepath.Abs(config)
		if err != nil {
			return nil, err
		}
		folder = filepath.Dir(filepath.Dir(absolute))
	}
	d, err := network.Open(folder)
	if err != nil {
		if config == "" && len(organisations) == 0 {
			return nil, err
		}
		// What the gateway's own file says can still be looked at.
		var nodes []*doctor.Node
		if config != "" {
			return append(nodes, bareNode(config, err)), nil
		}
		for _, name := range organisations {
			nodes = append(nodes, bareNode(filepath.Join(dir, strings.ToLower(name), "gateway.yaml"), err))
		}
		return nodes, nil
	}
	var nodes []*doctor.Node
	for _, org := range d.HostsOf() {
		named := len(organisations) == 0 || slices.Contains(organisations, org.Name)
		if config != "" {
			named = org.Dir() == filepath.Base(filepath.Dir(config))
		}
		if named {
			nodes = append(nodes, nodeOf(d, org))
		}
	}
	if len(nodes) == 0 && config != "" {
		return []*doctor.Node{bareNode(config, nil)}, nil
	}
	if len(nodes) == 0 {
		for _, name := range organisations {
			if _, err := d.Organisation(name); err != nil {
				return nil, err
			}
		}
		return nil, errors.New("none of these organisations' processes run from " + d.Dir)
	}
	return nodes, nil
}

// bareNode is what one gateway.yaml says, with no description at hand.
func bareNode(config string, consortium error) *doctor.Node {
	n := &doctor.Node{ConfigFile: config}
	if consortium != nil {
		n.ConsortiumFault = consortium.Error()
	}
	c := readConfig(n, config)
	if c != nil {
		n.Organisation = c.Organisation
		addGateway(n, c)
		n.WantedCollections = n.Collections
	}
	n.BackupFile = filepath.Join(filepath.Dir(config), "backup.json")
	return n
}

func nodeOf(d *network.Deployment, org *network.Organisation) *doctor.Node {
	file := d.GatewayConfig(org)
	n := &doctor.Node{
		Organisation: org.Name, ConfigFile: file, WantedCollections: d.CollectionsOf(org), BackupFile: d.LastBackupFile(org),
		PlatformKey: org.Function == network.FunctionRegistration || org.Function == network.FunctionTrading,
		Processes: func(ctx context.Context) ([]doctor.Process, error) {
			s, err := network.StatusOf(ctx, d.Dir)
			if err != nil {
				return nil, err
			}
			if !s.Running {
				return nil, network.ErrNotRunning
			}
			var all []doctor.Process
			for _, p := range s.Processes {
				if p.Organisation == org.Name {
					all = append(all, doctor.Process{Name: p.Name, Health: p.Health, Detail: p.Detail, PID: p.PID, Restarts: p.Restarts})
				}
			}
			return all, nil
		},
	}
	files := []string{file}
	if overlay := d.GatewayOverlay(org); fileExists(overlay) {
		files = append(files, overlay)
	}
	if c := readConfig(n, files...); c != nil {
		addGateway(n, c)
	}
	for _, c := range d.CertificatesOf(org) {
		n.Certificates = append(n.Certificates, doctor.Certificate{Name: c.Name, File: c.Cert, Key: c.Key, Roots: c.Roots, Hosts: c.Hosts})
		if c.Key != "" {
			addKey(n, c.Name, c.Key)
		}
	}
	for i := range d.Organisations {
		other := &d.Organisations[i]
		for _, e := range d.EndpointsOf(other) {
			if other == org {
				p := doctor.Port{Name: e.Name, Address: e.Address, ServerName: e.ServerName, Process: e.Process, Ours: true}
				if e.Roots != "" {
					p.Roots = []string{e.Roots}
				}
				n.Ports = append(n.Ports, p)
			}
			switch {
			case e.Name == network.KindOrderer:
				n.Orderers = append(n.Orderers, doctor.Orderer{Organisation: other.Name, Address: e.Address, Roots: []string{e.Roots}})
			case e.Name == network.KindGateway:
				n.Gateways = append(n.Gateways, doctor.Gateway{Organisation: other.Name, URL: "http://" + e.Address, Ours: other == org})
			case e.Name == network.KindPeer && other != org:
				n.Ports = append(n.Ports, doctor.Port{Name: other.Name + "'s peer", Address: e.Address, Roots: []string{e.Roots}, ServerName: e.ServerName})
			}
		}
	}
	for _, o := range d.OperationsOf(org) {
		n.Operations = append(n.Operations, doctor.Operations{Name: o.Process, URL: o.URL, Identity: o.Identity, Roots: o.Roots})
	}
	return n
}

func addKey(n *doctor.Node, name, path string) {
	if !slices.ContainsFunc(n.Keys, func(k doctor.KeyFile) bool { return k.Path == path }) {
		n.Keys = append(n.Keys, doctor.KeyFile{Name: name, Path: path})
	}
}

// readConfig reads the settings and notes what is wrong with them.
func readConfig(n *doctor.Node, files ...string) *gateway.Config {
	c, _, err := gateway.Load(gateway.Layers{Files: files})
	var faults gateway.Faults
	switch {
	case errors.As(err, &faults):
		for _, f := range faults {
			n.ConfigFaults = append(n.ConfigFaults, f.Error())
		}
	case err != nil:
		n.ConfigFaults = append(n.ConfigFaults, err.Error())
	}
	return c
}

// addGateway adds what a gateway's settings name.
func addGateway(n *doctor.Node, c *gateway.Config) {
	n.Collections = c.Collections
	addKey(n, "gateway", c.Identity.Key)
	if c.TLS != nil {
		addKey(n, "gateway TLS", c.TLS.Key)
		n.Certificates = append(n.Certificates, doctor.Certificate{Name: "gateway TLS", File: c.TLS.Cert, Key: c.TLS.Key})
	}
	if c.MatchTag != nil {
		addKey(n, "match tags", c.MatchTag.KeyFile)
		// It is made when the platform's officer is enrolled.
		if fileExists(c.MatchTag.SignerKey) {
			addKey(n, "match tag signer", c.MatchTag.SignerKey)
		}
	}
	n.Stores = append(n.Stores, doctor.Store{Name: "index", Path: c.IndexDir})
	if c.Trace != nil {
		n.Stores = append(n.Stores, doctor.Store{Name: "sketches", Path: c.Trace.SketchDir})
		if c.Trace.MarksDir != "" && fileExists(c.Trace.MarksDir) { // made with the first mark
			n.Stores = append(n.Stores, doctor.Store{Name: "marks", Path: c.Trace.MarksDir, Check: func() error { return checkMarks(c.Trace.MarksDir) }})
		}
	}
	n.Index = func() (uint64, error) {
		if !fileExists(filepath.Join(c.IndexDir, "MANIFEST")) {
			return 0, errors.New("there is none in " + c.IndexDir)
		}
		x, err := index.Open(c.IndexDir, index.Options{Namespace: c.Chaincode})
		if errors.Is(err, index.ErrInUse) {
			return 0, doctor.ErrRunning
		}
		if err != nil {
			return 0, err
		}
		defer x.Close()
		return x.Status().Height, nil
	}
}

// checkMarks reads every entry of the register.
func checkMarks(dir string) error {
	r, err := marks.OpenRegister(dir)
	if err != nil {
		return err
	}
	keys, err := r.KeyIDs()
	for _, id := range keys {
		if _, rerr := r.Entries(id); rerr != nil {
			err = errors.Join(err, rerr)
		}
	}
	return err
}

func diskOf(dir string) (doctor.Disk, error) {
	d, err := vitals.DiskOf(dir)
	return doctor.Disk(d), err
}

// openFiles counts what a process has open, and may have.
func openFiles(pid int) (open, limit int, err error) {
	base := "/proc/" + strconv.Itoa(pid)
	entries, err := os.ReadDir(base + "/fd")
	if err != nil {
		return 0, 0, err
	}
	text, err := os.ReadFile(base + "/limits")
	if err != nil {
		return 0, 0, err
	}
	for line := range strings.SplitSeq(string(text), "\n") {
		if rest, found := strings.CutPrefix(line, "Max open files"); found {
			fields := strings.Fields(rest)
			if len(fields) > 0 && fields[0] == "unlimited" {
				return len(entries), 1 << 30, nil
			}
			if len(fields) > 0 {
				limit, err = strconv.Atoi(fields[0])
				return len(entries), limit, err
			}
		}
	}
	return 0, 0, errors.New("no limit of open files is said")
}

package network

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/datarights/datarights/network/backup"
)

// Of an organisation everything in its folder is kept but what rebuilt names,
// so that a new kind of state needs no line here. What gateway.yaml places
// elsewhere is named by its key in configured.

// rebuilt is what is made anew from the other organisations' nodes.
var rebuilt = []struct {
	path   string // below the organisation's folder
	zh, en string
	ledger bool // left out only when asked for
}{
	{"peer/data", "节点账本（按要求不含）：区块可从排序节点取回，但本机构对链码的批准只在本机构节点上；没有它，须由全体成员重新批准链码",
		"the peer's ledger, as asked for: blocks come from the orderers, but the organisation's approval of the chaincode is on its own peer alone; without it all members must approve the chaincode anew", true},
	{"orderer/data", "排序节点账本：以创世区块重新加入，从其他排序节点同步。旧的投票记录反而有害", "the orderer's ledger: it joins again with the genesis block and synchronises with the others. Old votes would do harm", false},
	{"index", "网关索引：由本机构节点的区块重建", "the gateway's index: it is rebuilt from the own peer's blocks", false},
}

// configured are keys of gateway.yaml that name what must be kept, wherever it is.
var configured = []string{
	"identity.cert", "identity.key", "peer.tlsCA", "tls.cert", "tls.key",
	"matchTag.keyFile", "matchTag.signerKey", "trace.sketchDir", "trace.marksDir",
	"webhooks.dir", "webhooks.keyFile",
}

// OutsideDir is the folder of a backup, below the organisation's, with what lay
// outside the run directory.
const OutsideDir = "outside"

// Kept is what a backup of one organisation holds. With the peer's ledger in it,
// private data included, the peer must be stopped while it is made.
func (d *Deployment) Kept(org *Organisation, program string, ledger bool, now time.Time) (backup.Plan, error) {
	folder := org.Dir()
	plan := backup.Plan{
		Manifest: backup.Manifest{Consortium: d.Name, Channel: d.Channel, Organisation: org.Name, MSPID: org.MSPID, Created: now.UTC().Truncate(time.Second), Program: program},
		InUse: func(name string) backup.LeftOut {
			return backup.LeftOut{Name: name,
				WhyZh: "进程正在使用；不加 --online 则暂停进程一并备份。摘要库在恢复后由平台的另一网关补齐",
				Why:   "a process is using it; without --online it is paused and this kept. Sketches are filled again by the platform's other gateway"}
		},
	}
	config, indexDir, err := d.gatewayPaths(org)
	if err != nil {
		return plan, err
	}
	own := backup.Source{Path: d.org(org), As: folder}
	for _, r := range rebuilt {
		if r.ledger && ledger {
			continue
		}
		name := folder + "/" + r.path
		if r.path == "index" && indexDir != "" {
			if inside, ok := d.inside(indexDir); ok {
				name = inside
			}
		}
		own.Except = append(own.Except, name)
		plan.Manifest.LeftOut = append(plan.Manifest.LeftOut, backup.LeftOut{Name: name, WhyZh: r.zh, Why: r.en})
	}
	hostText, err := HostFile(org.Name)
	if err != nil {
		return plan, err
	}
	plan.Sources = []backup.Source{
		{Path: d.path("consortium.yaml"), As: "consortium.yaml"},
		{As: HostFileName, Data: hostText},
		{Path: d.path("channel"), As: "channel"},
		{Path: d.path("chaincodes"), As: "chaincodes"},
		{Path: d.TrustDir(), As: "trust"},
		own,
	}
	for _, key := range configured {
		path := config[key]
		if _, in := d.inside(path); path != "" && !in {
			plan.Sources = append(plan.Sources, backup.Source{Path: path, As: folder + "/" + OutsideDir + "/" + key, Optional: true})
		} else if in && !strings.HasPrefix(path, d.org(org)+string(filepath.Separator)) {
			name, _ := d.inside(path)
			plan.Sources = append(plan.Sources, backup.Source{Path: path, As: name, Optional: true})
		}
	}
	return plan, nil
}

// inside is a path below the run directory as a backup names it.
func (d *Deployment) inside(path string) (string, bool) {
	rel, err := filepath.Rel(d.Dir, path)
	if err != nil || !filepath.IsLocal(rel) {
		return "", false
	}
	return filepath.ToSlash(rel), true
}

// gatewayPaths reads the configured keys of the organisation's gateway.yaml and
// of what is laid over it, without judging either.
func (d *Deployment) gatewayPaths(org *Organisation) (paths map[string]string, indexDir string, err error) {
	paths = map[string]string{}
	for _, file := range []string{d.GatewayConfig(org), d.GatewayOverlay(org)} {
		text, err := os.ReadFile(file)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, "", fmt.Errorf("couldn't read the gateway's configuration: %w", err)
		}
		var root map[string]any
		if err := yaml.Unmarshal(text, &root); err != nil {
			return nil, "", fmt.Errorf("couldn't read %s: %w", file, err)
		}
		at := func(key string) string {
			var v any = root
			for step := range strings.SplitSeq(key, ".") {
				m, _ := v.(map[string]any)
				v = m[step]
			}
			path, _ := v.(string)
			if path != "" && !filepath.IsAbs(path) {
				path = filepath.Join(filepath.Dir(file), path)
			}
			return path
		}
		for _, key := range configured {
			if path := at(key); path != "" {
				paths[key] = path
			}
		}
		if path := at("indexDir"); path != "" {
			indexDir = path
		}
	}
	return paths, indexDir, nil
}

// LastBackup is what the organisation's folder remembers of its latest backup.
type LastBackup struct {
	Time   time.Time `json:"time"`
	File   string    `json:"file"`
	SHA256 string    `json:"sha256"`
}

// LastBackupFile is where it stands.
func (d *Deployment) LastBackupFile(org *Organisation) string { return d.org(org, "backup.json") }

// NoteBackup remembers a backup that was written and verified.
func (d *Deployment) NoteBackup(org *Organisation, b LastBackup) error {
	text, err := json.MarshalIndent(b, "", "  ")
	if err != nil {
		return fmt.Errorf("couldn't note the backup: %w", err)
	}
	return writeFile(d.LastBackupFile(org), append(text, '\n'), 0o600)
}

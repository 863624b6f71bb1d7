package doctor

import (
	"context"
	"crypto/ecdsa"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"
	"time"
)

// When a certificate's end is near, a disk nearly full, a backup old.
const (
	CertificateWarn = 30 * 24 * time.Hour
	CertificateFail = 7 * 24 * time.Hour
	DiskWarnBytes   = 10 << 30
	DiskFailBytes   = 1 << 30
	DiskWarnShare   = 0.10
	InodesFail      = 10_000
	BackupWarn      = 48 * time.Hour
	BackupFail      = 14 * 24 * time.Hour
	FilesWarnShare  = 0.8
	MinFiles        = 4096
)

func (d *Doctor) config(_ context.Context, n *Node) (list []Finding) {
	if n.ConsortiumFault != "" {
		list = append(list, finding(LevelFail, "consortium.yaml", "联盟描述无法读取："+n.ConsortiumFault, "the consortium's description can't be read: "+n.ConsortiumFault,
			"datarights network config run/consortium.yaml 逐条说明；从备份恢复此文件", "datarights network config run/consortium.yaml says each fault; restore the file from the backup"))
	}
	for _, f := range n.ConfigFaults {
		list = append(list, finding(LevelFail, n.ConfigFile, f, f, "改正所指的行，再 datarights gateway config check", "mend the line named, then datarights gateway config check"))
	}
	if len(list) == 0 {
		list = append(list, ok(n.ConfigFile, "设置有效", "the settings are valid"))
	}
	return list
}

func (d *Doctor) keys(_ context.Context, n *Node) (list []Finding) {
	for _, k := range n.Keys {
		info, err := os.Stat(k.Path)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			list = append(list, finding(LevelFail, k.Path, k.Name+" 的密钥文件不在", "the key file of "+k.Name+" is missing", "从备份恢复：datarights backup restore", "restore it from the backup: datarights backup restore"))
		case err != nil:
			list = append(list, unknown(k.Path, err))
		case info.Mode().Perm()&0o077 != 0:
			list = append(list, finding(LevelFail, k.Path, fmt.Sprintf("%s 的密钥他人可及（%04o）", k.Name, info.Mode().Perm()), fmt.Sprintf("others can reach the key of %s (%04o)", k.Name, info.Mode().Perm()),
				"chmod 600 "+k.Path+"；若他人可能已读取，按“密钥泄露”处理", "chmod 600 "+k.Path+"; if somebody may have read it, act as for a compromised key"))
		case info.Size() == 0:
			list = append(list, finding(LevelFail, k.Path, k.Name+" 的密钥文件是空的", "the key file of "+k.Name+" is empty", "从备份恢复", "restore it from the backup"))
		}
	}
	if len(list) == 0 && len(n.Keys) > 0 {
		list = append(list, ok("", fmt.Sprintf("%d 个密钥文件仅本人可读", len(n.Keys)), fmt.Sprintf("%d key files, their owner's alone", len(n.Keys))))
	}
	return list
}

func (d *Doctor) certificates(_ context.Context, n *Node) (list []Finding) {
	soonest := time.Duration(1<<63 - 1)
	for _, c := range n.Certificates {
		f, left := d.certificate(c)
		list = append(list, f...)
		soonest = min(soonest, left)
	}
	if len(list) == 0 && len(n.Certificates) > 0 {
		days := int(soonest.Hours() / 24)
		list = append(list, ok("", fmt.Sprintf("%d 张证书有效，最早的还有 %d 天", len(n.Certificates), days), fmt.Sprintf("%d certificates are good, the first to end in %d days", len(n.Certificates), days)))
	}
	return list
}

// certificate finds all that is wrong with one.
func (d *Doctor) certificate(c Certificate) (list []Finding, left time.Duration) {
	const most = time.Duration(1<<63 - 1)
	bad := func(level Level, zh, en, remedyZh, remedy string) {
		list = append(list, finding(level, c.File, c.Name+"："+zh, c.Name+": "+en, remedyZh, remedy))
	}
	renewZh, renew := "换发：见 docs/operations.md “证书更换”", "renew it: docs/operations.md, certificate renewal"
	leaf, err := readCertificate(c.File)
	if err != nil {
		bad(LevelFail, "证书读不出："+err.Error(), "the certificate can't be read: "+err.Error(), "从备份恢复", "restore it from the backup")
		return list, most
	}
	left = leaf.NotAfter.Sub(d.Now())
	days := int(left.Hours() / 24)
	switch {
	case left <= 0:
		bad(LevelFail, fmt.Sprintf("已于 %s 过期", leaf.NotAfter.Format(time.DateOnly)), fmt.Sprintf("it ended on %s", leaf.NotAfter.Format(time.DateOnly)), renewZh, renew)
	case left <= CertificateFail:
		bad(LevelFail, fmt.Sprintf("只剩 %d 天", days), fmt.Sprintf("%d days left", days), renewZh, renew)
	case left <= CertificateWarn:
		bad(LevelWarn, fmt.Sprintf("只剩 %d 天", days), fmt.Sprintf("%d days left", days), renewZh, renew)
	case leaf.NotBefore.After(d.Now()):
		bad(LevelFail, "尚未生效；本机时钟可能慢了", "not valid yet; this host's clock may be slow", "校时：timedatectl", "set the clock: timedatectl")
	}
	if len(c.Roots) > 0 {
		pool := x509.NewCertPool()
		for _, file := range c.Roots {
			if text, err := os.ReadFile(file); err == nil {
				pool.AppendCertsFromPEM(text)
			}
		}
		// Its time is judged above, and by this clock.
		at := leaf.NotBefore.Add(leaf.NotAfter.Sub(leaf.NotBefore) / 2)
		if _, err := leaf.Verify(x509.VerifyOptions{Roots: pool, CurrentTime: at, KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageAny}}); err != nil {
			bad(LevelFail, "不是本机构 CA 签发的", "it does not come from the organisation's authority", "换回本机构的证书，或换发", "put the organisation's certificate back, or renew it")
		}
	}
	for _, h := range c.Hosts {
		if leaf.VerifyHostname(h) != nil {
			bad(LevelFail, "不含名称 "+h, "it is not good for the name "+h, "换发时把该名称写入 SAN，或改 peer.serverName", "renew it with that name, or change peer.serverName")
		}
	}
	if c.Key == "" {
		return list, left
	}
	if pair, err := tls.LoadX509KeyPair(c.File, c.Key); err != nil {
		if _, missing := os.Stat(c.Key); missing == nil { // a missing key is another check's finding
			bad(LevelFail, "私钥与证书不配", "the private key is not this certificate's", "把成对的证书与私钥放回（备份中有）", "put certificate and key of one pair back; the backup has them")
		}
	} else if _, ec := pair.PrivateKey.(*ecdsa.PrivateKey); !ec {
		bad(LevelWarn, "不是 ECDSA 密钥", "it is no ECDSA key", renewZh, renew)
	}
	return list, left
}

func readCertificate(file string) (*x509.Certificate, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	block, _ := pem.Decode(text)
	if block == nil {
		return nil, errors.New("no PEM in it")
	}
	return x509.ParseCertificate(block.Bytes)
}

func (d *Doctor) stores(_ context.Context, n *Node) (list []Finding) {
	for _, s := range n.Stores {
		info, err := os.Stat(s.Path)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			list = append(list, finding(LevelFail, s.Path, s.Name+" 的目录不在", "the folder of "+s.Name+" is missing", "从备份恢复；水印登记簿丢失即无法再指认", "restore it from the backup; without the register of marks nobody can be named"))
			continue
		case err != nil:
			list = append(list, unknown(s.Path, err))
			continue
		case !info.IsDir() || info.Mode().Perm()&0o077 != 0:
			list = append(list, finding(LevelWarn, s.Path, fmt.Sprintf("%s 应为仅本人可及的目录（现 %04o）", s.Name, info.Mode().Perm()), fmt.Sprintf("%s should be a folder of its owner alone (is %04o)", s.Name, info.Mode().Perm()), "chmod 700 "+s.Path, "chmod 700 "+s.Path))
			continue
		}
		if s.Check != nil {
			if err := s.Check(); err != nil {
				list = append(list, finding(LevelFail, s.Path, fmt.Sprintf("%s 有损坏：%v", s.Name, err), fmt.Sprintf("%s is damaged: %v", s.Name, err), "从备份恢复所指的文件", "restore the file named from the backup"))
				continue
			}
		}
		list = append(list, ok(s.Path, s.Name+" 在", s.Name+" is there"))
	}
	return list
}

func (d *Doctor) disk(_ context.Context, n *Node) (list []Finding) {
	for _, s := range n.Stores {
		room, err := d.Disk(s.Path)
		if errors.Is(err, fs.ErrNotExist) {
			continue // stores says so
		}
		if err != nil {
			list = append(list, unknown(s.Path, err))
			continue
		}
		gib := float64(room.Free) / (1 << 30)
		share := float64(room.Free) / float64(max(room.Size, 1))
		full := finding(LevelFail, s.Path, fmt.Sprintf("磁盘只剩 %.1f GiB（%.0f%%）", gib, 100*share), fmt.Sprintf("%.1f GiB left on the disk (%.0f%%)", gib, 100*share),
			"腾出空间：旧日志、旧备份；索引可删后重建。见“磁盘满”", "make room: old logs, old backups; the index can be deleted and rebuilt. See: disk full")
		switch {
		case room.Free < DiskFailBytes:
			list = append(list, full)
		case room.Free < DiskWarnBytes && share < DiskWarnShare:
			full.Level = LevelWarn
			list = append(list, full)
		case room.Inodes > 0 && room.FreeInodes < InodesFail:
			list = append(list, finding(LevelFail, s.Path, fmt.Sprintf("只能再建 %d 个文件（inode）", room.FreeInodes), fmt.Sprintf("only %d more files can be made (inodes)", room.FreeInodes),
				"删去大量小文件，或换文件系统", "delete what has many small files, or move to another file system"))
		default:
			list = append(list, ok(s.Path, fmt.Sprintf("余 %.1f GiB", gib), fmt.Sprintf("%.1f GiB left", gib)))
		}
	}
	return list
}

func (d *Doctor) processes(ctx context.Context, n *Node) (list []Finding) {
	if n.Processes == nil {
		return nil
	}
	all, err := n.Processes(ctx)
	if err != nil {
		return []Finding{finding(LevelFail, "supervisor", "守护进程没有运行："+err.Error(), "the supervisor does not run: "+err.Error(), "datarights network up 从保存的状态全部启动", "datarights network up starts everything from the kept state")}
	}
	for _, p := range all {
		detail := strings.TrimSpace(p.Detail)
		switch {
		case p.PID == 0:
			list = append(list, finding(LevelFail, p.Name, "没有运行 "+detail, "does not run "+detail, "datarights network logs "+p.Name+"；datarights network start "+p.Name, "datarights network logs "+p.Name+"; datarights network start "+p.Name))
		case p.Health != "ok":
			list = append(list, finding(LevelFail, p.Name, "运行但不正常："+detail, "runs, but not as it should: "+detail, "datarights network logs "+p.Name+"；datarights network restart "+p.Name, "datarights network logs "+p.Name+"; datarights network restart "+p.Name))
		case p.Restarts >= 3:
			list = append(list, finding(LevelWarn, p.Name, fmt.Sprintf("重启过 %d 次", p.Restarts), fmt.Sprintf("was started again %d times", p.Restarts), "datarights network logs "+p.Name+" 看它为何退出", "datarights network logs "+p.Name+" says why it ended"))
		}
	}
	if len(list) == 0 {
		list = append(list, ok("supervisor", fmt.Sprintf("%d 个进程正常", len(all)), fmt.Sprintf("%d processes are well", len(all))))
	}
	return list
}

func (d *Doctor) descriptors(ctx context.Context, n *Node) (list []Finding) {
	if n.Processes == nil {
		return nil
	}
	all, err := n.Processes(ctx)
	if err != nil {
		return []Finding{unknown("supervisor", err)}
	}
	looked := 0
	for _, p := range all {
		if p.PID == 0 {
			continue
		}
		open, limit, err := d.Files(p.PID)
		if err != nil {
			continue // it ended, or is another user's
		}
		looked++
		switch {
		case float64(open) > FilesWarnShare*float64(limit):
			list = append(list, finding(LevelFail, p.Name, fmt.Sprintf("打开了 %d 个文件，上限 %d", open, limit), fmt.Sprintf("has %d files open of at most %d", open, limit), "提高 LimitNOFILE（或 ulimit -n 65536），再 network restart "+p.Name, "raise LimitNOFILE (or ulimit -n 65536), then network restart "+p.Name))
		case limit < MinFiles:
			list = append(list, finding(LevelWarn, p.Name, fmt.Sprintf("文件描述符上限 %d 偏低", limit), fmt.Sprintf("may open %d files only", limit), "提高 LimitNOFILE（或 ulimit -n 65536），再 network down、up", "raise LimitNOFILE (or ulimit -n 65536), then network down and up"))
		}
	}
	if len(list) == 0 && looked > 0 {
		list = append(list, ok("", fmt.Sprintf("%d 个进程的文件描述符充足", looked), fmt.Sprintf("%d processes have descriptors to spare", looked)))
	}
	return list
}

func (d *Doctor) collections(_ context.Context, n *Node) []Finding {
	have, want := slices.Sorted(slices.Values(n.Collections)), slices.Sorted(slices.Values(n.WantedCollections))
	if slices.Equal(have, want) {
		return []Finding{ok(n.ConfigFile, fmt.Sprintf("私有数据集合 %d 个，与描述一致", len(have)), fmt.Sprintf("%d private collections, as described", len(have)))}
	}
	return []Finding{finding(LevelFail, n.ConfigFile, fmt.Sprintf("设置中的私有数据集合 %v 与描述 %v 不同", have, want), fmt.Sprintf("the settings name the private collections %v, the description gives %v", have, want),
		"datarights network up 重写 gateway.yaml", "datarights network up writes gateway.yaml anew")}
}

func (d *Doctor) backup(_ context.Context, n *Node) []Finding {
	remedyZh, remedy := "datarights backup create --organisation "+n.Organisation+" -o FILE", "datarights backup create --organisation "+n.Organisation+" -o FILE"
	text, err := os.ReadFile(n.BackupFile)
	if errors.Is(err, fs.ErrNotExist) {
		return []Finding{finding(LevelWarn, n.BackupFile, "从未备份", "never backed up", remedyZh, remedy)}
	}
	var last struct {
		Time time.Time `json:"time"`
		File string    `json:"file"`
	}
	if err == nil {
		err = json.Unmarshal(text, &last)
	}
	if err != nil {
		return []Finding{unknown(n.BackupFile, err)}
	}
	age := d.Now().Sub(last.Time)
	zh, en := fmt.Sprintf("上次备份在 %d 小时前：%s", int(age.Hours()), last.File), fmt.Sprintf("last backed up %d hours ago: %s", int(age.Hours()), last.File)
	switch {
	case age > BackupFail:
		return []Finding{finding(LevelFail, last.File, zh, en, remedyZh, remedy)}
	case age > BackupWarn:
		return []Finding{finding(LevelWarn, last.File, zh, en, remedyZh, remedy)}
	}
	return []Finding{ok(last.File, zh, en)}
}

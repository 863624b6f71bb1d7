package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"time"

	"filippo.io/age"
	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/datarights/datarights/network"
	"github.com/datarights/datarights/network/backup"
)

// backupSecret says what opens a backup.
type backupSecret struct {
	passphraseFile, identity string
	recipients               []string
}

func (s *backupSecret) addPassphrase(c *cobra.Command) {
	c.Flags().StringVar(&s.passphraseFile, "passphrase-file", "", "口令文件，取第一行；不给则在终端输入 / `FILE` whose first line is the passphrase; asked for on the terminal if not given")
	_ = c.MarkFlagFilename("passphrase-file")
}

func (s *backupSecret) passphrase(c *cobra.Command, twice bool) (string, error) {
	if s.passphraseFile != "" {
		f, err := os.Open(s.passphraseFile)
		if err != nil {
			return "", fail("无法读取口令文件", "couldn't read the passphrase's file", err)
		}
		defer f.Close()
		if info, err := f.Stat(); err == nil && info.Mode().Perm()&0o077 != 0 {
			return "", misuse(fmt.Sprintf("口令文件 %s 可被他人读取；请 chmod 600", s.passphraseFile), fmt.Sprintf("others can read the passphrase in %s: chmod 600", s.passphraseFile))
		}
		return backup.Passphrase(f)
	}
	if !term.IsTerminal(int(os.Stdin.Fd())) {
		return "", misuse("请给 --passphrase-file，或 --recipient / --identity", "give --passphrase-file, or --recipient / --identity")
	}
	ask := func(prompt string) (string, error) {
		fmt.Fprint(c.ErrOrStderr(), prompt)
		text, err := term.ReadPassword(int(os.Stdin.Fd()))
		fmt.Fprintln(c.ErrOrStderr())
		return string(text), err
	}
	first, err := ask("备份口令 Passphrase: ")
	if err != nil {
		return "", fail("无法读取口令", "couldn't read the passphrase", err)
	}
	if twice {
		if again, err := ask("再输一遍 Again: "); err != nil || again != first {
			return "", misuse("两次口令不同", "the two passphrases differ")
		}
		if len([]rune(first)) < backup.MinPassphrase {
			return "", misuse(fmt.Sprintf("口令至少 %d 个字符", backup.MinPassphrase), fmt.Sprintf("a passphrase has at least %d characters", backup.MinPassphrase))
		}
	}
	return first, nil
}

func (s *backupSecret) identities(c *cobra.Command) ([]age.Identity, error) {
	if s.identity != "" {
		return backup.Identities("", s.identity)
	}
	p, err := s.passphrase(c, false)
	if err != nil {
		return nil, err
	}
	return backup.Identities(p, "")
}

func newBackupCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "backup",
		Short: "备份与恢复一家机构须留存的一切 / Back up and restore what an organisation must keep",
		Long: `备份一家机构的密钥与证书、配置、平台密钥、水印登记簿、相似性摘要、节点账本（含私有数据与本机构的链码批准）、
通道创世区块和信任根，加密为一个文件，仅本人可读。排序账本与索引不在其中：恢复后从其他机构取回、重建。

Puts an organisation's keys and certificates, configuration, platform key, register of marks, sketches, the peer's
ledger (with private data and the organisation's approval of the chaincode), the channel's genesis block and the trusted
roots into one encrypted file that its owner alone can read. The orderer's ledger and the index are not in it: after a
restore they come from the other organisations' nodes.`,
	}
	cmd.AddCommand(newBackupCreate(), newBackupVerify(), newBackupRestore(), newBackupKeygen())
	return cmd
}

func newBackupCreate() *cobra.Command {
	var dir, organisation, out string
	var secret backupSecret
	var online, asJSON bool
	cmd := &cobra.Command{
		Use:   "create --organisation NAME -o FILE",
		Short: "写一份加密备份并当场核验 / Write an encrypted backup and verify it at once",
		Long: `备份期间暂停本机构的网关与节点（其他机构照常），写完即重新启动。--online 不暂停，但不含节点账本：
本机构对链码的批准只存在于自己的节点，丢失后须由全体成员重新批准。

Pauses the organisation's gateway and peer while their stores are read (the others go on) and starts them again. --online
pauses nothing but leaves the peer's ledger out: the organisation's approval of the chaincode is on its own peer alone, and
once lost all members must approve the chaincode anew.`,
		Example: `  datarights backup create --dir run --organisation Group -o group.backup --passphrase-file /root/backup.pass
  datarights backup create --dir run --organisation Group -o group.backup --recipient age1…
  datarights backup create --dir run --organisation Bank -o bank-keys.backup --online --passphrase-file /root/backup.pass`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			d, err := network.Open(dir)
			if err != nil {
				return err
			}
			org, err := d.Organisation(organisation)
			if err != nil {
				return err
			}
			var passphrase string
			if len(secret.recipients) == 0 {
				if passphrase, err = secret.passphrase(c, true); err != nil {
					return err
				}
			}
			to, err := backup.Recipients(passphrase, secret.recipients)
			if err != nil {
				return err
			}
			plan, err := d.Kept(org, programVersion(), !online, time.Now())
			if err != nil {
				return err
			}
			if !online {
				plan.Hold = func() (func() error, error) { return pause(c, d, org) }
			}
			step := newProgress(c.ErrOrStderr()).Begin("Back up "+org.Name, "备份"+org.NameZh)
			m, err := backup.Create(c.Context(), out, plan, to, func(n int, b int64) { step.Detail(fmt.Sprintf("%d files, %d KiB", n, b>>10)) })
			step.End(err)
			if err != nil {
				return err
			}
			return noteBackup(c, d, org, out, passphrase, m, asJSON)
		},
	}
	f := cmd.Flags()
	f.StringVar(&dir, "dir", defaultRunDir, "run directory / 运行目录")
	f.StringVar(&organisation, "organisation", "", "机构，如 Group / `NAME` of the organisation")
	f.StringVarP(&out, "out", "o", "", "写到此文件，不覆盖 / `FILE` to write; none is overwritten")
	f.StringArrayVar(&secret.recipients, "recipient", nil, "加密给此 age 公钥，可重复 / age public `KEY` to encrypt to, repeatable")
	f.BoolVar(&online, "online", false, "不暂停任何进程：不含节点账本与使用中的摘要库 / pause nothing: without the peer's ledger and sketches in use")
	secret.addPassphrase(cmd)
	addJSON(cmd, &asJSON)
	_ = cmd.MarkFlagDirname("dir")
	_ = cmd.MarkFlagRequired("organisation")
	_ = cmd.MarkFlagRequired("out")
	cmd.MarkFlagsMutuallyExclusive("recipient", "passphrase-file")
	_ = cmd.RegisterFlagCompletionFunc("organisation", completeOrganisation(&dir))
	return cmd
}

// noteBackup reads the backup back, where it can, and remembers it.
func noteBackup(c *cobra.Command, d *network.Deployment, org *network.Organisation, out, passphrase string, m *backup.Manifest, asJSON bool) error {
	verified := passphrase != "" // for others' keys the private half is not here
	if verified {
		with, err := backup.Identities(passphrase, "")
		if err != nil {
			return err
		}
		if _, err := backup.Verify(c.Context(), out, with, nil); err != nil {
			return fail("刚写的备份读不回来；请勿使用", "the backup just written can't be read back: do not use it", err)
		}
	}
	sum, size, err := digest(out)
	if err != nil {
		return err
	}
	absolute, err := filepath.Abs(out)
	if err != nil {
		return err
	}
	if err := d.NoteBackup(org, network.LastBackup{Time: m.Created, File: absolute, SHA256: sum}); err != nil {
		return err
	}
	if asJSON {
		return writeJSON(c.OutOrStdout(), map[string]any{"file": out, "bytes": size, "sha256": sum, "verified": verified, "files": len(m.Files), "leftOut": m.LeftOut, "created": m.Created})
	}
	w := c.OutOrStdout()
	fmt.Fprintf(w, "✓ %s：%d 个文件，%d KiB / files and size\n  SHA-256 %s（另处记下 note it elsewhere）\n", out, len(m.Files), size>>10, sum)
	if verified {
		fmt.Fprintln(w, "  已逐字节核验 / read back and verified")
	} else {
		fmt.Fprintln(w, "  未核验：本机没有私钥；请在持有者处 backup verify / not verified: the private key is elsewhere, run backup verify there")
	}
	printLeftOut(w, m)
	return nil
}

func printLeftOut(w io.Writer, m *backup.Manifest) {
	for _, l := range m.LeftOut {
		fmt.Fprintf(w, "  不含 without %s\n    %s\n    %s\n", l.Name, l.WhyZh, l.Why)
	}
}

func digest(file string) (string, int64, error) {
	f, err := os.Open(file)
	if err != nil {
		return "", 0, fail("无法读取备份", "couldn't read the backup", err)
	}
	defer f.Close()
	h := sha256.New()
	n, err := io.Copy(h, f)
	return hex.EncodeToString(h.Sum(nil)), n, err
}

// pause stops the organisation's gateway and peer if they run, so that their
// stores are read as they stand; resume starts them again.
func pause(c *cobra.Command, d *network.Deployment, org *network.Organisation) (resume func() error, err error) {
	s, err := network.StatusOf(c.Context(), d.Dir)
	if err != nil {
		return nil, err
	}
	var paused []string
	resume = func() error {
		var errs []error
		for _, process := range slices.Backward(paused) {
			// Also when the backup was interrupted.
			errs = append(errs, network.Act(context.WithoutCancel(c.Context()), d.Dir, "start", process))
		}
		return errors.Join(errs...)
	}
	for _, kind := range []string{network.KindGateway, network.KindPeer} {
		process := org.Dir() + "-" + kind
		for _, p := range s.Processes {
			if p.Name != process || p.PID == 0 {
				continue
			}
			if err := network.Act(c.Context(), d.Dir, "stop", process); err != nil {
				return nil, errors.Join(err, resume())
			}
			paused = append(paused, process)
		}
	}
	return resume, nil
}

func newBackupVerify() *cobra.Command {
	var secret backupSecret
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "verify FILE",
		Short: "核验备份的每一个字节，不写任何文件 / Check every byte of a backup, writing nothing",
		Example: `  datarights backup verify group.backup --passphrase-file /root/backup.pass
  datarights backup verify group.backup --identity backup.key --json`,
		Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			with, err := secret.identities(c)
			if err != nil {
				return err
			}
			step := newProgress(c.ErrOrStderr()).Begin("Verify the backup", "核验备份")
			m, err := backup.Verify(c.Context(), args[0], with, func(n int, b int64) { step.Detail(fmt.Sprintf("%d files, %d KiB", n, b>>10)) })
			step.End(err)
			if err != nil {
				return err
			}
			if asJSON {
				return writeJSON(c.OutOrStdout(), m)
			}
			fmt.Fprintf(c.OutOrStdout(), "✓ 完好 sound: %s (%s), %s\n  %d 个文件 files, %d KiB\n", m.Organisation, m.Consortium, m.Created.Format(time.RFC3339), len(m.Files), m.Bytes()>>10)
			printLeftOut(c.OutOrStdout(), m)
			return nil
		},
	}
	cmd.Flags().StringVar(&secret.identity, "identity", "", "age 私钥文件 / `FILE` with the age key")
	secret.addPassphrase(cmd)
	addJSON(cmd, &asJSON)
	cmd.MarkFlagsMutuallyExclusive("identity", "passphrase-file")
	return cmd
}

func newBackupRestore() *cobra.Command {
	var secret backupSecret
	var dir string
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "restore FILE --dir NEW",
		Short: "恢复到空目录 / Restore into an empty directory",
		Long: `全部核验无误后，目录才会出现；任何差错都不留下半份内容。之后在该目录 network up：本机构的节点重新加入，
从其他机构取回账本，网关重建索引。

The directory appears only after everything in the backup was found sound; a fault leaves nothing behind. Then run
network up on it: the organisation's nodes join again and fetch the ledger from the others, the gateway rebuilds its index.`,
		Example: `  datarights backup restore group.backup --dir run --passphrase-file /root/backup.pass
  datarights network up --dir run`,
		Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			with, err := secret.identities(c)
			if err != nil {
				return err
			}
			step := newProgress(c.ErrOrStderr()).Begin("Restore the backup", "恢复备份")
			m, err := backup.Restore(c.Context(), args[0], dir, with, func(n int, b int64) { step.Detail(fmt.Sprintf("%d files, %d KiB", n, b>>10)) })
			step.End(err)
			if err != nil {
				return err
			}
			if asJSON {
				return writeJSON(c.OutOrStdout(), m)
			}
			fmt.Fprintf(c.OutOrStdout(), "✓ 已恢复 restored: %s, %s → %s\n  下一步 next: datarights network up --dir %s\n", m.Organisation, m.Created.Format(time.RFC3339), dir, dir)
			for _, f := range m.Files {
				if outside := m.Organisation + "/" + network.OutsideDir; len(f.Name) > len(outside) && f.Name[:len(outside)] == outside {
					fmt.Fprintf(c.OutOrStdout(), "  原在运行目录之外，请放回原处或改 gateway.local.yaml / lay outside the run directory; put it back, or name it in gateway.local.yaml: %s\n", f.Name)
				}
			}
			printLeftOut(c.OutOrStdout(), m)
			return nil
		},
	}
	cmd.Flags().StringVar(&dir, "dir", "", "空目录或尚不存在的目录 / `DIR` that is empty or not there yet")
	cmd.Flags().StringVar(&secret.identity, "identity", "", "age 私钥文件 / `FILE` with the age key")
	secret.addPassphrase(cmd)
	addJSON(cmd, &asJSON)
	_ = cmd.MarkFlagRequired("dir")
	_ = cmd.MarkFlagDirname("dir")
	cmd.MarkFlagsMutuallyExclusive("identity", "passphrase-file")
	return cmd
}

func newBackupKeygen() *cobra.Command {
	return &cobra.Command{
		Use:   "keygen FILE",
		Short: "生成备份专用的 age 密钥，请离线保存 / Make an age key for backups; keep it off the host",
		Example: `  datarights backup keygen backup.key      # prints the public half, for backup create --recipient
  datarights backup verify group.backup --identity backup.key`,
		Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			public, err := backup.NewKey(args[0])
			if err != nil {
				return err
			}
			_, err = fmt.Fprintln(c.OutOrStdout(), public)
			return err
		},
	}
}

func completeOrganisation(dir *string) cobra.CompletionFunc {
	return func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
		d, err := network.Open(*dir)
		if err != nil {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		var names []string
		for i := range d.Organisations {
			names = append(names, d.Organisations[i].Name)
		}
		return names, cobra.ShellCompDirectiveNoFileComp
	}
}

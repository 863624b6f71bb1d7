package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/schollz/progressbar/v3"
	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/datarights/datarights/client"
	"github.com/datarights/datarights/client/evidence"
	"github.com/datarights/datarights/internal/fabricproof"
)

func newCaseCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "case",
		Short: "非法二次交易案件的证据包 / The bundle of a case of illegal secondary trade",
		Long: `案件以预警为单位。export 将 E1 至 E10 各要件所据的记录、区块、多机构背书的现状、水印开启与附件打成一个档案，
并以 SM2 签名；任何人可在没有网络的机器上用 datarights verify 核验。

A case is an alert. export packs the records behind E1 to E10, the blocks that wrote them, reads endorsed by several organisations,
openings and attachments into one archive signed with SM2. Anybody can check it without a network: datarights verify.`,
	}
	c.AddCommand(newCaseExport())
	return c
}

// caseExport is one export as it was asked for.
type caseExport struct {
	gateway          gatewayFlags
	who              signerFlags
	out, trust       string
	keeper           string
	attach, sketches []string
	asJSON           bool
}

// maxAttachment bounds one attached file in bytes.
const maxAttachment = 256 << 20

func newCaseExport() *cobra.Command {
	var x caseExport
	c := &cobra.Command{
		Use:   "export ALERT --out FILE",
		Short: "导出案件证据包 / Export the bundle of a case",
		Long: `须为监管或交易机构的密钥，且本机构网关可查阅该预警。--attach 附上链外材料（样本、公证书、合同文本、检测报告），
其哈希若在账本记录中即绑定，否则标为“未绑定”。区块不可拆分：证据包含有同一区块中他人的命令，请按此保管。

Takes a key of the regulator or the exchange. --attach adds material from off the ledger (sample, notary's record, contract, report
on a mark): bound where a record has its hash, marked "not bound" elsewhere. Blocks cannot be divided: a bundle holds others'
commands of the same blocks; keep it accordingly.`,
		Example: `  datarights case export AL-320900-20261123-0a1b2c3d4e5f-00 --key bureau.key --as 11320900MB0A00050T#1 --out case.zip --attach sample.json
  datarights verify case.zip --trust run/trust`,
		Args: oneID,
		RunE: x.run,
	}
	x.gateway.add(c)
	x.who.add(c)
	c.Flags().StringVar(&x.out, "out", "", "写入新文件 / write to a new `FILE`")
	c.Flags().StringArrayVar(&x.attach, "attach", nil, "附上链外材料，可重复 / attach a `FILE` from off the ledger, repeatable")
	c.Flags().StringArrayVar(&x.sketches, "sketch", nil, "附上相似度草图，可重复 / attach a similarity sketch `FILE`, repeatable")
	c.Flags().StringVar(&x.keeper, "sketches-from", "", "从此网关（持有平台密钥）取来案内各版本与副本的相似性摘要 / fetch the sketches of the case's versions and copies from this gateway's `URL`")
	c.Flags().StringVar(&x.trust, "trust", "", "导出后即按此目录的根证书核验 / check the bundle against the roots in `DIR` before it is written")
	addJSON(c, &x.asJSON)
	_ = c.MarkFlagRequired("out")
	_ = c.MarkFlagDirname("trust")
	return c
}

func (x *caseExport) run(c *cobra.Command, args []string) error {
	s, err := x.who.load()
	if err != nil {
		return err
	}
	if _, err := os.Lstat(x.out); err == nil {
		return fmt.Errorf("couldn't write %s: %w", x.out, os.ErrExist)
	}
	var trust *fabricproof.Trust
	if x.trust != "" {
		if trust, err = loadTrust(x.trust); err != nil {
			return err
		}
	}
	order := evidence.Order{AlertID: args[0], Key: s.key, ParticipantID: s.id, KeyNo: s.keyNo, Gateway: x.gateway.address(), Now: time.Now()}
	for _, list := range []struct {
		files []string
		role  string
	}{{x.attach, evidence.RoleAttach}, {x.sketches, evidence.RoleSketch}} {
		for _, name := range list.files {
			content, err := readBounded(name, maxAttachment)
			if err != nil {
				return err
			}
			order.Attachments = append(order.Attachments, evidence.Attachment{Name: filepath.Base(name), Content: content, Role: list.role})
		}
	}
	g, err := x.gateway.client(c)
	if err != nil {
		return err
	}
	ctx, cancel := x.gateway.patience(c.Context())
	session, err := g.OpenSession(ctx, s.key, s.id, s.keyNo)
	cancel()
	if err != nil {
		return err
	}
	g = g.InSession(session)
	defer func() { // it ends by itself too
		ctx, cancel := context.WithTimeout(context.WithoutCancel(c.Context()), 5*time.Second)
		defer cancel()
		_ = g.CloseSession(ctx)
	}()
	if x.keeper != "" {
		found, err := x.fetchSketches(c, g, s, args[0])
		if err != nil {
			return err
		}
		order.Attachments = append(order.Attachments, found...)
	}
	bar := newCounter(c.ErrOrStderr(), "收集 collecting", x.asJSON)
	order.Progress = func(string) { _ = bar.Add(1) } // only drawing can fail
	bundle, err := evidence.Export(c.Context(), evidence.Gateway{Client: g}, order)
	_ = bar.Finish()
	if err != nil {
		return err
	}
	if trust != nil {
		if r := evidence.Verify(bundle, trust); !r.Holds() {
			if err := printVerification(c, r, false, x.asJSON); err != nil {
				return err
			}
			return fail("所导出的证据包未通过核验，未写入文件", "the bundle does not verify and was not written", nil)
		}
	}
	if err := writeOutput(c, x.out, bundle); err != nil {
		return err
	}
	contents, err := evidence.Describe(bundle)
	if err != nil {
		return err
	}
	if x.asJSON {
		return writeJSON(c.OutOrStdout(), map[string]any{"file": x.out, "bytes": len(bundle), "sm3": contents.SM3, "alertId": contents.AlertID, "suspectId": contents.SuspectID,
			"records": contents.Records, "blocks": contents.Blocks, "files": contents.Files, "gaps": contents.Gaps})
	}
	out := c.OutOrStdout()
	fmt.Fprintf(out, "✓ 证据包 bundle: %s（%d 字节 bytes）\n  %s\n  记录 records %d · 区块 blocks %d · 文件 files %d\n", x.out, len(bundle), contents.SM3, contents.Records, contents.Blocks, contents.Files)
	if contents.SuspectID != "" {
		fmt.Fprintf(out, "  当事人 suspect: %s\n", contents.SuspectID)
	}
	for _, e := range contents.Missing {
		fmt.Fprintf(out, "  缺 missing %s %s：%s / %s\n", e.No, e.Title.Zh, e.Gap.Zh, e.Gap.En)
	}
	return nil
}

// fetchSketches asks the gateway that keeps them, in a session of its own.
func (x *caseExport) fetchSketches(c *cobra.Command, records *client.Client, s signer, alert string) ([]evidence.Attachment, error) {
	ctx, cancel := x.gateway.patience(c.Context())
	defer cancel()
	keeper, err := newClient(c, x.keeper)
	if err != nil {
		return nil, err
	}
	session, err := keeper.OpenSession(ctx, s.key, s.id, s.keyNo)
	if err != nil {
		return nil, err
	}
	keeper = keeper.InSession(session)
	defer func() { _ = keeper.CloseSession(ctx) }() // it ends by itself
	return evidence.Sketches(ctx, records, keeper, alert)
}

func readBounded(name string, most int64) ([]byte, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, fmt.Errorf("couldn't read %s: %w", name, err)
	}
	content, err := io.ReadAll(io.LimitReader(f, most+1))
	if err = errors.Join(err, f.Close()); err != nil {
		return nil, fmt.Errorf("couldn't read %s: %w", name, err)
	}
	if int64(len(content)) > most {
		return nil, fail(fmt.Sprintf("%s 超过 %d 字节", name, most), fmt.Sprintf("%s has more than %d bytes", name, most), nil)
	}
	return content, nil
}

// newCounter counts parts on a terminal and is silent elsewhere.
func newCounter(out io.Writer, title string, quiet bool) *progressbar.ProgressBar {
	file, ok := out.(*os.File)
	if quiet || !ok || !term.IsTerminal(int(file.Fd())) {
		out = io.Discard
	}
	return progressbar.NewOptions(-1, progressbar.OptionSetWriter(out), progressbar.OptionSetDescription(title), progressbar.OptionShowCount(),
		progressbar.OptionClearOnFinish(), progressbar.OptionSpinnerType(14))
}

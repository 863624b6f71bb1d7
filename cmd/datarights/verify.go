package main

import (
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/datarights/datarights/client/evidence"
	"github.com/datarights/datarights/internal/archive"
	"github.com/datarights/datarights/internal/fabricproof"
)

func newVerifyCommand() *cobra.Command {
	var trust string
	var all, asJSON bool
	c := &cobra.Command{
		Use:   "verify BUNDLE --trust DIR",
		Short: "离线核验案件证据包 / Check the bundle of a case without a network",
		Long: `只读取证据包与 DIR 中联盟各机构的根证书（<MSP>/ca.pem、<MSP>/orderer-ca.pem，及约定 consortium.json；演示联盟写在 run/trust）。
根证书须从证据包以外的可信渠道取得。逐项说明：已证明、仅为陈述、不成立。全部成立时退出码为 0；改动任何一个字节都不成立。

Reads the bundle and, in DIR, the roots of the consortium's organisations (<MSP>/ca.pem, <MSP>/orderer-ca.pem, and the agreement
consortium.json; the demo's are in run/trust) and nothing else. Get the roots from somewhere you trust, not with the bundle. Says of
each thing whether it is proven, only asserted, or fails. The exit code is 0 only if nothing fails; one changed byte does.`,
		Example: "  datarights verify case.zip --trust run/trust\n  datarights verify case.zip --trust run/trust --all\n  datarights verify case.zip --trust run/trust --json",
		Args:    cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			roots, err := loadTrust(trust)
			if err != nil {
				return err
			}
			bundle, err := readBounded(args[0], archive.MaxSize)
			if err != nil {
				return err
			}
			r := evidence.Verify(bundle, roots)
			if err := printVerification(c, r, all, asJSON); err != nil {
				return err
			}
			if !r.Holds() {
				return errReported
			}
			return nil
		},
	}
	c.Flags().StringVar(&trust, "trust", "", "各机构根证书所在目录 / `DIR` with the organisations' roots")
	c.Flags().BoolVar(&all, "all", false, "逐项列出已证明的内容 / list everything that is proven")
	addJSON(c, &asJSON)
	_ = c.MarkFlagRequired("trust")
	_ = c.MarkFlagDirname("trust")
	return c
}

func loadTrust(dir string) (*fabricproof.Trust, error) {
	t, err := fabricproof.LoadTrust(os.DirFS(dir))
	if err != nil {
		return nil, fail("无法读取信任目录 "+dir, "couldn't use the folder of roots "+dir, err)
	}
	return t, nil
}

// areas are the headings, in the order they are shown.
var areas = []struct {
	area   evidence.Area
	zh, en string
}{
	{evidence.AreaArchive, "档案", "archive"}, {evidence.AreaManifest, "清单与签名", "manifest and signature"}, {evidence.AreaBlock, "区块", "blocks"},
	{evidence.AreaRecord, "记录现状", "records as they stand"}, {evidence.AreaHistory, "记录历史", "histories of records"}, {evidence.AreaCommand, "命令与背书", "commands and endorsements"},
	{evidence.AreaElement, "要件", "elements"}, {evidence.AreaOpening, "水印开启", "openings"}, {evidence.AreaAttachment, "附件", "attachments"}, {evidence.AreaReport, "报告", "report"}, {evidence.AreaLimit, "界限", "limits"},
}

// always are the areas whose proven findings are told one by one.
var always = map[evidence.Area]bool{evidence.AreaManifest: true, evidence.AreaElement: true, evidence.AreaOpening: true, evidence.AreaAttachment: true, evidence.AreaReport: true}

func printVerification(c *cobra.Command, r *evidence.Result, all, asJSON bool) error {
	out := c.OutOrStdout()
	if asJSON {
		return writeJSON(out, struct {
			Holds bool `json:"holds"`
			*evidence.Result
		}{r.Holds(), r})
	}
	for _, v := range []struct {
		verdict      evidence.Verdict
		mark, zh, en string
		n            int
	}{{evidence.Failed, "✗", "不成立", "FAILED", r.Failed}, {evidence.Proven, "✓", "已证明", "proven", r.Proven}, {evidence.Asserted, "○", "仅为陈述", "only asserted", r.Asserted}} {
		if v.n == 0 {
			continue
		}
		fmt.Fprintf(out, "%s %s %s：%d\n", v.mark, v.zh, v.en, v.n)
		for _, a := range areas {
			printArea(out, r, v.verdict, a.area, a.zh+" "+a.en, all)
		}
	}
	if len(r.Gaps) > 0 {
		fmt.Fprintf(out, "△ 要件缺项 gaps in the case: %s\n", strings.Join(r.Gaps, ", "))
	}
	verdict := "✓ 核验通过：没有不成立的内容 / holds: nothing failed"
	if !r.Holds() {
		verdict = "✗ 核验不通过 / does not hold"
	}
	_, err := fmt.Fprintf(out, "%s\n", verdict)
	if r.AsOf > 0 && err == nil {
		_, err = fmt.Fprintf(out, "  截至 as of %s (UTC+8)\n", when(r.AsOf))
	}
	return err
}

func printArea(out io.Writer, r *evidence.Result, verdict evidence.Verdict, area evidence.Area, title string, all bool) {
	var list []evidence.Finding
	for _, f := range r.Findings {
		if f.Verdict == verdict && f.Area == area {
			list = append(list, f)
		}
	}
	if len(list) == 0 {
		return
	}
	if verdict == evidence.Proven && !all && !always[area] {
		fmt.Fprintf(out, "  %s：%d（--all 逐项列出 lists them）\n", title, len(list))
		return
	}
	fmt.Fprintf(out, "  %s\n", title)
	shown := list
	if verdict == evidence.Asserted && !all && len(list) > 6 { // of many alike some are enough
		shown = list[:3]
	}
	for _, f := range shown {
		subject := f.Subject
		if subject != "" {
			subject += " "
		}
		fmt.Fprintf(out, "    %s%s\n      %s\n", subject, f.Words.Zh, f.Words.En)
	}
	if n := len(list) - len(shown); n > 0 {
		fmt.Fprintf(out, "    …… 另 %d 项，--all 逐项列出 / %d more; --all lists them\n", n, n)
	}
}

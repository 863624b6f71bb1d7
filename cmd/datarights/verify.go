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
	var all, asJSON, inForce bool
	var o evidence.ProofOptions
	c := &cobra.Command{
		Use:   "verify FILE --trust DIR",
		Short: "离线核验凭证、质押、交易的证明与案件证据包 / Check a proof or the bundle of a case without a network",
		Long: `FILE 是 datarights proof 取得的证明，或 datarights case export 导出的证据包。只读取该文件与 DIR 中联盟各机构的根证书（<MSP>/ca.pem、<MSP>/orderer-ca.pem，及约定 consortium.json；演示联盟写在 run/trust）。
根证书须从该文件以外的可信渠道取得；<MSP>/crl.pem 若有，吊销的证书不算数。逐项说明：已证明、仅为陈述、不成立。
全部成立时退出码为 0；改动任何一个字节都不成立。凭证已注销、权利已到期是被证明的事实：以 ⚠ 说明，退出码仍为 0，除非加 --in-force。

FILE is a proof that datarights proof fetched, or a bundle of datarights case export. Reads it and, in DIR, the roots of the consortium's organisations (<MSP>/ca.pem, <MSP>/orderer-ca.pem, and the agreement
consortium.json; the demo's are in run/trust) and nothing else. Get the roots from somewhere you trust, not with the
file; what <MSP>/crl.pem revokes, where it is there, does not count. Says of each thing whether it is proven, only asserted, or fails.
The exit code is 0 only if nothing fails; one changed byte does. That a certificate is cancelled or a term over is proven like the
rest: it is said with ⚠, and the exit code is 0 all the same unless --in-force is given.`,
		Example: "  datarights verify certificate.proof.zip --trust run/trust\n  datarights verify certificate.proof.zip --trust run/trust --organisations 3 --max-age 24h --in-force\n  datarights verify case.zip --trust run/trust\n  datarights verify case.zip --trust run/trust --all\n  datarights verify case.zip --trust run/trust --json",
		Args:    cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			if o.Organisations < 1 || o.MaxAge < 0 {
				return misuse("--organisations 至少为 1，--max-age 不得为负", "--organisations is 1 at least, --max-age not negative")
			}
			roots, err := loadTrust(trust)
			if err != nil {
				return err
			}
			bundle, err := readBounded(args[0], archive.MaxSize)
			if err != nil {
				return err
			}
			if evidence.IsProof(bundle) {
				return verifyProof(c, bundle, roots, o, inForce, all, asJSON)
			}
			if err := forProofsOnly(c); err != nil {
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
	c.Flags().IntVar(&o.Organisations, "organisations", evidence.MinOrganisations, "证明至少须由几家机构共同陈述 / how many organisations must state a proof together, at least")
	c.Flags().DurationVar(&o.MaxAge, "max-age", 0, "证明最多多久以前作出，如 24h；缺省不限 / how old a proof may be, such as 24h; any by default")
	c.Flags().BoolVar(&inForce, "in-force", false, "凭证或质押当时及至今须有效，否则退出码为 1 / the certificate or pledge must be in force, or the exit code is 1")
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
	{evidence.AreaStatement, "多机构陈述", "statement of several organisations"}, {evidence.AreaRecord, "记录现状", "records as they stand"}, {evidence.AreaHistory, "记录历史", "histories of records"}, {evidence.AreaCommand, "命令与背书", "commands and endorsements"},
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
	for _, v := range verdicts(r) {
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

// verdict is a heading with how many findings stand under it.
type verdict struct {
	verdict      evidence.Verdict
	mark, zh, en string
	n            int
}

func verdicts(r *evidence.Result) []verdict {
	return []verdict{{evidence.Failed, "✗", "不成立", "FAILED", r.Failed}, {evidence.Proven, "✓", "已证明", "proven", r.Proven}, {evidence.Asserted, "○", "仅为陈述", "only asserted", r.Asserted}}
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

package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"time"

	"github.com/spf13/cobra"

	"github.com/datarights/datarights/client"
	"github.com/datarights/datarights/client/fingerprint"
	"github.com/datarights/datarights/client/watermark"
	"github.com/datarights/datarights/internal/marks"
	"github.com/datarights/datarights/internal/sketch"
)

// fileTrace is what a trace of a file is asked with.
type fileTrace struct {
	gateway             gatewayFlags
	reading             readingFlags
	markKey, extraction string
	offered, offeror    string
	limit               int
	asJSON              bool
}

func newTraceCommand() *cobra.Command {
	var f fileTrace
	c := &cobra.Command{
		Use:   "trace FILE",
		Short: "追溯可疑文件：来源、流转路径、泄露者 / Trace a suspicious file to its source, its path and the buyer who leaked it",
		Long: `在本机计算文件的相似性摘要与次序无关摘要（文件不外传），向持有平台密钥的网关（登记机构、交易机构）查询：它是哪项登记
内容、谁收到过、当时各自获准什么、立案还缺哪些证据（E1 至 E10）。监管部门加 --mark-key（产品的水印密钥）即在本机读取水印，
由平台登记簿指认泄露者，并给出误指无辜者的概率上限。相似不等于侵权。须先 session open。

Computes the file's sketch and order-free digest here (the file goes nowhere) and asks a gateway that holds the platform's key
(the registrar's or the exchange's): which registered content it is, who received that, what each was allowed at the time, and
what a case still lacks (E1 to E10). A regulator adds --mark-key, the product's mark key: the marks are read here and the
platform's register names the leaking buyer, with a bound on the probability that an innocent is named. Likeness alone decides
nothing. Needs session open first.`,
		Example: `  datarights session open --key officer.pem --as 113209000000000022#1 --gateway http://127.0.0.1:8082
  datarights trace seized.xlsx --gateway http://127.0.0.1:8082
  datarights trace seized.csv --mark-key product.markkey.json --offered-at 2026-11-28T09:00:00+08:00
  datarights trace seized.csv --marks extraction.json --json`,
		Args: cobra.ExactArgs(1),
		RunE: f.run,
	}
	f.gateway.add(c)
	f.reading.add(c)
	c.Flags().StringVar(&f.markKey, "mark-key", "", "产品水印密钥 `FILE` / the product's mark key")
	c.Flags().StringVar(&f.extraction, "marks", "", "已提取的水印（watermark detect --extract）`FILE` / marks read before")
	c.Flags().StringVar(&f.offered, "offered-at", "", "要约时间（RFC 3339），默认现在 / when it was offered, `TIME`; now if not given")
	c.Flags().StringVar(&f.offeror, "offeror", "", "要约人的统一社会信用代码：一并衡量对其有利的事实 / who offered it, `USCC`: what speaks for him is weighed")
	c.Flags().IntVar(&f.limit, "limit", 0, "候选数，默认 10 / candidates")
	c.MarkFlagsMutuallyExclusive("mark-key", "marks")
	_ = c.MarkFlagFilename("mark-key", "json")
	_ = c.MarkFlagFilename("marks", "json")
	addJSON(c, &f.asJSON)
	return c
}

func (f *fileTrace) run(c *cobra.Command, args []string) error {
	request := client.TraceRequest{Limit: f.limit, OfferorID: f.offeror}
	if f.offeror != "" {
		if err := checkCode("--offeror", f.offeror); err != nil {
			return err
		}
	}
	if f.offered != "" {
		at, err := time.Parse(time.RFC3339, f.offered)
		if err != nil {
			return misuse("--offered-at 应如 2026-11-28T09:00:00+08:00", "--offered-at must be like 2026-11-28T09:00:00+08:00")
		}
		request.OfferedAt = at.Unix()
	}
	g, err := f.gateway.client(c)
	if err != nil {
		return err
	}
	session, err := openedSession(f.gateway.address())
	if err != nil {
		return err
	}
	fp, err := f.look(c, args[0])
	if err != nil {
		return err
	}
	request.Sketch, request.Digest = fp.Sketch, fp.OrderFreeDigest
	if request.Extraction, err = f.marks(c, args[0]); err != nil {
		return err
	}
	ctx, cancel := f.gateway.patience(c.Context())
	defer cancel()
	t, raw, err := g.InSession(session).TraceFile(ctx, request)
	if err != nil {
		return err
	}
	if f.asJSON {
		return writeJSON(c.OutOrStdout(), raw)
	}
	return printTrace(c.OutOrStdout(), args[0], fp, &t)
}

// marks reads what the marks in the file say, if a key or an extraction is given.
func (f *fileTrace) marks(c *cobra.Command, file string) (*marks.Extraction, error) {
	switch {
	case f.extraction != "":
		return marks.LoadExtraction(f.extraction)
	case f.markKey == "":
		return nil, nil
	}
	k, err := watermark.LoadKey(f.markKey)
	if err != nil {
		return nil, err
	}
	bar, end := progress(c, "读取水印 reading the marks")
	defer end()
	x, _, err := watermark.Extract(c.Context(), file, k, f.reading.options(), bar)
	return x, err
}

// strengths are the words of 4.4 for how much a likeness says.
var strengths = map[string]string{"strong": "高度相似 strong", "review": "须人工复核 to be reviewed", "weak": "较弱 weak"}

func printTrace(out io.Writer, file string, fp fingerprint.Result, t *client.FileTrace) error {
	w := &printer{out: out}
	w.line("文件 file        %s（%s，%d 条记录 records）", file, fp.Format, fp.RecordCount)
	w.line("要约时间 offered  %s", showTime(json.Number(fmt.Sprint(t.OfferedAt))))
	if len(t.Candidates) == 0 {
		w.line("没有登记内容与之相似 nothing registered is like it")
		return w.err
	}
	for i, x := range t.Candidates {
		w.line("\n%d. %s  %s@%d  %s", i+1, printable(x.Name), x.ID, x.Version, strengths[x.Strength])
		w.line("   持有人 holder     %s %s，区块 block %d", printable(x.HolderName), x.HolderID, x.Block)
		if x.Equal {
			w.line("   内容相同（匹配标签） the same content, by match tag")
		}
		if x.Match != nil {
			w.line("   文件在其中 in it  %s", share(*x.Match))
			w.line("   其在文件 of it    %s", share(*x.Reverse))
		}
		for _, r := range x.Recipients {
			w.line("   收到者 received   %s %s  %s（%s，区块 block %d）", printable(r.HolderName), r.HolderID, r.CopyID, r.State, r.Block)
			w.line("                     转售 resell %s · 对外提供 provide %s%s", allowed(r.Resell), allowed(r.Provide), equalCopy(r.Equal))
		}
		if x.Truncated {
			w.line("   ……还有更多收到者 there are more")
		}
		w.offeror(x.Offeror)
	}
	w.marks(t.Marks)
	w.suspect(t)
	return w.err
}

// printer keeps the first error of writing.
type printer struct {
	out io.Writer
	err error
}

func (w *printer) line(format string, args ...any) {
	if w.err == nil {
		_, w.err = fmt.Fprintf(w.out, format+"\n", args...)
	}
}

var comparisons = map[string]string{"exact": "原值 exact", "rounded": "舍入后 rounded", "values": "单个值 single values", "chunks": "分块 chunks", "": "不可比 not comparable"}

func share(m sketch.Match) string {
	return fmt.Sprintf("%d‰（95%% %d–%d，%d/%d，%s）", m.Permille, m.Low, m.High, m.Shared, m.Sampled, comparisons[m.How])
}

func allowed(p client.TracePermission) string {
	if p.Allowed {
		return "许可 allowed"
	}
	return "不许可 denied（" + printable(p.ReasonZh) + "）"
}

func equalCopy(yes bool) string {
	if yes {
		return " · 与所交付副本相同 the very copy"
	}
	return ""
}

var relations = map[string]string{"holder": "持有人本人 the holder himself", "group": "与持有人同集团 of the holder's group", "recipient": "收到者 a recipient",
	"recipientGroup": "与收到者同集团 of a recipient's group", "none": "账本上没有关系 none on the ledger"}

func (w *printer) offeror(o *client.TraceOfferor) {
	if o == nil {
		return
	}
	w.line("   要约人 offeror    %s", relations[o.Relation])
	if o.MayResell {
		w.line("                     所持副本当时许可转售，不构成非法 a copy of his allowed resale at the time: not illegal")
	}
	if o.EarlierID != "" {
		w.line("                     另有更早的自有登记 %s，或为独立来源 has an older registration of his own: perhaps an independent source", o.EarlierID)
	}
}

var reasons = map[string]string{
	"FEW_MARKS":        "水印太少，不足以指认任何人 too few marks to name anybody",
	"NOBODY_OVER_LINE": "没有任何一份交付的水印吻合 no delivery's mark agrees",
	"NO_CANDIDATES":    "登记簿中没有此密钥的交付 no delivery was marked under this key",
}

func (w *printer) marks(m *client.TraceMarks) {
	if m == nil {
		return
	}
	w.line("\n水印 marks         %s：%d 处，%d 个码位；登记簿 %d 份交付 deliveries", m.KeyID, m.Marks, m.Positions, m.Candidates)
	for _, a := range m.Accused {
		w.line("   指认 named        %s  %s；无辜者同样吻合的概率 chance for an innocent ≤ 10^%d", a.RecipientID, a.DeliveryID, int(math.Ceil(a.Log10)))
		if !a.Committed {
			w.line("                     与账本上的承诺不符，不能作为证据 does not open the ledger's commitment: no evidence")
		}
		if !a.ByPlatform {
			w.line("                     非平台嵌入：卖方知道此码 not embedded by the platform: the seller knew the code")
		}
	}
	if m.Reason != "" {
		w.line("   未指认 nobody     %s", reasons[m.Reason])
	}
}

var because = map[string]string{"mark": "水印 by its mark", "equal": "与所交付副本相同 the very copy delivered", "onlyRecipient": "唯一收到者 the only one who received it"}

func (w *printer) suspect(t *client.FileTrace) {
	if t.Suspect == nil {
		w.line("\n未能确定出自哪一份副本 it is not determined whose copy this is")
		return
	}
	s := t.Suspect
	w.line("\n出自 came from     %s %s  %s（%s）", printable(s.HolderName), s.HolderID, s.CopyID, because[s.Because])
	for _, p := range s.Path {
		w.line("   %-16s  %s %s  %s（区块 block %d）", kindTitle(p.Kind), printable(p.Party), p.PartyID, p.ID, p.Block)
	}
	w.line("\n证据 evidence")
	for _, e := range t.Elements {
		gap := "已有 there"
		if e.Gap != nil {
			gap = "缺 lacks：" + e.Gap.Zh + " " + e.Gap.En
		}
		w.line("   %-4s %s %s：%s", e.No, e.Title.Zh, e.Title.En, gap)
	}
}

// kindTitle is what records of a kind are called.
func kindTitle(code string) string {
	for _, k := range kinds {
		if string(k.record) == code {
			return k.zh
		}
	}
	return code
}

// look fingerprints a file that is nobody's to keep salts of.
func (f *fileTrace) look(c *cobra.Command, path string) (fingerprint.Result, error) {
	read := f.reading.options()
	bar, end := progress(c, "计算指纹 fingerprinting")
	defer end()
	res, _, err := fingerprint.OfFile(c.Context(), path, fingerprint.Options{Format: read.Format, Header: read.Header, Progress: bar})
	if errors.Is(err, fs.ErrNotExist) {
		return res, misuse("没有文件 "+path, "there is no file "+path)
	}
	return res, err
}

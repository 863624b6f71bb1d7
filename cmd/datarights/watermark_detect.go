package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	tabular "github.com/datarights/datarights/client/table"
	"github.com/datarights/datarights/client/watermark"
	"github.com/datarights/datarights/internal/marks"
)

// detectFlags say what is judged, and by what.
type detectFlags struct {
	key, register, extract, extraction, format string
	epsilon                                    float64
	noHeader, asJSON                           bool
}

func newWatermarkDetect() *cobra.Command {
	var f detectFlags
	c := &cobra.Command{
		Use:   "detect [FILE]",
		Short: "读出可疑表格的水印，指认副本 / Read a suspect table's marks and name the copy",
		Long: `只需密钥，不需原表；行可删减、打乱，列可改名、删减、换序，格式、单位、（允许误差内的）取整均可改变。
给出登记簿时逐一比对：无辜者得此分数的概率上界不高于判定线才指认，否则说明为何不指认。
--extract 把读出的结果写入文件，交由持有登记簿的平台比对（--extraction），无需交出密钥或表格。

Needs the key and not the original. Rows may have been dropped and shuffled; columns renamed, dropped and moved; format,
units and, within the tolerance, rounding changed. With a register each delivery is held against the marks: one is accused
only if the bound on an innocent's scoring as much is at or below the line; otherwise it says why nobody is.
--extract writes what was read to a file, for the platform that keeps the register to judge (--extraction) without key or table.`,
		Example: `  datarights watermark detect suspect.json --key weather.mark.json --register marks
  datarights watermark detect suspect.csv --key weather.mark.json --extract extraction.json
  datarights watermark detect --extraction extraction.json --register marks --json`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			switch {
			case (len(args) == 0) == (f.extraction == ""):
				return misuse("须给出 FILE 或 --extraction，二者之一", "FILE or --extraction is needed, one of them")
			case f.register == "" && f.extract == "":
				return misuse("须给出 --register 或 --extract", "--register or --extract is needed")
			case f.extraction != "" && (f.key != "" || f.extract != ""):
				return misuse("--extraction 已含读出的结果，不用 --key 与 --extract", "--extraction has what was read: leave --key and --extract out")
			case !(f.epsilon > 0 && f.epsilon < 1):
				return misuse("--epsilon 应在 0 与 1 之间", "--epsilon must be between 0 and 1")
			case len(args) == 1 && f.key == "":
				return f.noKey()
			}
			return f.run(c, args)
		},
	}
	c.Flags().StringVar(&f.key, "key", "", "水印密钥 / the mark key, in `FILE`")
	c.Flags().StringVar(&f.register, "register", "", "水印登记簿 / the mark register, a `FOLDER`")
	c.Flags().StringVar(&f.extract, "extract", "", "把读出的结果写入新文件 / write what was read to a new `FILE`")
	c.Flags().StringVar(&f.extraction, "extraction", "", "比对先前读出的结果 / judge what was read before, in `FILE`")
	c.Flags().Float64Var(&f.epsilon, "epsilon", marks.DefaultEpsilon, "误指任何无辜者的概率上限 / the most probable that any innocent is accused")
	c.Flags().StringVar(&f.format, "format", "", "表格格式，默认按扩展名 / the table's format; by name if not given")
	c.Flags().BoolVar(&f.noHeader, "no-header", false, "表格首行即数据 / the table's first row is data")
	addJSON(c, &f.asJSON)
	return c
}

// noKey names the keys that would be needed.
func (f *detectFlags) noKey() error {
	needed := "…"
	if f.register != "" {
		reg, err := marks.OpenRegister(f.register)
		if err != nil {
			return err
		}
		ids, err := reg.KeyIDs()
		if err != nil {
			return err
		}
		needed = strings.Join(ids, ", ")
	}
	return misuse("没有水印密钥便读不出水印；此登记簿所需的密钥："+needed+"，用 --key 给出", "no mark can be read without its key; this register's are "+needed+": give one with --key")
}

// found is the outcome for machines.
type found struct {
	Extraction *marks.Extraction   `json:"extraction"`
	Readings   []watermark.Reading `json:"readings,omitempty"`
	Judgement  *marks.Judgement    `json:"judgement,omitempty"`
}

func (f *detectFlags) run(c *cobra.Command, args []string) error {
	var out found
	var err error
	if len(args) == 1 {
		out.Extraction, out.Readings, err = f.read(c, args[0])
	} else {
		out.Extraction, err = marks.LoadExtraction(f.extraction)
	}
	if err != nil {
		return ofWatermark(err)
	}
	if f.extract != "" {
		if err := out.Extraction.Save(f.extract); err != nil {
			return err
		}
	}
	if f.register != "" {
		if out.Judgement, err = f.judge(out.Extraction); err != nil {
			return err
		}
	}
	if f.asJSON {
		return writeJSON(c.OutOrStdout(), out)
	}
	printExtraction(c, &out)
	if f.extract != "" {
		fmt.Fprintf(c.OutOrStdout(), "✓ 已写出 written: %s\n", f.extract)
	}
	if out.Judgement != nil {
		return printJudgement(c, out.Judgement)
	}
	return nil
}

func (f *detectFlags) read(c *cobra.Command, path string) (*marks.Extraction, []watermark.Reading, error) {
	k, err := watermark.LoadKey(f.key)
	if err != nil {
		return nil, nil, err
	}
	o := tabular.Options{Format: tabular.Format(f.format)}
	if f.noHeader {
		o.Header = tabular.HeaderNone
	}
	told, end := progress(c, "读取水印 reading marks")
	defer end()
	return watermark.Extract(c.Context(), path, k, o, told)
}

func (f *detectFlags) judge(x *marks.Extraction) (*marks.Judgement, error) {
	reg, err := marks.OpenRegister(f.register)
	if err != nil {
		return nil, err
	}
	seed, err := reg.Seed(x.KeyID)
	if err != nil {
		ids, _ := reg.KeyIDs() // beside the point that matters
		return nil, fail(fmt.Sprintf("登记簿没有密钥 %s 的交付；它的密钥为：%s", x.KeyID, strings.Join(ids, ", ")),
			fmt.Sprintf("the register has no deliveries under the mark key %s; its keys are %s", x.KeyID, strings.Join(ids, ", ")), err)
	}
	entries, err := reg.Entries(x.KeyID)
	if err != nil {
		return nil, err
	}
	return marks.Accuse(x, entries, seed, f.epsilon)
}

func printExtraction(c *cobra.Command, out *found) {
	w := c.OutOrStdout()
	fmt.Fprintf(w, "  密钥 key                 %s\n  行 rows                  %d\n  标 marks                 %d\n  吻合 agreement           %.1f σ（无标表格通常不到 5 / below 5 without marks）\n",
		out.Extraction.KeyID, out.Extraction.Rows, out.Extraction.Marks, out.Extraction.Agreement)
	for _, r := range out.Readings {
		how := "同义词 synonyms"
		if r.Resolution != "" {
			how = r.Resolution + " ± " + r.Tolerance
		}
		if r.Unit != "" {
			how += "，单位已换 unit changed: " + r.Unit
		}
		fmt.Fprintf(w, "  列 column %s: %s\n", r.Column, how)
	}
}

// deliveriesShown bounds the deliveries printed; --json has all.
const deliveriesShown = 20

func printJudgement(c *cobra.Command, j *marks.Judgement) error {
	w := c.OutOrStdout()
	t := table{header: []string{"  交付 delivery", "接收方 recipient", "得分 score", "误指上界 bound", ""}}
	for i, d := range j.Deliveries {
		if i == deliveriesShown {
			break
		}
		verdict := ""
		if d.Accused {
			verdict = "← 指认 accused"
		}
		t.add("  "+d.DeliveryID, d.RecipientID, fmt.Sprintf("%.1f", d.Score), power(d.Log10), verdict)
	}
	if len(j.Deliveries) > 0 {
		if err := t.print(w); err != nil {
			return err
		}
	}
	if n := len(j.Deliveries) - deliveriesShown; n > 0 {
		fmt.Fprintf(w, "  … 另有 %d 项得分更低 / %d more below\n", n, n)
	}
	fmt.Fprintf(w, "  判定线 line              %s（ε = %g，候选 %d / candidates）\n", power(j.Line), j.Epsilon, j.Candidates)
	for _, d := range j.Accused() {
		fmt.Fprintf(w, "✓ 指认 accused: %s → %s；无辜者如此吻合的概率不超过 %s / an innocent's code agrees as well with probability %s at most\n", d.DeliveryID, d.RecipientID, power(d.Log10), power(d.Log10))
	}
	switch j.Reason {
	case marks.FewMarks:
		fmt.Fprintf(w, "○ 不指认：标太少，即使全部吻合也只到 %s / nobody is accused: too few marks; even full agreement reaches %s only\n", power(j.Best), power(j.Best))
	case marks.NobodyOverLine:
		fmt.Fprintln(w, "○ 不指认：无人越过判定线；或为无标、他人或合谋过多的副本 / nobody is accused: no delivery is over the line; the table may carry no marks, another register's, or a mix of too many")
	case marks.NoCandidates:
		fmt.Fprintln(w, "○ 不指认：登记簿没有此密钥的交付 / nobody is accused: the register has no delivery under this key")
	}
	return nil
}

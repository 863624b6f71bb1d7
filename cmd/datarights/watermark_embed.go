package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/datarights/datarights/chaincode/rights"
	tabular "github.com/datarights/datarights/client/table"
	"github.com/datarights/datarights/client/watermark"
	"github.com/datarights/datarights/internal/marks"
)

// embedFlags say whose copy is made, and how the table is read.
type embedFlags struct {
	key, register, delivery, recipient, format string
	version                                    int64
	force, dryRun, noHeader, asJSON            bool
}

func newWatermarkEmbed() *cobra.Command {
	var f embedFlags
	c := &cobra.Command{
		Use:   "embed TABLE COPY",
		Short: "为一次交付制作带标副本 / Make a delivery's marked copy",
		Long: `抽取一个随机码，先写入登记簿（权限 0600），再写出副本 COPY；两者都绝不覆盖。中途失败可原样重来，沿用同一个码。
副本格式与原表相同（CSV、TSV、JSON、JSON Lines），只有计划允许且选中的单元格不同，其余逐字节不变。
输出的承诺即 delivery.send 的 fingerprintCommit，须在交付之前上链。

Draws a code, keeps it in the register (mode 0600), and then writes the COPY; neither is ever written over. After a failure
in between, the same command goes on with the same code. The copy has the original's format (CSV, TSV, JSON, JSON Lines)
and differs in chosen cells alone, as far as the plan allows; every other byte stays. The commitment printed is the
fingerprintCommit of delivery.send and belongs on the ledger before the copy is handed over.`,
		Example: `  datarights watermark embed weather.csv for-buyer.csv --key weather.mark.json --register marks --delivery DL-… --recipient 91320903MA0A00022Y
  datarights watermark embed weather.csv --key weather.mark.json --dry-run`,
		Args: cobra.RangeArgs(1, 2),
		RunE: func(c *cobra.Command, args []string) error {
			switch {
			case f.format != "" && f.format != "csv" && f.format != "json" && f.format != "jsonl":
				return misuse("--format 应为 csv、json 或 jsonl", "--format must be csv, json or jsonl")
			case f.dryRun && len(args) == 2:
				return misuse("--dry-run 不写副本，勿给出 COPY", "--dry-run writes no copy: leave COPY out")
			case f.dryRun:
				return f.survey(c, args[0])
			case len(args) != 2 || f.register == "" || f.delivery == "" || f.recipient == "":
				return misuse("须给出 COPY、--register、--delivery 与 --recipient", "COPY, --register, --delivery and --recipient are needed")
			case !rights.ValidUSCC(f.recipient):
				return misuse("--recipient 不是有效的统一社会信用代码", "--recipient is no valid unified social credit code")
			case f.version < 1:
				return misuse("--product-version 从 1 起", "--product-version counts from 1")
			}
			return f.embed(c, args[0], args[1])
		},
	}
	c.Flags().StringVar(&f.key, "key", "", "水印密钥 / the mark key, in `FILE`")
	c.Flags().StringVar(&f.register, "register", "", "水印登记簿，没有则新建 / the mark register, a `FOLDER`; made if it is not there")
	c.Flags().StringVar(&f.delivery, "delivery", "", "交付编号 / the delivery's `ID`")
	c.Flags().StringVar(&f.recipient, "recipient", "", "接收方的统一社会信用代码 / the recipient's credit `CODE`")
	c.Flags().Int64Var(&f.version, "product-version", 1, "产品版本 / the product's version")
	c.Flags().StringVar(&f.format, "format", "", "csv、json 或 jsonl，默认按扩展名 / csv, json or jsonl; by name if not given")
	c.Flags().BoolVar(&f.noHeader, "no-header", false, "表格首行即数据，列名为 1、2、… / the first row is data; columns are called 1, 2, …")
	c.Flags().BoolVar(&f.force, "force", false, "表格过小也加标 / mark a table that is too small to name its recipient")
	c.Flags().BoolVar(&f.dryRun, "dry-run", false, "只估算能加多少标 / only say what marks the table can carry")
	addJSON(c, &f.asJSON)
	require(c, "key")
	_ = c.RegisterFlagCompletionFunc("format", cobra.FixedCompletions([]string{"csv", "json", "jsonl"}, cobra.ShellCompDirectiveNoFileComp))
	return c
}

func (f *embedFlags) options() watermark.Options {
	o := watermark.Options{Layout: watermark.Layout{Format: f.format}, Force: f.force}
	if f.noHeader {
		o.Header = tabular.HeaderNone
	}
	return o
}

func (f *embedFlags) survey(c *cobra.Command, path string) error {
	k, err := watermark.LoadKey(f.key)
	if err != nil {
		return ofWatermark(err)
	}
	o := f.options()
	var end func()
	o.Progress, end = progress(c, "估算 surveying")
	capacity, err := watermark.Survey(c.Context(), path, k, o)
	end()
	if err != nil {
		return ofWatermark(err)
	}
	if f.asJSON {
		return writeJSON(c.OutOrStdout(), struct {
			watermark.Capacity
			Names bool `json:"names"`
		}{capacity, capacity.Names()})
	}
	printCapacity(c, &capacity)
	return nil
}

func (f *embedFlags) embed(c *cobra.Command, in, out string) error {
	k, err := watermark.LoadKey(f.key)
	if err != nil {
		return ofWatermark(err)
	}
	reg, err := marks.CreateRegister(f.register)
	if err != nil {
		return err
	}
	o := f.options()
	var end func()
	o.Progress, end = progress(c, "嵌入水印 marking")
	e, report, err := watermark.Embed(c.Context(), in, out, k, watermark.Delivery{ID: f.delivery, RecipientID: f.recipient, ProductVersion: f.version}, reg, o)
	end()
	if err != nil {
		return ofWatermark(err)
	}
	if f.asJSON {
		return writeJSON(c.OutOrStdout(), struct {
			DeliveryID string `json:"deliveryId"`
			KeyID      string `json:"keyId"`
			Commitment string `json:"fingerprintCommit"`
			Copy       string `json:"copy"`
			watermark.Report
			Names bool `json:"names"`
		}{e.DeliveryID, e.KeyID, e.Commitment, out, report, report.Names()})
	}
	fmt.Fprintf(c.OutOrStdout(), "✓ 已写出 copy written: %s\n  承诺 fingerprintCommit   %s\n  密钥 key                 %s\n  改动单元格 cells changed %d\n", out, e.Commitment, e.KeyID, report.Changed)
	printCapacity(c, &report.Capacity)
	return nil
}

func printCapacity(c *cobra.Command, capacity *watermark.Capacity) {
	out := c.OutOrStdout()
	fmt.Fprintf(out, "  行 rows                  %d\n  可加标单元格 carriers    %d\n  不同的标 distinct marks  %d\n", capacity.Rows, capacity.Cells, capacity.Marks)
	fmt.Fprintln(out, "  若随机留存部分行，误指概率的预计上界 expected bound on a false accusation, by the share of rows kept at random:")
	for _, k := range capacity.Kept {
		fmt.Fprintf(out, "    %3d%%  %s\n", k.Percent, power(k.Log10))
	}
	if !capacity.Names() {
		fmt.Fprintf(out, "  ⚠ 表格过小：只留存 20%% 的行时认不出接收方（须达 %s） / too small to name its recipient once 20%% of the rows are kept (%s is needed)\n", power(watermark.Line()), power(watermark.Line()))
	}
}

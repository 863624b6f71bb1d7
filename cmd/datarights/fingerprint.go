package main

import (
	"encoding/hex"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/datarights/datarights/client/fingerprint"
	"github.com/datarights/datarights/internal/gm"
)

func newFingerprintCommand() *cobra.Command {
	var flags fingerprintFlags
	var asJSON bool
	c := &cobra.Command{
		Use:   "fingerprint FILE",
		Short: "在本机计算文件指纹，数据不外传 / Fingerprint a file here; it never leaves",
		Long: `计算内容根（ContentRoot：绑定这一版内容，带秘密盐值）、次序无关摘要（相同数据得相同值，不论格式与行列次序）
与相似草图（由此估计一份数据有多少包含于另一份；只交给网关，由其加密钥，不上账本）。
支持 CSV、TSV、JSON、JSON Lines、Parquet、XLSX（UTF-8、GB18030、UTF-16）；其他文件按内容分块。
盐值存于 FILE.salts.json（权限 0600），再次计算沿用，故内容根不变；日后证明某条记录属于该文件要用它。

Computes the content root (binds this version, with secret salts), the order-free digest (equal for equal data, whatever
the format and the order of rows and columns) and the similarity sketch (from which the share of one table inside another is
estimated; it goes to a gateway only, which keys it, and never on the ledger). Reads CSV, TSV, JSON, JSON Lines, Parquet and
XLSX (text in UTF-8, GB18030 or UTF-16); other files in content-defined chunks. The salts are kept in FILE.salts.json (mode
0600) and used again, so that the root is stable; they are needed to prove later that a record belongs to the file.`,
		Example: `  datarights fingerprint table.csv
  datarights fingerprint table.json --json
  datarights fingerprint book.xlsx --sheet 数据
  datarights fingerprint photo.tif --salts /safe/photo.salts.json`,
		Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			res, salts, err := flags.run(c, args[0])
			if err != nil {
				return err
			}
			if asJSON {
				return writeJSON(c.OutOrStdout(), struct {
					fingerprint.Result
					SketchHash string `json:"sketchHash"`
					SaltsFile  string `json:"saltsFile"`
				}{res, sketchHash(res), salts})
			}
			printFingerprint(c, res)
			fmt.Fprintf(c.OutOrStdout(), "  相似草图 sketch              %s（%d 字节 bytes）\n", sketchHash(res), len(res.Sketch))
			fmt.Fprintf(c.OutOrStdout(), "  盐值 salts                   %s（请妥善保存 keep it safe）\n", salts)
			return nil
		},
	}
	flags.add(c)
	addJSON(c, &asJSON)
	return c
}

// fingerprintFlags say how a file is read.
type fingerprintFlags struct {
	salts, format, sheet string
	noHeader             bool
}

func (f *fingerprintFlags) add(c *cobra.Command) {
	c.Flags().StringVar(&f.salts, "salts", "", "盐值文件，默认 FILE"+fingerprint.SaltsSuffix+" / `FILE` with the salts")
	c.Flags().StringVar(&f.format, "format", "", formatList("、", " 或 ")+"，默认按扩展名 / "+formatList(", ", " or ")+"; by name if not given")
	c.Flags().StringVar(&f.sheet, "sheet", "", "XLSX 的工作表，默认第一张 / `NAME` of the sheet of an XLSX workbook; the first if not given")
	c.Flags().BoolVar(&f.noHeader, "no-header", false, "表格首行即数据 / the table's first row is data")
	_ = c.RegisterFlagCompletionFunc("format", cobra.FixedCompletions(formatNames(), cobra.ShellCompDirectiveNoFileComp))
}

// run fingerprints the file and returns where its salts are.
func (f *fingerprintFlags) run(c *cobra.Command, path string) (fingerprint.Result, string, error) {
	if f.format != "" && !slices.Contains(formatNames(), f.format) {
		return fingerprint.Result{}, "", misuse("--format 应为 "+formatList("、", " 或 "), "--format must be "+formatList(", ", " or "))
	}
	salts := f.salts
	if salts == "" {
		salts = path + fingerprint.SaltsSuffix
	}
	options := fingerprint.Options{Format: fingerprint.Format(f.format), Sheet: f.sheet}
	if f.noHeader {
		options.Header = fingerprint.HeaderNone
	}
	told, end := progress(c, "计算指纹 fingerprinting")
	defer end()
	options.Progress = told
	res, err := fingerprint.KeepIn(c.Context(), path, salts, options)
	return res, salts, err
}

// formatNames are what --format takes.
func formatNames() (names []string) {
	for _, f := range fingerprint.Formats() {
		names = append(names, string(f))
	}
	return names
}

func formatList(comma, or string) string {
	names := formatNames()
	last := len(names) - 1
	return strings.Join(names[:last], comma) + or + names[last]
}

// sketchHash is what a registration binds the sketch by.
func sketchHash(res fingerprint.Result) string {
	sum := gm.SM3(res.Sketch)
	return "sm3:" + hex.EncodeToString(sum[:])
}

func printFingerprint(c *cobra.Command, res fingerprint.Result) {
	fmt.Fprintf(c.OutOrStdout(), `  内容根 content root          %s
  次序无关摘要 order-free      %s
  结构哈希 schema hash         %s
  记录数 records               %d
  字节数 bytes                 %d
`, res.ContentRoot, res.OrderFreeDigest, res.SchemaHash, res.RecordCount, res.SizeBytes)
	if len(res.Columns) > 0 {
		fmt.Fprintf(c.OutOrStdout(), "  列 columns                   %s\n", strings.Join(res.Columns, ", "))
	}
}

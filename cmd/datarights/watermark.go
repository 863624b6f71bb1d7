package main

import (
	"encoding/base64"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/datarights/datarights/client/watermark"
	"github.com/datarights/datarights/internal/marks"
)

func newWatermarkCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "watermark",
		Short: "给每位买方的副本加不同的标，凭标追查泄露者 / Mark each buyer's copy; name the leaker by it",
		Long: `平台交付表格时，为每位买方嵌入各自的水印码，码的承诺上链；查获可疑表格后，仅凭密钥（无需原表）读出水印，
与登记簿逐一比对，指认泄露的副本，并给出误指无辜者的概率上界。

The platform that delivers a table puts a code of its own into each buyer's copy and commits to it on the ledger. From a
suspect table the marks are read with the key alone, without the original, and held against the register: it names the
copy that leaked, with a bound on the probability of naming an innocent.`,
		Example: `  datarights watermark keygen weather.mark.json --product DP-320900-20261129-000000000001-1 --plan plan.yaml
  datarights watermark embed weather.csv for-buyer.csv --key weather.mark.json --register marks --delivery DL-… --recipient 91320903MA0A00022Y
  datarights watermark detect suspect.json --key weather.mark.json --register marks`,
	}
	c.AddCommand(newWatermarkKeygen(), newWatermarkEmbed(), newWatermarkDetect(), newWatermarkOpening())
	return c
}

func newWatermarkKeygen() *cobra.Command {
	var product, plan string
	var asJSON bool
	c := &cobra.Command{
		Use:   "keygen FILE",
		Short: "为一个产品生成水印密钥 / Make a product's mark key",
		Long: `水印密钥与加标计划一同存入新文件（权限 0600，绝不覆盖）。计划由持有者写明哪些列可改、可改多少，其余一律不动：

The mark key is kept, with the plan, in a new file (mode 0600, never overwritten). In the plan the holder says which columns
may change and by how much; all else stays as it is:

  columns:
    - name: temperature
      tolerance: "0.1"       # 至多改动 / changes by at most this
      resolution: "0.1"      # 书写精度，默认取 tolerance 的末位 / the column's last digit; that of the tolerance if left out
      min: "-40"             # 可省 / optional
    - name: company_type
      synonyms:              # 文本列：可互换的写法 / texts that may stand for each other
        - [有限公司, 有限责任公司]
  every: 1                   # 每几个可用单元格用一个，默认全用 / use one in so many carriers; all if left out

同一产品的全部副本须用同一密钥。密钥丢失则再也读不出水印；被盗则窃者可抹去水印，但不知买方的码，无从嫁祸。
All copies of a product need the same key. A lost key means that no mark can be read; a thief of it can erase marks, but
knowing no buyer's code cannot frame anyone.`,
		Example: "  datarights watermark keygen weather.mark.json --product DP-320900-20261129-000000000001-1 --plan plan.yaml",
		Args:    cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			p, err := watermark.LoadPlan(plan)
			if err != nil {
				return ofWatermark(err)
			}
			k, err := watermark.GenerateKey(product, p)
			if err != nil {
				return ofWatermark(err)
			}
			if err := k.Save(args[0]); err != nil {
				return err
			}
			if asJSON {
				return writeJSON(c.OutOrStdout(), map[string]string{"keyId": k.ID, "productId": product, "file": args[0]})
			}
			fmt.Fprintf(c.OutOrStdout(), "✓ 新水印密钥 new mark key %s: %s\n  请另存一份备份；丢失后读不出任何已交付副本的水印 / keep a copy elsewhere: without it no delivered copy's mark can be read\n", k.ID, args[0])
			return nil
		},
	}
	c.Flags().StringVar(&product, "product", "", "数据产品编号 / the product's `ID`")
	c.Flags().StringVar(&plan, "plan", "", "加标计划，YAML 或 JSON / the plan, YAML or JSON, in `FILE`")
	require(c, "product", "plan")
	addJSON(c, &asJSON)
	return c
}

// ofWatermark words what package watermark refuses in both languages.
func ofWatermark(err error) error {
	var p *watermark.Problem
	var small *watermark.SmallError
	switch {
	case errors.As(err, &p):
		en := err.Error() // with where it was
		return fail(p.Zh, en, nil)
	case errors.As(err, &small):
		return fail(fmt.Sprintf("表格过小：不同的标仅 %d 处，若只留存 20%% 的行便认不出接收方（预计 %s）；仍要交付请加 --force", small.Capacity.Marks, expected(&small.Capacity)),
			fmt.Sprintf("%s (expected: %s); --force marks it all the same", small.Error(), expected(&small.Capacity)), nil)
	}
	return err
}

// expected lists the bounds to be expected by the share of rows kept.
func expected(c *watermark.Capacity) string {
	var parts []string
	for _, k := range c.Kept {
		parts = append(parts, fmt.Sprintf("%d%%: %s", k.Percent, power(k.Log10)))
	}
	return strings.Join(parts, ", ")
}

// power writes 10 to the x.
func power(x float64) string { return fmt.Sprintf("10^%.1f", x) }

func newWatermarkOpening() *cobra.Command {
	var register string
	var asJSON bool
	c := &cobra.Command{
		Use:   "opening DELIVERY",
		Short: "取出一次交付的码与随机数，用以开启链上承诺 / The code and nonce that open a delivery's commitment",
		Long: `输出 alert.openFingerprint 所需的 code 与 nonce（base64url）。开启后即为公开；由监管机关决定。

Prints code and nonce (base64url) as alert.openFingerprint wants them. Once opened they are public: that is the regulator's decision.`,
		Example: "  datarights watermark opening DL-320900-20261129-000000000001-1 --register marks --json",
		Args:    cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			reg, err := marks.OpenRegister(register)
			if err != nil {
				return err
			}
			e, err := reg.Get(args[0])
			if err != nil {
				return err
			}
			o := struct {
				DeliveryID string `json:"deliveryId"`
				Code       string `json:"code"`
				Nonce      string `json:"nonce"`
				Commitment string `json:"fingerprintCommit"`
			}{e.DeliveryID, base64.RawURLEncoding.EncodeToString(e.Code), base64.RawURLEncoding.EncodeToString(e.Nonce), e.Commitment}
			if asJSON {
				return writeJSON(c.OutOrStdout(), o)
			}
			fmt.Fprintf(c.OutOrStdout(), "  交付 delivery    %s\n  码 code          %s\n  随机数 nonce     %s\n  承诺 commitment  %s\n", o.DeliveryID, o.Code, o.Nonce, o.Commitment)
			return nil
		},
	}
	c.Flags().StringVar(&register, "register", "", "水印登记簿 / the mark register, a `FOLDER`")
	require(c, "register")
	addJSON(c, &asJSON)
	return c
}

// require marks flags as required.
func require(c *cobra.Command, flags ...string) {
	for _, f := range flags {
		_ = c.MarkFlagRequired(f)
	}
}

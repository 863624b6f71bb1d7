package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"strconv"

	"github.com/spf13/cobra"

	"github.com/datarights/datarights/chaincode/rights"
	"github.com/datarights/datarights/client"
	"github.com/datarights/datarights/gateway/indicator"
)

func newIndicatorCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "indicator",
		Short: "监管指标的计算与重算 / Compute indicators, and snapshots again",
		Long: `指标由网关按账本上的定义计算，不在交易中计算；值附输入清单的 Merkle 根，有权者可据以重算。

A gateway computes an indicator by its definition on the ledger, never in a transaction; the value comes with the Merkle root of
its list of inputs, from which whoever is entitled computes it again.`,
	}
	c.AddCommand(newIndicatorCompute(), newIndicatorRecompute())
	return c
}

// indicatorAnswer is what a gateway says of an indicator.
type indicatorAnswer struct {
	Code        string            `json:"code"`
	Definition  rights.Indicator  `json:"definition"`
	AsOf        int64             `json:"asOf"`
	PeriodFrom  string            `json:"periodFrom"`
	PeriodTo    string            `json:"periodTo"`
	Region      string            `json:"region"`
	Value       int64             `json:"value"`
	Num         int64             `json:"num"`
	Den         int64             `json:"den"`
	Permille    int64             `json:"permille"`
	Parts       []indicatorPart   `json:"parts"`
	Missing     int64             `json:"missing"`
	Target      int64             `json:"target"`
	TargetDate  string            `json:"targetDate"`
	Direction   string            `json:"direction"`
	Reached     *bool             `json:"reached"`
	InputRoot   string            `json:"inputRoot"`
	InputCount  int64             `json:"inputCount"`
	Inputs      []indicator.Input `json:"inputs"`
	BlockHeight int64             `json:"blockHeight"`
}

type indicatorPart struct {
	Key   string `json:"key"`
	Value int64  `json:"value"`
	Num   int64  `json:"num"`
	Den   int64  `json:"den"`
}

// indicatorQuestion is what is asked of an indicator.
type indicatorQuestion struct {
	gateway          gatewayFlags
	asOf, from, to   string
	year             int
	region           string
	atLeast          uint64
	inputs, asJSON   bool
	bodyAt, secretAt string
}

func newIndicatorCompute() *cobra.Command {
	var q indicatorQuestion
	c := &cobra.Command{
		Use:   "compute CODE",
		Short: "计算一项指标 / Compute an indicator",
		Long: `按账本上有效的定义（或 CODE@版本）计算。--as-of 为该日 24:00，缺省为现在；期间指标以 --year 或 --from、--to 取期间。
公开指标人人可算；涉及保密金额的须先在集合成员的网关 session open，限交易机构与监管机构；受限指标限监管机构。
--inputs 列出输入清单，并在本机核对其 Merkle 根。--body 写出 snapshot.compute 的正文，供签名；受限指标的值不入账，
须以 --secret 另存加盐的值，正文只含其承诺（该文件自行保管，不随指令提交）。

Computes by the definition in force (or CODE@version). --as-of is 24:00 of that day, now when absent; --year, or --from and --to, choose the
period of an indicator that has one. Public indicators are for everyone; those over private amounts for the exchange and the regulator after
session open at a gateway of the collection; restricted ones for the regulator.
--inputs lists the inputs and checks their Merkle root here. --body writes the body of snapshot.compute, ready to be signed; the value of a
restricted indicator stays off the ledger: --secret keeps it, salted, and the body has its commitment (keep that file; it does not go with the command).`,
		Example: `  datarights indicator compute IN-05 --as-of 2026-12-31
  datarights indicator compute IN-01Y --year 2026 --inputs --gateway http://127.0.0.1:8083
  datarights indicator compute SI-01 --region 320903 --json
  datarights indicator compute IN-05 --body value.json
  datarights command sign --key regulator.key --as 11320900MB0A00050T#1 snapshot.compute value.json --out compute.jws
  datarights indicator compute OP-08 --body pledged.json --secret pledged.secret.json --gateway http://127.0.0.1:8083`,
		Args: cobra.ExactArgs(1),
		RunE: q.run,
	}
	q.gateway.add(c)
	c.Flags().StringVar(&q.asOf, "as-of", "", "时点，该日 24:00 / 24:00 of this `DAY`")
	c.Flags().IntVar(&q.year, "year", 0, "期间指标的年度 / `YEAR` of an indicator of a period")
	c.Flags().StringVar(&q.from, "from", "", "期间起日 / first `DAY` of the period")
	c.Flags().StringVar(&q.to, "to", "", "期间止日（含） / last `DAY` of the period")
	c.Flags().StringVar(&q.region, "region", "", "行政区划代码 / region `CODE`")
	c.Flags().Uint64Var(&q.atLeast, "at-least", 0, "等到索引已有该区块 / wait until the index has this `BLOCK`")
	c.Flags().BoolVar(&q.inputs, "inputs", false, "列出并核对输入清单 / list the inputs and check their root")
	c.Flags().StringVar(&q.bodyAt, "body", "", "写出 snapshot.compute 的正文 / write the body of snapshot.compute to a new `FILE`")
	c.Flags().StringVar(&q.secretAt, "secret", "", "受限指标的值，加盐另存 / keep the value of a restricted indicator in a new `FILE`")
	c.MarkFlagsRequiredTogether("from", "to")
	c.MarkFlagsMutuallyExclusive("from", "year")
	addJSON(c, &q.asJSON)
	return c
}

func (q *indicatorQuestion) values(c *cobra.Command) url.Values {
	values := url.Values{}
	for name, v := range map[string]string{"as_of": q.asOf, "from": q.from, "to": q.to, "region": q.region} {
		if v != "" {
			values.Set(name, v)
		}
	}
	if c.Flags().Changed("year") {
		values.Set("year", strconv.Itoa(q.year))
	}
	if c.Flags().Changed("at-least") {
		values.Set("at_least", number(q.atLeast))
	}
	if q.inputs {
		values.Set("inputs", "true")
	}
	return values
}

func (q *indicatorQuestion) run(c *cobra.Command, args []string) error {
	if q.secretAt != "" && q.bodyAt == "" {
		return misuse("--secret 与 --body 并用", "--secret goes with --body")
	}
	var raw json.RawMessage
	if err := readIndicator(c, &q.gateway, "/v1/indicators/"+url.PathEscape(args[0])+"/value", q.values(c), &raw); err != nil {
		return err
	}
	var v indicatorAnswer
	if err := json.Unmarshal(raw, &v); err != nil {
		return fmt.Errorf("couldn't read the answer: %w", err)
	}
	if q.inputs && (int64(len(v.Inputs)) != v.InputCount || indicator.Root(v.Inputs) != v.InputRoot) {
		return fail("输入清单与其 Merkle 根不符", "the list of inputs does not have the Merkle root that came with it", nil)
	}
	if v.Missing > 0 {
		fmt.Fprintf(c.ErrOrStderr(), "! %d 条记录的金额未存（多已清除），未计入 / the amounts of %d records are not kept, most likely purged, and not counted\n", v.Missing, v.Missing)
	}
	if q.bodyAt != "" {
		if err := q.writeBody(c, &v); err != nil {
			return err
		}
	}
	if q.asJSON {
		return writeJSON(c.OutOrStdout(), raw)
	}
	return v.print(c)
}

// readIndicator reads in the stored session, or as the public when that is over.
func readIndicator(c *cobra.Command, flags *gatewayFlags, path string, values url.Values, into any) error {
	g, err := flags.client(c)
	if err != nil {
		return err
	}
	get := func(g *client.Client) error {
		ctx, cancel := flags.patience(c.Context())
		defer cancel()
		_, err := g.Get(ctx, path, values, into)
		return err
	}
	err = get(inStoredSession(g, flags.address()))
	var p *client.Problem
	if errors.As(err, &p) && p.Code == "E_SESSION" && forgetSession(flags.address()) {
		fmt.Fprintln(c.ErrOrStderr(), "! 会话已失效，按公众身份读取 / the session is over; reading as the public")
		return get(g)
	}
	return err
}

// writeBody writes what snapshot.compute says of the value.
func (q *indicatorQuestion) writeBody(c *cobra.Command, v *indicatorAnswer) error {
	b := rights.ComputeSnapshot{Code: v.Code, DefVersion: v.Definition.Ver, AsOf: v.AsOf, Region: v.Region, ValueInt: v.Value, Num: v.Num, Den: v.Den, Permille: v.Permille,
		InputRoot: v.InputRoot, InputCount: v.InputCount, BlockHeight: v.BlockHeight}
	if v.PeriodFrom != "" {
		from, ok := rights.ParseDate(v.PeriodFrom)
		to, also := rights.ParseDate(v.PeriodTo)
		if !ok || !also {
			return fail("网关所答期间无效", "the gateway answered a period that is none", nil)
		}
		b.PeriodFrom, b.PeriodTo = from, to+24*3600-1
	}
	withheld := v.Definition.Withheld(v.InputCount)
	switch {
	case withheld && q.secretAt == "":
		return misuse("此值受限，或输入过少而会泄露单笔金额，不入账：须以 --secret 另存", "the value is restricted, or over so few inputs that it tells a single amount, and stays off the ledger: keep it with --secret")
	case !withheld && q.secretAt != "":
		return misuse("只有不入账的值才用 --secret", "--secret is for values that stay off the ledger")
	case withheld:
		secret, commitment, err := client.NewSecret(map[string]any{"code": b.Code, "defVersion": b.DefVersion, "asOf": b.AsOf, "periodFrom": b.PeriodFrom, "periodTo": b.PeriodTo, "inputRoot": b.InputRoot,
			"valueInt": b.ValueInt, "num": b.Num, "den": b.Den, "permille": b.Permille})
		if err != nil {
			return err
		}
		if err := writeOutput(c, q.secretAt, secret); err != nil {
			return err
		}
		fmt.Fprintf(c.ErrOrStderr(), "✓ 保密的值，请自行保管 the value, keep it: %s\n", q.secretAt)
		b.Commitment, b.ValueInt, b.Num, b.Den, b.Permille = commitment, 0, 0, 0, 0
	}
	text, err := json.MarshalIndent(b, "", "  ")
	if err != nil {
		return err
	}
	if err := writeOutput(c, q.bodyAt, append(text, '\n')); err != nil {
		return err
	}
	fmt.Fprintf(c.ErrOrStderr(), "✓ snapshot.compute 的正文 its body: %s\n", q.bodyAt)
	return nil
}

// inUnit shows a value in the definition's unit; money in yuan as well.
func (v *indicatorAnswer) inUnit(n int64) string {
	if v.Definition.Unit == "fen" {
		return fmt.Sprintf("%d fen（%d.%02d 元）", n, n/100, n%100)
	}
	return fmt.Sprintf("%d %s", n, printable(v.Definition.Unit))
}

func (v *indicatorAnswer) print(c *cobra.Command) error {
	out := c.OutOrStdout()
	if _, err := fmt.Fprintf(out, "%s  %s / %s\n", printable(v.Code), printable(v.Definition.NameZh), printable(v.Definition.NameEn)); err != nil {
		return err
	}
	var t table
	t.add("  值 value", v.inUnit(v.Value))
	if v.Den > 0 {
		t.add("  比率 ratio", fmt.Sprintf("%d / %d = %d‰", v.Num, v.Den, v.Permille))
	}
	for _, p := range v.Parts {
		text := strconv.FormatInt(p.Value, 10)
		if p.Den > 0 {
			text = fmt.Sprintf("%d / %d = %d‰", p.Num, p.Den, p.Value)
		}
		t.add("    "+printable(p.Key), text)
	}
	if v.Reached != nil {
		standing := "未达 not reached"
		if *v.Reached {
			standing = "已达 reached"
		}
		by := ""
		if v.TargetDate != "" {
			by = "，至 by " + printable(v.TargetDate)
		}
		sign := "≥"
		if v.Direction == "Down" {
			sign = "≤"
		}
		t.add("  目标 target", sign+" "+v.inUnit(v.Target)+by+"："+standing)
	}
	t.add("  时点 as of", when(v.AsOf))
	if v.PeriodFrom != "" {
		t.add("  期间 period", printable(v.PeriodFrom)+" … "+printable(v.PeriodTo))
	}
	if v.Region != "" {
		t.add("  地区 region", printable(v.Region))
	}
	t.add("  定义 definition", fmt.Sprintf("%s：%s", printable(v.Definition.ID), printable(v.Definition.Formula)))
	t.add("  区块 blocks", strconv.FormatInt(v.BlockHeight, 10))
	t.add("  输入 inputs", fmt.Sprintf("%d  %s", v.InputCount, printable(v.InputRoot)))
	if err := t.print(out); err != nil || v.Inputs == nil {
		return err
	}
	list := table{header: []string{"记录 RECORD", "版本 VERSION", "计入 AMOUNT"}}
	for _, in := range v.Inputs {
		list.add(printable(in.ID), strconv.FormatInt(in.Version, 10), strconv.FormatInt(in.Amount, 10))
	}
	if err := list.print(out); err != nil {
		return err
	}
	_, err := fmt.Fprintln(out, "✓ 清单与输入根相符 the list has that root")
	return err
}

// recomputation is what a gateway says of a snapshot.
type recomputation struct {
	SnapshotID  string  `json:"snapshotId"`
	Code        string  `json:"code"`
	AsOf        int64   `json:"asOf"`
	BlockHeight int64   `json:"blockHeight"`
	Snapshot    figures `json:"snapshot"`
	Recomputed  figures `json:"recomputed"`
	Equal       bool    `json:"equal"`
	Why         string  `json:"why"`
	WhyZh       string  `json:"whyZh"`
}

type figures struct {
	Value      int64  `json:"value"`
	Num        int64  `json:"num"`
	Den        int64  `json:"den"`
	Commitment string `json:"commitment"`
	InputRoot  string `json:"inputRoot"`
	InputCount int64  `json:"inputCount"`
}

func newIndicatorRecompute() *cobra.Command {
	var gateway gatewayFlags
	var asJSON bool
	var bodyAt string
	c := &cobra.Command{
		Use:   "recompute SNAPSHOT",
		Short: "由历次版本重算快照 / Compute a snapshot again from history",
		Long: `网关以快照所记的区块数与时点，由记录的历次版本重算，并与快照比较。结果不同时退出码为 1。
任何机构的网关均可重算：不必相信作出快照的一方。相同时 --body 写出 snapshot.confirm 的正文，供监管部门签名。

The gateway computes the value again from the versions of the records, over the blocks and at the instant the snapshot names, and
compares. The exit code is 1 when they differ. Any organisation's gateway does it: nobody has to believe who made the snapshot.
When they are equal --body writes the body of snapshot.confirm, for the regulator to sign.`,
		Example: `  datarights indicator recompute IS-320900-20261123-0a1b2c3d4e5f-00 --gateway http://127.0.0.1:8083
  datarights indicator recompute IS-320900-20261123-0a1b2c3d4e5f-00 --body confirm.json --gateway http://127.0.0.1:8083`,
		Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			var raw json.RawMessage
			if err := readIndicator(c, &gateway, "/v1/snapshots/"+url.PathEscape(args[0])+"/recomputed", nil, &raw); err != nil {
				return err
			}
			var r recomputation
			if err := json.Unmarshal(raw, &r); err != nil {
				return fmt.Errorf("couldn't read the answer: %w", err)
			}
			if asJSON {
				if err := writeJSON(c.OutOrStdout(), raw); err != nil {
					return err
				}
			} else if err := r.print(c); err != nil {
				return err
			}
			if !r.Equal {
				return fail("重算与快照不同："+printable(r.WhyZh), "the snapshot and what was computed again differ: "+printable(r.Why), nil)
			}
			if bodyAt == "" {
				return nil
			}
			text, err := json.MarshalIndent(rights.ConfirmSnapshot{SnapshotID: r.SnapshotID, InputRoot: r.Recomputed.InputRoot, ValueInt: r.Snapshot.Value, Commitment: r.Snapshot.Commitment}, "", "  ")
			if err != nil {
				return err
			}
			if err := writeOutput(c, bodyAt, append(text, '\n')); err != nil {
				return err
			}
			fmt.Fprintf(c.ErrOrStderr(), "✓ snapshot.confirm 的正文 its body: %s\n", bodyAt)
			return nil
		},
	}
	gateway.add(c)
	c.Flags().StringVar(&bodyAt, "body", "", "写出 snapshot.confirm 的正文 / write the body of snapshot.confirm to a new `FILE`")
	addJSON(c, &asJSON)
	return c
}

func (r *recomputation) print(c *cobra.Command) error {
	t := table{header: []string{printable(r.Code), "快照 SNAPSHOT", "重算 RECOMPUTED"}}
	row := func(title string, a, b int64) {
		t.add(title, strconv.FormatInt(a, 10), strconv.FormatInt(b, 10))
	}
	row("值 value", r.Snapshot.Value, r.Recomputed.Value)
	if r.Snapshot.Den > 0 || r.Recomputed.Den > 0 {
		row("分子 num", r.Snapshot.Num, r.Recomputed.Num)
		row("分母 den", r.Snapshot.Den, r.Recomputed.Den)
	}
	row("输入数 inputs", r.Snapshot.InputCount, r.Recomputed.InputCount)
	t.add("输入根 root", printable(r.Snapshot.InputRoot), printable(r.Recomputed.InputRoot))
	if err := t.print(c.OutOrStdout()); err != nil || !r.Equal {
		return err
	}
	_, err := fmt.Fprintf(c.OutOrStdout(), "✓ 相同 equal（%s，%d 区块 blocks）\n", when(r.AsOf), r.BlockHeight)
	if err == nil && r.Why != "" {
		_, err = fmt.Fprintf(c.OutOrStdout(), "  %s / %s\n", printable(r.WhyZh), printable(r.Why))
	}
	return err
}

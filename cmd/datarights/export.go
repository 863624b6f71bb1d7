package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"github.com/datarights/datarights/client"
)

func newExportCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "export",
		Short: "以通行词汇导出目录、血缘与许可条款 / Export catalogue, lineage and terms in the field's vocabularies",
		Long: `目录为 DCAT 3，血缘为 PROV-JSON 或 OpenLineage，许可条款为 ODRL 2.2；对应关系与取舍见 docs/exports.md。
可见范围与网关的查阅相同；须会话的先 session open。文件写完整后才以其名出现，中断则不留下。

The catalogue as DCAT 3, lineage as PROV-JSON or OpenLineage events, terms as ODRL 2.2; docs/exports.md has what becomes of what, and what is lost.
Visible as what the gateway answers is; session open first where that takes a session. A file appears under its name when it is whole, or not at all.`,
	}
	c.AddCommand(newExportCatalogue(), newExportLineage(), newExportLicence())
	return c
}

// exporting is one file asked of a gateway.
type exporting struct {
	gateway gatewayFlags
	out     string
	asJSON  bool
}

func (x *exporting) add(c *cobra.Command) {
	x.gateway.add(c)
	c.Flags().StringVarP(&x.out, "out", "o", "", "写入新文件，- 为标准输出 / write to a new `FILE`; - is standard output")
	_ = c.MarkFlagRequired("out")
	addJSON(c, &x.asJSON)
}

// exported says what was written.
type exported struct {
	File      string `json:"file"`
	Bytes     int64  `json:"bytes"`
	Height    uint64 `json:"height"`
	Withheld  int    `json:"withheld,omitempty"`
	Truncated bool   `json:"truncated,omitempty"`
}

// run downloads path into the file.
func (x *exporting) run(c *cobra.Command, what, path string, query url.Values, accept string) error {
	if x.out == "-" {
		_, err := x.download(c, what, path, query, accept, func() (io.Writer, error) { return c.OutOrStdout(), nil })
		return err
	}
	if _, err := os.Lstat(x.out); err == nil {
		return fmt.Errorf("couldn't write %s: %w", x.out, os.ErrExist)
	}
	part, err := os.CreateTemp(filepath.Dir(x.out), "."+filepath.Base(x.out)+".*") // 0600, like all that may hold more than the public sees
	if err != nil {
		return err
	}
	defer func() { _ = os.Remove(part.Name()) }() // gone already when it was renamed
	counted := &counter{w: part}
	header, err := x.download(c, what, path, query, accept, func() (io.Writer, error) {
		counted.n = 0
		if _, err := part.Seek(0, io.SeekStart); err != nil {
			return nil, err
		}
		return counted, part.Truncate(0)
	})
	if err == nil {
		err = part.Sync()
	}
	if closeErr := part.Close(); err == nil {
		err = closeErr
	}
	if err != nil {
		return err
	}
	// A link, unlike a rename, never replaces what came to be there meanwhile.
	if err := os.Link(part.Name(), x.out); err != nil {
		return fmt.Errorf("couldn't write %s: %w", x.out, err)
	}
	done := exported{File: x.out, Bytes: counted.n}
	done.Height, _ = strconv.ParseUint(header.Get(client.HeightHeader), 10, 64)
	done.Withheld, _ = strconv.Atoi(header.Get("Export-Withheld"))
	done.Truncated = header.Get("Export-Truncated") == "true"
	if x.asJSON {
		return writeJSON(c.OutOrStdout(), done)
	}
	fmt.Fprintf(c.OutOrStdout(), "✓ %s：%d 字节，区块数 %d / %d bytes of %d blocks\n", done.File, done.Bytes, done.Height, done.Bytes, done.Height)
	if done.Withheld > 0 {
		fmt.Fprintf(c.ErrOrStderr(), "! 另有 %d 项无权查阅，未包括 / %d more are not yours to see and left out\n", done.Withheld, done.Withheld)
	}
	if done.Truncated {
		fmt.Fprintln(c.ErrOrStderr(), "! 未尽：放宽 --depth 或 --limit / there is more: raise --depth or --limit")
	}
	return nil
}

type counter struct {
	w io.Writer
	n int64
}

func (c *counter) Write(b []byte) (int, error) {
	n, err := c.w.Write(b)
	c.n += int64(n)
	return n, err
}

// download reads in the stored session, or as the public when that is over. The
// flags' wait bounds how long it takes to begin, not how long it goes on.
func (x *exporting) download(c *cobra.Command, what, path string, query url.Values, accept string, begin func() (io.Writer, error)) (http.Header, error) {
	g, err := x.gateway.client(c)
	if err != nil {
		return nil, err
	}
	get := func(g *client.Client) (http.Header, error) {
		w, err := begin()
		if err != nil {
			return nil, err
		}
		ctx, cancel := context.WithCancelCause(c.Context())
		defer cancel(nil)
		patience := time.AfterFunc(x.gateway.wait, func() { cancel(context.DeadlineExceeded) })
		defer patience.Stop()
		told, end := progress(c, what)
		defer end()
		var written int64
		header, err := g.Download(ctx, path, query, accept, writerFunc(func(b []byte) (int, error) {
			patience.Stop()
			n, err := w.Write(b)
			if written += int64(n); told != nil {
				told(written, -1)
			}
			return n, err
		}))
		if cause := context.Cause(ctx); err != nil && cause != nil {
			err = errors.Join(cause, err)
		}
		return header, err
	}
	header, err := get(inStoredSession(g, x.gateway.address()))
	var p *client.Problem
	if errors.As(err, &p) && p.Code == "E_SESSION" && forgetSession(x.gateway.address()) {
		fmt.Fprintln(c.ErrOrStderr(), "! 会话已失效，按公众身份读取 / the session is over; reading as the public")
		return get(g)
	}
	return header, err
}

type writerFunc func([]byte) (int, error)

func (f writerFunc) Write(b []byte) (int, error) { return f(b) }

func newExportCatalogue() *cobra.Command {
	var x exporting
	c := &cobra.Command{
		Use:   "catalogue -o FILE",
		Short: "目录，DCAT 3（JSON-LD） / The catalogue as DCAT 3 (JSON-LD)",
		Long: `已编目的数据资源、已通过审核的产品、在售挂牌的公开部分，取自同一高度；不论多长，边收边写。

The public part of catalogued resources, approved products and current listings, from one height; written as it comes, however long it is.`,
		Example: `  datarights export catalogue -o catalogue.jsonld
  datarights export catalogue -o - --gateway http://127.0.0.1:8083 | jq '."dcat:dataset" | length'`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			return x.run(c, "目录 / catalogue", "/v1/exports/catalogue", nil, "application/ld+json")
		},
	}
	x.add(c)
	return c
}

func newExportLineage() *cobra.Command {
	var x exporting
	var format, direction string
	var version, depth, limit int
	c := &cobra.Command{
		Use:   "lineage ID --format prov|openlineage -o FILE",
		Short: "血缘，PROV-JSON 或 OpenLineage / Lineage as PROV-JSON or OpenLineage events",
		Long: `数据资源、产品或副本的来源、去向或两者；可见范围与 lineage back、forward 相同，须先 session open。

What a resource, product or copy was made of, what came of it, or both; visible as lineage back and forward are, after session open.`,
		Example: `  datarights export lineage DP-320902-20261123-0a1b2c3d4e5f-00 --format prov -o lineage.json
  datarights export lineage DP-320902-20261123-0a1b2c3d4e5f-00 --format openlineage --direction back --depth 5 -o events.json`,
		Args: oneID,
		RunE: func(c *cobra.Command, args []string) error {
			q := url.Values{"format": {format}}
			if direction != "" {
				q.Set("direction", direction)
			}
			for name, n := range map[string]int{"version": version, "depth": depth, "limit": limit} {
				if c.Flags().Changed(name) {
					q.Set(name, strconv.Itoa(n))
				}
			}
			return x.run(c, "血缘 / lineage", "/v1/exports/lineage/"+url.PathEscape(args[0]), q, "application/json")
		},
	}
	x.add(c)
	c.Flags().StringVar(&format, "format", "prov", "prov 或 openlineage / prov or openlineage")
	c.Flags().StringVar(&direction, "direction", "", "back、forward 或 both，缺省 both / back, forward or both, the default")
	c.Flags().IntVar(&version, "version", 0, "版本号，缺省为最新 / `NUMBER` of the version, the newest if not given")
	c.Flags().IntVar(&depth, "depth", 0, "至多几层 / levels at most")
	c.Flags().IntVar(&limit, "limit", 0, "各方向至多多少条边 / edges at most, each way")
	return c
}

func newExportLicence() *cobra.Command {
	var x exporting
	c := &cobra.Command{
		Use:   "licence ID -o FILE",
		Short: "挂牌、许可或授权的条款，ODRL 2.2 / The terms of a listing, permit or grant as ODRL 2.2",
		Long: `挂牌为 Offer，使用许可与授权运营为 Agreement；可见范围与记录相同。

A listing is an Offer, a permit or grant an Agreement; visible as the record is.`,
		Example: `  datarights export licence LS-320902-20261123-0a1b2c3d4e5f-00 -o offer.jsonld`,
		Args:    oneID,
		RunE: func(c *cobra.Command, args []string) error {
			return x.run(c, "条款 / terms", "/v1/exports/licence/"+url.PathEscape(args[0]), nil, "application/ld+json")
		},
	}
	x.add(c)
	return c
}

func newReportCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "report",
		Short: "授权运营年度披露与指标报告 / The yearly disclosure of authorised operation, and the indicator report",
		Long: `只含账本的公开记录与已公布的快照，每行附所依据的记录与区块。文件名以 .xlsx 结尾的为工作簿，否则为可打印的网页。

Public records of the ledger and published snapshots alone, each row with its record and block. A file named .xlsx is a workbook, any other a page to print.`,
	}
	c.AddCommand(newReportDisclosure(), newReportIndicators())
	return c
}

// form is the report's form by the file's name.
func form(out string) string {
	if filepath.Ext(out) == ".xlsx" {
		return "xlsx"
	}
	return "html"
}

func newReportDisclosure() *cobra.Command {
	var x exporting
	var year int
	var authoriser string
	c := &cobra.Command{
		Use:   "disclosure --year YEAR -o FILE",
		Short: "授权运营情况年度披露 / The yearly disclosure of authorised operation",
		Example: `  datarights report disclosure --year 2026 -o disclosure-2026.html
  datarights report disclosure --year 2026 --authoriser 11320900MB0A00050T -o disclosure-2026.xlsx`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			q := url.Values{"year": {strconv.Itoa(year)}, "format": {form(x.out)}}
			if authoriser != "" {
				if err := checkCode("--authoriser", authoriser); err != nil {
					return err
				}
				q.Set("authoriser", authoriser)
			}
			return x.run(c, "披露 / disclosure", "/v1/reports/disclosure", q, "")
		},
	}
	x.add(c)
	c.Flags().IntVar(&year, "year", 0, "年度 / `YEAR`")
	c.Flags().StringVar(&authoriser, "authoriser", "", "只看此授权主体 / only this authorising body, by its `USCC`")
	_ = c.MarkFlagRequired("year")
	return c
}

func newReportIndicators() *cobra.Command {
	var x exporting
	var period string
	c := &cobra.Command{
		Use:   "indicators --period PERIOD -o FILE",
		Short: "指标报告 / The report on indicators",
		Long: `期间为年、季或月：2026、2026-Q1、2026-03。受限指标仅监管机构可见，须先 session open。

A period is a year, quarter or month: 2026, 2026-Q1, 2026-03. Restricted indicators are in it for the regulator, after session open.`,
		Example: `  datarights report indicators --period 2026 -o indicators-2026.xlsx
  datarights report indicators --period 2026-Q4 -o indicators.html`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			return x.run(c, "指标 / indicators", "/v1/reports/indicators", url.Values{"period": {period}, "format": {form(x.out)}}, "")
		},
	}
	x.add(c)
	c.Flags().StringVar(&period, "period", "", "年、季或月 / `PERIOD`: a year, quarter or month")
	_ = c.MarkFlagRequired("period")
	return c
}

package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/datarights/datarights/chaincode/rights"
	"github.com/datarights/datarights/client"
)

// kind is a collection of the API as it is queried and shown.
type kind struct {
	name    string // the path under /v1
	aliases []string
	record  rights.Kind
	zh      string
	columns []column
}

// column shows one member of a record; path may reach into objects.
type column struct {
	title, path string
	show        func(any) string
}

var kinds = slices.Concat(registryKinds, marketKinds)

var registryKinds = []*kind{
	{name: "participants", aliases: []string{"participant", "PT"}, record: rights.KindParticipant, zh: "主体", columns: []column{
		{"代码 USCC", "uscc", nil}, {"名称 NAME", "name", nil}, {"状态 STATE", "state", nil}, {"角色 ROLES", "roles", nil}, {"地区 REGION", "regionCode", nil}}},
	{name: "resources", aliases: []string{"resource", "DR"}, record: rights.KindResource, zh: "数据资源", columns: []column{
		{"编号 ID", "id", nil}, {"名称 NAME", "name", nil}, {"状态 STATE", "state", nil}, {"持有人 HOLDER", "holderId", nil}, {"分级 GRADE", "grade", nil}, {"记录数 RECORDS", "recordCount", nil}}},
	{name: "registrations", aliases: []string{"registration", "cases", "case", "RG"}, record: rights.KindCase, zh: "登记案件", columns: []column{
		{"编号 ID", "id", nil}, {"对象 OBJECT", "objectName", nil}, {"状态 STATE", "state", nil}, {"申请人 APPLICANT", "applicantIds", nil}, {"公示截止 NOTICE ENDS", "noticeEndsAt", showTime}}},
	{name: "objections", aliases: []string{"objection", "OB"}, record: rights.KindObjection, zh: "异议", columns: []column{
		{"编号 ID", "id", nil}, {"案件 CASE", "caseId", nil}, {"状态 STATE", "state", nil}, {"提出 FILED", "filedAt", showTime}}},
	{name: "rights", aliases: []string{"right", "RT"}, record: rights.KindRight, zh: "权利", columns: []column{
		{"编号 ID", "id", nil}, {"权利 KIND", "kind", showKind}, {"状态 STATE", "state", nil}, {"对象 OBJECT", "objectName", nil}, {"权利人 HOLDER", "holderId", nil},
		{"至 UNTIL", "validTo", showTime}, {"现时生效 EFFECTIVE", "effective.now", showYes}}},
	{name: "certificates", aliases: []string{"certificate", "CT"}, record: rights.KindCertificate, zh: "登记凭证", columns: []column{
		{"凭证号 NO", "certNo", nil}, {"状态 STATE", "state", nil}, {"数据 DATA", "dataName", nil}, {"权利人 HOLDER", "holderName", nil}, {"至 UNTIL", "validTo", showTime}}},
	{name: "restraints", aliases: []string{"restraint", "RR"}, record: rights.KindRestraints, zh: "权利限制", columns: []column{
		{"权利 RIGHT", "rightId", nil}, {"更新 UPDATED", "updatedAt", showTime}}},
	{name: "notices", aliases: []string{"notice"}, record: rights.KindCase, zh: "公示", columns: []column{
		{"案件 CASE", "id", nil}, {"对象 OBJECT", "objectName", nil}, {"状态 STATE", "state", nil}, {"权利 KINDS", "rightKinds", showKind}, {"截止 ENDS", "noticeEndsAt", showTime}}},
	{name: "parameters", aliases: []string{"parameter", "RP", "WC"}, zh: "规则参数与日历", columns: []column{
		{"编号 ID", "id", nil}, {"起 FROM", "from", showTime}, {"文件 DOCUMENTS", "docRefs", nil}, {"文件 DOCUMENT", "docRef", nil}}},
	{name: "blocks", aliases: []string{"block"}, zh: "区块", columns: []column{
		{"区块 BLOCK", "number", nil}, {"时间 AT", "at", showTime}, {"有效交易 VALID", "valid", nil}, {"字节 BYTES", "size", nil}, {"哈希 HASH", "hash", nil}}},
	{name: "transactions", aliases: []string{"transaction", "tx"}, zh: "交易", columns: []column{
		{"交易 TX", "txId", nil}, {"区块 BLOCK", "block", nil}, {"时间 AT", "at", showTime}, {"指令 COMMAND", "command", nil}, {"主体 SIGNER", "kid", nil}, {"校验 VALIDATION", "validation", nil}}},
}

func kindOf(name string) *kind {
	for _, k := range kinds {
		if k.name == name || slices.Contains(k.aliases, name) {
			return k
		}
	}
	return nil
}

func kindNames() []string {
	var names []string
	for _, k := range kinds {
		names = append(names, k.name)
	}
	return names
}

// query is what is asked of a gateway.
type query struct {
	gateway         gatewayFlags
	where           []string
	atLeast         uint64
	limit           int
	all             bool
	history, verify bool
	asJSON          bool
}

func newQueryCommand() *cobra.Command {
	var q query
	c := &cobra.Command{
		Use:   "query KIND [ID]",
		Short: "查询账本 / Read the ledger",
		Long: `读取登记簿、公示、案件、区块与交易。公开内容无须会话；案卷全文需先 session open。时间均为北京时间，--json 为 UTC 秒。
KIND 为 ` + strings.Join(kindNames(), "、") + `。

Reads the registry, notices, cases, blocks and transactions. The registry is public; the full file of a case needs session open.
Times are shown in Asia/Shanghai; --json has UTC seconds.`,
		Example: `  datarights query rights --where holder=91320903MA0A00022Y --where state=Active
  datarights query certificates SJ3212026110001 --verify
  datarights query registrations RG-320903-20261123-0a1b2c3d4e5f-01 --at-least 42
  datarights query resources --where q=气象 --all --json`,
		Args: cobra.RangeArgs(1, 2),
		ValidArgsFunction: func(_ *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
			if len(args) > 0 {
				return nil, cobra.ShellCompDirectiveNoFileComp
			}
			return kindNames(), cobra.ShellCompDirectiveNoFileComp
		},
		RunE: q.run,
	}
	q.gateway.add(c)
	c.Flags().StringArrayVar(&q.where, "where", nil, "筛选，可重复 / select by `FIELD=VALUE`, repeatable")
	c.Flags().Uint64Var(&q.atLeast, "at-least", 0, "等到索引已有该区块 / wait until the index has this `BLOCK`")
	c.Flags().IntVar(&q.limit, "limit", 0, "每页条数 / items of a page")
	c.Flags().BoolVar(&q.all, "all", false, "读取全部各页 / read all pages")
	c.Flags().BoolVar(&q.history, "history", false, "该记录的历次版本 / all versions of the record")
	c.Flags().BoolVar(&q.verify, "verify", false, "核验凭证现时是否有效 / whether a certificate is good now")
	c.MarkFlagsMutuallyExclusive("history", "verify")
	addJSON(c, &q.asJSON)
	return c
}

func (q *query) run(c *cobra.Command, args []string) error {
	k := kindOf(args[0])
	if k == nil {
		list := strings.Join(kindNames(), ", ")
		return misuse(fmt.Sprintf("没有 %q 这一类；可查：%s", args[0], list), fmt.Sprintf("there is no kind %q; there are: %s", args[0], list))
	}
	values := url.Values{}
	for _, w := range q.where {
		name, value, ok := strings.Cut(w, "=")
		if !ok || name == "" {
			return misuse(fmt.Sprintf("--where %q 应为 字段=值", w), fmt.Sprintf("--where %q must be FIELD=VALUE", w))
		}
		values.Add(name, value)
	}
	switch {
	case len(args) == 1 && (q.history || q.verify):
		return misuse("--history 与 --verify 须给出记录编号", "--history and --verify need the record's ID")
	case q.verify && k.name != "certificates":
		return misuse("--verify 只用于 certificates", "--verify is for certificates only")
	case len(args) == 2 && !q.history && (q.limit != 0 || q.all):
		return misuse("--limit 与 --all 用于列表", "--limit and --all are for lists")
	}
	if q.limit != 0 {
		values.Set("limit", strconv.Itoa(q.limit))
	}
	g, err := q.gateway.client(c)
	if err != nil {
		return err
	}
	path := "/v1/" + k.name
	if len(args) == 2 {
		path += "/" + url.PathEscape(args[1])
	}
	switch {
	case q.history:
		path += "/history"
	case q.verify:
		path += "/verify"
	}
	if c.Flags().Changed("at-least") {
		values.Set("at_least", number(q.atLeast))
	}
	err = q.read(c, inStoredSession(g, q.gateway.address()), k, path, values, len(args) == 2 && !q.history)
	var p *client.Problem
	if errors.As(err, &p) && p.Code == "E_SESSION" { // the gateway was restarted, or the key is out of use
		if forgetSession(q.gateway.address()) {
			fmt.Fprintln(c.ErrOrStderr(), "! 会话已失效，按公众身份读取 / the session is over; reading as the public")
			return q.read(c, g, k, path, values, len(args) == 2 && !q.history)
		}
	}
	return err
}

func (q *query) read(c *cobra.Command, g *client.Client, k *kind, path string, values url.Values, one bool) error {
	ctx, cancel := q.gateway.patience(c.Context())
	defer cancel()
	out := c.OutOrStdout()
	if one {
		var record json.RawMessage
		if _, err := g.Get(ctx, path, values, &record); err != nil {
			return err
		}
		if q.asJSON {
			return writeJSON(out, record)
		}
		return printRecord(out, record, "")
	}
	page := client.Page[json.RawMessage]{Items: []json.RawMessage{}}
	if q.all {
		for item, err := range client.List[json.RawMessage](ctx, g, path, values) {
			if err != nil {
				return err
			}
			page.Items = append(page.Items, item)
		}
	} else if _, err := g.Get(ctx, path, values, &page); err != nil {
		return err
	}
	if q.asJSON {
		return writeJSON(out, page)
	}
	if q.history {
		k = &kind{columns: []column{{"区块 BLOCK", "block", nil}, {"时间 AT", "at", showTime}, {"指令 COMMAND", "command", nil}, {"主体 SIGNER", "kid", nil}, {"状态 STATE", "record.state", nil}, {"版本 VERSION", "record.version", nil}}}
	}
	if err := k.print(out, page.Items); err != nil {
		return err
	}
	if page.Next != "" {
		fmt.Fprintf(c.ErrOrStderr(), "… 还有更多；--all 读取全部 / there are more; --all reads them\n")
	}
	return nil
}

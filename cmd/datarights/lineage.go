package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/datarights/datarights/client"
)

func newLineageCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "lineage",
		Short: "追溯数据的来源与去向 / Trace data back and forward",
		Long: `追溯一份数据由何而来（back）、去往何处（forward）、谁收到过（recipients）、某时是否许可（permission）、记录在链上的先后（order）。
职能机构可查全部，其他主体可查自己的对象；须先 session open。标记：✓ 当时有许可，✗ 当时无许可，… 未记录许可。

Traces what data was made of (back), what came of it (forward), who received it (recipients), whether a copy allowed an action
at an instant (permission) and the order of records on the chain (order). The offices trace everything, others their own;
it needs session open. Marks: ✓ permitted then, ✗ not permitted then, … no permission recorded.`,
		Example: `  datarights session open --key officer.pem --as 11320900MB0A00011X#1
  datarights lineage back DP-320903-20261123-0a1b2c3d4e5f-00
  datarights lineage forward DR-320903-20261123-0a1b2c3d4e5f-00 --version 1 --depth 4
  datarights lineage permission CP-320903-20261123-0a1b2c3d4e5f-00 --action ActResell --at 1795000000`,
	}
	c.AddCommand(
		newLineageTrace("back", "由产出到来源 / From an output back to its sources", "object", (*tracing).tree),
		newLineageTrace("forward", "由来源到去向 / From a source to all that came of it", "object", (*tracing).tree),
		newLineageTrace("recipients", "谁收到过一个产品 / Who received a product", "product", (*tracing).recipients),
		newTracePermission(), newTraceOrder())
	return c
}

// tracing is one question about lineage.
type tracing struct {
	gateway gatewayFlags
	way     string // the path under /v1/trace
	need    string // the parameter that the argument is
	version int64
	depth   int
	limit   int
	asJSON  bool
}

func newLineageTrace(way, short, need string, show func(*tracing, io.Writer, string, []traced)) *cobra.Command {
	t := tracing{way: way, need: need}
	example := "DP-320903-20261123-0a1b2c3d4e5f-00"
	c := &cobra.Command{
		Use: way + " OBJECT", Short: short, Args: oneID, Example: "  datarights lineage " + way + " " + example,
		RunE: func(c *cobra.Command, args []string) error { return t.run(c, args[0], show) },
	}
	t.gateway.add(c)
	c.Flags().Int64Var(&t.version, "version", 0, "版本号，缺省为最新（recipients 为全部） / `N` of the version; the newest (recipients: all) when absent")
	if need == "object" {
		c.Flags().IntVar(&t.depth, "depth", 0, "至多几层 / levels at most")
	}
	c.Flags().IntVar(&t.limit, "limit", 1000, "至多读取多少项，0 为全部 / items at most, 0 for all")
	addJSON(c, &t.asJSON)
	return c
}

// traced is an item of any trace, as far as it is shown.
type traced struct {
	Depth       int         `json:"depth"`
	Output      *tracedNode `json:"output"`
	Input       *tracedNode `json:"input"`
	Of          *tracedNode `json:"of"`
	Kind        string      `json:"kind"`
	ID          string      `json:"id"`
	LineageID   string      `json:"lineageId"`
	DeliveryID  string      `json:"deliveryId"`
	State       string      `json:"state"`
	Version     int64       `json:"version"`
	ContentRoot string      `json:"contentRoot"`
	PartyID     string      `json:"partyId"`
	OperatorID  string      `json:"operatorId"`
	Op          string      `json:"op"`
	Permission  *struct {
		Ref       string `json:"ref"`
		Effective struct {
			Now      bool   `json:"now"`
			Reason   string `json:"reason"`
			ReasonZh string `json:"reasonZh"`
		} `json:"effective"`
	} `json:"permission"`

	CopyID    string `json:"copyId"`
	HolderID  string `json:"holderId"`
	HoldUntil int64  `json:"holdUntil"`
	Block     uint64 `json:"block"`
	Tx        int    `json:"tx"`

	raw json.RawMessage
}

func (t *traced) UnmarshalJSON(raw []byte) error {
	type plain traced
	if strings.Contains(string(raw), `"copyId"`) { // a recipient's permission is the copy's own, of another shape
		var r struct {
			CopyID, HolderID, State string
			Version, HoldUntil      int64
			Block                   uint64
			Tx                      int
		}
		if err := json.Unmarshal(raw, &r); err != nil {
			return err
		}
		*t = traced{CopyID: r.CopyID, HolderID: r.HolderID, State: r.State, Version: r.Version, HoldUntil: r.HoldUntil, Block: r.Block, Tx: r.Tx}
	} else if err := json.Unmarshal(raw, (*plain)(t)); err != nil {
		return err
	}
	t.raw = slices.Clone(raw)
	return nil
}

type tracedNode struct {
	Type        string `json:"type"`
	ID          string `json:"id"`
	Version     int64  `json:"version"`
	ContentRoot string `json:"contentRoot"`
}

func (n tracedNode) key() string {
	return n.ID + "@" + strconv.FormatInt(n.Version, 10) + " " + n.ContentRoot
}

// named is a node in words: an id and version, or the content it is.
func (n tracedNode) named() string {
	text := printable(n.ID)
	if text == "" {
		text = printable(n.ContentRoot)
		if len(text) > 24 {
			text = text[:24] + "…"
		}
	}
	if n.Version > 0 {
		text += "@" + strconv.FormatInt(n.Version, 10)
	}
	return traceTypes[n.Type] + " " + text
}

var traceTypes = map[string]string{"Resource": "数据资源", "Product": "数据产品", "Copy": "副本", "Model": "模型", "Result": "加工结果", "LN": "血缘", "DP": "数据产品", "CP": "副本", "LS": "挂牌", "UP": "使用许可"}

// traceAnswer is a page of a trace.
type traceAnswer struct {
	Items     []traced `json:"items"`
	Next      string   `json:"next"`
	Withheld  int      `json:"withheld"`
	Truncated bool     `json:"truncated"`
}

func (t *tracing) run(c *cobra.Command, object string, show func(*tracing, io.Writer, string, []traced)) error {
	if t.version < 0 || t.depth < 0 || t.limit < 0 {
		return misuse("--version、--depth、--limit 不得为负", "--version, --depth and --limit must not be negative")
	}
	values := url.Values{t.need: {object}, "limit": {"200"}}
	if t.version > 0 {
		values.Set("version", strconv.FormatInt(t.version, 10))
	}
	var all traceAnswer
	err := inSession(c, &t.gateway, func(ctx context.Context, g *client.Client) error {
		all = traceAnswer{Items: []traced{}}
		for {
			var page traceAnswer
			if _, err := g.Get(ctx, "/v1/trace/"+t.way, values, &page); err != nil {
				return err
			}
			all.Withheld, all.Truncated = page.Withheld, page.Truncated
			for _, item := range page.Items {
				if t.depth > 0 && item.Depth > t.depth { // the rest lies deeper
					return nil
				}
				all.Items = append(all.Items, item)
				if t.limit > 0 && len(all.Items) == t.limit {
					all.Next = page.Next
					return nil
				}
			}
			if page.Next == "" {
				return nil
			}
			values.Set("cursor", page.Next)
		}
	})
	if err != nil {
		return err
	}
	out := c.OutOrStdout()
	if t.asJSON {
		raw := make([]json.RawMessage, 0, len(all.Items))
		for _, item := range all.Items {
			raw = append(raw, item.raw)
		}
		return writeJSON(out, map[string]any{"items": raw, "withheld": all.Withheld, "truncated": all.Truncated || all.Next != ""})
	}
	show(t, out, object, all.Items)
	switch {
	case all.Withheld > 0:
		fmt.Fprintf(c.ErrOrStderr(), "! 另有 %d 项您无权查阅 / %d more are not yours to read\n", all.Withheld, all.Withheld)
	case all.Truncated || all.Next != "":
		fmt.Fprintln(c.ErrOrStderr(), "… 还有更多；--limit 0 读取全部 / there are more; --limit 0 reads them")
	}
	return nil
}

// inSession asks with the session kept for a gateway; without one it says how to
// open it.
func inSession(c *cobra.Command, gateway *gatewayFlags, ask func(context.Context, *client.Client) error) error {
	s, err := loadSession(gateway.address())
	if err != nil {
		return noSession(gateway.address())
	}
	g, err := gateway.client(c)
	if err != nil {
		return err
	}
	ctx, cancel := gateway.patience(c.Context())
	defer cancel()
	return ask(ctx, g.InSession(s))
}

// branch is one line of the tree with what lies below it.
type branch struct {
	text string
	to   string // key of the node it leads to; "" leads no further
}

// tree prints a walk as an indented tree. What was met before is shown once, and
// after that only named.
func (t *tracing) tree(out io.Writer, object string, items []traced) {
	below := map[string][]branch{}
	root := ""
	for _, it := range items {
		from, b := it.branch()
		if root == "" {
			root = from
			fmt.Fprintln(out, printable(object))
		}
		below[from] = append(below[from], b)
	}
	if root == "" {
		fmt.Fprintln(out, printable(object)+"\n（无 none）")
		return
	}
	shown := map[string]bool{root: true}
	var print func(key, indent string)
	print = func(key, indent string) {
		for i, b := range below[key] {
			line, inner := "├─ ", "│  "
			if i == len(below[key])-1 {
				line, inner = "└─ ", "   "
			}
			again := b.to != "" && shown[b.to] && len(below[b.to]) > 0
			fmt.Fprint(out, indent, line, b.text)
			if again {
				fmt.Fprint(out, "  （见上 above）")
			}
			fmt.Fprintln(out)
			if b.to != "" && !again {
				shown[b.to] = true
				print(b.to, indent+inner)
			}
		}
	}
	print(root, "")
}

// branch puts an item in words: the mark, where it leads, by which record.
func (t traced) branch() (from string, b branch) {
	if t.Of != nil { // forward
		to := tracedNode{Type: t.Kind, ID: t.ID, Version: t.Version, ContentRoot: t.ContentRoot}
		b.text = to.named() + "  " + printable(t.State) + "  " + printable(t.PartyID)
		switch t.Kind {
		case "LN":
			to.ID = "" // its output
			b.text = traceTypes["LN"] + " " + printable(t.ID) + " → " + tracedNode{Type: "Result", ContentRoot: t.ContentRoot}.named() + "  " + printable(t.State) + "  " + printable(t.PartyID)
			b.to = to.key()
		case "DP", "CP":
			b.to = to.key()
		}
		return t.Of.key(), b
	}
	mark, why := "…", ""
	if p := t.Permission; p != nil {
		if mark = "✓"; !p.Effective.Now {
			mark = "✗"
			why = "  " + printable(join(p.Effective.ReasonZh, p.Effective.Reason))
		}
		why = "  依据 under " + printable(p.Ref) + why
	}
	if t.Input == nil {
		return t.Output.key(), branch{text: "? 不可见 withheld  " + printable(t.LineageID)}
	}
	by := printable(t.LineageID + t.DeliveryID)
	if t.Op != "" {
		by += " " + printable(t.Op)
	}
	return t.Output.key(), branch{text: mark + " " + t.Input.named() + "  ← " + by + why, to: t.Input.key()}
}

// recipients prints who got a product, in the order of the chain.
func (t *tracing) recipients(out io.Writer, _ string, items []traced) {
	if len(items) == 0 {
		fmt.Fprintln(out, "（无 none）")
		return
	}
	table := table{header: []string{"副本 COPY", "持有人 HOLDER", "版本 VERSION", "状态 STATE", "持有至 UNTIL", "区块 BLOCK"}}
	for _, it := range items {
		until := "-"
		if it.HoldUntil > 0 {
			until = when(it.HoldUntil)
		}
		table.add(printable(it.CopyID), printable(it.HolderID), strconv.FormatInt(it.Version, 10), printable(it.State), until, number(it.Block))
	}
	_ = table.print(out)
}

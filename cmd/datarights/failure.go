package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/datarights/datarights/chaincode/command"
	"github.com/datarights/datarights/chaincode/rights"
	"github.com/datarights/datarights/client"
	"github.com/datarights/datarights/client/fingerprint"
	"github.com/datarights/datarights/gateway"
	"github.com/datarights/datarights/network/backup"
)

// What the program ends with. Scripts rely on these.
const (
	exitOK          = 0
	exitFailure     = 1
	exitUsage       = 2
	exitRefused     = 3 // by the ledger or a gateway, for good
	exitUnavailable = 4 // unavailable, or the outcome is unknown: send the same again
)

// errReported ends the program with a failure that has been shown already.
var errReported = errors.New("reported")

// failure is an error of this program's own, in both languages.
type failure struct {
	zh, en string
	err    error
}

func fail(zh, en string, err error) error { return &failure{zh, en, err} }

func (e *failure) Error() string {
	if e.err != nil {
		return e.en + ": " + e.err.Error()
	}
	return e.en
}

func (e *failure) Unwrap() error { return e.err }

// complaint is an error as it is shown.
type complaint struct {
	Exit      int         `json:"exit"`
	Code      string      `json:"code,omitempty"`
	Title     string      `json:"title,omitempty"`
	Field     string      `json:"field,omitempty"`
	DetailZh  string      `json:"detailZh,omitempty"`
	Detail    string      `json:"detail"`
	Record    string      `json:"record,omitempty"`
	Rule      string      `json:"rule,omitempty"`
	TxID      string      `json:"txId,omitempty"`
	RequestID string      `json:"requestId,omitempty"`
	Items     []complaint `json:"items,omitempty"`
	Index     *int        `json:"index,omitempty"` // of an item
}

// complain turns any error into what is shown of it. It is the one place that
// maps errors to exit codes.
func complain(err error) complaint {
	var (
		problem *client.Problem
		refusal *rights.Error
		form    *command.Error
		input   *fingerprint.InputError
		own     *failure
		address *url.Error
		archive *backup.Error
		faults  gateway.Faults
	)
	switch {
	case isUsage(err):
		c := complaint{Exit: exitUsage, Detail: err.Error()}
		if errors.As(err, &own) {
			c.DetailZh, c.Detail = own.zh, own.Error()
		} else {
			c.DetailZh = usageZh(c.Detail)
		}
		return c
	case errors.As(err, &own) && own.err != nil:
		c := complain(&runError{own.err})
		c.Detail = own.en + ": " + c.Detail
		if c.DetailZh != "" {
			c.DetailZh = "：" + c.DetailZh
		}
		c.DetailZh = own.zh + c.DetailZh
		return c
	case own != nil:
		return complaint{Exit: exitFailure, DetailZh: own.zh, Detail: own.en}
	case errors.As(err, &faults):
		c := complaint{Exit: exitFailure, DetailZh: fmt.Sprintf("网关的设置有 %d 处错误", len(faults)), Detail: fmt.Sprintf("%d faults in the gateway's settings", len(faults))}
		for i, f := range faults {
			c.Items = append(c.Items, complaint{Index: &i, Field: f.Key, Code: f.At, DetailZh: f.Zh, Detail: f.Detail})
		}
		return c
	case errors.As(err, &archive):
		return complaint{Exit: exitFailure, Field: archive.Name, DetailZh: archive.Zh, Detail: archive.Error()}
	case errors.Is(err, backup.ErrNotEmpty):
		return complaint{Exit: exitFailure, DetailZh: "目录不是空的；只恢复到空目录", Detail: err.Error()}
	case errors.As(err, &problem):
		return ofProblem(err, problem)
	case errors.As(err, &refusal):
		return ofRefusal(refusal)
	case errors.As(err, &form):
		return complaint{Exit: exitFailure, Code: form.Code, Field: form.Field, DetailZh: form.DetailZh, Detail: form.Detail}
	case errors.As(err, &input):
		return complaint{Exit: exitFailure, Code: string(rights.CodeFormat), DetailZh: place(input) + input.DetailZh, Detail: err.Error()}
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, context.Canceled):
		return complaint{Exit: exitUnavailable, DetailZh: "在得到答复之前停止等待", Detail: "gave up waiting for an answer: " + err.Error()}
	case errors.As(err, &address): // of package http alone
		return complaint{Exit: exitUnavailable, DetailZh: "无法连接网关；请核对 --gateway 或 DATARIGHTS_GATEWAY", Detail: err.Error() + "; check --gateway or DATARIGHTS_GATEWAY"}
	case errors.Is(err, os.ErrNotExist):
		return complaint{Exit: exitFailure, DetailZh: "文件不存在", Detail: err.Error()}
	case errors.Is(err, os.ErrExist):
		return complaint{Exit: exitFailure, DetailZh: "文件已存在，不予覆盖", Detail: err.Error()}
	case errors.Is(err, os.ErrPermission):
		return complaint{Exit: exitFailure, DetailZh: "无权访问文件", Detail: err.Error()}
	case errors.Is(err, fingerprint.ErrVersion1):
		return complaint{Exit: exitFailure, DetailZh: "盐值属第 1 版内容根，算法已不同；请将其移到他处保存（供旧版程序出具证明），再重新计算指纹", Detail: err.Error()}
	case errors.Is(err, fingerprint.ErrChanged):
		return complaint{Exit: exitFailure, DetailZh: "文件与所存盐值对应的版本不同；请先将盐值文件移到旧版本处", Detail: err.Error()}
	}
	return complaint{Exit: exitFailure, Detail: err.Error()}
}

// usageZh says in Chinese what kind of misuse cobra found.
func usageZh(text string) string {
	for _, m := range []struct{ en, zh string }{
		{"required flag(s)", "缺少必填选项"}, {"unknown flag", "没有此选项"}, {"unknown shorthand", "没有此选项"}, {"flag needs an argument", "选项缺少值"},
		{"invalid argument", "选项的值不对"}, {"accepts", "参数个数不对"}, {"requires", "参数个数不对"}, {"unknown command", "此处不接受参数"},
		{"if any flags in the group", "这些选项不能同时使用"},
	} {
		if strings.HasPrefix(text, m.en) {
			return m.zh
		}
	}
	return ""
}

func place(e *fingerprint.InputError) string {
	switch {
	case e.Line > 0:
		return fmt.Sprintf("第 %d 行：", e.Line)
	case e.Record > 0:
		return fmt.Sprintf("第 %d 条记录：", e.Record)
	}
	return ""
}

func ofProblem(err error, p *client.Problem) complaint {
	c := complaint{Exit: exitRefused, Code: p.Code, Title: p.Title, Field: p.Field, DetailZh: p.DetailZh, Detail: p.DetailEn,
		Record: p.Record, Rule: p.Rule, TxID: p.TxID, RequestID: p.RequestID}
	if c.Detail == "" {
		c.Detail = p.Detail
	}
	switch {
	case p.Code == "" && c.Detail == "": // not of a gateway of ours
		c.Title = ""
		c.DetailZh = fmt.Sprintf("对方答复 HTTP %d，不像是 datarights 网关；请核对 --gateway", p.Status)
		c.Detail = fmt.Sprintf("answered HTTP %d as no datarights gateway does; check --gateway", p.Status)
		c.Exit = exitFailure
		if p.Status == http.StatusBadGateway || p.Status == http.StatusServiceUnavailable || p.Status == http.StatusGatewayTimeout {
			c.Exit = exitUnavailable
		}
	case p.Status == http.StatusTooManyRequests, p.Status == http.StatusBadGateway, p.Status == http.StatusServiceUnavailable,
		p.Status == http.StatusGatewayTimeout, errors.Is(err, context.DeadlineExceeded), errors.Is(err, context.Canceled):
		c.Exit = exitUnavailable
	case p.Status >= http.StatusInternalServerError:
		c.Exit = exitFailure
	}
	for _, i := range p.Items {
		c.Items = append(c.Items, complaint{Index: &i.Index, Code: i.Code, Field: i.Field, Record: i.Record, Rule: i.Rule, DetailZh: i.DetailZh, Detail: i.Detail})
	}
	return c
}

// ofRefusal is a refusal that came from the ledger without a gateway.
func ofRefusal(e *rights.Error) complaint {
	c := complaint{Exit: exitRefused, Code: string(e.Code), Field: e.Field, DetailZh: e.DetailZh, Detail: e.Detail, Record: e.Record, Rule: e.Rule}
	for _, i := range e.Items {
		c.Items = append(c.Items, complaint{Index: &i.Index, Code: string(i.Code), Field: i.Field, Record: i.Record, Rule: i.Rule, DetailZh: i.DetailZh, Detail: i.Detail})
	}
	return c
}

var headlines = map[int]string{
	exitFailure:     "失败 Failed",
	exitUsage:       "用法错误 Wrong usage",
	exitRefused:     "被拒绝 Refused",
	exitUnavailable: "暂不可用或结果未知 Unavailable, or outcome unknown",
}

// report shows how a command ended and returns the program's exit code.
func report(out io.Writer, cmd *cobra.Command, err error) int {
	switch {
	case err == nil:
		return exitOK
	case errors.Is(err, errReported):
		return exitFailure
	}
	c := complain(err)
	if wantsJSON(cmd) {
		_ = writeJSON(out, map[string]complaint{"error": c}) // standard error is the last resort
		return c.Exit
	}
	fmt.Fprintln(out, "✗ "+join(headlines[c.Exit], c.Code, c.Title))
	c.print(out, "  ")
	if c.Exit == exitUsage && cmd != nil {
		fmt.Fprintf(out, "  %s --help 查看用法 / shows how it is used\n", cmd.CommandPath())
	}
	if c.Exit == exitUnavailable && submits(cmd) {
		fmt.Fprintln(out, "  可以放心重试：同一指令至多生效一次 / trying again is safe: a command is applied at most once")
	}
	return c.Exit
}

func (c complaint) print(out io.Writer, indent string) {
	if c.Field != "" {
		fmt.Fprintf(out, "%s字段 field: %s\n", indent, c.Field)
	}
	for _, text := range []string{c.DetailZh, c.Detail} {
		if text != "" {
			fmt.Fprintf(out, "%s%s\n", indent, text)
		}
	}
	for _, line := range []struct{ name, value string }{{"记录 record", c.Record}, {"规则 rule", c.Rule}, {"交易 tx", c.TxID}, {"请求 request", c.RequestID}} {
		if line.value != "" {
			fmt.Fprintf(out, "%s%s: %s\n", indent, line.name, line.value)
		}
	}
	for _, i := range c.Items {
		fmt.Fprintf(out, "%s第 %d 项 item %d · %s\n", indent, *i.Index+1, *i.Index+1, i.Code)
		i.print(out, indent+"  ")
	}
}

func join(parts ...string) string {
	var text string
	for _, p := range parts {
		if p != "" && text != "" {
			text += " · "
		}
		text += p
	}
	return text
}

// submitsAnnotation marks commands that write to the ledger.
const submitsAnnotation = "submits"

func submits(cmd *cobra.Command) bool { return cmd != nil && cmd.Annotations[submitsAnnotation] != "" }

func writeJSON(out io.Writer, document any) error {
	encoder := json.NewEncoder(out)
	encoder.SetIndent("", "  ")
	encoder.SetEscapeHTML(false)
	return encoder.Encode(document)
}

func wantsJSON(cmd *cobra.Command) bool {
	if cmd == nil {
		return false
	}
	f := cmd.Flags().Lookup("json")
	return f != nil && f.Value.String() == "true"
}

// oneID takes one argument, which names a record.
func oneID(c *cobra.Command, args []string) error {
	if err := cobra.ExactArgs(1)(c, args); err != nil {
		return err
	}
	if strings.TrimSpace(args[0]) == "" {
		return misuse("编号为空；用法："+c.UseLine(), "the id is empty; use: "+c.UseLine())
	}
	return nil
}

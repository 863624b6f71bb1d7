package main

import (
	"fmt"
	"io"
	"reflect"
	"strings"

	"github.com/spf13/cobra"

	"github.com/datarights/datarights/chaincode/rights"
)

func newCommandList() *cobra.Command {
	var asJSON bool
	c := &cobra.Command{
		Use:     "list [NAME]",
		Short:   "列出全部指令；给出名称则列出字段 / List all commands, or one's fields",
		Example: "  datarights command list\n  datarights command list registration.submit",
		Args:    cobra.MaximumNArgs(1),
		ValidArgsFunction: func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
			return commandNames(), cobra.ShellCompDirectiveNoFileComp
		},
		RunE: func(c *cobra.Command, args []string) error {
			list := rights.Commands()
			if len(args) == 1 {
				spec, _ := rights.CommandNamed(args[0])
				if spec == nil {
					return unknownCommand(args[0])
				}
				if !asJSON {
					return describeCommand(c.OutOrStdout(), spec)
				}
				list = []*rights.Command{spec}
			}
			if asJSON {
				return writeJSON(c.OutOrStdout(), described(list))
			}
			t := table{header: []string{"指令 COMMAND", "含义", "MEANING", "批量 BATCH"}}
			for _, spec := range list {
				t.add(spec.Name, spec.Title.Zh, spec.Title.En, batchName(spec))
			}
			return t.print(c.OutOrStdout())
		},
	}
	addJSON(c, &asJSON)
	return c
}

func batchName(spec *rights.Command) string {
	if spec.Batch {
		return spec.Name + "Batch"
	}
	return "-"
}

// listing is a command as machines read it.
type listing struct {
	Name       string            `json:"name"`
	TitleZh    string            `json:"titleZh"`
	Title      string            `json:"title"`
	Batch      bool              `json:"batch"`
	SelfSigned bool              `json:"selfSigned,omitempty"`
	By         []rights.Capacity `json:"by,omitempty"`
	Body       []field           `json:"body"`
}

func described(list []*rights.Command) map[string][]listing {
	items := []listing{}
	for _, spec := range list {
		items = append(items, listing{Name: spec.Name, TitleZh: spec.Title.Zh, Title: spec.Title.En, Batch: spec.Batch, SelfSigned: spec.SelfSigned,
			By: senders(spec), Body: fieldsOf(reflect.TypeOf(spec.Body()))})
	}
	return map[string][]listing{"items": items}
}

// senders are the capacities in which the command may be sent.
func senders(spec *rights.Command) []rights.Capacity {
	if spec.Machine == nil {
		return nil
	}
	var by []rights.Capacity
	seen := map[rights.Capacity]bool{}
	for _, row := range spec.Machine.Rows(spec.Event) {
		for _, c := range row.By {
			if !seen[c] {
				seen[c] = true
				by = append(by, c)
			}
		}
	}
	return by
}

var capacityTitles = map[rights.Capacity]string{
	rights.BySelf: "主体自己", rights.ByApplicant: "申请人", rights.ByHolder: "持有人", rights.ByObjector: "异议人", rights.ByRegistrar: "登记机构",
	rights.ByExchange: "交易机构", rights.ByRegulator: "监管部门", rights.ByAdmitter: "准入机关", rights.ByAnyone: "任何有效主体",
	rights.ByOutsider: "尚未入账者", rights.ByAdministrator: "机构的 Fabric 管理员",
}

func describeCommand(out io.Writer, spec *rights.Command) error {
	fmt.Fprintf(out, "%s\n%s / %s\n", spec.Name, spec.Title.Zh, spec.Title.En)
	var by []string
	for _, c := range senders(spec) {
		by = append(by, join(capacityTitles[c], string(c)))
	}
	if len(by) > 0 {
		fmt.Fprintf(out, "由谁发出 sent by: %s\n", strings.Join(by, "; "))
	}
	if spec.Machine != nil {
		for _, row := range spec.Machine.Rows(spec.Event) {
			from := "（尚无 none yet）"
			if len(row.From) > 0 {
				var states []string
				for _, s := range row.From {
					states = append(states, string(s))
				}
				from = strings.Join(states, ", ")
			}
			fmt.Fprintf(out, "状态 state: %s → %s", from, row.To)
			if row.Guard.Zh != "" {
				fmt.Fprintf(out, "  （%s / %s）", row.Guard.Zh, row.Guard.En)
			}
			fmt.Fprintln(out)
		}
	}
	if spec.Batch {
		fmt.Fprintf(out, `批量 batch: %sBatch {"common":{…},"items":[…]}，1 至 %d 项 / 1 to %d items`+"\n", spec.Name, rights.MaxBatch, rights.MaxBatch)
	}
	fmt.Fprintln(out, "\n正文字段 body（* 必写 always written）:")
	t := table{}
	addFields(&t, fieldsOf(reflect.TypeOf(spec.Body())), "  ")
	return t.print(out)
}

func addFields(t *table, fields []field, indent string) {
	for _, f := range fields {
		mark := ""
		if f.Required {
			mark = "*"
		}
		t.add(indent+f.Name+mark, f.Type)
		addFields(t, f.Fields, indent+"  ")
	}
}

package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/datarights/datarights/client"
)

func newTracePermission() *cobra.Command {
	var gateway gatewayFlags
	var action string
	var at int64
	var asJSON bool
	c := &cobra.Command{
		Use: "permission COPY", Short: "副本某时是否许可某行为 / Whether a copy allowed an action then", Args: oneID,
		Example: "  datarights lineage permission CP-320903-20261123-0a1b2c3d4e5f-00 --action ActResell",
		RunE: func(c *cobra.Command, args []string) error {
			values := url.Values{"copy": {args[0]}, "action": {action}}
			if c.Flags().Changed("at") {
				values.Set("at", strconv.FormatInt(at, 10))
			}
			return askOnce(c, &gateway, "/v1/trace/permission", values, asJSON, func(raw json.RawMessage) error {
				var a struct {
					Allowed          bool
					At               int64
					Reason, ReasonZh string
					Chain            []struct {
						Kind, ID, State string
						Version         int64
						Allows          *bool
						Effective       *struct {
							Now              bool
							Reason, ReasonZh string
						}
					}
				}
				if err := json.Unmarshal(raw, &a); err != nil {
					return fmt.Errorf("couldn't read the answer: %w", err)
				}
				out := c.OutOrStdout()
				if a.Allowed {
					fmt.Fprintf(out, "✓ 许可 allowed  %s  %s\n", action, when(a.At))
				} else {
					fmt.Fprintf(out, "✗ 不许可 denied  %s  %s\n  %s\n", action, when(a.At), printable(join(a.ReasonZh, a.Reason)))
				}
				for _, l := range a.Chain {
					mark := "…"
					if l.Allows != nil {
						mark = map[bool]string{true: "✓", false: "✗"}[*l.Allows]
					}
					if l.Effective != nil && !l.Effective.Now {
						mark = "✗"
					}
					fmt.Fprintf(out, "  %s %s 第 v%d 版  %s\n", mark, printable(l.ID), l.Version, printable(l.State))
				}
				return nil
			})
		},
	}
	gateway.add(c)
	c.Flags().StringVar(&action, "action", "", "行为，如 ActResell / `ACTION` such as ActResell")
	_ = c.MarkFlagRequired("action")
	c.Flags().Int64Var(&at, "at", 0, "UTC 秒，缺省为现在 / `SECONDS` since 1970, now when absent")
	addJSON(c, &asJSON)
	return c
}

func newTraceOrder() *cobra.Command {
	var gateway gatewayFlags
	var asJSON bool
	c := &cobra.Command{
		Use: "order RECORD…", Short: "记录在链上的先后 / The order of records on the chain", Args: cobra.MinimumNArgs(1),
		Long: `以区块、交易、写入的次序排列记录或其版本（标识@版本，缺省为首个版本）；时间戳不作证据。

Puts records, or versions of them (ID@VERSION, the first otherwise), in the order of blocks, transactions and writes;
timestamps are no evidence of order.`,
		Example: "  datarights lineage order DR-320903-20261123-0a1b2c3d4e5f-00 DL-320903-20261123-0a1b2c3d4e5f-00@3",
		RunE: func(c *cobra.Command, args []string) error {
			return askOnce(c, &gateway, "/v1/trace/order", url.Values{"refs": {strings.Join(args, ",")}}, asJSON, func(raw json.RawMessage) error {
				var a struct {
					Items []struct {
						Ref, Command string
						Block        uint64
						Tx, N        int
						At           int64
					}
				}
				if err := json.Unmarshal(raw, &a); err != nil {
					return fmt.Errorf("couldn't read the answer: %w", err)
				}
				t := table{header: []string{"记录 RECORD", "区块 BLOCK", "交易 TX", "写入 N", "指令 COMMAND", "时间 AT"}}
				for _, o := range a.Items {
					t.add(printable(o.Ref), number(o.Block), strconv.Itoa(o.Tx), strconv.Itoa(o.N), printable(o.Command), when(o.At))
				}
				return t.print(c.OutOrStdout())
			})
		},
	}
	gateway.add(c)
	addJSON(c, &asJSON)
	return c
}

// askOnce asks one question that has one answer.
func askOnce(c *cobra.Command, gateway *gatewayFlags, path string, values url.Values, asJSON bool, show func(json.RawMessage) error) error {
	return inSession(c, gateway, func(ctx context.Context, g *client.Client) error {
		var raw json.RawMessage
		if _, err := g.Get(ctx, path, values, &raw); err != nil {
			return err
		}
		if asJSON {
			return writeJSON(c.OutOrStdout(), raw)
		}
		return show(raw)
	})
}

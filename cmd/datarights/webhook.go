package main

import (
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/datarights/datarights/client"
)

func newWebhookCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "webhook",
		Short: "把事件投递到您的地址 / Have events sent to your address",
		Long: `网关把您可查阅的事件按账本顺序、至少一次地投递到您的 https 地址，并以订阅的密钥签名（Standard Webhooks）。须先 session open。
投递失败会重试；多次失败的事件存为死信，其余继续。验签与格式见 docs/events.md。

The gateway sends the events you may read to your https address, in the order of the ledger, at least once, signed with the
webhook's secret (Standard Webhooks). Needs session open. What fails is tried again; what keeps failing becomes a dead letter and
the rest goes on. docs/events.md has the formats and how to verify.`,
	}
	c.AddCommand(newWebhookAdd(), newWebhookList(), newWebhookShow(),
		newWebhookDo("pause ID", "暂停投递 / Pause deliveries", func(ctx context.Context, g *client.Client, id string) (client.Webhook, error) {
			return g.PauseWebhook(ctx, id)
		}),
		newWebhookDo("resume ID", "继续投递，包括被网关停止者 / Go on, also when the gateway stopped it", func(ctx context.Context, g *client.Client, id string) (client.Webhook, error) {
			return g.ResumeWebhook(ctx, id)
		}),
		newWebhookReplay(),
		newWebhookDo("rotate ID", "更换密钥；旧密钥并用一天 / Replace the secret; the old one signs beside it for a day", func(ctx context.Context, g *client.Client, id string) (client.Webhook, error) {
			return g.RotateWebhook(ctx, id)
		}),
		newWebhookPing(), newWebhookDeadLetters(), newWebhookRedeliver(), newWebhookRemove())
	return c
}

func newWebhookAdd() *cobra.Command {
	var (
		gateway gatewayFlags
		filter  eventFlags
		from    uint64
		asJSON  bool
	)
	c := &cobra.Command{
		Use:   "add URL",
		Short: "订阅；密钥仅显示一次 / Subscribe; the secret is shown this once",
		Example: `  datarights webhook add https://erp.example.com/datarights --participant self
  datarights webhook add https://erp.example.com/datarights --type 'cn.datarights.demand.*' --from 0`,
		Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			return inSession(c, &gateway, func(ctx context.Context, g *client.Client) error {
				var start *uint64
				if c.Flags().Changed("from") {
					start = &from
				}
				w, err := g.AddWebhook(ctx, args[0], client.EventFilter{Types: filter.types, Kinds: filter.kinds, Subjects: filter.subjects, States: filter.states, Participants: filter.participants}, start)
				if err != nil {
					return err
				}
				return printWebhook(c.OutOrStdout(), w, asJSON)
			})
		},
	}
	gateway.add(c)
	filter.add(c)
	c.Flags().Uint64Var(&from, "from", 0, "起始区块，缺省为下一区块 / `BLOCK` to begin with; the next one by default")
	addJSON(c, &asJSON)
	return c
}

func newWebhookList() *cobra.Command {
	var gateway gatewayFlags
	var asJSON bool
	c := &cobra.Command{
		Use: "list", Short: "本主体的订阅 / Your webhooks", Args: cobra.NoArgs, Example: "  datarights webhook list",
		RunE: func(c *cobra.Command, _ []string) error {
			return inSession(c, &gateway, func(ctx context.Context, g *client.Client) error {
				list, err := g.Webhooks(ctx)
				if err != nil {
					return err
				}
				if asJSON {
					return writeJSON(c.OutOrStdout(), client.Page[client.Webhook]{Items: list})
				}
				for _, w := range list {
					if _, err := fmt.Fprintf(c.OutOrStdout(), "%s  %-8s %-10s %s\n", w.ID, w.State, w.Progress.Next, w.URL); err != nil {
						return err
					}
				}
				return nil
			})
		},
	}
	gateway.add(c)
	addJSON(c, &asJSON)
	return c
}

// webhookExample is the use of a subcommand with ids such as list prints.
func webhookExample(use string) string {
	return "  datarights webhook " + strings.NewReplacer(" ID", " WH-5abe64e901b4cf276d14", " EVENT", " 118:0:2").Replace(use)
}

func newWebhookShow() *cobra.Command {
	return newWebhookDo("show ID", "进展、滞后、最近错误 / How it stands: checkpoint, lag, last error", func(ctx context.Context, g *client.Client, id string) (client.Webhook, error) {
		return g.Webhook(ctx, id)
	})
}

// newWebhookDo is a command that does one thing to a webhook and shows it.
func newWebhookDo(use, short string, do func(context.Context, *client.Client, string) (client.Webhook, error)) *cobra.Command {
	var gateway gatewayFlags
	var asJSON bool
	c := &cobra.Command{
		Use: use, Short: short, Args: cobra.ExactArgs(1), Example: webhookExample(use),
		RunE: func(c *cobra.Command, args []string) error {
			return inSession(c, &gateway, func(ctx context.Context, g *client.Client) error {
				w, err := do(ctx, g, args[0])
				if err != nil {
					return err
				}
				return printWebhook(c.OutOrStdout(), w, asJSON)
			})
		},
	}
	gateway.add(c)
	addJSON(c, &asJSON)
	return c
}

func newWebhookReplay() *cobra.Command {
	var from uint64
	c := newWebhookDo("replay ID --from BLOCK", "从某区块起重新投递 / Deliver again from a block on", func(ctx context.Context, g *client.Client, id string) (client.Webhook, error) {
		return g.ReplayWebhook(ctx, id, from)
	})
	c.Example = "  datarights webhook replay WH-0a1b2c3d4e5f6a7b8c9d --from 0"
	c.Flags().Uint64Var(&from, "from", 0, "起始区块 / `BLOCK` to begin with")
	_ = c.MarkFlagRequired("from")
	return c
}

func newWebhookPing() *cobra.Command {
	return newWebhookTry("ping ID", "发送一个测试事件 / Send a test event", 1, func(ctx context.Context, g *client.Client, args []string) (client.WebhookAttempt, error) {
		return g.PingWebhook(ctx, args[0])
	})
}

func newWebhookRedeliver() *cobra.Command {
	c := newWebhookTry("redeliver ID EVENT", "重新投递一个死信 / Send a dead letter again", 2, func(ctx context.Context, g *client.Client, args []string) (client.WebhookAttempt, error) {
		return g.Redeliver(ctx, args[0], args[1])
	})
	c.Example = "  datarights webhook redeliver WH-0a1b2c3d4e5f6a7b8c9d 12:0:3"
	return c
}

// newWebhookTry is a command that sends something once and says what came of it.
func newWebhookTry(use, short string, args int, try func(context.Context, *client.Client, []string) (client.WebhookAttempt, error)) *cobra.Command {
	var gateway gatewayFlags
	var asJSON bool
	c := &cobra.Command{
		Use: use, Short: short, Args: cobra.ExactArgs(args), Example: webhookExample(use),
		RunE: func(c *cobra.Command, args []string) error {
			return inSession(c, &gateway, func(ctx context.Context, g *client.Client) error {
				a, err := try(ctx, g, args)
				if err != nil {
					return err
				}
				if asJSON {
					return writeJSON(c.OutOrStdout(), a)
				}
				if !a.Delivered {
					return fail("未送达："+a.Error, "not delivered: "+a.Error, nil)
				}
				_, err = fmt.Fprintf(c.OutOrStdout(), "✓ 已送达 delivered: %s\n", a.ID)
				return err
			})
		},
	}
	gateway.add(c)
	addJSON(c, &asJSON)
	return c
}

func newWebhookDeadLetters() *cobra.Command {
	var gateway gatewayFlags
	var asJSON bool
	c := &cobra.Command{
		Use: "deadletters ID", Short: "未能投递的事件 / Events that could not be delivered", Args: cobra.ExactArgs(1), Example: webhookExample("deadletters ID"),
		RunE: func(c *cobra.Command, args []string) error {
			return inSession(c, &gateway, func(ctx context.Context, g *client.Client) error {
				list, err := g.DeadLetters(ctx, args[0])
				if err != nil {
					return err
				}
				if asJSON {
					return writeJSON(c.OutOrStdout(), client.Page[client.DeadLetter]{Items: list})
				}
				for _, l := range list {
					if _, err := fmt.Fprintf(c.OutOrStdout(), "%-10s %s  ×%d  %s  %s\n", l.ID, when(l.LastAt), l.Attempts, l.Event.Type, l.Error); err != nil {
						return err
					}
				}
				return nil
			})
		},
	}
	gateway.add(c)
	addJSON(c, &asJSON)
	return c
}

func newWebhookRemove() *cobra.Command {
	var gateway gatewayFlags
	c := &cobra.Command{
		Use: "remove ID", Short: "退订，死信一并删除 / Unsubscribe, with the dead letters", Args: cobra.ExactArgs(1), Example: webhookExample("remove ID"),
		RunE: func(c *cobra.Command, args []string) error {
			return inSession(c, &gateway, func(ctx context.Context, g *client.Client) error {
				if err := g.RemoveWebhook(ctx, args[0]); err != nil {
					return err
				}
				_, err := fmt.Fprintf(c.OutOrStdout(), "✓ 已退订 removed: %s\n", args[0])
				return err
			})
		},
	}
	gateway.add(c)
	return c
}

func printWebhook(out io.Writer, w client.Webhook, asJSON bool) error {
	if asJSON {
		return writeJSON(out, w)
	}
	text := fmt.Sprintf("%s  %s\n  地址 url: %s\n  检查点 next: %s（滞后 lag: %d）\n  已投递 delivered: %d\n  死信 dead letters: %d\n", w.ID, w.State, w.URL, w.Progress.Next, w.Lag, w.Progress.Delivered, w.DeadLetters)
	if w.Reason != "" {
		text += "  停止原因 stopped: " + w.Reason + " — " + w.Detail + "\n"
	}
	if w.Progress.LastError != "" {
		text += "  最近错误 last error: " + when(w.Progress.LastErrorAt) + " " + w.Progress.LastError + "\n"
	}
	if w.Secret != "" {
		text += "  密钥 secret: " + w.Secret + "\n  ! 仅显示这一次，请妥善保存 / shown this once; keep it safe\n"
	}
	_, err := io.WriteString(out, text)
	return err
}

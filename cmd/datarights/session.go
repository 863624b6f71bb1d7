package main

import (
	"errors"
	"fmt"
	"io/fs"

	"github.com/spf13/cobra"

	"github.com/datarights/datarights/client"
)

func newSessionCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "session",
		Short: "以密钥打开读取会话 / Open a session to read with your key",
		Long: `案卷全文只给当事人与职能机构看。会话以 SM2 密钥签名网关的挑战打开，令牌存于用户配置目录（权限 0600），query 自动使用。

The full file of a case is for its parties and the offices. A session is opened by signing the gateway's challenge with an
SM2 key; its token is kept in the user's configuration directory (mode 0600) and used by query.`,
	}
	c.AddCommand(newSessionOpen(), newSessionShow(), newSessionToken(), newSessionClose())
	return c
}

func newSessionOpen() *cobra.Command {
	var gateway gatewayFlags
	var who signerFlags
	var asJSON bool
	c := &cobra.Command{
		Use:     "open",
		Short:   "打开会话 / Open a session",
		Example: "  datarights session open --key firm.key --as 91320903MA0A00022Y#1 --gateway http://127.0.0.1:8082",
		Args:    cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			s, err := who.load()
			if err != nil {
				return err
			}
			g, err := gateway.client(c)
			if err != nil {
				return err
			}
			ctx, cancel := gateway.patience(c.Context())
			defer cancel()
			opened, err := g.OpenSession(ctx, s.key, s.id, s.keyNo)
			if err != nil {
				return err
			}
			if err := storeSession(gateway.address(), opened); err != nil {
				return err
			}
			return printSession(c, gateway.address(), opened, asJSON)
		},
	}
	gateway.add(c)
	who.add(c)
	addJSON(c, &asJSON)
	return c
}

func newSessionShow() *cobra.Command {
	var gateway gatewayFlags
	var asJSON bool
	c := &cobra.Command{
		Use:     "show",
		Example: `  datarights session show`,
		Short:   "显示当前会话 / Show the session there is",
		Args:    cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			s, err := openedSession(gateway.address())
			if err != nil {
				return err
			}
			return printSession(c, gateway.address(), s, asJSON)
		},
	}
	gateway.add(c)
	addJSON(c, &asJSON)
	return c
}

func newSessionToken() *cobra.Command {
	var gateway gatewayFlags
	c := &cobra.Command{
		Use:   "token",
		Short: "输出令牌，供网页使用 / Print the token, for the pages",
		Long: `输出当前会话的令牌，粘贴到血缘图等网页使用。令牌等同于您的读取权限，至会话结束为止；不要交给他人。

Prints the token of the session there is, to paste into a page such as the lineage graph. Who has it reads as you until the
session ends; give it to nobody.`,
		Example: "  datarights session token | wl-copy",
		Args:    cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			s, err := openedSession(gateway.address())
			if err != nil {
				return err
			}
			_, err = fmt.Fprintln(c.OutOrStdout(), s.Token)
			return err
		},
	}
	gateway.add(c)
	return c
}

func newSessionClose() *cobra.Command {
	var gateway gatewayFlags
	c := &cobra.Command{
		Use:     "close",
		Example: `  datarights session close`,
		Short:   "关闭会话并删除令牌 / Close the session and delete its token",
		Args:    cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			s, err := openedSession(gateway.address())
			if err != nil {
				return err
			}
			g, err := gateway.client(c)
			if err != nil {
				return err
			}
			ctx, cancel := gateway.patience(c.Context())
			defer cancel()
			err = g.InSession(s).CloseSession(ctx)
			forgetSession(gateway.address())
			var p *client.Problem
			if over := errors.As(err, &p) && p.Code == "E_SESSION"; err != nil && !over {
				return err
			}
			fmt.Fprintln(c.OutOrStdout(), "✓ 会话已关闭 session closed")
			return nil
		},
	}
	gateway.add(c)
	return c
}

// openedSession is the session that there is at a gateway; its error says how to
// open one.
func openedSession(gateway string) (client.Session, error) {
	s, err := loadSession(gateway)
	if errors.Is(err, fs.ErrNotExist) {
		err = noSession(gateway)
	}
	return s, err
}

func noSession(gateway string) error {
	return fail("没有 "+gateway+" 的会话；用 session open 打开", "there is no session at "+gateway+"; session open opens one", nil)
}

// printSession never shows the token.
func printSession(c *cobra.Command, gateway string, s client.Session, asJSON bool) error {
	if asJSON {
		return writeJSON(c.OutOrStdout(), map[string]any{"gateway": gateway, "participantId": s.ParticipantID, "kid": s.Kid, "roles": s.Roles, "expiresAt": s.ExpiresAt})
	}
	_, err := fmt.Fprintf(c.OutOrStdout(), "✓ 会话 session: %s\n  网关 gateway: %s\n  角色 roles: %v\n  至 until: %s\n", s.Kid, gateway, s.Roles, when(s.ExpiresAt))
	return err
}

package main

import (
	"bufio"
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/datarights/datarights/chaincode/command"
	"github.com/datarights/datarights/client"
)

func newKeySign() *cobra.Command {
	var file, out string
	var yes bool
	c := &cobra.Command{
		Use:   "sign --key FILE [INPUT|-]",
		Short: "为网页上的待签字节签名 / Sign the bytes a page shows",
		Long: `对网页（登录、填写命令）给出的待签字节签名，输出签名的 base64，贴回网页即可。签名前先用文字说明所签的内容并请您确认；
只签登录与命令，不签别的。私钥不离开本机。

Signs the bytes that a page shows, for signing in or for a command, and prints the signature in base64 to paste back. It first
says in words what is signed and asks; it signs nothing but a sign-in or a command. The private key stays here.`,
		Example: "  datarights key sign --key firm.key eyJhbGciOiJTTTIi…\n  datarights key sign --key firm.key --yes - < input.txt",
		Args:    cobra.MaximumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			key, err := client.LoadKey(file)
			if err != nil {
				return err
			}
			var input []byte
			if len(args) == 1 && args[0] != "-" {
				input = []byte(args[0])
			} else if input, err = readInput(c, "-", 2*command.MaxSize); err != nil {
				return err
			}
			input = bytes.TrimSpace(input)
			if err := sayInput(c.ErrOrStderr(), input); err != nil {
				return err
			}
			if err := askToSign(c, yes, "签名？Sign?"); err != nil {
				return err
			}
			sig, err := key.Sign(input)
			if err != nil {
				return err
			}
			return writeOutput(c, out, append([]byte(base64.StdEncoding.EncodeToString(sig)), '\n'))
		},
	}
	c.Flags().StringVar(&file, "key", "", "私钥文件 / private key `FILE`")
	c.Flags().StringVar(&out, "out", "", "写入新文件，默认标准输出 / write to a new `FILE`; standard output if not given")
	c.Flags().BoolVar(&yes, "yes", false, "不询问 / do not ask")
	_ = c.MarkFlagRequired("key")
	_ = c.MarkFlagFilename("key")
	return c
}

// askToSign asks on a terminal, unless it was told yes; elsewhere there is nobody to
// ask.
func askToSign(c *cobra.Command, yes bool, question string) error {
	in, ok := c.InOrStdin().(*os.File)
	if yes || !ok || !term.IsTerminal(int(in.Fd())) {
		return nil
	}
	fmt.Fprint(c.ErrOrStderr(), question+" [y/N] ")
	line, err := bufio.NewReader(in).ReadString('\n')
	if answer := strings.ToLower(strings.TrimSpace(line)); err != nil || answer != "y" && answer != "yes" && answer != "是" {
		return fail("已取消，未签名任何内容", "cancelled; nothing was signed", nil)
	}
	return nil
}

// sayInput tells what the bytes say, and refuses what is neither a sign-in nor a command.
func sayInput(out io.Writer, input []byte) error {
	neither := fail("这不是登录或命令的待签字节", "these bytes are neither a sign-in nor a command", nil)
	header, payload, ok := bytes.Cut(input, []byte{'.'})
	if !ok {
		return neither
	}
	text, err := base64.RawURLEncoding.DecodeString(string(header))
	if err != nil {
		return neither
	}
	h, err := command.DecodeBody[command.Header](text)
	if err != nil {
		return neither
	}
	body, err := base64.RawURLEncoding.DecodeString(string(payload))
	if err != nil {
		return neither
	}
	switch h.Typ {
	case client.TypeSession:
		p, err := command.DecodeBody[struct {
			Challenge string `json:"challenge"`
			Iat       int64  `json:"iat"`
		}](body)
		if err != nil {
			return neither
		}
		parts := strings.Split(p.Challenge, "/")
		if len(parts) < 3 || parts[2] != h.Kid {
			return neither
		}
		_, err = fmt.Fprintf(out, "登录 signing in\n  密钥 key: %s\n  网关 gateway: %s\n  时间 at: %s\n", h.Kid, parts[1], when(p.Iat))
		return err
	case command.Type:
		jws, err := command.Attach(input, make([]byte, 64))
		if err != nil {
			return err
		}
		cmd, err := command.Decode(jws)
		if err != nil {
			return err
		}
		t := titleOf(cmd.Name)
		var pretty bytes.Buffer
		if err := json.Indent(&pretty, cmd.Body, "  ", "  "); err != nil {
			return neither
		}
		_, err = fmt.Fprintf(out, "命令 command: %s %s %s\n  密钥 key: %s\n  有效期 valid: %s – %s\n  编号 id: %s\n  %s\n", cmd.Name, t.Zh, t.En, cmd.Kid, when(cmd.Iat), when(cmd.Exp), cmd.ID, pretty.Bytes())
		return err
	}
	return neither
}

package main

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"github.com/datarights/datarights/chaincode/command"
	"github.com/datarights/datarights/chaincode/rights"
	"github.com/datarights/datarights/internal/gm"
)

func newCommandShow() *cobra.Command {
	var asJSON bool
	var verifyWith string
	c := &cobra.Command{
		Use:   "show [FILE|-]",
		Short: "用文字说明指令说了什么 / Say in words what a command says",
		Long: `说明一条指令（或 command input 的待签字节）的内容：谁、以哪个密钥、做什么、何时有效。签字前请看。

Says what a command, or the bytes to be signed that command input prints, says: who does what with which key and until when.
Look before you sign.`,
		Example: "  datarights command show apply.jws --verify-with firm.pub\n  datarights command show withdraw.input",
		Args:    cobra.MaximumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			text, err := readInput(c, inputName(args), command.MaxSize)
			if err != nil {
				return err
			}
			s, err := look(bytes.TrimSpace(text), verifyWith)
			if err != nil {
				return err
			}
			if asJSON {
				return writeJSON(c.OutOrStdout(), s)
			}
			return s.print(c.OutOrStdout())
		},
	}
	addJSON(c, &asJSON)
	c.Flags().StringVar(&verifyWith, "verify-with", "", "以此公钥验签 / verify with the public key in `FILE`")
	return c
}

// shown is a command as it is shown.
type shown struct {
	Command   string          `json:"command"`
	TitleZh   string          `json:"titleZh"`
	Title     string          `json:"title"`
	Kid       string          `json:"kid"`
	ID        string          `json:"id"`
	Iat       int64           `json:"iat"`
	Exp       int64           `json:"exp"`
	Body      json.RawMessage `json:"body"`
	Digest    string          `json:"digest,omitempty"` // of a signed command
	InputHash string          `json:"signingInputSm3"`
	Signature string          `json:"signature"` // none, unverified, verified
	BodyFault *command.Error  `json:"bodyFault,omitempty"`
}

const (
	signatureNone       = "none"
	signatureUnverified = "unverified"
	signatureVerified   = "verified"
)

func look(text []byte, verifyWith string) (*shown, error) {
	var jws []byte
	var err error
	unsigned := bytes.Count(text, []byte{'.'}) == 1
	if unsigned {
		jws, err = command.Attach(text, make([]byte, gm.SignatureSize))
	} else {
		jws, err = command.NormalizeSignature(text)
	}
	if err != nil {
		return nil, err
	}
	cmd, err := command.Decode(jws)
	if err != nil {
		return nil, err
	}
	title := titleOf(cmd.Name)
	sum := gm.SM3(cmd.SigningInput)
	s := &shown{Command: cmd.Name, TitleZh: title.Zh, Title: title.En, Kid: cmd.Kid, ID: cmd.ID, Iat: cmd.Iat, Exp: cmd.Exp, Body: cmd.Body,
		InputHash: "sm3:" + hex.EncodeToString(sum[:]), Signature: signatureNone}
	spec, batch := rights.CommandNamed(cmd.Name)
	if spec != nil {
		errors.As(checkBody(spec, batch, cmd.Body), &s.BodyFault)
	}
	if unsigned {
		return s, nil
	}
	s.Digest, s.Signature = cmd.DigestRef(), signatureUnverified
	switch {
	case verifyWith != "":
		if err := verifyFile(jws, verifyWith); err != nil {
			return nil, err
		}
		s.Signature = signatureVerified
	case spec != nil && spec.SelfSigned: // its key is in its body
		var a rights.Application
		if json.Unmarshal(cmd.Body, &a) == nil {
			pub, _, err := rights.ParseKey("body.publicKey", a.PublicKey)
			if err != nil {
				return nil, err
			}
			if err := cmd.Verify(pub); err != nil {
				return nil, err
			}
			s.Signature = signatureVerified
		}
	}
	return s, nil
}

func (s *shown) print(out io.Writer) error {
	fmt.Fprintf(out, "%s\n%s / %s\n\n", s.Command, s.TitleZh, s.Title)
	state := "有效至 acceptable until " + when(s.Exp)
	if left := time.Until(time.Unix(s.Exp, 0)); left <= 0 {
		state = "已过期 EXPIRED " + when(s.Exp)
	}
	t := table{}
	t.add("签名主体 signer", s.Kid)
	t.add("签发 issued", when(s.Iat))
	t.add("时效 time", state)
	t.add("标识 id", s.ID)
	t.add("待签 SM3 of what is signed", s.InputHash)
	if s.Digest != "" {
		t.add("摘要 digest", s.Digest)
	}
	t.add("签名 signature", map[string]string{signatureNone: "尚未签名 not signed yet", signatureUnverified: "未验证（用 --verify-with）not verified here (use --verify-with)",
		signatureVerified: "✓ 验证通过 verifies"}[s.Signature])
	if err := t.print(out); err != nil {
		return err
	}
	fmt.Fprintln(out, "\n正文 body:")
	if err := printRecord(out, s.Body, "  "); err != nil {
		return err
	}
	if s.BodyFault != nil {
		fmt.Fprintf(out, "\n! %s\n  %s\n  %s\n", s.BodyFault.Field, s.BodyFault.DetailZh, s.BodyFault.Detail)
	}
	return nil
}

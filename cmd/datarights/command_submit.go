package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/datarights/datarights/chaincode/command"
	"github.com/datarights/datarights/chaincode/rights"
	"github.com/datarights/datarights/client"
)

func newCommandSubmit() *cobra.Command {
	var gateway gatewayFlags
	var asJSON bool
	var secretFile string
	c := &cobra.Command{
		Use:   "submit [FILE.jws|-]",
		Short: "提交已签名的指令，等到入块 / Submit a signed command and wait until it is in a block",
		Long: `把指令交给任一机构的网关，等到入块后打印回执。重复提交同一文件是安全的：至多生效一次，回执相同。
含承诺的指令以 --secret 附上保密内容，须经交易或监管机构的网关（质押亦可经质权银行的网关）。

Hands a command to any organisation's gateway, waits until it is in a block and prints the receipt. Submitting the same file
again is safe: it is applied once and answered alike. A command with commitments takes its --secret, through the exchange's or
the regulator's gateway (for a pledge also its bank's).`,
		Example:     "  datarights command submit apply.jws\n  datarights command submit apply.jws --gateway http://127.0.0.1:8082 --json",
		Args:        cobra.MaximumNArgs(1),
		Annotations: map[string]string{submitsAnnotation: "yes"},
		RunE: func(c *cobra.Command, args []string) error {
			text, err := readInput(c, inputName(args), command.MaxSize+2)
			if err != nil {
				return err
			}
			jws, err := command.NormalizeSignature(bytes.TrimSpace(text))
			if err != nil {
				return err
			}
			if _, err := command.Decode(jws); err != nil {
				return err
			}
			g, err := gateway.client(c)
			if err != nil {
				return err
			}
			ctx, cancel := gateway.patience(c.Context())
			defer cancel()
			var r client.Receipt
			if secretFile == "" {
				r, err = g.Submit(ctx, jws)
			} else {
				var secret []byte
				if secret, err = readInput(c, secretFile, rights.MaxSecrets); err == nil {
					r, err = g.SubmitWithSecret(ctx, jws, secret)
				}
			}
			if err != nil {
				return err
			}
			if asJSON {
				return writeJSON(c.OutOrStdout(), r)
			}
			return printReceipt(c.OutOrStdout(), r)
		},
	}
	gateway.add(c)
	addJSON(c, &asJSON)
	c.Flags().StringVar(&secretFile, "secret", "", "保密内容，见 datarights secret make / the secret `FILE` behind its commitments")
	return c
}

// recordsShown of a batch's receipt.
const recordsShown = 20

func printReceipt(out io.Writer, r client.Receipt) error {
	head := "✓ 已上链 Committed"
	if r.Replayed {
		head = "✓ 此前已上链，未重复生效 Applied before, not again"
	}
	fmt.Fprintln(out, head)
	title := titleOf(r.Command)
	t := table{}
	t.add("  指令 command", join(r.Command, title.Zh, title.En))
	t.add("  主体 signer", r.Kid)
	t.add("  交易 tx", r.TxID)
	t.add("  区块 block", number(r.Block))
	var result rights.Result
	if err := json.Unmarshal(r.Result, &result); err != nil {
		return fmt.Errorf("couldn't read the receipt's result: %w", err)
	}
	for i, ref := range result.Records {
		if i == recordsShown {
			t.add("", fmt.Sprintf("… 另有 %d 条 %d more (--json)", len(result.Records)-i, len(result.Records)-i))
			break
		}
		label := ""
		if i == 0 {
			label = "  记录 records"
		}
		t.add(label, ref.ID+"  "+stateText(ref.Kind, ref.State)+"  v"+fmt.Sprint(ref.Version))
	}
	if err := t.print(out); err != nil {
		return err
	}
	if len(result.Records) > 0 {
		ref := result.Records[len(result.Records)-1]
		if k := kindOf(string(ref.Kind)); k != nil {
			fmt.Fprintf(out, "  查看 look: datarights query %s %s --at-least %d\n", k.name, ref.ID, r.Block)
		}
	}
	return nil
}

// stateText names a state in both languages.
func stateText(kind rights.Kind, s rights.State) string {
	m := machineOf(kind)
	if m == nil || s == "" {
		return string(s)
	}
	return m.Titled(s).Zh + " " + string(s)
}

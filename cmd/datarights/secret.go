package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/url"

	"github.com/spf13/cobra"

	"github.com/datarights/datarights/chaincode/rights"
	"github.com/datarights/datarights/client"
)

func newSecretCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "secret",
		Short: "保密内容及其承诺 / Secrets and their commitments",
		Long: `价格、条款、金额等不上链：指令正文只含承诺（SM3），内容随指令送至有权查阅的机构。
make 加入随机盐并算出承诺；commitment 核对收到的内容；read 读取记录的保密内容。

Prices, terms and amounts are not on the ledger: a command's body carries a commitment (SM3), and the content goes beside it to
the organisations that may see it. make salts a document and computes its commitment; commitment checks one that was shown; read reads a record's.`,
	}
	c.AddCommand(newSecretMake(), newSecretCommitment(), newSecretRead())
	return c
}

func newSecretMake() *cobra.Command {
	var out string
	c := &cobra.Command{
		Use:   "make [TERMS.json|-] --out FILE",
		Short: "加盐生成保密内容，输出承诺 / Salt a document and print its commitment",
		Long: `读取一个 JSON 对象（批量指令为数组，每项各自加盐），写入只有本人可读的新文件，并逐行输出承诺，填入指令正文。
文件须原样提交、原样出示：改动一个字节，承诺即不相符。

Reads a JSON object (for a batch an array, each item salted by itself), writes a new file that only its owner can read, and prints
one commitment a line for the command's body. Hand in and show the file as it is: one byte changed breaks the commitment.`,
		Example: "  datarights secret make terms.json --out terms.secret.json\n  datarights command submit propose.jws --secret terms.secret.json --gateway http://127.0.0.1:8082",
		Args:    cobra.MaximumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			text, err := readInput(c, inputName(args), rights.MaxSecrets)
			if err != nil {
				return err
			}
			items, batch, err := documentsOf(text)
			if err != nil {
				return err
			}
			var secrets [][]byte
			var commitments []string
			for _, item := range items {
				secret, commitment, err := client.NewSecret(item)
				if err != nil {
					return fail("无法生成保密内容："+inputName(args), "couldn't make a secret of "+inputName(args), err)
				}
				if len(secret) > rights.MaxSecret {
					return fail(fmt.Sprintf("每项至多 %d 字节", rights.MaxSecret), fmt.Sprintf("each may have at most %d bytes", rights.MaxSecret), nil)
				}
				secrets, commitments = append(secrets, secret), append(commitments, commitment)
			}
			whole := bytes.Join(secrets, []byte(","))
			if batch {
				whole = append(append([]byte("["), whole...), ']')
			}
			if err := writeOutput(c, out, whole); err != nil {
				return err
			}
			fmt.Fprintf(c.ErrOrStderr(), "✓ 保密内容 secret: %s\n", out)
			return printLines(c, commitments)
		},
	}
	c.Flags().StringVar(&out, "out", "", "写入新文件 / write to a new `FILE`")
	_ = c.MarkFlagRequired("out")
	return c
}

func newSecretCommitment() *cobra.Command {
	return &cobra.Command{
		Use:     "commitment [FILE|-]",
		Short:   "计算已有保密内容的承诺 / Print the commitment of a secret there is",
		Example: "  datarights secret commitment terms.secret.json",
		Args:    cobra.MaximumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			text, err := readInput(c, inputName(args), rights.MaxSecrets)
			if err != nil {
				return err
			}
			if items, batch, err := documentsOf(text); err == nil && batch {
				var commitments []string
				for _, item := range items {
					commitments = append(commitments, client.Commitment(item))
				}
				return printLines(c, commitments)
			}
			return printLines(c, []string{client.Commitment(text)})
		},
	}
}

func newSecretRead() *cobra.Command {
	var gateway gatewayFlags
	var out string
	c := &cobra.Command{
		Use:   "read KIND ID PART",
		Short: "读取记录的保密内容 / Read what is private of a record",
		Long: `仅当事人、交易机构与监管机构可读，须先在同一网关 session open。写入的文件与提交时逐字节相同，可以 commitment 核对。

For the record's parties, the exchange and the regulator, after session open at the same gateway. The file has the bytes as they
were handed in; check them with commitment.`,
		Example: "  datarights secret read trades TR-320900-20261123-0a1b2c3d4e5f-00 terms --out terms.secret.json --gateway http://127.0.0.1:8082",
		Args:    cobra.ExactArgs(3),
		RunE: func(c *cobra.Command, args []string) error {
			g, err := gateway.client(c)
			if err != nil {
				return err
			}
			ctx, cancel := gateway.patience(c.Context())
			defer cancel()
			path := "/v1"
			for _, a := range args {
				path += "/" + url.PathEscape(a)
			}
			secret, err := inStoredSession(g, gateway.address()).ReadSecret(ctx, path)
			if err != nil {
				return err
			}
			return writeOutput(c, out, secret)
		},
	}
	gateway.add(c)
	c.Flags().StringVar(&out, "out", "", "写入新文件，默认标准输出 / write to a new `FILE`; standard output if not given")
	return c
}

// documentsOf are the objects of a batch, or the one there is.
func documentsOf(text []byte) (items []json.RawMessage, batch bool, err error) {
	if text = bytes.TrimSpace(text); len(text) > 0 && text[0] == '[' {
		if err := json.Unmarshal(text, &items); err != nil || len(items) == 0 || len(items) > rights.MaxBatch {
			return nil, true, fail("须为 JSON 对象，或 1 至 1000 个对象的数组", "must be a JSON object, or an array of 1 to 1000", err)
		}
		return items, true, nil
	}
	if !json.Valid(text) {
		return nil, false, fail("须为 JSON 对象，或对象的数组", "must be a JSON object, or an array of them", jsonFault(text))
	}
	return []json.RawMessage{text}, false, nil
}

func printLines(c *cobra.Command, lines []string) error {
	for _, l := range lines {
		if _, err := fmt.Fprintln(c.OutOrStdout(), l); err != nil {
			return err
		}
	}
	return nil
}

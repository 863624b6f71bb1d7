package main

import (
	"bytes"

	"github.com/spf13/cobra"

	"github.com/datarights/datarights/chaincode/command"
)

func newCommandAttach() *cobra.Command {
	var signature, verifyWith, out string
	c := &cobra.Command{
		Use:   "attach [INPUT|-]",
		Short: "附上外部密钥的签名 / Attach the signature of a key kept elsewhere",
		Long: `把 command input 的输出与其签名合成指令。签名可为 DER（OpenSSL、多数硬件）或 64 字节 r‖s。
给出 --verify-with 时先验签，不符即拒绝。

Joins what command input printed and the signature over it, in DER (OpenSSL, most hardware) or 64 bytes r‖s, to a command.
With --verify-with a signature that does not verify is refused here.`,
		Example: "  datarights command attach withdraw.input --signature withdraw.sig --verify-with firm.pub --out withdraw.jws",
		Args:    cobra.MaximumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			input, err := readInput(c, inputName(args), command.MaxSize)
			if err != nil {
				return err
			}
			sig, err := readInput(c, signature, command.MaxSize)
			if err != nil {
				return err
			}
			jws, err := command.Attach(bytes.TrimRight(input, "\r\n"), sig)
			if err != nil {
				return err
			}
			if verifyWith != "" {
				if err := verifyFile(jws, verifyWith); err != nil {
					return err
				}
			}
			return writeOutput(c, out, append(jws, '\n'))
		},
	}
	c.Flags().StringVar(&signature, "signature", "", "签名文件，DER 或 64 字节 / signature `FILE`, DER or 64 bytes")
	c.Flags().StringVar(&verifyWith, "verify-with", "", "以此公钥验签 / verify with the public key in `FILE`")
	c.Flags().StringVar(&out, "out", "", "写入新文件，默认标准输出 / write to a new `FILE`; standard output if not given")
	_ = c.MarkFlagRequired("signature")
	return c
}

// inputName is the file named, or standard input.
func inputName(args []string) string {
	if len(args) == 0 {
		return "-"
	}
	return args[0]
}

func verifyFile(jws []byte, publicKeyFile string) error {
	pub, err := loadPublicKey(publicKeyFile)
	if err != nil {
		return err
	}
	cmd, err := command.Decode(jws)
	if err != nil {
		return err
	}
	return cmd.Verify(pub)
}

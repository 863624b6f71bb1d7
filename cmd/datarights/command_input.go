package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/datarights/datarights/chaincode/command"
	"github.com/datarights/datarights/internal/gm"
)

func newCommandInput() *cobra.Command {
	var who signerFlags
	var d draft
	var out, public string
	c := &cobra.Command{
		Use:   "input NAME [BODY.json|-]",
		Short: "输出待签字节，供外部密钥签名 / Print the bytes that a key kept elsewhere signs",
		Long: `为硬件或外部密钥输出待签字节（header.payload，无换行）。签名算法 SM2/SM3，签名者标识 1234567812345678；
用 command attach 附上签名（DER 或 64 字节 r‖s）。

Prints what a hardware or external key signs (header.payload, no line end) with SM2 over SM3 and signer ID 1234567812345678.
Attach the signature, DER or 64 bytes r‖s, with command attach.`,
		Example: `  datarights command input --as 91320903MA0A00022Y#1 registration.withdraw --set caseId=RG-… --out withdraw.input
  openssl pkeyutl -sign -inkey firm.key -rawin -in withdraw.input -digest sm3 -pkeyopt distid:1234567812345678 -out withdraw.sig
  datarights command attach withdraw.input --signature withdraw.sig --out withdraw.jws`,
		Args: cobra.RangeArgs(1, 2),
		RunE: func(c *cobra.Command, args []string) error {
			s, err := parseSigner(who.as)
			if err != nil {
				return err
			}
			var pub *gm.PublicKey
			if public != "" {
				loaded, err := loadPublicKey(public)
				if err != nil {
					return err
				}
				pub = &loaded
			}
			p, err := d.payload(c, s.kid(), pub, args)
			if err != nil {
				return err
			}
			input, err := command.SigningInput(s.kid(), p)
			if err != nil {
				return err
			}
			// Whatever is wrong with the command, it is better found before a card signs it.
			if _, err := command.Attach(input, make([]byte, gm.SignatureSize)); err != nil {
				return err
			}
			if err := writeOutput(c, out, input); err != nil {
				return err
			}
			if out != "" && out != "-" {
				fmt.Fprintf(c.ErrOrStderr(), "✓ 待签字节 to be signed: %s\n", out)
			}
			return nil
		},
	}
	who.addAs(c)
	d.add(c)
	c.Flags().StringVar(&out, "out", "", "写入新文件，默认标准输出 / write to a new `FILE`; standard output if not given")
	c.Flags().StringVar(&public, "public", "", "participant.apply 所申请的公钥 PEM / PEM `FILE` of the key that participant.apply applies for")
	return c
}

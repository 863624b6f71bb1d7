package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/datarights/datarights/client"
)

func newCommandSign() *cobra.Command {
	var who signerFlags
	var d draft
	var out string
	c := &cobra.Command{
		Use:   "sign NAME [BODY.json|-]",
		Short: "签名一条指令 / Sign a command",
		Long: `以 --key 签名并输出紧凑 JWS。正文取自文件、标准输入（-）或 --set。签名前按字段检查，写错即指出。
重试时请重发同一文件，不要重新签名：重新签名的是另一条指令。

Signs with --key and prints the compact JWS. The body comes from a file, standard input (-) or --set, and its form is checked
before anything is signed. To try again send the same file: a command signed anew is another command.`,
		Example: `  datarights command sign --key firm.key --as 91320903MA0A00022Y#1 participant.apply \
    --set name=盐都新能源发电有限公司 --set orgType=OrgEnterprise --set roles=RoleEnterprise --set regionCode=320903 --out apply.jws
  datarights command sign --key firm.key --as 91320903MA0A00022Y#1 resource.catalogue entry.json --out catalogue.jws
  datarights command sign --key officer.key --as 91320900MA0A00073U#1 registration.accept --set caseId=RG-… | datarights command submit -`,
		Args: cobra.RangeArgs(1, 2),
		RunE: func(c *cobra.Command, args []string) error {
			s, err := who.load()
			if err != nil {
				return err
			}
			pub, err := loadPublicKey(who.key)
			if err != nil {
				return err
			}
			p, err := d.payload(c, s.kid(), &pub, args)
			if err != nil {
				return err
			}
			signed, err := s.key.Command(s.id, s.keyNo, p.Command, p.Body, client.WithID(p.ID), client.ValidFor(d.valid))
			if err != nil {
				return err
			}
			if err := writeOutput(c, out, append(signed.JWS, '\n')); err != nil {
				return err
			}
			if out != "" && out != "-" {
				t := titleOf(p.Command)
				fmt.Fprintf(c.ErrOrStderr(), "✓ 已签名 signed: %s %s %s → %s\n", p.Command, t.Zh, t.En, out)
			}
			return nil
		},
	}
	who.add(c)
	d.add(c)
	c.Flags().StringVar(&out, "out", "", "写入新文件，默认标准输出 / write to a new `FILE`; standard output if not given")
	return c
}

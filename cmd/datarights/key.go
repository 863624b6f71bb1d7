package main

import (
	"encoding/base64"
	"fmt"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/datarights/datarights/client"
	"github.com/datarights/datarights/internal/gm"
)

func newKeyCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "key",
		Short: "生成与查看 SM2 密钥 / Make and show SM2 keys",
	}
	c.AddCommand(newKeyNew(), newKeyShow(), newKeySign())
	return c
}

func newKeyNew() *cobra.Command {
	var asJSON bool
	c := &cobra.Command{
		Use:   "new FILE",
		Short: "生成新的 SM2 密钥 / Make a new SM2 key",
		Long: `生成 SM2 密钥并写入新文件（PKCS#8 PEM，权限 0600），已有文件绝不覆盖。私钥不离开本机。
OpenSSL 可直接读取：openssl pkey -in FILE -text

Makes an SM2 key in a new file (PKCS#8 PEM, mode 0600); an existing file is never overwritten. The private key stays here.`,
		Example: "  datarights key new firm.key",
		Args:    cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			key, err := client.GenerateKey()
			if err != nil {
				return err
			}
			if err := key.Save(args[0]); err != nil {
				return err
			}
			info := key.Info()
			if asJSON {
				return writeJSON(c.OutOrStdout(), info)
			}
			fmt.Fprintf(c.OutOrStdout(), "✓ 新密钥 new key: %s\n", args[0])
			printKey(c, info)
			fmt.Fprintln(c.OutOrStdout(), "  请另存一份备份；丢失后只能重新申请 / keep a copy elsewhere: a lost key means applying anew")
			return nil
		},
	}
	addJSON(c, &asJSON)
	return c
}

func newKeyShow() *cobra.Command {
	var asJSON, asPEM bool
	c := &cobra.Command{
		Use:   "show FILE",
		Short: "显示公钥与指纹 / Show the public key and its fingerprint",
		Long: `显示私钥或公钥文件的公钥（SubjectPublicKeyInfo 的 base64，即 participant.apply 的 publicKey）与指纹。绝不显示私钥。

Shows the public key of a private or public key file (base64 of the SubjectPublicKeyInfo, as participant.apply wants it)
and its fingerprint. Never shows the private key.`,
		Example: "  datarights key show firm.key\n  datarights key show firm.key --pem > firm.pub",
		Args:    cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			pub, err := loadPublicKey(args[0])
			if err != nil {
				return err
			}
			info := client.KeyInfo{PublicKey: base64.StdEncoding.EncodeToString(gm.MarshalPublicKey(pub)), Fingerprint: gm.Fingerprint(pub)}
			switch {
			case asPEM:
				_, err = c.OutOrStdout().Write(gm.MarshalPublicKeyPEM(pub))
				return err
			case asJSON:
				return writeJSON(c.OutOrStdout(), info)
			}
			printKey(c, info)
			return nil
		},
	}
	addJSON(c, &asJSON)
	c.Flags().BoolVar(&asPEM, "pem", false, "输出公钥 PEM / the public key as PEM")
	c.MarkFlagsMutuallyExclusive("json", "pem")
	return c
}

func printKey(c *cobra.Command, info client.KeyInfo) {
	fmt.Fprintf(c.OutOrStdout(), "  公钥 public key:  %s\n  指纹 fingerprint: %s\n", info.PublicKey, info.Fingerprint)
}

// loadPublicKey reads the public key of a private or a public key file.
func loadPublicKey(path string) (gm.PublicKey, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return gm.PublicKey{}, fmt.Errorf("couldn't read the key: %w", err)
	}
	if strings.Contains(string(text), "PUBLIC KEY") {
		pub, err := gm.ParsePublicKeyPEM(text)
		if err != nil {
			return pub, fail("不是 SM2 公钥文件："+path, "couldn't read the key in "+path, err)
		}
		return pub, nil
	}
	priv, err := gm.ParsePrivateKeyPEM(text)
	if err != nil {
		return gm.PublicKey{}, fail("不是 SM2 密钥文件："+path, "couldn't read the key in "+path, err)
	}
	return priv.Public(), nil
}

func addJSON(c *cobra.Command, v *bool) {
	c.Flags().BoolVar(v, "json", false, "机器可读 / for machines")
}

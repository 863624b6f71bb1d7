package main

import (
	"context"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/datarights/datarights/client"
	"github.com/datarights/datarights/client/evidence"
	"github.com/datarights/datarights/internal/fabricproof"
)

func newProofCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "proof",
		Short: "取得可离线核验的凭证、质押、交易证明 / Fetch a proof of a certificate, pledge or trade that anyone checks offline",
		Long: `证明文件含多家机构节点共同背书的现状，以及写入它的区块之排序节点签名；datarights verify FILE --trust DIR 在没有网络的机器上核验。
凭证的证明人人可取，不含命令原文；以 --key 打开会话者另得其可阅的命令原文、交易与区块，请按此保管。质押、交易的证明供当事人与职能机构。

A proof has how the record stands, stated together by several organisations' peers, and the orderers' signatures on the blocks that
wrote it; datarights verify FILE --trust DIR checks it on a machine without a network. A certificate's is for everyone and holds no
command; whoever opens a session with --key also gets the commands, transactions and blocks he may read: keep that accordingly.
Those of pledges and trades are for their parties and the offices.`,
	}
	for _, k := range []struct{ use, collection, zh, en, id string }{
		{"certificate NO", "certificates", "登记凭证的证明", "The proof of a certificate", "SJ3212026110001"},
		{"pledge ID", "pledges", "质押的证明（当事人与职能机构）", "The proof of a pledge, for its parties and the offices", "PL-320900-20261123-0a1b2c3d4e5f-00"},
		{"trade ID", "trades", "交易的证明（当事人与职能机构）", "The proof of a trade, for its parties and the offices", "TR-320900-20261123-0a1b2c3d4e5f-00"},
	} {
		c.AddCommand(newProofOf(k.use, k.collection, k.zh+" / "+k.en, k.id))
	}
	return c
}

// proofFetch is one proof as it was asked for.
type proofFetch struct {
	gateway       gatewayFlags
	collection    string
	key, as       string
	organisations []string
	out, trust    string
	asJSON        bool
}

func newProofOf(use, collection, short, id string) *cobra.Command {
	x := &proofFetch{collection: collection}
	name, _, _ := strings.Cut(use, " ")
	key := ""
	if collection != "certificates" {
		key = " --key firm.key --as 91320903MA0A00022Y#1"
	}
	c := &cobra.Command{
		Use:   use + " --out FILE",
		Short: short,
		Example: "  datarights proof " + name + " " + id + " --out " + name + ".proof.zip" + key + "\n" +
			"  datarights proof " + name + " " + id + " --out " + name + ".proof.zip" + key + " --organisations GroupMSP,RegulatorMSP --trust run/trust\n" +
			"  datarights verify " + name + ".proof.zip --trust run/trust",
		Args: oneID,
		RunE: x.run,
	}
	x.gateway.add(c)
	c.Flags().StringVar(&x.key, "key", "", "以此 SM2 私钥打开会话 / open a session with the SM2 private key in `FILE`")
	c.Flags().StringVar(&x.as, "as", "", "会话主体与密钥序号 / whose session, `USCC#N`")
	c.Flags().StringSliceVar(&x.organisations, "organisations", nil, "由哪些机构背书，至少两家；缺省按账本背书策略 / whose peers state it, two at least: `MSP,MSP`")
	c.Flags().StringVarP(&x.out, "out", "o", "", "写入新文件 / write to a new `FILE`")
	c.Flags().StringVar(&x.trust, "trust", "", "写入前即按此目录的根证书核验 / check it against the roots in `DIR` before it is written")
	addJSON(c, &x.asJSON)
	c.MarkFlagsRequiredTogether("key", "as")
	_ = c.MarkFlagRequired("out")
	_ = c.MarkFlagDirname("trust")
	return c
}

func (x *proofFetch) run(c *cobra.Command, args []string) error {
	if _, err := os.Lstat(x.out); err == nil && x.out != "-" {
		return fmt.Errorf("couldn't write %s: %w", x.out, os.ErrExist)
	}
	var trust *fabricproof.Trust
	var err error
	if x.trust != "" {
		if trust, err = loadTrust(x.trust); err != nil {
			return err
		}
	}
	g, end, err := x.client(c)
	if err != nil {
		return err
	}
	defer end()
	ctx, cancel := x.gateway.patience(c.Context())
	defer cancel()
	raw, err := g.Proof(ctx, x.collection, args[0], x.organisations)
	if err != nil {
		return err
	}
	r := (*evidence.ProofResult)(nil)
	if trust != nil {
		r = evidence.VerifyProof(raw, trust, evidence.ProofOptions{Organisations: len(x.organisations)})
		if !r.Holds() {
			if err := printProof(c, r, false, x.asJSON); err != nil {
				return err
			}
			return fail("所取得的证明未通过核验，未写入文件", "the proof does not verify and was not written", nil)
		}
	}
	if err := writeOutput(c, x.out, raw); err != nil || x.out == "-" {
		return err
	}
	if x.asJSON {
		return writeJSON(c.OutOrStdout(), struct {
			File     string                `json:"file"`
			Bytes    int                   `json:"bytes"`
			Verified *evidence.ProofResult `json:"verified,omitempty"`
		}{x.out, len(raw), r})
	}
	fmt.Fprintf(c.OutOrStdout(), "✓ 证明 proof: %s（%d 字节 bytes）\n", x.out, len(raw))
	if r == nil {
		fmt.Fprintf(c.OutOrStdout(), "  尚未核验；datarights verify %s --trust DIR / not checked yet\n", x.out)
		return nil
	}
	return printProof(c, r, false, false)
}

// client opens the session that is asked for; a certificate needs none.
func (x *proofFetch) client(c *cobra.Command) (g *client.Client, end func(), err error) {
	if g, err = x.gateway.client(c); err != nil {
		return nil, nil, err
	}
	if x.key == "" {
		if x.collection != "certificates" {
			g = inStoredSession(g, x.gateway.address())
		}
		return g, func() {}, nil
	}
	s, err := (&signerFlags{key: x.key, as: x.as}).load()
	if err != nil {
		return nil, nil, err
	}
	ctx, cancel := x.gateway.patience(c.Context())
	defer cancel()
	opened, err := g.OpenSession(ctx, s.key, s.id, s.keyNo)
	if err != nil {
		return nil, nil, err
	}
	g = g.InSession(opened)
	return g, func() { // it ends by itself too
		ctx, cancel := context.WithTimeout(context.WithoutCancel(c.Context()), 5*time.Second)
		defer cancel()
		_ = g.CloseSession(ctx)
	}, nil
}

// printProof says what a proof shows, for people or machines.
func printProof(c *cobra.Command, r *evidence.ProofResult, all, asJSON bool) error {
	out := c.OutOrStdout()
	if asJSON {
		return writeJSON(out, struct {
			Holds bool `json:"holds"`
			*evidence.ProofResult
		}{r.Holds(), r})
	}
	for _, v := range verdicts(&r.Result) {
		if v.n == 0 {
			continue
		}
		fmt.Fprintf(out, "%s %s %s：%d\n", v.mark, v.zh, v.en, v.n)
		for _, a := range areas {
			printArea(out, &r.Result, v.verdict, a.area, a.zh+" "+a.en, all || a.area != evidence.AreaBlock)
		}
	}
	for _, w := range r.Warnings {
		fmt.Fprintf(out, "⚠ %s\n  %s\n", w.Zh, w.En)
	}
	if !r.Holds() {
		_, err := fmt.Fprintln(out, "✗ 核验不通过：不可据此认定任何事项 / does not hold: rely on nothing of it")
		return err
	}
	fmt.Fprintf(out, "✓ 核验通过 / holds: %s %s\n  %s 的节点共同陈述，截至 as of %s (UTC+8)\n", r.Kind, r.ID, strings.Join(r.Organisations, ", "), when(r.AsOf))
	if r.InForce != nil {
		words := "✓ 当时有效且至今未到期 / in force then, and its term has not ended since"
		if !*r.InForce {
			words = "⚠ 无效：见上 / NOT in force: see above"
		}
		fmt.Fprintf(out, "  %s\n", words)
	}
	return nil
}

// proofChecks are the flags of verify that are for proofs alone.
var proofChecks = []string{"organisations", "max-age", "in-force"}

func verifyProof(c *cobra.Command, raw []byte, trust *fabricproof.Trust, o evidence.ProofOptions, inForce, all, asJSON bool) error {
	r := evidence.VerifyProof(raw, trust, o)
	if err := printProof(c, r, all, asJSON); err != nil {
		return err
	}
	if !r.Holds() || inForce && (r.InForce == nil || !*r.InForce) {
		return errReported
	}
	return nil
}

// forProofsOnly refuses checks that a case's bundle has nothing to do with.
func forProofsOnly(c *cobra.Command) error {
	for _, name := range proofChecks {
		if c.Flags().Changed(name) {
			return misuse("--"+name+" 只用于凭证、质押、交易的证明", "--"+name+" is for proofs of certificates, pledges and trades")
		}
	}
	return nil
}

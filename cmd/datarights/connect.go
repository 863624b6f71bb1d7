package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strconv"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"github.com/datarights/datarights/chaincode/command"
	"github.com/datarights/datarights/chaincode/rights"
	"github.com/datarights/datarights/client"
)

const (
	// gatewayEnv names the gateway where --gateway does not.
	gatewayEnv     = "DATARIGHTS_GATEWAY"
	defaultGateway = "http://127.0.0.1:8081"
	// defaultWait is how long a command goes on trying a gateway that cannot now.
	defaultWait = time.Minute
)

// gatewayFlags say which gateway to talk to and how long to wait for it.
type gatewayFlags struct {
	url  string
	wait time.Duration
}

func (g *gatewayFlags) add(c *cobra.Command) {
	c.Flags().StringVar(&g.url, "gateway", "", "网关地址，默认 $"+gatewayEnv+" 或 "+defaultGateway+" / gateway's `URL`")
	c.Flags().DurationVar(&g.wait, "wait", defaultWait, "网关暂不可用时最多等待 / how long to go on trying")
}

// address is the gateway that counts: the flag, the environment, the default.
func (g *gatewayFlags) address() string {
	if g.url != "" {
		return g.url
	}
	if env := os.Getenv(gatewayEnv); env != "" {
		return env
	}
	return defaultGateway
}

func (g *gatewayFlags) client(c *cobra.Command) (*client.Client, error) {
	return newClient(c, g.address())
}

// newClient returns a client that says so, once, when it has to wait.
func newClient(cmd *cobra.Command, address string) (*client.Client, error) {
	var once sync.Once
	c, err := client.New(address, client.WithUserAgent("datarights/"+programVersion()), client.WithWaiting(func(why error, _ time.Duration) {
		once.Do(func() {
			if wantsJSON(cmd) {
				return
			}
			var p *client.Problem
			reason := ""
			if errors.As(why, &p) {
				reason = " (" + join(p.Code, strconv.Itoa(p.Status)) + ")"
			}
			fmt.Fprintf(cmd.ErrOrStderr(), "… %s 暂不可用%s，重试中；--wait 限定时长 / unavailable, trying again; --wait limits it\n", address, reason)
		})
	}))
	if err != nil {
		return nil, misuse(fmt.Sprintf("网关地址 %q 应形如 http://host:port", address), err.Error())
	}
	return c, nil
}

func (g *gatewayFlags) patience(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(ctx, g.wait)
}

// signerFlags say who signs with which key.
type signerFlags struct{ key, as string }

func (s *signerFlags) add(c *cobra.Command) {
	s.addAs(c)
	c.Flags().StringVar(&s.key, "key", "", "SM2 私钥文件 / `FILE` with the SM2 private key")
	_ = c.MarkFlagRequired("key")
}

func (s *signerFlags) addAs(c *cobra.Command) {
	c.Flags().StringVar(&s.as, "as", "", "签名主体与密钥序号 / signer, `USCC#N`")
	_ = c.MarkFlagRequired("as")
}

// signer is who signs.
type signer struct {
	key   client.Key
	id    string
	keyNo int
}

func (s signer) kid() string { return command.Kid(s.id, s.keyNo) }

func (s *signerFlags) load() (signer, error) {
	who, err := parseSigner(s.as)
	if err != nil {
		return who, err
	}
	who.key, err = client.LoadKey(s.key)
	return who, err
}

// parseSigner reads USCC#N and finds a mistyped code before anything is signed.
func parseSigner(as string) (signer, error) {
	id, no, err := command.ParseKid(as)
	if err != nil {
		return signer{}, misuse(fmt.Sprintf("--as %q 应为 <主体标识>#<密钥序号>，如 91320903MA0A00022Y#1", as),
			fmt.Sprintf("--as %q must be <participant id>#<key number>, such as 91320903MA0A00022Y#1", as))
	}
	return signer{id: id, keyNo: no}, checkCode("--as", id)
}

// checkCode refuses a unified social credit code with a wrong check character.
func checkCode(flag, id string) error {
	if len(id) != 18 || rights.ValidUSCC(id) {
		return nil
	}
	if c, ok := rights.USCCCheck(id[:17]); ok && c != id[17] {
		return misuse(fmt.Sprintf("%s 的统一社会信用代码 %s 校验位不对，应为 %c", flag, id, c),
			fmt.Sprintf("%s: the unified social credit code %s has a wrong check character; it would be %c", flag, id, c))
	}
	return misuse(fmt.Sprintf("%s 的 %s 不是统一社会信用代码", flag, id), fmt.Sprintf("%s: %s is not a unified social credit code", flag, id))
}

// when shows an instant in the zone the law's periods are counted in.
func when(unix int64) string {
	return time.Unix(unix, 0).In(shanghai).Format("2006-01-02 15:04:05")
}

var shanghai = time.FixedZone("Asia/Shanghai", 8*3600)

func number(n uint64) string { return strconv.FormatUint(n, 10) }

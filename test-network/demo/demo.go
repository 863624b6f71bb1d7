// Package demo tells the story of a data market on a running consortium, over the
// gateways' public API and with real files, and says step by step what happened:
// registration, authorised operation, trade, pledge, supervision, and what is
// refused. Every command it signed is kept under run/demo: playing it again sends
// the same bytes, and the ledger answers them with the first result.
package demo

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/datarights/datarights/chaincode/rights"
	"github.com/datarights/datarights/client"
	"github.com/datarights/datarights/network"
)

// Options say where the consortium is and where to tell the story.
type Options struct {
	Deployment *network.Deployment
	DataDir    string    // the sample tables
	Out        io.Writer // the story, for people
}

// story is one play. It is used by one goroutine, but for what together sends.
type story struct {
	Options
	keyDir, memory string
	gateways       map[string]*client.Client
	keys           map[string]client.Key
	sessions       map[string]client.Session
	receipts       map[string]receipt // of this play, by the step's name
	step           int
	height         uint64 // newest block the story has seen
	began          time.Time
	start          int64 // when it was first played: terms agreed in it begin here
}

// chapter is a part of the story.
type chapter struct {
	zh, en string
	play   func(context.Context) error
}

// chapters in an order that lets one go on while another's notice runs, as in
// life.
func (s *story) chapters() []chapter {
	return []chapter{
		{"联盟与规则", "The consortium and its rules", s.foundations},
		{"市场主体入场", "Participants join", s.admissions},
		{"指纹、编目、申请登记", "Fingerprint, catalogue, apply", s.applications},
		{"公共数据：编目、申请公共数据资源登记", "Public data is catalogued and its registration asked for", s.publicData},
		{"一千条子序列，三个签名", "A thousand sub-series under three signatures", s.seriesApplications},
		{"公示与异议", "Notice and objection", s.objections},
		{"公共数据：登记码、授权运营", "Public data gets its code and is granted for operation", s.grants},
		{"登记发证、银行核验", "Certificates, and a bank that verifies", s.certificates},
		{"三种攻击，均被拒绝", "Three attacks, each refused", s.attacks},
		{"可信环境内融合、计量", "Fused in a trusted environment, under meter", s.fusion},
		{"数据产品", "A data product", s.product},
		{"评估、质押、质权人同意", "Appraised, pledged, and the pledgee's consent", s.pledge},
		{"产品登记、挂牌、收费上限", "The product is registered and listed, under a ceiling", s.listing},
		{"交易：保密的价款、交付、结算", "A trade: a private price, delivery, settlement", s.trade},
		{"监管冻结", "A freeze", s.freeze},
		{"争议与调解", "A dispute, mediated", s.dispute},
		{"非法转售被阻断", "A resale is stopped", s.resale},
		{"改头换面的副本被追溯到买方", "A disguised copy is traced to its buyer", s.leak},
		{"监管指标", "Indicators", s.indicators},
		{"四份索引，一个摘要", "Four indexes, one digest", s.agreement},
	}
}

// Run plays the story to its end, or says at which step it stopped and why.
func Run(ctx context.Context, o Options) error {
	s := &story{
		Options: o, keyDir: filepath.Join(o.Deployment.Dir, "keys"), memory: filepath.Join(o.Deployment.Dir, "demo"),
		gateways: map[string]*client.Client{}, keys: map[string]client.Key{}, sessions: map[string]client.Session{}, receipts: map[string]receipt{}, began: time.Now(),
	}
	for _, dir := range []string{s.keyDir, s.memory} {
		if err := os.MkdirAll(dir, 0o700); err != nil {
			return err
		}
	}
	if err := s.remember("start.json", &s.start, func() error { s.start = s.began.Unix(); return nil }); err != nil {
		return err
	}
	for i := range o.Deployment.Organisations {
		org := &o.Deployment.Organisations[i]
		gateway, err := client.New(fmt.Sprintf("http://%s:%d", network.Host, org.Ports.Gateway), client.WithUserAgent("datarights-demo"))
		if err != nil {
			return err
		}
		s.gateways[org.Name] = gateway
	}
	for i, c := range s.chapters() {
		fmt.Fprintf(s.Out, "\n第 %d 章 %s / Chapter %d: %s\n", i+1, c.zh, i+1, c.en)
		began := time.Now()
		if err := c.play(ctx); err != nil {
			return fmt.Errorf("demo step %d: %w", s.step+1, err)
		}
		fmt.Fprintf(s.Out, "     （本章用时 %.1f 秒 / %.1f s）\n", time.Since(began).Seconds(), time.Since(began).Seconds())
	}
	s.epilogue()
	return nil
}

// tell prints one step: what was done, and where it stands.
func (s *story) tell(zh, en string, where ...string) {
	s.step++
	fmt.Fprintf(s.Out, "%3d. %s\n     %s\n", s.step, zh, en)
	for _, line := range where {
		if line != "" {
			fmt.Fprintf(s.Out, "     → %s\n", line)
		}
	}
}

// wait lets a period of the law run out.
func (s *story) wait(ctx context.Context, until int64, zh, en string) error {
	left := time.Until(time.Unix(until, 0)) + time.Second
	if left <= 0 {
		return nil
	}
	fmt.Fprintf(s.Out, "     … %s还剩 %s / %s for another %s\n", zh, left.Round(time.Second), en, left.Round(time.Second))
	select {
	case <-time.After(left):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// key loads an actor's key, or makes it on its first appearance.
func (s *story) key(a actor) (client.Key, error) {
	if k, ok := s.keys[a.key]; ok {
		return k, nil
	}
	path := filepath.Join(s.keyDir, a.key+".pem")
	k, err := client.LoadKey(path)
	if errors.Is(err, os.ErrNotExist) {
		if k, err = client.GenerateKey(); err == nil {
			err = k.Save(path)
		}
	}
	if err != nil {
		return k, err
	}
	s.keys[a.key] = k
	return k, nil
}

// kid names an actor's key on the ledger.
func (a actor) kid() string { return rights.KeyID(a.uscc, a.keyNo) }

// url is where an organisation's gateway listens.
func (s *story) url(organisation string) string {
	org, err := s.Deployment.Organisation(organisation)
	if err != nil {
		return organisation
	}
	return fmt.Sprintf("http://127.0.0.1:%d", org.Ports.Gateway)
}

func (s *story) epilogue() {
	took := time.Since(s.began).Round(time.Second)
	fmt.Fprintf(s.Out, "\n完成，用时 %s。接着看 / Done in %s. Where to look:\n", took, took)
	for i := range s.Deployment.Organisations {
		org := &s.Deployment.Organisations[i]
		fmt.Fprintf(s.Out, "  %-10s %s  %s\n", org.Name, s.url(org.Name), org.NameZh)
	}
	for _, x := range []struct{ name, organisation, path string }{
		{"凭证 certificate", "Bank", "/v1/certificates/" + s.id("record", rights.KindCertificate)},
		{"授权 grant", "Regulator", "/v1/grants/" + s.id("l2-propose", rights.KindGrant)},
		{"产品 product", "Exchange", "/v1/products/" + s.id("product", rights.KindProduct)},
		{"挂牌 listing", "Exchange", "/v1/listings/" + s.id("listing", rights.KindListing)},
		{"指标 indicators", "Regulator", "/v1/snapshots"},
	} {
		fmt.Fprintf(s.Out, "  %s  %s%s\n", x.name, s.url(x.organisation), x.path)
	}
	fmt.Fprintf(s.Out, "  API        %s/docs\n  密钥 keys   %s\n  文件 files  %s\n  状态 status  bin/datarights network status\n  停止 stop    make down\n", s.url("Group"), s.keyDir, s.memory)
}

// Package gateway holds what a gateway process is told: its gateway.yaml.
package gateway

import (
	"cmp"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Config is what the files, the environment and the flags come to. Paths in a
// file are relative to its folder.
type Config struct {
	MSPID          string    `yaml:"mspId"`
	Organisation   string    `yaml:"organisation"`
	OrganisationZh string    `yaml:"organisationZh"`
	Function       string    `yaml:"function"`
	Consortium     string    `yaml:"consortium"`
	Registry       Title     `yaml:"registry"` // what the pages call themselves
	Channel        string    `yaml:"channel"`
	Chaincode      string    `yaml:"chaincode"`
	Collections    []string  `yaml:"collections"` // private ones the organisation is a member of
	Listen         string    `yaml:"listen"`      // host:port
	PublicURL      string    `yaml:"publicURL"`
	IndexDir       string    `yaml:"indexDir"`
	Peer           Peer      `yaml:"peer"`
	Identity       Identity  `yaml:"identity"`
	TLS            *TLS      `yaml:"tls"`      // absent: plain HTTP, for loopback or behind a proxy
	MatchTag       *Tagging  `yaml:"matchTag"` // gateways that hold the platform's key
	Trace          *Tracing  `yaml:"trace"`    // the same: sketches and marks kept for tracing
	Webhooks       *Webhooks `yaml:"webhooks"` // absent: events are streamed and listed, not sent
	Network        Network   `yaml:"network"`
	Limits         Limits    `yaml:"limits"`
	Log            Log       `yaml:"log"`
	// TrustedProxies are addresses or networks whose X-Forwarded-For names the client.
	TrustedProxies []string `yaml:"trustedProxies"`
}

// Title is a name in both languages.
type Title struct {
	Zh string `yaml:"zh"`
	En string `yaml:"en"`
}

// Peer is the organisation's own peer.
type Peer struct {
	Endpoint   string `yaml:"endpoint"`
	ServerName string `yaml:"serverName"`
	TLSCA      string `yaml:"tlsCA"`
}

// Identity is the client certificate commands are submitted with.
type Identity struct {
	Cert string `yaml:"cert"`
	Key  string `yaml:"key"`
}

// TLS is the gateway's own server certificate.
type TLS struct {
	Cert string `yaml:"cert"`
	Key  string `yaml:"key"`
}

// Tagging names the platform's match tag key and the SM2 key that attests
// tags. SignerKid is empty until the key stands on the ledger; the gateway then
// makes no tags.
type Tagging struct {
	KeyFile   string `yaml:"keyFile"`
	SignerKey string `yaml:"signerKey"`
	SignerKid string `yaml:"signerKid"`
	Epoch     int64  `yaml:"epoch"` // absent: 1
}

// Tracing says where a gateway that holds the platform's key keeps sketches,
// where the register of marks is, and which other gateways keep sketches too.
type Tracing struct {
	SketchDir   string   `yaml:"sketchDir"`
	MarksDir    string   `yaml:"marksDir"` // absent: marks are not judged here
	GatewayURLs []string `yaml:"gatewayURLs"`
}

// Webhooks says where subscriptions are kept, the key they are encrypted with, and
// which addresses beside public https ones events may be sent to.
type Webhooks struct {
	Dir             string   `yaml:"dir"`
	KeyFile         string   `yaml:"keyFile"` // made, 0600, when there is none
	AllowHTTP       bool     `yaml:"allowHTTP"`
	AllowedNetworks []string `yaml:"allowedNetworks"` // such as 10.20.0.0/16; never needed for public addresses
}

// check says what is wrong with it, by key.
func (w *Webhooks) check(report func(key, zh, en string)) {
	if w.Dir == "" || w.KeyFile == "" {
		report("webhooks", "须写明 dir 与 keyFile", "needs dir and keyFile")
	}
	for _, n := range w.AllowedNetworks {
		if _, err := netip.ParsePrefix(n); err != nil {
			report("webhooks.allowedNetworks", fmt.Sprintf("%.80q 不是 10.20.0.0/16 这样的网段", n), fmt.Sprintf("%.80q is no network such as 10.20.0.0/16", n))
		}
	}
}

// Networks are AllowedNetworks; ParseConfig has checked them.
func (w *Webhooks) Networks() []netip.Prefix {
	var list []netip.Prefix
	for _, n := range w.AllowedNetworks {
		if p, err := netip.ParsePrefix(n); err == nil {
			list = append(list, p.Masked())
		}
	}
	return list
}

// Network is where the consortium's health is asked.
type Network struct {
	StatusSocket string `yaml:"statusSocket"`
}

// Log is what is logged and how: a line of JSON each unless format says text.
type Log struct {
	Level  string `yaml:"level"`  // debug, info, warn, error; absent: info
	Format string `yaml:"format"` // json, text; absent: json
}

// Limits bound what clients may ask; 0 means the API's default.
type Limits struct {
	RequestsPerSecond  float64       `yaml:"requestsPerSecond"`
	Burst              int           `yaml:"burst"`
	MatchTagsPerSecond float64       `yaml:"matchTagsPerSecond"`
	MatchTagBurst      int           `yaml:"matchTagBurst"`
	InFlight           int           `yaml:"inFlight"`
	CommitTimeout      time.Duration `yaml:"commitTimeout"`
	WaitTimeout        time.Duration `yaml:"waitTimeout"`
	MaxLag             uint64        `yaml:"maxLag"`
	Streams            int           `yaml:"streams"` // of events, at once
	SessionTTL         time.Duration `yaml:"sessionTTL"`
}

// MaxTimeout bounds commitTimeout and waitTimeout: the server gives up writing
// an answer not much later.
const MaxTimeout = time.Minute

// LoadConfig reads one gateway.yaml strictly, and nothing else.
func LoadConfig(path string) (*Config, error) {
	c, _, err := Load(Layers{Files: []string{path}})
	return c, err
}

// ParseConfig reads the text of a gateway.yaml whose relative paths start at
// folder. Every fault is reported with its place.
func ParseConfig(text []byte, folder string) (*Config, error) {
	b := newLayering()
	b.file("gateway.yaml", text, folder)
	c, _, err := b.finish()
	return c, err
}

// LogLevels and LogFormats are what log.level and log.format may say.
var (
	LogLevels  = []string{"debug", "info", "warn", "error"}
	LogFormats = []string{"json", "text"}
)

// check reports what is wrong by key, in both languages.
func (c *Config) check(report func(key, zh, en string)) {
	for _, f := range []struct{ key, value string }{
		{"mspId", c.MSPID}, {"channel", c.Channel}, {"chaincode", c.Chaincode}, {"listen", c.Listen}, {"indexDir", c.IndexDir},
		{"peer.endpoint", c.Peer.Endpoint}, {"peer.tlsCA", c.Peer.TLSCA}, {"identity.cert", c.Identity.Cert}, {"identity.key", c.Identity.Key},
	} {
		if f.value == "" {
			report(f.key, "缺少", "is missing")
		}
	}
	for _, f := range []struct{ key, value string }{{"listen", c.Listen}, {"peer.endpoint", c.Peer.Endpoint}} {
		if f.value == "" {
			continue
		}
		_, port, err := net.SplitHostPort(f.value)
		if n, perr := strconv.ParseUint(port, 10, 16); err != nil || perr != nil || n == 0 && f.key != "listen" {
			report(f.key, fmt.Sprintf("应为 主机:端口，而非 %q", f.value), fmt.Sprintf("want host:port, not %q", f.value))
		}
	}
	oneOf := func(key, value string, of []string) {
		if value != "" && !slices.Contains(of, value) {
			list := strings.Join(of, ", ")
			report(key, fmt.Sprintf("%.40q 不对，可用：%s", value, list), fmt.Sprintf("%.40q is none of %s", value, list))
		}
	}
	oneOf("log.level", c.Log.Level, LogLevels)
	oneOf("log.format", c.Log.Format, LogFormats)
	address := func(key, value string) {
		if p, err := url.Parse(value); err != nil || p.Host == "" || p.Scheme != "http" && p.Scheme != "https" {
			report(key, fmt.Sprintf("%.80q 不是 http 或 https 地址", value), fmt.Sprintf("%.80q is no http or https URL", value))
		}
	}
	if c.PublicURL != "" {
		address("publicURL", c.PublicURL)
	}
	if t := c.TLS; t != nil && (t.Cert == "" || t.Key == "") {
		report("tls", "须有 cert 和 key", "needs cert and key")
	}
	if m := c.MatchTag; m != nil {
		if m.KeyFile == "" || m.SignerKey == "" {
			report("matchTag", "须有 keyFile 和 signerKey", "needs keyFile and signerKey")
		}
		if m.Epoch < 0 {
			report("matchTag.epoch", "至少为 1", "must be at least 1")
		}
	}
	if t := c.Trace; t != nil {
		if c.MatchTag == nil {
			report("trace", "须有 matchTag：摘要以平台密钥加密", "needs matchTag: sketches are keyed with the platform's key")
		}
		if t.SketchDir == "" {
			report("trace.sketchDir", "缺少", "is missing")
		}
		for _, u := range t.GatewayURLs {
			address("trace.gatewayURLs", u)
		}
	}
	if c.Webhooks != nil {
		c.Webhooks.check(report)
	}
	for _, p := range c.TrustedProxies {
		if _, err := netip.ParseAddr(p); err == nil {
			continue
		}
		if _, err := netip.ParsePrefix(p); err != nil {
			report("trustedProxies", fmt.Sprintf("%.80q 不是地址，也不是 10.0.0.0/8 这样的网段", p), fmt.Sprintf("%.80q is neither an address nor a network such as 10.0.0.0/8", p))
		}
	}
	c.Limits.check(report)
}

func (l *Limits) check(report func(key, zh, en string)) {
	for _, n := range []struct {
		key      string
		negative bool
	}{
		{"requestsPerSecond", l.RequestsPerSecond < 0}, {"burst", l.Burst < 0}, {"matchTagsPerSecond", l.MatchTagsPerSecond < 0}, {"matchTagBurst", l.MatchTagBurst < 0},
		{"inFlight", l.InFlight < 0}, {"streams", l.Streams < 0}, {"commitTimeout", l.CommitTimeout < 0}, {"waitTimeout", l.WaitTimeout < 0}, {"sessionTTL", l.SessionTTL < 0},
	} {
		if n.negative {
			report("limits."+n.key, "不得为负", "must not be negative")
		}
	}
	for _, d := range []struct {
		key   string
		value time.Duration
	}{{"commitTimeout", l.CommitTimeout}, {"waitTimeout", l.WaitTimeout}} {
		if d.value > MaxTimeout {
			report("limits."+d.key, fmt.Sprintf("至多 %s", MaxTimeout), fmt.Sprintf("is at most %s", MaxTimeout))
		}
	}
}

// fill sets what is left out to what it means.
func (c *Config) fill() {
	if c.MatchTag != nil && c.MatchTag.Epoch == 0 {
		c.MatchTag.Epoch = 1
	}
	c.Log.Level = cmp.Or(c.Log.Level, "info")
	c.Log.Format = cmp.Or(c.Log.Format, "json")
}

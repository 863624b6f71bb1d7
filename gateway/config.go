// Package gateway holds what a gateway process is told: its gateway.yaml.
package gateway

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"time"

	"go.yaml.in/yaml/v3"
)

// Config is one gateway.yaml. Paths are relative to the file's folder.
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
func (w *Webhooks) check(fault func(key, format string, args ...any)) {
	if w.Dir == "" || w.KeyFile == "" {
		fault("webhooks", "needs dir and keyFile")
	}
	for _, n := range w.AllowedNetworks {
		if _, err := netip.ParsePrefix(n); err != nil {
			fault("webhooks.allowedNetworks", "%q is no network such as 10.20.0.0/16", n)
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

// LoadConfig reads a gateway.yaml strictly.
func LoadConfig(path string) (*Config, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("couldn't read the gateway's configuration: %w", err)
	}
	folder, err := filepath.Abs(filepath.Dir(path))
	if err != nil {
		return nil, fmt.Errorf("couldn't find the folder of %s: %w", path, err)
	}
	c, err := ParseConfig(text, folder)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return c, nil
}

// ParseConfig reads the text of a gateway.yaml whose relative paths start at
// folder. Unknown keys are refused with their line, missing ones by name.
func ParseConfig(text []byte, folder string) (*Config, error) {
	var c Config
	d := yaml.NewDecoder(bytes.NewReader(text))
	d.KnownFields(true)
	if err := d.Decode(&c); err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	if err := d.Decode(new(any)); !errors.Is(err, io.EOF) {
		return nil, errors.New("want one YAML document")
	}
	if err := c.check(); err != nil {
		return nil, err
	}
	c.resolve(folder)
	return &c, nil
}

func (c *Config) check() error {
	var errs []error
	fault := func(key, format string, args ...any) {
		errs = append(errs, fmt.Errorf("%s: %s", key, fmt.Sprintf(format, args...)))
	}
	for _, f := range []struct{ key, value string }{
		{"mspId", c.MSPID}, {"channel", c.Channel}, {"chaincode", c.Chaincode}, {"listen", c.Listen}, {"indexDir", c.IndexDir},
		{"peer.endpoint", c.Peer.Endpoint}, {"peer.tlsCA", c.Peer.TLSCA}, {"identity.cert", c.Identity.Cert}, {"identity.key", c.Identity.Key},
	} {
		if f.value == "" {
			fault(f.key, "is missing")
		}
	}
	for _, f := range []struct{ key, value string }{{"listen", c.Listen}, {"peer.endpoint", c.Peer.Endpoint}} {
		if _, _, err := net.SplitHostPort(f.value); f.value != "" && err != nil {
			fault(f.key, "want host:port, not %q", f.value)
		}
	}
	if t := c.TLS; t != nil && (t.Cert == "" || t.Key == "") {
		fault("tls", "needs cert and key")
	}
	if m := c.MatchTag; m != nil {
		if m.KeyFile == "" || m.SignerKey == "" {
			fault("matchTag", "needs keyFile and signerKey")
		}
		if m.Epoch < 0 {
			fault("matchTag.epoch", "must be at least 1")
		}
	}
	if t := c.Trace; t != nil {
		if c.MatchTag == nil {
			fault("trace", "needs matchTag: sketches are keyed with the platform's key")
		}
		if t.SketchDir == "" {
			fault("trace.sketchDir", "is missing")
		}
		for _, u := range t.GatewayURLs {
			if p, err := url.Parse(u); err != nil || p.Host == "" || p.Scheme != "http" && p.Scheme != "https" {
				fault("trace.gatewayURLs", "%q is no http or https URL", u)
			}
		}
	}
	if c.Webhooks != nil {
		c.Webhooks.check(fault)
	}
	for _, p := range c.TrustedProxies {
		if _, err := netip.ParseAddr(p); err == nil {
			continue
		}
		if _, err := netip.ParsePrefix(p); err != nil {
			fault("trustedProxies", "%q is neither an address nor a network such as 10.0.0.0/8", p)
		}
	}
	l := c.Limits
	if l.RequestsPerSecond < 0 || l.Burst < 0 || l.MatchTagsPerSecond < 0 || l.MatchTagBurst < 0 || l.InFlight < 0 || l.Streams < 0 || l.CommitTimeout < 0 || l.WaitTimeout < 0 || l.SessionTTL < 0 {
		fault("limits", "must not be negative")
	}
	if l.CommitTimeout > MaxTimeout || l.WaitTimeout > MaxTimeout {
		fault("limits", "commitTimeout and waitTimeout are at most %s", MaxTimeout)
	}
	return errors.Join(errs...)
}

func (c *Config) resolve(folder string) {
	paths := []*string{&c.IndexDir, &c.Peer.TLSCA, &c.Identity.Cert, &c.Identity.Key, &c.Network.StatusSocket}
	if c.TLS != nil {
		paths = append(paths, &c.TLS.Cert, &c.TLS.Key)
	}
	if c.Trace != nil {
		paths = append(paths, &c.Trace.SketchDir, &c.Trace.MarksDir)
	}
	if c.Webhooks != nil {
		paths = append(paths, &c.Webhooks.Dir, &c.Webhooks.KeyFile)
	}
	if c.MatchTag != nil {
		paths = append(paths, &c.MatchTag.KeyFile, &c.MatchTag.SignerKey)
		if c.MatchTag.Epoch == 0 {
			c.MatchTag.Epoch = 1
		}
	}
	for _, p := range paths {
		if *p != "" && !filepath.IsAbs(*p) {
			*p = filepath.Join(folder, *p)
		}
	}
}

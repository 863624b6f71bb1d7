package fabric

import (
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"time"

	"github.com/hyperledger/fabric-gateway/pkg/identity"
)

// Config is the part of gateway.yaml about the peer.
type Config struct {
	MSPID     string         `yaml:"mspId"`
	Channel   string         `yaml:"channel"`
	Chaincode string         `yaml:"chaincode"`
	Peer      PeerConfig     `yaml:"peer"`
	Identity  IdentityConfig `yaml:"identity"`

	Pace   Pace         `yaml:"-"`
	Logger *slog.Logger `yaml:"-"` // nil is silence
}

// PeerConfig is where the peer is and how it proves that it is the one.
type PeerConfig struct {
	Endpoint   string `yaml:"endpoint"`
	ServerName string `yaml:"serverName"`
	TLSCA      string `yaml:"tlsCA"` // PEM file
}

// IdentityConfig is the organisation's client identity, as PEM files.
type IdentityConfig struct {
	Cert string `yaml:"cert"`
	Key  string `yaml:"key"`
}

// Pace bounds how long things take and how often they are tried. A zero field
// has the default of that name.
type Pace struct {
	Endorse  time.Duration // one endorsement
	Evaluate time.Duration // one evaluation
	Submit   time.Duration // handing one transaction to ordering
	Settle   time.Duration // one question for a commit status
	Doubt    time.Duration // the same after an error, before sending the transaction again
	Busy     time.Duration // backing off from a peer that has too many requests
	Answer   time.Duration // until a caller is told that the outcome is unknown
	Pursue   time.Duration // until nobody tries to learn the outcome any more
	Remember time.Duration // how long Fate knows a finished transaction
	Attempts int           // endorsements of one command after read conflicts

	FirstBackoff, LastBackoff time.Duration
}

// The defaults of Pace.
const (
	DefaultEndorse  = 20 * time.Second
	DefaultEvaluate = 10 * time.Second
	DefaultSubmit   = 10 * time.Second
	DefaultSettle   = 15 * time.Second
	DefaultDoubt    = 2 * time.Second
	DefaultBusy     = 10 * time.Second
	DefaultAnswer   = 30 * time.Second
	DefaultPursue   = 5 * time.Minute
	DefaultRemember = 10 * time.Minute
	DefaultAttempts = 8

	DefaultFirstBackoff = 25 * time.Millisecond
	DefaultLastBackoff  = 2 * time.Second
)

func (p Pace) orDefaults() Pace {
	for _, d := range []struct {
		field    *time.Duration
		standard time.Duration
	}{
		{&p.Endorse, DefaultEndorse}, {&p.Evaluate, DefaultEvaluate}, {&p.Submit, DefaultSubmit},
		{&p.Settle, DefaultSettle}, {&p.Doubt, DefaultDoubt}, {&p.Busy, DefaultBusy},
		{&p.Answer, DefaultAnswer}, {&p.Pursue, DefaultPursue}, {&p.Remember, DefaultRemember},
		{&p.FirstBackoff, DefaultFirstBackoff}, {&p.LastBackoff, DefaultLastBackoff},
	} {
		if *d.field == 0 {
			*d.field = d.standard
		}
	}
	if p.Attempts == 0 {
		p.Attempts = DefaultAttempts
	}
	return p
}

func (c *Config) check() error {
	for _, f := range []struct{ name, value string }{
		{"mspId", c.MSPID}, {"channel", c.Channel}, {"chaincode", c.Chaincode},
		{"peer.endpoint", c.Peer.Endpoint}, {"peer.tlsCA", c.Peer.TLSCA},
		{"identity.cert", c.Identity.Cert}, {"identity.key", c.Identity.Key},
	} {
		if f.value == "" {
			return fmt.Errorf("%s is missing from the gateway's configuration", f.name)
		}
	}
	return nil
}

func loadRoots(file string) (*x509.CertPool, error) {
	pem, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("couldn't read the peer's CA: %w", err)
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(pem) {
		return nil, fmt.Errorf("couldn't read the peer's CA: no certificate in %s", file)
	}
	return pool, nil
}

func loadIdentity(mspID string, c IdentityConfig) (*identity.X509Identity, identity.Sign, error) {
	certPEM, err := os.ReadFile(c.Cert)
	if err != nil {
		return nil, nil, fmt.Errorf("couldn't read the gateway's certificate: %w", err)
	}
	cert, err := identity.CertificateFromPEM(certPEM)
	if err != nil {
		return nil, nil, fmt.Errorf("couldn't read the gateway's certificate %s: %w", c.Cert, err)
	}
	id, err := identity.NewX509Identity(mspID, cert)
	if err != nil {
		return nil, nil, fmt.Errorf("couldn't use the gateway's certificate %s: %w", c.Cert, err)
	}
	keyPEM, err := os.ReadFile(c.Key)
	if err != nil {
		return nil, nil, fmt.Errorf("couldn't read the gateway's key: %w", err)
	}
	key, err := identity.PrivateKeyFromPEM(keyPEM)
	if err != nil {
		return nil, nil, errors.New("couldn't read the gateway's key: " + c.Key + " holds no private key")
	}
	sign, err := identity.NewPrivateKeySign(key)
	if err != nil {
		return nil, nil, fmt.Errorf("couldn't use the gateway's key: %w", err)
	}
	return id, sign, nil
}

package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"sync"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/spf13/cobra"

	"github.com/datarights/datarights/chaincode/rights"
	"github.com/datarights/datarights/explorer"
	"github.com/datarights/datarights/gateway"
	"github.com/datarights/datarights/gateway/api"
	"github.com/datarights/datarights/gateway/fabric"
	"github.com/datarights/datarights/gateway/index"
	"github.com/datarights/datarights/gateway/lineage"
	"github.com/datarights/datarights/gateway/matchtag"
	"github.com/datarights/datarights/gateway/vitals"
	"github.com/datarights/datarights/gateway/watch"
	"github.com/datarights/datarights/gateway/webhook"
)

func newGatewayCommand() *cobra.Command {
	var layers gatewayLayers
	cmd := &cobra.Command{
		Use:   "gateway --config FILE",
		Short: "运行一家机构的网关 / Serve one organisation's gateway: API, pages, index",
		Long: `Runs one organisation's gateway: the REST API under /v1, the pages, and the index
built from the organisation's own peer. It logs to standard error, a line of JSON
each unless told otherwise, and stops cleanly on SIGTERM.

运行一家机构的网关：/v1 下的接口、网页，以及由本机构节点区块生成的索引。日志写到标准错误，
默认每行一个 JSON；收到 SIGTERM 后处理完手头请求再退出。

设置的先后 Settings: flag > environment ` + gateway.EnvPrefix + `… > the last --config > the first --config`,
		Example: `  datarights gateway --config run/group/gateway.yaml
  datarights gateway --config run/group/gateway.yaml --log-format text --set limits.commitTimeout=20s
  ` + gateway.EnvPrefix + `LOG_LEVEL=debug datarights gateway --config run/group/gateway.yaml`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, _, err := layers.load(cmd)
			if err != nil {
				return err
			}
			return serveGateway(cmd.Context(), c, cmd.ErrOrStderr())
		},
	}
	layers.add(cmd)
	_ = cmd.MarkFlagRequired("config")
	cmd.AddCommand(newGatewayConfigCommand())
	return cmd
}

// newLog makes the gateway's log as its configuration says.
func newLog(c *gateway.Config, out io.Writer) *slog.Logger {
	options := &slog.HandlerOptions{}
	var level slog.Level
	if level.UnmarshalText([]byte(c.Log.Level)) == nil { // checked with the configuration
		options.Level = level
	}
	if c.Log.Format == "text" {
		return slog.New(slog.NewTextHandler(out, options))
	}
	return slog.New(slog.NewJSONHandler(out, options))
}

// serveGateway wires one gateway and serves it until ctx ends.
func serveGateway(ctx context.Context, c *gateway.Config, out io.Writer) (err error) {
	log := newLog(c, out).With("organisation", c.Organisation)

	// What is opened is closed in the opposite order, whatever else went wrong.
	closing := func(close func() error) { err = errors.Join(err, close()) }
	x, err := index.Open(c.IndexDir, index.Options{Namespace: c.Chaincode, Logger: log})
	if err != nil {
		return fmt.Errorf("couldn't open the index: %w", err)
	}
	defer closing(x.Close)
	peer, err := fabric.Connect(fabric.Config{
		MSPID: c.MSPID, Channel: c.Channel, Chaincode: c.Chaincode, Logger: log,
		Peer:     fabric.PeerConfig(c.Peer),
		Identity: fabric.IdentityConfig(c.Identity),
	})
	if err != nil {
		return err
	}
	defer closing(peer.Close)

	consortium := newConsortiumStatus(c)
	// Pages are part of the handler and ask it too, for what takes a session.
	var handler http.Handler
	ask := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { handler.ServeHTTP(w, r) })
	pages, err := explorer.New(explorer.Options{
		Reader: x, API: ask, Network: consortium.forPages(), Site: rights.Text{Zh: c.Registry.Zh, En: c.Registry.En}, PublicURL: c.PublicURL, Log: log, Hidden: api.Private,
		Organisation: explorer.Organisation{MSPID: c.MSPID, Name: rights.Text{Zh: c.OrganisationZh, En: c.Organisation}},
	})
	if err != nil {
		return err
	}
	events := api.NewEvents(x)
	options := api.Options{
		Name: c.MSPID, Reader: x, Events: events, Lineage: lineage.New(), Submitter: peer, Peer: peer, Proofs: peer, Network: consortium.forAPI(), Pages: pages, Log: log,
		PublicURL: c.PublicURL, TrustedProxies: c.TrustedProxies,
		Limits: api.Limits{
			RequestsPerSecond: c.Limits.RequestsPerSecond, Burst: c.Limits.Burst,
			MatchTagsPerSecond: c.Limits.MatchTagsPerSecond, MatchTagBurst: c.Limits.MatchTagBurst, InFlight: c.Limits.InFlight,
			CommitTimeout: c.Limits.CommitTimeout, WaitTimeout: c.Limits.WaitTimeout, MaxLag: c.Limits.MaxLag, SessionTTL: c.Limits.SessionTTL,
			Streams: c.Limits.Streams,
		},
	}
	if len(c.Collections) > 0 {
		options.Secrets = peer.Secrets()
		for _, name := range c.Collections {
			options.Collections = append(options.Collections, rights.Collection(name))
		}
	}
	options.Asset = func(find rights.Finder, no string, at rights.UnixSec, depth int64) (any, error) {
		return rights.VerifyPledgedAsset(find, no, at, depth)
	}
	watched := gatewayVitals(c)
	var alerts *watch.Watch
	var tracer *gatewayTracer
	if t := c.MatchTag; t != nil {
		platform := &matchtag.Enrolled{KeyFile: t.KeyFile, SignerKey: t.SignerKey, Epoch: t.Epoch, Ledger: x}
		alerts = watch.New(watch.Options{Submitter: peer, Platform: platform, Log: log})
		options.Tags, options.Refused, options.Collectors = platform, alerts.Refused, []prometheus.Collector{alerts}
		watched.Enrolled, watched.Epoch = func() bool { _, err := platform.Kid(); return err == nil }, t.Epoch
		if tracer, err = openTracer(c, x, platform, alerts, log, &options); err != nil {
			return err
		}
		defer closing(tracer.Close)
	}
	options.Collectors = append(options.Collectors, vitals.New(watched))
	hooks, err := openWebhooks(c, events, log, &options)
	if err != nil {
		return err
	}
	defer closing(hooks.Close)
	if handler, err = api.New(options); err != nil {
		return err
	}
	listener, err := listenGateway(c)
	if err != nil {
		return err
	}

	// The index follows the chain for as long as requests are answered, and is
	// closed only when both have ended.
	following, stop := context.WithCancel(ctx)
	followed := make(chan error, 1)
	go func() { followed <- index.NewFollower(x, peer, log).Run(following) }()
	var watching sync.WaitGroup
	watching.Go(func() { options.Lineage.Run(following, x, log) })
	if alerts != nil {
		watching.Go(func() { alerts.Run(following) })
	}
	if tracer != nil {
		watching.Go(func() { tracer.Run(following) })
	}
	if hooks != nil {
		watching.Go(func() { hooks.Run(following) })
	}
	log.Info("gateway is up", "listen", c.Listen, "indexHeight", x.Status().Height)
	serving, fail := context.WithCancel(ctx)
	defer fail()
	go func() {
		err := <-followed
		followed <- err
		fail() // an index that cannot go on must not be served as if it did
	}()
	err = api.Serve(serving, listener, handler, log)
	stop()
	watching.Wait()
	if ferr := <-followed; !errors.Is(ferr, context.Canceled) {
		err = errors.Join(err, ferr)
	}
	return err
}

// openWebhooks opens what is subscribed, where the gateway keeps that.
func openWebhooks(c *gateway.Config, events *api.Events, log *slog.Logger, options *api.Options) (*webhook.Manager, error) {
	w := c.Webhooks
	if w == nil {
		return nil, nil
	}
	m, err := webhook.Open(webhook.Options{Dir: w.Dir, KeyFile: w.KeyFile, Feed: events, Log: log, UserAgent: "datarights-webhook/" + programVersion(),
		Policy: webhook.Policy{AllowHTTP: w.AllowHTTP, Allowed: w.Networks()}})
	if err != nil {
		return nil, err
	}
	options.Webhooks = m
	options.Collectors = append(options.Collectors, m.Collector())
	return m, nil
}

func listenGateway(c *gateway.Config) (net.Listener, error) {
	l, err := net.Listen("tcp", c.Listen)
	if err != nil {
		return nil, fmt.Errorf("couldn't listen: %w", err)
	}
	if c.TLS == nil {
		return l, nil
	}
	for _, f := range []string{c.TLS.Cert, c.TLS.Key} {
		if _, err := os.Stat(f); err != nil {
			return nil, errors.Join(fmt.Errorf("couldn't find the gateway's certificate or key: %w", err), l.Close())
		}
	}
	cert, err := tls.LoadX509KeyPair(c.TLS.Cert, c.TLS.Key)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("couldn't use the gateway's certificate: %w", err), l.Close())
	}
	return tls.NewListener(l, &tls.Config{Certificates: []tls.Certificate{cert}, MinVersion: tls.VersionTLS12}), nil
}

// gatewayVitals names what the gateway's process lives on.
func gatewayVitals(c *gateway.Config) vitals.Options {
	o := vitals.Options{
		Certificates: map[string]string{"identity": c.Identity.Cert, "peer-tls-ca": c.Peer.TLSCA},
		Disks:        map[string]string{"index": c.IndexDir}, Stores: map[string]string{"index": c.IndexDir},
		LastBackup: filepath.Join(filepath.Dir(c.IndexDir), "backup.json"), Version: programVersion(),
	}
	// The peer's own certificates lie beside its authority's.
	if beside := filepath.Join(filepath.Dir(c.Peer.TLSCA), "server.crt"); fileExists(beside) {
		o.Certificates["peer-tls"] = beside
	}
	if c.TLS != nil {
		o.Certificates["gateway-tls"] = c.TLS.Cert
	}
	if c.Trace != nil {
		o.Stores["sketches"] = c.Trace.SketchDir
		if fileExists(c.Trace.MarksDir) {
			o.Stores["marks"] = c.Trace.MarksDir
		}
	}
	return o
}

func fileExists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

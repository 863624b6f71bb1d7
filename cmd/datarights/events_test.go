package main

import (
	"context"
	"log/slog"
	"net/netip"
	"path/filepath"
	"slices"
	"testing"

	"github.com/datarights/datarights/chaincode/rights"
	"github.com/datarights/datarights/gateway/api"
	"github.com/datarights/datarights/gateway/index"
	"github.com/datarights/datarights/gateway/webhook"
)

// Writes and AsOf make a market an api.EventReader.
func (m *market) Writes(n uint64) ([]index.Write, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if n >= uint64(len(m.blocks)) {
		return nil, index.ErrNotFound
	}
	i := slices.IndexFunc(m.txs, func(t index.Transaction) bool { return t.Block == n })
	if i < 0 || len(m.txs[i].Records) == 0 {
		return nil, nil
	}
	w := index.Write{Transaction: m.txs[i]}
	for _, r := range w.Records {
		v, err := m.asOf(r.Kind, r.ID, n)
		if err != nil {
			return nil, err
		}
		w.Versions = append(w.Versions, v)
	}
	return []index.Write{w}, nil
}

func (m *market) AsOf(kind rights.Kind, id string, block uint64, _ int) (index.Version, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.asOf(kind, id, block)
}

func (m *market) asOf(kind rights.Kind, id string, block uint64) (index.Version, error) {
	for _, r := range slices.Backward(m.history[string(kind)+id]) {
		if r.Block <= block {
			return index.Version{Kind: kind, ID: id, At: r.Position, JSON: r.JSON}, nil
		}
	}
	return index.Version{}, index.ErrNotFound
}

// tell gives a gateway events and webhooks that may reach this machine.
func (m *market) tell(t testing.TB, o *api.Options) {
	o.Events = api.NewEvents(m)
	dir := t.TempDir()
	hooks, err := webhook.Open(webhook.Options{Dir: filepath.Join(dir, "webhooks"), KeyFile: filepath.Join(dir, "webhooks.key"), Feed: o.Events, Log: slog.New(slog.DiscardHandler),
		Policy: webhook.Policy{AllowHTTP: true, Allowed: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}}})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() { hooks.Run(ctx); close(done) }()
	t.Cleanup(func() {
		cancel()
		<-done
		if err := hooks.Close(); err != nil {
			t.Error(err)
		}
	})
	o.Webhooks = hooks
}

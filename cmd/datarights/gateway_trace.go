package main

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/url"
	"sync"
	"time"

	"github.com/datarights/datarights/chaincode/command"
	"github.com/datarights/datarights/client"
	"github.com/datarights/datarights/gateway"
	"github.com/datarights/datarights/gateway/api"
	"github.com/datarights/datarights/gateway/index"
	"github.com/datarights/datarights/gateway/matchtag"
	"github.com/datarights/datarights/gateway/trace"
	"github.com/datarights/datarights/gateway/watch"
	"github.com/datarights/datarights/internal/marks"
)

// gatewayTracer is a gateway's tracer with the store it owns.
type gatewayTracer struct {
	*trace.Tracer
	store *trace.Store
}

// openTracer wires the tracer of a gateway that is to have one, nil otherwise.
func openTracer(c *gateway.Config, x *index.Index, platform *matchtag.Enrolled, alerts *watch.Watch, log *slog.Logger, options *api.Options) (*gatewayTracer, error) {
	if c.Trace == nil {
		return nil, nil
	}
	store, err := trace.OpenStore(c.Trace.SketchDir)
	if err != nil {
		return nil, err
	}
	t := trace.New(trace.Options{Store: store, Ledger: x, Key: platform.SketchKey, Raise: alerts.Raise, Log: log,
		Fetch: (&sketchFetcher{urls: c.Trace.GatewayURLs, signer: c.MatchTag.SignerKey, platform: platform}).fetch})
	options.Tracer = t
	options.Collectors = append(options.Collectors, t)
	if c.Trace.MarksDir != "" {
		register, err := marks.CreateRegister(c.Trace.MarksDir)
		if err != nil {
			return nil, errors.Join(err, store.Close())
		}
		options.Marks = register
	}
	return &gatewayTracer{t, store}, nil
}

// Close closes the store; of none it does nothing.
func (t *gatewayTracer) Close() error {
	if t == nil {
		return nil
	}
	return t.store.Close()
}

// fetchTimeout bounds one question to another gateway.
const fetchTimeout = 10 * time.Second

// sketchFetcher asks the platform's other gateways for sketches, in sessions of
// the platform's own key.
type sketchFetcher struct {
	urls     []string
	signer   string // key file
	platform *matchtag.Enrolled

	mu       sync.Mutex
	sessions map[string]*client.Client // by URL
}

func (f *sketchFetcher) fetch(ctx context.Context, hash string) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, fetchTimeout)
	defer cancel()
	var errs []error
	for _, u := range f.urls {
		raw, err := f.from(ctx, u, hash)
		if err == nil {
			return raw, nil
		}
		if p := (*client.Problem)(nil); !errors.As(err, &p) || p.Status != http.StatusNotFound {
			errs = append(errs, err)
		}
	}
	if len(errs) > 0 {
		return nil, errors.Join(errs...)
	}
	return nil, trace.ErrNoSketch
}

// from asks one gateway, once more in a new session when the old has ended.
func (f *sketchFetcher) from(ctx context.Context, at, hash string) ([]byte, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for again := false; ; again = true {
		c, err := f.session(ctx, at)
		if err != nil {
			return nil, err
		}
		raw, err := c.GetBytes(ctx, "/v1/sketches/"+url.PathEscape(hash), nil)
		if p := (*client.Problem)(nil); again || !errors.As(err, &p) || p.Status != http.StatusUnauthorized {
			return raw, err
		}
		delete(f.sessions, at)
	}
}

func (f *sketchFetcher) session(ctx context.Context, at string) (*client.Client, error) {
	if c := f.sessions[at]; c != nil {
		return c, nil
	}
	kid, err := f.platform.Kid()
	if err != nil {
		return nil, err
	}
	id, no, err := command.ParseKid(kid)
	if err != nil {
		return nil, err
	}
	key, err := client.LoadKey(f.signer)
	if err != nil {
		return nil, err
	}
	c, err := client.New(at, client.WithUserAgent("datarights/"+programVersion()))
	if err != nil {
		return nil, err
	}
	s, err := c.OpenSession(ctx, key, id, no)
	if err != nil {
		return nil, err
	}
	if f.sessions == nil {
		f.sessions = map[string]*client.Client{}
	}
	f.sessions[at] = c.InSession(s)
	return f.sessions[at], nil
}

package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http/httptest"
	"net/url"
	"os"
	"runtime"
	"strings"
	"time"

	"github.com/datarights/datarights/chaincode/rights"
	"github.com/datarights/datarights/client"
	"github.com/datarights/datarights/gateway/api"
	"github.com/datarights/datarights/gateway/index"
	"github.com/datarights/datarights/gateway/lineage"
	"github.com/datarights/datarights/gateway/outcome"
)

// site is the real API over the layers, with a session of the regulator's.
type site struct {
	graph  *lineage.Graph
	server *httptest.Server
	client *client.Client
}

// nobody takes no commands: only questions are asked here.
type nobody struct{ height uint64 }

var errReadOnly = errors.New("only questions are asked here")

func (nobody) Submit(context.Context, []byte) (outcome.Outcome, error) {
	return outcome.Outcome{}, errReadOnly
}

func (nobody) SubmitAsync(context.Context, []byte) (outcome.Outcome, error) {
	return outcome.Outcome{}, errReadOnly
}

func (nobody) Fate(string) (outcome.Fate, bool) { return outcome.Fate{}, false }

func (n nobody) Height(context.Context) (uint64, error) { return n.height, nil }

func serve(ctx context.Context, l *layers) (*site, error) {
	key, err := client.GenerateKey()
	if err != nil {
		return nil, err
	}
	public := key.Info()
	raw, err := json.Marshal(&rights.Participant{Head: rights.Head{ID: regulator, State: rights.StateActive}, USCC: regulator, Roles: []rights.Role{rights.RoleRegulator},
		Keys: []rights.Key{{No: 1, PublicKey: public.PublicKey, Fingerprint: public.Fingerprint, State: rights.KeyActive, Officer: &rights.Officer{Duties: []rights.Role{rights.RoleRegulator}}}}})
	if err != nil {
		return nil, err
	}
	read := &ledger{layers: l, officer: index.Entry{Kind: rights.KindParticipant, ID: regulator, JSON: raw}}
	s := &site{graph: lineage.New()}
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	began := time.Now()
	if err := s.graph.Load(ctx, read, nil); err != nil {
		return nil, err
	}
	took := time.Since(began)
	runtime.GC()
	runtime.ReadMemStats(&after)
	fmt.Printf("graph: read from %d records in %s, %d MiB\n", s.graph.Size().Records, took.Round(time.Millisecond), (after.HeapAlloc-before.HeapAlloc)>>20)
	handler, err := api.New(api.Options{Name: "bench", Reader: read, Lineage: s.graph, Submitter: nobody{}, Peer: nobody{read.height()}, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		return nil, err
	}
	s.server = httptest.NewServer(handler)
	c, err := client.New(s.server.URL)
	if err != nil {
		return nil, err
	}
	session, err := c.OpenSession(ctx, key, regulator, 1)
	if err != nil {
		return nil, err
	}
	s.client = c.InSession(session)
	return s, nil
}

func (s *site) close() { s.server.Close() }

type page struct {
	Items []json.RawMessage `json:"items"`
	Next  string            `json:"next"`
}

func (s *site) page(ctx context.Context, start uint32, d lineage.Direction, cursor string, limit string) (page, error) {
	way := map[lineage.Direction]string{lineage.Back: "back", lineage.Forward: "forward"}[d]
	var p page
	_, err := s.client.Get(ctx, "/v1/trace/"+way, url.Values{"object": {rootOf(start)}, "cursor": {cursor}, "limit": {limit}}, &p)
	return p, err
}

// firstPage asks for the first page; a walk that is kept is walked around by
// asking for others between.
func (s *site) firstPage(ctx context.Context, start uint32, d lineage.Direction, runs int) ([]time.Duration, error) {
	var all []time.Duration
	for k := range runs {
		for other := range uint32(8) { // what the graph keeps of walks
			if _, err := s.page(ctx, start-start%2+uint32(k)*8+other+1, 1-d, "", "1"); err != nil {
				return nil, err
			}
		}
		began := time.Now()
		if _, err := s.page(ctx, start, d, "", "50"); err != nil {
			return nil, err
		}
		all = append(all, time.Since(began))
	}
	return all, nil
}

// whole reads a whole trace page by page.
func (s *site) whole(ctx context.Context, start uint32) error {
	began, items, pages, cursor := time.Now(), 0, 0, ""
	for {
		p, err := s.page(ctx, start, lineage.Back, cursor, "200")
		if err != nil {
			return err
		}
		items, pages = items+len(p.Items), pages+1
		if cursor = p.Next; cursor == "" {
			break
		}
	}
	took := time.Since(began)
	fmt.Printf("the whole of one trace back over HTTP: %d edges on %d pages in %s, %.0f edges a second\n", items, pages, took.Round(time.Millisecond), float64(items)/took.Seconds())
	began = time.Now()
	resp, err := s.get(ctx, "/v1/trace/graph?direction=back&depth=100&limit=100000&object="+url.QueryEscape(rootOf(start)))
	if err != nil {
		return err
	}
	fmt.Printf("the part of it that the page draws: %d nodes, %d edges in %s\n", len(resp.Nodes), len(resp.Edges), time.Since(began).Round(time.Millisecond))
	return nil
}

type graphPart struct {
	Nodes []json.RawMessage `json:"nodes"`
	Edges []json.RawMessage `json:"edges"`
}

func (s *site) get(ctx context.Context, path string) (graphPart, error) {
	var g graphPart
	name, query, _ := strings.Cut(path, "?")
	values, err := url.ParseQuery(query)
	if err != nil {
		return g, err
	}
	_, err = s.client.Get(ctx, name, values, &g)
	return g, err
}

// printMachine says where this ran.
func printMachine() {
	field := func(file, name string) string {
		raw, _ := os.ReadFile(file)
		for line := range strings.Lines(string(raw)) {
			if key, value, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(key) == name {
				return strings.TrimSpace(value)
			}
		}
		return "unknown"
	}
	load, _ := os.ReadFile("/proc/loadavg")
	fmt.Printf("%s, %s %s/%s\n%s, %d cores, %s; load average %s", time.Now().UTC().Format(time.RFC3339), runtime.Version(), runtime.GOOS, runtime.GOARCH,
		field("/proc/cpuinfo", "model name"), runtime.NumCPU(), field("/proc/meminfo", "MemTotal"), load)
}

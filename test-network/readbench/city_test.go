package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hyperledger/fabric-protos-go-apiv2/common"
	"google.golang.org/protobuf/proto"

	"github.com/datarights/datarights/chaincode/rights"
	"github.com/datarights/datarights/gateway/index"
)

var tiny = size{Rights: 3000, History: 12_000, Participants: 100}

// A city is what it says it is: an index of its blocks holds that many rights and
// versions, follows from them, and finds what is asked for.
func TestCityIsIndexed(t *testing.T) {
	height, records, acts := heightOf(tiny)
	if records < tiny.History*9/10 || records > tiny.History*11/10 {
		t.Errorf("%d versions planned, want about %d", records, tiny.History)
	}
	x, err := index.Open(t.TempDir(), index.Options{NoSync: true})
	if err != nil {
		t.Fatal(err)
	}
	defer x.Close()
	c := newChain(tiny)
	for range height {
		b, err := c.next()
		if err != nil {
			t.Fatal(err)
		}
		if err := x.Apply(b); err != nil {
			t.Fatal(err)
		}
	}
	if err := x.Check(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	stats, err := x.Stats()
	if err != nil {
		t.Fatal(err)
	}
	cases := int64(tiny.cases())
	if stats.Kinds["RT"] != 3*cases || stats.Kinds["CT"] != cases || stats.Kinds["DR"] != cases || stats.Kinds["RG"] != cases || stats.Invalid != 0 || stats.Transactions != uint64(acts)+2 {
		t.Errorf("%+v of %d cases and %d commands", stats, cases, acts)
	}
	versions := 0
	for no := range tiny.cases() {
		x1 := c.city.deal(no)
		for k := range rightsPerCase {
			h, err := x.History(rights.KindRight, rightID(x1, k))
			if err != nil {
				t.Fatal(err)
			}
			versions += len(h)
		}
	}
	if fixed := tiny.cases() * (versionsAtRecord - rightsPerCase); versions+fixed+tiny.Participants != records {
		t.Errorf("%d versions of rights and %d of the rest, %d planned", versions, fixed, records)
	}
	one := c.city.deal(17)
	page, err := x.List(index.Query{Kind: rights.KindCertificate, Text: one.name})
	if err != nil || !slices.ContainsFunc(page.Items, func(e index.Entry) bool { return e.ID == one.certNo }) {
		t.Errorf("%s is not found by its name %s: %v", one.certNo, one.name, err)
	}
	var cert rights.Certificate
	if e, err := x.Get(rights.KindCertificate, one.certNo); err != nil || json.Unmarshal(e.JSON, &cert) != nil || cert.DataName != one.name {
		t.Errorf("certificate %+v, %v", cert, err)
	}
}

func TestNumbersAreValid(t *testing.T) {
	seen := map[string]bool{}
	for n := range 2000 {
		if code := creditCode(n); !rights.ValidUSCC(code) || seen[code] {
			t.Fatalf("participant %d is %s", n, code)
		} else {
			seen[code] = true
		}
		if no := certNo(n * 167); !rights.ValidCertNo(no) || seen[no] {
			t.Fatalf("certificate %d is %s", n*167, no)
		} else {
			seen[no] = true
		}
	}
}

// A chain gone on with is the chain that was left.
func TestSkip(t *testing.T) {
	whole, rest := newChain(tiny), newChain(tiny)
	var blocks []*common.Block
	for range 12 {
		b, err := whole.next()
		if err != nil {
			t.Fatal(err)
		}
		blocks = append(blocks, b)
	}
	last, err := proto.Marshal(blocks[10])
	if err != nil {
		t.Fatal(err)
	}
	if err := rest.skipTo(last); err != nil {
		t.Fatal(err)
	}
	b, err := rest.next()
	if err != nil || !proto.Equal(b, blocks[11]) {
		t.Errorf("block 11 is another after a skip (%v)", err)
	}
}

// The peer hands blocks out in order, waits for more, and is rebuilt from.
func TestRebuildOverTheSocket(t *testing.T) {
	dir := t.TempDir()
	height, _, _ := heightOf(tiny)
	open := func(socket string, progress func(uint64)) *ledger {
		l, err := newLedger(filepath.Join(dir, socket), filepath.Join(dir, "chain"), tiny, height, progress)
		if err != nil {
			t.Fatal(err)
		}
		return l
	}
	var made uint64
	l := open("first", func(uint64) { made++ })
	last, err := l.read(height-1, &room{})
	if err != nil || made != height {
		t.Fatalf("%d blocks of %d made: %v", made, height, err)
	}
	// A run killed while it wrote the last block.
	if err := errors.Join(l.close(), os.Truncate(filepath.Join(dir, "chain"), l.at[height]-1)); err != nil {
		t.Fatal(err)
	}
	made = 0
	l = open("s", func(uint64) { made++ })
	if again, err := l.read(height-1, &room{}); err != nil || made != 1 || !bytes.Equal(again, last) {
		t.Errorf("%d blocks made after the last was cut short: %v", made, err)
	}
	from := source{filepath.Join(dir, "s")}
	r, err := index.Rebuild(t.Context(), filepath.Join(dir, "index"), index.Options{}, from, nil)
	if err != nil || r.Height != height {
		t.Fatalf("height %d, want %d: %v", r.Height, height, err)
	}
	l.grow()
	enough := errors.New("enough")
	var at uint64
	err = from.Stream(t.Context(), height-1, func(b *common.Block) error {
		if at = b.GetHeader().GetNumber(); at == height {
			return enough
		}
		return nil
	})
	if !errors.Is(err, enough) || at != height {
		t.Errorf("block %d, %v", at, err)
	}
	if err := l.close(); err != nil {
		t.Error(err)
	}
}

// Every question put is counted, and what is answered wrongly is a failure.
func TestAsker(t *testing.T) {
	site := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "bad") {
			w.WriteHeader(http.StatusInternalServerError)
		}
		_, _ = w.Write(bytes.Repeat([]byte("x"), 1000))
	}))
	defer site.Close()
	path := func(p string) func(*draws) string { return func(*draws) string { return p } }
	right := func(status int, body []byte) bool { return status == http.StatusOK && len(body) == 1000 }
	found, err := newAsker(strings.TrimPrefix(site.URL, "http://")).ask(t.Context(),
		[]class{{"good", 1, path("/good"), right}, {"bad", 1, path("/bad"), right}}, 1000, 100*time.Millisecond, 1)
	if err != nil {
		t.Fatal(err)
	}
	if g, b := found[0], found[1]; g.Asked != 50 || g.Failed != 0 || g.Bytes != 1000 || b.Asked != 50 || b.Failed != 50 || b.first == "" {
		t.Errorf("good %+v, bad %+v", g, b)
	}
	if g := found[0]; g.P50 > g.P95 || g.P95 > g.P99 || g.P99 > g.P999 || g.P999 > g.Max {
		t.Errorf("percentiles out of order: %+v", g)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := newAsker("127.0.0.1:1").ask(ctx, []class{{"good", 1, path("/"), right}}, 10, time.Second, 1); !errors.Is(err, context.Canceled) {
		t.Errorf("stopped: %v", err)
	}
}

func TestPercentile(t *testing.T) {
	var took []time.Duration
	for i := range 1000 {
		took = append(took, time.Duration(i+1)*time.Millisecond)
	}
	for p, want := range map[float64]float64{0: 1, 0.5: 500, 0.99: 990, 0.999: 999, 1: 1000} {
		if got := percentile(took, p); got != want {
			t.Errorf("%g: %g, want %g", p, got, want)
		}
	}
}

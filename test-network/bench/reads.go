package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/url"
	"os"
	"time"

	"github.com/datarights/datarights/chaincode/rights"
	"github.com/datarights/datarights/client"
	"github.com/datarights/datarights/gateway"
	"github.com/datarights/datarights/gateway/fabric"
	"github.com/datarights/datarights/gateway/index"
)

// listed is how many records a list is asked for.
const listed = 50

// Names of the contenders for reading.
const (
	nameEvaluate = "evaluate Read, one right"
	nameOneAPI   = "HTTP API, one right"
	nameListAPI  = "HTTP API, list of 50 rights"
	nameOne      = "index, one right"
	nameList     = "index, list of 50 rights"
)

// reads compares asking the chaincode with asking the index: over HTTP as users
// do, and the index by itself, opened here on a copy built from the peer's
// blocks, to tell its cost from HTTP's.
func (b *bench) reads(ctx context.Context) error {
	ids, err := b.rightIDs(ctx)
	if err != nil {
		return err
	}
	some := func() string { return ids[rand.IntN(len(ids))] }
	kinds := []string{string(rights.RightHolding), string(rights.RightUse), string(rights.RightOperation)}
	callers, err := b.callers(b.plan.Readers)
	if err != nil {
		return err
	}
	b.say("building an index from the peer's blocks")
	copied, discard, err := b.index(ctx)
	if err != nil {
		return err
	}
	defer discard()
	contenders := []contender{
		{nameEvaluate, b.plan.Readers, b.plan.Reads, func(ctx context.Context, _, _ int) error {
			raw, err := b.direct.Evaluate(ctx, b.d.Chaincode.Name, "Read", []byte(rights.KindRight), []byte(some()))
			if err == nil && len(raw) == 0 {
				err = errors.New("the chaincode does not have the record")
			}
			return err
		}},
		{nameOneAPI, b.plan.Readers, 2 * b.plan.Reads, func(ctx context.Context, caller, _ int) error {
			_, err := callers[caller].Get(ctx, "/v1/rights/"+some(), nil, nil)
			return err
		}},
		{nameListAPI, b.plan.Readers, max(b.plan.Reads/10, b.plan.Readers), func(ctx context.Context, caller, n int) error {
			var page client.Page[json.RawMessage]
			_, err := callers[caller].Get(ctx, "/v1/rights", url.Values{"kind": {kinds[n%len(kinds)]}, "state": {"Active"}, "limit": {fmt.Sprint(listed)}}, &page)
			return full(len(page.Items), err)
		}},
		{nameOne, b.plan.Readers, 20 * b.plan.Reads, func(context.Context, int, int) error {
			_, err := copied.Get(rights.KindRight, some())
			return err
		}},
		{nameList, b.plan.Readers, b.plan.Reads, func(_ context.Context, _, n int) error {
			page, err := copied.List(index.Query{Kind: rights.KindRight, Where: map[string]string{"kind": kinds[n%len(kinds)], "state": "Active"}, Limit: listed})
			return full(len(page.Items), err)
		}},
	}
	samples, err := alternate(ctx, b.plan.ReadRounds, b.meter, contenders, b.tell)
	if err != nil {
		return err
	}
	for i, c := range contenders {
		b.report.Reads = append(b.report.Reads, series{c.Name, samples[i]})
	}
	return nil
}

// rightIDs are some of the rights on the ledger.
func (b *bench) rightIDs(ctx context.Context) ([]string, error) {
	const enough = 3000
	var ids []string
	for r, err := range client.List[rights.Right](ctx, b.market.gateway, "/v1/rights", url.Values{"limit": {"200"}}) {
		if err != nil {
			return nil, err
		}
		if ids = append(ids, r.ID); len(ids) == enough {
			break
		}
	}
	if len(ids) < 3*listed {
		return nil, fmt.Errorf("only %d rights are on the ledger; measure bulk registration first", len(ids))
	}
	return ids, nil
}

func full(n int, err error) error {
	if err == nil && n != listed {
		return fmt.Errorf("the list has %d records, expected %d", n, listed)
	}
	return err
}

// indexTimeout bounds building the copy.
const indexTimeout = 5 * time.Minute

// index builds an index of the chain as it stands, as a gateway builds its own.
func (b *bench) index(ctx context.Context) (x *index.Index, discard func(), err error) {
	group, err := b.d.Organisation("Group")
	if err != nil {
		return nil, nil, err
	}
	c, err := gateway.LoadConfig(b.d.GatewayConfig(group))
	if err != nil {
		return nil, nil, err
	}
	peer, err := fabric.Connect(fabric.Config{MSPID: c.MSPID, Channel: c.Channel, Chaincode: c.Chaincode,
		Peer: fabric.PeerConfig(c.Peer), Identity: fabric.IdentityConfig(c.Identity)})
	if err != nil {
		return nil, nil, err
	}
	defer func() { err = errors.Join(err, peer.Close()) }()
	dir, err := os.MkdirTemp(b.d.Dir, "bench-index-")
	if err != nil {
		return nil, nil, err
	}
	discard = func() { _ = os.RemoveAll(dir) } // only a copy
	defer func() {
		if err != nil {
			discard()
		}
	}()
	if x, err = index.Open(dir, index.Options{Namespace: c.Chaincode, NoSync: true}); err != nil {
		return nil, nil, err
	}
	height, err := peer.Height(ctx)
	if err != nil {
		return nil, nil, errors.Join(err, x.Close())
	}
	following, stop := context.WithTimeout(ctx, indexTimeout)
	defer stop()
	followed := make(chan error, 1)
	began := time.Now()
	go func() { followed <- index.NewFollower(x, peer, nil).Run(following) }()
	err = x.Wait(following, height)
	stop()
	if err = errors.Join(err, <-followed); err != nil {
		return nil, nil, errors.Join(err, x.Close())
	}
	b.report.Rebuild = rebuild{Blocks: height, Seconds: time.Since(began).Seconds()}
	return x, func() { _ = x.Close(); _ = os.RemoveAll(dir) }, nil
}

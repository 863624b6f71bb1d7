package e2e

import (
	"errors"
	"fmt"
	"net/url"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/datarights/datarights/chaincode/rights"
	"github.com/datarights/datarights/client"
	"github.com/datarights/datarights/test-network/scene"
)

// attempt is one of many commands about one right that are sent at once.
type attempt struct {
	kind    string
	who     scene.Person
	command string
	body    any

	receipt scene.Receipt
	err     error
}

// race sends everything at once and returns what won, kind by kind, and what
// the others were told.
func race(m *scene.Market, attempts []*attempt) (won map[string][]*attempt, told map[string]int) {
	m.Helper()
	var all sync.WaitGroup
	start := make(chan struct{})
	for _, a := range attempts {
		all.Go(func() {
			<-start
			a.receipt, a.err = m.Try(a.who, a.command, a.body)
		})
	}
	began := time.Now()
	close(start)
	all.Wait()
	won, told = map[string][]*attempt{}, map[string]int{}
	for _, a := range attempts {
		var p *client.Problem
		switch {
		case a.err == nil:
			won[a.kind] = append(won[a.kind], a)
		case errors.As(a.err, &p) && p.Status >= 400 && p.Status < 500 && p.DetailEn != "" && p.DetailZh != "":
			told[a.kind+" "+p.Code]++
		default:
			m.Errorf("a %s through %s is not told why: %v", a.kind, a.who.Via, a.err)
		}
	}
	m.Logf("%d commands in %s; won %s; told %v", len(attempts), time.Since(began).Round(time.Millisecond), kindsOf(won), told)
	return won, told
}

func kindsOf(won map[string][]*attempt) (list []string) {
	for kind, some := range won {
		list = append(list, fmt.Sprintf("%s×%d in block %d", kind, len(some), some[0].receipt.Block))
	}
	slices.Sort(list)
	return list
}

// prize is a right that many want something of.
type prize struct {
	*scene.Market
	product *scene.Product
	pledges []string // confirmed applications
	heirs   []scene.Person
}

func newPrize(m *scene.Market, pledges int) *prize {
	m.Helper()
	owner := m.Join("阜宁数据持有有限公司", "Group", nil)
	p := &prize{Market: m, product: m.Produce(m.Register(owner), m.Content(owner), 0)}
	for i := range 4 {
		p.heirs = append(p.heirs, m.Join(fmt.Sprintf("受让企业%d有限公司", i+1), "Exchange", nil))
	}
	if pledges > 0 {
		v := m.Value(&p.product.Asset, 700_000_00)
		for i := range pledges {
			p.pledges = append(p.pledges, m.ApplyPledge(v, fmt.Sprint("loan ", i), v.Amounts()))
		}
	}
	return p
}

// The n-th of many wants of the right, each through the next gateway.
func (p *prize) listing(n int) *attempt {
	offer := p.Offer(p.product, toUse...)
	offer.UnitPriceFen += int64(n)
	return &attempt{kind: "listing", who: p.product.Holder.Through(w.organisations()[n%4]), command: "listing.submit", body: offer}
}

func (p *prize) transfer(n int) *attempt {
	return &attempt{kind: "transfer", who: p.product.Holder.Through(w.organisations()[n%4]), command: "registration.submit",
		body: p.Transfer(p.heirs[n/4%4], fmt.Sprint("sale ", n), p.product.Operation())}
}

// A pledge is registered by the exchange or the registrar, each at its own gateway.
func (p *prize) pledge(n int) *attempt {
	officer := p.Exchange
	if n%2 == 1 {
		officer = p.Registrar
	}
	return &attempt{kind: "pledge", who: officer, command: "pledge.register", body: scene.Registration(p.pledges[n/2%len(p.pledges)])}
}

// stands requires that the ledger has what won and nothing of what did not, as
// every organisation reads it.
func (p *prize) stands(won map[string][]*attempt) {
	p.Helper()
	owner := p.product.Holder
	for _, via := range w.organisations() {
		reads := owner.Through(via)
		r := scene.ReadAs[rights.Right](p.Market, reads, "/v1/rights/"+p.product.Operation())
		if len(r.Encumbrances) != len(won["pledge"]) || r.State != rights.StateActive || r.HolderID != owner.USCC {
			p.Errorf("%s reads the right %s of %s with %+v; pledges won: %d", via, r.State, r.HolderID, r.Encumbrances, len(won["pledge"]))
		}
		registered := 0
		for _, id := range p.pledges {
			if scene.ReadAs[rights.Pledge](p.Market, reads, "/v1/pledges/"+id).State == rights.StateRegistered {
				registered++
			}
		}
		listings := scene.ReadAs[client.Page[rights.Listing]](p.Market, reads, "/v1/listings?limit=200&seller="+url.QueryEscape(owner.USCC)).Items
		cases := scene.ReadAs[client.Page[rights.Case]](p.Market, reads, "/v1/registrations?limit=200&applicant="+url.QueryEscape(owner.USCC)).Items
		transfers := slices.DeleteFunc(cases, func(c rights.Case) bool { return c.RegType != rights.RegTransfer })
		if registered != len(won["pledge"]) || len(listings) != len(won["listing"]) || len(transfers) != len(won["transfer"]) {
			p.Errorf("%s reads %d pledges registered, %d listings, %d transfers; won were %v", via, registered, len(listings), len(transfers), kindsOf(won))
		}
	}
}

// TestOneRight: a hundred commands at once about one right, through four
// gateways. What the rules allow once happens once, everybody else is told why,
// and what is not compatible does not come about together.
func TestOneRight(t *testing.T) {
	m := scene.Open(t, w.Deployment)
	const crowd = 100
	for _, kind := range []struct {
		name    string
		pledges int
		want    func(p *prize, n int) *attempt
	}{
		{"listing", 0, (*prize).listing}, {"transfer", 0, (*prize).transfer}, {"pledge", 10, (*prize).pledge},
	} {
		t.Run(kind.name, func(t *testing.T) {
			p := newPrize(m.On(t), kind.pledges)
			var all []*attempt
			for n := range crowd {
				all = append(all, kind.want(p, n))
			}
			won, _ := race(p.Market, all)
			if len(won[kind.name]) != 1 {
				t.Errorf("%d won", len(won[kind.name]))
			}
			p.stands(won)
		})
	}
	for round := range 2 {
		t.Run(fmt.Sprint("all three, round ", round+1), func(t *testing.T) {
			p := newPrize(m.On(t), 10)
			var all []*attempt
			for n := range crowd {
				all = append(all, []func(*prize, int) *attempt{(*prize).pledge, (*prize).transfer, (*prize).listing}[n%3](p, n/3))
			}
			won, _ := race(p.Market, all)
			if len(won) == 0 {
				t.Error("nobody won")
			}
			for kind, some := range won {
				if len(some) > 1 {
					t.Errorf("%d of %s won", len(some), kind)
				}
				// A pledge may follow an offer or an application, which then needs the pledgee; no
				// offer and no application follows a pledge.
				if pledged := won["pledge"]; kind != "pledge" && len(pledged) > 0 && some[0].receipt.Block > pledged[0].receipt.Block {
					t.Errorf("a %s in block %d after the pledge in block %d", kind, some[0].receipt.Block, pledged[0].receipt.Block)
				}
			}
			p.stands(won)
		})
	}
	agreed(t)
}

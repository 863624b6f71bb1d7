package contract_test

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"

	"github.com/datarights/datarights/chaincode/contract"
	"github.com/datarights/datarights/chaincode/rights"
	"github.com/datarights/datarights/chaincode/state/statetest"
)

const (
	racers    = 100
	raceRuns  = 50
	raceTries = 4 // how often the gateway endorses a command that conflicts
)

// racer is one of the commands that race, signed once for all rounds.
type racer struct {
	group  string
	secret []byte
	from   []byte // the gateway it comes through
	jws    []byte
}

func (s *accScene) racer(group, kid, name string, body any, secret []byte) racer {
	return racer{group, secret, s.client(kid), s.sign(kid, name, body)}
}

// race is what a hundred commands at one right come to.
type race struct {
	name   string
	racers func(s *accScene, x raceScene) []racer
	// losers are the refusals that say why a group lost: each names a rule.
	losers map[string][]rights.Code
	// won holds the winners of the groups to what may be.
	won func(wins map[string]int) bool
	// made are the kinds of which every win of a group makes one.
	made map[string]rights.Kind
}

// raceScene is one right, with everything that is about to be done with it.
type raceScene struct {
	goods   accGoods
	heirs   []string // may become transferees
	pledges []string // confirmed over the right, none consented to by another
	move    string   // case of a transfer whose notice is over
}

func (s *accScene) raceScene() raceScene {
	s.t.Helper()
	s.quiet = true
	s.lend()
	x := raceScene{goods: s.goodsOf(borrowerID, "raced for")}
	for i := range 5 {
		x.heirs = append(x.heirs, s.firm(51+i, "320902"))
	}
	a := &asset{certNo: x.goods.certNo, object: x.goods.product, rights: []string{x.goods.right}}
	value := commission(a)
	value.ObjectType = "Product"
	a.evaluation = s.must(s.do(borrowerID+"#1", "evaluation.commission", value)).id(rights.KindEvaluation)
	report, valuation := s.issue(a.evaluation, worth)
	s.must(s.doSecretly(appraisalID+"#1", "evaluation.issue", report, valuation))
	a.valuation = valuation
	for i := range racers {
		body, secret := s.pledgeOf(a)
		body.ContractHash = hash(fmt.Sprint("contract ", i))
		id := s.must(s.doSecretly(borrowerID+"#1", "pledge.apply", body, secret)).id(rights.KindPledge)
		s.confirmed(id)
		x.pledges = append(x.pledges, id)
	}
	return x
}

func (s *accScene) transfer(x raceScene, to, terms string) rights.Submit {
	return rights.Submit{RegType: "RegTransfer", RegistrarID: registrarID, TargetRightIDs: []string{x.goods.right}, CounterpartyID: to, TermsHash: hash(terms),
		Papers: aside(rights.DocForm, rights.DocIdentity, rights.DocAgreement, rights.DocCommitment, rights.DocChange, rights.DocOther)}
}

// moving brings a transfer to the end of its notice.
func (s *accScene) moving(x *raceScene) {
	s.t.Helper()
	x.move = s.must(s.do(borrowerID+"#1", "registration.submit", s.transfer(*x, x.heirs[0], "terms"))).id(rights.KindCase)
	s.must(s.do(x.heirs[0]+"#1", "registration.countersign", rights.Countersign{CaseID: x.move, TermsHash: hash("terms")}))
	s.must(s.event(officer, "accept", x.move))
	s.must(s.registrar("registration.publishNotice", rights.PublishNotice{CaseID: x.move, Findings: positive()}))
	s.now = s.the(x.move).NoticeEndsAt
}

var races = []race{
	{"transfers", func(s *accScene, x raceScene) (list []racer) {
		for i := range racers {
			list = append(list, s.racer("transfer", borrowerID+"#1", "registration.submit", s.transfer(x, x.heirs[i%len(x.heirs)], fmt.Sprint("terms ", i)), nil))
		}
		return list
	}, map[string][]rights.Code{"transfer": {rights.CodeExists}}, func(w map[string]int) bool { return w["transfer"] == 1 },
		map[string]rights.Kind{"transfer": rights.KindCase}},

	{"listings of one version", func(s *accScene, x raceScene) (list []racer) {
		for i := range racers {
			b := s.offer(x.goods)
			b.UnitPriceFen += int64(i)
			list = append(list, s.racer("listing", borrowerID+"#1", "listing.submit", b, nil))
		}
		return list
	}, map[string][]rights.Code{"listing": {rights.CodeExists}}, func(w map[string]int) bool { return w["listing"] == 1 },
		map[string]rights.Kind{"listing": rights.KindListing}},

	{"registrations of pledges", func(s *accScene, x raceScene) (list []racer) {
		for i, id := range x.pledges {
			list = append(list, s.racer("pledge", exchangeID+"#1", "pledge.register", s.registration(id, fmt.Sprint("ZDW-", i)), nil))
		}
		return list
	}, map[string][]rights.Code{"pledge": {rights.CodeConsent}}, func(w map[string]int) bool { return w["pledge"] == 1 }, nil},

	// A transfer is recorded while pledges are registered: the right goes to the
	// heir free of them, or stays where it is under one.
	{"a transfer and pledges", func(s *accScene, x raceScene) (list []racer) {
		s.moving(&x)
		for i, id := range x.pledges[:racers/2] {
			list = append(list,
				s.racer("pledge", exchangeID+"#1", "pledge.register", s.registration(id, fmt.Sprint("ZDW-", i)), nil),
				s.racer("record", officer, "registration.record", rights.RecordCase{CaseID: x.move, CertNo: s.certNo()}, nil))
		}
		return list
	}, map[string][]rights.Code{"pledge": {rights.CodeConsent, rights.CodeState}, "record": {rights.CodeConsent, rights.CodeState}},
		func(w map[string]int) bool { return w["pledge"]+w["record"] == 1 }, nil},

	// Everything at once: what one of a kind forbids the others of its kind, and
	// a pledge all but the pledgee's consent.
	{"all of them", func(s *accScene, x raceScene) (list []racer) {
		for i := range racers / 4 {
			offer := s.offer(x.goods)
			offer.UnitPriceFen += int64(i)
			body, secret := s.pledgeOf(s.assetOf(x))
			body.ContractHash = hash(fmt.Sprint("late contract ", i))
			list = append(list,
				s.racer("transfer", borrowerID+"#1", "registration.submit", s.transfer(x, x.heirs[i%len(x.heirs)], fmt.Sprint("terms ", i)), nil),
				s.racer("listing", borrowerID+"#1", "listing.submit", offer, nil),
				s.racer("pledge", exchangeID+"#1", "pledge.register", s.registration(x.pledges[i], fmt.Sprint("ZDW-", i)), nil),
				s.racer("application", borrowerID+"#1", "pledge.apply", body, secret))
		}
		return list
	}, map[string][]rights.Code{"transfer": {rights.CodeExists, rights.CodeConsent}, "listing": {rights.CodeExists, rights.CodeConsent}, "pledge": {rights.CodeConsent}, "application": {rights.CodeConsent}},
		func(w map[string]int) bool { return w["pledge"] == 1 && w["transfer"] <= 1 && w["listing"] <= 1 },
		map[string]rights.Kind{"transfer": rights.KindCase, "listing": rights.KindListing, "application": rights.KindPledge}},
}

// assetOf finds the evaluation behind the pledges of a scene.
func (s *accScene) assetOf(x raceScene) *asset {
	s.t.Helper()
	ev := s.pledge(x.pledges[0]).EvaluationID
	return &asset{certNo: x.goods.certNo, object: x.goods.product, rights: []string{x.goods.right}, evaluation: ev,
		valuation: s.ledger.Secret(string(rights.CollectionTrade), key(rights.KindEvaluation, ev))}
}

// A hundred commands race for one right: endorsed on one state, committed in any
// order, endorsed again where they conflict. Where one may win one wins, and the
// others are told why.
func TestRaces(t *testing.T) {
	base := newAccScene(t, nil)
	scene := base.raceScene()
	failOn(t, "the scene", checkInvariants(base.ledger))
	runs := raceRuns
	if testing.Short() {
		runs = 5
	}
	for _, r := range races {
		t.Run(r.name, func(t *testing.T) {
			s := *base
			s.market = base.fork()
			s.t = t
			list := r.racers(&s, scene)
			if len(list) != racers {
				t.Fatalf("%d commands; want %d", len(list), racers)
			}
			before, won := s.ledger, map[string]bool{}
			for run := range runs {
				seed := rand.Uint64()
				s.ledger = before.Clone()
				for group := range s.run(r, list, rand.New(rand.NewPCG(seed, uint64(run)))) {
					won[group] = true
				}
				if t.Failed() {
					t.Fatalf("in the order of seed %d, round %d", seed, run)
				}
			}
			if len(won) != len(r.losers) && !testing.Short() {
				t.Errorf("only %v ever won", won)
			}
		})
	}
}

// run runs one round and tells how many of each group won.
func (s *accScene) run(r race, list []racer, order *rand.Rand) (wins map[string]int) {
	tx := func(i, try int) statetest.Tx {
		id := sha256.Sum256(fmt.Append(nil, "racer ", i, " try ", try))
		x := statetest.Tx{ID: hex.EncodeToString(id[:]), At: s.now, Creator: list[i].from, Args: [][]byte{[]byte("Submit"), list[i].jws}}
		if list[i].secret != nil {
			x.Transient = map[string][]byte{contract.TransientSecret: list[i].secret}
		}
		return x
	}
	before := snapshot(s.ledger)
	answers, tries := make([]answer, len(list)), make([]int, len(list))
	var all sync.WaitGroup
	for half := range 2 { // on one state, at the same time
		all.Add(1)
		go func() {
			defer all.Done()
			for i := half; i < len(list); i += 2 {
				answers[i] = s.endorse(tx(i, 0))
			}
		}()
	}
	all.Wait()
	wins = map[string]int{}
	for queue := order.Perm(len(list)); len(queue) > 0; {
		i := queue[0]
		queue = queue[1:]
		switch a, group := answers[i], list[i].group; {
		case a.failure != "":
			s.t.Errorf("%s: %s", group, a.failure)
		case a.refusal != nil:
			s.refusedIn(r, group, a)
		case s.ledger.Commit(a.stub):
			wins[group]++
		default:
			if tries[i]++; tries[i] == raceTries {
				s.t.Errorf("%s conflicts %d times: the gateway would have given up", group, raceTries)
			}
			answers[i] = s.endorse(tx(i, tries[i])) // as the gateway does
			at := order.IntN(len(queue) + 1)
			queue = append(queue[:at:at], append([]int{i}, queue[at:]...)...)
		}
	}
	if !r.won(wins) {
		s.t.Errorf("won: %v", wins)
	}
	// Nothing in between: what won is there whole, and nothing else is.
	after := snapshot(s.ledger)
	made := map[rights.Kind]int{}
	for group, kind := range r.made {
		made[kind] += wins[group]
	}
	for _, kind := range []rights.Kind{rights.KindCase, rights.KindListing, rights.KindPledge} {
		if n := len(after.raw[kind]) - len(before.raw[kind]); n != made[kind] {
			s.t.Errorf("%d new %s; want %d", n, kind, made[kind])
		}
	}
	registered := 0
	for _, pl := range decodeAll[rights.Pledge](after.raw[rights.KindPledge]) {
		if pl.State == rights.StateRegistered {
			registered++
		}
	}
	if registered != wins["pledge"] {
		s.t.Errorf("%d pledges are registered; %d won", registered, wins["pledge"])
	}
	if faults := checkInvariants(s.ledger); len(faults) > 0 {
		s.t.Errorf("%v", faults)
	}
	return wins
}

// refusedIn holds a loser's refusal to one that says why.
func (s *accScene) refusedIn(r race, group string, a answer) {
	for _, code := range r.losers[group] {
		if a.refusal.Code == code {
			if s.refuses(a, code).Record == "" {
				s.t.Errorf("%s: %v does not say because of what", group, a.refusal)
			}
			return
		}
	}
	s.t.Errorf("%s refused with %v; want one of %v", group, a.refusal, r.losers[group])
}

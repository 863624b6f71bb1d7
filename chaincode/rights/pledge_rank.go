package rights

import (
	"cmp"
	"slices"
)

// encumber lays a pledge on rights, ranks it among those already there and gives
// every pledgee its guard over the rights.
func (a *Act) encumber(pl *Pledge, list []*Right) error {
	ranks := newRanking(a, pl)
	for _, r := range list {
		for _, e := range r.Encumbrances {
			if e.Type == EncPledge && !slices.Contains(pl.PriorPledgeIDs, e.RefID) {
				pl.PriorPledgeIDs = append(pl.PriorPledgeIDs, e.RefID)
			}
		}
		r.Encumbrances = append(r.Encumbrances, Encumbrance{Type: EncPledge, RefID: pl.ID, From: a.Now, ByID: pl.PledgeeID})
		if err := ranks.settle(r); err != nil {
			return err
		}
	}
	return ranks.tell()
}

// disencumber takes a pledge off rights, or off what became of them by transfer,
// and lets those behind it move up. It is the only way EncPledge goes (PL-5).
func (a *Act) disencumber(pl *Pledge, ids []string) error {
	ranks := newRanking(a, pl)
	for _, id := range ids {
		r, err := a.successor(id)
		if err != nil {
			return err
		}
		n := len(r.Encumbrances)
		r.Encumbrances = slices.DeleteFunc(r.Encumbrances, func(e Encumbrance) bool { return e.Type == EncPledge && e.RefID == pl.ID })
		if len(r.Encumbrances) == n {
			continue
		}
		if err := ranks.settle(r); err != nil {
			return err
		}
	}
	return ranks.tell()
}

// successor follows a right to the one it was transferred into.
func (a *Act) successor(id string) (*Right, error) {
	r := new(Right)
	if err := need(a, KindRight, "pledgeId", id, r); err != nil {
		return nil, err
	}
	for range 100 {
		if r.State != StateTransferred || r.NextRightID == "" {
			break
		}
		next := r.NextRightID
		r = new(Right)
		if err := need(a, KindRight, "pledgeId", next, r); err != nil {
			return nil, err
		}
	}
	return r, nil
}

// ranking settles the ranks of pledges over the rights an act changes. Rank is
// the order of entry in the unified registry, then of the ledger (PL-1).
type ranking struct {
	act     *Act
	own     *Pledge   // the act's, which its caller stores
	pledges []*Pledge // every other one seen, each once
}

func newRanking(a *Act, own *Pledge) *ranking {
	own.Rank = 0
	return &ranking{act: a, own: own}
}

func (k *ranking) pledge(id string) (*Pledge, error) {
	if id == k.own.ID {
		return k.own, nil
	}
	for _, pl := range k.pledges {
		if pl.ID == id {
			return pl, nil
		}
	}
	pl := new(Pledge)
	if err := need(k.act, KindPledge, "pledgeId", id, pl); err != nil {
		return nil, err
	}
	k.pledges = append(k.pledges, pl)
	return pl, nil
}

// settle ranks the pledges on a right, stores it and guards it for all of them.
func (k *ranking) settle(r *Right) error {
	type ranked struct {
		at    int // in r.Encumbrances
		regAt UnixSec
	}
	var order []ranked
	for i, e := range r.Encumbrances {
		if e.Type != EncPledge {
			continue
		}
		pl, err := k.pledge(e.RefID)
		if err != nil {
			return err
		}
		order = append(order, ranked{i, pl.ZdwRegAt})
	}
	slices.SortStableFunc(order, func(x, y ranked) int { return cmp.Compare(x.regAt, y.regAt) })
	for n, x := range order {
		r.Encumbrances[x.at].Rank = int64(n + 1)
	}
	if err := k.act.update(KindRight, r); err != nil {
		return err
	}
	return k.act.guardPledged(r)
}

// tell writes the ranks into the pledges and notifies those whose rank moved. A
// pledge over several rights has the last of its ranks.
func (k *ranking) tell() error {
	for _, pl := range slices.Concat(k.pledges, []*Pledge{k.own}) {
		var rank int64
		for _, id := range pl.RightIDs {
			r, err := k.act.successor(id)
			if err != nil {
				return err
			}
			for _, e := range r.Encumbrances {
				if e.Type == EncPledge && e.RefID == pl.ID {
					rank = max(rank, e.Rank)
				}
			}
		}
		moved := pl.Rank != rank
		pl.Rank = rank
		if pl == k.own || !moved {
			continue
		}
		pl.notify("rank", k.own.ID, k.act.Now)
		if err := k.act.update(KindPledge, pl); err != nil {
			return err
		}
	}
	return nil
}

// guardPledged has a right's key move only with the endorsement of every
// pledgee on it; with none, as any other. Whoever writes a right that takes over
// pledges of another (a transfer) calls it too.
func (a *Act) guardPledged(r *Right) error {
	var msps []string
	for _, e := range r.Encumbrances {
		if e.Type != EncPledge {
			continue
		}
		var pl Pledge // guarded itself, which the pledgee's entry as a participant is not
		if err := need(a, KindPledge, "pledgeId", e.RefID, &pl); err != nil {
			return err
		}
		if pl.PledgeeMSP != "" && !slices.Contains(msps, pl.PledgeeMSP) {
			msps = append(msps, pl.PledgeeMSP)
		}
	}
	slices.Sort(msps)
	return a.Ledger.Guard(KindRight, r.ID, msps)
}

package rights

import (
	"hash/fnv"
	"slices"
	"strconv"
)

// holdingShards spreads the rights of one holder. Those made in one transaction
// share a shard, so that a batch of hundreds writes one key more, and two
// batches for one holder meet in a block once in so many times.
const holdingShards = 256

// holdings lists the rights that a participant has in being, so that nobody
// leaves behind rights without a holder.
type holdings struct {
	IDs []string `json:"ids"`
}

// holdingShard is the shard of what a transaction made, by the mark in its ids.
func holdingShard(holderID, mark string) string {
	h := fnv.New32a()
	_, _ = h.Write([]byte(mark)) // never fails
	return pair(holderID, strconv.Itoa(int(h.Sum32()%holdingShards)))
}

func (a *Act) noteHolding(holderID, id string) error {
	return a.changeHoldings(holderID, id, func(list []string) []string { return append(list, id) })
}

// dropHolding writes nothing where nothing was noted.
func (a *Act) dropHolding(holderID, id string) error {
	return a.changeHoldings(holderID, id, func(list []string) []string {
		return slices.DeleteFunc(list, func(x string) bool { return x == id })
	})
}

func (a *Act) changeHoldings(holderID, id string, change func([]string) []string) error {
	key := holdingShard(holderID, transactionOf(id))
	h := holdings{IDs: []string{}}
	if _, err := a.Ledger.Load(PointerHoldings, key, &h); err != nil {
		return err
	}
	n := len(h.IDs)
	if h.IDs = change(h.IDs); len(h.IDs) == n {
		return nil
	}
	return a.Ledger.Store(PointerHoldings, key, &h)
}

// holdsNothing refuses while a participant has a right in being.
func (a *Act) holdsNothing(holderID string) error {
	for i := range holdingShards {
		var h holdings
		if _, err := a.Ledger.Load(PointerHoldings, pair(holderID, strconv.Itoa(i)), &h); err != nil {
			return err
		}
		if len(h.IDs) > 0 {
			return refuse(CodeState, "权利 %s 尚未终止；届满的请先写明届满", "right %s has not ended; of one past its term the expiry is to be noted first", h.IDs[0]).on(h.IDs[0])
		}
	}
	return nil
}

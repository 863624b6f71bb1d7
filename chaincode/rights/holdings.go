package rights

import (
	"hash/fnv"
	"slices"
	"strconv"
)

// holdingShards spreads the certificates of one holder. Those of one transaction
// share a shard, so that a batch of hundreds writes one key more, and two
// batches for one holder meet in a block once in so many times.
const holdingShards = 256

// holdings lists the certificates of a holder that are in being, one for all the
// rights on it, so that nobody leaves behind rights without a holder.
type holdings struct {
	CertNos []string `json:"certNos"`
}

// holdingShard is the shard of what a transaction made, by the mark in its ids.
func holdingShard(holderID, mark string) string {
	h := fnv.New32a()
	_, _ = h.Write([]byte(mark)) // never fails
	return pair(holderID, strconv.Itoa(int(h.Sum32()%holdingShards)))
}

func (a *Act) noteHolding(c *Certificate) error {
	return a.changeHoldings(c, func(list []string) []string { return append(list, c.CertNo) })
}

// dropHolding takes off a certificate that ended. Of one from before there were
// such notes there is none, and nothing is written.
func (a *Act) dropHolding(c *Certificate) error {
	return a.changeHoldings(c, func(list []string) []string {
		return slices.DeleteFunc(list, func(x string) bool { return x == c.CertNo })
	})
}

func (a *Act) changeHoldings(c *Certificate, change func([]string) []string) error {
	key := holdingShard(c.HolderID, transactionOf(c.Rights[0].RightID)) // made with the certificate
	h := holdings{CertNos: []string{}}
	if _, err := a.Ledger.Load(PointerHoldings, key, &h); err != nil {
		return err
	}
	n := len(h.CertNos)
	if h.CertNos = change(h.CertNos); len(h.CertNos) == n {
		return nil
	}
	return a.Ledger.Store(PointerHoldings, key, &h)
}

// holdsNothing refuses while a participant has a certificate in being.
func (a *Act) holdsNothing(holderID string) error {
	for i := range holdingShards {
		var h holdings
		if _, err := a.Ledger.Load(PointerHoldings, pair(holderID, strconv.Itoa(i)), &h); err != nil {
			return err
		}
		if len(h.CertNos) > 0 {
			return refuse(CodeState, "凭证 %s 所载权利尚未终止；届满的请先写明届满", "the rights on certificate %s have not ended; of those past their term the expiry is to be noted first", h.CertNos[0]).on(h.CertNos[0])
		}
	}
	return nil
}

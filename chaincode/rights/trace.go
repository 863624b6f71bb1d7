package rights

import "slices"

// What the ledger answers to those who follow a copy (4.5). Every function takes
// a Finder: the act's during a command, an index's for a reader. Records are
// looked at as the Finder gives them; one over the history answers for the past.

// MatchFingerprint finds the delivery whose fingerprint commitment a code and a
// nonce open, by either algorithm. Commitments are never used twice (DL-1), so
// there is one or none.
func MatchFingerprint(find Finder, code, nonce []byte) (deliveryID string, found bool, err error) {
	for _, algorithm := range []string{"sm3", "sha256"} {
		var o once
		ok, err := find.Find(PointerUnique, pair("fingerprint", FingerprintCommit(algorithm, code, nonce)), &o)
		if ok || err != nil {
			return o.ID, ok && err == nil, err
		}
	}
	return "", false, nil
}

// Decision is whether something was allowed, with the records that decide it.
type Decision struct {
	Allowed bool        `json:"allowed"`
	Why     *Error      `json:"why,omitempty"` // the first thing that denies it
	Chain   []RecordRef `json:"chain"`
}

// maxForwards bounds a chain of copies forwarded from copies.
const maxForwards = 64

// PermissionAt decides whether a copy let its holder do something at t: the copy
// was held and in its term, its permission and those of the copies it came from
// name the action, and the trade behind it was not terminated before (4.5).
func PermissionAt(find Finder, copyID string, action Action, t UnixSec) (*Decision, error) {
	d := new(Decision)
	for id := copyID; ; {
		if len(d.Chain) > maxForwards {
			d.deny(tooDeep(id))
			break
		}
		var c Copy
		if found, err := find.Find(KindCopy, id, &c); err != nil {
			return nil, err
		} else if !found {
			d.deny(refuse(CodeNotFound, "账本上没有记录 %s", "no record %s on the ledger", id).on(id))
			break
		}
		d.through(KindCopy, &c.Head)
		d.deny(c.denies(action, t))
		if c.TradeID != "" {
			var tr Trade
			found, err := find.Find(KindTrade, c.TradeID, &tr)
			if err != nil {
				return nil, err
			}
			if !found {
				d.deny(refuse(CodeNotFound, "账本上没有记录 %s", "no record %s on the ledger", c.TradeID).on(c.TradeID))
			} else {
				d.through(KindTrade, &tr.Head)
				if tr.State == StateTerminated && tr.EndedAt <= t {
					d.deny(refuse(CodeState, "交易已终止", "the trade was terminated").on(tr.ID))
				}
			}
		}
		if id = c.ParentCopyID; id == "" {
			break
		}
	}
	d.Allowed = d.Why == nil
	return d, nil
}

func (d *Decision) through(k Kind, h *Head) {
	d.Chain = append(d.Chain, RecordRef{Kind: k, ID: h.ID, State: h.State, Version: h.Version})
}

// deny keeps the first reason.
func (d *Decision) deny(why *Error) {
	if d.Why == nil {
		d.Why = why
	}
}

// denies tells why the copy does not let its holder do that at t; nil: it does.
func (c *Copy) denies(action Action, t UnixSec) *Error {
	switch {
	case c.Permission == nil || !slices.Contains(c.Permission.Actions, action) && !slices.Contains(c.Permission.Actions, Action(anything)):
		return refuse(CodeResale, "许可不含 %s", "the permission has no %s", string(action)).on(c.ID).by("CP-1")
	case t < c.CreatedAt || c.HoldUntil > 0 && t >= c.HoldUntil || t < c.Permission.From || c.Permission.To > 0 && t >= c.Permission.To:
		return refuse(CodeTerm, "在许可期限之外", "outside the permission's term").on(c.ID).by("CP-1")
	case c.State != StateHeld && c.UpdatedAt <= t:
		return refuse(CodeState, "副本已不在持有状态", "the copy was not held any more").on(c.ID)
	}
	return nil
}

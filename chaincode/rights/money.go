package rights

import (
	"math/bits"
	"slices"
	"strconv"
)

// wholeBps is all of an amount in basis points.
const wholeBps = 10000

// maxFen bounds every amount, a hundred trillion yuan: more than any contract is
// worth, and far from overflow.
const maxFen = int64(10_000_000_000_000_000)

// SplitFen divides an amount by shares in basis points that add up to 10000:
// each share is floored, and the fen left over go one by one to the largest
// remainders, ties by order. The parts always add up to the whole (G-6).
func SplitFen(gross int64, shares []int64) ([]int64, error) {
	if gross < 0 {
		return nil, refuse(CodeMoney, "金额不得为负", "the amount must not be negative").by("G-6")
	}
	var sum int64
	for _, s := range shares {
		if s < 0 || s > wholeBps {
			return nil, refuse(CodeMoney, "份额须在 0 至 10000 之间", "a share is 0 to 10000").by("ST-1")
		}
		sum += s // the length of the list is bounded by whoever decoded it
	}
	if sum != wholeBps {
		return nil, refuse(CodeMoney, "份额合计 %d，须为 10000", "the shares add up to %d; they must be 10000", sum).by("ST-1")
	}
	parts, rest, order := make([]int64, len(shares)), make([]uint64, len(shares)), make([]int, len(shares))
	left := gross
	for i, s := range shares {
		hi, lo := bits.Mul64(uint64(gross), uint64(s))
		quotient, remainder := bits.Div64(hi, lo, wholeBps) // hi < 10000, as s ≤ 10000 and gross < 2⁶³
		parts[i], rest[i], order[i] = int64(quotient), remainder, i
		left -= parts[i]
	}
	slices.SortStableFunc(order, func(x, y int) int {
		switch {
		case rest[x] > rest[y]:
			return -1
		case rest[x] < rest[y]:
			return 1
		}
		return 0
	})
	for _, i := range order[:left] {
		parts[i]++
	}
	return parts, nil
}

// lineRoles are what a payee may be paid as.
var lineRoles = []string{"Seller", "Exchange", "OperatingBody", "Developer", "Treasury", "SourceUnit", "Pledgee", "Broker", "Other"}

// maxLines bounds the payees of one contract.
const maxLines = 50

// checkLines refuses shares that are malformed, name nobody on the ledger or do
// not add up (ST-1). Roles that a trade gives to somebody are that one's.
func (a *Act) checkLines(field string, t *Trade, lines []SettlementLine) error {
	if len(lines) == 0 || len(lines) > maxLines {
		return refuse(CodeFormat, "须有 1 至 %d 行", "must have 1 to %d lines", maxLines).at(field)
	}
	var sum int64
	for i, l := range lines {
		at := field + "[" + strconv.Itoa(i) + "]"
		if err := oneOf(at+".role", l.Role, lineRoles...); err != nil {
			return err
		}
		if l.Bps < 1 || l.Bps > wholeBps {
			return refuse(CodeMoney, "份额须在 1 至 10000 之间", "a share is 1 to 10000").at(at + ".bps").by("ST-1")
		}
		if slices.ContainsFunc(lines[:i], func(o SettlementLine) bool { return o.PayeeID == l.PayeeID && o.Role == l.Role }) {
			return refuse(CodeFormat, "重复", "is given twice").at(at)
		}
		if _, err := a.participant(at+".payeeId", l.PayeeID); err != nil {
			return err
		}
		for _, own := range []struct{ role, id string }{{"Seller", t.SellerID}, {"Exchange", t.VenueID}, {"Broker", t.BrokerID}} {
			if l.Role == own.role && l.PayeeID != own.id {
				return refuse(CodeMoney, "%[1]s 的收款人须为 %[2]q", "the payee as %[1]s must be %[2]q", own.role, own.id).at(at + ".payeeId").by("ST-1")
			}
		}
		sum += l.Bps
	}
	if sum != wholeBps {
		return refuse(CodeMoney, "份额合计 %d，须为 10000", "the shares add up to %d; they must be 10000", sum).at(field).by("ST-1")
	}
	return nil
}

// requiredLines refuses shares that leave out whom the law or a contract makes
// a payee: the pledgee whom the proceeds go to, of the pledges on the right by
// the time given (ST-2), and whoever a grant of public data gives a share (ST-3).
func (a *Act) requiredLines(field string, t *Trade, lines []SettlementLine, by UnixSec) error {
	if t.RightID != "" {
		var r Right
		if err := need(a, KindRight, field, t.RightID, &r); err != nil {
			return err
		}
		for _, e := range r.Encumbrances {
			if e.Type != EncPledge || e.From > by || !e.inForce(a.Now) {
				continue
			}
			var pl Pledge
			if err := need(a, KindPledge, field, e.RefID, &pl); err != nil {
				return err
			}
			if pl.ProceedsToPledgee && !slices.ContainsFunc(lines, func(l SettlementLine) bool { return l.Role == "Pledgee" && l.PayeeID == pl.PledgeeID }) {
				return refuse(CodeMoney, "权利已质押且价款归质权人：须有 %[1]s 的收款行（%[2]s）", "the right is pledged and its proceeds go to the pledgee: a line to %[1]s is needed (%[2]s)", pl.PledgeeID, pl.ID).at(field).on(pl.ID).by("ST-2")
			}
		}
	}
	if t.GrantID == "" {
		return nil
	}
	var g Grant
	if err := need(a, KindGrant, field, t.GrantID, &g); err != nil {
		return err
	}
	for _, share := range g.RevenueShares {
		if !slices.ContainsFunc(lines, func(l SettlementLine) bool {
			return l.PayeeID == share.PayeeID && l.Role == share.Role && l.Bps >= share.Bps
		}) {
			return refuse(CodeMoney, "授权 %[1]s 规定 %[2]s（%[3]s）至少 %[4]d 个基点", "grant %[1]s fixes at least %[4]d basis points for %[2]s as %[3]s", g.ID, share.PayeeID, share.Role, share.Bps).at(field).on(g.ID).by("ST-3")
		}
	}
	return nil
}

// linesOf splits an amount by the shares of the contract.
func linesOf(gross int64, lines []SettlementLine) ([]LineAmount, error) {
	shares := make([]int64, len(lines))
	for i, l := range lines {
		shares[i] = l.Bps
	}
	parts, err := SplitFen(gross, shares)
	if err != nil {
		return nil, err
	}
	out := make([]LineAmount, len(lines))
	for i, l := range lines {
		out[i] = LineAmount{SettlementLine: l, AmountFen: parts[i]}
	}
	return out, nil
}

package rights

// purgeable are the records whose private part may go when its retention is
// over, with their machines.
var purgeable = []*Machine{&tradeMachine, &settlementMachine, &disputeMachine}

// workdaysAYear is what a year shrinks to under a demo profile.
const workdaysAYear = 250

// PurgeSecret is the body of secret.purge.
type PurgeSecret struct {
	ID string `json:"id"`
}

// purgeSecret takes what was kept in private of an ended record from every peer
// and from their history, after the years of retention since it last moved. The
// commitment stays on the channel: whoever kept the bytes can still open it.
func purgeSecret(a *Act, b *PurgeSecret) error {
	if !a.office(RoleExchange) {
		return refuse(CodeRole, "只能由交易机构清除", "only an exchange purges").by("3.0.8")
	}
	for _, m := range purgeable {
		if !isOf(b.ID, m.Kind) {
			continue
		}
		var r struct{ Head }
		if err := need(a, m.Kind, "id", b.ID, &r); err != nil {
			return err
		}
		p, err := a.profile(r.RuleProfileVer)
		if err != nil {
			return err
		}
		if !m.Ended(r.State) {
			return refuse(CodeState, "记录尚未终结", "the record has not ended").at("id").on(b.ID).by("3.0.8")
		}
		if due := p.years(r.UpdatedAt, p.Int(ParamPurgeYears)); a.Now < due {
			return refuse(CodeDeadline, "须保存至 %s", "it is kept until %s", stamp(due)).at("id").on(b.ID).by("3.0.8")
		}
		if err := a.member(CollectionTrade); err != nil {
			return err
		}
		return a.Ledger.PurgeSecret(CollectionTrade, m.Kind, b.ID)
	}
	return refuse(CodeFormat, "须为交易、结算或争议的编号", "must be the id of a trade, settlement or dispute").at("id")
}

// years moves an instant by that many years.
func (p *Profile) years(from UnixSec, n int64) UnixSec {
	if s := p.Int(ParamDemoSeconds); s > 0 {
		return from + n*workdaysAYear*s
	}
	return AddMonths(from, 12*n)
}

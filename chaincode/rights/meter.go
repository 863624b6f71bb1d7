package rights

import (
	"slices"
	"strconv"
)

// A meter record says what was used under a permit in one period (3.13).
var meterMachine = Machine{
	Entity: "meter",
	Kind:   KindMeter,
	Title:  Text{"计量", "Meter record"},
	States: []StateInfo{{StateRecorded, Text{"已记录", "Recorded"}, true}},
	Transitions: []Transition{
		{nil, "record", "", who(ByPlatform), Text{"序号连续（MT-1）；各期不重叠、向前（MT-2）；累计不超限额（MT-3）；在许可期内（MT-6）；许可及其依据有效", "the next number (MT-1); periods forward without overlap (MT-2); within the limits (MT-3) and the permit's term (MT-6); permit and basis effective"}, StateRecorded},
		{nil, "adjust", "", who(ByPlatform), Text{"更正一条记录，一次；附理由；累计不超限额（MT-5）", "corrects one record, once, with a reason; within the limits (MT-5)"}, StateRecorded},
	},
}

// RecordMeter is the body of meter.record.
type RecordMeter struct {
	PermitID     string   `json:"permitId"`
	Seq          int64    `json:"seq"`
	PeriodFrom   UnixSec  `json:"periodFrom"`
	PeriodTo     UnixSec  `json:"periodTo"` // half-open
	Items        []Amount `json:"items"`
	JobRoot      string   `json:"jobRoot"` // Merkle root of the job log
	OutputHashes []string `json:"outputHashes,omitempty"`
}

func recordMeter(a *Act, b *RecordMeter) error {
	if err := first(checkItems(b.Items), checkHash("jobRoot", b.JobRoot), checkOutputs(b.OutputHashes)); err != nil {
		return err
	}
	var u Permit
	if err := need(a, KindPermit, "permitId", b.PermitID, &u); err != nil {
		return err
	}
	to, err := a.step(&meterMachine, u.ID, "", "record", "", u.parties())
	if err != nil {
		return err
	}
	if _, err := a.step(&permitMachine, u.ID, u.State, "meter", "", u.parties()); err != nil {
		return err
	}
	p, err := a.profile(u.RuleProfileVer)
	if err != nil {
		return err
	}
	if err := u.period(a, b); err != nil {
		return err
	}
	if err := a.basisAt(p, &u, min(a.Now, b.PeriodTo-1)); err != nil {
		return err
	}
	before := slices.Clone(u.Used)
	if err := u.use(b.Items, nil); err != nil {
		return err
	}
	for _, root := range b.OutputHashes {
		if !slices.Contains(u.Outputs, root) {
			u.Outputs = append(u.Outputs, root)
		}
	}
	if len(u.Outputs) > maxPermitOutputs {
		return refuse(CodeFormat, "一项许可的产出最多 %d 项", "at most %d outputs a permit", maxPermitOutputs).at("outputHashes").on(u.ID)
	}
	m := &Meter{PermitID: u.ID, PlatformID: a.Actor.USCC, Seq: b.Seq, PeriodFrom: b.PeriodFrom, PeriodTo: b.PeriodTo, Items: b.Items, JobRoot: b.JobRoot, OutputHashes: b.OutputHashes}
	if err := a.create(KindMeter, a.newID(KindMeter, a.regionFor(u.ID)), to, p.Ver(), m); err != nil {
		return err
	}
	alerts := u.watch(p, before, m)
	u.LastSeq, u.LastPeriodTo = b.Seq, b.PeriodTo
	if err := u.metered(a, "meter"); err != nil {
		return err
	}
	for _, code := range alerts {
		if err := a.raise(code, m, KindMeter, u.PermitteeID, u.PlatformID); err != nil {
			return err
		}
	}
	return nil
}

func checkItems(items []Amount) error {
	if len(items) == 0 {
		return refuse(CodeFormat, "须写明用量", "must say what was used").at("items")
	}
	return checkAmounts("items", items)
}

func checkOutputs(list []string) error {
	if len(list) > 200 {
		return refuse(CodeFormat, "一期产出最多 200 项", "at most 200 outputs a period").at("outputHashes")
	}
	for i, h := range list {
		if err := checkHash("outputHashes["+strconv.Itoa(i)+"]", h); err != nil {
			return err
		}
	}
	return nil
}

// period refuses a record out of order, overlapping or outside the term.
func (u *Permit) period(a *Act, b *RecordMeter) error {
	if b.Seq != u.LastSeq+1 {
		return refuse(CodeState, "序号须连续，下一条是 %d", "records follow one another; the next is %d", u.LastSeq+1).at("seq").on(u.ID).by("MT-1")
	}
	if b.PeriodTo <= b.PeriodFrom {
		return refuse(CodeTerm, "期间须为非空的 [from, to)", "the period [from, to) must not be empty").at("periodTo").on(u.ID).by("MT-2")
	}
	if b.PeriodFrom < u.LastPeriodTo {
		return refuse(CodeTerm, "与上一期重叠；上一期至 %s", "overlaps the period before, which runs until %s", stamp(u.LastPeriodTo)).at("periodFrom").on(u.ID).by("MT-2")
	}
	if b.PeriodFrom < u.ValidFrom || b.PeriodTo > u.ValidTo {
		return refuse(CodeTerm, "不在许可期内", "outside the permit's term").at("periodFrom").on(u.ID).by("MT-6")
	}
	if b.PeriodTo > a.Now {
		return refuse(CodeTerm, "期间尚未结束", "the period is not over").at("periodTo").on(u.ID).by("MT-2")
	}
	return nil
}

// basisAt refuses a use whose basis is not effective. Its state is that
// of now, its term is asked at the period's end.
func (a *Act) basisAt(p *Profile, u *Permit, t UnixSec) error {
	why, err := EffectiveRef(a, u.BasisID, t, p.Int(ParamBasisMaxDepth))
	if err != nil {
		return err
	}
	if why != nil {
		return basisFell(why, "permitId", u.BasisID)
	}
	return nil
}

// use adds what was used, less what a correction takes back (MT-3).
func (u *Permit) use(items, back []Amount) error {
	used := takeAway(u.Used, back)
	for i, q := range items {
		if !slices.ContainsFunc(u.Units, func(l Amount) bool { return l.Unit == q.Unit }) {
			return refuse(CodeQuota, "许可没有 %s 用量", "the permit has no %s", q.Unit).at("items[" + strconv.Itoa(i) + "].unit").on(u.ID).by("MT-3")
		}
	}
	used, err := addWithin(used, items, u.Units, "items")
	if err != nil {
		return asRefusal(err).on(u.ID).by("MT-3")
	}
	u.Used = used
	return nil
}

// metered steps and stores the permit by what is left.
func (u *Permit) metered(a *Act, event string) error {
	outcome := ""
	switch {
	case event == "adjust" && u.State == StateExpired:
		outcome = "ended"
	case u.usedUp() != "":
		outcome = "exhausted"
	}
	to, err := a.step(&permitMachine, u.ID, u.State, event, outcome, u.parties())
	if err != nil {
		return err
	}
	if err := a.byPlatformKey(); err != nil {
		return err
	}
	u.State = to
	return a.update(KindPermit, u)
}

// watch tells what is unusual about a period, by what the permit remembers,
// and remembers it.
func (u *Permit) watch(p *Profile, before []Amount, m *Meter) (alerts []string) {
	percent := p.Int(ParamQuotaAlertPercent)
	near := func(used, limit int64) bool { return used*100 >= limit*min(percent, 100) }
	for i, limit := range u.Units {
		if limit.Qty > 0 && near(u.Used[i].Qty, limit.Qty) && !near(before[i].Qty, limit.Qty) {
			alerts = append(alerts, "AL-QUOTA")
			break
		}
	}
	if from := max(u.LastPeriodTo, u.ValidFrom); m.PeriodFrom-from > p.Int(ParamMeterGapPeriods)*(m.PeriodTo-m.PeriodFrom) {
		alerts = append(alerts, "AL-METER-GAP")
	}
	window, factor, leapt := max(1, int(p.Int(ParamMeterSpikeWindow))), max(1, p.Int(ParamMeterSpikeFactor)), false
	for _, q := range m.Items {
		i := slices.IndexFunc(u.Recent, func(r Recent) bool { return r.Unit == q.Unit })
		if i < 0 {
			u.Recent = append(u.Recent, Recent{Unit: q.Unit})
			i = len(u.Recent) - 1
		}
		r := &u.Recent[i]
		if len(r.Qty) >= window && (q.Qty-1)/factor >= max(1, median(r.Qty)) { // q > factor·median, without overflow
			leapt = true
		}
		r.Qty = append(r.Qty, q.Qty)
		if n := len(r.Qty) - window; n > 0 {
			r.Qty = slices.Delete(r.Qty, 0, n)
		}
	}
	if leapt {
		alerts = append(alerts, "AL-METER-SPIKE")
	}
	return alerts
}

// median is the lower one of an even number, so that it is always an integer.
func median(list []int64) int64 {
	sorted := slices.Sorted(slices.Values(list))
	return sorted[(len(sorted)-1)/2]
}

// AdjustMeter is the body of meter.adjust: what the corrected period should
// have said.
type AdjustMeter struct {
	MeterID string   `json:"meterId"`
	Items   []Amount `json:"items"`
	JobRoot string   `json:"jobRoot"`
	Reason  string   `json:"reason"`
}

func adjustMeter(a *Act, b *AdjustMeter) error {
	if err := first(checkItems(b.Items), checkHash("jobRoot", b.JobRoot), checkText("reason", b.Reason, 400)); err != nil {
		return err
	}
	var old Meter
	if err := need(a, KindMeter, "meterId", b.MeterID, &old); err != nil {
		return err
	}
	var u Permit
	if err := need(a, KindPermit, "meterId", old.PermitID, &u); err != nil {
		return err
	}
	to, err := a.step(&meterMachine, u.ID, "", "adjust", "", u.parties())
	if err != nil {
		return err
	}
	id := a.newID(KindMeter, a.regionFor(u.ID))
	if err := a.claimOnce("meter/"+old.ID, id, "meterId", nil); err != nil {
		return err
	}
	m := &Meter{PermitID: u.ID, PlatformID: a.Actor.USCC, Seq: u.LastSeq + 1, PeriodFrom: old.PeriodFrom, PeriodTo: old.PeriodTo, Items: b.Items,
		JobRoot: b.JobRoot, OutputHashes: old.OutputHashes, Adjusts: old.ID, Reason: b.Reason}
	if err := a.create(KindMeter, id, to, u.RuleProfileVer, m); err != nil {
		return err
	}
	if err := u.use(b.Items, old.Items); err != nil {
		return err
	}
	if err := a.reallot(&u, old.Items, b.Items); err != nil {
		return err
	}
	u.LastSeq = m.Seq
	return u.metered(a, "adjust")
}

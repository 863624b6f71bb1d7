package rights

import (
	"fmt"
	"math/bits"
)

// indicatorMachine: definitions of supervision indicators (3.19, 6), published
// in versions. What they come to is computed off the commit path (IN-3).
var indicatorMachine = Machine{
	Entity: "indicator",
	Kind:   KindIndicator,
	Title:  Text{"监管指标", "Indicator"},
	States: []StateInfo{
		{StateActive, Text{"有效", "Active"}, false},
		{StateRetired, Text{"已停用", "Retired"}, true},
	},
	Transitions: []Transition{
		{nil, "define", "", who(ByRegulator), Text{"版本连续递增；上一版随之停用", "versions only append; the one before is retired with it"}, StateActive},
		{in(StateActive), "retire", "", who(ByRegulator), Text{"由定义的监管部门停用", "by the regulator that defined it"}, StateRetired},
	},
}

// snapshotMachine: computed values (3.19).
var snapshotMachine = Machine{
	Entity: "snapshot",
	Kind:   KindSnapshot,
	Title:  Text{"指标快照", "Indicator snapshot"},
	States: []StateInfo{
		{StateComputed, Text{"已计算", "Computed"}, false},
		{StateConfirmed, Text{"已确认", "Confirmed"}, false},
		{StatePublished, Text{"已公布", "Published"}, false},
		{StateCorrected, Text{"已更正", "Corrected"}, true},
	},
	Transitions: []Transition{
		{nil, "compute", "", who(ByRegulator, ByPlatform), Text{"定义有效；只有整数，比率附分子、分母与千分比（IN-1）；输入清单的根（IN-2）", "the definition is active; integers only, a ratio with its parts and permille (IN-1); the root of the list of inputs (IN-2)"}, StateComputed},
		{in(StateComputed), "confirm", "", who(ByRegulator), Text{"重算所得的值与输入根相同", "the value and the root computed again are the same"}, StateConfirmed},
		{in(StateConfirmed), "publish", "", who(ByRegulator), Text{}, StatePublished},
		{in(StatePublished), "correct", "", who(ByRegulator), Text{"更正是附理由的新快照（IN-4）", "a correction is a new snapshot with a reason (IN-4)"}, StateCorrected},
	},
}

// The windows of an indicator.
const (
	WindowAsOf       = "AsOf"
	WindowPeriod     = "Period"
	WindowCumulative = "Cumulative"
)

// DefineIndicator is the body of indicator.define.
type DefineIndicator struct {
	Code       string   `json:"code"` // IN-01Y, OP-02, SI-10, …
	Ver        int64    `json:"ver"`
	NameZh     string   `json:"nameZh"`
	NameEn     string   `json:"nameEn"`
	Formula    string   `json:"formula"`
	Unit       string   `json:"unit"` // fen, count, days, permille, milestone, …
	Sources    []string `json:"sources"`
	Window     string   `json:"window"`
	Target     int64    `json:"target,omitempty"`
	TargetDate string   `json:"targetDate,omitempty"`
	Direction  string   `json:"direction"`            // Up, Down, Watch
	Restricted bool     `json:"restricted,omitempty"` // its values are for the regulator only
	// MinInputs keeps a value over fewer inputs back, as a restricted one: it would
	// tell what a single contract is worth (G-12).
	MinInputs int64 `json:"minInputs,omitempty"`
}

func (b *DefineIndicator) check() error {
	if err := first(checkIndicatorCode("code", b.Code), checkText("nameZh", b.NameZh, 80), checkText("nameEn", b.NameEn, 200),
		checkText("formula", b.Formula, 800), checkText("unit", b.Unit, 20), distinct("sources", b.Sources, 20),
		oneOf("window", b.Window, WindowAsOf, WindowPeriod, WindowCumulative), oneOf("direction", b.Direction, "Up", "Down", "Watch")); err != nil {
		return err
	}
	for i, s := range b.Sources {
		if err := checkText(index("sources", i), s, 40); err != nil {
			return err
		}
	}
	if len(b.Sources) == 0 {
		return refuse(CodeFormat, "须写明数据来源", "must say what it is computed from").at("sources")
	}
	if b.Target < 0 {
		return refuse(CodeFormat, "不得为负", "must not be negative").at("target")
	}
	if b.MinInputs < 0 || b.MinInputs > 1000 {
		return refuse(CodeFormat, "须在 0 至 1000 之间", "must be 0 to 1000").at("minInputs")
	}
	if b.TargetDate != "" {
		return checkDate("targetDate", b.TargetDate)
	}
	return nil
}

func checkIndicatorCode(field, code string) error {
	if len(code) < 4 || len(code) > 12 || !reIndicator.MatchString(code) {
		return refuse(CodeFormat, "须为指标代码，如 IN-01Y", "must be the code of an indicator, such as IN-01Y").at(field)
	}
	return nil
}

func defineIndicator(a *Act, b *DefineIndicator) error {
	to, err := a.step(&indicatorMachine, "", "", "define", "", nil)
	if err != nil {
		return err
	}
	if err := b.check(); err != nil {
		return err
	}
	if err := a.nextVersion("indicator/"+b.Code, b.Ver); err != nil {
		return err
	}
	if b.Ver > 1 {
		var old Indicator
		if err := need(a, KindIndicator, "ver", indicatorID(b.Code, b.Ver-1), &old); err != nil {
			return err
		}
		if old.OwnerID != a.Actor.USCC {
			return refuse(CodeRole, "指标由 %s 定义", "the indicator is %s's to define", old.OwnerID).at("code").on(old.ID)
		}
		if old.State == StateActive {
			if old.State, err = a.step(&indicatorMachine, old.ID, old.State, "retire", "", Relations{ByRegulator: {old.OwnerID}}); err != nil {
				return err
			}
			if err := a.update(KindIndicator, &old); err != nil {
				return err
			}
		}
	}
	return a.create(KindIndicator, indicatorID(b.Code, b.Ver), to, "", &Indicator{
		Code: b.Code, NameZh: b.NameZh, NameEn: b.NameEn, Formula: b.Formula, Unit: b.Unit, Sources: b.Sources, Window: b.Window, Target: b.Target,
		TargetDate: b.TargetDate, Direction: b.Direction, Restricted: b.Restricted, MinInputs: b.MinInputs, OwnerID: a.Actor.USCC, Ver: b.Ver,
	})
}

// Withheld reports whether a value over that many inputs stays off the ledger,
// where only its commitment is: it is the regulator's, or over so few private
// amounts that it would tell them.
func (in *Indicator) Withheld(inputs int64) bool {
	return in.Restricted || 0 < inputs && inputs < in.MinInputs
}

func indicatorID(code string, ver int64) string { return fmt.Sprintf("%s@%d", code, ver) }

// RetireIndicator is the body of indicator.retire.
type RetireIndicator struct {
	Code string `json:"code"`
	Ver  int64  `json:"ver"`
}

func retireIndicator(a *Act, b *RetireIndicator) error {
	if err := checkIndicatorCode("code", b.Code); err != nil {
		return err
	}
	var in Indicator
	if err := need(a, KindIndicator, "code", indicatorID(b.Code, b.Ver), &in); err != nil {
		return err
	}
	to, err := a.step(&indicatorMachine, in.ID, in.State, "retire", "", Relations{ByRegulator: {in.OwnerID}})
	if err != nil {
		return err
	}
	in.State = to
	return a.update(KindIndicator, &in)
}

// ComputeSnapshot is the body of snapshot.compute. A ratio has Den > 0, its
// permille floored, and that is its value; of anything else both parts are 0.
// A value that is withheld (restricted, or over too few private amounts) stays
// with who computed it: here is its commitment alone.
type ComputeSnapshot struct {
	Code        string  `json:"code"`
	DefVersion  int64   `json:"defVersion"`
	AsOf        UnixSec `json:"asOf"`
	PeriodFrom  UnixSec `json:"periodFrom,omitempty"`
	PeriodTo    UnixSec `json:"periodTo,omitempty"`
	Region      string  `json:"region,omitempty"`
	ValueInt    int64   `json:"valueInt"`
	Num         int64   `json:"num,omitempty"`
	Den         int64   `json:"den,omitempty"`
	Permille    int64   `json:"permille,omitempty"`
	Commitment  string  `json:"commitment,omitempty"`
	InputRoot   string  `json:"inputRoot"`
	InputCount  int64   `json:"inputCount"`
	BlockHeight int64   `json:"blockHeight"`
}

func (b *ComputeSnapshot) check(def *Indicator, now UnixSec) error {
	if err := checkHash("inputRoot", b.InputRoot); err != nil {
		return err
	}
	if b.AsOf <= 0 || b.AsOf > now {
		return refuse(CodeTerm, "不得晚于现在", "must not be after now").at("asOf")
	}
	if period := def.Window == WindowPeriod; period != (b.PeriodFrom > 0 || b.PeriodTo > 0) || period && (b.PeriodFrom <= 0 || b.PeriodTo <= b.PeriodFrom) {
		return refuse(CodeTerm, "期间指标须写明起止，其他指标不填", "an indicator of a period has its beginning and end, others have none").at("periodFrom")
	}
	if b.Region != "" {
		if err := checkRegion("region", b.Region); err != nil {
			return err
		}
	}
	if b.InputCount < 0 || b.BlockHeight < 0 || b.Num < 0 || b.Den < 0 || b.ValueInt < 0 {
		return refuse(CodeFormat, "不得为负", "must not be negative").at("valueInt").by("IN-1")
	}
	if def.Withheld(b.InputCount) {
		if b.ValueInt != 0 || b.Num != 0 || b.Den != 0 || b.Permille != 0 {
			return refuse(CodeFormat, "受限指标或输入不足 %[1]d 项的值不入账，只记承诺", "a restricted value, or one over fewer than %[1]d inputs, is not on the ledger, only its commitment", def.MinInputs).at("valueInt").by("G-12")
		}
		return checkHash("commitment", b.Commitment)
	}
	if b.Commitment != "" {
		return refuse(CodeFormat, "只有不入账的值才有承诺", "only a value that is kept back has a commitment").at("commitment")
	}
	if b.Den == 0 {
		if b.Num != 0 || b.Permille != 0 {
			return refuse(CodeFormat, "比率须附分母", "a ratio has a denominator").at("den").by("IN-1")
		}
		return nil
	}
	permille, ok := Permille(b.Num, b.Den)
	if !ok || b.Permille != permille || b.ValueInt != permille {
		return refuse(CodeMoney, "千分比须为 %d", "the permille must be %d", permille).at("permille").by("IN-1")
	}
	return nil
}

// Permille is num·1000/den, floored; false when it is no number of 63 bits.
func Permille(num, den int64) (int64, bool) {
	if num < 0 || den <= 0 {
		return 0, false
	}
	hi, lo := bits.Mul64(uint64(num), 1000)
	if hi >= uint64(den) {
		return 0, false
	}
	q, _ := bits.Div64(hi, lo, uint64(den))
	return int64(q), q < 1<<63
}

func computeSnapshot(a *Act, b *ComputeSnapshot) error { return a.snapshot(b, "", "") }

// snapshot writes a computed value; corrects names the one it replaces.
func (a *Act) snapshot(b *ComputeSnapshot, corrects, reason string) error {
	to, err := a.step(&snapshotMachine, "", "", "compute", "", Relations{ByPlatform: {a.Actor.USCC}})
	if err != nil {
		return err
	}
	if !a.office(RoleRegulator) && !a.office(RolePlatform) {
		return refuse(CodeRole, "须以监管部门或平台的密钥签发", "needs the key of a regulator's or a platform's duty").by("IN-3")
	}
	if err := checkIndicatorCode("code", b.Code); err != nil {
		return err
	}
	var def Indicator
	if err := need(a, KindIndicator, "code", indicatorID(b.Code, b.DefVersion), &def); err != nil {
		return err
	}
	if def.State != StateActive {
		return refuse(CodeState, "此版定义已停用", "this version of the definition is retired").at("defVersion").on(def.ID)
	}
	if err := b.check(&def, a.Now); err != nil {
		return err
	}
	region := b.Region
	if region == "" {
		region = defaultRegion
	}
	return a.create(KindSnapshot, a.newID(KindSnapshot, region), to, "", &Snapshot{
		Code: b.Code, DefVersion: b.DefVersion, AsOf: b.AsOf, PeriodFrom: b.PeriodFrom, PeriodTo: b.PeriodTo, Region: b.Region, ValueInt: b.ValueInt,
		Num: b.Num, Den: b.Den, Permille: b.Permille, Commitment: b.Commitment, InputRoot: b.InputRoot, InputCount: b.InputCount,
		BlockHeight: b.BlockHeight, ComputedBy: a.Actor.USCC, Corrects: corrects, Reason: reason,
	})
}

func moveSnapshot(a *Act, id, event string, change func(*Snapshot) error) error {
	var s Snapshot
	if err := need(a, KindSnapshot, "snapshotId", id, &s); err != nil {
		return err
	}
	to, err := a.step(&snapshotMachine, id, s.State, event, "", nil)
	if err != nil {
		return err
	}
	if err := change(&s); err != nil {
		return err
	}
	s.State = to
	return a.update(KindSnapshot, &s)
}

// ConfirmSnapshot is the body of snapshot.confirm: what the regulator came to
// when it computed the value again.
type ConfirmSnapshot struct {
	SnapshotID string `json:"snapshotId"`
	InputRoot  string `json:"inputRoot"`
	ValueInt   int64  `json:"valueInt"`
	Commitment string `json:"commitment,omitempty"`
}

func confirmSnapshot(a *Act, b *ConfirmSnapshot) error {
	return moveSnapshot(a, b.SnapshotID, "confirm", func(s *Snapshot) error {
		if b.InputRoot != s.InputRoot || b.ValueInt != s.ValueInt || b.Commitment != s.Commitment {
			return refuse(CodeMoney, "重算结果与快照不符：输入根 %[1]s，值 %[2]d", "computed again it came to something else; the snapshot has root %[1]s and value %[2]d", s.InputRoot, s.ValueInt).at("inputRoot").on(s.ID).by("IN-2")
		}
		s.ConfirmedBy = a.Actor.USCC
		return nil
	})
}

// OfSnapshot is the body of snapshot.publish.
type OfSnapshot struct {
	SnapshotID string `json:"snapshotId"`
}

func publishSnapshot(a *Act, b *OfSnapshot) error {
	return moveSnapshot(a, b.SnapshotID, "publish", func(*Snapshot) error { return nil })
}

// CorrectSnapshot is the body of snapshot.correct. The new value is a snapshot
// of its own, of the same indicator and time, to be confirmed like any.
type CorrectSnapshot struct {
	SnapshotID string          `json:"snapshotId"`
	Reason     string          `json:"reason"`
	Value      ComputeSnapshot `json:"value"`
}

func correctSnapshot(a *Act, b *CorrectSnapshot) error {
	return moveSnapshot(a, b.SnapshotID, "correct", func(s *Snapshot) error {
		if b.Value.Code != s.Code || b.Value.AsOf != s.AsOf || b.Value.PeriodFrom != s.PeriodFrom || b.Value.PeriodTo != s.PeriodTo || b.Value.Region != s.Region {
			return refuse(CodeFormat, "更正须为同一指标、同一时点与地区", "a correction is of the same indicator, time and region").at("value").on(s.ID).by("IN-4")
		}
		s.Reason = b.Reason
		if err := checkText("reason", b.Reason, 400); err != nil {
			return err
		}
		return a.snapshot(&b.Value, s.ID, b.Reason)
	})
}

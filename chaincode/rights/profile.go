package rights

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// The parameters of a rule profile. Their values are law or policy and live on
// the ledger only.
const (
	ParamAcceptWorkdays       = "accept.workdays"        // DRWG: 3
	ParamAcceptDeemed         = "accept.deemed"          // 1: silence is acceptance
	ParamCorrectionWorkdays   = "correction.workdays"    // set by the registrar
	ParamReviewWorkdays       = "review.workdays"        // DRWG: 10
	ParamReviewExtendWorkdays = "review.extend.workdays" // DRWG: 10, once
	ParamNoticeWorkdays       = "notice.workdays"        // DRWG: 5
	ParamNoticeExemption      = "notice.exemption"       // 1: the registrar may exempt
	ParamObjectionWorkdays    = "objection.workdays"     // DRWG: 10
	ParamCertMaxMonths        = "cert.maxMonths"         // DRWG: 60
	ParamRetentionYears       = "retention.years"        // DRWG: ≥ 20
	ParamComplianceMinGrade   = "paper.compliance.minGrade"
	ParamBasisMaxDepth        = "basis.maxDepth"
	ParamUtilityRights        = "public.institutionRights" // 1: public institutions may register rights

	// Registration after the first.
	ParamRenewWindowMonths = "renew.window.months" // DRWG: 6
	ParamRenewWindowDays   = "renew.window.days"   // PUBLIC: 60; in place of months
	ParamRenewPendingDays  = "renew.pending.days"  // RT-9: 60
	ParamTransferNotice    = "notice.transfer"     // 1: a transfer is published
	ParamLicenceTypes      = "licence.enabled"     // 1: licence and revocation are types of registration
	ParamObjNotifyWorkdays = "objection.notify.workdays"
	ParamObjSuitDays       = "objection.suit.days"
	ParamObjComplaintDays  = "objection.complete.workdays" // to complete an incomplete objection

	// The market (profile LOCAL).
	ParamListingMaxMonths     = "listing.maxMonths"
	ParamAcceptDelivery       = "delivery.accept.workdays"
	ParamConfirmSettlement    = "settlement.confirm.workdays"
	ParamCompleteTrade        = "trade.complete.workdays" // days of objection after settlement
	ParamDestroyMaxDays       = "copy.destroy.maxDays"
	ParamDisputeAnswer        = "dispute.answer.workdays"
	ParamDisputeMaxDays       = "dispute.maxDays"
	ParamDisputeLimitation    = "dispute.limitation.days"
	ParamPlatformMarkMinGrade = "watermark.platform.minGrade" // DL-1: from this grade the platform embeds the mark
	ParamFingerprintMinGrade  = "watermark.minGrade"          // gate E: file deliveries need a mark from this grade
	ParamDeliveryModes        = "delivery.modes.grade"        // + 1…5: bits of the modes allowed
	ParamRecognitionHours     = "recognition.statusMaxHours"  // MR-1

	// Use and authorised operation.
	ParamLineageDepth       = "lineage.maxDepth"
	ParamLineageInputs      = "lineage.maxInputs"
	ParamGrantL1Months      = "grant.l1.maxMonths"
	ParamGrantL2Months      = "grant.l2.maxMonths"
	ParamGrantNotice        = "grant.notice.workdays"
	ParamGrantExitDays      = "grant.exit.days"
	ParamDisclosureMonth    = "disclosure.dueMonth" // by the last day of this month
	ParamAdmissionMaxMonths = "admission.maxMonths"
	ParamQuotaAlertPercent  = "meter.quotaAlert.percent"
	ParamMeterGapPeriods    = "meter.gap.periods"  // more missing periods than this raise AL-METER-GAP
	ParamMeterSpikeFactor   = "meter.spike.factor" // a period over this many medians raises AL-METER-SPIKE
	ParamMeterSpikeWindow   = "meter.spike.window" // periods the median is taken over

	// Finance.
	ParamEvaluationMonths = "evaluation.maxMonths"
	ParamLTVMaxBps        = "pledge.ltv.maxBps"
	ParamConsentMaxDays   = "pledge.consent.maxDays"
	ParamTermAlertDays    = "term.alertDays"

	// Supervision.
	ParamUrgentDays      = "measure.urgent.days"
	ParamHearingWorkdays = "alert.hearing.workdays"
	ParamAlertDueDays    = "alert.due.days."            // + severity
	ParamSimilarStrong   = "similarity.strong.permille" // 4.4: from here inclusion is strong evidence
	ParamSimilarReview   = "similarity.review.permille" // 4.4: from here a person looks at it
	ParamSketchRequired  = "similarity.sketch.required" // 1: files are registered with a sketch
	ParamPurgeYears      = "secret.retention.years"
	// ParamDemoSeconds > 0 makes a working day that many seconds. Never on a
	// real ledger; everything decided under it says so.
	ParamDemoSeconds = "demo.secondsPerWorkday"
)

// registrationParams must be in every profile that cases begin under.
var registrationParams = []string{
	ParamAcceptWorkdays, ParamAcceptDeemed, ParamCorrectionWorkdays, ParamReviewWorkdays, ParamReviewExtendWorkdays,
	ParamNoticeWorkdays, ParamNoticeExemption, ParamObjectionWorkdays, ParamCertMaxMonths, ParamRetentionYears,
	ParamComplianceMinGrade, ParamBasisMaxDepth,
	ParamRenewWindowMonths, ParamRenewWindowDays, ParamRenewPendingDays, ParamTransferNotice, ParamLicenceTypes,
	ParamObjNotifyWorkdays, ParamObjSuitDays, ParamObjComplaintDays,
}

// marketParams must be in the market's profile beside those.
var marketParams = []string{
	ParamListingMaxMonths, ParamAcceptDelivery, ParamConfirmSettlement, ParamCompleteTrade, ParamDestroyMaxDays,
	ParamDisputeAnswer, ParamDisputeMaxDays, ParamDisputeLimitation, ParamPlatformMarkMinGrade, ParamFingerprintMinGrade,
	ParamDeliveryModes + "1", ParamDeliveryModes + "2", ParamDeliveryModes + "3", ParamDeliveryModes + "4", ParamDeliveryModes + "5",
	ParamRecognitionHours, ParamLineageDepth, ParamLineageInputs, ParamGrantL1Months, ParamGrantL2Months, ParamGrantNotice,
	ParamGrantExitDays, ParamDisclosureMonth, ParamAdmissionMaxMonths, ParamQuotaAlertPercent, ParamMeterGapPeriods,
	ParamMeterSpikeFactor, ParamMeterSpikeWindow, ParamEvaluationMonths,
	ParamLTVMaxBps, ParamConsentMaxDays, ParamTermAlertDays, ParamUrgentDays, ParamHearingWorkdays,
	ParamSimilarStrong, ParamSimilarReview, ParamSketchRequired, ParamAlertDueDays + "Low", ParamAlertDueDays + "Medium", ParamAlertDueDays + "High", ParamAlertDueDays + "Critical", ParamPurgeYears,
}

// requiredParams lists what a profile of that code must set.
func requiredParams(code string) []string {
	if code == CodeLocal {
		return slices.Concat(registrationParams, marketParams)
	}
	return registrationParams
}

// profileVersions is the pointer from a code to its versions, oldest first.
type profileVersions struct {
	Versions []struct {
		Ver  int64   `json:"ver"`
		From UnixSec `json:"from"`
	} `json:"versions"`
}

type calendarVersion struct {
	Ver int64 `json:"ver"`
}

// Profile is a rule profile in use by an act.
type Profile struct {
	Rec *RuleProfile
	act *Act
}

// Ver is how records cite the profile, such as DRWG@1.
func (p *Profile) Ver() string { return p.Rec.ID }

// Int returns a parameter, 0 when the profile does not set it.
func (p *Profile) Int(key string) int64 { return p.Rec.Int(key) }

// Int returns a parameter, 0 when the profile does not set it.
func (r *RuleProfile) Int(key string) int64 {
	i, ok := slices.BinarySearchFunc(r.Params, key, func(q Param, k string) int { return strings.Compare(q.Key, k) })
	if !ok {
		return 0
	}
	return r.Params[i].Int
}

// Demo reports whether legal periods are shortened under this profile.
func (r *RuleProfile) Demo() bool { return r.Int(ParamDemoSeconds) > 0 }

// profileNow returns the profile of that code in force now.
func (a *Act) profileNow(code string) (*Profile, error) {
	ver, err := a.verNow(code)
	if err != nil {
		return nil, err
	}
	if ver != "" {
		return a.profile(ver)
	}
	return nil, refuse(CodeProfile, "规则参数 %s 尚未公布", "no rule profile %s is in force", code).at("profile")
}

// CodeLocal is the profile of the market's own rules: listing, trade, delivery,
// settlement, dispute, use, authorised operation, finance, supervision.
const CodeLocal = "LOCAL"

// marketRules returns the market's rule profile in force.
func (a *Act) marketRules() (*Profile, error) { return a.profileNow(CodeLocal) }

// localVer is how records cite the market's rule profile in force; nothing
// before the first is published.
func (a *Act) localVer() (string, error) {
	if a.local != nil {
		return *a.local, nil
	}
	ver, err := a.verNow(CodeLocal)
	if err != nil {
		return "", err
	}
	a.local = &ver
	return ver, nil
}

// LocalVer is localVer for those that read ahead: nothing when it cannot be told.
func (a *Act) LocalVer() string {
	ver, err := a.localVer()
	if err != nil {
		return ""
	}
	return ver
}

// verNow names the profile of that code in force now; nothing when there is none.
func (a *Act) verNow(code string) (string, error) {
	var vs profileVersions
	if _, err := a.Ledger.Load(PointerProfile, code, &vs); err != nil {
		return "", err
	}
	for i := len(vs.Versions) - 1; i >= 0; i-- {
		if vs.Versions[i].From <= a.Now {
			return fmt.Sprintf("%s@%d", code, vs.Versions[i].Ver), nil
		}
	}
	return "", nil
}

// profile returns the profile a record cites: the one in force when it began.
func (a *Act) profile(ver string) (*Profile, error) {
	if p := a.profiles[ver]; p != nil {
		return p, nil
	}
	rec := new(RuleProfile)
	ok, err := a.Ledger.Load(KindProfile, ver, rec)
	if err != nil {
		return nil, err
	}
	if !ok {
		return nil, refuse(CodeProfile, "账本上没有规则参数 %s", "no rule profile %s on the ledger", ver)
	}
	if a.profiles == nil {
		a.profiles = map[string]*Profile{}
	}
	p := &Profile{Rec: rec, act: a}
	a.profiles[ver] = p
	return p, nil
}

// Due returns the instant at which a period of n working days from start ends:
// 24:00 Asia/Shanghai of its last working day. The day of start is not counted
// (Civil Code 201-203). An act is in time iff now < due.
func (p *Profile) Due(start UnixSec, n int64) (UnixSec, error) {
	if s := p.Int(ParamDemoSeconds); s > 0 {
		return start + n*s, nil
	}
	day := startOfDay(start)
	for n > 0 {
		day = day.AddDate(0, 0, 1)
		working, err := p.act.workingDay(day)
		if err != nil {
			return 0, err
		}
		if working {
			n--
		}
	}
	return day.AddDate(0, 0, 1).Unix(), nil
}

// NextWorkingDay returns the first instant of the first working day at or
// after t.
func (p *Profile) NextWorkingDay(t UnixSec) (UnixSec, error) {
	if p.Int(ParamDemoSeconds) > 0 {
		return t, nil
	}
	day := startOfDay(t)
	for {
		working, err := p.act.workingDay(day)
		if err != nil {
			return 0, err
		}
		if working {
			return day.Unix(), nil
		}
		day = day.AddDate(0, 0, 1)
	}
}

// Extend moves a due instant by the working time between from and to, during
// which the clock stood still. It returns the new instant and the working days
// (or, under a demo profile, seconds) it moved by. Midnight is the end of the
// day before: a clock that stands until 24:00 does not stand the next day.
func (p *Profile) Extend(due, from, to UnixSec) (UnixSec, int64, error) {
	if p.Int(ParamDemoSeconds) > 0 {
		return due + (to - from), to - from, nil
	}
	var days int64
	for d := startOfDay(from-1).AddDate(0, 0, 1); !d.After(startOfDay(to - 1)); d = d.AddDate(0, 0, 1) {
		working, err := p.act.workingDay(d)
		if err != nil {
			return 0, 0, err
		}
		if working {
			days++
		}
	}
	moved, err := p.Due(due-1, days) // due-1 falls on the last day of the period
	return moved, days, err
}

func startOfDay(t UnixSec) time.Time {
	at := time.Unix(t, 0).In(shanghai)
	return time.Date(at.Year(), at.Month(), at.Day(), 0, 0, 0, 0, shanghai)
}

// workingDay looks a day up in the calendar of its year.
func (a *Act) workingDay(day time.Time) (bool, error) {
	cal, err := a.calendar(day.Year())
	if err != nil {
		return false, err
	}
	date := day.Format(time.DateOnly)
	if _, found := slices.BinarySearch(cal.NonWorking, date); found {
		return false, nil
	}
	if _, found := slices.BinarySearch(cal.ExtraWorking, date); found {
		return true, nil
	}
	return day.Weekday() != time.Saturday && day.Weekday() != time.Sunday, nil
}

// calendar returns the newest calendar of a year, read once an act.
func (a *Act) calendar(year int) (*WorkCalendar, error) {
	if cal := a.calendars[year]; cal != nil {
		return cal, nil
	}
	var cv calendarVersion
	ok, err := a.Ledger.Load(PointerCalendar, strconv.Itoa(year), &cv)
	if err != nil {
		return nil, err
	}
	if !ok {
		return nil, refuse(CodeProfile, "%d 年工作日历尚未公布", "no work calendar of %d is published", year)
	}
	cal := new(WorkCalendar)
	if err := need(a, KindCalendar, "", fmt.Sprintf("%d@%d", year, cv.Ver), cal); err != nil {
		return nil, err
	}
	if a.calendars == nil {
		a.calendars = map[int]*WorkCalendar{}
	}
	a.calendars[year] = cal
	return cal, nil
}

// PublishProfile is the body of ruleProfile.publish.
type PublishProfile struct {
	Code    string   `json:"code"`
	Ver     int64    `json:"ver"`
	Params  []Param  `json:"params"`
	From    UnixSec  `json:"from,omitempty"` // 0: at once
	DocRefs []string `json:"docRefs,omitempty"`
	Note    string   `json:"note,omitempty"`
}

func publishProfile(a *Act, b *PublishProfile) error {
	if err := a.publisher(); err != nil {
		return err
	}
	if err := oneOf("code", b.Code, "DRWG", "PUBLIC", "LOCAL"); err != nil {
		return err
	}
	if b.From == 0 {
		b.From = a.Now
	}
	var vs profileVersions
	if _, err := a.Ledger.Load(PointerProfile, b.Code, &vs); err != nil {
		return err
	}
	next := int64(len(vs.Versions)) + 1
	if b.Ver != next {
		return refuse(CodeFormat, "版本须连续递增，下一版是 %d", "versions only append; the next is %d", next).at("ver")
	}
	if n := len(vs.Versions); b.From < a.Now || (n > 0 && b.From < vs.Versions[n-1].From) {
		return refuse(CodeTerm, "生效时间不得早于现在或上一版的生效时间", "from must not be before now or before the previous version's").at("from")
	}
	seen := map[string]bool{}
	for i, q := range b.Params {
		field := fmt.Sprintf("params[%d]", i)
		if !validText(q.Key, 40) || seen[q.Key] {
			return refuse(CodeFormat, "参数名为空或重复", "the key is empty or given twice").at(field + ".key")
		}
		if q.Int < 0 || q.Int > 1_000_000 {
			return refuse(CodeFormat, "须在 0 至 1000000 之间", "must be 0 to 1000000").at(field + ".int")
		}
		seen[q.Key] = true
	}
	for _, k := range requiredParams(b.Code) {
		if !seen[k] {
			return refuse(CodeProfile, "缺少参数 %s", "parameter %s is missing", k).at("params")
		}
	}
	if len(b.Params) > 200 || len(b.DocRefs) > 20 {
		return refuse(CodeFormat, "参数最多 200 个，文件最多 20 个", "at most 200 params and 20 docRefs").at("params")
	}
	if b.Note != "" {
		if err := checkText("note", b.Note, 400); err != nil {
			return err
		}
	}
	slices.SortFunc(b.Params, func(x, y Param) int { return strings.Compare(x.Key, y.Key) })
	rec := &RuleProfile{Code: b.Code, Ver: b.Ver, Params: b.Params, From: b.From, DocRefs: b.DocRefs, Note: b.Note}
	id := fmt.Sprintf("%s@%d", b.Code, b.Ver)
	if err := a.create(KindProfile, id, StateInForce, id, rec); err != nil {
		return err
	}
	vs.Versions = append(vs.Versions, struct {
		Ver  int64   `json:"ver"`
		From UnixSec `json:"from"`
	}{b.Ver, b.From})
	return a.Ledger.Store(PointerProfile, b.Code, &vs)
}

// PublishCalendar is the body of workCalendar.publish, from the State
// Council's yearly holiday notice.
type PublishCalendar struct {
	Year         int64    `json:"year"`
	Ver          int64    `json:"ver"`
	NonWorking   []string `json:"nonWorking"`
	ExtraWorking []string `json:"extraWorking"`
	DocRef       string   `json:"docRef,omitempty"`
}

func publishCalendar(a *Act, b *PublishCalendar) error {
	if err := a.publisher(); err != nil {
		return err
	}
	if b.Year < 2020 || b.Year > 2100 {
		return refuse(CodeFormat, "须在 2020 至 2100 之间", "must be 2020 to 2100").at("year")
	}
	year := fmt.Sprint(b.Year)
	var cv calendarVersion
	if _, err := a.Ledger.Load(PointerCalendar, year, &cv); err != nil {
		return err
	}
	if b.Ver != cv.Ver+1 {
		return refuse(CodeFormat, "版本须连续递增，下一版是 %d", "versions only append; the next is %d", cv.Ver+1).at("ver")
	}
	for _, list := range []struct {
		field string
		days  []string
	}{{"nonWorking", b.NonWorking}, {"extraWorking", b.ExtraWorking}} {
		if len(list.days) > 366 {
			return refuse(CodeFormat, "最多 366 天", "at most 366 days").at(list.field)
		}
		for i, d := range list.days {
			if err := checkDate(fmt.Sprintf("%s[%d]", list.field, i), d); err != nil {
				return err
			}
			if !strings.HasPrefix(d, year) {
				return refuse(CodeFormat, "不属于 %s 年", "is not in %s", year).at(fmt.Sprintf("%s[%d]", list.field, i))
			}
		}
		slices.Sort(list.days)
	}
	for _, d := range b.ExtraWorking {
		if slices.Contains(b.NonWorking, d) {
			return refuse(CodeFormat, "%s 不能既是工作日又是休息日", "%s cannot be both working and not", d).at("extraWorking")
		}
	}
	rec := &WorkCalendar{Year: b.Year, Ver: b.Ver, NonWorking: b.NonWorking, ExtraWorking: b.ExtraWorking, DocRef: b.DocRef}
	if err := a.create(KindCalendar, fmt.Sprintf("%s@%d", year, b.Ver), StateInForce, "", rec); err != nil {
		return err
	}
	return a.Ledger.Store(PointerCalendar, year, &calendarVersion{b.Ver})
}

// publisher refuses everybody but a regulator.
func (a *Act) publisher() error {
	if !a.office(RoleRegulator) {
		return refuse(CodeRole, "只能由监管部门公布", "only a regulator publishes this")
	}
	return nil
}

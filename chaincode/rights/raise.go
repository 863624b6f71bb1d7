package rights

import "strconv"

// Who raises what (3.18). A transaction that succeeds raises with a.raise, for
// whatever it can see itself: AL-REG-DUP, AL-COPY-OVERDUE, AL-QUOTA, AL-METER-GAP,
// AL-METER-SPIKE, AL-ENV, AL-PRICE, AL-GRANT-SCOPE, AL-PLEDGE-TERM, AL-PLEDGE-VALUE,
// AL-CASE-OVERDUE, AL-OBJ-OVERDUE, AL-DISCLOSURE, and AL-BASIS-LOST when a right
// is suspended or cancelled under what rests on it.
//
// What the rules refuse leaves nothing on the ledger: the gateway that was told
// raises AL-RESALE-ATTEMPT, AL-GRADE (no grade is lowered without a report, so
// there are only attempts), and AL-QUOTA, AL-PRICE, AL-ENV, AL-GRANT-SCOPE
// of attempts. It signs with the platform's key and cites the refused command.
//
// What time alone brings about is nobody's transaction: AL-TERM, AL-QUAL,
// AL-CRYPTO, and AL-BASIS-LOST where a term ended or a basis further down fell.
// Nothing goes wrong meanwhile, since effectiveness is asked at every use; the
// platform, or any party, sees it in the index and sends alert.raise. So it is
// with what only content or a whole market shows: AL-REG-NEAR, AL-RESALE-MATCH,
// AL-RAW-EXPORT, AL-WASH.

// AlertRule is one rule of the catalogue of risk alerts (3.18).
type AlertRule struct {
	Code     string
	Severity string
	Title    Text
}

// alertRules lists the rules there are.
var alertRules = []AlertRule{
	{"AL-REG-DUP", "High", Text{"相同内容重复登记未作说明", "equal content registered again, unexplained"}},
	{"AL-REG-NEAR", "High", Text{"与他人对象高度相似", "similar to another holder's object"}},
	{"AL-RESALE-ATTEMPT", "High", Text{"转售企图被拒", "an attempted resale was refused"}},
	{"AL-RESALE-MATCH", "Critical", Text{"指纹与已交付副本匹配", "a fingerprint matches a delivered copy"}},
	{"AL-COPY-OVERDUE", "Medium", Text{"副本逾期未销毁", "a copy is held past its destruction date"}},
	{"AL-QUOTA", "Low", Text{"用量接近或超出限额", "use near or over quota"}},
	{"AL-METER-GAP", "Medium", Text{"计量缺期", "metering periods are missing"}},
	{"AL-METER-SPIKE", "Medium", Text{"用量激增", "use leapt"}},
	{"AL-ENV", "High", Text{"环境证明缺失或环境不符", "attestation missing or environment not permitted"}},
	{"AL-RAW-EXPORT", "Critical", Text{"原始数据出域", "raw data left its domain"}},
	{"AL-GRADE", "High", Text{"无据调低分级", "grade lowered without evidence"}},
	{"AL-BASIS-LOST", "High", Text{"依据失效而仍在使用", "in use although its basis fell away"}},
	{"AL-TERM", "Low", Text{"即将到期", "about to end"}},
	{"AL-PLEDGE-TERM", "High", Text{"权利先于所担保债权到期", "the right ends before the secured claim"}},
	{"AL-PLEDGE-VALUE", "Medium", Text{"质押物价值下降", "a pledged asset lost value"}},
	{"AL-WASH", "High", Text{"疑似虚假交易", "suspected wash trades"}},
	{"AL-PRICE", "Medium", Text{"价格异常", "unusual price"}},
	{"AL-GRANT-SCOPE", "High", Text{"许可用途超出授权场景", "permit purpose outside the grant's scenarios"}},
	{"AL-OBJ-OVERDUE", "Medium", Text{"异议处理逾期", "an objection was handled late"}},
	{"AL-CASE-OVERDUE", "Medium", Text{"登记案件逾期", "a registration case was handled late"}},
	{"AL-DISCLOSURE", "Low", Text{"授权运营信息披露逾期", "a grant's disclosure is late"}},
	{"AL-QUAL", "Medium", Text{"第三方资质到期", "a third party's qualification expired"}},
	{"AL-CRYPTO", "Medium", Text{"算法不符或证书将到期", "algorithm outside the profile or certificate near expiry"}},
}

// AlertRules returns the catalogue, for the documentation.
func AlertRules() []AlertRule { return append([]AlertRule(nil), alertRules...) }

func alertRule(code string) *AlertRule {
	for i := range alertRules {
		if alertRules[i].Code == code {
			return &alertRules[i]
		}
	}
	return nil
}

// raise writes an alert of the system into a transaction that succeeds (3.18).
// A refused one leaves nothing: what it attempted is raised by the platform's
// gateway with alert.raise.
func (a *Act) raise(rule string, target Record, kind Kind, subjects ...string) error {
	h := target.head()
	due, err := a.alertDue(alertRule(rule).Severity)
	if err != nil {
		return err
	}
	return a.create(KindAlert, a.newID(KindAlert, a.regionFor(h.ID)), StateRaised, "", &Alert{
		RuleCode: rule, Severity: alertRule(rule).Severity, TargetType: string(kind), TargetID: h.ID, SubjectIDs: subjects,
		FactRefs: []string{h.ID + "@" + strconv.FormatInt(h.Version, 10)}, RaisedBy: "System", RaisedAt: a.Now, DueAt: due,
	})
}

// basisLost raises the alert that something in being rests on a right which just
// stopped being effective. What it is, the right's own record leads to.
func (a *Act) basisLost(r *Right) error {
	open, err := a.relyingOn(r.ID, KindListing, KindPermit, KindPledge)
	if err != nil || len(open) == 0 {
		return err
	}
	return a.raise("AL-BASIS-LOST", r, KindRight, r.HolderID)
}

// regionFor is the region of a record's id, the actor's where the id has none.
func (a *Act) regionFor(id string) string {
	if len(id) > 9 && id[2] == '-' && reRegion.MatchString(id[3:9]) {
		return id[3:9]
	}
	if a.Actor != nil && a.Actor.RegionCode != "" {
		return a.Actor.RegionCode
	}
	return defaultRegion
}

// defaultRegion is the city's own code (GB/T 2260), for ids of records that
// belong nowhere else.
const defaultRegion = "320900"

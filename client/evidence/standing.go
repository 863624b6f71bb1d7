package evidence

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/datarights/datarights/chaincode/rights"
)

var rightTitles = map[rights.RightKind]rights.Text{
	rights.RightHolding: {Zh: "数据持有权", En: "holding right"}, rights.RightUse: {Zh: "数据使用权", En: "use right"}, rights.RightOperation: {Zh: "数据经营权", En: "operation right"},
}

var encumbranceTitles = map[rights.EncumbranceType]rights.Text{
	rights.EncObjection: {Zh: "异议", En: "objection"}, rights.EncPledge: {Zh: "质押", En: "pledge"}, rights.EncFreeze: {Zh: "冻结", En: "freeze"},
	rights.EncDispute: {Zh: "争议", En: "dispute"}, rights.EncExclusive: {Zh: "独占许可", En: "exclusive licence"},
}

func stateTitle(kind rights.Kind, s rights.State) rights.Text {
	for _, m := range rights.Machines() {
		if m.Kind == kind {
			return m.Titled(s)
		}
	}
	return rights.Text{Zh: string(s), En: string(s)}
}

// standing says in words what is proven of the record, and what of it is bad news.
func (v *proofVerifier) standing() {
	var head rights.Head
	if err := json.Unmarshal(v.Statement.Record, &head); err != nil || head.ID != v.ID {
		v.note(Failed, AreaRecord, v.ID, 0, "记录不可读", "the record cannot be read")
		return
	}
	state := stateTitle(v.Kind, head.State)
	good := false
	switch v.Kind {
	case rights.KindCertificate:
		var c rights.Certificate
		if json.Unmarshal(v.Statement.Record, &c) != nil {
			v.note(Failed, AreaRecord, v.ID, 0, "凭证不可读", "the certificate cannot be read")
			return
		}
		v.note(Proven, AreaRecord, v.ID, v.AsOf, "登记凭证 %[1]s（第 %[2]d 版，%[3]s）：“%[5]s”，登记主体 %[6]s（%[7]s）", "certificate %[1]s (version %[2]d, %[4]s): %[5]q, registered for %[6]s (%[7]s)",
			c.CertNo, c.Version, state.Zh, state.En, c.DataName, c.HolderName, c.HolderID)
		good = c.State == rights.StateValid || c.State == rights.StateAdjusted
		if c.DemoProfile {
			v.warn("演示凭证，不具法律效力", "a demonstration: this certificate has no legal effect")
		}
	case rights.KindPledge:
		v.note(Proven, AreaRecord, v.ID, v.AsOf, "质押 %[1]s（第 %[2]d 版）：%[3]s", "pledge %[1]s (version %[2]d): %[4]s", v.ID, head.Version, state.Zh, state.En)
		good = head.State == rights.StateRegistered || head.State == rights.StateEnforcing
	default:
		v.note(Proven, AreaRecord, v.ID, v.AsOf, "交易 %[1]s（第 %[2]d 版）：%[3]s", "trade %[1]s (version %[2]d): %[4]s", v.ID, head.Version, state.Zh, state.En)
	}
	if v.Kind != rights.KindTrade && !good {
		v.warn("%[1]s 的状态为“%[2]s”，不是有效状态", "%[1]s is %[3]s, not in force", v.ID, state.Zh, strings.ToLower(state.En))
	}
	for _, c := range v.Statement.Certificates {
		var cert rights.Certificate
		if json.Unmarshal(c, &cert) == nil {
			t := stateTitle(rights.KindCertificate, cert.State)
			v.note(Proven, AreaRecord, cert.CertNo, v.AsOf, "登记凭证 %[1]s（第 %[2]d 版，%[3]s）：“%[5]s”", "certificate %[1]s (version %[2]d, %[4]s): %[5]q", cert.CertNo, cert.Version, t.Zh, t.En, cert.DataName)
		}
	}
	if n := len(v.Statement.Commands); n > 0 && v.Statement.Commands[n-1].Version != head.Version {
		v.note(Asserted, AreaCommand, v.ID, 0, "记录为第 %[1]d 版，文件所载命令写至第 %[2]d 版", "the record has version %[1]d; the commands here go up to %[2]d", head.Version, v.Statement.Commands[n-1].Version)
	}
	carried := v.rights()
	if v.Kind != rights.KindTrade {
		good = good && carried
		v.InForce = &good
	}
}

// rights says how each right stands, and reports whether one is in being and all
// that are can be relied on.
func (v *proofVerifier) rights() bool {
	now := v.o.Now.Unix()
	inBeing, all := false, true
	for i := range v.Statement.Rights {
		r := &v.Statement.Rights[i]
		kind, state := rightTitles[r.Kind], stateTitle(rights.KindRight, r.State)
		effect := rights.Text{Zh: "当时有效", En: "effective then"}
		if !r.Effective {
			effect = rights.Text{Zh: "当时无效", En: "not effective then"}
			if r.Why != nil {
				effect = rights.Text{Zh: effect.Zh + "（" + r.Why.DetailZh + "）", En: effect.En + " (" + r.Why.Detail + ")"}
			}
		}
		v.note(Proven, AreaRecord, r.RightID, v.AsOf, "%[1]s（第 %[3]d 版，%[4]s）属 %[6]s，自 %[7]s 至 %[8]s（不含），%[9]s；%[11]s", "the %[2]s (version %[3]d, %[5]s) is %[6]s's, from %[7]s to %[8]s (exclusive), %[10]s; %[12]s",
			kind.Zh, kind.En, r.Version, state.Zh, state.En, r.HolderID, clock(r.ValidFrom), clock(r.ValidTo), effect.Zh, effect.En, encumbered(r, v.AsOf).Zh, encumbered(r, v.AsOf).En)
		if len(r.Closed) > 0 {
			v.note(Asserted, AreaLimit, r.RightID, 0, "其所依据的 %[1]s 属当事人之间，未向公众核验；“有效”不含此项", "it rests also on %[1]s, which is between parties and not looked into for the public; effective is said without it", strings.Join(r.Closed, ", "))
		}
		switch {
		case r.State != rights.StateActive && r.State != rights.StateSuspended:
			v.warn("%[1]s %[2]s：%[4]s", "the %[3]s %[1]s is %[5]s", r.RightID, kind.Zh, kind.En, state.Zh, strings.ToLower(state.En))
			if v.Kind != rights.KindCertificate {
				all = false
			}
			continue // it has left the certificate
		case !r.Effective:
			all = false
			v.warn("%[1]s %[2]s %[4]s", "the %[3]s %[1]s was %[5]s", r.RightID, kind.Zh, kind.En, effect.Zh, effect.En)
		case now >= r.ValidTo && v.AsOf < r.ValidTo:
			all = false
			v.warn("%[1]s %[2]s 的期限在陈述之后已届满（%[4]s）", "the term of the %[3]s %[1]s has ended since, at %[4]s", r.RightID, kind.Zh, kind.En, clock(r.ValidTo))
		}
		inBeing = true
		if names := restraints(r, v.AsOf); len(names) > 0 {
			v.warn("%[1]s %[2]s 上有：%[4]s", "on the %[3]s %[1]s lies: %[5]s", r.RightID, kind.Zh, kind.En, join(names, "、", true), join(names, ", ", false))
		}
	}
	return inBeing && all
}

// restraints are the kinds of encumbrance in force on a right.
func restraints(r *rights.StatedRight, at int64) (list []rights.Text) {
	for _, e := range r.Encumbrances {
		if e.To > 0 && e.To <= at || e.From > at {
			continue
		}
		t, known := encumbranceTitles[e.Type]
		if !known {
			t = rights.Text{Zh: string(e.Type), En: string(e.Type)}
		}
		if !slices.Contains(list, t) {
			list = append(list, t)
		}
	}
	return list
}

func encumbered(r *rights.StatedRight, at int64) rights.Text {
	list := restraints(r, at)
	if len(list) == 0 {
		return rights.Text{Zh: "无权利负担", En: "nothing lies on it"}
	}
	return rights.Text{Zh: "负担：" + join(list, "、", true), En: fmt.Sprint("on it: ", join(list, ", ", false))}
}

func join(list []rights.Text, between string, zh bool) string {
	var words []string
	for _, t := range list {
		if zh {
			words = append(words, t.Zh)
		} else {
			words = append(words, t.En)
		}
	}
	return strings.Join(words, between)
}

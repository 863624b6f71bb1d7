package rights

import "strconv"

// A developer is admitted to authorised operation before anything is granted
// to it (GR-7).
var admissionMachine = Machine{
	Entity: "admission",
	Kind:   KindAdmission,
	Title:  Text{"开发主体准入", "Admission"},
	States: []StateInfo{
		{StateAdmitted, Text{"已准入", "Admitted"}, false},
		{StateExited, Text{"已退出", "Exited"}, false},
		{StateBarred, Text{"取消准入", "Barred"}, true},
	},
	Transitions: []Transition{
		{nil, "admit", "", who(ByAuthoriser), Text{"运营主体或实施机构依规则准入；附材料；同一机构至多一件有效准入", "by an operating or implementing body under its rules; with papers; one in being by the same body"}, StateAdmitted},
		{in(StateAdmitted), "exit", "", who(ByGrantee, ByAuthoriser), Text{"其下授权即时失效（GR-7）；写明了结期限与清单", "grants under it fall at once (GR-7); with what is to be closed and by when"}, StateExited},
		{in(StateAdmitted, StateExited), "bar", "", who(ByAuthoriser, ByRegulator), Text{"附理由；其下授权即时失效（GR-7）", "with a reason; grants under it fall at once (GR-7)"}, StateBarred},
	},
}

// Admit is the body of admission.admit (AdmitDeveloper).
type Admit struct {
	DeveloperID string    `json:"developerId"`
	Rule        string    `json:"rule"` // under which it is admitted
	Evidence    *Evidence `json:"evidence"`
	ValidFrom   UnixSec   `json:"validFrom"`
	ValidTo     UnixSec   `json:"validTo"`
}

func admitDeveloper(a *Act, b *Admit) error {
	to, err := a.step(&admissionMachine, "", "", "admit", "", Relations{ByAuthoriser: {a.Actor.USCC}})
	if err != nil {
		return err
	}
	if err := first(checkText("rule", b.Rule, 200), needPaper("evidence", b.Evidence)); err != nil {
		return err
	}
	if _, err := a.activeWith("actor", a.Actor.USCC, RoleOperating, RoleImplementing); err != nil {
		return err
	}
	p, err := a.marketRules()
	if err != nil {
		return err
	}
	most := p.Int(ParamAdmissionMaxMonths)
	if b.ValidFrom <= 0 || b.ValidTo <= b.ValidFrom || b.ValidTo <= a.Now || b.ValidTo > AddMonths(b.ValidFrom, most) {
		return refuse(CodeTerm, "准入期限须未过且最长 %d 个月", "the term must not be over and is at most %d months", most).at("validTo")
	}
	developer, err := a.activeWith("developerId", b.DeveloperID, RoleDeveloper)
	if err != nil {
		return err
	}
	if developer.USCC == a.Actor.USCC {
		return refuse(CodeSelf, "不得准入自己", "nobody admits itself").at("developerId")
	}
	id := a.newID(KindAdmission, a.regionFor(""))
	if err := a.claimOnce(pair("admission", b.DeveloperID, a.Actor.USCC), id, "developerId", func(other string) (bool, error) {
		var ad Admission
		err := need(a, KindAdmission, "developerId", other, &ad)
		return ad.State == StateAdmitted && a.Now < ad.ValidTo, err
	}); err != nil {
		return err
	}
	return a.create(KindAdmission, id, to, p.Ver(), &Admission{DeveloperID: b.DeveloperID, AuthoriserID: a.Actor.USCC, Rule: b.Rule, Evidence: b.Evidence,
		ValidFrom: b.ValidFrom, ValidTo: b.ValidTo, RelatedParty: related(a.Actor, developer)})
}

// EndAdmission is the body of admission.exit and admission.bar.
type EndAdmission struct {
	AdmissionID string   `json:"admissionId"`
	Checklist   []string `json:"checklist,omitempty"` // what is to be closed, returned or wiped
	Reason      string   `json:"reason"`
}

const secondsPerDay = 86400

func endAdmission(event string) func(*Act, *EndAdmission) error {
	return func(a *Act, b *EndAdmission) error {
		if err := checkText("reason", b.Reason, 400); err != nil {
			return err
		}
		if len(b.Checklist) > 50 {
			return refuse(CodeFormat, "最多 50 项", "at most 50 items").at("checklist")
		}
		for i, x := range b.Checklist {
			if err := checkText("checklist["+strconv.Itoa(i)+"]", x, 200); err != nil {
				return err
			}
		}
		var ad Admission
		if err := need(a, KindAdmission, "admissionId", b.AdmissionID, &ad); err != nil {
			return err
		}
		to, err := a.step(&admissionMachine, ad.ID, ad.State, event, "", Relations{ByGrantee: {ad.DeveloperID}, ByAuthoriser: {ad.AuthoriserID}})
		if err != nil {
			return err
		}
		p, err := a.profile(ad.RuleProfileVer)
		if err != nil {
			return err
		}
		if ad.ExitDueAt == 0 { // copies are destroyed and workspaces wiped by then
			ad.ExitDueAt = a.Now + p.Int(ParamGrantExitDays)*secondsPerDay
		}
		ad.State, ad.Reason, ad.Checklist = to, b.Reason, b.Checklist
		return a.update(KindAdmission, &ad)
	}
}

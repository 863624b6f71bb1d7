package rights

import (
	"encoding/base64"
	"slices"
	"strconv"
	"strings"

	"github.com/datarights/datarights/internal/gm"
)

// admitterOf says whose officer admits a role: the exchange for market roles,
// the regulator for the rest.
func admitterOf(r Role) Role {
	switch r {
	case RoleEnterprise, RoleVendor, RoleBank, RoleSourceUnit, RoleMediator, RolePeerExchange:
		return RoleExchange
	}
	return RoleRegulator
}

// enrollable are the roles that the members of the consortium carry by their
// function; an organisation's own administrator gives them, nobody applies for
// them.
var enrollable = map[Function][]Role{
	FunctionRegistration: {RoleRegistrar, RolePlatform, RoleOperating},
	FunctionTrading:      {RoleExchange, RolePlatform},
	FunctionSupervision:  {RoleRegulator},
	FunctionFinance:      {RoleBank},
}

// Enrollable lists the roles of an organisation with that function.
func Enrollable(f Function) []Role { return slices.Clone(enrollable[f]) }

var applicableRoles = []Role{
	RoleEnterprise, RoleVendor, RoleThirdParty, RoleBank, RoleSourceUnit, RoleImplementing, RoleOperating,
	RoleDeveloper, RoleMediator, RolePeerExchange,
}

var orgTypes = []string{"OrgEnterprise", "OrgGovernment", "OrgInstitution", "OrgSocial", "OrgFinancial", "OrgNaturalPerson"}

var regulatorDomains = []string{"data", "cyberspace", "crypto", "finance", "publicSecurity", "other"}

// Application is the body of participant.apply. It is signed with the very key
// applied for, as key number 1.
type Application struct {
	USCC           string          `json:"uscc"`
	Name           string          `json:"name"`
	OrgType        string          `json:"orgType"`
	Roles          []Role          `json:"roles"`
	VendorTypes    []string        `json:"vendorTypes,omitempty"`
	ServiceTypes   []string        `json:"serviceTypes,omitempty"`
	RegionCode     string          `json:"regionCode"`
	FuncZone       string          `json:"funcZone,omitempty"`
	IndustryCode   string          `json:"industryCode,omitempty"`
	Origin         string          `json:"origin,omitempty"`
	SettledOn      string          `json:"settledOn,omitempty"`
	GroupID        string          `json:"groupId,omitempty"`
	Qualifications []Qualification `json:"qualifications,omitempty"`
	PublicKey      string          `json:"publicKey"`
}

// ParseKey decodes a base64 DER SubjectPublicKeyInfo and returns its
// fingerprint beside it.
func ParseKey(field, b64 string) (gm.PublicKey, string, error) {
	der, err := base64.StdEncoding.Strict().DecodeString(b64)
	if err != nil {
		return gm.PublicKey{}, "", refuse(CodeFormat, "须为 SM2 公钥 SubjectPublicKeyInfo 的 base64", "must be base64 of an SM2 SubjectPublicKeyInfo in DER").at(field)
	}
	pub, err := gm.ParsePublicKey(der)
	if err != nil {
		return gm.PublicKey{}, "", refuse(CodeFormat, "不是 SM2 公钥：%v", "is not an SM2 public key: %v", err).at(field)
	}
	return pub, gm.Fingerprint(pub), nil
}

func (b *Application) check() error {
	if err := first(
		checkParticipantID("uscc", b.USCC),
		checkText("name", b.Name, 40),
		oneOf("orgType", b.OrgType, orgTypes...),
		checkRegion("regionCode", b.RegionCode),
		oneOf("funcZone", b.FuncZone, "", "YCETDZ", "YNHTZ"),
		oneOf("origin", b.Origin, "", "Local", "Introduced"),
	); err != nil {
		return err
	}
	if person := b.OrgType == "OrgNaturalPerson"; person != rePerson.MatchString(b.USCC) {
		return refuse(CodeFormat, "自然人用 NP- 化名编号，组织用统一社会信用代码", "a natural person has an NP- pseudonym, an organisation its credit code").at("uscc")
	}
	if len(b.Roles) == 0 || len(b.Roles) > len(applicableRoles) {
		return refuse(CodeFormat, "至少申请一个角色", "ask for at least one role").at("roles")
	}
	for i, r := range b.Roles {
		field := "roles[" + strconv.Itoa(i) + "]"
		if err := oneOf(field, r, applicableRoles...); err != nil {
			return err
		}
		if slices.Contains(b.Roles[:i], r) {
			return refuse(CodeFormat, "重复", "is given twice").at(field)
		}
		if admitterOf(r) != admitterOf(b.Roles[0]) {
			return refuse(CodeRole, "一次申请的角色须由同一机关准入；其余角色准入后另行申请", "roles of one application must have one admitting authority; ask for the others after admission").at(field).by("P-2")
		}
	}
	if b.IndustryCode != "" {
		if err := checkIndustry("industryCode", b.IndustryCode); err != nil {
			return err
		}
	}
	if b.SettledOn != "" {
		if err := checkDate("settledOn", b.SettledOn); err != nil {
			return err
		}
	}
	if b.GroupID != "" {
		if err := checkHash("groupId", b.GroupID); err != nil {
			return err
		}
	}
	if err := vocabulary("vendorTypes", b.VendorTypes, "VendorTechnical", "VendorService", "VendorApplication"); err != nil {
		return err
	}
	if err := vocabulary("serviceTypes", b.ServiceTypes, "SvcBroker", "SvcCompliance", "SvcAudit", "SvcNotary", "SvcInsurance", "SvcCustody", "SvcTraining", "SvcAppraisal"); err != nil {
		return err
	}
	if len(b.Qualifications) > 20 {
		return refuse(CodeFormat, "最多 20 项资质", "at most 20 qualifications").at("qualifications")
	}
	for i, q := range b.Qualifications {
		f := "qualifications[" + strconv.Itoa(i) + "]"
		if err := first(checkText(f+".type", q.Type, 40), checkText(f+".no", q.No, 40), checkDate(f+".from", q.From), checkDate(f+".to", q.To), checkHash(f+".evidenceHash", q.EvidenceHash)); err != nil {
			return err
		}
	}
	return nil
}

func vocabulary(field string, values []string, allowed ...string) error {
	for i, v := range values {
		if err := oneOf(field+"["+strconv.Itoa(i)+"]", v, allowed...); err != nil {
			return err
		}
		if slices.Contains(values[:i], v) {
			return refuse(CodeFormat, "重复", "is given twice").at(field + "[" + strconv.Itoa(i) + "]")
		}
	}
	return nil
}

func apply(a *Act, b *Application) error {
	if err := b.check(); err != nil {
		return err
	}
	if err := a.knownRegion("regionCode", b.RegionCode); err != nil {
		return err
	}
	_, fingerprint, err := ParseKey("publicKey", b.PublicKey)
	if err != nil {
		return err
	}
	var p Participant
	exists, err := a.Ledger.Load(KindParticipant, b.USCC, &p)
	if err != nil {
		return err
	}
	keyNo := len(p.Keys) + 1 // numbers are never used again, also after re-entry
	if exists && p.State != StateRefused && p.State != StateExited {
		return refuse(CodeExists, "主体 %s 已在账本上（%s）", "participant %s is on the ledger already (%s)", b.USCC, string(p.State)).at("uscc").on(b.USCC).by("P-1")
	}
	if a.Kid != KeyID(b.USCC, keyNo) {
		return refuse(CodeKey, "须以 %s#%d 自签：密钥编号不重复使用", "must be signed as %s#%d: key numbers are never used again", b.USCC, keyNo)
	}
	if err := a.claimKey("publicKey", fingerprint, b.USCC); err != nil {
		return err
	}
	next := p
	next.USCC, next.Name, next.OrgType, next.Roles = b.USCC, b.Name, b.OrgType, b.Roles
	next.VendorTypes, next.ServiceTypes, next.RegionCode, next.FuncZone = b.VendorTypes, b.ServiceTypes, b.RegionCode, b.FuncZone
	next.IndustryCode, next.Origin, next.SettledOn, next.GroupID = b.IndustryCode, b.Origin, b.SettledOn, b.GroupID
	next.Qualifications = b.Qualifications
	next.Reason, next.MeasureRef, next.MeasureBy, next.Warnings = "", "", "", usccWarnings(b.USCC)
	a.retireKeys(&next)
	next.Keys = append(next.Keys, Key{No: keyNo, PublicKey: b.PublicKey, Fingerprint: fingerprint, State: KeyActive, From: a.Now, By: a.Kid})
	if !exists {
		return a.create(KindParticipant, b.USCC, StateApplied, "", &next)
	}
	next.State = StateApplied
	return a.update(KindParticipant, &next)
}

// usccWarnings are oddities of a code that do not refuse it: legacy codes exist.
func usccWarnings(uscc string) []string {
	if !rePerson.MatchString(uscc) && !ValidOrganisationCode(uscc) {
		return []string{"GB 11714"}
	}
	return nil
}

// retireKeys takes every key out of use: whoever reopens a record brings another.
func (a *Act) retireKeys(p *Participant) {
	for i := range p.Keys {
		if p.Keys[i].State == KeyActive {
			p.Keys[i].State, p.Keys[i].To = KeyRetired, a.Now
		}
	}
}

// KeyOwner is the value of PointerKey: the way from a key to whoever brought it first.
type KeyOwner struct {
	ParticipantID string `json:"participantId"`
}

// claimKey makes sure that a key serves one participant, once.
func (a *Act) claimKey(field, fingerprint, id string) error {
	var owner KeyOwner
	used, err := a.Ledger.Load(PointerKey, fingerprint, &owner)
	if err != nil {
		return err
	}
	if used {
		return refuse(CodeExists, "该密钥已在账本上使用过，密钥不得重复使用", "this key was used on the ledger before; keys are never used again").at(field)
	}
	return a.Ledger.Store(PointerKey, fingerprint, &KeyOwner{id})
}

// Enrolment is what an organisation's Fabric administrator registers: an
// institution of the organisation and one officer's key.
type Enrolment struct {
	USCC            string         `json:"uscc"`
	Name            string         `json:"name"`
	OrgType         string         `json:"orgType"`
	Roles           []Role         `json:"roles"`
	RegionCode      string         `json:"regionCode"`
	PublicKey       string         `json:"publicKey"`
	Post            string         `json:"post"`
	Duties          []Role         `json:"duties,omitempty"` // default: all roles
	Registrar       *RegistrarCode `json:"registrar,omitempty"`
	RegulatorDomain string         `json:"regulatorDomain,omitempty"`
	GroupID         string         `json:"groupId,omitempty"`
}

// Enrol registers an institution with its first officer, or one more officer
// of an institution its organisation enrolled before. The caller has checked
// that the submitter is an administrator of a.MSP.
func Enrol(a *Act, b *Enrolment) error {
	var org Organisation
	if err := need(a, KindOrganisation, "mspId", a.MSP, &org); err != nil {
		return err
	}
	if err := first(checkParticipantID("uscc", b.USCC), checkText("name", b.Name, 40), oneOf("orgType", b.OrgType, orgTypes[:5]...),
		checkRegion("regionCode", b.RegionCode), checkText("post", b.Post, 40)); err != nil {
		return err
	}
	if len(b.Roles) == 0 {
		return refuse(CodeFormat, "至少一个角色", "at least one role").at("roles")
	}
	for i, r := range b.Roles {
		if err := oneOf("roles["+strconv.Itoa(i)+"]", r, enrollable[org.Function]...); err != nil {
			return err
		}
	}
	if len(b.Duties) == 0 {
		b.Duties = b.Roles
	}
	if slices.Contains(b.Roles, RoleRegistrar) {
		if b.Registrar == nil || len(b.Registrar.Region) != 2 || len(b.Registrar.Digit) != 1 ||
			strings.Trim(b.Registrar.Region+b.Registrar.Digit, "0123456789") != "" {
			return refuse(CodeFormat, "登记机构须有两位地区码和一位机构号，如 32 与 1", "a registrar needs a two-digit region and a one-digit number, such as 32 and 1").at("registrar")
		}
	} else if b.Registrar != nil {
		return refuse(CodeFormat, "只有登记机构才有登记机构号", "only a registrar has a registrar number").at("registrar")
	}
	if slices.Contains(b.Roles, RoleRegulator) {
		if err := oneOf("regulatorDomain", b.RegulatorDomain, regulatorDomains...); err != nil {
			return err
		}
	} else if b.RegulatorDomain != "" {
		return refuse(CodeFormat, "只有监管部门才有监管领域", "only a regulator has a domain").at("regulatorDomain")
	}
	if b.GroupID != "" {
		if err := checkHash("groupId", b.GroupID); err != nil {
			return err
		}
	}
	_, fingerprint, err := ParseKey("publicKey", b.PublicKey)
	if err != nil {
		return err
	}
	var p Participant
	exists, err := a.Ledger.Load(KindParticipant, b.USCC, &p)
	if err != nil {
		return err
	}
	reopened := exists && p.MSPID == "" && (p.State == StateRefused || p.State == StateExited) // whoever used the code has no claim to it
	if reopened {
		a.retireKeys(&p)
		p = Participant{Head: p.Head, Keys: p.Keys}
	} else if exists {
		switch {
		case p.MSPID != a.MSP:
			return refuse(CodeExists, "主体 %s 不属于 %s", "participant %s does not belong to %s", b.USCC, a.MSP).at("uscc").on(b.USCC)
		case p.State != StateActive:
			return refuse(CodeInactive, "机构状态为 %s", "the institution is %s", string(p.State)).on(b.USCC)
		case !slices.Equal(p.Roles, b.Roles):
			return refuse(CodeExists, "机构已登记，角色不同；角色不由此变更", "the institution is enrolled with other roles; they do not change here").at("roles").on(b.USCC)
		}
	}
	if err := checkDuties("duties", b.Duties, b.Roles); err != nil {
		return err
	}
	if err := a.claimKey("publicKey", fingerprint, b.USCC); err != nil {
		return err
	}
	p.Keys = append(p.Keys, Key{No: len(p.Keys) + 1, PublicKey: b.PublicKey, Fingerprint: fingerprint, State: KeyActive, From: a.Now,
		By: a.Kid, Officer: &Officer{Post: b.Post, Duties: b.Duties}})
	if exists && !reopened {
		return a.update(KindParticipant, &p)
	}
	p.USCC, p.Name, p.OrgType, p.Roles, p.RegionCode = b.USCC, b.Name, b.OrgType, b.Roles, b.RegionCode
	p.MSPID, p.Registrar, p.RegulatorDomain, p.GroupID, p.Warnings = a.MSP, b.Registrar, b.RegulatorDomain, b.GroupID, usccWarnings(b.USCC)
	if reopened {
		p.State = StateActive
		return a.update(KindParticipant, &p)
	}
	return a.create(KindParticipant, b.USCC, StateActive, "", &p)
}

func checkDuties(field string, duties, roles []Role) error {
	for i, d := range duties {
		f := field + "[" + strconv.Itoa(i) + "]"
		if err := oneOf(f, d, roles...); err != nil {
			return err
		}
		if slices.Contains(duties[:i], d) {
			return refuse(CodeFormat, "重复", "is given twice").at(f)
		}
	}
	return nil
}

// OfParticipant is the body of participant.admit; keyFingerprint, when given,
// must be the fingerprint of the key that is being admitted.
type OfParticipant struct {
	USCC           string `json:"uscc"`
	KeyFingerprint string `json:"keyFingerprint,omitempty"`
}

// WithReason is the body of participant.refuse.
type WithReason struct {
	USCC   string `json:"uscc"`
	Reason string `json:"reason"`
}

// WithMeasure is the body of participant.suspend, resume and expel.
type WithMeasure struct {
	USCC       string `json:"uscc"`
	MeasureRef string `json:"measureRef"`
}

// AddRole is the body of participant.addRole.
type AddRole struct {
	USCC string `json:"uscc"`
	Role Role   `json:"role"`
}

// move loads a participant and steps it; change, when given, edits it first.
func move(a *Act, id, event string, rel func(*Participant) Relations, change func(*Participant) error) error {
	var p Participant
	if err := need(a, KindParticipant, "uscc", id, &p); err != nil {
		return err
	}
	to, err := a.step(&participantMachine, id, p.State, event, "", rel(&p))
	if err != nil {
		return err
	}
	if change != nil {
		if err := change(&p); err != nil {
			return err
		}
	}
	p.State = to
	return a.update(KindParticipant, &p)
}

func byAdmitter(p *Participant) Relations { return admittedAs(p.Roles...) }

func admittedAs(roles ...Role) Relations {
	names := make([]string, len(roles))
	for i, r := range roles {
		names[i] = string(r)
	}
	return Relations{ByAdmitter: names}
}

func bySelf(p *Participant) Relations { return Relations{BySelf: {p.USCC}} }

func admit(a *Act, b *OfParticipant) error {
	return move(a, b.USCC, "admit", byAdmitter, func(p *Participant) error {
		if k := p.Keys[len(p.Keys)-1]; b.KeyFingerprint != "" && b.KeyFingerprint != k.Fingerprint {
			return refuse(CodeKey, "申请的密钥指纹是 %s", "the key applied for has fingerprint %s", k.Fingerprint).at("keyFingerprint").on(p.ID)
		}
		if p.SettledOn == "" {
			p.SettledOn = CivilDate(a.Now)
		}
		return nil
	})
}

func refuseApplication(a *Act, b *WithReason) error {
	if err := checkText("reason", b.Reason, 400); err != nil {
		return err
	}
	return move(a, b.USCC, "refuse", byAdmitter, func(p *Participant) error { p.Reason = b.Reason; return nil })
}

func addRole(a *Act, b *AddRole) error {
	if err := oneOf("role", b.Role, applicableRoles...); err != nil {
		return err
	}
	return move(a, b.USCC, "addRole", func(*Participant) Relations { return admittedAs(b.Role) }, func(p *Participant) error {
		if slices.Contains(p.Roles, b.Role) {
			return refuse(CodeExists, "已有角色 %s", "has %s already", string(b.Role)).at("role").on(p.ID)
		}
		if p.MSPID != "" {
			return refuse(CodeSelf, "联盟机构不得兼任市场角色", "an institution of the consortium takes no further role").at("role").on(p.ID).by("SD-4")
		}
		p.Roles = append(p.Roles, b.Role)
		return nil
	})
}

func measured(event string) func(*Act, *WithMeasure) error {
	return func(a *Act, b *WithMeasure) error {
		if err := checkText("measureRef", b.MeasureRef, 80); err != nil {
			return err
		}
		return move(a, b.USCC, event, byAdmitter, func(p *Participant) error {
			if p.USCC == a.Actor.USCC {
				return refuse(CodeSelf, "不能对自己采取措施", "nobody takes a measure against itself").at("uscc")
			}
			if event == "resume" {
				if err := a.mayLift(p.MeasureBy, p.ID); err != nil {
					return err
				}
			}
			p.MeasureRef, p.MeasureBy = b.MeasureRef, a.Actor.USCC
			return nil
		})
	}
}

// RotateKey is the body of participant.rotateKey, signed with the old key.
// Proof is the new key's SM2 signature (base64url r‖s) over RotationStatement.
type RotateKey struct {
	PublicKey string `json:"publicKey"`
	Proof     string `json:"proof"`
}

// RotationStatement is what a new key signs to prove possession.
func RotationStatement(kid, publicKey string) string {
	return "datarights-rotate-key-v1\n" + kid + "\n" + publicKey
}

// addKey appends a proven key to the actor and returns it.
func (a *Act) addKey(p *Participant, publicKey, proof string, officer *Officer) error {
	if len(p.Keys) >= 200 {
		return refuse(CodeFormat, "密钥最多 200 个", "at most 200 keys").at("publicKey")
	}
	pub, fingerprint, err := ParseKey("publicKey", publicKey)
	if err != nil {
		return err
	}
	no := len(p.Keys) + 1
	sig, err := base64.RawURLEncoding.Strict().DecodeString(proof)
	if err != nil || !gm.Verify(pub, []byte(RotationStatement(KeyID(p.USCC, no), publicKey)), sig) {
		return refuse(CodeSignature, "新密钥须对“datarights-rotate-key-v1\\n%s\\n<publicKey>”签名", "the new key must sign \"datarights-rotate-key-v1\\n%s\\n<publicKey>\"", KeyID(p.USCC, no)).at("proof")
	}
	if err := a.claimKey("publicKey", fingerprint, p.USCC); err != nil {
		return err
	}
	p.Keys = append(p.Keys, Key{No: no, PublicKey: publicKey, Fingerprint: fingerprint, State: KeyActive, From: a.Now, By: a.Kid, Officer: officer})
	return nil
}

func rotateKey(a *Act, b *RotateKey) error {
	return move(a, a.Actor.USCC, "rotateKey", bySelf, func(p *Participant) error {
		old := &p.Keys[a.Key.No-1]
		officer := old.Officer
		if err := a.addKey(p, b.PublicKey, b.Proof, officer); err != nil {
			return err
		}
		old = &p.Keys[a.Key.No-1] // append may have moved it
		old.State, old.To = KeyRetired, a.Now
		return nil
	})
}

// AddOfficer is the body of participant.addOfficer; Proof as in RotateKey.
type AddOfficer struct {
	PublicKey string `json:"publicKey"`
	Proof     string `json:"proof"`
	Post      string `json:"post"`
	Duties    []Role `json:"duties"`
}

func addOfficer(a *Act, b *AddOfficer) error {
	if err := checkText("post", b.Post, 40); err != nil {
		return err
	}
	if len(b.Duties) == 0 {
		return refuse(CodeFormat, "至少一项职责", "at least one duty").at("duties")
	}
	return move(a, a.Actor.USCC, "addOfficer", bySelf, func(p *Participant) error {
		if p.MSPID == "" || a.Key.Officer == nil {
			return refuse(CodeRole, "只有联盟机构的经办人可以增设经办人", "only an officer of an institution adds officers").on(p.ID)
		}
		if a.MSP != p.MSPID {
			return refuse(CodeRole, "须经本机构（%s）的网关提交", "must be submitted through its own organisation (%s)", p.MSPID).on(p.ID)
		}
		if err := checkDuties("duties", b.Duties, a.Key.Officer.Duties); err != nil {
			return err // nobody gives away what he has not
		}
		return a.addKey(p, b.PublicKey, b.Proof, &Officer{Post: b.Post, Duties: b.Duties})
	})
}

// isOffice tells duties that officers carry from the platform's, whose key
// lies with a running service.
func isOffice(duty Role) bool { return duty != RolePlatform }

// RevokeKey is the body of participant.revokeKey.
type RevokeKey struct {
	KeyNo  int    `json:"keyNo"`
	Reason string `json:"reason"`
}

func revokeKey(a *Act, b *RevokeKey) error {
	if err := checkText("reason", b.Reason, 400); err != nil {
		return err
	}
	return move(a, a.Actor.USCC, "revokeKey", bySelf, func(p *Participant) error {
		if b.KeyNo < 1 || b.KeyNo > len(p.Keys) || p.Keys[b.KeyNo-1].State != KeyActive {
			return refuse(CodeNotFound, "没有编号为 %d 的有效密钥", "no active key number %d", b.KeyNo).at("keyNo").on(p.ID)
		}
		if a.Key.Officer != nil && b.KeyNo != a.Key.No && !slices.ContainsFunc(a.Key.Officer.Duties, isOffice) {
			return refuse(CodeRole, "平台服务密钥只能停用自己", "a platform's service key revokes none but itself").at("keyNo").on(p.ID)
		}
		active := 0
		for _, k := range p.Keys {
			if k.State == KeyActive {
				active++
			}
		}
		if active == 1 {
			return refuse(CodeState, "不得停用最后一个有效密钥；请先轮换", "the last active key cannot be revoked; rotate it first").at("keyNo").on(p.ID)
		}
		p.Keys[b.KeyNo-1].State, p.Keys[b.KeyNo-1].To = KeyRevoked, a.Now
		return nil
	})
}

// Exit is the body of participant.exit. That nothing is open and no right is
// active the ledger sees for itself; of open cases, which end with the
// applicant, the participant declares it.
type Exit struct {
	Declaration string `json:"declaration"`
}

func exit(a *Act, b *Exit) error {
	if err := checkText("declaration", b.Declaration, 400); err != nil {
		return err
	}
	return move(a, a.Actor.USCC, "exit", bySelf, func(p *Participant) error {
		if p.MSPID != "" {
			return refuse(CodeRole, "联盟机构的退出由共识配置变更办理", "an institution of the consortium leaves by a change of the consortium").on(p.ID)
		}
		if err := a.nothingRelies(p.ID); err != nil {
			return err
		}
		if err := a.holdsNothing(p.ID); err != nil {
			return err
		}
		p.Reason = b.Declaration
		return nil
	})
}

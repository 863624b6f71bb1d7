package rights

import (
	"encoding/json"
	"errors"
	"reflect"
	"slices"
	"strings"
)

// MaxBatch is how many items a batch may carry.
const MaxBatch = 1000

// Decode reads a JSON object strictly into v: unknown fields, other cases of a
// field's letters and fractional integers are refused with the field named.
type Decode func(raw json.RawMessage, v any) error

// Command is one thing a participant can do to the ledger.
type Command struct {
	Name    string // <entity>.<event>
	Title   Text
	Machine *Machine // nil for what is published once
	Event   string
	Batch   bool // <name>Batch exists: up to MaxBatch bodies under one signature
	// SelfSigned marks the one command whose signer is not on the ledger yet.
	SelfSigned bool
	// WhileSuspended marks what a suspended participant may still do (P-3).
	WhileSuspended bool
	Body           func() any // a new zero body, for documentation
	run            func(a *Act, decode Decode, common, raw json.RawMessage) error
}

// does makes a Command of a typed handler.
func does[B any](m *Machine, name string, title Text, batch bool, handle func(*Act, *B) error) *Command {
	_, event, _ := strings.Cut(name, ".")
	return &Command{
		Name: name, Title: title, Machine: m, Event: event, Batch: batch,
		Body: func() any { return new(B) },
		run: func(a *Act, decode Decode, common, raw json.RawMessage) error {
			body := new(B)
			if common != nil {
				if err := decode(common, body); err != nil {
					return err
				}
				forget(body, raw)
			}
			if err := decode(raw, body); err != nil {
				return err
			}
			if err := a.signedWithin(body); err != nil {
				return err
			}
			return handle(a, body)
		},
	}
}

// whileSuspended marks a command that a suspended participant may send too.
func (c *Command) whileSuspended() *Command {
	c.WhileSuspended = true
	return c
}

// forget clears the fields of a body that raw gives itself: they are replaced,
// not merged into.
func forget(body any, raw json.RawMessage) {
	var own map[string]json.RawMessage
	if json.Unmarshal(raw, &own) != nil {
		return // decoding it says what is wrong
	}
	v := reflect.ValueOf(body).Elem()
	for _, f := range reflect.VisibleFields(v.Type()) {
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		if _, given := own[name]; given && len(f.Index) == 1 {
			v.FieldByIndex(f.Index).SetZero()
		}
	}
}

var commands = catalogueOfCommands()

func catalogueOfCommands() []*Command {
	list := []*Command{
		does(nil, "ruleProfile.publish", Text{"公布规则参数", "published a rule profile"}, false, publishProfile),
		does(nil, "workCalendar.publish", Text{"公布工作日历", "published a work calendar"}, false, publishCalendar),

		does(&participantMachine, "participant.apply", Text{"申请成为主体", "applied as participant"}, false, apply),
		does(&participantMachine, "participant.admit", Text{"准入主体", "admitted a participant"}, false, admit),
		does(&participantMachine, "participant.refuse", Text{"不予准入", "refused a participant"}, false, refuseApplication),
		does(&participantMachine, "participant.addRole", Text{"增加角色", "added a role"}, false, addRole),
		does(&participantMachine, "participant.rotateKey", Text{"轮换密钥", "rotated a key"}, false, rotateKey),
		does(&participantMachine, "participant.addOfficer", Text{"增设经办人", "added an officer"}, false, addOfficer),
		does(&participantMachine, "participant.revokeKey", Text{"停用密钥", "revoked a key"}, false, revokeKey),
		does(&participantMachine, "participant.suspend", Text{"暂停主体", "suspended a participant"}, false, measured("suspend")),
		does(&participantMachine, "participant.resume", Text{"恢复主体", "resumed a participant"}, false, measured("resume")),
		does(&participantMachine, "participant.exit", Text{"退出", "left"}, false, exit),
		does(&participantMachine, "participant.expel", Text{"清退主体", "expelled a participant"}, false, measured("expel")),

		does(&resourceMachine, "resource.catalogue", Text{"编目数据资源", "catalogued a resource"}, true, catalogue),
		does(&resourceMachine, "resource.addVersion", Text{"增加资源版本", "added a version"}, false, addVersion),
		does(&resourceMachine, "resource.regrade", Text{"调整分级", "regraded a resource"}, false, regrade),
		does(&resourceMachine, "resource.suspend", Text{"暂停资源", "suspended a resource"}, false, resourceMeasured("suspend")),
		does(&resourceMachine, "resource.resume", Text{"恢复资源", "resumed a resource"}, false, resourceMeasured("resume")),
		does(&resourceMachine, "resource.retire", Text{"停用资源", "retired a resource"}, false, retire),
		does(&resourceMachine, "resource.certifyDestroyed", Text{"证明已销毁", "certified destruction"}, false, certifyDestroyed),

		does(&caseMachine, "registration.submit", Text{"申请登记", "applied for registration"}, true, submit),
		does(&caseMachine, "registration.requestCorrection", Text{"要求补正", "asked for correction"}, true, requestCorrection),
		does(&caseMachine, "registration.resubmit", Text{"补正", "resubmitted"}, true, resubmit),
		does(&caseMachine, "registration.lapse", Text{"写明视为未申请", "noted a lapse"}, true, lapse),
		does(&caseMachine, "registration.accept", Text{"受理", "accepted"}, true, accept),
		does(&caseMachine, "registration.deemAccept", Text{"写明视为受理", "noted deemed acceptance"}, true, deemAccept),
		does(&caseMachine, "registration.extendReview", Text{"延长审查期限", "extended the review"}, true, extendReview),
		does(&caseMachine, "registration.review", Text{"写明审查结论", "wrote down findings"}, true, review),
		does(&caseMachine, "registration.requestSupplement", Text{"要求补充材料", "asked for a supplement"}, true, requestSupplement),
		does(&caseMachine, "registration.supplement", Text{"补充材料", "supplemented"}, true, supplement),
		does(&caseMachine, "registration.terminate", Text{"终止", "terminated"}, true, terminate),
		does(&caseMachine, "registration.reject", Text{"不予登记", "rejected"}, true, reject),
		does(&caseMachine, "registration.publishNotice", Text{"发布公示", "published notice"}, true, publishNotice),
		does(&caseMachine, "registration.fileObjection", Text{"提出异议", "filed an objection"}, false, fileObjection),
		does(&caseMachine, "registration.decideObjection", Text{"决定异议", "decided an objection"}, false, decideObjection),
		does(&caseMachine, "registration.withdrawObjection", Text{"撤回异议", "withdrew an objection"}, false, withdrawObjection),
		does(&caseMachine, "registration.record", Text{"登记并发证", "recorded and certified"}, true, record),
		does(&caseMachine, "registration.withdraw", Text{"撤回申请", "withdrew"}, true, withdraw),
		does(&caseMachine, "registration.hold", Text{"暂缓办理", "put on hold"}, true, hold),
		does(&caseMachine, "registration.releaseHold", Text{"解除暂缓", "released from hold"}, true, releaseHold),

		does(&rightMachine, "right.suspend", Text{"暂停权利", "suspended a right"}, true, rightMeasured("suspend")),
		does(&rightMachine, "right.resume", Text{"恢复权利", "resumed a right"}, true, rightMeasured("resume")),
		does(&rightMachine, "right.expire", Text{"写明权利届满", "noted expiry of a right"}, true, expireRight),
		does(&certificateMachine, "certificate.expire", Text{"写明凭证届满", "noted expiry of a certificate"}, true, expireCertificate),
	}
	list = slices.Concat(list, registrationCommands(), offerCommands(), dealingCommands(), useCommands(), financeCommands(), supervisionCommands())
	for _, c := range list {
		c.SelfSigned = c.Name == "participant.apply"
	}
	return list
}

// Commands lists everything that can be done, in the order of the documentation.
func Commands() []*Command { return slices.Clone(commands) }

const batchSuffix = "Batch"

// CommandNamed finds a command; batch tells that the name is its batch form.
func CommandNamed(name string) (c *Command, batch bool) {
	for _, c := range commands {
		if c.Name == name {
			return c, false
		}
		if c.Batch && c.Name+batchSuffix == name {
			return c, true
		}
	}
	return nil, false
}

// batchBody is the body of every <name>Batch: each item is a body of <name>;
// what is equal in all of them stands once in common, and an item's own field
// replaces it.
type batchBody struct {
	Common json.RawMessage   `json:"common,omitempty"`
	Items  []json.RawMessage `json:"items"`
}

// Apply runs the act's command with its body. On a refusal nothing that was
// stored may be kept.
func Apply(a *Act, body json.RawMessage, decode Decode) error {
	c, batch := CommandNamed(a.Command)
	if c == nil {
		return refuse(CodeFormat, "没有命令 %s", "there is no command %s", a.Command).at("command")
	}
	if err := a.mayAct(c); err != nil {
		return err
	}
	a.decode = decode
	carried := len(a.Secret) > 0
	var err error
	if batch {
		err = applyBatch(a, c, body, decode)
	} else {
		err = c.run(a, decode, nil, body)
	}
	if err != nil {
		return err
	}
	return a.unasked(carried)
}

// mayAct refuses a key out of use, whoever is not active (G-2), but for what a
// suspended participant still may and must do (P-3), and an officer who comes through another organisation's gateway.
func (a *Act) mayAct(c *Command) error {
	if c.SelfSigned {
		if a.Actor != nil && a.Actor.State != StateRefused && a.Actor.State != StateExited {
			return refuse(CodeExists, "主体 %s 已在账本上", "participant %s is on the ledger already", a.Actor.USCC).on(a.Actor.USCC).by("P-1")
		}
		return nil
	}
	if a.Actor == nil || a.Key == nil {
		return refuse(CodeKey, "密钥 %s 不在账本上", "key %s is not on the ledger", a.Kid).at("kid")
	}
	if a.Key.State != KeyActive {
		return refuse(CodeKey, "密钥 %s 已停用", "key %s is no longer in use", a.Kid).at("kid").on(a.Actor.USCC)
	}
	if a.Actor.State != StateActive && !(c.WhileSuspended && a.Actor.State == StateSuspended) {
		title := participantMachine.Titled(a.Actor.State)
		return refuse(CodeInactive, "主体 %[1]s 的状态为“%[2]s”", "participant %[1]s is %[3]s", a.Actor.USCC, title.Zh, strings.ToLower(title.En)).on(a.Actor.USCC).by("G-2")
	}
	if a.Key.Officer != nil && a.Actor.MSPID != a.MSP {
		return refuse(CodeRole, "经办人的命令须经本机构（%s）的网关提交，而不是 %s", "an officer's command must be submitted through its own organisation (%s), not %s", a.Actor.MSPID, a.MSP).by("SD-6")
	}
	return nil
}

func applyBatch(a *Act, c *Command, body json.RawMessage, decode Decode) error {
	var b batchBody
	if err := decode(body, &b); err != nil {
		return err
	}
	if len(b.Items) == 0 || len(b.Items) > MaxBatch {
		return refuse(CodeFormat, "须有 1 至 %d 项", "must have 1 to %d items", MaxBatch).at("items")
	}
	if b.Common != nil { // once, or every item would be at fault
		if err := decode(b.Common, c.Body()); err != nil {
			if e := asRefusal(err); e != nil {
				return e.at("common." + e.Field)
			}
			return err
		}
	}
	var secrets []json.RawMessage // one an item, in order
	if len(a.Secret) > MaxSecrets {
		return refuse(CodeTooLarge, "批量命令的保密内容合计超过 %d 字节", "the secrets of the batch are over %d bytes together", MaxSecrets).at(FieldSecret)
	}
	if len(a.Secret) > 0 {
		if err := json.Unmarshal(a.Secret, &secrets); err != nil || len(secrets) != len(b.Items) {
			return refuse(CodeFormat, "批量命令的保密内容须为与各项一一对应的 JSON 数组", "the secret of a batch is a JSON array with one element an item").at(FieldSecret)
		}
	}
	var faults []ItemError
	for i, item := range b.Items {
		if secrets != nil {
			a.Secret = secrets[i]
		}
		err := c.run(a, decode, b.Common, item)
		switch e := asRefusal(err); {
		case err == nil:
		case e == nil:
			return err // the engine's, not the item's
		default:
			if len(faults) >= 100 { // every item is named, the first hundred at length
				e = &Error{Code: e.Code, Field: e.Field}
			}
			faults = append(faults, ItemError{i, *e})
		}
	}
	if len(faults) > 0 {
		e := refuse(CodeBatch, "%d 项中有 %d 项不合要求，全部未执行", "%[2]d of %[1]d items are at fault; nothing was applied", len(b.Items), len(faults)).at("items")
		e.Items = faults
		return e
	}
	return nil
}

// asRefusal returns err as a refusal, nil when it is something else.
func asRefusal(err error) *Error {
	var e *Error
	errors.As(err, &e)
	return e
}

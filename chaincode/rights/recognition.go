package rights

import (
	"encoding/base64"
	"slices"
	"strconv"
	"strings"

	"github.com/datarights/datarights/internal/gm"
)

// Recognition of a certificate that another exchange issued (3.22).
var recognitionMachine = Machine{
	Entity: "recognition",
	Kind:   KindRecognition,
	Title:  Text{"互认", "Recognition"},
	States: []StateInfo{
		{StateProposed, Text{"已申请", "Proposed"}, false},
		{StateRecognised, Text{"已互认", "Recognised"}, false},
		{StateSuspended, Text{"暂停", "Suspended"}, false},
		{StateEnded, Text{"已终止", "Ended"}, true},
	},
	Transitions: []Transition{
		{nil, "propose", "", who(BySubmitter), Text{"权利人、对方交易机构或本地交易机构提出；对方机构的 SM2 签名成立（MR-1）", "by the holder, the peer exchange or an exchange here; the peer's SM2 signature verifies (MR-1)"}, StateProposed},
		{in(StateProposed), "recognise", "", who(ByExchange), Text{"对方机构有效；状态核验在规则参数的小时数内（MR-1）", "the peer is active; the status was checked within the profile's hours (MR-1)"}, StateRecognised},
		{in(StateSuspended), "recognise", "", who(ByExchange, ByRegulator), Text{"由谁暂停，由谁恢复（SM-3）；同上", "by whoever suspended (SM-3); as above"}, StateRecognised},
		{in(StateProposed), "refreshStatus", "", who(ByAnyone), Text{"对方机构对新核验时间的签名", "the peer's signature over a later check"}, StateProposed},
		{in(StateRecognised), "refreshStatus", "", who(ByAnyone), Text{"对方机构对新核验时间的签名", "the peer's signature over a later check"}, StateRecognised},
		{in(StateSuspended), "refreshStatus", "", who(ByAnyone), Text{"对方机构对新核验时间的签名", "the peer's signature over a later check"}, StateSuspended},
		{in(StateRecognised), "suspend", "", who(ByExchange, ByRegulator), Text{"写明理由", "with a reason"}, StateSuspended},
		{in(StateProposed, StateRecognised, StateSuspended), "end", "", who(BySubmitter, ByExchange, ByRegulator), Text{"写明理由", "with a reason"}, StateEnded},
	},
}

// RecognitionStatement is what a peer exchange signs: that it found its
// certificate valid at checkedAt, what the certificate is (number and hash),
// whose, of which kinds of right, over which content and until when. Kinds are
// in the order of the record, joined by commas.
func RecognitionStatement(r *Recognition, checkedAt UnixSec) string {
	return strings.Join([]string{
		"datarights-recognition-v1", r.PeerID, r.ForeignCertNo, r.ForeignHash, r.HolderUSCC, strings.Join(strs(r.Kinds), ","), r.MatchTag,
		strconv.FormatInt(r.ValidTo, 10), strconv.FormatInt(checkedAt, 10),
	}, "\n")
}

// peerSaid verifies the peer exchange's word on a certificate and takes it over.
func (a *Act) peerSaid(r *Recognition, checkedAt UnixSec, att *Attestation) error {
	const field = "foreignSignature"
	peer, err := a.activeWith("peerId", r.PeerID, RolePeerExchange)
	if err != nil {
		return err
	}
	if checkedAt <= r.StatusCheckedAt || checkedAt > a.Now {
		return refuse(CodeTerm, "核验时间须晚于上次（%[1]s）且不晚于现在", "the check must be later than the last (%[1]s) and not after now", stamp(r.StatusCheckedAt)).at("statusCheckedAt").by("MR-1")
	}
	if att == nil {
		return refuse(CodeFormat, "须附对方交易机构的签名", "needs the peer exchange's signature").at(field).by("MR-1")
	}
	id, no, ok := SplitKeyID(att.Kid)
	if !ok {
		return refuse(CodeFormat, "须为 <主体>#<密钥编号>", "must be <participant>#<key number>").at(field + ".kid")
	}
	if id != peer.USCC || no > len(peer.Keys) || peer.Keys[no-1].State != KeyActive {
		return refuse(CodeKey, "%[1]s 不是 %[2]s 的有效密钥", "%[1]s is not an active key of %[2]s", att.Kid, peer.USCC).at(field + ".kid").by("MR-1")
	}
	pub, _, err := ParseKey(field+".kid", peer.Keys[no-1].PublicKey)
	if err != nil {
		return err
	}
	sig, err := base64.RawURLEncoding.Strict().DecodeString(att.Signature)
	if err != nil || !gm.Verify(pub, []byte(RecognitionStatement(r, checkedAt)), sig) {
		return refuse(CodeSignature, "签名与凭证、权利人、权利种类、内容、期限、核验时间不符", "the signature does not fit certificate, holder, kinds, content, term and time of the check").at(field + ".signature").by("MR-1")
	}
	r.StatusCheckedAt, r.ForeignSignature = checkedAt, att
	return nil
}

// ProposeRecognition is the body of recognition.propose.
type ProposeRecognition struct {
	PeerID           string       `json:"peerId"`
	ForeignCertNo    string       `json:"foreignCertNo"`
	ForeignHash      string       `json:"foreignHash"`
	HolderUSCC       string       `json:"holderUscc"`
	Kinds            []RightKind  `json:"kinds"`
	MatchTag         string       `json:"matchTag,omitempty"`
	ValidTo          UnixSec      `json:"validTo"`
	StatusCheckedAt  UnixSec      `json:"statusCheckedAt"`
	ForeignSignature *Attestation `json:"foreignSignature"`
}

func (b *ProposeRecognition) check(now UnixSec) error {
	if err := first(checkText("foreignCertNo", b.ForeignCertNo, 40), checkHash("foreignHash", b.ForeignHash), checkParticipantID("holderUscc", b.HolderUSCC)); err != nil {
		return err
	}
	if strings.Contains(b.ForeignCertNo, "/") || !validID(b.ForeignCertNo) {
		return refuse(CodeFormat, "不得含 /", "must not contain /").at("foreignCertNo")
	}
	if len(b.Kinds) == 0 {
		return refuse(CodeFormat, "至少一种权利", "at least one kind of right").at("kinds")
	}
	if err := vocabulary("kinds", strs(b.Kinds), string(RightHolding), string(RightUse), string(RightOperation)); err != nil {
		return err
	}
	if b.MatchTag != "" {
		if err := checkHash("matchTag", b.MatchTag); err != nil {
			return err
		}
	}
	if b.ValidTo <= now {
		return refuse(CodeTerm, "凭证已届满", "the certificate has ended").at("validTo").by("MR-1")
	}
	return nil
}

func proposeRecognition(a *Act, b *ProposeRecognition) error {
	state, err := a.step(&recognitionMachine, "", "", "propose", "", Relations{BySubmitter: {a.Actor.USCC}})
	if err != nil {
		return err
	}
	if a.Actor.USCC != b.HolderUSCC && a.Actor.USCC != b.PeerID && !a.office(RoleExchange) {
		return refuse(CodeRole, "互认由权利人、对方交易机构或本地交易机构提出", "the holder, the peer exchange or an exchange here proposes a recognition").at("holderUscc").by("MR-1")
	}
	if err := b.check(a.Now); err != nil {
		return err
	}
	holder, err := a.activeWith("holderUscc", b.HolderUSCC)
	if err != nil {
		return err
	}
	if err := tradesOnOwnAccount("holderUscc", holder); err != nil {
		return err
	}
	if b.PeerID == b.HolderUSCC {
		return refuse(CodeSelf, "对方交易机构不得为权利人", "the peer exchange is not the holder").at("peerId").on(b.PeerID).by("SD-2")
	}
	r := &Recognition{PeerID: b.PeerID, ForeignCertNo: b.ForeignCertNo, ForeignHash: b.ForeignHash, HolderUSCC: b.HolderUSCC, Kinds: b.Kinds,
		MatchTag: b.MatchTag, ValidTo: b.ValidTo, SubmitterID: a.Actor.USCC}
	if err := a.peerSaid(r, b.StatusCheckedAt, b.ForeignSignature); err != nil {
		return err
	}
	id := a.newID(KindRecognition, a.regionFor(""))
	if err := a.claimOnce(pair("recognition", r.PeerID, r.ForeignCertNo), id, "foreignCertNo", func(other string) (bool, error) {
		var o Recognition
		err := need(a, KindRecognition, "foreignCertNo", other, &o)
		return o.State != StateEnded, err
	}); err != nil {
		return err
	}
	return a.create(KindRecognition, id, state, "", r)
}

// OfRecognition is the body of recognition.recognise.
type OfRecognition struct {
	RecognitionID string `json:"recognitionId"`
}

// RefreshRecognition is the body of recognition.refreshStatus.
type RefreshRecognition struct {
	RecognitionID    string       `json:"recognitionId"`
	StatusCheckedAt  UnixSec      `json:"statusCheckedAt"`
	ForeignSignature *Attestation `json:"foreignSignature"`
}

// RecognitionReason is the body of recognition.suspend and recognition.end.
type RecognitionReason struct {
	RecognitionID string `json:"recognitionId"`
	Reason        string `json:"reason"`
}

func moveRecognition(a *Act, id, event string, change func(*Recognition) error) error {
	var r Recognition
	if err := need(a, KindRecognition, "recognitionId", id, &r); err != nil {
		return err
	}
	to, err := a.step(&recognitionMachine, id, r.State, event, "", Relations{BySubmitter: {r.SubmitterID, r.HolderUSCC, r.PeerID}})
	if err != nil {
		return err
	}
	if err := change(&r); err != nil {
		return err
	}
	r.State = to
	return a.update(KindRecognition, &r)
}

func recognise(a *Act, b *OfRecognition) error {
	p, err := a.marketRules()
	if err != nil {
		return err
	}
	return moveRecognition(a, b.RecognitionID, "recognise", func(r *Recognition) error {
		if err := a.mayLift(r.SuspendedBy, r.ID); err != nil {
			return err
		}
		r.SuspendedBy, r.Reason = "", ""
		if err := a.fresh(p, "recognitionId", r); err != nil {
			return err
		}
		if r.MatchTag == "" {
			return nil
		}
		offer, err := a.offerOf(r.MatchTag)
		if err != nil {
			return err
		}
		if offer != nil && offer.SellerID != r.HolderUSCC { // MR-4, gate H
			if err := a.raise("AL-REG-DUP", r, KindRecognition, r.HolderUSCC, offer.SellerID); err != nil {
				return err
			}
		}
		return a.Ledger.Store(PointerUnique, pair("recognised", r.MatchTag), &once{r.ID})
	})
}

// recognitionOf is the newest recognition of a content, nil when there is none
// that counts.
func (a *Act) recognitionOf(tag string) (*Recognition, error) {
	var o once
	if ok, err := a.Ledger.Load(PointerUnique, pair("recognised", tag), &o); err != nil || !ok {
		return nil, err
	}
	var r Recognition
	if err := need(a, KindRecognition, "matchTag", o.ID, &r); err != nil {
		return nil, err
	}
	if r.State != StateRecognised || a.Now >= r.ValidTo {
		return nil, nil
	}
	return &r, nil
}

// fresh refuses a certificate whose peer is not active, that has ended, or whose
// status nobody asked for too long (MR-1).
func (a *Act) fresh(p *Profile, field string, r *Recognition) error {
	if _, err := a.activeWith(field, r.PeerID, RolePeerExchange); err != nil {
		return err
	}
	if a.Now >= r.ValidTo {
		return refuse(CodeTerm, "凭证 %[1]s 已于 %[2]s 届满", "certificate %[1]s ended %[2]s", r.ForeignCertNo, stamp(r.ValidTo)).at(field).on(r.ID).by("MR-1")
	}
	if hours := p.Int(ParamRecognitionHours); a.Now-r.StatusCheckedAt > hours*3600 {
		return refuse(CodeTerm, "状态核验已逾 %d 小时，请更新（recognition.refreshStatus）", "its status was checked over %d hours ago; refresh it: recognition.refreshStatus", hours).at(field).on(r.ID).by("MR-1")
	}
	return nil
}

// recognised loads a recognition that supports an offer of seller's: recognised
// now, fresh, of an operation right, over this content (MR-1).
func (a *Act) recognised(p *Profile, field, id, seller, tag string) (*Recognition, error) {
	var r Recognition
	if err := need(a, KindRecognition, field, id, &r); err != nil {
		return nil, err
	}
	if err := a.effective(p, field, r.ID); err != nil {
		return nil, err
	}
	if err := a.fresh(p, field, &r); err != nil {
		return nil, err
	}
	if r.HolderUSCC != seller {
		return nil, refuse(CodeBasis, "凭证的权利人是 %s", "the certificate is %s's", r.HolderUSCC).at(field).on(r.ID).by("MR-1")
	}
	if !slices.Contains(r.Kinds, RightOperation) {
		return nil, refuse(CodeBasis, "凭证不含数据经营权", "the certificate has no operation right").at(field).on(r.ID).by("MR-1")
	}
	if r.MatchTag != "" && r.MatchTag != tag {
		return nil, refuse(CodeBasis, "内容与所互认的凭证不符", "the content is not what the certificate is about").at(field).on(r.ID).by("MR-1")
	}
	return &r, nil
}

func refreshRecognition(a *Act, b *RefreshRecognition) error {
	return moveRecognition(a, b.RecognitionID, "refreshStatus", func(r *Recognition) error {
		return a.peerSaid(r, b.StatusCheckedAt, b.ForeignSignature)
	})
}

func suspendRecognition(a *Act, b *RecognitionReason) error {
	if err := checkText("reason", b.Reason, 400); err != nil {
		return err
	}
	return moveRecognition(a, b.RecognitionID, "suspend", func(r *Recognition) error {
		r.SuspendedBy, r.Reason = a.Actor.USCC, b.Reason
		return nil
	})
}

func endRecognition(a *Act, b *RecognitionReason) error {
	if err := checkText("reason", b.Reason, 400); err != nil {
		return err
	}
	return moveRecognition(a, b.RecognitionID, "end", func(r *Recognition) error { r.Reason = b.Reason; return nil })
}

package rights

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"slices"
	"strings"

	"github.com/datarights/datarights/internal/gm"
)

// OpenFingerprint is the body of alert.openFingerprint: the code found in a
// seized sample and the nonce it was committed with, base64url. Both are public
// on the ledger from then on; that is the regulator's decision.
type OpenFingerprint struct {
	AlertID    string `json:"alertId"`
	DeliveryID string `json:"deliveryId"`
	Code       string `json:"code"`
	Nonce      string `json:"nonce"`
}

// maxMatched bounds the deliveries of one alert.
const maxMatched = 100

// FingerprintCommit is the commitment to a fingerprint by the algorithm of that
// name, sm3 or sha256: H(code‖nonce).
func FingerprintCommit(algorithm string, code, nonce []byte) string {
	whole := slices.Concat(code, nonce)
	if algorithm == "sha256" {
		sum := sha256.Sum256(whole)
		return "sha256:" + hex.EncodeToString(sum[:])
	}
	sum := gm.SM3(whole)
	return "sm3:" + hex.EncodeToString(sum[:])
}

func openFingerprint(a *Act, b *OpenFingerprint) error {
	return moveAlert(a, b.AlertID, "openFingerprint", func(al *Alert) error {
		code, err := fingerprintBytes("code", b.Code, 1)
		if err != nil {
			return err
		}
		nonce, err := fingerprintBytes("nonce", b.Nonce, saltSize)
		if err != nil {
			return err
		}
		var d Delivery
		if err := need(a, KindDelivery, "deliveryId", b.DeliveryID, &d); err != nil {
			return err
		}
		algorithm, _, _ := strings.Cut(d.FingerprintCommit, ":")
		if d.FingerprintCommit == "" || FingerprintCommit(algorithm, code, nonce) != d.FingerprintCommit {
			return refuse(CodeBasis, "水印码与交付 %s 的承诺不符", "the code does not open the commitment of the delivery %s", d.ID).at("code").on(d.ID).by("4.4")
		}
		if slices.Contains(al.MatchedDeliveryIDs, d.ID) {
			return refuse(CodeExists, "该交付已匹配", "the delivery is matched already").at("deliveryId").on(d.ID)
		}
		if len(al.MatchedDeliveryIDs) >= maxMatched {
			return refuse(CodeFormat, "最多 %d 项", "at most %d", maxMatched).at("deliveryId").on(al.ID)
		}
		al.MatchedDeliveryIDs = append(al.MatchedDeliveryIDs, d.ID)
		return nil
	})
}

func fingerprintBytes(field, s string, least int) ([]byte, error) {
	raw, err := base64.RawURLEncoding.Strict().DecodeString(s)
	if err != nil || len(raw) < least || len(raw) > 256 {
		return nil, refuse(CodeFormat, "须为 %d 至 256 字节的 base64url", "must be base64url of %d to 256 bytes", least).at(field)
	}
	return raw, nil
}

// ConfirmAlert is the body of alert.confirm. IRCode is for illegal secondary
// trade; for IR-1, IR-3 and IR-4 it needs the proof.
type ConfirmAlert struct {
	AlertID     string       `json:"alertId"`
	IRCode      string       `json:"irCode,omitempty"`
	Finding     string       `json:"finding"`
	FindingHash string       `json:"findingHash"`
	EvidenceIDs []string     `json:"evidenceIds,omitempty"`
	Proof       *ResaleProof `json:"proof,omitempty"`
}

func confirmAlert(a *Act, b *ConfirmAlert) error {
	return moveAlert(a, b.AlertID, "confirm", func(al *Alert) error {
		if err := checkHash("findingHash", b.FindingHash); err != nil {
			return err
		}
		if err := al.finds(b.Finding, b.FindingHash); err != nil {
			return err
		}
		if err := a.attach(al, b.EvidenceIDs); err != nil {
			return err
		}
		for _, s := range al.SubjectIDs {
			if a.Now < al.HearingDueAt && !slices.ContainsFunc(al.Heard, func(h Hearing) bool { return h.SubjectID == s }) {
				return refuse(CodeDeadline, "%s 尚未陈述，陈述期限未过", "%s was not heard yet and the time for it is not over", s).on(al.ID).by("4.6")
			}
		}
		if b.IRCode == "" {
			if strings.HasPrefix(al.RuleCode, "AL-RESALE") {
				return refuse(CodeFormat, "须写明非法二次交易的类型", "must name the form of illegal secondary trade").at("irCode").by("4.1")
			}
			if b.Proof != nil {
				return refuse(CodeFormat, "证据须与类型一并写明", "the proof goes with an irCode").at("proof")
			}
			return nil
		}
		if err := oneOf("irCode", b.IRCode, irCodes...); err != nil {
			return err
		}
		al.IRCode, al.Proof = b.IRCode, b.Proof
		if b.IRCode != "IR-1" && b.IRCode != "IR-3" && b.IRCode != "IR-4" {
			if b.Proof != nil {
				return refuse(CodeFormat, "此类型不需要", "this form needs none").at("proof")
			}
			return nil
		}
		return a.proves(al, b.Proof)
	})
}

// proves holds the confirmation of an unlicensed resale against what 4.4 wants:
// E3 and E4 and E6, and either an opened fingerprint or strong inclusion with
// every other source excluded (E7).
func (a *Act) proves(al *Alert, pr *ResaleProof) error {
	if pr == nil {
		return refuse(CodeFormat, "须附 4.4 所列证据", "needs the evidence of 4.4").at("proof").by("4.4")
	}
	missing := func(field, id, zh, en string) error {
		return refuse(CodeBasis, "%[1]s", "%[2]s", zh, en).at("proof." + field).on(id).by("4.4")
	}
	var c Copy
	if err := need(a, KindCopy, "proof.copyId", pr.CopyID, &c); err != nil {
		return err
	}
	suspect, err := a.suspects(al, c.HolderID)
	if err != nil {
		return err
	}
	if !suspect {
		return missing("copyId", c.ID, "持有人既非当事人，也不与其同集团", "the holder is neither a subject nor of a subject's group")
	}
	var d Delivery
	if err := need(a, KindDelivery, "proof.copyId", c.DeliveryID, &d); err != nil {
		return err
	}
	if d.ReceivedAt == 0 || d.ReceivedBy == "" {
		return missing("copyId", d.ID, "E3：没有签收", "E3: the delivery was not received under a signature")
	}
	offer, err := a.evidenceOf("proof.offerEvidenceId", pr.OfferEvidenceID, al.ID, EvidenceOffer)
	if err != nil {
		return err
	}
	if !slices.Contains(al.EvidenceIDs, offer.ID) {
		return missing("offerEvidenceId", offer.ID, "E6：证据未列入此预警", "E6: the item is not among the alert's evidence")
	}
	if offer.CollectedAt <= d.ReceivedAt {
		return missing("offerEvidenceId", offer.ID, "E6：要约早于签收", "E6: the offer was there before the receipt")
	}
	decision, err := PermissionAt(a, c.ID, ActResell, offer.CollectedAt)
	if err != nil {
		return err
	}
	if decision.Allowed {
		return missing("copyId", c.ID, "E4：当时已许可转售，不构成非法二次交易", "E4: the copy allowed resale at the time: this is not illegal")
	}
	if slices.Contains(al.MatchedDeliveryIDs, d.ID) {
		return nil
	}
	return a.excludes(al, pr, &c)
}

// suspects reports whether a holder is a subject of the alert or of a subject's
// group.
func (a *Act) suspects(al *Alert, holderID string) (bool, error) {
	if slices.Contains(al.SubjectIDs, holderID) {
		return true, nil
	}
	holder, err := a.participant("proof.copyId", holderID)
	if err != nil {
		return false, err
	}
	for _, id := range al.SubjectIDs {
		s, err := a.participant("", id)
		if err != nil {
			return false, err
		}
		if related(s, holder) {
			return true, nil
		}
	}
	return false, nil
}

// excludes checks the second way to a proof: inclusion at the strong threshold
// and the exclusion of every other recipient (E7). That the list of recipients
// is whole is the regulator's word; anyone holds it against the index.
func (a *Act) excludes(al *Alert, pr *ResaleProof, c *Copy) error {
	p, err := a.profile(al.RuleProfileVer)
	if err != nil {
		return err
	}
	strong := p.Int(ParamSimilarStrong)
	report, err := a.evidenceOf("proof.reportId", pr.ReportID, al.ID, EvidenceInclusion)
	if err != nil {
		return err
	}
	if report.Permille < strong || report.RefID != c.ID {
		return refuse(CodeBasis, "E5：包含度报告须针对此副本且不低于 %d‰；否则须开启水印", "E5: the inclusion report must be about this copy and at least %d permille, or its fingerprint opened", strong).at("proof.reportId").on(report.ID).by("4.4")
	}
	if _, err := a.evidenceOf("proof.exclusionTestId", pr.ExclusionTestID, al.ID, EvidenceExclusion); err != nil {
		return err
	}
	if err := distinct("proof.otherCopyIds", pr.OtherCopyIDs, 1000); err != nil {
		return err
	}
	for i, id := range pr.OtherCopyIDs {
		var other Copy
		field := index("proof.otherCopyIds", i)
		if err := need(a, KindCopy, field, id, &other); err != nil {
			return err
		}
		if other.ID == c.ID || other.ProductID != c.ProductID || other.Version != c.Version {
			return refuse(CodeBasis, "E7：%s 不是同一版本的其他接收人", "E7: %s is no other recipient of that version", id).at(field).on(id).by("4.4")
		}
		if other.FingerprintCommit == "" || other.FingerprintCommit == c.FingerprintCommit {
			return refuse(CodeBasis, "E7：%s 没有可区分的水印", "E7: %s has no fingerprint of its own", id).at(field).on(id).by("4.4")
		}
	}
	return nil
}

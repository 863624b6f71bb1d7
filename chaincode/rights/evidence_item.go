package rights

import "slices"

// evidenceMachine: an item of evidence and who has it (4.3, E8). Items are only
// added to.
var evidenceMachine = Machine{
	Entity: "evidence",
	Kind:   KindEvidence,
	Title:  Text{"证据", "Evidence item"},
	States: []StateInfo{
		{StateSealed, Text{"已封存", "Sealed"}, false},
		{StateReleased, Text{"已解除", "Released"}, true},
	},
	Transitions: []Transition{
		{nil, "collect", "", who(ByAnyone), Text{"收集人即首任保管人；封条哈希", "whoever collects keeps it first; with the seal's hash"}, StateSealed},
		{in(StateSealed), "handOver", "", who(ByKeeper), Text{"由现任保管人移交，链条不中断；更换封条须说明", "by the present keeper, so that the chain has no gap; a new seal is explained"}, StateSealed},
		{in(StateSealed), "release", "", who(ByKeeper), Text{"所属案件已办结", "the case it belongs to has ended"}, StateReleased},
	},
}

// The kinds of evidence that rules ask for by name.
const (
	EvidenceOffer     = "OfferCapture" // the offer as it was, with the time of its capture (E6)
	EvidenceSample    = "SeizedSample"
	EvidenceInclusion = "InclusionReport" // records of the sample in a version, permille
	EvidenceExclusion = "ExclusionTest"   // the sample against the codes of all other recipients (E7)
)

var evidenceKinds = []string{EvidenceOffer, EvidenceSample, EvidenceInclusion, EvidenceExclusion, "SimilarityReport", "ModelProbe",
	"KeyRelease", "Contract", "TrustedTimestamp", "BankFlow", "Statement", "Other"}

// CollectEvidence is the body of evidence.collect. CollectedAt is when the
// evidence was taken; a capture's is the time of what it shows.
type CollectEvidence struct {
	CaseID      string  `json:"caseId"` // alert, dispute or measure
	Kind        string  `json:"kind"`
	Hash        string  `json:"hash"`
	CollectedAt UnixSec `json:"collectedAt"`
	Method      string  `json:"method"`
	NotaryRef   string  `json:"notaryRef,omitempty"`
	SealHash    string  `json:"sealHash"`
	Permille    int64   `json:"permille,omitempty"` // of a report on inclusion or similarity
	RefID       string  `json:"refId,omitempty"`    // the record it is about
}

func collectEvidence(a *Act, b *CollectEvidence) error {
	to, err := a.step(&evidenceMachine, "", "", "collect", "", nil)
	if err != nil {
		return err
	}
	if err := first(oneOf("kind", b.Kind, evidenceKinds...), checkHash("hash", b.Hash), checkText("method", b.Method, 200),
		optionalText("notaryRef", b.NotaryRef, 80), checkHash("sealHash", b.SealHash)); err != nil {
		return err
	}
	if b.CollectedAt <= 0 || b.CollectedAt > a.Now {
		return refuse(CodeTerm, "固定时间不得晚于现在", "evidence is not collected in the future").at("collectedAt")
	}
	if report := b.Kind == EvidenceInclusion || b.Kind == "SimilarityReport"; b.Permille < 0 || b.Permille > 1000 || !report && b.Permille != 0 {
		return refuse(CodeFormat, "比对报告为 0 至 1000，其他证据不填", "is 0 to 1000 of a report on inclusion or similarity, and nothing of others").at("permille")
	}
	if _, err := a.headOf("caseId", b.CaseID, KindAlert, KindDispute, KindMeasure); err != nil {
		return err
	}
	if b.RefID != "" {
		if _, err := a.headOf("refId", b.RefID); err != nil {
			return err
		}
	}
	return a.create(KindEvidence, a.newID(KindEvidence, a.regionFor(b.CaseID)), to, "", &EvidenceItem{
		CaseID: b.CaseID, Kind: b.Kind, Hash: b.Hash, CollectedBy: a.Actor.USCC, CollectedAt: b.CollectedAt, Method: b.Method, NotaryRef: b.NotaryRef,
		Permille: b.Permille, RefID: b.RefID, Custody: []Handover{{To: a.Actor.USCC, At: a.Now, SealHash: b.SealHash, Kid: a.Kid}},
	})
}

// keeper is who has the item now.
func (e *EvidenceItem) keeper() string {
	if len(e.Custody) == 0 {
		return e.CollectedBy
	}
	return e.Custody[len(e.Custody)-1].To
}

// gapless reports whether every hand-over starts where the one before ended.
func (e *EvidenceItem) gapless() bool {
	for i, h := range e.Custody {
		if i == 0 && (h.From != "" || h.To != e.CollectedBy) || i > 0 && (h.From != e.Custody[i-1].To || h.At < e.Custody[i-1].At) {
			return false
		}
	}
	return len(e.Custody) > 0
}

func moveEvidence(a *Act, id, event string, change func(*EvidenceItem) error) error {
	var e EvidenceItem
	if err := need(a, KindEvidence, "evidenceId", id, &e); err != nil {
		return err
	}
	to, err := a.step(&evidenceMachine, id, e.State, event, "", Relations{ByKeeper: {e.keeper()}})
	if err != nil {
		return err
	}
	if err := change(&e); err != nil {
		return err
	}
	e.State = to
	return a.update(KindEvidence, &e)
}

// HandOver is the body of evidence.handOver.
type HandOver struct {
	EvidenceID string `json:"evidenceId"`
	ToID       string `json:"toId"`
	SealHash   string `json:"sealHash"`
	Reason     string `json:"reason,omitempty"` // why the seal is another
}

func handOverEvidence(a *Act, b *HandOver) error {
	return moveEvidence(a, b.EvidenceID, "handOver", func(e *EvidenceItem) error {
		to, err := a.activeWith("toId", b.ToID)
		if err != nil {
			return err
		}
		if to.USCC == e.keeper() {
			return refuse(CodeExists, "已由其保管", "has it already").at("toId").on(e.ID)
		}
		if len(e.Custody) >= 200 {
			return refuse(CodeFormat, "移交次数过多", "handed over too often").on(e.ID)
		}
		if err := first(checkHash("sealHash", b.SealHash), optionalText("reason", b.Reason, 400)); err != nil {
			return err
		}
		if b.SealHash != e.Custody[len(e.Custody)-1].SealHash && b.Reason == "" {
			return refuse(CodeFormat, "封条与上次不同，须说明理由", "the seal is not the one it came under: say why").at("reason").on(e.ID).by("4.3")
		}
		e.Custody = append(e.Custody, Handover{From: e.keeper(), To: to.USCC, At: a.Now, SealHash: b.SealHash, Kid: a.Kid})
		if b.Reason != "" {
			e.Reason = b.Reason
		}
		return nil
	})
}

// ReleaseEvidence is the body of evidence.release.
type ReleaseEvidence struct {
	EvidenceID string `json:"evidenceId"`
	Reason     string `json:"reason"`
}

func releaseEvidence(a *Act, b *ReleaseEvidence) error {
	return moveEvidence(a, b.EvidenceID, "release", func(e *EvidenceItem) error {
		h, err := a.headOf("evidenceId", e.CaseID)
		if err != nil {
			return err
		}
		done := slices.Contains([]State{StateClosed, StateDismissed}, h.State)
		switch kindOf(e.CaseID) {
		case KindDispute:
			done = disputeMachine.Ended(h.State)
		case KindMeasure:
			done = measureMachine.Ended(h.State)
		}
		if !done {
			return refuse(CodeState, "案件 %s 尚未办结", "the case %s has not ended", e.CaseID).on(e.CaseID).by("4.3")
		}
		e.Reason = b.Reason
		return checkText("reason", b.Reason, 400)
	})
}

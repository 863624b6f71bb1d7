package rights

import "slices"

// What is known of a participant beyond its roles: tags and credit flags are
// the regulator's to set, whether there is a chief data officer is its own to
// say (3.1).

// The tags.
const (
	TagDataElementEnterprise = "TagDataElementEnterprise" // IN-04
	TagChainLeader           = "TagChainLeader"
)

// TagParticipant is the body of participant.tag and of participant.flag. Off
// takes it away again.
type TagParticipant struct {
	USCC         string `json:"uscc"`
	Tag          string `json:"tag"`
	Off          bool   `json:"off,omitempty"`
	EvidenceHash string `json:"evidenceHash"`
}

func tagParticipant(a *Act, b *TagParticipant) error {
	return a.mark(b, "tag", []string{TagDataElementEnterprise, TagChainLeader}, func(p *Participant) *[]string { return &p.Tags })
}

func flagParticipant(a *Act, b *TagParticipant) error {
	return a.mark(b, "flag", []string{"DishonestExecutee", "TaxViolation", "SeriousBreach"}, func(p *Participant) *[]string { return &p.CreditFlags })
}

// mark sets or takes away one of a vocabulary in a list of a participant's.
func (a *Act) mark(b *TagParticipant, event string, vocabulary []string, list func(*Participant) *[]string) error {
	none := func(*Participant) Relations { return nil }
	return move(a, b.USCC, event, none, func(p *Participant) error {
		if err := first(oneOf("tag", b.Tag, vocabulary...), checkHash("evidenceHash", b.EvidenceHash)); err != nil {
			return err
		}
		l := list(p)
		i := slices.Index(*l, b.Tag)
		switch {
		case b.Off && i < 0:
			return refuse(CodeNotFound, "没有标注 %s", "%s is not set", b.Tag).at("tag").on(p.ID)
		case b.Off:
			*l = slices.Delete(*l, i, i+1)
		case i >= 0:
			return refuse(CodeExists, "已标注 %s", "%s is set already", b.Tag).at("tag").on(p.ID)
		default:
			*l = append(*l, b.Tag)
			slices.Sort(*l)
		}
		return nil
	})
}

// UpdateParticipant is the body of participant.update.
type UpdateParticipant struct {
	HasCDO       bool   `json:"hasCdo"`
	EvidenceHash string `json:"evidenceHash"` // of the appointment, or of its end
}

func updateParticipant(a *Act, b *UpdateParticipant) error {
	return move(a, a.Actor.USCC, "update", bySelf, func(p *Participant) error {
		p.HasCDO = b.HasCDO
		return checkHash("evidenceHash", b.EvidenceHash)
	})
}

package demo

import (
	"context"

	"github.com/datarights/datarights/chaincode/rights"
)

// admissions: everybody else applies with a key of his own and is admitted by
// the exchange or the regulator, whoever the role is admitted by.
func (s *story) admissions(ctx context.Context) error {
	var applications, admissions []step
	for _, n := range newcomers {
		key, err := s.key(n.actor)
		if err != nil {
			return err
		}
		a := rights.Application{USCC: n.uscc, Name: n.name, OrgType: n.orgType, Roles: n.roles, ServiceTypes: n.services, RegionCode: n.region,
			IndustryCode: n.industry, Origin: "Local", PublicKey: key.Info().PublicKey}
		for _, service := range n.services {
			a.Qualifications = append(a.Qualifications, rights.Qualification{Type: service, No: "演示-0001", From: "2026-01-01", To: "2035-12-31", EvidenceHash: hashOf("demo licence " + n.key)})
		}
		applications = append(applications, step{name: n.key + "-apply", who: n.actor, zh: n.zh + "以自己的 SM2 密钥自签申请",
			en: n.en + " applies, signed with its own SM2 key", command: "participant.apply", body: a})
		admissions = append(admissions, step{name: n.key + "-admit", who: n.by, zh: n.by.zh + "核对密钥指纹后准入" + n.zh,
			en: n.by.en + " checks the fingerprint and admits " + n.en, command: "participant.admit",
			body: rights.OfParticipant{USCC: n.uscc, KeyFingerprint: key.Info().Fingerprint}})
	}
	if err := s.together(ctx, applications...); err != nil {
		return err
	}
	return s.together(ctx, admissions...)
}

package demo

import (
	"context"
	"fmt"
	"strings"

	"github.com/datarights/datarights/chaincode/rights"
)

// admissions: everybody else applies with a key of his own and is admitted by
// the exchange or the regulator, whoever the role is admitted by.
func (s *story) admissions(ctx context.Context) error {
	var applications, admissions []step
	var zh, en []string
	for _, n := range newcomers {
		key, err := s.key(n.actor)
		if err != nil {
			return err
		}
		zh, en = append(zh, n.zh), append(en, n.en)
		a := rights.Application{USCC: n.uscc, Name: n.name, OrgType: n.orgType, Roles: n.roles, ServiceTypes: n.services, RegionCode: n.region,
			IndustryCode: n.industry, Origin: "Local", PublicKey: key.Info().PublicKey}
		for _, service := range n.services {
			a.Qualifications = append(a.Qualifications, rights.Qualification{Type: service, No: "演示-0001", From: "2026-01-01", To: "2035-12-31", EvidenceHash: hashOf("demo licence " + n.key)})
		}
		applications = append(applications, step{name: n.key + "-apply", who: n.actor, en: n.en + " applies", command: "participant.apply", body: a})
		admissions = append(admissions, step{name: n.key + "-admit", who: n.by, en: n.en + " is admitted", command: "participant.admit", body: rights.OfParticipant{USCC: n.uscc, KeyFingerprint: key.Info().Fingerprint}})
	}
	if err := s.crowd(ctx, fmt.Sprintf("%d 家主体以自己的 SM2 密钥自签申请：%s", len(zh), strings.Join(zh, "、")),
		fmt.Sprintf("%d apply, each signed with its own SM2 key: %s", len(en), strings.Join(en, ", ")), applications...); err != nil {
		return err
	}
	return s.crowd(ctx, "交易中心准入市场主体，市数据局准入授权运营各方与第三方机构，均先核对密钥指纹",
		"the Exchange admits those of the market, the data bureau those of authorised operation and the services, each after checking the fingerprint", admissions...)
}

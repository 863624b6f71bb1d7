package demo

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/datarights/datarights/chaincode/rights"
	"github.com/datarights/datarights/client"
	"github.com/datarights/datarights/gateway"
	"github.com/datarights/datarights/network"
	"github.com/datarights/datarights/test-network/data"
)

// foundations: the administrators enrol their officers, the regulator
// publishes the rules, the vocabularies and what it will count.
func (s *story) foundations(ctx context.Context) error {
	for _, o := range officers {
		if err := s.enrol(ctx, o.actor, o.enrolment); err != nil {
			return err
		}
	}
	var rules []step
	for _, code := range []string{"DRWG", "PUBLIC", "LOCAL"} {
		p, seconds, err := profile(code)
		if err != nil {
			return err
		}
		rules = append(rules, step{name: "profile-" + code, who: regulator, zh: fmt.Sprintf("市数据局公布规则参数 %s（演示：1 个工作日 = %d 秒）", code, seconds),
			en: fmt.Sprintf("the data bureau publishes the rule profile %s (demo: 1 working day = %d s)", code, seconds), command: "ruleProfile.publish", body: p})
	}
	return s.together(ctx, append(rules,
		step{name: "calendar", who: regulator, zh: "市数据局公布 2026 年工作日历", en: "and the work calendar of 2026", command: "workCalendar.publish", body: calendar2026()},
		step{name: "regions", who: regulator, zh: "以及行政区划代码表 GB/T 2260", en: "and the code table of regions, GB/T 2260", command: "codeTable.publish", body: regions()},
		step{name: "crypto", who: regulator, zh: "密码应用要求：SM2、SM3、SM4、AES-256", en: "the crypto profile: SM2, SM3, SM4, AES-256", command: "cryptoProfile.publish",
			body: rights.PublishCryptoProfile{Ver: 1, Algorithms: []string{"SM2", "SM3", "SM4", "AES-256"}, DocRef: "GB/T 39786-2021"}},
		step{name: "indicator-definitions", who: regulator, zh: "以及监管指标的定义，一个签名", en: "and the definitions of the indicators, under one signature", command: "indicator.defineBatch",
			body: json.RawMessage(data.Indicators())},
	)...)
}

// enrol registers an officer's key with its organisation's Fabric
// administrator, unless the ledger has it.
func (s *story) enrol(ctx context.Context, who actor, e rights.Enrolment) error {
	key, err := s.key(who)
	if err != nil {
		return err
	}
	zh, en := who.zh+"的密钥登记上链", who.en+"'s key is enrolled by the organisation's Fabric administrator"
	var p rights.Participant
	err = s.get(ctx, who.gateway, "/v1/participants/"+who.uscc, nil, &p)
	var problem *client.Problem
	switch {
	case errors.As(err, &problem) && problem.Status == 404:
	case err != nil:
		return err
	case slices.ContainsFunc(p.Keys, func(k rights.Key) bool { return k.Fingerprint == key.Info().Fingerprint }):
		s.tell(zh, en, rights.KeyID(who.uscc, who.keyNo)+" · 已在账本上 already on the ledger")
		return nil
	}
	e.USCC, e.RegionCode, e.PublicKey = who.uscc, "320900", key.Info().PublicKey
	raw, err := json.Marshal(e)
	if err != nil {
		return err
	}
	org, err := s.Deployment.Organisation(who.gateway)
	if err != nil {
		return err
	}
	connection, err := s.Deployment.Connect(org, s.Deployment.Admin(org))
	if err != nil {
		return err
	}
	defer connection.Close()
	if _, err := connection.Submit(ctx, s.Deployment.Chaincode.Name, "Enrol", raw); err != nil {
		return err
	}
	if who == platform || who == exchangeBot { // these gateways make tags and raise alerts, signed with this key
		if err := s.handToGateway(org, who); err != nil {
			return err
		}
	}
	s.tell(zh, en, fmt.Sprintf("%s · %s · %s…", rights.KeyID(who.uscc, who.keyNo), org.MSPID, key.Info().Fingerprint[:16]))
	return s.awaitEnrolled(ctx, who)
}

// handToGateway puts a platform's key where its organisation's gateway looks.
func (s *story) handToGateway(org *network.Organisation, who actor) error {
	config, err := gateway.LoadConfig(s.Deployment.GatewayConfig(org))
	if err != nil {
		return err
	}
	if config.MatchTag == nil {
		return fmt.Errorf("the gateway of %s makes no match tags", org.Name)
	}
	key, err := os.ReadFile(filepath.Join(s.keyDir, who.key+".pem"))
	if err != nil {
		return err
	}
	return os.WriteFile(config.MatchTag.SignerKey, key, 0o600)
}

// awaitEnrolled waits until every organisation's index shows the officer, for
// an administrator's transaction tells no block to wait for.
func (s *story) awaitEnrolled(ctx context.Context, who actor) error {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	for i := range s.Deployment.Organisations {
		for {
			var p rights.Participant
			err := s.get(ctx, s.Deployment.Organisations[i].Name, "/v1/participants/"+who.uscc, nil, &p)
			if err == nil && len(p.Keys) >= who.keyNo {
				break
			}
			select {
			case <-time.After(50 * time.Millisecond):
			case <-ctx.Done():
				return fmt.Errorf("couldn't see %s enrolled through %s: %w", who.en, s.Deployment.Organisations[i].Name, errors.Join(ctx.Err(), err))
			}
		}
	}
	return nil
}

package main

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/datarights/datarights/chaincode/rights"
	"github.com/datarights/datarights/gateway/fabric"
	"github.com/datarights/datarights/network"
)

// enrolTimeout covers endorsement by other organisations and a block.
const enrolTimeout = time.Minute

func newNetworkEnrol(flags *networkFlags) *cobra.Command {
	var org, key, registrar string
	var roles, duties []string
	var e rights.Enrolment
	var asJSON bool
	c := &cobra.Command{
		Use:   "enrol",
		Short: "以机构的 Fabric 管理员身份登记经办人 / Enrol an officer as the organisation's Fabric administrator",
		Long: `登记本机构（首次）及其一名经办人的 SM2 公钥。只需公钥：--key 可给私钥或公钥文件，私钥不会被发送。
以运行目录中该机构的 Fabric 管理员证书提交，不经网关。此后增设经办人用 participant.addOfficer。

Enrols the organisation's institution (the first time) and one officer's SM2 key. The public key is all that is sent; --key may
be the private or the public key file. Sent as the Fabric administrator of the run directory, not through a gateway.`,
		Example: `  datarights network enrol --org Group --uscc 91320900MA0A00073U --name 盐城市大数据集团 --role registrar --role platform \
    --duty registrar --post 登记岗 --registrar 321 --key registrar.key
  datarights network enrol --org Regulator --uscc 11320900MB0A00050T --name 盐城市数据局 --org-type OrgGovernment \
    --role regulator --domain data --post 监管岗 --key regulator.key`,
		Args:        cobra.NoArgs,
		Annotations: map[string]string{submitsAnnotation: "yes"},
		RunE: func(c *cobra.Command, _ []string) error {
			if err := checkCode("--uscc", e.USCC); err != nil {
				return err
			}
			var err error
			if e.Roles, err = parseRoles("--role", roles); err != nil {
				return err
			}
			if e.Duties, err = parseRoles("--duty", duties); err != nil {
				return err
			}
			if registrar != "" {
				if len(registrar) != 3 || strings.Trim(registrar, "0123456789") != "" {
					return misuse("--registrar 应为两位地区码加一位机构号，如 321", "--registrar must be the two-digit region and the registrar's digit, such as 321")
				}
				e.Registrar = &rights.RegistrarCode{Region: registrar[:2], Digit: registrar[2:]}
			}
			if e.RegionCode == "" && len(e.USCC) == 18 {
				e.RegionCode = e.USCC[2:8] // where it was registered
			}
			pub, err := loadPublicKey(key)
			if err != nil {
				return err
			}
			e.PublicKey = publicKeyText(pub)
			done, err := enrol(c.Context(), flags.dir, org, e)
			if err != nil {
				return err
			}
			if asJSON {
				return writeJSON(c.OutOrStdout(), done)
			}
			_, err = fmt.Fprintf(c.OutOrStdout(), "✓ 已登记 enrolled: %s %s\n  岗位 post: %s\n  职责 duties: %v\n  签名时用 sign with: --as '%s'\n  指纹 fingerprint: %s\n",
				e.USCC, e.Name, done.Post, done.Duties, done.Kid, done.Fingerprint)
			return err
		},
	}
	f := c.Flags()
	f.StringVar(&org, "org", "", "机构，如 Group / `NAME` of the organisation")
	f.StringVar(&e.USCC, "uscc", "", "统一社会信用代码 / unified social credit `CODE`")
	f.StringVar(&e.Name, "name", "", "机构名称 / the institution's name")
	f.StringVar(&e.OrgType, "org-type", "OrgEnterprise", "机构类型 / kind of organisation")
	f.StringArrayVar(&roles, "role", nil, "角色，可重复 / role, repeatable: "+strings.Join(roleWords(), ", "))
	f.StringArrayVar(&duties, "duty", nil, "经办人职责，默认全部角色 / the officer's duty, repeatable; all roles if not given")
	f.StringVar(&e.Post, "post", "", "岗位（不是人名） / the post, never a person's name")
	f.StringVar(&e.RegionCode, "region", "", "行政区划代码，默认取自信用代码 / region code; from the credit code if not given")
	f.StringVar(&registrar, "registrar", "", "登记机构号，如 321 / registrar number such as 321")
	f.StringVar(&e.RegulatorDomain, "domain", "", "监管领域 / regulator's domain: data, cyberspace, crypto, finance, publicSecurity, other")
	f.StringVar(&e.GroupID, "group-id", "", "所属集团的哈希 / hash of the group it belongs to")
	f.StringVar(&key, "key", "", "SM2 密钥文件 / `FILE` with the SM2 key")
	for _, name := range []string{"org", "uscc", "name", "role", "post", "key"} {
		_ = c.MarkFlagRequired(name)
	}
	addJSON(c, &asJSON)
	return c
}

// enrolled is an officer's key as the ledger has it now.
type enrolled struct {
	Kid         string        `json:"kid"`
	Fingerprint string        `json:"fingerprint"`
	MSPID       string        `json:"mspId"`
	Post        string        `json:"post"`
	Duties      []rights.Role `json:"duties"`
}

// enrol sends the enrolment as the organisation's administrator. A refusal of
// the ledger is a *rights.Error.
func enrol(ctx context.Context, dir, name string, e rights.Enrolment) (*enrolled, error) {
	d, err := network.Open(dir)
	if err != nil {
		return nil, err
	}
	org, err := d.Organisation(name)
	if err != nil {
		return nil, err
	}
	body, err := encodeJSON(e)
	if err != nil {
		return nil, err
	}
	conn, err := d.Connect(org, d.Admin(org))
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	ctx, cancel := context.WithTimeout(ctx, enrolTimeout)
	defer cancel()
	if _, err := conn.Submit(ctx, d.Chaincode.Name, "Enrol", body); err != nil {
		if refusal := fabric.Refusal(err); refusal != nil {
			return nil, refusal
		}
		return nil, err
	}
	record, err := conn.Evaluate(ctx, d.Chaincode.Name, "Read", []byte(rights.KindParticipant), []byte(e.USCC))
	if err != nil {
		return nil, err
	}
	var p rights.Participant
	if err := json.Unmarshal(record, &p); err != nil {
		return nil, fmt.Errorf("couldn't read the institution enrolled: %w", err)
	}
	for _, k := range p.Keys {
		if k.PublicKey == e.PublicKey && k.Officer != nil {
			return &enrolled{Kid: rights.KeyID(p.USCC, k.No), Fingerprint: k.Fingerprint, MSPID: p.MSPID, Post: k.Officer.Post, Duties: k.Officer.Duties}, nil
		}
	}
	return nil, fmt.Errorf("couldn't find the key among those of %s", e.USCC)
}

var allRoles = []rights.Role{rights.RoleRegulator, rights.RoleRegistrar, rights.RoleExchange, rights.RoleBank, rights.RolePlatform, rights.RoleOperating}

func roleWords() []string {
	var words []string
	for _, r := range allRoles {
		words = append(words, strings.ToLower(strings.TrimPrefix(string(r), "Role")))
	}
	return words
}

// parseRoles takes registrar as well as RoleRegistrar.
func parseRoles(flag string, words []string) ([]rights.Role, error) {
	var roles []rights.Role
	for _, w := range words {
		i := slices.IndexFunc(allRoles, func(r rights.Role) bool {
			return strings.EqualFold(string(r), w) || strings.EqualFold(strings.TrimPrefix(string(r), "Role"), w)
		})
		if i < 0 {
			list := strings.Join(roleWords(), ", ")
			return nil, misuse(fmt.Sprintf("%s 没有角色 %q；可用：%s", flag, w, list), fmt.Sprintf("%s: there is no role %q; there are: %s", flag, w, list))
		}
		roles = append(roles, allRoles[i])
	}
	return roles, nil
}

package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"time"

	"github.com/datarights/datarights/chaincode/rights"
	"github.com/datarights/datarights/client"
	"github.com/datarights/datarights/network"
	"github.com/datarights/datarights/test-network/data"
)

// actor signs commands. Its key is kept in the run directory, so that a second
// run on the same consortium is the same actor.
type actor struct {
	uscc, gateway string
	key           client.Key
	no            int
}

// sign makes a command that may wait in a queue until its measure begins.
func (a actor) sign(name string, body any) ([]byte, error) {
	s, err := a.key.Command(a.uscc, a.no, name, body, client.ValidFor(3*time.Hour))
	return s.JWS, err
}

// The institutions have the demo's credit codes, so that the program runs on a
// demo's consortium too, as one more officer of each. All codes are synthetic.
const (
	registrarCode  = "91320900MA0A00073U"
	exchangeCode   = "91320900MA0A00014Q"
	regulatorCode  = "11320900MB0A00050T"
	enterpriseBody = "91320902MA0B00061" // without its check character
)

// people are whom the measures need.
type people struct{ registrar, platform, exchange, regulator, enterprise actor }

// via is a client of an organisation's gateway whose connection comes from a
// loopback address of its own: to a gateway, callers at one address are one
// client, with one client's allowance of requests.
func via(d *network.Deployment, organisation string, caller int) (*client.Client, error) {
	org, err := d.Organisation(organisation)
	if err != nil {
		return nil, err
	}
	from := &net.TCPAddr{IP: net.IPv4(127, 0, byte(caller>>8), byte(caller)+1)}
	transport := &http.Transport{
		DialContext:         (&net.Dialer{LocalAddr: from, Timeout: 5 * time.Second}).DialContext,
		MaxIdleConnsPerHost: 1, DisableCompression: true,
	}
	return client.New("http://"+net.JoinHostPort(network.Host, strconv.Itoa(org.Ports.Gateway)),
		client.WithHTTPClient(&http.Client{Transport: transport}), client.WithUserAgent("datarights-bench"))
}

func (m *market) gather(ctx context.Context) error {
	both := []rights.Role{rights.RoleRegistrar, rights.RolePlatform}
	code := &rights.RegistrarCode{Region: certRegion, Digit: certDigit}
	for _, o := range []struct {
		who             *actor
		file, uscc, org string
		enrolment       rights.Enrolment
	}{
		{&m.registrar, "registrar", registrarCode, "Group", rights.Enrolment{Name: "盐城市大数据集团", OrgType: "OrgEnterprise",
			Roles: both, Post: "登记岗", Duties: both[:1], Registrar: code}},
		{&m.platform, "platform", registrarCode, "Group", rights.Enrolment{Name: "盐城市大数据集团", OrgType: "OrgEnterprise",
			Roles: both, Post: "平台服务", Duties: both[1:], Registrar: code}},
		{&m.exchange, "exchange", exchangeCode, "Exchange", rights.Enrolment{Name: "华东江苏大数据交易中心", OrgType: "OrgEnterprise",
			Roles: []rights.Role{rights.RoleExchange}, Post: "准入岗"}},
		{&m.regulator, "regulator", regulatorCode, "Regulator", rights.Enrolment{Name: "盐城市数据局", OrgType: "OrgGovernment",
			Roles: []rights.Role{rights.RoleRegulator}, Post: "监管岗", RegulatorDomain: "data"}},
	} {
		key, err := m.loadKey(o.file)
		if err != nil {
			return err
		}
		*o.who = actor{uscc: o.uscc, gateway: o.org, key: key}
		if err := m.enrol(ctx, o.who, o.enrolment); err != nil {
			return fmt.Errorf("couldn't enrol the %s's officer: %w", o.file, err)
		}
	}
	if err := m.publishRules(ctx); err != nil {
		return err
	}
	return m.admitEnterprise(ctx)
}

func (m *market) loadKey(name string) (client.Key, error) {
	path := filepath.Join(m.d.Dir, "bench", name+".pem")
	key, err := client.LoadKey(path)
	if !errors.Is(err, fs.ErrNotExist) {
		return key, err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return key, err
	}
	if key, err = client.GenerateKey(); err != nil {
		return key, err
	}
	return key, key.Save(path)
}

// enrol puts an officer's key on the ledger through its organisation's Fabric
// administrator, unless it is there.
func (m *market) enrol(ctx context.Context, who *actor, e rights.Enrolment) error {
	if found, err := m.numbered(ctx, who); err != nil || found {
		return err
	}
	e.USCC, e.RegionCode, e.PublicKey = who.uscc, "320900", who.key.Info().PublicKey
	raw, err := json.Marshal(e)
	if err != nil {
		return err
	}
	org, err := m.d.Organisation(who.gateway)
	if err != nil {
		return err
	}
	connection, err := m.d.Connect(org, m.d.Admin(org))
	if err != nil {
		return err
	}
	defer connection.Close()
	if _, err := connection.Submit(ctx, m.d.Chaincode.Name, "Enrol", raw); err != nil {
		return err
	}
	return m.await(ctx, func() (bool, error) { return m.numbered(ctx, who) })
}

// numbered finds the number of an actor's key on the ledger.
func (m *market) numbered(ctx context.Context, who *actor) (bool, error) {
	var p rights.Participant
	_, err := m.gateway.Get(ctx, "/v1/participants/"+who.uscc, nil, &p)
	if notFound(err) {
		return false, nil
	}
	at := slices.IndexFunc(p.Keys, func(k rights.Key) bool { return k.Fingerprint == who.key.Info().Fingerprint })
	who.no = at + 1
	return at >= 0, err
}

func notFound(err error) bool {
	var p *client.Problem
	return errors.As(err, &p) && p.Status == http.StatusNotFound
}

// await asks until the answer is yes, for half a minute.
func (m *market) await(ctx context.Context, is func() (bool, error)) error {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	for {
		yes, err := is()
		if err != nil || yes {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(50 * time.Millisecond):
		}
	}
}

// publishRules publishes the profile a new consortium needs; one that stands is
// measured under its own.
func (m *market) publishRules(ctx context.Context) error {
	if _, err := m.gateway.Get(ctx, "/v1/parameters/DRWG@1", nil, nil); !notFound(err) {
		return err
	}
	for _, code := range []string{"DRWG", "LOCAL"} {
		var p rights.PublishProfile
		if err := data.Profile(code, &p); err != nil {
			return err
		}
		p.Note = "测速用参数：一个工作日按 1 秒计算 / for measuring: a working day lasts 1 second"
		p.Params = append(p.Params, rights.Param{Key: rights.ParamDemoSeconds, Int: 1})
		for i := range p.Params {
			switch p.Params[i].Key {
			case rights.ParamAcceptWorkdays, rights.ParamReviewWorkdays:
				p.Params[i].Int = 600
			case rights.ParamNoticeWorkdays, rights.ParamGrantNotice:
				p.Params[i].Int = 3
			}
		}
		if _, err := m.submit(ctx, m.regulator, "ruleProfile.publish", p); err != nil {
			return err
		}
	}
	return nil
}

func (m *market) admitEnterprise(ctx context.Context) error {
	check, _ := rights.USCCCheck(enterpriseBody)
	key, err := m.loadKey("enterprise")
	if err != nil {
		return err
	}
	m.enterprise = actor{uscc: enterpriseBody + string(check), gateway: "Group", key: key, no: 1}
	if found, err := m.numbered(ctx, &m.enterprise); err != nil || found {
		return err
	}
	m.enterprise.no = 1
	if _, err := m.submit(ctx, m.enterprise, "participant.apply", rights.Application{
		USCC: m.enterprise.uscc, Name: "测速数据服务有限公司", OrgType: "OrgEnterprise", Roles: []rights.Role{rights.RoleEnterprise},
		RegionCode: "320902", IndustryCode: "M74", Origin: "Local", PublicKey: key.Info().PublicKey,
	}); err != nil {
		return err
	}
	_, err = m.submit(ctx, m.exchange, "participant.admit", rights.OfParticipant{USCC: m.enterprise.uscc, KeyFingerprint: key.Info().Fingerprint})
	return err
}

package demo

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/datarights/datarights/chaincode/rights"
	"github.com/datarights/datarights/client"
	"github.com/datarights/datarights/gateway"
	"github.com/datarights/datarights/internal/gm"
	"github.com/datarights/datarights/network"
)

// foundations: the administrators enrol their officers, the regulator
// publishes the rules.
func (s *story) foundations(ctx context.Context) error {
	for _, o := range officers {
		if err := s.enrol(ctx, o.actor, o.enrolment); err != nil {
			return err
		}
	}
	for _, code := range []string{"DRWG", "PUBLIC", "LOCAL"} {
		p, err := profile(code)
		if err != nil {
			return err
		}
		if _, err := s.do(ctx, "profile-"+code, regulator, "市数据局公布规则参数 "+code+"（演示：1 个工作日 = 2 秒）",
			"the data bureau publishes the rule profile "+code+" (demo: 1 working day = 2 seconds)", "ruleProfile.publish", p); err != nil {
			return err
		}
	}
	_, err := s.do(ctx, "calendar", regulator, "市数据局公布 2026 年工作日历", "and the work calendar of 2026", "workCalendar.publish", calendar2026())
	return err
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
	if who == platform { // the gateway that makes tags signs them with this key
		if err := s.handToGateway(org); err != nil {
			return err
		}
	}
	s.tell(zh, en, fmt.Sprintf("%s · %s · %s…", rights.KeyID(who.uscc, who.keyNo), org.MSPID, key.Info().Fingerprint[:16]))
	return s.awaitEnrolled(ctx, who)
}

// handToGateway puts the platform's key where its organisation's gateway looks.
func (s *story) handToGateway(org *network.Organisation) error {
	config, err := gateway.LoadConfig(s.Deployment.GatewayConfig(org))
	if err != nil {
		return err
	}
	if config.MatchTag == nil {
		return fmt.Errorf("the gateway of %s makes no match tags", org.Name)
	}
	key, err := os.ReadFile(filepath.Join(s.keyDir, platform.key+".pem"))
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

// admissions: two enterprises apply with keys of their own and are admitted.
func (s *story) admissions(ctx context.Context) error {
	for _, a := range []struct {
		actor
		name     string
		roles    []rights.Role
		region   string
		industry string
	}{
		{energy, "盐都新能源发电有限公司", []rights.Role{rights.RoleEnterprise}, "320903", "D44"},
		{weather, "亭湖气象数据服务有限公司", []rights.Role{rights.RoleEnterprise, rights.RoleVendor}, "320902", "M74"},
	} {
		key, err := s.key(a.actor)
		if err != nil {
			return err
		}
		if _, err := s.do(ctx, a.key+"-apply", a.actor, a.zh+"以自己的 SM2 密钥自签申请", a.en+" applies, signed with its own SM2 key", "participant.apply",
			rights.Application{USCC: a.uscc, Name: a.name, OrgType: "OrgEnterprise", Roles: a.roles, RegionCode: a.region,
				IndustryCode: a.industry, Origin: "Local", PublicKey: key.Info().PublicKey}); err != nil {
			return err
		}
		if _, err := s.do(ctx, a.key+"-admit", exchange, "交易中心核对密钥指纹后准入"+a.zh, "the Exchange checks the fingerprint and admits "+a.en, "participant.admit",
			rights.OfParticipant{USCC: a.uscc, KeyFingerprint: key.Info().Fingerprint}); err != nil {
			return err
		}
	}
	return nil
}

// The two tables as their holders describe them.
func energyTable() rights.Catalogue {
	return rights.Catalogue{
		Name: "2001-2017年爱荷华州电力行业净发电量统计表", Overview: "按来源（化石、核能、可再生）统计的年净发电量，单位千兆瓦时。来源：美国能源信息署，公有领域。",
		SubjectClass: "SubjectEnterprise", SourceType: "SrcCollected", IndustryCode: "D44", RegionCode: "320903", RegionRange: "Provincial",
		TimeFrom: "2001-01-01", TimeTo: "2017-12-31", UpdateFreq: "Yearly", DataForm: "Table", Structure: "Structured", Level: "LevelGeneral",
		Grade: 1, PI: "None", GradeReport: paper(rights.DocGrading, "energy"), Limits: &rights.Limits{Territory: "江苏省内"},
	}
}

func weatherTable() rights.Catalogue {
	return rights.Catalogue{
		Name: "2010年西雅图气象行业逐小时气候常年值表", Overview: "1981-2010 年逐小时气候常年值：气压、气温、风速。来源：NOAA 国家气候数据中心，公有领域。",
		SubjectClass: "SubjectEnterprise", SourceType: "SrcCollected", IndustryCode: "M74", RegionCode: "320902", RegionRange: "County",
		TimeFrom: "2010-01-01", TimeTo: "2010-12-31", UpdateFreq: "Other", DataForm: "Table", Structure: "Structured", Level: "LevelGeneral",
		Grade: 1, PI: "None", GradeReport: paper(rights.DocGrading, "weather"),
	}
}

// paper stands for a document kept off the ledger; in the demo its hash is of
// its title.
func paper(d rights.DocType, about string) rights.Evidence {
	return rights.Evidence{DocType: d, Hash: hashOf("demo paper " + string(d) + " " + about)}
}

func hashOf(s string) string {
	h := gm.SM3([]byte(s))
	return "sm3:" + hex.EncodeToString(h[:])
}

func papers(about string) []rights.Evidence {
	var list []rights.Evidence
	for _, d := range []rights.DocType{rights.DocForm, rights.DocIdentity, rights.DocSource, rights.DocSample, rights.DocDescription,
		rights.DocAllocation, rights.DocCommitment, rights.DocGrading} {
		list = append(list, paper(d, about))
	}
	return list
}

var allKinds = []rights.RightKind{rights.RightHolding, rights.RightUse, rights.RightOperation}

func submission(objectID, about string) rights.Submit {
	return rights.Submit{RegType: "RegFirst", RegistrarID: registrar.uscc, ObjectType: "Resource", ObjectID: objectID, RightKinds: allKinds, Papers: papers(about)}
}

// applications: fingerprints are computed here, on the holder's machine; only
// digests leave.
func (s *story) applications(ctx context.Context) error {
	for _, t := range []struct {
		actor
		file, about string
		entry       rights.Catalogue
	}{{energy, "iowa-electricity.csv", "energy", energyTable()}, {weather, "seattle-weather-hourly-normals.csv", "weather", weatherTable()}} {
		entry := t.entry
		fp, err := s.fingerprint(t.key, filepath.Join(s.DataDir, t.file))
		if err != nil {
			return err
		}
		s.tell(fmt.Sprintf("%s在本机计算 %s 的指纹：%d 行", t.zh, t.file, fp.RecordCount),
			fmt.Sprintf("%s fingerprints %s on its own machine: %d rows", t.en, t.file, fp.RecordCount), "内容根 content root "+fp.ContentRoot)
		if err := s.tag(ctx, t.actor, []*print{fp}); err != nil {
			return err
		}
		fp.into(&entry)
		r, err := s.do(ctx, t.key+"-catalogue", t.actor, t.zh+"编目", t.en+" catalogues it", "resource.catalogue", entry)
		if err != nil {
			return err
		}
		if _, err := s.do(ctx, t.key+"-submit", t.actor, t.zh+"申请三种权利的首次登记", t.en+" applies for the three rights", "registration.submit",
			submission(r.id(rights.KindResource), t.about)); err != nil {
			return err
		}
	}
	return s.seriesApplications(ctx)
}

// seriesCount is how many sub-series the weather company registers in bulk.
const seriesCount = 1000

// seriesApplications catalogues and applies for 1,000 sub-series under three
// signatures.
func (s *story) seriesApplications(ctx context.Context) error {
	prints, err := s.series(filepath.Join(s.DataDir, "seattle-weather-hourly-normals.csv"))
	if err != nil {
		return err
	}
	s.tell(fmt.Sprintf("%s将天气表切成 %d 条逐小时子序列并逐一计算指纹", weather.zh, len(prints)),
		fmt.Sprintf("%s cuts the table into %d hourly sub-series and fingerprints each", weather.en, len(prints)), "")
	if err := s.tag(ctx, weather, prints); err != nil {
		return err
	}
	common := weatherTable()
	common.Name = ""
	var objects []string
	half := len(prints) / 2
	for part, some := range [][]*print{prints[:half], prints[half:]} {
		var items []any
		for i, p := range some {
			items = append(items, map[string]any{
				"name":     fmt.Sprintf("2010年西雅图气象行业逐小时常年值子序列%04d", part*half+i+1),
				"timeFrom": p.from, "timeTo": p.to, "recordCount": p.RecordCount, "sizeBytes": p.SizeBytes,
				"contentRoot": p.ContentRoot, "matchTag": p.tag.MatchTag, "tagAttestation": p.tag.TagAttestation,
			})
		}
		shared, err := trimmed(common, "name", "timeFrom", "timeTo", "recordCount", "sizeBytes", "contentRoot")
		if err != nil {
			return err
		}
		shared["tagEpoch"], shared["schemaHash"] = prints[0].tag.TagEpoch, prints[0].SchemaHash
		r, err := s.do(ctx, fmt.Sprintf("series-catalogue-%d", part+1), weather, fmt.Sprintf("一个签名编目 %d 条子序列", len(items)),
			fmt.Sprintf("one signature catalogues %d sub-series", len(items)), "resource.catalogueBatch", map[string]any{"common": shared, "items": items})
		if err != nil {
			return err
		}
		objects = append(objects, r.ids(rights.KindResource)...)
	}
	shared, err := trimmed(submission("", "weather series"), "objectId")
	if err != nil {
		return err
	}
	_, err = s.do(ctx, "series-submit", weather, fmt.Sprintf("一个签名申请 %d 件首次登记", len(objects)),
		fmt.Sprintf("one signature applies for %d registrations", len(objects)), "registration.submitBatch", map[string]any{"common": shared, "items": itemsOf("objectId", objects)})
	return err
}

// trimmed is a body as a map, without the fields that items bring themselves.
func trimmed(body any, without ...string) (map[string]any, error) {
	raw, err := json.Marshal(body)
	if err != nil {
		return nil, err
	}
	m := map[string]any{}
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	if err := d.Decode(&m); err != nil {
		return nil, err
	}
	for _, f := range without {
		delete(m, f)
	}
	return m, nil
}

func itemsOf(field string, ids []string) []any {
	items := make([]any, len(ids))
	for i, id := range ids {
		items[i] = map[string]string{field: id}
	}
	return items
}

// answered is the receipt of a step played before.
func (s *story) answered(ctx context.Context, name string, who actor) (receipt, error) {
	jws, err := os.ReadFile(filepath.Join(s.memory, name+".jws"))
	if err != nil {
		return receipt{}, err
	}
	return s.send(ctx, who, jws)
}

func positive() *rights.Findings {
	yes := &rights.Finding{Positive: true, NoteHash: hashOf("demo reviewer's note")}
	return &rights.Findings{Description: yes, Source: yes, Rights: yes}
}

// decisions: notice for all; the energy case is recorded, the weather table's
// is objected to and rejected, the 1,000 sub-series are recorded in bulk.
func (s *story) decisions(ctx context.Context) error {
	energyCase, err := s.answered(ctx, energy.key+"-submit", energy)
	if err != nil {
		return err
	}
	weatherCase, err := s.answered(ctx, weather.key+"-submit", weather)
	if err != nil {
		return err
	}
	seriesCases, err := s.answered(ctx, "series-submit", weather)
	if err != nil {
		return err
	}
	first, second, series := energyCase.id(rights.KindCase), weatherCase.id(rights.KindCase), seriesCases.ids(rights.KindCase)

	both := []string{first, second}
	if _, err := s.do(ctx, "accept", registrar, "登记岗受理两件申请", "the registrar accepts both cases", "registration.acceptBatch", map[string]any{"items": itemsOf("caseId", both)}); err != nil {
		return err
	}
	if _, err := s.do(ctx, "notice", registrar, "三项审查结论均为肯定，两件同时公示 5 个工作日", "all findings positive: both go into public notice for five working days",
		"registration.publishNoticeBatch", map[string]any{"common": map[string]any{"findings": positive()}, "items": itemsOf("caseId", both)}); err != nil {
		return err
	}
	objection, err := s.do(ctx, "objection", energy, "公示期内，"+energy.zh+"对整张天气表提出异议", "within the notice the energy company objects to the whole weather table",
		"registration.fileObjection", rights.FileObjection{CaseID: second, Reason: "表内含本公司风电场测风塔的观测值，权属未决",
			ReasonHash: hashOf("demo objection"), MaterialHashes: []string{hashOf("demo wind mast contract")}})
	if err != nil {
		return err
	}
	if _, err := s.do(ctx, "series-accept", registrar, fmt.Sprintf("登记岗一个签名受理 %d 件", len(series)), fmt.Sprintf("one signature accepts %d cases", len(series)),
		"registration.acceptBatch", map[string]any{"items": itemsOf("caseId", series)}); err != nil {
		return err
	}
	if _, err := s.do(ctx, "series-notice", registrar, fmt.Sprintf("一个签名公示 %d 件", len(series)), fmt.Sprintf("one signature publishes %d notices", len(series)),
		"registration.publishNoticeBatch", map[string]any{"common": map[string]any{"findings": positive()}, "items": itemsOf("caseId", series)}); err != nil {
		return err
	}
	if _, err := s.do(ctx, "objection-upheld", registrar, "异议成立，整表申请不予登记（G3 权属争议未决）", "the objection is upheld: the whole-table case is rejected (G3, unresolved title)",
		"registration.decideObjection", rights.DecideObjection{ObjectionID: objection.id(rights.KindObjection), Outcome: "upheld", ConclusionHash: hashOf("demo conclusion")}); err != nil {
		return err
	}
	if err := s.awaitNotice(ctx, first); err != nil {
		return err
	}
	month := time.Now().In(time.FixedZone("Asia/Shanghai", 8*3600)).Format("200601")
	if _, err := s.do(ctx, "record", registrar, "公示期满无异议：登记三种权利并发证", "the notice ended without objection: three rights and a certificate",
		"registration.record", rights.RecordCase{CaseID: first, CertNo: "SJ321" + month + "0001"}); err != nil {
		return err
	}
	if err := s.awaitNotice(ctx, series[len(series)-1]); err != nil {
		return err
	}
	var items []any
	for i, id := range series {
		items = append(items, map[string]any{"caseId": id, "certNo": fmt.Sprintf("SJ321%s%04d", month, i+2)})
	}
	_, err = s.do(ctx, "series-record", registrar, fmt.Sprintf("一个签名登记 %d 件：%d 项权利、%d 张凭证", len(series), 3*len(series), len(series)),
		fmt.Sprintf("one signature records %d cases: %d rights, %d certificates", len(series), 3*len(series), len(series)), "registration.recordBatch", map[string]any{"items": items})
	return err
}

// awaitNotice waits until the case's notice has ended, by the ledger's dates.
func (s *story) awaitNotice(ctx context.Context, caseID string) error {
	var c rights.Case
	if err := s.get(ctx, registrar.gateway, "/v1/registrations/"+caseID, nil, &c); err != nil {
		return err
	}
	if c.State != rights.StatePublicNotice {
		return nil
	}
	wait := time.Until(time.Unix(c.NoticeEndsAt, 0)) + time.Second
	if wait > 0 {
		fmt.Fprintf(s.Out, "     … 公示期还剩 %s / the notice runs for another %s\n", wait.Round(time.Second), wait.Round(time.Second))
		select {
		case <-time.After(wait):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}

// verification: a bank asks its own gateway, fed by its own peer.
func (s *story) verification(ctx context.Context) error {
	recorded, err := s.answered(ctx, "record", registrar)
	if err != nil {
		return err
	}
	no := recorded.id(rights.KindCertificate)
	var cert rights.Certificate
	if err := s.get(ctx, bank.gateway, "/v1/certificates/"+no, nil, &cert); err != nil {
		return err
	}
	var verdict struct {
		Exists bool   `json:"exists"`
		State  string `json:"state"`
		Hash   struct {
			Matches string `json:"matches"`
		} `json:"hash"`
		Rights []struct {
			Kind      string `json:"kind"`
			Effective struct {
				Now bool `json:"now"`
			} `json:"effective"`
		} `json:"rights"`
	}
	if err := s.get(ctx, bank.gateway, "/v1/certificates/"+no+"/verify", url.Values{"hash": {cert.ContentRoot}}, &verdict); err != nil {
		return err
	}
	effective := 0
	for _, r := range verdict.Rights {
		if r.Effective.Now {
			effective++
		}
	}
	if !verdict.Exists || verdict.Hash.Matches != "contentRoot" || verdict.State != string(rights.StateValid) || effective != 3 {
		return fmt.Errorf("the bank's gateway does not confirm certificate %s: %+v", no, verdict)
	}
	s.tell(fmt.Sprintf("合作银行经自己的网关核验凭证 %s：有效，%d 项权利现时生效", no, effective),
		fmt.Sprintf("the bank verifies certificate %s through its own gateway: valid, %d rights effective now", no, effective),
		fmt.Sprintf("GET %s/v1/certificates/%s/verify", s.url(bank.gateway), no))
	return nil
}

func (s *story) url(organisation string) string {
	org, err := s.Deployment.Organisation(organisation)
	if err != nil {
		return organisation
	}
	return fmt.Sprintf("http://127.0.0.1:%d", org.Ports.Gateway)
}

// attacks: what a dishonest relay, a thief of old messages and an outsider get.
func (s *story) attacks(ctx context.Context) error {
	jws, err := os.ReadFile(filepath.Join(s.memory, energy.key+"-submit.jws"))
	if err != nil {
		return err
	}
	parts := strings.Split(string(jws), ".")
	payload, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil {
		return err
	}
	tampered := bytes.Replace(payload, []byte(`"RightOperation"`), []byte(`"RightHolding"`), 1)
	forged := parts[0] + "." + base64.RawURLEncoding.EncodeToString(tampered) + "." + parts[2]
	if err := s.refused(ctx, "网关篡改命令内容后转发", "a relay changes the command and passes it on", []byte(forged), rights.CodeSignature); err != nil {
		return err
	}

	var p struct {
		ID string `json:"id"`
	}
	if err := json.Unmarshal(payload, &p); err != nil {
		return err
	}
	before := s.height
	again, err := s.send(ctx, energy, jws)
	if err != nil {
		return err
	}
	if again.Block > before {
		return fmt.Errorf("a repeated command was applied again in block %d", again.Block)
	}
	key, err := s.key(energy)
	if err != nil {
		return err
	}
	reused, err := key.Command(energy.uscc, energy.keyNo, "registration.withdraw", rights.OfCase{CaseID: again.id(rights.KindCase)}, client.WithID(p.ID))
	if err != nil {
		return err
	}
	if err := s.refused(ctx, "重放旧命令：原样重发只得到第一次的结果；借旧编号夹带新内容被拒绝", "replay: the same bytes only get the first answer; new content under an old id is refused", reused.JWS, rights.CodeReplay); err != nil {
		return err
	}

	unknown, err := client.GenerateKey()
	if err != nil {
		return err
	}
	nobody, err := unusedCode()
	if err != nil {
		return err
	}
	foreign, err := unknown.Command(nobody, 1, "participant.exit", rights.Exit{Declaration: "x"})
	if err != nil {
		return err
	}
	return s.refused(ctx, "不在账本上的密钥签发命令", "a key that is not on the ledger signs a command", foreign.JWS, rights.CodeKey)
}

// unusedCode draws a well-formed credit code that nobody has, so that whoever
// tries things out on this ledger does not get in the story's way.
func unusedCode() (string, error) {
	n, err := rand.Int(rand.Reader, big.NewInt(1e8))
	if err != nil {
		return "", err
	}
	code := fmt.Sprintf("91320900%08d0", n)
	check, _ := rights.USCCCheck(code)
	return code + string(check), nil
}

// refused submits what must be refused with that code.
func (s *story) refused(ctx context.Context, zh, en string, jws []byte, code rights.Code) error {
	_, err := s.send(ctx, stranger, jws)
	if err == nil {
		return fmt.Errorf("%s: want %s, but it was accepted", en, code)
	}
	var p *client.Problem
	if !errors.As(err, &p) || p.Code != string(code) {
		return fmt.Errorf("%s: want %s, got: %w", en, code, err)
	}
	s.tell(zh, en, fmt.Sprintf("HTTP %d %s：%s", p.Status, p.Code, p.Detail))
	return nil
}

// agreement: every organisation's index, built from its own peer, has the same
// digest.
func (s *story) agreement(ctx context.Context) error {
	digests := map[string]bool{}
	var last string
	for i := range s.Deployment.Organisations {
		name := s.Deployment.Organisations[i].Name
		var d struct {
			Digest string `json:"digest"`
		}
		if err := s.get(ctx, name, "/v1/index/digest", url.Values{"height": {fmt.Sprint(s.height + 1)}}, &d); err != nil {
			return err
		}
		digests[d.Digest], last = true, d.Digest
	}
	if len(digests) != 1 {
		return fmt.Errorf("the organisations' indexes differ at height %d: %v", s.height+1, digests)
	}
	s.tell(fmt.Sprintf("%d 家机构各自索引，高度 %d 的摘要一致", len(s.Deployment.Organisations), s.height+1),
		fmt.Sprintf("%d organisations, each from its own peer: one digest at height %d", len(s.Deployment.Organisations), s.height+1), last)
	return nil
}

func (s *story) epilogue() {
	fmt.Fprintf(s.Out, "\n完成，用时 %s。接着看 / Done in %s. Where to look:\n", time.Since(s.began).Round(time.Second), time.Since(s.began).Round(time.Second))
	for i := range s.Deployment.Organisations {
		org := &s.Deployment.Organisations[i]
		fmt.Fprintf(s.Out, "  %-10s %s  %s\n", org.Name, s.url(org.Name), org.NameZh)
	}
	fmt.Fprintf(s.Out, "  API        %s/docs\n  密钥 keys   %s\n  状态 status  bin/datarights network status\n  停止 stop    make down\n", s.url("Group"), s.keyDir)
}

package explorer

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/datarights/datarights/chaincode/rights"
	"github.com/datarights/datarights/gateway/index"
)

// fakeLedger is a Reader over blocks put into it by hand. It can be told to
// fail.
type fakeLedger struct {
	entries map[rights.RecordRef]*index.Entry
	order   []rights.RecordRef
	history map[rights.RecordRef][]index.Revision
	blocks  []index.Block
	txs     map[string]index.Transaction
	broken  error // every read returns it
	queue   []queued
}

func newFakeLedger() *fakeLedger {
	return &fakeLedger{entries: map[rights.RecordRef]*index.Entry{}, history: map[rights.RecordRef][]index.Revision{}, txs: map[string]index.Transaction{}}
}

type put struct {
	kind rights.Kind
	id   string
	rec  any // a rights record, or raw JSON
}

type sent struct {
	kind, msp, kid, command, validation string
	endorsers                           []string
	puts                                []put
}

func hex64(s string) string {
	sum := sha256.Sum256([]byte(s))
	return hex.EncodeToString(sum[:])
}

// block queues a block of transactions; cut orders what was queued.
func (f *fakeLedger) block(at time.Time, txs ...sent) {
	f.queue = append(f.queue, queued{at, txs})
}

type queued struct {
	at  time.Time
	txs []sent
}

// cut makes the queued blocks, by time.
func (f *fakeLedger) cut() {
	slices.SortStableFunc(f.queue, func(a, b queued) int { return a.at.Compare(b.at) })
	for _, b := range f.queue {
		f.append(b.at, b.txs...)
	}
	f.queue = nil
}

func (f *fakeLedger) append(at time.Time, txs ...sent) {
	n := uint64(len(f.blocks))
	b := index.Block{
		Number: n, Hash: "sha256:" + hex64(fmt.Sprint("block", n)), DataHash: "sha256:" + hex64(fmt.Sprint("data", n)), At: at.Unix(),
		Signers: []string{"GroupMSP", "ExchangeMSP", "RegulatorMSP"}, Size: 5213 + 811*len(txs),
	}
	if n > 0 {
		b.Previous = f.blocks[n-1].Hash
	}
	for i, s := range txs {
		txid := hex64(fmt.Sprint("tx", n, i))
		t := index.Transaction{
			TxID: txid, Block: n, Index: i, At: at.Unix(), Type: s.kind, Validation: s.validation, Submitter: s.msp, Endorsers: s.endorsers,
			Command: s.command, Kid: s.kid,
		}
		if t.Type == "" {
			t.Type = "command"
		}
		if t.Validation == "" {
			t.Validation = "VALID"
		}
		if t.Endorsers == nil {
			t.Endorsers = []string{"GroupMSP", "RegulatorMSP"}
		}
		if t.Command != "" {
			u := hex64("command" + txid)
			t.CommandID = u[:8] + "-" + u[8:12] + "-4" + u[13:16] + "-a" + u[17:20] + "-" + u[20:32]
			t.JWS = base64.RawURLEncoding.EncodeToString([]byte(fmt.Sprintf(`{"alg":"SM2","typ":"datarights+jws","kid":%q}`, s.kid))) + "." +
				base64.RawURLEncoding.EncodeToString([]byte(fmt.Sprintf(`{"command":%q,"id":%q,"iat":%d,"exp":%d,"body":{}}`, s.command, t.CommandID, t.At, t.At+3600))) + "." +
				base64.RawURLEncoding.EncodeToString([]byte(strings.Repeat("\x5a", 64)))
		}
		for j, p := range s.puts {
			raw, ok := p.rec.(json.RawMessage)
			if !ok {
				raw, _ = json.Marshal(p.rec)
			}
			var head rights.Head
			_ = json.Unmarshal(raw, &head)
			if t.Validation != "VALID" {
				continue // as in the index: no records
			}
			t.Records = append(t.Records, rights.RecordRef{Kind: p.kind, ID: p.id, State: head.State, Version: head.Version})
			t.RecordCount = len(t.Records)
			pos := index.Position{Block: n, Tx: i, N: j}
			ref := rights.RecordRef{Kind: p.kind, ID: p.id}
			if e := f.entries[ref]; e != nil {
				e.JSON, e.Updated = raw, pos
			} else {
				f.entries[ref] = &index.Entry{Kind: p.kind, ID: p.id, JSON: raw, Created: pos, Updated: pos}
				f.order = append(f.order, ref)
			}
			f.history[ref] = append(f.history[ref], index.Revision{Position: pos, TxID: txid, At: t.At, Command: s.command, Kid: s.kid, JSON: raw})
		}
		if t.Validation == "VALID" {
			b.Valid++
		}
		f.txs[txid] = t
		b.TxIDs = append(b.TxIDs, txid)
	}
	f.blocks = append(f.blocks, b)
}

func (f *fakeLedger) Get(kind rights.Kind, id string) (index.Entry, error) {
	if f.broken != nil {
		return index.Entry{}, f.broken
	}
	if e := f.entries[rights.RecordRef{Kind: kind, ID: id}]; e != nil {
		return *e, nil
	}
	return index.Entry{}, fmt.Errorf("%s %s: %w", kind, id, index.ErrNotFound)
}

// List answers as the index does: exact fields, text by containment, cursors
// that are only good for the query they came from.
func (f *fakeLedger) List(q index.Query) (index.Page[index.Entry], error) {
	var page index.Page[index.Entry]
	if f.broken != nil {
		return page, f.broken
	}
	var all []index.Entry
	for _, ref := range slices.Backward(f.order) {
		e := f.entries[ref]
		if e.Kind != q.Kind || !strings.HasPrefix(e.ID, q.Prefix) {
			continue
		}
		fields := map[string]any{}
		_ = json.Unmarshal(e.JSON, &fields)
		fits := true
		for k, want := range q.Where {
			have, ok := fields[k]
			for alias, list := range map[string]string{"role": "roles", "applicantId": "applicantIds"} {
				if k == alias {
					have, ok = fields[list]
				}
			}
			list, isList := have.([]any)
			switch {
			case !ok:
				fits = false
			case isList:
				fits = fits && slices.ContainsFunc(list, func(v any) bool { return fmt.Sprint(v) == want })
			default:
				fits = fits && fmt.Sprint(have) == want
			}
		}
		for _, word := range strings.Fields(q.Text) {
			text := e.ID
			for _, k := range []string{"name", "overview", "objectName", "dataName", "holderName"} {
				text += " " + fmt.Sprint(fields[k])
			}
			fits = fits && strings.Contains(text, word)
		}
		if fits {
			all = append(all, *e)
		}
	}
	key := hex64(fmt.Sprint(q.Kind, q.Where, q.Text, q.Prefix))[:8]
	start, limit := 0, q.Limit
	if limit == 0 {
		limit = 50
	}
	if q.Cursor != "" {
		at, ok := strings.CutPrefix(q.Cursor, key+".")
		n, err := strconv.Atoi(at)
		if !ok || err != nil || n < 0 || n > len(all) {
			return page, index.ErrCursor
		}
		start = n
	}
	end := min(start+limit, len(all))
	page.Items = all[start:end]
	if end < len(all) {
		page.Next = key + "." + strconv.Itoa(end)
	}
	return page, nil
}

func (f *fakeLedger) History(kind rights.Kind, id string) ([]index.Revision, error) {
	if f.broken != nil {
		return nil, f.broken
	}
	if h := f.history[rights.RecordRef{Kind: kind, ID: id}]; h != nil {
		return h, nil
	}
	return nil, index.ErrNotFound
}

func (f *fakeLedger) Block(n uint64) (index.Block, error) {
	if f.broken != nil {
		return index.Block{}, f.broken
	}
	if n >= uint64(len(f.blocks)) {
		return index.Block{}, index.ErrNotFound
	}
	return f.blocks[n], nil
}

func pageOf[T any](all []T, cursor string, limit int) (page index.Page[T], err error) {
	start := 0
	if cursor != "" {
		if start, err = strconv.Atoi(cursor); err != nil || start < 0 || start > len(all) {
			return page, index.ErrCursor
		}
	}
	end := min(start+limit, len(all))
	page.Items = all[start:end]
	if end < len(all) {
		page.Next = strconv.Itoa(end)
	}
	return page, nil
}

func (f *fakeLedger) Blocks(cursor string, limit int) (index.Page[index.Block], error) {
	if f.broken != nil {
		return index.Page[index.Block]{}, f.broken
	}
	all := slices.Clone(f.blocks)
	slices.Reverse(all)
	return pageOf(all, cursor, limit)
}

func (f *fakeLedger) Transaction(id string) (index.Transaction, error) {
	if f.broken != nil {
		return index.Transaction{}, f.broken
	}
	if t, ok := f.txs[id]; ok {
		return t, nil
	}
	return index.Transaction{}, index.ErrNotFound
}

func (f *fakeLedger) Transactions(cursor string, limit int) (index.Page[index.Transaction], error) {
	if f.broken != nil {
		return index.Page[index.Transaction]{}, f.broken
	}
	var all []index.Transaction
	for _, b := range slices.Backward(f.blocks) {
		for _, id := range slices.Backward(b.TxIDs) {
			t := f.txs[id] // lists are cut short, as the index cuts them
			t.JWS, t.Records = "", t.Records[:min(len(t.Records), index.MaxListedRecords)]
			all = append(all, t)
		}
	}
	return pageOf(all, cursor, limit)
}

func (f *fakeLedger) Status() index.Status {
	return index.Status{Height: uint64(len(f.blocks)), Digest: "sm3:" + hex64("digest")}
}

func (f *fakeLedger) Stats() (index.Stats, error) {
	s := index.Stats{Height: uint64(len(f.blocks)), Kinds: map[string]int64{}, States: map[string]int64{}}
	if f.broken != nil {
		return s, f.broken
	}
	for _, t := range f.txs {
		s.Transactions++
		if t.Validation != "VALID" {
			s.Invalid++
		}
	}
	for ref, e := range f.entries {
		var head rights.Head
		_ = json.Unmarshal(e.JSON, &head)
		s.Kinds[string(ref.Kind)]++
		s.States[string(ref.Kind)+"/"+string(head.State)]++
	}
	return s, nil
}

// The cast of the sample: an energy and a weather company of Yancheng, and the
// four institutions.
const (
	group    = "91320900MA0A00073U"
	exchange = "91320900MA0A00014Q"
	bureau   = "11320900MB0A00050T"
	bank     = "91320904MA0A00081G"
	energy   = "91320903MA0A00022Y"
	weather  = "91320902MA0A00030B"
	logistic = "91320981MA0A00049M"

	windResource = "DR-320903-20261112-5c0f8a1e77d2-00"
	windCase     = "RG-320903-20261113-91b3aa40e7c5-00"
	windCert     = "SJ3212026110001"
	rainResource = "DR-320902-20261116-20d4f1b6c3a9-00"
	rainCase     = "RG-320902-20261118-7702be91d4f0-00"
	tideResource = "DR-320981-20261117-aa1190fe3c55-00"
	tideCase     = "RG-320981-20261118-0f41c27be9aa-00"
	oldCase      = "RG-320902-20261110-5be09a7731cc-00"
	windRight    = "RT-320903-20261120-c4e8d1027fb6-0"
)

// sampleNow is the time at which the sample is looked at.
var sampleNow = at("2026-11-23 14:30:00")

func at(s string) time.Time {
	t, err := time.ParseInLocation("2006-01-02 15:04:05", s, shanghai)
	if err != nil {
		panic(err)
	}
	return t
}

func head(kind rights.Kind, id string, version int64, state rights.State, when time.Time, kid string) rights.Head {
	return rights.Head{
		DocType: string(kind), ID: id, SchemaVersion: 1, Version: version, State: state, RuleProfileVer: "DRWG@1",
		CreatedAt: when.Unix(), CreatedBy: kid, UpdatedAt: when.Unix(), UpdatedBy: kid,
	}
}

// sample is a ledger with a few weeks of life. demoSeconds > 0 makes its rule
// profile a demonstration's.
func sample(demoSeconds int64) *fakeLedger {
	f := newFakeLedger()
	t0 := at("2026-11-02 09:00:00")
	f.block(t0, sent{kind: "config", msp: "GroupMSP"})
	f.block(t0.Add(40*time.Second), sent{kind: "lifecycle", msp: "RegulatorMSP"})
	var orgs []put
	for _, o := range []rights.Organisation{
		{MSPID: "GroupMSP", Name: "City Big-Data Group", NameZh: "市大数据集团", Function: rights.FunctionRegistration},
		{MSPID: "ExchangeMSP", Name: "Huadong Jiangsu Big Data Exchange", NameZh: "华东江苏大数据交易中心", Function: rights.FunctionTrading},
		{MSPID: "RegulatorMSP", Name: "City Data Bureau", NameZh: "市数据局", Function: rights.FunctionSupervision},
		{MSPID: "BankMSP", Name: "Huanghai Bank", NameZh: "黄海银行", Function: rights.FunctionFinance},
	} {
		o.Head = head(rights.KindOrganisation, o.MSPID, 1, "", t0, "")
		orgs = append(orgs, put{rights.KindOrganisation, o.MSPID, o})
	}
	f.block(t0.Add(50*time.Second), sent{kind: "founding", msp: "RegulatorMSP", puts: orgs})

	person := func(uscc, name, orgType, region, msp string, state rights.State, version int64, when time.Time, officer *rights.Officer, roles ...rights.Role) rights.Participant {
		p := rights.Participant{
			Head: head(rights.KindParticipant, uscc, version, state, when, uscc+"#1"), USCC: uscc, Name: name, OrgType: orgType, Roles: roles, RegionCode: region, MSPID: msp,
			Keys: []rights.Key{{No: 1, PublicKey: "MFkwEwYHKoZIzj0CAQYIKoEcz1UBgi0DQgAE", Fingerprint: "sm3:" + hex64("key"+uscc), State: rights.KeyActive, From: when.Unix(), Officer: officer, By: uscc + "#1"}},
		}
		return p
	}
	registrar := person(group, "盐城市大数据集团有限公司", "OrgEnterprise", "320900", "GroupMSP", "Active", 1, t0, &rights.Officer{Post: "登记一岗", Duties: []rights.Role{rights.RoleRegistrar}}, rights.RoleRegistrar, rights.RoleOperating)
	registrar.Registrar = &rights.RegistrarCode{Region: "32", Digit: "1"}
	for i, e := range []struct {
		msp string
		p   rights.Participant
	}{
		{"GroupMSP", registrar},
		{"ExchangeMSP", person(exchange, "华东江苏大数据交易中心股份有限公司", "OrgEnterprise", "320900", "ExchangeMSP", "Active", 1, t0, &rights.Officer{Post: "准入岗", Duties: []rights.Role{rights.RoleExchange}}, rights.RoleExchange)},
		{"RegulatorMSP", person(bureau, "盐城市数据局", "OrgGovernment", "320900", "RegulatorMSP", "Active", 1, t0, &rights.Officer{Post: "数据产权处", Duties: []rights.Role{rights.RoleRegulator}}, rights.RoleRegulator)},
		{"BankMSP", person(bank, "黄海银行股份有限公司盐城大丰支行", "OrgFinancial", "320904", "BankMSP", "Active", 1, t0, &rights.Officer{Post: "押品管理岗", Duties: []rights.Role{rights.RoleBank}}, rights.RoleBank)},
	} {
		f.block(t0.Add(time.Duration(i+1)*time.Minute), sent{kind: "enrolment", msp: e.msp, puts: []put{{rights.KindParticipant, e.p.USCC, e.p}}})
	}

	params := []rights.Param{
		{Key: "accept.deemed", Int: 1}, {Key: "accept.workdays", Int: 3}, {Key: "basis.maxDepth", Int: 16}, {Key: "cert.maxMonths", Int: 60}, {Key: "correction.workdays", Int: 10},
		{Key: "notice.exemption", Int: 1}, {Key: "notice.workdays", Int: 5}, {Key: "objection.workdays", Int: 10}, {Key: "paper.compliance.minGrade", Int: 3},
		{Key: "retention.years", Int: 30}, {Key: "review.extend.workdays", Int: 10}, {Key: "review.workdays", Int: 10},
	}
	if demoSeconds > 0 {
		params = append(params, rights.Param{Key: "demo.secondsPerWorkday", Int: demoSeconds})
	}
	f.block(at("2026-11-02 09:10:00"), sent{msp: "RegulatorMSP", kid: bureau + "#1", command: "ruleProfile.publish", puts: []put{{rights.KindProfile, "DRWG@1", rights.RuleProfile{
		Head: head(rights.KindProfile, "DRWG@1", 1, "InForce", t0, bureau+"#1"), Code: "DRWG", Ver: 1, Params: params, From: t0.Unix(), DocRefs: []string{"国数综政策〔2026〕35号"}, Note: "首批参数。",
	}}}})
	f.block(at("2026-11-02 09:11:00"), sent{msp: "RegulatorMSP", kid: bureau + "#1", command: "workCalendar.publish", puts: []put{{rights.KindCalendar, "2026@1", rights.WorkCalendar{
		Head: head(rights.KindCalendar, "2026@1", 1, "InForce", t0, bureau+"#1"), Year: 2026, Ver: 1, DocRef: "国务院办公厅关于 2026 年部分节假日安排的通知",
		NonWorking: []string{"2026-01-01", "2026-01-02", "2026-02-16", "2026-02-17", "2026-02-18", "2026-02-19", "2026-02-20", "2026-04-06", "2026-05-01", "2026-06-19", "2026-09-25", "2026-10-01", "2026-10-02", "2026-10-05", "2026-10-06", "2026-10-07"}, ExtraWorking: []string{"2026-02-14", "2026-09-27", "2026-10-10"},
	}}}})

	// Enterprises apply and are admitted.
	for i, e := range []struct {
		uscc, name, region string
		roles              []rights.Role
	}{
		{energy, "江苏海风新能源数据有限公司", "320903", []rights.Role{rights.RoleEnterprise, rights.RoleVendor}},
		{weather, "盐城沿海气象数据服务有限公司", "320902", []rights.Role{rights.RoleEnterprise, rights.RoleVendor}},
		{logistic, "东台港航物流科技有限公司", "320981", []rights.Role{rights.RoleEnterprise}},
	} {
		when := at("2026-11-09 10:00:00").Add(time.Duration(i) * 17 * time.Minute)
		applied := person(e.uscc, e.name, "OrgEnterprise", e.region, "", "Applied", 1, when, nil, e.roles...)
		f.block(when, sent{msp: "ExchangeMSP", kid: e.uscc + "#1", command: "participant.apply", puts: []put{{rights.KindParticipant, e.uscc, applied}}})
		admitted := person(e.uscc, e.name, "OrgEnterprise", e.region, "", "Active", 2, when.Add(time.Hour), nil, e.roles...)
		if e.uscc == energy {
			admitted.Keys[0].State, admitted.Keys[0].To = rights.KeyRetired, at("2026-11-11 16:00:00").Unix()
			admitted.Keys = append(admitted.Keys, rights.Key{No: 2, Fingerprint: "sm3:" + hex64("key2"), State: rights.KeyActive, From: at("2026-11-11 16:00:00").Unix(), By: energy + "#1"})
		}
		f.block(when.Add(time.Hour), sent{msp: "ExchangeMSP", kid: exchange + "#1", command: "participant.admit", puts: []put{{rights.KindParticipant, e.uscc, admitted}}})
	}

	limits := &rights.Limits{ResaleAllowed: false, ExportAllowed: false, BuyerType: "Enterprise", Environment: "数据空间或受控沙箱", Territory: "中国境内"}
	resource := func(id, holder, name, overview, industry, region string, count int64, when time.Time) rights.Resource {
		return rights.Resource{
			Head: head(rights.KindResource, id, 1, "Catalogued", when, holder+"#1"), Name: name, Overview: overview, HolderID: holder, SubjectClass: "SubjectEnterprise", SourceType: "SrcCollected",
			IndustryCode: industry, RegionCode: region, RegionRange: "Municipal", TimeFrom: "2021-01-01", TimeTo: "2026-09-30", UpdateFreq: "Monthly", RecordCount: count, SizeBytes: count * 97,
			DataForm: "Table", Structure: "Structured", Level: "LevelGeneral", Grade: 2, PI: "None", Limits: limits,
			Versions: []rights.ResourceVersion{{No: 1, ContentRoot: "sm3:" + hex64("root"+id), MatchTag: "sm3:" + hex64("tag"+id), TagEpoch: 1, SchemaHash: "sm3:" + hex64("schema"+id), RecordCount: count, SizeBytes: count * 97, At: when.Unix()}},
		}
	}
	type reg struct {
		resID, caseID, holder, kid, name, overview, industry, region string
		count                                                        int64
		start                                                        time.Time
	}
	wind := reg{windResource, windCase, energy, energy + "#2", "盐城海上风电场逐时出力数据（2021—2026年）", "盐都区、射阳县、大丰区沿海六座海上风电场的逐时有功出力、可用率与弃风量，经清洗补缺，按场站汇总。", "D4415", "320903", 302400, at("2026-11-12 09:20:00")}
	rain := reg{rainResource, rainCase, weather, weather + "#1", "盐城沿海自动站逐时气象观测数据（2021—2026年）", "沿海二十二个自动气象站的逐时气压、气温、风速、降水观测，经质量控制。", "M7410", "320902", 8759, at("2026-11-16 10:05:00")}
	tide := reg{tideResource, tideCase, logistic, logistic + "#1", "大丰港集装箱进出港作业时序数据（2023—2026年）", "集装箱进出港、堆存、装卸作业的时间序列，去除货主信息后按航线汇总。", "G5532", "320981", 1204455, at("2026-11-17 14:40:00")}
	application := func(r reg, state rights.State, version int64, edit func(*rights.Case)) rights.Case {
		submitted := r.start.Add(24 * time.Hour)
		c := rights.Case{
			Head: head(rights.KindCase, r.caseID, version, state, submitted, r.kid), RegType: "RegFirst", Profile: "DRWG", ApplicantIDs: []string{r.holder}, RegistrarID: group,
			ObjectType: "Resource", ObjectID: r.resID, ObjectVersion: 1, ObjectName: r.name, RightKinds: []rights.RightKind{rights.RightHolding, rights.RightUse, rights.RightOperation}, SourceType: "SrcCollected",
			Basis: []rights.Basis{{Type: "BasisOriginal", EvidenceHash: "sm3:" + hex64("basis"+r.caseID)}}, Limits: limits, SubmittedAt: submitted.Unix(), AcceptDueAt: submitted.Add(72 * time.Hour).Unix(),
			Papers: []rights.Evidence{{DocType: rights.DocForm, Hash: "sm3:" + hex64("form"+r.caseID)}, {DocType: rights.DocSource, Hash: "sm3:" + hex64("source"+r.caseID)}, {DocType: rights.DocGrading, Hash: "sm3:" + hex64("grading"+r.caseID)}},
		}
		if edit != nil {
			edit(&c)
		}
		return c
	}
	yes := &rights.Findings{Description: &rights.Finding{Positive: true}, Source: &rights.Finding{Positive: true}, Rights: &rights.Finding{Positive: true}}
	send := func(when time.Time, msp, kid, command string, puts ...put) {
		f.block(when, sent{msp: msp, kid: kid, command: command, puts: puts})
	}
	catalogue := func(r reg) {
		send(r.start, "GroupMSP", r.kid, "resource.catalogue", put{rights.KindResource, r.resID, resource(r.resID, r.holder, r.name, r.overview, r.industry, r.region, r.count, r.start)})
		send(r.start.Add(24*time.Hour), "GroupMSP", r.kid, "registration.submit", put{rights.KindCase, r.caseID, application(r, "Submitted", 1, nil)})
	}

	// Wind: through notice to certificate.
	catalogue(wind)
	accepted, notice, ends, recorded := at("2026-11-13 11:02:00"), at("2026-11-13 15:30:00"), at("2026-11-21 00:00:00"), at("2026-11-21 09:01:12")
	send(accepted, "GroupMSP", group+"#1", "registration.accept", put{rights.KindCase, windCase, application(wind, "UnderReview", 2, func(c *rights.Case) { c.AcceptedAt = accepted.Unix() })})
	inNotice := func(c *rights.Case) {
		c.AcceptedAt, c.NoticeStartAt, c.NoticeEndsAt, c.Findings = accepted.Unix(), notice.Unix(), ends.Unix(), yes
		c.NoticeText = "现对江苏海风新能源数据有限公司申请登记的海上风电场逐时出力数据产权予以公示，公示期五个工作日。"
	}
	send(notice, "GroupMSP", group+"#1", "registration.publishNotice", put{rights.KindCase, windCase, application(wind, "PublicNotice", 3, inNotice)})
	validTo := at("2031-11-21 09:01:12")
	var written []put
	var certRights []rights.CertificateRight
	var ids []string
	for i, kind := range []rights.RightKind{rights.RightHolding, rights.RightUse, rights.RightOperation} {
		id := windRight + strconv.Itoa(i)
		r := rights.Right{
			Head: head(rights.KindRight, id, 1, "Active", recorded, group+"#1"), Kind: kind, ObjectType: "Resource", ObjectID: windResource, ObjectName: wind.name, ObjectVersionFrom: 1, HolderID: energy,
			Basis: []rights.Basis{{Type: "BasisOriginal", EvidenceHash: "sm3:" + hex64("basis"+windCase)}}, Limits: limits, ValidFrom: recorded.Unix(), ValidTo: validTo.Unix(), CertNo: windCert, CaseID: windCase, RegistrarID: group,
		}
		if kind != rights.RightHolding {
			r.Basis = []rights.Basis{{Type: "BasisOwnRight", RefID: windRight + "0"}}
		}
		if kind == rights.RightOperation {
			r.Restriction = "仅限授权给在册企业，不得转让"
		}
		written = append(written, put{rights.KindRight, id, r})
		certRights = append(certRights, rights.CertificateRight{RightID: id, Kind: kind, HolderID: energy, ValidFrom: recorded.Unix(), ValidTo: validTo.Unix(), Restriction: r.Restriction})
		ids = append(ids, id)
	}
	done := application(wind, "Recorded", 4, func(c *rights.Case) {
		inNotice(c)
		c.ResultRightIDs, c.ResultCertNo, c.EndedAt = ids, windCert, recorded.Unix()
	})
	cert := rights.Certificate{
		Head: head(rights.KindCertificate, windCert, 1, "Valid", recorded, group+"#1"), CertNo: windCert, HolderID: energy, HolderName: "江苏海风新能源数据有限公司", HolderType: "OrgEnterprise", ObjectType: "Resource", ObjectID: windResource,
		DataName: wind.name, Overview: wind.overview, IndustryCode: wind.industry, SourceType: "SrcCollected", RegionRange: "Municipal", TimeFrom: "2021-01-01", TimeTo: "2026-09-30", UpdateFreq: "Monthly", Volume: wind.count, DataForm: "Table",
		Limits: limits, Rights: certRights, Remarks: []rights.Remark{{Type: "AgreedCondition", Text: "对外提供时应注明数据来源"}}, RegistrarID: group, CaseID: windCase, IssuedAt: recorded.Unix(), ValidFrom: recorded.Unix(), ValidTo: validTo.Unix(),
		EvidenceRoot: "sm3:" + hex64("evidence"), ContentRoot: "sm3:" + hex64("root"+windResource), DemoProfile: demoSeconds > 0,
	}
	written = append(written, put{rights.KindCertificate, windCert, cert}, put{rights.KindCase, windCase, done})
	f.block(recorded.Add(-2*time.Second), sent{msp: "GroupMSP", kid: group + "#1", command: "registration.record", validation: "MVCC_READ_CONFLICT", puts: written[3:]})
	send(recorded, "GroupMSP", group+"#1", "registration.record", written...)

	// Rain: in notice now, until 24:00 on 25 November. Tide: objected to.
	for _, r := range []reg{rain, tide} {
		catalogue(r)
		acc, pub := r.start.Add(26*time.Hour), r.start.Add(30*time.Hour)
		end := at("2026-11-26 00:00:00")
		send(acc, "GroupMSP", group+"#1", "registration.accept", put{rights.KindCase, r.caseID, application(r, "UnderReview", 2, func(c *rights.Case) { c.AcceptedAt = acc.Unix() })})
		noticed := func(c *rights.Case) {
			c.AcceptedAt, c.NoticeStartAt, c.NoticeEndsAt, c.Findings = acc.Unix(), pub.Unix(), end.Unix(), yes
		}
		send(pub, "GroupMSP", group+"#1", "registration.publishNotice", put{rights.KindCase, r.caseID, application(r, "PublicNotice", 3, noticed)})
		if r.caseID == tideCase {
			objID := "OB-320981-20261120-b0c8e1fa2219-00"
			filed := at("2026-11-20 16:12:30")
			send(filed, "ExchangeMSP", energy+"#2", "registration.fileObjection",
				put{rights.KindObjection, objID, rights.Objection{Head: head(rights.KindObjection, objID, 1, "ObjFiled", filed, energy+"#2"), Stage: "InNotice", CaseID: tideCase, ObjectorID: energy, ReasonHash: "sm3:" + hex64("reason"), Reason: "其中风电运维船舶的进出港记录由我公司提供，合同未约定经营权。", MaterialHashes: []string{"sm3:" + hex64("m")}, FiledAt: filed.Unix(), DueAt: at("2026-12-05 00:00:00").Unix()}},
				put{rights.KindCase, tideCase, application(r, "Objected", 4, func(c *rights.Case) { noticed(c); c.ObjectionIDs, c.OpenObjections = []string{objID}, 1 })})
		}
	}

	// A case the registrar rejected, and a bulk application.
	old := rain
	old.caseID, old.name, old.start = oldCase, "盐城公交线网客流统计数据（2025年）", at("2026-11-09 11:00:00")
	send(old.start.Add(24*time.Hour), "GroupMSP", weather+"#1", "registration.submit", put{rights.KindCase, oldCase, application(old, "Submitted", 1, nil)})
	send(at("2026-11-18 09:00:00"), "GroupMSP", group+"#1", "registration.reject", put{rights.KindCase, oldCase, application(old, "Rejected", 2, func(c *rights.Case) {
		c.RejectGround, c.Reason, c.AcceptedAt, c.EndedAt = "G2", "未能提供客流数据的合法来源证明。", at("2026-11-11 09:00:00").Unix(), at("2026-11-18 09:00:00").Unix()
	})})
	var bulk []put
	for i := range 120 {
		r := rain
		r.caseID = fmt.Sprintf("RG-320902-20261123-3e91c0d7ab54-%02d", i)
		r.name = fmt.Sprintf("盐城沿海自动站逐时气象观测数据子序列 %04d", i+1)
		r.start = at("2026-11-22 10:00:00")
		bulk = append(bulk, put{rights.KindCase, r.caseID, application(r, "Submitted", 1, nil)})
	}
	send(at("2026-11-23 10:00:00"), "GroupMSP", weather+"#1", "registration.submitBatch", bulk...)
	f.cut()
	return f
}

// fakeNetwork is a consortium as told.
type fakeNetwork struct {
	state Consortium
	err   error
}

func (n fakeNetwork) Status(context.Context) (Consortium, error) { return n.state, n.err }

func sampleNetwork() Consortium {
	c := Consortium{At: sampleNow, ComparedAt: 31}
	for i, m := range []struct {
		msp  string
		name rights.Text
	}{
		{"GroupMSP", rights.Text{Zh: "市大数据集团", En: "City Big-Data Group"}},
		{"ExchangeMSP", rights.Text{Zh: "华东江苏大数据交易中心", En: "Huadong Jiangsu Big Data Exchange"}},
		{"RegulatorMSP", rights.Text{Zh: "市数据局", En: "City Data Bureau"}},
		{"BankMSP", rights.Text{Zh: "黄海银行", En: "Huanghai Bank"}},
	} {
		member := Member{MSPID: m.msp, Name: m.name, Reachable: true, Height: 31, Digest: "sm3:" + hex64("digest")}
		short := strings.ToLower(strings.TrimSuffix(m.msp, "MSP"))
		for j, role := range []string{"orderer", "peer", "chaincode", "gateway"} {
			p := Process{Name: short + "-" + role, Role: role, State: "ok", PID: 4100 + 10*i + j, UptimeSeconds: int64(86400*3 + 5000*i), Height: 31}
			if role == "chaincode" {
				p.Height = 0
			}
			p.Leader = role == "orderer" && i == 2
			if m.msp == "BankMSP" && role == "peer" {
				p.State, p.Restarts, p.UptimeSeconds, p.Detail = "down", 2, 0, "exit status 2"
			}
			member.Processes = append(member.Processes, p)
		}
		c.Members = append(c.Members, member)
	}
	return c
}

func quiet() *slog.Logger { return slog.New(slog.NewTextHandler(io.Discard, nil)) }

func sampleOptions(f *fakeLedger) Options {
	return Options{
		Reader: f, API: sampleAPI(), Network: fakeNetwork{state: sampleNetwork()}, Organisation: Organisation{MSPID: "GroupMSP", Name: rights.Text{Zh: "市大数据集团", En: "City Big-Data Group"}},
		Site: rights.Text{Zh: "盐城市数据产权登记簿", En: "Yancheng Data Rights Registry"}, PublicURL: "https://registry.example.cn", ShowSigned: true,
		Now: func() time.Time { return sampleNow }, Log: quiet(),
	}
}

func handler(t testing.TB, o Options) http.Handler {
	t.Helper()
	h, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	return h
}

// get asks for a page and returns it.
func get(t testing.TB, h http.Handler, target string) *httptest.ResponseRecorder {
	t.Helper()
	w := httptest.NewRecorder()
	r := httptest.NewRequest(http.MethodGet, target, nil)
	h.ServeHTTP(w, r)
	return w
}

// samplePages is one address of every page, by name.
func samplePages(f *fakeLedger) map[string]string {
	var invalid, bulk string
	for id, tx := range f.txs {
		if tx.Validation != "VALID" {
			invalid = id
		}
		if tx.Command == "registration.submitBatch" {
			bulk = id
		}
	}
	record := ""
	for id, tx := range f.txs {
		if tx.Command == "registration.record" && tx.Validation == "VALID" {
			record = id
		}
	}
	return map[string]string{
		"front": "/", "registry": "/registry", "registry-certificates": "/registry?of=certificates", "registry-resources": "/registry?of=resources", "registry-cases": "/registry?of=cases",
		"registry-participants": "/registry?of=participants", "search": "/search?q=%E9%A3%8E%E7%94%B5", "right": "/rights/" + windRight + "2", "certificate": "/certificates/" + windCert, "verify": "/verify", "verified": "/verify/" + windCert,
		"notices": "/notices", "notices-objected": "/notices?state=Objected", "notice": "/notices/" + rainCase, "notice-objected": "/notices/" + tideCase, "notice-recorded": "/notices/" + windCase, "notice-rejected": "/notices/" + oldCase,
		"resource": "/resources/" + windResource, "participant": "/participants/" + energy, "participant-officer": "/participants/" + group, "blocks": "/blocks", "block": "/blocks/" + strconv.Itoa(len(f.blocks)-1),
		"transactions": "/transactions", "transaction": "/transactions/" + record, "transaction-invalid": "/transactions/" + invalid, "transaction-bulk": "/transactions/" + bulk,
		"network": "/network", "parameters": "/parameters", "about": "/about", "lineage": "/lineage", "missing": "/nothing/here",
		"live": "/live", "market": "/market", "demands": "/market?of=demands", "offer": "/market/offers/" + sampleOffer, "offer-lapsed": "/market/offers/" + sampleLapsed, "demand": "/market/demands/" + sampleDemand,
		"indicators": "/indicators", "indicator": "/indicators/IN-01C", "indicator-share": "/indicators/SI-02", "indicator-none": "/indicators/SI-14", "sign-in": "/sign-in",
	}
}

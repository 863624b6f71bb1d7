package api

import (
	"bytes"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/datarights/datarights/chaincode/rights"
	"github.com/datarights/datarights/gateway/matchtag"
	"github.com/datarights/datarights/gateway/session"
	"github.com/datarights/datarights/internal/gm"
)

// actor is a participant of the test market with its key.
type actor struct {
	id, name string
	roles    []rights.Role
	duties   []rights.Role // of an institution's key
	key      gm.PrivateKey
}

func newActor(base, name string, roles ...rights.Role) *actor {
	check, ok := rights.USCCCheck(base)
	if !ok {
		panic(base)
	}
	key, err := gm.GenerateKey(rand.Reader)
	if err != nil {
		panic(err)
	}
	return &actor{id: base + string(check), name: name, roles: roles, key: key}
}

func (a *actor) kid() string { return a.id + "#1" }

var (
	energy        = newActor("91320900MA1ENERG0", "盐城绿能数据有限公司", rights.RoleEnterprise)
	weather       = newActor("91320900MA1WEATH0", "江苏沿海气象服务有限公司", rights.RoleEnterprise)
	stranger      = newActor("91320900MA1XTRAN0", "无关企业有限公司", rights.RoleEnterprise)
	theRegistrar  = institution(newActor("91320900MA1REGXX0", "盐城市数据登记中心", rights.RoleRegistrar, rights.RolePlatform), rights.RoleRegistrar)
	otherRegistra = institution(newActor("91320900MA1REGYY0", "另一登记机构", rights.RoleRegistrar), rights.RoleRegistrar)
	platformKey   = institution(newActor("91320900MA1PXATF0", "平台运营方", rights.RoleRegistrar, rights.RolePlatform), rights.RolePlatform)
	exchange      = institution(newActor("91320900MA1EXCHG0", "华东江苏大数据交易中心", rights.RoleExchange), rights.RoleExchange)
	regulator     = institution(newActor("11320900MB1REGUL0", "盐城市数据局", rights.RoleRegulator), rights.RoleRegulator)
	bank          = institution(newActor("91320900MA1BANKX0", "盐城农商银行", rights.RoleBank), rights.RoleBank)
)

func institution(a *actor, duties ...rights.Role) *actor { a.duties = duties; return a }

func (a *actor) participant() *rights.Participant {
	spki := gm.MarshalPublicKey(a.key.Public())
	k := rights.Key{No: 1, PublicKey: base64.StdEncoding.EncodeToString(spki), Fingerprint: gm.Fingerprint(a.key.Public()), State: rights.KeyActive, From: testTime, By: a.kid()}
	if a.duties != nil {
		k.Officer = &rights.Officer{Post: "经办岗", Duties: a.duties}
	}
	p := &rights.Participant{Head: rights.Head{ID: a.id, State: rights.StateActive, CreatedBy: a.kid()}, USCC: a.id, Name: a.name, OrgType: "OrgEnterprise", Roles: a.roles,
		RegionCode: "320902", Keys: []rights.Key{k}}
	if a == weather {
		p.Reason, p.MeasureRef, p.Warnings, p.GroupID = "不宜公开的理由", "SM-1", []string{"w"}, "g"
	}
	return p
}

func sm3(s string) string {
	sum := gm.SM3([]byte(s))
	const hexa = "0123456789abcdef"
	var b strings.Builder
	for _, c := range sum {
		b.WriteByte(hexa[c>>4])
		b.WriteByte(hexa[c&15])
	}
	return "sm3:" + b.String()
}

const (
	resourceID  = "DR-320902-20261123-0a1b2c3d4e5f-00"
	caseNotice  = "RG-320902-20261123-0a1b2c3d4e5f-00"
	caseObject  = "RG-320902-20261123-0a1b2c3d4e5f-01"
	caseDone    = "RG-320902-20261123-0a1b2c3d4e5f-02"
	caseReview  = "RG-320902-20261123-0a1b2c3d4e5f-03"
	objectionID = "OB-320902-20261123-0a1b2c3d4e5f-00"
	rightID     = "RT-320902-20261123-0a1b2c3d4e5f-00"
	frozenID    = "RT-320902-20261123-0a1b2c3d4e5f-01"
	certNo      = "SJ3212026110001"
)

// world is a gateway over a small market.
type world struct {
	t      testing.TB
	index  *fakeIndex
	ledger *fakeLedger
	clock  *clock
	logs   *bytes.Buffer
	opts   Options
	h      http.Handler
}

func newWorld(t testing.TB, change ...func(*Options)) *world {
	w := &world{t: t, index: newFakeIndex(), ledger: &fakeLedger{height: 5}, clock: &clock{t: time.Unix(testTime, 0)}, logs: &bytes.Buffer{}}
	for _, a := range []*actor{energy, weather, stranger, theRegistrar, otherRegistra, platformKey, exchange, regulator, bank} {
		w.index.put(rights.KindParticipant, a.participant())
	}
	w.index.put(rights.KindProfile, &rights.RuleProfile{Head: rights.Head{ID: "DRWG@1", State: "InForce"}, Code: "DRWG", Ver: 1, From: testTime,
		Params: []rights.Param{{Key: rights.ParamBasisMaxDepth, Int: 16}, {Key: rights.ParamNoticeWorkdays, Int: 5}}})
	w.index.put(rights.KindCalendar, &rights.WorkCalendar{Head: rights.Head{ID: "2026@1", State: "InForce"}, Year: 2026, Ver: 1, NonWorking: []string{"2026-10-01"}, ExtraWorking: []string{}})
	evidence := rights.Evidence{DocType: rights.DocGrading, Hash: sm3("grading")}
	w.index.put(rights.KindResource, &rights.Resource{Head: rights.Head{ID: resourceID, State: rights.StateCatalogued}, Name: "盐城沿海逐时气象观测数据", Overview: "风速、气温、降水", HolderID: weather.id,
		SubjectClass: "SubjectEnterprise", SourceType: "SrcCollected", IndustryCode: "M74", RegionCode: "320900", RegionRange: "Municipal", TimeFrom: "2025-01-01", TimeTo: "2025-12-31", UpdateFreq: "Daily",
		RecordCount: 8760, SizeBytes: 1 << 20, DataForm: "Table", Structure: "Structured", Level: "LevelGeneral", Grade: 2, GradeReport: evidence, PI: "None",
		Versions: []rights.ResourceVersion{{No: 1, ContentRoot: sm3("root"), MatchTag: sm3("tag"), TagEpoch: 1, RecordCount: 8760, SizeBytes: 1 << 20, At: testTime}}})
	base := rights.Case{RegType: "RegFirst", Profile: "DRWG", ApplicantIDs: []string{weather.id}, RegistrarID: theRegistrar.id, ObjectType: "Resource", ObjectID: resourceID, ObjectVersion: 1,
		ObjectName: "盐城沿海逐时气象观测数据", RightKinds: []rights.RightKind{rights.RightHolding, rights.RightUse}, SourceType: "SrcCollected",
		Basis: []rights.Basis{{Type: "BasisOriginal", EvidenceHash: sm3("b")}}, Papers: []rights.Evidence{{DocType: rights.DocForm, Hash: sm3("form"), Locator: "cabinet-7"}},
		SubmittedAt: testTime - 900, AcceptDueAt: testTime - 800, AcceptedAt: testTime - 850, ReasonHash: sm3("why"), Reason: "内部理由",
		Findings: &rights.Findings{Description: &rights.Finding{Positive: true, NoteHash: sm3("n")}}}
	put := func(id string, state rights.State, change func(*rights.Case)) {
		k := base
		k.Head = rights.Head{ID: id, State: state, RuleProfileVer: "DRWG@1"}
		if change != nil {
			change(&k)
		}
		w.index.put(rights.KindCase, &k)
	}
	put(caseReview, rights.StateUnderReview, nil)
	notice := func(k *rights.Case) {
		k.NoticeText, k.NoticeStartAt, k.NoticeEndsAt = "拟登记公示", testTime-100, testTime+100
	}
	put(caseNotice, rights.StatePublicNotice, notice)
	put(caseObject, rights.StateObjected, func(k *rights.Case) {
		notice(k)
		k.ObjectionIDs, k.OpenObjections = []string{objectionID}, 1
	})
	put(caseDone, rights.StateRecorded, func(k *rights.Case) {
		notice(k)
		k.NoticeEndsAt = testTime - 50
		k.ResultCertNo, k.ResultRightIDs = certNo, []string{rightID, frozenID}
	})
	w.index.put(rights.KindObjection, &rights.Objection{Head: rights.Head{ID: objectionID, State: rights.StateObjFiled, CreatedBy: energy.kid()}, Stage: "InNotice", CaseID: caseObject, ObjectorID: energy.id,
		ReasonHash: sm3("r"), MaterialHashes: []string{sm3("m")}, FiledAt: testTime, DueAt: testTime + 1000})
	right := rights.Right{Kind: rights.RightHolding, ObjectType: "Resource", ObjectID: resourceID, ObjectName: base.ObjectName, ObjectVersionFrom: 1, HolderID: weather.id, Basis: base.Basis,
		ValidFrom: testTime - 10, ValidTo: testTime + 1000, CertNo: certNo, CaseID: caseDone, RegistrarID: theRegistrar.id, MeasureRef: "SM-9"}
	right.Head = rights.Head{ID: rightID, State: rights.StateActive, RuleProfileVer: "DRWG@1"}
	right.Encumbrances = []rights.Encumbrance{{Type: "EncPledge", RefID: "PL-77", From: testTime - 5, ByID: bank.id, Note: "质押金额"}, {Type: "EncPledge", RefID: "PL-78", From: testTime - 4, ByID: bank.id}}
	w.index.put(rights.KindRight, &right)
	frozen := right
	frozen.Head, frozen.Kind = rights.Head{ID: frozenID, State: rights.StateActive, RuleProfileVer: "DRWG@1"}, rights.RightUse
	frozen.Encumbrances = []rights.Encumbrance{{Type: "EncFreeze", RefID: "FZ-1", From: testTime - 5, ByID: regulator.id}}
	w.index.put(rights.KindRight, &frozen)
	w.index.put(rights.KindCertificate, &rights.Certificate{Head: rights.Head{ID: certNo, State: rights.StateValid, RuleProfileVer: "DRWG@1"}, CertNo: certNo, HolderID: weather.id, HolderName: weather.name,
		HolderType: "OrgEnterprise", ObjectType: "Resource", ObjectID: resourceID, DataName: base.ObjectName, Overview: "风速、气温、降水", IndustryCode: "M74", SourceType: "SrcCollected", RegionRange: "Municipal",
		TimeFrom: "2025-01-01", TimeTo: "2025-12-31", UpdateFreq: "Daily", Volume: 8760, DataForm: "Table",
		Rights:  []rights.CertificateRight{{RightID: rightID, Kind: rights.RightHolding, HolderID: weather.id, ValidFrom: testTime, ValidTo: testTime + 1000}, {RightID: frozenID, Kind: rights.RightUse, HolderID: weather.id, ValidFrom: testTime, ValidTo: testTime + 1000}},
		Remarks: []rights.Remark{{Type: "AgreedCondition", Text: "仅限境内使用"}}, RegistrarID: theRegistrar.id, CaseID: caseDone, IssuedAt: testTime, ValidFrom: testTime, ValidTo: testTime + 1000,
		EvidenceRoot: sm3("evidence"), ContentRoot: sm3("root"), DemoProfile: true})
	w.ledger.height = w.index.Status().Height

	signer := theRegistrar.key
	tags, err := matchtag.New(matchtag.Options{Key: bytes.Repeat([]byte{7}, matchtag.KeySize), Epoch: 1, Signer: signer, Kid: theRegistrar.kid()})
	if err != nil {
		t.Fatal(err)
	}
	w.opts = Options{Name: "GroupMSP", Reader: w.index, Submitter: w.ledger, Peer: w.ledger, Tags: tags, Now: w.clock.now, Log: slog.New(slog.NewJSONHandler(w.logs, nil)),
		Network: &fakeNetwork{status: NetworkStatus{Organisations: []OrganisationStatus{{Name: "Group", NameZh: "市大数据集团", MSPID: "GroupMSP", Processes: []ProcessStatus{{Name: "group-peer", Role: "peer", State: "running", UptimeSeconds: 9, Height: 3}}}}}},
		Pages:   http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) { _, _ = rw.Write([]byte("page " + r.URL.Path)) })}
	for _, f := range change {
		f(&w.opts)
	}
	if w.h, err = New(w.opts); err != nil {
		t.Fatal(err)
	}
	return w
}

// reply is an answer, checked against the document.
type reply struct {
	*httptest.ResponseRecorder
	t testing.TB
}

// do sends a request as who (nil: without a session) and checks the answer
// against the document.
func (w *world) do(method, target string, body []byte, header ...string) *reply {
	w.t.Helper()
	r := httptest.NewRequest(method, target, bytes.NewReader(body))
	if body == nil {
		r = httptest.NewRequest(method, target, nil)
	}
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Add(header[i], header[i+1])
	}
	rec := httptest.NewRecorder()
	w.h.ServeHTTP(rec, r)
	if rec.Header().Get("Ledger-Height") == "" {
		w.t.Errorf("%s %s: no Ledger-Height", method, target)
	}
	validate(w.t, r, body, rec)
	return &reply{rec, w.t}
}

func (w *world) get(target string, header ...string) *reply {
	w.t.Helper()
	return w.do(http.MethodGet, target, nil, header...)
}

// as returns the Authorization header of a session of a.
func (w *world) as(a *actor) []string {
	w.t.Helper()
	if a == nil {
		return nil
	}
	r := w.do(http.MethodPost, "/v1/challenges", []byte(`{"kid":"`+a.kid()+`"}`), "Content-Type", "application/json")
	r.want(http.StatusCreated)
	var ch session.Challenge
	r.decode(&ch)
	r = w.do(http.MethodPost, "/v1/sessions", prove(w.t, a, ch.Challenge, w.clock.now().Unix()), "Content-Type", "application/jose")
	r.want(http.StatusCreated)
	var s session.Session
	r.decode(&s)
	return []string{"Authorization", "Bearer " + s.Token}
}

// prove signs a challenge.
func prove(t testing.TB, a *actor, challenge string, iat int64) []byte {
	t.Helper()
	return sign(t, a.key, `{"alg":"SM2","typ":"datarights-session+jws","kid":"`+a.kid()+`"}`, mustJSON(t, map[string]any{"challenge": challenge, "iat": iat}))
}

func sign(t testing.TB, key gm.PrivateKey, header, payload string) []byte {
	t.Helper()
	b64 := base64.RawURLEncoding
	input := b64.EncodeToString([]byte(header)) + "." + b64.EncodeToString([]byte(payload))
	sig, err := gm.Sign(rand.Reader, key, []byte(input))
	if err != nil {
		t.Fatal(err)
	}
	return []byte(input + "." + b64.EncodeToString(sig[:]))
}

func mustJSON(t testing.TB, v any) string {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func (r *reply) want(status int) *reply {
	r.t.Helper()
	if r.Code != status {
		r.t.Fatalf("got %d, want %d: %s", r.Code, status, r.Body)
	}
	return r
}

func (r *reply) decode(v any) {
	r.t.Helper()
	if err := json.Unmarshal(r.Body.Bytes(), v); err != nil {
		r.t.Fatalf("%v in %s", err, r.Body)
	}
}

func (r *reply) object() map[string]any {
	r.t.Helper()
	var m map[string]any
	r.decode(&m)
	return m
}

// problem checks that the answer refuses with a status, a code and a field.
func (r *reply) problem(status int, code rights.Code, field string) Problem {
	r.t.Helper()
	var p Problem
	r.want(status).decode(&p)
	if p.Code != code || p.Field != field || p.Status != status {
		r.t.Errorf("got %d %s at %q, want %d %s at %q: %s", p.Status, p.Code, p.Field, status, code, field, p.DetailEn)
	}
	if ct := r.Header().Get("Content-Type"); !strings.HasPrefix(ct, "application/problem+json") {
		r.t.Errorf("a problem as %s", ct)
	}
	return p
}

func (r *reply) list() (items []map[string]any, next string) {
	r.t.Helper()
	var l struct {
		Items []map[string]any `json:"items"`
		Next  string           `json:"next"`
	}
	r.want(http.StatusOK).decode(&l)
	return l.Items, l.Next
}

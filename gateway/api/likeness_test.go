package api

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/datarights/datarights/chaincode/rights"
	likeness "github.com/datarights/datarights/gateway/trace"
	"github.com/datarights/datarights/internal/marks"
	"github.com/datarights/datarights/internal/sketch"
	"github.com/datarights/datarights/internal/tardos"
)

const (
	soldDP   = "DP-320902-20261123-0a1b2c3d4e5f-81"
	soldDL1  = "DL-320902-20261123-0a1b2c3d4e5f-81"
	soldDL2  = "DL-320902-20261123-0a1b2c3d4e5f-82"
	soldCP1  = "CP-320902-20261123-0a1b2c3d4e5f-81"
	soldCP2  = "CP-320902-20261123-0a1b2c3d4e5f-82"
	othersDR = "DR-320902-20261123-0a1b2c3d4e5f-83"
	markKey  = "MK-0123456789abcdef"
)

// sketchOf makes the sketch of rows [from, to) of a table of that name.
func sketchOf(name string, from, to int) *sketch.Sketch {
	b := sketch.NewBuilder(3)
	for i := from; i < to; i++ {
		b.Row([]sketch.Token{sketch.NewToken('t', fmt.Sprint("key ", i)), sketch.NewToken('t', fmt.Sprintf("%s value %d", name, i*7919%100003)), sketch.NewToken('t', fmt.Sprintf("%s other %d", name, i*104729%99991))})
	}
	return b.Sketch()
}

// sold is the world in which weather's product went to energy and to stranger,
// each copy marked; somebody else's resource is registered too.
type sold struct {
	*world
	tracer   *likeness.Tracer
	register *marks.Register
	entries  map[string]marks.Entry // by delivery
}

func newSold(t *testing.T) *sold {
	dir := t.TempDir()
	store, err := likeness.OpenStore(filepath.Join(dir, "sketches"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = store.Close() })
	register, err := marks.CreateRegister(filepath.Join(dir, "marks"))
	if err != nil {
		t.Fatal(err)
	}
	w := newWorld(t)
	s := &sold{world: w, register: register, entries: map[string]marks.Entry{}}
	secret := []byte("the platform's sketch secret....")
	s.tracer = likeness.New(likeness.Options{Store: store, Ledger: w.index, Key: func() ([]byte, error) { return secret, nil }, Retry: time.Millisecond})
	w.opts.Tracer, w.opts.Marks = s.tracer, register
	if w.h, err = New(w.opts); err != nil {
		t.Fatal(err)
	}
	keep := func(k *sketch.Sketch) *rights.TagAttestation {
		hash, err := s.tracer.Keep(k)
		if err != nil {
			t.Fatal(err)
		}
		return &rights.TagAttestation{Kid: theRegistrar.kid(), Signature: "x", SketchHash: hash}
	}
	put := func(kind rights.Kind, id string, rec rights.Record, state rights.State) {
		rights.HeadOf(rec).ID = id
		w.put(kind, rec, state)
	}
	put(rights.KindResource, othersDR, &rights.Resource{Name: "他人的表", HolderID: bank.id, Versions: []rights.ResourceVersion{{No: 1, ContentRoot: sm3("others"), TagAttestation: keep(sketchOf("others", 0, 900))}}}, rights.StateCatalogued)
	put(rights.KindProduct, soldDP, &rights.Product{Name: "气象数据集", OwnerID: weather.id, Inputs: []rights.ProductInput{{ObjectType: "Resource", ObjectID: resourceID, Version: 1}},
		Versions: []rights.ProductVersion{{No: 1, ContentRoot: sm3("sold"), MatchTag: sm3("its tag"), TagAttestation: keep(sketchOf("sold", 0, 1000))}}}, rights.StateApproved)
	var seed [tardos.SeedSize]byte
	copy(seed[:], "biases")
	if err := register.PutSeed(markKey, seed); err != nil {
		t.Fatal(err)
	}
	permission := &rights.Permission{Scope: rights.Scope{Actions: []rights.Action{rights.ActHold, rights.ActQuery}, To: testTime + 900}}
	for _, x := range []struct {
		dl, cp string
		to     *actor
	}{{soldDL1, soldCP1, energy}, {soldDL2, soldCP2, stranger}} {
		e, err := marks.NewEntry(rand.Reader, markKey, tardos.NewBiases(seed), x.dl, x.to.id, soldDP, 1)
		if err != nil {
			t.Fatal(err)
		}
		if err := register.Put(e); err != nil {
			t.Fatal(err)
		}
		s.entries[x.dl] = e
		put(rights.KindDelivery, x.dl, &rights.Delivery{FromID: weather.id, ToID: x.to.id, ProductID: soldDP, ProductVersion: 1, ContentRoot: sm3("sent " + x.dl), MatchTag: sm3("tag " + x.dl), FingerprintCommit: e.Commitment,
			WatermarkAttest: &rights.Attestation{Kid: theRegistrar.kid(), Signature: "x"}, TagAttestation: keep(sketchOf("sold", 0, 990)), ReceivedAt: testTime - 5, ReceivedBy: x.to.kid(), CopyID: x.cp}, rights.StateReceived)
		put(rights.KindCopy, x.cp, &rights.Copy{HolderID: x.to.id, DeliveryID: x.dl, ProductID: soldDP, Version: 1, ContentRoot: sm3("sent " + x.dl), MatchTag: sm3("tag " + x.dl), FingerprintCommit: e.Commitment,
			Permission: permission, HoldUntil: testTime + 900}, rights.StateHeld)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() { s.tracer.Run(ctx); close(done) }()
	t.Cleanup(func() { cancel(); <-done })
	for deadline := time.Now().Add(20 * time.Second); s.tracer.Len() < 4; time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%d of 4 sketches are entered", s.tracer.Len())
		}
	}
	return s
}

func (s *sold) trace(a *actor, r map[string]any) *reply {
	return s.do(http.MethodPost, "/v1/traces", []byte(mustJSON(s.t, r)), append(s.as(a), "Content-Type", "application/json")...)
}

// votes are those of a table with the marks of deliveries mixed.
func (s *sold) votes(deliveries ...string) *marks.Extraction {
	x := &marks.Extraction{Version: marks.Version, KeyID: markKey, Votes: make([]int, tardos.Length), Rows: 900}
	for p := range x.Votes {
		for _, d := range deliveries {
			e := s.entries[d]
			code := e.TardosCode()
			if code.Bit(p) {
				x.Votes[p]++
			} else {
				x.Votes[p]--
			}
			x.Marks++
		}
	}
	return x
}

func TestTraceFile(t *testing.T) {
	s := newSold(t)
	part := sketchOf("sold", 100, 600).Bytes()

	// Without marks both buyers remain candidates: the source is found, nobody is
	// suspected.
	var got fileTrace
	s.trace(regulator, map[string]any{"sketch": part}).want(http.StatusOK).decode(&got)
	if len(got.Candidates) == 0 || got.Candidates[0].ID != soldDP || got.Candidates[0].Strength != "strong" || got.Candidates[0].Equal || got.Candidates[0].Name != "气象数据集" || got.Candidates[0].HolderName != weather.name {
		t.Fatalf("%+v", got.Candidates)
	}
	if got.Suspect != nil || got.Marks != nil || got.Strong != 800 {
		t.Errorf("%+v", got)
	}
	var who []string
	for _, r := range got.Candidates[0].Recipients {
		if r.Resell == nil || r.Resell.Allowed || r.Match == nil || r.Match.Permille < 950 {
			t.Errorf("%+v", r)
		}
		who = append(who, r.HolderID)
	}
	if !slices.Equal(who, []string{energy.id, stranger.id}) {
		t.Errorf("received by %v", who)
	}
	for _, c := range got.Candidates[1:] {
		if c.Strength != "weak" {
			t.Errorf("also like %+v", c)
		}
	}

	// The marks of one name it, with the way the content took and what the case
	// still lacks.
	s.trace(regulator, map[string]any{"sketch": part, "extraction": s.votes(soldDL2), "offeredAt": testTime}).want(http.StatusOK).decode(&got)
	if got.Suspect == nil || got.Suspect.CopyID != soldCP2 || got.Suspect.HolderID != stranger.id || got.Suspect.Because != "mark" {
		t.Fatalf("%+v, marks %+v", got.Suspect, got.Marks)
	}
	if a := got.Marks.Accused; len(a) != 1 || !a[0].Committed || !a[0].ByPlatform || a[0].Log10 > -9 {
		t.Errorf("%+v", got.Marks)
	} else if code, _ := base64.RawURLEncoding.DecodeString(a[0].Code); rights.FingerprintCommit("sm3", code, decoded(t, a[0].Nonce)) != s.entries[soldDL2].Commitment {
		t.Error("code and nonce do not open the commitment")
	}
	var path []string
	for _, p := range got.Suspect.Path {
		path = append(path, p.ID)
	}
	if !slices.Equal(path, []string{resourceID, soldDP, soldDL2, soldCP2}) {
		t.Errorf("path %v", path)
	}
	gaps := map[string]bool{}
	for _, e := range got.Elements {
		gaps[e.No] = e.Gap != nil
		for _, r := range e.Records {
			if r.ID == "" {
				t.Errorf("%s has a record without id", e.No)
			}
		}
	}
	if len(got.Elements) != 10 || gaps["E3"] || gaps["E5"] || gaps["E7"] || !gaps["E6"] || !gaps["E8"] || !gaps["E10"] {
		t.Errorf("gaps %v", gaps)
	}

	// Two who mixed their copies are both named, and neither is the only suspect.
	s.trace(regulator, map[string]any{"sketch": part, "extraction": s.votes(soldDL1, soldDL2)}).want(http.StatusOK).decode(&got)
	if len(got.Marks.Accused) != 2 || got.Suspect != nil {
		t.Errorf("%+v %+v", got.Marks, got.Suspect)
	}

	// The very copy is known by its tag.
	tag, err := s.opts.Tags.Make("", sm3("digest of the copy"), sm3("r"), "")
	if err != nil {
		t.Fatal(err)
	}
	c := &rights.Copy{HolderID: energy.id, DeliveryID: soldDL1, ProductID: soldDP, Version: 1, ContentRoot: sm3("x"), MatchTag: tag.MatchTag, Permission: &rights.Permission{}}
	c.ID = "CP-320902-20261123-0a1b2c3d4e5f-84"
	s.put(rights.KindCopy, c, rights.StateHeld)
	s.trace(regulator, map[string]any{"digest": sm3("digest of the copy")}).want(http.StatusOK).decode(&got)
	if got.Suspect == nil || got.Suspect.CopyID != c.ID || got.Suspect.Because != "equal" || got.Candidates[0].Equal {
		t.Errorf("%+v", got.Suspect)
	}
}

// What speaks for whoever offered the file is weighed: what he is to the source,
// what he received and when, whether he might, and what he had himself before.
func TestTraceFileWeighs(t *testing.T) {
	s := newSold(t)
	part := sketchOf("sold", 100, 600).Bytes()
	of := func(offeror string, at int64) *traceOfferor {
		t.Helper()
		var got fileTrace
		s.trace(regulator, map[string]any{"sketch": part, "offerorId": offeror, "offeredAt": at}).want(http.StatusOK).decode(&got)
		i := slices.IndexFunc(got.Candidates, func(c traceCandidate) bool { return c.ID == soldDP })
		return got.Candidates[i].Offeror
	}
	if o := of(weather.id, testTime+1); o.Relation != "holder" || len(o.CopyIDs) != 0 {
		t.Errorf("%+v", o)
	}
	if o := of(energy.id, testTime+1); o.Relation != "recipient" || !slices.Equal(o.CopyIDs, []string{soldCP1}) || o.MayResell || o.EarlierID != "" {
		t.Errorf("%+v", o)
	}
	if o := of(energy.id, testTime-1); o.Relation != "none" || len(o.CopyIDs) != 0 {
		t.Errorf("before it was received: %+v", o)
	}
	if o := of(bank.id, testTime+1); o.Relation != "none" {
		t.Errorf("%+v", o)
	}
	free := &rights.Copy{HolderID: energy.id, DeliveryID: soldDL1, ProductID: soldDP, Version: 1, ContentRoot: sm3("free"), HoldUntil: testTime + 900,
		Permission: &rights.Permission{Scope: rights.Scope{Actions: []rights.Action{rights.ActResell}, To: testTime + 900}}}
	free.ID = "CP-320902-20261123-0a1b2c3d4e5f-85"
	s.put(rights.KindCopy, free, rights.StateHeld)
	if o := of(energy.id, testTime+1); !o.MayResell || len(o.CopyIDs) != 2 {
		t.Errorf("%+v", o)
	}
	s.trace(regulator, map[string]any{"sketch": part, "offerorId": "91320900MA1NOBDY0X"}).problem(404, rights.CodeNotFound, "offerorId")
}

// The holder sees what is like its own, others nothing; a code that the ledger
// did not take before the delivery suspects nobody.
func TestTraceFileIsForThoseConcerned(t *testing.T) {
	s := newSold(t)
	part := sketchOf("sold", 100, 600).Bytes()
	for a, want := range map[*actor]int{weather: 1, energy: 0, bank: 0} {
		var got fileTrace
		s.trace(a, map[string]any{"sketch": part}).want(http.StatusOK).decode(&got)
		strong := slices.DeleteFunc(got.Candidates, func(c traceCandidate) bool { return c.Strength == "weak" })
		if len(strong) != want {
			t.Errorf("%s sees %+v", a.name, strong)
		}
	}
	s.trace(weather, map[string]any{"sketch": part, "extraction": s.votes(soldDL1)}).problem(403, CodeForbidden, "extraction")
	s.trace(nil, map[string]any{"sketch": part}).problem(401, CodeSession, "Authorization")

	var d rights.Delivery
	e, err := s.index.Get(rights.KindDelivery, soldDL1)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(e.JSON, &d); err != nil {
		t.Fatal(err)
	}
	d.FingerprintCommit = sm3("another code")
	s.put(rights.KindDelivery, &d, d.State)
	var got fileTrace
	s.trace(regulator, map[string]any{"sketch": part, "extraction": s.votes(soldDL1)}).want(http.StatusOK).decode(&got)
	if len(got.Marks.Accused) != 1 || got.Marks.Accused[0].Committed || got.Suspect != nil {
		t.Errorf("%+v %+v", got.Marks, got.Suspect)
	}
}

func TestTraceFileRefuses(t *testing.T) {
	s := newSold(t)
	part := sketchOf("sold", 0, 10)
	crafted := part.Bytes()
	crafted[20] ^= 1
	for _, x := range []struct {
		name  string
		body  map[string]any
		code  rights.Code
		field string
	}{
		{"nothing", map[string]any{}, rights.CodeFormat, "sketch"},
		{"no sketch", map[string]any{"sketch": []byte("sketch")}, rights.CodeFormat, "sketch"},
		{"a damaged sketch", map[string]any{"sketch": crafted}, rights.CodeFormat, "sketch"},
		{"a keyed sketch", map[string]any{"sketch": part.Key([]byte("k")).Bytes()}, rights.CodeFormat, "sketch"},
		{"a digest that is none", map[string]any{"digest": "x"}, rights.CodeFormat, "digest"},
		{"a time to come", map[string]any{"digest": sm3("d"), "offeredAt": testTime + 9999}, rights.CodeFormat, "offeredAt"},
		{"too many", map[string]any{"digest": sm3("d"), "limit": 51}, rights.CodeFormat, "limit"},
		{"no extraction", map[string]any{"digest": sm3("d"), "extraction": map[string]any{"votes": []int{1}}}, rights.CodeFormat, "extraction"},
		{"an unknown field", map[string]any{"digest": sm3("d"), "file": "all of it"}, rights.CodeFormat, "file"},
	} {
		t.Run(x.name, func(t *testing.T) { s.trace(regulator, x.body).problem(400, x.code, x.field) })
	}
	unknown := s.votes(soldDL1)
	unknown.KeyID = "MK-ffffffffffffffff"
	s.trace(regulator, map[string]any{"digest": sm3("d"), "extraction": unknown}).problem(404, rights.CodeNotFound, "extraction.keyId")
	without := newWorld(t, func(o *Options) { o.Tracer = nil })
	without.do(http.MethodPost, "/v1/traces", []byte(`{"digest":"`+sm3("d")+`"}`), append(without.as(regulator), "Content-Type", "application/json")...).problem(404, rights.CodeNotFound, "")
}

// A sketch goes to the platform not keyed, is kept keyed, and is had by offices
// alone.
func TestSketches(t *testing.T) {
	s := newSold(t)
	part := sketchOf("new", 0, 50)
	body := mustJSON(t, map[string]any{"items": []any{map[string]any{"holderId": weather.id, "digest": sm3("d"), "contentRoot": sm3("r"), "sketch": part.Bytes()}}})
	var got struct {
		Items []struct {
			TagAttestation rights.TagAttestation `json:"tagAttestation"`
		} `json:"items"`
	}
	s.do(http.MethodPost, "/v1/match-tags", []byte(body), append(s.as(weather), "Content-Type", "application/json")...).want(http.StatusOK).decode(&got)
	hash := got.Items[0].TagAttestation.SketchHash
	if !rights.ValidHash(hash) || hash == part.Hash() {
		t.Fatalf("kept as %s", hash)
	}
	kept, err := sketch.Parse(s.get("/v1/sketches/"+hash, s.as(regulator)...).want(http.StatusOK).Body.Bytes())
	if err != nil || !kept.Keyed() || kept.Hash() != hash {
		t.Errorf("%v %v", kept, err)
	}
	s.get("/v1/sketches/"+hash, s.as(platformKey)...).want(http.StatusOK)
	s.get("/v1/sketches/"+hash, s.as(weather)...).problem(403, CodeForbidden, "")
	s.get("/v1/sketches/"+hash).problem(401, CodeSession, "Authorization")
	s.get("/v1/sketches/"+sm3("none"), s.as(regulator)...).problem(404, rights.CodeNotFound, "")
	s.get("/v1/sketches/x", s.as(regulator)...).problem(400, rights.CodeFormat, "hash")
}

func decoded(t *testing.T, s string) []byte {
	t.Helper()
	b, err := base64.RawURLEncoding.DecodeString(s)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

package contract_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/datarights/datarights/chaincode/command"
	"github.com/datarights/datarights/chaincode/rights"
	"github.com/datarights/datarights/chaincode/state/statetest"
)

// batch is the body of a <name>Batch.
type batch struct {
	Common any `json:"common,omitempty"`
	Items  any `json:"items"`
}

type object map[string]any

// without is a body less some fields, for what an item leaves to common.
func without(body any, fields ...string) object {
	raw, _ := json.Marshal(body)
	o := object{}
	_ = json.Unmarshal(raw, &o)
	for _, f := range fields {
		delete(o, f)
	}
	return o
}

func only(body any, fields ...string) object {
	all, o := without(body), object{}
	for _, f := range fields {
		o[f] = all[f]
	}
	return o
}

// A thousand registrations under one signature each way: catalogue, submit,
// accept, publish, record; every command fits its 768 KiB.
func TestBatchOfAThousand(t *testing.T) {
	t.Parallel()
	m := newMarket(t)
	m.quiet = true // held to the invariants at the end of each step
	const n = 1000
	send := func(kid, name string, b batch) answer {
		t.Helper()
		jws := m.sign(kid, name, b)
		if len(jws) > command.MaxSize {
			t.Fatalf("%s has %d bytes", name, len(jws))
		}
		before := snapshot(m.ledger)
		a := m.must(m.invoke(statetest.Creator(m.mspOf(kid), "client"), "Submit", jws))
		failOn(t, name, checkStep(before, a.tx, a.stub.Writes, a))
		failOn(t, name, checkInvariants(m.ledger))
		t.Logf("%s: %d KiB, %d reads, %d writes", name, len(jws)>>10, len(a.stub.Reads), len(a.stub.Writes))
		return a
	}
	ids := func(a answer, kind rights.Kind) []string {
		var list []string
		for _, r := range a.Result.Records {
			if r.Kind == kind {
				list = append(list, r.ID)
			}
		}
		if len(list) != n {
			t.Fatalf("%d %s", len(list), kind)
		}
		return list
	}
	own := []string{"contentRoot", "matchTag", "tagAttestation", "name"}
	items := make([]object, n)
	var r rights.Catalogue
	for i := range items {
		r = m.resource(weatherID, fmt.Sprint("series ", i))
		r.Name = fmt.Sprintf("西雅图逐时气象序列第%d段", i)
		items[i] = only(r, own...)
	}
	objects := ids(send(weatherID+"#1", "resource.catalogueBatch", batch{without(r, own...), items}), rights.KindResource)
	for i, id := range objects {
		items[i] = object{"objectId": id}
	}
	cases := ids(send(weatherID+"#1", "registration.submitBatch", batch{without(application("x"), "objectId"), items}), rights.KindCase)
	for i, id := range cases {
		items[i] = object{"caseId": id}
	}
	send(officer, "registration.acceptBatch", batch{nil, items})
	send(officer, "registration.publishNoticeBatch", batch{object{"findings": positive()}, items})
	m.now = m.the(cases[0]).NoticeEndsAt
	for i, id := range cases {
		items[i] = object{"caseId": id, "certNo": fmt.Sprintf("SJ321202607%04d", i+1)}
	}
	a := send(officer, "registration.recordBatch", batch{nil, items})
	if len(a.Result.Records) != 5*n {
		t.Errorf("%d records", len(a.Result.Records))
	}
	if w := snapshot(m.ledger); len(w.rights) != 3*n || len(w.certificates) != n {
		t.Errorf("%d rights, %d certificates", len(w.rights), len(w.certificates))
	}
	if a.stub.Event != nil {
		t.Errorf("an event of %d bytes", len(a.stub.Event))
	}
}

func TestBatchSizes(t *testing.T) {
	m := newMarket(t)
	for _, items := range []any{[]object{}, slices.Repeat([]object{{"caseId": "RG-0"}}, 1001)} {
		if e := m.refuses(m.do(officer, "registration.acceptBatch", batch{nil, items}), rights.CodeFormat); e.Field != "items" {
			t.Errorf("%+v", e)
		}
	}
	m.refuses(m.do(officer, "registration.acceptBatch", object{}), rights.CodeFormat)
	m.refuses(m.do(officer, "registration.acceptBatch", object{"caseId": "RG-0"}), rights.CodeFormat)
	m.refuses(m.do(officer, "registration.acceptBatch", object{"items": []any{}, "more": 1}), rights.CodeFormat)
	m.refuses(m.do(officer, "registration.acceptBatch", object{"items": []any{"RG-0"}}), rights.CodeBatch)
	m.refuses(m.do(officer, "registration.acceptBatch", object{"items": []any{object{"items": []any{}}}}), rights.CodeBatch)
}

// All or nothing; every faulty item is named with its own field.
func TestBatchFaults(t *testing.T) {
	m := newMarket(t)
	obj := []string{m.catalogue(energyID, "a"), m.catalogue(energyID, "b"), m.catalogue(energyID, "c")}
	common := without(application("x"), "objectId")
	submit := func(items ...object) answer {
		return m.do(energyID+"#1", "registration.submitBatch", batch{common, items})
	}
	before := m.ledger.Keys()
	e := m.refuses(submit(object{"objectId": obj[0]}, object{"objectId": "DR-0"}, object{"objectId": obj[1], "rightKinds": []string{}},
		object{"objectId": obj[2], "extra": 1}, object{"objectId": obj[2]}), rights.CodeBatch)
	if len(e.Items) != 3 || !strings.Contains(e.Detail, "3 of 5") || !strings.Contains(e.DetailZh, "5 项中有 3 项") {
		t.Fatalf("%+v", e)
	}
	for i, want := range []struct {
		index int
		code  rights.Code
		field string
	}{{1, rights.CodeNotFound, "objectId"}, {2, rights.CodeFormat, "rightKinds"}, {3, rights.CodeFormat, "extra"}} {
		if x := e.Items[i]; x.Index != want.index || x.Code != want.code || x.Field != want.field || x.Detail == "" || x.DetailZh == "" {
			t.Errorf("item %+v; want %+v", x, want)
		}
	}
	if len(m.ledger.Keys()) != len(before) {
		t.Error("part of a refused batch was written")
	}
	// A fault in common is told once, and where it is.
	if e := m.refuses(m.do(energyID+"#1", "registration.submitBatch", batch{object{"regTyp": "RegFirst"}, []object{{"objectId": obj[0]}, {"objectId": obj[1]}}}), rights.CodeFormat); e.Field != "common.regTyp" {
		t.Errorf("%+v", e)
	}
	// Two items on the same object: the second meets the first.
	e = m.refuses(submit(object{"objectId": obj[0]}, object{"objectId": obj[0]}), rights.CodeBatch)
	if len(e.Items) != 1 || e.Items[0].Index != 1 || e.Items[0].Rule != "RG-3" {
		t.Errorf("%+v", e)
	}
	// of other kinds they may stand side by side
	m.must(submit(object{"objectId": obj[0], "rightKinds": []string{"RightUse"}}, object{"objectId": obj[0], "rightKinds": []string{"RightHolding"}}, object{"objectId": obj[1]}))
	// Hundreds of faults are all named, the first hundred at length.
	e = m.refuses(m.do(officer, "registration.acceptBatch", batch{nil, slices.Repeat([]object{{"caseId": "RG-0"}}, 1000)}), rights.CodeBatch)
	if len(e.Items) != 1000 || e.Items[99].Detail == "" || e.Items[100].Detail != "" || e.Items[999].Code != rights.CodeNotFound || e.Items[999].Index != 999 {
		t.Errorf("%d items", len(e.Items))
	}
}

// The same record by two items of one batch is one version, listed once, as
// it stands at the end.
func TestBatchWritesARecordTwice(t *testing.T) {
	m := newMarket(t)
	var ids []string
	for i := range 10 {
		id := m.submitted(energyID, fmt.Sprint(i))
		m.must(m.event(officer, "accept", id))
		ids = append(ids, id)
	}
	yes := &rights.Finding{Positive: true}
	var items []object
	for _, id := range ids {
		items = append(items, object{"caseId": id, "findings": rights.Findings{Description: yes}})
	}
	for _, id := range ids {
		items = append(items, object{"caseId": id, "findings": rights.Findings{Source: yes}})
	}
	a := m.must(m.do(officer, "registration.reviewBatch", batch{nil, items}))
	if len(a.Result.Records) != 10 {
		t.Errorf("%d records", len(a.Result.Records))
	}
	if c := m.the(ids[0]); c.Version != 3 || c.Findings.Description == nil || c.Findings.Source == nil {
		t.Errorf("%+v", c)
	}
	// One certificate number for two of them: none is recorded.
	items = nil
	for _, id := range ids[:2] {
		items = append(items, object{"caseId": id, "certNo": "SJ3212026070001", "findings": positive(), "noticeExempt": rights.Exemption{Exempt: true, Reason: "x"}})
	}
	e := m.refuses(m.do(officer, "registration.recordBatch", batch{nil, items}), rights.CodeBatch)
	if len(e.Items) != 1 || e.Items[0].Index != 1 || e.Items[0].Rule != "CT-1" {
		t.Errorf("%+v", e)
	}
}

// An item's own field replaces the common one as a whole, whatever it holds.
func TestBatchItemReplacesCommon(t *testing.T) {
	m := newMarket(t)
	a, b := m.catalogue(energyID, "a"), m.catalogue(energyID, "b")
	common := without(application("x"), "objectId")
	common["limits"] = rights.Limits{ResaleAllowed: true, Territory: "江苏"}
	located := papers()
	for i := range located {
		located[i].Locator = "dms:1"
	}
	common["evidence"] = located
	done := m.must(m.do(energyID+"#1", "registration.submitBatch", batch{common, []object{
		{"objectId": a},
		{"objectId": b, "limits": object{"exportAllowed": true}, "evidence": papers(), "rightKinds": []string{"RightUse"}},
	}}))
	x, y := m.the(done.Result.Records[0].ID), m.the(done.Result.Records[1].ID)
	if !x.Limits.ResaleAllowed || x.Papers[0].Locator == "" || len(x.RightKinds) != 3 {
		t.Errorf("%+v", x)
	}
	if y.Limits.ResaleAllowed || y.Limits.Territory != "" || !y.Limits.ExportAllowed || y.Papers[0].Locator != "" || len(y.RightKinds) != 1 {
		t.Errorf("%+v %+v", y.Limits, y)
	}
}

// Reading ahead changes nothing but the number of round trips: the same batch
// writes the same with it failing.
func TestBatchWithoutPrefetch(t *testing.T) {
	m := newMarket(t)
	var items []object
	for i := range 20 {
		items = append(items, object{"objectId": m.catalogue(energyID, fmt.Sprint(i))})
	}
	jws := m.sign(energyID+"#1", "registration.submitBatch", batch{without(application("x"), "objectId"), items})
	args := [][]byte{[]byte("Submit"), jws}
	one := m.must(m.try(statetest.Creator(exchangeMSP, "client"), args...))
	m.ledger.Fault = func(op, _ string) error {
		if op == "getMultiple" {
			return statetest.ErrFault
		}
		return nil
	}
	two := m.must(m.endorse(one.tx))
	if one.stub.RoundTrips >= 20 || two.stub.RoundTrips < 60 {
		t.Errorf("%d round trips with reading ahead, %d without", one.stub.RoundTrips, two.stub.RoundTrips)
	}
	if !equalWrites(one.stub.Writes, two.stub.Writes) {
		t.Error("the writes differ")
	}
}

func equalWrites(a, b map[string][]byte) bool {
	if len(a) != len(b) {
		return false
	}
	for k, v := range a {
		if string(b[k]) != string(v) {
			return false
		}
	}
	return true
}

package index

import (
	"encoding/base64"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/hyperledger/fabric-protos-go-apiv2/ledger/rwset/kvrwset"
	"pgregory.net/rapid"

	"github.com/datarights/datarights/chaincode/rights"
)

// listAll walks all pages and fails if one is too long or repeats anything.
func listAll(t interface{ Fatalf(string, ...any) }, x *Index, q Query) []string {
	ids := []string{}
	for pages := 0; ; pages++ {
		page, err := x.List(q)
		if err != nil {
			t.Fatalf("List(%+v): %v", q, err)
		}
		if len(page.Items) > q.Limit && q.Limit > 0 || pages > 0 && len(page.Items) == 0 || pages > 10_000 {
			t.Fatalf("List(%+v): page %d has %d items", q, pages, len(page.Items))
		}
		for _, e := range page.Items {
			ids = append(ids, e.ID)
		}
		if page.Next == "" {
			return ids
		}
		q.Cursor = page.Next
	}
}

func marketChain() *chain {
	c := &chain{}
	c.genesis()
	participant := func(uscc, name string, state rights.State, roles ...rights.Role) *kvrwset.KVWrite {
		return putRecord(rights.KindParticipant, uscc, rights.Participant{Head: rights.Head{State: state}, USCC: uscc, Name: name, Roles: roles, OrgType: "OrgEnterprise", RegionCode: "320902"})
	}
	right := func(id, name, holder, certNo string, kind rights.RightKind) *kvrwset.KVWrite {
		return putRecord(rights.KindRight, id, rights.Right{Head: rights.Head{State: "Effective"}, ObjectName: name, HolderID: holder, CertNo: certNo, Kind: kind})
	}
	c.add(nil, testTx{id: "a", writes: []*kvrwset.KVWrite{
		participant("91A", "盐城市大丰区新能源有限公司", "Active", rights.RoleEnterprise),
		participant("91B", "江苏气象数据服务有限公司", "Active", rights.RoleEnterprise, rights.RoleVendor),
	}})
	c.add(nil, testTx{id: "b", writes: []*kvrwset.KVWrite{
		participant("91C", "ＡＢＣ Weather 中国 水 Ltd.", "Applied", rights.RoleVendor),
		right("RT-1", "盐城市逐小时气象观测数据", "91B", "SJ3212026110001", rights.RightHolding),
		right("RT-2", "盐城市逐小时气象观测数据", "91B", "SJ3212026110001", rights.RightUse),
	}})
	c.add(nil, testTx{id: "c", writes: []*kvrwset.KVWrite{
		right("RT-3", "新能源电站发电数据", "91A", "SJ3212026110002", rights.RightHolding),
		participant("91A", "盐城市大丰区新能源有限公司", "Suspended", rights.RoleEnterprise),
	}})
	return c
}

func TestList(t *testing.T) {
	x := indexOf(t, marketChain())
	checkIndex(t, x)
	pt, rt := rights.KindParticipant, rights.KindRight
	for name, tc := range map[string]struct {
		q    Query
		want string
	}{
		"newest first":         {Query{Kind: pt}, "91C 91B 91A"},
		"oldest first":         {Query{Kind: pt, Oldest: true}, "91A 91B 91C"},
		"nothing of a kind":    {Query{Kind: rights.KindObjection}, ""},
		"state now":            {Query{Kind: pt, Where: map[string]string{"state": "Active"}}, "91B"},
		"state before":         {Query{Kind: pt, Where: map[string]string{"state": "Suspended"}}, "91A"},
		"each of several":      {Query{Kind: pt, Where: map[string]string{"role": "RoleVendor"}}, "91C 91B"},
		"both":                 {Query{Kind: pt, Where: map[string]string{"role": "RoleVendor", "state": "Active"}}, "91B"},
		"never both":           {Query{Kind: pt, Where: map[string]string{"role": "RoleVendor", "state": "Suspended"}}, ""},
		"unknown value":        {Query{Kind: pt, Where: map[string]string{"state": "\x00"}}, ""},
		"empty value":          {Query{Kind: pt, Where: map[string]string{"state": ""}}, ""},
		"certificate's rights": {Query{Kind: rt, Where: map[string]string{"certNo": "SJ3212026110001"}}, "RT-2 RT-1"},
		"text":                 {Query{Kind: pt, Text: "有限公司"}, "91B 91A"},
		"text across":          {Query{Kind: pt, Text: "新能源 盐城"}, "91A"},
		"text one character":   {Query{Kind: pt, Text: "水"}, "91C"},
		"text words":           {Query{Kind: pt, Text: "WEATHER ltd"}, "91C"},
		"text full width":      {Query{Kind: pt, Text: "abc"}, "91C"},
		"text half a word":     {Query{Kind: pt, Text: "weath"}, ""},
		"text not there":       {Query{Kind: pt, Text: "源新"}, ""},
		"text of marks":        {Query{Kind: pt, Text: "？！"}, ""},
		"text blank":           {Query{Kind: pt, Text: "  "}, "91C 91B 91A"},
		"text and field":       {Query{Kind: pt, Text: "有限公司", Where: map[string]string{"state": "Active"}}, "91B"},
		"id as text":           {Query{Kind: rt, Text: " RT-3 "}, "RT-3"},
		"number as text":       {Query{Kind: rt, Text: "SJ3212026110001"}, "RT-2 RT-1"},
		"number and kind":      {Query{Kind: rt, Text: "SJ3212026110001", Where: map[string]string{"kind": "RightUse"}}, "RT-2"},
		"prefix":               {Query{Kind: rt, Prefix: "RT-"}, "RT-3 RT-2 RT-1"},
		"prefix of one":        {Query{Kind: rt, Prefix: "RT-2"}, "RT-2"},
		"prefix of none":       {Query{Kind: rt, Prefix: "RT-20"}, ""},
		"prefix and field":     {Query{Kind: rt, Prefix: "RT", Where: map[string]string{"holderId": "91B"}}, "RT-2 RT-1"},
	} {
		for limit := range 4 {
			tc.q.Limit = limit
			if got := strings.Join(listAll(t, x, tc.q), " "); got != tc.want {
				t.Errorf("%s, by %d: got %q, want %q", name, limit, got, tc.want)
			}
		}
	}
	for name, q := range map[string]Query{
		"kind":  {},
		"state": {Kind: rights.KindReceipt, Where: map[string]string{"state": "x"}},
		"limit": {Kind: pt, Limit: MaxLimit + 1},
		"text":  {Kind: pt, Text: strings.Repeat("字", MaxText+1)},
	} {
		var e *QueryError
		if _, err := x.List(q); !errors.As(err, &e) || e.Field != name {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// A page goes on where the last one ended although records came between.
func TestPagesAreStable(t *testing.T) {
	c := registrations(10)
	x := open(t, t.TempDir(), Options{})
	applyAll(t, x, c.blocks[:8])
	q := Query{Kind: rights.KindCase, Limit: 7}
	page, err := x.List(q)
	if err != nil {
		t.Fatal(err)
	}
	before := listAll(t, x, q)
	applyAll(t, x, c.blocks)
	got := []string{}
	for _, e := range page.Items {
		got = append(got, e.ID)
	}
	q.Cursor = page.Next
	got = append(got, listAll(t, x, q)...)
	if !slices.Equal(got, before) {
		t.Errorf("got %v, want %v", got, before)
	}
}

func TestCursorsMadeUp(t *testing.T) {
	x := indexOf(t, registrations(10))
	q := Query{Kind: rights.KindCase, Limit: 2, Where: map[string]string{"state": "Submitted"}}
	page, err := x.List(q)
	if err != nil || page.Next == "" {
		t.Fatal(err)
	}
	raw := must(base64.RawURLEncoding.DecodeString(page.Next))
	bad := []string{"x", "=", "0", page.Next + "A", page.Next[1:], page.Next + "=", strings.Repeat("A", 10_000),
		base64.RawURLEncoding.EncodeToString(raw[:len(raw)-1]), base64.RawURLEncoding.EncodeToString(append([]byte{9}, raw[1:]...))}
	for _, cursor := range bad {
		q.Cursor = cursor
		if _, err := x.List(q); !errors.Is(err, ErrCursor) {
			t.Errorf("List with %.20q: %v", cursor, err)
		}
		if _, err := x.Blocks(cursor, 1); !errors.Is(err, ErrCursor) {
			t.Errorf("Blocks with %.20q: %v", cursor, err)
		}
		if _, err := x.Transactions(cursor, 1); !errors.Is(err, ErrCursor) {
			t.Errorf("Transactions with %.20q: %v", cursor, err)
		}
	}
	others := map[string]Query{
		"order": {Kind: rights.KindCase, Where: map[string]string{"state": "Submitted"}, Oldest: true},
		"value": {Kind: rights.KindCase, Where: map[string]string{"state": "Accepted"}},
		"kind":  {Kind: rights.KindRight, Where: map[string]string{"state": "Submitted"}},
		"text":  {Kind: rights.KindCase, Where: map[string]string{"state": "Submitted"}, Text: "x"},
	}
	for name, other := range others {
		other.Cursor = page.Next
		if _, err := x.List(other); !errors.Is(err, ErrCursor) {
			t.Errorf("a cursor of another %s: %v", name, err)
		}
	}
	q.Cursor, q.Limit = page.Next, 5 // another page size is the same list
	if _, err := x.List(q); err != nil {
		t.Error(err)
	}
}

func FuzzCursor(f *testing.F) {
	x := indexOf(f, registrations(10))
	page := must(x.List(Query{Kind: rights.KindCase, Limit: 2}))
	f.Add(page.Next)
	f.Add("")
	f.Fuzz(func(t *testing.T, cursor string) {
		if _, err := x.List(Query{Kind: rights.KindCase, Cursor: cursor, Limit: 2}); err != nil && !errors.Is(err, ErrCursor) {
			t.Error(err)
		}
	})
}

// modelled is what the property test believes of one record.
type modelled struct {
	kind     rights.Kind
	id       string
	created  int
	revision int
	face     map[string]string
	name     string
}

// Whatever is written, the index answers as a plain map would.
func TestListAgainstModel(t *testing.T) {
	words := []string{"盐城", "气象", "数据", "新能源", "alpha", "beta"}
	rapid.Check(t, func(r *rapid.T) {
		c := &chain{}
		c.genesis()
		model := map[string]*modelled{}
		clock := 0
		blocks := rapid.IntRange(1, 6).Draw(r, "blocks")
		for b := range blocks {
			var txs []testTx
			for n := range rapid.IntRange(1, 4).Draw(r, "transactions") {
				tx := testTx{id: fmt.Sprintf("tx-%d-%d", b, n), at: int64(b)}
				valid := rapid.IntRange(0, 4).Draw(r, "valid") > 0
				if !valid {
					tx.code = 11
				}
				ids := rapid.SliceOfNDistinct(rapid.IntRange(0, 11), 1, 5, rapid.ID[int]).Draw(r, "ids")
				for _, i := range ids {
					clock++
					kind := []rights.Kind{rights.KindResource, rights.KindRight}[i%2]
					m := modelled{kind: kind, id: fmt.Sprintf("%s-%02d", kind, i), created: clock, revision: 1,
						face: map[string]string{
							"state":    rapid.SampledFrom([]string{"A", "B"}).Draw(r, "state"),
							"holderId": rapid.SampledFrom([]string{"h1", "h2", ""}).Draw(r, "holder"),
						},
						name: strings.Join(rapid.SliceOfN(rapid.SampledFrom(words), 0, 3).Draw(r, "name"), " "),
					}
					key := worldKey(kind, m.id)
					old := model[key]
					if old != nil {
						m.created, m.revision = old.created, old.revision+1
					}
					deleted := rapid.IntRange(0, 9).Draw(r, "delete") == 0
					if deleted {
						tx.writes = append(tx.writes, &kvrwset.KVWrite{Key: key, IsDelete: true})
					} else {
						tx.writes = append(tx.writes, putRecord(kind, m.id, map[string]any{
							"state": m.face["state"], "holderId": m.face["holderId"], "name": m.name, "objectName": m.name}))
					}
					switch {
					case !valid:
					case deleted:
						delete(model, key)
					default:
						model[key] = &m
					}
				}
				txs = append(txs, tx)
			}
			c.add(nil, txs...)
		}
		// As a gateway follows the chain, or as a rebuild does, with more or fewer lists held back.
		o := Options{NoSync: true, maxOps: rapid.SampledFrom([]int{0, 1, 7}).Draw(r, "maxOps"), bulk: rapid.Bool().Draw(r, "bulk"), maxHeld: rapid.SampledFrom([]int{0, 1, 20}).Draw(r, "maxHeld")}
		x, err := Open(must(newDir(t)), o)
		if err != nil {
			r.Fatalf("%v", err)
		}
		defer x.Close()
		for _, b := range c.blocks {
			if err := x.Apply(b); err != nil {
				r.Fatalf("%v", err)
			}
		}
		if o.bulk {
			if err := x.finish(); err != nil {
				r.Fatalf("%v", err)
			}
		}
		if err := x.Check(t.Context(), nil); err != nil {
			r.Fatalf("%v", err)
		}
		for range 8 {
			q := Query{
				Kind: rapid.SampledFrom([]rights.Kind{rights.KindResource, rights.KindRight}).Draw(r, "kind"),
				Text: strings.Join(rapid.SliceOfN(rapid.SampledFrom(words), 0, 2).Draw(r, "text"), "，"), Limit: rapid.IntRange(1, 5).Draw(r, "limit"),
				Prefix: rapid.SampledFrom([]string{"", "DR-0", "RT-1", "RT-03"}).Draw(r, "prefix"), Oldest: rapid.Bool().Draw(r, "oldest"),
				Where: map[string]string{},
			}
			for _, field := range rapid.SliceOfNDistinct(rapid.SampledFrom([]string{"state", "holderId"}), 0, 2, rapid.ID[string]).Draw(r, "fields") {
				q.Where[field] = rapid.SampledFrom([]string{"A", "B", "h1", "h2"}).Draw(r, "value")
			}
			var match []*modelled
			for _, m := range model {
				if m.answers(q) {
					match = append(match, m)
				}
			}
			slices.SortFunc(match, func(a, b *modelled) int { return b.created - a.created })
			if q.Oldest {
				slices.Reverse(match)
			}
			want := []string{}
			for _, m := range match {
				want = append(want, m.id)
			}
			if got := listAll(r, x, q); !slices.Equal(got, want) {
				r.Fatalf("%+v: got %v, want %v", q, got, want)
			}
		}
		stats := must(x.Stats())
		counts := map[string]int64{}
		for _, m := range model {
			counts[string(m.kind)]++
			h, err := x.History(m.kind, m.id)
			if err != nil || len(h) < m.revision {
				r.Fatalf("history of %s: %d revisions, want at least %d (%v)", m.id, len(h), m.revision, err)
			}
		}
		if !maps.Equal(stats.Kinds, counts) {
			r.Fatalf("counted %v, want %v", stats.Kinds, counts)
		}
	})
}

func (m *modelled) answers(q Query) bool {
	if m.kind != q.Kind || !strings.HasPrefix(m.id, q.Prefix) {
		return false
	}
	for field, value := range q.Where {
		if m.face[field] != value {
			return false
		}
	}
	terms := documentTerms(m.name)
	for _, term := range queryTerms(q.Text) {
		if !slices.Contains(terms, term) {
			return false
		}
	}
	return true
}

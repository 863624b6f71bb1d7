package index

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/hyperledger/fabric-protos-go-apiv2/ledger/rwset/kvrwset"
	"pgregory.net/rapid"

	"github.com/datarights/datarights/chaincode/rights"
)

// A history is whole and every moment of it can be asked for, over many pages,
// deletions and several writes in one block.
func TestHistoryIsWhatWasWritten(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		c := &chain{}
		ids := []string{caseID(0, 0), strings.Repeat("长", 100)} // the second is in keys by its hash
		type turn struct {
			at      Position
			deleted bool
			json    string
		}
		model := map[string][]turn{}
		there := func(id string) bool {
			h := model[id]
			return len(h) > 0 && !h[len(h)-1].deleted
		}
		blocks := rapid.IntRange(1, 60).Draw(r, "blocks")
		for b := range blocks {
			var txs []testTx
			for x := range rapid.IntRange(5, 8).Draw(r, "transactions") {
				id := rapid.SampledFrom(ids).Draw(r, "id")
				at := Position{uint64(b), x, 0}
				var w *kvrwset.KVWrite
				if rapid.IntRange(0, 7).Draw(r, "deletes") == 0 {
					w = &kvrwset.KVWrite{Key: worldKey(rights.KindCase, id), IsDelete: true}
					if there(id) {
						model[id] = append(model[id], turn{at, true, "null"})
					}
				} else {
					json := fmt.Sprintf(`{"id":%q,"state":"S%d"}`, id, rapid.IntRange(0, 2).Draw(r, "state"))
					w = &kvrwset.KVWrite{Key: worldKey(rights.KindCase, id), Value: []byte(json)}
					model[id] = append(model[id], turn{at, false, json})
				}
				txs = append(txs, testTx{id: fmt.Sprintf("%d-%d", b, x), arg: jwsOf("c", "i", "k"), writes: []*kvrwset.KVWrite{w}})
			}
			c.add(nil, txs...)
		}
		x := must(Open(t.TempDir(), Options{NoSync: true}))
		defer x.Close()
		for _, b := range c.blocks {
			if err := x.Apply(b); err != nil {
				r.Fatal(err)
			}
		}
		for _, id := range ids {
			want := model[id]
			got, err := x.History(rights.KindCase, id)
			if len(want) == 0 {
				if !errors.Is(err, ErrNotFound) {
					r.Fatalf("history of nothing: %v", err)
				}
				continue
			}
			if err != nil {
				r.Fatal(err)
			}
			if !slices.EqualFunc(got, want, func(g Revision, w turn) bool { return g.Position == w.at && string(g.JSON) == w.json }) {
				r.Fatalf("history of %s: got %v, want %v", id, got, want)
			}
			if _, err := x.Get(rights.KindCase, id); (err == nil) != there(id) {
				r.Fatalf("%s is there: %t, got %v", id, there(id), err)
			}
			for b := range blocks {
				for tx := range 8 {
					var last *turn
					for i := range want {
						if want[i].at.compare(Position{uint64(b), tx + 1, 0}) < 0 {
							last = &want[i]
						}
					}
					got, err := x.AsOf(rights.KindCase, id, uint64(b), tx)
					switch {
					case last == nil || last.deleted:
						if !errors.Is(err, ErrNotFound) {
							r.Fatalf("%s as of %d, %d: got %v, %v, want nothing", id, b, tx, got, err)
						}
					case err != nil || got.At != last.at || string(got.JSON) != last.json:
						r.Fatalf("%s as of %d, %d: got %v, %v, want %v", id, b, tx, got, err, *last)
					}
				}
			}
		}
		if err := x.Check(t.Context(), nil); err != nil {
			r.Fatal(err)
		}
	})
}

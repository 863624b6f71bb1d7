package explorer

import (
	"strings"
	"testing"

	"github.com/datarights/datarights/chaincode/rights"
)

// A value that is withheld is held to no target: its number is not on the ledger.
func TestWithheldIsHeldToNothing(t *testing.T) {
	o := sampleOptions(sample(0))
	m := sampleAPI()
	def := rights.Indicator{Code: "OP-07", NameZh: "场内交易额", NameEn: "volume on the exchange", Unit: "fen", Direction: "Up", Target: 100, Ver: 1}
	shot := rights.Snapshot{Head: rights.Head{ID: "IS-1", State: rights.StatePublished}, Code: def.Code, AsOf: sampleNow.Unix(), Commitment: "sm3:" + hex64("value")}
	m["/v1/indicators"], m["/v1/snapshots"] = items{[]any{shownAs(def, nil)}, ""}, items{[]any{shownAs(shot, nil)}, ""}
	o.API = m
	page := get(t, handler(t, o), "/indicators").Body.String()
	if !strings.Contains(page, "不公开") || strings.Contains(page, "未达到") || strings.Contains(page, "已达到") {
		t.Errorf("a withheld value is judged:\n%s", page)
	}
}

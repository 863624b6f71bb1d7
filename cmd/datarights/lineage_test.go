package main

import (
	"encoding/json"
	"strings"
	"testing"
)

func TestLineageTree(t *testing.T) {
	for name, c := range map[string]struct{ items, want string }{
		"nothing": {`[]`, "DP-1\n（无 none）\n"},
		"back": {`[
			{"depth":1,"output":{"type":"Product","id":"DP-1","version":1,"contentRoot":"sm3:a"},"input":{"type":"Copy","id":"CP-1","contentRoot":"sm3:b"},"lineageId":"LN-1","op":"OpFuse","permission":{"ref":"CP-1","effective":{"now":true,"reason":""}}},
			{"depth":1,"output":{"type":"Product","id":"DP-1","version":1,"contentRoot":"sm3:a"},"input":{"type":"Resource","id":"DR-1","version":2,"contentRoot":"sm3:c"},"lineageId":"LN-1","op":"OpFuse","permission":{"ref":"RT-1","effective":{"now":false,"reason":"past its term","reasonZh":"有效期已届满"}}},
			{"depth":2,"output":{"type":"Copy","id":"CP-1","contentRoot":"sm3:b"},"input":{"type":"Resource","id":"DR-1","version":2,"contentRoot":"sm3:c"},"deliveryId":"DL-1"},
			{"depth":3,"output":{"type":"Resource","id":"DR-1","version":2,"contentRoot":"sm3:c"},"input":null,"lineageId":"LN-2"}]`, `DP-1
├─ ✓ 副本 CP-1  ← LN-1 OpFuse  依据 under CP-1
│  └─ … 数据资源 DR-1@2  ← DL-1
│     └─ ? 不可见 withheld  LN-2
└─ ✗ 数据资源 DR-1@2  ← LN-1 OpFuse  依据 under RT-1  有效期已届满 · past its term  （见上 above）
`},
		"forward, and a name that would steer the terminal": {`[
			{"depth":1,"kind":"LN","id":"LN-1","state":"Attested","contentRoot":"sm3:b","partyId":"\u001b[31mfirm","of":{"type":"Resource","id":"DP-1","version":1,"contentRoot":"sm3:a"}},
			{"depth":2,"kind":"DP","id":"DP-2","state":"Approved","version":1,"contentRoot":"sm3:b","partyId":"firm","of":{"type":"Result","contentRoot":"sm3:b"}},
			{"depth":3,"kind":"LS","id":"LS-1","state":"Listed","version":1,"partyId":"firm","of":{"type":"Product","id":"DP-2","version":1,"contentRoot":"sm3:b"}}]`, `DP-1
└─ 血缘 LN-1 → 加工结果 sm3:b  Attested  �[31mfirm
   └─ 数据产品 DP-2@1  Approved  firm
      └─ 挂牌 LS-1@1  Listed  firm
`},
		"a circle": {`[
			{"depth":1,"output":{"type":"Result","contentRoot":"sm3:a"},"input":{"type":"Result","contentRoot":"sm3:b"},"lineageId":"LN-1"},
			{"depth":2,"output":{"type":"Result","contentRoot":"sm3:b"},"input":{"type":"Result","contentRoot":"sm3:a"},"lineageId":"LN-2"}]`, `DP-1
└─ … 加工结果 sm3:b  ← LN-1
   └─ … 加工结果 sm3:a  ← LN-2  （见上 above）
`},
	} {
		var items []traced
		if err := json.Unmarshal([]byte(c.items), &items); err != nil {
			t.Fatal(err)
		}
		var out strings.Builder
		new(tracing).tree(&out, "DP-1", items)
		if out.String() != c.want {
			t.Errorf("%s:\n%s\nwant\n%s", name, out.String(), c.want)
		}
	}
}

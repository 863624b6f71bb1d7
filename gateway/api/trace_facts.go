package api

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"

	"github.com/gin-gonic/gin"

	"github.com/datarights/datarights/chaincode/rights"
	"github.com/datarights/datarights/gateway/index"
)

// recipient is one copy of a product version: who got it, when on the chain,
// marked how, and what he may do with it.
type recipient struct {
	CopyID            string             `json:"copyId"`
	HolderID          string             `json:"holderId"`
	State             rights.State       `json:"state"`
	Version           int64              `json:"version"`
	FingerprintCommit string             `json:"fingerprintCommit,omitempty"`
	Permission        *rights.Permission `json:"permission"`
	HoldUntil         int64              `json:"holdUntil"`
	DestroyDueAt      int64              `json:"destroyDueAt"`
	DeliveryID        string             `json:"deliveryId"`
	TradeID           string             `json:"tradeId,omitempty"`
	Block             uint64             `json:"block"`
	Tx                int                `json:"tx"`
	N                 int                `json:"n"`
}

// traceRecipients answers GET /v1/trace/recipients?product=&version=, in the
// order of the chain.
func (s *server) traceRecipients(c *gin.Context) {
	product := param{name: "product", check: func(v string) bool { return isOf(v, rights.KindProduct) }, zh: "须为产品标识", en: "must be the id of a product"}
	traceOf(s, c, tracing(product, versionParam), "product", func(t *trace, q map[string]string) ([]recipient, error) {
		start, err := t.start(q["product"], q["version"])
		if err != nil {
			return nil, err
		}
		var all []recipient
		err = t.each(rights.KindCopy, "productId", q["product"], func(e index.Entry) error {
			copied, err := decodeEntry[rights.Copy](e)
			if err != nil {
				return err
			}
			if q["version"] != "" && copied.Version != start.Version {
				return nil
			}
			all = append(all, received(e, copied))
			return nil
		})
		return all, err
	}, (*overGraph).recipients)
}

func received(e index.Entry, c *rights.Copy) recipient {
	return recipient{CopyID: c.ID, HolderID: c.HolderID, State: c.State, Version: c.Version, FingerprintCommit: c.FingerprintCommit, Permission: c.Permission,
		HoldUntil: c.HoldUntil, DestroyDueAt: c.DestroyDueAt, DeliveryID: c.DeliveryID, TradeID: c.TradeID, Block: e.Created.Block, Tx: e.Created.Tx, N: e.Created.N}
}

// permissionAnswer says whether a copy allowed an action at an instant, and by
// which records.
type permissionAnswer struct {
	CopyID   string           `json:"copyId"`
	Action   rights.Action    `json:"action"`
	At       int64            `json:"at"`
	Allowed  bool             `json:"allowed"`
	Reason   string           `json:"reason"`
	ReasonZh string           `json:"reasonZh"`
	Chain    []permissionLink `json:"chain"`
}

// permissionLink is one record of the chain as it stood at the instant. Allows
// is null where a record says nothing about actions.
type permissionLink struct {
	Kind      rights.Kind  `json:"kind"`
	ID        string       `json:"id"`
	Version   int64        `json:"version"`
	State     rights.State `json:"state,omitempty"`
	Allows    *bool        `json:"allows"`
	Effective *effective   `json:"effective,omitempty"`
}

// tracePermission answers GET /v1/trace/permission?copy=&action=&at=: the copy
// and those above it decide; the trade and the right behind it are named.
func (s *server) tracePermission(c *gin.Context) {
	q, err := accept(c.Request,
		param{name: "copy", check: func(v string) bool { return isOf(v, rights.KindCopy) }, zh: "须为副本标识", en: "must be the id of a copy"},
		param{name: "action", check: func(v string) bool { return strings.HasPrefix(v, "Act") }, zh: "须为行为，如 ActResell", en: "must be an action such as ActResell"},
		param{name: "at", check: func(v string) bool { n, err := strconv.ParseInt(v, 10, 40); return err == nil && n > 0 }, zh: "须为 UTC 秒", en: "must be seconds since 1970"})
	for _, need := range []string{"copy", "action"} {
		if err == nil && q[need] == "" {
			err = refuse(rights.CodeFormat, need, "缺少参数", "is missing")
		}
	}
	if err == nil && reader(c) == nil {
		err = refuse(CodeSession, "Authorization", "追溯查询需要会话", "a trace needs a session")
	}
	if err != nil {
		s.fail(c, err)
		return
	}
	at := s.now().Unix()
	if q["at"] != "" {
		at, _ = strconv.ParseInt(q["at"], 10, 64) // accept has checked
	}
	k := collectionOf(rights.KindCopy)
	e, err := s.record(k, q["copy"], reader(c))
	if err == nil {
		var see visibility
		if see, err = k.sees(s, e.JSON, reader(c)); err == nil && see != seeFull {
			err = forbidden(e.ID)
		}
	}
	if err != nil {
		s.fail(c, err)
		return
	}
	answer, err := s.permissionAt(q["copy"], rights.Action(q["action"]), at)
	if err != nil {
		s.fail(c, err)
		return
	}
	s.answer(c, answer)
}

func (s *server) permissionAt(id string, action rights.Action, at int64) (*permissionAnswer, error) {
	return s.permissionBy(asOf{s: s, until: func(r index.Revision) bool { return r.At <= at }}, id, action, at)
}

// permissionBy answers from the records as find has them.
func (s *server) permissionBy(find asOf, id string, action rights.Action, at int64) (*permissionAnswer, error) {
	a := &permissionAnswer{CopyID: id, Action: action, At: at, Allowed: true, Chain: []permissionLink{}}
	deny := func(zh, en string) {
		if a.Allowed {
			a.Allowed, a.Reason, a.ReasonZh = false, en, zh
		}
	}
	tradeID := ""
	for depth := 0; id != "" && depth < maxTraceDepth; depth++ {
		var c rights.Copy
		known, err := find.Find(rights.KindCopy, id, &c)
		if err != nil {
			return nil, err
		}
		if !known {
			deny("彼时尚无副本 "+id, "there was no copy "+id+" then")
			return a, nil
		}
		allows := c.Permission != nil && (slices.Contains(c.Permission.Actions, action) || slices.Contains(c.Permission.Actions, "*"))
		link := permissionLink{Kind: rights.KindCopy, ID: c.ID, Version: c.Head.Version, State: c.State, Allows: &allows}
		// What was once passed on is judged by the copy itself; those above it only
		// by what they allowed.
		if depth == 0 {
			eff, err := effectOf(find, c.ID, at, defaultBasisDepth)
			if err != nil {
				return nil, err
			}
			link.Effective = &eff
			if !eff.Now {
				deny("副本彼时未生效："+eff.ReasonZh, "the copy was not effective then: "+eff.Reason)
			}
		}
		if !allows {
			deny("副本 "+c.ID+" 未许可 "+string(action), "the copy "+c.ID+" does not allow "+string(action))
		}
		a.Chain = append(a.Chain, link)
		id, tradeID = c.ParentCopyID, c.TradeID
	}
	if tradeID == "" {
		return a, nil
	}
	var trade rights.Trade
	if known, err := find.Find(rights.KindTrade, tradeID, &trade); err != nil || !known {
		return a, err
	}
	a.Chain = append(a.Chain, permissionLink{Kind: rights.KindTrade, ID: trade.ID, Version: trade.Version, State: trade.State})
	if trade.RightID == "" {
		return a, nil
	}
	var right rights.Right
	if known, err := find.Find(rights.KindRight, trade.RightID, &right); err != nil || !known {
		return a, err
	}
	eff, err := effectOf(find, right.ID, at, defaultBasisDepth)
	if err != nil {
		return nil, err
	}
	a.Chain = append(a.Chain, permissionLink{Kind: rights.KindRight, ID: right.ID, Version: right.Version, State: right.State, Effective: &eff})
	return a, nil
}

// ordered is where one version of a record stands on the chain.
type ordered struct {
	Ref     string      `json:"ref"`
	Kind    rights.Kind `json:"kind"`
	ID      string      `json:"id"`
	Version int64       `json:"version"`
	Block   uint64      `json:"block"`
	Tx      int         `json:"tx"`
	N       int         `json:"n"`
	TxID    string      `json:"txId"`
	At      int64       `json:"at"`
	Command string      `json:"command"`
}

// maxOrdered is how many records one question puts in order.
const maxOrdered = 50

// traceOrder answers GET /v1/trace/order?refs=: records, or versions of them
// (ID@version; the first otherwise), in the order of the chain.
func (s *server) traceOrder(c *gin.Context) {
	q, err := accept(c.Request, param{name: "refs", check: func(v string) bool { return strings.Count(v, ",") < maxOrdered }, zh: "至多 50 项，以逗号分隔", en: "at most 50, separated by commas"})
	if err == nil && reader(c) == nil {
		err = refuse(CodeSession, "Authorization", "追溯查询需要会话", "a trace needs a session")
	}
	if err == nil && q["refs"] == "" {
		err = refuse(rights.CodeFormat, "refs", "缺少参数", "is missing")
	}
	if err != nil {
		s.fail(c, err)
		return
	}
	all := []ordered{}
	for ref := range strings.SplitSeq(q["refs"], ",") {
		o, err := s.placeOf(c, strings.TrimSpace(ref))
		if err != nil {
			s.fail(c, err)
			return
		}
		all = append(all, *o)
	}
	slices.SortStableFunc(all, func(a, b ordered) int {
		if after(index.Position{Block: a.Block, Tx: a.Tx, N: a.N}, index.Position{Block: b.Block, Tx: b.Tx, N: b.N}) {
			return 1
		}
		if after(index.Position{Block: b.Block, Tx: b.Tx, N: b.N}, index.Position{Block: a.Block, Tx: a.Tx, N: a.N}) {
			return -1
		}
		return 0
	})
	s.answer(c, traceAnswer[ordered]{Items: all})
}

func (s *server) placeOf(c *gin.Context, ref string) (*ordered, error) {
	id, version := ref, int64(1)
	kind := kindOfID(id)
	if at := strings.LastIndexByte(ref, '@'); at > 0 {
		n, err := strconv.ParseInt(ref[at+1:], 10, 40)
		if err != nil || n < 1 {
			return nil, refuse(rights.CodeFormat, "refs", shown(ref)+" 的版本号无效", shown(ref)+" has no good version")
		}
		id, version = ref[:at], n
		kind = kindOfID(id)
	}
	k := collectionOf(kind)
	if k == nil {
		return nil, refuse(rights.CodeFormat, "refs", shown(ref)+" 不是记录标识", shown(ref)+" is not the id of a record")
	}
	e, err := s.record(k, id, reader(c))
	if err != nil {
		return nil, err
	}
	see, err := k.sees(s, e.JSON, reader(c))
	if err == nil && see == seeNothing {
		err = forbidden(id)
	}
	if err != nil {
		return nil, err
	}
	revisions, err := s.read.History(kind, id)
	if err != nil {
		return nil, err
	}
	for _, r := range revisions {
		var head rights.Head
		if json.Unmarshal(r.JSON, &head) == nil && head.Version == version {
			return &ordered{Ref: ref, Kind: kind, ID: id, Version: version, Block: r.Block, Tx: r.Tx, N: r.N, TxID: r.TxID, At: r.At, Command: r.Command}, nil
		}
	}
	return nil, notFound(k.name, ref)
}

// kindOfID tells the kind of a record by its id; "" when none has such ids.
func kindOfID(id string) rights.Kind {
	if rights.ValidCertNo(id) {
		return rights.KindCertificate
	}
	prefix, _, ok := strings.Cut(id, "-")
	if !ok || len(prefix) != 2 {
		return ""
	}
	return rights.Kind(prefix)
}

func collectionOf(kind rights.Kind) *collection {
	for _, k := range collections {
		if k.kind == kind {
			return k
		}
	}
	return nil
}

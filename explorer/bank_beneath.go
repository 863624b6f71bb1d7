package explorer

import (
	"encoding/json"
	"slices"
	"strconv"
	"time"

	"github.com/datarights/datarights/chaincode/rights"
)

// Warning is one thing beneath a pledge that is not as it was when the pledge was
// made. Where time alone brought it about, it has no transaction.
type Warning struct {
	Tone    string // bad, warn, wait
	What    rights.Text
	Why     rights.Text // more words, where there are
	Object  rights.RecordRef
	At      rights.UnixSec
	Block   uint64
	TxID    string
	Command string
}

// moment is a place in the chain.
type moment struct {
	block uint64
	tx    int
}

func (m moment) after(o moment) bool { return m.block > o.block || m.block == o.block && m.tx > o.tx }

func (r Revision[T]) moment() moment { return moment{r.Block, r.Tx} }

// beneath is all a pledge stands on: as the ledger told it from the start, and what
// it comes to now.
type beneath struct {
	now    rights.UnixSec
	pledge *rights.Pledge
	since  moment // of the registration, or of the application until then
	assets []*assetAnswer

	rights       map[string][]Revision[rights.Right]
	restraints   map[string][]Revision[rights.Restraints]
	certificates map[string][]Revision[rights.Certificate]
	evaluation   []Revision[rights.Evaluation]
	bases        map[string][]Revision[rights.Head] // of what the rights rest on
}

// nearEnd is how far ahead an end is warned of.
const nearEnd = 30 * 86400

// warnings compares what holds now with what held when the pledge was made, the most
// serious first.
func (b *beneath) warnings() []Warning {
	var all []Warning
	for _, id := range b.pledge.RightIDs {
		if !slices.Contains(b.pledge.ReleasedIDs, id) {
			all = append(all, b.rightWarnings(id)...)
		}
	}
	for _, no := range b.pledge.CertNos {
		all = append(all, b.certificateWarnings(no)...)
	}
	all = append(all, b.valuationWarnings()...)
	all = append(all, b.termWarnings()...)
	slices.SortStableFunc(all, func(x, y Warning) int {
		if d := gravity(x.Tone) - gravity(y.Tone); d != 0 {
			return d
		}
		return int(y.At - x.At)
	})
	return slices.CompactFunc(all, func(x, y Warning) bool { // one measure on three rights says the same thrice
		return x.What == y.What && x.TxID == y.TxID && x.Object == y.Object
	})
}

// then is the revision that stood at the baseline.
func then[T any](history []Revision[T], since moment) *Revision[T] {
	var found *Revision[T]
	for i := range history {
		if history[i].moment().after(since) {
			break
		}
		found = &history[i]
	}
	return found
}

// turned finds the change after the baseline from which on it has been so until now.
func turned[T any](history []Revision[T], since moment, so func(*T) bool) *Revision[T] {
	var found *Revision[T]
	for i := len(history) - 1; i >= 0 && so(&history[i].Record); i-- {
		if !history[i].moment().after(since) {
			break
		}
		found = &history[i]
	}
	return found
}

func by[T any](w Warning, r *Revision[T]) Warning {
	if r != nil {
		w.At, w.Block, w.TxID, w.Command = r.At, r.Block, r.TxID, r.Command
	}
	return w
}

func (b *beneath) asset(rightID string) (*assetAnswer, *rights.AssetRight) {
	for _, a := range b.assets {
		if r := a.right(rightID); r != nil {
			return a, r
		}
	}
	return nil, nil
}

func (b *beneath) rightWarnings(id string) []Warning {
	history := b.rights[id]
	was := then(history, b.since)
	asset, r := b.asset(id)
	if was == nil || r == nil {
		return nil
	}
	ref := rights.RecordRef{Kind: rights.KindRight, ID: id}
	name := term(aRight, string(r.Kind))
	var all []Warning
	explained := false
	if r.State != was.Record.State {
		explained = true
		from, to := stated(rights.KindRight, string(was.Record.State)), stated(rights.KindRight, string(r.State))
		w := Warning{Tone: "bad", Object: ref, What: rights.Text{Zh: name.Zh + "由「" + from.Zh + "」变为「" + to.Zh + "」", En: name.En + " went from “" + from.En + "” to “" + to.En + "”"}, Why: reasonOf(r.Why)}
		all = append(all, by(w, turned(history, b.since, func(x *rights.Right) bool { return x.State == r.State })))
	}
	if r.HolderID != was.Record.HolderID {
		explained = true
		w := Warning{Tone: "bad", Object: ref, What: rights.Text{Zh: name.Zh + "已换持有人", En: name.En + " has another holder"}}
		all = append(all, by(w, turned(history, b.since, func(x *rights.Right) bool { return x.HolderID == r.HolderID })))
	}
	if r.ValidTo < was.Record.ValidTo {
		w := Warning{Tone: "warn", Object: ref, What: rights.Text{Zh: name.Zh + "的有效期被缩短，至 " + clock(r.ValidTo, time.DateOnly), En: name.En + " now ends earlier, on " + clock(r.ValidTo, time.DateOnly)}}
		all = append(all, by(w, turned(history, b.since, func(x *rights.Right) bool { return x.ValidTo == r.ValidTo })))
	}
	switch inForce := r.State == rights.StateActive; {
	case inForce && r.ValidTo > 0 && r.ValidTo <= b.now:
		explained = true
		all = append(all, Warning{Tone: "bad", Object: ref, At: r.ValidTo, What: rights.Text{Zh: name.Zh + "已到期", En: name.En + " has run out"}})
	case inForce && r.ValidTo > 0 && r.ValidTo <= b.now+nearEnd:
		all = append(all, Warning{Tone: "wait", Object: ref, At: r.ValidTo, What: rights.Text{Zh: name.Zh + "即将到期", En: name.En + " is about to run out"}})
	}
	if r.State == rights.StateActive || r.State == rights.StateSuspended {
		for _, base := range r.Bases {
			if base.Effective {
				continue
			}
			explained = true
			w := Warning{Tone: "bad", Object: ref, Why: reasonOf(base.Why), What: rights.Text{
				Zh: name.Zh + "所依据的「" + term(aBasis, base.Type).Zh + "」已失效", En: "What " + name.En + " rests on (“" + term(aBasis, base.Type).En + "”) has fallen"}}
			if base.RefID != "" {
				w.Object = rights.RecordRef{Kind: rights.Kind(base.RefID[:min(2, len(base.RefID))]), ID: base.RefID}
				w = by(w, fell(b.bases[base.RefID], b.since))
			}
			if w.TxID == "" && base.To > 0 && base.To <= b.now {
				w.At = base.To
			}
			all = append(all, w)
		}
	}
	burdens := b.burdens(asset, id)
	all = append(all, burdens...)
	if !r.Effective && !explained && !slices.ContainsFunc(burdens, func(w Warning) bool { return w.Tone == "bad" }) {
		all = append(all, Warning{Tone: "bad", Object: ref, What: rights.Text{Zh: name.Zh + "现在无效", En: name.En + " is not effective now"}, Why: reasonOf(r.Why)})
	}
	return all
}

// fell finds the change since the baseline that brought a record where it is, if its
// state changed at all.
func fell(history []Revision[rights.Head], since moment) *Revision[rights.Head] {
	if len(history) == 0 {
		return nil
	}
	state := history[len(history)-1].Record.State
	if was := then(history, since); was != nil && was.Record.State == state {
		return nil
	}
	return turned(history, since, func(h *rights.Head) bool { return h.State == state })
}

// burdens warns of encumbrances that were not there.
func (b *beneath) burdens(asset *assetAnswer, id string) []Warning {
	had := map[string]bool{}
	note := func(list []rights.Encumbrance) {
		for _, e := range list {
			had[string(e.Type)+e.RefID] = true
		}
	}
	if r := then(b.rights[id], b.since); r != nil {
		note(r.Record.Encumbrances)
	}
	if r := then(b.restraints[id], b.since); r != nil {
		note(r.Record.Encumbrances)
	}
	var all []Warning
	for _, e := range asset.Encumbrances {
		if e.RightID != id || e.RefID == b.pledge.ID || had[string(e.Type)+e.RefID] || e.To > 0 && e.To <= b.now {
			continue
		}
		w := Warning{Tone: "warn", At: e.From, Object: rights.RecordRef{Kind: rights.Kind(e.RefID[:min(2, len(e.RefID))]), ID: e.RefID}}
		switch e.Type {
		case rights.EncFreeze:
			w.Tone, w.What = "bad", rights.Text{Zh: "所质押的权利被查封冻结", En: "The pledged right was frozen"}
		case rights.EncDispute:
			w.What = rights.Text{Zh: "所质押的权利发生权属争议", En: "Title to the pledged right is disputed"}
		case rights.EncObjection:
			w.What = rights.Text{Zh: "对所质押的权利有人提出异议", En: "An objection was raised to the pledged right"}
		case rights.EncExclusive:
			w.What = rights.Text{Zh: "所质押的权利给出了独占许可", En: "An exclusive licence of the pledged right was given"}
		case rights.EncPledge:
			rank := strconv.FormatInt(e.Rank, 10)
			w.What = rights.Text{Zh: "同一权利上又有一项第 " + rank + " 顺位的质押", En: "Another pledge, of rank " + rank + ", lies on the same right"}
			if e.Rank <= b.pledge.Rank {
				w.Tone = "bad"
				w.Why = rights.Text{Zh: "顺位不后于本质押。", En: "It does not come after this pledge."}
			}
		default:
			name := term(anEncumbrance, string(e.Type))
			w.What = rights.Text{Zh: "所质押的权利新增负担：" + name.Zh, En: "A new encumbrance on the pledged right: " + name.En}
		}
		has := func(list []rights.Encumbrance) bool {
			return slices.ContainsFunc(list, func(x rights.Encumbrance) bool { return x.Type == e.Type && x.RefID == e.RefID })
		}
		if r := turned(b.restraints[id], b.since, func(x *rights.Restraints) bool { return has(x.Encumbrances) }); r != nil {
			w = by(w, r)
		} else {
			w = by(w, turned(b.rights[id], b.since, func(x *rights.Right) bool { return has(x.Encumbrances) }))
		}
		all = append(all, w)
	}
	return all
}

// adjustable are what of a certificate a bank lends on, by the words for each.
var adjustable = []struct {
	name rights.Text
	of   func(*rights.Certificate) any
}{
	{rights.Text{Zh: "持有人", En: "holder"}, func(c *rights.Certificate) any { return c.HolderID }},
	{rights.Text{Zh: "数据名称", En: "name"}, func(c *rights.Certificate) any { return c.DataName }},
	{rights.Text{Zh: "数据概况", En: "overview"}, func(c *rights.Certificate) any { return c.Overview }},
	{rights.Text{Zh: "限制范围", En: "limits"}, func(c *rights.Certificate) any { return c.Limits }},
	{rights.Text{Zh: "权利与期限", En: "rights and terms"}, func(c *rights.Certificate) any { return c.Rights }},
	{rights.Text{Zh: "有效期", En: "validity"}, func(c *rights.Certificate) any { return c.ValidTo }},
	{rights.Text{Zh: "数据规模", En: "volume"}, func(c *rights.Certificate) any { return c.Volume }},
	{rights.Text{Zh: "内容根", En: "content root"}, func(c *rights.Certificate) any { return c.ContentRoot }},
	{rights.Text{Zh: "备注", En: "remarks"}, func(c *rights.Certificate) any { return c.Remarks }},
}

func sameJSON(x, y any) bool {
	a, _ := json.Marshal(x) // records of the ledger: they came from JSON
	b, _ := json.Marshal(y)
	return string(a) == string(b)
}

func (b *beneath) certificateWarnings(no string) []Warning {
	history := b.certificates[no]
	was := then(history, b.since)
	if was == nil {
		return nil
	}
	is := &history[len(history)-1]
	ref := rights.RecordRef{Kind: rights.KindCertificate, ID: no}
	var all []Warning
	if is.Record.State != was.Record.State {
		tone := "bad"
		if is.Record.State == rights.StateAdjusted {
			tone = "warn"
		}
		from, to := stated(rights.KindCertificate, string(was.Record.State)), stated(rights.KindCertificate, string(is.Record.State))
		w := Warning{Tone: tone, Object: ref, What: rights.Text{Zh: "凭证由「" + from.Zh + "」变为「" + to.Zh + "」", En: "The certificate went from “" + from.En + "” to “" + to.En + "”"}}
		all = append(all, by(w, turned(history, b.since, func(c *rights.Certificate) bool { return c.State == is.Record.State })))
	}
	var changed rights.Text
	for _, f := range adjustable {
		if sameJSON(f.of(&was.Record), f.of(&is.Record)) {
			continue
		}
		if changed.Zh != "" {
			changed.Zh, changed.En = changed.Zh+"、", changed.En+", "
		}
		changed.Zh, changed.En = changed.Zh+f.name.Zh, changed.En+f.name.En
	}
	if changed.Zh != "" {
		w := Warning{Tone: "warn", Object: ref, What: rights.Text{Zh: "凭证所载内容已变更：" + changed.Zh, En: "What the certificate says was changed: " + changed.En}}
		all = append(all, by(w, is))
	}
	return all
}

func (b *beneath) valuationWarnings() []Warning {
	ref := rights.RecordRef{Kind: rights.KindEvaluation, ID: b.pledge.EvaluationID}
	var usable, known bool
	var to rights.UnixSec
	var why rights.Text
	for _, a := range b.assets {
		if e := a.Evaluation(b.pledge.EvaluationID); e != nil {
			known, usable, to, why = true, e.Effective.Now, e.ValidTo, e.Effective.Why()
		}
	}
	switch {
	case !known:
		return nil
	case usable && to > 0 && to <= b.now+nearEnd:
		return []Warning{{Tone: "wait", Object: ref, At: to, What: rights.Text{Zh: "质押所据的价值评估即将到期", En: "The valuation behind the pledge is about to run out"}}}
	case usable:
		return nil
	case to > 0 && to <= b.now:
		return []Warning{{Tone: "warn", Object: ref, At: to, What: rights.Text{Zh: "质押所据的价值评估已过有效期", En: "The valuation behind the pledge has run out"}}}
	}
	w := Warning{Tone: "warn", Object: ref, Why: why, What: rights.Text{Zh: "质押所据的价值评估已不能使用", En: "The valuation behind the pledge can no longer be used"}}
	if n := len(b.evaluation); n > 0 {
		state := b.evaluation[n-1].Record.State
		w = by(w, turned(b.evaluation, b.since, func(e *rights.Evaluation) bool { return e.State == state }))
	}
	return []Warning{w}
}

// termWarnings are the pledge's own ends.
func (b *beneath) termWarnings() []Warning {
	p := b.pledge
	ref := rights.RecordRef{Kind: rights.KindPledge, ID: p.ID}
	var all []Warning
	switch {
	case p.ZdwLapsed, p.ZdwValidTo > 0 && p.ZdwValidTo <= b.now:
		all = append(all, Warning{Tone: "bad", Object: ref, At: p.ZdwValidTo, What: rights.Text{Zh: "统一登记已到期，须展期", En: "The unified registration has lapsed and needs extension"}})
	case p.ZdwValidTo > 0 && p.ZdwValidTo <= b.now+nearEnd:
		all = append(all, Warning{Tone: "wait", Object: ref, At: p.ZdwValidTo, What: rights.Text{Zh: "统一登记即将到期", En: "The unified registration is about to lapse"}})
	}
	switch {
	case p.ClaimTo > 0 && p.ClaimTo <= b.now:
		all = append(all, Warning{Tone: "warn", Object: ref, At: p.ClaimTo, What: rights.Text{Zh: "所担保的债权已到期，须解除或实现质权", En: "The secured claim has fallen due: release the pledge or enforce it"}})
	case p.ClaimTo > 0 && p.ClaimTo <= b.now+nearEnd:
		all = append(all, Warning{Tone: "wait", Object: ref, At: p.ClaimTo, What: rights.Text{Zh: "所担保的债权即将到期", En: "The secured claim is about to fall due"}})
	}
	return all
}

// beneathOf gathers what a pledge stands on. nil where the bank may not ask yet.
func (q *request) beneathOf(p *rights.Pledge, history []Revision[rights.Pledge]) (*beneath, error) {
	b := &beneath{now: q.now, pledge: p, rights: map[string][]Revision[rights.Right]{}, restraints: map[string][]Revision[rights.Restraints]{},
		certificates: map[string][]Revision[rights.Certificate]{}, bases: map[string][]Revision[rights.Head]{}}
	if len(history) > 0 {
		b.since = history[0].moment()
	}
	for i := range history {
		if history[i].Record.State == rights.StateRegistered {
			b.since = history[i].moment()
			break
		}
	}
	for _, no := range p.CertNos {
		a, err := q.asset(no, "")
		switch {
		case notForUs(err):
			return nil, nil
		case err != nil:
			return nil, err
		}
		b.assets = append(b.assets, a)
		if b.certificates[no], err = historyOf[rights.Certificate](q, "certificates", no); err != nil {
			return nil, err
		}
	}
	for _, id := range p.RightIDs {
		var err error
		if b.rights[id], err = historyOf[rights.Right](q, "rights", id); err != nil {
			return nil, err
		}
		if b.restraints[id], err = historyOf[rights.Restraints](q, "restraints", id); err != nil && !absent(err) {
			return nil, err
		}
		_, r := b.asset(id)
		if r == nil {
			continue
		}
		for _, base := range r.Bases {
			collection := collectionOf[rights.Kind(base.RefID[:min(2, len(base.RefID))])]
			if base.Effective || collection == "" || b.bases[base.RefID] != nil {
				continue
			}
			if b.bases[base.RefID], err = historyOf[rights.Head](q, collection, base.RefID); err != nil && !unseen(err) {
				return nil, err
			}
		}
	}
	var err error
	if b.evaluation, err = historyOf[rights.Evaluation](q, "evaluations", p.EvaluationID); err != nil && !unseen(err) {
		return nil, err
	}
	return b, nil
}

// collectionOf are the paths of kinds that a right may rest on.
var collectionOf = map[rights.Kind]string{rights.KindRight: "rights", rights.KindGrant: "grants", rights.KindTrade: "trades", rights.KindResource: "resources"}

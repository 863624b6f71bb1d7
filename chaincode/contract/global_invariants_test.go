package contract_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/datarights/datarights/chaincode/rights"
	"github.com/datarights/datarights/chaincode/state/statetest"
)

// What must be true of every ledger (3.0.7), and where the tests hold to it. A
// check runs after every transaction that any test commits.
//
//	G-1   checkStep: versions grow by one, heads keep their beginning, nothing is deleted
//	G-2   checkStep with stands: every write has a row that gives its writer standing;
//	      TestExhaustive and TestExhaustiveOthers: nobody else, nobody inactive
//	G-3   checkInvariants: limits are midnights fixed when the period began; TestEndorsementsAgree,
//	      and internal/arch: no clock, map order or randomness
//	G-4   checkContainment: rights under licence, sub-grants, permits, listings, trades, copies
//	G-5   checkSignatures; checkUse for grants; a pledge and a guarantee are confirmed by
//	      a step of the other side's alone, which checkStep sees
//	G-6   checkMoney, over the private amounts; checkTrades for the shares
//	G-7   checkTitle for trades and pledges; checkProducts for listings; TestPermitsOnRights
//	G-8   checkInvariants, checkProducts, and no record at all says LevelCore
//	G-9   checkClosure
//	G-10  checkReceived
//	G-11  checkFrozen, step by step; TestEncumbranceMatrix, cell by cell
//	G-12  leaks, step by step: nothing of a secret is in a write, an argument, an answer or an event
//	G-13  checkUse (LN-2, LN-7) and checkClosure: inputs are there before outputs
//	G-14  checkUse, for grants and permits; checkContainment for copies passed on
//	G-15  checkInvariants: whatever cites a profile cites one that was in force

// checkGlobal holds a ledger to the global invariants that go across areas.
func checkGlobal(l *statetest.Ledger, w *world, fault func(string, ...any)) {
	m := &marketRecords{
		listings: decodeAll[rights.Listing](w.raw[rights.KindListing]), trades: decodeAll[rights.Trade](w.raw[rights.KindTrade]),
		deliveries: decodeAll[rights.Delivery](w.raw[rights.KindDelivery]), copies: decodeAll[rights.Copy](w.raw[rights.KindCopy]),
		products: decodeAll[rights.Product](w.raw[rights.KindProduct]), grants: decodeAll[rights.Grant](w.raw[rights.KindGrant]),
		permits: decodeAll[rights.Permit](w.raw[rights.KindPermit]), pledges: decodeAll[rights.Pledge](w.raw[rights.KindPledge]),
	}
	m.checkContainment(w, fault)
	m.checkSignatures(w, fault)
	m.checkMoney(l, w, fault)
	m.checkTitle(w, fault)
	m.checkClosure(w, fault)
	m.checkReceived(w, fault)
	for kind, records := range w.raw {
		if kind[0] == 'x' || kind == rights.KindProfile || kind == rights.KindCodeTable {
			continue
		}
		for id, raw := range records {
			if bytes.Contains(raw, []byte(`"LevelCore"`)) {
				fault("G-8: %s %s is about core data", kind, id)
			}
		}
	}
}

// marketRecords are the records that global invariants tie together.
type marketRecords struct {
	listings   map[string]*rights.Listing
	trades     map[string]*rights.Trade
	deliveries map[string]*rights.Delivery
	copies     map[string]*rights.Copy
	products   map[string]*rights.Product
	grants     map[string]*rights.Grant
	permits    map[string]*rights.Permit
	pledges    map[string]*rights.Pledge
}

// beyond names what of a scope is not in its parent, quotas apart. It is
// written again here, so that the rule is not its own witness.
func beyond(child, parent *rights.Scope) string {
	set := func(name string, a, b []string, prefix bool) string {
		for _, v := range a {
			if !slices.ContainsFunc(b, func(p string) bool { return p == "*" || p == v || prefix && len(v) > len(p) && v[:len(p)] == p }) {
				return name + " " + v
			}
		}
		return ""
	}
	text := func(list any) (s []string) {
		switch list := list.(type) {
		case []rights.Action:
			for _, v := range list {
				s = append(s, string(v))
			}
		case []rights.Env:
			for _, v := range list {
				s = append(s, string(v))
			}
		}
		return s
	}
	for _, s := range []string{
		set("object", child.ObjectIDs, parent.ObjectIDs, false), set("purpose", child.Purposes, parent.Purposes, false),
		set("region", child.Regions, parent.Regions, true), set("industry", child.Industries, parent.Industries, true),
		set("action", text(child.Actions), text(parent.Actions), false), set("environment", text(child.Envs), text(parent.Envs), false),
	} {
		if s != "" {
			return s
		}
	}
	if child.MaxGrade > parent.MaxGrade || child.From < parent.From || child.To > parent.To {
		return fmt.Sprintf("grade %d in [%d, %d) of grade %d in [%d, %d)", child.MaxGrade, child.From, child.To, parent.MaxGrade, parent.From, parent.To)
	}
	for _, limit := range parent.Quota {
		if qty, ok := qtyOf(child.Quota, limit.Unit); !ok || qty > limit.Qty {
			return fmt.Sprintf("%d %s of %d", qty, limit.Unit, limit.Qty)
		}
	}
	return ""
}

func (m *marketRecords) checkContainment(w *world, fault func(string, ...any)) {
	inside := func(id string, child *rights.Scope, of string, parent *rights.Scope) {
		if what := beyond(child, parent); what != "" {
			fault("G-4: %s goes beyond %s: %s", id, of, what)
		}
	}
	for id, r := range w.rights {
		for _, b := range r.Basis {
			base := w.rights[b.RefID]
			if b.Type != "BasisLicence" || base == nil || r.Scope == nil {
				continue
			}
			parent := base.Scope
			if parent == nil {
				parent = &rights.Scope{ObjectIDs: []string{base.ObjectID}, Purposes: []string{"*"}, Regions: []string{"*"}, Industries: []string{"*"}, Actions: r.Scope.Actions,
					MaxGrade: 5, Envs: []rights.Env{"*"}, From: min(base.ValidFrom, r.Scope.From), To: base.ValidTo} // what a right gives, its kind says
			}
			inside(id, r.Scope, base.ID, parent)
		}
	}
	for id, g := range m.grants {
		if up := m.grants[g.ParentGrantID]; up != nil && (g.State == rights.StateEffective || g.State == rights.StateSuspended) {
			inside(id, &g.Scope, up.ID, &up.Scope)
		}
	}
	for id, u := range m.permits {
		if u.State != rights.StateActive && u.State != rights.StateSuspended && u.State != rights.StateExhausted {
			continue
		}
		scope := u.Scope
		switch g, r, c := m.grants[u.BasisID], w.rights[u.BasisID], m.copies[u.BasisID]; {
		case g != nil:
			inside(id, &scope, g.ID, &g.Scope)
		case r != nil && r.Scope != nil:
			inside(id, &scope, r.ID, r.Scope)
		case r != nil && (scope.From < r.ValidFrom || scope.To > r.ValidTo):
			fault("G-4: %s outlasts %s", id, r.ID)
		case c != nil:
			parent := c.Permission.Scope
			parent.ObjectIDs = append(slices.Clone(parent.ObjectIDs), c.ID, c.ProductID)
			inside(id, &scope, c.ID, &parent)
		}
	}
	for id, t := range m.trades {
		if l := m.listings[t.ListingID]; t.AgreedAt > 0 && l != nil && l.Permission != nil && t.Permission != nil {
			inside(id, &t.Permission.Scope, l.ID, &l.Permission.Scope)
		}
	}
	given := map[string]int64{}
	for id, c := range m.copies {
		if c.Permission == nil {
			continue
		}
		switch up, t := m.copies[c.ParentCopyID], m.trades[c.TradeID]; {
		case up != nil && up.Permission != nil:
			inside(id, &c.Permission.Scope, up.ID, &up.Permission.Scope)
			if c.State == rights.StateHeld {
				for _, q := range c.Permission.Quota {
					given[up.ID+" "+q.Unit] += q.Qty
				}
			}
		case t != nil && t.Permission != nil:
			inside(id, &c.Permission.Scope, t.ID, &t.Permission.Scope)
		}
	}
	for id, c := range m.copies {
		if c.Permission == nil {
			continue
		}
		for _, q := range c.Permission.Quota {
			if given[id+" "+q.Unit] > q.Qty {
				fault("G-14: %s gave on %d %s of %d", id, given[id+" "+q.Unit], q.Unit, q.Qty)
			}
		}
	}
	for id, l := range m.listings {
		if r := w.rights[l.RightID]; r != nil && r.Scope != nil && l.Permission != nil && !ended("listing", l.State) {
			parent := *r.Scope
			parent.To = max(parent.To, l.ValidTo) // RT-9
			inside(id, &l.Permission.Scope, r.ID, &parent)
		}
	}
}

func (m *marketRecords) checkSignatures(w *world, fault func(string, ...any)) {
	for id, c := range w.cases {
		if c.State != rights.StateRecorded || c.RegType != rights.RegTransfer && c.RegType != rights.RegLicence {
			continue
		}
		if s := c.Countersigned; s == nil || s.PartyID != c.CounterpartyID || s.TermsHash != c.TermsHash || s.PartyID == c.ApplicantIDs[0] {
			fault("G-5: %s was recorded on %+v", id, s)
		}
	}
	for id, t := range m.trades { // ended early by agreement: by both, on the same
		if s := t.Termination; t.State == rights.StateTerminated && len(s) == 2 && (s[0].PartyID == s[1].PartyID || s[0].TermsHash != s[1].TermsHash) {
			fault("G-5: %s was ended on %+v", id, s)
		}
	}
}

func (m *marketRecords) checkMoney(l *statetest.Ledger, w *world, fault func(string, ...any)) {
	for id := range w.raw[rights.KindSettlement] {
		raw := l.Secret(string(rights.CollectionTrade), key(rights.KindSettlement, id))
		if raw == nil {
			continue // purged after its years
		}
		var s rights.SettlementAmounts
		if err := json.Unmarshal(raw, &s); err != nil {
			fault("G-6: amounts of %s: %v", id, err)
			continue
		}
		var lines, refunds int64
		for _, x := range s.Lines {
			lines += x.AmountFen
		}
		for _, x := range s.Refunds {
			refunds += x.AmountFen
		}
		if lines != s.GrossFen || refunds != s.RefundedFen || s.RefundedFen > s.GrossFen || s.GrossFen < 0 {
			fault("G-6: %s: lines of %d make %d; refunds of %d make %d", id, s.GrossFen, lines, s.RefundedFen, refunds)
		}
	}
	for id := range m.trades {
		raw := l.Secret(string(rights.CollectionTrade), key(rights.KindTrade, id))
		var s rights.TradeTerms
		if raw == nil || json.Unmarshal(raw, &s) != nil {
			continue
		}
		var bps int64
		for _, x := range s.Lines {
			bps += x.Bps
		}
		if bps != 10000 {
			fault("G-6: the shares of %s make %d", id, bps)
		}
	}
}

// checkTitle: whoever sold data, or pledged it, had the operation right.
func (m *marketRecords) checkTitle(w *world, fault func(string, ...any)) {
	for id, t := range m.trades {
		if t.AgreedAt == 0 || t.SubjectType == "Service" || t.SubjectType == "Tool" {
			continue
		}
		if t.RightID == "" {
			if l := m.listings[t.ListingID]; l == nil || l.RecognitionID == "" {
				fault("G-7: %s sells data on no right", id)
			}
			continue
		}
		r := w.rights[t.RightID]
		if r == nil || r.HolderID != t.SellerID || t.ProductID != "" && r.ObjectID != t.ProductID || r.Kind != rights.RightOperation && t.SubjectType != rights.SubjectRightTransfer || t.AgreedAt < r.ValidFrom {
			fault("G-7: %s sells on %s", id, t.RightID)
		}
	}
	for id, pl := range m.pledges {
		if pl.State != rights.StateRegistered && pl.State != rights.StateEnforcing {
			continue
		}
		operated := false
		for _, r := range w.rights {
			operated = operated || r.ObjectID == pl.ObjectID && r.Kind == rights.RightOperation && r.CreatedAt <= pl.UpdatedAt
		}
		if !operated {
			fault("G-7: %s pledges what nobody may operate", id)
		}
	}
}

// checkClosure: what a product is made of, its owner had by a permission that
// was there and allowed it; so had whoever made what lies in between.
func (m *marketRecords) checkClosure(w *world, fault func(string, ...any)) {
	holder := func(ref string) (id string, made int64, may []rights.Action) {
		switch r, c, u, g := w.rights[ref], m.copies[ref], m.permits[ref], m.grants[ref]; {
		case r != nil:
			if r.Scope != nil {
				return r.HolderID, r.CreatedAt, r.Scope.Actions
			}
			return r.HolderID, r.CreatedAt, nil // its kind says
		case c != nil:
			return c.HolderID, c.CreatedAt, c.Permission.Actions
		case u != nil:
			return u.PermitteeID, u.CreatedAt, u.Scope.Actions
		case g != nil:
			return g.GranteeID, g.CreatedAt, g.Scope.Actions
		}
		return "", 0, nil
	}
	for id, l := range decodeAll[rights.Lineage](w.raw[rights.KindLineage]) {
		for _, in := range l.Inputs {
			by, made, may := holder(in.PermissionRef)
			if by == "" || made > l.CreatedAt {
				fault("G-9: %s used %s under %q", id, in.ID, in.PermissionRef)
				continue
			}
			if u := m.permits[in.PermissionRef]; by != l.OperatorID && (u == nil || !slices.Contains(u.EntrustedIDs, l.OperatorID)) {
				fault("G-9: %s used %s under %s, which is %s's", id, in.ID, in.PermissionRef, by)
			}
			if may != nil && !slices.ContainsFunc(may, func(x rights.Action) bool {
				return slices.Contains([]rights.Action{"*", rights.ActProcess, rights.ActFuse, rights.ActTrain, rights.ActDerive}, x)
			}) {
				fault("G-9: %s used %s under %s, which allows %v", id, in.ID, in.PermissionRef, may)
			}
			for _, kind := range []rights.Kind{rights.KindResource, rights.KindProduct, rights.KindCopy, rights.KindLineage} {
				var h rights.Head
				ref := in.ID
				if kind == rights.KindLineage {
					ref = in.LineageID
				}
				if raw := w.raw[kind][ref]; raw != nil && json.Unmarshal(raw, &h) == nil && h.CreatedAt > l.CreatedAt {
					fault("G-13: %s came out before its input %s", id, ref)
				}
			}
		}
	}
	for id, d := range m.products {
		for _, in := range d.Inputs {
			if by, made, _ := holder(in.PermissionRef); by != d.OwnerID || made > d.UpdatedAt {
				fault("G-9: %s is made of %s under %q, which is %q's", id, in.ObjectID, in.PermissionRef, by)
			}
		}
	}
}

// checkReceived: content received without ActResell is neither offered nor
// claimed as one's own by whoever received it.
func (m *marketRecords) checkReceived(w *world, fault func(string, ...any)) {
	type had struct {
		tag, holder string
	}
	bound := map[had]*rights.Copy{} // the first copy received of a content, none of which may be resold
	free := map[had]bool{}
	for _, id := range ids(m.copies) {
		c := m.copies[id]
		if c.AccessOnly || c.Permission == nil {
			continue
		}
		tags := []string{c.MatchTag}
		if d := m.products[c.ProductID]; d != nil && c.Version >= 1 && c.Version <= int64(len(d.Versions)) {
			tags = append(tags, d.Versions[c.Version-1].MatchTag)
		}
		for _, tag := range tags {
			at := had{tag, c.HolderID}
			if tag == "" {
				continue
			}
			if slices.Contains(c.Permission.Actions, rights.ActResell) || slices.Contains(c.Permission.Actions, "*") {
				free[at] = true
			}
			if bound[at] == nil || c.CreatedAt < bound[at].CreatedAt {
				bound[at] = c
			}
		}
	}
	for id, l := range m.listings {
		d := m.products[l.ProductID]
		if d == nil || l.ProductVersion < 1 || l.ProductVersion > int64(len(d.Versions)) {
			continue
		}
		at := had{d.Versions[l.ProductVersion-1].MatchTag, l.SellerID}
		if c := bound[at]; c != nil && !free[at] && c.ProductID != d.ID && c.CreatedAt < l.CreatedAt {
			fault("G-10: %s offers copy %s", id, c.ID)
		}
	}
	for id, r := range w.resources {
		for _, v := range r.Versions {
			at := had{v.MatchTag, r.HolderID}
			if c := bound[at]; c != nil && !free[at] && c.CreatedAt < v.At {
				fault("G-10: %s has copy %s for a version of its own", id, c.ID)
			}
		}
	}
}

// checkFrozen holds a transaction to the Freeze column of the matrix: of a
// frozen right nothing new comes, unless it carries the measure out.
func checkFrozen(before *world, tx statetest.Tx, writes map[string][]byte, command string, fault func(string, ...any)) {
	frozen := map[string][]string{} // right → what freezes it
	for id, x := range decodeAll[rights.Restraints](before.raw[rights.KindRestraints]) {
		for _, e := range x.Encumbrances {
			if e.Type == rights.EncFreeze && e.From <= tx.At && (e.To == 0 || tx.At < e.To) {
				frozen[id] = append(frozen[id], e.RefID)
			}
		}
	}
	if len(frozen) == 0 || strings.HasPrefix(command, "measure.") {
		return
	}
	for k, raw := range writes {
		kind, id := split(k)
		old := before.raw[kind][id]
		var was rights.Head
		if old != nil && json.Unmarshal(old, &was) != nil {
			continue
		}
		var uses []string
		ordered := ""
		switch kind {
		case rights.KindListing:
			if l := one[rights.Listing](raw); l.State == rights.StateListed && was.State != l.State || old == nil {
				uses = []string{l.RightID}
			}
		case rights.KindTrade:
			if t := one[rights.Trade](raw); t.AgreedAt == tx.At && (old == nil || one[rights.Trade](old).AgreedAt == 0) {
				uses = []string{t.RightID}
			}
		case rights.KindDelivery, rights.KindCopy:
			if x := one[rights.Copy](raw); old == nil { // a delivery names its trade as a copy does
				if t := before.raw[rights.KindTrade][x.TradeID]; t != nil && one[rights.Trade](t).SellerID != x.HolderID {
					uses = []string{one[rights.Trade](t).RightID}
				}
			}
		case rights.KindPledge:
			if pl := one[rights.Pledge](raw); old == nil || pl.State == rights.StateRegistered && was.State != pl.State {
				uses = pl.RightIDs
			}
		case rights.KindCase:
			if c := one[rights.Case](raw); c.State == rights.StateRecorded && was.State != c.State && c.RegType != rights.RegRenewal {
				uses, ordered = c.TargetRightIDs, c.ExecutionOf
			}
		}
		for _, r := range uses {
			if by := frozen[r]; len(by) > 0 && !(ordered != "" && len(by) == 1 && by[0] == ordered) {
				fault("G-11: %s of %s %s uses %s, which is frozen by %v", command, kind, id, r, by)
			}
		}
	}
}

func one[R any](raw []byte) *R {
	r := new(R)
	if err := json.Unmarshal(raw, r); err != nil {
		panic(err)
	}
	return r
}

// leaks lists what of the secrets there are stands in what a transaction put on
// the channel: sums of money, words, salts.
func leaks(l *statetest.Ledger, a answer) (faults []string) {
	words, sums := map[string]bool{}, map[string]bool{}
	var gather func(name string, v any)
	gather = func(name string, v any) {
		switch v := v.(type) {
		case map[string]any:
			for k, x := range v {
				gather(k, x)
			}
		case []any:
			for _, x := range v {
				gather(name, x)
			}
		case json.Number:
			if n, err := v.Int64(); err == nil && n >= 100_000 && strings.HasSuffix(name, "Fen") { // smaller ones are anything's
				sums[strconv.FormatInt(n, 10)] = true
			}
		case string:
			if slices.Contains([]string{"salt", "statement", "payPlan", "valuation"}, name) && len(v) > 8 {
				words[v] = true
			}
		}
	}
	for _, raw := range l.Secrets() {
		d := json.NewDecoder(bytes.NewReader(raw))
		d.UseNumber()
		var v any
		if d.Decode(&v) == nil {
			gather("", v)
		}
	}
	if len(words)+len(sums) == 0 {
		return nil
	}
	shown := map[string][]byte{"the answer": a.payload, "the event": a.stub.Event}
	for k, v := range a.stub.Writes {
		shown[k] = v
	}
	for i, arg := range a.tx.Args {
		shown[fmt.Sprint("argument ", i)] = arg
		for _, part := range bytes.Split(arg, []byte(".")) {
			if raw, err := base64.RawURLEncoding.DecodeString(string(part)); err == nil {
				shown[fmt.Sprint("argument ", i, len(shown))] = raw
			}
		}
	}
	for where, raw := range shown {
		for word := range words {
			if bytes.Contains(raw, []byte(word)) {
				faults = append(faults, fmt.Sprintf("G-12: %q of a secret is in %q", word, where))
			}
		}
		for _, n := range numbers(raw) {
			if sums[n] {
				faults = append(faults, fmt.Sprintf("G-12: the sum %s of a secret is in %q", n, where))
			}
		}
	}
	return faults
}

// numbers lists the runs of digits in a text that stand alone.
func numbers(raw []byte) []string {
	var list []string
	for _, word := range bytes.FieldsFunc(raw, func(r rune) bool { return strings.ContainsRune(`{}[]:,"`, r) }) {
		if len(word) >= 6 && len(bytes.Trim(word, "0123456789")) == 0 {
			list = append(list, string(word))
		}
	}
	return list
}

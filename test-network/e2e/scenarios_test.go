package e2e

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/datarights/datarights/chaincode/rights"
	"github.com/datarights/datarights/client"
	"github.com/datarights/datarights/client/fingerprint"
	"github.com/datarights/datarights/network"
	"github.com/datarights/datarights/test-network/scene"
	"github.com/datarights/datarights/test-network/trace"
)

// What buyers may usually do.
var toUse = []rights.Action{rights.ActHold, rights.ActQuery, rights.ActProcess}

// TestAcceptance plays the acceptance scenarios of the rules, by their numbers,
// with keys of their own and each through the gateways where it belongs.
func TestAcceptance(t *testing.T) {
	m := scene.Open(t, w.Deployment)
	seller := m.Join("盐都数据产品有限公司", "Group", nil)
	buyer := m.Join("射阳数据应用有限公司", "Bank", nil)
	asset := m.Register(seller)
	noticed := m.Apply(seller, m.Do(seller, "resource.catalogue", scene.Entry(m.Content(seller))).One(rights.KindResource))
	ends := m.Notice(noticed) // it runs while the others are played
	table := readings(seller.USCC)
	product := m.Produce(asset, m.Printed(seller, fingerprint.CSV, table.csv()), 0)

	t.Run("A-02", func(t *testing.T) {
		m := m.On(t)
		m.Refused(rights.CodeDeadline, m.Registrar, "registration.record", rights.RecordCase{CaseID: noticed, CertNo: scene.CertNo()})
	})
	t.Run("A-04", func(t *testing.T) { silentRegistrar(m.On(t), seller) })
	var sold *scene.Deal
	t.Run("A-15", func(t *testing.T) { sold = fullTrade(m.On(t), product, buyer) })
	if sold == nil || t.Failed() {
		t.FailNow() // what follows is about what was sold
	}
	t.Run("G-12", func(t *testing.T) { keptSecret(m.On(t), sold) })
	t.Run("A-16", func(t *testing.T) { otherTerms(m.On(t), product, sold.Listing) })
	t.Run("A-17", func(t *testing.T) { listedUnchanged(m.On(t), sold) })
	t.Run("A-18", func(t *testing.T) { dressedUp(m.On(t), sold, table) })
	t.Run("A-19", func(t *testing.T) { trained(m.On(t), product) })
	t.Run("A-20", func(t *testing.T) { beyondTheRegion(m.On(t), sold) })
	t.Run("A-21", func(t *testing.T) { pledgedAndTransferred(m.On(t)) })
	t.Run("A-22", func(t *testing.T) { pledgedTwice(m.On(t)) })
	t.Run("A-24", func(t *testing.T) { frozen(m.On(t)) })
	t.Run("A-26", func(t *testing.T) { twoMeasures(m.On(t), sold) })
	t.Run("A-01", func(t *testing.T) { noticeEnded(m.On(t), noticed, ends) })
	public := m.Operations(rights.FeeRule{UseClass: "Industry", CeilingFen: 1000, Unit: "次"})
	t.Run("A-27", func(t *testing.T) { meteredWrongly(public.On(t)) })
	t.Run("A-14", func(t *testing.T) { overTheCeiling(public.On(t)) })
	t.Run("A-12", func(t *testing.T) { revoked(public.On(t)) })
	t.Run("A-31", func(t *testing.T) {
		m := m.On(t)
		m.Refused(rights.CodeSelf, m.Exchange, "trade.apply", rights.ApplyTrade{ListingID: sold.Listing, Purpose: "自营"})
		m.Refused(rights.CodeSelf, m.Registrar, "registration.submit", rights.Submit{RegType: "RegFirst", RegistrarID: m.Registrar.USCC, ObjectType: "Resource", ObjectID: asset.Object,
			RightKinds: []rights.RightKind{rights.RightUse}, Papers: []rights.Evidence{scene.Paper(rights.DocForm)}})
	})
}

// states are the states a record went through, as a person reads its history.
func states(m *scene.Market, p scene.Person, path string) (list []rights.State) {
	m.Helper()
	type revision struct{ Record struct{ State rights.State } }
	for _, r := range scene.ReadAs[client.Page[revision]](m, p, path+"/history?limit=100").Items {
		if s := r.Record.State; len(list) == 0 || list[len(list)-1] != s {
			list = append(list, s)
		}
	}
	return list
}

// nobody is the public at an organisation's gateway.
func nobody(via string) scene.Person { return scene.Person{Via: via} }

// fullTrade goes the whole way of a trade and reads it back everywhere.
func fullTrade(m *scene.Market, product *scene.Product, buyer scene.Person) *scene.Deal {
	const gross = 9_173_920_518_447
	d := m.Strike(product, buyer, gross, toUse...).Running().Deliver().Settle()
	path := "/v1/trades/" + d.Trade
	m.Refused(rights.CodeDeadline, d.Buyer, "trade.complete", rights.OfTrade{TradeID: d.Trade})
	due := scene.ReadAs[rights.Trade](m, d.Buyer, path).CompleteDueAt
	m.WaitUntil(due)
	m.Do(d.Buyer, "trade.complete", rights.OfTrade{TradeID: d.Trade})

	// Both sides and the offices read the same trade at every gateway; others none of it.
	want := []rights.State{rights.StateApplied, rights.StateNegotiating, rights.StateAgreed, rights.StateImplementing, rights.StateDelivered, rights.StateSettled, rights.StateCompleted}
	stranger := m.Join("无关企业有限公司", "Group", nil)
	for _, via := range w.organisations() {
		for _, p := range []scene.Person{d.Seller, d.Buyer, m.Exchange, m.Regulator} {
			tr := scene.ReadAs[rights.Trade](m, p.Through(via), path)
			if tr.State != rights.StateCompleted || tr.BuyerID != buyer.USCC || len(tr.Signatures) != 2 || tr.TermsHash != d.Contract || tr.OnHold {
				m.Errorf("%s at %s reads %+v", p.USCC, via, tr)
			}
			if got := states(m, p.Through(via), path); !slices.Equal(got, want) {
				m.Errorf("%s at %s reads the history %v", p.USCC, via, got)
			}
		}
		for _, p := range []scene.Person{stranger, m.Bank} {
			m.NotFor(p.Through(via), path, http.StatusForbidden)
			m.NotFor(p.Through(via), path+"/history", http.StatusForbidden)
			m.NotFor(p.Through(via), "/v1/copies/"+d.Copy, http.StatusForbidden)
		}
		m.NotFor(nobody(via), path, http.StatusUnauthorized)
		c := scene.ReadAs[rights.Copy](m, d.Buyer.Through(via), "/v1/copies/"+d.Copy)
		if c.State != rights.StateHeld || c.HolderID != buyer.USCC || c.TradeID != d.Trade || c.HoldUntil != d.Permission.To {
			m.Errorf("%s reads the copy %+v", via, c)
		}
	}

	// The lines sum up to the price, for the parties, where they are kept.
	for _, via := range []string{"Exchange", "Regulator"} {
		for _, p := range []scene.Person{d.Seller, d.Buyer, m.Regulator} {
			raw, err := m.Secret(p.Through(via), "/v1/settlements/"+d.Settlement+"/amounts")
			var amounts rights.SettlementAmounts
			if err = errors.Join(err, json.Unmarshal(raw, &amounts)); err != nil {
				m.Errorf("%s at %s: %v", p.USCC, via, err)
				continue
			}
			var sum int64
			for _, l := range amounts.Lines {
				sum += l.AmountFen
			}
			if sum != gross || amounts.GrossFen != gross || amounts.Lines[0].AmountFen != 7_339_136_414_758 {
				m.Errorf("%s at %s: %+v", p.USCC, via, amounts)
			}
		}
	}
	for _, p := range []scene.Person{stranger.Through("Exchange"), d.Seller.Through("Group"), d.Buyer.Through("Bank")} {
		var problem *client.Problem
		if raw, err := m.Secret(p, "/v1/trades/"+d.Trade+"/terms"); !errors.As(err, &problem) || p.USCC != stranger.USCC && problem.Code != "E_MISDIRECTED" {
			m.Errorf("%s at %s: %v %s", p.USCC, p.Via, err, raw)
		}
	}
	return d
}

// keptSecret: amounts are in the private data of the collection's members and
// nowhere else, and stay there for as long as the rules say.
func keptSecret(m *scene.Market, d *scene.Deal) {
	secrets := trace.Secrets{string(rights.CollectionTrade): {fmt.Sprint(d.Terms.AmountFen), "7339136414758", d.Terms.Salt}}
	for what, look := range map[string]func(*network.Deployment, trace.Secrets) ([]string, error){"leaked": trace.Leaks, "missing": trace.Missing} {
		if found, err := look(m.Deployment, secrets); err != nil || len(found) > 0 {
			m.Errorf("%s: %v %s", what, err, strings.Join(found, ", "))
		}
	}
	m.Refused(rights.CodeDeadline, m.Exchange, "secret.purge", rights.PurgeSecret{ID: d.Trade})
}

// otherTerms: parties that sign different terms have no contract.
func otherTerms(m *scene.Market, product *scene.Product, listing string) {
	d := m.Buy(product, listing, m.Join("东台数据应用有限公司", "Exchange", nil), 500_00)
	d.Permission = scene.Offered(product.Object, toUse...)
	offered := scene.Read[rights.Listing](m, "Exchange", "/v1/listings/"+listing).Permission
	d.Permission.From, d.Permission.To = offered.From, offered.To
	d.Negotiate().Propose()
	m.Do(d.Seller.Through("Exchange"), "trade.sign", d.Signature())
	other := d.Signature()
	other.TermsHash = scene.Hash("what the buyer thought")
	m.Refused(rights.CodeFormat, d.Buyer.Through("Exchange"), "trade.sign", other)
	tr := scene.ReadAs[rights.Trade](m, d.Buyer.Through("Group"), "/v1/trades/"+d.Trade)
	if tr.State != rights.StateNegotiating || len(tr.Signatures) != 1 || tr.AgreedAt != 0 {
		m.Errorf("%+v", tr)
	}
	m.Refused(rights.CodeState, m.Exchange, "trade.confirmContract", rights.ConfirmContract{TradeID: d.Trade, ComplianceHash: scene.Hash("compliance")})
	// New terms that both sign make one.
	b, secret := d.Proposal(2)
	m.Do(d.Buyer.Through("Exchange"), "trade.proposeTerms", b, secret...)
	d.Agree()
	if tr := scene.ReadAs[rights.Trade](m, d.Seller.Through("Bank"), "/v1/trades/"+d.Trade); tr.State != rights.StateAgreed || tr.TermsVersion != 2 {
		m.Errorf("%+v", tr)
	}
}

// listedUnchanged: a buyer who offers the file as it came is refused, and the
// gateway tells the regulator.
func listedUnchanged(m *scene.Market, d *scene.Deal) {
	buyer := d.Buyer.Through("Group")
	again := scene.Content{Root: scene.Hash(scene.Unique("the same file under another salt")), Tag: d.Product.Tag, Epoch: 1}
	again.Attestation = m.Tagged(buyer, again.Root, again.Tag)
	copied := scene.Job("OpFormat", "Product", again.Root, rights.InputUsed{Type: "Copy", ID: d.Copy, ContentRoot: d.SentRoot(), PermissionRef: d.Copy})
	copied.Substantive, copied.Env = false, rights.EnvClientFile
	b := scene.Dataset(again)
	b.LineageID = m.Do(buyer, "lineage.record", copied).One(rights.KindLineage)
	b.Inputs = []rights.ProductInput{{ObjectType: "Product", ObjectID: d.Product.Object, Version: 1, PermissionRef: d.Copy}}
	p := m.Refused(rights.CodeResale, buyer, "product.create", b)
	if p.Record != d.Copy {
		m.Errorf("%+v", p)
	}
	// The seller's own listing is no help either.
	offer := m.Offer(d.Product, toUse...)
	m.Refused(rights.CodeBasis, buyer, "listing.submit", offer)
	alerted(m, "AL-RESALE-ATTEMPT", buyer, d.Copy)
}

// alerted waits for an alert about a person on a record, and reads it as those
// who may.
func alerted(m *scene.Market, rule string, subject scene.Person, record string) {
	m.Helper()
	deadline := time.Now().Add(30 * time.Second)
	type alert struct {
		rights.Alert
		Ledger struct{ Block uint64 }
	}
	for {
		for _, al := range scene.ReadAs[client.Page[alert]](m, m.Regulator, "/v1/alerts?limit=200").Items {
			if al.RuleCode != rule || !slices.Contains(al.SubjectIDs, subject.USCC) || al.TargetID != record {
				continue
			}
			m.Saw(al.Ledger.Block) // a gateway raised it
			path := "/v1/alerts/" + al.ID
			if seen := scene.ReadAs[rights.Alert](m, m.Regulator.Through("Bank"), path); seen.State != rights.StateRaised || seen.RefusedTx == "" || seen.Refusal != "E_RESALE" {
				m.Errorf("%+v", seen)
			}
			m.NotFor(subject, path, http.StatusForbidden) // not before it is heard
			m.NotFor(nobody("Group"), path, http.StatusUnauthorized)
			return
		}
		if time.Now().After(deadline) {
			m.Fatalf("no alert %s about %s on %s", rule, subject.USCC, record)
		}
		time.Sleep(200 * time.Millisecond)
	}
}

// rows are a small table with readings nobody else has.
type rows [][2]string

func readings(of string) (list rows) {
	for i := range 40 {
		list = append(list, [2]string{fmt.Sprintf("%s-%02d", of, i), fmt.Sprintf("%d.5", 1000+i*37)})
	}
	return list
}

func (r rows) csv() string {
	var b strings.Builder
	b.WriteString("meter,reading\n")
	for _, x := range r {
		b.WriteString(x[0] + "," + x[1] + "\n")
	}
	return b.String()
}

// disguised is the table as JSON, with other names, the columns the other way
// round and the rows backwards.
func (r rows) disguised() string {
	var list []string
	for _, x := range slices.Backward(r) {
		list = append(list, fmt.Sprintf(`{"value":%q,"device":%q}`, x[1], x[0]))
	}
	return "[" + strings.Join(list, ",\n") + "]"
}

// dressedUp: content one bought is not one's own collection, whatever it wears.
func dressedUp(m *scene.Market, d *scene.Deal, table rows) {
	c := m.Printed(d.Buyer, fingerprint.JSON, table.disguised())
	if c.Tag != d.Product.Tag || c.Root == d.Product.Root {
		m.Fatalf("the disguise has the tag %s, the product %s", c.Tag, d.Product.Tag)
	}
	for _, via := range []string{"Group", "Exchange", "Regulator", "Bank"} {
		if p := m.Refused(rights.CodeResale, d.Buyer.Through(via), "resource.catalogue", scene.Entry(c)); p.Record != d.Copy {
			m.Errorf("%+v", p)
		}
	}
	// By agreement it is catalogued; registering the right still takes the copy, and
	// what the copy does not allow.
	e := scene.Entry(c)
	e.SourceType = "SrcAgreement"
	resource := m.Do(d.Buyer, "resource.catalogue", e).One(rights.KindResource)
	s := rights.Submit{RegType: "RegFirst", RegistrarID: m.Registrar.USCC, ObjectType: "Resource", ObjectID: resource, RightKinds: []rights.RightKind{rights.RightUse}, Papers: scene.AllPapers(),
		Basis: []rights.Basis{{Type: "BasisTrade", RefID: d.Copy}}}
	m.Refused(rights.CodeResale, d.Buyer, "registration.submit", s)
	// Who collected the same facts himself is not touched by it.
	other := m.Join("独立采集企业有限公司", "Exchange", nil)
	m.Do(other, "resource.catalogue", scene.Entry(m.Printed(other, fingerprint.JSON, table.disguised())))
	alerted(m, "AL-RESALE-ATTEMPT", d.Buyer, d.Copy)
}

// trained: a buyer who may derive and provide makes a model of it and lists that.
func trained(m *scene.Market, product *scene.Product) {
	maker := m.Join("建湖智能模型有限公司", "Exchange", nil)
	sells := again(m, product.Holder)
	d := m.Strike(sells, maker, 40_000_00, rights.ActHold, rights.ActQuery, rights.ActProcess, rights.ActTrain, rights.ActDerive, rights.ActProvide).Running().Deliver()
	c := m.Content(maker)
	b := scene.Dataset(c)
	b.ProductType = "Model"
	training := scene.Job("OpTrain", "Model", c.Root, rights.InputUsed{Type: "Copy", ID: d.Copy, ContentRoot: d.SentRoot(), PermissionRef: d.Copy})
	training.Env = rights.EnvClientFile
	b.LineageID = m.Do(maker, "lineage.record", training).One(rights.KindLineage)
	b.Inputs = []rights.ProductInput{{ObjectType: "Product", ObjectID: sells.Object, Version: 1, PermissionRef: d.Copy}}
	reviewer := m.Service("模型合规服务有限公司", "Exchange", "SvcCompliance")
	x := m.RegisterProduct(maker, m.Approve(maker, reviewer, b), 0)
	x.Root, x.Tag = c.Root, c.Tag
	o := m.Offer(&scene.Product{Asset: *x}, rights.ActQuery)
	o.DeliveryModes, o.Permission.To, o.ValidTo = []string{"API"}, d.Permission.To, min(o.ValidTo, d.Permission.To)
	listing := m.List(maker, o)
	for _, via := range w.organisations() {
		if l := scene.Read[rights.Listing](m, via, "/v1/listings/"+listing); l.State != rights.StateListed || l.SellerID != maker.USCC || l.CertNo != x.CertNo {
			m.Errorf("%s reads %+v", via, l)
		}
	}
}

// again is one more product of a seller's, of other data.
func again(m *scene.Market, seller scene.Person) *scene.Product {
	m.Helper()
	return m.Produce(m.Register(seller), m.Content(seller), 0)
}

// beyondTheRegion: what may be resold in one region goes to nobody in another.
func beyondTheRegion(m *scene.Market, sold *scene.Deal) {
	reseller := m.Join("滨海数据经销有限公司", "Exchange", nil)
	product := again(m, sold.Seller)
	offer := m.Offer(product, rights.ActHold, rights.ActQuery, rights.ActResell)
	offer.Permission.Regions = []string{"320902"}
	d := m.Buy(product, m.List(sold.Seller, offer), reseller, 40_000_00)
	d.Permission = *offer.Permission
	d.Running().Deliver()
	far := m.Join("阜宁数据应用有限公司", "Group", func(a *rights.Application) { a.RegionCode = "320923" })
	near := m.Join("亭湖数据应用有限公司", "Group", nil)
	pass := func(to scene.Person) rights.ForwardCopy {
		p := d.Permission
		return rights.ForwardCopy{CopyID: d.Copy, ToID: to.USCC, Mode: "EncryptedFile", Permission: &p}
	}
	m.Refused(rights.CodeScope, reseller, "copy.forward", pass(far))
	wider := pass(far)
	wider.Permission.Regions = []string{"3209"}
	m.Refused(rights.CodeScope, reseller, "copy.forward", wider)
	id := m.Do(reseller, "copy.forward", pass(near)).One(rights.KindDelivery)
	if dl := scene.ReadAs[rights.Delivery](m, near.Through("Regulator"), "/v1/deliveries/"+id); dl.State != rights.StatePrepared || dl.ToID != near.USCC {
		m.Errorf("%+v", dl)
	}
	// Without ActResell it goes to nobody.
	p := sold.Permission
	m.Refused(rights.CodeResale, sold.Buyer, "copy.forward", rights.ForwardCopy{CopyID: sold.Copy, ToID: near.USCC, Mode: "EncryptedFile", Permission: &p})
}

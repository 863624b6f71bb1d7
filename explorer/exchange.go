package explorer

import (
	"cmp"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/datarights/datarights/chaincode/rights"
)

var exchangePages = []WorkPage{
	{"", rights.Text{Zh: "挂牌审核", En: "Listing review"}, (*request).exchangeFront},
	{"trades", rights.Text{Zh: "交易台", En: "Trade desk"}, (*request).exchangeTrades},
	{"consortium", rights.Text{Zh: "联盟运行", En: "Consortium"}, (*request).exchangeConsortium},
}

// listingRow is a listing with what a reviewer holds it against.
type listingRow struct {
	*rights.Listing
	Effective *Standing
	Product   *rights.Product // nil where it offers a bare right, or it is not to be had
	Right     *Seen[rights.Right]
	Acts      []Act
	Age       int64 // seconds since it was submitted
}

// PI says what the product says of personal information.
func (r listingRow) PI() string {
	if r.Product == nil {
		return ""
	}
	return r.Product.PI
}

// Burdens are the encumbrances on the right, of which the buyer must be told.
func (r listingRow) Burdens() []rights.Encumbrance {
	if r.Right == nil {
		return nil
	}
	return r.Right.Record.Encumbrances
}

type listingsView struct {
	State       string
	States      []string
	Rows        []listingRow
	Next, First string
}

func (q *request) exchangeFront() error {
	v := listingsView{State: cmp.Or(q.param("state"), "Submitted"), States: []string{"Submitted", "Listed", "Paused", "Suspended", "Rejected", "Delisted", "Expired"}}
	list, next, err := listed[rights.Listing](q, "listings", "cursor", "state", v.State, "venue", q.who.ParticipantID)
	if err != nil {
		return err
	}
	v.Next = next
	if q.param("cursor") != "" {
		v.First = q.with("cursor", "")
	}
	for _, s := range list {
		l := s.Record
		row := listingRow{Listing: l, Effective: s.Effective, Age: q.now - l.CreatedAt}
		if l.ProductID != "" {
			p, err := one[rights.Product](q, "products", l.ProductID)
			switch {
			case err == nil:
				row.Product = p.Record
			case !unseen(err):
				return err
			}
		}
		if l.RightID != "" {
			if row.Right, err = one[rights.Right](q, "rights", l.RightID); err != nil {
				if !unseen(err) {
					return err
				}
				row.Right = nil
			}
		}
		as := []rights.Capacity{rights.ByExchange}
		row.Acts = q.acts(rights.KindListing, l.State, as, "listingId", l.ID)
		if l.State == "Paused" && l.PausedBy != q.who.ParticipantID { // by whoever paused it
			row.Acts = without(row.Acts, "listing.resume")
		}
		v.Rows = append(v.Rows, row)
	}
	if v.State == "Submitted" { // first come, first reviewed
		slices.SortStableFunc(v.Rows, func(a, b listingRow) int { return cmp.Compare(a.CreatedAt, b.CreatedAt) })
	}
	return q.render(http.StatusOK, "exchange", "my", v)
}

// tradeRow is a trade with whom it waits for.
type tradeRow struct {
	*rights.Trade
	Waits       rights.Text
	On          string // participant it waits for; "" is several, or us
	Ours        bool
	Deliveries  []Seen[rights.Delivery]
	Settlements []settlementRow
	Disputes    []disputeRow
	Acts        []Act
}

type settlementRow struct {
	*rights.Settlement
	Acts []Act
}

type disputeRow struct {
	*rights.Dispute
	Acts []Act
	Due  Due
	Late bool
}

type tradeStage struct {
	State rights.State
	Rows  []tradeRow
	More  bool
}

type tradesView struct {
	Stages   []tradeStage
	Disputes []disputeRow // open ones that no trade above names
	Ours     int
	Held     int
	Open     int
	Stage    string
	All      []rights.State
}

// tradeStages are the states in which a trade goes on.
var tradeStages = []rights.State{"Applied", "Negotiating", "Agreed", "Implementing", "Delivered", "Settled"}

// stageRows is how many trades of a stage the desk shows at once.
const stageRows = 20

func (q *request) exchangeTrades() error {
	v := tradesView{Stage: q.param("stage"), All: append(slices.Clone(tradeStages), "Completed", "Declined", "Withdrawn", "Terminated")}
	stages := tradeStages
	if v.Stage != "" {
		stages = []rights.State{rights.State(v.Stage)}
	}
	shown := map[string]bool{}
	for _, state := range stages {
		var page struct {
			Items []Seen[rights.Trade] `json:"items"`
			Next  string               `json:"next"`
		}
		if err := q.get("/v1/trades", url.Values{"state": {string(state)}, "venue": {q.who.ParticipantID}, "limit": {digits(stageRows)}}, &page); err != nil {
			return err
		}
		stage := tradeStage{State: state, More: page.Next != ""}
		for _, s := range page.Items {
			row, err := q.tradeRow(s.Record)
			if err != nil {
				return err
			}
			if !ended(rights.KindTrade, s.Record.State) {
				v.Open++
			}
			if row.Ours {
				v.Ours++
			}
			if row.OnHold {
				v.Held++
			}
			for _, d := range row.Disputes {
				shown[d.ID] = true
			}
			stage.Rows = append(stage.Rows, row)
		}
		if len(stage.Rows) > 0 || v.Stage != "" {
			v.Stages = append(v.Stages, stage)
		}
	}
	for _, state := range []string{"Filed", "Accepted", "Answered", "Mediating", "Escalated", "Settled", "Decided", "Executed"} {
		list, _, err := listed[rights.Dispute](q, "disputes", "", "state", state)
		if err != nil {
			return err
		}
		for _, s := range list {
			if !shown[s.Record.ID] {
				v.Disputes = append(v.Disputes, q.disputeRow(s.Record))
			}
		}
	}
	return q.render(http.StatusOK, "exchange-trades", "my", v)
}

func (q *request) tradeRow(t *rights.Trade) (tradeRow, error) {
	row := tradeRow{Trade: t}
	if len(t.DeliveryIDs) > 0 {
		var err error
		if row.Deliveries, err = everyPage[rights.Delivery](q, "deliveries", "trade", t.ID); err != nil {
			return row, err
		}
	}
	if len(t.SettlementIDs) > 0 {
		list, err := everyPage[rights.Settlement](q, "settlements", "trade", t.ID)
		if err != nil {
			return row, err
		}
		for _, s := range list {
			row.Settlements = append(row.Settlements, settlementRow{s.Record, q.acts(rights.KindSettlement, s.Record.State, []rights.Capacity{rights.ByExchange}, "settlementId", s.Record.ID)})
		}
	}
	for _, id := range t.DisputeIDs {
		d, err := one[rights.Dispute](q, "disputes", id)
		switch {
		case err == nil:
			row.Disputes = append(row.Disputes, q.disputeRow(d.Record))
		case !unseen(err):
			return row, err
		}
	}
	row.Acts = q.acts(rights.KindTrade, t.State, []rights.Capacity{rights.ByExchange}, "tradeId", t.ID)
	if len(row.Disputes) > 0 {
		row.Acts = without(row.Acts, "trade.complete")
	} else { // ended by order only where a dispute ordered it
		row.Acts = without(row.Acts, "trade.terminate")
	}
	if t.State == "Delivered" {
		if t.PriceModel != "Free" {
			row.Acts = without(row.Acts, "trade.complete")
			if len(t.SettlementIDs) == 0 {
				row.Acts = append(row.Acts, newAct("settlement.open", q.formFor("settlement.open", "tradeId", t.ID)))
			}
		}
	}
	row.waits(q.now)
	return row, nil
}

func (q *request) disputeRow(d *rights.Dispute) disputeRow {
	row := disputeRow{Dispute: d, Due: disputeDue(d)}
	row.Late = row.Due.At > 0 && q.now >= row.Due.At
	if d.AcceptedBy == "" || d.AcceptedBy == q.who.ParticipantID {
		row.Acts = q.acts(rights.KindDispute, d.State, []rights.Capacity{rights.ByExchange}, "disputeId", d.ID)
		if d.State == "Filed" && (d.Type == "Title" || d.Type == "Objection") { // the registrar's
			row.Acts = nil
		}
	}
	return row
}

func disputeDue(d *rights.Dispute) Due {
	switch d.State {
	case "Accepted":
		return Due{What: rights.Text{Zh: "答辩", En: "answer"}, At: d.AnswerDueAt}
	case "Mediating":
		return Due{What: rights.Text{Zh: "调解", En: "mediation"}, At: d.MediationDueAt}
	}
	return Due{}
}

// waits says what a trade waits for and on whom.
func (t *tradeRow) waits(now rights.UnixSec) {
	say := func(on, zhText, enText string) { t.On, t.Waits = on, rights.Text{Zh: zhText, En: enText} }
	if t.OnHold {
		say("", "因争议暂停，待争议处理", "On hold because of a dispute")
		return
	}
	switch t.State {
	case "Applied":
		say(t.SellerID, "待卖方答复", "Waits for the seller's answer")
	case "Negotiating":
		signed := func(id string) bool {
			return slices.ContainsFunc(t.Signatures, func(s rights.Signature) bool { return strings.HasPrefix(s.Kid, id+"#") })
		}
		switch {
		case t.TermsHash == "":
			say("", "待双方提出条款", "Waits for terms to be proposed")
		case !signed(t.SellerID) && !signed(t.BuyerID):
			say("", "待双方签约", "Waits for both to sign")
		case !signed(t.SellerID):
			say(t.SellerID, "待卖方签约", "Waits for the seller to sign")
		default:
			say(t.BuyerID, "待买方签约", "Waits for the buyer to sign")
		}
	case "Agreed":
		t.Ours = true
		say("", "待交易机构合规审查并确认合同", "Waits for us to check and confirm the contract")
	case "Implementing":
		t.waitsForDelivery(now)
	case "Delivered":
		t.waitsForMoney(now)
	case "Settled":
		t.Ours = true
		say("", "待确认完成", "Waits for us to complete it")
	default:
		say("", "已结束", "It is over")
	}
}

func (t *tradeRow) waitsForDelivery(now rights.UnixSec) {
	say := func(on, zhText, enText string) { t.On, t.Waits = on, rights.Text{Zh: zhText, En: enText} }
	if t.SubjectType == rights.SubjectRightTransfer {
		say("", "待转移登记", "Waits for the transfer to be registered")
		return
	}
	for _, d := range t.Deliveries {
		switch d.Record.State {
		case "Sent":
			say(t.BuyerID, "待买方签收", "Waits for the buyer to receive it")
			return
		case "Received":
			if d.Record.AcceptDueAt > 0 && now >= d.Record.AcceptDueAt {
				say("", "验收期限已过，任何主体可视为验收", "Acceptance is overdue: anyone may deem it accepted")
			} else {
				say(t.BuyerID, "待买方验收", "Waits for the buyer to accept it")
			}
			return
		case "Rejected":
			if d.Record.RedeliveredAs == "" {
				say(t.SellerID, "待卖方重新交付", "Waits for the seller to deliver again")
				return
			}
		}
	}
	say(t.SellerID, "待卖方交付", "Waits for the seller to deliver")
}

func (t *tradeRow) waitsForMoney(now rights.UnixSec) {
	say := func(zhText, enText string) { t.On, t.Waits = "", rights.Text{Zh: zhText, En: enText} }
	for _, s := range t.Settlements {
		switch s.State {
		case "Pending":
			t.Ours, t.On = true, t.BuyerID
			t.Waits = rights.Text{Zh: "待买方付款；到账后由我方登记", En: "Waits for the buyer to pay; we enter the payment"}
			return
		case "Escrowed", "Paid":
			t.Ours = true
			say("待我方登记付款或分配", "Waits for us to enter the payment or distribute it")
			return
		case "Distributed":
			if s.ConfirmDueAt > 0 && now >= s.ConfirmDueAt {
				say("确认期限已过，任何主体可视为确认", "Confirmation is overdue: anyone may deem it confirmed")
			} else {
				say("待收款方确认", "Waits for the payees to confirm")
			}
			return
		}
	}
	t.Ours = true
	if t.PriceModel == "Free" {
		say("无偿交易，待确认完成", "A free trade: waits for us to complete it")
	} else {
		say("待我方开出结算", "Waits for us to open the settlement")
	}
}

// expiry is the end of one certificate.
type expiry struct {
	Who   string // process, or organisation
	MSPID string
	Use   string // tls, identity
	Until rights.UnixSec
	Days  int64
	Tone  string
}

// minutes of one hour.
const throughputMinutes = 60

type healthView struct {
	networkView
	Lowest, Highest uint64
	Lag             map[string]uint64 // by process: blocks behind the highest
	Expiries        []expiry
	Unknown         int // processes that show no certificate
	Throughput      *Chart
	PerMinute       []minute
	Transactions    int
	Blocks          int
	Peak            int
	Partly          bool // the hour has more blocks than are counted
}

type minute struct {
	At           rights.UnixSec
	Transactions int
}

func (q *request) exchangeConsortium() error {
	v := healthView{networkView: q.networkNow()}
	if v.Known {
		v.measure(q.now)
	}
	if err := q.throughput(&v); err != nil {
		return err
	}
	return q.render(http.StatusOK, "exchange-consortium", "my", v)
}

// measure finds who is behind, and which certificates end when.
func (v *healthView) measure(now rights.UnixSec) {
	v.Lowest, v.Lag = ^uint64(0), map[string]uint64{}
	for _, m := range v.State.Members {
		for _, p := range m.Processes {
			if p.Height > 0 {
				v.Lowest, v.Highest = min(v.Lowest, p.Height), max(v.Highest, p.Height)
			}
			if p.CertificateUntil.IsZero() {
				v.Unknown++
			} else {
				v.Expiries = append(v.Expiries, expiryOf(p.Name, m.MSPID, "tls", p.CertificateUntil, now))
			}
		}
		if !m.IdentityUntil.IsZero() {
			v.Expiries = append(v.Expiries, expiryOf("", m.MSPID, "identity", m.IdentityUntil, now))
		}
	}
	if v.Highest == 0 {
		v.Lowest = 0
	}
	for _, m := range v.State.Members {
		for _, p := range m.Processes {
			if p.Height > 0 {
				v.Lag[p.Name] = v.Highest - p.Height
			}
		}
	}
	slices.SortStableFunc(v.Expiries, func(a, b expiry) int { return cmp.Compare(a.Until, b.Until) })
}

func expiryOf(who, msp, use string, until time.Time, now rights.UnixSec) expiry {
	e := expiry{Who: who, MSPID: msp, Use: use, Until: until.Unix(), Tone: "good"}
	e.Days = (e.Until - now) / 86400
	switch {
	case e.Until <= now:
		e.Tone = "bad"
	case e.Days < 30:
		e.Tone = "warn"
	case e.Days < 90:
		e.Tone = "wait"
	}
	return e
}

// maxHourBlocks bounds the blocks read for an hour's throughput.
const maxHourBlocks = 4000

// throughput counts transactions per minute over the last hour, from the blocks.
func (q *request) throughput(v *healthView) error {
	end := q.now - q.now%60
	counts := map[rights.UnixSec]int{}
	from := end - (throughputMinutes-1)*60
	cursor := ""
	for read := 0; ; {
		page, err := q.Reader.Blocks(cursor, 200)
		if err != nil {
			return err
		}
		past := false
		for _, b := range page.Items {
			if b.At < from {
				past = true
				break
			}
			counts[b.At-b.At%60] += len(b.TxIDs)
			v.Transactions += len(b.TxIDs)
			v.Blocks++
		}
		read += len(page.Items)
		if past || page.Next == "" {
			break
		}
		if read >= maxHourBlocks {
			v.Partly = true
			break
		}
		cursor = page.Next
	}
	var points []Point
	for at := from; at <= end; at += 60 {
		points = append(points, Point{At: at, Value: int64(counts[at])})
		v.Peak = max(v.Peak, counts[at])
		if counts[at] > 0 {
			v.PerMinute = append(v.PerMinute, minute{at, counts[at]})
		}
	}
	v.Throughput = newChart(q.say(rights.Text{Zh: "最近一小时每分钟交易笔数", En: "Transactions a minute over the last hour"}), "count", points, 0, 0)
	v.Throughput.Said = q.say(rights.Text{Zh: "共 " + number(v.Transactions) + " 笔，最高每分钟 " + number(v.Peak) + " 笔", En: number(v.Transactions) + " in all, at most " + number(v.Peak) + " a minute"})
	return nil
}

package report

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/datarights/datarights/chaincode/rights"
)

// Recorded is a record with the block that has its version.
type Recorded[T any] struct {
	Record T
	Block  uint64
}

// DisclosureInput is what a yearly disclosure is made of. Grants are those that were
// in force in the year.
type DisclosureInput struct {
	Source
	Year       int64
	Authoriser string // all of them where empty
	DueAt      func(g *rights.Grant) rights.UnixSec
	Names      map[string]string // of participants and resources, by id

	Grants      []Recorded[rights.Grant]
	Disclosures []Recorded[rights.Disclosure] // on the year
	Products    []Recorded[rights.Product]
	Listings    []Recorded[rights.Listing]
	Shots       []Shot // published, of the indicators on authorised operation
}

// OperationCodes are the indicators on authorised operation.
var OperationCodes = []string{"OP-06", "OP-07", "OP-11", "SI-17", "SI-18"}

// Disclosure makes the yearly disclosure of authorised operation
// (授权运营情况披露): what was granted to whom, what came of it, and who has
// reported.
func Disclosure(in DisclosureInput) *Report {
	r := &Report{
		Title:    rights.Text{Zh: fmt.Sprintf("公共数据授权运营情况披露（%d 年度）", in.Year), En: fmt.Sprintf("Disclosure of authorised operation of public data, %d", in.Year)},
		Subtitle: rights.Text{Zh: "各授权主体", En: "all authorising bodies"},
		Notes: []rights.Text{
			{Zh: "所有数字与文字均取自账本的公开记录与已公布的指标快照；每行附所依据的记录及其区块。", En: "Every figure and word is from public records of the ledger and published snapshots; each row names its record and block."},
			{Zh: "金额、计量与交易条款属当事人，不在本报告；披露事项由被授权主体自行申报，账本不核实其内容。", En: "Amounts, meters and terms are their parties' and not here; disclosed items are the grantees' own statements, which the ledger does not verify."},
		},
	}
	if in.Authoriser != "" {
		r.Subtitle = rights.Text{Zh: "授权主体：" + in.name(in.Authoriser), En: "authorising body: " + in.Authoriser}
	}
	filed := map[string]*rights.Disclosure{}
	for i := range in.Disclosures {
		filed[in.Disclosures[i].Record.GrantID] = &in.Disclosures[i].Record
	}
	slices.SortStableFunc(in.Grants, func(a, b Recorded[rights.Grant]) int {
		return cmp.Or(cmp.Compare(a.Record.Tier, b.Record.Tier), cmp.Compare(a.Record.ID, b.Record.ID))
	})
	r.Sections = []Section{in.overview(filed), in.grants(), in.filings(filed), in.items(), in.products(), in.figures()}
	r.Facts = append([]Fact{{rights.Text{Zh: "年度", En: "Year"}, plain(fmt.Sprint(in.Year))}}, in.facts()...)
	return r
}

func (in *DisclosureInput) name(id string) string {
	if n := in.Names[id]; n != "" {
		return n
	}
	return id
}

func (in *DisclosureInput) overview(filed map[string]*rights.Disclosure) Section {
	var first, second, onTime, late, missing, notDue, onOffer int64
	resources := map[string]bool{}
	for i := range in.Grants {
		g := &in.Grants[i].Record
		if g.Tier == "GrantL1" {
			first++
		} else {
			second++
		}
		for _, x := range g.Resources {
			resources[x.ResourceID] = true
		}
		switch d := filed[g.ID]; {
		case d != nil && d.Late:
			late++
		case d != nil:
			onTime++
		case in.At >= in.DueAt(g):
			missing++
		default:
			notDue++
		}
	}
	for i := range in.Listings {
		if in.Listings[i].Record.State == rights.StateListed {
			onOffer++
		}
	}
	s := Section{Title: rights.Text{Zh: "总览", En: "Overview"}, Sheet: "总览", Columns: []rights.Text{{Zh: "事项", En: "Item"}, {Zh: "数量", En: "Number"}, {Zh: "依据", En: "Counted from"}}}
	for _, x := range []struct {
		zh, en string
		n      int64
		of     Cell
	}{
		{"年度内有效的一级授权", "First-level grants in force in the year", first, words("授权表", "the grants below")},
		{"年度内有效的二级授权", "Second-level grants in force in the year", second, words("授权表", "the grants below")},
		{"所授权的公共数据资源", "Public data resources granted", int64(len(resources)), words("授权表", "the grants below")},
		{"已按期披露", "Disclosed in time", onTime, words("披露表", "the disclosures below")},
		{"逾期披露", "Disclosed late", late, words("披露表", "the disclosures below")},
		{"逾期未披露", "Overdue and not disclosed", missing, words("披露表", "the disclosures below")},
		{"尚未到期", "Not due yet", notDue, words("披露表", "the disclosures below")},
		{"授权下的数据产品", "Data products under the grants", int64(len(in.Products)), words("产品表", "the products below")},
		{"授权下在售的挂牌", "Current listings under the grants", onOffer, words("产品表", "the products below")},
	} {
		s.Rows = append(s.Rows, Row{Cells: []Cell{words(x.zh, x.en), number(x.n), x.of}})
	}
	return s
}

func (in *DisclosureInput) grants() Section {
	s := Section{Title: rights.Text{Zh: "授权", En: "Grants"}, Sheet: "授权",
		Columns: []rights.Text{{Zh: "层级", En: "Level"}, {Zh: "授权主体", En: "Authorised by"}, {Zh: "被授权主体", En: "Granted to"}, {Zh: "方式", En: "Mode"}, {Zh: "选定方式", En: "Selected by"}, {Zh: "资源数", En: "Resources"},
			{Zh: "生效", En: "From"}, {Zh: "届满", En: "To"}, {Zh: "收费", En: "Fees"}, {Zh: "最高价（元）", En: "Ceiling (yuan)"}, {Zh: "状态", En: "State"}},
		Empty: rights.Text{Zh: "本年度没有有效的授权", En: "No grant was in force in the year"}}
	for _, x := range in.Grants {
		g := &x.Record
		ceiling := none
		if g.FeeRule.CeilingFen > 0 {
			ceiling = Cell{Format: Fen, Number: g.FeeRule.CeilingFen}
		}
		s.Rows = append(s.Rows, in.row("grants", g.ID, x.Block, term(g.Tier), plain(in.name(g.AuthoriserID)), plain(in.name(g.GranteeID)), term(g.Mode), term(g.Selection), number(int64(len(g.Resources))),
			day(g.EffectiveAt), day(g.ValidTo-1), term(g.FeeRule.UseClass), ceiling, stateWords(rights.KindGrant, g.State)))
	}
	return s
}

func (in *DisclosureInput) filings(filed map[string]*rights.Disclosure) Section {
	s := Section{Title: rights.Text{Zh: "披露情况", En: "Who has disclosed"}, Sheet: "披露情况",
		Columns: []rights.Text{{Zh: "被授权主体", En: "Grantee"}, {Zh: "授权", En: "Grant"}, {Zh: "应于", En: "Due by"}, {Zh: "披露于", En: "Filed on"}, {Zh: "结论", En: "Standing"}, {Zh: "报告哈希", En: "Hash of the report"}},
		Empty:   rights.Text{Zh: "没有应披露者", En: "Nobody had to disclose"}}
	blocks := map[string]uint64{}
	for _, d := range in.Disclosures {
		blocks[d.Record.ID] = d.Block
	}
	for _, x := range in.Grants {
		g := &x.Record
		due := in.DueAt(g)
		d := filed[g.ID]
		if d == nil {
			standing := muted("尚未到期", "not due yet")
			if in.At >= due {
				standing = words("逾期未披露", "overdue")
			}
			s.Rows = append(s.Rows, in.row("grants", g.ID, x.Block, plain(in.name(g.GranteeID)), plain(g.ID), day(due-1), none, standing, none))
			continue
		}
		standing := words("按期", "in time")
		if d.Late {
			standing = words("逾期", "late")
		}
		s.Rows = append(s.Rows, in.row("disclosures", d.ID, blocks[d.ID], plain(in.name(g.GranteeID)), plain(g.ID), day(d.DueAt-1), day(d.FiledAt), standing, plain(d.DocHash)))
	}
	return s
}

func (in *DisclosureInput) items() Section {
	s := Section{Title: rights.Text{Zh: "披露事项", En: "What was disclosed"}, Sheet: "披露事项",
		Columns: []rights.Text{{Zh: "被授权主体", En: "Grantee"}, {Zh: "事项", En: "Item"}, {Zh: "内容", En: "Statement"}},
		Empty:   rights.Text{Zh: "尚无披露", En: "Nothing has been disclosed"}}
	for _, d := range in.Disclosures {
		for _, item := range d.Record.Items {
			s.Rows = append(s.Rows, in.row("disclosures", d.Record.ID, d.Block, plain(in.name(d.Record.GranteeID)), plain(item.Name), plain(item.Value)))
		}
	}
	return s
}

func (in *DisclosureInput) products() Section {
	s := Section{Title: rights.Text{Zh: "授权下的产品与挂牌", En: "Products and listings under the grants"}, Sheet: "产品与挂牌",
		Columns: []rights.Text{{Zh: "名称", En: "Name"}, {Zh: "主体", En: "Whose"}, {Zh: "授权", En: "Grant"}, {Zh: "公共数据登记码", En: "Registration code"}, {Zh: "计价", En: "Priced"}, {Zh: "单价（元）", En: "Price (yuan)"}, {Zh: "状态", En: "State"}},
		Empty:   rights.Text{Zh: "没有产品", En: "There are no products"}}
	for _, x := range in.Products {
		p := &x.Record
		s.Rows = append(s.Rows, in.row("products", p.ID, x.Block, plain(p.Name), plain(in.name(p.OwnerID)), plain(p.PublicData.GrantID), plain(p.PublicData.PublicRegCode), none, none, stateWords(rights.KindProduct, p.State)))
	}
	for _, x := range in.Listings {
		l := &x.Record
		price := none
		if l.UnitPriceFen > 0 {
			price = Cell{Format: Fen, Number: l.UnitPriceFen}
		}
		s.Rows = append(s.Rows, in.row("listings", l.ID, x.Block, plain(l.ProductName), plain(in.name(l.SellerID)), plain(l.GrantID), none, term(l.PriceModel), price, stateWords(rights.KindListing, l.State)))
	}
	return s
}

func (in *DisclosureInput) figures() Section {
	s := Section{Title: rights.Text{Zh: "已公布的相关指标", En: "Published indicators on authorised operation"}, Sheet: "相关指标", Columns: shotColumns,
		Empty: rights.Text{Zh: "本年度尚无已公布的快照", En: "No snapshot of the year has been published"}}
	for i := range in.Shots {
		s.Rows = append(s.Rows, in.Shots[i].row(in.Source))
	}
	return s
}

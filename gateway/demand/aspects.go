package demand

import (
	"fmt"
	"slices"
	"strings"

	"github.com/datarights/datarights/chaincode/rights"
	"github.com/datarights/datarights/gateway/index"
)

func reason(a Aspect, v Verdict, points, of int, zh, en string) []Reason {
	return []Reason{{a, v, points, of, zh, en}}
}

// standing bars what cannot be had at all.
func standing(d *rights.Demand, s *Supply, at rights.UnixSec) []Reason {
	var out []Reason
	bar := func(zh, en string) { out = append(out, Reason{AspectStanding, Bar, 0, 0, zh, en}) }
	if s.Listing.SellerID == d.BuyerID {
		bar("这是需求方自己的挂牌", "it is the buyer's own listing")
	}
	if !Live(d, at) {
		bar("需求已不再征集", "the demand is no longer open")
	}
	if !Offered(&s.Listing, at) {
		bar("挂牌不在售", "the listing is not on offer")
	}
	return out
}

func byType(d *rights.Demand, s *Supply, _ rights.UnixSec) []Reason {
	t := s.Listing.ProductType
	switch {
	case len(d.ProductTypes) == 0:
		return reason(AspectType, Open, weightType/2, weightType, "需求未限定产品类型", "the demand names no product type")
	case t == "":
		return reason(AspectType, Open, weightType/2, weightType, "挂牌未写明产品类型", "the listing names no product type")
	case slices.Contains(d.ProductTypes, t):
		return reason(AspectType, Yes, weightType, weightType, "产品类型 "+t+" 正是所求", "it is a "+t+", as asked for")
	}
	return reason(AspectType, Bar, 0, weightType, "产品类型为 "+t+"，所求为 "+strings.Join(d.ProductTypes, "、"), "it is a "+t+"; asked for: "+strings.Join(d.ProductTypes, ", "))
}

// byIndustry compares GB/T 4754 codes: a section letter and two digits.
func byIndustry(d *rights.Demand, s *Supply, _ rights.UnixSec) []Reason {
	want, has := d.IndustryCode, s.Listing.IndustryCode
	switch {
	case want == "" || has == "":
		return reason(AspectIndustry, Open, weightIndustry/2, weightIndustry, "至少一方未写明行业", "one side names no industry")
	case want == has:
		return reason(AspectIndustry, Yes, weightIndustry, weightIndustry, "同属行业大类 "+has, "of the same division, "+has)
	case want[0] == has[0]:
		return reason(AspectIndustry, Part, weightIndustry*3/5, weightIndustry, fmt.Sprintf("同属门类 %c，大类为 %s，所求为 %s", has[0], has, want), fmt.Sprintf("of the same section %c: division %s, asked for %s", has[0], has, want))
	}
	return reason(AspectIndustry, No, 0, weightIndustry, "行业为 "+has+"，所求为 "+want, "of industry "+has+"; asked for "+want)
}

// wide are the ranges of a product's data that reach beyond one province.
var wide = []string{"International", "National"}

// byRegion compares GB/T 2260 codes: two digits each for province, city, county.
func byRegion(d *rights.Demand, s *Supply, _ rights.UnixSec) []Reason {
	want, has := d.RegionCode, s.Listing.RegionCode
	same := 0
	for n := 2; n <= 6 && len(want) >= n && len(has) >= n && want[:n] == has[:n]; n += 2 {
		same = n
	}
	whole := strings.TrimRight(has, "0")
	switch {
	case s.Product != nil && slices.Contains(wide, s.Product.RegionRange):
		return reason(AspectRegion, Yes, weightRegion, weightRegion, "数据覆盖范围为全国或更广，包括 "+want, "its data cover the whole country or more, "+want+" included")
	case same == 6:
		return reason(AspectRegion, Yes, weightRegion, weightRegion, "同在 "+has, "in the same place, "+has)
	case same == 4 && (whole == has[:4] || strings.HasSuffix(want, "00")):
		return reason(AspectRegion, Yes, weightRegion, weightRegion, "同在 "+has[:4]+"，一方为全市范围", "in the same city, "+has[:4]+", of which one side means the whole")
	case same == 4:
		return reason(AspectRegion, Part, weightRegion*7/10, weightRegion, "同在 "+has[:4]+"，区县不同", "in the same city, "+has[:4]+", another district")
	case same == 2 && s.Product != nil && s.Product.RegionRange == "Provincial":
		return reason(AspectRegion, Yes, weightRegion, weightRegion, "数据覆盖全省，包括 "+want, "its data cover the province, "+want+" included")
	case same == 2:
		return reason(AspectRegion, Part, weightRegion*2/5, weightRegion, "同在 "+has[:2]+"，城市不同", "in the same province, "+has[:2]+", another city")
	}
	return reason(AspectRegion, No, 0, weightRegion, "地区为 "+has+"，所求为 "+want, "of "+has+"; asked for "+want)
}

func byField(d *rights.Demand, s *Supply, _ rights.UnixSec) []Reason {
	switch {
	case len(s.Fields) == 0:
		return reason(AspectField, Open, weightField/2, weightField, "产品未关联应用场景；所求领域为 "+d.Field, "its product is linked to no scenario; the demand's field is "+d.Field)
	case slices.Contains(s.Fields, d.Field):
		return reason(AspectField, Yes, weightField, weightField, "产品已用于领域 "+d.Field, "its product is used in the field "+d.Field)
	}
	return reason(AspectField, No, 0, weightField, "产品用于 "+strings.Join(s.Fields, "、")+"，所求领域为 "+d.Field, "its product is used in "+strings.Join(s.Fields, ", ")+"; the demand's field is "+d.Field)
}

// shownWords is how many of the words found a reason names.
const shownWords = 5

// byWords looks for the words of the demand's title in what the product says of
// itself.
func byWords(d *rights.Demand, s *Supply, _ rights.UnixSec) []Reason {
	want, has := index.Terms(d.Title), s.terms()
	var found []string
	for _, w := range want {
		if _, ok := slices.BinarySearch(has, w); ok {
			found = append(found, w)
		}
	}
	if len(found) == 0 {
		return reason(AspectWords, No, 0, weightWords, "名称与简介中没有需求标题的用词", "its name and overview have none of the words of the demand's title")
	}
	points := min(weightWords, 2*weightWords*len(found)/len(want)) // half of the words are enough
	named := strings.Join(found[:min(shownWords, len(found))], "、")
	verdict := Part
	if points == weightWords {
		verdict = Yes
	}
	return reason(AspectWords, verdict, points, weightWords, "名称或简介中有：“"+named+"”", "its name or overview has: "+strings.ReplaceAll(named, "、", ", "))
}

// bands are the upper ends of the budget bands in fen; 0 is none.
var bands = map[string]int64{"Below10k": 1_000_000, "10kTo100k": 10_000_000, "100kTo1m": 100_000_000, "Above1m": 0}

// byBudget compares the public part of a price with the public band. It never
// knows a negotiated price.
func byBudget(d *rights.Demand, s *Supply, _ rights.UnixSec) []Reason {
	most, named := bands[d.BudgetBand]
	price := s.Listing.UnitPriceFen
	switch {
	case s.Listing.PriceModel == "Free":
		return reason(AspectBudget, Yes, 0, 0, "免费", "free of charge")
	case !named:
		return reason(AspectBudget, Open, 0, 0, "需求未写明预算档", "the demand names no budget band")
	case s.Listing.PriceModel == "Negotiated" || price == 0:
		return reason(AspectBudget, Open, 0, 0, "价格面议；预算档 "+d.BudgetBand, "its price is negotiated; the band is "+d.BudgetBand)
	case most > 0 && price > most:
		return reason(AspectBudget, Bar, 0, 0, "单价 "+yuan(price)+" 已高于预算档 "+d.BudgetBand, "one unit costs "+yuan(price)+", more than the band "+d.BudgetBand)
	case s.Listing.PriceModel == "Lump":
		return reason(AspectBudget, Yes, 0, 0, "总价 "+yuan(price)+" 在预算档 "+d.BudgetBand+" 之内", "its price, "+yuan(price)+", is within the band "+d.BudgetBand)
	}
	return reason(AspectBudget, Open, 0, 0, "单价 "+yuan(price)+"（"+s.Listing.PriceModel+"）；总额取决于用量", "one unit costs "+yuan(price)+" ("+s.Listing.PriceModel+"); the sum depends on how many")
}

func yuan(fen int64) string { return fmt.Sprintf("%d.%02d CNY", fen/100, fen%100) }

// anything, alone in a set of a scope, is every item.
const anything = "*"

// byLicence says what the licence offered allows, and where that may not reach
// the buyer. A demand names the place and the industry of the data it seeks, not
// of their use: whether the licence reaches that, people have to look.
func byLicence(d *rights.Demand, s *Supply, at rights.UnixSec) []Reason {
	p := s.Listing.Permission
	if p == nil {
		return nil
	}
	if at >= p.To {
		return reason(AspectLicence, Bar, 0, 0, "所许可的期限已过", "the term it licenses is over")
	}
	reaches := func(set []string, v string) bool {
		return v == "" || slices.ContainsFunc(set, func(item string) bool { return item == anything || strings.HasPrefix(v, item) })
	}
	var out []Reason
	if !reaches(p.Regions, d.RegionCode) {
		out = append(out, Reason{AspectLicence, Open, 0, 0, "许可地域为 " + strings.Join(p.Regions, "、") + "，请核对使用地", "its licence is for use in " + strings.Join(p.Regions, ", ") + "; check where you would use it"})
	}
	if !reaches(p.Industries, d.IndustryCode) {
		out = append(out, Reason{AspectLicence, Open, 0, 0, "许可行业为 " + strings.Join(p.Industries, "、") + "，请核对使用行业", "its licence is for the industries " + strings.Join(p.Industries, ", ") + "; check yours"})
	}
	if len(out) > 0 {
		return out
	}
	modes := strings.Join(s.Listing.DeliveryModes, "、")
	if modes == "" {
		modes = "—"
	}
	var acts []string
	for _, a := range p.Actions {
		acts = append(acts, string(a))
	}
	return reason(AspectLicence, Yes, 0, 0, "许可行为 "+strings.Join(acts, "、")+"；交付方式 "+modes, "it licenses "+strings.Join(acts, ", ")+"; delivered by "+strings.ReplaceAll(modes, "、", ", "))
}

// byLimits passes on what the seller says of its buyers; people judge it.
func byLimits(_ *rights.Demand, s *Supply, _ rights.UnixSec) []Reason {
	l := s.Listing.BuyerLimits
	if l == nil {
		return nil
	}
	var parts []string
	for _, t := range []string{l.BuyerType, l.BuyerQualification, l.Environment, l.Territory} {
		if t != "" {
			parts = append(parts, t)
		}
	}
	if len(parts) == 0 {
		return nil
	}
	said := strings.Join(parts, "；")
	return reason(AspectLimits, Open, 0, 0, "卖方对买方的要求："+said, "the seller asks of its buyers: "+said)
}

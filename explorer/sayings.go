package explorer

import (
	"regexp"
	"strings"

	"github.com/datarights/datarights/chaincode/rights"
)

// said is one value in words; Exact is how it stands in the command, where that is
// something else.
type said struct{ Text, Href, Exact string }

// reRecord is a record's id: its kind, region, day, transaction and number.
var reRecord = regexp.MustCompile(`^([A-Z]{2})-[0-9]{6}-[0-9]{8}-[0-9a-f]+-[0-9]+$`)

// sayAll puts the values of inputs into words, for who reads a form or is about to
// sign: names beside ids, words beside codes, amounts and times with their units.
func (q *request) sayAll(inputs []*Input) {
	each(inputs, func(in *Input) {
		in.Says = nil
		if in.Manner == aGroup || in.Manner == someRows || in.Value == "" {
			return
		}
		values := []string{in.Value}
		if in.Manner == aList || in.Manner == someOf {
			values = in.Values()
		}
		for _, v := range values {
			in.Says = append(in.Says, q.say1(in, v))
		}
	})
}

func (q *request) say1(in *Input, v string) said {
	name := in.Name[strings.LastIndexByte(in.Name, '.')+1:]
	switch in.Manner {
	case aYesNo:
		return said{Text: q.say(map[string]rights.Text{"true": {Zh: "是", En: "yes"}, "false": {Zh: "否", En: "no"}}[v])}
	case aChoice, someOf:
		for _, c := range in.Choices {
			if c.Code == v {
				return said{Text: c.Text, Exact: v}
			}
		}
	case aMoment:
		return said{Text: v + " UTC+8"}
	case anAmount:
		return said{Text: v + q.say(rights.Text{Zh: " 元", En: " yuan"})}
	case aLine, aList:
		switch name {
		case "industryCode", "industries":
			return said{Text: q.say(industry(v))}
		case "regionCode", "regions", "region":
			return said{Text: q.say(region(v))}
		}
		return q.named(v)
	}
	return said{Text: v}
}

// named is an id with the name of whom or what it is the id of.
func (q *request) named(v string) said {
	switch {
	case len(v) == 18 && strings.HasPrefix(v, "9") || len(v) == 18 && strings.HasPrefix(v, "1"):
		if p := q.party(v); p.Name != v {
			return said{p.Name, p.Href, v}
		}
	case strings.HasPrefix(v, "SJ"):
		if o := q.object(rights.KindCertificate, v); o.Name != v {
			return said{o.Name, o.Href, v}
		}
	}
	m := reRecord.FindStringSubmatch(v)
	if m == nil {
		return said{Text: v}
	}
	kind := rights.Kind(m[1])
	o, title := q.object(kind, v), q.say(term(aKind, m[1]))
	if o.Name != v {
		return said{title + q.say(rights.Text{Zh: "「" + o.Name + "」", En: " “" + o.Name + "”"}), o.Href, v}
	}
	return said{title, o.Href, v}
}

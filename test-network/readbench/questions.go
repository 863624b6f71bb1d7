package main

import (
	"bytes"
	"net/url"
)

// Aims for the 99th percentile, in milliseconds.
const (
	recordAim = 20
	searchAim = 50
)

const nameStatic = "static file, GET /static/style.css"

// questions are asked of a city that is complete.
func questions(c *city) []class {
	deal := func(d *draws) deal { return c.deal(d.below(c.cases())) }
	right := func(d *draws) string { return rightID(deal(d), d.below(rightsPerCase)) }
	q := url.QueryEscape
	return []class{
		{nameStatic, 0, func(*draws) string { return "/static/style.css" }, ok("{")},

		{"record: /v1/rights/ID", recordAim, func(d *draws) string { return "/v1/rights/" + right(d) }, ok(`"effective"`)},
		{"record: /v1/certificates/NO", recordAim, func(d *draws) string { return "/v1/certificates/" + deal(d).certNo }, ok(`"certNo"`)},
		{"verify: /v1/certificates/NO/verify", recordAim, func(d *draws) string { return "/v1/certificates/" + deal(d).certNo + "/verify" }, ok(`"`)},
		{"history: /v1/rights/ID/history", 0, func(d *draws) string { return "/v1/rights/" + right(d) + "/history" }, ok(`"items":[{`)},
		{"list: /v1/rights, newest 50", searchAim, func(*draws) string { return "/v1/rights" }, ok(`"items":[{`)},
		{"list: by state and kind", searchAim, func(d *draws) string {
			return "/v1/rights?state=Suspended&kind=" + string(pick(d, rightKinds[:]))
		}, ok(`"items":[{`)},
		{"list: by holder", searchAim, func(d *draws) string { return "/v1/rights?holder=" + creditCode(d.skewed(c.Participants)) }, ok(`"items":[`)},
		{"search: /v1/search?q=", searchAim, func(d *draws) string { return "/v1/search?q=" + q(words(d, c)) }, ok(`"items":[`)},

		{"page: /", searchAim, func(*draws) string { return "/" }, page},
		{"page: /registry", searchAim, func(*draws) string { return "/registry" }, page},
		{"page: /rights/ID", searchAim, func(d *draws) string { return "/rights/" + right(d) }, page},
		{"page: /certificates/NO", searchAim, func(d *draws) string { return "/certificates/" + deal(d).certNo }, page},
		{"page: /participants/ID", searchAim, func(d *draws) string { return "/participants/" + creditCode(d.skewed(c.Participants)) }, page},
		{"page: /registry?q=&state=", searchAim, func(d *draws) string { return "/registry?state=Suspended&q=" + q(words(d, c)) }, page},
		{"page: /search?q=", searchAim, func(d *draws) string { return "/search?q=" + q(words(d, c)) }, func(status int, body []byte) bool {
			return page(status, body) || status == 303 // an exact number goes straight to its page
		}},
	}
}

func ok(has string) func(int, []byte) bool {
	return func(status int, body []byte) bool { return status == 200 && bytes.Contains(body, []byte(has)) }
}

func page(status int, body []byte) bool {
	return status == 200 && bytes.Contains(body, []byte("</html>"))
}

// words are what people look for: a branch with a thing or a place, a whole name,
// two branches that no name has together (the dearest question there is: both are
// frequent and nothing is found), something rare, one pair of characters, a number.
func words(d *draws, c *city) string {
	trade := func() string { return trades[d.skewed(len(trades))].name }
	switch d.below(8) {
	case 0, 1:
		return trade() + " " + pick(d, things)
	case 2, 3:
		return pick(d, places) + " " + trade()
	case 4:
		return c.deal(d.below(c.cases())).name
	case 5:
		one, other := d.below(len(trades)), d.below(len(trades))
		return trades[one].name + " " + trades[(one+1+other%(len(trades)-1))%len(trades)].name
	case 6:
		return pick(d, []string{"数据", "电力", "统计", "盐都", "碳汇 潮位", "潮位 辐照", "墒情"})
	default:
		x := c.deal(d.below(c.cases()))
		return pick(d, []string{x.certNo, rightID(x, 1), creditCode(x.holder), x.resource})
	}
}

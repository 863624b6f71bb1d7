package api

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/datarights/datarights/chaincode/rights"
	"github.com/datarights/datarights/gateway/index"
)

const (
	// DefaultPage is how many items a page of a list has unless asked otherwise.
	DefaultPage = 50
	// MaxPage is how many it has at most.
	MaxPage = 200

	maxQuery = 8 << 10 // bytes of a query string
	maxValue = 512     // bytes of one value
)

// param is a query parameter a route knows.
type param struct {
	name  string
	field string   // indexed field it selects on, "" for others
	oneOf []string // vocabulary, nil: free
	check func(string) bool
	zh    string // what check wants
	en    string
	full  bool // selects on what only who sees a record whole may know
}

// parseQuery reads a query string: every parameter at most once, every value
// short, valid text.
func parseQuery(r *http.Request) (map[string]string, error) {
	if len(r.URL.RawQuery) > maxQuery {
		return nil, refuse(rights.CodeFormat, "query", "查询串过长", "the query string is too long")
	}
	values, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return nil, refuse(rights.CodeFormat, "query", "查询串编码有误", "the query string is not well-formed")
	}
	q := make(map[string]string, len(values))
	for name, vs := range values {
		if len(vs) > 1 {
			return nil, refuse(rights.CodeFormat, shown(name), "参数只能出现一次", "the parameter may be given once")
		}
		if len(vs[0]) > maxValue || !utf8.ValidString(vs[0]) || strings.ContainsRune(vs[0], 0) {
			return nil, refuse(rights.CodeFormat, shown(name), "参数值须为 512 字节以内的 UTF-8 文本", "the value must be UTF-8 text of at most 512 bytes")
		}
		q[name] = vs[0]
	}
	return q, nil
}

// shown keeps a stranger's parameter name presentable in an answer; one
// without a name is the query's own fault.
func shown(name string) string {
	if name == "" {
		return "query"
	}
	if name = strings.ToValidUTF8(name, "?"); len(name) > 64 {
		name = strings.ToValidUTF8(name[:64], "") + "…"
	}
	return name
}

// accept checks a request's query against what the route knows. An unknown
// parameter is refused: a misspelt filter must not quietly select everything.
func accept(r *http.Request, known ...param) (map[string]string, error) {
	q, err := parseQuery(r)
	if err != nil {
		return nil, err
	}
	names := make([]string, 0, len(q))
	for name := range q {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		if name == "at_least" {
			continue
		}
		at := slices.IndexFunc(known, func(p param) bool { return p.name == name })
		if at < 0 {
			list := "at_least"
			for _, p := range known {
				list += ", " + p.name
			}
			return nil, refuse(rights.CodeFormat, shown(name), "没有此查询参数；可用："+list, "no such query parameter; known here: "+list)
		}
		p, v := known[at], q[name]
		if v == "" && name == "cursor" {
			continue // the first page, as a loop over next begins
		}
		if v == "" {
			return nil, refuse(rights.CodeFormat, name, "参数值不得为空", "the value must not be empty")
		}
		if p.oneOf != nil && !slices.Contains(p.oneOf, v) {
			list := strings.Join(p.oneOf, ", ")
			return nil, refuse(rights.CodeFormat, name, "取值范围："+list, "must be one of: "+list)
		}
		if p.check != nil && !p.check(v) {
			return nil, refuse(rights.CodeFormat, name, p.zh, p.en)
		}
	}
	return q, nil
}

// paging are the parameters of every list.
var paging = []param{
	{name: "limit", check: func(v string) bool {
		n, err := strconv.Atoi(v)
		return err == nil && n >= 1 && n <= MaxPage && v[0] != '+'
	},
		zh: "须为 1 至 200 的整数", en: "must be a whole number from 1 to 200"},
	{name: "cursor"},
}

// pageSize reads limit, which accept has checked.
func pageSize(q map[string]string) int {
	if n, err := strconv.Atoi(q["limit"]); err == nil {
		return n
	}
	return DefaultPage
}

// window is the page of a list that is whole in memory: items [from, to) of n, and
// the cursor of the next page, which counts items. A cursor no page ended in is
// refused.
func window(q map[string]string, n int) (from, to int, next string, err error) {
	if cursor := q["cursor"]; cursor != "" {
		if from, err = strconv.Atoi(cursor); err != nil || from < 1 || from >= n || strconv.Itoa(from) != cursor {
			return 0, 0, "", index.ErrCursor
		}
	}
	if to = min(from+pageSize(q), n); to < n {
		next = strconv.Itoa(to)
	}
	return from, to, next, nil
}

// textParam is full-text search.
var textParam = param{name: "q", check: func(v string) bool { return strings.TrimSpace(v) != "" && utf8.RuneCountInString(v) <= 100 },
	zh: "须为 1 至 100 个字符", en: "must be 1 to 100 characters"}

func hashParam(name string) param {
	return param{name: name, check: rights.ValidHash, zh: "须为 sm3: 或 sha256: 加 64 位小写十六进制", en: "must be sm3: or sha256: and 64 lower-case hex digits"}
}

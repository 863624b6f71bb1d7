package api

import (
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/gin-gonic/gin"

	"github.com/datarights/datarights/chaincode/rights"
	"github.com/datarights/datarights/gateway/index"
)

// found is one hit of the search: enough to show a line and follow it.
type found struct {
	Kind  rights.Kind  `json:"kind"`
	ID    string       `json:"id"`
	Title string       `json:"title"`
	State rights.State `json:"state"`
	Href  string       `json:"href"`
}

// searched are the collections the search looks through, in the order of its
// answers, with the field that titles a hit.
var searched = []struct{ name, title string }{
	{"certificates", "dataName"}, {"rights", "objectName"}, {"resources", "name"}, {"participants", "name"}, {"registrations", "objectName"},
	{"products", "name"}, {"listings", "productName"}, {"demands", "title"}, {"grants", "noticeText"}, {"scenarios", "name"}, {"policies", "title"},
}

// search answers GET /v1/search?q=: names, overviews, exact ids and
// certificate numbers over the public registry.
func (s *server) search(c *gin.Context) {
	q, err := accept(c.Request, append([]param{textParam}, paging...)...)
	if err != nil {
		s.fail(c, err)
		return
	}
	words := strings.TrimSpace(q["q"])
	if words == "" {
		s.fail(c, refuse(rights.CodeFormat, "q", "缺少检索词", "what to search for is missing"))
		return
	}
	queries := make([]index.Query, len(searched))
	type look struct{ name, title string }
	looks := map[rights.Kind]look{}
	for i, l := range searched {
		at := slices.IndexFunc(collections, func(k *collection) bool { return k.name == l.name })
		queries[i] = index.Query{Kind: collections[at].kind, Text: words}
		looks[collections[at].kind] = look{l.name, l.title}
	}
	who := reader(c)
	s.page(c, q, queries, func(e index.Entry) (json.RawMessage, error) {
		if see, err := sees(e.Kind)(s, e.JSON, who); err != nil || see == seeNothing {
			return nil, err
		}
		record, err := members(e.JSON)
		if err != nil {
			return nil, fmt.Errorf("couldn't decode %s %s: %w", e.Kind, e.ID, err)
		}
		return encode(found{
			Kind: e.Kind, ID: e.ID, Href: "/v1/" + looks[e.Kind].name + "/" + url.PathEscape(e.ID),
			Title: text(record, looks[e.Kind].title), State: rights.State(text(record, "state")),
		})
	})
}

package explorer

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/datarights/datarights/client"
)

// lineage is the page that draws the graph of lineage. The page itself is public and
// empty: what it shows, its script asks for with the reader's session. Whoever has
// signed in asks through lineageData, since scripts cannot read the session's
// cookie; others give a token.
func (q *request) lineage() error {
	q.w.Header().Set("Content-Security-Policy", ScriptPolicy)
	return q.render(http.StatusOK, "lineage", "lineage", nil)
}

// lineageReads are the collections whose records the lineage page shows.
var lineageReads = []string{"resources", "products", "copies", "listings", "permits", "lineage", "rights", "deliveries", "trades", "grants"}

// lineageData serves GET /lineage/v1/…: the API's answer to the reader's session, for
// this site's own script alone.
func (q *request) lineageData() error {
	collection, id, _ := strings.Cut(q.r.PathValue("rest"), "/")
	graph := collection == "trace" && id == "graph"
	if !graph && (!slices.Contains(lineageReads, collection) || id == "" || strings.Contains(id, "/")) {
		return errNotHere
	}
	var raw []byte
	var err error
	if from := q.r.Header.Get("Sec-Fetch-Site"); from != "" && from != "same-origin" {
		err = &client.Problem{Status: http.StatusForbidden, Code: "E_FORBIDDEN", Detail: "asked from another site", DetailZh: "请求来自其他网站"}
	} else {
		raw, err = q.call(http.MethodGet, "/v1/"+collection+"/"+url.PathEscape(id), q.r.URL.Query(), "", nil, q.token())
	}
	status := http.StatusOK
	var p *client.Problem
	switch {
	case errors.As(err, &p):
		status = p.Status
		if raw, err = json.Marshal(map[string]any{"status": p.Status, "code": p.Code, "field": p.Field, "detail": p.Detail, "detailEn": p.DetailEn, "detailZh": p.DetailZh}); err != nil {
			return err
		}
	case err != nil:
		return err
	}
	h := q.w.Header()
	h.Set("Content-Type", "application/json")
	h.Set("Cache-Control", "no-store")
	h.Set("Content-Length", strconv.Itoa(len(raw)))
	q.w.WriteHeader(status)
	if q.r.Method != http.MethodHead {
		_, _ = q.w.Write(raw) // the reader has gone; nothing to tell anyone
	}
	return nil
}

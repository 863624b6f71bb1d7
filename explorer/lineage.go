package explorer

import "net/http"

// lineage is the page that draws the graph of lineage. The page itself is public
// and empty: what it shows, its script asks of the API with the reader's session.
func (q *request) lineage() error {
	q.w.Header().Set("Content-Security-Policy", ScriptPolicy)
	return q.render(http.StatusOK, "lineage", "lineage", nil)
}

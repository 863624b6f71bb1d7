package api

import (
	"net/http"
	"strings"

	"github.com/gin-gonic/gin"

	"github.com/datarights/datarights/chaincode/rights"
)

// route is one line of the API. Every GET answers HEAD as well.
type route struct {
	method string
	path   string
	handle gin.HandlerFunc
	before []gin.HandlerFunc
}

// routes is the whole API.
func (s *server) routes() []route {
	get := func(path string, h gin.HandlerFunc) route {
		return route{http.MethodGet, path, h, []gin.HandlerFunc{s.session, s.atLeast}}
	}
	open := func(path string, h gin.HandlerFunc) route { return route{http.MethodGet, path, h, nil} }
	post := func(path string, h gin.HandlerFunc, before ...gin.HandlerFunc) route {
		return route{http.MethodPost, path, h, before}
	}
	rs := []route{
		post("/v1/commands", s.postCommand, s.atLeast),

		post("/v1/challenges", s.postChallenge),
		post("/v1/sessions", s.postSession),
		open("/v1/sessions/current", s.getSession),
		{http.MethodDelete, "/v1/sessions/current", s.deleteSession, nil},
		post("/v1/match-tags", s.postMatchTags, s.session),
		post("/v1/traces", s.postTrace, s.session, s.atLeast),
		get("/v1/sketches/:hash", s.getSketch),

		get("/v1/notices", s.listNotices),
		get("/v1/notices/:id", s.getNotice),
		get("/v1/parameters", s.listParameters),
		get("/v1/parameters/:id", s.getParameter),
		get("/v1/parameters/:id/history", s.parameterHistory),
		get("/v1/certificates/:id/verify", s.verifyCertificate),
		get("/v1/certificates/:id/asset", s.verifyAsset),
		get("/v1/search", s.search),

		get("/v1/blocks", s.listBlocks),
		get("/v1/blocks/:number", s.getBlock),
		get("/v1/transactions", s.listTransactions),
		get("/v1/transactions/:txId", s.getTransaction),
		get("/v1/index/digest", s.getDigest),
		get("/v1/stats", s.getStats),
		get("/v1/network", s.getNetwork),

		open("/livez", s.livez),
		open("/readyz", s.readyz),
		open("/metrics", s.metrics.serve),
		open("/openapi.json", s.getOpenAPI),
		open("/docs", s.getDocs),
		open("/docs/errors", s.getErrors),
		open("/docs/assets/:file", s.getDocsAsset),
	}
	rs = append(rs, s.secretRoutes()...)
	rs = append(rs, s.traceRoutes(get)...)
	rs = append(rs, s.proofRoutes(get)...)
	rs = append(rs, s.recordProofRoutes(get)...)
	rs = append(rs, s.indicatorRoutes(get)...)
	rs = append(rs, s.exportRoutes(get)...)
	rs = append(rs, s.reportRoutes(get)...)
	rs = append(rs, s.eventRoutes(get)...)
	rs = append(rs, s.webhookRoutes(get)...)
	rs = append(rs, s.demandRoutes(get)...)
	for _, k := range collections {
		rs = append(rs,
			get("/v1/"+k.name, s.list(k)),
			get("/v1/"+k.name+"/:id", s.get(k)),
			get("/v1/"+k.name+"/:id/history", s.history(k)))
	}
	return rs
}

// elsewhere hands what is not the API's to the pages.
func (s *server) elsewhere(c *gin.Context) {
	p := c.Request.URL.Path
	if s.opts.Pages == nil || p == "/v1" || strings.HasPrefix(p, "/v1/") || strings.HasPrefix(p, "/docs/") {
		s.fail(c, refuse(rights.CodeNotFound, "", "没有此路径；可用路径见 /openapi.json", "no such path; /openapi.json lists what there is"))
		return
	}
	c.Status(http.StatusOK) // gin would have said 404
	s.opts.Pages.ServeHTTP(c.Writer, c.Request)
}

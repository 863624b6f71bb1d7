package api

import (
	"bytes"
	_ "embed"
	"errors"
	"fmt"
	"html/template"
	"net/http"

	"github.com/gin-gonic/gin"
	"github.com/swaggest/swgui/v5emb"
	"go.yaml.in/yaml/v3"

	"github.com/datarights/datarights/chaincode/rights"
)

//go:embed openapi.yaml
var openapiYAML []byte

// openapiJSON is the document as programs read it.
func openapiJSON() ([]byte, error) {
	var doc map[string]any
	if err := yaml.Unmarshal(openapiYAML, &doc); err != nil {
		return nil, fmt.Errorf("couldn't read openapi.yaml: %w", err)
	}
	if err := errors.Join(documentSecrets(doc), documentCollections(doc), documentExamples(doc)); err != nil {
		return nil, fmt.Errorf("couldn't complete openapi.yaml: %w", err)
	}
	b, err := encode(doc)
	if err != nil {
		return nil, fmt.Errorf("couldn't write openapi.yaml as JSON: %w", err)
	}
	return b, nil
}

func (s *server) getOpenAPI(c *gin.Context) {
	c.Header("Cache-Control", "no-cache")
	c.Data(http.StatusOK, "application/json; charset=utf-8", s.openapi)
}

// The page around Swagger UI. swgui's own has its script inline, which the
// content security policy forbids.
var (
	//go:embed docs/index.html
	docsPage []byte
	//go:embed docs/start.js
	docsStart []byte
	//go:embed docs/docs.css
	docsStyle []byte
	//go:embed docs/errors.html
	docsErrors string
)

// docsAssets are the files of Swagger UI that may be asked for.
var docsAssets = set("swagger-ui.css", "swagger-ui-bundle.js", "swagger-ui-standalone-preset.js", "favicon-32x32.png", "favicon-16x16.png")

var swaggerUI = v5emb.New("datarights", "/openapi.json", "/docs/assets")

func docsPolicy(c *gin.Context) {
	// Swagger UI sets styles on elements as it draws; scripts are files alone.
	c.Header("Content-Security-Policy", "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'")
	c.Header("Cache-Control", "no-cache")
}

func (s *server) getDocs(c *gin.Context) {
	docsPolicy(c)
	c.Data(http.StatusOK, "text/html; charset=utf-8", docsPage)
}

func (s *server) getDocsAsset(c *gin.Context) {
	docsPolicy(c)
	switch file := c.Param("file"); {
	case file == "start.js":
		c.Data(http.StatusOK, "text/javascript; charset=utf-8", docsStart)
	case file == "docs.css":
		c.Data(http.StatusOK, "text/css; charset=utf-8", docsStyle)
	case docsAssets[file]:
		swaggerUI.ServeHTTP(c.Writer, c.Request)
	default:
		s.fail(c, notFound("docs", file))
	}
}

// errorsPage lists the codes: it is where a problem's type leads.
func errorsPage() ([]byte, error) {
	t, err := template.New("errors").Parse(docsErrors)
	if err != nil {
		return nil, fmt.Errorf("couldn't read the page of codes: %w", err)
	}
	type line struct {
		Code          rights.Code
		Status        int
		Title, Advice rights.Text
	}
	var lines []line
	for _, c := range codes {
		lines = append(lines, line{c.code, c.status, c.title, c.advice})
	}
	var b bytes.Buffer
	if err := t.Execute(&b, lines); err != nil {
		return nil, fmt.Errorf("couldn't write the page of codes: %w", err)
	}
	return b.Bytes(), nil
}

func (s *server) getErrors(c *gin.Context) {
	docsPolicy(c)
	c.Data(http.StatusOK, "text/html; charset=utf-8", s.errors)
}

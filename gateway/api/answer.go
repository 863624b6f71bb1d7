package api

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"strings"

	"github.com/gin-gonic/gin"
)

// answer writes a successful read. The ETag is strong and taken over the bytes
// themselves: what is computed at reading time (whether a right is effective
// now) and what depends on the reader change it as a new version does.
func (s *server) answer(c *gin.Context, v any) {
	body, err := render(v)
	if err != nil {
		s.fail(c, err)
		return
	}
	s.answerBytes(c, "application/json; charset=utf-8", body)
}

// answerBytes is answer for what has been rendered.
func (s *server) answerBytes(c *gin.Context, media string, body []byte) {
	sum := sha256.Sum256(body)
	etag := `"` + hex.EncodeToString(sum[:16]) + `"`
	h := c.Writer.Header()
	h.Set("ETag", etag)
	h.Set("Vary", "Authorization")
	if reader(c) == nil {
		h.Set("Cache-Control", "public, no-cache") // keep it, ask whether it changed
	} else {
		h.Set("Cache-Control", "private, no-cache")
	}
	if matches(c.GetHeader("If-None-Match"), etag) {
		c.Status(http.StatusNotModified)
		return
	}
	c.Data(http.StatusOK, media, body)
}

// render is encode for what is made of records: they are JSON already, and
// reading them once more to write them is most of what a list costs.
func render(v any) ([]byte, error) {
	switch v := v.(type) {
	case json.RawMessage:
		return v, nil
	case listAnswer:
		next, err := encode(v.Next)
		if err != nil {
			return nil, err
		}
		size := len(next) + 32
		for _, item := range v.Items {
			size += len(item) + 1
		}
		b := append(make([]byte, 0, size), `{"items":[`...)
		for i, item := range v.Items {
			if i > 0 {
				b = append(b, ',')
			}
			b = append(b, item...)
		}
		return append(append(append(b, `],"next":`...), next...), '}'), nil
	}
	return encode(v)
}

// matches compares as RFC 9110 13.1.2 has it: weakly.
func matches(header, etag string) bool {
	for tag := range strings.SplitSeq(header, ",") {
		if tag = strings.TrimSpace(tag); tag == "*" || strings.TrimPrefix(tag, "W/") == etag {
			return true
		}
	}
	return false
}

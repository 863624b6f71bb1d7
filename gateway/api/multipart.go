package api

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"strconv"

	"github.com/gin-gonic/gin"

	"github.com/datarights/datarights/chaincode/rights"
)

// The parts of a command that comes with a secret.
const (
	partCommand = "command" // application/jose
	partSecret  = rights.FieldSecret
)

// partMedia is what each part is to be.
var partMedia = map[string]string{partCommand: mediaJOSE, partSecret: "application/json"}

// multipartBoundary is empty unless the body is multipart.
func multipartBoundary(r *http.Request) string {
	media, params, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || media != "multipart/form-data" && media != "multipart/mixed" || r.Header.Get("Content-Encoding") != "" {
		return ""
	}
	return params["boundary"]
}

// misdirected refuses what belongs to a private collection that this gateway's
// organisation is no member of.
func misdirected() *fault {
	return refuse(CodeMisdirected, partSecret, "本机构不是所涉私有数据集合的成员，其节点不得接触该内容；请经交易机构或监管机构的网关（质押亦可经质权银行的网关）",
		"this organisation is no member of the private collection, and its nodes must not see what is in it; use the exchange's or the regulator's gateway (for a pledge also its bank's)")
}

// readParts reads a command and its secret. A gateway that may not see secrets
// does not read the body at all. The secret's bytes are kept exactly: they are
// what its commitment is over.
func (s *server) readParts(c *gin.Context, boundary string) (jws, secret []byte, err error) {
	if s.opts.Secrets == nil {
		return nil, nil, misdirected()
	}
	const limit = MaxCommand + rights.MaxSecrets + maxParts
	reader := multipart.NewReader(http.MaxBytesReader(c.Writer, c.Request.Body, limit), boundary)
	parts := map[string][]byte{}
	for {
		part, err := reader.NextRawPart()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, nil, bodyError(err, limit)
		}
		name := partName(part)
		if _, again := parts[name]; again || partMedia[name] == "" {
			return nil, nil, refuse(rights.CodeFormat, "body", "multipart 只能有 command（application/jose）与 secret（application/json）各一部分", "the parts must be one command (application/jose) and one secret (application/json)")
		}
		most := int64(MaxCommand + 2)
		if name == partSecret {
			most = rights.MaxSecrets
		}
		content, err := io.ReadAll(io.LimitReader(part, most+1))
		if err != nil {
			return nil, nil, bodyError(err, limit)
		}
		if int64(len(content)) > most {
			return nil, nil, tooLargeIn(name, most)
		}
		parts[name] = content
	}
	jws, secret = bytes.TrimRight(parts[partCommand], "\r\n"), parts[partSecret]
	if len(jws) == 0 || len(secret) == 0 {
		return nil, nil, refuse(rights.CodeFormat, "body", "multipart 须有 command 与 secret 两部分；没有保密内容时以 application/jose 提交", "both parts, command and secret, are needed; without a secret send application/jose")
	}
	return jws, secret, nil
}

// partName tells what a part is: by its name, or where it has none by its media
// type. One whose media type is not its name's is nothing.
func partName(part *multipart.Part) string {
	media, _, err := mime.ParseMediaType(part.Header.Get("Content-Type"))
	if err != nil {
		return ""
	}
	_, params, err := mime.ParseMediaType(part.Header.Get("Content-Disposition"))
	for name, want := range partMedia {
		if media == want && (err != nil || params["name"] == "" || params["name"] == name) {
			return name
		}
	}
	return ""
}

func tooLargeIn(field string, most int64) *fault {
	n := strconv.FormatInt(most, 10)
	return refuse(rights.CodeTooLarge, field, "超过 "+n+" 字节", "over "+n+" bytes")
}

// checkSecret finds what the ledger would refuse for its form alone, and says
// nothing of what is in it.
func checkSecret(name string, secret []byte) error {
	if secret == nil {
		return nil
	}
	_, batch := rights.CommandNamed(name)
	first := byte('{')
	if batch {
		first = '['
	} else if len(secret) > rights.MaxSecret {
		return tooLargeIn(partSecret, rights.MaxSecret)
	}
	if text := bytes.TrimLeft(secret, " \t\r\n"); len(text) == 0 || text[0] != first || !json.Valid(secret) {
		return refuse(rights.CodeFormat, partSecret, "须为 JSON 对象；批量命令为与各项一一对应的 JSON 数组", "must be a JSON object; of a batch a JSON array with one object an item")
	}
	return nil
}

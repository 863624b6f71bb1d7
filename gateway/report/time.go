package report

import (
	"net/url"
	"time"

	"github.com/datarights/datarights/chaincode/rights"
)

var shanghai = time.FixedZone("Asia/Shanghai", 8*3600)

func instant(at rights.UnixSec) string {
	if at <= 0 {
		return "—"
	}
	return time.Unix(at, 0).In(shanghai).Format("2006-01-02 15:04:05 -07:00")
}

func escape(id string) string { return url.PathEscape(id) }

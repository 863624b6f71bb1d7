package webhook

import (
	"encoding/base64"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"github.com/datarights/datarights/internal/gm"
)

// VersionSM3 marks the signature with HMAC-SM3, beside the standard's v1 with
// HMAC-SHA256. Receivers that do not know it pass over it.
const VersionSM3 = "v1sm3"

// sign sets the headers of Standard Webhooks: every secret in force signs twice,
// with SHA-256 and with SM3, over "id.timestamp.body".
func (s *secrets) sign(h http.Header, id string, at time.Time, body []byte) error {
	keys := [][]byte{s.Key}
	if len(s.Old) > 0 && at.Unix() < s.OldUntil {
		keys = append(keys, s.Old)
	}
	var signatures []string
	for _, key := range keys {
		hook, err := standardwebhooks.NewWebhookRaw(key)
		if err != nil {
			return fmt.Errorf("couldn't sign an event: %w", err)
		}
		v1, err := hook.Sign(id, at, body)
		if err != nil {
			return fmt.Errorf("couldn't sign an event: %w", err)
		}
		mac := gm.HMAC(key, fmt.Appendf(nil, "%s.%d.%s", id, at.Unix(), body))
		signatures = append(signatures, v1, VersionSM3+","+base64.StdEncoding.EncodeToString(mac[:]))
	}
	h.Set(standardwebhooks.HeaderWebhookID, id)
	h.Set(standardwebhooks.HeaderWebhookTimestamp, strconv.FormatInt(at.Unix(), 10))
	h.Set(standardwebhooks.HeaderWebhookSignature, strings.Join(signatures, " "))
	return nil
}

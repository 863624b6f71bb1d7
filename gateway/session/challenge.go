package session

import (
	"crypto/hmac"
	"crypto/rand"
	"encoding/base64"
	"strconv"
	"strings"
	"time"

	"github.com/datarights/datarights/internal/gm"
)

// Challenge is what a key has to sign.
type Challenge struct {
	Challenge string `json:"challenge"`
	ExpiresAt int64  `json:"expiresAt"`
}

// challengePrefix tells a signer what the text is for and keeps a signature
// over it from meaning anything else.
const challengePrefix = "datarights-session-v1"

// challenges are stateless: the text carries everything and an HMAC that only
// this process can make. Asking for them costs a stranger's request nothing to
// hold in memory; only one that was used is remembered, until it expires.
type challenges struct {
	gateway string
	secret  [32]byte
}

func newChallenges(gateway string) (c challenges, err error) {
	c.gateway = gateway
	_, err = rand.Read(c.secret[:])
	return c, err
}

// issue writes prefix/gateway/kid/expiry/nonce/mac.
func (c *challenges) issue(kid string, expires time.Time) (Challenge, error) {
	var nonce [16]byte
	if _, err := rand.Read(nonce[:]); err != nil {
		return Challenge{}, err
	}
	text := strings.Join([]string{challengePrefix, c.gateway, kid,
		strconv.FormatInt(expires.Unix(), 10), base64.RawURLEncoding.EncodeToString(nonce[:])}, "/")
	return Challenge{Challenge: text + "/" + c.mac(text), ExpiresAt: expires.Unix()}, nil
}

// check reports whether this gateway issued text for kid, and when it expires.
func (c *challenges) check(text, kid string) (expires int64, ok bool) {
	at := strings.LastIndexByte(text, '/')
	if at < 0 || !hmac.Equal([]byte(text[at+1:]), []byte(c.mac(text[:at]))) {
		return 0, false
	}
	parts := strings.Split(text[:at], "/")
	if len(parts) != 5 || parts[0] != challengePrefix || parts[1] != c.gateway || parts[2] != kid {
		return 0, false
	}
	expires, err := strconv.ParseInt(parts[3], 10, 64)
	return expires, err == nil
}

func (c *challenges) mac(text string) string {
	sum := gm.HMAC(c.secret[:], []byte(text))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

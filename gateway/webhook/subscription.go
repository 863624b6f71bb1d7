package webhook

import (
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"strings"
	"time"

	"github.com/datarights/datarights/chaincode/rights"
	"github.com/datarights/datarights/gateway/event"
)

// State is what a subscription does.
type State string

// The states.
const (
	Active State = "active"
	Paused State = "paused" // by its owner
	// Stopped is what the gateway paused: the address is dead or gone, or the key
	// it reads as is no longer good. Reason tells.
	Stopped State = "stopped"
)

// Why a subscription was stopped.
const (
	ReasonGone   = "gone"   // the address answered 410
	ReasonDead   = "dead"   // too many events in a row could not be delivered
	ReasonFull   = "full"   // no room for another dead letter
	ReasonReader = "reader" // the key it reads as may read no more
)

// Subscription is one webhook. Its owner sees all of it but the secrets.
type Subscription struct {
	ID            string        `json:"id"`
	ParticipantID string        `json:"participantId"`
	Kid           string        `json:"kid"`   // whose eyes it sees with
	Roles         []rights.Role `json:"roles"` // of that key when it was last confirmed
	URL           string        `json:"url"`
	Filter        event.Filter  `json:"filter"`
	From          uint64        `json:"from"` // block it began with
	CreatedAt     int64         `json:"createdAt"`
	State         State         `json:"state"`
	Reason        string        `json:"reason,omitempty"`
	Detail        string        `json:"detail,omitempty"` // of Reason, in words

	secrets secrets
}

// secrets sign what is delivered. During a rotation the old one signs as well.
type secrets struct {
	Key      []byte `json:"key"`
	Old      []byte `json:"old,omitempty"`
	OldUntil int64  `json:"oldUntil,omitempty"` // UnixSec
}

// kept is a Subscription as the store keeps it.
type kept struct {
	Subscription
	Secrets secrets `json:"secrets"`
}

// Progress is how far a subscription is.
type Progress struct {
	Checkpoint event.Position `json:"-"`
	Next       string         `json:"next"` // Checkpoint as text: the position to go on with
	Delivered  uint64         `json:"delivered"`
	Dead       uint64         `json:"dead"` // letters laid aside so far
	DeadInRow  int            `json:"deadInRow,omitempty"`
	// LastError is of the last attempt that failed, empty once one succeeded.
	LastError       string `json:"lastError,omitempty"`
	LastErrorAt     int64  `json:"lastErrorAt,omitempty"`
	LastDeliveredAt int64  `json:"lastDeliveredAt,omitempty"`
	LastEvent       string `json:"lastEvent,omitempty"` // id of the last event delivered
}

// DeadLetter is an event that could not be delivered.
type DeadLetter struct {
	Event    json.RawMessage `json:"event"`
	ID       string          `json:"id"` // of the event
	Attempts int             `json:"attempts"`
	FirstAt  int64           `json:"firstAt"`
	LastAt   int64           `json:"lastAt"`
	Error    string          `json:"error"`
}

// secretPrefix begins a secret as its owner is shown it, once.
const secretPrefix = "whsec_"

func newSecret() ([]byte, error) {
	key := make([]byte, 32)
	if _, err := rand.Read(key); err != nil {
		return nil, fmt.Errorf("couldn't make a secret: %w", err)
	}
	return key, nil
}

func shownSecret(key []byte) string { return secretPrefix + base64.StdEncoding.EncodeToString(key) }

func newID() (string, error) {
	var b [10]byte
	if _, err := rand.Read(b[:]); err != nil {
		return "", fmt.Errorf("couldn't make an id: %w", err)
	}
	return "WH-" + hex.EncodeToString(b[:]), nil
}

// MaxURL bounds an address.
const MaxURL = 500

// URLError is an address that events cannot be sent to.
type URLError struct{ Zh, En string }

func (e *URLError) Error() string { return e.En }

// CheckURL refuses an address that could never be delivered to. Where its name
// leads is looked at again at every connection.
func (p *Policy) CheckURL(text string) error {
	if len(text) > MaxURL {
		return &URLError{fmt.Sprintf("地址最长 %d 字节", MaxURL), fmt.Sprintf("the address has more than %d bytes", MaxURL)}
	}
	u, err := url.Parse(text)
	switch {
	case err != nil || u.Host == "" || u.Hostname() == "" || u.Scheme != "https" && u.Scheme != "http":
		return &URLError{"须为 https://主机/路径", "must be https://host/path"}
	case u.User != nil:
		return &URLError{"地址不得含用户名或口令", "the address must not contain a user or password"}
	case u.Fragment != "":
		return &URLError{"地址不得含 # 片段", "the address must not have a fragment"}
	case u.Scheme == "http" && !p.AllowHTTP:
		return &URLError{"须用 https", "must be https"}
	}
	host := strings.TrimSuffix(strings.ToLower(u.Hostname()), ".")
	addr, err := netip.ParseAddr(host)
	if err != nil {
		if (host == "localhost" || strings.HasSuffix(host, ".localhost")) && len(p.Allowed) == 0 {
			return &URLError{"不允许回环地址", "loopback addresses are not allowed"}
		}
		return nil
	}
	if err := p.permits(addr); err != nil {
		return &URLError{"不允许投递到此地址：" + addr.String() + " 不是公网地址", "not allowed: " + addr.String() + " is no public address"}
	}
	return nil
}

// Errors of a Manager.
var (
	ErrNotFound = errors.New("no such webhook")
	ErrTooMany  = errors.New("too many webhooks")
	ErrNoLetter = errors.New("no such dead letter")
)

func unix(t time.Time) int64 { return t.Unix() }

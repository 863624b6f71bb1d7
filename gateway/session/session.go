package session

import (
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/datarights/datarights/chaincode/command"
	"github.com/datarights/datarights/chaincode/rights"
	"github.com/datarights/datarights/internal/gm"
)

// Defaults of Options.
const (
	DefaultChallengeTTL = 2 * time.Minute
	DefaultTTL          = time.Hour
	DefaultMaxSessions  = 10_000
	DefaultMaxPerKey    = 16

	// clockSkew is how far a signer's clock may be from the gateway's.
	clockSkew = 5 * time.Minute
	// maxUsed bounds the challenges remembered as used; each cost its sender a
	// signature by a key of the ledger.
	maxUsed = 65_536
)

// CodeSession is the code of a refusal for want of a session.
const CodeSession rights.Code = "E_SESSION"

// ErrFull means that this gateway holds as many sessions as it will.
var ErrFull = errors.New("too many sessions")

// Options configure a Manager. Gateway and Lookup are needed.
type Options struct {
	// Gateway is this gateway's name; a challenge of one is no good at another.
	Gateway string
	// Lookup returns the participant as the ledger has it now, nil when it has
	// none. An error is the index's own.
	Lookup func(participantID string) (*rights.Participant, error)

	Now          func() time.Time
	ChallengeTTL time.Duration
	TTL          time.Duration
	MaxSessions  int
	MaxPerKey    int // a key's oldest session gives way to its newest
}

// Identity is who a token stands for, as the ledger has it at the time of use.
type Identity struct {
	ParticipantID string
	Kid           string
	Roles         []rights.Role
}

// Session is a newly opened session. The token is shown this once.
type Session struct {
	Token         string        `json:"token"`
	ExpiresAt     int64         `json:"expiresAt"`
	ParticipantID string        `json:"participantId"`
	Kid           string        `json:"kid"`
	Roles         []rights.Role `json:"roles"`
}

// Manager keeps the sessions of one gateway, in memory only. It is safe for
// concurrent use.
type Manager struct {
	opts       Options
	challenges challenges

	mu     sync.Mutex
	used   map[string]int64    // challenge → when it expires
	tokens map[[32]byte]holder // SM3 of the token → who
	sweep  int64               // when expired entries are looked for next
}

type holder struct {
	kid     string
	opened  int64
	expires int64
}

// New makes a Manager.
func New(opts Options) (*Manager, error) {
	if opts.Gateway == "" || opts.Lookup == nil {
		return nil, errors.New("a session manager needs its gateway's name and a lookup")
	}
	if opts.Now == nil {
		opts.Now = time.Now
	}
	if opts.ChallengeTTL <= 0 {
		opts.ChallengeTTL = DefaultChallengeTTL
	}
	if opts.TTL <= 0 {
		opts.TTL = DefaultTTL
	}
	if opts.MaxSessions <= 0 {
		opts.MaxSessions = DefaultMaxSessions
	}
	if opts.MaxPerKey <= 0 {
		opts.MaxPerKey = DefaultMaxPerKey
	}
	c, err := newChallenges(opts.Gateway)
	if err != nil {
		return nil, fmt.Errorf("couldn't make the challenge secret: %w", err)
	}
	return &Manager{opts: opts, challenges: c, used: map[string]int64{}, tokens: map[[32]byte]holder{}}, nil
}

// Challenge issues a challenge for kid. Whether the ledger knows kid is asked
// when the challenge comes back signed.
func (m *Manager) Challenge(kid string) (Challenge, error) {
	if _, _, err := command.ParseKid(kid); err != nil {
		e := fromCommand(err, "kid")
		var r *rights.Error
		if errors.As(e, &r) {
			r.Field = "kid"
		}
		return Challenge{}, e
	}
	return m.challenges.issue(kid, m.opts.Now().Add(m.opts.ChallengeTTL))
}

// Open verifies a signed challenge and opens a session. A refusal is a
// *rights.Error.
func (m *Manager) Open(jws []byte) (*Session, error) {
	p, err := parseProof(jws)
	if err != nil {
		return nil, err
	}
	now := m.opts.Now()
	expires, ok := m.challenges.check(p.challenge, p.kid)
	if !ok {
		return nil, refuse(CodeSession, "payload.challenge", "不是本网关为该密钥签发的挑战", "not a challenge that this gateway issued for this key")
	}
	if now.Unix() >= expires {
		return nil, refuse(CodeSession, "payload.challenge", "挑战已过期，请重新获取", "the challenge has expired; ask for a new one")
	}
	if skew := now.Unix() - p.iat; skew > int64((m.opts.ChallengeTTL+clockSkew).Seconds()) || skew < -int64(clockSkew.Seconds()) {
		return nil, refuse(CodeSession, "payload.iat", "签名时间与网关时钟相差过大", "iat is too far from the gateway's clock")
	}
	identity, pub, err := m.identify(p.kid)
	if err != nil {
		return nil, err
	}
	if !gm.Verify(pub, p.signed, p.signature) {
		return nil, refuse(rights.CodeSignature, "signature", "签名无法用密钥 "+p.kid+" 验证通过", "the signature does not verify under the key "+p.kid)
	}
	var raw [32]byte
	if _, err := rand.Read(raw[:]); err != nil {
		return nil, fmt.Errorf("couldn't make a token: %w", err)
	}
	token := base64.RawURLEncoding.EncodeToString(raw[:])
	until := now.Add(m.opts.TTL).Unix()

	m.mu.Lock()
	defer m.mu.Unlock()
	m.forget(now.Unix(), false)
	if _, again := m.used[p.challenge]; again {
		return nil, refuse(CodeSession, "payload.challenge", "该挑战已使用过", "the challenge has been used")
	}
	if len(m.used) >= maxUsed || len(m.tokens) >= m.opts.MaxSessions {
		if m.forget(now.Unix(), true); len(m.used) >= maxUsed || len(m.tokens) >= m.opts.MaxSessions {
			return nil, ErrFull
		}
	}
	m.used[p.challenge] = expires
	m.makeRoom(p.kid)
	m.tokens[gm.SM3([]byte(token))] = holder{kid: p.kid, opened: now.UnixNano(), expires: until}
	return &Session{Token: token, ExpiresAt: until, ParticipantID: identity.ParticipantID, Kid: p.kid, Roles: identity.Roles}, nil
}

// Who returns whom token stands for. A refusal is a *rights.Error with
// CodeSession; the session it names is then over.
func (m *Manager) Who(token string) (*Identity, error) {
	key := gm.SM3([]byte(token))
	m.mu.Lock()
	h, ok := m.tokens[key]
	if ok && m.opts.Now().Unix() >= h.expires {
		delete(m.tokens, key)
		ok = false
	}
	m.mu.Unlock()
	if !ok {
		return nil, refuse(CodeSession, "Authorization", "会话不存在或已过期，请重新打开会话", "no such session, or it has expired; open a new one")
	}
	identity, _, err := m.identify(h.kid)
	var refusal *rights.Error
	if errors.As(err, &refusal) {
		m.mu.Lock()
		delete(m.tokens, key)
		m.mu.Unlock()
		return nil, refuse(CodeSession, "Authorization", "会话已失效："+refusal.DetailZh, "the session is over: "+refusal.Detail)
	}
	return identity, err
}

// Close ends a session.
func (m *Manager) Close(token string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.tokens, gm.SM3([]byte(token)))
}

// Count is the number of open sessions, for metrics.
func (m *Manager) Count() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return len(m.tokens)
}

// identify asks the ledger who kid is and whether it may act.
func (m *Manager) identify(kid string) (*Identity, gm.PublicKey, error) {
	return Identify(m.opts.Lookup, kid)
}

// Identify asks the ledger who kid is and whether it may act, as Options.Lookup
// has it. A refusal is a *rights.Error.
func Identify(lookup func(participantID string) (*rights.Participant, error), kid string) (*Identity, gm.PublicKey, error) {
	id, no, err := command.ParseKid(kid)
	if err != nil {
		return nil, gm.PublicKey{}, fromCommand(err, "header")
	}
	p, err := lookup(id)
	if err != nil {
		return nil, gm.PublicKey{}, fmt.Errorf("couldn't look up participant %s: %w", id, err)
	}
	if p == nil {
		return nil, gm.PublicKey{}, refuse(rights.CodeKey, "header.kid", "账本上没有主体 "+id, "the ledger has no participant "+id)
	}
	if p.State != rights.StateActive {
		return nil, gm.PublicKey{}, refuse(rights.CodeInactive, "header.kid", "主体 "+id+" 当前状态为 "+string(p.State), "participant "+id+" is "+string(p.State))
	}
	at := slices.IndexFunc(p.Keys, func(k rights.Key) bool { return k.No == no })
	if at < 0 || p.Keys[at].State != rights.KeyActive {
		return nil, gm.PublicKey{}, refuse(rights.CodeKey, "header.kid", "密钥 "+kid+" 不存在或已停用", "the key "+kid+" does not exist or is no longer in use")
	}
	der, err := base64.StdEncoding.DecodeString(p.Keys[at].PublicKey)
	if err != nil {
		return nil, gm.PublicKey{}, fmt.Errorf("couldn't read the key %s of the ledger: %w", kid, err)
	}
	pub, err := gm.ParsePublicKey(der)
	if err != nil {
		return nil, gm.PublicKey{}, fmt.Errorf("couldn't read the key %s of the ledger: %w", kid, err)
	}
	roles := p.Roles
	if o := p.Keys[at].Officer; o != nil { // an institution's key carries its post's duties alone
		roles = o.Duties
	}
	return &Identity{ParticipantID: id, Kid: kid, Roles: slices.Clone(roles)}, pub, nil
}

// forget drops what has expired, at most every minute unless now. m.mu is held.
func (m *Manager) forget(now int64, force bool) {
	if now < m.sweep && !force {
		return
	}
	m.sweep = now + 60
	for c, expires := range m.used {
		if now >= expires {
			delete(m.used, c)
		}
	}
	for t, h := range m.tokens {
		if now >= h.expires {
			delete(m.tokens, t)
		}
	}
}

// makeRoom ends kid's oldest sessions until one more fits. m.mu is held.
func (m *Manager) makeRoom(kid string) {
	for {
		var oldest [32]byte
		n, first := 0, int64(0)
		for t, h := range m.tokens {
			if h.kid != kid {
				continue
			}
			if n++; n == 1 || h.opened < first {
				oldest, first = t, h.opened
			}
		}
		if n < m.opts.MaxPerKey {
			return
		}
		delete(m.tokens, oldest)
	}
}

package client

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/datarights/datarights/chaincode/command"
)

// TypeSession is the typ of a signed challenge. It differs from a command's, so
// that neither can be taken for the other.
const TypeSession = "datarights-session+jws"

// Session is a participant recognised by one gateway for a while. Its token is
// as good as the key for reading and good for nothing else.
type Session struct {
	Token         string   `json:"token"`
	ExpiresAt     int64    `json:"expiresAt"` // UTC seconds
	ParticipantID string   `json:"participantId"`
	Kid           string   `json:"kid"`
	Roles         []string `json:"roles"`
}

// OpenSession proves to the gateway, by signing its challenge, that the caller
// holds key keyNo of a participant.
func (c *Client) OpenSession(ctx context.Context, k Key, participantID string, keyNo int) (Session, error) {
	kid := command.Kid(participantID, keyNo)
	s, err := c.openSession(ctx, k, kid)
	if err != nil {
		return Session{}, fmt.Errorf("couldn't open a session for %s: %w", kid, err)
	}
	return s, nil
}

func (c *Client) openSession(ctx context.Context, k Key, kid string) (s Session, err error) {
	if k.IsZero() {
		return s, errors.New("there is no key")
	}
	var asked struct {
		Challenge string `json:"challenge"`
	}
	if err := c.post(ctx, "/v1/challenges", map[string]string{"kid": kid}, &asked); err != nil {
		return s, err
	}
	proof, err := k.sessionProof(kid, asked.Challenge, time.Now())
	if err != nil {
		return s, err
	}
	body, _, err := c.do(ctx, posting(ctx, c.base.JoinPath("/v1/sessions").String(), MediaTypeCommand, proof), http.StatusCreated)
	if err != nil {
		return s, err
	}
	if err := json.Unmarshal(body, &s); err != nil {
		return s, fmt.Errorf("couldn't read the gateway's session: %w", err)
	}
	if s.Token == "" {
		return s, errors.New("couldn't read the gateway's session: it has no token")
	}
	return s, nil
}

// SessionInput is what opens a session once it is signed, for a key kept elsewhere:
// the gateway's challenge as the first two parts of a compact JWS. With "." and the
// base64url of the signature, r‖s or DER, it is the body of POST /v1/sessions.
func SessionInput(kid, challenge string, at time.Time) ([]byte, error) {
	header, err := encodeBody(command.Header{Alg: command.Algorithm, Typ: TypeSession, Kid: kid})
	if err != nil {
		return nil, err
	}
	payload, err := encodeBody(struct {
		Challenge string `json:"challenge"`
		Iat       int64  `json:"iat"`
	}{challenge, at.Unix()})
	if err != nil {
		return nil, err
	}
	input := base64.RawURLEncoding.AppendEncode(nil, header)
	return base64.RawURLEncoding.AppendEncode(append(input, '.'), payload), nil
}

// sessionProof is the challenge as a compact JWS.
func (k Key) sessionProof(kid, challenge string, at time.Time) ([]byte, error) {
	jws, err := SessionInput(kid, challenge, at)
	if err != nil {
		return nil, err
	}
	sig, err := k.Sign(jws)
	if err != nil {
		return nil, err
	}
	return base64.RawURLEncoding.AppendEncode(append(jws, '.'), sig), nil
}

// CloseSession ends the session of the client's token.
func (c *Client) CloseSession(ctx context.Context) error {
	u := c.base.JoinPath("/v1/sessions/current").String()
	_, _, err := c.do(ctx, func() (*http.Request, error) {
		return http.NewRequestWithContext(ctx, http.MethodDelete, u, nil)
	}, http.StatusNoContent)
	if err != nil {
		return fmt.Errorf("couldn't close the session: %w", err)
	}
	return nil
}

// InSession returns a client that sends the session's token.
func (c *Client) InSession(s Session) *Client {
	d := *c
	d.token = s.Token
	return &d
}

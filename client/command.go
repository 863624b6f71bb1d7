package client

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/datarights/datarights/chaincode/command"
)

// DefaultLifetime is how long a command stays acceptable unless said otherwise.
const DefaultLifetime = time.Hour

// Signed is a command ready to be submitted. To try again after a failure,
// submit the same JWS: a command signed anew is another command.
type Signed struct {
	ID  string
	Exp time.Time // nobody accepts it from then on
	JWS []byte
}

// CommandOption changes how a command is built.
type CommandOption func(*command.Payload, *time.Duration)

// WithID names the command, so that a program that lost its memory can build
// the same intent again without doing it twice. It must be a fresh UUID.
func WithID(id string) CommandOption {
	return func(p *command.Payload, _ *time.Duration) { p.ID = id }
}

// IssuedAt sets the command's time, by default now.
func IssuedAt(t time.Time) CommandOption {
	return func(p *command.Payload, _ *time.Duration) { p.Iat = t.Unix() }
}

// ValidFor sets how long the command is acceptable, at most 24 hours.
func ValidFor(d time.Duration) CommandOption {
	return func(_ *command.Payload, life *time.Duration) { *life = d }
}

// Command builds and signs a command by key keyNo of a participant. The body
// is anything that encodes to a JSON object.
func (k Key) Command(participantID string, keyNo int, name string, body any, opts ...CommandOption) (Signed, error) {
	text, err := encodeBody(body)
	if err != nil {
		return Signed{}, err
	}
	p := command.Payload{Command: name, Iat: time.Now().Unix(), Body: text}
	life := DefaultLifetime
	for _, o := range opts {
		o(&p, &life)
	}
	if p.ID == "" {
		id, err := uuid.NewRandom()
		if err != nil {
			return Signed{}, fmt.Errorf("couldn't make a command ID: %w", err)
		}
		p.ID = id.String()
	}
	p.Exp = p.Iat + int64(life/time.Second)
	jws, err := command.Sign(k.priv, command.Kid(participantID, keyNo), p)
	if err != nil {
		return Signed{}, fmt.Errorf("couldn't sign %s: %w", name, err)
	}
	return Signed{ID: p.ID, Exp: time.Unix(p.Exp, 0).UTC(), JWS: jws}, nil
}

func encodeBody(body any) (json.RawMessage, error) {
	if raw, ok := body.(json.RawMessage); ok {
		return raw, nil
	}
	text, err := command.Encode(body)
	if err != nil {
		return nil, fmt.Errorf("couldn't encode the command's body: %w", err)
	}
	return text, nil
}

package client_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/datarights/datarights/chaincode/rights"
	"github.com/datarights/datarights/client"
	"github.com/datarights/datarights/gateway/session"
)

const firm = "91320903MA0A00022Y"

// sessions serves the gateway's own session manager, which knows one key.
func sessions(t *testing.T, k client.Key) *client.Client {
	m, err := session.New(session.Options{Gateway: "GroupMSP", Lookup: func(id string) (*rights.Participant, error) {
		if id != firm {
			return nil, nil
		}
		return &rights.Participant{Head: rights.Head{State: rights.StateActive}, USCC: firm, Roles: []rights.Role{rights.RoleEnterprise},
			Keys: []rights.Key{{No: 1, PublicKey: k.Info().PublicKey, State: rights.KeyActive}}}, nil
	}})
	if err != nil {
		t.Fatal(err)
	}
	reply := func(w http.ResponseWriter, status int, v any, err error) {
		if err != nil {
			answer(w, 401, "application/problem+json", `{"code":"E_SESSION","detail":"refused"}`)
			return
		}
		text, _ := json.Marshal(v)
		answer(w, status, "application/json", string(text))
	}
	return gateway(t, func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		switch r.Method + r.URL.Path {
		case "POST/v1/challenges":
			var asked struct{ Kid string }
			if err := json.Unmarshal(body, &asked); err != nil || r.Header.Get("Content-Type") != "application/json" {
				t.Errorf("challenge asked with %q", body)
			}
			c, err := m.Challenge(asked.Kid)
			reply(w, 201, c, err)
		case "POST/v1/sessions":
			s, err := m.Open(body)
			reply(w, 201, s, err)
		default:
			token := strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")
			who, err := m.Who(token)
			if err == nil && r.Method == http.MethodDelete {
				m.Close(token)
				w.WriteHeader(http.StatusNoContent)
				return
			}
			reply(w, 200, who, err)
		}
	})
}

func TestSessionIsOpenedUsedAndClosed(t *testing.T) {
	k := newKey(t)
	c := sessions(t, k)
	ctx := context.Background()
	s, err := c.OpenSession(ctx, k, firm, 1)
	if err != nil {
		t.Fatal(err)
	}
	if s.ParticipantID != firm || s.Kid != firm+"#1" || len(s.Roles) != 1 || s.ExpiresAt <= time.Now().Unix() {
		t.Errorf("%+v", s)
	}
	var who struct{ ParticipantID string }
	if _, err := c.InSession(s).Get(ctx, "/v1/whoami", nil, &who); err != nil || who.ParticipantID != firm {
		t.Errorf("%+v %v", who, err)
	}
	var p *client.Problem
	if _, err := c.Get(ctx, "/v1/whoami", nil, nil); !errors.As(err, &p) || p.Code != "E_SESSION" {
		t.Errorf("the session leaked into another client: %v", err)
	}
	if err := c.InSession(s).CloseSession(ctx); err != nil {
		t.Fatal(err)
	}
	if _, err := c.InSession(s).Get(ctx, "/v1/whoami", nil, nil); !errors.As(err, &p) {
		t.Errorf("after closing: %v", err)
	}
}

func TestAnotherKeyOpensNoSession(t *testing.T) {
	c := sessions(t, newKey(t))
	var p *client.Problem
	if _, err := c.OpenSession(context.Background(), newKey(t), firm, 1); !errors.As(err, &p) {
		t.Errorf("opened: %v", err)
	}
	if _, err := c.OpenSession(context.Background(), client.Key{}, firm, 1); err == nil {
		t.Errorf("no key: %v", err)
	}
}

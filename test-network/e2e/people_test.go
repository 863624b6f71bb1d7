package e2e

import (
	"context"
	"fmt"
	"path/filepath"
	"testing"

	"github.com/datarights/datarights/chaincode/rights"
	"github.com/datarights/datarights/client"
	"github.com/datarights/datarights/test-network/scene"
)

// person is somebody with a key on the ledger or about to have one.
type person struct {
	uscc  string
	keyNo int
	key   client.Key
	via   string // organisation whose gateway it uses
}

// Who the demo set up, as the README names them.
func exchangeOfficer(t *testing.T) person {
	return fromDemo(t, "exchange-officer", "91320900MA0A00014Q", "Exchange")
}
func energyCompany(t *testing.T) person {
	return fromDemo(t, "energy-company", "91320903MA0A00022Y", "Exchange")
}

func fromDemo(t *testing.T, file, uscc, via string) person {
	t.Helper()
	key, err := client.LoadKey(filepath.Join(w.Dir, "keys", file+".pem"))
	if err != nil {
		t.Fatal(err)
	}
	return person{uscc, 1, key, via}
}

// newcomer is an enterprise nobody knows yet, with a key of its own.
func newcomer(via string) (person, error) {
	p, err := scene.Newcomer(via)
	return person{p.USCC, p.No, p.Key, p.Via}, err
}

func newNewcomer(t *testing.T, via string) person {
	t.Helper()
	p, err := newcomer(via)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// application is a body of participant.apply.
func (p person) application(name string) rights.Application {
	return rights.Application{USCC: p.uscc, Name: name, OrgType: "OrgEnterprise", Roles: []rights.Role{rights.RoleEnterprise},
		RegionCode: "320902", PublicKey: p.key.Info().PublicKey}
}

// sign signs a command.
func (p person) sign(t *testing.T, command string, body any, opts ...client.CommandOption) client.Signed {
	t.Helper()
	s, err := p.key.Command(p.uscc, p.keyNo, command, body, opts...)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// do has a command applied.
func (p person) do(t *testing.T, command string, body any) receipt {
	t.Helper()
	return applied(t, mustPost(t, p.via, p.sign(t, command, body).JWS))
}

// nudge writes a block: an orderer that came back learns what it missed from
// the next one.
func nudge(ctx context.Context) error {
	p, err := newcomer("Regulator")
	if err != nil {
		return err
	}
	s, err := p.key.Command(p.uscc, p.keyNo, "participant.apply", p.application("催块企业"))
	if err != nil {
		return err
	}
	a, err := post(ctx, p.via, s.JWS)
	if err == nil && a.status != 201 {
		err = fmt.Errorf("not applied: %s", a)
	}
	return err
}

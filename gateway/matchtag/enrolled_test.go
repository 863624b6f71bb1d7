package matchtag

import (
	"crypto/rand"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/datarights/datarights/chaincode/command"
	"github.com/datarights/datarights/chaincode/rights"
	"github.com/datarights/datarights/gateway/index"
	"github.com/datarights/datarights/internal/gm"
)

type fakeLedger struct {
	entries map[string]any
	err     error
}

func (l *fakeLedger) Get(kind rights.Kind, id string) (index.Entry, error) {
	v, ok := l.entries[string(kind)+"/"+id]
	if l.err != nil {
		return index.Entry{}, l.err
	}
	if !ok {
		return index.Entry{}, index.ErrNotFound
	}
	raw, err := json.Marshal(v)
	return index.Entry{Kind: kind, ID: id, JSON: raw}, err
}

// Tags begin when the platform's key stands on the ledger, under its number there.
func TestEnrolled(t *testing.T) {
	dir := t.TempDir()
	signer, err := gm.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	pem, err := gm.MarshalPrivateKeyPEM(signer)
	if err != nil {
		t.Fatal(err)
	}
	ledger := &fakeLedger{entries: map[string]any{}}
	e := &Enrolled{KeyFile: filepath.Join(dir, "key"), SignerKey: filepath.Join(dir, "signer"), Epoch: 1, Ledger: ledger}
	waits := func(when string) {
		t.Helper()
		_, err := e.Make("h", "sm3:a", "sm3:b", "")
		if !errors.Is(err, ErrNotEnrolled) {
			t.Errorf("%s: %v", when, err)
		}
	}
	waits("without files")
	if err := errors.Join(os.WriteFile(e.KeyFile, []byte(strings.Repeat("ab", KeySize)), 0o600), os.WriteFile(e.SignerKey, pem, 0o600)); err != nil {
		t.Fatal(err)
	}
	waits("without a key on the ledger")
	fingerprint, id := gm.Fingerprint(signer.Public()), "91350100M000100Y43"
	ledger.entries["xKY/"+fingerprint] = rights.KeyOwner{ParticipantID: id}
	waits("without its participant")
	p := rights.Participant{USCC: id, Keys: []rights.Key{{No: 1, Fingerprint: "another"}}}
	ledger.entries["PT/"+id] = p
	if _, err := e.Make("h", "sm3:a", "sm3:b", ""); err == nil {
		t.Error("a key the participant does not have is used")
	}
	p.Keys = append(p.Keys, rights.Key{No: 2, Fingerprint: fingerprint})
	ledger.entries["PT/"+id] = p
	tag, err := e.Make("h", "sm3:a", "sm3:b", "")
	if err != nil {
		t.Fatal(err)
	}
	if tag.TagAttestation.Kid != id+"#2" {
		t.Errorf("signed as %s", tag.TagAttestation.Kid)
	}
	jws, err := e.SignCommand(command.Payload{Command: "alert.raise", ID: "0b8f3c1e-7d2a-4e61-9c55-1f0a6c2d9e47", Iat: 1, Exp: 2, Body: json.RawMessage(`{}`)})
	if err != nil {
		t.Fatal(err)
	}
	if c, err := command.Decode(jws); err != nil || c.Kid != id+"#2" || c.Verify(signer.Public()) != nil {
		t.Errorf("a command of the platform: %v, %v", c, err)
	}
	ledger.err = errors.New("index closed")
	fresh := &Enrolled{KeyFile: e.KeyFile, SignerKey: e.SignerKey, Epoch: 1, Ledger: ledger}
	if _, err := fresh.Make("h", "sm3:a", "sm3:b", ""); !errors.Is(err, ledger.err) {
		t.Errorf("a fault of the index reads as %v", err)
	}
}

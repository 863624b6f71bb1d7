package matchtag

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"sync"

	"github.com/datarights/datarights/chaincode/command"
	"github.com/datarights/datarights/chaincode/rights"
	"github.com/datarights/datarights/gateway/index"
)

// Ledger is where the signer's key is looked up; *index.Index satisfies it.
type Ledger interface {
	Get(kind rights.Kind, id string) (index.Entry, error)
}

// Enrolled is a Keyer that finds its signer's key id on the ledger by itself,
// as soon as an officer with the platform's duty has that key. Until then it
// answers ErrNotEnrolled. It is safe for concurrent use.
type Enrolled struct {
	KeyFile, SignerKey string
	Epoch              int64
	Ledger             Ledger

	mu    sync.Mutex
	keyer *Keyer
}

// Make is Keyer.Make.
func (e *Enrolled) Make(holderID, digest, contentRoot, sketchHash string) (Tag, error) {
	k, err := e.ready()
	if err != nil {
		return Tag{}, err
	}
	return k.Make(holderID, digest, contentRoot, sketchHash)
}

// Kid is the signer's key id on the ledger.
func (e *Enrolled) Kid() (string, error) {
	k, err := e.ready()
	if err != nil {
		return "", err
	}
	return k.o.Kid, nil
}

// SketchKey is Keyer.SketchKey.
func (e *Enrolled) SketchKey() ([]byte, error) {
	k, err := e.ready()
	if err != nil {
		return nil, err
	}
	return k.SketchKey(), nil
}

// SignCommand signs a command with the platform's key.
func (e *Enrolled) SignCommand(p command.Payload) ([]byte, error) {
	k, err := e.ready()
	if err != nil {
		return nil, err
	}
	return command.Sign(k.o.Signer, k.o.Kid, p)
}

// ErrNotEnrolled means that the platform's tagging key is missing here, or not
// on the ledger yet: its organisation's administrator enrols it.
var ErrNotEnrolled = errors.New("the platform's tagging key is not on the ledger yet")

func (e *Enrolled) ready() (*Keyer, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.keyer != nil {
		return e.keyer, nil
	}
	k, err := Load(e.KeyFile, e.SignerKey, "-", e.Epoch)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, ErrNotEnrolled
	}
	if err != nil {
		return nil, err
	}
	if k.o.Kid, err = e.kid(k.Fingerprint()); err != nil {
		return nil, err
	}
	e.keyer = k
	return k, nil
}

// kid finds the key id that stands on the ledger for a fingerprint.
func (e *Enrolled) kid(fingerprint string) (string, error) {
	var owner rights.KeyOwner
	var p rights.Participant
	for _, step := range []struct {
		kind rights.Kind
		id   *string
		into any
	}{{rights.PointerKey, &fingerprint, &owner}, {rights.KindParticipant, &owner.ParticipantID, &p}} {
		entry, err := e.Ledger.Get(step.kind, *step.id)
		if errors.Is(err, index.ErrNotFound) {
			return "", ErrNotEnrolled
		}
		if err != nil {
			return "", err
		}
		if err := json.Unmarshal(entry.JSON, step.into); err != nil {
			return "", fmt.Errorf("couldn't decode %s %s: %w", step.kind, *step.id, err)
		}
	}
	for _, k := range p.Keys {
		if k.Fingerprint == fingerprint {
			return rights.KeyID(p.USCC, k.No), nil
		}
	}
	return "", fmt.Errorf("couldn't find the key %s among those of %s", fingerprint, p.USCC)
}

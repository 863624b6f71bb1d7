package evidence

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"strings"

	"github.com/datarights/datarights/chaincode/command"
	"github.com/datarights/datarights/chaincode/rights"
	"github.com/datarights/datarights/client"
	"github.com/datarights/datarights/internal/fabricproof"
	"github.com/datarights/datarights/internal/gm"
)

// Format and Version name the format of docs/case-bundle.md.
const (
	Format  = "datarights-case-bundle"
	Version = 1
)

// TypeManifest is the typ of the manifest's signature. It differs from a
// command's and a session's, so that none can be taken for another.
const TypeManifest = "datarights-manifest+jws"

// The files that every bundle has.
const (
	fileManifest  = "manifest.json"
	fileSignature = "manifest.sig"
	fileReport    = "report.html"
)

// What a file of a bundle is.
const (
	RoleBlock   = "block"   // a serialized common.Block
	RoleState   = "state"   // a read that peers endorsed, a serialized common.Envelope
	RoleRecord  = "record"  // a record's bytes as the ledger has them
	RoleOpening = "opening" // a fingerprint's code and nonce
	RoleAttach  = "attachment"
	RoleSketch  = "sketch"
	RoleReport  = "report"
)

// Manifest lists what is in a bundle. It is all that the exporter signs: every
// other file is bound by its SM3 in it.
type Manifest struct {
	Format     string                 `json:"format"`
	Version    int64                  `json:"version"`
	AlertID    string                 `json:"alertId"`
	DeliveryID string                 `json:"deliveryId,omitempty"`
	CopyID     string                 `json:"copyId,omitempty"`
	SuspectID  string                 `json:"suspectId,omitempty"`
	Channel    string                 `json:"channel"`
	Chaincode  string                 `json:"chaincode"`
	ExportedAt int64                  `json:"exportedAt"` // UTC seconds, by the exporter's clock
	ExportedBy string                 `json:"exportedBy"` // kid
	Gateway    string                 `json:"gateway,omitempty"`
	Elements   []rights.BundleElement `json:"elements"`
	// Recipients are the copies of the same product version by the index of the
	// gateway asked. The ledger has no list of them.
	Recipients []string       `json:"recipients"`
	Records    []RecordEntry  `json:"records"`
	Openings   []OpeningEntry `json:"openings"`
	Files      []FileEntry    `json:"files"`
}

// RecordEntry is one record in a bundle.
type RecordEntry struct {
	Kind     rights.Kind `json:"kind"`
	ID       string      `json:"id"`
	File     string      `json:"file"`
	State    string      `json:"state"` // the endorsed read's file
	Elements []string    `json:"elements"`
	// History is where every version was written, oldest first. Whole is false of
	// a record that is here as it stands now alone.
	Whole   bool                  `json:"whole"`
	History []fabricproof.Version `json:"history"`
}

// OpeningEntry is a commitment that was opened on the ledger.
type OpeningEntry struct {
	File       string              `json:"file"`
	DeliveryID string              `json:"deliveryId"`
	At         fabricproof.Version `json:"at"` // the command that opened it
}

// Opening is the content of an opening's file: H(code‖nonce) = commitment.
type Opening struct {
	DeliveryID string `json:"deliveryId"`
	Commitment string `json:"commitment"`
	Code       string `json:"code"`  // base64url
	Nonce      string `json:"nonce"` // base64url
}

// FileEntry is one file of a bundle.
type FileEntry struct {
	Name     string   `json:"name"`
	SM3      string   `json:"sm3"`
	Size     int64    `json:"size"`
	Role     string   `json:"role"`
	Elements []string `json:"elements"`
	// Original is the name an attached file came with.
	Original string `json:"original,omitempty"`
}

func recordFile(kind rights.Kind, id string) string {
	return "records/" + string(kind) + "/" + escape(id) + ".json"
}
func stateFile(kind rights.Kind, id string) string {
	return "state/" + string(kind) + "/" + escape(id) + ".pb"
}
func blockFile(number uint64) string { return "blocks/" + strconv.FormatUint(number, 10) + ".block" }
func openingFile(id string) string   { return "openings/" + escape(id) + ".json" }

// escape makes an id part of a file's name; equal names are equal ids.
func escape(id string) string { return strings.ReplaceAll(url.QueryEscape(id), "+", "%20") }

func sm3Of(content []byte) string {
	h := gm.SM3(content)
	return "sm3:" + hex.EncodeToString(h[:])
}

// encodeJSON is how the bundle's own JSON is written.
func encodeJSON(v any) ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(v); err != nil {
		return nil, fmt.Errorf("couldn't encode: %w", err)
	}
	return b.Bytes(), nil
}

func decodeManifest(raw []byte) (*Manifest, error) {
	var m Manifest
	if err := command.DecodeInto(raw, &m); err != nil {
		return nil, fmt.Errorf("couldn't read the manifest: %w", err)
	}
	if m.Format != Format || m.Version != Version {
		return nil, fmt.Errorf("couldn't read the manifest: it is %q of version %d; this program knows %s of version %d", m.Format, m.Version, Format, Version)
	}
	return &m, nil
}

// manifestClaim is what the signature says.
type manifestClaim struct {
	SM3 string `json:"sm3"` // of manifest.json
	Iat int64  `json:"iat"`
}

// signManifest is a compact JWS (RFC 7515) over the manifest's hash.
func signManifest(key client.Key, kid string, manifest []byte, at int64) ([]byte, error) {
	var input []byte
	for i, v := range []any{command.Header{Alg: command.Algorithm, Typ: TypeManifest, Kid: kid}, manifestClaim{sm3Of(manifest), at}} {
		text, err := json.Marshal(v)
		if err != nil {
			return nil, fmt.Errorf("couldn't sign the manifest: %w", err)
		}
		if i > 0 {
			input = append(input, '.')
		}
		input = base64.RawURLEncoding.AppendEncode(input, text)
	}
	sig, err := key.Sign(input)
	if err != nil {
		return nil, fmt.Errorf("couldn't sign the manifest: %w", err)
	}
	return base64.RawURLEncoding.AppendEncode(append(input, '.'), sig), nil
}

// manifestSignature is a signature read but for whether it holds.
type manifestSignature struct {
	kid   string
	claim manifestClaim
	input []byte
	sig   []byte
}

const maxSignature = 4 << 10

func decodeSignature(raw []byte) (*manifestSignature, error) {
	parts := bytes.Split(raw, []byte{'.'})
	if len(parts) != 3 || len(raw) > maxSignature {
		return nil, errors.New("couldn't read the manifest's signature: not a compact JWS")
	}
	var text [3][]byte
	for i, p := range parts {
		var err error
		if text[i], err = base64.RawURLEncoding.Strict().DecodeString(string(p)); err != nil {
			return nil, fmt.Errorf("couldn't read the manifest's signature: %w", err)
		}
	}
	var h command.Header
	s := &manifestSignature{input: raw[:len(parts[0])+1+len(parts[1])], sig: text[2]}
	if err := errors.Join(command.DecodeInto(text[0], &h), command.DecodeInto(text[1], &s.claim)); err != nil {
		return nil, fmt.Errorf("couldn't read the manifest's signature: %w", err)
	}
	if h.Alg != command.Algorithm || h.Typ != TypeManifest {
		return nil, fmt.Errorf("couldn't read the manifest's signature: alg %q and typ %q", h.Alg, h.Typ)
	}
	s.kid = h.Kid
	return s, nil
}

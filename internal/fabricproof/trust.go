package fabricproof

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/sha256"
	"crypto/x509"
	"encoding/asn1"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"math/big"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/hyperledger/fabric-protos-go-apiv2/msp"
	"google.golang.org/protobuf/proto"
)

// Trust is what a verifier holds true beforehand: the roots of the consortium's
// authorities, and what the members agreed on. Everything else is checked.
type Trust struct {
	Organisations map[string]*Organisation // by MSP ID
	Agreement
	// Agreed is false where the folder had no agreement and the defaults hold.
	Agreed bool
}

// Agreement is what a ledger's members agreed on beside their roots.
type Agreement struct {
	Consortium  string `json:"consortium,omitempty"`
	Channel     string `json:"channel"`
	Chaincode   string `json:"chaincode"`
	Endorsement Policy `json:"endorsement"`
}

// Policy is how many of which organisations must endorse.
type Policy struct {
	OutOf int      `json:"outOf"`
	Of    []string `json:"of"` // MSP IDs
}

// Organisation is one member's authorities.
type Organisation struct {
	MSPID    string
	CA       []*x509.Certificate // of peers, clients and administrators
	Orderers []*x509.Certificate // of its orderer; empty where it runs none
	// Revoked are the lists its authorities signed; none says nothing of revocation.
	Revoked []*x509.RevocationList
}

// The files of a trust folder.
const (
	AgreementFile = "consortium.json"
	caFile        = "ca.pem"
	ordererCAFile = "orderer-ca.pem"
	revokedFile   = "crl.pem"
	maxTrustFile  = 1 << 20
)

// Defaults of an agreement that a folder does not have.
const (
	DefaultChannel   = "datarights"
	DefaultChaincode = "datarights"
	DefaultOutOf     = 2
)

// LoadTrust reads a folder with one folder an organisation, named by its MSP ID:
// ca.pem, and orderer-ca.pem where it runs an orderer, each of one or more
// certificates, and crl.pem, the lists of what those authorities revoked, where
// there are any. consortium.json beside them says channel, chaincode and
// endorsement policy; without it two organisations must endorse.
func LoadTrust(dir fs.FS) (*Trust, error) {
	entries, err := fs.ReadDir(dir, ".")
	if err != nil {
		return nil, fmt.Errorf("couldn't read the folder of roots: %w", err)
	}
	t := &Trust{Organisations: map[string]*Organisation{}}
	for _, e := range entries {
		if !e.IsDir() {
			continue
		}
		o := &Organisation{MSPID: e.Name()}
		if o.CA, err = certificates(dir, path.Join(e.Name(), caFile)); err != nil {
			return nil, err
		}
		if o.Orderers, err = certificates(dir, path.Join(e.Name(), ordererCAFile)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, err
		}
		if o.Revoked, err = revocations(dir, path.Join(e.Name(), revokedFile), slices.Concat(o.CA, o.Orderers)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, err
		}
		t.Organisations[o.MSPID] = o
	}
	if len(t.Organisations) == 0 {
		return nil, errors.New("couldn't read the folder of roots: want <MSP ID>/ca.pem and <MSP ID>/orderer-ca.pem of each organisation")
	}
	t.Agreement = Agreement{Channel: DefaultChannel, Chaincode: DefaultChaincode, Endorsement: Policy{OutOf: DefaultOutOf, Of: t.MSPIDs()}}
	raw, err := readSmall(dir, AgreementFile)
	if errors.Is(err, fs.ErrNotExist) {
		return t, nil
	}
	if err != nil {
		return nil, err
	}
	d := json.NewDecoder(bytes.NewReader(raw))
	d.DisallowUnknownFields()
	var a Agreement
	if err := d.Decode(&a); err != nil {
		return nil, fmt.Errorf("couldn't read %s: %w", AgreementFile, err)
	}
	switch {
	case a.Channel == "" || a.Chaincode == "":
		return nil, fmt.Errorf("couldn't read %s: channel or chaincode is missing", AgreementFile)
	case a.Endorsement.OutOf < 1 || a.Endorsement.OutOf > len(a.Endorsement.Of):
		return nil, fmt.Errorf("couldn't read %s: an endorsement of %d out of %d", AgreementFile, a.Endorsement.OutOf, len(a.Endorsement.Of))
	}
	for _, id := range a.Endorsement.Of {
		if t.Organisations[id] == nil {
			return nil, fmt.Errorf("couldn't read %s: there are no roots of %s", AgreementFile, id)
		}
	}
	t.Agreement, t.Agreed = a, true
	return t, nil
}

// MSPIDs lists the organisations, sorted.
func (t *Trust) MSPIDs() (ids []string) {
	for id := range t.Organisations {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	return ids
}

func readSmall(dir fs.FS, name string) ([]byte, error) {
	info, err := fs.Stat(dir, name)
	if err != nil {
		return nil, fmt.Errorf("couldn't read %s: %w", name, err)
	}
	if info.Size() > maxTrustFile {
		return nil, fmt.Errorf("couldn't read %s: it has %d bytes, at most %d", name, info.Size(), maxTrustFile)
	}
	raw, err := fs.ReadFile(dir, name)
	if err != nil {
		return nil, fmt.Errorf("couldn't read %s: %w", name, err)
	}
	return raw, nil
}

func certificates(dir fs.FS, name string) ([]*x509.Certificate, error) {
	return armoured(dir, name, "CERTIFICATE", "certificate", x509.ParseCertificate)
}

// revocations reads revocation lists; each must be signed by one of the authorities.
func revocations(dir fs.FS, name string, authorities []*x509.Certificate) ([]*x509.RevocationList, error) {
	list, err := armoured(dir, name, "X509 CRL", "revocation list", x509.ParseRevocationList)
	if err != nil {
		return nil, err
	}
	for _, l := range list {
		if !slices.ContainsFunc(authorities, func(c *x509.Certificate) bool { return l.CheckSignatureFrom(c) == nil }) {
			return nil, fmt.Errorf("couldn't read %s: a revocation list that none of the organisation's authorities signed", name)
		}
	}
	return list, nil
}

// armoured reads the PEM blocks of a file, of one type and at least one.
func armoured[T any](dir fs.FS, name, blockType, what string, parse func(der []byte) (T, error)) (list []T, err error) {
	raw, err := readSmall(dir, name)
	if err != nil {
		return nil, err
	}
	for rest := raw; ; {
		var block *pem.Block
		if block, rest = pem.Decode(rest); block == nil {
			break
		}
		if block.Type != blockType {
			return nil, fmt.Errorf("couldn't read %s: a block %q that is no %s", name, block.Type, what)
		}
		v, err := parse(block.Bytes)
		if err != nil {
			return nil, fmt.Errorf("couldn't read %s: %w", name, err)
		}
		list = append(list, v)
	}
	if len(list) == 0 {
		return nil, fmt.Errorf("couldn't read %s: no %s in it", name, what)
	}
	return list, nil
}

// revoked tells since when a certificate is revoked; the zero time if it is not,
// as far as the lists know.
func (o *Organisation) revoked(c *x509.Certificate) (since time.Time) {
	for _, l := range o.Revoked {
		if !bytes.Equal(l.RawIssuer, c.RawIssuer) {
			continue
		}
		for _, e := range l.RevokedCertificateEntries {
			if e.SerialNumber.Cmp(c.SerialNumber) == 0 && (since.IsZero() || e.RevocationTime.Before(since)) {
				since = e.RevocationTime
			}
		}
	}
	return since
}

// HasRevocations reports whether any organisation's revocation list is at hand.
func (t *Trust) HasRevocations() bool {
	for _, o := range t.Organisations {
		if len(o.Revoked) > 0 {
			return true
		}
	}
	return false
}

// Role is what a certificate's organisational unit says its holder is.
type Role string

// The roles of Fabric's node units.
const (
	RolePeer    Role = "peer"
	RoleOrderer Role = "orderer"
	RoleClient  Role = "client"
	RoleAdmin   Role = "admin"
)

// ErrUntrusted is in every error about a signer whom the roots do not know.
var ErrUntrusted = errors.New("untrusted")

// Why a signer does not count; each is an ErrUntrusted.
var (
	ErrForeign = errors.New("of another consortium") // no root given vouches for it
	ErrExpired = errors.New("expired")               // or not valid yet, at that time
	ErrRevoked = errors.New("revoked")
	ErrTooFew  = errors.New("too few organisations")
	ErrForged  = errors.New("forged") // a signature that its signer did not make
)

// distrust is an ErrUntrusted with its reason.
type distrust struct {
	why  error
	text string
}

func (d *distrust) Error() string        { return ErrUntrusted.Error() + ": " + d.text }
func (d *distrust) Is(target error) bool { return target == ErrUntrusted || target == d.why }

func untrusted(format string, args ...any) error { return untrustedFor(nil, format, args...) }

func untrustedFor(why error, format string, args ...any) error {
	return &distrust{why, fmt.Sprintf(format, args...)}
}

// Signer is somebody the roots vouch for at an instant.
type Signer struct {
	MSPID string
	Name  string // common name
	key   *ecdsa.PublicKey
}

// signer checks a certificate: whose authority it is from, valid then, not revoked
// by then, or ever where that is asked, of one of the roles, with a key of P-256.
func (t *Trust) signer(mspID string, certificate []byte, at time.Time, ever bool, roles ...Role) (*Signer, error) {
	o := t.Organisations[mspID]
	if o == nil {
		return nil, untrustedFor(ErrForeign, "no roots of the organisation %q", clip(mspID))
	}
	block, rest := pem.Decode(certificate)
	if block == nil || block.Type != "CERTIFICATE" || len(bytes.TrimSpace(rest)) > 0 {
		return nil, malformed("an identity of %s that is no certificate", mspID)
	}
	c, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		return nil, malformed("a certificate of %s: %v", mspID, err)
	}
	roots := o.CA
	if slices.Equal(roles, []Role{RoleOrderer}) {
		roots = o.Orderers
	}
	pool := x509.NewCertPool()
	for _, r := range roots {
		pool.AddCert(r)
	}
	if _, err := c.Verify(x509.VerifyOptions{Roots: pool, Intermediates: x509.NewCertPool(), CurrentTime: at, KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageAny}}); err != nil {
		why := ErrForeign
		var invalid x509.CertificateInvalidError
		if errors.As(err, &invalid) && invalid.Reason == x509.Expired {
			why = ErrExpired
		}
		return nil, untrustedFor(why, "the certificate %q of %s at %s: %v", clip(c.Subject.CommonName), mspID, at.UTC().Format(time.RFC3339), err)
	}
	if since := o.revoked(c); !since.IsZero() && (ever || !since.After(at)) {
		return nil, untrustedFor(ErrRevoked, "the certificate %q of %s is revoked since %s", clip(c.Subject.CommonName), mspID, since.UTC().Format(time.RFC3339))
	}
	if !slices.ContainsFunc(roles, func(r Role) bool { return slices.Contains(c.Subject.OrganizationalUnit, string(r)) }) {
		return nil, untrusted("the certificate %q of %s is of %v, not of %v", clip(c.Subject.CommonName), mspID, c.Subject.OrganizationalUnit, roles)
	}
	key, ok := c.PublicKey.(*ecdsa.PublicKey)
	if !ok || key.Curve != elliptic.P256() {
		return nil, untrusted("the certificate %q of %s has no key of P-256", clip(c.Subject.CommonName), mspID)
	}
	return &Signer{MSPID: mspID, Name: c.Subject.CommonName, key: key}, nil
}

// identity is signer of a serialized identity.
func (t *Trust) identity(raw []byte, at time.Time, ever bool, roles ...Role) (*Signer, error) {
	var id msp.SerializedIdentity
	if err := proto.Unmarshal(raw, &id); err != nil {
		return nil, malformed("an identity: %v", err)
	}
	return t.signer(id.GetMspid(), id.GetIdBytes(), at, ever, roles...)
}

var halfOrder = new(big.Int).Rsh(elliptic.P256().Params().N, 1)

// verify checks an ECDSA signature as Fabric does: SHA-256, DER, low S alone, so
// that nobody can make a second signature of one.
func (s *Signer) verify(message, signature []byte) error {
	var sig struct{ R, S *big.Int }
	rest, err := asn1.Unmarshal(signature, &sig)
	if err != nil || len(rest) > 0 || sig.R.Sign() <= 0 || sig.S.Sign() <= 0 {
		return malformed("a signature of %s (%s) is no DER of r and s", s.Name, s.MSPID)
	}
	if sig.S.Cmp(halfOrder) > 0 {
		return malformed("a signature of %s (%s) has a high s", s.Name, s.MSPID)
	}
	sum := sha256.Sum256(message)
	if !ecdsa.VerifyASN1(s.key, sum[:], signature) {
		return untrustedFor(ErrForged, "a signature that %s (%s) did not make", s.Name, s.MSPID)
	}
	return nil
}

func clip(s string) string {
	if len(s) > 60 {
		s = s[:60] + "…"
	}
	return strings.ToValidUTF8(s, "?")
}

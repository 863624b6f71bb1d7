package api

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"github.com/gin-gonic/gin"

	"github.com/datarights/datarights/chaincode/rights"
	"github.com/datarights/datarights/gateway/index"
	"github.com/datarights/datarights/gateway/session"
	"github.com/datarights/datarights/internal/gm"
)

// AssetReporter gives what the rules say of a pledged asset (PL-7): certificate,
// rights, encumbrances with rank, evaluation, objections, disputes, measures and
// whether all bases are effective. It returns a *rights.Error for what refuses.
type AssetReporter func(find rights.Finder, certNo string, at rights.UnixSec, maxDepth int64) (any, error)

// asset is the answer to a bank's question about a certificate: the rules'
// report, and what only an index finds.
type asset struct {
	CertNo       string          `json:"certNo"`
	At           int64           `json:"at"`
	Height       uint64          `json:"height"`  // blocks it was read from
	AskedAs      string          `json:"askedAs"` // office, holder, pledgee, consent
	Verification *verification   `json:"verification"`
	Report       json.RawMessage `json:"report,omitempty"`
	Encumbrances []assetBurden   `json:"encumbrances"`
	Evaluations  []assetRecord   `json:"evaluations"`
	Listings     []assetRecord   `json:"listings"` // live ones
	Licences     []assetRecord   `json:"licences"` // rights in being that rest on the certificate's
	Permits      []assetPermit   `json:"permits"`  // to use, that are out
	Events       []assetEvent    `json:"events"`   // newest first
}

// assetBurden is an encumbrance with the right it lies on.
type assetBurden struct {
	RightID string `json:"rightId"`
	rights.Encumbrance
}

// assetRecord is a record about the object, with whether it is effective now.
type assetRecord struct {
	ID        string       `json:"id"`
	Kind      string       `json:"kind"` // of evaluation, or the venue of a listing
	State     rights.State `json:"state"`
	PartyID   string       `json:"partyId"`
	ValidTo   int64        `json:"validTo"`
	Effective effective    `json:"effective"`
}

// assetPermit is a permit to use that is out on a right. Whose it is, its parties
// know.
type assetPermit struct {
	RightID   string       `json:"rightId"`
	State     rights.State `json:"state"`
	ValidTo   int64        `json:"validTo"`
	Effective effective    `json:"effective"`
}

// assetEvent is one change to the certificate, its rights or what lies on them.
type assetEvent struct {
	Block   uint64       `json:"block"`
	Tx      int          `json:"tx"`
	TxID    string       `json:"txId"`
	At      int64        `json:"at"`
	Command string       `json:"command"`
	Kind    rights.Kind  `json:"kind"`
	ID      string       `json:"id"`
	State   rights.State `json:"state,omitempty"`
	n       int
}

const (
	assetEvents = 20
	// assetRights bounds the rights and pledges whose histories are read.
	assetRights = 50
)

// verifyAsset answers GET /v1/certificates/{no}/asset?consent=.
func (s *server) verifyAsset(c *gin.Context) {
	q, err := accept(c.Request, param{name: "consent"})
	if err != nil {
		s.fail(c, err)
		return
	}
	no := c.Param("id")
	e, err := s.read.Get(rights.KindCertificate, no)
	if errors.Is(err, index.ErrNotFound) {
		err = notFound("certificates", no)
	}
	if err != nil {
		s.fail(c, err)
		return
	}
	cert, err := decodeEntry[rights.Certificate](e)
	if err != nil {
		s.fail(c, err)
		return
	}
	pledges, err := s.pledgesOf(no)
	if err != nil {
		s.fail(c, err)
		return
	}
	as := asksForAsset(cert, pledges, reader(c), q["consent"])
	if as == "" {
		if reader(c) == nil && q["consent"] == "" {
			s.fail(c, refuse(CodeSession, "Authorization", "查询质押资产需要会话，或出质人的同意凭据", "this needs a session, or the pledgor's token of consent"))
			return
		}
		s.fail(c, forbidden(no))
		return
	}
	answer, err := s.asset(cert, pledges)
	if err != nil {
		s.fail(c, err)
		return
	}
	answer.AskedAs = as
	s.answer(c, answer)
}

// pledgesOf finds the pledges that name a certificate, newest first.
func (s *server) pledgesOf(no string) ([]*rights.Pledge, error) {
	page, err := s.read.List(index.Query{Kind: rights.KindPledge, Where: map[string]string{"certNo": no}, Limit: assetRights})
	if err != nil {
		return nil, err
	}
	var all []*rights.Pledge
	for _, e := range page.Items {
		p, err := decodeEntry[rights.Pledge](e)
		if err != nil {
			return nil, err
		}
		all = append(all, p)
	}
	return all, nil
}

// asksForAsset says by what right who asks (PL-7); "" by none. A pledgee may
// once the pledge is registered; before that, whoever holds the consent whose
// hash the pledgor put into it.
func asksForAsset(cert *rights.Certificate, pledges []*rights.Pledge, who *session.Identity, consent string) string {
	if officeOrRegistrar(who) {
		return "office"
	}
	if is(who, cert.HolderID) || slices.ContainsFunc(cert.Rights, func(r rights.CertificateRight) bool { return is(who, r.HolderID) }) {
		return "holder"
	}
	for _, p := range pledges {
		if is(who, p.PledgeeID) && (p.State == rights.StateRegistered || p.State == rights.StateEnforcing) {
			return "pledgee"
		}
	}
	if consent == "" {
		return ""
	}
	token := fmt.Sprintf("sm3:%x", gm.SM3([]byte(consent)))
	for _, p := range pledges {
		if p.VerifyToken == token && (p.State == rights.StateApplied || p.State == rights.StateConfirmed) {
			return "consent"
		}
	}
	return ""
}

func (s *server) asset(cert *rights.Certificate, pledges []*rights.Pledge) (*asset, error) {
	a := &asset{CertNo: cert.CertNo, At: s.now().Unix(), Height: s.read.Status().Height, Encumbrances: []assetBurden{}, Evaluations: []assetRecord{},
		Listings: []assetRecord{}, Licences: []assetRecord{}, Permits: []assetPermit{}, Events: []assetEvent{}}
	var err error
	if a.Verification, err = s.verify(cert.CertNo, ""); err != nil {
		return nil, err
	}
	depth, err := s.basisDepth(cert.RuleProfileVer)
	if err != nil {
		return nil, err
	}
	if s.opts.Asset != nil {
		report, err := s.opts.Asset(s, cert.CertNo, a.At, depth)
		if err != nil {
			return nil, err
		}
		if a.Report, err = encode(report); err != nil {
			return nil, err
		}
	}
	told := []rights.RecordRef{{Kind: rights.KindCertificate, ID: cert.CertNo}}
	for _, listed := range cert.Rights[:min(len(cert.Rights), assetRights)] {
		var r rights.Right
		if ok, err := s.Find(rights.KindRight, listed.RightID, &r); err != nil || !ok {
			return nil, errors.Join(err, fmt.Errorf("couldn't find the right %s of certificate %s", listed.RightID, cert.CertNo))
		}
		burdens, err := rights.EncumbrancesOf(s, &r)
		if err != nil {
			return nil, err
		}
		for _, b := range burdens {
			a.Encumbrances = append(a.Encumbrances, assetBurden{r.ID, b})
		}
		if err := a.usesOf(s, r.ID, depth); err != nil {
			return nil, err
		}
		told = append(told, rights.RecordRef{Kind: rights.KindRight, ID: r.ID}, rights.RecordRef{Kind: rights.KindRestraints, ID: r.ID})
	}
	for _, p := range pledges {
		told = append(told, rights.RecordRef{Kind: rights.KindPledge, ID: p.ID})
	}
	listed, err := s.listingsOf(cert, depth)
	if err != nil {
		return nil, err
	}
	a.Listings = append(a.Listings, listed...)
	if a.Evaluations, err = s.evaluationsOf(cert.ObjectID, depth); err != nil {
		return nil, err
	}
	for _, l := range a.Listings {
		told = append(told, rights.RecordRef{Kind: rights.KindListing, ID: l.ID})
	}
	if a.Events, err = s.eventsOf(told); err != nil {
		return nil, err
	}
	return a, nil
}

// usesOf adds what others may do on the strength of a right: rights that rest on
// it, and permits.
func (a *asset) usesOf(s *server, rightID string, depth int64) error {
	page, err := s.read.List(index.Query{Kind: rights.KindRight, Where: map[string]string{"basisId": rightID}, Limit: assetRights})
	if err != nil {
		return err
	}
	for _, e := range page.Items {
		r, err := decodeEntry[rights.Right](e)
		if err != nil {
			return err
		}
		if r.State != rights.StateActive && r.State != rights.StateSuspended {
			continue
		}
		eff, err := effectOf(s, r.ID, a.At, depth)
		if err != nil {
			return err
		}
		a.Licences = append(a.Licences, assetRecord{r.ID, string(r.Kind), r.State, r.HolderID, r.ValidTo, eff})
	}
	for _, state := range []rights.State{rights.StateActive, rights.StateExhausted, rights.StateSuspended} {
		page, err := s.read.List(index.Query{Kind: rights.KindPermit, Where: map[string]string{"basisId": rightID, "state": string(state)}, Limit: assetRights})
		if err != nil {
			return err
		}
		for _, e := range page.Items {
			p, err := decodeEntry[rights.Permit](e)
			if err != nil {
				return err
			}
			eff, err := effectOf(s, p.ID, a.At, depth)
			if err != nil {
				return err
			}
			a.Permits = append(a.Permits, assetPermit{rightID, p.State, p.ValidTo, eff})
		}
	}
	return nil
}

// listingsOf finds what is offered under a certificate or of its object now.
func (s *server) listingsOf(cert *rights.Certificate, depth int64) ([]assetRecord, error) {
	all := []assetRecord{}
	for _, by := range []map[string]string{{"certNo": cert.CertNo}, {"productId": cert.ObjectID}} {
		for _, state := range []rights.State{rights.StateListed, rights.StatePaused, rights.StateSuspended} {
			by["state"] = string(state)
			page, err := s.read.List(index.Query{Kind: rights.KindListing, Where: by, Limit: assetRights})
			if err != nil {
				return nil, err
			}
			for _, e := range page.Items {
				l, err := decodeEntry[rights.Listing](e)
				if err != nil {
					return nil, err
				}
				if slices.ContainsFunc(all, func(r assetRecord) bool { return r.ID == l.ID }) {
					continue
				}
				eff, err := effectOf(s, l.ID, s.now().Unix(), depth)
				if err != nil {
					return nil, err
				}
				all = append(all, assetRecord{l.ID, l.VenueID, l.State, l.SellerID, l.ValidTo, eff})
			}
		}
	}
	return all, nil
}

func (s *server) evaluationsOf(objectID string, depth int64) ([]assetRecord, error) {
	all := []assetRecord{}
	page, err := s.read.List(index.Query{Kind: rights.KindEvaluation, Where: map[string]string{"objectId": objectID}, Limit: assetRights})
	if err != nil {
		return nil, err
	}
	for _, e := range page.Items {
		v, err := decodeEntry[rights.Evaluation](e)
		if err != nil {
			return nil, err
		}
		eff, err := effectOf(s, v.ID, s.now().Unix(), depth)
		if err != nil {
			return nil, err
		}
		all = append(all, assetRecord{v.ID, v.Kind, v.State, v.EvaluatorID, v.ValidTo, eff})
	}
	return all, nil
}

// eventsOf are the last events of some records. One transaction is an event of
// each record it changed.
func (s *server) eventsOf(refs []rights.RecordRef) ([]assetEvent, error) {
	all := []assetEvent{}
	for _, ref := range refs {
		revisions, err := s.read.History(ref.Kind, ref.ID)
		if errors.Is(err, index.ErrNotFound) {
			continue
		}
		if err != nil {
			return nil, err
		}
		for _, r := range revisions[max(0, len(revisions)-assetEvents):] {
			var head rights.Head
			if err := json.Unmarshal(r.JSON, &head); err != nil {
				return nil, err
			}
			all = append(all, assetEvent{Block: r.Block, Tx: r.Tx, TxID: r.TxID, At: r.At, Command: r.Command, Kind: ref.Kind, ID: ref.ID, State: head.State, n: r.N})
		}
	}
	slices.SortStableFunc(all, func(a, b assetEvent) int {
		switch x, y := (index.Position{Block: a.Block, Tx: a.Tx, N: a.n}), (index.Position{Block: b.Block, Tx: b.Tx, N: b.n}); {
		case after(x, y):
			return -1
		case after(y, x):
			return 1
		}
		return 0
	})
	return all[:min(len(all), assetEvents)], nil
}

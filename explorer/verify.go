package explorer

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/skip2/go-qrcode"

	"github.com/datarights/datarights/chaincode/rights"
	"github.com/datarights/datarights/gateway/index"
)

// verifyView answers somebody who holds a certificate, on paper or as a number.
type verifyView struct {
	Asked   string // as it was typed
	No      string // "" until there is a number
	Bad     bool   // what was typed is no number
	Missing bool   // nobody issued it
	Cert    *rights.Certificate
	Rights  []verifiedRight
	Good    bool // the certificate is valid and every right in being is effective
	Issued  *index.Revision
	Unread  bool // on the ledger, and not of its shape
}

// verifiedRight is a right of the certificate as it stands: what lies on it by
// type, not for whose benefit.
type verifiedRight struct {
	*rights.Right
	Effect       Effect
	Encumbrances []rights.EncumbranceType
	Left         bool // it is no longer on the certificate
}

// verifyForm answers GET /verify: where a number is typed in.
func (q *request) verifyForm() error {
	asked := q.param("no")
	no := strings.ToUpper(strings.NewReplacer(" ", "", "-", "", "　", "").Replace(asked))
	switch {
	case asked == "":
		return q.render(http.StatusOK, "verify", "verify", verifyView{})
	case rights.ValidCertNo(no):
		return q.redirect(verifyPage(no))
	}
	return q.render(http.StatusBadRequest, "verify", "verify", verifyView{Asked: asked, Bad: true})
}

func verifyPage(no string) string { return "/verify/" + url.PathEscape(no) }

// verify answers GET /verify/{no}, where the code on a printed certificate leads.
func (q *request) verify() error {
	no := q.r.PathValue("no")
	if !rights.ValidCertNo(no) {
		return q.render(http.StatusBadRequest, "verify", "verify", verifyView{Asked: strings.ToValidUTF8(no, ""), Bad: true})
	}
	v := verifyView{Asked: no, No: no}
	e, err := q.Reader.Get(rights.KindCertificate, no)
	if errors.Is(err, index.ErrNotFound) {
		v.Missing = true
		return q.render(http.StatusNotFound, "verify", "verify", v)
	}
	if err != nil {
		return err
	}
	c := new(rights.Certificate)
	if json.Unmarshal(e.JSON, c) != nil {
		v.Unread = true
		return q.render(http.StatusOK, "verify", "verify", v)
	}
	v.Cert = c
	history, err := q.Reader.History(rights.KindCertificate, no)
	if err != nil && !errors.Is(err, index.ErrNotFound) {
		return err
	}
	if len(history) > 0 {
		v.Issued = &history[0]
	}
	carried := false
	v.Good = c.State == rights.StateValid || c.State == rights.StateAdjusted
	for _, listed := range c.Rights {
		r := q.loadRight(listed.RightID)
		if r == nil {
			return fmt.Errorf("the right %s of certificate %s is not in the index", listed.RightID, no)
		}
		x := verifiedRight{Right: r, Effect: q.effect(r), Left: r.State != rights.StateActive && r.State != rights.StateSuspended}
		list, err := rights.EncumbrancesOf(q, r)
		if err != nil {
			return err
		}
		seen := map[rights.EncumbranceType]bool{}
		for _, e := range list {
			if !seen[e.Type] && (e.To == 0 || e.To > q.now) {
				seen[e.Type] = true
				x.Encumbrances = append(x.Encumbrances, e.Type)
			}
		}
		if !x.Left {
			carried, v.Good = true, v.Good && x.Effect.Now
		}
		v.Rights = append(v.Rights, x)
	}
	v.Good = v.Good && carried
	return q.render(http.StatusOK, "verify", "verify", v)
}

// Proof is where the certificate's proof is fetched.
func (v verifyView) Proof() string { return "/v1/certificates/" + url.PathEscape(v.No) + "/proof" }

// QR is a code that cameras read, drawn as one path of unit squares.
type QR struct {
	URL  string
	Size int    // of a side, with its quiet margin
	Path string // of SVG
}

// VerifyQR leads to the verification page of a certificate. Where no public
// address is set, it is the one this page was asked at.
func (p *Page) VerifyQR(no string) (*QR, error) {
	address := p.URL(verifyPage(no))
	if address == "" {
		u := url.URL{Scheme: "http", Host: p.q.r.Host, Path: verifyPage(no)}
		if p.q.r.TLS != nil {
			u.Scheme = "https"
		}
		address = u.String()
	}
	return newQR(address)
}

func newQR(text string) (*QR, error) {
	code, err := qrcode.New(text, qrcode.Medium)
	if err != nil {
		return nil, fmt.Errorf("couldn't draw a code of %d characters: %w", len(text), err)
	}
	rows := code.Bitmap()
	var path strings.Builder
	for y, row := range rows {
		for x := 0; x < len(row); x++ {
			from := x
			for x < len(row) && row[x] {
				x++
			}
			if x > from {
				fmt.Fprintf(&path, "M%d %dh%dv1h-%dz", from, y, x-from, x-from)
			}
		}
	}
	return &QR{text, len(rows), path.String()}, nil
}

// Holder is the registrant as the certificate names it.
func (v certificateView) Holder() string {
	if v.Certificate.HolderName != "" {
		return v.Certificate.HolderName
	}
	return v.Certificate.HolderID
}

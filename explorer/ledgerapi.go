package explorer

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"

	"github.com/datarights/datarights/chaincode/rights"
	"github.com/datarights/datarights/client"
)

// What is not for everybody, and all that is written, goes through the gateway's own
// API, called in this process with the visitor's session: who may read and do what is
// decided in one place, and a page can show no more than curl would get.

// maxAnswer bounds what a page takes from the API in bytes.
const maxAnswer = 32 << 20

// buffered is an answer that stays in memory.
type buffered struct {
	header http.Header
	status int
	body   bytes.Buffer
	full   bool
}

func (b *buffered) Header() http.Header { return b.header }

func (b *buffered) WriteHeader(status int) {
	if b.status == 0 {
		b.status = status
	}
}

func (b *buffered) Write(p []byte) (int, error) {
	b.WriteHeader(http.StatusOK)
	if b.body.Len()+len(p) > maxAnswer {
		b.full = true
		return 0, io.ErrShortWrite
	}
	return b.body.Write(p)
}

// call asks the API as the visitor and returns the answer's body. A refusal is a
// *client.Problem.
func (q *request) call(method, path string, query url.Values, mediaType string, body []byte, token string) ([]byte, error) {
	if q.API == nil {
		return nil, errNotHere
	}
	// The visitor's connection is what bounds the wait, and whom limits count.
	r, err := http.NewRequestWithContext(context.WithoutCancel(q.r.Context()), method, path, bytes.NewReader(body))
	if method == http.MethodGet {
		r, err = http.NewRequestWithContext(q.r.Context(), method, path, nil)
	}
	if err != nil {
		return nil, fmt.Errorf("couldn't ask the API for %s: %w", path, err)
	}
	r.URL.RawQuery = query.Encode()
	r.RequestURI = r.URL.RequestURI()
	r.Host, r.RemoteAddr = q.r.Host, q.r.RemoteAddr
	for _, name := range []string{"X-Forwarded-For", "X-Request-Id", "Accept-Language"} {
		if v := q.r.Header.Values(name); len(v) > 0 {
			r.Header[name] = v
		}
	}
	r.Header.Set("Accept", "application/json")
	if mediaType != "" {
		r.Header.Set("Content-Type", mediaType)
	}
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	b := &buffered{header: http.Header{}}
	q.API.ServeHTTP(b, r)
	if b.full {
		return nil, fmt.Errorf("the API's answer to %s is longer than %d bytes", path, maxAnswer)
	}
	if b.status >= 200 && b.status < 300 {
		return b.body.Bytes(), nil
	}
	p := &client.Problem{Status: b.status}
	if json.Unmarshal(b.body.Bytes(), p) != nil || p.Code == "" {
		return nil, fmt.Errorf("the API answered %s with status %d", path, b.status)
	}
	return nil, p
}

// get reads a resource of the API into v.
func (q *request) get(path string, query url.Values, v any) error {
	raw, err := q.call(http.MethodGet, path, query, "", nil, q.token())
	if err != nil {
		return err
	}
	if err := json.Unmarshal(raw, v); err != nil {
		return fmt.Errorf("couldn't read the API's answer to %s: %w", path, err)
	}
	return nil
}

// post sends v as JSON and reads the answer into out.
func (q *request) post(path string, v, out any) error {
	body, err := json.Marshal(v)
	if err != nil {
		return fmt.Errorf("couldn't write what goes to %s: %w", path, err)
	}
	return q.send(path, "application/json", body, out)
}

// send posts bytes as they are.
func (q *request) send(path, mediaType string, body []byte, out any) error {
	raw, err := q.call(http.MethodPost, path, nil, mediaType, body, q.token())
	if err != nil {
		return err
	}
	if err := json.Unmarshal(raw, out); err != nil {
		return fmt.Errorf("couldn't read the API's answer to %s: %w", path, err)
	}
	return nil
}

// Seen is a record as the API shows it to the visitor.
type Seen[T any] struct {
	Record *T
	Raw    json.RawMessage
	View   string // public or full
	Ledger struct {
		Block uint64 `json:"block"`
		TxID  string `json:"txId"`
	}
	// Effective is the gateway's word on kinds that can fall; nil where there is none.
	Effective *Standing
}

// Standing says whether a record can be relied on now, and if not why.
type Standing struct {
	Now bool
	Why rights.Text
}

// UnmarshalJSON reads the record and what stands beside it.
func (s *Seen[T]) UnmarshalJSON(raw []byte) error {
	s.Record, s.Raw = new(T), bytes.Clone(raw)
	if err := json.Unmarshal(raw, s.Record); err != nil {
		return err
	}
	var beside struct {
		View   string `json:"view"`
		Ledger struct {
			Block uint64 `json:"block"`
			TxID  string `json:"txId"`
		} `json:"ledger"`
		Effective *struct {
			Now      bool   `json:"now"`
			Reason   string `json:"reason"`
			ReasonZh string `json:"reasonZh"`
		} `json:"effective"`
	}
	if err := json.Unmarshal(raw, &beside); err != nil {
		return err
	}
	s.View, s.Ledger.Block, s.Ledger.TxID = beside.View, beside.Ledger.Block, beside.Ledger.TxID
	if e := beside.Effective; e != nil {
		s.Effective = &Standing{e.Now, rights.Text{Zh: e.ReasonZh, En: e.Reason}}
	}
	return nil
}

// listed is one page of a collection as the visitor sees it; next is the address of
// the following page of this page, or "".
func listed[T any](q *request, collection string, cursorParam string, pairs ...string) (items []Seen[T], next string, err error) {
	query := queryOf(pairs)
	if cursorParam != "" {
		if c := q.param(cursorParam); c != "" {
			query.Set("cursor", c)
		}
	}
	if query.Get("limit") == "" {
		query.Set("limit", fmt.Sprint(pageLimit))
	}
	var page struct {
		Items []Seen[T] `json:"items"`
		Next  string    `json:"next"`
	}
	if err := q.get("/v1/"+collection, query, &page); err != nil {
		return nil, "", err
	}
	if page.Next != "" && cursorParam != "" {
		next = q.with(cursorParam, page.Next)
	}
	return page.Items, next, nil
}

// walk reads the pages of a list of the API, of them at most that many.
func walk[T any](q *request, path string, query url.Values, pages int) ([]T, error) {
	var all []T
	for range pages {
		var page struct {
			Items []T    `json:"items"`
			Next  string `json:"next"`
		}
		if err := q.get(path, query, &page); err != nil {
			return nil, err
		}
		all = append(all, page.Items...)
		if page.Next == "" {
			break
		}
		query.Set("cursor", page.Next)
	}
	return all, nil
}

// queryOf is a query of names and values in turn; an empty value asks for nothing.
func queryOf(pairs []string) url.Values {
	query := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		if pairs[i+1] != "" {
			query.Set(pairs[i], pairs[i+1])
		}
	}
	return query
}

// longPage is the longest page of a collection the API gives.
const longPage = 200

// firstPages walks a collection in long pages, of them at most that many.
func firstPages[T any](q *request, pages int, collection string, pairs ...string) ([]Seen[T], error) {
	query := queryOf(pairs)
	query.Set("limit", fmt.Sprint(longPage))
	return walk[Seen[T]](q, "/v1/"+collection, query, pages)
}

// everyPage walks a whole collection: for those bounded by definitions, or by one
// record, not by all that happened.
func everyPage[T any](q *request, collection string, pairs ...string) ([]Seen[T], error) {
	return firstPages[T](q, 20, collection, pairs...)
}

// one reads a record as the visitor sees it.
func one[T any](q *request, collection, id string) (*Seen[T], error) {
	s := new(Seen[T])
	if err := q.get("/v1/"+collection+"/"+url.PathEscape(id), nil, s); err != nil {
		return nil, err
	}
	return s, nil
}

// refusedWith reports whether an error is the API's answer with one of some statuses.
func refusedWith(err error, statuses ...int) bool {
	var p *client.Problem
	return errors.As(err, &p) && slices.Contains(statuses, p.Status)
}

// absent reports whether an error says that a record is not there.
func absent(err error) bool { return refusedWith(err, http.StatusNotFound) }

// notForUs reports whether an error says that a record is not for the visitor, signed
// in as he is.
func notForUs(err error) bool { return refusedWith(err, http.StatusForbidden) }

// unseen reports whether either is so. That the session has ended is not among them:
// a workplace then asks to sign in again.
func unseen(err error) bool { return absent(err) || notForUs(err) }

// notShown is unseen for pages that a guest may read too.
func notShown(err error) bool { return unseen(err) || refusedWith(err, http.StatusUnauthorized) }

package main

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"sync"
	"sync/atomic"
	"time"

	"github.com/datarights/datarights/chaincode/rights"
	"github.com/datarights/datarights/client"
	"github.com/datarights/datarights/network"
)

// The registrar's certificate numbers begin with SJ, its region and its digit.
const (
	certRegion = "32"
	certDigit  = "1"
)

// market makes resources, applications and certificates as their owners would,
// over the gateways' API.
type market struct {
	people
	d       *network.Deployment
	gateway *client.Client // the Group's
	clients map[string]*client.Client
	latest  atomic.Uint64 // block of what was submitted last

	mu      sync.Mutex // guards what follows
	months  []string   // whose certificate numbers are all free
	serial  int        // next of months[0]
	objects int        // catalogued so far
}

func newMarket(ctx context.Context, d *network.Deployment) (*market, error) {
	m := &market{d: d, clients: map[string]*client.Client{}, serial: 1}
	for i := range d.Organisations {
		c, err := via(d, d.Organisations[i].Name, 0)
		if err != nil {
			return nil, err
		}
		m.clients[d.Organisations[i].Name] = c
	}
	m.gateway = m.clients["Group"]
	if err := m.gather(ctx); err != nil {
		return nil, err
	}
	return m, m.findMonths(ctx)
}

// findMonths finds past months in which the registrar issued nothing yet.
func (m *market) findMonths(ctx context.Context) error {
	now := time.Now()
	for at := time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC); at.Before(now.AddDate(0, -1, 0)); at = at.AddDate(0, 1, 0) {
		month := at.Format("200601")
		var page client.Page[json.RawMessage]
		if _, err := m.gateway.Get(ctx, "/v1/certificates", url.Values{"prefix": {"SJ" + certRegion + certDigit + month}, "limit": {"1"}}, &page); err != nil {
			return err
		}
		if len(page.Items) == 0 {
			m.months = append(m.months, month)
		}
	}
	return nil
}

func (m *market) certNo() (string, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.serial > 9999 {
		m.months, m.serial = m.months[1:], 1
	}
	if len(m.months) == 0 {
		return "", errors.New("the registrar's certificate numbers of past months are used up")
	}
	m.serial++
	return fmt.Sprintf("SJ%s%s%s%04d", certRegion, certDigit, m.months[0], m.serial-1), nil
}

// submit signs a command and waits until it is committed. Whatever gateway it
// passes has seen all that was submitted so before.
func (m *market) submit(ctx context.Context, who actor, name string, body any) (rights.Result, error) {
	signed, err := who.sign(name, body)
	if err != nil {
		return rights.Result{}, err
	}
	receipt, err := m.clients[who.gateway].AtLeast(m.latest.Load()).Submit(ctx, signed)
	if err != nil {
		return rights.Result{}, err
	}
	for seen := m.latest.Load(); receipt.Block > seen && !m.latest.CompareAndSwap(seen, receipt.Block); seen = m.latest.Load() {
	}
	return resultOf(receipt)
}

// settled waits until every gateway has seen all that was submitted.
func (m *market) settled(ctx context.Context) error {
	for _, c := range m.clients {
		if _, err := c.AtLeast(m.latest.Load()).Get(ctx, "/v1/stats", nil, nil); err != nil {
			return err
		}
	}
	return nil
}

// send submits a signed command, with the secret beside it if there is one.
func send(ctx context.Context, c *client.Client, jws, secret []byte) (rights.Result, error) {
	var receipt client.Receipt
	var err error
	if secret == nil {
		receipt, err = c.Submit(ctx, jws)
	} else {
		receipt, err = c.SubmitWithSecret(ctx, jws, secret)
	}
	if err != nil {
		return rights.Result{}, err
	}
	return resultOf(receipt)
}

func resultOf(receipt client.Receipt) (result rights.Result, err error) {
	err = json.Unmarshal(receipt.Result, &result)
	return result, err
}

// idsOf are the records of a kind that a command wrote.
func idsOf(r rights.Result, kind rights.Kind) []string {
	var ids []string
	for _, ref := range r.Records {
		if ref.Kind == kind {
			ids = append(ids, ref.ID)
		}
	}
	return ids
}

// batch is the body of a bulk command.
type batch struct {
	Common any   `json:"common,omitempty"`
	Items  []any `json:"items"`
}

// catalogueEntries are n new resources of a holder, each with digests and a
// platform's tag of its own, as one bulk body.
func (m *market) catalogueEntries(holder actor, n int) (batch, error) {
	m.mu.Lock()
	from := m.objects
	m.objects += n
	m.mu.Unlock()
	b := batch{Common: map[string]any{
		"overview": "逐小时观测的气压、气温与风速，测速用合成数据。", "subjectClass": "SubjectEnterprise", "sourceType": "SrcCollected",
		"industryCode": "M74", "regionCode": "320902", "regionRange": "County", "timeFrom": "2025-01-01", "timeTo": "2025-12-31",
		"updateFreq": "Yearly", "dataForm": "Table", "structure": "Structured", "level": "LevelGeneral", "grade": 1, "pi": "None",
		"recordCount": 8760, "sizeBytes": 262144, "tagEpoch": 1, "schemaHash": newHash(),
		"gradeReport": rights.Evidence{DocType: rights.DocGrading, Hash: newHash()},
	}}
	for i := range n {
		c, err := m.content(holder)
		if err != nil {
			return b, err
		}
		b.Items = append(b.Items, map[string]any{
			"name": fmt.Sprintf("测速观测数据%06d", from+i), "contentRoot": c.root, "matchTag": c.tag, "tagAttestation": c.attestation,
		})
	}
	return b, nil
}

// content is something new that a holder has: its digests, with the platform's
// word for the tag.
type content struct {
	root, tag   string
	attestation *rights.TagAttestation
}

func (m *market) content(holder actor) (content, error) {
	c := content{root: newHash(), tag: newHash()}
	sketch := newHash()
	signature, err := m.platform.key.Sign([]byte(rights.TagStatement(holder.uscc, c.root, c.tag, 1, sketch)))
	c.attestation = &rights.TagAttestation{Kid: rights.KeyID(m.platform.uscc, m.platform.no), Signature: base64.RawURLEncoding.EncodeToString(signature), SketchHash: sketch}
	return c, err
}

func newHash() string {
	var b [32]byte
	_, _ = rand.Read(b[:]) // never fails
	return "sm3:" + hex.EncodeToString(b[:])
}

// catalogue makes n resources of a holder's under as few signatures as it takes.
func (m *market) catalogue(ctx context.Context, holder actor, n int) ([]string, error) {
	var ids []string
	for len(ids) < n {
		body, err := m.catalogueEntries(holder, min(rights.MaxBatch, n-len(ids)))
		if err != nil {
			return nil, err
		}
		result, err := m.submit(ctx, holder, "resource.catalogueBatch", body)
		if err != nil {
			return nil, fmt.Errorf("couldn't catalogue: %w", err)
		}
		ids = append(ids, idsOf(result, rights.KindResource)...)
	}
	return ids, nil
}

// application is for all three rights in one resource.
func (m *market) application(objectID string) map[string]any {
	var papers []rights.Evidence
	for _, d := range []rights.DocType{rights.DocForm, rights.DocIdentity, rights.DocSource, rights.DocSample, rights.DocDescription,
		rights.DocAllocation, rights.DocCommitment, rights.DocGrading} {
		papers = append(papers, rights.Evidence{DocType: d, Hash: newHash()})
	}
	body := map[string]any{
		"regType": "RegFirst", "registrarId": m.registrar.uscc, "objectType": "Resource", "evidence": papers,
		"rightKinds": []rights.RightKind{rights.RightHolding, rights.RightUse, rights.RightOperation},
	}
	if objectID != "" {
		body["objectId"] = objectID
	}
	return body
}

// applications signs n single applications for registration, each for a
// resource of its own: signing is the applicant's work, not the ledger's.
func (m *market) applications(ctx context.Context, applicant actor, n int) ([][]byte, error) {
	objects, err := m.catalogue(ctx, applicant, n)
	if err != nil {
		return nil, err
	}
	signed := make([][]byte, n)
	for i, id := range objects {
		s, err := applicant.sign("registration.submit", m.application(id))
		if err != nil {
			return nil, err
		}
		signed[i] = s
	}
	return signed, nil
}

func positive() *rights.Findings {
	yes := &rights.Finding{Positive: true, NoteHash: newHash()}
	return &rights.Findings{Description: yes, Source: yes, Rights: yes}
}

func items(field string, ids []string) []any {
	list := make([]any, len(ids))
	for i, id := range ids {
		list[i] = map[string]string{field: id}
	}
	return list
}

// maxNotice is how long a public notice is waited for.
const maxNotice = 3 * time.Minute

// awaitNotice waits until a case's public notice has ended, by the ledger's dates.
func (m *market) awaitNotice(ctx context.Context, caseID string) error {
	var c rights.Case
	if err := m.await(ctx, func() (bool, error) {
		_, err := m.gateway.Get(ctx, "/v1/registrations/"+caseID, nil, &c)
		if notFound(err) {
			return false, nil
		}
		return c.NoticeEndsAt > 0, err
	}); err != nil {
		return fmt.Errorf("couldn't see %s in public notice: %w", caseID, err)
	}
	return waitUntil(ctx, c.NoticeEndsAt)
}

package api

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/textproto"
	"slices"
	"strings"
	"testing"

	"github.com/datarights/datarights/chaincode/command"
	"github.com/datarights/datarights/chaincode/rights"
	"github.com/datarights/datarights/gateway/outcome"
)

// vault is a member's way to its collections.
type vault struct {
	submit func(jws, secret []byte) (outcome.Outcome, error)
	kept   map[string]string // collection/kind/id → bytes
	err    error
	reads  []string
}

func (v *vault) Submit(_ context.Context, jws, secret []byte) (outcome.Outcome, error) {
	return v.submit(jws, secret)
}

func (v *vault) SubmitAsync(ctx context.Context, jws, secret []byte) (outcome.Outcome, error) {
	return v.Submit(ctx, jws, secret)
}

func (v *vault) Read(_ context.Context, c rights.Collection, kind rights.Kind, id string) ([]byte, error) {
	at := fmt.Sprintf("%s/%s/%s", c, kind, id)
	v.reads = append(v.reads, at)
	if v.err != nil {
		return nil, v.err
	}
	return []byte(v.kept[at]), nil
}

func memberOf(v *vault, collections ...rights.Collection) func(*Options) {
	return func(o *Options) { o.Secrets, o.Collections = v, collections }
}

// part is one part of a multipart body.
type part struct{ name, media, content string }

func parts(kind string, all ...part) (body []byte, contentType string) {
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	for _, p := range all {
		h := textproto.MIMEHeader{}
		if p.name != "" {
			h.Set("Content-Disposition", `form-data; name="`+p.name+`"`)
		}
		if p.media != "" {
			h.Set("Content-Type", p.media)
		}
		part, _ := w.CreatePart(h)
		_, _ = part.Write([]byte(p.content))
	}
	_ = w.Close()
	return b.Bytes(), "multipart/" + kind + "; boundary=" + w.Boundary()
}

const theSecret = "{\"priceFen\": 7392051844,\n \"salt\":\"hN2c8YtGv5RqXb1mKz4wEa\"}\n"

func TestACommandWithItsSecret(t *testing.T) {
	jws := aCommand(t)
	secretFirst := []part{{"secret", "application/json", theSecret}, {"command", "application/jose", string(jws) + "\n"}}
	var got, secret []byte
	v := &vault{submit: func(j, s []byte) (outcome.Outcome, error) {
		got, secret = j, s
		return outcome.Outcome{TxID: "t1", Block: 30, Payload: answerOf("t1", false)}, nil
	}}
	w := newWorld(t, memberOf(v, rights.CollectionTrade))
	body, contentType := parts("form-data", secretFirst...)
	w.do(http.MethodPost, "/v1/commands", body, "Content-Type", contentType).want(http.StatusCreated)
	if !bytes.Equal(got, jws) || string(secret) != theSecret {
		t.Errorf("got %q and %q", got, secret)
	}
	w.do(http.MethodPost, "/v1/commands", body, "Content-Type", contentType, "Prefer", "respond-async").want(http.StatusAccepted)
	got, secret = nil, nil
	body, contentType = parts("mixed", secretFirst...)
	if rec := w.serve(bytes.NewReader(body), contentType); rec.Code != http.StatusCreated || !bytes.Equal(got, jws) || string(secret) != theSecret {
		t.Errorf("mixed: %d, %q and %q", rec.Code, got, secret)
	}
	if len(w.ledger.got) != 0 {
		t.Error("the command went another way")
	}
	// Parts of multipart/mixed need no names.
	body, contentType = parts("mixed", part{"", "application/jose", string(jws)}, part{"", "application/json", theSecret})
	if rec := w.serve(bytes.NewReader(body), contentType); rec.Code != http.StatusCreated {
		t.Errorf("got %d %s", rec.Code, rec.Body)
	}
}

func TestMalformedParts(t *testing.T) {
	jws := string(aCommand(t))
	batch, err := command.Sign(weather.key, weather.kid(), command.Payload{Command: "registration.submitBatch", ID: commandID, Iat: testTime, Exp: testTime + 3600, Body: json.RawMessage(`{"items":[{}]}`)})
	if err != nil {
		t.Fatal(err)
	}
	w := newWorld(t, memberOf(&vault{submit: func([]byte, []byte) (outcome.Outcome, error) {
		t.Error("it reached a peer")
		return outcome.Outcome{}, errors.New("no")
	}}, rights.CollectionTrade))
	cmd, sec := part{"command", "application/jose", jws}, part{"secret", "application/json", theSecret}
	for name, test := range map[string]struct {
		parts  []part
		status int
		code   rights.Code
		field  string
	}{
		"no secret":            {[]part{cmd}, 400, rights.CodeFormat, "body"},
		"no command":           {[]part{sec}, 400, rights.CodeFormat, "body"},
		"nothing":              {nil, 400, rights.CodeFormat, "body"},
		"two commands":         {[]part{cmd, cmd, sec}, 400, rights.CodeFormat, "body"},
		"two secrets":          {[]part{cmd, sec, sec}, 400, rights.CodeFormat, "body"},
		"a third part":         {[]part{cmd, sec, {"note", "text/plain", "x"}}, 400, rights.CodeFormat, "body"},
		"secret of other type": {[]part{cmd, {"secret", "text/plain", theSecret}}, 400, rights.CodeFormat, "body"},
		"names exchanged":      {[]part{{"secret", "application/jose", jws}, {"command", "application/json", theSecret}}, 400, rights.CodeFormat, "body"},
		"no types":             {[]part{{"command", "", jws}, {"secret", "", theSecret}}, 400, rights.CodeFormat, "body"},
		"empty secret":         {[]part{cmd, {"secret", "application/json", ""}}, 400, rights.CodeFormat, "body"},
		"not JSON":             {[]part{cmd, {"secret", "application/json", "{price"}}, 400, rights.CodeFormat, "secret"},
		"not an object":        {[]part{cmd, {"secret", "application/json", "[{}]"}}, 400, rights.CodeFormat, "secret"},
		"batch without array":  {[]part{{"command", "application/jose", string(batch)}, sec}, 400, rights.CodeFormat, "secret"},
		"secret too long":      {[]part{cmd, {"secret", "application/json", `{"salt":"` + strings.Repeat("7", rights.MaxSecret) + `"}`}}, 413, rights.CodeTooLarge, "secret"},
		"secrets too long":     {[]part{{"command", "application/jose", string(batch)}, {"secret", "application/json", `["` + strings.Repeat("7", rights.MaxSecrets) + `"]`}}, 413, rights.CodeTooLarge, "secret"},
		"body without end":     {[]part{cmd, sec, {"secret", "application/json", strings.Repeat("7", 2<<20)}}, 400, rights.CodeFormat, "body"},
	} {
		t.Run(name, func(t *testing.T) {
			w.t = t
			body, contentType := parts("form-data", test.parts...)
			r := w.do(http.MethodPost, "/v1/commands", body, "Content-Type", contentType)
			r.problem(test.status, test.code, test.field)
			if strings.Contains(r.Body.String(), "7392051844") {
				t.Errorf("the problem tells the secret: %s", r.Body)
			}
		})
	}
	body, contentType := parts("form-data", cmd, sec)
	w.do(http.MethodPost, "/v1/commands", body[:len(body)-30], "Content-Type", contentType).problem(400, rights.CodeFormat, "body")
	w.do(http.MethodPost, "/v1/commands", body, "Content-Type", "multipart/form-data").problem(415, CodeMediaType, "Content-Type")
	w.do(http.MethodPost, "/v1/commands", body, "Content-Type", contentType, "Content-Encoding", "gzip").problem(415, CodeMediaType, "Content-Type")
	if strings.Contains(w.logs.String(), "7392051844") || strings.Contains(w.get("/metrics").Body.String(), "7392051844") {
		t.Error("the secret is in the log or the metrics")
	}
}

// A gateway whose organisation is no member does not read a secret, let alone
// send it on.
func TestAGatewayOutsideRefusesSecrets(t *testing.T) {
	w := newWorld(t)
	body, contentType := parts("form-data", part{"command", "application/jose", string(aCommand(t))}, part{"secret", "application/json", theSecret})
	read := &counting{r: bytes.NewReader(body)}
	rec := w.serve(read, contentType)
	if rec.Code != http.StatusMisdirectedRequest || !strings.Contains(rec.Body.String(), string(CodeMisdirected)) {
		t.Errorf("got %d %s", rec.Code, rec.Body)
	}
	if read.n != 0 || len(w.ledger.got) != 0 {
		t.Errorf("read %d bytes, submitted %d commands", read.n, len(w.ledger.got))
	}
}

// serve posts a body that the document's validator cannot read.
func (w *world) serve(body io.Reader, contentType string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(http.MethodPost, "/v1/commands", body)
	r.Header.Set("Content-Type", contentType)
	rec := httptest.NewRecorder()
	w.h.ServeHTTP(rec, r)
	return rec
}

type counting struct {
	r *bytes.Reader
	n int
}

func (c *counting) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.n += n
	return n, err
}

// scene puts one record of every kind with a private part into the index.
func privateScene(w *world) {
	at := func(kind rights.Kind) rights.Head { return rights.Head{ID: string(kind) + "-1"} }
	c := sm3("c")
	theBank := bank.participant()
	theBank.MSPID = "BankMSP"
	w.index.put(rights.KindParticipant, theBank)
	w.index.put(rights.KindSupport, &rights.Support{Head: at(rights.KindSupport), RecipientID: energy.id, AmountsCommitment: c})
	w.index.put(rights.KindTrade, &rights.Trade{Head: at(rights.KindTrade), BuyerID: energy.id, SellerID: weather.id, TermsCommitment: c})
	w.index.put(rights.KindSettlement, &rights.Settlement{Head: at(rights.KindSettlement), BuyerID: energy.id, SellerID: weather.id, AmountsCommitment: c})
	w.index.put(rights.KindListing, &rights.Listing{Head: at(rights.KindListing), SellerID: weather.id, PriceCommitment: c})
	w.index.put(rights.KindDispute, &rights.Dispute{Head: at(rights.KindDispute), ClaimantID: energy.id, RespondentIDs: []string{weather.id}, StatementCommitment: c})
	w.index.put(rights.KindPledge, &rights.Pledge{Head: at(rights.KindPledge), PledgorID: weather.id, PledgeeID: bank.id, PledgeeMSP: "BankMSP", DebtorID: weather.id, AmountsCommitment: c})
	w.index.put(rights.KindEvaluation, &rights.Evaluation{Head: at(rights.KindEvaluation), ClientID: weather.id, EvaluatorID: energy.id, ValueCommitment: c})
	w.index.put(rights.KindAccounting, &rights.Accounting{Head: at(rights.KindAccounting), EnterpriseID: weather.id, AmountsCommitment: c})
	w.index.put(rights.KindGuarantee, &rights.Guarantee{Head: at(rights.KindGuarantee), GuarantorID: energy.id, BeneficiaryID: bank.id, DebtorID: weather.id, AmountsCommitment: c})
}

// TestPrivateParts asks for every private part as everybody, at every kind of
// gateway.
func TestPrivateParts(t *testing.T) {
	market := []rights.Collection{rights.CollectionTrade, rights.CollectionPledge("BankMSP")}
	readers := map[string][]*actor{ // beside the exchange and the regulator
		"trades/TR-1/terms": {energy, weather}, "settlements/ST-1/amounts": {energy, weather}, "listings/LS-1/price": {weather},
		"disputes/DS-1/statement": {energy, weather}, "pledges/PL-1/amounts": {weather, bank}, "evaluations/EV-1/value": {weather, energy},
		"supports/SR-1/amounts": {energy}, "accountings/AR-1/amounts": {weather}, "guarantees/GU-1/amount": {bank, energy, weather},
	}
	if len(readers) != len(privateParts) {
		t.Fatal("a private part is not tested")
	}
	v := &vault{kept: map[string]string{}}
	at := map[string]*world{"market": newWorld(t, memberOf(v, market...)), "bank": newWorld(t, memberOf(v, market[1])), "outside": newWorld(t)}
	sessions := map[string][]string{}
	people := []*actor{energy, weather, stranger, bank, exchange, regulator, theRegistrar}
	for name, w := range at {
		privateScene(w)
		for _, a := range people {
			sessions[name+a.id] = w.as(a)
		}
	}
	for _, p := range privateParts {
		path := p.records + "/" + string(p.kind) + "-1/" + p.name
		collection := rights.CollectionTrade
		if p.bank != "" {
			collection = rights.CollectionPledge("BankMSP")
		}
		v.kept[fmt.Sprintf("%s/%s/%s-1", collection, p.kind, p.kind)] = theSecret
		for name, w := range at {
			w.get("/v1/"+path).problem(401, CodeSession, "Authorization")
			for _, a := range people {
				allowed := a == exchange || a == regulator || slices.Contains(readers[path], a)
				holds := name == "market" || name == "bank" && p.bank != ""
				before := len(v.reads)
				r := w.get("/v1/"+path, sessions[name+a.id]...)
				switch {
				case !allowed:
					r.problem(403, CodeForbidden, "")
				case !holds:
					r.problem(421, CodeMisdirected, "secret")
				case r.want(200).Body.String() != theSecret || r.Header().Get("Secret-Commitment") != rights.Commit([]byte(theSecret)) || r.Header().Get("Cache-Control") != "no-store":
					t.Errorf("%s: %s, %v", path, r.Body, r.Header())
				}
				if asked := len(v.reads) - before; (asked == 1) != (allowed && holds) {
					t.Errorf("%s for %s at %s: the peer was asked %d times", path, a.name, name, asked)
				}
			}
		}
	}
	w := at["market"]
	w.get("/v1/trades/TR-2/terms", sessions["market"+energy.id]...).problem(404, rights.CodeNotFound, "")
	w.index.put(rights.KindTrade, &rights.Trade{Head: rights.Head{ID: "TR-3"}, BuyerID: energy.id, SellerID: weather.id})
	w.get("/v1/trades/TR-3/terms", sessions["market"+energy.id]...).problem(404, rights.CodeNotFound, "termsCommitment")
	v.err = &rights.Error{Code: rights.CodeNotFound, Detail: "purged", DetailZh: "已清除"}
	w.get("/v1/trades/TR-1/terms", sessions["market"+energy.id]...).problem(404, rights.CodeNotFound, "")
	if strings.Contains(w.logs.String(), "7392051844") || !strings.Contains(w.logs.String(), "private part read") {
		t.Error("the log tells too much, or not who read")
	}
}

// Every part names fields that its record has.
func TestPrivatePartsNameFields(t *testing.T) {
	w := newWorld(t)
	privateScene(w)
	for _, p := range privateParts {
		e, err := w.index.Get(p.kind, string(p.kind)+"-1")
		if err != nil {
			t.Fatal(err)
		}
		schema := map[string]json.RawMessage{}
		if err := json.Unmarshal(e.JSON, &schema); err != nil {
			t.Fatal(err)
		}
		if len(texts(schema[p.commitment])) != 1 {
			t.Errorf("%s has no %s", p.records, p.commitment)
		}
		if known := p.partiesOf(schema); len(known) == 0 {
			t.Errorf("%s names nobody", p.records)
		}
	}
}

package api

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/datarights/datarights/chaincode/rights"
	"github.com/datarights/datarights/gateway/outcome"
)

const (
	proofAL = "AL-320902-20261123-0a1b2c3d4e5f-80"
	proofDL = "DL-320902-20261123-0a1b2c3d4e5f-80"
	proofCP = "CP-320902-20261123-0a1b2c3d4e5f-80"
)

// prover is a peer that gives proofs.
type prover struct {
	err   error
	asked []string
}

func (p *prover) RawBlock(_ context.Context, number uint64) ([]byte, error) {
	p.asked = append(p.asked, fmt.Sprint("block ", number))
	if number > 99 {
		return nil, &rights.Error{Code: rights.CodeNotFound, Field: "number", Detail: "there is no such block yet", DetailZh: "尚无此区块"}
	}
	return fmt.Appendf(nil, "block %d\x00", number), p.err
}

func (p *prover) Attest(_ context.Context, kind rights.Kind, id string, organisations []string) ([]byte, error) {
	p.asked = append(p.asked, fmt.Sprint(kind, " ", id, " ", organisations))
	return []byte("endorsed\x00"), p.err
}

func (p *prover) State(_ context.Context, kind rights.Kind, id string, receipts, organisations []string) ([]byte, error) {
	p.asked = append(p.asked, fmt.Sprint(kind, " ", id, " ", receipts, " ", organisations))
	return []byte("endorsed\x00"), p.err
}

// newCase is the world with an alert whose fingerprint was opened, and two
// recipients of the version.
func newCase(t *testing.T) (*world, *prover) {
	p := &prover{}
	w := newWorld(t, func(o *Options) { o.Proofs = p })
	put := func(kind rights.Kind, id string, rec rights.Record, state rights.State) {
		rights.HeadOf(rec).ID = id
		w.put(kind, rec, state)
	}
	put(rights.KindDelivery, proofDL, &rights.Delivery{FromID: weather.id, ToID: energy.id, ProductID: traceDP1, ProductVersion: 1, CopyID: proofCP, FingerprintCommit: sm3("mark"), ReceivedAt: testTime, ReceivedBy: energy.kid(), ContentRoot: sm3("sent")}, rights.StateAccepted)
	permission := &rights.Permission{Scope: rights.Scope{Actions: []rights.Action{rights.ActHold}}}
	put(rights.KindCopy, proofCP, &rights.Copy{HolderID: energy.id, DeliveryID: proofDL, ProductID: traceDP1, Version: 1, FingerprintCommit: sm3("mark"), Permission: permission}, rights.StateHeld)
	put(rights.KindCopy, traceCP, &rights.Copy{HolderID: stranger.id, ProductID: traceDP1, Version: 1, FingerprintCommit: sm3("other"), Permission: permission}, rights.StateHeld)
	put(rights.KindCopy, traceCP2, &rights.Copy{HolderID: stranger.id, ProductID: traceDP1, Version: 2, Permission: permission}, rights.StateHeld)
	put(rights.KindAlert, proofAL, &rights.Alert{RuleCode: "AL-RESALE-MATCH", SubjectIDs: []string{energy.id}, MatchedDeliveryIDs: []string{proofDL}}, rights.StateInvestigating)
	return w, p
}

func TestCaseElements(t *testing.T) {
	w, _ := newCase(t)
	var answer struct {
		CopyID, SuspectID string
		Elements          []rights.BundleElement
		Gaps, Recipients  []string
	}
	w.get("/v1/alerts/"+proofAL+"/case", w.as(regulator)...).want(http.StatusOK).decode(&answer)
	if answer.CopyID != proofCP || answer.SuspectID != energy.id || len(answer.Elements) != 10 || !slices.Equal(answer.Recipients, []string{proofCP, traceCP}) {
		t.Fatalf("%+v", answer)
	}
	if e := answer.Elements[6]; e.Gap != nil || len(e.Records) != 2 {
		t.Errorf("E7 %+v", e)
	}
	if !slices.Contains(answer.Gaps, "E8") || slices.Contains(answer.Gaps, "E3") {
		t.Errorf("gaps %v", answer.Gaps)
	}
	// An alert that leads to no copy has gaps and no recipients.
	other := "AL-320902-20261123-0a1b2c3d4e5f-81"
	alert := &rights.Alert{RuleCode: "AL-PRICE"}
	alert.ID = other
	w.put(rights.KindAlert, alert, rights.StateOpen)
	w.get("/v1/alerts/"+other+"/case", w.as(regulator)...).want(http.StatusOK).decode(&answer)
	if len(answer.Recipients) != 0 || !slices.Contains(answer.Gaps, "E3") {
		t.Errorf("%+v", answer)
	}
	for _, id := range []string{"AL-320902-20261123-0a1b2c3d4e5f-99", rightID, "x"} {
		w.get("/v1/alerts/"+id+"/case", w.as(regulator)...).problem(http.StatusNotFound, rights.CodeNotFound, "")
	}
}

// Blocks and endorsed reads hold what parties agreed on: nobody but the offices
// gets them, and of an alert only who may read it.
func TestProofsAreForTheOffices(t *testing.T) {
	w, p := newCase(t)
	paths := []string{"/v1/alerts/" + proofAL + "/case", "/v1/blocks/3/raw", "/v1/attestations?kind=CP&id=" + proofCP}
	for _, path := range paths {
		w.get(path).problem(http.StatusUnauthorized, CodeSession, "Authorization")
		for _, who := range []*actor{energy, weather, stranger, theRegistrar, bank} {
			w.get(path, w.as(who)...).problem(http.StatusForbidden, CodeForbidden, "")
		}
	}
	w.get(paths[0], w.as(exchange)...).problem(http.StatusForbidden, CodeForbidden, "") // alerts are the regulator's
	w.get("/v1/attestations?kind=AL&id="+proofAL, w.as(exchange)...).problem(http.StatusForbidden, CodeForbidden, "")
	if len(p.asked) != 0 {
		t.Fatalf("the peer was asked %v", p.asked)
	}
	for _, who := range []*actor{regulator, exchange} {
		if r := w.get(paths[1], w.as(who)...).want(http.StatusOK); r.Body.String() != "block 3\x00" || r.Header().Get("Cache-Control") != "no-store" || r.Header().Get("Content-Type") != "application/protobuf" {
			t.Errorf("%s %v", r.Body, r.Header())
		}
		w.get(paths[2], w.as(who)...).want(http.StatusOK)
	}
	w.get("/v1/attestations?kind=PT&id="+energy.id+"&organisations=GroupMSP,BankMSP", w.as(regulator)...).want(http.StatusOK)
	if want := "PT " + energy.id + " [GroupMSP BankMSP]"; p.asked[len(p.asked)-1] != want {
		t.Errorf("asked %v", p.asked)
	}
	if log := w.logs.String(); !strings.Contains(log, "endorsed read") || !strings.Contains(log, regulator.kid()) {
		t.Error("the log does not say who has it")
	}
}

func TestProofsThatAreNotThere(t *testing.T) {
	w, p := newCase(t)
	as := w.as(regulator)
	w.get("/v1/blocks/100/raw", as...).problem(http.StatusNotFound, rights.CodeNotFound, "number")
	for _, n := range []string{"-1", "x", "18446744073709551616"} {
		w.get("/v1/blocks/"+n+"/raw", as...).problem(http.StatusBadRequest, rights.CodeFormat, "number")
	}
	for query, field := range map[string]string{"kind=RT": "id", "id=x": "kind", "kind=CM&id=x": "kind", "kind=RT&id=x&organisations=a,": "organisations",
		"kind=RT&id=x&organisations=" + strings.Repeat("a,", 16) + "a": "organisations", "kind=RT&id=x&more=1": "more"} {
		w.get("/v1/attestations?"+query, as...).problem(http.StatusBadRequest, rights.CodeFormat, field)
	}
	w.get("/v1/attestations?kind=RT&id=RT-320902-20261123-0a1b2c3d4e5f-99", as...).problem(http.StatusNotFound, rights.CodeNotFound, "")
	p.err = &outcome.UnavailableError{Err: errors.New("secret internals")}
	if r := w.get("/v1/attestations?kind=RT&id="+rightID, as...); r.Code != http.StatusServiceUnavailable || strings.Contains(r.Body.String(), "internals") {
		t.Errorf("%d %s", r.Code, r.Body)
	}
	plain := newWorld(t)
	plain.get("/v1/blocks/1/raw", plain.as(regulator)...).problem(http.StatusNotFound, rights.CodeNotFound, "")
	plain.get("/v1/attestations?kind=RT&id="+rightID, plain.as(regulator)...).problem(http.StatusNotFound, rights.CodeNotFound, "")
}

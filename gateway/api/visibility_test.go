package api

import (
	"net/http"
	"strings"
	"testing"

	"github.com/datarights/datarights/chaincode/rights"
)

// Who may read what: the table of the rules, role by role.
func TestVisibility(t *testing.T) {
	w := newWorld(t)
	actors := []struct {
		name string
		*actor
	}{{"public", nil}, {"applicant", weather}, {"objector", energy}, {"stranger", stranger}, {"registrar", theRegistrar}, {"another registrar", otherRegistra},
		{"platform key", platformKey}, {"exchange", exchange}, {"regulator", regulator}, {"bank", bank}}
	sessions := map[string][]string{}
	for _, a := range actors {
		sessions[a.name] = w.as(a.actor)
	}
	const full, public, refused, noSession = "full", "public", "refused", "no session"
	for target, want := range map[string]map[string]string{
		"/v1/registrations/" + caseReview: {"public": public, "applicant": full, "objector": public, "stranger": public, "registrar": full, "another registrar": public, "platform key": public, "exchange": full, "regulator": full, "bank": public},
		"/v1/objections/" + objectionID:   {"public": noSession, "applicant": full, "objector": full, "stranger": refused, "registrar": full, "another registrar": refused, "platform key": refused, "exchange": full, "regulator": full, "bank": refused},
		"/v1/rights/" + rightID:           {"public": public, "applicant": full, "objector": public, "stranger": public, "registrar": full, "another registrar": public, "platform key": public, "exchange": full, "regulator": full, "bank": full},
		"/v1/rights/" + frozenID:          {"public": public, "applicant": full, "objector": public, "stranger": public, "registrar": full, "another registrar": public, "platform key": public, "exchange": full, "regulator": full, "bank": public},
		"/v1/participants/" + weather.id:  {"public": public, "applicant": full, "objector": public, "stranger": public, "registrar": full, "another registrar": full, "platform key": public, "exchange": full, "regulator": full, "bank": public},
		"/v1/resources/" + resourceID:     {"public": public, "applicant": full, "objector": public, "stranger": public, "registrar": full, "another registrar": full, "platform key": public, "exchange": full, "regulator": full, "bank": public},
		"/v1/certificates/" + certNo:      {"public": full, "applicant": full, "objector": full, "stranger": full, "registrar": full, "another registrar": full, "platform key": full, "exchange": full, "regulator": full, "bank": full},
		"/v1/parameters/DRWG@1":           {"public": full, "applicant": full, "objector": full, "stranger": full, "registrar": full, "another registrar": full, "platform key": full, "exchange": full, "regulator": full, "bank": full},
	} {
		for _, a := range actors {
			for _, suffix := range []string{"", "/history"} {
				t.Run(target+suffix+" by "+a.name, func(t *testing.T) {
					w := &world{t: t, index: w.index, h: w.h}
					r := w.get(target+suffix, sessions[a.name]...)
					switch want[a.name] {
					case noSession:
						r.problem(http.StatusUnauthorized, CodeSession, "Authorization")
						if r.Header().Get("WWW-Authenticate") == "" {
							t.Error("no WWW-Authenticate")
						}
						return
					case refused:
						r.problem(http.StatusForbidden, CodeForbidden, "")
						return
					}
					rec := r.want(http.StatusOK).object()
					if suffix != "" {
						rec = rec["items"].([]any)[0].(map[string]any)["record"].(map[string]any)
					}
					if rec["view"] != want[a.name] {
						t.Errorf("sees %v, want %s", rec["view"], want[a.name])
					}
					cache := "public"
					if a.actor != nil {
						cache = "private"
					}
					if got := r.Header().Get("Cache-Control"); !strings.HasPrefix(got, cache) {
						t.Errorf("Cache-Control %s", got)
					}
				})
			}
		}
	}
}

// What is not public does not reach the public, in any answer.
func TestSecretsStayIn(t *testing.T) {
	w := newWorld(t)
	secrets := []string{"cabinet-7", "内部理由", sm3("why"), sm3("form"), sm3("n"), "不宜公开的理由", "SM-1", "SM-9", "PL-77", "质押金额", sm3("grading"), sm3("m"), "aaaa.bbbb.cccc"}
	check := func(who string, header ...string) {
		for _, target := range reads {
			body := w.get(target, header...).Body.String()
			for _, s := range secrets {
				if strings.Contains(body, s) {
					t.Errorf("%s reads %q at %s", who, s, target)
				}
			}
		}
	}
	if body := w.get("/v1/registrations").Body.String(); strings.Contains(body, objectionID) {
		t.Error("the public sees who objects to a case")
	}
	check("the public")
	check("a stranger", w.as(stranger)...)
	// And they are where they belong, or the test above looks for nothing.
	all := ""
	auth := w.as(regulator)
	for _, target := range append([]string{"/v1/objections", "/v1/registrations/" + caseObject}, reads...) {
		all += w.get(target, auth...).Body.String()
	}
	for _, s := range secrets {
		if !strings.Contains(all, s) {
			t.Errorf("the regulator does not read %q anywhere", s)
		}
	}
}

func TestObjectionsList(t *testing.T) {
	w := newWorld(t)
	w.get("/v1/objections").problem(http.StatusUnauthorized, CodeSession, "Authorization")
	for a, want := range map[*actor]int{energy: 1, weather: 1, stranger: 0, theRegistrar: 1, otherRegistra: 0, regulator: 1} {
		if items, next := w.get("/v1/objections?limit=1", w.as(a)...).list(); len(items) != want || next != "" {
			t.Errorf("%s sees %d objections, want %d", a.name, len(items), want)
		}
	}
}

// A command's signed bytes hold the whole of what it said.
func TestSignedBytes(t *testing.T) {
	w := newWorld(t)
	txOf := func(kind rights.Kind, id string) string {
		for _, tx := range w.index.txs {
			if len(tx.Records) == 1 && tx.Records[0].Kind == kind && tx.Records[0].ID == id {
				return tx.TxID
			}
		}
		t.Fatalf("no transaction wrote %s", id)
		return ""
	}
	invalid := txOf(rights.KindCase, caseDone) + "0"
	w.index.txs = append(w.index.txs, w.index.txs[len(w.index.txs)-1])
	bad := &w.index.txs[len(w.index.txs)-1]
	bad.TxID, bad.Validation, bad.Records, bad.Kid = invalid, "MVCC_READ_CONFLICT", nil, weather.kid()
	for _, tc := range []struct {
		name, tx string
		see      []*actor
		not      []*actor
	}{
		{"case", txOf(rights.KindCase, caseReview), []*actor{weather, theRegistrar, exchange, regulator}, []*actor{nil, stranger, energy, bank, otherRegistra}},
		{"objection", txOf(rights.KindObjection, objectionID), []*actor{energy, weather, theRegistrar, exchange, regulator}, []*actor{nil, stranger, bank, otherRegistra}},
		{"certificate", txOf(rights.KindCertificate, certNo), []*actor{stranger, bank}, []*actor{nil}},
		{"invalid", invalid, []*actor{weather, regulator}, []*actor{nil, stranger, theRegistrar}},
	} {
		for _, a := range tc.see {
			if got := w.get("/v1/transactions/"+tc.tx, w.as(a)...).want(http.StatusOK).object(); got["jws"] != "aaaa.bbbb.cccc" {
				t.Errorf("%s: %s does not see the signed bytes", tc.name, a.name)
			}
		}
		for _, a := range tc.not {
			if got := w.get("/v1/transactions/"+tc.tx, w.as(a)...).want(http.StatusOK).object(); got["jws"] != nil || got["kid"] == nil {
				t.Errorf("%s: somebody who should not sees the signed bytes, or not even the header: %v", tc.name, got)
			}
		}
	}
	if body := w.get("/v1/transactions", w.as(regulator)...).Body.String(); strings.Contains(body, "aaaa") {
		t.Error("the list has signed bytes")
	}
}

// An objection to what is registered has no case: its holder, its registrar and
// its objector see it, and nobody's list breaks on it.
func TestObjectionToWhatIsRegistered(t *testing.T) {
	w := newWorld(t)
	const id = "OB-320902-20261123-0a1b2c3d4e5f-09"
	w.index.put(rights.KindObjection, &rights.Objection{Head: rights.Head{ID: id, State: rights.StateObjNotified}, Stage: "PostRegistration", CertNo: certNo, HolderID: weather.id,
		RegistrarID: theRegistrar.id, ObjectorID: energy.id, ReasonHash: sm3("r"), MaterialHashes: []string{sm3("m")}, FiledAt: testTime, DueAt: testTime + 9})
	for a, sees := range map[*actor]bool{weather: true, energy: true, theRegistrar: true, exchange: true, regulator: true, stranger: false, bank: false, otherRegistra: false} {
		found := false
		items, _ := w.get("/v1/objections?certNo="+certNo, w.as(a)...).list()
		for _, o := range items {
			found = found || o["id"] == id
		}
		if found != sees {
			t.Errorf("%s sees it: %v", a.name, found)
		}
	}
}

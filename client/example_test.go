package client_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"

	"github.com/datarights/datarights/chaincode/command"
	"github.com/datarights/datarights/chaincode/rights"
	"github.com/datarights/datarights/client"
	"github.com/datarights/datarights/client/fingerprint"
	"github.com/datarights/datarights/internal/gm"
)

// The examples talk to exampleGateway, which answers as a gateway does: it
// verifies signatures, applies a command once by its id, and pages its lists.
// Against the demo only the address differs.
func exampleGateway(key client.Key) (address string, stop func()) {
	var mu sync.Mutex
	applied := map[string]string{}
	problem := func(w http.ResponseWriter, status int, code, field, en string) {
		w.Header().Set("Content-Type", "application/problem+json")
		w.WriteHeader(status)
		_ = json.NewEncoder(w).Encode(client.Problem{Status: status, Code: code, Field: field, Title: code, Detail: en, DetailEn: en})
	}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /v1/commands", func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		jws := make([]byte, command.MaxSize)
		n, _ := io.ReadFull(r.Body, jws)
		cmd, err := command.Decode(jws[:n])
		if err != nil {
			problem(w, 400, "E_FORMAT", "body", err.Error())
			return
		}
		pub, err := gm.ParsePublicKeyPEM(key.PublicPEM())
		if err != nil || cmd.Verify(pub) != nil {
			problem(w, 401, "E_SIGNATURE", "signature", "the signature does not verify")
			return
		}
		if answer, ok := applied[cmd.ID]; ok {
			w.Header().Set(client.ReplayedHeader, "true")
			_, _ = w.Write([]byte(answer))
			return
		}
		var entry rights.Catalogue
		if json.Unmarshal(cmd.Body, &entry) == nil && entry.Level == "LevelCore" {
			problem(w, 422, "E_GRADE", "body.level", "national core data never enters the ledger")
			return
		}
		applied[cmd.ID] = fmt.Sprintf(`{"id":%q,"command":%q,"txId":"5d1f","block":%d,"result":{"records":[{"kind":"DR","id":"DR-320903-20261130-0a1b2c3d4e5f-00","state":"Catalogued","version":1}]}}`, cmd.ID, cmd.Name, 41)
		w.WriteHeader(http.StatusCreated)
		_, _ = w.Write([]byte(applied[cmd.ID]))
	})
	mux.HandleFunc("POST /v1/challenges", func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusCreated)
		_, _ = w.Write([]byte(`{"challenge":"datarights-session-v1/GroupMSP/91320903MA0A00022Y#1/1796083320/aa/bb","expiresAt":1796083320}`))
	})
	mux.HandleFunc("POST /v1/sessions", func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusCreated)
		_, _ = w.Write([]byte(`{"token":"t","expiresAt":1796083320,"participantId":"91320903MA0A00022Y","kid":"91320903MA0A00022Y#1","roles":["RoleEnterprise"]}`))
	})
	mux.HandleFunc("POST /v1/match-tags", func(w http.ResponseWriter, r *http.Request) {
		var asked struct{ Items []client.MatchTagRequest }
		if r.Header.Get("Authorization") == "" || json.NewDecoder(r.Body).Decode(&asked) != nil {
			problem(w, 401, "E_SESSION", "Authorization", "open a session")
			return
		}
		one := `{"matchTag":"sm3:` + strings.Repeat("7", 64) + `","tagEpoch":1,"tagAttestation":{"kid":"91320900MA0A00073U#2","signature":"s","sketchHash":"sm3:` + strings.Repeat("8", 64) + `"}}`
		_, _ = w.Write([]byte(`{"items":[` + strings.TrimSuffix(strings.Repeat(one+",", len(asked.Items)), ",") + `]}`))
	})
	mux.HandleFunc("DELETE /v1/sessions/current", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) })
	mux.HandleFunc("GET /v1/resources/{id}", func(w http.ResponseWriter, r *http.Request) {
		at, _ := strconv.Atoi(r.URL.Query().Get("at_least"))
		w.Header().Set(client.HeightHeader, strconv.Itoa(at+1))
		_, _ = fmt.Fprintf(w, `{"id":%q,"name":"日发电量统计表","state":"Catalogued"}`, r.PathValue("id"))
	})
	mux.HandleFunc("GET /v1/rights", func(w http.ResponseWriter, r *http.Request) {
		from, _ := strconv.Atoi(r.URL.Query().Get("cursor"))
		next := ""
		if from < 2 {
			next = strconv.Itoa(from + 1)
		}
		_, _ = fmt.Fprintf(w, `{"items":[{"id":"RT-%d","kind":"RightUse","state":"Active"}],"next":%q}`, from, next)
	})
	mux.HandleFunc("GET /v1/certificates/{id}/verify", func(w http.ResponseWriter, r *http.Request) {
		_, _ = fmt.Fprintf(w, `{"certNo":%q,"exists":true,"effective":true}`, r.PathValue("id"))
	})
	s := httptest.NewServer(mux)
	return s.URL, s.Close
}

// uscc is made up, with a right check character.
const uscc = "91320903MA0A00022Y"

// A key is made once and kept in a file that its owner alone can read. OpenSSL
// reads it too.
func ExampleGenerateKey() {
	dir, err := os.MkdirTemp("", "example-")
	if err != nil {
		log.Fatal(err)
	}
	defer func() { _ = os.RemoveAll(dir) }()
	path := filepath.Join(dir, "firm.key")

	key, err := client.GenerateKey()
	if err != nil {
		log.Fatal(err)
	}
	if err := key.Save(path); err != nil { // never overwrites
		log.Fatal(err)
	}
	again, err := client.LoadKey(path)
	if err != nil {
		log.Fatal(err)
	}
	info, _ := os.Stat(path)
	fmt.Println(info.Mode(), again.Info() == key.Info())
	// Output: -rw------- true
}

// Sign once, keep the bytes, submit them: whatever happens to the answer, the
// same bytes again tell how it ended.
func ExampleClient_Submit() {
	key, err := client.GenerateKey()
	if err != nil {
		log.Fatal(err)
	}
	address, stop := exampleGateway(key)
	defer stop()
	ctx := context.Background()

	gateway, err := client.New(address) // http://127.0.0.1:8081 with the demo
	if err != nil {
		log.Fatal(err)
	}
	signed, err := key.Command(uscc, 1, "resource.catalogue", rights.Catalogue{Name: "日发电量统计表"})
	if err != nil {
		log.Fatal(err)
	}
	for range 2 {
		receipt, err := gateway.Submit(ctx, signed.JWS)
		if p, refused := client.Refusal(err); refused {
			log.Fatalf("%s in %s: %s", p.Code, p.Field, p.DetailEn)
		}
		if client.OutcomeUnknown(err) {
			continue // the same bytes again
		}
		fmt.Println("block", receipt.Block, "replayed", receipt.Replayed)
	}
	// Output:
	// block 41 replayed false
	// block 41 replayed true
}

// A refusal has a stable code, the field at fault and words in two languages.
func ExampleRefusal() {
	key, err := client.GenerateKey()
	if err != nil {
		log.Fatal(err)
	}
	address, stop := exampleGateway(key)
	defer stop()
	gateway, err := client.New(address)
	if err != nil {
		log.Fatal(err)
	}
	signed, err := key.Command(uscc, 1, "resource.catalogue", rights.Catalogue{Level: "LevelCore"})
	if err != nil {
		log.Fatal(err)
	}
	_, err = gateway.Submit(context.Background(), signed.JWS)
	if p, refused := client.Refusal(err); refused {
		fmt.Println(p.Status, p.Code, p.Field)
		fmt.Println(p.DetailEn)
	}
	// Output:
	// 422 E_GRADE body.level
	// national core data never enters the ledger
}

// Wait until the gateway's index has the block of your receipt, and you read
// your own write, whichever gateway you ask.
func ExampleClient_AtLeast() {
	key, _ := client.GenerateKey()
	address, stop := exampleGateway(key)
	defer stop()
	gateway, err := client.New(address)
	if err != nil {
		log.Fatal(err)
	}
	receipt := client.Receipt{Block: 41} // as Submit returned it

	var resource rights.Resource
	height, err := gateway.AtLeast(receipt.Block).Get(context.Background(), "/v1/resources/DR-320903-20261130-0a1b2c3d4e5f-00", nil, &resource)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(resource.Name, resource.State, "at height", height)
	// Output: 日发电量统计表 Catalogued at height 42
}

// List follows the cursors of a list, page after page, as far as the loop runs.
func ExampleList() {
	key, _ := client.GenerateKey()
	address, stop := exampleGateway(key)
	defer stop()
	gateway, err := client.New(address)
	if err != nil {
		log.Fatal(err)
	}
	for right, err := range client.List[rights.Right](context.Background(), gateway, "/v1/rights", url.Values{"holder": {uscc}, "limit": {"1"}}) {
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(right.ID, right.Kind, right.State)
	}
	// Output:
	// RT-0 RightUse Active
	// RT-1 RightUse Active
	// RT-2 RightUse Active
}

// What is between parties is read in a session, opened by signing the gateway's
// challenge.
func ExampleClient_OpenSession() {
	key, err := client.GenerateKey()
	if err != nil {
		log.Fatal(err)
	}
	address, stop := exampleGateway(key)
	defer stop()
	ctx := context.Background()
	gateway, err := client.New(address)
	if err != nil {
		log.Fatal(err)
	}
	session, err := gateway.OpenSession(ctx, key, uscc, 1)
	if err != nil {
		log.Fatal(err)
	}
	mine := gateway.InSession(session)
	defer func() { _ = mine.CloseSession(ctx) }()
	fmt.Println(session.Kid, session.Roles)
	// Output: 91320903MA0A00022Y#1 [RoleEnterprise]
}

// Fingerprint the data here, have the platform key its digest, and sign what
// the ledger may know of it.
func ExampleClient_MatchTags() {
	key, err := client.GenerateKey()
	if err != nil {
		log.Fatal(err)
	}
	address, stop := exampleGateway(key)
	defer stop()
	ctx := context.Background()
	gateway, err := client.New(address)
	if err != nil {
		log.Fatal(err)
	}
	dir, err := os.MkdirTemp("", "example-")
	if err != nil {
		log.Fatal(err)
	}
	defer func() { _ = os.RemoveAll(dir) }()
	file := filepath.Join(dir, "meter.csv")
	if err := os.WriteFile(file, []byte("day,kwh\n2026-11-01,1200\n2026-11-02,1187\n"), 0o600); err != nil {
		log.Fatal(err)
	}

	fp, err := fingerprint.Keep(ctx, file, fingerprint.Options{}) // its salts stay beside the file
	if err != nil {
		log.Fatal(err)
	}
	session, err := gateway.OpenSession(ctx, key, uscc, 1)
	if err != nil {
		log.Fatal(err)
	}
	tags, err := gateway.InSession(session).MatchTags(ctx, []client.MatchTagRequest{
		{HolderID: uscc, Digest: fp.OrderFreeDigest, ContentRoot: fp.ContentRoot, Sketch: fp.Sketch}})
	if err != nil {
		log.Fatal(err)
	}
	entry := rights.Catalogue{Name: "2026年盐都电力行业日发电量统计表", ContentRoot: fp.ContentRoot, SchemaHash: fp.SchemaHash, RecordCount: fp.RecordCount, SizeBytes: fp.SizeBytes,
		MatchTag: tags[0].MatchTag, TagEpoch: tags[0].TagEpoch,
		TagAttestation: &rights.TagAttestation{Kid: tags[0].TagAttestation.Kid, Signature: tags[0].TagAttestation.Signature, SketchHash: tags[0].TagAttestation.SketchHash}}
	signed, err := key.Command(uscc, 1, "resource.catalogue", entry) // and the other fields of the entry
	if err != nil {
		log.Fatal(err)
	}
	receipt, err := gateway.Submit(ctx, signed.JWS)
	if err != nil {
		log.Fatal(err)
	}
	var result rights.Result
	if err := json.Unmarshal(receipt.Result, &result); err != nil {
		log.Fatal(err)
	}
	fmt.Println(fp.RecordCount, "records,", result.Records[0].ID)
	// Output: 2 records, DR-320903-20261130-0a1b2c3d4e5f-00
}

// Anyone may verify a certificate by its number, at any gateway.
func ExampleClient_Get() {
	key, _ := client.GenerateKey()
	address, stop := exampleGateway(key)
	defer stop()
	gateway, err := client.New(address)
	if err != nil {
		log.Fatal(err)
	}
	var v struct {
		CertNo    string `json:"certNo"`
		Exists    bool   `json:"exists"`
		Effective bool   `json:"effective"`
	}
	if _, err := gateway.Get(context.Background(), "/v1/certificates/"+url.PathEscape("SJ3212026110001")+"/verify", nil, &v); err != nil {
		log.Fatal(err)
	}
	fmt.Println(v.CertNo, v.Exists, v.Effective)
	// Output: SJ3212026110001 true true
}

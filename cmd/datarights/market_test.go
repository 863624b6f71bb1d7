package main

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/datarights/datarights/chaincode/contract"
	"github.com/datarights/datarights/chaincode/rights"
	"github.com/datarights/datarights/chaincode/state"
	"github.com/datarights/datarights/chaincode/state/statetest"
	"github.com/datarights/datarights/client"
	"github.com/datarights/datarights/gateway/api"
	"github.com/datarights/datarights/gateway/index"
	"github.com/datarights/datarights/gateway/matchtag"
	"github.com/datarights/datarights/gateway/outcome"
	"github.com/datarights/datarights/gateway/trace"
	"github.com/datarights/datarights/internal/gm"
	"github.com/datarights/datarights/test-network/data"
)

// The cast of the scripts. All codes are synthetic.
const (
	registrarID = "91320900MA0A00073U"
	exchangeID  = "91320900MA0A00014Q"
	regulatorID = "11320900MB0A00050T"
)

var genesis = []byte(`{"schemaVersion":1,"consortium":"test","organisations":[` +
	`{"mspId":"GroupMSP","name":"Group","nameZh":"市大数据集团","function":"registration"},` +
	`{"mspId":"ExchangeMSP","name":"Exchange","nameZh":"数据交易中心","function":"trading"},` +
	`{"mspId":"RegulatorMSP","name":"Regulator","nameZh":"市数据局","function":"supervision"}]}`)

// market is a ledger in memory under the real contract, with the real API of
// three organisations' gateways before it. Every transaction is a block.
type market struct {
	mu       sync.Mutex
	ledger   *statetest.Ledger
	cc       *contract.Contract
	keys     map[string]client.Key // by key id
	entries  []index.Entry         // oldest first
	history  map[string][]index.Revision
	blocks   []index.Block
	txs      []index.Transaction
	platform gm.PrivateKey
	urls     map[string]string // organisation → its gateway
	fault    error             // what submitting ends with, nil: it works
}

func newMarket(t testing.TB) *market {
	t.Helper()
	m := &market{ledger: statetest.New(), cc: &contract.Contract{Genesis: genesis}, keys: map[string]client.Key{},
		history: map[string][]index.Revision{}, urls: map[string]string{}}
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	_, err := m.invoke(statetest.Creator("GroupMSP", "admin"), "Found", genesis)
	must(err)
	platform := []rights.Role{rights.RoleRegistrar, rights.RolePlatform}
	number := &rights.RegistrarCode{Region: "32", Digit: "1"}
	must(m.enrol("GroupMSP", registrarID+"#1", rights.Enrolment{Name: "市大数据集团", Roles: platform, Duties: platform[:1], Post: "登记岗", Registrar: number}))
	must(m.enrol("GroupMSP", registrarID+"#2", rights.Enrolment{Name: "市大数据集团", Roles: platform, Duties: platform[1:], Post: "平台服务", Registrar: number}))
	must(m.enrol("ExchangeMSP", exchangeID+"#1", rights.Enrolment{Name: "数据交易中心", Roles: []rights.Role{rights.RoleExchange}, Post: "准入岗"}))
	must(m.enrol("RegulatorMSP", regulatorID+"#1", rights.Enrolment{Name: "市数据局", Roles: []rights.Role{rights.RoleRegulator}, Post: "监管岗", RegulatorDomain: "data"}))
	var drwg rights.PublishProfile
	must(data.Profile("DRWG", &drwg))
	must(m.send("RegulatorMSP", regulatorID+"#1", "ruleProfile.publish", drwg))
	for year := int64(time.Now().Year()); year <= int64(time.Now().Year())+1; year++ {
		must(m.send("RegulatorMSP", regulatorID+"#1", "workCalendar.publish", rights.PublishCalendar{Year: year, Ver: 1, NonWorking: []string{}, ExtraWorking: []string{}}))
	}
	for _, org := range []string{"Group", "Exchange", "Regulator"} {
		s := httptest.NewServer(m.gateway(t, org))
		t.Cleanup(s.Close)
		m.urls[org] = s.URL
	}
	return m
}

// gateway is the real API of one organisation. The Group's keys match tags.
func (m *market) gateway(t testing.TB, org string) http.Handler {
	o := api.Options{Name: org + "MSP", Reader: m, Submitter: submitter{m, org + "MSP"}, Peer: m, Log: slog.New(slog.DiscardHandler)}
	m.tell(t, &o)
	if org != "Group" {
		o.Secrets, o.Collections = vault{submitter{m, org + "MSP"}}, []rights.Collection{rights.CollectionTrade}
	}
	if org == "Group" {
		tags, err := matchtag.New(matchtag.Options{Key: make([]byte, matchtag.KeySize), Epoch: 1, Signer: m.platform, Kid: registrarID + "#2"})
		if err != nil {
			t.Fatal(err)
		}
		o.Tags = tags
		store, err := trace.OpenStore(filepath.Join(t.TempDir(), "sketches"))
		if err != nil {
			t.Fatal(err)
		}
		tracer := trace.New(trace.Options{Store: store, Ledger: m, Key: func() ([]byte, error) { return tags.SketchKey(), nil }, Log: slog.New(slog.DiscardHandler), Retry: 10 * time.Millisecond})
		o.Tracer = tracer
		ctx, cancel := context.WithCancel(context.Background())
		done := make(chan struct{})
		go func() { tracer.Run(ctx); close(done) }()
		t.Cleanup(func() {
			cancel()
			<-done
			if err := store.Close(); err != nil {
				t.Error(err)
			}
		})
	}
	h, err := api.New(o)
	if err != nil {
		t.Fatal(err)
	}
	return h
}

// newKey makes an officer's key.
func (m *market) newKey(kid string) (publicKey string, err error) {
	priv, err := gm.GenerateKey(rand.Reader)
	if err != nil {
		return "", err
	}
	pem, err := gm.MarshalPrivateKeyPEM(priv)
	if err != nil {
		return "", err
	}
	if kid == registrarID+"#2" {
		m.platform = priv
	}
	key, err := client.ParseKey(pem)
	m.keys[kid] = key
	return key.Info().PublicKey, err
}

func (m *market) enrol(msp, kid string, e rights.Enrolment) (err error) {
	e.USCC, _, _ = strings.Cut(kid, "#")
	e.OrgType, e.RegionCode = "OrgInstitution", "320900"
	if e.PublicKey, err = m.newKey(kid); err != nil {
		return err
	}
	raw, err := json.Marshal(e)
	if err != nil {
		return err
	}
	_, err = m.invoke(statetest.Creator(msp, "admin"), "Enrol", raw)
	return err
}

func (m *market) send(msp, kid, name string, body any) error {
	id, _, _ := strings.Cut(kid, "#")
	signed, err := m.keys[kid].Command(id, 1, name, body)
	if err != nil {
		return err
	}
	_, err = m.invoke(statetest.Creator(msp, "client"), "Submit", signed.JWS)
	return err
}

func (m *market) invoke(creator []byte, function string, arg []byte) (outcome.Outcome, error) {
	return m.invokeWith(nil, creator, function, arg)
}

// invokeWith endorses a transaction by the real contract and commits it as a block
// of its own. A refusal is a *rights.Error.
func (m *market) invokeWith(secret, creator []byte, function string, arg []byte) (outcome.Outcome, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	id := sha256.Sum256(fmt.Append(nil, "tx", len(m.txs), uuid.NewString()))
	tx := index.Transaction{TxID: hex.EncodeToString(id[:]), At: time.Now().Unix(), Type: index.TypeOther, Validation: "VALID",
		Submitter: "GroupMSP", Endorsers: []string{"ExchangeMSP", "GroupMSP"}, Block: uint64(len(m.blocks))}
	stub := m.ledger.Begin(statetest.Tx{ID: tx.TxID, At: tx.At, Creator: creator, Args: [][]byte{[]byte(function), arg},
		Transient: map[string][]byte{contract.TransientSecret: secret}})
	r := m.cc.Invoke(stub)
	if r.Status == contract.StatusRefused {
		e := new(rights.Error)
		if err := json.Unmarshal([]byte(r.Message), e); err != nil {
			return outcome.Outcome{}, err
		}
		return outcome.Outcome{}, e
	}
	if r.Status != 200 {
		return outcome.Outcome{}, errors.New(r.Message)
	}
	var answer contract.Answer
	into := any(&answer)
	if function != "Submit" {
		into = &answer.Result
	}
	if err := json.Unmarshal(r.Payload, into); err != nil {
		return outcome.Outcome{}, err
	}
	if answer.Replayed {
		return outcome.Outcome{TxID: answer.TxID, Replayed: true, Payload: r.Payload}, nil
	}
	if !m.ledger.Commit(stub) {
		return outcome.Outcome{}, errors.New("the commit conflicts")
	}
	if function == "Submit" {
		tx.Type, tx.Command, tx.Kid, tx.CommandID = index.TypeCommand, answer.Command, answer.Kid, answer.ID
	}
	m.append(tx, answer.Result.Records)
	return outcome.Outcome{TxID: tx.TxID, Block: tx.Block, Payload: r.Payload}, nil
}

// append indexes a committed transaction as a block.
func (m *market) append(tx index.Transaction, records []rights.RecordRef) {
	tx.Records, tx.RecordCount = records, len(records)
	hash := func(n uint64) string { return fmt.Sprintf("sha256:%064x", n) }
	m.blocks = append(m.blocks, index.Block{Number: tx.Block, Hash: hash(tx.Block + 1), Previous: hash(tx.Block), DataHash: hash(tx.Block), At: tx.At,
		TxIDs: []string{tx.TxID}, Valid: 1, Signers: []string{"GroupMSP"}, Size: 1000})
	m.txs = append(m.txs, tx)
	for n, ref := range records {
		key, err := state.Key(ref.Kind, ref.ID)
		if err != nil {
			continue
		}
		at := index.Position{Block: tx.Block, N: n}
		raw := m.ledger.Get(key)
		i := slices.IndexFunc(m.entries, func(e index.Entry) bool { return e.Kind == ref.Kind && e.ID == ref.ID })
		if i < 0 {
			i = len(m.entries)
			m.entries = append(m.entries, index.Entry{Kind: ref.Kind, ID: ref.ID, Created: at})
		}
		m.entries[i].JSON, m.entries[i].Updated = raw, at
		where := string(ref.Kind) + ref.ID
		m.history[where] = append(m.history[where], index.Revision{Position: at, TxID: tx.TxID, At: tx.At, Command: tx.Command, Kid: tx.Kid, JSON: raw})
	}
}

// submitter is one organisation's way to the ledger.
type submitter struct {
	m   *market
	msp string
}

func (s submitter) Submit(_ context.Context, jws []byte) (outcome.Outcome, error) {
	s.m.mu.Lock()
	fault := s.m.fault
	s.m.mu.Unlock()
	var unknown *outcome.UnknownError
	if fault != nil && !errors.As(fault, &unknown) {
		return outcome.Outcome{}, fault
	}
	o, err := s.m.invoke(statetest.Creator(s.msp, "client"), "Submit", jws)
	if fault != nil { // applied, and nobody is told
		return outcome.Outcome{}, fault
	}
	return o, err
}

func (s submitter) SubmitAsync(ctx context.Context, jws []byte) (outcome.Outcome, error) {
	return s.Submit(ctx, jws)
}

func (s submitter) Fate(string) (outcome.Fate, bool) { return outcome.Fate{}, false }

// vault is a submitter of commands with secrets.
type vault struct{ submitter }

func (v vault) Submit(_ context.Context, jws, secret []byte) (outcome.Outcome, error) {
	return v.m.invokeWith(secret, statetest.Creator(v.msp, "client"), "Submit", jws)
}

func (v vault) SubmitAsync(ctx context.Context, jws, secret []byte) (outcome.Outcome, error) {
	return v.Submit(ctx, jws, secret)
}

func (v vault) Read(context.Context, rights.Collection, rights.Kind, string) ([]byte, error) {
	return nil, &rights.Error{Code: rights.CodeNotFound, Detail: "nothing is kept", DetailZh: "无保密内容"}
}

// What follows is an index over the blocks, as the API reads it.

func (m *market) Height(context.Context) (uint64, error) { return m.Status().Height, nil }

func (m *market) Get(kind rights.Kind, id string) (index.Entry, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, e := range m.entries {
		if e.Kind == kind && e.ID == id {
			return e, nil
		}
	}
	return index.Entry{}, index.ErrNotFound
}

func (m *market) List(q index.Query) (index.Page[index.Entry], error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	var all []index.Entry
	for _, e := range m.entries {
		if q.Before != nil && e.Created.Block >= q.Before.Block && e.Created.Block > 0 {
			continue
		}
		if e.Kind == q.Kind && strings.HasPrefix(e.ID, q.Prefix) && strings.Contains(string(e.JSON), q.Text) && m.selected(e, q.Where) {
			all = append(all, e)
		}
	}
	return pageOf(all, q.Cursor, q.Limit)
}

func (m *market) selected(e index.Entry, where map[string]string) bool {
	var record map[string]any
	if json.Unmarshal(e.JSON, &record) != nil {
		return false
	}
	for name, want := range where {
		if several := map[string]string{"role": "roles", "applicantId": "applicantIds"}[name]; several != "" {
			list, _ := record[several].([]any)
			if !slices.Contains(list, any(want)) {
				return false
			}
		} else if name == "matchTag" { // of a version
			if !strings.Contains(string(e.JSON), `"matchTag":"`+want+`"`) {
				return false
			}
		} else if fmt.Sprint(record[name]) != want {
			return false
		}
	}
	return true
}

func pageOf[T any](oldestFirst []T, cursor string, limit int) (index.Page[T], error) {
	list := slices.Clone(oldestFirst)
	slices.Reverse(list)
	from, err := strconv.Atoi("0" + cursor)
	if err != nil || from > len(list) {
		return index.Page[T]{}, index.ErrCursor
	}
	to := min(from+limit, len(list))
	page := index.Page[T]{Items: list[from:to]}
	if to < len(list) {
		page.Next = strconv.Itoa(to)
	}
	return page, nil
}

func (m *market) History(kind rights.Kind, id string) ([]index.Revision, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.history[string(kind)+id], nil
}

func (m *market) Block(n uint64) (index.Block, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if n >= uint64(len(m.blocks)) {
		return index.Block{}, index.ErrNotFound
	}
	return m.blocks[n], nil
}

func (m *market) Blocks(cursor string, limit int) (index.Page[index.Block], error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return pageOf(m.blocks, cursor, limit)
}

func (m *market) Transaction(id string) (index.Transaction, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	i := slices.IndexFunc(m.txs, func(t index.Transaction) bool { return t.TxID == id })
	if i < 0 {
		return index.Transaction{}, index.ErrNotFound
	}
	return m.txs[i], nil
}

func (m *market) Transactions(cursor string, limit int) (index.Page[index.Transaction], error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return pageOf(m.txs, cursor, limit)
}

func (m *market) Status() index.Status {
	m.mu.Lock()
	defer m.mu.Unlock()
	return index.Status{Height: uint64(len(m.blocks)), Digest: fmt.Sprintf("sm3:%064x", len(m.blocks))}
}

func (m *market) Stats() (index.Stats, error) { return index.Stats{Height: m.Status().Height}, nil }

func (m *market) DigestAt(height uint64) (string, error) {
	return fmt.Sprintf("sm3:%064x", height), nil
}

func (m *market) Wait(ctx context.Context, height uint64) error {
	for m.Status().Height < height {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(5 * time.Millisecond):
		}
	}
	return nil
}

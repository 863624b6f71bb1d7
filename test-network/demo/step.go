package demo

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/datarights/datarights/chaincode/rights"
	"github.com/datarights/datarights/client"
)

// step is one command of the story. Its name finds it again in a later play.
type step struct {
	name    string
	who     actor
	zh, en  string
	command string
	body    any
	secret  []byte // beside the command, for private collections
}

// receipt is where a command stands on the ledger.
type receipt struct {
	TxID   string
	Block  uint64
	Result rights.Result
}

func (r receipt) id(kind rights.Kind) string {
	for _, ref := range r.Result.Records {
		if ref.Kind == kind {
			return ref.ID
		}
	}
	return ""
}

func (r receipt) ids(kind rights.Kind) []string {
	var ids []string
	for _, ref := range r.Result.Records {
		if ref.Kind == kind {
			ids = append(ids, ref.ID)
		}
	}
	return ids
}

// id of the record of a kind that an earlier step made.
func (s *story) id(name string, kind rights.Kind) string { return s.receipts[name].id(kind) }

// all plays steps one after the other.
func (s *story) all(ctx context.Context, steps ...step) error {
	for _, x := range steps {
		if _, err := s.do(ctx, x); err != nil {
			return err
		}
	}
	return nil
}

// do signs a command as the actor, submits it through the actor's gateway and
// tells of it. A command sent in an earlier play is sent again as it was.
func (s *story) do(ctx context.Context, x step) (receipt, error) {
	err := s.together(ctx, x)
	return s.receipts[x.name], err
}

// together submits steps at the same time, which have nothing to do with each
// other, and tells of them in order.
func (s *story) together(ctx context.Context, steps ...step) error {
	told, err := s.submit(ctx, steps)
	for i, where := range told {
		s.tell(steps[i].zh, steps[i].en, where)
	}
	return err
}

// crowd submits steps at the same time and tells of them as one.
func (s *story) crowd(ctx context.Context, zh, en string, steps ...step) error {
	told, err := s.submit(ctx, steps)
	if err != nil {
		return err
	}
	first, last := s.receipts[steps[0].name].Block, uint64(0)
	for _, x := range steps {
		first, last = min(first, s.receipts[x.name].Block), max(last, s.receipts[x.name].Block)
	}
	where := fmt.Sprintf("%d × %s · 区块 block %d", len(steps), steps[0].command, first)
	if last > first {
		where += fmt.Sprintf(" – %d", last)
	}
	if strings.HasSuffix(told[0], onLedger) {
		where += onLedger
	}
	s.tell(zh, en, where)
	return nil
}

// onLedger marks what an earlier play did.
const onLedger = " · 已在账本上 already on the ledger"

// submit submits steps at the same time and says where each stands, up to the
// first that failed.
func (s *story) submit(ctx context.Context, steps []step) (told []string, err error) {
	type outcome struct {
		receipt
		again bool
		err   error
	}
	signed := make([][]byte, len(steps))
	outcomes := make([]outcome, len(steps))
	for i, x := range steps {
		if signed[i], outcomes[i].again, outcomes[i].err = s.signed(x); outcomes[i].err != nil {
			return nil, outcomes[i].err
		}
	}
	var sent sync.WaitGroup
	for i, x := range steps {
		sent.Go(func() {
			o := &outcomes[i]
			o.receipt, o.err = s.send(ctx, x.who, signed[i], x.secret)
		})
	}
	sent.Wait()
	for i, x := range steps {
		o := &outcomes[i]
		if o.again && refusedWith(o.err, rights.CodeExpired) { // an earlier play stopped before this was applied: sign it anew
			o.again = false
			if signed[i], o.err = s.sign(x); o.err == nil {
				o.receipt, o.err = s.send(ctx, x.who, signed[i], x.secret)
			}
		}
		if o.err != nil {
			return told, fmt.Errorf("%s (%s): %w", x.en, x.command, o.err)
		}
		s.height = max(s.height, o.Block)
		s.receipts[x.name] = o.receipt
		where := fmt.Sprintf("%s · %s · 区块 block %d · 交易 tx %s…", x.command, x.who.gateway, o.Block, o.TxID[:min(12, len(o.TxID))])
		if o.again {
			where += onLedger
		}
		told = append(told, where)
	}
	return told, nil
}

// signed is a step's command as it was signed in an earlier play, or anew.
func (s *story) signed(x step) (jws []byte, again bool, err error) {
	jws, err = os.ReadFile(filepath.Join(s.memory, x.name+".jws"))
	if errors.Is(err, os.ErrNotExist) {
		jws, err = s.sign(x)
		return jws, false, err
	}
	return jws, true, err
}

func (s *story) sign(x step) ([]byte, error) {
	key, err := s.key(x.who)
	if err != nil {
		return nil, err
	}
	signed, err := key.Command(x.who.uscc, x.who.keyNo, x.command, x.body)
	if err != nil {
		return nil, err
	}
	return signed.JWS, os.WriteFile(filepath.Join(s.memory, x.name+".jws"), signed.JWS, 0o600)
}

// send submits signed bytes, and a secret beside them.
func (s *story) send(ctx context.Context, who actor, jws, secret []byte) (receipt, error) {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	var answer client.Receipt
	var err error
	if gateway := s.reader(who.gateway); secret != nil {
		answer, err = gateway.SubmitWithSecret(ctx, jws, secret)
	} else {
		answer, err = gateway.Submit(ctx, jws)
	}
	if err != nil {
		return receipt{}, err
	}
	r := receipt{TxID: answer.TxID, Block: answer.Block}
	if err := json.Unmarshal(answer.Result, &r.Result); err != nil {
		return r, fmt.Errorf("couldn't read the answer: %w", err)
	}
	return r, nil
}

// refusal is what a refused step was answered.
type refusal struct {
	Status           int
	Code, Rule       string
	Detail, DetailZh string
}

// refused plays a step that must be refused with that code. A refused command
// leaves nothing on the ledger, where it might be allowed by now: a later play
// does not send it again, but tells what it was answered.
func (s *story) refused(ctx context.Context, x step, code rights.Code) error {
	var r refusal
	again := true
	err := s.remember(x.name+".refusal.json", &r, func() error {
		again = false
		jws, err := s.sign(x)
		if err != nil {
			return err
		}
		_, err = s.send(ctx, x.who, jws, x.secret)
		p, err := wanted(x.en, err, code)
		if err != nil {
			return err
		}
		r = refusal{Status: p.Status, Code: p.Code, Rule: p.Rule, Detail: p.Detail, DetailZh: p.DetailZh}
		return nil
	})
	if err != nil {
		return err
	}
	where := []string{fmt.Sprintf("HTTP %d %s：%s", r.Status, r.Code, r.Detail), r.DetailZh}
	if r.Rule != "" {
		where[1] += "（规则 rule " + r.Rule + "）"
	}
	if again {
		where = append(where, "首次演示时的回答 as answered the first time")
	}
	s.tell(x.zh, x.en, where...)
	return nil
}

// wanted is the problem that an answer must be.
func wanted(what string, err error, code rights.Code) (*client.Problem, error) {
	if err == nil {
		return nil, fmt.Errorf("%s: want %s, but it was accepted", what, code)
	}
	var p *client.Problem
	if !errors.As(err, &p) || p.Code != string(code) {
		return nil, fmt.Errorf("%s: want %s, got: %w", what, code, err)
	}
	return p, nil
}

func refusedWith(err error, code rights.Code) bool {
	var p *client.Problem
	return errors.As(err, &p) && p.Code == string(code)
}

// remember reads what an earlier play kept in a file, or has it made and keeps it.
func (s *story) remember(file string, v any, produce func() error) error {
	path := filepath.Join(s.memory, file)
	raw, err := os.ReadFile(path)
	if err == nil {
		return json.Unmarshal(raw, v)
	}
	if !errors.Is(err, os.ErrNotExist) {
		return err
	}
	if err := produce(); err != nil {
		return err
	}
	if raw, err = json.Marshal(v); err != nil {
		return err
	}
	return os.WriteFile(path, raw, 0o600)
}

// secret makes the private part of a step, once: the bytes go beside the command,
// the commitment into its body.
func (s *story) secret(name string, document any) (secret []byte, commitment string, err error) {
	path := filepath.Join(s.memory, name+".secret.json")
	if secret, err = os.ReadFile(path); err == nil {
		return secret, client.Commitment(secret), nil
	}
	if !errors.Is(err, os.ErrNotExist) {
		return nil, "", err
	}
	if secret, commitment, err = client.NewSecret(document); err != nil {
		return nil, "", err
	}
	return secret, commitment, os.WriteFile(path, secret, 0o600)
}

// reader is an organisation's gateway that has seen what the story has written.
func (s *story) reader(organisation string) *client.Client {
	if s.height == 0 {
		return s.gateways[organisation]
	}
	return s.gateways[organisation].AtLeast(s.height)
}

// get reads one record, as anybody may, through an organisation's gateway.
func (s *story) get(ctx context.Context, organisation, path string, query url.Values, into any) error {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	_, err := s.reader(organisation).Get(ctx, path, query, into)
	return err
}

// as is the gateway of an organisation in a session of the actor's.
func (s *story) as(ctx context.Context, who actor, organisation string) (*client.Client, error) {
	gateway := s.reader(organisation)
	name := who.key + "@" + organisation
	session, ok := s.sessions[name]
	if !ok {
		// Opening a session waits for no block: the gateway must know the actor by now.
		if err := s.get(ctx, organisation, "/v1/participants/"+who.uscc, nil, new(rights.Participant)); err != nil {
			return nil, err
		}
		key, err := s.key(who)
		if err != nil {
			return nil, err
		}
		if session, err = gateway.OpenSession(ctx, key, who.uscc, who.keyNo); err != nil {
			return nil, err
		}
		s.sessions[name] = session
	}
	return gateway.InSession(session), nil
}

// read reads one record as the actor, through the actor's own gateway.
func (s *story) read(ctx context.Context, who actor, path string, into any) error {
	gateway, err := s.as(ctx, who, who.gateway)
	if err != nil {
		return err
	}
	_, err = gateway.Get(ctx, path, nil, into)
	return err
}

// Package demo plays a first registration on a running consortium, over the
// gateways' public API and with real files, and says step by step what
// happened. Every command it signed is kept under run/demo: playing it again
// sends the same bytes, and the ledger answers them with the first result.
package demo

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"path/filepath"
	"time"

	"github.com/datarights/datarights/chaincode/rights"
	"github.com/datarights/datarights/client"
	"github.com/datarights/datarights/network"
)

// Options say where the consortium is and where to tell the story.
type Options struct {
	Deployment *network.Deployment
	DataDir    string    // the two sample tables
	Out        io.Writer // the story, for people
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

// story is one play. It is used by one goroutine.
type story struct {
	Options
	keyDir, memory string
	gateways       map[string]*client.Client
	keys           map[string]client.Key
	step           int
	height         uint64 // newest block the story has seen
	began          time.Time
}

// Run plays the story to its end, or says at which step it stopped and why.
func Run(ctx context.Context, o Options) error {
	s := &story{
		Options: o, keyDir: filepath.Join(o.Deployment.Dir, "keys"), memory: filepath.Join(o.Deployment.Dir, "demo"),
		gateways: map[string]*client.Client{}, keys: map[string]client.Key{}, began: time.Now(),
	}
	for _, dir := range []string{s.keyDir, s.memory} {
		if err := os.MkdirAll(dir, 0o700); err != nil {
			return err
		}
	}
	for i := range o.Deployment.Organisations {
		org := &o.Deployment.Organisations[i]
		gateway, err := client.New(fmt.Sprintf("http://%s:%d", network.Host, org.Ports.Gateway), client.WithUserAgent("datarights-demo"))
		if err != nil {
			return err
		}
		s.gateways[org.Name] = gateway
	}
	for _, chapter := range []struct {
		zh, en string
		play   func(context.Context) error
	}{
		{"一、联盟与规则", "The consortium and its rules", s.foundations},
		{"二、两家企业入场", "Two enterprises join", s.admissions},
		{"三、指纹、编目、申请登记", "Fingerprint, catalogue, apply", s.applications},
		{"四、公示、异议、登记发证", "Notice, objection, certificate", s.decisions},
		{"五、银行核验", "The bank verifies", s.verification},
		{"六、三种攻击，均被拒绝", "Three attacks, each refused", s.attacks},
		{"七、四份索引，一个摘要", "Four indexes, one digest", s.agreement},
	} {
		fmt.Fprintf(s.Out, "\n%s / %s\n", chapter.zh, chapter.en)
		if err := chapter.play(ctx); err != nil {
			return fmt.Errorf("demo step %d: %w", s.step+1, err)
		}
	}
	s.epilogue()
	return nil
}

// tell prints one step: what was done, and where it stands.
func (s *story) tell(zh, en, where string) {
	s.step++
	fmt.Fprintf(s.Out, "%3d. %s\n     %s\n", s.step, zh, en)
	if where != "" {
		fmt.Fprintf(s.Out, "     → %s\n", where)
	}
}

// key loads an actor's key, or makes it on its first appearance.
func (s *story) key(a actor) (client.Key, error) {
	if k, ok := s.keys[a.key]; ok {
		return k, nil
	}
	path := filepath.Join(s.keyDir, a.key+".pem")
	k, err := client.LoadKey(path)
	if errors.Is(err, os.ErrNotExist) {
		if k, err = client.GenerateKey(); err == nil {
			err = k.Save(path)
		}
	}
	if err != nil {
		return k, err
	}
	s.keys[a.key] = k
	return k, nil
}

// reader is an organisation's gateway that has seen what the story has written.
func (s *story) reader(organisation string) *client.Client {
	if s.height == 0 {
		return s.gateways[organisation]
	}
	return s.gateways[organisation].AtLeast(s.height)
}

// do signs a command as the actor, submits it through the actor's gateway and
// tells of it. A command sent in an earlier play is sent again as it was.
func (s *story) do(ctx context.Context, name string, who actor, zh, en, command string, body any) (receipt, error) {
	r, again, err := s.submit(ctx, name, who, command, body)
	if err != nil {
		return r, fmt.Errorf("%s (%s): %w", en, command, err)
	}
	where := fmt.Sprintf("%s · %s · 区块 block %d · 交易 tx %s…", command, who.gateway, r.Block, r.TxID[:min(12, len(r.TxID))])
	if again {
		where += " · 已在账本上 already on the ledger"
	}
	s.tell(zh, en, where)
	return r, nil
}

func (s *story) submit(ctx context.Context, name string, who actor, command string, body any) (r receipt, again bool, err error) {
	path := filepath.Join(s.memory, name+".jws")
	jws, err := os.ReadFile(path)
	if again = err == nil; again {
		r, err = s.send(ctx, who, jws)
		var p *client.Problem
		if !errors.As(err, &p) || p.Code != string(rights.CodeExpired) {
			return r, true, err
		} // an earlier play stopped before this was applied: sign it anew
	} else if !errors.Is(err, os.ErrNotExist) {
		return r, false, err
	}
	key, err := s.key(who)
	if err != nil {
		return r, false, err
	}
	signed, err := key.Command(who.uscc, who.keyNo, command, body)
	if err != nil {
		return r, false, err
	}
	if err := os.WriteFile(path, signed.JWS, 0o600); err != nil {
		return r, false, err
	}
	r, err = s.send(ctx, who, signed.JWS)
	return r, false, err
}

// send submits signed bytes.
func (s *story) send(ctx context.Context, who actor, jws []byte) (receipt, error) {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	answer, err := s.reader(who.gateway).Submit(ctx, jws)
	if err != nil {
		return receipt{}, err
	}
	r := receipt{TxID: answer.TxID, Block: answer.Block}
	if err := json.Unmarshal(answer.Result, &r.Result); err != nil {
		return r, fmt.Errorf("couldn't read the answer: %w", err)
	}
	s.height = max(s.height, r.Block)
	return r, nil
}

// get reads one record through an organisation's gateway.
func (s *story) get(ctx context.Context, organisation, path string, query url.Values, into any) error {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	_, err := s.reader(organisation).Get(ctx, path, query, into)
	return err
}

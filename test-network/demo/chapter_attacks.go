package demo

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"math/big"
	"os"
	"path/filepath"
	"strings"

	"github.com/datarights/datarights/chaincode/rights"
	"github.com/datarights/datarights/client"
)

// attacks: what a dishonest relay, a thief of old messages and an outsider get.
func (s *story) attacks(ctx context.Context) error {
	jws, err := os.ReadFile(filepath.Join(s.memory, energy.key+"-submit.jws"))
	if err != nil {
		return err
	}
	parts := strings.Split(string(jws), ".")
	payload, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil {
		return err
	}
	tampered := bytes.Replace(payload, []byte(`"RightOperation"`), []byte(`"RightHolding"`), 1)
	forged := parts[0] + "." + base64.RawURLEncoding.EncodeToString(tampered) + "." + parts[2]
	if err := s.turnedAway(ctx, "网关篡改命令内容后转发", "a relay changes the command and passes it on", []byte(forged), rights.CodeSignature); err != nil {
		return err
	}

	var p struct {
		ID string `json:"id"`
	}
	if err := json.Unmarshal(payload, &p); err != nil {
		return err
	}
	before := s.height
	again, err := s.send(ctx, energy, jws, nil)
	if err != nil {
		return err
	}
	if again.Block > before {
		return fmt.Errorf("a repeated command was applied again in block %d", again.Block)
	}
	key, err := s.key(energy)
	if err != nil {
		return err
	}
	reused, err := key.Command(energy.uscc, energy.keyNo, "registration.withdraw", rights.OfCase{CaseID: again.id(rights.KindCase)}, client.WithID(p.ID))
	if err != nil {
		return err
	}
	if err := s.turnedAway(ctx, "重放旧命令：原样重发只得到第一次的结果；借旧编号夹带新内容被拒绝", "replay: the same bytes only get the first answer; new content under an old id is refused", reused.JWS, rights.CodeReplay); err != nil {
		return err
	}

	unknown, err := client.GenerateKey()
	if err != nil {
		return err
	}
	nobody, err := unusedCode()
	if err != nil {
		return err
	}
	foreign, err := unknown.Command(nobody, 1, "participant.exit", rights.Exit{Declaration: "x"})
	if err != nil {
		return err
	}
	return s.turnedAway(ctx, "不在账本上的密钥签发命令", "a key that is not on the ledger signs a command", foreign.JWS, rights.CodeKey)
}

// unusedCode draws a well-formed credit code that nobody has, so that whoever
// tries things out on this ledger does not get in the story's way.
func unusedCode() (string, error) {
	n, err := rand.Int(rand.Reader, big.NewInt(1e8))
	if err != nil {
		return "", err
	}
	code := fmt.Sprintf("91320900%08d0", n)
	check, _ := rights.USCCCheck(code)
	return code + string(check), nil
}

// turnedAway submits bytes that nobody need know of, which must be refused.
func (s *story) turnedAway(ctx context.Context, zh, en string, jws []byte, code rights.Code) error {
	_, err := s.send(ctx, stranger, jws, nil)
	p, err := wanted(en, err, code)
	if err != nil {
		return err
	}
	s.tell(zh, en, fmt.Sprintf("HTTP %d %s：%s", p.Status, p.Code, p.Detail), p.DetailZh)
	return nil
}

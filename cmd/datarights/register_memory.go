package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/datarights/datarights/chaincode/command"
	"github.com/datarights/datarights/chaincode/rights"
	"github.com/datarights/datarights/client"
)

// memorySuffix is added to a file's path to name where its signed commands are
// kept.
const memorySuffix = ".datarights"

// memory keeps the commands signed for one file beside it. A command that was
// signed is sent again as it was: the ledger applies it once, whatever happened
// to the answer. The directory is its owner's alone.
type memory struct{ dir string }

func openMemory(file string) (memory, error) {
	m := memory{file + memorySuffix}
	if err := os.MkdirAll(m.dir, 0o700); err != nil {
		return m, fmt.Errorf("couldn't make the folder for signed commands: %w", err)
	}
	return m, nil
}

func (m memory) path(name string) string { return filepath.Join(m.dir, name) }

// setAside makes room for a new application after an earlier one ended.
func (m memory) setAside(step string) error {
	err := os.Rename(m.path(step+".jws"), m.path(fmt.Sprintf("%s.%d.jws", step, time.Now().UnixNano())))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("couldn't set the earlier command aside: %w", err)
	}
	return nil
}

// tagFor returns a match tag kept for this holder and content.
func (m memory) tagFor(r client.MatchTagRequest) (tag client.MatchTag, ok bool) {
	var kept keptTag
	text, err := os.ReadFile(m.path("match-tag.json"))
	if err != nil || json.Unmarshal(text, &kept) != nil || kept.HolderID != r.HolderID || kept.Digest != r.Digest || kept.ContentRoot != r.ContentRoot || kept.Tag.TagAttestation.SketchHash == "" {
		return tag, false
	}
	return kept.Tag, true
}

// keptTag is a tag with what it was asked for; the sketch is computed again
// whenever the file is read.
type keptTag struct {
	HolderID    string          `json:"holderId"`
	Digest      string          `json:"digest"`
	ContentRoot string          `json:"contentRoot"`
	Tag         client.MatchTag `json:"tag"`
}

func (m memory) keepTag(r client.MatchTagRequest, tag client.MatchTag) error {
	text, err := encodeJSON(keptTag{r.HolderID, r.Digest, r.ContentRoot, tag})
	if err != nil {
		return err
	}
	return replaceFile(m.path("match-tag.json"), text)
}

// perform brings a command onto the ledger once. If one was signed in an
// earlier run, it is sent again; only when the ledger can never apply it is
// another one signed.
func (m memory) perform(ctx context.Context, g *client.Client, s signer, step, name string, body any) (client.Receipt, error) {
	raw, err := encodeJSON(body)
	if err != nil {
		return client.Receipt{}, err
	}
	path := m.path(step + ".jws")
	kept, err := os.ReadFile(path)
	switch {
	case err == nil:
		r, again, err := resend(ctx, g, s, name, bytes.TrimSpace(kept), raw)
		if err != nil || !again {
			return r, err
		}
	case !errors.Is(err, fs.ErrNotExist):
		return client.Receipt{}, fmt.Errorf("couldn't read the command kept: %w", err)
	}
	signed, err := s.key.Command(s.id, s.keyNo, name, raw)
	if err != nil {
		return client.Receipt{}, err
	}
	// Kept before it is sent: whatever happens afterwards, it is known.
	if err := replaceFile(path, signed.JWS); err != nil {
		return client.Receipt{}, err
	}
	return g.Submit(ctx, signed.JWS)
}

// resend sends a kept command; again means that it was not and will not be
// applied, so that another one may be signed.
func resend(ctx context.Context, g *client.Client, s signer, name string, kept []byte, body json.RawMessage) (r client.Receipt, again bool, err error) {
	cmd, err := command.Decode(kept)
	if err != nil {
		return r, false, fail("所存指令已损坏；确认未曾提交后删除它再试", "the command kept is damaged; delete it once you know that it was not submitted", err)
	}
	if cmd.Name != name || cmd.ParticipantID != s.id {
		return r, false, fail("此文件旁已存有 "+cmd.Kid+" 的指令；每个主体请使用自己的文件副本", "commands of "+cmd.Kid+" are kept beside this file; each participant needs a copy of its own", nil)
	}
	changed := changedFields(cmd.Body, body)
	r, err = g.Submit(ctx, kept)
	var p *client.Problem
	switch {
	case err == nil && len(changed) > 0:
		list := strings.Join(changed, ", ")
		return r, false, fail(
			fmt.Sprintf("%s 此前已上链（交易 %s），本次参数与之不同：%s。账本上的内容不会因此改变；请按原参数运行，或用相应指令变更，案件已终结则加 --again", name, r.TxID, list),
			fmt.Sprintf("%s is on the ledger already (transaction %s) with other values of: %s. What is there stands: run with the same values, or change it with a command of its own, or add --again once the case has ended", name, r.TxID, list), nil)
	case err == nil:
		return r, false, nil
	case !errors.As(err, &p) || complain(&runError{err}).Exit != exitRefused:
		return r, false, err // it may have been applied
	case p.Code == string(rights.CodeExpired), len(changed) > 0:
		return r, true, nil
	}
	return r, false, err
}

// changedFields names the fields in which two bodies differ. The platform's
// attestation is left out: of the same tag it has another signature each time.
func changedFields(a, b json.RawMessage) []string {
	var x, y map[string]any
	if json.Unmarshal(a, &x) != nil || json.Unmarshal(b, &y) != nil {
		return []string{"body"}
	}
	var names []string
	for name, v := range x {
		if name != "tagAttestation" && !reflect.DeepEqual(v, y[name]) {
			names = append(names, name)
		}
	}
	for name := range y {
		if _, both := x[name]; !both {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/spf13/cobra"

	"github.com/datarights/datarights/chaincode/command"
	"github.com/datarights/datarights/chaincode/rights"
	"github.com/datarights/datarights/client"
	"github.com/datarights/datarights/internal/gm"
)

func newCommandCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "command",
		Short: "编写、签名、提交指令 / Write, sign and submit commands",
		Long: `账本上的每次写入都是一条以 SM2 密钥签名的指令；网关只转送，不能伪造。
list 列出全部指令及其字段；sign 签名；show 用文字说明所签内容；submit 提交。
密钥在硬件中时：input 输出待签字节，以外部工具签名后用 attach 附上。

Every write is a command signed with an SM2 key; a gateway relays it and cannot forge it. With a hardware key, print the
bytes to sign with input and attach the signature with attach.`,
	}
	c.AddCommand(newCommandList(), newCommandSign(), newCommandInput(), newCommandAttach(), newCommandShow(), newCommandSubmit())
	return c
}

// draft is a command as it is written down before it is signed.
type draft struct {
	id        string
	valid     time.Duration
	set       []string
	unchecked bool
}

func (d *draft) add(c *cobra.Command) {
	c.Flags().StringVar(&d.id, "id", "", "指令标识，默认新生成 / command `UUID`; a new one if not given")
	c.Flags().DurationVar(&d.valid, "valid", client.DefaultLifetime, "有效时长，最长 24h / how long it is acceptable, at most 24h")
	c.Flags().StringArrayVar(&d.set, "set", nil, "正文字段，可重复 / body `FIELD=VALUE`, repeatable")
	c.Flags().BoolVar(&d.unchecked, "unchecked", false, "本程序不认识的指令也签 / also sign commands that this program does not know")
	c.ValidArgsFunction = func(_ *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
		if len(args) > 0 {
			return nil, cobra.ShellCompDirectiveDefault
		}
		return commandNames(), cobra.ShellCompDirectiveNoFileComp
	}
}

// payload writes the command down; the body comes from a file, standard input
// or --set, and is checked as far as that is possible without the ledger.
func (d *draft) payload(c *cobra.Command, kid string, pub *gm.PublicKey, args []string) (command.Payload, error) {
	p := command.Payload{Command: args[0], ID: d.id, Iat: time.Now().Unix()}
	p.Exp = p.Iat + int64(d.valid/time.Second)
	if d.valid <= 0 || d.valid > command.MaxLifetime*time.Second {
		return p, misuse("--valid 应在 1s 至 24h 之间", "--valid must be from 1s to 24h")
	}
	if p.ID == "" {
		id, err := uuid.NewRandom()
		if err != nil {
			return p, fmt.Errorf("couldn't make a command id: %w", err)
		}
		p.ID = id.String()
	}
	spec, batch := rights.CommandNamed(p.Command)
	if spec == nil && !d.unchecked {
		return p, unknownCommand(p.Command)
	}
	raw := json.RawMessage("{}")
	if len(args) > 1 {
		text, err := readInput(c, args[1], command.MaxSize)
		if err != nil {
			return p, err
		}
		if raw = bytes.TrimSpace(text); len(raw) == 0 || raw[0] != '{' || !json.Valid(raw) {
			return p, fail("正文须为一个 JSON 对象："+args[1], "the body must be one JSON object: "+args[1], jsonFault(raw))
		}
	}
	if len(args) < 2 && len(d.set) == 0 && (spec == nil || !spec.SelfSigned) {
		return p, misuse("缺少正文：给出 BODY.json、- 或 --set 字段=值；字段见 datarights command list "+p.Command,
			"there is no body: give BODY.json, - or --set FIELD=VALUE; datarights command list "+p.Command+" shows the fields")
	}
	var err error
	if raw, err = d.complete(raw, spec, batch, kid, pub); err != nil {
		return p, err
	}
	p.Body = raw
	if spec != nil && !d.unchecked {
		return p, checkBody(spec, batch, raw)
	}
	return p, nil
}

// complete adds the fields of --set, and to an application the key applied for.
func (d *draft) complete(raw json.RawMessage, spec *rights.Command, batch bool, kid string, pub *gm.PublicKey) (json.RawMessage, error) {
	add := map[string]json.RawMessage{}
	for _, s := range d.set {
		name, value, ok := strings.Cut(s, "=")
		if !ok || name == "" {
			return nil, misuse(fmt.Sprintf("--set %q 应为 字段=值", s), fmt.Sprintf("--set %q must be FIELD=VALUE", s))
		}
		encoded, err := setValue(spec, batch, name, value)
		if err != nil {
			return nil, err
		}
		add[name] = encoded
	}
	if len(add) == 0 && (spec == nil || !spec.SelfSigned) {
		return raw, nil
	}
	body := map[string]json.RawMessage{}
	if err := json.Unmarshal(raw, &body); err != nil {
		return nil, fail("正文须为一个 JSON 对象", "the body must be one JSON object", err)
	}
	for name, v := range add {
		body[name] = v
	}
	if spec != nil && spec.SelfSigned {
		id, _, _ := strings.Cut(kid, "#")
		fill(body, "uscc", id)
		if pub != nil {
			fill(body, "publicKey", publicKeyText(*pub))
		}
	}
	return encodeJSON(body)
}

func fill(body map[string]json.RawMessage, name, value string) {
	if _, given := body[name]; !given {
		body[name], _ = json.Marshal(value) // strings always encode
	}
}

// setValue encodes a value by the type of its field: text as it is, everything
// else as JSON.
func setValue(spec *rights.Command, batch bool, name, value string) (json.RawMessage, error) {
	if spec != nil && !batch {
		for _, f := range fieldsOf(reflect.TypeOf(spec.Body())) {
			if f.Name == name && f.Type == typeText {
				return encodeJSON(value)
			}
			if f.Name == name && f.list && f.Type == "list of "+typeText && !strings.HasPrefix(strings.TrimSpace(value), "[") {
				return encodeJSON(strings.Split(value, ","))
			}
		}
	}
	if json.Valid([]byte(value)) {
		return json.RawMessage(value), nil
	}
	return encodeJSON(value)
}

// encodeJSON writes what is signed as it reads, without HTML escapes.
func encodeJSON(v any) (json.RawMessage, error) {
	text, err := command.Encode(v)
	if err != nil {
		return nil, fmt.Errorf("couldn't encode: %w", err)
	}
	return text, nil
}

// checkBody finds what the ledger would refuse for its form alone.
func checkBody(spec *rights.Command, batch bool, raw json.RawMessage) error {
	if !batch {
		return command.DecodeInto(raw, spec.Body())
	}
	var b struct {
		Common json.RawMessage   `json:"common"`
		Items  []json.RawMessage `json:"items"`
	}
	if err := command.DecodeInto(raw, &b); err != nil {
		return err
	}
	if len(b.Items) == 0 || len(b.Items) > rights.MaxBatch {
		return &command.Error{Code: command.CodeFormat, Field: "body.items",
			Detail: fmt.Sprintf("must have 1 to %d items", rights.MaxBatch), DetailZh: fmt.Sprintf("须有 1 至 %d 项", rights.MaxBatch)}
	}
	if b.Common != nil {
		if err := relocate(command.DecodeInto(b.Common, spec.Body()), "body.common"); err != nil {
			return err
		}
	}
	for i, item := range b.Items {
		if err := relocate(command.DecodeInto(item, spec.Body()), fmt.Sprintf("body.items[%d]", i)); err != nil {
			return err
		}
	}
	return nil
}

// relocate says where in a batch a faulty body stands.
func relocate(err error, at string) error {
	var e *command.Error
	if errors.As(err, &e) {
		moved := *e
		moved.Field = at + strings.TrimPrefix(e.Field, "body")
		return &moved
	}
	return err
}

func jsonFault(raw []byte) error {
	var v any
	err := json.Unmarshal(raw, &v)
	var syntax *json.SyntaxError
	if errors.As(err, &syntax) {
		line := 1 + bytes.Count(raw[:min(int(syntax.Offset), len(raw))], []byte("\n"))
		return fmt.Errorf("line %d: %w", line, err)
	}
	if err == nil && len(raw) > 0 {
		return errors.New("it is another kind of value")
	}
	return err
}

// unknownCommand names the commands nearest to what was typed.
func unknownCommand(name string) error {
	zh, en := fmt.Sprintf("没有指令 %q；datarights command list 列出全部", name), fmt.Sprintf("there is no command %q; datarights command list shows them all", name)
	event := name
	if _, e, ok := strings.Cut(name, "."); ok {
		event = e
	}
	var near []string
	for _, n := range commandNames() {
		if _, e, _ := strings.Cut(n, "."); strings.EqualFold(n, name) || strings.EqualFold(e, event) || len(event) > 2 && strings.HasPrefix(strings.ToLower(e), strings.ToLower(event)) {
			near = append(near, n)
		}
	}
	if len(near) > 0 {
		list := strings.Join(near[:min(len(near), 5)], ", ")
		zh, en = zh+"。相近的有 "+list, en+". Near it: "+list
	}
	return misuse(zh, en)
}

func commandNames() []string {
	var names []string
	for _, c := range rights.Commands() {
		names = append(names, c.Name)
		if c.Batch {
			names = append(names, c.Name+"Batch")
		}
	}
	return names
}

// readInput reads a file, or standard input for "-", of at most limit bytes.
func readInput(c *cobra.Command, path string, limit int64) ([]byte, error) {
	in := c.InOrStdin()
	if path != "-" {
		f, err := os.Open(path)
		if err != nil {
			return nil, fmt.Errorf("couldn't read the file: %w", err)
		}
		defer func() { _ = f.Close() }() // only read
		in = f
	}
	text, err := io.ReadAll(io.LimitReader(in, limit+1))
	if err != nil {
		return nil, fmt.Errorf("couldn't read %s: %w", path, err)
	}
	if int64(len(text)) > limit {
		return nil, fail("输入超过 "+strconv.FormatInt(limit, 10)+" 字节", "the input has more than "+strconv.FormatInt(limit, 10)+" bytes", nil)
	}
	return text, nil
}

// writeOutput writes to a new file of the owner's, or to standard output. An
// existing file is never overwritten: it may be the only copy of a command
// that has been sent.
func writeOutput(c *cobra.Command, path string, data []byte) error {
	if path == "" || path == "-" {
		_, err := c.OutOrStdout().Write(data)
		return err
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return fmt.Errorf("couldn't write the file: %w", err)
	}
	_, err = f.Write(data)
	if err = errors.Join(err, f.Close()); err != nil {
		return errors.Join(fmt.Errorf("couldn't write the file: %w", err), os.Remove(path))
	}
	return nil
}

// titleOf names a command in both languages.
func titleOf(name string) rights.Text {
	spec, batch := rights.CommandNamed(name)
	switch {
	case spec == nil:
		return rights.Text{Zh: "（未知指令）", En: "(unknown command)"}
	case batch:
		return rights.Text{Zh: "批量" + spec.Title.Zh, En: spec.Title.En + ", in bulk"}
	}
	return spec.Title
}

// machineOf is the state machine of a record's kind, nil if it has none.
func machineOf(kind rights.Kind) *rights.Machine {
	entity, ok := map[rights.Kind]string{rights.KindParticipant: "participant", rights.KindResource: "resource", rights.KindCase: "registration",
		rights.KindObjection: "objection", rights.KindRight: "right", rights.KindCertificate: "certificate"}[kind]
	machines := rights.Machines()
	if i := slices.IndexFunc(machines, func(m *rights.Machine) bool { return m.Entity == entity }); ok && i >= 0 {
		return machines[i]
	}
	return nil
}

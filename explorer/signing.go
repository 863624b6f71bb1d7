package explorer

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/google/uuid"

	"github.com/datarights/datarights/chaincode/command"
	"github.com/datarights/datarights/chaincode/rights"
	"github.com/datarights/datarights/client"
)

// How a page has something written to the ledger: a form becomes a command, the
// command's exact bytes are shown in words, the visitor's key signs them somewhere
// else, and the signature is handed in. The page never sees a private key, and what
// is signed is what was shown: the words are read back from the bytes.

// signFor is how long a command may be signed and handed in, in seconds: a card and
// a colleague's approval take their time.
const signFor = 4 * 3600

// formView is a command being filled in.
type formView struct {
	Spec    *rights.Command
	Deed    deed
	Inputs  []Input
	Back    string
	Problem *client.Problem
}

// signView is a command waiting for its signature.
type signView struct {
	Spec      *rights.Command
	Deed      deed
	Payload   command.Payload
	Inputs    []Input // those that are filled in, with what they say
	Input     string  // the bytes to be signed
	Plain     string  // the payload's JSON as it is
	Kid       string
	Back      string
	Problem   *client.Problem
	FaultyTop bool // the problem names none of the inputs
}

// receiptView is what came of a command.
type receiptView struct {
	Receipt client.Receipt
	Deed    deed
	Records []Object
	Back    string
}

// command serves /do/{name}: the form, its faults, the bytes to sign, the outcome.
func (q *request) command() error {
	spec, batch := rights.CommandNamed(q.r.PathValue("name"))
	if spec == nil || batch {
		return errNotHere
	}
	who, err := q.visitor()
	if err != nil {
		return err
	}
	if who == nil {
		return errSignIn
	}
	back := inside(q.form("back"))
	inputs := inputsOf(q.lang, reflect.TypeOf(spec.Body()).Elem())
	if q.r.Method != http.MethodPost {
		for i := range inputs { // an address may fill a form in, never sign it
			inputs[i].Value = q.param(inputs[i].Name)
			if inputs[i].Manner == aList {
				inputs[i].Value = strings.ReplaceAll(inputs[i].Value, ",", "\n")
			}
		}
		return q.render(http.StatusOK, "command", "my", formView{Spec: spec, Deed: deedOf(spec.Name), Inputs: inputs, Back: back})
	}
	switch q.form("step") {
	case "edit":
		if _, p, err := readInput(q.form("input")); err == nil {
			unfold(inputs, p.Body)
		}
		return q.render(http.StatusOK, "command", "my", formView{Spec: spec, Deed: deedOf(spec.Name), Inputs: inputs, Back: back})
	case "send":
		return q.handIn(spec, inputs, back)
	}
	raw, inputs := fillBody(inputs, func(name string) string { return q.form("b." + name) })
	again := func(p *client.Problem) error {
		return q.render(http.StatusUnprocessableEntity, "command", "my", formView{Spec: spec, Deed: deedOf(spec.Name), Inputs: inputs, Back: back, Problem: p})
	}
	if raw == nil {
		return again(nil)
	}
	var refused *rights.Error
	switch err := checkForm(spec, raw, inputs); {
	case errors.Is(err, errFaulty):
		return again(nil)
	case errors.As(err, &refused):
		return again(&client.Problem{Code: string(refused.Code), Field: refused.Field, Detail: refused.Detail, DetailZh: refused.DetailZh})
	case err != nil:
		return err
	}
	id, err := uuid.NewRandom()
	if err != nil {
		return fmt.Errorf("couldn't make a command id: %w", err)
	}
	p := command.Payload{Command: spec.Name, ID: id.String(), Iat: q.now, Exp: q.now + signFor, Body: raw}
	input, err := command.SigningInput(who.Kid, p)
	if err != nil {
		return err
	}
	return q.render(http.StatusOK, "sign", "my", q.toSign(spec, inputs, string(input), p, who.Kid, back))
}

// toSign shows bytes in the words they say.
func (q *request) toSign(spec *rights.Command, inputs []Input, input string, p command.Payload, kid, back string) signView {
	unfold(inputs, p.Body)
	plain, _ := json.Marshal(p)
	return signView{Spec: spec, Deed: deedOf(spec.Name), Payload: p, Input: input, Plain: string(plain), Kid: kid, Back: back,
		Inputs: slices.DeleteFunc(inputs, func(in Input) bool { return in.Value == "" })}
}

// readInput takes the bytes to be signed apart.
func readInput(input string) (kid string, p command.Payload, err error) {
	jws, err := command.Attach([]byte(input), make([]byte, 64))
	if err != nil {
		return "", p, err
	}
	c, err := command.Decode(jws)
	if err != nil {
		return "", p, err
	}
	return c.Kid, command.Payload{Command: c.Name, ID: c.ID, Iat: c.Iat, Exp: c.Exp, Body: c.Body}, nil
}

// handIn joins the signature to the bytes and submits the command.
func (q *request) handIn(spec *rights.Command, inputs []Input, back string) error {
	input := strings.TrimSpace(q.form("input"))
	kid, p, err := readInput(input)
	var malformed *command.Error
	switch {
	case errors.As(err, &malformed):
		return &client.Problem{Status: http.StatusBadRequest, Code: string(malformed.Code), Field: malformed.Field, Detail: malformed.Detail, DetailZh: malformed.DetailZh}
	case err != nil:
		return err
	case p.Command != spec.Name:
		return &client.Problem{Status: http.StatusBadRequest, Code: "E_FORMAT", Field: "command", Detail: "these bytes are another command's", DetailZh: "这些字节是另一条命令的"}
	}
	v := q.toSign(spec, inputs, input, p, kid, back)
	again := func(err error) error {
		if !errors.As(err, &v.Problem) {
			return err
		}
		v.FaultyTop = v.Problem.Field == "" || !faultAt(v.Inputs, v.Problem.Field, rights.Text{Zh: v.Problem.DetailZh, En: v.Problem.DetailEn})
		return q.render(max(v.Problem.Status, http.StatusBadRequest), "sign", "my", v)
	}
	sig, err := q.signature()
	if err != nil {
		return again(err)
	}
	jws, err := command.Attach([]byte(input), sig)
	if errors.As(err, &malformed) {
		return again(&client.Problem{Status: http.StatusBadRequest, Code: string(malformed.Code), Field: malformed.Field, Detail: malformed.Detail, DetailEn: malformed.Detail, DetailZh: malformed.DetailZh})
	}
	if err != nil {
		return err
	}
	var receipt client.Receipt
	if err := q.send("/v1/commands", client.MediaTypeCommand, jws, &receipt); err != nil {
		return again(err)
	}
	to := "/receipts/" + receipt.TxID + "?at=" + strconv.FormatUint(receipt.Block, 10)
	if back != "" {
		to += "&back=" + url.QueryEscape(back)
	}
	return q.redirect(to)
}

// receipt serves /receipts/{id}: what became of a transaction, as its sender may see it.
func (q *request) receipt() error {
	var t struct {
		TxID    string             `json:"txId"`
		Block   uint64             `json:"block"`
		Command string             `json:"command"`
		Kid     string             `json:"kid"`
		Records []rights.RecordRef `json:"records"`
	}
	query := url.Values{}
	if at := q.param("at"); at != "" {
		query.Set("at_least", at)
	}
	if err := q.get("/v1/transactions/"+url.PathEscape(q.r.PathValue("id")), query, &t); err != nil {
		return err
	}
	v := receiptView{Receipt: client.Receipt{TxID: t.TxID, Block: t.Block, Command: t.Command, Kid: t.Kid}, Deed: deedOf(t.Command), Back: inside(q.param("back"))}
	for _, r := range t.Records {
		v.Records = append(v.Records, q.object(r.Kind, r.ID))
	}
	return q.render(http.StatusOK, "receipt", "my", v)
}

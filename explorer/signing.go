package explorer

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
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
	Inputs  []*Input
	Secret  *secretForm // nil: the command has none
	Aid     string      // what else the page explains
	Next    string      // of a key being added: the id it will have
	Back    string
	Problem *client.Problem
	Faults  []*Input // those at fault, for a list of them
}

// Digests says whether the form asks for the SM3 of anything.
func (v formView) Digests() bool {
	asked := false
	each(v.Inputs, func(in *Input) { asked = asked || in.Digest || in.row != nil && in.Name == "evidence" })
	return asked
}

// signView is a command waiting for its signature.
type signView struct {
	Spec    *rights.Command
	Deed    deed
	Payload command.Payload
	Inputs  []*Input // those that are filled in, with what they say
	Secret  *secretForm
	Input   string // the bytes to be signed
	Plain   string // the payload's JSON as it is
	Kid     string
	Back    string
	Problem *client.Problem
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
	v := &formView{Spec: spec, Deed: deedOf(spec.Name), Inputs: inputsOf(q.lang, spec), Back: inside(q.form("back"))}
	v.Secret = q.secretForm(spec, &v.Inputs)
	if v.Secret != nil {
		q.w.Header().Set("Cache-Control", "no-store")
	}
	show := func(status int) error {
		each(v.Inputs, func(in *Input) {
			if in.Manner == someRows && len(in.Rows) == 0 {
				in.addRow()
			}
			if in.Fault != nil {
				v.Faults = append(v.Faults, in)
			}
		})
		if v.Secret != nil {
			each(v.Secret.Inputs, func(in *Input) {
				if in.Manner == someRows && len(in.Rows) == 0 {
					in.addRow()
				}
				if in.Fault != nil {
					v.Faults = append(v.Faults, in)
				}
			})
		}
		if spec.Name == "participant.rotateKey" || spec.Name == "participant.addOfficer" {
			v.Aid = "key"
			if p, _, err := load[rights.Participant](q, rights.KindParticipant, who.ParticipantID); err == nil {
				v.Next = rights.KeyID(p.USCC, len(p.Keys)+1)
			}
		}
		q.sayAll(v.Inputs)
		return q.render(status, "command", "my", v)
	}
	if q.r.Method != http.MethodPost {
		q.prefill(v.Inputs)
		if v.Secret != nil {
			take(v.Secret.Inputs, secrets[spec.Name].Default)
		}
		return show(http.StatusOK)
	}
	sent := q.sent()
	if q.form("step") == "send" {
		return q.handIn(spec, v)
	}
	if q.form("step") == "edit" {
		if _, p, err := readInput(q.form("input")); err == nil {
			unfold(v.Inputs, p.Body)
			if v.Secret != nil {
				v.Secret.read(q.form("secret"), p.Body)
			}
		}
		q.fix(v.Inputs, sent["fixed"])
		return show(http.StatusOK)
	}
	take(v.Inputs, sent)
	if v.Secret != nil {
		take(v.Secret.Inputs, sent)
	}
	q.fix(v.Inputs, sent["fixed"])
	if more := q.form("more"); more != "" {
		all := v.Inputs
		if v.Secret != nil {
			all = append(slices.Clone(all), v.Secret.Inputs...)
		}
		each(all, func(in *Input) {
			if in.Name == more && in.Manner == someRows {
				if len(in.Rows) == 0 {
					in.addRow()
				}
				in.addRow()
			}
		})
		return show(http.StatusOK)
	}
	var commitment string
	whole := true
	if s := v.Secret; s != nil && s.Member {
		commitment, whole = s.fill()
	} else if s != nil && s.Required {
		return errNotMember
	}
	raw := fillBody(v.Inputs)
	if raw == nil || !whole {
		return show(http.StatusUnprocessableEntity)
	}
	if commitment != "" {
		raw = withCommitment(raw, v.Secret.Field, commitment)
	}
	if err := checkForm(spec, raw, v.Inputs); errors.Is(err, errFaulty) {
		return show(http.StatusUnprocessableEntity)
	} else if err != nil {
		if v.Problem = asProblem(err); v.Problem == nil {
			return err
		}
		return show(http.StatusUnprocessableEntity)
	}
	id, err := uuid.NewRandom()
	if err != nil {
		return fmt.Errorf("couldn't make a command id: %w", err)
	}
	p := command.Payload{Command: spec.Name, ID: id.String(), Iat: q.now, Exp: q.now + signFor, Body: raw}
	input, err := command.SigningInput(who.Kid, p)
	if err != nil {
		if v.Problem = asProblem(err); v.Problem == nil {
			return err
		}
		return show(http.StatusUnprocessableEntity)
	}
	return q.render(http.StatusOK, "sign", "my", q.toSign(v, string(input), p, who.Kid))
}

// withCommitment adds the commitment to a body.
func withCommitment(body json.RawMessage, field, commitment string) json.RawMessage {
	comma := ","
	if len(body) == len("{}") {
		comma = ""
	}
	return slices.Concat(body[:len(body)-1], []byte(comma+`"`+field+`":"`+commitment+`"}`))
}

// maxPrefilled bounds what an address may fill in of one field, in bytes.
const maxPrefilled = 4000

// prefill takes what the address says: an address may fill a form in, never sign it.
// Ids that it names are what the page that led here is about; they stay as they are.
func (q *request) prefill(inputs []*Input) {
	query := q.r.URL.Query()
	var fixed []string
	each(inputs, func(in *Input) {
		v := strings.TrimSpace(strings.ToValidUTF8(query.Get(in.Name), ""))
		if v == "" || len(v) > maxPrefilled || in.Manner == aGroup || in.Manner == someRows {
			return
		}
		if in.Manner == aList || in.Manner == someOf {
			v = strings.ReplaceAll(v, ",", "\n")
		}
		in.Value = v
		fixed = append(fixed, in.Name)
	})
	q.fix(inputs, fixed)
}

// fix marks the ids among the named inputs as not to be changed.
func (q *request) fix(inputs []*Input, names []string) {
	for _, in := range inputs {
		isID := strings.HasSuffix(in.Name, "Id") || strings.HasSuffix(in.Name, "Ids") || in.Name == "certNo" || in.Name == "uscc" || in.Name == "keyNo"
		in.Fixed = isID && in.Value != "" && slices.Contains(names, in.Name)
	}
}

// toSign shows bytes in the words they say.
func (q *request) toSign(f *formView, input string, p command.Payload, kid string) signView {
	unfold(f.Inputs, p.Body)
	plain, _ := json.Marshal(p)
	inputs := slices.DeleteFunc(slices.Clone(f.Inputs), func(in *Input) bool { return !in.filled() })
	q.sayAll(inputs)
	if f.Secret != nil {
		q.sayAll(f.Secret.Inputs)
	}
	return signView{Spec: f.Spec, Deed: f.Deed, Payload: p, Input: input, Plain: string(plain), Kid: kid, Back: f.Back, Inputs: inputs, Secret: f.Secret}
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
func (q *request) handIn(spec *rights.Command, f *formView) error {
	input := strings.TrimSpace(q.form("input"))
	kid, p, err := readInput(input)
	if problem := asProblem(err); problem != nil {
		return problem
	}
	switch {
	case err != nil:
		return err
	case p.Command != spec.Name:
		return &client.Problem{Status: http.StatusBadRequest, Code: "E_FORMAT", Field: "command", Detail: "these bytes are another command's", DetailZh: "这些字节是另一条命令的"}
	case f.Secret != nil && !f.Secret.Member && commitmentIn(p.Body, f.Secret.Field) != "":
		return errNotMember
	case f.Secret != nil && f.Secret.Member && !f.Secret.read(q.form("secret"), p.Body):
		return &client.Problem{Status: http.StatusBadRequest, Code: "E_FORMAT", Field: f.Secret.Field, Detail: "the secret is not the one behind the commitment in these bytes", DetailZh: "保密内容与待签字节中的承诺不符"}
	}
	v := q.toSign(f, input, p, kid)
	again := func(err error) error {
		if !errors.As(err, &v.Problem) {
			return err
		}
		faultAt(v.Inputs, v.Problem.Field, rights.Text{Zh: v.Problem.DetailZh, En: cmp.Or(v.Problem.DetailEn, v.Problem.Detail)}) // the problem stands above either way
		return q.render(max(v.Problem.Status, http.StatusBadRequest), "sign", "my", v)
	}
	sig, err := q.signature()
	if err != nil {
		return again(err)
	}
	jws, err := command.Attach([]byte(input), sig)
	if err != nil {
		if problem := asProblem(err); problem != nil {
			return again(problem)
		}
		return err
	}
	mediaType, content := client.MediaTypeCommand, jws
	if f.Secret != nil && f.Secret.raw != nil {
		if mediaType, content, err = parcel(jws, f.Secret.raw); err != nil {
			return fmt.Errorf("couldn't pack the command with its secret: %w", err)
		}
	}
	var receipt client.Receipt
	if err := q.send("/v1/commands", mediaType, content, &receipt); err != nil {
		return again(err)
	}
	to := "/receipts/" + receipt.TxID + "?at=" + strconv.FormatUint(receipt.Block, 10)
	if f.Back != "" {
		to += "&back=" + url.QueryEscape(f.Back)
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

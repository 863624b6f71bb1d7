package rights

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"reflect"

	"github.com/datarights/datarights/internal/gm"
)

// Collection names a private data collection: what is in it is known to its
// members' peers alone; the channel has a hash of salted bytes.
type Collection string

// CollectionTrade is shared by trading and supervision organisations.
const CollectionTrade Collection = "tradeTerms"

// CollectionPledge is shared by trading and supervision organisations and the
// one bank.
func CollectionPledge(bankMSP string) Collection { return Collection("pledgeTerms_" + bankMSP) }

// A secret is a JSON object with a salt. Its exact bytes travel beside the
// command in the transaction's transient field; the command carries their SM3
// as a commitment. The bytes are kept as they came, so that whoever was shown
// them can open the commitment: it is SM3 over them and nothing else.

// FieldSecret names the transient field, and the field of refusals that are about
// it: an E_REPLAY there says that the command was applied before and is answered
// without its secret.
const FieldSecret = "secret"

// MaxSecret bounds one secret, MaxSecrets those of a batch together, in bytes.
const (
	MaxSecret  = 32 << 10
	MaxSecrets = 1 << 20
)

// saltSize is the least size of a salt, in bytes.
const saltSize = 16

// Commit is the commitment to a secret's bytes.
func Commit(secret []byte) string {
	h := gm.SM3(secret)
	return "sm3:" + hex.EncodeToString(h[:])
}

// secret checks the secret that came with the command against the commitment
// in its body, and decodes it strictly into v.
func (a *Act) secret(field, commitment string, v any) error {
	if err := checkHash(field, commitment); err != nil {
		return err
	}
	if len(a.Secret) == 0 {
		return refuse(CodeFormat, "须随命令附上承诺所对应的保密内容（multipart 的 secret 部分）", "the secret behind the commitment must come beside the command, as the multipart part secret").at(field)
	}
	if len(a.Secret) > MaxSecret {
		return refuse(CodeTooLarge, "保密内容超过 %d 字节", "the secret is over %d bytes", MaxSecret).at(field)
	}
	if Commit(a.Secret) != commitment {
		return refuse(CodeFormat, "承诺与保密内容不符：须为其原始字节的 SM3", "the commitment is not the SM3 of the secret's bytes").at(field)
	}
	if err := a.decode(a.Secret, v); err != nil {
		if e := asRefusal(err); e != nil {
			return e.at("secret." + e.Field)
		}
		return err
	}
	salt := reflect.ValueOf(v).Elem().FieldByName("Salt").String()
	if raw, err := base64.RawURLEncoding.Strict().DecodeString(salt); err != nil || len(raw) < saltSize || len(raw) > 64 {
		return refuse(CodeFormat, "须为至少 %d 字节随机数的 base64url", "must be base64url of at least %d random bytes", saltSize).at("secret.salt")
	}
	return nil
}

// keepSecret stores the secret that came with the command beside a record.
func (a *Act) keepSecret(c Collection, kind Kind, id string) error {
	if err := a.member(c); err != nil {
		return err
	}
	return a.Ledger.StoreSecret(c, kind, id, a.Secret)
}

// rewriteSecret replaces what a collection keeps of a record. v carries the
// salt it was first stored with.
func (a *Act) rewriteSecret(c Collection, kind Kind, id string, v any) error {
	if err := a.member(c); err != nil {
		return err
	}
	raw, err := json.Marshal(v)
	if err != nil {
		return err
	}
	return a.Ledger.StoreSecret(c, kind, id, raw)
}

// openSecret reads what a collection keeps of a record.
func (a *Act) openSecret(c Collection, kind Kind, id string, v any) error {
	raw, err := SecretOf(a, c, kind, id)
	if err != nil {
		return err
	}
	if json.Unmarshal(raw, v) != nil { // its words would quote what is private
		return fmt.Errorf("couldn't decode what is kept in private of %s %s", kind, id)
	}
	return nil
}

// member refuses a command that touches private data when it comes through an
// organisation that must not see it.
func (a *Act) member(c Collection) error {
	var o Organisation
	if _, err := a.Ledger.Load(KindOrganisation, a.MSP, &o); err != nil {
		return err
	}
	switch {
	case o.Function == FunctionTrading || o.Function == FunctionSupervision,
		o.Function == FunctionFinance && c == CollectionPledge(a.MSP):
		a.hidden = true
		return nil
	}
	return refuse(CodeRole, "此命令含保密内容，须经交易或监管机构（质押亦可经质权银行）的网关提交，不得经 %s", "this command touches private data: send it through a trading or supervision organisation's gateway (a pledge also through its bank's), not through %s", a.MSP).at(FieldSecret).by("3.0.8")
}

// unasked refuses a secret that the command has no place for. Whose peers endorse
// follows from the collections a command touches: a secret beside one that
// touches none would be sent to anybody's.
func (a *Act) unasked(carried bool) error {
	if !carried || a.hidden {
		return nil
	}
	return refuse(CodeFormat, "命令 %s 不含保密内容，不得附带", "the command %s has no use for a secret: leave it out", a.Command).at(FieldSecret).by("3.0.8")
}

// SecretOf is what a collection keeps of a record, byte for byte. Whom the
// member that asks may show it to, it decides by the record.
func SecretOf(a *Act, c Collection, kind Kind, id string) ([]byte, error) {
	if err := a.member(c); err != nil {
		return nil, err
	}
	raw, err := a.Ledger.LoadSecret(c, kind, id)
	if err != nil {
		return nil, err
	}
	if len(raw) == 0 {
		return nil, nothingKept(id)
	}
	return raw, nil
}

func nothingKept(id string) error {
	return refuse(CodeNotFound, "%s 的保密内容不存在或已依保存期限清除", "what was kept in private of %s is not there, or was purged after its retention", id).on(id)
}

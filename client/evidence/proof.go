package evidence

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/datarights/datarights/chaincode/command"
	"github.com/datarights/datarights/chaincode/rights"
	"github.com/datarights/datarights/internal/fabricproof"
	"github.com/datarights/datarights/internal/proof"
)

// MinOrganisations is how many organisations must state a record together, unless
// a verifier asks for more.
const MinOrganisations = 2

// clockSkew is how far a statement may be ahead of the verifier's clock: peers
// grant five minutes by theirs.
const clockSkew = 5 * time.Minute

// ProofOptions are what a verifier asks of a proof beyond its signatures.
type ProofOptions struct {
	Organisations int           // that must state it; 0: MinOrganisations
	MaxAge        time.Duration // of the statement; 0: any
	Now           time.Time     // zero: the clock
}

// ProofResult is what the verification of a proof found.
type ProofResult struct {
	Result
	Kind          rights.Kind       `json:"kind,omitempty"`
	ID            string            `json:"id,omitempty"`
	Organisations []string          `json:"organisations"` // who state it, by MSP ID
	Statement     *rights.Statement `json:"statement,omitempty"`
	// InForce: as of the statement, and by the verifier's clock until now, the
	// certificate or pledge is good. nil where the record has nothing of the kind.
	InForce *bool `json:"inForce,omitempty"`
	// Warnings are proven like the rest, and bad news for who relies on the record.
	Warnings []rights.Text `json:"warnings"`
}

func (r *ProofResult) warn(zh, en string, args ...any) {
	if len(args) > 0 {
		zh, en = fmt.Sprintf(zh, args...), fmt.Sprintf(en, args...)
	}
	r.Warnings = append(r.Warnings, rights.Text{Zh: zh, En: en})
}

// IsProof reports whether a file claims to be the proof of a record rather than a
// case's bundle.
func IsProof(file []byte) bool { return proof.Claims(file) }

// VerifyProof checks the proof of a certificate, pledge or trade against the roots
// of a consortium. It reads nothing but its arguments.
func VerifyProof(file []byte, trust *fabricproof.Trust, o ProofOptions) *ProofResult {
	r := &ProofResult{Result: Result{Findings: []Finding{}, Gaps: []string{}}, Organisations: []string{}, Warnings: []rights.Text{}}
	if o.Organisations <= 0 {
		o.Organisations = MinOrganisations
	}
	if o.Now.IsZero() {
		o.Now = time.Now()
	}
	f, err := proof.Open(file)
	if err != nil {
		r.broken(AreaArchive, "", "不是核验文件，或已被改动", "no proof, or a changed one", err)
		return r
	}
	v := &proofVerifier{ProofResult: r, trust: trust, o: o, file: f, used: map[string]bool{}}
	if v.statement() {
		v.commands()
		v.manifest()
		v.standing()
		v.limits()
	}
	return r
}

// proofVerifier is one verification.
type proofVerifier struct {
	*ProofResult
	trust  *fabricproof.Trust
	o      ProofOptions
	file   *proof.File
	stated *fabricproof.Statement
	used   map[string]bool // parts that something was proven with
	blocks []*fabricproof.Block
}

// why says in words what kind of fault an error is.
func why(err error) rights.Text {
	for _, x := range []struct {
		kind   error
		zh, en string
	}{
		{fabricproof.ErrForeign, "签名者不属于所给根证书的联盟", "its signers are not of the consortium of the roots given"},
		{fabricproof.ErrExpired, "签名者的证书当时不在有效期内", "a signer's certificate was not valid then"},
		{fabricproof.ErrRevoked, "签名者的证书已被吊销", "a signer's certificate is revoked"},
		{fabricproof.ErrTooFew, "背书或签名的机构不足", "too few organisations signed"},
		{fabricproof.ErrForged, "签名与内容不符", "a signature does not fit the content"},
	} {
		if errors.Is(err, x.kind) {
			return rights.Text{Zh: x.zh, En: x.en}
		}
	}
	return rights.Text{Zh: "内容或格式不符", En: "its content or form is wrong"}
}

// untrustworthy notes a failure in words and with its cause.
func (v *proofVerifier) untrustworthy(a Area, subject, zh, en string, err error) {
	w := why(err)
	v.broken(a, subject, zh+"（"+w.Zh+"）", en+" ("+w.En+")", err)
}

// statement checks that enough organisations' peers say it, and what it is about.
// Without it nothing else says anything.
func (v *proofVerifier) statement() bool {
	s, err := v.trust.Statement(v.file.Statement)
	if err != nil {
		v.untrustworthy(AreaStatement, proof.StatementFile, "多机构背书的陈述不成立", "the endorsed statement does not hold", err)
		return false
	}
	st := new(rights.Statement)
	if err := command.DecodeInto(s.Answer, st); err != nil {
		v.broken(AreaStatement, proof.StatementFile, "陈述不可读", "the statement cannot be read", err)
		return false
	}
	switch {
	case st.SchemaVersion != rights.StatementVersion:
		err = fmt.Errorf("it is of schema %d; this program knows %d", st.SchemaVersion, rights.StatementVersion)
	case string(st.Kind) != s.Kind || st.ID != s.ID || st.At != s.At.Unix() || len(st.Commands) != len(s.Args)-3:
		err = errors.New("it answers another question")
	case v.file.Kind != s.Kind || v.file.ID != s.ID || v.file.Channel != v.trust.Channel || v.file.Chaincode != v.trust.Chaincode:
		err = fmt.Errorf("%s names another record or ledger", proof.ManifestFile)
	}
	if err != nil {
		v.broken(AreaStatement, proof.StatementFile, "陈述与文件不符", "the statement does not fit the file", err)
		return false
	}
	v.stated, v.Statement, v.Kind, v.ID, v.AsOf, v.Organisations = s, st, st.Kind, st.ID, st.At, s.Organisations
	holds := true
	fail := func(zh, en string, args ...any) {
		holds = false
		v.note(Failed, AreaStatement, proof.StatementFile, st.At, zh, en, args...)
	}
	if n := len(s.Organisations); n < v.o.Organisations {
		fail("仅 %[1]d 家机构（%[2]s）背书，要求至少 %[3]d 家", "only %[1]d organisations (%[2]s) state it; at least %[3]d are asked for", n, strings.Join(s.Organisations, ", "), v.o.Organisations)
	}
	age := v.o.Now.Sub(s.At)
	if age < -clockSkew {
		fail("陈述的时间 %[1]s 晚于本机时钟 %[2]s；请校准本机时钟", "the statement is of %[1]s, later than this machine's clock, %[2]s; set the clock right", clock(st.At), clock(v.o.Now.Unix()))
	}
	if v.o.MaxAge > 0 && age > v.o.MaxAge {
		fail("陈述已过时：作于 %[1]s，已 %[2]s，要求不超过 %[3]s；请重新获取", "the statement is stale: of %[1]s, %[2]s old, at most %[3]s is asked for; fetch it anew", clock(st.At), age.Round(time.Second), v.o.MaxAge)
	}
	if holds {
		v.note(Proven, AreaStatement, proof.StatementFile, st.At, "%[1]s 的节点共同陈述 %[2]s %[3]s 在 %[4]s（UTC+8）的状况", "peers of %[1]s state together how %[2]s %[3]s stood at %[4]s (UTC+8)",
			strings.Join(s.Organisations, ", "), string(st.Kind), st.ID, clock(st.At))
	}
	return true
}

// commands checks, of each command that wrote the record, whose key signed it, in
// which transaction and block it is, and who endorsed that, as far as the file has
// what shows it.
func (v *proofVerifier) commands() {
	if len(v.Statement.Commands) == 0 {
		v.note(Asserted, AreaCommand, v.ID, 0, "文件未载写入此记录的命令", "the file has none of the commands that wrote the record")
	}
	sealed := map[uint64]*sealedBlock{}
	for i, c := range v.Statement.Commands {
		key := fabricproof.Key(string(rights.KindReceipt), string(v.stated.Args[3+i]))
		read, ok := v.stated.Result.Read(key)
		if !ok || read.Version == nil || rights.ReceiptID(participantOf(c.Kid), c.ID) != string(v.stated.Args[3+i]) {
			v.note(Failed, AreaCommand, c.ID, 0, "陈述未读到此命令的回执", "the statement did not read this command's receipt")
			continue
		}
		at := *read.Version
		b, looked := sealed[at.Block]
		if !looked {
			b = v.sealed(at.Block, time.Unix(c.At, 0))
			sealed[at.Block] = b
		}
		if err := v.command(&v.Statement.Commands[i], at, b); err != nil {
			v.untrustworthy(AreaCommand, c.ID, "写入此记录的命令 "+c.Command+" 不成立", "the command "+c.Command+" that wrote the record does not hold", err)
		}
	}
}

// sealedBlock is a block with the orderers' signatures, whole or without its
// transactions.
type sealedBlock struct {
	*fabricproof.Block
	whole bool
}

// sealed checks the orderers' signatures on a block; nil when they do not hold.
func (v *proofVerifier) sealed(n uint64, at time.Time) *sealedBlock {
	raw, there := v.file.Blocks[n]
	name := fmt.Sprint("block ", n)
	if !there {
		v.note(Failed, AreaBlock, name, 0, "文件缺少写入此记录的区块", "the file lacks the block that wrote the record")
		return nil
	}
	v.used[name] = true
	b, whole, err := fabricproof.ParseSealed(raw)
	if err == nil && b.Number != n {
		err = fmt.Errorf("it is block %d", b.Number)
	}
	if err != nil {
		v.broken(AreaBlock, name, "区块不可读", "the block cannot be read", err)
		return nil
	}
	v.blocks = append(v.blocks, b)
	if whole {
		at = b.At()
	}
	o, err := v.trust.BlockAt(b, v.file.Config(b.LastConfig), at)
	if err != nil {
		v.untrustworthy(AreaBlock, name, "排序节点签名不成立", "the orderers' signatures do not hold", err)
		return nil
	}
	v.note(Proven, AreaBlock, name, at.Unix(), "区块 %[1]d（sha256:%[2]x）由 %[3]s 的排序节点签名，达到法定数 %[4]d", "block %[1]d (sha256:%[2]x) is signed by the orderers of %[3]s, a quorum of %[4]d",
		n, b.Hash, strings.Join(o.Organisations, ", "), o.Needed)
	return &sealedBlock{b, whole}
}

// command checks one command by the most that the file has of it.
func (v *proofVerifier) command(c *rights.StatedCommand, at fabricproof.Version, b *sealedBlock) error {
	where := fmt.Sprintf("%d.%d", at.Block, at.Tx)
	var tx *fabricproof.Transaction
	var err error
	envelope, carried := v.file.Transactions[c.TxID]
	jws, bare := v.file.Commands[c.TxID]
	if carried {
		v.used["transaction "+c.TxID] = true
	}
	if bare {
		v.used["command "+c.TxID] = true
	}
	switch whole := b != nil && b.whole; {
	case whole && (carried || bare) || carried && bare:
		return errors.New("the file has it twice")
	case whole:
		tx, err = b.Transaction(at.Tx)
	case carried:
		tx, err = fabricproof.ReadTransaction(envelope)
		if again, e := fabricproof.CanonicalEnvelope(envelope); err == nil && (e != nil || !bytes.Equal(again, envelope)) {
			err = errors.New("the transaction is not in the form it is proven in")
		}
	}
	if err != nil {
		return err
	}
	if tx != nil {
		e, err := v.transaction(c, tx)
		if err != nil {
			return err
		}
		jws = e.Args[1]
		if b != nil && b.whole {
			v.note(Proven, AreaCommand, c.ID, c.At, "交易 %[1]s 就在该区块中（第 %[2]d 笔），由 %[3]s 提交，%[4]s 的节点背书，写入 %[5]s 第 %[6]d 版",
				"the transaction %[1]s is in that block, number %[2]d, submitted by %[3]s, endorsed by peers of %[4]s; it writes version %[6]d of %[5]s", c.TxID, at.Tx, e.Submitter, strings.Join(e.Organisations, ", "), v.ID, c.Version)
		} else {
			v.note(Proven, AreaCommand, c.ID, c.At, "交易 %[1]s 由 %[2]s 提交，%[3]s 的节点背书，写入 %[4]s 第 %[5]d 版；其位置 %[6]s 由陈述机构证明",
				"the transaction %[1]s was submitted by %[2]s and endorsed by peers of %[3]s; it writes version %[5]d of %[4]s; that it stands at %[6]s is said by the stating organisations", c.TxID, e.Submitter, strings.Join(e.Organisations, ", "), v.ID, c.Version, where)
		}
	}
	if jws == nil {
		v.note(Proven, AreaCommand, c.ID, c.At, "陈述机构证明：%[1]s（%[2]s）由 %[3]s 以 SM2 签名，于 %[4]s 生效，写入第 %[5]d 版",
			"the stating organisations say: %[1]s (%[2]s) was signed with SM2 by %[3]s and took effect at %[4]s, writing version %[5]d", c.Command, c.Digest, c.Kid, where, c.Version)
		v.note(Asserted, AreaCommand, c.ID, 0, "命令原文不向公众公开，本文件不载；当事人出示原文时，其 SM3 须为 %[1]s", "the command's own bytes are not for the public and not here; whoever shows them must show bytes whose SM3 is %[1]s", c.Digest)
		return nil
	}
	return v.signed(c, jws)
}

// transaction checks that it is the command's and wrote the record.
func (v *proofVerifier) transaction(c *rights.StatedCommand, tx *fabricproof.Transaction) (*fabricproof.Endorsed, error) {
	e, err := v.trust.Transaction(tx)
	if err != nil {
		return nil, err
	}
	var head rights.Head
	w, wrote := e.Result.Write(fabricproof.Key(string(v.Kind), v.ID))
	switch {
	case e.TxID != c.TxID || tx.At.Unix() != c.At || e.Submitter != c.MSPID:
		return nil, errors.New("the transaction is not the one stated")
	case len(e.Args) != 2 || string(e.Args[0]) != "Submit":
		return nil, errors.New("the transaction carries no command")
	case !wrote || json.Unmarshal(w.Value, &head) != nil || head.Version != c.Version || head.LastTxID != c.TxID:
		return nil, errors.New("the transaction does not write the version stated")
	}
	return e, nil
}

// signed checks a command's SM2 signature by the key that is stated.
func (v *proofVerifier) signed(c *rights.StatedCommand, jws []byte) error {
	cmd, err := command.Decode(jws)
	if err != nil {
		return err
	}
	if cmd.DigestRef() != c.Digest || cmd.Kid != c.Kid || cmd.ID != c.ID || cmd.Name != c.Command {
		return errors.New("the command is not the one stated")
	}
	i := slices.IndexFunc(v.Statement.Signers, func(s rights.StatedSigner) bool { return s.Kid == c.Kid })
	if i < 0 {
		return fmt.Errorf("nobody states the key %s", c.Kid)
	}
	signer := v.Statement.Signers[i]
	pub, _, err := rights.ParseKey("publicKey", signer.PublicKey)
	if err != nil {
		return err
	}
	if err := cmd.Verify(pub); err != nil {
		return err
	}
	v.note(Proven, AreaCommand, c.ID, c.At, "%[1]s 的原文由 %[2]s（%[3]s）以 SM2 签名，签名有效", "%[1]s, byte for byte, is signed with SM2 by %[2]s (%[3]s); the signature holds", c.Command, signer.Name, c.Kid)
	return nil
}

// manifest makes the manifest again from what was proven. What of the file proved
// nothing has no place in it.
func (v *proofVerifier) manifest() {
	for _, name := range v.names() {
		if !v.used[name] {
			v.note(Failed, AreaManifest, name, 0, "文件中此部分与陈述无关", "this part of the file has nothing to do with the statement")
		}
	}
	configs := map[uint64]*fabricproof.Config{}
	for _, b := range v.blocks {
		configs[b.LastConfig] = v.file.Config(b.LastConfig)
	}
	m := v.file.Manifest
	var err error
	if m.Orderers, err = proof.OrderersOf(v.blocks, configs); err == nil {
		var one, two []byte
		if one, err = m.Encode(); err == nil {
			if two, err = v.file.Encode(); err == nil && !bytes.Equal(one, two) {
				err = errors.New("it lists others than those who signed the blocks")
			}
		}
	}
	if err != nil {
		v.broken(AreaManifest, proof.ManifestFile, "清单与内容不符", "the manifest does not follow from the contents", err)
	}
}

// names lists the parts that are there only for a command.
func (v *proofVerifier) names() (list []string) {
	for _, n := range slices.Sorted(maps.Keys(v.file.Blocks)) {
		list = append(list, fmt.Sprint("block ", n))
	}
	for _, id := range slices.Sorted(maps.Keys(v.file.Transactions)) {
		list = append(list, "transaction "+id)
	}
	for _, id := range slices.Sorted(maps.Keys(v.file.Commands)) {
		list = append(list, "command "+id)
	}
	return list
}

// limits says what no proof can show, and what this one does not.
func (v *proofVerifier) limits() {
	v.note(Asserted, AreaLimit, "", 0, "现状由上述机构共同陈述；若它们串通，可陈述不实的现状，但伪造不了当事人的签名", "how things stand is the word of these organisations together; in collusion they could state what is not so, but forge no participant's signature")
	v.note(Asserted, AreaLimit, "", 0, "陈述之后的变化不得而知；需要时重新获取", "of what changed since the statement nothing is known; fetch it anew when it matters")
	if !v.trust.HasRevocations() {
		v.note(Asserted, AreaLimit, "crl.pem", 0, "信任目录没有吊销列表：节点证书是否被吊销未核验", "the folder of roots has no revocation list: whether a node's certificate was revoked is not checked")
	}
	if !v.trust.Agreed {
		v.note(Asserted, AreaLimit, fabricproof.AgreementFile, 0, "信任目录没有 consortium.json：按通道 %[1]s、任意 %[2]d 家机构背书核验", "the folder of roots has no consortium.json: checked for the channel %[1]s and endorsements of any %[2]d organisations", v.trust.Channel, v.trust.Endorsement.OutOf)
	}
}

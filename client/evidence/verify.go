package evidence

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/datarights/datarights/chaincode/command"
	"github.com/datarights/datarights/chaincode/rights"
	"github.com/datarights/datarights/internal/archive"
	"github.com/datarights/datarights/internal/fabricproof"
	"github.com/datarights/datarights/internal/gm"
)

// Verify checks a bundle against the roots of a consortium. It reads nothing but
// its arguments. A bundle that cannot be read at all is a result with a failure.
func Verify(bundle []byte, trust *fabricproof.Trust) *Result {
	r := &Result{Findings: []Finding{}, Gaps: []string{}}
	files, err := archive.Unpack(bundle)
	if err != nil {
		r.broken(AreaArchive, "", "不是案件证据包，或已被改动", "no bundle of a case, or a changed one", err)
		return r
	}
	v := &verifier{Result: r, trust: trust, files: files, ordered: map[uint64]*fabricproof.Ordered{}, checked: map[string]error{}}
	v.verify()
	return r
}

// verifier is one verification.
type verifier struct {
	*Result
	trust   *fabricproof.Trust
	files   map[string][]byte
	ordered map[uint64]*fabricproof.Ordered // blocks whose signatures hold
	checked map[string]error                // transactions, by id
}

func (v *verifier) verify() {
	if !v.readManifest() {
		return
	}
	v.readBlocks()
	v.readRecords()
	v.checkSignature()
	v.checkHistories()
	v.checkElements()
	v.checkOpenings()
	v.checkAttachments()
	v.checkReport()
	v.limits()
}

// readManifest holds the files against the manifest. Without it nothing else says
// anything.
func (v *verifier) readManifest() bool {
	m, err := decodeManifest(v.files[fileManifest])
	if err != nil {
		v.broken(AreaManifest, fileManifest, "清单不可读", "the manifest cannot be read", err)
		return false
	}
	v.manifest, v.AlertID, v.ExportedBy, v.ExportedAt = m, m.AlertID, m.ExportedBy, m.ExportedAt
	bad := 0
	wrong := func(name, zh, en string) {
		bad++
		v.note(Failed, AreaManifest, name, 0, zh, en)
	}
	listed := map[string]bool{fileManifest: true, fileSignature: true}
	for _, f := range m.Files {
		content, there := v.files[f.Name]
		switch {
		case listed[f.Name]:
			wrong(f.Name, "清单重复列出此文件", "the manifest lists the file twice")
		case !there:
			wrong(f.Name, "清单所列文件缺失", "the manifest lists a file that is missing")
		case int64(len(content)) != f.Size || sm3Of(content) != f.SM3:
			wrong(f.Name, "文件内容与清单的 SM3 不符", "the file is not what the manifest's SM3 says")
		}
		listed[f.Name] = true
	}
	for _, name := range slices.Sorted(maps.Keys(v.files)) {
		if !listed[name] {
			wrong(name, "清单未列此文件", "the manifest does not list the file")
		}
	}
	if m.Channel != v.trust.Channel || m.Chaincode != v.trust.Chaincode {
		wrong(fileManifest, "证据包属于另一账本", "the bundle is of another ledger")
	}
	if bad == 0 {
		v.note(Proven, AreaManifest, fileManifest, 0, "%d 个文件与清单逐字节相符（SM3）", "%d files are, byte for byte, those of the manifest (SM3)", len(m.Files))
	}
	v.dossier = newDossier(v.trust.Chaincode)
	return true
}

// readBlocks checks that the orderers signed the blocks.
func (v *verifier) readBlocks() {
	for _, f := range v.manifest.Files {
		if f.Role != RoleBlock {
			continue
		}
		b, err := fabricproof.ParseBlock(v.files[f.Name])
		if err == nil && f.Name != blockFile(b.Number) {
			err = fmt.Errorf("it is block %d", b.Number)
		}
		if err != nil {
			v.broken(AreaBlock, f.Name, "区块不可读", "the block cannot be read", err)
			continue
		}
		v.dossier.blocks[b.Number] = b
	}
	configs := map[uint64]*fabricproof.Config{}
	used := map[uint64]bool{}
	for _, n := range slices.Sorted(maps.Keys(v.dossier.blocks)) {
		b := v.dossier.blocks[n]
		if b.SignatureCount == 0 && n == 0 {
			continue // the ledger's first block is what the members agreed on, not what orderers signed
		}
		config := configs[b.LastConfig]
		if c := v.dossier.blocks[b.LastConfig]; c != nil && config == nil {
			var err error
			if config, err = c.Config(); err != nil {
				v.broken(AreaBlock, blockFile(b.LastConfig), "通道配置不可读", "the channel's configuration cannot be read", err)
			}
			configs[b.LastConfig] = config
		}
		used[b.LastConfig] = true
		o, err := v.trust.Block(b, config)
		if err != nil {
			v.broken(AreaBlock, blockFile(n), "排序节点签名不成立", "the orderers' signatures do not hold", err)
			continue
		}
		v.ordered[n] = o
		v.note(Proven, AreaBlock, blockFile(n), o.At.Unix(), "区块 %[1]d（sha256:%[2]x，%[3]d 笔交易）由 %[4]s 的排序节点签名，达到法定数 %[5]d",
			"block %[1]d (sha256:%[2]x, %[3]d transactions) is signed by the orderers of %[4]s, a quorum of %[5]d", n, b.Hash, len(b.Data), strings.Join(o.Organisations, ", "), o.Needed)
	}
	if b := v.dossier.blocks[0]; b != nil && b.SignatureCount == 0 && used[0] {
		v.note(Asserted, AreaBlock, blockFile(0), 0, "创世区块本身无签名；仅取其中排序节点的编号与证书，证书已逐一按所给根证书核验", "the first block has no signature of its own; taken from it are the orderers' numbers and certificates alone, and each certificate was checked against the roots given")
	}
}

// readRecords checks that peers of several organisations said what the records are.
func (v *verifier) readRecords() {
	m := v.manifest
	for _, e := range m.Records {
		name := string(e.Kind) + " " + e.ID
		key := recordKey{e.Kind, e.ID}
		if v.dossier.records[key] != nil || e.File != recordFile(e.Kind, e.ID) || e.State != stateFile(e.Kind, e.ID) {
			v.note(Failed, AreaRecord, name, 0, "清单中该记录重复，或文件名不符", "the manifest has the record twice, or under another name")
			continue
		}
		raw, value := v.files[e.State], v.files[e.File]
		s, err := v.trust.State(raw)
		var r *record
		if err == nil {
			r, err = v.dossier.add(key, raw)
		}
		if err == nil && !bytes.Equal(r.value, value) {
			err = errors.New("the file is not what was endorsed")
		}
		if err != nil {
			delete(v.dossier.records, key)
			v.broken(AreaRecord, name, "记录的背书查询不成立", "the endorsed read of the record does not hold", err)
			continue
		}
		at := s.At.Unix()
		if v.AsOf == 0 || at < v.AsOf {
			v.AsOf = at
		}
		v.note(Proven, AreaRecord, name, at, "第 %[1]d 版，状态 %[2]s，写于区块 %[3]d 第 %[4]d 笔；由 %[5]s 的节点背书为当时现状",
			"version %[1]d, state %[2]s, written in block %[3]d as transaction %[4]d; endorsed as standing so by peers of %[5]s",
			r.head.Version, orDash(string(r.head.State)), s.Version.Block, s.Version.Tx, strings.Join(s.Organisations, ", "))
	}
}

func orDash(s string) string {
	if s == "" {
		return "—"
	}
	return s
}

// keyOf is the public key of a kid by the participant's record, with what the
// record says of it.
func (v *verifier) keyOf(participantID string, no int) (gm.PublicKey, *rights.Participant, *rights.Key, error) {
	var p rights.Participant
	known, err := v.dossier.Find(rights.KindParticipant, participantID, &p)
	if err != nil {
		return gm.PublicKey{}, nil, nil, err
	}
	if !known || no < 1 || no > len(p.Keys) || p.Keys[no-1].No != no {
		return gm.PublicKey{}, nil, nil, fmt.Errorf("the key %s is not proven by any record here", command.Kid(participantID, no))
	}
	pub, _, err := rights.ParseKey("publicKey", p.Keys[no-1].PublicKey)
	return pub, &p, &p.Keys[no-1], err
}

// checkSignature checks who made the bundle.
func (v *verifier) checkSignature() {
	m := v.manifest
	s, err := decodeSignature(v.files[fileSignature])
	if err == nil && s.kid != m.ExportedBy {
		err = fmt.Errorf("it is of %q, the manifest names %q", s.kid, m.ExportedBy)
	}
	if err == nil && (s.claim.SM3 != sm3Of(v.files[fileManifest]) || s.claim.Iat != m.ExportedAt) {
		err = errors.New("it is over another manifest")
	}
	var who *rights.Participant
	var key *rights.Key
	if err == nil {
		var id string
		var no int
		if id, no, err = command.ParseKid(s.kid); err == nil {
			var pub gm.PublicKey
			if pub, who, key, err = v.keyOf(id, no); err == nil && !gm.Verify(pub, s.input, s.sig) {
				err = errors.New("the signature is not by that key")
			}
		}
	}
	if err == nil && key.State == rights.KeyRevoked {
		err = errors.New("the key is revoked")
	}
	if err != nil {
		v.broken(AreaManifest, fileSignature, "清单的 SM2 签名不成立", "the manifest's SM2 signature does not hold", err)
		return
	}
	v.note(Proven, AreaManifest, fileSignature, 0, "清单由 %[1]s（%[2]s，%[3]v）以 SM2 密钥 %[4]s 签名", "the manifest is signed with SM2 by %[1]s (%[2]s, %[3]v), key %[4]s", who.Name, who.USCC, who.Roles, s.kid)
	v.note(Asserted, AreaManifest, fileManifest, m.ExportedAt, "导出时间为导出方自述", "the time of the export is the exporter's word")
}

// checkHistories follows every record back to where it was created.
func (v *verifier) checkHistories() {
	block := func(n uint64) (*fabricproof.Block, error) {
		b := v.dossier.blocks[n]
		if b == nil {
			return nil, fmt.Errorf("block %d is not in the bundle", n)
		}
		if v.ordered[n] == nil {
			return nil, fmt.Errorf("block %d is not proven", n)
		}
		return b, nil
	}
	for _, e := range v.manifest.Records {
		r := v.dossier.records[recordKey{e.Kind, e.ID}]
		if r == nil {
			continue // said already
		}
		name := string(e.Kind) + " " + e.ID
		if !e.Whole {
			if len(e.History) > 0 {
				v.note(Failed, AreaHistory, name, 0, "清单称无历史，却列出历史", "the manifest gives a history and says that there is none")
			}
			v.note(Asserted, AreaHistory, name, 0, "只证明查询时的现状；此前各版本不在包内", "proven as it stood when it was read; its earlier versions are not in the bundle")
			continue
		}
		err := v.dossier.walk(r, block)
		if err == nil && !slices.Equal(e.History, r.positions()) {
			err = errors.New("the manifest gives another history")
		}
		for i := 0; err == nil && i < len(r.steps); i++ {
			err = v.checkStep(r, &r.steps[i])
		}
		if err != nil {
			r.steps, r.whole = nil, false
			v.broken(AreaHistory, name, "历史不成立", "the history does not hold", err)
			continue
		}
		signed, others := 0, 0
		for _, s := range r.steps {
			if s.command != nil {
				signed++
			} else {
				others++
			}
		}
		first, last := r.steps[0].at, r.steps[len(r.steps)-1].at
		v.note(Proven, AreaHistory, name, r.steps[len(r.steps)-1].tx.At.Unix(),
			"全部 %[1]d 个版本自区块 %[2]d.%[3]d 至 %[4]d.%[5]d 环环相扣：每次写入都读过前一版本；%[6]d 次由当事人 SM2 签名的命令写入，%[7]d 次由机构管理员证书写入",
			"all %[1]d versions from block %[2]d.%[3]d to %[4]d.%[5]d are linked, each write having read the one before; %[6]d were written by commands that their signers' SM2 keys sign, %[7]d by an administrator's certificate",
			len(r.steps), first.Block, first.Tx, last.Block, last.Tx, signed, others)
	}
}

// checkStep checks one transaction: its submitter, its endorsements, and the
// signature of the command in it.
func (v *verifier) checkStep(r *record, s *step) error {
	id := fmt.Sprintf("%d.%d", s.at.Block, s.at.Tx)
	if err, done := v.checked[id]; done {
		return err
	}
	err := v.checkTransaction(s)
	v.checked[id] = err
	if err != nil {
		return fmt.Errorf("block %d, transaction %d: %w", s.at.Block, s.at.Tx, err)
	}
	return nil
}

func (v *verifier) checkTransaction(s *step) error {
	e, err := v.trust.Transaction(s.tx)
	if err != nil {
		return err
	}
	by := strings.Join(e.Organisations, ", ")
	subject := fmt.Sprintf("%d.%d", s.at.Block, s.at.Tx)
	if s.command == nil {
		v.note(Proven, AreaCommand, subject, s.tx.At.Unix(), "由 %[1]s 提交，%[2]s 的节点背书；非当事人签名的命令（%[3]s）", "submitted by %[1]s, endorsed by peers of %[2]s; not a participant's command (%[3]s)", e.Submitter, by, function(e.Args))
		return nil
	}
	pub, _, _, err := v.keyOf(s.command.ParticipantID, s.command.KeyNo)
	if err == nil {
		err = s.command.Verify(pub)
	}
	if err != nil {
		return err
	}
	v.note(Proven, AreaCommand, subject, s.tx.At.Unix(), "%[1]s 由 %[2]s 以 SM2 签名，经 %[3]s 提交，%[4]s 的节点背书", "%[1]s is signed with SM2 by %[2]s, submitted through %[3]s, endorsed by peers of %[4]s", s.command.Name, s.command.Kid, e.Submitter, by)
	return nil
}

func function(args [][]byte) string {
	if len(args) == 0 {
		return "—"
	}
	return strings.ToValidUTF8(string(args[0][:min(len(args[0]), 40)]), "?")
}

// checkElements makes E1 to E10 again from the records that are proven.
func (v *verifier) checkElements() {
	m := v.manifest
	b, err := rights.CaseBundle(v.dossier, m.AlertID, m.Recipients)
	if err == nil {
		err = sameCase(m, b)
	}
	if err != nil {
		v.broken(AreaElement, m.AlertID, "要件与记录不符", "the elements do not follow from the records", err)
		return
	}
	v.Gaps = append(v.Gaps, b.Gaps()...)
	v.dossier.assign(b.Elements)
	for _, e := range m.Records {
		if r := v.dossier.records[recordKey{e.Kind, e.ID}]; r != nil && !slices.Equal(e.Elements, append([]string{}, r.elements...)) {
			v.note(Failed, AreaElement, string(e.Kind)+" "+e.ID, 0, "清单称该记录证明 %[1]v，实为 %[2]v", "the manifest says that the record serves %[1]v; it serves %[2]v", e.Elements, r.elements)
		}
	}
	for _, e := range b.Elements {
		subject := e.No
		for _, ref := range e.Records {
			if r := v.dossier.records[recordKey{ref.Kind, ref.ID}]; r == nil || !r.whole {
				v.note(Failed, AreaElement, subject, 0, "所据记录 %[1]s 未获证明", "it rests on %[1]s, which is not proven", ref.ID)
			}
		}
		if e.Gap != nil {
			v.note(Proven, AreaElement, subject, v.AsOf, "%[1]s：依据 %[3]d 项已证明的记录；缺：%[4]s", "%[2]s: from %[3]d proven records; missing: %[5]s", e.Title.Zh, e.Title.En, len(e.Records), e.Gap.Zh, e.Gap.En)
			continue
		}
		v.note(Proven, AreaElement, subject, v.AsOf, "%[1]s：依据 %[3]d 项已证明的记录，无缺项", "%[2]s: from %[3]d proven records, nothing missing", e.Title.Zh, e.Title.En, len(e.Records))
	}
	v.note(Asserted, AreaElement, "E7", v.ExportedAt, "接收人名单（%d 份副本）是否完整，为导出方索引所称；账本没有此名单", "that the list of recipients (%d copies) is whole is the word of the exporter's index; the ledger has no such list", len(m.Recipients))
}

func sameCase(m *Manifest, b *rights.Bundle) error {
	if m.DeliveryID != b.DeliveryID || m.CopyID != b.CopyID || m.SuspectID != b.SuspectID {
		return errors.New("the manifest names another delivery, copy or suspect")
	}
	one, err := encodeJSON(m.Elements)
	if err != nil {
		return err
	}
	two, err := encodeJSON(b.Elements)
	if err != nil {
		return err
	}
	if !bytes.Equal(one, two) {
		return errors.New("the manifest has other elements")
	}
	return nil
}

// checkOpenings recomputes the commitments that were opened.
func (v *verifier) checkOpenings() {
	opened := v.dossier.opened(v.AlertID)
	for _, e := range v.manifest.Openings {
		var o Opening
		err := command.DecodeInto(v.files[e.File], &o)
		if err == nil {
			err = v.checkOpening(e, &o, opened)
		}
		if err != nil {
			v.broken(AreaOpening, e.File, "水印码打不开承诺", "the code does not open the commitment", err)
			continue
		}
		committed, received := v.dossier.marks(o.DeliveryID)
		if committed == nil || received == nil || !before(*committed, *received) || !before(*received, e.At) {
			v.note(Failed, AreaOpening, e.File, 0, "先后不符：承诺应在签收之前，签收应在开启之前", "the order is wrong: the commitment must come before the receipt, the receipt before the opening")
			continue
		}
		v.note(Proven, AreaOpening, e.File, 0, "水印码与随机数的 H(code‖nonce) 等于交付 %[1]s 的承诺 %[2]s；承诺写于 %[3]s，签收于 %[4]s，开启于 %[5]s（区块 . 交易）",
			"H(code‖nonce) is the commitment %[2]s of the delivery %[1]s, written at %[3]s, received at %[4]s, opened at %[5]s (block . transaction)", o.DeliveryID, o.Commitment, place(committed), place(received), place(&e.At))
		v.note(Asserted, AreaOpening, e.File, 0, "该水印码确系从样本中提取，为开启者的陈述；须以样本与检测报告另证", "that the code was found in the sample is the word of who opened it; the sample and a report on it must show that")
	}
}

func before(a, b fabricproof.Version) bool {
	return a.Block < b.Block || a.Block == b.Block && a.Tx < b.Tx
}

func (v *verifier) checkOpening(e OpeningEntry, o *Opening, opened []openedAt) error {
	d := recordOf[rights.Delivery](v.dossier, rights.KindDelivery, e.DeliveryID)
	if d == nil || o.DeliveryID != e.DeliveryID || o.Commitment != d.FingerprintCommit || o.Commitment == "" {
		return errors.New("the delivery has another commitment")
	}
	if !slices.ContainsFunc(opened, func(x openedAt) bool {
		return x.at == e.At && x.body.DeliveryID == o.DeliveryID && x.body.Code == o.Code && x.body.Nonce == o.Nonce
	}) {
		return errors.New("no proven command opened it so")
	}
	code, err := base64.RawURLEncoding.Strict().DecodeString(o.Code)
	if err != nil {
		return fmt.Errorf("the code: %w", err)
	}
	nonce, err := base64.RawURLEncoding.Strict().DecodeString(o.Nonce)
	if err != nil {
		return fmt.Errorf("the nonce: %w", err)
	}
	algorithm, _, _ := strings.Cut(o.Commitment, ":")
	if got := rights.FingerprintCommit(algorithm, code, nonce); got != o.Commitment {
		return fmt.Errorf("it opens %s", got)
	}
	return nil
}

// checkAttachments finds what binds files from off the ledger to it.
func (v *verifier) checkAttachments() {
	for _, f := range v.manifest.Files {
		if f.Role != RoleAttach && f.Role != RoleSketch {
			continue
		}
		bound := v.dossier.boundTo(f.SM3, v.files[f.Name])
		if len(bound) == 0 {
			v.note(Asserted, AreaAttachment, f.Name, 0, "未绑定：账本上没有此文件的哈希，仅为导出方所附", "not bound: no record here has the file's hash; the exporter attached it")
			continue
		}
		for _, b := range bound {
			v.note(Proven, AreaAttachment, f.Name, b.record.readAt.Unix(), "文件哈希即 %[1]s %[2]s 的 %[3]s", "the file's hash is %[3]s of %[1]s %[2]s", b.record.kind, b.record.id, b.path)
		}
	}
}

// checkReport makes the report again.
func (v *verifier) checkReport() {
	page, err := renderReport(v.manifest, v.dossier, v.files)
	if err == nil && bytes.Equal(page, v.files[fileReport]) {
		v.note(Proven, AreaReport, fileReport, 0, "报告即由包内已核验的内容生成，逐字节相同", "the report is, byte for byte, what follows from the contents checked here")
		return
	}
	v.note(Asserted, AreaReport, fileReport, 0, "报告不是本程序由包内容生成的样子，仅为导出方所述；请以本核验结果为准", "the report is not what this program makes of the contents; it is the exporter's word: rely on this result instead")
}

// limits says what no bundle can show.
func (v *verifier) limits() {
	v.note(Asserted, AreaLimit, "", 0, "命令正文所述事实（如“于某时查获”）是签名者的陈述；已证明的是谁在何时签了什么、账本如何采信", "what commands state (such as that something was seized then) is their signers' word; proven is who signed what, when, and what the ledger made of it")
	v.note(Asserted, AreaLimit, "", 0, "记录的现状由 %[1]d 家机构背书；此数目的机构若串通，可背书不实的现状，但伪造不了当事人的签名", "that records stand so is the word of %[1]d organisations together; that many in collusion could endorse what is not so, but forge no participant's signature", v.trust.Endorsement.OutOf)
	if !v.trust.Agreed {
		v.note(Asserted, AreaLimit, fabricproof.AgreementFile, 0, "信任目录没有 consortium.json：按通道 %[1]s、任意 %[2]d 家机构背书核验", "the folder of roots has no consortium.json: checked for the channel %[1]s and endorsements of any %[2]d organisations", v.trust.Channel, v.trust.Endorsement.OutOf)
	}
}

package bulk

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"slices"
	"strings"

	"github.com/datarights/datarights/chaincode/rights"
	"github.com/datarights/datarights/client"
	"github.com/datarights/datarights/client/fingerprint"
	"github.com/datarights/datarights/client/table"
)

// Stage is a part of the work, for who shows how far it is.
type Stage string

// The stages.
const (
	StageFiles   Stage = "files"   // fingerprinting data, rows
	StageKnown   Stage = "known"   // asking the ledger what it has, rows
	StageTags    Stage = "tags"    // having digests keyed, rows
	StageCommand Stage = "command" // rows on the ledger
	StageApply   Stage = "apply"   // applications on the ledger
)

// Progress is told how far a stage is.
type Progress func(stage Stage, done, total int)

// paper reads a cell that names a paper: a file hashed here, or its hash.
func (p *Plan) paper(it *Item, c Column, text, base string) {
	doc, of := rights.DocType(strings.TrimPrefix(c.Path, paperPrefix)), text
	if !strings.HasPrefix(c.Path, paperPrefix) { // PAPER=FILE in a member of its own
		name, rest, ok := strings.Cut(text, "=")
		doc = rights.DocType("")
		for _, d := range rights.Papers() {
			if strings.EqualFold(string(d), name) || strings.EqualFold(strings.TrimPrefix(string(d), "Doc"), name) {
				doc = d
			}
		}
		if !ok || doc == "" {
			p.blame(it, c.Path, fault(CodeMalformed, "须为 材料=文件 或 材料=sm3:…，如 grading=report.pdf", "must be PAPER=FILE or PAPER=sm3:…, such as grading=report.pdf"))
			return
		}
		of = rest
	}
	e := rights.Evidence{DocType: doc, Hash: of}
	if !rights.ValidHash(of) {
		hash, size, err := client.HashFile(place(base, of))
		if err != nil {
			p.blame(it, c.Path, unreadable(of, err))
			return
		}
		e.Hash, e.Size = hash, size
	}
	if doc == rights.DocGrading && p.Form.Command.Name == "resource.catalogue" {
		it.Body["gradeReport"] = e
	}
	if strings.HasPrefix(c.Path, paperPrefix) {
		it.Papers = append(it.Papers, e)
		return
	}
	put(it.Body, c.Path, e)
}

func unreadable(path string, err error) Fault {
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return fault(CodeFile, "没有文件 %s；路径相对于本表所在文件夹", "there is no file %s; paths start from the sheet's folder", path)
	case errors.Is(err, fs.ErrPermission):
		return fault(CodeFile, "无权读取 %s", "%s may not be read", path)
	}
	var in *table.InputError
	if errors.As(err, &in) {
		f := fault(CodeFile, "%s", "%s", "")
		f.Detail, f.DetailZh = in.Error(), in.DetailZh
		return f
	}
	if errors.Is(err, fingerprint.ErrChanged) {
		return fault(CodeFile, "文件与所存盐值的版本不同；先将 %s"+fingerprint.SaltsSuffix+" 移到旧版本处", "the file has changed since its salts were kept; move %s"+fingerprint.SaltsSuffix+" to where the earlier version is", path)
	}
	f := fault(CodeFile, "无法读取 %s", "couldn't read %s", path)
	f.Detail += ": " + err.Error()
	return f
}

// Files fingerprints the data of every row that may be sent. With keep the salts
// are kept beside each file, which a dry run does not do. Only the end of ctx is
// an error.
func (p *Plan) Files(ctx context.Context, keep bool, told Progress) error {
	digests := map[string]int{}
	for n, it := range p.Items {
		if told != nil && p.Form.Files {
			told(StageFiles, n, len(p.Items))
		}
		if p.Form.Files && it.File != "" && it.State == Ready && !it.faulty() {
			moving := func(int64, int64) {
				if told != nil {
					told(StageFiles, n, len(p.Items))
				}
			}
			if err := p.fingerprint(ctx, it, keep, moving); err != nil {
				return err
			}
		}
		if it.Print != nil {
			if first, ok := digests[it.digest]; ok {
				f := fault(CodeTwice, "数据内容与第 %d 行相同（不论行列次序与格式）", "its data is the same as row %d's, whatever the order and format", first)
				f.Rule = "DRWG 39(2)"
				p.blame(it, columnFile, f)
			} else {
				digests[it.digest] = it.Row
			}
		}
		if it.State == Ready {
			p.form(it)
			p.needed(it)
		}
	}
	if told != nil && p.Form.Files {
		told(StageFiles, len(p.Items), len(p.Items))
	}
	return ctx.Err()
}

func (p *Plan) fingerprint(ctx context.Context, it *Item, keep bool, moving func(done, total int64)) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	info, err := os.Stat(it.File)
	if err == nil && !info.Mode().IsRegular() {
		err = errors.New("not a regular file")
	}
	if err == nil && info.Size() == 0 {
		err = errors.New("the file is empty")
	}
	if err != nil {
		p.blame(it, columnFile, unreadable(it.cells[columnFile], err))
		return nil
	}
	o := fingerprint.Options{Sheet: it.Sheet, Progress: moving}
	salts := it.File + fingerprint.SaltsSuffix
	_, err = fingerprint.LoadSalts(salts)
	there := err == nil
	var res fingerprint.Result
	switch {
	case keep || there:
		res, err = fingerprint.KeepIn(ctx, it.File, salts, o)
		there = true
	case errors.Is(err, fs.ErrNotExist):
		res, _, err = fingerprint.OfFile(ctx, it.File, o)
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if err != nil {
		p.blame(it, columnFile, unreadable(it.cells[columnFile], err))
		return nil
	}
	it.Print, it.digest = &res, res.OrderFreeDigest
	if there {
		it.root = res.ContentRoot
	}
	p.describe(it, res)
	return nil
}

// describe fills in what follows from the data.
func (p *Plan) describe(it *Item, res fingerprint.Result) {
	b := it.Body
	b["contentRoot"], b["recordCount"], b["sizeBytes"] = res.ContentRoot, res.RecordCount, res.SizeBytes
	if res.SchemaHash != "" {
		b["schemaHash"] = res.SchemaHash
	}
	if p.Form.Command.Name != "resource.catalogue" {
		return
	}
	form, structure := "Other", "Unstructured"
	if res.Format != fingerprint.File {
		form, structure = "Table", "Structured"
	}
	if b["dataForm"] == nil {
		b["dataForm"] = form
	}
	if b["structure"] == nil {
		b["structure"] = structure
	}
}

// needed names the papers that an application lacks (DRWG 16).
func (p *Plan) needed(it *Item) {
	if p.Register == nil || p.Register.Rule == nil || !p.Form.Registers {
		return
	}
	grade, _ := it.Body["grade"].(int64)
	pi, _ := it.Body["pi"].(string)
	source, _ := it.Body["sourceType"].(string)
	probe := rights.Resource{Grade: grade, PI: pi}
	for _, d := range rights.RequiredPapers(p.Register.Rule, &probe, source, p.Register.Kinds, false) {
		if slices.ContainsFunc(it.Papers, func(e rights.Evidence) bool { return e.DocType == d }) {
			continue
		}
		f := fault(CodeMissing, "申请登记须有%s", "an application needs the %s", d.Title().Zh)
		f.Detail, f.Rule = "an application needs the "+d.Title().En, "DRWG 16"
		p.blame(it, paperPrefix+string(d), f)
	}
}

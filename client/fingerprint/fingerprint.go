package fingerprint

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/datarights/datarights/client/table"
	"github.com/datarights/datarights/internal/gm"
	"github.com/datarights/datarights/internal/merkle"
)

// How a file is read is package table's business.
type (
	Format     = table.Format
	Header     = table.Header
	InputError = table.InputError
)

// The formats and headers of package table.
const (
	Auto        = table.Auto
	CSV         = table.CSV
	JSON        = table.JSON
	File        = table.File
	HeaderAuto  = table.HeaderAuto
	HeaderFirst = table.HeaderFirst
	HeaderNone  = table.HeaderNone
	MaxColumns  = table.MaxColumns
)

// Version is that of the digests' definition, in the package's documentation.
const Version = 1

const (
	// SaltSize is the length of a record's salt.
	SaltSize = 16
	// MasterSaltSize is the length of the secret the salts derive from.
	MasterSaltSize = 32

	// DefaultMemory is how many bytes of digests are held before sorting goes
	// to disk.
	DefaultMemory = 64 << 20
)

// Domain separation, as documented.
const (
	tagCell        = 0x10
	tagColumn      = 0x11
	tagTable       = 0x12
	tagFile        = 0x13
	tagChunk       = 0x14
	tagTableSchema = 0x15
	tagFileSchema  = 0x16
)

// Options change how a file is read. The zero value suits most files.
type Options struct {
	Format Format
	Header Header
	Comma  rune // of CSV; 0 is a comma, or a tab if the name ends in .tsv
	// MasterSalt is the secret the salts derive from, MasterSaltSize bytes;
	// nil draws a new one.
	MasterSalt []byte
	// Progress is called now and then with the bytes read and the file's size,
	// -1 if unknown.
	Progress func(done, total int64)
	// Memory bounds the digests held in memory, in bytes; 0 is DefaultMemory.
	Memory int
	// TempDir is where sorting goes when memory is short; "" is os.TempDir.
	TempDir string
}

// Result is what the ledger, or a gateway, may know of a file.
type Result struct {
	Version     int    `json:"version"`
	Format      Format `json:"format"`
	ContentRoot string `json:"contentRoot"`
	// OrderFreeDigest goes to a gateway, which keys it, and not on the ledger.
	OrderFreeDigest string   `json:"orderFreeDigest"`
	SchemaHash      string   `json:"schemaHash"`
	RecordCount     int64    `json:"recordCount"`
	SizeBytes       int64    `json:"sizeBytes"`
	Columns         []string `json:"columns,omitempty"` // of a table, in file order
}

// OfFile fingerprints the file at path. The salts it returns are secret and
// needed for any later proof: keep them, as Salts.Save does.
func OfFile(ctx context.Context, path string, o Options) (Result, Salts, error) {
	f, err := os.Open(path)
	if err != nil {
		return Result{}, Salts{}, fmt.Errorf("couldn't open the file: %w", err)
	}
	defer func() { _ = f.Close() }() // only read
	info, err := f.Stat()
	if err != nil {
		return Result{}, Salts{}, fmt.Errorf("couldn't look at the file: %w", err)
	}
	if !info.Mode().IsRegular() {
		return Result{}, Salts{}, fmt.Errorf("couldn't fingerprint %s: not a regular file", path)
	}
	read := table.Options{Format: o.Format, Header: o.Header, Comma: o.Comma}
	read.ByName(path)
	o.Format, o.Comma = read.Format, read.Comma
	res, salts, err := ofReader(ctx, f, info.Size(), o, nil)
	if err != nil {
		return Result{}, Salts{}, fmt.Errorf("couldn't fingerprint %s: %w", path, err)
	}
	salts.File = filepath.Base(path)
	return res, salts, nil
}

// OfReader fingerprints a stream whose Format the options name.
func OfReader(ctx context.Context, r io.Reader, o Options) (Result, Salts, error) {
	if o.Format == Auto {
		return Result{}, Salts{}, errors.New("couldn't fingerprint a stream: its format must be named")
	}
	return ofReader(ctx, r, -1, o, nil)
}

// ofReader does the work; leaf, if any, sees every record with its salt.
func ofReader(ctx context.Context, r io.Reader, size int64, o Options, leaf func(i uint64, salt, record []byte)) (res Result, s Salts, err error) {
	if o.MasterSalt == nil {
		o.MasterSalt = make([]byte, MasterSaltSize)
		if _, err := rand.Read(o.MasterSalt); err != nil {
			return res, s, fmt.Errorf("couldn't draw a salt: %w", err)
		}
	}
	if len(o.MasterSalt) != MasterSaltSize {
		return res, s, fmt.Errorf("the master salt has %d bytes, not %d", len(o.MasterSalt), MasterSaltSize)
	}
	if o.Comma == 0 {
		o.Comma = ','
	}
	if o.Memory == 0 {
		o.Memory = DefaultMemory
	}
	in := &input{ctx: ctx, r: r, size: size, progress: o.Progress}
	p := &printer{
		tree:   merkle.New(gm.NewSM3),
		salter: gm.NewHMAC(o.MasterSalt),
		hash:   gm.NewSM3(),
		sorter: newSorter(o.Memory/gm.HashSize, o.TempDir),
		leaf:   leaf,
	}
	defer func() { err = errors.Join(err, p.sorter.close()) }()
	switch o.Format {
	case CSV, JSON:
		t, err := table.NewReader(in, table.Options{Format: o.Format, Header: o.Header, Comma: o.Comma})
		if err != nil {
			return res, s, err
		}
		if err := p.table(t, o.Format, &res); err != nil {
			return res, s, err
		}
	case File:
		if err := p.file(newChunker(in), &res); err != nil {
			return res, s, err
		}
	default:
		return res, s, fmt.Errorf("there is no format %q; want csv, json or file", o.Format)
	}
	in.report()
	res.Version, res.Format, res.SizeBytes = Version, o.Format, in.done
	res.RecordCount = int64(p.tree.Size())
	res.ContentRoot = ref(p.tree.Root())
	return res, Salts{Version: Version, Format: o.Format, Header: o.Header, Comma: string(o.Comma), SizeBytes: res.SizeBytes,
		RecordCount: res.RecordCount, ContentRoot: res.ContentRoot, MasterSalt: slices.Clone(o.MasterSalt)}, nil
}

// printer takes the records of one file.
type printer struct {
	tree   *merkle.Tree
	salter hash.Hash // HMAC under the master salt
	hash   hash.Hash
	sorter *sorter
	leaf   func(i uint64, salt, record []byte)
	record []byte // scratch
	sum    [gm.HashSize]byte
}

// add puts a record into the content tree.
func (p *printer) add(record []byte) {
	i := p.tree.Size()
	p.salter.Reset()
	p.salter.Write(binary.BigEndian.AppendUint64(p.sum[:0], i))
	salt := p.salter.Sum(p.sum[:0])[:SaltSize]
	p.tree.Add(salt, record)
	if p.leaf != nil {
		p.leaf(i, salt, record)
	}
}

func (p *printer) table(t table.Reader, f Format, res *Result) error {
	var order []int // of columns by name
	for {
		row, err := t.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return err
		}
		names := t.Columns()
		if len(order) != len(names) {
			order = byNames(names)
		}
		p.record = p.record[:0]
		for _, i := range order {
			if i >= len(row) || row[i].Empty() {
				continue
			}
			p.record = appendBytes(p.record, names[i])
			p.record = append(p.record, row[i].Kind)
			p.record = appendBytes(p.record, row[i].Text)
			if err := p.sorter.add(i, p.cell(row[i])); err != nil {
				return err
			}
		}
		p.add(p.record)
	}
	if p.tree.Size() == 0 {
		return &InputError{Format: f, Detail: "the table has no records", DetailZh: "表中没有任何记录"}
	}
	if len(p.sorter.groups) == 0 {
		return &InputError{Format: f, Detail: "every cell of the table is empty", DetailZh: "表中所有单元格均为空"}
	}
	res.Columns = slices.Clone(t.Columns())
	res.SchemaHash = schemaHash(res.Columns)
	var columns []digest
	for i, g := range p.sorter.groups {
		if g.count == 0 {
			continue
		}
		sum, err := p.multiset(tagColumn, i, g.count)
		if err != nil {
			return err
		}
		columns = append(columns, sum)
	}
	slices.SortFunc(columns, compare)
	h := gm.NewSM3()
	writeCount(h, tagTable, uint64(len(columns)))
	for i := range columns {
		h.Write(columns[i][:])
	}
	res.OrderFreeDigest = ref(h.Sum(nil))
	return nil
}

func (p *printer) file(c *chunker, res *Result) error {
	for {
		chunk, err := c.next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return fmt.Errorf("couldn't read: %w", err)
		}
		if err := p.sorter.add(0, gm.SM3([]byte{tagChunk}, chunk)); err != nil {
			return err
		}
		p.add(chunk)
	}
	if p.tree.Size() == 0 {
		return &InputError{Format: File, Detail: "the file is empty", DetailZh: "文件为空"}
	}
	sum := gm.SM3([]byte{tagFileSchema})
	res.SchemaHash = ref(sum[:])
	all, err := p.multiset(tagFile, 0, p.tree.Size())
	if err != nil {
		return err
	}
	res.OrderFreeDigest = ref(all[:])
	return nil
}

// cell is the digest of a cell that is not empty.
func (p *printer) cell(c table.Cell) (d digest) {
	p.hash.Reset()
	p.hash.Write([]byte{tagCell, c.Kind})
	_, _ = io.WriteString(p.hash, c.Text) // a hash never fails
	p.hash.Sum(d[:0])
	return d
}

// multiset is the digest of all of a group's digests in order.
func (p *printer) multiset(tag byte, g int, count uint64) (d digest, err error) {
	h := gm.NewSM3()
	writeCount(h, tag, count)
	err = p.sorter.each(g, func(x digest) { h.Write(x[:]) })
	h.Sum(d[:0])
	return d, err
}

func writeCount(h hash.Hash, tag byte, n uint64) {
	h.Write(binary.BigEndian.AppendUint64([]byte{tag}, n))
}

// byNames returns the columns' indexes in the order of their names, columns of
// one name in file order.
func byNames(names []string) []int {
	order := make([]int, len(names))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return strings.Compare(names[a], names[b]) })
	return order
}

func schemaHash(columns []string) string {
	h := gm.NewSM3()
	writeCount(h, tagTableSchema, uint64(len(columns)))
	for _, name := range slices.Sorted(slices.Values(columns)) {
		h.Write(appendBytes(nil, name))
	}
	return ref(h.Sum(nil))
}

func appendBytes(b []byte, s string) []byte {
	return append(binary.BigEndian.AppendUint32(b, uint32(len(s))), s...)
}

// ref is a digest as the ledger carries it.
func ref(sum []byte) string { return "sm3:" + hex.EncodeToString(sum) }

// input counts what is read, reports it, and ends with its context.
type input struct {
	ctx      context.Context
	r        io.Reader
	done     int64
	size     int64
	reported int64
	progress func(done, total int64)
}

const progressStep = 1 << 20

func (in *input) Read(b []byte) (int, error) {
	if err := in.ctx.Err(); err != nil {
		return 0, err
	}
	n, err := in.r.Read(b)
	if in.done += int64(n); in.done-in.reported >= progressStep {
		in.report()
	}
	return n, err
}

func (in *input) report() {
	if in.progress != nil {
		in.progress(in.done, in.size)
	}
	in.reported = in.done
}

func parseRef(s string) ([]byte, error) {
	h, ok := strings.CutPrefix(s, "sm3:")
	sum, err := hex.DecodeString(h)
	if !ok || err != nil || len(sum) != gm.HashSize || ref(sum) != s {
		return nil, fmt.Errorf("%q is not of the form sm3:<64 hexadecimal digits>", s)
	}
	return sum, nil
}

package fingerprint

import (
	"bytes"
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
	"runtime"
	"slices"
	"strings"

	"github.com/datarights/datarights/client/table"
	"github.com/datarights/datarights/internal/gm"
	"github.com/datarights/datarights/internal/sketch"
)

// What says how a file is read, and why it cannot be, is package table's.
type (
	// Format is table.Format.
	Format = table.Format
	// Header is table.Header.
	Header = table.Header
	// InputError is table.InputError.
	InputError = table.InputError
)

// The formats and headers of package table.
const (
	Auto        = table.Auto
	CSV         = table.CSV
	JSON        = table.JSON
	JSONLines   = table.JSONLines
	Parquet     = table.Parquet
	XLSX        = table.XLSX
	File        = table.File
	HeaderAuto  = table.HeaderAuto
	HeaderFirst = table.HeaderFirst
	HeaderNone  = table.HeaderNone
	MaxColumns  = table.MaxColumns
)

// Formats lists the formats that can be named.
func Formats() []Format { return table.Formats() }

// Version is that of the digests' definition, in the package's documentation.
const Version = 2

const (
	// LeafSize is how many bytes of records close a leaf of the content tree.
	LeafSize = 1024
	// SaltSize is the length of a leaf's salt.
	SaltSize = 16
	// MasterSaltSize is the length of the secret the salts derive from.
	MasterSaltSize = 32

	// DefaultMemory is how many bytes of values are held before sorting goes
	// to disk.
	DefaultMemory = 256 << 20
)

// Domain separation, as documented.
const (
	tagColumn      = 0x11
	tagTable       = 0x12
	tagFile        = 0x13
	tagChunk       = 0x14
	tagTableSchema = 0x15
	tagFileSchema  = 0x16
	tagRoot        = 0x17
	tagPart        = 0x18
)

// Options change how a file is read. The zero value suits most files.
type Options struct {
	Format Format
	Header Header
	Comma  rune   // of CSV; 0 is a comma, or a tab if the name ends in .tsv
	Sheet  string // of XLSX; "" is the first
	// MasterSalt is the secret the salts derive from, MasterSaltSize bytes;
	// nil draws a new one.
	MasterSalt []byte
	// Progress is called now and then with the bytes read and the file's size,
	// -1 if unknown.
	Progress func(done, total int64)
	// Memory bounds the values held in memory, in bytes; 0 is DefaultMemory.
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
	LeafCount       int64    `json:"leafCount"`
	SizeBytes       int64    `json:"sizeBytes"`
	Columns         []string `json:"columns,omitempty"` // of a table, in file order
	// Sketch is the unkeyed similarity sketch (package sketch). Who has it can
	// test guesses of cells against it: it goes to a gateway, which keys it,
	// and never on the ledger.
	Sketch []byte `json:"sketch"`
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

// seer sees the leaves of a content tree: a leaf's number, the number of its
// first record, how many it has, its salt and its records, each behind its
// length. It is called by several goroutines.
type seer func(leaf, first, records int64, salt, content []byte)

// ofReader does the work; see, if any, sees every leaf.
func ofReader(ctx context.Context, r io.Reader, size int64, o Options, see seer) (res Result, s Salts, err error) {
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
	from, work, closer, err := o.source(in)
	if err != nil {
		return res, s, err
	}
	defer func() { err = errors.Join(err, closer()) }()
	workers := make([]*worker, runtime.GOMAXPROCS(0))
	for i := range workers {
		w := &worker{leafer: newLeafer(o.MasterSalt, see), plain: o.Format != CSV, values: values{limit: min(o.Memory/len(workers), 1<<30), dir: o.TempDir}}
		w.prepare(from)
		workers[i] = w
		defer func() { err = errors.Join(err, w.values.close()) }()
	}
	tail := newLeafer(o.MasterSalt, see)
	p, err := run(ctx, workers, &tail, work, from.feed)
	if err != nil {
		return res, s, err
	}
	in.end()
	res = Result{Version: Version, Format: o.Format, RecordCount: p.records, LeafCount: int64(p.tree.Size()), SizeBytes: in.done, Columns: p.columns}
	if err := p.digests(&res); err != nil {
		return res, s, err
	}
	return res, Salts{Version: Version, Format: o.Format, Header: o.Header, Comma: string(o.Comma), Sheet: o.Sheet, SizeBytes: res.SizeBytes,
		RecordCount: res.RecordCount, ContentRoot: res.ContentRoot, MasterSalt: slices.Clone(o.MasterSalt)}, nil
}

// source is what is read, and how many columns it has at most, 0 if that is
// not known.
type source struct {
	feed    feed
	columns int
	blocks  *table.Blocks // of CSV
}

// source opens the input in its format.
func (o Options) source(in *input) (from source, work func(*worker, *job) error, closer func() error, err error) {
	closer = func() error { return nil }
	read := table.Options{Format: o.Format, Header: o.Header, Comma: o.Comma, Sheet: o.Sheet, TempDir: o.TempDir}
	switch o.Format {
	case CSV:
		b, err := table.NewBlocks(in, read)
		if err != nil {
			return from, nil, closer, err
		}
		used := make(chan []byte, 2*runtime.GOMAXPROCS(0))
		return source{feedCSV(b, used), len(b.Columns()), b}, func(w *worker, j *job) error {
			err := w.parser.Rows(j.block, w.row)
			select {
			case used <- j.block.Memory():
			default:
			}
			return err
		}, closer, nil
	case File:
		return source{feed: feedChunks(newChunker(in))}, func(w *worker, j *job) error { return w.chunk(j.chunk) }, closer, nil
	case JSON, JSONLines, Parquet, XLSX:
		t, err := table.NewReader(in, read)
		if err != nil {
			return from, nil, closer, err
		}
		if c, ok := t.(io.Closer); ok {
			closer = c.Close
		}
		return source{feed: feedRows(t)}, func(w *worker, j *job) error { return w.encoded(j.rows, j.ends) }, closer, nil
	}
	return from, nil, closer, fmt.Errorf("there is no format %q; want one of %v", o.Format, table.Formats())
}

// prepare makes the worker ready for a source.
func (w *worker) prepare(from source) {
	w.sketch = sketch.NewBuilder(from.columns)
	if from.blocks != nil {
		w.parser = from.blocks.Parser()
	}
}

// digests completes the result.
func (p printed) digests(res *Result) error {
	if p.records == 0 && res.Format == File {
		return &InputError{Format: File, Detail: "the file is empty", DetailZh: "文件为空"}
	}
	if p.records == 0 {
		return &InputError{Format: res.Format, Detail: "the table has no records", DetailZh: "表中没有任何记录"}
	}
	res.ContentRoot = ref(rootDigest(res.RecordCount, res.LeafCount, res.Columns, p.tree.Root()))
	res.Sketch = p.sketch.Bytes()
	if res.Format == File {
		sums, err := multisets(p.stores, tagFile)
		if err != nil {
			return err
		}
		res.OrderFreeDigest = ref(sums[0][:])
		schema := gm.SM3([]byte{tagFileSchema})
		res.SchemaHash = ref(schema[:])
		return nil
	}
	columns, err := multisets(p.stores, tagColumn)
	if err != nil {
		return err
	}
	if len(columns) == 0 {
		return &InputError{Format: res.Format, Detail: "every cell of the table is empty", DetailZh: "表中所有单元格均为空"}
	}
	res.SchemaHash = schemaHash(res.Columns)
	slices.SortFunc(columns, func(a, b digest) int { return bytes.Compare(a[:], b[:]) })
	h := gm.NewSM3()
	writeCount(h, tagTable, uint64(len(columns)))
	for i := range columns {
		h.Write(columns[i][:])
	}
	res.OrderFreeDigest = ref(h.Sum(nil))
	return nil
}

type digest = [gm.HashSize]byte

func writeCount(h hash.Hash, tag byte, n uint64) {
	h.Write(binary.BigEndian.AppendUint64([]byte{tag}, n))
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
	size     int64 // -1 if unknown
	reported int64
	progress func(done, total int64)
}

// Size and ReadAt serve the formats that are read in no order.
func (in *input) Size() int64 {
	if _, ok := in.r.(io.ReaderAt); !ok {
		return -1
	}
	return in.size
}

func (in *input) ReadAt(b []byte, off int64) (int, error) {
	if err := in.ctx.Err(); err != nil {
		return 0, err
	}
	at, ok := in.r.(io.ReaderAt)
	if !ok {
		return 0, errors.ErrUnsupported
	}
	n, err := at.ReadAt(b, off)
	in.read(min(int64(n), max(0, in.size-in.done)))
	return n, err
}

func (in *input) read(n int64) {
	if in.done += n; in.done-in.reported >= progressStep {
		in.report()
	}
}

// end reports that all is read.
func (in *input) end() {
	if in.Size() >= 0 {
		in.done = in.size
	}
	in.report()
}

const progressStep = 1 << 20

func (in *input) Read(b []byte) (int, error) {
	if err := in.ctx.Err(); err != nil {
		return 0, err
	}
	n, err := in.r.Read(b)
	in.read(int64(n))
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

package fingerprint

import (
	"context"
	"encoding/binary"
	"fmt"
	"hash"
	"os"
	"slices"
	"sync"

	"github.com/datarights/datarights/client/table"
	"github.com/datarights/datarights/internal/gm"
	"github.com/datarights/datarights/internal/merkle"
)

// Inclusion proves that a record belongs to a content root. It opens the leaf
// the record stands in: it discloses that record, its neighbours in the leaf
// (about LeafSize bytes of them), the leaf's salt and the names of the columns,
// and nothing of the other leaves.
type Inclusion struct {
	Version     int      `json:"version"`
	ContentRoot string   `json:"contentRoot"`
	RecordCount int64    `json:"recordCount"`
	LeafCount   int64    `json:"leafCount"`
	Columns     []string `json:"columns,omitempty"`
	Index       int64    `json:"index"` // of the record, from 0
	Leaf        int64    `json:"leaf"`  // that it stands in, from 0
	First       int64    `json:"first"` // record of that leaf
	Salt        []byte   `json:"salt"`
	Records     []byte   `json:"records"` // of the leaf, each behind its length
	Path        [][]byte `json:"path"`
}

// Prove reads the file at path once more and proves the record at index, from
// 0. It keeps 32 bytes of memory per leaf.
func Prove(ctx context.Context, path string, s Salts, index int64) (Inclusion, error) {
	if index < 0 || index >= s.RecordCount {
		return Inclusion{}, fmt.Errorf("couldn't prove record %d: there are %d, from 0", index, s.RecordCount)
	}
	f, err := os.Open(path)
	if err != nil {
		return Inclusion{}, fmt.Errorf("couldn't open the file: %w", err)
	}
	defer func() { _ = f.Close() }() // only read
	info, err := f.Stat()
	if err != nil {
		return Inclusion{}, fmt.Errorf("couldn't look at the file: %w", err)
	}
	p := Inclusion{Version: Version, ContentRoot: s.ContentRoot, RecordCount: s.RecordCount, Index: index}
	var mu sync.Mutex // guards what follows
	leaves := map[int64][]byte{}
	res, _, err := ofReader(ctx, f, info.Size(), s.options(), func(leaf, first, records int64, salt, content []byte) {
		sum := leafHash(salt, first, content)
		mu.Lock()
		defer mu.Unlock()
		leaves[leaf] = sum
		if first <= index && index < first+records {
			p.Leaf, p.First, p.Salt, p.Records = leaf, first, slices.Clone(salt), slices.Clone(content)
		}
	})
	if err != nil {
		return Inclusion{}, fmt.Errorf("couldn't read %s: %w", path, err)
	}
	if res.ContentRoot != s.ContentRoot {
		return Inclusion{}, fmt.Errorf("couldn't prove a record of %s: %w", path, ErrChanged)
	}
	p.LeafCount, p.Columns = res.LeafCount, res.Columns
	hashes := make([][]byte, res.LeafCount)
	for i := range hashes {
		hashes[i] = leaves[int64(i)]
	}
	p.Path, err = merkle.Proof(gm.NewSM3, hashes, uint64(p.Leaf))
	return p, err
}

func leafHash(salt []byte, first int64, content []byte) []byte {
	return merkle.LeafHash(gm.NewSM3, salt, binary.BigEndian.AppendUint64(nil, uint64(first)), content)
}

// Record returns the proven record's bytes, nil if the leaf has no such record:
// of a table the encoded cells (Cells reads them), of a file the chunk.
func (p Inclusion) Record() []byte {
	rest := p.Records
	for i := p.First; len(rest) > 0; i++ {
		n, k := binary.Uvarint(rest)
		if k <= 0 || n > uint64(len(rest)-k) {
			return nil
		}
		if i == p.Index {
			return rest[k : k+int(n)]
		}
		rest = rest[k+int(n):]
	}
	return nil
}

// Cells reads a table's record: its cells by column; those beyond its end are
// empty.
func Cells(record []byte) ([]table.Cell, error) {
	var cells []table.Cell
	for len(record) > 0 {
		_, text, kind, rest, ok := cutCell(record)
		if !ok || (kind == 0) != (len(text) == 0) {
			return nil, fmt.Errorf("couldn't read a record: cell %d is damaged", len(cells))
		}
		cells = append(cells, table.Cell{Kind: kind, Text: string(text)})
		record = rest
	}
	return cells, nil
}

// Verify reports whether the proof holds for a version with the given content
// root and number of records, which must come from the ledger and not from the
// proof.
func (p Inclusion) Verify(contentRoot string, recordCount int64) bool {
	if p.Version != Version || len(p.Salt) != SaltSize || p.Leaf < 0 || p.First < 0 || p.Index < p.First || p.Index >= p.RecordCount ||
		p.LeafCount < 1 || p.RecordCount != recordCount || p.ContentRoot != contentRoot || p.Record() == nil {
		return false
	}
	root, err := parseRef(contentRoot)
	if err != nil {
		return false
	}
	tree := merkle.RootOf(gm.NewSM3, leafHash(p.Salt, p.First, p.Records), uint64(p.Leaf), uint64(p.LeafCount), p.Path)
	return tree != nil && string(rootDigest(p.RecordCount, p.LeafCount, p.Columns, tree)) == string(root)
}

// rootDigest is the content root over a tree.
func rootDigest(records, leaves int64, columns []string, tree []byte) []byte {
	h := gm.NewSM3()
	writeCount(h, tagRoot, uint64(records))
	h.Write(binary.BigEndian.AppendUint64(nil, uint64(leaves)))
	writeNames(h, columns)
	h.Write(tree)
	return h.Sum(nil)
}

func writeNames(h hash.Hash, names []string) {
	h.Write(binary.BigEndian.AppendUint64(nil, uint64(len(names))))
	for _, name := range names {
		h.Write(appendBytes(nil, name))
	}
}

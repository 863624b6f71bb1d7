package index

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/maphash"
	"maps"
	"slices"
	"strings"

	"github.com/dgraph-io/badger/v4"
)

// maxFindings is how many differences a CheckError names.
const maxFindings = 50

// CheckError is an index that is not what its blocks make it. It can be trusted
// no longer: rebuild it.
type CheckError struct {
	Height   uint64
	Findings []string // what differs, at most maxFindings
	More     int      // how many more there are
}

func (e *CheckError) Error() string {
	s := fmt.Sprintf("the index at height %d differs from what it should hold: %s", e.Height, strings.Join(e.Findings, "; "))
	if e.More > 0 {
		s += fmt.Sprintf("; and %d more", e.More)
	}
	return s
}

// Progress tells how far Check has come.
type Progress struct {
	Family  string
	Entries uint64 // read so far
}

// Check reads the whole index at its present height while it goes on growing.
// It computes the digest anew from the primary entries, follows the chain of
// blocks through them, derives every secondary entry again and compares both
// ways. It returns a *CheckError that names what is damaged, missing, left over
// or wrong, or nil. progress may be nil.
func (x *Index) Check(ctx context.Context, progress func(Progress)) error {
	v, err := x.view()
	if err != nil {
		return err
	}
	defer v.release()
	if progress == nil {
		progress = func(Progress) {}
	}
	c := &checker{ctx: ctx, v: v, progress: progress, seed: maphash.MakeSeed(), spread: maphash.MakeSeed(), count: map[byte]uint64{}}
	if err := c.run(); err != nil {
		return fmt.Errorf("couldn't check the index: %w", err)
	}
	if len(c.findings) > 0 {
		return &CheckError{Height: v.height, Findings: c.findings, More: c.more}
	}
	return nil
}

// buckets bound the memory of a check: secondary entries are compared as sums
// per bucket, and only the buckets that differ are compared entry by entry.
const buckets = 1 << 12

type tally [buckets]uint64

type checker struct {
	ctx          context.Context
	v            *view
	progress     func(Progress)
	seed, spread maphash.Seed
	entries      uint64
	count        map[byte]uint64 // of each primary family
	findings     []string
	more         int
}

func (c *checker) found(format string, args ...any) {
	if len(c.findings) < maxFindings {
		c.findings = append(c.findings, fmt.Sprintf(format, args...))
	} else {
		c.more++
	}
}

func (c *checker) run() error {
	var want, have tally
	if err := c.primary(func(key, member []byte) { want[c.bucket(key)] += c.hash(key, member) }, true); err != nil {
		return err
	}
	if err := c.chain(); err != nil {
		return err
	}
	if err := c.actual(func(key, member []byte) { have[c.bucket(key)] += c.hash(key, member) }); err != nil {
		return err
	}
	return c.compare(&want, &have)
}

func (c *checker) bucket(key []byte) uint64 { return maphash.Bytes(c.spread, key) % buckets }

func (c *checker) hash(key, member []byte) uint64 {
	var h maphash.Hash
	h.SetSeed(c.seed)
	h.Write(key)
	h.WriteByte(0)
	h.Write(member)
	return h.Sum64()
}

// scan visits a family.
func (c *checker) scan(family byte, visit func(key, value []byte) error) error {
	return c.v.each([]byte{family}, false, nil, func(key []byte, item *badger.Item) (bool, error) {
		if c.entries++; c.entries%10_000 == 0 {
			if err := c.ctx.Err(); err != nil {
				return false, err
			}
			c.progress(Progress{familyNames[family], c.entries})
		}
		return true, item.Value(func(value []byte) error { return visit(key, value) })
	})
}

var familyNames = map[byte]string{
	familyState: "records", familyVersion: "versions", familyOrdinal: "numbers given", familyHistory: "history", familyTransaction: "transactions",
	familyWritten: "records of transactions", familyJWS: "signed commands", familyBlock: "blocks",
	familyTxID: "transaction ids", familyCreated: "lists", familyField: "fields",
	familyText: "text", familyCounter: "counters",
}

// primary reads the primary entries and gives every secondary entry that should
// follow from them, as (key, member). The first time it also sums the primary
// entries anew and compares the counters.
func (c *checker) primary(emit func(key, member []byte), first bool) error {
	var sum multiset
	counters := map[string]int64{}
	for _, family := range primaryFamilies {
		if !first && family != familyState && family != familyVersion && family != familyTransaction {
			continue
		}
		err := c.scan(family, func(key, value []byte) error {
			if first {
				sum.add(key, value)
				c.count[family]++
				if _, err := unseal(value); err != nil {
					c.found("damaged: %s", describe(key))
					return nil //nolint:nilerr // it is found, and the scan goes on
				}
			}
			switch family {
			case familyState:
				return c.record(key, value, emit, counters, first)
			case familyVersion:
				if w, err := decodeVersion(value); err == nil && len(key) == 1+positionSize {
					emit(appendPosition(historyPrefix(w.Kind, w.ID), readPosition(key[1:])), nil)
				}
			case familyTransaction:
				var t Transaction
				if !readable(value, &t) {
					return nil
				}
				counters[counterTransactions]++
				if t.Validation != validCode {
					counters[counterInvalid]++
				}
				if t.TxID != "" {
					emit(txIDKey(t.TxID, t.Block, t.Index), nil)
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	if !first {
		return nil
	}
	want := sum.digest(c.v.height)
	have := want
	if c.v.height > 0 {
		b, err := c.v.get(blockKey(familyDigest, c.v.height))
		if err != nil {
			return err
		}
		have = string(b)
	}
	if want != have {
		c.found("digest: the entries give %s, recorded is %s", want, have)
	}
	return c.counters(counters)
}

// record gives what follows from one record in the mirror.
func (c *checker) record(key, value []byte, emit func(key, member []byte), counters map[string]int64, first bool) error {
	kind, id, ok := splitStateKey(key)
	s, err := decodeStored(value)
	if err != nil || !ok || isPointer(kind) {
		return nil //nolint:nilerr // primary has named it
	}
	if s.Deleted {
		return nil
	}
	id = fullID(s.ID, id)
	raw, err := c.v.versionAt(kind, id, s.Updated)
	if errors.Is(err, errDamaged) {
		if first {
			c.found("missing: the version of %s at block %d, transaction %d", describe(key), s.Updated.Block, s.Updated.Tx)
		}
		return nil
	}
	if err != nil {
		return err
	}
	f := readFace(raw)
	if first && f.mark(kind) != s.Mark {
		c.found("wrong: the mark of %s", describe(key))
	}
	d := derive(kind, f)
	for _, name := range d.counters {
		counters[name]++
	}
	member := binary.BigEndian.AppendUint16(nil, uint16(s.Ordinal%chunkSize))
	for _, prefix := range d.postings {
		emit(chunkKey(prefix, s.Ordinal/chunkSize), member)
	}
	emit(createdKey(kind, s.Ordinal), []byte(id))
	return nil
}

// readable decodes a primary value. What it cannot decode digest has named.
func readable(sealed []byte, v any) bool { return unsealJSON(sealed, v) == nil }

// chain follows the blocks and the transactions in each.
func (c *checker) chain() error {
	next, previous, known := uint64(0), "", uint64(0)
	err := c.scan(familyBlock, func(key, value []byte) error {
		var b Block
		if !readable(value, &b) {
			return nil
		}
		if b.Number != next {
			c.found("missing: blocks %d to %d", next, b.Number-1)
		} else if previous != "" && b.Previous != previous {
			c.found("wrong: block %d does not follow the block before it", b.Number)
		}
		next, previous = b.Number+1, b.Hash
		n, err := c.transactions(b)
		known += n
		return err
	})
	if err != nil {
		return err
	}
	if next != c.v.height {
		c.found("missing: blocks %d to %d", next, c.v.height-1)
	}
	if total := c.count[familyTransaction]; total != known {
		c.found("left over: %d transactions of no block", total-known)
	}
	return nil
}

// transactions compares those stored for a block with its list, and counts them.
func (c *checker) transactions(b Block) (uint64, error) {
	n, stored := 0, uint64(0)
	err := c.v.each(blockKey(familyTransaction, b.Number), false, nil, func(key []byte, item *badger.Item) (bool, error) {
		stored++
		var t Transaction
		sealed, err := item.ValueCopy(nil)
		if err != nil {
			return false, err
		}
		if !readable(sealed, &t) {
			n++
			return true, nil
		}
		for ; n < len(b.TxIDs) && n < t.Index; n++ {
			c.found("missing: transaction %d of block %d (%s)", n, b.Number, b.TxIDs[n])
		}
		if !bytes.Equal(key, txKey(familyTransaction, b.Number, t.Index)) || n >= len(b.TxIDs) || b.TxIDs[n] != t.TxID {
			c.found("wrong: %s is not a transaction of its block", describe(key))
		}
		n++
		return true, nil
	})
	for ; n < len(b.TxIDs); n++ {
		c.found("missing: transaction %d of block %d (%s)", n, b.Number, b.TxIDs[n])
	}
	return stored, err
}

func (c *checker) counters(want map[string]int64) error {
	err := c.scan(familyCounter, func(key, value []byte) error {
		name := string(key[1:])
		n, ok := want[name]
		switch {
		case !ok:
			c.found("left over: counter %s", name)
		case len(value) != 8 || int64(binary.BigEndian.Uint64(value)) != n:
			c.found("wrong: counter %s should be %d", name, n)
		}
		delete(want, name)
		return nil
	})
	for _, name := range slices.Sorted(maps.Keys(want)) {
		c.found("missing: counter %s, should be %d", name, want[name])
	}
	return err
}

// turns gives the versions that a page names, each as the position after the
// record's history, whichever page it is in.
func (c *checker) turns(history, page []byte, emit func(key, member []byte)) {
	positions, err := readPositions(page)
	if err != nil {
		emit(history, []byte("?")) // matches nothing
		return
	}
	for _, at := range positions {
		emit(appendPosition(bytes.Clone(history), at), nil)
	}
}

// actual gives every secondary entry that is there, and the versions that
// records know of.
func (c *checker) actual(emit func(key, member []byte)) error {
	err := c.scan(familyState, func(key, value []byte) error {
		kind, id, ok := splitStateKey(key)
		s, err := decodeStored(value)
		if err != nil || !ok || isPointer(kind) {
			return nil //nolint:nilerr // primary has named it
		}
		history := join(familyHistory, string(kind), id)
		c.turns(history, s.Earlier, emit)
		emit(appendPosition(history, s.Updated), nil)
		return nil
	})
	if err != nil {
		return err
	}
	for _, family := range secondaryFamilies {
		if family == familyCounter {
			continue
		}
		err := c.scan(family, func(key, value []byte) error {
			switch family {
			case familyTxID:
				emit(key, nil)
			case familyHistory:
				c.turns(key[:max(1, len(key)-8)], value, emit)
			case familyCreated:
				emit(key, value)
			default:
				var members chunk
				if err := members.decode(value); err != nil {
					emit(key, []byte("?")) // matches nothing, so the chunk is named
					return nil             //nolint:nilerr // the scan goes on
				}
				members.each(false, func(i uint16) bool {
					emit(key, binary.BigEndian.AppendUint16(nil, i))
					return true
				})
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// compare names what differs in the buckets that do.
func (c *checker) compare(want, have *tally) error {
	differ := map[uint64]bool{}
	for i := range want {
		if want[i] != have[i] {
			if len(differ) < maxFindings {
				differ[uint64(i)] = true
			} else {
				c.more++
			}
		}
	}
	if len(differ) == 0 {
		return nil
	}
	members := map[string]int{} // chunk 0 member → how often it should be there more than it is
	count := func(by int) func(key, member []byte) {
		return func(key, member []byte) {
			if !differ[c.bucket(key)] {
				return
			}
			// A chunk's key has no fixed length, so it goes first with its length.
			name := string(binary.BigEndian.AppendUint32(nil, uint32(len(key)))) + string(key) + string(member)
			if members[name] += by; members[name] == 0 {
				delete(members, name)
			}
		}
	}
	if err := errors.Join(c.primary(count(1), false), c.actual(count(-1))); err != nil {
		return err
	}
	for _, name := range slices.Sorted(maps.Keys(members)) {
		n := binary.BigEndian.Uint32([]byte(name))
		key, member := []byte(name[4:4+n]), []byte(name[4+n:])
		if members[name] > 0 {
			c.found("missing: %s%s", describe(key), describeMember(key, member))
		} else {
			c.found("left over: %s%s", describe(key), describeMember(key, member))
		}
	}
	return nil
}

// describe says which entry a key is of.
func describe(key []byte) string {
	family, rest := key[0], key[1:]
	text := func(b []byte) string { return strings.ReplaceAll(strings.TrimRight(string(b), "\x00"), "\x00", " ") }
	tail := func(n int) ([]byte, []byte) {
		if len(rest) < n {
			return nil, rest
		}
		return rest[len(rest)-n:], rest[:len(rest)-n]
	}
	switch family {
	case familyState:
		return "record " + text(rest)
	case familyHistory, familyVersion:
		if at, name := tail(positionSize); at != nil {
			p := readPosition(at)
			return fmt.Sprintf("%s %s at block %d, transaction %d, write %d", familyNames[family], text(name), p.Block, p.Tx, p.N)
		}
	case familyOrdinal:
		return familyNames[family] + " " + text(rest)
	case familyTransaction, familyWritten, familyJWS, familyTxID:
		if at, name := tail(12); at != nil {
			return strings.TrimSpace(fmt.Sprintf("%s %s at block %d, transaction %d", familyNames[family], text(name),
				binary.BigEndian.Uint64(at), binary.BigEndian.Uint32(at[8:])))
		}
	case familyBlock:
		if at, _ := tail(8); at != nil {
			return fmt.Sprintf("%s of block %d", familyNames[family], binary.BigEndian.Uint64(at))
		}
	case familyCreated, familyField, familyText:
		if at, name := tail(8); at != nil {
			return fmt.Sprintf("%s %s, %d", familyNames[family], text(name), binary.BigEndian.Uint64(at))
		}
	}
	return fmt.Sprintf("entry %x", key)
}

func describeMember(key, member []byte) string {
	switch key[0] {
	case familyCreated:
		return ": " + string(member)
	case familyField, familyText:
		if len(member) == 2 {
			return fmt.Sprintf(": %d", binary.BigEndian.Uint16(member))
		}
	default:
		return ""
	}
	return ": unreadable"
}

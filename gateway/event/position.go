package event

import (
	"cmp"
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// Position orders all events: block, transaction in the block, event in the
// transaction. It is an event's id, written block:tx:n.
type Position struct {
	Block uint64
	Tx    int
	N     int
}

func (p Position) String() string { return fmt.Sprintf("%d:%d:%d", p.Block, p.Tx, p.N) }

// Next is the position right after p.
func (p Position) Next() Position { p.N++; return p }

// Compare is negative when p comes before q.
func (p Position) Compare(q Position) int {
	return cmp.Or(cmp.Compare(p.Block, q.Block), cmp.Compare(p.Tx, q.Tx), cmp.Compare(p.N, q.N))
}

// Start is the position of a block's first event.
func Start(block uint64) Position { return Position{Block: block} }

// ErrPosition means a text that is no position.
var ErrPosition = errors.New("want block:tx:n, such as 12:0:3")

// ParsePosition reads what String wrote, and nothing else.
func ParsePosition(text string) (Position, error) {
	parts := strings.Split(text, ":")
	if len(parts) != 3 {
		return Position{}, ErrPosition
	}
	block, err := strconv.ParseUint(parts[0], 10, 63)
	tx, err2 := strconv.ParseUint(parts[1], 10, 31)
	n, err3 := strconv.ParseUint(parts[2], 10, 31)
	p := Position{block, int(tx), int(n)}
	if errors.Join(err, err2, err3) != nil || p.String() != text {
		return Position{}, ErrPosition
	}
	return p, nil
}

// ParseSeen reads the id of the last thing a reader has seen and returns where he
// goes on: an event's id, or a block's number for all of that block.
func ParseSeen(text string) (Position, error) {
	if block, err := strconv.ParseUint(text, 10, 63); err == nil && strconv.FormatUint(block, 10) == text {
		return Start(block + 1), nil
	}
	p, err := ParsePosition(text)
	if err != nil {
		return Position{}, err
	}
	return p.Next(), nil
}

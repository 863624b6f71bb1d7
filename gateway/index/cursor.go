package index

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
)

// A cursor is the place of the last item of a page, bound to the query by a
// hash, so that a cursor of one list is no cursor of another. It hides nothing:
// whoever makes one up gets a page of the same public list.
const (
	cursorVersion = 2
	bindingSize   = 8
)

// What the cursors of lists without a Query are bound to.
var (
	blocksCursor       = binding("blocks")
	transactionsCursor = binding("transactions")
)

// binding hashes what must stay the same from page to page.
func binding(query any) [bindingSize]byte {
	b, _ := json.Marshal(query) // a Query is strings and a map of strings, sorted by Marshal
	sum := sha256.Sum256(b)
	return [bindingSize]byte(sum[:bindingSize])
}

func (q Query) binding() [bindingSize]byte {
	q.Cursor, q.Limit = "", 0
	return binding(q)
}

func writeCursor(bound [bindingSize]byte, at Position) string {
	b := append([]byte{cursorVersion}, bound[:]...)
	return base64.RawURLEncoding.EncodeToString(appendPosition(b, at))
}

// writeListCursor is the cursor of a list of records, whose places are ordinals.
func writeListCursor(bound [bindingSize]byte, ordinal uint64) string {
	return writeCursor(bound, Position{Block: ordinal})
}

func readCursor(cursor string, bound [bindingSize]byte) (Position, error) {
	b, err := base64.RawURLEncoding.Strict().DecodeString(cursor)
	if err != nil || len(b) != 1+bindingSize+positionSize || b[0] != cursorVersion || [bindingSize]byte(b[1:]) != bound {
		return Position{}, ErrCursor
	}
	return readPosition(b[1+bindingSize:]), nil
}

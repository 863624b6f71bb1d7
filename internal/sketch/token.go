package sketch

import (
	"bytes"
	"math/bits"
	"strings"
	"unicode/utf8"

	"github.com/zeebo/xxh3"
)

// Constants of the feature hashes, as documented.
const (
	mixLevel   = 0x9e3779b97f4a7c15
	mixPayload = 0xc2b2ae3d27d4eb4f
	mixValue   = 0x165667b19e3779f9
)

// Token stands for one cell. The zero token is that of an empty cell.
type Token struct {
	exact, rounded uint64
	blunt          bool // rounded, it tells too little
	value          bool // tells something alone
	present        bool
}

// NewToken returns the token of a cell in the canonical form of package table:
// kind 'n' with text <coefficient>e<exponent>, 't' or 'j' with any text; kind 0
// is an empty cell.
func NewToken[S string | []byte](kind byte, text S) Token {
	b := []byte(text)
	switch kind {
	case 0:
		return Token{}
	case 'n':
		return number(b)
	}
	sum := xxh3.HashSeed(b, uint64(kind))
	return Token{exact: sum, rounded: sum, present: true, value: kind == 't' && telling(b)}
}

// sharp is the fewest digits of a number that is worth comparing rounded: with
// fewer, one is left, and whatever goes with it is like everything.
const sharp = 3

// longWhole is from how many digits a whole number is rounded, to tens. Those
// from 1900 to 2099 are taken for years and are not.
const longWhole = 4

func number(text []byte) Token {
	coefficient, exponent, _ := bytes.Cut(text, []byte{'e'})
	sum := xxh3.HashSeed(coefficient, 'n')
	digits := len(bytes.TrimPrefix(coefficient, []byte{'-'}))
	t := Token{exact: sum, rounded: sum, present: true, value: digits >= 4}
	if len(exponent) > 0 && (exponent[0] == '-' || string(exponent) == "0" && digits >= longWhole && !year(coefficient)) {
		var buf [32]byte
		t.rounded = xxh3.HashSeed(round(buf[:0], coefficient), 'n')
		t.blunt = digits < sharp
	}
	return t
}

func year(coefficient []byte) bool {
	return len(coefficient) == 4 && (string(coefficient[:2]) == "19" || string(coefficient[:2]) == "20")
}

// round appends the coefficient without its last digit, rounded half away from
// zero and without trailing zeros.
func round(b, coefficient []byte) []byte {
	digits, negative := bytes.CutPrefix(coefficient, []byte{'-'})
	if len(digits) == 0 {
		return append(b, '0')
	}
	b = append(b, '-', '0') // room for a sign and a carry
	b = append(b, digits[:len(digits)-1]...)
	if digits[len(digits)-1] >= '5' {
		i := len(b) - 1
		for ; b[i] == '9'; i-- {
			b[i] = '0'
		}
		b[i]++
	}
	end := len(b)
	for end > 1 && b[end-1] == '0' {
		end--
	}
	if end == 1 {
		return append(b[:0], '0')
	}
	start := 1
	if b[1] == '0' {
		start = 2
	}
	if negative {
		start--
		b[start] = '-'
	}
	return b[start:end]
}

// telling reports whether a text says something without its row.
func telling(s []byte) bool {
	if len(s) < 8 {
		return false
	}
	other := false
	for _, c := range s {
		if c >= utf8.RuneSelf {
			return utf8.RuneCount(s) >= 8 && bytes.IndexFunc(s, func(r rune) bool { return !ofTime(r) }) >= 0
		}
		other = other || !ofTime(rune(c))
	}
	return other
}

// ofTime reports whether dates and times are written with r.
func ofTime(r rune) bool {
	if r < utf8.RuneSelf {
		return '0' <= r && r <= '9' || r == '-' || r == '/' || r == ':' || r == '.' || r == ',' || r == '+' || r == ' ' || r == 'T' || r == 'Z'
	}
	return strings.ContainsRune("年月日时時分秒", r)
}

// change is what rounding does to a token, or to either of a pair.
type change byte

const (
	moved   change = 1 << iota // it is another
	blunted                    // it tells too little
)

func (t *Token) change() (c change) {
	if t.exact != t.rounded {
		c = moved
	}
	if t.blunt {
		c |= blunted
	}
	return c
}

// anchor is the class up to which a token is an anchor.
func anchor(t uint64) byte {
	switch {
	case t&63 == 0:
		return 3
	case t&15 == 0:
		return 2
	case t&3 == 0:
		return 1
	}
	return 0
}

func fold(a, b, mix uint64) uint64 {
	hi, lo := bits.Mul64(a^mix, b^mix)
	return hi ^ lo
}

const (
	payloadBits = 56
	// bluntBit, of the payload's, marks what tells too little once rounded.
	bluntBit = 1
)

// element packs a feature as documented.
func element(h, payload uint64, anchor byte) uint64 {
	zeros := uint64(min(bits.LeadingZeros64(h), 63))
	return zeros<<58 | uint64(anchor)<<payloadBits | payload&(1<<payloadBits-1)&^bluntBit
}

// Level returns the number of zero bits the hash behind an element begins with:
// one in 2^Level features has as many.
func Level(e uint64) int { return int(e >> 58) }

// anchorOf is the anchor class up to which an element counts.
func anchorOf(e uint64) byte { return byte(e>>payloadBits) & 3 }

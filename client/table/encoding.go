package table

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"slices"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/transform"
)

const (
	utf8BOM   = "\ufeff"
	utf16LE   = "\xff\xfe"
	utf16BE   = "\xfe\xff"
	sniffSize = 64 << 10
)

// DecodeText reads text in any of the encodings that tables come in as UTF-8,
// without a byte order mark; what is in none of them is an *InputError.
func DecodeText(r io.Reader, f Format) (io.Reader, error) { return decoded(r, f) }

// decoded reads text as UTF-8, without a byte order mark. UTF-16 is known by
// its mark. Otherwise the file is plain ASCII up to some byte; what follows it
// decides: it is UTF-8 if that is valid, or GB18030 (and so GBK and GB2312) if
// that is. What then breaks the encoding is refused: by this reader in what it
// decodes, by the formats in UTF-8.
func decoded(r io.Reader, f Format) (io.Reader, error) {
	br := bufio.NewReaderSize(r, sniffSize)
	head, err := br.Peek(3)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	switch {
	case bytes.HasPrefix(head, []byte(utf16LE)), bytes.HasPrefix(head, []byte(utf16BE)):
		return newDecoder(br, unicode.UTF16(unicode.LittleEndian, unicode.ExpectBOM), f, 1), nil
	case string(head) == utf8BOM:
		_, err = br.Discard(len(utf8BOM))
		return br, err
	}
	return &sniffer{br: br, format: f, line: 1}, nil
}

// sniffer passes ASCII on until it can tell the encoding.
type sniffer struct {
	br     *bufio.Reader
	format Format
	line   int
	rest   io.Reader // once the encoding is known
}

func (s *sniffer) Read(b []byte) (int, error) {
	if s.rest != nil {
		return s.rest.Read(b)
	}
	if _, err := s.br.Peek(1); err != nil {
		return 0, err
	}
	window, _ := s.br.Peek(s.br.Buffered()) // what is buffered cannot fail
	if n := min(ascii(window), len(b)); n > 0 {
		s.line += bytes.Count(window[:n], []byte{'\n'})
		return s.br.Read(b[:n])
	}
	window, err := s.br.Peek(sniffSize)
	if err != nil && !errors.Is(err, io.EOF) {
		return 0, err
	}
	s.rest = s.br
	if !utf8.Valid(whole(window, len(window) < sniffSize)) && isGB18030(window, len(window) < sniffSize) {
		s.rest = newDecoder(s.br, simplifiedchinese.GB18030, s.format, s.line)
	}
	return s.rest.Read(b)
}

// ascii returns how many bytes b begins with that are ASCII.
func ascii(b []byte) int {
	i := 0
	for ; i+8 <= len(b); i += 8 {
		if binary.LittleEndian.Uint64(b[i:])&0x8080808080808080 != 0 {
			break
		}
	}
	for i < len(b) && b[i] < utf8.RuneSelf {
		i++
	}
	return i
}

// whole drops a character that b ends in the middle of, unless b is all.
func whole(b []byte, all bool) []byte {
	if all {
		return b
	}
	for i := 1; i < utf8.UTFMax && i <= len(b); i++ {
		if c := b[len(b)-i]; utf8.RuneStart(c) {
			if !utf8.FullRune(b[len(b)-i:]) {
				return b[:len(b)-i]
			}
			break
		}
	}
	return b
}

func isGB18030(b []byte, all bool) bool {
	out := make([]byte, 4*len(b)+16)
	n, _, err := simplifiedchinese.GB18030.NewDecoder().Transform(out, b, all)
	return (err == nil || errors.Is(err, transform.ErrShortSrc)) && !bytes.ContainsRune(out[:n], utf8.RuneError)
}

// decoder refuses what its encoding does not have, naming the line.
type decoder struct {
	r      io.Reader
	format Format
	line   int
	tail   []byte // of what was read last, in case it cuts a character
	err    error
}

func newDecoder(r io.Reader, e encoding.Encoding, f Format, line int) *decoder {
	return &decoder{r: transform.NewReader(r, e.NewDecoder()), format: f, line: line}
}

var replacement = []byte("\ufffd")

func (d *decoder) Read(b []byte) (int, error) {
	if d.err != nil {
		return 0, d.err
	}
	n, err := d.r.Read(b)
	if err != nil && !errors.Is(err, io.EOF) { // only UTF-16 without its mark, or a failing file
		return n, err
	}
	// The decoders write what they cannot read as U+FFFD.
	seen := slices.Concat(d.tail, b[:n])
	if i := bytes.Index(seen, replacement); i >= 0 {
		d.err = notUTF8(d.format, d.line+bytes.Count(seen[:i], []byte{'\n'}), 0)
		return max(0, i-len(d.tail)), d.err
	}
	keep := min(len(replacement)-1, len(seen))
	d.line += bytes.Count(seen[:len(seen)-keep], []byte{'\n'})
	d.tail = append(d.tail[:0], seen[len(seen)-keep:]...)
	return n, err
}

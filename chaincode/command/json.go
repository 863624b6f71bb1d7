package command

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"
)

// encoding/json accepts duplicate keys, keys in another case, invalid UTF-8
// and lone surrogates. This parser accepts one reading of RFC 8259 and keeps
// the shape of the text, so that what is wrong can be named by its path.

type kind byte

const (
	kindNull kind = iota
	kindBool
	kindNumber
	kindString
	kindArray
	kindObject
)

func (k kind) en() string {
	return [...]string{"null", "a boolean", "a number", "a string", "an array", "an object"}[k]
}

func (k kind) zh() string {
	return [...]string{"null", "布尔值", "数字", "字符串", "数组", "对象"}[k]
}

// node is one JSON value of the text it was parsed from.
type node struct {
	name       string // as a member of an object
	kids       []node // items or members, in order
	start, end uint32
	kind       kind
}

// get returns the member called name.
func (n *node) get(name string) *node {
	for i := range n.kids {
		if n.kids[i].name == name {
			return &n.kids[i]
		}
	}
	return nil
}

// document is a parsed text.
type document struct {
	text []byte
	root node
}

func (d *document) raw(n *node) []byte { return d.text[n.start:n.end] }

// str decodes a string that has been parsed already.
func (d *document) str(n *node) string {
	s, _ := unquote(d.raw(n))
	return s
}

// unquote decodes a complete, valid JSON string.
func unquote(raw []byte) (string, error) {
	for _, c := range raw {
		if c == '\\' {
			var s string
			err := json.Unmarshal(raw, &s)
			return s, err
		}
	}
	return string(raw[1 : len(raw)-1]), nil
}

type parser struct {
	text []byte
	pos  int
	path path
	deep int
}

// parseJSON parses text, one value and nothing else. Errors name the path of
// the value at fault, beginning with root.
func parseJSON(text []byte, root string) (*document, error) {
	p := &parser{text: text, path: path{{name: root}}}
	d := &document{text: text}
	p.space()
	if err := p.value(&d.root); err != nil {
		return nil, err
	}
	p.space()
	if p.pos < len(p.text) {
		return nil, malformed(root, fmt.Sprintf("data follows the JSON value at byte %d", p.pos),
			fmt.Sprintf("JSON 值之后（第 %d 字节）还有多余数据", p.pos))
	}
	return d, nil
}

func (p *parser) fail(en, zh string) *Error {
	return malformed(p.path.String(), fmt.Sprintf("%s (byte %d)", en, p.pos), fmt.Sprintf("%s（第 %d 字节）", zh, p.pos))
}

func (p *parser) space() {
	for p.pos < len(p.text) {
		switch p.text[p.pos] {
		case ' ', '\t', '\r', '\n':
			p.pos++
		default:
			return
		}
	}
}

func (p *parser) peek() byte {
	if p.pos < len(p.text) {
		return p.text[p.pos]
	}
	return 0
}

func (p *parser) value(n *node) error {
	n.start = uint32(p.pos)
	var err error
	switch c := p.peek(); {
	case c == '{':
		n.kind = kindObject
		err = p.object(n)
	case c == '[':
		n.kind = kindArray
		err = p.array(n)
	case c == '"':
		n.kind = kindString
		_, err = p.string()
	case c == '-' || '0' <= c && c <= '9':
		n.kind = kindNumber
		err = p.number()
	case c == 't':
		n.kind = kindBool
		err = p.literal("true")
	case c == 'f':
		n.kind = kindBool
		err = p.literal("false")
	case c == 'n':
		n.kind = kindNull
		err = p.literal("null")
	default:
		err = p.fail("not JSON: a value is expected", "不是 JSON：此处应为一个值")
	}
	n.end = uint32(p.pos)
	return err
}

func (p *parser) literal(word string) error {
	if len(p.text)-p.pos < len(word) || string(p.text[p.pos:p.pos+len(word)]) != word {
		return p.fail("not JSON: a value is expected", "不是 JSON：此处应为一个值")
	}
	p.pos += len(word)
	return nil
}

func (p *parser) enter() error {
	if p.deep++; p.deep > MaxDepth {
		return p.fail(fmt.Sprintf("nested more than %d levels deep", MaxDepth), fmt.Sprintf("嵌套超过 %d 层", MaxDepth))
	}
	p.pos++
	p.space()
	return nil
}

func (p *parser) array(n *node) error {
	if err := p.enter(); err != nil {
		return err
	}
	defer func() { p.deep-- }()
	if p.peek() == ']' {
		p.pos++
		return nil
	}
	for i := 0; ; i++ {
		var item node
		p.path = append(p.path, step{index: i, item: true})
		if err := p.value(&item); err != nil {
			return err
		}
		p.path = p.path[:len(p.path)-1]
		n.kids = append(n.kids, item)
		p.space()
		switch p.peek() {
		case ',':
			p.pos++
			p.space()
		case ']':
			p.pos++
			return nil
		default:
			return p.fail("not JSON: , or ] is expected", "不是 JSON：此处应为 , 或 ]")
		}
	}
}

func (p *parser) object(n *node) error {
	if err := p.enter(); err != nil {
		return err
	}
	defer func() { p.deep-- }()
	if p.peek() == '}' {
		p.pos++
		return nil
	}
	var seen map[string]bool // only for objects too big to be searched
	for {
		if p.peek() != '"' {
			return p.fail("not JSON: a key in double quotes is expected", "不是 JSON：此处应为双引号括起的键")
		}
		var m node
		var err error
		if m.name, err = p.string(); err != nil {
			return err
		}
		p.path = append(p.path, step{name: m.name})
		dup := seen[m.name]
		if seen == nil {
			dup = n.get(m.name) != nil
			if len(n.kids) == 16 {
				seen = make(map[string]bool, 64)
				for i := range n.kids {
					seen[n.kids[i].name] = true
				}
			}
		}
		if seen != nil {
			seen[m.name] = true
		}
		if dup {
			return p.fail("the key appears twice", "键重复出现")
		}
		p.space()
		if p.peek() != ':' {
			return p.fail("not JSON: : is expected", "不是 JSON：此处应为 :")
		}
		p.pos++
		p.space()
		if err := p.value(&m); err != nil {
			return err
		}
		p.path = p.path[:len(p.path)-1]
		n.kids = append(n.kids, m)
		p.space()
		switch p.peek() {
		case ',':
			p.pos++
			p.space()
		case '}':
			p.pos++
			return nil
		default:
			return p.fail("not JSON: , or } is expected", "不是 JSON：此处应为 , 或 }")
		}
	}
}

// number scans -?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?.
func (p *parser) number() error {
	digits := func() bool {
		from := p.pos
		for '0' <= p.peek() && p.peek() <= '9' {
			p.pos++
		}
		return p.pos > from
	}
	bad := func() error { return p.fail("not a JSON number", "不是合法的 JSON 数字") }
	if p.peek() == '-' {
		p.pos++
	}
	if p.peek() == '0' {
		p.pos++
		if c := p.peek(); '0' <= c && c <= '9' {
			return bad()
		}
	} else if !digits() {
		return bad()
	}
	if p.peek() == '.' {
		if p.pos++; !digits() {
			return bad()
		}
	}
	if c := p.peek(); c == 'e' || c == 'E' {
		p.pos++
		if c := p.peek(); c == '+' || c == '-' {
			p.pos++
		}
		if !digits() {
			return bad()
		}
	}
	return nil
}

// string scans a string and returns it decoded.
func (p *parser) string() (string, error) {
	from := p.pos
	p.pos++
	for {
		if p.pos >= len(p.text) {
			return "", p.fail("not JSON: the string does not end", "不是 JSON：字符串没有结束")
		}
		switch c := p.text[p.pos]; {
		case c == '"':
			p.pos++
			s, err := unquote(p.text[from:p.pos])
			if err != nil { // unreachable: everything was checked on the way
				return "", p.fail("not a JSON string", "不是合法的 JSON 字符串")
			}
			return s, nil
		case c == '\\':
			if err := p.escape(); err != nil {
				return "", err
			}
		case c < 0x20:
			return "", p.fail("a control character in a string must be escaped", "字符串中的控制字符必须转义")
		case c < utf8.RuneSelf:
			p.pos++
		default:
			r, size := utf8.DecodeRune(p.text[p.pos:])
			if r == utf8.RuneError && size == 1 {
				return "", p.fail("not valid UTF-8", "不是合法的 UTF-8")
			}
			p.pos += size
		}
	}
}

func (p *parser) escape() error {
	p.pos++
	switch c := p.peek(); c {
	case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
		p.pos++
		return nil
	case 'u':
		u, ok := p.hex4(p.pos + 1)
		if !ok {
			return p.fail(`\u needs four hexadecimal digits`, `\u 之后必须是四位十六进制数`)
		}
		switch {
		case 0xd800 <= u && u < 0xdc00: // needs its second half
			low, ok := p.hex4(p.pos + 7)
			if !ok || p.text[p.pos+5] != '\\' || p.text[p.pos+6] != 'u' || low < 0xdc00 || low > 0xdfff {
				return p.fail("half of a surrogate pair", "代理对不完整")
			}
			p.pos += 11
		case 0xdc00 <= u && u < 0xe000:
			return p.fail("half of a surrogate pair", "代理对不完整")
		default:
			p.pos += 5
		}
		return nil
	}
	return p.fail("unknown escape in a string", "字符串中有未知的转义")
}

func (p *parser) hex4(at int) (uint64, bool) {
	if at+4 > len(p.text) {
		return 0, false
	}
	for _, c := range p.text[at : at+4] {
		if !('0' <= c && c <= '9' || 'a' <= c && c <= 'f' || 'A' <= c && c <= 'F') {
			return 0, false
		}
	}
	u, err := strconv.ParseUint(string(p.text[at:at+4]), 16, 32)
	return u, err == nil
}

// path is the way from the root of a text to a value in it. It is printed only
// when something is wrong.
type path []step

type step struct {
	name  string // of a member; of the root, as it is printed
	index int    // of an item
	item  bool
}

func (p path) String() string {
	var b strings.Builder
	for i, s := range p {
		switch {
		case i == 0:
			b.WriteString(s.name)
		case s.item:
			b.WriteString("[" + strconv.Itoa(s.index) + "]")
		default:
			b.WriteString(segment(s.name))
		}
	}
	return b.String()
}

// segment prints a key as one step of a path; a key no implementation of ours
// would use is quoted and cut short.
func segment(name string) string {
	plain := name != "" && len(name) <= 64
	for i := 0; plain && i < len(name); i++ {
		c := name[i]
		plain = 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || c == '_' || c == '-'
	}
	if plain {
		return "." + name
	}
	if len(name) > 64 {
		cut := 64
		for !utf8.RuneStart(name[cut]) {
			cut--
		}
		name = name[:cut] + "…"
	}
	return "[" + strconv.Quote(name) + "]"
}

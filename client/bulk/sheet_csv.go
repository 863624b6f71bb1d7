package bulk

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"github.com/datarights/datarights/client/table"
)

func readCSV(r io.Reader, comma rune) (*Sheet, error) {
	text, err := table.DecodeText(r, table.CSV)
	if err != nil {
		return nil, err
	}
	in := bufio.NewReaderSize(text, 64<<10)
	if comma == 0 {
		head, err := in.Peek(4 << 10)
		if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, bufio.ErrBufferFull) {
			return nil, err
		}
		comma = separator(head)
	}
	counted := &countingReader{r: in}
	c := csv.NewReader(counted)
	c.Comma, c.FieldsPerRecord = comma, -1
	s := &Sheet{}
	for {
		row, err := c.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if counted.n > MaxBytes {
			return nil, tooLarge(table.CSV)
		}
		var parse *csv.ParseError
		if errors.As(err, &parse) {
			return nil, &table.InputError{Format: table.CSV, Line: parse.Line, Detail: "a double quote is misplaced, missing or not doubled; nothing after it can be told apart",
				DetailZh: "双引号位置不当、缺失或未成对转义；其后内容无法区分"}
		}
		if err != nil {
			return nil, err
		}
		line, _ := c.FieldPos(0)
		if len(row) > table.MaxColumns {
			return nil, &table.InputError{Format: table.CSV, Line: line, Detail: fmt.Sprintf("more than %d columns", table.MaxColumns), DetailZh: fmt.Sprintf("列数超过 %d", table.MaxColumns)}
		}
		cells := make([]Cell, len(row))
		for i, text := range row {
			at, _ := c.FieldPos(i)
			if !utf8.ValidString(text) {
				return nil, &table.InputError{Format: table.CSV, Line: at, Detail: "neither UTF-8 nor GB18030", DetailZh: "既非 UTF-8 亦非 GB18030"}
			}
			if strings.IndexByte(text, 0) >= 0 {
				return nil, &table.InputError{Format: table.CSV, Line: at, Detail: "a NUL byte: this is binary data and no text", DetailZh: "含 NUL 字节：这是二进制数据而非文本"}
			}
			cells[i] = textCell(text)
		}
		if s.add(line, cells) {
			return nil, tooLarge(table.CSV)
		}
	}
	if s.Headings == nil {
		return nil, &table.InputError{Format: table.CSV, Detail: "the file is empty", DetailZh: "文件为空"}
	}
	return s, nil
}

// separator is what stands most often in the first line, outside quotes:
// spreadsheets write semicolons or tabs where the comma is a decimal sign.
func separator(head []byte) rune {
	if i := bytes.IndexByte(head, '\n'); i >= 0 {
		head = head[:i]
	}
	best, most := ',', 0
	for _, c := range []rune{',', '\t', ';'} {
		n, quoted := 0, false
		for _, b := range head {
			switch {
			case b == '"':
				quoted = !quoted
			case rune(b) == c && !quoted:
				n++
			}
		}
		if n > most {
			best, most = c, n
		}
	}
	return best
}

func textCell(text string) Cell {
	c := Cell{Text: strings.TrimSpace(text)}
	if len(c.Text) > MaxCell {
		f := fault(CodeOversize, "单元格长 %d 字节，至多 %d；电子表格在 32767 个字符处截断", "the cell has %d bytes, at most %d are taken; a spreadsheet cuts at 32,767 characters", len(c.Text), MaxCell)
		c.Text, c.Fault = clip(c.Text), &f
	}
	return c
}

// clip shortens a value for showing.
func clip(s string) string {
	const most = 60
	if utf8.RuneCountInString(s) <= most {
		return s
	}
	return string([]rune(s)[:most]) + "…"
}

type countingReader struct {
	r io.Reader
	n int64
}

func (c *countingReader) Read(b []byte) (int, error) {
	n, err := c.r.Read(b)
	c.n += int64(n)
	return n, err
}

package table

import (
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"math"
	"math/big"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/format"
)

// parquetTable reads the row groups of a Parquet file one after the other.
type parquetTable struct {
	file   seekable
	groups []parquet.RowGroup
	rows   parquet.Rows // of the row group at hand
	buf    []parquet.Row
	have   int // rows of buf not given out yet are buf[next:have]
	next   int
	err    error // what follows them
	names  []string
	kinds  []format.LogicalTypeValue
	cells  []Cell
	record int64
}

func newParquet(r io.Reader, dir string) (t *parquetTable, err error) {
	file, err := newSeekable(r, dir)
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			_ = file.close() // the first error tells
		}
	}()
	defer guarded(Parquet, 0, &err)
	if file.size == 0 {
		return nil, &InputError{Format: Parquet, Detail: "the file is empty", DetailZh: "文件为空"}
	}
	f, err := parquet.OpenFile(file, file.size, parquet.SkipBloomFilters(true), parquet.SkipPageIndex(true))
	if err != nil {
		return nil, parquetError(0, err)
	}
	t = &parquetTable{file: file, groups: f.RowGroups(), buf: make([]parquet.Row, 128)}
	columns := f.Root().Columns()
	if len(columns) > MaxColumns {
		return nil, tooWide(Parquet)
	}
	for i, c := range columns {
		if !c.Leaf() || c.Repeated() {
			return nil, &InputError{Format: Parquet, Detail: fmt.Sprintf("column %q is nested; give each of its parts a column of its own", c.Name()),
				DetailZh: fmt.Sprintf("列 %q 为嵌套类型；请先展开，每个部分各成一列", c.Name())}
		}
		t.names = append(t.names, nameOr(canonicalText(c.Name()), i))
		var kind format.LogicalTypeValue
		if l := c.Type().LogicalType(); l != nil {
			kind = l.Value
		}
		t.kinds = append(t.kinds, kind)
	}
	t.cells = make([]Cell, len(columns))
	return t, nil
}

func parquetError(record int64, err error) error {
	return &InputError{Format: Parquet, Record: record, Detail: "not valid: " + err.Error(), DetailZh: "内容不合法：" + err.Error()}
}

func (t *parquetTable) Columns() []string { return t.names }

// Close frees what reading took.
func (t *parquetTable) Close() (err error) {
	defer guarded(Parquet, t.record, &err)
	if t.rows != nil {
		err = t.rows.Close()
	}
	return errors.Join(err, t.file.close())
}

func (t *parquetTable) Next() (cells []Cell, err error) {
	defer guarded(Parquet, t.record+1, &err)
	for t.next == t.have {
		if err := t.read(); err != nil {
			return nil, err
		}
	}
	row := t.buf[t.next]
	t.next++
	t.record++
	clear(t.cells)
	for _, v := range row {
		i := v.Column()
		if v.IsNull() || i < 0 || i >= len(t.cells) {
			continue
		}
		text, err := parquetText(v, t.kinds[i])
		if err != nil {
			return nil, parquetError(t.record, err)
		}
		t.cells[i] = ParseCell(text)
	}
	return t.cells, nil
}

// read fills buf.
func (t *parquetTable) read() error {
	if t.rows == nil {
		if len(t.groups) == 0 {
			return io.EOF
		}
		t.rows, t.groups = t.groups[0].Rows(), t.groups[1:]
	}
	if t.err != nil {
		err := t.err
		t.err = nil
		if !errors.Is(err, io.EOF) {
			return parquetError(t.record+1, err)
		}
		err = t.rows.Close()
		t.rows = nil
		if err != nil {
			return parquetError(t.record, err)
		}
		return nil
	}
	t.next = 0
	t.have, t.err = t.rows.ReadRows(t.buf)
	if t.have == 0 && t.err == nil {
		t.err = io.ErrNoProgress
	}
	return nil
}

// parquetText writes a value as a CSV file would have it: whole numbers and
// decimals exactly, doubles by the shortest text that reads back as the same,
// dates and times by ISO 8601.
func parquetText(v parquet.Value, l format.LogicalTypeValue) (string, error) {
	switch v.Kind() {
	case parquet.Boolean:
		return strconv.FormatBool(v.Boolean()), nil
	case parquet.Int32:
		return integerText(int64(v.Int32()), uint64(v.Uint32()), l), nil
	case parquet.Int64:
		return integerText(v.Int64(), v.Uint64(), l), nil
	case parquet.Int96: // nanoseconds of a day, and the Julian day
		x := v.Int96()
		day := int64(x[2]) - 2440588
		return timeText(time.Unix(day*86400, int64(uint64(x[1])<<32|uint64(x[0]))).UTC(), false), nil
	case parquet.Float:
		return floatText(float64(v.Float()), 32), nil
	case parquet.Double:
		return floatText(v.Double(), 64), nil
	case parquet.ByteArray, parquet.FixedLenByteArray:
		return bytesText(v.ByteArray(), l)
	}
	return "", fmt.Errorf("a value of type %v", v.Kind())
}

func integerText(n int64, unsigned uint64, l format.LogicalTypeValue) string {
	switch l := l.(type) {
	case *format.DateType:
		return time.Unix(n*86400, 0).UTC().Format("2006-01-02")
	case *format.TimestampType:
		return timeText(since(n, l.Unit), l.IsAdjustedToUTC)
	case *format.TimeType:
		return shortFraction(since(n, l.Unit).Format("15:04:05.000000000"))
	case *format.DecimalType:
		return strconv.FormatInt(n, 10) + "e" + strconv.Itoa(-int(l.Scale))
	case *format.IntType:
		if !l.IsSigned {
			return strconv.FormatUint(unsigned, 10)
		}
	}
	return strconv.FormatInt(n, 10)
}

// since is the time n units after the epoch.
func since(n int64, u format.TimeUnit) time.Time {
	switch u.Value.(type) {
	case *format.MilliSeconds:
		return time.UnixMilli(n).UTC()
	case *format.MicroSeconds:
		return time.UnixMicro(n).UTC()
	}
	return time.Unix(0, n).UTC()
}

func timeText(t time.Time, utc bool) string {
	s := shortFraction(t.Format("2006-01-02T15:04:05.000000000"))
	if utc {
		s += "Z"
	}
	return s
}

func shortFraction(s string) string { return strings.TrimSuffix(strings.TrimRight(s, "0"), ".") }

func floatText(f float64, bits int) string {
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return strconv.FormatFloat(f, 'g', -1, bits)
	}
	return strconv.FormatFloat(f, 'e', -1, bits)
}

func bytesText(b []byte, l format.LogicalTypeValue) (string, error) {
	switch l := l.(type) {
	case *format.DecimalType:
		n := new(big.Int).SetBytes(b)
		if len(b) > 0 && b[0]&0x80 != 0 { // two's complement
			n.Sub(n, new(big.Int).Lsh(big.NewInt(1), uint(8*len(b))))
		}
		return n.String() + "e" + strconv.Itoa(-int(l.Scale)), nil
	case *format.UUIDType:
		if len(b) == 16 {
			h := hex.EncodeToString(b)
			return strings.Join([]string{h[:8], h[8:12], h[12:16], h[16:20], h[20:]}, "-"), nil
		}
	case *format.StringType, *format.JsonType, *format.EnumType:
		if !utf8.Valid(b) {
			return "", errors.New("a text is not UTF-8")
		}
		return string(b), nil
	}
	if utf8.Valid(b) && !slices.Contains(b, 0) {
		return string(b), nil
	}
	return hex.EncodeToString(b), nil
}

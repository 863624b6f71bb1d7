package table

import (
	"math/big"
	"strings"
	"testing"
	"unicode/utf8"
)

func TestCanonicalCells(t *testing.T) {
	for in, want := range map[string]Cell{
		"": {}, "  \t\u3000": {},
		"4": {'n', "4e0"}, "4.0": {'n', "4e0"}, "4.00": {'n', "4e0"}, "40e-1": {'n', "4e0"}, "0.4E+1": {'n', "4e0"},
		"1000": {'n', "1e3"}, "1e3": {'n', "1e3"}, "-12.50": {'n', "-125e-1"}, "0.001": {'n', "1e-3"},
		"0": {'n', "0e0"}, "-0": {'n', "0e0"}, "0.000": {'n', "0e0"}, "0e5": {'n', "0e0"},
		"320902199001011234": {'n', "320902199001011234e0"}, "9007199254740993": {'n', "9007199254740993e0"},
		"1e999999999": {'n', "1e999999999"}, "1e-999999999": {'n', "1e-999999999"},
		"1e1000000000": {'t', "1e1000000000"},
		"007":          {'t', "007"}, "+1": {'t', "+1"}, ".5": {'t', ".5"}, "5.": {'t', "5."}, "1,000": {'t', "1,000"},
		"0x10": {'t', "0x10"}, "NaN": {'t', "NaN"}, "1e": {'t', "1e"}, "--1": {'t', "--1"}, "-": {'t', "-"}, "１": {'t', "１"},
		"2010-01-01": {'t', "2010-01-01"}, "true": {'t', "true"},
		" x\r\ny ": {'t', "x\ny"}, "e\u0301": {'t', "é"}, "\u212b": {'t', "Å"},
	} {
		if got := ParseCell(in); got != want {
			t.Errorf("ParseCell(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestNestedCells(t *testing.T) {
	one, err := jsonTableCell(`{"b":[1.0,"x ",null,true],"a":{"z":1,"y":"\u0001\"\\é"}}`)
	if err != nil {
		t.Fatal(err)
	}
	if want := (Cell{'j', `{"a":{"y":"\u0001\"\\é","z":1e0},"b":[1e0,"x",null,true]}`}); one != want {
		t.Errorf("%q, want %q", one, want)
	}
}

func jsonTableCell(text string) (Cell, error) {
	t, err := newJSON(strings.NewReader(`[[`+text+`]]`), HeaderAuto)
	if err != nil {
		return Cell{}, err
	}
	row, err := t.Next()
	if err != nil {
		return Cell{}, err
	}
	return row[0], nil
}

// FuzzAppendCell holds the fast way against the plain one.
func FuzzAppendCell(f *testing.F) {
	for _, s := range []string{"", " 4.0 ", "-0.0", "10.50", "-", "1.", ".5", "1.2.3", "007", "1e3", "x\r\ny", "\u3000a\u00a0", "e\u0301", "12345678901234567890.10", "-1", "00"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if !utf8.ValidString(s) {
			return
		}
		want := ParseCell(s)
		kind, text := AppendCell([]byte("before"), []byte(s))
		if kind != want.Kind || string(text) != "before"+want.Text {
			t.Fatalf("%q: %c %q, want %c %q", s, kind, text, want.Kind, want.Text)
		}
	})
}

// FuzzCanonicalNumber checks it against exact arithmetic.
func FuzzCanonicalNumber(f *testing.F) {
	for _, s := range []string{"0", "-0.0", "4.00", "1e3", "120.0500e-7", "00", "1e-999999999", "9e+5"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got, ok := canonicalNumber(s)
		if !ok {
			return
		}
		if again, ok := canonicalNumber(got); !ok || again != got {
			t.Fatalf("%q became %q and then %q", s, got, again)
		}
		if e := s[strings.IndexAny(s+"e", "eE"):]; len(e) > 5 || len(s) > 200 {
			return // too large to compute with
		}
		a, ok1 := new(big.Rat).SetString(s)
		b, ok2 := new(big.Rat).SetString(got)
		if !ok1 || !ok2 || a.Cmp(b) != 0 {
			t.Fatalf("%q became %q, another number", s, got)
		}
	})
}

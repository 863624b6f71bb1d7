package rights

import (
	"strconv"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// Vectors of GB 32100-2015: the standard's own example and synthetic codes.
var validCodes = []string{
	"91350100M000100Y43", "91320900MA0A00014Q", "91320903MA0A00022Y", "91320902MA0A00030B", "91320981MA0A00049M",
	"11320900MB0A00050T", "12320900MB0A00069L", "91320900MA0A00073U", "91320904MA0A00081G",
	"91320923MA0A0009XQ", // inner check character X
	"91320900MA0A001027",
	"91320900MA0A004870", // remainder 0: 31 becomes 0
}

func TestValidUSCC(t *testing.T) {
	for _, c := range validCodes {
		if !ValidUSCC(c) || checkParticipantID("uscc", c) != nil {
			t.Errorf("%s is refused", c)
		}
		if !ValidOrganisationCode(c) || usccWarnings(c) != nil {
			t.Errorf("the organisation code in %s warns", c)
		}
	}
	for _, c := range []struct{ code, why string }{
		{"91350100M000100Y4Z", "Z is not in the set"},
		{"91350100M000100Y44", "wrong check character"},
		{"93150100M000100Y43", "transposition"},
		{"91350100m000100y43", "lower case"},
		{"91350100M000100Y4", "17 characters"},
		{"91350100M000100Y433", "19 characters"},
		{"", "empty"},
		{"91350A00M000100Y4" + string(check(t, "91350A00M000100Y4")), "a letter in the region"},
		{"91350100M000100Y4\u00d3", "not ASCII"},
		{"91350100M000100Y4\x00", "NUL"},
		{"９1350100M000100Y43", "full-width digit"},
	} {
		if ValidUSCC(c.code) || checkParticipantID("uscc", c.code) == nil {
			t.Errorf("%q is taken: %s", c.code, c.why)
		}
	}
}

func check(t *testing.T, p string) byte {
	c, ok := USCCCheck(p)
	if !ok {
		t.Fatal(p)
	}
	return c
}

func TestWrongCheckCharacterNamesTheRightOne(t *testing.T) {
	err := checkParticipantID("uscc", "91350100M000100Y44")
	e := asRefusal(err)
	if e == nil || e.Code != CodeFormat || e.Field != "uscc" || !strings.Contains(e.Detail, "would be 3") || !strings.Contains(e.DetailZh, "应为 3") {
		t.Errorf("refusal is %+v", err)
	}
}

// A legacy organisation code fails its inner check; that warns only.
func TestInnerOrganisationCodeOnlyWarns(t *testing.T) {
	for i := range "0123456789X" {
		p := "91320903MA0A0002" + "0123456789X"[i:i+1]
		code := p + string(check(t, p))
		if !ValidUSCC(code) {
			t.Fatalf("%s is refused", code)
		}
		if warns := usccWarnings(code) != nil; warns != (p[16] != '2') {
			t.Errorf("%s: warns %t", code, warns)
		}
	}
}

// Any single wrong character is found: the weights are units modulo the prime 31.
func TestUSCCFindsSingleErrors(t *testing.T) {
	for _, c := range validCodes {
		for i := range c {
			for _, x := range usccSet {
				if wrong := c[:i] + string(x) + c[i+1:]; wrong != c && ValidUSCC(wrong) {
					t.Errorf("%s passes for %s", wrong, c)
				}
			}
		}
	}
}

func TestValidCertNo(t *testing.T) {
	for no, want := range map[string]bool{
		"SJ3212026070001": true, "SJ3292026129999": true, "SJ3202026010001": true,
		"SJ3212026130001":  false, // month 13
		"SJ3212026000001":  false, // month 0
		"SJ321202607001":   false, // 14 characters
		"SJ32120260700011": false,
		"sj3212026070001":  false, // case
		"SJ3212026070000":  false, // serial 0000
		"SJ3211926070001":  false, // another century
		"SJ3212026070001 ": false, "": false, "SJ３212026070001": false,
	} {
		if ValidCertNo(no) != want {
			t.Errorf("%q: %t", no, !want)
		}
	}
}

// The registrar's digits and the months that have begun.
func TestCheckCertNo(t *testing.T) {
	registrar := &Participant{Registrar: &RegistrarCode{Region: "32", Digit: "1"}}
	lastSecondOfJuly := at(t, "2026-08-01") - 1
	for _, c := range []struct {
		no   string
		now  UnixSec
		code Code
	}{
		{"SJ3212026070001", lastSecondOfJuly, ""},
		{"SJ3212026060001", lastSecondOfJuly, ""},
		{"SJ3212026080001", lastSecondOfJuly, CodeTerm},
		{"SJ3212026080001", lastSecondOfJuly + 1, ""}, // midnight in Shanghai, not in London
		{"SJ3222026070001", lastSecondOfJuly, CodeFormat},
		{"SJ3112026070001", lastSecondOfJuly, CodeFormat},
		{"SJ3212026070000", lastSecondOfJuly, CodeFormat},
	} {
		err := checkCertNo(c.no, registrar, c.now)
		if e := asRefusal(err); (e == nil && c.code != "") || (e != nil && e.Code != c.code) {
			t.Errorf("%s: %v; want %q", c.no, err, c.code)
		}
	}
}

// at is the first instant of a day in Shanghai.
func at(t testing.TB, day string) UnixSec {
	sec, ok := ParseDate(day)
	if !ok {
		t.Fatalf("no date %q", day)
	}
	return sec
}

func TestParseDate(t *testing.T) {
	if sec, ok := ParseDate("2025-10-11"); !ok || sec != 1760112000 {
		t.Errorf("2025-10-11 begins at %d, %t", sec, ok)
	}
	for _, d := range []string{"", "2025-2-1", "2025-02-30", "2025-13-01", "20250201", "2025-02-01 ", "1899-12-31", "2025-02-01T00:00:00Z", "+025-01-01", "２025-02-01"} {
		if _, ok := ParseDate(d); ok {
			t.Errorf("%q is a date", d)
		}
	}
}

func TestAddMonths(t *testing.T) {
	for _, c := range []struct {
		from string
		n    int64
		to   string
	}{
		{"2024-02-29", 36, "2027-02-28"},
		{"2026-08-31", 6, "2027-02-28"},
		{"2025-01-31", 1, "2025-02-28"},
		{"2026-07-15", 60, "2031-07-15"},
		{"2025-12-31", 2, "2026-02-28"},
		{"2023-11-30", 3, "2024-02-29"},
		{"2026-07-15", 0, "2026-07-15"},
	} {
		if got := AddMonths(at(t, c.from), c.n); CivilDate(got) != c.to {
			t.Errorf("%s + %d months = %s; want %s", c.from, c.n, CivilDate(got), c.to)
		}
	}
}

// The month is exact, the time of day is kept, the day never grows, and months
// add up except where one was clamped.
func TestAddMonthsProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		from := rapid.Int64Range(0, 1<<32).Draw(t, "from")
		n := rapid.Int64Range(0, 600).Draw(t, "n")
		a, b := time.Unix(from, 0).In(shanghai), time.Unix(AddMonths(from, n), 0).In(shanghai)
		months := func(x time.Time) int64 { return int64(x.Year())*12 + int64(x.Month()) }
		if months(b)-months(a) != n {
			t.Fatalf("%s + %d = %s", a, n, b)
		}
		if a.Format(time.TimeOnly) != b.Format(time.TimeOnly) {
			t.Fatalf("time of day: %s, %s", a, b)
		}
		switch clamped := b.AddDate(0, 0, 1).Day() == 1; {
		case b.Day() > a.Day(), b.Day() < a.Day() && !clamped:
			t.Fatalf("%s + %d = %s", a, n, b)
		case b.Day() == a.Day():
			m := rapid.Int64Range(0, 600).Draw(t, "m")
			if x, y := AddMonths(AddMonths(from, n), m), AddMonths(from, n+m); x != y {
				t.Fatalf("%d + %d months: %d, %d", n, m, x, y)
			}
		}
		if later := AddMonths(from, n+1); later <= AddMonths(from, n) {
			t.Fatalf("a month more is not later: %s + %d", a, n)
		}
	})
}

func TestVocabulary(t *testing.T) {
	for _, c := range []struct {
		name string
		err  error
		ok   bool
	}{
		{"region", checkRegion("f", "320902"), true},
		{"region of no province", checkRegion("f", "990902"), false},
		{"region of a functional zone", checkRegion("f", "YNHTZ"), false},
		{"short region", checkRegion("f", "32090"), false},
		{"industry division", checkIndustry("f", "D44"), true},
		{"industry class", checkIndustry("f", "D4411"), true},
		{"industry section only", checkIndustry("f", "D"), false},
		{"industry U", checkIndustry("f", "U44"), false},
		{"hash", checkHash("f", "sm3:"+strings.Repeat("a", 64)), true},
		{"sha256", checkHash("f", "sha256:"+strings.Repeat("0", 64)), true},
		{"hash in capitals", checkHash("f", "sm3:"+strings.Repeat("A", 64)), false},
		{"hash without algorithm", checkHash("f", strings.Repeat("a", 64)), false},
		{"md5", checkHash("f", "md5:"+strings.Repeat("a", 32)), false},
		{"hash and a line break", checkHash("f", "sm3:"+strings.Repeat("a", 64)+"\n"), false},
		{"text", checkText("f", strings.Repeat("数", 40), 40), true},
		{"41 characters", checkText("f", strings.Repeat("数", 41), 40), false},
		{"blank", checkText("f", " \u3000", 40), false},
		{"control character", checkText("f", "a\tb", 40), false},
		{"right-to-left override", checkText("f", "a\u202eb", 40), false},
		{"line separator", checkText("f", "a\u2028b", 40), false},
		{"stray combining mark", checkText("f", "a\u0301", 40), false},
		{"invalid UTF-8", checkText("f", "a\xff", 40), false},
		{"of the vocabulary", oneOf("f", "Daily", updateFreqs...), true},
		{"outside it", oneOf("f", "daily", updateFreqs...), false},
		{"a person", checkParticipantID("f", "NP-"+strings.Repeat("0a", 16)), true},
		{"an id card number", checkParticipantID("f", "320902199001011234"), false},
	} {
		if (c.err == nil) != c.ok {
			t.Errorf("%s: %v", c.name, c.err)
		}
		if e := asRefusal(c.err); c.err != nil && (e == nil || e.Code != CodeFormat || e.Field != "f") {
			t.Errorf("%s: refused with %v", c.name, c.err)
		}
	}
}

func TestSplitKeyID(t *testing.T) {
	if id, no, ok := SplitKeyID(KeyID("91350100M000100Y43", 12)); !ok || id != "91350100M000100Y43" || no != 12 {
		t.Errorf("%s %d %t", id, no, ok)
	}
	for _, kid := range []string{"", "#1", "x", "x#", "x#0", "x#01", "x#-1", "x#+1", "x#1 ", "x#1#2", "x#99999999999999999999"} {
		if _, _, ok := SplitKeyID(kid); ok {
			t.Errorf("%q is a key id", kid)
		}
	}
}

func FuzzValidUSCC(f *testing.F) {
	for _, c := range validCodes {
		f.Add(c)
	}
	f.Add("91350100M000100Y4Z")
	f.Fuzz(func(t *testing.T, c string) {
		_ = ValidOrganisationCode(c) // must not panic
		valid := ValidUSCC(c)
		if valid != (len(c) == 18 && strings.Trim(c[2:8], "0123456789") == "" && func() bool { k, ok := USCCCheck(c[:17]); return ok && k == c[17] }()) {
			t.Errorf("%q: %t", c, valid)
		}
		if valid && strings.Trim(c, usccSet) != "" {
			t.Errorf("%q is taken", c)
		}
		if err := checkParticipantID("f", c); valid && err != nil {
			t.Error(err)
		}
	})
}

func FuzzParseDate(f *testing.F) {
	f.Add("2026-02-28")
	f.Add("2026-02-30")
	f.Fuzz(func(t *testing.T, d string) {
		if sec, ok := ParseDate(d); ok && CivilDate(sec) != d {
			t.Errorf("%q comes back as %q", d, CivilDate(sec))
		}
	})
}

func FuzzSplitKeyID(f *testing.F) {
	f.Add("91350100M000100Y43#1")
	f.Add("x#01")
	f.Fuzz(func(t *testing.T, kid string) {
		if id, no, ok := SplitKeyID(kid); ok && (KeyID(id, no) != kid || no < 1 || id == "" || strconv.Itoa(no) == "") {
			t.Errorf("%q comes apart as %q %d", kid, id, no)
		}
	})
}

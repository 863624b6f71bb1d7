package fingerprint_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/datarights/datarights/client/fingerprint"
)

func fuzzFormat(f *testing.F, format fingerprint.Format) {
	f.Fuzz(func(t *testing.T, data []byte) {
		run := func(o fingerprint.Options) (fingerprint.Result, error) {
			o.Format, o.MasterSalt = format, testSalt
			res, _, err := fingerprint.OfReader(context.Background(), bytes.NewReader(data), o)
			return res, err
		}
		res, err := run(fingerprint.Options{})
		if err != nil {
			var e *fingerprint.InputError
			if !errors.As(err, &e) || e.Detail == "" || e.DetailZh == "" {
				t.Fatalf("refused with %#v", err)
			}
			return
		}
		if res.SizeBytes != int64(len(data)) || res.RecordCount < 1 || !strings.HasPrefix(res.OrderFreeDigest, "sm3:") {
			t.Fatalf("%+v for %d bytes", res, len(data))
		}
		small, err := run(fingerprint.Options{Memory: 64, TempDir: t.TempDir()})
		if err != nil || small.OrderFreeDigest != res.OrderFreeDigest || small.ContentRoot != res.ContentRoot {
			t.Fatalf("in little memory: %+v, %v, want %+v", small, err, res)
		}
		if _, err := json.Marshal(res); err != nil {
			t.Fatal(err)
		}
	})
}

func FuzzCSV(f *testing.F) {
	for _, s := range []string{"", "a,b\n1,2\n", "a\n\"x\ny\"\n", "\ufeffa\n1\n", "a,b\n1\n", "a\n\xff\n", "\xff\xfea", "a,a\n1,1\n,\n"} {
		f.Add([]byte(s))
	}
	fuzzFormat(f, fingerprint.CSV)
}

func FuzzJSON(f *testing.F) {
	for _, s := range []string{"", "[]", `[{"a":1},{"b":null}]`, `[[1,"x"],[true,{"k":[1]}]]`, `[{"a":1,"a":1}]`, `[1]`, `[{}`, "[{\"a\":\"\xff\"}]",
		`[{"a":[[[[]]]]}]`, `[{"a":"\ud800"}]`, `[{"":1}]`} {
		f.Add([]byte(s))
	}
	fuzzFormat(f, fingerprint.JSON)
}

package jsonobject

import (
	"encoding/json"
	"fmt"
	"testing"
)

func TestMembers(t *testing.T) {
	got := Members(nil, []byte(" {\"a\" : 1, \"b\\\"c\":[{\"x\":\"}]\"},\"\\\\\"] ,\n\"d\":{},\"a\":null}\n"))
	want := []string{`a=1`, `b\"c=[{"x":"}]"},"\\"]`, `d={}`, `a=null`}
	if len(got) != len(want) {
		t.Fatalf("got %d members, want %d", len(got), len(want))
	}
	for i, m := range got {
		if is := fmt.Sprintf("%s=%s", m.Name, m.Value); is != want[i] {
			t.Errorf("member %d is %s, want %s", i, is, want[i])
		}
	}
	for _, none := range []string{``, `null`, `[]`, `{`, `{"a"`, `{"a":`, `{"a":1`, `{"a":1,}`, `{"a" 1}`, `{"a":1} x`, `{"a":"b}`, `{a:1}`} {
		if got := Members(nil, []byte(none)); got != nil {
			t.Errorf("%s has members %q", none, got)
		}
	}
	if got := Members(nil, []byte(`{}`)); got == nil || len(got) > 0 {
		t.Errorf("an empty object has %q", got)
	}
}

// Of a JSON object every member is found as encoding/json finds it, and nothing
// that is none makes it panic.
func FuzzMembers(f *testing.F) {
	for _, raw := range []string{`{}`, `{"a":1,"b":[{"c":null}]}`, `{"a":-1e5,"b":tru}`, `{"a":"\\\""}`, "{\"\xff\":1}", `{"a":[}]}`} {
		f.Add([]byte(raw))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		got := Members(nil, raw)
		if !json.Valid(raw) {
			return
		}
		var want map[string]json.RawMessage
		if json.Unmarshal(raw, &want) != nil || want == nil {
			if got != nil {
				t.Fatalf("%q has members %q", raw, got)
			}
			return
		}
		found := map[string]json.RawMessage{}
		for _, m := range got {
			var name string
			if err := json.Unmarshal(fmt.Appendf(nil, `"%s"`, m.Name), &name); err != nil {
				t.Fatalf("%q: name %q: %v", raw, m.Name, err)
			}
			found[name] = m.Value
		}
		if len(found) != len(want) {
			t.Fatalf("%q has %q, want %q", raw, found, want)
		}
		for name, value := range want {
			if string(found[name]) != string(value) {
				t.Fatalf("%q: %q is %q, want %q", raw, name, found[name], value)
			}
		}
	})
}

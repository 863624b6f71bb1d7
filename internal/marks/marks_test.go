package marks

import (
	"bytes"
	"encoding/json"
	"errors"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/datarights/datarights/chaincode/rights"
	"github.com/datarights/datarights/internal/tardos"
)

const keyID = "MK-0123456789abcdef"

var seed = [tardos.SeedSize]byte{5}

func newEntry(t testing.TB, r *rand.ChaCha8, id string) Entry {
	t.Helper()
	e, err := NewEntry(r, keyID, tardos.NewBiases(seed), id, "91320903MA0A00022Y", "DP-1", 1)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// agreeing is an extraction whose votes are those of a code, n for each position.
func agreeing(code tardos.Code, n int) *Extraction {
	x := &Extraction{Version: Version, KeyID: keyID, Votes: make([]int, tardos.Length), Marks: n * tardos.Length, Rows: 10}
	for p := range x.Votes {
		if x.Votes[p] = -n; code.Bit(p) {
			x.Votes[p] = n
		}
	}
	return x
}

func TestCommitmentIsTheLedgers(t *testing.T) {
	e := newEntry(t, rand.NewChaCha8([32]byte{1}), "DL-1")
	if want := rights.FingerprintCommit("sm3", e.Code, e.Nonce); e.Commitment != want {
		t.Errorf("the register commits with %s, the ledger opens with %s", e.Commitment, want)
	}
}

func TestAccuse(t *testing.T) {
	r := rand.NewChaCha8([32]byte{2})
	var entries []Entry
	for _, id := range []string{"DL-1", "DL-2", "DL-3"} {
		entries = append(entries, newEntry(t, r, id))
	}
	stranger := entries[2]
	stranger.KeyID = "MK-ffffffffffffffff"
	entries[2] = stranger
	j, err := Accuse(agreeing(entries[1].TardosCode(), 2), entries, seed, DefaultEpsilon)
	if err != nil {
		t.Fatal(err)
	}
	if a := j.Accused(); len(a) != 1 || a[0].DeliveryID != "DL-2" || a[0].RecipientID == "" || j.Candidates != 2 || j.Reason != "" {
		t.Errorf("judged %+v", j)
	}
	few := agreeing(entries[1].TardosCode(), 0)
	few.Votes[0], few.Marks = 1, 1
	for _, c := range []struct {
		x       *Extraction
		entries []Entry
		reason  Reason
	}{
		{few, entries, FewMarks},
		{agreeing(tardos.Code{}, 2), entries, NobodyOverLine},
		{few, entries[2:], NoCandidates},
	} {
		j, err := Accuse(c.x, c.entries, seed, DefaultEpsilon)
		if err != nil || j.Reason != c.reason || len(j.Accused()) != 0 {
			t.Errorf("judged %+v, %v; want the reason %s", j, err, c.reason)
		}
	}
	for _, epsilon := range []float64{0, 1, -1, 2} {
		if _, err := Accuse(few, entries, seed, epsilon); err == nil {
			t.Errorf("ε = %g was taken", epsilon)
		}
	}
	// With the biases of another key, the same code says nothing.
	if j, err := Accuse(agreeing(entries[1].TardosCode(), 2), entries, [tardos.SeedSize]byte{6}, DefaultEpsilon); err != nil || j.Best > j.Line {
		t.Errorf("judged %+v, %v", j, err)
	}
}

func TestRegister(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "register")
	if _, err := OpenRegister(dir); !errors.Is(err, fs.ErrNotExist) {
		t.Fatalf("opened what is not there: %v", err)
	}
	reg, err := CreateRegister(dir)
	if err != nil {
		t.Fatal(err)
	}
	r := rand.NewChaCha8([32]byte{3})
	a, b := newEntry(t, r, "DL-b"), newEntry(t, r, "DL-a")
	for _, e := range []Entry{a, b} {
		if err := reg.Put(e); err != nil {
			t.Fatal(err)
		}
	}
	if err := reg.Put(newEntry(t, r, "DL-a")); !errors.Is(err, fs.ErrExist) {
		t.Errorf("a delivery was registered twice: %v", err)
	}
	if err := reg.PutSeed(keyID, seed); err != nil {
		t.Fatal(err)
	}
	if err := reg.PutSeed(keyID, seed); err != nil {
		t.Errorf("the same biases again: %v", err)
	}
	if err := reg.PutSeed(keyID, [tardos.SeedSize]byte{9}); err == nil {
		t.Error("other biases were put under a known key id")
	}
	if got, err := reg.Seed(keyID); err != nil || got != seed {
		t.Errorf("seed %v, %v", got, err)
	}
	if _, err := reg.Seed("MK-ffffffffffffffff"); !errors.Is(err, fs.ErrNotExist) || !strings.Contains(err.Error(), "MK-ffffffffffffffff") {
		t.Errorf("a missing key's biases: %v", err)
	}
	list, err := reg.Entries(keyID)
	if err != nil || len(list) != 2 || list[0].DeliveryID != "DL-a" {
		t.Errorf("entries %+v, %v", list, err)
	}
	if got, err := reg.Get("DL-b"); err != nil || got.Commitment != a.Commitment {
		t.Errorf("entry %+v, %v", got, err)
	}
	if ids, err := reg.KeyIDs(); err != nil || len(ids) != 1 || ids[0] != keyID {
		t.Errorf("keys %v, %v", ids, err)
	}
	if list, err := reg.Entries("MK-ffffffffffffffff"); err != nil || len(list) != 0 {
		t.Errorf("entries of another key: %v, %v", list, err)
	}
	files, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		if info, err := f.Info(); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s has mode %v, %v", f.Name(), info.Mode(), err)
		}
	}
	if len(files) != 3 {
		t.Errorf("%d files, want 3: nothing half written stays", len(files))
	}
	// A damaged entry stops a judgement rather than being left out of it.
	if err := os.WriteFile(filepath.Join(dir, "DL-c.json"), []byte(`{"version":1}`), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := reg.Entries(keyID); err == nil {
		t.Error("a damaged entry was passed over")
	}
}

func TestRegisterRefuses(t *testing.T) {
	reg, err := CreateRegister(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	good := newEntry(t, rand.NewChaCha8([32]byte{4}), "DL-1")
	for name, change := range map[string]func(*Entry){
		"a path for an id":          func(e *Entry) { e.DeliveryID = "../DL" },
		"no id":                     func(e *Entry) { e.DeliveryID = "" },
		"the name of a seed":        func(e *Entry) { e.DeliveryID = "biases-" + keyID },
		"no recipient":              func(e *Entry) { e.RecipientID = "" },
		"a short code":              func(e *Entry) { e.Code = e.Code[:9] },
		"a code of another":         func(e *Entry) { e.Code = bytes.Repeat([]byte{1}, tardos.Size) },
		"a commitment of another":   func(e *Entry) { e.Commitment = "sm3:00" },
		"a key id that is no such":  func(e *Entry) { e.KeyID = "MK-1" },
		"a version yet to be known": func(e *Entry) { e.Version = 2 },
	} {
		e := good
		change(&e)
		if err := reg.Put(e); err == nil {
			t.Errorf("%s was registered", name)
		}
	}
	if _, err := reg.Get("../../etc/passwd"); err == nil || errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a path was looked up: %v", err)
	}
}

func TestExtractionIsReadStrictly(t *testing.T) {
	good, err := json.Marshal(agreeing(tardos.Code{1}, 3))
	if err != nil {
		t.Fatal(err)
	}
	x, err := ParseExtraction(bytes.NewReader(good))
	if err != nil || x.Votes[0] != 3 {
		t.Fatalf("%+v, %v", x, err)
	}
	path := filepath.Join(t.TempDir(), "x.json")
	if err := x.Save(path); err != nil {
		t.Fatal(err)
	}
	if again, err := LoadExtraction(path); err != nil || again.Votes[0] != 3 {
		t.Errorf("%+v, %v", again, err)
	}
	if err := x.Save(path); !errors.Is(err, fs.ErrExist) {
		t.Errorf("written over: %v", err)
	}
	edit := func(old, now string) string { return strings.Replace(string(good), old, now, 1) }
	for name, bad := range map[string]string{
		"nothing":            "",
		"an unknown field":   edit(`"version"`, `"versions"`),
		"trailing data":      string(good) + "{}",
		"another version":    edit(`"version":1`, `"version":2`),
		"no key id":          edit(keyID, "MK-x"),
		"too few positions":  edit(`"votes":[3,`, `"votes":[`),
		"a vote beyond all":  edit(`"votes":[3,`, `"votes":[16777217,`),
		"a fraction":         edit(`"votes":[3,`, `"votes":[0.5,`),
		"more votes than":    edit(`"marks":3072`, `"marks":3`),
		"a negative count":   edit(`"rows":10`, `"rows":-1`),
		"overflow":           edit(`"votes":[3,`, `"votes":[99999999999999999999,`),
		"too large a number": edit(`"agreement":0`, `"agreement":1e999`),
		"too long":           string(good) + strings.Repeat(" ", MaxExtraction),
	} {
		if _, err := ParseExtraction(strings.NewReader(bad)); err == nil {
			t.Errorf("%s was read", name)
		}
	}
}

// FuzzExtraction: whatever a stranger sends, reading it and judging by it ends
// without a panic, and accuses none of those whose codes it cannot know.
func FuzzExtraction(f *testing.F) {
	good, err := json.Marshal(agreeing(tardos.Code{1}, 3))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(good)
	f.Add([]byte(`{"version":1,"keyId":"MK-0123456789abcdef","votes":[1]}`))
	r := rand.NewChaCha8([32]byte{8})
	entries := []Entry{newEntry(f, r, "DL-1"), newEntry(f, r, "DL-2")}
	f.Fuzz(func(t *testing.T, data []byte) {
		x, err := ParseExtraction(bytes.NewReader(data))
		if err != nil {
			return
		}
		j, err := Accuse(x, entries, seed, DefaultEpsilon)
		if err != nil {
			t.Fatal(err)
		}
		if a := j.Accused(); len(a) > 0 {
			t.Fatalf("accused: %+v", a)
		}
	})
}

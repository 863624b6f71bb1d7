package backup

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"filippo.io/age"
)

// keys are those of one test: a passphrase takes a second on purpose.
func keys(t *testing.T) ([]age.Recipient, []age.Identity) {
	t.Helper()
	id, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	return []age.Recipient{id.Recipient()}, []age.Identity{id}
}

func write(t *testing.T, dir string, files map[string]string) {
	t.Helper()
	for name, text := range files {
		at := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(at), 0o700); err != nil {
			t.Fatal(err)
		}
		if strings.HasSuffix(name, "/") {
			if err := os.MkdirAll(at, 0o700); err != nil {
				t.Fatal(err)
			}
			continue
		}
		if err := os.WriteFile(at, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

func plan(dir string) Plan {
	return Plan{
		Manifest: Manifest{Consortium: "c", Organisation: "Group", Created: time.Unix(1_800_000_000, 0).UTC()},
		Sources:  []Source{{Path: dir, As: "group", Except: []string{"group/index"}}, {As: "host.json", Data: []byte("{}")}, {Path: dir + "/none", As: "none", Optional: true}},
		InUse:    func(name string) LeftOut { return LeftOut{Name: name} },
	}
}

// made is a backup of a small organisation with one large file.
func made(t *testing.T) (file string, source string, with []age.Identity) {
	t.Helper()
	source = t.TempDir()
	write(t, source, map[string]string{
		"gateway.yaml": "mspId: GroupMSP\n", "peer/msp/keystore/priv_sk": "secret", "peer/msp/admincerts/": "", "marks/DL-1.json": "{}",
		"index/000001.sst": "not kept", "sketches/MANIFEST": "m", "sketches/KEYREGISTRY": "k", "big": strings.Repeat("0123456789abcdef", 3<<20/16),
	})
	if err := os.Chmod(filepath.Join(source, "gateway.yaml"), 0o640); err != nil {
		t.Fatal(err)
	}
	to, with := keys(t)
	file = filepath.Join(t.TempDir(), "group.backup")
	m, err := Create(t.Context(), file, plan(source), to, nil)
	if err != nil {
		t.Fatal(err)
	}
	if len(m.LeftOut) != 0 {
		t.Errorf("left out: %v", m.LeftOut)
	}
	return file, source, with
}

// tree reads a folder: names to contents and modes.
func tree(t *testing.T, dir string) map[string]string {
	t.Helper()
	all := map[string]string{}
	err := filepath.WalkDir(dir, func(at string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, _ := filepath.Rel(dir, at)
		info, err := e.Info()
		if err != nil {
			return err
		}
		if e.IsDir() {
			all[rel+"/"] = ""
			return nil
		}
		text, err := os.ReadFile(at)
		all[rel] = info.Mode().String() + " " + string(text)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func TestRoundTrip(t *testing.T) {
	file, source, with := made(t)
	info, err := os.Stat(file)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Fatalf("%v %v", info, err)
	}
	if text, _ := os.ReadFile(file); bytes.Contains(text, []byte("secret")) || bytes.Contains(text, []byte("gateway.yaml")) {
		t.Error("the backup is not encrypted")
	}
	if _, err := Verify(t.Context(), file, with, nil); err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(t.TempDir(), "new")
	m, err := Restore(t.Context(), file, dir, with, nil)
	if err != nil {
		t.Fatal(err)
	}
	want, got := tree(t, source), tree(t, filepath.Join(dir, "group"))
	delete(want, "index/")
	delete(want, "index/000001.sst")
	for name := range want {
		if got[name] != want[name] {
			t.Errorf("%s differs", name)
		}
	}
	if len(got) != len(want) {
		t.Errorf("restored %d, want %d", len(got), len(want))
	}
	if m.Organisation != "Group" || m.Bytes() < 3<<20 {
		t.Errorf("manifest %+v", m)
	}
	for _, f := range m.Files {
		if len(f.SHA256) != 64 || len(f.SM3) != 64 {
			t.Errorf("%s has hashes %q %q", f.Name, f.SHA256, f.SM3)
		}
	}
	// An empty folder is as good as none; one that has something in it is not.
	other := t.TempDir()
	if _, err := Restore(t.Context(), file, other, with, nil); err != nil {
		t.Error(err)
	}
	if _, err := Restore(t.Context(), file, other, with, nil); !errors.Is(err, ErrNotEmpty) {
		t.Errorf("restored over something: %v", err)
	}
}

func TestPassphrase(t *testing.T) {
	source := t.TempDir()
	write(t, source, map[string]string{"a": "b"})
	to, err := Recipients("a good long passphrase", nil)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "x")
	if _, err := Create(t.Context(), file, plan(source), to, nil); err != nil {
		t.Fatal(err)
	}
	with, err := Identities("another passphrase", "")
	if err != nil {
		t.Fatal(err)
	}
	var refused *Error
	if _, err := Verify(t.Context(), file, with, nil); !errors.As(err, &refused) || !strings.Contains(refused.Zh, "口令") {
		t.Errorf("a wrong passphrase: %v", err)
	}
	if _, err := Passphrase(strings.NewReader("short\n")); err == nil {
		t.Error("a short passphrase is taken")
	}
	if p, err := Passphrase(strings.NewReader("a good long passphrase\nmore")); err != nil || p != "a good long passphrase" {
		t.Errorf("%q %v", p, err)
	}
}

// nothing says that a failed restoration left nothing behind.
func nothing(t *testing.T, parent string) {
	t.Helper()
	entries, err := os.ReadDir(parent)
	if err != nil || len(entries) != 0 {
		t.Errorf("left behind: %v %v", entries, err)
	}
}

// A flipped bit anywhere, or a file cut off anywhere, is refused, and nothing
// is written.
func TestDamage(t *testing.T) {
	file, _, with := made(t)
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	parent := t.TempDir()
	try := func(name string, broken []byte) {
		t.Helper()
		at := filepath.Join(t.TempDir(), "broken")
		if err := os.WriteFile(at, broken, 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := Verify(t.Context(), at, with, nil); err == nil {
			t.Errorf("%s: verified", name)
		}
		if _, err := Restore(t.Context(), at, filepath.Join(parent, "new"), with, nil); err == nil {
			t.Errorf("%s: restored", name)
		}
		nothing(t, parent)
	}
	for _, at := range []int{0, 30, len(text) / 3, len(text) / 2, len(text) - 20, len(text) - 1} {
		broken := bytes.Clone(text)
		broken[at] ^= 1
		try("a flipped bit", broken)
	}
	for _, n := range []int{0, 100, len(text) / 2, len(text) - 1} {
		try("cut off", text[:n])
	}
	try("something after it", append(bytes.Clone(text), 'x'))
}

// forged makes an archive such as somebody with the public key could.
func forged(t *testing.T, to []age.Recipient, entries []tar.Header, manifest bool) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "forged")
	out, err := os.Create(file)
	if err != nil {
		t.Fatal(err)
	}
	sealed, err := age.Encrypt(out, to...)
	if err != nil {
		t.Fatal(err)
	}
	zip := gzip.NewWriter(sealed)
	w := tar.NewWriter(zip)
	m := Manifest{Format: Format, Files: []File{}}
	for _, h := range entries {
		body := []byte("x")
		h.Size = int64(len(body))
		if h.Typeflag != tar.TypeReg {
			h.Size = 0
		}
		h.Mode = 0o600
		if err := w.WriteHeader(&h); err != nil {
			t.Fatal(err)
		}
		if h.Size > 0 {
			if _, err := w.Write(body); err != nil {
				t.Fatal(err)
			}
		}
		sums := newHashes()
		_, _ = sums.Write(body[:h.Size])
		m.Files = append(m.Files, sums.of(h.Name, h.Size, 0o600))
	}
	if manifest {
		text, _ := json.Marshal(m)
		if err := w.WriteHeader(&tar.Header{Typeflag: tar.TypeReg, Name: manifestName, Size: int64(len(text)), Mode: 0o600}); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write(text); err != nil {
			t.Fatal(err)
		}
	}
	if err := errors.Join(w.Close(), zip.Close(), sealed.Close(), out.Close()); err != nil {
		t.Fatal(err)
	}
	return file
}

func TestHostileArchives(t *testing.T) {
	to, with := keys(t)
	regular := func(names ...string) (list []tar.Header) {
		for _, n := range names {
			list = append(list, tar.Header{Typeflag: tar.TypeReg, Name: n})
		}
		return list
	}
	if _, err := Verify(t.Context(), forged(t, to, regular("a/b"), true), with, nil); err != nil {
		t.Fatalf("the forger is no good: %v", err)
	}
	for name, c := range map[string]struct {
		entries  []tar.Header
		manifest bool
	}{
		"upwards":            {regular("../../etc/passwd"), true},
		"upwards inside":     {regular("a/../../b"), true},
		"absolute":           {regular("/etc/passwd"), true},
		"backslash":          {regular(`..\b`), true},
		"twice":              {regular("a", "a"), true},
		"file as folder":     {regular("a", "a/b"), true},
		"no manifest":        {regular("a"), false},
		"symbolic link":      {append([]tar.Header{{Typeflag: tar.TypeSymlink, Name: "a", Linkname: "/etc"}}, regular("a/b")...), true},
		"hard link":          {[]tar.Header{{Typeflag: tar.TypeLink, Name: "a", Linkname: "/etc/passwd"}}, true},
		"device":             {[]tar.Header{{Typeflag: tar.TypeChar, Name: "a"}}, true},
		"folder upwards":     {[]tar.Header{{Typeflag: tar.TypeDir, Name: "../a/"}}, true},
		"the folder itself":  {regular("."), true},
		"an empty path step": {regular("a//b"), true},
	} {
		t.Run(name, func(t *testing.T) {
			parent := t.TempDir()
			if _, err := Restore(t.Context(), forged(t, to, c.entries, c.manifest), filepath.Join(parent, "new"), with, nil); err == nil {
				t.Error("restored")
			}
			nothing(t, parent)
		})
	}
}

// full is a disk that takes so many bytes more.
type full struct {
	io.Writer
	left *int
}

func (f full) Write(p []byte) (int, error) {
	if *f.left -= len(p); *f.left < 0 {
		return 0, syscall.ENOSPC
	}
	return f.Writer.Write(p)
}

func TestDiskFull(t *testing.T) {
	file, source, with := made(t)
	to, _ := keys(t)
	for _, room := range []int{0, 10, 100 << 10, 2 << 20} {
		left, parent := room, t.TempDir()
		r := restoration{func(w io.Writer) io.Writer { return full{w, &left} }}
		if _, err := r.restore(t.Context(), file, filepath.Join(parent, "new"), with, nil); !errors.Is(err, syscall.ENOSPC) {
			t.Errorf("restoring with %d bytes left: %v", room, err)
		}
		nothing(t, parent)
	}
	for _, room := range []int{0, 100} {
		left, parent := room, t.TempDir()
		c := creation{ctx: t.Context(), plan: plan(source), wrap: func(w io.Writer) io.Writer { return full{w, &left} }}
		if _, err := c.create(filepath.Join(parent, "x"), to); !errors.Is(err, syscall.ENOSPC) {
			t.Errorf("backing up with %d bytes left: %v", room, err)
		}
		nothing(t, parent)
	}
}

func TestCreateRefuses(t *testing.T) {
	to, with := keys(t)
	source, parent := t.TempDir(), t.TempDir()
	write(t, source, map[string]string{"a": "b", "sketches/MANIFEST": "m", "sketches/KEYREGISTRY": "k"})
	file := filepath.Join(parent, "x")
	if err := os.Symlink("/etc/passwd", filepath.Join(source, "link")); err != nil {
		t.Fatal(err)
	}
	if _, err := Create(t.Context(), file, plan(source), to, nil); err == nil || !strings.Contains(err.Error(), "no plain file") {
		t.Errorf("a link: %v", err)
	}
	nothing(t, parent)
	if err := os.Remove(filepath.Join(source, "link")); err != nil {
		t.Fatal(err)
	}
	stopped, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Create(stopped, file, plan(source), to, nil); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
	nothing(t, parent)
	// A store that a process has is left out and said to be.
	held, err := os.Open(filepath.Join(source, "sketches"))
	if err != nil {
		t.Fatal(err)
	}
	defer held.Close()
	if err := syscall.Flock(int(held.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		t.Fatal(err)
	}
	let := 0
	p := plan(source)
	p.Hold = func() (func() error, error) { return func() error { let++; return nil }, nil }
	m, err := Create(t.Context(), file, p, to, nil)
	if err != nil || let != 1 {
		t.Fatalf("%v, let go %d times", err, let)
	}
	if !slices.ContainsFunc(m.LeftOut, func(l LeftOut) bool { return l.Name == "group/sketches" }) {
		t.Errorf("left out: %v", m.LeftOut)
	}
	if _, err := Create(t.Context(), file, plan(source), to, nil); !errors.Is(err, ErrExists) {
		t.Errorf("written over another: %v", err)
	}
	if _, err := Verify(t.Context(), file, with, nil); err != nil {
		t.Error(err)
	}
}

func FuzzRead(f *testing.F) {
	id, err := age.GenerateX25519Identity()
	if err != nil {
		f.Fatal(err)
	}
	f.Add([]byte("../x"), byte(tar.TypeReg), []byte(`{"format":1}`))
	f.Add([]byte("a/b"), byte(tar.TypeSymlink), []byte(`{`))
	f.Fuzz(func(t *testing.T, name []byte, kind byte, manifest []byte) {
		parent := t.TempDir()
		file := filepath.Join(t.TempDir(), "x")
		out, err := os.Create(file)
		if err != nil {
			t.Fatal(err)
		}
		sealed, _ := age.Encrypt(out, id.Recipient())
		zip := gzip.NewWriter(sealed)
		w := tar.NewWriter(zip)
		_ = w.WriteHeader(&tar.Header{Typeflag: kind, Name: string(name), Mode: 0o600, Linkname: "/etc"})
		_ = w.WriteHeader(&tar.Header{Typeflag: tar.TypeReg, Name: manifestName, Size: int64(len(manifest)), Mode: 0o600})
		_, _ = w.Write(manifest)
		_ = errors.Join(w.Close(), zip.Close(), sealed.Close(), out.Close())
		if _, err := Restore(t.Context(), file, filepath.Join(parent, "new"), []age.Identity{id}, nil); err != nil {
			nothing(t, parent)
		}
		if entries, _ := os.ReadDir(filepath.Dir(parent)); len(entries) > 3 {
			t.Errorf("something lies outside: %v", entries)
		}
	})
}

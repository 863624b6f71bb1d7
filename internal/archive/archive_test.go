package archive

import (
	"archive/zip"
	"bytes"
	"errors"
	"maps"
	"slices"
	"strings"
	"testing"
)

func TestArchives(t *testing.T) {
	good := map[string][]byte{"a.json": []byte("{}"), "b/c.bin": bytes.Repeat([]byte{1}, 1000)}
	archive, err := Pack(good)
	if err != nil {
		t.Fatal(err)
	}
	files, err := Unpack(archive)
	if err != nil || !maps.EqualFunc(files, good, bytes.Equal) {
		t.Fatalf("%v %v", files, err)
	}
	if again, err := Pack(files); err != nil || !bytes.Equal(again, archive) {
		t.Error("packed again it is another archive")
	}
	made := func(build func(w *zip.Writer) error) []byte {
		var out bytes.Buffer
		w := zip.NewWriter(&out)
		if err := errors.Join(build(w), w.Close()); err != nil {
			t.Fatal(err)
		}
		return out.Bytes()
	}
	put := func(w *zip.Writer, h zip.FileHeader, content []byte) error {
		f, err := w.CreateHeader(&h)
		if err == nil {
			_, err = f.Write(content)
		}
		return err
	}
	for name, raw := range map[string][]byte{
		"an ordinary zip": made(func(w *zip.Writer) error {
			return put(w, zip.FileHeader{Name: "a.json", Method: zip.Store}, []byte("{}"))
		}),
		"a bomb": made(func(w *zip.Writer) error {
			return put(w, zip.FileHeader{Name: "a.json", Method: zip.Deflate}, make([]byte, 10<<20))
		}),
		"a step upwards":   made(func(w *zip.Writer) error { return put(w, zip.FileHeader{Name: "../a.json", Method: zip.Store}, nil) }),
		"a step inside":    made(func(w *zip.Writer) error { return put(w, zip.FileHeader{Name: "a/../../b", Method: zip.Store}, nil) }),
		"an absolute name": made(func(w *zip.Writer) error { return put(w, zip.FileHeader{Name: "/etc/passwd", Method: zip.Store}, nil) }),
		"a drive":          made(func(w *zip.Writer) error { return put(w, zip.FileHeader{Name: `C:\a`, Method: zip.Store}, nil) }),
		"a folder":         made(func(w *zip.Writer) error { return put(w, zip.FileHeader{Name: "a/", Method: zip.Store}, nil) }),
		"a name twice": made(func(w *zip.Writer) error {
			return errors.Join(put(w, zip.FileHeader{Name: "a.json", Method: zip.Store}, nil), put(w, zip.FileHeader{Name: "a.json", Method: zip.Store}, nil))
		}),
		"a comment": made(func(w *zip.Writer) error {
			return errors.Join(put(w, zip.FileHeader{Name: "a.json", Method: zip.Store}, nil), w.SetComment("x"))
		}),
		"no zip":  []byte("PK\x03\x04 is not enough"),
		"nothing": nil,
	} {
		t.Run(name, func(t *testing.T) {
			if files, err := Unpack(raw); !errors.Is(err, ErrForm) {
				t.Errorf("unpacked %v, %v", slices.Collect(maps.Keys(files)), err)
			}
		})
	}
	for _, name := range []string{"", "../x", "a b", "a/../b", "/a", "a//b", strings.Repeat("a", 300), "清单"} {
		if _, err := Pack(map[string][]byte{name: nil}); !errors.Is(err, ErrForm) {
			t.Errorf("packed %q: %v", name, err)
		}
	}
}

// FuzzUnpack: whatever comes, an archive is refused or in the one form.
func FuzzUnpack(f *testing.F) {
	small, err := Pack(map[string][]byte{"a.json": []byte(`{}`), "a/b.bin": {1}})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(small)
	f.Add([]byte("PK\x05\x06" + strings.Repeat("\x00", 18)))
	f.Fuzz(func(t *testing.T, raw []byte) {
		files, err := Unpack(raw)
		if err != nil {
			if !errors.Is(err, ErrForm) {
				t.Errorf("another error: %v", err)
			}
			return
		}
		if again, err := Pack(files); err != nil || !bytes.Equal(again, raw) {
			t.Errorf("two archives of the same files: %v", err)
		}
	})
}

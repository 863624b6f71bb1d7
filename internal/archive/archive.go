// Package archive packs files into one archive of which there is, for given files,
// one form: a ZIP whose entries are stored, with neither times nor comments. A
// reader packs again what it read and refuses any other bytes, so that no byte of
// what is handed on goes unchecked, and there is nothing to decompress.
package archive

import (
	"archive/zip"
	"bytes"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"maps"
	"regexp"
	"slices"
	"strings"
)

// Bounds of an archive. Entries are stored, not compressed, so it holds no more
// than its own size.
const (
	MaxSize  = 1 << 30
	MaxFiles = 50_000
)

// ErrForm is in every error about an archive that is not in the one form there
// is for its content.
var ErrForm = errors.New("not an archive of its one form")

func badForm(format string, args ...any) error {
	return fmt.Errorf("%w: %s", ErrForm, fmt.Sprintf(format, args...))
}

// reName: relative, plain, no step upwards. What an id has beside that is escaped.
var reName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._%@-]*(/[A-Za-z0-9%][A-Za-z0-9._%@-]*){0,3}$`)

const maxName = 240

// Pack writes the canonical archive: entries by name, stored, with neither times
// nor extra fields nor comments. Equal files make equal bytes, whoever packs them.
func Pack(files map[string][]byte) ([]byte, error) {
	var out bytes.Buffer
	w := zip.NewWriter(&out)
	for _, name := range slices.Sorted(maps.Keys(files)) {
		if err := checkName(name); err != nil {
			return nil, err
		}
		content := files[name]
		h := &zip.FileHeader{Name: name, Method: zip.Store, CreatorVersion: 20, ReaderVersion: 20, ModifiedDate: 1<<5 | 1, // 1980-01-01
			CRC32: crc32.ChecksumIEEE(content), CompressedSize64: uint64(len(content)), UncompressedSize64: uint64(len(content))}
		entry, err := w.CreateRaw(h)
		if err == nil {
			_, err = entry.Write(content)
		}
		if err != nil {
			return nil, fmt.Errorf("couldn't pack %s: %w", name, err)
		}
	}
	if err := w.Close(); err != nil {
		return nil, fmt.Errorf("couldn't pack the archive: %w", err)
	}
	if out.Len() > MaxSize || len(files) > MaxFiles {
		return nil, fmt.Errorf("couldn't pack the archive: %d bytes in %d files; at most %d in %d", out.Len(), len(files), MaxSize, MaxFiles)
	}
	return out.Bytes(), nil
}

func checkName(name string) error {
	if len(name) > maxName || !reName.MatchString(name) || strings.Contains(name, "..") {
		return badForm("an entry's name %q", name[:min(len(name), 80)])
	}
	return nil
}

// Unpack reads an archive and refuses any that Pack would not write: compressed,
// doubled or oddly named entries, bytes between them or around them.
func Unpack(archive []byte) (map[string][]byte, error) {
	if len(archive) > MaxSize {
		return nil, badForm("%d bytes; at most %d", len(archive), MaxSize)
	}
	r, err := zip.NewReader(bytes.NewReader(archive), int64(len(archive)))
	if err != nil {
		return nil, badForm("%v", err)
	}
	if len(r.File) > MaxFiles {
		return nil, badForm("%d entries; at most %d", len(r.File), MaxFiles)
	}
	files := make(map[string][]byte, len(r.File))
	for _, f := range r.File {
		if err := checkName(f.Name); err != nil {
			return nil, err
		}
		if _, twice := files[f.Name]; twice {
			return nil, badForm("%s is there twice", f.Name)
		}
		if f.Method != zip.Store || f.CompressedSize64 != f.UncompressedSize64 || f.UncompressedSize64 > uint64(len(archive)) {
			return nil, badForm("%s is not stored as it is", f.Name)
		}
		content, err := read(f)
		if err != nil {
			return nil, badForm("%s: %v", f.Name, err)
		}
		files[f.Name] = content
	}
	again, err := Pack(files)
	if err != nil {
		return nil, err
	}
	if !bytes.Equal(again, archive) {
		return nil, badForm("it is not packed in the canonical form")
	}
	return files, nil
}

func read(f *zip.File) ([]byte, error) {
	r, err := f.Open()
	if err != nil {
		return nil, err
	}
	content, err := io.ReadAll(io.LimitReader(r, int64(f.UncompressedSize64)+1)) //nolint:gosec // at most MaxSize
	return content, errors.Join(err, r.Close())
}

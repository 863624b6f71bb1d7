package evidence

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
	MaxArchive = 1 << 30
	MaxFiles   = 50_000
)

// ErrArchive is in every error about an archive that is not in the one form there
// is for its content.
var ErrArchive = errors.New("not a bundle's archive")

func badArchive(format string, args ...any) error {
	return fmt.Errorf("%w: %s", ErrArchive, fmt.Sprintf(format, args...))
}

// reName: relative, plain, no step upwards. What an id has beside that is escaped.
var reName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._%@-]*(/[A-Za-z0-9%][A-Za-z0-9._%@-]*){0,3}$`)

const maxName = 240

// pack writes the canonical archive: entries by name, stored, with neither times
// nor extra fields nor comments. Equal files make equal bytes, whoever packs them.
func pack(files map[string][]byte) ([]byte, error) {
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
		return nil, fmt.Errorf("couldn't pack the bundle: %w", err)
	}
	if out.Len() > MaxArchive || len(files) > MaxFiles {
		return nil, fmt.Errorf("couldn't pack the bundle: %d bytes in %d files; at most %d in %d", out.Len(), len(files), MaxArchive, MaxFiles)
	}
	return out.Bytes(), nil
}

func checkName(name string) error {
	if len(name) > maxName || !reName.MatchString(name) || strings.Contains(name, "..") {
		return badArchive("an entry's name %q", name[:min(len(name), 80)])
	}
	return nil
}

// unpack reads an archive and refuses any that pack would not write: compressed,
// doubled or oddly named entries, bytes between them or around them.
func unpack(archive []byte) (map[string][]byte, error) {
	if len(archive) > MaxArchive {
		return nil, badArchive("%d bytes; at most %d", len(archive), MaxArchive)
	}
	r, err := zip.NewReader(bytes.NewReader(archive), int64(len(archive)))
	if err != nil {
		return nil, badArchive("%v", err)
	}
	if len(r.File) > MaxFiles {
		return nil, badArchive("%d entries; at most %d", len(r.File), MaxFiles)
	}
	files := make(map[string][]byte, len(r.File))
	for _, f := range r.File {
		if err := checkName(f.Name); err != nil {
			return nil, err
		}
		if _, twice := files[f.Name]; twice {
			return nil, badArchive("%s is there twice", f.Name)
		}
		if f.Method != zip.Store || f.CompressedSize64 != f.UncompressedSize64 || f.UncompressedSize64 > uint64(len(archive)) {
			return nil, badArchive("%s is not stored as it is", f.Name)
		}
		content, err := read(f)
		if err != nil {
			return nil, badArchive("%s: %v", f.Name, err)
		}
		files[f.Name] = content
	}
	again, err := pack(files)
	if err != nil {
		return nil, err
	}
	if !bytes.Equal(again, archive) {
		return nil, badArchive("it is not packed in the canonical form")
	}
	return files, nil
}

func read(f *zip.File) ([]byte, error) {
	r, err := f.Open()
	if err != nil {
		return nil, err
	}
	content, err := io.ReadAll(io.LimitReader(r, int64(f.UncompressedSize64)+1)) //nolint:gosec // at most MaxArchive
	return content, errors.Join(err, r.Close())
}

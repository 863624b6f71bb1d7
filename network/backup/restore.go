package backup

import (
	"archive/tar"
	"bufio"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"

	"filippo.io/age"
)

// ErrNotEmpty means that a backup is restored into an empty folder only.
var ErrNotEmpty = errors.New("the folder is not empty")

// Verify reads the whole archive and checks every byte, writing nothing.
func Verify(ctx context.Context, file string, with []age.Identity, tell func(files int, bytes int64)) (*Manifest, error) {
	return read(ctx, file, with, tell, sink{
		open:  func(string, fs.FileMode) (io.WriteCloser, error) { return nowhere{io.Discard}, nil },
		mkdir: func(string) error { return nil },
	})
}

// sink takes what an archive holds.
type sink struct {
	open  func(name string, mode fs.FileMode) (io.WriteCloser, error)
	mkdir func(name string) error
}

type nowhere struct{ io.Writer }

func (nowhere) Close() error { return nil }

// restoration can be made to fail by tests.
type restoration struct {
	wrap func(io.Writer) io.Writer // tests: a disk that is full
}

// Restore puts the archive's files into dir, which must be empty or missing. On
// any fault dir is as it was.
func Restore(ctx context.Context, file, dir string, with []age.Identity, tell func(files int, bytes int64)) (*Manifest, error) {
	return (&restoration{func(w io.Writer) io.Writer { return w }}).restore(ctx, file, dir, with, tell)
}

func (r *restoration) restore(ctx context.Context, file, dir string, with []age.Identity, tell func(files int, bytes int64)) (m *Manifest, err error) {
	dir, err = filepath.Abs(dir)
	if err != nil {
		return nil, fmt.Errorf("couldn't resolve the folder: %w", err)
	}
	if err := empty(dir); err != nil {
		return nil, err
	}
	if err := os.MkdirAll(filepath.Dir(dir), 0o700); err != nil {
		return nil, fmt.Errorf("couldn't make the folder above: %w", err)
	}
	staging, err := os.MkdirTemp(filepath.Dir(dir), "."+filepath.Base(dir)+".restoring-*") // 0700
	if err != nil {
		return nil, fmt.Errorf("couldn't make a folder to restore into: %w", err)
	}
	defer func() { _ = os.RemoveAll(staging) }() // renamed when all went well
	root, err := os.OpenRoot(staging)
	if err != nil {
		return nil, fmt.Errorf("couldn't open the folder to restore into: %w", err)
	}
	defer root.Close()
	mkdir := func(name string) error {
		if err := root.MkdirAll(name, 0o700); err != nil {
			return fmt.Errorf("couldn't make a folder: %w", err)
		}
		return nil
	}
	m, err = read(ctx, file, with, tell, sink{mkdir: mkdir, open: func(name string, mode fs.FileMode) (io.WriteCloser, error) {
		if err := mkdir(path.Dir(name)); err != nil {
			return nil, err
		}
		f, err := root.OpenFile(name, os.O_CREATE|os.O_EXCL|os.O_WRONLY, mode)
		if err != nil {
			return nil, fmt.Errorf("couldn't write: %w", err)
		}
		return &synced{r.wrap(f), f}, nil
	}})
	if err != nil {
		return nil, err
	}
	if err := syncTree(staging); err != nil {
		return nil, err
	}
	if err := os.Remove(dir); err != nil && !errors.Is(err, fs.ErrNotExist) { // an empty folder
		return nil, fmt.Errorf("couldn't take the empty folder's place: %w", err)
	}
	if err := os.Rename(staging, dir); err != nil {
		return nil, fmt.Errorf("couldn't put what was restored in its place: %w", err)
	}
	return m, syncFolder(filepath.Dir(dir))
}

func empty(dir string) error {
	entries, err := os.ReadDir(dir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return fmt.Errorf("couldn't look into the folder: %w", err)
	case len(entries) > 0:
		return fmt.Errorf("%s has %s in it: %w", dir, entries[0].Name(), ErrNotEmpty)
	}
	return nil
}

// synced is a file that is on disk when Close returns without error.
type synced struct {
	io.Writer
	f *os.File
}

func (s *synced) Close() error { return errors.Join(s.f.Sync(), s.f.Close()) }

func syncTree(dir string) error {
	return filepath.WalkDir(dir, func(at string, e fs.DirEntry, err error) error {
		if err != nil || !e.IsDir() {
			return err
		}
		return syncFolder(at)
	})
}

// read goes through an archive once, handing each file to where open says, and
// checks everything against the manifest at its end.
func read(ctx context.Context, file string, with []age.Identity, tell func(int, int64), to sink) (*Manifest, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, fmt.Errorf("couldn't open the backup: %w", err)
	}
	defer f.Close()
	plain, err := age.Decrypt(bufio.NewReaderSize(f, 1<<20), with...)
	var wrong *age.NoIdentityMatchError
	if errors.As(err, &wrong) {
		return nil, refuse("", "口令或密钥不对，或不是此备份的", "the passphrase or key is not that of this backup", nil)
	}
	if err != nil {
		return nil, refuse("", "不是备份文件，或文件头已损坏", "no backup, or its head is damaged", err)
	}
	zip, err := gzip.NewReader(plain)
	if err != nil {
		return nil, damaged(err)
	}
	entries := tar.NewReader(zip)
	var found []File
	var bytes int64
	seen := map[string]bool{}
	for {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		h, err := entries.Next()
		if errors.Is(err, io.EOF) {
			return nil, refuse("", "备份不完整：没有清单", "the backup is incomplete: it has no manifest", nil)
		}
		if err != nil {
			return nil, damaged(err)
		}
		if h.Typeflag != tar.TypeReg && (h.Typeflag != tar.TypeDir || h.Size != 0) {
			return nil, refuse(h.Name, "备份中只应有普通文件和目录，不接受链接和设备", "a backup holds plain files and folders only: no links or devices", nil)
		}
		if err := checkName(strings.TrimSuffix(h.Name, "/")); err != nil {
			return nil, err
		}
		if h.Name == manifestName {
			return finish(entries, zip, h, found)
		}
		if seen[h.Name] || len(found) >= maxFiles || h.Size < 0 {
			return nil, refuse(h.Name, "文件重复或过多", "a file is there twice, or there are too many", nil)
		}
		seen[h.Name] = true
		one, err := extract(entries, h, to)
		if err != nil {
			return nil, err
		}
		found = append(found, one)
		if bytes += one.Size; tell != nil {
			tell(len(found), bytes)
		}
	}
}

func extract(entries *tar.Reader, h *tar.Header, to sink) (File, error) {
	mode := fs.FileMode(h.Mode) & (0o777)
	if h.Typeflag == tar.TypeDir {
		return newHashes().of(h.Name, 0, mode), to.mkdir(strings.TrimSuffix(h.Name, "/"))
	}
	out, err := to.open(h.Name, mode)
	if err != nil {
		return File{}, fmt.Errorf("%s: %w", h.Name, err)
	}
	sums := newHashes()
	n, err := copyTo(io.MultiWriter(out, sums), entries)
	if err := errors.Join(err, out.Close()); err != nil {
		return File{}, fmt.Errorf("%s: %w", h.Name, err)
	}
	return sums.of(h.Name, n, mode), nil
}

// copyTo tells a damaged archive from a disk that cannot be written.
func copyTo(w io.Writer, r io.Reader) (n int64, err error) {
	buffer := make([]byte, 64<<10)
	for {
		got, err := r.Read(buffer)
		if got > 0 {
			if _, err := w.Write(buffer[:got]); err != nil {
				return n, fmt.Errorf("couldn't write: %w", err)
			}
			n += int64(got)
		}
		if errors.Is(err, io.EOF) {
			return n, nil
		}
		if err != nil {
			return n, damaged(err)
		}
	}
}

// finish reads the manifest and on to the end of the file, where the encryption
// says whether something was cut off.
func finish(entries *tar.Reader, zip *gzip.Reader, h *tar.Header, found []File) (*Manifest, error) {
	if h.Size > maxManifest {
		return nil, refuse("", "清单过大", "the manifest is too large", nil)
	}
	text, err := io.ReadAll(entries)
	if err != nil {
		return nil, damaged(err)
	}
	if _, err := entries.Next(); !errors.Is(err, io.EOF) {
		if err == nil {
			err = errTrailing
		}
		return nil, damaged(err)
	}
	if n, err := io.Copy(io.Discard, zip); err != nil {
		return nil, damaged(err)
	} else if n > 0 {
		return nil, damaged(errTrailing)
	}
	return readManifest(text, found)
}

func damaged(err error) error {
	return refuse("", "备份已损坏、被改动或被截断", "the backup is damaged, changed or cut off", err)
}

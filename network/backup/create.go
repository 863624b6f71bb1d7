package backup

import (
	"archive/tar"
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"syscall"

	"filippo.io/age"
)

// Source is a file or folder to keep.
type Source struct {
	Path string // on this machine
	As   string // slash path in the archive
	// Data is the content instead of that of Path.
	Data []byte
	// Except are slash paths below As that are left out.
	Except []string
	// Optional sources may be missing.
	Optional bool
}

// Plan is what to keep. Manifest has everything but its files; what is found to
// be in use is added to what is left out.
type Plan struct {
	Manifest Manifest
	Sources  []Source
	// Hold is called before the first source is read, and what it returns after
	// the last, whatever came of it: to keep others from writing meanwhile.
	Hold func() (release func() error, err error)
	// InUse is what LeftOut says of a store that another process writes to.
	InUse func(name string) LeftOut
}

// wholeInMemory is the size up to which a file is read at once, and again when
// it changed meanwhile.
const wholeInMemory = 16 << 20

// ErrExists means that there is a file of the name asked for.
var ErrExists = fmt.Errorf("it is not overwritten: %w", fs.ErrExist)

// creation can be made to fail by tests.
type creation struct {
	ctx   context.Context
	wrap  func(io.Writer) io.Writer // tests: a disk that is full
	plan  Plan
	made  []File
	names map[string]bool
	tell  func(files int, bytes int64)
	bytes int64
	out   *tar.Writer
}

// Create writes the archive to file, which must not be there, readable by its
// owner alone. tell hears of the progress.
func Create(ctx context.Context, file string, plan Plan, to []age.Recipient, tell func(files int, bytes int64)) (*Manifest, error) {
	return (&creation{ctx: ctx, plan: plan, tell: tell, wrap: func(w io.Writer) io.Writer { return w }}).create(file, to)
}

func (c *creation) create(file string, to []age.Recipient) (m *Manifest, err error) {
	if _, err := os.Lstat(file); err == nil {
		return nil, fmt.Errorf("%s is there already: %w", file, ErrExists)
	}
	partial, err := os.CreateTemp(filepath.Dir(file), "."+filepath.Base(file)+".partial-*") // 0600
	if err != nil {
		return nil, fmt.Errorf("couldn't begin the backup: %w", err)
	}
	defer func() {
		if err != nil {
			_ = partial.Close() // closed already when all was written
			_ = os.Remove(partial.Name())
		}
	}()
	disk := bufio.NewWriterSize(c.wrap(partial), 1<<20)
	sealed, err := age.Encrypt(disk, to...)
	if err != nil {
		return nil, fmt.Errorf("couldn't begin the encryption: %w", err)
	}
	zip := gzip.NewWriter(sealed)
	c.out, c.names = tar.NewWriter(zip), map[string]bool{}
	if m, err = c.write(); err != nil {
		return nil, err
	}
	if err := errors.Join(c.out.Close(), zip.Close(), sealed.Close(), disk.Flush(), partial.Sync(), partial.Close()); err != nil {
		return nil, fmt.Errorf("couldn't write the backup: %w", err)
	}
	// A link does not replace what somebody else put there meanwhile.
	if err := os.Link(partial.Name(), file); err != nil {
		return nil, fmt.Errorf("couldn't give the backup its name: %w", err)
	}
	_ = os.Remove(partial.Name()) // the same file under its other name
	return m, syncFolder(filepath.Dir(file))
}

func (c *creation) write() (*Manifest, error) {
	if err := c.sources(); err != nil {
		return nil, err
	}
	m := c.plan.Manifest
	m.Format, m.Files = Format, c.made
	text, err := json.MarshalIndent(m, "", " ")
	if err != nil {
		return nil, fmt.Errorf("couldn't write the manifest: %w", err)
	}
	if err := c.header(manifestName, 0o600, int64(len(text))); err != nil {
		return nil, err
	}
	if _, err := c.out.Write(text); err != nil {
		return nil, fmt.Errorf("couldn't write the backup: %w", err)
	}
	return &m, nil
}

func (c *creation) sources() (err error) {
	if c.plan.Hold != nil {
		release, herr := c.plan.Hold()
		if herr != nil {
			return herr
		}
		defer func() { err = errors.Join(err, release()) }()
	}
	for _, s := range c.plan.Sources {
		if err := c.source(s); err != nil {
			return err
		}
	}
	return nil
}

func (c *creation) source(s Source) error {
	if s.Data != nil {
		return c.content(s.As, 0o644, s.Data)
	}
	info, err := os.Lstat(s.Path)
	if errors.Is(err, fs.ErrNotExist) && s.Optional {
		return nil
	}
	if err != nil {
		return fmt.Errorf("couldn't find what is to be kept: %w", err)
	}
	if !info.IsDir() {
		return c.file(s.Path, s.As, info)
	}
	return c.folder(s.Path, s.As, s.Except)
}

func (c *creation) folder(dir, as string, except []string) error {
	if slices.Contains(except, as) {
		return nil
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return fmt.Errorf("couldn't read what is to be kept: %w", err)
	}
	if isStore(entries) {
		release, err := holdStore(dir)
		if errors.Is(err, syscall.EWOULDBLOCK) && c.plan.InUse != nil {
			c.plan.Manifest.LeftOut = append(c.plan.Manifest.LeftOut, c.plan.InUse(as))
			return nil
		}
		if err != nil {
			return fmt.Errorf("couldn't hold the store %s while it is read: %w", dir, err)
		}
		defer release()
	}
	if len(entries) == 0 {
		return c.emptyFolder(as)
	}
	for _, e := range entries {
		name, at := path.Join(as, e.Name()), filepath.Join(dir, e.Name())
		if slices.Contains(except, name) {
			continue
		}
		if e.IsDir() {
			if err := c.folder(at, name, except); err != nil {
				return err
			}
			continue
		}
		info, err := e.Info()
		if errors.Is(err, fs.ErrNotExist) && strings.HasPrefix(e.Name(), ".") {
			continue // a file being written, which has its name by now
		}
		if err != nil {
			return fmt.Errorf("couldn't read what is to be kept: %w", err)
		}
		if err := c.file(at, name, info); err != nil {
			return err
		}
	}
	return nil
}

// isStore recognises a Badger store: its files belong together.
func isStore(entries []os.DirEntry) bool {
	has := func(name string) bool {
		return slices.ContainsFunc(entries, func(e os.DirEntry) bool { return e.Name() == name })
	}
	return has("MANIFEST") && has("KEYREGISTRY")
}

// holdStore takes the lock that Badger takes, so that nobody writes meanwhile.
func holdStore(dir string) (release func(), err error) {
	f, err := os.Open(dir)
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return func() { _ = f.Close() }, nil // which lets go of the lock
}

func (c *creation) file(from, as string, info fs.FileInfo) error {
	if err := c.ctx.Err(); err != nil {
		return err
	}
	if !info.Mode().IsRegular() {
		return fmt.Errorf("%s is no plain file (%s): a backup holds none but plain files; move it away", from, info.Mode().Type())
	}
	f, err := os.OpenFile(from, os.O_RDONLY|syscall.O_NOFOLLOW, 0)
	if err != nil {
		return fmt.Errorf("couldn't read what is to be kept: %w", err)
	}
	defer f.Close()
	if info, err = f.Stat(); err != nil {
		return fmt.Errorf("couldn't read what is to be kept: %w", err)
	}
	if info.Size() <= wholeInMemory {
		data, err := whole(f)
		if err != nil {
			return fmt.Errorf("couldn't read %s: %w", from, err)
		}
		return c.content(as, info.Mode().Perm(), data)
	}
	if err := c.header(as, info.Mode().Perm(), info.Size()); err != nil {
		return err
	}
	h := newHashes()
	if _, err := io.CopyN(io.MultiWriter(c.out, h), f, info.Size()); err != nil {
		return fmt.Errorf("couldn't keep %s: %w", from, err)
	}
	after, err := f.Stat()
	if err != nil || after.Size() != info.Size() || !after.ModTime().Equal(info.ModTime()) {
		return fmt.Errorf("%s changed while it was read: stop the process that writes it, or try again", from)
	}
	c.add(h.of(as, info.Size(), info.Mode().Perm()))
	return nil
}

// whole reads a file as it stood at one moment.
func whole(f *os.File) ([]byte, error) {
	for range 5 {
		before, err := f.Stat()
		if err != nil {
			return nil, err
		}
		data, err := io.ReadAll(io.NewSectionReader(f, 0, wholeInMemory+1))
		if err != nil {
			return nil, err
		}
		after, err := f.Stat()
		if err != nil {
			return nil, err
		}
		if before.Size() == int64(len(data)) && after.Size() == before.Size() && after.ModTime().Equal(before.ModTime()) {
			return data, nil
		}
	}
	return nil, errors.New("it keeps changing while it is read: stop the process that writes it, or try again")
}

func (c *creation) content(as string, mode fs.FileMode, data []byte) error {
	if err := c.header(as, mode, int64(len(data))); err != nil {
		return err
	}
	h := newHashes()
	if _, err := io.Copy(io.MultiWriter(c.out, h), bytes.NewReader(data)); err != nil {
		return fmt.Errorf("couldn't write the backup: %w", err)
	}
	c.add(h.of(as, int64(len(data)), mode))
	return nil
}

func (c *creation) add(f File) {
	c.made = append(c.made, f)
	c.bytes += f.Size
	if c.tell != nil {
		c.tell(len(c.made), c.bytes)
	}
}

// emptyFolder keeps a folder that has nothing in it yet.
func (c *creation) emptyFolder(as string) error {
	if err := c.begin(&tar.Header{Typeflag: tar.TypeDir, Name: as + "/", Mode: 0o700}); err != nil {
		return err
	}
	c.add(newHashes().of(as+"/", 0, 0o700))
	return nil
}

func (c *creation) header(as string, mode fs.FileMode, size int64) error {
	return c.begin(&tar.Header{Typeflag: tar.TypeReg, Name: as, Mode: int64(mode), Size: size})
}

func (c *creation) begin(h *tar.Header) error {
	as := strings.TrimSuffix(h.Name, "/")
	if err := checkName(as); err != nil {
		return err
	}
	if c.names[as] {
		return fmt.Errorf("%s would be in the backup twice", as)
	}
	c.names[as] = true
	h.Format = tar.FormatPAX
	if err := c.out.WriteHeader(h); err != nil {
		return fmt.Errorf("couldn't write the backup: %w", err)
	}
	return nil
}

func syncFolder(dir string) error {
	f, err := os.Open(dir)
	if err != nil {
		return fmt.Errorf("couldn't reach the folder %s: %w", dir, err)
	}
	if err := errors.Join(f.Sync(), f.Close()); err != nil {
		return fmt.Errorf("couldn't bring the folder %s to disk: %w", dir, err)
	}
	return nil
}

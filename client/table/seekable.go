package table

import (
	"errors"
	"fmt"
	"io"
	"os"
)

// seekable is a file that is read in no order.
type seekable struct {
	io.ReaderAt
	size  int64
	close func() error
}

// newSeekable takes r as it is if it can be read in any order, else through a
// temporary file that its owner alone can read and that close removes.
func newSeekable(r io.Reader, dir string) (s seekable, err error) {
	if at, ok := r.(interface {
		io.ReaderAt
		Size() int64
	}); ok && at.Size() >= 0 {
		return seekable{at, at.Size(), func() error { return nil }}, nil
	}
	if f, ok := r.(*os.File); ok {
		if info, err := f.Stat(); err == nil && info.Mode().IsRegular() {
			return seekable{f, info.Size(), func() error { return nil }}, nil
		}
	}
	f, err := os.CreateTemp(dir, "datarights-table-*")
	if err != nil {
		return seekable{}, fmt.Errorf("couldn't create a temporary file: %w", err)
	}
	remove := func() error { return errors.Join(f.Close(), os.Remove(f.Name())) }
	n, err := io.Copy(f, r)
	if err != nil {
		return seekable{}, errors.Join(fmt.Errorf("couldn't read: %w", err), remove())
	}
	return seekable{f, n, remove}, nil
}

// guarded turns a panic of a format's library, which only bytes made for it can
// cause, into a refusal.
func guarded(f Format, record int64, err *error) {
	if v := recover(); v != nil {
		*err = &InputError{Format: f, Record: record, Detail: fmt.Sprintf("damaged: %v", v), DetailZh: fmt.Sprintf("文件已损坏：%v", v)}
	}
}

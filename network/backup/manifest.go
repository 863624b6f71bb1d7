package backup

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io/fs"
	"path"
	"strings"
	"time"

	"github.com/datarights/datarights/internal/gm"
)

// Format is the version of the archive that this program writes and reads.
const Format = 1

// manifestName is the last file of an archive. A manifest at the end is of what
// was really written, also of a file that was growing.
const manifestName = "MANIFEST.json"

const (
	maxManifest = 64 << 20
	maxFiles    = 1 << 20
)

// Manifest says what an archive holds.
type Manifest struct {
	Format       int       `json:"format"`
	Consortium   string    `json:"consortium"`
	Channel      string    `json:"channel"`
	Organisation string    `json:"organisation"`
	MSPID        string    `json:"mspId"`
	Created      time.Time `json:"created"`
	Program      string    `json:"program"` // version that wrote it
	Files        []File    `json:"files"`
	LeftOut      []LeftOut `json:"leftOut"`
}

// File is one file of an archive.
type File struct {
	Name   string      `json:"name"` // slash path below the run directory
	Size   int64       `json:"size"`
	Mode   fs.FileMode `json:"mode"`
	SHA256 string      `json:"sha256"`
	SM3    string      `json:"sm3"`
}

// LeftOut is what is deliberately not in an archive, and where it comes from
// instead.
type LeftOut struct {
	Name  string `json:"name"`
	WhyZh string `json:"whyZh"`
	Why   string `json:"why"`
}

// Bytes is the size of all files together.
func (m *Manifest) Bytes() (n int64) {
	for _, f := range m.Files {
		n += f.Size
	}
	return n
}

// hashes are those of one file.
type hashes struct{ sha, sm3 hash.Hash }

func newHashes() hashes { return hashes{sha256.New(), gm.NewSM3()} }

// Write implements io.Writer; it never fails.
func (h hashes) Write(p []byte) (int, error) {
	h.sha.Write(p)
	h.sm3.Write(p)
	return len(p), nil
}

func (h hashes) of(name string, size int64, mode fs.FileMode) File {
	return File{name, size, mode, hex.EncodeToString(h.sha.Sum(nil)), hex.EncodeToString(h.sm3.Sum(nil))}
}

// Error is an archive that is refused.
type Error struct {
	Zh, En string
	Name   string // the file in the archive, when one is at fault
	Err    error
}

func (e *Error) Error() string {
	text := e.En
	if e.Name != "" {
		text += fmt.Sprintf(" (%.200q)", e.Name)
	}
	if e.Err != nil {
		text += ": " + e.Err.Error()
	}
	return text
}

func (e *Error) Unwrap() error { return e.Err }

func refuse(name, zh, en string, err error) error {
	return &Error{Zh: zh, En: en, Name: name, Err: err}
}

// checkName refuses a name that could lead out of the folder restored to.
func checkName(name string) error {
	switch {
	case name == "", len(name) > 1024, path.IsAbs(name), path.Clean(name) != name, name == "..", strings.HasPrefix(name, "../"),
		strings.ContainsAny(name, "\x00\\"):
		return refuse(name, "归档中的文件名会写到目录之外", "a name in the archive leads out of its folder", nil)
	}
	return nil
}

func readManifest(text []byte, found []File) (*Manifest, error) {
	var m Manifest
	if err := json.Unmarshal(text, &m); err != nil {
		return nil, refuse("", "清单无法读取", "couldn't read the manifest", err)
	}
	if m.Format != Format {
		return nil, refuse("", fmt.Sprintf("归档格式为 %d，本程序只读 %d", m.Format, Format), fmt.Sprintf("the archive has format %d, this program reads %d", m.Format, Format), nil)
	}
	if len(m.Files) != len(found) {
		return nil, refuse("", "清单与内容不符", "the manifest and the contents differ", fmt.Errorf("it names %d files, there are %d", len(m.Files), len(found)))
	}
	for i, f := range found {
		if m.Files[i] != f {
			return nil, refuse(f.Name, "文件与清单不符", "a file differs from the manifest", nil)
		}
	}
	return &m, nil
}

var errTrailing = errors.New("there is something after the manifest")

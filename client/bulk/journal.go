package bulk

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"

	"github.com/datarights/datarights/chaincode/command"
	"github.com/datarights/datarights/client"
)

// JournalSuffix is added to a sheet's path to name its journal.
const JournalSuffix = ".import"

const journalVersion = 1

// ErrBegun means that an import of the sheet was begun before; resuming is to be
// asked for.
var ErrBegun = errors.New("an import of this sheet was begun before")

// ErrBusy means that another import of the sheet is running.
var ErrBusy = errors.New("another import of this sheet is running")

// ErrOtherImport means that the journal is of another signer or command.
var ErrOtherImport = errors.New("the journal beside the sheet is of another import")

// entry is one line of a journal.
type entry struct {
	Type    string `json:"type"` // begin, signed, answered, refused
	Version int    `json:"version,omitempty"`
	Command string `json:"command,omitempty"`
	Kid     string `json:"kid,omitempty"`

	Batch   int             `json:"batch,omitempty"`
	Stage   Stage           `json:"stage,omitempty"`
	Keys    []string        `json:"keys,omitempty"`
	Rows    []int           `json:"rows,omitempty"`
	JWS     string          `json:"jws,omitempty"`
	Receipt *client.Receipt `json:"receipt,omitempty"`
	Problem *client.Problem `json:"problem,omitempty"`
}

// sent is a command that was signed, and how it ended.
type sent struct {
	entry
	answer *client.Receipt // nil: not known, or refused
	gone   *client.Problem // it was refused and its rows are free again
}

// Journal is what an import did, on disk before it counts. It has one owner,
// whose use of it is sequential: Run guards it.
type Journal struct {
	file *os.File
	all  []*sent
	// before, of tests, is called before each write and may fail.
	before func(what string) error
}

// OpenJournal opens the journal of a sheet, or begins one. If something was sent
// before, resume must be set. Its owner alone can read it, and while it is open
// nobody else opens it. A line that a crash cut short is dropped: what it would
// have said was not acted on.
func OpenJournal(path, command, kid string, resume bool) (j *Journal, err error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("couldn't open the journal: %w", err)
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, f.Close())
		}
	}()
	if err := lock(f); err != nil {
		return nil, fmt.Errorf("couldn't open the journal %s: %w", path, err)
	}
	j = &Journal{file: f}
	text, err := io.ReadAll(f)
	if err != nil {
		return nil, fmt.Errorf("couldn't read the journal: %w", err)
	}
	whole := bytes.LastIndexByte(text, '\n') + 1
	head, err := j.load(text[:whole])
	if err != nil {
		return nil, fmt.Errorf("couldn't read the journal %s: %w", path, err)
	}
	if whole < len(text) {
		if err := errors.Join(f.Truncate(int64(whole)), f.Sync()); err != nil {
			return nil, fmt.Errorf("couldn't mend the journal: %w", err)
		}
	}
	if _, err := f.Seek(int64(whole), io.SeekStart); err != nil {
		return nil, fmt.Errorf("couldn't open the journal: %w", err)
	}
	if head == nil {
		if err := j.write(entry{Type: "begin", Version: journalVersion, Command: command, Kid: kid}); err != nil {
			return nil, err
		}
		return j, syncDir(filepath.Dir(path))
	}
	if head.Command != command || head.Kid != kid {
		return nil, fmt.Errorf("%w: %s by %s", ErrOtherImport, head.Command, head.Kid)
	}
	if len(j.all) > 0 && !resume {
		return nil, fmt.Errorf("%w: %s", ErrBegun, path)
	}
	return j, nil
}

func (j *Journal) load(text []byte) (head *entry, err error) {
	for n, line := range bytes.Split(bytes.TrimSuffix(text, []byte{'\n'}), []byte{'\n'}) {
		if len(line) == 0 && len(text) == 0 {
			return nil, nil
		}
		var e entry
		if err := json.Unmarshal(line, &e); err != nil {
			return nil, fmt.Errorf("line %d is damaged: %w", n+1, err)
		}
		switch {
		case n == 0 && e.Type == "begin" && e.Version == journalVersion:
			head = &e
		case n == 0:
			return nil, errors.New("it is no journal of an import, or of another version")
		case e.Type == "signed" && e.Batch == len(j.all)+1 && e.JWS != "" && len(e.Keys) == len(e.Rows):
			j.all = append(j.all, &sent{entry: e})
		case e.Type == "answered" && e.Batch >= 1 && e.Batch <= len(j.all) && e.Receipt != nil:
			j.all[e.Batch-1].answer = e.Receipt
		case e.Type == "refused" && e.Batch >= 1 && e.Batch <= len(j.all) && e.Problem != nil:
			j.all[e.Batch-1].gone = e.Problem
		default:
			return nil, fmt.Errorf("line %d is damaged", n+1)
		}
	}
	return head, nil
}

// write appends a line; when it returns nil the line is on disk.
func (j *Journal) write(e entry) error {
	if j.before != nil {
		if err := j.before(e.Type); err != nil {
			return err
		}
	}
	line, err := command.Encode(e)
	if err != nil {
		return fmt.Errorf("couldn't write the journal: %w", err)
	}
	if _, err := j.file.Write(append(line, '\n')); err != nil {
		return fmt.Errorf("couldn't write the journal: %w", err)
	}
	if err := j.file.Sync(); err != nil {
		return fmt.Errorf("couldn't write the journal: %w", err)
	}
	return nil
}

// signed keeps a command before it is sent.
func (j *Journal) signed(stage Stage, keys []string, rows []int, jws []byte) (*sent, error) {
	s := &sent{entry: entry{Type: "signed", Batch: len(j.all) + 1, Stage: stage, Keys: keys, Rows: rows, JWS: string(jws)}}
	if err := j.write(s.entry); err != nil {
		return nil, err
	}
	j.all = append(j.all, s)
	return s, nil
}

func (j *Journal) answered(s *sent, r client.Receipt) error {
	if err := j.write(entry{Type: "answered", Batch: s.Batch, Receipt: &r}); err != nil {
		return err
	}
	s.answer = &r
	return nil
}

// refused notes that a command was not applied and never will be sent again.
func (j *Journal) refused(s *sent, p *client.Problem) error {
	short := *p
	short.Items = nil // the report has them
	if err := j.write(entry{Type: "refused", Batch: s.Batch, Problem: &short}); err != nil {
		return err
	}
	s.gone = &short
	return nil
}

// Begun reports whether anything was sent before.
func (j *Journal) Begun() bool { return len(j.all) > 0 }

// of lists what was sent of a stage, oldest first.
func (j *Journal) of(stage Stage) []*sent {
	return slices.DeleteFunc(slices.Clone(j.all), func(s *sent) bool { return s.Stage != stage })
}

// Close lets others open the journal.
func (j *Journal) Close() error { return j.file.Close() }

// syncDir makes a new file's name survive a power cut.
func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

package fingerprint

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
)

// SaltsSuffix is added to a file's path to name where its salts are kept.
const SaltsSuffix = ".salts.json"

// Salts is what the holder keeps of one fingerprint, so as to prove records of
// it later. MasterSalt is secret: with it and the root, records can be guessed.
type Salts struct {
	Version     int    `json:"version"`
	File        string `json:"file"`
	Format      Format `json:"format"`
	Header      Header `json:"header"`
	Comma       string `json:"comma"`
	Sheet       string `json:"sheet,omitempty"`
	SizeBytes   int64  `json:"sizeBytes"`
	RecordCount int64  `json:"recordCount"`
	ContentRoot string `json:"contentRoot"`
	MasterSalt  []byte `json:"masterSalt"`
}

// Save writes the salts to a new file that its owner alone can read. It never
// overwrites: what stands there may be needed for another version's proofs.
func (s Salts) Save(path string) (err error) {
	data, err := json.MarshalIndent(s, "", "  ")
	if err != nil {
		return fmt.Errorf("couldn't encode the salts: %w", err)
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("couldn't save the salts: %s exists already and is not overwritten: %w", path, fs.ErrExist)
	}
	if err != nil {
		return fmt.Errorf("couldn't save the salts: %w", err)
	}
	_, err = f.Write(append(data, '\n'))
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return errors.Join(fmt.Errorf("couldn't save the salts: %w", err), os.Remove(path))
	}
	return nil
}

// LoadSalts reads what Save wrote.
func LoadSalts(path string) (Salts, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return Salts{}, fmt.Errorf("couldn't read the salts: %w", err)
	}
	var s Salts
	if err := json.Unmarshal(data, &s); err != nil {
		return Salts{}, fmt.Errorf("couldn't read the salts in %s: %w", path, err)
	}
	if s.Version == 1 {
		return Salts{}, fmt.Errorf("couldn't use the salts in %s: %w; keep them for proofs by the program that made them, "+
			"move them elsewhere, and fingerprint the file again", path, ErrVersion1)
	}
	if s.Version != Version {
		return Salts{}, fmt.Errorf("couldn't read the salts in %s: they are of version %d, this program knows %d", path, s.Version, Version)
	}
	if len(s.MasterSalt) != MasterSaltSize || len([]rune(s.Comma)) != 1 {
		return Salts{}, fmt.Errorf("couldn't read the salts in %s: the file is damaged", path)
	}
	return s, nil
}

// options reads the file as it was read for the fingerprint.
func (s Salts) options() Options {
	return Options{Format: s.Format, Header: s.Header, Comma: []rune(s.Comma)[0], Sheet: s.Sheet, MasterSalt: s.MasterSalt}
}

// ErrChanged means that a file is not the one its salts belong to.
var ErrChanged = errors.New("the file has changed since its salts were kept")

// ErrVersion1 means that salts belong to a content root of version 1.
var ErrVersion1 = errors.New("they are of version 1, whose content roots are computed otherwise")

// Keep fingerprints the file at path and keeps its salts beside it, in
// path+SaltsSuffix. If salts are kept there already, it uses them: the same
// file gives the same root again, and another one ErrChanged, for the salts of
// the earlier version must first be moved to where that version is kept.
func Keep(ctx context.Context, path string, o Options) (Result, error) {
	return KeepIn(ctx, path, path+SaltsSuffix, o)
}

// KeepIn is Keep with the salts in a file of the caller's choice.
func KeepIn(ctx context.Context, path, at string, o Options) (Result, error) {
	kept, err := LoadSalts(at)
	if err == nil {
		again := kept.options()
		again.Progress, again.Memory, again.TempDir = o.Progress, o.Memory, o.TempDir
		if (o.Format == Auto || o.Format == kept.Format) && (o.Header == HeaderAuto || o.Header == kept.Header) &&
			(o.Sheet == "" || o.Sheet == kept.Sheet) {
			res, _, err := OfFile(ctx, path, again)
			if err != nil {
				return Result{}, err
			}
			if res.ContentRoot == kept.ContentRoot {
				return res, nil
			}
		}
		return Result{}, fmt.Errorf("couldn't keep the salts of %s: %w; move %s to where the earlier version is kept", path, ErrChanged, at)
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return Result{}, err
	}
	res, salts, err := OfFile(ctx, path, o)
	if err != nil {
		return Result{}, err
	}
	return res, salts.Save(at)
}

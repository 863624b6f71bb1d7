package client

import (
	"encoding/hex"
	"errors"
	"io"
	"os"

	"github.com/datarights/datarights/internal/gm"
)

// HashFile returns what the ledger keeps of a paper, "sm3:" and 64 hex digits, and its
// size in bytes. The paper stays where it is. What is not a regular file, or is empty,
// is an error.
func HashFile(path string) (hash string, size int64, err error) {
	f, err := os.Open(path)
	if err != nil {
		return "", 0, err
	}
	defer func() { _ = f.Close() }() // only read
	info, err := f.Stat()
	if err != nil {
		return "", 0, err
	}
	if !info.Mode().IsRegular() {
		return "", 0, errors.New("not a regular file")
	}
	h := gm.NewSM3()
	if size, err = io.Copy(h, f); err != nil {
		return "", 0, err
	}
	if size == 0 {
		return "", 0, errors.New("the file is empty")
	}
	return "sm3:" + hex.EncodeToString(h.Sum(nil)), size, nil
}

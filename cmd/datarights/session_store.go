package main

import (
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/datarights/datarights/client"
	"github.com/datarights/datarights/internal/gm"
)

// storedSession is one gateway's session as it is kept, by its owner alone.
type storedSession struct {
	Gateway string         `json:"gateway"`
	Session client.Session `json:"session"`
}

func sessionFile(gateway string) (string, error) {
	dir, err := os.UserConfigDir()
	if err != nil {
		return "", fmt.Errorf("couldn't find the user's configuration directory: %w", err)
	}
	name := gm.SM3([]byte(strings.TrimRight(gateway, "/")))
	return filepath.Join(dir, "datarights", "sessions", hex.EncodeToString(name[:8])+".json"), nil
}

func storeSession(gateway string, s client.Session) error {
	path, err := sessionFile(gateway)
	if err != nil {
		return err
	}
	text, err := json.Marshal(storedSession{gateway, s})
	if err != nil {
		return fmt.Errorf("couldn't keep the session: %w", err)
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return fmt.Errorf("couldn't keep the session: %w", err)
	}
	return replaceFile(path, text)
}

// loadSession returns fs.ErrNotExist when there is none in its time.
func loadSession(gateway string) (client.Session, error) {
	path, err := sessionFile(gateway)
	if err != nil {
		return client.Session{}, err
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return client.Session{}, fmt.Errorf("couldn't read the session: %w", err)
	}
	var s storedSession
	if err := json.Unmarshal(text, &s); err != nil || time.Now().Unix() >= s.Session.ExpiresAt {
		return client.Session{}, errors.Join(fs.ErrNotExist, os.Remove(path))
	}
	return s.Session, nil
}

// forgetSession reports whether there was one.
func forgetSession(gateway string) bool {
	path, err := sessionFile(gateway)
	return err == nil && os.Remove(path) == nil
}

// inStoredSession uses the session kept for the gateway, if any.
func inStoredSession(g *client.Client, gateway string) *client.Client {
	s, err := loadSession(gateway)
	if err != nil {
		return g
	}
	return g.InSession(s)
}

// replaceFile writes a file of the owner's whole or not at all.
func replaceFile(path string, data []byte) error {
	f, err := os.CreateTemp(filepath.Dir(path), ".new-*") // mode 0600
	if err != nil {
		return fmt.Errorf("couldn't write %s: %w", path, err)
	}
	_, err = f.Write(data)
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		return errors.Join(fmt.Errorf("couldn't write %s: %w", path, err), os.Remove(f.Name()))
	}
	return nil
}

package network

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// maxSocketPath is what fits a Unix socket's address on every system (sun_path
// holds 104 bytes on some, 108 on Linux).
const maxSocketPath = 100

// ControlSocket commands the supervisor: start, stop, replace processes.
func (d *Deployment) ControlSocket() string { return d.socket("control.sock") }

// StatusSocket answers GET /status and nothing else.
func (d *Deployment) StatusSocket() string { return d.socket("status.sock") }

func (d *Deployment) lockFile() string { return d.path("supervisor", "lock") }

// socket stands in the run directory; when that path is too long for a socket,
// in a folder of this user's under the temporary directory.
func (d *Deployment) socket(name string) string {
	path := d.path("supervisor", name)
	if len(path) <= maxSocketPath {
		return path
	}
	id := sha256.Sum256([]byte(d.Dir))
	return filepath.Join(os.TempDir(), fmt.Sprintf("datarights-%d", os.Getuid()), hex.EncodeToString(id[:8])+"-"+name)
}

// listen opens a socket that only this user can reach. The caller holds the
// supervisor's lock, so a socket file found there is a leftover.
func listen(path string) (net.Listener, error) {
	dir := filepath.Dir(path)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("couldn't make the socket's folder: %w", err)
	}
	info, err := os.Lstat(dir)
	if err != nil {
		return nil, fmt.Errorf("couldn't look at the socket's folder: %w", err)
	}
	owner, ok := info.Sys().(*syscall.Stat_t)
	if !ok || !info.IsDir() || int(owner.Uid) != os.Getuid() {
		return nil, fmt.Errorf("the socket's folder %s belongs to somebody else", dir)
	}
	if err := os.Chmod(dir, 0o700); err != nil {
		return nil, fmt.Errorf("couldn't close the socket's folder: %w", err)
	}
	if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("couldn't remove an old socket: %w", err)
	}
	listener, err := net.Listen("unix", path)
	if err != nil {
		return nil, fmt.Errorf("couldn't listen on %s: %w", path, err)
	}
	return listener, nil
}

// lock is held by a supervisor for as long as it lives; the kernel lets go of
// it however the process ends.
type lock struct{ file *os.File }

// errLocked says that a supervisor runs.
var errLocked = errors.New("a supervisor already runs for this directory")

func acquireLock(path string) (*lock, error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, fmt.Errorf("couldn't make the lock's folder: %w", err)
	}
	file, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("couldn't open the lock: %w", err)
	}
	if err := syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		file.Close()
		if errors.Is(err, syscall.EWOULDBLOCK) {
			return nil, errLocked
		}
		return nil, fmt.Errorf("couldn't lock %s: %w", path, err)
	}
	return &lock{file}, nil
}

func (l *lock) release() { l.file.Close() }

// awaitLock is acquireLock for a holder that means to stay: somebody who only
// looked whether the lock was free lets go of it at once.
func awaitLock(path string) (held *lock, err error) {
	for range 20 {
		if held, err = acquireLock(path); !errors.Is(err, errLocked) {
			return held, err
		}
		time.Sleep(25 * time.Millisecond)
	}
	return nil, err
}

// note leaves the holder's process number in the lock file, for people and for
// ending a supervisor that no longer answers.
func (l *lock) note() error {
	if err := l.file.Truncate(0); err != nil {
		return err
	}
	_, err := l.file.WriteAt([]byte(strconv.Itoa(os.Getpid())+"\n"), 0)
	return err
}

// supervised tells whether a supervisor holds the lock. It looks without taking
// it, so that those who look at the same time do not see one another.
func (d *Deployment) supervised() (bool, error) {
	file, err := os.Open(d.lockFile())
	if errors.Is(err, os.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("couldn't open the lock: %w", err)
	}
	defer file.Close()
	err = syscall.Flock(int(file.Fd()), syscall.LOCK_SH|syscall.LOCK_NB)
	if errors.Is(err, syscall.EWOULDBLOCK) {
		return true, nil
	}
	if err != nil {
		return false, fmt.Errorf("couldn't look at the lock %s: %w", d.lockFile(), err)
	}
	return false, nil
}

// supervisorReplaced tells whether a supervisor runs whose program has been
// replaced on disk since it started.
func (d *Deployment) supervisorReplaced() bool {
	if running, err := d.supervised(); err != nil || !running {
		return false
	}
	text, err := os.ReadFile(d.lockFile())
	if err != nil {
		return false
	}
	pid, err := strconv.Atoi(strings.TrimSpace(string(text)))
	return err == nil && programReplaced(pid)
}

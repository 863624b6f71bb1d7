package index

import (
	"fmt"
	"log/slog"
	"strings"
)

// lockedBy reports whether the store refused because another process has it;
// the store has no error value for that.
func lockedBy(err error) bool {
	return strings.Contains(err.Error(), "Cannot acquire directory lock")
}

// storeLogger hands on the store's warnings and errors.
type storeLogger struct{ *slog.Logger }

func (l storeLogger) Errorf(f string, a ...any)   { l.Error("index store: " + line(f, a)) }
func (l storeLogger) Warningf(f string, a ...any) { l.Warn("index store: " + line(f, a)) }
func (l storeLogger) Infof(string, ...any)        {}
func (l storeLogger) Debugf(string, ...any)       {}

func line(f string, a []any) string { return strings.TrimSpace(fmt.Sprintf(f, a...)) }
